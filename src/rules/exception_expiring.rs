//! `exception-expiring`: an exception expires soon.

use crate::diagnostic::Level;
use crate::rules::{Check, Example, Rule};

pub(crate) static RULE: Rule = Rule {
    name: "exception-expiring",
    level: Level::Warning,
    fixed: false,
    summary: "An exception expires soon.",
    why: "Many exceptions tend to expire together, on a day when nobody has time.",
    remedy: "Mend the fault, or have the exception renewed in time.",
    see: "`--expiring-within`",
    examples: &[Example::whole(
        "aivss-policy.yaml",
        "
aivss_policy: 1
limits: { score: 8.9 }

exceptions:
  - rule: score-exceeded
    path: agents/**
    reason: Replaced in the first quarter.
    owner: platform-team
    expires: 2026-01-10
#            ^^^^^^^^^^ exception-expiring: the exception for `score-exceeded` expires in 9 days
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
    )],
    check: Check::PolicyAudit,
};
