//! Changes checked against a base revision, in scratch repositories: limits on a rise, known problems, and the policy that
//! applies.

use std::fs;
use std::path::Path;
use std::process::Output;

use crate::git::{commit, git, write};
use crate::program::program;
use serde_json::Value;
use tempfile::TempDir;

const MODEL: &str = include_str!("../../src/rules/stock.yaml");
const POLICY: &str = "aivss_policy: 1\nextends: [recommended]\nlimits: { score: 9.5, increase: 0.5 }\n";

/// A repository whose branch `main` contains one correct model and a policy, and whose branch `change` is checked out.
struct Repository(TempDir);

impl Repository {
    fn new() -> Self {
        let repository = Self(TempDir::new().unwrap());
        repository.git(&["init", "--quiet", "--initial-branch=main", "."]);
        repository.write("agents/planner/threat-model.yaml", MODEL);
        repository.write("aivss-policy.yaml", POLICY);
        repository.commit();
        repository.git(&["switch", "--quiet", "--create", "change"]);
        repository
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn git(&self, arguments: &[&str]) {
        git(self.path(), arguments);
    }

    fn commit(&self) {
        commit(self.path(), "a step");
    }

    fn write(&self, name: &str, text: &str) {
        write(self.path(), name, text);
    }

    /// Replaces a text in a file, which must contain it.
    fn edit(&self, name: &str, from: &str, to: &str) {
        let text = fs::read_to_string(self.path().join(name)).unwrap();
        assert!(text.contains(from), "{name} contains {from}");
        self.write(name, &text.replace(from, to));
    }

    fn run(&self, arguments: &[&str]) -> Output {
        run(self.path(), arguments)
    }

    /// The exit status and one line for each problem.
    fn lines(&self, arguments: &[&str]) -> (i32, Vec<String>) {
        let output = self.run(&[arguments, &["--format", "concise"]].concat());
        let text = String::from_utf8(output.stdout).unwrap();
        (output.status.code().unwrap(), text.lines().map(str::to_owned).collect())
    }

    fn report(&self, arguments: &[&str]) -> Value {
        let output = self.run(&[arguments, &["--format", "json"]].concat());
        serde_json::from_slice(&output.stdout).expect("a report")
    }
}

fn run(folder: &Path, arguments: &[&str]) -> Output {
    program().args(arguments).current_dir(folder).output().expect("the program starts")
}

/// The planner with three factors raised: from 9.4 to 9.8.
fn raise(repository: &Repository, file: &str) {
    for factor in ["dynamic_tool_use", "persistent_memory", "dynamic_identity"] {
        repository.edit(file, &format!("{factor}: 0.5"), &format!("{factor}: 1.0"));
    }
    repository.edit(file, "score: 9.4", "score: 9.8");
}

const PLANNER: &str = "agents/planner/threat-model.yaml";

#[test]
fn rise_above_the_limit_fails_with_both_numbers_and_the_line() {
    let repository = Repository::new();
    repository.edit("aivss-policy.yaml", "score: 9.5, increase: 0.5", "increase: 0.3");
    raise(&repository, PLANNER);
    let (code, lines) = repository.lines(&["--base", "main"]);
    assert_eq!(code, 1);
    let problem = "agents/planner/threat-model.yaml:22:10: error[score-increased] \
                 score is 9.8; it rises from 9.4 by 0.4; the limit is 0.3";
    assert_eq!(lines[0], problem);
    // At the limit it passes.
    repository.edit("aivss-policy.yaml", "0.3", "0.4");
    assert_eq!(repository.lines(&["--base", "main"]).0, 0);
}

#[test]
fn renamed_model_is_compared_with_its_former_file() {
    let rename = |by: fn(&Repository)| {
        let repository = Repository::new();
        repository.edit("aivss-policy.yaml", "score: 9.5, increase: 0.5", "increase: 0.3");
        by(&repository);
        raise(&repository, "agents/moved/threat-model.yaml");
        let (code, lines) = repository.lines(&["--base", "main"]);
        assert_eq!((code, lines[0].contains("from 9.4 by 0.4")), (1, true), "{lines:?}");
        // The same where the file is named alone.
        let (code, lines) = repository.lines(&["--base", "main", "agents/moved/threat-model.yaml"]);
        assert_eq!((code, lines[0].contains("from 9.4 by 0.4")), (1, true), "{lines:?}");
    };
    rename(|repository| repository.git(&["mv", "agents/planner", "agents/moved"]));
    rename(|repository| {
        repository.git(&["mv", "agents/planner", "agents/moved"]);
        repository.commit();
    });
}

#[test]
fn untracked_move_is_followed_by_the_name_of_the_agent() {
    let repository = Repository::new();
    repository.edit("aivss-policy.yaml", "score: 9.5, increase: 0.5", "increase: 0.3");
    fs::rename(repository.path().join("agents/planner"), repository.path().join("agents/moved")).unwrap();
    raise(&repository, "agents/moved/threat-model.yaml");
    let (code, lines) = repository.lines(&["--base", "main"]);
    assert_eq!((code, lines[0].contains("from 9.4 by 0.4")), (1, true), "{lines:?}");
}

#[test]
fn limit_that_needs_a_base_is_reported_as_unchecked_without_one() {
    let repository = Repository::new();
    let report = repository.report(&[]);
    assert_eq!(report["verdict"], "passed");
    let remark = report["remarks"][0].as_str().unwrap();
    assert!(remark.starts_with("not checked: aivss-policy.yaml:3:") && remark.contains("--base"), "{remark}");
    assert_eq!(repository.report(&["--base", "main"])["remarks"], Value::Array(vec![]));
}

#[test]
fn known_problem_stays_known_when_lines_and_files_move() {
    let repository = Repository::new();
    repository.git(&["switch", "--quiet", "main"]);
    repository.edit(PLANNER, "score: 9.4", "score: 9.1");
    repository.commit();
    repository.git(&["switch", "--quiet", "--create", "second"]);
    repository.edit(PLANNER, "aivss_threat_model: 1", "# moved\n\n\naivss_threat_model: 1");
    repository.git(&["mv", "agents/planner", "agents/moved"]);
    assert_eq!(repository.lines(&["--base", "main"]).0, 1);
    let (code, lines) = repository.lines(&["--base", "main", "--new-only"]);
    assert_eq!(code, 0);
    assert_eq!(lines, ["1 problem not listed: 1 in the base"]);
    // Another wrong number is another problem.
    repository.edit("agents/moved/threat-model.yaml", "score: 9.1", "score: 9.2");
    assert_eq!(repository.lines(&["--base", "main", "--new-only"]).0, 1);
}

#[test]
fn second_problem_of_the_same_kind_is_new() {
    let repository = Repository::new();
    repository.git(&["switch", "--quiet", "main"]);
    let wrong = MODEL.replace("score: 9.4", "score: 9.1");
    repository.write(PLANNER, &wrong);
    repository.commit();
    repository.git(&["switch", "--quiet", "--create", "second"]);
    repository.write(PLANNER, &format!("{wrong}\n---\n{wrong}"));
    let report = repository.report(&["--base", "main", "--new-only"]);
    assert_eq!((&report["verdict"], &report["summary"]["errors"]), (&"failed".into(), &1.into()));
}

#[test]
fn unreadable_file_is_known_only_while_it_is_unchanged() {
    let repository = Repository::new();
    repository.git(&["switch", "--quiet", "main"]);
    repository.edit(PLANNER, "    autonomy_of_action: 1.0\n", "");
    repository.commit();
    repository.git(&["switch", "--quiet", "--create", "second"]);
    repository.write("agents/other/threat-model.yaml", &MODEL.replace("Planner", "Other"));
    assert_eq!(repository.lines(&["--base", "main", "--new-only"]).0, 0);
    repository.edit(PLANNER, "Plans trips", "Plans journeys");
    assert_eq!(repository.lines(&["--base", "main", "--new-only"]).0, 1);
}

#[test]
fn change_is_checked_by_the_policy_of_the_base() {
    let repository = Repository::new();
    raise(&repository, PLANNER);
    repository.edit("aivss-policy.yaml", "score: 9.5", "score: 10.0");
    repository.commit();
    assert_eq!(repository.lines(&[]).0, 0, "by its own policy it passes");
    let report = repository.report(&["--base", "main", "--policy-from", "main"]);
    assert_eq!(report["verdict"], "failed");
    let problem = &report["files"][0]["diagnostics"][0];
    assert_eq!(problem["rule"], "score-exceeded");
    let remark = report["remarks"][0].as_str().unwrap();
    assert!(remark.starts_with("checked against the policy of main"), "{remark}");
    assert!(remark.ends_with("differs; against its own it would pass"), "{remark}");
    assert_eq!(report["change"]["policy"][0]["what"], "limits.score");
    assert_eq!(report["change"]["policy"][0]["before"], "9.5");
    assert_eq!(report["change"]["policy"][0]["after"], "10.0");
}

#[test]
fn change_that_weakens_the_policy_in_any_way_fails() {
    type Weaken = fn(&Repository);
    let cases: [(&str, Weaken); 5] = [
        ("an exception", |repository| {
            let exception = "exceptions:\n  - { rule: score-exceeded, path: 'agents/**', reason: It must, owner: me, expires: 2099-01-01 }\n";
            repository.write("aivss-policy.yaml", &format!("{POLICY}{exception}"));
        }),
        ("no policy at all", |repository| {
            fs::remove_file(repository.path().join("aivss-policy.yaml")).unwrap();
        }),
        ("an exclusion", |repository| {
            repository.write("aivss-policy.yaml", &format!("{POLICY}files: {{ exclude: ['**'] }}\n"));
        }),
        ("a policy elsewhere", |repository| {
            repository.git(&["mv", "aivss-policy.yaml", "base.yaml"]);
            repository.write("aivss-policy.yaml", "aivss_policy: 1\nextends: [permissive]\n");
        }),
        ("a rule switched off", |repository| {
            repository.write("aivss-policy.yaml", &format!("{POLICY}rules: {{ score-exceeded: off }}\n"));
        }),
    ];
    for (name, weaken) in cases {
        let repository = Repository::new();
        raise(&repository, PLANNER);
        weaken(&repository);
        repository.commit();
        let (code, lines) = repository.lines(&["--base", "main", "--policy-from", "main"]);
        assert!(code != 0 && lines.iter().any(|line| line.contains("score-exceeded")), "{name}: {lines:?}");
    }
}

#[test]
fn change_of_a_policy_is_reported_key_by_key() {
    let repository = Repository::new();
    let more = "overrides:\n  - match: { tier: high }\n    limits: { score: 6.9 }\nexceptions:\n  - { rule: layer-blank, path: 'a/**', finding: V-1, reason: Soon., owner: me, expires: 2099-01-01 }\n";
    repository.write("aivss-policy.yaml", &format!("{}{more}", POLICY.replace("score: 9.5, ", "")));
    let report = repository.report(&["--base", "main"]);
    let changes: Vec<String> = report["change"]["policy"]
        .as_array()
        .unwrap()
        .iter()
        .map(|d| format!("{}: {} → {}", d["what"], d["before"], d["after"]).replace('"', ""))
        .collect();
    assert_eq!(
        changes,
        [
            "overrides for tier high: limits.score: null → 6.9",
            "exception for layer-blank in a/** (finding V-1): null → until 2099-01-01: Soon (me)",
            "limits.score: 9.5 → null",
        ]
    );
}

#[test]
fn extended_policy_is_that_of_the_base() {
    let repository = Repository::new();
    repository.git(&["switch", "--quiet", "main"]);
    repository.write("aivss-policy.yaml", "aivss_policy: 1\nextends: [policies/limits.yaml]\n");
    repository.write("policies/limits.yaml", POLICY);
    repository.commit();
    repository.git(&["switch", "--quiet", "--create", "second"]);
    raise(&repository, PLANNER);
    repository.edit("policies/limits.yaml", "9.5", "10.0");
    let (code, lines) = repository.lines(&["--policy-from", "main"]);
    assert_eq!((code, lines[0].contains("the limit is 9.5")), (1, true), "{lines:?}");
    // From a folder below the root, too.
    let output = run(&repository.path().join("agents"), &["--policy-from", "main", "--format", "concise"]);
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn change_that_breaks_the_policy_cannot_be_checked() {
    let repository = Repository::new();
    repository.edit("aivss-policy.yaml", "score: 9.5", "score: high");
    let (code, lines) = repository.lines(&["--policy-from", "main", PLANNER]);
    assert_eq!(code, 2);
    assert!(lines.iter().any(|line| line.contains("the policy of this change is broken")), "{lines:?}");
}

#[test]
fn change_that_removes_an_expired_exception_passes() {
    let repository = Repository::new();
    repository.git(&["switch", "--quiet", "main"]);
    let exception = "exceptions:\n  - { rule: layer-blank, path: 'agents/**', reason: Soon, owner: me, expires: 2020-01-01 }\n";
    repository.write("aivss-policy.yaml", &format!("{POLICY}{exception}"));
    repository.commit();
    repository.git(&["switch", "--quiet", "--create", "second"]);
    let arguments = ["--base", "main", "--policy-from", "main"];
    assert!(repository.lines(&arguments).1[0].contains("exception-expired"));
    repository.write("aivss-policy.yaml", POLICY);
    assert_eq!(repository.lines(&arguments), (0, vec![]));
    // Switching the rule off instead does not help.
    repository
        .write("aivss-policy.yaml", &format!("{POLICY}rules: {{ exception-expired: off }}\n{exception}"));
    assert_eq!(repository.lines(&arguments).0, 1);
}

#[test]
fn change_is_reported_agent_by_agent() {
    let repository = Repository::new();
    repository.write("agents/old/threat-model.yaml", &MODEL.replace("Planner", "Old"));
    repository.git(&["switch", "--quiet", "main"]);
    repository.commit();
    repository.git(&["switch", "--quiet", "--create", "second"]);
    raise(&repository, PLANNER);
    let layer = "  foundation_models: The model follows instructions in retrieved pages.\n";
    let uncertain = "  foundation_models:\n    status: uncertain\n    analysis: Nobody has looked.\n    threats: [{ id: T6, title: Goal manipulation }]\n";
    repository.edit(PLANNER, layer, uncertain);
    repository.git(&["rm", "--quiet", "-r", "agents/old"]);
    repository
        .write("agents/new/threat-model.yaml", include_str!("../../examples/smolagents/threat-model.yaml"));
    repository.commit();
    let output = repository.run(&["diff", "main", "second"]);
    assert_eq!(output.status.code(), Some(0), "`diff` reports and does not fail");
    let report = repository.run(&["diff", "main", "second", "--format", "json"]);
    let report: Value = serde_json::from_slice(&report.stdout).unwrap();
    let change = &report["change"];
    let agents: Vec<String> = change["agents"]
        .as_array()
        .unwrap()
        .iter()
        .map(|agent| {
            format!(
                "{} {}→{}",
                agent["name"].as_str().unwrap(),
                agent["before"]["score"],
                agent["after"]["score"]
            )
        })
        .collect();
    assert_eq!(agents, ["Smolagents AI Agent null→6.5", "Old 9.4→null", "Planner 9.4→9.8"]);
    let differences: Vec<String> = change["agents"][2]["differences"]
        .as_array()
        .unwrap()
        .iter()
        .map(|d| {
            format!("{} {} → {} {}", d["what"], d["before"], d["after"], d["direction"]).replace('"', "")
        })
        .collect();
    assert_eq!(
        differences,
        [
            "score 9.4 Critical → 9.8 Critical worse",
            "dynamic_tool_use 0.5 → 1.0 worse",
            "persistent_memory 0.5 → 1.0 worse",
            "dynamic_identity 0.5 → 1.0 worse",
            "layer foundation_models mapped → uncertain worse",
            "threat in foundation_models: T6 Goal manipulation null → open, no mitigation worse",
        ]
    );
    assert_eq!(change["verdict_before"], "passed");
    assert_eq!(report["verdict"], "failed");
}

#[test]
fn base_is_the_merge_base_of_the_change() {
    let repository = Repository::new();
    // A later commit of main lowers a score, which is not part of the change.
    repository.git(&["switch", "--quiet", "main"]);
    repository.edit(PLANNER, "threat_multiplier: 0.97", "threat_multiplier: 0.5");
    repository.edit(PLANNER, "score: 9.4", "score: 8.3");
    repository.commit();
    repository.git(&["switch", "--quiet", "change"]);
    let report = repository.report(&["--base", "main"]);
    assert_eq!(report["change"]["agents"], Value::Array(vec![]));
}

#[test]
fn missing_revision_and_shallow_clone_are_reported() {
    let repository = Repository::new();
    repository.write("a", "a");
    repository.commit();
    let assert_refused = |output: Output, words: &[&str]| {
        let printed = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{printed}");
        assert!(words.iter().all(|word| printed.contains(word)), "{printed}");
    };
    assert_refused(repository.run(&["--base", "nowhere"]), &["--base: there is no commit `nowhere` here"]);
    assert_refused(repository.run(&["--policy-from", "--help"]), &["--policy-from"]);
    assert_refused(repository.run(&["--policy-from=--output=x"]), &["there is no commit `--output=x` here"]);
    assert_refused(repository.run(&["diff", "nowhere"]), &["there is no commit `nowhere` here"]);
    let clone = TempDir::new().unwrap();
    let url = format!("file://{}", repository.path().display());
    git(clone.path(), &["clone", "--quiet", "--depth=1", "--branch=change", &url, "."]);
    assert_refused(
        run(clone.path(), &["--base", "origin/main"]),
        &["there is no commit `origin/main`", "shallow", "fetch-depth: 0"],
    );
    git(clone.path(), &["fetch", "--quiet", "--depth=1", "origin", "main:refs/remotes/origin/main"]);
    assert_refused(
        run(clone.path(), &["--base", "origin/main"]),
        &["no commit in common", "shallow", "fetch-depth: 0"],
    );
    // Outside of any repository.
    let bare = TempDir::new().unwrap();
    fs::write(bare.path().join("threat-model.yaml"), MODEL).unwrap();
    assert_refused(run(bare.path(), &["--base", "main"]), &["not a git repository"]);
}

#[test]
fn link_and_odd_name_in_a_commit_are_read() {
    let repository = Repository::new();
    repository.git(&["switch", "--quiet", "main"]);
    repository.write("agents/a b/ü \"x\"/threat-model.yaml", &MODEL.replace("Planner", "Odd"));
    #[cfg(unix)]
    {
        fs::create_dir_all(repository.path().join("agents/linked")).unwrap();
        std::os::unix::fs::symlink(
            "../planner/threat-model.yaml",
            repository.path().join("agents/linked/threat-model.yaml"),
        )
        .unwrap();
        std::os::unix::fs::symlink("/etc/hostname", repository.path().join("agents/linked/aivss-out.yaml"))
            .unwrap();
    }
    repository.commit();
    repository.git(&["switch", "--quiet", "--create", "second"]);
    repository.write("x", "x");
    repository.commit();
    let report = repository.run(&["diff", "main", "second", "--path", "agents", "--format", "json"]);
    let report: Value = serde_json::from_slice(&report.stdout).unwrap();
    assert_eq!(report["change"]["agents"], Value::Array(vec![]));
    assert_eq!(report["summary"]["models"], if cfg!(unix) { 3 } else { 2 });
    // A link out of the commit cannot be read from it, and is reported.
    #[cfg(unix)]
    assert_eq!(report["obstacles"][0]["path"], "agents/linked/aivss-out.yaml");
}

#[test]
fn report_to_a_file_does_not_change_the_verdict() {
    let repository = Repository::new();
    repository.edit(PLANNER, "score: 9.4", "score: 9.1");
    let formats = ["human", "concise", "json", "sarif", "github", "gitlab", "junit", "markdown"];
    let mut arguments = Vec::new();
    let names: Vec<String> = formats.iter().map(|format| format!("report.{format}")).collect();
    for (format, name) in formats.iter().zip(&names) {
        arguments.extend(["--format", format, "--output", name]);
    }
    let output = repository.run(&arguments);
    assert_eq!((output.status.code(), output.stdout.len()), (Some(1), 0));
    for (format, name) in formats.iter().zip(&names) {
        let written = fs::read(repository.path().join(name)).unwrap();
        let alone = repository.run(&["--format", format]);
        assert_eq!(alone.status.code(), Some(1), "{format}");
        assert_eq!(written, alone.stdout, "{format}");
        // Markdown escapes the point.
        let text = String::from_utf8(written).unwrap().replace('\\', "");
        assert!(text.contains("score is 9.1"), "{format}");
    }
    let leftovers = fs::read_dir(repository.path())
        .unwrap()
        .filter(|entry| entry.as_ref().unwrap().file_name().to_string_lossy().starts_with(".aivss-lint-"));
    assert_eq!(leftovers.count(), 0);
}

#[test]
fn outputs_that_do_not_fit_together_are_refused() {
    let repository = Repository::new();
    for arguments in [
        &["--output", "a"][..],
        &["--output", "a", "--format", "json", "--format", "sarif"],
        &["--format", "json", "--output", "a", "--output", "b"],
        &["--format", "json", "--output", "a", "--format", "sarif", "--output", "a"],
        &["--format", "json", "--format", "sarif"],
        &["--format", "human", "--format", "junit"],
        &["--format", "json", "--output", "no/such/folder/a"],
        &["--new-only"],
    ] {
        let output = repository.run(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(!output.stderr.is_empty());
    }
    let reason = fs::read_to_string(repository.path().join("a")).unwrap();
    assert!(reason.contains("two reports cannot share a file"), "{reason}");
    let swapped = repository.run(&["--output", "a", "--format", "json"]);
    assert_eq!(swapped.status.code(), Some(0));
    assert!(repository.path().join("a").exists());
}

#[test]
fn github_actions_gets_annotations_and_a_report_for_people() {
    let repository = Repository::new();
    repository.edit(PLANNER, "score: 9.4", "score: 9.1");
    let output = program()
        .current_dir(repository.path().join("agents"))
        .env("GITHUB_ACTIONS", "true")
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("error[score-mismatch]: score is 9.1"), "{text}");
    // Annotations name files from the repository's root, wherever the run began.
    assert!(text.contains("\n::error file=agents/planner/threat-model.yaml,line=22,"), "{text}");
}

#[test]
fn hook_checks_only_files_that_the_policy_includes() {
    let repository = Repository::new();
    repository.write("agents/testdata/threat-model.yaml", &MODEL.replace("score: 9.4", "score: 9.1"));
    repository.write("aivss-policy.yaml", &format!("{POLICY}files: {{ exclude: ['**/testdata/**'] }}\n"));
    repository.write("values.yaml", "a: 1\n");
    let all = [PLANNER, "agents/testdata/threat-model.yaml", "values.yaml", "aivss-policy.yaml"];
    let hook = |files: &[&str]| repository.run(&[&["--only-matching"], files].concat()).status.code();
    assert_eq!(hook(&all), Some(0));
    assert_eq!(hook(&["values.yaml"]), Some(0), "a hook may name only files that are not threat models");
    assert_eq!(repository.run(&["values.yaml"]).status.code(), Some(2), "a person may not");
    repository.edit(PLANNER, "score: 9.4", "score: 9.1");
    assert_eq!(hook(&all), Some(1));
    repository.write("aivss-policy.yaml", "aivss_policy: 1\nlimits: { score: high }\n");
    assert_eq!(hook(&["values.yaml"]), Some(2), "a broken policy fails, whichever file is named");
}

/// A model that shares little with the stock one, so that git does not take the one for the other.
fn other(name: &str) -> String {
    include_str!("../../examples/smolagents/threat-model.yaml").replace("Smolagents AI Agent", name)
}

#[test]
fn agent_is_followed_by_its_name_across_files() {
    let fails = |what: &str, change: fn(&Repository)| {
        let repository = Repository::new();
        repository.git(&["switch", "--quiet", "main"]);
        repository.edit("aivss-policy.yaml", "score: 9.5, ", "");
        repository.edit(PLANNER, "threat_multiplier: 0.97", "threat_multiplier: 0.5");
        repository.edit(PLANNER, "score: 9.4", "score: 8.3");
        repository.write("agents/legacy/threat-model.yaml", &MODEL.replace("Planner", "Legacy"));
        repository.commit();
        repository.git(&["switch", "--quiet", "--create", "second"]);
        change(&repository);
        repository.commit();
        let (code, lines) = repository.lines(&["--base", "main"]);
        assert_eq!(code, 1, "{what}: {lines:?}");
        assert!(lines.iter().any(|line| line.contains("rises from 8.3 by 1.1")), "{what}: {lines:?}");
    };
    fails("it takes over the file of a worse one", |repository| {
        repository.git(&["rm", "--quiet", "-r", "agents/planner"]);
        repository.write("agents/legacy/threat-model.yaml", MODEL);
    });
    fails("another takes its file", |repository| {
        repository.write("agents/second/threat-model.yaml", MODEL);
        repository.edit(PLANNER, "name: Planner", "name: Planner (old)");
    });
    fails("it moves into a file of several", |repository| {
        repository.git(&["rm", "--quiet", "-r", "agents/planner"]);
        let both = format!("{}\n---\n{MODEL}", MODEL.replace("Planner", "Legacy"));
        repository.write("agents/legacy/threat-model.yaml", &both);
    });
    fails("it is renamed in its file, next to another", |repository| {
        repository.git(&["rm", "--quiet", "-r", "agents/legacy"]);
        let both =
            format!("{}\n---\n{}", MODEL.replace("Planner", "Scheduler"), MODEL.replace("Planner", "Legacy"));
        repository.write(PLANNER, &both);
    });
}

#[test]
fn agents_that_swap_their_files_are_unchanged() {
    let repository = Repository::new();
    repository.git(&["switch", "--quiet", "main"]);
    repository.write("agents/other/threat-model.yaml", &other("Other"));
    repository.commit();
    repository.git(&["switch", "--quiet", "--create", "second"]);
    repository.write("agents/other/threat-model.yaml", MODEL);
    repository.write(PLANNER, &other("Other"));
    let report = repository.report(&["--base", "main"]);
    assert_eq!(report["verdict"], "passed");
    assert!(
        report["change"]["agents"]
            .as_array()
            .unwrap()
            .iter()
            .all(|agent| agent["differences"] == Value::Array(vec![]))
    );
}

#[test]
fn known_problem_covers_one_problem_of_one_agent() {
    let repository = Repository::new();
    repository.git(&["switch", "--quiet", "main"]);
    let wrong = MODEL.replace("score: 9.4", "score: 9.1");
    repository.write(PLANNER, &format!("{wrong}\n---\n{}", MODEL.replace("Planner", "Booker")));
    repository.commit();
    repository.git(&["switch", "--quiet", "--create", "second"]);
    // The one is fixed, the other made wrong in the same way.
    repository.write(PLANNER, &format!("{MODEL}\n---\n{}", wrong.replace("Planner", "Booker")));
    assert_eq!(repository.lines(&["--base", "main", "--new-only"]).0, 1);
    // One is removed, and three of its name are added.
    repository.git(&["rm", "--quiet", "-rf", "agents"]);
    for folder in ["a", "b", "c"] {
        repository.write(&format!("agents/{folder}/threat-model.yaml"), &wrong);
    }
    let report = repository.report(&["--base", "main", "--new-only"]);
    assert_eq!(report["summary"]["errors"], 2);
}

#[test]
fn limit_that_is_exceeded_by_less_is_not_a_new_problem() {
    let repository = Repository::new();
    repository.git(&["switch", "--quiet", "main"]);
    repository.edit("aivss-policy.yaml", "score: 9.5", "score: 7.0, severity: High");
    repository.edit("aivss-policy.yaml", ", severity: High", "");
    repository.commit();
    repository.git(&["switch", "--quiet", "--create", "second"]);
    repository.edit(PLANNER, "threat_multiplier: 0.97", "threat_multiplier: 0.5");
    repository.edit(PLANNER, "score: 9.4", "score: 8.3");
    assert_eq!(repository.lines(&["--base", "main"]).0, 1);
    assert_eq!(repository.lines(&["--base", "main", "--new-only"]).0, 0);
    repository.edit(PLANNER, "threat_multiplier: 0.5", "threat_multiplier: 1.0");
    repository.edit(PLANNER, "score: 8.3", "score: 9.4");
    assert_eq!(repository.lines(&["--base", "main", "--new-only"]).0, 0, "no worse than it was");
    raise(&repository, PLANNER);
    assert_eq!(repository.lines(&["--base", "main", "--new-only"]).0, 1);
}

#[test]
fn fewer_findings_over_a_limit_are_not_a_new_problem() {
    let block = MODEL.split_once("aivss:\n").unwrap().1.split_once("maestro:").unwrap().0;
    let block = block.trim_end().replace("\n  ", "\n      ");
    let with = |bands: &[&str]| {
        let list = bands.iter().enumerate().map(|(at, band)| {
            let block = if *band == "Critical" {
                block.clone()
            } else {
                block.replace("9.4", "8.3").replace("0.97", "0.5")
            };
            format!("  - id: F-{at}\n    title: A flaw\n    aivss:\n    {block}\n")
        });
        format!("{MODEL}findings:\n{}", list.collect::<String>())
    };
    let repository = Repository::new();
    repository.git(&["switch", "--quiet", "main"]);
    repository.edit("aivss-policy.yaml", "score: 9.5", "findings: { Critical: 0, High: 0 }");
    repository.write(PLANNER, &with(&["Critical", "Critical", "Critical", "High"]));
    repository.commit();
    repository.git(&["switch", "--quiet", "--create", "second"]);
    for (bands, code) in [
        (&["Critical", "Critical", "High"][..], 0),
        (&["Critical", "Critical", "Critical", "Critical", "High"], 1),
        // The limits of two bands are two problems.
        (&["Critical", "High", "High"], 1),
    ] {
        repository.write(PLANNER, &with(bands));
        assert_eq!(repository.lines(&["--base", "main"]).0, 1, "{bands:?}");
        assert_eq!(repository.lines(&["--base", "main", "--new-only"]).0, code, "{bands:?}");
    }
}

#[test]
fn scope_with_looser_limits_is_an_error() {
    let policy = "aivss_policy: 1\nextends: [recommended]\nlimits: { score: 9.8 }\noverrides:\n\
                  - { match: { tier: high }, limits: { score: 9.5 } }\n\
                  - { match: { environment: production }, require: { owner: true } }\n\
                  - { match: { path: 'agents/planner/**' }, limits: { uncertain_layers: 1 } }\n";
    let agent = |name: &str, lines: &str| MODEL.replace("name: Planner", &format!("name: {name}\n{lines}"));
    let strict = "  owner: a-team\n  tier: high\n  environment: production";
    let low = strict.replace("high", "low");
    let two =
        |one: &str, other: &str, lines: &str| format!("{}---\n{}", agent(one, lines), agent(other, lines));
    let repository = Repository::new();
    repository.git(&["switch", "--quiet", "main"]);
    repository.write("aivss-policy.yaml", policy);
    repository.write(PLANNER, &agent("Planner", strict));
    repository.write("two.threat-model.yaml", &two("A", "B", strict));
    repository.commit();
    repository.git(&["switch", "--quiet", "--create", "second"]);
    assert_eq!(repository.lines(&["--base", "main"]).0, 0);
    for (path, text, expected) in [
        (
            PLANNER,
            agent("Planner", &low),
            "tier is low, and was high in the base; this loosens `limits.score` from 9.5 to 9.8",
        ),
        (PLANNER, agent("Planner", &strict.replace("  tier: high\n", "")), "tier is missing, and was high"),
        (
            PLANNER,
            agent("Planner", &strict.replace("production", "staging")),
            "environment is staging, and was production",
        ),
        (PLANNER, agent("Other", &low), "tier is low"),
        ("two.threat-model.yaml", two("C", "D", &low), "tier is low"),
        ("two.threat-model.yaml", two("A", "D", &low), "tier is low"),
        // Another spelling, and other properties, are the same scope.
        (PLANNER, agent("Planner", &strict.replace("high", "HIGH").replace("a-team", "b-team")), ""),
    ] {
        repository.write(path, &text);
        let (code, lines) = repository.lines(&["--base", "main", "--new-only"]);
        assert_eq!(code, i32::from(!expected.is_empty()), "{expected}: {lines:?}");
        let found =
            lines.iter().any(|line| line.contains("error[model-weakened]") && line.contains(expected));
        assert_eq!(found, !expected.is_empty(), "{expected}: {lines:?}");
        repository.git(&["checkout", "--quiet", "."]);
    }
    fs::create_dir(repository.path().join("agents/moved")).unwrap();
    repository.git(&["mv", PLANNER, "agents/moved/threat-model.yaml"]);
    let (code, lines) = repository.lines(&["--base", "main"]);
    let expected = "path is agents/moved/threat-model.yaml, and was agents/planner/threat-model.yaml in the base; \
                this loosens `limits.uncertain_layers` from 1 to not set";
    assert!(code == 1 && lines.iter().any(|line| line.contains(expected)), "{lines:?}");
    // The other way it is stricter.
    repository.commit();
    repository.git(&["mv", "agents/moved/threat-model.yaml", "agents/planner.threat-model.yaml"]);
    repository.git(&["switch", "--quiet", "--create", "third"]);
    fs::create_dir_all(repository.path().join("agents/planner")).unwrap();
    repository.git(&["mv", "agents/planner.threat-model.yaml", PLANNER]);
    assert_eq!(repository.lines(&["--base", "second"]).0, 0);
}

#[test]
fn line_ends_of_a_checkout_are_not_a_change() {
    let repository = Repository::new();
    repository.git(&["switch", "--quiet", "main"]);
    repository.edit(PLANNER, "    autonomy_of_action: 1.0\n", "");
    repository.commit();
    repository.git(&["switch", "--quiet", "--create", "second"]);
    let text = fs::read_to_string(repository.path().join(PLANNER)).unwrap();
    repository.write(PLANNER, &text.replace('\n', "\r\n"));
    assert_eq!(repository.lines(&["--base", "main", "--new-only"]).0, 0);
}

#[test]
fn base_that_cannot_be_read_is_exit_status_2() {
    let repository = Repository::new();
    let id = git(repository.path(), &["rev-parse", &format!("main:{PLANNER}")]);
    raise(&repository, PLANNER);
    let (folder, file) = id.split_at(2);
    fs::remove_file(repository.path().join(".git/objects").join(folder).join(file)).unwrap();
    let (code, lines) = repository.lines(&["--base", "main"]);
    assert_eq!(code, 2);
    assert!(
        lines.iter().any(|line| line.contains("cannot check: in the base: its content is not in this clone")),
        "{lines:?}"
    );
}

#[test]
fn tag_named_like_the_branch_does_not_set_the_policy() {
    let repository = Repository::new();
    raise(&repository, PLANNER);
    repository.write("aivss-policy.yaml", "aivss_policy: 1\nextends: [permissive]\n");
    repository.commit();
    repository.git(&["tag", "main"]);
    let output = repository.run(&["--base", "main", "--policy-from", "main"]);
    let printed = String::from_utf8(output.stderr).unwrap();
    assert_eq!(
        (output.status.code(), printed.contains("both a tag and a branch")),
        (Some(2), true),
        "{printed}"
    );
    let whole = ["--base", "refs/heads/main", "--policy-from", "refs/heads/main"];
    assert_eq!(repository.run(&whole).status.code(), Some(1));
}

#[test]
fn change_with_two_merge_bases_cannot_be_checked() {
    let repository = Repository::new();
    // The branch takes main's next commit and main takes the branch's: two commits are common to both.
    repository.write("a", "a");
    repository.commit();
    repository.git(&["branch", "side"]);
    repository.git(&["switch", "--quiet", "main"]);
    repository.write("b", "b");
    repository.commit();
    repository.git(&["branch", "old"]);
    repository.git(&["merge", "--quiet", "--no-edit", "side"]);
    repository.git(&["switch", "--quiet", "change"]);
    repository.git(&["merge", "--quiet", "--no-edit", "old"]);
    let output = repository.run(&["--base", "main"]);
    let printed = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), printed.contains("parted at 2 commits")), (Some(2), true), "{printed}");
}

