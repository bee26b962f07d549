//! Sections and rows of a page to layers, each with its answer, its text and its threats.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::aivss::{LayerKind, LayerSet, MOST_SHARED};
use crate::source::Span;
use crate::syntax::page::answers::{PageAnswer, answer};
use crate::syntax::page::columns::{Piece, is_nothing, locate};
use crate::syntax::page::outline::{OutlineBlock, OutlineKind, PageText, TableRow, hull};
use crate::syntax::page::threats::{
    PageThreat, RowText, ThreatTable, add_labels, add_rows, opens_with_label, threat_in, threat_of, trimmed,
};
use crate::syntax::tree::PageSection;

/// The level of a bold line in the place of a heading, below all headings.
pub(crate) const BOLD_LEVEL: u8 = 7;
/// The level of a line or an item that opens with the name of a layer: `1. **Foundation Models**: …`.
pub(crate) const LEAD_LEVEL: u8 = 8;
/// Words of headings of which the section lists threats that belong to no layer alone.
const REGISTERS: [&str; 6] =
    ["cross-layer", "cross layer", "cross-cutting", "threats", "risk register", "threat register"];
/// The most bytes of a text below a caption that may be a placeholder.
const LONGEST_PLACEHOLDER: usize = 160;

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
    parts: Vec<LayerPart>,
    /// The number of parts that are rows for other layers as well.
    shared: usize,
    /// The different texts of its parts, if none is longer than a placeholder.
    shown: Vec<String>,
    /// Whether the heading says that the layer does not apply.
    is_excluded: bool,
}

#[derive(Debug)]
enum LayerPart {
    /// The block of the outline with this number.
    Block(usize),
    Row(RowText),
}

/// The layers of an agent, and everything else that a page contains about its threats.
#[derive(Debug, Default)]
pub(crate) struct PageLayers {
    pub(crate) layers: BTreeMap<LayerKind, PageLayer>,
    pub(crate) cross: Vec<PageThreat>,
    pub(crate) sections: Vec<PageSection>,
    /// The heading above the layers, or the first layer's own.
    pub(crate) key_span: Span,
    /// Whether a table has a row per layer, or a column that names layers.
    pub(crate) has_layer_table: bool,
    /// Whether the layers have neither headings nor a table, but lines or items that open with their names.
    pub(crate) has_leads: bool,
    /// The numbers of the blocks that were read.
    pub(crate) read: Vec<usize>,
    /// The number of a block that was read, for each of its rows and cells that is in no layer.
    pub(crate) unread: Vec<usize>,
}

/// The layer of a heading.
pub(crate) fn layer_of(phrase: &PageText, set: &'static LayerSet) -> Option<LayerKind> {
    set.named(&without_shortcodes(&phrase.text))
}

/// Whether a line in bold names a layer, in the place of a heading.
fn is_bold_layer(block: &OutlineBlock, set: &'static LayerSet) -> bool {
    block.outer == block.span
        && block.phrase.strong >= block.phrase.text.trim_end_matches([':', ' ']).len()
        && layer_of(&block.phrase, set).is_some()
}

/// A text without emoji of the form `:shield:`.
pub(crate) fn without_shortcodes(text: &str) -> String {
    let mut rest = text.split(':').peekable();
    let mut kept = rest.next().unwrap_or_default().to_owned();
    let mut was_code = false;
    while let Some(part) = rest.next() {
        let is_code = !was_code
            && rest.peek().is_some()
            && part.len() > 1
            && part
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_+-".contains(&byte));
        if !is_code {
            kept.push_str(if was_code { " " } else { ":" });
            kept.push_str(part);
        }
        was_code = is_code;
    }
    kept
}

