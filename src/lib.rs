//! A linter for the threat models of AI agents: their OWASP AIVSS scores, MAESTRO's seven layers, and a policy.
//!
//! Text becomes a tree, the tree a model, the model scores. Rules compare them with each other and with the policy, and
//! report diagnostics. An output prints them, and a fix edits text. A page of prose becomes a tree, too ([`page`]).
//!
//! ```text
//!                    ┌──────────────────────── lint() ────────────────────────┐
//! arguments          │                                                        │      stdout, files,
//!     │              │                                                        │      exit status
//!     ▼              │                                                        │            ▲
//! workspace ─► Source ─► syntax ─► model ─► score ─┐                          │            │
//! (disk, git)        │   (tree)   (facts) (numbers) ├─► rules ─► Diagnostic ──┼─► report ─► output
//!     └──────► policy file ─► Policy ──────────────┘                          │      ▲
//!                    └────────────────────────────────────────────────────────┘      │
//!                                                     compare (base and head) ───────┘
//! ```
//!
//! `cli` calls `workspace` for files, [`lint::lint`] for each of them, and `output` for the report. For a check with a
//! base it lints both sides, and [`compare`] pairs their models. `report --from` puts rows of earlier runs together in
//! `fleet`, which `output` shows on the same page. `server` lints what an editor sends.
//!
//! The modules below are in import order: each imports only modules above it. A test checks that.
//!
//! # Invariants
//!
//! 1. [`lint::lint`] reads no clock, environment or terminal, and files only through [`lint::LintContext::load`]. Only
//!    [`workspace`], [`cli`] and `server` do.
//! 2. Parsing never fails and never panics. Spans lie in the text, on character boundaries.
//! 3. Rules know neither the file format, nor the version of the score, nor the output format. `version-outdated`, which
//!    edits text, is the exception.
//! 4. Only [`aivss`] computes by version. Only [`syntax`] knows YAML from JSON. Only [`model`] and [`convert`] know the
//!    native format from OWASP's.
//! 5. Scores contain no floats: numbers keep the digits of the file until they become [`decimal::Decimal`]s.
//! 6. An output never changes the verdict. It drops no diagnostic without the number of dropped ones, and none that
//!    decides the verdict. The same input gives the same bytes, for any number of threads.
//! 7. Every rule has an example that fails and one that passes, which are its tests.
//! 8. Exit status: 0 passed, 1 problems found, 2 could not run. If a verdict is not certain, it is 2.
//! 9. Each parser, renderer and engine is imported by one module, so that it can be replaced. `serde_json` is the exception.
//! 10. An excepted problem stays in the report. An input that was not read cannot be excepted.

pub mod date;
pub mod decimal;
mod digest;
mod likeness;
pub mod source;

pub mod escape;
pub mod text_edit;

pub mod diagnostic;
pub mod diff;

pub mod aivss;

pub mod syntax;

pub mod page;

pub mod file_kind;
pub mod schema;

pub mod input_error;

pub mod model;

pub mod policy;
pub mod score;

pub mod rego;

pub mod rules;

pub mod lint;

mod fleet;

pub mod explain;
pub mod fix;
pub mod policy_audit;
pub mod policy_test;
pub mod report;

pub mod compare;

pub mod convert;
pub mod output;

mod workspace;

#[cfg(feature = "server")]
pub mod server;

pub mod cli;
