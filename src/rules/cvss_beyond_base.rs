use crate::diagnostic::Diagnostic;
use crate::rules::rule::{Check, Example, Rule, Subject};
use crate::score::Scored;

pub(crate) static RULE: Rule = Rule {
    name: "cvss-beyond-base",
    summary: "A vector contains threat or environmental metrics, which AIVSS does not use.",
    why: "AIVSS starts from the base score and has its own threat multiplier. A tool that adds the threat metric counts it twice.",
    remedy: "Keep the eleven base metrics and express threat in `threat_multiplier`.",
    see: "OWASP AIVSS v0.8, section 3.1; CVSS v4.0, sections 3 and 4",
    examples: &[Example::parts(
        "
aivss:
  cvss: CVSS:4.0/AV:N/AC:H/AT:N/PR:L/UI:N/VC:N/VI:N/VA:H/SC:N/SI:H/SA:H/E:P/CR:H
#                                                                       ^^^ cvss-beyond-base: `E:P`, `CR:H` are not part of the base score, 7.1, that AIVSS uses
",
        "
aivss:
  cvss: CVSS:4.0/AV:N/AC:H/AT:N/PR:L/UI:N/VC:N/VI:N/VA:H/SC:N/SI:H/SA:H
",
    )],
    check: Check::Score(check),
    ..Rule::WARNING
};

fn check(scored: &Scored, _: &Subject<'_>) -> Option<Diagnostic> {
    let (declared, base) = (scored.declared.vector.as_ref()?, scored.base?);
    let beyond_base = &scored.vector.as_ref()?.as_ref().ok()?.beyond_base;
    let (first, others) = beyond_base.split_first()?;
    let metrics: Vec<String> =
        beyond_base.iter().map(|range| format!("`{}`", &declared.value[range.clone()])).collect();
    let verb = if others.is_empty() { "is" } else { "are" };
    let message =
        format!("{} {verb} not part of the base score, {base}, that AIVSS uses", metrics.join(", "));
    let diagnostic = Diagnostic::new(&RULE, scored.owner, declared.part(first.start, first.end), message);
    Some(others.iter().fold(diagnostic, |diagnostic, other| {
        diagnostic.related(declared.part(other.start, other.end), "not part of it either")
    }))
}
