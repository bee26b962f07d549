//! `approval-missing`: a high risk that nobody approved.

use super::{Check, Example, Rule, Subject};
use crate::diagnostic::{Diagnostic, Level, Owner};
use crate::score::Scored;

pub(crate) static RULE: Rule = Rule {
    name: "approval-missing",
    level: Level::Error,
    fixed: false,
    summary: "A risk at or above the policy's band has no approval.",
    why: "The standard asks that high-risk agents are approved by someone before they go into production.",
    remedy: "Have it approved, and name who did in `review.approved_by`.",
    see: "OWASP AIVSS v0.8, section 4.2; `require.approval_from` of the policy",
    examples: &[Example::parts(
        "
aivss:
  score: 9.4
#        ^^^ approval-missing: 9.4 is Critical, and from High on an approval is due
",
        "
review:
  approved_by: security-board
",
    )
    .under("require: { approval_from: High }")],
    check: Check::Policy { applies: |terms| terms.require().approval_from.is_some(), check },
};

fn check(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    let Some(from) = &subject.terms.require().approval_from else { return };
    if subject.model.review.approved_by.is_some() {
        return;
    }
    let due =
        |scored: &&Scored<'_>| scored.working.as_ref().is_some_and(|working| working.band >= from.value);
    // One approval is for the whole file: the worst score asks for it.
    let worst = subject
        .scores
        .iter()
        .filter(due)
        .max_by_key(|scored| scored.working.as_ref().map(|working| working.score));
    let Some((scored, working)) = worst.and_then(|scored| Some((scored, scored.working.as_ref()?))) else {
        return;
    };
    let message = format!(
        "{} is {}, and from {} on an approval is due",
        working.score,
        working.band.name(),
        from.value.name()
    );
    let span = scored.declared.score.map_or(scored.declared.heading, |score| score.span);
    found.push(
        Diagnostic::new(&RULE, Owner::Agent, span, message)
            .help("name who approved the release in `review.approved_by`")
            .decided_by(&from.origin),
    );
}
