//! The layers of a page, by their names; without names, exactly seven paragraphs are taken in MAESTRO's order.

use crate::convert::import::page::DASHES;
use crate::convert::import::page::parts::PagePart;
use crate::convert::scaffold::{Scaffold, ScaffoldLayer};
use crate::model::{LayerKind, TextKind, blank};

/// Adds the layers in the parts below their title; returns a remark if they are not named.
pub(crate) fn add_layers(parts: &mut [PagePart], scaffold: &mut Scaffold) -> Option<String> {
    // The layer that gets the text after its bare name.
    let mut open: Option<(LayerKind, String)> = None;
    let mut is_named = false;
    for part in &mut *parts {
        if let Some((kind, text)) = named_layer(part) {
            is_named = true;
            close(&mut open, scaffold);
            let is_taken = scaffold.layers.contains_key(&kind);
            // A placeholder is not an answer, and neither is the text after it.
            part.used = !is_taken && blank(&text, TextKind::Prose).is_none() || text.is_empty();
            if text.is_empty() && !is_taken {
                open = Some((kind, String::new()));
            } else if part.used {
                add(scaffold, kind, &text);
            }
        } else if part.is_heading {
            close(&mut open, scaffold);
        } else if let Some((_, text)) = &mut open {
            part.used = true;
            let space = if text.is_empty() { "" } else { " " };
            text.push_str(&format!("{space}{}", part.text));
        }
    }
    close(&mut open, scaffold);
    if is_named { None } else { by_place(parts, scaffold) }
}

fn close(open: &mut Option<(LayerKind, String)>, scaffold: &mut Scaffold) {
    if let Some((kind, text)) = open.take() {
        add(scaffold, kind, &text);
    }
}

/// Adds seven paragraphs of a page that names no layer.
fn by_place(parts: &mut [PagePart], scaffold: &mut Scaffold) -> Option<String> {
    let is_paragraph = |part: &&mut PagePart| {
        let small = part.text.to_lowercase();
        let is_frame = small.starts_with("maestro") || small.starts_with("per-layer");
        !part.is_heading && part.cells.is_empty() && !is_frame
    };
    let mut paragraphs: Vec<&mut PagePart> = parts.iter_mut().filter(is_paragraph).collect();
    let (count, line) = (paragraphs.len(), paragraphs.first()?.line);
    if count != LayerKind::ALL.len() {
        return Some(format!("the layers are not named, and there are {count} paragraphs for seven layers"));
    }
    for (kind, part) in LayerKind::ALL.into_iter().zip(&mut paragraphs) {
        part.used = true;
        add(scaffold, kind, &part.text);
    }
    Some(format!(
        "the layers are not named: seven paragraphs from line {line} on are taken in MAESTRO's order"
    ))
}

/// The layer that a part names, with the text after the name.
fn named_layer(part: &PagePart) -> Option<(LayerKind, String)> {
    if !part.cells.is_empty() {
        let at = part.cells.iter().take(2).position(|cell| LayerKind::named(cell).is_some())?;
        return Some((LayerKind::named(&part.cells[at])?, part.cells[at + 1..].join(" ").trim().to_owned()));
    }
    if let Some(kind) = LayerKind::named(part.text.trim_end_matches(':')) {
        return Some((kind, String::new()));
    }
    DASHES.into_iter().find_map(|dash| {
        // A number may come before the name: "Layer 1: Foundation Models: …".
        part.text.match_indices(dash).take(2).find_map(|(at, dash)| {
            Some((LayerKind::named(&part.text[..at])?, part.text[at + dash.len()..].trim().to_owned()))
        })
    })
}

/// Adds the text on a layer; one that opens with "Not certain" is uncertain.
fn add(scaffold: &mut Scaffold, kind: LayerKind, text: &str) {
    let small = text.to_lowercase();
    let uncertain = small.starts_with("not certain") || small.starts_with("uncertain");
    // "Not certain from the listing — …": the status has the same meaning. A longer opening is kept.
    let cut = DASHES.into_iter().filter_map(|dash| text.find(dash).map(|at| (at, at + dash.len()))).min();
    let analysis = match cut {
        Some((at, rest)) if uncertain && at <= 60 && is_bare(&text[..at].to_lowercase()) => &text[rest..],
        _ => text,
    };
    if blank(analysis, TextKind::Prose).is_none() && !scaffold.layers.contains_key(&kind) {
        scaffold.layers.insert(kind, ScaffoldLayer { uncertain, analysis: analysis.trim().to_owned() });
    }
}

fn is_bare(opening: &str) -> bool {
    opening == "not certain" || opening == "uncertain" || opening.starts_with("not certain from ")
}
