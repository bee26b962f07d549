//! What is acceptable: limits, requirements, the scale, the level of each rule, and the exceptions to all that.
//!
//! A [`Policy`] in hand is a valid one: only [`read`] makes it, from files that passed the same steps as any other.
//! Every value keeps the line it came from, so that a verdict can show what decided it. What holds for one model is
//! its [`Settings`]: the policy with the overrides that match that model.

mod builtin;
mod display;
mod exceptions;
pub mod globs;
mod read;

/// The name of the threads that run rules in Rego. What their engine says when it panics may quote anything.
pub const REGO_THREAD: &str = "rego";

/// The extensions of files of data for rules in Rego.
pub const DATA_EXTENSIONS: [&str; 3] = ["json", "yaml", "yml"];

pub use crate::policy::exceptions::Exception;
pub use builtin::{BUILT_IN, BuiltIn, recommended};
pub use read::{Broken, FileLoader, Load, NoFiles, RegoTests, beside, read, test_modules, test_rego};

use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use crate::aivss::Band;
use crate::aivss::Factor;
use crate::decimal::Decimal;
use crate::diagnostic::{Level, Origin};
use crate::policy::globs::{PathSet, is_default, is_readable};
use crate::rego::engine::Rego;
use crate::rego::{Answer, Definition};
use crate::rules::Rule;
use crate::source::Source;

/// A value that a policy sets, with the line that sets it.
#[derive(Clone, Debug)]
pub struct Sourced<T> {
    /// The value.
    pub value: T,
    /// The line.
    pub origin: Origin,
}

/// What is checked, and what passes.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    pub(crate) settings: Settings,
    pub(crate) overrides: Vec<Override>,
    forced: BTreeMap<&'static str, Sourced<Option<Level>>>,
    exceptions: Vec<Exception>,
    rego: Vec<(Arc<Rego>, Origin)>,
    /// The names and texts of the modules in Rego.
    modules: Vec<(String, Arc<str>)>,
    /// The names and texts of the files of data for them.
    data: Vec<(String, Arc<str>)>,
    include: Option<PathSet>,
    exclude: Option<Sourced<PathSet>>,
    /// The folders that must contain a threat model.
    models_in: Option<Sourced<PathSet>>,
    sources: Vec<Arc<Source>>,
    /// Former names of rules that the files use, with a note on each.
    renamed: Vec<(Origin, String)>,
}

/// What holds for one model.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    limits: Limits,
    require: Require,
    scale: Option<Sourced<Scale>>,
    formulas: Option<Sourced<Vec<&'static str>>>,
    levels: BTreeMap<&'static str, Sourced<Option<Level>>>,
}

/// Terms for some of the models.
#[derive(Clone, Debug)]
pub struct Override {
    path: Option<PathSet>,
    environment: Option<String>,
    tier: Option<String>,
    pub(crate) settings: Settings,
    /// The line it begins at.
    pub origin: Origin,
}

/// What overrides are matched against.
#[derive(Clone, Copy, Debug)]
pub struct Scope<'a> {
    /// The file's path, relative to the repository's root with `/` between its parts.
    pub path: &'a str,
    /// The agent's environment.
    pub environment: Option<&'a str>,
    /// The agent's tier.
    pub tier: Option<&'a str>,
}

/// What passes at the most; `None` is no limit.
#[derive(Clone, Debug, Default)]
pub struct Limits {
    /// Highest proven AIVSS score, 0 to 10.
    pub score: Option<Sourced<Decimal>>,
    /// Highest severity band of a proven score.
    pub severity: Option<Sourced<Band>>,
    /// Highest CVSS base score, 0 to 10.
    pub cvss_base: Option<Sourced<Decimal>>,
    /// Highest value of single factors, 0 to 1.
    pub factors: BTreeMap<Factor, Sourced<Decimal>>,
    /// How many findings may be of a band.
    pub findings: BTreeMap<Band, Sourced<usize>>,
    /// How many layers may be uncertain.
    pub uncertain_layers: Option<Sourced<usize>>,
    /// How many layers may be not applicable.
    pub not_applicable_layers: Option<Sourced<usize>>,
    /// How many threats may be open.
    pub open_threats: Option<Sourced<usize>>,
    /// How much a proven score may rise over the base revision's, 0 to 10.
    pub increase: Option<Sourced<Decimal>>,
}

