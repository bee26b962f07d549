//! Markdown for people who review a change: GitHub's job summaries, and comments there and on GitLab. It is a summary of
//! bounded size. Programs should read JSON. Every text of a file is escaped by [`text()`].

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::io;

use crate::aivss::LayerSet;
use crate::decimal::Decimal;
use crate::diagnostic::{Diagnostic, Level};
use crate::escape::{cut, line};
use crate::model::{Answer, Layer};
use crate::output::Links;
use crate::output::change::{LineSubject, agent_in_words, lines, touched};
use crate::output::fleet;
use crate::output::problem::{Detail, details, levels_in_words};
use crate::policy::Direction;
use crate::report::{AgentChange, Change, FileReport, NOT_SCORED, Report, ScoreChange, Verdict, count};

/// The bytes at which each part ends at the latest. Later parts may use the room that earlier parts leave. GitHub accepts
/// 65,536 characters in a comment.
const REMARKS_END: usize = 5_000;
const HEAD_END: usize = 9_000;
const CHANGE_END: usize = 21_000;
const AGENTS_END: usize = 36_000;
const PROBLEMS_END: usize = 52_000;
const PASSED_END: usize = 59_000;
/// The characters shown of a name or a path, and of a message.
const NAME: usize = 120;
const MESSAGE: usize = 400;

pub(crate) fn write(report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
    if let Some(fleet) = &report.fleet {
        return fleet::write_markdown(report, fleet, out);
    }
    // A comment is found again by its first line.
    let own = env!("CARGO_PKG_NAME");
    let text = match report.category.as_deref().filter(|category| *category != own) {
        Some(category) => format!("<!-- {own}: {category} -->\n"),
        None => format!("<!-- {own} -->\n"),
    };
    let mut page = MarkdownPage { report, links: Links::new(report.links.as_deref()), text };
    page.head();
    if let Some(change) = &report.change {
        page.change(change);
    }
    page.agents();
    page.problems();
    page.not_counted();
    out.write_all(page.text.as_bytes())
}

/// The text so far, and what it is made from.
struct MarkdownPage<'r> {
    report: &'r Report,
    links: Links<'r>,
    text: String,
}

/// A row of the table of agents, with what decides whether it stays in a table that is too long.
struct AgentRow {
    changed: bool,
    score: Option<Decimal>,
    text: String,
}

