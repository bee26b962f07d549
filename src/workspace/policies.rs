//! The policy in force for the files of a repository.

use std::path::{Path, PathBuf};

use crate::input_error::SPARSE;
use crate::likeness::nearest;
use crate::policy::{self, Broken, BuiltIn, Load};
use crate::rego::CompiledPolicy;
use crate::rules;
use crate::source::Source;
use crate::workspace::FileTree;
use crate::workspace::repository::{POLICY_NAMES, sibling};

/// A policy with its name; or, if it has errors, its name and its files with errors.
pub(crate) type FoundPolicy = Result<(CompiledPolicy, String), (String, Vec<Broken>)>;

/// Reads the policy of a file tree: the given one, else the repository's, else `recommended`.
pub(crate) fn find_policy(given: Option<&Path>, tree: FileTree<'_>) -> Result<FoundPolicy, String> {
    find_policy_with(given, tree, &tree)
}

/// The same, with the contents of its files from a loader.
pub(crate) fn find_policy_with(
    given: Option<&Path>,
    tree: FileTree<'_>,
    load: Load<'_>,
) -> Result<FoundPolicy, String> {
    let own = if given.is_none() { own_policy(tree)? } else { None };
    let built_in = match given {
        Some(path) => path.to_str().and_then(BuiltIn::named),
        None => Some(policy::recommended()).filter(|_| own.is_none()),
    };
    if let Some(built_in) = built_in {
        return Ok(Ok((CompiledPolicy::built_in(built_in, rules::NAMES), built_in.name.to_owned())));
    }
    let path = given.map(Path::to_owned).or(own).unwrap_or_default();
    let name = tree.repository().shown(&path);
    let bytes = load.bytes(&name).map_err(|message| {
        let built_in = nearest(&name, policy::BUILT_IN.map(|built_in| built_in.name));
        let help = match (built_in, sibling(&path)) {
            (Some(meant), _) => format!("; did you mean the built-in `{meant}`?"),
            (None, Some(meant)) => format!("; did you mean `{}`?", tree.repository().shown(&meant)),
            (None, None) => String::new(),
        };
        format!("policy {name}: {message}{help}")
    })?;
    Ok(match CompiledPolicy::read(Source::decode(name.clone(), bytes), load, rules::NAMES) {
        Ok(policy) => Ok((policy, name)),
        Err(broken) => Err((name, broken)),
    })
}

fn own_policy(tree: FileTree<'_>) -> Result<Option<PathBuf>, String> {
    if let Some(path) = tree.policy_left_out()? {
        return Err(format!("policy {path}: {SPARSE}"));
    }
    let near: Vec<String> = tree.near_policies().iter().map(|path| tree.repository().shown(path)).collect();
    if !near.is_empty() {
        let help = format!("name the policy {}, or use --policy", POLICY_NAMES[0]);
        let near = near.join(", ");
        return Err(format!("{near}: almost the name of a policy, not read: {help}"));
    }
    match tree.policies().as_slice() {
        [] => Ok(None),
        [only] => Ok(Some(only.clone())),
        [first, second, ..] => {
            let (first, second) = (tree.repository().shown(first), tree.repository().shown(second));
            Err(format!("two policies: {first} and {second}; keep one, or use --policy"))
        }
    }
}
