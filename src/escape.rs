//! Text made safe to print, and JSON writing: no control character reaches a terminal, and no line of a log is a command
//! to the CI service that keeps it. Escaping for one format, such as Markdown, belongs to that format.

use std::borrow::Cow;
use std::io::{self, Write};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Serialize, Serializer};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::decimal::Decimal;
use crate::likeness::{is_emoji, is_unseen};

/// Whether a character controls a terminal or the direction of text, or is invisible.
pub fn is_steering(letter: char) -> bool {
    if letter.is_ascii() { letter.is_ascii_control() } else { is_unseen(letter) }
}

/// Whether the character at this byte belongs to an emoji: a selector of its look after it, or a joiner between two. Without
/// an emoji, both are invisible.
pub(crate) fn is_in_emoji(text: &str, at: usize, letter: char) -> bool {
    let mut after = text[at + letter.len_utf8()..].chars();
    match letter {
        '\u{FE0E}' | '\u{FE0F}' => {
            let is_keycap = text[..at].ends_with(|sign| matches!(sign, '#' | '*' | '0'..='9'));
            text[..at].ends_with(is_emoji) || is_keycap && after.next() == Some('\u{20E3}')
        }
        '\u{200D}' => {
            let before = text[..at].strip_suffix('\u{FE0F}').unwrap_or(&text[..at]);
            before.ends_with(is_emoji) && after.next().is_some_and(is_emoji)
        }
        _ => false,
    }
}

fn steers(letter: char, kept: &[char]) -> bool {
    is_steering(letter) && !kept.contains(&letter)
}

/// Whether the number sign at this byte is the second one of a log command: `##[group]`, `##vso[task.setvariable]`.
fn is_command(text: &str, at: usize) -> bool {
    let rest = text[at..].strip_prefix('#').filter(|_| text[..at].ends_with('#'));
    rest.is_some_and(|rest| {
        rest.trim_start_matches(|letter: char| letter.is_ascii_alphabetic()).starts_with('[')
    })
}

/// A text in which `push` replaces each character that steers, besides some and those of emoji, and the second sign of each log
/// command. It gets the text from that character on.
fn replaced<'t>(text: &'t str, kept: &[char], push: impl Fn(char, &str, &mut String)) -> Cow<'t, str> {
    if !text.contains(|letter| steers(letter, kept)) && !text.contains("##") {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 64);
    for (at, letter) in text.char_indices() {
        if steers(letter, kept) && !is_in_emoji(text, at, letter) || is_command(text, at) {
            push(letter, &text[at..], &mut safe);
        } else {
            safe.push(letter);
        }
    }
    Cow::Owned(safe)
}

/// A text on one line: control characters are written as escapes such as `\u{1b}`.
pub(crate) fn line(text: &str) -> Cow<'_, str> {
    replaced(text, &[], |letter, _, safe| match letter {
        '#' => safe.extend(letter.escape_unicode()),
        letter => safe.extend(letter.escape_default()),
    })
}

/// [`line()`] as an owned text.
pub fn escape_line(text: &str) -> String {
    line(text).into_owned()
}

/// The first `most` characters of a text, with an ellipsis if there are more.
pub(crate) fn cut(text: &str, most: usize) -> Cow<'_, str> {
    match text.char_indices().nth(most) {
        Some((end, _)) => Cow::Owned(format!("{}…", &text[..end])),
        None => Cow::Borrowed(text),
    }
}

/// Escapes a text that begins a line, such as a path: one that looks like a workflow command is written as `./path`.
pub fn begin_line(text: &str) -> String {
    plain_line(escape_line(text))
}

/// Writes a value as JSON over several lines. JSON requires escapes only below U+0020. All control characters and log
/// commands are escaped here, which does not change the value.
pub(crate) fn write_json(value: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    let mut lines = JsonLines { line: Vec::new(), out };
    serde_json::to_writer_pretty(&mut lines, value)?;
    writeln!(lines)
}

/// Adds a text as JSON, with the same escapes.
pub(crate) fn push_json_text(text: &str, line: &mut String) {
    // Nearly all texts of rows are plain words, which a serializer would copy three times.
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~') && !matches!(byte, b'"' | b'\\' | b'#')) {
        line.push('"');
        line.push_str(text);
        line.push('"');
    } else {
        line.push_str(&plain_json(&Value::from(text).to_string()));
    }
}

/// Buffers one line of JSON at a time, so that a large report is never in memory as a whole.
struct JsonLines<'o> {
    line: Vec<u8>,
    out: &'o mut dyn Write,
}

