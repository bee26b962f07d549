use crate::diagnostic::Diagnostic;
use crate::rules::{Check, Example, Rule, Subject};

pub(crate) static RULE: Rule = Rule {
    name: "severity-exceeded",
    summary: "A severity band lies above the policy's limit.",
    why: "The limit is the risk that your organization has decided to accept. It is compared with the band of the proven score, not with the declared one.",
    remedy: "Lower the risk, or have the policy changed by those who own it.",
    see: "OWASP AIVSS v0.8, section 4.2; `limits.severity` of the policy",
    examples: &[Example::parts(
        "
aivss:
  severity: Critical
#           ^^^^^^^^ severity-exceeded: Critical (9.4) exceeds the limit of High
",
        "
aivss:
  threat_multiplier: 0.5
  score: 8.3
  severity: High
",
    )
    .under("limits: { severity: High }")],
    check: Check::Limit { applies: |settings| settings.limits().severity.is_some(), check },
    ..Rule::ERROR
};

fn check(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    let Some(limit) = &subject.settings.limits().severity else { return };
    for scored in &subject.scores {
        let Some(proven) = scored.proven().filter(|proven| proven.band() > limit.value) else { continue };
        let (band, limited) = (proven.band().name(), limit.value.name());
        let message = match proven.difference() {
            Some(difference) => format!("score is {difference}: {band}; the limit is {limited}"),
            None => format!("{band} ({}) exceeds the limit of {limited}", proven.score()),
        };
        let span = scored.declared.severity.map_or_else(|| scored.place(), |severity| severity.span);
        found.push(
            Diagnostic::new(&RULE, scored.owner, span, message)
                .amount(proven.score())
                .working(proven.working.written())
                .decided_by(&limit.origin),
        );
    }
}
