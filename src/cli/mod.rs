//! The command line: arguments, environment, clock and output; one file a command. Nothing below this module
//! reaches the world, but for [`crate::discover`].

mod check;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

/// Holds the threat models of AI agents to their own numbers, to MAESTRO's seven layers and to your policy.
#[derive(Debug, Parser)]
#[command(name = "aivss-lint", version, about, args_conflicts_with_subcommands = true, after_help = EXAMPLES)]
struct CommandLine {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    check: check::Arguments,
}

const EXAMPLES: &str = "\
Examples:
  aivss-lint                          judge every threat model below this folder
  aivss-lint agents/planner           judge those below a folder
  aivss-lint --policy strict a.yaml   judge one file by a built-in policy
  aivss-lint --format json > out.json

Exit codes: 0 passed, 1 the gate failed, 2 it could not be judged.";

#[derive(Debug, Subcommand)]
enum Command {
    /// Judge threat models (what happens without a command, too)
    #[command(after_help = EXAMPLES)]
    Check(check::Arguments),
}

/// What the streams are like, and how they are to be used.
#[derive(Clone, Copy, Debug, Args)]
struct Streams {
    /// When to use colours
    #[arg(long, value_name = "WHEN", default_value = "auto", global = true)]
    color: Colour,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Colour {
    /// On a terminal, unless `NO_COLOR` says otherwise
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// Runs the program with the arguments of the process.
pub fn run() -> ExitCode {
    let line = match CommandLine::try_parse() {
        Ok(line) => line,
        Err(error) => {
            // Help and version go to stdout with 0, usage errors to stderr with 2.
            let code = if error.use_stderr() { 2 } else { 0 };
            // A closed pipe leaves nobody to tell.
            let _ = error.print();
            return ExitCode::from(code);
        }
    };
    let arguments = match line.command {
        Some(Command::Check(arguments)) => arguments,
        None => line.check,
    };
    match check::run(&arguments) {
        Ok(verdict) => ExitCode::from(verdict.exit_code()),
        Err(error) => {
            let _ = writeln!(io::stderr(), "error: {error}");
            ExitCode::from(2)
        }
    }
}