#[test]
fn standard_input_has_the_base_of_its_name() {
    use std::io::Write;
    let repository = Repository::new();
    repository.edit("aivss-policy.yaml", "increase: 0.5", "increase: 0.3");
    raise(&repository, PLANNER);
    let text = fs::read(repository.path().join(PLANNER)).unwrap();
    let mut child = program()
        .args(["-", "--stdin-filename", PLANNER, "--base", "main", "--format", "concise"])
        .current_dir(repository.path())
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(&text).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(String::from_utf8(output.stdout).unwrap().contains("score-increased"));
    assert_eq!(output.status.code(), Some(1));
}

#[cfg(unix)]
#[test]
fn repository_reached_through_a_link_has_the_same_policy() {
    let repository = Repository::new();
    raise(&repository, PLANNER);
    repository.write("aivss-policy.yaml", "aivss_policy: 1\nextends: [permissive]\n");
    let elsewhere = TempDir::new().unwrap();
    let link = elsewhere.path().join("link");
    std::os::unix::fs::symlink(repository.path(), &link).unwrap();
    let policy = link.join("aivss-policy.yaml");
    let arguments = ["--base", "main", "--policy-from", "main"];
    assert_eq!(repository.lines(&[&arguments[..], &["--policy", policy.to_str().unwrap()]].concat()).0, 1);
    assert_eq!(repository.lines(&[&arguments[..], &[link.to_str().unwrap()]].concat()).0, 1);
    // A link within the repository has another name in the base.
    std::os::unix::fs::symlink("agents", repository.path().join("linked")).unwrap();
    assert_eq!(repository.run(&[&arguments[..], &["linked"]].concat()).status.code(), Some(2));
}

