//! Severity bands.

use crate::decimal::Decimal;

/// A severity band of AIVSS, which are those of CVSS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub enum Band {
    /// 0.0
    None,
    /// 0.1 to 3.9
    Low,
    /// 4.0 to 6.9
    Medium,
    /// 7.0 to 8.9
    High,
    /// 9.0 to 10.0
    Critical,
}

impl Band {
    /// The bands, the mildest first.
    pub const ALL: [Self; 5] = [Self::None, Self::Low, Self::Medium, Self::High, Self::Critical];

    /// The band of a score. Between two bands (8.95, which no rounded score is) the lower one holds.
    pub fn of(score: Decimal) -> Self {
        let from = |tenths| score >= Decimal::new(tenths, 1);
        match () {
            () if from(90) => Self::Critical,
            () if from(70) => Self::High,
            () if from(40) => Self::Medium,
            () if from(1) => Self::Low,
            () => Self::None,
        }
    }

    /// The band's name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "None",
            Self::Low => "Low",
            Self::Medium => "Medium",
            Self::High => "High",
            Self::Critical => "Critical",
        }
    }

    /// The band with this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|band| band.name() == name)
    }
}
