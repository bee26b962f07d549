//! Text from files under test made safe to print: no control character reaches a terminal.

use std::borrow::Cow;

/// Whether a character steers a terminal or the direction of text instead of being seen.
fn is_steering(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{AD}' | '\u{200B}'..='\u{200F}' | '\u{2060}'..='\u{2064}' | '\u{E0000}'..='\u{E007F}' | '\u{061C}' | '\u{FEFF}'
            | '\u{2028}' | '\u{2029}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// A message in a line: what would steer is written out, as in `\u{1b}`.
pub(super) fn line(text: &str) -> Cow<'_, str> {
    if !text.contains(is_steering) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 16);
    for letter in text.chars() {
        if is_steering(letter) { safe.extend(letter.escape_default()) } else { safe.push(letter) }
    }
    Cow::Owned(safe)
}

/// A source text to quote from: what would steer is replaced by a sign of the same length in bytes, so that every
/// place keeps its offset. Line breaks and tabs stay.
pub(super) fn same_length(text: &str) -> Cow<'_, str> {
    let steers = |letter: char| is_steering(letter) && !matches!(letter, '\n' | '\t');
    // A carriage return before a line feed is part of the break.
    if !text.contains(steers) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len());
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        let is_break = letter == '\r' && letters.peek() == Some(&'\n');
        safe.push(match letter.len_utf8() {
            _ if is_break || !steers(letter) => letter,
            1 => '?',
            2 => '¿',
            3 => '\u{FFFD}',
            _ => '\u{10FFFD}',
        });
    }
    Cow::Owned(safe)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn escapes_are_seen_and_not_obeyed() {
        assert_eq!(line("a\u{1b}[31mb\r\n\u{202E}c"), "a\\u{1b}[31mb\\r\\n\\u{202e}c");
        assert_eq!(same_length("a\u{1b}]8;;\u{7}\r\nb\u{9b}\u{202E}"), "a?]8;;?\r\nb¿\u{FFFD}");
    }

    proptest! {
        #[test]
        fn no_control_character_passes_and_offsets_stay(text in any::<String>()) {
            prop_assert!(!line(&text).contains(is_steering));
            let quoted = same_length(&text);
            prop_assert_eq!(quoted.len(), text.len());
            prop_assert!(text.char_indices().all(|(at, _)| quoted.is_char_boundary(at)));
            let control = quoted.replace("\r\n", "\n");
            prop_assert!(!control.contains(|letter: char| letter.is_control() && letter != '\n' && letter != '\t'));
        }
    }
}
