//! JSON to tree: RFC 8259 and nothing else.
//!
//! What is sound is read here, in one pass that costs a fraction of what YAML does. Whatever is not plainly sound, be it
//! wrong, repeated or more than is read, is left to those who can say what is the matter: a strict parser where it is no
//! JSON at all, else the YAML reader, so that both languages have the same limits and the same words for them.

use std::ops::Range;

use serde::de::IgnoredAny;

use super::tree::{Kind, Letters, Tree, is_plain};
use super::yaml::{self, MAX_DEPTH, MAX_NODES};
use super::{Document, ProblemKind};
use crate::decimal::Decimal;
use crate::source::{BOM, Span};

/// Reads the JSON document in `range` of `text` into `document`.
pub(super) fn read<'t>(document: &mut Document<'t>, text: &'t str, range: Range<usize>) {
    let bom = if text[range.clone()].starts_with(BOM) { BOM.len_utf8() } else { 0 };
    let range = range.start + bom..range.end;
    if text[range.clone()].trim().is_empty() {
        return;
    }
    let before = document.tree.size();
    if let Some(root) = Reader::new(&mut document.tree, text, range.clone()).read() {
        document.roots.push(root);
    } else {
        document.tree.cut(before);
        read_unsound(document, text, range);
    }
}

/// One pass over a text. Each of its steps is `None` at what is not plainly sound, and that is the end of it.
struct Reader<'r, 't> {
    tree: &'r mut Tree<'t>,
    text: &'t str,
    /// The text up to the end of the document.
    bytes: &'t [u8],
    at: usize,
    open: Vec<Open>,
}

/// How far a step has come.
enum Step {
    /// To the end of a value, which has this node.
    Ended(u32),
    /// To where a value is due.
    Due,
}

/// A collection whose end has not been met.
struct Open {
    id: u32,
    is_map: bool,
}

impl<'r, 't> Reader<'r, 't> {
    fn new(tree: &'r mut Tree<'t>, text: &'t str, range: Range<usize>) -> Self {
        let bytes = &text.as_bytes()[..range.end];
        Self { tree, text, bytes, at: range.start, open: Vec::new() }
    }

    /// Reads a document, which is one value; its node.
    fn read(mut self) -> Option<u32> {
        loop {
            let mut step = self.value()?;
            while let Step::Ended(node) = step {
                let Some(open) = self.open.last() else {
                    return self.next().is_none().then_some(node);
                };
                let is_map = open.is_map;
                step = match (self.next()?, is_map) {
                    (b',', _) => {
                        self.at += 1;
                        if is_map {
                            self.key()?;
                        }
                        Step::Due
                    }
                    (b'}', true) | (b']', false) => Step::Ended(self.close()?),
                    _ => return None,
                };
            }
        }
    }

    /// Reads a value, or up to the first one in it.
    fn value(&mut self) -> Option<Step> {
        let node = match self.next()? {
            b'{' => return self.open(true),
            b'[' => return self.open(false),
            b'"' => self.string(),
            b't' => self.word("true", Kind::Bool(true)),
            b'f' => self.word("false", Kind::Bool(false)),
            b'n' => self.word("null", Kind::Null),
            _ => self.number(),
        };
        node.map(Step::Ended)
    }

    fn open(&mut self, is_map: bool) -> Option<Step> {
        if self.open.len() >= MAX_DEPTH || self.tree.len() >= MAX_NODES {
            return None;
        }
        self.open.push(Open { id: self.tree.open(self.at, is_map), is_map });
        self.at += 1;
        match (self.next()?, is_map) {
            (b'}', true) | (b']', false) => self.close().map(Step::Ended),
            (_, true) => self.key().map(|()| Step::Due),
            (_, false) => Some(Step::Due),
        }
    }

    fn close(&mut self) -> Option<u32> {
        self.at += 1;
        let Open { id, is_map } = self.open.pop()?;
        self.tree.close(id, self.at);
        (!is_map || self.tree.repeated(id).is_empty()).then_some(id)
    }

