use crate::diagnostic::Diagnostic;
use crate::rules::rule::{Check, Example, Rule, Subject};

pub(crate) static RULE: Rule = Rule {
    name: "cvss-missing",
    summary: "A score has neither a CVSS vector nor a CVSS base.",
    why: "AIVSS amplifies a CVSS v4.0 base score. Without one there is nothing to compute.",
    remedy: "Write the vector as `cvss: CVSS:4.0/AV:…`. A `cvss_base` alone is possible but cannot be verified.",
    see: "OWASP AIVSS v0.8, section 3.1",
    examples: &[Example::parts(
        "
aivss:
#^^^^ cvss-missing: CVSS vector and CVSS base are missing
  cvss: <absent>
  cvss_base: <absent>
",
        "
aivss:
  cvss: CVSS:4.0/AV:N/AC:H/AT:N/PR:L/UI:N/VC:N/VI:N/VA:H/SC:N/SI:H/SA:H
",
    )],
    check: Check::Model(check),
    ..Rule::MANDATORY
};

fn check(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    for scored in subject.scores.iter().filter(|scored| scored.declared.cvss_absent) {
        let message = "CVSS vector and CVSS base are missing";
        found.push(
            Diagnostic::new(&RULE, scored.owner, scored.declared.key_span, message)
                .help("write the vector as `cvss: CVSS:4.0/AV:…`"),
        );
    }
}
