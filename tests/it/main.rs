//! Everything that a user sees of the package: commands, reports, documentation and examples, from whole runs of the program.
//!
//! One binary, so that the library is linked once and all tests share the processors. What needs the repository around
//! the package (the action, the hooks, the recipes) is in `tests/repository`.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "tests use files and processes, and stop where they cannot go on"
)]

mod author;
mod base;
mod book;
mod cmd;
mod discovery;
mod editors;
mod examples;
mod exceptions;
mod first_run;
mod fix;
mod git_calls;
mod hostile;
mod html;
mod import;
mod limits;
mod migrate;
mod owners;
mod pages;
mod patches;
mod properties;
mod proven;
mod published;
mod reference;
mod rego;
mod register;
mod reports;
mod reports_runs;
mod reports_words;
mod rows;
mod risks;
mod score;
#[cfg(feature = "server")]
mod server;
mod shells;
mod staged;
mod stops;
mod terminal;
mod threads;
mod unscored;
mod verbosity;

#[path = "../support/folder.rs"]
mod folder;
#[path = "../support/git.rs"]
mod git;
#[path = "../support/program.rs"]
mod program;
