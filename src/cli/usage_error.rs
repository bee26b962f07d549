//! The reports of a command line that cannot be parsed: its outputs are guessed, so that no earlier report stays.

use std::env;
use std::path::PathBuf;

use crate::cli::common::{chosen, format_of};
use crate::cli::outputs::{FORMATS, Output, Rendering, prepare, write_failure};
use crate::output::{Format, Look};

/// Writes the reports in files that an invalid command line of `check` asks for, as far as it can be understood.
pub(crate) fn emit_usage_error(reason: &str) {
    let arguments: Vec<String> =
        env::args_os().skip(1).map(|argument| argument.to_string_lossy().into_owned()).collect();
    let outputs = guessed_outputs(&arguments);
    if prepare(&outputs, None).is_ok() {
        write_failure(reason, &outputs, None);
    }
}

/// Each `--output` with the `--format` before it, else with a `--format` without `--output`, else with the format of its
/// extension, else with `human`.
fn guessed_outputs(arguments: &[String]) -> Vec<Output> {
    let mut formats: Vec<Option<&str>> = Vec::new();
    let mut files: Vec<(&str, Option<&str>)> = Vec::new();
    let mut rest = arguments.iter().map(String::as_str).take_while(|argument| *argument != "--");
    while let Some(argument) = rest.next() {
        let (name, value) = match argument.get(..2) {
            Some(short @ ("-f" | "-o")) if argument.len() > 2 => {
                (short, argument.get(2..).map(|value| value.trim_start_matches('=')))
            }
            _ => argument.split_once('=').map_or((argument, None), |(name, value)| (name, Some(value))),
        };
        if !["--format", "-f", "--output", "-o"].contains(&name) {
            continue;
        }
        let Some(value) = value.or_else(|| rest.next()) else { break };
        if ["--format", "-f"].contains(&name) {
            formats.push(Some(value));
        } else {
            files.push((value, formats.last_mut().and_then(Option::take)));
        }
    }
    let left = formats.into_iter().flatten().next();
    let outputs = files.into_iter().map(|(file, format)| {
        let file = PathBuf::from(file);
        let named = format.or(left).and_then(|format| chosen(&FORMATS, format));
        let format = named.or_else(|| chosen(&FORMATS, format_of(&file)?)).unwrap_or(Format::Human);
        Output::new(Rendering::Report(format(Look::PLAIN)), Some(file))
    });
    outputs.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invalid_command_line_names_its_outputs() {
        let files = |line: &str| {
            let arguments: Vec<String> = line.split(' ').map(str::to_owned).collect();
            let outputs = guessed_outputs(&arguments).into_iter();
            outputs
                .map(|output| format!("{:?} {}", output.rendering, output.file.unwrap().display()))
                .collect::<Vec<_>>()
        };
        assert_eq!(
            files("--format json --output a.json --format=sarif --output=b --nope"),
            ["Report(Json) a.json", "Report(Sarif) b"]
        );
        assert_eq!(files("--output a --format gitlab --base"), ["Report(Gitlab) a"]);
        assert_eq!(
            files("-f json -o a -fsarif -ob -o=c"),
            ["Report(Json) a", "Report(Sarif) b", files("-o c")[0].as_str()]
        );
        assert_eq!(files("--format json --output a -- --output b"), ["Report(Json) a"]);
        assert_eq!(files("-o a.sarif.json --nope"), ["Report(Sarif) a.sarif.json"]);
        assert!(files("--output a --format none")[0].starts_with("Report(Human"));
        assert!(files("--format json --output").is_empty());
    }
}
