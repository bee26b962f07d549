use crate::diagnostic::{Diagnostic, Owner};
use crate::rules::rule::{Check, Example, Rule, Subject, counted};

pub(crate) static RULE: Rule = Rule {
    name: "threat-overdue",
    summary: "A threat that is open, accepted or transferred is past its due date.",
    why: "A date that passes without a decision was not meant. An acceptance or a transfer without an end is forgotten.",
    remedy: "Settle the threat and set its `status`, or decide on a new `due`.",
    see: "`maestro`, threats",
    examples: &[Example::parts(
        "
maestro:
  agent_frameworks:
    analysis: The planner may call a booking tool twice for one trip.
    threats:
      - { id: T2, title: Tool misuse, due: 2025-12-30 }
#                                          ^^^^^^^^^^ threat-overdue: threat `T2` is open, and was due 2 days ago
",
        "
maestro:
  agent_frameworks:
    analysis: The planner may call a booking tool twice for one trip.
    threats:
      - { id: T2, title: Tool misuse, due: 2026-01-01 }
",
    )],
    check: Check::Model(check),
    ..Rule::WARNING
};

fn check(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    for threat in subject.model.threats() {
        let Some(due) = threat.due.filter(|_| threat.is_overdue(subject.today)) else { continue };
        let age = usize::try_from(subject.today.days_since(due.value)).unwrap_or_default();
        let (name, status) = (threat.shown(), threat.status.name());
        let message = format!("{name} is {status}, and was due {} ago", counted(age, "day", "days"));
        found.push(Diagnostic::new(&RULE, Owner::Agent, due.span, message));
    }
}