/// The layer whose name a line opens with in bold, an item or a summary, and the text after it.
pub(crate) fn lead_of(
    block: &OutlineBlock,
    text: &str,
    set: &'static LayerSet,
) -> Option<(LayerKind, Piece)> {
    const SEPARATORS: [&str; 5] = [":", ".", " — ", " – ", " - "];
    const MOST: usize = 4;
    let is_line = match block.kind {
        OutlineKind::Caption | OutlineKind::Item => true,
        OutlineKind::Paragraph => block.phrase.strong > 0,
        OutlineKind::Heading(_) | OutlineKind::Table(_) | OutlineKind::Other => false,
    };
    let phrase = block.phrase.text.trim();
    let line = phrase.lines().next().filter(|_| is_line)?;
    let mut ends: Vec<usize> =
        SEPARATORS.iter().flat_map(|sign| line.match_indices(sign).take(MOST)).map(|(at, _)| at).collect();
    ends.sort_unstable();
    ends.truncate(MOST);
    ends.push(line.len());
    let (kind, name) = ends.into_iter().find_map(|at| Some((set.named(&line[..at])?, &line[..at])))?;
    let span = block.phrase.span;
    let written = text.get(span.range()).unwrap_or_default();
    let (written, at) = written.find(name).map_or((phrase, name.len()), |at| (written, at + name.len()));
    let closing = ['*', '_', '`', ']'];
    let rest = written[at..].trim_start_matches(closing).trim_start_matches([':', '.']);
    let rest = rest
        .trim_start_matches(closing)
        .trim_start_matches(|sign: char| sign.is_whitespace() || "—–-:".contains(sign))
        .trim_end();
    let is_html = matches!(block.kind, OutlineKind::Caption);
    Some((kind, locate(if is_html { "" } else { rest }, span, text)))
}

/// Reads the layers among the blocks in a range: those of headings and tables, or else those that lines open with.
pub(crate) fn read_layers(
    blocks: &[OutlineBlock],
    range: Range<usize>,
    end: usize,
    text: &str,
    set: &'static LayerSet,
) -> PageLayers {
    let read = |has_leads: bool| {
        let found = PageLayers { has_leads, ..PageLayers::default() };
        let mut reader = LayerReader {
            text,
            blocks,
            set,
            found,
            open: None,
            list: None,
            above: None,
            is_register: false,
            is_in_threat: false,
        };
        for at in range.clone() {
            reader.block(at);
        }
        reader.end_section(end);
        reader.found
    };
    let mut found = read(false);
    let has_heading = blocks.iter().any(|block| matches!(block.kind, OutlineKind::Heading(_)));
    if found.layers.is_empty() && !found.has_layer_table && has_heading {
        found = read(true);
    }
    for layer in found.layers.values_mut() {
        layer.finish(blocks, text);
    }
    found
}

struct LayerReader<'b> {
    text: &'b str,
    blocks: &'b [OutlineBlock],
    set: &'static LayerSet,
    found: PageLayers,
    /// The layer whose section is open, and the level of its heading.
    open: Option<(LayerKind, u8)>,
    /// The list with the item that opened the section.
    list: Option<Span>,
    /// The last heading that is not a layer's.
    above: Option<Span>,
    /// Whether it is about threats.
    is_register: bool,
    /// Whether the last block belongs to the last threat.
    is_in_threat: bool,
}

