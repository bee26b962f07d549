//! Words that people read as the marker of a threat model: with escapes, entities or HTML tags in them, with letters that
//! look alike, in another case, or joined in another way.
//!
//! The search takes bytes, of which a file may have gigabytes, and is linear. [`may_contain`] is a fast filter before it.

use std::ops::Range;
use std::sync::LazyLock;

use memchr::memmem;

use crate::characters::is_unseen;
use crate::characters::shapes;
use crate::did_you_mean::is_near;
use crate::source::{Language, Span};
use crate::syntax::MODEL_MARKER;

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
/// How many letters of a slip may differ, be missing, or be too many.
const MOST_SLIPS: usize = 2;

/// Whether bytes may contain such a word: its rarest letter, next to the letters or signs that may be around it.
pub(crate) fn may_contain(bytes: &[u8], language: Language) -> bool {
    may_contain_where(bytes, language, |_, _| true)
}

fn may_contain_where(bytes: &[u8], language: Language, is_wanted: fn(&[u8], usize) -> bool) -> bool {
    let is_page = language == Language::Markdown;
    let is_letter = |(code, _): (u8, usize)| class(code) == b'v';
    memchr::memchr2_iter(b'v', b'V', bytes).any(|at| is_within(bytes, at, is_page) && is_wanted(bytes, at))
        || memchr::memchr_iter(b'\\', bytes).any(|at| is_letter(escaped(bytes, at)))
        || is_page && memchr::memchr_iter(b'&', bytes).any(|at| is_letter(reference(bytes, at)))
        || !bytes.is_ascii() && has_foreign_letter(bytes)
}

/// Whether the letters around a `v` may be those of the word.
fn is_within(bytes: &[u8], at: usize, is_page: bool) -> bool {
    let byte = |at: usize| bytes.get(at).copied().unwrap_or_default();
    let (before, after) = (byte(at.wrapping_sub(1)), byte(at + 1));
    let may_end = |byte: u8| {
        // Escapes and entities end with these.
        byte.is_ascii_hexdigit() && bytes[at.saturating_sub(10)..at].contains(&b'\\')
            || is_page && b">*`~[])\\;".contains(&byte)
    };
    let may_begin = |byte: u8| byte == b'\\' || is_page && b"<*`~[]&".contains(&byte);
    let is_after = class(after) == b's' || !after.is_ascii() || may_begin(after);
    is_after && (class(before) == b'i' || !before.is_ascii() || is_joiner(before) || may_end(before))
}

/// Whether a `v` is of the marker itself, or of an `aivss` that no second part of the marker follows.
fn is_plain(bytes: &[u8], at: usize) -> bool {
    let Some(start) = at.checked_sub(2) else { return false };
    let Some((first, rest)) = bytes[start..].split_at_checked(5) else { return false };
    // The first letter can be the end of an escape.
    if start
        .checked_sub(1)
        .is_some_and(|before| bytes[before].is_ascii_alphanumeric() || !bytes[before].is_ascii())
    {
        return false;
    }
    let next = rest.iter().find(|byte| !is_joiner(**byte)).copied();
    let may_go_on =
        next.is_some_and(|byte| class(byte) == b't' || !byte.is_ascii() || b"\\<*`~[]&".contains(&byte));
    let is_exact = first == b"aivss" && rest.starts_with(b"_threat_model");
    is_exact || (first.eq_ignore_ascii_case(b"aivss") && !may_go_on)
}

/// Whether bytes contain a character beyond ASCII that looks like a `v`.
fn has_foreign_letter(bytes: &[u8]) -> bool {
    let mut at = 0;
    while let Some(length) = bytes[at..].iter().position(|byte| !byte.is_ascii()) {
        at += length;
        let (code, length) = foreign(bytes, at);
        if class(code) == b'v' {
            return true;
        }
        at += length;
    }
    false
}

/// The words of a text, in order; none where all of them are the marker itself.
pub(crate) fn lookalikes(text: &str, language: Language) -> Vec<Lookalike> {
    if !may_contain_where(text.as_bytes(), language, |bytes, at| !is_plain(bytes, at)) {
        return Vec::new();
    }
    Scanner::new(text.as_bytes(), language).collect()
}

