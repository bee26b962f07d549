//! Where files come from: the working folder, or a commit. A comparison has one side of each, or two commits.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::compare::Revision;
use crate::input_error::{LINK_OUT, SPARSE};
use crate::policy::FileLoader;
use crate::policy::globs::is_readable;
use crate::workspace::discover::{
    Candidate, Discovery, POLICY_NAMES, Repository, Search, discover, discover_in, files_below,
    is_near_policy, read, size, slashes,
};
use crate::workspace::git::{Commit, left_out};
use crate::workspace::{mute, watchdog};

/// One side of a comparison.
#[derive(Clone, Copy, Debug)]
pub(crate) enum FileTree<'w> {
    /// The files as they lie on the disk.
    WorkTree(&'w Repository),
    /// The files of a commit.
    Commit(&'w Repository, &'w Commit),
}

impl FileTree<'_> {
    pub(crate) const fn repository(&self) -> &Repository {
        match self {
            Self::WorkTree(repository) | Self::Commit(repository, _) => repository,
        }
    }

    /// The repository's own policy files on this side.
    pub(crate) fn policies(&self) -> Vec<PathBuf> {
        match self {
            Self::WorkTree(repository) => repository.policies(),
            Self::Commit(repository, commit) => {
                let names = POLICY_NAMES.iter().filter(|name| commit.holds(name));
                names.map(|name| repository.root().join(name)).collect()
            }
        }
    }

    /// Files where policies are, with names that are almost those of policies.
    pub(crate) fn near_policies(&self) -> Vec<PathBuf> {
        match self {
            Self::WorkTree(repository) => repository.near_policies(),
            Self::Commit(repository, commit) => {
                let is_near = |path: &&str| is_near_policy(path.strip_prefix(".github/").unwrap_or(path));
                commit.paths().filter(is_near).map(|path| repository.root().join(path)).collect()
            }
        }
    }

    /// The tracked files that a sparse checkout leaves out.
    pub(crate) fn left_out(&self) -> Result<BTreeSet<String>, String> {
        let Self::WorkTree(repository) = self else { return Ok(BTreeSet::new()) };
        let paths = left_out(repository.root())?.into_iter();
        let paths = paths.map(|path| repository.matched(&repository.root().join(path)));
        Ok(paths.filter(|path| !repository.stands(path)).collect())
    }

    /// A policy, or what is almost called so, that a sparse checkout leaves out.
    pub(crate) fn policy_left_out(&self) -> Result<Option<String>, String> {
        let is_policy = |path: &String| {
            POLICY_NAMES.contains(&&**path) || is_near_policy(path.strip_prefix(".github/").unwrap_or(path))
        };
        Ok(self.left_out()?.into_iter().find(is_policy))
    }

    /// A file of rules in Rego below a folder that a sparse checkout leaves out.
    fn rego_left_out(&self, folder: &str) -> Result<Option<String>, String> {
        let Some(folder) = Self::within(self.repository(), Path::new(folder))? else { return Ok(None) };
        let is_rule = |path: &String| {
            Path::new(path).starts_with(&folder)
                && Path::new(path).extension().is_some_and(|end| end == "rego")
        };
        Ok(self.left_out()?.into_iter().find(is_rule))
    }

    /// The revision of a commit.
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

    /// Whether something stands at a path, given from the repository's root.
    pub(crate) fn holds(&self, path: &str) -> bool {
        match self {
            Self::WorkTree(repository) => repository.stands(path),
            Self::Commit(_, commit) => commit.holds(path),
        }
    }

    /// The paths of a commit that may hold a threat model although their names do not say so.
    pub(crate) fn readable(&self) -> BTreeSet<String> {
        match self {
            Self::WorkTree(_) => BTreeSet::new(),
            Self::Commit(_, commit) => {
                commit.paths().filter(|path| is_readable(path)).map(str::to_owned).collect()
            }
        }
    }

    /// Finds the files to judge. Of a commit, `held` are the paths from the root that may hold a threat model although
    /// their names do not say so.
    pub(crate) fn discover(&self, search: Search<'_>, held: &BTreeSet<String>) -> Discovery {
        match self {
            Self::WorkTree(repository) => discover(search, repository),
            Self::Commit(repository, commit) => discover_in(commit, search, held, repository),
        }
    }

    /// Reads a file, unless it has more bytes than are wanted.
    pub(crate) fn read(&self, candidate: &Candidate, most: usize) -> Result<Option<Vec<u8>>, String> {
        match self {
            Self::WorkTree(_) if size(&candidate.path) > most => Ok(None),
            Self::WorkTree(_) => read(&candidate.path).map(Some),
            Self::Commit(_, commit) => {
                let bytes = commit.bytes(&candidate.matched, most)?;
                Ok((bytes.len() <= most).then_some(bytes))
            }
        }
    }

    /// The path from the repository's root, if it lies below that; what lies elsewhere no change of the repository
    /// can touch, so it is read from the disk on either side. So is what another repository's checkout contains.
    fn within(repository: &Repository, path: &Path) -> Result<Option<String>, String> {
        let is_outside =
            !repository.holds(repository.root(), path) || repository.other_checkout(path)?.is_some();
        Ok((!is_outside).then(|| repository.matched(path)))
    }
}

/// The files that a policy names; a name is a path from the current folder.
impl FileLoader for FileTree<'_> {
    fn bytes(&self, name: &str) -> Result<Vec<u8>, String> {
        let path = Path::new(name);
        match self {
            Self::WorkTree(repository) if repository.leads_out(path) => Err(LINK_OUT.to_owned()),
            Self::WorkTree(repository) => Self::within(repository, path).and_then(|_| read(path)),
            Self::Commit(repository, commit) => Self::within(repository, path)?
                .map_or_else(|| read(path), |path| commit.bytes(&path, usize::MAX)),
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
        watchdog::watched(|| mute::stderr(work))
    }

    fn bounded(&self, work: &mut dyn FnMut()) -> Result<(), String> {
        watchdog::bounded(work)
    }

    fn rego_below(&self, folder: &str) -> Result<Vec<String>, String> {
        let on_disk = || -> Result<Vec<String>, String> {
            if let Some(path) = self.rego_left_out(folder)? {
                return Err(format!("{path}: {SPARSE}"));
            }
            let paths = files_below(Path::new(folder), &["rego"])?;
            Ok(paths.iter().map(|path| slashes(path)).collect())
        };
        let names: Vec<String> = match self {
            Self::WorkTree(_) => on_disk()?,
            Self::Commit(repository, commit) => match Self::within(repository, Path::new(folder))? {
                None => on_disk()?,
                Some(matched) => {
                    // Hidden files and folders are passed over, as on the disk.
                    let below = |path: &&str| {
                        let rest = path.strip_prefix(&matched).and_then(|rest| rest.strip_prefix('/'));
                        rest.is_some_and(|rest| !rest.split('/').any(|part| part.starts_with('.')))
                    };
                    if let Some(module) = commit.submodules().find(below) {
                        return Err(format!("{module} is a submodule, whose files are another repository's"));
                    }
                    let paths = commit
                        .paths()
                        .filter(below)
                        .filter(|path| Path::new(path).extension().is_some_and(|ending| ending == "rego"));
                    paths.map(|path| repository.shown(&repository.root().join(path))).collect()
                }
            },
        };
        Ok(names)
    }
}
