//! The results of a run, as data for every output format. Formats do not change the verdict.

mod change;
mod page;
mod summary;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use serde::Serialize;

use crate::date::Date;
use crate::diagnostic::{Diagnostic, Level};
use crate::file_kind::OtherFile;
use crate::fleet::Fleet;
use crate::input_error::InputError;
use crate::lint::Content;
use crate::policy::{BuiltIn, Policy};
use crate::score::ScoredModel;
use crate::source::{Position, Source, Span};

pub use change::{AgentChange, Change, Difference, ScoreChange};
pub(crate) use change::{MITIGATION, PROVEN};
pub use page::{AgentDetail, PageSettings};
pub use summary::Gate;
pub(crate) use summary::{Summary, WorstScore};

/// The results of a run.
#[derive(Debug)]
pub struct Report {
    /// The totals of files that no format lists. There may be very many.
    pub(crate) counted: Summary,
    /// The checked files in the order of their paths.
    pub files: Vec<FileReport>,
    /// The number of policies that were checked and passed.
    pub policies: usize,
    /// Files that match a pattern and contain no threat model.
    pub skipped: Vec<String>,
    /// The kinds of files that are not checked, by the paths shown.
    pub(crate) others: BTreeMap<String, OtherFile>,
    /// The inputs that cannot be checked, in the order of the paths.
    pub input_errors: Vec<InputError>,
    /// The policy's name.
    pub policy: String,
    /// The SHA-256 of the policy, if a format shows it.
    pub(crate) policy_digest: Option<String>,
    /// The origin of the files, if a format shows it.
    pub(crate) provenance: Provenance,
    /// The policy; `None` if it is broken.
    pub in_force: Option<Policy>,
    /// The day of the run.
    pub today: Date,
    /// The problems that fail the run.
    pub gate: Gate,
    /// The rules that the command line has lowered, as text.
    pub lowered: Vec<String>,
    /// The agents of many repositories, if the report is made from rows.
    pub(crate) fleet: Option<Fleet>,
    /// The comparison with the base revision, if there is one.
    pub change: Option<Change>,
    /// Sentences about the policy and about checks that were not made.
    pub remarks: Vec<String>,
    /// The URL that precedes `path#L12` in links to lines.
    pub links: Option<String>,
    /// The settings of the web page.
    pub page: PageSettings,
    /// The category that separates this report from others on the same commit.
    pub category: Option<String>,
    /// The paths from the repository's root, by the paths shown, where the two differ.
    root_paths: BTreeMap<String, String>,
}

/// The repository and the commit that files are from, as far as they are known.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Provenance {
    /// Such as `github.com/acme/agents`.
    pub(crate) repository: Option<String>,
    pub(crate) commit: Option<String>,
    pub(crate) branch: Option<String>,
}

/// The results of one file.
#[derive(Clone, Debug)]
pub struct FileReport {
    name: String,
    /// The text, unless the file has no problems and no format shows its text.
    pub source: Option<Arc<Source>>,
    /// The path relative to the repository's root, with `/` between its parts.
    pub path: String,
    /// Its threat models, which the reports on both sides of a comparison share if the file is the same.
    pub models: Arc<[ScoredModel]>,
    /// Its problems.
    pub diagnostics: Vec<Diagnostic>,
    /// The SHA-256 of its bytes, if a format shows it.
    pub(crate) digest: Option<Box<str>>,
    pub(crate) content: Content,
}

impl FileReport {
    /// The results of the file at `path`, relative to the repository's root.
    pub fn new(
        source: Arc<Source>,
        path: String,
        models: impl Into<Arc<[ScoredModel]>>,
        diagnostics: Vec<Diagnostic>,
    ) -> Self {
        let (name, models) = (source.name().to_owned(), models.into());
        let (source, digest, content) = (Some(source), None, Content::Model);
        Self { name, source, path, models, diagnostics, digest, content }
    }

