use crate::diagnostic::Diagnostic;
use crate::rules::rule::{Check, Example, Rule, Subject};
use crate::score::{Scored, agrees};
use crate::text_edit::Safety;

pub(crate) static RULE: Rule = Rule {
    name: "factor-sum-mismatch",
    fix: Some(Safety::Safe),
    summary: "The declared factor sum is not the sum of the factors.",
    why: "Wrong sums are the most frequent error in published scores, and make everything after them wrong.",
    remedy: "Write the expected sum.",
    see: "OWASP AIVSS v0.8, section 3.2",
    examples: &[Example::parts(
        "
aivss:
  factor_sum: 8.5
#             ^^^ factor-sum-mismatch: factor sum is 8.5, expected 8.0
",
        "
aivss:
  factor_sum: 8.0
",
    )],
    check: Check::Score(check),
    ..Rule::ERROR
};

fn check(scored: &Scored, _: &Subject<'_>) -> Option<Diagnostic> {
    let (declared, exact) = (scored.declared.factor_sum?, scored.factor_sum?);
    if agrees(declared.value, exact) {
        return None;
    }
    let exact = exact.plain();
    Some(
        Diagnostic::mismatch(&RULE, scored.owner, "factor sum", declared.span, declared.value, exact)
            .fix(declared.rewritten(exact))
            .help_by_fix(exact, "correct the factors")
            .working(scored.sum_written()),
    )
}
