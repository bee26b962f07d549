//! Sections and rows of a page to layers, each with its answer, its text and its threats.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;

use crate::aivss::{LayerKind, LayerSet, MAX_SHARED};
use crate::page::answers::{PageAnswer, answer};
use crate::page::columns::{Piece, is_nothing};
use crate::page::leads::{lead_of, next_lead};
use crate::page::lines::{add_labels, add_rows, opens_with_label, threat_in, threat_of};
use crate::page::parts::{LayerPart, PageLayer};
use crate::page::threats::{PageThreat, RowText, ThreatTable, trimmed};
use crate::source::Span;
use crate::syntax::outline::{OutlineBlock, OutlineKind, PageText, TableRow, hull};
use crate::syntax::tree::PageSection;

/// The level of a bold line in the place of a heading, below all headings.
pub(crate) const BOLD_LEVEL: u8 = 7;
/// The level of a line or an item that opens with the name of a layer: `1. **Foundation Models**: …`.
pub(crate) const LEAD_LEVEL: u8 = 8;
/// Words of headings of which the section lists threats that belong to no layer alone.
const REGISTERS: [&str; 6] =
    ["cross-layer", "cross layer", "cross-cutting", "threats", "risk register", "threat register"];
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
pub(crate) fn without_shortcodes(text: &str) -> Cow<'_, str> {
    if !text.contains(':') {
        return Cow::Borrowed(text);
    }
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
    Cow::Owned(kept)
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
        let layer = self.found.layers.entry(kind).or_insert_with(|| PageLayer {
            key_span: place,
            span: place,
            ..PageLayer::default()
        });
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
            return self.leads(at, kind, rest);
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

    /// Opens each layer whose name a line of a block opens with. `rest` is the text after the first name.
    fn leads(&mut self, at: usize, mut kind: LayerKind, rest: Piece) {
        let block = self.blocks[at].phrase.span;
        let whole = self.text.get(rest.span.range()).filter(|written| *written == rest.text);
        let Some(whole) = whole else { return self.lead(at, kind, rest, block) };
        let piece = |from: usize, to: usize| {
            let start = rest.span.start as usize;
            Piece::new(
                whole[from..to].trim_end(),
                Span::new(start + from, start + from + whole[from..to].trim_end().len()),
            )
        };
        let (mut from, mut start) = (0, block.start as usize);
        while let Some(next) = next_lead(&whole[from..], self.set) {
            let end = rest.span.start as usize + from + next.start;
            self.lead(at, kind, piece(from, from + next.start), Span::new(start, end));
            (kind, start, from) = (next.kind, end, from + next.rest);
        }
        self.lead(at, kind, piece(from, whole.len()), Span { start: Span::new(start, start).start, ..block });
    }

    fn lead(&mut self, at: usize, kind: LayerKind, rest: Piece, place: Span) {
        self.end_section(place.start as usize);
        self.is_in_threat = false;
        let layer = self.layer(kind, place);
        layer
            .parts
            .extend(Some(rest).filter(|rest| !rest.text.is_empty()).map(RowText::of).map(LayerPart::Row));
        self.found.read.push(at);
        let section = PageSection { kind, level: LEAD_LEVEL, heading: place, end: 0 };
        self.found.sections.push(section);
        self.open = Some((kind, LEAD_LEVEL));
        let block = &self.blocks[at];
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
            add_labels(threat, &block.phrase.kept_from(0), block.phrase.span, text);
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
        let mut above = Vec::new();
        for row in rows.iter().skip(1) {
            let unread = self.row(&table, row, own, &mut above);
            self.found.unread.extend(std::iter::repeat_n(at, unread));
        }
    }

    /// Reads a row. Returns how many of its cells are in no layer and no threat.
    /// `above` are the layers of the row above.
    fn row(
        &mut self,
        table: &ThreatTable,
        row: &TableRow,
        own: Option<LayerKind>,
        above: &mut Vec<LayerKind>,
    ) -> usize {
        let (mut kinds, place) = table.layers_of(row, self.set);
        if kinds.is_empty() && table.continues(row) {
            kinds.clone_from(above);
        }
        above.clone_from(&kinds);
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
        } else if kinds.len() <= MAX_SHARED
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
