//! The data of a report: everything a run has found, before any format writes it.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use crate::aivss::Band;
use crate::compare::Change;
use crate::date::Date;
use crate::decimal::Decimal;
use crate::diagnostic::{Diagnostic, Level};
use crate::input_error::InputError;
use crate::output::snippet::Excerpt;
use crate::policy::{BuiltIn, Policy};
use crate::score::ScoredModel;
use crate::source::Source;

/// Everything a run has found.
#[derive(Debug)]
pub struct Report {
    /// What is kept of the files without fault that are not among the others.
    pub passed: Passed,
    /// The files that hold threat models, or should, in the order of their paths.
    pub files: Vec<FileReport>,
    /// Policy files among those that were looked at, and passed.
    pub policies: usize,
    /// Files found by a pattern that hold no threat model.
    pub skipped: Vec<String>,
    /// What kept the gate from judging, in the order of the paths.
    pub obstacles: Vec<InputError>,
    /// What the policy is called.
    pub policy: String,
    /// The policy itself; `None` where it is broken.
    pub in_force: Option<Policy>,
    /// The day of the run.
    pub today: Date,
    /// The level that fails the gate.
    pub fail_on: Level,
    /// Rules that the command line has lowered for this run, in words.
    pub lowered: Vec<String>,
    /// What the change does, where there is a base revision to compare with.
    pub change: Option<Change>,
    /// Whether only faults that the base does not have fail the gate.
    pub new_only: bool,
    /// Who judged and what was left unchecked, in sentences.
    pub remarks: Vec<String>,
    /// What to put before `path#L12` to link to a line, where that is known.
    pub links: Option<String>,
    /// The category that keeps this report apart from others of the same commit.
    pub category: Option<String>,
    /// Shown paths with the same path from the repository's root, where the two differ.
    root_paths: BTreeMap<String, String>,
}

/// What is kept of files without fault where no format lists them: there may be very many.
#[derive(Debug, Default)]
pub struct Passed {
    /// How many files.
    pub files: usize,
    /// How many threat models in them.
    pub models: usize,
    /// The worst score, with the name of its file; of equals that of the first name.
    pub worst: Option<(Decimal, Band, String)>,
}

impl Passed {
    /// Adds a file with its threat models.
    pub fn add(&mut self, name: &str, models: usize, worst: Option<(Decimal, Band)>) {
        self.files += 1;
        self.models += models;
        if let Some((score, band)) = worst {
            self.worst = worse(self.worst.take(), Some((score, band, name.to_owned())));
        }
    }
}

/// The worse of two scores; of equals that with the first name.
fn worse<N: Ord>(
    one: Option<(Decimal, Band, N)>,
    other: Option<(Decimal, Band, N)>,
) -> Option<(Decimal, Band, N)> {
    match (one, other) {
        (Some(one), Some(other)) => {
            let is_other = other.0 > one.0 || (other.0 == one.0 && other.2 < one.2);
            Some(if is_other { other } else { one })
        }
        (one, other) => one.or(other),
    }
}

/// One file's part of the report.
#[derive(Clone, Debug)]
pub struct FileReport {
    /// The file's path as it is shown, and the lines that there is something to say about.
    pub excerpt: Excerpt,
    /// The whole text, where it is kept: for the page, and for those who rewrite it.
    pub source: Option<Arc<Source>>,
    /// The path relative to the repository's root, with `/` between its parts.
    pub path: String,
    /// Its threat models.
    pub models: Vec<ScoredModel>,
    /// What is wrong with it.
    pub diagnostics: Vec<Diagnostic>,
    /// Whether it is a policy, which is judged as well.
    pub is_policy: bool,
    /// Whether there is nothing to read at the path: a threat model that was removed, or a folder without one.
    pub is_missing: bool,
}

impl FileReport {
    /// What there is to say of a file that lies at `path`, relative to the repository's root. Its text is not kept.
    pub fn new(
        source: &Source,
        path: String,
        models: Vec<ScoredModel>,
        diagnostics: Vec<Diagnostic>,
    ) -> Self {
        let excerpt = Excerpt::of(source, &diagnostics);
        Self { excerpt, source: None, path, models, diagnostics, is_policy: false, is_missing: false }
    }

    /// What there is to say of a policy.
    pub fn of_policy(source: &Source, path: String, diagnostics: Vec<Diagnostic>) -> Self {
        Self { is_policy: true, ..Self::new(source, path, Vec::new(), diagnostics) }
    }

    /// What there is to say of a path at which there is nothing to read.
    pub fn of_path(name: &str, path: String, diagnostics: Vec<Diagnostic>) -> Self {
        let source = Source::decode(name, Vec::new());
        Self { is_missing: true, ..Self::new(&source, path, Vec::new(), diagnostics) }
    }

