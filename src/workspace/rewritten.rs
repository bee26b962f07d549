//! Files that git rewrites on checkout: people review another text than the one in the working folder.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fs;
use std::io::{ErrorKind, Seek, Write};
use std::path::{Path, PathBuf};

use memchr::memmem;

use crate::input_error::InputError;
use crate::source::{Language, Source};
use crate::workspace::candidate::{Candidate, has_marker};
use crate::workspace::files::read;
use crate::workspace::git::files::{path_of, read_objects, tracked};
use crate::workspace::git::{GitOutput, LISTING, cannot_run, command_with_attributes, run, run_within};
use crate::workspace::repository::Repository;

/// Returns errors for the candidates whose committed text git rewrites. `checkouts` are folders from the root;
/// `is_complete` is false if some attributes files are in the index alone.
pub(crate) fn rewritten<'c>(
    candidates: impl Iterator<Item = &'c Candidate>,
    checkouts: &[PathBuf],
    is_complete: bool,
    repository: &Repository,
) -> Vec<InputError> {
    let mut rest: BTreeMap<PathBuf, &Candidate> =
        candidates.map(|candidate| (repository.whole(&candidate.path), candidate)).collect();
    if is_complete && !has_attributes(rest.keys(), repository.root()) {
        return Vec::new();
    }
    let mut roots: Vec<PathBuf> = checkouts.iter().map(|checkout| repository.root().join(checkout)).collect();
    // Checkouts within others first.
    roots.sort_by_key(|root| Reverse(root.components().count()));
    let mut errors = Vec::new();
    for root in roots {
        let (inner, outer) = rest.into_iter().partition(|(path, _)| path.starts_with(&root));
        rest = outer;
        if let Err(message) = add_rewritten(&root, &inner, &mut errors) {
            let cause = format!("git cannot list the attributes here: {message}");
            errors.push(InputError::unreadable(repository.shown(&root), cause));
        }
    }
    errors
}

/// Whether a folder above one of some files has attributes that let git rewrite files.
fn has_attributes<'p>(files: impl Iterator<Item = &'p PathBuf>, root: &Path) -> bool {
    let mut known: HashSet<&Path> = HashSet::new();
    for file in files {
        for folder in file.ancestors().skip(1).take_while(|folder| folder.starts_with(root)) {
            if !known.insert(folder) {
                break;
            }
            let path = folder.join(".gitattributes");
            let may_rewrite = match fs::symlink_metadata(&path) {
                Err(error) => error.kind() != ErrorKind::NotFound,
                Ok(metadata) if metadata.is_file() => read(&path).map_or(true, |text| may_rewrite(&text)),
                // The text of a link can count as attributes.
                Ok(_) => true,
            };
            if may_rewrite {
                return true;
            }
        }
    }
    false
}

/// Adds errors for the files of one checkout.
fn add_rewritten(
    root: &Path,
    candidates: &BTreeMap<PathBuf, &Candidate>,
    errors: &mut Vec<InputError>,
) -> Result<(), String> {
    let paths: Vec<PathBuf> =
        candidates.keys().filter_map(|path| path.strip_prefix(root).ok()).map(Path::to_owned).collect();
    if paths.is_empty() {
        return Ok(());
    }
    let attributes = rewriting_attributes(root, &paths)?;
    if attributes.is_empty() {
        return Ok(());
    }
    let mut files = tracked(root, &[])?;
    files.retain(|file| file.object.is_some() && attributes.contains_key(&file.path));
    files.dedup_by(|later, first| later.path == first.path);
    read_objects(root, files.iter().filter_map(|file| file.object.as_deref()), |at, bytes| {
        let path = &files[at].path;
        let Some(candidate) = candidates.get(&root.join(path)) else { return };
        let attribute = &attributes[path];
        let is_harmless = bytes.is_ok_and(|bytes| {
            let is_model = !candidate.by_marker || has_marker(&bytes, Language::of(&candidate.name));
            bytes.len() <= Source::MAX_BYTES
                && (!is_model || (attribute == IDENT && !ident_replaces_text(&bytes)))
        });
        if !is_harmless {
            let (path, attribute) = (candidate.name.clone(), attribute.clone());
            errors.push(InputError::Rewritten { path, attribute });
        }
    })
}

