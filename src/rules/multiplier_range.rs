use crate::aivss::{THREAT_MAX, is_multiplier};
use crate::decimal::Decimal;
use crate::diagnostic::Diagnostic;
use crate::rules::rule::{Check, Example, Rule, Subject};

pub(crate) static RULE: Rule = Rule {
    name: "multiplier-range",
    summary: "A multiplier is out of range.",
    why: "Mitigation can lower a risk, but neither raise nor remove it. A threat multiplier above 2 has a misplaced decimal point.",
    remedy: "Threat: attacked 1.00, proof of concept 0.97, unreported 0.50. Mitigation: none 1.00, partial 0.83, strong 0.67.",
    see: "OWASP AIVSS v0.8, sections 3.3 and 3.4",
    examples: &[Example::parts(
        "
aivss:
  threat_multiplier: 97
#                    ^^ multiplier-range: threat multiplier 97 is out of range: must be greater than 0 and at most 2
  mitigation_factor: 1.2
#                    ^^^ multiplier-range: mitigation factor 1.2 is out of range: must be greater than 0 and at most 1
",
        "
aivss:
  threat_multiplier: 0.97
  mitigation_factor: 1.0
",
    )],
    check: Check::Model(check),
    ..Rule::MANDATORY
};

fn check(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    for scored in &subject.scores {
        let declared = &scored.declared;
        for (given, value, name, most) in [
            (&declared.threat, scored.threat, "threat multiplier", THREAT_MAX),
            (&declared.mitigation, scored.mitigation, "mitigation factor", Decimal::ONE),
        ] {
            if let (Some(given), Some(value)) = (given, value)
                && !is_multiplier(value, most)
            {
                let message =
                    format!("{name} {value} is out of range: must be greater than 0 and at most {most}");
                found.push(Diagnostic::new(&RULE, scored.owner, given.span, message));
            }
        }
    }
}
