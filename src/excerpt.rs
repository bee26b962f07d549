//! What a report keeps of a file to quote from: the lines around what is said of it, and where they stand. A file is
//! often a thousand times longer than that, and there may be very many with faults.
//!
//! An excerpt answers for the places of the diagnostics it was made for, their related places and edits, and for no
//! others. Whoever needs the whole text, to rewrite it say, keeps the [`Source`] itself.

use std::ops::Range;

use crate::diagnostic::Diagnostic;
use crate::digest;
use crate::rules;
use crate::source::{Position, Source, Span, first_line_of, is_break};

/// Lines kept above a place.
pub const ABOVE: u32 = 2;
/// Lines kept below it.
pub const BELOW: u32 = 1;
/// Bytes of a line from which on only the surroundings of a place are kept.
const LONG_LINE: usize = 140;
/// Bytes kept on either side of a place in a long line, and of the place itself.
pub const SURROUNDINGS: usize = 40;

/// Lines that are kept together at the most: a line is looked for among so many.
const MOST_LINES: u32 = 16;

/// Parts of one file's text.
#[derive(Clone, Debug)]
pub struct Excerpt {
    name: String,
    text: String,
    kept: Vec<Kept>,
    lines: u32,
    digest: Option<String>,
}

/// Some whole lines with their breaks, or a part of one; up to the next in [`Excerpt::text`]. No line is kept whole and in
/// parts.
#[derive(Clone, Copy, Debug)]
struct Kept {
    /// Byte offset in the file.
    offset: u32,
    /// Byte offset in the excerpt.
    at: u32,
    position: Position,
    /// How many whole lines; none for a part of one.
    lines: u32,
}

/// A part of an excerpt that stands together in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Passage {
    /// The bytes of [`Excerpt::text`].
    pub range: Range<usize>,
    /// Where they stand in the file.
    pub span: Span,
    /// Where they begin.
    pub position: Position,
    /// How many lines they are.
    pub lines: usize,
}

impl Excerpt {
    /// What is to be kept of a file about which there is this to say.
    pub fn of(source: &Source, diagnostics: &[Diagnostic]) -> Self {
        let (name, mut text) = (source.name().to_owned(), String::new());
        if diagnostics.is_empty() {
            return Self { name, text, kept: Vec::new(), lines: 0, digest: None };
        }
        let lines = Lines { text: source.text(), starts: source.line_starts() };
        let parts = lines.parts(diagnostics);
        let mut kept: Vec<Kept> = Vec::new();
        text.reserve_exact(parts.iter().map(|part| part.end - part.start).sum());
        for Part { line, is_cut, start, end } in parts {
            let (offset, at) = (number(start), number(text.len()));
            text.push_str(&source.text()[start..end]);
            let follows = |last: &&mut Kept| {
                (1..MOST_LINES).contains(&last.lines) && last.position.line + last.lines == number(line) + 1
            };
            if let Some(last) = kept.last_mut().filter(|_| !is_cut).filter(follows) {
                last.lines += 1;
            } else {
                let position = source.position(offset);
                kept.push(Kept { offset, at, position, lines: u32::from(!is_cut) });
            }
        }
        kept.shrink_to_fit();
        let digest = diagnostics.iter().any(is_unread).then(|| digest_of(source));
        Self { name, text, kept, lines: number(lines.starts.len()), digest }
    }

    /// The file's path to show, with `/` between its parts.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What is kept of the text, part after part.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The line and column of a byte offset in the file. Offsets past the end count as the end.
    pub fn position(&self, offset: u32) -> Position {
        let index = self.index(offset);
        let Some(kept) = self.kept.get(index) else { return Position { line: 1, column: 1 } };
        let range = self.range(index);
        let before = range.start..self.within(index, offset);
        kept.position.advanced(self.text.as_bytes(), before)
    }

    /// The part of a span that lies on its first line, as [`Source::first_line`] has it; of a long line, no more of it
    /// than is kept.
    pub fn first_line(&self, span: Span) -> Span {
        let index = self.index(span.start);
        let Some(kept) = self.kept.get(index) else { return span };
        let slice = self.text.get(self.within(index, span.start)..self.within(index, span.end));
        let start = span.start.max(kept.offset) as usize;
        Span::new(start, start + first_line_of(slice.unwrap_or_default()).len())
    }

