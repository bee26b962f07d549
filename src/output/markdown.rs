//! Markdown for people who review a change: GitHub's job summaries, and comments there and on GitLab. What changed comes
//! first, then what to fix; the rest is folded. It is a summary of bounded size. Programs should read JSON. Texts of files
//! are escaped by [`crate::output::markup`].

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::io;

use crate::aivss::Band;
use crate::decimal::Decimal;
use crate::diagnostic::{Diagnostic, Level};
use crate::model::{Answer, Layer};
use crate::output::Links;
use crate::output::blocks::{ProblemBlock, blocks};
use crate::output::change::{difference_in_words, differences, policy_differences, worst_first};
use crate::output::fleet;
use crate::output::markup::{code, prose, text};
use crate::output::palette;
use crate::output::problem::{Detail, details, levels_in_words, passes_because};
use crate::policy::Direction;
use crate::report::{
    AgentChange, Change, Difference, FileReport, NOT_SCORED, Report, ScoreChange, Verdict, count,
};

/// The bytes at which each part ends at the latest. Later parts may use the room that earlier parts leave. GitHub accepts
/// 65,536 characters in a comment.
const ERRORS_END: usize = 5_000;
const HEAD_END: usize = 9_000;
const CHANGE_END: usize = 21_000;
const PROBLEMS_END: usize = 37_000;
const AGENTS_END: usize = 47_000;
const FOLDS_END: usize = 56_000;
const PASSED_END: usize = 59_000;
/// The characters shown of a name or a path, and of a message.
const NAME: usize = 120;
const MESSAGE: usize = 400;
/// The differences of an agent that its row shows.
const REASONS: usize = 4;
/// The agents up to which their table is not folded.
const FEW_AGENTS: usize = 10;

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
    page.problems();
    page.agents();
    page.folds();
    out.write_all(page.text.as_bytes())
}

/// The text so far, and what it is made from.
struct MarkdownPage<'r> {
    report: &'r Report,
    links: Links<'r>,
    text: String,
}

/// A row of the table of agents, with what decides its place.
struct AgentRow {
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

    /// Adds items that are folded up under a title, if there are any.
    fn fold(&mut self, title: &str, end: usize, items: Vec<String>, word: &str) {
        if items.is_empty() {
            return;
        }
        self.text.push_str(&format!("\n<details><summary>{title}</summary>\n\n"));
        self.list(end, items, word);
        self.text.push_str("\n</details>\n");
    }

    /// Adds the verdict and what concerns the whole run.
    fn head(&mut self) {
        let report = self.report;
        let totals = report.totals();
        let (sign, verdict) = match report.verdict() {
            Verdict::Passed => ("✅", "passed"),
            Verdict::Failed => ("❌", "failed"),
            Verdict::CannotCheck => ("⚠️", "cannot check everything"),
        };
        let mut parts = vec![verdict.to_owned()];
        let counting = report.diagnostics().filter(|(_, problem)| report.counts(problem));
        parts.extend(levels_in_words(counting.map(|(_, problem)| problem.level)));
        let changed = report.change.iter().flat_map(|change| &change.agents);
        let riskier = changed.filter(|agent| agent.direction() == Direction::Worse).count();
        parts.extend((riskier > 0).then(|| format!("{} riskier", count(riskier, "agent"))));
        if parts.len() == 1 {
            parts.push(count(totals.models, "threat model"));
        }
        self.text.push_str(&format!("## {sign} aivss-lint: {}\n\n", parts.join(", ")));
        let mut facts = vec![format!("Policy {}", code(report.root_path(&report.policy), NAME))];
        let base = report.change.as_ref().map(|change| &change.base);
        facts.extend(base.map(|base| format!("base {}", code(&base.to_string(), NAME))));
        facts.push(count(totals.models, "threat model"));
        facts.extend((totals.uncomputed > 0).then(|| format!("{} not computable", totals.uncomputed)));
        facts.extend((totals.skipped > 0).then(|| format!("{} skipped", count(totals.skipped, "file"))));
        facts.extend(report.not_scored());
        if let Some(worst) = &totals.worst {
            facts.push(format!("highest score {}", graded(worst.score, worst.severity)));
        }
        self.text.push_str(&(facts.join(" · ") + "\n\n"));
        let errors = report.input_errors.iter().map(|error| {
            let path = code(report.root_path(error.path()), NAME);
            format!("- ⚠️ cannot check {path}: {}\n", prose(&error.to_string(), MESSAGE))
        });
        self.list(ERRORS_END, errors, "input");
        if let Some(change) = &report.change {
            let looser = policy_differences(change).0;
            if !looser.is_empty() {
                self.text.push_str("\n⚠️ **This change loosens the policy**\n\n");
            }
            let looser = looser.into_iter().map(|one| format!("- {}\n", difference(one)));
            self.list(HEAD_END, looser, "loosened setting");
        }
        let lowered = report.lowered.iter();
        let lowered = lowered.map(|rule| format!("- ⚠️ lowered on the command line: {}\n", code(rule, NAME)));
        let remarks = report.remarks.iter().map(|remark| format!("- {}\n", prose(remark, MESSAGE)));
        self.list(HEAD_END, lowered.chain(remarks), "remark");
    }

