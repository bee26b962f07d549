//! The agents of the page: a row of the table for each, and the order of the rows. [`super::details`] has what a card shows.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use crate::aivss::{Band, LayerKind, Working};
use crate::decimal::Decimal;
use crate::diagnostic::{Diagnostic, Level};
use crate::fleet::{AgentFacts, FleetAgent, is_blank};
use crate::output::Links;
use crate::output::html::chart::along;
use crate::output::html::details::{AgentDetails, difference, name};
use crate::output::html::problems::SanitizedText;
use crate::output::problem::levels_in_words;
use crate::report::{AgentChange, AgentDetail, FileReport, NOT_SCORED, Report, count};

/// The maximum number of characters of a name in tables.
pub(crate) const NAME: usize = 120;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Graded {
    pub(crate) score: Decimal,
    pub(crate) band: Band,
}

pub(crate) struct AgentView {
    /// Its number in the order of the report.
    pub(crate) number: usize,
    pub(crate) name: SanitizedText,
    /// Whether another agent has the same name.
    pub(crate) has_namesake: bool,
    pub(crate) place: SanitizedText,
    pub(crate) environment: Option<SanitizedText>,
    pub(crate) tier: Option<SanitizedText>,
    pub(crate) owner: Option<SanitizedText>,
    pub(crate) worst: Option<Graded>,
    /// Whether no score can be worse: the whole file was read, and all scores were computed.
    is_known: bool,
    is_unscored: bool,
    pub(crate) layers: Vec<LayerCell>,
    /// The number of open threats.
    pub(crate) open: usize,
    /// The numbers of its problems in words: those that count, and those that do not.
    pub(crate) counts: String,
    /// The weight of its problems, as a sort key.
    pub(crate) weight: usize,
    /// The rules of its problems that count, those that fail the gate first.
    pub(crate) rules: Vec<RuleOfAgent>,
    /// The card; `None` if the page has only its row.
    pub(crate) details: Option<AgentDetails>,
    /// The numbers of the agents whose cards are before and after.
    pub(crate) previous: Option<usize>,
    pub(crate) next: Option<usize>,
}

pub(crate) struct RuleOfAgent {
    pub(crate) name: SanitizedText,
    pub(crate) failing: usize,
}

/// A layer in the row of an agent.
pub(crate) struct LayerCell {
    pub(crate) kind: LayerKind,
    pub(crate) answer: &'static str,
    pub(crate) open: usize,
    /// The answer in the base, if it differs.
    pub(crate) before: Option<SanitizedText>,
}

impl AgentView {
    /// The agent of the model at a place of a file; differences from the base come from the change.
    pub(crate) fn of(
        number: usize,
        file: &FileReport,
        place: usize,
        change: Option<&AgentChange>,
        report: &Report,
    ) -> Self {
        let scored = &file.models[place];
        let model = &scored.model;
        let fails = file.problems_of(place).any(|problem| report.fails(problem));
        let number_of = |level| {
            file.problems_of(place).filter(|problem| problem.level == level && report.counts(problem)).count()
        };
        let [errors, warnings, notes] = [Level::Error, Level::Warning, Level::Note].map(number_of);
        let mut agent = Self {
            number,
            name: SanitizedText::cut(scored.name().unwrap_or("(no name)"), NAME),
            has_namesake: false,
            place: SanitizedText::line(format!("{}:{}", file.name(), scored.position.line)),
            environment: name(model.agent.environment.as_deref()),
            tier: name(model.agent.tier.as_deref()),
            owner: name(model.agent.owner.as_deref()),
            is_known: file.is_read() && scored.is_computed(),
            is_unscored: scored.is_unscored,
            worst: scored.worst().map(Graded::of),
            layers: Vec::new(),
            open: model.threats().filter(|threat| threat.is_open(report.today)).count(),
            counts: problems_in_words(file, place, report),
            weight: usize::from(fails) * 1_000_000_000 + errors * 1_000_000 + warnings * 1_000 + notes,
            rules: rules_of(file, place, report),
            details: None,
            previous: None,
            next: None,
        };
        for layer in model.layers() {
            let before = difference(change, &format!("layer {}", layer.kind.key()));
            agent.layers.push(LayerCell {
                kind: layer.kind,
                answer: layer.answer.name(),
                open: model.open_threats(layer.kind, report.today),
                before: before.and_then(|difference| difference.before.as_deref()).map(SanitizedText::line),
            });
        }
        agent
    }

