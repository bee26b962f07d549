//! A page about an agent, as text or Markdown, to a draft: its title, its summary, a table of factors, a paragraph for
//! each of the seven layers, and the other inputs where they are printed.
//!
//! Pages are written for people, so they are read line by line. What stands twice counts once, and the second is told.
//! A layer is told by its name, or, on a page that names none, by its place among exactly seven paragraphs.

use std::collections::btree_map::Entry;

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
    /// Whether all that it says is in the draft.
    used: bool,
}

/// How many parts of a page that were left are told.
const MOST: usize = 50;
/// How many characters of one.
const LONGEST: usize = 70;
/// What can stand between a name and what is said of it.
const DASHES: [&str; 4] = [" — ", " – ", " - ", ": "];

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
    remarks.extend(self::layers(below, &mut draft));
    remarks.extend(version(rest, &mut draft.score));
    let left = parts.iter().filter(|part| !part.used && (!part.is_heading || says_a_number(&part.text)));
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
        let item = item(bare);
        let is_row = line.contains('|') && (line.starts_with('|') || line.ends_with('|'));
        let text = item.unwrap_or(bare).replace("**", "").trim().to_owned();
        let cells = if is_row { cells(&text) } else { Vec::new() };
        let part = Part { line: at + 1, text, is_heading, cells, used: false };
        let stands_alone =
            item.is_some() || is_heading || is_row || factor(&part).is_some() || input(&part).is_some();
        match parts.last_mut() {
            Some(last) if joins && !stands_alone => {
                last.text.push(' ');
                last.text.push_str(&part.text);
            }
            _ => parts.push(part),
        }
        joins = is_spaced && !is_heading && !is_row;
    }
    parts
}

/// What stands in an item of a list: behind `-`, `*`, `+` or a number.
fn item(line: &str) -> Option<&str> {
    let numbered = || {
        let rest = line.trim_start_matches(|letter: char| letter.is_ascii_digit());
        (rest.len() < line.len())
            .then(|| rest.strip_prefix(". ").or_else(|| rest.strip_prefix(") ")))
            .flatten()
    };
    ["- ", "* ", "+ "].into_iter().find_map(|mark| line.strip_prefix(mark)).or_else(numbered)
}

fn cells(row: &str) -> Vec<String> {
    row.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect()
}

/// Whether a part is the title of a section about this: a heading, or a short line that is no sentence.
fn is_title(part: &Part, about: &str) -> bool {
    let is_short = part.text.len() <= 60 && !part.text.ends_with('.');
    let is_bare = part.cells.is_empty() && !says_a_number(&part.text);
    (part.is_heading || is_short) && is_bare && part.text.to_lowercase().contains(about)
}

/// Whether a number is said of something, as in "CVSS base: 8.5".
fn says_a_number(text: &str) -> bool {
    text.split(": ").skip(1).any(|rest| rest.trim_start().starts_with(|letter: char| letter.is_ascii_digit()))
}

/// The factors and whatever other inputs and results are printed.
fn score(parts: &mut [Part]) -> Score {
    let mut score = Score::default();
    for part in &mut *parts {
        if let Some(found) = factor(part) {
            if let Entry::Vacant(place) = score.factors.entry(found.factor) {
                place.insert((found.value, found.rationale));
                part.used = found.is_whole;
            }
        } else if let Some(vector) = vector(&part.text) {
            let first = score.vector.get_or_insert_with(|| vector.to_owned());
            // What is said around a vector is not carried over.
            part.used = first == vector && part.text.len() <= vector.len() + "CVSS vector: ".len();
            printed(part, &mut score);
        } else if let Some(found) = input(part) {
            take(found, part, &mut score);
        } else {
            printed(part, &mut score);
        }
    }
    score
}

/// An input or result that stands alone.
#[derive(Clone, Copy)]
enum Input {
    Base,
    FactorSum,
    Uplift,
    Threat,
    Mitigation,
    Score,
}