    /// Adds the table of changed agents, the worst first, and the problems that the change fixes.
    fn change(&mut self, change: &Change) {
        let files: BTreeMap<&str, &FileReport> =
            self.report.files.iter().map(|file| (file.name(), file)).collect();
        let rows: Vec<String> =
            worst_first(change).into_iter().map(|agent| self.changed_agent(agent, &files)).collect();
        if rows.is_empty() {
            self.text.push_str("\nNo threat model changes.\n");
        } else {
            self.text.push_str("\n| Agent | Before | After | Why |\n| :-- | --: | --: | :-- |\n");
            self.list(CHANGE_END, rows, "agent");
        }
        let fixed: Vec<String> =
            change.fixed.iter().map(|(rule, number)| format!("{} {number}", code(rule, NAME))).collect();
        if !fixed.is_empty() {
            self.text.push_str(&format!("\n✅ Fixed: {}\n", fixed.join(", ")));
        }
    }

    fn changed_agent(&self, agent: &AgentChange, files: &BTreeMap<&str, &FileReport>) -> String {
        let name = text(agent.name.as_deref().unwrap_or("(no name)"), NAME);
        let name = match files.get(&*agent.path).zip(agent.position) {
            Some((file, at)) => self.links.around(&name, &file.path, at.line),
            None => format!("~~{name}~~<br>{}", code(self.report.root_path(&agent.path), NAME)),
        };
        let sign = direction_sign(agent.direction());
        let (before, after) = match (agent.before, agent.after) {
            (ScoreChange::Absent, after) => ("new".to_owned(), side(after)),
            (before, after) if before == after => (side(before), "same".to_owned()),
            (before @ ScoreChange::Scored(old, _), after @ ScoreChange::Scored(new, _)) => {
                (side(before), format!("**{}** {sign}{}", side(after), apart(old, new)))
            }
            (before, after) => (side(before), format!("**{}** {sign}", side(after))),
        };
        let differences = differences(agent);
        let mut reasons: Vec<String> = differences
            .iter()
            .take(REASONS)
            .map(|one| format!("{}{}", direction_sign(one.direction), difference(one)))
            .collect();
        let more = differences.len().saturating_sub(REASONS);
        reasons.extend((more > 0).then(|| format!("{more} more")));
        if let Some(old) = &agent.renamed_from {
            reasons.push(format!("renamed from {}", code(self.report.root_path(old), NAME)));
        }
        format!("| {name} | {before} | {} | {} |\n", after.trim_end(), reasons.join("<br>"))
    }

    /// Adds the problems that count, the most severe first. A consequence is shown with its cause.
    fn problems(&mut self) {
        let (mut to_fix, mut notes, mut explained) = (Vec::new(), Vec::new(), BTreeSet::new());
        for level in [Level::Error, Level::Warning, Level::Note] {
            for file in &self.report.files {
                let problems = file.diagnostics.iter();
                let problems = problems.filter(|one| one.level == level && self.report.counts(one));
                for block in blocks(problems) {
                    let is_note = level == Level::Note && !self.report.fails(block.first());
                    let item = self.problem(file, &block, &mut explained);
                    if is_note { &mut notes } else { &mut to_fix }.push(item);
                }
            }
        }
        if !to_fix.is_empty() {
            self.text.push_str("\n**To fix**\n\n");
            self.list(PROBLEMS_END, to_fix, "problem");
        }
        let title = count(notes.len(), "note");
        self.fold(&title, PROBLEMS_END, notes, "note");
    }

