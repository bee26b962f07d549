//! Words that people read as the marker of a threat model: with escapes, entities or HTML tags in them, with letters that
//! look alike, in another case, or joined in another way.
//!
//! The search takes bytes, of which a file may have gigabytes, and is linear. [`may_contain`] is a fast filter before it.

use std::sync::LazyLock;

use super::MODEL_MARKER;
use crate::model::shapes;
use crate::source::{Language, Span};

/// How a word differs from the marker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Form {
    /// Not at all.
    Exact,
    /// Readers and renderers show it as the marker.
    Disguised,
    /// In its case, its digits or the signs between its parts.
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
/// How many of [`LETTERS`] come before the second `a`, with which another marker may begin.
const SECOND_A: usize = 9;
/// The longest word that is found, in bytes.
pub(crate) const LONGEST: usize = 4096;
/// The longest HTML tag within a word, in bytes.
const LONGEST_TAG: usize = 1024;

/// What ends every word.
const OTHER: u8 = 0;
/// What leaves no ink.
const NOTHING: u8 = 1;

/// Whether bytes may contain such a word.
pub(crate) fn may_contain(bytes: &[u8], language: Language) -> bool {
    // Tags and entities may part a word of a page anywhere.
    language == Language::Markdown || !bytes.is_ascii() || has_plain_part(bytes) || has_escape(bytes)
}

/// Whether bytes contain a part of the word, the rarest one, in ASCII.
fn has_plain_part(bytes: &[u8]) -> bool {
    memchr::memchr2_iter(b'v', b'V', bytes).any(|at| {
        let is = |at: usize, wanted: u8| bytes.get(at).is_some_and(|byte| class(*byte) == wanted);
        is(at.wrapping_sub(1), b'i') && is(at + 1, b's') && is(at + 2, b's')
    })
}

/// Whether bytes contain an escape of a character that the word may contain.
fn has_escape(bytes: &[u8]) -> bool {
    memchr::memchr_iter(b'\\', bytes)
        .any(|at| matches!(bytes.get(at + 1), Some(b'u' | b'x' | b'U')) && escaped(bytes, at).0 != OTHER)
}

/// The words of a text, in order.
pub(crate) fn lookalikes(text: &str, language: Language) -> Vec<Lookalike> {
    if !may_contain(text.as_bytes(), language) {
        return Vec::new();
    }
    Scanner::new(text.as_bytes(), language).collect()
}

/// Whether bytes contain such a word as a key.
pub(crate) fn is_key_in(bytes: &[u8], language: Language) -> bool {
    may_contain(bytes, language)
        && Scanner::new(bytes, language).any(|word| is_followed_by_colon(bytes, word.span.range().end))
}

/// Whether a key reads as the marker, and nothing else is in it.
pub(crate) fn reads_as_marker(key: &str) -> bool {
    let is_blank =
        |text: &str| text.chars().all(|letter| matches!(shape(letter), NOTHING | b' ' | b'_' | b'-'));
    key.len() <= LONGEST
        && Scanner::new(key.as_bytes(), Language::Yaml).next().is_some_and(|word| {
            let range = word.span.range();
            is_blank(&key[..range.start]) && is_blank(&key[range.end..])
        })
}

/// Whether a colon follows, after quotation marks, white space and the beginnings of lines.
fn is_followed_by_colon(bytes: &[u8], end: usize) -> bool {
    /// More than that is not skipped.
    const MOST: usize = 256;
    let rest = &bytes[end..bytes.len().min(end + MOST)];
    let mut at = 0;
    while let Some(byte) = rest.get(at) {
        match byte {
            b':' => return true,
            b'#' => at += memchr::memchr2(b'\n', b'\r', &rest[at..]).unwrap_or(rest.len()),
            b'&' if !rest[at..].starts_with(b"&#58;") => at += entity(rest, at).1,
            b'&' => return true,
            b'"' | b'\'' | b'\\' | b'>' | b'*' | b'`' | b'_' => at += 1,
            b'<' => at += tag(rest, at).unwrap_or(1),
            _ if byte.is_ascii_whitespace() || !byte.is_ascii() => at += 1,
            _ => return false,
        }
    }
    false
}

/// What letters and digits are taken for, so that those of one shape are equal.
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

const fn is_joiner(code: u8) -> bool {
    matches!(code, b'_' | b'-' | b'.' | b' ')
}

/// What a character looks like: [`NOTHING`], a Latin letter or digit, a sign that joins words, or [`OTHER`].
fn shape(letter: char) -> u8 {
    /// The shapes of the scripts that have letters like Latin ones, from U+0080.
    static SHAPES: LazyLock<Vec<u8>> = LazyLock::new(|| ('\u{80}'..'\u{3000}').map(drawn).collect());
    match letter {
        '\0'..='\x7F' => ascii_shape(letter as u8),
        '\u{80}'..'\u{3000}' => SHAPES[letter as usize - 0x80],
        '\u{3000}'..='\u{A63F}' | '\u{AC00}'..='\u{D7FF}' => {
            if letter == '\u{3000}' {
                b' '
            } else {
                OTHER
            }
        }
        _ => drawn(letter),
    }
}

