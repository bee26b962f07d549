//! Texts as YAML: plain if that is safe, folded or literal if they are long, quoted otherwise. Each is read back verbatim, and
//! none contains control characters of a terminal.

use crate::date::Date;
use crate::escape::{is_in_emoji, is_steering};
use crate::syntax::MODEL_MARKER;

/// The most characters of a line.
const WIDTH: usize = 100;

/// The text after the colon of a key that begins at column `indent`, with its line break.
pub(crate) fn value(key: &str, text: &str, indent: usize) -> String {
    let fits = indent + key.len() + 2 + text.chars().count() <= WIDTH;
    if fits && is_plain(text) {
        return format!(" {text}\n");
    }
    if !fits && is_foldable(text) {
        return format!(" >-\n{}", lines(text, indent + 2, ""));
    }
    if is_literal(text) {
        let inner = indent + 2;
        let lines = text.split('\n').map(|line| match line {
            "" => "\n".to_owned(),
            line => format!("{:inner$}{line}\n", ""),
        });
        return format!(" |-\n{}", lines.collect::<String>());
    }
    format!(" {}\n", quoted(text))
}

pub(crate) fn comment(text: &str, indent: usize) -> String {
    let safe = text.char_indices().map(|(at, letter)| {
        if is_steering(letter) && !is_in_emoji(text, at, letter) { '\u{FFFD}' } else { letter }
    });
    lines(&safe.collect::<String>(), indent, "# ")
}

/// A text in lines of at most [`WIDTH`] characters, broken at spaces.
fn lines(text: &str, indent: usize, lead: &str) -> String {
    let room = WIDTH - indent - lead.len();
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= room => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines.iter().map(|line| format!("{:indent$}{lead}{line}\n", "")).collect()
}

/// Whether a text needs no quotes to be text to every reader of YAML.
fn is_plain(text: &str) -> bool {
    const WORDS: [&str; 9] = ["null", "true", "false", "yes", "no", "on", "off", "y", "n"];
    if WORDS.into_iter().any(|word| text.eq_ignore_ascii_case(word)) {
        return false;
    }
    let begins = text.starts_with(char::is_alphabetic) || Date::parse(text).is_some();
    begins && !text.ends_with([' ', ':']) && !text.contains(": ") && !text.contains("::") && is_calm(text)
}

/// Whether a text can be broken at its spaces, and read as the same again.
fn is_foldable(text: &str) -> bool {
    let breaks = !text.starts_with(' ') && !text.ends_with(' ') && !text.contains("  ");
    breaks && !text.contains("::") && is_calm(text)
}

/// Whether a text contains only letters, digits and punctuation of prose.
fn is_calm(text: &str) -> bool {
    const MARKS: &str = " ,.;:()'\"/+%=@_&!?$€<>~^*-–—‑’‘“”…×·→°§";
    text.chars().all(|letter| letter.is_alphanumeric() || MARKS.contains(letter))
}

/// Whether a text of several lines can be written line by line, and read as the same again.
fn is_literal(text: &str) -> bool {
    let is_harmless =
        |letter: char| letter == '\n' || !is_steering(letter) && !matches!(letter, '\u{FFFE}' | '\u{FFFF}');
    text.contains('\n')
        && text.chars().all(is_harmless)
        && !text.starts_with(char::is_whitespace)
        && text.split('\n').all(|line| !line.ends_with(char::is_whitespace))
        && !text.ends_with('\n')
        // The marker, and commands to the service of a CI log.
        && !["::", "##[", "##vso", MODEL_MARKER].iter().any(|mark| text.contains(mark))
}

pub(crate) fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    let mut before = None;
    for (at, letter) in text.char_indices() {
        match letter {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            // The service of a CI log would obey it as a command.
            ':' | '#' if before == Some(letter) => quoted.push_str(&format!("\\x{:02X}", u32::from(letter))),
            // YAML does not count the last two as printable.
            _ if is_steering(letter) && !is_in_emoji(text, at, letter)
                || matches!(letter, '\u{FFFE}' | '\u{FFFF}') =>
            {
                match u32::from(letter) {
                    code @ 0..=0xFFFF => quoted.push_str(&format!("\\u{code:04X}")),
                    code => quoted.push_str(&format!("\\U{code:08X}")),
                }
            }
            _ => quoted.push(letter),
        }
        before = Some(letter);
    }
    quoted + "\""
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::page::parse;
    use crate::source::Source;
    use crate::syntax::Node;

    /// Reads a text that was written after a key.
    fn read(text: &str) -> Option<String> {
        let written = format!("a:\n  key:{}  next: 1\n", value("key", text, 2));
        let source = Source::decode("a.yaml", written.clone().into_bytes());
        let document = parse(&source);
        assert!(document.is_sound(), "{:?}\n{written}", document.problems);
        let block = document.roots().next()?.get("a")?;
        assert_eq!(block.get("next").map(Node::kind_name), Some("a number"), "{written}");
        block.get("key")?.as_str().map(str::to_owned)
    }

    #[test]
    fn text_is_written_in_its_simplest_form() {
        assert_eq!(value("a", "Plans trips.", 2), " Plans trips.\n");
        assert_eq!(value("a", "2026-11-25", 2), " 2026-11-25\n");
        assert_eq!(value("a", "1.4", 2), " \"1.4\"\n");
        assert_eq!(value("a", "NO", 2), " \"NO\"\n");
        assert_eq!(value("a", "a: b", 2), " \"a: b\"\n");
        assert_eq!(value("a", "\u{1b}[0m::x\u{202E}", 2), " \"\\u001B[0m:\\x3Ax\\u202E\"\n");
        let long = "word ".repeat(30);
        assert!(value("a", long.trim_end(), 2).starts_with(" >-\n    word word"));
    }

    proptest! {
        #[test]
        fn text_is_read_back_verbatim(text in "\\PC{0,200}|[ a-z:#'\"\\\\&*\\-\n\t\r\u{0}\u{85}\u{2028}\u{FEFF}\u{FFFE}]{0,40}|([a-z,.:]{1,9} ?){0,60}") {
            prop_assert_eq!(read(&text), Some(text));
        }

        #[test]
        fn line_is_no_longer_than_its_longest_word_requires(text in "([a-z]{1,20} ){0,80}[a-z]") {
            for line in value("key", &text, 6).lines() {
                prop_assert!(line.len() <= WIDTH + 6, "{}", line);
            }
        }
    }
}
