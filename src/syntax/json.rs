//! JSON to tree: strict RFC 8259 in one pass.
//!
//! `serde_json` explains a text that is not JSON. Limits and repeated keys are reported as in YAML.

use std::ops::Range;

use serde::de::IgnoredAny;

use crate::decimal::{Decimal, NotDecimal};
use crate::source::{BOM, Span};
use crate::syntax::node::is_plain;
use crate::syntax::tree::{Document, Letters, MAX_DEPTH, NodeKind, Problem, ProblemKind};

/// Reads the JSON document in `range` of `text` into `document`.
pub(crate) fn read<'t>(document: &mut Document<'t>, text: &'t str, range: Range<usize>) {
    let bom = if text[range.clone()].starts_with(BOM) { BOM.len_utf8() } else { 0 };
    let range = range.start + bom..range.end;
    if text[range.clone()].trim().is_empty() {
        return;
    }
    let (root, problems) = (document.tree.next(), document.problems.len());
    let bytes = &text.as_bytes()[..range.end];
    let mut reader = JsonReader { document, text, bytes, at: range.start, is_refused: false };
    if reader.value(0).is_some() && reader.next().is_none() {
        return document.roots.push(root);
    }
    let (at, is_refused) = (reader.at, reader.is_refused);
    document.tree.truncate(root);
    let refused = document.problems.pop().filter(|_| is_refused);
    document.problems.truncate(problems);
    document.report(refused.unwrap_or_else(|| not_json(text, range, at)));
}

/// One pass over a text. Each step returns `None` if the text is not JSON or refused.
struct JsonReader<'r, 't> {
    document: &'r mut Document<'t>,
    text: &'t str,
    /// The text up to the end of the document.
    bytes: &'t [u8],
    at: usize,
    /// Whether reading ended at a problem that was reported last.
    is_refused: bool,
}

impl JsonReader<'_, '_> {
    fn value(&mut self, depth: usize) -> Option<()> {
        match self.next()? {
            b'{' => self.collection(true, b'}', depth),
            b'[' => self.collection(false, b']', depth),
            b'"' => self.string(),
            b't' => self.word("true", NodeKind::Bool(true)),
            b'f' => self.word("false", NodeKind::Bool(false)),
            b'n' => self.word("null", NodeKind::Null),
            _ => self.number(),
        }
    }

    fn collection(&mut self, is_map: bool, close: u8, depth: usize) -> Option<()> {
        let start = self.at;
        if depth == MAX_DEPTH {
            self.document.too_deep(Span::new(start, start + 1));
            return self.refuse();
        }
        self.check_count(start)?;
        let id = self.document.tree.open(start, is_map);
        self.at += 1;
        let mut is_open = self.next()? != close;
        while is_open {
            if is_map {
                (self.next()? == b'"').then_some(())?;
                self.string()?;
                self.next()?;
                self.skip(b":").then_some(())?;
            }
            self.value(depth + 1)?;
            self.next()?;
            is_open = self.skip(b",");
        }
        self.skip(&[close]).then_some(())?;
        self.document.tree.close(id, self.at);
        if is_map {
            self.document.drop_repeated(id);
        }
        Some(())
    }

    fn word(&mut self, word: &str, kind: NodeKind) -> Option<()> {
        let start = self.at;
        self.at += word.len();
        (self.bytes.get(start..self.at)? == word.as_bytes()).then_some(())?;
        self.push(start, kind)
    }

    fn number(&mut self) -> Option<()> {
        let start = self.at;
        self.skip(b"-");
        if !self.skip(b"0") {
            self.digits()?;
        }
        if self.skip(b".") {
            self.digits()?;
        }
        if self.skip(b"eE") {
            self.skip(b"+-");
            self.digits()?;
        }
        let digits = self.text.get(start..self.at)?;
        let parsed = if is_plain(digits) { Ok(Decimal::ZERO) } else { Decimal::parse(digits) };
        match parsed {
            Ok(_) => self.push(start, NodeKind::Number(Letters::WHOLE)),
            Err(NotDecimal::NotANumber) => None,
            Err(NotDecimal::TooLong) => {
                let unreadable = self.document.number_too_long(Span::new(start, self.at));
                self.push(start, unreadable)
            }
        }
    }

