//! Threats, and those in tables.

use std::borrow::Cow;

use crate::aivss::{LayerKind, LayerSet, number_of};
use crate::page::answers::{PageAnswer, answer};
use crate::page::columns::{
    Piece, ThreatField, defines_layer, field_of, header, identified, is_day, is_nothing, is_plural_title,
    level, locate, names_layers, references, severity, severity_alone, status,
};
use crate::source::Span;
use crate::syntax::outline::{PageText, TableRow, hull};

/// A threat of a page.
#[derive(Debug, Default)]
pub(crate) struct PageThreat {
    /// The row, the item or the line.
    pub(crate) span: Span,
    /// The values, in the order of the page. References have one each.
    pub(crate) fields: Vec<(ThreatField, Piece)>,
    /// The layers that a row names, and their place.
    pub(crate) layers: Vec<LayerKind>,
    pub(crate) layers_span: Span,
}

impl PageThreat {
    pub(crate) fn get(&self, wanted: ThreatField) -> Option<&Piece> {
        self.fields.iter().find(|(field, _)| *field == wanted).map(|(_, piece)| piece)
    }

    /// Sets a field from a text of the page, unless it has a value or the text is not one. The first one counts.
    pub(crate) fn set(&mut self, field: ThreatField, text: &str, span: Span, source: &str) -> bool {
        let text = text.trim();
        if field == ThreatField::Refs {
            let known = self.fields.iter().filter(|(field, _)| *field == ThreatField::Refs).count();
            let found = references(text, span, source, known);
            let is_found = !found.is_empty();
            self.fields.extend(found.into_iter().map(|piece| (field, piece)));
            return is_found;
        }
        let value = match field {
            ThreatField::Severity => severity(text),
            ThreatField::Likelihood | ThreatField::Impact => level(text),
            ThreatField::Status => status(text),
            ThreatField::Due => Some(text).filter(|text| is_day(text)),
            ThreatField::Id
            | ThreatField::Title
            | ThreatField::Mitigation
            | ThreatField::Reason
            | ThreatField::Owner
            | ThreatField::Refs => Some(text).filter(|text| !is_nothing(text)),
        };
        if field == ThreatField::Severity
            && let (Some(known), Some(value)) = (self.get(field), value)
            && known.text != value
            && severity(&format!("{} {value}", known.text)) == Some(value)
        {
            // Of two severities the higher one counts.
            self.fields.retain(|(known, _)| *known != field);
        }
        let Some(value) = value.filter(|_| self.get(field).is_none()) else { return false };
        let piece = locate(value, span, source);
        // Another spelling of a word has the place of the whole value.
        let is_literal = source.get(piece.span.range()) == Some(value);
        self.fields.push((field, if is_literal { piece } else { Piece::new(value, span) }));
        true
    }

    pub(crate) fn close(&mut self, span: Span) {
        self.fields.retain(|(field, _)| *field != ThreatField::Status);
        self.fields.push((ThreatField::Status, Piece::new("closed", span)));
    }
}

/// The text of a row, and those of its cells as a reader sees them.
#[derive(Clone, Debug)]
pub(crate) struct RowText {
    pub(crate) piece: Piece,
    pub(crate) cells: Vec<String>,
}

impl RowText {
    pub(crate) fn of(piece: Piece) -> Self {
        Self { cells: vec![piece.text.clone()], piece }
    }
}

/// The columns of a table.
#[derive(Debug)]
pub(crate) struct ThreatTable {
    headers: Vec<String>,
    fields: Vec<Option<ThreatField>>,
    title: Option<usize>,
    /// The column that names layers.
    pub(crate) layer: Option<usize>,
    /// Whether the table lists threats.
    pub(crate) has_threats: bool,
    /// Whether it only says what the layers are.
    pub(crate) is_definition: bool,
}

/// The numbers of the cells of a row that are not in its threat.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct OtherCells {
    /// Those whose column has values of threats.
    pub(crate) fields: usize,
    pub(crate) columns: usize,
}

