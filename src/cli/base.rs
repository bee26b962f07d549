//! A check with a base: the base is linted, then the head alone to pair the models of both, then the head with those pairs.
//!
//! A threat model of the base counts as kept only if this run checked the file that it is in now.

use std::cell::LazyCell;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::{Path, PathBuf};
use std::thread;

use crate::cli::common::{CliError, FAILED, named_paths, without_stdin};
use crate::cli::lint_files::{HeadFiles, Memo, RunResult, RunStage, lint_discovered};
use crate::cli::run::{CheckOptions, CheckRun};
use crate::compare::{self, Baseline};
use crate::input_error::{InputError, SkipReason};
use crate::lint::{LintContext, lint_removed};
use crate::policy::PolicyUsage;
use crate::rego::CompiledPolicy;
use crate::report::{Change, Report, ScoreChange};
use crate::workspace::FileTree;
use crate::workspace::candidate::{Discovery, NamedFiles};
use crate::workspace::git::files::Commit;
use crate::workspace::git::{changed, renames};
use crate::workspace::policies::find_policy;
use crate::workspace::repository::Repository;

/// The most unchecked files that are compared with threat models that are gone.
const MAX_COMPARED: usize = 1_000;

pub(crate) struct Base<'a> {
    commit: &'a Commit,
    /// Its own policy, by which it finds its files; `None` if it cannot be read.
    pub(crate) policy: Option<CompiledPolicy>,
}

