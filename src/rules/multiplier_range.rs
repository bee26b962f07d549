use crate::aivss::{THREAT_MAX, is_multiplier};
use crate::decimal::Decimal;
use crate::diagnostic::Diagnostic;
use crate::rules::{Check, Example, Rule, Subject};

pub(crate) static RULE: Rule = Rule {
    name: "multiplier-range",
    summary: "A multiplier lies where none can.",
    why: "Mitigation can lower a risk, and neither raise it nor make it vanish; a threat multiplier above 2 is a slip of the point.",
    remedy: "Threat: attacked 1.00, proof of concept 0.97, unreported 0.50. Mitigation: none 1.00, partial 0.83, strong 0.67.",
    see: "OWASP AIVSS v0.8, sections 3.3 and 3.4",
    examples: &[Example::parts(
        "
aivss:
  threat_multiplier: 97
#                    ^^ multiplier-range: a threat multiplier of 97 cannot be meant: it lies above 0 and up to 2
  mitigation_factor: 1.2
#                    ^^^ multiplier-range: a mitigation factor of 1.2 cannot be meant: it lies above 0 and up to 1
",
        "
aivss:
  threat_multiplier: 0.97
  mitigation_factor: 1.0
",
    )],
    check: Check::Model(check),
    ..Rule::FIXED
};

fn check(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    for scored in &subject.scores {
        let declared = scored.declared;
        for (given, value, name, most) in [
            (declared.threat, scored.threat, "threat multiplier", THREAT_MAX),
            (declared.mitigation, scored.mitigation, "mitigation factor", Decimal::ONE),
        ] {
            if let (Some(given), Some(value)) = (given, value)
                && !is_multiplier(value, most)
            {
                let message =
                    format!("a {name} of {value} cannot be meant: it lies above 0 and up to {most}");
                found.push(Diagnostic::new(&RULE, scored.owner, given.span, message));
            }
        }
    }
}
