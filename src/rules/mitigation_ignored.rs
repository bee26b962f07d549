use crate::decimal::Decimal;
use crate::diagnostic::Diagnostic;
use crate::rules::{Check, Example, Rule, Subject};

pub(crate) static RULE: Rule = Rule {
    name: "mitigation-ignored",
    summary: "A mitigation factor is given to a formula that has none.",
    why: "Its author believes that the mitigation counts; the score does not change by it.",
    remedy: "Move to a formula with mitigation, or leave the factor out.",
    see: "OWASP AIVSS v0.5, section 4",
    examples: &[Example::parts(
        "
aivss:
  version: '0.5'
  mitigation_factor: 0.83
#                    ^^^^ mitigation-ignored: AIVSS 0.5 has no mitigation factor: 0.83 changes nothing
  mitigation_evidence: Sandbox escape tests.
  score: 7.3
",
        "
aivss:
  version: '0.5'
  score: 7.3
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
        if !formula.has_mitigation() && value != Decimal::ONE {
            let message =
                format!("AIVSS {} has no mitigation factor: {value} changes nothing", formula.version);
            found.push(
                Diagnostic::new(&RULE, scored.owner, given.span, message)
                    .help("leave it out, or use a later formula"),
            );
        }
    }
}
