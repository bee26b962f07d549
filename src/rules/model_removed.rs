//! `model-removed`: a threat model of the base revision is gone.

use crate::diagnostic::Level;
use crate::rules::{Check, Rule};

pub(crate) static RULE: Rule = Rule {
    name: "model-removed",
    level: Level::Warning,
    fixed: false,
    summary: "A threat model of the base revision is gone, and its agent has none elsewhere.",
    why: "An agent that still runs without a threat model is no longer checked.",
    remedy: "Restore the threat model, or except the removal if the agent is gone as well.",
    see: "`--base`",
    examples: &[],
    check: Check::Run,
};
