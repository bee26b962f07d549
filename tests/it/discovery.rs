//! The files that a run checks, the policy that it uses, and the places that it may read and write.
#![cfg(unix)]

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::Path;
use std::process::Command;

use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::Value;

use crate::folder::{Folder, Ran};
use crate::git::{commit, git, write};
use crate::program::program;

const MODEL: &str = include_str!("../../src/rules/stock.yaml");
const FILE: &str = "threat-model.yaml";

fn wrong() -> String {
    MODEL.replace("score: 9.4", "score: 9.1")
}

/// A checkout with these files, all of them tracked.
fn checkout(files: &[(&str, &str)]) -> Folder {
    let folder = Folder::new(files);
    git(&folder.path(""), &["init", "--quiet", "--initial-branch=main"]);
    commit(&folder.path(""), "first");
    folder
}

/// Runs the program in a folder below one.
fn run_in(folder: &Path, arguments: &[&str]) -> Ran {
    Ran::of(program().args(arguments).args(["--today", "2026-11-23"]).current_dir(folder))
}

#[test]
fn file_of_any_name_with_the_marker_is_a_threat_model() {
    let json = "{ \"aivss_threat_model\": 1 }";
    let page = format!("# Planner\n\n```yaml\n{}```\n", wrong());
    for (name, text) in [
        ("notes.yaml", &*wrong()),
        ("a/b/NOTES.YML", &wrong()),
        ("package.json", json),
        ("docs/planner.md", &page),
        ("docs/planner.Markdown", &page),
        (".hidden/x.yaml", &wrong()),
    ] {
        for track in [true, false] {
            let folder = Folder::new(&[(FILE, MODEL), (name, text), ("values.yaml", "a: {{ b }}\n")]);
            if track {
                git(&folder.path(""), &["init", "--quiet"]);
                commit(&folder.path(""), "first");
            }
            let ran = folder.run(&["--format", "concise"]);
            assert!(ran.code == 1 && ran.out.contains(&format!("{name}:")), "{name}: {}", ran.out);
            assert!(!ran.out.contains("values.yaml"), "{}", ran.out);
        }
    }
}

#[test]
fn file_without_the_marker_is_skipped_silently() {
    let folder = checkout(&[(FILE, MODEL), ("values.yaml", "a: {{ b }}\n"), ("package.json", "{")]);
    let ran = folder.run(&["--format", "json"]);
    let report: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!((ran.code, &report["skipped"]), (0, &Value::Array(vec![])));
}

#[test]
fn include_adds_names_and_exclude_leaves_out() {
    let policy =
        "aivss_policy: 1\nextends: [recommended]\nfiles: { include: ['*.txt'], exclude: ['old/**'] }\n";
    let folder = checkout(&[
        ("aivss-policy.yaml", policy),
        ("a.txt", MODEL),
        (FILE, &wrong()),
        ("old/threat-model.yaml", &wrong()),
        ("old/notes.yaml", &wrong()),
    ]);
    let ran = folder.run(&["--format", "concise", "--verbose"]);
    assert_eq!(ran.code, 1, "{}", ran.out);
    assert_eq!(ran.out.lines().count(), 1, "{}", ran.out);
    assert!(ran.out.starts_with("threat-model.yaml:"), "{}", ran.out);
    for line in ["checked: a.txt", "skipped: old/threat-model.yaml", "skipped: old/notes.yaml"] {
        assert!(ran.err.contains(line), "{line}: {}", ran.err);
    }
}

#[test]
fn hook_checks_files_by_their_marker() {
    let folder = checkout(&[("notes.yaml", &wrong()), ("values.yaml", "a: 1\n"), ("a.txt", &wrong())]);
    let ran = folder.run(&["--only-matching", "--verbose", "notes.yaml", "values.yaml", "a.txt"]);
    assert!(ran.code == 1 && ran.out.contains("notes.yaml"), "{}", ran.out);
    assert!(ran.err.contains("skipped: a.txt") && ran.err.contains("skipped: values.yaml"), "{}", ran.err);
    assert_eq!(folder.run(&["--only-matching", "values.yaml", "a.txt"]).code, 0);
}

#[test]
fn folder_without_git_is_not_checked_and_a_named_file_is() {
    let folder = checkout(&[(FILE, MODEL)]);
    let run =
        |arguments: &[&str]| Ran::of(program().args(arguments).current_dir(folder.path("")).env("PATH", ""));
    let ran = run(&[]);
    assert!(ran.code == 2 && ran.out.contains("git cannot be run"), "{}", ran.out);
    assert_eq!(run(&[FILE]).code, 0);
}

#[test]
fn file_of_a_nested_repository_is_checked_unless_its_git_ignores_it() {
    let folder = checkout(&[(FILE, MODEL)]);
    for (name, is_module) in [("module", true), ("nested", false)] {
        write(&folder.path(""), &format!("{name}/notes.yaml"), wrong());
        write(&folder.path(""), &format!("{name}/build/notes.yaml"), wrong());
        write(&folder.path(""), &format!("{name}/.gitignore"), "build/\n");
        git(&folder.path(name), &["init", "--quiet"]);
        commit(&folder.path(name), "first");
        if is_module {
            git(&folder.path(""), &["add", name]);
        }
    }
    let ran = folder.run(&["--format", "concise"]);
    let places: Vec<&str> = ran.out.lines().filter_map(|line| line.split(':').next()).collect();
    assert_eq!((ran.code, &places[..]), (1, &["module/notes.yaml", "nested/notes.yaml"][..]), "{}", ran.out);
}

#[test]
fn model_that_a_sparse_checkout_leaves_out_is_reported() {
    let folder = checkout(&[
        ("in/threat-model.yaml", MODEL),
        ("out/x.yaml", MODEL),
        ("a/threat-model.yaml", "a: 1\n"),
        ("b/y.yaml", "a: 1\n"),
    ]);
    let assert_run = |arguments: &[&str], code: i32, name: &str| {
        let ran = folder.run(arguments);
        let place = format!("{name}: cannot check: not in the working folder");
        assert!(
            ran.code == code && (name.is_empty() || ran.out.contains(&place)),
            "{arguments:?}: {}",
            ran.out
        );
    };
    assert_run(&["--format", "concise"], 0, "");
    for (folders, left_out) in [(&["in", "out"][..], "a/threat-model.yaml"), (&["in", "a"], "out/x.yaml")] {
        git(&folder.path(""), &[&["sparse-checkout", "set"], folders].concat());
        assert!(!folder.path(left_out).exists());
        assert_run(&["--format", "concise"], 2, left_out);
        assert_run(&["--format", "concise", "--base", "main"], 2, left_out);
        assert_run(&["in"], 0, "");
    }
    git(&folder.path(""), &["sparse-checkout", "set", "in", "out", "a"]);
    assert_run(&["--format", "concise"], 0, "");
    // A file that contained a model in the base still counts as one.
    git(&folder.path(""), &["switch", "--quiet", "--create", "change"]);
    folder.write("out/x.yaml", "a: 1\n");
    commit(&folder.path(""), "second");
    git(&folder.path(""), &["sparse-checkout", "set", "in", "a"]);
    assert_run(&["--format", "concise"], 0, "");
    assert_run(&["--format", "concise", "--base", "main"], 2, "out/x.yaml");
}

