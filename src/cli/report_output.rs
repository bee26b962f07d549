//! Which reports a run writes, and where to: to standard output, or each to a file of its own.

use std::env;
use std::fs;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use clap::{ArgMatches, ValueEnum};

use crate::cli::check::Arguments;
use crate::cli::gate::{CliError, Keep};
use crate::cli::{emit_to_stdout, look};
use crate::date::Date;
use crate::diagnostic::Level;
use crate::input_error::InputError;
use crate::model::{DetectedFormat, detect};
use crate::output;
use crate::output::{Format, Look, Verbosity};
use crate::policy::globs::is_default;
use crate::report::{Report, Verdict};
use crate::source::Source;
use crate::syntax;
use crate::syntax::{POLICY_MARKER, may_be_model};
use crate::workspace::discover;
use crate::workspace::watchdog;
use crate::workspace::write::{folder, refuse_link_out, replace};

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum FormatName {
    /// For people
    Human,
    /// One line a fault
    Concise,
    /// For programs, see schemas/report.json
    Json,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// Annotations in GitHub Actions
    Github,
    /// The code quality report of GitLab
    Gitlab,
    /// JUnit XML, for test reports
    Junit,
    /// For job summaries and comments on pull requests
    Markdown,
    /// A page to look at, which needs no network
    Html,
}

/// A report to be written.
#[derive(Clone, Debug)]
pub(crate) struct Output {
    format: Format,
    /// `None` for standard output.
    file: Option<PathBuf>,
    /// The category of the report, where one was asked for.
    category: Option<String>,
}

impl Output {
    /// A report on standard output.
    pub(crate) const fn printed(format: Format) -> Self {
        Self { format, file: None, category: None }
    }

    fn new(format: Format, file: Option<PathBuf>, arguments: &Arguments) -> Self {
        Self { format, file, category: arguments.category.clone() }
    }
}

/// Why a report could not be made where nothing else is known; it is in each file until the report is.
const UNFINISHED: &str = "the run ended before there was a report: its log may say why";

/// Which formats go where. Each `--output` belongs to the `--format` before it; a single one of each belong
/// together in either order.
///
/// # Errors
/// What does not fit together.
pub(crate) fn plan(arguments: &Arguments, matches: &ArgMatches) -> Result<Vec<Output>, CliError> {
    let formats = &arguments.format;
    let places = |name| matches.indices_of(name).into_iter().flatten();
    let mut files: Vec<Option<PathBuf>> = vec![None; formats.len()];
    let starts: Vec<usize> = places("format").collect();
    for (place, file) in places("output").zip(&arguments.output) {
        let before = starts.iter().rposition(|start| *start < place);
        let at = before.or_else(|| (formats.len() == 1 && arguments.output.len() == 1).then_some(0));
        let slot = at.and_then(|at| files.get_mut(at)).filter(|slot| slot.is_none());
        let Some(slot) = slot else {
            let file = file.display();
            return Err(CliError::Usage(format!(
                "--output {file}: put the --format that goes there before it"
            )));
        };
        *slot = Some(file.clone());
    }
    let mut outputs: Vec<Output> = Vec::new();
    for (name, file) in formats.iter().zip(files) {
        let is_taken = |file: &PathBuf| {
            let mut others = outputs.iter().filter_map(|other| other.file.as_ref());
            others.any(|other| is_same_file(other, file))
        };
        if let Some(file) = file.as_ref().filter(|file| is_taken(file)) {
            return Err(CliError::Usage(format!(
                "--output {}: two reports cannot share a file",
                file.display()
            )));
        }
        outputs.push(Output::new(name.format(arguments, file.is_none()), file, arguments));
    }
    if outputs.is_empty() {
        let names: &[FormatName] =
            if is_github() { &[FormatName::Human, FormatName::Github] } else { &[FormatName::Human] };
        outputs.extend(names.iter().map(|name| Output::new(name.format(arguments, true), None, arguments)));
    }
    let shown: Vec<&Output> = outputs.iter().filter(|output| output.file.is_none()).collect();
    if shown.iter().any(|output| output.format == Format::Html) {
        refuse_terminal()?;
    }
    let alone = shown.iter().any(|output| output.format.is_whole());
    if alone && shown.len() > 1 {
        let message = "two reports on standard output could not be told apart: give one of them an --output";
        return Err(CliError::Usage(message.to_owned()));
    }
    Ok(outputs)
}

