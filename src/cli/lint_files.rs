//! One side judged by one policy: finds the files, judges them on all cores, and gathers what there is to say.

use std::collections::BTreeSet;
use std::io;
use std::panic::{self, AssertUnwindSafe};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Sender};
use std::sync::{Arc, OnceLock};
use std::thread;

use crate::aivss::Band;
use crate::cli::STACK;
use crate::cli::gate::{CheckOptions, CliError, Keep};
use crate::cli::memo::{Memory, Watched};
use crate::cli::progress::{Progress, follow};
use crate::cli::required::add_missing;
use crate::compare::Baseline;
use crate::decimal::Decimal;
use crate::diagnostic::Diagnostic;
use crate::input_error::{InputError, PolicyRole, SkipReason};
use crate::lint::{Content, LintContext, LintResult, lint};
use crate::model::is_meant;
use crate::policy::Policy;
use crate::policy_audit::PolicyUsage;
use crate::report::{FileReport, Report};
use crate::rules;
use crate::rules::Rule;
use crate::score::assessed::Assessed;
use crate::source::{Language, Source};
use crate::syntax::{may_be_model, parse};
use crate::workspace::discover::{Candidate, Discovery, Search, read_bounded};
use crate::workspace::file_tree::FileTree;

/// A report, and what of the policy had a part in it.
pub(crate) struct RunResult {
    pub(crate) report: Report,
    pub(crate) used: PolicyUsage,
    /// Policies that are not where policies are read from, by their paths from the root.
    pub(crate) misplaced: BTreeSet<String>,
}

/// The files and folders among the paths, without standard input.
pub(crate) fn without_stdin(paths: &[PathBuf]) -> Vec<PathBuf> {
    paths.iter().filter(|path| path.as_os_str() != "-").cloned().collect()
}

/// Finds the files of one side, and judges them.
pub(crate) fn lint_files(ask: &CheckOptions<'_>, side: FileTree<'_>, policy: &Policy) -> RunResult {
    let paths = without_stdin(ask.paths);
    let search = Search { paths: &paths, policy, named: ask.named, threads: ask.threads };
    let discovery = side.discover(search, &side.readable());
    look_at(ask, side, policy, &discovery, (None, Memory::None))
}

/// Judges files of one side.
pub(crate) fn look_at(
    ask: &CheckOptions<'_>,
    side: FileTree<'_>,
    policy: &Policy,
    discovery: &Discovery,
    (before, memory): (Option<&Baseline<'_>>, Memory<'_>),
) -> RunResult {
    let judge = LintContext { policy, today: ask.today, load: &side, before };
    let keep = if policy.requires_models() { ask.keep.max(Keep::Models) } else { ask.keep };
    let ask = &CheckOptions { keep, ..*ask };
    let report = Report::new(ask.today, ask.fail_on);
    let mut looked = RunResult { report, used: PolicyUsage::default(), misplaced: BTreeSet::new() };
    if matches!(side, FileTree::WorkTree(_)) {
        look_at_stdin(ask, side, judge, &mut looked);
    }
    let threads = match ask.threads {
        0 => thread::available_parallelism().map_or(1, std::num::NonZero::get),
        count => count,
    };
    let outcomes = judge_all(&discovery.candidates, side, judge, memory, (threads, ask.keep), ask.progress);
    looked.add_all(discovery, outcomes, side);
    add_missing(&without_stdin(ask.paths), side, judge, &mut looked);
    looked
}

/// Stops a command that has no use for standard input.
pub(crate) fn refuse_stdin(paths: &[PathBuf], done: &str) -> Result<(), CliError> {
    if paths.iter().any(|path| path.as_os_str() == "-") {
        let message = format!("standard input cannot be {done}: name a file (one called `-` is `./-`)");
        return Err(CliError::Usage(message));
    }
    Ok(())
}

/// What standard input holds, if it is among the paths.
pub(crate) fn read_stdin(paths: &[PathBuf]) -> Option<Result<Vec<u8>, String>> {
    #[expect(clippy::disallowed_methods, reason = "the user asked for it with `-`")]
    let read = || read_bounded(io::stdin().lock());
    paths.iter().any(|path| path.as_os_str() == "-").then(read)
}

