//! `exception-expired`: an exception has expired.

use crate::diagnostic::Level;
use crate::rules::{Check, Example, Rule};

pub(crate) static RULE: Rule = Rule {
    name: "exception-expired",
    level: Level::Error,
    fixed: false,
    summary: "An exception has expired.",
    why: "An exception is a loan. When it is due, the fault counts again, and the exception says so until it is taken out.",
    remedy: "Mend the fault and take the exception out, or have it renewed by its owner.",
    see: "`exceptions` of the policy",
    examples: &[
        Example::whole(
            "aivss-policy.yaml",
            "
aivss_policy: 1
limits: { score: 8.9 }

exceptions:
  - rule: score-exceeded
    path: agents/**
    reason: Replaced in the first quarter.
    owner: platform-team
    expires: 2025-12-31
#            ^^^^^^^^^^ exception-expired: the exception for `score-exceeded` expired 1 day ago
",
            "
aivss_policy: 1
limits: { score: 8.9 }

exceptions:
  - rule: score-exceeded
    path: agents/**
    reason: Replaced in the first quarter.
    owner: platform-team
    expires: 2026-03-31
",
        ),
        Example::whole(
            "aivss-policy.yaml",
            "
aivss_policy: 1
limits: { score: 8.9 }

exceptions:
  - rule: score-exceeded
    path: agents/**
    reason: Replaced in the first quarter.
    owner: platform-team
    expires: end of March
#            ^^^^^^^^^^^^ exception-expired: the exception for `score-exceeded` ends on `end of March`, which is no date (YYYY-MM-DD): it counts as expired
",
            "
aivss_policy: 1
limits: { score: 8.9 }

exceptions:
  - rule: score-exceeded
    path: agents/**
    reason: Replaced in the first quarter.
    owner: platform-team
    expires: 2026-03-31
",
        ),
    ],
    check: Check::PolicyAudit,
};
