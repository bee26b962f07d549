use crate::diagnostic::Diagnostic;
use crate::rules::rule::{Check, Example, Rule, Subject};
use crate::score::{Scored, agrees, cause_of_uplift};
use crate::text_edit::Safety;

pub(crate) static RULE: Rule = Rule {
    name: "uplift-mismatch",
    fix: Some(Safety::Safe),
    summary: "The declared agentic uplift (AARS) does not follow from the inputs.",
    why: "The uplift is the agentic part of the risk. It is the sum of the factors under v0.5, and a share of the room above the base from v0.8 on: the two are often mixed up.",
    remedy: "Write the expected uplift, with any number of decimals: it is compared at the declared precision.",
    see: "OWASP AIVSS v0.8, section 3.3",
    examples: &[Example::parts(
        "
aivss:
  aars: 2.26
#       ^^^^ uplift-mismatch: AARS is 2.26, expected 2.25
",
        "
aivss:
  aars: 2.25
",
    )],
    check: Check::Score(check),
    ..Rule::ERROR
};

fn check(scored: &Scored, _: &Subject<'_>) -> Option<Diagnostic> {
    let (declared, working) = (scored.declared.uplift?, scored.working.as_ref()?);
    let value = declared.value;
    if agrees(value, working.uplift) {
        return None;
    }
    let right = working.uplift.round_half_up(value.decimals().max(2)).plain();
    let step = working.uplift_written();
    let is_sum = step.is_some() && value == working.inputs.factor_sum;
    let note = format!("{value} is the plain sum of the factors, which is the uplift of AIVSS 0.5");
    Some(
        Diagnostic::mismatch(&RULE, scored.owner, "AARS", declared.span, value, right)
            .fix(declared.rewritten(right))
            .help_by_fix(right, "correct the wrong input")
            .working(step.unwrap_or_else(|| scored.sum_written()))
            .cause(cause_of_uplift(scored, value), || format!("so AARS is {right}"))
            .note(is_sum.then_some(note)),
    )
}