/// An input or result on a line or in a row of its own: `Threat multiplier: 1.1`, `AIVSS score: 9.6 (Critical)`.
fn input(part: &Part) -> Option<(Input, Decimal, Option<Band>)> {
    let (name, value) = match part.cells.as_slice() {
        [name, value, rest @ ..] if rest.iter().all(String::is_empty) => (name.as_str(), value.as_str()),
        [] => part.text.split_once(':')?,
        _ => return None,
    };
    let (value, band) = match value.trim().strip_suffix(')').and_then(|value| value.split_once(" (")) {
        Some((value, band)) => (value, Some(Band::named(band)?)),
        None => (value.trim(), None),
    };
    let input = match name.trim().to_lowercase().as_str() {
        "cvss base" | "cvss base score" => Input::Base,
        "factor sum" => Input::FactorSum,
        "aars" | "aars uplift" | "uplift" => Input::Uplift,
        "threat multiplier" | "aivss threat multiplier" => Input::Threat,
        "mitigation factor" | "aivss mitigation factor" => Input::Mitigation,
        "aivss" | "aivss score" => Input::Score,
        _ => return None,
    };
    Some((input, Decimal::parse(value).ok()?, band))
}

/// Takes such an input; one that stands a second time is left.
fn take((input, value, band): (Input, Decimal, Option<Band>), part: &mut Part, score: &mut Score) {
    let slot = match input {
        Input::Base => &mut score.base,
        Input::FactorSum => &mut score.factor_sum,
        Input::Uplift => &mut score.uplift,
        Input::Threat => &mut score.threat,
        Input::Mitigation => &mut score.mitigation,
        Input::Score => &mut score.score,
    };
    if slot.is_none() {
        *slot = Some(value);
        part.used = true;
        if let Some(band) = band {
            score.severity = Some(band.name().to_owned());
        }
    }
}

fn vector(text: &str) -> Option<&str> {
    let word = text.split_whitespace().find(|word| word.starts_with("CVSS:4.0/"))?;
    Some(word.trim_end_matches(['.', ',', ';', ')']))
}

/// A factor as a page gives it.
struct Found {
    factor: Factor,
    value: Decimal,
    rationale: Option<String>,
    /// Whether nothing is said beside it that was not taken.
    is_whole: bool,
}

/// A factor from a row, or from a line such as `Autonomy of Action: 0.60 (books by itself)`.
fn factor(part: &Part) -> Option<Found> {
    if let [name, value, rest @ ..] = part.cells.as_slice() {
        let rest: Vec<&String> = rest.iter().filter(|cell| !cell.is_empty()).collect();
        let rationale = match rest.as_slice() {
            [only] if Decimal::parse(only).is_err() => Some((*only).clone()),
            _ => None,
        };
        let is_whole = rest.is_empty() || rationale.is_some();
        return Some(Found { factor: named(name)?, value: Decimal::parse(value).ok()?, rationale, is_whole });
    }
    let (text, rationale) = match part.text.strip_suffix(')').and_then(|text| text.rsplit_once(" (")) {
        Some((text, rationale)) => (text, Some(rationale.to_owned())),
        None => (part.text.as_str(), None),
    };
    let (name, value) = text.rsplit_once([' ', '\t', ':'])?;
    Some(Found { factor: named(name)?, value: Decimal::parse(value).ok()?, rationale, is_whole: true })
}

/// The factor of a name, which may be a link.
fn named(name: &str) -> Option<Factor> {
    let name = name.trim().trim_end_matches(':');
    let text = name.strip_prefix('[').and_then(|name| name.split_once("](")).map_or(name, |(text, _)| text);
    Factor::named(text)
}

/// Inputs and results in a line like "CVSS base 8.5, AARS uplift 1.07, factor sum 6.5/10, threat ×1.1, mitigation ×1.0 →
/// AIVSS 9.6 Critical". The first such line counts.
fn printed(part: &mut Part, score: &mut Score) {
    let small = part.text.to_lowercase();
    let Some(base) = small.find("cvss base") else { return };
    let is_first = score.base.is_none() && score.score.is_none();
    if small.len() != part.text.len() || !is_first || !small[base..].contains("aivss") {
        return;
    }
    let number = |labels: &[&str]| labels.iter().find_map(|label| number_after(&small[base..], label));
    let found = [
        number(&["cvss base score", "cvss base"]),
        number(&["aars uplift", "aars"]),
        number(&["factor sum"]),
        number(&["threat multiplier", "threat"]),
        number(&["mitigation factor", "mitigation"]),
        // A version before the inputs is no score.
        number(&["aivss score", "aivss"]),
    ];
    // A sentence that mentions both is no such line.
    if found[0].is_none() || found.iter().flatten().count() < 3 {
        return;
    }
    let read = |at: usize| found[at].and_then(Result::ok);
    [score.base, score.uplift, score.factor_sum] = [read(0), read(1), read(2)];
    [score.threat, score.mitigation, score.score] = [read(3), read(4), read(5)];
    let after = small.rfind("aivss").map_or("", |at| &part.text[at..]);
    let words = after.split(|letter: char| !letter.is_alphanumeric());
    score.severity = words.rev().find_map(Band::named).map(|band| band.name().to_owned());
    part.used = !found.contains(&Some(Err(Unclear)));
}

