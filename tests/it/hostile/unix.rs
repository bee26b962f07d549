//! Irregular files, links, and names that are not text, on systems that have them.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::rows::{MODEL, POLICY_FILE, YAML_FILE, wrong};
use super::{first, repository, run, steers};
use crate::git::{git, write};

/// The content of files outside of the run; no report contains it.
pub(crate) const SECRET: &str = "secret: [\n";

/// A hostile folder.
pub(crate) struct Scene {
    /// The hostile property.
    pub(crate) name: &'static str,
    /// Creates it, next to a threat model that passes.
    pub(crate) make: fn(&Path),
    /// The arguments; none for the whole folder.
    pub(crate) arguments: &'static [&'static str],
    /// The expected exit status.
    pub(crate) code: i32,
    /// A part of the report.
    pub(crate) part: &'static str,
}

const FOUND: &[&str] = &[];
const NAMED: &[&str] = &[YAML_FILE];
/// The model that passes, next to a wrong policy.
const PASSING: &[&str] = &["b.threat-model.yaml"];

fn scene(
    name: &'static str,
    make: fn(&Path),
    arguments: &'static [&'static str],
    code: i32,
    part: &'static str,
) -> Scene {
    Scene { name, make, arguments, code, part }
}

fn link(to: impl AsRef<Path>, folder: &Path, name: &str) {
    symlink(to, folder.join(name)).unwrap();
}

fn pipe(folder: &Path, name: &str) {
    assert!(Command::new("mkfifo").arg(folder.join(name)).status().unwrap().success());
}

/// A file outside of the repository.
fn outside(folder: &Path, name: &str) -> PathBuf {
    let place = folder.with_extension("outside");
    write(&place, name, SECRET);
    place.join(name)
}

fn policy(folder: &Path, text: &str) {
    write(folder, POLICY_FILE, format!("aivss_policy: 1\n{text}\n"));
}

/// A sparse file of 200 MiB.
fn hole(folder: &Path, name: &str) {
    write(folder, name, MODEL);
    let file = fs::OpenOptions::new().write(true).open(folder.join(name)).unwrap();
    file.set_len(200 * 1024 * 1024).unwrap();
}

