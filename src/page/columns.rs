//! The words of registers: headers of tables, labels in lists, and values, as people write them.

use crate::aivss::CoreRisk;
use crate::source::Span;
use crate::syntax::outline::PageText;

/// A column of a table of threats, or a label in the text of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ThreatField {
    Id,
    Title,
    Severity,
    Likelihood,
    Impact,
    Status,
    Mitigation,
    Reason,
    Owner,
    Due,
    Refs,
}

impl ThreatField {
    /// The key of a threat.
    pub(crate) const fn key(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::Title => "title",
            Self::Severity => "severity",
            Self::Likelihood => "likelihood",
            Self::Impact => "impact",
            Self::Status => "status",
            Self::Mitigation => "mitigation",
            Self::Reason => "reason",
            Self::Owner => "owner",
            Self::Due => "due",
            Self::Refs => "refs",
        }
    }

    /// Whether its values are sentences.
    pub(crate) const fn is_prose(self) -> bool {
        match self {
            Self::Title | Self::Mitigation | Self::Reason => true,
            Self::Id
            | Self::Severity
            | Self::Likelihood
            | Self::Impact
            | Self::Status
            | Self::Owner
            | Self::Due
            | Self::Refs => false,
        }
    }

    /// Whether a table with such a column next to a title lists threats.
    pub(crate) const fn is_telling(self) -> bool {
        match self {
            Self::Severity | Self::Likelihood | Self::Impact | Self::Status | Self::Mitigation => true,
            Self::Id | Self::Title | Self::Reason | Self::Owner | Self::Due | Self::Refs => false,
        }
    }
}

/// The headers of the columns, in lower case. Of several columns for a field, the one named first here counts, but all
/// references are read.
const HEADERS: [(ThreatField, &[&str]); 11] = [
    (ThreatField::Id, &["id", "threat id", "risk id", "finding id", "ref id", "ref", "#", "no", "nr"]),
    (
        ThreatField::Title,
        &["title", "threat title", "threat", "finding", "risk", "issue", "scenario", "threat scenario"],
    ),
    (ThreatField::Severity, &["severity", "risk level", "rating", "risk rating", "criticality"]),
    (ThreatField::Likelihood, &["likelihood", "l", "probability"]),
    (ThreatField::Impact, &["impact", "i"]),
    (ThreatField::Status, &["status", "state"]),
    (
        ThreatField::Mitigation,
        &[
            "mitigation",
            "mitigations",
            "control",
            "controls",
            "countermeasure",
            "countermeasures",
            "treatment",
            "mitigation strategy",
            "proposed mitigation",
            "recommended mitigation",
            "remediation",
        ],
    ),
    (ThreatField::Reason, &["reason", "justification", "rationale"]),
    (ThreatField::Owner, &["owner", "risk owner", "assignee", "responsible"]),
    (ThreatField::Due, &["due", "due date", "deadline", "target", "target date"]),
    (
        ThreatField::Refs,
        &[
            "mapping",
            "mappings",
            "framework mapping",
            "references",
            "reference",
            "refs",
            "cwe",
            "asi",
            "owasp",
            "asi threat",
            "owasp mapping",
            "asi id",
            "owasp asi",
            "atlas",
            "mitre atlas",
            "cve",
            "threat type",
        ],
    ),
];

/// Headers of columns that name layers.
const LAYERS: [&str; 7] =
    ["layer", "layers", "maestro layer", "maestro layers", "affected layer", "affected layers", "maestro"];

/// Headers of columns that define a layer, besides those that open with one of [`DEFINING`].
const DEFINITIONS: [&str; 18] = [
    "name",
    "layer name",
    "description",
    "definition",
    "scope",
    "components",
    "component",
    "examples",
    "example",
    "contents",
    "covers",
    "focus",
    "purpose",
    "key components",
    "what it is",
    "explanation",
    "meaning",
    "elements",
];
const DEFINING: [&str; 5] = ["typical ", "example ", "what belongs", "what it ", "what is "];

/// A header in lower-case words.
pub(crate) fn header(phrase: &PageText) -> String {
    let words = phrase.text.split(|letter: char| !(letter.is_alphanumeric() || letter == '#'));
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).take(5).collect();
    words.join(" ").to_lowercase()
}

/// The field of a header with its rank: the lower of two counts.
pub(crate) fn field_of(header: &str) -> Option<(ThreatField, usize)> {
    let mut fields = HEADERS.iter();
    fields.find_map(|(field, names)| Some((*field, names.iter().position(|name| *name == header)?)))
}

