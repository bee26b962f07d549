//! One file tree checked against one policy: finds the files, lints them on all cores, and collects the results. A file that
//! is the same in the base and in the head is read and linted once, if nothing else decides its result.

use std::collections::{BTreeSet, HashMap};
use std::panic::{self, AssertUnwindSafe};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::cli::common::{FAILED, without_stdin};
use crate::cli::policy_review::add_missing;
use crate::cli::rows::RowWriter;
use crate::cli::run::{CheckRun, Keep};
use crate::cli::skipped::{add_hinted, report_others};
use crate::digest;
use crate::file_kind::OtherFile;
use crate::input_error::{InputError, PolicyRole};
use crate::lint::{BaseModels, Content, LintContext, LintResult, lint};
use crate::output::rows::{RowFile, file_rows};
use crate::policy::PolicyUsage;
use crate::report::{FileReport, Report, Summary};
use crate::score::ScoredModel;
use crate::source::Source;
use crate::workspace::FileTree;
use crate::workspace::candidate::{Candidate, Discovery};
use crate::workspace::parallel::{Turn, parallel_map, thread_count};
use crate::workspace::recognize::{may_be_other, other_file};

pub(crate) struct RunResult {
    pub(crate) report: Report,
    pub(crate) used: PolicyUsage,
    /// Policies in places where policies are not read, by their paths from the root.
    pub(crate) misplaced: BTreeSet<String>,
}

pub(crate) fn lint_files(run: CheckRun<'_>) -> RunResult {
    let paths = without_stdin(run.options.paths);
    let discovery = run.head.discover(run.options.search(&paths, run.policy), &run.head.readable());
    lint_discovered(run, &discovery, RunStage::Single)
}

pub(crate) fn lint_discovered(run: CheckRun<'_>, discovery: &Discovery, stage: RunStage<'_>) -> RunResult {
    let CheckRun { options, head: tree, policy, rows } = run;
    let before = if let RunStage::Compared(_, baseline) = stage { Some(baseline) } else { None };
    let context = LintContext { policy, today: options.today, load: &tree, before };
    let file_run = FileRun { run, context, stage };
    let mut result = RunResult {
        report: Report::new(options.today, options.gate),
        used: PolicyUsage::default(),
        misplaced: discovery.misplaced.clone(),
    };
    if let (FileTree::WorkTree(repository), Some(stdin)) = (tree, options.stdin) {
        let name = options.stdin_filename.to_owned();
        let matched = repository.matched(Path::new(&name));
        let candidate = Candidate { matched, name, path: PathBuf::new(), named: true, by_marker: false };
        let outcome = stdin.clone().map(|bytes| file_run.lint_new(&candidate, bytes));
        result.add(&candidate, outcome, rows);
    }
    let threads = thread_count(options.threads);
    let small = (SHARED_BYTES / threads).max(SMALL_FILE);
    let lint_one = |candidate: &Candidate, turn| {
        let most = if turn == Turn::Shared { small } else { usize::MAX };
        // After a panic of this program the file counts as not checked.
        panic::catch_unwind(AssertUnwindSafe(|| file_run.lint_candidate(candidate, tree, most).transpose()))
            .unwrap_or_else(|_| Some(Err(FAILED.to_owned())))
    };
    let mut empty: Vec<&PathBuf> = discovery.folders.iter().collect();
    parallel_map(&discovery.candidates, threads, options.progress, lint_one, |candidate, outcome| {
        if result.add(candidate, outcome.unwrap_or_else(|| Err("not checked".to_owned())), rows) {
            empty.retain(|folder| !tree.repository().holds(folder, &candidate.path));
        }
    });
    result.add_discovery(discovery, &empty, run);
    add_missing(run, context, &mut result);
    result
}

/// The bytes of files that are linted at the same time, if there are several: hundreds of usual threat models.
const SHARED_BYTES: usize = 1024 * 1024;
/// The share of a thread in them, for any number of threads, in bytes.
const SMALL_FILE: usize = 64 * 1024;

/// The result for one file. There may be very many, so a file that passed takes little memory.
#[derive(Clone)]
pub(crate) struct FileOutcome {
    used: PolicyUsage,
    /// Why rules in Rego could not check the file.
    unchecked: Vec<String>,
    /// Its rows, as text.
    rows: String,
    /// Whether other files could decide it.
    asks_files: bool,
    found: Found,
}

#[derive(Clone)]
enum Found {
    /// A file that no output lists.
    Counted(Box<Summary>),
    Reported(Box<FileReport>),
    Other(OtherFile),
}

impl FileOutcome {
    /// Whether the result for a file that was not given by name holds for a candidate: without a threat model, it may not if
    /// that was.
    fn is_for(&self, candidate: &Candidate) -> bool {
        !candidate.named || matches!(&self.found, Found::Reported(file) if !file.models.is_empty())
    }
}

