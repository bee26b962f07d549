use crate::aivss::cvss::VectorFaultKind;
use crate::diagnostic::Diagnostic;
use crate::rules::{Check, Example, Rule, Subject};

pub(crate) static RULE: Rule = Rule {
    name: "cvss-vector",
    summary: "A vector is not a CVSS v4.0 vector.",
    why: "The base score is read off the vector; from half a vector no score follows.",
    remedy: "Mend what is shown. A vector begins with `CVSS:4.0/`, the order is fixed, and each base metric stands exactly once.",
    see: "CVSS v4.0, section 7",
    examples: &[
        Example::parts(
            "
aivss:
  cvss: CVSS:4.0/AV:N/AC:H/AT:N/PR:L/UI:N/VC:N/VI:N/VA:H/SC:N/SI:H/SA:Q
#                                                                  ^^^^ cvss-vector: `Q` is no value of `SA`, which takes H, L, N
",
            "
aivss:
  cvss: CVSS:4.0/AV:N/AC:H/AT:N/PR:L/UI:N/VC:N/VI:N/VA:H/SC:N/SI:H/SA:H
",
        ),
        Example::parts(
            "
aivss:
  cvss: 'CVSS:4.0/AC:H/AV:N/AT:N/PR:L/UI:N/VC:N/VI:N/VA:H/SC:N/SI:H/SA:H'
#                      ^^^^ cvss-vector: `AV` must stand before `AC`
",
            "
aivss:
  cvss: 'CVSS:4.0/AV:N/AC:H/AT:N/PR:L/UI:N/VC:N/VI:N/VA:H/SC:N/SI:H/SA:H'
",
        ),
    ],
    check: Check::Model(check),
    ..Rule::FIXED
};

fn check(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    found.extend(faults(&RULE, subject, VectorFaultKind::Malformed).flatten());
}

/// What is wrong with the vectors of a subject, of one kind, in the name of the rule for that kind: a list a vector.
pub(crate) fn faults<'s>(
    rule: &'static Rule,
    subject: &'s Subject<'_>,
    kind: VectorFaultKind,
) -> impl Iterator<Item = Vec<Diagnostic>> + use<'s> {
    let vectors = subject.scores.iter().filter_map(|scored| {
        let faults = scored.vector.as_ref()?.as_ref().err()?;
        Some((scored.owner, scored.declared.vector?, faults))
    });
    vectors.map(move |(owner, vector, faults)| {
        let faults = faults.iter().filter(|fault| fault.kind == kind);
        let diagnostics = faults.map(|fault| {
            // What is missing is missing from the whole.
            let span = if fault.range.is_empty() {
                vector.span
            } else {
                vector.part(fault.range.start, fault.range.end)
            };
            Diagnostic::new(rule, owner, span, &*fault.message)
        });
        diagnostics.collect()
    })
}
