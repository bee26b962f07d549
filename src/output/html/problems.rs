//! Problems with the lines of source around them, and the texts of files on a page: control characters are escaped here, the
//! characters of HTML by the templates.

use std::fmt;

use crate::diagnostic::{Diagnostic, Level};
use crate::escape::{cut, line};
use crate::output::Links;
use crate::output::problem::{Detail, details, passes_because};
use crate::report::{FileReport, Report};
use crate::rules;
use crate::source::Source;

/// Lines shown above and below a place.
const CONTEXT: u32 = 1;
/// Lines shown of a place itself.
const MAX_LINES: u32 = 6;
/// Characters shown of a line on either side of a place, and of the place itself.
const SURROUNDINGS: usize = 100;

pub(crate) struct ProblemView {
    pub(crate) level: Level,
    pub(crate) rule: SanitizedText,
    /// Whether the page has the rule's own page; rules in Rego have none.
    pub(crate) has_page: bool,
    pub(crate) message: SanitizedText,
    pub(crate) finding: Option<SanitizedText>,
    pub(crate) place: SanitizedText,
    pub(crate) url: Option<String>,
    pub(crate) lines: Vec<SourceLine>,
    pub(crate) label: Option<SanitizedText>,
    pub(crate) details: Vec<(&'static str, SanitizedText)>,
    /// The reason why it does not count.
    pub(crate) passes: Option<SanitizedText>,
}

/// A line of source in three parts, of which the second is marked.
pub(crate) struct SourceLine {
    pub(crate) number: u32,
    pub(crate) before: SanitizedText,
    pub(crate) marked: SanitizedText,
    pub(crate) after: SanitizedText,
}

impl ProblemView {
    pub(crate) fn of(problem: &Diagnostic, file: &FileReport, report: &Report, links: &Links<'_>) -> Self {
        let (start, end) = file.range(problem.span);
        let details = details(problem, None).into_iter().filter(|detail| detail.word != "excepted");
        Self {
            level: problem.level,
            rule: SanitizedText::line(&problem.rule),
            has_page: rules::named(&problem.rule).is_some(),
            message: SanitizedText::line(&problem.message),
            finding: problem.finding_shown().map(|id| SanitizedText::cut(id, SURROUNDINGS)),
            place: SanitizedText::line(format!("{}:{}:{}", file.name(), start.line, start.column)),
            url: links.url(&file.path, start.line, end.line),
            lines: file.source.as_ref().map_or_else(Vec::new, |source| lines(problem, source)),
            label: problem.label.as_deref().map(SanitizedText::line),
            details: details.map(|Detail { word, text }| (word, SanitizedText::line(text))).collect(),
            passes: passes_because(report, problem).map(SanitizedText::line),
        }
    }

    /// Whether it counts towards the verdict.
    pub(crate) const fn counts(&self) -> bool {
        self.passes.is_none()
    }
}

/// The lines of a problem and those around it.
fn lines(problem: &Diagnostic, source: &Source) -> Vec<SourceLine> {
    if source.text().is_empty() {
        return Vec::new();
    }
    let count = u32::try_from(source.line_starts().len()).unwrap_or(u32::MAX);
    let [first, last] = [problem.span.start, problem.span.end].map(|offset| source.position(offset).line);
    let last = last.min(first.saturating_add(MAX_LINES - 1));
    let shown = first.saturating_sub(CONTEXT).max(1)..=last.saturating_add(CONTEXT).min(count);
    shown.map(|number| source_line(number, problem, source)).collect()
}

fn source_line(number: u32, problem: &Diagnostic, source: &Source) -> SourceLine {
    let text = source.line(number);
    let start = source.line_starts().get(number as usize - 1).map_or(0, |start| *start as usize);
    let [from, to] = [problem.span.start, problem.span.end].map(|offset| {
        let at = (offset as usize).saturating_sub(start).min(text.len());
        // Spans are between characters, but a line ends before its break.
        if text.is_char_boundary(at) { at } else { text.len() }
    });
    let (before, marked, after) = (&text[..from.min(to)], &text[from.min(to)..to], &text[to..]);
    let before = match before.char_indices().rev().nth(SURROUNDINGS - 1) {
        Some((at, _)) if at > 0 => SanitizedText::line(format!("…{}", &before[at..])),
        _ => SanitizedText::line(before),
    };
    let [marked, after] = [marked, after].map(|text| SanitizedText::cut(text, SURROUNDINGS));
    SourceLine { number, before, marked, after }
}

/// A text without control characters; it may have several lines.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct SanitizedText(String);

impl SanitizedText {
    /// A text on one line, its line breaks escaped.
    pub(crate) fn line(text: impl AsRef<str>) -> Self {
        Self(escaped(text.as_ref()))
    }

    /// A text that keeps its line breaks.
    pub(crate) fn lines(text: &str) -> Self {
        Self(text.trim().lines().map(escaped).collect::<Vec<_>>().join("\n"))
    }

    /// At most so many characters of a text, on one line.
    pub(crate) fn cut(text: &str, most: usize) -> Self {
        Self::line(cut(text, most))
    }

    /// Whether it is this text.
    pub(crate) fn is(&self, text: &str) -> bool {
        self.0 == text
    }

    /// The parts between which it may be broken over lines: after a mark of a path, an address or a name.
    pub(crate) fn parts(&self) -> impl Iterator<Item = &str> {
        self.0.split_inclusive(['/', '.', '@', '-', '_'])
    }

    /// The parts in and outside of backticks, with whether they are inside, and where identifiers may be broken.
    pub(crate) fn spans(&self) -> Vec<(bool, Vec<&str>)> {
        // A backtick without another one is a character.
        let pairs = self.0.matches('`').count() / 2;
        let spans = self.0.splitn(2 * pairs + 1, '`').enumerate();
        let spans = spans.filter(|(_, part)| !part.is_empty());
        spans.map(|(at, part)| (at % 2 == 1, part.split_inclusive(['/', '@', '_']).collect())).collect()
    }

    /// Whether it is empty or white space.
    pub(crate) fn is_blank(&self) -> bool {
        self.0.trim().is_empty()
    }
}

/// A line without control characters and without the code points that HTML and XML do not accept as characters.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in line(text).chars() {
        if matches!(letter, '\u{FDD0}'..='\u{FDEF}') || (u32::from(letter) & 0xFFFE) == 0xFFFE {
            escaped.extend(letter.escape_unicode());
        } else {
            escaped.push(letter);
        }
    }
    escaped
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

    #[test]
    fn code_is_between_two_backticks_and_names_can_be_broken() {
        let text = SanitizedText::line("`a_b` is `c");
        assert_eq!(text.spans(), [(true, vec!["a_", "b"]), (false, vec![" is `c"])]);
        assert_eq!(SanitizedText::line("a/b-c.d").parts().collect::<Vec<_>>(), ["a/", "b-", "c.", "d"]);
    }
}
