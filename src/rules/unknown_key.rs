//! `unknown-key`: a key is not known.

use crate::diagnostic::Level;
use crate::rules::{Check, Example, Rule};

pub(crate) static RULE: Rule = Rule {
    name: "unknown-key",
    level: Level::Error,
    fixed: true,
    summary: "A key is not known.",
    why: "A misspelt key is a setting that silently does nothing.",
    remedy: "Use the spelling that is suggested. Keys of your own begin with `x-` and are passed over.",
    see: "schemas/threat-model.json, schemas/policy.json",
    examples: &[Example::parts(
        "
maestro:
  data_operations: { statuz: uncertain, analysis: Sources of training data are not stated. }
#                    ^^^^^^ unknown-key: `maestro.data_operations` has no key `statuz`
",
        "
maestro:
  data_operations: { status: uncertain, analysis: Sources of training data are not stated. }
",
    )],
    check: Check::Builtin,
};
