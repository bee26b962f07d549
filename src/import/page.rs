//! A page about an agent, as text or Markdown, to a draft: its title, its summary, a table of factors, a paragraph for
//! each of the seven layers, and the other inputs where they are printed.
//!
//! Pages are written for people, so they are read line by line. A layer is told by its name, or, on a page that names
//! none, by its place among exactly seven paragraphs; anything else is left for a person.

use super::Imported;
use crate::decimal::Decimal;
use crate::draft::{Draft, Layer, Score};
use crate::model::{Factor, LayerKind, blank};
use crate::score::Band;

/// A paragraph, a heading or a row of a table.
struct Part {
    /// The line it begins in, 1-based.
    line: usize,
    text: String,
    is_heading: bool,
    /// The cells, if it is a row.
    cells: Vec<String>,
    used: bool,
}

/// How many parts of a page that were left are told.
const MOST: usize = 50;
/// How many characters of one.
const LONGEST: usize = 70;

pub(super) fn import(text: &str) -> Result<Imported, String> {
    let mut parts = parts(text);
    let score = score(&mut parts);
    let layers = parts.iter().position(|part| is_title(part, "maestro"));
    if score.factors.is_empty() && layers.is_none() {
        return Err("no agentic factor and no MAESTRO layer is found in it".to_owned());
    }
    let mut draft = Draft { score, ..Draft::default() };
    // The first part is the page's own title, whatever it says.
    for part in parts.iter_mut().skip(1) {
        part.used |= is_title(part, "aivss") || is_title(part, "maestro");
    }
    let begun = parts.iter().skip(1).position(|part| part.used).map_or(parts.len(), |at| at + 1);
    let (name, summary) = opening(&mut parts, begun);
    (draft.name, draft.summary) = (name, summary);
    let mut remarks = Vec::new();
    let end = layers.map_or(parts.len(), |at| at + 1);
    let (rest, below) = parts.split_at_mut(end);
    if let Some(remark) = self::layers(below, &mut draft) {
        remarks.push(remark);
    }
    if version(rest, &mut draft.score) {
        remarks
            .push("it names no version of AIVSS; the canonical formula is taken for that of 0.8".to_owned());
    }
    let left = parts.iter().filter(|part| !part.used && !part.is_heading);
    let told = |part: &Part| {
        let short: String = part.text.chars().take(LONGEST).collect();
        let dots = if short.len() < part.text.len() { "…" } else { "" };
        format!("not carried over: line {}: {short}{dots}", part.line)
    };
    let left: Vec<String> = left.map(told).collect();
    let more = left.len().saturating_sub(MOST);
    remarks.extend(left.into_iter().take(MOST));
    if more > 0 {
        remarks.push(format!("not carried over: {more} more paragraphs"));
    }
    Ok(Imported { draft, remarks })
}

/// The parts of a page. Where no line is blank, each line is one.
fn parts(text: &str) -> Vec<Part> {
    let is_spaced = text.trim().lines().any(|line| line.trim().is_empty());
    let mut parts: Vec<Part> = Vec::new();
    let mut joins = false;
    for (at, line) in text.lines().enumerate() {
        let line = line.trim();
        let is_rule = !line.is_empty() && line.chars().all(|letter| "-=_*|: ".contains(letter));
        if line.is_empty() || is_rule {
            // A rule below a row makes it the head of its table.
            if let Some(last) =
                parts.last_mut().filter(|last| is_rule && !last.cells.is_empty() && last.line == at)
            {
                last.is_heading = true;
            }
            joins = false;
            continue;
        }
        let bare = line.trim_start_matches(['#', '>', ' ']);
        let is_heading = line.starts_with('#');
        let item = ["- ", "* ", "+ "].into_iter().find_map(|mark| bare.strip_prefix(mark));
        let is_row = line.contains('|') && (line.starts_with('|') || line.ends_with('|'));
        let text =
            item.unwrap_or(bare).replace("**", "").replace("__", "").replace('`', "").trim().to_owned();
        match parts.last_mut() {
            Some(last) if joins && item.is_none() && !is_heading && !is_row => {
                last.text.push(' ');
                last.text.push_str(&text);
            }
            _ => {
                let cells = if is_row { cells(&text) } else { Vec::new() };
                parts.push(Part { line: at + 1, text, is_heading, cells, used: false });
            }
        }
        joins = is_spaced && !is_heading && !is_row;
    }
    parts
}

