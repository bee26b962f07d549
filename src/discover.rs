//! Arguments to files: which paths to judge, in a stable order. Together with the command layer the only code
//! that reaches the disk; the only one that knows the `ignore` crate.
//!
//! A path given by name is always read. In folders the policy's patterns decide; what git ignores is left
//! out, which is never what it tracks (`git ls-files` is asked).

#![expect(clippy::disallowed_methods, reason = "finding files is what this module is for")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Read;
use std::path::{Component, Path, PathBuf};
use std::sync::mpsc;

use crate::git::{self, Commit};
use crate::policy::Policy;
use crate::report::Obstacle;
use crate::source::Source;
use crate::suggest::nearest;

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
    pub obstacles: Vec<Obstacle>,
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

/// The largest `.gitignore` that is read, in bytes: ten times any honest one.
const MOST_IGNORED: u64 = 256 * 1024;

/// What is said of a link that is not followed.
pub const LEADS_OUT: &str = "it is a link that leads out of the repository";

impl Repository {
    /// The repository around a folder: the nearest folder above it with a `.git`, or else the folder itself.
    pub fn around(cwd: PathBuf) -> Self {
        let root = cwd.ancestors().find(|folder| folder.join(".git").exists()).unwrap_or(&cwd).to_owned();
        Self { root, cwd }
    }

