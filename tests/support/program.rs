//! The program under test.

use std::process::Command;

const PROGRAM: &str = env!("CARGO_BIN_EXE_aivss-lint");

/// A run of the program that does not know of the machine's own CI or terminal.
pub(crate) fn program() -> Command {
    without_ci(Command::new(PROGRAM))
}

/// A run of the program as `$0` of a shell's script, which sets limits first.
pub(crate) fn bounded(script: &str) -> Command {
    let mut shell = Command::new("sh");
    shell.args(["-c", script, PROGRAM]);
    without_ci(shell)
}

fn without_ci(mut command: Command) -> Command {
    for variable in ["CLICOLOR_FORCE", "FORCE_HYPERLINK", "GITHUB_ACTIONS", "NO_COLOR"] {
        command.env_remove(variable);
    }
    command
}
