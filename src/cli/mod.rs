//! The command line: arguments, environment, clock and output; one file a command. Nothing below this module
//! reaches the world, but for [`crate::workspace::discover`] and [`crate::workspace::git`].

mod badge;
mod check;
mod completions;
mod diff;
mod explain;
mod export;
mod fix;
mod gate;
mod import;
mod init;
mod locate;
mod lint_files;
mod memo;
mod man;
mod migrate;
mod report_output;
mod policy;
mod progress;
mod report;
mod required;
mod rewrite;
mod score;
mod verbose;
mod write_output;

use std::env;
use std::ffi::OsString;
use std::io::{self, IsTerminal, Write};
use std::panic::{self, PanicHookInfo};
use std::path::PathBuf;
use std::process::ExitCode;
use std::thread;

use clap::{ArgMatches, Args, CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::cli::lint_files::without_stdin;
use crate::output::{Look, escape_line, is_steering};
use crate::policy::REGO_THREAD;
use crate::report::Verdict;
use crate::workspace::discover::Repository;
use crate::workspace::links::link_within;
use crate::workspace::mute;

/// Holds the threat models of AI agents to their own numbers, to MAESTRO's seven layers and to your policy.
#[derive(Debug, Parser)]
#[command(name = "aivss-lint", version, about, args_conflicts_with_subcommands = true, after_help = check::EXAMPLES)]
struct CommandLine {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    check: check::Arguments,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Judge threat models (what happens without a command, too)
    #[command(after_help = check::EXAMPLES)]
    Check(check::Arguments),
    /// Tell what a change does to scores, layers and policy
    #[command(after_help = diff::EXAMPLES)]
    Diff(diff::Arguments),
    /// Write a threat model to fill in, and a policy to start from
    #[command(after_help = init::EXAMPLES)]
    Init(init::Arguments),
    /// Write a page to look at: every agent, layer, score and fault
    #[command(after_help = report::EXAMPLES)]
    Report(report::Arguments),
    /// Draw a badge of the worst score, or of the gate's answer
    #[command(after_help = badge::EXAMPLES)]
    Badge(badge::Arguments),
    /// Write the numbers that follow from a file; with --unsafe what can be suggested, too
    #[command(after_help = fix::EXAMPLES)]
    Fix(fix::Arguments),
    /// Explain scores step by step, and what would lower them
    #[command(after_help = score::EXAMPLES)]
    Score(score::Arguments),
    /// Migrate threat models to another version of the standard (now `fix --to`)
    #[command(hide = true)]
    Migrate(migrate::Arguments),
    /// Make a threat model of an OWASP report, a page, or AVE records
    #[command(after_help = import::EXAMPLES)]
    Import(import::Arguments),
    /// Write a threat model's findings as OWASP's v0.8 report
    #[command(after_help = export::EXAMPLES)]
    Export(export::Arguments),
    /// Look at policies: what they come to, and their tests
    #[command(subcommand)]
    Policy(policy::Command),
    /// Say what a rule finds and why, with examples
    #[command(after_help = "Example:\n  aivss-lint explain score-mismatch")]
    Explain(explain::ExplainArguments),
    /// List all rules
    #[command(after_help = "Example:\n  aivss-lint rules --format markdown")]
    Rules(explain::RulesArguments),
    /// Print a JSON schema, for editors and validators
    #[command(after_help = "Example:\n  aivss-lint schema threat-model > threat-model.schema.json")]
    Schema(explain::SchemaArguments),
    /// Print what a shell needs to complete arguments
    #[command(after_help = completions::EXAMPLES)]
    Completions(completions::Arguments),
    /// Print a manual page, or write all of them into a folder
    #[command(after_help = man::EXAMPLES)]
    Man(man::Arguments),
}

/// Whether `check` was asked for, or is what happens without a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Called {
    ByName,
    Unnamed,
}