#[test]
fn tracked_file_is_checked_although_ignored_and_not_without_git() {
    let repository = Repository::new();
    repository.write("agents/wrong/threat-model.yaml", &MODEL.replace("score: 9.4", "score: 9.1"));
    repository.commit();
    repository.write(".gitignore", "agents/wrong/\n");
    assert_eq!(repository.lines(&[]).0, 1, "a tracked file is checked although it is ignored");
    let without_git = program().current_dir(repository.path()).env("PATH", "").output().unwrap();
    assert_eq!(without_git.status.code(), Some(2), "tracked files are unknown without git");
}

const STRICT_UNUSED: &str = "aivss_policy: 1\nextends: [recommended]\nrules: { exception-unused: error }\n";

/// Limits a rise to 0.3.
fn limit_rise(repository: &Repository) {
    repository.git(&["switch", "--quiet", "main"]);
    repository.edit("aivss-policy.yaml", "score: 9.5, increase: 0.5", "increase: 0.3");
    repository.commit();
    repository.git(&["switch", "--quiet", "--force-create", "change"]);
}

/// The stock model under another name, with three factors raised.
fn raised(name: &str) -> String {
    let mut text = MODEL.replace("name: Planner", &format!("name: {name}"));
    for factor in ["dynamic_tool_use", "persistent_memory", "dynamic_identity"] {
        text = text.replace(&format!("{factor}: 0.5"), &format!("{factor}: 1.0"));
    }
    text.replace("score: 9.4", "score: 9.8")
}