/// A number that is written so that it could be another one: `1,1`, `20%`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Unclear;

/// The number that follows a label, with no more than signs between.
fn number_after(text: &str, label: &str) -> Option<Result<Decimal, Unclear>> {
    let rest = &text[text.find(label)? + label.len()..];
    let rest = rest.trim_start_matches([' ', ':', '=', '×', 'x', '*', '≈', '~', '\t', '(']);
    if !rest.starts_with(|letter: char| letter.is_ascii_digit()) {
        return None;
    }
    let end = rest.find(|letter: char| !letter.is_ascii_digit() && letter != '.').unwrap_or(rest.len());
    let after = rest[end..].trim_start();
    let goes_on = |letter: char| letter.is_ascii_digit();
    let is_unclear =
        after.starts_with('%') || rest[end..].strip_prefix(',').is_some_and(|rest| rest.starts_with(goes_on));
    let number = Decimal::parse(rest[..end].trim_end_matches('.')).map_err(|_| Unclear);
    Some(if is_unclear { Err(Unclear) } else { number })
}

/// The agent's name and the summary of its risk, before the first section.
fn opening(parts: &mut [Part], end: usize) -> (Option<String>, Option<String>) {
    let Some((title, rest)) = parts[..end].split_first_mut() else { return (None, None) };
    let mut name = None;
    if !title.used {
        title.used = true;
        let cut = DASHES.into_iter().chain([" | "]).find_map(|dash| title.text.rsplit_once(dash));
        name = Some(match cut {
            Some((name, rest)) if rest.to_lowercase().contains("threat model") => name.to_owned(),
            _ => title.text.clone(),
        });
    }
    let mut summary = Vec::new();
    for part in
        rest.iter_mut().filter(|part| !part.is_heading && part.cells.is_empty() && part.text.ends_with('.'))
    {
        part.used = true;
        summary.push(part.text.as_str());
    }
    (name, Some(summary.join(" ")).filter(|summary| !summary.is_empty()))
}

/// The version of the standard, where the page names one; a remark where it names none, or several.
fn version(parts: &mut [Part], score: &mut Score) -> Option<String> {
    let says = |name: &str| parts.iter().any(|part| part.text.to_lowercase().contains(name));
    let versions: Vec<&str> = ["0.5", "0.8"]
        .into_iter()
        .filter(|version| says(&format!("aivss v{version}")) || says(&format!("aivss {version}")))
        .collect();
    match versions.as_slice() {
        [only] => {
            score.version = Some((*only).to_owned());
            return None;
        }
        [_, ..] => {
            return Some(format!("it names the versions {} of AIVSS: choose one", versions.join(" and ")));
        }
        [] => {}
    }
    let is_canonical = |part: &&mut Part| part.text.to_lowercase().contains("canonical owasp aivss formula");
    let canonical = parts.iter_mut().find(is_canonical)?;
    // What else the sentence says is told.
    canonical.used = canonical.text.len() <= 80;
    score.version = Some("0.8".to_owned());
    Some("it names no version of AIVSS; the canonical formula is taken for that of 0.8".to_owned())
}

/// The layers from what stands below their title, and remarks on how they were told apart.
fn layers(parts: &mut [Part], draft: &mut Draft) -> Option<String> {
    // The layer to which what follows its bare name belongs.
    let mut open: Option<(LayerKind, String)> = None;
    let mut is_named = false;
    for part in &mut *parts {
        if let Some((kind, text)) = named_layer(part) {
            is_named = true;
            close(&mut open, draft);
            let is_taken = draft.layers.contains_key(&kind);
            // A placeholder is no answer, and what follows it is none either.
            part.used = !is_taken && blank(&text).is_none() || text.is_empty();
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
    if blank(analysis).is_none() && !draft.layers.contains_key(&kind) {
        draft.layers.insert(kind, Layer { uncertain, analysis: analysis.trim().to_owned() });
    }
}
