//! `model-missing`: a folder that the policy names contains no threat model.

use crate::diagnostic::Level;
use crate::rules::{Check, Rule};

pub(crate) static RULE: Rule = Rule {
    name: "model-missing",
    level: Level::Error,
    fixed: false,
    summary: "A folder in which the policy requires a threat model contains none.",
    why: "An agent that nobody has modeled is not checked at all.",
    remedy: "Write a threat model in the folder: `aivss-lint init` writes one to fill in.",
    see: "`require.models_in` of the policy",
    examples: &[],
    check: Check::Run,
};
