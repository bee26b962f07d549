//! Words that people read as the marker: with escapes, entities or HTML tags in them, with letters that look alike, in
//! another case, with other joints, or with a typo.
//!
//! [`unit`] reads one character as people see it, and everything here compares units. The input is bytes, of which a file
//! may have gigabytes, so each search is linear.

use std::ops::Range;
use std::sync::LazyLock;

use memchr::memmem;

use crate::likeness::{appearance, is_near};
use crate::source::{Language, Span};
use crate::syntax::MODEL_MARKER;

/// The difference between a word and the marker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Form {
    /// None.
    Exact,
    /// Readers and renderers show it as the marker.
    Disguised,
    /// Its case, its digits, the signs between its parts, or up to two letters differ.
    Variant,
}

/// A word that reads as the marker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Lookalike {
    pub(crate) span: Span,
    pub(crate) form: Form,
}

/// The letters of the marker, as [`class`] gives them.
const LETTERS: &[u8; 16] = b"aivssthreatmodei";
/// The number of [`LETTERS`] before the second `a`, with which another marker may begin.
const SECOND_A: usize = 9;
/// The longest word that is found, in bytes.
pub(crate) const MAX_LENGTH: usize = 4096;
/// The longest HTML tag or link target within a word, in bytes.
const MAX_TAG_LENGTH: usize = 1024;
/// The most letters of a slip that may differ, be missing, or be too many.
const MAX_SLIPS: usize = 2;
/// The appearance of bytes that cannot be decoded.
const UNKNOWN: char = char::REPLACEMENT_CHARACTER;

/// Returns all words of a text, in order. A slip can be the beginning of a disguise and overlap it.
pub(crate) fn words(text: &str, language: Language) -> Vec<Lookalike> {
    let scanned = Scanner::new(text.as_bytes(), language == Language::Markdown);
    let mut words: Vec<Lookalike> = scanned.chain(slips(text.as_bytes())).collect();
    words.sort_unstable_by_key(|word| (word.span.start, word.form));
    words
}

/// Returns all words in a range of a text.
pub(crate) fn words_in(text: &str, range: Range<usize>, language: Language) -> Vec<Lookalike> {
    let mut words = words(text.get(range.clone()).unwrap_or_default(), language);
    for word in &mut words {
        word.span = word.span.moved(range.start);
    }
    words
}

/// Whether bytes contain such a word as a key. An alias may turn a word that is no variant into a key elsewhere.
pub(crate) fn is_key_in(bytes: &[u8], language: Language) -> bool {
    slips(bytes).next().is_some()
        || Scanner::new(bytes, language == Language::Markdown)
            .any(|word| word.form != Form::Variant || colon_after(bytes, word.span.range().end).is_some())
}

/// Returns the difference between a key of a tree and the marker, if the key reads as the marker.
pub(crate) fn form_of(key: &str) -> Option<Form> {
    if key == MODEL_MARKER {
        return Some(Form::Exact);
    }
    if key.len() > MAX_LENGTH {
        return None;
    }
    let Some(word) = Scanner::new(key.as_bytes(), false).next() else {
        return is_slip(key).then_some(Form::Variant);
    };
    let Range { start, end } = word.span.range();
    let around = visible(key.as_bytes(), 0..start, false) + &visible(key.as_bytes(), end..key.len(), false);
    if around.trim().is_empty() {
        // Spaces and invisible characters around the marker are a disguise.
        return Some(word.form.max(Form::Disguised));
    }
    (around.chars().all(is_joiner) || is_slip(key)).then_some(Form::Variant)
}

/// The keys that are the marker but for a slip or two in one of its parts.
fn slips(bytes: &[u8]) -> impl Iterator<Item = Lookalike> + '_ {
    /// A part of the word that slips elsewhere do not touch.
    static LAST: LazyLock<memmem::Finder<'static>> = LazyLock::new(|| memmem::Finder::new("reat_mod"));
    let places = memmem::find_iter(bytes, "ivss_").chain(LAST.find_iter(bytes));
    places.filter_map(|at| Some(Lookalike { span: slip_at(bytes, at)?, form: Form::Variant }))
}

/// Returns the word around a place if it is a key that is almost the marker.
fn slip_at(bytes: &[u8], at: usize) -> Option<Span> {
    const MAX_AROUND: usize = 24;
    let (before, after) = (bytes[..at].iter().rev(), bytes[at..].iter());
    let start = at - before.take(MAX_AROUND).take_while(|byte| is_of_word(**byte)).count();
    let end = at + after.take(MAX_AROUND).take_while(|byte| is_of_word(**byte)).count();
    let word = std::str::from_utf8(&bytes[start..end]).ok()?;
    // The comparison costs far more than the search for a colon.
    (colon_after(bytes, end).is_some() && is_slip(word)).then(|| Span::new(start, end))
}