impl MarkdownPage<'_> {
    /// Adds items up to the byte `end`, and the number of omitted ones.
    fn list(&mut self, end: usize, items: impl IntoIterator<Item = String>, word: &str) {
        let mut omitted = 0;
        for item in items {
            if omitted > 0 || self.text.len() + item.len() > end {
                omitted += 1;
            } else {
                self.text.push_str(&item);
            }
        }
        if omitted > 0 {
            let left = count(omitted, word);
            self.text
                .push_str(&format!("\n*{left} omitted here; the log and the JSON report contain all.*\n\n"));
        }
    }

    /// Adds the verdict and what concerns the whole run.
    fn head(&mut self) {
        let report = self.report;
        let verdict = report.verdict();
        let sign = match verdict {
            Verdict::Passed => "✅",
            Verdict::Failed => "❌",
            Verdict::CannotCheck => "⚠️",
        };
        let policy = text(report.root_path(&report.policy), NAME);
        let summary = text(&report.summary_from_root(), MESSAGE);
        self.text.push_str(&format!(
            "## aivss-lint: {sign} {}\n\nUnder policy {policy}: {summary}\n\n",
            verdict.words()
        ));
        let remarks = report.remarks.iter().map(|remark| format!("- {}\n", text(remark, MESSAGE)));
        self.list(REMARKS_END, remarks, "remark");
        let lowered = report.lowered.iter();
        let lowered = lowered.map(|rule| format!("- lowered on the command line: {}\n", text(rule, NAME)));
        self.list(HEAD_END, lowered, "lowered rule");
        let errors = report.input_errors.iter().map(|error| {
            let path = text(report.root_path(error.path()), NAME);
            format!("- ⚠️ cannot check {path}: {}\n", text(&error.to_string(), MESSAGE))
        });
        self.list(HEAD_END, errors, "input");
    }

    /// Adds the table of agents.
    fn agents(&mut self) {
        let report = self.report;
        let touched = touched(report);
        let mut rows = Vec::new();
        for file in report.files.iter().filter(|file| !file.is_policy) {
            for (at, model) in file.models.iter().enumerate() {
                let agent = touched.get(&(file.name(), model.position)).copied();
                rows.push(self.agent_row(file, at, report.change.as_ref().map(|_| change_sign(agent))));
            }
        }
        let agents = report.change.iter().flat_map(|change| &change.agents);
        for agent in agents.filter(|agent| agent.is_gone()) {
            let name = text(agent.name.as_deref().unwrap_or("(no name)"), NAME);
            let words = agent_in_words(agent, "→", |path| report.root_path(path));
            let text = format!("| ~~{name}~~ | – | – | {words} | – | – |\n");
            rows.push(AgentRow { changed: true, score: None, text });
        }
        if rows.is_empty() {
            return;
        }
        let (title, rule) = if report.change.is_some() { (" Change |", " --- |") } else { ("", "") };
        self.text.push_str(&format!("\n| Agent | Score | Band |{title} Layers | Problems |\n"));
        self.text.push_str(&format!("| --- | ---: | --- |{rule} --- | --- |\n"));
        if self.text.len() + rows.iter().map(|row| row.text.len()).sum::<usize>() > AGENTS_END {
            rows.sort_by_key(|row| Reverse((row.changed, row.score)));
        }
        self.list(AGENTS_END, rows.into_iter().map(|row| row.text), "agent");
        let keys =
            LayerSet::DEFAULT.layers().map(|kind| text(kind.key(), NAME)).collect::<Vec<_>>().join(", ");
        self.text.push_str(&format!(
            "\n<sub>● mapped, ◐ uncertain, ○ not applicable, ✗ blank or unreadable; layers: {keys}</sub>\n"
        ));
    }

    fn agent_row(&self, file: &FileReport, at: usize, change: Option<String>) -> AgentRow {
        let model = &file.models[at];
        let name = text(model.name().unwrap_or("(no name)"), NAME);
        let agent = self.links.around(&name, &file.path, model.position.line);
        let worst = model.worst();
        let (score, band) = match worst {
            Some(worst) if model.is_unscored => (format!("≥ {}", worst.score), NOT_SCORED),
            Some(worst) => (worst.score.to_string(), worst.band.name()),
            None if model.is_unscored => ("–".to_owned(), NOT_SCORED),
            None => ("–".to_owned(), "not computable"),
        };
        let (mut layers, problems) = (layers(model.model.layers()), self.counts(file, at));
        let today = self.report.today;
        let open = model.model.threats().filter(|threat| threat.is_open(today)).count();
        if open > 0 {
            layers.push_str(&format!(" {}", count(open, "open threat")));
        }
        let changed = change.as_ref().is_some_and(|change| change != "=");
        let change = change.map_or_else(String::new, |change| format!(" {change} |"));
        let text = format!("| {agent} | {score} | {band} |{change} {layers} | {problems} |\n");
        AgentRow { changed, score: worst.map(|worst| worst.score), text }
    }

    /// The number of problems of a threat model that count, by level.
    fn counts(&self, file: &FileReport, at: usize) -> String {
        let counting = file.problems_of(at).filter(|problem| self.report.counts(problem));
        let words = levels_in_words(counting.map(|problem| problem.level));
        if words.is_empty() { "–".to_owned() } else { words.join(", ") }
    }

    /// Adds the effects of the change.
    fn change(&mut self, change: &Change) {
        let report = self.report;
        let base = text(&change.base.to_string(), NAME);
        self.text.push_str(&format!("\n### Effects of this change\n\nAgainst {base}:\n\n"));
        let files: BTreeMap<&str, &FileReport> =
            report.files.iter().map(|file| (file.name(), file)).collect();
        let mut items = Vec::new();
        for line in lines(change, "→", |path| report.root_path(path)) {
            let words = text(&line.words, MESSAGE);
            let item = match line.subject {
                LineSubject::Policy => format!("- policy: {words}"),
                LineSubject::Agent(agent) => {
                    let name = text(agent.name.as_deref().unwrap_or("(no name)"), NAME);
                    let path = match files.get(&*agent.path).zip(agent.position) {
                        Some((file, at)) => self.links.place(&file.path, at.line, at.line),
                        None => text(report.root_path(&agent.path), NAME),
                    };
                    format!("- **{name}** ({path}): {words}")
                }
                LineSubject::Same => format!("  - {words}"),
                LineSubject::Change => format!("- {words}"),
            };
            items.push(match line.word() {
                "" => format!("{item}\n"),
                word => format!("{item}{} **{word}**\n", arrow(line.direction)),
            });
        }
        self.list(CHANGE_END, items, "line");
    }

    /// Adds the problems that count, the most severe first.
    fn problems(&mut self) {
        let mut items = Vec::new();
        for (level, title) in [(Level::Error, "Errors"), (Level::Warning, "Warnings"), (Level::Note, "Notes")]
        {
            let mut heading = format!("\n#### {title}\n");
            for file in &self.report.files {
                let mut path = format!("\n{}\n\n", text(&file.path, NAME));
                let problems = file.diagnostics.iter();
                for problem in problems.filter(|one| one.level == level && self.report.counts(one)) {
                    // A heading is part of the first item below it, so that neither is written alone.
                    let heading = std::mem::take(&mut heading) + &std::mem::take(&mut path);
                    items.push(heading + "- " + &self.problem(file, problem));
                }
            }
        }
        if !items.is_empty() {
            self.text.push_str("\n### Problems\n");
            self.list(PROBLEMS_END, items, "problem");
        }
    }

    /// Adds the problems that do not count, folded up.
    fn not_counted(&mut self) {
        let problems = self.report.diagnostics().filter(|(_, problem)| !self.report.counts(problem));
        let items: Vec<String> = problems
            .map(|(file, problem)| format!("- {}: {}", text(&file.path, NAME), self.problem(file, problem)))
            .collect();
        if !items.is_empty() {
            let title = format!("{} excepted or in the base already", count(items.len(), "problem"));
            self.text.push_str(&format!("\n<details><summary>{title}</summary>\n\n"));
            self.list(PASSED_END, items, "problem");
            self.text.push_str("\n</details>\n");
        }
    }

    fn problem(&self, file: &FileReport, problem: &Diagnostic) -> String {
        let (start, end) = file.range(problem.span);
        let place = self.links.place(&file.path, start.line, end.line);
        let (level, rule) = (problem.level.name(), text(&problem.rule, NAME));
        let mut item = format!("{place} {level} **{rule}**: {}", text(&problem.message, MESSAGE));
        if let Some(id) = problem.finding_shown() {
            item.push_str(&format!(" (finding {})", text(id, NAME)));
        }
        item.push('\n');
        for Detail { word, text: detail } in details(problem, Some(self.report)) {
            item.push_str(&format!("  <br><sub>{word}: {}</sub>\n", text(&detail, MESSAGE)));
        }
        item
    }
}

