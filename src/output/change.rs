//! The words of a change, shared by the formats for people. [`crate::compare`] computes the change.

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
    /// The policy.
    Policy,
    /// An agent.
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
    let of_policy = |difference: &Difference| ChangeLine::of(difference, LineSubject::Policy, arrow);
    let mut lines: Vec<ChangeLine<'_>> = looser.into_iter().map(of_policy).collect();
    for agent in worst_first(change) {
        let words = agent_in_words(agent, arrow, &shown);
        lines.push(ChangeLine { subject: LineSubject::Agent(agent), words, direction: agent.direction() });
        lines.extend(differences(agent).into_iter().map(|one| ChangeLine::of(one, LineSubject::Same, arrow)));
    }
    if change.agents.is_empty() {
        let words = "no threat model changes".to_owned();
        lines.push(ChangeLine { subject: LineSubject::Change, words, direction: Direction::Other });
    }
    lines.extend(others.into_iter().map(of_policy));
    let fixed = fixed(change);
    let fixed =
        fixed.map(|words| ChangeLine { subject: LineSubject::Change, words, direction: Direction::Better });
    lines.extend(fixed);
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
        let own = if agent.direction() == Direction::Worse { Urgency::Worse } else { Urgency::Other };
        differences(agent).into_iter().map(urgency).fold(own, Urgency::min)
    });
    agents
}

/// The order in which differences are shown.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Urgency {
    DroppedMitigation,
    Worse,
    Other,
}

fn urgency(difference: &Difference) -> Urgency {
    match difference.direction {
        _ if difference.drops_mitigation() => Urgency::DroppedMitigation,
        Direction::Worse => Urgency::Worse,
        Direction::Better | Direction::Other => Urgency::Other,
    }
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
    let score = [agent.before, agent.after].map(|score| Some(score.to_string()));
    let is_score =
        |one: &&Difference| one.what == "score" && [&one.before, &one.after] == [&score[0], &score[1]];
    let mut differences: Vec<&Difference> = agent.differences.iter().filter(|one| !is_score(one)).collect();
    differences.sort_by_key(|difference| urgency(difference));
    differences
}

fn difference_in_words(difference: &Difference, arrow: &str) -> String {
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
    let rules: Vec<String> = change
        .fixed
        .iter()
        .map(|(rule, number)| if *number == 1 { rule.clone() } else { format!("{rule} ({number})") })
        .collect();
    (!rules.is_empty()).then(|| format!("fixed: {}", rules.join(", ")))
}