impl ThreatTable {
    pub(crate) fn of(rows: &[TableRow], set: &'static LayerSet) -> Option<Self> {
        let (head, body) = rows.split_first()?;
        let headers: Vec<String> = head.cells.iter().map(header).collect();
        let layer = layer_column(&headers, body, set);
        let mut best: Vec<(ThreatField, usize, usize)> = Vec::new();
        for (at, name) in headers.iter().enumerate().filter(|(at, _)| Some(*at) != layer) {
            let Some((field, rank)) = field_of(name) else { continue };
            let cells = || body.iter().filter_map(|row| row.cells.get(at)).map(|cell| cell.text.trim());
            let field = match field {
                ThreatField::Title if cells().all(is_rating) && cells().any(|cell| !is_nothing(cell)) => {
                    ThreatField::Severity
                }
                _ => field,
            };
            match best.iter_mut().find(|(known, ..)| *known == field && field != ThreatField::Refs) {
                Some(known) if rank < known.1 => (known.1, known.2) = (rank, at),
                Some(_) => {}
                None => best.push((field, rank, at)),
            }
        }
        let has_id =
            best.iter().any(|(field, ..)| *field == ThreatField::Id || *field == ThreatField::Severity);
        let is_telling = best.iter().any(|(field, ..)| field.is_telling());
        if has_id && is_telling && !best.iter().any(|(field, ..)| *field == ThreatField::Title) {
            // A column of their numbers names no threats.
            let has_names = |at: usize| {
                body.iter().filter_map(|row| row.cells.get(at)).any(|cell| !is_verdict(&cell.text))
            };
            let plural = headers.iter().position(|name| is_plural_title(name)).filter(|at| has_names(*at));
            best.extend(plural.map(|at| (ThreatField::Title, 0, at)));
        }
        let mut fields = vec![None; headers.len()];
        for (field, _, at) in &best {
            fields[*at] = Some(*field);
        }
        let title = fields.iter().position(|field| *field == Some(ThreatField::Title));
        // Cells that only repeat the layer's name say nothing about it.
        let is_definition = layer.is_some()
            && title.is_none()
            && headers.iter().enumerate().all(|(at, name)| Some(at) == layer || defines_layer(name));
        let has_threats = title.is_some() && (is_telling || layer.is_some());
        Some(Self { headers, fields, title, layer, has_threats, is_definition })
    }

    /// The layers that a row names, with their place.
    pub(crate) fn layers_of(&self, row: &TableRow, set: &'static LayerSet) -> (Vec<LayerKind>, Span) {
        let cell = self.layer.and_then(|at| row.cells.get(at));
        cell.map_or_else(|| (Vec::new(), row.span), |cell| (layers_in(&cell.text, set), cell.span))
    }

    /// Whether a row is about the layers of the row above: its cell has a mark for the same, or is empty in the first column,
    /// as merged cells are.
    pub(crate) fn continues(&self, row: &TableRow) -> bool {
        const SAME: [&str; 9] = ["〃", "\"", "″", "''", "^", "^^", "↑", "ditto", "same"];
        let cell = self.layer.and_then(|at| row.cells.get(at)).map(|cell| cell.text.trim());
        cell.is_some_and(|cell| {
            cell.is_empty() && self.layer == Some(0)
                || SAME.iter().any(|mark| cell.eq_ignore_ascii_case(mark))
        })
    }

