//! The data of a comparison with a base revision. [`crate::compare`] computes it.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Serialize, Serializer};

use crate::aivss::Band;
use crate::decimal::Decimal;
use crate::input_error::Revision;
use crate::policy::Direction;
use crate::report::{NOT_SCORED, Verdict};
use crate::source::Position;

/// The names of the differences that a removed mitigation makes worse.
pub(crate) const MITIGATION: &str = "mitigation factor";
pub(crate) const PROVEN: &str = "proven score";

/// The effects of a change on agents and on the policy.
#[derive(Debug, Serialize)]
pub struct Change {
    /// The revision it is compared with.
    pub base: Revision,
    /// The verdict on the base, by the policy that applies to the change.
    pub verdict_before: Verdict,
    /// The agents that were added, changed, renamed or removed, in the order of their paths.
    pub agents: Vec<AgentChange>,
    /// The changed settings of the policy.
    pub policy: Vec<Difference>,
    /// The rules of the errors that only the base has, with their number.
    pub fixed: BTreeMap<String, usize>,
}

/// The effects of a change on one agent.
#[derive(Debug, Serialize)]
pub struct AgentChange {
    /// The path of the threat model to show; for a removed one, its path in the base.
    pub path: String,
    /// The beginning of the threat model, unless it was removed.
    #[serde(rename = "line", serialize_with = "line")]
    pub position: Option<Position>,
    /// The path in the base, if it differs.
    pub renamed_from: Option<String>,
    /// The agent's name.
    pub name: Option<String>,
    /// Its score in the base.
    pub before: ScoreChange,
    /// Its score now.
    pub after: ScoreChange,
    /// All differences, the score and the band first.
    pub differences: Vec<Difference>,
}

impl AgentChange {
    /// Whether the agent was removed and is in no other file.
    pub const fn is_gone(&self) -> bool {
        matches!(self.after, ScoreChange::Absent | ScoreChange::Unread)
    }

    /// The direction of the change, by the score alone.
    pub fn direction(&self) -> Direction {
        let ScoreChange::Scored(before, _) = self.before else { return Direction::Other };
        match self.after {
            ScoreChange::Scored(after, _) if after < before => Direction::Better,
            ScoreChange::Scored(after, _) if after == before => Direction::Other,
            ScoreChange::Scored(..)
            | ScoreChange::NotScored
            | ScoreChange::Unscored
            | ScoreChange::Unread => Direction::Worse,
            ScoreChange::Absent => Direction::Other,
        }
    }
}

#[expect(clippy::ref_option, reason = "the signature that serde calls")]
fn line<S: Serializer>(position: &Option<Position>, serializer: S) -> Result<S::Ok, S::Error> {
    position.map(|position| position.line).serialize(serializer)
}

/// The score of an agent in one of two revisions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScoreChange {
    /// The agent does not exist.
    Absent,
    /// The file exists and does not contain the agent.
    Unread,
    /// The agent has no score.
    NotScored,
    /// The agent has no score that can be computed.
    Unscored,
    /// Its highest score.
    Scored(Decimal, Band),
}

impl fmt::Display for ScoreChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent => f.write_str("absent"),
            Self::Unread => f.write_str("not in its file"),
            Self::NotScored => f.write_str(NOT_SCORED),
            Self::Unscored => f.write_str("no score"),
            Self::Scored(score, band) => write!(f, "{score} {}", band.name()),
        }
    }
}

impl Serialize for ScoreChange {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct SideJson {
            state: &'static str,
            score: Option<Decimal>,
            severity: Option<Band>,
        }
        let (state, score, severity) = match *self {
            Self::Absent => ("absent", None, None),
            Self::Unread => ("unread", None, None),
            Self::NotScored | Self::Unscored => ("unscored", None, None),
            Self::Scored(score, band) => ("scored", Some(score), Some(band)),
        };
        SideJson { state, score, severity }.serialize(serializer)
    }
}

/// A difference between two states of a threat model or of a policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// The subject, such as `layer foundation_models`.
    pub what: String,
    /// The value in the base, if there was one.
    pub before: Option<String>,
    /// The value now, if there is one.
    pub after: Option<String>,
    /// Whether the risk grows.
    pub direction: Direction,
}

impl Difference {
    /// Whether it removes a mitigation or the evidence for one.
    pub fn drops_mitigation(&self) -> bool {
        let is_threat = self.is_about("threat in ") && self.before.is_some();
        self.direction == Direction::Worse
            && (is_threat || self.is_about(MITIGATION) || self.is_about(PROVEN))
    }

    fn is_about(&self, what: &str) -> bool {
        self.what.starts_with(what) || self.what.contains(&format!(": {what}"))
    }
}
