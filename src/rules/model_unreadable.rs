//! `model-unreadable`: a file that held a threat model in the base revision holds none now.

use crate::diagnostic::Level;
use crate::rules::{Check, Example, Rule};

pub(crate) static RULE: Rule = Rule {
    name: "model-unreadable",
    level: Level::Error,
    fixed: true,
    summary: "A file that contains a threat model in the base revision exists and contains none that can be read.",
    why: "A change that makes a threat model unreadable would take it out of the gate.",
    remedy: "Restore the threat model, or delete the file if the agent is gone.",
    see: "`--base`",
    examples: &[Example::whole(
        "threat-model.yaml",
        "
# at 1:1-1:1 model-unreadable: this file contains a threat model in the base, and none that can be read now
threat_model: 1
agent: { name: Planner, summary: Plans trips. }
",
        "",
    )
    .over("agent: { name: Planner, summary: Plans trips. }")],
    check: Check::Builtin,
};
