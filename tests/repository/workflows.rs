//! The workflows without GitHub: each step that this machine can run is run in a clone of the last commit, as a runner does.
//!
//! Stubs take the place of what publishes. Uploads and downloads are copies, and actions of others are not run. Jobs for
//! other machines are skipped. The output names all of it.

#![expect(clippy::print_stdout, reason = "the log lists each step")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use crate::git::git;
use crate::packaging::{VERSION, yaml};
use crate::runner::{Job, TOKEN};

/// Actions of others that are not run.
const NOT_RUN: [&str; 4] = [
    "actions/attest-build-provenance",
    "actions/deploy-pages",
    "pypa/gh-action-pypi-publish",
    "rust-lang/crates-io-auth-action",
];

/// Stubs: `gh` requires that each file of the release exists, and `cargo` finds no published crate.
const STUBS: [(&str, &str); 3] = [
    ("rustup", "echo \"rustup $*\""),
    ("gh", "shift 7; echo \"published: $*\"; test $# -eq 8; for file; do test -s \"$file\"; done"),
    ("cargo", "case $1 in publish) set -- package --list ;; info) exit 101 ;; esac\nexec \"$CARGO\" \"$@\""),
];

/// A job for one entry of its matrix.
struct WorkflowJob {
    runner: Job,
    /// The values of expressions.
    values: BTreeMap<String, String>,
    env: BTreeMap<String, String>,
    /// Uploads, a folder for each.
    artifacts: PathBuf,
    /// The targets that this machine does not build.
    skipped: Vec<String>,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The folder with an empty place for a name.
fn empty(folder: &Path, name: &str) -> PathBuf {
    let place = folder.join(name);
    if place.exists() {
        fs::remove_dir_all(&place).unwrap();
    }
    fs::create_dir_all(&place).unwrap();
    place
}

fn entries(value: &Value) -> impl Iterator<Item = (&String, String)> {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    value.as_object().into_iter().flatten().map(move |(key, value)| (key, text(value)))
}

fn names(value: &Value) -> Vec<&str> {
    value.as_array().map_or_else(
        || value.as_str().into_iter().collect(),
        |list| list.iter().filter_map(Value::as_str).collect(),
    )
}

/// Runs the jobs of a workflow, each after those that it needs.
fn run(name: &str, reference: &str) -> PathBuf {
    let workflow = yaml(&format!(".github/workflows/{name}.yml"));
    let artifacts = empty(&Path::new(env!("CARGO_TARGET_TMPDIR")).join("workflows"), name);
    let version = Command::new("rustc").arg("-vV").output().unwrap();
    let version = String::from_utf8(version.stdout).unwrap();
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
    let mut waiting: Vec<(&String, &Value)> = workflow["jobs"].as_object().unwrap().iter().collect();
    while !waiting.is_empty() {
        let next = waiting.iter().position(|(_, job)| {
            names(&job["needs"]).iter().all(|needed| waiting.iter().all(|(name, _)| name != needed))
        });
        let (name, job) = waiting.remove(next.expect("no job needs itself"));
        let matrix = &job["strategy"]["matrix"];
        let one = json!([{}]);
        let cells = matrix.get("include").or(matrix.get("runner")).unwrap_or(&one).as_array().unwrap();
        let (here, others): (Vec<&Value>, Vec<&Value>) = cells.iter().partition(|cell| {
            let runner = cell["runner"].as_str().or(cell.as_str()).unwrap_or("ubuntu");
            runner.starts_with("ubuntu") && cell["target"].as_str().is_none_or(|target| target == host)
        });
        let skipped: Vec<String> = others.iter().map(ToString::to_string).collect();
        println!(
            "== {name}{}",
            if skipped.is_empty() { String::new() } else { format!(", not on {}", skipped.join(", ")) }
        );
        for cell in here {
            let mut job_here = WorkflowJob::new(name, reference, cell, &artifacts);
            job_here
                .skipped
                .extend(others.iter().filter_map(|cell| cell["target"].as_str().map(str::to_owned)));
            let env = [&workflow["env"], &job["env"]].into_iter().flat_map(entries);
            job_here.env = env.map(|(name, value)| (name.clone(), job_here.filled(&value))).collect();
            for step in job["steps"].as_array().unwrap() {
                job_here.step(step);
            }
        }
    }
    artifacts
}

impl WorkflowJob {
    fn new(name: &str, reference: &str, cell: &Value, artifacts: &Path) -> Self {
        let before = git(root(), &["rev-parse", "HEAD~1"]);
        let mut runner = Job::new(&format!("workflow-{name}")).on("push", json!({ "before": before }));
        // The action is in the repository itself.
        runner.action_repository = String::new();
        for (name, script) in STUBS {
            let file = runner.folder.join("bin").join(name);
            // For its permissions.
            fs::copy(runner.folder.join("bin/curl"), &file).unwrap();
            fs::write(file, format!("#!/usr/bin/env bash\nset -euo pipefail\n{script}\n")).unwrap();
        }
        fs::write(runner.folder.join("log"), "").unwrap();
        let own = ["CARGO_", "GITHUB_"];
        runner
            .variables
            .extend(std::env::vars().filter(|(name, _)| !own.iter().any(|own| name.starts_with(own))));
        let tools = root().join("target/ci-tools").display().to_string();
        let path =
            format!("{}:{tools}/bin:{}", runner.folder.join("bin").display(), std::env::var("PATH").unwrap());
        let settings = [
            ("PATH", &*path),
            ("CARGO", env!("CARGO")),
            ("CARGO_INSTALL_ROOT", &tools),
            // In a fifth of the time.
            ("CARGO_PROFILE_RELEASE_OPT_LEVEL", "0"),
            ("CARGO_PROFILE_RELEASE_LTO", "off"),
            ("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16"),
            ("GITHUB_REF", reference),
            ("GITHUB_REF_NAME", reference.rsplit('/').next().unwrap()),
            ("GITHUB_SHA", &git(root(), &["rev-parse", "HEAD"])),
        ];
        runner.variables.extend(settings.map(|(name, value)| (name.to_owned(), value.to_owned())));
        let contexts = [
            ("github.repository", "owner/agents"),
            ("github.token", TOKEN),
            ("steps.registry.outputs.token", TOKEN),
        ];
        let contexts = contexts.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let values =
            entries(cell).map(|(key, value)| (format!("matrix.{key}"), value)).chain(contexts).collect();
        Self { runner, values, env: BTreeMap::new(), artifacts: artifacts.to_owned(), skipped: Vec::new() }
    }

