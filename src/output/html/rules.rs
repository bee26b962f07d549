//! The problems by rule: the rules that fail the gate first, each with its places and its page.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use crate::diagnostic::Diagnostic;
use crate::explain;
use crate::output::blocks::is_fixable;
use crate::output::html::agents::{AgentView, passing_in_words};
use crate::output::html::problems::SanitizedText;
use crate::report::{FileReport, Report, count};
use crate::rules;

/// The places listed of a rule.
const MAX_PLACES: usize = 100;

/// A rule with its problems.
pub(crate) struct RuleView {
    pub(crate) name: SanitizedText,
    pub(crate) summary: SanitizedText,
    /// The numbers of problems that fail the gate, and that count without failing it.
    pub(crate) failing: usize,
    pub(crate) counting: usize,
    /// The number of agents with a problem that counts.
    pub(crate) agents: usize,
    /// The agents and the problems that do not count, in words.
    pub(crate) in_words: String,
    /// The number of counting problems that `fix` corrects.
    pub(crate) fixable: usize,
    /// The length of its bar, in thousandths of the longest.
    pub(crate) length: usize,
    pub(crate) places: Vec<RulePlace>,
    /// The number of places that are not listed.
    pub(crate) left: usize,
    /// The rule's page; empty for a rule in Rego.
    pub(crate) page: Vec<PageBlock>,
}

/// A place of a rule.
pub(crate) struct RulePlace {
    /// The number and name of its agent.
    pub(crate) agent: Option<(usize, SanitizedText)>,
    pub(crate) place: SanitizedText,
    pub(crate) message: SanitizedText,
}

/// A part of a rule's page.
pub(crate) enum PageBlock {
    /// A paragraph, with a bold beginning and the rest.
    Text(String, SanitizedText),
    Code(SanitizedText),
    Table(Vec<Vec<SanitizedText>>),
}

impl RuleView {
    /// The rules of all problems, the most frequent that fail the gate first.
    pub(crate) fn all(
        report: &Report,
        agents: &[AgentView],
        numbers: &BTreeMap<(&str, usize), usize>,
    ) -> Vec<Self> {
        let ranks: BTreeMap<usize, usize> =
            agents.iter().enumerate().map(|(rank, agent)| (agent.number, rank)).collect();
        let mut views: BTreeMap<&str, (Self, Vec<_>)> = BTreeMap::new();
        for (file, problem) in report.diagnostics() {
            let (view, found) =
                views.entry(&problem.rule).or_insert_with(|| (Self::named(&problem.rule), Vec::new()));
            let counts = report.counts(problem);
            view.failing += usize::from(report.fails(problem));
            view.counting += usize::from(counts && !report.fails(problem));
            view.fixable += usize::from(counts && is_fixable(problem));
            let number = numbers.get(&(file.name(), problem.model.unwrap_or(0)));
            let rank = number.and_then(|number| ranks.get(number)).copied();
            found.push((rank.unwrap_or(usize::MAX), file, problem));
        }
        let views = views.into_values().map(|(view, found)| view.with_places(found, agents, report));
        let mut views: Vec<Self> = views.collect();
        views.sort_by_key(|view| Reverse((view.failing, view.counting)));
        let most = views.iter().map(|view| view.failing.max(view.counting)).max().unwrap_or(0).max(1);
        for view in &mut views {
            view.length = (if view.failing > 0 { view.failing } else { view.counting }) * 1000 / most;
        }
        views
    }

    /// Adds the places, each with the rank of its agent: those of the worst agents come first.
    fn with_places(
        self,
        mut found: Vec<(usize, &FileReport, &Diagnostic)>,
        agents: &[AgentView],
        report: &Report,
    ) -> Self {
        found.sort_by_key(|(rank, ..)| *rank);
        let places = found.iter().take(MAX_PLACES).map(|(rank, file, problem)| {
            let start = file.position(problem.span.start);
            RulePlace {
                agent: agents.get(*rank).map(|agent| (agent.number, agent.name.clone())),
                place: SanitizedText::line(format!("{}:{}:{}", file.name(), start.line, start.column)),
                message: SanitizedText::line(&problem.message),
            }
        });
        let (places, left) = (places.collect(), found.len().saturating_sub(MAX_PLACES));
        let mut words = passing_in_words(found.iter().map(|(.., problem)| *problem), report);
        found.retain(|(rank, _, problem)| *rank < agents.len() && report.counts(problem));
        found.dedup_by_key(|(rank, ..)| *rank);
        let agents = found.len();
        if agents > 0 {
            words.insert(0, count(agents, "agent"));
        }
        Self { agents, in_words: words.join(", "), places, left, ..self }
    }

    fn named(name: &str) -> Self {
        let rule = rules::named(name);
        Self {
            name: SanitizedText::line(name),
            summary: SanitizedText::line(rule.map_or(name, |rule| rule.summary.trim_end_matches('.'))),
            failing: 0,
            counting: 0,
            agents: 0,
            in_words: String::new(),
            fixable: 0,
            length: 0,
            places: Vec::new(),
            left: 0,
            page: rule.map(|rule| blocks(&explain::page(rule))).unwrap_or_default(),
        }
    }

    /// The number that its row shows.
    pub(crate) const fn shown(&self) -> usize {
        if self.failing > 0 { self.failing } else { self.counting }
    }
}

/// The blocks of a rule's page, which is Markdown of our own, without its heading and its summary.
fn blocks(page: &str) -> Vec<PageBlock> {
    let (mut blocks, mut paragraph, mut code) = (Vec::new(), String::new(), None::<(String, String)>);
    for line in page.lines().skip(3).chain([""]) {
        let ticks = line.len() - line.trim_start_matches('`').len();
        match &mut code {
            Some((fence, text)) if line == fence => blocks.push(PageBlock::Code(SanitizedText::lines(text))),
            Some((_, text)) => {
                text.push_str(&format!("{line}\n"));
                continue;
            }
            None if ticks >= 3 => {
                code = Some((line[..ticks].to_owned(), String::new()));
                continue;
            }
            None if !line.is_empty() => {
                paragraph.push_str(&format!("{line}\n"));
                continue;
            }
            None => {}
        }
        code = None;
        let text = std::mem::take(&mut paragraph);
        if text.starts_with('|') {
            let rows = text.lines().filter(|line| !line.starts_with("|-"));
            let cells = rows.map(|line| {
                line.trim_matches('|').split('|').map(|cell| SanitizedText::line(cell.trim())).collect()
            });
            blocks.push(PageBlock::Table(cells.collect()));
        } else if !text.is_empty() {
            let bold = text.strip_prefix("**").and_then(|rest| rest.split_once("**"));
            let (head, rest) = bold.unwrap_or(("", &text));
            blocks.push(PageBlock::Text(head.to_owned(), SanitizedText::lines(rest)));
        }
    }
    blocks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn page_of_each_rule_is_split_without_losing_code() {
        for rule in rules::ALL {
            let page = explain::page(rule);
            let fences = page.lines().filter(|line| line.starts_with("```")).count();
            let tables = page.contains("\n|---");
            let code = blocks(&page).iter().filter(|block| matches!(block, PageBlock::Code(_))).count();
            assert!(fences <= 2 * code + usize::from(rule.examples.is_empty()), "{}", rule.name);
            assert_eq!(
                tables,
                blocks(&page).iter().any(|block| matches!(block, PageBlock::Table(_))),
                "{}",
                rule.name
            );
        }
    }
}
