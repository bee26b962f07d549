//! The folders in which a policy requires a threat model (`require.models_in`).
//!
//! A folder exists if it has tracked files. A threat model counts if this run checked it, if it is a file of this repository
//! and not a link, and if it is in the folder itself or in one of the [`PLACES`] below it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use crate::cli::lint_files::RunResult;
use crate::input_error::InputError;
use crate::lint::{LintContext, lint_missing};
use crate::policy::settings::ALLOWED_FORMATS;
use crate::policy::{Policy, Scope};
use crate::report::FileReport;
use crate::score::ScoredModel;
use crate::workspace::discover::{Repository, files_below};
use crate::workspace::file_tree::FileTree;
use crate::workspace::git::{Commit, Place, tracked};

/// The folders below a folder in which its threat model can be, also within each other.
const PLACES: [&str; 5] = ["doc", "docs", "security", "threat-models", "threat_models"];

/// What a folder is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// A folder of tracked files.
    Own,
    /// A link, so that its content is elsewhere.
    Link,
    /// A submodule, so that its content is another repository's.
    Submodule,
}

impl Kind {
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

/// Adds the folders that lack a threat model that the policy requires, as far as they were asked for.
pub(crate) fn add_missing(
    paths: &[PathBuf],
    side: FileTree<'_>,
    context: LintContext<'_>,
    result: &mut RunResult,
) {
    if !context.policy.requires_models() {
        return;
    }
    let repository = side.repository();
    let folders = match folders(side) {
        Ok(folders) => folders,
        Err(message) => {
            let path = repository.shown(repository.root());
            return result.report.obstacles.push(InputError::unreadable(path, message));
        }
    };
    let foreign: BTreeSet<&str> =
        folders.iter().filter(|(_, kind)| **kind != Kind::Own).map(|(folder, _)| &**folder).collect();
    let files = result.report.files.iter().filter(|file| counts(file, side, context.policy, &foreign));
    let met: BTreeSet<String> = files.flat_map(|file| folders_met_by(&file.path)).collect();
    let obstacles = result.report.obstacles.iter();
    let unread: Vec<String> =
        obstacles.map(|obstacle| repository.matched(obstacle.path().as_ref())).collect();
    let unread: BTreeSet<String> = unread.iter().flat_map(|path| folders_of(path)).collect();
    // What is below a link or in a submodule is not known.
    let above = context.policy.models_above().filter(|_| !foreign.is_empty());
    for (folder, kind) in &folders {
        // A threat model in it can be one of those that could not be read.
        let is_met = *kind == Kind::Own && (met.contains(folder) || unread.contains(folder));
        let whole = repository.root().join(folder);
        let is_asked = paths.iter().any(|path| repository.holds(path, &whole));
        let below = above.as_ref().filter(|set| set.value.matches(folder.trim_end_matches('/')));
        let below = below.map(|set| &set.origin);
        let required = context.policy.requires_model_in(folder).or(below.filter(|_| *kind != Kind::Own));
        if let Some(origin) = required.filter(|_| is_asked && !is_met) {
            let linted = lint_missing(folder, kind.message(), origin, context);
            result.add_path(&(repository.shown(&whole) + "/"), folder.clone(), linted);
        }
    }
}

/// Whether a file contains a threat model that counts for the folders around it.
fn counts(file: &FileReport, side: FileTree<'_>, policy: &Policy, foreign: &BTreeSet<&str>) -> bool {
    let is_allowed = |model: &ScoredModel| {
        let (environment, tier) =
            (model.model.agent.environment.as_deref(), model.model.agent.tier.as_deref());
        let (settings, _) = policy.settings_for(Scope { path: &file.path, environment, tier });
        let format = model.model.format.name();
        settings.get(&ALLOWED_FORMATS).is_none_or(|formats| formats.value.contains(&format))
    };
    file.models.iter().any(is_allowed)
        && !side.is_link(&file.path)
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

/// The folders of a side, from the repository's root with `/` at their end.
fn folders(side: FileTree<'_>) -> Result<BTreeMap<String, Kind>, String> {
    let mut folders = Folders::default();
    match side {
        FileTree::WorkTree(repository) if repository.is_git() => folders.add_tracked(repository)?,
        FileTree::WorkTree(repository) => {
            for file in files_below(repository.root(), &[])? {
                folders.add_file(&repository.matched(&file));
            }
        }
        FileTree::Commit(_, commit) => folders.add_commit(commit),
    }
    Ok(folders.0)
}

#[derive(Default)]
struct Folders(BTreeMap<String, Kind>);

impl Folders {
    fn add_file(&mut self, path: &str) {
        for folder in folders_of(path) {
            self.0.entry(folder).or_insert(Kind::Own);
        }
    }

    /// Adds a folder of another kind, and those above it.
    fn add(&mut self, path: &str, kind: Kind) {
        self.add_file(path);
        self.0.insert(format!("{path}/"), kind);
    }

    fn add_tracked(&mut self, repository: &Repository) -> Result<(), String> {
        for listed in tracked(repository.root())? {
            let whole = repository.root().join(&listed.path);
            let path = repository.matched(&whole);
            match listed.place {
                Place::Repository => self.add(&path, Kind::Submodule),
                Place::Sparse(_) => self.add_file(&path),
                Place::Folder => match repository.folder_link(&path) {
                    Some(link) => self.add(&link, Kind::Link),
                    // A name that is not UTF-8 cannot be found by its shown form.
                    None if whole.to_str().is_none() || repository.stands(&path) => self.add_file(&path),
                    None => {}
                },
            }
        }
        Ok(())
    }

    fn add_commit(&mut self, commit: &Commit) {
        for path in commit.paths() {
            if commit.is_link(path) && commit.bytes(path, 0).is_err() {
                self.add(path, Kind::Link);
            } else {
                self.add_file(path);
            }
        }
        for path in commit.submodules() {
            self.add(path, Kind::Submodule);
        }
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
