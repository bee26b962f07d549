//! Standard error: the Rego engine, which prints by itself, does not reach it; this program does at the same time.

use std::sync::atomic::{AtomicUsize, Ordering};

#[cfg(unix)]
pub(crate) use crate::workspace::mute::unix::{say, stderr};

/// Runs code. Its output still reaches standard error here, so rules that are known to print are refused earlier.
#[cfg(not(unix))]
pub(crate) fn stderr(work: &mut dyn FnMut()) -> String {
    work();
    String::new()
}

/// Prints to standard error, unless it is closed.
#[cfg(not(unix))]
pub(crate) fn say(text: &str) {
    use std::io::{self, Write};

    let mut stream = io::stderr().lock();
    let _ = stream.write_all(text.as_bytes()).and_then(|()| stream.flush());
}

/// The length of the status line on the terminal, in bytes.
static STATUS: AtomicUsize = AtomicUsize::new(0);

/// Replaces the status line.
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

#[cfg(unix)]
mod unix {
    use std::fs::File;
    use std::io::{self, Read, Seek, Write};
    use std::sync::{Mutex, MutexGuard, PoisonError};

    /// The most bytes of the output that are kept.
    const MOST: u64 = 4_096;

    /// Locked while the engine runs.
    static RUNNING: Mutex<()> = Mutex::new(());
    /// The stream itself while standard error is redirected.
    static REAL: Mutex<Option<File>> = Mutex::new(None);

    fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
        mutex.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Restores standard error when it is dropped, also by a panic.
    struct Redirected;

    impl Redirected {
        fn to(file: &File) -> io::Result<Self> {
            let mut real = lock(&REAL);
            let stream = rustix::io::fcntl_dupfd_cloexec(rustix::stdio::stderr(), 3)?;
            rustix::stdio::dup2_stderr(file)?;
            *real = Some(stream.into());
            Ok(Self)
        }
    }

    impl Drop for Redirected {
        fn drop(&mut self) {
            if let Some(stream) = lock(&REAL).take() {
                let _ = rustix::stdio::dup2_stderr(&stream);
            }
        }
    }

    /// Runs code with standard error redirected; returns the beginning of its output.
    pub(crate) fn stderr(work: &mut dyn FnMut()) -> String {
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
        let _ = file.rewind().and_then(|()| file.take(MOST).read_to_end(&mut printed));
        String::from_utf8_lossy(&printed).into_owned()
    }

    /// Prints to standard error, unless it is closed.
    pub(crate) fn say(text: &str) {
        let mut real = lock(&REAL);
        let _ = match &mut *real {
            Some(stream) => stream.write_all(text.as_bytes()),
            None => io::stderr().write_all(text.as_bytes()),
        };
    }
}
