use crate::aivss::cvss::VectorProblemKind;
use crate::diagnostic::Diagnostic;
use crate::rules::rule::{Check, Example, Rule, Subject};

pub(crate) static RULE: Rule = Rule {
    name: "cvss-vector",
    summary: "A vector is not a CVSS v4.0 vector.",
    why: "The base score is computed from the vector. Part of a vector gives no score.",
    remedy: "Correct the marked part. A vector begins with `CVSS:4.0/` and has each base metric once, in the fixed order.",
    see: "CVSS v4.0, section 7",
    examples: &[Example::parts(
            "
aivss:
  cvss: CVSS:4.0/AV:N/AC:H/AT:N/PR:L/UI:N/VC:N/VI:N/VA:H/SC:N/SI:H/SA:Q
#                                                                  ^^^^ cvss-vector: `Q` is not a value of `SA`: expected H, L, N
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
    found.extend(problems(&RULE, subject, VectorProblemKind::Malformed).flatten());
}

/// The problems of one kind in each vector, as diagnostics of the rule for that kind.
pub(crate) fn problems<'s>(
    rule: &'static Rule,
    subject: &'s Subject<'_>,
    kind: VectorProblemKind,
) -> impl Iterator<Item = Vec<Diagnostic>> + use<'s> {
    subject.scores.iter().filter_map(move |scored| {
        let problems = scored.vector.as_ref()?.as_ref().err()?;
        let vector = scored.declared.vector.as_ref()?;
        let of_kind = problems.iter().filter(|problem| problem.kind == kind).map(|problem| {
            // If something is missing, it is missing from the whole vector.
            let (range, whole) = (&problem.range, vector.span);
            let span = if range.is_empty() { whole } else { vector.part(range.start, range.end) };
            Diagnostic::new(rule, scored.owner, span, &*problem.message)
        });
        Some(of_kind.collect())
    })
}
