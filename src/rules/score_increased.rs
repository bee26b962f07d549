//! `score-increased`: a score that has risen over the base revision's by more than the policy allows.

use super::{Check, Example, Rule, Subject};
use crate::decimal::Decimal;
use crate::diagnostic::{Diagnostic, Level};

pub(crate) static RULE: Rule = Rule {
    name: "score-increased",
    level: Level::Error,
    fixed: false,
    summary: "A score has risen over the base revision's by more than the policy allows.",
    why: "Risk grows in small steps, each of which passes any fixed limit. A change that makes an agent much more dangerous should be seen as one.",
    remedy: "Take the rise back, split the change, or have the policy changed by those who own it.",
    see: "OWASP AIVSS v0.8, section 4.2 (reassessment on significant change); `limits.increase` of the policy",
    examples: &[Example::parts(
        "
aivss:
  score: 9.4
#        ^^^ score-increased: the score rises from 8.3 to 9.4, by 1.1; the limit is 0.5
",
        "
aivss:
  threat_multiplier: 0.6
  score: 8.5
",
    )
    .under("limits: { increase: 0.5 }")
    .over("aivss:\n  threat_multiplier: 0.5\n  score: 8.3")],
    check: Check::Policy { applies: |terms| terms.limits().increase.is_some(), check },
};

fn check(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    let (Some(limit), Some(before)) = (&subject.terms.limits().increase, subject.before) else { return };
    let base_score = |finding: Option<&str>| -> Option<Decimal> {
        // A finding that the base has not, under this name, may not go beyond the worst that it has.
        let score = before.scores.iter().find(|score| score.finding.as_deref() == finding);
        score.map_or_else(|| before.worst_proven(), |score| score.proven)
    };
    let own = subject.own().map(|scored| (None, scored));
    let findings = subject.findings().filter_map(|(finding, scored)| Some((Some(finding.id?.value), scored)));
    for (finding, scored) in own.into_iter().chain(findings) {
        let (Some(proven), Some(base)) = (scored.proven(), base_score(finding)) else { continue };
        let score = proven.score();
        if score <= base || score - base <= limit.value {
            continue;
        }
        let (rise, limited) = (score - base, limit.value);
        let message = match proven.difference() {
            Some(difference) => {
                format!("score is {difference}; it rises from {base} by {rise}; the limit is {limited}")
            }
            None => format!("the score rises from {base} to {score}, by {rise}; the limit is {limited}"),
        };
        found.push(
            Diagnostic::new(&RULE, scored.place(), message)
                .working(proven.working.written())
                .decided_by(&limit.origin),
        );
    }
}
