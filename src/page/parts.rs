//! The parts of a layer, and the answer that they give.

use crate::aivss::LayerSet;
use crate::page::answers::{PageAnswer, answer};
use crate::page::columns::{Piece, is_nothing, locate};
use crate::page::is_part;
use crate::page::threats::{PageThreat, RowText, trimmed};
use crate::source::Span;
use crate::syntax::outline::{OutlineBlock, OutlineKind, hull};

/// The most bytes of a text below a caption that may be a placeholder.
const MAX_PLACEHOLDER_LENGTH: usize = 160;

/// A layer of a page.
#[derive(Debug, Default)]
pub(crate) struct PageLayer {
    /// The heading, or the first cell that names the layer.
    pub(crate) key_span: Span,
    /// The bytes of everything that belongs to the layer.
    pub(crate) span: Span,
    /// The word for the answer, if it is not an analysis, and its place.
    pub(crate) status: Option<Piece>,
    pub(crate) reason: Option<Piece>,
    pub(crate) analysis: Option<Piece>,
    pub(crate) threats: Vec<PageThreat>,
    pub(crate) parts: Vec<LayerPart>,
    /// The number of parts that are rows for other layers as well.
    pub(crate) shared: usize,
    /// The different texts of its parts, if none is longer than a placeholder.
    pub(crate) shown: Vec<String>,
    /// Whether the heading says that the layer does not apply.
    pub(crate) is_excluded: bool,
}

#[derive(Debug)]
pub(crate) enum LayerPart {
    /// The block of the outline with this number.
    Block(usize),
    Row(RowText),
}

impl LayerPart {
    /// The texts of a part that say something: its own, or those of the cells of a table.
    fn contents<'b>(&'b self, blocks: &'b [OutlineBlock]) -> Vec<&'b str> {
        match self {
            Self::Row(row) => vec![&row.piece.text],
            Self::Block(at) => match &blocks[*at].kind {
                OutlineKind::Heading(_) | OutlineKind::Caption => Vec::new(),
                // A text that is struck out is withdrawn, and a label in bold alone is a caption.
                _ if blocks[*at].phrase.is_struck() || blocks[*at].is_label() => Vec::new(),
                OutlineKind::Table(rows) => {
                    let cells = rows.iter().skip(1).flat_map(|row| &row.cells);
                    cells.map(|cell| cell.text.trim()).filter(|cell| !is_nothing(cell)).collect()
                }
                OutlineKind::Paragraph | OutlineKind::Item | OutlineKind::Other => {
                    vec![blocks[*at].phrase.text.trim()]
                }
            },
        }
    }

    /// Whether the part is a caption with more than words for parts of an analysis, such as "Threats", or the name of
    /// a layer.
    fn is_telling_caption(&self, blocks: &[OutlineBlock]) -> bool {
        match self {
            Self::Row(_) => false,
            Self::Block(at) => {
                let block = &blocks[*at];
                let is_caption = matches!(block.kind, OutlineKind::Heading(_) | OutlineKind::Caption);
                (is_caption || block.is_label())
                    && !is_part(&block.phrase.text)
                    && LayerSet::DEFAULT.named(&block.phrase.text).is_none()
            }
        }
    }

    /// The place of its text.
    pub(crate) fn place(&self, blocks: &[OutlineBlock], text: &str) -> Span {
        match self {
            Self::Row(row) => row.piece.span,
            Self::Block(at) => match blocks[*at].kind {
                OutlineKind::Table(_) => trimmed(blocks[*at].span, text),
                _ => trimmed(blocks[*at].phrase.span, text),
            },
        }
    }
}

impl PageLayer {
    /// The texts of a short analysis, with its place.
    pub(crate) fn take_shown(&mut self) -> Option<(Span, Vec<String>)> {
        let shown = std::mem::take(&mut self.shown);
        Some((self.analysis.as_ref()?.span, shown)).filter(|(_, shown)| !shown.is_empty())
    }