#[test]
fn new_model_is_compared_with_the_worst_that_left_its_file() {
    type Change = fn(&Repository);
    let other = || MODEL.replace("name: Planner", "name: Other");
    let cases: [(&str, Change); 6] = [
        ("a second model", |repository| {
            repository.write(
                PLANNER,
                &format!("{}---\n{}", raised("New"), MODEL.replace("name: Planner", "name: Other")),
            );
        }),
        ("the old name moved to a new file", |repository| {
            repository.write("agents/a/threat-model.yaml", MODEL);
            repository.write(PLANNER, &raised("New"));
        }),
        ("a move to a new file", |repository| {
            repository.git(&["rm", "--quiet", PLANNER]);
            let text = format!("{}\n---\n{}", raised("New"), raised("Newer"));
            repository.write("agents/a/threat-model.yaml", &text);
        }),
        ("a move to the end of another file", |repository| {
            repository.git(&["rm", "--quiet", PLANNER]);
            let other = MODEL.replace("name: Planner", "name: Other");
            repository.write("agents/other/threat-model.yaml", &format!("{other}---\n{}", raised("New")));
        }),
        ("a rename and a new file at the old path", |repository| {
            repository.git(&["mv", "agents/planner", "agents/moved"]);
            repository.write(PLANNER, &raised("New"));
        }),
        ("no name", |repository| {
            let text = raised("New").replace("  name: New\n", "  name:\n");
            repository
                .write(PLANNER, &format!("{text}---\n{}", MODEL.replace("name: Planner", "name: Other")));
        }),
    ];
    for (name, change) in cases {
        let repository = Repository::new();
        repository.write("agents/other/threat-model.yaml", &other());
        limit_rise(&repository);
        change(&repository);
        repository.commit();
        let (code, lines) = repository.lines(&["--base", "main", "--policy-from", "main"]);
        let rises =
            lines.iter().any(|line| line.contains("score-increased") && line.contains("from 9.4 by 0.4"));
        assert!(code == 1 && rises, "{name}: {code} {lines:?}");
    }
}

#[test]
fn new_model_without_one_that_left_has_no_base() {
    let repository = Repository::new();
    limit_rise(&repository);
    repository.write("agents/new/threat-model.yaml", &raised("New"));
    repository.write(PLANNER, &format!("{MODEL}---\n{}", raised("Newer")));
    repository.commit();
    let (code, lines) = repository.lines(&["--base", "main", "--policy-from", "main"]);
    assert_eq!((code, &*lines), (0, &[][..]));
    // Neither has one in a file that is renamed.
    repository.git(&["rm", "--quiet", "agents/new/threat-model.yaml"]);
    repository.git(&["mv", "agents/planner", "agents/moved"]);
    let (code, lines) = repository.lines(&["--base", "main", "--policy-from", "main"]);
    assert_eq!((code, &*lines), (0, &[][..]));
}

#[test]
fn new_model_names_the_one_that_it_is_compared_with() {
    let repository = Repository::new();
    limit_rise(&repository);
    repository.git(&["rm", "--quiet", PLANNER]);
    repository.write("agents/a/threat-model.yaml", &format!("{}---\n{}", raised("New"), raised("Newer")));
    let report = repository.report(&["--base", "main"]);
    let note = report["files"][0]["diagnostics"][0]["note"].as_str().unwrap();
    let expected = "this threat model is new; it is compared with Planner in agents/planner/threat-model.yaml, \
                    which this change removes or moves";
    assert_eq!(note, expected);
}

/// A repository whose base has a wrong score in a file that its policy leaves out or does not find.
fn with_unread(path: &str, files: &str) -> Repository {
    let repository = Repository::new();
    repository.git(&["switch", "--quiet", "main"]);
    repository.write("aivss-policy.yaml", &format!("{POLICY}{files}"));
    repository.write(path, &MODEL.replace("score: 9.4", "score: 9.1").replace("Planner", "Unread"));
    repository.commit();
    repository.git(&["switch", "--quiet", "--force-create", "change"]);
    repository
}

