use crate::diagnostic::Diagnostic;
use crate::policy::settings;
use crate::rules::rule::{Check, Example, Rule, Subject, require_of_threats};

pub(crate) static RULE: Rule = Rule {
    name: "threat-due-missing",
    summary: "The policy requires a due date for a threat of this severity.",
    why: "A threat without a date is settled last. A threat without a severity counts as Critical.",
    remedy: "Write the day by which the threat is to be settled in `due`, or set the threat's `severity`.",
    see: "`require.threat_due_from` of the policy",
    examples: &[Example::parts(
        "
maestro:
  agent_frameworks:
    analysis: The planner may call a booking tool twice for one trip.
    threats:
      - { id: T2, title: Tool misuse, severity: Critical }
#         ^^ threat-due-missing: threat `T2` is Critical and has no due date
",
        "
maestro:
  agent_frameworks:
    analysis: The planner may call a booking tool twice for one trip.
    threats:
      - { id: T2, title: Tool misuse, severity: Critical, due: 2026-01-31 }
",
    )
    .under("require: { threat_due_from: High }")],
    check: Check::Limit { applies: |settings| settings.has(&settings::THREAT_DUE_FROM), check },
    ..Rule::ERROR
};

fn check(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    require_of_threats(
        &RULE,
        subject,
        &settings::THREAT_DUE_FROM,
        "due date",
        |threat| threat.due.is_some(),
        found,
    );
}