#[cfg(unix)]
#[test]
fn left_out_files_with_names_that_look_alike_are_all_reported() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let folder = checkout(&[("in/threat-model.yaml", MODEL), ("notes/a.txt", "notes\n")]);
    for (name, text) in [(&b"a\xFE.yaml"[..], wrong()), (b"a\xFF.yaml", "a: 1\n".to_owned())] {
        fs::write(folder.path("notes").join(OsStr::from_bytes(name)), text).unwrap();
    }
    commit(&folder.path(""), "names");
    git(&folder.path(""), &["sparse-checkout", "set", "in"]);
    let ran = folder.run(&["--format", "concise"]);
    assert_eq!(ran.code, 2, "{}", ran.out);
    git(&folder.path(""), &["sparse-checkout", "disable"]);
    assert_eq!(folder.run(&["--format", "concise"]).code, 1);
}

#[test]
fn model_of_any_name_is_compared_with_the_base() {
    let folder = checkout(&[("notes.yaml", &wrong()), ("other.yaml", &MODEL.replace("Planner", "Other"))]);
    git(&folder.path(""), &["switch", "--quiet", "--create", "change"]);
    let known = folder.run(&["--base", "main", "--new-only", "--format", "json"]);
    let report: Value = serde_json::from_str(&known.out).unwrap();
    assert_eq!((known.code, &report["change"]["agents"]), (0, &Value::Array(vec![])), "{}", known.out);
    // Without its marker it is still a file that contained a threat model.
    folder.write("other.yaml", "a: 1\n");
    fs::remove_file(folder.path("notes.yaml")).unwrap();
    folder.write(FILE, &MODEL.replace("Planner", "Third"));
    let report: Value =
        serde_json::from_str(&folder.run(&["--base", "main", "--format", "json"]).out).unwrap();
    let agents = report["change"]["agents"].as_array().unwrap();
    let removed: Vec<&str> = agents
        .iter()
        .filter(|agent| agent["after"]["state"] == "absent")
        .filter_map(|agent| agent["path"].as_str())
        .collect();
    assert!(removed.contains(&"notes.yaml"), "{agents:?}");
    let unreadable = report["files"].as_array().unwrap().iter().filter(|file| file["path"] == "other.yaml");
    let rules: Vec<&Value> = unreadable.flat_map(|file| file["diagnostics"].as_array().unwrap()).collect();
    assert_eq!(rules[0]["rule"], "model-unreadable", "{rules:?}");
}

#[test]
fn current_folder_behind_a_link_is_refused_or_its_models_are_missing() {
    let folder = checkout(&[
        ("svc/agents/threat-model.yaml", MODEL),
        ("decoy/threat-model.yaml", &MODEL.replace("Planner", "Decoy")),
    ]);
    git(&folder.path(""), &["switch", "--quiet", "--create", "change"]);
    fs::remove_dir_all(folder.path("svc")).unwrap();
    symlink("decoy", folder.path("svc")).unwrap();
    commit(&folder.path(""), "second");
    let run = |pwd: &Path| {
        Ran::of(program().args(["--base", "main"]).current_dir(folder.path("svc")).env("PWD", pwd))
    };
    let ran = run(&folder.path("svc"));
    assert!(ran.code == 2 && ran.err.contains("the current folder is reached through"), "{}", ran.err);
    // Without a variable that names the link.
    let ran = run(Path::new("/"));
    assert!(ran.out.contains("(Planner): removed"), "{}", ran.out);
}

#[test]
fn link_out_of_a_checkout_is_not_followed_by_any_command() {
    let outside =
        Folder::new(&[(FILE, &wrong()), ("report.json", "{}"), ("page.md", "# Planner\n\nText.\n")]);
    let folder = checkout(&[("good.threat-model.yaml", MODEL)]);
    symlink(outside.path(""), folder.path("out")).unwrap();
    symlink("out", folder.path("step")).unwrap();
    symlink(outside.path("report.json"), folder.path("report.json")).unwrap();
    symlink(".git", folder.path("hidden")).unwrap();
    let outside_is = || {
        let mut names: Vec<_> =
            fs::read_dir(outside.path("")).unwrap().map(|entry| entry.unwrap().path()).collect();
        names.sort();
        names.iter().map(|name| (name.clone(), fs::read(name).unwrap())).collect::<Vec<_>>()
    };
    let before = outside_is();
    let good = "good.threat-model.yaml";
    for arguments in [
        &["out"][..],
        &["step"],
        &["out/threat-model.yaml"],
        &["fix", "out"],
        &["fix", "out/threat-model.yaml"],
        &["fix", "step/threat-model.yaml"],
        &["fix", "--to", "0.8-floor", "out"],
        &["score", "out/threat-model.yaml"],
        &["badge", "out"],
        &["init", "out/new"],
        &["init", "out/new.yaml"],
        &["import", "out/page.md"],
        &["import", "good.md", "--output", "step/new.yaml"],
        &["export", "out/threat-model.yaml"],
        &["export", good, "--output", "out/new.json"],
        &["policy", "show", "out/threat-model.yaml"],
        &["check", "--format", "json", "--output", "out/new.json", good],
        &["check", "--format", "json", "--output", "out/report.json", good],
        &["check", "--format", "json", "--output", "report.json", good],
        &["check", "--format", "json", "--output", "hidden/new.json", good],
        &["report", "--output", "step/new.html", good],
        &["badge", "--output", "out/new.svg", good],
        &["man", "--output", "out/man"],
        &["man", "--output", "out"],
        &["--policy", "out/threat-model.yaml", good],
    ] {
        let ran = folder.run(arguments);
        let printed = ran.out + &ran.err;
        assert_eq!(ran.code, 2, "{arguments:?}: {printed}");
        assert_eq!(outside_is(), before, "{arguments:?}");
        assert!(!folder.path(".git/new.json").exists(), "{arguments:?}");
    }
    // A path outside is allowed if the user names it.
    let fixed = folder.run(&["fix", outside.path(FILE).to_str().unwrap()]);
    assert_eq!((fixed.code, outside.read(FILE)), (0, MODEL.to_owned()), "{}", fixed.out);
    let output = outside.path("new.json");
    assert_eq!(folder.run(&["--format", "json", "--output", output.to_str().unwrap(), good]).code, 0);
    // A link outside of any checkout is the machine's.
    let machine = Folder::new(&[]);
    symlink(outside.path(""), machine.path("link")).unwrap();
    let output = machine.path("link/again.json");
    assert_eq!(folder.run(&["--format", "json", "--output", output.to_str().unwrap(), good]).code, 0);
    assert!(outside.path("again.json").exists());
}

