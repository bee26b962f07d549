//! The numbers of a page: factors from rows and lines, and the other inputs. A text that could be read as two numbers is not
//! read.

use crate::aivss::{Band, Factor};
use crate::convert::data::Data;
use crate::convert::import::page::PagePart;
use crate::decimal::Decimal;

/// Whether a line is a factor or an input by itself, so that it does not continue in the next one.
pub(crate) fn is_complete(part: &PagePart) -> bool {
    factor(part).is_some() || input(part).is_some()
}

/// The factors, inputs and results of a page, as a block `aivss`. The first of several counts.
pub(crate) fn score(parts: &mut [PagePart]) -> Data {
    let mut score = Data::EMPTY;
    for part in parts {
        if let Some(found) = factor(part) {
            let path = format!("factors/{}", found.factor.key());
            if score.get(&path).is_none() {
                score.put(&path, found.given);
                part.used = found.is_whole;
            }
        } else if let Some(vector) = vector(&part.text) {
            score.put("cvss", vector);
            // Other text next to a vector is not imported.
            part.used =
                score.text("cvss") == Some(vector) && part.text.len() <= vector.len() + "CVSS vector: ".len();
            add_sentence(part, &mut score);
        } else if let Some(found) = input(part) {
            if score.get(found.key).is_none() {
                score.put(found.key, found.value);
                if let Some(band) = found.band {
                    score.put("severity", band.name());
                }
                part.used = true;
            }
        } else {
            add_sentence(part, &mut score);
        }
    }
    score
}

/// An input or result on a line or in a row of its own.
struct PageInput {
    /// Its key in the block `aivss`.
    key: &'static str,
    value: Decimal,
    band: Option<Band>,
}

/// Reads a line such as `Threat multiplier: 1.1` or `AIVSS score: 9.6 (Critical)`.
fn input(part: &PagePart) -> Option<PageInput> {
    let (name, value) = match part.cells.as_slice() {
        [name, value, rest @ ..] if rest.iter().all(String::is_empty) => (name.as_str(), value.as_str()),
        [] => part.text.split_once(':')?,
        _ => return None,
    };
    let (value, band) = match value.trim().strip_suffix(')').and_then(|value| value.split_once(" (")) {
        Some((value, band)) => (value, Some(Band::named(band)?)),
        None => (value.trim(), None),
    };
    let key = match name.trim().to_lowercase().as_str() {
        "cvss base" | "cvss base score" => "cvss_base",
        "factor sum" => "factor_sum",
        "aars" | "aars uplift" | "uplift" => "aars",
        "threat multiplier" | "aivss threat multiplier" => "threat_multiplier",
        "mitigation factor" | "aivss mitigation factor" => "mitigation_factor",
        "aivss" | "aivss score" => "score",
        _ => return None,
    };
    Some(PageInput { key, value: Decimal::parse(value).ok()?, band })
}

fn vector(text: &str) -> Option<&str> {
    let mut words = text.split_whitespace();
    Some(words.find(|word| word.starts_with("CVSS:4.0/"))?.trim_end_matches(['.', ',', ';', ')']))
}

struct FoundFactor {
    factor: Factor,
    /// Its number, or a mapping with its rationale.
    given: Data,
    /// Whether the part contains nothing else.
    is_whole: bool,
}

