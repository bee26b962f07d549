//! A page about an agent, as text or Markdown, to a draft: its title, its summary, a table of factors, a paragraph for
//! each of the seven layers, and the other inputs where they are printed.
//!
//! Pages are written for people, so they are read line by line. What stands twice counts once, and the second is told.
//! A layer is told by its name, or, on a page that names none, by its place among exactly seven paragraphs.

mod layers;
mod numbers;
mod parts;

use layers::layers;
use numbers::score;
use parts::{Part, is_title, parts, says_a_number};

use crate::convert::import::Imported;
use crate::convert::scaffold::{Draft, Score};

/// How many parts of a page that were left are told.
const MOST: usize = 50;
/// How many characters of one.
const LONGEST: usize = 70;
/// What can stand between a name and what is said of it.
const DASHES: [&str; 4] = [" — ", " – ", " - ", ": "];

pub(crate) fn import(text: &str) -> Result<Imported, String> {
    let mut parts = parts(text);
    let score = score(&mut parts);
    let title = parts.iter().position(|part| is_title(part, "maestro"));
    if score.factors.is_empty() && title.is_none() {
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
    let end = title.map_or(parts.len(), |at| at + 1);
    let (rest, below) = parts.split_at_mut(end);
    remarks.extend(layers(below, &mut draft));
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
