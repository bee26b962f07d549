//! The files of a commit, read through git without checking anything out. Like [`crate::workspace::discover`] it reaches the
//! world, and it is the only file that runs git.
//!
//! git is asked by plumbing commands alone, without hooks, file system monitors, filters, or fetching of what a partial
//! clone has left out. The repository is the one whose `.git` lies in the folder, whatever the environment says. What a
//! name of a revision begins with can never be taken for an option.

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::ffi::OsString;
use std::io::{self, BufRead, BufReader, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use crate::report::Revision;
use crate::source::Source;

/// Settings of every call, which win over every file of configuration.
const SETTINGS: [&str; 6] = [
    // A folder of a change can look like a bare repository, with a configuration that runs programs.
    "safe.bareRepository=explicit",
    "protocol.ext.allow=never",
    "core.fsmonitor=false",
    "core.hooksPath=/dev/null",
    // Attributes are read from the empty tree, by git from 2.43 on: those of a change would choose filters to run.
    "attr.tree=4b825dc642cb6eb9a060e54bf8d69288fbee4904",
    "diff.renameLimit=4000",
];

/// The setting for attributes from an empty tree in a repository of SHA-256.
const EMPTY_TREE_OF_SHA256: &str =
    "attr.tree=6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321";

/// A command of git at the root of a repository, that changes nothing and asks nobody.
pub fn command(root: &Path) -> Command {
    command_with(root, &SETTINGS)
}

#[expect(
    clippy::disallowed_methods,
    reason = "git obeys the environment, so this decides what it sees of it"
)]
fn command_with(root: &Path, settings: &[&str]) -> Command {
    // An empty entry, or a relative one, is the current folder, which a change fills.
    let path = env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = env::split_paths(&path).filter(|folder| folder.is_absolute()).collect();
    let mut command = Command::new(program(&folders));
    for name in inherited() {
        command.env_remove(name);
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
    // A broken `.git` must not make git take the repository around it.
    let real = root.canonicalize().ok();
    command.envs(real.as_deref().and_then(Path::parent).map(|above| ("GIT_CEILING_DIRECTORIES", above)));
    command.envs(index_of_hook(root).map(|index| ("GIT_INDEX_FILE", index)));
    command.arg("-C").arg(root);
    for setting in settings.iter().map(OsString::from).chain(trusted_folders()) {
        command.arg("-c").arg(setting);
    }
    // Releases of git before 2.38 do not know `safe.bareRepository`.
    let entry = root.join(".git");
    if entry.symlink_metadata().is_err() {
        command.arg("--git-dir").arg(entry);
    }
    // A commit is what its identifier says, whatever replacements this clone has.
    command.args(["--no-replace-objects", "--literal-pathspecs"]);
    command
}

/// The path of git, or an empty one, which cannot be run.
fn program(folders: &[PathBuf]) -> PathBuf {
    let name = format!("git{}", env::consts::EXE_SUFFIX);
    let mut programs = folders.iter().map(|folder| folder.join(&name));
    programs.find(|program| program.metadata().is_ok_and(|metadata| metadata.is_file())).unwrap_or_default()
}

/// The names of git's variables in the environment.
fn inherited() -> impl Iterator<Item = OsString> {
    let names = env::vars_os().map(|(name, _)| name);
    names.filter(|name| {
        name.as_encoded_bytes().get(..4).is_some_and(|start| start.eq_ignore_ascii_case(b"GIT_"))
    })
}

/// The folders that the environment says to trust although another user owns them, as settings. In a container of a CI
/// system that is the usual way to say so; no other setting of the environment counts.
#[expect(
    clippy::disallowed_methods,
    reason = "git obeys the environment, so this decides what it sees of it"
)]
fn trusted_folders() -> impl Iterator<Item = OsString> {
    /// More than that nobody sets.
    const MOST: usize = 1000;
    let variable = |name: String| env::var_os(name);
    let count = variable("GIT_CONFIG_COUNT".to_owned()).and_then(|count| count.to_str()?.parse().ok());
    (0..count.unwrap_or(0).min(MOST)).filter_map(move |at| {
        let key = variable(format!("GIT_CONFIG_KEY_{at}"))?;
        let value = variable(format!("GIT_CONFIG_VALUE_{at}"))?;
        key.eq_ignore_ascii_case("safe.directory").then(|| {
            let mut setting = OsString::from("safe.directory=");
            setting.push(value);
            setting
        })
    })
}

/// The index that a hook is given, if it lies in the repository's own git folder.
#[expect(
    clippy::disallowed_methods,
    reason = "git obeys the environment, so this decides what it sees of it"
)]
fn index_of_hook(root: &Path) -> Option<PathBuf> {
    let index = root.join(env::var_os("GIT_INDEX_FILE")?).canonicalize().ok()?;
    index.starts_with(git_folder(root)?).then_some(index)
}