    /// The agent of another repository, without its problems.
    pub(crate) fn of_fleet(number: usize, agent: &FleetAgent) -> Self {
        let cell = |&(kind, answer, open): &(LayerKind, &'static str, usize)| LayerCell {
            kind,
            answer,
            open,
            before: None,
        };
        let cause = if agent.errors > 0 { "errors" } else { "not passed" };
        let rule = agent
            .fails
            .then(|| RuleOfAgent { name: SanitizedText::line(cause), failing: agent.errors.max(1) });
        Self {
            number,
            name: SanitizedText::cut(&agent.name, NAME),
            has_namesake: false,
            place: SanitizedText::line(&agent.place),
            environment: name(agent.environment.as_deref()),
            tier: name(agent.tier.as_deref()),
            owner: name(agent.owner.as_deref()),
            worst: agent.score.map(|score| Graded { score, band: Band::of(score) }),
            is_known: !agent.is_unscored,
            is_unscored: agent.is_unscored && !agent.fails,
            layers: agent.layers.iter().map(cell).collect(),
            open: agent.open,
            counts: count(agent.errors, "error"),
            weight: usize::from(agent.fails) * 1_000_000_000 + agent.errors.min(1_000),
            rules: rule.into_iter().collect(),
            details: None,
            previous: None,
            next: None,
        }
    }

    /// Adds the card if the page has one for this agent.
    pub(crate) fn with_details(
        self,
        detail: AgentDetail,
        file: &FileReport,
        place: usize,
        change: Option<&AgentChange>,
        report: &Report,
        links: &Links<'_>,
    ) -> Self {
        let is_shown = match detail {
            AgentDetail::All => true,
            AgentDetail::Failing => self.fails(),
            AgentDetail::None => false,
        };
        let details = is_shown.then(|| AgentDetails::of(file, place, change, report, links));
        Self { details, ..self }
    }

    /// The highest score, if all are known.
    pub(crate) fn grade(&self) -> Option<Graded> {
        self.worst.filter(|_| self.is_known)
    }

    /// The band of the highest score, or the reason why it is not known.
    pub(crate) fn band(&self) -> &'static str {
        match self.grade() {
            Some(grade) => grade.band.name(),
            None if self.is_unscored => NOT_SCORED,
            None => NOT_COMPUTABLE,
        }
    }

    /// The worst known score, if others are not known.
    pub(crate) fn at_least(&self) -> Option<Graded> {
        self.worst.filter(|_| !self.is_known)
    }

    /// The names of its rules as a filter, separated by spaces.
    pub(crate) fn rule_names(&self) -> String {
        self.rules.iter().map(|rule| rule.name.to_string()).collect::<Vec<_>>().join(" ")
    }

    /// Whether its row contains its place.
    pub(crate) const fn shows_place(&self) -> bool {
        self.has_namesake || self.details.is_none()
    }

    /// Whether a problem of it fails the gate.
    pub(crate) fn fails(&self) -> bool {
        self.failing() > 0
    }

    /// The number of problems that fail the gate.
    pub(crate) fn failing(&self) -> usize {
        self.rules.iter().map(|rule| rule.failing).sum()
    }

    /// The number of rules besides the first whose problems fail the gate.
    pub(crate) fn other_rules(&self) -> usize {
        self.rules.iter().skip(1).filter(|rule| rule.failing > 0).count()
    }

    pub(crate) fn facts(&self) -> AgentFacts {
        AgentFacts {
            score: self.worst.map(|worst| worst.score),
            is_unscored: !self.is_known || self.worst.is_none(),
            is_accepted: self.band() == NOT_SCORED,
            fails: self.fails(),
            open: self.open,
            blank: self.layers.iter().filter(|layer| is_blank(layer.answer)).count(),
        }
    }

    pub(crate) fn open_in_words(&self) -> String {
        count(self.open, "open threat")
    }

    pub(crate) fn is_in_production(&self) -> bool {
        self.environment.as_ref().is_some_and(|environment| environment.is("production"))
    }
}

/// The words in place of the band of a score that an input is missing for.
pub(crate) const NOT_COMPUTABLE: &str = "not computable";

