//! Lines that open with the name of a layer: items, paragraphs, and summaries of HTML.

use crate::aivss::{LayerKind, LayerSet};
use crate::page::columns::{Piece, locate};
use crate::page::parts::is_html;
use crate::syntax::outline::{OutlineBlock, OutlineKind};

/// Signs between a name and its text.
const SEPARATORS: [&str; 5] = [":", ".", " — ", " – ", " - "];
/// The most places where a name may end.
const MAX: usize = 4;
/// Signs of Markdown around a name.
const OPENING: [char; 4] = ['*', '_', '`', '['];
const CLOSING: [char; 4] = ['*', '_', '`', ']'];

/// The layer whose name a line opens with in bold or after its number, an item or a summary, and the text after it.
pub(crate) fn lead_of(
    block: &OutlineBlock,
    text: &str,
    set: &'static LayerSet,
) -> Option<(LayerKind, Piece)> {
    let phrase = block.phrase.text.trim();
    let line = phrase.lines().next()?;
    let is_line = match block.kind {
        // A summary of HTML; a heading inside a quotation or an element does not count.
        OutlineKind::Caption => is_html(block, text),
        OutlineKind::Item => true,
        OutlineKind::Paragraph => block.phrase.strong > 0 || set.opening(line).is_some(),
        OutlineKind::Heading(_) | OutlineKind::Table(_) | OutlineKind::Other => false,
    };
    let (kind, end) = name_in(line, set).filter(|_| is_line)?;
    let (name, span) = (&line[..end], block.phrase.span);
    let written = text.get(span.range()).unwrap_or_default();
    let (written, at) = written.find(name).map_or((phrase, end), |at| (written, at + name.len()));
    let rest = after_name(&written[at..]).trim_end();
    let is_summary = matches!(block.kind, OutlineKind::Caption);
    Some((kind, locate(if is_summary { "" } else { rest }, span, text)))
}

/// The layer whose name a line opens with, and the end of the name.
fn name_in(line: &str, set: &'static LayerSet) -> Option<(LayerKind, usize)> {
    let mut ends: Vec<usize> =
        SEPARATORS.iter().flat_map(|sign| line.match_indices(sign).take(MAX)).map(|(at, _)| at).collect();
    ends.sort_unstable();
    ends.truncate(MAX);
    // More words than a name after a number are text.
    let named = ends.into_iter().find_map(|end| Some((set.named(&line[..end])?, end)));
    named.or_else(|| set.opening(line)).or_else(|| Some((set.named(line)?, line.len())))
}

/// The text after a name, without the signs between them.
fn after_name(text: &str) -> &str {
    let text = text.trim_start_matches(CLOSING).trim_start_matches([':', '.']).trim_start_matches(CLOSING);
    text.trim_start_matches(|sign: char| sign.is_whitespace() || "—–-:".contains(sign))
}

/// A line of a text that opens with the name of a layer.
pub(crate) struct LeadLine {
    pub(crate) kind: LayerKind,
    /// The offset of the line.
    pub(crate) start: usize,
    /// The offset of the text after the name.
    pub(crate) rest: usize,
}

/// The first line after the first break of a text that opens with the name of a layer, in bold or after its number.
pub(crate) fn next_lead(text: &str, set: &'static LayerSet) -> Option<LeadLine> {
    text.match_indices(['\n', '\r']).map(|(at, _)| at + 1).find_map(|start| {
        let line = text[start..].split(['\n', '\r']).next()?;
        let name = line.trim_start().trim_start_matches(OPENING);
        let is_bold = ["**", "__"].iter().any(|sign| line.trim_start().starts_with(sign));
        let is_open = is_bold || set.opening(name).is_some();
        let (kind, end) = name_in(name, set).filter(|_| is_open)?;
        let after = &text[start + line.len() - name.len() + end..];
        Some(LeadLine { kind, start, rest: text.len() - after_name(after).len() })
    })
}
