//! Rules in Rego of a trusted folder: a check of the file by this program as another process, which can be ended.
//!
//! The process reads the saved file and the saved policy. Only its problems of rules in Rego are used.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::Value as JsonValue;

use crate::diagnostic::{Diagnostic, Level, Owner, RuleInfo};
use crate::escape::line;
use crate::server::documents::OpenDocument;
use crate::server::workspace::{Checked, Project};
use crate::source::Span;
use crate::workspace::git::run_within;

/// The longest time of one check. A usual one takes a hundredth of it.
const LONGEST: Duration = Duration::from_secs(5);

/// The problems that rules in Rego find in a saved document, or one that says why they are not known.
pub(crate) fn rego_problems(
    project: &Project,
    document: &OpenDocument,
    checked: &Checked,
) -> Vec<Diagnostic> {
    problems(project.repository.root(), document, checked).unwrap_or_else(|reason| {
        let message = format!("cannot check rules in Rego: {reason}");
        let line = document.text.source.first_line(Span::new(0, document.text.text().len()));
        vec![Diagnostic::new(RuleInfo::POLICY, Owner::File, line, message)]
    })
}

fn problems(root: &Path, document: &OpenDocument, checked: &Checked) -> Result<Vec<Diagnostic>, String> {
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let mut command = Command::new(program);
    command.current_dir(root).env("PWD", root).args([
        "check",
        "--format",
        "json",
        "--quiet",
        "--",
        &checked.path,
    ]);
    let output =
        run_within(LONGEST, command, Stdio::null()).map_err(|message| line(&message).into_owned())?;
    let report: JsonValue = serde_json::from_slice(&output.stdout).map_err(|error| error.to_string())?;
    let mut found = Vec::new();
    for file in report["files"].as_array().into_iter().flatten() {
        let problems = file["diagnostics"].as_array().into_iter().flatten();
        found.extend(problems.filter_map(|problem| rego_problem(problem, document)));
    }
    let mut errors = report["obstacles"].as_array().into_iter().flatten();
    match errors.find_map(|error| error["message"].as_str()) {
        Some(error) => Err(line(error).into_owned()),
        None => Ok(found),
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
