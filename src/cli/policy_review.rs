//! The policies of a run: problems of the policy in force, of the change's own policy, of policies in wrong places, and of
//! folders without a threat model that the policy requires (`require.models_in`).
//!
//! A folder exists if it has tracked files. A threat model counts if this run checked it, if it is a file of this repository
//! and not a link, and if it is in the folder itself or in one of the [`PLACES`] below it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::cli::base::Base;
use crate::cli::common::without_stdin;
use crate::cli::lint_files::{RunResult, lint_files};
use crate::cli::run::{CheckOptions, CheckRun};
use crate::compare;
use crate::diagnostic::{Diagnostic, Owner};
use crate::input_error::{InputError, PolicyRole};
use crate::lint::{LintContext, lint_missing};
use crate::policy::settings::ALLOWED_FORMATS;
use crate::policy::{Attribute, Broken, BuiltIn, FileLoader, Policy, PolicyUsage, Scope};
use crate::policy_audit::AuditedRun;
use crate::rego::CompiledPolicy;
use crate::report::{FileReport, Report, Verdict};
use crate::rules::audit::POLICY_INEFFECTIVE;
use crate::source::{Source, Span};
use crate::syntax::POLICY_MARKER;
use crate::workspace::FileTree;
use crate::workspace::files::files_below;
use crate::workspace::git::files::{ContentPlace, tracked};
use crate::workspace::policies::FoundPolicy;
use crate::workspace::repository::Repository;

pub(crate) fn add_broken(
    report: &mut Report,
    broken: Vec<Broken>,
    repository: &Repository,
    role: PolicyRole,
) {
    for Broken { source, diagnostics } in broken {
        let path = repository.matched(Path::new(source.name()));
        report.input_errors.push(InputError::BrokenPolicy { path: source.name().to_owned(), role });
        report.files.push(FileReport::of_policy(source, path, diagnostics));
    }
}

/// Adds a warning for each policy in a place where policies are not read.
pub(crate) fn add_misplaced(run: CheckRun<'_>, result: &mut RunResult) {
    let CheckRun { options, head, policy, .. } = run;
    let (repository, rule) = (run.head.repository(), &POLICY_INEFFECTIVE);
    let Some(level) = policy.level(rule).filter(|_| options.policy.is_none()) else { return };
    let in_force = policy.sources().iter().map(|source| Path::new(source.name()));
    let named = options.paths.iter().map(PathBuf::as_path);
    let read: BTreeSet<String> = in_force.chain(named).map(|path| repository.matched(path)).collect();
    for path in result.misplaced.difference(&read) {
        let name = repository.shown(&repository.root().join(path));
        let source = Arc::new(Source::decode(name.clone(), head.bytes(&name).unwrap_or_default()));
        if !source.text().contains(POLICY_MARKER) {
            continue;
        }
        let message =
            "this policy has no effect: policies are read from the repository's root or its .github";
        let help = "move it there, or name it with `--policy`";
        let line = source.first_line(Span::new(0, source.text().len()));
        let known = options.base.is_some_and(|base| base.holds(path) && !base.is_unrelated);
        let problem =
            Diagnostic { level, known, ..Diagnostic::new(rule, Owner::Policy, line, message).help(help) };
        result.report.files.push(FileReport::of_policy(source, path.clone(), vec![problem]));
    }
}

