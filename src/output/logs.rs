//! Formats for the logs of CI services: one line per problem, and the workflow commands of GitHub Actions. A plain line is
//! never a command to the service that keeps the log.

use std::io;

use crate::diagnostic::{Diagnostic, Level};
use crate::escape::{cut, line, plain_line};
use crate::input_error::InputError;
use crate::output::blocks::is_fixable;
use crate::output::problem::{Detail, asides, details};
use crate::output::summary::write_rules;
use crate::output::text::{Tone, file_link, line_width, painted, wrapped};
use crate::output::{Look, ProblemList};
use crate::report::{FileReport, Report, Verdict, count};

pub(crate) fn write_concise(report: &Report, look: Look, out: &mut dyn io::Write) -> io::Result<()> {
    let most = match look.listing {
        ProblemList::All => usize::MAX,
        ProblemList::First(most) => most,
        ProblemList::Statistics => {
            write_rules(report, usize::MAX, look, out)?;
            0
        }
    };
    let listed = report.diagnostics().filter(|(_, diagnostic)| report.lists(diagnostic));
    let mut listed: Vec<_> = listed.collect();
    let left = listed.len().saturating_sub(most);
    if left > 0 {
        listed.sort_by_key(|(_, diagnostic)| !report.fails(diagnostic));
    }
    for (file, diagnostic) in listed.iter().take(most) {
        writeln!(out, "{}", concise_problem(file, diagnostic, look))?;
    }
    if left > 0 && look.listing != ProblemList::Statistics {
        let words = format!("… {}: --max-problems all lists them", count(left, "more problem"));
        writeln!(out, "{}", painted(&words, Tone::Dim, look))?;
    }
    if !report.lowered.is_empty() {
        writeln!(out, "lowered on the command line: {}", line(&report.lowered.join(", ")))?;
    }
    for error in &report.input_errors {
        let text = wrapped(&input_error(error.path(), &error.to_string()), line_width(look), (0, 2));
        let words = Verdict::CannotCheck.words();
        writeln!(out, "{}", text.replacen(words, &painted(words, Tone::Bad, look), 1))?;
    }
    match report.unlisted().filter(|_| report.gate.new_only) {
        Some(unlisted) => writeln!(out, "{unlisted}"),
        None => Ok(()),
    }
}

fn concise_problem(file: &FileReport, diagnostic: &Diagnostic, look: Look) -> String {
    let (path, position) = (line(file.name()), file.position(diagnostic.span.start));
    let (level, rule, message) = (diagnostic.level.name(), line(&diagnostic.rule), line(&diagnostic.message));
    let (place, asides) = (format!(":{}:{}:", position.line, position.column), asides(diagnostic));
    let (path, place) = (file_link(&path, file.name(), look), painted(&place, Tone::Dim, look));
    let rule = painted(&format!("[{rule}]"), Tone::Dim, look);
    let level = painted(level, diagnostic.level.into(), look);
    let mark = if is_fixable(diagnostic) { painted(" [fix]", Tone::Good, look) } else { String::new() };
    let text = plain_line(format!("{path}{place} {level}{rule} {message}{asides}{mark}"));
    wrapped(&text, line_width(look), (0, 2))
}

fn input_error(path: &str, message: &str) -> String {
    plain_line(format!("{}: cannot check: {}", line(path), line(message)))
}

/// The number of annotations of a kind that GitHub shows of one step.
const MAX: usize = 10;
/// Characters of a title.
const MAX_TITLE_LENGTH: usize = 120;
/// Bytes of the list of places in the command for all further annotations.
const MAX_LIST_LENGTH: usize = 4_000;

pub(crate) fn write_github(report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
    let annotations = annotations(report);
    let mut rest = Vec::new();
    for kind in ["error", "warning", "notice"] {
        let of_kind: Vec<&Annotation<'_>> = annotations.iter().filter(|one| one.kind() == kind).collect();
        let shown = if of_kind.len() > MAX { MAX - 1 } else { of_kind.len() };
        let (shown, further) = of_kind.split_at(shown);
        for annotation in shown {
            writeln!(out, "::{kind} {}", annotation.command(report))?;
        }
        if !further.is_empty() {
            let title = property(&format!("{} more", further.len()));
            writeln!(out, "::{kind} title={title}::{}", places(further, report))?;
        }
        rest.extend_from_slice(further);
    }
    for annotation in rest {
        writeln!(out, "{}", annotation.plain(report))?;
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
    let (verdict, policy) = (report.verdict().words(), line(report.root_path(&report.policy)));
    writeln!(out, "{verdict} under policy {policy}: {}", line(&report.summary_from_root()))
}

#[derive(Clone, Copy)]
enum Annotation<'r> {
    InputError(&'r InputError),
    Problem(&'r FileReport, &'r Diagnostic),
}

/// All that counts, the most severe first, and in the order of the report among equals.
fn annotations(report: &Report) -> Vec<Annotation<'_>> {
    let problems = report.diagnostics().filter(|(_, problem)| report.counts(problem));
    let problems = problems.map(|(file, problem)| Annotation::Problem(file, problem));
    let mut annotations: Vec<_> =
        report.input_errors.iter().map(Annotation::InputError).chain(problems).collect();
    annotations.sort_by_key(|annotation| match annotation {
        Annotation::InputError(_) => 0,
        Annotation::Problem(_, problem) if report.fails(problem) => 1,
        Annotation::Problem(_, problem) => match problem.level {
            Level::Error => 2,
            Level::Warning => 3,
            Level::Note => 4,
        },
    });
    annotations
}

