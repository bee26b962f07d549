//! Everything that reads or writes files: discovery, git, atomic writes.

#![expect(clippy::disallowed_methods, reason = "besides the command layer only this module accesses files")]

pub(crate) mod candidate;
pub(crate) mod discover;
pub(crate) mod file_marker;
pub(crate) mod file_tree;
pub(crate) mod git;
pub(crate) mod ignore_files;
pub(crate) mod links;
pub(crate) mod mute;
pub(crate) mod policy_files;
pub(crate) mod read;
pub(crate) mod repository;
pub(crate) mod rewritten;
pub(crate) mod watchdog;
pub(crate) mod write;
