//! The files of a commit, read through git without checking anything out. Like [`crate::discover`] it reaches the
//! world, and it is the only file that runs git.
//!
//! git is asked by plumbing commands alone, without hooks, file system monitors, or fetching of what a partial clone has
//! left out. Renames on the way to the working folder are compared as git would add the files, so that clean filters
//! of this clone's own configuration run. What a name of a revision begins with can never be taken for an option.

use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Mutex, PoisonError};

use crate::change::Revision;
use crate::source::Source;

/// A command of git at a folder, that changes nothing and asks nobody.
pub fn command(folder: &Path) -> Command {
    let mut command = Command::new("git");
    command.arg("-C").arg(folder).args(["-c", "core.fsmonitor=false", "-c", "diff.renameLimit=4000"]);
    // A commit is what its identifier says, whatever replacements this clone has.
    command.args(["--no-replace-objects", "--literal-pathspecs"]);
    command.envs([
        ("GIT_OPTIONAL_LOCKS", "0"),
        ("GIT_NO_LAZY_FETCH", "1"),
        ("GIT_TERMINAL_PROMPT", "0"),
        ("LC_ALL", "C"),
    ]);
    command
}

/// What git prints, or why it does not, as a sentence.
fn output(folder: &Path, arguments: &[&str]) -> Result<Vec<u8>, String> {
    let output = command(folder).args(arguments).output().map_err(|error| no_git(&error))?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let line = said.lines().find(|line| !line.trim().is_empty()).unwrap_or("git failed without a word");
    Err(line.trim_start_matches("fatal: ").to_owned())
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
    let exists = |kind: &str| {
        let reference = format!("refs/{kind}/{asked}");
        line(root, &["rev-parse", "--verify", "--quiet", "--end-of-options", &reference]).is_ok()
    };
    // Who may push a tag must not choose the judge by naming it like a branch: git would take the tag.
    if exists("tags") && (exists("heads") || exists("remotes")) {
        return Err(format!(
            "`{asked}` is both a tag and a branch here: write refs/tags/, refs/heads/ or refs/remotes/ before it"
        ));
    }
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
    if !found.status.success() || commit.is_empty() {
        // Where git does not work at all, its own words say why.
        line(root, &["rev-parse", "--git-dir"])?;
        return Err(format!("there is no commit `{asked}` here{}", shallow_hint(root)));
    }
    Ok(Revision { asked: asked.to_owned(), commit })
}

/// The commit at which a revision and `head` part, which is what a change made at `head` starts from.
///
/// # Errors
/// Why there is none, and what to do in a shallow clone.
pub fn merge_base(root: &Path, asked: &str, head: &str) -> Result<Revision, String> {
    let (base, head) = (resolve(root, asked)?, resolve(root, head)?);
    let commits = line(root, &["merge-base", "--all", &base.commit, &head.commit]).map_err(|_| {
        format!("`{asked}` and `{}` have no commit in common here{}", head.asked, shallow_hint(root))
    })?;
    match commits.lines().collect::<Vec<_>>().as_slice() {
        [only] => Ok(Revision { commit: (*only).to_owned(), ..base }),
        // Which of them counts would be the author's choice.
        several => Err(format!(
            "`{asked}` and `{}` parted at {} commits ({}): merge `{asked}` into the change, or name one of them",
            head.asked,
            several.len(),
            several.join(", ")
        )),
    }
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

/// Paths that were renamed on the way from a commit to `head`, or to the working folder: now → then. Both are
/// relative to the repository's root.
///
/// # Errors
/// What git reports.
pub fn renames(
    root: &Path,
    base: &Revision,
    head: Option<&Revision>,
) -> Result<BTreeMap<String, String>, String> {
    let mut arguments = vec![if head.is_some() { "diff-tree" } else { "diff-index" }, "-r", "-z", "-M"];
    arguments.extend(["--name-status", "--diff-filter=R", &base.commit]);
    arguments.extend(head.map(|head| head.commit.as_str()));
    let printed = output(root, &arguments)?;
    let mut parts = printed.split(|byte| *byte == 0).map(|part| String::from_utf8_lossy(part).into_owned());
    let mut renames = BTreeMap::new();
    while let (Some(_), Some(then), Some(now)) = (parts.next(), parts.next(), parts.next()) {
        renames.insert(now, then);
    }
    Ok(renames)
}

/// The paths of the index, relative to the repository's root: those in the working folder, and those that a sparse
/// checkout leaves out.
///
/// # Errors
/// What git reports.
pub fn tracked(root: &Path) -> Result<(Vec<String>, Vec<String>), String> {
    let printed = output(root, &["ls-files", "-z", "-t", "--cached"])?;
    let entries = printed.split(|byte| *byte == 0).filter_map(|entry| entry.split_first_chunk::<2>());
    let (sparse, whole): (Vec<_>, Vec<_>) = entries.partition(|(tag, _)| *tag == b"S ");
    let path = |(_, path): (&[u8; 2], &[u8])| String::from_utf8_lossy(path).into_owned();
    Ok((whole.into_iter().map(path).collect(), sparse.into_iter().map(path).collect()))
}

/// A commit with its files.
#[derive(Debug)]
pub struct Commit {
    /// Which.
    pub revision: Revision,
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
        let files = listed.split(|byte| *byte == 0).filter_map(entry).collect();
        let reader = Mutex::new(Batch::start(root).map_err(|error| no_git(&error))?);
        Ok(Self { revision, files, reader })
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

/// `git cat-file --batch`, waiting for names.
#[derive(Debug)]
struct Batch {
    child: Child,
    questions: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Batch {
    fn start(root: &Path) -> io::Result<Self> {
        let mut command = command(root);
        command.args(["cat-file", "--batch", "--follow-symlinks"]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
        let answers = child.stdout.take().ok_or_else(|| io::Error::other("it has no output"))?;
        let questions = child.stdin.take();
        Ok(Self { child, questions, answers: BufReader::new(answers) })
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
            ["missing" | "ambiguous", ..] => return Ok(Err("git has no such file".to_owned())),
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
