//! Options, streams and errors that several commands share.

use std::ffi::OsStr;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::{env, fmt};

use anstream::stream::RawStream;
use anstream::{AutoStream, ColorChoice};
use clap::builder::{ArgPredicate, PossibleValue, PossibleValuesParser, StringValueParser, TypedValueParser};
use clap::{Arg, Args, Command};
use supports_hyperlinks::Stream;

use crate::cli::files_from::FilesFromArgs;
use crate::cli::help::{OUTPUT, POLICY};
use crate::date::Date;
use crate::escape::uri_path;
use crate::output::text::messages;
use crate::output::{Look, begin_line, escape_line};
use crate::rules::{self, Rule};
use crate::source::Source;
use crate::workspace::files::{create, read_bounded};
use crate::workspace::git;
use crate::workspace::git::files::Commit;
use crate::workspace::parallel::Progress;
use crate::workspace::repository::Repository;

#[derive(Debug, Args)]
pub(crate) struct PathArgs {
    /// Files and folders with threat models
    #[arg(value_name = "PATH", default_value = ".")]
    #[arg(default_value_if("files_from", ArgPredicate::IsPresent, None))]
    pub(crate) paths: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) files_from: FilesFromArgs,
}

#[derive(Debug, Args)]
pub(crate) struct PolicyArgs {
    /// Policy file or built-in policy: recommended, strict, permissive, layers-only
    ///
    /// Default: aivss-policy.yaml in the repository's root or in its .github, else recommended.
    #[arg(long, value_name = "FILE|NAME", help_heading = POLICY)]
    pub(crate) policy: Option<PathBuf>,
    /// Date to use as today, for tests and replays
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = parse_date, help_heading = POLICY)]
    today: Option<Date>,
}

impl PolicyArgs {
    pub(crate) fn today(&self) -> Date {
        self.today.unwrap_or_else(Date::today)
    }
}

#[derive(Debug, Args)]
pub(crate) struct OutputArgs {
    /// Write to FILE instead of standard output
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

impl OutputArgs {
    /// The name of the format that the file's extension selects.
    pub(crate) fn format(&self) -> Option<&'static str> {
        format_of(self.output.as_deref()?)
    }
}

/// The name of the format that the extension of a report's file selects; `None` if several formats share it.
pub(crate) fn format_of(file: &Path) -> Option<&'static str> {
    let name = file.file_name()?.to_str()?.to_ascii_lowercase();
    let mut parts = name.rsplit('.');
    match (parts.next()?, parts.next()?) {
        ("sarif", _) | ("json", "sarif") => Some("sarif"),
        ("json", _) => Some("json"),
        ("xml", _) => Some("junit"),
        ("md" | "markdown", _) => Some("markdown"),
        ("html" | "htm", _) => Some("html"),
        ("ndjson" | "jsonl", _) => Some("ndjson"),
        _ => None,
    }
}

fn parse_date(text: &str) -> Result<Date, &'static str> {
    Date::parse(text).ok_or("expected a date as YYYY-MM-DD")
}

pub(crate) fn parse_days(text: &str) -> Result<i32, &'static str> {
    let days = text.strip_suffix('d').unwrap_or(text).parse().ok().filter(|days| *days >= 0);
    days.ok_or("expected a number of days as 30d")
}

/// Parses a category: it is part of an identifier in SARIF, where its last `/` ends it, and of an HTML comment, which `--`
/// can end.
pub(crate) fn parse_category(text: &str) -> Result<String, &'static str> {
    const MAX_LENGTH: usize = 100;
    let is_plain = text.chars().all(|letter| letter.is_ascii_alphanumeric() || "._:/=+@ -".contains(letter));
    let is_whole = text.trim() == text && !text.contains("--") && !text.ends_with(['/', '-']);
    if text.is_empty() || text.len() > MAX_LENGTH || !is_plain || !is_whole {
        return Err(
            "expected up to 100 letters, digits, spaces and `._:/=+@-`, without `--`, and without `/` or `-` at the end",
        );
    }
    Ok(text.to_owned())
}

/// Finds a rule by its present or a former name, with a note about a former one.
pub(crate) fn find_rule(name: &str) -> Option<&'static Rule> {
    if let Some(note) = rules::NAMES.renamed(name) {
        print_error(&format!("note: {note}\n"));
    }
    rules::resolve(name)
}

/// A name that an option takes, with its help and its value.
pub(crate) type Choice<T> = (&'static str, &'static str, T);

