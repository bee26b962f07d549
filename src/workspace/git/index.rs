//! The index of a checkout: the files that git tracks, and those that it neither tracks nor ignores.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use crate::workspace::git::revisions::is_id;
use crate::workspace::git::{LISTING, command, git_folder, hook_index, run_within};

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
    /// In another repository.
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

/// Writes the tree of what is staged to the repository's objects; returns its id. Git works on a copy of the index, so it
/// takes no lock.
pub(crate) fn write_staged_tree(root: &Path) -> Result<String, String> {
    let copy = copied_index(root)?;
    let mut command = command(root);
    command.env("GIT_INDEX_FILE", copy.path()).args(["write-tree", "--missing-ok"]);
    let tree = run_within(LISTING, command, Stdio::null())?.checked()?.text();
    if is_id(&tree) { Ok(tree) } else { Err("git write-tree printed no id".to_owned()) }
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
            let parent = index.parent().and_then(|parent| parent.canonicalize().ok());
            if parent.as_ref() != Some(&folder) || index.file_name() != Some("index".as_ref()) {
                let message =
                    "GIT_INDEX_FILE names a file that does not exist, so what is staged is not clear";
                return Err(message.to_owned());
            }
            folder.join("index")
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
