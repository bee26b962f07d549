//! The files of a checkout that git lists, and those of a commit, read from git's objects.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::env;
use std::fs;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Stdio};
use std::sync::{Mutex, PoisonError};

use crate::input_error::Revision;
use crate::source::Source;
use crate::workspace::git::{
    HEAD, LISTING, cannot_run, command, git_folder, hook_index, is_id, run, run_within,
};

/// A path in a checkout that git tracks, or does not ignore.
#[derive(Debug)]
pub(crate) struct ListedPath {
    /// From the checkout's root.
    pub(crate) path: PathBuf,
    pub(crate) place: ContentPlace,
    /// The object with the content of a tracked regular file.
    pub(crate) object: Option<String>,
}

/// The place of the content of a listed path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ContentPlace {
    /// In the working folder, unless it was deleted there.
    Folder,
    /// In the index alone, because the checkout is a sparse one.
    Sparse,
    Repository,
}

/// Lists the files of a checkout that git tracks, below some paths from its root; without any, all. Git matches no pattern of
/// an ignore file.
pub(crate) fn tracked(root: &Path, below: &[PathBuf]) -> Result<Vec<ListedPath>, String> {
    list(root, &["--stage", "--cached"], below)
}

/// Lists the files of a checkout that git neither tracks nor ignores, below some paths from its root; without any, all.
pub(crate) fn untracked(root: &Path, below: &[PathBuf]) -> Result<Vec<ListedPath>, String> {
    list(root, &["--others", "--exclude-standard"], below)
}

/// Lists the files that a sparse checkout excludes. Git runs only if there is a sparse checkout.
pub(crate) fn excluded_by_sparse_checkout(root: &Path) -> Result<Vec<PathBuf>, String> {
    if !git_folder(root).is_some_and(|folder| folder.join("info/sparse-checkout").exists()) {
        return Ok(Vec::new());
    }
    let mut listed = tracked(root, &[])?;
    listed.retain(|listed| listed.place == ContentPlace::Sparse);
    Ok(listed.into_iter().map(|listed| listed.path).collect())
}

fn list(root: &Path, which: &[&str], below: &[PathBuf]) -> Result<Vec<ListedPath>, String> {
    let mut command = command(root);
    command.args(["ls-files", "-z", "-t"]).args(which).arg("--");
    if below.iter().all(|path| !path.as_os_str().is_empty()) {
        command.args(below);
    }
    let output = run_within(LISTING, command, Stdio::null())?.checked()?;
    // git goes on without a folder that it cannot read.
    match output.stderr.lines().find(|line| line.contains("could not open directory")) {
        Some(line) => Err(line.trim_start_matches("warning: ").to_owned()),
        None => Ok(output.parts().filter_map(listed).collect()),
    }
}

/// Parses an entry of `ls-files -t`: a tag, of tracked files mode, object and stage, and the path.
fn listed(entry: &[u8]) -> Option<ListedPath> {
    let (tag, rest) = (entry.first()?, entry.get(2..)?);
    if *tag == b'?' {
        let folder = rest.strip_suffix(b"/");
        let place = if folder.is_some() { ContentPlace::Repository } else { ContentPlace::Folder };
        return Some(ListedPath { path: path_of(folder.unwrap_or(rest)), place, object: None });
    }
    let tab = rest.iter().position(|byte| *byte == b'\t')?;
    let mut words = rest[..tab].split(|byte| *byte == b' ');
    let (mode, object) = (words.next()?, words.next()?);
    let place = match (mode, tag) {
        (b"160000", _) => ContentPlace::Repository,
        (_, b'S') => ContentPlace::Sparse,
        _ => ContentPlace::Folder,
    };
    let object = mode.starts_with(b"100").then(|| String::from_utf8_lossy(object).into_owned());
    Some(ListedPath { path: path_of(&rest[tab + 1..]), place, object })
}

/// A path from git's bytes, which need not be text.
#[cfg(unix)]
pub(crate) fn path_of(bytes: &[u8]) -> PathBuf {
    use std::os::unix::ffi::OsStrExt;
    PathBuf::from(std::ffi::OsStr::from_bytes(bytes))
}

#[cfg(not(unix))]
pub(crate) fn path_of(bytes: &[u8]) -> PathBuf {
    PathBuf::from(String::from_utf8_lossy(bytes).as_ref())
}