    /// Whether it is a file that contains threat models, or should.
    pub const fn is_model(&self) -> bool {
        !self.is_policy && !self.is_missing
    }

    /// With its text.
    #[must_use]
    pub fn with_text(self, source: Arc<Source>) -> Self {
        Self { source: Some(source), ..self }
    }

    /// The file's path as it is shown, with `/` between its parts.
    pub fn name(&self) -> &str {
        self.excerpt.name()
    }

    /// Whether all there is in the file was read. Where it was not, there may be threat models that nobody has seen, and
    /// those that were seen may say something else.
    pub fn is_read(&self) -> bool {
        let is_about_all = |fault: &Diagnostic| fault.model.is_none() && fault.fixed;
        !self.models.is_empty() && !self.diagnostics.iter().any(is_about_all)
    }

    /// Whether the scores of all its threat models are known.
    pub fn is_scored(&self) -> bool {
        self.is_read() && self.models.iter().all(ScoredModel::is_computed)
    }
}

/// The answer of the gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing at or above the failing level.
    Passed,
    /// Something at or above it.
    Failed,
    /// Something could not be judged, whatever else was found.
    CannotJudge,
}

impl Verdict {
    /// The process's exit code: 0, 1 or 2.
    pub const fn exit_code(self) -> u8 {
        match self {
            Self::Passed => 0,
            Self::Failed => 1,
            Self::CannotJudge => 2,
        }
    }

    /// The verdict in a word, for reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::CannotJudge => "cannot-judge",
        }
    }
}

impl Report {
    /// A report in which nothing stands yet.
    pub fn new(today: Date, fail_on: Level) -> Self {
        Self {
            passed: Passed::default(),
            files: Vec::new(),
            policies: 0,
            skipped: Vec::new(),
            obstacles: Vec::new(),
            policy: String::new(),
            in_force: None,
            today,
            fail_on,
            lowered: Vec::new(),
            change: None,
            new_only: false,
            remarks: Vec::new(),
            links: None,
            category: None,
            root_paths: BTreeMap::new(),
        }
    }

    /// Records the path from the repository's root for every path that this report shows from the current folder.
    /// `matched` returns it, or nothing for the root itself.
    pub fn name_from_root(&mut self, matched: impl Fn(&Path) -> String) {
        let diagnostics = self.files.iter().flat_map(|file| &file.diagnostics);
        let origins = diagnostics.flat_map(|diagnostic| {
            let excepted = diagnostic.excepted.as_ref().map(|excepted| &excepted.origin);
            diagnostic.decided_by.as_deref().into_iter().chain(excepted)
        });
        let origins = origins.filter(|origin| origin.line > 0).map(|origin| &*origin.file);
        let policies = origins.chain([&*self.policy]).filter(|name| BuiltIn::named(name).is_none());
        let agents = self.change.iter().flat_map(|change| &change.agents);
        let agents = agents.flat_map(|agent| [Some(&*agent.path), agent.renamed_from.as_deref()]).flatten();
        let obstacles = self.obstacles.iter().map(InputError::path);
        let worst = self.worst().map(|(.., name)| name);
        let shown = policies.chain(agents).chain(obstacles).chain(worst).filter(|shown| !shown.is_empty());
        let mut root_paths = BTreeMap::new();
        for shown in shown {
            if !root_paths.contains_key(shown) {
                let path = matched(Path::new(shown));
                root_paths.insert(shown.to_owned(), if path.is_empty() { ".".to_owned() } else { path });
            }
        }
        root_paths.retain(|shown, path| shown != path);
        self.root_paths = root_paths;
    }

    /// The path from the repository's root for a shown one.
    pub fn root_path<'a>(&'a self, shown: &'a str) -> &'a str {
        self.root_paths.get(shown).map_or(shown, String::as_str)
    }

    /// What the gate answers.
    pub fn verdict(&self) -> Verdict {
        if !self.obstacles.is_empty() {
            Verdict::CannotJudge
        } else if self.diagnostics().any(|(_, diagnostic)| self.fails(diagnostic)) {
            Verdict::Failed
        } else {
            Verdict::Passed
        }
    }

    /// Whether a diagnostic counts: it is neither excepted nor, where only new ones are asked for, in the base already.
    pub fn counts(&self, diagnostic: &Diagnostic) -> bool {
        diagnostic.excepted.is_none() && !(self.new_only && diagnostic.known)
    }

    /// Whether formats for people list a diagnostic: where only new ones count, the others are only counted.
    pub(crate) fn lists(&self, diagnostic: &Diagnostic) -> bool {
        !self.new_only || self.counts(diagnostic)
    }

