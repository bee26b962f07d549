//! The format for people: each problem with the lines around it. The only file that imports `miette`.

use std::io;
use std::ops::{Range, RangeInclusive};
use std::sync::Arc;

use anstyle::{AnsiColor, Style};
use miette::{
    GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteDiagnostic, MietteError, MietteSpanContents,
    SourceCode, SourceSpan, SpanContents,
};

use crate::diagnostic::{Diagnostic, Level};
use crate::escape::{begins_command, line, plain_line, same_length};
use crate::explain::page_url;
use crate::output::change::{LineSubject, lines};
use crate::output::problem::{Detail, asides, details};
use crate::output::{Look, Verbosity};
use crate::policy::Direction;
use crate::report::{Change, FileReport, Report, Verdict};
use crate::rules;
use crate::source::{Source, Span};

/// Lines shown above a place.
const ABOVE: u32 = 2;
/// Lines shown below it.
const BELOW: u32 = 1;
/// The longest line, in bytes, that is shown as a whole.
const LONG_LINE: usize = 140;
/// Bytes shown on either side of a place in a longer line, and of the place itself.
const SURROUNDINGS: usize = 40;

pub(crate) fn write(report: &Report, look: Look, out: &mut dyn io::Write) -> io::Result<()> {
    for file in &report.files {
        write_problems(report, file, look, out)?;
    }
    for error in &report.input_errors {
        let text = format!("cannot check: {}: {}", line(error.path()), line(&error.to_string()));
        write_headed(&text, Verdict::CannotCheck, look, out)?;
        writeln!(out)?;
    }
    if look.beside == Verbosity::Nothing {
        return Ok(());
    }
    if let Some(unlisted) = report.unlisted().filter(|_| report.new_only) {
        writeln!(out, "{unlisted}\n")?;
    }
    if !report.lowered.is_empty() {
        let word = painted("lowered on the command line", AnsiColor::Yellow, look);
        writeln!(out, "{word}: {}\n", line(&report.lowered.join(", ")))?;
    }
    if let Some(change) = &report.change {
        write_change(change, look, out)?;
        writeln!(out)?;
    }
    for remark in &report.remarks {
        writeln!(out, "{}", plain_line(wrapped(&line(remark), line_width(look), (0, 2))))?;
    }
    let (verdict, policy) = (report.verdict(), line(&report.policy));
    let text = format!("{} under policy {policy}: {}", verdict.words(), line(&report.summary()));
    write_headed(&text, verdict, look, out)
}

/// Writes a text that begins with the words of a verdict, which are in color.
fn write_headed(text: &str, verdict: Verdict, look: Look, out: &mut dyn io::Write) -> io::Result<()> {
    let color = if verdict == Verdict::Passed { AnsiColor::Green } else { AnsiColor::Red };
    let text = wrapped(text, line_width(look), (0, 2));
    let rest = text.strip_prefix(verdict.words()).unwrap_or(&text);
    writeln!(out, "{}{rest}", painted(verdict.words(), color, look))
}

/// Writes the effects of a change on each agent and on the policy.
pub(crate) fn write_change(change: &Change, look: Look, out: &mut dyn io::Write) -> io::Result<()> {
    let heading = format!("change against {}:", change.base);
    writeln!(out, "{}", wrapped(&line(&heading), line_width(look), (0, 2)))?;
    for change in lines(change, if look.unicode { "→" } else { "->" }, |path| path) {
        let (indent, mut text) = match change.subject {
            LineSubject::Policy => (2, "policy: ".to_owned()),
            LineSubject::Agent(agent) => {
                // A path may begin like a command to the service that keeps the log.
                let path = plain_line(agent.path.clone());
                let name = agent.name.as_ref().map(|name| format!(" ({name})")).unwrap_or_default();
                (2, format!("{path}{name}: "))
            }
            LineSubject::Same => (4, String::new()),
            LineSubject::Change => (2, String::new()),
        };
        text.push_str(&change.words);
        if !change.word().is_empty() {
            text.push_str(&format!(" ({})", change.word()));
        }
        let text = wrapped(&line(&text), line_width(look), (indent, indent + 2));
        let text = match change.direction {
            Direction::Worse => painted(&text, AnsiColor::Red, look),
            Direction::Better => painted(&text, AnsiColor::Green, look),
            Direction::Other => text,
        };
        writeln!(out, "{:indent$}{text}", "")?;
    }
    Ok(())
}

