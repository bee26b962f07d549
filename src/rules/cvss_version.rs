use crate::aivss::cvss::VectorProblemKind;
use crate::diagnostic::Diagnostic;
use crate::rules::cvss_vector;
use crate::rules::rule::{Check, Example, Rule, Subject};

pub(crate) static RULE: Rule = Rule {
    name: "cvss-version",
    summary: "A vector is of CVSS 2 or 3.",
    why: "AIVSS builds on CVSS v4.0. The same weakness has another base score under each version.",
    remedy: "Score the weakness again under CVSS v4.0: vectors cannot be translated one to one.",
    see: "OWASP AIVSS v0.8, section 3.1; CVSS v4.0, section 7",
    examples: &[Example::parts(
        "
aivss:
  cvss: CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H
#       ^^^^^^^^ cvss-version: AIVSS requires CVSS v4.0; this vector is CVSS 3.1
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
    found.extend(cvss_vector::problems(&RULE, subject, VectorProblemKind::OtherVersion).flatten());
}
