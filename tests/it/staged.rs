//! `--staged` in git's own hooks: the index that git commits is checked, whatever the working tree contains.
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

use crate::git::{commit, git, write};
use crate::program::program;

const MODEL: &str = include_str!("../../src/rules/stock.yaml");
const FILE: &str = "agents/threat-model.yaml";

fn wrong() -> String {
    MODEL.replace("score: 9.4", "score: 9.1")
}

/// A commit may change a model without making it wrong.
fn good(note: &str) -> String {
    format!("{MODEL}# {note}\n")
}

/// A repository with a model, in which a hook checks what is staged.
struct Scene(TempDir);

impl Scene {
    fn new(options: &[&str]) -> Self {
        let scene = Self(TempDir::new().unwrap());
        let root = scene.root();
        fs::create_dir(&root).unwrap();
        git(&root, &[&["init", "--quiet", "--initial-branch=main"], options].concat());
        write(&root, FILE, MODEL);
        write(&root, "README.md", "# Agents\n");
        commit(&root, "base");
        hook(&root.join(".git"));
        scene
    }

    fn root(&self) -> PathBuf {
        self.0.path().join("repository")
    }
}

/// Writes the hook into a git folder.
fn hook(folder: &Path) {
    let path = folder.join("hooks/pre-commit");
    let run = program();
    let program = run.get_program().to_str().unwrap();
    write(folder, "hooks/pre-commit", format!("#!/bin/sh\nexec '{program}' --staged --format concise\n"));
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

fn attempt(root: &Path, arguments: &[&str]) -> Output {
    let mut run = Command::new("git");
    run.current_dir(root).env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
    run.args(["-c", "user.name=Somebody", "-c", "user.email=somebody@example.org"]);
    run.args(["-c", "protocol.file.allow=always"]).args(arguments).output().unwrap()
}

#[track_caller]
fn passes(root: &Path, arguments: &[&str]) {
    let output = attempt(root, arguments);
    assert!(output.status.success(), "{arguments:?}: {output:?}");
}

#[track_caller]
fn blocks(root: &Path, arguments: &[&str], problem: &str) {
    let output = attempt(root, arguments);
    let printed = String::from_utf8_lossy(&output.stderr) + String::from_utf8_lossy(&output.stdout);
    assert!(!output.status.success() && printed.contains(problem), "{arguments:?}: {output:?}");
}

const COMMIT: [&str; 3] = ["commit", "--message", "change"];

#[test]
fn partially_staged_file_is_checked_as_staged() {
    let scene = Scene::new(&[]);
    let root = scene.root();
    write(&root, FILE, wrong());
    git(&root, &["add", "--all"]);
    write(&root, FILE, good("right again, and not staged"));
    blocks(&root, &COMMIT, "score-mismatch");
    git(&root, &["add", "--all"]);
    write(&root, FILE, wrong());
    passes(&root, &COMMIT);
}

#[test]
fn every_kind_of_commit_is_checked_by_its_own_index() {
    let scene = Scene::new(&[]);
    let root = scene.root();
    write(&root, FILE, wrong());
    blocks(&root, &["commit", "--all", "--message", "a"], "score-mismatch");
    blocks(&root, &["commit", "--only", FILE, "--message", "a"], "score-mismatch");
    blocks(&root, &["commit", "--include", FILE, "--message", "a"], "score-mismatch");
    git(&root, &["checkout", "--quiet", "--", FILE]);
    // A staged file that is not among the paths is not part of the commit.
    write(&root, "other.threat-model.yaml", wrong());
    git(&root, &["add", "--all"]);
    write(&root, FILE, good("a"));
    passes(&root, &["commit", "--only", FILE, "--message", "a"]);
    blocks(&root, &["commit", "--amend", "--no-edit"], "score-mismatch");
    git(&root, &["rm", "--quiet", "--cached", "other.threat-model.yaml"]);
    passes(&root, &["commit", "--amend", "--no-edit", "--allow-empty"]);
    git(&root, &["add", "--intent-to-add", "other.threat-model.yaml"]);
    write(&root, FILE, good("b"));
    git(&root, &["add", FILE]);
    passes(&root, &COMMIT);
}

#[test]
fn renames_keep_to_the_index() {
    let scene = Scene::new(&[]);
    let root = scene.root();
    git(&root, &["mv", FILE, "agents/planner.threat-model.yaml"]);
    passes(&root, &COMMIT);
    git(&root, &["mv", "agents/planner.threat-model.yaml", "agents/notes.yaml"]);
    write(&root, "agents/notes.yaml", wrong());
    git(&root, &["add", "--all"]);
    blocks(&root, &COMMIT, "agents/notes.yaml");
}

#[test]
fn git_folder_is_found_by_variables_worktrees_and_submodules() {
    let scene = Scene::new(&[]);
    let root = scene.root();
    let folder = root.join(".git");
    let (folder, tree) =
        (format!("--git-dir={}", folder.display()), format!("--work-tree={}", root.display()));
    write(&root, FILE, wrong());
    git(&root, &["add", "--all"]);
    blocks(&root.join("agents"), &[&[&*folder, &tree], &COMMIT[..]].concat(), "score-mismatch");
    git(&root, &["reset", "--quiet", "--hard"]);

    let linked = scene.0.path().join("linked");
    git(&root, &["worktree", "add", "--quiet", linked.to_str().unwrap(), "-b", "linked"]);
    write(&linked, FILE, wrong());
    blocks(&linked, &["commit", "--all", "--message", "a"], "score-mismatch");
    write(&linked, FILE, good("a"));
    passes(&linked, &["commit", "--all", "--message", "a"]);

    let above = scene.0.path().join("above");
    fs::create_dir(&above).unwrap();
    git(&above, &["init", "--quiet", "--initial-branch=main"]);
    git(&above, &["submodule", "--quiet", "add", root.to_str().unwrap(), "agents"]);
    write(&above, "threat-model.yaml", MODEL);
    hook(&above.join(".git"));
    passes(&above, &["commit", "--all", "--message", "a"]);
    let module = above.join("agents");
    hook(&above.join(".git/modules/agents"));
    write(&module, FILE, wrong());
    blocks(&module, &["commit", "--all", "--message", "a"], "score-mismatch");
    write(&module, FILE, good("b"));
    passes(&module, &["commit", "--all", "--message", "a"]);
    passes(&above, &["commit", "--all", "--message", "a moved submodule"]);
}

#[test]
fn policy_and_rules_are_those_that_are_staged() {
    let scene = Scene::new(&[]);
    let root = scene.root();
    write(&root, FILE, wrong());
    git(&root, &["add", "--all"]);
    write(&root, "aivss-policy.yaml", "aivss_policy: 1\nextends: [permissive]\n");
    blocks(&root, &COMMIT, "score-mismatch");
    git(&root, &["reset", "--quiet", "--hard"]);

    write(
        &root,
        "aivss-policy.yaml",
        "aivss_policy: 1\nextends: [recommended]\nrego: [rego/]\ndata: [rego/d.json]\n",
    );
    write(&root, "rego/a.rego", "package main\nimport rego.v1\ndeny contains data.text\n");
    write(&root, "rego/d.json", "{\"text\": \"as staged\"}\n");
    git(&root, &["add", "--all"]);
    write(&root, "rego/d.json", "{\"text\": \"as in the working tree\"}\n");
    blocks(&root, &COMMIT, "as staged");
    // The whole policy applies to all files, whatever the commit changes.
    write(&root, "aivss-policy.yaml", "aivss_policy: 1\nextends: [recommended]\nlimits: { score: 1.0 }\n");
    git(&root, &["rm", "--quiet", "--force", "--cached", "-r", "rego"]);
    git(&root, &["add", "aivss-policy.yaml"]);
    blocks(&root, &COMMIT, "score-exceeded");
    let exception = "exceptions:\n- { rule: score-exceeded, path: 'agents/**', reason: Soon replaced., owner: me, expires: 2099-01-01 }\n";
    write(
        &root,
        "aivss-policy.yaml",
        format!(
            "aivss_policy: 1\nextends: [strict]\nrules: {{ exception-unused: error, mitigation-without-evidence: off, approval-missing: off, review-overdue: off, rationale-missing: off }}\nlimits: {{ score: 1.0 }}\n{exception}"
        ),
    );
    git(&root, &["add", "aivss-policy.yaml"]);
    let printed = format!("{:?}", attempt(&root, &COMMIT));
    assert!(!printed.contains("exception-unused"), "{printed}");
}

#[test]
fn index_of_any_form_is_read() {
    for options in [&["--object-format=sha256"][..], &[]] {
        let scene = Scene::new(options);
        let root = scene.root();
        git(&root, &["update-index", "--split-index"]);
        write(&root, FILE, wrong());
        blocks(&root, &["commit", "--all", "--message", "a"], "score-mismatch");
        git(&root, &["update-index", "--index-version", "4"]);
        write(&root, FILE, good("a"));
        passes(&root, &["commit", "--all", "--message", "a"]);
    }
    // A lock of another program does not block the run.
    let scene = Scene::new(&[]);
    write(&scene.root(), ".git/index.lock", "");
    let run = program().current_dir(scene.root()).arg("--staged").output().unwrap();
    assert_eq!(run.status.code(), Some(0), "{run:?}");
}

#[test]
fn ambiguous_index_is_exit_status_2() {
    let scene = Scene::new(&[]);
    let root = scene.root();
    let run = |arguments: &[&str], index: Option<&Path>| {
        let mut run = program();
        run.current_dir(&root).args(arguments).envs(index.map(|index| ("GIT_INDEX_FILE", index)));
        let output = run.output().unwrap();
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let outside = scene.0.path().join("index");
    fs::copy(root.join(".git/index"), &outside).unwrap();
    for (arguments, index, problem) in [
        (&["--staged"][..], Some(&*outside), "GIT_INDEX_FILE is not in the git folder"),
        (&["--staged", "-"], None, "standard input cannot be staged"),
        (&["--staged", "nowhere.yaml"], None, "nowhere.yaml: not in the index"),
    ] {
        let (code, printed) = run(arguments, index);
        assert_eq!(code, Some(2), "{arguments:?}: {printed}");
        assert!(printed.contains(problem), "{printed}");
    }
    write(&root, ".git/index", "no index");
    assert_eq!(run(&["--staged"], None).0, Some(2));
    let folder = TempDir::new().unwrap();
    let output = program().current_dir(folder.path()).arg("--staged").output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{output:?}");

    let scene = Scene::new(&[]);
    let root = scene.root();
    git(&root, &["switch", "--quiet", "--create", "other"]);
    write(&root, FILE, good("a"));
    git(&root, &["commit", "--quiet", "--all", "--no-verify", "--message", "a"]);
    git(&root, &["switch", "--quiet", "main"]);
    write(&root, FILE, good("b"));
    git(&root, &["commit", "--quiet", "--all", "--no-verify", "--message", "b"]);
    assert!(!attempt(&root, &["merge", "other"]).status.success());
    let output = program().current_dir(&root).arg("--staged").output().unwrap();
    assert_eq!(output.status.code(), Some(2), "conflicts: {output:?}");
}

#[test]
fn staged_change_is_compared_with_a_base() {
    let scene = Scene::new(&[]);
    let root = scene.root();
    write(&root, FILE, wrong());
    git(&root, &["commit", "--quiet", "--all", "--no-verify", "--message", "a"]);
    let gate = ["--staged", "--base", "HEAD", "--new-only"];
    let run = || program().current_dir(&root).args(gate).output().unwrap();
    assert_eq!(run().status.code(), Some(0), "{:?}", run());
    write(&root, "agents/new.threat-model.yaml", wrong().replace("Planner", "Another"));
    assert_eq!(run().status.code(), Some(0), "not staged: {:?}", run());
    git(&root, &["add", "--all"]);
    assert_eq!(run().status.code(), Some(1), "{:?}", run());
    git(&root, &["reset", "--quiet", "--hard"]);
    git(&root, &["rm", "--quiet", FILE]);
    let output = String::from_utf8(run().stdout).unwrap();
    assert!(output.contains("model-removed"), "{output}");
}

#[test]
fn staged_files_with_names_that_look_alike_are_all_checked() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let scene = Scene::new(&[]);
    let root = scene.root();
    for (folder, text) in [(&b"n\xFE"[..], wrong()), (b"n\xFF", good("sound"))] {
        let folder = root.join(OsStr::from_bytes(folder));
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join("threat-model.yaml"), text).unwrap();
    }
    git(&root, &["add", "--all"]);
    let ran = program().current_dir(&root).args(["--staged", "--format", "concise"]).output().unwrap();
    let printed = String::from_utf8_lossy(&ran.stderr);
    assert_eq!(ran.status.code(), Some(2), "{printed}");
    assert!(printed.contains("several files of `what is staged` have the name"), "{printed}");
}

#[test]
fn missing_index_is_not_an_empty_one() {
    let scene = Scene::new(&[]);
    let root = scene.root();
    let mut run = program();
    let ran = run.current_dir(&root).env("GIT_INDEX_FILE", ".git/none").arg("--staged").output().unwrap();
    assert_eq!(ran.status.code(), Some(2), "{}", String::from_utf8_lossy(&ran.stderr));
}
