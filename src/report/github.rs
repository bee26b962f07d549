//! Workflow commands of GitHub Actions, which become annotations of the lines they name. GitHub shows ten of each
//! kind: what goes beyond follows in plain lines, so that nothing is lost, and none of those is ever a command.

use std::io;

use super::concise;
use super::escape::{line, plain_line};
use super::{FileReport, Obstacle, Report};
use crate::diagnostic::{Diagnostic, Level};

/// How many annotations of a kind GitHub shows of one step.
const MOST: usize = 10;
/// Bytes of the list of places in the command that stands for the rest.
const LONGEST_LIST: usize = 4_000;

pub(super) fn write(report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
    let items = items(report);
    let mut rest = Vec::new();
    for kind in ["error", "warning", "notice"] {
        let of_kind: Vec<&Item<'_>> = items.iter().filter(|item| item.kind(report) == kind).collect();
        let shown = if of_kind.len() > MOST { MOST - 1 } else { of_kind.len() };
        let (shown, left) = of_kind.split_at(shown);
        for item in shown {
            writeln!(out, "::{kind} {}::{}", item.properties(), item.message())?;
        }
        if !left.is_empty() {
            let title = property(&format!("{} more", left.len()));
            writeln!(out, "::{kind} title={title}::{}", places(left))?;
        }
        rest.extend_from_slice(left);
    }
    for item in rest {
        writeln!(out, "{}", item.plain())?;
    }
    if !report.lowered.is_empty() {
        writeln!(out, "lowered on the command line: {}", line(&report.lowered.join(", ")))?;
    }
    for remark in &report.remarks {
        writeln!(out, "{}", plain_line(line(remark).into_owned()))?;
    }
    let (verdict, policy) = (report.verdict().name().replace('-', " "), line(&report.policy));
    writeln!(out, "{verdict} under policy {policy}: {}", line(&report.summary()))
}

/// What becomes a command.
#[derive(Clone, Copy)]
enum Item<'r> {
    Obstacle(&'r Obstacle),
    Fault(&'r FileReport, &'r Diagnostic),
}

/// All there is to say, the worst first, and in the order of the report among equals.
fn items(report: &Report) -> Vec<Item<'_>> {
    let faults = report
        .files
        .iter()
        .flat_map(|file| file.diagnostics.iter().map(move |fault| Item::Fault(file, fault)));
    let mut items: Vec<Item<'_>> = report.obstacles.iter().map(Item::Obstacle).chain(faults).collect();
    items.sort_by_key(|item| match item {
        Item::Obstacle(_) => 0,
        Item::Fault(_, fault) if !report.counts(fault) => 5,
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
    /// The command's word. What does not count is only noticed.
    fn kind(&self, report: &Report) -> &'static str {
        match self {
            Self::Obstacle(_) => "error",
            Self::Fault(_, fault) if !report.counts(fault) => "notice",
            Self::Fault(_, fault) => match fault.level {
                Level::Error => "error",
                Level::Warning => "warning",
                Level::Note => "notice",
            },
        }
    }

    fn properties(&self) -> String {
        let (file, fault) = match self {
            Self::Obstacle(obstacle) if looks_like_a_file(&obstacle.path) => {
                return format!("file={},title=cannot judge", property(&obstacle.path));
            }
            Self::Obstacle(_) => return "title=cannot judge".to_owned(),
            Self::Fault(file, fault) => (file, fault),
        };
        let (start, end) = (file.excerpt.position(fault.span.start), file.excerpt.position(fault.span.end));
        let mut properties =
            format!("file={},line={},endLine={}", property(&file.path), start.line, end.line);
        // GitHub takes no columns where the lines differ.
        if start.line == end.line {
            properties.push_str(&format!(",col={},endColumn={}", start.column, end.column));
        }
        let finding = fault.finding_shown().map_or_else(String::new, |id| format!(" (finding {id})"));
        properties + &format!(",title={}", property(&format!("{}{finding}", fault.rule)))
    }

    fn message(&self) -> String {
        match self {
            Self::Obstacle(obstacle) => value(&format!("{}: {}", obstacle.path, obstacle.message)),
            Self::Fault(_, fault) => {
                let first = value(&format!("{}{}", fault.message, super::asides(fault)));
                let details = super::details(fault).map(|(word, text)| value(&format!("{word}: {text}")));
                std::iter::once(first).chain(details).collect::<Vec<_>>().join("%0A")
            }
        }
    }

    fn plain(&self) -> String {
        match self {
            Self::Obstacle(obstacle) => concise::obstacle(obstacle),
            Self::Fault(file, fault) => concise::fault(&file.excerpt, fault),
        }
    }

    fn place(&self) -> String {
        match self {
            Self::Obstacle(obstacle) => value(&obstacle.path),
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
fn places(items: &[&Item<'_>]) -> String {
    let mut list = "the log has them:".to_owned();
    for item in items {
        let place = item.place();
        if list.len() + place.len() + "%0A…".len() > LONGEST_LIST - "%0A".len() {
            list.push_str("%0A…");
            break;
        }
        list.push_str("%0A");
        list.push_str(&place);
    }
    list
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