    /// Makes the answer of the parts.
    pub(crate) fn finish(&mut self, blocks: &[OutlineBlock], text: &str) {
        let parts = std::mem::take(&mut self.parts);
        let contents: Vec<&str> = parts.iter().flat_map(|part| part.contents(blocks)).collect();
        let first = parts.iter().find(|part| !part.contents(blocks).is_empty());
        let (Some(first), Some(opening)) = (first, contents.first().copied()) else {
            if self.is_excluded {
                self.status = Some(Piece::new("not_applicable", self.key_span));
            }
            return;
        };
        self.shown = short_texts(&parts, blocks);
        let is_same = contents.iter().all(|other| other.eq_ignore_ascii_case(opening));
        // Captions do not make a placeholder longer.
        let has_captions = parts.iter().any(|part| part.contents(blocks).is_empty());
        let is_only = is_same && (!has_captions || opening.len() <= MAX_PLACEHOLDER_LENGTH);
        // Below a caption, a text is about its subject.
        let is_first = parts.first().is_some_and(|part| std::ptr::eq(part, first));
        let mut answered = if is_only || is_first { answer(opening, is_only) } else { PageAnswer::Analysis };
        if !is_only
            && parts.iter().all(|part| matches!(part, LayerPart::Row(_)))
            && contents.iter().any(|other| answer(other, true) == PageAnswer::Analysis)
        {
            // One row of several says so.
            answered = PageAnswer::Analysis;
        }
        if self.shared == parts.len() && answered == PageAnswer::Analysis {
            answered = PageAnswer::Uncertain(opening);
        }
        let place = first.place(blocks, text);
        let reason = match answered {
            PageAnswer::NotApplicable(reason) => Some(reason),
            PageAnswer::Analysis if self.is_excluded => Some(opening),
            PageAnswer::Uncertain(_) | PageAnswer::Analysis => None,
        };
        if let Some(reason) = reason {
            let others = contents.iter().copied().skip(1).filter(|_| !is_only);
            let reasons: Vec<&str> =
                std::iter::once(reason).chain(others).filter(|part| !part.is_empty()).collect();
            self.status = Some(Piece::new("not_applicable", place));
            self.reason = (!reasons.is_empty()).then(|| locate(&one_line(&reasons.join(" ")), place, text));
            return;
        }
        self.analysis = Some(match (&answered, first) {
            _ if !is_only => analysis(&parts, blocks, text),
            (PageAnswer::Uncertain(rest), _) => locate(rest, place, text),
            // The words of a caption belong to the text below it.
            _ if parts.iter().any(|part| part.is_telling_caption(blocks)) => {
                Piece { span: place, ..analysis(&parts, blocks, text) }
            }
            (_, LayerPart::Row(row)) => row.piece.clone(),
            (_, LayerPart::Block(at)) if matches!(blocks[*at].kind, OutlineKind::Table(_)) => {
                locate(opening, place, text)
            }
            (_, LayerPart::Block(_)) => Piece::new(text.get(place.range()).unwrap_or_default(), place),
        });
        if let PageAnswer::Uncertain(_) = answered {
            self.status = Some(Piece::new("uncertain", place));
        }
    }
}

/// The different texts of parts other than tables, if they are few and none is longer than a placeholder.
fn short_texts(parts: &[LayerPart], blocks: &[OutlineBlock]) -> Vec<String> {
    const MAX: usize = 20;
    let mut shown: Vec<String> = Vec::new();
    for part in parts {
        let texts = match part {
            LayerPart::Row(row) => row.cells.iter().map(String::as_str).collect(),
            LayerPart::Block(at) if matches!(blocks[*at].kind, OutlineKind::Table(_)) => return Vec::new(),
            LayerPart::Block(_) => part.contents(blocks),
        };
        for text in texts.into_iter().map(without_fences).filter(|text| !is_nothing(text)) {
            if text.len() > MAX_PLACEHOLDER_LENGTH || shown.len() == MAX {
                return Vec::new();
            }
            if !shown.iter().any(|other| other == text) {
                shown.push(text.to_owned());
            }
        }
    }
    shown
}

/// A text without the first line of an admonition and the lines around a container: `!!! note`, `:::`.
fn without_fences(text: &str) -> &str {
    let mut rest = text.trim();
    while ["!!!", "???", ":::", "[!"].iter().any(|fence| rest.starts_with(fence)) {
        rest = rest.split_once('\n').map_or("", |(_, below)| below.trim_start());
    }
    rest.trim_end_matches([':', ' ', '\n', '\r'])
}

fn one_line(text: &str) -> String {
    text.lines().map(str::trim).collect::<Vec<_>>().join(" ")
}

/// Whether a block is the summary of an element of HTML.
pub(crate) fn is_html(block: &OutlineBlock, text: &str) -> bool {
    matches!(block.kind, OutlineKind::Caption)
        && text.get(block.phrase.span.range()).is_some_and(|written| written.starts_with('<'))
}

/// The text of several parts: the source of blocks that follow each other, and the texts of rows.
fn analysis(parts: &[LayerPart], blocks: &[OutlineBlock], text: &str) -> Piece {
    let mut pieces: Vec<Piece> = Vec::new();
    let mut last = None;
    for part in parts {
        match part {
            LayerPart::Row(row) => {
                pieces.push(row.piece.clone());
                last = None;
            }
            // The text of an element of HTML, without its tags.
            LayerPart::Block(at) if is_html(&blocks[*at], text) => {
                pieces.push(Piece::new(blocks[*at].phrase.text.trim(), blocks[*at].phrase.span));
                last = None;
            }
            LayerPart::Block(at) => {
                let outer = blocks[*at].outer;
                match pieces.last_mut() {
                    Some(piece) if last.is_some_and(|last| last + 1 == *at) => {
                        piece.span = hull(piece.span, outer);
                    }
                    _ => pieces.push(Piece::new("", outer)),
                }
                last = Some(*at);
            }
        }
    }
    let span = pieces.iter().map(|piece| piece.span).reduce(hull).unwrap_or_default();
    let is_row = |piece: &Piece| !piece.text.is_empty();
    let texts = pieces.iter().map(|piece| {
        if is_row(piece) {
            piece.text.as_str()
        } else {
            text.get(piece.span.range()).unwrap_or_default().trim()
        }
    });
    let texts: Vec<&str> = texts.collect();
    if let [only] = texts.as_slice() {
        return locate(only, span, text);
    }
    let between = if pieces.iter().all(is_row) { "\n" } else { "\n\n" };
    Piece::new(texts.join(between), span)
}
