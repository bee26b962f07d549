//! Where a text shows the marker of a threat model as a key, whatever surrounds it.
//!
//! A tree tells which markers were read. This search tells which ones a person sees, so that a marker that no tree
//! contains is a problem and not silence.

use std::collections::HashMap;
use std::ops::Range;

use crate::characters::is_unseen;
use crate::source::{Language, Span};
use crate::syntax::MODEL_MARKER;
use crate::syntax::lookalike::{Form, Lookalike, end_of_link, has_colon, lookalikes, slips, tag};
use crate::syntax::unread::Spans;

/// The spellings of a quotation mark, those that contain another one first.
const QUOTES: [&str; 10] =
    ["&quot;", "&apos;", "&#34;", "&#39;", "&#x22;", "&#x27;", "\\\"", "\\'", "\"", "'"];

/// A marker that a text shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shown {
    /// The word, without quotes.
    pub(crate) span: Span,
    /// Whether quotes enclose it. Only then may it be a mention in a code span.
    pub(crate) is_quoted: bool,
    /// How the word differs from the marker.
    pub(crate) form: Form,
}

/// The markers that a text shows, in order. `fences` are the fenced blocks of a page.
///
/// A marker is the word as a key: in quotes and followed by a colon, or bare, followed by a colon, and preceded in its
/// line by nothing but indentation and marks. In a page, prose that follows a bare word and its colon makes it a mention,
/// and a variant of the word is a marker where other keys of a threat model follow.
pub(crate) fn shown(text: &str, language: Language, fences: &Spans) -> Vec<Shown> {
    let is_page = language == Language::Markdown;
    let words = if is_page { all_words(text) } else { words(text, language) };
    let parts = if is_page && !words.is_empty() { Parts::of(text, fences) } else { Parts::default() };
    let mut shown = Vec::new();
    // The word is no mark, so that only the first one of a line can be bare.
    let mut passed = 0;
    for Lookalike { span, form } in words {
        let Range { start, end } = span.range();
        // What begins within another one ends with it.
        if start < passed {
            continue;
        }
        let line = text[passed..start].rfind(['\n', '\r']).map(|at| passed + at + 1);
        let line = line.or((passed == 0).then_some(0));
        let (lead, after) = (line.map(|line| &text[line..start]), &text[end..]);
        let count = parts.beside(span, fences);
        let is_quoted = is_quoted(text, start, end);
        let is_bare =
            lead.is_some_and(|lead| is_bare(lead, after) || count >= WHOLE && is_emphasized(lead, after));
        let is_mention = match form {
            Form::Variant => count < WHOLE,
            Form::Exact | Form::Disguised => is_page && !is_quoted && count == 0 && is_prose(after),
        };
        if (is_quoted || is_bare) && !is_mention {
            shown.push(Shown { span, is_quoted, form });
        }
        passed = end;
    }
    shown
}

/// Where a text has the word as people read it, in order.
fn words(text: &str, language: Language) -> Vec<Lookalike> {
    let exact = text
        .match_indices(MODEL_MARKER)
        .map(|(start, word)| Lookalike { span: Span::new(start, start + word.len()), form: Form::Exact });
    let disguised = lookalikes(text, language).into_iter().filter(|word| word.form == Form::Disguised);
    let mut words: Vec<Lookalike> = exact.chain(disguised).collect();
    words.sort_unstable_by_key(|word| word.span);
    words
}

/// The words of a page, and the variants of the word.
fn all_words(page: &str) -> Vec<Lookalike> {
    let mut words = words(page, Language::Markdown);
    words.extend(variants(page, Language::Markdown));
    // A slip can be the beginning of a disguise.
    words.sort_unstable_by_key(|word| (word.span.start, word.form));
    words
}

fn variants(text: &str, language: Language) -> impl Iterator<Item = Lookalike> + '_ {
    let variants = lookalikes(text, language).into_iter().filter(|word| word.form == Form::Variant);
    variants.chain(slips(text.as_bytes()))
}

/// Whether a block of YAML or JSON that does not parse contains the marker as a key, at any place of a line.
pub(crate) fn is_mentioned(text: &str) -> bool {
    words(text, Language::Yaml).into_iter().any(|word| is_key(text, word.span))
}

