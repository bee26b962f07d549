//! The rules: everything that can fail the build, one value in one file each.
//!
//! To add one, write `rules/its_name.rs` with a `RULE`, and put its `mod` line and its place in [`ALL`] here. The
//! examples in it are its tests. The schema of policies lists the rules as well: `UPDATE=1 cargo test schema_of_policies`
//! writes that list.
//!
//! A rule looks at a [`Subject`] and at nothing else: it knows neither the format of the file, nor the version of
//! the score, nor how a report looks.

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
pub(crate) mod open_threats_exceeded;
pub(crate) mod owner_missing;
pub(crate) mod rationale_missing;
pub(crate) mod review_overdue;
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
pub(crate) mod tier_missing;
pub(crate) mod too_many_decimals;
pub(crate) mod uncertain_layers_exceeded;
pub(crate) mod uplift_mismatch;
pub(crate) mod value_off_scale;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::aivss::Factor;
use crate::date::Date;
use crate::decimal::Decimal;
use crate::diagnostic::{Diagnostic, Level, Owner, RuleInfo, RuleNames};
use crate::model::{Finding, Layer, Model, PathProblem, path_problem};
use crate::policy::{Settings, Sourced};
use crate::score::{BaseScores, ScoredModel};
use crate::score::{Proven, Scored, score};
use crate::source::Span;

/// One rule: its texts, its examples and its check.
#[derive(Debug)]
pub struct Rule {
    /// The identifier: a slug that names the problem.
    pub name: &'static str,
    /// The level where a policy sets none.
    pub level: Level,
    /// Whether no policy can turn it off or lower it, because a score or a file would then go unread and pass.
    pub fixed: bool,
    /// The problem, in a sentence.
    pub summary: &'static str,
    /// Why the problem matters.
    pub why: &'static str,
    /// How to fix it.
    pub remedy: &'static str,
    /// The part of a standard or of a policy it rests on.
    pub see: &'static str,
    /// Files that it reports and files that pass, as tests.
    pub examples: &'static [Example],
    /// The check.
    pub check: Check,
}

impl Rule {
    /// The fields of a rule that is an error by default.
    const ERROR: Self = Self {
        name: "",
        level: Level::Error,
        fixed: false,
        summary: "",
        why: "",
        remedy: "",
        see: "this project",
        examples: &[],
        check: Check::Builtin,
    };
    /// The fields of a rule that is a warning by default.
    const WARNING: Self = Self { level: Level::Warning, ..Self::ERROR };
    /// The fields of a rule that is a note by default.
    const NOTE: Self = Self { level: Level::Note, ..Self::ERROR };
    /// The fields of a rule that no policy can turn off.
    const FIXED: Self = Self { fixed: true, ..Self::ERROR };

    /// The part that diagnostics and policies need.
    pub const fn info(&self) -> RuleInfo {
        RuleInfo { name: self.name, level: self.level, fixed: self.fixed }
    }
}

impl From<&Rule> for RuleInfo {
    fn from(rule: &Rule) -> Self {
        rule.info()
    }
}

/// The code that raises the problems of a rule.
#[derive(Clone, Copy, Debug)]
pub enum Check {
    /// A parser, a schema or `lint` itself.
    Builtin,
    /// The audit of the policy after a run.
    PolicyAudit,
    /// A run, about a path without a threat model.
    Run,
    /// A check of each threat model.
    Model(fn(&Subject<'_>, &mut Vec<Diagnostic>)),
    /// A check of each threat model for which the settings contain a limit or requirement.
    Limit {
        /// Whether they do.
        applies: fn(&Settings) -> bool,
        /// The check.
        check: fn(&Subject<'_>, &mut Vec<Diagnostic>),
    },
}

/// A file in which a rule finds a problem, and its corrected form.
///
/// Carets in a comment mark the bytes of the line above that the rule must point at, with the name of the rule and
/// its message: `#  ^^^ score-mismatch: …`. If `#` itself is in the first column of the marked bytes, it counts as a caret.
#[derive(Clone, Copy, Debug)]
pub struct Example {
    /// Whether the texts are whole files; otherwise they are parts to be completed from the stock model.
    pub whole: bool,
    /// The name of the file, which decides its language.
    pub file: &'static str,
    /// Lines of policy for the example, in addition to `recommended`.
    pub policy: &'static str,
    /// The parts of the same model at the base revision; empty where there is none to compare with.
    pub base: &'static str,
    /// The form with the problem.
    pub bad: &'static str,
    /// The corrected form.
    pub good: &'static str,
}

impl Example {
    /// Parts of the stock model; a value `<absent>` leaves its key out.
    pub const fn parts(bad: &'static str, good: &'static str) -> Self {
        Self { whole: false, file: "threat-model.yaml", policy: "", base: "", bad, good }
    }

    /// A whole file of this name; `\u{FFFD}` in it represents a byte that is not UTF-8.
    pub const fn whole(file: &'static str, bad: &'static str, good: &'static str) -> Self {
        Self { whole: true, file, policy: "", base: "", bad, good }
    }

    /// The same example with further lines of policy.
    #[must_use]
    pub const fn under(self, policy: &'static str) -> Self {
        Self { policy, ..self }
    }

    /// The same example with a base revision that contains these parts of the model.
    #[must_use]
    pub const fn over(self, base: &'static str) -> Self {
        Self { base, ..self }
    }
}

/// The input of the rules for one threat model.
#[derive(Debug)]
pub struct Subject<'a> {
    /// The threat model.
    pub model: &'a Model,
    /// Its computed scores: the agent's own score first, then those of the findings.
    pub scores: Vec<Scored>,
    /// The policy's settings for this model.
    pub settings: &'a Settings,
    /// The day of the run.
    pub today: Date,
    /// The scores to compare with, where the run has a base revision that contains some.
    pub before: Option<BaseScores<'a>>,
    /// If this model is new: the models of the base revision that left this file or are gone.
    pub left: [&'a [&'a ScoredModel]; 2],
    /// The positions of evidence that names a file which does not exist.
    pub missing_evidence: BTreeMap<Span, PathProblem>,
}

/// A factor that has a number.
#[derive(Clone, Copy, Debug)]
pub struct FactorValue {
    /// The agent or finding of its score.
    pub owner: Owner,
    /// The factor.
    pub factor: Factor,
    /// Its key in the format of the file.
    pub key: &'static str,
    /// Its value.
    pub value: Decimal,
    /// The bytes of the value.
    pub span: Span,
    /// Whether it has a rationale.
    pub has_rationale: bool,
}

impl<'a> Subject<'a> {
    /// Computes the scores of a model, once for all rules.
    pub fn new(
        model: &'a Model,
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
        let evidence = self.scores.iter().filter_map(|scored| scored.declared.evidence.as_ref());
        let missing =
            evidence.filter_map(|evidence| Some((evidence.span, path_problem(evidence, path, &exists)?)));
        Self { missing_evidence: missing.collect(), ..self }
    }