#[test]
fn problem_that_the_base_did_not_read_is_new() {
    type Change = fn(&Repository);
    let excluded = "files: { exclude: ['**/testdata/**'] }\n";
    let cases: [(&str, &str, &str, Change); 3] = [
        ("a move out of an excluded folder", "testdata/threat-model.yaml", excluded, |repository| {
            fs::create_dir_all(repository.path().join("agents/a")).unwrap();
            repository.git(&["mv", "testdata/threat-model.yaml", "agents/a/threat-model.yaml"]);
        }),
        ("an exclusion that is gone", "testdata/threat-model.yaml", excluded, |repository| {
            repository.write("aivss-policy.yaml", POLICY);
        }),
        ("a policy that is gone", "testdata/threat-model.yaml", excluded, |repository| {
            repository.git(&["rm", "--quiet", "aivss-policy.yaml"]);
        }),
    ];
    for (name, path, files, change) in cases {
        let repository = with_unread(path, files);
        assert_eq!(repository.lines(&["--base", "main", "--new-only"]).0, 0, "{name}");
        change(&repository);
        repository.commit();
        let (code, lines) = repository.lines(&["--base", "main", "--new-only"]);
        let is_new = lines.iter().any(|line| line.ends_with("score is 9.1, expected 9.4 [fix]"));
        assert!(code == 1 && is_new, "{name}: {code} {lines:?}");
    }
}

#[test]
fn problem_that_the_base_excepts_is_new_without_the_exception() {
    let exception = "exceptions:\n  - { rule: score-mismatch, path: 'agents/**', reason: Soon replaced., owner: me, expires: 2099-01-01 }\n";
    let repository = Repository::new();
    repository.git(&["switch", "--quiet", "main"]);
    repository.edit(PLANNER, "score: 9.4", "score: 9.1");
    repository.write("aivss-policy.yaml", &format!("{POLICY}{exception}"));
    repository.commit();
    repository.git(&["switch", "--quiet", "--force-create", "change"]);
    assert_eq!(repository.lines(&["--base", "main", "--new-only"]).0, 0);
    repository.write("aivss-policy.yaml", POLICY);
    assert_eq!(repository.lines(&["--base", "main", "--new-only"]).0, 1);
}

#[test]
fn base_without_a_readable_policy_has_no_known_problems() {
    let repository = Repository::new();
    repository.git(&["switch", "--quiet", "main"]);
    repository.edit(PLANNER, "score: 9.4", "score: 9.1");
    repository.commit();
    repository.git(&["switch", "--quiet", "--force-create", "change"]);
    repository.write("ci/gate.yaml", POLICY);
    let report = repository.report(&["--base", "main", "--new-only", "--policy", "ci/gate.yaml"]);
    assert_eq!(report["verdict"], "failed");
    let remark = report["remarks"][0].as_str().unwrap();
    assert_eq!(remark, "the base has no policy that can be read, so every problem counts as new");
}

#[test]
fn exception_that_a_change_makes_unused_is_new() {
    let exception = |rule: &str| {
        format!(
            "  - {{ rule: {rule}, path: 'agents/**', reason: Soon replaced., owner: me, expires: 2099-01-01 }}\n"
        )
    };
    let repository = Repository::new();
    repository.git(&["switch", "--quiet", "main"]);
    repository.edit(PLANNER, "score: 9.4", "score: 9.1");
    let exceptions =
        format!("exceptions:\n{}{}", exception("score-mismatch"), exception("severity-mismatch"));
    repository.write("aivss-policy.yaml", &format!("{STRICT_UNUSED}{exceptions}"));
    repository.commit();
    repository.git(&["switch", "--quiet", "--force-create", "change"]);
    for arguments in
        [&["--base", "main", "--new-only"][..], &["--base", "main", "--new-only", "--policy-from", "main"]]
    {
        repository.git(&["checkout", "--quiet", "main", "--", PLANNER]);
        let (code, lines) = repository.lines(arguments);
        assert_eq!(code, 0, "the second exception is unused in the base already: {lines:?}");
        repository.edit("aivss-policy.yaml", "exceptions:", "# A comment.\nexceptions:");
        let (code, lines) = repository.lines(arguments);
        assert_eq!(code, 0, "so it is on another line: {lines:?}");
        repository.git(&["checkout", "--quiet", "main", "--", "aivss-policy.yaml"]);
        repository.edit(PLANNER, "score: 9.1", "score: 9.4");
        let (code, lines) = repository.lines(arguments);
        let is_new = |line: &String| {
            line.ends_with("the exception for `score-mismatch` in agents/** covers no problem")
        };
        assert!(code == 1 && lines.iter().any(is_new), "{lines:?}");
    }
}

#[test]
fn alias_brings_no_problem_under_the_base_or_an_exception_of_another_owner() {
    let finding = "findings:\n  - id: V-1\n    aivss:\n";
    let block: String = MODEL
        .lines()
        .skip_while(|line| *line != "aivss:")
        .skip(1)
        .take_while(|line| line.starts_with(' '))
        .map(|line| format!("    {line}\n"))
        .collect();
    let (before, after) = MODEL.split_once("aivss:\n").unwrap();
    let maestro = after.split_once("maestro:").unwrap().1;
    let mild =
        after.split_once("maestro:").unwrap().0.replace("threat_multiplier: 0.97", "threat_multiplier: 0.5");
    let mild = mild.replace("score: 9.4", "score: 8.3");
    let base = format!("{before}{finding}{block}aivss:\n{mild}maestro:{maestro}");
    let finding = finding.replace("aivss:", "aivss: &a");
    let aliased =
        format!("{before}{finding}{block}  - {{ id: V-2, aivss: *a }}\naivss: *a\nmaestro:{maestro}");
    let limits = "aivss_policy: 1\nextends: [recommended]\nlimits: { score: 8.9 }\nrules: { score-below-finding: off }\n";
    let exception = "exceptions:\n  - { rule: score-exceeded, path: 'agents/**', finding: V-1, reason: Soon replaced., owner: me, expires: 2099-01-01 }\n";
    for (exception, option) in [(exception, "--quiet"), ("", "--new-only")] {
        let repository = Repository::new();
        repository.git(&["switch", "--quiet", "main"]);
        repository.write(PLANNER, &base);
        repository.write("aivss-policy.yaml", &format!("{limits}{exception}"));
        repository.commit();
        repository.git(&["switch", "--quiet", "--force-create", "change"]);
        let arguments = ["--base", "main", "--policy-from", "main", option];
        assert_eq!(repository.lines(&arguments).0, 0);
        repository.write(PLANNER, &aliased);
        let (code, lines) = repository.lines(&arguments);
        let is_new = |line: &&String| line.contains(": error[") && !line.ends_with("2099-01-01)");
        let count = lines.iter().filter(is_new).count();
        assert_eq!((code, count), (1, 2), "{option}: {lines:?}");
    }
}

const REPORT: &str = "\
metadata: { system_name: Planner, assessment_date: 2026-11-01, assessor_id: a@example.org }
vulnerabilities:
  - id: V-1
    owasp_category: Agent Untraceability
    cvss_base:
      vector_string: CVSS:4.0/AV:N/AC:H/AT:N/PR:L/UI:N/VC:N/VI:N/VA:H/SC:N/SI:H/SA:H
      score: 7.1
    amplification_factors: { autonomy: 1.0, tools: 0.5, language: 1.0, context: 1.0, non_determinism: 1.0, opacity: 1.0, persistence: 0.5, identity: 0.5, multi_agent: 1.0, self_mod: 0.5 }
    threat_multiplier: 0.97
    scores: { factor_sum: 8.0, aars: 2.25, mitigation_factor: 1.0, aivss: 9.4 }
";

/// The rules of a report with their paths and levels.
fn rules_of(report: &Value) -> Vec<String> {
    let files = report["files"].as_array().unwrap().iter();
    let word = |value: &Value| value.as_str().unwrap().to_owned();
    files
        .flat_map(|file| {
            let path = word(&file["root_path"]);
            let diagnostics = file["diagnostics"].as_array().unwrap().iter();
            diagnostics.map(move |diagnostic| {
                format!("{path} {} {}", word(&diagnostic["level"]), word(&diagnostic["rule"]))
            })
        })
        .collect()
}

/// A second model next to the planner's, so that the run always checks something.
fn with_helper() -> Repository {
    let repository = Repository::new();
    repository.git(&["switch", "--quiet", "main"]);
    repository.write("agents/helper.threat-model.yaml", &MODEL.replace("Planner", "Helper"));
    repository.commit();
    repository.git(&["switch", "--quiet", "--create", "second"]);
    repository
}

#[test]
fn removed_model_is_warning_and_error_in_strict() {
    let repository = with_helper();
    repository.git(&["rm", "--quiet", PLANNER]);
    let report = repository.report(&["--base", "main"]);
    assert_eq!(rules_of(&report), [format!("{PLANNER} warning model-removed")]);
    assert_eq!((&report["verdict"], &report["summary"]["files"]), (&"passed".into(), &1.into()));
    assert_eq!(report["files"][1]["kind"], "missing");
    for format in ["human", "concise", "sarif", "github", "gitlab", "junit", "markdown", "html"] {
        let output = repository.run(&["--base", "main", "--format", format]);
        let text = String::from_utf8(output.stdout).unwrap();
        assert_eq!(output.status.code(), Some(0), "{format}");
        let text = text.replace('\\', "");
        assert!(text.contains("model-removed") && text.contains(PLANNER), "{format}: {text}");
    }
    let strict = repository.report(&["--base", "main", "--policy", "strict"]);
    assert!(rules_of(&strict).contains(&format!("{PLANNER} error model-removed")), "{strict}");
    // A run on a subset without it does not report it.
    assert_eq!(rules_of(&repository.report(&["--base", "main", "agents/helper.threat-model.yaml"])), [""; 0]);
}

#[test]
fn removal_is_excepted_by_its_path() {
    let repository = with_helper();
    let exception = "rules: { model-removed: error }\nexceptions:\n  - { rule: model-removed, path: 'agents/planner/*', reason: Retired, owner: me, expires: 2099-01-01 }\n";
    repository.write("aivss-policy.yaml", &format!("{POLICY}{exception}"));
    repository.git(&["rm", "--quiet", PLANNER]);
    let report = repository.report(&["--base", "main"]);
    assert_eq!(report["verdict"], "passed", "{report}");
    assert_eq!(report["files"][1]["diagnostics"][0]["excepted"]["owner"], "me", "{report}");
}

#[test]
fn moved_model_is_not_removed() {
    let moves: [fn(&Repository); 2] = [
        |repository| repository.git(&["mv", "agents/planner", "agents/moved"]),
        |repository| {
            repository.git(&["rm", "--quiet", PLANNER]);
            let rewritten = MODEL.replace("Plans trips", "Books");
            repository
                .write("agents/other/threat-model.yaml", &format!("# {}\n{rewritten}", "x".repeat(9_000)));
        },
    ];
    for by in moves {
        let repository = with_helper();
        by(&repository);
        assert_eq!(rules_of(&repository.report(&["--base", "main"])), [""; 0]);
    }
}