fn is_of_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')
}

fn is_slip(word: &str) -> bool {
    word != MODEL_MARKER
        && word.len().abs_diff(MODEL_MARKER.len()) <= MAX_SLIPS
        && is_near(word, MODEL_MARKER, MAX_SLIPS)
        && !is_near(word, MODEL_MARKER, 0)
}

/// The colon after a key.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Colon {
    /// The first quotation mark between the key and the colon.
    pub(crate) quote: Option<char>,
    /// The end of the colon.
    pub(crate) end: usize,
}

/// Finds the colon after a key that ends at `at`: after quotation marks, emphasis, tags, comments, white space and the
/// marks of a quotation.
pub(crate) fn colon_after(bytes: &[u8], mut at: usize) -> Option<Colon> {
    /// More bytes and comments are not skipped.
    const MAX_BYTES: usize = 1024;
    const MAX_COMMENTS: usize = 8;
    let bytes = &bytes[..bytes.len().min(at + MAX_BYTES)];
    let (mut quote, mut comments) = (None, 0);
    while at < bytes.len() && comments <= MAX_COMMENTS {
        let (letter, length) = unit(bytes, at, true);
        at += length;
        match (letter, bytes.get(at)) {
            (Some(':'), _) => return Some(Colon { quote, end: at }),
            (Some('"' | '\''), _) => quote = quote.or(letter),
            (Some('/'), Some(b'*')) => {
                at += memmem::find(&bytes[at..], b"*/")? + 2;
                comments += 1;
            }
            (Some('#'), _) | (Some('/'), Some(b'/')) => {
                at += memchr::memchr2(b'\n', b'\r', &bytes[at..])?;
                comments += 1;
            }
            (None | Some('*' | '`' | '~' | '_' | '>' | ']'), _) => {}
            (Some(letter), _) if letter.is_whitespace() => {}
            _ => return None,
        }
    }
    None
}

/// A range of a text as readers see it, with a line break for each HTML tag that begins a line.
pub(crate) fn visible(bytes: &[u8], range: Range<usize>, is_page: bool) -> String {
    let Range { start: mut at, end } = range;
    let mut shown = String::new();
    while at < end {
        let (letter, length) = unit(bytes, at, is_page);
        // A comment of HTML may contain the end of the range.
        let (letter, length) = if at + length > end { (Some(bytes[at].into()), 1) } else { (letter, length) };
        shown.extend(letter);
        at += length;
    }
    shown
}

/// Digits read as the letters of their shape, in lower case.
const fn class(byte: u8) -> u8 {
    match byte.to_ascii_lowercase() {
        b'l' | b'1' => b'i',
        b'0' => b'o',
        b'3' => b'e',
        b'4' => b'a',
        b'5' => b's',
        b'7' => b't',
        byte => byte,
    }
}

/// Whether a character joins the parts of a word. A key may be folded over lines.
fn is_joiner(letter: char) -> bool {
    matches!(letter, '_' | '-' | '.' | ' ' | '\t' | '\n' | '\r')
}

/// Reads the character at `at` as readers see it, `None` if it is invisible, and its length in bytes. Entities, tags and
/// links are those of a page.
fn unit(bytes: &[u8], at: usize, is_page: bool) -> (Option<char>, usize) {
    match bytes[at] {
        b'\\' => escape(bytes, at),
        b'<' if is_page => tag(bytes, at),
        b'&' if is_page => reference(bytes, at),
        b']' if is_page => (Some(']'), end_of_link(bytes, at)),
        byte if byte.is_ascii() => (Some(byte.into()), 1),
        first => {
            let length = first.leading_ones() as usize;
            let letter = bytes.get(at..at + length).and_then(|bytes| std::str::from_utf8(bytes).ok());
            match letter.and_then(|letter| letter.chars().next()) {
                Some(letter) => (appearance(letter), length),
                None => (Some(UNKNOWN), 1),
            }
        }
    }
}

