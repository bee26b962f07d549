//! What a change does, before and after side by side.

use crate::compare::{AgentChange, Change, Difference, Direction, ScoreChange};
use crate::output::change::{differences, direction, fixed, policy_differences, worst_first};
use crate::output::html::agents::Graded;
use crate::output::html::chart::along;
use crate::output::html::shown::Shown;

/// A change, ready to be drawn.
pub(crate) struct Changes {
    pub(crate) base: Shown,
    pub(crate) verdict_before: &'static str,
    pub(crate) agents: Vec<Moved>,
    pub(crate) policy: Vec<Differing>,
    /// The rules of the errors that are fixed, in words.
    pub(crate) fixed: Option<Shown>,
}

/// An agent that the change touches.
pub(crate) struct Moved {
    pub(crate) name: Shown,
    pub(crate) path: Shown,
    pub(crate) renamed_from: Option<Shown>,
    /// Its number on the page; one that is gone has none.
    pub(crate) number: Option<usize>,
    pub(crate) before: Side,
    pub(crate) after: Side,
    pub(crate) way: Way,
    pub(crate) differences: Vec<Differing>,
}

/// How an agent stands on one side.
pub(crate) struct Side {
    pub(crate) graded: Option<Graded>,
    /// What to say where there is no score.
    pub(crate) words: &'static str,
    /// Where the score stands on a scale from 0 to 10, in thousandths.
    pub(crate) along: Option<i64>,
}

/// A difference, and which way it goes.
pub(crate) struct Differing {
    pub(crate) what: Shown,
    pub(crate) before: Option<Shown>,
    pub(crate) after: Option<Shown>,
    pub(crate) way: Way,
}

/// Which way something goes: a word for the style sheet, and a sign with its word for people.
#[derive(Clone, Copy)]
pub(crate) struct Way {
    pub(crate) class: &'static str,
    pub(crate) sign: &'static str,
    pub(crate) words: &'static str,
}

impl Way {
    const fn of(direction: Direction) -> Self {
        let (sign, words) = match direction {
            Direction::Worse => ("▲", "worse"),
            Direction::Better => ("▼", "better"),
            Direction::Other => ("•", "changed"),
        };
        Self { class: direction.name(), sign, words }
    }
}

impl Way {
    /// The same for a policy.
    const fn of_policy(direction: Direction) -> Self {
        let words = match direction {
            Direction::Worse => "looser",
            Direction::Better => "stricter",
            Direction::Other => "changed",
        };
        Self { words, ..Self::of(direction) }
    }
}

impl Side {
    const fn word(standing: ScoreChange, absent: &'static str) -> &'static str {
        match standing {
            ScoreChange::Absent => absent,
            ScoreChange::Unread => "no longer in this file",
            ScoreChange::Unscored => "no score",
            ScoreChange::Scored(..) => "",
        }
    }

    fn of(standing: ScoreChange, absent: &'static str) -> Self {
        let graded = match standing {
            ScoreChange::Scored(score, band) => Some(Graded { score, band }),
            ScoreChange::Absent | ScoreChange::Unread | ScoreChange::Unscored => None,
        };
        let words = Self::word(standing, absent);
        Self { graded, words, along: graded.map(|graded| along(graded.score)) }
    }
}

impl Changes {
    /// A change; `number` tells which agent of the page a touched one is.
    pub(crate) fn of(change: &Change, number: impl Fn(&AgentChange) -> Option<usize>) -> Self {
        let moved = |agent: &AgentChange| Moved {
            name: Shown::cut(agent.name.as_deref().unwrap_or("(no name)"), 120),
            path: Shown::line(&agent.path),
            renamed_from: agent.renamed_from.as_deref().map(Shown::line),
            number: number(agent),
            before: Side::of(agent.before, "new"),
            after: Side::of(agent.after, "removed"),
            way: Way::of(direction(agent)),
            differences: differences(agent).map(differing).collect(),
        };
        let (looser, others) = policy_differences(change);
        let of_policy = |difference: &Difference| Differing {
            way: Way::of_policy(difference.direction),
            ..differing(difference)
        };
        Self {
            base: Shown::line(&change.base.to_string()),
            verdict_before: crate::output::html::overview::verdict(change.verdict_before).0,
            agents: worst_first(change).into_iter().map(moved).collect(),
            policy: looser.into_iter().chain(others).map(of_policy).collect(),
            fixed: fixed(change).as_deref().map(Shown::line),
        }
    }
}

fn differing(difference: &Difference) -> Differing {
    let text = |text: &Option<String>| text.as_deref().map(|text| Shown::cut(text, 240));
    Differing {
        what: Shown::cut(&difference.what.replace('_', " "), 240),
        before: text(&difference.before),
        after: text(&difference.after),
        way: Way::of(difference.direction),
    }
}