    fn filled(&self, text: &str) -> String {
        let mut parts = text.split("${{ ");
        let first = parts.next().unwrap_or_default().to_owned();
        parts.fold(first, |filled, part| {
            let (expression, rest) = part.split_once(" }}").unwrap();
            let value =
                self.values.get(expression).unwrap_or_else(|| panic!("no such expression: {expression}"));
            filled + value + rest
        })
    }

    fn step(&mut self, step: &Value) {
        let name = step["name"].as_str().unwrap();
        if let Some(condition) = step.get("if") {
            assert_eq!(condition, "runner.os != 'Linux'");
            return println!("{name}: not on Linux");
        }
        let with: BTreeMap<String, String> =
            entries(&step["with"]).map(|(key, value)| (key.clone(), self.filled(&value))).collect();
        let (code, outputs) = match (step["run"].as_str(), step["uses"].as_str()) {
            (Some(".ci/run"), _) => return println!("{name}: not here, a run of its own"),
            (Some(script), _) => {
                println!("{name}");
                let own = entries(&step["env"]).map(|(name, value)| (name.clone(), self.filled(&value)));
                let variables = self.env.clone().into_iter().chain(own).collect();
                self.runner.bash(script, &variables)
            }
            (None, Some("./")) => {
                println!("{name}: the action");
                let action = Job { inputs: with, ..self.runner.again() };
                let ran = action.run();
                (ran.code, ran.outputs)
            }
            (None, uses) => {
                let action = uses.and_then(|uses| uses.split_once('@')).expect("a step runs or uses").0;
                println!("{name}: {action}");
                self.use_action(action, &with);
                return;
            }
        };
        let log = fs::read_to_string(self.runner.folder.join("log")).unwrap();
        assert!(code == 0 || step["continue-on-error"] == true, "{name} ends with {code}:\n{log}");
        if let Some(id) = step["id"].as_str() {
            let outcome = if code == 0 { "success" } else { "failure" };
            self.values.insert(format!("steps.{id}.outcome"), outcome.to_owned());
            let outputs =
                outputs.into_iter().map(|(name, value)| (format!("steps.{id}.outputs.{name}"), value));
            self.values.extend(outputs);
        }
    }

