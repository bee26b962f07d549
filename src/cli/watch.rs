//! A watchman over runs with rules in Rego, which come from outside this program.
//!
//! The engine bounds their time step by step, and what is known to have no bound is refused beforehand. What remains,
//! a single function that makes gigabytes or never returns, ends the process here: with 2, and with words.

use std::sync::Once;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::mute::say;
use super::progress;

/// The most memory that such a run may have, in bytes.
const MEMORY: usize = 2 * 1024 * 1024 * 1024;
/// The longest that such a run may go without finishing a file.
const STANDSTILL: Duration = Duration::from_secs(20);
/// How often the watchman looks.
const ROUND: Duration = Duration::from_millis(5);

static STARTED: Once = Once::new();
static FINISHED: AtomicU64 = AtomicU64::new(0);

/// Starts the watch, once.
pub(super) fn start() {
    STARTED.call_once(|| {
        // Without a thread there is no watch, and without a watch nothing of this kind may run.
        if thread::Builder::new().spawn(watch).is_err() {
            stop("no thread can be had to watch over them");
        }
    });
}

/// Says that something was finished: the run is not at a standstill.
pub(super) fn progress() {
    FINISHED.fetch_add(1, Ordering::Relaxed);
}

fn watch() {
    let mut seen = FINISHED.load(Ordering::Relaxed);
    let mut since = Instant::now();
    loop {
        thread::sleep(ROUND);
        let finished = FINISHED.load(Ordering::Relaxed);
        if finished != seen {
            (seen, since) = (finished, Instant::now());
        }
        if since.elapsed() > STANDSTILL {
            stop("they do not come to an end");
        }
        if memory_stats::memory_stats().is_some_and(|stats| stats.physical_mem > MEMORY) {
            stop("they take more memory than 2 GiB");
        }
    }
}

/// Ends the process as one that could not judge.
#[expect(clippy::exit, reason = "the thread that would return an exit code is the one that must be stopped")]
fn stop(why: &str) {
    progress::clear();
    say(&format!("error: rules in Rego: {why}; nothing was judged\n"));
    std::process::exit(2);
}
