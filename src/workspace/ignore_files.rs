//! Ignore files: which of them are refused, and the walk through folders that are in no checkout.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::mpsc;

use crate::policy::globs::{costly_pattern, too_complex};
use crate::source::Source;
use crate::workspace::read::read;

/// The name of the files with patterns of what git ignores.
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
