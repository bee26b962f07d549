//! Text from files, fit to be put on a page: what would steer is written out. What HTML gives a meaning, the templates
//! escape; they take such text in this form alone.

use std::borrow::Cow;
use std::fmt;

use crate::escape::line;

/// A text with nothing in it that steers; perhaps of several lines.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Shown(String);

impl Shown {
    /// A text in a line: its breaks are written out.
    pub(crate) fn line(text: &str) -> Self {
        Self(seen(text).into_owned())
    }

    /// A text whose breaks stay.
    pub(crate) fn lines(text: &str) -> Self {
        Self(text.trim().lines().map(seen).collect::<Vec<_>>().join("\n"))
    }

    /// At most so many characters of a text, in a line.
    pub(crate) fn cut(text: &str, most: usize) -> Self {
        match text.char_indices().nth(most) {
            Some((end, _)) => Self(format!("{}…", seen(&text[..end]))),
            None => Self::line(text),
        }
    }
}

impl Shown {
    /// Whether there is nothing to see.
    pub(crate) fn is_blank(&self) -> bool {
        self.0.trim().is_empty()
    }
}

/// A line in which nothing steers, and nothing is no character at all: HTML and XML take no such thing.
fn seen(text: &str) -> Cow<'_, str> {
    let is_none =
        |letter: char| matches!(letter, '\u{FDD0}'..='\u{FDEF}') || (u32::from(letter) & 0xFFFE) == 0xFFFE;
    let safe = line(text);
    if !safe.contains(is_none) {
        return safe;
    }
    let write =
        |letter: char| if is_none(letter) { letter.escape_unicode().to_string() } else { letter.to_string() };
    Cow::Owned(safe.chars().map(write).collect())
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn breaks_stay_where_they_are_meant_and_nothing_steers() {
        assert_eq!(Shown::line("a\nb\u{202e}").to_string(), "a\\nb\\u{202e}");
        assert_eq!(Shown::lines(" a\r\nb\u{1b}[31m\n").to_string(), "a\nb\\u{1b}[31m");
        assert_eq!(
            Shown::line("a\u{FFFE}\u{FDD0}\u{1FFFF}🦀").to_string(),
            "a\\u{fffe}\\u{fdd0}\\u{1ffff}🦀"
        );
        assert_eq!(Shown::cut("äöü", 2).to_string(), "äö…");
        assert_eq!(Shown::cut("äöü", 3).to_string(), "äöü");
    }
}
