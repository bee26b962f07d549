//! Files rewritten: what a new text comes to, and how it gets into its file. Shared by the commands that change files.
//!
//! A link is followed to its file, which must lie within the repository: what a folder holds may not reach out of it.

use std::collections::HashSet;
use std::fs;
use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::diagnostic::Diagnostic;
use crate::diff;
use crate::fix::is_unreadable;
use crate::input_error::{InputError, LINK_OUT};
use crate::lint::{LintContext, lint};
use crate::output::{begin_line, escape_line};
use crate::report::FileReport;
use crate::rules::{cvss_base_mismatch, factor_sum_mismatch, score_mismatch};
use crate::rules::{severity_mismatch, uplift_mismatch};
use crate::source::{Position, Source};
use crate::workspace::discover::{Repository, read};
use crate::workspace::links::link_out;
use crate::workspace::write::replace;

/// What there is to say of a text in the place of a file's.
pub(crate) fn judged(file: &FileReport, text: &str, judge: LintContext<'_>) -> Vec<Diagnostic> {
    let source = Source::decode(file.name(), text.as_bytes().to_vec());
    lint(&source, &file.path, judge).diagnostics
}

/// Puts into a file's report what there is to say of its new text.
pub(crate) fn rejudge(file: &mut FileReport, text: String, judge: LintContext<'_>) {
    let source = Source::decode(file.name(), text.into_bytes());
    let linted = lint(&source, &file.path, judge);
    let path = std::mem::take(&mut file.path);
    *file = FileReport::new(&source, path, linted.models, linted.diagnostics).with_text(Arc::new(source));
}

/// The text of a file that can be rewritten: it was kept, and could be read as it should.
pub(crate) fn readable(file: &FileReport) -> Option<Arc<Source>> {
    let source = file.source.as_ref().filter(|source| source.undecodable().is_none())?;
    (!file.diagnostics.iter().any(is_unreadable)).then(|| Arc::clone(source))
}

/// Puts a new text into the file that a text was read from, unless something else has been written there meanwhile.
pub(crate) fn write(source: &Source, text: &str, repository: &Repository) -> Result<(), String> {
    let shown = Path::new(source.name());
    let path = target(shown, repository)?;
    let now = read(&path)?;
    if now == text.as_bytes() {
        return Ok(()); // Reached by another name before.
    }
    if now != source.text().as_bytes() {
        return Err("it has changed since it was read, so it is left as it is".to_owned());
    }
    #[expect(clippy::disallowed_methods, reason = "the new file is to be as open as the old one")]
    let permissions = fs::metadata(&path).map_err(|error| error.to_string())?.permissions();
    if permissions.readonly() {
        return Err("it is read-only, so it is left as it is".to_owned());
    }
    replace(&path, text.as_bytes()).map_err(|error| format!("it cannot be written: {error}"))
}

/// The file to write to: behind links, the one that they lead to, if that lies within the repository.
fn target(path: &Path, repository: &Repository) -> Result<PathBuf, String> {
    if link_out(path, Some(repository.root())).is_some() {
        return Err(format!("{LINK_OUT}, so it was not read; name the file itself"));
    }
    // A rename would put a file in the place of the link.
    fs::canonicalize(path).map_err(|error| {
        // A report has names as text.
        if path.to_string_lossy().contains(char::REPLACEMENT_CHARACTER) {
            "its name is not UTF-8, so it is left as it is: rename the file".to_owned()
        } else {
            error.to_string()
        }
    })
}

/// The files that a run has been at, by whatever name.
#[derive(Debug, Default)]
pub(crate) struct Reached(HashSet<PathBuf>);

impl Reached {
    /// Whether a file was reached by another name before.
    pub(crate) fn has(&self, file: &FileReport) -> bool {
        fs::canonicalize(file.name()).is_ok_and(|path| self.0.contains(&path))
    }

    pub(crate) fn add(&mut self, file: &FileReport) {
        self.0.extend(fs::canonicalize(file.name()));
    }
}

/// A place, to begin a line with.
pub(crate) fn place(name: &str, at: Position) -> String {
    format!("{}:{}:{}", begin_line(name), at.line, at.column)
}

/// The line about an obstacle.
pub(crate) fn obstacle_line(obstacle: &InputError) -> String {
    format!("{}: {}\n", begin_line(obstacle.path()), escape_line(&obstacle.to_string()))
}

/// What to say of a derived value that is wrong and cannot be mended in its place.
pub(crate) fn left_line(fault: &Diagnostic, place: impl FnOnce(u32) -> String) -> Option<String> {
    let rules = [
        &score_mismatch::RULE,
        &severity_mismatch::RULE,
        &factor_sum_mismatch::RULE,
        &uplift_mismatch::RULE,
        &cvss_base_mismatch::RULE,
    ];
    let is_derived = rules.iter().any(|rule| rule.name == fault.rule);
    let is_left = is_derived && fault.fix.is_none() && fault.excepted.is_none();
    is_left.then(|| {
        let (place, rule) = (place(fault.span.start), &fault.rule);
        format!(
            "{place}: {rule}: not fixed: the value is an alias, has a tag or an anchor, or uses escapes\n"
        )
    })
}

/// The patch of a file, fit for standard output: on a terminal what would steer it is escaped; elsewhere it can be
/// applied, and no line of it is a command to a CI service that keeps the log.
///
/// # Errors
/// Why there cannot be one.
pub(crate) fn shown_patch(name: &str, before: &str, after: &str) -> Result<String, String> {
    let patch = diff::unified(name, before, after);
    if io::stdout().is_terminal() {
        return Ok(patch.lines().map(|line| escape_line(line).replace("\\t", "\t") + "\n").collect());
    }
    match diff::log_command(&patch) {
        None => Ok(patch),
        Some(_) => {
            Err("a line next to the change is a command to CI services, which would obey a printed patch: \
             run this command without --diff"
                .to_owned())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(clippy::disallowed_methods, reason = "the file is looked at afterwards")]
    fn what_was_written_since_it_was_read_is_not_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("threat-model.yaml");
        let source = Source::decode(path.to_str().unwrap(), b"a: 1\n".to_vec());
        let repository = Repository::around(folder.path().to_owned());
        for (on_disk, written) in [("a: 1\n", true), ("a: 2\n", true), ("a: 3\n", false)] {
            fs::write(&path, on_disk).unwrap();
            assert_eq!(write(&source, "a: 2\n", &repository).is_ok(), written, "{on_disk}");
            let now = fs::read_to_string(&path).unwrap();
            assert_eq!(now, if written { "a: 2\n" } else { on_disk });
        }
        fs::remove_file(&path).unwrap();
        assert!(write(&source, "a: 2\n", &repository).is_err());
    }
}
