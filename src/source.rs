//! The text of one file with its lines and columns.
//!
//! The program uses byte ranges ([`Span`]); only this file converts them to lines and columns. It does not parse, and does
//! not read files.

use std::ops::Range;
use std::sync::OnceLock;

/// A half-open range of bytes in one [`Source`], on character boundaries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// Byte offset of the first byte.
    pub start: u32,
    /// Byte offset just past the last byte.
    pub end: u32,
}

impl Span {
    /// The range from `start` up to `end`, in bytes. No offset exceeds [`Source::MAX_BYTES`].
    pub fn new(start: usize, end: usize) -> Self {
        Self { start: limited(start), end: limited(end.max(start)) }
    }

    /// The range of the character at `at`; empty at the end of a line.
    pub(crate) fn character(text: &str, at: usize) -> Self {
        let next = text[at..].chars().next().filter(|next| !matches!(next, '\n' | '\r'));
        Self::new(at, at + next.map_or(0, char::len_utf8))
    }

    /// The range as an index into the text.
    pub fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }

    pub(crate) const fn is_empty(self) -> bool {
        self.start == self.end
    }

    /// Whether the whole of `other` is within this range.
    pub const fn contains(self, other: Self) -> bool {
        self.start <= other.start && other.end <= self.end
    }

    /// The range with both ends moved by `offset` bytes.
    #[must_use]
    pub(crate) fn moved(self, offset: usize) -> Self {
        Self::new(self.start as usize + offset, self.end as usize + offset)
    }
}

/// Ranges of a text in order, none of which touches another.
#[derive(Debug, Default)]
pub(crate) struct Spans(Vec<Span>);

impl Spans {
    pub(crate) fn of(spans: impl IntoIterator<Item = Span>) -> Self {
        let mut spans: Vec<Span> = spans.into_iter().collect();
        spans.sort_unstable();
        spans.dedup_by(|next, last| {
            let overlaps = next.start <= last.end;
            if overlaps {
                last.end = last.end.max(next.end);
            }
            overlaps
        });
        Self(spans)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = Span> + '_ {
        self.0.iter().copied()
    }

    pub(crate) fn contain(&self, span: Span) -> bool {
        self.place(span).is_some()
    }

    /// The index of the range that contains a place.
    pub(crate) fn place(&self, span: Span) -> Option<usize> {
        let at = self.0.partition_point(|other| other.start <= span.start).checked_sub(1)?;
        self.0[at].contains(span).then_some(at)
    }
}

/// A position as an editor shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub struct Position {
    /// Line, 1-based.
    pub line: u32,
    /// Column, 1-based, in Unicode code points. A byte order mark is not counted.
    pub column: u32,
}

/// The language of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// YAML 1.2; also every file with an unknown extension.
    Yaml,
    /// Strict JSON (RFC 8259).
    Json,
    /// Markdown with threat models in fenced blocks.
    Markdown,
}

impl Language {
    /// The language of a file by its extension.
    pub fn of(name: &str) -> Self {
        let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
        match extension.to_ascii_lowercase().as_str() {
            "json" => Self::Json,
            "md" | "markdown" => Self::Markdown,
            _ => Self::Yaml,
        }
    }
}

/// Whether a path, with `/` between its parts, is named like a threat model in any case. A test compares this with
/// patterns, whose compilation would take a third of the run on a single file.
pub fn is_default(path: &str) -> bool {
    let path = path.to_ascii_lowercase();
    let (folders, name) = path.rsplit_once('/').unwrap_or(("", &path));
    let Some((stem, extension)) = name.rsplit_once('.') else { return false };
    let is_data = matches!(extension, "yaml" | "yml" | "json");
    let is_model = ["threat-model", "threat_model", "threatmodel"].iter().any(|model| {
        stem.strip_suffix(model).is_some_and(|before| before.is_empty() || before.ends_with('.'))
    });
    let mut folders = folders.split('/');
    let is_among_models = folders.any(|folder| matches!(folder, "threat-models" | "threat_models"));
    let is_report = ["aivss", "owasp-aivss", "owasp_aivss"].iter().any(|report| stem.starts_with(report))
        || stem.strip_suffix("aivss").is_some_and(|before| before.ends_with(['-', '_', '.']));
    (is_data || matches!(extension, "md" | "markdown")) && (is_model || is_among_models)
        || is_data && is_report
}

/// The reason why bytes cannot be read as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undecodable {
    /// The first offending bytes, as a range of [`Source::text`].
    pub span: Span,
    /// The problem, as a sentence.
    pub message: String,
    /// Whether the file is too large, rather than not text.
    pub too_large: bool,
}

/// One file's name and text.
#[derive(Clone, Debug)]
pub struct Source {
    name: String,
    language: Language,
    text: String,
    undecodable: Option<Undecodable>,
    line_starts: OnceLock<Vec<u32>>,
    /// The position at the end of each [`BLOCK`] of bytes.
    block_ends: OnceLock<Vec<Position>>,
}

impl Source {
    /// The largest file that is read, in bytes: a hundred times a realistic threat model.
    pub const MAX_BYTES: usize = 32 * 1024 * 1024;