    /// One line about problems that belong together, and how to fix the first of their rule.
    fn problem<'r>(
        &self,
        file: &FileReport,
        block: &ProblemBlock<'r>,
        explained: &mut BTreeSet<&'r str>,
    ) -> String {
        let first = block.first();
        let sign = match first.level {
            Level::Error => "❌",
            Level::Warning => "⚠️",
            Level::Note => "ℹ️",
        };
        let rules: Vec<String> = block.rules().into_iter().map(|rule| code(rule, NAME)).collect();
        let place = self.place(file, first);
        let mut item =
            format!("- {sign} {place} **{}** {}", rules.join(" "), prose(&block.message(), MESSAGE));
        let effect = block.effects.last().and_then(|last| last.cause.as_ref());
        item.extend(effect.map(|cause| format!(", {}", prose(&cause.effect, MESSAGE))));
        if let Some(id) = first.finding_shown().filter(|_| block.has_one_finding()) {
            item.push_str(&format!(" (finding {})", code(id, NAME)));
        }
        if block.is_fixable() {
            item.push_str(" → `aivss-lint fix`");
        } else if explained.insert(&*first.rule) || first.help.is_some() && block.alike.len() == 1 {
            let details = block.details();
            if let Some(help) = details.iter().find(|detail| detail.word == "help") {
                item.push_str(&format!("<br>{}", prose(&help.text, MESSAGE)));
            }
        }
        item + "\n"
    }

    fn place(&self, file: &FileReport, problem: &Diagnostic) -> String {
        let (start, end) = file.range(problem.span);
        self.links.place(&file.path, start.line, end.line)
    }

    /// Adds the table of all agents. Those without a score come first, then the highest scores.
    fn agents(&mut self) {
        let mut rows = Vec::new();
        for file in self.report.files.iter().filter(|file| !file.is_policy()) {
            rows.extend((0..file.models.len()).map(|at| self.agent_row(file, at)));
        }
        if rows.is_empty() {
            return;
        }
        let head = "| Agent | Score | Layers | Open threats | Problems |\n| :-- | --: | :-- | --: | :-- |\n";
        let title = format!("All agents ({})", rows.len());
        let is_folded = self.report.change.is_some() || rows.len() > FEW_AGENTS;
        let is_long = self.text.len() + rows.iter().map(|row| row.text.len()).sum::<usize>() > AGENTS_END;
        // The highest known scores stay in a table that is too long.
        rows.sort_by_key(|row| Reverse((row.score.is_none() != is_long, row.score)));
        let rows: Vec<String> = rows.into_iter().map(|row| row.text).collect();
        if is_folded {
            self.text.push_str(&format!("\n<details><summary>{title}</summary>\n\n{head}"));
            self.list(AGENTS_END, rows, "agent");
            self.text.push_str("\n</details>\n");
        } else {
            self.text.push_str(&format!("\n{head}"));
            self.list(AGENTS_END, rows, "agent");
        }
    }

    fn agent_row(&self, file: &FileReport, at: usize) -> AgentRow {
        let model = &file.models[at];
        let name = text(model.name().unwrap_or("(no name)"), NAME);
        let agent = self.links.around(&name, &file.path, model.position.line);
        let worst = model.worst();
        let score = match worst {
            Some(worst) if model.is_unscored => format!("≥ {} ⚪ {NOT_SCORED}", worst.score),
            Some(worst) => graded(worst.score, worst.band),
            None if model.is_unscored => format!("⚪ {NOT_SCORED}"),
            None => "⚪ not computable".to_owned(),
        };
        let today = self.report.today;
        let open = model.model.threats().filter(|threat| threat.is_open(today)).count();
        let counting = file.problems_of(at).filter(|problem| self.report.counts(problem));
        let problems = levels_in_words(counting.map(|problem| problem.level)).join(", ");
        let layers = layers(model.model.layers());
        let text = format!("| {agent} | {score} | {layers} | {open} | {problems} |\n");
        AgentRow { score: worst.map(|worst| worst.score), text }
    }

    /// Adds what few readers need: calculations, other changes of the policy, and the problems that do not count.
    fn folds(&mut self) {
        let report = self.report;
        let mut workings = Vec::new();
        for (file, problem) in report.diagnostics().filter(|(_, problem)| report.counts(problem)) {
            let details = details(problem, Some(report)).into_iter().filter(|one| one.word != "help");
            let lines: Vec<String> = details.map(|detail| detail_line(&detail)).collect();
            if !lines.is_empty() {
                let (place, rule) = (self.place(file, problem), code(&problem.rule, NAME));
                workings.push(format!("- {place} {rule}\n{}", lines.concat()));
            }
        }
        self.fold("Calculations and policy lines", FOLDS_END, workings, "problem");
        if let Some(change) = &report.change {
            let others = policy_differences(change).1.into_iter();
            let others = others.map(|one| format!("- {}\n", difference(one)));
            self.fold("Other changes of the policy", FOLDS_END, others.collect(), "change");
        }
        let passing: Vec<_> = report.diagnostics().filter(|(_, problem)| !report.counts(problem)).collect();
        let excepted = passing.iter().filter_map(|(_, problem)| problem.excepted.as_ref());
        let next = excepted.map(|excepted| excepted.expires).min();
        let number = report.totals().excepted;
        let mut titles = Vec::new();
        if let Some(next) = next {
            titles.push(format!("{} excepted, the next exception ends on {next}", count(number, "problem")));
        }
        let known = passing.len() - number;
        titles.extend((known > 0).then(|| format!("{} in the base already", count(known, "problem"))));
        let items = passing.into_iter().map(|(file, problem)| {
            let (place, rule) = (self.place(file, problem), code(&problem.rule, NAME));
            let because = prose(&passes_because(report, problem).unwrap_or_default(), MESSAGE);
            format!("- {place} {rule} {}: {because}\n", prose(&problem.message, MESSAGE))
        });
        let items = items.collect();
        self.fold(&titles.join("; "), PASSED_END, items, "problem");
    }
}

