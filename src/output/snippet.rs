//! What a report keeps of a file to quote from: the lines around what is said of it, and where they stand. A file is
//! often a thousand times longer than that, and there may be very many with faults.
//!
//! An excerpt answers for the places of the diagnostics it was made for, their related places and edits, and for no
//! others. Whoever needs the whole text, to rewrite it say, keeps the [`Source`] itself.

use std::ops::Range;

use crate::diagnostic::Diagnostic;
use crate::digest;
use crate::source::{BOM, Position, Source, Span, first_line_of, is_break};

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
    /// The number of the last line of the file, where that is kept.
    last: u32,
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
        let mut excerpt = Self {
            name: source.name().to_owned(),
            text: String::new(),
            kept: Vec::new(),
            last: u32::MAX,
            digest: None,
        };
        let lines = Lines::of(source);
        let parts = lines.parts(diagnostics);
        excerpt.text.reserve_exact(parts.iter().map(|part| part.range.len()).sum());
        let mut positions = source.positions();
        for Part { range, is_cut } in parts {
            let (offset, at) = (number(range.start), number(excerpt.text.len()));
            let position = positions.of(offset);
            if !is_cut && lines.is_last(&range) {
                excerpt.last = position.line;
            }
            excerpt.text.push_str(&source.text()[range]);
            let follows = |last: &&mut Kept| {
                (1..MOST_LINES).contains(&last.lines) && last.position.line + last.lines == position.line
            };
            if let Some(last) = excerpt.kept.last_mut().filter(|_| !is_cut).filter(follows) {
                last.lines += 1;
            } else {
                excerpt.kept.push(Kept { offset, at, position, lines: u32::from(!is_cut) });
            }
        }
        excerpt.kept.shrink_to_fit();
        excerpt
    }

    /// With what tells whether another file has the same text.
    #[must_use]
    pub fn to_compare(self, source: &Source) -> Self {
        Self { digest: Some(digest::of_lines(source.text())), ..self }
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
        let last = self.position(span.end).line.saturating_add(below).min(self.last);
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

    /// Whether another file has the same text, whatever ends its lines; both must have been kept to be compared.
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

/// The lines of a text, from which parts are chosen. They are looked for around each place and no further than is kept of
/// them: a table of all lines could be larger than the text.
struct Lines<'s> {
    text: &'s str,
    bytes: &'s [u8],
    /// Where the first line begins: behind a byte order mark.
    first: usize,
}

/// A line, whole or cut.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Part {
    range: Range<usize>,
    is_cut: bool,
}

