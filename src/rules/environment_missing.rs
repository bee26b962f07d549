use crate::diagnostic::{Diagnostic, Owner};
use crate::rules::{Check, Example, Rule, Subject};

pub(crate) static RULE: Rule = Rule {
    name: "environment-missing",
    summary: "The agent's environment is not given, and the policy asks for it.",
    why: "Overrides match by it: a threat model that leaves it out escapes the terms that are meant for it.",
    remedy: "Give `agent.environment`: development, testing or production.",
    see: "`require.environment` of the policy",
    examples: &[Example::parts(
        "
agent:
#^^^^ environment-missing: the agent's environment is not given
  name: Planner
  summary: Plans trips.
",
        "
agent:
  name: Planner
  summary: Plans trips.
  environment: production
",
    )
    .under("require: { environment: true }")],
    check: Check::Limit { applies: |settings| settings.require().environment.is_some(), check },
    ..Rule::ERROR
};

fn check(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    let Some(required) = subject.settings.require().environment.as_ref().filter(|required| required.value)
    else {
        return;
    };
    let agent = &subject.model.agent;
    if agent.environment.is_none() {
        let span = agent.key_span.unwrap_or(subject.model.key_span);
        found.push(
            Diagnostic::new(&RULE, Owner::Agent, span, "the agent's environment is not given")
                .decided_by(&required.origin),
        );
    }
}
