use crate::diagnostic::{Diagnostic, Owner};
use crate::rules::{Check, Example, Rule, Subject};

pub(crate) static RULE: Rule = Rule {
    name: "approval-missing",
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
    check: Check::Limit { applies: |settings| settings.require().approval_from.is_some(), check },
    ..Rule::ERROR
};

fn check(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    let Some(from) = &subject.settings.require().approval_from else { return };
    if subject.model.review.approved_by.is_some() {
        return;
    }
    // One approval is for the whole file: the worst score asks for it.
    let proven = subject.scores.iter().filter_map(|scored| Some((scored, scored.proven()?)));
    let due = proven.filter(|(_, proven)| proven.band() >= from.value);
    let Some((scored, proven)) = due.max_by_key(|(_, proven)| proven.score()) else { return };
    let (band, from_band) = (proven.band().name(), from.value.name());
    let message = match proven.difference() {
        Some(difference) => format!("score is {difference}: {band}; approval is required from {from_band}"),
        None => format!("{} is {band}, and from {from_band} on an approval is due", proven.score()),
    };
    found.push(
        Diagnostic::new(&RULE, Owner::Agent, scored.place(), message)
            .help("name who approved the release in `review.approved_by`")
            .decided_by(&from.origin),
    );
}
