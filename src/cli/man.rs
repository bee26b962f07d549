//! `man`: manual pages, made of the command line itself. The only file that knows the crate which writes them.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use clap::{Args, Command};
use clap_mangen::Man;

use crate::cli::emit_to_stdout;
use crate::cli::gate::CliError;
use crate::did_you_mean::nearest;
use crate::report::Verdict;
use crate::workspace::write::{refuse_link_out, replace};

pub(crate) const EXAMPLES: &str = "\
Examples:
  aivss-lint man check | man -l -     read a page
  aivss-lint man policy test          print that of a command below another
  aivss-lint man --output ~/.local/share/man/man1

Exit codes: 0 printed or written, 2 it cannot be.";

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The command, such as `check` or `policy test`; without it the page of the program
    #[arg(value_name = "COMMAND")]
    command: Vec<String>,

    /// Write all pages into a folder
    #[arg(long, value_name = "DIR", conflicts_with = "command")]
    output: Option<PathBuf>,
}

pub(crate) fn run(arguments: &Arguments, line: Command) -> Result<Verdict, CliError> {
    let mut line = line.disable_help_subcommand(true);
    line.build();
    if let Some(folder) = &arguments.output {
        let made = refuse_link_out(folder).and_then(|()| fs::create_dir_all(folder));
        let written = made.and_then(|()| write_all(&line, folder));
        written.map_err(|error| CliError::Usage(format!("--output {}: {error}", folder.display())))?;
    } else {
        let page = page(find(&line, &arguments.command.join(" "))?);
        emit_to_stdout(|stdout| page.render(stdout))?;
    }
    Ok(Verdict::Passed)
}

fn page(command: &Command) -> Man {
    Man::new(command.clone()).source(concat!(env!("CARGO_PKG_NAME"), " ", env!("CARGO_PKG_VERSION")))
}

/// Writes the page of a command, and those of the commands below it.
fn write_all(command: &Command, folder: &Path) -> io::Result<()> {
    let (page, mut bytes) = (page(command), Vec::new());
    page.render(&mut bytes)?;
    replace(&folder.join(page.get_filename()), &bytes)?;
    command.get_subcommands().try_for_each(|below| write_all(below, folder))
}

/// The command by its words; the program itself, where there are none.
fn find<'c>(line: &'c Command, words: &str) -> Result<&'c Command, CliError> {
    words.split_whitespace().try_fold(line, |command, word| {
        command.find_subcommand(word).ok_or_else(|| {
            let names: Vec<&str> = command.get_subcommands().map(Command::get_name).collect();
            let message = match (names.as_slice(), nearest(word, names.iter().copied())) {
                ([], _) => format!("`{}` has no commands of its own", command.get_name()),
                (_, Some(meant)) => format!("there is no command `{word}`; did you mean `{meant}`?"),
                (_, None) => format!("there is no command `{word}`; there are {}", names.join(", ")),
            };
            CliError::Usage(message)
        })
    })
}
