//! Text on a terminal: colors, display widths, line breaks and cuts. The only file that imports `textwrap`.

use std::borrow::Cow;

use anstream::adapter::strip_str;
use anstyle::{AnsiColor, Style};
use textwrap::core::display_width;

use crate::aivss::Band;
use crate::diagnostic::Level;
use crate::escape::{begin_line, begins_command, uri_path};
use crate::output::Look;
use crate::source::Position;

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

/// The words that messages begin with, and their colors.
const HEADS: [(&str, Tone); 9] = [
    ("error", Tone::Bad),
    ("cannot check", Tone::Bad),
    ("FAILED", Tone::Bad),
    ("warning", Tone::Caution),
    ("kept", Tone::Caution),
    ("skipped", Tone::Caution),
    ("note", Tone::Info),
    ("ok", Tone::Good),
    ("wrote", Tone::Good),
];

/// Messages, one on each line, broken at the width of the terminal and with their first words in color.
pub(crate) fn messages(text: &str, look: Look) -> String {
    let lines = text.split('\n').map(|line| {
        let indent = line.len() - line.trim_start().len() + 2;
        let line = wrapped(line, line_width(look), (0, indent));
        let is_head = |word: &str| line.strip_prefix(word).is_some_and(|rest| rest.starts_with([':', ' ']));
        match HEADS.into_iter().find(|(word, _)| is_head(word)) {
            Some((word, tone)) => painted(word, tone, look) + &line[word.len()..],
            None => line,
        }
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// A text that links to the file at a path, if the terminal supports that (OSC 8).
pub(crate) fn file_link(text: &str, path: &str, look: Look) -> String {
    let Some(folder) = look.folder else { return text.to_owned() };
    let folder = if path.starts_with('/') { "file://" } else { folder };
    format!("\u{1b}]8;;{folder}{}\u{1b}\\{text}\u{1b}]8;;\u{1b}\\", uri_path(path))
}

/// The beginning of a line about a position in a file.
pub(crate) fn place(path: &str, at: Position, look: Look) -> String {
    let position = painted(&format!(":{}:{}", at.line, at.column), Tone::Dim, look);
    file_link(&begin_line(path), path, look) + &position
}

/// The number of columns of a text.
pub(crate) fn width(text: &str) -> usize {
    if text.is_ascii() {
        return display_width(text);
    }
    let plain = strip_str(text).to_string();
    cells(&plain).map(|(_, columns)| columns).sum()
}

/// The number of columns of a character.
pub(crate) fn char_width(letter: char) -> usize {
    display_width(letter.encode_utf8(&mut [0; 4]))
}

/// The characters of a text without colors, each with its first byte and its columns. An emoji of several characters has two.
fn cells(text: &str) -> impl Iterator<Item = (usize, usize)> {
    let mut before = ('\0', 0);
    text.char_indices().map(move |(at, letter)| {
        let columns = match (letter, before) {
            ('\u{FE0F}', (_, 1)) => 1,
            ('\u{1F3FB}'..='\u{1F3FF}', (_, 2)) | (_, ('\u{200D}', _)) => 0,
            _ => char_width(letter),
        };
        before = (letter, columns);
        (at, columns)
    })
}

/// The width of titles and of the summary. Outside of a terminal they are single lines, which are easier to search.
pub(crate) const fn line_width(look: Look) -> usize {
    if look.unicode { look.width } else { usize::MAX }
}

/// The text broken at spaces into lines that end by the column `end`. The first line begins at the column `first`, the
/// others at `indent`. A word that GitHub reads as a command does not begin a line.
pub fn wrapped(text: &str, end: usize, (first, indent): (usize, usize)) -> String {
    let mut broken = String::with_capacity(text.len());
    let mut column = first;
    for (at, word) in text.split(' ').enumerate() {
        let length = width(word);
        let may_begin = !word.trim().is_empty() && !begins_command(word);
        if at > 0 && column + 1 + length > end && may_begin {
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
    for (at, columns) in cells(path).collect::<Vec<_>>().into_iter().rev() {
        let Some(rest) = left.checked_sub(columns) else { break };
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
    let end = cells(text).find(|(_, columns)| match left.checked_sub(*columns) {
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

    const TERMINAL: Look = Look { unicode: true, color: true, width: 20, ..Look::PLAIN };

    #[test]
    fn message_is_broken_after_its_colored_word_on_a_terminal_only() {
        let text = "error: one two three four\n  2. five six seven eight\n";
        assert_eq!(messages(text, Look::PLAIN), text);
        assert_eq!(
            messages(text, TERMINAL),
            "\u{1b}[1m\u{1b}[31merror\u{1b}[0m: one two three\n  four\n  2. five six seven\n    eight\n"
        );
    }

    #[test]
    fn link_to_a_file_contains_nothing_that_ends_it() {
        let look = Look { folder: Some("file:///work/"), ..TERMINAL };
        let linked = "\u{1b}]8;;file:///work/a%20b/%E7%B3%BB.yaml\u{1b}\\a b\u{1b}]8;;\u{1b}\\";
        assert_eq!(file_link("a b", "a b/系.yaml", look), linked);
        assert_eq!(width(linked), 3);
        let hostile = file_link("x", "\u{1b}\\\u{7};#?%0a\n", look);
        assert_eq!(hostile, "\u{1b}]8;;file:///work/%1B%5C%07%3B%23%3F%250a%0A\u{1b}\\x\u{1b}]8;;\u{1b}\\");
        assert!(file_link("x", "/etc/a", look).contains(";file:///etc/a\u{1b}"));
        assert_eq!(file_link("x", "a", TERMINAL), "x");
    }

    #[test]
    fn wide_characters_count_as_two_columns() {
        assert_eq!(wrapped("系統 系統 a", 6, (0, 0)), "系統\n系統 a");
        assert_eq!((width("系統"), width("🦀é"), width("e\u{301}")), (4, 3, 1));
        assert_eq!(cut_end("系統系統", 6), "系統…");
        for emoji in ["❤️", "1️⃣", "🛡️", "👩‍💻", "👩🏽‍⚕️", "👍🏽"] {
            assert_eq!(width(&format!("a\u{1b}[1m{emoji}\u{1b}[0mb")), 4, "{emoji}");
            assert_eq!(cut_end(&format!("{emoji} abc"), 4), format!("{emoji} …"));
        }
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
