//! wip
pub mod cli;
pub mod date;
pub mod decimal;
pub mod diagnostic;
pub mod discover;
pub mod document;
pub mod lint;
pub mod model;
pub mod pattern;
pub mod policy;
pub mod report;
pub mod rules;
pub mod schema;
pub mod score;
pub mod source;
pub mod suggest;