/// Parses one of several names, which help and shell completions list.
pub(crate) fn one_of<T: Clone + Send + Sync + 'static>(
    choices: &'static [Choice<T>],
) -> impl TypedValueParser<Value = T> {
    let names = choices.iter().map(|(name, help, _)| PossibleValue::new(*name).help(*help));
    PossibleValuesParser::new(names).try_map(|given| chosen(choices, &given).ok_or("unknown name"))
}

/// The value with this name.
pub(crate) fn chosen<T: Clone>(choices: &[Choice<T>], given: &str) -> Option<T> {
    choices.iter().find(|(name, ..)| *name == given).map(|(.., value)| value.clone())
}

/// Parses the name of a rule. Shells complete known names; the command itself reports an unknown one.
#[derive(Clone, Debug)]
pub(crate) struct RuleName;

impl TypedValueParser for RuleName {
    type Value = String;

    fn parse_ref(
        &self,
        command: &Command,
        argument: Option<&Arg>,
        value: &OsStr,
    ) -> Result<String, clap::Error> {
        StringValueParser::new().parse_ref(command, argument, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(rules::ALL.into_iter().map(|rule| PossibleValue::new(rule.name).help(rule.summary))))
    }
}

/// The message of an error that ends a run before a report exists.
#[derive(Debug)]
pub(crate) struct CliError(pub(crate) String);

impl<E: fmt::Display> From<E> for CliError {
    fn from(error: E) -> Self {
        Self(error.to_string())
    }
}

impl CliError {
    pub(crate) fn about(subject: impl fmt::Display, message: impl fmt::Display) -> Self {
        Self(format!("{subject}: {message}"))
    }
}

#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct ColorArgs {
    /// When to use colors
    #[arg(long, value_name = "WHEN", default_value = "auto", global = true, help_heading = OUTPUT)]
    color: Color,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Color {
    /// On a terminal, unless `NO_COLOR` is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

impl ColorArgs {
    /// Applies the choice to both streams of the process.
    pub(crate) fn apply(self) {
        match self.color {
            Color::Auto => {}
            Color::Always => ColorChoice::Always.write_global(),
            Color::Never => ColorChoice::Never.write_global(),
        }
    }
}

/// The appearance of text on standard output.
pub(crate) fn look() -> Look {
    let stdout = io::stdout();
    look_on(&stdout, Stream::Stdout)
}

/// The appearance of messages on standard error.
pub(crate) fn error_look() -> Look {
    look_on(&io::stderr(), Stream::Stderr)
}

fn look_on(stream: &impl RawStream, name: Stream) -> Look {
    let color = AutoStream::choice(stream) != ColorChoice::Never;
    let width = terminal_size::terminal_size().map_or(100, |(width, _)| usize::from(width.0));
    let links = color && supports_hyperlinks::on(name);
    let unicode = stream.is_terminal();
    let folder = (links && unicode).then(current_folder).flatten();
    Look { color, unicode, width: width.clamp(40, 140), links, folder, ..Look::PLAIN }
}

/// The URL of the current folder, which the paths of messages are relative to.
fn current_folder() -> Option<&'static str> {
    static URL: OnceLock<Option<String>> = OnceLock::new();
    let url = URL.get_or_init(|| {
        #[expect(clippy::disallowed_methods, reason = "links need whole paths")]
        let folder = env::current_dir().ok()?;
        let path = folder.to_str()?.replace('\\', "/");
        Some(format!("file:///{}/", uri_path(path.trim_matches('/'))))
    });
    url.as_deref()
}

/// Writes to standard output in one go. A closed pipe (`| head`) is not an error and does not change the verdict.
pub(crate) fn emit_to_stdout(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let mut out = io::BufWriter::with_capacity(64 * 1024, io::stdout().lock());
    match write(&mut out).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}

pub(crate) fn print(text: &str) -> io::Result<()> {
    emit_to_stdout(|stdout| stdout.write_all(text.as_bytes()))
}

/// Prints messages to standard output, a line each.
pub(crate) fn print_messages(lines: &str) -> io::Result<()> {
    print(&messages(lines, look()))
}

/// Prints messages to standard error, a line each. A closed stream is not an error.
pub(crate) fn print_error(lines: &str) {
    let _ = io::stderr().write_all(messages(lines, error_look()).as_bytes());
}

/// Prints a line that can quote files or arguments to standard error.
pub(crate) fn print_error_line(line: &str) {
    print_error(&(escape_line(line) + "\n"));
}

/// Refuses HTML on a terminal.
pub(crate) fn refuse_terminal() -> Result<(), CliError> {
    if io::stdout().is_terminal() {
        return Err("cannot show a page on a terminal: name a file with --output, such as report.html".into());
    }
    Ok(())
}

