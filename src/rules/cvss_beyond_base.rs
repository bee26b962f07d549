use crate::diagnostic::Diagnostic;
use crate::rules::rule::{Check, Example, Rule, Subject};

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
    check: Check::Model(check),
    ..Rule::WARNING
};

fn check(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    for scored in &subject.scores {
        let (Some(declared), Some(Ok(vector)), Some(base)) =
            (&scored.declared.vector, &scored.vector, scored.base)
        else {
            continue;
        };
        let Some((first, others)) = vector.beyond_base.split_first() else { continue };
        let metrics: Vec<String> =
            vector.beyond_base.iter().map(|range| format!("`{}`", &declared.value[range.clone()])).collect();
        let verb = if others.is_empty() { "is" } else { "are" };
        let message =
            format!("{} {verb} not part of the base score, {base}, that AIVSS uses", metrics.join(", "));
        let diagnostic = Diagnostic::new(&RULE, scored.owner, declared.part(first.start, first.end), message);
        found.push(others.iter().fold(diagnostic, |diagnostic, other| {
            diagnostic.related(declared.part(other.start, other.end), "not part of it either")
        }));
    }
}