    fn digits(&mut self) -> Option<()> {
        let start = self.at;
        while self.skip(b"0123456789") {}
        (self.at > start).then_some(())
    }

    fn string(&mut self) -> Option<()> {
        let start = self.at;
        let mut unescaped = String::new();
        // The letters from here on are not copied, and need not be if there is no escape.
        let mut from = start + 1;
        self.at = from;
        let letters = loop {
            self.at += run(self.bytes.get(self.at..)?)?;
            let end = self.at;
            match self.take()? {
                b'"' if from == start + 1 => break Letters::QUOTED,
                b'"' => {
                    unescaped.push_str(self.text.get(from..end)?);
                    break self.document.tree.unescape(&unescaped);
                }
                b'\\' => {
                    unescaped.push_str(self.text.get(from..end)?);
                    unescaped.push(self.escaped()?);
                    from = self.at;
                }
                _ => return None,
            }
        };
        self.push(start, NodeKind::String(letters))
    }

    fn escaped(&mut self) -> Option<char> {
        match self.take()? {
            letter @ (b'"' | b'\\' | b'/') => Some(letter.into()),
            b'b' => Some('\u{8}'),
            b'f' => Some('\u{C}'),
            b'n' => Some('\n'),
            b'r' => Some('\r'),
            b't' => Some('\t'),
            b'u' => self.escaped_code_point(),
            _ => None,
        }
    }

    /// Reads the digits after `\\u`, with the second escape of a pair.
    fn escaped_code_point(&mut self) -> Option<char> {
        let start = self.at - 2;
        let first = self.code_unit()?;
        if let Some(letter) = char::from_u32(first.into()) {
            return Some(letter);
        }
        let end = self.at;
        let second = if self.skip(b"\\") && self.skip(b"u") { self.code_unit()? } else { 0 };
        if let Some(Ok(letter)) = char::decode_utf16([first, second]).next() {
            return Some(letter);
        }
        let message = format!("`\\u{first:04x}` is half of a surrogate pair, and the other half is missing");
        self.document.problem(ProblemKind::Syntax, Span::new(start, end), message);
        self.refuse()
    }

    fn code_unit(&mut self) -> Option<u16> {
        let mut unit = 0;
        for _ in 0..4 {
            let digit = char::from(self.take()?).to_digit(16)?;
            unit = unit << 4 | u16::try_from(digit).ok()?;
        }
        Some(unit)
    }

    fn push(&mut self, start: usize, kind: NodeKind) -> Option<()> {
        self.check_count(start)?;
        self.document.tree.push(Span::new(start, self.at), kind);
        Some(())
    }

    fn check_count(&mut self, at: usize) -> Option<()> {
        self.document.check_room(Span::new(at, at)).or_else(|| self.refuse())
    }

    /// Ends reading at the problem that was reported last.
    fn refuse<T>(&mut self) -> Option<T> {
        self.is_refused = true;
        None
    }

    /// The next byte after white space, which is not taken.
    fn next(&mut self) -> Option<u8> {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.bytes.get(self.at) {
            self.at += 1;
        }
        self.bytes.get(self.at).copied()
    }

    /// Skips the next byte if it is one of these.
    fn skip(&mut self, wanted: &[u8]) -> bool {
        let is_wanted = self.bytes.get(self.at).is_some_and(|byte| wanted.contains(byte));
        self.at += usize::from(is_wanted);
        is_wanted
    }

    fn take(&mut self) -> Option<u8> {
        let byte = self.bytes.get(self.at).copied();
        self.at += 1;
        byte
    }
}

/// The number of bytes of a string before the first that ends it, begins an escape or is not allowed.
fn run(bytes: &[u8]) -> Option<usize> {
    let end = memchr::memchr2(b'"', b'\\', bytes).unwrap_or(bytes.len());
    let control = bytes[..end].iter().position(|byte| *byte < b' ');
    control.or((end < bytes.len()).then_some(end))
}

