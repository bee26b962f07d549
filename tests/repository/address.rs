//! Owner, address and version of the project: where they are defined, and that every use agrees.
//!
//! `Cargo.toml` defines the version. `explain::ADDRESS` is the public address, and until there is one, recipes have
//! placeholders for a repository that the reader chooses.

use std::fs;
use std::path::Path;

use aivss_lint::explain::{ADDRESS, BOOK};

use crate::git::git;

const VERSION: &str = env!("CARGO_PKG_VERSION");
/// The placeholder of the repository's address until there is a public one.
const PLACEHOLDER: &str = "OWNER/aivss-lint";

/// The tracked files that people read or copy, with their texts.
fn files() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let tracked = git(root, &["ls-files"]);
    let is_shown = |path: &&str| {
        let is_text =
            [".md", ".toml", ".yml", ".yaml", ".json", ".rs", ".sh"].iter().any(|end| path.ends_with(end));
        let is_other =
            ["tests/", "vendor/", "fuzz/", "benches/"].iter().any(|folder| path.starts_with(folder));
        is_text && !is_other
    };
    let read = |path: &str| (path.to_owned(), fs::read_to_string(root.join(path)).unwrap());
    tracked.lines().filter(is_shown).map(read).collect()
}

/// The text after each occurrence, up to a letter that ends it.
fn after<'t>(text: &'t str, start: &str) -> Vec<&'t str> {
    let is_end = |letter: char| letter.is_whitespace() || "`\"'])>,;\\".contains(letter);
    text.split(start).skip(1).map(|rest| rest.split(is_end).next().unwrap()).collect()
}

#[test]
fn every_pinned_version_is_that_of_the_package() {
    let mut uses = 0;
    for (path, text) in files() {
        for version in after(&text, "aivss-lint==") {
            assert_eq!(version, VERSION, "{path}");
            uses += 1;
        }
    }
    assert!(uses > 2);
}

#[test]
fn every_address_is_the_public_one_or_a_placeholder() {
    assert_eq!(ADDRESS.is_some(), BOOK.is_some(), "the repository and its book are published together");
    let manifest = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml")).unwrap();
    let repository = ADDRESS.map(|address| format!("\nrepository = \"{address}\"\n"));
    match &repository {
        Some(line) => assert!(manifest.contains(line), "Cargo.toml has another address"),
        None => {
            assert!(!manifest.contains("\nrepository ="), "Cargo.toml has an address, and ADDRESS has none");
        }
    }
    let name = ADDRESS.and_then(|address| address.strip_prefix("https://github.com/")).unwrap_or(PLACEHOLDER);
    let mut uses = 0;
    for (path, text) in files() {
        // Whatever is on the server and has this project's name is this project.
        for found in
            after(&text, "https://github.com/").into_iter().filter(|found| found.contains("aivss-lint"))
        {
            assert!(found.starts_with(name), "{path}: {found}");
            uses += 1;
        }
        for line in text.lines().filter(|line| line.contains("uses: ") && line.contains("/aivss-lint@")) {
            assert!(line.contains(&format!("uses: {name}@<commit>")), "{path}: {line}");
            assert!(
                ADDRESS.is_some() || line.ends_with("# your organization's copy of this repository"),
                "{path}: {line}"
            );
            uses += 1;
        }
        assert!(ADDRESS.is_none() || !text.contains(PLACEHOLDER), "{path}: a placeholder");
    }
    assert!(uses > 5);
}

fn is_page(path: &str) -> bool {
    Path::new(path).extension().is_some_and(|end| end == "md")
}

/// Nothing that a reader copies today fetches a release.
#[test]
fn releases_are_fetched_only_by_texts_that_state_it() {
    if ADDRESS.is_some() {
        return;
    }
    for (path, text) in files().into_iter().filter(|(path, _)| is_page(path)) {
        for (at, _) in text.match_indices("aivss-lint==") {
            let (before, _) = text[..at].rsplit_once("\n```").unwrap();
            let paragraph = before.trim_end().rsplit("\n\n").next().unwrap();
            assert!(paragraph.to_lowercase().contains("after the first release"), "{path}: {paragraph}");
        }
    }
}