/// Adds the problems of the policy that a run shows, and the differences from the policy of the base.
///
/// If the policy of another revision is in force, the change's own policy is checked too: its problems are those that the
/// change can fix.
pub(crate) fn review(
    run: CheckRun<'_>,
    own: Option<FoundPolicy>,
    attributes: &[Attribute],
    base: Option<&Base<'_>>,
    RunResult { report, used, .. }: &mut RunResult,
    used_by_base: Option<PolicyUsage>,
) {
    let differences = match &own {
        None => {
            // A policy of the base that cannot be read was in force all the same, so everything about it has changed.
            let before = base.and_then(|base| base.policy.as_ref()).map(|policy| policy.facts());
            compare::differences(&before.unwrap_or_default(), attributes)
        }
        Some(Err(_)) => Vec::new(),
        Some(Ok((own, _))) => compare::differences(attributes, &own.facts()),
    };
    let known = match used_by_base {
        Some(used) if differences.is_empty() => problems_in_base(run, &used),
        _ => PolicyProblems::new(),
    };
    let searched = searched(run, report);
    let audit = audit_run(run.options, &searched, base.is_some());
    match own {
        None => add_problems(run, run.policy.review(used, audit, run.policy), known, report),
        Some(Err((_, broken))) => add_broken(report, broken, run.head.repository(), PolicyRole::OfChange),
        Some(Ok((own, _))) if differences.is_empty() && has_same_text(&own, run.policy) => {
            add_problems(run, own.review(used, audit, run.policy), known, report);
        }
        Some(Ok((own, name))) => {
            let verdict = review_own(run, &own, known, report);
            if let Some(from) = run.options.policy_from.filter(|_| !differences.is_empty()) {
                let is_built_in = BuiltIn::named(&name).is_some();
                let name = if is_built_in { name } else { run.head.repository().matched(Path::new(&name)) };
                report.remarks.push(format!(
                    "checked against the policy of {}: that of this change ({name}) differs; against its own it would {verdict}",
                    from.revision
                ));
            }
        }
    }
    if let Some(change) = &mut report.change {
        change.policy = differences;
    }
}

/// Checks the files against the change's own policy, adds the problems of that policy, and returns the verdict in words.
fn review_own(
    run: CheckRun<'_>,
    own: &CompiledPolicy,
    known: PolicyProblems,
    report: &mut Report,
) -> &'static str {
    let RunResult { report: mut own_report, used, .. } =
        lint_files(CheckRun { policy: own, rows: None, ..run });
    let searched = searched(run, &own_report);
    let audit = audit_run(run.options, &searched, false);
    add_problems(run, own.review(&used, audit, run.policy), known, report);
    add_problems(run, own.review(&used, audit, own), PolicyProblems::new(), &mut own_report);
    match own_report.verdict() {
        Verdict::Passed => "pass",
        Verdict::Failed => "fail",
        Verdict::CannotCheck => "not be checked",
    }
}

/// Whether two policies were read from the same texts, so that their entries are in the same order.
fn has_same_text(one: &Policy, other: &Policy) -> bool {
    one.sources().iter().map(|source| source.text()).eq(other.sources().iter().map(|source| source.text()))
}

/// The files and folders that a run has searched, from the repository's root; none if there were input errors.
fn searched(run: CheckRun<'_>, report: &Report) -> Vec<String> {
    let repository = run.head.repository();
    let mut searched = Vec::new();
    if !report.input_errors.is_empty() {
        return searched;
    }
    let skipped: BTreeSet<&str> = report.skipped.iter().map(String::as_str).collect();
    for path in run.options.paths {
        if path.as_os_str() != "-" && !skipped.contains(&*repository.shown(path)) {
            let contains_root = repository.holds(path, repository.root());
            searched.push(if contains_root { String::new() } else { repository.matched(path) });
        }
    }
    searched
}

const fn audit_run<'s>(options: &CheckOptions<'_>, searched: &'s [String], compared: bool) -> AuditedRun<'s> {
    AuditedRun { today: options.today, searched, compared, expiring_within: options.expiring_within }
}

/// The number of equal problems of a policy, by file, rule and message: whatever their lines.
type PolicyProblems = BTreeMap<(String, String, String), usize>;

fn problem_key(source: &Source, diagnostic: &Diagnostic) -> (String, String, String) {
    (source.name().to_owned(), diagnostic.rule.to_string(), diagnostic.message.to_string())
}

