use crate::diagnostic::{Diagnostic, Owner};
use crate::model::{TextKind, blank, is_too_short};
use crate::rules::rule::{Check, Example, Rule, Subject};

pub(crate) static RULE: Rule = Rule {
    name: "agent-placeholder",
    summary: "The agent's name or summary is a placeholder.",
    why: "Reviewers must know which agent a threat model is about, and what can go wrong with it.",
    remedy: "Write the agent's name, and its risk in a paragraph.",
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
    // The schema reports empty texts, and another rule summaries that are too short.
    let name = agent.name.as_ref().filter(|name| !is_of_signs(name));
    let summary = agent.summary.as_ref().filter(|summary| !is_too_short(summary));
    for (key, text, kind) in [("name", name, TextKind::Name), ("summary", summary, TextKind::Prose)] {
        let text = text.filter(|text| !text.is_empty() && blank(text, kind).is_some());
        found.extend(text.map(|text| {
            Diagnostic::new(&RULE, Owner::Agent, text.span, format!("`agent.{key}` is a placeholder"))
        }));
    }
}

/// Whether a name consists of signs that do not usually mark a gap. Such a name is odd but valid.
fn is_of_signs(name: &str) -> bool {
    let mut odd = name.chars().filter(|letter| !letter.is_whitespace() && !"-–—_?.…*~/".contains(*letter));
    odd.next().is_some() && !name.chars().any(char::is_alphanumeric)
}