/// Names that lead to something else than a file of the repository.
pub(crate) fn links() -> Vec<Scene> {
    const NO_FILE: &str = "not a regular file";
    const LEADS_OUT: &str = "a link that leads out of the repository";
    vec![
        scene("a link to itself", |folder| link(YAML_FILE, folder, YAML_FILE), FOUND, 2, "symbolic links"),
        scene(
            "a link to itself, by name",
            |folder| link(YAML_FILE, folder, YAML_FILE),
            NAMED,
            2,
            "symbolic links",
        ),
        scene(
            "two links to each other",
            |folder| {
                link("c.threat-model.yaml", folder, YAML_FILE);
                link(YAML_FILE, folder, "c.threat-model.yaml");
            },
            FOUND,
            2,
            "symbolic links",
        ),
        scene(
            "a link to nothing",
            |folder| link("nowhere.yaml", folder, YAML_FILE),
            FOUND,
            2,
            "no such file",
        ),
        scene(
            "a link to nothing, by name",
            |folder| link("nowhere.yaml", folder, YAML_FILE),
            NAMED,
            2,
            "no such file",
        ),
        scene("a link to zeros", |folder| link("/dev/zero", folder, YAML_FILE), FOUND, 2, LEADS_OUT),
        scene("a link to zeros, by name", |folder| link("/dev/zero", folder, YAML_FILE), NAMED, 2, LEADS_OUT),
        scene("a link to nothing at all", |folder| link("/dev/null", folder, YAML_FILE), FOUND, 2, LEADS_OUT),
        scene(
            "a link to nothing at all, by name",
            |folder| link("/dev/null", folder, YAML_FILE),
            NAMED,
            2,
            LEADS_OUT,
        ),
        scene(
            "a link to standard input",
            |folder| link("/dev/stdin", folder, YAML_FILE),
            FOUND,
            2,
            LEADS_OUT,
        ),
        scene("zeros, by name", |_| (), &["/dev/zero"], 2, NO_FILE),
        scene(
            "a link out of the repository",
            |folder| link(outside(folder, "a.yaml"), folder, YAML_FILE),
            FOUND,
            2,
            LEADS_OUT,
        ),
        scene(
            "a link out of the repository, by name",
            |folder| link(outside(folder, "a.yaml"), folder, YAML_FILE),
            NAMED,
            2,
            LEADS_OUT,
        ),
        scene(
            "a link that goes out by steps",
            |folder| {
                link(outside(folder, "a.yaml"), folder, "step");
                link("step", folder, YAML_FILE);
            },
            FOUND,
            2,
            LEADS_OUT,
        ),
        scene(
            "a link to a folder outside",
            |folder| {
                outside(folder, "threat-model.yaml");
                link(folder.with_extension("outside"), folder, "agents");
            },
            FOUND,
            0,
            "",
        ),
        scene(
            "a link to a folder outside, by name",
            |folder| {
                outside(folder, "threat-model.yaml");
                link(folder.with_extension("outside"), folder, "agents");
            },
            &["agents"],
            2,
            LEADS_OUT,
        ),
        scene(
            "a file in a link to a folder outside, by name",
            |folder| {
                outside(folder, "threat-model.yaml");
                link(folder.with_extension("outside"), folder, "agents");
            },
            &["agents/threat-model.yaml"],
            2,
            LEADS_OUT,
        ),
        scene(
            "a way back through a link",
            |folder| {
                outside(folder, "threat-model.yaml");
                fs::create_dir_all(folder.join("a/b")).unwrap();
                fs::create_dir(folder.join("top")).unwrap();
                link("../../top", folder, "a/b/link");
            },
            &["a/b/link/../../hostile/threat-model.yaml"],
            2,
            LEADS_OUT,
        ),
        scene(
            "a link to a folder, like a threat model",
            |folder| {
                fs::create_dir(folder.join("agents")).unwrap();
                link("agents", folder, YAML_FILE);
            },
            FOUND,
            0,
            "",
        ),
        scene(
            "a link to git's own files",
            |folder| {
                write(folder, ".git/secret", SECRET);
                link(".git/secret", folder, YAML_FILE);
            },
            FOUND,
            2,
            LEADS_OUT,
        ),
        scene(
            "a link within the repository, to a wrong model",
            |folder| {
                write(folder, "elsewhere.txt", wrong());
                link("elsewhere.txt", folder, YAML_FILE);
            },
            FOUND,
            1,
            "22:10",
        ),
        scene("a circle of folders", |folder| link(".", folder, "circle"), FOUND, 0, ""),
    ]
}