/// Whether a header names several threats, which is a field only next to an identifier or a severity.
pub(crate) fn is_plural_title(header: &str) -> bool {
    matches!(header, "threats" | "risks" | "findings" | "issues" | "threat description" | "description")
}

pub(crate) fn names_layers(header: &str) -> bool {
    LAYERS.contains(&header)
}

pub(crate) fn defines_layer(header: &str) -> bool {
    header.is_empty()
        || header == "#"
        || names_layers(header)
        || DEFINITIONS.contains(&header)
        || DEFINING.iter().any(|opening| header.starts_with(opening))
}

/// A text and the bytes that it was read from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Piece {
    pub(crate) text: String,
    pub(crate) span: Span,
}

impl Piece {
    pub(crate) fn new(text: impl Into<String>, span: Span) -> Self {
        Self { text: text.into(), span }
    }
}

/// The words of a value in lower case.
fn words(text: &str) -> impl Iterator<Item = String> + '_ {
    let words = text.split(|letter: char| !letter.is_alphanumeric() && letter != '\'');
    words.filter(|word| !word.is_empty()).map(str::to_lowercase)
}

/// The severity in a value: `High`, `🔴 high (7.8)`, `9.1 (Critical)`, `🟠`, `M/H`; of several the highest. "None yet" is none.
pub(crate) fn severity(text: &str) -> Option<&'static str> {
    const BANDS: [&str; 5] = ["None", "Low", "Medium", "High", "Critical"];
    const COLORS: [char; 4] = ['🟢', '🟡', '🟠', '🔴'];
    const NEUTRAL: [&str; 4] = ["risk", "severity", "impact", "cvss"];
    let number = |word: &str| match word {
        "none" | "info" | "informational" => Some(0),
        "low" => Some(1),
        "medium" | "moderate" | "med" => Some(2),
        "high" => Some(3),
        "critical" | "crit" => Some(4),
        _ => None,
    };
    let letter = |word: &str| ["l", "m", "h", "c"].iter().position(|other| *other == word).map(|at| at + 1);
    let Some(first) = words(text).find(|word| !word.bytes().all(|byte| byte.is_ascii_digit())) else {
        let color = COLORS.iter().position(|color| text.contains(*color))?;
        return BANDS.get(color + 1).copied();
    };
    let short = letter(&first);
    let lowest = short.or_else(|| number(&first))?;
    let others =
        words(text).filter_map(|word| letter(&word).filter(|_| short.is_some()).or_else(|| number(&word)));
    let highest = others.fold(lowest, usize::max);
    let is_bare = || {
        words(text).all(|word| {
            NEUTRAL.contains(&&*word) || number(&word).is_some() || !word.contains(char::is_alphabetic)
        })
    };
    BANDS.get(highest).copied().filter(|_| highest > 0 || is_bare())
}

/// The likelihood or impact that a value begins with: 1 to 5, or a word.
pub(crate) fn level(text: &str) -> Option<&'static str> {
    Some(match &*words(text).next()? {
        "1" => "1",
        "2" => "2",
        "3" => "3",
        "4" => "4",
        "5" => "5",
        "high" | "h" => "High",
        "medium" | "moderate" | "med" | "m" => "Medium",
        "low" | "l" => "Low",
        _ => return None,
    })
}

/// The status that a value consists of, with at most a date, a place or a version after it. Any other value leaves the threat
/// open, as do signs that deny it.
pub(crate) fn status(text: &str) -> Option<&'static str> {
    const DENIALS: &str = "?%=☐❌✗✘✖×🚫⛔";
    const AFTER: [&str; 14] = [
        "in", "on", "by", "since", "at", "via", "version", "release", "commit", "pr", "ticket", "issue",
        "risk", "fully",
    ];
    let words: Vec<String> = words(text).skip_while(|word| word == "risk").collect();
    let (first, rest) = words.split_first()?;
    let is_plain = |word: &String| {
        AFTER.contains(&&**word) || word != "0" && word.contains(|letter: char| letter.is_ascii_digit())
    };
    // "Done by 2030" is a plan.
    let is_promise =
        words.windows(2).any(|pair| pair[0] == "by" && pair[1].len() == 4 && pair[1].starts_with("20"));
    let is_denied = text.contains(|letter| DENIALS.contains(letter)) || text.contains("[ ]");
    if is_denied || is_promise || !rest.iter().all(is_plain) {
        return None;
    }
    Some(match &**first {
        "open" => "open",
        "mitigated" => "mitigated",
        "accepted" => "accepted",
        "transferred" => "transferred",
        "closed" | "done" | "fixed" | "resolved" => "closed",
        _ => return None,
    })
}

