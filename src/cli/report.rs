//! `report`: the page to look at, alone. It shows and does not judge.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::Args;

use crate::cli::check::parse_date;
use crate::cli::emit_to_stdout;
use crate::cli::gate::{CheckOptions, CliError, Keep, judge};
use crate::cli::lint_files::refuse_stdin;
use crate::cli::progress::Progress;
use crate::cli::report_output;
use crate::cli::report_output::{links, refuse_terminal, write_report};
use crate::date::Date;
use crate::output;
use crate::output::{Format, escape_line};
use crate::report::{FileReport, Report, Verdict};
use crate::workspace::discover::Repository;
use crate::workspace::file_tree::FileTree;
use crate::workspace::git;
use crate::workspace::git::Commit;

pub(crate) const EXAMPLES: &str = "\
Examples:
  aivss-lint report --output report.html             a page about every threat model below this folder
  aivss-lint report --base main --output report.html with what the change against main moves

The page is one file that needs no network and no server. `check --format html` writes the same and judges.

Exit codes: 0 written, whatever the verdict on it is, 2 something could not be read or judged, as the page says.";

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) asked: Asked,

    /// Compare with a git revision: with the commit at which HEAD parted from it
    #[arg(long, value_name = "REV")]
    base: Option<String>,

    /// The file to write; without it the page goes to standard output
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,

    /// What to put before `path#L12` to link to a line; known in GitHub and GitLab CI
    #[arg(long, value_name = "URL")]
    links: Option<String>,
}

/// What is looked at, and by which policy.
#[derive(Debug, Args)]
pub(crate) struct Asked {
    /// Files and folders with threat models; without any, this folder
    #[arg(value_name = "PATH", default_value = ".", hide_default_value = true)]
    pub(crate) paths: Vec<PathBuf>,

    /// A policy file, or a built-in policy: recommended, strict, permissive
    #[arg(long, value_name = "FILE|NAME")]
    policy: Option<PathBuf>,

    /// The day to judge by, for tests and replays
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = parse_date)]
    today: Option<Date>,
}

impl Asked {
    /// The files that are named to be read.
    pub(crate) fn inputs(&self) -> Vec<PathBuf> {
        self.paths.iter().chain(&self.policy).cloned().collect()
    }

    /// The report on it.
    pub(crate) fn judged(
        &self,
        base: Option<&Commit>,
        keep: Keep,
        repository: &Repository,
    ) -> Result<Report, CliError> {
        refuse_stdin(&self.paths, "looked at")?;
        let ask = CheckOptions {
            policy: self.policy.as_deref(),
            base,
            progress: Progress::for_people(),
            keep,
            ..CheckOptions::of(&self.paths, self.today.unwrap_or_else(Date::today))
        };
        judge(&ask, FileTree::WorkTree(repository), |_| Ok(Vec::new()))
    }
}

pub(crate) fn run(arguments: &Arguments, repository: &Repository) -> Result<Verdict, CliError> {
    if arguments.output.is_none() {
        refuse_terminal()?;
    }
    let write = |report: &Report| {
        let mut page = Vec::new();
        output::write(report, Format::Html, &mut page)?;
        Ok(page)
    };
    let place = (arguments.output.as_deref(), &*arguments.asked.inputs());
    let report = report_output::reported(place, write, || judged(arguments, repository))?;
    let is_read = report.files.iter().filter(|file| file.is_model()).all(FileReport::is_read);
    write_temp(&write(&report)?, arguments.output.as_deref(), &report, is_read)
}

fn judged(arguments: &Arguments, repository: &Repository) -> Result<Report, CliError> {
    let root = repository.root();
    let base = arguments.base.as_deref().map(|asked| git::open_base(root, asked, "HEAD"));
    let base = base.transpose().map_err(|message| CliError::Usage(format!("--base: {message}")))?;
    let mut report = arguments.asked.judged(base.as_ref(), Keep::Texts, repository)?;
    report.links = links(arguments.links.as_deref());
    Ok(report)
}

/// Writes what was made of a report. What could not be judged is in it, and the exit code says so, too: for
/// obstacles, and where what was made is not sure.
pub(crate) fn write_temp(
    bytes: &[u8],
    output: Option<&Path>,
    report: &Report,
    is_sure: bool,
) -> Result<Verdict, CliError> {
    let mut said = String::new();
    match output {
        Some(file) => {
            write_report(file, bytes)?;
            said.push_str(&format!("wrote {}\n", escape_line(&file.display().to_string())));
        }
        None => emit_to_stdout(|stdout| stdout.write_all(bytes))?,
    }
    for error in &report.obstacles {
        said.push_str(&format!(
            "cannot judge: {}: {}\n",
            escape_line(error.path()),
            escape_line(&error.to_string())
        ));
    }
    // A closed stream leaves nobody to tell.
    let _ = io::stderr().write_all(said.as_bytes());
    Ok(match report.verdict() {
        Verdict::Passed | Verdict::Failed if is_sure => Verdict::Passed,
        _ => Verdict::CannotJudge,
    })
}
