//! Links in the path of a file. No link in a checkout may lead out of it, or to git's own files, because a change can
//! contain such a link.

use std::fs;
use std::path::{Component, Path, PathBuf};

/// The first link in a path that leads out of the checkout that contains the link, or into `.git`.
///
/// Links outside of any checkout belong to the machine and are followed. Without a checkout, `root` is the boundary.
pub(crate) fn link_out(path: &Path, root: Option<&Path>) -> Option<PathBuf> {
    let root = root.and_then(|root| root.canonicalize().ok());
    // The real path so far.
    let mut here = PathBuf::new();
    let mut passed: Option<(PathBuf, PathBuf)> = None;
    for part in std::path::absolute(path).ok()?.components() {
        match part {
            Component::Prefix(_) | Component::RootDir => here.push(part),
            Component::CurDir => {}
            Component::ParentDir => drop(here.pop()),
            Component::Normal(name) => {
                let next = here.join(name);
                if is_link(&next) {
                    let boundary = boundary(&here, root.as_deref());
                    here = target(&next, &here);
                    passed = boundary.map(|boundary| (next, boundary)).or(passed);
                } else {
                    here = next;
                }
            }
        }
        if let Some((link, boundary)) = &passed
            && here.strip_prefix(boundary).map_or(true, is_in_git)
        {
            return Some(link.clone());
        }
    }
    None
}

/// The first link in a path that a checkout contains, and its target.
pub(crate) fn link_within(path: &Path) -> Option<(PathBuf, PathBuf)> {
    let links: Vec<&Path> = path.ancestors().filter(|above| is_link(above)).collect();
    links.into_iter().rev().find_map(|link| {
        let folder = link.parent()?.canonicalize().ok()?;
        boundary(&folder, None)?;
        Some((link.to_owned(), target(link, &folder)))
    })
}

pub(crate) fn is_link(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_symlink())
}

/// The checkout around a folder, else the root if the folder is below it.
fn boundary(folder: &Path, root: Option<&Path>) -> Option<PathBuf> {
    let is_checkout = |folder: &&Path| fs::symlink_metadata(folder.join(".git")).is_ok();
    let checkout = folder.ancestors().find(is_checkout);
    checkout.or_else(|| root.filter(|root| folder.starts_with(root))).map(Path::to_owned)
}

/// Whether a path leads into a folder of git's own files.
pub(crate) fn is_in_git(path: &Path) -> bool {
    path.components().any(|part| part.as_os_str().eq_ignore_ascii_case(".git"))
}

/// The real path of a link's target; of a link to nothing, the path that it names.
fn target(link: &Path, folder: &Path) -> PathBuf {
    link.canonicalize().unwrap_or_else(|_| {
        let named = fs::read_link(link).unwrap_or_default();
        normalized(&folder.join(named))
    })
}

/// A path without `.` and `..`, by its text alone.
pub(crate) fn normalized(path: &Path) -> PathBuf {
    let mut whole = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => drop(whole.pop()),
            Component::Prefix(_) | Component::RootDir | Component::Normal(_) => whole.push(part),
        }
    }
    whole
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn link_out_of_its_checkout_is_found_in_any_component() {
        let folder = tempfile::tempdir().unwrap();
        let at = |path: &str| folder.path().join(path);
        for path in ["repo/.git", "repo/top", "repo/deep/deeper", "other/.git", "other/dir", "plain/dir"] {
            fs::create_dir_all(at(path)).unwrap();
        }
        for (target, link) in [
            (at("plain"), "repo/out"),
            (at("other"), "repo/other"),
            ("out/dir".into(), "repo/step"),
            ("../top".into(), "repo/deep/in"),
            (".git".into(), "repo/hidden"),
            ("nowhere".into(), "repo/dangling"),
            ("../nowhere".into(), "repo/dangling-out"),
            (at("repo"), "plain/repo"),
            (at("other/dir"), "plain/there"),
        ] {
            symlink(target, at(link)).unwrap();
        }
        let rows = [
            ("repo/out", Some("repo/out")),
            ("repo/out/dir/x.yaml", Some("repo/out")),
            ("repo/other/dir/x.yaml", Some("repo/other")),
            ("repo/step/x.yaml", Some("repo/step")),
            ("repo/deep/in/x.yaml", None),
            ("repo/deep/in/../../x.yaml", Some("repo/deep/in")),
            ("repo/deep/../out/../x.yaml", Some("repo/out")),
            ("repo/hidden/config", Some("repo/hidden")),
            ("repo/dangling", None),
            ("repo/dangling-out", Some("repo/dangling-out")),
            ("repo/top/../../plain/dir", None),
            ("plain/repo/top/x.yaml", None),
            ("plain/repo/out/x.yaml", Some("repo/out")),
            ("plain/there/x.yaml", None),
        ];
        let real = folder.path().canonicalize().unwrap();
        for (path, link) in rows {
            assert_eq!(link_out(&at(path), None), link.map(|link| real.join(link)), "{path}");
        }
        assert_eq!(link_out(&at("plain/there"), Some(&at("plain"))), Some(real.join("plain/there")));
    }
}
