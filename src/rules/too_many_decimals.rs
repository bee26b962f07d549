use crate::aivss::INPUT_DECIMALS;
use crate::diagnostic::Diagnostic;
use crate::model::{Multiplier, Spanned};
use crate::rules::rule::{Check, Example, Rule, Subject};

pub(crate) static RULE: Rule = Rule {
    name: "too-many-decimals",
    summary: "An input has more than four decimals.",
    why: "Such digits come from a computation, not from an assessment. Cutting them off would change the score unseen.",
    remedy: "Write at most four decimals; two are usual.",
    examples: &[Example::parts(
        "
aivss:
  threat_multiplier: 0.97000001
#                    ^^^^^^^^^^ too-many-decimals: 0.97000001 has more than 4 decimals
",
        "
aivss:
  threat_multiplier: 0.97
",
    )],
    check: Check::Model(check),
    ..Rule::MANDATORY
};

fn check(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    for scored in &subject.scores {
        let declared = &scored.declared;
        let multipliers = [&declared.threat, &declared.mitigation].into_iter().flatten();
        let multipliers = multipliers.filter_map(|multiplier| match multiplier.value {
            Multiplier::Number(value) => Some(Spanned::new(value, multiplier.span)),
            Multiplier::Named(_) | Multiplier::Unreadable => None,
        });
        let factors = declared.factors.given.iter().filter_map(|given| given.number);
        for input in declared.base.into_iter().chain(factors).chain(multipliers) {
            if input.value.needed_decimals() > INPUT_DECIMALS {
                let message = format!("{} has more than {INPUT_DECIMALS} decimals", input.value);
                found.push(Diagnostic::new(&RULE, scored.owner, input.span, message));
            }
        }
    }
}
