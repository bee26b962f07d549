//! Policies: settings, the level of each rule, exceptions, and the files that are checked.
//!
//! Only `read` makes a [`Policy`], so that every policy is valid. Every value keeps its [`Origin`], so that a problem
//! can name the line that decided it. The [`Settings`] of one threat model are those of the policy with the overrides
//! that match it.
//!
//! A policy contains the texts of its rules in Rego. `rego` compiles them.

mod attribute;
mod exceptions;
pub(crate) mod globs;
mod modules;
mod read;
pub(crate) mod settings;

pub use attribute::Direction;
#[cfg(test)]
pub(crate) use attribute::Items;
pub(crate) use attribute::{Attribute, ShownLevels};
pub use exceptions::Exception;
pub(crate) use modules::{Program, TextFile, is_test, program_with_tests};
pub(crate) use read::{BUILT_IN, beside, items, read, text};
pub use read::{BuiltIn, recommended};
pub use settings::Settings;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fmt;
use std::sync::Arc;

use crate::diagnostic::{Diagnostic, Level, Origin, RuleInfo, RuleNames};
use crate::digest;
use crate::input_error::SkipReason;
use crate::model::Agent;
use crate::policy::globs::{PathSet, is_readable};
use crate::source::{Source, is_default};

/// The name of the threads that run rules in Rego. Messages of their panics can quote any text.
pub(crate) const REGO_THREAD: &str = "rego";

/// The file extensions of data for rules in Rego.
pub(crate) const DATA_EXTENSIONS: [&str; 3] = ["json", "yaml", "yml"];

/// A value that a policy sets, with the line that sets it.
#[derive(Clone, Debug)]
pub(crate) struct Sourced<T> {
    pub(crate) value: T,
    pub(crate) origin: Origin,
}

/// A version of the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ProgramVersion([u32; 3]);

impl ProgramVersion {
    /// Reads `0.2` or `0.2.1`.
    fn parse(text: &str) -> Option<Self> {
        let numbers: Vec<u32> = text.split('.').map(|part| part.parse().ok()).collect::<Option<_>>()?;
        match numbers[..] {
            [major, minor] => Some(Self([major, minor, 0])),
            [major, minor, patch] => Some(Self([major, minor, patch])),
            _ => None,
        }
    }
}

impl fmt::Display for ProgramVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self([major, minor, patch]) = self;
        write!(f, "{major}.{minor}.{patch}")
    }
}

/// A policy with everything that it extends.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    rules: RuleNames,
    required_version: Option<Sourced<ProgramVersion>>,
    pub(crate) settings: Settings,
    /// Later ones win.
    pub(crate) overrides: Vec<Override>,
    forced: BTreeMap<&'static str, Sourced<Option<Level>>>,
    exceptions: Vec<Exception>,
    pub(crate) rego: Vec<Program>,
    include: Option<PathSet>,
    exclude: Option<Sourced<PathSet>>,
    /// The folders that must contain a threat model.
    models_in: Option<Sourced<PathSet>>,
    sources: Vec<Arc<Source>>,
    /// Former names of rules that the files use, with a note on each.
    pub(crate) renamed: Vec<(Origin, String)>,
}

/// Settings for some of the threat models.
#[derive(Clone, Debug)]
pub(crate) struct Override {
    path: Option<PathSet>,
    environment: Option<String>,
    tier: Option<String>,
    pub(crate) settings: Settings,
    /// Its first line.
    pub(crate) origin: Origin,
}

/// The properties of a threat model that overrides are matched against.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scope<'a> {
    /// The file's path, relative to the repository's root with `/` between its parts.
    pub(crate) path: &'a str,
    pub(crate) environment: Option<&'a str>,
    pub(crate) tier: Option<&'a str>,
}

impl<'a> Scope<'a> {
    /// The scope of an agent's threat model at a path.
    pub(crate) fn of(agent: &'a Agent, path: &'a str) -> Self {
        Self { path, environment: agent.environment.as_deref(), tier: agent.tier.as_deref() }
    }
}

/// The entries of a policy that had an effect in a run, by their indices.
#[derive(Clone, Debug, Default)]
pub struct PolicyUsage {
    /// Overrides that matched a threat model.
    pub overrides: BTreeSet<usize>,
    /// Exceptions that cover a problem.
    pub exceptions: BTreeSet<usize>,
    /// Exceptions for a file of which something was not read or not computed.
    pub unclear: BTreeSet<usize>,
}

impl PolicyUsage {
    /// Adds the usage of another part of the run.
    pub fn extend(&mut self, other: Self) {
        self.overrides.extend(other.overrides);
        self.exceptions.extend(other.exceptions);
        self.unclear.extend(other.unclear);
    }
}

/// The way in which a file is found in folders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sought {
    /// By its name: it matches a built-in pattern or one of the policy's.
    ByName,
    /// By the marker of threat models in it: any other file of YAML, JSON or Markdown.
    ByMarker,
}

