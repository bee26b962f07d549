//! GitLab's code quality report: an array of issues, for the widget of merge requests. It has no place for the scores,
//! and none for a verdict: that is the exit code's.

use std::borrow::Cow;
use std::io;

use serde::ser::SerializeSeq;
use serde::{Serialize, Serializer};

use crate::diagnostic::{Diagnostic, Level};
use crate::escape;
use crate::escape::line;
use crate::output::fingerprint::Fingerprints;
use crate::report::{FileReport, Report};
use crate::rules;

/// What an obstacle is listed as.
const OBSTACLE: &str = "cannot-judge";

pub(crate) fn write(report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
    escape::write_json(&Issues(report), out)
}

/// The issues of a report, each of which is made when it is written.
struct Issues<'r>(&'r Report);

impl Serialize for Issues<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(report) = self;
        let mut fingerprints = Fingerprints::default();
        let mut issues = serializer.serialize_seq(None)?;
        for file in &report.files {
            for diagnostic in &file.diagnostics {
                let fingerprint = fingerprints.of_problem(file, diagnostic);
                issues.serialize_element(&of_fault(report, file, diagnostic, fingerprint))?;
            }
        }
        for obstacle in &report.obstacles {
            let path = report.root_path(obstacle.path());
            let fingerprint = fingerprints.of_input_error(path, &obstacle.to_string());
            issues.serialize_element(&of_obstacle(path, &obstacle.to_string(), fingerprint))?;
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
    location: Location,
}

#[derive(Serialize)]
struct Location {
    path: String,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: u32,
    end: u32,
}

fn of_fault(report: &Report, file: &FileReport, diagnostic: &Diagnostic, fingerprint: String) -> Issue {
    let passes =
        crate::output::passes_because(report, diagnostic).map(|reason| format!(" ({})", line(&reason)));
    let help = rules::remedy(diagnostic).or(diagnostic.label.as_deref().map(Cow::Borrowed));
    let help = help.map(|help| format!(": {}", line(&help)));
    let description: String =
        [Some(line(&diagnostic.message).into_owned()), help, passes].into_iter().flatten().collect();
    let span = diagnostic.span;
    // What ends with a line break ends on that line, and not on the next.
    let last = span.end.saturating_sub(1).max(span.start);
    let lines =
        Lines { begin: file.excerpt.position(span.start).line, end: file.excerpt.position(last).line };
    Issue {
        description,
        check_name: line(&diagnostic.rule).into_owned(),
        fingerprint,
        severity: severity(report, diagnostic),
        location: Location { path: line(&file.path).into_owned(), lines },
    }
}

fn severity(report: &Report, diagnostic: &Diagnostic) -> &'static str {
    let is_fixed = diagnostic.fixed;
    match diagnostic.level {
        _ if !report.counts(diagnostic) => "info",
        Level::Error if is_fixed => "critical",
        Level::Error => "major",
        Level::Warning => "minor",
        Level::Note => "info",
    }
}

fn of_obstacle(path: &str, message: &str, fingerprint: String) -> Issue {
    Issue {
        description: format!("cannot judge: {}", line(message)),
        check_name: OBSTACLE.to_owned(),
        fingerprint,
        severity: "blocker",
        location: Location { path: line(path).into_owned(), lines: Lines { begin: 1, end: 1 } },
    }
}
