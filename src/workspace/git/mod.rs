//! Runs git by subprocess, without checking anything out, and without hooks, file system monitors, filters, or fetching what a
//! partial clone lacks. The repository is the one whose `.git` is in the folder, whatever the environment contains.

pub(crate) mod files;
pub(crate) mod revisions;

use std::env;
use std::ffi::OsString;
use std::fs;
use std::io::{self, Read, Seek};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use crate::workspace::git::files::missing_content;

/// Settings of every call, which win over every file of configuration.
const SETTINGS: [&str; 5] = [
    // A folder of a change can look like a bare repository, with a configuration that runs programs.
    "safe.bareRepository=explicit",
    "protocol.ext.allow=never",
    "core.fsmonitor=false",
    "core.hooksPath=/dev/null",
    "diff.renameLimit=4000",
];

/// Attributes from the empty tree, in git from 2.43 on: those of a change would choose filters to run.
const NO_ATTRIBUTES: &str = "attr.tree=4b825dc642cb6eb9a060e54bf8d69288fbee4904";
/// The same setting for a repository of SHA-256.
pub(crate) const NO_ATTRIBUTES_SHA256: &str =
    "attr.tree=6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321";

/// The commit of the checkout, for a shell.
pub(crate) const HEAD: &str = "$(git rev-parse HEAD)";

/// The time limit of listings by git. A large repository on a slow disk takes most of it.
pub(crate) const LISTING: Duration = Duration::from_secs(30);
const LONGEST: Duration = Duration::from_mins(10);
/// The number of bytes of git's warnings that are read.
const MOST_WARNINGS: u64 = 1024 * 1024;

/// A command of git at the root of a repository that changes nothing, is not interactive and reads no attributes.
pub(crate) fn command(root: &Path) -> Command {
    let mut command = command_with_attributes(root);
    command.args(["-c", NO_ATTRIBUTES]);
    command
}

/// The same with the attributes of the working folder.
pub(crate) fn command_with_attributes(root: &Path) -> Command {
    // An empty entry, or a relative one, is the current folder, which a change fills.
    let path = env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = env::split_paths(&path).filter(|folder| folder.is_absolute()).collect();
    let name = format!("git{}", env::consts::EXE_SUFFIX);
    let program = folders.iter().map(|folder| folder.join(&name)).find(|program| program.is_file());
    // An empty path cannot be run.
    let mut command = Command::new(program.unwrap_or_default());
    for (name, _) in env::vars_os() {
        let start = name.as_encoded_bytes().get(..4);
        if start.is_some_and(|start| start.eq_ignore_ascii_case(b"GIT_")) {
            command.env_remove(name);
        }
    }
    command.envs(env::join_paths(folders).map(|path| ("PATH", path)));
    command.envs([
        ("GIT_OPTIONAL_LOCKS", "0"),
        ("GIT_NO_LAZY_FETCH", "1"),
        // No transport has this name.
        ("GIT_ALLOW_PROTOCOL", "none"),
        ("GIT_TERMINAL_PROMPT", "0"),
        ("LC_ALL", "C"),
    ]);
    // With a broken `.git`, git must not use the repository around it.
    let real = root.canonicalize().ok();
    command.envs(real.as_deref().and_then(Path::parent).map(|above| ("GIT_CEILING_DIRECTORIES", above)));
    command.envs(hook_index(root).map(|index| ("GIT_INDEX_FILE", index)));
    command.arg("-C").arg(root);
    for setting in SETTINGS.iter().map(OsString::from).chain(trusted_folders()) {
        command.arg("-c").arg(setting);
    }
    // Releases of git before 2.38 do not support `safe.bareRepository`.
    let entry = root.join(".git");
    if entry.symlink_metadata().is_err() {
        command.arg("--git-dir").arg(entry);
    }
    // Replacements of this clone must not change the content of a commit.
    command.args(["--no-replace-objects", "--literal-pathspecs"]);
    command
}

/// The folders that the environment trusts although another user owns them, as settings. Containers of CI systems need
/// them. Other settings of the environment have no effect.
fn trusted_folders() -> impl Iterator<Item = OsString> {
    /// More than anybody sets.
    const MOST: usize = 1000;
    let count = env::var_os("GIT_CONFIG_COUNT").and_then(|count| count.to_str()?.parse().ok());
    (0..count.unwrap_or(0).min(MOST)).filter_map(|at| {
        let key = env::var_os(format!("GIT_CONFIG_KEY_{at}"))?;
        let value = env::var_os(format!("GIT_CONFIG_VALUE_{at}"))?;
        let mut setting = OsString::from("safe.directory=");
        setting.push(value);
        key.eq_ignore_ascii_case("safe.directory").then_some(setting)
    })
}

