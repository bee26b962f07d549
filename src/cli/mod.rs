//! The command line: one file per command, and the run that they share.

mod base;
mod check;
mod common;
mod documents;
mod files_from;
mod fix;
mod help;
mod lint_files;
mod list;
mod outputs;
mod policy;
mod policy_review;
mod provenance;
mod recipes;
mod reference;
mod report;
mod rows;
mod run;
mod score;
mod skipped;
mod usage_error;

use std::env;
use std::ffi::OsString;
use std::panic::{self, PanicHookInfo};
use std::path::PathBuf;
use std::process::ExitCode;
use std::thread;

use clap::error::ErrorKind;
use clap::{ArgMatches, CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::cli::common::{CliError, ColorArgs, print_error_line, without_stdin};
use crate::output::{escape_line, is_steering};
use crate::policy::REGO_THREAD;
use crate::report::Verdict;
#[cfg(feature = "server")]
use crate::server;
use crate::workspace::files::link_within;
use crate::workspace::parallel::STACK;
use crate::workspace::process::say;
use crate::workspace::repository::Repository;

/// Checks threat models of AI agents: their scores, MAESTRO's seven layers and your policy
#[derive(Debug, Parser)]
#[command(
    name = "aivss-lint",
    version,
    about,
    styles = help::STYLES,
    args_conflicts_with_subcommands = true,
    after_help = format!("{}\n\nExit status: 0 passed, 1 problems found, 2 could not run.", check::EXAMPLES)
)]
struct CommandLine {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    check: check::CheckArgs,
    #[command(flatten)]
    colors: ColorArgs,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Check threat models (default command)
    #[command(after_help = check::EXAMPLES)]
    Check(Box<check::CheckArgs>),
    /// Show changes of scores, layers and policy between revisions
    #[command(after_help = report::DIFF_EXAMPLES)]
    Diff(report::DiffArgs),
    /// Create a threat model and a policy to fill in
    #[command(after_help = documents::INIT_EXAMPLES)]
    Init(documents::InitArgs),
    /// Write a page with all agents, layers, scores and problems
    #[command(after_help = report::REPORT_EXAMPLES)]
    Report(report::ReportPageArgs),
    /// Draw a badge of the highest score or the verdict
    #[command(after_help = report::BADGE_EXAMPLES)]
    Badge(report::BadgeArgs),
    /// Fix derived values, with --unsafe also suggestions
    #[command(after_help = fix::EXAMPLES)]
    Fix(fix::FixArgs),
    /// Explain scores step by step, and ways to lower them
    #[command(after_help = score::EXAMPLES)]
    Score(score::Arguments),
    /// Migrate threat models to another version of the standard (now `fix --to`)
    #[command(hide = true)]
    Migrate(fix::FixArgs),
    /// Create a threat model from a page or another format
    #[command(after_help = documents::IMPORT_EXAMPLES)]
    Import(documents::ImportArgs),
    /// List the checked and the skipped files, and why
    #[command(after_help = list::EXAMPLES)]
    List(list::ListArgs),
    /// Write findings as OWASP's v0.8 report
    #[command(after_help = documents::EXPORT_EXAMPLES)]
    Export(documents::ExportArgs),
    /// Show and test policies
    #[command(subcommand)]
    Policy(policy::PolicyCommand),
    /// Serve editors with diagnostics, scores and fixes while they write
    #[cfg(feature = "server")]
    #[command(
        after_help = "Editors start it: see docs/guides/editors.md. Exit status: 0 after a shutdown, 1 otherwise."
    )]
    Server(ServerArgs),
    /// Explain a rule with examples
    #[command(after_help = "Example:\n  aivss-lint explain score-mismatch")]
    Explain(reference::ExplainArgs),
    /// List all rules
    #[command(after_help = "Example:\n  aivss-lint rules --format markdown")]
    Rules(reference::RulesArgs),
    /// Print a JSON schema, for editors and validators
    #[command(after_help = "Example:\n  aivss-lint schema threat-model > threat-model.schema.json")]
    Schema(reference::SchemaArgs),
    /// Print completions for a shell
    #[command(after_help = reference::COMPLETIONS_EXAMPLES)]
    Completions(reference::CompletionsArgs),
    /// Print a manual page, or write all into a folder
    #[command(after_help = reference::MAN_EXAMPLES)]
    Man(reference::ManArgs),
}

/// The server has no options: clients send theirs in the protocol.
#[cfg(feature = "server")]
#[derive(Debug, clap::Args)]
struct ServerArgs {
    /// Use standard input and output, which is the only transport
    #[arg(long, hide = true)]
    stdio: bool,
}

