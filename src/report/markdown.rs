//! Markdown, for job summaries and comments.

use std::io;

use super::Report;

pub(super) fn write(report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
    super::concise::write(report, out)
}