/// Reads an escape of YAML, JSON or Markdown.
fn escape(bytes: &[u8], at: usize) -> (Option<char>, usize) {
    let digits = match bytes.get(at + 1) {
        Some(b'x') => 2,
        Some(b'u') => 4,
        Some(b'U') => 8,
        // A line that goes on in the next one.
        Some(b'\n' | b'\r') => {
            let rest = bytes[at + 1..].iter().take(MAX_LENGTH);
            return (None, 1 + rest.take_while(|byte| byte.is_ascii_whitespace()).count());
        }
        Some(byte) if byte.is_ascii_punctuation() || *byte == b' ' => return (None, 1),
        _ => return (Some(UNKNOWN), 1),
    };
    let Some(first) = number(bytes, at + 2, digits) else { return (Some(UNKNOWN), 1) };
    let second = match bytes.get(at + 6..at + 8) {
        Some(b"\\u") if matches!(first, 0xD800..0xDC00) => number(bytes, at + 8, 4),
        _ => None,
    };
    let pair = second.filter(|second| (0xDC00..0xE000).contains(second));
    let (code, length) = match pair {
        Some(second) => (0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00), 12),
        None => (first, digits + 2),
    };
    char::from_u32(code).map_or((Some(UNKNOWN), 1), |letter| (appearance(letter), length))
}

fn number(bytes: &[u8], at: usize, digits: usize) -> Option<u32> {
    let mut digits = bytes.get(at..at + digits)?.iter().map(|byte| char::from(*byte).to_digit(16));
    digits.try_fold(0_u32, |number, digit| Some(number << 4 | digit?))
}

/// Reads an HTML tag or comment.
fn tag(bytes: &[u8], at: usize) -> (Option<char>, usize) {
    /// The tags that begin a line of their own.
    const BLOCKS: [&str; 10] = ["br", "p", "li", "div", "pre", "td", "dd", "/p", "/div", "/summary"];
    let rest = &bytes[at..bytes.len().min(at + MAX_TAG_LENGTH)];
    let is_tag =
        rest.get(1).is_some_and(|byte| byte.is_ascii_alphabetic() || matches!(byte, b'/' | b'!' | b'?'));
    let end = if rest.starts_with(b"<!--") {
        memmem::find(rest, b"-->").map(|end| end + 3)
    } else {
        memchr::memchr(b'>', rest).filter(|_| is_tag).map(|end| end + 1)
    };
    let Some(length) = end else { return (Some('<'), 1) };
    let name = rest[1..length].split(|byte| byte.is_ascii_whitespace() || *byte == b'>').next();
    let name = name.unwrap_or_default().strip_suffix(b"/").or(name).unwrap_or_default();
    let is_block = BLOCKS.iter().any(|block| name.eq_ignore_ascii_case(block.as_bytes()));
    (is_block.then_some('\n'), length)
}

/// The length of the end of a link's text with its target.
fn end_of_link(bytes: &[u8], at: usize) -> usize {
    let rest = &bytes[at + 1..bytes.len().min(at + MAX_TAG_LENGTH)];
    let close = match rest.first() {
        Some(b'(') => b')',
        Some(b'[') => b']',
        _ => return 1,
    };
    memchr::memchr(close, rest).map_or(1, |end| end + 2)
}

/// Reads a character reference of HTML.
fn reference(bytes: &[u8], at: usize) -> (Option<char>, usize) {
    let rest = &bytes[at + 1..bytes.len().min(at + MAX_LENGTH)];
    let (lead, radix): (usize, u32) = match rest {
        [b'#', b'x' | b'X', ..] => (2, 16),
        [b'#', ..] => (1, 10),
        _ => (0, 36),
    };
    let digits = rest[lead..].iter().take_while(|byte| char::from(**byte).is_digit(radix)).count();
    let name = std::str::from_utf8(&rest[lead..lead + digits]).unwrap_or_default();
    let is_closed = rest.get(lead + digits) == Some(&b';');
    let letter = match radix {
        36 if is_closed => named(name),
        36 => return (Some('&'), 1),
        _ => u32::from_str_radix(name, radix).ok().and_then(char::from_u32),
    };
    match letter {
        Some(letter) => (appearance(letter), 1 + lead + digits + usize::from(is_closed)),
        None => (Some('&'), 1),
    }
}

