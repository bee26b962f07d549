//! Rules in Rego of a trusted folder: a check of the text by this program as another process, which can be ended.
//!
//! The process reads the saved policy. Only its problems of rules in Rego are used.

use std::io::{Seek, Write};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde_json::Value as JsonValue;

use crate::diagnostic::{Diagnostic, Level, Owner, RuleInfo};
use crate::escape::line;
use crate::server::documents::OpenDocument;
use crate::server::workspace::{Checked, Project, ServerOptions};
use crate::source::Span;
use crate::workspace::git::run_within;

/// The longest time of one check. A usual one takes a hundredth of it.
const MAX_LENGTH: Duration = Duration::from_secs(5);

/// A document whose rules in Rego are checked.
#[derive(Clone, Copy)]
pub(crate) struct RegoRun<'r> {
    pub(crate) project: &'r Project,
    pub(crate) document: &'r OpenDocument,
    pub(crate) checked: &'r Checked,
    pub(crate) options: &'r ServerOptions,
}

impl RegoRun<'_> {
    /// The problems, or one that says why they are not known. After a failure nothing runs: rules that do not end would
    /// take their time for each document.
    pub(crate) fn problems(self, failure: &mut Option<String>) -> Vec<Diagnostic> {
        if failure.is_none() {
            let program = std::env::current_exe().map_err(|error| error.to_string());
            match program.and_then(|program| self.run(&program, MAX_LENGTH)) {
                Ok(found) => return found,
                Err(reason) => *failure = Some(reason),
            }
        }
        let reason = failure.as_deref().unwrap_or_default();
        let text = &self.document.text;
        let place = text.source.first_line(Span::new(0, text.text().len()));
        let message = format!("cannot check rules in Rego: {}", line(reason));
        vec![Diagnostic::new(RuleInfo::POLICY, Owner::File, place, message)]
    }

    fn run(self, program: &Path, limit: Duration) -> Result<Vec<Diagnostic>, String> {
        let root = self.project.repository.root();
        let mut command = Command::new(program);
        command.current_dir(root).env("PWD", root).args(["check", "--format", "json", "--quiet"]);
        command.args(["--today", &self.options.today().to_string()]);
        if let Some(policy) = &self.options.policy {
            command.arg("--policy").arg(policy);
        }
        command.args(["--stdin-filename", &self.checked.path, "--", "-"]);
        let mut text = tempfile::tempfile().map_err(|error| error.to_string())?;
        let written = text.write_all(self.document.text.text().as_bytes()).and_then(|()| text.rewind());
        written.map_err(|error| error.to_string())?;
        let output = run_within(limit, command, text.into())?;
        let report: JsonValue = serde_json::from_slice(&output.stdout)
            .map_err(|_| format!("exit status {}, {}", output.code, output.stderr.trim_end()))?;
        let mut errors = report["obstacles"].as_array().into_iter().flatten();
        if let Some(error) = errors.find_map(|error| error["message"].as_str()) {
            return Err(error.to_owned());
        }
        let files = report["files"].as_array().into_iter().flatten();
        let found = files.flat_map(|file| file["diagnostics"].as_array().into_iter().flatten());
        Ok(found.filter_map(|problem| rego_problem(problem, self.document)).collect())
    }
}

/// A problem of a rule in Rego, at the place that the report gives it.
fn rego_problem(problem: &JsonValue, document: &OpenDocument) -> Option<Diagnostic> {
    let rule = problem["rule"].as_str().filter(|rule| rule.starts_with("rego/"))?;
    let offset = |place: &JsonValue| {
        let number = |key: &str| place[key].as_u64().and_then(|number| u32::try_from(number).ok());
        Some(document.text.source.offset(number("line")?, number("column")?))
    };
    let start = offset(&problem["start"])?;
    let end = offset(&problem["end"]).unwrap_or(start);
    let level = Level::named(problem["level"].as_str()?)?;
    let message = problem["message"].as_str()?.to_owned();
    Some(Diagnostic::of_rego(rule.to_owned(), level, Owner::Agent, Span::new(start, end), message))
}

#[cfg(all(test, unix))]
mod tests {
    use std::fs;

    use super::*;
    use crate::server::Encoding;
    use crate::server::documents::OpenDocuments;
    use crate::server::protocol::uri_of;
    use crate::server::workspace::Workspace;

    #[test]
    #[expect(clippy::disallowed_methods, reason = "files of a test")]
    fn process_that_fails_is_a_reason() {
        let folder = tempfile::tempdir().unwrap();
        let uri = uri_of(&folder.path().join("threat-model.yaml"));
        let text = include_str!("../rules/stock.yaml").to_owned();
        let document = OpenDocument::new(uri, "yaml", 1, text, Encoding::Utf8);
        let mut workspace = Workspace::new(Vec::new(), ServerOptions::default(), Project::lint);
        let checked = workspace.check(&document, &OpenDocuments::default());
        let (project, options) = (workspace.project(&checked).unwrap(), &workspace.options);
        let run = RegoRun { project, document: &document, checked: &checked, options };
        for (script, limit, expected) in [
            ("exec sleep 60", Duration::from_millis(50), "it did not finish within 0 seconds"),
            ("kill -SEGV $$", MAX_LENGTH, "it ended early: signal: 11 (SIGSEGV)"),
            ("echo error: no memory >&2; exit 2", MAX_LENGTH, "exit status 2, error: no memory"),
            (r#"echo '{ "obstacles": [{ "message": "a policy" }] }'"#, MAX_LENGTH, "a policy"),
            (r#"echo '{ "files": ['"#, MAX_LENGTH, "exit status 0, "),
        ] {
            // The first argument of the program is `check`, which a shell takes for the file with its commands.
            fs::write(folder.path().join("check"), script).unwrap();
            let reason = run.run(Path::new("/bin/sh"), limit).unwrap_err();
            assert!(reason.starts_with(expected), "{reason}");
        }
        let mut failure = None;
        let missing = run.run(Path::new("/nowhere/aivss-lint"), MAX_LENGTH).unwrap_err();
        assert!(missing.starts_with("/nowhere/aivss-lint cannot be run: "), "{missing}");
        failure.replace(missing);
        let problem = &run.problems(&mut failure)[0];
        assert!(problem.message.starts_with("cannot check rules in Rego: /nowhere/"), "{}", problem.message);
    }
}