/// Runs the program with the arguments of the process.
pub fn run() -> ExitCode {
    panic::set_hook(Box::new(|panic| {
        // The run itself reports a panic of the thread that evaluates rules.
        if thread::current().name() != Some(REGO_THREAD) {
            say(&format!("error: {}\n", panic_message(panic)));
        }
    }));
    // The stack of the first thread depends on the system. It is used only if no other thread can be started.
    match thread::Builder::new().stack_size(STACK).spawn(|| unless_it_panics(run_command)) {
        Ok(running) => running.join().unwrap_or(ExitCode::from(2)),
        Err(_) => unless_it_panics(run_command),
    }
}

/// The message for a panic. Its text may quote a file, and its place begins with folders of the machine that built this
/// program.
fn panic_message(panic: &PanicHookInfo<'_>) -> String {
    /// Package, `src`, folder and file.
    const SHOWN_PARTS: usize = 4;
    let mut place = String::new();
    if let Some(location) = panic.location() {
        let file = location.file().replace('\\', "/");
        let start = file.rmatch_indices('/').nth(SHOWN_PARTS - 1).map_or(0, |(at, _)| at + 1);
        place = format!(" at {}:{}:{}", &file[start..], location.line(), location.column());
    }
    let payload = panic.payload_as_str().unwrap_or_default().replace('\n', " ");
    format!("this program failed{place}: {}", escape_line(&payload))
}

/// The exit status of a run: 2 if it panics.
fn unless_it_panics(run: fn() -> ExitCode) -> ExitCode {
    panic::catch_unwind(run).unwrap_or(ExitCode::from(2))
}

fn run_command() -> ExitCode {
    let parsed = CommandLine::command()
        .try_get_matches_from(arguments())
        .and_then(|matches| Ok((CommandLine::from_arg_matches(&matches)?, matches)));
    let result = match parsed {
        #[cfg(feature = "server")]
        Ok((CommandLine { command: Some(Command::Server(_)), .. }, _)) => return server::serve(),
        Ok((mut line, matches)) => dispatch(&mut line, &matches),
        // Help and version go to standard output with status 0, usage errors to standard error with status 2.
        Err(error) if !error.use_stderr() => {
            let help = help::grouped(CommandLine::command()).try_get_matches_from(arguments());
            let _ = help.err().filter(|_| error.kind() == ErrorKind::DisplayHelp).unwrap_or(error).print();
            return ExitCode::SUCCESS;
        }
        Err(error) => {
            report_usage_error(&error);
            return ExitCode::from(2);
        }
    };
    let verdict = result.inspect_err(|error| print_error_line(&format!("error: {}", error.0)));
    ExitCode::from(verdict.map_or(2, Verdict::exit_code))
}

/// The arguments of the process. clap takes options before a command for those of `check`, so that `--color` is moved.
fn arguments() -> Vec<OsString> {
    let mut all: Vec<OsString> = env::args_os().collect();
    let option = all.get(1).and_then(|option| option.to_str()).unwrap_or_default();
    let taken = if option == "--color" { 2 } else { usize::from(option.starts_with("--color=")) };
    let command = all.get(1 + taken).and_then(|word| word.to_str());
    if taken > 0 && command.is_some_and(|word| command_names().iter().any(|name| name == word)) {
        all[1..=1 + taken].rotate_left(taken);
    }
    all
}

/// Prints an error of the command line, and writes it to the reports that `check` was asked for.
fn report_usage_error(error: &clap::Error) {
    let text = error.render().to_string();
    let first = env::args_os().nth(1).map(|first| first.to_string_lossy().into_owned());
    if first.is_none_or(|first| first == "check" || !command_names().contains(&first)) {
        let reason = text.lines().next().unwrap_or_default();
        usage_error::emit_usage_error(reason.trim_start_matches("error: "));
    }
    // The error quotes arguments, which can be names of files that somebody else chose.
    if env::args_os().any(|argument| argument.to_string_lossy().contains(is_steering)) {
        let first = text.split("\n\nUsage").next().unwrap_or_default();
        print_error_line(first.trim());
    } else {
        let _ = error.print();
    }
}

fn command_names() -> Vec<String> {
    CommandLine::command().get_subcommands().map(|command| command.get_name().to_owned()).collect()
}

