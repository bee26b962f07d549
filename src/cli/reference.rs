//! `explain`, `rules`, `schema`, `completions` and `man`: what the program documents about itself, offline.
//!
//! The only file that imports `clap_complete` and `clap_mangen`.

use std::io;
use std::path::{Path, PathBuf};

use clap::{Args, Command};
use clap_complete::Shell;
use clap_mangen::Man;
use serde_json::json;

use crate::cli::common::{Choice, CliError, RuleName, emit_to_stdout, find_rule, look, one_of, print};
use crate::explain::{book, page};
use crate::likeness::nearest;
use crate::output::text::{Tone, line_width, painted, wrapped};
use crate::output::{Look, render_page};
use crate::rules;
use crate::schema::{REGO_INPUT, REPORT, ROW, SCORE, Schema};
use crate::text_edit::Safety;
use crate::workspace::files::{create_folder, replace};

#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    /// Rule, as reports print it in brackets
    #[arg(value_parser = RuleName, hide_possible_values = true)]
    rule: String,
}

pub(crate) fn explain(args: &ExplainArgs) -> Result<(), CliError> {
    let name = args.rule.as_str();
    let Some(rule) = find_rule(name) else {
        let help = match nearest(name, rules::ALL.iter().map(|rule| rule.name)) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None if name.starts_with("rego/") => "your policy documents its rules in Rego".to_owned(),
            None => "`aivss-lint rules` lists them".to_owned(),
        };
        return Err(format!("unknown rule `{name}`; {help}").into());
    };
    let look = look();
    let page = render_page(&page(rule), look);
    let Some((name, rest)) = page.split_once('\n').filter(|_| look.unicode) else { return Ok(print(&page)?) };
    let level = painted(rule.level.name(), rule.level.into(), look);
    let mandatory = if rule.mandatory { ", mandatory: no policy can lower or except it" } else { "" };
    Ok(print(&format!("{name}\nLevel: {level}{mandatory}\n{rest}"))?)
}

