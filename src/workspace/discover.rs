//! Arguments to files: which paths to judge, in a stable order. Together with the command layer the only code
//! that reaches the disk; the only one that knows the `ignore` crate.
//!
//! A path given by name is always read. Of a folder in a checkout, git lists the files: those it tracks, and those it does
//! not ignore. Elsewhere the `ignore` crate does. Files named like threat models are candidates; any other YAML, JSON or
//! Markdown file is one if it holds the marker.

#![expect(clippy::disallowed_methods, reason = "finding files is what this module is for")]

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::sync::mpsc;

use crate::did_you_mean;
use crate::did_you_mean::nearest;
use crate::input_error::{InputError, LINK_OUT, SPARSE, SkipReason, Suggestion};
use crate::policy::globs::{costly_pattern, too_complex};
use crate::policy::{Policy, Sought};
use crate::source::{Language, Source};
use crate::workspace::git::{Commit, Listed, Place};
use crate::workspace::links::{is_in_git, is_link, link_out, normalized};
use crate::workspace::rewritten::{Attributes, Why, rewritten};
use crate::workspace::{file_marker, git};

/// The repository that a run belongs to: globs and shown paths are relative to its root.
#[derive(Clone, Debug)]
pub struct Repository {
    root: PathBuf,
    cwd: PathBuf,
}

/// A file to judge.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Candidate {
    /// The path as it is shown: as the user would write it, with `/` between its parts.
    pub name: String,
    /// The path as patterns see it: relative to the repository's root.
    pub matched: String,
    /// The path to open.
    pub path: PathBuf,
    /// Whether it was given by name, so that it must hold something to judge.
    pub named: bool,
    /// Whether only its bytes make it a candidate: they hold the marker, if only in prose.
    pub by_marker: bool,
}

/// What a search came to.
#[derive(Debug, Default)]
pub struct Discovery {
    /// The files, each once, ordered by name.
    pub candidates: Vec<Candidate>,
    /// The folders among what was given, each of which must hold something to judge.
    pub folders: Vec<PathBuf>,
    /// Files given by name that the policy's patterns leave out, where they may.
    pub left_out: Vec<String>,
    /// Paths that do not exist or folders that cannot be read.
    pub obstacles: Vec<InputError>,
    /// Policies that are not where policies are read from, by their paths from the root.
    pub misplaced: BTreeSet<String>,
    /// Paths from the root that git tracks, and that a sparse checkout leaves out, with their objects.
    sparse: BTreeMap<String, String>,
}

/// The names a policy file has, in the order they are looked for.
pub const POLICY_NAMES: [&str; 6] = [
    "aivss-policy.yaml",
    "aivss-policy.yml",
    "aivss-policy.json",
    ".github/aivss-policy.yaml",
    ".github/aivss-policy.yml",
    ".github/aivss-policy.json",
];

/// The largest `.gitignore` that is read where there is no git, in bytes: ten times any honest one.
const MOST_IGNORED: u64 = 256 * 1024;

impl Repository {
    /// The repository around a folder: the nearest folder above it with a `.git`, or else the folder itself.
    pub fn around(cwd: PathBuf) -> Self {
        let root = checkout_above(&cwd).unwrap_or(&cwd).to_owned();
        Self { root, cwd }
    }

    /// The repository that contains the given paths, which may be another one than the current folder's.
    ///
    /// # Errors
    /// Several repositories contain them.
    pub fn of(cwd: PathBuf, paths: &[PathBuf]) -> Result<Self, String> {
        let here = Self::around(cwd);
        let mut roots: BTreeMap<PathBuf, PathBuf> = BTreeMap::new();
        // A path that leads out through a link is refused where it is read.
        for path in paths.iter().filter(|path| link_out(path, Some(&here.root)).is_none()) {
            let root = here.root_of(path);
            roots.insert(root.canonicalize().unwrap_or_else(|_| root.clone()), root);
        }
        let own = here.root.canonicalize().unwrap_or_else(|_| here.root.clone());
        match roots.into_values().collect::<Vec<_>>().as_slice() {
            [] => Ok(here),
            [only] if only.canonicalize().is_ok_and(|root| root == own) => Ok(here),
            [only] => Ok(Self { root: only.clone(), ..here }),
            [first, second, ..] => Err(format!(
                "paths in several repositories: {} and {}; check each repository in a run of its own",
                here.shown(first),
                here.shown(second)
            )),
        }
    }

    /// The root of the checkout around a path. Outside of any checkout: the current root, or else the nearest folder
    /// above that holds a policy.
    fn root_of(&self, path: &Path) -> PathBuf {
        let whole = normalized(&self.cwd.join(path));
        if let Some(root) = checkout_above(&whole) {
            return root.to_owned();
        }
        if self.is_git() || whole.starts_with(&self.root) {
            return self.root.clone();
        }
        let is_policy = |path: PathBuf| fs::symlink_metadata(path).is_ok();
        let has_policy = |folder: &&Path| POLICY_NAMES.iter().any(|name| is_policy(folder.join(name)));
        whole.ancestors().find(has_policy).unwrap_or(&self.root).to_owned()
    }

    /// Whether this is a git checkout.
    pub fn is_git(&self) -> bool {
        fs::symlink_metadata(self.root.join(".git")).is_ok()
    }

    /// The folder that holds everything.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The repository's own policy files; more than one is for the caller to refuse.
    pub fn policies(&self) -> Vec<PathBuf> {
        // A link that leads nowhere is a policy that cannot be read, not the absence of one.
        POLICY_NAMES.iter().map(|name| self.root.join(name)).filter(|path| is_there(path)).collect()
    }

    /// Files where policies are, with names that are almost those of policies.
    pub fn near_policies(&self) -> Vec<PathBuf> {
        let folders = [self.root.clone(), self.root.join(".github")];
        let names = folders.iter().flat_map(|folder| {
            names_in(folder).into_iter().filter(|name| is_near_policy(name)).map(|name| folder.join(name))
        });
        names.filter(|path| !path.is_dir()).collect()
    }

    /// A path as it is shown: relative to the current folder where it lies below it, else as it was given.
    pub fn shown(&self, path: &Path) -> String {
        self.shown_as(&self.whole(path), path)
    }

