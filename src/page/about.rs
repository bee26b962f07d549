//! The name and the summary of the agent that a page is about.

use std::ops::Range;

use crate::aivss::LayerSet;
use crate::page::columns::{Piece, locate};
use crate::page::layers::without_shortcodes;
use crate::page::leads::lead_of;
use crate::syntax::outline::{OutlineBlock, OutlineKind, PageText, hull};

/// The most characters of a summary.
const MAX_SUMMARY_LENGTH: usize = 1_000;
const MAX_NAME_LENGTH: usize = 200;

/// Labels of lines that name the agent.
const NAMING: [&str; 8] =
    ["project", "system", "agent", "agent name", "project name", "system name", "application", "product"];
/// Last words of labels of other facts, as in "Agent owner: …".
const FACTS: [&str; 9] =
    ["owner", "author", "reviewer", "team", "date", "version", "status", "environment", "tier"];
/// Titles of sections that sum up a page.
const SUMMARIES: [&str; 9] = [
    "executive summary",
    "summary",
    "overview",
    "tl;dr",
    "tldr",
    "system overview",
    "introduction",
    "description",
    "abstract",
];
/// Words of titles that name no agent.
const GENERIC: [&str; 25] = [
    "comprehensive",
    "review",
    "risk",
    "register",
    "detailed",
    "threat",
    "model",
    "modeling",
    "modelling",
    "models",
    "maestro",
    "threats",
    "security",
    "analysis",
    "agentic",
    "ai",
    "agent",
    "report",
    "assessment",
    "document",
    "framework",
    "the",
    "of",
    "for",
    "aivss",
];
/// Phrases that a title has besides the name.
const PHRASES: [&str; 14] = [
    "(maestro)",
    "threat assessment",
    "risk assessment",
    "risk register",
    "security review",
    "threat modeling",
    "threat modelling",
    "threat models",
    "threat model",
    "threat-model",
    "threat analysis",
    "maestro",
    "aivss",
    "security analysis",
];

/// The name and the summary, and the numbers of the blocks that contain them.
#[derive(Debug, Default)]
pub(crate) struct PageAbout {
    pub(crate) name: Option<Piece>,
    pub(crate) summary: Option<Piece>,
    pub(crate) read: Vec<usize>,
}

/// Reads the name and the summary from the blocks in a range, of which the first heading of the highest level is the title.
/// `is_section` says whether they are the section of one agent of several.
pub(crate) fn read_about(
    blocks: &[OutlineBlock],
    range: Range<usize>,
    text: &str,
    is_section: bool,
) -> PageAbout {
    let mut about = PageAbout::default();
    let title = range.clone().find(|at| match blocks[*at].kind {
        OutlineKind::Heading(level) => is_section || level == 1,
        _ => false,
    });
    let phrase = title.map(|at| &blocks[at].phrase);
    about.read.extend(title);
    let own = phrase.map(|phrase| (name_in(&phrase.text), phrase.span));
    if let Some((Some(name), span)) = own {
        about.name = Some(locate(&name, span, text));
    } else if let Some((at, name)) = labelled(blocks, range.clone(), text, &NAMING) {
        if fact_count(&blocks[at]) == 1 {
            about.read.push(at);
        }
        about.name = Some(name);
    }
    let from = title.map_or(range.start, |at| at + 1);
    let section = range
        .clone()
        .find(|at| matches!(blocks[*at].kind, OutlineKind::Heading(_)) && is_summary(&blocks[*at].phrase));
    let own = section.map(|at| at + 1..range.end).map(|range| paragraphs(blocks, range, text));
    let first = own
        .filter(|own| !own.is_empty())
        .or_else(|| title.map(|_| paragraphs(blocks, from..range.end, text)));
    let first = first.unwrap_or_default();
    about.summary = summary(blocks, &first, text);
    if let Some(summary) = &about.summary {
        // A summary that was cut leaves something.
        let is_cut = summary.text.len() + 2 * first.len()
            < first.iter().map(|at| blocks[*at].phrase.text.trim().len()).sum();
        about.read.extend(first.into_iter().filter(|_| !is_cut));
        about.read.extend(section);
    }
    about
}

fn is_summary(phrase: &PageText) -> bool {
    let words = phrase.text.trim_matches(|letter: char| !letter.is_alphanumeric()).to_lowercase();
    let words =
        words.trim_start_matches(|letter: char| letter.is_ascii_digit() || matches!(letter, '.' | ')' | ' '));
    SUMMARIES.contains(&words)
}

/// The paragraphs up to the next heading, without lines of labels and pictures, as far as they fit into a summary.
fn paragraphs(blocks: &[OutlineBlock], range: Range<usize>, text: &str) -> Vec<usize> {
    let is_heading = |block: &OutlineBlock| {
        matches!(block.kind, OutlineKind::Heading(_)) || lead_of(block, text, LayerSet::DEFAULT).is_some()
    };
    let section = range.take_while(|at| !is_heading(&blocks[*at]));
    let mut length = 0;
    let texts = section.filter(|at| {
        matches!(blocks[*at].kind, OutlineKind::Paragraph) && !is_about_page(&blocks[*at].phrase)
    });
    let fitting = texts.take_while(|at| {
        let is_first = length == 0;
        length += blocks[*at].phrase.text.chars().count() + 2;
        is_first || length <= MAX_SUMMARY_LENGTH
    });
    fitting.collect()
}