/// What must be given; `None` is no requirement.
#[derive(Clone, Debug, Default)]
pub struct Require {
    /// The owner.
    pub owner: Option<Sourced<bool>>,
    /// The environment.
    pub environment: Option<Sourced<bool>>,
    /// The tier.
    pub tier: Option<Sourced<bool>>,
    /// A rationale, from this value of a factor.
    pub rationale_from: Option<Sourced<Decimal>>,
    /// Evidence for a mitigation factor below 1.
    pub mitigation_evidence: Option<Sourced<bool>>,
    /// An approval, from this band.
    pub approval_from: Option<Sourced<Band>>,
    /// A review no older than this many days.
    pub review_within: Option<Sourced<i32>>,
    /// The formats that are allowed, by name.
    pub formats: Option<Sourced<Vec<&'static str>>>,
}

/// What the rules in Rego of a policy answer for one threat model.
#[derive(Clone, Debug, Default)]
pub struct RegoAnswers<'p> {
    /// Problems, each with the rule that reports it.
    pub given: Vec<(Answer, &'p Definition)>,
    /// Why rules have no answer, each with the file, the line and the rule.
    pub failed: Vec<String>,
}

/// How a file is looked for in folders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sought {
    /// By its name: one of the built-in patterns or of the policy's.
    ByName,
    /// By the marker of threat models in it: any other file of YAML, JSON or Markdown.
    ByMarker,
}

/// The names of formats in policies. Pages are not read as such yet; a policy may name them already.
pub const FORMATS: [&str; 3] = ["native", "markdown", "owasp-report"];

/// Which values factors and multipliers may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    /// 0, 0.5 and 1, and the published multipliers.
    ThreePoint,
    /// Anything in range.
    Continuous,
}

impl Policy {
    /// What holds for a model, and which overrides (by their place in [`Policy::overrides`]) had a part in it.
    pub fn settings_for(&self, scope: Scope<'_>) -> (Cow<'_, Settings>, Vec<usize>) {
        let matching: Vec<usize> =
            (0..self.overrides.len()).filter(|at| self.overrides[*at].matches(scope)).collect();
        if matching.is_empty() && self.forced.is_empty() {
            return (Cow::Borrowed(&self.settings), matching);
        }
        let mut settings = self.settings.clone();
        for at in &matching {
            settings.overlay(self.overrides[*at].settings.clone());
        }
        settings.levels.extend(self.forced.clone());
        (Cow::Owned(settings), matching)
    }

    /// Former names of rules that the files use, with a note on each.
    pub fn renamed(&self) -> &[(Origin, String)] {
        &self.renamed
    }

    /// Sets the level of a rule for one run, above all that the files say.
    pub fn force(&mut self, rule: &'static Rule, level: Option<Level>, origin: Origin) {
        self.forced.insert(rule.name, Sourced { value: level, origin });
    }

    /// The level of a rule that does not belong to a single model.
    pub fn level(&self, rule: &Rule) -> Option<Level> {
        self.forced.get(rule.name).map_or_else(|| self.settings.level(rule), |forced| forced.value)
    }

    /// The highest level that the files give a rule, in an override or without one.
    pub fn highest_level(&self, rule: &Rule) -> Option<Level> {
        let overrides = self.overrides.iter().filter_map(|over| over.settings.levels.get(rule.name));
        overrides.map(|level| level.value).fold(self.settings.level(rule), Option::max)
    }

    /// Whether a rule is switched off for one run.
    pub fn switches_off(&self, rule: &str) -> bool {
        self.forced.get(rule).is_some_and(|forced| forced.value.is_none())
    }