    fn shown_as(&self, whole: &Path, path: &Path) -> String {
        let name = slashes(whole.strip_prefix(&self.cwd).unwrap_or(path));
        if name.is_empty() { ".".to_owned() } else { name }
    }

    /// A path as patterns see it: relative to the root where it lies below it.
    pub fn matched(&self, path: &Path) -> String {
        self.matched_as(&self.whole(path))
    }

    fn matched_as(&self, whole: &Path) -> String {
        slashes(whole.strip_prefix(&self.root).unwrap_or(whole))
    }

    /// Whether a file exists at a path, given from the root, that is not reached through a link.
    pub fn stands(&self, path: &str) -> bool {
        let path_here = self.root.join(path);
        is_there(&path_here) && !path_here.is_dir() && self.link_above(path).is_none()
    }

    /// The first folder above a path, given from the root, that is a link.
    fn link_above(&self, path: &str) -> Option<PathBuf> {
        let above = Path::new(path).ancestors().skip(1).map(|above| self.root.join(above));
        above.filter(|above| *above != self.root && is_link(above)).last()
    }

    /// The link at or above a path, given from the root, that is in the place of a folder: it leads to no file.
    pub fn folder_link(&self, path: &str) -> Option<String> {
        let at = self.root.join(path);
        let is_link = is_link(&at) && !fs::metadata(&at).is_ok_and(|metadata| metadata.is_file());
        let link = self.link_above(path).or_else(|| is_link.then_some(at));
        link.map(|link| self.matched_as(&link))
    }

    /// Whether a path, given from the root, is one of some paths, or below one.
    pub fn is_among(&self, path: &str, paths: &[PathBuf]) -> bool {
        paths.iter().any(|above| self.root.join(path).starts_with(self.whole(above)))
    }

    /// Whether a folder above a path, given from the root, is a link that leads to what was asked for, or above it.
    pub fn is_hidden(&self, path: &str, asked: &[PathBuf]) -> bool {
        let Some(target) = self.link_above(path).and_then(|link| link.canonicalize().ok()) else {
            return false;
        };
        let mut asked = asked.iter().filter_map(|asked| self.cwd.join(asked).canonicalize().ok());
        asked.any(|asked| asked.starts_with(&target) || target.starts_with(&asked))
    }

    /// Whether a file or folder exists at a path, given from the root, that does not lead out of the repository.
    pub fn exists(&self, path: &str) -> bool {
        let whole = self.root.join(path);
        !self.leads_out(&whole) && whole.exists()
    }

    /// Whether a path below the root leads through a link, so that a commit knows what it stands for by another name.
    pub fn is_linked(&self, path: &Path) -> bool {
        let whole = self.whole(path);
        let Ok(rest) = whole.strip_prefix(&self.root) else { return false };
        rest.ancestors().any(|above| !above.as_os_str().is_empty() && is_link(&self.root.join(above)))
    }

    /// Whether a path leads through links out of the repository, or to git's own files: a change could put them there,
    /// and a report quotes what it reads.
    pub fn leads_out(&self, path: &Path) -> bool {
        let whole = self.whole(path);
        whole.strip_prefix(&self.root).is_ok_and(is_in_git) || link_out(path, Some(&self.root)).is_some()
    }

    /// Reads one file, unless the way to it leads out of the repository through a link.
    ///
    /// # Errors
    /// Why it cannot be read, as a sentence.
    pub fn read(&self, path: &Path) -> Result<Vec<u8>, String> {
        if link_out(path, Some(&self.root)).is_some() {
            return Err(format!("{LINK_OUT}: name the file itself"));
        }
        read(path)
    }

    /// Whether a policy may name a file, which a report may then quote: one of the policy's own repository, by whatever
    /// links, or of its own folder where that is in none.
    pub fn may_name(&self, policy: &Path, path: &Path) -> bool {
        let policy = self.whole(policy);
        let root = if policy.starts_with(&self.root) {
            self.nested_checkout(&policy).unwrap_or_else(|| self.root.clone())
        } else {
            Self::around(policy.parent().unwrap_or(&policy).to_owned()).root
        };
        let whole = self.whole(path);
        whole.strip_prefix(&root).is_ok_and(|rest| !is_in_git(rest)) && link_out(path, Some(&root)).is_none()
    }

    /// The outermost folder below the root that contains a path and is a checkout of its own, reached without links.
    fn nested_checkout(&self, path: &Path) -> Option<PathBuf> {
        let whole = self.whole(path);
        let below = whole
            .ancestors()
            .skip(1)
            .take_while(|above| *above != self.root && above.starts_with(&self.root));
        let outermost = below.filter(|folder| is_there(&folder.join(".git"))).last()?;
        (!self.is_linked(path)).then(|| outermost.to_owned())
    }

    /// The checkout of another repository below the root that contains a path, such as one that a workflow makes for an
    /// organization's policies. No change of this repository can contain it: git does not track a `.git`. A submodule is
    /// not one, because a change chooses its content.
    ///
    /// # Errors
    /// This repository tracks files there, which the other checkout hides; or what git reports.
    pub fn other_checkout(&self, path: &Path) -> Result<Option<PathBuf>, String> {
        let Some(folder) = self.nested_checkout(path).filter(|_| self.is_git()) else { return Ok(None) };
        let matched = self.matched(&folder);
        let tracked = git::tracked_below(&self.root, &matched)?;
        match tracked.first() {
            None => Ok(Some(folder)),
            Some(first) if first.place == Place::Repository && slashes(&first.path) == matched => Ok(None),
            Some(first) => Err(format!(
                "{matched} is a checkout of another repository, and this repository tracks {}: check out the other one \
                 elsewhere",
                slashes(&first.path)
            )),
        }
    }

    /// The policies in folders above a file and below the root, by their paths from the root: none of them is read.
    fn policies_above(&self, path: &Path) -> Vec<String> {
        let whole = self.whole(path);
        let folders = whole.ancestors().skip(1).take_while(|above| above.starts_with(&self.root));
        let policies = folders.filter(|folder| *folder != self.root).flat_map(|folder| {
            let names = names_in(folder).into_iter().filter(|name| is_policy_name(name));
            names.map(|name| self.matched(&folder.join(name)))
        });
        policies.filter(|matched| is_misplaced(matched)).collect()
    }

