//! The standards as data and arithmetic: factors, CVSS v4.0 vectors, formulas, bands.
//!
//! This module reads no file and no tree.

mod core_risk;
pub mod cvss;
#[cfg(feature = "server")]
pub(crate) mod cvss_words;
mod factor;
mod formula;
mod layer;
mod reference;
mod v0_5;
pub(crate) mod v0_8;

pub(crate) use core_risk::{CORE_RISKS, CoreRisk, OpenRisk};
pub(crate) use factor::{Factor, is_other_spelling, letters};
pub use formula::{ALL, Band, Formula, Inputs, Working};
pub(crate) use formula::{FloatInputs, MITIGATION_LEVELS, THREAT_LEVELS, lowest};
pub(crate) use formula::{INPUT_DECIMALS, MultiplierLevel, ScoreStage, Steps, THREAT_MAX, is_multiplier};
pub(crate) use layer::{LayerKind, LayerSet, MAX_SHARED, number_of};
#[cfg(feature = "server")]
pub(crate) use reference::WEAKNESSES;
pub(crate) use reference::{ReadReference, Reference, ReferenceList, ReferenceListInfo};