    /// The terms without any override.
    pub const fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The overrides, later ones winning.
    pub fn overrides(&self) -> &[Override] {
        &self.overrides
    }

    /// The exceptions.
    pub fn exceptions(&self) -> &[Exception] {
        &self.exceptions
    }

    /// The line that sets a limit which can only be held against a base revision, if one does.
    pub fn compares(&self) -> Option<&Origin> {
        let all = self.overrides.iter().map(|over| &over.settings).chain([&self.settings]);
        all.filter_map(|settings| settings.limits().increase.as_ref()).map(|limit| &limit.origin).next()
    }

    /// Whether there are rules in Rego.
    pub fn has_rego(&self) -> bool {
        !self.rego.is_empty()
    }

    /// Evaluates the rules in Rego for an input, given as JSON.
    ///
    /// # Errors
    /// Why none could be evaluated.
    pub fn ask_rego(&self, input: &str) -> Result<RegoAnswers<'_>, String> {
        let mut said = RegoAnswers::default();
        for (rego, _) in &self.rego {
            let answers = rego.ask(input)?;
            let defined = |at: usize| rego.definitions().get(at);
            let given = answers.given.into_iter();
            said.given.extend(given.filter_map(|(at, answer)| Some((answer, defined(at)?))));
            said.failed.extend(answers.failed);
            let wrong = answers.wrong.into_iter();
            said.failed.extend(
                wrong.filter_map(|(at, message)| Some(format!("{}: {message}", defined(at)?.shown()))),
            );
        }
        Ok(said)
    }

    /// The files of data for rules in Rego.
    pub fn data_files(&self) -> impl Iterator<Item = &str> {
        self.data.iter().map(|(name, _)| &**name)
    }

    /// The files the policy was read from, the outermost last; built-in ones are not among them.
    pub fn sources(&self) -> &[Arc<Source>] {
        &self.sources
    }

    /// How a file at a path, relative to the repository's root with `/` between its parts, is looked for.
    pub fn sought(&self, path: &str) -> Option<Sought> {
        let is_excluded = self.exclude.as_ref().is_some_and(|exclude| exclude.value.matches(path));
        if is_excluded { None } else { self.sought_anyhow(path) }
    }

    /// The pattern that keeps a path out which would be found otherwise, and the line of the policy that it belongs to.
    pub fn excluded_by(&self, path: &str) -> Option<(&str, &Origin)> {
        let exclude = self.exclude.as_ref().filter(|_| self.sought_anyhow(path).is_some())?;
        Some((exclude.value.matching(path)?, &exclude.origin))
    }

    /// The line that requires a threat model in a folder, given with `/` at its end, if one does.
    pub fn requires_model_in(&self, folder: &str) -> Option<&Origin> {
        let required = self.models_in.as_ref()?;
        let (with, without) = (folder, folder.trim_end_matches('/'));
        let is_required = required.value.matches(with) || required.value.matches(without);
        is_required.then_some(&required.origin)
    }

    /// The patterns of the folders above those that must contain a threat model.
    pub fn models_above(&self) -> Option<Sourced<PathSet>> {
        let required = self.models_in.as_ref()?;
        Some(Sourced { value: required.value.above(), origin: required.origin.clone() })
    }

    /// Whether some folders must contain a threat model.
    pub const fn requires_models(&self) -> bool {
        self.models_in.is_some()
    }

    fn sought_anyhow(&self, path: &str) -> Option<Sought> {
        if is_default(path) || self.include.as_ref().is_some_and(|set| set.matches(path)) {
            Some(Sought::ByName)
        } else {
            is_readable(path).then_some(Sought::ByMarker)
        }
    }

    /// Lays another policy over this one: what it sets wins.
    fn overlay(&mut self, over: Self) {
        self.settings.overlay(over.settings);
        self.overrides.extend(over.overrides);
        self.forced.extend(over.forced);
        // Several policies can extend the same one.
        let known: HashSet<_> = self.exceptions.iter().map(|exception| exception.origin.place()).collect();
        let is_new = |exception: &Exception| !known.contains(&exception.origin.place());
        let exceptions: Vec<Exception> = over.exceptions.into_iter().filter(is_new).collect();
        self.exceptions.extend(exceptions);
        let is_new = |(_, origin): &(Arc<Rego>, Origin)| !self.rego.iter().any(|(_, other)| other == origin);
        let rego: Vec<_> = over.rego.into_iter().filter(is_new).collect();
        self.rego.extend(rego);
        self.modules.extend(over.modules);
        self.data.extend(over.data);
        set(&mut self.include, over.include);
        set(&mut self.exclude, over.exclude);
        set(&mut self.models_in, over.models_in);
        self.sources.extend(over.sources);
        self.renamed.extend(over.renamed);
    }
}

