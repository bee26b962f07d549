//! Access to files: discovery, git, reading, atomic writes; and the process around it: standard error and time limits.

#![expect(clippy::disallowed_methods, reason = "besides the command layer only this module accesses files")]

pub(crate) mod candidate;
pub(crate) mod discover;
pub(crate) mod files;
pub(crate) mod git;
pub(crate) mod parallel;
pub(crate) mod policies;
pub(crate) mod process;
pub(crate) mod recognize;
pub(crate) mod repository;
pub(crate) mod rewritten;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::digest::is_git_blob;
use crate::input_error::{LINK_OUT, Revision, SPARSE};
use crate::policy::FileLoader;
use crate::policy::globs::is_readable;
use crate::workspace::candidate::{Candidate, Discovery, FileSearch, discover_in};
use crate::workspace::discover::discover;
use crate::workspace::files::{exists, files_below, names_in, read, size, slashes};
use crate::workspace::git::files::{Commit, excluded_by_sparse_checkout};
use crate::workspace::process::{bounded, muted, watched};
use crate::workspace::repository::{POLICY_NAMES, Repository, is_near_policy};

/// The files of the working folder, or of a commit.
#[derive(Clone, Copy, Debug)]
pub(crate) enum FileTree<'w> {
    WorkTree(&'w Repository),
    Commit(&'w Repository, &'w Commit),
}

impl<'w> FileTree<'w> {
    pub(crate) const fn repository(&self) -> &'w Repository {
        match self {
            Self::WorkTree(repository) | Self::Commit(repository, _) => repository,
        }
    }

    /// The repository's own policy files, of which a run accepts one. A link that leads nowhere counts.
    pub(crate) fn policies(&self) -> Vec<PathBuf> {
        let root = self.repository().root();
        let policies = POLICY_NAMES.into_iter().filter(|path| match self {
            Self::WorkTree(_) => exists(&root.join(path)),
            Self::Commit(_, commit) => commit.holds(path),
        });
        policies.map(|path| root.join(path)).collect()
    }

    /// Files in the folders of policies with names that are almost those of policies.
    pub(crate) fn near_policies(&self) -> Vec<PathBuf> {
        let root = self.repository().root();
        match self {
            Self::WorkTree(_) => {
                let mut paths = Vec::new();
                for folder in [root.to_owned(), root.join(".github")] {
                    let names = names_in(&folder, usize::MAX).into_iter().filter(|name| is_near_policy(name));
                    paths.extend(names.map(|name| folder.join(name)).filter(|path| !path.is_dir()));
                }
                paths
            }
            Self::Commit(_, commit) => {
                commit.paths().filter(|path| is_near_policy(path)).map(|path| root.join(path)).collect()
            }
        }
    }

    /// The tracked files that a sparse checkout excludes, by their paths from the root.
    pub(crate) fn left_out(&self) -> Result<BTreeSet<String>, String> {
        let Self::WorkTree(repository) = self else { return Ok(BTreeSet::new()) };
        let paths = excluded_by_sparse_checkout(repository.root())?;
        Ok(paths.iter().map(|path| slashes(path)).filter(|path| !repository.has_file(path)).collect())
    }

    /// A policy, or a file with almost its name, that a sparse checkout excludes.
    pub(crate) fn policy_left_out(&self) -> Result<Option<String>, String> {
        let mut paths = self.left_out()?.into_iter();
        Ok(paths.find(|path| POLICY_NAMES.contains(&&**path) || is_near_policy(path)))
    }

    pub(crate) const fn revision(&self) -> Option<&Revision> {
        match self {
            Self::WorkTree(_) => None,
            Self::Commit(_, commit) => Some(&commit.revision),
        }
    }

    /// Whether a path, given from the repository's root, is a link or leads through one.
    pub(crate) fn is_link(&self, path: &str) -> bool {
        match self {
            Self::WorkTree(repository) => repository.is_linked(&repository.root().join(path)),
            Self::Commit(_, commit) => commit.is_link(path),
        }
    }

    /// Whether a file exists at a path, given from the repository's root.
    pub(crate) fn holds(&self, path: &str) -> bool {
        match self {
            Self::WorkTree(repository) => repository.has_file(path),
            Self::Commit(_, commit) => commit.holds(path),
        }
    }

    /// The paths of a commit that can contain a threat model by their extension.
    pub(crate) fn readable(&self) -> BTreeSet<String> {
        match self {
            Self::WorkTree(_) => BTreeSet::new(),
            Self::Commit(_, commit) => {
                commit.paths().filter(|path| is_readable(path)).map(str::to_owned).collect()
            }
        }
    }

    /// Finds the files to check. In a commit, only files of `held` are searched for the marker: paths from the root.
    pub(crate) fn discover(&self, search: FileSearch<'_>, held: &BTreeSet<String>) -> Discovery {
        match self {
            Self::WorkTree(repository) => discover(search, repository),
            Self::Commit(repository, commit) => discover_in(commit, search, held, repository),
        }
    }

    /// Reads a file, unless it has more than `most` bytes.
    pub(crate) fn read(&self, candidate: &Candidate, most: usize) -> Result<Option<Vec<u8>>, String> {
        match self {
            Self::WorkTree(_) => {
                let is_larger = fs::metadata(&candidate.path).is_ok_and(|metadata| size(&metadata) > most);
                if is_larger { Ok(None) } else { read(&candidate.path).map(Some) }
            }
            Self::Commit(_, commit) => {
                let bytes = commit.bytes(&candidate.matched, most)?;
                Ok((bytes.len() <= most).then_some(bytes))
            }
        }
    }

    /// The bytes of a file of this tree, if a commit has the same ones at its path; `None` as well if they are more than
    /// `most`. The times that the index of git records prove nothing, and a checkout can rewrite a file.
    pub(crate) fn read_same(&self, candidate: &Candidate, base: &Commit, most: usize) -> Option<Vec<u8>> {
        let object = base.object(&candidate.matched)?;
        match self {
            Self::WorkTree(_) => self.read(candidate, most).ok()?.filter(|bytes| is_git_blob(bytes, object)),
            Self::Commit(_, commit) if commit.object(&candidate.matched) == Some(object) => {
                self.read(candidate, most).ok()?
            }
            Self::Commit(..) => None,
        }
    }

    /// The path from the repository's root, if the repository contains it. Other files, also those in the checkout of another
    /// repository, are read from the disk for a commit too: no change of this repository touches them.
    fn path_in_repository(&self, path: &Path) -> Result<Option<String>, String> {
        let repository = self.repository();
        let is_outside =
            !repository.holds(repository.root(), path) || repository.other_checkout(path)?.is_some();
        Ok((!is_outside).then(|| repository.matched(path)))
    }

    /// The modules of rules below a folder of the commit. Hidden files and folders are omitted, as on the disk.
    fn rego_in(&self, commit: &Commit, folder: &str) -> Result<Vec<String>, String> {
        if let Some(module) = commit.submodules().find(|path| is_seen_below(folder, path)) {
            return Err(format!("{module} is a submodule, whose files are another repository's"));
        }
        let repository = self.repository();
        let paths = commit.paths().filter(|path| is_seen_below(folder, path) && is_rego(path));
        Ok(paths.map(|path| repository.shown(&repository.root().join(path))).collect())
    }
}

