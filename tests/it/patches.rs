//! Patches of any texts and any names: git applies them and gets the new text, byte for byte.

use std::fs;
use std::path::Path;
use std::process::Command;

use aivss_lint::diff::unified;
use proptest::prelude::*;

use crate::folder::Folder;

/// The parts of texts: lines, breaks of every kind and bytes that a patch could take for its own.
const PIECES: [&str; 16] = [
    "\n",
    "\n",
    "\r\n",
    "\r",
    "a: 1\n",
    "b: 2\n",
    "c: 3\r\n",
    "d",
    "-",
    "+",
    "--- a/x\n",
    "+++ b/x\n",
    "@@ -1 +1 @@\n",
    " \n",
    "\\ No newline at end of file\n",
    "\u{FEFF}ü\u{2028}",
];

/// The parts of names, besides what no system allows.
const NAMES: [&str; 16] = [
    "a.yaml",
    "with space.yaml",
    "two  spaces/and more.yaml",
    "trailing ",
    "ta\tb.yaml",
    "qu\"ote.yaml",
    "back\\slash.yaml",
    "line\nfeed.yaml",
    "carriage\r.yaml",
    "ümlaut/日本.yaml",
    "\u{202E}x.yaml",
    "\u{1b}[31m.yaml",
    "it's.yaml",
    "2026-01-01 00:00:00 +0000",
    "a 2026-01-01 00:00:00.000000000 +0000.yaml",
    "-n.yaml",
];

fn text() -> impl Strategy<Value = Vec<&'static str>> {
    prop::collection::vec(prop::sample::select(&PIECES[..]), 0..30)
}

/// A text, and the same with some of its pieces replaced.
fn change() -> impl Strategy<Value = (String, String)> {
    let edit = (any::<prop::sample::Index>(), 0..4_usize, text());
    (text(), prop::collection::vec(edit, 0..3)).prop_map(|(before, edits)| {
        let mut after = before.clone();
        for (at, length, pieces) in edits {
            let at = at.index(after.len() + 1);
            let end = (at + length).min(after.len());
            after.splice(at..end, pieces.into_iter().take(3));
        }
        (before.concat(), after.concat())
    })
}

fn apply(folder: &Path, arguments: &[&str]) -> bool {
    let ran = Command::new("git")
        .arg("apply")
        .args(arguments)
        .arg("the.patch")
        .current_dir(folder)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .output()
        .unwrap();
    ran.status.success()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    #[test]
    #[cfg(unix)]
    fn git_applies_the_patch_of_any_change(changes in prop::collection::vec(change(), NAMES.len())) {
        let folder = Folder::new(&[]);
        let mut patch = String::new();
        for (name, (before, after)) in NAMES.iter().zip(&changes) {
            folder.write(name, before);
            patch.push_str(&unified(name, before, after));
        }
        let is_quoted = !patch.contains(['\u{1b}', '\u{202E}']);
        prop_assert!(is_quoted, "{}", patch);
        if patch.is_empty() {
            return Ok(());
        }
        folder.write("the.patch", &patch);
        prop_assert!(apply(&folder.path(""), &["--check"]), "{}", patch);
        prop_assert!(apply(&folder.path(""), &[]), "{}", patch);
        for (name, (_, after)) in NAMES.iter().zip(&changes) {
            let now = fs::read(folder.path(name)).unwrap_or_default();
            prop_assert_eq!(String::from_utf8_lossy(&now), after.as_str(), "{}", patch);
        }
    }
}

#[test]
#[cfg(unix)]
fn git_applies_what_fix_prints() {
    let stock = include_str!("../../src/rules/stock.yaml");
    let (head, layers) = stock.split_once("aivss:\n").unwrap();
    let (score, layers) = layers.split_once("maestro:").unwrap();
    let last = format!("{head}maestro:{layers}aivss:\n{score}");
    assert!(last.ends_with("  score: 9.4\n"));
    for (name, from, to) in [
        ("threat-model.yaml", "  score: 9.4\n", "  score: 9.3\r"),
        ("my agent.threat-model.yaml", "  score: 9.4\n", "  score: 9.3"),
        ("ä \"b\".threat-model.yaml", "\n", "\r\n"),
        ("tab\t.threat-model.yaml", "\n", "\r"),
    ] {
        let wrong = last.replace("score: 9.4", "score: 9.3").replace(&from.replace("9.4", "9.3"), to);
        let folder = Folder::new(&[(name, &wrong)]);
        let ran = folder.run(&["fix", "--diff", "--today", "2026-11-23", "."]);
        assert_eq!(ran.code, 1, "{}{}", ran.out, ran.err);
        folder.write("the.patch", &ran.out);
        assert!(apply(&folder.path(""), &["--check"]), "{}", ran.out);
        assert!(apply(&folder.path(""), &[]), "{}", ran.out);
        assert_eq!(folder.read(name), wrong.replace("score: 9.3", "score: 9.4"), "{}", ran.out);
    }
}
