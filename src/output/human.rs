//! For people: each fault with the lines it stands in, drawn by `miette`, which no other file knows.

use std::borrow::Cow;
use std::fmt;
use std::io;

use anstyle::{AnsiColor, Style};
use miette::{
    GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteError, MietteSpanContents, Severity,
    SourceCode, SourceSpan, SpanContents,
};

use crate::diagnostic::{Diagnostic, Level};
use crate::escape::{begins_command, line, plain_line, same_length};
use crate::explain::page_url;
use crate::output::change::write_change;
use crate::output::snippet::{ABOVE, BELOW, Excerpt, Passage, SURROUNDINGS};
use crate::output::{Look, Verbosity};
use crate::report::{FileReport, Report, Verdict};
use crate::rules;
use crate::source::{Position, Span};

pub(crate) fn write(report: &Report, look: Look, out: &mut dyn io::Write) -> io::Result<()> {
    let has_listed = |file: &&FileReport| file.diagnostics.iter().any(|diagnostic| report.lists(diagnostic));
    for file in report.files.iter().filter(has_listed) {
        let quoted = Quoted { excerpt: &file.excerpt, text: same_length(file.excerpt.text()) };
        for diagnostic in file.diagnostics.iter().filter(|diagnostic| report.lists(diagnostic)) {
            fault(diagnostic, &quoted, look, out)?;
            writeln!(out)?;
        }
    }
    for obstacle in &report.obstacles {
        const WORD: &str = "cannot judge";
        let told = format!("{WORD}: {}: {}", line(obstacle.path()), line(&obstacle.to_string()));
        let told = wrapped(&told, line_width(look), (0, 2));
        let word = painted(WORD, AnsiColor::Red, look);
        writeln!(out, "{word}{}\n", told.strip_prefix(WORD).unwrap_or(&told))?;
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
    verdict(report, look, out)
}

/// The last line: what the gate answers.
fn verdict(report: &Report, look: Look, out: &mut dyn io::Write) -> io::Result<()> {
    let (word, color) = match report.verdict() {
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
    writeln!(out, "{}{rest}", painted(word, color, look))
}

/// A fault with its title, its lines and what explains it.
fn fault(
    diagnostic: &Diagnostic,
    quoted: &Quoted<'_>,
    look: Look,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    title(diagnostic, look, out)?;
    let mut drawn = String::new();
    handler(look).render_report(&mut drawn, &Shown { diagnostic, quoted }).map_err(io::Error::other)?;
    // The handler begins with a title of its own, in one line.
    let frame = drawn.split_once('\n').map_or("", |(_, frame)| frame);
    writeln!(out, "{}", frame.trim_end())?;
    details(diagnostic, look, out)
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

/// Level, rule and message, as compilers write them.
fn title(diagnostic: &Diagnostic, look: Look, out: &mut dyn io::Write) -> io::Result<()> {
    let head = format!("{}[{}]", diagnostic.level.name(), line(&diagnostic.rule));
    let color = match diagnostic.level {
        Level::Error => AnsiColor::Red,
        Level::Warning => AnsiColor::Yellow,
        Level::Note => AnsiColor::Cyan,
    };
    let message = format!("{head}: {}{}", line(&diagnostic.message), crate::output::asides(diagnostic));
    let text = wrapped(&message, line_width(look), (0, 2));
    let rest = text.strip_prefix(&head).unwrap_or(&text);
    let page = rules::named(&diagnostic.rule).filter(|_| look.links).and_then(page_url);
    let head = match page {
        Some(page) => format!("{}[{}]", diagnostic.level.name(), linked(&line(&diagnostic.rule), &page)),
        None => head,
    };
    writeln!(out, "{}{rest}", painted(&head, color, look))
}

/// A word that leads to an address, as terminals know it (OSC 8).
fn linked(word: &str, url: &str) -> String {
    format!("\u{1b}]8;;{url}\u{1b}\\{word}\u{1b}]8;;\u{1b}\\")
}

/// The lines below the drawing.
fn details(diagnostic: &Diagnostic, look: Look, out: &mut dyn io::Write) -> io::Result<()> {
    for (word, text) in crate::output::details(diagnostic) {
        let text = wrapped(&line(&text), look.width, (word.len() + 4, word.len() + 4));
        writeln!(out, "  {}: {text}", painted(word, AnsiColor::Cyan, look))?;
    }
    Ok(())
}

/// The width of titles and of the summary: outside of a terminal they stay in one line, for those who search in them.
pub(crate) fn line_width(look: Look) -> usize {
    if look.unicode { look.width } else { usize::MAX }
}

/// The text broken at spaces into lines that end by the column `width`; the first one begins at the first column given,
/// and the later ones are indented by the second. No line begins with what GitHub reads as a command: such a word stays
/// behind the one before it.
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

/// An excerpt to quote from, made safe to print.
#[derive(Debug)]
struct Quoted<'r> {
    excerpt: &'r Excerpt,
    text: Cow<'r, str>,
}

impl Quoted<'_> {
    fn place(&self, span: Span) -> SourceSpan {
        let shown = self.excerpt.first_line(span);
        let most = if self.is_cut(span) { SURROUNDINGS } else { usize::MAX };
        let length = self.part(shown).map_or(0, |text| text.floor_char_boundary(most));
        SourceSpan::new((shown.start as usize).into(), length)
    }

    /// Whether only the surroundings of a place are shown, without the lines around it.
    fn is_cut(&self, span: Span) -> bool {
        self.excerpt.is_cut(span)
    }

    /// The text of a place within a line.
    fn part(&self, span: Span) -> Option<&str> {
        let Passage { range, span: whole, .. } = self.excerpt.part_around(span.start)?;
        let start = range.start + span.start.checked_sub(whole.start)? as usize;
        self.text.get(start..start + span.range().len())
    }

    /// A part of a long line.
    fn surroundings(&self, span: Span) -> Option<MietteSpanContents<'_>> {
        let Passage { range, span: whole, .. } = self.excerpt.part_around(span.start)?;
        let within = |offset: usize| {
            let offset = offset.clamp(whole.start as usize, whole.end as usize);
            self.text.floor_char_boundary(range.start + offset - whole.start as usize)
        };
        let start = within((span.start as usize).saturating_sub(SURROUNDINGS)).max(range.start);
        let end = within(span.end as usize + SURROUNDINGS);
        let from = whole.start as usize + start - range.start;
        let shown = Span::new(from, from + end - start);
        Some(self.contents(&self.text[start..end], shown, self.excerpt.position(shown.start), 1))
    }

    fn contents<'a>(&self, text: &'a str, span: Span, at: Position, lines: usize) -> MietteSpanContents<'a> {
        MietteSpanContents::new_named(
            line(self.excerpt.name()).into_owned(),
            text.as_bytes(),
            SourceSpan::new((span.start as usize).into(), span.range().len()),
            at.line as usize - 1,
            at.column as usize - 1,
            lines,
        )
    }
}

impl SourceCode for Quoted<'_> {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        above: usize,
        below: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let span = Span::new(span.offset(), span.offset() + span.len());
        let contents = if (above, below) == (0, 0) {
            // Asked without context, the answer is the place itself: the frame's heading shows it.
            self.part(span).map(|text| self.contents(text, span, self.excerpt.position(span.start), 1))
        } else if self.is_cut(span) {
            self.surroundings(span)
        } else {
            let lines = self.excerpt.lines_around(span, ABOVE, BELOW);
            lines.map(|Passage { range, span, position, lines }| {
                self.contents(&self.text[range], span, position, lines)
            })
        };
        contents.map_or(Err(MietteError::OutOfBounds), |contents| Ok(Box::new(contents) as Box<_>))
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