#[test]
fn output_keeps_its_mode_and_cannot_be_a_device() {
    let folder = checkout(&[(FILE, MODEL), ("report.json", "{}")]);
    fs::set_permissions(folder.path("report.json"), fs::Permissions::from_mode(0o640)).unwrap();
    let before = fs::metadata(folder.path("report.json")).unwrap();
    assert_eq!(folder.run(&["--format", "json", "--output", "report.json"]).code, 0);
    let after = fs::metadata(folder.path("report.json")).unwrap();
    assert!(folder.read("report.json").contains("aivss_report"));
    assert_eq!((after.mode(), after.uid(), after.gid()), (before.mode(), before.uid(), before.gid()));
    let ran = folder.run(&["--format", "json", "--output", "/dev/null"]);
    assert!(ran.code == 2 && ran.err.contains("not a regular file"), "{}", ran.err);
}

/// Only the superuser may give a file away.
#[test]
fn written_file_keeps_its_owner() {
    let folder = checkout(&[(FILE, &wrong())]);
    if std::os::unix::fs::chown(folder.path(FILE), Some(12345), Some(12346)).is_err() {
        return;
    }
    assert_eq!(folder.run(&["fix", FILE]).code, 0);
    let now = fs::metadata(folder.path(FILE)).unwrap();
    assert_eq!((folder.read(FILE), now.uid(), now.gid()), (MODEL.to_owned(), 12345, 12346));
}

const STRICT: &str = "aivss_policy: 1\nextends: [recommended]\nlimits: { score: 5.0 }\n";

#[test]
fn policy_of_the_named_repository_applies_from_any_folder() {
    let folder = checkout(&[("agents/threat-model.yaml", MODEL), ("aivss-policy.yaml", STRICT)]);
    let elsewhere = Folder::new(&[(FILE, MODEL)]);
    let other = checkout(&[("aivss-policy.yaml", "aivss_policy: 1\n"), (FILE, MODEL)]);
    let (path, file) = (folder.path(""), folder.path("agents/threat-model.yaml"));
    for from in [&elsewhere, &other, &folder] {
        for named in [&path, &file] {
            let ran = from.run(&["--format", "concise", named.to_str().unwrap()]);
            assert!(ran.code == 1 && ran.out.contains("score-exceeded"), "{named:?}: {}{}", ran.out, ran.err);
        }
    }
    let ran = other.run(&[".", path.to_str().unwrap()]);
    assert!(ran.code == 2 && ran.err.contains("paths in several repositories"), "{}", ran.err);
    // Where there is no repository, the nearest folder above with a policy is one.
    let plain = Folder::new(&[("agents/threat-model.yaml", MODEL), ("aivss-policy.yaml", STRICT)]);
    for named in [plain.path(""), plain.path("agents"), plain.path("agents/threat-model.yaml")] {
        assert_eq!(elsewhere.run(&[named.to_str().unwrap()]).code, 1, "{named:?}");
    }
    // Standard input counts by its name.
    let mut command = program();
    command.args(["-", "--stdin-filename", file.to_str().unwrap()]).current_dir(elsewhere.path(""));
    let ran = Ran::of(command.stdin(fs::File::open(&file).unwrap()));
    assert_eq!(ran.code, 1, "{}", ran.out);
}

#[test]
fn policy_with_a_misspelled_name_stops_the_run() {
    for name in [
        "aivss_policy.yaml",
        "AIVSS-Policy.yaml",
        "aivss-policy.YAML",
        ".aivss-policy.yaml",
        "policy.aivss.yaml",
        "aivss-polcy.yml",
        "aivss-policies.yaml",
        ".aivss-lint.yaml",
        "aivss-policy",
        ".github/aivss_policy.yml",
    ] {
        let folder = checkout(&[(FILE, MODEL), (name, STRICT)]);
        for arguments in
            [&[][..], &[FILE], &["--base", "main", "--policy-from", "main"], &["fix"], &["score"]]
        {
            let ran = folder.run(arguments);
            let printed = ran.out + &ran.err;
            assert!(
                ran.code == 2 && printed.contains("aivss-policy.yaml"),
                "{name} {arguments:?}: {printed}"
            );
        }
        assert_eq!(folder.run(&["--policy", "recommended"]).code, 0, "{name}");
    }
    for name in
        ["aivss-policy-test.yaml", "aivss-report.json", "policy.yaml", ".github/workflows/aivss-lint.yml"]
    {
        let folder = checkout(&[(FILE, MODEL), (name, "{}\n")]);
        let ran = folder.run(&["--format", "concise"]);
        assert_eq!((ran.code, ran.out.contains("policy")), (0, false), "{name}: {}{}", ran.out, ran.err);
    }
}

#[test]
fn policy_in_another_place_is_a_warning() {
    for name in ["config/aivss-policy.yaml", "agents/aivss-policy.json", "agents/.github/aivss_policy.yml"] {
        let text = if name.ends_with("json") { "{ \"aivss_policy\": 1 }" } else { STRICT };
        let folder = checkout(&[("agents/planner/threat-model.yaml", MODEL), (name, text)]);
        let mut runs = vec![vec![]];
        if name.starts_with("agents/aivss") {
            runs.extend([vec!["agents"], vec!["agents/planner"], vec!["agents/planner/threat-model.yaml"]]);
        }
        for mut arguments in runs {
            arguments.extend(["--format", "concise"]);
            let ran = folder.run(&arguments);
            let warning = format!("{name}:1:1: warning[policy-ineffective] this policy has no effect");
            assert!(ran.code == 0 && ran.out.contains(&warning), "{arguments:?}: {}", ran.out);
        }
        // One that is extended, or named, has an effect.
        folder.write("aivss-policy.yaml", &format!("aivss_policy: 1\nextends: [./{name}]\n"));
        assert!(!folder.run(&["--format", "concise"]).out.contains("no effect"));
        fs::remove_file(folder.path("aivss-policy.yaml")).unwrap();
        assert!(!folder.run(&["--format", "concise", "--policy", name]).out.contains("no effect"));
    }
}