    /// How many diagnostics do not count, in words.
    pub(crate) fn unlisted(&self) -> Option<String> {
        let parts = [(self.passed_over(), "in the base"), (self.excepted(), "excepted")];
        let parts = parts.into_iter().filter(|(number, _)| *number > 0);
        let parts: Vec<String> = parts.map(|(number, word)| format!("{number} {word}")).collect();
        let number = self.passed_over() + self.excepted();
        (number > 0).then(|| format!("{} not listed: {}", count(number, "problem"), parts.join(", ")))
    }

    /// Whether a diagnostic fails the gate.
    pub fn fails(&self, diagnostic: &Diagnostic) -> bool {
        diagnostic.level >= self.fail_on && self.counts(diagnostic)
    }

    /// Every diagnostic with its file, in the order of the report.
    pub fn diagnostics(&self) -> impl Iterator<Item = (&Excerpt, &Diagnostic)> {
        self.files
            .iter()
            .flat_map(|file| file.diagnostics.iter().map(|diagnostic| (&file.excerpt, diagnostic)))
    }

    /// How many diagnostics of this level count.
    pub fn count(&self, level: Level) -> usize {
        self.diagnostics()
            .filter(|(_, diagnostic)| diagnostic.level == level && self.counts(diagnostic))
            .count()
    }

    /// How many diagnostics do not count because the base has them already.
    pub fn passed_over(&self) -> usize {
        let known = |diagnostic: &Diagnostic| diagnostic.excepted.is_none() && !self.counts(diagnostic);
        self.diagnostics().filter(|(_, diagnostic)| known(diagnostic)).count()
    }

    /// How many diagnostics an exception covers.
    pub fn excepted(&self) -> usize {
        self.diagnostics().filter(|(_, diagnostic)| diagnostic.excepted.is_some()).count()
    }

    /// How many threat models were judged.
    pub fn models(&self) -> usize {
        self.files.iter().map(|file| file.models.len()).sum::<usize>() + self.passed.models
    }

    /// The worst computed score with the name of its file.
    pub fn worst(&self) -> Option<(Decimal, Band, &str)> {
        let scores = self.files.iter().flat_map(|file| {
            let scores = file.models.iter().flat_map(|model| &model.scores);
            scores.filter_map(|score| Some((score.working.as_ref()?, file.name())))
        });
        let scores = scores.map(|(working, name)| Some((working.score, working.band, name)));
        let passed = self.passed.worst.as_ref().map(|(score, band, name)| (*score, *band, name.as_str()));
        scores.fold(passed, worse)
    }

    /// Whether every score is known: of each file that should hold threat models all was read, and all was computed.
    pub fn is_scored(&self) -> bool {
        self.files.iter().filter(|file| file.is_model()).all(FileReport::is_scored)
    }

    /// The summary for people, in a line.
    pub fn summary(&self) -> String {
        self.summarize(|name| name)
    }

    /// The same summary with paths from the repository's root.
    pub(crate) fn summary_from_root(&self) -> String {
        self.summarize(|name| self.root_path(name))
    }

    fn summarize<'a>(&'a self, shown: impl Fn(&'a str) -> &'a str) -> String {
        let with_models = self.files.iter().filter(|file| file.is_model()).count() + self.passed.files;
        let mut parts = vec![count(with_models, "file"), count(self.models(), "model")];
        if self.policies > 0 {
            parts.push(if self.policies == 1 {
                "1 policy".to_owned()
            } else {
                format!("{} policies", self.policies)
            });
        }
        for (level, word) in [(Level::Error, "error"), (Level::Warning, "warning"), (Level::Note, "note")] {
            let number = self.count(level);
            if number > 0 || level == Level::Error {
                parts.push(count(number, word));
            }
        }
        if self.excepted() > 0 {
            parts.push(format!("{} excepted", self.excepted()));
        }
        if self.passed_over() > 0 {
            parts.push(format!("{} in the base already", self.passed_over()));
        }
        let models = self.files.iter().flat_map(|file| &file.models);
        let uncomputed: usize = models.map(|model| model.uncomputed).sum();
        if uncomputed > 0 {
            parts.push(format!("{} not computable", count(uncomputed, "score")));
        }
        if !self.skipped.is_empty() {
            parts.push(format!("{} skipped (no threat model)", self.skipped.len()));
        }
        let mut line = parts.join(", ");
        if let Some((score, band, name)) = self.worst() {
            line.push_str(&format!("; worst score {score} {} in {}", band.name(), shown(name)));
        }
        line
    }
}

/// A number of things, in words.
pub(crate) fn count(number: usize, word: &str) -> String {
    if number == 1 { format!("1 {word}") } else { format!("{number} {word}s") }
}