    fn use_action(&self, action: &str, with: &BTreeMap<String, String>) {
        let workspace = self.runner.workspace();
        match action {
            "actions/checkout" => {
                let depth = with.get("fetch-depth").map_or("1", |depth| depth);
                let source = format!("file://{}", root().display());
                git(&self.runner.folder, &["clone", "--quiet", "--depth", depth, &source, "workspace"]);
                // Packages of others are compiled once. The folder itself is no link: the program writes nothing through one.
                fs::create_dir_all(workspace.join("target")).unwrap();
                let target = self.values.get("matrix.target").map(String::as_str);
                for name in ["debug", "release"].into_iter().chain(target) {
                    let built = root().join("target/ci-workflows").join(name);
                    fs::create_dir_all(&built).unwrap();
                    std::os::unix::fs::symlink(built, workspace.join("target").join(name)).unwrap();
                }
            }
            "actions/upload-artifact" => {
                let (folder, pattern) = with["path"].rsplit_once('/').unwrap_or((".", &with["path"]));
                let found = files(&workspace.join(folder), pattern);
                assert!(!found.is_empty(), "there is no {}", with["path"]);
                let uploaded = empty(&self.artifacts, &with["name"]);
                for file in found {
                    let name = file.file_name().unwrap().to_str().unwrap();
                    fs::copy(&file, uploaded.join(name)).unwrap();
                    // In place of those of the other targets.
                    for target in &self.skipped {
                        let other = name.replace(&self.values["matrix.target"], target);
                        fs::copy(&file, uploaded.join(other)).unwrap();
                    }
                }
            }
            "actions/download-artifact" => {
                let place = empty(&workspace, &with["path"]);
                for folder in files(&self.artifacts, &with["pattern"]) {
                    for file in files(&folder, "*") {
                        fs::copy(&file, place.join(file.file_name().unwrap())).unwrap();
                    }
                }
            }
            _ => assert!(NOT_RUN.contains(&action), "no such action: {action}"),
        }
    }
}

/// The contents of a folder with a pattern that has at most one asterisk.
fn files(folder: &Path, pattern: &str) -> Vec<PathBuf> {
    let (start, end) = pattern.split_once('*').unwrap_or((pattern, ""));
    let found = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    found
        .filter(|path| {
            let name = path.file_name().unwrap().to_str().unwrap();
            name == pattern || pattern.contains('*') && name.starts_with(start) && name.ends_with(end)
        })
        .collect()
}

#[test]
#[ignore = "builds the program four times, and asks package registries: `.ci/workflows` runs it"]
fn every_step_of_the_workflows_runs() {
    run("ci", "refs/heads/main");
    let artifacts = run("release", &format!("refs/tags/v{VERSION}"));
    assert_eq!(files(&artifacts, "*").len(), 3);
    let book = artifacts.join("github-pages");
    Command::new("tar").arg("-xf").arg("artifact.tar").current_dir(&book).status().unwrap();
    for page in ["index.html", "sample/report.html", "schemas/threat-model.json"] {
        assert!(book.join(page).exists(), "{page}");
    }
}
