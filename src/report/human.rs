//! For people: each fault with the lines it stands in, drawn by `miette`, which no other file knows.

use std::borrow::Cow;
use std::fmt;
use std::io;

use anstyle::{AnsiColor, Style};
use miette::{
    GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteError, MietteSpanContents, Severity,
    SourceCode, SourceSpan, SpanContents,
};

use super::change::write_change;
use super::escape::{begins_command, line, plain_line, same_length};
use super::{Beside, Look, Report, Verdict};
use crate::diagnostic::{Diagnostic, Level};
use crate::explain::page_url;
use crate::rules;
use crate::source::{Source, Span};

/// Lines shown above and below a place.
const CONTEXT: usize = 2;
/// Bytes of a line from which on only the surroundings of the place are shown.
const LONG_LINE: usize = 140;
/// Bytes shown on either side of a place in a long line, and of the place itself.
const SURROUNDINGS: usize = 40;

pub(super) fn write(report: &Report, look: Look, out: &mut dyn io::Write) -> io::Result<()> {
    for file in report.files.iter().filter(|file| !file.diagnostics.is_empty()) {
        let quoted = Quoted { source: &file.source, text: same_length(file.source.text()) };
        for diagnostic in &file.diagnostics {
            if report.new_only && diagnostic.known {
                let place = file.source.position(diagnostic.span.start);
                let place = format!(" at {}:{}:{}", line(file.source.name()), place.line, place.column);
                title(diagnostic, &place, look, out)?;
            } else {
                fault(diagnostic, &quoted, look, out)?;
            }
            writeln!(out)?;
        }
    }
    for obstacle in &report.obstacles {
        const WORD: &str = "cannot judge";
        let told = format!("{WORD}: {}: {}", line(&obstacle.path), line(&obstacle.message));
        let told = wrapped(&told, line_width(look), (0, 2));
        let word = painted(WORD, AnsiColor::Red, look);
        writeln!(out, "{word}{}\n", told.strip_prefix(WORD).unwrap_or(&told))?;
    }
    if look.beside == Beside::Nothing {
        return Ok(());
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
    verdict(report, look, out)
}

/// The last line: what the gate answers.
fn verdict(report: &Report, look: Look, out: &mut dyn io::Write) -> io::Result<()> {
    let (word, colour) = match report.verdict() {
        Verdict::Passed => ("passed", AnsiColor::Green),
        Verdict::Failed => ("failed", AnsiColor::Red),
        Verdict::CannotJudge => ("cannot judge", AnsiColor::Red),
    };
    let policy = line(&report.policy);
    let text = wrapped(
        &format!("{word} under policy {policy}: {}", line(&report.summary())),
        line_width(look),
        (0, 2),
    );
    let rest = text.strip_prefix(word).unwrap_or(&text);
    writeln!(out, "{}{rest}", painted(word, colour, look))
}

/// A fault with its title, its lines and what explains it.
fn fault(
    diagnostic: &Diagnostic,
    quoted: &Quoted<'_>,
    look: Look,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    title(diagnostic, "", look, out)?;
    let mut drawn = String::new();
    handler(look).render_report(&mut drawn, &Shown { diagnostic, quoted }).map_err(io::Error::other)?;
    // The handler begins with a title of its own, in one line.
    let frame = drawn.split_once('\n').map_or("", |(_, frame)| frame);
    writeln!(out, "{}", frame.trim_end())?;
    details(diagnostic, look, out)
}

fn handler(look: Look) -> GraphicalReportHandler {
    let theme = match (look.unicode, look.colour) {
        (true, true) => GraphicalTheme::unicode(),
        (true, false) => GraphicalTheme::unicode_nocolor(),
        (false, true) => GraphicalTheme::ascii(),
        (false, false) => GraphicalTheme::none(),
    };
    GraphicalReportHandler::new_themed(theme)
        .with_wrap_lines(false)
        .with_links(false)
        .with_width(look.width)
        .with_context_lines(CONTEXT)
        .without_cause_chain()
        .without_syntax_highlighting()
}

/// Level, rule, message and place, as compilers write them.
fn title(diagnostic: &Diagnostic, place: &str, look: Look, out: &mut dyn io::Write) -> io::Result<()> {
    let head = format!("{}[{}]", diagnostic.level.name(), line(&diagnostic.rule));
    let colour = match diagnostic.level {
        Level::Error => AnsiColor::Red,
        Level::Warning => AnsiColor::Yellow,
        Level::Note => AnsiColor::Cyan,
    };
    let message = format!("{head}: {}{}{place}", line(&diagnostic.message), super::asides(diagnostic));
    let text = wrapped(&message, line_width(look), (0, 2));
    let rest = text.strip_prefix(&head).unwrap_or(&text);
    let head = match rules::named(&diagnostic.rule).filter(|_| look.links) {
        Some(rule) => format!("{}[{}]", diagnostic.level.name(), linked(rule.name, &page_url(rule))),
        None => head,
    };
    writeln!(out, "{}{rest}", painted(&head, colour, look))
}

/// A word that leads to an address, as terminals know it (OSC 8).
fn linked(word: &str, url: &str) -> String {
    format!("\u{1b}]8;;{url}\u{1b}\\{word}\u{1b}]8;;\u{1b}\\")
}

/// The lines below the drawing.
fn details(diagnostic: &Diagnostic, look: Look, out: &mut dyn io::Write) -> io::Result<()> {
    for (word, text) in super::details(diagnostic) {
        let text = wrapped(&line(&text), look.width, (word.len() + 4, word.len() + 4));
        writeln!(out, "  {}: {text}", painted(word, AnsiColor::Cyan, look))?;
    }
    Ok(())
}

/// The width of titles and of the summary: outside of a terminal they stay in one line, for those who search in them.
pub(super) fn line_width(look: Look) -> usize {
    if look.unicode { look.width } else { usize::MAX }
}

/// The text broken at spaces into lines that end by the column `width`; the first one begins at the first column given,
/// and the later ones are indented by the second. No line begins with what GitHub reads as a command: such a word stays
/// behind the one before it.
pub(super) fn wrapped(text: &str, width: usize, (first, indent): (usize, usize)) -> String {
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

pub(super) fn painted(word: &str, colour: AnsiColor, look: Look) -> String {
    if look.colour {
        let style: Style = colour.on_default().bold();
        format!("{style}{word}{style:#}")
    } else {
        word.to_owned()
    }
}

/// A diagnostic in the shape that `miette` draws.
#[derive(Debug)]
struct Shown<'r> {
    diagnostic: &'r Diagnostic,
    quoted: &'r Quoted<'r>,
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.diagnostic.rule)
    }
}

