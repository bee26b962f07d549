use std::collections::HashMap;

use crate::diagnostic::{Diagnostic, Owner};
use crate::model::{Threat, shortened};
use crate::rules::rule::{Check, Example, Rule, Subject};
use crate::source::Span;

pub(crate) static RULE: Rule = Rule {
    name: "duplicate-threat-id",
    summary: "Two threats of a model have the same identifier.",
    why: "Tickets and reviews refer to a threat by its identifier. Identifiers of public lists, such as T2, are categories and may repeat.",
    remedy: "Write another identifier for one of the threats, or list a threat of several layers once, under `cross_layer`.",
    see: "`maestro`, threats",
    examples: &[Example::parts(
        "
maestro:
  agent_frameworks:
    analysis: The planner may call a booking tool twice for one trip.
    threats: [{ id: F-1, title: Tool misuse }, { id: T2, title: Goal hijack }, { id: T2, title: Tool misuse }]
  data_operations:
    threats: [{ id: F-1, title: A poisoned page }]
#                   ^^^ duplicate-threat-id: duplicate threat `F-1`
",
        "
maestro:
  agent_frameworks:
    analysis: The planner may call a booking tool twice for one trip.
    threats: [{ id: F-1, title: Tool misuse }, { id: T2, title: Goal hijack }, { id: T2, title: Tool misuse }]
  data_operations:
    threats: [{ id: F-2, title: A poisoned page }]
",
    )],
    check: Check::Model(check),
    ..Rule::WARNING
};

fn check(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    let mut seen: HashMap<&str, Span> = HashMap::new();
    let mut ids: Vec<_> = subject.model.threats().filter_map(Threat::own_id).collect();
    ids.sort_by_key(|id| id.span);
    for id in ids {
        let name = id.trim();
        if let Some(first) = seen.get(name) {
            let message = format!("duplicate threat `{}`", shortened(name));
            let diagnostic = Diagnostic::new(&RULE, Owner::Agent, id.span, message);
            found.push(diagnostic.related(*first, "first defined here"));
        } else {
            seen.insert(name, id.span);
        }
    }
}
