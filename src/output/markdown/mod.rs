//! Markdown for people who review a change: GitHub's job summaries, and comments there and on GitLab. It is a
//! summary of bounded size, and not the place for programs to read from: JSON is.
//!
//! Threat models are hostile text. Each piece of one goes through [`text`], which leaves no sign a meaning.

mod safe;

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::io;

use crate::compare::{AgentChange, Change, Difference, Direction, ScoreChange};
use crate::decimal::Decimal;
use crate::diagnostic::{Diagnostic, Level};
use crate::model::{Answer, Layer, LayerKind};
use crate::output::change::{
    difference_in_words, differences, direction, fixed, policy_differences, policy_word, standing, touched,
    word, worst_first,
};
use crate::output::link::Links;
use crate::output::markdown::safe::text;
use crate::report::{FileReport, Report, Verdict, count};
use crate::score::ScoredModel;

/// The bytes at which each part ends at the latest; what an earlier part leaves is room for the later ones. GitHub
/// takes 65,536 characters in a comment.
const REMARKS_END: usize = 5_000;
const HEAD_END: usize = 9_000;
const CHANGE_END: usize = 21_000;
const AGENTS_END: usize = 36_000;
const FAULTS_END: usize = 52_000;
const PASSED_END: usize = 59_000;
/// Characters that are shown of a name or a path, and of a message.
const NAME: usize = 120;
const MESSAGE: usize = 400;

pub(crate) fn write(report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
    let links = Links::new(report.links.as_deref());
    let mut page = Page { text: format!("{}\n", mark(report.category.as_deref())) };
    head(report, &mut page);
    if let Some(change) = &report.change {
        changes(report, change, &links, &mut page);
    }
    agents(report, &links, &mut page);
    faults(report, &links, &mut page);
    passed_over(report, &links, &mut page);
    out.write_all(page.text.as_bytes())
}

/// The first line, by which a comment is found again.
fn mark(category: Option<&str>) -> String {
    match category.filter(|category| *category != env!("CARGO_PKG_NAME")) {
        Some(category) => format!("<!-- aivss-lint: {category} -->"),
        None => "<!-- aivss-lint -->".to_owned(),
    }
}

/// What has been written so far.
struct Page {
    text: String,
}

impl Page {
    /// Adds the items up to the byte `end`, and says how many are left out.
    fn list(&mut self, end: usize, items: &[String], word: &str) {
        let mut shown = 0;
        while let Some(item) = items.get(shown).filter(|item| self.text.len() + item.len() <= end) {
            self.text.push_str(item);
            shown += 1;
        }
        let left = items.len() - shown;
        if left > 0 {
            self.text.push_str(&format!(
                "\n*{} left out here; the log or the JSON report has all.*\n\n",
                count(left, word)
            ));
        }
    }
}

/// The verdict, and what holds of the whole run.
fn head(report: &Report, page: &mut Page) {
    let verdict = match report.verdict() {
        Verdict::Passed => "✅ passed",
        Verdict::Failed => "❌ failed",
        Verdict::CannotJudge => "⚠️ cannot judge",
    };
    let policy = text(report.root_path(&report.policy), NAME);
    page.text.push_str(&format!("## aivss-lint: {verdict}\n\nUnder policy {policy}: "));
    page.text.push_str(&format!("{}\n\n", text(&report.summary_from_root(), MESSAGE)));
    let remarks = report.remarks.iter().map(|remark| format!("- {}\n", text(remark, MESSAGE)));
    page.list(REMARKS_END, &remarks.collect::<Vec<_>>(), "remark");
    let lowered =
        report.lowered.iter().map(|rule| format!("- lowered on the command line: {}\n", text(rule, NAME)));
    page.list(HEAD_END, &lowered.collect::<Vec<_>>(), "lowered rule");
    let obstacles = report.obstacles.iter().map(|obstacle| {
        let path = report.root_path(obstacle.path());
        format!("- ⚠️ cannot judge {}: {}\n", text(path, NAME), text(&obstacle.to_string(), MESSAGE))
    });
    page.list(HEAD_END, &obstacles.collect::<Vec<_>>(), "obstacle");
}

/// A row of the table, with what decides whether it stays where not all of them do.
struct Row {
    changed: bool,
    score: Option<Decimal>,
    text: String,
}

