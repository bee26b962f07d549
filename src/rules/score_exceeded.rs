use crate::diagnostic::Diagnostic;
use crate::rules::{Check, Example, Rule, Subject};

pub(crate) static RULE: Rule = Rule {
    name: "score-exceeded",
    summary: "A score lies above the policy's limit.",
    why: "The limit is the risk that your organization has decided to accept. It is compared with the proven score, not with the declared one: a mitigation factor without evidence counts as 1.00 and never below 0.67, a threat multiplier never below 0.50.",
    remedy: "Lower the risk, or have the policy changed by those who own it.",
    see: "OWASP AIVSS v0.8, section 4.2; `limits.score` of the policy",
    examples: &[
        Example::parts(
            "
aivss:
  score: 9.4
#        ^^^ score-exceeded: the score 9.4 exceeds the limit of 8.9
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
#                    ^^^^ mitigation-unproven: the mitigation factor 0.83 lowers Critical (9.4) to High (7.8), and nothing demonstrates it
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
    check: Check::Limit { applies: |settings| settings.limits().score.is_some(), check },
    ..Rule::ERROR
};

fn check(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    let Some(limit) = &subject.settings.limits().score else { return };
    for scored in &subject.scores {
        let Some(proven) = scored.proven().filter(|proven| proven.score() > limit.value) else { continue };
        let message = match proven.difference() {
            Some(difference) => format!("score is {difference}; the limit is {}", limit.value),
            None => format!("the score {} exceeds the limit of {}", proven.score(), limit.value),
        };
        found.push(
            Diagnostic::new(&RULE, scored.owner, scored.place(), message)
                .amount(proven.score())
                .working(proven.working.written())
                .decided_by(&limit.origin),
        );
    }
}