    /// Reads a key and its colon.
    fn key(&mut self) -> Option<()> {
        (self.next()? == b'"').then_some(())?;
        self.string()?;
        let colon = self.next()?;
        self.at += 1;
        (colon == b':').then_some(())
    }

    fn word(&mut self, word: &str, kind: Kind) -> Option<u32> {
        let start = self.at;
        self.at += word.len();
        (self.bytes.get(start..self.at)? == word.as_bytes()).then_some(())?;
        self.push(start, kind)
    }

    fn number(&mut self) -> Option<u32> {
        let start = self.at;
        self.pass(b"-");
        if !self.pass(b"0") {
            self.digits()?;
        }
        if self.pass(b".") {
            self.digits()?;
        }
        if self.pass(b"eE") {
            self.pass(b"+-");
            self.digits()?;
        }
        let digits = self.text.get(start..self.at)?;
        let is_read = is_plain(digits) || Decimal::parse(digits).is_ok();
        is_read.then_some(())?;
        self.push(start, Kind::Number(Letters::WHOLE))
    }

    /// Passes one digit or more.
    fn digits(&mut self) -> Option<()> {
        let start = self.at;
        while self.pass(b"0123456789") {}
        (self.at > start).then_some(())
    }

    fn string(&mut self) -> Option<u32> {
        let start = self.at;
        let mut unescaped = String::new();
        // What stands from here on has not been copied, and need not be where there is no escape.
        let mut from = start + 1;
        self.at = from;
        let letters = loop {
            self.at += run(self.bytes.get(self.at..)?)?;
            let end = self.at;
            match self.take()? {
                b'"' if from == start + 1 => break Letters::QUOTED,
                b'"' => break self.tree.unescape([&unescaped, self.text.get(from..end)?]),
                b'\\' => {
                    unescaped.push_str(self.text.get(from..end)?);
                    unescaped.push(self.escaped()?);
                    from = self.at;
                }
                _ => return None,
            }
        };
        let written = self.text.get(start..self.at)?;
        (written.is_ascii() || written.chars().all(is_printable)).then_some(())?;
        self.push(start, Kind::String(letters))
    }

    /// Reads what stands behind a backslash.
    fn escaped(&mut self) -> Option<char> {
        match self.take()? {
            letter @ (b'"' | b'\\' | b'/') => Some(letter.into()),
            b'b' => Some('\u{8}'),
            b'f' => Some('\u{C}'),
            b'n' => Some('\n'),
            b'r' => Some('\r'),
            b't' => Some('\t'),
            b'u' => {
                let first = self.code_unit()?;
                if let Some(letter) = char::from_u32(first.into()) {
                    return Some(letter);
                }
                let second =
                    if self.pass(b"\\") && self.pass(b"u") { self.code_unit()? } else { return None };
                char::decode_utf16([first, second]).next()?.ok()
            }
            _ => None,
        }
    }

    /// Reads four digits of UTF-16.
    fn code_unit(&mut self) -> Option<u16> {
        let mut unit = 0;
        for _ in 0..4 {
            let digit = char::from(self.take()?).to_digit(16)?;
            unit = unit << 4 | u16::try_from(digit).ok()?;
        }
        Some(unit)
    }

    fn push(&mut self, start: usize, kind: Kind) -> Option<u32> {
        (self.tree.len() < MAX_NODES).then(|| self.tree.push(Span::new(start, self.at), kind))
    }

    /// The next byte behind white space, which is not passed.
    fn next(&mut self) -> Option<u8> {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.bytes.get(self.at) {
            self.at += 1;
        }
        self.bytes.get(self.at).copied()
    }

    /// Passes the next byte if it is one of these.
    fn pass(&mut self, wanted: &[u8]) -> bool {
        let passes = self.bytes.get(self.at).is_some_and(|byte| wanted.contains(byte));
        self.at += usize::from(passes);
        passes
    }

    fn take(&mut self) -> Option<u8> {
        let byte = self.bytes.get(self.at).copied();
        self.at += 1;
        byte
    }
}

