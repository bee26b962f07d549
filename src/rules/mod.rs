//! The rules: everything that can fail the build, one value in one file each.
//!
//! To add one, write `rules/its_name.rs` with a `RULE`, and put its `mod` line and its place in [`ALL`] here. The
//! examples in it are its tests. The schema of policies lists the rules as well: `UPDATE=1 cargo test schema_of_policies`
//! writes that list.
//!
//! A rule looks at a [`Subject`] and at nothing else: it knows neither the format of the file, nor the version of
//! the score, nor how a report looks.

pub mod agent_placeholder;
pub mod approval_missing;
pub mod cvss_base_exceeded;
pub mod cvss_base_mismatch;
pub mod cvss_beyond_base;
pub mod cvss_missing;
pub mod cvss_old_metric;
pub mod cvss_unverified;
pub mod cvss_vector;
pub mod cvss_version;
pub mod duplicate_key;
pub mod empty_file;
pub mod encoding;
pub mod environment_missing;
pub mod evidence_missing;
pub mod evidence_not_found;
pub mod exception_expired;
pub mod exception_expiring;
pub mod exception_overlong;
pub mod exception_unused;
pub mod factor_exceeded;
pub mod factor_missing;
pub mod factor_range;
pub mod factor_set;
pub mod factor_sum_mismatch;
pub mod factor_unknown;
pub mod finding_repeated;
pub mod findings_exceeded;
pub mod format_incomplete;
pub mod format_not_allowed;
pub mod formula_barred;
pub mod input_limit;
pub mod input_precision;
pub mod layer_blank;
pub mod layer_contradiction;
pub mod layer_pasted;
pub mod layer_reason_missing;
pub mod marker_missing;
pub mod marker_unread;
pub mod merge_key;
pub mod mitigation_below_floor;
pub mod mitigation_ignored;
pub mod mitigation_missing;
pub mod mitigation_unproven;
pub mod model_missing;
pub mod model_removed;
pub mod model_unreadable;
pub mod model_weakened;
pub mod multiplier_range;
pub mod non_finite;
pub mod not_applicable_layers_exceeded;
pub mod off_scale;
pub mod open_threats_exceeded;
pub mod owner_missing;
pub mod policy;
pub mod policy_ineffective;
pub mod rationale_missing;
pub mod review_overdue;
pub mod schema;
pub mod score_below_base;
pub mod score_below_finding;
pub mod score_exceeded;
pub mod score_increased;
pub mod score_mismatch;
pub mod score_uncomputed;
pub mod score_undeclared;
pub mod score_without_impact;
pub mod severity_exceeded;
pub mod severity_mismatch;
pub mod summary_too_short;
pub mod syntax;
#[cfg(test)]
mod tests;
pub mod threat_below_floor;
pub mod tier_missing;
pub mod uncertain_layers_exceeded;
pub mod unknown_key;
pub mod uplift_mismatch;
pub mod version_outdated;

use std::collections::BTreeMap;

use crate::compare::BaseScores;
use crate::date::Date;
use std::borrow::Cow;

use crate::diagnostic::{Diagnostic, Fix, Level, Owner, RuleInfo};
use crate::model::{Finding, Model, PathProblem, path_problem};
use crate::policy::Settings;
use crate::schema::{Violation, ViolationKind};
use crate::score::assessed::{Assessed, Computed};
use crate::score::{Scored, score};
use crate::source::Span;
use crate::syntax::{Problem, ProblemKind};

/// One rule: what it says, why, how to mend it, and the check itself.
#[derive(Debug)]
pub struct Rule {
    /// The identifier: a slug that says the fault.
    pub name: &'static str,
    /// The level where a policy sets none.
    pub level: Level,
    /// Whether a policy may not lower it, because a score or a file would then go unread and pass.
    pub fixed: bool,
    /// What it finds, in a line.
    pub summary: &'static str,
    /// Why that matters.
    pub why: &'static str,
    /// How to mend it.
    pub remedy: &'static str,
    /// The part of a standard it rests on.
    pub see: &'static str,
    /// What it finds and what it passes, as tests.
    pub examples: &'static [Example],
    /// The check.
    pub check: Check,
}

