use crate::diagnostic::{Diagnostic, Owner};
use crate::model::is_too_short;
use crate::rules::rule::{Check, Example, Rule, Subject};

pub(crate) static RULE: Rule = Rule {
    name: "summary-too-short",
    summary: "The agent's summary is one or two letters or a number.",
    why: "Reviewers read the summary first. One that short does not describe a risk.",
    remedy: "Describe in `agent.summary` what the agent does and what can go wrong.",
    see: "schemas/threat-model.json, `agent`",
    examples: &[Example::parts(
        "
agent:
  summary: s
#          ^ summary-too-short: `agent.summary` is too short
",
        "
agent:
  summary: Plans trips and books them.
",
    )],
    check: Check::Model(check),
    ..Rule::WARNING
};

fn check(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    if let Some(summary) = subject.model.agent.summary.as_ref().filter(|summary| is_too_short(summary)) {
        found.push(Diagnostic::new(&RULE, Owner::Agent, summary.span, "`agent.summary` is too short"));
    }
}
