//! `score-exceeded`: a score above the policy's limit.

use super::{Check, Example, Rule, Subject};
use crate::diagnostic::{Diagnostic, Level};

pub(crate) static RULE: Rule = Rule {
    name: "score-exceeded",
    level: Level::Error,
    fixed: false,
    summary: "A score lies above the policy's limit.",
    why: "The limit is the risk that your organisation has decided to accept. The computed score is held against it, not the declared one.",
    remedy: "Lower the risk, or have the policy changed by those who own it.",
    see: "OWASP AIVSS v0.8, section 4.2; `limits.score` of the policy",
    examples: &[Example::parts(
        "
aivss:
  score: 9.4
#        ^^^ score-exceeded: the score 9.4 exceeds the limit of 8.9
",
        "
aivss:
  threat_multiplier: 0.5
  score: 8.3
",
    )
    .under("limits: { score: 8.9 }")],
    check: Check::Policy { applies: |terms| terms.limits().score.is_some(), check },
};

fn check(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    let Some(limit) = &subject.terms.limits().score else { return };
    for scored in &subject.scores {
        let Some(working) = &scored.working else { continue };
        if working.score > limit.value {
            let message = format!("the score {} exceeds the limit of {}", working.score, limit.value);
            let span = scored.declared.score.map_or(scored.declared.heading, |score| score.span);
            found.push(
                Diagnostic::new(&RULE, scored.owner, span, message)
                    .amount(working.score)
                    .working(working.written())
                    .decided_by(&limit.origin),
            );
        }
    }
}
