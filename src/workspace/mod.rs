//! Access to files: discovery, git, reading, atomic writes; and the process around it: standard error and time limits.

#![expect(clippy::disallowed_methods, reason = "besides the command layer only this module accesses files")]

pub(crate) mod candidate;
pub(crate) mod discover;
pub(crate) mod file_tree;
pub(crate) mod files;
pub(crate) mod git;
pub(crate) mod policies;
pub(crate) mod process;
pub(crate) mod recognize;
pub(crate) mod repository;
pub(crate) mod rewritten;
pub(crate) mod search;
