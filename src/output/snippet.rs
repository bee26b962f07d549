//! The lines of a source around its problems, cut to the width of the terminal. The only file that imports `miette`.
//!
//! miette draws a text of our own: the shown lines alone, without tabs and with widths that every terminal agrees on.
//! Afterwards each line gets its real number, and the frame its color.

use std::collections::BTreeMap;

use miette::{
    GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteDiagnostic, MietteError, MietteSpanContents,
    SourceCode, SourceSpan, SpanContents,
};

use crate::escape::line;
use crate::output::Look;
use crate::output::text::{Tone, char_width, cut_path, file_link, painted, width, wrapped};
use crate::source::{Position, Source, Span};

/// Lines shown above and below a place where the place alone does not explain the problem.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Context {
    None,
    Around,
}

const ABOVE: u32 = 2;
const BELOW: u32 = 1;
/// The columns of a line that are shown outside of a terminal.
const UNBOUND: usize = 140;
/// The columns after an underline from which a text is broken there.
const ROOM: usize = 30;
/// The columns of a tab.
const TAB: &str = "    ";

/// A place to underline, with its text.
#[derive(Clone, Debug)]
pub(crate) struct Underline {
    pub(crate) span: Span,
    pub(crate) text: Option<String>,
}

/// A source with its text made safe to print: control characters are replaced by others of the same length.
#[derive(Debug)]
pub(crate) struct Quoted<'s> {
    pub(crate) source: &'s Source,
    pub(crate) text: &'s str,
}

/// A line as it is shown: a part of it, with ellipses where it is cut.
#[derive(Debug, Default)]
struct ShownLine {
    text: String,
    /// The byte in `text` of each shown byte offset of the source where a character begins, and of the end.
    offsets: Vec<(usize, usize)>,
}

impl ShownLine {
    /// The place in the shown text of a byte of the source; `None` if it is not shown.
    fn offset(&self, byte: usize) -> Option<usize> {
        let (first, last) = (self.offsets.first()?, self.offsets.last()?);
        let at = self.offsets.partition_point(|(source, _)| *source < byte);
        (byte >= first.0 && byte <= last.0).then(|| self.offsets[at.min(self.offsets.len() - 1)].1)
    }
}

/// Whether a character only selects the looks of the emoji before it. Terminals disagree about its width.
fn is_selector(letter: char, before: Option<char>) -> bool {
    let follows_sign = before.is_some_and(|before| !before.is_ascii_alphabetic() && before != ' ');
    match letter {
        '\u{FE0E}' | '\u{FE0F}' => follows_sign,
        '\u{1F3FB}'..='\u{1F3FF}' => before.is_some_and(|before| char_width(before) == 2),
        _ => false,
    }
}

impl Quoted<'_> {
    /// The bytes of a line without its break.
    pub(crate) fn line(&self, number: u32) -> (usize, &str) {
        let start =
            self.source.line_starts().get(number as usize - 1).map_or(self.text.len(), |at| *at as usize);
        (start, self.text.get(start..start + self.source.line(number).len()).unwrap_or_default())
    }

    /// The part of a line around `place` that fits into so many columns.
    fn shown(&self, number: u32, place: Span, columns: usize) -> ShownLine {
        let (start, text) = self.line(number);
        let end = start + text.len();
        // A line can be a whole file: only what can be shown is looked at.
        let reach = 4 * columns;
        let near = (place.start as usize).clamp(start, end);
        let from = self.text.floor_char_boundary(near.saturating_sub(reach).max(start)).max(start);
        let to = self.text.floor_char_boundary((near + 2 * reach).min(end));
        let (mut cells, mut before) = (Vec::new(), None);
        for (at, letter) in self.text[from..to].char_indices() {
            let raw = self.source.text()[from + at..].chars().next();
            // A joiner that is left is one between two emoji.
            let is_dropped = letter == '\u{200D}' || raw.is_some_and(|raw| is_selector(raw, before));
            let columns = match letter {
                '\t' => TAB.len(),
                _ if is_dropped => 0,
                _ => char_width(letter),
            };
            cells.push((from + at, (!is_dropped).then_some(letter), columns));
            before = if is_dropped { before } else { raw };
        }
        let total: usize = cells.iter().map(|(_, _, columns)| columns).sum();
        let is_whole = total <= columns && from == start && to == end;
        let first = if is_whole { 0 } else { first_shown(&cells, place, columns, to == end) };
        let mut shown = ShownLine::default();
        if first > 0 || from > start {
            shown.text.push('…');
        }
        let (mut left, mut last) = (columns.saturating_sub(width(&shown.text)), cells.len());
        for (at, (offset, letter, columns)) in cells.iter().enumerate().skip(first) {
            let is_end = at + 1 == cells.len() && to == end;
            if *columns + usize::from(!is_end && !is_whole) > left {
                last = at;
                break;
            }
            left -= columns;
            shown.offsets.push((*offset, shown.text.len()));
            match letter {
                Some('\t') => shown.text.push_str(TAB),
                Some(letter) => shown.text.push(*letter),
                None => {}
            }
        }
        let stop = cells.get(last).map_or(to, |(offset, _, _)| *offset);
        shown.offsets.push((stop, shown.text.len()));
        if stop < end {
            shown.text.push('…');
        }
        shown
    }
}

