//! `import`: a threat model made of an OWASP report, a page or AVE records, to be completed.

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

Values that have no place in a threat model are listed on standard error. Values that the source
lacks stay empty. No file is overwritten.";

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// OWASP report or AVE records (JSON), or page (text, Markdown); `-` is standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// Write the threat model to FILE
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
        format!("wrote {name}: `aivss-lint {name}` lists the missing values\n{unseen}")
    };
    write_output(&imported.scaffold.to_yaml(), output, (&shown, &imported.remarks), repository, next)
}
