//! Import of a page about an agent, as text or Markdown: its title, its summary, a table of factors, a paragraph for each of
//! the seven layers, and other inputs.
//!
//! Pages are written for people, so they are read line by line. Of two values for the same thing, the first one counts.

mod layers;
mod numbers;
mod parts;

use layers::add_layers;
use numbers::{is_complete, score};
use parts::{PagePart, has_number, is_title, parts};

use crate::convert::import::Draft;
use crate::convert::scaffold::{Scaffold, ScaffoldScore};

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
    if score.factors.is_empty() && title.is_none() {
        return Err("no agentic factor and no MAESTRO layer is found in it".to_owned());
    }
    let mut scaffold = Scaffold { score, ..Scaffold::default() };
    // The first part is the page's own title, whatever its text.
    for part in parts.iter_mut().skip(1) {
        part.used |= is_title(part, "aivss") || is_title(part, "maestro");
    }
    let begun = parts.iter().skip(1).position(|part| part.used).map_or(parts.len(), |at| at + 1);
    scaffold.name = name(&mut parts);
    scaffold.summary = summary(&mut parts[..begun]);
    let end = title.map_or(parts.len(), |at| at + 1);
    let (rest, below) = parts.split_at_mut(end);
    let mut remarks = Vec::new();
    remarks.extend(add_layers(below, &mut scaffold));
    remarks.extend(version(rest, &mut scaffold.score));
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
    Ok(Draft { scaffold, remarks })
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
    Some(summary.join(" ")).filter(|summary| !summary.is_empty())
}

/// Sets the version of the standard; returns a remark if the page names none, or several.
fn version(parts: &mut [PagePart], score: &mut ScaffoldScore) -> Option<String> {
    let contains = |name: &str| parts.iter().any(|part| part.text.to_lowercase().contains(name));
    let mut versions = vec!["0.5", "0.8"];
    versions
        .retain(|version| contains(&format!("aivss v{version}")) || contains(&format!("aivss {version}")));
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
    let canonical = parts.iter_mut().find(|part| part.text.to_lowercase().contains(CANONICAL))?;
    // A longer sentence has other content, which is reported.
    canonical.used = canonical.text.len() <= 80;
    score.version = Some("0.8".to_owned());
    Some("it names no version of AIVSS; the canonical formula is taken for that of 0.8".to_owned())
}