/// The paths, with a name in the place of `-`.
pub(crate) fn named_paths(paths: &[PathBuf], stdin: &str) -> Vec<PathBuf> {
    paths.iter().map(|path| if path.as_os_str() == "-" { stdin.into() } else { path.clone() }).collect()
}

pub(crate) fn without_stdin(paths: &[PathBuf]) -> Vec<PathBuf> {
    paths.iter().filter(|path| path.as_os_str() != "-").cloned().collect()
}

pub(crate) fn refuse_stdin(paths: &[PathBuf], done: &str) -> Result<(), CliError> {
    if paths.iter().any(|path| path.as_os_str() == "-") {
        let message = format!("standard input cannot be {done}: name a file (a file named `-` is `./-`)");
        return Err(message.into());
    }
    Ok(())
}

pub(crate) fn read_stdin(paths: &[PathBuf]) -> Option<Result<Vec<u8>, String>> {
    #[expect(clippy::disallowed_methods, reason = "the user asked for it with `-`")]
    paths.iter().any(|path| path.as_os_str() == "-").then(|| read_bounded(io::stdin().lock()))
}

pub(crate) fn read_source(path: &Path, repository: &Repository) -> Result<Source, CliError> {
    let name = repository.shown(path);
    let bytes = repository.read(path).map_err(|message| CliError::about(&name, message))?;
    Ok(Source::decode(name, bytes))
}

pub(crate) fn open_base(base: Option<&str>, root: &Path) -> Result<Option<Commit>, CliError> {
    let commit = base.map(|base| git::open_base(root, base, "HEAD")).transpose();
    commit.map_err(|message| CliError::about("--base", message))
}

/// Writes a new file, or prints the text to standard output; returns the printable name of the file. Each remark becomes
/// a line about `subject` on standard error.
pub(crate) fn write_output(
    text: &str,
    output: Option<&Path>,
    subject: &str,
    remarks: &[String],
    repository: &Repository,
) -> Result<Option<String>, CliError> {
    let name = output.map(|output| write_new(output, text, repository)).transpose()?;
    if name.is_none() {
        print(text)?;
    }
    print_remarks(subject, remarks);
    Ok(name)
}

/// Prints remarks about a file to standard error, a line each.
pub(crate) fn print_remarks(subject: &str, remarks: &[String]) {
    for remark in remarks {
        print_error(&(begin_line(&format!("{subject}: {remark}")) + "\n"));
    }
}

/// Writes a text to a file that does not exist yet; returns its printable name.
pub(crate) fn write_new(path: &Path, text: &str, repository: &Repository) -> Result<String, CliError> {
    let name = repository.shown(path);
    create(path, text.as_bytes()).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => CliError::about(&name, ALREADY_EXISTS),
        _ => CliError::about(&name, error),
    })?;
    Ok(escape_line(&name))
}

/// The message after a panic of this program.
pub(crate) const FAILED: &str = "this program failed on it; please report that";

pub(crate) const ALREADY_EXISTS: &str = "file already exists (not overwritten)";

/// Refuses a file name for a threat model that does not end in `.yaml` or `.yml`.
pub(crate) fn refuse_other_than_yaml(path: &Path) -> Result<(), CliError> {
    let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    if ["yaml", "yml"].iter().any(|yaml| extension.eq_ignore_ascii_case(yaml)) {
        return Ok(());
    }
    Err(CliError::from("threat models are written as YAML: name a .yaml file"))
}

/// The value of an environment variable, if it is not empty.
#[expect(clippy::disallowed_methods, reason = "CI systems describe the run in the environment")]
pub(crate) fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

/// Progress is shown if both streams are terminals, outside of CI.
pub(crate) fn progress() -> Progress {
    let is_terminal = io::stderr().is_terminal() && io::stdout().is_terminal();
    let is_ci = variable("CI").is_some_and(|value| value != "false");
    let is_dumb = variable("TERM").is_some_and(|value| value == "dumb");
    if is_terminal && !is_ci && !is_dumb { Progress::Shown } else { Progress::Hidden }
}

/// The text before `path#L12` in links: the given one, or that of the CI system.
pub(crate) fn links(given: Option<&str>) -> Option<String> {
    if let Some(given) = given {
        return Some(given.to_owned());
    }
    if let (Some(server), Some(repository), Some(commit)) =
        (variable("GITHUB_SERVER_URL"), variable("GITHUB_REPOSITORY"), variable("GITHUB_SHA"))
    {
        return Some(format!("{server}/{repository}/blob/{commit}/"));
    }
    Some(format!("{}/-/blob/{}/", variable("CI_PROJECT_URL")?, variable("CI_COMMIT_SHA")?))
}