    /// The cell with the title of a threat.
    fn title_of<'r>(&self, row: &'r TableRow) -> Option<&'r PageText> {
        row.cells.get(self.title.filter(|_| self.has_threats)?)
    }

    /// Whether a row is no threat, and says something in the place of one.
    pub(crate) fn is_text(&self, row: &TableRow) -> bool {
        self.title_of(row).map_or(self.layer.is_some(), is_not_applicable)
    }

    /// The threat of a row, if it has a title.
    pub(crate) fn threat(&self, row: &TableRow, source: &str) -> Option<PageThreat> {
        let title = self.title_of(row).filter(|cell| !is_nothing(&cell.text))?;
        if is_not_applicable(title) {
            return None;
        }
        let mut threat = PageThreat { span: trimmed(row.span, source), ..PageThreat::default() };
        for (cell, field) in row.cells.iter().zip(&self.fields) {
            // A value that is struck out is withdrawn.
            let field = field.filter(|_| !cell.is_struck() || title.is_struck());
            let value = value_of(cell, source);
            match (field, identified(&value)) {
                (Some(ThreatField::Title), Some((id, rest)))
                    if !self.fields.contains(&Some(ThreatField::Id)) && !rest.is_empty() =>
                {
                    threat.set(ThreatField::Id, id, cell.span, source);
                    threat.set(ThreatField::Title, rest, cell.span, source);
                }
                (Some(field), _) => _ = threat.set(field, &value, cell.span, source),
                (None, _) => {}
            }
        }
        if title.is_struck() {
            threat.close(title.span);
        }
        Some(threat)
    }

    /// The number of cells that say something and are not in the threat of a row.
    pub(crate) fn others(&self, row: &TableRow, threat: Option<&PageThreat>) -> OtherCells {
        let mut others = OtherCells::default();
        for (at, cell) in row.cells.iter().enumerate() {
            let field = self.fields.get(at).copied().flatten().filter(|_| self.has_threats);
            let is_taken =
                field.is_some_and(|field| threat.is_some_and(|threat| threat.get(field).is_some()));
            if Some(at) == self.layer || is_taken || is_nothing(&cell.text) {
                continue;
            }
            *(if field.is_some() { &mut others.fields } else { &mut others.columns }) += 1;
        }
        others
    }

    /// The cells of a row that are not values of a threat: `header: cell`; the cell alone if it is the only one. Numbers
    /// and the names of layers are left out. With `is_whole`, all cells count.
    pub(crate) fn text(
        &self,
        row: &TableRow,
        is_whole: bool,
        set: &'static LayerSet,
        source: &str,
    ) -> Option<RowText> {
        const MAX_LENGTH: usize = 60;
        let cells = row.cells.iter().enumerate().filter(|(at, cell)| {
            let field = self.fields.get(*at).copied().flatten().filter(|_| self.has_threats);
            Some(*at) != self.layer
                && field.is_none_or(|field| is_whole && field.is_prose())
                && !is_nothing(&cell.text)
                && !cell.is_struck()
                && !cell.text.trim().bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
                && set.named(&cell.text).is_none()
        });
        let mut cells: Vec<(usize, &PageText)> = cells.collect();
        if cells.iter().all(|(_, cell)| is_verdict(&cell.text)) {
            return None;
        }
        if cells.first().is_some_and(|(_, cell)| is_not_applicable(cell)) {
            // Further cells that only repeat it are no reason.
            let mut number = 0;
            cells.retain(|(_, cell)| {
                number += 1;
                number == 1 || answer(&cell.text, true) != PageAnswer::NotApplicable("")
            });
        }
        if let [(_, only)] = cells.as_slice() {
            let piece = locate(&value_of(only, source), only.span, source);
            return Some(RowText { piece, cells: vec![only.text.clone()] });
        }
        let span = cells.iter().map(|(_, cell)| cell.span).reduce(hull)?;
        let is_answered =
            cells.first().is_some_and(|(_, cell)| answer(&cell.text, false) != PageAnswer::Analysis);
        let texts = cells.iter().enumerate().map(|(number, (at, cell))| {
            let header: String =
                self.headers.get(*at).map_or("", String::as_str).chars().take(MAX_LENGTH).collect();
            let value = value_of(cell, source);
            if is_answered && number == 0 { value } else { format!("{header}: {value}") }
        });
        let piece = Piece::new(texts.collect::<Vec<_>>().join("; "), span);
        Some(RowText { piece, cells: cells.iter().map(|(_, cell)| cell.text.clone()).collect() })
    }

    /// Whether every column is a field, so that nothing of the table is left.
    pub(crate) fn is_read_whole(&self, rows: &[TableRow]) -> bool {
        let mut cells = rows.iter().skip(1).flat_map(|row| row.cells.iter().enumerate());
        !cells.any(|(at, cell)| {
            let is_known = Some(at) == self.layer || self.fields.get(at).is_some_and(Option::is_some);
            !is_known && !is_nothing(&cell.text)
        })
    }
}

/// Whether a cell says nothing about a layer but its rating, the number of its threats, or that it applies: `High`,
/// `3 threats, 1 open`, `80 %`, `✓`, `In scope`.
fn is_verdict(cell: &str) -> bool {
    const WORDS: [&str; 42] = [
        "yes",
        "y",
        "true",
        "x",
        "applicable",
        "applies",
        "in",
        "scope",
        "relevant",
        "covered",
        "reviewed",
        "analyzed",
        "analysed",
        "assessed",
        "done",
        "complete",
        "completed",
        "progress",
        "open",
        "closed",
        "mitigated",
        "accepted",
        "partial",
        "partially",
        "pending",
        "overall",
        "highest",
        "low",
        "medium",
        "moderate",
        "high",
        "critical",
        "severity",
        "priority",
        "risk",
        "risks",
        "threat",
        "threats",
        "finding",
        "findings",
        "total",
        "of",
    ];
    let is_number = |word: &str| word.bytes().all(|byte| byte.is_ascii_digit());
    cell.split(|sign: char| sign.is_whitespace() || "%.,;:/()[]+-–—&✓✔✅☑🟢🟡🟠🔴\u{FE0F}".contains(sign))
        .all(|word| is_number(word) || WORDS.iter().any(|known| known.eq_ignore_ascii_case(word)))
}