fn look_at_stdin(ask: &CheckOptions<'_>, side: FileTree<'_>, judge: LintContext<'_>, looked: &mut RunResult) {
    let name = ask.stdin_filename.to_owned();
    let matched = side.repository().matched(Path::new(&name));
    let candidate = Candidate { matched, name, path: PathBuf::new(), named: true, by_marker: false };
    match ask.stdin {
        Some(Ok(bytes)) => {
            looked.add(&candidate, judge_bytes(&candidate, bytes.clone(), (judge, Memory::None), ask.keep));
        }
        Some(Err(message)) => {
            looked.report.obstacles.push(InputError::unreadable(candidate.name, message));
        }
        None => {}
    }
}

/// What one file came to. There may be very many, so that what passed takes little room.
#[derive(Clone)]
pub(crate) struct Judged {
    used: PolicyUsage,
    unjudged: Vec<String>,
    found: Found,
}

#[derive(Clone)]
enum Found {
    /// No fault, where nobody lists such files.
    Nothing(Tally),
    /// What there is to say.
    Said(Box<Said>),
}

impl Judged {
    /// How many threat models the file has, if they are known by their names.
    pub(crate) fn models(&self) -> Option<usize> {
        match &self.found {
            Found::Nothing(_) => None,
            Found::Said(said) => Some(said.file.models.len()),
        }
    }
}

fn judge_bytes(
    candidate: &Candidate,
    bytes: Vec<u8>,
    (judge, memory): (LintContext<'_>, Memory<'_>),
    keep: Keep,
) -> Judged {
    if let Some(judged) = memory.recall(candidate, &bytes, judge.before) {
        return judged;
    }
    let digest = memory.digest(&bytes);
    let files = Watched::new(judge.load);
    let judged = judge_anew(candidate, bytes, LintContext { load: &files, ..judge }, keep);
    if let Some(digest) = digest.filter(|_| !files.is_used() && judged.unjudged.is_empty()) {
        memory.keep(candidate, digest, &judged);
    }
    judged
}

fn judge_anew(candidate: &Candidate, bytes: Vec<u8>, judge: LintContext<'_>, keep: Keep) -> Judged {
    let source = Source::decode(candidate.name.clone(), bytes);
    let mut linted = lint(&source, &candidate.matched, judge);
    if candidate.by_marker && is_mention(&source, &linted) {
        linted.content = Content::Other;
        linted.diagnostics.clear();
    }
    let (used, unjudged) = (std::mem::take(&mut linted.used), std::mem::take(&mut linted.unjudged));
    let is_faulty = !linted.diagnostics.is_empty();
    let tally = (keep == Keep::Faults && !is_faulty).then(|| Tally::of(&linted)).flatten();
    let found = tally
        .map_or_else(|| Found::Said(Box::new(Said::new(candidate, source, linted, keep))), Found::Nothing);
    Judged { used, unjudged, found }
}

/// Whether a file that was found by the marker alone only mentions it in prose, so that it is nobody's threat model. What could
/// not be read as a whole is one if the marker can be a key in it.
fn is_mention(source: &Source, linted: &LintResult) -> bool {
    let has = |rule: &Rule| linted.diagnostics.iter().any(|problem| problem.rule == rule.name);
    let is_unread =
        [&rules::builtin::MARKER_UNREAD, &rules::builtin::MODEL_UNREADABLE, &rules::builtin::INPUT_LIMIT];
    let is_meant = || has(&rules::builtin::MARKER_MISSING) && parse(source).roots().any(is_meant);
    let is_missing = |problem: &Diagnostic| problem.rule == rules::builtin::MARKER_MISSING.name;
    let is_broken = linted.diagnostics.iter().any(|problem| problem.fixed && !is_missing(problem));
    // A page has problems only where a block was meant to be a threat model.
    let is_page = source.language() == Language::Markdown;
    let may_be_model = || is_page || may_be_model(source.text(), source.language());
    let is_model = is_unread.into_iter().any(has) || is_meant() || (is_broken && may_be_model());
    linted.models.is_empty() && source.undecodable().is_none() && !is_model
}

