//! The process: its standard error, and the limits on the time and memory of rules in Rego.
//!
//! The engine prints by itself; its output does not reach standard error, while this program's does. The engine checks the
//! time of each evaluation between its steps, and functions without a known limit are refused. A single step that takes
//! gigabytes or does not return ends the process with exit status 2, after its reason is in the reports.

use std::fs::File;
use std::io::{self, Write};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, Once, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// The stream itself while standard error is redirected.
static REAL: Mutex<Option<File>> = Mutex::new(None);
/// The length of the status line on the terminal, in bytes.
static STATUS: AtomicUsize = AtomicUsize::new(0);

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Prints to standard error, unless it is closed.
pub(crate) fn say(text: &str) {
    let mut real = lock(&REAL);
    let _ = match &mut *real {
        Some(stream) => stream.write_all(text.as_bytes()),
        None => io::stderr().write_all(text.as_bytes()),
    };
}

pub(crate) fn show_status(text: &str) {
    clear_status();
    STATUS.store(text.len(), Ordering::Relaxed);
    say(text);
}

/// Removes the status line, if there is one.
pub(crate) fn clear_status() {
    let written = STATUS.swap(0, Ordering::Relaxed);
    if written > 0 {
        say(&format!("\r{}\r", " ".repeat(written)));
    }
}

/// Runs code. Its output still reaches standard error here, so rules that are known to print are refused earlier.
#[cfg(not(unix))]
pub(crate) fn muted(work: &mut dyn FnMut()) -> String {
    work();
    String::new()
}

/// Runs code with standard error redirected; returns the beginning of its output.
#[cfg(unix)]
pub(crate) fn muted(work: &mut dyn FnMut()) -> String {
    use std::io::{Read, Seek};

    /// The most bytes of the output that are kept.
    const MAX: u64 = 4_096;
    /// Locked while the engine runs.
    static RUNNING: Mutex<()> = Mutex::new(());
    let _running = lock(&RUNNING);
    let Ok(mut file) = tempfile::tempfile() else {
        // Rules that are known to print are refused earlier.
        work();
        return String::new();
    };
    let redirected = Redirected::to(&file);
    work();
    drop(redirected);
    let mut printed = Vec::new();
    let _ = file.rewind().and_then(|()| file.take(MAX).read_to_end(&mut printed));
    String::from_utf8_lossy(&printed).into_owned()
}

/// Restores standard error when it is dropped, also by a panic.
#[cfg(unix)]
struct Redirected;

#[cfg(unix)]
impl Redirected {
    fn to(file: &File) -> io::Result<Self> {
        let mut real = lock(&REAL);
        let stream = rustix::io::fcntl_dupfd_cloexec(rustix::stdio::stderr(), 3)?;
        rustix::stdio::dup2_stderr(file)?;
        *real = Some(stream.into());
        Ok(Self)
    }
}

#[cfg(unix)]
impl Drop for Redirected {
    fn drop(&mut self) {
        if let Some(stream) = lock(&REAL).take() {
            let _ = rustix::stdio::dup2_stderr(&stream);
        }
    }
}

/// The most memory of the process while rules run, in bytes.
const MEMORY: usize = 1024 * 1024 * 1024;
/// The longest time of one evaluation: several times what the engine allows between its steps, for busy machines.
const MAX_LENGTH: Duration = Duration::from_secs(20);
/// The time of all evaluations of a run, without the share of each.
const TOTAL: Duration = Duration::from_secs(10);
/// The time that each evaluation adds. The rules of a usual policy need a tenth of it.
const SHARE: Duration = Duration::from_millis(10);
/// The time between two measurements.
const ROUND: Duration = Duration::from_millis(5);

static STARTED: Once = Once::new();
static RUNS: Mutex<Runs> = Mutex::new(Runs { running: Vec::new(), evaluations: 0, spent: Duration::ZERO });
/// Writes the reason into the reports before the process ends.
static ON_STOP: Mutex<Option<OnStop>> = Mutex::new(None);

type OnStop = Box<dyn Fn(&str) + Send>;

struct Runs {
    /// The start of each that has not ended.
    running: Vec<Instant>,
    evaluations: u32,
    spent: Duration,
}

/// An evaluation since its start, until it is dropped.
struct Running(Instant);

impl Running {
    fn begin() -> Self {
        STARTED.call_once(|| {
            // Without a thread there are no limits, so nothing runs.
            if thread::Builder::new().spawn(watch).is_err() {
                stop("no thread is available to limit them");
            }
        });
        let since = Instant::now();
        lock(&RUNS).running.push(since);
        Self(since)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let mut runs = lock(&RUNS);
        // Evaluations with the same start are alike.
        if let Some(at) = runs.running.iter().position(|since| *since == self.0) {
            runs.running.swap_remove(at);
        }
        runs.spent = runs.spent.saturating_add(self.0.elapsed());
    }
}

/// Runs the engine within the limits of one evaluation.
pub(crate) fn watched<T>(work: impl FnOnce() -> T) -> T {
    let _running = Running::begin();
    work()
}

/// Evaluates rules for a threat model. Fails without an evaluation if the time of the run is used up.
pub(crate) fn bounded(work: &mut dyn FnMut()) -> Result<(), String> {
    {
        let mut runs = lock(&RUNS);
        let limit = TOTAL.saturating_add(SHARE.saturating_mul(runs.evaluations));
        if runs.spent > limit {
            return Err(format!("they took more than {} seconds in this run", limit.as_secs()));
        }
        runs.evaluations = runs.evaluations.saturating_add(1);
    }
    watched(work);
    Ok(())
}

/// Sets the action that gets the reason before the process ends.
pub(crate) fn on_stop(write: impl Fn(&str) + Send + 'static) {
    *lock(&ON_STOP) = Some(Box::new(write));
}

fn watch() {
    loop {
        thread::sleep(ROUND);
        let oldest = lock(&RUNS).running.iter().min().copied();
        let Some(oldest) = oldest else { continue };
        if oldest.elapsed() > MAX_LENGTH {
            stop("they do not come to an end");
        }
        if memory_stats::memory_stats().is_some_and(|stats| stats.physical_mem > MEMORY) {
            stop("they take more memory than 1 GiB");
        }
    }
}

#[expect(clippy::exit, reason = "the thread that would return an exit code is the one that must be stopped")]
fn stop(why: &str) {
    clear_status();
    let message = format!("rules in Rego: {why}; nothing was checked");
    say(&format!("error: {message}\n"));
    if let Some(write) = &*lock(&ON_STOP) {
        write(&message);
    }
    std::process::exit(2);
}
