//! The repository that a run belongs to, the forms of its paths, and its policy files.
//!
//! A path is *shown* relative to the current folder, and *matched* relative to the repository's root.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::input_error::LINK_OUT;
use crate::likeness::{is_near, nearest};
use crate::workspace::files::{
    checkout_above, exists, is_checkout, is_in_git, is_link, link_out, names_in, normalized, read, slashes,
};
use crate::workspace::git::files::{ContentPlace, ListedPath, tracked};

#[derive(Clone, Debug)]
pub(crate) struct Repository {
    root: PathBuf,
    cwd: PathBuf,
}

impl Repository {
    /// The repository around a folder: the nearest folder above it with a `.git`, or else the folder itself.
    pub(crate) fn around(cwd: PathBuf) -> Self {
        let root = checkout_above(&cwd).unwrap_or(&cwd).to_owned();
        Self { root, cwd }
    }

    /// The repository that contains the given paths, which need not contain the current folder.
    pub(crate) fn of(cwd: PathBuf, paths: &[PathBuf]) -> Result<Self, String> {
        let here = Self::around(cwd);
        let mut roots: BTreeMap<PathBuf, PathBuf> = BTreeMap::new();
        // A path that leads out through a link is refused when it is read.
        for path in paths.iter().filter(|path| link_out(path, Some(&here.root)).is_none()) {
            let root = here.root_of(path);
            roots.insert(real(&root), root);
        }
        match roots.into_iter().collect::<Vec<_>>().as_slice() {
            [] => Ok(here),
            [(own, _)] if *own == real(&here.root) => Ok(here),
            [(_, only)] => Ok(Self { root: only.clone(), ..here }),
            [(_, first), (_, second), ..] => Err(format!(
                "paths in several repositories: {} and {}; check each repository in a run of its own",
                here.shown(first),
                here.shown(second)
            )),
        }
    }

    /// The root of the checkout around a path. Outside of any checkout: the current root, or else the nearest folder above that
    /// contains a policy.
    fn root_of(&self, path: &Path) -> PathBuf {
        let whole = normalized(&self.cwd.join(path));
        if let Some(root) = checkout_above(&whole) {
            return root.to_owned();
        }
        if self.is_git() || whole.starts_with(&self.root) {
            return self.root.clone();
        }
        let mut above = whole.ancestors();
        above
            .find(|folder| POLICY_NAMES.iter().any(|name| fs::symlink_metadata(folder.join(name)).is_ok()))
            .unwrap_or(&self.root)
            .to_owned()
    }

