//! Files of rows. They are read twice, line by line: first for the last runs, then for their agents.
//!
//! A run of a repository is known by its day and its commit. The rows of several runs on one day and commit are parts of a
//! whole, and a file that several of them contain counts once. A run on a later day takes the place of all before it,
//! whatever files it checked. The reader rejects what it does not understand: a cut or changed file must not pass.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::io::{BufRead, Read};

use serde::de::{Deserialize, DeserializeOwned, Deserializer, Error, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::aivss::{LayerKind, LayerSet};
use crate::date::Date;
use crate::decimal::Decimal;
use crate::fleet::trend::{self, RunTotals};
use crate::fleet::{ANSWERS, Fleet, FleetAgent, LastRun};
use crate::input_error::InputError;

/// The longest line, in bytes.
const MAX_LENGTH: u64 = 1024 * 1024;
/// The cause of an error if rows are not followed by that of their run.
const CUT: &str = "the last row (`run`) is missing";

/// Opens a file of rows by its place among the names.
pub(crate) type OpenRows<'o> = &'o dyn Fn(usize) -> Result<Box<dyn BufRead>, String>;

/// The last runs of each day, by repository.
pub(crate) type Runs = BTreeMap<String, BTreeMap<Date, Run>>;

#[derive(Debug)]
pub(crate) struct Run {
    commit: Option<String>,
    is_certain: bool,
    passed: bool,
    /// The numbers of the parts that contain the files, by their paths.
    files: HashMap<String, usize>,
    pub(crate) totals: RunTotals,
}

/// The columns by which a run is known.
#[derive(Clone, Debug, PartialEq, Eq)]
struct RunKey {
    repository: String,
    date: Date,
    commit: Option<String>,
}

/// A row as it is written, with its columns by their names.
struct ReadRow<'l>(BTreeMap<&'l str, &'l RawValue>);

/// The state while rows are read.
#[derive(Default)]
struct RowReader {
    fleet: Fleet,
    runs: Runs,
    errors: Vec<InputError>,
    /// The number of runs that ended.
    part: usize,
    /// The run of the rows since then.
    run: Option<RunKey>,
    /// The agent of the last rows, to which those of its findings are added.
    agent: Option<FleetAgent>,
}

impl Fleet {
    /// Reads files of rows. Returns an error for each that cannot be read to its end, and each run that was not certain.
    pub(crate) fn read(names: &[String], open: OpenRows<'_>) -> (Self, Vec<InputError>) {
        let mut reader = RowReader { runs: last_runs(names, open), ..RowReader::default() };
        for (at, name) in names.iter().enumerate() {
            let first = reader.part;
            let read = each_line(at, open, |line| reader.add(&ReadRow::parse(line)?, name));
            reader.end_agent();
            let is_whole = reader.run.take().is_none() && reader.part > first;
            let cause = read.err().or_else(|| (!is_whole).then(|| CUT.to_owned()));
            reader.errors.extend(cause.map(|cause| InputError::unreadable(name.as_str(), cause)));
        }
        let RowReader { mut fleet, runs, mut errors, .. } = reader;
        for (repository, days) in &runs {
            let last_run = days.iter().next_back();
            fleet.repositories.entry(repository.clone()).or_default().last_run =
                last_run.map(|(date, run)| LastRun { date: *date, passed: run.passed });
        }
        fleet.trend = trend::days(&runs);
        fleet.keep_worst();
        errors.sort();
        errors.dedup();
        (fleet, errors)
    }
}

impl RowReader {
    fn add(&mut self, row: &ReadRow<'_>, name: &str) -> Result<(), String> {
        let (key, kind) = (row.key(name)?, row.text("kind")?.unwrap_or_default());
        if self.run.as_ref().is_some_and(|run| *run != key) {
            return Err(format!("{CUT} before this row"));
        }
        match &*kind {
            "run" => {
                self.end_agent();
                self.run = None;
                self.part += 1;
                self.end_run(row, &key)?;
            }
            "agent" | "finding" | "file" => {
                self.add_agent(row, &key, kind == "finding")?;
                self.run = Some(key);
            }
            _ => return Err("the column `kind` has an unknown value".to_owned()),
        }
        Ok(())
    }

    /// The run of a row if it is the last of its day, and whether that is the last day.
    fn counted(&mut self, key: &RunKey) -> Option<(&mut Run, bool)> {
        let days = self.runs.get_mut(&key.repository)?;
        let is_last = days.keys().next_back() == Some(&key.date);
        days.get_mut(&key.date).filter(|run| run.commit == key.commit).map(|run| (run, is_last))
    }

    fn end_run(&mut self, row: &ReadRow<'_>, key: &RunKey) -> Result<(), String> {
        let (policy, reason) = (row.text("policy")?, row.text("reason")?);
        if self.counted(key).is_some_and(|(_, is_last)| is_last) {
            self.fleet.policies.extend(policy);
            if !row.is_certain()? {
                let reason = reason.unwrap_or_else(|| "its run was not certain".to_owned());
                self.errors.push(InputError::unreadable(key.repository.as_str(), reason));
            }
        }
        Ok(())
    }

    fn add_agent(&mut self, row: &ReadRow<'_>, key: &RunKey, is_finding: bool) -> Result<(), String> {
        let (part, path) = (self.part, row.text("path")?.unwrap_or_default());
        let agent = row.agent(&key.repository, &path)?;
        let Some((run, _)) = self.counted(key) else { return Ok(()) };
        if *run.files.entry(path).or_insert(part) != part {
            return Ok(());
        }
        match &mut self.agent {
            Some(same) if is_finding && (&same.name, &same.place) == (&agent.name, &agent.place) => {
                same.score = same.score.max(agent.score);
                same.is_unscored |= agent.is_unscored;
            }
            _ => {
                self.end_agent();
                self.agent = Some(agent);
            }
        }
        Ok(())
    }

    /// Adds the agent of the rows before.
    fn end_agent(&mut self) {
        let Some((agent, key)) = self.agent.take().zip(self.run.clone()) else { return };
        let Some((run, is_last)) = self.counted(&key) else { return };
        run.totals.add(agent.facts());
        if is_last {
            self.fleet.add(agent, &key.repository);
        }
    }
}

/// The last run of each day of each repository. Of the days before the last one, only runs that were certain count. Errors
/// are those of the second reading.
fn last_runs(names: &[String], open: OpenRows<'_>) -> Runs {
    let mut runs = Runs::new();
    for (at, name) in names.iter().enumerate() {
        let _ = each_line(at, open, |line| {
            if memchr::memmem::find(line, b"\"run\"").is_none() {
                return Ok(());
            }
            let row = ReadRow::parse(line)?;
            if row.text("kind")?.as_deref() != Some("run") {
                return Ok(());
            }
            let (RunKey { repository, date, commit }, is_certain) = (row.key(name)?, row.is_certain()?);
            let days = runs.entry(repository).or_default();
            let is_part = days.get(&date).is_some_and(|run| run.commit == commit);
            if !is_part {
                let (files, totals) = (HashMap::new(), RunTotals::default());
                days.insert(date, Run { commit, is_certain: true, passed: true, files, totals });
            }
            if let Some(run) = days.get_mut(&date) {
                run.is_certain &= is_certain;
                run.passed &= row.passes()?;
            }
            Ok(())
        });
    }
    for days in runs.values_mut() {
        let last = days.keys().next_back().copied();
        days.retain(|date, run| run.is_certain || Some(*date) == last);
    }
    runs
}

impl<'l> ReadRow<'l> {
    fn parse(line: &'l [u8]) -> Result<Self, String> {
        let row: Self = serde_json::from_slice(line).map_err(|error| format!("not a row: {error}"))?;
        match row.get::<u32>("row") {
            Ok(Some(1)) => Ok(row),
            Ok(Some(version)) => Err(format!("rows of version {version} are not supported")),
            _ => Err("not a row: the column `row` is missing".to_owned()),
        }
    }

    /// The value of a column; `None` if it is null or missing.
    fn get<T: DeserializeOwned>(&self, column: &str) -> Result<Option<T>, String> {
        let Some(value) = self.0.get(column) else { return Ok(None) };
        serde_json::from_str(value.get()).map_err(|_| unexpected(column))
    }

    fn text(&self, column: &str) -> Result<Option<String>, String> {
        self.get(column)
    }

    fn number(&self, column: &str) -> Result<usize, String> {
        // Sums of such numbers are in range.
        let number = self.get::<u32>(column)?.unwrap_or(0);
        usize::try_from(number).map_err(|_| unexpected(column))
    }

    fn date(&self, column: &str) -> Result<Option<Date>, String> {
        let text = self.text(column)?;
        text.map(|text| Date::parse(&text).ok_or_else(|| unexpected(column))).transpose()
    }

    /// The run of the row; a repository without a name has that of the file.
    fn key(&self, name: &str) -> Result<RunKey, String> {
        Ok(RunKey {
            repository: self.text("repository")?.unwrap_or_else(|| name.to_owned()),
            date: self.date("date")?.ok_or_else(|| unexpected("date"))?,
            commit: self.text("commit")?,
        })
    }

    /// Whether the verdict is that of a run that could check everything.
    fn is_certain(&self) -> Result<bool, String> {
        Ok(["passed", "failed"].map(Some).contains(&self.text("verdict")?.as_deref()))
    }

    fn passes(&self) -> Result<bool, String> {
        Ok(self.text("verdict")?.as_deref() == Some("passed"))
    }

    fn agent(&self, repository: &str, path: &str) -> Result<FleetAgent, String> {
        let score = self.0.get("score").map(|score| score.get()).filter(|score| *score != "null");
        let score = score.map(|score| Decimal::parse(score).ok()).map(|score| {
            score.filter(|score| score.within(Decimal::ZERO, Decimal::TEN)).ok_or_else(|| unexpected("score"))
        });
        let mut agent = FleetAgent {
            name: self.text("agent")?.unwrap_or_else(|| "(no name)".to_owned()),
            place: format!("{repository}: {path}"),
            owner: self.text("owner")?,
            environment: self.text("environment")?,
            tier: self.text("tier")?,
            score: score.transpose()?,
            fails: !self.passes()?,
            errors: self.number("errors")?,
            next_due: self.date("next_due")?,
            next_expiry: self.date("next_expiry")?,
            ..FleetAgent::default()
        };
        agent.is_unscored = agent.score.is_none();
        for severity in ["critical", "high", "medium", "low", "none", "unrated"] {
            agent.open += self.number(&format!("open_{severity}"))?;
        }
        for kind in LayerSet::DEFAULT.layers() {
            agent.layers.extend(self.layer(kind)?);
        }
        Ok(agent)
    }

    /// The answer for a layer with the number of its open threats, which rows of earlier versions lack.
    fn layer(&self, kind: LayerKind) -> Result<Option<(LayerKind, &'static str, usize)>, String> {
        let column = format!("layer_{}", kind.key());
        let Some(given) = self.text(&column)? else { return Ok(None) };
        let answer = ANSWERS.into_iter().find(|answer| *answer == given);
        let open = self.number(&format!("threats_{}", kind.key()))?;
        Ok(Some((kind, answer.ok_or_else(|| unexpected(&column))?, open)))
    }
}

fn unexpected(column: &str) -> String {
    format!("the column `{column}` has an unexpected value")
}

impl<'de: 'l, 'l> Deserialize<'de> for ReadRow<'l> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ColumnVisitor).map(Self)
    }
}

/// Reads the columns of a row, each of which it may have once.
struct ColumnVisitor;

impl<'de> Visitor<'de> for ColumnVisitor {
    type Value = BTreeMap<&'de str, &'de RawValue>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a row")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut columns = BTreeMap::new();
        while let Some((name, value)) = map.next_entry()? {
            if columns.insert(name, value).is_some() {
                return Err(A::Error::custom(format!("duplicate column `{name}`")));
            }
        }
        Ok(columns)
    }
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
        let read = reader.by_ref().take(MAX_LENGTH).read_until(b'\n', &mut line);
        if read.map_err(|error| error.to_string())? == 0 {
            break;
        }
        if line.len() as u64 == MAX_LENGTH {
            return Err(format!("line {number} is longer than 1 MiB"));
        }
        if !line.trim_ascii().is_empty() {
            take(&line).map_err(|cause| format!("line {number}: {cause}"))?;
        }
    }
    Ok(())
}
