use crate::diagnostic::{Diagnostic, Owner};
use crate::rules::{Check, Example, Rule, Subject};

pub(crate) static RULE: Rule = Rule {
    name: "owner-missing",
    summary: "No owner is given, and the policy asks for one.",
    why: "A threat model that nobody answers for is not kept.",
    remedy: "Give `agent.owner`: a team or an address.",
    see: "`require.owner` of the policy",
    examples: &[Example::parts(
        "
agent:
#^^^^ owner-missing: nobody answers for this threat model
  name: Planner
  summary: Plans trips.
  owner: TBD
",
        "
agent:
  name: Planner
  summary: Plans trips.
  owner: agents@example.org
",
    )
    .under("require: { owner: true }")],
    check: Check::Limit { applies: |settings| settings.require().owner.is_some(), check },
    ..Rule::ERROR
};

fn check(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    let Some(required) = subject.settings.require().owner.as_ref().filter(|required| required.value) else {
        return;
    };
    let agent = &subject.model.agent;
    if agent.owner.is_none() {
        let span = agent.key_span.unwrap_or(subject.model.key_span);
        found.push(
            Diagnostic::new(&RULE, Owner::Agent, span, "nobody answers for this threat model")
                .help("give `agent.owner`: a team or an address")
                .decided_by(&required.origin),
        );
    }
}
