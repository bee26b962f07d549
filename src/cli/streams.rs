//! Standard input, output and error, new files, and the errors that end a run.

use std::env;
use std::fmt;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};

use clap::Args;

use crate::output::{Look, begin_line, escape_line};
use crate::workspace::files::{create, read_bounded};
use crate::workspace::repository::Repository;

/// An error that ends a run before a report exists.
#[derive(Debug)]
pub(crate) enum CliError {
    /// A stream or a file failed.
    Io(io::Error),
    /// The arguments ask for something impossible or ambiguous.
    Usage(String),
}

impl fmt::Display for CliError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => write!(f, "{error}"),
            Self::Usage(message) => write!(f, "{message}"),
        }
    }
}

impl From<io::Error> for CliError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl CliError {
    /// An error about a file or an argument.
    pub(crate) fn about(subject: impl fmt::Display, message: impl fmt::Display) -> Self {
        Self::Usage(format!("{subject}: {message}"))
    }
}

/// The colors of standard output.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct ColorArgs {
    /// When to use colors
    #[arg(long, value_name = "WHEN", default_value = "auto", global = true)]
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
    pub(crate) const AUTO: Self = Self { color: Color::Auto };

    /// The look of text on standard output.
    pub(crate) fn look(self) -> Look {
        let color = match self.color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => anstream::AutoStream::choice(&io::stdout()) != anstream::ColorChoice::Never,
        };
        let width = terminal_size::terminal_size().map_or(100, |(width, _)| usize::from(width.0));
        let links = color && supports_hyperlinks::on(supports_hyperlinks::Stream::Stdout);
        let unicode = io::stdout().is_terminal();
        Look { color, unicode, width: width.clamp(40, 120), links, ..Look::PLAIN }
    }
}

/// Writes to standard output in one go. A closed pipe (`| head`) is not an error and does not change the verdict.
pub(crate) fn emit_to_stdout(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let mut out = io::BufWriter::with_capacity(64 * 1024, io::stdout().lock());
    match write(&mut out).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}

/// Prints a text to standard output.
pub(crate) fn print(text: &str) -> io::Result<()> {
    emit_to_stdout(|stdout| stdout.write_all(text.as_bytes()))
}

/// Prints a text to standard error. A closed stream is not an error.
pub(crate) fn print_error(text: &str) {
    let _ = io::stderr().write_all(text.as_bytes());
}

/// Refuses HTML on a terminal.
pub(crate) fn refuse_terminal() -> Result<(), CliError> {
    if io::stdout().is_terminal() {
        let message = "cannot show a page on a terminal: name a file with --output, such as report.html";
        return Err(CliError::Usage(message.to_owned()));
    }
    Ok(())
}

/// The files and folders among the paths, without standard input.
pub(crate) fn without_stdin(paths: &[PathBuf]) -> Vec<PathBuf> {
    paths.iter().filter(|path| path.as_os_str() != "-").cloned().collect()
}

/// Refuses standard input for a command that works on files only.
pub(crate) fn refuse_stdin(paths: &[PathBuf], done: &str) -> Result<(), CliError> {
    if paths.iter().any(|path| path.as_os_str() == "-") {
        let message = format!("standard input cannot be {done}: name a file (a file named `-` is `./-`)");
        return Err(CliError::Usage(message));
    }
    Ok(())
}

/// The content of standard input, if it is among the paths.
pub(crate) fn read_stdin(paths: &[PathBuf]) -> Option<Result<Vec<u8>, String>> {
    if !paths.iter().any(|path| path.as_os_str() == "-") {
        return None;
    }
    #[expect(clippy::disallowed_methods, reason = "the user asked for it with `-`")]
    let stdin = io::stdin().lock();
    Some(read_bounded(stdin))
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
    for remark in remarks {
        print_error(&(begin_line(&format!("{subject}: {remark}")) + "\n"));
    }
    Ok(name)
}

/// Writes a text to a file that does not exist yet; returns its printable name.
pub(crate) fn write_new(path: &Path, text: &str, repository: &Repository) -> Result<String, CliError> {
    let name = repository.shown(path);
    match create(path, text.as_bytes()) {
        Ok(()) => Ok(escape_line(&name)),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            Err(CliError::about(name, ALREADY_EXISTS))
        }
        Err(error) => Err(CliError::about(name, error)),
    }
}

/// The reason why an existing file is kept.
pub(crate) const ALREADY_EXISTS: &str = "file already exists (not overwritten)";

/// Refuses a file name for a threat model that does not end in `.yaml` or `.yml`.
pub(crate) fn refuse_other_than_yaml(path: &Path) -> Result<(), CliError> {
    let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    if ["yaml", "yml"].iter().any(|yaml| extension.eq_ignore_ascii_case(yaml)) {
        return Ok(());
    }
    Err(CliError::Usage("threat models are written as YAML: name a .yaml file".to_owned()))
}

/// The value of an environment variable, if it is not empty.
#[expect(clippy::disallowed_methods, reason = "CI systems describe the run in the environment")]
pub(crate) fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
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