/// A copy of the index: the one that a hook is given, else the repository's own. Without either it is empty.
#[expect(
    clippy::disallowed_methods,
    reason = "git obeys the environment, and no change can contain an index"
)]
fn copied_index(root: &Path) -> Result<tempfile::NamedTempFile, String> {
    let folder = git_folder(root).ok_or("this folder is not in a git checkout, so nothing is staged")?;
    let index = match env::var_os("GIT_INDEX_FILE").map(|index| root.join(index)) {
        Some(index) if index.exists() => {
            let outside =
                "GIT_INDEX_FILE is not in the git folder of this checkout, so what is staged is not clear";
            index_of_hook(root).ok_or(outside)?
        }
        // Before the first file is staged, hooks get the name of an index that is not there yet.
        Some(index)
            if index.parent().and_then(|parent| parent.canonicalize().ok()).as_ref() != Some(&folder)
                || index.file_name() != Some("index".as_ref()) =>
        {
            return Err(
                "GIT_INDEX_FILE names a file that does not exist, so what is staged is not clear".to_owned()
            );
        }
        _ => folder.join("index"),
    };
    let copy = tempfile::Builder::new().prefix("aivss-lint-index").tempfile();
    let copy = copy.map_err(|error| format!("a copy of the index cannot be made: {error}"))?;
    if index.exists() {
        let copied = std::fs::copy(&index, copy.path());
        copied.map_err(|error| format!("{}: {error}", index.display()))?;
    } else {
        // git takes an empty file for a broken index, and a missing one for an empty index.
        std::fs::remove_file(copy.path()).map_err(|error| error.to_string())?;
    }
    Ok(copy)
}

/// The folder that the `.git` of a root is or names.
#[expect(clippy::disallowed_methods, reason = "no change can contain a `.git`")]
fn git_folder(root: &Path) -> Option<PathBuf> {
    let entry = root.join(".git");
    if entry.is_dir() {
        return entry.canonicalize().ok();
    }
    let text = std::fs::read_to_string(entry).ok()?;
    root.join(text.strip_prefix("gitdir: ")?.trim_end()).canonicalize().ok()
}

/// What git prints, or why it does not, as a sentence.
fn output(folder: &Path, arguments: &[&str]) -> Result<Vec<u8>, String> {
    let output = command(folder).args(arguments).output().map_err(|error| no_git(&error))?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    Err(reason(&String::from_utf8_lossy(&output.stderr)))
}

/// Why git failed, from what it printed.
fn reason(said: &str) -> String {
    // The second is what git reports of the folders that `filter: tree:0` leaves out.
    if said.contains("from promisor remote") || said.contains("not a tree object") {
        return format!("a file to compare: {}", missing(HEAD));
    }
    let mut lines = said.lines().filter(|line| !line.trim().is_empty());
    let fatal = lines.clone().find(|line| line.starts_with("fatal: "));
    let line = fatal.or_else(|| lines.next()).unwrap_or("git failed without a word");
    line.trim_start_matches("fatal: ").to_owned()
}

fn no_git(error: &io::Error) -> String {
    format!("git cannot be run ({error}), and revisions are read through it")
}

/// One line of output, without its end.
fn line(folder: &Path, arguments: &[&str]) -> Result<String, String> {
    Ok(String::from_utf8_lossy(&output(folder, arguments)?).trim_end().to_owned())
}

/// The commit that a revision names.
///
/// # Errors
/// Why there is none, and what to do in a shallow clone.
pub fn resolve(root: &Path, asked: &str) -> Result<Revision, String> {
    if asked.starts_with([':', '^']) {
        return Err(format!("`{asked}` does not begin with a branch, a tag or a commit id"));
    }
    refuse_unclear(root, ref_name(asked))?;
    let above = line(root, &["rev-parse", "--show-superproject-working-tree"]).unwrap_or_default();
    if !above.is_empty() {
        return Err(
            "this folder is a submodule of another repository, whose revisions these are not".to_owned()
        );
    }
    let spec = format!("{asked}^{{commit}}");
    let arguments = ["rev-parse", "--verify", "--quiet", "--end-of-options", &spec];
    let found = command(root).args(arguments).output().map_err(|error| no_git(&error))?;
    let commit = String::from_utf8_lossy(&found.stdout).trim().to_owned();
    if !found.status.success() || !is_hexadecimal(&commit) {
        // Where git does not work at all, its own words say why.
        line(root, &["rev-parse", "--git-dir"])?;
        let hint = match shallow_hint(root) {
            "" if is_id(asked) => {
                "; fetch it (`git fetch origin <id>`), or compare with nothing if a force push has replaced it"
            }
            hint => hint,
        };
        return Err(format!("there is no commit `{asked}` here{hint}"));
    }
    Ok(Revision { asked: asked.to_owned(), commit })
}

/// The name of a revision for [`resolve`], where people name a tag by its short name. It may be named like a branch, so
/// that no gate takes it.
pub fn with_tag(root: &Path, asked: &str) -> String {
    let tag = format!("refs/tags/{}", ref_name(asked));
    let is_tag_alone = refs_named(root, ref_name(asked)).is_ok_and(|refs| refs == [tag]);
    if is_tag_alone { format!("refs/tags/{asked}") } else { asked.to_owned() }
}

