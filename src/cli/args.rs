//! Options that several commands share, and the parsers of their values.

use std::ffi::OsStr;
use std::path::PathBuf;

use clap::builder::{PossibleValue, StringValueParser, TypedValueParser};
use clap::{Arg, Args, Command};

use crate::cli::streams::print_error;
use crate::date::Date;
use crate::rules;
use crate::rules::Rule;

/// The files to work on.
#[derive(Debug, Args)]
pub(crate) struct PathArgs {
    /// Files and folders with threat models
    #[arg(value_name = "PATH", default_value = ".")]
    pub(crate) paths: Vec<PathBuf>,
}

/// The policy in force, and the day.
#[derive(Debug, Args)]
pub(crate) struct PolicyArgs {
    /// Policy file or built-in policy: recommended, strict, permissive
    ///
    /// Default: aivss-policy.yaml in the repository's root or in its .github, else recommended.
    #[arg(long, value_name = "FILE|NAME")]
    pub(crate) policy: Option<PathBuf>,

    /// Date to use as today, for tests and replays
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = parse_date)]
    today: Option<Date>,
}

impl PolicyArgs {
    pub(crate) fn today(&self) -> Date {
        self.today.unwrap_or_else(Date::today)
    }
}

/// The one file that a command writes.
#[derive(Debug, Args)]
pub(crate) struct OutputArgs {
    /// Write to FILE instead of standard output
    #[arg(long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

pub(crate) fn parse_date(text: &str) -> Result<Date, String> {
    Date::parse(text).ok_or_else(|| "expected a date as YYYY-MM-DD".to_owned())
}

pub(crate) fn parse_days(text: &str) -> Result<i32, String> {
    let days = text.strip_suffix('d').unwrap_or(text).parse().ok().filter(|days| *days >= 0);
    days.ok_or_else(|| "expected a number of days as 30d".to_owned())
}

/// Parses a category: it is part of an identifier in SARIF, where its last `/` ends it, and of an HTML comment, which `--`
/// can end.
pub(crate) fn parse_category(text: &str) -> Result<String, String> {
    const LONGEST: usize = 100;
    let is_plain = text.chars().all(|letter| letter.is_ascii_alphanumeric() || "._:/=+@ -".contains(letter));
    let is_whole = text.trim() == text && !text.contains("--") && !text.ends_with(['/', '-']);
    if !text.is_empty() && text.len() <= LONGEST && is_plain && is_whole {
        return Ok(text.to_owned());
    }
    let expected = "expected up to 100 letters, digits, spaces and `._:/=+@-`, without `--`, and without `/` or `-` at the end";
    Err(expected.to_owned())
}

/// Finds a rule by its present or a former name, with a note about a former one.
pub(crate) fn find_rule(name: &str) -> Option<&'static Rule> {
    if let Some(note) = rules::NAMES.renamed(name) {
        print_error(&format!("note: {note}\n"));
    }
    rules::resolve(name)
}

/// Parses the name of a rule. Shells complete known names; the command itself reports an unknown one.
#[derive(Clone, Debug)]
pub(crate) struct RuleName;

impl TypedValueParser for RuleName {
    type Value = String;

    fn parse_ref(
        &self,
        command: &Command,
        argument: Option<&Arg>,
        value: &OsStr,
    ) -> Result<String, clap::Error> {
        StringValueParser::new().parse_ref(command, argument, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(rules::ALL.into_iter().map(|rule| PossibleValue::new(rule.name).help(rule.summary))))
    }
}