    /// The policies in folders above a root that git does not know: none of them is read.
    fn policies_above_root(&self) -> Vec<String> {
        let above = self.root.ancestors().skip(1).filter(|_| !self.is_git());
        let policies = above.flat_map(|folder| POLICY_NAMES.map(|name| folder.join(name)));
        policies.filter(|path| path.is_file()).map(|path| self.matched(&path)).collect()
    }

    /// Whether a path lies below a folder.
    pub fn holds(&self, folder: &Path, path: &Path) -> bool {
        self.whole(path).starts_with(self.whole(folder))
    }

    /// Whether the whole repository lies below a folder.
    pub fn is_below(&self, folder: &Path) -> bool {
        self.root.starts_with(self.whole(folder))
    }

    /// The path from the file system's root, without `.` and `..`, by its text alone.
    pub(crate) fn whole(&self, path: &Path) -> PathBuf {
        self.respelt(normalized(&self.cwd.join(path)))
    }

    /// The same path from the root as it is spelt here, where it leads below it through a link.
    fn respelt(&self, whole: PathBuf) -> PathBuf {
        if whole.starts_with(&self.root) {
            return whole;
        }
        let Ok(root) = self.root.canonicalize() else { return whole };
        let real = whole.ancestors().find_map(|above| {
            let rest = whole.strip_prefix(above).ok()?;
            Some(above.canonicalize().ok()?.join(rest))
        });
        let below = real.as_deref().and_then(|real| real.strip_prefix(&root).ok());
        below.map_or_else(|| whole.clone(), |below| self.root.join(below))
    }
}

/// The nearest folder above a path, or the path, with a `.git`.
fn checkout_above(path: &Path) -> Option<&Path> {
    path.ancestors().find(|folder| fs::symlink_metadata(folder.join(".git")).is_ok())
}

/// Whether something exists at a path, were it a link to nothing or something that cannot be read.
fn is_there(path: &Path) -> bool {
    use std::io::ErrorKind::{NotADirectory, NotFound};
    !fs::symlink_metadata(path).is_err_and(|error| matches!(error.kind(), NotFound | NotADirectory))
}

/// The names in a folder, in order.
fn names_in(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    let mut names: Vec<String> =
        entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort_unstable();
    names
}

/// Whether a file's name is almost that of a policy, or what other tools would call it.
pub fn is_near_policy(name: &str) -> bool {
    if POLICY_NAMES.contains(&name) || name.contains('/') {
        return false;
    }
    let lower = name.to_ascii_lowercase();
    let stem = [".yaml", ".yml", ".json", ".toml"].iter().find_map(|ending| lower.strip_suffix(ending));
    let is_near = |stem: &str| {
        let rights = ["aivss-policy", "aivss-policies", "policy-aivss"];
        rights.iter().any(|right| did_you_mean::is_near(stem, right, NEAR))
    };
    match stem {
        Some(stem) => is_near(stem) || ["aivss-lint", ".aivss-lint"].contains(&stem),
        None => ["aivss-policy", "aivss_policy"].contains(&&*lower),
    }
}

/// How many letters may differ in a name that is meant to be a policy's.
const NEAR: usize = 2;

/// Whether a file's name is that of a policy, or almost.
fn is_policy_name(name: &str) -> bool {
    POLICY_NAMES.contains(&name) || is_near_policy(name)
}

/// A path as it is shown and matched on every platform, with `/` between its parts.
pub fn slashes(path: &Path) -> String {
    with_slashes(&path.to_string_lossy(), std::path::MAIN_SEPARATOR)
}

/// A path of a platform with this separator, with `/` between its parts. Where the separator is `\`, the prefix of
/// verbatim paths (`\\?\`), which other programs do not read, is removed.
fn with_slashes(path: &str, separator: char) -> String {
    if separator == '/' {
        return path.to_owned();
    }
    let path = path.replace(separator, "/");
    match path.strip_prefix("//?/UNC/") {
        Some(share) => format!("//{share}"),
        None => path.strip_prefix("//?/").unwrap_or(&path).to_owned(),
    }
}

/// Whether the file system is one that by default does not distinguish upper from lower case.
const IGNORES_CASE: bool = cfg!(any(windows, target_os = "macos"));

/// Returns the paths that differ from an earlier one in case alone, each with that one.
fn same_but_for_case<'p>(paths: impl Iterator<Item = &'p str>) -> Vec<(&'p str, &'p str)> {
    let mut first: HashMap<String, &str> = HashMap::new();
    let clashes = paths.filter_map(|path| {
        let earlier = *first.entry(path.to_lowercase()).or_insert(path);
        (earlier != path).then_some((path, earlier))
    });
    clashes.collect()
}

/// What a path given by name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Named {
    /// A file that is to be judged, whatever the policy's patterns say.
    Judged,
    /// A file that is judged if the policy's patterns find it, as hooks want that name every file of a change.
    Filtered,
}

/// What to look for.
#[derive(Clone, Copy, Debug)]
pub struct Search<'a> {
    /// Files and folders.
    pub paths: &'a [PathBuf],
    /// Whose patterns decide.
    pub policy: &'a Policy,
    /// What files given by name stand for.
    pub named: Named,
    /// How many threads to use; 0 for one a core.
    pub threads: usize,
}

/// What the message says of a link that is not followed.
fn left_link(name: String) -> InputError {
    InputError::LinkOut { path: name }
}

/// Finds the files that paths stand for.
pub fn discover(search: Search<'_>, repository: &Repository) -> Discovery {
    let mut finder = Finder {
        search,
        repository,
        found: Discovery::default(),
        pending: Vec::new(),
        filtered: Vec::new(),
        checkouts: Vec::new(),
        attributes: Attributes::Here,
    };
    let mut folders = Vec::new();
    for path in search.paths {
        let name = repository.shown(path);
        if link_out(path, Some(&repository.root)).is_some() {
            finder.found.obstacles.push(left_link(name));
            continue;
        }
        match fs::metadata(path) {
            Ok(metadata) if metadata.is_dir() => folders.push(path.clone()),
            Ok(_) => finder.file(path, name),
            Err(error) => {
                finder.found.obstacles.push(match error.kind() {
                    ErrorKind::NotFound => {
                        let suggestion = sibling(path).map(|path| Suggestion::Path(repository.shown(&path)));
                        InputError::NotFound { path: name, suggestion }
                    }
                    _ => InputError::unreadable(name, plain(&error)),
                });
            }
        }
    }
    finder.folders(folders);
    finder.found.misplaced.extend(repository.policies_above_root());
    finder.finish()
}