fn dispatch(line: &mut CommandLine, matches: &ArgMatches) -> Result<Verdict, CliError> {
    line.colors.apply();
    line.read_lists()?;
    let targets = line.command.as_ref().map_or_else(|| line.check.targets(), Command::targets);
    #[expect(clippy::disallowed_methods, reason = "paths are relative to it")]
    let repository = Repository::of(env::current_dir()?, &targets)?;
    refuse_linked_folder()?;
    let Some(command) = &line.command else {
        return check::run(&line.check, matches, &repository, &command_names());
    };
    match command {
        Command::Check(args) => {
            let matches = matches.subcommand_matches("check").unwrap_or(matches);
            return check::run(args, matches, &repository, &[]);
        }
        Command::Diff(args) => return report::diff(args, &repository),
        Command::Report(args) => return report::report(args, &repository),
        Command::Badge(args) => return report::badge(args, &repository),
        Command::Fix(args) => return fix::run(args, &repository),
        Command::Init(args) => return documents::run_init(args, &repository),
        Command::Export(args) => return documents::run_export(args, &repository),
        Command::Migrate(args) => return fix::migrate(args, &repository),
        Command::List(args) => return list::run(args, &repository),
        Command::Score(args) => return score::run(args, &repository),
        Command::Policy(policy::PolicyCommand::Show(args)) => return policy::show(args, &repository),
        Command::Policy(policy::PolicyCommand::Test(args)) => return policy::test(args, &repository),
        Command::Import(args) => documents::run_import(args, &repository)?,
        // It has its own exit status.
        #[cfg(feature = "server")]
        Command::Server(_) => {}
        Command::Explain(args) => reference::explain(args)?,
        Command::Rules(args) => reference::list_rules(args)?,
        Command::Schema(args) => reference::schema(args)?,
        Command::Completions(args) => reference::completions(args, CommandLine::command())?,
        Command::Man(args) => reference::man(args, CommandLine::command())?,
    }
    Ok(Verdict::Passed)
}

impl CommandLine {
    /// Adds the paths of `--files-from` to those of the command line.
    fn read_lists(&mut self) -> Result<(), CliError> {
        let files = match &mut self.command {
            None => return self.check.read_list(),
            Some(Command::Check(args)) => return args.read_list(),
            Some(Command::Report(args)) => &mut args.files,
            Some(Command::Badge(args)) => &mut args.files,
            Some(Command::List(args)) => &mut args.files,
            Some(Command::Fix(args)) => {
                return args.files.files_from.add_to(&mut args.files.paths, args.only_matching);
            }
            Some(Command::Migrate(args)) => &mut args.files,
            Some(_) => return Ok(()),
        };
        files.files_from.add_to(&mut files.paths, false)
    }
}

impl Command {
    /// The paths that select the repository of a run.
    fn targets(&self) -> Vec<PathBuf> {
        match self {
            Self::Check(args) => args.targets(),
            Self::Diff(args) => args.path.clone(),
            Self::Report(args) => args.files.paths.clone(),
            Self::Badge(args) => args.files.paths.clone(),
            Self::List(args) => args.files.paths.clone(),
            Self::Fix(args) => without_stdin(&args.files.paths),
            Self::Migrate(args) => without_stdin(&args.files.paths),
            Self::Score(args) => without_stdin(&args.paths),
            Self::Init(args) => vec![args.path.clone()],
            Self::Import(args) => args.targets(),
            Self::Export(args) => vec![args.file.clone()],
            Self::Policy(policy::PolicyCommand::Show(args)) => args.path.iter().cloned().collect(),
            Self::Policy(policy::PolicyCommand::Test(args)) => vec![args.folder.clone()],
            #[cfg(feature = "server")]
            Self::Server(_) => Vec::new(),
            Self::Explain(_) | Self::Rules(_) | Self::Schema(_) | Self::Completions(_) | Self::Man(_) => {
                Vec::new()
            }
        }
    }
}

/// Refuses a current folder that was reached through a link of a checkout: the run would check another folder than the
/// link's.
fn refuse_linked_folder() -> Result<(), CliError> {
    #[expect(clippy::disallowed_methods, reason = "shells set PWD to the path by which it was reached")]
    let (Some(path), here) = (env::var_os("PWD").map(PathBuf::from), env::current_dir()?) else {
        return Ok(());
    };
    // PWD can be that of a parent process in another folder.
    if path == here || !path.canonicalize().is_ok_and(|path| path == here) {
        return Ok(());
    }
    let Some(link) = link_within(&path) else { return Ok(()) };
    let (link, here) = (link.display(), here.display());
    Err(format!("{link}: the current folder is reached through this link of a checkout; change to {here}")
        .into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn panic_ends_the_run_with_status_2() {
        let code = |run| format!("{:?}", unless_it_panics(run));
        assert_eq!(code(|| ExitCode::SUCCESS), format!("{:?}", ExitCode::SUCCESS));
        assert_eq!(code(|| panic!("it failed")), format!("{:?}", ExitCode::from(2)));
    }
}