/// What a file is, and its part of the report, if it has one.
#[derive(Clone)]
struct Said {
    content: Content,
    file: FileReport,
}

impl Said {
    fn new(candidate: &Candidate, source: Source, linted: LintResult, keep: Keep) -> Self {
        let LintResult { content, mut models, diagnostics, .. } = linted;
        if keep == Keep::Faults {
            models = models.into_iter().map(Assessed::in_short).collect();
        }
        let keeps_text = keep == Keep::Texts || (keep == Keep::FaultyTexts && !diagnostics.is_empty());
        let mut file = FileReport::new(&source, candidate.matched.clone(), models, diagnostics);
        if keep > Keep::Faults && file.diagnostics.iter().any(|diagnostic| diagnostic.fixed) {
            file.excerpt = file.excerpt.to_compare(&source);
        }
        file.is_policy = content == Content::BrokenPolicy;
        file.source = keeps_text.then(|| Arc::new(source));
        Self { content, file }
    }
}

/// What is kept of a file without fault that nobody lists.
#[derive(Clone)]
struct Tally {
    models: usize,
    worst: Option<(Decimal, Band)>,
}

impl Tally {
    /// `None` for what is no threat model, or one of which a score could not be computed.
    fn of(linted: &LintResult) -> Option<Self> {
        let scores = || linted.models.iter().flat_map(|model| &model.scores);
        let is_whole = linted.content == Content::Model && scores().all(|score| score.working.is_some());
        let workings = linted.models.iter().filter_map(Assessed::worst);
        // The first of equals is the one that counts; they are of one file, and so are all the same.
        let worst = workings.map(|working| (working.score, working.band)).max_by_key(|(score, _)| *score);
        is_whole.then_some(Self { models: linted.models.len(), worst })
    }
}

/// How many bytes of files are judged at once, if that is more than one file: hundreds of honest threat models.
const SIDE_BY_SIDE: usize = 1024 * 1024;
/// What a thread may take of it, however many there are.
const SMALL: usize = 64 * 1024;

/// Judges files on several threads; the outcomes stand in the order of the files. Large ones are judged one by one when
/// all others are done, and by the same thread: the memory that one has used serves the next.
fn judge_all(
    candidates: &[Candidate],
    side: FileTree<'_>,
    judge: LintContext<'_>,
    memory: Memory<'_>,
    (threads, keep): (usize, Keep),
    progress: Progress,
) -> Vec<Result<Judged, String>> {
    let (next, done) = (AtomicUsize::new(0), AtomicUsize::new(0));
    // All who work hold an end of the line, and hang up when there is nothing left to do.
    let (working, at_work) = mpsc::channel();
    let outcomes: Vec<OnceLock<Result<Judged, String>>> =
        candidates.iter().map(|_| OnceLock::new()).collect();
    let small = (SIDE_BY_SIDE / threads.max(1)).max(SMALL);
    let judge_one = |at: usize, most: usize| {
        let (Some(candidate), Some(slot)) = (candidates.get(at), outcomes.get(at)) else { return };
        let judged = || -> Result<Option<Judged>, String> {
            let bytes = side.read(candidate, most)?;
            Ok(bytes.map(|bytes| judge_bytes(candidate, bytes, (judge, memory), keep)))
        };
        // A fault of this program's own must not pass for a verdict: the file counts as not judged.
        let outcome = panic::catch_unwind(AssertUnwindSafe(judged));
        let outcome =
            outcome.unwrap_or_else(|_| Err("this program failed on it; please report that".to_owned()));
        if let Some(outcome) = outcome.transpose() {
            slot.get_or_init(|| outcome);
            done.fetch_add(1, Ordering::Relaxed);
        }
    };
    let work = |_working: Sender<()>| {
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            if at >= candidates.len() {
                break;
            }
            judge_one(at, small);
        }
    };
    thread::scope(|scope| {
        // Where no more threads can be had, those that are there do the work.
        if progress == Progress::Shown {
            let (done, total) = (&done, candidates.len());
            let follow = move || follow(done, total, &at_work);
            let _ = thread::Builder::new().spawn_scoped(scope, follow);
        }
        let spawn = |_| {
            let (work, working) = (&work, working.clone());
            thread::Builder::new().stack_size(STACK).spawn_scoped(scope, move || work(working)).ok()
        };
        let others: Vec<_> = (1..threads.min(candidates.len())).map_while(spawn).collect();
        work(working.clone());
        for other in others {
            // What one that failed has left undone is done here.
            let _ = other.join();
        }
        for at in (0..candidates.len()).filter(|at| outcomes[*at].get().is_none()) {
            judge_one(at, usize::MAX);
        }
        drop(working);
    });
    let unfinished = || Err("it was not judged".to_owned());
    outcomes.into_iter().map(|slot| slot.into_inner().unwrap_or_else(unfinished)).collect()
}

