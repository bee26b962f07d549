use crate::diagnostic::Diagnostic;
use crate::policy::settings;
use crate::rules::rule::{Check, Example, Rule, Subject, require_field};

pub(crate) static RULE: Rule = Rule {
    name: "environment-missing",
    summary: "The policy requires the agent's environment, and it is missing.",
    why: "Overrides match by the environment. A threat model without one escapes the settings that are meant for it.",
    remedy: "Set `agent.environment`: development, testing, staging or production.",
    see: "`require.environment` of the policy",
    examples: &[Example::parts(
        "
agent:
#^^^^ environment-missing: `agent.environment` is missing
  name: Planner
",
        "
agent:
  environment: production
",
    )
    .under("require: { environment: true }")],
    check: Check::Limit { applies: |settings| settings.has(&settings::ENVIRONMENT), check },
    ..Rule::ERROR
};

fn check(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    require_field(&RULE, subject, &settings::ENVIRONMENT, subject.model.agent.environment.as_ref(), found);
}
