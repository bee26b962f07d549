use crate::aivss::Band;
use crate::diagnostic::Diagnostic;
use crate::model::{Threat, ThreatStatus};
use crate::policy::settings::{self, TOTAL};
use crate::rules::rule::{Check, Example, Rule, Subject, limit_places};

pub(crate) static RULE: Rule = Rule {
    name: "open-threats-exceeded",
    summary: "More threats are open than the policy allows.",
    why: "An open threat is a decision that nobody has made. A threat without a status is open, one without a severity counts as Critical, and an acceptance ends on its due date.",
    remedy: "Mitigate threats, or accept or transfer them with an owner, a reason and a due date, and set their `status` and `severity`.",
    see: "`limits.open_threats` of the policy",
    examples: &[
        Example::parts(
            "
maestro:
#^^^^^^ open-threats-exceeded: 1 threat is open; the limit is 0
  agent_frameworks:
    threats:
      - { id: T2, title: Tool misuse }
",
            "
maestro:
  agent_frameworks:
    threats:
      - { id: T2, title: Tool misuse, status: mitigated, mitigation: Bookings are idempotent. }
",
        )
        .under("limits: { open_threats: 0 }"),
        Example::parts(
            "
maestro:
#^^^^^^ open-threats-exceeded: 2 Critical threats are open; the limit is 0
#^^^^^^ open-threats-exceeded: 3 threats are open; the limit is 2
  agent_frameworks:
    analysis: The planner may call a booking tool twice for one trip.
    threats:
      - { title: Tool misuse, severity: Low }
      - { title: A page without a severity }
      - { title: Goal hijack, severity: Critical, status: accepted, owner: a-team, reason: Trips are refunded., due: 2025-12-31 }
#                                                                                                                    ^^^^^^^^^^ threat-overdue: threat `Goal hijack` is accepted, and was due 1 day ago
",
            "
maestro:
  agent_frameworks:
    analysis: The planner may call a booking tool twice for one trip.
    threats:
      - { title: Tool misuse, severity: Low }
      - { title: A page without a severity, severity: Low }
      - { title: Goal hijack, severity: Critical, status: accepted, owner: a-team, reason: Trips are refunded., due: 2026-12-31 }
",
        )
        .under("limits: { open_threats: { Critical: 0, total: 2 } }"),
    ],
    check: Check::Limit { applies: |settings| settings.has(&settings::OPEN_THREATS), check },
    ..Rule::ERROR
};

fn check(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    let Some(maestro) = &subject.model.maestro else { return };
    let open: Vec<&Threat> = subject.model.threats().filter(|threat| threat.is_open(subject.today)).collect();
    for part in Band::ALL.into_iter().rev().map(Band::name).chain([TOTAL]) {
        let Some(limit) = subject.settings.part(&settings::OPEN_THREATS, part) else { continue };
        let is_total = part == TOTAL;
        let counted = open.iter().filter(|threat| is_total || threat.counted_severity().name() == part);
        let places = counted.map(|threat| (threat.span, label(threat, subject))).collect();
        let noun = if is_total { "threat" } else { &format!("{part} threat") };
        found.extend(limit_places(&RULE, Some(part), &limit, maestro.key_span, [noun, "open"], places));
    }
}

fn label(threat: &Threat, subject: &Subject<'_>) -> String {
    let title = threat.title.as_deref().unwrap_or("without a title");
    let missing = threat.missing_terms();
    let state = match threat.status {
        ThreatStatus::Open if threat.severity.is_none() => "open, no severity".to_owned(),
        status if !missing.is_empty() => format!("{} without `{}`", status.name(), missing.join("`, `")),
        status if status != ThreatStatus::Open && threat.is_overdue(subject.today) => {
            format!("{}, past its due date", status.name())
        }
        status => status.name().to_owned(),
    };
    format!("{state}: {title}")
}
