//! The reports that a run writes: to standard output, or each to its own file. Whatever ends a run, each file contains a
//! report that says so.

use std::fs;
use std::io::{self, Write};
use std::panic::{self, AssertUnwindSafe};
use std::path::{Path, PathBuf};

use clap::{ArgMatches, Args};

use crate::cli::common::{
    Choice, CliError, FAILED, chosen, emit_to_stdout, error_look, format_of, look, one_of, parse_category,
    print_error, refuse_terminal, variable,
};
use crate::cli::help::OUTPUT;
use crate::cli::rows::RowSink;
use crate::cli::run::Keep;
use crate::date::Date;
use crate::diagnostic::Level;
use crate::input_error::InputError;
use crate::model::{DetectedFormat, detect};
use crate::output::{self, Badge, BadgeSubject, Figure, Format, Look, ProblemList, Verbosity};
use crate::page;
use crate::report::{Report, Verdict};
use crate::source::{Source, is_default};
use crate::syntax::{POLICY_MARKER, may_be_model};
use crate::workspace::files::{folder, read, refuse_link_out, replace};
use crate::workspace::process::on_stop;

#[derive(Debug, Args)]
#[command(next_help_heading = OUTPUT)]
pub(crate) struct ReportArgs {
    /// Report format; repeatable [default: human, in GitHub Actions also github]
    #[arg(short, long, value_name = "FORMAT", value_parser = one_of(&FORMATS))]
    format: Vec<FormatWith>,
    /// Write to FILE, in the preceding --format or its extension's
    #[arg(short, long, value_name = "FILE")]
    output: Vec<PathBuf>,
    /// Print the number of problems by rule instead of the problems
    #[arg(long)]
    statistics: bool,
    /// Problems to print, or `all` [default: 50 on a terminal, else all]
    #[arg(long, value_name = "COUNT", value_parser = parse_most)]
    max_problems: Option<usize>,
    /// Category of SARIF reports and Markdown comments, for several runs in one workflow
    #[arg(long, value_name = "NAME", value_parser = parse_category)]
    pub(crate) category: Option<String>,
    /// Print problems only, and nothing if the check passes; reports in files stay complete
    #[arg(short, long, conflicts_with = "verbose")]
    pub(crate) quiet: bool,
}

/// The problems that are printed on a terminal.
const MAX_SHOWN: usize = 50;

fn parse_most(text: &str) -> Result<usize, &'static str> {
    if text == "all" { Ok(usize::MAX) } else { text.parse().map_err(|_| "expected a number or `all`") }
}

/// A format with its appearance, if it is for people.
pub(crate) type FormatWith = fn(Look) -> Format;

pub(crate) const FORMATS: [Choice<FormatWith>; 11] = [
    ("human", "Text for people", Format::Human),
    ("concise", "One line per problem", Format::Concise),
    ("json", "JSON for programs, see schemas/report.json", |_| Format::Json),
    ("sarif", "SARIF 2.1.0, for code scanning", |_| Format::Sarif),
    ("github", "Annotations in GitHub Actions", |_| Format::Github),
    ("gitlab", "Code quality report of GitLab", |_| Format::Gitlab),
    ("junit", "JUnit XML, for test reports", |_| Format::Junit),
    ("markdown", "Markdown, for job summaries and pull request comments", |_| Format::Markdown),
    ("html", "A self-contained HTML page", |_| Format::Html),
    ("ndjson", "A row per score, for query engines, see schemas/row.json", |_| Format::Ndjson),
    ("attestation", "An in-toto statement about the checked files, to sign", |_| Format::Attestation),
];

#[derive(Clone, Debug)]
pub(crate) enum Rendering {
    Report(Format),
    /// The change alone, for people.
    Change(Look),
    /// A picture of all agents.
    Figure(Figure),
    Badge {
        subject: BadgeSubject,
        label: Option<String>,
        is_endpoint: bool,
    },
}

#[derive(Clone, Debug)]
pub(crate) struct Output {
    pub(crate) rendering: Rendering,
    /// `None` for standard output.
    pub(crate) file: Option<PathBuf>,
    /// The place of rows, which are written during the run if it has no base.
    pub(crate) rows: Option<RowSink>,
}

/// The reason in each file until its report is complete.
const UNFINISHED: &str = "the run ended before its report was complete; see its log";

