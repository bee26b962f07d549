use crate::diagnostic::Diagnostic;
use crate::policy::settings;
use crate::rules::rule::{Check, Example, Rule, Subject, shown};

pub(crate) static RULE: Rule = Rule {
    name: "score-exceeded",
    summary: "A score is above the policy's limit.",
    why: "The limit is the risk that your organization accepts. It applies to the proven score, not to the declared one: a mitigation factor without evidence counts as 1.00 and never below 0.67, a threat multiplier never below 0.50.",
    remedy: "Lower the risk, or ask the owners of the policy to change the limit.",
    see: "OWASP AIVSS v0.8, section 4.2; `limits.score` of the policy",
    examples: &[
        Example::parts(
            "
aivss:
  score: 9.4
#        ^^^ score-exceeded: score is 9.4; the limit is 8.9
",
            "
aivss:
  threat_multiplier: 0.5
  score: 8.3
",
        )
        .under("limits: { score: 8.9 }"),
        Example::parts(
            "
aivss:
  mitigation_factor: 0.83
#                    ^^^^ mitigation-without-evidence: mitigation factor 0.83 has no evidence and lowers Critical (9.4) to High (7.8)
  score: 7.8
#        ^^^ score-exceeded: score is 7.8, 9.4 without evidence for the mitigation factor 0.83; the limit is 8.9
",
            "
aivss:
  mitigation_factor: 0.83
  mitigation_evidence: Sandbox escape tests, run monthly.
  score: 7.8
",
        )
        .under("limits: { score: 8.9 }"),
    ],
    check: Check::Limit { applies: |settings| settings.has(&settings::SCORE), check },
    ..Rule::ERROR
};

fn check(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    let Some(limit) = subject.settings.get(&settings::SCORE) else { return };
    for scored in &subject.scores {
        let Some(proven) = scored.proven().filter(|proven| proven.score() > limit.value) else { continue };
        let message = format!("score is {}; the limit is {}", shown(&proven), limit.value);
        found.push(
            Diagnostic::new(&RULE, scored.owner, scored.place(), message)
                .amount(None, proven.score())
                .working(proven.working.written())
                .decided_by(&limit.origin),
        );
    }
}