    /// The lines of a span, whole, with so many above and below; nothing where one of them is not kept.
    pub fn lines_around(&self, span: Span, above: u32, below: u32) -> Option<Passage> {
        let first = self.position(span.start).line.saturating_sub(above).max(1);
        let last = self.position(span.end).line.saturating_add(below).min(self.lines);
        let from = self.kept.partition_point(|kept| kept.position.line <= first).checked_sub(1)?;
        let (mut to, mut next) = (from, self.kept[from].position.line);
        while next <= last {
            let kept = self.kept.get(to).filter(|kept| kept.lines > 0 && kept.position.line == next)?;
            (to, next) = (to + 1, next + kept.lines);
        }
        let start = self.line(from, first);
        let range = start..self.line(to - 1, last + 1);
        let offset = self.kept[from].offset as usize + start - self.kept[from].at as usize;
        Some(Passage {
            span: Span::new(offset, offset + range.len()),
            range,
            position: Position { line: first, column: 1 },
            lines: (last - first) as usize + 1,
        })
    }

    /// Whether a place stands in a line too long to be kept whole, or beside one.
    pub fn is_cut(&self, span: Span) -> bool {
        self.lines_around(Span { end: span.start, ..span }, ABOVE, BELOW).is_none()
    }

    /// What is kept of the line around an offset in the file.
    pub fn part_around(&self, offset: u32) -> Option<Passage> {
        let index = self.index(offset);
        let kept = self.kept.get(index)?;
        if kept.lines > 0 {
            return self.lines_around(Span { start: offset, end: offset }, 0, 0);
        }
        let range = self.range(index);
        let start = kept.offset as usize;
        let span = Span::new(start, start + range.len());
        Some(Passage { range, span, position: kept.position, lines: 1 })
    }

    /// Whether another file has the same text, whatever ends its lines. It is known only where a fault says that it
    /// could not be read.
    pub fn is_same(&self, other: &Self) -> bool {
        self.digest.is_some() && self.digest == other.digest
    }

    /// Which of what is kept an offset lies in.
    fn index(&self, offset: u32) -> usize {
        self.kept.partition_point(|kept| kept.offset <= offset).saturating_sub(1)
    }

    /// Where something that is kept stands in the excerpt.
    fn range(&self, index: usize) -> Range<usize> {
        let end = self.kept.get(index + 1).map_or(self.text.len(), |next| next.at as usize);
        self.kept[index].at as usize..end
    }

    /// Where an offset in the file stands in the excerpt, within something that is kept.
    fn within(&self, index: usize, offset: u32) -> usize {
        let range = self.range(index);
        let after = offset.saturating_sub(self.kept[index].offset) as usize;
        (range.start + after).min(range.end)
    }

    /// Where a line begins in the excerpt, by its number, within lines that are kept.
    fn line(&self, index: usize, line: u32) -> usize {
        let range = self.range(index);
        let before = line.saturating_sub(self.kept[index].position.line) as usize;
        let Some(breaks) = before.checked_sub(1) else { return range.start };
        let bytes = &self.text.as_bytes()[range.clone()];
        let mut ends = (0..bytes.len()).filter(|at| is_break(bytes, *at));
        ends.nth(breaks).map_or(range.end, |at| range.start + at + 1)
    }
}

/// The lines of a text, from which parts are chosen.
struct Lines<'s> {
    text: &'s str,
    starts: &'s [u32],
}

/// A line by its index, whole or cut. Whole lines come before parts of them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Part {
    line: usize,
    is_cut: bool,
    start: usize,
    end: usize,
}

