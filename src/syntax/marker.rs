//! Markers that a text shows as keys, whatever surrounds them.
//!
//! A tree contains the markers that were read. This search finds those that a person sees, so that a marker that no tree
//! contains is a problem. Each word is found with its surroundings as readers see them ([`Seen`]); all searches compare
//! those.

use std::cell::LazyCell;
use std::collections::HashMap;
use std::ops::Range;

use crate::source::{Language, Span, Spans};
use crate::syntax::lookalike::{Colon, Form, Lookalike, colon_after, visible, words};

/// The keys next to the marker.
pub(crate) const PARTS: [&str; 4] = ["agent", "aivss", "maestro", "findings"];
/// The number of [`PARTS`] that make a threat model of the keys around a variant of the marker.
pub(crate) const WHOLE: usize = 2;

/// A word with its surroundings.
#[derive(Debug, PartialEq)]
pub(crate) struct Seen {
    /// The word, without quotes.
    pub(crate) span: Span,
    pub(crate) form: Form,
    /// The text before it in its line, after the last word, as readers see it.
    lead: String,
    /// Whether it is the first word of its line.
    is_first: bool,
    /// The colon after it, if it can be a key.
    colon: Option<Colon>,
}

impl Seen {
    /// Whether the same quotation marks enclose the key. Only then may it be a mention in a code span.
    pub(crate) fn is_quoted(&self) -> bool {
        self.colon.and_then(|colon| colon.quote).is_some_and(|quote| self.lead.ends_with(quote))
    }

    /// Whether the word is the end of a longer one. A letter after a backslash is an escape.
    fn is_inner(&self) -> bool {
        let mut before = self.lead.chars().rev();
        let is_part = before.next().is_some_and(|last| last.is_alphanumeric() || matches!(last, '_' | '.'));
        is_part && before.next() != Some(char::REPLACEMENT_CHARACTER)
    }

    /// Whether the word is the first one of its line, after marks only, and is a key without quotes. The marks may be
    /// emphasis next to other keys of a threat model.
    fn is_bare(&self, text: &str, is_emphasis_a_mark: bool) -> bool {
        let line = self.lead.rsplit(['\n', '\r']).next().unwrap_or_default();
        let marks = if is_emphasis_a_mark { line.trim_end_matches(['*', '_', '~', '`']) } else { line };
        // The colon of an explicit key begins the next line.
        let after = text[self.span.range().end..].trim_start_matches([' ', '\t']);
        let is_explicit =
            line.trim_end().ends_with('?') && (after.is_empty() || after.starts_with(['\n', '\r', '#']));
        let is_key = is_explicit || self.colon.is_some_and(|colon| colon.quote.is_none());
        self.is_first && is_key && are_marks(marks)
    }

    fn is_before_sentence(&self, text: &str) -> bool {
        let value = self.colon.map_or("", |colon| &text[colon.end..]);
        is_sentence(value.split(['\n', '\r']).next().unwrap_or_default())
    }
}

/// The surroundings of words that are in order, in the text from an offset on. A word that begins within another one is
/// skipped.
fn seen<'t>(
    text: &'t str,
    from: usize,
    words: impl IntoIterator<Item = Lookalike> + 't,
    is_page: bool,
) -> impl Iterator<Item = Seen> + 't {
    let mut passed = from;
    words.into_iter().filter_map(move |Lookalike { span, form }| {
        let Range { start, end } = span.range();
        let line = text.get(passed..start)?.rfind(['\n', '\r']).map(|at| passed + at + 1);
        let lead = visible(text.as_bytes(), line.unwrap_or(passed)..start, is_page);
        let is_first = line.is_some() || passed == from;
        passed = end;
        Some(Seen { span, form, lead, is_first, colon: colon_after(text.as_bytes(), end) })
    })
}

/// The words of a text that are no variants, with their surroundings.
fn seen_exactly(text: &str) -> impl Iterator<Item = Seen> {
    let words = words(text, Language::Yaml).into_iter().filter(|word| word.form != Form::Variant);
    seen(text, 0, words, false)
}

