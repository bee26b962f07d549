use crate::diagnostic::Diagnostic;
use crate::policy::settings;
use crate::rules::rule::{Check, Example, Rule, Subject};

pub(crate) static RULE: Rule = Rule {
    name: "factor-exceeded",
    summary: "A factor is above the policy's limit for it.",
    why: "Some capabilities must not be shipped whatever the score: an agent that rewrites itself, for example.",
    remedy: "Remove the capability, or ask the owners of the policy to change the limit.",
    see: "`limits.factors` of the policy",
    examples: &[Example::parts(
        "
aivss:
  factors:
    self_modification: 0.5
#                      ^^^ factor-exceeded: `self_modification` is 0.5; the limit is 0.0
",
        "
aivss:
  factors:
    self_modification: 0.0
  score: 9.2
",
    )
    .under("limits: { factors: { self_modification: 0.0 } }")],
    check: Check::Limit { applies: |settings| settings.has(&settings::FACTORS), check },
    ..Rule::ERROR
};

fn check(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    for factor in subject.factor_values() {
        let Some(limit) = subject.settings.part(&settings::FACTORS, factor.factor.key()) else { continue };
        if factor.value > limit.value {
            let message = format!("`{}` is {}; the limit is {}", factor.key, factor.value, limit.value);
            found.push(
                Diagnostic::new(&RULE, factor.owner, factor.span, message)
                    .amount(Some(factor.factor.key()), factor.value)
                    .decided_by(&limit.origin),
            );
        }
    }
}
