//! `non-finite`: a number is infinite or not a number.

use crate::diagnostic::Level;
use crate::rules::{Check, Example, Rule};

pub(crate) static RULE: Rule = Rule {
    name: "non-finite",
    level: Level::Error,
    fixed: true,
    summary: "A number is infinite or not a number.",
    why: "No comparison with such a value fails, so it passes every limit.",
    remedy: "Give the number.",
    see: "YAML 1.2.2, section 10.3.2",
    examples: &[Example::parts(
        "
aivss:
  cvss_base: .nan
#            ^^^^ non-finite: `.nan` is not a finite number
",
        "
aivss:
  cvss_base: 7.1
",
    )],
    check: Check::Builtin,
};
