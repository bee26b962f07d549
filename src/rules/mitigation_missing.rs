use crate::diagnostic::{Diagnostic, Owner};
use crate::model::ThreatStatus;
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
    for threat in subject.model.threats() {
        if threat.status == ThreatStatus::Mitigated && threat.mitigation.is_none() {
            let message = format!("{} is mitigated but has no mitigation", threat.shown());
            found.push(Diagnostic::new(&RULE, Owner::Agent, threat.span, message));
        }
    }
}