    /// The folder that holds everything.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The repository's own policy files; more than one is for the caller to refuse.
    pub fn policies(&self) -> Vec<PathBuf> {
        // A link that leads nowhere is a policy that cannot be read, not the absence of one.
        let is_absent = |error: &std::io::Error| {
            matches!(error.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory)
        };
        let stands = |path: &PathBuf| !fs::symlink_metadata(path).is_err_and(|error| is_absent(&error));
        POLICY_NAMES.iter().map(|name| self.root.join(name)).filter(stands).collect()
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

    /// Whether something stands at a path, given from the root.
    pub fn stands(&self, path: &str) -> bool {
        fs::symlink_metadata(self.root.join(path)).is_ok()
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
        let mut path = self.root.clone();
        rest.components().any(|part| {
            path.push(part);
            fs::symlink_metadata(&path).is_ok_and(|metadata| metadata.is_symlink())
        })
    }

    /// Whether a path below the root leads through links out of the repository, or to git's own files: a change could put
    /// them there, and a report quotes what it reads.
    pub fn leads_out(&self, path: &Path) -> bool {
        self.whole(path).starts_with(&self.root) && leaves(&self.root, path)
    }

    /// Whether a policy may name a file, which a report may then quote: one of the policy's own repository, by whatever
    /// links, or of its own folder where that is in none.
    pub fn may_name(&self, policy: &Path, path: &Path) -> bool {
        let policy = self.whole(policy);
        let root = if policy.starts_with(&self.root) {
            self.root.clone()
        } else {
            Self::around(policy.parent().unwrap_or(&policy).to_owned()).root
        };
        self.whole(path).starts_with(&root) && !leaves(&root, path)
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
    fn whole(&self, path: &Path) -> PathBuf {
        let mut whole = PathBuf::new();
        for part in self.cwd.join(path).components() {
            match part {
                Component::CurDir => {}
                Component::ParentDir => {
                    whole.pop();
                }
                Component::Prefix(_) | Component::RootDir | Component::Normal(_) => whole.push(part),
            }
        }
        self.respelt(whole)
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

/// Whether a path leads through links out of a folder, or to git's own files. Of what leads nowhere, reading it says so.
fn leaves(root: &Path, path: &Path) -> bool {
    let (Ok(target), Ok(root)) = (path.canonicalize(), root.canonicalize()) else { return false };
    let below = target.strip_prefix(root);
    below.map_or(true, |below| below.components().any(|part| part.as_os_str() == ".git"))
}

fn slashes(path: &Path) -> String {
    let text = path.to_string_lossy();
    if std::path::MAIN_SEPARATOR == '/' {
        text.into_owned()
    } else {
        text.replace(std::path::MAIN_SEPARATOR, "/")
    }
}

/// What a path given by name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Named {
    /// A file that is to be judged, whatever the policy's patterns say.
    Judged,
    /// A file that is judged if the policy's patterns find it, as hooks want that name every file of a change.
    Filtered,
}

impl Discovery {
    fn add(&mut self, candidate: Candidate, repository: &Repository) {
        let is_link = fs::symlink_metadata(&candidate.path).is_ok_and(|metadata| metadata.is_symlink());
        if is_link && repository.leads_out(&candidate.path) {
            let message = format!("{LEADS_OUT}, so it is left: name the file itself");
            self.obstacles.push(Obstacle { path: candidate.name, message });
        } else {
            self.candidates.push(candidate);
        }
    }
}

/// Finds the files that `paths` stand for.
pub fn discover(paths: &[PathBuf], repository: &Repository, policy: &Policy, named: Named) -> Discovery {
    let mut discovery = Discovery::default();
    for path in paths {
        let name = repository.shown(path);
        match fs::metadata(path) {
            Ok(metadata) if metadata.is_dir() => {
                walk(path, repository, policy, &mut discovery);
                discovery.folders.push(path.clone());
            }
            Ok(_) => {
                let matched = repository.matched(path);
                let named = named == Named::Judged;
                if named || policy.includes(&matched) {
                    let candidate = Candidate { name, matched, path: path.clone(), named };
                    discovery.add(candidate, repository);
                } else {
                    discovery.left_out.push(name);
                }
            }
            Err(error) => {
                let meant = sibling(path).map(|meant| repository.shown(&meant));
                let help = meant.map_or_else(String::new, |meant| format!("; did you mean `{meant}`?"));
                discovery.obstacles.push(Obstacle { path: name, message: plain(&error) + &help });
            }
        }
    }
    // A file both named and found counts as named.
    discovery.candidates.sort_by(|one, other| (&one.matched, other.named).cmp(&(&other.matched, one.named)));
    // Names that are no text may be shown alike, and are not the same.
    let whole = |candidate: &Candidate| repository.whole(&candidate.path);
    discovery
        .candidates
        .dedup_by(|later, first| later.matched == first.matched && whole(later) == whole(first));
    discovery.candidates.sort();
    discovery
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

/// Finds the files of a commit that `paths` stand for; none of them need be there.
pub fn discover_in(
    commit: &Commit,
    paths: &[PathBuf],
    repository: &Repository,
    policy: &Policy,
) -> Discovery {
    let asked: Vec<PathBuf> = paths.iter().map(|path| repository.whole(path)).collect();
    let candidates = commit.paths().filter_map(|matched| {
        let path = repository.root.join(matched);
        let found = asked.iter().any(|asked| path.starts_with(asked)) && policy.includes(matched);
        let name = repository.shown(&path);
        let matched = matched.to_owned();
        (found || asked.contains(&path)).then_some(Candidate { name, matched, path, named: false })
    });
    Discovery { candidates: candidates.collect(), ..Discovery::default() }
}

/// The files below a folder that git tracks although a `.gitignore` covers them: git does not ignore those. `None` where
/// git does not say.
fn tracked_all_the_same(folder: &Path, repository: &Repository) -> Option<Vec<PathBuf>> {
    let arguments = ["ls-files", "-z", "--cached", "--ignored", "--exclude-standard"];
    let output = git::command(&repository.root).args(arguments).output().ok()?;
    if !output.status.success() {
        return None;
    }
    let folder = repository.whole(folder);
    let names = output.stdout.split(|byte| *byte == 0).filter(|name| !name.is_empty());
    let paths = names.map(|name| repository.root.join(String::from_utf8_lossy(name).as_ref()));
    // What is tracked and gone from the folder is a deletion on its way.
    Some(paths.filter(|path| path.starts_with(&folder) && fs::symlink_metadata(path).is_ok()).collect())
}

/// Why a file below a folder that is called like a threat model is not judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PassedOver {
    /// A pattern of the policy keeps it out: the pattern, and the line it belongs to.
    Excluded(String, String),
    /// Git ignores it.
    Ignored,
}

/// The files below folders that are called like threat models and are not among those found, by their names.
pub fn passed_over(
    discovery: &Discovery,
    repository: &Repository,
    policy: &Policy,
) -> BTreeMap<String, PassedOver> {
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
                passed.insert(name, PassedOver::Excluded(pattern.to_owned(), origin.to_string()));
            } else if policy.includes(&matched) {
                passed.insert(name, PassedOver::Ignored);
            }
        }
    }
    passed
}

