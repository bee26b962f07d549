//! The files that a run checks, from the working folder or from a commit, and the search for the marker in them.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{LazyLock, mpsc};

use memchr::memmem::{self, Finder};

use crate::input_error::{InputError, SkipReason};
use crate::policy::globs::{costly_pattern, too_complex};
use crate::policy::{Policy, Sought};
use crate::source::{Language, Source};
use crate::syntax::{MAX_LOOKALIKE_LENGTH, MODEL_MARKER, is_key_in};
use crate::workspace::files::{link_out, open, plain, read};
use crate::workspace::git::files::Commit;
use crate::workspace::parallel::{Progress, parallel_map, thread_count};
use crate::workspace::repository::Repository;

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

impl Candidate {
    /// A file that was found rather than named.
    pub(crate) fn found(repository: &Repository, path: PathBuf, matched: String, by_marker: bool) -> Self {
        Self { name: repository.shown(&path), matched, path, named: false, by_marker }
    }
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

/// The most files whose names hint at threat models that are kept, and the most other pages.
pub(crate) const MAX_HINTED: usize = 200;
pub(crate) const MAX_PAGES: usize = 1_000;

#[derive(Debug, Default)]
pub(crate) struct Discovery {
    /// The files, each once, ordered by name.
    pub(crate) candidates: Vec<Candidate>,
    /// The folders among the given paths, each of which must contain a threat model.
    pub(crate) folders: Vec<PathBuf>,
    /// Files that do not contain the marker, whose names hint at threat models of other tools.
    pub(crate) hinted: Vec<Candidate>,
    /// Other Markdown files that do not contain it.
    pub(crate) pages: Vec<Candidate>,
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
            let candidate = Candidate::found(repository, path, matched.clone(), false);
            if self.sparse.contains_key(matched) {
                self.errors.push(InputError::Sparse { path: candidate.name });
            } else if !repository.has_file(matched) {
                // A deletion, or a folder in the file's place.
            } else if link_out(&candidate.path, Some(repository.root())).is_some() {
                self.errors.push(InputError::LinkOut { path: candidate.name });
            } else {
                self.candidates.push(candidate);
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
    let mut discovery = Discovery::default();
    for matched in commit.paths() {
        let path = repository.root().join(matched);
        let by_marker = match search.policy.sought(matched) {
            _ if given.contains(&path) => false,
            Some(sought) if given.iter().any(|given| path.starts_with(given)) => sought == Sought::ByMarker,
            _ => continue,
        };
        let candidate = Candidate::found(repository, path, matched.to_owned(), by_marker);
        if !by_marker {
            discovery.candidates.push(candidate);
        } else if held.contains(matched) {
            match commit.bytes(matched, Source::MAX_BYTES) {
                Ok(bytes) if has_marker(&bytes, Language::of(matched)) => {
                    discovery.candidates.push(candidate);
                }
                Ok(_) => {}
                Err(cause) => discovery.errors.push(InputError::unreadable(candidate.name, cause)),
            }
        }
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
            let reason = match policy.exclusion(&matched) {
                Some(excluded) => excluded,
                None if policy.sought(&matched) == Some(Sought::ByName) => SkipReason::Ignored,
                None => continue,
            };
            skipped.insert(repository.shown(&path), reason);
        }
    }
    skipped
}

pub(crate) const IGNORE_FILE: &str = ".gitignore";

/// The largest `.gitignore` that is read outside of checkouts, in bytes: ten times any honest one.
const LARGEST: u64 = 256 * 1024;

/// The reason why git would wait for an ignore file, or match its patterns for too long. Git follows no link to one.
pub(crate) fn costly_for_git(file: &Path) -> Option<String> {
    let kind = fs::symlink_metadata(file).ok()?.file_type();
    if !kind.is_file() {
        return (!kind.is_dir() && !kind.is_symlink()).then(|| "not a regular file".to_owned());
    }
    let text = match read(file) {
        Ok(text) if text.len() > Source::MAX_BYTES => {
            return Some(format!("larger than {} MiB", Source::MAX_BYTES / (1024 * 1024)));
        }
        Ok(text) => text,
        Err(message) => return Some(message),
    };
    let line = costly_pattern(&text)?;
    Some(format!("line {line}: a pattern that is too complex: git would take too long to match so many `*`"))
}

/// Walks through a folder that is in no checkout. Returns the folders whose ignore file is refused as well: they are not
/// searched.
pub(crate) fn walk(folder: &Path) -> (Vec<Result<ignore::DirEntry, ignore::Error>>, Vec<PathBuf>) {
    if has_refused_ignore_file(folder) {
        return (Vec::new(), vec![folder.to_owned()]);
    }
    let (sender, refused) = mpsc::channel();
    let walker = ignore::WalkBuilder::new(folder)
        .hidden(false)
        .ignore(false)
        // The verdict must not depend on the machine.
        .git_global(false)
        .git_exclude(false)
        .require_git(false)
        .parents(false)
        .filter_entry(move |entry| {
            let is_folder = entry.file_type().is_some_and(|kind| kind.is_dir());
            let is_refused = is_folder && has_refused_ignore_file(entry.path());
            if is_refused {
                // The receiver exists until the walk ends.
                let _ = sender.send(entry.path().to_owned());
            }
            !is_refused && entry.file_name() != ".git"
        })
        .build();
    let entries = walker.collect();
    (entries, refused.iter().collect())
}

/// The message for a refused ignore file outside of checkouts.
pub(crate) fn refusal() -> String {
    format!("not a regular file, larger than {} KiB, or with a pattern that is too complex", LARGEST / 1024)
}

/// Whether a folder has a `.gitignore` that is endless or too large, or takes too long to compile.
fn has_refused_ignore_file(folder: &Path) -> bool {
    let file = folder.join(IGNORE_FILE);
    let Ok(metadata) = fs::metadata(&file) else { return false };
    if !metadata.is_file() || metadata.len() > LARGEST {
        return true;
    }
    let text = fs::read(file).unwrap_or_default();
    text.split(|byte| *byte == b'\n').any(|line| too_complex(&String::from_utf8_lossy(line)).is_some())
}

/// The largest file that is searched, in bytes.
const MAX_LENGTH: u64 = 4 * 1024 * 1024 * 1024;
/// The number of bytes that are searched at once.
const BLOCK: usize = 256 * 1024;

/// Whether bytes contain the marker, or a key that people read as the marker, in any encoding of text: a file in UTF-16 is an
/// error, not another kind of file.
pub(crate) fn has_marker(bytes: &[u8], language: Language) -> bool {
    /// Without the zeros of the first letter, both byte orders of UTF-32 contain it.
    static WIDEST: LazyLock<Finder<'static>> = LazyLock::new(|| {
        let widest: Vec<u8> = MODEL_MARKER.bytes().flat_map(|byte| [0, 0, 0, byte]).skip(3).collect();
        Finder::new(&widest).into_owned()
    });
    // No text in UTF-16 contains the character zero.
    is_in_text(bytes, language)
        || (memchr::memchr(0, bytes).is_some()
            && (WIDEST.find(bytes).is_some()
                || memmem::find(bytes, &[0; 3]).is_none() && is_in_utf16(bytes, language)))
}

