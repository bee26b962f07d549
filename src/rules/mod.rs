//! The rules: everything that can fail the build. Each check is one value in one file.
//!
//! To add a rule, write `rules/its_name.rs` with a `RULE`, and add its `mod` line and its place in [`ALL`] here. Its examples
//! are its tests. CONTRIBUTING.md has the commands that write the lists of rules.
//!
//! A check reads a [`Subject`] and nothing else: it knows neither the format of the file, nor the version of the score, nor
//! the format of a report.

pub(crate) mod acceptance_incomplete;
pub(crate) mod agent_placeholder;
pub(crate) mod approval_missing;
pub(crate) mod audit;
pub(crate) mod builtin;
pub(crate) mod cvss_base_exceeded;
pub(crate) mod cvss_base_mismatch;
pub(crate) mod cvss_beyond_base;
pub(crate) mod cvss_missing;
pub(crate) mod cvss_old_metric;
pub(crate) mod cvss_unverified;
pub(crate) mod cvss_vector;
pub(crate) mod cvss_version;
pub(crate) mod duplicate_finding_id;
pub(crate) mod duplicate_threat_id;
pub(crate) mod environment_missing;
pub(crate) mod evidence_missing;
pub(crate) mod evidence_not_found;
pub(crate) mod factor_exceeded;
pub(crate) mod factor_missing;
pub(crate) mod factor_range;
pub(crate) mod factor_set;
pub(crate) mod factor_sum_mismatch;
pub(crate) mod factor_unknown;
pub(crate) mod findings_exceeded;
pub(crate) mod format_incomplete;
pub(crate) mod format_not_allowed;
pub(crate) mod formula_not_allowed;
pub(crate) mod layer_blank;
pub(crate) mod layer_contradiction;
pub(crate) mod layer_duplicated;
pub(crate) mod layer_reason_missing;
pub(crate) mod mitigation_below_floor;
pub(crate) mod mitigation_ignored;
pub(crate) mod mitigation_missing;
pub(crate) mod mitigation_without_evidence;
pub(crate) mod model_weakened;
pub(crate) mod multiplier_range;
pub(crate) mod not_applicable_layers_exceeded;
pub(crate) mod not_scored;
pub(crate) mod open_threats_exceeded;
pub(crate) mod owner_missing;
pub(crate) mod rationale_missing;
pub(crate) mod reference_unknown;
pub(crate) mod review_overdue;
pub(crate) mod risk_unaddressed;
mod rule;
pub(crate) mod score_below_base;
pub(crate) mod score_below_finding;
pub(crate) mod score_exceeded;
pub(crate) mod score_increased;
pub(crate) mod score_mismatch;
pub(crate) mod score_missing;
pub(crate) mod score_without_impact;
pub(crate) mod severity_exceeded;
pub(crate) mod severity_mismatch;
pub(crate) mod summary_too_short;
pub(crate) mod threat_below_floor;
pub(crate) mod threat_due_missing;
pub(crate) mod threat_overdue;
pub(crate) mod threat_owner_missing;
pub(crate) mod tier_missing;
pub(crate) mod too_many_decimals;
pub(crate) mod uncertain_layers_exceeded;
pub(crate) mod uplift_mismatch;
pub(crate) mod value_off_scale;
pub mod version_outdated;
#[cfg(test)]
mod tests;

use std::borrow::Cow;

use crate::diagnostic::{Diagnostic, RuleInfo, RuleNames};
pub(crate) use crate::rules::rule::{Check, Subject};
pub use crate::rules::rule::{Example, Rule};