/// Writes the problems of a file, each with its title, its lines and its details.
fn write_problems(report: &Report, file: &FileReport, look: Look, out: &mut dyn io::Write) -> io::Result<()> {
    let Some(source) = &file.source else { return Ok(()) };
    let mut listed = file.diagnostics.iter().filter(|diagnostic| report.lists(diagnostic)).peekable();
    if listed.peek().is_none() {
        return Ok(());
    }
    let quoted = QuotedSource { source: source.clone(), text: same_length(source.text()).into() };
    for diagnostic in listed {
        write_title(diagnostic, look, out)?;
        let drawing = MietteDiagnostic::new("problem").with_labels(quoted.labels(diagnostic));
        let drawing = miette::Report::new(drawing).with_source_code(quoted.clone());
        let mut drawn = String::new();
        handler(look).render_report(&mut drawn, drawing.as_ref()).map_err(io::Error::other)?;
        // The first line is the title of the drawing.
        let frame = drawn.split_once('\n').map_or("", |(_, frame)| frame);
        writeln!(out, "{}", frame.trim_end())?;
        for Detail { word, text } in details(diagnostic, None) {
            let text = wrapped(&line(&text), look.width, (word.len() + 4, word.len() + 4));
            writeln!(out, "  {}: {text}", painted(word, AnsiColor::Cyan, look))?;
        }
        writeln!(out)?;
    }
    Ok(())
}

fn handler(look: Look) -> GraphicalReportHandler {
    let theme = match (look.unicode, look.color) {
        (true, true) => GraphicalTheme::unicode(),
        (true, false) => GraphicalTheme::unicode_nocolor(),
        (false, true) => GraphicalTheme::ascii(),
        (false, false) => GraphicalTheme::none(),
    };
    GraphicalReportHandler::new_themed(theme)
        .with_wrap_lines(false)
        .with_links(false)
        .with_width(look.width)
        .with_context_lines(ABOVE as usize)
        .without_cause_chain()
        .without_syntax_highlighting()
}

/// Writes level, rule and message, as compilers do.
fn write_title(diagnostic: &Diagnostic, look: Look, out: &mut dyn io::Write) -> io::Result<()> {
    let (level, rule) = (diagnostic.level.name(), line(&diagnostic.rule));
    let head = format!("{level}[{rule}]");
    let color = match diagnostic.level {
        Level::Error => AnsiColor::Red,
        Level::Warning => AnsiColor::Yellow,
        Level::Note => AnsiColor::Cyan,
    };
    let message = format!("{head}: {}{}", line(&diagnostic.message), asides(diagnostic));
    let text = wrapped(&message, line_width(look), (0, 2));
    let rest = text.strip_prefix(&head).unwrap_or(&text);
    let page = rules::named(&diagnostic.rule).filter(|_| look.links).and_then(page_url);
    // OSC 8: the rule's name as a link.
    let head = page.map_or(head, |page| format!("{level}[\u{1b}]8;;{page}\u{1b}\\{rule}\u{1b}]8;;\u{1b}\\]"));
    writeln!(out, "{}{rest}", painted(&head, color, look))
}

/// The width of titles and of the summary. Outside of a terminal they are single lines, which are easier to search.
pub(crate) fn line_width(look: Look) -> usize {
    if look.unicode { look.width } else { usize::MAX }
}

/// The text broken at spaces into lines that end by the column `width`. The first line begins at the column `first`, the
/// others at `indent`. A word that GitHub reads as a command does not begin a line.
pub(crate) fn wrapped(text: &str, width: usize, (first, indent): (usize, usize)) -> String {
    let mut broken = String::with_capacity(text.len());
    let mut column = first;
    for (at, word) in text.split(' ').enumerate() {
        let length = word.chars().count();
        let may_begin = !word.trim().is_empty() && !begins_command(word);
        if at > 0 && column + 1 + length > width && may_begin {
            broken.push('\n');
            broken.extend(std::iter::repeat_n(' ', indent));
            column = indent;
        } else if at > 0 {
            broken.push(' ');
            column += 1;
        }
        broken.push_str(word);
        column += length;
    }
    broken
}

pub(crate) fn painted(word: &str, color: AnsiColor, look: Look) -> String {
    if look.color {
        let style: Style = color.on_default().bold();
        format!("{style}{word}{style:#}")
    } else {
        word.to_owned()
    }
}

/// A text to quote from, made safe to print.
#[derive(Clone, Debug)]
struct QuotedSource {
    source: Arc<Source>,
    text: Arc<str>,
}