/// The cell that shows the change of an agent's score.
fn change_sign(agent: Option<&AgentChange>) -> String {
    let Some(agent) = agent else { return "=".to_owned() };
    match (agent.before, agent.after) {
        (ScoreChange::Absent, _) => "new".to_owned(),
        (before, after) if before == after && agent.differences.is_empty() => "= (renamed)".to_owned(),
        (before, after) if before == after => "= (inputs differ)".to_owned(),
        (before, after) => {
            let [before, after] = [before, after].map(|score| match score {
                ScoreChange::Absent
                | ScoreChange::Unread
                | ScoreChange::NotScored
                | ScoreChange::Unscored => "–".to_owned(),
                ScoreChange::Scored(score, _) => score.to_string(),
            });
            format!("{before} → {after}{}", arrow(agent.direction()))
        }
    }
}

const fn arrow(direction: Direction) -> &'static str {
    match direction {
        Direction::Worse => " ▲",
        Direction::Better => " ▼",
        Direction::Other => "",
    }
}

/// One sign per layer, in MAESTRO's order.
fn layers(layers: &[Layer]) -> String {
    if layers.is_empty() {
        return "–".to_owned();
    }
    let signs = layers.iter().map(|layer| match layer.answer {
        Answer::Mapped => '●',
        Answer::Uncertain => '◐',
        Answer::NotApplicable => '○',
        Answer::Blank(_) | Answer::Unreadable => '✗',
    });
    signs.collect()
}

/// U+2060, a zero-width character without a line break. [`line()`] escapes those in files.
const JOINER: char = '\u{2060}';

/// Bytes that a character may take on average, so that escaped punctuation does not crowd out other texts.
const GROWTH: usize = 3;

/// A text cut to `most` characters, safe in paragraphs, lists and tables.
pub(crate) fn text(raw: &str, most: usize) -> String {
    let cut = cut(raw, most);
    let safe = line(cut.trim());
    let mut escaped = String::with_capacity(safe.len() * 2);
    for (at, letter) in safe.char_indices() {
        if escaped.len() > most.saturating_mul(GROWTH) {
            escaped.push('…');
            break;
        }
        match letter {
            // In some tables a backslash does not escape these.
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            '|' => escaped.push_str("&#124;"),
            '\\' => escaped.push_str("&#92;"),
            letter if letter.is_ascii_punctuation() => escaped.extend(['\\', letter]),
            letter => escaped.push(letter),
        }
        let next = safe[at + letter.len_utf8()..].chars().next();
        if is_joint(&safe[..at], letter, next) {
            escaped.push(JOINER);
        }
    }
    escaped
}