impl Policy {
    /// The settings for a threat model, and the indices of the overrides that match it.
    pub(crate) fn settings_for(&self, scope: Scope<'_>) -> (Cow<'_, Settings>, Vec<usize>) {
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

    /// Sets the level of a rule for one run. It wins over the levels of the files.
    pub(crate) fn force(&mut self, rule: impl Into<RuleInfo>, level: Option<Level>, origin: Origin) {
        self.forced.insert(rule.into().name, Sourced { value: level, origin });
    }

    /// The level of a rule that does not belong to a single threat model.
    pub(crate) fn level(&self, rule: impl Into<RuleInfo>) -> Option<Level> {
        let rule = rule.into();
        self.forced.get(rule.name).map_or_else(|| self.settings.level(rule), |forced| forced.value)
    }

    /// The highest level that the files give a rule, in an override or outside of one.
    pub(crate) fn highest_level(&self, rule: impl Into<RuleInfo>) -> Option<Level> {
        let rule = rule.into();
        let overrides = self.overrides.iter().filter_map(|over| over.settings.levels.get(rule.name));
        overrides.map(|level| level.value).fold(self.settings.level(rule), Option::max)
    }

    /// Whether a rule is turned off for one run.
    pub(crate) fn switches_off(&self, rule: &str) -> bool {
        self.forced.get(rule).is_some_and(|forced| forced.value.is_none())
    }

    /// The exceptions.
    pub fn exceptions(&self) -> &[Exception] {
        &self.exceptions
    }

    /// The settings of all overrides, then those of the policy.
    pub(crate) fn all_settings(&self) -> impl Iterator<Item = &Settings> {
        self.overrides.iter().map(|over| &over.settings).chain([&self.settings])
    }

    /// The line that sets a limit which applies only to a comparison with a base revision.
    pub(crate) fn compares(&self) -> Option<&Origin> {
        self.all_settings().find_map(|settings| settings.origin(&settings::INCREASE.row))
    }

    /// The files that the policy was read from, the outermost last, without built-in policies.
    pub(crate) fn sources(&self) -> &[Arc<Source>] {
        &self.sources
    }

    /// The SHA-256 of the policy: that of its file or, if it names others, one of all their texts. Built-in policies that it
    /// extends are those of the program's version.
    pub(crate) fn digest(&self) -> String {
        let modules = self.rego.iter().flat_map(|program| program.modules.iter().chain(&program.data_files));
        let texts = self.sources.iter().map(|source| source.text()).chain(modules.map(|file| &*file.text));
        match texts.collect::<Vec<_>>()[..] {
            [text] => digest::of_bytes(text.as_bytes()),
            ref texts => digest::of_texts(texts, 32),
        }
    }

    /// The way in which a file at a path, relative to the repository's root with `/` between its parts, is found.
    pub fn sought(&self, path: &str) -> Option<Sought> {
        let is_excluded = self.exclude.as_ref().is_some_and(|exclude| exclude.value.matches(path));
        if is_excluded { None } else { self.sought_anyhow(path) }
    }

    /// Whether a pattern of the policy names a path, given as for [`Self::sought`].
    pub(crate) fn includes(&self, path: &str) -> bool {
        self.include.as_ref().is_some_and(|set| set.matches(path))
    }

    /// The pattern that excludes a path which would be found otherwise, and the line of the policy that sets it.
    pub(crate) fn exclusion(&self, path: &str) -> Option<SkipReason> {
        let exclude = self.exclude.as_ref().filter(|_| self.sought_anyhow(path).is_some())?;
        let pattern = exclude.value.matching(path)?.to_owned();
        Some(SkipReason::Excluded { pattern, origin: exclude.origin.to_string() })
    }

    /// The line that requires a threat model in a folder, given with `/` at its end.
    pub(crate) fn requires_model_in(&self, folder: &str) -> Option<&Origin> {
        let required = self.models_in.as_ref()?;
        let paths = [folder, folder.trim_end_matches('/')];
        paths.iter().any(|path| required.value.matches(path)).then_some(&required.origin)
    }

    /// The patterns of the folders above those that must contain a threat model.
    pub(crate) fn models_above(&self) -> Option<Sourced<PathSet>> {
        let required = self.models_in.as_ref()?;
        Some(Sourced { value: required.value.above(), origin: required.origin.clone() })
    }

    /// Whether some folders must contain a threat model.
    pub(crate) const fn requires_models(&self) -> bool {
        self.models_in.is_some()
    }

    fn sought_anyhow(&self, path: &str) -> Option<Sought> {
        if is_default(path) || self.includes(path) {
            Some(Sought::ByName)
        } else {
            is_readable(path).then_some(Sought::ByMarker)
        }
    }

    /// Applies another policy over this one: its values win.
    fn overlay(&mut self, over: Self) {
        let required = self.required_version.as_ref().map(|required| required.value);
        if over.required_version.as_ref().map(|required| required.value) > required {
            self.required_version = over.required_version;
        }
        self.settings.overlay(over.settings);
        self.overrides.extend(over.overrides);
        self.forced.extend(over.forced);
        // Several policies can extend the same one.
        let known: HashSet<_> = self.exceptions.iter().map(|exception| exception.origin.place()).collect();
        let exceptions = over.exceptions.into_iter();
        self.exceptions.extend(exceptions.filter(|exception| !known.contains(&exception.origin.place())));
        for program in over.rego {
            if self.rego.iter().all(|known| known.origin != program.origin) {
                self.rego.push(program);
            }
        }
        self.include = over.include.or_else(|| self.include.take());
        self.exclude = over.exclude.or_else(|| self.exclude.take());
        self.models_in = over.models_in.or_else(|| self.models_in.take());
        self.sources.extend(over.sources);
        self.renamed.extend(over.renamed);
    }
}

/// The rule that `require.core_risks` makes an error.
const CORE_RISKS_RULE: &str = "risk-unaddressed";

impl Settings {
    /// The line that accepts a threat model without a score of the agent.
    pub(crate) fn no_score(&self) -> Option<&Origin> {
        let is_off = self.get(&settings::OWN_SCORE).is_some_and(|required| !required.value);
        self.origin(&settings::OWN_SCORE.row).filter(|_| is_off)
    }

