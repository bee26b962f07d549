//! The `aivss-lint` program: parses arguments, runs the command, returns its exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    aivss_lint::cli::run()
}