/// Whether two paths lead to one file, existing or not. Names that differ in case alone are one file in some systems.
fn is_same_file(one: &Path, other: &Path) -> bool {
    let folded = |path| real_path(path).to_string_lossy().to_lowercase();
    folded(one) == folded(other) || file_id(one).is_some_and(|id| file_id(other) == Some(id))
}

/// An absolute path without links and `..`, as far as its folders exist.
fn real_path(path: &Path) -> PathBuf {
    let in_folder = || Some(folder(path).canonicalize().ok()?.join(path.file_name()?));
    let real = path.canonicalize().ok().or_else(in_folder);
    real.or_else(|| std::path::absolute(path).ok()).unwrap_or_else(|| path.to_owned())
}

/// What names of one file have in common.
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

/// Takes out an output that would replace one of the files that a run reads.
///
/// # Errors
/// Which output that is.
pub(crate) fn refuse_inputs(outputs: &mut Vec<Output>, inputs: &[PathBuf]) -> Result<(), CliError> {
    let replaced = |output: &Output| output.file.as_ref().is_some_and(|file| is_input(file, inputs));
    let Some(file) = outputs.iter().find(|output| replaced(output)).and_then(|output| output.file.clone())
    else {
        return Ok(());
    };
    outputs.retain(|output| !replaced(output));
    Err(CliError::Usage(replaces_input(&file)))
}

fn is_input(file: &Path, inputs: &[PathBuf]) -> bool {
    inputs.iter().any(|input| input.as_os_str() != "-" && is_same_file(input, file))
}

fn replaces_input(file: &Path) -> String {
    format!("--output {}: this run reads the file, and a report would replace it", file.display())
}

impl FormatName {
    fn format(self, arguments: &Arguments, to_stdout: bool) -> Format {
        match self {
            Self::Human if to_stdout => {
                Format::Human(Look { beside: arguments.beside(), ..look(arguments.streams) })
            }
            other => other.in_file(),
        }
    }

    const fn in_file(self) -> Format {
        match self {
            Self::Human => Format::Human(Look::PLAIN),
            Self::Concise => Format::Concise,
            Self::Json => Format::Json,
            Self::Sarif => Format::Sarif,
            Self::Github => Format::Github,
            Self::Gitlab => Format::Gitlab,
            Self::Junit => Format::Junit,
            Self::Markdown => Format::Markdown,
            Self::Html => Format::Html,
        }
    }
}

/// What the outputs need to be kept of the files.
pub(crate) fn keep(outputs: &[Output]) -> Keep {
    let any = |needs: fn(Format) -> bool| outputs.iter().any(|output| needs(output.format));
    if any(Format::reads_all_texts) {
        Keep::Texts
    } else if any(Format::lists_all_files) {
        Keep::Models
    } else {
        Keep::Faults
    }
}

/// Puts a report where none was, or another report; never where a threat model or a policy stands.
///
/// # Errors
/// What could not be written.
pub(crate) fn write_report(file: &Path, bytes: &[u8]) -> Result<(), CliError> {
    let stopped = |why: &str| Err(CliError::Usage(format!("--output {}: {why}", file.display())));
    if file.as_os_str() == "-" {
        return stopped("without --output a report goes to standard output (a file called `-` is `./-`)");
    }
    if is_judged(file) {
        return stopped("a threat model or a policy stands there, and a report would take its place");
    }
    match replace(file, bytes) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => stopped("there is no such folder"),
        Err(error) => stopped(&error.to_string()),
        Ok(()) => Ok(()),
    }
}

/// Whether what stands there is a threat model or a policy, or may have been meant as one.
fn is_judged(file: &Path) -> bool {
    let Ok(bytes) = discover::read(file) else { return false };
    let ending = file.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    // No report is YAML or Rego, and what is named like a threat model may be a broken one.
    let is_named = ["yaml", "yml", "rego"].iter().any(|input| ending.eq_ignore_ascii_case(input));
    if is_named || is_default(&file.to_string_lossy()) {
        return true;
    }
    let is_candidate = ["json", "md", "markdown"].iter().any(|input| ending.eq_ignore_ascii_case(input));
    let source = Source::decode(file.to_string_lossy(), bytes);
    let document = syntax::parse(&source);
    let is_read =
        |root| matches!(detect(root), DetectedFormat::Model(_)) || root.get(POLICY_MARKER).is_some();
    let is_unread = is_candidate
        && (!document.is_sound() || document.roots().next().is_none())
        && may_be_model(source.text(), source.language());
    document.roots().any(is_read) || is_unread
}