/// The name that a revision begins with: `main` in `main~2`.
fn ref_name(asked: &str) -> &str {
    let name = asked.split(['~', '^', ':']).next().unwrap_or_default();
    name.split("@{").next().unwrap_or_default()
}

/// Whether a name is the whole id of an object.
fn is_id(name: &str) -> bool {
    [40, 64].contains(&name.len()) && is_hexadecimal(name)
}

fn is_hexadecimal(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Refuses a name that git takes for one of several things. Who may push a tag, or a branch, must not choose the policy
/// by its name.
fn refuse_unclear(root: &Path, name: &str) -> Result<(), String> {
    // No ref takes the place of these, nor of `@{upstream}`, which begins with an empty name.
    if is_id(name) || ["", "HEAD"].contains(&name) {
        return Ok(());
    }
    let refs = refs_named(root, name)?;
    if name.starts_with("refs/") {
        let message = || format!("there is no `{name}` here{}", shallow_hint(root));
        return refs.iter().any(|found| found == name).then_some(()).ok_or_else(message);
    }
    let tag = format!("refs/tags/{name}");
    let is_tag = refs.contains(&tag);
    let mut meant = refs.iter().filter(|found| git_takes(name).contains(found) && **found != tag);
    match (is_tag, meant.next(), meant.next()) {
        (true, ..) => Err(match refs.iter().find(|found| **found != tag) {
            Some(branch) => format!("`{name}` is both a tag and a branch here: write {tag} or {branch}"),
            // Whether the origin has a branch of this name is not known in every clone.
            None => format!("`{name}` is a tag, and a tag can be named like a branch: write {tag}"),
        }),
        (_, Some(one), Some(other)) => Err(format!("`{name}` is ambiguous here: write {one} or {other}")),
        (_, Some(one), None) if is_short_id(root, name) => {
            Err(format!("`{name}` is both a short commit id and a branch here: write {one} or the whole id"))
        }
        _ => Ok(()),
    }
}

/// Whether an object has an id that begins with the name.
fn is_short_id(root: &Path, name: &str) -> bool {
    is_hexadecimal(name)
        && line(root, &["rev-parse", &format!("--disambiguate={name}")]).is_ok_and(|ids| !ids.is_empty())
}

/// The refs that git takes a name for, if they exist.
fn git_takes(name: &str) -> [String; 4] {
    ["refs", "refs/tags", "refs/heads", "refs/remotes"].map(|kind| format!("{kind}/{name}"))
}

/// The refs that a name is meant for: those that git takes it for, the whole name, and branches of remotes.
fn refs_named(root: &Path, name: &str) -> Result<Vec<String>, String> {
    let of_remotes = format!("refs/remotes/*/{name}");
    let short = git_takes(name);
    let mut arguments = vec!["for-each-ref", "--format=%(refname)", &of_remotes];
    arguments.extend(short.iter().map(String::as_str));
    arguments.extend(name.starts_with("refs/").then_some(name));
    let is_of_remote = |found: &str| {
        let branch = found.strip_prefix("refs/remotes/").and_then(|found| found.split_once('/'));
        branch.is_some_and(|(_, branch)| branch == name)
    };
    // A pattern matches what lies below it as well.
    let is_meant =
        |found: &str| found == name || short.iter().any(|short| short == found) || is_of_remote(found);
    let printed = output(root, &arguments)?;
    let found = String::from_utf8_lossy(&printed);
    Ok(found.lines().filter(|found| is_meant(found)).map(str::to_owned).collect())
}

/// Opens what a change made at `head` is compared with: the commit at which it parted from a revision. If the two have no
/// commit in common, the revision itself, marked as unrelated.
///
/// # Errors
/// Why there is none, and what to do in a shallow clone.
pub fn open_base(root: &Path, asked: &str, head: &str) -> Result<Commit, String> {
    let (base, head) = (resolve(root, asked)?, resolve(root, head)?);
    let commits = merge_bases(root, &base.commit, &head.commit)?;
    match commits.as_slice() {
        [only] => Commit::open(root, Revision { commit: only.clone(), ..base }),
        [] => match shallow_hint(root) {
            "" => Ok(Commit { is_unrelated: true, ..Commit::open(root, base)? }),
            hint => Err(format!("`{asked}` and `{}` have no commit in common here{hint}", head.asked)),
        },
        // Which of them counts would be the author's choice.
        several => Err(format!(
            "`{asked}` and `{}` parted at {} commits ({}): merge `{asked}` into the change, or name one of them",
            head.asked,
            several.len(),
            several.join(", ")
        )),
    }
}

/// The commits at which two commits parted.
fn merge_bases(root: &Path, base: &str, head: &str) -> Result<Vec<String>, String> {
    let found = command(root).args(["merge-base", "--all", base, head]).output();
    let found = found.map_err(|error| no_git(&error))?;
    match found.status.code() {
        Some(0 | 1) => Ok(String::from_utf8_lossy(&found.stdout).lines().map(str::to_owned).collect()),
        _ => Err(reason(&String::from_utf8_lossy(&found.stderr))),
    }
}

/// Whether an id is the one of no commit, which CI systems and hooks give as what a new branch was before.
pub fn is_null_id(asked: &str) -> bool {
    [40, 64].contains(&asked.len()) && asked.bytes().all(|byte| byte == b'0')
}

fn shallow_hint(root: &Path) -> &'static str {
    match line(root, &["rev-parse", "--is-shallow-repository"]).as_deref() {
        Ok("true") => {
            "; this clone is shallow: fetch more of the history (`git fetch --unshallow`; in GitHub's checkout \
             `fetch-depth: 0`, in GitLab `GIT_DEPTH: 0`)"
        }
        _ => "",
    }
}

