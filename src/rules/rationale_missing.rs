use crate::diagnostic::Diagnostic;
use crate::rules::{Check, Example, Rule, Subject};

pub(crate) static RULE: Rule = Rule {
    name: "rationale-missing",
    summary: "A factor has no rationale, and the policy asks for one at its height.",
    why: "Two assessors agree on a factor only when they can see what it rests on.",
    remedy: "Write the factor as `{ score: 1.0, rationale: … }`.",
    see: "`require.rationale_from` of the policy",
    examples: &[Example::parts(
        "
aivss:
  factors:
    autonomy_of_action: 1.0
#                       ^^^ rationale-missing: `autonomy_of_action` is 1.0 and has no rationale, which is due from 0.9
    natural_language_interface: { score: 1.0, rationale: Prompts drive planning. }
    contextual_awareness: { score: 1.0, rationale: Reads mail and calendars. }
    non_determinism: { score: 1.0, rationale: No guards. }
    opacity_and_reflexivity: { score: 1.0, rationale: No traces. }
    multi_agent_interactions: { score: 1.0, rationale: Joins swarms. }
",
        "
aivss:
  factors:
    autonomy_of_action: { score: 1.0, rationale: Commits bookings by itself. }
    natural_language_interface: { score: 1.0, rationale: Prompts drive planning. }
    contextual_awareness: { score: 1.0, rationale: Reads mail and calendars. }
    non_determinism: { score: 1.0, rationale: No guards. }
    opacity_and_reflexivity: { score: 1.0, rationale: No traces. }
    multi_agent_interactions: { score: 1.0, rationale: Joins swarms. }
",
    )
    .under("require: { rationale_from: 0.9 }")],
    check: Check::Limit { applies: |settings| settings.require().rationale_from.is_some(), check },
    ..Rule::ERROR
};

fn check(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    let Some(from) = &subject.settings.require().rationale_from else { return };
    for scored in &subject.scores {
        for given in &scored.declared.factors.given {
            let (Some(value), None) = (given.number(), given.rationale) else { continue };
            if value.value >= from.value {
                let message = format!(
                    "`{}` is {} and has no rationale, which is due from {}",
                    scored.declared.factors.spell(given.factor),
                    value.value,
                    from.value
                );
                found.push(
                    Diagnostic::new(&RULE, scored.owner, value.span, message)
                        .help(format!("write `{{ score: {}, rationale: … }}`", value.value))
                        .decided_by(&from.origin),
                );
            }
        }
    }
}