impl<'s> Lines<'s> {
    fn of(source: &'s Source) -> Self {
        let text = source.text();
        let first = if text.starts_with(BOM) { BOM.len_utf8() } else { 0 };
        Self { text, bytes: text.as_bytes(), first }
    }

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
        // Whole lines come before parts of them.
        parts.sort_unstable_by_key(|part| (part.range.start, part.is_cut, part.range.end));
        parts.dedup_by(|next, last| {
            // Behind the break that a part ends with, another line begins.
            let ends_line = last.range.end > last.range.start && self.is_break(last.range.end - 1);
            let is_within = next.range.start < last.range.end
                || (next.is_cut && next.range.start == last.range.end && !ends_line);
            if is_within && last.is_cut {
                last.range.end = last.range.end.max(next.range.end);
            }
            is_within || next == last
        });
        parts
    }

    /// Adds the lines around a place, or its surroundings where one of them is long.
    fn quote(&self, span: Span, parts: &mut Vec<Part>) {
        let start = self.boundary(span.start as usize);
        match self.window(start) {
            Some(window) => parts.extend(window.into_iter().map(|range| Part { range, is_cut: false })),
            None => parts.push(Part { range: self.surroundings(start), is_cut: true }),
        }
    }

    /// The lines around a place, unless one of them is long.
    fn window(&self, at: usize) -> Option<Vec<Range<usize>>> {
        let own = self.line(at)?;
        let (mut first, mut window) = (own.start, vec![own.clone()]);
        for _ in 0..ABOVE {
            if first > self.first {
                let above = self.line(first - 1)?;
                first = above.start;
                window.push(above);
            }
        }
        let mut end = own.end;
        for _ in 0..BELOW {
            if end > own.start && self.is_break(end - 1) {
                let below = self.line(end)?;
                end = below.end;
                window.push(below);
            }
        }
        Some(window)
    }

    /// The line around a place with its break, unless it is long.
    fn line(&self, at: usize) -> Option<Range<usize>> {
        let start = self.start(at, LONG_LINE)?;
        let end = self.end(at, LONG_LINE)?;
        (end - start <= LONG_LINE).then_some(start..end)
    }

    /// A place in a long line with some bytes of the line on either side.
    fn surroundings(&self, at: usize) -> Range<usize> {
        let from = self.boundary(at.saturating_sub(SURROUNDINGS));
        let to = self.text.floor_char_boundary(at + 2 * SURROUNDINGS);
        let start = self.start(at, at - from).unwrap_or(from);
        start..self.end(at, to - at).unwrap_or(to)
    }

    /// Where the line around a place begins, if that is no further than so many bytes.
    fn start(&self, at: usize, most: usize) -> Option<usize> {
        let from = at.saturating_sub(most).max(self.first);
        let behind = (from..at).rev().find(|before| self.is_break(*before)).map(|before| before + 1);
        behind.or((from == self.first).then_some(from))
    }

    /// Where it ends, behind its break; a break that begins within so many bytes is taken along.
    fn end(&self, at: usize, most: usize) -> Option<usize> {
        let to = (at + most).min(self.bytes.len());
        let last = if self.bytes.get(to.wrapping_sub(1)) == Some(&b'\r') { to + 1 } else { to };
        let behind = (at..last.min(self.bytes.len())).find(|at| self.is_break(*at)).map(|at| at + 1);
        behind.or((to == self.bytes.len()).then_some(to))
    }

    /// Whether a line, with its break, is the last of the text.
    fn is_last(&self, line: &Range<usize>) -> bool {
        line.end == self.bytes.len() && (line.is_empty() || !self.is_break(line.end - 1))
    }

    fn is_break(&self, at: usize) -> bool {
        is_break(self.bytes, at)
    }

    /// Adds where a span begins, where it ends, and its last byte: reports name lines and columns of these.
    fn mark(&self, span: Span, parts: &mut Vec<Part>) {
        for offset in [span.start, span.end.saturating_sub(1).max(span.start), span.end] {
            let at = self.boundary(offset as usize);
            parts.push(Part { range: at..at, is_cut: true });
        }
    }

    /// The nearest place between characters at or before an offset, and behind a byte order mark.
    fn boundary(&self, offset: usize) -> usize {
        self.text.floor_char_boundary(offset).max(self.first)
    }
}

/// A number of bytes, lines or columns; texts have fewer than 2³² of each.
fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Owner;
    use crate::diagnostic::{Fix, RelatedPlace};
    use crate::rules;
    use proptest::prelude::*;

    fn fault(span: Span) -> Diagnostic {
        Diagnostic::new(&rules::builtin::SCHEMA, Owner::File, span, "a fault")
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
        let of = |text: &str| {
            let source = Source::decode("a.yaml", text.as_bytes().to_vec());
            (Excerpt::of(&source, &[]), Excerpt::of(&source, &[]).to_compare(&source))
        };
        assert!(of("a:\r\n {").1.is_same(&of("a:\n {").1));
        assert!(!of("a:\n {").1.is_same(&of("a:\n  {").1));
        assert!(!of("a").0.is_same(&of("a").0));
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
            diagnostic.related = spans.iter().skip(1).step_by(2).map(|span| RelatedPlace { span: *span, message: String::new() }).collect();
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
                if let Some(around) = excerpt.lines_around(Span { end: span.start, ..span }, ABOVE, BELOW) {
                    prop_assert_eq!(&excerpt.text()[around.range], window);
                    let start = (span.start as usize).max(starts[0] as usize);
                    let shown = source.first_line(Span::new(start, span.end as usize));
                    prop_assert_eq!(excerpt.first_line(span), shown);
                } else {
                    prop_assert!(window.split_inclusive('\n').any(|line| line.len() > LONG_LINE));
                    let part = excerpt.part_around(span.start).unwrap();
                    let start = (span.start as usize).max(starts[0] as usize);
                    prop_assert!(part.span.range().contains(&start) || start == text.len(), "{:?}", part);
                    prop_assert_eq!(&excerpt.text()[part.range], &text[part.span.range()]);
                }
            }
        }
    }
}
