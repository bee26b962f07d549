//! One line a fault, `path:line:column: level[rule] message`: for editors, grep and people in a hurry. It shows
//! neither the working nor the way to mend; no line of it is a command to a service that keeps the log.

use std::io;

use crate::diagnostic::Diagnostic;
use crate::escape::{line, plain_line};
use crate::output::snippet::Excerpt;
use crate::report::Report;

pub(crate) fn write(report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
    let listed = report.diagnostics().filter(|(_, diagnostic)| report.lists(diagnostic));
    for (excerpt, diagnostic) in listed {
        writeln!(out, "{}", fault(excerpt, diagnostic))?;
    }
    if !report.lowered.is_empty() {
        writeln!(out, "lowered on the command line: {}", line(&report.lowered.join(", ")))?;
    }
    for obstacle in &report.obstacles {
        writeln!(out, "{}", crate::output::concise::obstacle(obstacle.path(), &obstacle.to_string()))?;
    }
    match report.unlisted().filter(|_| report.new_only) {
        Some(unlisted) => writeln!(out, "{unlisted}"),
        None => Ok(()),
    }
}

/// A fault in a line.
pub(crate) fn fault(excerpt: &Excerpt, diagnostic: &Diagnostic) -> String {
    let position = excerpt.position(diagnostic.span.start);
    plain_line(format!(
        "{}:{}:{}: {}[{}] {}{}",
        line(excerpt.name()),
        position.line,
        position.column,
        diagnostic.level.name(),
        line(&diagnostic.rule),
        line(&diagnostic.message),
        crate::output::asides(diagnostic)
    ))
}

/// An obstacle in a line.
pub(crate) fn obstacle(path: &str, message: &str) -> String {
    plain_line(format!("{}: cannot judge: {}", line(path), line(message)))
}
