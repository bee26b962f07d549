//! `severity-exceeded`: a severity band above the policy's limit.

use super::{Check, Example, Rule, Subject};
use crate::diagnostic::{Diagnostic, Level};

pub(crate) static RULE: Rule = Rule {
    name: "severity-exceeded",
    level: Level::Error,
    fixed: false,
    summary: "A severity band lies above the policy's limit.",
    why: "The limit is the risk that your organisation has decided to accept. The band of the computed score is held against it, not the declared one.",
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
    check: Check::Policy { applies: |terms| terms.limits().severity.is_some(), check },
};

fn check(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    let Some(limit) = &subject.terms.limits().severity else { return };
    for scored in &subject.scores {
        let Some(working) = &scored.working else { continue };
        if working.band > limit.value {
            let message = format!(
                "{} ({}) exceeds the limit of {}",
                working.band.name(),
                working.score,
                limit.value.name()
            );
            let declared = scored.declared;
            let span =
                declared.severity.map(|severity| severity.span).or(declared.score.map(|score| score.span));
            found.push(
                Diagnostic::new(&RULE, scored.owner, span.unwrap_or(declared.heading), message)
                    .amount(working.score)
                    .working(working.written())
                    .decided_by(&limit.origin),
            );
        }
    }
}
