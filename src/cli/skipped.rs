//! Files that a check skips although they have the names of threat models, and the reports about them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::file_kind::OtherFile;
use crate::input_error::InputError;
use crate::report::Report;
use crate::source::{Language, Source};
use crate::workspace::candidate::{Candidate, Discovery};
use crate::workspace::files::read;
use crate::workspace::repository::Repository;

/// Adds files that were not searched by their names, if they are recognized as those of other tools or as pages. A page
/// whose name does not hint at a threat model must analyze layers.
pub(crate) fn add_hinted(report: &mut Report, discovery: &Discovery) {
    /// The largest page without a hint that is read, in bytes.
    const LARGEST: usize = 1024 * 1024;
    let hinted = discovery.hinted.iter().map(|candidate| (candidate, true));
    let pages = discovery.pages.iter().map(|candidate| (candidate, false));
    for (Candidate { name, matched, path, .. }, is_hinted) in hinted.chain(pages) {
        let bytes = read(path).unwrap_or_default();
        if !is_hinted && bytes.len() > LARGEST {
            continue;
        }
        let other = OtherFile::recognize(matched, &Source::decode(name.clone(), bytes), false);
        if if is_hinted { !other.is_unknown() } else { other.has_layers() } {
            report.others.insert(name.clone(), other);
        }
    }
}

/// Adds an error for each folder without a threat model, with the file in it that is nearest to one, and remarks about
/// the other skipped files.
pub(crate) fn report_others(report: &mut Report, empty: &[&PathBuf], repository: &Repository) {
    /// More are counted.
    const MAX: usize = 10;
    let mut named = BTreeSet::new();
    for folder in empty {
        let others = report.others.iter().filter(|(_, other)| other.has_next());
        let below = others.filter(|(path, _)| repository.holds(folder, Path::new(path)));
        let found = below.min_by_key(|(_, other)| other.rank());
        let found = found.map(|(path, other)| (path.clone(), other.clone()));
        named.extend(found.as_ref().map(|(path, _)| path.clone()));
        report.input_errors.push(InputError::EmptyFolder { path: repository.shown(folder), found });
    }
    let others = report.others.iter().filter(|(path, _)| !named.contains(*path));
    let mut others = others.filter(|(path, other)| other.is_remarkable(Language::of(path)));
    let first = others.by_ref().take(MAX);
    report.remarks.extend(first.map(|(path, other)| format!("skipped {path}: {}", other.sentence(path))));
    let more = others.count();
    if more > 0 {
        report.remarks.push(format!("skipped {more} more: run `aivss-lint list`"));
    }
}
