//! Files that git rewrites when it checks them out: the text that people review is not the one in the working folder.

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};

use memchr::memmem;

use crate::input_error::InputError;
use crate::source::{Language, Source};
use crate::workspace::discover::{Candidate, Repository, read};
use crate::workspace::file_marker::Marker;
use crate::workspace::git;
use crate::workspace::git::Rewriting;

/// Whether a file is a candidate by its name, or by what it contains.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Why {
    Name,
    Marker,
}

/// Where the files of attributes are.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Attributes {
    /// In the working folder, as far as is known.
    Here,
    /// In the index alone, some of them.
    LeftOut,
}

/// Why candidates cannot be checked whose committed text git rewrites. `checkouts` are folders from the root.
pub(crate) fn rewritten(
    candidates: &[(&Candidate, Why)],
    checkouts: &[PathBuf],
    attributes: Attributes,
    repository: &Repository,
) -> Vec<InputError> {
    let whole =
        candidates.iter().map(|(candidate, why)| (repository.whole(&candidate.path), (*candidate, *why)));
    let mut checked: BTreeMap<PathBuf, (&Candidate, Why)> = whole.collect();
    if attributes == Attributes::Here && !has_attributes(checked.keys(), repository.root()) {
        return Vec::new();
    }
    let mut obstacles = Vec::new();
    // Those within others first.
    let mut roots: Vec<PathBuf> = checkouts.iter().map(|checkout| repository.root().join(checkout)).collect();
    roots.sort_by_key(|root| std::cmp::Reverse(root.components().count()));
    for root in roots {
        let (inner, outer) = checked.into_iter().partition(|(path, _)| path.starts_with(&root));
        checked = outer;
        obstacles.extend(rewritten_in(&root, &inner).unwrap_or_else(|message| {
            let message = format!("git cannot list the attributes here: {message}");
            vec![InputError::unreadable(repository.shown(&root), message)]
        }));
    }
    obstacles
}

/// Whether a folder above one of some files has attributes that let git rewrite files.
fn has_attributes<'p>(files: impl Iterator<Item = &'p PathBuf>, root: &Path) -> bool {
    let mut known: HashSet<&Path> = HashSet::new();
    let above = |file: &'p PathBuf| file.ancestors().skip(1).take_while(|folder| folder.starts_with(root));
    for file in files {
        for folder in above(file) {
            if !known.insert(folder) {
                break;
            }
            if may_rewrite(&folder.join(".gitattributes")) {
                return true;
            }
        }
    }
    false
}

/// Whether a file of attributes may let git rewrite files, or cannot be read.
fn may_rewrite(path: &Path) -> bool {
    match fs::symlink_metadata(path) {
        Err(error) => error.kind() != std::io::ErrorKind::NotFound,
        Ok(metadata) if metadata.is_file() => read(path).map_or(true, |text| git::may_rewrite(&text)),
        // The text of a link may count as attributes.
        Ok(_) => true,
    }
}

fn rewritten_in(
    root: &Path,
    candidates: &BTreeMap<PathBuf, (&Candidate, Why)>,
) -> Result<Vec<InputError>, String> {
    let rest = |path: &PathBuf| path.strip_prefix(root).ok().map(Path::to_owned);
    let paths: Vec<PathBuf> = candidates.keys().filter_map(rest).collect();
    if paths.is_empty() {
        return Ok(Vec::new());
    }
    let files = git::rewritten(root, &paths)?;
    let objects: Vec<String> = files.iter().map(|file| file.object.clone()).collect();
    let (marker, mut obstacles) = (Marker::default(), Vec::new());
    git::read_objects(root, &objects, |at, bytes| {
        let file = &files[at];
        let Some((candidate, why)) = candidates.get(&root.join(&file.path)) else { return };
        let is_other = |bytes: &Vec<u8>| {
            let is_whole = bytes.len() <= Source::MAX_BYTES;
            let is_model = *why == Why::Name || marker.is_in(bytes, Language::of(&candidate.name));
            is_whole && (!is_model || (file.by == Rewriting::Ident && !replaces_text(bytes)))
        };
        if !bytes.as_ref().is_ok_and(is_other) {
            let by = if let Rewriting::Text(by) = &file.by { by } else { "ident" };
            obstacles.push(InputError::Rewritten { path: candidate.name.clone(), attribute: by.to_owned() });
        }
    })?;
    Ok(obstacles)
}

/// Whether the attribute `ident` replaces more of a text than an identifier.
fn replaces_text(bytes: &[u8]) -> bool {
    const START: &[u8] = b"$Id:";
    memmem::find_iter(bytes, START).any(|at| {
        let rest = &bytes[at + START.len()..];
        let end = memchr::memchr2(b'$', b'\n', rest).filter(|end| rest[*end] == b'$');
        let Some(text) = end.map(|end| &rest[..end]) else { return false };
        // Text with spaces is from another system, and git keeps it.
        let is_kept = text.get(1..text.len().saturating_sub(1)).is_some_and(|inner| inner.contains(&b' '));
        !is_kept && !text.trim_ascii().iter().all(u8::is_ascii_hexdigit)
    })
}

#[cfg(test)]
mod tests {
    use super::replaces_text;

    #[test]
    fn ident_replaces_text_between_its_marks_and_keeps_other_identifiers() {
        let harmless = ["", "$Id$", "$Id: 0123abcd $", "$Id: a.c,v 1.1 2003 x $", "$Id: a\n$", "Id: a $"];
        for text in harmless {
            assert!(!replaces_text(text.as_bytes()), "{text}");
        }
        for text in ["$Id:{\"aivss_threat_model\":1}$", "$Id: score:9.1 $", "$Id$ $Id: x$"] {
            assert!(replaces_text(text.as_bytes()), "{text}");
        }
    }
}