/// A character by its name in HTML, if it resembles a character of the marker or of its surroundings.
fn named(name: &str) -> Option<char> {
    const NAMES: &str = "\
        colon=: ratio=: lowbar=_ UnderBar=_ hyphen=- dash=- ndash=- mdash=- minus=- quot=\" QUOT=\" apos=' gt=> GT=> \
        nbsp=\u{A0} ensp=\u{A0} emsp=\u{A0} thinsp=\u{A0} hairsp=\u{A0} Tab=\u{A0} shy=\u{AD} zwj=\u{AD} zwnj=\u{AD} \
        lrm=\u{AD} rlm=\u{AD} ZeroWidthSpace=\u{AD} NoBreak=\u{AD} acy=a Acy=a alpha=a dd=d DD=d ee=e exponentiale=e \
        iecy=e IEcy=e iukcy=i imath=i iota=i ell=l mcy=m Mcy=m ocy=o omicron=o dscy=s tcy=t nu=v";
    let known = NAMES.split(' ').find_map(|entry| entry.strip_prefix(name)?.strip_prefix('='));
    let styled = ["scr", "opf", "fr"].iter().find_map(|style| name.strip_suffix(style));
    known.or(styled)?.parse().ok()
}

struct Scanner<'b> {
    bytes: &'b [u8],
    is_page: bool,
    /// Whether each byte is a character that readers see.
    is_literal: bool,
    at: usize,
    /// The places of the letters found so far.
    found: [usize; LETTERS.len()],
    count: usize,
}

impl<'b> Scanner<'b> {
    fn new(bytes: &'b [u8], is_page: bool) -> Self {
        let is_literal = !is_page && bytes.is_ascii() && memchr::memchr(b'\\', bytes).is_none();
        Self { bytes, is_page, is_literal, at: 0, found: [0; LETTERS.len()], count: 0 }
    }

    /// Moves to the next place where a word may begin.
    fn skip(&mut self) {
        let rest = &self.bytes[self.at..];
        let next = if self.is_literal {
            literal_start(rest)
        } else {
            rest.iter().position(|byte| matches!(byte, b'a' | b'A' | b'4' | b'\\' | b'&' | 0x80..))
        };
        self.at += next.unwrap_or(rest.len());
    }

    /// Whether a character is emphasis or the beginning of a link, which a page does not show.
    fn is_mark(&self, letter: char) -> bool {
        self.is_page && matches!(letter, '*' | '`' | '~' | '[' | ']')
    }

    fn take(&mut self, letter: char) {
        if is_joiner(letter) || self.is_mark(letter) {
            return;
        }
        let class = u8::try_from(letter).map_or(0, class);
        if LETTERS[self.count] != class && self.count == SECOND_A + 1 {
            (self.found[0], self.count) = (self.found[SECOND_A], 1);
        }
        if LETTERS[self.count] != class || self.at - self.found[0] > MAX_LENGTH {
            self.count = 0;
        }
        if LETTERS[self.count] == class {
            self.found[self.count] = self.at;
            self.count += 1;
        }
    }

    fn form(&self, range: Range<usize>) -> Form {
        if &self.bytes[range.clone()] == MODEL_MARKER.as_bytes() {
            return Form::Exact;
        }
        let shown = visible(self.bytes, range, self.is_page);
        let is_marker = shown.chars().filter(|letter| !self.is_mark(*letter)).eq(MODEL_MARKER.chars());
        if is_marker { Form::Disguised } else { Form::Variant }
    }
}

impl Iterator for Scanner<'_> {
    type Item = Lookalike;

    fn next(&mut self) -> Option<Lookalike> {
        loop {
            if self.count == 0 {
                self.skip();
            }
            if self.at >= self.bytes.len() {
                return None;
            }
            let (letter, length) = unit(self.bytes, self.at, self.is_page);
            if let Some(letter) = letter {
                self.take(letter);
            }
            self.at += length;
            if self.count == LETTERS.len() {
                let (start, end) = (self.found[0], self.at);
                self.count = 0;
                return Some(Lookalike { span: Span::new(start, end), form: self.form(start..end) });
            }
        }
    }
}