    pub(crate) fn is_git(&self) -> bool {
        is_checkout(&self.root)
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// A path as it is shown: relative to the current folder if it is below it, else as it was given.
    pub(crate) fn shown(&self, path: &Path) -> String {
        let name = slashes(self.whole(path).strip_prefix(&self.cwd).unwrap_or(path));
        if name.is_empty() { ".".to_owned() } else { name }
    }

    /// A path as patterns match it: relative to the root if it is below it.
    pub(crate) fn matched(&self, path: &Path) -> String {
        let whole = self.whole(path);
        slashes(whole.strip_prefix(&self.root).unwrap_or(&whole))
    }

    /// The absolute path, by its text alone. A path that leads below the root through a link begins with the root.
    pub(crate) fn whole(&self, path: &Path) -> PathBuf {
        let whole = normalized(&self.cwd.join(path));
        if whole.starts_with(&self.root) {
            return whole;
        }
        let Ok(root) = self.root.canonicalize() else { return whole };
        let real = whole.ancestors().find_map(|above| {
            let rest = whole.strip_prefix(above).ok()?;
            Some(above.canonicalize().ok()?.join(rest))
        });
        match real.as_deref().map(|real| real.strip_prefix(&root)) {
            Some(Ok(below)) => self.root.join(below),
            _ => whole,
        }
    }

    /// The path relative to the real root of the checkout, if it is a git checkout that contains the path.
    pub(crate) fn below_root(&self, path: &Path) -> Option<PathBuf> {
        let real = self.cwd.join(path).canonicalize().ok().filter(|_| self.is_git())?;
        Some(real.strip_prefix(self.root.canonicalize().ok()?).ok()?.to_owned())
    }

    /// Whether a file exists at a path, given from the root, that is not reached through a link.
    pub(crate) fn has_file(&self, path: &str) -> bool {
        let whole = self.root.join(path);
        exists(&whole) && !whole.is_dir() && self.link_above(path).is_none()
    }

    /// The first folder above a path, given from the root, that is a link.
    fn link_above(&self, path: &str) -> Option<PathBuf> {
        let above = Path::new(path).ancestors().skip(1).map(|above| self.root.join(above));
        above.filter(|above| *above != self.root && is_link(above)).last()
    }

    /// The link at or above a path, given from the root, that is in the place of a folder: it leads to no file.
    pub(crate) fn folder_link(&self, path: &str) -> Option<String> {
        let at = self.root.join(path);
        let is_folder = is_link(&at) && !fs::metadata(&at).is_ok_and(|metadata| metadata.is_file());
        let link = self.link_above(path).or_else(|| is_folder.then_some(at));
        link.map(|link| self.matched(&link))
    }

    /// Whether a path, given from the root, is one of some paths, or below one.
    pub(crate) fn is_among(&self, path: &str, paths: &[PathBuf]) -> bool {
        paths.iter().any(|above| self.root.join(path).starts_with(self.whole(above)))
    }

    /// Whether a folder above a path, given from the root, is a link that leads to one of the given paths, or above it.
    pub(crate) fn is_hidden(&self, path: &str, given: &[PathBuf]) -> bool {
        let target = self.link_above(path).and_then(|link| link.canonicalize().ok());
        let mut given = given.iter().filter_map(|path| self.cwd.join(path).canonicalize().ok());
        target.is_some_and(|target| given.any(|path| path.starts_with(&target) || target.starts_with(&path)))
    }

    /// Whether a file or folder exists at a path, given from the root, that does not lead out of the repository.
    pub(crate) fn exists(&self, path: &str) -> bool {
        let whole = self.root.join(path);
        !self.leads_out(&whole) && whole.exists()
    }

    /// Whether a path below the root leads through a link, so that a commit has its target under another name.
    pub(crate) fn is_linked(&self, path: &Path) -> bool {
        let whole = self.whole(path);
        let Ok(rest) = whole.strip_prefix(&self.root) else { return false };
        rest.ancestors().any(|above| !above.as_os_str().is_empty() && is_link(&self.root.join(above)))
    }

    /// Whether a path leads through links out of the repository, or to git's own files. A change can contain such links, and
    /// a report quotes what it reads.
    pub(crate) fn leads_out(&self, path: &Path) -> bool {
        let whole = self.whole(path);
        whole.strip_prefix(&self.root).is_ok_and(is_in_git) || link_out(path, Some(&self.root)).is_some()
    }

    /// Reads one file, unless the path leads out of the repository through a link.
    pub(crate) fn read(&self, path: &Path) -> Result<Vec<u8>, String> {
        if link_out(path, Some(&self.root)).is_some() {
            return Err(format!("{LINK_OUT}: name the file itself"));
        }
        read(path)
    }

    /// Whether a policy may name a file, which a report may then quote: a file of the policy's own repository, by whatever
    /// links, or of its own folder if that is in no repository.
    pub(crate) fn may_name(&self, policy: &Path, path: &Path) -> bool {
        let policy = self.whole(policy);
        let root = if policy.starts_with(&self.root) {
            self.nested_checkout(&policy).unwrap_or_else(|| self.root.clone())
        } else {
            Self::around(policy.parent().unwrap_or(&policy).to_owned()).root
        };
        let whole = self.whole(path);
        whole.strip_prefix(&root).is_ok_and(|rest| !is_in_git(rest)) && link_out(path, Some(&root)).is_none()
    }

    /// The outermost folder below the root that contains a path and is a checkout of its own, reached without links.
    fn nested_checkout(&self, path: &Path) -> Option<PathBuf> {
        let whole = self.whole(path);
        let below = whole.ancestors().skip(1);
        let below = below.take_while(|above| *above != self.root && above.starts_with(&self.root));
        let outermost = below.filter(|folder| exists(&folder.join(".git"))).last()?;
        (!self.is_linked(path)).then(|| outermost.to_owned())
    }

    /// The checkout of another repository below the root that contains a path, such as one that a workflow makes for an
    /// organization's policies. No change of this repository can contain it: git does not track a `.git`. A submodule does
    /// not count, because a change chooses its content.
    pub(crate) fn other_checkout(&self, path: &Path) -> Result<Option<PathBuf>, String> {
        let Some(folder) = self.nested_checkout(path).filter(|_| self.is_git()) else { return Ok(None) };
        let matched = self.matched(&folder);
        match tracked(&self.root, &[PathBuf::from(&matched)])?.first() {
            None => Ok(Some(folder)),
            Some(ListedPath { path, place: ContentPlace::Repository, .. }) if slashes(path) == matched => {
                Ok(None)
            }
            Some(ListedPath { path, .. }) => Err(format!(
                "{matched} is a checkout of another repository, and this repository tracks {}: check out the other one \
                 elsewhere",
                slashes(path)
            )),
        }
    }

    pub(crate) fn holds(&self, folder: &Path, path: &Path) -> bool {
        self.whole(path).starts_with(self.whole(folder))
    }

    /// The policies in folders above a file and below the root, by their paths from the root. None of them is read.
    pub(crate) fn policies_above(&self, path: &Path) -> Vec<String> {
        let whole = self.whole(path);
        let mut policies = Vec::new();
        let above = whole.ancestors().skip(1);
        for folder in above.take_while(|above| above.starts_with(&self.root) && *above != self.root) {
            let matched = self.matched(folder);
            policies.extend(names_in(folder, usize::MAX).into_iter().map(|name| format!("{matched}/{name}")));
        }
        policies.retain(|path| is_misplaced_policy(path));
        policies
    }

    /// The policies in folders above a root that is not a checkout. None of them is read.
    pub(crate) fn policies_above_root(&self) -> Vec<String> {
        let above = self.root().ancestors().skip(1).filter(|_| !self.is_git());
        let policies = above.flat_map(|folder| POLICY_NAMES.map(|name| folder.join(name)));
        policies.filter(|path| path.is_file()).map(|path| self.matched(&path)).collect()
    }
}

fn real(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}

/// The path next to one that does not exist whose name is most like it.
pub(crate) fn sibling(path: &Path) -> Option<PathBuf> {
    /// More than people name by hand.
    const MAX: usize = 10_000;
    let (folder, name) = (path.parent()?, path.file_name()?.to_str()?);
    if fs::symlink_metadata(path).is_ok() {
        return None;
    }
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let names = names_in(folder, MAX);
    nearest(name, names.iter().map(String::as_str)).map(|name| path.with_file_name(name))
}

/// The names of a policy file from the root, in the order of the search.
pub(crate) const POLICY_NAMES: [&str; 6] = [
    "aivss-policy.yaml",
    "aivss-policy.yml",
    "aivss-policy.json",
    ".github/aivss-policy.yaml",
    ".github/aivss-policy.yml",
    ".github/aivss-policy.json",
];

/// Whether the path of a file, from the root, is almost that of a policy, or one that other tools would use.
pub(crate) fn is_near_policy(path: &str) -> bool {
    /// The number of letters that may differ.
    const NEAR: usize = 2;
    let name = path.strip_prefix(".github/").unwrap_or(path);
    if POLICY_NAMES.contains(&name) || name.contains('/') {
        return false;
    }
    let lower = name.to_ascii_lowercase();
    match [".yaml", ".yml", ".json", ".toml"].iter().find_map(|extension| lower.strip_suffix(extension)) {
        None => ["aivss-policy", "aivss_policy"].contains(&&*lower),
        Some("aivss-lint" | ".aivss-lint") => true,
        Some(stem) => {
            ["aivss-policy", "aivss-policies", "policy-aivss"].iter().any(|right| is_near(stem, right, NEAR))
        }
    }
}

/// Whether a path from the root has the name of a policy, or almost, in a folder that no policy is read from.
pub(crate) fn is_misplaced_policy(path: &str) -> bool {
    let name = path.rsplit_once('/').map_or(path, |(_, name)| name);
    let is_policy = POLICY_NAMES.contains(&name) || is_near_policy(name);
    is_policy && path.strip_prefix(".github/").unwrap_or(path).contains('/')
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;

    #[test]
    fn policy_names_only_files_of_its_own_repository() {
        let folder = tempfile::tempdir().unwrap();
        let at = |path: &str| folder.path().join(path);
        for path in [
            "repository/.git",
            "repository/rules",
            "repository/nested/.git",
            "organization/.git",
            "organization/rego",
            "plain",
        ] {
            fs::create_dir_all(at(path)).unwrap();
        }
        std::os::unix::fs::symlink(at("plain"), at("repository/link")).unwrap();
        let repository = Repository::around(at("repository/rules"));
        let rows = [
            ("repository/p.yaml", "repository/rules/a.rego", true),
            ("repository/rules/p.yaml", "repository/a.rego", true),
            ("repository/p.yaml", "repository/../plain/a.rego", false),
            ("repository/p.yaml", "organization/rego", false),
            ("repository/p.yaml", "repository/.git", false),
            ("repository/p.yaml", "repository/link", false),
            ("organization/rego/p.yaml", "organization/a.rego", true),
            ("organization/p.yaml", "repository/rules", false),
            ("repository/nested/p.yaml", "repository/nested/rules/a.rego", true),
            ("repository/nested/p.yaml", "repository/a.rego", false),
            ("plain/p.yaml", "plain/rules/a.rego", true),
            ("plain/p.yaml", "a.rego", false),
        ];
        for (policy, path, may) in rows {
            assert_eq!(repository.may_name(&at(policy), &at(path)), may, "{policy} names {path}");
        }
    }
}
