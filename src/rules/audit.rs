//! Rules about policies. The audit of a policy after a run raises them.

use crate::rules::rule::{Check, Example, Rule};

pub(crate) static POLICY_INEFFECTIVE: Rule = Rule {
    name: "policy-ineffective",
    summary: "A policy, or an entry of one, has no effect.",
    why: "Its author expects an effect. An override has none if no threat model matches it, the level of a rule if the policy does not set the limit that the rule checks, and a policy if it is in a folder where policies are not read.",
    remedy: "Correct the `match`, set the limit, or move the policy to the repository's root. Otherwise remove the entry.",
    see: "schemas/policy.json",
    examples: &[
        Example::whole(
            "aivss-policy.yaml",
            "
aivss_policy: 1
overrides:
  - match: { environment: production }
#   ^^^^^ policy-ineffective: no threat model matches this override
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
# ^^^^^^^^^^^^^^ policy-ineffective: `score-exceeded` has no effect: the policy does not set `limits.score`
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
    ..Rule::WARNING
};

pub(crate) static RULE_RENAMED: Rule = Rule {
    name: "rule-renamed",
    summary: "A policy names a rule by its former name.",
    why: "The next release no longer accepts the former name.",
    remedy: "Write the current name.",
    see: "docs/about/upgrade.md",
    examples: &[Example::whole(
        "aivss-policy.yaml",
        "
aivss_policy: 1
rules:
  layer-pasted: error
# ^^^^^^^^^^^^ rule-renamed: `layer-pasted` is now `layer-duplicated`
",
        "
aivss_policy: 1
rules:
  layer-duplicated: error
",
    )],
    check: Check::PolicyAudit,
    ..Rule::NOTE
};

pub(crate) static EXCEPTION_EXPIRED: Rule = Rule {
    name: "exception-expired",
    summary: "An exception has expired.",
    why: "An expired exception no longer covers a problem. It is reported until it is removed.",
    remedy: "Fix the problem and remove the exception, or have its owner renew it.",
    see: "`exceptions` of the policy",
    examples: &[Example::whole(
            "aivss-policy.yaml",
            "
aivss_policy: 1
limits: { score: 8.9 }
exceptions:
  - { rule: score-exceeded, path: agents/**, reason: Soon replaced., owner: platform, expires: 2025-12-31 }
#                                                                                              ^^^^^^^^^^ exception-expired: the exception for `score-exceeded` expired 1 day ago
",
            "
aivss_policy: 1
limits: { score: 8.9 }
exceptions:
  - { rule: score-exceeded, path: agents/**, reason: Soon replaced., owner: platform, expires: 2026-03-31 }
",
        )],
    check: Check::PolicyAudit,
    ..Rule::ERROR
};

pub(crate) static EXCEPTION_OVERLONG: Rule = Rule {
    name: "exception-overlong",
    summary: "An exception lasts longer than the policy allows.",
    why: "An exception without a near end is a change of policy without a review.",
    remedy: "Set an earlier last day.",
    see: "`max_term` of the policy",
    examples: &[Example::whole(
            "aivss-policy.yaml",
            "
aivss_policy: 1
limits: { score: 8.9 }
max_term: 90d
exceptions:
  - { rule: score-exceeded, path: agents/**, reason: Soon replaced., owner: platform, expires: 2026-12-31 }
#                                                                                              ^^^^^^^^^^ exception-overlong: the exception for `score-exceeded` lasts 364 more days, and 90 are allowed
",
            "
aivss_policy: 1
limits: { score: 8.9 }
max_term: 90d
exceptions:
  - { rule: score-exceeded, path: agents/**, reason: Soon replaced., owner: platform, expires: 2026-03-31 }
",
        )],
    check: Check::PolicyAudit,
    ..Rule::ERROR
};

pub(crate) static EXCEPTION_UNUSED: Rule = Rule {
    name: "exception-unused",
    summary: "An exception covers no problem.",
    why: "A problem that returns would pass unseen under the exception.",
    remedy: "Remove the exception.",
    see: "`exceptions` of the policy",
    examples: &[Example::whole(
        "aivss-policy.yaml",
        "
aivss_policy: 1
exceptions:
  - rule: layer-blank
#   ^^^^ exception-unused: the exception for `layer-blank` in agents/** covers no problem
    path: agents/**
    reason: Written next week.
    owner: platform-team
    expires: 2026-01-31
",
        "
aivss_policy: 1
",
    )],
    check: Check::PolicyAudit,
    ..Rule::WARNING
};

pub(crate) static EXCEPTION_EXPIRING: Rule = Rule {
    name: "exception-expiring",
    summary: "An exception expires soon.",
    why: "Exceptions often expire together, on a day when nobody has time.",
    remedy: "Fix the problem, or have the exception renewed in time.",
    see: "`--expiring-within`",
    examples: &[Example::whole(
            "aivss-policy.yaml",
            "
aivss_policy: 1
limits: { score: 8.9 }
exceptions:
  - { rule: score-exceeded, path: agents/**, reason: Soon replaced., owner: platform, expires: 2026-01-10 }
#                                                                                              ^^^^^^^^^^ exception-expiring: the exception for `score-exceeded` expires in 9 days
",
            "
aivss_policy: 1
limits: { score: 8.9 }
exceptions:
  - { rule: score-exceeded, path: agents/**, reason: Soon replaced., owner: platform, expires: 2026-03-31 }
",
        )],
    check: Check::PolicyAudit,
    ..Rule::WARNING
};