#[test]
fn file_that_loses_its_model_is_unreadable() {
    let changes: [(&str, &str); 6] = [
        ("other keys", "threat_model: 1\nscoring: { score: 1.0 }\n"),
        ("one level deeper", "evil:\n  aivss_threat_model: 1\n"),
        ("in a list", "models:\n  - aivss_threat_model: 1\n"),
        ("nothing", ""),
        ("no YAML", "a: [\n"),
        ("a policy", "aivss_policy: 1\n"),
    ];
    for (name, text) in changes {
        let repository = with_helper();
        repository.write(PLANNER, text);
        let report = repository.report(&["--base", "main", "--policy", "permissive", "--new-only"]);
        assert_eq!(report["verdict"], "failed", "{name}");
        assert!(rules_of(&report).contains(&format!("{PLANNER} error model-unreadable")), "{name}: {report}");
        assert_eq!(report["change"]["agents"][0]["after"]["state"], "unread", "{name}");
        let printed = repository.lines(&["--base", "main"]).1.join("\n");
        assert!(!printed.contains("removed"), "{name}: {printed}");
    }
}

#[test]
fn renamed_file_that_loses_its_model_is_unreadable_whatever_its_name() {
    let repository = with_helper();
    repository.git(&["mv", PLANNER, "agents/planner/notes.yaml"]);
    repository.edit("agents/planner/notes.yaml", "aivss_threat_model: 1", "threat: 1");
    repository.commit();
    let report = repository.report(&["--base", "main"]);
    assert_eq!(rules_of(&report), ["agents/planner/notes.yaml error model-unreadable"], "{report}");
}

#[test]
fn model_that_becomes_a_report_is_weakened() {
    for text in [REPORT.to_owned(), format!("{}---\n{REPORT}", REPORT.replace("Planner", "B"))] {
        let repository = with_helper();
        repository.write(PLANNER, &text.replace("Planner", "Another"));
        let report = repository.report(&["--base", "main", "--new-only"]);
        assert_eq!(report["verdict"], "failed");
        assert!(rules_of(&report).contains(&format!("{PLANNER} error model-weakened")), "{report}");
    }
}

#[test]
fn model_that_leaves_a_file_of_several_is_reported_there() {
    let repository = with_helper();
    repository.git(&["switch", "--quiet", "main"]);
    repository.write(PLANNER, &format!("{MODEL}\n---\n{}", MODEL.replace("Planner", "Booker")));
    repository.commit();
    repository.git(&["switch", "--quiet", "--create", "third"]);
    repository.write(PLANNER, MODEL);
    let report = repository.report(&["--base", "main"]);
    assert_eq!(rules_of(&report), [format!("{PLANNER} warning model-removed")]);
    assert_eq!(report["files"][1]["diagnostics"][0]["message"], "the threat model of `Booker` was removed");
}

#[test]
fn file_outside_a_sparse_checkout_is_not_removed() {
    let repository = with_helper();
    repository.write("other/a.threat-model.yaml", &MODEL.replace("Planner", "Other"));
    repository.git(&["switch", "--quiet", "main"]);
    repository.commit();
    repository.git(&["switch", "--quiet", "--create", "third"]);
    repository.git(&["sparse-checkout", "set", "agents"]);
    assert!(!repository.path().join("other").exists());
    let (code, lines) = repository.lines(&["--base", "main"]);
    let printed = lines.join("\n");
    assert_eq!(code, 2, "{printed}");
    assert!(
        printed.contains("other/a.threat-model.yaml: cannot check: it contains a threat model in the base"),
        "{printed}"
    );
}

#[test]
fn pointer_in_the_place_of_a_model_cannot_be_checked() {
    let repository = with_helper();
    repository.write(PLANNER, "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n");
    for arguments in [&["--base", "main"][..], &[], &[PLANNER]] {
        let (code, lines) = repository.lines(arguments);
        assert_eq!(code, 2, "{lines:?}");
        assert!(lines.iter().any(|line| line.contains("git lfs pull")), "{lines:?}");
    }
    // The change that brings the file itself is checked.
    repository.git(&["switch", "--quiet", "--create", "pointer"]);
    repository.commit();
    repository.write(PLANNER, MODEL);
    assert_eq!(repository.lines(&["--base", "pointer"]).0, 0);
}

#[test]
fn folder_without_a_required_model_is_reported() {
    let repository = with_helper();
    let policy = format!("{POLICY}require: {{ models_in: ['agents/*/'] }}\n");
    repository.write("aivss-policy.yaml", &policy);
    repository.write("agents/new/agent.py", "pass\n");
    repository.write("agents/plain.txt", "no folder\n");
    assert_eq!(repository.lines(&[]).0, 0, "git does not track it yet");
    repository.git(&["add", "--all"]);
    let (code, lines) = repository.lines(&[]);
    assert_eq!((code, lines.len()), (1, 1), "{lines:?}");
    assert_eq!(lines[0], "agents/new/:1:1: error[model-missing] this folder contains no threat model");
    assert_eq!(repository.lines(&["agents/new"]).0, 2, "nothing to check");
    assert_eq!(repository.lines(&["agents/planner"]).0, 0);
    let from_below = run(&repository.path().join("agents"), &["--format", "concise"]);
    assert!(String::from_utf8(from_below.stdout).unwrap().starts_with("new/:1:1: error[model-missing]"));
    repository.commit();
    repository.git(&["branch", "with-new"]);
    assert_eq!(repository.lines(&["--base", "with-new", "--new-only"]).0, 0, "the base has it already");
    let exception = "exceptions:\n  - { rule: model-missing, path: 'agents/new/**', reason: Soon, owner: me, expires: 2099-01-01 }\n";
    repository.write("aivss-policy.yaml", &format!("{policy}{exception}"));
    assert_eq!(repository.lines(&[]).0, 0);
    repository.write("agents/new/threat-model.yaml", &MODEL.replace("Planner", "New"));
    repository.write("aivss-policy.yaml", &policy);
    assert_eq!(repository.lines(&[]).0, 0);
}

