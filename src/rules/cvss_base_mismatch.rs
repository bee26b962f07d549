use crate::diagnostic::Diagnostic;
use crate::rules::rule::{Check, Example, Rule, Subject};
use crate::score::{Scored, explain_base};
use crate::text_edit::Safety;

pub(crate) static RULE: Rule = Rule {
    name: "cvss-base-mismatch",
    fix: Some(Safety::Safe),
    summary: "The declared CVSS base is not the vector's.",
    why: "The base weighs more than any other input. A wrong one usually comes from another CVSS version.",
    remedy: "Write the vector's base score, or correct the vector.",
    see: "CVSS v4.0, section 8",
    examples: &[Example::parts(
        "
aivss:
  cvss_base: 8.1
#            ^^^ cvss-base-mismatch: CVSS base is 8.1, expected 7.1
",
        "
aivss:
  cvss_base: 7.1
",
    )],
    check: Check::Score(check),
    ..Rule::ERROR
};

fn check(scored: &Scored, _: &Subject<'_>) -> Option<Diagnostic> {
    let (declared, exact, vector) =
        (scored.declared.base?, scored.base?, scored.vector.as_ref()?.as_ref().ok()?);
    if declared.value == exact {
        return None;
    }
    let is_beyond_base = !vector.beyond_base.is_empty();
    let beyond_base =
        is_beyond_base.then(|| "the vector's threat and environmental metrics do not count".to_owned());
    let diagnostic =
        Diagnostic::mismatch(&RULE, scored.owner, "CVSS base", declared.span, declared.value, exact)
            .fix(declared.rewritten(exact))
            .note(explain_base(declared.value, exact).or(beyond_base))
            .help_by_fix(exact, "correct the vector");
    Some(match &scored.declared.vector {
        Some(vector) => diagnostic.related(vector.span, format!("base score {exact}")),
        None => diagnostic,
    })
}
