//! Bytes that are not text, and characters that do not belong in one.

use super::rows::{BOM, Case, JSON, MODEL, json, page, swap, swap_in, wrong, yaml};

/// Bytes that are not text, or text of another kind than it seems.
pub(crate) fn encodings() -> Vec<Case> {
    let utf16 = |mark: bool| -> Vec<u8> {
        let mark = mark.then_some(0xFEFF_u16);
        mark.into_iter().chain(MODEL.encode_utf16()).flat_map(u16::to_le_bytes).collect()
    };
    let mut latin = MODEL.as_bytes().to_vec();
    latin[MODEL.find("Planner").unwrap() + 2] = 0xE4;
    vec![
        yaml("the model itself", MODEL, 0, ""),
        yaml("nothing", "", 1, "1:1 empty-file"),
        yaml("white space", "\n  \n\n", 1, "1:1 empty-file"),
        yaml("comments alone", "# a\n# b\n", 1, "1:1 empty-file"),
        yaml("a byte order mark alone", BOM, 1, "1:1 empty-file"),
        yaml("a byte order mark and a comment", format!("{BOM}# a\n"), 1, "1:1 empty-file"),
        json("a byte order mark alone, JSON", BOM, 1, "1:1 empty-file"),
        yaml("a byte order mark takes no column", format!("{BOM}]"), 1, "1:1 syntax"),
        yaml("a byte order mark before a model", format!("{BOM}{}", wrong()), 1, "22:10 score-mismatch"),
        yaml("Latin-1", latin, 1, "3:11 encoding"),
        yaml("UTF-16", utf16(true), 1, "1:1 encoding"),
        yaml("UTF-16 without its mark", utf16(false), 1, "1:2 syntax"),
        yaml("a surrogate in UTF-8", b"a: \xED\xA0\x80\n", 1, "1:4 encoding"),
        yaml("a character cut off at the end", b"a: 1 # \xE2\x82", 1, "1:8 encoding"),
        yaml("NUL, and a second model after it", format!("{MODEL}\0\n---\n{MODEL}"), 1, "32:1 syntax"),
        yaml("NUL in a comment", format!("# \0\n{MODEL}"), 1, "1:3 syntax"),
        yaml("lines end in CR LF", wrong().replace('\n', "\r\n"), 1, "22:10 score-mismatch"),
        yaml("lines end in CR", wrong().replace('\n', "\r"), 1, "22:10 score-mismatch"),
        yaml(
            "columns count code points",
            swap("  score: 9.4", "  x-ä: { 日本: '👩‍👩‍👧', 'score': 1 }\n  'score': 9.1 # ü"),
            1,
            "23:12 score-mismatch",
        ),
        yaml("a tab as indentation", swap("  score: 9.4", "\tscore: 9.4"), 1, "22:1 syntax"),
        yaml("a tab after a colon is allowed", swap("score: 9.4", "score:\t9.1"), 1, "22:10 score-mismatch"),
        yaml("nothing but a bracket that is not closed", "[", 1, "1:1 syntax"),
    ]
}

/// Every way in which bytes are not UTF-8, and characters that do not belong in a text.
pub(crate) fn no_text() -> Vec<Case> {
    let classes: [(&str, &[u8]); 13] = [
        ("a byte that only continues", b"\x80"),
        ("two of them", b"\xBF\x80"),
        ("a slash in two bytes", b"\xC0\xAF"),
        ("a slash in three bytes", b"\xE0\x80\xAF"),
        ("a slash in four bytes", b"\xF0\x80\x80\xAF"),
        ("NUL in two bytes", b"\xC0\x80"),
        ("a pair of surrogates, three bytes each", b"\xED\xA0\xBD\xED\xB8\x80"),
        ("the second half of a pair", b"\xED\xBF\xBF"),
        ("past the last character", b"\xF4\x90\x80\x80"),
        ("a byte that begins no character", b"\xF5"),
        ("five bytes", b"\xF8\x88\x80\x80\x80"),
        ("a mark of UTF-16 within the text", b"\xFF\xFE"),
        ("four bytes that end after three", b"\xF0\x9F\x98"),
    ];
    let with = |text: &str, bytes: &[u8]| -> Vec<u8> {
        let (before, after) = text.split_once("Plans").unwrap();
        [before.as_bytes(), bytes, after.as_bytes()].concat()
    };
    let both = |(name, bytes): (&'static str, &[u8])| {
        let fenced = format!("```yaml\n{MODEL}```\n");
        [
            yaml(name, with(MODEL, bytes), 1, "4:12 encoding"),
            json(name, with(JSON, bytes), 1, "2:42 encoding"),
            page(name, with(&fenced, bytes), 1, "5:12 encoding"),
        ]
    };
    let mut rows: Vec<Case> = classes.into_iter().flat_map(both).collect();
    let big = |mark: u16| -> Vec<u8> {
        [mark].into_iter().chain(MODEL.encode_utf16()).flat_map(u16::to_be_bytes).collect()
    };
    let wide: Vec<u8> =
        BOM.chars().chain(MODEL.chars()).flat_map(|letter| (letter as u32).to_le_bytes()).collect();
    rows.extend([
        yaml("UTF-16, the larger half first", big(0xFEFF), 1, "1:1 encoding"),
        json("UTF-16 in JSON", big(0xFEFF), 1, "1:1 encoding"),
        page("UTF-16 in a page", big(0xFEFF), 1, "1:1 encoding"),
        yaml("UTF-32", wide, 1, "1:1 encoding"),
        yaml("a byte order mark within a text", swap("Plans", BOM), 1, "4:12 syntax"),
        yaml(
            "a byte order mark within a key",
            swap("severity", &format!("sev{BOM}erity")),
            1,
            "23:3 unknown-key",
        ),
        yaml(
            "a byte order mark before a second model",
            format!("{MODEL}---\n{BOM}{}", wrong()),
            1,
            "33:1 syntax",
        ),
        json(
            "a byte order mark within JSON",
            swap_in(JSON, ", \"score\"", &format!(", {BOM}\"score\"")),
            1,
            "8:19 syntax",
        ),
        yaml("NUL in quotes", swap("Plans trips.", "'a\0b'"), 1, "4:14 syntax"),
        yaml("NUL by escape", swap("Plans trips.", "\"Plans\\0trips\""), 0, ""),
        json("NUL by escape in JSON", swap_in(JSON, "Plans", "\\u0000"), 0, ""),
        yaml("half a pair of surrogates by escape", swap("Plans trips.", "\"\\ud83d\""), 1, "4:12 syntax"),
        yaml("past the last character by escape", swap("Plans trips.", "\"\\U00110000\""), 1, "4:12 syntax"),
        yaml("a noncharacter", swap("Plans", "\u{FFFE}"), 1, "4:12 syntax"),
        page("NUL in a page", format!("a\0\n\n```yaml\n{}```\n", wrong()), 1, "25:10 score-mismatch"),
    ]);
    rows
}
