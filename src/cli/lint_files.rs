//! One file tree checked against one policy: finds the files, lints them on all cores, and collects the results.

use std::collections::BTreeSet;
use std::panic::{self, AssertUnwindSafe};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::aivss::Band;
use crate::cli::gate::{CheckRun, Keep};
use crate::cli::memo::{Stage, WatchedLoader};
use crate::cli::parallel::{Turn, parallel_map, thread_count};
use crate::cli::required::add_missing;
use crate::cli::streams::without_stdin;
use crate::decimal::Decimal;
use crate::input_error::{InputError, PolicyRole, SkipReason};
use crate::lint::{Content, LintContext, LintResult, lint};
use crate::model::is_meant;
use crate::policy::PolicyUsage;
use crate::report::{FileReport, Report};
use crate::rules;
use crate::rules::Rule;
use crate::score::ScoredModel;
use crate::source::{Language, Source};
use crate::syntax::{may_be_model, parse};
use crate::workspace::candidate::{Candidate, Discovery};
use crate::workspace::file_tree::FileTree;

/// A report, and the parts of the policy that decided it.
pub(crate) struct RunResult {
    pub(crate) report: Report,
    pub(crate) used: PolicyUsage,
    /// Policies in places where policies are not read, by their paths from the root.
    pub(crate) misplaced: BTreeSet<String>,
}

/// Finds and lints the files of one tree.
pub(crate) fn lint_files(run: CheckRun<'_>) -> RunResult {
    let paths = without_stdin(run.options.paths);
    let discovery = run.head.discover(run.options.search(&paths, run.policy), &run.head.readable());
    lint_discovered(run, &discovery, Stage::Single)
}

/// Lints the discovered files of one tree.
pub(crate) fn lint_discovered(run: CheckRun<'_>, discovery: &Discovery, stage: Stage<'_>) -> RunResult {
    let CheckRun { options, head: tree, policy } = run;
    let context = LintContext { policy, today: options.today, load: &tree, before: stage.baseline() };
    let keep = if policy.requires_models() { options.keep.max(Keep::Models) } else { options.keep };
    let mut result = RunResult {
        report: Report::new(options.today, options.fail_on),
        used: PolicyUsage::default(),
        misplaced: discovery.misplaced.clone(),
    };
    if let (FileTree::WorkTree(repository), Some(stdin)) = (tree, options.stdin) {
        let name = options.stdin_filename.to_owned();
        let matched = repository.matched(Path::new(&name));
        let candidate = Candidate { matched, name, path: PathBuf::new(), named: true, by_marker: false };
        let outcome = stdin.clone().map(|bytes| lint_new(&candidate, bytes, context, keep));
        result.add(&candidate, outcome);
    }
    let threads = thread_count(options.threads);
    let small = (SHARED_BYTES / threads).max(SMALL_FILE);
    let outcomes = parallel_map(&discovery.candidates, threads, options.progress, |candidate, turn| {
        let most = if turn == Turn::Shared { small } else { usize::MAX };
        let run =
            AssertUnwindSafe(|| lint_candidate(candidate, tree, context, stage, keep, most).transpose());
        // After a panic of this program the file counts as not checked.
        panic::catch_unwind(run)
            .unwrap_or_else(|_| Some(Err("this program failed on it; please report that".to_owned())))
    });
    result.add_all(discovery, outcomes, tree);
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
    found: Found,
}

#[derive(Clone)]
enum Found {
    /// A file without problems that no output lists.
    Counted {
        models: usize,
        worst: Option<(Decimal, Band)>,
    },
    Reported(Content, Box<FileReport>),
}

impl FileOutcome {
    /// The number of threat models in the file, if their names are kept.
    pub(crate) fn models(&self) -> Option<usize> {
        match &self.found {
            Found::Counted { .. } => None,
            Found::Reported(_, file) => Some(file.models.len()),
        }
    }
}

/// Reads and lints a file, or returns `None` if it has more bytes than `most`.
fn lint_candidate(
    candidate: &Candidate,
    tree: FileTree<'_>,
    context: LintContext<'_>,
    stage: Stage<'_>,
    keep: Keep,
    most: usize,
) -> Result<Option<FileOutcome>, String> {
    if let Some(outcome) = stage.recall(candidate) {
        return Ok(Some(outcome));
    }
    let Some(bytes) = tree.read(candidate, most)? else { return Ok(None) };
    if let Some(outcome) = stage.recall_bytes(candidate, &bytes) {
        return Ok(Some(outcome));
    }
    let digest = stage.digest(&bytes);
    let files = WatchedLoader::new(context.load);
    let outcome = lint_new(candidate, bytes, LintContext { load: &files, ..context }, keep);
    if let Some(digest) = digest
        && !files.is_used()
        && outcome.unchecked.is_empty()
    {
        stage.record(candidate, digest, &outcome);
    }
    Ok(Some(outcome))
}