/// A search under way.
struct Finder<'a> {
    search: Search<'a>,
    repository: &'a Repository,
    found: Discovery,
    /// Files of folders that are candidates if they hold the marker.
    pending: Vec<Candidate>,
    /// The same for files given by name.
    filtered: Vec<Candidate>,
    /// The checkouts below the root whose files git has listed.
    checkouts: Vec<PathBuf>,
    attributes: Attributes,
}

/// A folder to look through: its path as it was given, and its place below the root.
struct Below {
    path: PathBuf,
    rest: PathBuf,
}

impl Finder<'_> {
    /// Adds a file given by name.
    fn file(&mut self, path: &Path, name: String) {
        let matched = self.repository.matched(path);
        self.found.misplaced.extend(self.repository.policies_above(path));
        let named = self.search.named == Named::Judged;
        let path = path.to_owned();
        let candidate = Candidate { name, matched, path, named, by_marker: false };
        match self.search.policy.sought(&candidate.matched) {
            _ if named => self.found.candidates.push(candidate),
            Some(Sought::ByName) => self.found.candidates.push(candidate),
            Some(Sought::ByMarker) => self.filtered.push(candidate),
            None => self.found.left_out.push(candidate.name),
        }
    }

    /// Adds the files of folders.
    fn folders(&mut self, folders: Vec<PathBuf>) {
        let root = self.repository.root.canonicalize();
        let rest = |path: &Path| -> Option<PathBuf> {
            let real = self.repository.cwd.join(path).canonicalize().ok()?;
            self.repository.is_git().then_some(())?;
            Some(real.strip_prefix(root.as_deref().ok()?).ok()?.to_owned())
        };
        let (mut listed, mut walked) = (Vec::new(), Vec::new());
        for path in folders {
            self.found.misplaced.extend(self.repository.policies_above(&path));
            match rest(&path) {
                Some(rest) => listed.push(Below { path, rest }),
                None => walked.push(path),
            }
        }
        for folder in walked {
            self.walk(&folder);
            self.found.folders.push(folder);
        }
        if !listed.is_empty() {
            let places: Vec<PathBuf> = listed.iter().map(|below| below.rest.clone()).collect();
            let mut dirs = Folders::new(&self.repository.root);
            if self.list(Path::new(""), &places, &listed, &mut dirs) {
                self.found.folders.extend(listed.into_iter().map(|below| below.path));
            }
        }
    }

    /// Adds the files that git lists in the checkout at a place below the root; `false` if git cannot list them.
    fn list(&mut self, checkout: &Path, places: &[PathBuf], folders: &[Below], dirs: &mut Folders) -> bool {
        let root = self.repository.root.join(checkout);
        let listed = match self.list_all(&root, places) {
            Ok(listed) => listed,
            Err(obstacle) => {
                self.found.obstacles.push(obstacle);
                return false;
            }
        };
        self.checkouts.push(checkout.to_owned());
        for Listed { path, place } in listed {
            let rest = checkout.join(path);
            match place {
                // Another repository, whose own git decides.
                Place::Repository => {
                    let root = self.repository.root.join(&rest);
                    if self.is_of_policy(&root) {
                        continue;
                    }
                    if dirs.are_folders(&rest) && is_there(&root.join(".git")) {
                        self.list(&rest, &[], folders, dirs);
                    }
                }
                Place::Folder
                    if dirs.are_hidden(&rest, checkout)
                        && self.search.policy.sought(&slashes(&rest)).is_some() =>
                {
                    let path = self.repository.shown(&self.repository.root.join(&rest));
                    self.found.obstacles.push(InputError::Overlaid { path });
                }
                Place::Folder => self.listed(&rest, folders, dirs),
                Place::Sparse(_) if rest.file_name() == Some(".gitattributes".as_ref()) => {
                    self.attributes = Attributes::LeftOut;
                }
                Place::Sparse(object) => self.left_out_of_checkout(&rest, object, folders, dirs),
            }
        }
        true
    }

    /// Whether a folder is the checkout of another repository that contains the policy.
    fn is_of_policy(&self, folder: &Path) -> bool {
        let policy = self.search.policy.sources().last();
        let checkout = policy.map(|policy| self.repository.other_checkout(Path::new(policy.name())));
        checkout.is_some_and(|checkout| checkout.is_ok_and(|checkout| checkout.as_deref() == Some(folder)))
    }

    /// Lists the files that git tracks, or does not ignore. Ignore files that git would wait for, or match for too long,
    /// are refused before it matches them.
    fn list_all(&self, root: &Path, places: &[PathBuf]) -> Result<Vec<Listed>, InputError> {
        let failed = |message: String| {
            let cause = format!("git cannot list the files here: {message}");
            InputError::unreadable(self.repository.shown(root), cause)
        };
        let mut listed = git::list_tracked(root, places).map_err(failed)?;
        let above = places.iter().flat_map(|place| place.ancestors()).chain([Path::new("")]);
        let tracked = listed.iter().map(|listed| &*listed.path);
        let tracked = tracked.filter(|path| path.file_name().is_some_and(|name| name == IGNORE_FILE));
        let files: BTreeSet<PathBuf> =
            above.map(|folder| folder.join(IGNORE_FILE)).chain(tracked.map(Path::to_owned)).collect();
        for file in files.iter().map(|file| root.join(file)) {
            if let Some(message) = costly_ignore_file(&file) {
                return Err(InputError::unreadable(self.repository.shown(&file), message));
            }
        }
        if IGNORES_CASE {
            self.refuse_hidden(root, &listed)?;
        }
        listed.extend(git::list_untracked(root, places).map_err(failed)?);
        Ok(listed)
    }

    /// Refuses tracked files of which this file system has only one, because their names differ in case alone.
    fn refuse_hidden(&self, root: &Path, tracked: &[Listed]) -> Result<(), InputError> {
        let paths: Vec<String> = tracked.iter().map(|listed| slashes(&listed.path)).collect();
        let sought =
            paths.iter().map(String::as_str).filter(|path| self.search.policy.sought(path).is_some());
        same_but_for_case(sought).first().map_or(Ok(()), |(path, other)| {
            Err(InputError::CaseClash {
                path: self.repository.shown(&root.join(path)),
                other: (*other).to_owned(),
            })
        })
    }

    /// Adds a file that git lists, if it is one to look for.
    fn listed(&mut self, rest: &Path, folders: &[Below], dirs: &mut Folders) {
        let matched = slashes(rest);
        let Some(sought) = self.search.policy.sought(&matched) else { return };
        self.note_policy(&matched);
        // What is tracked and gone from the folder is a deletion on its way; so is what a link hides.
        if !rest.parent().is_none_or(|folder| dirs.are_folders(folder)) {
            return;
        }
        let whole = self.repository.root.join(rest);
        let kind = match fs::symlink_metadata(&whole) {
            Ok(metadata) => metadata.file_type(),
            Err(error) if error.kind() == ErrorKind::NotFound => return,
            Err(error) => {
                let path = self.repository.shown(&whole);
                return self.found.obstacles.push(InputError::unreadable(path, plain(&error)));
            }
        };
        let Some(path) = spelt(rest, folders) else { return };
        let name = self.repository.shown_as(&whole, &path);
        self.add(Candidate { name, matched, path, named: false, by_marker: false }, sought, kind);
    }

    /// Adds a file of a folder, if it is not a folder itself, nor a link to one: what a link leads to is judged where it
    /// is, or not at all.
    fn add(&mut self, candidate: Candidate, sought: Sought, kind: fs::FileType) {
        let target = || fs::metadata(&candidate.path);
        let leads_out = || link_out(&candidate.path, Some(&self.repository.root)).is_some();
        if kind.is_dir() || kind.is_symlink() && target().is_ok_and(|target| target.is_dir()) {
            return;
        }
        match sought {
            Sought::ByName if kind.is_symlink() && leads_out() => {
                self.found.obstacles.push(left_link(candidate.name));
            }
            Sought::ByName => self.found.candidates.push(candidate),
            Sought::ByMarker if kind.is_file() => self.pending.push(candidate),
            // A link holds no marker itself.
            Sought::ByMarker
                if kind.is_symlink() && !leads_out() && target().is_ok_and(|target| target.is_file()) =>
            {
                self.pending.push(candidate);
            }
            Sought::ByMarker => {}
        }
    }

    /// Adds a file that a sparse checkout leaves out: what is in it is not known.
    fn left_out_of_checkout(&mut self, rest: &Path, object: String, folders: &[Below], dirs: &mut Folders) {
        let matched = slashes(rest);
        let whole = self.repository.root.join(rest);
        if is_there(&whole) {
            return self.listed(rest, folders, dirs);
        }
        match self.search.policy.sought(&matched) {
            None => {}
            // Names that are not UTF-8 can read the same.
            Some(Sought::ByMarker) if self.found.sparse.contains_key(&matched) => {
                let path = self.repository.shown(&whole);
                let message = "several files that a sparse checkout leaves out have this name, which is not UTF-8: rename them";
                self.found.obstacles.push(InputError::unreadable(path, message));
            }
            Some(Sought::ByMarker) => drop(self.found.sparse.insert(matched, object)),
            Some(Sought::ByName) => {
                let path = self.repository.shown(&whole);
                self.found.obstacles.push(InputError::Sparse { path });
            }
        }
    }

    fn note_policy(&mut self, matched: &str) {
        let name = matched.rsplit_once('/').map_or(matched, |(_, name)| name);
        if is_policy_name(name) && is_misplaced(matched) {
            self.found.misplaced.insert(matched.to_owned());
        }
    }

    /// Looks for the marker in files that a sparse checkout leaves out.
    fn search_sparse(&mut self) {
        if self.found.sparse.is_empty() {
            return;
        }
        let (paths, objects): (Vec<String>, Vec<String>) = self.found.sparse.clone().into_iter().unzip();
        let marker = file_marker::Marker::default();
        let (mut obstacles, mut unread): (Vec<_>, BTreeMap<String, Vec<usize>>) = <_>::default();
        let read = git::read_objects(&self.repository.root, &objects, |at, bytes| match bytes {
            Ok(bytes) if !marker.is_in(&bytes, Language::of(&paths[at])) => {}
            Ok(_) => obstacles.push((at, SPARSE.to_owned())),
            Err(message) => unread.entry(message).or_default().push(at),
        });
        obstacles.extend(read.err().map(|message| (0, message)));
        // There can be very many, all for the same reason.
        obstacles.extend(unread.into_iter().map(|(message, all)| match all.as_slice() {
            [first, others @ ..] if !others.is_empty() => {
                (*first, format!("{message}; files like this in all: {}", others.len() + 1))
            }
            all => (all.first().copied().unwrap_or(0), message),
        }));
        for (at, message) in obstacles {
            let path = self.repository.shown(&self.repository.root.join(&paths[at]));
            self.found.obstacles.push(InputError::unreadable(path, message));
        }
    }

    /// Reports the candidates whose committed text git rewrites.
    fn report_rewritten(&mut self) {
        let root = PathBuf::new();
        if self.repository.is_git() && !self.checkouts.contains(&root) {
            self.checkouts.push(root);
        }
        let by_name = self.found.candidates.iter().map(|candidate| (candidate, Why::Name));
        let by_marker = self.pending.iter().chain(&self.filtered).map(|candidate| (candidate, Why::Marker));
        let candidates: Vec<(&Candidate, Why)> = by_marker.chain(by_name).collect();
        if !self.checkouts.is_empty() {
            let obstacles = rewritten(&candidates, &self.checkouts, self.attributes, self.repository);
            self.found.obstacles.extend(obstacles);
        }
    }

    fn finish(mut self) -> Discovery {
        self.report_rewritten();
        self.search_sparse();
        let (mut holding, failed) = file_marker::holding(&self.pending, self.search.threads);
        self.found.candidates.append(&mut holding);
        self.found.obstacles.extend(failed.into_iter().map(unsearched));
        let all: Vec<String> = self.filtered.iter().map(|candidate| candidate.name.clone()).collect();
        let (holding, failed) = file_marker::holding(&self.filtered, self.search.threads);
        let kept: BTreeSet<&str> = holding
            .iter()
            .chain(failed.iter().map(|(candidate, _)| candidate))
            .map(|kept| &*kept.name)
            .collect();
        self.found.left_out.extend(all.into_iter().filter(|name| !kept.contains(name.as_str())));
        self.found.candidates.extend(holding.clone());
        self.found.obstacles.extend(failed.into_iter().map(unsearched));
        self.found.settle(self.repository);
        self.found
    }
}