/// How much of a file must exist for a rule to look at it.
#[derive(Clone, Copy, Debug)]
pub enum Check {
    /// None of its own: it speaks of what reading a text, its schema, or the file as a whole brought up.
    Builtin,
    /// None of its own: it speaks of what a whole run has shown of a policy.
    PolicyAudit,
    /// None of its own: it reports what a whole run shows of paths at which there is no threat model.
    Run,
    /// Looks at what the file means, and adds what it finds.
    Model(fn(&Subject<'_>, &mut Vec<Diagnostic>)),
    /// The same, where the terms set what it needs.
    Limit {
        /// Whether they do.
        applies: fn(&Settings) -> bool,
        /// The look.
        check: fn(&Subject<'_>, &mut Vec<Diagnostic>),
    },
}

/// A file that a rule finds fault with, and its mended form.
///
/// Carets in a comment mark the bytes of the line above that the rule must point at, with the name of the rule and
/// its message: `#  ^^^ score-mismatch: …`. Where `#` itself stands in the first column of what is marked, it
/// counts as a caret.
#[derive(Clone, Copy, Debug)]
pub struct Example {
    /// Whether the texts are parts of the stock model, to be completed from it, or whole files.
    pub whole: bool,
    /// The name of the file, which tells its language.
    pub file: &'static str,
    /// Lines of policy that the example is judged by, on top of `recommended`.
    pub policy: &'static str,
    /// The parts of the same model at the base revision; empty where there is none to compare with.
    pub base: &'static str,
    /// The faulty form.
    pub bad: &'static str,
    /// The mended form.
    pub good: &'static str,
}

impl Example {
    /// Parts of the stock model; a value `<absent>` leaves its key out.
    pub const fn parts(bad: &'static str, good: &'static str) -> Self {
        Self { whole: false, file: "threat-model.yaml", policy: "", base: "", bad, good }
    }

    /// A whole file of this name; `\u{FFFD}` in it stands for a byte that is not UTF-8.
    pub const fn whole(file: &'static str, bad: &'static str, good: &'static str) -> Self {
        Self { whole: true, file, policy: "", base: "", bad, good }
    }

    /// The same, judged by further lines of policy.
    #[must_use]
    pub const fn under(self, policy: &'static str) -> Self {
        Self { policy, ..self }
    }

    /// The same, compared with a base revision in which these parts of the model stood.
    #[must_use]
    pub const fn over(self, base: &'static str) -> Self {
        Self { base, ..self }
    }
}

/// All that a rule of meaning may look at.
#[derive(Debug)]
pub struct Subject<'a> {
    /// What the file says.
    pub model: &'a Model<'a>,
    /// What follows from it: the agent's own score first, then the findings'.
    pub scores: Vec<Scored<'a>>,
    /// What is acceptable of this model.
    pub settings: &'a Settings,
    /// The day of the run.
    pub today: Date,
    /// What its scores are held against, where the run has a base revision and there is something in it.
    pub before: Option<BaseScores<'a>>,
    /// The models of the base revision that left this file or are gone, if this one is new.
    pub left: [&'a [&'a Assessed]; 2],
    /// The places of evidence that names a file which does not exist.
    pub missing_evidence: BTreeMap<Span, PathProblem>,
}

impl<'a> Subject<'a> {
    /// Computes the scores of a model, once for all rules.
    pub fn new(
        model: &'a Model<'a>,
        settings: &'a Settings,
        today: Date,
        before: Option<BaseScores<'a>>,
    ) -> Self {
        let scores = model.assessments().map(|(_, assessment)| score(assessment)).collect();
        Self { model, scores, settings, today, before, left: [&[], &[]], missing_evidence: BTreeMap::new() }
    }

    /// Marks evidence that names a file which does not exist, or is outside of the repository.
    #[must_use]
    pub fn with_files(self, path: &str, exists: impl Fn(&str) -> bool) -> Self {
        let evidence = self.scores.iter().filter_map(|scored| scored.declared.evidence);
        let problem = |text: &str| path_problem(text, path, &exists);
        let missing = evidence.filter_map(|evidence| Some((evidence.span, problem(evidence.value)?)));
        Self { missing_evidence: missing.collect(), ..self }
    }

    /// What was computed, in the order of the scores: all that is left to report when the rules are done.
    pub fn into_computed(self) -> Vec<Computed> {
        let computed = |scored: Scored<'_>| Computed {
            proven: scored.proven().map(|proven| proven.score()),
            working: scored.working,
        };
        let mut all: Vec<_> = self.scores.into_iter().map(computed).collect();
        // They take the place of the scores, which is more than they need.
        all.shrink_to_fit();
        all
    }

    /// The agent's own score, in formats that have one.
    pub fn own(&self) -> Option<&Scored<'a>> {
        self.model.assessment.as_ref().and(self.scores.first())
    }

    /// The findings that have a score, with it.
    pub fn findings(&self) -> impl Iterator<Item = (&'a Finding<'a>, &Scored<'a>)> {
        let findings = self.model.assessments().map(|(finding, _)| finding);
        findings.zip(&self.scores).filter_map(|(finding, scored)| Some((finding?, scored)))
    }
}

