//! Import of a page about an agent, as text or Markdown: its title, its summary, a table of factors, a paragraph for each of
//! the seven layers, and other inputs.
//!
//! Pages are written for people, so they are read line by line. Of two values for the same thing, the first one counts.

use crate::aivss::{LayerKind, LayerSet};
use crate::convert::data::Data;
use crate::convert::import::Draft;
use crate::convert::import::answers::answer;
use crate::convert::import::numbers::{is_complete, score};
use crate::convert::scaffold::Scaffold;
use crate::model::{TextKind, blank};

/// The most parts of a page that are reported as not imported.
const MOST: usize = 50;
/// The most characters of one.
const LONGEST: usize = 70;
/// The wording of a page that uses the formula of 0.8.
const CANONICAL: &str = "canonical owasp aivss formula";
/// The separators between a name and its text.
const DASHES: [&str; 4] = [" — ", " – ", " - ", ": "];

pub(crate) fn import(text: &str) -> Result<Draft, String> {
    let mut parts = parts(text, is_complete);
    let score = score(&mut parts);
    let title = parts.iter().position(|part| is_title(part, "maestro"));
    if score.get("factors").is_none() && title.is_none() {
        return Err("no agentic factor and no MAESTRO layer is found in it".to_owned());
    }
    let mut scaffold = Scaffold { origin: String::new(), model: Data::EMPTY, asks_score: true };
    scaffold.model.put("aivss", score);
    // The first part is the page's own title, whatever its text.
    for part in parts.iter_mut().skip(1) {
        part.used |= is_title(part, "aivss") || is_title(part, "maestro");
    }
    let begun = parts.iter().skip(1).position(|part| part.used).map_or(parts.len(), |at| at + 1);
    for (path, text) in [("agent/name", name(&mut parts)), ("agent/summary", summary(&mut parts[..begun]))] {
        if let Some(text) = text {
            scaffold.model.put(path, &*text);
        }
    }
    let end = title.map_or(parts.len(), |at| at + 1);
    let (rest, below) = parts.split_at_mut(end);
    let mut remarks = Vec::from_iter(add_layers(below, &mut scaffold));
    remarks.extend(version(rest, &mut scaffold.model));
    let mut more = 0_usize;
    for part in parts.iter().filter(|part| !part.used && (!part.is_heading || has_number(&part.text))) {
        more += 1;
        if more <= MOST {
            let short: String = part.text.chars().take(LONGEST).collect();
            let dots = if short.len() < part.text.len() { "…" } else { "" };
            remarks.push(format!("not carried over: line {}: {short}{dots}", part.line));
        }
    }
    if more > MOST {
        remarks.push(format!("not carried over: {} more paragraphs", more - MOST));
    }
    Ok(Draft { scaffolds: vec![scaffold], remarks })
}

/// Takes the agent's name, which is the title of the page.
fn name(parts: &mut [PagePart]) -> Option<String> {
    let title = parts.first_mut().filter(|title| !title.used)?;
    title.used = true;
    let cut = DASHES.into_iter().chain([" | "]).find_map(|dash| title.text.rsplit_once(dash));
    let name = cut.filter(|(_, rest)| rest.to_lowercase().contains("threat model")).map(|(name, _)| name);
    Some(name.unwrap_or(&title.text).to_owned())
}

/// Takes the summary, which is the sentences before the first section.
fn summary(parts: &mut [PagePart]) -> Option<String> {
    let mut summary = Vec::new();
    for part in parts.iter_mut().skip(1) {
        if !part.is_heading && part.cells.is_empty() && part.text.ends_with('.') {
            part.used = true;
            summary.push(part.text.as_str());
        }
    }
    (!summary.is_empty()).then(|| summary.join(" "))
}

/// Sets the version of the standard; returns a remark if the page names none, or several.
fn version(parts: &mut [PagePart], model: &mut Data) -> Option<String> {
    let mut versions = vec!["0.5", "0.8"];
    versions.retain(|version| {
        let names = [format!("aivss v{version}"), format!("aivss {version}")];
        let mut texts = parts.iter().map(|part| part.text.to_lowercase());
        texts.any(|text| names.iter().any(|name| text.contains(name)))
    });
    if versions.len() > 1 {
        return Some(format!("it names the versions {} of AIVSS: choose one", versions.join(" and ")));
    }
    if let Some(only) = versions.first() {
        model.put("aivss/version", *only);
        return None;
    }
    let canonical = parts.iter_mut().find(|part| part.text.to_lowercase().contains(CANONICAL))?;
    // A longer sentence has other content, which is reported.
    canonical.used = canonical.text.len() <= 80;
    model.put("aivss/version", "0.8");
    Some("it names no version of AIVSS; the canonical formula is taken for that of 0.8".to_owned())
}