fn unsearched((candidate, message): (Candidate, String)) -> InputError {
    InputError::unreadable(candidate.name, message)
}

/// A path below the root as the user would write it, if one of the folders contains it.
fn spelt(rest: &Path, folders: &[Below]) -> Option<PathBuf> {
    folders.iter().find_map(|folder| Some(folder.path.join(rest.strip_prefix(&folder.rest).ok()?)))
}

/// Whether a policy at a path from the root is not read.
fn is_misplaced(matched: &str) -> bool {
    matched.strip_prefix(".github/").unwrap_or(matched).contains('/')
}

/// Which folders below a root are folders, and not links.
struct Folders {
    root: PathBuf,
    known: HashMap<PathBuf, bool>,
    /// Whether a folder is in a checkout of its own.
    nested: HashMap<PathBuf, bool>,
}

impl Folders {
    fn new(root: &Path) -> Self {
        Self { root: root.to_owned(), known: HashMap::new(), nested: HashMap::new() }
    }

    /// Whether a folder above a place is a checkout of its own, below the checkout that the place is listed in.
    fn are_hidden(&mut self, rest: &Path, checkout: &Path) -> bool {
        let Some(folder) = rest.parent().filter(|folder| *folder != checkout) else { return false };
        if let Some(known) = self.nested.get(folder) {
            return *known;
        }
        let is_nested = is_there(&self.root.join(folder).join(".git")) || self.are_hidden(folder, checkout);
        self.nested.insert(folder.to_owned(), is_nested);
        is_nested
    }