impl<'a> Base<'a> {
    pub(crate) fn new(options: &CheckOptions<'_>, repository: &Repository, commit: &'a Commit) -> Self {
        let found = find_policy(options.policy, FileTree::Commit(repository, commit));
        Self { commit, policy: found.ok().and_then(Result::ok).map(|(policy, _)| policy) }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum BaseFilePlace<'l> {
    Checked,
    Unchecked,
    /// In a file that a sparse checkout leaves out.
    LeftOut,
    /// At another path, which this run did not check.
    Moved(&'l str),
    Gone,
}

struct Sides<'c> {
    run: CheckRun<'c>,
    base: &'c Base<'c>,
    head_files: Discovery,
    base_files: Discovery,
    /// The given paths, with the name of standard input.
    named: Vec<PathBuf>,
    /// The same, and the repository's root: an agent may have come from anywhere.
    everywhere: Vec<PathBuf>,
    /// Paths of files that can contain threat models although their names do not say so.
    may_hold: BTreeSet<String>,
    /// Tracked files that a sparse checkout leaves out of the head.
    sparse: BTreeSet<String>,
    checked: BTreeSet<String>,
    /// Paths in the base to those in the head.
    moved: BTreeMap<String, String>,
}

/// The result for the head, compared with the base, and the parts of the policy that decided the result for the base.
pub(crate) fn compare(
    run: CheckRun<'_>,
    base: &Base<'_>,
) -> Result<(RunResult, Option<PolicyUsage>), CliError> {
    let mut sides = Sides::discover(run, base)?;
    let memo = Memo::default();
    let options = &CheckOptions { paths: &sides.everywhere, ..*run.options };
    let base_run = CheckRun { options, head: FileTree::Commit(run.head.repository(), base.commit), ..run };
    let head = HeadFiles { tree: run.head, candidates: &sides.head_files.candidates };
    let mut before = lint_discovered(base_run, &sides.base_files, RunStage::Base(&memo, head));
    let models = before.report.files.iter().filter(|file| !file.is_policy() && !file.models.is_empty());
    sides.hold(&models.map(|file| file.path.clone()).collect());
    let unpaired = lint_discovered(run, &sides.head_files, RunStage::Pairing(&memo));
    let renamed = sides.find_renames(&before.report, &unpaired.report)?;
    let asked = sides.asked_of_base(&renamed, &before.report);
    let files = &mut before.report.files;
    files.retain(|file| file.is_missing() || asked.contains(&file.path) || !sides.has(&file.path));
    let baseline = Baseline::new(&before.report, &renamed, &unpaired.report);
    drop(unpaired);
    let mut result = lint_discovered(run, &sides.head_files, RunStage::Compared(&memo, &baseline));
    let fixed = sides.mark_known(&baseline, &asked, &mut result.report);
    sides.add_left(&baseline, &asked, &mut result);
    let mut agents = compare::agents(
        &baseline,
        &before.report,
        &result.report,
        |path| asked.contains(path) && sides.place(path) != BaseFilePlace::LeftOut,
        |path| matches!(sides.place(path), BaseFilePlace::Checked | BaseFilePlace::Unchecked),
    );
    let unread = sides.unread_in_base(&before.report, &asked);
    // An agent that cannot be read in the base is not new.
    agents.retain(|agent| {
        agent.before != ScoreChange::Absent || !unread.iter().any(|error| error.path() == agent.path)
    });
    result.report.input_errors.extend(unread.into_iter().map(|error| InputError::InBase(Box::new(error))));
    result.report.change = Some(Change {
        base: base.commit.revision.clone(),
        verdict_before: before.report.verdict(),
        agents,
        policy: Vec::new(),
        fixed,
    });
    // After an input error it is not known which parts of the policy the base uses.
    let is_known = before.report.input_errors.is_empty() && !base.commit.is_unrelated;
    Ok((result, is_known.then_some(before.used)))
}

fn model_paths(report: &Report) -> impl Iterator<Item = &str> {
    report.files.iter().filter(|file| !file.is_policy()).map(|file| &*file.path)
}

impl<'c> Sides<'c> {
    fn discover(run: CheckRun<'c>, base: &'c Base<'c>) -> Result<Self, CliError> {
        let CheckRun { options, head, policy, .. } = run;
        let (repository, revision) = (run.head.repository(), &base.commit.revision);
        if let Some(path) = options.paths.iter().find(|path| repository.is_linked(path)) {
            let name = repository.shown(path);
            return Err(CliError::about(name, "a link: name its target, by the path that the base has"));
        }
        let paths = without_stdin(options.paths);
        let search = options.search(&paths, policy);
        let find_changed = || changed(repository.root(), revision, head.revision());
        let (mut may_hold, head_files) = if let FileTree::Commit(..) = head {
            let may_hold = find_changed()?;
            let head_files = head.discover(search, &may_hold);
            (may_hold, head_files)
        } else {
            // git compares the working folder while this thread searches it.
            thread::scope(|scope| {
                let other = thread::Builder::new().spawn_scoped(scope, find_changed);
                let head_files = head.discover(search, &BTreeSet::new());
                let may_hold = match other {
                    Ok(other) => other.join().unwrap_or_else(|_| Err(FAILED.to_owned())),
                    Err(_) => find_changed(),
                };
                may_hold.map(|may_hold| (may_hold, head_files))
            })?
        };
        may_hold.extend(head_files.candidates.iter().map(|candidate| candidate.matched.clone()));
        may_hold.insert(repository.matched(Path::new(options.stdin_filename)));
        let named = named_paths(options.paths, options.stdin_filename);
        let mut everywhere = named.clone();
        everywhere.push(repository.root().to_owned());
        let tree = FileTree::Commit(repository, base.commit);
        let base_files = tree.discover(options.search(&everywhere, policy), &may_hold);
        let sparse = head.left_out()?;
        let (checked, moved) = (BTreeSet::new(), BTreeMap::new());
        Ok(Self { run, base, head_files, base_files, named, everywhere, may_hold, sparse, checked, moved })
    }

    /// Adds files of the working folder that contained a threat model in the base, whatever they contain now.
    fn hold(&mut self, paths: &BTreeSet<String>) {
        if let FileTree::WorkTree(repository) = self.run.head {
            let named = without_stdin(self.run.options.paths);
            self.head_files.hold(paths, self.run.options.search(&named, self.run.policy), repository);
        }
    }

    /// Whether the head has a file at a path, in the checkout or left out of it.
    fn has(&self, path: &str) -> bool {
        self.run.head.holds(path) || self.sparse.contains(path)
    }

