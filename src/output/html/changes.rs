//! The effects of a change, before and after side by side.

use std::collections::BTreeMap;

use crate::output::change::{differences, fixed, policy_differences, policy_word, worst_first};
use crate::output::html::agents::Graded;
use crate::output::html::problems::SanitizedText;
use crate::policy::Direction;
use crate::report::{Change, Difference, NOT_SCORED, ScoreChange};
use crate::source::Position;

pub(crate) struct Changes {
    pub(crate) base: SanitizedText,
    pub(crate) verdict_before: &'static str,
    pub(crate) agents: Vec<ChangedAgent>,
    pub(crate) policy: Vec<DifferenceRow>,
    /// The rules of the errors that are fixed, in words.
    pub(crate) fixed: Option<SanitizedText>,
}

pub(crate) struct ChangedAgent {
    pub(crate) name: SanitizedText,
    pub(crate) path: SanitizedText,
    pub(crate) renamed_from: Option<SanitizedText>,
    /// Its number on the page; a removed one has none.
    pub(crate) number: Option<usize>,
    /// The scores, or the words to show if there is none.
    pub(crate) before: Result<Graded, &'static str>,
    pub(crate) after: Result<Graded, &'static str>,
    pub(crate) is_in_both: bool,
    pub(crate) way: DirectionMark,
    pub(crate) differences: Vec<DifferenceRow>,
}

pub(crate) struct DifferenceRow {
    pub(crate) what: SanitizedText,
    pub(crate) before: Option<SanitizedText>,
    pub(crate) after: Option<SanitizedText>,
    pub(crate) way: DirectionMark,
}

/// A direction as a class of the style sheet, a sign and a word.
#[derive(Clone, Copy)]
pub(crate) struct DirectionMark {
    pub(crate) class: &'static str,
    pub(crate) sign: &'static str,
    pub(crate) words: &'static str,
}

impl DirectionMark {
    const fn new(direction: Direction) -> Self {
        let (sign, words) = match direction {
            Direction::Worse => ("▲", "worse"),
            Direction::Better => ("▼", "better"),
            Direction::Other => ("•", "changed"),
        };
        Self { class: direction.name(), sign, words }
    }
}

const fn side(score: ScoreChange, absent: &'static str) -> Result<Graded, &'static str> {
    match score {
        ScoreChange::Absent => Err(absent),
        ScoreChange::Unread => Err("no longer in this file"),
        ScoreChange::NotScored => Err(NOT_SCORED),
        ScoreChange::Unscored => Err("no score"),
        ScoreChange::Scored(score, band) => Ok(Graded { score, band }),
    }
}

impl Changes {
    /// A change; `numbers` are those of the agents on the page.
    pub(crate) fn new(change: &Change, numbers: &BTreeMap<(&str, Position), usize>) -> Self {
        let agents = worst_first(change).into_iter().map(|agent| ChangedAgent {
            name: SanitizedText::cut(agent.name.as_deref().unwrap_or("(no name)"), 120),
            path: SanitizedText::line(&agent.path),
            renamed_from: agent.renamed_from.as_deref().map(SanitizedText::line),
            number: agent.position.and_then(|position| numbers.get(&(&*agent.path, position)).copied()),
            before: side(agent.before, "new"),
            after: side(agent.after, "removed"),
            is_in_both: ![agent.before, agent.after].contains(&ScoreChange::Absent),
            way: DirectionMark::new(agent.direction()),
            differences: differences(agent).into_iter().map(difference_row).collect(),
        });
        let (looser, others) = policy_differences(change);
        let policy = looser.into_iter().chain(others).map(|difference| {
            let mut row = difference_row(difference);
            if difference.direction != Direction::Other {
                row.way.words = policy_word(difference.direction);
            }
            row
        });
        Self {
            base: SanitizedText::line(change.base.to_string()),
            verdict_before: change.verdict_before.words(),
            agents: agents.collect(),
            policy: policy.collect(),
            fixed: fixed(change).map(SanitizedText::line),
        }
    }
}

fn difference_row(difference: &Difference) -> DifferenceRow {
    let [before, after] = [&difference.before, &difference.after]
        .map(|value| value.as_deref().map(|value| SanitizedText::cut(value, 240)));
    let what = SanitizedText::cut(&difference.what.replace('_', " "), 240);
    DifferenceRow { what, before, after, way: DirectionMark::new(difference.direction) }
}
