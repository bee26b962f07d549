//! Results of the base that the head reuses: those of files with the same bytes, if nothing else decides them.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::cli::lint_files::FileOutcome;
use crate::digest;
use crate::lint::BaseModels;
use crate::policy::{FileLoader, Load};
use crate::workspace::candidate::Candidate;

/// The results of the base, by the paths of its files from the root.
#[derive(Default)]
pub(crate) struct Memo(Mutex<BTreeMap<String, MemoEntry>>);

struct MemoEntry {
    candidate: Candidate,
    digest: [u8; 32],
    outcome: FileOutcome,
    /// Whether the head has the same bytes.
    is_unchanged: bool,
}

/// The stage of a run, with the results that it records or reuses.
#[derive(Clone, Copy)]
pub(crate) enum Stage<'m> {
    /// A run without a base.
    Single,
    /// The base, which records its results.
    Base(&'m Memo),
    /// The head by itself, to pair its models with those of the base.
    Pairing(&'m Memo),
    /// The head compared with the base.
    Compared(&'m Memo, &'m dyn BaseModels),
}

impl<'m> Stage<'m> {
    /// The state of the base that rules compare with.
    pub(crate) const fn baseline(self) -> Option<&'m dyn BaseModels> {
        match self {
            Self::Compared(_, baseline) => Some(baseline),
            Self::Single | Self::Base(_) | Self::Pairing(_) => None,
        }
    }

    /// The result for a file whose bytes are known to be those of the base, if the comparison cannot change it.
    pub(crate) fn recall(self, candidate: &Candidate) -> Option<FileOutcome> {
        let Self::Compared(memo, baseline) = self else { return None };
        let entries = memo.0.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = entries.get(&candidate.matched).filter(|entry| entry.is_unchanged)?;
        let models = entry.outcome.models()?;
        baseline.is_itself(&candidate.matched, models).then(|| entry.outcome.clone())
    }

    /// The result for a file of the head, if the base has the same bytes.
    pub(crate) fn recall_bytes(self, candidate: &Candidate, bytes: &[u8]) -> Option<FileOutcome> {
        let Self::Pairing(memo) = self else { return None };
        let mut entries = memo.0.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = entries.get_mut(&candidate.matched)?;
        entry.is_unchanged = entry.candidate.name == candidate.name
            && entry.candidate.by_marker == candidate.by_marker
            && entry.digest == digest::of_bytes(bytes);
        entry.is_unchanged.then(|| entry.outcome.clone())
    }

    /// The digest of a file whose result is recorded.
    pub(crate) fn digest(self, bytes: &[u8]) -> Option<[u8; 32]> {
        matches!(self, Self::Base(_)).then(|| digest::of_bytes(bytes))
    }

    pub(crate) fn record(self, candidate: &Candidate, digest: [u8; 32], outcome: &FileOutcome) {
        let Self::Base(memo) = self else { return };
        let (candidate, outcome) = (candidate.clone(), outcome.clone());
        let mut entries = memo.0.lock().unwrap_or_else(PoisonError::into_inner);
        let path = candidate.matched.clone();
        entries.insert(path, MemoEntry { candidate, digest, outcome, is_unchanged: false });
    }
}

/// A loader that records whether it was used: a result that depends on other files is valid for one side only.
pub(crate) struct WatchedLoader<'w> {
    files: Load<'w>,
    is_used: AtomicBool,
}

impl<'w> WatchedLoader<'w> {
    pub(crate) const fn new(files: Load<'w>) -> Self {
        Self { files, is_used: AtomicBool::new(false) }
    }

    pub(crate) fn is_used(&self) -> bool {
        self.is_used.load(Ordering::Relaxed)
    }

    fn used(&self) -> Load<'w> {
        self.is_used.store(true, Ordering::Relaxed);
        self.files
    }
}

impl FileLoader for WatchedLoader<'_> {
    fn bytes(&self, name: &str) -> Result<Vec<u8>, String> {
        self.used().bytes(name)
    }

    fn rego_below(&self, folder: &str) -> Result<Vec<String>, String> {
        self.used().rego_below(folder)
    }

    fn exists(&self, path: &str) -> bool {
        self.used().exists(path)
    }

    fn may_name(&self, policy: &str, path: &str) -> bool {
        self.used().may_name(policy, path)
    }

    fn muted(&self, work: &mut dyn FnMut()) -> String {
        self.files.muted(work)
    }

    fn bounded(&self, work: &mut dyn FnMut()) -> Result<(), String> {
        self.files.bounded(work)
    }
}
