//! Results of the base's run that the head's run reuses: of files whose bytes are the same, where nothing else counts.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::cli::lint_files::Judged;
use crate::digest;
use crate::lint::BaseModels;
use crate::policy::{FileLoader, Load};
use crate::workspace::discover::Candidate;

/// The results of a run, by the paths of its files from the root.
#[derive(Default)]
pub(crate) struct Memo(Mutex<BTreeMap<String, Entry>>);

struct Entry {
    candidate: Candidate,
    digest: [u8; 32],
    judged: Judged,
}

/// What a run does with the results of the base.
#[derive(Clone, Copy)]
pub(crate) enum Memory<'m> {
    /// It neither has nor keeps any.
    None,
    /// It is the base's, which keeps them.
    Keep(&'m Memo),
    /// It uses them. With [`BaseModels`], only those that the comparison cannot change.
    Use(&'m Memo),
}

impl Memory<'_> {
    /// The result for a file, if its bytes have it.
    pub(crate) fn recall(
        self,
        candidate: &Candidate,
        bytes: &[u8],
        before: Option<&dyn BaseModels>,
    ) -> Option<Judged> {
        let Self::Use(Memo(entries)) = self else { return None };
        let entries = entries.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = entries.get(&candidate.matched)?;
        let is_same = entry.candidate.name == candidate.name
            && entry.candidate.by_marker == candidate.by_marker
            && entry.digest == digest::of_bytes(bytes);
        let is_compared = |before: &dyn BaseModels| {
            entry.judged.models().is_some_and(|count| before.is_itself(&candidate.matched, count))
        };
        (is_same && before.is_none_or(is_compared)).then(|| entry.judged.clone())
    }

    /// The digest of a file whose result is kept.
    pub(crate) fn digest(self, bytes: &[u8]) -> Option<[u8; 32]> {
        matches!(self, Self::Keep(_)).then(|| digest::of_bytes(bytes))
    }

    /// Keeps a result.
    pub(crate) fn keep(self, candidate: &Candidate, digest: [u8; 32], judged: &Judged) {
        let Self::Keep(Memo(entries)) = self else { return };
        let mut entries = entries.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = Entry { candidate: candidate.clone(), digest, judged: judged.clone() };
        entries.insert(candidate.matched.clone(), entry);
    }
}

/// Files that remember whether they were asked for: a result that depends on other files holds for one side alone.
pub(crate) struct Watched<'w> {
    files: Load<'w>,
    is_used: AtomicBool,
}

impl<'w> Watched<'w> {
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

impl FileLoader for Watched<'_> {
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
