//! Access to the files that policies name, which the caller of [`read`](crate::policy::read) provides.

use std::sync::Arc;

use crate::diagnostic::Diagnostic;
use crate::source::Source;

/// Access to the files that a policy names: policies that it extends, and rules in Rego.
pub trait FileLoader: Sync {
    /// The bytes of a file, by its name as it is shown.
    ///
    /// # Errors
    /// The reason why it cannot be read, as a sentence.
    fn bytes(&self, name: &str) -> Result<Vec<u8>, String>;

    /// The sorted names of the Rego files below a folder, including tests.
    ///
    /// # Errors
    /// The reason why the folder cannot be read, as a sentence.
    fn rego_below(&self, folder: &str) -> Result<Vec<String>, String> {
        Err(format!("{folder} is a folder, and folders are not available here"))
    }

    /// Whether a file or folder exists at a path from the repository's root.
    fn exists(&self, _path: &str) -> bool {
        false
    }

    /// Whether a policy may name a file or folder: one of its own repository. Problems in it are quoted. Both names are
    /// as they are shown.
    fn may_name(&self, _policy: &str, _path: &str) -> bool {
        true
    }

    /// Runs code of others that may print to standard error. Returns what it printed, if that can be captured.
    fn muted(&self, work: &mut dyn FnMut()) -> String {
        work();
        String::new()
    }

    /// Runs code of others within the time and memory that a whole run has for it.
    ///
    /// # Errors
    /// The time of the run is used up, so nothing was done.
    fn bounded(&self, work: &mut dyn FnMut()) -> Result<(), String> {
        work();
        Ok(())
    }
}

/// No files, for policies that name none.
#[derive(Clone, Copy, Debug)]
pub struct NoFiles;

impl FileLoader for NoFiles {
    fn bytes(&self, name: &str) -> Result<Vec<u8>, String> {
        Err(format!("{name} is not available here"))
    }
}

impl<F: Fn(&str) -> Result<Vec<u8>, String> + Sync> FileLoader for F {
    fn bytes(&self, name: &str) -> Result<Vec<u8>, String> {
        self(name)
    }
}

/// The files that a policy may name.
pub type Load<'l> = &'l dyn FileLoader;

/// A policy file, or a file that it names, with its problems.
#[derive(Debug)]
pub struct Broken {
    /// The file.
    pub source: Arc<Source>,
    /// The problems.
    pub diagnostics: Vec<Diagnostic>,
}