impl LayerCell {
    /// The class for the style sheet: of answered layers the number of open threats, up to four.
    pub(crate) fn class(&self) -> String {
        match self.answer {
            "blank" | "unreadable" => "blank".to_owned(),
            answer if self.open == 0 => answer.to_owned(),
            _ => format!("o{}", self.open.min(4)),
        }
    }

    pub(crate) fn sign(&self) -> String {
        match self.answer {
            "blank" | "unreadable" => "!".to_owned(),
            _ if self.open > 0 => self.open.to_string(),
            "uncertain" => "?".to_owned(),
            "not-applicable" => "–".to_owned(),
            _ => "0".to_owned(),
        }
    }

    /// The answer and the number of open threats in words.
    pub(crate) fn words(&self) -> String {
        let answer = self.answer.replace('-', " ");
        if self.open > 0 { format!("{answer}, {} open", self.open) } else { answer }
    }
}

fn problems_in_words(file: &FileReport, place: usize, report: &Report) -> String {
    let counting = file.problems_of(place).filter(|problem| report.counts(problem));
    let mut words = levels_in_words(counting.map(|problem| problem.level));
    words.extend(passing_in_words(file.problems_of(place), report));
    if words.is_empty() { "no problems".to_owned() } else { words.join(", ") }
}

/// The numbers of the problems that do not count, each with the reason.
pub(crate) fn passing_in_words<'p>(
    problems: impl Iterator<Item = &'p Diagnostic>,
    report: &Report,
) -> Vec<String> {
    let (excepted, known): (Vec<_>, Vec<_>) =
        problems.filter(|problem| !report.counts(problem)).partition(|problem| problem.excepted.is_some());
    let numbers = [(excepted.len(), "excepted"), (known.len(), "in the base already")].into_iter();
    numbers.filter(|(number, _)| *number > 0).map(|(number, words)| format!("{number} {words}")).collect()
}

/// The rules of an agent's problems that count, those with the most failing problems first.
fn rules_of(file: &FileReport, place: usize, report: &Report) -> Vec<RuleOfAgent> {
    let mut numbers: BTreeMap<&str, usize> = BTreeMap::new();
    for problem in file.problems_of(place).filter(|problem| report.counts(problem)) {
        *numbers.entry(&problem.rule).or_default() += usize::from(report.fails(problem));
    }
    let rules =
        numbers.into_iter().map(|(name, failing)| RuleOfAgent { name: SanitizedText::line(name), failing });
    let mut rules: Vec<RuleOfAgent> = rules.collect();
    rules.sort_by_key(|rule| Reverse(rule.failing));
    rules
}

/// Sorts agents: those that fail first, then the highest score, of which those that are not known are first.
pub(crate) fn sort(agents: &mut [AgentView]) {
    agents.sort_by_key(|agent| {
        (
            Reverse(agent.fails()),
            agent.is_known && !agent.is_unscored,
            agent.worst.map(|worst| Reverse(worst.score)),
        )
    });
    let shown: Vec<usize> = (0..agents.len()).filter(|at| agents[*at].details.is_some()).collect();
    for pair in shown.windows(2) {
        let [one, other] = [pair[0], pair[1]];
        agents[one].next = Some(agents[other].number);
        agents[other].previous = Some(agents[one].number);
    }
}

/// Marks the agents that have the names of others.
pub(crate) fn mark_namesakes(agents: &mut [AgentView]) {
    let mut counts: BTreeMap<SanitizedText, usize> = BTreeMap::new();
    for agent in &*agents {
        *counts.entry(agent.name.clone()).or_default() += 1;
    }
    for agent in agents {
        agent.has_namesake = counts.get(&agent.name).is_some_and(|count| *count > 1);
    }
}

/// A key in prose: `Dynamic tool use`.
pub(crate) fn words(key: &str) -> String {
    let mut words = key.to_owned();
    for prefix in ["non", "multi", "goal", "self"] {
        words = words.replace(&format!("{prefix}_"), &format!("{prefix}-"));
    }
    let words = words.replace('_', " ");
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_ascii_uppercase().to_string() + letters.as_str())
}

impl Graded {
    pub(crate) const fn of(working: &Working) -> Self {
        Self { score: working.score, band: working.band }
    }

    /// The score on a scale from 0 to 10, in thousandths.
    pub(crate) fn along(self) -> i64 {
        along(self.score)
    }

    /// The band's word for the style sheet.
    pub(crate) fn class(self) -> String {
        self.band.name().to_lowercase()
    }
}