/// Whether a word is not part of another one, and a colon follows it.
fn is_key(text: &str, span: Span) -> bool {
    let rest = text[span.range().end..].trim_start_matches(['"', '\'']);
    after_gap(rest).starts_with(':') && is_word(text, span)
}

/// Whether a word is not part of another one. An escape before it ends with a letter or digit.
fn is_word(text: &str, span: Span) -> bool {
    /// The longest escape, in bytes.
    const ESCAPE: usize = 10;
    let Range { start, end } = span.range();
    let is_part = |letter: char| letter.is_alphanumeric() || letter == '_';
    let is_escaped = || text.as_bytes()[..start].iter().rev().take(ESCAPE).any(|byte| *byte == b'\\');
    let is_inner = text[..start].ends_with(|letter| is_part(letter) || letter == '.') && !is_escaped();
    !is_inner && !text[end..].starts_with(is_part)
}

/// Whether a text that does not parse, or was not read as a whole, contains the word outside of comments.
pub(crate) fn is_uncommented(text: &str, language: Language) -> bool {
    let mut comments = Comments { text, at: 0, is_json: language == Language::Json, is_open: false };
    words(text, Language::Yaml)
        .into_iter()
        .any(|word| !comments.reach(word.span.range().start) && is_word(text, word.span))
}

/// A walk through the comments of a text that does not parse.
struct Comments<'t> {
    text: &'t str,
    at: usize,
    is_json: bool,
    is_open: bool,
}

impl Comments<'_> {
    /// Whether a place further on is in a comment. A quotation mark ends one: what seems to begin it can be in a string.
    fn reach(&mut self, place: usize) -> bool {
        for (at, letter) in self.text.get(self.at..place).unwrap_or_default().char_indices() {
            let before = &self.text[..self.at + at];
            match letter {
                '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}' | '"' | '\'' => self.is_open = false,
                '#' if !self.is_json => {
                    self.is_open |= before.is_empty() || before.ends_with(char::is_whitespace);
                }
                '/' if self.is_json => self.is_open |= before.ends_with('/'),
                _ => {}
            }
        }
        self.at = self.at.max(place);
        self.is_open
    }
}

/// Whether a text that does not parse can be a threat model: it contains the marker outside of comments, or a variant of it
/// next to other keys of a threat model.
pub(crate) fn may_be_model(text: &str, language: Language) -> bool {
    let has_word = || match language {
        Language::Markdown => is_mentioned(text),
        Language::Yaml | Language::Json => is_uncommented(text, language),
    };
    // Escapes may spell the other keys.
    let is_whole =
        || is_whole_model(text) || ["\\x", "\\u", "\\U"].iter().any(|escape| text.contains(escape));
    // Text in UTF-16 is not read at all.
    text.contains('\0') || has_word() || (variants(text, language).next().is_some() && is_whole())
}

/// The keys beside the marker.
pub(crate) const PARTS: [&str; 4] = ["agent", "aivss", "maestro", "findings"];
/// How many of [`PARTS`] make a threat model of the keys around a variant of the marker.
pub(crate) const WHOLE: usize = 2;

/// Where a text has the keys of a threat model, at the beginnings of lines, in braces or in quotes.
fn parts(text: &str) -> impl Iterator<Item = (usize, Span)> + '_ {
    const MARKS: [char; 6] = ['"', '\'', '*', '`', '~', '_'];
    let is_key = |(start, word): &(usize, &str)| {
        let before = before_tags(text[..*start].trim_end_matches(MARKS)).trim_end_matches([' ', '\t']);
        let rest =
            after_tags(text[start + word.len()..].trim_start_matches(MARKS)).trim_start_matches([' ', '\t']);
        has_colon(rest) && (before.is_empty() || before.ends_with(['\n', '\r', '{', ',', '>', '|', '+']))
    };
    let find = move |(number, part): (usize, &'static str)| {
        let keys = text.match_indices(part).filter(is_key);
        keys.map(move |(start, word)| (number, Span::new(start, start + word.len())))
    };
    PARTS.into_iter().enumerate().flat_map(find)
}