    /// The agent's own score, in formats that have one.
    pub fn own(&self) -> Option<&Scored> {
        self.model.assessment.as_ref().and(self.scores.first())
    }

    /// The layers of the model.
    pub fn layers(&self) -> impl Iterator<Item = &'a Layer> {
        self.model.maestro.iter().flat_map(|maestro| &maestro.layers)
    }

    /// The factors that have a number, in all scores.
    pub fn factor_values(&self) -> impl Iterator<Item = FactorValue> {
        self.scores.iter().flat_map(|scored| {
            let factors = &scored.declared.factors;
            factors.given.iter().filter_map(move |given| {
                let number = given.number()?;
                Some(FactorValue {
                    owner: scored.owner,
                    factor: given.factor,
                    key: factors.spell(given.factor),
                    value: number.value,
                    span: number.span,
                    has_rationale: given.rationale.is_some(),
                })
            })
        })
    }

    /// The findings that have a score, with it.
    pub fn findings(&self) -> impl Iterator<Item = (&'a Finding, &Scored)> {
        let findings = self.model.assessments().map(|(finding, _)| finding);
        findings.zip(&self.scores).filter_map(|(finding, scored)| Some((finding?, scored)))
    }
}

/// All rules, from reading a file to limits of a policy.
pub static ALL: [&Rule; 77] = [
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

/// Former names of rules and their current ones; policies and options accept both for one release.
pub const FORMER: [(&str, &str); 8] = [
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

/// The proven score, with the reasons if it differs from the computed one.
fn shown(proven: &Proven) -> String {
    proven.difference().unwrap_or_else(|| proven.score().to_string())
}

/// A number with its noun: `1 layer is`, `2 layers are`.
fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// Reports a field of the agent that the policy requires and that is missing.
fn require_field(
    rule: &Rule,
    subject: &Subject<'_>,
    required: Option<Sourced<bool>>,
    key: &str,
    is_given: bool,
) -> Option<Diagnostic> {
    let required = required.filter(|required| required.value && !is_given)?;
    let span = subject.model.agent.key_span.unwrap_or(subject.model.key_span);
    let message = format!("`agent.{key}` is missing");
    Some(Diagnostic::new(rule, Owner::Agent, span, message).decided_by(&required.origin))
}

/// The number of places that are shown one by one: one for each layer.
const MAX_SHOWN: usize = 7;

/// Reports more places in the layers than a limit allows; `count` is their number in words.
fn limit_of_layers(
    rule: &Rule,
    subject: &Subject<'_>,
    limit: &Sourced<usize>,
    count: &str,
    places: Vec<(Span, String)>,
) -> Option<Diagnostic> {
    let maestro = subject.model.maestro.as_ref().filter(|_| places.len() > limit.value)?;
    let message = format!("{count}, and the limit is {}", limit.value);
    let diagnostic = Diagnostic::new(rule, Owner::Agent, maestro.key_span, message)
        .amount(Decimal::from(places.len()))
        .decided_by(&limit.origin);
    let shown = places.into_iter().take(MAX_SHOWN);
    Some(shown.fold(diagnostic, |diagnostic, (span, label)| diagnostic.related(span, label)))
}

/// The rule with this current name.
pub fn named(name: &str) -> Option<&'static Rule> {
    ALL.into_iter().find(|rule| rule.name == name)
}

/// The rule with this current or former name.
pub fn resolve(name: &str) -> Option<&'static Rule> {
    named(NAMES.current(name))
}

/// A note if this is a former name of a rule.
pub fn renamed(name: &str) -> Option<String> {
    NAMES.renamed(name)
}

/// How to fix a problem: its own help or, where neither the label nor the schema says enough, the remedy of its rule.
pub fn remedy(diagnostic: &Diagnostic) -> Option<Cow<'_, str>> {
    if let Some(help) = &diagnostic.help {
        return Some(Cow::Borrowed(help));
    }
    let says_enough = diagnostic.label.is_some() || diagnostic.rule == builtin::SCHEMA.name;
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