fn problems_in_base(run: CheckRun<'_>, used: &PolicyUsage) -> PolicyProblems {
    let mut problems = PolicyProblems::new();
    let whole = [String::new()];
    let audit = audit_run(run.options, &whole, true);
    for (source, diagnostics) in run.policy.review(used, audit, run.policy) {
        for diagnostic in diagnostics {
            *problems.entry(problem_key(&source, &diagnostic)).or_default() += 1;
        }
    }
    problems
}

/// Adds the problems of a policy. Those that the base has too are known.
fn add_problems(
    run: CheckRun<'_>,
    problems: Vec<(Arc<Source>, Vec<Diagnostic>)>,
    mut known: PolicyProblems,
    report: &mut Report,
) {
    for (source, mut diagnostics) in problems {
        let path = run.head.repository().matched(Path::new(source.name()));
        for diagnostic in &mut diagnostics {
            if let Some(left @ 1..) = known.get_mut(&problem_key(&source, diagnostic)) {
                *left -= 1;
                diagnostic.known = true;
            }
        }
        report.files.push(FileReport::of_policy(source, path, diagnostics));
    }
}

/// The folders below a folder in which its threat model can be, also within each other.
const PLACES: [&str; 5] = ["doc", "docs", "security", "threat-models", "threat_models"];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum RequiredFolder {
    Own,
    /// A link, so that its content is elsewhere.
    Link,
    /// A submodule, so that its content is another repository's.
    Submodule,
}

/// Adds the folders below the given paths that lack a required threat model.
pub(crate) fn add_missing(run: CheckRun<'_>, context: LintContext<'_>, result: &mut RunResult) {
    let (policy, repository) = (run.policy, run.head.repository());
    if !policy.requires_models() {
        return;
    }
    let folders = match folders_of_tree(run.head) {
        Ok(folders) => folders,
        Err(message) => {
            let path = repository.shown(repository.root());
            return result.report.input_errors.push(InputError::unreadable(path, message));
        }
    };
    let foreign = folders.iter().filter(|(_, kind)| **kind != RequiredFolder::Own);
    let foreign: BTreeSet<&str> = foreign.map(|(folder, _)| &**folder).collect();
    let mut met = BTreeSet::new();
    for file in result.report.files.iter().filter(|file| counts(file, run, &foreign)) {
        met.extend(folders_met_by(&file.path));
    }
    // A file that cannot be read can be the threat model.
    for error in &result.report.input_errors {
        met.extend(folders_of(&repository.matched(error.path().as_ref())));
    }
    // The content of links and submodules is not known.
    let above = policy.models_above().filter(|_| !foreign.is_empty());
    let paths = without_stdin(run.options.paths);
    for (folder, kind) in &folders {
        let is_own = *kind == RequiredFolder::Own;
        let whole = repository.root().join(folder);
        let below = above.as_ref().filter(|set| set.value.matches(folder.trim_end_matches('/')) && !is_own);
        let required = policy.requires_model_in(folder).or(below.map(|set| &set.origin));
        let Some(origin) = required.filter(|_| !(is_own && met.contains(folder))) else { continue };
        if paths.iter().any(|path| repository.holds(path, &whole)) {
            let message = match kind {
                RequiredFolder::Own => "this folder contains no threat model",
                RequiredFolder::Link => "this folder is a link, so it contains no threat model of its own",
                RequiredFolder::Submodule => {
                    "this folder is a submodule, so it contains no threat model of this repository"
                }
            };
            let missing = lint_missing(folder, message, origin, context);
            result.add_path(&(repository.shown(&whole) + "/"), folder.clone(), missing);
        }
    }
}

/// Whether a file contains a threat model that counts for the folders around it.
fn counts(file: &FileReport, run: CheckRun<'_>, foreign: &BTreeSet<&str>) -> bool {
    let mut models = file.models.iter();
    models.any(|model| {
        let (settings, _) = run.policy.settings_for(Scope::of(&model.model.agent, &file.path));
        let formats = settings.get(&ALLOWED_FORMATS);
        formats.is_none_or(|formats| formats.value.contains(&model.model.format.name()))
    }) && !run.head.is_link(&file.path)
        && !folders_of(&file.path).any(|folder| foreign.contains(&*folder))
}

