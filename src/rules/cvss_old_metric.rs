use crate::aivss::cvss::VectorProblemKind;
use crate::diagnostic::Diagnostic;
use crate::rules::cvss_vector;
use crate::rules::rule::{Check, Example, Rule, Subject};

pub(crate) static RULE: Rule = Rule {
    name: "cvss-old-metric",
    summary: "A CVSS v4.0 vector contains a metric or value of CVSS 3.",
    why: "A vector with a new prefix and old metrics was never scored under v4.0.",
    remedy: "Choose the v4.0 metric that the message names.",
    see: "CVSS v4.0, section 7",
    examples: &[Example::parts(
        "
aivss:
  cvss: CVSS:4.0/AV:N/AC:H/AT:N/PR:L/UI:R/VC:N/VI:N/VA:H/SC:N/SI:H/SA:H
#                                    ^^^^ cvss-old-metric: `UI:R` is CVSS 3; v4.0 has UI:N, UI:P (passive) and UI:A (active)
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
    for problems in cvss_vector::problems(&RULE, subject, VectorProblemKind::OldMetric) {
        // One vector is one mistake, however many of its metrics are old.
        let mut problems = problems.into_iter();
        let Some(first) = problems.next() else { continue };
        found.push(problems.fold(first, |first, other| first.related(other.span, "old as well")));
    }
}