fn cells(row: &str) -> Vec<String> {
    row.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect()
}

/// Whether a part is the title of a section about this: a heading, or a short line that is no sentence.
fn is_title(part: &Part, about: &str) -> bool {
    let is_short = part.text.len() <= 60 && !part.text.ends_with('.');
    (part.is_heading || is_short) && part.cells.is_empty() && part.text.to_lowercase().contains(about)
}

/// The factors and whatever other inputs and results are printed.
fn score(parts: &mut [Part]) -> Score {
    let mut score = Score::default();
    for part in &mut *parts {
        if let Some((factor, number, rationale)) = factor(part)
            && !score.factors.contains_key(&factor)
        {
            score.factors.insert(factor, (number, rationale));
            part.used = true;
        }
        if let Some(vector) = part.text.split_whitespace().find(|word| word.starts_with("CVSS:4.0/")) {
            score.vector.get_or_insert(vector.trim_end_matches(['.', ',', ';', ')']).to_owned());
            part.used = true;
        }
        let small = part.text.to_lowercase();
        if small.contains("cvss base") && small.contains("aivss") {
            printed(&part.text, &small, &mut score);
            part.used = true;
        }
    }
    score
}

/// A factor with its number and why, from a row or from `Autonomy of Action: 0.60`.
fn factor(part: &Part) -> Option<(Factor, Decimal, Option<String>)> {
    let (name, number, rationale) = match part.cells.as_slice() {
        [] => {
            let (name, number) = part.text.rsplit_once([' ', '\t', ':'])?;
            (name.trim(), number, None)
        }
        [name, number] => (name.as_str(), number.as_str(), None),
        [name, number, rest @ ..] => (name.as_str(), number.as_str(), rest.first()),
        [_] => return None,
    };
    let number = Decimal::parse(number).ok()?;
    let rationale = rationale.filter(|rationale| !rationale.is_empty()).cloned();
    Some((Factor::named(name)?, number, rationale))
}

/// A line like "CVSS base 8.5, AARS uplift 1.07, factor sum 6.5/10, threat ×1.1, mitigation ×1.0 → AIVSS 9.6 Critical".
fn printed(text: &str, small: &str, score: &mut Score) {
    let number = |labels: &[&str]| labels.iter().find_map(|label| number_after(small, label));
    score.base = number(&["cvss base score", "cvss base"]);
    score.uplift = number(&["aars uplift", "aars"]);
    score.factor_sum = number(&["factor sum"]);
    score.threat = number(&["threat multiplier", "threat"]);
    score.mitigation = number(&["mitigation factor", "mitigation"]);
    score.score = number(&["aivss score", "→ aivss", "= aivss", "aivss"]);
    let words = text.split(|letter: char| !letter.is_alphanumeric());
    score.severity = words.rev().find_map(Band::named).map(|band| band.name().to_owned());
}

/// The number that follows a label, with no more than signs between.
fn number_after(text: &str, label: &str) -> Option<Decimal> {
    let rest = &text[text.find(label)? + label.len()..];
    let rest = rest.trim_start_matches([' ', ':', '=', '×', 'x', '*', '≈', '~', '\t']);
    let end = rest.find(|letter: char| !letter.is_ascii_digit() && letter != '.').unwrap_or(rest.len());
    Decimal::parse(rest[..end].trim_end_matches('.')).ok()
}

/// The agent's name and the summary of its risk, before the first section.
fn opening(parts: &mut [Part], end: usize) -> (Option<String>, Option<String>) {
    let Some((title, rest)) = parts[..end].split_first_mut() else { return (None, None) };
    title.used = true;
    let cut = [" — ", " – ", " - ", " | ", ": "].into_iter().find_map(|dash| title.text.rsplit_once(dash));
    let name = match cut {
        Some((name, rest)) if rest.to_lowercase().contains("threat model") => name,
        _ => title.text.as_str(),
    };
    let mut summary = Vec::new();
    for part in
        rest.iter_mut().filter(|part| !part.is_heading && part.cells.is_empty() && part.text.ends_with('.'))
    {
        part.used = true;
        summary.push(part.text.as_str());
    }
    (Some(name.to_owned()), Some(summary.join(" ")).filter(|summary| !summary.is_empty()))
}

