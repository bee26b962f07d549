use crate::diagnostic::Diagnostic;
use crate::rules::{Check, Example, Rule, Subject};

pub(crate) static RULE: Rule = Rule {
    name: "mitigation-below-floor",
    summary: "A mitigation factor lies below the strongest that is published.",
    why: "The standard lets strong mitigation take a third off a score and no more: residual risk remains.",
    remedy: "Use 0.67 (strong) or more.",
    see: "OWASP AIVSS v0.8, section 3.4",
    examples: &[Example::parts(
        "
aivss:
  mitigation_factor: 0.5
#                    ^^^ mitigation-below-floor: a mitigation factor of 0.5 lies below the floor of 0.67 (strong)
  mitigation_evidence: Sandbox escape tests.
  score: 4.7
#        ^^^ score-below-base: the score 4.7 lies below its own CVSS base 7.1: mitigation 0.5 lowers the base as well
",
        "
aivss:
  mitigation_factor: 0.83
  mitigation_evidence: Sandbox escape tests.
  score: 7.8
",
    )],
    check: Check::Model(check),
    ..Rule::WARNING
};

fn check(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    for scored in &subject.scores {
        let (Some(formula), Some(given), Some(value)) =
            (scored.formula, scored.declared.mitigation, scored.mitigation)
        else {
            continue;
        };
        if let Some(floor) = formula.mitigation.iter().min_by_key(|level| level.value)
            && value < floor.value
        {
            let message = format!(
                "a mitigation factor of {value} lies below the floor of {} ({})",
                floor.value, floor.name
            );
            found.push(Diagnostic::new(&RULE, scored.owner, given.span, message));
        }
    }
}