impl std::error::Error for Shown<'_> {}

impl miette::Diagnostic for Shown<'_> {
    fn severity(&self) -> Option<Severity> {
        Some(match self.diagnostic.level {
            Level::Error => Severity::Error,
            Level::Warning => Severity::Warning,
            Level::Note => Severity::Advice,
        })
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(self.quoted)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let text = self.diagnostic.label.as_deref().map(|label| line(label).into_owned());
        let own = LabeledSpan::new_primary_with_span(text, self.quoted.place(self.diagnostic.span));
        // In a long line only the surroundings of the place itself are quoted.
        let shown = if self.quoted.is_cut(self.diagnostic.span) { 0 } else { self.diagnostic.related.len() };
        let places =
            self.diagnostic.related.iter().take(shown).filter(|related| !self.quoted.is_cut(related.span));
        let related = places.map(|related| {
            let text = Some(line(&related.message).into_owned());
            LabeledSpan::new_with_span(text, self.quoted.place(related.span))
        });
        Some(Box::new(std::iter::once(own).chain(related)))
    }
}

/// A source to quote from, made safe to print, that finds lines by index instead of reading from the start.
#[derive(Debug)]
struct Quoted<'r> {
    source: &'r Source,
    text: Cow<'r, str>,
}

impl Quoted<'_> {
    fn place(&self, span: Span) -> SourceSpan {
        let shown = self.source.first_line(span);
        let end = if self.is_cut(span) {
            self.boundary((shown.end as usize).min(shown.start as usize + SURROUNDINGS))
        } else {
            shown.end as usize
        };
        SourceSpan::new((shown.start as usize).into(), end - shown.start as usize)
    }

    /// The bytes of the line that an offset stands in.
    fn line_around(&self, offset: usize) -> std::ops::Range<usize> {
        let starts = self.source.line_starts();
        let at = starts.partition_point(|start| *start as usize <= offset).saturating_sub(1);
        starts[at] as usize..starts.get(at + 1).map_or(self.text.len(), |next| *next as usize)
    }

    /// Whether a place stands in a line too long to be shown whole, or beside one.
    fn is_cut(&self, span: Span) -> bool {
        let starts = self.source.line_starts();
        let at = starts.partition_point(|start| *start <= span.start).saturating_sub(1);
        let window = &starts[at.saturating_sub(CONTEXT)..(at + CONTEXT + 1).min(starts.len())];
        window.iter().any(|start| self.line_around(*start as usize).len() > LONG_LINE)
    }

    /// The nearest character boundary at or before an offset.
    fn boundary(&self, offset: usize) -> usize {
        (0..=offset.min(self.text.len())).rev().find(|at| self.text.is_char_boundary(*at)).unwrap_or(0)
    }

    /// A part of a long line, without the lines around it.
    fn surroundings<'a>(&'a self, span: &SourceSpan) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let whole = self.line_around(span.offset());
        let start = self.boundary(span.offset().saturating_sub(SURROUNDINGS)).max(whole.start);
        let end = self.boundary(span.offset() + span.len() + SURROUNDINGS).min(whole.end);
        let data = self.text.get(start..end).ok_or(MietteError::OutOfBounds)?;
        let position = self.source.position(u32::try_from(start).unwrap_or(u32::MAX));
        Ok(Box::new(MietteSpanContents::new_named(
            line(self.source.name()).into_owned(),
            data.as_bytes(),
            SourceSpan::new(start.into(), end - start),
            position.line as usize - 1,
            position.column as usize - 1,
            1,
        )))
    }

    fn heading<'a>(&'a self, span: &SourceSpan) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let data =
            self.text.get(span.offset()..span.offset() + span.len()).ok_or(MietteError::OutOfBounds)?;
        let position = self.source.position(u32::try_from(span.offset()).unwrap_or(u32::MAX));
        Ok(Box::new(MietteSpanContents::new_named(
            line(self.source.name()).into_owned(),
            data.as_bytes(),
            *span,
            position.line as usize - 1,
            position.column as usize - 1,
            1,
        )))
    }
}

