//! `diff`: what a change does to scores, layers, policy and verdict. It tells and does not judge.

use std::path::PathBuf;

use clap::Args;

use crate::cli::check::parse_date;
use crate::cli::gate::{CheckOptions, CliError, judge};
use crate::cli::progress::Progress;
use crate::cli::report_output;
use crate::cli::report_output::{Output, links};
use crate::cli::{Streams, emit_to_stdout, look};
use crate::date::Date;
use crate::output;
use crate::output::Format;
use crate::report::{Report, Verdict};
use crate::workspace::discover::Repository;
use crate::workspace::file_tree::FileTree;
use crate::workspace::git;
use crate::workspace::git::Commit;

pub(crate) const EXAMPLES: &str = "\
Examples:
  aivss-lint diff main                what the working folder does to the branch main
  aivss-lint diff v1.0 v2.0           what came between two tags

Exit codes: 0 told, 2 it cannot be told.";

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The revision to compare with: the commit at which HEAD parted from it
    base: String,

    /// The revision that the change leads to; without it the working folder
    head: Option<String>,

    /// Only what lies below these files and folders
    #[arg(long, value_name = "PATH", default_value = ".")]
    pub(crate) path: Vec<PathBuf>,

    /// A policy file, or a built-in policy: recommended, strict, permissive
    #[arg(long, value_name = "FILE|NAME")]
    policy: Option<PathBuf>,

    /// How to write it
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    format: FormatName,

    /// The day to judge by, for tests and replays
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = parse_date)]
    today: Option<Date>,

    #[command(flatten)]
    streams: Streams,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum FormatName {
    /// For people
    Human,
    /// The whole report, for programs
    Json,
    /// The whole report, for comments on pull requests
    Markdown,
}

/// Returns that it passed where both sides could be compared, whatever the verdict on them is.
pub(crate) fn run(arguments: &Arguments, repository: &Repository) -> Result<Verdict, CliError> {
    let report = judged(arguments, repository).inspect_err(|error| {
        let format = match arguments.format {
            FormatName::Human => return,
            FormatName::Json => Format::Json,
            FormatName::Markdown => Format::Markdown,
        };
        report_output::emit_stopped(error, &[Output::printed(format)]);
    })?;
    emit_to_stdout(|stdout| match arguments.format {
        FormatName::Human => output::write_change(&report, look(arguments.streams), stdout),
        FormatName::Json => output::write(&report, Format::Json, stdout).map(drop),
        FormatName::Markdown => output::write(&report, Format::Markdown, stdout).map(drop),
    })?;
    // Without a policy there is nothing to compare by; a file that cannot be judged is one of the things compared.
    Ok(if report.change.is_some() { Verdict::Passed } else { Verdict::CannotJudge })
}

fn judged(arguments: &Arguments, repository: &Repository) -> Result<Report, CliError> {
    let root = repository.root();
    let head_name = arguments.head.as_deref().map(|head| git::with_tag(root, head));
    let base_name = git::with_tag(root, &arguments.base);
    let base =
        git::open_base(root, &base_name, head_name.as_deref().unwrap_or("HEAD")).map_err(CliError::Usage)?;
    let head = head_name.as_deref().map(|head| Commit::open(root, git::resolve(root, head)?));
    let head = head.transpose().map_err(CliError::Usage)?;
    let side =
        head.as_ref().map_or(FileTree::WorkTree(repository), |commit| FileTree::Commit(repository, commit));
    let ask = CheckOptions {
        policy: arguments.policy.as_deref(),
        base: Some(&base),
        progress: Progress::for_people(),
        ..CheckOptions::of(&arguments.path, arguments.today.unwrap_or_else(Date::today))
    };
    let mut report = judge(&ask, side, |_| Ok(Vec::new()))?;
    report.links = links(None);
    Ok(report)
}