/// How many bytes of paths git is given as arguments: systems take no more than 128 KiB at the least.
const LONGEST_PATHS: usize = 96 * 1024;

/// Which of the paths `gone` from a commit were renamed to which of the paths `new` in `head`, or in the working folder:
/// now → then. All are relative to the repository's root. Nothing else is compared, whatever a change renames.
///
/// # Errors
/// What git reports.
pub fn renames(
    root: &Path,
    base: &Revision,
    head: Option<&Revision>,
    (gone, new): (&[&str], &[&str]),
) -> Result<BTreeMap<String, String>, String> {
    let mut renames = BTreeMap::new();
    let paths = gone.iter().chain(new).copied();
    // Of a change of more than git can be given at once, nothing is compared: what is gone is removed, and what came is new.
    let is_too_much = paths.clone().map(|path| path.len() + 1).sum::<usize>() > LONGEST_PATHS;
    if gone.is_empty() || new.is_empty() || is_too_much {
        return Ok(renames);
    }
    let mut arguments = vec![if head.is_some() { "diff-tree" } else { "diff-index" }, "-r", "-z", "-M"];
    // By what was added to the index: files of the working folder would go through filters.
    arguments.extend(head.is_none().then_some("--cached"));
    arguments.extend(["--name-status", "--diff-filter=R", &base.commit]);
    arguments.extend(head.map(|head| head.commit.as_str()));
    arguments.push("--");
    arguments.extend(paths);
    let printed = output(root, &arguments)?;
    let mut parts = printed.split(|byte| *byte == 0).map(|part| String::from_utf8_lossy(part).into_owned());
    while let (Some(_), Some(then), Some(now)) = (parts.next(), parts.next(), parts.next()) {
        renames.insert(now, then);
    }
    Ok(renames)
}

/// A path in a checkout that git tracks, or does not ignore.
#[derive(Debug)]
pub struct Listed {
    /// From the checkout's root.
    pub path: PathBuf,
    /// Where its content is.
    pub place: Place,
}

/// Where the content of a listed path is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// In the working folder, unless somebody has deleted it there.
    Folder,
    /// In an object of the index alone, because the checkout is a sparse one.
    Sparse(String),
    /// In another repository.
    Repository,
}

/// How long git may take to list files. A large repository on a slow disk takes most of it.
const LISTING: Duration = Duration::from_secs(30);

/// Lists the files of a checkout that git tracks, below some paths from its root; without any, all. No pattern of an ignore
/// file is matched.
///
/// # Errors
/// What git reports, or that it is not the checkout's root.
pub fn list_tracked(root: &Path, below: &[PathBuf]) -> Result<Vec<Listed>, String> {
    listing(root, &["--stage", "--cached"], below)
}

/// Lists the files of a checkout that git neither tracks nor ignores, below some paths from its root; without any, all.
///
/// # Errors
/// What git reports, or that it is not the checkout's root.
pub fn list_untracked(root: &Path, below: &[PathBuf]) -> Result<Vec<Listed>, String> {
    listing(root, &["--others", "--exclude-standard"], below)
}

fn listing(root: &Path, which: &[&str], below: &[PathBuf]) -> Result<Vec<Listed>, String> {
    let mut command = command(root);
    command.args(["ls-files", "-z", "-t"]).args(which).arg("--");
    if below.iter().all(|path| !path.as_os_str().is_empty()) {
        command.args(below);
    }
    // A broken `.git` must not make git take the repository around it.
    command.envs(
        root.canonicalize()
            .ok()
            .as_deref()
            .and_then(Path::parent)
            .map(|above| ("GIT_CEILING_DIRECTORIES", above)),
    );
    let (printed, said) = within(LISTING, command)?;
    // git goes on without a folder that it cannot read.
    match said.lines().find(|line| line.contains("could not open directory")) {
        Some(line) => Err(line.trim_start_matches("warning: ").to_owned()),
        None => Ok(printed.split(|byte| *byte == 0).filter_map(listed).collect()),
    }
}

