use crate::decimal::Decimal;
use crate::diagnostic::Diagnostic;
use crate::rules::{Check, Example, Rule, Subject};

pub(crate) static RULE: Rule = Rule {
    name: "cvss-unverified",
    summary: "A CVSS base stands without its vector, so that it cannot be checked.",
    why: "Declared base scores are often those of another CVSS version or of no vector at all.",
    remedy: "Give the vector in `cvss`.",
    see: "CVSS v4.0, section 7",
    examples: &[Example::parts(
        "
aivss:
  cvss: <absent>
  cvss_base: 7.1
#            ^^^ cvss-unverified: the base 7.1 is taken on trust: no vector stands beside it
",
        "
aivss:
  cvss_base: 7.1
",
    )],
    check: Check::Model(check),
    ..Rule::NOTE
};

fn check(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    for scored in &subject.scores {
        if let (None, false, Some(base)) =
            (&scored.vector, scored.declared.vector_written, scored.declared.base)
            && base.value.within(Decimal::ZERO, Decimal::new(10, 0))
        {
            let message = format!("the base {} is taken on trust: no vector stands beside it", base.value);
            found.push(
                Diagnostic::new(&RULE, scored.owner, base.span, message).help("give the vector in `cvss`"),
            );
        }
    }
}