/// The keys of a threat model in a page: the last of each kind outside of the fenced blocks, and those in each of them.
#[derive(Default)]
struct Parts {
    last: [Option<Span>; PARTS.len()],
    fenced: HashMap<usize, [bool; PARTS.len()]>,
}

impl Parts {
    fn of(text: &str, fences: &Spans) -> Self {
        let mut found = Self::default();
        for (number, span) in parts(text) {
            match fences.place(span) {
                Some(fence) => found.fenced.entry(fence).or_default()[number] = true,
                None => found.last[number] = Some(span),
            }
        }
        found
    }

    /// How many of them are in the same block as a word, or after one that is in no block.
    fn beside(&self, word: Span, fences: &Spans) -> usize {
        match fences.place(word) {
            Some(fence) => {
                self.fenced.get(&fence).map_or(0, |found| found.iter().filter(|found| **found).count())
            }
            None => self.last.iter().flatten().filter(|span| **span > word).count(),
        }
    }
}

/// How many of the keys of a threat model a text has.
pub(crate) fn count_parts(text: &str) -> usize {
    let mut found = [false; PARTS.len()];
    parts(text).for_each(|(number, _)| found[number] = true);
    found.into_iter().filter(|found| *found).count()
}

/// Whether a text that has the marker as a key is a whole threat model rather than a mention of its key.
pub(crate) fn is_whole_model(text: &str) -> bool {
    count_parts(text) >= WHOLE
}

/// Whether what follows a bare word is a sentence about it.
fn is_prose(after: &str) -> bool {
    let value = after_gap(after).trim_start_matches('\\').strip_prefix(':');
    value.is_some_and(|value| is_sentence(value.split(['\n', '\r']).next().unwrap_or_default()))
}

/// Whether a text consists of several words, as no version does.
pub(crate) fn is_sentence(text: &str) -> bool {
    /// Fewer words may be a value.
    const FEW: usize = 2;
    let is_word =
        |word: &str| word.chars().all(|letter| letter.is_alphabetic() || ",.;:'’()`*-".contains(letter));
    let words = text.split_whitespace().take(FEW).filter(|word| is_word(word)).count();
    words == FEW && text.trim_start().starts_with(char::is_alphabetic)
}

/// The bare markers after other keys in braces, in a part of a text that no parser has read. The beginning of their lines
/// must be data.
pub(crate) fn in_braces(text: &str, block: Range<usize>, is_data: fn(&str) -> bool) -> Vec<Span> {
    let Some(code) = text.get(block.clone()) else { return Vec::new() };
    let mut passed = 0;
    let mut found = Vec::new();
    for word in words(code, Language::Markdown) {
        let Range { start, end } = word.span.range();
        if start < passed {
            continue;
        }
        let line = code[passed..start].rfind(['\n', '\r']).map_or(passed, |at| passed + at + 1);
        let is_inner = code[line..start].trim_end().ends_with([',', '{', '[']);
        if is_inner && has_colon(after_gap(&code[end..])) && is_data(&code[line..start]) {
            found.push(Span::new(block.start + start, block.start + end));
        }
        passed = end;
    }
    found
}

/// The markers in a range of a text that are keys, wherever in their lines.
pub(crate) fn keys(text: &str, range: Range<usize>) -> Vec<Span> {
    let part = &text[range.clone()];
    let keys =
        words(part, Language::Yaml).into_iter().map(|word| word.span).filter(|span| is_key(part, *span));
    keys.map(|span| Span::new(range.start + span.range().start, range.start + span.range().end)).collect()
}

/// Whether the beginning of a line in a block of code is data rather than a command or a comment: marks, then a brace or a
/// key.
pub(crate) fn is_data(line: &str) -> bool {
    let line = without_marks(line);
    let is_key =
        |key: &str| !key.is_empty() && !key.contains(|letter: char| letter.is_whitespace() || letter == '/');
    line.starts_with(['{', '[', '"', ',', '&', '!'])
        || line.split_once(':').is_some_and(|(key, _)| is_key(key.trim()))
}