impl Output {
    pub(crate) fn new(rendering: Rendering, file: Option<PathBuf>) -> Self {
        let has_rows = matches!(rendering, Rendering::Report(Format::Ndjson));
        let rows = has_rows.then(|| RowSink::new(file.as_deref()));
        Self { rendering, file, rows }
    }

    const fn format(&self) -> Option<Format> {
        if let Rendering::Report(format) = self.rendering { Some(format) } else { None }
    }

    /// Renders a report; returns the number of problems that the format leaves out.
    fn render(&self, report: &Report, out: &mut dyn Write) -> io::Result<usize> {
        match &self.rendering {
            Rendering::Report(format) => return output::write(report, *format, out),
            Rendering::Change(look) => output::write_change(report, *look, out)?,
            Rendering::Figure(figure) => output::write_figure(report, *figure, out)?,
            Rendering::Badge { subject, label, is_endpoint } => {
                let badge = Badge::of(report, *subject, label.as_deref());
                if *is_endpoint {
                    output::write_badge_endpoint(&badge, out)?;
                } else {
                    output::write_badge(&badge, out)?;
                }
            }
        }
        Ok(0)
    }

    fn write(&self, report: &Report) -> Result<(), CliError> {
        if let Some(finished) = self.rows.as_ref().and_then(|rows| rows.finish(report)) {
            return finished.or_else(|error| match &self.file {
                // A closed pipe (`| head`) is not an error.
                None if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
                None => Err(error.into()),
                Some(_) => Err(refused(self, &error.to_string())),
            });
        }
        let mut left_out = 0;
        if let Some(file) = &self.file {
            let mut bytes = Vec::new();
            left_out = self.render(report, &mut bytes)?;
            write_report(file, &bytes)?;
        } else {
            emit_to_stdout(|stdout| self.render(report, stdout).map(|number| left_out = number))?;
            // The lines themselves are for programs.
            if let Rendering::Report(Format::Concise(Look { beside: Verbosity::Everything, .. })) =
                self.rendering
            {
                print_error(&(output::verdict_line(report, error_look()) + "\n"));
            }
        }
        if let Some(message) = output::left_out(left_out) {
            print_error(&format!("warning: SARIF report: {message}\n"));
        }
        Ok(())
    }

    /// Whether the report of a run that ended early has a place on standard output: people read the reason on standard
    /// error.
    const fn prints_failure(&self) -> bool {
        matches!(self.format(), Some(format) if !matches!(format, Format::Human(_)))
    }

    fn is_one_of(&self, files: &[PathBuf]) -> bool {
        let Some(file) = &self.file else { return false };
        files.iter().any(|other| other.as_os_str() != "-" && is_same_file(other, file))
    }
}

impl ReportArgs {
    pub(crate) const fn verbosity(&self) -> Verbosity {
        if self.quiet { Verbosity::Nothing } else { Verbosity::Everything }
    }

    fn output(&self, format: FormatWith, file: Option<PathBuf>) -> Output {
        let look = if file.is_some() { Look::PLAIN } else { Look { beside: self.verbosity(), ..look() } };
        let is_human = matches!(format(look), Format::Human(_));
        let most = self.max_problems.unwrap_or(if look.unicode && is_human { MAX_SHOWN } else { usize::MAX });
        let listing = match most {
            _ if self.statistics => ProblemList::Statistics,
            usize::MAX => ProblemList::All,
            most => ProblemList::First(most),
        };
        Output::new(Rendering::Report(format(Look { listing, ..look })), file)
    }

    /// Returns the outputs. Each `--output` belongs to the `--format` before it; a single one of each belong together in
    /// either order. The extension of one without a `--format` before it selects its format.
    pub(crate) fn outputs(&self, matches: &ArgMatches) -> Result<Vec<Output>, CliError> {
        let mut outputs = Vec::new();
        for (format, file) in self.formats(matches)? {
            let output = self.output(format, file);
            let taken = outputs.iter().filter_map(|other: &Output| other.file.clone());
            if output.is_one_of(&taken.collect::<Vec<_>>()) {
                return Err(refused(&output, "two reports cannot share a file"));
            }
            outputs.push(output);
        }
        if outputs.is_empty() {
            outputs.push(self.output(Format::Human, None));
            if variable("GITHUB_ACTIONS").is_some_and(|value| value == "true") {
                outputs.push(self.output(|_| Format::Github, None));
            }
        }
        let printed = outputs.iter().filter(|output| output.file.is_none());
        let printed: Vec<Format> = printed.filter_map(Output::format).collect();
        if printed.contains(&Format::Html) {
            refuse_terminal()?;
        }
        if printed.len() > 1 && printed.into_iter().any(Format::is_whole) {
            return Err("cannot print two reports to standard output: add --output to one of them".into());
        }
        Ok(outputs)
    }

