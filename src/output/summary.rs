//! The end of a report for people: the verdict, the rules with their numbers, and what to do next.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::io;

use crate::diagnostic::Level;
use crate::escape::{begin_line, line};
use crate::output::blocks::{blocks, is_fixable};
use crate::output::text::{Tone, cut_end, cut_path, file_link, line_width, painted, width, wrapped};
use crate::output::{Look, ProblemList};
use crate::report::{FileReport, Report, Verdict, WorstScore, count};
use crate::rules;

/// The number of blocks of problems up to which their rules are not counted.
const FEW: usize = 5;
/// The rules in the table of a report.
const ROWS: usize = 8;
/// The width of the words before the rows at the end.
const HEADS: usize = 15;

/// Writes the verdict with all that belongs to it. Outside of a terminal the verdict is one line, the last one.
pub(crate) fn write_verdict(report: &Report, look: Look, out: &mut dyn io::Write) -> io::Result<()> {
    if look.unicode {
        let is_empty = report.totals().files == 0 && report.diagnostics().next().is_none();
        // The errors above say it all.
        if report.verdict() == Verdict::CannotCheck && is_empty {
            return Ok(());
        }
        writeln!(out, "{}", headline(report, look))?;
        if report.verdict() == Verdict::Passed {
            return Ok(());
        }
    }
    let has_rows = report.verdict() != Verdict::Passed;
    let mut rest = Vec::new();
    if has_rows && look.listing != ProblemList::Statistics && shown_blocks(report) > FEW {
        write_rules(report, ROWS, look, &mut rest)?;
    }
    if has_rows {
        write_next(report, look, &mut rest)?;
    }
    if look.unicode {
        if !rest.is_empty() {
            writeln!(out)?;
        }
        return out.write_all(&rest);
    }
    out.write_all(&rest)?;
    if !rest.is_empty() {
        writeln!(out)?;
    }
    writeln!(out, "{}", verdict_line(report, look))
}

/// The verdict and the numbers of a report on one line.
pub(crate) fn verdict_line(report: &Report, look: Look) -> String {
    let (verdict, policy) = (report.verdict(), line(&report.policy));
    let tone = if verdict == Verdict::Passed { Tone::Good } else { Tone::Bad };
    let words = painted(verdict.words(), tone, look);
    format!("{words} under policy {policy}: {}", line(&report.summary()))
}

/// The numbers of a rule's problems.
#[derive(Clone, Copy, Debug, Default)]
struct RuleCount {
    /// The highest level of them.
    level: Option<Level>,
    problems: usize,
    fixable: usize,
}

/// The counting problems by rule.
fn counted(report: &Report) -> BTreeMap<&str, RuleCount> {
    let mut rules: BTreeMap<&str, RuleCount> = BTreeMap::new();
    for (_, problem) in report.diagnostics().filter(|(_, problem)| report.counts(problem)) {
        let rule = rules.entry(&problem.rule).or_default();
        rule.level = rule.level.max(Some(problem.level));
        rule.problems += 1;
        rule.fixable += usize::from(is_fixable(problem));
    }
    rules
}

/// The number of blocks that show the counting problems.
fn shown_blocks(report: &Report) -> usize {
    let of_file =
        |file: &FileReport| blocks(file.diagnostics.iter().filter(|problem| report.counts(problem))).len();
    report.files.iter().map(of_file).sum()
}

/// Writes the rules with the numbers of their problems: first the most severe, then the most frequent.
pub(crate) fn write_rules(
    report: &Report,
    most: usize,
    look: Look,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let mut rules: Vec<(&str, RuleCount)> = counted(report).into_iter().collect();
    rules.sort_by_key(|(_, count)| Reverse((count.level, count.problems)));
    let (shown, left) = rules.split_at(rules.len().min(most));
    let digits = shown.iter().map(|(_, count)| count.problems.to_string().len()).max().unwrap_or(1).max(3);
    let names = shown.iter().map(|(name, _)| width(&line(name))).max().unwrap_or(0);
    for (name, count) in shown {
        let name = line(name);
        let space = " ".repeat(names - width(&name));
        let mark = match count.fixable {
            0 => String::new(),
            all if all == count.problems => format!("{space}  {}", painted("[fix]", Tone::Good, look)),
            some => format!("{space}  {}", painted(&format!("[fix {some}]"), Tone::Good, look)),
        };
        let number = format!("{:digits$}", count.problems);
        let number = painted(&number, count.level.map_or(Tone::Plain, Tone::from), look);
        writeln!(out, "  {number}  {name}{mark}")?;
    }
    if !left.is_empty() {
        let words = format!("and {}", count(left.len(), "other rule"));
        writeln!(out, "  {:digits$}  {}", "", painted(&words, Tone::Dim, look))?;
    }
    if shown.is_empty() { Ok(()) } else { writeln!(out) }
}

