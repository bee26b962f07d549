//! The documents that the editor has open: their texts, edited in place, and positions in them.
//!
//! The protocol counts lines from 0 and columns in units that client and server agree on. All other code uses byte offsets.
//! A line ends where [`Source`] ends it; a byte order mark is part of the first line, as in the text that the editor sends.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use crate::server::hints::LiveScores;
use crate::server::protocol::{
    Position, PositionEncodingKind, Range, TextDocumentContentChangeEvent, Uri, path_of,
};
use crate::server::workspace::Checked;
use crate::source::{Source, Span};

/// The unit of columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// Bytes.
    Utf8,
    /// Code units of UTF-16, which every client supports.
    Utf16,
    /// Code points.
    Utf32,
}

impl Encoding {
    /// The best encoding that a client offers.
    pub(crate) fn negotiated(offered: &[PositionEncodingKind]) -> Self {
        let best = [Self::Utf8, Self::Utf32].into_iter().find(|unit| offered.contains(&unit.kind()));
        best.unwrap_or(Self::Utf16)
    }

    pub(crate) const fn kind(self) -> PositionEncodingKind {
        match self {
            Self::Utf8 => PositionEncodingKind::UTF8,
            Self::Utf16 => PositionEncodingKind::UTF16,
            Self::Utf32 => PositionEncodingKind::UTF32,
        }
    }

    const fn width(self, letter: char) -> usize {
        match self {
            Self::Utf8 => letter.len_utf8(),
            Self::Utf16 => letter.len_utf16(),
            Self::Utf32 => 1,
        }
    }

    fn units(self, text: &str) -> usize {
        match self {
            Self::Utf8 => text.len(),
            Self::Utf16 | Self::Utf32 if text.is_ascii() => text.len(),
            Self::Utf16 | Self::Utf32 => text.chars().map(|letter| self.width(letter)).sum(),
        }
    }
}

/// A text with the positions of the protocol.
#[derive(Debug)]
pub(crate) struct PositionedText {
    pub(crate) source: Source,
    encoding: Encoding,
    /// The offsets of some characters, [`BLOCK`] bytes apart or a little more, with the units before each: a line may be the
    /// whole file.
    blocks: OnceLock<Vec<(usize, usize)>>,
}

/// The distance of two entries in a table of units, in bytes.
const BLOCK: usize = 4096;

impl PositionedText {
    pub(crate) const fn new(source: Source, encoding: Encoding) -> Self {
        Self { source, encoding, blocks: OnceLock::new() }
    }

    /// Another text, in the same encoding.
    pub(crate) const fn with_source(&self, source: Source) -> Self {
        Self::new(source, self.encoding)
    }

    pub(crate) fn text(&self) -> &str {
        self.source.text()
    }

    /// The offset at which a line starts, 0-based.
    fn line_start(&self, line: usize) -> Option<usize> {
        if line == 0 { Some(0) } else { self.source.line_starts().get(line).map(|start| *start as usize) }
    }

    /// The number of units before an offset.
    fn units(&self, offset: usize) -> usize {
        let text = self.text();
        let blocks = self.blocks.get_or_init(|| {
            let (mut blocks, mut units) = (vec![(0, 0)], 0);
            let mut start = 0;
            while text.len() - start > BLOCK {
                let end = text.ceil_char_boundary(start + BLOCK);
                units += self.encoding.units(&text[start..end]);
                blocks.push((end, units));
                start = end;
            }
            blocks
        });
        let block = blocks.partition_point(|(start, _)| *start <= offset).saturating_sub(1);
        let (start, before) = blocks[block];
        before + self.encoding.units(&text[start..offset])
    }

    pub(crate) fn position(&self, offset: u32) -> Position {
        let offset = self.text().floor_char_boundary(offset as usize);
        let starts = self.source.line_starts();
        let line = starts.partition_point(|start| *start as usize <= offset).saturating_sub(1);
        let start = self.line_start(line).unwrap_or_default();
        let units = match offset - start {
            0..BLOCK => self.encoding.units(&self.text()[start..offset]),
            _ => self.units(offset) - self.units(start),
        };
        Position { line: limited(line), character: limited(units) }
    }

    pub(crate) fn range(&self, span: Span) -> Range {
        Range { start: self.position(span.start), end: self.position(span.end) }
    }

    /// The offset of a position. One after the end of a line is the end of the line; one within a character is its start.
    pub(crate) fn offset(&self, position: Position) -> usize {
        let text = self.text();
        let Some(start) = self.line_start(position.line as usize) else { return text.len() };
        let end = self.line_start(position.line as usize + 1).unwrap_or(text.len());
        let line = text[start..end].trim_end_matches(['\r', '\n']);
        let mut left = position.character as usize;
        for (at, letter) in line.char_indices() {
            let width = self.encoding.width(letter);
            if left < width {
                return start + at;
            }
            left -= width;
        }
        start + line.len()
    }

    pub(crate) fn span(&self, range: Range) -> Span {
        let start = self.offset(range.start);
        Span::new(start, self.offset(range.end).max(start))
    }

