//! The score in the prose of a page: factors, inputs and results from rows of tables and from lines. A text that could be
//! read as two numbers is not read.

use crate::aivss::{Band, Factor, Formula, MITIGATION_LEVELS, MultiplierLevel, THREAT_LEVELS};
use crate::convert::data::Data;
use crate::convert::import::page::take;
use crate::decimal::Decimal;
use crate::page::{BlockUse, PageDraft};
use crate::syntax::outline::{OutlineBlock, OutlineKind, TableRow};

/// The factors, inputs and results of the agent of a root, as a block `aivss`. The first of several counts. What belongs to
/// a layer is not read.
pub(crate) fn score(page: &mut PageDraft<'_>, root: usize) -> Data {
    let mut score = Data::EMPTY;
    for at in page.ranges[root].clone() {
        if page.uses[at] != BlockUse::Layers && add_block(&page.blocks[at], &mut score) {
            take(page, at);
        }
    }
    score
}

/// Adds the numbers of a block; returns whether all of its text was taken.
fn add_block(block: &OutlineBlock, score: &mut Data) -> bool {
    match &block.kind {
        OutlineKind::Heading(_) | OutlineKind::Caption => false,
        OutlineKind::Table(rows) => {
            let rationale = rationale_column(rows);
            let rows = rows.iter().map(|row| {
                let cells: Vec<&str> = row.cells.iter().map(|cell| cell.text.trim()).collect();
                add_row(&cells, rationale, score)
            });
            // The header of a table is not a value.
            rows.skip(1).fold(true, |is_whole, is_taken| is_whole & is_taken)
        }
        OutlineKind::Paragraph | OutlineKind::Item | OutlineKind::Other => {
            let text = block.phrase.text.trim();
            let lines = text.lines().map(str::trim);
            let is_taken =
                lines.map(|line| add_line(line, score)).fold(true, |is_whole, is_taken| is_whole & is_taken);
            is_taken || add_sentence(&text.replace('\n', " "), score)
        }
    }
}

/// Adds the number of a line; returns whether all of it was taken.
fn add_line(line: &str, score: &mut Data) -> bool {
    if line.starts_with('|') {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        return add_row(&cells, None, score);
    }
    // A rationale after a dash or in parentheses, and a name that may end with a colon.
    let dashed = [" — ", " – ", " - "].into_iter().find_map(|dash| line.split_once(dash));
    let dashed = dashed.filter(|(bare, _)| bare.ends_with(|letter: char| letter.is_ascii_digit()));
    let enclosed = line.strip_suffix(')').and_then(|line| line.rsplit_once(" ("));
    if let Some((name, value)) = enclosed
        && add_factor(name, value, None, score)
    {
        return true;
    }
    let split = dashed.or(enclosed);
    let (bare, rationale) = split.map_or((line, None), |(bare, rationale)| (bare, Some(rationale)));
    if let Some((name, value)) = bare.rsplit_once([' ', '\t', ':'])
        && add_factor(name, value, rationale, score)
    {
        return true;
    }
    if let Some((name, value)) = line.split_once(':')
        && add_input(name, value, score)
    {
        return true;
    }
    add_vector(line, score)
}

/// The column of the reasons in a table of factors.
fn rationale_column(rows: &[TableRow]) -> Option<usize> {
    const NAMES: [&str; 7] = ["why", "rationale", "reason", "reasoning", "justification", "comment", "notes"];
    rows.first()?.cells.iter().position(|cell| NAMES.contains(&&*cell.text.trim().to_lowercase()))
}

/// Adds the number of a row: a name, the first number after it, and a rationale. Returns whether all of it was taken.
fn add_row(cells: &[&str], rationale: Option<usize>, score: &mut Data) -> bool {
    const MAX: usize = 3;
    for (at, name) in cells.iter().enumerate().take(MAX) {
        let Some((value, others)) = cells.get(at + 1..).and_then(<[&str]>::split_first) else { return false };
        if named(name).is_some() {
            let texts: Vec<&str> = others.iter().copied().filter(|cell| !cell.is_empty()).collect();
            let column =
                rationale.and_then(|column| cells.get(column)).copied().filter(|cell| !cell.is_empty());
            let only = match texts.as_slice() {
                [only] if !starts_with_number(only) => Some(*only),
                _ => None,
            };
            let given = cells.iter().skip(at + 1).find(|cell| starts_with_number(cell)).unwrap_or(value);
            let reason = column.or(only);
            return add_factor(name, given, reason, score)
                && texts.iter().all(|text| reason == Some(*text) || text == given);
        }
        if input_key(name).is_some() {
            let is_whole = others.iter().all(|cell| cell.is_empty());
            return add_input(name, value, score) && is_whole;
        }
    }
    false
}

fn starts_with_number(text: &str) -> bool {
    text.starts_with(|letter: char| letter.is_ascii_digit())
}

/// The factor of a name, which may be a link or end with a colon.
fn named(name: &str) -> Option<Factor> {
    let name = name.trim().trim_end_matches(':').trim_matches(['-', '*', ' ']);
    let link = name.strip_prefix('[').and_then(|name| name.split_once("]("));
    Factor::named(link.map_or(name, |(text, _)| text))
}