impl Annotation<'_> {
    const fn kind(&self) -> &'static str {
        match self {
            Self::InputError(_) | Self::Problem(_, Diagnostic { level: Level::Error, .. }) => "error",
            Self::Problem(_, Diagnostic { level: Level::Warning, .. }) => "warning",
            Self::Problem(_, Diagnostic { level: Level::Note, .. }) => "notice",
        }
    }

    /// The properties and the message of the command.
    fn command(&self, report: &Report) -> String {
        match self {
            Self::InputError(error) => {
                let path = report.root_path(error.path());
                let file =
                    if looks_like_a_file(path) { format!("file={},", property(path)) } else { String::new() };
                let title = property(&cut(&format!("cannot check: {error}"), MAX_TITLE_LENGTH));
                format!("{file}title={title}::{}", value(&format!("{path}: {error}")))
            }
            Self::Problem(file, problem) => problem_command(report, file, problem),
        }
    }

    fn plain(&self, report: &Report) -> String {
        match self {
            Self::InputError(error) => input_error(report.root_path(error.path()), &error.to_string()),
            Self::Problem(file, problem) => concise_problem(file, problem, Look::PLAIN),
        }
    }

    fn place(&self, report: &Report) -> String {
        match self {
            Self::InputError(error) => value(report.root_path(error.path())),
            Self::Problem(file, problem) => {
                value(&format!("{}:{} {}", file.path, file.position(problem.span.start).line, problem.rule))
            }
        }
    }
}

fn problem_command(report: &Report, file: &FileReport, problem: &Diagnostic) -> String {
    let (start, end) = file.range(problem.span);
    let mut command = format!("file={},line={},endLine={}", property(&file.path), start.line, end.line);
    // GitHub accepts columns only if both lines are the same.
    if start.line == end.line {
        command.push_str(&format!(",col={},endColumn={}", start.column, end.column));
    }
    let mut title = cut(&problem.message, MAX_TITLE_LENGTH).into_owned();
    if let Some(id) = problem.finding_shown() {
        title.push_str(&format!(" (finding {id})"));
    }
    let message = format!("{}: {}{}", problem.rule, problem.message, asides(problem));
    command.push_str(&format!(",title={}::{}", property(&title), value(&message)));
    for Detail { word, text } in details(problem, Some(report)) {
        command.push_str(&format!("%0A{}", value(&format!("{word}: {text}"))));
    }
    command
}

/// The places of annotations, as far as they fit.
fn places(annotations: &[&Annotation<'_>], report: &Report) -> String {
    let mut list = "listed in the log:".to_owned();
    for annotation in annotations {
        let place = annotation.place(report);
        if list.len() + place.len() + "%0A…".len() > MAX_LIST_LENGTH - "%0A".len() {
            list.push_str("%0A…");
            break;
        }
        list.push_str("%0A");
        list.push_str(&place);
    }
    list
}

/// Whether the path of an input error can be that of a file in the repository. Others are patterns or arguments.
fn looks_like_a_file(path: &str) -> bool {
    let is_odd = path.contains(|letter: char| letter.is_control() || ":*?<>\\\"|".contains(letter));
    !is_odd && path.contains('.') && path.split('/').all(|part| !["", ".", ".."].contains(&part))
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
    fn property_escapes_separators() {
        assert_eq!(property("a,b:c%\n::error::"), "a%2Cb%3Ac%25\\n%3A%3Aerror%3A%3A");
        assert_eq!(value("50% ##[x"), "50%25 #\\u{23}[x");
    }

    #[test]
    fn patterns_and_arguments_do_not_look_like_a_file() {
        assert!(looks_like_a_file("agents/a.yaml"));
        for path in ["/etc/a.yaml", "../a.yaml", "agents/*.yaml", "--base", "", "a::b.yaml"] {
            assert!(!looks_like_a_file(path), "{path}");
        }
    }
}
