//! What a change does, in lines for people. What differs was found by [`crate::compare`]; nothing is judged here.

use std::collections::BTreeMap;
use std::io;

use anstyle::AnsiColor;

use crate::compare::{AgentChange, Change, Difference, Direction, ScoreChange};
use crate::escape::line;
use crate::output::Look;
use crate::output::human::{line_width, painted, wrapped};
use crate::report::Report;
use crate::source::Position;

/// Writes what a change does to each agent and to the policy.
pub(crate) fn write_change(change: &Change, look: Look, out: &mut dyn io::Write) -> io::Result<()> {
    let arrow = if look.unicode { "→" } else { "->" };
    let mut put = |indent: usize, text: &str, direction: Direction| {
        let text = wrapped(&line(text), line_width(look), (indent, indent + 2));
        writeln!(out, "{:indent$}{}", "", coloured(&text, direction, look))
    };
    put(0, &format!("change against {}:", change.base), Direction::Other)?;
    let (looser, others) = policy_differences(change);
    let policy = |difference: &Difference| {
        let words = difference_in_words(difference, arrow);
        format!("policy: {words}{}", in_brackets(policy_word(difference.direction)))
    };
    for difference in looser {
        put(2, &policy(difference), difference.direction)?;
    }
    for agent in worst_first(change) {
        let (way, about) = (direction(agent), subject(agent));
        let word = in_brackets(word(way));
        put(2, &format!("{about}: {}{word}", standing(agent, arrow, |path| path)), way)?;
        for difference in differences(agent) {
            let (words, way) = (difference_in_words(difference, arrow), difference.direction);
            put(4, &format!("{words}{}", in_brackets(crate::output::change::word(way))), way)?;
        }
    }
    if change.agents.is_empty() {
        put(2, "no threat model changes", Direction::Other)?;
    }
    for difference in others {
        put(2, &policy(difference), difference.direction)?;
    }
    fixed(change).map_or(Ok(()), |fixed| put(2, &fixed, Direction::Better))
}

/// Which way a threat model goes, in a word; nothing where it cannot be told.
pub(crate) const fn word(direction: Direction) -> &'static str {
    match direction {
        Direction::Worse => "worse",
        Direction::Better => "better",
        Direction::Other => "",
    }
}

/// The same for a policy.
pub(crate) const fn policy_word(direction: Direction) -> &'static str {
    match direction {
        Direction::Worse => "looser",
        Direction::Better => "stricter",
        Direction::Other => "",
    }
}

fn in_brackets(word: &str) -> String {
    if word.is_empty() { String::new() } else { format!(" ({word})") }
}

/// What makes the policy looser, and what else differs about it.
pub(crate) fn policy_differences(change: &Change) -> (Vec<&Difference>, Vec<&Difference>) {
    change.policy.iter().partition(|difference| difference.direction == Direction::Worse)
}

/// The agents of a change: first those that lose a mitigation, then those that are worse otherwise, then the others.
pub(crate) fn worst_first(change: &Change) -> Vec<&AgentChange> {
    let mut agents: Vec<&AgentChange> = change.agents.iter().collect();
    agents.sort_by_key(|agent| {
        let worst = differences(agent).map(urgency).min();
        let own = if direction(agent) == Direction::Worse { Urgency::Worse } else { Urgency::Other };
        worst.map_or(own, |worst| worst.min(own))
    });
    agents
}

/// What is shown first.
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

fn coloured(text: &str, direction: Direction, look: Look) -> String {
    match direction {
        Direction::Worse => painted(text, AnsiColor::Red, look),
        Direction::Better => painted(text, AnsiColor::Green, look),
        Direction::Other => text.to_owned(),
    }
}

/// The agent's file and name.
fn subject(agent: &AgentChange) -> String {
    // A path may begin like a command to the service that keeps the log.
    let path = crate::escape::plain_line(agent.path.clone());
    agent.name.as_ref().map_or_else(|| path.clone(), |name| format!("{path} ({name})"))
}

/// The agents of now that a change touches, by their file's name and their place in it.
pub(crate) fn touched(report: &Report) -> BTreeMap<(&str, Position), &AgentChange> {
    let agents = report.change.iter().flat_map(|change| &change.agents);
    agents.filter_map(|agent| Some(((&*agent.path, agent.position?), agent))).collect()
}

/// How an agent stood and stands, in words; `shown` returns a path as it is to be shown.
pub(crate) fn standing<'a>(
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

/// Which way an agent goes, by its score alone.
pub(crate) fn direction(agent: &AgentChange) -> Direction {
    match (agent.before, agent.after) {
        (ScoreChange::Scored(before, _), ScoreChange::Scored(after, _)) if before < after => Direction::Worse,
        (ScoreChange::Scored(before, _), ScoreChange::Scored(after, _)) if after < before => {
            Direction::Better
        }
        (ScoreChange::Scored(..), ScoreChange::Unscored | ScoreChange::Unread) => Direction::Worse,
        _ => Direction::Other,
    }
}

/// What differs about an agent that was there and is, the worst first: that of a new one would be all of it, and its
/// score has been said.
pub(crate) fn differences(agent: &AgentChange) -> impl Iterator<Item = &Difference> {
    let (before, after) = (agent.before, agent.after);
    let shown =
        !matches!(before, ScoreChange::Absent) && !matches!(after, ScoreChange::Absent | ScoreChange::Unread);
    let said = |difference: &Difference| {
        let is = |value: &Option<String>, standing: ScoreChange| *value == Some(standing.to_string());
        difference.what == "score" && is(&difference.before, before) && is(&difference.after, after)
    };
    let mut differences: Vec<&Difference> =
        agent.differences.iter().filter(|difference| shown && !said(difference)).collect();
    differences.sort_by_key(|difference| urgency(difference));
    differences.into_iter()
}

/// A difference in words.
pub(crate) fn difference_in_words(difference: &Difference, arrow: &str) -> String {
    let what = &difference.what;
    match (&difference.before, &difference.after) {
        (Some(before), Some(after)) => format!("{what}: {before} {arrow} {after}"),
        (None, Some(after)) => format!("{what}: new, {after}"),
        (Some(before), None) => format!("{what}: gone, was {before}"),
        (None, None) => what.clone(),
    }
}

/// The rules of the errors that are fixed, in words.
pub(crate) fn fixed(change: &Change) -> Option<String> {
    let rules = change.fixed.iter().map(|(rule, number)| match number {
        1 => rule.clone(),
        number => format!("{rule} ({number})"),
    });
    let rules: Vec<String> = rules.collect();
    (!rules.is_empty()).then(|| format!("fixed: {}", rules.join(", ")))
}
