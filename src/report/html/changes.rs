//! What a change does, before and after side by side.

use super::super::change::{differences, direction, fixed, policy_differences, worst_first};
use super::agents::Graded;
use super::chart::along;
use super::shown::Shown;
use crate::change::{AgentChange, Change, Difference, Direction, Standing};

/// A change, ready to be drawn.
pub(in super::super) struct Changes {
    pub(in super::super) base: Shown,
    pub(in super::super) verdict_before: &'static str,
    pub(in super::super) agents: Vec<Moved>,
    pub(in super::super) policy: Vec<Differing>,
    /// The rules of the errors that are fixed, in words.
    pub(in super::super) fixed: Option<Shown>,
}

/// An agent that the change touches.
pub(in super::super) struct Moved {
    pub(in super::super) name: Shown,
    pub(in super::super) path: Shown,
    pub(in super::super) renamed_from: Option<Shown>,
    /// Its number on the page; one that is gone has none.
    pub(in super::super) number: Option<usize>,
    pub(in super::super) before: Side,
    pub(in super::super) after: Side,
    pub(in super::super) way: Way,
    pub(in super::super) differences: Vec<Differing>,
}

/// How an agent stands on one side.
pub(in super::super) struct Side {
    pub(in super::super) graded: Option<Graded>,
    /// What to say where there is no score.
    pub(in super::super) words: &'static str,
    /// Where the score stands on a scale from 0 to 10, in thousandths.
    pub(in super::super) along: Option<i64>,
}

/// A difference, and which way it goes.
pub(in super::super) struct Differing {
    pub(in super::super) what: Shown,
    pub(in super::super) before: Option<Shown>,
    pub(in super::super) after: Option<Shown>,
    pub(in super::super) way: Way,
}

/// Which way something goes: a word for the style sheet, and a sign with its word for people.
#[derive(Clone, Copy)]
pub(in super::super) struct Way {
    pub(in super::super) class: &'static str,
    pub(in super::super) sign: &'static str,
    pub(in super::super) words: &'static str,
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
    const fn word(standing: Standing, absent: &'static str) -> &'static str {
        match standing {
            Standing::Absent => absent,
            Standing::Unread => "no longer in this file",
            Standing::Unscored => "no score",
            Standing::Scored(..) => "",
        }
    }

    fn of(standing: Standing, absent: &'static str) -> Self {
        let graded = match standing {
            Standing::Scored(score, band) => Some(Graded { score, band }),
            Standing::Absent | Standing::Unread | Standing::Unscored => None,
        };
        let words = Self::word(standing, absent);
        Self { graded, words, along: graded.map(|graded| along(graded.score)) }
    }
}

impl Changes {
    /// A change; `number` tells which agent of the page a touched one is.
    pub(super) fn of(change: &Change, number: impl Fn(&AgentChange) -> Option<usize>) -> Self {
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
            verdict_before: super::overview::verdict(change.verdict_before).0,
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