    /// The text after an edit, and the replaced bytes with the length of their replacement; `None` for a whole new text.
    fn changed(&self, change: &TextDocumentContentChangeEvent) -> (Self, Option<(Span, usize)>) {
        let (text, edit) = match change {
            TextDocumentContentChangeEvent::TextDocumentContentChangePartial(change) => {
                let span = self.span(change.range);
                let mut text = self.text().to_owned();
                text.replace_range(span.range(), &change.text);
                (text, Some((span, change.text.len())))
            }
            TextDocumentContentChangeEvent::TextDocumentContentChangeWholeDocument(change) => {
                (change.text.clone(), None)
            }
        };
        (Self::new(Source::decode(self.source.name(), text.into_bytes()), self.encoding), edit)
    }
}

/// A number of lines or columns, of which a file has fewer than 2^32.
fn limited(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

#[derive(Debug)]
pub(crate) struct OpenDocument {
    pub(crate) uri: Uri,
    /// The path, if it is a file.
    pub(crate) path: Option<PathBuf>,
    /// The editor's number of the text.
    pub(crate) version: i32,
    pub(crate) text: PositionedText,
    /// Whether the text is that of the file.
    pub(crate) is_saved: bool,
    /// The result for this text and the present policy, once it is known.
    pub(crate) checked: Option<Arc<Checked>>,
    /// The scores of the last text that could be read, moved by the edits since then.
    pub(crate) live: LiveScores,
}

impl OpenDocument {
    pub(crate) fn new(uri: Uri, language: &str, version: i32, text: String, encoding: Encoding) -> Self {
        let path = path_of(&uri);
        let name = match (&path, language) {
            (Some(path), _) => path.to_string_lossy().into_owned(),
            (None, "json" | "jsonc") => "untitled.json".to_owned(),
            (None, "markdown") => "untitled.md".to_owned(),
            (None, _) => "untitled.yaml".to_owned(),
        };
        let text = PositionedText::new(Source::decode(name, text.into_bytes()), encoding);
        Self { uri, path, version, text, is_saved: true, checked: None, live: LiveScores::default() }
    }

    /// Applies the edits of the editor, each to the text after the one before.
    pub(crate) fn change(&mut self, version: i32, changes: &[TextDocumentContentChangeEvent]) {
        for change in changes {
            let (text, edit) = self.text.changed(change);
            // The text of a document that was too large is not known, so only a whole new one counts.
            if self.is_unknown() && edit.is_some() {
                continue;
            }
            self.text = text;
            match edit {
                Some((span, length)) => self.live.move_by(span, length),
                None => self.live = LiveScores::default(),
            }
        }
        self.version = version;
        self.is_saved = false;
        self.checked = None;
    }

    fn is_unknown(&self) -> bool {
        self.text.source.undecodable().is_some_and(|undecodable| undecodable.too_large)
    }
}

/// The open documents by their addresses.
#[derive(Debug, Default)]
pub(crate) struct OpenDocuments(HashMap<Uri, OpenDocument>);

impl OpenDocuments {
    pub(crate) fn open(&mut self, document: OpenDocument) {
        self.0.insert(document.uri.clone(), document);
    }

    pub(crate) fn close(&mut self, uri: &Uri) -> Option<OpenDocument> {
        self.0.remove(uri)
    }

    pub(crate) fn get(&self, uri: &Uri) -> Option<&OpenDocument> {
        self.0.get(uri)
    }

    pub(crate) fn get_mut(&mut self, uri: &Uri) -> Option<&mut OpenDocument> {
        self.0.get_mut(uri)
    }

    pub(crate) fn at(&self, path: &Path) -> Option<&OpenDocument> {
        self.0.values().find(|document| document.path.as_deref() == Some(path))
    }

    /// The addresses, in order.
    pub(crate) fn uris(&self) -> Vec<Uri> {
        let mut uris: Vec<Uri> = self.0.keys().cloned().collect();
        uris.sort_by(|one, other| one.0.cmp(&other.0));
        uris
    }

    /// Forgets all results, because something besides the texts has changed.
    pub(crate) fn forget_results(&mut self) {
        for document in self.0.values_mut() {
            document.checked = None;
        }
    }
}

/// The text of a document after edits, each of a range from line and column to line and column by a text, for tests of
/// the claim that it is always the editor's.
pub fn edited(text: &str, encoding: Encoding, edits: &[([u32; 4], &str)]) -> String {
    let mut document = OpenDocument::new(Uri("untitled:a".to_owned()), "yaml", 0, text.to_owned(), encoding);
    for (at, ([line, column, end_line, end_column], new)) in edits.iter().enumerate() {
        let range = Range {
            start: Position { line: *line, character: *column },
            end: Position { line: *end_line, character: *end_column },
        };
        let change = serde_json::json!({ "range": range, "text": new });
        let change: Option<TextDocumentContentChangeEvent> = serde_json::from_value(change).ok();
        document.change(i32::try_from(at).unwrap_or(i32::MAX), change.as_slice());
    }
    document.text.text().to_owned()
}
