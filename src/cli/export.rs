//! `export`: a threat model as an OWASP report v0.8.

use std::io::{self, Write};
use std::path::PathBuf;

use clap::Args;

use crate::cli::gate::CliError;
use crate::cli::write_output::write_output;
use crate::convert::export::{CORE_RISKS, core_risk, export};
use crate::did_you_mean::nearest;
use crate::output::begin_line;
use crate::report::Verdict;
use crate::source::Source;
use crate::workspace::discover::Repository;

pub(crate) const EXAMPLES: &str = "\
Examples:
  aivss-lint export threat-model.yaml > aivss-report.json
  aivss-lint export threat-model.yaml --agent-as ASI02 --output aivss-report.json

The numbers of the report are the computed ones. Values that it does not contain are listed on
standard error. If it does not allow a value, nothing is written.";

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The threat model
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,

    /// Write the report to FILE
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,

    /// Export the agent's own score as a vulnerability of this category
    ///
    /// A core risk of OWASP AIVSS, or ASI01 to ASI10.
    #[arg(long, value_name = "CATEGORY")]
    agent_as: Option<String>,
}

pub(crate) fn run(arguments: &Arguments, repository: &Repository) -> Result<Verdict, CliError> {
    let agent_as = arguments.agent_as.as_deref().map(category).transpose()?;
    let shown = repository.shown(&arguments.file);
    let bytes =
        repository.read(&arguments.file).map_err(|message| CliError::Usage(format!("{shown}: {message}")))?;
    let source = Source::decode(shown.clone(), bytes);
    let exported = match export(&source, agent_as) {
        Ok(exported) => exported,
        Err(refusals) => {
            let lines: String = refusals
                .iter()
                .map(|refusal| {
                    let at = source.position(refusal.span.start);
                    begin_line(&format!("{shown}:{}:{}: {}", at.line, at.column, refusal.message)) + "\n"
                })
                .collect();
            let _ = io::stderr().write_all(lines.as_bytes());
            return Ok(Verdict::CannotJudge);
        }
    };
    let output = arguments.output.as_deref();
    write_output(&exported.text, output, (&shown, &exported.remarks), repository, |name| {
        format!("wrote {name}\n")
    })
}

fn category(asked: &str) -> Result<&'static str, CliError> {
    core_risk(asked).ok_or_else(|| {
        let names = CORE_RISKS.map(|(name, _)| name);
        let help = match nearest(asked, names) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => format!("the core risks are {}", names.join(", ")),
        };
        CliError::Usage(format!("unknown core risk `{asked}`: {help}"))
    })
}