/// Whether a cell has a severity or a number alone.
fn is_rating(cell: &str) -> bool {
    let number = cell.trim_end_matches(|sign: char| sign.is_ascii_digit() || matches!(sign, '.' | ',' | '/'));
    number.is_empty()
        || is_nothing(cell)
        || severity_alone(cell).is_some()
        || cell.len() == 1 && severity(cell).is_some()
}

fn is_not_applicable(cell: &PageText) -> bool {
    matches!(answer(&cell.text, true), PageAnswer::NotApplicable(_))
}

/// The column that names layers: by its header, or because two of its cells are their names. Numbers alone, as other lists of
/// layers have, count next to a title of threats, or if there are many.
fn layer_column(headers: &[String], body: &[TableRow], set: &'static LayerSet) -> Option<usize> {
    const MANY: usize = 4;
    let has_names = |at: usize| {
        let cells = body.iter().filter_map(|row| row.cells.get(at));
        cells.filter(|cell| set.named(&cell.text).is_some()).take(2).count() == 2
    };
    let headed = headers.iter().position(|name| names_layers(name));
    if headed.is_none_or(|at| !has_names(at)) {
        let named = (0..headers.len().min(MANY)).find(|at| has_names(*at));
        if named.is_some() {
            return named;
        }
    }
    let has_title = headers.iter().any(|name| matches!(field_of(name), Some((ThreatField::Title, _))));
    headed.filter(|at| {
        let cells = || body.iter().filter_map(|row| row.cells.get(*at));
        let mut kinds: Vec<LayerKind> = cells().flat_map(|cell| layers_in(&cell.text, set)).collect();
        kinds.sort();
        kinds.dedup();
        let needed = if has_title || cells().any(|cell| set.named(&cell.text).is_some()) { 1 } else { MANY };
        kinds.len() >= needed
    })
}

/// The layers in a cell: `L4`; `L1, L3`; `2`; `L6 - Security & Compliance`; `L2–L4`.
pub(crate) fn layers_in(text: &str, set: &'static LayerSet) -> Vec<LayerKind> {
    const MAX: usize = 20;
    if let Some(only) = set.named(text) {
        return vec![only];
    }
    let mut found: Vec<LayerKind> = Vec::new();
    let lines = text.split([',', ';', '\n']).flat_map(|part| {
        let inner = if set.named(part).is_some() { &[][..] } else { &['/', '+', '&'][..] };
        part.split(inner)
    });
    for part in lines.take(MAX) {
        let ends: Vec<&str> = part.split(['–', '-']).map(str::trim).collect();
        let numbers: Vec<LayerKind> = ends.iter().filter_map(|end| numbered(end, set)).collect();
        match (set.named(part), numbers.as_slice(), ends.len()) {
            (Some(kind), ..) => found.push(kind),
            (None, [first, last], 2) => {
                found.extend(set.layers().filter(|kind| first <= kind && kind <= last));
            }
            (None, [first, ..], _) => found.push(*first),
            (None, [], _) => {}
        }
    }
    found.sort();
    found.dedup();
    found
}

/// The layer of a number: `L4`, `Layer 4`, `4`.
fn numbered(text: &str, set: &'static LayerSet) -> Option<LayerKind> {
    let small = text.trim().to_ascii_lowercase();
    let number = small.strip_prefix("layer").or_else(|| small.strip_prefix('l')).unwrap_or(&small);
    set.layers().nth(number_of(number.trim())?.checked_sub(1)?)
}

/// The text of a cell: as it is written if it has links, so that they are kept.
pub(crate) fn value_of(cell: &PageText, source: &str) -> String {
    let is_literal = cell.has_link && !cell.has_struck() && !cell.is_empty();
    let written = source.get(cell.span.range()).filter(|_| is_literal);
    written.map_or_else(|| cell.kept_from(0), Cow::Borrowed).trim().to_owned()
}

/// A span without white space at its ends.
pub(crate) fn trimmed(span: Span, source: &str) -> Span {
    let written = source.get(span.range()).unwrap_or_default();
    let start = written.len() - written.trim_start().len();
    Span::new(start, start + written.trim().len()).moved(span.range().start)
}