/// Irregular files, and files that cannot be read.
pub(crate) fn no_files() -> Vec<Scene> {
    const NO_FILE: &str = "not a regular file";
    vec![
        scene(
            "a pipe in the place of a tracked file",
            |folder| {
                write(folder, YAML_FILE, MODEL);
                git(folder, &["add", YAML_FILE]);
                fs::remove_file(folder.join(YAML_FILE)).unwrap();
                pipe(folder, YAML_FILE);
            },
            FOUND,
            2,
            NO_FILE,
        ),
        scene("a pipe, by name", |folder| pipe(folder, YAML_FILE), NAMED, 2, NO_FILE),
        scene(
            "a socket",
            |folder| drop(UnixListener::bind(folder.join(YAML_FILE)).unwrap()),
            NAMED,
            2,
            NO_FILE,
        ),
        scene(
            "a folder with the name of a model",
            |folder| fs::create_dir(folder.join(YAML_FILE)).unwrap(),
            NAMED,
            2,
            "no threat model here",
        ),
        scene(
            "a folder with the name of a model, and a wrong one in it",
            |folder| {
                write(folder, "threat-model.yaml/threat-model.yaml", wrong());
            },
            FOUND,
            1,
            "22:10",
        ),
        scene(
            "a file with a hole of 200 MiB",
            |folder| hole(folder, YAML_FILE),
            NAMED,
            1,
            "file-too-complex",
        ),
        scene(
            "a name like an option",
            |folder| write(folder, "--quiet.threat-model.yaml", wrong()),
            FOUND,
            1,
            "22:10",
        ),
        scene(
            "a file two hundred folders down",
            |folder| {
                write(folder, &format!("{}threat-model.yaml", "a/".repeat(200)), wrong());
            },
            FOUND,
            1,
            "22:10",
        ),
        scene(
            "a `.git` file that leads nowhere",
            |folder| {
                fs::remove_dir_all(folder.join(".git")).unwrap();
                write(folder, ".git", "gitdir: nowhere\n");
            },
            FOUND,
            2,
            "git cannot list the files here: not a git repository",
        ),
        scene(
            "an empty folder in the place of git's",
            |folder| {
                fs::remove_dir_all(folder.join(".git")).unwrap();
                fs::create_dir(folder.join(".git")).unwrap();
            },
            FOUND,
            2,
            "git cannot list the files here: not a git repository",
        ),
        scene(
            "a .gitignore that is a link",
            |folder| {
                write(folder, "names", "*.yaml\n");
                link("names", folder, ".gitignore");
                write(folder, YAML_FILE, wrong());
            },
            FOUND,
            1,
            "22:10",
        ),
        scene(
            "a .gitignore of zeros, below",
            |folder| {
                write(folder, "agents/threat-model.yaml", wrong());
                link("/dev/zero", folder, "agents/.gitignore");
            },
            FOUND,
            1,
            "22:10",
        ),
        scene(
            "a .gitignore of 200 MiB",
            |folder| hole(folder, ".gitignore"),
            FOUND,
            2,
            ".gitignore: cannot check",
        ),
        scene(
            "a .gitignore of patterns built to blow up",
            |folder| {
                write(folder, ".gitignore", "*a".repeat(20_000) + "\n" + &"{a,b}*".repeat(20_000) + "\n");
                write(folder, YAML_FILE, wrong());
            },
            FOUND,
            2,
            ".gitignore: cannot check: line 1: a pattern that is too complex",
        ),
        scene(
            "a .gitignore of folders built to blow up",
            |folder| {
                let path = "agents/".repeat(100);
                write(folder, &(path + "threat-model.yaml"), wrong());
                let ignored = folder.join("agents/agents/.gitignore");
                write(folder, "agents/agents/.gitignore", "target/\n");
                git(folder, &["add", "--all"]);
                fs::write(ignored, "target/\n".to_owned() + &"**/".repeat(25) + "b\n").unwrap();
            },
            FOUND,
            2,
            "agents/agents/.gitignore: cannot check: line 2: a pattern that is too complex",
        ),
        scene(
            "a model in UTF-16 under another name",
            |folder| {
                let bytes: Vec<u8> = MODEL.encode_utf16().flat_map(u16::to_le_bytes).collect();
                write(folder, "notes.yaml", [&b"\xFF\xFE"[..], &bytes].concat());
            },
            FOUND,
            1,
            "notes.yaml:1:1: error[encoding]",
        ),
        scene(
            "a model of 200 MiB under another name",
            |folder| hole(folder, "notes.json"),
            FOUND,
            1,
            "notes.json:1:1: error[file-too-complex]",
        ),
        scene(
            "a file of 200 MiB without a model",
            |folder| {
                write(folder, "notes.json", "[]");
                let file = fs::OpenOptions::new().write(true).open(folder.join("notes.json")).unwrap();
                file.set_len(200 * 1024 * 1024).unwrap();
            },
            FOUND,
            0,
            "",
        ),
        scene(
            "prose that mentions the marker, in a file that is not YAML",
            |folder| write(folder, "notes.yaml", "# see aivss_threat_model: it is a key\n{{ a: [\n"),
            FOUND,
            0,
            "",
        ),
    ]
}

