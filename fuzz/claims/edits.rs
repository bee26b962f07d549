//! Edits of an open document: after any edits the text is the editor's.

use aivss_lint::server::{Encoding, edited};

/// The most edits of one input.
const MAX: usize = 50;

/// The first byte chooses the encoding. Edits follow the text after a zero, each of four numbers and a text up to the next
/// zero.
pub fn edits(data: &[u8]) {
    let Some((first, rest)) = data.split_first() else { return };
    let encoding = [Encoding::Utf8, Encoding::Utf16, Encoding::Utf32][usize::from(first % 3)];
    let mut parts = rest.split(|byte| *byte == 0).map(String::from_utf8_lossy);
    let text = parts.next().unwrap_or_default();
    let mut all = Vec::new();
    for part in parts.take(MAX) {
        let mut letters = part.chars();
        let range = [0; 4].map(|_| letters.next().map_or(0, |letter| u32::from(letter) % 32));
        all.push((range, letters.as_str().to_owned()));
    }
    let mut expected = text.clone().into_owned();
    for ([line, column, end_line, end_column], new) in &all {
        let start = offset(&expected, encoding, *line, *column);
        let end = offset(&expected, encoding, *end_line, *end_column).max(start);
        expected.replace_range(start..end, new);
    }
    let borrowed: Vec<([u32; 4], &str)> = all.iter().map(|(range, new)| (*range, new.as_str())).collect();
    assert_eq!(edited(&text, encoding, &borrowed), expected, "the text is not the editor's");
}

/// The offset of a position, counted letter by letter.
fn offset(text: &str, encoding: Encoding, line: u32, column: u32) -> usize {
    let mut letters = text.char_indices().peekable();
    for _ in 0..line {
        loop {
            match letters.next() {
                None => return text.len(),
                Some((_, '\n')) => break,
                Some((_, '\r')) if letters.peek().is_none_or(|(_, next)| *next != '\n') => break,
                Some(_) => {}
            }
        }
    }
    let mut units = 0;
    for (at, letter) in letters {
        units += match encoding {
            Encoding::Utf8 => letter.len_utf8(),
            Encoding::Utf16 => letter.len_utf16(),
            Encoding::Utf32 => 1,
        };
        if matches!(letter, '\r' | '\n') || units > column as usize {
            return at;
        }
    }
    text.len()
}