/// How many bytes of a string stand before the first that means something else, if there is one.
fn run(bytes: &[u8]) -> Option<usize> {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    const HIGH: u64 = ONES << 7;
    // Eight at a time are looked at as one number, in which the high bit of a byte tells that it is below another. Of the
    // bits that are set the lowest is right: a borrow goes upwards.
    let below = |word: u64, other: u8| word.wrapping_sub(ONES * u64::from(other)) & !word & HIGH;
    let is = |word: u64, byte: u8| below(word ^ (ONES * u64::from(byte)), 1);
    let (words, rest) = bytes.as_chunks();
    for (at, chunk) in words.iter().enumerate() {
        let word = u64::from_le_bytes(*chunk);
        let ends = below(word, b' ') | is(word, b'"') | is(word, b'\\') | is(word, 0x7F);
        if ends != 0 {
            return Some(at * 8 + ends.trailing_zeros() as usize / 8);
        }
    }
    let end = rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..b' ' | 0x7F))?;
    Some(bytes.len() - rest.len() + end)
}

/// Whether YAML takes a character, beside those that JSON does not take either: the two are one as to what a text holds.
const fn is_printable(letter: char) -> bool {
    !matches!(letter, '\u{80}'..='\u{84}' | '\u{86}'..='\u{9F}' | '\u{FFFE}' | '\u{FFFF}')
}

/// Says what is wrong with a text that [`Reader`] does not read; where nothing is, it is read after all.
fn read_unsound<'t>(document: &mut Document<'t>, text: &'t str, range: Range<usize>) {
    let slice = &text[range.clone()];
    if let Err(error) = serde_json::from_str::<IgnoredAny>(slice) {
        let at = range.start + offset(slice, error.line(), error.column());
        let at = if error.to_string().starts_with("control character") {
            control(text, at, range.end)
        } else {
            at
        };
        let width =
            text[at..].chars().next().filter(|next| !matches!(next, '\n' | '\r')).map_or(0, char::len_utf8);
        let message = error.to_string();
        // The place is ours to show, in the report's own units.
        let message = message.rsplit_once(" at line ").map_or(message.as_str(), |(message, _)| message);
        let kind =
            if message.contains("recursion limit") { ProblemKind::InputLimit } else { ProblemKind::Syntax };
        document.problem(kind, Span::new(at, at + width), format!("not JSON: {message}"));
        if let Some(problem) = document.problems.last_mut() {
            problem.help = Some("JSON has no comments, no trailing commas and no single quotes".to_owned());
        }
        return;
    }
    // YAML's bound on the length of a key would refuse valid JSON.
    yaml::read_with(document, text, range, longest_string(slice) + 1024);
}