    /// A source from a file's bytes. `name` is the path to show, with `/` between its parts.
    ///
    /// Bytes that are not UTF-8 are replaced, and [`Source::undecodable`] describes the first of them.
    pub fn decode(name: impl Into<String>, bytes: Vec<u8>) -> Self {
        let (text, undecodable) = decode(bytes);
        let name = name.into();
        let (language, line_starts, block_ends) = (Language::of(&name), OnceLock::new(), OnceLock::new());
        Self { name, language, text, undecodable, line_starts, block_ends }
    }

    /// The path to show, with `/` between its parts.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The language of the file.
    pub const fn language(&self) -> Language {
        self.language
    }

    /// The whole text, byte order mark included.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The reason why the bytes are not text, if they are not.
    pub const fn undecodable(&self) -> Option<&Undecodable> {
        self.undecodable.as_ref()
    }

    /// The line and column of a byte offset. Offsets past the end count as the end.
    pub fn position(&self, offset: u32) -> Position {
        let offset = self.text.len().min(offset as usize);
        let first = Position { line: 1, column: 1 };
        let Some(before) = (offset / BLOCK).checked_sub(1) else {
            return self.advance(first, self.start().min(offset)..offset);
        };
        // A line may be the whole file.
        let ends = self.block_ends.get_or_init(|| {
            let blocks = (BLOCK..=self.text.len()).step_by(BLOCK);
            let ends = blocks.scan(first, |position, end| {
                *position = self.advance(*position, (end - BLOCK).max(self.start())..end);
                Some(*position)
            });
            ends.collect()
        });
        self.advance(ends[before], (before + 1) * BLOCK..offset)
    }

    /// The position after some bytes, of which the first has the position `from`.
    fn advance(&self, from: Position, range: Range<usize>) -> Position {
        let breaks = self.breaks(range.clone());
        let (lines, last) = breaks.fold((0, None), |(lines, _), end| (lines + 1, Some(end)));
        // Continuation bytes look like `0b10xx_xxxx`; every other byte begins a code point.
        let rest = &self.text.as_bytes()[last.unwrap_or(range.start)..range.end];
        let columns = limited(rest.iter().filter(|byte| (**byte & 0xC0) != 0x80).count());
        Position { line: from.line + lines, column: columns + if last.is_some() { 1 } else { from.column } }
    }

    /// The ends of the line breaks in a range. A carriage return is one as well, unless a line feed follows.
    fn breaks(&self, range: Range<usize>) -> impl Iterator<Item = usize> + '_ {
        let bytes = self.text.as_bytes();
        let ends =
            memchr::memchr2_iter(b'\n', b'\r', &bytes[range.clone()]).map(move |at| range.start + at + 1);
        ends.filter(|end| bytes[end - 1] == b'\n' || bytes.get(*end) != Some(&b'\n'))
    }

    /// The offset of the first character, which a byte order mark is not.
    fn start(&self) -> usize {
        if self.text.starts_with(BOM) { BOM.len_utf8() } else { 0 }
    }

    /// The text of a line, 1-based; empty if there is no such line.
    pub fn line(&self, line: u32) -> &str {
        let starts = self.line_starts();
        let at = line.saturating_sub(1) as usize;
        let Some(start) = starts.get(at) else { return "" };
        let end = starts.get(at + 1).map_or(self.text.len(), |next| *next as usize);
        self.text[*start as usize..end].trim_end_matches(['\r', '\n'])
    }

    /// The byte offset of a line and a column in code points, both 1-based; the end of the text if there is no such line.
    pub fn offset(&self, line: u32, column: u32) -> usize {
        let start = self.line_starts().get(line.saturating_sub(1) as usize);
        let start = start.map_or(self.text.len(), |at| *at as usize);
        let mut letters = self.text[start..].char_indices().take_while(|(_, letter)| *letter != '\n');
        letters.nth(column.saturating_sub(1) as usize).map_or(start, |(at, _)| start + at)
    }

    /// The byte offset at which each line starts; the first one starts after a byte order mark.
    pub fn line_starts(&self) -> &[u32] {
        let starts = || std::iter::once(self.start()).chain(self.breaks(0..self.text.len()));
        self.line_starts.get_or_init(|| starts().map(limited).collect())
    }

    /// The part of a span on its first line, without the white space at the end of that.
    pub fn first_line(&self, span: Span) -> Span {
        let slice = self.text.get(span.range()).unwrap_or_default();
        let line = slice.split(['\n', '\r']).next().unwrap_or_default();
        Span::new(span.start as usize, span.start as usize + line.trim_end().len())
    }
}

