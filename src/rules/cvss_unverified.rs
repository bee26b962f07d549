use crate::decimal::Decimal;
use crate::diagnostic::Diagnostic;
use crate::rules::rule::{Check, Example, Rule, Subject};
use crate::score::Scored;

pub(crate) static RULE: Rule = Rule {
    name: "cvss-unverified",
    summary: "A CVSS base has no vector, so it cannot be verified.",
    why: "Declared base scores are often those of another CVSS version or of no vector at all.",
    remedy: "Write the vector in `cvss`.",
    see: "CVSS v4.0, section 7",
    examples: &[Example::parts(
        "
aivss:
  cvss: <absent>
  cvss_base: 7.1
#            ^^^ cvss-unverified: CVSS base 7.1 cannot be verified without a vector
",
        "
aivss:
  cvss: CVSS:4.0/AV:N/AC:H/AT:N/PR:L/UI:N/VC:N/VI:N/VA:H/SC:N/SI:H/SA:H
  cvss_base: 7.1
",
    )],
    check: Check::Score(check),
    ..Rule::NOTE
};

fn check(scored: &Scored, _: &Subject<'_>) -> Option<Diagnostic> {
    let base = scored.declared.base.filter(|base| base.value.within(Decimal::ZERO, Decimal::TEN))?;
    if scored.vector.is_some() || scored.declared.vector_written {
        return None;
    }
    let message = format!("CVSS base {} cannot be verified without a vector", base.value);
    Some(Diagnostic::new(&RULE, scored.owner, base.span, message))
}
