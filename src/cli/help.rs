//! The help: commands and options in groups, examples before options, and the colors of the rest of the program.

use anstyle::{AnsiColor, Style};
use clap::Command;
use clap::builder::Styles;

/// The headings of options.
pub(crate) const SELECTION: &str = "What to check";
pub(crate) const POLICY: &str = "Policy";
pub(crate) const COMPARISON: &str = "Comparison";
pub(crate) const OUTPUT: &str = "Output";
pub(crate) const ADVANCED: &str = "Advanced";

/// The commands by the purpose that they serve.
const GROUPS: [(&str, &[&str]); 5] = [
    ("Check", &["check", "diff", "fix", "list"]),
    ("Understand", &["score", "explain", "rules", "policy"]),
    ("Report", &["report", "badge"]),
    ("Write", &["init", "import", "export"]),
    ("Set up", &["schema", "server", "completions", "man", "help"]),
];

const HEADING: Style = Style::new().bold();
const COMMAND: Style = AnsiColor::Cyan.on_default().bold();

/// The colors of clap's messages.
pub(crate) const STYLES: Styles = Styles::styled()
    .header(HEADING)
    .usage(HEADING)
    .literal(COMMAND)
    .error(AnsiColor::Red.on_default().bold())
    .valid(AnsiColor::Green.on_default().bold())
    .invalid(AnsiColor::Yellow.on_default().bold());

/// The program with its help in groups. Its commands are hidden from clap's own list, so that this is for help alone.
pub(crate) fn grouped(program: Command) -> Command {
    let mut built = program.clone();
    built.build();
    let about = |name: &str| {
        let command = built.get_subcommands().find(|command| command.get_name() == name)?;
        Some(command.get_about()?.to_string())
    };
    let width = GROUPS.iter().flat_map(|(_, names)| *names).map(|name| name.len()).max().unwrap_or(0);
    let mut list = String::new();
    for (heading, names) in GROUPS {
        list.push_str(&format!("\n{HEADING}{heading}:{HEADING:#}\n"));
        for (name, about) in names.iter().filter_map(|name| Some((name, about(name)?))) {
            list.push_str(&format!("  {COMMAND}{name:width$}{COMMAND:#}  {about}\n"));
        }
    }
    let list = list.trim_end();
    let template =
        format!("{{about-with-newline}}\n{{usage-heading}} {{usage}}\n{list}{{after-help}}\n\n{{all-args}}");
    let usage = "aivss-lint [OPTIONS] [PATH]...\n       aivss-lint <COMMAND>";
    let program = examples_first(program).help_template(template).override_usage(usage);
    program.mut_subcommands(|command| command.hide(true))
}

fn examples_first(mut command: Command) -> Command {
    let has_list = command.get_subcommands().next().is_some();
    let examples = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    if let Some((heading @ ("Example:" | "Examples:"), rest)) = examples.split_once('\n') {
        command = command.after_help(format!("{HEADING}{heading}{HEADING:#}\n{rest}"));
    }
    let command = command.mut_subcommands(examples_first);
    if has_list {
        return command;
    }
    command.help_template("{about-with-newline}\n{usage-heading} {usage}{after-help}\n\n{all-args}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::CommandLine;
    use clap::CommandFactory;

    #[test]
    fn every_command_is_in_one_group() {
        let program = CommandLine::command();
        let commands = program.get_subcommands().filter(|command| !command.is_hide_set());
        for name in commands.map(Command::get_name) {
            let groups = GROUPS.iter().filter(|(_, names)| names.contains(&name)).count();
            assert_eq!(groups, 1, "{name}");
        }
    }
}
