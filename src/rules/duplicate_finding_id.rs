use std::collections::HashMap;

use crate::diagnostic::Diagnostic;
use crate::rules::rule::{Check, Example, Rule, Subject};
use crate::source::Span;

pub(crate) static RULE: Rule = Rule {
    name: "duplicate-finding-id",
    summary: "Two findings have the same identifier.",
    why: "Tickets and reports refer to a finding by its identifier.",
    remedy: "Write another identifier for one of the findings.",
    see: "OWASP AIVSS v0.8, appendix A",
    examples: &[Example::parts(
        "
findings:
  - id: V-1
    aivss: &score
      version: '0.8'
      cvss: CVSS:4.0/AV:N/AC:H/AT:N/PR:L/UI:N/VC:N/VI:N/VA:H/SC:N/SI:H/SA:H
      factors: { autonomy_of_action: 1, dynamic_tool_use: 0.5, natural_language_interface: 1, contextual_awareness: 1, non_determinism: 1, opacity_and_reflexivity: 1, persistent_memory: 0.5, dynamic_identity: 0.5, multi_agent_interactions: 1, self_modification: 0.5 }
      score: 9.4
  - id: V-1
#       ^^^ duplicate-finding-id: duplicate finding `V-1`
    aivss: *score
",
        "
findings:
  - id: V-1
    aivss: &score
      version: '0.8'
      cvss: CVSS:4.0/AV:N/AC:H/AT:N/PR:L/UI:N/VC:N/VI:N/VA:H/SC:N/SI:H/SA:H
      factors: { autonomy_of_action: 1, dynamic_tool_use: 0.5, natural_language_interface: 1, contextual_awareness: 1, non_determinism: 1, opacity_and_reflexivity: 1, persistent_memory: 0.5, dynamic_identity: 0.5, multi_agent_interactions: 1, self_modification: 0.5 }
      score: 9.4
  - id: V-2
    aivss: *score
",
    )],
    check: Check::Model(check),
    ..Rule::ERROR
};

/// The number of characters of an identifier that are shown.
const MAX_ID_LENGTH: usize = 80;

fn check(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    let mut seen: HashMap<&str, Span> = HashMap::new();
    for finding in &subject.model.findings {
        let Some(id) = &finding.id else { continue };
        if let Some(first) = seen.get(&*id.value) {
            let shown: String = id.chars().take(MAX_ID_LENGTH).collect();
            let diagnostic =
                Diagnostic::new(&RULE, finding.owner, id.span, format!("duplicate finding `{shown}`"));
            found.push(diagnostic.related(*first, "first defined here"));
        } else {
            seen.insert(id, id.span);
        }
    }
}