/// Stops a page from being printed where nobody could read it.
pub(crate) fn refuse_terminal() -> Result<(), CliError> {
    if io::stdout().is_terminal() {
        let message = "a page is of no use on a terminal: name a file with --output, such as report.html";
        return Err(CliError::Usage(message.to_owned()));
    }
    Ok(())
}

/// Writes all reports; those in files first, so that what is printed is the last word. One that cannot be written keeps none
/// of the others from it.
///
/// # Errors
/// What could not be written first.
pub(crate) fn emit(report: &Report, outputs: &[Output], beside: Verbosity) -> Result<(), CliError> {
    let mut written = Ok(());
    for (format, file) in files(outputs) {
        written = written.and(write_file(report, format, file));
    }
    let is_silent = beside == Verbosity::Nothing && report.verdict() == Verdict::Passed;
    for output in outputs.iter().filter(|output| output.file.is_none()) {
        if is_silent && matches!(output.format, Format::Human(_) | Format::Concise) {
            continue;
        }
        emit_to_stdout(|stdout| output::write(report, output.format, stdout).map(warn_of_left_out))?;
    }
    written
}

/// Prints a warning where a report does not list all problems.
fn warn_of_left_out(number: usize) {
    if let Some(message) = output::left_out(number) {
        let _ = writeln!(io::stderr(), "warning: SARIF report: {message}");
    }
}

fn files(outputs: &[Output]) -> impl Iterator<Item = (Format, &Path)> {
    outputs.iter().filter_map(|output| Some((output.format, output.file.as_deref()?)))
}

fn write_file(report: &Report, format: Format, file: &Path) -> Result<(), CliError> {
    let mut bytes = Vec::new();
    let left_out = output::write(report, format, &mut bytes)?;
    write_report(file, &bytes)?;
    warn_of_left_out(left_out);
    Ok(())
}

/// Replaces what is in the files for reports by the statement that there is none yet: whatever ends the run, nobody takes
/// the report of an earlier one for its own.
///
/// # Errors
/// What could not be written first.
pub(crate) fn prepare(outputs: &[Output]) -> Result<(), CliError> {
    let unfinished = stopped(UNFINISHED, category(outputs));
    let mut written = Ok(());
    for (format, file) in files(outputs) {
        let mut bytes = Vec::new();
        output::write(&unfinished, format, &mut bytes)?;
        written = written.and(prepare_file(file, &bytes));
    }
    written
}

/// Does the same for one file.
///
/// # Errors
/// What could not be written.
fn prepare_file(file: &Path, bytes: &[u8]) -> Result<(), CliError> {
    #[expect(clippy::disallowed_methods, reason = "a device or a pipe takes one report only")]
    let is_other = fs::metadata(file).is_ok_and(|metadata| !metadata.is_file());
    if is_other {
        return Ok(());
    }
    write_report(file, bytes).inspect_err(|_| {
        // Rather none than that of an earlier run, but nothing outside of the checkout is touched.
        if refuse_link_out(file).is_ok() && !is_judged(file) {
            let _ = fs::remove_file(file);
        }
    })
}

/// Writes the reason why a run came to an early stop in place of each report that was asked for. People have it from
/// standard error.
pub(crate) fn emit_stopped(error: &CliError, outputs: &[Output]) {
    let report = stopped(&error.to_string(), category(outputs));
    for (format, file) in files(outputs) {
        let _ = write_file(&report, format, file);
    }
    let printed = outputs.iter().filter(|output| output.file.is_none());
    for output in printed.filter(|output| !matches!(output.format, Format::Human(_))) {
        let _ = emit_to_stdout(|stdout| output::write(&report, output.format, stdout).map(drop));
    }
}

/// The report that is written to one file, which says so if the run comes to an early stop. `inputs` are files that the
/// run reads.
///
/// # Errors
/// What stopped the run.
pub(crate) fn reported(
    (file, inputs): (Option<&Path>, &[PathBuf]),
    write: impl Fn(&Report) -> io::Result<Vec<u8>> + Send + 'static,
    judged: impl FnOnce() -> Result<Report, CliError>,
) -> Result<Report, CliError> {
    let Some(file) = file else { return judged() };
    if is_input(file, inputs) {
        return Err(CliError::Usage(replaces_input(file)));
    }
    prepare_file(file, &write(&stopped(UNFINISHED, None))?)?;
    let output = file.to_owned();
    let write_stopped = Arc::new(Mutex::new(move |why: &str| {
        if let Ok(bytes) = write(&stopped(why, None)) {
            let _ = write_report(&output, &bytes);
        }
    }));
    let on_stop = Arc::clone(&write_stopped);
    watchdog::on_stop(move |why| on_stop.lock().unwrap_or_else(PoisonError::into_inner)(why));
    judged().inspect_err(|error| {
        write_stopped.lock().unwrap_or_else(PoisonError::into_inner)(&error.to_string());
    })
}