/// The parts of a run that decide the result for a file.
#[derive(Clone, Copy)]
struct FileRun<'r> {
    run: CheckRun<'r>,
    context: LintContext<'r>,
    stage: RunStage<'r>,
}

impl FileRun<'_> {
    /// Reads and lints a file, or returns `None` if it has more bytes than `most`.
    fn lint_candidate(
        &self,
        candidate: &Candidate,
        tree: FileTree<'_>,
        most: usize,
    ) -> Result<Option<FileOutcome>, String> {
        if let Some(outcome) = self.stage.recall(candidate) {
            return Ok(Some(outcome));
        }
        let same = if let RunStage::Base(memo, head) = self.stage {
            head.read_same(candidate, tree, most).map(|bytes| (memo, bytes))
        } else {
            None
        };
        let Some((memo, bytes)) = same else {
            return Ok(tree.read(candidate, most)?.map(|bytes| self.lint_new(candidate, bytes)));
        };
        let outcome = self.lint_new(candidate, bytes);
        // A result that depends on other files is valid for one side only.
        if !outcome.asks_files && outcome.unchecked.is_empty() {
            memo.lock().insert(candidate.matched.clone(), outcome.clone());
        }
        Ok(Some(outcome))
    }

    fn lint_new(&self, candidate: &Candidate, bytes: Vec<u8>) -> FileOutcome {
        // A broken file can be what became of a threat model of the base.
        let may_be_other =
            !matches!(self.stage, RunStage::Pairing(_)) && may_be_other(candidate, &bytes, self.context);
        let digest = self.run.options.has_digests.then(|| digest::of_bytes(&bytes).into_boxed_str());
        let source = Source::decode(candidate.name.clone(), bytes);
        let mut result = lint(&source, &candidate.matched, self.context);
        let other = other_file(candidate, &source, &result, may_be_other);
        let used = std::mem::take(&mut result.used);
        let unchecked = std::mem::take(&mut result.unchecked);
        let asks_files = result.asks_files;
        let mut rows = String::new();
        let found = if let Some(other) = other {
            Found::Other(other)
        } else {
            let file = RowFile {
                path: &candidate.matched,
                digest: digest.as_deref(),
                models: &result.models,
                diagnostics: &result.diagnostics,
                is_unchecked: !unchecked.is_empty(),
            };
            if let Some(writer) = self.run.rows.filter(|_| result.content == Content::Model) {
                rows = file_rows(file, &writer.context);
            }
            self.kept(candidate, source, digest, result)
        };
        FileOutcome { used, unchecked, rows, asks_files, found }
    }

    /// The data that the report keeps about a file.
    fn kept(
        &self,
        candidate: &Candidate,
        source: Source,
        digest: Option<Box<str>>,
        result: LintResult,
    ) -> Found {
        if self.is_countable(&result) {
            let totals =
                Summary::of(source.name(), &result.models, &result.diagnostics, self.run.options.gate);
            return Found::Counted(Box::new(totals));
        }
        let LintResult { content, mut models, diagnostics, .. } = result;
        match self.keep() {
            Keep::Counts | Keep::Problems => {
                models = models.into_iter().map(ScoredModel::summarized).collect();
            }
            Keep::Models | Keep::ProblemTexts => {
                models = models.into_iter().map(ScoredModel::without_texts).collect();
            }
            Keep::Texts => {}
        }
        let keeps_text = self.keep() == Keep::Texts || !diagnostics.is_empty();
        let mut file = FileReport::new(Arc::new(source), candidate.matched.clone(), models, diagnostics);
        file.digest = digest;
        file.content = content;
        file.source = file.source.filter(|_| keeps_text);
        Found::Reported(Box::new(file))
    }

    fn keep(&self) -> Keep {
        let CheckRun { options, policy, .. } = self.run;
        if policy.requires_models() { options.keep.max(Keep::Models) } else { options.keep }
    }

    /// Whether the totals of a file are enough: of a threat model without problems, all scores of which could be computed,
    /// or of any if no output lists problems.
    fn is_countable(&self, result: &LintResult) -> bool {
        let mut scores = result.models.iter().flat_map(|model| &model.scores);
        result.content == Content::Model
            && match self.keep() {
                Keep::Counts => true,
                Keep::Problems => {
                    result.diagnostics.is_empty()
                        && scores.all(|score| score.working.is_some())
                        && !result.models.iter().any(|model| model.is_unscored)
                }
                Keep::Models | Keep::ProblemTexts | Keep::Texts => false,
            }
    }
}

impl RunResult {
    /// Adds what the search of files found besides them, and an error for each folder without a threat model.
    fn add_discovery(&mut self, discovery: &Discovery, empty: &[&PathBuf], run: CheckRun<'_>) {
        self.report.input_errors.extend(discovery.errors.iter().cloned());
        self.report.skipped.extend(discovery.left_out.iter().cloned());
        if !empty.is_empty() || run.options.lists_others {
            add_hinted(&mut self.report, discovery);
        }
        report_others(&mut self.report, empty, run.head.repository());
    }

