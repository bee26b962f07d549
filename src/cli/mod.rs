//! The command line: arguments, environment, clock and output; one file a command. Nothing below this module
//! reaches the world, but for [`crate::discover`] and [`crate::git`].

mod check;
mod completions;
mod diff;
mod explain;
mod export;
mod fix;
mod gate;
mod import;
mod init;
mod look;
mod man;
mod migrate;
mod output;
mod policy;
mod progress;
mod replace;
mod rewrite;
mod score;
mod side;
mod verbose;
mod watch;

use std::env;
use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

use clap::{ArgMatches, Args, CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::discover::Repository;
use crate::report::{Look, Verdict, escape_line};

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
  aivss-lint --base main --policy-from main
                                      judge a change, by the policy of the branch it goes to
  aivss-lint --format sarif --output a.sarif --format junit --output b.xml

Exit codes: 0 passed, 1 the gate failed, 2 it could not be judged.";

const DIFF_EXAMPLES: &str = "\
Examples:
  aivss-lint diff main                what the working folder does to the branch main
  aivss-lint diff v1.0 v2.0           what came between two tags

Exit codes: 0 told, 2 it cannot be told.";

const FIX_EXAMPLES: &str = "\
Examples:
  aivss-lint fix                      mend every threat model below this folder
  aivss-lint fix --diff agents        show what would change, as a patch
  aivss-lint fix --unsafe --diff      with suggestions: misspelt keys, other versions' names of
                                      factors, forms for layers that are blank

Values of inputs are never changed, nor what an exception covers. A form for a layer is no answer:
the gate stays red until somebody writes one. A link is followed to its file, within the
repository.

Exit codes: 0 no error is left, 1 some are (with --diff: or something would change), 2 it could not
be judged, read or written.";

const COMPLETIONS_EXAMPLES: &str = "\
Examples:
  source <(aivss-lint completions bash)                       bash, for this session
  aivss-lint completions zsh > ~/.zfunc/_aivss-lint           zsh, with that folder in $fpath
  aivss-lint completions fish > ~/.config/fish/completions/aivss-lint.fish
  aivss-lint completions powershell | Out-String | Invoke-Expression

Exit codes: 0 printed, 2 it cannot be.";

const MAN_EXAMPLES: &str = "\
Examples:
  aivss-lint man check | man -l -     read a page
  aivss-lint man policy test          print that of a command below another
  aivss-lint man --output ~/.local/share/man/man1

Exit codes: 0 printed or written, 2 it cannot be.";

const INIT_EXAMPLES: &str = "\
Examples:
  aivss-lint init agents/planner      write agents/planner/threat-model.yaml and aivss-policy.yaml
  aivss-lint init --name Planner --environment production --tier high
  aivss-lint init --ci github --ci pre-commit

Nothing that stands is overwritten.

Exit codes: 0 written, 2 something that was asked for is not.";

const IMPORT_EXAMPLES: &str = "\
Examples:
  aivss-lint import aivss-report.json > threat-model.yaml
  aivss-lint import page.md --output agents/planner/threat-model.yaml

What has no place in a threat model is told on standard error; what the source does not say stays empty.
Nothing that stands is overwritten.

Exit codes: 0 made, 2 it cannot be.";

const EXPORT_EXAMPLES: &str = "\
Examples:
  aivss-lint export threat-model.yaml > aivss-report.json
  aivss-lint export threat-model.yaml --agent-as ASI02 --output aivss-report.json

The numbers of the report are the computed ones. What it has no place for is told on standard error.

Exit codes: 0 written, 2 some value has no place in the report.";
const SCORE_EXAMPLES: &str = "\
Examples:
  aivss-lint score agents/planner     explain the scores of the threat models below a folder
  aivss-lint score --all a.yaml       what each version of the standard makes of the same inputs
  aivss-lint score --cvss 7.1 --threat attacked --factor autonomy=1,tools=0.5,...
                                      from single inputs, all ten factors among them

It explains and does not judge: a declared number that is wrong is named, and why it is wrong, `aivss-lint` says.

Exit codes: 0 every score could be computed, 2 one could not, or a file could not be read.";

const MIGRATE_EXAMPLES: &str = "\
Examples:
  aivss-lint migrate                  bring every threat model below this folder to 0.8
  aivss-lint migrate --diff agents    show what would change, as a patch
  aivss-lint migrate --natural-language 0.5 a.yaml
                                      with the value that a person decided on

AIVSS 0.8 has natural-language interface in the place of goal-driven planning. What it is worth only a person
can say: the old factor becomes a comment with the question above it, the new one stands without a value, and
the gate fails until it has one. Then `aivss-lint fix` writes the numbers.

Exit codes: 0 all is moved, 1 something is left to decide (with --diff: or something would change), 2 a file
could not be read or written.";

#[derive(Debug, Subcommand)]
enum Command {
    /// Judge threat models (what happens without a command, too)
    #[command(after_help = EXAMPLES)]
    Check(check::Arguments),
    /// Tell what a change does to scores, layers and policy
    #[command(after_help = DIFF_EXAMPLES)]
    Diff(diff::Arguments),
    /// Say what a rule finds and why, with examples
    #[command(after_help = "Example:\n  aivss-lint explain score-mismatch")]
    Explain(explain::ExplainArguments),
    /// List all rules
    #[command(after_help = "Example:\n  aivss-lint rules --format markdown")]
    Rules(explain::RulesArguments),
    /// Print a JSON schema, for editors and validators
    #[command(after_help = "Example:\n  aivss-lint schema threat-model > threat-model.schema.json")]
    Schema(explain::SchemaArguments),
    /// Write what follows from the file: scores, bands, sums, uplifts, bases; with --unsafe suggestions too
    #[command(after_help = FIX_EXAMPLES)]
    Fix(fix::Arguments),
    /// Write a threat model to fill in, and a policy to start from
    #[command(after_help = INIT_EXAMPLES)]
    Init(init::Arguments),
    /// Make a threat model of an OWASP report, a page, or AVE records
    #[command(after_help = IMPORT_EXAMPLES)]
    Import(import::Arguments),
    /// Write a threat model's findings as OWASP's v0.8 report
    #[command(after_help = EXPORT_EXAMPLES)]
    Export(export::Arguments),
    /// Bring threat models to another version of the standard, and say what is left to decide
    #[command(after_help = MIGRATE_EXAMPLES)]
    Migrate(migrate::Arguments),
    /// Explain scores: inputs, each step, what each factor carries, what one step less would do
    #[command(after_help = SCORE_EXAMPLES)]
    Score(score::Arguments),
    /// Print what a shell needs to complete arguments
    #[command(after_help = COMPLETIONS_EXAMPLES)]
    Completions(completions::Arguments),
    /// Print a manual page, or write all of them into a folder
    #[command(after_help = MAN_EXAMPLES)]
    Man(man::Arguments),
    /// Look at policies: what they come to, and their tests
    #[command(subcommand)]
    Policy(policy::Command),
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
    let parsed = CommandLine::command().try_get_matches().and_then(|matches| {
        let line = CommandLine::from_arg_matches(&matches)?;
        Ok((line, matches))
    });
    let (line, matches) = match parsed {
        Ok(parsed) => parsed,
        Err(error) => {
            // Help and version go to stdout with 0, usage errors to stderr with 2.
            let code = if error.use_stderr() { 2 } else { 0 };
            // A closed pipe leaves nobody to tell.
            let _ = error.print();
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

fn dispatch(line: &CommandLine, matches: &ArgMatches) -> Result<Verdict, gate::Stopped> {
    #[expect(clippy::disallowed_methods, reason = "where the user stands")]
    let repository = Repository::around(env::current_dir()?);
    match &line.command {
        Some(Command::Check(arguments)) => {
            let matches = matches.subcommand_matches("check").unwrap_or(matches);
            check::run(arguments, matches, &repository, Called::ByName)
        }
        Some(Command::Diff(arguments)) => diff::run(arguments, &repository),
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

/// Writes to stdout in one go. Whoever closed the pipe (`| head`) has seen enough: the verdict stands.
fn emit_to_stdout(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    match write(&mut out).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}

fn look(streams: Streams) -> Look {
    let terminal = io::stdout().is_terminal();
    let colour = match streams.color {
        Colour::Always => true,
        Colour::Never => false,
        Colour::Auto => anstream::AutoStream::choice(&io::stdout()) != anstream::ColorChoice::Never,
    };
    let width = terminal_size::terminal_size().map_or(100, |(width, _)| usize::from(width.0));
    let links = colour && supports_hyperlinks::on(supports_hyperlinks::Stream::Stdout);
    Look { colour, unicode: terminal, width: width.clamp(40, 120), links, ..Look::PLAIN }
}
