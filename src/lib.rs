//! # aivss-lint, on one page
//!
//! Text becomes a tree, the tree a model, the model scores; rules compare them with each other and with the policy
//! and leave diagnostics; a report prints them. Everything left of the report is a pure function. Everything has a
//! place. Everything that can fail the build is a rule.
//!
//! ```text
//!  arguments                                                                 stdout, files, exit code
//!      │                                                                              ▲
//!  discover ── paths ──► Source ──► document ──► model ──► score                      │
//!  (disk, git)           (text)     (tree with  (what the  (exact      ┌──────────► report
//!                                    places)     file says) decimals)  │       (human, SARIF, Markdown, …)
//!                                       │            │          │      │
//!  policy file ► Source ► document ► schema ► policy │          │      │
//!                                       │       │    │          │      │
//!                              lint():  └───────┴────┴── rules ─┴─► Diagnostic
//! ```
//!
//! | step | in → out | may it fail? |
//! |---|---|---|
//! | [`discover`] | arguments → sorted, unique paths; path → bytes | yes: an obstacle, exit 2 |
//! | [`git`] | revision → commit; path in it → bytes; what was renamed | yes: exit 2 |
//! | [`source`] | bytes → text, lines, columns | never: bytes that are no text are kept as a problem |
//! | [`document`] | text → tree and problems | never: problems are data |
//! | [`schema`] | tree → violations with places | never |
//! | [`model`] | tree → what the file says | never: absent parts are `None` |
//! | [`score`] | inputs → score with its working | never |
//! | [`policy`] | policy file → [`policy::Policy`] | a broken policy ends the run with 2 |
//! | [`rules`] | [`rules::Subject`] → diagnostics | never |
//! | [`rego_input`] | the same → what rules in Rego see | never; the rules themselves may, which is an obstacle |
//! | [`lint`] | all of that for one file | never |
//! | [`change`] | the reports on a base revision and on now → what differs, which faults are known | never |
//! | [`excerpt`] | text and diagnostics → the lines to quote | never |
//! | [`sheet`] | text → the working of its scores, and what they rest on | never: what is missing is data |
//! | [`profile`] | text → the agent, its scores' working, what its layers say, for a page | never |
//! | [`explain`] | a rule → its page | never |
//! | [`fix`] | text and the edits of its diagnostics, safe ones or suggested ones too → text | never: edits that do not fit are left |
//! | [`draft`] | what is known of a threat model → its text, with places for the rest | never |
//! | [`import`] | a report, page or record from elsewhere → a draft | yes: nothing can be made of it |
//! | [`export`] | a threat model → OWASP's report | yes: a value that has no place there |
//! | [`migrate`] | text and a version → text, and what is left to decide | never: what is not understood is left |
//! | [`patch`] | two states of a text → a unified diff | never |
//! | [`report`] | [`report::Report`] → bytes | only the writer |
//!
//! What holds everywhere:
//!
//! 1. [`lint::lint`] reads no disk, clock, environment or terminal. Only [`cli`], [`discover`] and [`git`]
//!    do.
//! 2. Parsing never fails and never panics; places lie in the text, on character boundaries.
//! 3. Rules know neither the file format, nor the version of the score, nor the format of the report.
//! 4. No module but [`score`] computes by the version a file uses; [`migrate`] changes it, [`sheet`] may put another in its
//!    place. None but [`document`] knows YAML from JSON ([`migrate`] knows braces); none but [`model`] knows our format from
//!    OWASP's, and those that lead from one to the other ([`import`], [`export`]).
//! 5. No floats in scores: numbers keep the digits of the file until they become [`decimal::Decimal`]s.
//! 6. A report format never changes the verdict. It leaves out no diagnostic without the number of those, and never all that
//!    decide the verdict. The same input gives the same bytes.
//! 7. Every rule has an example that fails and one that passes, and they are its tests.
//! 8. Exit codes: 0 passed, 1 the gate failed, 2 it could not be judged. Unsure is 2.
//! 9. Each parser, renderer and engine is imported by one file, so that it can be replaced; only `serde_json`, the
//!    common tongue of them, is not.
//! 10. What an exception covers stays in the report; nothing that was not read can be excepted or switched off.

pub mod annotations;
pub mod date;
pub mod decimal;
pub mod did_you_mean;
mod digest;
mod characters;
pub mod input_error;
pub mod source;
pub mod text_edit;

pub mod escape;

pub mod diagnostic;
pub mod diff;

pub mod aivss;
pub mod syntax;

pub mod model;
pub mod schema;

pub mod policy;
pub mod score;

pub mod rego;
pub mod rules;

pub mod explain;
pub mod fix;
pub mod lint;
pub mod policy_audit;
pub mod policy_test;
pub mod report;

pub mod compare;

pub mod convert;
pub mod output;

pub mod workspace;

pub mod cli;
