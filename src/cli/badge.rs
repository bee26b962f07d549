//! `badge`: a picture for a README, of the worst score or of the gate's answer.

use std::path::PathBuf;

use clap::Args;

use crate::cli::gate::{CliError, Keep};
use crate::cli::report::{Asked, write_temp};
use crate::cli::report_output;
use crate::output::{Badge, BadgeSubject, write_badge, write_badge_endpoint};
use crate::report::{Report, Verdict};
use crate::workspace::discover::Repository;

pub(crate) const EXAMPLES: &str = "\
Examples:
  aivss-lint badge --output aivss.svg                   the worst score of all agents with its band
  aivss-lint badge --tells gate --output gate.svg       whether the gate passes
  aivss-lint badge --format endpoint > badge.json       for a service that draws badges, as shields.io does

A badge is never better than what is known: with a score that cannot be computed it says so.

Exit codes: 0 written, whatever it tells, 2 something could not be judged or computed, as the badge says.";

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) asked: Asked,

    /// What the badge tells
    #[arg(long, value_name = "WHAT", default_value = "score")]
    tells: BadgeSubjectName,

    /// The words on the left [default: AIVSS, or aivss-lint for the gate]
    #[arg(long, value_name = "TEXT")]
    label: Option<String>,

    /// How to write it
    #[arg(long, value_name = "FORMAT", default_value = "svg")]
    format: FormatName,

    /// The file to write; without it the badge goes to standard output
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum BadgeSubjectName {
    /// The worst score with its band
    Score,
    /// The gate's answer
    Gate,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum FormatName {
    /// A picture
    Svg,
    /// JSON for a service that draws it
    Endpoint,
}

pub(crate) fn run(arguments: &Arguments, repository: &Repository) -> Result<Verdict, CliError> {
    let tells = match arguments.tells {
        BadgeSubjectName::Score => BadgeSubject::Score,
        BadgeSubjectName::Gate => BadgeSubject::Gate,
    };
    let (label, format) = (arguments.label.clone(), arguments.format);
    let badge = move |report: &Report| Badge::of(report, tells, label.as_deref());
    let badge_to_write = badge.clone();
    let write = move |report: &Report| {
        let mut written = Vec::new();
        match format {
            FormatName::Svg => write_badge(&badge_to_write(report), &mut written)?,
            FormatName::Endpoint => write_badge_endpoint(&badge_to_write(report), &mut written)?,
        }
        Ok(written)
    };
    let judged = || arguments.asked.judged(None, Keep::Faults, repository);
    let place = (arguments.output.as_deref(), &*arguments.asked.inputs());
    let report = report_output::reported(place, write.clone(), judged)?;
    write_temp(&write(&report)?, arguments.output.as_deref(), &report, badge(&report).is_sure())
}
