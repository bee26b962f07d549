//! The standards as data and arithmetic: factors, CVSS v4.0 vectors, formulas, bands.
//!
//! This module reads no file and no tree.

mod band;
pub mod cvss;
mod factor;
mod formula;
mod macro_vector;
mod v0_5;
mod v0_8;
mod v0_8_floor;

pub use band::Band;
pub(crate) use factor::letters;
pub use factor::{Factor, is_other_spelling};
pub use formula::{
    ALL, Formula, INPUT_DECIMALS, Inputs, NamedMultiplier, Stage, Steps, THREAT_MAX, Working, is_multiplier,
};
pub(crate) use formula::{FloatInputs, MITIGATION, THREAT};
