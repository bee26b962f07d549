//! The programs that a call of git runs, and the commit that a revision names. The author of a change
//! controls every file of the checkout, and may push branches and tags.
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::git::{commit, git, write};
use crate::program::program;
use tempfile::TempDir;

const MODEL: &str = include_str!("../../src/rules/stock.yaml");
const PERMISSIVE: &str = "aivss_policy: 1\nextends: [permissive]\n";
const GATE: [&str; 4] = ["--base", "main", "--policy-from", "main"];

fn wrong() -> String {
    MODEL.replace("score: 9.4", "score: 9.1")
}

/// A repository in a folder of its own: `main` holds a correct model, and the branch `change`, which is checked out,
/// another one that is wrong, under a policy that lets it pass.
struct Scene(TempDir);

impl Scene {
    fn new() -> Self {
        let scene = Self(TempDir::new().unwrap());
        let root = scene.root();
        fs::create_dir(&root).unwrap();
        git(&root, &["init", "--quiet", "--initial-branch=main", "."]);
        write(&root, "agents/threat-model.yaml", MODEL);
        commit(&root, "base");
        git(&root, &["switch", "--quiet", "--create", "change"]);
        write(&root, "agents/new.threat-model.yaml", wrong());
        write(&root, "aivss-policy.yaml", PERMISSIVE);
        commit(&root, "change");
        scene
    }

