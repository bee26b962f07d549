use crate::diagnostic::Diagnostic;
use crate::policy::settings;
use crate::rules::rule::{Check, Example, Rule, Subject};

pub(crate) static RULE: Rule = Rule {
    name: "rationale-missing",
    summary: "A factor has no rationale, and the policy requires one from its value on.",
    why: "Two assessors can agree on a factor only if they see its reason.",
    remedy: "Write the factor as `{ score: 1.0, rationale: … }`.",
    see: "`require.rationale_from` of the policy",
    examples: &[Example::parts(
        "
aivss:
  factors:
    autonomy_of_action: 1.0
#                       ^^^ rationale-missing: `autonomy_of_action` is 1.0 and has no rationale, which is required from 0.9
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
    check: Check::Limit { applies: |settings| settings.has(&settings::RATIONALE_FROM), check },
    ..Rule::ERROR
};

fn check(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    let Some(from) = subject.settings.get(&settings::RATIONALE_FROM) else { return };
    for factor in subject.factor_values() {
        if factor.value < from.value || factor.has_rationale {
            continue;
        }
        let (key, value) = (factor.key, factor.value);
        let message =
            format!("`{key}` is {value} and has no rationale, which is required from {}", from.value);
        found.push(
            Diagnostic::new(&RULE, factor.owner, factor.span, message)
                .help(format!("write `{{ score: {value}, rationale: … }}`"))
                .decided_by(&from.origin),
        );
    }
}
