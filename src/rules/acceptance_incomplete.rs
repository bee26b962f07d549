use crate::diagnostic::{Diagnostic, Owner};
use crate::rules::rule::{Check, Example, Rule, Subject};

pub(crate) static RULE: Rule = Rule {
    name: "acceptance-incomplete",
    summary: "A threat is accepted or transferred without an owner, a reason or a due date.",
    why: "An acceptance is a decision of someone, for a reason, until a day. Without these, limits count the threat as open.",
    remedy: "Write `owner`, `reason` and `due`, or set the status to open.",
    see: "`maestro`, threats",
    examples: &[Example::parts(
        "
maestro:
  agent_frameworks:
    analysis: The planner may call a booking tool twice for one trip.
    threats:
      - { id: T2, title: Tool misuse, status: accepted, owner: payments-team }
#         ^^ acceptance-incomplete: threat `T2` is accepted without `reason`, `due`
      - { title: Goal hijack, status: transferred, owner: payments-team, reason: The insurer covers it. }
#         ^^^^^ acceptance-incomplete: threat `Goal hijack` is transferred without `due`
",
        "
maestro:
  agent_frameworks:
    analysis: The planner may call a booking tool twice for one trip.
    threats:
      - { id: T2, title: Tool misuse, status: open, owner: payments-team }
      - { title: Goal hijack, status: transferred, owner: payments-team, reason: The insurer covers it., due: 2026-12-31 }
",
    )],
    check: Check::Model(check),
    ..Rule::WARNING
};

fn check(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    for threat in subject.model.threats() {
        let missing = threat.missing_terms();
        if !missing.is_empty() {
            let (name, status) = (threat.shown(), threat.status.name());
            let message = format!("{name} is {status} without `{}`", missing.join("`, `"));
            found.push(Diagnostic::new(&RULE, Owner::Agent, threat.span, message));
        }
    }
}
