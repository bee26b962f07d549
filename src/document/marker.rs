//! Where a text shows the marker of a threat model as a key, whatever surrounds it.
//!
//! A tree tells which markers were read. This search tells which ones a person sees, so that a marker that no tree
//! contains is a problem and not silence.

use super::MODEL_MARKER;
use crate::source::Span;

/// The spellings of the marker in a text. Markdown shows the second one as the first.
const SPELLINGS: [&str; 2] = [MODEL_MARKER, r"aivss\_threat\_model"];

/// The spellings of a quotation mark, those that contain another one first.
const QUOTES: [&str; 10] =
    ["&quot;", "&apos;", "&#34;", "&#39;", "&#x22;", "&#x27;", "\\\"", "\\'", "\"", "'"];

/// A marker that a text shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shown {
    /// The word, without quotes.
    pub(super) span: Span,
    /// Whether quotes enclose it. Only then may it be a mention in a code span.
    pub(super) is_quoted: bool,
}

/// The markers that a text shows, in order.
///
/// A marker is the word as a key: in quotes and followed by a colon, or bare, followed by a colon, and preceded in its
/// line by nothing but indentation and marks.
pub(super) fn shown(text: &str) -> Vec<Shown> {
    let mut shown: Vec<Shown> = SPELLINGS.iter().flat_map(|word| spelled(text, word)).collect();
    shown.sort_by_key(|marker| marker.span);
    shown
}

fn spelled(text: &str, word: &str) -> Vec<Shown> {
    let mut shown = Vec::new();
    // The word is no mark, so that only the first one of a line can be bare.
    let mut passed = 0;
    for (start, _) in text.match_indices(word) {
        let end = start + word.len();
        let line = text[passed..start].rfind(['\n', '\r']).map(|at| passed + at + 1);
        let line = line.or((passed == 0).then_some(0));
        let is_quoted = is_quoted(text, start, end);
        if is_quoted || line.is_some_and(|line| is_bare(&text[line..start], &text[end..])) {
            shown.push(Shown { span: Span::new(start, end), is_quoted });
        }
        passed = end;
    }
    shown
}

/// Whether a block of YAML or JSON that does not parse contains the marker as a key, at any place of a line.
pub(crate) fn is_mentioned(text: &str) -> bool {
    text.match_indices(MODEL_MARKER).any(|(start, word)| {
        let rest = text[start + word.len()..].trim_start_matches(['"', '\'']);
        rest.trim_start().starts_with(':')
    })
}

fn is_quoted(text: &str, start: usize, end: usize) -> bool {
    let (before, after) = (&text[..start], &text[end..]);
    let Some(quote) = QUOTES.iter().find(|quote| before.ends_with(**quote)) else { return false };
    let Some(rest) = after.strip_prefix(quote) else { return false };
    // In a quotation, the next line begins with its mark.
    rest.trim_start_matches(|letter: char| letter.is_whitespace() || letter == '>').starts_with(':')
}

fn is_bare(lead: &str, after: &str) -> bool {
    let rest = after.trim_start_matches([' ', '\t']);
    // The colon of an explicit key begins the next line.
    let is_explicit = lead.trim_end().ends_with('?') && (rest.is_empty() || rest.starts_with(['\n', '\r']));
    (rest.starts_with(':') || is_explicit) && is_marks(lead)
}

/// Whether a text consists of marks.
fn is_marks(mut text: &str) -> bool {
    while !text.is_empty() {
        let Some(rest) = mark(text).and_then(|length| text.get(length..)) else { return false };
        text = rest;
    }
    true
}