impl SourceCode for Quoted<'_> {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        if (before, after) == (0, 0) {
            // Asked without context, the answer is the place itself: the frame's heading shows it.
            return self.heading(span);
        }
        if self.is_cut(Span::new(span.offset(), span.offset())) {
            return self.surroundings(span);
        }
        let starts = self.source.line_starts();
        let line_of = |offset: usize| {
            let offset = u32::try_from(offset).unwrap_or(u32::MAX);
            starts.partition_point(|start| *start <= offset).saturating_sub(1)
        };
        let first = line_of(span.offset()).saturating_sub(before);
        let last = (line_of(span.offset() + span.len()) + after).min(starts.len() - 1);
        let start = starts[first] as usize;
        let end = starts.get(last + 1).map_or(self.text.len(), |next| *next as usize);
        let data = self.text.get(start..end).ok_or(MietteError::OutOfBounds)?;
        let contents = MietteSpanContents::new_named(
            line(self.source.name()).into_owned(),
            data.as_bytes(),
            SourceSpan::new(start.into(), end - start),
            first,
            0,
            last - first + 1,
        );
        Ok(Box::new(contents))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_by_the_width_with_their_indent_and_none_begins_a_command() {
        assert_eq!(wrapped("one two three four", 9, (0, 2)), "one two\n  three\n  four");
        assert_eq!(wrapped("one two three four", 9, (4, 4)), "one\n    two\n    three\n    four");
        assert_eq!(wrapped("one two", 7, (0, 2)), "one two");
        assert_eq!(wrapped("overlong one", 4, (0, 0)), "overlong\none");
        assert_eq!(wrapped("one ::error::two", 5, (0, 2)), "one ::error::two");
    }
}
