//! The finished report, and the formats it is written in. A format leaves out no diagnostic without the number of those,
//! and does not change the verdict: each is a function of the [`Report`].

mod badge;
mod breakdown;
mod breakdown_json;
pub(crate) mod change;
mod concise;
mod fingerprint;
mod github;
mod gitlab;
mod html;
mod human;
mod json;
mod junit;
mod link;
mod markdown;
mod model_json;
mod sarif;
pub mod snippet;
mod template;

pub use crate::escape::{begin_line, escape_line, is_log_command, is_steering};

use std::borrow::Cow;
use std::io;

use crate::escape::line;
use crate::report::{Report, count};
use crate::rules;

pub use badge::{Badge, BadgeSubject, write_badge, write_badge_endpoint};
pub use breakdown::{Formulas, write_breakdown};
pub use breakdown_json::write_breakdowns_json;

use crate::diagnostic::{Diagnostic, Origin};

/// The formats a report can be written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// For people: each fault with its lines of source.
    Human(Look),
    /// One line a fault.
    Concise,
    /// Everything, for programs; `schemas/report.json` describes it.
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
    /// A page to look at.
    Html,
}

impl Format {
    /// Whether the format tells of files without fault one by one.
    pub const fn lists_all_files(self) -> bool {
        match self {
            Self::Human(_) | Self::Concise | Self::Sarif | Self::Github | Self::Gitlab => false,
            Self::Json | Self::Junit | Self::Markdown | Self::Html => true,
        }
    }

    /// Whether the format shows what stands in files without fault.
    pub const fn reads_all_texts(self) -> bool {
        matches!(self, Self::Html)
    }
}

/// How the human format is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    /// With colours.
    pub color: bool,
    /// With box-drawing characters, rather than ASCII.
    pub unicode: bool,
    /// Columns to wrap text at.
    pub width: usize,
    /// Whether names of rules lead to their pages, as terminals show links.
    pub links: bool,
    /// What is written beside faults and what is in the way.
    pub beside: Verbosity,
}

/// What the human format has beside the faults.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verbosity {
    /// What a change does, remarks, and the verdict.
    Everything,
    /// Nothing.
    Nothing,
}

impl Look {
    /// As in a file: no colours, ASCII, a hundred columns.
    pub const PLAIN: Self =
        Self { color: false, unicode: false, width: 100, links: false, beside: Verbosity::Everything };
}

impl Format {
    /// Whether the format is one whole text that nothing may stand beside.
    pub const fn is_whole(self) -> bool {
        match self {
            Self::Human(_) | Self::Concise | Self::Github => false,
            Self::Json | Self::Sarif | Self::Gitlab | Self::Junit | Self::Markdown | Self::Html => true,
        }
    }
}

/// Which finding a diagnostic is about, whether it is excepted or in the base, to be put after its message.
fn asides(diagnostic: &Diagnostic) -> String {
    let finding = diagnostic.finding_shown().map(|id| format!(" (finding {})", line(id)));
    let excepted =
        diagnostic.excepted.as_ref().map(|excepted| format!(" (excepted until {})", excepted.expires));
    let known = diagnostic.known.then(|| " (in the base already)".to_owned());
    finding.into_iter().chain(excepted).chain(known).collect()
}

/// What a diagnostic says in all, a line a part and nothing in colour; paths are from the repository's root.
fn plain_text(report: &Report, diagnostic: &Diagnostic) -> String {
    let message = format!("{}{}", line(&diagnostic.message), asides(diagnostic));
    let label = diagnostic.label.as_deref().map(|label| line(label).into_owned());
    let parts = details_from_root(report, diagnostic).filter(|(word, _)| *word != "excepted");
    let parts = parts.map(|(word, text)| format!("{word}: {}", line(&text)));
    std::iter::once(message).chain(label).chain(parts).collect::<Vec<_>>().join("\n")
}

/// Why a diagnostic does not count, where it does not.
fn passes_because(report: &Report, diagnostic: &Diagnostic) -> Option<String> {
    if let Some(excepted) = &diagnostic.excepted {
        let reason = excepted.reason.trim_end_matches('.');
        return Some(format!("excepted until {}: {reason} ({})", excepted.expires, excepted.owner));
    }
    (!report.counts(diagnostic)).then(|| "in the base already".to_owned())
}

/// What stands below a fault, each with a word for it: the computation, what explains it, who decided, how to mend it.
fn details(diagnostic: &Diagnostic) -> impl Iterator<Item = (&'static str, String)> {
    details_with(diagnostic, Origin::to_string)
}

/// The same details with paths from the repository's root.
fn details_from_root(
    report: &Report,
    diagnostic: &Diagnostic,
) -> impl Iterator<Item = (&'static str, String)> {
    details_with(diagnostic, |origin| {
        Origin { file: report.root_path(&origin.file).into(), ..origin.clone() }.to_string()
    })
}

fn details_with(
    diagnostic: &Diagnostic,
    place: impl Fn(&Origin) -> String,
) -> impl Iterator<Item = (&'static str, String)> {
    let decided = diagnostic.decided_by.as_ref().map(|origin| match &*origin.text {
        "" => place(origin),
        text => format!("{}: {text}", place(origin)),
    });
    let excepted = diagnostic.excepted.as_ref().map(|excepted| {
        let (reason, owner) = (excepted.reason.trim_end_matches('.'), &excepted.owner);
        format!("{}: until {}: {reason} ({owner})", place(&excepted.origin), excepted.expires)
    });
    let details = [
        ("working", diagnostic.working.as_deref().map(str::to_owned)),
        ("note", diagnostic.note.as_deref().map(str::to_owned)),
        ("policy", decided),
        ("excepted", excepted),
        ("help", rules::remedy(diagnostic).map(Cow::into_owned)),
    ];
    details.into_iter().filter_map(|(word, text)| Some((word, text?)))
}

/// Writes what a change does and what becomes of the verdict, for people; where nothing could be compared, why.
///
/// # Errors
/// What the writer reports.
pub fn write_change(report: &Report, look: Look, out: &mut dyn io::Write) -> io::Result<()> {
    let Some(change) = &report.change else { return human::write(report, look, out) };
    change::write_change(change, look, out)?;
    let (before, after) = (change.verdict_before.name(), report.verdict().name());
    writeln!(out, "verdict under policy {}: {before}, now {after}", line(&report.policy))
}

/// Writes a report. Returns how many diagnostics are left out because the format cannot contain all of them.
///
/// # Errors
/// What the writer reports; nothing else can fail.
pub fn write(report: &Report, format: Format, out: &mut dyn io::Write) -> io::Result<usize> {
    let whole = match format {
        Format::Sarif => return sarif::write(report, out),
        Format::Human(look) => human::write(report, look, out),
        Format::Concise => concise::write(report, out),
        Format::Json => json::write(report, out),
        Format::Github => github::write(report, out),
        Format::Gitlab => gitlab::write(report, out),
        Format::Junit => junit::write(report, out),
        Format::Markdown => markdown::write(report, out),
        Format::Html => html::write(report, out),
    };
    whole.map(|()| 0)
}

/// Why results are left out of a SARIF report, where some are.
pub fn left_out(number: usize) -> Option<String> {
    (number > 0).then(|| {
        let results = count(number, "result");
        format!("{results} not listed: code scanning accepts 25000 results and 10 MB (compressed) in a file")
    })
}
