//! A check with a base: the base is linted first, then the head is compared with it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::cli::gate::{CheckOptions, find_policy};
use crate::cli::lint_files::{RunResult, lint_discovered};
use crate::cli::locate::{Location, Locations};
use crate::cli::memo::{Memo, Stage};
use crate::cli::streams::{CliError, without_stdin};
use crate::compare;
use crate::compare::{Baseline, Change, ScoreChange};
use crate::date::Date;
use crate::diagnostic::Diagnostic;
use crate::input_error::InputError;
use crate::lint::{LintContext, lint_removed};
use crate::policy::PolicyUsage;
use crate::rego::CompiledPolicy;
use crate::report::Report;
use crate::score::ScoredModel;
use crate::workspace::discover::{Discovery, Named, Repository};
use crate::workspace::file_tree::FileTree;
use crate::workspace::git::{Commit, changed, renames};

/// The base of a comparison.
pub(crate) struct Base<'a> {
    commit: &'a Commit,
    /// Its own policy, by which it finds its files; `None` if it cannot be read.
    pub(crate) policy: Option<CompiledPolicy>,
}

impl<'a> Base<'a> {
    pub(crate) fn new(options: &CheckOptions<'_>, repository: &'a Repository, commit: &'a Commit) -> Self {
        let found = find_policy(options.policy, FileTree::Commit(repository, commit));
        Self { commit, policy: found.ok().and_then(Result::ok).map(|(policy, _)| policy) }
    }

    /// The paths of the files that a run on the base by its own policy checks, anywhere in the repository.
    fn own_files(
        &self,
        options: &CheckOptions<'_>,
        repository: &Repository,
        may_hold: &BTreeSet<String>,
    ) -> BTreeSet<String> {
        let Some(policy) = &self.policy else { return BTreeSet::new() };
        let mut paths = if options.named == Named::Judged { options.named_paths() } else { Vec::new() };
        paths.push(repository.root().to_owned());
        let tree = FileTree::Commit(repository, self.commit);
        let discovery = tree.discover(options.search(&paths, policy), may_hold);
        discovery.candidates.into_iter().map(|candidate| candidate.matched).collect()
    }

    /// Whether an exception of the base's own policy covers a problem of the base.
    fn excepts(&self, diagnostic: &Diagnostic, path: &str, today: Date) -> bool {
        let mut exceptions = self.policy.iter().flat_map(|policy| policy.exceptions());
        exceptions.any(|exception| exception.covers(diagnostic, path, today).is_some())
    }
}

/// The result for the head, compared with the base if there is one.
pub(crate) struct Compared {
    pub(crate) result: RunResult,
    /// The parts of the policy that decided the result for the base.
    pub(crate) used_by_base: Option<PolicyUsage>,
}

/// The files of both sides.
struct Sides {
    head: Discovery,
    base: Discovery,
    /// Paths of files that can contain threat models although their names do not say so.
    may_hold: BTreeSet<String>,
}

/// Lints both sides and compares them.
pub(crate) fn compare(
    options: &CheckOptions<'_>,
    head: FileTree<'_>,
    policy: &CompiledPolicy,
    base: &Base<'_>,
) -> Result<Compared, CliError> {
    let (repository, commit) = (head.repository(), base.commit);
    let mut sides = discover_sides(options, head, policy, commit)?;
    let memo = Memo::default();
    let mut base_paths = options.named_paths();
    base_paths.push(repository.root().to_owned());
    let base_options = CheckOptions { paths: &base_paths, ..*options };
    let base_tree = FileTree::Commit(repository, commit);
    let RunResult { report: mut base_report, used, .. } =
        lint_discovered(&base_options, base_tree, policy, &sides.base, Stage::Base(&memo));
    let with_models = base_report.files.iter().filter(|file| !file.is_policy && !file.models.is_empty());
    hold(&mut sides.head, options, head, policy, with_models.map(|file| file.path.clone()));
    let unpaired = lint_discovered(options, head, policy, &sides.head, Stage::Pairing(&memo));
    let mut locations = Locations::new(options, head)?;
    let gone = locations.gone(&base_report);
    let arrived = locations.arrived(commit, policy, &unpaired.report, &sides.may_hold);
    let renamed = renames(repository.root(), &commit.revision, head.revision(), (&gone, &arrived))
        .map_err(CliError::Usage)?;
    let checked = checked_in_base(options, repository, &renamed, &sides.base, &base_report);
    base_report
        .files
        .retain(|file| file.is_missing || checked.contains(&file.path) || !locations.has(&file.path));
    hold(&mut sides.head, options, head, policy, renamed.keys().cloned());
    locations.record(options, &sides.head, &renamed);
    let baseline = Baseline::new(&base_report, &renamed, &unpaired.report);
    let mut result = lint_discovered(options, head, policy, &sides.head, Stage::Compared(&memo, &baseline));
    let own_files = base.own_files(options, repository, &sides.may_hold);
    let fixed = baseline.mark_known(
        &mut result.report.files,
        |path| checked.contains(path),
        |path, diagnostic| {
            // A folder without a threat model is known by its path.
            let is_reported = own_files.contains(path) || path.ends_with('/');
            is_reported && !commit.is_unrelated && !base.excepts(diagnostic, path, options.today)
        },
    );
    let left: Vec<_> = baseline.all_left().filter(|(path, _)| checked.contains(*path)).collect();
    locations.find(commit, &left, &sides.may_hold);
    let context = LintContext { policy, today: options.today, load: &head, before: Some(&baseline) };
    add_left(&left, &locations, context, &mut result);
    let unread = unread_in_base(&base_report, &locations, &checked);
    let mut agents = compare::agents(
        &baseline,
        &base_report,
        &result.report,
        |path| checked.contains(path) && locations.of_file(path) != Location::LeftOut,
        |path| matches!(locations.of_file(path), Location::Checked | Location::Unchecked),
    );
    // An agent that cannot be read in the base is not new.
    agents.retain(|agent| {
        agent.before != ScoreChange::Absent || !unread.iter().any(|error| error.path() == agent.path)
    });
    result.report.obstacles.extend(unread.into_iter().map(|error| InputError::InBase(Box::new(error))));
    result.report.change = Some(Change {
        base: commit.revision.clone(),
        verdict_before: base_report.verdict(),
        agents,
        policy: Vec::new(),
        fixed,
    });
    result.report.new_only = options.new_only;
    // After an input error it is not known which parts of the policy the base uses.
    let is_known = base_report.obstacles.is_empty() && !commit.is_unrelated;
    Ok(Compared { result, used_by_base: is_known.then_some(used) })
}