/// The markers among the words of a text, in order, without those that are `known`. `fences` are the fenced blocks of a
/// page.
///
/// A marker is the word as a key: in quotes and followed by a colon, or bare, followed by a colon, and preceded in its
/// line by indentation and marks only. In a page, a sentence after a bare word and its colon makes the word a mention,
/// and a variant of the word is a marker where other keys of a threat model follow.
pub(crate) fn shown(
    text: &str,
    words: &[Lookalike],
    language: Language,
    fences: &Spans,
    known: &Spans,
) -> Vec<Seen> {
    let is_page = language == Language::Markdown;
    let parts = LazyCell::new(|| if is_page { FoundParts::of(text, fences) } else { FoundParts::default() });
    let wanted = words.iter().copied().filter(|word| is_page || word.form != Form::Variant);
    let unknown = seen(text, 0, wanted, true).filter(|word| !known.contain(word.span));
    let shown = unknown.filter(|word| {
        let count = parts.near(word.span, fences);
        let is_quoted = word.is_quoted();
        let is_mention = match word.form {
            Form::Variant => count < WHOLE,
            Form::Exact | Form::Disguised => {
                is_page && !is_quoted && count == 0 && word.is_before_sentence(text)
            }
        };
        (is_quoted || word.is_bare(text, count >= WHOLE)) && !is_mention
    });
    shown.collect()
}

/// The markers in a text that is no page, or that does not parse, that are keys, wherever in their lines.
pub(crate) fn keys(text: &str) -> impl Iterator<Item = Span> {
    seen_exactly(text).filter(|word| word.colon.is_some() && !word.is_inner()).map(|word| word.span)
}

/// The bare markers after other keys in braces, among the words of a page from an offset on, which no parser has read. The
/// beginning of their lines must be data.
pub(crate) fn in_braces(
    text: &str,
    words: &[Lookalike],
    from: usize,
    is_data: fn(&str) -> bool,
) -> Vec<Span> {
    let exact = words.iter().copied().filter(|word| word.form != Form::Variant);
    let found = seen(text, from, exact, true).filter(|word| {
        let is_bare = word.colon.is_some_and(|colon| colon.quote.is_none());
        is_bare && word.lead.trim_end().ends_with([',', '{', '[']) && is_data(&word.lead)
    });
    found.map(|word| word.span).collect()
}

/// Whether the beginning of a line in a block of code is data rather than a command or a comment: marks, then a brace or a
/// key.
pub(crate) fn is_data(line: &str) -> bool {
    let line = without_marks(line);
    let key = line.split_once(':').map_or("", |(key, _)| key.trim());
    line.starts_with(['{', '[', '"', ',', '&', '!'])
        || !key.is_empty() && !key.contains(|letter: char| letter.is_whitespace() || letter == '/')
}

/// Whether the beginning of a line outside of code is data: marks, then a brace.
pub(crate) fn is_object(line: &str) -> bool {
    without_marks(line).starts_with(['{', ','])
}

fn without_marks(line: &str) -> &str {
    line.trim_start_matches(|letter: char| letter.is_whitespace() || "-+>*?|".contains(letter))
}

/// Whether a text that does not parse, or was not read as a whole, contains the word outside of comments.
pub(crate) fn is_uncommented(text: &str, language: Language) -> bool {
    let mut is_comment = false;
    seen_exactly(text).any(|word| {
        is_comment &= !word.is_first;
        let mut last = if word.is_first { '\n' } else { 'x' };
        for letter in word.lead.chars() {
            match letter {
                // What seems to begin a comment can be in a string.
                '\n' | '"' | '\'' => is_comment = false,
                '#' if language != Language::Json => is_comment |= last.is_whitespace(),
                '/' if language == Language::Json => is_comment |= last == '/',
                _ => {}
            }
            last = letter;
        }
        let after = &text[word.span.range().end..];
        let is_longer = after.starts_with(|letter: char| letter.is_alphanumeric() || letter == '_');
        !is_comment && !word.is_inner() && !is_longer
    })
}

/// Whether a text that does not parse can be a threat model: it contains the marker outside of comments, or a variant of it
/// next to other keys of a threat model.
pub(crate) fn may_be_model(text: &str, language: Language) -> bool {
    // Text in UTF-16 is not read at all.
    if text.contains('\0') {
        return true;
    }
    let has_word = match language {
        Language::Markdown => keys(text).next().is_some(),
        Language::Yaml | Language::Json => is_uncommented(text, language),
    };
    has_word
        || words(text, language).iter().any(|word| word.form == Form::Variant)
            // Escapes may spell the other keys.
            && (is_whole_model(text) || ["\\x", "\\u", "\\U"].iter().any(|escape| text.contains(escape)))
}

