//! `score-uncomputed`: a score that cannot be computed, for whatever reason.

use crate::diagnostic::Level;
use crate::rules::{Check, Rule};

pub(crate) static RULE: Rule = Rule {
    name: "score-uncomputed",
    level: Level::Error,
    fixed: true,
    summary: "A score cannot be computed, and no other rule says why.",
    why: "A score that nobody computed is a score that nobody checked; the gate does not take it on trust.",
    remedy: "Give each factor once, with a value from 0.00 to 1.00, and a vector or a base.",
    see: "this project",
    // Every known cause has a rule of its own; this one keeps the gate shut where a cause was overlooked.
    examples: &[],
    check: Check::Builtin,
};
