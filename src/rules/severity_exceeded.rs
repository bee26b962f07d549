use crate::diagnostic::Diagnostic;
use crate::policy::settings;
use crate::rules::rule::{Check, Example, Rule, Subject, shown};

pub(crate) static RULE: Rule = Rule {
    name: "severity-exceeded",
    summary: "A severity band is above the policy's limit.",
    why: "The limit is the risk that your organization accepts. It applies to the band of the proven score, not to the declared one.",
    remedy: "Lower the risk, or ask the owners of the policy to change the limit.",
    see: "OWASP AIVSS v0.8, section 4.2; `limits.severity` of the policy",
    examples: &[Example::parts(
        "
aivss:
  severity: Critical
#           ^^^^^^^^ severity-exceeded: score is 9.4: Critical; the limit is High
",
        "
aivss:
  threat_multiplier: 0.5
  score: 8.3
  severity: High
",
    )
    .under("limits: { severity: High }")],
    check: Check::Limit { applies: |settings| settings.has(&settings::SEVERITY), check },
    ..Rule::ERROR
};

fn check(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    let Some(limit) = subject.settings.get(&settings::SEVERITY) else { return };
    for scored in &subject.scores {
        let Some(proven) = scored.proven().filter(|proven| proven.band() > limit.value) else { continue };
        let (band, limited) = (proven.band().name(), limit.value.name());
        let message = format!("score is {}: {band}; the limit is {limited}", shown(&proven));
        let span = scored.declared.severity.as_ref().map_or_else(|| scored.place(), |severity| severity.span);
        found.push(
            Diagnostic::new(&RULE, scored.owner, span, message)
                .amount(None, proven.score())
                .working(proven.working.written())
                .decided_by(&limit.origin),
        );
    }
}
