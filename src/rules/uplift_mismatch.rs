use crate::diagnostic::Diagnostic;
use crate::rules::{Check, Example, Rule, Subject};
use crate::score::agrees;

pub(crate) static RULE: Rule = Rule {
    name: "uplift-mismatch",
    summary: "The declared agentic uplift (AARS) is not what the inputs give.",
    why: "The uplift is the agentic part of the risk. Under v0.5 it is the plain sum of the factors, from v0.8 on a share of the room above the base: a frequent mix-up.",
    remedy: "Write the uplift that is shown, with as many decimals as you like: it is compared at the precision it is declared with.",
    see: "OWASP AIVSS v0.8, section 3.3",
    examples: &[Example::parts(
        "
aivss:
  aars: 2.26
#       ^^^^ uplift-mismatch: declared 2.26, AIVSS 0.8 gives 2.2504
",
        "
aivss:
  aars: 2.25
",
    )],
    check: Check::Model(check),
    ..Rule::ERROR
};

fn check(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    for scored in &subject.scores {
        let (Some(declared), Some(working)) = (scored.declared.uplift, &scored.working) else { continue };
        if agrees(declared.value, working.uplift) {
            continue;
        }
        let shown = working.uplift.round_half_up(declared.value.decimals().max(2)).plain();
        let version = working.formula.version;
        let message =
            format!("declared {}, AIVSS {version} gives {}", declared.value, working.uplift.plain());
        let step = working.uplift_written();
        let is_sum = step.is_some() && declared.value == working.inputs.factor_sum;
        found.push(
            Diagnostic::new(&RULE, scored.owner, declared.span, message)
                .title(format!("AARS is {}, expected {shown}", declared.value))
                .label(format!("should be {shown}"))
                .fix(declared.rewritten(shown))
                .help_by_fix()
                .working(step.unwrap_or_else(|| scored.sum_written()))
                .note(is_sum.then(|| {
                    format!(
                        "{} is the plain sum of the factors, which is the uplift of AIVSS 0.5",
                        declared.value
                    )
                })),
        );
    }
}