/// Reads a factor from a row, or from a line such as `Autonomy of Action: 0.60 (books by itself)`.
fn factor(part: &PagePart) -> Option<FoundFactor> {
    let (name, value, rationale, is_whole);
    if let [first, second, rest @ ..] = part.cells.as_slice() {
        let mut rest = rest.iter().filter(|cell| !cell.is_empty());
        let only = rest.next().filter(|_| rest.next().is_none());
        is_whole = part.cells[2..].iter().all(String::is_empty) || only.is_some_and(|cell| is_text(cell));
        rationale = only.filter(|cell| is_text(cell)).cloned();
        (name, value) = (first.as_str(), second.as_str());
    } else {
        let split = part.text.strip_suffix(')').and_then(|text| text.rsplit_once(" ("));
        let text = split.map_or(part.text.as_str(), |(text, _)| text);
        rationale = split.map(|(_, rationale)| rationale.to_owned());
        is_whole = true;
        (name, value) = text.rsplit_once([' ', '\t', ':'])?;
    }
    // A name may be a link.
    let name = name.trim().trim_end_matches(':');
    let link = name.strip_prefix('[').and_then(|name| name.split_once("]("));
    let factor = Factor::named(link.map_or(name, |(text, _)| text))?;
    let value = Decimal::parse(value).ok()?;
    let given = match rationale {
        None => Data::from(value),
        Some(rationale) => Data::Map(vec![
            ("score".to_owned(), value.into()),
            ("rationale".to_owned(), Data::Text(rationale)),
        ]),
    };
    Some(FoundFactor { factor, given, is_whole })
}

fn is_text(cell: &str) -> bool {
    Decimal::parse(cell).is_err()
}

/// Adds inputs and results from a line like "CVSS base 8.5, AARS uplift 1.07, factor sum 6.5/10, threat ×1.1, mitigation ×1.0
/// → AIVSS 9.6 Critical". The first such line counts.
fn add_sentence(part: &mut PagePart, score: &mut Data) {
    let small = part.text.to_lowercase();
    let Some(base) = small.find("cvss base") else { return };
    let line = &small[base..];
    let is_first = score.get("cvss_base").is_none() && score.get("score").is_none();
    if small.len() != part.text.len() || !is_first || !line.contains("aivss") {
        return;
    }
    let found = [
        number_after(line, &["cvss base score", "cvss base"]),
        number_after(line, &["aars uplift", "aars"]),
        number_after(line, &["factor sum"]),
        number_after(line, &["threat multiplier", "threat"]),
        number_after(line, &["mitigation factor", "mitigation"]),
        // A version before the inputs is not a score.
        number_after(line, &["aivss score", "aivss"]),
    ];
    // Other sentences can mention both.
    if found[0].is_none() || found.iter().flatten().count() < 3 {
        return;
    }
    let keys = ["cvss_base", "aars", "factor_sum", "threat_multiplier", "mitigation_factor", "score"];
    for (key, number) in keys.into_iter().zip(found) {
        if let Some(Ok(number)) = number {
            score.put(key, number);
        }
    }
    let after = small.rfind("aivss").map_or("", |at| &part.text[at..]);
    let mut words = after.split(|letter: char| !letter.is_alphanumeric()).rev();
    if let Some(band) = words.find_map(Band::named) {
        score.put("severity", band.name());
    }
    part.used = !found.contains(&Some(Err(Ambiguous)));
}

/// A number that could be read as another one: `1,1`, `20%`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Ambiguous;

/// The number after the first label that has one, with only signs between.
fn number_after(text: &str, labels: &[&str]) -> Option<Result<Decimal, Ambiguous>> {
    labels.iter().find_map(|label| {
        let rest = &text[text.find(label)? + label.len()..];
        let rest = rest.trim_start_matches([' ', ':', '=', '×', 'x', '*', '≈', '~', '\t', '(']);
        if !rest.starts_with(|letter: char| letter.is_ascii_digit()) {
            return None;
        }
        let end = rest.find(|letter: char| !letter.is_ascii_digit() && letter != '.').unwrap_or(rest.len());
        let (number, after) = rest.split_at(end);
        let is_list = after
            .strip_prefix(',')
            .is_some_and(|rest| rest.starts_with(|letter: char| letter.is_ascii_digit()));
        if is_list || after.trim_start().starts_with('%') {
            return Some(Err(Ambiguous));
        }
        Some(Decimal::parse(number.trim_end_matches('.')).map_err(|_| Ambiguous))
    })
}
