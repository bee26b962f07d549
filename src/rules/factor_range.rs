use crate::decimal::Decimal;
use crate::diagnostic::Diagnostic;
use crate::rules::{Check, Example, Rule, Subject};

pub(crate) static RULE: Rule = Rule {
    name: "factor-range",
    summary: "A factor lies outside 0.00 to 1.00.",
    why: "The sum of the ten must stay within 0 and 10 for the formula to hold.",
    remedy: "Use the scale: 0.0 none, 0.5 partial, 1.0 full.",
    see: "OWASP AIVSS v0.8, section 2.3",
    examples: &[Example::parts(
        "
aivss:
  factors:
    dynamic_identity: 5
#                     ^ factor-range: `dynamic_identity` is 5; a factor lies between 0.0 and 1.0
",
        "
aivss:
  factors:
    dynamic_identity: 0.5
",
    )],
    check: Check::Model(check),
    ..Rule::FIXED
};

fn check(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    for scored in &subject.scores {
        for given in &scored.declared.factors.given {
            if let Some(value) = given.number()
                && !value.value.within(Decimal::ZERO, Decimal::ONE)
            {
                let message = format!(
                    "`{}` is {}; a factor lies between 0.0 and 1.0",
                    scored.declared.factors.spell(given.factor),
                    value.value
                );
                let mut diagnostic = Diagnostic::new(&RULE, scored.owner, value.span, message);
                if value.value.within(Decimal::TEN, Decimal::new(100, 0)) {
                    let fraction = value.value.over_ten().over_ten().plain();
                    diagnostic = diagnostic.help(format!("a percentage? {}% is {fraction}", value.value));
                }
                found.push(diagnostic);
            }
        }
    }
}