/// The byte offset of a 1-based line and a column in bytes, as `serde_json` counts: the column of the last byte
/// it had read.
fn offset(text: &str, line: usize, column: usize) -> usize {
    let start = if line < 2 {
        0
    } else {
        text.match_indices('\n').nth(line - 2).map_or(text.len(), |(at, _)| at + 1)
    };
    let wanted = (start + column.saturating_sub(1)).min(text.len());
    (0..=wanted).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

/// The length in bytes of the longest string of a JSON text, which bounds that of its longest key.
fn longest_string(json: &str) -> usize {
    let (mut longest, mut start, mut escaped) = (0, None, false);
    for (at, byte) in json.bytes().enumerate() {
        match (start, byte) {
            (Some(_), _) if escaped => escaped = false,
            (Some(_), b'\\') => escaped = true,
            (Some(opened), b'"') => {
                longest = longest.max(at - opened);
                start = None;
            }
            (None, b'"') => start = Some(at),
            _ => {}
        }
    }
    longest
}

/// The first control character from `at` on: the place that is reported of one may lie before it.
fn control(text: &str, at: usize, end: usize) -> usize {
    text[at..end].find(|letter: char| letter < ' ').map_or(at, |found| at + found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::{Node, Value};
    use proptest::prelude::*;
    use serde_json::Value as Json;

    /// What the pass makes of a text, and what those make of it to whom it leaves what is not sound.
    fn both(text: &str) -> (Option<Document<'_>>, Document<'_>) {
        let empty = || Document { tree: Tree::over(text), ..Document::default() };
        let (mut quick, mut thorough) = (empty(), empty());
        let root = Reader::new(&mut quick.tree, text, 0..text.len()).read();
        quick.roots.extend(root);
        read_unsound(&mut thorough, text, 0..text.len());
        (root.map(|_| quick), thorough)
    }

    /// Asserts that both read a text alike, or that one of them does not and the other has a problem with it.
    fn agree(text: &str) -> bool {
        let (quick, thorough) = both(text);
        let Some(quick) = quick else {
            assert!(!thorough.is_sound(), "read by others: {text:?}");
            return false;
        };
        assert!(thorough.is_sound(), "not read by others: {text:?}: {:?}", thorough.problems);
        let (one, other) = (quick.roots().next().unwrap(), thorough.roots().next().unwrap());
        same(one, other);
        // Exponents may lead past what others read.
        if let Ok(theirs) = serde_json::from_str(text) {
            says(one, &theirs);
        }
        true
    }

    fn same(one: Node<'_>, other: Node<'_>) {
        assert_eq!((one.span(), one.is_verbatim()), (other.span(), other.is_verbatim()));
        match (one.value(), other.value()) {
            (Value::List(one), Value::List(other)) => {
                assert_eq!(one.iter().count(), other.iter().count());
                one.iter().zip(other.iter()).for_each(|(one, other)| same(one, other));
            }
            (Value::Map(one), Value::Map(other)) => {
                assert_eq!(one.iter().count(), other.iter().count());
                for (one, other) in one.iter().zip(other.iter()) {
                    let key = (other.key, other.key_span, other.key_verbatim);
                    assert_eq!((one.key, one.key_span, one.key_verbatim), key);
                    same(one.value, other.value);
                }
            }
            (one, other) => assert_eq!(format!("{one:?}"), format!("{other:?}")),
        }
    }

    fn says(node: Node<'_>, theirs: &Json) {
        match (node.value(), theirs) {
            (Value::Null, Json::Null) | (Value::Number(_), Json::Number(_)) => {}
            (Value::Bool(value), Json::Bool(theirs)) => assert_eq!(value, *theirs),
            (Value::String(text), Json::String(theirs)) => assert_eq!(text, theirs),
            (Value::List(list), Json::Array(theirs)) => {
                list.iter().zip(theirs).for_each(|(value, theirs)| says(value, theirs));
            }
            (Value::Map(map), Json::Object(theirs)) => {
                map.iter().for_each(|entry| says(entry.value, &theirs[entry.key]));
            }
            (value, theirs) => panic!("{value:?} here, {theirs} elsewhere"),
        }
    }

    /// White space, in which JSON may be written.
    const WHITE: &str = "[ \n\r\t]{0,2}";
    /// The letters of a string, plain and escaped, some of which one or the other does not take.
    const LETTERS: &str = "([ -!#-\\[\\]-~é日\u{1F600}\u{85}\u{2028}\u{FEFF}]|\\\\[\"\\\\/bfnrt]|\\\\u00[0-9a-fA-F]{2}|\\\\u[0-9a-cA-C][0-9]{3}|\\\\ud83d\\\\ude0[0-9]){0,8}";
    const NUMBER: &str = "-?(0|[1-9][0-9]{0,6})([.][0-9]{1,6})?([eE][-+]?[0-9]{1,2})?";

    /// JSON, mostly sound: keys may be there twice, and numbers be too large.
    fn json() -> impl Strategy<Value = String> {
        let string = LETTERS.prop_map(|letters| format!("\"{letters}\"")).boxed();
        let word = prop::sample::select(vec!["true", "false", "null", "{}", "[]", "[ ]", "{\n}"]);
        let leaf = prop_oneof![string.clone(), NUMBER, word.prop_map(str::to_owned)];
        let white = WHITE.boxed();
        let tree = leaf.prop_recursive(5, 40, 6, move |inner| {
            let spaced =
                (white.clone(), inner, white.clone()).prop_map(|(one, value, other)| one + &value + &other);
            let entry = (white.clone(), string.clone(), white.clone(), spaced.clone())
                .prop_map(|(one, key, other, value)| one + &key + &other + ":" + &value);
            prop_oneof![
                prop::collection::vec(spaced, 1..5).prop_map(|values| format!("[{}]", values.join(","))),
                prop::collection::vec(entry, 1..5).prop_map(|entries| format!("{{{}}}", entries.join(","))),
            ]
        });
        (WHITE, tree, WHITE).prop_map(|(one, tree, other)| one + &tree + &other)
    }

    /// What to put into JSON so that it is none, or is another.
    const PIECES: [&str; 40] = [
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "\"",
        "\\",
        " ",
        "\n",
        "\t",
        "\r",
        "\u{B}",
        "\0",
        "0",
        "1",
        "-",
        "+",
        ".",
        "e",
        "E9",
        "1e400",
        "1234567890123456789",
        "true",
        "nul",
        "NaN",
        "'",
        "#",
        "//",
        "&a",
        "*a",
        "!!str ",
        "---",
        "\\ud83d",
        "\\ude00",
        "\\x",
        "é",
        "\u{FEFF}",
        "\u{7F}",
        "\u{FFFE}",
    ];

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn sound_json_is_read_as_others_read_it(text in json()) {
            agree(&text);
        }

        #[test]
        fn what_is_no_json_is_left_to_others(
            text in json(), at in any::<prop::sample::Index>(), piece in prop::sample::select(&PIECES[..]), cut in 0_usize..3,
        ) {
            let places: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
            let at = at.index(places.len());
            let rest = &text[places[(at + cut).min(places.len() - 1)]..];
            agree(&format!("{}{piece}{rest}", &text[..places[at]]));
        }

        #[test]
        fn a_run_ends_where_a_byte_says_so(
            bytes in prop::collection::vec(prop_oneof![any::<u8>(), prop::sample::select(&b"a !\"#[\\]\x1f\x7f\x80"[..])], 0..40),
        ) {
            let end = bytes.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..b' ' | 0x7F));
            prop_assert_eq!(run(&bytes), end);
        }

        #[test]
        fn pieces_of_json_are_read_as_others_read_them(
            pieces in prop::collection::vec(prop::sample::select(&PIECES[..]), 1..12),
        ) {
            agree(&pieces.concat());
        }
    }

    #[test]
    fn what_is_sound_is_read_here_and_what_is_not_is_left() {
        let long = "k".repeat(100_000);
        let many: Vec<String> = (0..40).map(|at| format!("\"{at}\": {at}")).collect();
        for text in [
            "1",
            "\"\"",
            "-0.0e-0",
            " {\"a\" :\t[ ] , \"\" :{}}\r\n",
            "[\"\\ud83d\\ude00\", \"\\/\", \"\\u0000\"]",
            &format!("{{\"{long}\": \"{long}\"}}"),
            &format!("{{{}}}", many.join(",")),
            &format!("{}{}", "[".repeat(100), "]".repeat(100)),
        ] {
            assert!(agree(text), "{text}");
        }
        for text in [
            "01",
            "+1",
            ".5",
            "5.",
            "1e",
            "-",
            "{\"a\": 1, \"\\u0061\": 2}",
            &format!("{{{}, \"7\": 7}}", many.join(",")),
            "\"\\ud83d\"",
            "\"\\ude00\\ud83d\"",
            "\"a\u{7F}\"",
            "\"\u{80}\"",
            "1234567890123456789",
            "{\"a\" 1}",
            "{\"a\": 1,}",
            "[1,]",
            "[1}",
            "1 2",
            &format!("{}{}", "[".repeat(101), "]".repeat(101)),
        ] {
            assert!(!agree(text), "{text}");
        }
    }
}