    pub(crate) fn of_policy(source: Arc<Source>, path: String, diagnostics: Vec<Diagnostic>) -> Self {
        Self { content: Content::Policy, ..Self::new(source, path, Vec::new(), diagnostics) }
    }

    /// The results of a path at which nothing can be read.
    pub(crate) fn of_path(name: &str, path: String, diagnostics: Vec<Diagnostic>) -> Self {
        let source = Arc::new(Source::decode(name, Vec::new()));
        Self { content: Content::Missing, ..Self::new(source, path, Vec::new(), diagnostics) }
    }

    /// The path to show, with `/` between its parts.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The line and column of a byte offset.
    pub fn position(&self, offset: u32) -> Position {
        self.source.as_ref().map_or(Position { line: 1, column: 1 }, |source| source.position(offset))
    }

    /// The beginning and the end of a byte range.
    pub fn range(&self, span: Span) -> (Position, Position) {
        (self.position(span.start), self.position(span.end))
    }

    /// Whether it has the same text as another file apart from line breaks; `false` if a text was not kept.
    pub fn has_text(&self, other: Option<&Source>) -> bool {
        let texts = self.source.as_ref().zip(other);
        texts.is_some_and(|(one, other)| {
            one.text().replace("\r\n", "\n") == other.text().replace("\r\n", "\n")
        })
    }

    /// The problems of a threat model, by its index. Those of the whole file belong to the first one.
    pub(crate) fn problems_of(&self, model: usize) -> impl Iterator<Item = &Diagnostic> {
        self.diagnostics.iter().filter(move |problem| problem.model.unwrap_or(0) == model)
    }

    /// Whether it is a file that contains threat models, or should.
    pub(crate) const fn is_model(&self) -> bool {
        matches!(self.content, Content::Model)
    }

    pub(crate) const fn is_policy(&self) -> bool {
        matches!(self.content, Content::Policy | Content::BrokenPolicy)
    }

    /// Whether nothing can be read at the path: a removed threat model, or a folder without one.
    pub(crate) const fn is_missing(&self) -> bool {
        matches!(self.content, Content::Missing)
    }

    /// Whether the whole file could be read. If not, it may contain other threat models or other scores.
    pub fn is_read(&self) -> bool {
        let is_unread = self.diagnostics.iter().any(|problem| problem.model.is_none() && problem.mandatory);
        !self.models.is_empty() && !is_unread
    }
}

/// The result of the gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// No problem at or above the failing level.
    Passed = 0,
    /// A problem at or above the failing level.
    Failed = 1,
    /// An input could not be checked.
    #[serde(rename = "cannot-judge")]
    CannotCheck = 2,
}

impl Verdict {
    /// The process's exit status: 0, 1 or 2.
    pub const fn exit_code(self) -> u8 {
        self as u8
    }

    pub(crate) const fn words(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::CannotCheck => "cannot check",
        }
    }

    /// The key of the verdict in reports for programs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Passed | Self::Failed => self.words(),
            Self::CannotCheck => "cannot-judge",
        }
    }
}

/// The words in place of the score of an agent that has none, if the policy accepts that.
pub(crate) const NOT_SCORED: &str = "not scored";

impl Report {
    /// An empty report.
    pub fn new(today: Date, gate: impl Into<Gate>) -> Self {
        Self {
            counted: Summary::default(),
            files: Vec::new(),
            policies: 0,
            skipped: Vec::new(),
            others: BTreeMap::new(),
            input_errors: Vec::new(),
            policy: String::new(),
            policy_digest: None,
            provenance: Provenance::default(),
            in_force: None,
            today,
            gate: gate.into(),
            lowered: Vec::new(),
            fleet: None,
            change: None,
            remarks: Vec::new(),
            links: None,
            page: PageSettings::default(),
            category: None,
            root_paths: BTreeMap::new(),
        }
    }

