//! The days of many repositories: on each day, every repository has its last run until then.

use std::collections::BTreeMap;

use crate::date::Date;
use crate::decimal::Decimal;
use crate::fleet::AgentFacts;
use crate::fleet::read::Runs;

/// A day on which a repository was checked.
#[derive(Clone, Debug)]
pub(crate) struct TrendDay {
    pub(crate) date: Date,
    pub(crate) repositories: usize,
    pub(crate) agents: usize,
    /// The highest and the median of the agents' scores.
    pub(crate) highest: Option<Decimal>,
    pub(crate) median: Option<Decimal>,
    pub(crate) open: usize,
    pub(crate) blank: usize,
}

/// The sums of one run.
#[derive(Debug, Default)]
pub(crate) struct RunTotals {
    agents: usize,
    scores: Vec<Decimal>,
    open: usize,
    blank: usize,
}

impl RunTotals {
    pub(crate) fn add(&mut self, facts: AgentFacts) {
        self.agents += 1;
        self.scores.extend(facts.score);
        self.open += facts.open;
        self.blank += facts.blank;
    }
}

/// The days of all runs, the first first.
pub(crate) fn days(runs: &Runs) -> Vec<TrendDay> {
    // By day, the totals that change, with those before.
    let mut changes: BTreeMap<Date, Vec<(Option<&RunTotals>, &RunTotals)>> = BTreeMap::new();
    for runs in runs.values() {
        let mut before = None;
        for (date, run) in runs {
            changes.entry(*date).or_default().push((before.replace(&run.totals), &run.totals));
        }
    }
    let (mut days, mut scores) = (Vec::new(), BTreeMap::new());
    let (mut repositories, mut agents, mut open, mut blank) = (0, 0, 0, 0);
    for (date, changed) in changes {
        for (before, run) in changed {
            repositories += usize::from(before.is_none());
            (agents, open, blank) = (agents + run.agents, open + run.open, blank + run.blank);
            for score in &run.scores {
                *scores.entry(*score).or_insert(0) += 1;
            }
            let Some(before) = before else { continue };
            (agents, open, blank) = (agents - before.agents, open - before.open, blank - before.blank);
            for score in &before.scores {
                scores.entry(*score).and_modify(|number| *number -= 1);
            }
        }
        scores.retain(|_, number: &mut usize| *number > 0);
        let highest = scores.keys().next_back().copied();
        days.push(TrendDay { date, repositories, agents, highest, median: median(&scores), open, blank });
    }
    days
}

/// The median of scores with their numbers.
fn median(scores: &BTreeMap<Decimal, usize>) -> Option<Decimal> {
    let all: usize = scores.values().sum();
    let at = |place: usize| {
        let mut left = place;
        for (score, number) in scores {
            match left.checked_sub(*number) {
                Some(rest) => left = rest,
                None => return Some(*score),
            }
        }
        None
    };
    Some((at(all.checked_sub(1)? / 2)? + at(all / 2)?).halved())
}