/// Policies that are unreachable or lead elsewhere, next to a model that passes.
pub(crate) fn policies() -> Vec<Scene> {
    const NO_FILE: &str = "not a regular file";
    vec![
        scene(
            "a policy that is a link to nothing",
            |folder| link("nowhere.yaml", folder, POLICY_FILE),
            PASSING,
            2,
            "no such file",
        ),
        scene(
            "a policy that is a link to itself",
            |folder| link(POLICY_FILE, folder, POLICY_FILE),
            PASSING,
            2,
            "symbolic links",
        ),
        scene(
            "a policy that is a link to zeros",
            |folder| link("/dev/zero", folder, POLICY_FILE),
            PASSING,
            2,
            "leads out",
        ),
        scene("a policy that is a folder", |folder| link(".", folder, POLICY_FILE), PASSING, 2, NO_FILE),
        scene("a policy that is a pipe", |folder| pipe(folder, POLICY_FILE), PASSING, 2, NO_FILE),
        scene(
            "a policy that is a link out of the repository",
            |folder| {
                link(outside(folder, "a.yaml"), folder, POLICY_FILE);
            },
            PASSING,
            2,
            "leads out of the repository",
        ),
        scene(
            "a policy with a hole of 200 MiB",
            |folder| hole(folder, POLICY_FILE),
            PASSING,
            2,
            "file-too-complex",
        ),
        scene(
            "a parent that is a pipe",
            |folder| {
                pipe(folder, "p.yaml");
                policy(folder, "extends: [./p.yaml]");
            },
            PASSING,
            2,
            NO_FILE,
        ),
        scene(
            "a parent that is a link out of the repository",
            |folder| {
                link(outside(folder, "a.yaml"), folder, "p.yaml");
                policy(folder, "extends: [./p.yaml]");
            },
            PASSING,
            2,
            "is outside of this policy's repository",
        ),
        scene(
            "a parent that is not a policy",
            |folder| policy(folder, "extends: [./b.threat-model.yaml]"),
            PASSING,
            2,
            "is not a policy",
        ),
        scene(
            "a parent outside of the repository",
            |folder| {
                let path = outside(folder, "a.yaml");
                policy(folder, &format!("extends: ['{}']", path.display()));
            },
            PASSING,
            2,
            "is outside of this policy's repository",
        ),
        scene(
            "a parent outside of the repository that does not exist",
            |folder| {
                let path = outside(folder, "a.yaml").with_file_name("none.yaml");
                policy(folder, &format!("extends: ['{}']", path.display()));
            },
            PASSING,
            2,
            "is outside of this policy's repository",
        ),
        scene(
            "rules in Rego that are a pipe",
            |folder| {
                pipe(folder, "a.rego");
                policy(folder, "rego: [a.rego]");
            },
            PASSING,
            2,
            NO_FILE,
        ),
        scene(
            "rules in Rego from outside",
            |folder| {
                let path = outside(folder, "a.rego");
                policy(folder, &format!("rego: ['{}']", path.display()));
            },
            PASSING,
            2,
            "is outside of this policy's repository",
        ),
        scene(
            "rules in Rego by a link from outside",
            |folder| {
                link(outside(folder, "a.rego"), folder, "a.rego");
                policy(folder, "rego: [a.rego]");
            },
            PASSING,
            2,
            "is outside of this policy's repository",
        ),
        scene(
            "rules in Rego in a folder by a link from outside",
            |folder| {
                outside(folder, "a.rego");
                link(folder.with_extension("outside"), folder, "rules");
                policy(folder, "rego: [rules/]");
            },
            PASSING,
            2,
            "is outside of this policy's repository",
        ),
        scene(
            "rules in Rego anywhere on the disk",
            |folder| policy(folder, "rego: [/]"),
            PASSING,
            2,
            "is outside of this policy's repository",
        ),
    ]
}

