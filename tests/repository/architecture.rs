//! The import order: `src/lib.rs` lists the modules, and each imports only modules of the groups above its own.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

/// The modules of the crate with the numbers of their groups; blank lines in `src/lib.rs` part the groups.
fn groups(root: &Path) -> HashMap<String, usize> {
    let text = fs::read_to_string(root.join("lib.rs")).unwrap();
    let mut groups = HashMap::new();
    for (group, block) in text.split("\n\n").enumerate() {
        for line in block.lines() {
            let name = line.strip_prefix("pub ").unwrap_or(line).strip_prefix("mod ");
            if let Some(name) = name.and_then(|name| name.strip_suffix(';')) {
                groups.insert(name.to_owned(), group);
            }
        }
    }
    groups
}

/// The Rust files below a folder.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}

/// The top modules that a line of code names, such as `syntax` in `use crate::syntax::Node;`.
fn imported(line: &str) -> impl Iterator<Item = &str> {
    let code = line.split("//").next().unwrap_or_default();
    code.split("crate::").skip(1).map(|rest| {
        let end = rest.find(|letter: char| !letter.is_alphanumeric() && letter != '_').unwrap_or(rest.len());
        &rest[..end]
    })
}

#[test]
fn modules_import_only_modules_above_them() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let groups = groups(&root);
    assert!(groups.len() > 20, "{groups:?}");
    let mut upward = Vec::new();
    for path in sources(&root) {
        let within = path.strip_prefix(&root).unwrap().with_extension("");
        let top = within.iter().next().unwrap().to_str().unwrap();
        let Some(own) = groups.get(top) else {
            assert!(["lib", "main"].contains(&top), "{top} is not in lib.rs");
            continue;
        };
        let text = fs::read_to_string(&path).unwrap();
        // Tests may use the whole crate.
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        if path.ends_with("tests.rs") {
            continue;
        }
        for line in code.lines() {
            for other in imported(line).filter(|other| *other != top) {
                if groups.get(other).is_some_and(|group| group >= own) {
                    upward.push(format!("{}: {}", within.display(), line.trim()));
                }
            }
        }
    }
    assert!(upward.is_empty(), "imports of modules that are not above:\n{}", upward.join("\n"));
}

#[test]
fn text_after_the_crate_is_a_module() {
    let line = "let node = crate::syntax::Node::of(crate::model::read()); // crate::cli";
    assert_eq!(imported(line).collect::<Vec<_>>(), ["syntax", "model"]);
}