impl Write for JsonLines<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            self.line.extend_from_slice(piece);
            if piece.ends_with(b"\n") {
                let line = str::from_utf8(&self.line).map_err(io::Error::other)?;
                self.out.write_all(plain_json(line).as_bytes())?;
                self.line.clear();
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// A line of JSON with the control characters of its texts escaped. A line feed occurs only between values, and two number
/// signs only in texts.
fn plain_json(text: &str) -> Cow<'_, str> {
    // A large report has millions of lines, nearly all in plain ASCII.
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~' | b'\n')) && !text.contains("##") {
        return Cow::Borrowed(text);
    }
    replaced(text, &['\n'], |letter, _, safe| {
        let mut units = [0; 2];
        safe.extend(letter.encode_utf16(&mut units).iter().map(|unit| format!("\\u{unit:04x}")));
    })
}

/// A decimal as a JSON number with its exact digits.
#[expect(clippy::expect_used, reason = "the digits of a decimal are a JSON number")]
pub(crate) fn json_number(decimal: Decimal) -> Box<RawValue> {
    RawValue::from_string(decimal.plain().to_string()).expect("a JSON number")
}

impl Serialize for Decimal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        json_number(*self).serialize(serializer)
    }
}

/// An HTML page without lines that GitHub reads as workflow commands: the first colon of such a line becomes a character
/// reference.
pub(crate) fn plain_page(page: &str) -> Cow<'_, str> {
    if !page.lines().any(begins_command) {
        return Cow::Borrowed(page);
    }
    let lines = page.split_inclusive('\n').map(|line| {
        if begins_command(line) { Cow::Owned(line.replacen(':', "&#58;", 1)) } else { Cow::Borrowed(line) }
    });
    Cow::Owned(lines.collect())
}

/// A part of an address without its percent-encoding, if that is UTF-8.
#[cfg(feature = "server")]
pub(crate) fn decoded_uri(text: &str) -> Option<String> {
    Some(percent_encoding::percent_decode_str(text).decode_utf8().ok()?.into_owned())
}

/// A path as part of a URI: all bytes except slashes and the unreserved characters of RFC 3986 are percent-encoded.
pub(crate) fn uri_path(path: &str) -> String {
    const ENCODED: &AsciiSet =
        &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');
    utf8_percent_encode(path, ENCODED).to_string()
}

/// Whether a line that begins with this text is a workflow command of GitHub Actions.
pub(crate) fn begins_command(text: &str) -> bool {
    text.trim_start().starts_with("::")
}

/// Whether a CI service executes this line of its log. Some end a line at a carriage return, too.
pub fn is_log_command(text: &str) -> bool {
    text.split('\r').any(begins_command) || text.match_indices('#').any(|(at, _)| is_command(text, at))
}

/// A whole line that is not a workflow command: one that looks like it gets `./` in front.
pub(crate) fn plain_line(text: String) -> String {
    if begins_command(&text) { format!("./{text}") } else { text }
}