fn lint_new(candidate: &Candidate, bytes: Vec<u8>, context: LintContext<'_>, keep: Keep) -> FileOutcome {
    let source = Source::decode(candidate.name.clone(), bytes);
    let mut result = lint(&source, &candidate.matched, context);
    if candidate.by_marker && is_mention(&source, &result) {
        result.content = Content::Other;
        result.diagnostics.clear();
    }
    let used = std::mem::take(&mut result.used);
    let unchecked = std::mem::take(&mut result.unchecked);
    if keep == Keep::Problems
        && let Some(found) = counted(&result)
    {
        return FileOutcome { used, unchecked, found };
    }
    let LintResult { content, mut models, diagnostics, .. } = result;
    match keep {
        Keep::Problems => models = models.into_iter().map(ScoredModel::summarized).collect(),
        Keep::Models | Keep::ProblemTexts => {
            models = models.into_iter().map(ScoredModel::without_texts).collect();
        }
        Keep::Texts => {}
    }
    let keeps_text = keep == Keep::Texts || !diagnostics.is_empty();
    let mut file = FileReport::new(Arc::new(source), candidate.matched.clone(), models, diagnostics);
    file.is_policy = content == Content::BrokenPolicy;
    file.source = file.source.filter(|_| keeps_text);
    FileOutcome { used, unchecked, found: Found::Reported(content, Box::new(file)) }
}

/// The counts of a threat model without problems, all scores of which could be computed.
fn counted(result: &LintResult) -> Option<Found> {
    let mut scores = result.models.iter().flat_map(|model| &model.scores);
    let is_computed = scores.all(|score| score.working.is_some());
    if !result.diagnostics.is_empty() || result.content != Content::Model || !is_computed {
        return None;
    }
    let workings = result.models.iter().filter_map(ScoredModel::worst);
    let worst = workings.map(|working| (working.score, working.band)).max_by_key(|(score, _)| *score);
    Some(Found::Counted { models: result.models.len(), worst })
}

/// Whether a file that was found by the marker alone mentions it in prose, and contains no threat model. A file that cannot
/// be read completely contains one if the marker can be a key in it.
fn is_mention(source: &Source, result: &LintResult) -> bool {
    if !result.models.is_empty() || source.undecodable().is_some() {
        return false;
    }
    let has = |rule: &Rule| result.diagnostics.iter().any(|problem| problem.rule == rule.name);
    let unread = [
        &rules::builtin::MARKER_UNREAD,
        &rules::builtin::MODEL_UNREADABLE,
        &rules::builtin::FILE_TOO_COMPLEX,
    ];
    if unread.into_iter().any(has) {
        return false;
    }
    if has(&rules::builtin::MARKER_MISSING) && parse(source).roots().any(is_meant) {
        return false;
    }
    let missing = rules::builtin::MARKER_MISSING.name;
    let is_broken = result.diagnostics.iter().any(|problem| problem.fixed && problem.rule != missing);
    // A page has problems only in blocks that were meant to be threat models.
    let is_page = source.language() == Language::Markdown;
    !(is_broken && (is_page || may_be_model(source.text(), source.language())))
}

impl RunResult {
    /// Adds all files, and an error for each folder without a threat model.
    fn add_all(
        &mut self,
        discovery: &Discovery,
        outcomes: Vec<Option<Result<FileOutcome, String>>>,
        tree: FileTree<'_>,
    ) {
        self.report.input_errors.extend(discovery.errors.iter().cloned());
        self.report.skipped.extend(discovery.left_out.iter().cloned());
        let mut relevant = Vec::new();
        for (candidate, outcome) in discovery.candidates.iter().zip(outcomes) {
            if self.add(candidate, outcome.unwrap_or_else(|| Err("not checked".to_owned()))) {
                relevant.push(candidate);
            }
        }
        let repository = tree.repository();
        for folder in &discovery.folders {
            if !relevant.iter().any(|candidate| repository.holds(folder, &candidate.path)) {
                self.report.input_errors.push(InputError::EmptyFolder { path: repository.shown(folder) });
            }
        }
    }

    /// Adds a file; returns whether a folder with it has something to check: a threat model, an error, or a named policy.
    fn add(&mut self, candidate: &Candidate, outcome: Result<FileOutcome, String>) -> bool {
        let path = candidate.name.clone();
        let report = &mut self.report;
        let FileOutcome { used, unchecked, found } = match outcome {
            Ok(outcome) => outcome,
            Err(cause) => {
                report.input_errors.push(InputError::unreadable(path, cause));
                return true;
            }
        };
        self.used.extend(used);
        for cause in unchecked {
            report.input_errors.push(InputError::unreadable(&*path, cause));
        }
        let (content, file) = match found {
            Found::Counted { models, worst } => {
                report.passed.add(&path, models, worst);
                return true;
            }
            Found::Reported(content, file) => (content, *file),
        };
        match content {
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
            Content::Unmarked | Content::Other => {
                let is_unmarked = content == Content::Unmarked;
                if candidate.named && is_unmarked {
                    report.input_errors.push(InputError::Unmarked { path });
                } else if candidate.named {
                    report.input_errors.push(InputError::NoModel { path });
                } else {
                    if is_unmarked {
                        report.remarks.push(format!("skipped {path}: {}", SkipReason::Unmarked));
                    }
                    report.skipped.push(path);
                }
                return false;
            }
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
