//! `owner-missing`: nobody answers for the threat model.

use super::{Check, Example, Rule, Subject};
use crate::diagnostic::{Diagnostic, Level, Owner};

pub(crate) static RULE: Rule = Rule {
    name: "owner-missing",
    level: Level::Error,
    fixed: false,
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
    check: Check::Policy { applies: |terms| terms.require().owner.is_some(), check },
};

fn check(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    let Some(required) = subject.terms.require().owner.as_ref().filter(|required| required.value) else {
        return;
    };
    let agent = &subject.model.agent;
    if agent.owner.is_none() {
        let span = agent.heading.unwrap_or(subject.model.heading);
        found.push(
            Diagnostic::new(&RULE, Owner::Agent, span, "nobody answers for this threat model")
                .help("give `agent.owner`: a team or an address")
                .decided_by(&required.origin),
        );
    }
}
