//! `marker-missing`: the marker of a threat model is misspelled, or missing next to one that has it.

use crate::diagnostic::Level;
use crate::rules::{Check, Example, Rule};

pub(crate) static RULE: Rule = Rule {
    name: "marker-missing",
    level: Level::Error,
    fixed: true,
    summary: "The key that makes a document a threat model is misspelled, or missing next to one that has it.",
    why: "Without that key the document would be taken for something else and skipped.",
    remedy: "Put `aivss_threat_model: 1` first.",
    see: "this project's format",
    examples: &[Example::whole(
        "threat-model.yaml",
        "
aivss_threatmodel: 1
#^^^^^^^^^^^^^^^^ marker-missing: `aivss_threatmodel` is a misspelling of `aivss_threat_model`
agent: { name: Planner, summary: Plans trips. }
",
        "",
    )],
    check: Check::Builtin,
};
