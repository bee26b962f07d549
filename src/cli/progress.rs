//! How far a long run has come: one line on a terminal, written over and over, and gone before anything else is said.
//!
//! Only people see it: both streams must be a terminal, and nothing may say that this is a CI system.

use std::env;
use std::io::{self, IsTerminal};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use crate::workspace::mute::{clear_status, show_status};

/// A run that is over before this is not worth a line.
const PATIENCE: Duration = Duration::from_millis(500);
/// How often the line is written.
const ROUND: Duration = Duration::from_millis(100);

/// Whether a run says how far it has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Progress {
    /// After a while.
    Shown,
    /// Never.
    Hidden,
}

impl Progress {
    /// Shown to people who look on.
    #[expect(clippy::disallowed_methods, reason = "CI systems may lend a terminal, and nobody looks at it")]
    pub(crate) fn for_people() -> Self {
        let terminal = io::stderr().is_terminal() && io::stdout().is_terminal();
        let says = |name, word: &str| env::var(name).is_ok_and(|value| value == word);
        let in_ci = env::var_os("CI").is_some_and(|value| !value.is_empty()) && !says("CI", "false");
        if terminal && !in_ci && !says("TERM", "dumb") { Self::Shown } else { Self::Hidden }
    }
}

/// Writes how many of `total` are done until all who work have hung up.
pub(crate) fn follow(done: &AtomicUsize, total: usize, work: &Receiver<()>) {
    let mut wait = PATIENCE;
    while work.recv_timeout(wait) == Err(RecvTimeoutError::Timeout) {
        wait = ROUND;
        show_status(&format!("checked {} of {}", grouped(done.load(Ordering::Relaxed)), grouped(total)));
    }
    clear_status();
}

/// A number with commas between its thousands.
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let comma = |at: usize| at > 0 && (digits.len() - at).is_multiple_of(3);
    digits
        .char_indices()
        .flat_map(|(at, digit)| comma(at).then_some(',').into_iter().chain([digit]))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::grouped;

    #[test]
    fn thousands_are_told_apart() {
        let written = [0, 999, 1_200, 40_000, 1_234_567].map(grouped);
        assert_eq!(written, ["0", "999", "1,200", "40,000", "1,234,567"]);
    }
}
