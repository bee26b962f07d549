//! New texts of files, for the commands that change files.
//!
//! A link is followed to its file, which must be in the repository.

#![expect(clippy::disallowed_methods, reason = "a fix changes files in place, by whatever name")]

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
use crate::workspace::files::{link_out, read, replace};
use crate::workspace::repository::Repository;

/// The diagnostics of a new text of a file.
pub(crate) fn lint_text(file: &FileReport, text: &str, context: LintContext<'_>) -> Vec<Diagnostic> {
    let source = Source::decode(file.name(), text.as_bytes().to_vec());
    lint(&source, &file.path, context).diagnostics
}

/// Replaces a file's report by that of its new text.
pub(crate) fn relint(file: &mut FileReport, text: String, context: LintContext<'_>) {
    let source = Source::decode(file.name(), text.into_bytes());
    let linted = lint(&source, &file.path, context);
    let path = std::mem::take(&mut file.path);
    *file = FileReport::new(Arc::new(source), path, linted.models, linted.diagnostics);
}

/// The text of a file, if it was kept and could be parsed.
pub(crate) fn readable(file: &FileReport) -> Option<Arc<Source>> {
    let source = file.source.as_ref().filter(|source| source.undecodable().is_none())?;
    (!file.diagnostics.iter().any(is_unreadable)).then(|| Arc::clone(source))
}

/// Writes a new text to the file of an old one, unless the file has changed since it was read.
pub(crate) fn write(source: &Source, text: &str, repository: &Repository) -> Result<(), String> {
    let shown = Path::new(source.name());
    let path = target(shown, repository)?;
    let now = read(&path)?;
    if now == text.as_bytes() {
        return Ok(()); // Written under another name before.
    }
    if now != source.text().as_bytes() {
        return Err("has changed since it was read, so it was not changed".to_owned());
    }
    #[expect(clippy::disallowed_methods, reason = "the new file keeps the permissions of the old one")]
    let permissions = fs::metadata(&path).map_err(|error| error.to_string())?.permissions();
    if permissions.readonly() {
        return Err("is read-only, so it was not changed".to_owned());
    }
    replace(&path, text.as_bytes()).map_err(|error| format!("cannot be written: {error}"))
}

/// The file to write to: the target of links, if it is in the repository.
fn target(path: &Path, repository: &Repository) -> Result<PathBuf, String> {
    if link_out(path, Some(repository.root())).is_some() {
        return Err(format!("{LINK_OUT}, so it was not read; name the file itself"));
    }
    // A rename would replace the link.
    path.canonicalize().map_err(|error| {
        // Reports contain names as text.
        if path.to_string_lossy().contains(char::REPLACEMENT_CHARACTER) {
            "its name is not UTF-8, so it was not changed: rename the file".to_owned()
        } else {
            error.to_string()
        }
    })
}

/// The files that a run has changed, under any name.
#[derive(Debug, Default)]
pub(crate) struct Reached(HashSet<PathBuf>);

impl Reached {
    /// Whether a file was changed under another name before.
    pub(crate) fn has(&self, file: &FileReport) -> bool {
        Path::new(file.name()).canonicalize().is_ok_and(|path| self.0.contains(&path))
    }

    pub(crate) fn add(&mut self, file: &FileReport) {
        self.0.extend(Path::new(file.name()).canonicalize());
    }
}

/// The beginning of a line about a position.
pub(crate) fn place(name: &str, at: Position) -> String {
    format!("{}:{}:{}", begin_line(name), at.line, at.column)
}

/// The line about an input error.
pub(crate) fn error_line(error: &InputError) -> String {
    format!("{}: {}\n", begin_line(error.path()), escape_line(&error.to_string()))
}

/// The line about a derived value that is wrong and cannot be fixed in its place.
pub(crate) fn left_line(problem: &Diagnostic, place: impl FnOnce(u32) -> String) -> Option<String> {
    let rules = [
        &score_mismatch::RULE,
        &severity_mismatch::RULE,
        &factor_sum_mismatch::RULE,
        &uplift_mismatch::RULE,
        &cvss_base_mismatch::RULE,
    ];
    let is_derived = rules.iter().any(|rule| rule.name == problem.rule);
    let is_left = is_derived && problem.fix.is_none() && problem.excepted.is_none();
    is_left.then(|| {
        let (place, rule) = (place(problem.span.start), &problem.rule);
        format!(
            "{place}: {rule}: not fixed: the value is an alias, has a tag or an anchor, or uses escapes\n"
        )
    })
}

/// The patch of a file, safe to print. On a terminal, control characters are escaped. Elsewhere the patch can be applied.
///
/// # Errors
/// A line of the patch would be a command to a CI service that keeps the log.
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
    #[expect(clippy::disallowed_methods, reason = "the test reads the file afterwards")]
    fn write_to_a_file_that_has_changed_is_refused() {
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