/// One entry of `ls-files`: a tag, of tracked files mode, identifier and stage, and the path.
fn listed(entry: &[u8]) -> Option<Listed> {
    let (tag, rest) = (entry.first()?, entry.get(2..)?);
    if *tag == b'?' {
        let folder = rest.strip_suffix(b"/");
        let place = if folder.is_some() { Place::Repository } else { Place::Folder };
        return Some(Listed { path: path_of(folder.unwrap_or(rest)), place });
    }
    let tab = rest.iter().position(|byte| *byte == b'\t')?;
    let place = match (tag, rest.starts_with(b"160000")) {
        (_, true) => Place::Repository,
        (b'S', false) => {
            let object = rest.split(|byte| *byte == b' ').nth(1)?;
            Place::Sparse(String::from_utf8_lossy(object).into_owned())
        }
        _ => Place::Folder,
    };
    Some(Listed { path: path_of(&rest[tab + 1..]), place })
}

/// Hands the bytes of objects over, or why one cannot be read, in their order.
///
/// # Errors
/// git cannot be run.
pub fn read_objects(
    root: &Path,
    objects: &[String],
    mut each: impl FnMut(usize, Result<Vec<u8>, String>),
) -> Result<(), String> {
    let mut batch = Batch::start(root, HEAD).map_err(|error| no_git(&error))?;
    for (at, object) in objects.iter().enumerate() {
        each(at, batch.ask(object, Source::MAX_BYTES));
    }
    Ok(())
}

/// A path from git's bytes, which need not be text.
#[cfg(unix)]
fn path_of(bytes: &[u8]) -> PathBuf {
    use std::os::unix::ffi::OsStrExt;
    PathBuf::from(std::ffi::OsStr::from_bytes(bytes))
}

#[cfg(not(unix))]
fn path_of(bytes: &[u8]) -> PathBuf {
    PathBuf::from(String::from_utf8_lossy(bytes).as_ref())
}

/// A tracked file that git rewrites when it is checked out, so that the working folder need not have the committed text.
#[derive(Debug)]
pub struct Rewritten {
    /// From the checkout's root.
    pub path: PathBuf,
    /// The object with the committed text.
    pub object: String,
    /// What rewrites it.
    pub by: Rewriting,
}

/// What rewrites a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rewriting {
    /// An attribute with its value, which may change any byte.
    Text(String),
    /// The attribute `ident`, which replaces what is between `$Id:` and `$`.
    Ident,
}

/// The attributes that let git rewrite a file, and change more than the ends of its lines.
const REWRITING: [&str; 3] = ["working-tree-encoding", "ident", "filter"];

/// Whether a file of attributes can let git rewrite a file. It may itself be rewritten, and then is not the text that git
/// has read.
pub fn may_rewrite(attributes: &[u8]) -> bool {
    let is_plain = |byte: &u8| byte.is_ascii_graphic() || byte.is_ascii_whitespace();
    let mut names = REWRITING.iter().chain(&["$Id"]);
    !attributes.iter().all(is_plain)
        || names.any(|name| memchr::memmem::find(attributes, name.as_bytes()).is_some())
}

/// The tracked files, among some paths from the root, that git rewrites when it checks them out.
///
/// # Errors
/// What git reports.
pub fn rewritten(root: &Path, paths: &[PathBuf]) -> Result<Vec<Rewritten>, String> {
    let filters = filters(root);
    let mut rewriting = BTreeMap::new();
    // A checkout takes attributes from the index first; what the working folder has counts as well.
    for place in [None, Some("--cached")] {
        let printed = attributes(root, paths, place)?;
        let mut parts = printed.split(|byte| *byte == 0);
        while let (Some(path), Some(name), Some(value)) = (parts.next(), parts.next(), parts.next()) {
            let value = String::from_utf8_lossy(value);
            if let Some(by) = rewriting_of(name, &value, &filters) {
                // An encoding matters more than `ident`.
                let known = rewriting.entry(path_of(path)).or_insert_with(|| by.clone());
                *known = if *known == Rewriting::Ident { by } else { known.clone() };
            }
        }
    }
    if rewriting.is_empty() {
        return Ok(Vec::new());
    }
    let listed = output(root, &["ls-files", "-z", "--stage", "--cached"])?;
    let files = listed.split(|byte| *byte == 0).filter_map(staged).filter_map(|(object, path)| {
        let (path, by) = rewriting.remove_entry(&path)?;
        Some(Rewritten { path, object, by })
    });
    Ok(files.collect())
}

/// What an attribute with a value makes of a file.
fn rewriting_of(name: &[u8], value: &str, filters: &BTreeSet<String>) -> Option<Rewriting> {
    if ["unspecified", "unset"].contains(&value) {
        return None;
    }
    match name {
        b"ident" => Some(Rewriting::Ident),
        b"filter" if !filters.contains(value) => None,
        b"working-tree-encoding" if ["utf-8", "utf8"].contains(&&*value.to_ascii_lowercase()) => None,
        name => Some(Rewriting::Text(format!("{}={value}", String::from_utf8_lossy(name)))),
    }
}

