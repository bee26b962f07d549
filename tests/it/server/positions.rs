//! Positions in all encodings, in texts with characters of every width, byte order marks and all line breaks.

use aivss_lint::server::{Encoding, edited};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

#[test]
fn best_offered_encoding_is_used() {
    for (offered, used) in [
        (json!(["utf-16", "utf-8"]), "utf-8"),
        (json!(["utf-16", "utf-32"]), "utf-32"),
        (json!(["utf-16"]), "utf-16"),
        (json!(["utf-7"]), "utf-16"),
        (Value::Null, "utf-16"),
    ] {
        let editor = Editor::with(&[], json!({ "general": { "positionEncodings": offered } }), json!({}));
        assert_eq!(editor.initialized["capabilities"]["positionEncoding"], used, "{offered}");
    }
}

#[test]
fn columns_count_in_the_negotiated_unit() {
    for (encoding, expected) in [("utf-8", 32), ("utf-16", 28), ("utf-32", 27)] {
        let capabilities =
            json!({ "general": { "positionEncodings": [encoding] }, "textDocument": { "diagnostic": {} } });
        let editor = &mut Editor::with(&[], capabilities, json!({ "today": TODAY }));
        let line = "aivss_threat_model: 1\nagent: { name: 😀∑x, owner: 3 }\n";
        editor.open(MODEL, line);
        let report = editor.about(MODEL, "diagnostic", json!({}));
        let found = report["items"].as_array().unwrap().iter();
        let owner =
            found.clone().find(|problem| problem["message"].as_str().unwrap().contains("agent.owner"));
        let start = &owner.unwrap()["range"]["start"];
        assert_eq!(*start, json!({ "line": 1, "character": expected }), "{encoding}");
    }
}

#[test]
fn byte_order_mark_is_part_of_the_first_line() {
    let edits = [([0, 1, 0, 2], "b"), ([0, 0, 0, 1], "")];
    assert_eq!(edited("\u{FEFF}a: 1\n", Encoding::Utf16, &edits[..1]), "\u{FEFF}b: 1\n");
    assert_eq!(edited("\u{FEFF}a: 1\n", Encoding::Utf16, &edits), "b: 1\n");
    assert_eq!(edited("\u{FEFF}a: 1\n", Encoding::Utf8, &[([0, 3, 0, 4], "b")]), "\u{FEFF}b: 1\n");
}

#[test]
fn positions_outside_of_the_text_are_moved_into_it() {
    for (range, expected) in [
        ([0, 99, 0, 99], "aX\r\n😀b\rc"),
        ([9, 0, 9, 9], "a\r\n😀b\rcX"),
        ([1, 1, 1, 1], "a\r\nX😀b\rc"),
        ([1, 2, 1, 99], "a\r\n😀X\rc"),
        ([2, 0, 1, 0], "a\r\n😀b\rXc"),
        ([0, 1, 1, 0], "aX😀b\rc"),
        ([u32::MAX, u32::MAX, u32::MAX, 0], "a\r\n😀b\rcX"),
    ] {
        assert_eq!(edited("a\r\n😀b\rc", Encoding::Utf16, &[(range, "X")]), expected, "{range:?}");
    }
}

/// The text as an editor has it: lines, each with its break, of letters with their widths.
fn reference(
    text: &str,
    encoding: Encoding,
    [line, column, end_line, end_column]: [u32; 4],
    new: &str,
) -> String {
    let offset = |line: u32, column: u32| {
        let (mut at, mut row) = (0, 0);
        let bytes = text.as_bytes();
        while row < line {
            match bytes.get(at) {
                None => return text.len(),
                Some(b'\n') => row += 1,
                Some(b'\r') if bytes.get(at + 1) != Some(&b'\n') => row += 1,
                Some(_) => {}
            }
            at += 1;
        }
        let mut left = column as usize;
        for letter in text[at..].chars().take_while(|letter| !['\r', '\n'].contains(letter)) {
            let width = match encoding {
                Encoding::Utf8 => letter.len_utf8(),
                Encoding::Utf16 => letter.len_utf16(),
                Encoding::Utf32 => 1,
            };
            if left < width {
                break;
            }
            (left, at) = (left - width, at + letter.len_utf8());
        }
        at
    };
    let (start, end) = (offset(line, column), offset(end_line, end_column));
    format!("{}{new}{}", &text[..start], &text[end.max(start)..])
}

proptest! {
    #[test]
    fn incremental_text_equals_the_editors(
        text in "[a😀∑\u{FEFF}ü:\r\n ]{0,30}",
        edits in proptest::collection::vec((0..6_u32, 0..12_u32, 0..6_u32, 0..12_u32, "[b😀\r\nü]{0,5}"), 0..6),
    ) {
        for encoding in [Encoding::Utf8, Encoding::Utf16, Encoding::Utf32] {
            let mut expected = text.clone();
            for (line, column, end_line, end_column, new) in &edits {
                expected = reference(&expected, encoding, [*line, *column, *end_line, *end_column], new);
            }
            let edits: Vec<([u32; 4], &str)> =
                edits.iter().map(|(a, b, c, d, new)| ([*a, *b, *c, *d], &**new)).collect();
            prop_assert_eq!(edited(&text, encoding, &edits), expected);
        }
    }
}
