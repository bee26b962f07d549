//! Standard error, kept from code of others that prints by itself, as the Rego engine does. What this program prints at
//! the same time still gets there.

use std::sync::atomic::{AtomicUsize, Ordering};

#[cfg(unix)]
pub(crate) use crate::workspace::mute::unix::{say, stderr};

/// Runs code, whose prints cannot be kept from standard error here: what is known to print is refused before.
#[cfg(not(unix))]
pub(crate) fn stderr(work: &mut dyn FnMut()) -> String {
    work();
    String::new()
}

/// Prints to standard error. A closed stream is no problem.
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

    /// How many bytes of what was printed are of use.
    const MOST: u64 = 4_096;

    /// Held by the one that runs code of others.
    static RUNNING: Mutex<()> = Mutex::new(());
    /// The stream itself, while standard error leads elsewhere.
    static REAL: Mutex<Option<File>> = Mutex::new(None);

    fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
        mutex.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Leads standard error back when it is dropped, be it by a panic.
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

    /// Runs code without its reaching standard error; returns the beginning of what it printed.
    pub(crate) fn stderr(work: &mut dyn FnMut()) -> String {
        let _running = lock(&RUNNING);
        let Ok(mut file) = tempfile::tempfile() else {
            // What is known to print is refused before.
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

    /// Prints to standard error. A closed stream is no problem.
    pub(crate) fn say(text: &str) {
        let mut real = lock(&REAL);
        let _ = match &mut *real {
            Some(stream) => stream.write_all(text.as_bytes()),
            None => io::stderr().write_all(text.as_bytes()),
        };
    }
}