fn walk(folder: &Path, repository: &Repository, policy: &Policy, discovery: &mut Discovery) {
    // Only the repository's own .gitignore files count: the verdict must not depend on whose machine it is.
    let in_git = repository.root.join(".git").exists();
    let tracked = if in_git { tracked_all_the_same(folder, repository) } else { Some(Vec::new()) };
    let whole = repository.whole(folder);
    let above = whole.ancestors().skip(1).take_while(|above| above.starts_with(&repository.root));
    if let Some(unfit) = std::iter::once(&*whole).chain(above).find(|folder| has_unfit_ignore_file(folder)) {
        return discovery.obstacles.push(unfit_ignore_file(unfit, repository));
    }
    let (tell, unfit) = mpsc::channel();
    let walker = ignore::WalkBuilder::new(folder)
        .hidden(false)
        .ignore(false)
        // What is ignored may be tracked all the same: where git does not say, nothing is left out.
        .git_ignore(tracked.is_some())
        .git_global(false)
        .git_exclude(false)
        .require_git(in_git)
        .parents(in_git)
        .filter_entry(move |entry| {
            let is_folder = entry.file_type().is_some_and(|kind| kind.is_dir());
            let is_unfit = is_folder && has_unfit_ignore_file(entry.path());
            // Whoever listens does so until the walk ends.
            let _ = is_unfit.then(|| tell.send(entry.path().to_owned()));
            !is_unfit && entry.file_name() != ".git"
        })
        .build();
    for path in tracked.unwrap_or_default() {
        let matched = repository.matched(&path);
        if policy.includes(&matched) {
            let name = repository.shown(&path);
            discovery.add(Candidate { name, matched, path, named: false }, repository);
        }
    }
    for entry in walker {
        match entry {
            Ok(entry) => {
                let is_folder = entry.file_type().is_some_and(|kind| kind.is_dir());
                let is_file = entry.file_type().is_some_and(|kind| kind.is_file());
                let whole = repository.whole(entry.path());
                let matched = repository.matched_as(&whole);
                if !is_folder && policy.includes(&matched) {
                    let path = entry.into_path();
                    let name = repository.shown_as(&whole, &path);
                    let candidate = Candidate { name, matched, path, named: false };
                    // A link to a folder is not followed: what it leads to is judged where it stands, or not at all.
                    if is_file {
                        discovery.candidates.push(candidate);
                    } else if !candidate.path.is_dir() {
                        discovery.add(candidate, repository);
                    }
                }
            }
            Err(error) => {
                let path = repository.shown(folder);
                discovery.obstacles.push(Obstacle { path, message: error.to_string() });
            }
        }
    }
    discovery.obstacles.extend(unfit.iter().map(|folder| unfit_ignore_file(&folder, repository)));
}

/// Whether a folder has a `.gitignore` that would be read without end, or waited for.
fn has_unfit_ignore_file(folder: &Path) -> bool {
    let metadata = fs::metadata(folder.join(".gitignore"));
    metadata.is_ok_and(|metadata| !metadata.is_file() || metadata.len() > MOST_IGNORED)
}

fn unfit_ignore_file(folder: &Path, repository: &Repository) -> Obstacle {
    let message = format!("not a regular file, or larger than {} KiB", MOST_IGNORED / 1024);
    Obstacle { path: repository.shown(&folder.join(".gitignore")), message }
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
        if is_file && endings.contains(&ending) {
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

fn regular(metadata: &fs::Metadata) -> Result<(), String> {
    if metadata.is_file() { Ok(()) } else { Err("not a regular file".to_owned()) }
}

/// Opens a file to read it, without waiting for the writer of a pipe.
#[cfg(unix)]
fn open(path: &Path) -> std::io::Result<fs::File> {
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
fn plain(error: &std::io::Error) -> String {
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
        for path in ["repository/.git", "repository/rules", "organisation/.git", "organisation/rego", "plain"]
        {
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
            ("plain/p.yaml", "plain/rules/a.rego", true),
            ("plain/p.yaml", "a.rego", false),
        ];
        for (policy, path, may) in rows {
            assert_eq!(repository.may_name(&at(policy), &at(path)), may, "{policy} names {path}");
        }
    }
}