#[derive(Debug, Args)]
pub(crate) struct RulesArgs {
    /// Format of the list
    #[arg(short, long, value_name = "FORMAT", default_value = "human")]
    format: RulesFormat,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum RulesFormat {
    /// One line per rule, by family
    Human,
    /// JSON for programs
    Json,
    /// All pages
    Markdown,
}

pub(crate) fn list_rules(args: &RulesArgs) -> Result<(), CliError> {
    let text = match args.format {
        RulesFormat::Human => by_family(look()),
        RulesFormat::Json => {
            let mut list = Vec::new();
            for rules::Rule { name, level, mandatory, fix, summary, why, remedy, see, .. } in rules::ALL {
                list.push(json!({
                    "name": name, "level": level, "mandatory": mandatory, "fix": fix, "summary": summary, "why": why,
                    "remedy": remedy, "see": see,
                }));
            }
            format!("{:#}\n", serde_json::Value::Array(list))
        }
        RulesFormat::Markdown => book(),
    };
    Ok(print(&text)?)
}

/// The rules under the headings of their families, with the summaries broken under their beginnings.
fn by_family(look: Look) -> String {
    let width = rules::ALL.iter().map(|rule| rule.name.len()).max().unwrap_or(0);
    let mut text = String::new();
    for rule in rules::ALL {
        if let Some((heading, _)) = rules::FAMILIES.iter().find(|(_, first)| first.name == rule.name) {
            let space = if text.is_empty() { "" } else { "\n" };
            text += &format!("{space}{}\n", painted(heading, Tone::Strong, look));
        }
        let mandatory = if rule.mandatory { " (mandatory)" } else { "" };
        let mark = match rule.fix {
            None => String::new(),
            Some(Safety::Safe) => format!(" {}", painted("[fix]", Tone::Good, look)),
            Some(Safety::Suggested | Safety::Question) => {
                format!(" {}", painted("[fix\u{a0}--unsafe]", Tone::Caution, look))
            }
        };
        let level = painted(&format!("{:7}", rule.level.name()), rule.level.into(), look);
        let indent = width + 13;
        let summary =
            wrapped(&format!("{}{mandatory}{mark}", rule.summary), line_width(look), (indent, indent));
        text += &format!("  {:width$}  {level}  {}\n", rule.name, summary.replace('\u{a0}', " "));
    }
    let marks = "[fix]: `aivss-lint fix` corrects it. [fix --unsafe]: it has a suggestion, which needs review. \
                 A mandatory rule cannot be lowered or excepted. `aivss-lint explain RULE` shows examples.";
    text + &format!("\n{}\n", wrapped(marks, line_width(look), (0, 0)))
}

#[derive(Debug, Args)]
pub(crate) struct SchemaArgs {
    /// Schema to print
    #[arg(id = "name", value_name = "NAME", value_parser = one_of(&SCHEMAS))]
    text: &'static str,
}

const SCHEMAS: [Choice<&str>; 7] = [
    ("threat-model", "Threat models", Schema::ThreatModel.text()),
    ("policy", "Policies", Schema::Policy.text()),
    ("policy-test", "Tests of policies", Schema::PolicyTest.text()),
    ("report", "Output of `check --format json`", REPORT),
    ("row", "Rows of `check --format ndjson`", ROW),
    ("score", "Output of `score --format json`", SCORE),
    ("rego-input", "Input of rules in Rego", REGO_INPUT),
];

pub(crate) fn schema(args: &SchemaArgs) -> Result<(), CliError> {
    Ok(print(args.text)?)
}

pub(crate) const COMPLETIONS_EXAMPLES: &str = "\
Examples:
  source <(aivss-lint completions bash)                       bash, for this session
  aivss-lint completions zsh > ~/.zfunc/_aivss-lint           zsh, with that folder in $fpath
  aivss-lint completions fish > ~/.config/fish/completions/aivss-lint.fish
  aivss-lint completions powershell | Out-String | Invoke-Expression";

#[derive(Debug, Args)]
pub(crate) struct CompletionsArgs {
    /// Shell
    shell: Shell,
}

pub(crate) fn completions(args: &CompletionsArgs, mut program: Command) -> Result<(), CliError> {
    let mut script = Vec::new();
    let name = program.get_name().to_owned();
    clap_complete::generate(args.shell, &mut program, name, &mut script);
    // In the bash script, the crate mistakes the hyphen in the program's name for the joint between two commands.
    Ok(print(&String::from_utf8_lossy(&script).replace("aivss__subcmd__lint", "aivss__lint"))?)
}

pub(crate) const MAN_EXAMPLES: &str = "\
Examples:
  aivss-lint man check | man -l -     read a page
  aivss-lint man policy test          print the page of a nested command
  aivss-lint man --output ~/.local/share/man/man1";

#[derive(Debug, Args)]
pub(crate) struct ManArgs {
    /// Command, such as `check` or `policy test` [default: the program]
    #[arg(value_name = "COMMAND")]
    command: Vec<String>,
    /// Write all pages into a folder
    #[arg(long, value_name = "DIR", conflicts_with = "command")]
    output: Option<PathBuf>,
}

pub(crate) fn man(args: &ManArgs, program: Command) -> Result<(), CliError> {
    let mut program = program.disable_help_subcommand(true);
    program.build();
    let Some(folder) = &args.output else {
        let page = man_page(find_command(&program, &args.command.join(" "))?);
        return Ok(emit_to_stdout(|stdout| page.render(stdout))?);
    };
    let written = create_folder(folder).and_then(|()| write_man_pages(&program, folder));
    written.map_err(|error| format!("--output {}: {error}", folder.display()).into())
}

fn man_page(command: &Command) -> Man {
    Man::new(command.clone()).source(concat!(env!("CARGO_PKG_NAME"), " ", env!("CARGO_PKG_VERSION")))
}

/// Writes the page of a command and those of its subcommands.
fn write_man_pages(command: &Command, folder: &Path) -> io::Result<()> {
    let (page, mut bytes) = (man_page(command), Vec::new());
    page.render(&mut bytes)?;
    replace(&folder.join(page.get_filename()), &bytes)?;
    command.get_subcommands().try_for_each(|below| write_man_pages(below, folder))
}

/// Finds a command by its words; without words, the program itself.
fn find_command<'c>(program: &'c Command, words: &str) -> Result<&'c Command, CliError> {
    let mut command = program;
    for word in words.split_whitespace() {
        let Some(found) = command.find_subcommand(word) else {
            let names: Vec<&str> = command.get_subcommands().map(Command::get_name).collect();
            return Err(CliError::from(match nearest(word, names.iter().copied()) {
                _ if names.is_empty() => format!("`{}` has no subcommands", command.get_name()),
                Some(meant) => format!("unknown command `{word}`; did you mean `{meant}`?"),
                None => format!("unknown command `{word}`; known: {}", names.join(", ")),
            }));
        };
        command = found;
    }
    Ok(command)
}