    /// Records the path from the repository's root for every path that this report shows. `matched` returns it, or an
    /// empty text for the root itself.
    pub(crate) fn name_from_root(&mut self, matched: impl Fn(&Path) -> String) {
        let mut shown = BTreeSet::new();
        for (_, diagnostic) in self.diagnostics() {
            let excepted = diagnostic.excepted.as_ref().map(|excepted| &excepted.origin);
            let origins = diagnostic.decided_by.as_deref().into_iter().chain(excepted);
            shown.extend(origins.filter(|origin| origin.line > 0).map(|origin| &*origin.file));
        }
        shown.insert(&self.policy);
        shown.retain(|name| BuiltIn::named(name).is_none());
        for agent in self.change.iter().flat_map(|change| &change.agents) {
            shown.insert(&agent.path);
            shown.extend(agent.renamed_from.as_deref());
        }
        shown.extend(self.input_errors.iter().map(InputError::path));
        let worst = self.worst();
        shown.extend(worst.as_ref().map(WorstScore::path));
        let shown = shown.into_iter().filter(|shown| !shown.is_empty()).map(|shown| {
            let path = matched(Path::new(shown));
            (shown.to_owned(), if path.is_empty() { ".".to_owned() } else { path })
        });
        self.root_paths = shown.filter(|(shown, path)| shown != path).collect();
    }

    /// Keeps the threat models of the agents with this name, with their problems, and files that could not be read: they may
    /// contain the agent. Returns whether there is such an agent.
    pub(crate) fn keep_agent(&mut self, name: &str) -> bool {
        self.counted = Summary::default();
        self.files.retain_mut(|file| {
            let is_unread = file.is_model() && !file.is_read();
            let models: Arc<[ScoredModel]> = std::mem::take(&mut file.models);
            let kept = |at: usize| models.get(at).is_some_and(|model| model.name() == Some(name));
            file.diagnostics.retain(|problem| problem.model.is_none_or(kept));
            for problem in &mut file.diagnostics {
                problem.model = problem.model.map(|at| (0..at).filter(|before| kept(*before)).count());
            }
            file.models = models.iter().filter(|model| model.name() == Some(name)).cloned().collect();
            is_unread || !file.models.is_empty()
        });
        self.files.iter().any(|file| !file.models.is_empty())
    }

    /// The path from the repository's root for a path that is shown.
    pub(crate) fn root_path<'a>(&'a self, shown: &'a str) -> &'a str {
        self.root_paths.get(shown).map_or(shown, String::as_str)
    }

    /// The result of the gate.
    pub fn verdict(&self) -> Verdict {
        if !self.input_errors.is_empty() {
            Verdict::CannotCheck
        } else if self.counted.fails || self.diagnostics().any(|(_, diagnostic)| self.fails(diagnostic)) {
            Verdict::Failed
        } else {
            Verdict::Passed
        }
    }

    /// Whether a diagnostic counts: it is neither excepted nor, with `new_only`, in the base.
    pub fn counts(&self, diagnostic: &Diagnostic) -> bool {
        self.gate.counts(diagnostic)
    }

    /// Whether formats for people list a diagnostic. With `new_only` they list only those that count.
    pub(crate) fn lists(&self, diagnostic: &Diagnostic) -> bool {
        !self.gate.new_only || self.counts(diagnostic)
    }

    /// The number of diagnostics that do not count, as text.
    pub(crate) fn unlisted(&self) -> Option<String> {
        let Summary { in_base, excepted, .. } = self.totals();
        let problems = count(in_base + excepted, "problem");
        match (in_base, excepted) {
            (0, 0) => None,
            (0, _) => Some(format!("{problems} not listed: {excepted} excepted")),
            (_, 0) => Some(format!("{problems} not listed: {in_base} in the base")),
            _ => Some(format!("{problems} not listed: {in_base} in the base, {excepted} excepted")),
        }
    }

    /// Whether a diagnostic fails the gate.
    pub fn fails(&self, diagnostic: &Diagnostic) -> bool {
        self.gate.fails(diagnostic)
    }