/// Whether bytes contain such a word as a key, or one with a slip or two.
pub(crate) fn is_key_in(bytes: &[u8], language: Language) -> bool {
    // An alias may make a key of a word elsewhere.
    let is_key =
        |word: Lookalike| word.form != Form::Variant || is_followed_by_colon(bytes, word.span.range().end);
    has_slip(bytes) || may_contain(bytes, language) && Scanner::new(bytes, language).any(is_key)
}

/// Whether bytes contain a key that is the marker but for a slip or two in one of its parts.
fn has_slip(bytes: &[u8]) -> bool {
    slips(bytes).next().is_some()
}

/// The keys that are the marker but for a slip or two in one of its parts.
pub(crate) fn slips(bytes: &[u8]) -> impl Iterator<Item = Lookalike> + '_ {
    /// A part of the word that slips elsewhere leave as it is.
    static LAST: LazyLock<memmem::Finder<'static>> = LazyLock::new(|| memmem::Finder::new("reat_mod"));
    let places = memmem::find_iter(bytes, "ivss_").chain(LAST.find_iter(bytes));
    places.filter_map(|at| Some(Lookalike { span: slip_at(bytes, at)?, form: Form::Variant }))
}

/// The word around a place, if it is a key that is almost the marker.
fn slip_at(bytes: &[u8], at: usize) -> Option<Span> {
    const MOST_AROUND: usize = 24;
    let is_part = |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    let before = bytes[..at].iter().rev().take(MOST_AROUND).take_while(is_part).count();
    let after = bytes[at..].iter().take(MOST_AROUND).take_while(is_part).count();
    let word = std::str::from_utf8(&bytes[at - before..at + after]).ok()?;
    let is_key = is_slip(word) && is_followed_by_colon(bytes, at + after);
    is_key.then(|| Span::new(at - before, at + after))
}

fn is_slip(word: &str) -> bool {
    word.len().abs_diff(MODEL_MARKER.len()) <= MOST_SLIPS
        && is_near(word, MODEL_MARKER, MOST_SLIPS)
        && !is_near(word, MODEL_MARKER, 0)
}

/// How a key of a tree differs from the marker, if it reads as the marker or has a slip or two.
pub(crate) fn form_of(key: &str) -> Option<Form> {
    let is_ink = |letter: char| !matches!(shape(letter), NOTHING | b' ');
    let is_joined = |letter: char| !is_ink(letter) || is_joiner(shape(letter));
    if key == MODEL_MARKER {
        return Some(Form::Exact);
    }
    if key.len() > LONGEST {
        return None;
    }
    let Some(word) = Scanner::new(key.as_bytes(), Language::Yaml).next() else {
        return is_slip(key).then_some(Form::Variant);
    };
    let Range { start, end } = word.span.range();
    let (before, after) = (&key[..start], &key[end..]);
    if !before.contains(is_ink) && !after.contains(is_ink) {
        // Spaces and what is not seen around the marker are a disguise.
        return Some(word.form.max(Form::Disguised));
    }
    let is_variant = (before.chars().chain(after.chars()).all(is_joined)) || is_slip(key);
    is_variant.then_some(Form::Variant)
}

/// Whether a text begins with a colon, however a page spells it.
pub(crate) fn has_colon(text: &str) -> bool {
    let bytes = text.trim_start_matches('\\').as_bytes();
    !bytes.is_empty() && unit(bytes, 0, true).0 == b':'
}