/// Whether a paragraph consists of labels and values, as `**Owner:** x · **Date:** y` does, or is part of a score.
fn is_about_page(phrase: &PageText) -> bool {
    let is_label =
        |line: &str| line.split_once(':').is_some_and(|(label, _)| label.split_whitespace().count() <= 3);
    let is_number = |line: &str| {
        let (_, value) = line.rsplit_once(": ").unwrap_or_default();
        line.starts_with('|') || value.starts_with(|letter: char| letter.is_ascii_digit())
    };
    let mut lines = phrase.text.lines();
    let is_named = lines.clone().any(|line| line.split_once(':').is_some_and(|(label, _)| is_fact(label)));
    ((phrase.strong > 0 || is_named) && lines.clone().all(is_label))
        || lines.all(is_number)
        || is_score(&phrase.text)
}

/// Whether a text is about a score: it has a vector, or names both CVSS and AIVSS.
fn is_score(text: &str) -> bool {
    let small = text.to_ascii_lowercase();
    small.contains("cvss:4.0/") || small.contains("cvss") && small.contains("aivss")
}

fn summary(blocks: &[OutlineBlock], paragraphs: &[usize], text: &str) -> Option<Piece> {
    let spans = paragraphs.iter().map(|at| blocks[*at].phrase.span);
    let span = spans.reduce(hull)?;
    let texts: Vec<&str> = paragraphs.iter().map(|at| blocks[*at].phrase.text.trim()).collect();
    let whole = texts.join("\n\n");
    let end = whole.char_indices().nth(MAX_SUMMARY_LENGTH).map(|(end, _)| end);
    let Some(end) = end else { return Some(Piece::new(whole, span)) };
    let short = &whole[..end];
    let sentence = short.rfind(". ").map(|at| at + 1).or_else(|| short.rfind(' ')).unwrap_or(end);
    Some(locate(&short[..sentence], span, text))
}

/// The name in a title: what is left without phrases such as "threat model". `None` for a generic title.
pub(crate) fn name_in(title: &str) -> Option<String> {
    let title = without_shortcodes(title);
    let mut name: String = title.lines().next().unwrap_or_default().chars().take(MAX_NAME_LENGTH).collect();
    let is_generic = words(&name).all(|word| GENERIC.contains(&&*word.to_lowercase()));
    if is_generic {
        return None;
    }
    for phrase in PHRASES {
        let small = name.to_ascii_lowercase();
        if let Some(at) = small.find(phrase).filter(|at| !is_part_of_word(&small, *at, phrase.len())) {
            let after = name[at + phrase.len()..].trim_start_matches(is_separator);
            let before = name[..at].trim_end_matches(is_separator);
            name = match (before.is_empty(), after.is_empty()) {
                (true, _) => after.to_owned(),
                (_, true) => before.to_owned(),
                (false, false) => format!("{before} {after}"),
            };
        }
    }
    let mut rest = name.trim_matches(is_separator);
    for word in ["for ", "of ", "the ", "agent: ", "agent — ", "agent – ", "system: ", "project: "] {
        let opening = rest.get(..word.len()).filter(|opening| opening.eq_ignore_ascii_case(word));
        rest = opening.map_or(rest, |_| rest[word.len()..].trim_start_matches(is_separator));
    }
    let rest = rest.strip_suffix(" of").or_else(|| rest.strip_suffix(" for")).unwrap_or(rest);
    words(rest).next().map(|_| rest.to_owned())
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty())
}

fn is_part_of_word(text: &str, at: usize, length: usize) -> bool {
    text[..at].ends_with(char::is_alphanumeric) || text[at + length..].starts_with(char::is_alphanumeric)
}

/// Whether a character at the end of a name separates it from other parts of the title, or is an emoji.
fn is_separator(letter: char) -> bool {
    !letter.is_alphanumeric() && !"()[]\"'“”„«».!?%+*/&#".contains(letter)
}

/// The value of the first line or row with one of the labels, such as `**Project**: Planner`, above the layers.
pub(crate) fn labelled(
    blocks: &[OutlineBlock],
    range: Range<usize>,
    text: &str,
    labels: &[&str],
) -> Option<(usize, Piece)> {
    const MAX: usize = 40;
    let is_label = |label: &str| labels.contains(&&*label.trim().to_lowercase());
    for at in range.take(MAX) {
        let block = &blocks[at];
        let name = match &block.kind {
            OutlineKind::Table(rows) => rows.iter().find_map(|row| {
                let [label, value] = row.cells.as_slice() else { return None };
                is_label(&label.text).then(|| locate(value.text.trim(), value.span, text))
            }),
            OutlineKind::Paragraph | OutlineKind::Item => {
                let parts = block.phrase.text.split(['\n', '·', '|']);
                let mut values =
                    parts.filter_map(|part| part.split_once(':').filter(|(label, _)| is_label(label)));
                values.next().map(|(_, name)| locate(name.trim(), block.phrase.span, text))
            }
            OutlineKind::Heading(_) | OutlineKind::Caption | OutlineKind::Other => None,
        };
        if let Some(name) = name.filter(|name| !name.text.is_empty() && name.text.len() <= MAX_NAME_LENGTH) {
            return Some((at, name));
        }
    }
    None
}

/// The number of facts that a block can state: rows, or lines and their parts.
pub(crate) fn fact_count(block: &OutlineBlock) -> usize {
    match &block.kind {
        OutlineKind::Table(rows) => rows.len(),
        OutlineKind::Paragraph | OutlineKind::Item => {
            block.phrase.text.trim().split(['\n', '·', '|']).count()
        }
        OutlineKind::Heading(_) | OutlineKind::Caption | OutlineKind::Other => 1,
    }
}

/// Whether a label is one of a fact, so that its line belongs to no summary.
fn is_fact(label: &str) -> bool {
    let label = label.trim().to_lowercase();
    NAMING.contains(&&*label)
        || label.split_whitespace().next_back().is_some_and(|word| FACTS.contains(&word))
}
