//! Where a text shows the marker of a threat model as a key, whatever surrounds it.
//!
//! A tree tells which markers were read. This search tells which ones a person sees, so that a marker that no tree
//! contains is a problem and not silence.

use std::ops::Range;

use super::MODEL_MARKER;
use super::lookalike::{COLONS, Form, Lookalike, end_of_link, has_slip, lookalikes};
use crate::source::{Language, Span};

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
/// line by nothing but indentation and marks. In a page, prose that follows a bare word and its colon makes it a mention.
pub(super) fn shown(text: &str, language: Language) -> Vec<Shown> {
    let mut shown = Vec::new();
    // The word is no mark, so that only the first one of a line can be bare.
    let mut passed = 0;
    for (start, end) in words(text, language) {
        // What begins within another one ends with it.
        if start < passed {
            continue;
        }
        let line = text[passed..start].rfind(['\n', '\r']).map(|at| passed + at + 1);
        let line = line.or((passed == 0).then_some(0));
        let is_quoted = is_quoted(text, start, end);
        let is_bare = || line.is_some_and(|line| is_bare(&text[line..start], &text[end..]));
        if is_quoted || is_bare() && !(language == Language::Markdown && is_prose(&text[end..])) {
            shown.push(Shown { span: Span::new(start, end), is_quoted });
        }
        passed = end;
    }
    shown
}

/// Where a text has the word as people read it, in order.
fn words(text: &str, language: Language) -> Vec<(usize, usize)> {
    let plain = text.match_indices(MODEL_MARKER).map(|(start, word)| (start, start + word.len()));
    let disguised = lookalikes(text, language).into_iter().filter(|word| word.form == Form::Disguised);
    let disguised = disguised.map(|word| (word.span.range().start, word.span.range().end));
    let mut words: Vec<(usize, usize)> = plain.chain(disguised).collect();
    words.sort_unstable();
    words
}

/// Whether a block of YAML or JSON that does not parse contains the marker as a key, at any place of a line.
pub(crate) fn is_mentioned(text: &str) -> bool {
    words(text, Language::Yaml).into_iter().any(|(start, end)| is_key(text, start, end))
}

/// Whether a word is not part of another one, and a colon follows it.
fn is_key(text: &str, start: usize, end: usize) -> bool {
    let is_part = |letter: char| letter.is_alphanumeric() || letter == '_' || letter == '.';
    let rest = text[end..].trim_start_matches(['"', '\'']).trim_start();
    rest.starts_with(':') && !text[..start].ends_with(is_part)
}

/// Whether a text that does not parse can contain the marker as a key, of whatever form.
pub(crate) fn may_be_key(text: &str, language: Language) -> bool {
    let is_comment = |line: &&str| line.trim_start().starts_with('#');
    let lines: Vec<&str> = text.split(['\n', '\r']).filter(|line| !is_comment(line)).collect();
    let text = lines.join("\n");
    let is_variant = |word: &Lookalike| {
        let Range { start, end } = word.span.range();
        word.form == Form::Variant && (is_quoted(&text, start, end) || is_first_key(&text, start, end))
    };
    let is_lookalike = || lookalikes(&text, language).iter().any(is_variant) || has_slip(text.as_bytes());
    // Text in UTF-16 is not read at all.
    text.contains('\0') || is_mentioned(&text) || (count_parts(&text) > 0 && is_lookalike())
}

fn is_first_key(text: &str, start: usize, end: usize) -> bool {
    let line = text[..start].rfind('\n').map_or(0, |at| at + 1);
    is_bare(&text[line..start], &text[end..])
}

/// The keys beside the marker.
pub(crate) const PARTS: [&str; 4] = ["agent", "aivss", "maestro", "findings"];

/// How many of the keys of a threat model a text has, at the beginnings of lines, in braces or in quotes.
fn count_parts(text: &str) -> usize {
    let has = |part: &&str| {
        text.match_indices(*part).any(|(start, word)| {
            let before = text[..start].trim_end_matches(['"', '\'']).trim_end_matches([' ', '\t']);
            let rest =
                text[start + word.len()..].trim_start_matches(['"', '\'']).trim_start_matches([' ', '\t']);
            rest.starts_with(':')
                && (before.is_empty() || before.ends_with(['\n', '\r', '{', ',', '>', '|', '+']))
        })
    };
    PARTS.iter().filter(|part| has(part)).count()
}

