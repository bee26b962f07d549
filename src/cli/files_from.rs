//! `--files-from`: paths from a list instead of the command line, which systems limit.

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use clap::Args;

use crate::cli::common::CliError;
use crate::cli::help::SELECTION;
use crate::input_error::LINK_OUT;
use crate::workspace::files::{link_out, plain};
use crate::workspace::git::files::path_of;

/// The most bytes of a list.
const MAX_BYTES: u64 = 256 * 1024 * 1024;
/// The most paths of a list.
const MAX_PATHS: usize = 1_000_000;

#[derive(Debug, Default, Args)]
#[command(next_help_heading = SELECTION)]
pub(crate) struct FilesFromArgs {
    /// Read paths from FILE, or `-` for standard input, one per line or each ended by NUL
    #[arg(long, value_name = "FILE")]
    files_from: Option<PathBuf>,
}

impl FilesFromArgs {
    /// Adds the paths of the list, which are relative to the current folder. An empty list can be that of a command that
    /// failed, so it is an error unless `is_filter` says that paths are skipped anyway.
    pub(crate) fn add_to(&self, paths: &mut Vec<PathBuf>, is_filter: bool) -> Result<(), CliError> {
        let Some(list) = &self.files_from else { return Ok(()) };
        let is_stdin = list.as_os_str() == "-";
        if is_stdin && paths.iter().any(|path| path.as_os_str() == "-") {
            return Err("--files-from -: standard input is a file to check, so it cannot be the list".into());
        }
        let bytes = if is_stdin { read_stdin() } else { read_list(list) };
        let listed = bytes.and_then(|bytes| listed(&bytes));
        let about = |message: String| CliError::about(format!("--files-from {}", list.display()), message);
        let listed = listed.map_err(about)?;
        if listed.is_empty() && paths.is_empty() && !is_filter {
            return Err(about("the list is empty".to_owned()));
        }
        paths.extend(listed);
        Ok(())
    }
}

#[expect(clippy::disallowed_methods, reason = "the user asked for it with `-`")]
fn read_stdin() -> Result<Vec<u8>, String> {
    read_all(io::stdin().lock())
}

/// Reads a file, or a pipe such as that of `<(git ls-files -z)`.
#[expect(clippy::disallowed_methods, reason = "a pipe is not refused here")]
fn read_list(list: &Path) -> Result<Vec<u8>, String> {
    if link_out(list, None).is_some() {
        return Err(format!("{LINK_OUT}: name the file itself"));
    }
    read_all(std::fs::File::open(list).map_err(|error| plain(&error))?)
}

fn read_all(stream: impl Read) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    stream.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(|error| plain(&error))?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(format!("a list has at most {} MiB", MAX_BYTES / 1024 / 1024));
    }
    Ok(bytes)
}

/// The paths of a list. With a NUL in it, each ends at one, and a line break is part of a path.
fn listed(bytes: &[u8]) -> Result<Vec<PathBuf>, String> {
    let has_nul = memchr::memchr(0, bytes).is_some();
    let mut paths = Vec::new();
    for name in bytes.split(|byte| *byte == if has_nul { 0 } else { b'\n' }) {
        let name = if has_nul { name } else { name.strip_suffix(b"\r").unwrap_or(name) };
        if name.is_empty() {
            continue;
        }
        if paths.len() == MAX_PATHS {
            return Err("a list has at most 1,000,000 paths".to_owned());
        }
        // In a list it is the name of a file.
        paths.push(if name == b"-" { PathBuf::from("./-") } else { path_of(name) });
    }
    Ok(paths)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn list_has_a_path_per_line_or_per_nul() {
        let rows: [(&[u8], &[&str]); 6] = [
            (b"", &[]),
            (b"\n\n", &[]),
            (b"a.yaml\nb c.yaml\r\n-\n\n--flag", &["a.yaml", "b c.yaml", "./-", "--flag"]),
            (b"a\nb.yaml\0c.yaml\r\0", &["a\nb.yaml", "c.yaml\r"]),
            (b"\0", &[]),
            (b" a \n\tb", &[" a ", "\tb"]),
        ];
        for (bytes, paths) in rows {
            let expected: Vec<PathBuf> = paths.iter().map(PathBuf::from).collect();
            assert_eq!(listed(bytes), Ok(expected), "{bytes:?}");
        }
        assert!(listed(&b"a\n".repeat(MAX_PATHS)).is_ok_and(|paths| paths.len() == MAX_PATHS));
        assert!(listed(&b"a\0".repeat(MAX_PATHS + 1)).is_err());
    }
}
