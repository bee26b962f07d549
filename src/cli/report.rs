//! `report`, `badge` and `diff`: outputs of a check whose verdict does not become the exit status.

use std::io::BufReader;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::cli::common::{
    Choice, CliError, OutputArgs, PathArgs, PolicyArgs, links, look, one_of, open_base, print_error,
    print_error_line, progress, refuse_stdin, refuse_terminal,
};
use crate::cli::files_from::FilesFromArgs;
use crate::cli::outputs::{Output, Rendering, emit, keep, with_outputs};
use crate::cli::provenance::ProvenanceArgs;
use crate::cli::run::{CheckOptions, Keep, check_tree, file_tree};
use crate::fleet::Fleet;
use crate::input_error::LINK_OUT;
use crate::output::{Badge, BadgeSubject, Figure, Format, Look, Verbosity};
use crate::report::{AgentDetail, FileReport, PageSettings, Report, Verdict};
use crate::workspace::files::{link_out, open};
use crate::workspace::git::files::Commit;
use crate::workspace::repository::Repository;
use crate::workspace::{FileTree, git};

pub(crate) const REPORT_EXAMPLES: &str = "\
Examples:
  aivss-lint report --output report.html             a page about every threat model below this folder
  aivss-lint report --base main --output report.html with the differences from main
  aivss-lint report --from rows/*.ndjson --output fleet.html
                                                     a page about many repositories, from their rows
  aivss-lint report --figure fleet > fleet.svg       a picture of all scores, for slides and READMEs

The page is one file that needs no network and no server. `check --format html` writes the same page.";

#[derive(Debug, Args)]
pub(crate) struct ReportPageArgs {
    #[command(flatten)]
    pub(crate) files: PathArgs,
    #[command(flatten)]
    policy: PolicyArgs,
    /// Compare with the merge base of HEAD and this revision
    #[arg(long, value_name = "REV")]
    base: Option<String>,
    #[command(flatten)]
    to: OutputArgs,
    /// URL prefix of links to `path#L12` [default: from GitHub or GitLab CI]
    #[arg(long, value_name = "URL")]
    links: Option<String>,
    #[command(flatten)]
    provenance: ProvenanceArgs,
    /// Title of the page [default: the name of the repository]
    #[arg(long, value_name = "TEXT")]
    title: Option<String>,
    /// Agents to show in full [default: all, above 1,000 agents those that fail]
    #[arg(long, value_name = "AGENTS", value_parser = one_of(&DETAILS))]
    detail: Option<AgentDetail>,
    /// Write a picture in place of the page
    #[arg(long, value_name = "FIGURE", value_parser = one_of(&FIGURES))]
    #[arg(conflicts_with_all = ["title", "detail", "links", "base", "format"])]
    figure: Option<Figure>,
    /// Read rows of `check --format ndjson` instead of threat models, of many repositories
    #[arg(long, value_name = "ROWS", num_args = 1..)]
    #[arg(conflicts_with_all = ["paths", "files_from", "policy", "base", "links"])]
    from: Vec<PathBuf>,
    /// Format of the report [default: html, or markdown for .md]
    #[arg(long, value_name = "FORMAT", value_parser = one_of(&FORMATS))]
    format: Option<Format>,
}

const FORMATS: [Choice<Format>; 2] = [
    ("html", "A self-contained HTML page", Format::Html),
    ("markdown", "Markdown, for job summaries", Format::Markdown),
];

const DETAILS: [Choice<AgentDetail>; 3] = [
    ("all", "All, also when printed", AgentDetail::All),
    ("failing", "Agents that fail", AgentDetail::Failing),
    ("none", "None", AgentDetail::None),
];

const FIGURES: [Choice<Figure>; 3] = [
    ("fleet", "SVG image of all scores from 0 to 10", Figure::Fleet),
    ("layers", "SVG image of the seven layers", Figure::Layers),
    ("trend", "SVG image of the days in rows of several days", Figure::Trend),
];

pub(crate) fn report(args: &ReportPageArgs, repository: &Repository) -> Result<Verdict, CliError> {
    let is_markdown = args.to.format() == Some("markdown");
    let format = args.format.unwrap_or(if is_markdown { Format::Markdown } else { Format::Html });
    if args.to.output.is_none() && format == Format::Html {
        refuse_terminal()?;
    }
    let rendering = args.figure.map_or(Rendering::Report(format), Rendering::Figure);
    let output = Output::new(rendering, args.to.output.clone());
    let is_trend = args.figure == Some(Figure::Trend);
    if is_trend && args.from.is_empty() {
        return Err(CliError::about("--figure trend", "add `--from` with rows of several days"));
    }
    if !args.from.is_empty() {
        let files = PathArgs { paths: args.from.clone(), files_from: FilesFromArgs::default() };
        let report = write_one(output, &files, &args.policy, |options| {
            let mut report = fleet_report(&options, repository);
            report.page.title.clone_from(&args.title);
            let days = report.fleet.as_ref().map_or(0, |fleet| fleet.trend.len());
            if is_trend && days < 2 && report.input_errors.is_empty() {
                return Err(CliError::about("--figure trend", "the rows are not of several days"));
            }
            Ok(report)
        })?;
        return Ok(informed(&report, true));
    }
    let report = write_one(output, &args.files, &args.policy, |options| {
        let base = open_base(args.base.as_deref(), repository.root())?;
        let provenance = args.provenance.provenance(repository);
        let options = CheckOptions { base: base.as_ref(), provenance: Some(&provenance), ..options };
        let mut report = check_tree(&options, FileTree::WorkTree(repository))?;
        report.links = links(args.links.as_deref());
        report.page = PageSettings {
            title: args.title.clone().filter(|title| !title.trim().is_empty()),
            detail: args.detail,
        };
        Ok(report)
    })?;
    let mut models = report.files.iter().filter(|file| file.is_model());
    Ok(informed(&report, models.all(FileReport::is_read)))
}

/// The report on the rows in files.
fn fleet_report(options: &CheckOptions<'_>, repository: &Repository) -> Report {
    let names: Vec<String> = options.paths.iter().map(|path| repository.shown(path)).collect();
    let (fleet, errors) = Fleet::read(&names, &|at| {
        let path = &options.paths[at];
        if link_out(path, Some(repository.root())).is_some() {
            return Err(LINK_OUT.to_owned());
        }
        Ok(Box::new(BufReader::new(open(path)?.0)))
    });
    let mut report = Report::new(options.today, options.gate);
    let mut policies = fleet.policies.iter();
    report.policy = match (policies.next(), policies.next()) {
        (Some(only), None) => only.clone(),
        _ => format!("{} policies", fleet.policies.len()),
    };
    report.input_errors = errors;
    if fleet.agents.len() < fleet.totals.agents {
        let (listed, all) = (fleet.agents.len(), fleet.totals.agents);
        report.remarks.push(format!("Of {all} agents, the worst {listed} are listed; the figures count all"));
    }
    report.counted.models = fleet.totals.agents;
    report.counted.fails = fleet.totals.failing > 0 || fleet.last_runs().any(|run| !run.passed);
    report.fleet = Some(fleet);
    report
}

pub(crate) const BADGE_EXAMPLES: &str = "\
Examples:
  aivss-lint badge --output aivss.svg                   the highest score of all agents with its band
  aivss-lint badge --subject gate --output gate.svg     the verdict of the check
  aivss-lint badge --agent 'Trip planner'               the score of one agent
  aivss-lint badge --format endpoint > badge.json       for a service that draws badges, such as shields.io

If a score cannot be computed, the badge shows that.";

#[derive(Debug, Args)]
pub(crate) struct BadgeArgs {
    #[command(flatten)]
    pub(crate) files: PathArgs,
    #[command(flatten)]
    policy: PolicyArgs,
    /// Subject of the badge
    #[arg(long, value_name = "SUBJECT", default_value = "score", value_parser = one_of(&SUBJECTS))]
    subject: BadgeSubject,
    /// The old name of `--subject`
    #[arg(long = "tells", value_name = "SUBJECT", value_parser = one_of(&SUBJECTS))]
    #[arg(hide = true, conflicts_with = "subject")]
    former_subject: Option<BadgeSubject>,
    /// Show one agent instead of all of them
    #[arg(long, value_name = "NAME")]
    agent: Option<String>,
    /// Text on the left [default: AIVSS, or aivss-lint for the gate]
    #[arg(long, value_name = "TEXT")]
    label: Option<String>,
    /// Format of the badge [default: svg, or endpoint for .json]
    #[arg(long, value_name = "FORMAT")]
    format: Option<BadgeFormat>,
    #[command(flatten)]
    to: OutputArgs,
}

const SUBJECTS: [Choice<BadgeSubject>; 2] = [
    ("score", "Highest score with its band", BadgeSubject::Score),
    ("gate", "Verdict of the check", BadgeSubject::Gate),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum BadgeFormat {
    /// SVG image
    Svg,
    /// JSON for a service that draws it
    Endpoint,
}

pub(crate) fn badge(args: &BadgeArgs, repository: &Repository) -> Result<Verdict, CliError> {
    if args.former_subject.is_some() {
        print_error("note: `--tells` is now `--subject`; the next release removes the old name\n");
    }
    let subject = args.former_subject.unwrap_or(args.subject);
    let agent = args.agent.as_deref();
    let label = args.label.clone().or_else(|| Some(format!("{} {}", subject.label(), agent?)));
    let is_json = args.to.format() == Some("json");
    let is_endpoint = args.format.map_or(is_json, |format| format == BadgeFormat::Endpoint);
    let rendering = Rendering::Badge { subject, label, is_endpoint };
    let output = Output::new(rendering, args.to.output.clone());
    let tree = FileTree::WorkTree(repository);
    let report = write_one(output, &args.files, &args.policy, |options| {
        let keep = if agent.is_some() { Keep::Models } else { options.keep };
        let mut report = check_tree(&CheckOptions { keep, ..options }, tree)?;
        match agent {
            Some(name) if !report.keep_agent(name) && report.input_errors.is_empty() => {
                Err(CliError::about("--agent", format!("no agent is named `{name}`")))
            }
            _ => Ok(report),
        }
    })?;
    Ok(informed(&report, Badge::of(&report, subject, None).is_sure()))
}

fn write_one(
    output: Output,
    files: &PathArgs,
    policy: &PolicyArgs,
    check: impl FnOnce(CheckOptions<'_>) -> Result<Report, CliError>,
) -> Result<Report, CliError> {
    let outputs = [output];
    let inputs: Vec<PathBuf> = files.paths.iter().chain(&policy.policy).cloned().collect();
    let report = with_outputs(&outputs, None, &inputs, || {
        refuse_stdin(&files.paths, "reported")?;
        check(CheckOptions {
            policy: policy.policy.as_deref(),
            progress: progress(),
            keep: keep(&outputs),
            ..CheckOptions::new(&files.paths, policy.today())
        })
    })?;
    emit(&report, &outputs, Verbosity::Everything)?;
    if let Some(file) = &outputs[0].file {
        print_error_line(&format!("wrote {}", file.display()));
    }
    for error in &report.input_errors {
        print_error_line(&format!("cannot check: {}: {error}", error.path()));
    }
    Ok(report)
}

/// The verdict of a command that informs: passed, unless something could not be checked.
fn informed(report: &Report, is_sure: bool) -> Verdict {
    if is_sure && report.verdict() != Verdict::CannotCheck { Verdict::Passed } else { Verdict::CannotCheck }
}

pub(crate) const DIFF_EXAMPLES: &str = "\
Examples:
  aivss-lint diff main                differences between the branch main and the working folder
  aivss-lint diff v1.0 v2.0           differences between two tags";

#[derive(Debug, Args)]
pub(crate) struct DiffArgs {
    /// Revision to compare with: its merge base with HEAD
    base: String,
    /// Revision to compare [default: the working folder]
    head: Option<String>,
    /// Files and folders to compare
    #[arg(long, value_name = "PATH", default_value = ".")]
    pub(crate) path: Vec<PathBuf>,
    #[command(flatten)]
    policy: PolicyArgs,
    /// Format of the differences
    #[arg(long, value_name = "FORMAT", default_value = "human", value_parser = one_of(&DIFF_FORMATS))]
    format: RenderingWith,
}

/// A rendering with its appearance, if it is for people.
type RenderingWith = fn(Look) -> Rendering;

const DIFF_FORMATS: [Choice<RenderingWith>; 3] = [
    ("human", "Text for people", Rendering::Change),
    ("json", "The whole report as JSON, for programs", |_| Rendering::Report(Format::Json)),
    ("markdown", "The whole report as Markdown, for pull request comments", |_| {
        Rendering::Report(Format::Markdown)
    }),
];

/// Returns that it passed if both sides could be compared, whatever their verdicts are.
pub(crate) fn diff(args: &DiffArgs, repository: &Repository) -> Result<Verdict, CliError> {
    let outputs = [Output::new((args.format)(look()), None)];
    let report = with_outputs(&outputs, None, &[], || compare_revisions(args, repository))?;
    emit(&report, &outputs, Verbosity::Everything)?;
    // Without a sound policy there is no change. An input error is one of the things compared.
    Ok(if report.change.is_some() { Verdict::Passed } else { Verdict::CannotCheck })
}

fn compare_revisions(args: &DiffArgs, repository: &Repository) -> Result<Report, CliError> {
    let root = repository.root();
    let head_name = args.head.as_deref().map(|head| git::with_tag(root, head));
    let base_name = git::with_tag(root, &args.base);
    let base = git::open_base(root, &base_name, head_name.as_deref().unwrap_or("HEAD"))?;
    let head = head_name.map(|head| Commit::open(root, git::resolve(root, &head)?)).transpose()?;
    let options = CheckOptions {
        policy: args.policy.policy.as_deref(),
        base: Some(&base),
        progress: progress(),
        ..CheckOptions::new(&args.path, args.policy.today())
    };
    let mut report = check_tree(&options, file_tree(repository, head.as_ref()))?;
    report.links = links(None);
    Ok(report)
}
