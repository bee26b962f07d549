use crate::diagnostic::{Diagnostic, Owner};
use crate::rules::{Check, Example, Rule, Subject};

pub(crate) static RULE: Rule = Rule {
    name: "tier-missing",
    summary: "The agent's tier is not given, and the policy asks for it.",
    why: "Overrides match by it: a threat model that leaves it out escapes the terms that are meant for it.",
    remedy: "Give `agent.tier`: low, moderate or high.",
    see: "`require.tier` of the policy",
    examples: &[Example::parts(
        "
agent:
#^^^^ tier-missing: the agent's tier is not given
  name: Planner
  summary: Plans trips.
",
        "
agent:
  name: Planner
  summary: Plans trips.
  tier: high
",
    )
    .under("require: { tier: true }")],
    check: Check::Limit { applies: |settings| settings.require().tier.is_some(), check },
    ..Rule::ERROR
};

fn check(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    let Some(required) = subject.settings.require().tier.as_ref().filter(|required| required.value) else {
        return;
    };
    let agent = &subject.model.agent;
    if agent.tier.is_none() {
        let span = agent.key_span.unwrap_or(subject.model.key_span);
        found.push(
            Diagnostic::new(&RULE, Owner::Agent, span, "the agent's tier is not given")
                .decided_by(&required.origin),
        );
    }
}