fn agents(report: &Report, links: &Links<'_>, page: &mut Page) {
    let touched = touched(report);
    let mut rows = Vec::new();
    for file in report.files.iter().filter(|file| !file.is_policy) {
        for (at, model) in file.models.iter().enumerate() {
            let agent = touched.get(&(file.name(), model.position)).copied();
            let change = report.change.as_ref().map(|_| change_sign(agent));
            rows.push(row(report, file, at, change, links));
        }
    }
    let gone = report.change.iter().flat_map(|change| &change.agents);
    rows.extend(gone.filter(|agent| agent.is_gone()).map(|agent| gone_row(report, agent)));
    if rows.is_empty() {
        return;
    }
    let (title, rule) = if report.change.is_some() { (" Change |", " --- |") } else { ("", "") };
    page.text.push_str(&format!("\n| Agent | Score | Band |{title} Layers | Faults |\n"));
    page.text.push_str(&format!("| --- | ---: | --- |{rule} --- | --- |\n"));
    if page.text.len() + rows.iter().map(|row| row.text.len()).sum::<usize>() > AGENTS_END {
        rows.sort_by_key(|row| Reverse((row.changed, row.score)));
    }
    let rows: Vec<String> = rows.into_iter().map(|row| row.text).collect();
    page.list(AGENTS_END, &rows, "agent");
    let keys = LayerKind::ALL.map(|kind| text(kind.key(), NAME)).join(", ");
    page.text.push_str(&format!(
        "\n<sub>● mapped, ◐ uncertain, ○ not applicable, ✗ blank or unreadable; layers: {keys}</sub>\n"
    ));
}

fn row(report: &Report, file: &FileReport, at: usize, change: Option<String>, links: &Links<'_>) -> Row {
    let model = &file.models[at];
    let name = text(model.name().unwrap_or("(no name)"), NAME);
    let worst = model.worst();
    let (score, band) = worst.map_or_else(
        || ("–".to_owned(), "not computable"),
        |working| (working.score.to_string(), working.band.name()),
    );
    let place = links.place(&file.path, model.position.line, model.position.line);
    let agent = place.around(&name);
    let change_cell = change.as_ref().map_or_else(String::new, |change| format!(" {change} |"));
    let (layers, faults) = (layers(model.model.layers()), fault_counts(report, file, at));
    Row {
        changed: change.is_some_and(|change| change != "="),
        score: worst.map(|working| working.score),
        text: format!("| {agent} | {score} | {band} |{change_cell} {layers} | {faults} |\n"),
    }
}

/// The row of an agent that is no longer there.
fn gone_row(report: &Report, agent: &AgentChange) -> Row {
    let name = text(agent.name.as_deref().unwrap_or("(no name)"), NAME);
    let words = standing(agent, "→", |path| report.root_path(path));
    Row { changed: true, score: None, text: format!("| ~~{name}~~ | – | – | {words} | – | – |\n") }
}

fn change_sign(agent: Option<&AgentChange>) -> String {
    let Some(agent) = agent else { return "=".to_owned() };
    let number = |standing: ScoreChange| match standing {
        ScoreChange::Absent | ScoreChange::Unread | ScoreChange::Unscored => "–".to_owned(),
        ScoreChange::Scored(score, _) => score.to_string(),
    };
    match (agent.before, agent.after) {
        (ScoreChange::Absent, _) => "new".to_owned(),
        (before, after) if before == after && agent.differences.is_empty() => "= (renamed)".to_owned(),
        (before, after) if before == after => "= (inputs differ)".to_owned(),
        (before, after) => {
            let sign = arrow(direction(agent));
            format!("{} → {}{sign}", number(before), number(after))
        }
    }
}

fn arrow(direction: Direction) -> &'static str {
    match direction {
        Direction::Worse => " ▲",
        Direction::Better => " ▼",
        Direction::Other => "",
    }
}

/// The arrow with its word.
fn signed(direction: Direction, word: &str) -> String {
    if word.is_empty() { String::new() } else { format!("{} **{word}**", arrow(direction)) }
}

/// A sign a layer, in MAESTRO's order.
fn layers(layers: &[Layer]) -> String {
    if layers.is_empty() {
        return "–".to_owned();
    }
    let sign = |layer: &Layer| match layer.answer {
        Answer::Mapped => '●',
        Answer::Uncertain => '◐',
        Answer::NotApplicable { .. } => '○',
        Answer::Blank(_) | Answer::Unreadable => '✗',
    };
    layers.iter().map(sign).collect()
}

/// How many faults count of those that stand from one model of a file up to the next one.
fn fault_counts(report: &Report, file: &FileReport, at: usize) -> String {
    let start = |model: &ScoredModel| (model.position.line, model.position.column);
    let of_model = |fault: &&Diagnostic| {
        let place = file.excerpt.position(fault.span.start);
        let place = (place.line, place.column);
        (at == 0 || start(&file.models[at]) <= place)
            && file.models.get(at + 1).is_none_or(|next| place < start(next))
    };
    let counting: Vec<&Diagnostic> =
        file.diagnostics.iter().filter(of_model).filter(|fault| report.counts(fault)).collect();
    let words = [Level::Error, Level::Warning, Level::Note].into_iter().filter_map(|level| {
        let number = counting.iter().filter(|fault| fault.level == level).count();
        (number > 0).then(|| count(number, level.name()))
    });
    let words = words.collect::<Vec<_>>().join(", ");
    if words.is_empty() { "–".to_owned() } else { words }
}