/// Finds the files of both sides. An agent may have come from anywhere, so all of the base is checked.
fn discover_sides(
    options: &CheckOptions<'_>,
    head: FileTree<'_>,
    policy: &CompiledPolicy,
    commit: &Commit,
) -> Result<Sides, CliError> {
    let repository = head.repository();
    if let Some(path) = options.paths.iter().find(|path| repository.is_linked(path)) {
        let message = "a link: name its target, by the path that the base has";
        return Err(CliError::about(repository.shown(path), message));
    }
    let mut may_hold =
        changed(repository.root(), &commit.revision, head.revision()).map_err(CliError::Usage)?;
    let paths = without_stdin(options.paths);
    let head = head.discover(options.search(&paths, policy), &may_hold);
    may_hold.extend(head.candidates.iter().map(|candidate| candidate.matched.clone()));
    may_hold.insert(repository.matched(Path::new(options.stdin_filename)));
    let mut paths = options.named_paths();
    paths.push(repository.root().to_owned());
    let base = FileTree::Commit(repository, commit).discover(options.search(&paths, policy), &may_hold);
    Ok(Sides { head, base, may_hold })
}

/// Adds files of the working folder that contained a threat model in the base, whatever they contain now.
fn hold(
    discovery: &mut Discovery,
    options: &CheckOptions<'_>,
    head: FileTree<'_>,
    policy: &CompiledPolicy,
    paths: impl Iterator<Item = String>,
) {
    if let FileTree::WorkTree(repository) = head {
        let asked = without_stdin(options.paths);
        discovery.hold(&paths.collect(), options.search(&asked, policy), repository);
    }
}

/// The input errors of the base at paths that were checked or are gone: such files can be the origin of what is compared.
/// A pointer of Git LFS contains nothing to compare with.
fn unread_in_base(base: &Report, locations: &Locations<'_>, checked: &BTreeSet<String>) -> Vec<InputError> {
    let mut unread = base.obstacles.clone();
    unread.retain(|error| {
        let path = locations.head.repository().matched(Path::new(error.path()));
        let is_pointer = matches!(error, InputError::LfsPointer { .. });
        !is_pointer && (checked.contains(&path) || !locations.has(&path))
    });
    unread
}

/// Adds the threat models of the base that no checked one continues, with their paths.
fn add_left(
    left: &[(&str, &[&ScoredModel])],
    locations: &Locations<'_>,
    context: LintContext<'_>,
    result: &mut RunResult,
) {
    let repository = locations.head.repository();
    for (path, models) in left {
        let name = repository.shown(&repository.root().join(path));
        let errors = &mut result.report.obstacles;
        let moved = match locations.of_file(path) {
            Location::Checked => continue,
            Location::Unchecked => {
                let is_reported = errors.iter().any(|error| error.path() == name);
                if matches!(locations.head, FileTree::WorkTree(_)) && !is_reported {
                    errors.push(InputError::BaseModelUnchecked { path: name });
                }
                continue;
            }
            Location::LeftOut => {
                errors.push(InputError::BaseModelSparse { path: name });
                continue;
            }
            Location::Moved(now) => Some((now, locations.reason(now, context.policy).to_string())),
            Location::Gone => None,
        };
        result.add_path(&name, (*path).to_owned(), lint_removed(path, models, moved, context));
    }
}

/// The paths in the base that are checked, or whose files became checked ones. A file that still exists elsewhere became
/// none.
fn checked_in_base(
    options: &CheckOptions<'_>,
    repository: &Repository,
    renamed: &BTreeMap<String, String>,
    found: &Discovery,
    base: &Report,
) -> BTreeSet<String> {
    let named = options.named_paths();
    let origins = renamed.iter().filter(|(now, _)| repository.is_among(now, &named));
    let mut paths = named.clone();
    paths.extend(origins.map(|(_, origin)| repository.root().join(origin)));
    let all = found.candidates.iter().map(|candidate| &candidate.matched);
    let mut checked: BTreeSet<String> =
        all.filter(|path| repository.is_among(path, &paths)).cloned().collect();
    // A folder that the change replaced by a link hides its files from a path with its name.
    let hidden = base.files.iter().filter(|file| repository.is_hidden(&file.path, options.paths));
    checked.extend(hidden.map(|file| file.path.clone()));
    checked
}
