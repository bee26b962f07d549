//! The parts of a rule: its texts, its check, its examples and the input of the check.

use std::collections::BTreeMap;

use crate::aivss::{Band, Factor};
use crate::date::Date;
use crate::decimal::Decimal;
use crate::diagnostic::{Diagnostic, Level, Origin, Owner, RuleInfo};
use crate::model::{Finding, Layer, Model, PathProblem, Text, Threat, path_problem};
use crate::policy::settings::Setting;
use crate::policy::{Settings, Sourced};
use crate::score::{BaseScores, Proven, Scored, ScoredModel, score};
use crate::source::Span;
use crate::text_edit::Safety;

/// One rule: its texts, its examples and its check.
#[derive(Debug)]
pub struct Rule {
    /// The identifier: a slug that names the problem.
    pub name: &'static str,
    /// The level where a policy sets none.
    pub(crate) level: Level,
    /// Whether no policy can turn it off or lower it, because a score or a file would then go unread and pass.
    pub(crate) mandatory: bool,
    /// The kind of the fix that its problems can have.
    pub(crate) fix: Option<Safety>,
    pub(crate) summary: &'static str,
    pub(crate) why: &'static str,
    pub(crate) remedy: &'static str,
    /// The part of a standard or of a policy that it is based on.
    pub(crate) see: &'static str,
    /// Files that it reports and files that pass, as tests.
    pub(crate) examples: &'static [Example],
    /// A table of the standard for its page, in Markdown.
    pub(crate) table: Option<fn() -> String>,
    pub(crate) check: Check,
}

impl Rule {
    pub(crate) const ERROR: Self = Self {
        name: "",
        level: Level::Error,
        mandatory: false,
        fix: None,
        summary: "",
        why: "",
        remedy: "",
        see: "this project",
        examples: &[],
        table: None,
        check: Check::Builtin,
    };
    pub(crate) const WARNING: Self = Self { level: Level::Warning, ..Self::ERROR };
    pub(crate) const NOTE: Self = Self { level: Level::Note, ..Self::ERROR };
    pub(crate) const MANDATORY: Self = Self { mandatory: true, ..Self::ERROR };

    pub(crate) const fn info(&self) -> RuleInfo {
        RuleInfo { name: self.name, level: self.level, mandatory: self.mandatory }
    }
}