impl Settings {
    /// The limits.
    pub const fn limits(&self) -> &Limits {
        &self.limits
    }

    /// The requirements.
    pub const fn require(&self) -> &Require {
        &self.require
    }

    /// The scale, where one is set.
    pub const fn scale(&self) -> Option<&Sourced<Scale>> {
        self.scale.as_ref()
    }

    /// The versions of the formulas that may be used; `None` is any.
    pub const fn formulas(&self) -> Option<&Sourced<Vec<&'static str>>> {
        self.formulas.as_ref()
    }

    /// The line that asks for the three-point scale, if one does.
    pub fn three_point(&self) -> Option<&Origin> {
        self.scale.as_ref().filter(|scale| scale.value == Scale::ThreePoint).map(|scale| &scale.origin)
    }

    /// The level of a rule; `None` when it is off.
    pub fn level(&self, rule: &Rule) -> Option<Level> {
        self.levels.get(rule.name).map_or(Some(rule.level), |set| set.value)
    }

    /// The levels that are set, by rule.
    pub const fn levels(&self) -> &BTreeMap<&'static str, Sourced<Option<Level>>> {
        &self.levels
    }

    fn overlay(&mut self, over: Self) {
        let Limits {
            score,
            severity,
            cvss_base,
            factors,
            findings,
            uncertain_layers,
            not_applicable_layers,
            open_threats,
            increase,
        } = over.limits;
        set(&mut self.limits.score, score);
        set(&mut self.limits.severity, severity);
        set(&mut self.limits.cvss_base, cvss_base);
        self.limits.factors.extend(factors);
        self.limits.findings.extend(findings);
        set(&mut self.limits.uncertain_layers, uncertain_layers);
        set(&mut self.limits.not_applicable_layers, not_applicable_layers);
        set(&mut self.limits.open_threats, open_threats);
        set(&mut self.limits.increase, increase);
        let Require {
            owner,
            environment,
            tier,
            rationale_from,
            mitigation_evidence,
            approval_from,
            review_within,
            formats,
        } = over.require;
        set(&mut self.require.owner, owner);
        set(&mut self.require.environment, environment);
        set(&mut self.require.tier, tier);
        set(&mut self.require.rationale_from, rationale_from);
        set(&mut self.require.mitigation_evidence, mitigation_evidence);
        set(&mut self.require.approval_from, approval_from);
        set(&mut self.require.review_within, review_within);
        set(&mut self.require.formats, formats);
        set(&mut self.scale, over.scale);
        set(&mut self.formulas, over.formulas);
        self.levels.extend(over.levels);
    }
}

impl Override {
    fn matches(&self, scope: Scope<'_>) -> bool {
        let is = |wanted: &Option<String>, given: Option<&str>| {
            wanted.as_deref().is_none_or(|word| given == Some(word))
        };
        self.path.as_ref().is_none_or(|path| path.matches(scope.path))
            && is(&self.environment, scope.environment)
            && is(&self.tier, scope.tier)
    }
}

fn set<T>(under: &mut Option<T>, over: Option<T>) {
    if over.is_some() {
        *under = over;
    }
}
