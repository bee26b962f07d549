//! `exception-overlong`: an exception lasts longer than the policy allows.

use crate::diagnostic::Level;
use crate::rules::{Check, Example, Rule};

pub(crate) static RULE: Rule = Rule {
    name: "exception-overlong",
    level: Level::Error,
    fixed: false,
    summary: "An exception lasts longer than the policy allows.",
    why: "An exception without a near end is a change of policy that nobody reviewed as one.",
    remedy: "Bring the last day nearer.",
    see: "`max_term` of the policy",
    examples: &[Example::whole(
        "aivss-policy.yaml",
        "
aivss_policy: 1
limits: { score: 8.9 }
max_term: 90d
exceptions:
  - rule: score-exceeded
    path: agents/**
    reason: Replaced in the first quarter.
    owner: platform-team
    expires: 2026-12-31
#            ^^^^^^^^^^ exception-overlong: the exception for `score-exceeded` lasts 364 more days, and 90 are allowed
",
        "
aivss_policy: 1
limits: { score: 8.9 }
max_term: 90d
exceptions:
  - rule: score-exceeded
    path: agents/**
    reason: Replaced in the first quarter.
    owner: platform-team
    expires: 2026-03-31
",
    )],
    check: Check::PolicyAudit,
};
