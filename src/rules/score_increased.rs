use crate::decimal::Decimal;
use crate::diagnostic::Diagnostic;
use crate::policy::settings;
use crate::rules::rule::{Check, Example, Rule, Subject, shown};
use crate::score::BaseScores;

pub(crate) static RULE: Rule = Rule {
    name: "score-increased",
    summary: "A score has risen over the base revision's by more than the policy allows.",
    why: "Risk grows in small steps, each of which passes any fixed limit. A change that makes an agent much more dangerous needs attention.",
    remedy: "Undo the rise, split the change, or ask the owners of the policy to change the limit.",
    see: "OWASP AIVSS v0.8, section 4.2 (reassessment on significant change); `limits.increase` of the policy",
    examples: &[Example::parts(
        "
aivss:
  score: 9.4
#        ^^^ score-increased: score is 9.4; it rises from 8.3 by 1.1; the limit is 0.5
",
        "
aivss:
  threat_multiplier: 0.6
  score: 8.5
",
    )
    .under("limits: { increase: 0.5 }")
    .over("aivss:\n  threat_multiplier: 0.5\n  score: 8.3")],
    check: Check::Limit { applies: |settings| settings.has(&settings::INCREASE), check },
    ..Rule::ERROR
};

/// The number of characters of an agent's name that are shown.
const MAX_NAME_LENGTH: usize = 80;

fn check(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    let (Some(limit), Some(before)) = (subject.settings.get(&settings::INCREASE), subject.before) else {
        return;
    };
    for scored in &subject.scores {
        let finding = subject.model.finding_id(scored.owner);
        let (Some(proven), Some(base)) = (scored.proven(), base_score(before, finding)) else { continue };
        let (score, limited) = (proven.score(), limit.value);
        if score > base && score - base > limited {
            let (now, rise) = (shown(&proven), score - base);
            let message = format!("score is {now}; it rises from {base} by {rise}; the limit is {limited}");
            found.push(
                Diagnostic::new(&RULE, scored.owner, scored.place(), message)
                    .working(proven.working.written())
                    .note(compared_with(before))
                    .decided_by(&limit.origin),
            );
        }
    }
}

/// The proven score of the agent or of a finding in the base. A finding that the base does not have may not exceed the
/// highest score there.
fn base_score(before: BaseScores<'_>, finding: Option<&str>) -> Option<Decimal> {
    match before {
        BaseScores::Same(_, model) => {
            let same = model.scores.iter().find(|scored| model.model.finding_id(scored.owner) == finding);
            same.map_or_else(|| model.worst_proven(), |scored| Some(scored.proven()?.score()))
        }
        BaseScores::Replaced(_, model) => model.worst_proven(),
    }
}

fn compared_with(before: BaseScores<'_>) -> Option<String> {
    let BaseScores::Replaced(file, model) = before else { return None };
    let name = model.name().unwrap_or("a threat model without a name");
    let name: String = name.chars().take(MAX_NAME_LENGTH).collect();
    Some(format!(
        "this threat model is new; it is compared with {name} in {file}, which this change removes or moves"
    ))
}
