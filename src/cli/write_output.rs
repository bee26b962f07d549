//! Texts handed over: to a new file, which overwrites nothing, or to standard output, with what there is to say of them
//! on standard error.

use std::io::{self, Write};
use std::path::Path;

use crate::cli::emit_to_stdout;
use crate::cli::gate::CliError;
use crate::output::{begin_line, escape_line};
use crate::report::Verdict;
use crate::workspace::discover::Repository;
use crate::workspace::write::create;

/// Hands a text over. Each remark is a line about `shown`.
pub(crate) fn write_output(
    text: &str,
    output: Option<&Path>,
    (shown, remarks): (&str, &[String]),
    repository: &Repository,
    next: impl FnOnce(&str) -> String,
) -> Result<Verdict, CliError> {
    let mut said: String =
        remarks.iter().map(|remark| begin_line(&format!("{shown}: {remark}")) + "\n").collect();
    match output {
        Some(output) => said.push_str(&next(&write_new(output, text, repository)?)),
        None => emit_to_stdout(|stdout| stdout.write_all(text.as_bytes()))?,
    }
    // A closed stream leaves nobody to tell.
    let _ = io::stderr().write_all(said.as_bytes());
    Ok(Verdict::Passed)
}

/// Writes a text to a file that is not there yet; returns what the file is called, fit to be printed.
pub(crate) fn write_new(path: &Path, text: &str, repository: &Repository) -> Result<String, CliError> {
    let name = repository.shown(path);
    create(path, text.as_bytes()).map_err(|error| {
        let why = match error.kind() {
            io::ErrorKind::AlreadyExists => "it stands already, and nothing is overwritten".to_owned(),
            _ => error.to_string(),
        };
        CliError::Usage(format!("{name}: {why}"))
    })?;
    Ok(escape_line(&name))
}

/// Refuses a file for a threat model whose name says that it is no YAML.
pub(crate) fn refuse_other_than_yaml(path: &Path) -> Result<(), CliError> {
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default().to_ascii_lowercase();
    if matches!(&*ending, "yaml" | "yml") {
        return Ok(());
    }
    let message = "a threat model to fill in is written as YAML: name a .yaml file";
    Err(CliError::Usage(message.to_owned()))
}