impl LayerReader<'_> {
    fn layer(&mut self, kind: LayerKind, place: Span) -> &mut PageLayer {
        if self.found.layers.is_empty() {
            self.found.key_span = self.above.unwrap_or(place);
        }
        let new = || PageLayer { key_span: place, span: place, ..PageLayer::default() };
        let layer = self.found.layers.entry(kind).or_insert_with(new);
        layer.span = hull(layer.span, place);
        layer
    }

    fn block(&mut self, at: usize) {
        let block = &self.blocks[at];
        if self.list.is_some_and(|list| list != block.outer) {
            self.end_section(block.outer.start as usize);
        }
        let lead = if self.found.has_leads { lead_of(block, self.text, self.set) } else { None };
        if let Some((kind, rest)) = lead {
            return self.lead(at, kind, rest);
        }
        match &block.kind {
            OutlineKind::Heading(level) => self.heading(at, *level),
            OutlineKind::Table(rows) => {
                let is_in_threat = std::mem::take(&mut self.is_in_threat);
                self.table(at, rows, is_in_threat);
            }
            OutlineKind::Caption | OutlineKind::Other => {
                self.is_in_threat = false;
                self.part(at);
            }
            OutlineKind::Paragraph if is_bold_layer(block, self.set) => self.heading(at, BOLD_LEVEL),
            OutlineKind::Paragraph | OutlineKind::Item => {
                self.part(at);
                self.threat(at);
            }
        }
    }

    fn heading(&mut self, at: usize, level: u8) {
        let block = &self.blocks[at];
        self.is_in_threat = false;
        if let Some(kind) = layer_of(&block.phrase, self.set) {
            self.end_section(block.span.start as usize);
            let is_excluded = is_excluded(&block.phrase.text);
            self.layer(kind, block.phrase.span).is_excluded |= is_excluded;
            self.found.read.push(at);
            let section = PageSection { kind, level, heading: block.span, end: 0 };
            self.found.sections.push(section);
            self.open = Some((kind, level));
        } else if let Some((kind, _)) = self.open.filter(|(_, open)| level > *open) {
            self.part(at);
            let below = self.blocks.get(at + 1);
            if let Some(threat) = threat_of(&block.phrase, block.span, self.text, below) {
                self.layer(kind, block.outer).threats.push(threat);
                self.is_in_threat = true;
            }
        } else {
            self.end_section(block.span.start as usize);
            self.above = Some(block.phrase.span).filter(|_| level > 1);
            let small = block.phrase.text.to_lowercase();
            self.is_register = level > 1 && REGISTERS.iter().any(|word| small.contains(word));
        }
    }

    /// Opens a layer whose name a line opens with.
    fn lead(&mut self, at: usize, kind: LayerKind, rest: Piece) {
        let block = &self.blocks[at];
        self.end_section(block.span.start as usize);
        self.is_in_threat = false;
        let layer = self.layer(kind, block.phrase.span);
        layer
            .parts
            .extend(Some(rest).filter(|rest| !rest.text.is_empty()).map(RowText::of).map(LayerPart::Row));
        self.found.read.push(at);
        let section = PageSection { kind, level: LEAD_LEVEL, heading: block.phrase.span, end: 0 };
        self.found.sections.push(section);
        self.open = Some((kind, LEAD_LEVEL));
        self.list = Some(block.outer).filter(|_| matches!(block.kind, OutlineKind::Item));
    }

    fn end_section(&mut self, end: usize) {
        self.list = None;
        if self.open.take().is_some()
            && let Some(section) = self.found.sections.last_mut()
        {
            section.end = Span::new(end, end).start;
        }
    }

    /// Adds a block to the layer whose section is open.
    fn part(&mut self, at: usize) {
        if let Some((kind, _)) = self.open {
            let block = &self.blocks[at];
            // The list of an item has other layers, too.
            let (place, part) = if self.list.is_some() {
                let place = LayerPart::Block(at).place(self.blocks, self.text);
                (
                    place,
                    LayerPart::Row(RowText::of(Piece::new(
                        self.text.get(place.range()).unwrap_or_default(),
                        place,
                    ))),
                )
            } else {
                (block.outer, LayerPart::Block(at))
            };
            self.layer(kind, place).parts.push(part);
            self.found.read.push(at);
        }
    }

    /// Reads a threat, or values of the last one, in a section of a layer or of threats across layers.
    fn threat(&mut self, at: usize) {
        let (block, text) = (&self.blocks[at], self.text);
        if self.open.is_none() && !self.is_register {
            return;
        }
        let new = threat_in(&block.phrase, block.span, text);
        let has_values = self.is_in_threat && opens_with_label(&block.phrase.text);
        if new.is_none() && !has_values {
            return;
        }
        let threats = match self.open {
            Some((kind, _)) => &mut self.layer(kind, block.span).threats,
            None => &mut self.found.cross,
        };
        if let Some(threat) = new {
            threats.push(threat);
            self.is_in_threat = true;
        } else if let Some(threat) = threats.last_mut() {
            add_labels(threat, &block.phrase.text, block.phrase.span, text);
            threat.span = hull(threat.span, block.phrase.span);
        }
    }

    fn table(&mut self, at: usize, rows: &[TableRow], is_in_threat: bool) {
        let table = ThreatTable::of(rows, self.set);
        let Some(table) =
            table.filter(|table| !table.is_definition && (table.layer.is_some() || table.has_threats))
        else {
            let layer = self.open.and_then(|(kind, _)| self.found.layers.get_mut(&kind));
            if let Some(threat) = layer.and_then(|layer| layer.threats.last_mut()).filter(|_| is_in_threat) {
                add_rows(threat, rows, self.text);
            }
            return self.part(at);
        };
        self.found.has_layer_table |= table.layer.is_some();
        let own = self.open.map(|(kind, _)| kind);
        if own.is_some() && table.layer.is_none() && !table.is_read_whole(rows) {
            // What is not a value of a threat stays the layer's text.
            self.part(at);
        }
        self.found.read.push(at);
        for row in rows.iter().skip(1) {
            let unread = self.row(&table, row, own);
            self.found.unread.extend(std::iter::repeat_n(at, unread));
        }
    }

    /// Reads a row. Returns how many of its cells are in no layer and no threat.
    fn row(&mut self, table: &ThreatTable, row: &TableRow, own: Option<LayerKind>) -> usize {
        let (mut kinds, place) = table.layers_of(row, self.set);
        let whole = trimmed(row.span, self.text);
        if kinds.is_empty() {
            kinds.extend(own);
        }
        let threat = table.threat(row, self.text);
        let others = table.others(row, threat.as_ref());
        if let [kind] = kinds.as_slice() {
            let is_text = table.is_text(row);
            let has_text = table.layer.is_some() || is_text;
            let text = has_text.then(|| table.text(row, is_text, self.set, self.text)).flatten();
            let layer = self.layer(*kind, place);
            layer.parts.extend(text.map(LayerPart::Row));
            layer.span = hull(layer.span, whole);
            layer.threats.extend(threat);
            // The layer's text has the other columns.
            return if own.is_some() && table.layer.is_none() || is_text { 0 } else { others.fields };
        }
        if let Some(mut threat) = threat {
            (threat.layers, threat.layers_span) = (kinds, place);
            self.found.cross.push(threat);
        } else if kinds.len() <= MOST_SHARED
            && let Some(text) = table.text(row, true, self.set, self.text)
        {
            for kind in &kinds {
                let layer = self.layer(*kind, place);
                layer.span = hull(layer.span, whole);
                layer.parts.push(LayerPart::Row(text.clone()));
                layer.shared += 1;
            }
            return if kinds.is_empty() {
                row.cells.iter().filter(|cell| !is_nothing(&cell.text)).count()
            } else {
                0
            };
        }
        others.fields + others.columns
    }
}

