//! The policy files of a repository, found by their names.

use std::path::{Path, PathBuf};

use crate::likeness;
use crate::workspace::read::names_in;
use crate::workspace::repository::Repository;

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
    /// How many letters may differ.
    const NEAR: usize = 2;
    let name = path.strip_prefix(".github/").unwrap_or(path);
    if POLICY_NAMES.contains(&name) || name.contains('/') {
        return false;
    }
    let lower = name.to_ascii_lowercase();
    match [".yaml", ".yml", ".json", ".toml"].iter().find_map(|extension| lower.strip_suffix(extension)) {
        None => ["aivss-policy", "aivss_policy"].contains(&&*lower),
        Some("aivss-lint" | ".aivss-lint") => true,
        Some(stem) => ["aivss-policy", "aivss-policies", "policy-aivss"]
            .iter()
            .any(|right| likeness::is_near(stem, right, NEAR)),
    }
}

/// Whether a path from the root has the name of a policy, or almost, in a folder that no policy is read from.
pub(crate) fn is_misplaced_policy(path: &str) -> bool {
    let name = path.rsplit_once('/').map_or(path, |(_, name)| name);
    let is_policy = POLICY_NAMES.contains(&name) || is_near_policy(name);
    is_policy && path.strip_prefix(".github/").unwrap_or(path).contains('/')
}

impl Repository {
    /// The policies in folders above a file and below the root, by their paths from the root. None of them is read.
    pub(crate) fn policies_above(&self, path: &Path) -> Vec<String> {
        let whole = self.whole(path);
        let mut policies = Vec::new();
        for folder in whole.ancestors().skip(1).take_while(|above| above.starts_with(self.root())) {
            if folder == self.root() {
                break;
            }
            let matched = self.matched(folder);
            policies.extend(names_in(folder, usize::MAX).into_iter().map(|name| format!("{matched}/{name}")));
        }
        policies.retain(|path| is_misplaced_policy(path));
        policies
    }

    /// The policies in folders above a root that is not a checkout. None of them is read.
    pub(crate) fn policies_above_root(&self) -> Vec<String> {
        let above = self.root().ancestors().skip(1).filter(|_| !self.is_git());
        let mut policies: Vec<PathBuf> =
            above.flat_map(|folder| POLICY_NAMES.map(|name| folder.join(name))).collect();
        policies.retain(|path| path.is_file());
        policies.iter().map(|path| self.matched(path)).collect()
    }
}
