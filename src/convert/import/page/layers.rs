//! The layers of a page: by their names, or, on a page that names none, by their place among exactly seven paragraphs.

use crate::convert::import::page::DASHES;
use crate::convert::import::page::parts::Part;
use crate::convert::scaffold::{Draft, Layer};
use crate::model::{LayerKind, TextKind, blank};

/// The layers from what stands below their title, and remarks on how they were told apart.
pub(crate) fn layers(parts: &mut [Part], draft: &mut Draft) -> Option<String> {
    // The layer to which what follows its bare name belongs.
    let mut open: Option<(LayerKind, String)> = None;
    let mut is_named = false;
    for part in &mut *parts {
        if let Some((kind, text)) = named_layer(part) {
            is_named = true;
            close(&mut open, draft);
            let is_taken = draft.layers.contains_key(&kind);
            // A placeholder is no answer, and what follows it is none either.
            part.used = !is_taken && blank(&text, TextKind::Prose).is_none() || text.is_empty();
            if text.is_empty() && !is_taken {
                open = Some((kind, String::new()));
            } else if part.used {
                add(draft, kind, &text);
            }
        } else if part.is_heading {
            close(&mut open, draft);
        } else if let Some((_, text)) = &mut open {
            part.used = true;
            let space = if text.is_empty() { "" } else { " " };
            text.push_str(&format!("{space}{}", part.text));
        }
    }
    close(&mut open, draft);
    if is_named { None } else { by_place(parts, draft) }
}

fn close(open: &mut Option<(LayerKind, String)>, draft: &mut Draft) {
    if let Some((kind, text)) = open.take() {
        add(draft, kind, &text);
    }
}

/// Seven paragraphs on a page that names no layer, in MAESTRO's order.
fn by_place(parts: &mut [Part], draft: &mut Draft) -> Option<String> {
    let is_frame = |part: &Part| {
        let small = part.text.to_lowercase();
        let frames = small.starts_with("maestro") || small.starts_with("per-layer");
        part.is_heading || !part.cells.is_empty() || frames
    };
    let mut paragraphs: Vec<&mut Part> = parts.iter_mut().filter(|part| !is_frame(part)).collect();
    match paragraphs.len() {
        0 => None,
        7 => {
            for (kind, part) in LayerKind::ALL.into_iter().zip(&mut paragraphs) {
                part.used = true;
                add(draft, kind, &part.text);
            }
            let line = paragraphs[0].line;
            Some(format!(
                "the layers are not named: seven paragraphs from line {line} on are taken in MAESTRO's order"
            ))
        }
        count => {
            Some(format!("the layers are not named, and {count} paragraphs cannot be told to seven of them"))
        }
    }
}

/// A layer that a part names, with the text that stands beside the name.
fn named_layer(part: &Part) -> Option<(LayerKind, String)> {
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

/// Adds what a page says of a layer; what opens with "Not certain" is uncertain.
fn add(draft: &mut Draft, kind: LayerKind, text: &str) {
    let opens_with =
        |opening: &str| text.get(..opening.len()).is_some_and(|start| start.eq_ignore_ascii_case(opening));
    let uncertain = opens_with("not certain") || opens_with("uncertain");
    // "Not certain from the listing — …": the status says as much. An opening that says more stays.
    let cut = DASHES.into_iter().filter_map(|dash| text.find(dash).map(|at| (at, at + dash.len()))).min();
    let is_bare = |opening: &str| {
        let small = opening.to_lowercase();
        small == "not certain" || small == "uncertain" || small.starts_with("not certain from ")
    };
    let analysis = match cut {
        Some((at, rest)) if uncertain && at <= 60 && is_bare(&text[..at]) => &text[rest..],
        _ => text,
    };
    if blank(analysis, TextKind::Prose).is_none() && !draft.layers.contains_key(&kind) {
        draft.layers.insert(kind, Layer { uncertain, analysis: analysis.trim().to_owned() });
    }
}