    /// Adds a file; returns whether a folder with it has something to check: a threat model, an error, or a named policy.
    fn add(
        &mut self,
        candidate: &Candidate,
        outcome: Result<FileOutcome, String>,
        writer: Option<&RowWriter<'_>>,
    ) -> bool {
        let path = candidate.name.clone();
        let report = &mut self.report;
        let FileOutcome { used, unchecked, rows, found, .. } = match outcome {
            Ok(outcome) => outcome,
            Err(cause) => {
                report.input_errors.push(InputError::unreadable(path, cause));
                return true;
            }
        };
        if let Some(writer) = writer {
            writer.write(&rows);
        }
        self.used.extend(used);
        for cause in unchecked {
            report.input_errors.push(InputError::unreadable(&*path, cause));
        }
        let file = match found {
            Found::Counted(totals) => {
                report.counted.add(*totals);
                return true;
            }
            Found::Reported(file) => *file,
            Found::Other(file) if candidate.named => {
                report.input_errors.push(InputError::NoModel { path, file });
                return false;
            }
            Found::Other(file) => {
                report.skipped.push(path.clone());
                report.others.insert(path, file);
                return false;
            }
        };
        match file.content {
            Content::Model => report.files.push(file),
            Content::BrokenPolicy => {
                report.input_errors.push(InputError::BrokenPolicy { path, role: PolicyRole::Checked });
                report.files.push(file);
            }
            Content::LfsPointer => report.input_errors.push(InputError::LfsPointer { path }),
            Content::Policy => {
                report.policies += 1;
                return candidate.named;
            }
            // Such a file was not reported.
            Content::Unmarked | Content::Other | Content::Missing => return false,
        }
        true
    }

    /// Adds the diagnostics about a path at which nothing can be read.
    pub(crate) fn add_path(&mut self, name: &str, path: String, result: LintResult) {
        self.used.extend(result.used);
        if !result.diagnostics.is_empty() {
            self.report.files.push(FileReport::of_path(name, path, result.diagnostics));
        }
    }
}

/// The results for files that are the same in the base and in the head, by their paths from the root.
#[derive(Default)]
pub(crate) struct Memo(Mutex<HashMap<String, FileOutcome>>);

impl Memo {
    fn lock(&self) -> MutexGuard<'_, HashMap<String, FileOutcome>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The files of the head, ordered by name.
#[derive(Clone, Copy)]
pub(crate) struct HeadFiles<'h> {
    pub(crate) tree: FileTree<'h>,
    pub(crate) candidates: &'h [Candidate],
}

impl HeadFiles<'_> {
    /// The bytes of a file of the base, if the head checks the same file, under the same name.
    fn read_same(&self, candidate: &Candidate, base: FileTree<'_>, most: usize) -> Option<Vec<u8>> {
        let FileTree::Commit(_, commit) = base else { return None };
        let first = self.candidates.partition_point(|file| file.name < candidate.name);
        let mut named = self.candidates[first..].iter().take_while(|file| file.name == candidate.name);
        let file = named.next()?;
        // Different names that are not UTF-8 can be shown alike.
        let is_same = named.next().is_none()
            && (&file.matched, file.by_marker) == (&candidate.matched, candidate.by_marker);
        is_same.then(|| self.tree.read_same(file, commit, most))?
    }
}

/// The stage of a run, with the results that it records or reuses.
#[derive(Clone, Copy)]
pub(crate) enum RunStage<'m> {
    /// A run without a base.
    Single,
    /// The base, which records results for files that the head has as well.
    Base(&'m Memo, HeadFiles<'m>),
    /// The head by itself, to pair its models with those of the base.
    Pairing(&'m Memo),
    /// The head compared with the base.
    Compared(&'m Memo, &'m dyn BaseModels),
}

impl RunStage<'_> {
    /// The result for a file of the head that is the same in the base, unless the comparison can change it.
    fn recall(self, candidate: &Candidate) -> Option<FileOutcome> {
        match self {
            Self::Single | Self::Base(..) => None,
            Self::Pairing(memo) => {
                let memo = memo.lock();
                memo.get(&candidate.matched).filter(|outcome| outcome.is_for(candidate)).cloned()
            }
            // Nothing reads it after this.
            Self::Compared(memo, baseline) => {
                let outcome = memo.lock().remove(&candidate.matched)?;
                let Found::Reported(file) = &outcome.found else { return None };
                let is_itself = baseline.is_itself(&candidate.matched, file.models.len());
                (is_itself && outcome.is_for(candidate)).then_some(outcome)
            }
        }
    }
}