fn detail_line(Detail { word, text }: &Detail) -> String {
    let text = if *word == "working" { code(text, MESSAGE) } else { prose(text, MESSAGE) };
    format!("  - {}: {text}\n", if *word == "working" { "calculation" } else { word })
}

/// A difference in words, with keys, rules and paths as code.
fn difference(one: &Difference) -> String {
    let subject = &*one.what;
    let marked = match subject.strip_prefix("exception for ").and_then(|of| of.split_once(" in ")) {
        Some((rule, files)) => format!("exception for {} in {}", code(rule, NAME), code(files, NAME)),
        None if subject.contains(' ') => text(subject, MESSAGE),
        None => code(subject, NAME),
    };
    let words = difference_in_words(one, "→");
    marked + &text(words.strip_prefix(subject).unwrap_or_default(), MESSAGE)
}

/// A score with the sign and the name of its band.
fn graded(score: Decimal, band: Band) -> String {
    // A break within a score is hard to read in the narrow cells of a phone.
    format!("{score}\u{a0}{}\u{a0}{}", palette::of_band(Some(band)).sign, band.name())
}

/// The cell of a score in one of two revisions.
fn side(score: ScoreChange) -> String {
    match score {
        ScoreChange::Scored(score, band) => graded(score, band),
        ScoreChange::Absent => "removed".to_owned(),
        ScoreChange::Unread | ScoreChange::NotScored | ScoreChange::Unscored => {
            format!("{} {score}", palette::of_band(None).sign)
        }
    }
}

fn apart(before: Decimal, after: Decimal) -> String {
    if after > before { format!("+{}", after - before) } else { format!("−{}", before - after) }
}

const fn direction_sign(direction: Direction) -> &'static str {
    match direction {
        Direction::Worse => "🔺\u{a0}",
        Direction::Better => "✅\u{a0}",
        Direction::Other => "",
    }
}

/// The numbers of layers by answer.
fn layers(layers: &[Layer]) -> String {
    let names = [
        ("mapped", layers.iter().filter(|layer| layer.answer == Answer::Mapped).count()),
        ("uncertain", layers.iter().filter(|layer| layer.answer == Answer::Uncertain).count()),
        ("not applicable", layers.iter().filter(|layer| layer.answer == Answer::NotApplicable).count()),
    ];
    let blank = layers.len() - names.iter().map(|(_, number)| number).sum::<usize>();
    let parts = names.into_iter().chain([("blank", blank)]).filter(|(_, number)| *number > 0);
    parts.map(|(name, number)| format!("{number} {name}")).collect::<Vec<_>>().join(", ")
}
