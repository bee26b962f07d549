//! `import` and `export`: threat models from other documents, and as OWASP's v0.8 report.

use std::path::PathBuf;

use clap::Args;

use crate::cli::args::OutputArgs;
use crate::cli::init::{UNSEEN, is_found};
use crate::cli::streams::{CliError, print_error, read_stdin, refuse_other_than_yaml, write_output};
use crate::convert::export::{CORE_RISKS, core_risk, export};
use crate::convert::import::import;
use crate::likeness::nearest;
use crate::output::begin_line;
use crate::report::Verdict;
use crate::source::Source;
use crate::workspace::discover::Repository;

pub(crate) const IMPORT_EXAMPLES: &str = "\
Examples:
  aivss-lint import aivss-report.json > threat-model.yaml
  aivss-lint import page.md --output agents/planner/threat-model.yaml

Values without a place in a threat model are listed on standard error. Values that the source does not
contain stay empty. Existing files are not overwritten.";

#[derive(Debug, Args)]
pub(crate) struct ImportArgs {
    /// OWASP report or AVE records (JSON), or a page (text or Markdown); `-` is standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,

    #[command(flatten)]
    pub(crate) to: OutputArgs,
}

pub(crate) fn run_import(args: &ImportArgs, repository: &Repository) -> Result<(), CliError> {
    let output = args.to.output.as_deref();
    output.map_or(Ok(()), refuse_other_than_yaml)?;
    let shown = repository.shown(&args.file);
    let stdin = read_stdin(std::slice::from_ref(&args.file));
    let bytes = stdin.unwrap_or_else(|| repository.read(&args.file));
    let imported = bytes.and_then(|bytes| import(&shown, bytes));
    let imported = imported.map_err(|message| CliError::about(&shown, message))?;
    let written = write_output(&imported.text, output, &shown, &imported.remarks, repository)?;
    if let Some((name, output)) = written.zip(output) {
        let unseen = if is_found(output, repository) { "" } else { UNSEEN };
        print_error(&format!("wrote {name}: run `aivss-lint {name}` to list missing values\n{unseen}"));
    }
    Ok(())
}

pub(crate) const EXPORT_EXAMPLES: &str = "\
Examples:
  aivss-lint export threat-model.yaml > aivss-report.json
  aivss-lint export threat-model.yaml --agent-as ASI02 --output aivss-report.json

The report contains the computed scores. Values without a place in it are listed on standard error.";

#[derive(Debug, Args)]
pub(crate) struct ExportArgs {
    /// Threat model
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,

    #[command(flatten)]
    to: OutputArgs,

    /// Export the agent's own score as a vulnerability of this category (a core risk of OWASP AIVSS, or ASI01 to ASI10)
    #[arg(long, value_name = "CATEGORY")]
    agent_as: Option<String>,
}

pub(crate) fn run_export(args: &ExportArgs, repository: &Repository) -> Result<Verdict, CliError> {
    let agent_as = args.agent_as.as_deref().map(category).transpose()?;
    let shown = repository.shown(&args.file);
    let bytes = repository.read(&args.file).map_err(|message| CliError::about(&shown, message))?;
    let source = Source::decode(shown.clone(), bytes);
    let exported = match export(&source, agent_as) {
        Ok(exported) => exported,
        Err(refusals) => {
            for refusal in refusals {
                let at = source.position(refusal.span.start);
                let line = format!("{shown}:{}:{}: {}", at.line, at.column, refusal.message);
                print_error(&(begin_line(&line) + "\n"));
            }
            return Ok(Verdict::CannotCheck);
        }
    };
    let output = args.to.output.as_deref();
    if let Some(name) = write_output(&exported.text, output, &shown, &exported.remarks, repository)? {
        print_error(&format!("wrote {name}\n"));
    }
    Ok(Verdict::Passed)
}

fn category(name: &str) -> Result<&'static str, CliError> {
    core_risk(name).ok_or_else(|| {
        let names = CORE_RISKS.map(|(name, _)| name);
        let help = match nearest(name, names) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => format!("known: {}", names.join(", ")),
        };
        CliError::Usage(format!("unknown core risk `{name}`; {help}"))
    })
}
