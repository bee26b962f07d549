//! `completions`: what a shell needs to complete this program's arguments, made of the command line itself. The only file
//! that knows the crate which writes such scripts.

use clap::Args;
use clap::builder::{PossibleValue, StringValueParser, TypedValueParser};
use clap::error::Error;
use clap_complete::Shell;

use crate::cli::emit_to_stdout;
use crate::cli::gate::CliError;
use crate::report::Verdict;
use crate::rules;

pub(crate) const EXAMPLES: &str = "\
Examples:
  source <(aivss-lint completions bash)                       bash, for this session
  aivss-lint completions zsh > ~/.zfunc/_aivss-lint           zsh, with that folder in $fpath
  aivss-lint completions fish > ~/.config/fish/completions/aivss-lint.fish
  aivss-lint completions powershell | Out-String | Invoke-Expression

Exit codes: 0 printed, 2 it cannot be.";

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The shell
    shell: Shell,
}

pub(crate) fn run(arguments: &Arguments, mut line: clap::Command) -> Result<Verdict, CliError> {
    let mut script = Vec::new();
    let name = line.get_name().to_owned();
    clap_complete::generate(arguments.shell, &mut line, name, &mut script);
    let script = String::from_utf8_lossy(&script);
    // For bash the crate takes the hyphen in the program's name for the joint between a command and one below it.
    let script = script.replace("aivss__subcmd__lint", "aivss__lint");
    emit_to_stdout(|stdout| stdout.write_all(script.as_bytes()))?;
    Ok(Verdict::Passed)
}

/// Reads the name of a rule. Shells complete the known ones; what is unknown is for the command to speak of, which may
/// know what was meant.
#[derive(Clone, Debug)]
pub(crate) struct RuleName;

impl TypedValueParser for RuleName {
    type Value = String;

    fn parse_ref(
        &self,
        command: &clap::Command,
        argument: Option<&clap::Arg>,
        value: &std::ffi::OsStr,
    ) -> Result<String, Error> {
        StringValueParser::new().parse_ref(command, argument, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        let named = |rule: &'static rules::Rule| PossibleValue::new(rule.name).help(rule.summary);
        Some(Box::new(rules::ALL.into_iter().map(named)))
    }
}
