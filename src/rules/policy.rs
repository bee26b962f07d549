//! `policy`: a policy contradicts itself or cannot be followed.

use crate::diagnostic::Level;
use crate::rules::{Check, Example, Rule};

pub(crate) static RULE: Rule = Rule {
    name: "policy",
    level: Level::Error,
    fixed: true,
    summary: "A policy contradicts itself or cannot be followed.",
    why: "A policy that is not understood cannot judge anything.",
    remedy: "Change the policy as the message says.",
    see: "schemas/policy.json",
    examples: &[Example::whole(
        "aivss-policy.yaml",
        "
aivss_policy: 1
rules:
  syntax: off
#         ^^^ policy: `syntax` cannot be set to off
",
        "
aivss_policy: 1
rules:
  layer-pasted: off
",
    )],
    check: Check::Builtin,
};