impl Lines<'_> {
    /// The parts to keep, in the order of the text; none overlaps another.
    fn parts(&self, diagnostics: &[Diagnostic]) -> Vec<Part> {
        let mut parts = Vec::new();
        for diagnostic in diagnostics {
            let related = diagnostic.related.iter().map(|related| related.span);
            for span in related.chain([diagnostic.span]) {
                self.quote(span, &mut parts);
                self.mark(span, &mut parts);
            }
            for edit in diagnostic.fix.iter().flat_map(|fix| &fix.edits) {
                self.mark(edit.span, &mut parts);
            }
        }
        parts.sort_unstable();
        parts.dedup_by(|next, last| {
            let is_within = last.line == next.line && (!last.is_cut || next.start <= last.end);
            if is_within {
                last.end = last.end.max(next.end);
            }
            is_within
        });
        parts
    }

    /// Adds the lines around a place, or its surroundings where one of them is long.
    fn quote(&self, span: Span, parts: &mut Vec<Part>) {
        let start = self.boundary(span.start as usize);
        let line = self.line_of(start);
        let last = (line + BELOW as usize).min(self.starts.len() - 1);
        let window = line.saturating_sub(ABOVE as usize)..=last;
        if window.clone().all(|line| self.range(line).len() <= LONG_LINE) {
            let whole = |line| {
                let Range { start, end } = self.range(line);
                Part { line, is_cut: false, start, end }
            };
            parts.extend(window.map(whole));
        } else {
            let whole = self.range(line);
            let whole = whole.start..whole.start + self.text[whole].trim_end_matches(['\r', '\n']).len();
            let from = self.boundary(start.saturating_sub(SURROUNDINGS)).clamp(whole.start, whole.end);
            let to = self.boundary(start + 2 * SURROUNDINGS).clamp(whole.start, whole.end);
            parts.push(Part { line, is_cut: true, start: from, end: to });
        }
    }

    /// Adds where a span begins, where it ends, and its last byte: reports name lines and columns of these.
    fn mark(&self, span: Span, parts: &mut Vec<Part>) {
        for offset in [span.start, span.end.saturating_sub(1).max(span.start), span.end] {
            let at = self.boundary(offset as usize);
            parts.push(Part { line: self.line_of(at), is_cut: true, start: at, end: at });
        }
    }

    /// The nearest place between characters at or before an offset, and behind a byte order mark.
    fn boundary(&self, offset: usize) -> usize {
        self.text.floor_char_boundary(offset).max(self.starts[0] as usize)
    }

    fn line_of(&self, offset: usize) -> usize {
        self.starts.partition_point(|start| *start as usize <= offset).saturating_sub(1)
    }

    /// The bytes of a line with its break.
    fn range(&self, line: usize) -> Range<usize> {
        let end = self.starts.get(line + 1).map_or(self.text.len(), |next| *next as usize);
        self.starts[line] as usize..end
    }
}

/// Whether a fault says that its file could not be read as it should.
fn is_unread(diagnostic: &Diagnostic) -> bool {
    rules::named(&diagnostic.rule).is_some_and(|rule| rule.fixed)
}

fn digest_of(source: &Source) -> String {
    digest::of_text(&source.text().replace("\r\n", "\n"), 32)
}