/// Whether a text that has the marker as a key is a whole threat model rather than a mention of its key.
pub(super) fn is_whole_model(text: &str) -> bool {
    count_parts(text) >= 2
}

/// Whether what follows a bare word is a sentence about it: a colon, some words, and no other key of a threat model below.
fn is_prose(after: &str) -> bool {
    /// How far other keys are looked for, in characters.
    const FAR: usize = 4096;
    let Some(value) = after.trim_start_matches([' ', '\t']).strip_prefix(':') else { return false };
    let line = value.split(['\n', '\r']).next().unwrap_or_default();
    let far = value.char_indices().map(|(at, _)| at).nth(FAR).unwrap_or(value.len());
    is_sentence(line) && count_parts(&value[..far]) == 0
}

/// Whether a text consists of several words, as no version does.
pub(super) fn is_sentence(text: &str) -> bool {
    /// Fewer words may be a value.
    const FEW: usize = 3;
    let is_word =
        |word: &str| word.chars().all(|letter| letter.is_alphabetic() || ",.;:'’()`*-".contains(letter));
    let words = text.split_whitespace().take(FEW).filter(|word| is_word(word)).count();
    words == FEW && text.trim_start().starts_with(char::is_alphabetic)
}

/// The bare markers after other keys in braces, in a part of a text that no parser has read. The beginning of their lines
/// must be data.
pub(super) fn in_braces(text: &str, block: Range<usize>, is_data: fn(&str) -> bool) -> Vec<Span> {
    let Some(code) = text.get(block.clone()) else { return Vec::new() };
    let mut passed = 0;
    let mut found = Vec::new();
    for (start, end) in words(code, Language::Markdown) {
        if start < passed {
            continue;
        }
        let line = code[passed..start].rfind(['\n', '\r']).map_or(passed, |at| passed + at + 1);
        let is_inner = code[line..start].trim_end().ends_with([',', '{', '[']);
        if is_inner && has_colon(after_tags(&code[end..]).trim_start()) && is_data(&code[line..start]) {
            found.push(Span::new(block.start + start, block.start + end));
        }
        passed = end;
    }
    found
}

/// The markers in a range of a text that are keys, wherever in their lines.
pub(super) fn keys(text: &str, range: Range<usize>) -> Vec<Span> {
    let part = &text[range.clone()];
    let keys = words(part, Language::Yaml).into_iter().filter(|(start, end)| is_key(part, *start, *end));
    keys.map(|(start, end)| Span::new(range.start + start, range.start + end)).collect()
}

/// Whether the beginning of a line in a block of code is data rather than a command or a comment: marks, then a brace or a
/// key.
pub(super) fn is_data(line: &str) -> bool {
    let line = without_marks(line);
    let is_key =
        |key: &str| !key.is_empty() && !key.contains(|letter: char| letter.is_whitespace() || letter == '/');
    line.starts_with(['{', '[', '"', ',', '&', '!'])
        || line.split_once(':').is_some_and(|(key, _)| is_key(key.trim()))
}

/// Whether the beginning of a line outside of code is data: marks and HTML tags, then a brace.
pub(super) fn is_object(line: &str) -> bool {
    without_marks(after_tags(without_marks(line))).starts_with(['{', ','])
}

fn without_marks(line: &str) -> &str {
    line.trim_start_matches(|letter: char| letter.is_whitespace() || "-+>*?|".contains(letter))
}

fn is_quoted(text: &str, start: usize, end: usize) -> bool {
    let (before, after) = (before_tags(&text[..start]), after_tags(&text[end..]));
    let Some(quote) = QUOTES.iter().find(|quote| before.ends_with(**quote)) else { return false };
    let Some(rest) = after.strip_prefix(quote) else { return false };
    // In a quotation, the next line begins with its mark.
    has_colon(rest.trim_start_matches(|letter: char| letter.is_whitespace() || letter == '>'))
}

/// The longest tag that is skipped, in bytes.
const LONGEST_TAG: usize = 256;

/// A text without the HTML tags at its end.
fn before_tags(mut text: &str) -> &str {
    while text.ends_with('>') {
        let from = text.len().saturating_sub(LONGEST_TAG);
        let Some(at) = text.as_bytes()[from..].iter().rposition(|byte| *byte == b'<') else { break };
        if !text[from + at + 1..].starts_with(|letter: char| letter == '/' || letter.is_ascii_alphabetic()) {
            break;
        }
        text = &text[..from + at];
    }
    text
}