/// All rules, from reading a file to limits of a policy.
pub static ALL: [&Rule; 87] = [
    &builtin::SYNTAX,
    &builtin::ENCODING,
    &builtin::EMPTY_FILE,
    &builtin::DUPLICATE_KEY,
    &builtin::MERGE_KEY,
    &builtin::NON_FINITE,
    &builtin::FILE_TOO_COMPLEX,
    &builtin::MARKER_MISSING,
    &builtin::MARKER_UNREAD,
    &builtin::MODEL_UNREADABLE,
    &model_weakened::RULE,
    &builtin::MODEL_REMOVED,
    &builtin::MODEL_MISSING,
    &builtin::SCHEMA,
    &builtin::UNKNOWN_KEY,
    &builtin::VALUE_SPELLING,
    &builtin::POLICY,
    &audit::POLICY_INEFFECTIVE,
    &audit::RULE_RENAMED,
    &audit::EXCEPTION_EXPIRED,
    &audit::EXCEPTION_OVERLONG,
    &audit::EXCEPTION_UNUSED,
    &audit::EXCEPTION_EXPIRING,
    &agent_placeholder::RULE,
    &summary_too_short::RULE,
    &cvss_missing::RULE,
    &cvss_version::RULE,
    &cvss_old_metric::RULE,
    &cvss_vector::RULE,
    &cvss_beyond_base::RULE,
    &cvss_unverified::RULE,
    &cvss_base_mismatch::RULE,
    &factor_missing::RULE,
    &factor_unknown::RULE,
    &factor_set::RULE,
    &factor_range::RULE,
    &too_many_decimals::RULE,
    &multiplier_range::RULE,
    &threat_below_floor::RULE,
    &mitigation_ignored::RULE,
    &mitigation_below_floor::RULE,
    &mitigation_without_evidence::RULE,
    &factor_sum_mismatch::RULE,
    &uplift_mismatch::RULE,
    &score_mismatch::RULE,
    &builtin::SCORE_UNCOMPUTED,
    &score_missing::RULE,
    &severity_mismatch::RULE,
    &score_below_finding::RULE,
    &score_below_base::RULE,
    &score_without_impact::RULE,
    &duplicate_finding_id::RULE,
    &layer_blank::RULE,
    &layer_reason_missing::RULE,
    &layer_contradiction::RULE,
    &layer_duplicated::RULE,
    &mitigation_missing::RULE,
    &risk_unaddressed::RULE,
    &acceptance_incomplete::RULE,
    &threat_overdue::RULE,
    &duplicate_threat_id::RULE,
    &reference_unknown::RULE,
    &score_exceeded::RULE,
    &score_increased::RULE,
    &severity_exceeded::RULE,
    &findings_exceeded::RULE,
    &cvss_base_exceeded::RULE,
    &factor_exceeded::RULE,
    &uncertain_layers_exceeded::RULE,
    &not_applicable_layers_exceeded::RULE,
    &open_threats_exceeded::RULE,
    &value_off_scale::RULE,
    &formula_not_allowed::RULE,
    &version_outdated::RULE,
    &format_not_allowed::RULE,
    &format_incomplete::RULE,
    &not_scored::RULE,
    &owner_missing::RULE,
    &environment_missing::RULE,
    &tier_missing::RULE,
    &rationale_missing::RULE,
    &evidence_missing::RULE,
    &evidence_not_found::RULE,
    &approval_missing::RULE,
    &review_overdue::RULE,
    &threat_owner_missing::RULE,
    &threat_due_missing::RULE,
];

/// The families of rules, each with its first rule.
pub(crate) const FAMILIES: [(&str, &Rule); 10] = [
    ("Files", &builtin::SYNTAX),
    ("Policies and exceptions", &builtin::POLICY),
    ("Agents", &agent_placeholder::RULE),
    ("CVSS", &cvss_missing::RULE),
    ("Factors and multipliers", &factor_missing::RULE),
    ("Scores", &factor_sum_mismatch::RULE),
    ("Layers and threats", &layer_blank::RULE),
    ("Limits of the policy", &score_exceeded::RULE),
    ("Versions and formats", &value_off_scale::RULE),
    ("Requirements of the policy", &owner_missing::RULE),
];

/// Former names of rules and their current ones; policies and options accept both for one release.
pub(crate) const FORMER: [(&str, &str); 8] = [
    ("layer-pasted", "layer-duplicated"),
    ("formula-barred", "formula-not-allowed"),
    ("off-scale", "value-off-scale"),
    ("finding-repeated", "duplicate-finding-id"),
    ("score-undeclared", "score-missing"),
    ("mitigation-unproven", "mitigation-without-evidence"),
    ("input-limit", "file-too-complex"),
    ("input-precision", "too-many-decimals"),
];

/// The rules as far as policies need them.
pub static NAMES: RuleNames = RuleNames { rules: &INFOS, former: &FORMER };

static INFOS: [RuleInfo; ALL.len()] = {
    let mut infos = [RuleInfo::POLICY; ALL.len()];
    let mut at = 0;
    while at < infos.len() {
        infos[at] = ALL[at].info();
        at += 1;
    }
    infos
};

/// The rule with this current name.
pub fn named(name: &str) -> Option<&'static Rule> {
    ALL.into_iter().find(|rule| rule.name == name)
}

/// The rule with this current or former name.
pub(crate) fn resolve(name: &str) -> Option<&'static Rule> {
    named(NAMES.current(name))
}

/// The way to fix a problem: its own help or, where neither the label nor the schema says enough, the remedy of its rule.
pub(crate) fn remedy(diagnostic: &Diagnostic) -> Option<Cow<'_, str>> {
    if let Some(help) = &diagnostic.help {
        return Some(Cow::Borrowed(help));
    }
    let says_enough = diagnostic.label.is_some() || diagnostic.rule == builtin::SCHEMA.name;
    let rule = named(&diagnostic.rule).filter(|_| !says_enough)?;
    Some(in_passing(rule.remedy))
}

/// A sentence as the end of a line: without its capital and its full stop.
pub(crate) fn in_passing(sentence: &'static str) -> Cow<'static, str> {
    let sentence = sentence.strip_suffix('.').unwrap_or(sentence);
    let mut letters = sentence.chars();
    match (letters.next(), letters.next()) {
        (Some(first), Some(second)) if second.is_lowercase() || second == ' ' => {
            let rest = &sentence[first.len_utf8()..];
            Cow::Owned(first.to_lowercase().chain(rest.chars()).collect())
        }
        _ => Cow::Borrowed(sentence),
    }
}