/// One file of a random tree.
#[derive(Clone, Debug)]
enum Content {
    Marked,
    Other,
    LinkTo(Index),
    LinkOut,
    LinkToFolder,
}

const PARTS: [&[u8]; 14] = [
    b"a",
    b"b c",
    b"{a,b}",
    b"[e]",
    b"e",
    b"\xC3\xA9",
    b"\xFF\xFE",
    b"-x",
    b"#h",
    b"!n",
    b"tab\t",
    b"line\nbreak",
    b".hid",
    b"back\\slash",
];
const ENDINGS: [&[u8]; 9] = [
    b".yaml",
    b".yml",
    b".json",
    b".md",
    b".markdown",
    b".YAML",
    b".txt",
    b"/threat-model.yaml",
    b".threat-model.json",
];
const PATTERNS: [&str; 20] = [
    "{a,b}", "{a,b}/", "a/", "a/\t", "a//", "[e\\]", "[e]", "!a/", "!*.yaml", "*.yaml", "*", "/a", "**/e/",
    "\\#h", "\\!n", "a*/", "e/\u{A0}", "*.json ", "b c", ".hid/",
];

fn tree() -> impl Strategy<Value = Vec<(Vec<u8>, Content, bool)>> {
    let part = || select(&PARTS[..]);
    let name = (prop::collection::vec(part(), 0..3), part(), select(&ENDINGS[..]));
    let name = name.prop_map(|(folders, stem, ending)| {
        let mut name = folders.join(&b'/');
        if !name.is_empty() {
            name.push(b'/');
        }
        [&name[..], stem, ending].concat()
    });
    let content = prop_oneof![
        4 => Just(Content::Marked),
        2 => Just(Content::Other),
        1 => any::<Index>().prop_map(Content::LinkTo),
        1 => Just(Content::LinkOut),
        1 => Just(Content::LinkToFolder),
    ];
    prop::collection::vec((name, content, any::<bool>()), 1..12)
}

fn ignore_file() -> impl Strategy<Value = (String, Index, bool)> {
    let lines = prop::collection::vec(select(&PATTERNS[..]), 0..4).prop_map(|lines| lines.join("\n") + "\n");
    (lines, any::<Index>(), prop::bool::weighted(0.2))
}

/// The marker in the language of the file's name.
fn marked(name: &[u8]) -> String {
    let lower = name.to_ascii_lowercase();
    if lower.ends_with(b".json") {
        "{ \"aivss_threat_model\": 1 }\n".to_owned()
    } else if lower.ends_with(b".md") || lower.ends_with(b".markdown") {
        "# A\n\n```yaml\naivss_threat_model: 1\n```\n".to_owned()
    } else {
        "aivss_threat_model: 1\n".to_owned()
    }
}

fn names(folder: &Path, arguments: &[&str]) -> BTreeSet<Vec<u8>> {
    let output = Command::new("git")
        .args(["-C", folder.to_str().unwrap(), "ls-files", "-z"])
        .args(arguments)
        .output()
        .unwrap();
    assert!(output.status.success());
    output.stdout.split(|byte| *byte == 0).filter(|name| !name.is_empty()).map(<[u8]>::to_vec).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    /// Each file that git tracks or does not ignore, that is YAML, JSON or Markdown or named like a threat model, and that
    /// contains the marker, is in the report; and no file that git ignores.
    #[test]
    fn every_marked_file_that_git_lists_is_in_the_report(tree in tree(), ignores in prop::collection::vec(ignore_file(), 0..3)) {
        let outside = Folder::new(&[("secret.yaml", "aivss_threat_model: 1\n")]);
        let folder = Folder::new(&[]);
        let root = folder.path("");
        let at = |name: &[u8]| root.join(OsStr::from_bytes(name));
        git(&root, &["init", "--quiet", "--template="]);
        let mut made: Vec<&[u8]> = Vec::new();
        for (name, content, track) in &tree {
            let path = at(name);
            // A name may be taken by a folder or a file already.
            if fs::create_dir_all(path.parent().unwrap()).is_err() || fs::symlink_metadata(&path).is_ok() {
                continue;
            }
            match content {
                Content::Marked => fs::write(&path, marked(name)).unwrap(),
                Content::Other => fs::write(&path, "a: 1\n").unwrap(),
                Content::LinkTo(_) if made.is_empty() => continue,
                Content::LinkTo(index) => symlink(at(made[index.index(made.len())]), &path).unwrap(),
                Content::LinkOut => symlink(outside.path("secret.yaml"), &path).unwrap(),
                Content::LinkToFolder => symlink(if *track { outside.path("") } else { root.clone() }, &path).unwrap(),
            }
            made.push(name);
            if *track {
                let added = Command::new("git").current_dir(&root).args(["--literal-pathspecs", "add", "--force", "--"]).arg(OsStr::from_bytes(name)).status();
                prop_assert!(added.unwrap().success());
            }
        }
        for (lines, index, is_link) in &ignores {
            let folder = if made.is_empty() { root.clone() } else { at(made[index.index(made.len())]).parent().unwrap().to_owned() };
            let place = folder.join(".gitignore");
            if fs::symlink_metadata(&place).is_ok() {
                continue;
            }
            if *is_link {
                fs::write(folder.join("names"), lines).unwrap();
                symlink("names", place).unwrap();
            } else {
                fs::write(place, lines).unwrap();
            }
        }
        let tracked = names(&root, &["--cached"]);
        let others = names(&root, &["--others", "--exclude-standard"]);
        let ran = Ran::of(program().args(["--format", "json"]).current_dir(&root));
        let report: Value = serde_json::from_str(&ran.out).unwrap();
        let named = |key: &str| -> Vec<String> {
            let paths = report[key].as_array().unwrap().iter();
            paths.filter_map(|entry| entry["path"].as_str().or(entry.as_str())).map(str::to_owned).collect()
        };
        let listed: BTreeSet<String> = ["files", "skipped", "obstacles"].into_iter().flat_map(named).collect();
        let text = |name: &[u8]| String::from_utf8_lossy(name).into_owned();
        let endings: [&[u8]; 5] = [b".yaml", b".yml", b".json", b".md", b".markdown"];
        for name in tracked.union(&others) {
            let lower = name.to_ascii_lowercase();
            let path = at(name);
            let is_inside = path.canonicalize().is_ok_and(|target| target.starts_with(root.canonicalize().unwrap()));
            let is_marked = is_inside && fs::read_to_string(&path).is_ok_and(|text| text.contains("aivss_threat_model"));
            if is_marked && endings.iter().any(|ending| lower.ends_with(ending)) {
                prop_assert!(listed.contains(&text(name)), "{:?} is not in {:?}", text(name), listed);
                prop_assert_ne!(ran.code, 0);
            }
        }
        let known: BTreeSet<String> = tracked.union(&others).map(|name| text(name)).collect();
        for name in named("files") {
            prop_assert!(known.contains(&name), "{:?} is ignored", name);
        }
        prop_assert!(!ran.out.contains("secret.yaml"));
    }
}

