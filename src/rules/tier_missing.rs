use crate::diagnostic::Diagnostic;
use crate::policy::settings;
use crate::rules::rule::{Check, Example, Rule, Subject, require_field};

pub(crate) static RULE: Rule = Rule {
    name: "tier-missing",
    summary: "The policy requires the agent's tier, and it is missing.",
    why: "Overrides match by the tier. A threat model without one escapes the settings that are meant for it.",
    remedy: "Set `agent.tier`: low, moderate or high.",
    see: "`require.tier` of the policy",
    examples: &[Example::parts(
        "
agent:
#^^^^ tier-missing: `agent.tier` is missing
  name: Planner
",
        "
agent:
  tier: high
",
    )
    .under("require: { tier: true }")],
    check: Check::Limit { applies: |settings| settings.has(&settings::TIER), check },
    ..Rule::ERROR
};

fn check(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    require_field(&RULE, subject, &settings::TIER, subject.model.agent.tier.as_ref(), found);
}
