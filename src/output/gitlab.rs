//! GitLab's code quality report: an array of issues for the widget of merge requests. It contains neither scores nor a
//! verdict.

use std::borrow::Cow;
use std::io;

use serde::ser::SerializeSeq;
use serde::{Serialize, Serializer};
use serde_json::{Value, json};

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
            issues.serialize_element(&issue(report, file, diagnostic, &fingerprint))?;
        }
        for error in &report.input_errors {
            let (path, message) = (report.root_path(error.path()), error.to_string());
            issues.serialize_element(&json!({
                "description": format!("cannot check: {}", line(&message)),
                "check_name": "cannot-judge",
                "fingerprint": fingerprints.of_input_error(path, &message),
                "severity": "blocker",
                "location": { "path": line(path), "lines": { "begin": 1, "end": 1 } },
            }))?;
        }
        issues.end()
    }
}

fn issue(report: &Report, file: &FileReport, diagnostic: &Diagnostic, fingerprint: &str) -> Value {
    let mut description = line(&diagnostic.message).into_owned();
    if let Some(help) = rules::remedy(diagnostic).or(diagnostic.label.as_deref().map(Cow::Borrowed)) {
        description.push_str(&format!(": {}", line(&help)));
    }
    if let Some(reason) = passes_because(report, diagnostic) {
        description.push_str(&format!(" ({})", line(&reason)));
    }
    // A span that ends with a line break ends on that line, not on the next.
    let last = diagnostic.span.end.saturating_sub(1).max(diagnostic.span.start);
    let [begin, end] = [diagnostic.span.start, last].map(|offset| file.position(offset).line);
    json!({
        "description": description,
        "check_name": line(&diagnostic.rule),
        "fingerprint": fingerprint,
        "severity": match diagnostic.level {
            _ if !report.counts(diagnostic) => "info",
            Level::Error if diagnostic.mandatory => "critical",
            Level::Error => "major",
            Level::Warning => "minor",
            Level::Note => "info",
        },
        "location": { "path": line(&file.path), "lines": { "begin": begin, "end": end } },
    })
}