/// The keys of a threat model in a text, at the beginnings of lines, in braces or in quotes: each with its number in [`PARTS`].
fn parts(text: &str) -> impl Iterator<Item = (usize, Span)> + '_ {
    const MARKS: [char; 8] = ['"', '\'', '*', '`', '~', '_', ' ', '\t'];
    PARTS.iter().enumerate().flat_map(move |(number, part)| {
        let words = text
            .match_indices(part)
            .map(|(start, part)| Lookalike { span: Span::new(start, start + part.len()), form: Form::Exact });
        let keys = seen(text, 0, words, true).filter(|word| {
            let before = word.lead.trim_end_matches(MARKS);
            let begins = before.is_empty() && word.is_first;
            word.colon.is_some() && (begins || before.ends_with(['\n', '{', ',', '>', '|', '+']))
        });
        keys.map(move |word| (number, word.span))
    })
}

/// The last key of a threat model of each kind, in each fenced block of a page and outside of them.
#[derive(Default)]
struct FoundParts(HashMap<Option<usize>, [Option<Span>; PARTS.len()]>);

impl FoundParts {
    fn of(text: &str, fences: &Spans) -> Self {
        let mut found = Self::default();
        for (number, span) in parts(text) {
            found.0.entry(fences.place(span)).or_default()[number] = Some(span);
        }
        found
    }

    /// The number of keys in the same block as a word, or after a word that is in no block.
    fn near(&self, word: Span, fences: &Spans) -> usize {
        let fence = fences.place(word);
        let keys = self.0.get(&fence).into_iter().flatten().flatten();
        keys.filter(|key| fence.is_some() || **key > word).count()
    }
}

/// The number of different keys of a threat model in a text.
pub(crate) fn count_parts(text: &str) -> usize {
    FoundParts::of(text, &Spans::default()).near(Span::new(0, 0), &Spans::default())
}

/// Whether a text that has the marker as a key is a whole threat model rather than a mention of its key.
pub(crate) fn is_whole_model(text: &str) -> bool {
    count_parts(text) >= WHOLE
}

/// Whether a text consists of several words, as no version does.
pub(crate) fn is_sentence(text: &str) -> bool {
    /// Fewer words may be a value.
    const FEW: usize = 2;
    let words = text
        .split_whitespace()
        .take(FEW)
        .filter(|word| word.chars().all(|letter| letter.is_alphabetic() || ",.;:'’()`*-".contains(letter)));
    words.count() == FEW && text.trim_start().starts_with(char::is_alphabetic)
}

/// Whether a line consists of marks: white space, or signs that YAML, Markdown and HTML put before a key.
fn are_marks(mut line: &str) -> bool {
    loop {
        line = line.trim_start_matches(|letter: char| letter.is_whitespace() || ">|{?,:-+<".contains(letter));
        let Some(first) = line.chars().next() else { return true };
        let length = match first {
            '*' if line[1..].is_empty() || line[1..].starts_with(char::is_whitespace) => 1,
            '[' if line.starts_with("[^") => line.find("]:").map_or(1, |at| at + 2),
            '[' if ["[ ]", "[x]", "[X]"].iter().any(|task| line.starts_with(task)) => 3,
            '[' => 1,
            // Tags and anchors.
            '!' | '&' => line.find(char::is_whitespace).unwrap_or(line.len()),
            '0'..='9' => match line.trim_start_matches(|letter: char| letter.is_ascii_digit()) {
                rest if rest.starts_with(['.', ')']) => line.len() - rest.len() + 1,
                _ => return false,
            },
            _ => return false,
        };
        line = &line[length..];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Vec<Seen> {
        shown_in(text, Language::Markdown)
    }

    fn shown_in(text: &str, language: Language) -> Vec<Seen> {
        super::shown(text, &words(text, language), language, &Spans::default(), &Spans::default())
    }

    #[test]
    fn key_after_marks_is_a_marker() {
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
    fn quoted_key_is_a_marker_anywhere() {
        for text in [
            "see {\"aivss_threat_model\": 1}",
            "x 'aivss_threat_model' : 1",
            "x \"aivss_threat_model\"\n: 1",
            "> \"aivss_threat_model\"\n> : 1",
            r#"\"aivss_threat_model\": 1"#,
            "<pre>{&quot;aivss_threat_model&quot;: 1",
        ] {
            assert_eq!(shown(text).len(), 1, "{text}");
            assert!(shown(text)[0].is_quoted());
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
        assert_eq!(shown_in(text, Language::Yaml).len(), 1);
    }

    #[test]
    fn bare_word_after_other_keys_is_a_marker_where_its_line_is_data() {
        let found = |text: &str| in_braces(text, &words(text, Language::Markdown), 0, is_data).len();
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
    fn mention_in_prose_is_not_a_marker() {
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
    fn long_line_is_searched_in_linear_time() {
        let words = "aivss_threat_model ".repeat(200_000);
        assert_eq!(shown(&format!("{}{words}", " ".repeat(8_000_000))), []);
    }
}
