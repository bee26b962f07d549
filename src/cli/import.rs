//! `import`: a threat model made of something else, to be completed. What it is made of, [`crate::convert::import`] knows.

use std::path::PathBuf;

use clap::Args;

use crate::cli::gate::CliError;
use crate::cli::init::{UNSEEN, is_found};
use crate::cli::lint_files::read_stdin;
use crate::cli::write_output::{refuse_other_than_yaml, write_output};
use crate::convert::import::import;
use crate::report::Verdict;
use crate::workspace::discover::Repository;

pub(crate) const EXAMPLES: &str = "\
Examples:
  aivss-lint import aivss-report.json > threat-model.yaml
  aivss-lint import page.md --output agents/planner/threat-model.yaml

What has no place in a threat model is told on standard error; what the source does not say stays
empty. Nothing that stands is overwritten.

Exit codes: 0 made, 2 it cannot be.";

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// What to read: an OWASP report or AVE records (JSON), or a page as text or Markdown; `-` is standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// The file to write; without it the threat model goes to standard output
    #[arg(long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

pub(crate) fn run(arguments: &Arguments, repository: &Repository) -> Result<Verdict, CliError> {
    if let Some(output) = &arguments.output {
        refuse_other_than_yaml(output)?;
    }
    let shown = repository.shown(&arguments.file);
    let bytes = match read_stdin(std::slice::from_ref(&arguments.file)) {
        Some(bytes) => bytes,
        None => repository.read(&arguments.file),
    };
    let stop = |message: String| CliError::Usage(format!("{shown}: {message}"));
    let imported = import(&shown, bytes.map_err(stop)?).map_err(stop)?;
    let output = arguments.output.as_deref();
    let next = |name: &str| {
        let unseen = if output.is_some_and(|output| is_found(output, repository)) { "" } else { UNSEEN };
        format!("wrote {name}: `aivss-lint {name}` says what is missing\n{unseen}")
    };
    write_output(&imported.draft.written(), output, (&shown, &imported.remarks), repository, next)
}
