//! The numbers of a page: factors from rows and lines, and the other inputs where they are printed. What could be read as
//! two numbers is read as none.

use std::collections::btree_map::Entry;

use crate::aivss::Band;
use crate::aivss::Factor;
use crate::convert::import::page::parts::Part;
use crate::convert::scaffold::Score;
use crate::decimal::Decimal;

/// Whether a line is a factor or an input by itself, so that it does not go on in the next one.
pub(crate) fn stands_alone(part: &Part) -> bool {
    factor(part).is_some() || input(part).is_some()
}

/// The factors and whatever other inputs and results are printed.
pub(crate) fn score(parts: &mut [Part]) -> Score {
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