/// The folders that a path lies in, with `/` at their end.
fn folders_of(path: &str) -> impl Iterator<Item = String> + '_ {
    path.match_indices('/').map(|(at, _)| path[..=at].to_owned())
}

/// The folders for which a threat model at a path counts: its own and, while that is one of the [`PLACES`], the one above.
fn folders_met_by(path: &str) -> Vec<String> {
    let mut folders = Vec::new();
    let mut rest = path;
    while let Some((folder, _)) = rest.rsplit_once('/') {
        folders.push(format!("{folder}/"));
        let name = folder.rsplit('/').next().unwrap_or_default();
        rest = if PLACES.contains(&name) { folder } else { "" };
    }
    folders
}

/// The folders of a tree, from the repository's root with `/` at their end.
fn folders_of_tree(tree: FileTree<'_>) -> Result<BTreeMap<String, RequiredFolder>, String> {
    let mut folders = BTreeMap::new();
    match tree {
        FileTree::WorkTree(repository) if repository.is_git() => {
            for listed in tracked(repository.root(), &[])? {
                let whole = repository.root().join(&listed.path);
                let path = repository.matched(&whole);
                match listed.place {
                    ContentPlace::Repository => add(&mut folders, &path, RequiredFolder::Submodule),
                    ContentPlace::Sparse => add(&mut folders, &path, RequiredFolder::Own),
                    ContentPlace::Folder => match repository.folder_link(&path) {
                        Some(link) => add(&mut folders, &link, RequiredFolder::Link),
                        // A name that is not UTF-8 cannot be found by its shown form.
                        None if whole.to_str().is_none() || repository.has_file(&path) => {
                            add(&mut folders, &path, RequiredFolder::Own);
                        }
                        None => {}
                    },
                }
            }
        }
        FileTree::WorkTree(repository) => {
            for file in files_below(repository.root(), &[])? {
                add(&mut folders, &repository.matched(&file), RequiredFolder::Own);
            }
        }
        FileTree::Commit(_, commit) => {
            for path in commit.paths() {
                let is_folder_link = commit.is_link(path) && commit.bytes(path, 0).is_err();
                add(
                    &mut folders,
                    path,
                    if is_folder_link { RequiredFolder::Link } else { RequiredFolder::Own },
                );
            }
            for path in commit.submodules() {
                add(&mut folders, path, RequiredFolder::Submodule);
            }
        }
    }
    Ok(folders)
}

/// Adds the folders of a path, and the path itself if it is a folder.
fn add(folders: &mut BTreeMap<String, RequiredFolder>, path: &str, kind: RequiredFolder) {
    for folder in folders_of(path) {
        folders.entry(folder).or_insert(RequiredFolder::Own);
    }
    if kind != RequiredFolder::Own {
        folders.insert(format!("{path}/"), kind);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn model_counts_for_its_folder_and_above_its_places() {
        let rows = [
            ("threat-model.yaml", &[][..]),
            ("agents/a/m.yaml", &["agents/a/"]),
            ("agents/a/docs/m.md", &["agents/a/docs/", "agents/a/"]),
            ("agents/a/docs/security/m.md", &["agents/a/docs/security/", "agents/a/docs/", "agents/a/"]),
            ("agents/a/node_modules/docs/m.md", &["agents/a/node_modules/docs/", "agents/a/node_modules/"]),
            ("agents/a/.hidden/m.yaml", &["agents/a/.hidden/"]),
            ("docs/m.md", &["docs/"]),
        ];
        for (path, folders) in rows {
            assert_eq!(folders_met_by(path), folders, "{path}");
        }
    }
}
