//! The words of a change, shared by the formats for people. [`crate::compare`] computes the change.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use crate::policy::Direction;
use crate::report::{AgentChange, Change, Difference, Report, ScoreChange};
use crate::source::Position;

/// A line of the list of the effects of a change.
pub(crate) struct ChangeLine<'r> {
    pub(crate) subject: LineSubject<'r>,
    pub(crate) words: String,
    pub(crate) direction: Direction,
}

/// The subject of a line, which is put before its words.
#[derive(Clone, Copy)]
pub(crate) enum LineSubject<'r> {
    Policy,
    Agent(&'r AgentChange),
    /// The agent of the lines before.
    Same,
    /// The change as a whole.
    Change,
}

impl<'r> ChangeLine<'r> {
    fn of(difference: &Difference, subject: LineSubject<'r>, arrow: &str) -> Self {
        Self { subject, words: difference_in_words(difference, arrow), direction: difference.direction }
    }

    /// Whether it is the list of fixed problems.
    pub(crate) fn is_fixed(&self) -> bool {
        matches!(self.subject, LineSubject::Change) && self.direction == Direction::Better
    }

    /// Whether it makes the policy looser.
    pub(crate) fn is_looser(&self) -> bool {
        matches!(self.subject, LineSubject::Policy) && self.direction == Direction::Worse
    }

    /// The direction as a word; empty if there is none.
    pub(crate) const fn word(&self) -> &'static str {
        match (self.subject, self.direction) {
            (LineSubject::Change, _) => "",
            (LineSubject::Policy, direction) => policy_word(direction),
            (_, Direction::Worse) => "worse",
            (_, Direction::Better) => "better",
            (_, Direction::Other) => "",
        }
    }
}

/// All lines of a change, the worst first. `shown` returns the form of a path.
pub(crate) fn lines<'r>(
    change: &'r Change,
    arrow: &str,
    shown: impl Fn(&'r str) -> &'r str,
) -> Vec<ChangeLine<'r>> {
    let (looser, others) = policy_differences(change);
    let mut lines = Vec::new();
    lines.extend(looser.into_iter().map(|one| ChangeLine::of(one, LineSubject::Policy, arrow)));
    for agent in worst_first(change) {
        let words = agent_in_words(agent, arrow, &shown);
        lines.push(ChangeLine { subject: LineSubject::Agent(agent), words, direction: agent.direction() });
        lines.extend(differences(agent).into_iter().map(|one| ChangeLine::of(one, LineSubject::Same, arrow)));
    }
    if change.agents.is_empty() {
        let words = "no threat model changes".to_owned();
        lines.push(ChangeLine { subject: LineSubject::Change, words, direction: Direction::Other });
    }
    lines.extend(others.into_iter().map(|one| ChangeLine::of(one, LineSubject::Policy, arrow)));
    if let Some(words) = fixed(change) {
        lines.push(ChangeLine { subject: LineSubject::Change, words, direction: Direction::Better });
    }
    lines
}

/// The direction of a policy's change, as a word.
pub(crate) const fn policy_word(direction: Direction) -> &'static str {
    match direction {
        Direction::Worse => "looser",
        Direction::Better => "stricter",
        Direction::Other => "",
    }
}

/// The differences that make the policy looser, and the others.
pub(crate) fn policy_differences(change: &Change) -> (Vec<&Difference>, Vec<&Difference>) {
    change.policy.iter().partition(|difference| difference.direction == Direction::Worse)
}

/// The agents of a change: first those that lose a mitigation, then those that get worse otherwise, then the others.
pub(crate) fn worst_first(change: &Change) -> Vec<&AgentChange> {
    let mut agents: Vec<&AgentChange> = change.agents.iter().collect();
    agents.sort_by_key(|agent| {
        let own = Reverse((false, agent.direction() == Direction::Worse));
        differences(agent).into_iter().map(urgency).fold(own, Reverse::min)
    });
    agents
}

/// The order in which differences are shown: lost mitigations, then those that get worse otherwise, then the others.
fn urgency(difference: &Difference) -> Reverse<(bool, bool)> {
    Reverse((difference.drops_mitigation(), difference.direction == Direction::Worse))
}

/// The agents of the head that a change touches, by the name of their file and their position in it.
pub(crate) fn touched(report: &Report) -> BTreeMap<(&str, Position), &AgentChange> {
    let agents = report.change.iter().flat_map(|change| &change.agents);
    agents.filter_map(|agent| Some(((&*agent.path, agent.position?), agent))).collect()
}

/// The change of an agent's score and path in words; `shown` returns the form of a path.
pub(crate) fn agent_in_words<'a>(
    agent: &'a AgentChange,
    arrow: &str,
    shown: impl Fn(&'a str) -> &'a str,
) -> String {
    let words = match (agent.before, agent.after) {
        (ScoreChange::Absent, after) => format!("new, {after}"),
        (before, ScoreChange::Absent) => format!("removed, was {before}"),
        (before, ScoreChange::Unread) => format!("no longer in this file, was {before}"),
        (before, after) if before == after => format!("{after} as before"),
        (before, after) => format!("{before} {arrow} {after}"),
    };
    match &agent.renamed_from {
        Some(old) => format!("{words}, renamed from {}", shown(old)),
        None => words,
    }
}

/// The differences of an agent that exists in both revisions, the worst first. The words about its score are not repeated.
pub(crate) fn differences(agent: &AgentChange) -> Vec<&Difference> {
    if agent.before == ScoreChange::Absent || agent.is_gone() {
        return Vec::new();
    }
    let [before, after] = [agent.before, agent.after].map(|score| Some(score.to_string()));
    let mut differences: Vec<&Difference> = agent.differences.iter().collect();
    differences.retain(|one| one.what != "score" || one.before != before || one.after != after);
    differences.sort_by_key(|difference| urgency(difference));
    differences
}

pub(crate) fn difference_in_words(difference: &Difference, arrow: &str) -> String {
    let what = &difference.what;
    match (&difference.before, &difference.after) {
        (Some(before), Some(after)) => format!("{what}: {before} {arrow} {after}"),
        (None, Some(after)) => format!("{what}: new, {after}"),
        (Some(before), None) => format!("{what}: removed, was {before}"),
        (None, None) => what.clone(),
    }
}

/// The rules of the errors that are fixed, in words.
pub(crate) fn fixed(change: &Change) -> Option<String> {
    let rules = rules_in_words(change.fixed.iter().map(|(rule, number)| (&**rule, *number)));
    (!change.fixed.is_empty()).then(|| format!("fixed: {rules}"))
}

fn rules_in_words<'r>(rules: impl Iterator<Item = (&'r str, usize)>) -> String {
    let words =
        rules.map(|(rule, number)| if number == 1 { rule.to_owned() } else { format!("{rule} ({number})") });
    words.collect::<Vec<_>>().join(", ")
}

/// The rules of the problems that count and are not in the base, in words; empty if there are none.
pub(crate) fn new_problems(report: &Report) -> String {
    let mut rules: BTreeMap<&str, usize> = BTreeMap::new();
    for (_, problem) in report.diagnostics() {
        if !problem.known && report.counts(problem) {
            *rules.entry(&problem.rule).or_default() += 1;
        }
    }
    rules_in_words(rules.into_iter())
}
