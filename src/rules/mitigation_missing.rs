use crate::diagnostic::{Diagnostic, Owner};
use crate::rules::rule::{Check, Example, Rule, Subject};

pub(crate) static RULE: Rule = Rule {
    name: "mitigation-missing",
    summary: "A threat has the status mitigated but no mitigation.",
    why: "A mitigated threat no longer counts as open. Without a mitigation nobody can check that.",
    remedy: "Describe the mitigation in `mitigation`, or set the status to open.",
    see: "MAESTRO, mitigation of threats",
    examples: &[Example::parts(
        "
maestro:
  agent_frameworks:
    analysis: The planner may call a booking tool twice for one trip.
    threats:
      - { id: T2, title: Tool misuse, status: mitigated }
#         ^^ mitigation-missing: threat `T2` is mitigated but has no mitigation
      - { title: Goal hijack, status: mitigated, mitigation: TBD - after the review }
#         ^^^^^ mitigation-missing: threat `Goal hijack` is mitigated but has no mitigation
",
        "
maestro:
  agent_frameworks:
    analysis: The planner may call a booking tool twice for one trip.
    threats:
      - { id: T2, title: Tool misuse, status: mitigated, mitigation: Bookings are idempotent. }
      - { title: Goal hijack, status: open }
",
    )],
    check: Check::Model(check),
    ..Rule::ERROR
};

fn check(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    for threat in subject.layers().flat_map(|layer| &layer.threats) {
        if threat.status.as_deref() == Some("mitigated") && threat.mitigation.is_none() {
            let name = match threat.id.as_ref().or(threat.title.as_ref()) {
                Some(name) => format!("threat `{name}`"),
                None => "a threat".to_owned(),
            };
            let message = format!("{name} is mitigated but has no mitigation");
            found.push(Diagnostic::new(&RULE, Owner::Agent, threat.span, message));
        }
    }
}
