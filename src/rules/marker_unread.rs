//! `marker-unread`: a file shows the marker of a threat model where none was read.

use crate::diagnostic::Level;
use crate::rules::{Check, Example, Rule};

pub(crate) static RULE: Rule = Rule {
    name: "marker-unread",
    level: Level::Error,
    fixed: true,
    summary: "A file shows the marker of a threat model where none was read.",
    why: "People see a threat model there, and nothing of it was checked.",
    remedy: "Move the threat model to the top level of a document, or into a fenced block of a page.",
    see: "this project's format",
    examples: &[
        Example::whole(
            "threat-model.yaml",
            "
spec:
  aivss_threat_model: 1
# ^^^^^^^^^^^^^^^^^^ marker-unread: this threat model was not read: its marker is not a key at the top level of a document
  agent: { name: Planner, summary: Plans trips. }
",
            "",
        ),
        Example::whole(
            "threat-model.md",
            "
    aivss_threat_model: 1
#   ^^^^^^^^^^^^^^^^^^ marker-unread: this threat model was not read: its marker is not a top-level key of a fenced block
",
            "",
        ),
    ],
    check: Check::Builtin,
};
