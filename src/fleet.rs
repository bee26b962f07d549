//! Rows of many repositories, put together: the agents of the last run of each repository.
//!
//! Rows are read twice, line by line: first for the last runs, then for their agents. Rows of several runs of a day on
//! one commit are parts of a whole.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, Read};

use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use crate::aivss::{Band, LayerKind, LayerSet};
use crate::decimal::Decimal;
use crate::input_error::InputError;

/// The agents that are kept one by one, the worst first.
const MOST_AGENTS: usize = 5_000;
/// The dates that are kept, the first first.
const MOST_DATES: usize = 200;
/// The longest line, in bytes.
const LONGEST: u64 = 1024 * 1024;

/// Opens a file of rows by its place among the names.
pub(crate) type OpenRows<'o> = &'o dyn Fn(usize) -> Result<Box<dyn BufRead>, String>;

/// The answers of a layer.
pub(crate) const ANSWERS: [&str; 5] = ["mapped", "uncertain", "not-applicable", "blank", "unreadable"];

#[derive(Debug, Default)]
pub(crate) struct Fleet {
    pub(crate) totals: FleetGroup,
    pub(crate) repositories: usize,
    pub(crate) owners: BTreeMap<String, FleetGroup>,
    pub(crate) environments: BTreeMap<String, FleetGroup>,
    /// The numbers of agents that fail and pass, by their worst scores.
    pub(crate) scores: BTreeMap<Decimal, [usize; 2]>,
    /// The number of agents by layer and answer.
    pub(crate) answers: BTreeMap<(LayerKind, &'static str), usize>,
    /// The worst agents: those that fail first, then the highest score.
    pub(crate) agents: Vec<FleetAgent>,
    /// Days on which a threat is due or an exception ends, with the place and the words for it.
    pub(crate) dates: BTreeSet<(String, String, &'static str)>,
    pub(crate) policies: BTreeSet<String>,
}

/// Some of the agents.
#[derive(Debug, Default)]
pub(crate) struct FleetGroup {
    pub(crate) agents: usize,
    pub(crate) failing: usize,
    pub(crate) unscored: usize,
    /// Those of them that pass.
    pub(crate) accepted: usize,
    pub(crate) open: usize,
    pub(crate) blank: usize,
    pub(crate) worst: Option<Decimal>,
    pub(crate) bands: BTreeMap<Band, usize>,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct FleetAgent {
    pub(crate) name: String,
    /// The repository and the path.
    pub(crate) place: String,
    pub(crate) owner: Option<String>,
    pub(crate) environment: Option<String>,
    pub(crate) tier: Option<String>,
    /// The worst score.
    pub(crate) score: Option<Decimal>,
    /// Whether a score is missing.
    pub(crate) is_unscored: bool,
    pub(crate) fails: bool,
    pub(crate) errors: usize,
    pub(crate) open: usize,
    pub(crate) answers: Vec<(LayerKind, &'static str)>,
    dates: [Option<String>; 2],
}

/// A row as it is written, with its columns by their names.
struct ReadRow<'l>(BTreeMap<&'l str, &'l RawValue>);

impl<'l> ReadRow<'l> {
    fn parse(line: &'l [u8]) -> Result<Self, String> {
        let row = Self(serde_json::from_slice(line).map_err(|error| format!("not a row: {error}"))?);
        match row.get::<u32>("row") {
            Some(1) => Ok(row),
            Some(version) => Err(format!("rows of version {version} are not supported")),
            None => Err("not a row: the column `row` is missing".to_owned()),
        }
    }

    fn get<T: DeserializeOwned>(&self, column: &str) -> Option<T> {
        serde_json::from_str(self.0.get(column)?.get()).ok()?
    }

    fn text(&self, column: &str) -> Option<String> {
        self.get(column)
    }

    /// The day and the commit of its run.
    fn run(&self) -> (Option<String>, Option<String>) {
        (self.text("date"), self.text("commit"))
    }

    fn agent(&self, repository: &str) -> FleetAgent {
        let path = self.text("path").unwrap_or_default();
        let answer = |kind: LayerKind| {
            let given = self.text(&format!("layer_{}", kind.key()))?;
            Some((kind, ANSWERS.into_iter().find(|answer| *answer == given)?))
        };
        let score = self.0.get("score").and_then(|score| Decimal::parse(score.get()).ok());
        let severities = ["critical", "high", "medium", "low", "none", "unrated"];
        let open = severities.map(|severity| self.get::<usize>(&format!("open_{severity}")).unwrap_or(0));
        FleetAgent {
            name: self.text("agent").unwrap_or_else(|| "(no name)".to_owned()),
            place: format!("{repository}: {path}"),
            owner: self.text("owner"),
            environment: self.text("environment"),
            tier: self.text("tier"),
            score,
            is_unscored: score.is_none(),
            fails: self.text("verdict").as_deref() != Some("passed"),
            errors: self.get("errors").unwrap_or(0),
            open: open.into_iter().fold(0, usize::saturating_add),
            answers: LayerSet::DEFAULT.layers().filter_map(answer).collect(),
            dates: [self.text("next_due"), self.text("next_expiry")],
        }
    }
}

impl Fleet {
    /// Reads files of rows. Returns an error for each that cannot be read to its end, and each run that was not certain.
    pub(crate) fn read(names: &[String], open: OpenRows<'_>) -> (Self, Vec<InputError>) {
        let (mut fleet, mut errors) = (Self::default(), Vec::new());
        let mut last: BTreeMap<String, (Option<String>, Option<String>)> = BTreeMap::new();
        for (at, name) in names.iter().enumerate() {
            let mut is_whole = false;
            let read = each_line(at, open, |line| {
                is_whole = memchr::memmem::find(line, b"\"run\"").is_some();
                if !is_whole {
                    return Ok(());
                }
                let row = ReadRow::parse(line)?;
                is_whole = row.text("kind").as_deref() == Some("run");
                let repository = row.text("repository").unwrap_or_else(|| name.clone());
                if is_whole && last.get(&repository).is_none_or(|(date, _)| *date <= row.run().0) {
                    last.insert(repository, row.run());
                }
                Ok(())
            });
            let cause =
                read.err().or_else(|| (!is_whole).then(|| "the last row (`run`) is missing".to_owned()));
            errors.extend(cause.map(|cause| InputError::unreadable(name.as_str(), cause)));
        }
        for (at, name) in names.iter().enumerate() {
            let mut current: Option<FleetAgent> = None;
            let read = each_line(at, open, |line| {
                let row = ReadRow::parse(line)?;
                let repository = row.text("repository").unwrap_or_else(|| name.clone());
                if last.get(&repository).is_some_and(|run| *run != row.run()) {
                    return Ok(());
                }
                let kind = row.text("kind").unwrap_or_default();
                if kind == "run" {
                    fleet.policies.extend(row.text("policy"));
                    let reason = row.text("reason");
                    errors.extend(reason.map(|reason| InputError::unreadable(repository.as_str(), reason)));
                    return Ok(());
                }
                let agent = row.agent(&repository);
                match &mut current {
                    Some(same)
                        if kind == "finding" && (&same.name, &same.place) == (&agent.name, &agent.place) =>
                    {
                        same.score = same.score.max(agent.score);
                        same.is_unscored |= agent.is_unscored;
                    }
                    _ => fleet.add(current.replace(agent)),
                }
                Ok(())
            });
            fleet.add(current);
            errors.extend(read.err().map(|cause| InputError::unreadable(name.as_str(), cause)));
        }
        fleet.repositories = last.len();
        fleet.keep_worst(MOST_AGENTS);
        errors.sort();
        errors.dedup();
        (fleet, errors)
    }

    fn add(&mut self, agent: Option<FleetAgent>) {
        let Some(mut agent) = agent else { return };
        self.totals.add(&agent);
        self.owners.entry(agent.owner.clone().unwrap_or_default()).or_default().add(&agent);
        self.environments.entry(agent.environment.clone().unwrap_or_default()).or_default().add(&agent);
        for answer in &agent.answers {
            *self.answers.entry(*answer).or_default() += 1;
        }
        if let Some(score) = agent.score.filter(|_| !agent.is_unscored) {
            self.scores.entry(score).or_default()[usize::from(!agent.fails)] += 1;
        }
        for (date, words) in
            std::mem::take(&mut agent.dates).into_iter().zip(["a threat is due", "an exception ends"])
        {
            self.dates.extend(date.map(|date| (date, format!("{} ({})", agent.name, agent.place), words)));
            if self.dates.len() > MOST_DATES {
                self.dates.pop_last();
            }
        }
        self.agents.push(agent);
        if self.agents.len() > 2 * MOST_AGENTS {
            self.keep_worst(MOST_AGENTS);
        }
    }

    fn keep_worst(&mut self, most: usize) {
        self.agents.sort_by(|one, other| {
            let key = |agent: &FleetAgent| Reverse((agent.fails, agent.score));
            key(one).cmp(&key(other)).then_with(|| one.place.cmp(&other.place))
        });
        self.agents.truncate(most);
    }
}

impl FleetGroup {
    fn add(&mut self, agent: &FleetAgent) {
        self.agents += 1;
        self.failing += usize::from(agent.fails);
        self.unscored += usize::from(agent.is_unscored);
        self.accepted += usize::from(agent.is_unscored && !agent.fails);
        self.open = self.open.saturating_add(agent.open);
        self.blank += agent.answers.iter().filter(|(_, answer)| is_blank(answer)).count();
        self.worst = self.worst.max(agent.score);
        if let Some(score) = agent.score.filter(|_| !agent.is_unscored) {
            *self.bands.entry(Band::of(score)).or_default() += 1;
        }
    }
}

/// Whether the answer of a layer is none.
pub(crate) fn is_blank(answer: &str) -> bool {
    ["blank", "unreadable"].contains(&answer)
}

/// Passes the lines of a file on. The first error ends it.
fn each_line(
    at: usize,
    open: OpenRows<'_>,
    mut take: impl FnMut(&[u8]) -> Result<(), String>,
) -> Result<(), String> {
    let (mut reader, mut line) = (open(at)?, Vec::new());
    for number in 1_u64.. {
        line.clear();
        let read = reader.by_ref().take(LONGEST).read_until(b'\n', &mut line);
        if read.map_err(|error| error.to_string())? == 0 {
            break;
        }
        if line.len() as u64 == LONGEST {
            return Err(format!("line {number} is longer than 1 MiB"));
        }
        if !line.trim_ascii().is_empty() {
            take(&line).map_err(|cause| format!("line {number}: {cause}"))?;
        }
    }
    Ok(())
}