    /// The level of a rule; `None` if it is off.
    pub(crate) fn level(&self, rule: impl Into<RuleInfo>) -> Option<Level> {
        let rule = rule.into();
        match self.levels.get(rule.name) {
            Some(set) => set.value,
            None if rule.name == CORE_RISKS_RULE && self.core_risks().is_some() => Some(Level::Error),
            None => Some(rule.level),
        }
    }

    /// The line that decides the level of a rule; `None` if it is the rule's own.
    pub(crate) fn level_origin(&self, rule: &str) -> Option<&Origin> {
        let set = self.levels.get(rule).map(|set| &set.origin);
        set.or_else(|| self.core_risks().filter(|_| rule == CORE_RISKS_RULE))
    }

    /// The line that requires the core risks to be named.
    pub(crate) fn core_risks(&self) -> Option<&Origin> {
        let is_on = self.get(&settings::CORE_RISKS).is_some_and(|required| required.value);
        self.origin(&settings::CORE_RISKS.row).filter(|_| is_on)
    }
}

impl Override {
    fn matches(&self, scope: Scope<'_>) -> bool {
        self.path.as_ref().is_none_or(|path| path.matches(scope.path))
            && (self.environment.is_none() || self.environment.as_deref() == scope.environment)
            && (self.tier.is_none() || self.tier.as_deref() == scope.tier)
    }
}

/// Access to the files that a policy names: policies that it extends, and rules in Rego.
pub trait FileLoader: Sync {
    /// The bytes of a file, by its name as it is shown.
    ///
    /// # Errors
    /// The reason why it cannot be read, as a sentence.
    fn bytes(&self, name: &str) -> Result<Vec<u8>, String>;

    /// The sorted names of the Rego files below a folder, including tests.
    ///
    /// # Errors
    /// The reason why the folder cannot be read, as a sentence.
    fn rego_below(&self, folder: &str) -> Result<Vec<String>, String> {
        Err(format!("{folder} is a folder, and folders are not available here"))
    }

    /// Whether a file or folder exists at a path from the repository's root.
    fn exists(&self, _path: &str) -> bool {
        false
    }

    /// Whether a policy may name a file or folder: one of its own repository. Problems in it are quoted. Both names are
    /// as they are shown.
    fn may_name(&self, _policy: &str, _path: &str) -> bool {
        true
    }

    /// Whether rules in Rego may be compiled and run. Without them a policy is not checked completely.
    fn runs_rego(&self) -> bool {
        true
    }

    /// Whether problems carry questions that only an editor offers.
    fn offers_questions(&self) -> bool {
        false
    }

    /// Runs code of others that may print to standard error. Returns what it printed, if that can be captured.
    fn muted(&self, work: &mut dyn FnMut()) -> String {
        work();
        String::new()
    }

    /// Runs code of others within the time and memory that a whole run has for it.
    ///
    /// # Errors
    /// The time of the run is used up, so nothing was done.
    fn bounded(&self, work: &mut dyn FnMut()) -> Result<(), String> {
        work();
        Ok(())
    }
}

/// No files, for policies that name none.
#[derive(Clone, Copy, Debug)]
pub struct NoFiles;

impl FileLoader for NoFiles {
    fn bytes(&self, name: &str) -> Result<Vec<u8>, String> {
        Err(format!("{name} is not available here"))
    }
}

impl<F: Fn(&str) -> Result<Vec<u8>, String> + Sync> FileLoader for F {
    fn bytes(&self, name: &str) -> Result<Vec<u8>, String> {
        self(name)
    }
}

/// The files that a policy may name.
pub type Load<'l> = &'l dyn FileLoader;

/// A policy file, or a file that it names, with its problems.
#[derive(Debug)]
pub struct Broken {
    /// The file.
    pub source: Arc<Source>,
    /// The problems.
    pub diagnostics: Vec<Diagnostic>,
}
