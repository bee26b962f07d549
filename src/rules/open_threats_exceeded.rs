use crate::diagnostic::Diagnostic;
use crate::policy::settings;
use crate::rules::rule::{Check, Example, Rule, Subject, limit_of_layers};

pub(crate) static RULE: Rule = Rule {
    name: "open-threats-exceeded",
    summary: "More threats are open than the policy allows.",
    why: "An open threat is a decision that nobody has made.",
    remedy: "Mitigate, accept or transfer threats and set their `status`. A threat without a status is open.",
    see: "`limits.open_threats` of the policy",
    examples: &[Example::parts(
        "
maestro:
#^^^^^^ open-threats-exceeded: 1 threat is open, and the limit is 0
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
    .under("limits: { open_threats: 0 }")],
    check: Check::Limit { applies: |settings| settings.has(&settings::OPEN_THREATS), check },
    ..Rule::ERROR
};

fn check(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    let mut places = Vec::new();
    for threat in subject.layers().flat_map(|layer| &layer.threats).filter(|threat| threat.open) {
        places.push((threat.span, format!("open: {}", threat.title.as_deref().unwrap_or("without a title"))));
    }
    let words = ["threat is", "threats are", "open"];
    found.extend(limit_of_layers(&RULE, subject, &settings::OPEN_THREATS, words, places));
}