/// A source text to quote from: a control character is replaced by one of the same length in bytes, so that byte offsets
/// stay valid. Line breaks and tabs stay.
pub(crate) fn same_length(text: &str) -> Cow<'_, str> {
    replaced(text, &['\n', '\t'], |letter, rest, safe| {
        safe.push(match letter.len_utf8() {
            // A carriage return before a line feed is part of the break.
            1 if rest.starts_with("\r\n") => letter,
            1 => '?',
            2 => '¿',
            3 => '\u{FFFD}',
            _ => '\u{10FFFD}',
        });
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn control_characters_are_escaped() {
        assert_eq!(line("a\u{1b}[31mb\r\n\u{202E}c"), "a\\u{1b}[31mb\\r\\n\\u{202e}c");
        assert_eq!(same_length("a\u{1b}]8;;\u{7}\r\nb\u{9b}\u{202E}"), "a?]8;;?\r\nb¿\u{FFFD}");
    }

    #[test]
    fn log_commands_are_escaped() {
        assert_eq!(line("a ##[group]b"), "a #\\u{23}[group]b");
        assert_eq!(line("###vso[x]"), "##\\u{23}vso[x]");
        assert_eq!(line("## [a] ##b #[c]"), "## [a] ##b #[c]");
        assert_eq!(same_length("##[a]\n##vso[b]"), "#?[a]\n#?vso[b]");
        assert_eq!(plain_line(" ::error::x".to_owned()), "./ ::error::x");
        assert_eq!(plain_page("<p>\n ::error::x\na::b</p>"), "<p>\n &#58;:error::x\na::b</p>");
    }

    #[test]
    fn json_with_escapes_has_the_same_value() {
        let text = "a\u{7f}\u{9b}2J\u{202e}\u{e0041}\u{feff}ü\n";
        let mut out = Vec::new();
        write_json(&[text], &mut out).unwrap();
        let written = String::from_utf8(out).unwrap();
        assert_eq!(written, "[\n  \"a\\u007f\\u009b2J\\u202e\\udb40\\udc41\\ufeffü\\n\"\n]\n");
        assert_eq!(serde_json::from_str::<[String; 1]>(&written).unwrap(), [text]);
        let text = "###vso[a]b ##c";
        let mut out = Vec::new();
        write_json(&[text], &mut out).unwrap();
        let written = String::from_utf8(out).unwrap();
        assert_eq!(written, "[\n  \"##\\u0023vso[a]b ##c\"\n]\n");
        assert_eq!(serde_json::from_str::<[String; 1]>(&written).unwrap(), [text]);
    }

    #[test]
    fn invisible_characters_are_escaped_and_letters_are_not() {
        for letter in ['\u{34F}', '\u{115F}', '\u{3164}', '\u{FE0F}', '\u{FFA0}', '\u{FFF0}', '\u{E0FFF}'] {
            assert!(is_steering(letter), "{letter:?}");
        }
        assert_eq!(line("\u{FFF9}a\u{E0101}"), "\\u{fff9}a\\u{e0101}");
        assert_eq!(line("Ünï ход 系統 🦀 ~"), "Ünï ход 系統 🦀 ~");
    }

    #[test]
    fn emoji_are_kept_with_their_selectors_and_joiners_and_these_alone_are_escaped() {
        for shown in ["❤️ Care", "⚠︎ b", "🛡️", "1️⃣ #️⃣", "👩‍💻", "👩🏽‍⚕️", "🏳️‍🌈", "👍🏽", "🇩🇪"]
        {
            assert_eq!(line(shown), shown);
            assert_eq!(same_length(shown), shown);
        }
        for (hidden, shown) in [
            ("\u{FE0F}a", "\\u{fe0f}a"),
            ("a\u{FE0F}", "a\\u{fe0f}"),
            ("1\u{FE0F}", "1\\u{fe0f}"),
            ("系\u{FE0F}", "系\\u{fe0f}"),
            ("❤\u{FE0F}\u{FE0F}", "❤\u{FE0F}\\u{fe0f}"),
            ("❤\u{200D}", "❤\\u{200d}"),
            ("a\u{200D}❤", "a\\u{200d}❤"),
            ("a\u{FE0F}\u{200D}❤", "a\\u{fe0f}\\u{200d}❤"),
            ("❤\u{200D}\u{200D}❤", "❤\\u{200d}\\u{200d}❤"),
            ("❤\u{202E}\u{FE0F}", "❤\\u{202e}\\u{fe0f}"),
            ("🏴\u{E0067}\u{E007F}", "🏴\\u{e0067}\\u{e007f}"),
        ] {
            assert_eq!(line(hidden), shown);
        }
    }

    proptest! {
        #[test]
        fn every_format_and_control_character_is_escaped(letter in "[\\p{Cf}\\p{Cc}\\p{Zl}\\p{Zp}]") {
            prop_assert!(letter.contains(is_steering), "{letter:?}");
        }

        #[test]
        fn any_text_is_written_without_log_commands(text in "[#a\\[:\u{1b}\n ]{0,40}") {
            for safe in [line(&text), same_length(&text)] {
                for part in safe.split("##").skip(1) {
                    let part = part.trim_start_matches(|letter: char| letter.is_ascii_alphabetic());
                    prop_assert!(!part.starts_with('['), "{safe}");
                }
            }
            prop_assert_eq!(same_length(&text).len(), text.len());
        }

        #[test]
        fn any_text_is_written_without_control_characters_at_the_same_offsets(text in any::<String>()) {
            let safe = line(&text);
            prop_assert!(safe.char_indices().all(|(at, letter)| !is_steering(letter) || is_in_emoji(&safe, at, letter)));
            let quoted = same_length(&text);
            prop_assert_eq!(quoted.len(), text.len());
            prop_assert!(text.char_indices().all(|(at, _)| quoted.is_char_boundary(at)));
            let control = quoted.replace("\r\n", "\n");
            prop_assert!(!control.contains(|letter: char| letter.is_control() && letter != '\n' && letter != '\t'));
        }
    }
}
