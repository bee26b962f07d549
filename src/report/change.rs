//! What a change does, in lines for people. What differs was found by [`crate::change`]; nothing is judged here.

use std::collections::BTreeMap;
use std::io;

use anstyle::AnsiColor;

use super::escape::line;
use super::human::{line_width, painted, wrapped};
use super::{Look, Report};
use crate::change::{AgentChange, Change, Difference, Direction, Standing};
use crate::source::Position;

/// Writes what a change does to each agent and to the policy.
pub(crate) fn write_change(change: &Change, look: Look, out: &mut dyn io::Write) -> io::Result<()> {
    let arrow = if look.unicode { "→" } else { "->" };
    let mut put = |indent: usize, text: &str, direction: Direction| {
        let text = wrapped(&line(text), line_width(look), (indent, indent + 2));
        writeln!(out, "{:indent$}{}", "", coloured(&text, direction, look))
    };
    put(0, &format!("change against {}:", change.base), Direction::Other)?;
    for agent in &change.agents {
        put(2, &format!("{}: {}", subject(agent), standing(agent, arrow)), direction(agent))?;
        for difference in differences(agent) {
            put(4, &difference_in_words(difference, arrow), difference.direction)?;
        }
    }
    if change.agents.is_empty() {
        put(2, "no threat model changes", Direction::Other)?;
    }
    for difference in &change.policy {
        let words = difference_in_words(difference, arrow);
        put(2, &format!("policy: {words}"), difference.direction)?;
    }
    match change.mended {
        0 => Ok(()),
        number => put(2, &mended(number), Direction::Better),
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
    let path = super::escape::plain_line(agent.path.clone());
    agent.name.as_ref().map_or_else(|| path.clone(), |name| format!("{path} ({name})"))
}

/// The agents of now that a change touches, by their file's name and their place in it.
pub(super) fn touched(report: &Report) -> BTreeMap<(&str, Position), &AgentChange> {
    let agents = report.change.iter().flat_map(|change| &change.agents);
    agents.filter_map(|agent| Some(((&*agent.path, agent.position?), agent))).collect()
}

/// How an agent stood and stands, in words.
pub(super) fn standing(agent: &AgentChange, arrow: &str) -> String {
    let words = match (agent.before, agent.after) {
        (Standing::Absent, after) => format!("new, {after}"),
        (before, Standing::Absent) => format!("removed, was {before}"),
        (before, Standing::Unread) => format!("no longer in this file, was {before}"),
        (before, after) if before == after => format!("{after} as before"),
        (before, after) => format!("{before} {arrow} {after}"),
    };
    agent.renamed_from.as_ref().map_or_else(|| words.clone(), |old| format!("{words}, renamed from {old}"))
}

/// Which way an agent goes, by its score alone.
pub(super) fn direction(agent: &AgentChange) -> Direction {
    match (agent.before, agent.after) {
        (Standing::Scored(before, _), Standing::Scored(after, _)) if before < after => Direction::Worse,
        (Standing::Scored(before, _), Standing::Scored(after, _)) if after < before => Direction::Better,
        (Standing::Scored(..), Standing::Unscored | Standing::Unread) => Direction::Worse,
        _ => Direction::Other,
    }
}

/// What differs about an agent that was there and is: that of a new one would be all of it, and its score has been
/// said.
pub(super) fn differences(agent: &AgentChange) -> impl Iterator<Item = &Difference> {
    let (before, after) = (agent.before, agent.after);
    let shown = !matches!(before, Standing::Absent) && !matches!(after, Standing::Absent | Standing::Unread);
    let said = move |difference: &Difference| {
        let is = |value: &Option<String>, standing: Standing| *value == Some(standing.to_string());
        difference.what == "score" && is(&difference.before, before) && is(&difference.after, after)
    };
    agent.differences.iter().filter(move |difference| shown && !said(difference))
}

/// A difference in words.
pub(super) fn difference_in_words(difference: &Difference, arrow: &str) -> String {
    let what = &difference.what;
    match (&difference.before, &difference.after) {
        (Some(before), Some(after)) => format!("{what}: {before} {arrow} {after}"),
        (None, Some(after)) => format!("{what}: new, {after}"),
        (Some(before), None) => format!("{what}: gone, was {before}"),
        (None, None) => what.clone(),
    }
}

/// How many faults of the base are gone, in words.
pub(super) fn mended(number: usize) -> String {
    format!("mends {} of the base", super::count(number, "fault"))
}
