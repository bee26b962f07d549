//! GitLab's code quality report: an array of issues for the widget of merge requests. It contains neither scores nor a
//! verdict.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io;

use serde::ser::SerializeSeq;
use serde::{Serialize, Serializer};

use crate::diagnostic::{Diagnostic, Level};
use crate::escape::{line, write_json};
use crate::output::problem::{Fingerprints, passes_because};
use crate::report::{FileReport, Report};
use crate::rules;

pub(crate) fn write(report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
    write_json(&Issues(report), out)
}

/// The issues of a report, each of which is built when it is written.
struct Issues<'r>(&'r Report);

impl Serialize for Issues<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(report) = self;
        let mut fingerprints = Fingerprints::default();
        let mut issues = serializer.serialize_seq(None)?;
        for (file, diagnostic) in report.diagnostics() {
            let fingerprint = fingerprints.of_problem(file, diagnostic);
            issues.serialize_element(&issue(report, file, diagnostic, fingerprint))?;
        }
        for error in &report.input_errors {
            let path = report.root_path(error.path());
            issues.serialize_element(&Issue {
                description: format!("cannot check: {}", line(&error.to_string())),
                check_name: "cannot-judge".to_owned(),
                fingerprint: fingerprints.of_input_error(path, &error.to_string()),
                severity: "blocker",
                location: CodeLocation::new(path, 1, 1),
            })?;
        }
        issues.end()
    }
}

#[derive(Serialize)]
struct Issue {
    description: String,
    check_name: String,
    fingerprint: String,
    severity: &'static str,
    location: CodeLocation,
}

#[derive(Serialize)]
struct CodeLocation {
    path: String,
    lines: BTreeMap<&'static str, u32>,
}

impl CodeLocation {
    fn new(path: &str, begin: u32, end: u32) -> Self {
        Self { path: line(path).into_owned(), lines: BTreeMap::from([("begin", begin), ("end", end)]) }
    }
}

fn issue(report: &Report, file: &FileReport, diagnostic: &Diagnostic, fingerprint: String) -> Issue {
    let mut description = line(&diagnostic.message).into_owned();
    if let Some(help) = rules::remedy(diagnostic).or(diagnostic.label.as_deref().map(Cow::Borrowed)) {
        description.push_str(&format!(": {}", line(&help)));
    }
    if let Some(reason) = passes_because(report, diagnostic) {
        description.push_str(&format!(" ({})", line(&reason)));
    }
    let span = diagnostic.span;
    // A span that ends with a line break ends on that line, not on the next.
    let last = span.end.saturating_sub(1).max(span.start);
    Issue {
        description,
        check_name: line(&diagnostic.rule).into_owned(),
        fingerprint,
        severity: severity(report, diagnostic),
        location: CodeLocation::new(&file.path, file.position(span.start).line, file.position(last).line),
    }
}

fn severity(report: &Report, diagnostic: &Diagnostic) -> &'static str {
    match diagnostic.level {
        _ if !report.counts(diagnostic) => "info",
        Level::Error if diagnostic.fixed => "critical",
        Level::Error => "major",
        Level::Warning => "minor",
        Level::Note => "info",
    }
}
