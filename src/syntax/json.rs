//! JSON to tree: RFC 8259 and nothing else, in one pass.
//!
//! What is no JSON at all is explained by a strict parser. Limits and repeated keys are those of YAML, in the same words.

use std::ops::Range;

use serde::de::IgnoredAny;

use crate::decimal::{Decimal, NotDecimal};
use crate::source::{BOM, Span};
use crate::syntax::tree::{Kind, Letters, is_plain};
use crate::syntax::{Document, MAX_DEPTH, MAX_NODES, Problem, ProblemKind};

/// Reads the JSON document in `range` of `text` into `document`.
pub(crate) fn read<'t>(document: &mut Document<'t>, text: &'t str, range: Range<usize>) {
    let bom = if text[range.clone()].starts_with(BOM) { BOM.len_utf8() } else { 0 };
    let range = range.start + bom..range.end;
    if text[range.clone()].trim().is_empty() {
        return;
    }
    let (size, problems) = (document.tree.size(), document.problems.len());
    let mut reader = Reader::new(document, text, range.clone());
    let root = reader.read();
    let (at, refused) = (reader.at, reader.refused.take());
    if let Some(root) = root {
        document.roots.push(root);
        return;
    }
    document.tree.cut(size);
    document.problems.truncate(problems);
    document.report(refused.unwrap_or_else(|| not_json(text, range, at)));
}

/// One pass over a text. Each of its steps is `None` where reading ends.
struct Reader<'r, 't> {
    document: &'r mut Document<'t>,
    text: &'t str,
    /// The text up to the end of the document.
    bytes: &'t [u8],
    at: usize,
    open: Vec<Open>,
    /// Why reading has ended, where that is not that the text is no JSON.
    refused: Option<Problem>,
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
    fn new(document: &'r mut Document<'t>, text: &'t str, range: Range<usize>) -> Self {
        let bytes = &text.as_bytes()[..range.end];
        Self { document, text, bytes, at: range.start, open: Vec::new(), refused: None }
    }

    /// Reads a document, which is one value; its node.
    fn read(&mut self) -> Option<u32> {
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
        if self.open.len() >= MAX_DEPTH {
            let message = format!("collections nest more than {MAX_DEPTH} deep");
            return self.refuse(ProblemKind::InputLimit, self.at..self.at + 1, message);
        }
        self.check_count(self.at)?;
        self.open.push(Open { id: self.document.tree.open(self.at, is_map), is_map });
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
        self.document.tree.close(id, self.at);
        if is_map {
            self.document.drop_repeated(id);
        }
        Some(id)
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
        let parsed = if is_plain(digits) { Ok(Decimal::ZERO) } else { Decimal::parse(digits) };
        match parsed {
            Ok(_) => self.push(start, Kind::Number(Letters::WHOLE)),
            Err(NotDecimal::NotANumber) => None,
            Err(NotDecimal::TooLong) => {
                self.document.number_too_long(Span::new(start, self.at));
                self.push(start, Kind::Unreadable)
            }
        }
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
                b'"' => break self.document.tree.unescape([&unescaped, self.text.get(from..end)?]),
                b'\\' => {
                    unescaped.push_str(self.text.get(from..end)?);
                    unescaped.push(self.escaped()?);
                    from = self.at;
                }
                _ => return None,
            }
        };
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
            b'u' => self.escaped_code_point(),
            _ => None,
        }
    }

    /// Reads what stands behind `\\u`, with the second escape of a pair.
    fn escaped_code_point(&mut self) -> Option<char> {
        let start = self.at - 2;
        let first = self.code_unit()?;
        if let Some(letter) = char::from_u32(first.into()) {
            return Some(letter);
        }
        let end = self.at;
        let second = if self.pass(b"\\") && self.pass(b"u") { self.code_unit()? } else { 0 };
        let letter = char::decode_utf16([first, second]).next()?.ok();
        letter.or_else(|| {
            let message =
                format!("`\\u{first:04x}` is half of a surrogate pair, and the other half is missing");
            self.refuse(ProblemKind::Syntax, start..end, message)
        })
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
        self.check_count(start)?;
        Some(self.document.tree.push(Span::new(start, self.at), kind))
    }

    /// Ends reading where there are too many values.
    fn check_count(&mut self, at: usize) -> Option<()> {
        if self.document.tree.len() < MAX_NODES {
            return Some(());
        }
        let message = format!("the file has more than {MAX_NODES} values");
        self.refuse(ProblemKind::InputLimit, at..at, message)
    }

    /// Ends reading for a reason of its own.
    fn refuse<T>(&mut self, kind: ProblemKind, at: Range<usize>, message: String) -> Option<T> {
        let span = Span::new(at.start, at.end);
        self.refused = Some(Problem { kind, span, message, help: None, related: None });
        None
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
        let ends = below(word, b' ') | is(word, b'"') | is(word, b'\\');
        if ends != 0 {
            return Some(at * 8 + ends.trailing_zeros() as usize / 8);
        }
    }
    let end = rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..b' '))?;
    Some(bytes.len() - rest.len() + end)
}

/// The problem of a text that is no JSON, of which `at` bytes were read.
fn not_json(text: &str, range: Range<usize>, at: usize) -> Problem {
    let slice = &text[range.clone()];
    let (at, message) = match serde_json::from_str::<IgnoredAny>(slice) {
        Ok(_) => (at.min(range.end), "it cannot be read".to_owned()),
        Err(error) => (range.start + offset(slice, error.line(), error.column()), error.to_string()),
    };
    let at = (0..=at).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    let at = if message.starts_with("control character") { control(text, at, range.end) } else { at };
    let width =
        text[at..].chars().next().filter(|next| !matches!(next, '\n' | '\r')).map_or(0, char::len_utf8);
    // The place is ours to show, in the report's own units.
    let message = message.rsplit_once(" at line ").map_or(message.as_str(), |(message, _)| message);
    let kind =
        if message.contains("recursion limit") { ProblemKind::InputLimit } else { ProblemKind::Syntax };
    Problem {
        kind,
        span: Span::new(at, at + width),
        message: format!("not JSON: {message}"),
        help: Some("JSON has no comments, no trailing commas and no single quotes".to_owned()),
        related: None,
    }
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

/// The first control character from `at` on: the place that is reported of one may lie before it.
fn control(text: &str, at: usize, end: usize) -> usize {
    text[at..end].find(|letter: char| letter < ' ').map_or(at, |found| at + found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::tree::Tree;
    use crate::syntax::{Node, Value, yaml};
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
            says(root, &theirs);
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
        fn what_is_no_json_is_a_problem(
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
            let end = bytes.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..b' '));
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
    fn sound_json_is_read_and_other_text_is_a_problem() {
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
    fn problems_of_json_are_placed_and_reading_continues_where_it_can() {
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
            [
                "1234567890123456789: a number here has 18 digits at the most, and this one cannot be read exactly",
                "\"a\": the key `a` stands here a second time",
            ]
        );
        assert_eq!(read_alone(repeated).roots().count(), 1);
    }
}