impl QuotedSource {
    /// The places of a diagnostic with their messages.
    fn labels(&self, diagnostic: &Diagnostic) -> Vec<LabeledSpan> {
        let label = diagnostic.label.as_deref().map(|label| line(label).into_owned());
        let mut labels = vec![LabeledSpan::new_primary_with_span(label, self.place(diagnostic.span))];
        // A cut line is quoted alone.
        if !self.is_cut(diagnostic.span) {
            let related = diagnostic.related.iter().filter(|related| !self.is_cut(related.span));
            labels.extend(related.map(|related| {
                let message = Some(line(&related.message).into_owned());
                LabeledSpan::new_with_span(message, self.place(related.span))
            }));
        }
        labels
    }

    /// The bytes of a line with its break, by its number; `None` after the last line.
    fn line(&self, number: u32) -> Option<Range<usize>> {
        let starts = self.source.line_starts();
        let at = number.saturating_sub(1) as usize;
        let end = starts.get(at + 1).map_or(self.text.len(), |next| *next as usize);
        Some(*starts.get(at)? as usize..end)
    }

    /// The numbers of the lines to show for a span.
    fn lines_around(&self, span: Span) -> RangeInclusive<u32> {
        let [first, last] = [span.start, span.end].map(|offset| self.source.position(offset).line);
        first.saturating_sub(ABOVE).max(1)..=last.saturating_add(BELOW)
    }

    /// Whether only a part of the line is shown, because it or a line next to it is long.
    fn is_cut(&self, span: Span) -> bool {
        let lines = self.lines_around(Span { end: span.start, ..span });
        lines.filter_map(|number| self.line(number)).any(|line| line.len() > LONG_LINE)
    }

    /// The part of a span to underline: on its first line, and in a long line not all of it.
    fn place(&self, span: Span) -> SourceSpan {
        let first = self.source.line_starts().first().map_or(0, |start| *start as usize);
        let (start, mut end) = ((span.start as usize).max(first), span.end as usize);
        if self.is_cut(span) {
            end = end.min(self.text.floor_char_boundary(start + SURROUNDINGS));
        }
        let shown = self.source.first_line(Span::new(start, end));
        SourceSpan::new(start.into(), shown.range().len())
    }

    /// The bytes of a long line around a span, with the line's break: a caret can be at the end of the line.
    fn surroundings(&self, span: Span) -> Range<usize> {
        let line = self.line(self.source.position(span.start).line).unwrap_or_default();
        let start = self.text.floor_char_boundary((span.start as usize).saturating_sub(SURROUNDINGS));
        let end = self.text.floor_char_boundary(span.end as usize + SURROUNDINGS);
        start.max(line.start)..end.min(line.end)
    }

    fn contents(&self, range: Range<usize>, lines: usize) -> MietteSpanContents<'_> {
        let position = self.source.position(Span::new(range.start, range.end).start);
        MietteSpanContents::new_named(
            line(self.source.name()).into_owned(),
            self.text.get(range.clone()).unwrap_or_default().as_bytes(),
            SourceSpan::new(range.start.into(), range.len()),
            position.line as usize - 1,
            position.column as usize - 1,
            lines,
        )
    }
}

impl SourceCode for QuotedSource {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        above: usize,
        below: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let range = span.offset()..span.offset() + span.len();
        let span = Span::new(range.start, range.end);
        let contents = if (above, below) == (0, 0) {
            // The heading of the frame names the place itself.
            self.contents(range, 1)
        } else if self.is_cut(span) {
            self.contents(self.surroundings(span), 1)
        } else {
            let lines: Vec<_> = self.lines_around(span).map_while(|number| self.line(number)).collect();
            let [Some(first), Some(last)] = [lines.first(), lines.last()] else {
                return Err(MietteError::OutOfBounds);
            };
            self.contents(first.start..last.end, lines.len())
        };
        Ok(Box::new(contents))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrapped_text_keeps_to_the_width_and_begins_no_command() {
        assert_eq!(wrapped("one two three four", 9, (0, 2)), "one two\n  three\n  four");
        assert_eq!(wrapped("one two three four", 9, (4, 4)), "one\n    two\n    three\n    four");
        assert_eq!(wrapped("one two", 7, (0, 2)), "one two");
        assert_eq!(wrapped("overlong one", 4, (0, 0)), "overlong\none");
        assert_eq!(wrapped("one ::error::two", 5, (0, 2)), "one ::error::two");
    }
}