/// A copy of the index: the one that a hook gets, else the repository's own. Without either it is empty.
fn copied_index(root: &Path) -> Result<tempfile::NamedTempFile, String> {
    let folder = git_folder(root).ok_or("this folder is not in a git checkout, so nothing is staged")?;
    let index = match env::var_os("GIT_INDEX_FILE").map(|index| root.join(index)) {
        None => folder.join("index"),
        Some(index) if index.exists() => hook_index(root).ok_or(
            "GIT_INDEX_FILE is not in the git folder of this checkout, so what is staged is not clear",
        )?,
        // Before the first file is staged, hooks get the name of an index that does not exist yet.
        Some(index) => {
            let real =
                index.parent().and_then(|parent| Some(parent.canonicalize().ok()?.join(index.file_name()?)));
            real.filter(|real| *real == folder.join("index"))
                .ok_or("GIT_INDEX_FILE names a file that does not exist, so what is staged is not clear")?
        }
    };
    let copy = tempfile::Builder::new().prefix("aivss-lint-index").tempfile();
    let copy = copy.map_err(|error| format!("cannot copy the index: {error}"))?;
    if index.exists() {
        fs::copy(&index, copy.path()).map_err(|error| format!("{}: {error}", index.display()))?;
    } else {
        // For git an empty file is a broken index, and a missing one an empty index.
        fs::remove_file(copy.path()).map_err(|error| error.to_string())?;
    }
    Ok(copy)
}

#[derive(Debug)]
pub(crate) struct Commit {
    pub(crate) revision: Revision,
    /// Whether it has no commit in common with what it is compared with.
    pub(crate) is_unrelated: bool,
    /// Paths from the repository's root.
    files: BTreeMap<String, TreeEntry>,
    reader: Mutex<ObjectReader>,
}

#[derive(Debug)]
enum TreeEntry {
    /// A regular file, with the id of its object.
    File(String),
    /// A link, which git follows within the commit.
    Link,
    /// Another repository's files.
    Submodule,
}

impl Commit {
    pub(crate) fn open(root: &Path, revision: Revision) -> Result<Self, String> {
        let listed = run(root, &["ls-tree", "-r", "-z", "--full-tree", &revision.commit])?;
        let mut files = BTreeMap::new();
        for (path, object) in listed.parts().filter_map(tree_entry) {
            match files.entry(path) {
                Entry::Vacant(entry) => drop(entry.insert(object)),
                Entry::Occupied(entry) => {
                    return Err(format!(
                        "several files of `{}` have the name `{}`, which is not UTF-8: rename them",
                        revision.asked,
                        entry.key()
                    ));
                }
            }
        }
        let reader = Mutex::new(ObjectReader::start(root, &revision.commit).map_err(cannot_run)?);
        Ok(Self { revision, is_unrelated: false, files, reader })
    }

    /// Lists what is staged: the files as the next commit would have them. Their tree is written to the repository's objects,
    /// without a reference to it. Git works on a copy of the index, so it takes no lock.
    pub(crate) fn staged(root: &Path) -> Result<Self, String> {
        let copy = copied_index(root)?;
        let mut command = command(root);
        command.env("GIT_INDEX_FILE", copy.path()).args(["write-tree", "--missing-ok"]);
        let commit = run_within(LISTING, command, Stdio::null())?.checked()?.text();
        if !is_id(&commit) {
            return Err("git write-tree printed no id".to_owned());
        }
        Self::open(root, Revision { asked: "what is staged".to_owned(), commit })
    }

    /// The paths of all files, from the repository's root, with `/` between their parts, in order.
    pub(crate) fn paths(&self) -> impl Iterator<Item = &str> {
        let files = self.files.iter().filter(|(_, entry)| !matches!(entry, TreeEntry::Submodule));
        files.map(|(path, _)| path.as_str())
    }

    pub(crate) fn submodules(&self) -> impl Iterator<Item = &str> {
        let modules = self.files.iter().filter(|(_, entry)| matches!(entry, TreeEntry::Submodule));
        modules.map(|(path, _)| path.as_str())
    }

    /// Whether the commit contains a file, a link or a submodule at a path.
    pub(crate) fn holds(&self, path: &str) -> bool {
        self.files.contains_key(path)
    }

    pub(crate) fn is_link(&self, path: &str) -> bool {
        matches!(self.files.get(path), Some(TreeEntry::Link))
    }

    /// The id of the object at a path, if it is a regular file.
    pub(crate) fn object(&self, path: &str) -> Option<&str> {
        match self.files.get(path)? {
            TreeEntry::File(id) => Some(id),
            TreeEntry::Link | TreeEntry::Submodule => None,
        }
    }

    pub(crate) fn holds_folder(&self, folder: &str) -> bool {
        let below = format!("{}/", folder.trim_end_matches('/'));
        self.files.range(below.clone()..).next().is_some_and(|(path, _)| path.starts_with(&below))
    }