/// A text without the HTML tags, the ends of links, the invisible characters and the marks of emphasis at its beginning.
fn after_tags(text: &str) -> &str {
    let mut text = text.trim_start_matches(is_inkless);
    loop {
        let length = match text.as_bytes().first() {
            Some(b'<') => {
                text.bytes().take(LONGEST_TAG).position(|byte| byte == b'>').map_or(0, |end| end + 1)
            }
            Some(b']') => end_of_link(text.as_bytes(), 0),
            _ => 0,
        };
        let Some(rest) = text.get(length..).filter(|_| length > 0) else { return text };
        text = rest.trim_start_matches(is_inkless);
    }
}

/// Whether a text begins with a colon, however a page spells it.
fn has_colon(text: &str) -> bool {
    COLONS.iter().any(|colon| text.starts_with(colon))
}

/// The part of a line after the last HTML tag that begins a line of its own.
fn after_block_tag(lead: &str) -> &str {
    const OPENING: [&str; 7] = ["br", "p", "li", "div", "pre", "td", "dd"];
    const CLOSING: [&str; 3] = ["/p", "/div", "/summary"];
    /// Longer ones are no line of text.
    const MOST: usize = 1024;
    if lead.len() > MOST {
        return lead;
    }
    let mut starts = lead.match_indices('<').filter_map(|(at, _)| {
        let (tag, _) = lead[at + 1..].split_once('>')?;
        let name = tag.split(char::is_whitespace).next()?.trim_end_matches('/').to_ascii_lowercase();
        (OPENING.iter().chain(&CLOSING)).any(|known| name == *known).then_some(at + 1 + tag.len() + 1)
    });
    starts.next_back().map_or(lead, |at| &lead[at..])
}

fn is_inkless(letter: char) -> bool {
    matches!(letter, '*' | '`' | '~') || is_invisible(letter)
}

fn is_bare(lead: &str, after: &str) -> bool {
    let rest = after_tags(after).trim_start_matches([' ', '\t']);
    // The colon of an explicit key begins the next line.
    let is_explicit = lead.trim_end().ends_with('?') && (rest.is_empty() || rest.starts_with(['\n', '\r']));
    (has_colon(rest) || is_explicit) && (is_marks(lead) || is_marks(after_block_tag(lead)))
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

    fn shown(text: &str) -> Vec<Shown> {
        super::shown(text, Language::Markdown)
    }

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
    fn marker_that_a_page_joins_is_a_marker() {
        for text in [
            "aivss&#95;threat_model: 1",
            "aivss_<b>threat</b>_model: 1",
            "- aivss_threat_model&colon; 1",
            r"aivss_threat_model\: 1",
            "<b>aivss_threat_model</b>: 1",
            "[aivss_threat_model](x): 1",
            "text<br>aivss_threat_model: 1",
            "{&quot;aivss_<i>threat</i>_model&quot;: 1}",
            "\u{430}ivss_threat_model: 1",
        ] {
            assert_eq!(shown(text).len(), 1, "{text}");
        }
        assert_eq!(shown("AIVSS threat model: see below"), []);
    }

    #[test]
    fn sentence_after_a_bare_word_makes_it_a_mention_unless_other_keys_follow() {
        let text = "- aivss_threat_model: the marker is now required\n";
        assert_eq!(shown(text), []);
        assert_eq!(shown(&format!("{text}agent:\n  name: Planner\n")).len(), 1);
        assert_eq!(super::shown(text, Language::Yaml).len(), 1);
    }

    #[test]
    fn bare_word_after_other_keys_is_a_marker_where_its_line_is_data() {
        let found = |text: &str| in_braces(text, 0..text.len(), is_data).len();
        for text in [
            "{ agent: {name: A}, aivss_threat_model: 1 }",
            "evil: { agent: {name: A}, aivss_threat_model: 1 }",
            "- { aivss_threat_model: 1 }",
            "{ a: 1, aivss&#95;threat_model: 1 }",
        ] {
            assert_eq!(found(text), 1, "{text}");
        }
        for text in [
            "$ yq '{a: 1, aivss_threat_model: 1}' x",
            "# {aivss_threat_model: 1}",
            "const m = { aivss_threat_model: 1 }",
            "{ aivss_threat_model }",
        ] {
            assert_eq!(found(text), 0, "{text}");
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
