use crate::diagnostic::Diagnostic;
use crate::policy::settings;
use crate::rules::rule::{Check, Example, Rule, Subject, require_of_threats};

pub(crate) static RULE: Rule = Rule {
    name: "threat-owner-missing",
    summary: "The policy requires an owner for a threat of this severity.",
    why: "A threat without an owner stays open. A threat without a severity counts as Critical.",
    remedy: "Write the person or team responsible in `owner`, or set the threat's `severity`.",
    see: "`require.threat_owner_from` of the policy",
    examples: &[Example::parts(
        "
maestro:
  agent_frameworks:
    analysis: The planner may call a booking tool twice for one trip.
    threats:
      - { id: T2, title: Tool misuse, severity: High, owner: TBD }
#         ^^ threat-owner-missing: threat `T2` is High and has no owner
      - { id: T6, title: Goal hijack }
#         ^^ threat-owner-missing: threat `T6` has no severity and no owner
",
        "
maestro:
  agent_frameworks:
    analysis: The planner may call a booking tool twice for one trip.
    threats:
      - { id: T2, title: Tool misuse, severity: High, owner: payments-team }
      - { id: T6, title: Goal hijack, severity: Medium }
",
    )
    .under("require: { threat_owner_from: High }")],
    check: Check::Limit { applies: |settings| settings.has(&settings::THREAT_OWNER_FROM), check },
    ..Rule::ERROR
};

fn check(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    require_of_threats(
        &RULE,
        subject,
        &settings::THREAT_OWNER_FROM,
        "owner",
        |threat| threat.owner.is_some(),
        found,
    );
}