    /// Whether a place below the root, and all above it, are folders.
    fn are_folders(&mut self, rest: &Path) -> bool {
        let Some(above) = rest.parent() else { return true };
        if let Some(known) = self.known.get(rest) {
            return *known;
        }
        let is_folder = || fs::symlink_metadata(self.root.join(rest)).is_ok_and(|metadata| metadata.is_dir());
        let are_folders = is_folder() && self.are_folders(above);
        self.known.insert(rest.to_owned(), are_folders);
        are_folders
    }
}

impl Discovery {
    /// Adds paths, given from the root, of files that held a threat model in the base: whatever is in them now.
    pub fn hold(&mut self, held: &BTreeSet<String>, search: Search<'_>, repository: &Repository) {
        let asked: Vec<PathBuf> = search.paths.iter().map(|path| repository.whole(path)).collect();
        let known: BTreeSet<String> = self.candidates.iter().map(|known| known.matched.clone()).collect();
        for matched in held.difference(&known) {
            let path = repository.root.join(matched);
            let is_asked = asked.iter().any(|asked| path.starts_with(asked));
            if !is_asked || search.policy.sought(matched).is_none() {
                continue;
            }
            let name = repository.shown(&path);
            if self.sparse.contains_key(matched) {
                self.obstacles.push(InputError::Sparse { path: name });
            } else if !repository.stands(matched) || path.is_dir() {
                // A deletion, or a folder in the file's place.
            } else if link_out(&path, Some(&repository.root)).is_some() {
                self.obstacles.push(left_link(name));
            } else {
                let matched = matched.clone();
                self.candidates.push(Candidate { name, matched, path, named: false, by_marker: false });
            }
        }
        self.settle(repository);
    }

    /// Puts candidates in order, each once.
    fn settle(&mut self, repository: &Repository) {
        // A file both named and found counts as named.
        self.candidates.sort_by(|one, other| (&one.matched, other.named).cmp(&(&other.matched, one.named)));
        // Names that are no text may be shown alike, and are not the same.
        let whole = |candidate: &Candidate| repository.whole(&candidate.path);
        self.candidates
            .dedup_by(|later, first| later.matched == first.matched && whole(later) == whole(first));
        self.candidates.sort();
    }
}

/// What stands beside a path that leads nowhere and has almost its name.
pub fn sibling(path: &Path) -> Option<PathBuf> {
    /// More than that nobody names by hand.
    const MOST: usize = 10_000;
    let (folder, name) = (path.parent()?, path.file_name()?.to_str()?);
    if fs::symlink_metadata(path).is_ok() {
        return None;
    }
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let entries = fs::read_dir(folder).ok()?.take(MOST).filter_map(Result::ok);
    let mut names: Vec<String> = entries.filter_map(|entry| entry.file_name().into_string().ok()).collect();
    names.sort_unstable();
    nearest(name, names.iter().map(String::as_str)).map(|name| path.with_file_name(name))
}

/// Finds the files of a commit that paths stand for; none of them need be there. Of `held`, paths from the root, those
/// are files to judge that hold the marker.
pub fn discover_in(
    commit: &Commit,
    search: Search<'_>,
    held: &BTreeSet<String>,
    repository: &Repository,
) -> Discovery {
    let asked: Vec<PathBuf> = search.paths.iter().map(|path| repository.whole(path)).collect();
    let marker = file_marker::Marker::default();
    let mut discovery = Discovery::default();
    for matched in commit.paths() {
        let path = repository.root.join(matched);
        let is_named = asked.contains(&path);
        let sought =
            search.policy.sought(matched).filter(|_| asked.iter().any(|asked| path.starts_with(asked)));
        if !is_named && sought.is_none() {
            continue;
        }
        let name = repository.shown(&path);
        let is_found = match sought {
            Some(Sought::ByMarker) if !is_named => {
                held.contains(matched)
                    && match commit.bytes(matched, Source::MAX_BYTES) {
                        Ok(bytes) => marker.is_in(&bytes, Language::of(matched)),
                        Err(message) => {
                            discovery.obstacles.push(InputError::unreadable(&*name, message));
                            false
                        }
                    }
            }
            _ => true,
        };
        if is_found {
            let by_marker = sought == Some(Sought::ByMarker) && !is_named;
            let matched = matched.to_owned();
            discovery.candidates.push(Candidate { name, matched, path, named: false, by_marker });
        }
    }
    discovery
}