/// The place of the first `aiv`, perhaps with signs between the letters. The `v` is by far the rarest of them.
fn literal_start(bytes: &[u8]) -> Option<usize> {
    memchr::memchr2_iter(b'v', b'V', bytes).find_map(|at| {
        let mut before = (0..at).rev().filter(|at| !is_joiner(bytes[*at].into()));
        before.next().filter(|at| class(bytes[*at]) == LETTERS[1])?;
        before.next().filter(|at| class(bytes[*at]) == LETTERS[0])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reads(key: &str) -> bool {
        form_of(key).is_some()
    }

    fn forms(text: &str, language: Language) -> Vec<Form> {
        let scanner = Scanner::new(text.as_bytes(), language == Language::Markdown);
        let slow = Scanner { is_literal: false, ..Scanner::new(text.as_bytes(), scanner.is_page) };
        let words: Vec<Lookalike> = scanner.collect();
        assert_eq!(words, slow.collect::<Vec<_>>(), "the fast search skips a word: {text}");
        words.into_iter().map(|word| word.form).collect()
    }

    #[test]
    fn word_with_escapes_or_foreign_letters_is_disguised() {
        let all = |spell: fn(char) -> String| MODEL_MARKER.chars().map(spell).collect::<String>();
        let styled = |letter: char| char::from_u32(0x1D41A + u32::from(letter) - 97).unwrap_or(letter);
        let texts = [
            r"aivss_threat\u005fmodel".to_owned(),
            r"\x61ivss_threat_model".to_owned(),
            r"aivss\U0000005fthreat_model".to_owned(),
            r"\ud835\udc1aivss_threat_model".to_owned(),
            all(|letter| format!("\\u{:04X}", u32::from(letter))),
            all(|letter| format!("\\x{:02x}", u32::from(letter))),
            "aivss_\\\n   threat_model".to_owned(),
            "aivss\u{200B}_threat_model".to_owned(),
            "aivss\u{AD}_thre\u{301}at_model".to_owned(),
            "\u{430}ivss_threat_model".to_owned(),
            "аіѵѕѕ_тһгеат_моԁеӏ".to_owned(),
            "ａｉｖｓｓ＿ｔｈｒｅａｔ＿ｍｏｄｅｌ".to_owned(),
            MODEL_MARKER.chars().map(|letter| if letter == '_' { letter } else { styled(letter) }).collect(),
        ];
        for text in texts {
            for language in [Language::Yaml, Language::Json, Language::Markdown] {
                assert_eq!(forms(&format!("a: {text}: 1"), language), [Form::Disguised], "{text}");
            }
        }
    }

    #[test]
    fn word_that_a_renderer_joins_is_disguised_in_a_page_alone() {
        for text in [
            "aivss&#95;threat_model",
            "aivss&#x5f;threat&lowbar;model",
            "&#97;&#105;&#118;&#115;&#115;_threat_model",
            "aivss_<b>threat</b>_model",
            "ai<!-- - -->vss_threat_model",
            "aivss_thr**eat**_model",
            "aivss_[threat](https://example.org)_model",
            "ai`v`ss_threat_model",
        ] {
            assert_eq!(forms(text, Language::Markdown), [Form::Disguised], "{text}");
            assert_eq!(forms(text, Language::Yaml), [], "{text}");
        }
    }

    #[test]
    fn other_spellings_are_variants_and_other_words_are_not_found() {
        for text in [
            "AIVSS_THREAT_MODEL",
            "aivss-threat-model",
            "AIVSS threat model",
            "aivssThreatModel",
            "aivss.threat.model",
            "aivss_threat_mode1",
            "a1vss_threat_m0del",
            "aivss_threat_modeI",
        ] {
            assert_eq!(forms(text, Language::Yaml), [Form::Variant], "{text}");
            assert!(reads(text), "{text}");
        }
        for text in [
            "aivss: threat_model",
            "aivss_threat",
            "aivss_policy",
            "threat_model",
            "cvss_threat_model",
            "aivss/threat/model",
        ] {
            assert_eq!(forms(text, Language::Markdown), [], "{text}");
            assert!(!matches!(form_of(text), Some(Form::Exact | Form::Disguised)), "{text}");
        }
        assert_eq!(forms("aivss_threaivss_threat_model", Language::Yaml), [Form::Exact]);
        assert!(!reads("aivss_threat_model_version"));
    }

    #[test]
    fn slip_is_found_only_in_a_key_of_its_own() {
        for text in ["aivss_treat_model: 1", "\"avss_threat_model\" : 1", "x: 1\naivss_threat_modle:"] {
            assert!(slips(text.as_bytes()).next().is_some(), "{text}");
        }
        for text in
            ["aivss_treat_model", "aivss_threat_level: 1", "threat_model: 1", "my_own_aivss_treat_models: 1"]
        {
            assert!(slips(text.as_bytes()).next().is_none(), "{text}");
        }
    }

    #[test]
    fn long_input_is_searched_in_linear_time() {
        for part in
            ["a<", "aivss_threa", "a\\\n ", "&#", "a[](", "\\ud835", "v\u{430}", "aivss_threat_model "]
        {
            let text = part.repeat(400_000 / part.len());
            let _ = Scanner::new(text.as_bytes(), true).count();
            let _ = is_key_in(text.as_bytes(), Language::Markdown);
        }
    }
}