/// Whether a text is a day, YYYY-MM-DD.
pub(crate) fn is_day(text: &str) -> bool {
    text.len() == 10
        && text
            .bytes()
            .enumerate()
            .all(|(at, byte)| if matches!(at, 4 | 7) { byte == b'-' } else { byte.is_ascii_digit() })
}

/// Whether a text is empty, or a mark for nothing.
pub(crate) fn is_nothing(text: &str) -> bool {
    text.chars()
        .all(|letter| letter.is_whitespace() || matches!(letter, '-' | '–' | '—' | '.' | '…' | '_' | '/'))
}

/// Whether a text is a reference to a known list: `ASI02`, `T6`, `CWE-798`, `AML.T0053`, `CVE-2026-0001`.
pub(crate) fn is_reference(text: &str) -> bool {
    let is_number =
        |rest: &str| !rest.is_empty() && rest.len() < 10 && rest.bytes().all(|byte| byte.is_ascii_digit());
    ["ASI", "CWE-", "T"].iter().any(|list| text.strip_prefix(list).is_some_and(is_number))
        || text.strip_prefix("AML.T").is_some_and(|rest| rest.split('.').all(is_number))
        || text.strip_prefix("CVE-").is_some_and(|rest| {
            rest.split_once('-').is_some_and(|(year, number)| is_number(year) && is_number(number))
        })
}

/// Whether a text is the identifier of a threat: capitals and a number, as in `T6`, `R-01`, `ASI02`, `D1`.
pub(crate) fn is_identifier(text: &str) -> bool {
    let rest = text.trim_start_matches(|letter: char| letter.is_ascii_uppercase());
    let (capitals, number) = (text.len() - rest.len(), rest.strip_prefix('-').unwrap_or(rest));
    let number = number.strip_suffix(|letter: char| letter.is_ascii_lowercase()).unwrap_or(number);
    (1..=8).contains(&capitals)
        && (1..=5).contains(&number.len())
        && number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
}

/// The references in a text: entries of lists, and names of core risks. A threat has a few, of which some are known.
pub(crate) fn references(text: &str, span: Span, source: &str, known: usize) -> Vec<Piece> {
    const MAX: usize = 50;
    let entries = text.split([',', ';', '(', ')', '[', ']', '\n']).flat_map(|entry| {
        let words = entry.split_whitespace().map(|part| part.trim_matches([':', '.', '*', '`']));
        let mut references = words.filter(|part| is_reference(part)).peekable();
        // An entry is a name, or has identifiers.
        let name = if references.peek().is_none() {
            Some(entry.trim()).filter(|name| CoreRisk::named(name).is_some())
        } else {
            None
        };
        references.chain(name)
    });
    entries.take(MAX.saturating_sub(known)).map(|part| locate(part, span, source)).collect()
}

#[cfg(test)]
thread_local! {
    /// The bytes that were searched for the places of texts.
    pub(crate) static SEARCHED: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

/// A part of a text that was read from a span, at its own bytes if they are literal there.
pub(crate) fn locate(part: &str, within: Span, source: &str) -> Piece {
    let written = source.get(within.range()).unwrap_or_default();
    #[cfg(test)]
    SEARCHED.set(SEARCHED.get() + written.len());
    let span = written
        .find(part)
        .filter(|_| !part.is_empty())
        .map_or(within, |at| Span::new(at, at + part.len()).moved(within.range().start));
    Piece::new(part, span)
}

/// The identifier that a title opens with, and the title without it: `T6: Intent breaking`.
pub(crate) fn identified(title: &str) -> Option<(&str, &str)> {
    let (first, after) =
        title.split_once(|letter: char| letter.is_whitespace() || letter == ':').unwrap_or((title, ""));
    let first = first.trim_matches(['[', ']', '(', ')', '.', ':']);
    is_identifier(first).then(|| (first, without_separators(after)))
}

/// A text without the signs between it and what precedes it.
pub(crate) fn without_separators(text: &str) -> &str {
    text.trim_start_matches(|letter: char| {
        letter.is_whitespace() || matches!(letter, '—' | '–' | '-' | ':' | '|' | '.' | '·')
    })
}

/// The severity that a text consists of: `High`, `Severity: High`, `High risk`, `CRITICAL`.
pub(crate) fn severity_alone(text: &str) -> Option<&str> {
    let words = text.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty());
    let mut words =
        words.filter(|word| !["severity", "risk"].iter().any(|other| word.eq_ignore_ascii_case(other)));
    let word = words.next().filter(|word| word.len() > 2 && severity(word).is_some())?;
    words.next().is_none().then_some(word)
}