#[test]
fn format_that_cannot_express_what_the_policy_asks_for_fails() {
    let repository = Repository::new();
    repository.write("agents/report/threat-model.yaml", REPORT);
    let run = |policy: &str| {
        repository.write("p.yaml", &format!("aivss_policy: 1\nextends: [recommended]\n{policy}\n"));
        let report = repository.report(&["--policy", "p.yaml", "agents/report"]);
        rules_of(&report).iter().map(|rule| rule.rsplit(' ').next().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(run(""), [""; 0]);
    assert_eq!(run("require: { formats: [native, markdown] }"), ["format-not-allowed"]);
    assert_eq!(run("require: { owner: true }"), ["owner-missing"]);
    assert_eq!(run("limits: { score: 9.5 }"), ["format-incomplete"]);
    assert_eq!(run("limits: { open_threats: 3, uncertain_layers: 2 }"), ["format-incomplete"; 2]);
    let listed = "limits: { score: 9.5 }\nrequire: { formats: [native, owasp-report] }";
    assert_eq!(run(listed), [""; 0], "a policy that lists the format accepts what it lacks");
    let (code, lines) = repository.lines(&["--policy", "strict", "agents/report"]);
    assert_eq!(code, 1, "{lines:?}");
    assert!(lines.iter().any(|line| line.contains("owner-missing")), "{lines:?}");
}

#[test]
fn required_folders_belong_to_no_override() {
    let repository = Repository::new();
    repository.write(
        "aivss-policy.yaml",
        "aivss_policy: 1\noverrides:\n  - match: { tier: high }\n    require: { models_in: ['agents/*/'] }\n",
    );
    let (code, lines) = repository.lines(&[]);
    assert_eq!(code, 2);
    assert!(lines.iter().any(|line| line.contains("`models_in` is not allowed in an override")), "{lines:?}");
}

#[test]
fn file_without_the_marker_is_skipped_with_a_reason() {
    let repository = Repository::new();
    repository.write("agents/old/threat-model.yaml", &MODEL.replace("aivss_threat_model: 1\n", ""));
    let report = repository.report(&[]);
    assert_eq!(
        (&report["verdict"], &report["skipped"][0]),
        (&"passed".into(), &"agents/old/threat-model.yaml".into())
    );
    let remarks = report["remarks"].to_string();
    assert!(
        remarks.contains("skipped agents/old/threat-model.yaml: it looks like a threat model"),
        "{remarks}"
    );
    let (code, lines) = repository.lines(&["agents/old/threat-model.yaml"]);
    assert_eq!(code, 2);
    assert!(lines[0].contains("its first key is not `aivss_threat_model: 1`"), "{lines:?}");
}

#[test]
fn second_model_of_an_agent_is_compared_with_the_one_of_the_base() {
    let repository = Repository::new();
    let model = fs::read_to_string(repository.path().join(PLANNER)).unwrap();
    raise(&repository, PLANNER);
    let raised = fs::read_to_string(repository.path().join(PLANNER)).unwrap();
    repository
        .write("aivss-policy.yaml", "aivss_policy: 1\nextends: [recommended]\nlimits: { increase: 0.3 }\n");
    repository.write(PLANNER, &format!("{model}---\n{raised}"));
    let (code, lines) = repository.lines(&["--base", "main"]);
    assert!(code == 1 && lines.iter().any(|line| line.contains("score-increased")), "{lines:?}");
}

#[test]
fn model_that_moves_out_of_the_checked_files_is_removed_with_its_place() {
    type Change = fn(&Repository);
    let cases: [(&str, &str, Change); 6] = [
        (
            "agents",
            "; its file is now elsewhere/x.yaml, which is outside of the checked paths",
            |repository| {
                fs::create_dir(repository.path().join("elsewhere")).unwrap();
                repository.git(&["mv", PLANNER, "elsewhere/x.yaml"]);
            },
        ),
        (
            "agents",
            "; its file is now elsewhere/x.yaml, which is outside of the checked paths",
            |repository| {
                fs::create_dir(repository.path().join("elsewhere")).unwrap();
                repository.git(&["mv", PLANNER, "elsewhere/x.yaml"]);
                repository.edit("elsewhere/x.yaml", "aivss_threat_model: 1", "threat: 1");
            },
        ),
        (".", "; its file is now agents/planner/x.txt, which is not YAML, JSON or Markdown", |repository| {
            repository.git(&["mv", PLANNER, "agents/planner/x.txt"]);
        }),
        (
            ".",
            "; its file is now old/x.yaml, which is excluded by `old/**` (aivss-policy.yaml:4:10)",
            |repository| {
                fs::create_dir(repository.path().join("old")).unwrap();
                repository.git(&["mv", PLANNER, "old/x.yaml"]);
            },
        ),
        ("agents", "", |repository| {
            fs::create_dir(repository.path().join("elsewhere")).unwrap();
            fs::rename(repository.path().join(PLANNER), repository.path().join("elsewhere/x.yaml")).unwrap();
        }),
        (".", "", |repository| {
            repository.git(&["rm", "--quiet", PLANNER]);
            let helper = "agents/helper.threat-model.yaml";
            repository.git(&["mv", helper, "agents/both.threat-model.yaml"]);
        }),
    ];
    for (paths, moved, change) in cases {
        let repository = with_helper();
        repository.git(&["switch", "--quiet", "main"]);
        repository.write("aivss-policy.yaml", &format!("{POLICY}files: {{ exclude: ['old/**'] }}\n"));
        repository.commit();
        repository.git(&["switch", "--quiet", "--force-create", "second"]);
        change(&repository);
        let report = repository.report(&["--base", "main", "--new-only", paths]);
        assert_eq!(rules_of(&report), [format!("{PLANNER} warning model-removed")], "{moved}");
        let files = report["files"].as_array().unwrap();
        let message =
            files.iter().find_map(|file| file["diagnostics"][0]["message"].as_str()).unwrap_or_default();
        assert_eq!(message, format!("the threat model of `Planner` was removed{moved}"));
        let agents = report["change"]["agents"].as_array().unwrap();
        let removed = agents.iter().find(|agent| agent["name"] == "Planner").unwrap();
        assert_eq!(removed["after"]["state"], "absent", "{moved}");
    }
}

#[test]
fn unchecked_copy_does_not_take_the_place_of_a_renamed_model() {
    let repository = with_helper();
    repository.write("elsewhere/x.yaml", MODEL);
    repository.git(&["mv", "agents/planner", "agents/moved"]);
    let moved = "agents/moved/threat-model.yaml";
    repository.edit(moved, "name: Planner", "name: Other");
    repository.edit(moved, "threat_multiplier: 0.97", "threat_multiplier: 1.0");
    repository.commit();
    let report = repository.report(&["--base", "main", "agents"]);
    assert_eq!(report["change"]["agents"][0]["renamed_from"], PLANNER, "{report}");
    assert!(!rules_of(&report).iter().any(|rule| rule.contains("model-removed")), "{report}");
}

#[test]
fn new_model_that_lacks_what_a_removed_one_has_is_weakened() {
    let changes: [fn(&Repository); 3] = [
        |repository| {
            repository.git(&["mv", "agents/planner", "agents/moved"]);
            let text = REPORT.replace("Planner", "Another");
            repository.write("agents/moved/threat-model.yaml", &text);
        },
        |repository| {
            repository.git(&["rm", "--quiet", PLANNER]);
            let helper = MODEL.replace("Planner", "Helper");
            let text = format!("{helper}---\n{}", REPORT.replace("Planner", "Another"));
            repository.write("agents/helper.threat-model.yaml", &text);
        },
        |repository| {
            repository.git(&["mv", "agents/planner", "agents/moved"]);
            let (above, _) = MODEL.split_once("maestro:").unwrap();
            repository.write("agents/moved/threat-model.yaml", &above.replace("Planner", "Another"));
        },
    ];
    for change in changes {
        let repository = with_helper();
        change(&repository);
        repository.git(&["add", "--all"]);
        let report = repository.report(&["--base", "main", "--new-only"]);
        assert_eq!(report["verdict"], "failed", "{report}");
        let rules = rules_of(&report);
        assert!(rules.iter().any(|rule| rule.ends_with("error model-weakened")), "{rules:?}");
    }
}

/// The planner's repository with a policy that asks for a threat model in each folder of `agents`.
fn with_required_models() -> Repository {
    let repository = with_helper();
    repository.write("aivss-policy.yaml", &format!("{POLICY}require: {{ models_in: ['agents/*/'] }}\n"));
    repository.commit();
    repository
}

#[test]
fn required_model_is_in_the_folder_itself_or_in_its_docs() {
    let model = MODEL.replace("Planner", "New");
    let page = format!("# New\n\n```yaml\n{model}```\n");
    let rows = [
        ("agents/new/threat-model.yaml", &model, true),
        ("agents/new/notes.yaml", &model, true),
        ("agents/new/README.md", &page, true),
        ("agents/new/docs/security/threat-model.yaml", &model, true),
        ("agents/new/threat-models/new.yaml", &model, true),
        ("agents/new/node_modules/x/threat-model.yaml", &model, false),
        ("agents/new/.hidden/docs/threat-model.yaml", &model, false),
        ("agents/new/tests/fixtures/threat-model.yaml", &model, false),
        ("agents/new.threat-model.yaml", &model, false),
        ("agents/new/threat-model.yaml", &REPORT.replace("Planner", "New"), true),
    ];
    for (path, text, is_met) in rows {
        let repository = with_required_models();
        repository.write("agents/new/agent.py", "pass\n");
        repository.write(path, text);
        repository.commit();
        for arguments in [&[][..], &["--base", "main", "--new-only"], &["agents"]] {
            let report = repository.report(arguments);
            let missing = rules_of(&report).contains(&"agents/new/ error model-missing".to_owned());
            assert_eq!(missing, !is_met, "{path} {arguments:?}: {report}");
        }
    }
}

#[test]
fn required_model_has_an_allowed_format_and_is_not_excluded() {
    let exclude = "files: { exclude: ['agents/new/**'] }\n";
    for (more, extra) in [("", exclude), (", formats: [native]", "rules: { format-not-allowed: off }\n")] {
        let repository = Repository::new();
        let policy = format!("{POLICY}require: {{ models_in: ['agents/*/']{more} }}\n{extra}");
        repository.write("aivss-policy.yaml", &policy);
        repository.write("agents/new/threat-model.yaml", &REPORT.replace("Planner", "New"));
        repository.commit();
        let rules = rules_of(&repository.report(&[]));
        assert!(rules.contains(&"agents/new/ error model-missing".to_owned()), "{policy}: {rules:?}");
    }
}

#[cfg(unix)]
#[test]
fn link_meets_no_requirement_of_a_model() {
    use std::os::unix::fs::symlink;
    type Change = fn(&Repository);
    let own = "this folder contains no threat model";
    let link = "this folder is a link, so it contains no threat model of its own";
    let cases: [(&str, &str, Change); 5] = [
        ("agents/new/", own, |repository| {
            repository.write("agents/new/agent.py", "pass\n");
            let at = repository.path().join("agents/new/threat-model.yaml");
            symlink("../planner/threat-model.yaml", at).unwrap();
        }),
        ("agents/new/", own, |repository| {
            repository.write("agents/new/agent.py", "pass\n");
            repository.write("docs/threat-model.yaml", &MODEL.replace("Planner", "New"));
            symlink("../../docs", repository.path().join("agents/new/docs")).unwrap();
        }),
        ("agents/new/", link, |repository| {
            repository.write("real/agent.py", "pass\n");
            symlink("../real", repository.path().join("agents/new")).unwrap();
        }),
        ("agents/new/", link, |repository| {
            symlink("nowhere", repository.path().join("agents/new")).unwrap();
        }),
        ("agents/", link, |repository| {
            repository.git(&["mv", "agents", "real"]);
            symlink("real", repository.path().join("agents")).unwrap();
        }),
    ];
    for (folder, message, change) in cases {
        let repository = with_required_models();
        change(&repository);
        repository.commit();
        let lines = repository.lines(&[]).1;
        let expected = format!("{folder}:1:1: error[model-missing] {message}");
        assert!(lines.contains(&expected), "{lines:?}");
        // The same in a commit, where it is known.
        assert_eq!(repository.lines(&["--base", "HEAD", "--new-only"]).0, 0, "{folder} {message}");
    }
    // A link to a file is not a folder.
    let repository = with_required_models();
    symlink("../aivss-policy.yaml", repository.path().join("agents/link")).unwrap();
    repository.commit();
    assert_eq!(repository.lines(&[]).0, 0);
}

#[test]
fn submodule_meets_no_requirement_of_a_model() {
    let message = "this folder is a submodule, so it contains no threat model of this repository";
    for (module, expected) in
        [("agents/new", Some("agents/new/")), ("vendor/new", None), ("agents", Some("agents/"))]
    {
        let repository = with_required_models();
        repository.write("aivss.yaml", &MODEL.replace("Planner", "Root"));
        if module == "agents" {
            repository.git(&["rm", "-r", "--quiet", "agents"]);
        }
        let folder = repository.path().join(module);
        fs::create_dir_all(&folder).unwrap();
        git(&folder, &["init", "--quiet", "."]);
        write(&folder, "threat-model.yaml", MODEL.replace("Planner", "New"));
        commit(&folder, "a step");
        repository.commit();
        let lines = repository.lines(&["."]).1;
        let found: Vec<&String> = lines.iter().filter(|line| line.contains("model-missing")).collect();
        let expected = expected.map(|folder| format!("{folder}:1:1: error[model-missing] {message}"));
        assert_eq!(found, expected.iter().collect::<Vec<_>>(), "{module}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn required_folders_match_in_any_case_and_without_ignored_files() {
    let repository = with_required_models();
    repository.write("Agents/New/agent.py", "pass\n");
    repository.write("agents/.gitignore", "tmp/\n");
    repository.write("agents/tmp/a", "");
    repository.commit();
    let lines = repository.lines(&[]).1;
    assert_eq!(lines, ["Agents/New/:1:1: error[model-missing] this folder contains no threat model"]);
}

/// A clone of a repository, from which it may fetch by a filter and by any id.
fn clone_of(repository: &Repository, arguments: &[&str]) -> TempDir {
    for key in ["uploadpack.allowFilter", "uploadpack.allowAnySHA1InWant"] {
        repository.git(&["config", key, "true"]);
    }
    let clone = TempDir::new().unwrap();
    let url = format!("file://{}", repository.path().display());
    let fixed = ["clone", "--quiet", "--no-checkout", "--branch", "change"];
    git(clone.path(), &[&fixed, arguments, &[url.as_str(), "."]].concat());
    clone
}

/// The exit status of a run on a clone, and its concise report.
fn checked(clone: &TempDir, arguments: &[&str]) -> (i32, String) {
    let fixed = ["--base", "origin/main", "--policy-from", "origin/main", "--format", "concise"];
    let output = run(clone.path(), &[&fixed, arguments].concat());
    (output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap())
}

/// The planner's repository with a second model in another folder, which the change raises.
fn with_other() -> Repository {
    let repository = Repository::new();
    repository.git(&["switch", "--quiet", "main"]);
    repository.write("other/b/threat-model.yaml", &MODEL.replace("Planner", "Other"));
    repository.commit();
    repository.git(&["switch", "--quiet", "--force-create", "change"]);
    raise(&repository, "other/b/threat-model.yaml");
    repository.write("agents/README.md", "text\n");
    repository.commit();
    repository
}

#[test]
fn partial_clone_is_reported_with_a_sufficient_fetch() {
    let repository = with_other();
    let clone = clone_of(&repository, &["--filter=blob:none"]);
    git(clone.path(), &["checkout", "--quiet", "change"]);
    let main = git(repository.path(), &["rev-parse", "main"]);
    let (code, printed) = checked(&clone, &[]);
    let fetch = format!("git fetch --refetch --no-filter origin {main}");
    assert_eq!(code, 2, "{printed}");
    assert!(printed.contains("other/b/threat-model.yaml: cannot check: in the base:"), "{printed}");
    assert!(printed.contains(&format!("`{fetch}`")) && !printed.contains("new"), "{printed}");
    git(clone.path(), &["fetch", "--quiet", "--refetch", "--no-filter", "origin", &main]);
    let (code, printed) = checked(&clone, &[]);
    assert!(code == 1 && printed.contains("the limit is 9.5"), "{printed}");
}

#[test]
fn missing_file_outside_of_the_paths_does_not_count() {
    let repository = with_other();
    let clone = clone_of(&repository, &["--filter=blob:none"]);
    git(clone.path(), &["sparse-checkout", "set", "agents"]);
    git(clone.path(), &["checkout", "--quiet", "change"]);
    assert_eq!(checked(&clone, &["agents"]), (0, String::new()));
    let (code, printed) = checked(&clone, &[]);
    assert!(
        code == 2 && printed.contains("git sparse-checkout add") && !printed.contains("removed"),
        "{printed}"
    );
    // What is gone there can be what came here.
    let repository = with_other();
    repository.git(&["mv", "other/b", "agents/b"]);
    repository.commit();
    let clone = clone_of(&repository, &["--filter=blob:none"]);
    git(clone.path(), &["checkout", "--quiet", "change"]);
    let (code, printed) = checked(&clone, &["agents"]);
    assert!(
        code == 2 && printed.contains("other/b/threat-model.yaml: cannot check: in the base:"),
        "{printed}"
    );
}

#[test]
fn file_that_a_sparse_checkout_leaves_out_is_not_removed_wherever_it_moves() {
    type Change = fn(&Repository);
    let changes: [Change; 3] = [
        |_| {},
        |repository| repository.git(&["mv", "agents/planner/threat-model.yaml", "other/a.yaml"]),
        |repository| {
            repository.git(&["mv", "other/b", "other/c"]);
            repository.edit("other/c/threat-model.yaml", "name: Other", "name: Another");
        },
    ];
    for (at, change) in changes.into_iter().enumerate() {
        let repository = with_other();
        repository.write("agents/helper.threat-model.yaml", &MODEL.replace("Planner", "Helper"));
        change(&repository);
        repository.commit();
        let clone = clone_of(&repository, &[]);
        git(clone.path(), &["sparse-checkout", "set", "agents"]);
        git(clone.path(), &["checkout", "--quiet", "change"]);
        let (code, printed) = checked(&clone, &[]);
        assert!(code == 2 && !printed.contains("removed"), "{at}: {printed}");
        let output = run(clone.path(), &["--base", "origin/main"]);
        let human = String::from_utf8(output.stdout).unwrap();
        assert!(!human.contains("removed"), "{at}: {human}");
    }
}

#[test]
fn policy_and_rules_that_a_sparse_checkout_leaves_out_are_not_ignored() {
    let repository = Repository::new();
    repository.git(&["mv", "aivss-policy.yaml", "root.yaml"]);
    repository.write("policies/a.rego", "package main\n");
    repository.write(".github/aivss-policy.yaml", "aivss_policy: 1\nlimits: { score: 1.0 }\n");
    repository.write("root.yaml", "aivss_policy: 1\nrego: [policies]\n");
    repository.commit();
    let clone = clone_of(&repository, &[]);
    git(clone.path(), &["sparse-checkout", "set", "agents"]);
    git(clone.path(), &["checkout", "--quiet", "change"]);
    let refused = |arguments: &[&str], words: &str| {
        let output = run(clone.path(), arguments);
        let printed = String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
        assert!(output.status.code() == Some(2) && printed.contains(words), "{arguments:?}: {printed}");
    };
    for path in ["agents", PLANNER] {
        refused(&[path], "policy .github/aivss-policy.yaml: not in the working folder");
        refused(&["--policy", "root.yaml", path], "policies/a.rego: not in the working folder");
    }
    assert_eq!(run(clone.path(), &["--policy", "recommended", "agents"]).status.code(), Some(0));
}

/// A branch without history whose only commit has a wrong score.
fn unrelated() -> Repository {
    let repository = with_helper();
    repository.git(&["switch", "--quiet", "main"]);
    repository.edit(PLANNER, "score: 9.4", "score: 9.1");
    repository.commit();
    repository.git(&["switch", "--quiet", "--orphan", "new"]);
    let wrong = MODEL.replace("score: 9.4", "score: 9.1");
    repository.write(PLANNER, &wrong);
    repository.write("aivss-policy.yaml", POLICY);
    repository.commit();
    repository
}

#[test]
fn unrelated_history_is_compared_as_it_is_and_every_problem_counts() {
    let repository = unrelated();
    let report = repository.report(&["--base", "main", "--policy-from", "main", "--new-only"]);
    assert_eq!(report["verdict"], "failed");
    let helper = "agents/helper.threat-model.yaml warning model-removed".to_owned();
    assert_eq!(rules_of(&report), [format!("{PLANNER} error score-mismatch"), helper]);
    let remark = report["remarks"][0].as_str().unwrap();
    assert!(remark.starts_with("main (") && remark.contains("has no commit in common"), "{remark}");
    assert!(remark.ends_with("every problem counts as new"), "{remark}");
    for arguments in [&["diff", "main"][..], &["report", "--base", "main", "--output", "a.html"]] {
        assert_eq!(repository.run(arguments).status.code(), Some(0), "{arguments:?}");
    }
}

#[test]
fn id_of_zeros_is_not_a_base_and_every_problem_counts() {
    let repository = unrelated();
    for zeros in ["0".repeat(40), "0".repeat(64)] {
        let report = repository.report(&["--base", &zeros, "--new-only"]);
        assert_eq!((&report["verdict"], &report["change"]), (&"failed".into(), &Value::Null));
        assert!(report["remarks"].to_string().contains("no base: "), "{report}");
        let refused = repository.run(&["--base", &zeros, "--policy-from", &zeros]);
        assert_eq!(refused.status.code(), Some(2), "a policy is from somewhere");
    }
}

#[test]
fn missing_commit_cannot_be_compared_with() {
    let repository = unrelated();
    let gone = "1234567890".repeat(4);
    let output = repository.run(&["--base", &gone]);
    let printed = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(printed.contains("there is no commit") && printed.contains("git fetch origin <id>"), "{printed}");
}

#[test]
fn unchanged_model_is_checked_again_where_its_evidence_is_gone() {
    let repository = with_helper();
    let evidence = "  mitigation_factor: partial\n  mitigation_evidence: ./tests/limit.md\n";
    let model = MODEL.replace("  mitigation_factor: 1.0\n", evidence);
    assert_ne!(model, MODEL);
    repository.git(&["switch", "--quiet", "main"]);
    repository.write(PLANNER, &model.replace("score: 9.4", "score: 7.8"));
    repository.write("agents/planner/tests/limit.md", "# A test\n");
    repository.commit();
    repository.git(&["switch", "--quiet", "--force-create", "second"]);
    assert_eq!(rules_of(&repository.report(&["--base", "main"])), [""; 0]);
    repository.git(&["rm", "--quiet", "agents/planner/tests/limit.md"]);
    let rules = rules_of(&repository.report(&["--base", "main", "--new-only"]));
    assert_eq!(rules, [format!("{PLANNER} error evidence-not-found")]);
}

#[test]
fn unchanged_model_next_to_a_second_one_of_its_agent_is_compared() {
    let repository = with_helper();
    // The unchanged file no longer continues itself: a file before it takes its name.
    repository.write("agents/a.threat-model.yaml", &MODEL.replace("Planner", "Helper"));
    repository.edit("agents/helper.threat-model.yaml", "name: Helper", "name: Planner");
    repository.commit();
    let once = repository.report(&["--base", "main", "agents"]);
    let names = |report: &Value| report["change"]["agents"].to_string();
    assert_eq!(names(&once), names(&repository.report(&["--base", "main"])));
    assert_eq!(once["change"]["agents"].as_array().unwrap().len(), 2, "{once}");
}

/// The object of an unchanged file is not needed: its id proves that the checkout has the same bytes.
#[test]
fn unchanged_file_is_not_read_from_the_base() {
    let repository = Repository::new();
    repository.write("agents/other/threat-model.yaml", &other("helper"));
    repository.commit();
    let base = git(repository.path(), &["rev-parse", "HEAD"]);
    raise(&repository, PLANNER);
    let before = repository.lines(&["--base", &base]);
    let id = git(repository.path(), &["rev-parse", "HEAD:agents/other/threat-model.yaml"]);
    let object = repository.path().join(".git/objects").join(&id[..2]).join(&id[2..]);
    fs::remove_file(object).unwrap();
    assert_eq!(repository.lines(&["--base", &base]), before);
    // Another file needs it.
    repository.edit("agents/other/threat-model.yaml", "helper", "assistant");
    assert_eq!(repository.lines(&["--base", &base]).0, 2);
}

#[test]
fn change_that_the_index_does_not_record_is_compared() {
    let settings: [&[&str]; 3] = [
        &["update-index", "--assume-unchanged", PLANNER],
        &["update-index", "--skip-worktree", PLANNER],
        &["config", "core.checkStat", "minimal"],
    ];
    for setting in settings {
        let repository = Repository::new();
        repository.edit("aivss-policy.yaml", "score: 9.5, increase: 0.5", "increase: 0.3");
        let path = repository.path().join(PLANNER);
        let time = fs::metadata(&path).unwrap().modified().unwrap();
        repository.git(setting);
        // The same number of bytes at the same time.
        raise(&repository, PLANNER);
        fs::File::options().write(true).open(path).unwrap().set_modified(time).unwrap();
        let (code, lines) = repository.lines(&["--base", "main"]);
        assert_eq!((code, lines[0].contains("from 9.4 by 0.4")), (1, true), "{setting:?}: {lines:?}");
    }
}

#[test]
fn unchanged_problem_is_known_in_a_repository_of_either_hash_and_with_rewritten_line_breaks() {
    for format in ["sha1", "sha256"] {
        let repository = Repository(TempDir::new().unwrap());
        repository.git(&["init", "--quiet", "--initial-branch=main", "--object-format", format, "."]);
        repository.write(PLANNER, &MODEL.replace("score: 9.4", "score: 9.1"));
        repository.write("agents/other/threat-model.yaml", &other("helper"));
        repository.commit();
        let url = format!("file://{}", repository.path().display());
        for setting in ["core.autocrlf=false", "core.autocrlf=true"] {
            let clone = TempDir::new().unwrap();
            git(clone.path(), &["clone", "--quiet", "--config", setting, &url, "."]);
            let output = run(clone.path(), &["--base", "origin/main", "--new-only"]);
            assert_eq!(output.status.code(), Some(0), "{format} {setting}: {output:?}");
        }
    }
}