/// The index that git gives to a hook, if it is in the repository's own git folder.
pub(crate) fn hook_index(root: &Path) -> Option<PathBuf> {
    let index = root.join(env::var_os("GIT_INDEX_FILE")?).canonicalize().ok()?;
    index.starts_with(git_folder(root)?).then_some(index)
}

/// The folder that the `.git` of a root is or names.
pub(crate) fn git_folder(root: &Path) -> Option<PathBuf> {
    let entry = root.join(".git");
    if entry.is_dir() {
        return entry.canonicalize().ok();
    }
    let text = fs::read_to_string(entry).ok()?;
    root.join(text.strip_prefix("gitdir: ")?.trim_end()).canonicalize().ok()
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct GitOutput {
    pub(crate) code: i32,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: String,
}

impl GitOutput {
    /// The output of a call that succeeded, otherwise git's reason.
    pub(crate) fn checked(self) -> Result<Self, String> {
        if self.code == 0 { Ok(self) } else { Err(reason(&self.stderr)) }
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.stdout).trim_end().to_owned()
    }

    /// The parts of the output that end in a zero byte.
    pub(crate) fn parts(&self) -> impl Iterator<Item = &[u8]> {
        self.stdout.split_inclusive(|byte| *byte == 0).map(|part| part.strip_suffix(&[0]).unwrap_or(part))
    }
}

pub(crate) fn run(root: &Path, arguments: &[&str]) -> Result<GitOutput, String> {
    run_any(root, arguments)?.checked()
}

/// Runs git at a root, whatever its exit status.
pub(crate) fn run_any(root: &Path, arguments: &[&str]) -> Result<GitOutput, String> {
    let mut command = command(root);
    command.args(arguments);
    run_within(LONGEST, command, Stdio::null())
}

/// Runs a command to its end, whatever its exit status, and ends it after a limit.
pub(crate) fn run_within(limit: Duration, mut command: Command, stdin: Stdio) -> Result<GitOutput, String> {
    let mut errors = tempfile::tempfile().map_err(cannot_run)?;
    let stderr = errors.try_clone().map_err(cannot_run)?;
    let mut child = command.stdin(stdin).stdout(Stdio::piped()).stderr(stderr).spawn().map_err(cannot_run)?;
    let pipe = child.stdout.take();
    let child = Mutex::new(child);
    let (done, is_done) = mpsc::channel::<()>();
    let mut stdout = Vec::new();
    let read = thread::scope(|scope| {
        let child = &child;
        // If no thread is available, there is no limit.
        let _ = thread::Builder::new().spawn_scoped(scope, move || {
            if is_done.recv_timeout(limit) == Err(RecvTimeoutError::Timeout) {
                let _ = child.lock().unwrap_or_else(PoisonError::into_inner).kill();
            }
        });
        let read = pipe.map_or(Ok(0), |mut pipe| pipe.read_to_end(&mut stdout));
        drop(done);
        read
    });
    read.map_err(cannot_run)?;
    let mut child = child.into_inner().unwrap_or_else(PoisonError::into_inner);
    let status = child.wait().map_err(cannot_run)?;
    let Some(code) = status.code() else {
        return Err(format!("it did not finish within {} seconds", limit.as_secs()));
    };
    let mut stderr = Vec::new();
    errors.rewind().and_then(|()| errors.take(MOST_WARNINGS).read_to_end(&mut stderr)).map_err(cannot_run)?;
    Ok(GitOutput { code, stdout, stderr: String::from_utf8_lossy(&stderr).into_owned() })
}

#[expect(clippy::needless_pass_by_value, reason = "`map_err` passes a value")]
pub(crate) fn cannot_run(error: io::Error) -> String {
    format!("git cannot be run: {error}")
}

/// The reason for which git failed, from its messages.
fn reason(stderr: &str) -> String {
    // The second is git's message about the folders that `filter: tree:0` omits.
    if stderr.contains("from promisor remote") || stderr.contains("not a tree object") {
        return format!("a file to compare: {}", missing_content(HEAD));
    }
    let mut lines = stderr.lines().filter(|line| !line.trim().is_empty());
    let fatal = lines.clone().find(|line| line.starts_with("fatal: "));
    let line = fatal.or_else(|| lines.next()).unwrap_or("git failed without a message");
    line.trim_start_matches("fatal: ").to_owned()
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;

    #[test]
    fn command_that_does_not_end_is_stopped() {
        let mut sleep = Command::new("sleep");
        sleep.arg("60");
        let ended = run_within(Duration::from_millis(50), sleep, Stdio::null());
        assert_eq!(ended, Err("it did not finish within 0 seconds".to_owned()));
        let mut failing = Command::new("sh");
        failing.args(["-c", "echo 'warning: a' >&2; echo 'fatal: b' >&2; exit 3"]);
        let ended = run_within(Duration::from_mins(1), failing, Stdio::null());
        assert_eq!(ended.and_then(GitOutput::checked), Err("b".to_owned()));
    }
}