/// Writes the highest score, and the commands that help.
fn write_next(report: &Report, look: Look, out: &mut dyn io::Write) -> io::Result<()> {
    if look.unicode
        && let Some(worst) = report.worst()
    {
        let score =
            painted(&format!("{} {}", worst.score, worst.severity.name()), worst.severity.into(), look);
        let words = format!("{} {}", worst.score, worst.severity.name());
        let room = look.width.saturating_sub(4 + HEADS + width(&words));
        let (agent, path) = (worst.agent.as_deref().map(line).unwrap_or_default(), begin_line(worst.path()));
        // Files of many agents have the same name: a path that would lose its folder has its own line.
        let is_one_line = width(&agent) + 2 + width(&path) <= room;
        let agent = cut_end(&agent, room);
        let agent = if agent.is_empty() { String::new() } else { format!("  {agent}") };
        let gap = if is_one_line { "  ".to_owned() } else { format!("\n  {:HEADS$}", "") };
        let path = cut_path(&path, look.width.saturating_sub(2 + HEADS));
        let path = painted(&file_link(&path, worst.path(), look), Tone::Dim, look);
        writeln!(out, "  {:HEADS$}{score}{agent}{gap}{path}", "Highest score")?;
    }
    let rules = counted(report);
    let fixable: usize = rules.values().map(|count| count.fixable).sum();
    // A note that nothing fixes asks for nothing.
    let asking = rules.values().filter(|count| count.level > Some(Level::Note) || count.fixable > 0);
    let all: usize = asking.map(|count| count.problems).sum();
    let mut lines = Vec::new();
    if fixable > 0 {
        let number = match fixable {
            1 if all == 1 => "it".to_owned(),
            2 if all == 2 => "both".to_owned(),
            _ if fixable == all => format!("all {all}"),
            _ => format!("{fixable} of {all}"),
        };
        let [fix, diff] =
            ["aivss-lint fix", "aivss-lint fix --diff"].map(|text| painted(text, Tone::Action, look));
        let (first, second) = (format!("{fix} corrects {number}"), format!("{diff} shows how"));
        if HEADS + 4 + width(&first) + width(&second) > line_width(look) {
            lines.extend([first, second]);
        } else {
            lines.push(format!("{first}; {second}"));
        }
    }
    let known = rules.iter().filter(|(name, _)| rules::named(name).is_some());
    if let Some((name, _)) = known.max_by_key(|(name, count)| (count.level, count.problems, Reverse(*name))) {
        let explain = painted(&format!("aivss-lint explain {name}"), Tone::Action, look);
        lines.push(format!("{explain} explains the rule"));
    }
    for (at, line) in lines.iter().enumerate() {
        writeln!(out, "  {:HEADS$}{line}", if at == 0 { "Next" } else { "" })?;
    }
    Ok(())
}

/// The verdict with the numbers, for a terminal.
fn headline(report: &Report, look: Look) -> String {
    let totals = report.totals();
    let (sign, words, tone) = match report.verdict() {
        Verdict::Passed => ("✓", "Passed", Tone::Good),
        Verdict::Failed => ("✗", "Failed", Tone::Bad),
        Verdict::CannotCheck => ("✗", "Not checked completely", Tone::Bad),
    };
    let mut parts = Vec::new();
    for (level, number) in
        [(Level::Error, totals.errors), (Level::Warning, totals.warnings), (Level::Note, totals.notes)]
    {
        parts.extend((number > 0).then(|| count(number, level.name())));
    }
    let models = count(totals.models, "threat model");
    match (parts.first_mut(), affected(report)) {
        // That of one threat model is known.
        (Some(first), affected) if report.verdict() != Verdict::Passed && affected > 0 => {
            if totals.models > 1 {
                first.push_str(&format!(" in {affected} of {models}"));
            }
        }
        _ => parts.insert(0, models),
    }
    for (number, words) in
        [(totals.excepted, "excepted"), (totals.in_base, "in the base already"), (totals.skipped, "skipped")]
    {
        parts.extend((number > 0).then(|| format!("{number} {words}")));
    }
    if totals.uncomputed > 0 {
        parts.push(format!("{} not computable", count(totals.uncomputed, "score")));
    }
    if let (Verdict::Passed, Some(WorstScore { score, severity, .. })) = (report.verdict(), &totals.worst) {
        parts.push(format!("highest score {score} {}", severity.name()));
    }
    let head = painted(&format!("{sign} {words}"), tone, look);
    let text = format!("{head}: {}", parts.join(", "));
    let policy = line(&report.policy);
    let room = look.width.saturating_sub(width(&text) + " (policy: )".len());
    let policy = if room > 12 { cut_path(&policy, room) } else { policy };
    // A pass is one line.
    if report.verdict() == Verdict::Passed && width(&policy) > room {
        return text;
    }
    let policy = painted(&format!("(policy:\u{a0}{policy})"), Tone::Dim, look);
    wrapped(&format!("{text} {policy}"), line_width(look), (0, 2)).replace('\u{a0}', " ")
}

/// The number of threat models with a counting problem of the most severe level.
fn affected(report: &Report) -> usize {
    let most = counted(report).values().filter_map(|rule| rule.level).max();
    let mut models = BTreeSet::new();
    for (at, file) in report.files.iter().enumerate().filter(|(_, file)| file.is_model()) {
        let problems = file.diagnostics.iter();
        let problems = problems.filter(|problem| report.counts(problem) && Some(problem.level) == most);
        let own =
            problems.map(|problem| problem.model.unwrap_or(0)).filter(|model| *model < file.models.len());
        models.extend(own.map(|model| (at, model)));
    }
    models.len()
}