const fn ascii_shape(byte: u8) -> u8 {
    match byte {
        b'\t' => b' ',
        _ if byte.is_ascii_alphanumeric() || is_joiner(byte) => byte,
        _ => OTHER,
    }
}

/// The same without the table.
fn drawn(letter: char) -> u8 {
    /// Letters that no other table has.
    const MORE: &[(char, u8)] = &[
        ('ѵ', b'v'),
        ('Ѵ', b'v'),
        ('ⅰ', b'i'),
        ('ⅴ', b'v'),
        ('ⅼ', b'l'),
        ('ⅾ', b'd'),
        ('ⅿ', b'm'),
        ('Ⅰ', b'i'),
        ('Ⅴ', b'v'),
        ('Ⅼ', b'l'),
        ('Ⅾ', b'd'),
        ('Ⅿ', b'm'),
        ('∨', b'v'),
        ('ꜱ', b's'),
        ('ǀ', b'l'),
        ('τ', b't'),
        ('Τ', b't'),
        ('ι', b'i'),
        ('α', b'a'),
    ];
    let of_table = || MORE.iter().find(|(one, _)| *one == letter).map(|(_, latin)| *latin);
    match letter {
        '＿' | '‗' | 'ˍ' | '︳' | '︴' | '﹍'..='﹏' | '⎽' | '▁' => b'_',
        '‐'..='―' | '−' | '﹘' | '－' | '﹣' => b'-',
        '\u{85}' | '\u{2028}' | '\u{2029}' => OTHER,
        _ if letter.is_whitespace() => b' ',
        _ => of_table().unwrap_or_else(|| {
            let mut letters = shapes(letter);
            match letters.next() {
                None => NOTHING,
                Some(first) if first.is_ascii_alphanumeric() => first as u8,
                Some(_) => OTHER,
            }
        }),
    }
}

/// The word's shape at a place, and how many bytes it takes.
fn unit(bytes: &[u8], at: usize, is_page: bool) -> (u8, usize) {
    match bytes[at] {
        b'\\' => escaped(bytes, at),
        b'<' if is_page => tag(bytes, at).map_or((OTHER, 1), |length| (NOTHING, length)),
        b'&' if is_page => entity(bytes, at),
        b'*' | b'`' | b'~' if is_page => (NOTHING, 1),
        byte if byte.is_ascii() => (ascii_shape(byte), 1),
        _ => letter(bytes, at).map_or((OTHER, 1), |letter| (shape(letter), letter.len_utf8())),
    }
}

/// The character that begins at a place.
fn letter(bytes: &[u8], at: usize) -> Option<char> {
    let chunk = bytes[at..bytes.len().min(at + 4)].utf8_chunks().next()?;
    chunk.valid().chars().next()
}

/// The shape of an escape of YAML, JSON or Markdown.
fn escaped(bytes: &[u8], at: usize) -> (u8, usize) {
    let code = |at: usize, digits: usize| number(bytes.get(at..at + digits)?, 16);
    let digits = match bytes.get(at + 1) {
        Some(b'x') => 2,
        Some(b'u') => 4,
        Some(b'U') => 8,
        // A line that goes on in the next one.
        Some(b'\n' | b'\r') => {
            let rest = bytes[at + 1..].iter().take(LONGEST);
            return (NOTHING, 1 + rest.take_while(|byte| byte.is_ascii_whitespace()).count());
        }
        Some(byte) if byte.is_ascii_punctuation() || *byte == b' ' => return (NOTHING, 1),
        _ => return (OTHER, 1),
    };
    let Some(first) = code(at + 2, digits) else { return (OTHER, 1) };
    if let 0xD800..0xDC00 = first {
        let second = bytes.get(at + 6..at + 8).filter(|lead| lead == b"\\u").and_then(|_| code(at + 8, 4));
        let pair = second.filter(|second| (0xDC00..0xE000).contains(second));
        let whole = pair.map(|second| 0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00));
        return whole.and_then(char::from_u32).map_or((OTHER, 1), |letter| (shape(letter), 12));
    }
    char::from_u32(first).map_or((OTHER, 1), |letter| (shape(letter), digits + 2))
}

fn number(digits: &[u8], radix: u32) -> Option<u32> {
    let is_digit = |byte: &u8| char::from(*byte).is_digit(radix);
    let text = std::str::from_utf8(digits).ok().filter(|_| digits.iter().all(is_digit))?;
    u32::from_str_radix(text, radix).ok()
}

