//! `policy-ineffective`: a policy, or an entry of one, has no effect.

use crate::diagnostic::Level;
use crate::rules::{Check, Example, Rule};

pub(crate) static RULE: Rule = Rule {
    name: "policy-ineffective",
    level: Level::Warning,
    fixed: false,
    summary: "A policy, or an entry of one, has no effect.",
    why: "Whoever wrote it believes that it has one.",
    remedy: "Take it out, or mend what it is matched by. Move a policy to the repository's root.",
    see: "schemas/policy.json",
    examples: &[
        Example::whole(
            "aivss-policy.yaml",
            "
aivss_policy: 1
overrides:
  - match: { environment: production }
#   ^^^^^ policy-ineffective: this override matches no threat model
    limits: { score: 6.9 }
",
            "
aivss_policy: 1
overrides:
  - match: { path: agents/** }
    limits: { score: 9.9 }
",
        ),
        Example::whole(
            "aivss-policy.yaml",
            "
aivss_policy: 1
rules:
  score-exceeded: warning
# ^^^^^^^^^^^^^^ policy-ineffective: `score-exceeded` never speaks: nothing that it needs is set
",
            "
aivss_policy: 1
limits: { score: 9.9 }
rules:
  score-exceeded: warning
",
        ),
    ],
    check: Check::PolicyAudit,
};
