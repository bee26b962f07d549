//! The totals of files: counts, the highest score, and whether a problem fails the gate.

use serde::Serialize;

use crate::aivss::{Band, Working};
use crate::decimal::Decimal;
use crate::diagnostic::{Diagnostic, Level};
use crate::score::ScoredModel;

/// The problems that fail a run.
#[derive(Clone, Copy, Debug)]
pub struct Gate {
    /// The lowest level that fails.
    pub fail_on: Level,
    /// Whether only problems that are not in the base fail.
    pub new_only: bool,
}

impl From<Level> for Gate {
    fn from(fail_on: Level) -> Self {
        Self { fail_on, new_only: false }
    }
}

impl Gate {
    pub(crate) const ERRORS: Self = Self { fail_on: Level::Error, new_only: false };

    /// Whether a diagnostic counts: it is neither excepted nor, with `new_only`, in the base.
    pub(crate) const fn counts(self, diagnostic: &Diagnostic) -> bool {
        diagnostic.excepted.is_none() && !(self.new_only && diagnostic.known)
    }

    pub(crate) fn fails(self, diagnostic: &Diagnostic) -> bool {
        diagnostic.level >= self.fail_on && self.counts(diagnostic)
    }
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct WorstScore {
    pub(crate) score: Decimal,
    pub(crate) severity: Band,
    /// The path of the file to show.
    path: String,
    #[serde(skip)]
    pub(crate) agent: Option<String>,
}

impl WorstScore {
    /// The highest score of a threat model in the file at this path.
    pub(crate) fn of(path: &str, scored: &ScoredModel) -> Option<Self> {
        let Working { score, band, .. } = scored.worst()?;
        let agent = scored.model.agent.name.as_ref().map(|name| name.value.to_string());
        Some(Self { score: *score, severity: *band, path: path.to_owned(), agent })
    }

    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    /// The worse of two scores; of equals the one with the first path.
    pub(crate) fn worse(self, other: Self) -> Self {
        let is_other = other.score > self.score || (other.score == self.score && other.path < self.path);
        if is_other { other } else { self }
    }
}

/// The totals of a report.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Summary {
    pub(crate) files: usize,
    pub(crate) models: usize,
    pub(crate) policies: usize,
    pub(crate) skipped: usize,
    pub(crate) errors: usize,
    pub(crate) warnings: usize,
    pub(crate) notes: usize,
    pub(crate) excepted: usize,
    pub(crate) worst: Option<WorstScore>,
    /// The number of agents without a score that the policy accepts.
    pub(crate) unscored: usize,
    /// The number of problems that do not count because the base has them.
    #[serde(skip)]
    pub(crate) in_base: usize,
    #[serde(skip)]
    pub(crate) uncomputed: usize,
    /// Whether a problem fails the gate.
    #[serde(skip)]
    pub(crate) fails: bool,
}

impl Summary {
    /// The totals of one file with threat models.
    pub(crate) fn of(name: &str, models: &[ScoredModel], problems: &[Diagnostic], gate: Gate) -> Self {
        let mut totals = Self { files: 1, models: models.len(), ..Self::default() };
        for model in models {
            totals.uncomputed += model.uncomputed;
            totals.unscored += usize::from(model.is_unscored);
        }
        let scores = models.iter().filter_map(|model| WorstScore::of(name, model));
        totals.worst = scores.reduce(WorstScore::worse);
        for problem in problems {
            totals.add_problem(problem, gate);
        }
        totals
    }

    pub(crate) fn add_problem(&mut self, problem: &Diagnostic, gate: Gate) {
        self.fails |= gate.fails(problem);
        *match problem.level {
            _ if problem.excepted.is_some() => &mut self.excepted,
            _ if !gate.counts(problem) => &mut self.in_base,
            Level::Error => &mut self.errors,
            Level::Warning => &mut self.warnings,
            Level::Note => &mut self.notes,
        } += 1;
    }

    pub(crate) fn add(&mut self, other: Self) {
        self.files += other.files;
        self.models += other.models;
        self.errors += other.errors;
        self.warnings += other.warnings;
        self.notes += other.notes;
        self.excepted += other.excepted;
        self.unscored += other.unscored;
        self.in_base += other.in_base;
        self.uncomputed += other.uncomputed;
        self.fails |= other.fails;
        self.worst = self.worst.take().into_iter().chain(other.worst).reduce(WorstScore::worse);
    }
}