/// Whether a path leads to a folder's file that is not hidden.
fn is_seen_below(folder: &str, path: &str) -> bool {
    let rest = path.strip_prefix(folder).and_then(|rest| rest.strip_prefix('/'));
    rest.is_some_and(|rest| !rest.split('/').any(|part| part.starts_with('.')))
}

fn is_rego(path: &str) -> bool {
    Path::new(path).extension().is_some_and(|extension| extension == "rego")
}

/// The files that a policy names; a name is a path from the current folder.
impl FileLoader for FileTree<'_> {
    fn bytes(&self, name: &str) -> Result<Vec<u8>, String> {
        let path = Path::new(name);
        if let Self::WorkTree(repository) = self
            && repository.leads_out(path)
        {
            return Err(LINK_OUT.to_owned());
        }
        match (self, self.path_in_repository(path)?) {
            (Self::Commit(_, commit), Some(path)) => commit.bytes(&path, usize::MAX),
            (Self::WorkTree(_), _) | (Self::Commit(..), None) => read(path),
        }
    }

    fn exists(&self, path: &str) -> bool {
        match self {
            Self::WorkTree(repository) => repository.exists(path),
            Self::Commit(_, commit) => commit.holds(path) || commit.holds_folder(path),
        }
    }

    fn may_name(&self, policy: &str, path: &str) -> bool {
        self.repository().may_name(Path::new(policy), Path::new(path))
    }

    fn muted(&self, work: &mut dyn FnMut()) -> String {
        watched(|| muted(work))
    }

    fn bounded(&self, work: &mut dyn FnMut()) -> Result<(), String> {
        bounded(work)
    }

    fn rego_below(&self, folder: &str) -> Result<Vec<String>, String> {
        let matched = self.path_in_repository(Path::new(folder))?;
        if let (Self::Commit(_, commit), Some(matched)) = (self, &matched) {
            return self.rego_in(commit, matched);
        }
        if let Some(matched) = matched {
            let mut left_out = self.left_out()?.into_iter();
            if let Some(path) = left_out.find(|path| Path::new(path).starts_with(&matched) && is_rego(path)) {
                return Err(format!("{path}: {SPARSE}"));
            }
        }
        let paths = files_below(Path::new(folder), &["rego"])?;
        Ok(paths.iter().map(|path| slashes(path)).collect())
    }
}
