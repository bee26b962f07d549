//! `explain`, `rules` and `schema`: what the program knows of its rules and formats, offline.

use clap::Args;

use crate::cli::completions::RuleName;
use crate::cli::gate::CliError;
use crate::cli::{emit_to_stdout, note_renamed};
use crate::did_you_mean::nearest;
use crate::explain::{book, page};
use crate::report::Verdict;
use crate::rules;
use crate::schema::{REGO_INPUT, REPORT, SCORE, Schema};

#[derive(Debug, Args)]
pub(crate) struct ExplainArguments {
    /// The rule, as it stands in brackets in a report
    #[arg(value_parser = RuleName, hide_possible_values = true)]
    rule: String,
}

#[derive(Debug, Args)]
pub(crate) struct RulesArguments {
    /// How to write the list
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    format: FormatName,
}

#[derive(Debug, Args)]
pub(crate) struct SchemaArguments {
    /// What the schema describes
    #[arg(value_name = "NAME")]
    name: SchemaName,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum FormatName {
    /// One line a rule
    Human,
    /// For programs
    Json,
    /// All pages
    Markdown,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum SchemaName {
    /// Threat models
    ThreatModel,
    /// Policies
    Policy,
    /// Tests of policies
    PolicyTest,
    /// What `check --format json` prints
    Report,
    /// What `score --format json` prints
    Score,
    /// What rules in Rego see
    RegoInput,
}

pub(crate) fn explain(arguments: &ExplainArguments) -> Result<Verdict, CliError> {
    let name = arguments.rule.as_str();
    note_renamed(name);
    let Some(rule) = rules::resolve(name) else {
        let help = match nearest(name, rules::ALL.iter().map(|rule| rule.name)) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None if name.starts_with("rego/") => "rules in Rego are explained by your policy".to_owned(),
            None => "`aivss-lint rules` lists them".to_owned(),
        };
        return Err(CliError::Usage(format!("there is no rule `{name}`; {help}")));
    };
    emit_to_stdout(|stdout| stdout.write_all(page(rule).as_bytes()))?;
    Ok(Verdict::Passed)
}

pub(crate) fn list(arguments: &RulesArguments) -> Result<Verdict, CliError> {
    let text = match arguments.format {
        FormatName::Human => {
            let width = rules::ALL.iter().map(|rule| rule.name.len()).max().unwrap_or(0);
            let line = |rule: &rules::Rule| {
                format!("{:width$}  {:7}  {}\n", rule.name, rule.level.name(), rule.summary)
            };
            rules::ALL.into_iter().map(line).collect()
        }
        FormatName::Json => {
            let rules: Vec<_> = rules::ALL
                .into_iter()
                .map(|rule| {
                    let rules::Rule { name, level, fixed, summary, why, remedy, see, .. } = rule;
                    serde_json::json!({
                        "name": name, "level": level, "fixed": fixed, "summary": summary, "why": why,
                        "remedy": remedy, "see": see,
                    })
                })
                .collect();
            format!("{:#}\n", serde_json::Value::Array(rules))
        }
        FormatName::Markdown => book(),
    };
    emit_to_stdout(|stdout| stdout.write_all(text.as_bytes()))?;
    Ok(Verdict::Passed)
}

pub(crate) fn schema(arguments: &SchemaArguments) -> Result<Verdict, CliError> {
    let text = match arguments.name {
        SchemaName::ThreatModel => Schema::ThreatModel.text(),
        SchemaName::Policy => Schema::Policy.text(),
        SchemaName::PolicyTest => Schema::PolicyTest.text(),
        SchemaName::Report => REPORT,
        SchemaName::Score => SCORE,
        SchemaName::RegoInput => REGO_INPUT,
    };
    emit_to_stdout(|stdout| stdout.write_all(text.as_bytes()))?;
    Ok(Verdict::Passed)
}
