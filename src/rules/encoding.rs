//! `encoding`: the bytes are not UTF-8.

use crate::diagnostic::Level;
use crate::rules::{Check, Example, Rule};

pub(crate) static RULE: Rule = Rule {
    name: "encoding",
    level: Level::Error,
    fixed: true,
    summary: "The bytes are not UTF-8.",
    why: "Bytes that one reader drops and another replaces give two files under one name.",
    remedy: "Save the file as UTF-8.",
    see: "RFC 3629",
    examples: &[Example::whole(
        "threat-model.yaml",
        "
aivss_threat_model: 1
agent: { name: Caf\u{FFFD} }
#                 ^ encoding: byte 0xE9 at offset 40 is not UTF-8
",
        "",
    )],
    check: Check::Builtin,
};