/// Whether a colon follows, after quotation marks, white space and the beginnings of lines.
fn is_followed_by_colon(bytes: &[u8], end: usize) -> bool {
    /// More than that is not skipped.
    const MOST: usize = 256;
    let rest = &bytes[end..bytes.len().min(end + MOST)];
    let mut at = 0;
    while let Some(byte) = rest.get(at) {
        match byte {
            b'#' => at += memchr::memchr2(b'\n', b'\r', &rest[at..]).unwrap_or(rest.len()),
            b'"' | b'\'' | b'\\' | b'>' | b'*' | b'`' | b'_' | b'~' => at += 1,
            b'<' => at += tag(rest, at).unwrap_or(1),
            b']' => at += end_of_link(rest, at),
            _ if unit(rest, at, true).0 == b':' => return true,
            b'&' => at += reference(rest, at).1,
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
        '\u{3000}'..='\u{A4CF}' | '\u{A500}'..='\u{A63F}' | '\u{AC00}'..='\u{D7FF}' => match letter {
            '\u{3000}' => b' ',
            _ if is_unseen(letter) => NOTHING,
            _ => OTHER,
        },
        _ => drawn(letter),
    }
}

const fn ascii_shape(byte: u8) -> u8 {
    match byte {
        // A key may be folded over lines.
        b'\t' | b'\n' | b'\r' => b' ',
        b':' => byte,
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
        ('ɘ', b'e'),
        ('\u{10434}', b's'),
    ];
    let of_table = || MORE.iter().find(|(one, _)| *one == letter).map(|(_, latin)| *latin);
    match letter {
        '＿' | '‗' | 'ˍ' | '︳' | '︴' | '﹍'..='﹏' | '⎽' | '▁' => b'_',
        '：' | '∶' | '﹕' | '︓' | 'ː' | '꞉' | '׃' | '܃' => b':',
        '·' | '・' | '‐'..='―' | '−' | '﹘' | '－' | '﹣' => b'-',
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
        b'&' if is_page => reference(bytes, at),
        b'*' | b'`' | b'~' | b'[' if is_page => (NOTHING, 1),
        b']' if is_page => (NOTHING, end_of_link(bytes, at)),
        byte if byte.is_ascii() => (ascii_shape(byte), 1),
        _ => foreign(bytes, at),
    }
}

/// The shape of a character beyond ASCII, and how many bytes it takes.
fn foreign(bytes: &[u8], at: usize) -> (u8, usize) {
    letter(bytes, at).map_or((OTHER, 1), |letter| (shape(letter), letter.len_utf8()))
}

/// The character that begins at a place.
fn letter(bytes: &[u8], at: usize) -> Option<char> {
    let length = match bytes[at] {
        0xC2..=0xDF => 2,
        0xE0..=0xEF => 3,
        0xF0..=0xF4 => 4,
        _ => return None,
    };
    std::str::from_utf8(bytes.get(at..at + length)?).ok()?.chars().next()
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
pub(crate) fn tag(bytes: &[u8], at: usize) -> Option<usize> {
    let rest = &bytes[at..bytes.len().min(at + LONGEST_TAG)];
    let is_tag =
        rest.get(1).is_some_and(|byte| byte.is_ascii_alphabetic() || matches!(byte, b'/' | b'!' | b'?'));
    if rest.starts_with(b"<!--") {
        return memmem::find(rest, b"-->").map(|end| end + 3);
    }
    memchr::memchr(b'>', rest).filter(|_| is_tag).map(|end| end + 1)
}

/// The length of the end of a link's text with its target.
pub(crate) fn end_of_link(bytes: &[u8], at: usize) -> usize {
    let rest = &bytes[at + 1..bytes.len().min(at + LONGEST_TAG)];
    let close = match rest.first() {
        Some(b'(') => b')',
        Some(b'[') => b']',
        _ => return 1,
    };
    memchr::memchr(close, rest).map_or(1, |end| end + 2)
}

/// The shape of a character reference of HTML, and how many bytes it takes.
fn reference(bytes: &[u8], at: usize) -> (u8, usize) {
    let rest = &bytes[at + 1..bytes.len().min(at + LONGEST)];
    let count =
        |bytes: &[u8], is_wanted: fn(&u8) -> bool| bytes.iter().take_while(|byte| is_wanted(byte)).count();
    let (lead, radix, is_digit): (usize, u32, fn(&u8) -> bool) = match rest {
        [b'#', b'x' | b'X', ..] => (2, 16, u8::is_ascii_hexdigit),
        [b'#', ..] => (1, 10, u8::is_ascii_digit),
        _ => (0, 0, u8::is_ascii_alphanumeric),
    };
    let end = lead + count(&rest[lead..], is_digit);
    let (name, is_closed) = (&rest[lead..end], rest.get(end) == Some(&b';'));
    let length = 1 + end + usize::from(is_closed);
    let code = if radix == 0 { None } else { number(name, radix).and_then(char::from_u32) };
    match code {
        Some(letter) => (shape(letter), length),
        None if radix == 0 && is_closed => (named(name), length),
        None => (OTHER, 1),
    }
}

/// The shape of a character by its name in HTML.
fn named(name: &[u8]) -> u8 {
    match name {
        b"colon" | b"ratio" => b':',
        b"lowbar" | b"UnderBar" => b'_',
        b"hyphen" | b"dash" | b"ndash" | b"mdash" | b"minus" => b'-',
        b"shy" | b"zwj" | b"zwnj" | b"lrm" | b"rlm" | b"ZeroWidthSpace" | b"NoBreak" => NOTHING,
        b"nbsp" | b"ensp" | b"emsp" | b"thinsp" | b"hairsp" | b"Tab" => b' ',
        b"ell" => b'l',
        b"dd" | b"DD" => b'd',
        b"acy" | b"alpha" | b"Acy" => b'a',
        b"iukcy" | b"imath" | b"iota" => b'i',
        b"nu" => b'v',
        b"dscy" => b's',
        b"tcy" => b't',
        b"ee" | b"exponentiale" | b"iecy" | b"IEcy" => b'e',
        b"mcy" | b"Mcy" => b'm',
        b"ocy" | b"omicron" => b'o',
        [letter, b's', b'c', b'r'] | [letter, b'o', b'p', b'f'] | [letter, b'f', b'r'] => *letter,
        _ => OTHER,
    }
}

/// The bytes with which the first letter may begin.
const MAY_BEGIN: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = u8::MAX;
    while byte > 0 {
        table[byte as usize] = class(byte) == LETTERS[0] || matches!(byte, b'\\' | b'&') || !byte.is_ascii();
        byte -= 1;
    }
    table
};

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
        while let Some(length) = self.bytes[self.at..].iter().position(|byte| MAY_BEGIN[*byte as usize]) {
            self.at += length;
            if self.may_begin() {
                return;
            }
            self.at += 1;
        }
        self.at = self.bytes.len();
    }

    /// Whether the word may begin here, by one byte more.
    fn may_begin(&self) -> bool {
        let next = self.bytes.get(self.at + 1).copied().unwrap_or_default();
        match self.bytes[self.at] {
            b'\\' => matches!(next, b'u' | b'x' | b'U'),
            b'&' => self.is_page,
            byte if byte.is_ascii() => class(next) == b'i' || !next.is_ascii_alphanumeric(),
            _ => class(foreign(self.bytes, self.at).0) == LETTERS[0],
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn reads(key: &str) -> bool {
        form_of(key).is_some()
    }

    fn forms(text: &str, language: Language) -> Vec<Form> {
        assert_eq!(
            Scanner::new(text.as_bytes(), language).collect::<Vec<_>>(),
            lookalikes(text, language),
            "the filter hides a word: {text}"
        );
        lookalikes(text, language).into_iter().map(|word| word.form).collect()
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
            assert!(has_slip(text.as_bytes()), "{text}");
        }
        for text in
            ["aivss_treat_model", "aivss_threat_level: 1", "threat_model: 1", "my_own_aivss_treat_models: 1"]
        {
            assert!(!has_slip(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn long_input_takes_no_longer_than_its_length() {
        for part in
            ["a<", "aivss_threa", "a\\\n ", "&#", "a[](", "\\ud835", "v\u{430}", "aivss_threat_model "]
        {
            let text = part.repeat(400_000 / part.len());
            let _ = Scanner::new(text.as_bytes(), Language::Markdown).count();
            let _ = is_key_in(text.as_bytes(), Language::Markdown);
        }
    }
}