/// Whether a service could find a mention, a reference or a URL here.
fn is_joint(before: &str, letter: char, next: Option<char>) -> bool {
    match letter {
        '@' | '#' => true,
        '!' | '$' | '%' | '&' | '~' => next.is_some_and(|next| next.is_alphanumeric() || next == '"'),
        ':' => next.is_some_and(|next| next == '/' || next.is_alphanumeric()),
        '.' => ends_in(before, "www"),
        '-' => ends_in(before, "gh"),
        _ => false,
    }
}

fn ends_in(text: &str, word: &str) -> bool {
    let tail = text.len().checked_sub(word.len()).and_then(|start| text.get(start..));
    tail.is_some_and(|tail| tail.eq_ignore_ascii_case(word))
}

impl Links<'_> {
    /// Lines of the file at `path`, relative to the repository's root, as a link if there is a URL.
    pub(crate) fn place(&self, path: &str, first: u32, last: u32) -> String {
        match self.url(path, first, last) {
            Some(url) => format!("[line {first}]({url})"),
            None => format!("{}:{first}", text(path, NAME)),
        }
    }

    /// Markdown that links to a line, or is followed by the line if there is no URL.
    pub(crate) fn around(&self, words: &str, path: &str, at: u32) -> String {
        match self.url(path, at, at) {
            Some(url) => format!("[{words}]({url})"),
            None => format!("{words} ({})", self.place(path, at, at)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use pulldown_cmark::{Event, Options, Parser, Tag};

    /// The text shown in a cell and in a list, both of which must contain only text.
    fn shown(raw: &str) -> String {
        let page =
            format!("| a | b |\n| --- | --- |\n| {} | end |\n\n- x {}\n", text(raw, 9_999), text(raw, 9_999));
        let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_GFM;
        let (mut cells, mut texts) = (0, vec![String::new()]);
        for event in Parser::new_ext(&page, options) {
            match event {
                Event::Text(part) => texts.last_mut().unwrap().push_str(&part),
                Event::Start(Tag::TableCell) => {
                    cells += 1;
                    texts.push(String::new());
                }
                Event::Start(Tag::List(None) | Tag::Item) => texts.push(String::new()),
                Event::Start(Tag::Table(_) | Tag::TableHead | Tag::TableRow | Tag::Paragraph)
                | Event::End(_) => {}
                other => panic!("{other:?} in {page}"),
            }
        }
        assert_eq!(cells, 4, "{page}");
        assert_eq!(texts[4], "end", "{page}");
        assert_eq!(texts[6].strip_prefix("x").unwrap().trim(), texts[3].trim(), "{page}");
        texts[3].replace(JOINER, "").trim().to_owned()
    }

    #[test]
    fn markup_is_shown_as_text() {
        for raw in [
            "<img src=x onerror=alert(1)>",
            "](javascript:x)",
            "[a](http://evil)",
            "`a` ``b`` ```",
            "a | b \\| c \\",
            "@org/team #1 GH-1 !2",
            "<!-- x --> </details>",
            "![x](http://evil)",
            "https://evil www.evil.example a@b.example",
            "**a** _b_ ~~c~~ &lt; &#65;",
            "# a",
            "1. a",
        ] {
            assert_eq!(shown(raw), raw);
        }
        assert_eq!(shown("a\n\n| b"), "a\\n\\n| b");
        assert!(!text("@a #1 http://x www.x", 99).replace('\\', "").contains("@a"));
        assert_eq!(text("http://x", 99).replace('\\', ""), "http:\u{2060}//x");
        assert_eq!(text("abc", 2), "ab…");
    }

    #[test]
    fn only_web_addresses_become_links() {
        for prefix in ["javascript:x", "https://a/) <b", "ftp://a/", "https://a/#"] {
            assert_eq!(Links::new(Some(prefix)).place("a b.yaml", 1, 2), "a b\\.yaml:1", "{prefix}");
        }
        let place = Links::new(Some("https://h/o/blob/1/")).place("a b)|.yaml", 1, 2);
        assert_eq!(place, "[line 1](https://h/o/blob/1/a%20b%29%7C.yaml#L1-L2)");
    }

    proptest! {
        #[test]
        fn any_text_is_shown_as_it_is(raw in any::<String>(), signs in "[-<>\\[\\]()`*_~|!#@&:;/\\\\a1 .\"'=+\n]{0,40}") {
            for raw in [raw, signs] {
                let expected = line(raw.trim());
                prop_assert_eq!(shown(&raw), expected.trim());
            }
        }
    }
}