    fn is_named(&self, path: &str) -> bool {
        self.run.head.repository().is_among(path, &self.named)
    }

    fn renames(&self, gone: &[&str], new: &[&str]) -> Result<BTreeMap<String, String>, String> {
        let root = self.run.head.repository().root();
        renames(root, &self.base.commit.revision, self.run.head.revision(), (gone, new))
    }

    /// Finds renamed threat models: paths of the head to those of the base.
    ///
    /// New paths are those of threat models and, unless a change has too many of them to compare, of other files that can
    /// contain one. An unchecked copy must not take their place.
    fn find_renames(&mut self, before: &Report, now: &Report) -> Result<BTreeMap<String, String>, CliError> {
        let commit = self.base.commit;
        // The search has seen every file that it found by itself.
        let found = self.head_files.candidates.iter().filter(|file| !file.named);
        let found: HashSet<&str> = found.map(|file| &*file.matched).collect();
        let gone = model_paths(before).filter(|path| !found.contains(path) && !self.has(path));
        let gone: Vec<&str> = gone.collect();
        let mut new: BTreeSet<&str> = model_paths(now).filter(|path| !commit.holds(path)).collect();
        let changed = self.may_hold.iter().map(String::as_str).filter(|path| {
            let is_new = !commit.holds(path) && self.has(path) && self.is_named(path);
            is_new && self.run.policy.sought(path).is_some()
        });
        new.extend(changed.take(MAX_COMPARED));
        let new: Vec<&str> = new.into_iter().collect();
        let renamed = self.renames(&gone, &new)?;
        self.hold(&renamed.keys().cloned().collect());
        self.checked = self.head_files.candidates.iter().map(|candidate| candidate.matched.clone()).collect();
        if self.run.options.stdin.is_some() {
            let name = Path::new(self.run.options.stdin_filename);
            self.checked.insert(self.run.head.repository().matched(name));
        }
        self.moved = renamed.iter().map(|(now, then)| (then.clone(), now.clone())).collect();
        Ok(renamed)
    }

    /// The paths in the base that were asked for, or whose files became such ones. A file that still exists elsewhere
    /// became none.
    fn asked_of_base(&self, renamed: &BTreeMap<String, String>, before: &Report) -> BTreeSet<String> {
        let repository = self.run.head.repository();
        let mut paths = self.named.clone();
        let origins = renamed.iter().filter(|(now, _)| self.is_named(now));
        paths.extend(origins.map(|(_, origin)| repository.root().join(origin)));
        let all = self.base_files.candidates.iter().map(|candidate| &candidate.matched);
        let asked = all.filter(|path| repository.is_among(path, &paths));
        // A folder that the change replaced by a link hides its files from a path with its name.
        let hidden = before.files.iter().map(|file| &file.path);
        let hidden = hidden.filter(|path| repository.is_hidden(path, self.run.options.paths));
        asked.chain(hidden).cloned().collect()
    }

    /// Marks the problems that the base has; returns the rules of its errors that are fixed.
    fn mark_known(
        &self,
        baseline: &Baseline<'_>,
        asked: &BTreeSet<String>,
        report: &mut Report,
    ) -> BTreeMap<String, usize> {
        // Only problems ask for them.
        let own_files = LazyCell::new(|| self.own_files_of_base());
        let (today, is_unrelated) = (self.run.options.today, self.base.commit.is_unrelated);
        baseline.mark_known(
            &mut report.files,
            |path| asked.contains(path),
            |path, diagnostic| {
                let mut exceptions = self.base.policy.iter().flat_map(|policy| policy.exceptions());
                // A folder without a threat model is known by its path.
                (own_files.contains(path) || path.ends_with('/'))
                    && !is_unrelated
                    && !exceptions.any(|exception| exception.covers(diagnostic, path, today).is_some())
            },
        )
    }

