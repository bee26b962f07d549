//! The files that a run checks, from the working folder or from a commit.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use crate::input_error::{InputError, SkipReason};
use crate::policy::{Policy, Sought};
use crate::source::{Language, Source};
use crate::workspace::files::link_out;
use crate::workspace::git::files::Commit;
use crate::workspace::repository::Repository;
use crate::workspace::search::Marker;

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Candidate {
    /// The path as it is shown: as the user would write it, with `/` between its parts.
    pub(crate) name: String,
    /// The path as patterns match it: relative to the repository's root.
    pub(crate) matched: String,
    pub(crate) path: PathBuf,
    /// Whether it was given by name, so that it must contain a threat model or a policy.
    pub(crate) named: bool,
    /// Whether only its bytes make it a candidate: they contain the marker, if only in prose.
    pub(crate) by_marker: bool,
}

/// The meaning of a file that was given by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NamedFiles {
    /// It is checked, whatever the policy's patterns are.
    Checked,
    /// It is checked if the policy's patterns match it, for hooks that name every file of a change.
    Filtered,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct FileSearch<'a> {
    pub(crate) paths: &'a [PathBuf],
    pub(crate) policy: &'a Policy,
    pub(crate) named: NamedFiles,
    /// The number of threads; 0 for one per core.
    pub(crate) threads: usize,
}

/// The most files whose names hint at threat models that are kept.
pub(crate) const MOST_HINTED: usize = 200;

#[derive(Debug, Default)]
pub(crate) struct Discovery {
    /// The files, each once, ordered by name.
    pub(crate) candidates: Vec<Candidate>,
    /// The folders among the given paths, each of which must contain a threat model.
    pub(crate) folders: Vec<PathBuf>,
    /// Files that do not contain the marker, whose names hint at threat models of other tools.
    pub(crate) hinted: Vec<Candidate>,
    /// Files given by name that the policy's patterns exclude, if [`NamedFiles::Filtered`].
    pub(crate) left_out: Vec<String>,
    pub(crate) errors: Vec<InputError>,
    /// Policies in folders that no policy is read from, by their paths from the root.
    pub(crate) misplaced: BTreeSet<String>,
    /// Tracked files that a sparse checkout excludes and whose names are not those of threat models: paths from the root, with
    /// their objects.
    pub(crate) sparse: BTreeMap<String, String>,
}

impl Discovery {
    /// Adds paths, given from the root, of files that contained a threat model in the base, whatever their content is now.
    pub(crate) fn hold(&mut self, held: &BTreeSet<String>, search: FileSearch<'_>, repository: &Repository) {
        let given: Vec<PathBuf> = search.paths.iter().map(|path| repository.whole(path)).collect();
        let known: BTreeSet<String> = self.candidates.iter().map(|known| known.matched.clone()).collect();
        for matched in held.difference(&known) {
            let path = repository.root().join(matched);
            let is_given = given.iter().any(|given| path.starts_with(given));
            if !is_given || search.policy.sought(matched).is_none() {
                continue;
            }
            let name = repository.shown(&path);
            if self.sparse.contains_key(matched) {
                self.errors.push(InputError::Sparse { path: name });
            } else if !repository.has_file(matched) {
                // A deletion, or a folder in the file's place.
            } else if link_out(&path, Some(repository.root())).is_some() {
                self.errors.push(InputError::LinkOut { path: name });
            } else {
                let matched = matched.clone();
                self.candidates.push(Candidate { name, matched, path, named: false, by_marker: false });
            }
        }
        self.settle(repository);
    }

    /// Puts candidates in order, each once.
    pub(crate) fn settle(&mut self, repository: &Repository) {
        // A file both named and found counts as named.
        self.candidates.sort_by(|one, other| (&one.matched, other.named).cmp(&(&other.matched, one.named)));
        // Different names that are not UTF-8 can be shown alike.
        self.candidates.dedup_by(|later, first| {
            later.matched == first.matched && repository.whole(&later.path) == repository.whole(&first.path)
        });
        self.candidates.sort();
    }
}

/// Finds the files of a commit below the paths; they need not exist on the disk. Those of `held`, paths from the root, are
/// candidates if they contain the marker.
pub(crate) fn discover_in(
    commit: &Commit,
    search: FileSearch<'_>,
    held: &BTreeSet<String>,
    repository: &Repository,
) -> Discovery {
    let given: Vec<PathBuf> = search.paths.iter().map(|path| repository.whole(path)).collect();
    let marker = Marker::default();
    let mut discovery = Discovery::default();
    for matched in commit.paths() {
        let path = repository.root().join(matched);
        let by_marker = match search.policy.sought(matched) {
            _ if given.contains(&path) => false,
            Some(sought) if given.iter().any(|given| path.starts_with(given)) => sought == Sought::ByMarker,
            _ => continue,
        };
        let name = repository.shown(&path);
        if by_marker {
            if !held.contains(matched) {
                continue;
            }
            match commit.bytes(matched, Source::MAX_BYTES) {
                Ok(bytes) if marker.is_in(&bytes, Language::of(matched)) => {}
                Ok(_) => continue,
                Err(cause) => {
                    discovery.errors.push(InputError::unreadable(name, cause));
                    continue;
                }
            }
        }
        let matched = matched.to_owned();
        discovery.candidates.push(Candidate { name, matched, path, named: false, by_marker });
    }
    discovery
}

/// The files below folders that have the name of a threat model and were not found, by their names.
pub(crate) fn skipped(
    discovery: &Discovery,
    repository: &Repository,
    policy: &Policy,
) -> BTreeMap<String, SkipReason> {
    let found: BTreeSet<&str> = discovery.candidates.iter().map(|candidate| &*candidate.matched).collect();
    let mut skipped = BTreeMap::new();
    for folder in &discovery.folders {
        let mut walker = ignore::WalkBuilder::new(folder);
        walker.standard_filters(false).filter_entry(|entry| entry.file_name() != ".git");
        // The search has reported what cannot be read.
        for path in walker.build().filter_map(Result::ok).map(ignore::DirEntry::into_path) {
            let matched = repository.matched(&path);
            if found.contains(&*matched) || path.is_dir() {
                continue;
            }
            let reason = match policy.excluded_by(&matched) {
                Some((pattern, origin)) => {
                    SkipReason::Excluded { pattern: pattern.to_owned(), origin: origin.to_string() }
                }
                None if policy.sought(&matched) == Some(Sought::ByName) => SkipReason::Ignored,
                None => continue,
            };
            skipped.insert(repository.shown(&path), reason);
        }
    }
    skipped
}