/// The names of the filters that the machine's configuration defines for checkouts. A pointer of Git LFS that its filter
/// has not replaced has a message of its own; what replaces it is what people see.
fn filters(root: &Path) -> BTreeSet<String> {
    let arguments = ["config", "-z", "--name-only", "--get-regexp", r"^filter\..*\.(smudge|process)$"];
    // git fails where there are none.
    let printed = output(root, &arguments).unwrap_or_default();
    let keys = printed.split(|byte| *byte == 0).map(String::from_utf8_lossy);
    let name = |key: &str| Some(key.strip_prefix("filter.")?.rsplit_once('.')?.0.to_owned());
    keys.filter_map(|key| name(&key)).filter(|name| name != "lfs").collect()
}

/// What `check-attr` prints for some paths.
fn attributes(root: &Path, paths: &[PathBuf], place: Option<&str>) -> Result<Vec<u8>, String> {
    let failed = |error: io::Error| format!("git cannot be run: {error}");
    let mut names = tempfile::tempfile().map_err(failed)?;
    let text: Vec<u8> =
        paths.iter().flat_map(|path| [path.as_os_str().as_encoded_bytes(), &[0]].concat()).collect();
    names.write_all(&text).and_then(|()| names.rewind()).map_err(failed)?;
    // These are the attributes of the change itself, of which only the names are read.
    let settings: Vec<&str> =
        SETTINGS.into_iter().filter(|setting| !setting.starts_with("attr.tree=")).collect();
    let mut command = command_with(root, &settings);
    command.args(["check-attr", "-z", "--stdin"]).args(place).args(REWRITING);
    Ok(within_from(LISTING, command, names.into())?.0)
}

/// One entry of `ls-files --stage` that is a regular file: its object and its path.
fn staged(entry: &[u8]) -> Option<(String, PathBuf)> {
    let tab = entry.iter().position(|byte| *byte == b'\t')?;
    let object = entry[..tab].strip_prefix(b"100")?.split(|byte| *byte == b' ').nth(1)?;
    Some((String::from_utf8_lossy(object).into_owned(), path_of(&entry[tab + 1..])))
}

/// What a command prints to its two outputs, if it succeeds in time.
fn within(limit: Duration, command: Command) -> Result<(Vec<u8>, String), String> {
    within_from(limit, command, Stdio::null())
}

/// The same for a command that reads from somewhere.
fn within_from(limit: Duration, mut command: Command, stdin: Stdio) -> Result<(Vec<u8>, String), String> {
    let failed = |error: io::Error| format!("git cannot be run: {error}");
    let mut errors = tempfile::tempfile().map_err(failed)?;
    let stderr = errors.try_clone().map_err(failed)?;
    let command = command.stdin(stdin).stdout(Stdio::piped()).stderr(stderr);
    let mut child = command.spawn().map_err(failed)?;
    let stdout = child.stdout.take();
    let child = Mutex::new(child);
    let lock = || child.lock().unwrap_or_else(PoisonError::into_inner);
    let (sort_and_dedup, finished) = mpsc::channel::<()>();
    let mut printed = Vec::new();
    let outcome = thread::scope(|scope| {
        // Where no thread can be had, there is no limit.
        let _ = thread::Builder::new().spawn_scoped(scope, move || {
            if finished.recv_timeout(limit) == Err(RecvTimeoutError::Timeout) {
                let _ = lock().kill();
            }
        });
        let outcome = stdout.map_or(Ok(0), |mut stdout| stdout.read_to_end(&mut printed));
        drop(sort_and_dedup);
        outcome
    });
    outcome.map_err(failed)?;
    let status = lock().wait().map_err(failed)?;
    let mut said = Vec::new();
    errors.rewind().and_then(|()| errors.take(MOST_SAID).read_to_end(&mut said)).map_err(failed)?;
    let said = String::from_utf8_lossy(&said).into_owned();
    match status.code() {
        Some(0) => Ok((printed, said)),
        Some(_) => Err(reason(&said)),
        None => Err(format!("it did not finish within {} seconds", limit.as_secs())),
    }
}

/// How much of git's warnings is read, in bytes.
const MOST_SAID: u64 = 1024 * 1024;

/// Paths that differ between a commit and `head`, or the working folder, from the repository's root. What git would
/// have to read to be sure of counts as well.
///
/// # Errors
/// What git reports.
pub fn changed(root: &Path, base: &Revision, head: Option<&Revision>) -> Result<BTreeSet<String>, String> {
    // Reading a file of the working folder would run the filters that its attributes choose: they come from an empty tree,
    // which has another identifier in repositories of SHA-256.
    let is_sha256 = base.commit.len() == 64;
    let mut arguments = if is_sha256 { vec!["-c", EMPTY_TREE_OF_SHA256] } else { Vec::new() };
    arguments.extend([if head.is_some() { "diff-tree" } else { "diff-index" }, "-r", "-z", "--no-renames"]);
    arguments.extend(["--name-only", &base.commit]);
    arguments.extend(head.map(|head| head.commit.as_str()));
    let printed = output(root, &arguments)?;
    let paths = printed.split(|byte| *byte == 0).filter(|path| !path.is_empty());
    Ok(paths.map(|path| String::from_utf8_lossy(path).into_owned()).collect())
}

