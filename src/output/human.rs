//! The format for people: problems in blocks, each with the lines around it, and at the end what to do.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use crate::diagnostic::Diagnostic;
use crate::escape::{line, plain_line, same_length};
use crate::explain::page_url;
use crate::input_error::InputError;
use crate::output::blocks::{ProblemBlock, blocks};
use crate::output::change::{ChangeLine, LineSubject, lines};
use crate::output::problem::{Detail, asides};
use crate::output::snippet::{Context, Quoted, Underline, drawn};
use crate::output::summary::{write_rules, write_verdict};
use crate::output::text::{Tone, file_link, line_width, messages, painted, width, wrapped};
use crate::output::{Look, ProblemList, Verbosity};
use crate::policy::Direction;
use crate::report::{Change, FileReport, Report, Verdict, count};
use crate::rules;

/// Places without texts that need no picture, because each is a line of its own, are a list if there are more than so many.
const PICTURES: usize = 3;
/// The lines of such a list that are named on a terminal; of more, the last one is.
const LINES: usize = 4;
/// The notes of a rule that are shown on a terminal.
const NOTES: usize = 2;

pub(crate) fn write(report: &Report, look: Look, out: &mut dyn io::Write) -> io::Result<()> {
    let shown = Shown::of(report, look.listing);
    let mut notes = Vec::new();
    for (at, file) in report.files.iter().enumerate() {
        let (of_file, others): (Vec<_>, Vec<_>) =
            shown.of_file(at, file).into_iter().partition(ProblemBlock::is_remark);
        write_problems(file, &others, look, out)?;
        notes.extend(of_file.into_iter().map(|block| (file, block)));
    }
    write_notes(&notes, look, out)?;
    if shown.left > 0 {
        let words = format!("… {}: --max-problems all lists them", count(shown.left, "more problem"));
        writeln!(out, "{}\n", painted(&words, Tone::Dim, look))?;
    }
    write_excepted(report, look, out)?;
    for error in &report.input_errors {
        write_input_error(error, look, out)?;
    }
    if look.listing == ProblemList::Statistics {
        write_rules(report, usize::MAX, look, out)?;
    }
    if look.beside == Verbosity::Nothing {
        return Ok(());
    }
    if let Some(unlisted) = report.unlisted().filter(|_| report.gate.new_only) {
        writeln!(out, "{unlisted}\n")?;
    }
    if !report.lowered.is_empty() {
        let word = painted("lowered on the command line", Tone::Caution, look);
        writeln!(out, "{word}: {}\n", line(&report.lowered.join(", ")))?;
    }
    if let Some(change) = &report.change {
        write_change(change, None, look, out)?;
        writeln!(out)?;
    }
    for remark in &report.remarks {
        writeln!(out, "{}", plain_line(wrapped(&line(remark), line_width(look), (0, 2))))?;
    }
    write_verdict(report, look, out)
}

/// The problems to show: all, or the first of those that fail the gate and then of the others.
struct Shown<'r> {
    report: &'r Report,
    /// The positions of the file and of the problem in it, if not all are shown.
    chosen: Option<BTreeSet<(usize, usize)>>,
    left: usize,
}

impl<'r> Shown<'r> {
    fn of(report: &'r Report, listing: ProblemList) -> Self {
        let most = match listing {
            ProblemList::All => usize::MAX,
            ProblemList::First(most) => most,
            ProblemList::Statistics => return Self { report, chosen: Some(BTreeSet::new()), left: 0 },
        };
        let mut all = Vec::new();
        for (file_at, file) in report.files.iter().enumerate() {
            for (at, problem) in file.diagnostics.iter().enumerate() {
                if report.lists(problem) && problem.excepted.is_none() {
                    all.push((!report.fails(problem), file_at, at));
                }
            }
        }
        let left = all.len().saturating_sub(most);
        if left > 0 {
            all.sort_unstable();
            all.truncate(most);
        }
        let chosen = all.into_iter().map(|(_, file, problem)| (file, problem));
        Self { report, chosen: (left > 0).then(|| chosen.collect()), left }
    }