    /// Every diagnostic with its file, in the order of the report.
    pub fn diagnostics(&self) -> impl Iterator<Item = (&FileReport, &Diagnostic)> {
        self.files.iter().flat_map(|file| file.diagnostics.iter().map(move |diagnostic| (file, diagnostic)))
    }

    /// The number of diagnostics of a level that count.
    pub fn count(&self, level: Level) -> usize {
        self.diagnostics().filter(|(_, problem)| problem.level == level && self.counts(problem)).count()
    }

    pub(crate) fn worst(&self) -> Option<WorstScore> {
        let scores = self
            .files
            .iter()
            .flat_map(|file| file.models.iter().filter_map(|model| WorstScore::of(&file.name, model)));
        self.counted.worst.iter().cloned().chain(scores).reduce(WorstScore::worse)
    }

    /// Whether every score is known: all files could be read, and all scores computed.
    pub(crate) fn is_scored(&self) -> bool {
        let mut files = self.files.iter().filter(|file| file.is_model());
        files.all(|file| file.is_read() && file.models.iter().all(ScoredModel::is_computed))
    }

    /// The number of agents without a score in words, if nothing else keeps a score from being known.
    pub(crate) fn not_scored(&self) -> Option<String> {
        let Summary { models, unscored, .. } = self.totals();
        let mut files = self.files.iter().filter(|file| file.is_model());
        let is_reason = unscored > 0
            && self.input_errors.is_empty()
            && files.all(|file| file.is_read() && file.models.iter().all(|model| model.uncomputed == 0));
        is_reason.then(|| {
            if unscored == models {
                NOT_SCORED.to_owned()
            } else {
                format!("{unscored} of {models} {NOT_SCORED}")
            }
        })
    }

    pub(crate) fn totals(&self) -> Summary {
        let mut totals =
            Summary { policies: self.policies, skipped: self.skipped.len(), ..self.counted.clone() };
        for file in &self.files {
            let of_file = Summary::of(&file.name, &file.models, &file.diagnostics, self.gate);
            totals.add(Summary { files: usize::from(file.is_model()), ..of_file });
        }
        totals
    }

    /// The totals as one line for people.
    pub fn summary(&self) -> String {
        self.summary_with(str::to_owned)
    }

    /// The totals as one line, with paths from the repository's root.
    pub(crate) fn summary_from_root(&self) -> String {
        self.summary_with(|path| self.root_path(path).to_owned())
    }

    fn summary_with(&self, shown: impl Fn(&str) -> String) -> String {
        let totals = self.totals();
        let policies = if totals.policies == 1 { "policy" } else { "policies" };
        let parts = [
            (true, count(totals.files, "file")),
            (true, count(totals.models, "model")),
            (totals.policies > 0, format!("{} {policies}", totals.policies)),
            (true, count(totals.errors, "error")),
            (totals.warnings > 0, count(totals.warnings, "warning")),
            (totals.notes > 0, count(totals.notes, "note")),
            (totals.excepted > 0, format!("{} excepted", totals.excepted)),
            (totals.in_base > 0, format!("{} in the base already", totals.in_base)),
            (totals.uncomputed > 0, format!("{} not computable", count(totals.uncomputed, "score"))),
            (totals.unscored > 0, format!("{} not scored", count(totals.unscored, "agent"))),
            (totals.skipped > 0, format!("{} skipped (no threat model)", totals.skipped)),
        ];
        let parts: Vec<String> =
            parts.into_iter().filter_map(|(is_shown, words)| is_shown.then_some(words)).collect();
        let mut line = parts.join(", ");
        if let Some(worst) = &totals.worst {
            let (score, severity, path) = (worst.score, worst.severity.name(), shown(worst.path()));
            line.push_str(&format!("; highest score {score} {severity} in {path}"));
        }
        line
    }
}

/// A number with its noun, in the plural where it is not 1.
pub(crate) fn count(number: usize, word: &str) -> String {
    if number == 1 { format!("1 {word}") } else { format!("{number} {word}s") }
}
