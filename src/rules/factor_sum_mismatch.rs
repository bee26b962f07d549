use crate::diagnostic::Diagnostic;
use crate::rules::{Check, Example, Rule, Subject};
use crate::score::agrees;

pub(crate) static RULE: Rule = Rule {
    name: "factor-sum-mismatch",
    summary: "The declared factor sum is not the sum of the factors.",
    why: "Mis-added sums are the most frequent error in published scores, and everything after them is wrong too.",
    remedy: "Write the sum that is shown.",
    see: "OWASP AIVSS v0.8, section 3.2",
    examples: &[Example::parts(
        "
aivss:
  factor_sum: 8.5
#             ^^^ factor-sum-mismatch: declared 8.5, the ten factors add up to 8.0
",
        "
aivss:
  factor_sum: 8.0
",
    )],
    check: Check::Model(check),
    ..Rule::ERROR
};

fn check(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    for scored in &subject.scores {
        let (Some(declared), Some(exact)) = (scored.declared.factor_sum, scored.factor_sum) else { continue };
        if !agrees(declared.value, exact) {
            let message = format!("declared {}, the ten factors add up to {}", declared.value, exact.plain());
            found.push(
                Diagnostic::new(&RULE, scored.owner, declared.span, message)
                    .title(format!("factor sum is {}, expected {}", declared.value, exact.plain()))
                    .label(format!("should be {}", exact.plain()))
                    .fix(declared.rewritten(exact.plain()))
                    .help_by_fix()
                    .working(scored.sum_written()),
            );
        }
    }
}
