//! Workflow commands of GitHub Actions, which become annotations of the lines they name. GitHub shows ten of each
//! kind: what goes beyond follows in plain lines, so that nothing is lost, and none of those is ever a command. What does
//! not count is counted and not listed.

use std::borrow::Cow;
use std::io;

use crate::diagnostic::{Diagnostic, Level};
use crate::escape::{line, plain_line};
use crate::input_error::InputError;
use crate::output::concise;
use crate::report::{FileReport, Report};

/// How many annotations of a kind GitHub shows of one step.
const MOST: usize = 10;
/// Characters of a title.
const LONGEST_TITLE: usize = 120;
/// Bytes of the list of places in the command that stands for the rest.
const LONGEST_LIST: usize = 4_000;

pub(crate) fn write(report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
    let items = items(report);
    let mut rest = Vec::new();
    for kind in ["error", "warning", "notice"] {
        let of_kind: Vec<&Item<'_>> = items.iter().filter(|item| item.kind() == kind).collect();
        let shown = if of_kind.len() > MOST { MOST - 1 } else { of_kind.len() };
        let (shown, left) = of_kind.split_at(shown);
        for item in shown {
            writeln!(out, "::{kind} {}::{}", item.properties(report), item.message(report))?;
        }
        if !left.is_empty() {
            let title = property(&format!("{} more", left.len()));
            writeln!(out, "::{kind} title={title}::{}", places(left, report))?;
        }
        rest.extend_from_slice(left);
    }
    for item in rest {
        writeln!(out, "{}", item.plain(report))?;
    }
    if let Some(unlisted) = report.unlisted() {
        writeln!(out, "{unlisted}")?;
    }
    if !report.lowered.is_empty() {
        writeln!(out, "lowered on the command line: {}", line(&report.lowered.join(", ")))?;
    }
    for remark in &report.remarks {
        writeln!(out, "{}", plain_line(line(remark).into_owned()))?;
    }
    let (verdict, policy) =
        (report.verdict().name().replace('-', " "), line(report.root_path(&report.policy)));
    writeln!(out, "{verdict} under policy {policy}: {}", line(&report.summary_from_root()))
}

/// What becomes a command.
#[derive(Clone, Copy)]
enum Item<'r> {
    InputError(&'r InputError),
    Fault(&'r FileReport, &'r Diagnostic),
}

/// All that counts, the worst first, and in the order of the report among equals.
fn items(report: &Report) -> Vec<Item<'_>> {
    let faults = report.files.iter().flat_map(|file| {
        let counting = file.diagnostics.iter().filter(|fault| report.counts(fault));
        counting.map(move |fault| Item::Fault(file, fault))
    });
    let mut items: Vec<Item<'_>> = report.obstacles.iter().map(Item::InputError).chain(faults).collect();
    items.sort_by_key(|item| match item {
        Item::InputError(_) => 0,
        Item::Fault(_, fault) if report.fails(fault) => 1,
        Item::Fault(_, fault) => match fault.level {
            Level::Error => 2,
            Level::Warning => 3,
            Level::Note => 4,
        },
    });
    items
}

impl Item<'_> {
    /// The command's word.
    fn kind(&self) -> &'static str {
        match self {
            Self::InputError(_) => "error",
            Self::Fault(_, fault) => match fault.level {
                Level::Error => "error",
                Level::Warning => "warning",
                Level::Note => "notice",
            },
        }
    }

    fn properties(&self, report: &Report) -> String {
        let (file, fault) = match self {
            Self::InputError(obstacle) => {
                let path = report.root_path(obstacle.path());
                let file =
                    if looks_like_a_file(path) { format!("file={},", property(path)) } else { String::new() };
                return format!("{file}title={}", property(&cut(&format!("cannot check: {obstacle}"))));
            }
            Self::Fault(file, fault) => (file, fault),
        };
        let (start, end) = (file.excerpt.position(fault.span.start), file.excerpt.position(fault.span.end));
        let mut properties =
            format!("file={},line={},endLine={}", property(&file.path), start.line, end.line);
        // GitHub takes no columns where the lines differ.
        if start.line == end.line {
            properties.push_str(&format!(",col={},endColumn={}", start.column, end.column));
        }
        properties + &format!(",title={}", property(&title(fault)))
    }

    fn message(&self, report: &Report) -> String {
        match self {
            Self::InputError(obstacle) => {
                value(&format!("{}: {obstacle}", report.root_path(obstacle.path())))
            }
            Self::Fault(_, fault) => {
                let first =
                    value(&format!("{}: {}{}", fault.rule, fault.message, crate::output::asides(fault)));
                let details = crate::output::details_from_root(report, fault)
                    .map(|(word, text)| value(&format!("{word}: {text}")));
                std::iter::once(first).chain(details).collect::<Vec<_>>().join("%0A")
            }
        }
    }

    fn plain(&self, report: &Report) -> String {
        match self {
            Self::InputError(obstacle) => {
                concise::obstacle(report.root_path(obstacle.path()), &obstacle.to_string())
            }
            Self::Fault(file, fault) => concise::fault(&file.excerpt, fault),
        }
    }

    fn place(&self, report: &Report) -> String {
        match self {
            Self::InputError(obstacle) => value(report.root_path(obstacle.path())),
            Self::Fault(file, fault) => value(&format!(
                "{}:{} {}",
                file.path,
                file.excerpt.position(fault.span.start).line,
                fault.rule
            )),
        }
    }
}

/// Where the items stand, as far as there is room.
fn places(items: &[&Item<'_>], report: &Report) -> String {
    let mut list = "the log has them:".to_owned();
    for item in items {
        let place = item.place(report);
        if list.len() + place.len() + "%0A…".len() > LONGEST_LIST - "%0A".len() {
            list.push_str("%0A…");
            break;
        }
        list.push_str("%0A");
        list.push_str(&place);
    }
    list
}

/// The problem in a few words, as the title of its annotation.
fn title(fault: &Diagnostic) -> String {
    let finding = fault.finding_shown().map_or_else(String::new, |id| format!(" (finding {id})"));
    format!("{}{finding}", cut(&fault.message))
}

/// As much of a text as fits into a title.
fn cut(text: &str) -> Cow<'_, str> {
    match text.char_indices().nth(LONGEST_TITLE) {
        Some((end, _)) => Cow::Owned(format!("{}…", &text[..end])),
        None => Cow::Borrowed(text),
    }
}

/// Whether an obstacle's path may be that of a file in the repository: it may also be a pattern, or a command's name.
fn looks_like_a_file(path: &str) -> bool {
    let odd = |letter: char| letter.is_control() || ":*?<>\\\"|".contains(letter);
    let is_name = |part: &str| !part.is_empty() && part != "." && part != "..";
    !path.contains(odd) && path.split('/').all(is_name) && path.contains('.')
}

/// A text as the message of a command.
fn value(text: &str) -> String {
    line(text).replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A text as a property of a command.
fn property(text: &str) -> String {
    value(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_do_not_end_their_property() {
        assert_eq!(property("a,b:c%\n::error::"), "a%2Cb%3Ac%25\\n%3A%3Aerror%3A%3A");
        assert_eq!(value("50% ##[x"), "50%25 #\\u{23}[x");
    }

    #[test]
    fn only_what_may_be_a_file_is_named_as_one() {
        assert!(looks_like_a_file("agents/a.yaml"));
        for path in ["/etc/a.yaml", "../a.yaml", "agents/*.yaml", "--base", "", "a::b.yaml"] {
            assert!(!looks_like_a_file(path), "{path}");
        }
    }
}
