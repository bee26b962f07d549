//! Names of revisions to commits, and the paths in which two commits differ. The start of a name is never an option of git.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::input_error::Revision;
use crate::report::PageSettings;
use crate::workspace::git::files::Commit;
use crate::workspace::git::{NO_ATTRIBUTES_SHA256, run, run_any};

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

/// The commit and the branch that are checked out, and the repository by the address of `origin`.
pub(crate) fn checked_out(root: &Path) -> PageSettings {
    let line = |arguments: &[&str]| {
        run(root, arguments).ok().map(|output| output.text()).filter(|text| !text.is_empty())
    };
    PageSettings {
        commit: line(&["rev-parse", "--verify", "--quiet", "HEAD"]),
        branch: line(&["symbolic-ref", "--quiet", "--short", "HEAD"]),
        repository: line(&["config", "--get", "remote.origin.url"]).and_then(|url| owner_and_name(&url)),
        ..PageSettings::default()
    }
}

/// The owner and the name of a repository at an address. Nothing else of the address is shown: it may contain a password.
fn owner_and_name(url: &str) -> Option<String> {
    let (_, path) =
        url.split_once("://").map_or_else(|| url.split_once(':'), |(_, rest)| rest.split_once('/'))?;
    let path = path.trim_end_matches('/');
    let mut parts = path.strip_suffix(".git").unwrap_or(path).rsplit('/');
    let (name, owner) = (parts.next()?, parts.next()?);
    (!owner.is_empty() && !name.is_empty()).then(|| format!("{owner}/{name}"))
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
const LONGEST_PATHS: usize = 96 * 1024;

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
    let is_too_much = paths.clone().map(|path| path.len() + 1).sum::<usize>() > LONGEST_PATHS;
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