/// All rules, from reading a file to judging it.
pub static ALL: [&Rule; 77] = [
    &syntax::RULE,
    &encoding::RULE,
    &empty_file::RULE,
    &duplicate_key::RULE,
    &merge_key::RULE,
    &non_finite::RULE,
    &input_limit::RULE,
    &marker_missing::RULE,
    &marker_unread::RULE,
    &model_unreadable::RULE,
    &model_weakened::RULE,
    &model_removed::RULE,
    &model_missing::RULE,
    &schema::RULE,
    &unknown_key::RULE,
    &policy::RULE,
    &policy_ineffective::RULE,
    &exception_expired::RULE,
    &exception_overlong::RULE,
    &exception_unused::RULE,
    &exception_expiring::RULE,
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
    &input_precision::RULE,
    &multiplier_range::RULE,
    &threat_below_floor::RULE,
    &mitigation_ignored::RULE,
    &mitigation_below_floor::RULE,
    &mitigation_unproven::RULE,
    &factor_sum_mismatch::RULE,
    &uplift_mismatch::RULE,
    &score_mismatch::RULE,
    &score_uncomputed::RULE,
    &score_undeclared::RULE,
    &severity_mismatch::RULE,
    &score_below_finding::RULE,
    &score_below_base::RULE,
    &score_without_impact::RULE,
    &finding_repeated::RULE,
    &layer_blank::RULE,
    &layer_reason_missing::RULE,
    &layer_contradiction::RULE,
    &layer_pasted::RULE,
    &mitigation_missing::RULE,
    &score_exceeded::RULE,
    &score_increased::RULE,
    &severity_exceeded::RULE,
    &findings_exceeded::RULE,
    &cvss_base_exceeded::RULE,
    &factor_exceeded::RULE,
    &uncertain_layers_exceeded::RULE,
    &not_applicable_layers_exceeded::RULE,
    &open_threats_exceeded::RULE,
    &off_scale::RULE,
    &formula_barred::RULE,
    &version_outdated::RULE,
    &format_not_allowed::RULE,
    &format_incomplete::RULE,
    &owner_missing::RULE,
    &environment_missing::RULE,
    &tier_missing::RULE,
    &rationale_missing::RULE,
    &evidence_missing::RULE,
    &evidence_not_found::RULE,
    &approval_missing::RULE,
    &review_overdue::RULE,
];

/// The rule with this name.
pub fn named(name: &str) -> Option<&'static Rule> {
    ALL.into_iter().find(|rule| rule.name == name)
}

impl From<&Rule> for RuleInfo {
    fn from(rule: &Rule) -> Self {
        Self { name: rule.name, level: rule.level, fixed: rule.fixed }
    }
}

/// How to fix a problem: its own help or, where neither the label nor the schema says enough, the remedy of its rule.
pub fn remedy(diagnostic: &Diagnostic) -> Option<Cow<'_, str>> {
    if let Some(help) = &diagnostic.help {
        return Some(Cow::Borrowed(help));
    }
    let says_enough = diagnostic.label.is_some() || diagnostic.rule == schema::RULE.name;
    let rule = named(&diagnostic.rule).filter(|_| !says_enough)?;
    Some(in_passing(rule.remedy))
}

/// A sentence as the end of a line: without its capital and its full stop.
fn in_passing(sentence: &'static str) -> Cow<'static, str> {
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

/// What reading a text had to report, in the name of the rule for it.
pub fn of_problem(owner: Owner, problem: &Problem) -> Diagnostic {
    let rule = match problem.kind {
        ProblemKind::Syntax => &syntax::RULE,
        ProblemKind::Encoding => &encoding::RULE,
        ProblemKind::Empty => &empty_file::RULE,
        ProblemKind::DuplicateKey => &duplicate_key::RULE,
        ProblemKind::MergeKey => &merge_key::RULE,
        ProblemKind::NonFinite => &non_finite::RULE,
        ProblemKind::InputLimit => &input_limit::RULE,
        ProblemKind::UnreadMarker => &marker_unread::RULE,
    };
    let mut diagnostic = Diagnostic::new(rule, owner, problem.span, &*problem.message);
    diagnostic.help = problem.help.as_deref().map(Box::from);
    match &problem.related {
        Some((span, message)) => diagnostic.related(*span, &**message),
        None => diagnostic,
    }
}

/// What a schema found wrong, in the name of the rule for it.
pub fn of_violation(owner: Owner, violation: Violation) -> Diagnostic {
    let rule = match violation.kind {
        ViolationKind::UnknownKey => &unknown_key::RULE,
        ViolationKind::Shape => &schema::RULE,
    };
    let respelt = violation.respelt.map(|(span, key)| Fix::replacing(span, key).suggested());
    let diagnostic = Diagnostic::new(rule, owner, violation.span, violation.message).fix(respelt);
    match violation.help {
        Some(help) => diagnostic.help_by_suggestion(help, "writes it"),
        None => diagnostic,
    }
}