    fn formats(&self, matches: &ArgMatches) -> Result<Vec<(FormatWith, Option<PathBuf>)>, CliError> {
        let indices: Vec<usize> = matches.indices_of("format").into_iter().flatten().collect();
        let is_single = indices.len() == 1 && self.output.len() == 1;
        let mut formats: Vec<_> = self.format.iter().map(|format| (*format, None)).collect();
        for (index, file) in matches.indices_of("output").into_iter().flatten().zip(&self.output) {
            let before = indices.iter().rposition(|format| *format < index).or(is_single.then_some(0));
            let output = Some(file.clone());
            match (before, format_of(file).and_then(|name| chosen(&FORMATS, name))) {
                (Some(at), _) if formats[at].1.is_none() => formats[at].1 = output,
                (None, Some(format)) => formats.push((format, output)),
                (before, _) => {
                    let why = if before.is_none() { "its extension selects no format; " } else { "" };
                    return Err(
                        format!("--output {}: {why}put its --format before it", file.display()).into()
                    );
                }
            }
        }
        Ok(formats)
    }
}

fn refused(output: &Output, message: &str) -> CliError {
    let file = output.file.as_deref().unwrap_or(Path::new("-"));
    format!("--output {}: {message}", file.display()).into()
}

/// Whether two paths lead to one file, existing or not. On some systems, names that differ only in case are one file.
fn is_same_file(one: &Path, other: &Path) -> bool {
    folded(one) == folded(other) || file_id(one).is_some_and(|id| file_id(other) == Some(id))
}

/// An absolute path without links and `..`, as far as its folders exist, in lower case.
fn folded(path: &Path) -> String {
    let real = path.canonicalize().ok();
    let real = real.or_else(|| Some(folder(path).canonicalize().ok()?.join(path.file_name()?)));
    let real = real.or_else(|| std::path::absolute(path).ok());
    real.as_deref().unwrap_or(path).to_string_lossy().to_lowercase()
}

/// The identity of a file, which all its names share.
#[cfg(unix)]
#[expect(clippy::disallowed_methods, reason = "a file can have several names")]
fn file_id(path: &Path) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;
    fs::metadata(path).ok().map(|metadata| (metadata.dev(), metadata.ino()))
}

#[cfg(not(unix))]
fn file_id(_path: &Path) -> Option<(u64, u64)> {
    None
}

/// The data that the outputs need about files.
pub(crate) fn keep(outputs: &[Output]) -> Keep {
    let formats: Vec<Format> = outputs.iter().filter_map(Output::format).collect();
    if !formats.is_empty() && formats.iter().all(|format| *format == Format::Ndjson) {
        Keep::Counts
    } else if formats.iter().any(|format| format.reads_all_texts()) {
        Keep::Texts
    } else if formats.iter().any(|format| format.lists_all_files())
        || outputs.iter().any(|output| matches!(output.rendering, Rendering::Figure(_)))
    {
        Keep::Models
    } else {
        Keep::Problems
    }
}

/// Whether a format of the outputs has a property.
pub(crate) fn any_format(outputs: &[Output], property: fn(Format) -> bool) -> bool {
    outputs.iter().filter_map(Output::format).any(property)
}