/// Adds the layers in the parts below their title; returns a remark if they are not named.
pub(crate) fn add_layers(parts: &mut [PagePart], scaffold: &mut Scaffold) -> Option<String> {
    // The layer that gets the text after its bare name.
    let mut open: Option<(LayerKind, String)> = None;
    let mut is_named = false;
    for part in &mut *parts {
        if let Some((kind, text)) = named_layer(part) {
            is_named = true;
            close(&mut open, scaffold);
            let is_taken = scaffold.model.get(&format!("maestro/{}", kind.key())).is_some();
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
    let mut paragraphs: Vec<&mut PagePart> = parts.iter_mut().collect();
    paragraphs.retain(|part| {
        let small = part.text.to_lowercase();
        let is_frame = small.starts_with("maestro") || small.starts_with("per-layer");
        !part.is_heading && part.cells.is_empty() && !is_frame
    });
    let (count, line) = (paragraphs.len(), paragraphs.first()?.line);
    if count != LayerSet::DEFAULT.layers().len() {
        return Some(format!("the layers are not named, and there are {count} paragraphs for seven layers"));
    }
    for (kind, part) in LayerSet::DEFAULT.layers().zip(&mut paragraphs) {
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
        let at = part.cells.iter().take(2).position(|cell| LayerSet::DEFAULT.named(cell).is_some())?;
        return Some((
            LayerSet::DEFAULT.named(&part.cells[at])?,
            part.cells[at + 1..].join(" ").trim().to_owned(),
        ));
    }
    if let Some(kind) = LayerSet::DEFAULT.named(part.text.trim_end_matches(':')) {
        return Some((kind, String::new()));
    }
    DASHES.into_iter().find_map(|dash| {
        // A number may come before the name: "Layer 1: Foundation Models: …".
        part.text.match_indices(dash).take(2).find_map(|(at, dash)| {
            Some((LayerSet::DEFAULT.named(&part.text[..at])?, part.text[at + dash.len()..].trim().to_owned()))
        })
    })
}

/// Adds the text on a layer, unless it is a placeholder.
fn add(scaffold: &mut Scaffold, kind: LayerKind, text: &str) {
    if blank(text, TextKind::Prose).is_none() {
        scaffold.model.put(&format!("maestro/{}", kind.key()), answer(text));
    }
}

/// A paragraph, a heading, an item or a row of a table.
pub(crate) struct PagePart {
    /// Its first line, 1-based.
    pub(crate) line: usize,
    pub(crate) text: String,
    pub(crate) is_heading: bool,
    /// The cells of a row.
    pub(crate) cells: Vec<String>,
    /// Whether all of its text is in the scaffold.
    pub(crate) used: bool,
}

/// The parts of a page. Without blank lines each line is one, and so is a line that `is_complete`.
pub(crate) fn parts(text: &str, is_complete: fn(&PagePart) -> bool) -> Vec<PagePart> {
    let is_spaced = text.trim().lines().any(|line| line.trim().is_empty());
    let mut parts: Vec<PagePart> = Vec::new();
    let mut joins = false;
    for (at, line) in text.lines().enumerate() {
        let line = line.trim();
        let is_rule = !line.is_empty() && line.chars().all(|letter| "-=_*|: ".contains(letter));
        if line.is_empty() || is_rule {
            // A rule below a row makes it the head of its table.
            if let Some(last) = parts.last_mut()
                && is_rule
                && !last.cells.is_empty()
                && last.line == at
            {
                last.is_heading = true;
            }
            joins = false;
            continue;
        }
        let bare = line.trim_start_matches(['#', '>', ' ']);
        let is_heading = line.starts_with('#');
        let item = item(bare);
        let is_row = line.contains('|') && (line.starts_with('|') || line.ends_with('|'));
        let text = item.unwrap_or(bare).replace("**", "").trim().to_owned();
        let cells = text.trim_matches('|').split('|').filter(|_| is_row);
        let cells = cells.map(|cell| cell.trim().to_owned()).collect();
        let part = PagePart { line: at + 1, text, is_heading, cells, used: false };
        let is_apart = item.is_some() || is_heading || is_row || is_complete(&part);
        match parts.last_mut() {
            Some(last) if joins && !is_apart => {
                last.text.push(' ');
                last.text.push_str(&part.text);
            }
            _ => parts.push(part),
        }
        joins = is_spaced && !is_heading && !is_row;
    }
    parts
}

/// The text of an item of a list, after `-`, `*`, `+` or a number.
fn item(line: &str) -> Option<&str> {
    let rest = line.trim_start_matches(|letter: char| letter.is_ascii_digit());
    let marks = if rest.len() < line.len() { &[". ", ") "][..] } else { &["- ", "* ", "+ "] };
    marks.iter().find_map(|mark| rest.strip_prefix(mark))
}

/// Whether a part is the title of a section on a subject: a heading, or a short line that is not a sentence.
pub(crate) fn is_title(part: &PagePart, subject: &str) -> bool {
    let is_short = part.text.len() <= 60 && !part.text.ends_with('.');
    let is_bare = part.cells.is_empty() && !has_number(&part.text);
    (part.is_heading || is_short) && is_bare && part.text.to_lowercase().contains(subject)
}

/// Whether a text has a number after a name, as in "CVSS base: 8.5".
pub(crate) fn has_number(text: &str) -> bool {
    text.split(": ").skip(1).any(|rest| rest.trim_start().starts_with(|letter: char| letter.is_ascii_digit()))
}