impl From<&Rule> for RuleInfo {
    fn from(rule: &Rule) -> Self {
        rule.info()
    }
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Check {
    /// A parser, a schema or `lint` itself.
    Builtin,
    /// The audit of the policy after a run.
    PolicyAudit,
    /// A run, about a path without a threat model.
    Run,
    Model(fn(&Subject<'_>, &mut Vec<Diagnostic>)),
    /// A check of each score.
    Score(fn(&Scored, &Subject<'_>) -> Option<Diagnostic>),
    /// A check of each threat model for which the settings contain a limit or requirement.
    Limit {
        applies: fn(&Settings) -> bool,
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
    pub(crate) file: &'static str,
    /// Lines of policy for the example, in addition to `recommended`.
    pub(crate) policy: &'static str,
    /// The parts of the same model at the base revision; empty where there is none to compare with.
    pub(crate) base: &'static str,
    pub(crate) bad: &'static str,
    pub(crate) good: &'static str,
}

impl Example {
    /// Parts of the stock model; a value `<absent>` leaves its key out.
    pub(crate) const fn parts(bad: &'static str, good: &'static str) -> Self {
        Self { whole: false, file: "threat-model.yaml", policy: "", base: "", bad, good }
    }

    /// A whole file of this name; `\u{FFFD}` in it represents a byte that is not UTF-8.
    pub(crate) const fn whole(file: &'static str, bad: &'static str, good: &'static str) -> Self {
        Self { whole: true, file, policy: "", base: "", bad, good }
    }

    /// The same example with further lines of policy.
    pub(crate) const fn under(self, policy: &'static str) -> Self {
        Self { policy, ..self }
    }

    /// The same example with a base revision that contains these parts of the model.
    pub(crate) const fn over(self, base: &'static str) -> Self {
        Self { base, ..self }
    }
}

#[derive(Debug)]
pub(crate) struct Subject<'a> {
    pub(crate) model: &'a Model,
    /// Its computed scores: the agent's own score first, then those of the findings.
    pub(crate) scores: Vec<Scored>,
    pub(crate) settings: &'a Settings,
    pub(crate) today: Date,
    /// The scores to compare with, where the run has a base revision that contains some.
    pub(crate) before: Option<BaseScores<'a>>,
    /// If this model is new: the models of the base revision that left this file or are gone.
    pub(crate) left: [&'a [&'a ScoredModel]; 2],
    /// The settings that are looser for its environment, tier and path than for those in the base: the key, and a sentence.
    pub(crate) loosened: Option<(&'static str, String)>,
    /// The positions of evidence that names a file which does not exist.
    pub(crate) missing_evidence: BTreeMap<Span, PathProblem>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct FactorValue {
    pub(crate) owner: Owner,
    pub(crate) factor: Factor,
    pub(crate) key: &'static str,
    pub(crate) value: Decimal,
    pub(crate) span: Span,
    pub(crate) has_rationale: bool,
}

impl<'a> Subject<'a> {
    /// Computes the scores of a model, once for all rules.
    pub(crate) fn new(
        model: &'a Model,
        settings: &'a Settings,
        today: Date,
        before: Option<BaseScores<'a>>,
    ) -> Self {
        let scores = model.assessments().map(|(_, assessment)| score(assessment)).collect();
        let (left, loosened, missing_evidence) = ([&[][..], &[]], None, BTreeMap::new());
        Self { model, scores, settings, today, before, left, loosened, missing_evidence }
    }

    /// Marks evidence that names a file which does not exist, or is outside of the repository.
    pub(crate) fn with_files(self, path: &str, exists: impl Fn(&str) -> bool) -> Self {
        let evidence = self.scores.iter().filter_map(|scored| scored.declared.evidence.as_ref());
        let missing =
            evidence.filter_map(|evidence| Some((evidence.span, path_problem(evidence, path, &exists)?)));
        Self { missing_evidence: missing.collect(), ..self }
    }

    /// The agent's own score, in formats that have one.
    pub(crate) fn own(&self) -> Option<&Scored> {
        self.model.assessment.as_ref().and(self.scores.first())
    }

    /// The line of the policy that accepts the model without a score of the agent, if it has none.
    pub(crate) fn unscored(&self) -> Option<&Origin> {
        self.settings.no_score().filter(|_| self.model.lacks_score())
    }

    pub(crate) fn layers(&self) -> impl Iterator<Item = &'a Layer> {
        self.model.layers().iter()
    }

    pub(crate) fn factor_values(&self) -> impl Iterator<Item = FactorValue> {
        self.scores.iter().flat_map(|scored| {
            let factors = &scored.declared.factors;
            factors.given.iter().filter_map(move |given| {
                let number = given.number?;
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

    pub(crate) fn findings(&self) -> impl Iterator<Item = (&'a Finding, &Scored)> {
        let findings = self.model.assessments().map(|(finding, _)| finding);
        findings.zip(&self.scores).filter_map(|(finding, scored)| Some((finding?, scored)))
    }
}

/// The proven score, with the reasons if it differs from the computed one.
pub(crate) fn shown(proven: &Proven) -> String {
    proven.difference().unwrap_or_else(|| proven.score().to_string())
}

/// A number with its noun: `1 layer is`, `2 layers are`.
pub(crate) fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// Reports a field of the agent that the policy requires and that is missing.
pub(crate) fn require_field(
    rule: &Rule,
    subject: &Subject<'_>,
    setting: &Setting<bool>,
    given: Option<&Text>,
    found: &mut Vec<Diagnostic>,
) {
    let required = subject.settings.get(setting).filter(|required| required.value && given.is_none());
    if let Some(required) = required {
        let span = subject.model.agent.key_span.unwrap_or(subject.model.key_span);
        let message = format!("`agent.{}` is missing", setting.row.section_and_key().1);
        found.push(Diagnostic::new(rule, Owner::Agent, span, message).decided_by(&required.origin));
    }
}

/// Reports threats at or above a severity that lack something. Mitigated and closed threats need nothing.
pub(crate) fn require_of_threats(
    rule: &Rule,
    subject: &Subject<'_>,
    setting: &Setting<Band>,
    lacking: &str,
    has: impl Fn(&Threat) -> bool,
    found: &mut Vec<Diagnostic>,
) {
    let Some(from) = subject.settings.get(setting) else { return };
    for threat in subject.model.threats() {
        if !threat.status.remains() || threat.counted_severity() < from.value || has(threat) {
            continue;
        }
        let message = match threat.severity {
            Some(severity) => format!("{} is {} and has no {lacking}", threat.shown(), severity.name()),
            None => format!("{} has no severity and no {lacking}", threat.shown()),
        };
        found.push(Diagnostic::new(rule, Owner::Agent, threat.span, message).decided_by(&from.origin));
    }
}

/// Reports more places than a limit allows, at `span`. The words are singular: `Critical threat`, `open`.
pub(crate) fn limit_places(
    rule: &Rule,
    part: Option<&'static str>,
    limit: &Sourced<usize>,
    span: Span,
    [noun, state]: [&str; 2],
    places: Vec<(Span, String)>,
) -> Option<Diagnostic> {
    /// The most places that are shown one by one: one for each layer.
    const MAX_SHOWN: usize = 7;
    let number = places.len();
    if number <= limit.value {
        return None;
    }
    let subject = counted(number, &format!("{noun} is"), &format!("{noun}s are"));
    let message = format!("{subject} {state}; the limit is {}", limit.value);
    let mut diagnostic = Diagnostic::new(rule, Owner::Agent, span, message)
        .amount(part, Decimal::from(number))
        .decided_by(&limit.origin);
    for (span, label) in places.into_iter().take(MAX_SHOWN) {
        diagnostic = diagnostic.related(span, label);
    }
    Some(diagnostic)
}

/// Reports more layers in a state than a setting allows.
pub(crate) fn limit_layers(
    rule: &Rule,
    subject: &Subject<'_>,
    setting: &Setting<usize>,
    state: &str,
    places: Vec<(Span, String)>,
) -> Option<Diagnostic> {
    let (limit, maestro) = (subject.settings.get(setting)?, subject.model.maestro.as_ref()?);
    limit_places(rule, None, &limit, maestro.key_span, ["layer", state], places)
}