/// What the streams are like, and how they are to be used.
#[derive(Clone, Copy, Debug, Args)]
struct Streams {
    /// When to use colours
    #[arg(long, value_name = "WHEN", default_value = "auto", global = true)]
    color: Color,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Color {
    /// On a terminal, unless `NO_COLOR` says otherwise
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// Runs the program with the arguments of the process.
pub fn run() -> ExitCode {
    panic::set_hook(Box::new(|fault| {
        // The run reports it where the rules are evaluated.
        if thread::current().name() != Some(REGO_THREAD) {
            mute::say(&format!("error: {}\n", failure(fault)));
        }
    }));
    // The stack of the first thread depends on the system. Without another thread it must do.
    match thread::Builder::new().stack_size(STACK).spawn(|| unless_it_fails(run_command)) {
        Ok(running) => running.join().unwrap_or(ExitCode::from(2)),
        Err(_) => unless_it_fails(run_command),
    }
}

/// What to print of a panic. What failed may quote a file, and its place begins with folders of the machine that built
/// this program.
fn failure(panic: &PanicHookInfo<'_>) -> String {
    /// Package, `src`, folder and file.
    const SHOWN_PARTS: usize = 4;
    let place = panic.location().map_or_else(String::new, |place| {
        let file = place.file().replace('\\', "/");
        let start = file.rmatch_indices('/').nth(SHOWN_PARTS - 1).map_or(0, |(at, _)| at + 1);
        format!(" at {}:{}:{}", &file[start..], place.line(), place.column())
    });
    let what = panic.payload_as_str().unwrap_or_default();
    format!("this program failed{place}: {}", escape_line(&what.replace('\n', " ")))
}

/// The stack of each thread, in bytes.
const STACK: usize = 16 * 1024 * 1024;

/// What a run comes to; one in which this program itself fails could not judge.
fn unless_it_fails(run: fn() -> ExitCode) -> ExitCode {
    panic::catch_unwind(run).unwrap_or(ExitCode::from(2))
}

fn run_command() -> ExitCode {
    let parsed = CommandLine::command().try_get_matches().and_then(|matches| {
        let line = CommandLine::from_arg_matches(&matches)?;
        Ok((line, matches))
    });
    let (line, matches) = match parsed {
        Ok(parsed) => parsed,
        Err(error) => {
            // Help and version go to stdout with 0, usage errors to stderr with 2.
            let code = if error.use_stderr() { 2 } else { 0 };
            if code == 2 {
                report_usage(&error);
            }
            print_parsed(&error);
            return ExitCode::from(code);
        }
    };
    match dispatch(&line, &matches) {
        Ok(verdict) => ExitCode::from(verdict.exit_code()),
        Err(error) => {
            let _ = writeln!(io::stderr(), "error: {}", escape_line(&error.to_string()));
            ExitCode::from(2)
        }
    }
}

/// Prints what the parser of the command line has to say: help, a version or an error.
fn print_parsed(error: &clap::Error) {
    // An error quotes arguments, which may be names of files that somebody else chose.
    let is_odd = |argument: OsString| argument.to_string_lossy().contains(is_steering);
    if error.use_stderr() && env::args_os().any(is_odd) {
        let said = error.render().to_string();
        let first = said.split("\n\nUsage").next().unwrap_or_default();
        let _ = writeln!(io::stderr(), "{}", escape_line(first.trim()));
    } else {
        // A closed pipe leaves nobody to tell.
        let _ = error.print();
    }
}

/// Writes the reports that a wrong command line of `check` asks for, with the reason in them.
fn report_usage(error: &clap::Error) {
    let is_other = |name: &str| {
        name != "check" && CommandLine::command().get_subcommands().any(|other| other.get_name() == name)
    };
    let first = env::args_os().nth(1);
    if first.is_some_and(|first| is_other(&first.to_string_lossy())) {
        return;
    }
    let said = error.render().to_string();
    let reason = said.lines().next().unwrap_or_default().trim_start_matches("error: ").to_owned();
    report_output::emit_unplanned(&gate::CliError::Usage(reason));
}

fn dispatch(line: &CommandLine, matches: &ArgMatches) -> Result<Verdict, gate::CliError> {
    let targets = line.command.as_ref().map_or_else(|| line.check.targets(), Command::targets);
    #[expect(clippy::disallowed_methods, reason = "where the user stands")]
    let repository = Repository::of(env::current_dir()?, &targets).map_err(gate::CliError::Usage)?;
    refuse_linked_folder()?;
    match &line.command {
        Some(Command::Check(arguments)) => {
            let matches = matches.subcommand_matches("check").unwrap_or(matches);
            check::run(arguments, matches, &repository, Called::ByName)
        }
        Some(Command::Diff(arguments)) => diff::run(arguments, &repository),
        Some(Command::Report(arguments)) => report::run(arguments, &repository),
        Some(Command::Badge(arguments)) => badge::run(arguments, &repository),
        Some(Command::Explain(arguments)) => explain::explain(arguments),
        Some(Command::Rules(arguments)) => explain::list(arguments),
        Some(Command::Schema(arguments)) => explain::schema(arguments),
        Some(Command::Fix(arguments)) => fix::run(arguments, &repository),
        Some(Command::Init(arguments)) => init::run(arguments, &repository),
        Some(Command::Import(arguments)) => import::run(arguments, &repository),
        Some(Command::Export(arguments)) => export::run(arguments, &repository),
        Some(Command::Migrate(arguments)) => migrate::run(arguments, &repository),
        Some(Command::Score(arguments)) => score::run(arguments, &repository),
        Some(Command::Completions(arguments)) => completions::run(arguments, CommandLine::command()),
        Some(Command::Man(arguments)) => man::run(arguments, CommandLine::command()),
        Some(Command::Policy(command)) => policy::run(command, &repository),
        None => check::run(&line.check, matches, &repository, Called::Unnamed),
    }
}

impl Command {
    /// The paths that decide which repository a run is about.
    fn targets(&self) -> Vec<PathBuf> {
        match self {
            Self::Check(arguments) => arguments.targets(),
            Self::Diff(arguments) => arguments.path.clone(),
            Self::Report(arguments) => arguments.asked.paths.clone(),
            Self::Badge(arguments) => arguments.asked.paths.clone(),
            Self::Fix(arguments) => without_stdin(&arguments.paths),
            Self::Migrate(arguments) => without_stdin(&arguments.paths),
            Self::Score(arguments) => without_stdin(&arguments.paths),
            Self::Init(arguments) => vec![arguments.path.clone()],
            Self::Import(arguments) => arguments.output.iter().cloned().collect(),
            Self::Export(arguments) => vec![arguments.file.clone()],
            Self::Policy(policy::Command::Show(arguments)) => vec![arguments.path.clone()],
            Self::Policy(policy::Command::Test(arguments)) => vec![arguments.folder.clone()],
            Self::Explain(_) | Self::Rules(_) | Self::Schema(_) | Self::Completions(_) | Self::Man(_) => {
                Vec::new()
            }
        }
    }
}

/// Refuses a current folder that a link of a checkout leads to: the gate would check another folder than the one it was
/// sent to.
fn refuse_linked_folder() -> Result<(), gate::CliError> {
    #[expect(
        clippy::disallowed_methods,
        reason = "the shell says there by which way the current folder was reached"
    )]
    let (Some(path), here) = (env::var_os("PWD").map(PathBuf::from), env::current_dir()?) else {
        return Ok(());
    };
    // Another program may have left it as it was somewhere else.
    if path == here || !path.canonicalize().is_ok_and(|path| path == here) {
        return Ok(());
    }
    match link_within(&path) {
        Some((link, _)) => Err(gate::CliError::Usage(format!(
            "{}: the current folder is reached through this link of a checkout; change to {}",
            link.display(),
            here.display()
        ))),
        None => Ok(()),
    }
}

/// Writes to stdout in one go. Whoever closed the pipe (`| head`) has seen enough: the verdict stands.
fn emit_to_stdout(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let mut out = io::BufWriter::with_capacity(64 * 1024, io::stdout().lock());
    match write(&mut out).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}

fn look(streams: Streams) -> Look {
    let terminal = io::stdout().is_terminal();
    let color = match streams.color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => anstream::AutoStream::choice(&io::stdout()) != anstream::ColorChoice::Never,
    };
    let width = terminal_size::terminal_size().map_or(100, |(width, _)| usize::from(width.0));
    let links = color && supports_hyperlinks::on(supports_hyperlinks::Stream::Stdout);
    Look { color, unicode: terminal, width: width.clamp(40, 120), links, ..Look::PLAIN }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_in_which_the_program_fails_could_not_judge() {
        let code = |run| format!("{:?}", unless_it_fails(run));
        assert_eq!(code(|| ExitCode::SUCCESS), format!("{:?}", ExitCode::SUCCESS));
        assert_eq!(code(|| panic!("it failed")), format!("{:?}", ExitCode::from(2)));
    }
}
