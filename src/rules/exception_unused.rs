//! `exception-unused`: an exception covers no fault.

use crate::diagnostic::Level;
use crate::rules::{Check, Example, Rule};

pub(crate) static RULE: Rule = Rule {
    name: "exception-unused",
    level: Level::Warning,
    fixed: false,
    summary: "An exception covers no fault.",
    why: "What an exception is kept for may come back unseen under it.",
    remedy: "Take the exception out.",
    see: "`exceptions` of the policy",
    examples: &[Example::whole(
        "aivss-policy.yaml",
        "
aivss_policy: 1
exceptions:
  - rule: layer-blank
#   ^^^^ exception-unused: the exception for `layer-blank` in agents/** covers no fault
    path: agents/**
    reason: Written next week.
    owner: platform-team
    expires: 2026-01-31
",
        "
aivss_policy: 1
",
    )],
    check: Check::PolicyAudit,
};