/// The first cell to show of a line that is too long: the place begins in the first half, and what is before it is shown
/// as far as possible.
fn first_shown(cells: &[(usize, Option<char>, usize)], place: Span, columns: usize, ends: bool) -> usize {
    let at = cells.partition_point(|(offset, _, _)| *offset < place.start as usize);
    let until = cells.partition_point(|(offset, _, _)| *offset < place.end as usize).max(at);
    let of =
        |cells: &[(usize, Option<char>, usize)]| cells.iter().map(|(_, _, columns)| columns).sum::<usize>();
    // Everything from the beginning to the end of the place fits.
    if of(&cells[..until]) + 2 <= columns {
        return 0;
    }
    // Without more after the place, more fits before it.
    let after = of(&cells[at..]);
    let before = if ends && after < columns / 2 { columns.saturating_sub(after + 2) } else { columns / 3 };
    let (mut first, mut left) = (at, before);
    while first > 0 {
        let Some(rest) = left.checked_sub(cells[first - 1].2) else { break };
        (first, left) = (first - 1, rest);
    }
    first
}

/// The text that miette draws.
#[derive(Clone, Debug)]
struct Drawing {
    name: String,
    position: Position,
    text: String,
    /// The number before the first line.
    base: usize,
    lines: usize,
}

impl SourceCode for Drawing {
    fn read_span<'a>(
        &'a self,
        _: &SourceSpan,
        above: usize,
        below: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let (line, column) = match (above, below) {
            // The heading of the frame names the place itself.
            (0, 0) => (self.position.line as usize - 1, self.position.column as usize - 1),
            _ => (self.base, 0),
        };
        let span = SourceSpan::new(0.into(), self.text.len());
        Ok(Box::new(MietteSpanContents::new_named(
            self.name.clone(),
            self.text.as_bytes(),
            span,
            line,
            column,
            self.lines,
        )))
    }
}

/// The lines to show, with the marks that begin in each.
fn lines_of<'m>(
    quoted: &Quoted<'_>,
    marks: &'m [Underline],
    context: Context,
) -> BTreeMap<u32, Vec<&'m Underline>> {
    let mut lines: BTreeMap<u32, Vec<&Underline>> = BTreeMap::new();
    for mark in marks {
        lines.entry(quoted.source.position(mark.span.start).line).or_default().push(mark);
    }
    if context == Context::Around {
        let own: Vec<u32> = lines.keys().copied().collect();
        let count = quoted.source.line_starts().len();
        for number in own.into_iter().flat_map(|line| line.saturating_sub(ABOVE).max(1)..=line + BELOW) {
            if number as usize <= count && !quoted.line(number).1.trim().is_empty() {
                lines.entry(number).or_default();
            }
        }
    }
    lines
}

/// Draws the lines of the marks, the first of which is the problem itself, in one frame.
pub(crate) fn drawn(
    quoted: &Quoted<'_>,
    marks: &[Underline],
    context: Context,
    tone: Tone,
    look: Look,
) -> String {
    let Some(primary) = marks.first() else { return String::new() };
    let lines = lines_of(quoted, marks, context);
    let digits = lines.last_key_value().map_or(1, |(last, _)| last.to_string().len());
    let columns = if look.unicode { look.width } else { UNBOUND + digits + 4 };
    let columns = columns.saturating_sub(digits + 4).max(16);
    let (mut text, mut placed) = (String::new(), Vec::new());
    for (number, marks) in &lines {
        let start = quoted.line(*number).0;
        let shown =
            quoted.shown(*number, marks.first().map_or(Span::new(start, start), |mark| mark.span), columns);
        let last = shown.offsets.last().map_or(0, |(_, at)| *at);
        let own = marks.iter().filter_map(|mark| {
            let start = shown.offset(mark.span.start as usize)?;
            let end = shown.offset(mark.span.end as usize).unwrap_or(last).max(start);
            Some(Place { start: text.len() + start, length: end - start, text: mark.text.as_deref() })
        });
        placed.push(PlacedLine { number: *number, places: own.collect() });
        text.push_str(&shown.text);
        text.push('\n');
    }
    let position = quoted.source.position(primary.span.start);
    let place = format!(":{}:{}", position.line, position.column);
    let name = line(quoted.source.name());
    let room = look.width.saturating_sub(digits + 6 + place.len()).max(8);
    let name = if look.unicode { cut_path(&name, room).into_owned() } else { name.into_owned() };
    let last = placed.last().map_or(0, |line| line.number as usize);
    let drawing =
        Drawing { name, position, text, base: last.saturating_sub(placed.len()), lines: placed.len() };
    finished(drawing, &placed, digits, quoted.source.name(), (tone, look))
}

