//! Text on a terminal: colors, display widths, line breaks and cuts. The only file that imports `textwrap`.

use std::borrow::Cow;

use anstyle::{AnsiColor, Style};
use textwrap::core::display_width;

use crate::aivss::Band;
use crate::diagnostic::Level;
use crate::escape::begins_command;
use crate::output::Look;

/// The role of a text, which decides its color.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// Background: frames, rule names, paths of minor interest.
    Dim,
    /// The part to read first.
    Strong,
    /// An action: commands, `help`.
    Action,
    /// A pass, an improvement, or something that can be fixed.
    Good,
    /// An error, or something that gets worse.
    Bad,
    /// A warning.
    Caution,
    /// A note.
    Info,
    /// No color.
    Plain,
}

impl Tone {
    const fn style(self) -> Style {
        match self {
            Self::Dim => Style::new().dimmed(),
            Self::Strong => Style::new().bold(),
            Self::Action | Self::Info => AnsiColor::Cyan.on_default().bold(),
            Self::Good => AnsiColor::Green.on_default().bold(),
            Self::Bad => AnsiColor::Red.on_default().bold(),
            Self::Caution => AnsiColor::Yellow.on_default().bold(),
            Self::Plain => Style::new(),
        }
    }
}

impl From<Level> for Tone {
    fn from(level: Level) -> Self {
        match level {
            Level::Error => Self::Bad,
            Level::Warning => Self::Caution,
            Level::Note => Self::Info,
        }
    }
}

impl From<Band> for Tone {
    fn from(band: Band) -> Self {
        match band {
            Band::None | Band::Low => Self::Good,
            Band::Medium | Band::High => Self::Caution,
            Band::Critical => Self::Bad,
        }
    }
}

/// The text in the color of its role, each line on its own, so that pagers keep it.
pub fn painted(text: &str, tone: Tone, look: Look) -> String {
    if !look.color || text.is_empty() || tone == Tone::Plain {
        return text.to_owned();
    }
    let style = tone.style();
    let lines: Vec<String> = text.split('\n').map(|line| format!("{style}{line}{style:#}")).collect();
    lines.join("\n")
}

/// The number of columns of a text.
pub(crate) fn width(text: &str) -> usize {
    display_width(text)
}

/// The number of columns of a character.
pub(crate) fn char_width(letter: char) -> usize {
    display_width(letter.encode_utf8(&mut [0; 4]))
}

/// The width of titles and of the summary. Outside of a terminal they are single lines, which are easier to search.
pub(crate) const fn line_width(look: Look) -> usize {
    if look.unicode { look.width } else { usize::MAX }
}

/// The text broken at spaces into lines that end by the column `width`. The first line begins at the column `first`, the
/// others at `indent`. A word that GitHub reads as a command does not begin a line.
pub fn wrapped(text: &str, width: usize, (first, indent): (usize, usize)) -> String {
    let mut broken = String::with_capacity(text.len());
    let mut column = first;
    for (at, word) in text.split(' ').enumerate() {
        let length = display_width(word);
        let may_begin = !word.trim().is_empty() && !begins_command(word);
        if at > 0 && column + 1 + length > width && may_begin {
            broken.push('\n');
            broken.extend(std::iter::repeat_n(' ', indent));
            column = indent;
        } else if at > 0 {
            broken.push(' ');
            column += 1;
        }
        broken.push_str(word);
        column += length;
    }
    broken
}

/// The end of a path that fits into so many columns, after an ellipsis; whole parts of it, if one fits.
pub fn cut_path(path: &str, columns: usize) -> Cow<'_, str> {
    if width(path) <= columns {
        return Cow::Borrowed(path);
    }
    let (mut start, mut left) = (path.len(), columns.saturating_sub(1));
    for (at, letter) in path.char_indices().rev() {
        let Some(rest) = left.checked_sub(char_width(letter)) else { break };
        (start, left) = (at, rest);
    }
    let kept = &path[start..];
    let whole = kept.find('/').filter(|at| *at > 0 && *at + 1 < kept.len()).map_or(kept, |at| &kept[at..]);
    Cow::Owned(format!("…{whole}"))
}

/// The beginning of a text that fits into so many columns, before an ellipsis.
pub(crate) fn cut_end(text: &str, columns: usize) -> Cow<'_, str> {
    if width(text) <= columns {
        return Cow::Borrowed(text);
    }
    let mut left = columns.saturating_sub(1);
    let end = text.char_indices().find(|(_, letter)| match left.checked_sub(char_width(*letter)) {
        Some(rest) => {
            left = rest;
            false
        }
        None => true,
    });
    Cow::Owned(format!("{}…", &text[..end.map_or(text.len(), |(at, _)| at)]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrapped_text_keeps_to_the_width_and_begins_no_command() {
        assert_eq!(wrapped("one two three four", 9, (0, 2)), "one two\n  three\n  four");
        assert_eq!(wrapped("one two three four", 9, (4, 4)), "one\n    two\n    three\n    four");
        assert_eq!(wrapped("one two", 7, (0, 2)), "one two");
        assert_eq!(wrapped("overlong one", 4, (0, 0)), "overlong\none");
        assert_eq!(wrapped("one ::error::two", 5, (0, 2)), "one ::error::two");
    }

    #[test]
    fn wide_characters_count_as_two_columns() {
        assert_eq!(wrapped("系統 系統 a", 6, (0, 0)), "系統\n系統 a");
        assert_eq!((width("系統"), width("🦀é"), width("e\u{301}")), (4, 3, 1));
        assert_eq!(cut_end("系統系統", 6), "系統…");
    }

    #[test]
    fn path_is_cut_from_the_left_at_a_part() {
        assert_eq!(cut_path("agents/planner/threat-model.yaml", 40), "agents/planner/threat-model.yaml");
        assert_eq!(cut_path("agents/planner/threat-model.yaml", 24), "…/threat-model.yaml");
        assert_eq!(cut_path("agents/planner/threat-model.yaml", 9), "…del.yaml");
        assert_eq!(cut_path("a/系統系統.yaml", 9), "…統.yaml");
        assert_eq!(cut_path("abc", 0), "…");
    }
}
