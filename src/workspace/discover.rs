//! Turns paths into the files to check, in a stable order.
//!
//! A path given by name is always read. Of a folder in a checkout, git lists the files: those that it tracks, and those that it
//! does not ignore. Elsewhere the `ignore` crate does. Files with names of threat models are candidates. Any other YAML, JSON
//! or Markdown file is one if it contains the marker.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::fs;
use std::io::ErrorKind;
use std::mem;
use std::path::{Path, PathBuf};

use crate::file_kind::is_hinted;
use crate::input_error::{InputError, Suggestion};
use crate::policy::Sought;
use crate::source::Language;
use crate::workspace::candidate::{
    Candidate, Discovery, FileSearch, IGNORE_FILE, MAX_HINTED, MAX_PAGES, NamedFiles, costly_for_git,
    has_marker, refusal, search, walk,
};
use crate::workspace::files::{exists, link_out, plain, slashes};
use crate::workspace::git::files::{ContentPlace, ListedPath, read_objects, tracked, untracked};
use crate::workspace::repository::{Repository, is_misplaced_policy, sibling};
use crate::workspace::rewritten::rewritten;

/// The missing paths for each of which a similar name is searched.
const MAX_SUGGESTIONS: usize = 100;

/// Finds the files that paths name or contain.
pub(crate) fn discover(search: FileSearch<'_>, repository: &Repository) -> Discovery {
    let mut finder = Finder {
        search,
        repository,
        found: Discovery::default(),
        pending: Vec::new(),
        filtered: BTreeSet::new(),
        checkouts: Vec::new(),
        has_all_attributes: true,
        listed_folders: Vec::new(),
        named_folders: HashSet::new(),
        folder_kinds: HashMap::new(),
    };
    for path in search.paths {
        finder.add_path(path);
    }
    finder.list_folders();
    finder.found.misplaced.extend(repository.policies_above_root());
    finder.report_rewritten();
    finder.search_sparse();
    finder.search_pending();
    finder.found.settle(repository);
    finder.found
}

struct Finder<'a> {
    search: FileSearch<'a>,
    repository: &'a Repository,
    found: Discovery,
    /// Files that are candidates if they contain the marker.
    pending: Vec<Candidate>,
    /// The names of those of them that were given by name.
    filtered: BTreeSet<String>,
    /// The checkouts below the root whose files git has listed.
    checkouts: Vec<PathBuf>,
    /// Whether no attributes file is in the index alone.
    has_all_attributes: bool,
    listed_folders: Vec<ListedFolder>,
    /// The folders of files that were given by name.
    named_folders: HashSet<PathBuf>,
    folder_kinds: HashMap<PathBuf, FolderKind>,
}

/// A folder as it was given, and its path below the root.
struct ListedFolder {
    path: PathBuf,
    rest: PathBuf,
}