/// A number of bytes, lines or columns, of which a file has fewer than 2^32.
fn limited(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// The bytes between two known positions.
const BLOCK: usize = 16 * 1024;

/// The byte order mark that some editors put before UTF-8.
pub const BOM: char = '\u{FEFF}';

fn decode(bytes: Vec<u8>) -> (String, Option<Undecodable>) {
    if bytes.len() > Source::MAX_BYTES {
        let message = format!("file has more than {} bytes", Source::MAX_BYTES);
        return (String::new(), Some(Undecodable { span: Span::new(0, 0), message, too_large: true }));
    }
    let utf16 = bytes.starts_with(&[0xFF, 0xFE]) || bytes.starts_with(&[0xFE, 0xFF]);
    match String::from_utf8(bytes) {
        Ok(text) => (text, None),
        Err(error) => {
            let start = error.utf8_error().valid_up_to();
            let byte = error.as_bytes().get(start).copied().unwrap_or_default();
            let message = if utf16 {
                "file is UTF-16, expected UTF-8".to_owned()
            } else {
                format!("byte 0x{byte:02X} at offset {start} is not UTF-8")
            };
            let text = String::from_utf8_lossy(error.as_bytes()).into_owned();
            let end = start + text[start..].chars().next().map_or(0, char::len_utf8);
            (text, Some(Undecodable { span: Span::new(start, end), message, too_large: false }))
        }
    }
}

/// A problem that carets in a comment of an example or a fixture mark: `#   ^^^ score-mismatch: score is 9.1`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mark<'t> {
    /// The first marked column, 1-based.
    pub(crate) start: usize,
    /// The column after the last marked one.
    pub(crate) end: usize,
    /// The text after the carets: a rule's name, and optionally a colon and a message.
    pub(crate) problem: &'t str,
}

/// Reads a line of carets: `#`, white space, carets, a problem. Where a caret follows `#` directly, `#` counts as one.
pub(crate) fn mark(line: &str) -> Option<Mark<'_>> {
    let rest = line.strip_prefix('#')?;
    let carets = rest.trim_start_matches(' ');
    let problem = carets.trim_start_matches('^');
    let (blank, count) = (rest.len() - carets.len(), carets.len() - problem.len());
    let start = if blank == 0 { 1 } else { blank + 2 };
    let mark = Mark { start, end: blank + 2 + count, problem: problem.trim() };
    (count > 0 && !mark.problem.is_empty()).then_some(mark)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn position(text: &str, offset: u32) -> (u32, u32) {
        let place = Source::decode("a.yaml", text.as_bytes().to_vec()).position(offset);
        (place.line, place.column)
    }

    #[test]
    fn position_counts_code_points_and_all_line_breaks() {
        assert_eq!(position("a: ü\r\nb: x", 0), (1, 1));
        assert_eq!(position("a: ü\r\nb: x", 5), (1, 5));
        assert_eq!(position("a: ü\r\nb: x", 7), (2, 1));
        assert_eq!(position("a: ü\r\nb: x", 999), (2, 5));
        assert_eq!(position("", 0), (1, 1));
        assert_eq!(position("a\rb\r\nc", 2), (2, 1));
        assert_eq!(position("a\rb\r\nc", 5), (3, 1));
    }

    #[test]
    fn byte_order_mark_has_no_column() {
        assert_eq!(position("\u{FEFF}", 0), (1, 1));
        assert_eq!(position("\u{FEFF}a: 1", 3), (1, 1));
        assert_eq!(position("\u{FEFF}a: 1", 6), (1, 4));
    }

    #[test]
    fn position_nearby_equals_that_of_the_table() {
        for text in ["", "a: ü\r\nb: x\r\rc\n\n", "\u{FEFF}a: 1\r\n日: \u{1F600}\rx", "\u{FEFF}"] {
            let table = Source::decode("a.yaml", text.as_bytes().to_vec());
            table.line_starts();
            let far = u32::try_from(text.len()).unwrap() + 3;
            let near = Source::decode("a.yaml", text.as_bytes().to_vec());
            for offset in 0..far {
                assert_eq!(near.position(offset), table.position(offset), "{text:?} at {offset}");
            }
        }
    }

    #[test]
    fn undecodable_bytes_are_reported_at_their_place() {
        let latin = Source::decode("a.yaml", b"caf\xE9: 1".to_vec());
        assert_eq!(latin.undecodable().unwrap().span, Span::new(3, 6));
        assert_eq!(latin.undecodable().unwrap().message, "byte 0xE9 at offset 3 is not UTF-8");
        let utf16 = Source::decode("a.yaml", b"\xFF\xFEa\0".to_vec());
        assert_eq!(utf16.undecodable().unwrap().message, "file is UTF-16, expected UTF-8");
    }

    #[test]
    fn first_line_of_a_span_ends_at_the_break() {
        let source = Source::decode("a.yaml", b"a: >-\r\n  text\r\n".to_vec());
        assert_eq!(source.first_line(Span::new(3, 15)), Span::new(3, 5));
    }

    #[test]
    fn carets_mark_columns() {
        assert_eq!(mark("#   ^^ rule: why"), Some(Mark { start: 5, end: 7, problem: "rule: why" }));
        assert_eq!(mark("#^^ rule"), Some(Mark { start: 1, end: 4, problem: "rule" }));
        for line in ["# a comment", "#", "# ^^", "a: 1 # ^ rule"] {
            assert_eq!(mark(line), None, "{line}");
        }
    }
}