/// The files below folders that are called like threat models and are not among those found, by their names.
pub fn passed_over(
    discovery: &Discovery,
    repository: &Repository,
    policy: &Policy,
) -> BTreeMap<String, SkipReason> {
    let found: BTreeSet<&str> = discovery.candidates.iter().map(|candidate| &*candidate.matched).collect();
    let mut passed = BTreeMap::new();
    for folder in &discovery.folders {
        let mut walker = ignore::WalkBuilder::new(folder);
        walker.standard_filters(false).filter_entry(|entry| entry.file_name() != ".git");
        // What cannot be read was an obstacle when files were looked for.
        for entry in walker.build().filter_map(Result::ok) {
            let matched = repository.matched(entry.path());
            if found.contains(&*matched) || entry.path().is_dir() {
                continue;
            }
            let name = repository.shown(entry.path());
            if let Some((pattern, origin)) = policy.excluded_by(&matched) {
                passed.insert(
                    name,
                    SkipReason::Excluded { pattern: pattern.to_owned(), origin: origin.to_string() },
                );
            } else if policy.sought(&matched) == Some(Sought::ByName) {
                passed.insert(name, SkipReason::Ignored);
            }
        }
    }
    passed
}

impl Finder<'_> {
    /// Adds the files of a folder that is in no checkout.
    fn walk(&mut self, folder: &Path) {
        let repository = self.repository;
        if has_unfit_ignore_file(folder) {
            return self.found.obstacles.push(unfit_ignore_file(folder, repository));
        }
        let (tell, unfit) = mpsc::channel();
        let walker = ignore::WalkBuilder::new(folder)
            .hidden(false)
            .ignore(false)
            // The verdict must not depend on whose machine it is.
            .git_global(false)
            .git_exclude(false)
            .require_git(false)
            .parents(false)
            .filter_entry(move |entry| {
                let is_folder = entry.file_type().is_some_and(|kind| kind.is_dir());
                let is_unfit = is_folder && has_unfit_ignore_file(entry.path());
                // Whoever listens does so until the walk ends.
                let _ = is_unfit.then(|| tell.send(entry.path().to_owned()));
                !is_unfit && entry.file_name() != ".git"
            })
            .build();
        for entry in walker {
            match entry {
                Ok(entry) => self.walked(entry),
                Err(error) => {
                    let path = repository.shown(folder);
                    self.found.obstacles.push(InputError::unreadable(path, error.to_string()));
                }
            }
        }
        let unfit = unfit.iter().map(|folder| unfit_ignore_file(&folder, repository));
        self.found.obstacles.extend(unfit);
    }

    fn walked(&mut self, entry: ignore::DirEntry) {
        let Some(kind) = entry.file_type().filter(|kind| !kind.is_dir()) else { return };
        let whole = self.repository.whole(entry.path());
        let matched = self.repository.matched_as(&whole);
        if let Some(sought) = self.search.policy.sought(&matched) {
            self.note_policy(&matched);
            let path = entry.into_path();
            let name = self.repository.shown_as(&whole, &path);
            self.add(Candidate { name, matched, path, named: false, by_marker: false }, sought, kind);
        }
    }
}

/// The name of files that tell git what to ignore.
const IGNORE_FILE: &str = ".gitignore";

/// Why git would wait for an ignore file, or match its patterns for too long, if it would. It follows no link to one.
fn costly_ignore_file(file: &Path) -> Option<String> {
    let kind = fs::symlink_metadata(file).ok()?.file_type();
    if !kind.is_file() {
        return (!kind.is_dir() && !kind.is_symlink()).then(|| "not a regular file".to_owned());
    }
    let text = match read(file) {
        Ok(text) => text,
        Err(message) => return Some(message),
    };
    if text.len() > Source::MAX_BYTES {
        return Some(format!("larger than {} MiB", Source::MAX_BYTES / (1024 * 1024)));
    }
    let line = costly_pattern(&text)?;
    Some(format!("line {line}: a pattern that is too complex: git would take too long to match so many `*`"))
}

/// Whether a folder has a `.gitignore` that would be read without end, waited for, or that takes too much to compile.
fn has_unfit_ignore_file(folder: &Path) -> bool {
    let file = folder.join(IGNORE_FILE);
    let Ok(metadata) = fs::metadata(&file) else { return false };
    if !metadata.is_file() || metadata.len() > MOST_IGNORED {
        return true;
    }
    let text = fs::read(file).unwrap_or_default();
    text.split(|byte| *byte == b'\n').any(|line| too_complex(&String::from_utf8_lossy(line)).is_some())
}

fn unfit_ignore_file(folder: &Path, repository: &Repository) -> InputError {
    let message = format!(
        "not a regular file, larger than {} KiB, or with a pattern that is too complex",
        MOST_IGNORED / 1024
    );
    InputError::unreadable(repository.shown(&folder.join(IGNORE_FILE)), message)
}

/// The files below a folder whose names have one of these endings, in the order of their paths.
///
/// # Errors
/// Why the folder cannot be looked through, as a sentence.
pub fn files_below(folder: &Path, endings: &[&str]) -> Result<Vec<PathBuf>, String> {
    fs::metadata(folder).map_err(|error| plain(&error))?;
    let mut files = Vec::new();
    for entry in ignore::WalkBuilder::new(folder).standard_filters(false).hidden(true).build() {
        let entry = entry.map_err(|error| error.to_string())?;
        // A link to a file is one, as it is in a commit.
        let is_file = entry.path().is_file();
        let ending = entry.path().extension().and_then(|ending| ending.to_str()).unwrap_or_default();
        if is_file && (endings.is_empty() || endings.contains(&ending)) {
            files.push(entry.into_path());
        }
    }
    files.sort();
    Ok(files)
}

