//! Text from files for a page. Control characters are escaped here, and the characters of HTML by the templates.

use std::borrow::Cow;
use std::fmt;

use crate::escape::{cut, line};

/// A text without control characters; it may have several lines.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct SanitizedText(String);

impl SanitizedText {
    /// A text on one line, its line breaks escaped.
    pub(crate) fn line(text: impl AsRef<str>) -> Self {
        Self(escaped(text.as_ref()).into_owned())
    }

    /// A text that keeps its line breaks.
    pub(crate) fn lines(text: &str) -> Self {
        Self(text.trim().lines().map(escaped).collect::<Vec<_>>().join("\n"))
    }

    /// At most so many characters of a text, on one line.
    pub(crate) fn cut(text: &str, most: usize) -> Self {
        Self::line(cut(text, most))
    }

    /// Whether it is empty or white space.
    pub(crate) fn is_blank(&self) -> bool {
        self.0.trim().is_empty()
    }
}

/// A line without control characters and without the code points that HTML and XML do not accept as characters.
fn escaped(text: &str) -> Cow<'_, str> {
    let is_none =
        |letter: char| matches!(letter, '\u{FDD0}'..='\u{FDEF}') || (u32::from(letter) & 0xFFFE) == 0xFFFE;
    let safe = line(text);
    if !safe.contains(is_none) {
        return safe;
    }
    let mut escaped = String::with_capacity(safe.len() + 16);
    for letter in safe.chars() {
        if is_none(letter) {
            escaped.extend(letter.escape_unicode());
        } else {
            escaped.push(letter);
        }
    }
    Cow::Owned(escaped)
}

impl fmt::Display for SanitizedText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sanitized_text_has_no_control_characters() {
        assert_eq!(SanitizedText::line("a\nb\u{202e}").to_string(), "a\\nb\\u{202e}");
        assert_eq!(SanitizedText::lines(" a\r\nb\u{1b}[31m\n").to_string(), "a\nb\\u{1b}[31m");
        assert_eq!(
            SanitizedText::line("a\u{FFFE}\u{FDD0}\u{1FFFF}🦀").to_string(),
            "a\\u{fffe}\\u{fdd0}\\u{1ffff}🦀"
        );
        assert_eq!(SanitizedText::cut("äöü", 2).to_string(), "äö…");
        assert_eq!(SanitizedText::cut("äöü", 3).to_string(), "äöü");
    }
}