/// A number of bytes, lines or columns; texts have fewer than 2³² of each.
fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::{Fix, Related};
    use proptest::prelude::*;

    fn fault(span: Span) -> Diagnostic {
        Diagnostic::new(&rules::schema::RULE, span, "a fault")
    }

    fn excerpt(text: &str, spans: &[Span]) -> (Source, Excerpt) {
        let source = Source::decode("a.yaml", text.as_bytes().to_vec());
        let faults: Vec<Diagnostic> = spans.iter().map(|span| fault(*span)).collect();
        let excerpt = Excerpt::of(&source, &faults);
        (source, excerpt)
    }

    #[test]
    fn the_lines_around_a_place_are_kept_and_no_others() {
        let text: String = (1..=100).map(|line| format!("line {line}\n")).collect();
        let at = |word: &str| text.find(word).unwrap();
        let spans = [Span::new(at("line 50"), at("line 50") + 7), Span::new(at("line 53"), at("line 99"))];
        let (_, excerpt) = excerpt(&text, &spans);
        assert_eq!(excerpt.text(), (48..=54).map(|line| format!("line {line}\n")).collect::<String>());
        let around = excerpt.lines_around(Span::new(at("line 50"), at("line 53")), ABOVE, BELOW).unwrap();
        assert_eq!(&excerpt.text()[around.range], excerpt.text());
        assert_eq!((around.lines, around.position), (7, Position { line: 48, column: 1 }));
        assert_eq!(excerpt.position(spans[1].end), Position { line: 99, column: 1 });
        assert_eq!(excerpt.lines_around(spans[1], ABOVE, BELOW), None);
    }

    #[test]
    fn of_a_long_line_its_surroundings_are_kept() {
        let text = format!("a: {}ü{}\nb: 1\n", "x".repeat(100), "y".repeat(1_000_000));
        let (source, excerpt) = excerpt(&text, &[Span::new(103, 103 + 1000)]);
        assert!(excerpt.text().len() < 200 && excerpt.is_cut(Span::new(103, 104)));
        for offset in [103, 105, 1103] {
            assert_eq!(excerpt.position(offset), source.position(offset));
        }
    }

    #[test]
    fn files_that_could_not_be_read_are_the_same_whatever_ends_their_lines() {
        let of = |text: &str, rule| {
            let source = Source::decode("a.yaml", text.as_bytes().to_vec());
            Excerpt::of(&source, &[Diagnostic::new(rule, Span::new(0, 1), "")])
        };
        let rule = &rules::syntax::RULE;
        assert!(of("a:\r\n {", rule).is_same(&of("a:\n {", rule)));
        assert!(!of("a:\n {", rule).is_same(&of("a:\n  {", rule)));
        assert!(!of("a", &rules::score_mismatch::RULE).is_same(&of("a", &rules::score_mismatch::RULE)));
    }

    proptest! {
        #[test]
        fn places_are_those_of_the_whole_text(
            text in "\u{FEFF}?([a-zü\u{1F600} ]{0,12}(\n|\r\n|\r)?|[a-zü]{120,180}\n){0,30}",
            places in proptest::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>()), 1..6),
        ) {
            let ends: Vec<usize> = (0..=text.len()).filter(|at| text.is_char_boundary(*at)).collect();
            let span = |(one, other): &(prop::sample::Index, prop::sample::Index)| {
                let (one, other) = (*one.get(&ends), *other.get(&ends));
                Span::new(one.min(other), one.max(other))
            };
            let spans: Vec<Span> = places.iter().map(span).collect();
            let mut diagnostic = fault(spans[0]);
            diagnostic.related = spans.iter().skip(1).step_by(2).map(|span| Related { span: *span, message: String::new() }).collect();
            let mut other = fault(spans[spans.len() - 1]);
            other = other.fix(Some(Fix::replacing(spans[spans.len() / 2], "1")));
            let source = Source::decode("a.yaml", text.clone().into_bytes());
            let excerpt = Excerpt::of(&source, &[diagnostic.clone(), other.clone()]);
            let quoted = diagnostic.related.iter().map(|related| related.span).chain([diagnostic.span, other.span]);
            let edited = other.fix.iter().flat_map(|fix| &fix.edits).map(|edit| edit.span);
            for span in quoted.clone().chain(edited) {
                prop_assert_eq!(excerpt.position(span.start), source.position(span.start));
                prop_assert_eq!(excerpt.position(span.end), source.position(span.end));
                let last = span.end.saturating_sub(1).max(span.start);
                prop_assert_eq!(excerpt.position(last).line, source.position(last).line);
            }
            for span in quoted {
                let line = source.position(span.start).line as usize - 1;
                let starts = source.line_starts();
                let (first, after) = (line.saturating_sub(2), starts.get(line + 2).map_or(text.len(), |at| *at as usize));
                let window = &text[starts[first] as usize..after];
                match excerpt.lines_around(Span { end: span.start, ..span }, ABOVE, BELOW) {
                    Some(around) => {
                        prop_assert_eq!(&excerpt.text()[around.range], window);
                        prop_assert_eq!(excerpt.first_line(span), source.first_line(Span::new(
                            (span.start as usize).max(starts[0] as usize), span.end as usize)));
                    }
                    None => prop_assert!(window.lines().any(|line| line.len() >= LONG_LINE - 2)),
                }
            }
        }
    }
}
