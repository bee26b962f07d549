//! `input-limit`: the file is too large, too deep, or unfolds to too much.

use crate::diagnostic::Level;
use crate::rules::{Check, Example, Rule};

pub(crate) static RULE: Rule = Rule {
    name: "input-limit",
    level: Level::Error,
    fixed: true,
    summary: "The file is too large, too deep, or unfolds to too much.",
    why: "A file built to exhaust its reader takes the gate down with it. The limits lie far above any honest threat model.",
    remedy: "Split the file; nest less; write out what aliases repeat; shorten the number.",
    see: "this project: 32 MiB, 100 levels, 1,000,000 values, 2,000 documents, 10,000 findings, 100,000 values through aliases, 200,000 lines and signs of a page, 18 digits",
    examples: &[Example::parts(
        "
aivss:
  score: 1e400
#        ^^^^^ input-limit: number has more than 18 digits
",
        "
aivss:
  score: 9.4
",
    )],
    check: Check::Builtin,
};