/// Rules in Rego that are built to exhaust time or memory.
pub(crate) fn rules_in_rego() -> Vec<Scene> {
    vec![
        scene(
            "an invalid regular expression",
            |folder| rule(folder, "regex.match(`(`, `a`)"),
            PASSING,
            2,
            "invalid regex",
        ),
        scene(
            "a regular expression that nests without end",
            |folder| {
                let pattern = format!("{}a{}", "(".repeat(300), ")*".repeat(300));
                rule(folder, &format!("regex.match(`{pattern}`, `a`)"));
            },
            PASSING,
            2,
            "invalid regex",
        ),
        scene(
            "a regular expression that counts without end",
            |folder| rule(folder, "regex.match(`((a{1000}){1000}){1000}`, `a`)"),
            PASSING,
            2,
            "size limit",
        ),
        scene(
            "a regular expression that goes back and forth",
            |folder| rule(folder, &format!("not regex.match(`^(a+)+$`, `{}!`)", "a".repeat(500))),
            PASSING,
            1,
            "rego/deny",
        ),
    ]
}

/// A rule that fails every model for which the condition is true.
fn rule(folder: &Path, condition: &str) {
    write(folder, "a.rego", format!("package main\n\ndeny contains \"a\" if {condition}\n"));
    policy(folder, "rego: [a.rego]");
}

#[test]
fn linked_file_is_read_and_a_circle_of_folders_is_skipped() {
    let folder = repository("circle");
    write(&folder, "elsewhere/model.txt", wrong());
    symlink("elsewhere/model.txt", folder.join(YAML_FILE)).unwrap();
    symlink(".", folder.join("circle")).unwrap();
    let (code, report) = run(&folder, &["--format", "concise"]);
    assert_eq!((code, first(&report, YAML_FILE).as_str()), (1, "22:10 score-mismatch"));
    let errors = report.lines().filter(|line| line.contains(": error["));
    assert_eq!(errors.count(), 1, "{report}");
}

#[test]
fn names_that_are_not_text_stay_distinct() {
    for (good, bad) in [(b"\xFE", b"\xFF"), (b"\xFF", b"\xFE")] {
        let folder = repository("names");
        let path = |start: &[u8]| folder.join(OsStr::from_bytes(&[start, b".threat-model.yaml"].concat()));
        // Not every file system accepts such names.
        if fs::write(path(good), MODEL).is_ok() && fs::write(path(bad), wrong()).is_ok() {
            assert_eq!(run(&folder, &[]).0, 1);
        }
    }
}

#[test]
fn file_name_does_not_control_the_terminal() {
    let folder = repository("steering-names");
    let name = "a\u{1B}]8;;x\u{7}\n\u{202E}.threat-model.yaml";
    write(&folder, name, wrong());
    let gone = "no\u{1B}[31m";
    for arguments in [vec![], vec![name], vec![gone], vec!["--policy", name], vec!["--policy", gone]] {
        for format in ["human", "concise"] {
            let (code, report) = run(&folder, &[&arguments[..], &["--format", format]].concat());
            assert_ne!(code, 0);
            assert!(!report.contains(steers), "{arguments:?}, {format}: {report:?}");
        }
    }
}

#[test]
fn file_name_is_not_a_log_command_and_keeps_reports_valid() {
    let folder = repository("commanding-names");
    let names = [
        "::error::a",
        " ::stop-commands::a",
        "##[group]a",
        "##vso[a]b",
        "]]>",
        "<script>",
        "\"'&",
        "a\n::error::b",
    ];
    for name in names {
        write(&folder, &format!("{name}.threat-model.yaml"), wrong());
    }
    for format in ["human", "concise", "json", "sarif", "gitlab", "junit", "markdown", "github"] {
        let (code, report) = run(&folder, &["--format", format]);
        assert_eq!(code, 1, "{format}: {report}");
        assert!(!report.contains(steers), "{format}: {report:?}");
        assert!(!report.contains("##[") && !report.contains("##vso["), "{format}: {report}");
        let is_ours = |line: &str| {
            format == "github" && ["::error ", "::notice "].iter().any(|kind| line.starts_with(kind))
        };
        let mut lines = report.lines().filter(|line| line.trim_start().starts_with("::"));
        assert!(lines.all(is_ours), "{format}: {report}");
        match format {
            "json" | "sarif" | "gitlab" => drop(serde_json::from_str::<serde_json::Value>(&report).unwrap()),
            "junit" => assert!(roxmltree::Document::parse(&report).is_ok() && !report.contains("]]>")),
            _ => {}
        }
    }
}