impl Finder<'_> {
    /// Adds a path that was given: a file, or the files of a folder.
    fn add_path(&mut self, path: &Path) {
        let name = self.repository.shown(path);
        if link_out(path, Some(self.repository.root())).is_some() {
            return self.fail(InputError::LinkOut { path: name });
        }
        let metadata = match fs::metadata(path) {
            Ok(metadata) => metadata,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                let is_first = self.found.errors.len() < MAX_SUGGESTIONS;
                let suggestion = is_first
                    .then(|| sibling(path))
                    .flatten()
                    .map(|path| Suggestion::Path(self.repository.shown(&path)));
                return self.fail(InputError::NotFound { path: name, suggestion });
            }
            Err(error) => return self.fail_unreadable(path, plain(&error)),
        };
        // Many files can be in one folder.
        if self.named_folders.insert(path.parent().unwrap_or(path).to_owned()) {
            self.found.misplaced.extend(self.repository.policies_above(path));
        }
        if !metadata.is_dir() {
            self.add_named(path, name);
        } else if let Some(rest) = self.repository.below_root(path) {
            self.listed_folders.push(ListedFolder { path: path.to_owned(), rest });
        } else {
            self.walk(path);
            self.found.folders.push(path.to_owned());
        }
    }

    fn fail(&mut self, error: InputError) {
        self.found.errors.push(error);
    }

    fn fail_unreadable(&mut self, path: &Path, cause: impl Into<String>) {
        self.fail(InputError::unreadable(self.repository.shown(path), cause));
    }

    fn add_named(&mut self, path: &Path, name: String) {
        let matched = self.repository.matched(path);
        let named = self.search.named == NamedFiles::Checked;
        let candidate = Candidate { name, matched, path: path.to_owned(), named, by_marker: false };
        match self.search.policy.sought(&candidate.matched) {
            _ if named => self.found.candidates.push(candidate),
            Some(Sought::ByName) => self.found.candidates.push(candidate),
            Some(Sought::ByMarker) => {
                self.filtered.insert(candidate.name.clone());
                self.pending.push(Candidate { by_marker: true, ..candidate });
            }
            None => self.found.left_out.push(candidate.name),
        }
    }

    /// Adds the files of a folder that is in no checkout.
    fn walk(&mut self, folder: &Path) {
        let (entries, refused) = walk(folder);
        for entry in entries {
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) => {
                    self.fail_unreadable(folder, error.to_string());
                    continue;
                }
            };
            let Some(kind) = entry.file_type().filter(|kind| !kind.is_dir()) else { continue };
            let matched = self.repository.matched(entry.path());
            if let Some(sought) = self.sought(&matched) {
                self.add_found(entry.into_path(), matched, (sought, kind));
            }
        }
        for folder in refused {
            self.fail_unreadable(&folder.join(IGNORE_FILE), refusal());
        }
    }

    /// Decides by a path from the root whether a file is a candidate. Records a misplaced policy.
    fn sought(&mut self, matched: &str) -> Option<Sought> {
        let sought = self.search.policy.sought(matched)?;
        if is_misplaced_policy(matched) {
            self.found.misplaced.insert(matched.to_owned());
        }
        Some(sought)
    }

    /// Adds a file of a folder, unless it is a folder itself, or a link to one: the target of a link is checked at its own
    /// path, or not at all.
    fn add_found(&mut self, path: PathBuf, matched: String, (sought, kind): (Sought, fs::FileType)) {
        let mut target = kind;
        let mut leads_out = false;
        if kind.is_symlink() {
            target = fs::metadata(&path).map_or(kind, |metadata| metadata.file_type());
            leads_out = link_out(&path, Some(self.repository.root())).is_some();
        }
        if target.is_dir() {
            return;
        }
        let candidate = Candidate::found(self.repository, path, matched, sought == Sought::ByMarker);
        match sought {
            Sought::ByName if leads_out => self.fail(InputError::LinkOut { path: candidate.name }),
            Sought::ByName => self.found.candidates.push(candidate),
            Sought::ByMarker if target.is_file() && !leads_out => self.pending.push(candidate),
            // Not a regular file, so it contains no marker.
            Sought::ByMarker => {}
        }
    }

    fn list_folders(&mut self) {
        if self.listed_folders.is_empty() {
            return;
        }
        let places: Vec<PathBuf> = self.listed_folders.iter().map(|folder| folder.rest.clone()).collect();
        match self.list(Path::new(""), &places) {
            Ok(()) => self.found.folders.extend(self.listed_folders.iter().map(|folder| folder.path.clone())),
            Err(error) => self.fail(error),
        }
    }

    /// Adds the files that git lists in the checkout at a path below the root.
    fn list(&mut self, checkout: &Path, places: &[PathBuf]) -> Result<(), InputError> {
        let listed = self.list_all(&self.repository.root().join(checkout), places)?;
        self.checkouts.push(checkout.to_owned());
        for ListedPath { path, place, object } in listed {
            let rest = checkout.join(path);
            let whole = self.repository.root().join(&rest);
            match place {
                // Another repository, whose own git decides.
                ContentPlace::Repository => {
                    let is_listed = !self.is_checkout_of_policy(&whole)
                        && are_folders(self.repository.root(), &rest)
                        && exists(&whole.join(".git"));
                    // The kinds are those within one checkout.
                    let outer_kinds = mem::take(&mut self.folder_kinds);
                    if is_listed && let Err(error) = self.list(&rest, &[]) {
                        self.fail(error);
                    }
                    self.folder_kinds = outer_kinds;
                }
                ContentPlace::Folder => self.add_listed(&rest, &whole, checkout),
                ContentPlace::Sparse if rest.file_name() == Some(".gitattributes".as_ref()) => {
                    self.has_all_attributes = false;
                }
                ContentPlace::Sparse if exists(&whole) => self.add_listed(&rest, &whole, checkout),
                ContentPlace::Sparse => self.add_sparse(&rest, &whole, object),
            }
        }
        Ok(())
    }

    /// Whether a folder is the checkout of another repository that contains the policy.
    fn is_checkout_of_policy(&self, folder: &Path) -> bool {
        let Some(policy) = self.search.policy.sources().last() else { return false };
        let checkout = self.repository.other_checkout(Path::new(policy.name()));
        checkout.is_ok_and(|checkout| checkout.as_deref() == Some(folder))
    }

    /// Lists the files that git tracks, or does not ignore. Ignore files that git would wait for, or match for too long, are
    /// refused before it matches them.
    fn list_all(&self, root: &Path, places: &[PathBuf]) -> Result<Vec<ListedPath>, InputError> {
        let mut listed = self.listed_or_error(root, tracked(root, places))?;
        let above = places.iter().flat_map(|place| place.ancestors()).chain([Path::new("")]);
        let mut ignore_files: BTreeSet<PathBuf> = above.map(|folder| folder.join(IGNORE_FILE)).collect();
        ignore_files.extend(listed.iter().map(|listed| listed.path.clone()));
        ignore_files.retain(|path| path.file_name() == Some(IGNORE_FILE.as_ref()));
        for file in ignore_files.iter().map(|file| root.join(file)) {
            if let Some(cause) = costly_for_git(&file) {
                return Err(InputError::unreadable(self.repository.shown(&file), cause));
            }
        }
        if IGNORES_CASE {
            self.refuse_case_clash(root, &listed)?;
        }
        listed.extend(self.listed_or_error(root, untracked(root, places))?);
        Ok(listed)
    }

    fn listed_or_error<T>(&self, root: &Path, listed: Result<T, String>) -> Result<T, InputError> {
        listed.map_err(|message| {
            let cause = format!("git cannot list the files here: {message}");
            InputError::unreadable(self.repository.shown(root), cause)
        })
    }

    /// Refuses tracked files of which this file system contains only one, because their names differ only in case.
    fn refuse_case_clash(&self, root: &Path, listed: &[ListedPath]) -> Result<(), InputError> {
        let mut paths: Vec<String> = listed.iter().map(|listed| slashes(&listed.path)).collect();
        paths.retain(|path| self.search.policy.sought(path).is_some());
        match case_clashes(paths.iter().map(String::as_str)).first() {
            None => Ok(()),
            Some((path, other)) => Err(InputError::CaseClash {
                path: self.repository.shown(&root.join(path)),
                other: (*other).to_owned(),
            }),
        }
    }

    fn add_listed(&mut self, rest: &Path, whole: &Path, checkout: &Path) {
        let matched = slashes(rest);
        let Some(sought) = self.sought(&matched) else { return };
        match self.folder_kind(rest.parent().unwrap_or(rest), checkout) {
            FolderKind::Own => {}
            // A tracked file behind a link is a deletion in progress; so is one that does not exist.
            FolderKind::Link => return,
            FolderKind::OtherCheckout => {
                return self.fail(InputError::Overlaid { path: self.repository.shown(whole) });
            }
        }
        let kind = match fs::symlink_metadata(whole) {
            Ok(metadata) => metadata.file_type(),
            Err(error) if error.kind() == ErrorKind::NotFound => return,
            Err(error) => return self.fail_unreadable(whole, plain(&error)),
        };
        // The path as the user would write it, if one of the folders contains it.
        let mut folders = self.listed_folders.iter();
        let path = folders.find_map(|folder| Some(folder.path.join(rest.strip_prefix(&folder.rest).ok()?)));
        if let Some(path) = path {
            self.add_found(path, matched, (sought, kind));
        }
    }

    /// The kind of a folder of a checkout; both are paths from the root. Each folder is looked up once.
    fn folder_kind(&mut self, folder: &Path, checkout: &Path) -> FolderKind {
        if let Some(kind) = self.folder_kinds.get(folder) {
            return *kind;
        }
        let root = self.repository.root();
        let mut below_checkout = folder.ancestors().take_while(|above| *above != checkout);
        let kind = if below_checkout.any(|above| exists(&root.join(above).join(".git"))) {
            FolderKind::OtherCheckout
        } else if are_folders(root, folder) {
            FolderKind::Own
        } else {
            FolderKind::Link
        };
        self.folder_kinds.insert(folder.to_owned(), kind);
        kind
    }

    fn add_sparse(&mut self, rest: &Path, whole: &Path, object: Option<String>) {
        let matched = slashes(rest);
        match (self.search.policy.sought(&matched), object) {
            (None, _) | (Some(Sought::ByMarker), None) => {}
            (Some(Sought::ByName), _) => {
                self.fail(InputError::Sparse { path: self.repository.shown(whole) });
            }
            (Some(Sought::ByMarker), Some(object)) => {
                if self.found.sparse.insert(matched, object).is_some() {
                    let cause = "a sparse checkout excludes several files with this name, which is not UTF-8: rename them";
                    self.fail_unreadable(whole, cause);
                }
            }
        }
    }

    /// Searches the files that a sparse checkout excludes for the marker.
    fn search_sparse(&mut self) {
        let repository = self.repository;
        let Discovery { sparse, errors, .. } = &mut self.found;
        if sparse.is_empty() {
            return;
        }
        let root = repository.root();
        let names: Vec<String> = sparse.keys().map(|path| repository.shown(&root.join(path))).collect();
        // There can be very many, all for the same reason: the first of them and their number.
        let mut unread: BTreeMap<String, (usize, usize)> = BTreeMap::new();
        let read = read_objects(root, sparse.values().map(String::as_str), |at, bytes| match bytes {
            Ok(bytes) if !has_marker(&bytes, Language::of(&names[at])) => {}
            Ok(_) => errors.push(InputError::Sparse { path: names[at].clone() }),
            Err(cause) => unread.entry(cause).or_insert((at, 0)).1 += 1,
        });
        if let Err(cause) = read {
            errors.push(InputError::unreadable(&*names[0], cause));
        }
        for (cause, (first, count)) in unread {
            let cause = if count > 1 { format!("{cause}; files like this: {count}") } else { cause };
            errors.push(InputError::unreadable(&*names[first], cause));
        }
    }

    fn report_rewritten(&mut self) {
        let root = PathBuf::new();
        if self.repository.is_git() && !self.checkouts.contains(&root) {
            self.checkouts.push(root);
        }
        if self.checkouts.is_empty() {
            return;
        }
        let candidates = self.pending.iter().chain(&self.found.candidates);
        let errors = rewritten(candidates, &self.checkouts, self.has_all_attributes, self.repository);
        self.found.errors.extend(errors);
    }

    fn search_pending(&mut self) {
        let mut found = HashSet::new();
        for (candidate, outcome) in search(&self.pending, self.search.threads) {
            self.filtered.remove(&candidate.name);
            found.insert(&candidate.matched);
            match outcome {
                Ok(()) => self.found.candidates.push(candidate.clone()),
                Err(cause) => self.found.errors.push(InputError::unreadable(&*candidate.name, cause)),
            }
        }
        let others = self.pending.iter().filter(|candidate| !found.contains(&candidate.matched));
        let (mut hinted, mut pages): (Vec<&Candidate>, Vec<_>) =
            others.partition(|candidate| is_hinted(&candidate.matched));
        hinted.truncate(MAX_HINTED);
        pages.retain(|candidate| Language::of(&candidate.matched) == Language::Markdown);
        pages.truncate(MAX_PAGES);
        self.found.hinted.extend(hinted.into_iter().cloned());
        self.found.pages.extend(pages.into_iter().cloned());
        self.found.left_out.extend(mem::take(&mut self.filtered));
    }
}