/// The version of the standard, where the page tells; whether that had to be taken from "canonical".
fn version(parts: &mut [Part], score: &mut Score) -> bool {
    for (version, names) in [("0.5", ["aivss v0.5", "aivss 0.5"]), ("0.8", ["aivss v0.8", "aivss 0.8"])] {
        let named = |part: &Part| names.iter().any(|name| part.text.to_lowercase().contains(name));
        if parts.iter().any(named) {
            score.version = Some(version.to_owned());
            return false;
        }
    }
    let is_canonical = |part: &&mut Part| part.text.to_lowercase().contains("canonical owasp aivss formula");
    let canonical = parts.iter_mut().find(is_canonical);
    score.version = canonical.as_ref().map(|_| "0.8".to_owned());
    canonical.map(|part| part.used = true).is_some()
}

/// The layers from what stands below their title; a remark where they cannot be told apart.
fn layers(parts: &mut [Part], draft: &mut Draft) -> Option<String> {
    let mut current = None;
    for part in &mut *parts {
        if let Some((kind, text)) = named_layer(part) {
            part.used = true;
            current = Some(kind);
            add(draft, kind, &text);
        } else if part.is_heading {
            current = None;
        } else if let Some(kind) = current.filter(|kind| !draft.layers.contains_key(kind)) {
            part.used = true;
            add(draft, kind, &part.text);
        }
    }
    if current.is_some() || !draft.layers.is_empty() {
        return None;
    }
    let is_frame = |part: &Part| {
        let small = part.text.to_lowercase();
        part.is_heading
            || !part.cells.is_empty()
            || small.starts_with("maestro")
            || small.starts_with("per-layer")
    };
    let mut paragraphs: Vec<&mut Part> = parts.iter_mut().filter(|part| !is_frame(part)).collect();
    if paragraphs.len() != LayerKind::ALL.len() {
        let count = paragraphs.len();
        return Some(format!(
            "the layers are not named, and {count} paragraphs cannot be told to seven of them"
        ));
    }
    for (kind, part) in LayerKind::ALL.into_iter().zip(&mut paragraphs) {
        part.used = true;
        add(draft, kind, &part.text);
    }
    None
}

/// A layer that a part names, with the text that stands beside the name.
fn named_layer(part: &Part) -> Option<(LayerKind, String)> {
    if !part.cells.is_empty() {
        let at = part.cells.iter().take(2).position(|cell| LayerKind::named(cell).is_some())?;
        return Some((LayerKind::named(&part.cells[at])?, part.cells[at + 1..].join(" ").trim().to_owned()));
    }
    if let Some(kind) = LayerKind::named(&part.text) {
        return Some((kind, String::new()));
    }
    [" — ", " – ", " - ", ": "].into_iter().find_map(|dash| {
        // A number may come before the name: "Layer 1: Foundation Models: …".
        part.text.match_indices(dash).take(2).find_map(|(at, dash)| {
            Some((LayerKind::named(&part.text[..at])?, part.text[at + dash.len()..].trim().to_owned()))
        })
    })
}

/// Adds what a page says of a layer; what opens with "Not certain" is uncertain.
fn add(draft: &mut Draft, kind: LayerKind, text: &str) {
    const OPENING: &str = "not certain";
    let uncertain = text.get(..OPENING.len()).is_some_and(|opening| opening.eq_ignore_ascii_case(OPENING));
    let cut = || [" — ", " – ", " - ", ": "].into_iter().find_map(|dash| text.split_once(dash));
    let analysis = match cut() {
        Some((opening, rest)) if uncertain && opening.len() <= 60 => rest,
        _ => text,
    };
    if blank(analysis).is_none() && !draft.layers.contains_key(&kind) {
        draft.layers.insert(kind, Layer { uncertain, analysis: analysis.trim().to_owned() });
    }
}