/// Writes the reason into each report if the process is ended from within.
pub(crate) fn emit_on_stop(outputs: &[Output]) {
    let outputs = outputs.to_vec();
    watchdog::on_stop(move |why| emit_stopped(&CliError::Usage(why.to_owned()), &outputs));
}

/// The category of all reports of a run.
fn category(outputs: &[Output]) -> Option<&str> {
    outputs.first()?.category.as_deref()
}

/// The report of a run that came to an early stop.
fn stopped(reason: &str, category: Option<&str>) -> Report {
    let mut report = Report::new(Date::today(), Level::Error);
    report.category = category.map(str::to_owned);
    report.obstacles.push(InputError::unreadable(".", reason));
    report
}

/// Writes the reports in files that a command line asks for which cannot be run, as far as they can be known.
pub(crate) fn emit_unplanned(error: &CliError) {
    let arguments = env::args_os().skip(1).map(|argument| argument.to_string_lossy().into_owned());
    let outputs = unplanned(&arguments.collect::<Vec<_>>());
    if prepare(&outputs).is_ok() {
        emit_stopped(error, &outputs);
    }
}

/// Each `--output` with the `--format` before it, or else one that is left over, or for people.
fn unplanned(arguments: &[String]) -> Vec<Output> {
    let mut formats: Vec<Option<&str>> = Vec::new();
    let mut files: Vec<(&str, Option<&str>)> = Vec::new();
    let mut rest = arguments.iter().map(String::as_str).take_while(|argument| *argument != "--");
    while let Some(argument) = rest.next() {
        let (name, value) =
            argument.split_once('=').map_or((argument, None), |(name, value)| (name, Some(value)));
        match (name, value) {
            ("--format", value) => formats.push(value.or_else(|| rest.next())),
            ("--output", value) => {
                let Some(file) = value.or_else(|| rest.next()) else { break };
                files.push((file, formats.last_mut().and_then(Option::take)));
            }
            _ => {}
        }
    }
    let left = formats.into_iter().flatten().next();
    let output = |(file, format): (&str, Option<&str>)| {
        let name = format.or(left).and_then(|format| FormatName::from_str(format, false).ok());
        let format = name.unwrap_or(FormatName::Human).in_file();
        Output { file: Some(PathBuf::from(file)), ..Output::printed(format) }
    };
    files.into_iter().map(output).collect()
}

#[expect(clippy::disallowed_methods, reason = "CI systems say through it where a run takes place")]
fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

fn is_github() -> bool {
    variable("GITHUB_ACTIONS").is_some_and(|value| value == "true")
}

/// What to put before `path#L12`: what was given, or what the CI system tells.
pub(crate) fn links(given: Option<&str>) -> Option<String> {
    let github = || {
        let (server, repository) = (variable("GITHUB_SERVER_URL")?, variable("GITHUB_REPOSITORY")?);
        Some(format!("{server}/{repository}/blob/{}/", variable("GITHUB_SHA")?))
    };
    let gitlab = || Some(format!("{}/-/blob/{}/", variable("CI_PROJECT_URL")?, variable("CI_COMMIT_SHA")?));
    given.map(str::to_owned).or_else(github).or_else(gitlab)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_for_reports_are_known_where_a_command_line_is_wrong() {
        let files = |line: &str| {
            let arguments: Vec<String> = line.split(' ').map(str::to_owned).collect();
            let outputs = unplanned(&arguments).into_iter();
            outputs
                .map(|output| format!("{:?} {}", output.format, output.file.unwrap().display()))
                .collect::<Vec<_>>()
        };
        assert_eq!(
            files("--format json --output a.json --format=sarif --output=b --nope"),
            ["Json a.json", "Sarif b"]
        );
        assert_eq!(files("--output a --format gitlab --base"), ["Gitlab a"]);
        assert_eq!(files("--format json --output a -- --output b"), ["Json a"]);
        assert!(files("--output a --format none")[0].starts_with("Human"));
        assert!(files("--format json --output").is_empty());
    }
}
