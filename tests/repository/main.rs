//! Everything that the package does not contain: the action, the recipes for CI systems, the wheel.
//!
//! Not on Windows, where `bash` may be another system's. There the action is run by its own workflow.
#![cfg(unix)]
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "tests use files and processes, and stop where they cannot go on"
)]

mod action;
mod address;
mod architecture;
mod events;
mod packaging;
mod recipes;
mod sarif_size;
mod workflows;

#[path = "../support/git.rs"]
mod git;
#[path = "action/runner.rs"]
mod runner;