/// The length of an HTML tag or comment at a place.
fn tag(bytes: &[u8], at: usize) -> Option<usize> {
    let rest = &bytes[at..bytes.len().min(at + LONGEST_TAG)];
    let is_tag =
        rest.get(1).is_some_and(|byte| byte.is_ascii_alphabetic() || matches!(byte, b'/' | b'!' | b'?'));
    if rest.starts_with(b"<!--") {
        return memchr::memmem::find(rest, b"-->").map(|end| end + 3);
    }
    memchr::memchr(b'>', rest).filter(|_| is_tag).map(|end| end + 1)
}

/// The shape of a character reference of HTML.
fn entity(bytes: &[u8], at: usize) -> (u8, usize) {
    /// The longest name in the list of HTML.
    const LONGEST_NAME: usize = 32;
    let rest = &bytes[at + 1..bytes.len().min(at + 1 + LONGEST_NAME)];
    let length =
        rest.iter().position(|byte| !byte.is_ascii_alphanumeric() && *byte != b'#').unwrap_or(rest.len());
    let (name, is_closed) = (&rest[..length], rest.get(length) == Some(&b';'));
    let length = 1 + length + usize::from(is_closed);
    let code = match name {
        [b'#', b'x' | b'X', digits @ ..] => number(digits, 16),
        [b'#', digits @ ..] => number(digits, 10),
        _ if is_closed => return (named(name), length),
        _ => None,
    };
    code.and_then(char::from_u32).map_or((OTHER, 1), |letter| (shape(letter), length))
}

/// The shape of a character by its name in HTML.
fn named(name: &[u8]) -> u8 {
    match name {
        b"lowbar" | b"UnderBar" => b'_',
        b"hyphen" | b"dash" | b"ndash" | b"mdash" | b"minus" => b'-',
        b"shy" | b"zwj" | b"zwnj" | b"lrm" | b"rlm" | b"ZeroWidthSpace" | b"NoBreak" => NOTHING,
        b"nbsp" | b"ensp" | b"emsp" | b"thinsp" | b"hairsp" | b"Tab" => b' ',
        b"acy" | b"alpha" | b"Acy" => b'a',
        b"iukcy" | b"imath" | b"iota" => b'i',
        b"nu" => b'v',
        b"dscy" => b's',
        b"tcy" => b't',
        b"iecy" | b"IEcy" => b'e',
        b"mcy" | b"Mcy" => b'm',
        b"ocy" | b"omicron" => b'o',
        [letter, b's', b'c', b'r'] | [letter, b'o', b'p', b'f'] | [letter, b'f', b'r'] => *letter,
        _ => OTHER,
    }
}

/// A search under way.
struct Scanner<'b> {
    bytes: &'b [u8],
    is_page: bool,
    at: usize,
    /// Where the letters found so far are.
    found: [usize; LETTERS.len()],
    count: usize,
}

impl<'b> Scanner<'b> {
    const fn new(bytes: &'b [u8], language: Language) -> Self {
        let is_page = matches!(language, Language::Markdown);
        Self { bytes, is_page, at: 0, found: [0; LETTERS.len()], count: 0 }
    }

    /// Goes on to what may be a first letter.
    fn skip(&mut self) {
        let may_begin =
            |byte: &u8| class(*byte) == LETTERS[0] || matches!(byte, b'\\' | b'&') || !byte.is_ascii();
        let rest = self.bytes[self.at..].iter();
        self.at = rest.take_while(|byte| !may_begin(byte)).count() + self.at;
    }

    fn take(&mut self, code: u8) {
        if is_joiner(code) || code == NOTHING {
            return;
        }
        let wanted = |count: usize| LETTERS[count] == class(code);
        if !wanted(self.count) && self.count == SECOND_A + 1 {
            (self.found[0], self.count) = (self.found[SECOND_A], 1);
        }
        if !wanted(self.count) || self.at - self.found[0] > LONGEST {
            self.count = 0;
        }
        if wanted(self.count) {
            self.found[self.count] = self.at;
            self.count += 1;
        }
    }

    fn form(&self, start: usize, end: usize) -> Form {
        if &self.bytes[start..end] == MODEL_MARKER.as_bytes() {
            return Form::Exact;
        }
        let (mut at, mut shown) = (start, Vec::with_capacity(MODEL_MARKER.len()));
        while at < end {
            let (code, length) = unit(self.bytes, at, self.is_page);
            shown.extend((code != NOTHING).then_some(code));
            at += length;
        }
        if shown == MODEL_MARKER.as_bytes() { Form::Disguised } else { Form::Variant }
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
            let (code, length) = unit(self.bytes, self.at, self.is_page);
            self.take(code);
            self.at += length;
            if self.count == LETTERS.len() {
                let (start, end) = (self.found[0], self.at);
                self.count = 0;
                return Some(Lookalike { span: Span::new(start, end), form: self.form(start, end) });
            }
        }
    }
}