    /// The files that a run on the base by its own policy checks, anywhere in the repository.
    fn own_files_of_base(&self) -> BTreeSet<String> {
        let (options, repository) = (self.run.options, self.run.head.repository());
        let Some(policy) = &self.base.policy else { return BTreeSet::new() };
        let root = [repository.root().to_owned()];
        let paths = if options.named == NamedFiles::Checked { &self.everywhere } else { &root[..] };
        let tree = FileTree::Commit(repository, self.base.commit);
        let discovery = tree.discover(options.search(paths, policy), &self.may_hold);
        discovery.candidates.into_iter().map(|candidate| candidate.matched).collect()
    }

    fn place(&self, path: &str) -> BaseFilePlace<'_> {
        match self.moved.get(path).filter(|now| self.has(now)) {
            _ if self.checked.contains(path) => BaseFilePlace::Checked,
            Some(now) if self.checked.contains(now) => BaseFilePlace::Checked,
            _ if self.run.head.holds(path) => BaseFilePlace::Unchecked,
            _ if self.sparse.contains(path) => BaseFilePlace::LeftOut,
            Some(now) if !self.run.head.holds(now) && self.is_named(now) => BaseFilePlace::LeftOut,
            Some(now) => BaseFilePlace::Moved(now),
            None => BaseFilePlace::Gone,
        }
    }

    fn skip_reason(&self, path: &str) -> SkipReason {
        if !self.is_named(path) {
            return SkipReason::OutsidePaths;
        }
        match self.run.policy.exclusion(path) {
            Some(excluded) => excluded,
            None if self.run.policy.sought(path).is_none() => SkipReason::OtherFormat,
            None => SkipReason::Unchecked,
        }
    }

    /// Adds the threat models of the base that no checked one continues, with their paths.
    fn add_left(&mut self, baseline: &Baseline<'_>, asked: &BTreeSet<String>, result: &mut RunResult) {
        let left: Vec<_> = baseline.all_left().filter(|(path, _)| asked.contains(*path)).collect();
        let paths = left.iter().map(|(path, _)| *path);
        let gone: Vec<&str> = paths.filter(|path| self.place(path) == BaseFilePlace::Gone).collect();
        let new = self.may_hold.difference(&self.checked).map(String::as_str);
        let new = new.filter(|path| !self.base.commit.holds(path) && self.has(path));
        let new: Vec<&str> = new.take(MAX_COMPARED).collect();
        // Those that are not found count as removed.
        let renamed = self.renames(&gone, &new).unwrap_or_default();
        self.moved.extend(renamed.into_iter().map(|(now, then)| (then, now)));
        let CheckRun { options, head, policy, .. } = self.run;
        let context = LintContext { policy, today: options.today, load: &head, before: Some(baseline) };
        let repository = self.run.head.repository();
        for (path, models) in left {
            let name = repository.shown(&repository.root().join(path));
            let errors = &mut result.report.input_errors;
            let moved = match self.place(path) {
                BaseFilePlace::Checked => continue,
                BaseFilePlace::Unchecked => {
                    let is_reported = errors.iter().any(|error| error.path() == name);
                    if matches!(head, FileTree::WorkTree(_)) && !is_reported {
                        errors.push(InputError::BaseModelUnchecked { path: name });
                    }
                    continue;
                }
                BaseFilePlace::LeftOut => {
                    errors.push(InputError::BaseModelSparse { path: name });
                    continue;
                }
                BaseFilePlace::Moved(now) => Some((now, self.skip_reason(now).to_string())),
                BaseFilePlace::Gone => None,
            };
            result.add_path(&name, path.to_owned(), lint_removed(path, models, moved, context));
        }
    }

    /// The input errors of the base at paths that were asked for or are gone: such files can be the origin of what is
    /// compared. A pointer of Git LFS contains nothing to compare with.
    fn unread_in_base(&self, before: &Report, asked: &BTreeSet<String>) -> Vec<InputError> {
        let errors = before.input_errors.iter().filter(|error| {
            let path = self.run.head.repository().matched(Path::new(error.path()));
            let is_pointer = matches!(error, InputError::LfsPointer { .. });
            !is_pointer && (asked.contains(&path) || !self.has(&path))
        });
        errors.cloned().collect()
    }
}
