use crate::decimal::Decimal;
use crate::diagnostic::Diagnostic;
use crate::rules::rule::{Check, Example, Rule, Subject};

pub(crate) static RULE: Rule = Rule {
    name: "factor-range",
    summary: "A factor is outside of 0.00 to 1.00.",
    why: "The formula needs a sum of the ten factors between 0 and 10.",
    remedy: "Use the scale: 0.0 none, 0.5 partial, 1.0 full.",
    see: "OWASP AIVSS v0.8, section 2.3",
    examples: &[Example::parts(
        "
aivss:
  factors:
    dynamic_identity: 5
#                     ^ factor-range: `dynamic_identity` is 5, out of range: must be at least 0.0 and at most 1.0
",
        "
aivss:
  factors:
    dynamic_identity: 0.5
",
    )],
    check: Check::Model(check),
    ..Rule::MANDATORY
};

fn check(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    for factor in subject.factor_values() {
        let value = factor.value;
        if value.within(Decimal::ZERO, Decimal::ONE) {
            continue;
        }
        let message =
            format!("`{}` is {value}, out of range: must be at least 0.0 and at most 1.0", factor.key);
        let mut diagnostic = Diagnostic::new(&RULE, factor.owner, factor.span, message);
        if value.within(Decimal::TEN, Decimal::new(100, 0)) {
            let tenth = value.over_ten().plain();
            let fraction = value.over_ten().over_ten().plain();
            let of_ten =
                if value == Decimal::TEN { format!("{tenth} if it is of 10, ") } else { String::new() };
            diagnostic = diagnostic.help(format!("write {of_ten}{fraction} if {value} is a percentage"));
        }
        found.push(diagnostic);
    }
}