impl RunResult {
    /// Adds all files, and says which of the folders held nothing to judge.
    fn add_all(&mut self, discovery: &Discovery, outcomes: Vec<Result<Judged, String>>, side: FileTree<'_>) {
        self.report.obstacles.extend(discovery.obstacles.iter().cloned());
        self.report.skipped.extend(discovery.left_out.iter().cloned());
        self.misplaced.clone_from(&discovery.misplaced);
        let mut held = Vec::new();
        for (candidate, outcome) in discovery.candidates.iter().zip(outcomes) {
            match outcome {
                Ok(judged) => {
                    if self.add(candidate, judged) {
                        held.push(candidate);
                    }
                }
                Err(message) => {
                    self.report.obstacles.push(InputError::unreadable(&*candidate.name, message));
                    held.push(candidate);
                }
            }
        }
        let repository = side.repository();
        for folder in &discovery.folders {
            if !held.iter().any(|candidate| repository.holds(folder, &candidate.path)) {
                self.report.obstacles.push(InputError::EmptyFolder { path: repository.shown(folder) });
            }
        }
    }

    /// Adds a file; tells whether it held something to judge. A policy does only for those who name it.
    fn add(&mut self, candidate: &Candidate, judged: Judged) -> bool {
        let Judged { used, unjudged, found } = judged;
        self.used.extend(used);
        let path = candidate.name.clone();
        let unjudged = unjudged.into_iter().map(|cause| InputError::unreadable(&*path, cause));
        self.report.obstacles.extend(unjudged);
        let Said { content, file } = match found {
            Found::Nothing(passed) => {
                self.report.passed.add(&candidate.name, passed.models, passed.worst);
                return true;
            }
            Found::Said(said) => *said,
        };
        match content {
            Content::Policy => self.report.policies += 1,
            Content::LfsPointer => self.report.obstacles.push(InputError::LfsPointer { path }),
            Content::Unmarked if candidate.named => self.report.obstacles.push(InputError::Unmarked { path }),
            Content::Other if candidate.named => self.report.obstacles.push(InputError::NoModel { path }),
            Content::Unmarked => {
                self.report.remarks.push(format!("skipped {path}: {}", SkipReason::Unmarked));
                self.report.skipped.push(path);
            }
            Content::Other => self.report.skipped.push(path),
            Content::BrokenPolicy | Content::Model => {
                if file.is_policy {
                    let role = PolicyRole::Checked;
                    self.report.obstacles.push(InputError::BrokenPolicy { path, role });
                }
                self.report.files.push(file);
            }
        }
        match content {
            Content::Model | Content::BrokenPolicy | Content::LfsPointer => true,
            Content::Policy => candidate.named,
            Content::Unmarked | Content::Other => false,
        }
    }

    /// Adds what there is to say about a path at which there is nothing to read.
    pub(crate) fn add_path(&mut self, name: &str, path: String, linted: LintResult) {
        self.used.extend(linted.used);
        if !linted.diagnostics.is_empty() {
            self.report.files.push(FileReport::of_path(name, path, linted.diagnostics));
        }
    }
}