/// The paths of the index.
///
/// # Errors
/// What git reports.
pub fn tracked(root: &Path) -> Result<Vec<Listed>, String> {
    let printed = output(root, &["ls-files", "-z", "-t", "--stage", "--cached"])?;
    Ok(printed.split(|byte| *byte == 0).filter_map(listed).collect())
}

/// The entries of the index at a path from the root, or below it.
///
/// # Errors
/// What git reports.
pub fn tracked_below(root: &Path, path: &str) -> Result<Vec<Listed>, String> {
    let printed = output(root, &["ls-files", "-z", "-t", "--stage", "--cached", "--", path])?;
    Ok(printed.split(|byte| *byte == 0).filter_map(listed).collect())
}

/// The paths of the index that a sparse checkout leaves out. git is asked only where there is a sparse checkout.
///
/// # Errors
/// What git reports.
#[expect(clippy::disallowed_methods, reason = "no change can contain a `.git`")]
pub fn left_out(root: &Path) -> Result<Vec<PathBuf>, String> {
    let is_sparse = git_folder(root).is_some_and(|folder| folder.join("info/sparse-checkout").exists());
    if !is_sparse {
        return Ok(Vec::new());
    }
    let listed = tracked(root)?.into_iter();
    Ok(listed.filter(|listed| matches!(listed.place, Place::Sparse(_))).map(|listed| listed.path).collect())
}

/// A commit with its files.
#[derive(Debug)]
pub struct Commit {
    /// Which.
    pub revision: Revision,
    /// Whether it has no commit in common with what it is compared with.
    pub is_unrelated: bool,
    /// Paths from the repository's root, with what is needed to read them.
    files: BTreeMap<String, Object>,
    reader: Mutex<Batch>,
}

/// How a file is asked for.
#[derive(Debug)]
enum Object {
    /// A regular file, by its own identifier.
    File(String),
    /// A link, to be followed within the commit.
    Link,
    /// A submodule: another repository's files.
    Submodule,
}

impl Commit {
    /// Lists the files of a commit.
    ///
    /// # Errors
    /// What git reports.
    pub fn open(root: &Path, revision: Revision) -> Result<Self, String> {
        let listed = output(root, &["ls-tree", "-r", "-z", "--full-tree", &revision.commit])?;
        let mut files = BTreeMap::new();
        for (path, object) in listed.split(|byte| *byte == 0).filter_map(entry) {
            if files.contains_key(&path) {
                return Err(format!(
                    "`{path}` stands for several files of `{}`, whose names are not UTF-8: rename them",
                    revision.asked
                ));
            }
            files.insert(path, object);
        }
        let reader = Mutex::new(Batch::start(root, &revision.commit).map_err(|error| no_git(&error))?);
        Ok(Self { revision, is_unrelated: false, files, reader })
    }

    /// Lists what is staged: the files as the next commit would have them. Their tree is written to the repository's
    /// objects, which nothing refers to; the index itself is copied, so that no lock is in anyone's way.
    ///
    /// # Errors
    /// What git reports, such as conflicts that are not resolved.
    pub fn staged(root: &Path) -> Result<Self, String> {
        let copy = copied_index(root)?;
        let mut command = command(root);
        command.env("GIT_INDEX_FILE", copy.path()).args(["write-tree", "--missing-ok"]);
        let printed = command.output().map_err(|error| no_git(&error))?;
        let tree = String::from_utf8_lossy(&printed.stdout).trim().to_owned();
        if !printed.status.success() || !is_id(&tree) {
            return Err(reason(&String::from_utf8_lossy(&printed.stderr)));
        }
        Self::open(root, Revision { asked: "what is staged".to_owned(), commit: tree })
    }

    /// The paths of all files, from the repository's root, with `/` between their parts, in order.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        let files = self.files.iter().filter(|(_, object)| !matches!(object, Object::Submodule));
        files.map(|(path, _)| path.as_str())
    }

    /// The paths of submodules.
    pub fn submodules(&self) -> impl Iterator<Item = &str> {
        let modules = self.files.iter().filter(|(_, object)| matches!(object, Object::Submodule));
        modules.map(|(path, _)| path.as_str())
    }

    /// Whether there is a file, or a link, at a path.
    pub fn holds(&self, path: &str) -> bool {
        self.files.contains_key(path)
    }

    /// Whether there is a link at a path.
    pub fn is_link(&self, path: &str) -> bool {
        matches!(self.files.get(path), Some(Object::Link))
    }

    /// Whether files lie below a folder.
    pub fn holds_folder(&self, folder: &str) -> bool {
        let below = format!("{}/", folder.trim_end_matches('/'));
        self.files.range(below.clone()..).next().is_some_and(|(path, _)| path.starts_with(&below))
    }

    /// A file's bytes, or just more of them than are wanted, or than are allowed, which [`Source::decode`] then reports.
    ///
    /// # Errors
    /// Why it cannot be read, as a sentence.
    pub fn bytes(&self, path: &str, most: usize) -> Result<Vec<u8>, String> {
        let asked = match self.files.get(path) {
            None => return Err(format!("no such file in {}", self.revision)),
            Some(Object::Submodule) => {
                return Err("a submodule, whose files are another repository's".to_owned());
            }
            Some(Object::File(id)) => id.clone(),
            Some(Object::Link) if path.contains('\n') => {
                return Err("a link with a line break in its name".to_owned());
            }
            Some(Object::Link) => format!("{}:{path}", self.revision.commit),
        };
        self.reader.lock().unwrap_or_else(PoisonError::into_inner).ask(&asked, most.min(Source::MAX_BYTES))
    }
}