/// Runs a check whose outputs contain a report from the beginning: the reason, if the run ends early or panics. `inputs`
/// are files that the run reads.
pub(crate) fn with_outputs(
    outputs: &[Output],
    category: Option<&str>,
    inputs: &[PathBuf],
    run: impl FnOnce() -> Result<Report, CliError>,
) -> Result<Report, CliError> {
    let (replacing, outputs): (Vec<Output>, Vec<Output>) =
        outputs.iter().cloned().partition(|output| output.is_one_of(inputs));
    if let Some(output) = replacing.first() {
        let error = refused(output, "the run reads this file, and a report would replace it");
        write_failure(&error.0, &outputs, category);
        return Err(error);
    }
    prepare(&outputs, category).inspect_err(|error| write_failure(&error.0, &outputs, category))?;
    let (stopped_outputs, stopped_category) = (outputs.clone(), category.map(str::to_owned));
    on_stop(move |reason| {
        write_failure(reason, &stopped_outputs, stopped_category.as_deref());
    });
    let report = panic::catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|_| Err(FAILED.into()));
    report.inspect_err(|error| write_failure(&error.0, &outputs, category))
}

/// Writes all reports, those in files first. An output that cannot be written does not prevent the others.
pub(crate) fn emit(report: &Report, outputs: &[Output], verbosity: Verbosity) -> Result<(), CliError> {
    let mut written = Ok(());
    for output in outputs.iter().filter(|output| output.file.is_some()) {
        written = written.and(output.write(report));
    }
    let is_silent = verbosity == Verbosity::Nothing && report.verdict() == Verdict::Passed;
    for output in outputs.iter().filter(|output| output.file.is_none()) {
        let is_text = matches!(output.rendering, Rendering::Report(Format::Human(_) | Format::Concise(_)));
        if !(is_silent && is_text) {
            output.write(report)?;
        }
    }
    written
}

/// Writes the report that the run is unfinished to each file, so that an earlier report cannot pass for a new one.
pub(crate) fn prepare(outputs: &[Output], category: Option<&str>) -> Result<(), CliError> {
    let unfinished = failure_report(UNFINISHED, category);
    let mut written = Ok(());
    for output in outputs {
        let Some(file) = &output.file else { continue };
        #[expect(clippy::disallowed_methods, reason = "a device or a pipe takes one report only")]
        if fs::metadata(file).is_ok_and(|metadata| !metadata.is_file()) {
            continue;
        }
        let result = output.write(&unfinished);
        // Without a new report the old one must go, but nothing outside of the checkout is touched.
        if result.is_err() && refuse_link_out(file).is_ok() && !is_input_file(file) {
            let _ = fs::remove_file(file);
        }
        written = written.and(result);
    }
    written
}

pub(crate) fn write_failure(reason: &str, outputs: &[Output], category: Option<&str>) {
    let report = failure_report(reason, category);
    for output in outputs.iter().filter(|output| output.file.is_some() || output.prints_failure()) {
        let _ = output.write(&report);
    }
}

fn failure_report(reason: &str, category: Option<&str>) -> Report {
    let mut report = Report::new(Date::today(), Level::Error);
    report.category = category.map(str::to_owned);
    report.input_errors.push(InputError::unreadable(".", reason));
    report
}

/// Writes a report where no file or another report exists, never over a threat model or a policy.
fn write_report(file: &Path, bytes: &[u8]) -> Result<(), CliError> {
    let subject = format!("--output {}", file.display());
    if file.as_os_str() == "-" {
        let message = "reports without --output go to standard output (a file named `-` is `./-`)";
        return Err(CliError::about(subject, message));
    }
    if is_input_file(file) {
        return Err(CliError::about(subject, "the file is a threat model or a policy (not overwritten)"));
    }
    replace(file, bytes).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => CliError::about(subject, "no such folder"),
        _ => CliError::about(subject, error),
    })
}

/// Whether a file is a threat model or a policy, or a broken one.
fn is_input_file(file: &Path) -> bool {
    let Ok(bytes) = read(file) else { return false };
    let extension = file.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    let extension = extension.to_ascii_lowercase();
    // No report is YAML or Rego. A file named like a threat model can be a broken one.
    if ["yaml", "yml", "rego"].contains(&&*extension) || is_default(&file.to_string_lossy()) {
        return true;
    }
    let source = Source::decode(file.to_string_lossy(), bytes);
    let document = page::parse(&source);
    let is_unparsed = !document.is_sound() || document.roots().next().is_none();
    let is_broken = is_unparsed && ["json", "md", "markdown"].contains(&&*extension);
    let is_input =
        |root| matches!(detect(root), DetectedFormat::Model(_)) || root.get(POLICY_MARKER).is_some();
    document.roots().any(is_input) || is_broken && may_be_model(source.text(), source.language())
}
