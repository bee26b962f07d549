//! Everything that reads or writes files: discovery, git, atomic writes.

pub mod discover;
pub(crate) mod file_marker;
pub(crate) mod file_tree;
pub mod git;
pub(crate) mod links;
pub(crate) mod mute;
pub(crate) mod rewritten;
pub(crate) mod watchdog;
pub(crate) mod write;