/// Adds a factor, unless there is one; returns whether it was added.
fn add_factor(name: &str, value: &str, rationale: Option<&str>, score: &mut Data) -> bool {
    let Some(factor) = named(name) else { return false };
    let value = value.trim().trim_start_matches('=').trim_start();
    let Ok(value) =
        Decimal::parse(value.strip_suffix("/1.0").or_else(|| value.strip_suffix("/1")).unwrap_or(value))
    else {
        return false;
    };
    let path = format!("factors/{}", factor.key());
    if score.get(&path).is_some() {
        return false;
    }
    match rationale {
        None => score.put(&path, value),
        Some(rationale) => {
            score.put(&format!("{path}/score"), value);
            score.put(&format!("{path}/rationale"), rationale);
        }
    }
    true
}

/// The names of inputs and results, each with its key in the block `aivss`.
const INPUTS: [(&str, &[&str]); 8] = [
    ("cvss", &["cvss vector", "vector", "cvss base vector"]),
    ("cvss_base", &["cvss base", "cvss base score", "cvss score", "base score"]),
    ("factor_sum", &["factor sum", "sum of factors", "sum of the factors"]),
    ("aars", &["aars", "aars uplift", "uplift", "agentic uplift"]),
    ("threat_multiplier", &["threat multiplier", "aivss threat multiplier", "thm"]),
    ("mitigation_factor", &["mitigation factor", "aivss mitigation factor"]),
    ("score", &["aivss", "aivss score", "final aivss score", "overall aivss score"]),
    ("severity", &["aivss severity", "aivss rating"]),
];

fn input_key(name: &str) -> Option<&'static str> {
    let name = name.trim().trim_matches(['-', '*', ' ']).to_lowercase();
    let name = name.split(" (").next().unwrap_or_default();
    let words = name
        .split_whitespace()
        .filter(|word| !["v4.0", "4.0", "v0.8", "v0.5", "0.8", "0.5", "owasp"].contains(word));
    let name = words.collect::<Vec<_>>().join(" ");
    Some(INPUTS.iter().find(|(_, names)| names.contains(&&*name))?.0)
}

/// Adds an input or a result such as `Threat multiplier: 1.1` or `AIVSS score: 9.6 (Critical)`, unless there is one;
/// returns whether it was added.
fn add_input(name: &str, value: &str, score: &mut Data) -> bool {
    let Some(key) = input_key(name).filter(|key| score.get(key).is_none()) else { return false };
    let value = value.trim().trim_matches('`');
    match key {
        "cvss" => add_vector(value, score),
        "severity" => Band::named(value).is_some_and(|band| {
            score.put(key, band.name());
            true
        }),
        "threat_multiplier" if is_level(value, THREAT_LEVELS) => {
            score.put(key, &*value.to_lowercase());
            true
        }
        "mitigation_factor" if is_level(value, MITIGATION_LEVELS) => {
            score.put(key, &*value.to_lowercase());
            true
        }
        _ => {
            let Some(Ok((number, rest))) = number(value) else { return false };
            let rest = rest.trim();
            let rest = rest
                .strip_prefix('/')
                .and_then(|rest| rest.trim_start().strip_prefix("10"))
                .unwrap_or(rest)
                .trim();
            let remark =
                rest.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')).unwrap_or(rest).trim();
            let band = Band::named(remark);
            // More text may follow in a sentence of its own.
            let is_apart = remark != rest || rest.starts_with(['.', ';', '—', '–']);
            if !remark.is_empty() && band.is_none() && !is_apart {
                return false;
            }
            // `AIVSS: 0.8` names a version.
            if key == "score" && Formula::named(&number.to_string()).is_some() {
                return false;
            }
            score.put(key, number);
            if let Some(band) = band.filter(|_| key == "score") {
                score.put("severity", band.name());
            }
            // A multiplier's remark names its level.
            let is_level = remark != rest && matches!(key, "threat_multiplier" | "mitigation_factor");
            remark.is_empty() || band.is_some() || is_level
        }
    }
}

fn is_level(value: &str, levels: &[MultiplierLevel]) -> bool {
    levels.iter().any(|level| level.name.eq_ignore_ascii_case(value))
}

/// Adds the first CVSS vector of a text; returns whether the text is little else.
fn add_vector(text: &str, score: &mut Data) -> bool {
    let mut words =
        text.split_whitespace().map(|word| word.trim_matches(['`', '*', '(', ')', '.', ',', ';']));
    let Some(vector) = words.find(|word| word.starts_with("CVSS:4.0/")) else { return false };
    score.put("cvss", vector);
    score.text("cvss") == Some(vector) && text.len() <= vector.len() + "CVSS vector: ``".len()
}