/// Whether the beginning of a line outside of code is data: marks and HTML tags, then a brace.
pub(crate) fn is_object(line: &str) -> bool {
    without_marks(after_tags(without_marks(line))).starts_with(['{', ','])
}

fn without_marks(line: &str) -> &str {
    line.trim_start_matches(|letter: char| letter.is_whitespace() || "-+>*?|".contains(letter))
}

fn is_quoted(text: &str, start: usize, end: usize) -> bool {
    let (before, after) = (before_tags(&text[..start]), after_tags(&text[end..]));
    let Some(quote) = QUOTES.iter().find(|quote| before.ends_with(**quote)) else { return false };
    after.strip_prefix(quote).is_some_and(|rest| has_colon(after_gap(rest)))
}

/// The longest tag before a word, in bytes.
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
    /// More than that is not skipped, so that a run of tags is not searched from each word in it.
    const MOST: usize = 64;
    let mut text = text.trim_start_matches(is_inkless);
    for _ in 0..MOST {
        let length = match text.as_bytes().first() {
            Some(b'<') => tag(text.as_bytes(), 0).unwrap_or_default(),
            Some(b']') => end_of_link(text.as_bytes(), 0),
            _ => 0,
        };
        let Some(rest) = text.get(length..).filter(|_| length > 0) else { return text };
        text = rest.trim_start_matches(is_inkless);
    }
    text
}

/// What follows a key before its colon is skipped: tags, comments, and the ends of lines with the marks of a quotation.
fn after_gap(mut text: &str) -> &str {
    /// More lines are not skipped.
    const MOST: usize = 8;
    for _ in 0..MOST {
        let rest =
            after_tags(text).trim_start_matches(|letter: char| letter.is_whitespace() || letter == '>');
        let rest = &rest[break_or_comment(rest)..];
        if rest.len() == text.len() {
            return text;
        }
        text = rest;
    }
    text
}

/// The length of a comment, or of a break of a line of Markdown, at the beginning of a text.
fn break_or_comment(text: &str) -> usize {
    /// Longer comments are not skipped, in bytes.
    const LONGEST: usize = 1024;
    let near = &text.as_bytes()[..text.len().min(LONGEST)];
    if text.starts_with("/*") {
        return memchr::memmem::find(near, b"*/").map_or(0, |end| end + 2);
    }
    if text.starts_with("\\\n") || text.starts_with("\\\r") {
        return 2;
    }
    let is_comment = text.starts_with("//") || text.starts_with('#');
    if is_comment { memchr::memchr2(b'\n', b'\r', near).unwrap_or_default() } else { 0 }
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
    matches!(letter, '*' | '`' | '~') || is_unseen(letter)
}

fn is_bare(lead: &str, after: &str) -> bool {
    let rest = after_tags(after).trim_start_matches([' ', '\t']);
    // The colon of an explicit key begins the next line.
    let is_explicit =
        lead.trim_end().ends_with('?') && (rest.is_empty() || rest.starts_with(['\n', '\r', '#']));
    (is_explicit || has_colon(after_gap(rest))) && (is_marks(lead) || is_marks(after_block_tag(lead)))
}

/// Whether a key is bare but for emphasis around it.
fn is_emphasized(lead: &str, after: &str) -> bool {
    const EMPHASIS: [char; 4] = ['*', '_', '~', '`'];
    let inner = lead.trim_end_matches(EMPHASIS);
    inner.len() < lead.len() && is_bare(inner, after.trim_start_matches(EMPHASIS))
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
        _ => (first.is_whitespace() || is_unseen(first)).then(|| first.len_utf8()),
    }
}

/// The length of a bracket, of the box of a task, or of the label of a footnote.
fn bracket(text: &str) -> usize {
    let label = text.starts_with("[^").then(|| text.find("]:")).flatten();
    let is_box = ["[ ]", "[x]", "[X]"].iter().any(|task| text.starts_with(task));
    label.map_or(if is_box { 3 } else { 1 }, |at| at + 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Vec<Shown> {
        super::shown(text, Language::Markdown, &Spans::of([]))
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
        assert_eq!(super::shown(text, Language::Yaml, &Spans::of([])).len(), 1);
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
