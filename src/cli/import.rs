//! `import`: a threat model made of something else, to be completed. What it is made of, [`crate::import`] knows.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::Args;

use super::emit_to_stdout;
use super::gate::Stopped;
use super::look::read_stdin;
use super::replace::create;
use crate::discover::{Repository, read};
use crate::import::import;
use crate::report::{Verdict, escape_line};

pub(super) const EXAMPLES: &str = "\
Examples:
  aivss-lint import aivss-report.json > threat-model.yaml
  aivss-lint import page.md --output agents/planner/threat-model.yaml

What has no place in a threat model is told on standard error; what the source does not say stays empty.
Nothing that stands is overwritten.

Exit codes: 0 made, 2 it cannot be.";

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// What to read: an OWASP report or AVE records (JSON), or a page as text or Markdown; `-` is standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// The file to write; without it the threat model goes to standard output
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

pub(super) fn run(arguments: &Arguments, repository: &Repository) -> Result<Verdict, Stopped> {
    let shown = repository.shown(&arguments.file);
    let bytes = match read_stdin(std::slice::from_ref(&arguments.file)) {
        Some(bytes) => bytes,
        None => read(&arguments.file),
    };
    let stop = |message: String| Stopped::Asked(format!("{shown}: {message}"));
    let imported = import(&shown, bytes.map_err(stop)?).map_err(stop)?;
    let text = imported.draft.written();
    let mut said: String = imported
        .remarks
        .iter()
        .map(|remark| format!("{}\n", escape_line(&format!("{shown}: {remark}"))))
        .collect();
    if let Some(output) = &arguments.output {
        let name = write_new(output, &text, repository)?;
        said.push_str(&format!("wrote {name}: `aivss-lint {name}` says what is missing\n"));
    } else {
        emit_to_stdout(|stdout| stdout.write_all(text.as_bytes()))?;
    }
    // A closed stream leaves nobody to tell.
    let _ = io::stderr().write_all(said.as_bytes());
    Ok(Verdict::Passed)
}

/// Writes a text to a file that is not there yet; returns what the file is called.
pub(super) fn write_new(path: &Path, text: &str, repository: &Repository) -> Result<String, Stopped> {
    let name = repository.shown(path);
    create(path, text.as_bytes()).map_err(|error| {
        let taken = error.kind() == io::ErrorKind::AlreadyExists;
        let why = if taken {
            "it stands already, and nothing is overwritten".to_owned()
        } else {
            error.to_string()
        };
        Stopped::Asked(format!("{name}: {why}"))
    })?;
    Ok(escape_line(&name))
}