/// A place in the drawn text: its bytes and its text.
#[derive(Debug)]
struct Place<'m> {
    start: usize,
    length: usize,
    text: Option<&'m str>,
}

/// A drawn line: its number in the source, and the places in it.
#[derive(Debug)]
struct PlacedLine<'m> {
    number: u32,
    places: Vec<Place<'m>>,
}

impl PlacedLine<'_> {
    /// The text that is put after the underline, because the line has no other place.
    fn only_text(&self) -> Option<&str> {
        match self.places.as_slice() {
            [only] => only.text,
            _ => None,
        }
    }
}

/// The drawing with the numbers of the lines and in color.
fn finished(
    drawing: Drawing,
    lines: &[PlacedLine<'_>],
    digits: usize,
    file: &str,
    (tone, look): (Tone, Look),
) -> String {
    let places = lines.iter().flat_map(|line| line.places.iter().map(move |place| (line, place)));
    let labels = places.map(|(line, place)| {
        let text = place.text.filter(|_| line.places.len() > 1).map(str::to_owned);
        LabeledSpan::new_with_span(text, SourceSpan::new(place.start.into(), place.length))
    });
    let report = MietteDiagnostic::new("problem").with_labels(labels);
    let report = miette::Report::new(report).with_source_code(drawing);
    let mut drawn = String::new();
    if handler(look).render_report(&mut drawn, report.as_ref()).is_err() {
        return String::new();
    }
    let (mut out, mut rest, mut current) = (String::new(), lines.iter(), None);
    // The first line is the title of the drawing.
    for row in drawn.trim_end().split('\n').skip(1) {
        let split = row.char_indices().nth(digits + 3).map_or(row.len(), |(at, _)| at);
        let (gutter, content) = row.split_at(split);
        if gutter.contains(|letter: char| letter.is_ascii_digit()) {
            current = rest.next();
            let (number, bar) = (current.map_or(0, |line| line.number), if look.unicode { '│' } else { '|' });
            out.push_str(&painted(&format!(" {number:>digits$} {bar}"), Tone::Dim, look));
            out.push_str(content.trim_end());
        } else if gutter.ends_with(['·', ':']) {
            out.push_str(&painted(gutter, Tone::Dim, look));
            let text = current.and_then(PlacedLine::only_text);
            out.push_str(&underlined(gutter, content, text, tone, look));
        } else if let Some((open, path)) = row.split_once('[') {
            out.push_str(&painted(&format!("{open}["), Tone::Dim, look));
            out.push_str(&file_link(path.strip_suffix(']').unwrap_or(path), file, look));
            out.push_str(&painted("]", Tone::Dim, look));
        } else {
            out.push_str(&painted(row, Tone::Dim, look));
        }
        out.push('\n');
    }
    out
}

/// A row with underlines, and the text after it, broken under its beginning; or below it, if there is no room.
fn underlined(gutter: &str, content: &str, text: Option<&str>, tone: Tone, look: Look) -> String {
    let Some(text) = text else { return painted(content, tone, look) };
    let (margin, end) = (width(gutter), width(gutter) + width(content) + 1);
    let has_room = end + width(text) <= look.width || end + ROOM <= look.width;
    let start = width(content) - width(content.trim_start());
    let below = if margin + start + width(text) <= look.width { start } else { 2 };
    let column = if has_room { end } else { margin + below };
    let broken = wrapped(text, look.width.saturating_sub(margin), (column - margin, column - margin));
    let (first, rest) = match broken.split_once('\n') {
        _ if !has_room => (content.to_owned(), Some(format!("{:below$}{broken}", ""))),
        Some((first, rest)) => (format!("{content} {first}"), Some(rest.to_owned())),
        None => (format!("{content} {broken}"), None),
    };
    let mut out = painted(&first, tone, look);
    for line in rest.iter().flat_map(|rest| rest.split('\n')) {
        out.push_str(&format!("\n{}{}", painted(gutter, Tone::Dim, look), painted(line, tone, look)));
    }
    out
}

fn handler(look: Look) -> GraphicalReportHandler {
    let theme = if look.unicode { GraphicalTheme::unicode_nocolor() } else { GraphicalTheme::none() };
    GraphicalReportHandler::new_themed(theme)
        .with_wrap_lines(false)
        .with_links(false)
        .with_width(look.width)
        .with_context_lines(1)
        .without_cause_chain()
        .without_syntax_highlighting()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::escape::same_length;

    fn drawing(text: &str, places: &[(&str, &str)], columns: usize) -> String {
        let source = Source::decode("agents/planner/a.yaml", text.as_bytes().to_vec());
        let marks: Vec<Underline> = (places.iter())
            .map(|(place, label)| {
                let start = source.text().find(place).unwrap();
                let text = (!label.is_empty()).then(|| (*label).to_owned());
                Underline { span: Span::new(start, start + place.len()), text }
            })
            .collect();
        let look = Look { unicode: true, width: columns, ..Look::PLAIN };
        let text = same_length(source.text());
        drawn(&Quoted { source: &source, text: &text }, &marks, Context::None, Tone::Bad, look)
    }

    #[test]
    fn frame_shows_lines_with_their_numbers_and_texts_after_the_underlines() {
        let text = format!("{}a: 8.5\n\n\nb: 8.7\n", "# line\n".repeat(96));
        assert_eq!(
            drawing(&text, &[("8.7", "so it is 8.0"), ("8.5", "expected 7.0")], 80),
            "     ╭─[agents/planner/a.yaml:100:4]\n  97 │ a: 8.5\n     ·    ─── expected 7.0\n 100 │ b: 8.7\n     \
             ·    ─── so it is 8.0\n     ╰────\n"
        );
        let both = drawing("a: [1, 2]\n", &[("1", "first"), ("2", "second")], 80);
        assert!(both.contains("1 │ a: [1, 2]\n   ·     ┬  ┬\n") && both.contains("╰── second\n"), "{both}");
    }

    #[test]
    fn long_text_is_broken_under_its_beginning() {
        let shown =
            drawing("key: value\n", &[("key", "a text of many words that is longer than the line")], 40);
        assert!(
            shown.contains("   · ─── a text of many words that is\n   ·     longer than the line\n"),
            "{shown}"
        );
    }

    /// The columns of the first underline, and of the text above it.
    fn columns(shown: &str, place: &str) -> (usize, usize) {
        let line = shown.lines().find(|line| line.contains(place)).unwrap();
        let under = shown.lines().find(|line| line.contains(['─', '▲']) && line.contains('·')).unwrap();
        (width(&under[..under.find(['─', '▲']).unwrap()]), width(&line[..line.find(place).unwrap()]))
    }

    #[test]
    fn line_is_cut_to_the_width_around_its_place() {
        let long = format!("{}PLACE{}\n", "word ".repeat(60), " word".repeat(60));
        let wide = format!("{}PLACE{}\n", "系統🦀".repeat(60), "系統🦀".repeat(60));
        let tabs = format!("{}PLACE{}\n", "\t\t".repeat(3), "\t系".repeat(60));
        for text in [&long, &wide, &tabs, &format!("PLACE{long}"), &format!("{}PLACE\n", "系 ".repeat(200))]
        {
            for width_asked in [40, 80, 100, 140] {
                let shown = drawing(text, &[("PLACE", "here")], width_asked);
                assert!(shown.lines().all(|line| width(line) <= width_asked), "{width_asked}: {shown}");
                let (under, above) = columns(&shown, "PLACE");
                assert_eq!(under, above, "{shown}");
            }
        }
    }

    #[test]
    fn emoji_with_selectors_are_as_wide_as_they_are_drawn() {
        for text in ["❤️ PLACE", "1️⃣ PLACE", "👍🏽 PLACE", "👩‍💻 PLACE", "e\u{301} PLACE", "\u{FE0F}PLACE"]
        {
            let shown = drawing(&format!("{text}\n"), &[("PLACE", "here")], 80);
            let (under, above) = columns(&shown, "PLACE");
            assert_eq!(under, above, "{shown}");
            assert!(!shown.contains(['\u{FE0F}', '\u{200D}', '🏽']), "{shown}");
        }
        // One that selects nothing is made visible.
        assert!(drawing("\u{FE0F}PLACE\n", &[("PLACE", "")], 80).contains("│ \u{FFFD}PLACE"));
    }

    #[test]
    fn place_longer_than_the_terminal_is_underlined_as_far_as_it_is_shown() {
        let place = "x".repeat(500);
        let shown = drawing(&format!("key: {place}\n"), &[(&place, "long")], 60);
        assert!(shown.lines().all(|line| width(line) <= 60), "{shown}");
        assert!(drawing("", &[("", "empty")], 40).contains("▲ empty"));
    }
}
