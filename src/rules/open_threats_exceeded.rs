use crate::decimal::Decimal;
use crate::diagnostic::{Diagnostic, Owner};
use crate::rules::{Check, Example, Rule, Subject};

pub(crate) static RULE: Rule = Rule {
    name: "open-threats-exceeded",
    summary: "More threats are open than the policy allows.",
    why: "A threat that is listed and left open is a decision not taken.",
    remedy: "Mitigate, accept or transfer threats, and say so in their `status`. One without a status is open.",
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
    check: Check::Limit { applies: |settings| settings.limits().open_threats.is_some(), check },
    ..Rule::ERROR
};

/// How many of the open threats are shown one by one.
const SHOWN: usize = 5;

fn check(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    let (Some(limit), Some(maestro)) = (&subject.settings.limits().open_threats, &subject.model.maestro)
    else {
        return;
    };
    let open: Vec<_> =
        maestro.layers.iter().flat_map(|layer| &layer.threats).filter(|threat| threat.open).collect();
    if open.len() > limit.value {
        let count =
            if open.len() == 1 { "1 threat is".to_owned() } else { format!("{} threats are", open.len()) };
        let message = format!("{count} open, and the limit is {}", limit.value);
        let diagnostic = Diagnostic::new(&RULE, Owner::Agent, maestro.key_span, message)
            .amount(Decimal::from(open.len()))
            .decided_by(&limit.origin);
        let shown = open.iter().take(SHOWN);
        found.push(shown.fold(diagnostic, |diagnostic, threat| {
            diagnostic.related(threat.span, format!("open: {}", threat.title.unwrap_or("without a title")))
        }));
    }
}
