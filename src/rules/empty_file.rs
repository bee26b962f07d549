//! `empty-file`: there is nothing in the file.

use crate::diagnostic::Level;
use crate::rules::{Check, Example, Rule};

pub(crate) static RULE: Rule = Rule {
    name: "empty-file",
    level: Level::Error,
    fixed: true,
    summary: "There is nothing in the file.",
    why: "A file that is named like a threat model and holds none was emptied, or never written.",
    remedy: "Write the threat model, or remove the file.",
    see: "this project",
    examples: &[Example::whole(
        "threat-model.yaml",
        "# at 1:1-1:1 empty-file: file contains no document\n",
        "",
    )],
    check: Check::Builtin,
};
