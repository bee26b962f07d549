//! The formats of a report. Each is a function of the [`Report`] and does not change the verdict. A format that cannot
//! contain all diagnostics reports the number of those that it omits.

mod attestation;
mod blocks;
mod breakdown;
mod change;
mod fleet;
mod gitlab;
mod html;
mod human;
mod json;
mod junit;
mod logs;
mod markdown;
mod markup;
mod page;
mod palette;
mod problem;
pub(crate) mod rows;
mod sarif;
mod score_table;
mod snippet;
mod summary;
pub(crate) mod text;

use std::io;

use crate::escape::{line, uri_path};
use crate::report::{Report, Verdict, count};

pub use crate::escape::{begin_line, escape_line, is_log_command, is_steering};
pub use breakdown::{Formulas, write_breakdown, write_breakdowns_json};
pub use html::{Badge, BadgeSubject, Figure, write_badge, write_badge_endpoint, write_figure};
pub use page::render_page;
pub(crate) use problem::levels_in_words;
pub use score_table::write_score_table;
pub(crate) use summary::verdict_line;
pub use text::{Tone, cut_path, painted, wrapped};

/// The formats of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// For people: each problem with its lines of source.
    Human(Look),
    /// One line per problem.
    Concise(Look),
    /// All data, for programs; `schemas/report.json` describes it.
    Json,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// Workflow commands of GitHub Actions, which become annotations.
    Github,
    /// The code quality report of GitLab.
    Gitlab,
    /// JUnit XML, for test reports.
    Junit,
    /// Markdown, for job summaries and comments on pull requests.
    Markdown,
    /// A web page.
    Html,
    /// A line of JSON per score, for query engines; `schemas/row.json` describes it.
    Ndjson,
    /// An in-toto statement about the checked files, for signatures.
    Attestation,
}

impl Format {
    /// Whether the format lists files without problems.
    pub const fn lists_all_files(self) -> bool {
        match self {
            Self::Human(_) | Self::Concise(_) | Self::Sarif | Self::Github | Self::Gitlab | Self::Ndjson => {
                false
            }
            Self::Json | Self::Junit | Self::Markdown | Self::Html | Self::Attestation => true,
        }
    }

    /// Whether the format shows the texts of files without problems.
    pub const fn reads_all_texts(self) -> bool {
        matches!(self, Self::Html)
    }

    /// Whether the format is one document, so that other text must not be printed with it.
    pub const fn is_whole(self) -> bool {
        match self {
            Self::Human(_) | Self::Concise(_) | Self::Github => false,
            Self::Json
            | Self::Sarif
            | Self::Gitlab
            | Self::Junit
            | Self::Markdown
            | Self::Html
            | Self::Ndjson
            | Self::Attestation => true,
        }
    }

    /// Whether the format shows digests of files and of the policy.
    pub(crate) const fn has_digests(self) -> bool {
        matches!(self, Self::Ndjson | Self::Attestation)
    }

    /// Whether the format shows the repository and the commit of the files.
    pub(crate) const fn has_provenance(self) -> bool {
        matches!(self, Self::Json | Self::Ndjson | Self::Html)
    }
}

/// The appearance of the human format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    /// Whether to use color.
    pub color: bool,
    /// Whether to use box-drawing characters, rather than ASCII.
    pub unicode: bool,
    /// The column to wrap text at.
    pub width: usize,
    /// Whether names of rules link to their pages.
    pub links: bool,
    /// The URL of the current folder, with a slash at its end, if paths link to their files.
    pub folder: Option<&'static str>,
    /// The parts to write besides problems and inputs that cannot be checked.
    pub beside: Verbosity,
    /// The problems to list.
    pub listing: ProblemList,
}

/// The problems that the human format lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProblemList {
    /// All.
    All,
    /// So many, first those that fail the gate.
    First(usize),
    /// None: only the number of each rule's problems.
    Statistics,
}

/// The parts of the human format besides problems and inputs that cannot be checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verbosity {
    /// The change, remarks, and the verdict.
    Everything,
    /// None.
    Nothing,
}

impl Look {
    /// The appearance in a file: no color, ASCII, 100 columns.
    pub const PLAIN: Self = Self {
        color: false,
        unicode: false,
        width: 100,
        links: false,
        folder: None,
        beside: Verbosity::Everything,
        listing: ProblemList::All,
    };
}

/// Writes the change and the verdicts before and after it, for people. Without a comparison, writes the report.
///
/// # Errors
/// The error of the writer.
pub fn write_change(report: &Report, look: Look, out: &mut dyn io::Write) -> io::Result<()> {
    let Some(change) = &report.change else { return human::write(report, look, out) };
    human::write_change(change, Some(change::new_problems(report)), look, out)?;
    let (before, after) = (change.verdict_before, report.verdict());
    let tone = if after == Verdict::Passed { Tone::Good } else { Tone::Bad };
    let words = if before == after {
        format!("{} as before", painted(after.words(), tone, look))
    } else {
        format!("{}, now {}", before.words(), painted(after.words(), tone, look))
    };
    writeln!(out, "verdict under policy {}: {words}", line(&report.policy))
}

/// Writes a report. Returns the number of diagnostics that the format cannot contain.
///
/// # Errors
/// The error of the writer.
pub fn write(report: &Report, format: Format, out: &mut dyn io::Write) -> io::Result<usize> {
    let whole = match format {
        Format::Sarif => return sarif::write(report, out),
        Format::Human(look) => human::write(report, look, out),
        Format::Concise(look) => logs::write_concise(report, look, out),
        Format::Json => json::write(report, out),
        Format::Github => logs::write_github(report, out),
        Format::Gitlab => gitlab::write(report, out),
        Format::Junit => junit::write(report, out),
        Format::Markdown => markdown::write(report, out),
        Format::Html => html::write(report, out),
        Format::Ndjson => rows::write(report, out),
        Format::Attestation => attestation::write(report, out),
    };
    whole.map(|()| 0)
}

/// The message for results that a SARIF report omits, if there are any.
pub fn left_out(number: usize) -> Option<String> {
    let results = count(number, "result");
    let message = format!(
        "{results} not listed: code scanning accepts 25,000 results and 10 MB (compressed) in a file"
    );
    (number > 0).then_some(message)
}

/// Links to lines of files.
struct Links<'r> {
    prefix: Option<&'r str>,
}

impl<'r> Links<'r> {
    /// The longest URL, in bytes, that becomes a link.
    const MAX_LENGTH: usize = 2_000;
    /// Punctuation that a prefix may contain.
    const SIGNS: &'static str = "-._~:/?@!$&'*+,;=%";

    /// Links that begin with `prefix`; none if that is not a web address.
    fn new(prefix: Option<&'r str>) -> Self {
        let prefix = prefix.filter(|prefix| {
            let is_web = prefix.starts_with("https://") || prefix.starts_with("http://");
            is_web
                && prefix.chars().all(|letter| letter.is_ascii_alphanumeric() || Self::SIGNS.contains(letter))
        });
        Self { prefix }
    }

    /// The URL of the lines from `first` to `last` of the file at `path`, relative to the repository's root.
    fn url(&self, path: &str, first: u32, last: u32) -> Option<String> {
        let lines = if first < last { format!("#L{first}-L{last}") } else { format!("#L{first}") };
        let url = format!("{}{}{lines}", self.prefix?, uri_path(path));
        (url.len() <= Self::MAX_LENGTH).then_some(url)
    }
}