/// Reads one file, never more than is allowed.
///
/// # Errors
/// Why it cannot be read, as a sentence.
pub fn read(path: &Path) -> Result<Vec<u8>, String> {
    // Opening a device may set it going: look first.
    regular(&fs::metadata(path).map_err(|error| plain(&error))?)?;
    let file = open(path).map_err(|error| plain(&error))?;
    // Something else may have taken its place meanwhile.
    let metadata = file.metadata().map_err(|error| plain(&error))?;
    regular(&metadata)?;
    // Its size is not believed, but nearly always right: the file is read in one go.
    let size = usize::try_from(metadata.len()).unwrap_or(0).min(Source::MAX_BYTES);
    read_into(Vec::with_capacity(size + 1), file)
}

/// How many bytes of a file [`read`] would read, as far as that can be told.
pub fn size(path: &Path) -> usize {
    fs::metadata(path)
        .map_or(0, |metadata| usize::try_from(metadata.len()).unwrap_or(0))
        .min(Source::MAX_BYTES)
}

pub(crate) fn regular(metadata: &fs::Metadata) -> Result<(), String> {
    if metadata.is_file() { Ok(()) } else { Err("not a regular file".to_owned()) }
}

/// Opens a file to read it, without waiting for the writer of a pipe.
#[cfg(unix)]
pub(crate) fn open(path: &Path) -> std::io::Result<fs::File> {
    use std::os::unix::fs::OpenOptionsExt;
    let flags = rustix::fs::OFlags::NONBLOCK | rustix::fs::OFlags::NOCTTY;
    fs::OpenOptions::new().read(true).custom_flags(flags.bits().cast_signed()).open(path)
}

#[cfg(not(unix))]
fn open(path: &Path) -> std::io::Result<fs::File> {
    fs::File::open(path)
}

/// Reads a stream to its end, or just past the limit, which [`Source::decode`] then reports.
///
/// # Errors
/// Why it cannot be read, as a sentence.
pub fn read_bounded(stream: impl Read) -> Result<Vec<u8>, String> {
    read_into(Vec::new(), stream)
}

fn read_into(mut bytes: Vec<u8>, stream: impl Read) -> Result<Vec<u8>, String> {
    let limit = u64::try_from(Source::MAX_BYTES).unwrap_or(u64::MAX).saturating_add(1);
    stream.take(limit).read_to_end(&mut bytes).map_err(|error| plain(&error))?;
    Ok(bytes)
}

/// An I/O error without the operating system's number.
pub(crate) fn plain(error: &std::io::Error) -> String {
    use std::io::ErrorKind;
    match error.kind() {
        ErrorKind::NotFound => "no such file or folder".to_owned(),
        ErrorKind::PermissionDenied => "permission denied".to_owned(),
        _ => error.to_string(),
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::sync::mpsc;
    use std::time::Duration;

    use super::*;

    #[test]
    fn paths_of_windows_are_shown_with_slashes() {
        let rows = [
            (r"agents\planner\threat-model.yaml", "agents/planner/threat-model.yaml"),
            (r"C:\work\agents", "C:/work/agents"),
            (r"\\?\C:\work\agents", "C:/work/agents"),
            (r"\\?\UNC\server\share\agents", "//server/share/agents"),
            (r"\\server\share\agents", "//server/share/agents"),
            ("agents/mixed\\x.yaml", "agents/mixed/x.yaml"),
        ];
        for (path, shown) in rows {
            assert_eq!(with_slashes(path, '\\'), shown);
            // Elsewhere it is a letter of a name.
            assert_eq!(with_slashes(path, '/'), path);
        }
    }

    #[test]
    fn names_that_differ_in_case_alone_are_found() {
        let paths =
            ["a/Model.yaml", "a/model.yaml", "b/model.yaml", "A/MODEL.yaml", "Ä.yaml", "ä.yaml", "c.yaml"];
        let clashes =
            [("a/model.yaml", "a/Model.yaml"), ("A/MODEL.yaml", "a/Model.yaml"), ("ä.yaml", "Ä.yaml")];
        assert_eq!(same_but_for_case(paths.into_iter()), clashes);
        assert_eq!(same_but_for_case(["a.yaml", "b.yaml"].into_iter()), []);
    }

    /// One that has taken a file's place after it was looked at: it is opened without a wait, and seen through.
    #[test]
    fn a_pipe_is_opened_without_a_writer_and_is_no_file() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("threat-model.yaml");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status();
        assert!(made.unwrap().success());
        let (tell, told) = mpsc::channel();
        std::thread::spawn(move || {
            let _ = tell.send(open(&pipe).and_then(|file| file.metadata()));
        });
        let metadata = told.recv_timeout(Duration::from_secs(10)).expect("it waits for a writer").unwrap();
        assert_eq!(regular(&metadata), Err("not a regular file".to_owned()));
    }

    #[test]
    fn a_policy_names_what_lies_in_its_own_repository() {
        let folder = tempfile::tempdir().unwrap();
        let at = |path: &str| folder.path().join(path);
        for path in [
            "repository/.git",
            "repository/rules",
            "repository/nested/.git",
            "organisation/.git",
            "organisation/rego",
            "plain",
        ] {
            fs::create_dir_all(at(path)).unwrap();
        }
        std::os::unix::fs::symlink(at("plain"), at("repository/link")).unwrap();
        let repository = Repository::around(at("repository/rules"));
        let rows = [
            ("repository/p.yaml", "repository/rules/a.rego", true),
            ("repository/rules/p.yaml", "repository/a.rego", true),
            ("repository/p.yaml", "repository/../plain/a.rego", false),
            ("repository/p.yaml", "organisation/rego", false),
            ("repository/p.yaml", "repository/.git", false),
            ("repository/p.yaml", "repository/link", false),
            ("organisation/rego/p.yaml", "organisation/a.rego", true),
            ("organisation/p.yaml", "repository/rules", false),
            ("repository/nested/p.yaml", "repository/nested/rules/a.rego", true),
            ("repository/nested/p.yaml", "repository/a.rego", false),
            ("plain/p.yaml", "plain/rules/a.rego", true),
            ("plain/p.yaml", "a.rego", false),
        ];
        for (policy, path, may) in rows {
            assert_eq!(repository.may_name(&at(policy), &at(path)), may, "{policy} names {path}");
        }
    }
}
