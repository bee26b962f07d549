//! What is acceptable: limits, requirements, the scale, and the level of each rule.
//!
//! A [`Policy`] in hand is a valid one: only [`read`] makes it, from a file that passed the same steps as any
//! other. Every value keeps the line it came from, so that a verdict can show what decided it.

mod builtin;
mod read;

pub use builtin::{BUILT_IN, BuiltIn, recommended};
pub use read::read;

use std::collections::BTreeMap;

use crate::decimal::Decimal;
use crate::diagnostic::{Level, Origin};
use crate::model::Factor;
use crate::pattern::{Case, DEFAULT, PathSet};
use crate::rules::Rule;
use crate::score::Band;

/// A value that a policy sets, with the line that sets it.
#[derive(Clone, Debug)]
pub struct Set<T> {
    /// The value.
    pub value: T,
    /// The line.
    pub origin: Origin,
}

/// What is checked, and what passes.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    limits: Limits,
    require: Require,
    scale: Option<Set<Scale>>,
    levels: BTreeMap<&'static str, Set<Option<Level>>>,
    include: Option<PathSet>,
    exclude: Option<PathSet>,
}

/// What passes at the most; `None` is no limit.
#[derive(Clone, Debug, Default)]
pub struct Limits {
    /// Highest AIVSS score, 0 to 10.
    pub score: Option<Set<Decimal>>,
    /// Highest severity band.
    pub severity: Option<Set<Band>>,
    /// Highest CVSS base score, 0 to 10.
    pub cvss_base: Option<Set<Decimal>>,
    /// Highest value of single factors, 0 to 1.
    pub factors: BTreeMap<Factor, Set<Decimal>>,
    /// How many layers may be uncertain.
    pub uncertain_layers: Option<Set<usize>>,
    /// How many threats may be open.
    pub open_threats: Option<Set<usize>>,
}

/// What must be given; `None` is no requirement.
#[derive(Clone, Debug, Default)]
pub struct Require {
    /// The owner.
    pub owner: Option<Set<bool>>,
    /// A rationale, from this value of a factor.
    pub rationale_from: Option<Set<Decimal>>,
    /// Evidence for a mitigation factor below 1.
    pub mitigation_evidence: Option<Set<bool>>,
    /// An approval, from this band.
    pub approval_from: Option<Set<Band>>,
    /// A review no older than this many days.
    pub review_within: Option<Set<i32>>,
}

/// Which values factors and multipliers may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    /// 0, 0.5 and 1, and the published multipliers.
    ThreePoint,
    /// Anything in range.
    Continuous,
}

impl Policy {
    /// The limits.
    pub const fn limits(&self) -> &Limits {
        &self.limits
    }

    /// The requirements.
    pub const fn require(&self) -> &Require {
        &self.require
    }

    /// The line that asks for the three-point scale, if one does.
    pub fn three_point(&self) -> Option<&Origin> {
        self.scale.as_ref().filter(|scale| scale.value == Scale::ThreePoint).map(|scale| &scale.origin)
    }

    /// The level of a rule; `None` when it is off.
    pub fn level(&self, rule: &Rule) -> Option<Level> {
        self.levels.get(rule.name).map_or(Some(rule.level), |set| set.value)
    }

    /// Whether a path, relative to the repository's root with `/` between its parts, is a threat model's by the
    /// policy's patterns.
    pub fn includes(&self, path: &str) -> bool {
        let excluded = self.exclude.as_ref().is_some_and(|exclude| exclude.matches(path));
        !excluded
            && self.include.as_ref().map_or_else(|| default_patterns().matches(path), |set| set.matches(path))
    }

    /// Lays another policy over this one: what it sets wins.
    fn overlay(&mut self, over: Self) {
        fn set<T>(under: &mut Option<T>, over: Option<T>) {
            if over.is_some() {
                *under = over;
            }
        }
        set(&mut self.limits.score, over.limits.score);
        set(&mut self.limits.severity, over.limits.severity);
        set(&mut self.limits.cvss_base, over.limits.cvss_base);
        self.limits.factors.extend(over.limits.factors);
        set(&mut self.limits.uncertain_layers, over.limits.uncertain_layers);
        set(&mut self.limits.open_threats, over.limits.open_threats);
        set(&mut self.require.owner, over.require.owner);
        set(&mut self.require.rationale_from, over.require.rationale_from);
        set(&mut self.require.mitigation_evidence, over.require.mitigation_evidence);
        set(&mut self.require.approval_from, over.require.approval_from);
        set(&mut self.require.review_within, over.require.review_within);
        set(&mut self.scale, over.scale);
        self.levels.extend(over.levels);
        set(&mut self.include, over.include);
        set(&mut self.exclude, over.exclude);
    }
}

fn default_patterns() -> &'static PathSet {
    #[expect(clippy::expect_used, reason = "the built-in patterns are compiled in every test run")]
    static PATTERNS: std::sync::LazyLock<PathSet> =
        std::sync::LazyLock::new(|| PathSet::new(DEFAULT, Case::Any).expect("built-in patterns"));
    &PATTERNS
}