/// Whether a heading ends by saying that its layer does not apply: `Layer 7: Agent Ecosystem (N/A)`.
fn is_excluded(heading: &str) -> bool {
    let at = heading.rfind(['(', '—', '–', ':']).or_else(|| heading.rfind(" - "));
    at.is_some_and(|at| {
        let remark = heading[at..].trim_start_matches(|letter: char| !letter.is_alphanumeric());
        answer(remark, false) == PageAnswer::NotApplicable("")
    })
}

impl LayerPart {
    /// The texts of a part that say something: its own, or those of the cells of a table.
    fn contents<'b>(&'b self, blocks: &'b [OutlineBlock]) -> Vec<&'b str> {
        match self {
            Self::Row(row) => vec![&row.piece.text],
            Self::Block(at) => match &blocks[*at].kind {
                OutlineKind::Heading(_) | OutlineKind::Caption => Vec::new(),
                // A text that is struck out is withdrawn.
                _ if blocks[*at].phrase.is_struck() => Vec::new(),
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

    /// The place of its text.
    fn place(&self, blocks: &[OutlineBlock], text: &str) -> Span {
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
    fn finish(&mut self, blocks: &[OutlineBlock], text: &str) {
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
        let is_only = is_same && (!has_captions || opening.len() <= LONGEST_PLACEHOLDER);
        // Below a caption, a text is about its subject.
        let is_first = parts.first().is_some_and(|part| std::ptr::eq(part, first));
        let mut answered = if is_only || is_first { answer(opening, is_only) } else { PageAnswer::Analysis };
        let is_row = |part: &LayerPart| matches!(part, LayerPart::Row(_));
        if !is_only
            && parts.iter().all(is_row)
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
    const MOST: usize = 20;
    let mut shown: Vec<String> = Vec::new();
    for part in parts {
        let texts = match part {
            LayerPart::Row(row) => row.cells.iter().map(String::as_str).collect(),
            LayerPart::Block(at) if matches!(blocks[*at].kind, OutlineKind::Table(_)) => return Vec::new(),
            LayerPart::Block(_) => part.contents(blocks),
        };
        for text in texts.into_iter().filter(|text| !is_nothing(text)) {
            if text.len() > LONGEST_PLACEHOLDER || shown.len() == MOST {
                return Vec::new();
            }
            if !shown.iter().any(|other| other == text) {
                shown.push(text.to_owned());
            }
        }
    }
    shown
}

fn one_line(text: &str) -> String {
    text.lines().map(str::trim).collect::<Vec<_>>().join(" ")
}

fn is_html(block: &OutlineBlock, text: &str) -> bool {
    matches!(block.kind, OutlineKind::Caption) && text[block.phrase.span.range()].starts_with('<')
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
