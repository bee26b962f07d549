//! A problem with the lines of source around it.

use crate::diagnostic::{Diagnostic, Level};
use crate::explain::page_url;
use crate::output::Links;
use crate::output::html::sanitized::SanitizedText;
use crate::output::problem::{Detail, details, passes_because};
use crate::report::{FileReport, Report};
use crate::rules;
use crate::source::Source;

/// Lines shown above and below a place.
const CONTEXT: u32 = 2;
/// Lines shown of a place itself.
const MOST_LINES: u32 = 6;
/// Characters shown of a line on either side of a place, and of the place itself.
const SURROUNDINGS: usize = 100;

pub(crate) struct ProblemView {
    pub(crate) level: Level,
    pub(crate) rule: SanitizedText,
    /// The URL of the rule's page; rules in Rego have none.
    pub(crate) page: Option<String>,
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
            page: rules::named(&problem.rule).and_then(page_url),
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
    let last = last.min(first.saturating_add(MOST_LINES - 1));
    let shown = first.saturating_sub(CONTEXT).max(1)..=last.saturating_add(CONTEXT).min(count);
    shown.map(|number| line(number, problem, source)).collect()
}

fn line(number: u32, problem: &Diagnostic, source: &Source) -> SourceLine {
    let text = source.line(number);
    let start = source.line_starts().get(number as usize - 1).map_or(0, |start| *start as usize);
    let [from, to] = [problem.span.start, problem.span.end].map(|offset| {
        let at = (offset as usize).saturating_sub(start).min(text.len());
        // Spans are between characters, but a line ends before its break.
        if text.is_char_boundary(at) { at } else { text.len() }
    });
    let (before, marked, after) = (&text[..from.min(to)], &text[from.min(to)..to], &text[to..]);
    let skipped = before.chars().count().saturating_sub(SURROUNDINGS);
    let before = match before.char_indices().nth(skipped) {
        Some((at, _)) if skipped > 0 => SanitizedText::line(format!("…{}", &before[at..])),
        _ => SanitizedText::line(before),
    };
    let [marked, after] = [marked, after].map(|text| SanitizedText::cut(text, SURROUNDINGS));
    SourceLine { number, before, marked, after }
}