    fn of_file(&self, file_at: usize, file: &'r FileReport) -> Vec<ProblemBlock<'r>> {
        blocks(file.diagnostics.iter().enumerate().filter_map(|(at, problem)| {
            let is_chosen = self.chosen.as_ref().is_none_or(|chosen| chosen.contains(&(file_at, at)));
            let is_shown = is_chosen && self.report.lists(problem) && problem.excepted.is_none();
            is_shown.then_some(problem)
        }))
    }
}

/// Writes an input that could not be checked. On a terminal its parts, the last of which can be a command to run, are lines.
fn write_input_error(error: &InputError, look: Look, out: &mut dyn io::Write) -> io::Result<()> {
    let path = file_link(&line(error.path()), error.path(), look);
    let text = error.to_string();
    let (cause, rest) = text.split_once("; ").filter(|_| look.unicode).unwrap_or((&text, ""));
    let cause = format!("{}: {path}: {}", Verdict::CannotCheck.words(), line(cause));
    writeln!(out, "{}", messages(&cause, look))?;
    for part in rest.split("; ").filter(|part| !part.is_empty()) {
        let tone = if part.contains("`aivss-lint") { Tone::Action } else { Tone::Dim };
        writeln!(out, "  {}", painted(&wrapped(&line(part), line_width(look), (2, 4)), tone, look))?;
    }
    writeln!(out)
}

/// Writes the effects of a change on each agent and on the policy.
///
/// `new` are its new problems, which come after the limits that it loosens, and before the agents.
pub(crate) fn write_change(
    change: &Change,
    new: Option<String>,
    look: Look,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let heading = format!("change against {}:", change.base);
    let heading = wrapped(&line(&heading), line_width(look), (0, 2));
    writeln!(out, "{}", painted(&heading, Tone::Strong, look))?;
    let arrow = if look.unicode { "→" } else { "->" };
    let mut lines = lines(change, arrow, |path| path);
    if let Some(new) = new {
        let fixed: Vec<_> = lines.extract_if(.., |line| line.is_fixed()).collect();
        let at = lines.iter().take_while(|line| line.is_looser()).count();
        let new = (!new.is_empty()).then(|| ChangeLine {
            subject: LineSubject::Change,
            words: format!("new problems: {new}"),
            direction: Direction::Worse,
        });
        lines.splice(at..at, new.into_iter().chain(fixed));
    }
    for change in lines {
        let (indent, mut text) = match change.subject {
            LineSubject::Policy => (2, "policy: ".to_owned()),
            LineSubject::Agent(agent) => {
                // A path may begin like a command to the service that keeps the log.
                let path = plain_line(agent.path.clone());
                let name = agent.name.as_ref().map(|name| format!(" ({name})")).unwrap_or_default();
                (2, format!("{path}{name}: "))
            }
            LineSubject::Same => (4, String::new()),
            LineSubject::Change => (2, String::new()),
        };
        text.push_str(&change.words);
        if !change.word().is_empty() {
            text.push_str(&format!(" ({})", change.word()));
        }
        let text = wrapped(&line(&text), line_width(look), (indent, indent + 2));
        let tone = match change.direction {
            Direction::Worse if change.is_looser() => Tone::Caution,
            Direction::Worse => Tone::Bad,
            Direction::Better => Tone::Good,
            Direction::Other => Tone::Plain,
        };
        // The new value alone is in color, or what is new as a whole.
        let start = text.find(arrow).or_else(|| text.rfind(": ").map(|at| at + 2)).unwrap_or(0);
        let (before, after) = text.split_at(start);
        writeln!(out, "{:indent$}{before}{}", "", painted(after, tone, look))?;
    }
    Ok(())
}

/// Writes one line for each excepted problem, the first to expire first.
fn write_excepted(report: &Report, look: Look, out: &mut dyn io::Write) -> io::Result<()> {
    let listed = report.diagnostics().filter(|(_, problem)| report.lists(problem));
    let mut excepted: Vec<_> =
        listed.filter_map(|(file, problem)| Some((problem.excepted.as_deref()?, file, problem))).collect();
    excepted.sort_by_key(|(excepted, ..)| excepted.expires);
    for (excepted, file, problem) in &excepted {
        let position = file.position(problem.span.start);
        let days = excepted.expires.days_since(report.today);
        let place = format!("{}:{}:{}", line(file.name()), position.line, position.column);
        let (reason, owner) = (excepted.reason.trim_end_matches('.'), &excepted.owner);
        let text = format!(
            "excepted until {} ({}): {} at {}{}: {} ({})",
            excepted.expires,
            count(usize::try_from(days).unwrap_or_default(), "day"),
            line(&problem.rule),
            file_link(&place, file.name(), look),
            line(&problem.finding_shown().map(|id| format!(", finding {id}")).unwrap_or_default()),
            line(reason),
            line(&format!("{owner}, {}", excepted.origin)),
        );
        writeln!(out, "{}", painted(&wrapped(&text, line_width(look), (0, 2)), Tone::Dim, look))?;
    }
    if excepted.is_empty() { Ok(()) } else { writeln!(out) }
}

/// Writes each note on its line: it decides nothing, and must not hide what does. On a terminal, only the first notes of a
/// rule are shown.
fn write_notes(
    notes: &[(&FileReport, ProblemBlock<'_>)],
    look: Look,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let mut numbers: BTreeMap<&str, usize> = BTreeMap::new();
    for (file, block) in notes {
        let number = numbers.entry(&block.first().rule).or_default();
        *number += 1;
        if look.unicode && look.listing != ProblemList::All && *number > NOTES {
            continue;
        }
        let position = file.position(block.first().span.start);
        write_title(block, look, out)?;
        let help = block.first().help.as_ref().map(|help| format!(": {help}")).unwrap_or_default();
        // A path may begin like a command to the service that keeps the log.
        let place = plain_line(format!("{}:{}:{}", line(file.name()), position.line, position.column));
        let text = format!("{}{}", file_link(&place, file.name(), look), line(&help));
        writeln!(out, "  {}", painted(&wrapped(&text, line_width(look), (2, 2)), Tone::Dim, look))?;
    }
    for (rule, number) in numbers.into_iter().filter(|(_, number)| *number > NOTES) {
        if look.unicode && look.listing != ProblemList::All {
            let words = format!(
                "… {} of {}: --max-problems all lists them",
                count(number - NOTES, "more note"),
                line(rule)
            );
            writeln!(out, "{}", painted(&wrapped(&words, look.width, (0, 2)), Tone::Dim, look))?;
        }
    }
    if notes.is_empty() { Ok(()) } else { writeln!(out) }
}

/// Writes the problems of a file, each block with its title, its lines and its details.
fn write_problems(
    file: &FileReport,
    blocks: &[ProblemBlock<'_>],
    look: Look,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let Some(source) = file.source.as_deref().filter(|_| !blocks.is_empty()) else { return Ok(()) };
    let text = same_length(source.text());
    let quoted = Quoted { source, text: &text };
    for block in blocks {
        write_title(block, look, out)?;
        let (first, marks) = (block.first(), block.marks());
        let tone = Tone::from(first.level);
        if let Some(places) = places(file, &quoted, &marks, look) {
            writeln!(out, "  {}", painted(&places, Tone::Dim, look))?;
        } else {
            let picture = drawn(&quoted, &marks, context(first), tone, look);
            let (frame, rest) = picture.split_once('\n').unwrap_or_default();
            let agent =
                first.model.and_then(|model| file.models.get(model)?.name()).map(line).unwrap_or_default();
            // It is known from its file, so that there must be room for it.
            let has_room = look.unicode && width(frame) + 2 + width(&agent) <= look.width;
            let agent = if has_room && !agent.is_empty() { format!("  {agent}") } else { String::new() };
            write!(out, "{frame}{}\n{rest}", painted(&agent, Tone::Dim, look))?;
        }
        for Detail { word, text } in block.details() {
            let text = wrapped(&line(&text), look.width, (word.len() + 4, word.len() + 4));
            let tone = if word == "help" { Tone::Action } else { Tone::Dim };
            writeln!(out, "  {} {text}", painted(&format!("{word}:"), tone, look))?;
        }
        writeln!(out)?;
    }
    Ok(())
}

/// A value of a threat model explains itself. A problem of the file as a whole, such as its syntax, needs the lines around.
const fn context(problem: &Diagnostic) -> Context {
    if problem.model.is_some() { Context::None } else { Context::Around }
}

/// The places of several underlined texts, if each of them is all that its line contains, so that a picture shows no more:
/// a line for each if they have texts, else the numbers of their lines.
fn places(file: &FileReport, quoted: &Quoted<'_>, marks: &[Underline], look: Look) -> Option<String> {
    let (first, others) = marks.split_first()?;
    let has_texts = marks.iter().any(|mark| mark.text.is_some());
    let is_few = marks.len() <= if has_texts { 1 } else { PICTURES };
    if is_few || !marks.iter().all(|mark| is_whole_line(mark, quoted)) {
        return None;
    }
    if has_texts {
        let rows = marks.iter().map(|mark| {
            let key = quoted.text.get(mark.span.range()).unwrap_or_default();
            let text = mark.text.as_ref().map(|text| format!(": {text}")).unwrap_or_default();
            let row = format!("{}  {}{text}", place_of(file, mark, look), line(key));
            wrapped(&row, line_width(look), (2, 4))
        });
        return Some(rows.collect::<Vec<_>>().join("\n  "));
    }
    let lines: Vec<String> =
        others.iter().map(|mark| file.position(mark.span.start).line.to_string()).collect();
    let lines = match lines.last() {
        Some(last) if look.unicode && lines.len() > LINES => format!(" to line {last}"),
        _ => format!(", lines {}", lines.join(", ")),
    };
    Some(wrapped(&(place_of(file, first, look) + &lines), look.width, (2, 4)))
}

fn is_whole_line(mark: &Underline, quoted: &Quoted<'_>) -> bool {
    let whole = quoted.line(quoted.source.position(mark.span.start).line).1.trim();
    Some(whole.strip_suffix(':').unwrap_or(whole)) == quoted.text.get(mark.span.range())
}

/// The place of an underlined text, which links to its file. A path may begin like a command to the service that keeps the
/// log.
fn place_of(file: &FileReport, mark: &Underline, look: Look) -> String {
    let place = file.position(mark.span.start);
    let place = plain_line(format!("{}:{}:{}", line(file.name()), place.line, place.column));
    file_link(&place, file.name(), look)
}

/// Writes level, rules and message, as compilers do.
fn write_title(block: &ProblemBlock<'_>, look: Look, out: &mut dyn io::Write) -> io::Result<()> {
    let (first, names) = (block.first(), block.rules());
    let (level, rules) =
        (first.level.name(), names.iter().map(|name| line(name)).collect::<Vec<_>>().join(", "));
    let asides =
        if block.has_one_finding() || block.alike.len() == 1 { asides(first) } else { String::new() };
    let mark = if block.is_fixable() { " [fix]" } else { "" };
    let head = format!("{level}[{rules}]: ");
    let text = wrapped(&format!("{head}{}{asides}{mark}", block.message()), line_width(look), (0, 2));
    // The head is broken only if it lists several rules on a narrow terminal.
    let Some(rest) = text.strip_prefix(&head) else { return writeln!(out, "{text}") };
    let (rest, mark) = match rest.strip_suffix("[fix]") {
        Some(rest) if !mark.is_empty() => (rest, "[fix]"),
        _ => (rest, ""),
    };
    let links = names.iter().map(|name| match rules::named(name).filter(|_| look.links).and_then(page_url) {
        // OSC 8: the rule's name as a link.
        Some(page) => format!("\u{1b}]8;;{page}\u{1b}\\{}\u{1b}]8;;\u{1b}\\", line(name)),
        None => line(name).into_owned(),
    });
    let links = format!("[{}]", links.collect::<Vec<_>>().join(", "));
    let (level, rules) = (painted(level, first.level.into(), look), painted(&links, Tone::Dim, look));
    writeln!(out, "{level}{rules}: {}{}", painted(rest, Tone::Strong, look), painted(mark, Tone::Good, look))
}