/// A link in the place of a folder, in the working folder alone: what git tracks below it is gone.
#[test]
fn tracked_file_is_not_read_through_a_link() {
    let outside = Folder::new(&[(FILE, "aivss_threat_model: [\n")]);
    let folder = checkout(&[(FILE, MODEL), ("agents/threat-model.yaml", MODEL)]);
    fs::remove_dir_all(folder.path("agents")).unwrap();
    symlink(outside.path(""), folder.path("agents")).unwrap();
    let ran = run_in(&folder.path(""), &["--format", "concise"]);
    assert_eq!((ran.code, &*ran.out), (0, ""), "{}", ran.err);
}

#[test]
fn file_found_by_its_marker_alone_keeps_its_problems() {
    let flow = "{agent: {name: Evil, summary: Plans trips.}, aivss_threat_model: 1, maestro: {foundation_models: TODO}}";
    let wide: Vec<u8> = wrong().encode_utf16().flat_map(u16::to_le_bytes).collect();
    let files: [(&str, Vec<u8>); 7] = [
        ("a.yaml", format!("evil: {flow}\n").into()),
        ("a.yaml", format!("- {flow}\n").into()),
        ("a.yaml", flow.trim_end_matches('}').into()),
        ("a.json", format!("// c\n{flow}\n").into()),
        ("a.yaml", format!("\u{A0}{}", wrong()).into()),
        ("a.yaml", wide),
        ("a.md", "- [x] aivss_threat_model: 1\n".into()),
    ];
    for (name, bytes) in files {
        let folder = checkout(&[(FILE, MODEL)]);
        write(&folder.path(""), name, &bytes);
        let ran = folder.run(&["--format", "concise"]);
        assert!(
            ran.code == 1 && ran.out.contains(name),
            "{:?}: {}",
            String::from_utf8_lossy(&bytes),
            ran.out
        );
    }
    let mentions = "aivss_threat_model ".repeat(40_000);
    let folder = checkout(&[(FILE, MODEL), ("notes.yaml", &format!("# {mentions}\na: 1\n"))]);
    assert_eq!(folder.run(&[]).code, 0, "prose that mentions the marker");
}

/// A threat model with another first line.
fn marked_by(first: &str) -> String {
    format!("{first}\n{}", wrong().split_once('\n').unwrap().1)
}

/// The output for one file next to a threat model that passes.
fn run_beside(name: &str, text: &str) -> Ran {
    checkout(&[(FILE, MODEL), (name, text)]).run(&["--format", "concise"])
}

