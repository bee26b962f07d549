use crate::compare::BaseScores;
use crate::decimal::Decimal;
use crate::diagnostic::Diagnostic;
use crate::rules::{Check, Example, Rule, Subject};

pub(crate) static RULE: Rule = Rule {
    name: "score-increased",
    summary: "A score has risen over the base revision's by more than the policy allows.",
    why: "Risk grows in small steps, each of which passes any fixed limit. A change that makes an agent much more dangerous should be seen as one.",
    remedy: "Take the rise back, split the change, or have the policy changed by those who own it.",
    see: "OWASP AIVSS v0.8, section 4.2 (reassessment on significant change); `limits.increase` of the policy",
    examples: &[Example::parts(
        "
aivss:
  score: 9.4
#        ^^^ score-increased: the score rises from 8.3 to 9.4, by 1.1; the limit is 0.5
",
        "
aivss:
  threat_multiplier: 0.6
  score: 8.5
",
    )
    .under("limits: { increase: 0.5 }")
    .over("aivss:\n  threat_multiplier: 0.5\n  score: 8.3")],
    check: Check::Limit { applies: |settings| settings.limits().increase.is_some(), check },
    ..Rule::ERROR
};

/// How many characters of an agent's name are shown.
const LONGEST_NAME: usize = 80;

fn check(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    let (Some(limit), Some(before)) = (&subject.settings.limits().increase, subject.before) else { return };
    let own = subject.own().map(|scored| (None, scored));
    let findings =
        subject.findings().map(|(finding, scored)| (Some(finding.id.map_or("", |id| id.value)), scored));
    for (finding, scored) in own.into_iter().chain(findings) {
        let (Some(proven), Some(base)) = (scored.proven(), base_score(before, finding)) else { continue };
        let score = proven.score();
        if score <= base || score - base <= limit.value {
            continue;
        }
        let (rise, limited) = (score - base, limit.value);
        let message = match proven.difference() {
            Some(difference) => {
                format!("score is {difference}; it rises from {base} by {rise}; the limit is {limited}")
            }
            None => format!("the score rises from {base} to {score}, by {rise}; the limit is {limited}"),
        };
        found.push(
            Diagnostic::new(&RULE, scored.owner, scored.place(), message)
                .working(proven.working.written())
                .note(compared_with(before))
                .decided_by(&limit.origin),
        );
    }
}

/// The proven score in the base of the agent or of a finding. What the base does not have under this name may not exceed the worst
/// score that it has.
fn base_score(before: BaseScores<'_>, finding: Option<&str>) -> Option<Decimal> {
    match before {
        BaseScores::Same(model) => {
            let score = model.scores.iter().find(|score| score.finding.as_deref() == finding);
            score.map_or_else(|| model.worst_proven(), |score| score.proven)
        }
        BaseScores::Replaced(_, model) => model.worst_proven(),
    }
}

/// The model that a new one is compared with, where that is another one.
fn compared_with(before: BaseScores<'_>) -> Option<String> {
    let BaseScores::Replaced(file, model) = before else { return None };
    let name = model.name.as_deref().unwrap_or("a threat model without a name");
    let name: String = name.chars().take(LONGEST_NAME).collect();
    Some(format!(
        "this threat model is new; it is compared with {name} in {file}, which this change removes or moves"
    ))
}
