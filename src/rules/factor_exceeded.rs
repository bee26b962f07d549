use crate::diagnostic::Diagnostic;
use crate::rules::{Check, Example, Rule, Subject};

pub(crate) static RULE: Rule = Rule {
    name: "factor-exceeded",
    summary: "A factor lies above the policy's limit for it.",
    why: "Some capabilities are not to be shipped at all, whatever the score as a whole: an agent that rewrites itself, say.",
    remedy: "Take the capability away, or have the policy changed by those who own it.",
    see: "`limits.factors` of the policy",
    examples: &[Example::parts(
        "
aivss:
  factors:
    self_modification: 0.5
#                      ^^^ factor-exceeded: `self_modification` is 0.5 and exceeds the limit of 0.0
",
        "
aivss:
  factors:
    self_modification: 0.0
  score: 9.2
",
    )
    .under("limits: { factors: { self_modification: 0.0 } }")],
    check: Check::Limit { applies: |settings| !settings.limits().factors.is_empty(), check },
    ..Rule::ERROR
};

fn check(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    let limits = &subject.settings.limits().factors;
    if limits.is_empty() {
        return;
    }
    for scored in &subject.scores {
        for given in &scored.declared.factors.given {
            let (Some(value), Some(limit)) = (given.number(), limits.get(&given.factor)) else { continue };
            if value.value > limit.value {
                let message = format!(
                    "`{}` is {} and exceeds the limit of {}",
                    scored.declared.factors.spell(given.factor),
                    value.value,
                    limit.value
                );
                found.push(
                    Diagnostic::new(&RULE, scored.owner, value.span, message)
                        .part(given.factor.key())
                        .amount(value.value)
                        .decided_by(&limit.origin),
                );
            }
        }
    }
}
