//! `marker-missing`: a document looks like a threat model and lacks what makes it one.

use super::{Check, Example, Rule};
use crate::diagnostic::Level;

pub(crate) static RULE: Rule = Rule {
    name: "marker-missing",
    level: Level::Error,
    fixed: true,
    summary: "A document looks like a threat model and lacks what makes it one.",
    why: "Without its first key the file would be taken for something else and passed over.",
    remedy: "Put `aivss_threat_model: 1` first.",
    see: "this project's format",
    examples: &[Example::whole(
        "threat-model.yaml",
        "
aivss_threatmodel: 1
#^^^^^^^^^^^^^^^^ marker-missing: this looks like a threat model, and lacks `aivss_threat_model: 1` at its top
agent: { name: Planner, summary: Plans trips. }
",
        "",
    )],
    check: Check::Raised,
};
