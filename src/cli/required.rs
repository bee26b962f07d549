//! The folders in which a policy requires a threat model (`require.models_in`).
//!
//! A folder exists if it has tracked files. A threat model counts if this run checked it, if it is a file of this repository
//! and not a link, and if it is in the folder itself or in one of the [`PLACES`] below it.

use std::collections::{BTreeMap, BTreeSet};

use crate::cli::gate::CheckRun;
use crate::cli::lint_files::RunResult;
use crate::cli::streams::without_stdin;
use crate::input_error::InputError;
use crate::lint::{LintContext, lint_missing};
use crate::policy::Scope;
use crate::policy::settings::ALLOWED_FORMATS;
use crate::report::FileReport;
use crate::workspace::file_tree::FileTree;
use crate::workspace::files::files_below;
use crate::workspace::git::files::{ContentPlace, tracked};

/// The folders below a folder in which its threat model can be, also within each other.
const PLACES: [&str; 5] = ["doc", "docs", "security", "threat-models", "threat_models"];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum FolderKind {
    /// A folder of tracked files.
    Own,
    /// A link, so that its content is elsewhere.
    Link,
    /// A submodule, so that its content is another repository's.
    Submodule,
}

impl FolderKind {
    const fn message(self) -> &'static str {
        match self {
            Self::Own => "this folder contains no threat model",
            Self::Link => "this folder is a link, so it contains no threat model of its own",
            Self::Submodule => {
                "this folder is a submodule, so it contains no threat model of this repository"
            }
        }
    }
}

/// Adds the folders below the given paths that lack a required threat model.
pub(crate) fn add_missing(run: CheckRun<'_>, context: LintContext<'_>, result: &mut RunResult) {
    let (policy, repository) = (run.policy, run.repository());
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
    let foreign: BTreeSet<&str> =
        folders.iter().filter(|(_, kind)| **kind != FolderKind::Own).map(|(folder, _)| &**folder).collect();
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
        let is_own = *kind == FolderKind::Own;
        let whole = repository.root().join(folder);
        let below = above.as_ref().filter(|set| set.value.matches(folder.trim_end_matches('/')) && !is_own);
        let required = policy.requires_model_in(folder).or(below.map(|set| &set.origin));
        let Some(origin) = required.filter(|_| !(is_own && met.contains(folder))) else { continue };
        if paths.iter().any(|path| repository.holds(path, &whole)) {
            let missing = lint_missing(folder, kind.message(), origin, context);
            result.add_path(&(repository.shown(&whole) + "/"), folder.clone(), missing);
        }
    }
}

/// Whether a file contains a threat model that counts for the folders around it.
fn counts(file: &FileReport, run: CheckRun<'_>, foreign: &BTreeSet<&str>) -> bool {
    let mut models = file.models.iter();
    models.any(|model| {
        let agent = &model.model.agent;
        let (environment, tier) = (agent.environment.as_deref(), agent.tier.as_deref());
        let (settings, _) = run.policy.settings_for(Scope { path: &file.path, environment, tier });
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
    let mut folders: Vec<String> = Vec::new();
    let mut rest = path;
    while let Some((folder, _)) = rest.rsplit_once('/') {
        folders.push(format!("{folder}/"));
        let name = folder.rsplit_once('/').map_or(folder, |(_, name)| name);
        if !PLACES.contains(&name) {
            break;
        }
        rest = folder;
    }
    folders
}

/// The folders of a tree, from the repository's root with `/` at their end.
fn folders_of_tree(tree: FileTree<'_>) -> Result<BTreeMap<String, FolderKind>, String> {
    let mut folders = BTreeMap::new();
    match tree {
        FileTree::WorkTree(repository) if repository.is_git() => {
            for listed in tracked(repository.root(), &[])? {
                let whole = repository.root().join(&listed.path);
                let path = repository.matched(&whole);
                match listed.place {
                    ContentPlace::Repository => add(&mut folders, &path, FolderKind::Submodule),
                    ContentPlace::Sparse => add(&mut folders, &path, FolderKind::Own),
                    ContentPlace::Folder => match repository.folder_link(&path) {
                        Some(link) => add(&mut folders, &link, FolderKind::Link),
                        // A name that is not UTF-8 cannot be found by its shown form.
                        None if whole.to_str().is_none() || repository.has_file(&path) => {
                            add(&mut folders, &path, FolderKind::Own);
                        }
                        None => {}
                    },
                }
            }
        }
        FileTree::WorkTree(repository) => {
            for file in files_below(repository.root(), &[])? {
                add(&mut folders, &repository.matched(&file), FolderKind::Own);
            }
        }
        FileTree::Commit(_, commit) => {
            for path in commit.paths() {
                let is_folder_link = commit.is_link(path) && commit.bytes(path, 0).is_err();
                add(&mut folders, path, if is_folder_link { FolderKind::Link } else { FolderKind::Own });
            }
            for path in commit.submodules() {
                add(&mut folders, path, FolderKind::Submodule);
            }
        }
    }
    Ok(folders)
}

/// Adds the folders of a path, and the path itself if it is a folder.
fn add(folders: &mut BTreeMap<String, FolderKind>, path: &str, kind: FolderKind) {
    for folder in folders_of(path) {
        folders.entry(folder).or_insert(FolderKind::Own);
    }
    if kind != FolderKind::Own {
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
