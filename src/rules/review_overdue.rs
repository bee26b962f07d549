use crate::date::Date;
use crate::diagnostic::{Diagnostic, Owner};
use crate::policy::settings;
use crate::rules::rule::{Check, Example, Rule, Subject};

pub(crate) static RULE: Rule = Rule {
    name: "review-overdue",
    summary: "The last review is older than the policy allows, in the future, or missing.",
    why: "Agents change weekly. A threat model without a recent review describes another agent.",
    remedy: "Review the threat model and set `review.date`.",
    see: "OWASP AIVSS v0.8, section 4.2; `require.review_within` of the policy",
    examples: &[
        Example::parts(
            "
review:
  date: 2025-01-01
#       ^^^^^^^^^^ review-overdue: review is 365 days old; the limit is 180 days
",
            "
review:
  date: 2025-12-24
",
        )
        .under("require: { review_within: 180d }"),
        Example::parts(
            "
aivss_threat_model: 1
#^^^^^^^^^^^^^^^^^ review-overdue: review is missing; one is required every 180 days
",
            "
review:
  date: 2025-12-24
",
        )
        .under("require: { review_within: 180d }"),
        Example::parts(
            "
review:
  date: 2026-02-01
#       ^^^^^^^^^^ review-overdue: review is in the future: today is 2026-01-01
",
            "
review:
  date: 2026-01-01
",
        )
        .under("require: { review_within: 180d }"),
    ],
    check: Check::Limit { applies: |settings| settings.has(&settings::REVIEW_WITHIN), check },
    ..Rule::ERROR
};

fn check(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    let Some(within) = subject.settings.get(&settings::REVIEW_WITHIN) else { return };
    let review = &subject.model.review;
    let (span, message) = if let Some(date) = &review.date {
        // The schema reports a text that is not a date.
        let Some(day) = Date::parse(date) else { return };
        let age = subject.today.days_since(day);
        // The day is UTC's; east of there it may be tomorrow already.
        let message = if age < -1 {
            format!("review is in the future: today is {}", subject.today)
        } else if age > within.value {
            format!("review is {age} days old; the limit is {} days", within.value)
        } else {
            return;
        };
        (date.span, message)
    } else {
        let message = format!("review is missing; one is required every {} days", within.value);
        (review.key_span.unwrap_or(subject.model.key_span), message)
    };
    found.push(Diagnostic::new(&RULE, Owner::Agent, span, message).decided_by(&within.origin));
}
