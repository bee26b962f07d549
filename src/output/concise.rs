//! One line per problem, `path:line:column: level[rule] message`, for editors and searches. It omits the computation and the
//! help. No line is a command to the CI service that keeps the log.

use std::io;

use crate::diagnostic::Diagnostic;
use crate::escape::{line, plain_line};
use crate::output::problem::asides;
use crate::report::{FileReport, Report};

pub(crate) fn write(report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
    for (file, diagnostic) in report.diagnostics().filter(|(_, diagnostic)| report.lists(diagnostic)) {
        writeln!(out, "{}", problem(file, diagnostic))?;
    }
    if !report.lowered.is_empty() {
        writeln!(out, "lowered on the command line: {}", line(&report.lowered.join(", ")))?;
    }
    for error in &report.input_errors {
        writeln!(out, "{}", input_error(error.path(), &error.to_string()))?;
    }
    match report.unlisted().filter(|_| report.new_only) {
        Some(unlisted) => writeln!(out, "{unlisted}"),
        None => Ok(()),
    }
}

/// A problem on one line.
pub(crate) fn problem(file: &FileReport, diagnostic: &Diagnostic) -> String {
    let (path, position) = (line(file.name()), file.position(diagnostic.span.start));
    let (level, rule, message) = (diagnostic.level.name(), line(&diagnostic.rule), line(&diagnostic.message));
    let asides = asides(diagnostic);
    plain_line(format!("{path}:{}:{}: {level}[{rule}] {message}{asides}", position.line, position.column))
}

/// An input that cannot be checked, on one line.
pub(crate) fn input_error(path: &str, message: &str) -> String {
    plain_line(format!("{}: cannot check: {}", line(path), line(message)))
}