/// Whether the attribute `ident` replaces more of a text than an identifier.
fn ident_replaces_text(bytes: &[u8]) -> bool {
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

/// The attributes that let git change more of a file than the ends of its lines.
const REWRITING: [&str; 3] = ["working-tree-encoding", IDENT, "filter"];
/// The attribute that replaces the text between `$Id:` and `$`.
const IDENT: &str = "ident";

/// Whether the text of an attributes file can let git rewrite a file. Git can rewrite the attributes file itself, so other
/// characters than ASCII count.
fn may_rewrite(attributes: &[u8]) -> bool {
    let mut names = REWRITING.iter().chain(&["$Id"]);
    !attributes.iter().all(|byte| byte.is_ascii_graphic() || byte.is_ascii_whitespace())
        || names.any(|name| memmem::find(attributes, name.as_bytes()).is_some())
}

/// The paths, among some from the root, that git rewrites on checkout, each with [`IDENT`], or an attribute with its value,
/// which can change any byte.
fn rewriting_attributes(root: &Path, paths: &[PathBuf]) -> Result<BTreeMap<PathBuf, String>, String> {
    let filters = filters(root);
    let mut attributes: BTreeMap<PathBuf, String> = BTreeMap::new();
    // A checkout reads attributes from the index first; those of the working folder count as well.
    for source in [None, Some("--cached")] {
        let printed = check_attributes(root, paths, source)?;
        let mut parts = printed.parts();
        while let (Some(path), Some(name), Some(value)) = (parts.next(), parts.next(), parts.next()) {
            let (name, value) = (String::from_utf8_lossy(name), String::from_utf8_lossy(value));
            if let Some(attribute) = rewriting_attribute(&name, &value, &filters) {
                let known = attributes.entry(path_of(path)).or_insert_with(|| attribute.clone());
                if known == IDENT {
                    *known = attribute;
                }
            }
        }
    }
    Ok(attributes)
}

/// An attribute as users write it, if it lets git rewrite a file.
fn rewriting_attribute(name: &str, value: &str, filters: &BTreeSet<String>) -> Option<String> {
    match (name, value) {
        (_, "unspecified" | "unset") => None,
        (IDENT, _) => Some(IDENT.to_owned()),
        ("filter", _) if !filters.contains(value) => None,
        ("working-tree-encoding", _) if ["utf-8", "utf8"].contains(&&*value.to_ascii_lowercase()) => None,
        _ => Some(format!("{name}={value}")),
    }
}

/// The names of the filters that the configuration of the machine defines for checkouts, without Git LFS: a pointer that
/// its filter has not replaced has a message of its own.
fn filters(root: &Path) -> BTreeSet<String> {
    // git fails if there are none.
    let pattern = r"^filter\..*\.(smudge|process)$";
    let Ok(printed) = run(root, &["config", "-z", "--name-only", "--get-regexp", pattern]) else {
        return BTreeSet::new();
    };
    let names = printed.parts().filter_map(|key| {
        let key = String::from_utf8_lossy(key);
        Some(key.strip_prefix("filter.")?.rsplit_once('.')?.0.to_owned())
    });
    names.filter(|name| name != "lfs").collect()
}

fn check_attributes(root: &Path, paths: &[PathBuf], source: Option<&str>) -> Result<GitOutput, String> {
    let mut names = tempfile::tempfile().map_err(cannot_run)?;
    let text: Vec<u8> =
        paths.iter().flat_map(|path| [path.as_os_str().as_encoded_bytes(), &[0]].concat()).collect();
    names.write_all(&text).and_then(|()| names.rewind()).map_err(cannot_run)?;
    // The attributes of the change itself: only their names are read.
    let mut command = command_with_attributes(root);
    command.args(["check-attr", "-z", "--stdin"]).args(source).args(REWRITING);
    run_within(LISTING, command, names.into())?.checked()
}

#[cfg(test)]
mod tests {
    use super::ident_replaces_text;

    #[test]
    fn ident_replaces_text_between_its_marks_and_keeps_other_identifiers() {
        let harmless = ["", "$Id$", "$Id: 0123abcd $", "$Id: a.c,v 1.1 2003 x $", "$Id: a\n$", "Id: a $"];
        for text in harmless {
            assert!(!ident_replaces_text(text.as_bytes()), "{text}");
        }
        for text in ["$Id:{\"aivss_threat_model\":1}$", "$Id: score:9.1 $", "$Id$ $Id: x$"] {
            assert!(ident_replaces_text(text.as_bytes()), "{text}");
        }
    }
}