/// The length of the mark at the beginning of a text: space, or what YAML, Markdown and HTML put before a key.
fn mark(text: &str) -> Option<usize> {
    let first = text.chars().next()?;
    let word = || text.find(char::is_whitespace).unwrap_or(text.len());
    match first {
        '>' | '|' | '{' | '?' | ',' | ':' | '-' | '+' => Some(1),
        '*' => text[1..].chars().next().is_none_or(char::is_whitespace).then_some(1),
        '[' => Some(bracket(text)),
        '<' if text.starts_with("<!--") => Some(4),
        '<' => text.find('>').map(|at| at + 1),
        // Tags, anchors and character references.
        '!' | '&' => Some(word()),
        '0'..='9' => {
            let digits = text.find(|letter: char| !letter.is_ascii_digit())?;
            text[digits..].starts_with(['.', ')']).then_some(digits + 1)
        }
        _ => (first.is_whitespace() || is_invisible(first)).then(|| first.len_utf8()),
    }
}

/// The length of a bracket, of the box of a task, or of the label of a footnote.
fn bracket(text: &str) -> usize {
    let label = text.starts_with("[^").then(|| text.find("]:")).flatten();
    let is_box = ["[ ]", "[x]", "[X]"].iter().any(|task| text.starts_with(task));
    label.map_or(if is_box { 3 } else { 1 }, |at| at + 2)
}

const fn is_invisible(letter: char) -> bool {
    matches!(letter, '\u{AD}' | '\u{200B}'..='\u{200F}' | '\u{2060}' | '\u{FEFF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_behind_marks_is_a_marker() {
        for lead in [
            "",
            "    ",
            "\t",
            "- ",
            "* ",
            "+ ",
            "1. ",
            "12) ",
            "> ",
            "> > ",
            "| ",
            "{",
            "{ ",
            "[{",
            "? ",
            "- - ",
            "-",
            "+",
            "- [ ] ",
            "<pre>",
            "<td><code>",
            "<!-- ",
            "</b>",
            "[^1]: ",
            "&nbsp;",
            "&a ",
            "!!str ",
            "\u{FEFF}",
            "\u{A0}",
            "x\n",
            "x\r",
            "x\r\n  ",
            ", ",
        ] {
            assert_eq!(shown(&format!("{lead}aivss_threat_model: 1")).len(), 1, "{lead:?}");
            assert_eq!(shown(&format!("{lead}aivss_threat_model  :")).len(), 1, "{lead:?}");
        }
        assert_eq!(shown("? aivss_threat_model\n: 1").len(), 1);
        assert_eq!(shown("> ? aivss_threat_model").len(), 1);
        assert_eq!(shown(r"aivss\_threat\_model: 1").len(), 1);
    }

    #[test]
    fn a_quoted_key_is_a_marker_anywhere() {
        for text in [
            "see {\"aivss_threat_model\": 1}",
            "x 'aivss_threat_model' : 1",
            "x \"aivss_threat_model\"\n: 1",
            "> \"aivss_threat_model\"\n> : 1",
            r#"\"aivss_threat_model\": 1"#,
            "<pre>{&quot;aivss_threat_model&quot;: 1",
        ] {
            assert_eq!(shown(text).len(), 1, "{text}");
            assert!(shown(text)[0].is_quoted);
        }
    }

    #[test]
    fn a_mention_in_prose_is_no_marker() {
        for text in [
            "Put `aivss_threat_model: 1` first.",
            "The marker aivss_threat_model: 1 comes first.",
            "`aivss_threat_model: 1` is the first key.",
            "# aivss_threat_model: 1",
            "**aivss_threat_model: 1**",
            "aivss_threat_model is a key",
            "- the key aivss_threat_model: it comes first",
            "aivss_threat_model_version: 1",
            "my_aivss_threat_model: 1",
            "'aivss_threat_model: 1'",
            "\"aivss_threat_model\" is a key: the first one",
            "required: [\"aivss_threat_model\", \"agent\"]",
            "aivss_threat_model aivss_threat_model: 1",
        ] {
            assert_eq!(shown(text), [], "{text}");
        }
    }

    #[test]
    fn a_long_line_takes_no_longer_than_its_length() {
        let words = "aivss_threat_model ".repeat(200_000);
        assert_eq!(shown(&format!("{}{words}", " ".repeat(8_000_000))), []);
    }
}
