//! Rules in Rego: their input, their bounds, and what they answer. Only [`engine`] imports the engine.

pub mod answer;
#[cfg(feature = "rego")]
mod bounds;
#[cfg(feature = "rego")]
pub(crate) mod engine;
#[cfg(not(feature = "rego"))]
#[path = "disabled.rs"]
pub(crate) mod engine;
#[cfg(feature = "rego")]
mod format;
mod compile;
pub mod input;
#[cfg(feature = "rego")]
mod mirror;
#[cfg(feature = "rego")]
mod rules;
#[cfg(feature = "rego")]
mod safety;
#[cfg(feature = "rego")]
mod syntax;
#[cfg(feature = "rego")]
mod text;

pub use answer::{Definition, RegoAnswer, Test, TestOutcome};
pub use compile::{CompiledPolicy, RegoAnswers, RegoTests, test_modules, test_policy};