fn changes(report: &Report, change: &Change, links: &Links<'_>, page: &mut Page) {
    let base = text(&change.base.to_string(), NAME);
    page.text.push_str(&format!("\n### What this change does\n\nAgainst {base}:\n\n"));
    let files: BTreeMap<&str, &FileReport> = report.files.iter().map(|file| (file.name(), file)).collect();
    let (looser, others) = policy_differences(change);
    let of_policy = |difference: &Difference| {
        let words = text(&difference_in_words(difference, "→"), MESSAGE);
        format!("- policy: {words}{}\n", signed(difference.direction, policy_word(difference.direction)))
    };
    let mut items: Vec<String> = looser.into_iter().map(of_policy).collect();
    for agent in worst_first(change) {
        let name = text(agent.name.as_deref().unwrap_or("(no name)"), NAME);
        let file = files.get(&*agent.path).zip(agent.position);
        let path = file.map_or_else(
            || text(report.root_path(&agent.path), NAME),
            |(file, position)| links.place(&file.path, position.line, position.line).standing_alone(),
        );
        let standing = text(&standing(agent, "→", |path| report.root_path(path)), MESSAGE);
        let sign = signed(direction(agent), word(direction(agent)));
        items.push(format!("- **{name}** ({path}): {standing}{sign}\n"));
        items.extend(differences(agent).map(|difference| {
            let words = text(&difference_in_words(difference, "→"), MESSAGE);
            format!("  - {words}{}\n", signed(difference.direction, word(difference.direction)))
        }));
    }
    if change.agents.is_empty() {
        items.push("- no threat model changes\n".to_owned());
    }
    items.extend(others.into_iter().map(of_policy));
    items.extend(fixed(change).map(|fixed| format!("- {}\n", text(&fixed, MESSAGE))));
    page.list(CHANGE_END, &items, "line");
}

/// The faults that count, the gravest first.
fn faults(report: &Report, links: &Links<'_>, page: &mut Page) {
    let mut items = Vec::new();
    for (level, title) in [(Level::Error, "Errors"), (Level::Warning, "Warnings"), (Level::Note, "Notes")] {
        let mut heading = format!("\n#### {title}\n");
        for file in &report.files {
            let mut path = format!("\n{}\n\n", text(&file.path, NAME));
            for fault in file.diagnostics.iter().filter(|fault| fault.level == level && report.counts(fault))
            {
                // The headings come with the first of what stands below them, or not at all.
                let item = std::mem::take(&mut heading) + &std::mem::take(&mut path);
                items.push(item + &fault_item(report, file, fault, links));
            }
        }
    }
    if !items.is_empty() {
        page.text.push_str("\n### Faults\n");
        page.list(FAULTS_END, &items, "fault");
    }
}

/// The faults that do not count, folded up.
fn passed_over(report: &Report, links: &Links<'_>, page: &mut Page) {
    let mut items = Vec::new();
    for file in &report.files {
        items.extend(file.diagnostics.iter().filter(|fault| !report.counts(fault)).map(|fault| {
            format!(
                "- {}: {}",
                text(&file.path, NAME),
                fault_item(report, file, fault, links).trim_start_matches("- ")
            )
        }));
    }
    if !items.is_empty() {
        let title = format!("{} excepted or in the base already", count(items.len(), "fault"));
        page.text.push_str(&format!("\n<details><summary>{title}</summary>\n\n"));
        page.list(PASSED_END, &items, "fault");
        page.text.push_str("\n</details>\n");
    }
}

fn fault_item(report: &Report, file: &FileReport, fault: &Diagnostic, links: &Links<'_>) -> String {
    let (start, end) = (file.excerpt.position(fault.span.start), file.excerpt.position(fault.span.end));
    let place = links.place(&file.path, start.line, end.line).standing_alone();
    let (level, rule) = (fault.level.name(), text(&fault.rule, NAME));
    // What a line break would end stays in one line.
    let message = text(&fault.message, MESSAGE);
    let finding =
        fault.finding_shown().map_or_else(String::new, |id| format!(" (finding {})", text(id, NAME)));
    let mut item = format!("- {place} {level} **{rule}**: {message}{finding}\n");
    for (word, detail) in crate::output::details_from_root(report, fault) {
        item.push_str(&format!("  <br><sub>{word}: {}</sub>\n", text(&detail, MESSAGE)));
    }
    item
}
