use crate::date::Date;
use crate::diagnostic::{Diagnostic, Owner};
use crate::rules::{Check, Example, Rule, Subject};

pub(crate) static RULE: Rule = Rule {
    name: "review-overdue",
    summary: "The last review is older than the policy allows, or there was none.",
    why: "Agents change weekly. A threat model that nobody has looked at describes another agent.",
    remedy: "Review the threat model and set `review.date`.",
    see: "OWASP AIVSS v0.8, section 4.2; `require.review_within` of the policy",
    examples: &[
        Example::parts(
            "
review:
  date: 2025-01-01
#       ^^^^^^^^^^ review-overdue: the review is 365 days old, and 180 are allowed
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
#^^^^^^^^^^^^^^^^^ review-overdue: there is no review, and one is due every 180 days
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
#       ^^^^^^^^^^ review-overdue: the review lies in the future: today is 2026-01-01
",
            "
review:
  date: 2026-01-01
",
        )
        .under("require: { review_within: 180d }"),
    ],
    check: Check::Limit { applies: |settings| settings.require().review_within.is_some(), check },
    ..Rule::ERROR
};

fn check(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    let Some(within) = &subject.settings.require().review_within else { return };
    let review = &subject.model.review;
    let (span, message) = match review.date {
        None => {
            let span = review.key_span.unwrap_or(subject.model.key_span);
            (span, format!("there is no review, and one is due every {} days", within.value))
        }
        Some(date) => {
            // A text that is no date is the schema's to report.
            let Some(day) = Date::parse(date.value) else { return };
            let age = subject.today.days_since(day);
            // The day is UTC's; east of there it may be tomorrow already.
            let message = if age < -1 {
                format!("the review lies in the future: today is {}", subject.today)
            } else if age > within.value {
                format!("the review is {age} days old, and {} are allowed", within.value)
            } else {
                return;
            };
            (date.span, message)
        }
    };
    found.push(
        Diagnostic::new(&RULE, Owner::Agent, span, message)
            .help("review the threat model and set `review.date`")
            .decided_by(&within.origin),
    );
}