/// One line of `ls-tree`: mode, type, identifier, a tab, path.
fn entry(line: &[u8]) -> Option<(String, Object)> {
    let line = String::from_utf8_lossy(line);
    let (about, path) = line.split_once('\t')?;
    let mut words = about.split(' ');
    let object = match (words.next()?, words.next()?, words.next()?) {
        ("120000", ..) => Object::Link,
        (_, "blob", id) => Object::File(id.to_owned()),
        (_, "commit", _) => Object::Submodule,
        _ => return None,
    };
    Some((path.to_owned(), object))
}

/// Why git lacks the content of a file, and what to do: `commit` is what to fetch.
fn missing(commit: &str) -> String {
    format!(
        "its content is not in this clone, which is a partial one: fetch it with `git fetch --refetch --no-filter origin {commit}` \
         (actions/checkout: without `filter` and `sparse-checkout`)"
    )
}

/// The commit of the checkout, for a shell.
const HEAD: &str = "$(git rev-parse HEAD)";

/// `git cat-file --batch`, waiting for names.
#[derive(Debug)]
struct Batch {
    child: Child,
    questions: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
    /// The commit to fetch where an object is missing.
    commit: String,
}

impl Batch {
    fn start(root: &Path, commit: &str) -> io::Result<Self> {
        let mut command = command(root);
        command.args(["cat-file", "--batch", "--follow-symlinks"]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
        let answers = child.stdout.take().ok_or_else(|| io::Error::other("it has no output"))?;
        let questions = child.stdin.take();
        Ok(Self { child, questions, answers: BufReader::new(answers), commit: commit.to_owned() })
    }

    fn ask(&mut self, name: &str, most: usize) -> Result<Vec<u8>, String> {
        self.answer(name, most).unwrap_or_else(|error| Err(format!("git does not answer: {error}")))
    }

    /// The outer error is of the conversation, the inner one of what was asked for.
    fn answer(&mut self, name: &str, most: usize) -> io::Result<Result<Vec<u8>, String>> {
        let questions = self.questions.as_mut().ok_or_else(|| io::Error::other("it takes no questions"))?;
        writeln!(questions, "{name}")?;
        questions.flush()?;
        let mut head = String::new();
        self.answers.read_line(&mut head)?;
        let words: Vec<&str> = head.trim_end().rsplitn(3, ' ').collect();
        let (size, kind) = match words.as_slice() {
            ["missing" | "ambiguous", ..] => return Ok(Err(missing(&self.commit))),
            [size, kind, ..] => (size.parse::<u64>().map_err(io::Error::other)?, (*kind).to_owned()),
            _ => return Err(io::Error::other("it has ended")),
        };
        if head.starts_with("symlink ")
            || ["dangling", "loop", "notdir"].iter().any(|word| head.starts_with(word))
        {
            io::copy(&mut self.answers.by_ref().take(size + 1), &mut io::sink())?;
            return Ok(Err("a link that leads nowhere within the commit".to_owned()));
        }
        let limit = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1);
        let mut bytes = Vec::new();
        self.answers.by_ref().take(size.min(limit)).read_to_end(&mut bytes)?;
        if (bytes.len() as u64) < size.min(limit) {
            return Err(io::Error::other("it broke off"));
        }
        // What lies beyond the limit, and the line feed at the end.
        io::copy(&mut self.answers.by_ref().take(size.saturating_sub(limit) + 1), &mut io::sink())?;
        Ok(if kind == "blob" { Ok(bytes) } else { Err("not a file".to_owned()) })
    }
}

impl Drop for Batch {
    fn drop(&mut self) {
        // It ends when nobody can ask any more.
        self.questions = None;
        let _ = self.child.wait();
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_command_that_does_not_end_is_stopped() {
        let mut sleep = Command::new("sleep");
        sleep.arg("60");
        let ended = within(Duration::from_millis(50), sleep);
        assert_eq!(ended, Err("it did not finish within 0 seconds".to_owned()));
        let mut failing = Command::new("sh");
        failing.args(["-c", "echo 'warning: a' >&2; echo 'fatal: b' >&2; exit 3"]);
        assert_eq!(within(Duration::from_mins(1), failing), Err("b".to_owned()));
    }
}
