//! A fault with the lines of source around it.

use crate::diagnostic::{Diagnostic, Level};
use crate::explain::page_url;
use crate::output::html::shown::Shown;
use crate::output::link::Links;
use crate::output::{details, passes_because};
use crate::report::{FileReport, Report};
use crate::rules;
use crate::source::Source;

/// Lines shown above and below a place.
const CONTEXT: u32 = 2;
/// Lines shown of a place itself.
const MOST_LINES: u32 = 6;
/// Characters shown of a line on either side of a place, and of the place itself.
const SURROUNDINGS: usize = 100;

/// A fault, ready to be drawn.
pub(crate) struct Fault {
    pub(crate) level: Level,
    pub(crate) rule: Shown,
    /// The page of the rule; those of rules in Rego have none.
    pub(crate) page: Option<String>,
    pub(crate) message: Shown,
    /// The finding it is about.
    pub(crate) finding: Option<Shown>,
    pub(crate) place: Shown,
    pub(crate) url: Option<String>,
    pub(crate) lines: Vec<Line>,
    pub(crate) label: Option<Shown>,
    pub(crate) details: Vec<(&'static str, Shown)>,
    /// Why it does not count, where it does not.
    pub(crate) passes: Option<Shown>,
}

/// A line of source, the place in it between what stands before and after.
pub(crate) struct Line {
    pub(crate) number: u32,
    pub(crate) before: Shown,
    pub(crate) marked: Shown,
    pub(crate) after: Shown,
}

impl Fault {
    pub(crate) fn of(fault: &Diagnostic, file: &FileReport, report: &Report, links: &Links<'_>) -> Self {
        let start = file.excerpt.position(fault.span.start);
        let end = file.excerpt.position(fault.span.end);
        let details = details(fault).filter(|(word, _)| *word != "excepted");
        Self {
            level: fault.level,
            rule: Shown::line(&fault.rule),
            page: rules::named(&fault.rule).and_then(page_url),
            message: Shown::line(&fault.message),
            finding: fault.finding_shown().map(|id| Shown::cut(id, SURROUNDINGS)),
            place: Shown::line(&format!("{}:{}:{}", file.name(), start.line, start.column)),
            url: links.url(&file.path, start.line, end.line),
            lines: file.source.as_ref().map_or_else(Vec::new, |source| lines(fault, source)),
            label: fault.label.as_deref().map(Shown::line),
            details: details.map(|(word, text)| (word, Shown::line(&text))).collect(),
            passes: passes_because(report, fault).map(|reason| Shown::line(&reason)),
        }
    }

    /// Whether it counts towards the verdict.
    pub(crate) const fn counts(&self) -> bool {
        self.passes.is_none()
    }
}

/// The lines of the place, and those around it.
fn lines(fault: &Diagnostic, source: &Source) -> Vec<Line> {
    let count = u32::try_from(source.line_starts().len()).unwrap_or(u32::MAX);
    let (first, last) = (source.position(fault.span.start).line, source.position(fault.span.end).line);
    let last = last.min(first.saturating_add(MOST_LINES - 1));
    let shown = first.saturating_sub(CONTEXT).max(1)..=last.saturating_add(CONTEXT).min(count);
    let is_empty = source.text().is_empty();
    shown.filter(|_| !is_empty).map(|number| line(number, fault, source)).collect()
}

fn line(number: u32, fault: &Diagnostic, source: &Source) -> Line {
    let text = source.line(number).trim_end_matches(['\n', '\r']);
    let start = source.line_starts().get(number as usize - 1).map_or(0, |start| *start as usize);
    let within = |offset: u32| {
        let at = (offset as usize).saturating_sub(start).min(text.len());
        // Places lie between characters; a line ends where its break begins.
        if text.is_char_boundary(at) { at } else { text.len() }
    };
    let (from, to) = (within(fault.span.start), within(fault.span.end));
    let (from, to) = if from <= to { (from, to) } else { (to, to) };
    let (before, marked, after) = (&text[..from], &text[from..to], &text[to..]);
    let skipped = before.chars().count().saturating_sub(SURROUNDINGS);
    let before = match before.char_indices().nth(skipped) {
        Some((at, _)) if skipped > 0 => Shown::line(&format!("…{}", &before[at..])),
        _ => Shown::line(before),
    };
    Line { number, before, marked: Shown::cut(marked, SURROUNDINGS), after: Shown::cut(after, SURROUNDINGS) }
}