/// The problem of a text that is not JSON, of which `at` bytes were read.
fn not_json(text: &str, range: Range<usize>, at: usize) -> Problem {
    let slice = &text[range.clone()];
    let (at, message) = match serde_json::from_str::<IgnoredAny>(slice) {
        Ok(_) => (at.min(range.end), "it cannot be read".to_owned()),
        Err(error) => (range.start + offset(slice, error.line(), error.column()), error.to_string()),
    };
    let mut at = text.floor_char_boundary(at);
    if message.starts_with("control character") {
        // The place in the error may be before the character.
        at = text[at..range.end].find(|letter: char| letter < ' ').map_or(at, |found| at + found);
    }
    // The report has its own lines and columns.
    let message = message.rsplit_once(" at line ").map_or(message.as_str(), |(message, _)| message);
    let is_deep = message.contains("recursion limit");
    let kind = if is_deep { ProblemKind::InputLimit } else { ProblemKind::Syntax };
    Problem {
        help: Some("JSON has no comments, no trailing commas and no single quotes".to_owned()),
        ..Problem::new(kind, Span::character(text, at), format!("not JSON: {message}"))
    }
}

/// The byte offset of a 1-based line and a column in bytes as `serde_json` counts it: that of the last byte it read.
fn offset(text: &str, line: usize, column: usize) -> usize {
    let start = match line {
        0 | 1 => 0,
        _ => text.match_indices('\n').nth(line - 2).map_or(text.len(), |(at, _)| at + 1),
    };
    (start + column.saturating_sub(1)).min(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::node::{Node, Value};
    use crate::syntax::tree::Tree;
    use crate::syntax::yaml;
    use proptest::prelude::*;
    use serde_json::Value as Json;

    fn read_alone(text: &str) -> Document<'_> {
        let mut document = Document { tree: Tree::over(text), ..Document::default() };
        read(&mut document, text, 0..text.len());
        document
    }

    fn read_as_yaml(text: &str) -> Document<'_> {
        let mut document = Document { tree: Tree::over(text), ..Document::default() };
        yaml::read(&mut document, text, 0..text.len());
        document
    }

    /// Whether YAML accepts the characters of a text, and keys of its length. JSON accepts more of both.
    fn is_yaml_too(text: &str) -> bool {
        let is_printable = |letter: char| !matches!(letter, '\u{7F}'..='\u{84}' | '\u{86}'..='\u{9F}' | '\u{FFFE}' | '\u{FFFF}' | BOM);
        text.len() < 1_000 && text.chars().all(is_printable)
    }

    /// Asserts that a text is read as others read it, or that there is a reason not to read it; whether it is read.
    fn agree(text: &str) -> bool {
        let document = read_alone(text);
        let is_json = serde_json::from_str::<IgnoredAny>(text).is_ok();
        if !document.is_sound() {
            let is_ours = |problem: &Problem| !problem.message.starts_with("not JSON: ");
            assert!(!is_json || document.problems.iter().all(is_ours), "{text:?}: {:?}", document.problems);
            return false;
        }
        let Some(root) = document.roots().next() else {
            return text.trim_start_matches(BOM).trim().is_empty();
        };
        assert!(is_json || text.starts_with(BOM), "not read by others: {text:?}");
        if is_yaml_too(text) {
            let other = read_as_yaml(text);
            assert!(other.is_sound(), "not read as YAML: {text:?}: {:?}", other.problems);
            same(root, other.roots().next().unwrap());
        }
        // Exponents may lead past what others read.
        if let Ok(theirs) = serde_json::from_str(text) {
            assert_same(root, &theirs);
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

    fn assert_same(node: Node<'_>, theirs: &Json) {
        match (node.value(), theirs) {
            (Value::Null, Json::Null) | (Value::Number(_), Json::Number(_)) => {}
            (Value::Bool(value), Json::Bool(theirs)) => assert_eq!(value, *theirs),
            (Value::String(text), Json::String(theirs)) => assert_eq!(text, theirs),
            (Value::List(list), Json::Array(theirs)) => {
                list.iter().zip(theirs).for_each(|(value, theirs)| assert_same(value, theirs));
            }
            (Value::Map(map), Json::Object(theirs)) => {
                map.iter().for_each(|entry| assert_same(entry.value, &theirs[entry.key]));
            }
            (value, theirs) => panic!("{value:?} here, {theirs} elsewhere"),
        }
    }

    /// White space, in which JSON may be written.
    const WHITE: &str = "[ \n\r\t]{0,2}";
    /// The letters of a string, plain and escaped, some of which one or the other does not take.
    const LETTERS: &str = "([ -!#-\\[\\]-~é日\u{1F600}\u{7F}\u{85}\u{9F}\u{2028}\u{2029}\u{FEFF}\u{FFFE}]|\\\\[\"\\\\/bfnrt]|\\\\u00[0-9a-fA-F]{2}|\\\\u[0-9a-cA-C][0-9]{3}|\\\\ud83d\\\\ude0[0-9]){0,8}";
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

    /// Insertions that make JSON malformed or different.
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
        fn valid_json_is_read_like_serde_json_and_yaml(text in json()) {
            agree(&text);
        }

        #[test]
        fn changed_json_is_read_like_serde_json_or_reported(
            text in json(), at in any::<prop::sample::Index>(), piece in prop::sample::select(&PIECES[..]), cut in 0_usize..3,
        ) {
            let places: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
            let at = at.index(places.len());
            let rest = &text[places[(at + cut).min(places.len() - 1)]..];
            agree(&format!("{}{piece}{rest}", &text[..places[at]]));
        }

        #[test]
        fn run_ends_at_quote_escape_or_control(
            bytes in prop::collection::vec(prop_oneof![any::<u8>(), prop::sample::select(&b"a !\"#[\\]\x1f\x7f\x80"[..])], 0..40),
        ) {
            let end = bytes.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..b' '));
            prop_assert_eq!(run(&bytes), end);
        }

        #[test]
        fn pieces_of_json_are_read_like_serde_json_or_reported(
            pieces in prop::collection::vec(prop::sample::select(&PIECES[..]), 1..12),
        ) {
            agree(&pieces.concat());
        }
    }

    #[test]
    fn valid_json_is_read_and_other_text_is_reported() {
        let long = "k".repeat(100_000);
        let many: Vec<String> = (0..40).map(|at| format!("\"{at}\": {at}")).collect();
        for text in [
            "1",
            "\"\"",
            "-0.0e-0",
            " {\"a\" :\t[ ] , \"\" :{}}\r\n",
            "[\"\\ud83d\\ude00\", \"\\/\", \"\\u0000\"]",
            "[\"a\u{7F}\", \"\u{80}\u{9F}\u{2028}\u{2029}\u{FEFF}\u{FFFE}\u{FFFF}\"]",
            "{\"\u{7F}\": \"\\u007f\\u0085\\u2028\\ufeff\"}",
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
            "\"a\n\"",
            "\"\u{1F}\"",
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

    #[test]
    fn json_problems_have_spans_and_reading_continues() {
        let problems = |text: &str| -> Vec<String> {
            let document = read_alone(text);
            let shown = |problem: &Problem| format!("{}: {}", &text[problem.span.range()], problem.message);
            document.problems.iter().map(shown).collect()
        };
        let half = "is half of a surrogate pair, and the other half is missing";
        assert_eq!(problems("[\"a\\ud83d\"]"), [format!("\\ud83d: `\\ud83d` {half}")]);
        assert_eq!(problems("[\"\\ud83d\\u0041\"]"), [format!("\\ud83d: `\\ud83d` {half}")]);
        assert_eq!(problems("[\"\\uDE00\"]"), [format!("\\uDE00: `\\ude00` {half}")]);
        let repeated = "{\"a\": \"\u{7F}\", \"a\": 2, \"b\": 1234567890123456789}";
        assert_eq!(
            problems(repeated),
            ["1234567890123456789: number has more than 18 digits", "\"a\": duplicate key `a`",]
        );
        assert_eq!(read_alone(repeated).roots().count(), 1);
    }
}