    /// The bytes of a file, at most one more than `most` and than [`Source::decode`] accepts.
    pub(crate) fn bytes(&self, path: &str, most: usize) -> Result<Vec<u8>, String> {
        let name = match self.files.get(path) {
            None => return Err(format!("no such file in {}", self.revision)),
            Some(TreeEntry::Submodule) => {
                return Err("a submodule, whose files are another repository's".to_owned());
            }
            Some(TreeEntry::File(id)) => id.clone(),
            Some(TreeEntry::Link) if path.contains('\n') => {
                return Err("a link with a line break in its name".to_owned());
            }
            Some(TreeEntry::Link) => format!("{}:{path}", self.revision.commit),
        };
        self.reader.lock().unwrap_or_else(PoisonError::into_inner).read(&name, most.min(Source::MAX_BYTES))
    }
}

/// Parses a line of `ls-tree`: mode, type, id, a tab, path.
fn tree_entry(line: &[u8]) -> Option<(String, TreeEntry)> {
    let line = String::from_utf8_lossy(line);
    let (about, path) = line.split_once('\t')?;
    let mut words = about.split(' ');
    let entry = match (words.next()?, words.next()?, words.next()?) {
        ("120000", ..) => TreeEntry::Link,
        (_, "blob", id) => TreeEntry::File(id.to_owned()),
        (_, "commit", _) => TreeEntry::Submodule,
        _ => return None,
    };
    Some((path.to_owned(), entry))
}

/// The message for content that git does not have; `commit` is the one to fetch.
pub(crate) fn missing_content(commit: &str) -> String {
    format!(
        "its content is not in this clone, which is a partial one: fetch it with `git fetch --refetch --no-filter origin {commit}` \
         (actions/checkout: without `filter` and `sparse-checkout`)"
    )
}

/// Reads objects and calls `each` with the position of each and its bytes, or the reason why it cannot be read.
pub(crate) fn read_objects<'o>(
    root: &Path,
    objects: impl Iterator<Item = &'o str>,
    mut each: impl FnMut(usize, Result<Vec<u8>, String>),
) -> Result<(), String> {
    let mut reader = ObjectReader::start(root, HEAD).map_err(cannot_run)?;
    for (at, object) in objects.enumerate() {
        each(at, reader.read(object, Source::MAX_BYTES));
    }
    Ok(())
}

#[derive(Debug)]
struct ObjectReader {
    child: Child,
    output: BufReader<ChildStdout>,
    /// The commit to fetch if an object is missing.
    commit: String,
}

impl ObjectReader {
    fn start(root: &Path, commit: &str) -> io::Result<Self> {
        let mut command = command(root);
        command.args(["cat-file", "--batch", "--follow-symlinks"]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
        let output = child.stdout.take().ok_or_else(|| io::Error::other("it has no output"))?;
        Ok(Self { child, output: BufReader::new(output), commit: commit.to_owned() })
    }

    fn read(&mut self, name: &str, most: usize) -> Result<Vec<u8>, String> {
        self.ask(name, most).unwrap_or_else(|error| Err(format!("git does not answer: {error}")))
    }

    /// The outer error is one of the connection, the inner one of the object.
    fn ask(&mut self, name: &str, most: usize) -> io::Result<Result<Vec<u8>, String>> {
        let input = self.child.stdin.as_mut().ok_or_else(|| io::Error::other("it has no input"))?;
        writeln!(input, "{name}")?;
        input.flush()?;
        let mut head = String::new();
        self.output.read_line(&mut head)?;
        let words: Vec<&str> = head.trim_end().rsplitn(3, ' ').collect();
        let (size, kind) = match words.as_slice() {
            ["missing" | "ambiguous", ..] => return Ok(Err(missing_content(&self.commit))),
            [size, kind, ..] => (size.parse::<u64>().map_err(io::Error::other)?, *kind),
            _ => return Err(io::Error::other("it has ended")),
        };
        let is_broken_link =
            ["symlink ", "dangling", "loop", "notdir"].iter().any(|word| head.starts_with(word));
        let limit = if is_broken_link { 0 } else { size.min(most as u64 + 1) };
        let mut bytes = Vec::new();
        self.output.by_ref().take(limit).read_to_end(&mut bytes)?;
        if (bytes.len() as u64) < limit {
            return Err(io::Error::other("it broke off"));
        }
        // The rest of the object, and the line feed after it.
        io::copy(&mut self.output.by_ref().take(size - limit + 1), &mut io::sink())?;
        Ok(match kind {
            _ if is_broken_link => Err("a link that leads nowhere within the commit".to_owned()),
            "blob" => Ok(bytes),
            _ => Err("not a file".to_owned()),
        })
    }
}

impl Drop for ObjectReader {
    fn drop(&mut self) {
        // Closes its input, at the end of which git ends.
        let _ = self.child.wait();
    }
}
