use crate::diagnostic::{Diagnostic, Owner};
use crate::model::{TextKind, blank, is_too_short};
use crate::rules::{Check, Example, Rule, Subject};

pub(crate) static RULE: Rule = Rule {
    name: "agent-placeholder",
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
    check: Check::Model(check),
    ..Rule::ERROR
};

fn check(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    let agent = &subject.model.agent;
    // An empty name is the schema's, and a summary that is too short has a rule of its own.
    let name = agent.name.filter(|name| !name.value.is_empty() && !is_of_signs(name.value));
    let summary = agent.summary.filter(|summary| !summary.value.is_empty() && !is_too_short(summary.value));
    for (key, text, kind) in
        [("agent.name", name, TextKind::Name), ("agent.summary", summary, TextKind::Prose)]
    {
        if let Some(text) = text.filter(|text| blank(text.value, kind).is_some()) {
            found.push(Diagnostic::new(&RULE, Owner::Agent, text.span, format!("`{key}` is a placeholder")));
        }
    }
}

/// Whether a name consists of signs that do not usually stand for a gap. It is odd, but it is a name.
fn is_of_signs(name: &str) -> bool {
    let is_gap = |letter: char| letter.is_whitespace() || "-–—_?.…*~/".contains(letter);
    !name.chars().any(char::is_alphanumeric) && !name.chars().all(is_gap)
}
