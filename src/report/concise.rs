//! One line a fault, `path:line:column: level[rule] message`: for editors, grep and people in a hurry.

use std::io;

use super::Report;
use super::escape::line;

pub(super) fn write(report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
    for (source, diagnostic) in report.diagnostics() {
        let position = source.position(diagnostic.span.start);
        writeln!(
            out,
            "{}:{}:{}: {}[{}] {}{}",
            line(source.name()),
            position.line,
            position.column,
            diagnostic.level.name(),
            diagnostic.rule,
            line(&diagnostic.message),
            super::asides(diagnostic)
        )?;
    }
    if !report.lowered.is_empty() {
        writeln!(out, "lowered on the command line: {}", line(&report.lowered.join(", ")))?;
    }
    for obstacle in &report.obstacles {
        writeln!(out, "{}: cannot judge: {}", line(&obstacle.path), line(&obstacle.message))?;
    }
    Ok(())
}
