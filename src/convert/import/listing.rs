//! Layers on lines: a text without headings, and lines of a page such as `Foundation Models: …`.

use crate::aivss::{LayerKind, LayerSet};
use crate::convert::data::Data;
use crate::convert::import::keyed::answer;
use crate::convert::import::page::take;
use crate::model::{TextKind, blank};
use crate::page::{BlockUse, PageDraft};
use crate::report::count;
use crate::source::BOM;
use crate::syntax::outline::OutlineKind;

/// The separators between a name and its text.
const DASHES: [&str; 4] = [" — ", " – ", " - ", ": "];

/// Whether a page has no heading, as text that was copied from elsewhere.
pub(crate) fn has_no_heading(page: &PageDraft<'_>) -> bool {
    !page.blocks.iter().any(|block| matches!(block.kind, OutlineKind::Heading(_)))
}

/// Adds the name, the summary and the layers of a text without headings: its first line, the sentences before its first
/// section, and the lines below the one that names MAESTRO. Returns remarks on layers without names, and on other lines.
pub(crate) fn add_listing(text: &str, page: &mut PageDraft<'_>, model: &mut Data) -> Vec<String> {
    let lines = text.lines().enumerate().map(|(at, line)| (at + 1, line.trim_start_matches(BOM).trim()));
    let lines: Vec<(usize, &str)> = lines.filter(|(_, line)| !line.is_empty()).collect();
    let title_of = |subject: &str| {
        let is_it = |line: &str| {
            line.len() <= 60
                && !line.ends_with('.')
                && !line.starts_with('|')
                && line.to_lowercase().contains(subject)
        };
        lines.iter().skip(1).position(|(_, line)| is_it(line)).map(|at| at + 1)
    };
    let Some(maestro) = title_of("maestro") else { return Vec::new() };
    let mut remarks = Vec::new();
    let below = &lines[maestro + 1..];
    let mut taken = add_named(below.iter().map(|(_, line)| *line), model);
    if !taken.contains(&true) {
        taken = by_place(below, model, &mut remarks);
    }
    let table = lines.iter().position(|(_, line)| line.starts_with('|'));
    let begun = [Some(maestro), table, title_of("aivss")].into_iter().flatten().min().unwrap_or_default();
    let (_, title) = lines[0];
    let cut = DASHES.into_iter().chain([" | "]).find_map(|dash| title.rsplit_once(dash));
    let name = cut.filter(|(_, rest)| rest.to_lowercase().contains("threat model"));
    model.put("agent/name", name.map_or(title, |(name, _)| name));
    let summary = lines
        .get(1..begun)
        .unwrap_or_default()
        .iter()
        .map(|(_, line)| *line)
        .filter(|line| line.ends_with('.'));
    let summary = summary.collect::<Vec<_>>().join(" ");
    if !summary.is_empty() {
        model.put("agent/summary", &*summary);
    }
    for at in 0..page.blocks.len() {
        take(page, at);
    }
    let left = below.iter().zip(taken).filter(|(_, taken)| !taken).map(|(line, _)| line);
    remarks.extend(not_carried(lines[maestro].1, left));
    // Of those before, the labels are read elsewhere.
    let head = lines.get(1..begun).unwrap_or_default();
    let left = head.iter().filter(|(_, line)| !line.ends_with('.') && !line.contains(':'));
    remarks.extend(not_carried(title, left));
    remarks
}

/// A remark on lines below a title, if there are any.
fn not_carried<'t>(title: &str, left: impl Iterator<Item = &'t (usize, &'t str)>) -> Option<String> {
    let numbers: Vec<String> = left.map(|(number, _)| number.to_string()).collect();
    let lines = count(numbers.len(), "line");
    (!numbers.is_empty()).then(|| format!("not carried over: {title}: {lines} ({})", numbers.join(", ")))
}

/// Adds seven lines of a text that names no layer. Returns which lines were taken.
fn by_place(lines: &[(usize, &str)], model: &mut Data, remarks: &mut Vec<String>) -> Vec<bool> {
    let is_prose = |line: &str| {
        let small = line.to_lowercase();
        !line.starts_with('|') && !small.starts_with("maestro") && !small.starts_with("per-layer")
    };
    let prose: Vec<&(usize, &str)> = lines.iter().filter(|(_, line)| is_prose(line)).collect();
    let none = vec![false; lines.len()];
    let Some((first, _)) = prose.first() else { return none };
    if prose.len() != LayerSet::DEFAULT.layers().len() {
        let found = prose.len();
        remarks.push(format!("the layers are not named, and there are {found} paragraphs for seven layers"));
        return none;
    }
    remarks.push(format!(
        "the layers are not named: seven paragraphs from line {first} on are taken in MAESTRO's order"
    ));
    for (kind, (_, line)) in LayerSet::DEFAULT.layers().zip(prose) {
        put(kind, line, model);
    }
    lines.iter().map(|(_, line)| is_prose(line)).collect()
}

/// Adds the layers that lines of a root's part of a page name, outside of the sections of layers.
pub(crate) fn named_layers(page: &mut PageDraft<'_>, root: usize, model: &mut Data) {
    for at in page.ranges[root].clone() {
        let block = &page.blocks[at];
        let is_line = matches!(block.kind, OutlineKind::Paragraph | OutlineKind::Item);
        if is_line
            && page.uses[at] != BlockUse::Layers
            && add_named(std::iter::once(&*block.phrase.text), model).contains(&true)
        {
            take(page, at);
        }
    }
}

/// Adds the layers that texts name. A text after a bare name belongs to it. Returns which texts were taken.
fn add_named<'t>(texts: impl Iterator<Item = &'t str>, model: &mut Data) -> Vec<bool> {
    let (mut open, mut taken) = (None, Vec::new());
    for text in texts {
        let named = named(text);
        let (kind, text) = match named {
            Some((kind, "")) => {
                open = Some(kind);
                taken.push(true);
                continue;
            }
            Some((kind, text)) => (Some(kind), text),
            None => (open, text),
        };
        open = None;
        taken.push(kind.is_some_and(|kind| put(kind, text, model)));
    }
    taken
}

/// The layer that a text opens with, and the text after its name.
fn named(text: &str) -> Option<(LayerKind, &str)> {
    let text = text.trim_start_matches(['-', '*', ' ']);
    if let Some(kind) = LayerSet::DEFAULT.named(text.trim_end_matches(':')) {
        return Some((kind, ""));
    }
    // A number may come before the name: "Layer 1: Foundation Models: …".
    DASHES.into_iter().find_map(|dash| {
        text.match_indices(dash).take(2).find_map(|(at, dash)| {
            Some((LayerSet::DEFAULT.named(&text[..at])?, text[at + dash.len()..].trim()))
        })
    })
}

/// Puts the answer to a layer, unless there is one, or the text is a placeholder; returns whether it did.
fn put(kind: LayerKind, text: &str, model: &mut Data) -> bool {
    let path = format!("maestro/{}", kind.key());
    let is_new = blank(text, TextKind::Prose).is_none() && model.get(&path).is_none();
    if is_new {
        model.put(&path, answer(text));
    }
    is_new
}
