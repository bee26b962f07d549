//! Rows of many repositories, put together: the agents of the last run of each repository, and the days before.

mod read;
mod trend;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use crate::aivss::{Band, LayerKind};
use crate::date::Date;
use crate::decimal::Decimal;

pub(crate) use trend::TrendDay;

/// The agents that are kept one by one, the worst first.
const MAX_AGENTS: usize = 5_000;
/// The dates that are kept, the first first.
const MAX_DATES: usize = 200;

/// The answers of a layer.
pub(crate) const ANSWERS: [&str; 5] = ["mapped", "uncertain", "not-applicable", "blank", "unreadable"];

#[derive(Debug, Default)]
pub(crate) struct Fleet {
    pub(crate) totals: FleetGroup,
    /// The agents by repository, by owner and by environment.
    pub(crate) repositories: BTreeMap<String, FleetGroup>,
    pub(crate) owners: BTreeMap<String, FleetGroup>,
    pub(crate) environments: BTreeMap<String, FleetGroup>,
    /// The numbers of agents that fail and pass, by their highest scores.
    pub(crate) scores: BTreeMap<Decimal, [usize; 2]>,
    pub(crate) layers: BTreeMap<LayerKind, LayerTotals>,
    /// The worst agents: those that fail first, then the highest score.
    pub(crate) agents: Vec<FleetAgent>,
    /// Days on which a threat is due or an exception ends, with the place and the words for it.
    pub(crate) dates: BTreeSet<(Date, String, &'static str)>,
    pub(crate) policies: BTreeSet<String>,
    /// The days on which a repository was checked, the first first.
    pub(crate) trend: Vec<TrendDay>,
}

/// Some of the agents.
#[derive(Clone, Debug, Default)]
pub(crate) struct FleetGroup {
    /// The last run, if they are those of a repository.
    pub(crate) last_run: Option<LastRun>,
    pub(crate) agents: usize,
    pub(crate) failing: usize,
    /// Those without a score, and those of them that the policy accepts.
    pub(crate) unscored: usize,
    pub(crate) accepted: usize,
    pub(crate) open: usize,
    pub(crate) blank: usize,
    pub(crate) worst: Option<Decimal>,
    pub(crate) bands: BTreeMap<Band, usize>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct LastRun {
    pub(crate) date: Date,
    /// Whether it passed; a run can fail by a problem of no agent.
    pub(crate) passed: bool,
}

/// The parts of an agent that a group counts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AgentFacts {
    /// The highest known score.
    pub(crate) score: Option<Decimal>,
    /// Whether a score is missing, and whether the policy accepts that.
    pub(crate) is_unscored: bool,
    pub(crate) is_accepted: bool,
    pub(crate) fails: bool,
    pub(crate) open: usize,
    pub(crate) blank: usize,
}

/// The answers for a layer by their order in [`ANSWERS`], its open threats, and the agents that have some.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct LayerTotals {
    pub(crate) answers: [usize; 5],
    pub(crate) open: usize,
    pub(crate) agents: usize,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct FleetAgent {
    pub(crate) name: String,
    /// The repository and the path.
    pub(crate) place: String,
    pub(crate) owner: Option<String>,
    pub(crate) environment: Option<String>,
    pub(crate) tier: Option<String>,
    /// The highest score.
    pub(crate) score: Option<Decimal>,
    /// Whether a score is missing.
    pub(crate) is_unscored: bool,
    pub(crate) fails: bool,
    pub(crate) errors: usize,
    pub(crate) open: usize,
    /// The answers with the numbers of open threats.
    pub(crate) layers: Vec<(LayerKind, &'static str, usize)>,
    next_due: Option<Date>,
    next_expiry: Option<Date>,
}

impl Fleet {
    fn add(&mut self, agent: FleetAgent, repository: &str) {
        let facts = agent.facts();
        self.totals.add(facts);
        self.repositories.entry(repository.to_owned()).or_default().add(facts);
        self.owners.entry(agent.owner.clone().unwrap_or_default()).or_default().add(facts);
        self.environments.entry(agent.environment.clone().unwrap_or_default()).or_default().add(facts);
        for (kind, answer, open) in &agent.layers {
            self.layers.entry(*kind).or_default().add(answer, *open);
        }
        if let Some(score) = facts.known_score() {
            self.scores.entry(score).or_default()[usize::from(!agent.fails)] += 1;
        }
        for (date, words) in [(agent.next_due, "a threat is due"), (agent.next_expiry, "an exception ends")] {
            self.dates.extend(date.map(|date| (date, format!("{} ({})", agent.name, agent.place), words)));
            if self.dates.len() > MAX_DATES {
                self.dates.pop_last();
            }
        }
        self.agents.push(agent);
        if self.agents.len() > 2 * MAX_AGENTS {
            self.keep_worst();
        }
    }

    fn keep_worst(&mut self) {
        self.agents.sort_by(|one, other| {
            let key = |agent: &FleetAgent| Reverse((agent.fails, agent.score));
            key(one).cmp(&key(other)).then_with(|| one.place.cmp(&other.place))
        });
        self.agents.truncate(MAX_AGENTS);
    }

    /// The last runs of the repositories.
    pub(crate) fn last_runs(&self) -> impl Iterator<Item = LastRun> {
        self.repositories.values().filter_map(|group| group.last_run)
    }
}

impl FleetGroup {
    /// The number of agents of a band.
    pub(crate) fn of_band(&self, band: Band) -> usize {
        self.bands.get(&band).copied().unwrap_or(0)
    }

    pub(crate) fn add(&mut self, facts: AgentFacts) {
        self.agents += 1;
        self.failing += usize::from(facts.fails);
        self.unscored += usize::from(facts.is_unscored);
        self.accepted += usize::from(facts.is_accepted);
        self.open += facts.open;
        self.blank += facts.blank;
        self.worst = self.worst.max(facts.score);
        if let Some(score) = facts.known_score() {
            *self.bands.entry(Band::of(score)).or_default() += 1;
        }
    }
}

impl AgentFacts {
    /// The highest score, if none is missing.
    fn known_score(&self) -> Option<Decimal> {
        self.score.filter(|_| !self.is_unscored)
    }
}

impl LayerTotals {
    pub(crate) fn add(&mut self, answer: &str, open: usize) {
        if let Some(at) = ANSWERS.iter().position(|one| *one == answer) {
            self.answers[at] += 1;
        }
        self.open += open;
        self.agents += usize::from(open > 0);
    }
}

impl FleetAgent {
    fn facts(&self) -> AgentFacts {
        AgentFacts {
            score: self.score,
            is_unscored: self.is_unscored,
            is_accepted: self.is_unscored && !self.fails,
            fails: self.fails,
            open: self.open,
            blank: self.layers.iter().filter(|(_, answer, _)| is_blank(answer)).count(),
        }
    }
}

/// Whether the answer of a layer is none.
pub(crate) fn is_blank(answer: &str) -> bool {
    ["blank", "unreadable"].contains(&answer)
}
