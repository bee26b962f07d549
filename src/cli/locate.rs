//! The places of the base's files in the head: a threat model counts as kept only if this run checked its present file.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::cli::gate::CheckOptions;
use crate::cli::streams::CliError;
use crate::input_error::SkipReason;
use crate::policy::Policy;
use crate::report::Report;
use crate::score::ScoredModel;
use crate::workspace::discover::Discovery;
use crate::workspace::file_tree::FileTree;
use crate::workspace::git::{Commit, renames};

/// The most unchecked files that are compared with threat models that are gone.
const MAX_COMPARED: usize = 1_000;

/// The place of a file of the base in the head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Location<'l> {
    /// In a file that this run checked.
    Checked,
    /// At its path, where this run did not check it.
    Unchecked,
    /// In a file that a sparse checkout leaves out.
    LeftOut,
    /// At another path, which this run did not check.
    Moved(&'l str),
    /// At no known path.
    Gone,
}

/// The files of the head, and the places of the base's files in it.
pub(crate) struct Locations<'h> {
    pub(crate) head: FileTree<'h>,
    /// Tracked files that a sparse checkout leaves out.
    sparse: BTreeSet<String>,
    /// The given paths, with the name of standard input.
    named: Vec<PathBuf>,
    checked: BTreeSet<String>,
    /// Paths in the base to those in the head.
    moved: BTreeMap<String, String>,
}

impl<'h> Locations<'h> {
    pub(crate) fn new(options: &CheckOptions<'_>, head: FileTree<'h>) -> Result<Self, CliError> {
        let sparse = head.left_out().map_err(CliError::Usage)?;
        let (checked, moved) = (BTreeSet::new(), BTreeMap::new());
        Ok(Self { head, sparse, named: options.named_paths(), checked, moved })
    }

    /// Whether the head has a file at a path, in the checkout or left out of it.
    pub(crate) fn has(&self, path: &str) -> bool {
        self.head.holds(path) || self.sparse.contains(path)
    }

    fn is_named(&self, path: &str) -> bool {
        self.head.repository().is_among(path, &self.named)
    }

    /// The threat models of the base whose paths are gone.
    pub(crate) fn gone<'r>(&self, base: &'r Report) -> Vec<&'r str> {
        let models = base.files.iter().filter(|file| !file.is_policy).map(|file| &*file.path);
        models.filter(|path| !self.has(path)).collect()
    }

    /// The paths of the head that the base does not have and that this run can check: threat models and, unless a change
    /// has too many of them to compare, other files that can contain one. An unchecked copy must not take their place.
    pub(crate) fn arrived<'r>(
        &self,
        commit: &Commit,
        policy: &Policy,
        now: &'r Report,
        changed: &'r BTreeSet<String>,
    ) -> Vec<&'r str> {
        let models = now.files.iter().filter(|file| !file.is_policy).map(|file| &*file.path);
        let mut new: BTreeSet<&str> = models.filter(|path| !commit.holds(path)).collect();
        let is_candidate = |path: &&str| {
            policy.sought(path).is_some() && !commit.holds(path) && self.has(path) && self.is_named(path)
        };
        new.extend(changed.iter().map(String::as_str).filter(is_candidate).take(MAX_COMPARED));
        new.into_iter().collect()
    }

    /// Records what this run checks, and what was renamed: paths of the head to those of the base.
    pub(crate) fn record(
        &mut self,
        options: &CheckOptions<'_>,
        discovery: &Discovery,
        renamed: &BTreeMap<String, String>,
    ) {
        self.checked = discovery.candidates.iter().map(|candidate| candidate.matched.clone()).collect();
        if options.stdin.is_some() {
            self.checked.insert(self.head.repository().matched(Path::new(options.stdin_filename)));
        }
        self.add_moved(renamed.clone());
    }

    fn add_moved(&mut self, renamed: BTreeMap<String, String>) {
        self.moved.extend(renamed.into_iter().map(|(now, then)| (then, now)));
    }

    /// Finds the files of threat models that are in no checked file. Those that are not found count as removed.
    pub(crate) fn find(
        &mut self,
        base: &Commit,
        left: &[(&str, &[&ScoredModel])],
        changed: &BTreeSet<String>,
    ) {
        let paths = left.iter().map(|(path, _)| *path);
        let gone: Vec<&str> = paths.filter(|path| self.of_file(path) == Location::Gone).collect();
        let is_new = |path: &&str| !base.holds(path) && self.has(path) && !self.checked.contains(*path);
        let new: Vec<&str> = changed.iter().map(String::as_str).filter(is_new).take(MAX_COMPARED).collect();
        let root = self.head.repository().root();
        if let Ok(renamed) = renames(root, &base.revision, self.head.revision(), (&gone, &new)) {
            self.add_moved(renamed);
        }
    }

    /// Returns where a file of the base is.
    pub(crate) fn of_file(&self, path: &str) -> Location<'_> {
        let now = self.moved.get(path).filter(|now| self.has(now));
        let is_left_out = |path: &str| self.sparse.contains(path) && !self.head.holds(path);
        if self.checked.contains(path) || now.is_some_and(|now| self.checked.contains(now)) {
            return Location::Checked;
        }
        match now {
            _ if is_left_out(path) => Location::LeftOut,
            _ if self.head.holds(path) => Location::Unchecked,
            Some(now) if is_left_out(now) && self.is_named(now) => Location::LeftOut,
            Some(now) => Location::Moved(now),
            None => Location::Gone,
        }
    }

    /// The reason why a file of the head is not checked.
    pub(crate) fn reason(&self, path: &str, policy: &Policy) -> SkipReason {
        if !self.is_named(path) {
            return SkipReason::OutsidePaths;
        }
        match policy.excluded_by(path) {
            Some((pattern, origin)) => {
                SkipReason::Excluded { pattern: pattern.to_owned(), origin: origin.to_string() }
            }
            None if policy.sought(path).is_none() => SkipReason::OtherFormat,
            None => SkipReason::Unchecked,
        }
    }
}