/// Adds inputs and results from a text like "CVSS base 8.5, AARS uplift 1.07, factor sum 6.5/10, threat ×1.1, mitigation ×1.0
/// → AIVSS 9.6 Critical". The first such text counts; returns whether it was taken.
fn add_sentence(text: &str, score: &mut Data) -> bool {
    let small = text.to_lowercase();
    let Some(base) = small.find("cvss base") else { return false };
    let line = &small[base..];
    let is_first = score.get("cvss_base").is_none() && score.get("score").is_none();
    if small.len() != text.len() || !is_first || !line.contains("aivss") {
        return false;
    }
    let labels: [(&str, &[&str]); 6] = [
        ("cvss_base", &["cvss base score", "cvss base"]),
        ("aars", &["aars uplift", "aars"]),
        ("factor_sum", &["factor sum"]),
        ("threat_multiplier", &["threat multiplier", "threat"]),
        ("mitigation_factor", &["mitigation factor", "mitigation"]),
        // A version before the inputs is not a score.
        ("score", &["aivss score", "aivss"]),
    ];
    let found = labels.map(|(key, labels)| (key, number_after(line, labels)));
    // Other sentences can mention both.
    if found[0].1.is_none() || found.iter().filter(|(_, number)| number.is_some()).count() < 3 {
        return false;
    }
    let after = small.rfind("aivss").map_or("", |at| &text[at..]);
    let mut words = after.split(|letter: char| !letter.is_alphanumeric()).rev();
    if let Some(band) = words.find_map(Band::named) {
        score.put("severity", band.name());
    }
    let mut is_whole = true;
    for (key, number) in found {
        match number {
            Some(Ok(number)) => score.put(key, number),
            Some(Err(Ambiguous)) => is_whole = false,
            None => {}
        }
    }
    is_whole
}

/// A number that could be read as another one: `1,1`, `20%`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Ambiguous;

/// The number after the first label that has one, with only signs between.
fn number_after(text: &str, labels: &[&str]) -> Option<Result<Decimal, Ambiguous>> {
    let found = labels.iter().find_map(|label| number(&text[text.find(label)? + label.len()..]))?;
    Some(found.map(|(number, _)| number))
}

/// The number at the beginning of a text, and the rest of it.
fn number(text: &str) -> Option<Result<(Decimal, &str), Ambiguous>> {
    let rest = text.trim_start_matches([' ', ':', '=', '×', 'x', '*', '≈', '~', '\t', '(']);
    if !starts_with_number(rest) {
        return None;
    }
    let end = rest.find(|letter: char| !letter.is_ascii_digit() && letter != '.').unwrap_or(rest.len());
    // A point at the end belongs to the sentence.
    let (number, after) = rest.split_at(rest[..end].trim_end_matches('.').len());
    if after.strip_prefix(',').is_some_and(starts_with_number) || after.trim_start().starts_with('%') {
        return Some(Err(Ambiguous));
    }
    Some(Decimal::parse(number).map(|number| (number, after)).map_err(|_| Ambiguous))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::draft;
    use crate::source::Source;

    #[test]
    fn lines_and_rows_give_numbers_and_reasons() {
        for (text, expected) in [
            ("- **Execution Autonomy**: 1.0 — nobody confirms", "factors/autonomy_of_action/score 1.0"),
            (
                "- **Execution Autonomy**: 1.0 — nobody confirms",
                "factors/autonomy_of_action/rationale nobody confirms",
            ),
            ("Behavioral Non-Determinism (0.5)", "factors/non_determinism 0.5"),
            ("Tool Control Surface — 0.5", "factors/dynamic_tool_use 0.5"),
            ("**Memory Use:** 0.50 (short)", "factors/persistent_memory/rationale short"),
            ("| 7 | Self-Mod | 0.5 | |", "factors/self_modification 0.5"),
            ("CVSS v4.0 base score: 8.7. Vector below.", "cvss_base 8.7"),
            ("**Threat multiplier:** ×0.97", "threat_multiplier 0.97"),
            ("Threat multiplier: Attacked", "threat_multiplier attacked"),
            ("Mitigation factor (M): 0.83 (partial)", "mitigation_factor 0.83"),
            ("**AIVSS score: 9.4 / 10 (Critical)**", "score 9.4"),
            ("**AIVSS score: 9.4/10 (Critical)**", "severity Critical"),
            ("Vector: `CVSS:4.0/AV:N/AC:L`.", "cvss CVSS:4.0/AV:N/AC:L"),
            ("AIVSS: 0.8", ""),
            ("Autonomy: 50%", ""),
            ("Threat multiplier: 1,1", ""),
            ("CVSS base: high", ""),
        ] {
            let source = Source::decode("a.md", format!("# A\n\n{text}\n").into_bytes());
            let score = score(&mut draft(&source), 0);
            let (path, value) = expected.split_once(' ').unwrap_or_default();
            let found = score.get(path).map(|found| match found {
                Data::Number(found) | Data::Text(found) => found.as_str(),
                other => panic!("{other:?}"),
            });
            assert_eq!(found.unwrap_or_default(), value, "{text}: {score:?}");
            assert!(!expected.is_empty() || score.entries().is_empty(), "{text}: {score:?}");
        }
    }
}