/// Whether the file system is one that by default does not distinguish upper from lower case.
const IGNORES_CASE: bool = cfg!(any(windows, target_os = "macos"));

/// The paths that differ from an earlier one only in case, each with that one.
fn case_clashes<'p>(paths: impl Iterator<Item = &'p str>) -> Vec<(&'p str, &'p str)> {
    let mut first: HashMap<String, &str> = HashMap::new();
    let mut clashes: Vec<_> =
        paths.map(|path| (path, *first.entry(path.to_lowercase()).or_insert(path))).collect();
    clashes.retain(|(path, earlier)| path != earlier);
    clashes
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum FolderKind {
    /// It belongs to the checkout that git lists.
    Own,
    /// It, or a folder above it, is a link, not a folder, or missing.
    Link,
    /// It is in the checkout of another repository.
    OtherCheckout,
}

fn are_folders(root: &Path, rest: &Path) -> bool {
    rest.ancestors().all(|above| fs::symlink_metadata(root.join(above)).is_ok_and(|found| found.is_dir()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_differ_only_in_case_are_found() {
        let paths =
            ["a/Model.yaml", "a/model.yaml", "b/model.yaml", "A/MODEL.yaml", "Ä.yaml", "ä.yaml", "c.yaml"];
        let clashes =
            [("a/model.yaml", "a/Model.yaml"), ("A/MODEL.yaml", "a/Model.yaml"), ("ä.yaml", "Ä.yaml")];
        assert_eq!(case_clashes(paths.into_iter()), clashes);
        assert_eq!(case_clashes(["a.yaml", "b.yaml"].into_iter()), []);
    }
}
