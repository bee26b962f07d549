//! `agent-placeholder`: the agent's name or summary is a placeholder.

use super::{Check, Example, Rule, Subject};
use crate::diagnostic::{Diagnostic, Level};
use crate::model::{At, TextKind, blank, is_too_short};

pub(crate) static RULE: Rule = Rule {
    name: "agent-placeholder",
    level: Level::Error,
    fixed: false,
    summary: "The agent's name or summary is a placeholder.",
    why: "A threat model is about one agent. Reviewers must know which one, and what can go wrong with it.",
    remedy: "Write the agent's name, and the risk in a paragraph.",
    see: "schemas/threat-model.json, `agent`",
    examples: &[Example::parts(
        "
agent:
  name: '[agent name]'
#       ^^^^^^^^^^^^^^ agent-placeholder: `agent.name` is a placeholder
  summary: To be completed by the platform team.
#          ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ agent-placeholder: `agent.summary` is a placeholder
",
        "
agent:
  name: Planner
  summary: Plans trips and books them.
",
    )],
    check: Check::Meaning(check),
};

fn check(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    let agent = &subject.model.agent;
    // A summary that is too short has a rule of its own.
    let summary = agent.summary.filter(|summary| !is_too_short(summary.value));
    for (key, text, kind) in
        [("agent.name", agent.name, TextKind::Name), ("agent.summary", summary, TextKind::Prose)]
    {
        let is_blank = |text: &At<&str>| !text.value.is_empty() && blank(text.value, kind).is_some();
        if let Some(text) = text.filter(is_blank) {
            found.push(Diagnostic::new(&RULE, text.span, format!("`{key}` is a placeholder")));
        }
    }
}