fn is_in_text(bytes: &[u8], language: Language) -> bool {
    static MARKER: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(MODEL_MARKER));
    MARKER.find(bytes).is_some() || is_key_in(bytes, language)
}

/// The same in UTF-16 of both byte orders. A block of a file can begin within a unit.
fn is_in_utf16(bytes: &[u8], language: Language) -> bool {
    [bytes, bytes.get(1..).unwrap_or_default()].iter().any(|bytes| {
        [u16::from_le_bytes as fn([u8; 2]) -> u16, u16::from_be_bytes].iter().any(|unit| {
            let units = bytes.as_chunks().0.iter().map(|pair| unit(*pair));
            let letters = char::decode_utf16(units);
            let text: String = letters.map(|letter| letter.unwrap_or(char::REPLACEMENT_CHARACTER)).collect();
            is_in_text(text.as_bytes(), language)
        })
    })
}

fn is_in_file(path: &Path) -> Result<bool, String> {
    thread_local! {
        /// Reused for the next file.
        static BUFFER: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    }
    /// The longest form of the marker, and the space before its colon.
    const OVERLAP: usize = MAX_LOOKALIKE_LENGTH + 256;
    let language = Language::of(&path.to_string_lossy());
    let (mut file, _) = open(path)?;
    BUFFER.with_borrow_mut(|buffer| {
        buffer.resize(BLOCK, 0);
        let (mut kept, mut searched) = (0, 0);
        loop {
            let read = file.read(&mut buffer[kept..]).map_err(|error| plain(&error))?;
            if read == 0 {
                return Ok(false);
            }
            let end = kept + read;
            if has_marker(&buffer[..end], language) {
                return Ok(true);
            }
            searched += read as u64;
            if searched > MAX_LENGTH {
                return Err("too large to be searched for a threat model".to_owned());
            }
            let rest = end.saturating_sub(OVERLAP);
            buffer.copy_within(rest..end, 0);
            kept = end - rest;
        }
    })
}

/// Searches candidates for the marker. Returns those that contain it, and those that could not be searched with the reason.
pub(crate) fn search(candidates: &[Candidate], threads: usize) -> Vec<(&Candidate, Result<(), String>)> {
    /// Fewer files are searched before another thread has started.
    const FEW: usize = 64;
    let threads = thread_count(threads).min(candidates.len() / FEW);
    let mut found = Vec::new();
    let is_found = |candidate: &Candidate, _| Some(is_in_file(&candidate.path));
    parallel_map(candidates, threads, Progress::Hidden, is_found, |candidate, outcome| {
        match outcome.unwrap_or_else(|| Err("not searched".to_owned())) {
            Ok(false) => {}
            Ok(true) => found.push((candidate, Ok(()))),
            Err(message) => found.push((candidate, Err(message))),
        }
    });
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marker_is_found_in_every_encoding_and_across_blocks() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.yaml");
        let wide = |zeros: usize| -> Vec<u8> {
            MODEL_MARKER.bytes().flat_map(|byte| [vec![byte], vec![0; zeros]].concat()).collect()
        };
        let big_endian: Vec<u8> = MODEL_MARKER.bytes().flat_map(|byte| [0, byte]).collect();
        for text in [MODEL_MARKER.as_bytes().to_vec(), wide(1), wide(3), big_endian] {
            for before in [0, 1, BLOCK - 70, BLOCK - 1, BLOCK, 3 * BLOCK - 5] {
                let bytes = [vec![b'a'; before], text.clone(), vec![b'b'; 9]].concat();
                fs::write(&path, &bytes).unwrap();
                assert_eq!(is_in_file(&path), Ok(true), "{before} {text:?}");
            }
        }
        fs::write(&path, "aivss_threat: 1\naivss_policy: 1\n\0").unwrap();
        assert_eq!(is_in_file(&path), Ok(false));
    }
}
