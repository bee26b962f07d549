//! Runs git by subprocess, without checking anything out, and without hooks, file system monitors, filters, or fetching what a
//! partial clone lacks. The repository is the one whose `.git` is in the folder, whatever the environment contains.
//!
//! Names of revisions become commits here, and commits the paths in which they differ.

pub(crate) mod files;

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::{self, Read, Seek};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use crate::input_error::Revision;
use crate::workspace::git::files::{Commit, missing_content};

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
const MAX_LENGTH: Duration = Duration::from_mins(10);
/// The number of bytes of git's warnings that are read.
const MAX_WARNINGS: u64 = 1024 * 1024;

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
    const MAX: usize = 1000;
    let count = env::var_os("GIT_CONFIG_COUNT").and_then(|count| count.to_str()?.parse().ok());
    (0..count.unwrap_or(0).min(MAX)).filter_map(|at| {
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
    run_within(MAX_LENGTH, command, Stdio::null())
}

/// Runs a command to its end, whatever its exit status, and ends it after a limit.
pub(crate) fn run_within(limit: Duration, mut command: Command, stdin: Stdio) -> Result<GitOutput, String> {
    let mut errors = tempfile::tempfile().map_err(cannot_run)?;
    let stderr = errors.try_clone().map_err(cannot_run)?;
    let child = command.stdin(stdin).stdout(Stdio::piped()).stderr(stderr).spawn();
    // git that is not found has no path.
    let program = Some(command.get_program()).filter(|path| !path.is_empty()).unwrap_or(OsStr::new("git"));
    let mut child = child.map_err(|error| format!("{} cannot be run: {error}", program.display()))?;
    let pipe = child.stdout.take();
    let child = Mutex::new(child);
    let (done, is_done) = mpsc::channel::<()>();
    let mut stdout = Vec::new();
    let (read, is_late) = thread::scope(|scope| {
        let child = &child;
        // If no thread is available, there is no limit.
        let watch = thread::Builder::new().spawn_scoped(scope, move || {
            let is_late = is_done.recv_timeout(limit) == Err(RecvTimeoutError::Timeout);
            is_late && child.lock().unwrap_or_else(PoisonError::into_inner).kill().is_ok()
        });
        let read = pipe.map_or(Ok(0), |mut pipe| pipe.read_to_end(&mut stdout));
        drop(done);
        (read, watch.is_ok_and(|watch| watch.join().unwrap_or(false)))
    });
    read.map_err(cannot_run)?;
    let mut child = child.into_inner().unwrap_or_else(PoisonError::into_inner);
    let status = child.wait().map_err(cannot_run)?;
    if is_late {
        return Err(format!("it did not finish within {} seconds", limit.as_secs()));
    }
    let code = status.code().ok_or_else(|| format!("it ended early: {status}"))?;
    let mut stderr = Vec::new();
    errors.rewind().and_then(|()| errors.take(MAX_WARNINGS).read_to_end(&mut stderr)).map_err(cannot_run)?;
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

// Revisions. The start of a name is never an option of git.

pub(crate) fn resolve(root: &Path, asked: &str) -> Result<Revision, String> {
    if asked.starts_with([':', '^']) {
        return Err(format!("`{asked}` does not begin with a branch, a tag or a commit id"));
    }
    refuse_unclear(root, ref_name(asked))?;
    let superproject = run(root, &["rev-parse", "--show-superproject-working-tree"]);
    if superproject.is_ok_and(|superproject| !superproject.stdout.is_empty()) {
        let message = "cannot compare revisions inside a submodule: run in a checkout of its own";
        return Err(message.to_owned());
    }
    let spec = format!("{asked}^{{commit}}");
    let found = run_any(root, &["rev-parse", "--verify", "--quiet", "--end-of-options", &spec])?;
    let commit = found.text();
    if found.code == 0 && is_hexadecimal(&commit) {
        return Ok(Revision { asked: asked.to_owned(), commit });
    }
    // If git does not work at all, its own message gives the reason.
    run(root, &["rev-parse", "--git-dir"])?;
    let hint = match shallow_hint(root) {
        "" if is_id(asked) => {
            "; fetch it (`git fetch origin <id>`), or compare with nothing if a force push has replaced it"
        }
        hint => hint,
    };
    Err(format!("there is no commit `{asked}` here{hint}"))
}

/// The name of a revision for [`resolve`], where people name a tag by its short name. A tag can have the name of a branch,
/// so gates do not use this.
pub(crate) fn with_tag(root: &Path, asked: &str) -> String {
    let tag = format!("refs/tags/{}", ref_name(asked));
    match refs_named(root, ref_name(asked)) {
        Ok(refs) if refs == [tag] => format!("refs/tags/{asked}"),
        _ => asked.to_owned(),
    }
}

/// The name that a revision begins with: `main` in `main~2`.
fn ref_name(asked: &str) -> &str {
    let name = asked.split(['~', '^', ':']).next().unwrap_or_default();
    name.split("@{").next().unwrap_or_default()
}

/// Whether a name is the whole id of an object.
pub(crate) fn is_id(name: &str) -> bool {
    [40, 64].contains(&name.len()) && is_hexadecimal(name)
}

/// Whether an id is all zeros, which CI systems and hooks give as the former commit of a new branch.
pub(crate) fn is_null_id(asked: &str) -> bool {
    is_id(asked) && asked.bytes().all(|byte| byte == b'0')
}

fn is_hexadecimal(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Refuses a name that git finds several things for. The author of a tag or a branch must not choose the policy by its name.
fn refuse_unclear(root: &Path, name: &str) -> Result<(), String> {
    // No ref takes the place of these, nor of `@{upstream}`, which begins with an empty name.
    if is_id(name) || ["", "HEAD"].contains(&name) {
        return Ok(());
    }
    let refs = refs_named(root, name)?;
    if name.starts_with("refs/") {
        let is_there = refs.iter().any(|found| found == name);
        return is_there
            .then_some(())
            .ok_or_else(|| format!("there is no `{name}` here{}", shallow_hint(root)));
    }
    let tag = format!("refs/tags/{name}");
    if refs.contains(&tag) {
        return Err(match refs.iter().find(|found| **found != tag) {
            Some(branch) => format!("`{name}` is both a tag and a branch here: write {tag} or {branch}"),
            // Not every clone contains the branches of its origin.
            None => format!("`{name}` is a tag, and a tag can be named like a branch: write {tag}"),
        });
    }
    let candidates = git_takes(name);
    let mut meant = refs.iter().filter(|found| candidates.contains(found));
    match (meant.next(), meant.next()) {
        (Some(one), Some(other)) => Err(format!("`{name}` is ambiguous here: write {one} or {other}")),
        (Some(one), None) if is_hexadecimal(name) => {
            match run(root, &["rev-parse", &format!("--disambiguate={name}")]) {
                Ok(ids) if !ids.stdout.is_empty() => Err(format!(
                    "`{name}` is both a short commit id and a branch here: write {one} or the whole id"
                )),
                _ => Ok(()),
            }
        }
        _ => Ok(()),
    }
}

/// The refs that git resolves a name to, if they exist.
fn git_takes(name: &str) -> [String; 4] {
    ["refs", "refs/tags", "refs/heads", "refs/remotes"].map(|kind| format!("{kind}/{name}"))
}

/// The refs that a name can mean: those that git resolves it to, the whole name, and branches of remotes.
fn refs_named(root: &Path, name: &str) -> Result<Vec<String>, String> {
    let of_remotes = format!("refs/remotes/*/{name}");
    let short = git_takes(name);
    let mut arguments = vec!["for-each-ref", "--format=%(refname)", &of_remotes];
    arguments.extend(short.iter().map(String::as_str));
    arguments.extend(name.starts_with("refs/").then_some(name));
    let mut refs = run(root, &arguments)?.text().lines().map(str::to_owned).collect::<Vec<_>>();
    // A pattern also matches refs below it.
    refs.retain(|found| {
        let branch = found.strip_prefix("refs/remotes/").and_then(|found| found.split_once('/'));
        found == name || short.contains(found) || branch.is_some_and(|(_, branch)| branch == name)
    });
    Ok(refs)
}

/// Opens the commit that a change made at `head` is compared with: its merge base with a revision. If the two have no commit
/// in common, the revision itself, marked as unrelated.
pub(crate) fn open_base(root: &Path, asked: &str, head: &str) -> Result<Commit, String> {
    let (base, head) = (resolve(root, asked)?, resolve(root, head)?);
    let found = run_any(root, &["merge-base", "--all", &base.commit, &head.commit])?;
    // 1 is git's exit status for no merge base.
    let found = if found.code == 1 { found } else { found.checked()? };
    let commits: Vec<String> = found.text().lines().map(str::to_owned).collect();
    match commits.as_slice() {
        [only] => Commit::open(root, Revision { commit: only.clone(), ..base }),
        [] => match shallow_hint(root) {
            "" => {
                let mut commit = Commit::open(root, base)?;
                commit.is_unrelated = true;
                Ok(commit)
            }
            hint => Err(format!("`{asked}` and `{}` have no commit in common here{hint}", head.asked)),
        },
        // The author of the change could choose among them.
        several => Err(format!(
            "`{asked}` and `{}` parted at {} commits ({}): merge `{asked}` into the change, or name one of them",
            head.asked,
            several.len(),
            several.join(", ")
        )),
    }
}

fn shallow_hint(root: &Path) -> &'static str {
    if run(root, &["rev-parse", "--is-shallow-repository"]).is_ok_and(|output| output.text() == "true") {
        "; this clone is shallow: fetch more of the history (`git fetch --unshallow`; in GitHub's checkout \
         `fetch-depth: 0`, in GitLab `GIT_DEPTH: 0`)"
    } else {
        ""
    }
}

/// The most bytes of paths that git gets as arguments: systems accept at least 128 KiB.
const MAX_PATHS_LENGTH: usize = 96 * 1024;

/// Finds the paths `gone` from a commit that were renamed to paths `new` in `head`, or in the working folder: now → then. All
/// are relative to the repository's root. No other paths are compared.
pub(crate) fn renames(
    root: &Path,
    base: &Revision,
    head: Option<&Revision>,
    (gone, new): (&[&str], &[&str]),
) -> Result<BTreeMap<String, String>, String> {
    let mut renames = BTreeMap::new();
    let paths = gone.iter().chain(new).copied();
    // If the paths are too long for git, none are compared: the old files count as removed, and the others as new.
    let is_too_much = paths.clone().map(|path| path.len() + 1).sum::<usize>() > MAX_PATHS_LENGTH;
    if gone.is_empty() || new.is_empty() || is_too_much {
        return Ok(renames);
    }
    // Through the index: files of the working folder would go through filters.
    let mut arguments = if head.is_some() { vec!["diff-tree"] } else { vec!["diff-index", "--cached"] };
    arguments.extend(["-r", "-z", "-M", "--name-status", "--diff-filter=R", &base.commit]);
    arguments.extend(head.map(|head| head.commit.as_str()));
    arguments.push("--");
    arguments.extend(paths);
    let printed = run(root, &arguments)?;
    let mut parts = printed.parts().map(|part| String::from_utf8_lossy(part).into_owned());
    while let (Some(_), Some(then), Some(now)) = (parts.next(), parts.next(), parts.next()) {
        renames.insert(now, then);
    }
    Ok(renames)
}

/// Paths that differ between a commit and `head`, or the working folder, from the repository's root. Files that git would
/// have to read to be sure are included.
pub(crate) fn changed(
    root: &Path,
    base: &Revision,
    head: Option<&Revision>,
) -> Result<BTreeSet<String>, String> {
    // Reading a file of the working folder would run the filters that its attributes choose.
    let mut arguments = if base.commit.len() == 64 { vec!["-c", NO_ATTRIBUTES_SHA256] } else { Vec::new() };
    arguments.push(if head.is_some() { "diff-tree" } else { "diff-index" });
    arguments.extend(["-r", "-z", "--no-renames", "--name-only", &base.commit]);
    arguments.extend(head.map(|head| head.commit.as_str()));
    let printed = run(root, &arguments)?;
    Ok(printed.parts().map(|path| String::from_utf8_lossy(path).into_owned()).collect())
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