#[test]
fn disguised_marker_makes_a_file_of_any_name_a_threat_model() {
    let body = wrong().split_once('\n').unwrap().1.to_owned();
    let deep: String =
        marked_by("\u{430}ivss_threat_model: 1").lines().map(|line| format!("  {line}\n")).collect();
    let escaped: String = "aivss_threat_model".bytes().map(|byte| format!("\\x{byte:02x}")).collect();
    let flow = r#": 1, "agent": {"name": "Evil"}}"#;
    for (name, text, rule) in [
        ("a.yaml", marked_by(r#""aivss_threat\u005fmodel": 1"#), "score-mismatch"),
        ("a.yaml", marked_by(&format!("\"{escaped}\": 1")), "score-mismatch"),
        ("a.yaml", format!("x: &a \"{escaped}\"\n*a : 1\n{body}"), "score-mismatch"),
        ("a.yaml", marked_by("\u{430}ivss_threat_model: 1"), "marker-missing"),
        ("a.yaml", marked_by("аіѵѕѕ_тһгеат_моԁеӏ: 1"), "marker-missing"),
        ("a.yaml", marked_by("aivss\u{200B}_threat_model: 1"), "marker-missing"),
        ("a.yaml", marked_by("AIVSS_THREAT_MODEL: 1"), "marker-missing"),
        ("a.yaml", marked_by("aivss-threat-model: 1"), "marker-missing"),
        ("a.yaml", marked_by("? AIVSS threat model # a\n: 1"), "marker-missing"),
        ("a.yaml", marked_by("aivss_threat_mode1: 1"), "marker-missing"),
        ("a.yaml", marked_by("aivss_treat_model: 1"), "marker-missing"),
        (
            "a.yaml",
            format!("# {}\n{}", "a".repeat(300_000), marked_by("aivss-threat-model: 1")),
            "marker-missing",
        ),
        ("a.yaml", format!("evil:\n{deep}"), "marker-unread"),
        ("a.yaml", marked_by("AIVSS_THREAT_MODEL: 1") + "x: ]\n", "syntax"),
        ("a.json", format!("{{\"\\u0061ivss_threat_model\"{flow}"), "layer-blank"),
        ("a.json", format!("{{\"AIVSS_THREAT_MODEL\"{flow}"), "marker-missing"),
        ("a.json", format!("[[{{\"AIVSS_THREAT_MODEL\"{flow}]]"), "marker-unread"),
        ("a.md", format!("```text\n{}```\n", marked_by("AIVSS_THREAT_MODEL: 1")), "marker-missing"),
        (
            "a.yaml",
            "evil:\n  - \u{430}ivss_threat_model: 1\n  - agent: {name: Evil}\n".to_owned(),
            "marker-unread",
        ),
        ("a.yaml", format!("models:\n  aivss-threat-model:\n{deep}"), "marker-unread"),
        ("a.yaml", marked_by("\u{A4EE}IVSS\u{B7}THREAT\u{B7}MODEL: 1"), "marker-missing"),
        ("a.md", marked_by("aivss&#95;threat_model: 1"), "marker-unread"),
    ] {
        let ran = run_beside(name, &text);
        let problem = format!("error[{rule}]");
        assert!(ran.code == 1 && ran.out.contains(name) && ran.out.contains(&problem), "{text}: {}", ran.out);
    }
}

#[test]
fn text_that_does_not_parse_and_contains_the_marker_is_a_problem() {
    let body = wrong().split_once('\n').unwrap().1.to_owned();
    for (name, text, rule) in [
        (
            "a.json",
            "{\"aivss_threat_model\" /* v */: 1, \"agent\": {\"name\": \"Evil\"}}".to_owned(),
            "syntax",
        ),
        ("a.json", "{\"aivss_threat_model\" // v\n: 1}".to_owned(), "syntax"),
        ("a.yaml", format!("\"aivss_threat_model\" # v\n  : 1\n{body}"), "syntax"),
        ("a.yaml", format!("? aivss_threat_model # v\n: 1\n{body}z: [\n"), "syntax"),
        ("a.yaml", format!("x: &a aivss_threat_model\n*a : 1\n{body}z: [\n"), "syntax"),
        ("a.yaml", format!("aivss_threat_model\u{200B}: 1\n{body}z: [\n"), "syntax"),
        ("a.yaml", "\"a\n  # b\": {\"c\n  # d\", aivss_threat_model : 1\n".to_owned(), "syntax"),
    ] {
        let ran = run_beside(name, &text);
        let problem = format!("error[{rule}]");
        assert!(ran.code == 1 && ran.out.contains(name) && ran.out.contains(&problem), "{text}: {}", ran.out);
    }
    for text in [
        "# aivss_threat_model: 1\na: {{\n",
        "a: {{ # see aivss_threat_model\n",
        "a: {{ .aivss_threat_model\n",
    ] {
        assert_eq!(run_beside("a.yaml", text).code, 0, "{text}");
    }
}

#[test]
fn variant_of_the_marker_in_a_utf_16_file_is_a_problem() {
    for first in ["AIVSS_THREAT_MODEL: 1", "\u{430}ivss_threat_model: 1"] {
        for unit in [u16::to_le_bytes, u16::to_be_bytes] {
            let folder = checkout(&[(FILE, MODEL)]);
            let bytes: Vec<u8> = marked_by(first).encode_utf16().flat_map(unit).collect();
            write(&folder.path(""), "a.yaml", &bytes);
            let ran = folder.run(&["--format", "concise"]);
            assert!(ran.code == 1 && ran.out.contains("a.yaml"), "{first}: {}", ran.out);
        }
    }
}

#[test]
fn many_variants_take_no_longer_than_their_length() {
    let spelling = |number: usize| -> String {
        let letters = "aivssthreatmodel".chars().enumerate();
        letters
            .map(|(at, letter)| if number >> at & 1 == 1 { letter.to_ascii_uppercase() } else { letter })
            .collect()
    };
    let keys: String = (1..10_000).map(|number| format!("  {}: 1\n", spelling(number))).collect();
    let marks = "  aivss_threat_model: 1\n".repeat(30_000);
    for (name, text, code) in [
        ("a.yaml", format!("evil:\n{keys}"), 0),
        ("a.yaml", format!("on: push\njobs: 1\nrun: |\n{marks}"), 1),
        ("a.yaml", format!("script: [{}a]\nx: |\n{marks}", "a,".repeat(100_000)), 1),
        ("a.yaml", format!("a: {{{{\n{}", "# aivss_threat_model\n".repeat(50_000)), 0),
        ("a.md", "aivss_threat_model:\n".repeat(40_000), 1),
    ] {
        let start = std::time::Instant::now();
        assert_eq!(run_beside(name, &text).code, code, "{}", &text[..60]);
        assert!(start.elapsed().as_secs() < 20, "{}", &text[..60]);
    }
}

#[test]
fn required_model_in_a_folder_with_an_odd_name_is_missed() {
    let policy = "aivss_policy: 1\nextends: [recommended]\nrequire: { models_in: ['agents/*/'] }\n";
    let folder = checkout(&[(FILE, MODEL), ("aivss-policy.yaml", policy)]);
    let odd = folder.path("agents").join(OsStr::from_bytes(b"n\xFF"));
    fs::create_dir_all(&odd).unwrap();
    fs::write(odd.join("a.py"), "pass\n").unwrap();
    commit(&folder.path(""), "second");
    let ran = folder.run(&["--format", "concise"]);
    assert!(ran.code == 1 && ran.out.contains("error[model-missing]"), "{}", ran.out);
}

#[test]
fn words_that_only_resemble_the_marker_are_not_a_problem() {
    let job = "steps:\n      - run: |\n          cat <<EOF > m.yaml\n          aivss_threat_model: 1\n          EOF\n";
    let schema = r#"{"properties": {"aivss_threat_model": {"const": 1}, "agent": {"type": "object"}}}"#;
    for (name, text) in [
        ("env.yaml", "AIVSS_THREAT_MODEL: docs/threat-model.yaml\n"),
        (".gitlab-ci.yml", "aivss-threat-model:\n  script: [aivss-lint]\n"),
        ("mkdocs.yml", "nav:\n  - AIVSS threat model: docs/threat-model.md\n"),
        ("package.json", r#"{"scripts": {"aivss-threat-model": "aivss-lint"}}"#),
        ("values.yaml", "labels:\n  aivss-threat-model: {{ .Values.a }}\n  {{- if .b }}\n"),
        ("values.yaml", "a: {{ .Values.aivss_threat_model }}\n{{- if .b }}\nmy_aivss_threat_model: 1\n"),
        (".github/workflows/a.yml", &format!("on: push\njobs:\n  a:\n    {job}")),
        (
            "ci.yml",
            "a:\n  script:\n    - |\n      cat <<EOF > m.yaml\n      aivss_threat_model: 1\n      EOF\n",
        ),
        ("model.schema.json", schema),
        ("openapi.yaml", "components:\n  properties:\n    aivss_threat_model: { type: integer }\n"),
        (
            "keys.yaml",
            "keys:\n  aivss_threat_model: The key that makes a file a threat model.\n  agent: Who it is.\n",
        ),
        (
            "web/en.json",
            r#"{"aivssThreatModel": "AIVSS threat model", "agent": "Agent", "findings": "Findings"}"#,
        ),
        (
            "ci.yml",
            "on: push\njobs:\n  agent: { name: Agent, runs-on: a }\n  aivss-threat-model: { runs-on: a }\n",
        ),
        ("config.yml", "aivss-threat-model: true\n"),
        ("values.yaml", "features: { aivssThreatModel: true, agent: { enabled: true } }\n"),
        ("nav.yml", "AIVSS threat model: a.md\nAgent: b.md\n"),
        (
            "notes.md",
            "- [aivss_threat_model](https://example.org): the key\n- aivss_threat_model: bump to 1\n",
        ),
        ("README.md", "AIVSS threat model: see docs.\n\n- AIVSS threat model: there\n"),
        (
            "CHANGELOG.md",
            "- aivss_threat_model: the marker is now required\n\n```diff\n+aivss_threat_model: 1\n```\n",
        ),
    ] {
        let ran = run_beside(name, text);
        assert_eq!((ran.code, &*ran.out), (0, ""), "{name}: {text}");
    }
    // The same places with a threat model in them, or in a file that is named like one.
    let script = format!("a:\n  script: |\n    cat <<EOF\n{}    EOF\n", wrong().replace('\n', "\n    "));
    for (name, text) in [
        ("docs/threat-model.yaml", script),
        ("docs/threat-model.yaml", "keys: { aivss_threat_model: The first of keys. }\n".to_owned()),
        ("a.yaml", "script: |\n  # <<\n  aivss_threat_model: 1\n".to_owned()),
        ("a.yaml", "keys: { aivss_threat_model: the first of keys, agent: 'name: Evil' }\n".to_owned()),
        ("a.yaml", "properties: { aivss_threat_model: true, agent: { type: x, name: Evil } }\n".to_owned()),
        ("a.yaml", "$schema: http://json-schema.org/x\nx: { aivss_threat_model: { a: 1 } }\n".to_owned()),
        ("a.yaml", "jobs: {}\nrun: |\n  aivss_threat_model: 1\n  agent:\n    name: Evil\n".to_owned()),
        ("a.yaml", "properties: { aivss_threat_model: 1, agent: { name: Evil } }\n".to_owned()),
        (
            "a.yaml",
            "keys:\n  aivss_threat_model: The first of all keys.\n  agent: { name: Evil }\n".to_owned(),
        ),
        ("a.md", format!("```diff\n+{}\n```\n", wrong().trim_end().replace('\n', "\n+"))),
    ] {
        assert_eq!(run_beside(name, &text).code, 1, "{text}");
    }
}

/// A checkout of files as they are committed, with attributes, and a filter that exchanges letters.
fn checkout_with(attributes: &str, files: &[(&str, &str)]) -> Folder {
    let folder = checkout(&[(FILE, MODEL)]);
    let root = folder.path("");
    for (name, text) in files.iter().chain(&[(".gitattributes", attributes)]) {
        write(&root, name, text);
        let object = git(&root, &["hash-object", "-w", "--no-filters", name]);
        git(&root, &["update-index", "--add", "--cacheinfo", &format!("100644,{object},{name}")]);
        fs::remove_file(folder.path(name)).unwrap();
    }
    git(&root, &["config", "filter.swap.smudge", "tr a-z n-za-m"]);
    git(&root, &["commit", "--quiet", "--message", "second"]);
    git(&root, &["checkout", "--quiet", "--force", "HEAD", "--", "."]);
    folder
}

#[test]
fn file_that_git_rewrites_on_checkout_cannot_be_checked() {
    let flow = r#"{"x":"$Id:","aivss_threat_model":1,"agent":{"name":"Evil"},"y":"$"}"#;
    let hidden = "m.yaml a=$Id:\tworking-tree-encoding=IBM037\tb=$\n.gitattributes a=$Id:\tident\tb=$\n";
    for (attributes, name, text, by) in [
        ("m.yaml working-tree-encoding=UTF-16LE\n", "m.yaml", &*wrong(), "working-tree-encoding=UTF-16LE"),
        ("m.yaml working-tree-encoding=IBM037\n", "m.yaml", &wrong(), "working-tree-encoding=IBM037"),
        (
            "[attr]a working-tree-encoding=IBM037\na/** a\n",
            "a/b/m.yaml",
            &wrong(),
            "working-tree-encoding=IBM037",
        ),
        ("m.* filter=swap\n", "m.yaml", &wrong(), "filter=swap"),
        ("*.json ident\n", "m.json", flow, "ident"),
        // The attributes are rewritten as well.
        ("[m.]* working-tree-encoding=IBM037\n", "m.yaml", &wrong(), "working-tree-encoding=IBM037"),
        (hidden, "m.yaml", &wrong(), "working-tree-encoding=IBM037"),
    ] {
        let folder = checkout_with(attributes, &[(name, text)]);
        let problem = format!("{name}: cannot check: git rewrites this file on checkout ({by})");
        let above = name.rsplit_once('/').map_or(".", |(above, _)| above);
        for arguments in [&[][..], &[above], &[name], &["--only-matching", name], &["--base", "main"]] {
            let ran = folder.run(&[&["--format", "concise"], arguments].concat());
            assert!(ran.code == 2 && ran.out.contains(&problem), "{attributes} {arguments:?}: {}", ran.out);
        }
    }
}

#[test]
fn attributes_that_do_not_change_text_are_not_a_problem() {
    let other = MODEL.replace("Planner", "Other");
    let marked = format!("# $Id$ and $Id: a.yaml,v 1.1 2003 somebody $\n{other}");
    for (attributes, text) in [
        ("* text eol=crlf\n", &*other),
        ("* working-tree-encoding=UTF-8\n", &other),
        ("* ident\n", &marked),
        ("* filter=unknown\n*.bin filter=lfs\n", &other),
        ("m.* working-tree-encoding=IBM037\nm.* -working-tree-encoding\n", &other),
        ("*.txt working-tree-encoding=UTF-16LE\n", &other),
    ] {
        let ran = checkout_with(attributes, &[("m.yaml", text)]).run(&["--format", "concise"]);
        assert_eq!((ran.code, &*ran.out), (0, ""), "{attributes}");
    }
    let folder = checkout_with("*.json working-tree-encoding=UTF-16LE\n", &[("a.json", "{\"a\": 1}\n")]);
    assert_eq!(folder.run(&[]).code, 0, "a file without a marker");
}

const LIMIT: &str = "aivss_policy: 1\nextends: [shared/base.yaml]\n";
const SHARED: &str = "aivss_policy: 1\nextends: [recommended]\nlimits: { score: 6.0 }\n";

/// A checkout with a checkout of an organization's policies in it, and the path of that.
fn with_policies(folder: &Folder) {
    folder.write("policies/aivss-policy.yaml", LIMIT);
    folder.write("policies/shared/base.yaml", SHARED);
    folder.write("policies/example.threat-model.yaml", &wrong());
    git(&folder.path("policies"), &["init", "--quiet"]);
    commit(&folder.path("policies"), "policies");
}

#[test]
fn policy_in_another_checkout_is_not_one_of_the_change() {
    let folder = checkout(&[(FILE, MODEL)]);
    with_policies(&folder);
    let policy = ["--policy", "policies/aivss-policy.yaml"];
    for arguments in [&policy[..], &[&policy[..], &["--base", "main", "--policy-from", "main"]].concat()] {
        let ran = folder.run(&[arguments, &["--format", "concise"]].concat());
        assert_eq!(ran.code, 1, "{}{}", ran.out, ran.err);
        assert!(ran.out.contains("the limit is 6.0"), "{}", ran.out);
        assert!(!ran.out.contains("policies/"), "the policy's own checkout is not checked: {}", ran.out);
    }
    let own = folder.run(&["--format", "concise"]);
    assert!(own.out.contains("policies/example.threat-model.yaml"), "{}", own.out);
}

#[test]
fn policy_in_another_checkout_reads_no_file_of_the_change() {
    let folder = checkout(&[(FILE, MODEL), ("base.yaml", "aivss_policy: 1\n")]);
    with_policies(&folder);
    folder.write("policies/aivss-policy.yaml", "aivss_policy: 1\nextends: [../base.yaml]\n");
    let ran = folder.run(&["--policy", "policies/aivss-policy.yaml"]);
    assert_eq!(ran.code, 2, "{}", ran.out);
    assert!(ran.out.contains("is outside of"), "{}", ran.out);
}

#[test]
fn change_does_not_choose_the_policy_of_another_checkout() {
    // A folder of the change, a submodule of the change, a link of the change, and files that the checkout hides.
    for case in ["folder", "submodule", "link", "hidden"] {
        let folder = checkout(&[(FILE, MODEL), ("aivss-policy.yaml", SHARED)]);
        let elsewhere = Folder::new(&[("aivss-policy.yaml", "aivss_policy: 1\nextends: [permissive]\n")]);
        git(&elsewhere.path(""), &["init", "--quiet"]);
        commit(&elsewhere.path(""), "theirs");
        match case {
            "folder" => {
                folder.write("policies/aivss-policy.yaml", "aivss_policy: 1\nextends: [permissive]\n");
            }
            "submodule" => {
                let path = elsewhere.path("").display().to_string();
                git(&folder.path(""), &["submodule", "--quiet", "add", &path, "policies"]);
            }
            "link" => {
                folder.write("aivss-policy.yaml", "aivss_policy: 1\nextends: [permissive]\n");
                symlink(".", folder.path("policies")).unwrap();
            }
            _ => folder.write("policies/bad.threat-model.yaml", &wrong()),
        }
        commit(&folder.path(""), "change");
        if case == "hidden" {
            fs::remove_dir_all(folder.path("policies")).unwrap();
            with_policies(&folder);
        }
        let policy =
            ["--policy", "policies/aivss-policy.yaml", "--base", "main~1", "--policy-from", "main~1"];
        let ran = folder.run(&policy);
        assert_eq!(ran.code, 2, "{case}: {}{}", ran.out, ran.err);
        if case == "hidden" {
            let expected = "this repository tracks policies/bad.threat-model.yaml";
            assert!(ran.err.contains(expected) || ran.out.contains(expected), "{}{}", ran.out, ran.err);
        }
    }
}

/// A workflow makes the checkout after that of the change.
#[test]
fn file_that_another_checkout_hides_is_an_error() {
    for other in [&[("readme.md", "Other.\n")][..], &[("bad.threat-model.yaml", MODEL)]] {
        let folder = checkout(&[
            (FILE, MODEL),
            ("tool/deep/bad.threat-model.yaml", &wrong()),
            ("tool/x.yaml", "a: 1\n"),
        ]);
        fs::remove_dir_all(folder.path("tool")).unwrap();
        for (name, text) in other {
            folder.write(&format!("tool/deep/{name}"), text);
        }
        git(&folder.path("tool"), &["init", "--quiet"]);
        commit(&folder.path("tool"), "other");
        let ran = folder.run(&["--format", "concise"]);
        let message =
            "tool/deep/bad.threat-model.yaml: cannot check: tracked, but the checkout of another repository";
        assert!(ran.code == 2 && ran.out.contains(message), "{}{}", ran.out, ran.err);
    }
}

/// Git for Windows checks out with CR LF by default.
#[test]
fn checkout_with_other_line_ends_gives_the_same_report() {
    let folder =
        checkout(&[(FILE, &wrong()), ("page.md", &format!("# Planner\n\n```yaml\n{}```\n", wrong()))]);
    let problems = |ran: &Ran| {
        let report: Value = serde_json::from_str(&ran.out).unwrap();
        let files = report["files"].as_array().unwrap().clone();
        files.iter().map(|file| file["diagnostics"].clone()).collect::<Vec<_>>()
    };
    let gitlab = |folder: &Folder| -> Vec<Value> {
        let report: Value = serde_json::from_str(&folder.run(&["--format", "gitlab"]).out).unwrap();
        report.as_array().unwrap().iter().map(|problem| problem["fingerprint"].clone()).collect()
    };
    let arguments = ["--format", "json", "--base", "main", "--new-only"];
    let (unix, prints) = (folder.run(&arguments), gitlab(&folder));
    for name in [FILE, "page.md"] {
        let text = folder.read(name).replace('\n', "\r\n");
        folder.write(name, &text);
    }
    let windows = folder.run(&arguments);
    assert_eq!((unix.code, windows.code), (0, 0), "{}", windows.out);
    assert_eq!(prints, gitlab(&folder));
    let place = |value: &Value| value["line"].clone();
    let places = |found: Vec<Value>| -> Vec<Value> {
        found.iter().flat_map(|list| list.as_array().unwrap().iter().map(place)).collect()
    };
    assert_eq!(places(problems(&unix)), places(problems(&windows)));
}
