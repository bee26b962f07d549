use crate::diagnostic::{Diagnostic, Owner};
use crate::policy::settings;
use crate::rules::rule::{Check, Example, Rule, Subject, shown};

pub(crate) static RULE: Rule = Rule {
    name: "approval-missing",
    summary: "A risk at or above the policy's band has no approval.",
    why: "The standard asks for an approval of high-risk agents before they go into production.",
    remedy: "Name the person or board that approved the release in `review.approved_by`.",
    see: "OWASP AIVSS v0.8, section 4.2; `require.approval_from` of the policy",
    examples: &[Example::parts(
        "
aivss:
  score: 9.4
#        ^^^ approval-missing: score is 9.4: Critical; approval is required from High
",
        "
review:
  approved_by: security-board
",
    )
    .under("require: { approval_from: High }")],
    check: Check::Limit { applies: |settings| settings.has(&settings::APPROVAL_FROM), check },
    ..Rule::ERROR
};

fn check(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    let Some(from) = subject.settings.get(&settings::APPROVAL_FROM) else { return };
    if subject.model.review.approved_by.is_some() {
        return;
    }
    // An approval covers the whole file, so one problem at the highest score is enough.
    let proven = subject.scores.iter().filter_map(|scored| Some((scored, scored.proven()?)));
    let worst = proven.max_by_key(|(_, proven)| proven.score());
    let Some((scored, proven)) = worst.filter(|(_, proven)| proven.band() >= from.value) else { return };
    let (band, from_band) = (proven.band().name(), from.value.name());
    let message = format!("score is {}: {band}; approval is required from {from_band}", shown(&proven));
    found.push(Diagnostic::new(&RULE, Owner::Agent, scored.place(), message).decided_by(&from.origin));
}