    fn root(&self) -> PathBuf {
        self.path("repository")
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// A clone of the repository, made with these options.
    fn clone(&self, name: &str, options: &[&str]) -> PathBuf {
        let (origin, target) = (format!("file://{}", self.root().display()), self.path(name));
        let arguments = [&["clone", "--quiet"], options, &[&origin, target.to_str().unwrap()]].concat();
        git(self.0.path(), &arguments);
        target
    }

    /// A configuration that leaves a mark wherever git runs one of its programs, and a script that does so.
    fn trap(&self) -> (String, String) {
        let mark = format!("touch {}", self.path("mark").display());
        let config = format!(
            "[core]\n\trepositoryformatversion = 0\n\tbare = true\n\tfsmonitor = {mark}\n\thooksPath = .\n\tpager = {mark}\n\
             [diff]\n\texternal = {mark}\n[alias]\n\trev-parse = !{mark}\n[pager]\n\trev-parse = {mark}\n"
        );
        (config, format!("#!/bin/sh\n{mark}\n"))
    }

    fn is_marked(&self) -> bool {
        self.path("mark").exists()
    }
}

fn run(folder: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    program().args(arguments).current_dir(folder).envs(variables.iter().copied()).output().unwrap()
}

fn code(folder: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> i32 {
    run(folder, arguments, variables).status.code().expect("no signal")
}

fn write_program(folder: &Path, name: &str, text: &str) {
    write(folder, name, text);
    fs::set_permissions(folder.join(name), fs::Permissions::from_mode(0o755)).unwrap();
}

// What runs.

#[test]
fn folder_like_a_bare_repository_is_not_a_repository() {
    let scene = Scene::new();
    let (config, script) = scene.trap();
    for folder in [scene.path("download"), scene.root().join("agents")] {
        for (name, text) in [
            ("config", &*config),
            ("HEAD", "ref: refs/heads/main\n"),
            ("objects/keep", ""),
            ("refs/heads/keep", ""),
        ] {
            write(&folder, name, text);
        }
        write_program(&folder, "post-index-change", &script);
        write(&folder, "threat-model.yaml", MODEL);
    }
    assert_eq!(code(&scene.path("download"), &GATE, &[]), 2);
    assert_eq!(code(&scene.path("download"), &[], &[]), 0);
    assert_eq!(code(&scene.root().join("agents"), &GATE, &[]), 1);
    assert!(!scene.is_marked());
}

#[test]
fn filter_that_attributes_of_the_change_select_is_not_run() {
    let scene = Scene::new();
    let (root, (_, script)) = (scene.root(), scene.trap());
    write_program(scene.0.path(), "filter", &script);
    let filter = scene.path("filter").display().to_string();
    for key in ["filter.x.clean", "filter.x.smudge", "filter.x.process", "diff.x.textconv", "diff.x.command"]
    {
        git(&root, &["config", key, &filter]);
    }
    git(&root, &["mv", "agents/threat-model.yaml", "agents/moved.threat-model.yaml"]);
    write(&root, ".gitattributes", "* filter=x diff=x\n");
    write(&root, "agents/moved.threat-model.yaml", format!("{MODEL}# More.\n"));
    // A configured filter may have rewritten the file, so it cannot be checked.
    assert_eq!(code(&root, &GATE, &[]), 2);
    assert!(!scene.is_marked());
    // The empty tree has another id here, so that the attributes of the change apply.
    let root = scene.path("sha256");
    fs::create_dir(&root).unwrap();
    git(&root, &["init", "--quiet", "--initial-branch=main", "--object-format=sha256", "."]);
    write(&root, "threat-model.yaml", MODEL);
    commit(&root, "base");
    git(&root, &["config", "filter.x.clean", &filter]);
    git(&root, &["mv", "threat-model.yaml", "moved.threat-model.yaml"]);
    write(&root, ".gitattributes", "* filter=x\n");
    write(&root, "moved.threat-model.yaml", wrong());
    let output = run(&root, &GATE, &[]);
    let printed = String::from_utf8(output.stdout).unwrap();
    assert!(
        output.status.code() == Some(1) && printed.contains("renamed from threat-model.yaml"),
        "{printed}"
    );
    assert!(!scene.is_marked());
}

#[test]
fn git_in_the_current_folder_is_not_run() {
    let scene = Scene::new();
    let (root, (_, script)) = (scene.root(), scene.trap());
    write_program(&root, "git", &script);
    write_program(&root.join("agents"), "git", &script);
    let path = std::env::var("PATH").unwrap();
    for path in
        [format!(".:{path}"), format!(":{path}"), format!("agents:{path}"), format!("./agents/..:{path}:")]
    {
        assert_eq!(code(&root, &GATE, &[("PATH", &path)]), 1);
    }
    for path in [".", "", "agents"] {
        let output = run(&root, &GATE, &[("PATH", path)]);
        let printed = String::from_utf8(output.stderr).unwrap();
        assert_eq!(
            (output.status.code(), printed.contains("git cannot be run")),
            (Some(2), true),
            "{printed}"
        );
    }
    assert!(!scene.is_marked());
}

// The environment.

#[test]
fn variables_of_git_are_ignored() {
    let scene = Scene::new();
    let (root, (config, script)) = (scene.root(), scene.trap());
    write_program(scene.0.path(), "program", &script);
    write(scene.0.path(), "config", config);
    // Here the change is the base, and nothing is wrong with it.
    git(scene.0.path(), &["clone", "--quiet", "repository", "other"]);
    git(&scene.path("other"), &["branch", "main", "origin/change"]);
    let text = |name: &str| scene.path(name).display().to_string();
    let (tool, trace, other) = (text("program"), text("trace"), text("other"));
    let (other_git, other_objects) = (text("other/.git"), text("other/.git/objects"));
    let (other_index, config) = (text("other/.git/index"), text("config"));
    let sets: [&[(&str, &str)]; 12] = [
        &[("GIT_DIR", &other_git)],
        &[("GIT_DIR", &other_git), ("GIT_WORK_TREE", root.to_str().unwrap())],
        &[("GIT_WORK_TREE", &other), ("GIT_COMMON_DIR", &other_git)],
        &[("GIT_OBJECT_DIRECTORY", &other_objects), ("GIT_INDEX_FILE", &other_index)],
        &[("GIT_CONFIG_GLOBAL", &config), ("GIT_CONFIG_SYSTEM", &config), ("GIT_CONFIG", &config)],
        &[("GIT_CONFIG_COUNT", "1"), ("GIT_CONFIG_KEY_0", "core.worktree"), ("GIT_CONFIG_VALUE_0", &other)],
        &[("GIT_CONFIG_PARAMETERS", "'core.bare'='true'")],
        &[
            ("GIT_EXTERNAL_DIFF", &tool),
            ("GIT_PAGER", &tool),
            ("GIT_SSH_COMMAND", &tool),
            ("GIT_ASKPASS", &tool),
        ],
        &[("GIT_TRACE", &trace), ("GIT_TRACE2_EVENT", &trace), ("GIT_TRACE_SETUP", &trace)],
        &[("GIT_EXEC_PATH", "/nowhere"), ("GIT_NAMESPACE", "x"), ("GIT_CEILING_DIRECTORIES", &other)],
        &[
            ("GIT_REPLACE_REF_BASE", "refs/heads/"),
            ("GIT_SHALLOW_FILE", &config),
            ("GIT_GRAFT_FILE", &config),
        ],
        &[("GIT_LITERAL_PATHSPECS", "x"), ("GIT_ATTR_SOURCE", "x"), ("GIT_DEFAULT_HASH", "x")],
    ];
    let expected = run(&root, &GATE, &[]);
    assert_eq!(expected.status.code(), Some(1));
    for set in sets {
        let output = run(&root, &GATE, set);
        assert_eq!(String::from_utf8(output.stdout), String::from_utf8(expected.stdout.clone()), "{set:?}");
        assert_eq!(output.status.code(), Some(1), "{set:?}");
    }
    assert!(!scene.is_marked() && !scene.path("trace").exists());
}

#[test]
fn hook_has_the_index_of_its_commit() {
    let scene = Scene::new();
    let root = scene.root();
    git(&root, &["switch", "--quiet", "main"]);
    write(&root, ".gitignore", "hidden.threat-model.yaml\n");
    write(&root, "hidden.threat-model.yaml", wrong());
    assert_eq!(code(&root, &[], &[]), 0);
    // What is tracked is not ignored.
    fs::copy(root.join(".git/index"), root.join(".git/next-index")).unwrap();
    let added = Command::new("git")
        .args(["add", "--force", "hidden.threat-model.yaml"])
        .env("GIT_INDEX_FILE", ".git/next-index")
        .current_dir(&root)
        .status();
    assert!(added.unwrap().success());
    fs::copy(root.join(".git/next-index"), scene.path("index")).unwrap();
    symlink(scene.path("index"), root.join(".git/linked-index")).unwrap();
    let whole = root.join(".git/next-index").display().to_string();
    let outside = scene.path("index").display().to_string();
    for (index, expected) in [
        (".git/next-index", 1),
        (whole.as_str(), 1),
        (outside.as_str(), 0),
        ("../index", 0),
        (".git/linked-index", 0),
        (".git/none", 0),
        ("", 0),
    ] {
        assert_eq!(code(&root, &[], &[("GIT_INDEX_FILE", index)]), expected, "{index}");
        assert_eq!(code(&root.join("agents"), &[".."], &[("GIT_INDEX_FILE", index)]), expected, "{index}");
    }
}

#[test]
fn hook_of_git_works_in_every_form_of_commit() {
    let scene = Scene::new();
    let root = scene.root();
    let hook = format!(
        "#!/bin/sh\ncd agents && exec '{}' --base main --policy recommended ..\n",
        env!("CARGO_BIN_EXE_aivss-lint")
    );
    write_program(&root, ".git/hooks/pre-commit", &hook);
    git(&root, &["worktree", "add", "--quiet", "-b", "second", "../second", "main"]);
    for folder in [root, scene.path("second")] {
        for options in [&["--all"][..], &["--", "agents/threat-model.yaml"], &["--include", "agents"]] {
            for (text, passes) in [(wrong(), false), (format!("{MODEL}# {options:?}\n"), true)] {
                git(
                    &folder,
                    &["rm", "--quiet", "--force", "--ignore-unmatch", "agents/new.threat-model.yaml"],
                );
                write(&folder, "agents/threat-model.yaml", text);
                let mut command = Command::new("git");
                command.args(["-c", "user.name=x", "-c", "user.email=x@y", "commit", "--message", "x"]);
                let output = command.args(options).current_dir(&folder).output().unwrap();
                let printed =
                    String::from_utf8_lossy(&output.stderr) + String::from_utf8_lossy(&output.stdout);
                assert_eq!(output.status.success(), passes, "{} {options:?}: {printed}", folder.display());
            }
        }
    }
}

// Names of revisions.

/// A pushed tag chooses neither the base nor the policy.
#[test]
fn tag_named_like_the_branch_is_refused_in_every_form_of_clone() {
    let scene = Scene::new();
    let root = scene.root();
    for tag in
        ["main", "origin/main", "heads/main", "remotes/origin/main", "refs/heads/main", "HEAD", "FETCH_HEAD"]
    {
        git(&root, &["tag", tag, "change"]);
    }
    let clones: [(&str, &[&str]); 6] = [
        ("whole", &["--branch", "change"]),
        ("one-branch", &["--branch", "change", "--single-branch"]),
        ("shallow", &["--branch", "change", "--depth", "1"]),
        ("shallow-all", &["--branch", "change", "--depth", "5", "--no-single-branch"]),
        ("named", &["--branch", "change", "--origin", "team/upstream"]),
        ("partial", &["--branch", "change", "--filter=tree:0"]),
    ];
    let mut folders: Vec<PathBuf> = clones.iter().map(|(name, options)| scene.clone(name, options)).collect();
    let mirror = scene.clone("mirror", &["--mirror"]);
    let worktree = scene.path("of-mirror");
    git(&mirror, &["worktree", "add", "--quiet", "--detach", worktree.to_str().unwrap(), "change"]);
    folders.push(worktree);
    for folder in folders {
        // A clone of no tags, or of one, fetches them for another reason.
        git(&folder, &["fetch", "--quiet", "--tags", "--force"]);
        for name in [
            "main",
            "origin/main",
            "heads/main",
            "remotes/origin/main",
            "refs/heads/main",
            "main~0",
            "main^{commit}",
        ] {
            let output = run(&folder, &["--base", name, "--policy-from", name], &[]);
            let printed = String::from_utf8_lossy(&output.stderr) + String::from_utf8_lossy(&output.stdout);
            assert_ne!(output.status.code(), Some(0), "{} {name}: {printed}", folder.display());
        }
    }
    assert_eq!(code(&root, &["--base", "refs/heads/main", "--policy-from", "refs/heads/main"], &[]), 1);
    assert_eq!(code(&root, &["--base", "main", "--policy-from", "refs/heads/main"], &[]), 2);
    let whole = scene.path("whole");
    let full = ["--base", "refs/remotes/origin/main", "--policy-from", "refs/remotes/origin/main"];
    assert_eq!(code(&whole, &full, &[]), 1);
}

#[test]
fn unambiguous_name_is_accepted() {
    let scene = Scene::new();
    let root = scene.root();
    git(&root, &["tag", "--annotate", "--message", "x", "v1.0", "main"]);
    git(&root, &["branch", "feature/main", "change"]);
    let id = git(&root, &["rev-parse", "main"]);
    let clone = scene.clone("clone", &["--branch", "change"]);
    git(&clone, &["fetch", "--quiet", "origin", "refs/heads/main"]);
    git(&clone, &["branch", "--quiet", "--track", "local", "origin/main"]);
    for name in [
        "origin/main",
        "refs/remotes/origin/main",
        "remotes/origin/main",
        "refs/tags/v1.0",
        "refs/tags/v1.0^{}",
        "FETCH_HEAD",
        "HEAD~1",
        "@~1",
        "origin/change~1",
        "local@{upstream}",
        &id,
        &id[..8],
    ] {
        let output = run(&clone, &["--base", name, "--policy-from", name], &[]);
        let printed = String::from_utf8_lossy(&output.stderr) + String::from_utf8_lossy(&output.stdout);
        assert_eq!(output.status.code(), Some(1), "{name}: {printed}");
    }
    for (name, message) in [
        ("v1.0", "`v1.0` is a tag, and a tag can be named like a branch: write refs/tags/v1.0"),
        ("main", "there is no commit `main` here"),
        ("refs/heads/main", "there is no `refs/heads/main` here"),
        (":/base", "does not begin with a branch, a tag or a commit id"),
        ("^change", "does not begin with a branch, a tag or a commit id"),
        ("", "there is no commit `` here"),
        ("change..local", "there is no commit `change..local` here"),
    ] {
        let output = run(&clone, &["--base", name], &[]);
        let printed = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), printed.contains(message)), (Some(2), true), "{name}: {printed}");
    }
    // `diff` accepts tags.
    assert_eq!(code(&clone, &["diff", "v1.0", "origin/change"], &[]), 0);
    git(&clone, &["tag", "local", "origin/change"]);
    assert_eq!(code(&clone, &["diff", "local"], &[]), 2);
}

#[test]
fn branch_named_like_a_short_commit_id_is_refused() {
    let scene = Scene::new();
    let root = scene.root();
    let id = git(&root, &["rev-parse", "main"]);
    git(&root, &["branch", &id[..7], "change"]);
    git(&root, &["branch", &id, "change"]);
    git(&root, &["branch", "feed", "main"]);
    let output = run(&root, &["--base", &id[..7]], &[]);
    let printed = String::from_utf8(output.stderr).unwrap();
    assert_eq!(
        (output.status.code(), printed.contains("both a short commit id and a branch")),
        (Some(2), true),
        "{printed}"
    );
    for name in [&id, &id[..8], "feed"] {
        assert_eq!(code(&root, &["--base", name, "--policy-from", name], &[]), 1, "{name}");
    }
}
