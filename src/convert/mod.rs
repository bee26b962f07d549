//! Conversions: other formats to threat models and back, and new threat models.

pub(crate) mod data;
pub mod export;
pub mod import;
mod risks;
pub(crate) mod scaffold;
pub(crate) mod yaml_text;
