//! `duplicate-key`: a mapping has the same key twice.

use crate::diagnostic::Level;
use crate::rules::{Check, Example, Rule};

pub(crate) static RULE: Rule = Rule {
    name: "duplicate-key",
    level: Level::Error,
    fixed: true,
    summary: "A mapping has the same key twice.",
    why: "Readers differ in which of the two they take: the score that was reviewed need not be the one that is used.",
    remedy: "Keep one of them.",
    see: "YAML 1.2.2, section 3.2.1.3; RFC 8259, section 4",
    examples: &[Example::parts(
        "
agent:
  name: Planner
  name: Scheduler
# ^^^^ duplicate-key: duplicate key `name`
  summary: Plans trips.
",
        "
agent:
  name: Planner
  summary: Plans trips.
",
    )],
    check: Check::Builtin,
};
