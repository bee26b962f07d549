//! The GitHub action without GitHub: each case is a job in a scratch folder, run by the small runner in
//! `action/runner.rs`. Only what reaches the network is a stub.
//!
//! Not on Windows, where `bash` may be another system's; there the action is run by its own workflow.
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::Command;

use crate::git::{commit, git, write};
use crate::runner::{Job, Ran, TOKEN, action};
use serde_json::{Value, json};

const GOOD: &str = include_str!("../../examples/smolagents/threat-model.yaml");
const WRONG: &str = include_str!("../../examples/owasp-0.5/01-tool-misuse.threat-model.yaml");
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// A job without a particular event, whose workspace contains one file.
fn plain(test: &str, model: &str) -> Job {
    let job = Job::new(test);
    write(&job.workspace(), "threat-model.yaml", model);
    job
}

/// A history at an origin: two commits, a branch with two of its own, and what GitHub makes of merging it.
struct History {
    base: String,
    head: String,
    merge: String,
}

fn history(job: &Job) -> History {
    let work = job.folder.join("work");
    fs::create_dir_all(&work).unwrap();
    git(&work, &["init", "--quiet"]);
    write(&work, "threat-model.yaml", GOOD);
    commit(&work, "one");
    git(&work, &["switch", "--quiet", "--create", "feature"]);
    write(&work, "first.threat-model.yaml", GOOD);
    commit(&work, "two");
    write(&work, "second.threat-model.yaml", GOOD);
    let head = commit(&work, "three");
    git(&work, &["switch", "--quiet", "main"]);
    write(&work, "README.md", "An agent.\n");
    let base = commit(&work, "four");
    git(&work, &["switch", "--quiet", "--detach"]);
    git(&work, &["merge", "--quiet", "--no-ff", "--message", "merge", "feature"]);
    let merge = git(&work, &["rev-parse", "HEAD"]);
    git(&work, &["update-ref", "refs/pull/7/merge", &merge]);
    git(&job.folder, &["clone", "--quiet", "--mirror", "work", "origin.git"]);
    History { base, head, merge }
}

/// Checks out one commit of the origin, as `actions/checkout` does with its default depth.
fn check_out(job: &Job, revision: &str) {
    let workspace = job.workspace();
    let origin = format!("file://{}", job.folder.join("origin.git").display());
    git(&workspace, &["init", "--quiet"]);
    git(&workspace, &["remote", "add", "origin", &origin]);
    git(&workspace, &["fetch", "--quiet", "--depth=1", "origin", revision]);
    git(&workspace, &["checkout", "--quiet", "--detach", revision]);
}

fn pull_request(base: &str, repository: &str) -> Value {
    json!({ "pull_request": {
        "number": 7,
        "base": { "sha": base },
        "head": { "repo": { "full_name": repository } },
    } })
}

/// A pull request from the repository itself, checked out at its merge commit.
fn merged(test: &str) -> (Job, History) {
    let job = Job::new(test);
    let history = history(&job);
    check_out(&job, &history.merge);
    let mut event = pull_request(&history.base, "owner/agents");
    event["pull_request"]["head"]["sha"] = json!(history.head);
    let job = job
        .on("pull_request", event)
        .variable("GITHUB_SHA", &history.merge)
        .variable("GITHUB_REF", "refs/pull/7/merge");
    (job, history)
}

fn is_shallow(job: &Job) -> bool {
    git(&job.workspace(), &["rev-parse", "--is-shallow-repository"]) == "true"
}

/// The value after an option in the one call of the program.
fn option<'c>(calls: &'c [Vec<String>], name: &str) -> Option<&'c str> {
    assert_eq!(calls.len(), 1, "one call and no more: {calls:?}");
    let place = calls[0].iter().position(|argument| argument == name)?;
    Some(&calls[0][place + 1])
}

fn assert_cannot_check(ran: &Ran, because: &str) {
    assert_eq!(ran.code, 2, "{}", ran.log);
    assert_eq!((ran.output("verdict"), ran.output("exit-code")), ("cannot-judge", "2"));
    assert!(ran.log.contains(because), "{because} is not in:\n{}", ran.log);
}

// Verdicts.

#[test]
fn correct_model_passes() {
    let job = plain("passes", GOOD);
    let ran = job.run();
    assert_eq!(ran.code, 0, "{}", ran.log);
    assert_eq!((ran.output("verdict"), ran.output("exit-code")), ("passed", "0"));
    let counts = ["errors", "warnings", "notes"].map(|name| ran.output(name));
    assert_eq!(counts, ["0", "0", "0"]);
    assert_eq!((ran.output("highest-score"), ran.output("highest-severity")), ("6.5", "Medium"));
    let report: Value = serde_json::from_slice(&fs::read(ran.output("report-json")).unwrap()).unwrap();
    assert_eq!(report["verdict"], "passed");
    let sarif: Value = serde_json::from_slice(&fs::read(ran.output("report-sarif")).unwrap()).unwrap();
    assert_eq!(sarif["version"], "2.1.0");
    assert!(ran.summary.starts_with("<!-- aivss-lint -->\n"), "{}", ran.summary);
    assert_eq!(ran.summary, fs::read_to_string(ran.output("report-markdown")).unwrap());
    assert_eq!(job.calls().len(), 1);
    assert_eq!(ran.used, []);
    assert_eq!(job.log_of("gh") + &job.log_of("curl") + &job.log_of("cargo"), "");
}

#[test]
fn wrong_model_fails_and_is_reported() {
    let ran = plain("fails", WRONG).run();
    assert_eq!(ran.code, 1, "{}", ran.log);
    assert_eq!((ran.output("verdict"), ran.output("exit-code")), ("failed", "1"));
    assert_eq!((ran.output("errors"), ran.output("highest-score")), ("2", "8.0"));
    assert!(ran.summary.starts_with("<!-- aivss-lint -->\n"), "{}", ran.summary);
    assert!(Path::new(ran.output("report-sarif")).exists());
    assert!(ran.commands().iter().any(|command| command.starts_with("::error file=")), "{}", ran.log);
}

#[test]
fn nothing_to_check_does_not_pass() {
    let ran = Job::new("nothing").run();
    assert_cannot_check(&ran, "");
    assert_eq!((ran.output("errors"), ran.output("highest-score")), ("0", ""));
}

#[test]
fn broken_policy_does_not_pass() {
    let job = plain("broken-policy", GOOD).with("policy", "broken.yaml");
    write(&job.workspace(), "broken.yaml", "aivss_policy: 1\nlimit: 3\n");
    assert_cannot_check(&job.run(), "broken.yaml");
}

#[test]
fn inputs_become_options() {
    let job = Job::new("options")
        .with("paths", "\n  one\r\n\ttwo words \n-three\n")
        .with("policy", "strict")
        .with("fail-on", "note")
        .with("working-directory", "deep down");
    job.stub("instead", "exit 2");
    fs::create_dir_all(job.workspace().join("deep down")).unwrap();
    job.run();
    let calls = job.calls();
    assert_eq!(option(&calls, "--policy"), Some("strict"));
    assert_eq!(option(&calls, "--fail-on"), Some("note"));
    assert_eq!(option(&calls, "--base"), None);
    assert_eq!(option(&calls, "--policy-from"), None);
    let paths: Vec<&String> = calls[0].iter().skip_while(|argument| *argument != "--").skip(1).collect();
    assert_eq!(paths, ["one", "two words", "-three"]);
}

#[test]
fn action_runs_in_the_working_directory() {
    let job = Job::new("folder").with("working-directory", "deep down");
    write(&job.workspace(), "threat-model.yaml", WRONG);
    write(&job.workspace(), "deep down/threat-model.yaml", GOOD);
    assert_eq!(job.run().output("verdict"), "passed");
}

#[test]
fn summary_and_annotations_can_be_turned_off() {
    let ran = plain("quiet", WRONG).with("summary", "false").with("annotations", "false").run();
    assert_eq!((ran.code, ran.summary.as_str()), (1, ""));
    assert_eq!(ran.commands(), ["::error title=aivss-lint::The gate failed. The report says why."]);
}

#[test]
fn input_that_is_neither_true_nor_false_is_refused() {
    for input in ["summary", "annotations", "new-only"] {
        let job = plain("neither", GOOD).with(input, "yes");
        assert_cannot_check(&job.run(), &format!("the input {input} is true or false, not yes"));
        assert_eq!(job.calls().len(), 0);
    }
}

#[test]
fn input_that_names_nothing_is_refused() {
    assert_cannot_check(&plain("no-paths", GOOD).with("paths", " \n").run(), "names nothing");
    assert_cannot_check(&plain("no-folder", GOOD).with("working-directory", "gone").run(), "no folder gone");
}

// Programs that fail.

#[test]
fn missing_program_does_not_pass() {
    let ran = plain("missing", GOOD).with("binary", "/nowhere/aivss-lint").run();
    assert_cannot_check(&ran, "there is no program /nowhere/aivss-lint");
    let gone = plain("gone", GOOD);
    gone.stub("instead", "exit 127");
    assert_cannot_check(&gone.run(), "ended with 127");
}

/// The report of a run that passes, as the program would write it.
const PASSED: &str = r#"{
  "verdict": "passed",
  "exit_code": 0,
  "summary": {
    "errors": 0,
    "warnings": 0,
    "notes": 0,
    "worst": null
  }
}"#;

/// A script in place of the program: it leaves the report and ends with the code.
fn instead(report: &str, code: u8) -> String {
    format!(
        "while [[ $1 != --output ]]; do shift; done\ncat >\"$2\" <<'END'\n{report}\nEND\necho half a line\nexit {code}\n"
    )
}

#[test]
fn report_counts_only_with_the_matching_exit_status() {
    let sound = Job::new("report-sound");
    // Figures of something else are not the summary's.
    let change = "  \"change\": {\n    \"errors\": 9\n  },\n  \"summary\"";
    sound.stub("instead", &instead(&PASSED.replace("  \"summary\"", change), 0));
    assert_eq!(sound.run().output("verdict"), "passed");

    let failed = PASSED.replace("\"passed\"", "\"failed\"");
    let twice = PASSED.replace("  \"exit_code\"", "  \"verdict\": \"passed\",\n  \"exit_code\"");
    let uncounted = PASSED.replace("\"errors\": 0", "\"errors\": null");
    let cases: [(&str, String, u8); 9] = [
        ("crashed", PASSED.to_owned(), 139),
        ("stopped", PASSED.to_owned(), 1),
        ("contradiction", failed, 0),
        ("twice", twice, 0),
        ("uncounted", uncounted, 0),
        ("half", PASSED[..60].to_owned(), 0),
        ("empty", String::new(), 0),
        ("one line", PASSED.replace('\n', ""), 0),
        ("unknown", PASSED.replace("passed", "splendid"), 0),
    ];
    for (name, report, code) in cases {
        let job = Job::new("report-unsound");
        job.stub("instead", &instead(&report, code));
        let ran = job.run();
        assert_eq!(ran.code, 2, "{name}");
        assert_cannot_check(&ran, "left no report that goes with it");
        assert_eq!((ran.output("report-json"), ran.output("errors")), ("", ""), "{name}");
    }

    let silent = Job::new("report-missing");
    silent.stub("instead", "exit 0");
    assert_cannot_check(&silent.run(), "left no report that goes with it");
}

#[test]
fn score_within_a_text_is_not_the_highest() {
    let job = Job::new("forged-score");
    let worst = PASSED.replace(
        "null",
        "{\n      \"score\": 6.5,\n      \"severity\": \"Medium\",\n      \"path\": \"a\\n      \\\"score\\\": 0.0,\"\n    }",
    );
    job.stub("instead", &instead(&worst, 0));
    let ran = job.run();
    assert_eq!((ran.output("highest-score"), ran.output("highest-severity")), ("6.5", "Medium"));
}

// Hostile content.

#[test]
fn hostile_names_do_not_run_or_forge_commands() {
    let name = "$(touch spliced)`touch spliced`\n::error::forged\nverdict=passed\n'\"; touch spliced; \".threat-model.yaml";
    let agent = "\"A\\n::error::forged\\n##[error]forged\\n::set-output name=verdict::passed\\nverdict=passed $(touch spliced)\"";
    let job = Job::new("hostile");
    let model =
        WRONG.replace("Travel booking agent", agent).replace("aars: 8.5", "aars: \"\\n::error::forged\"");
    assert!(model.contains(agent));
    write(&job.workspace(), name, &model);
    let ran = job.run();
    assert_eq!(ran.code, 1, "{}", ran.log);
    assert_eq!((ran.output("verdict"), ran.output("highest-score")), ("failed", "8.0"));
    assert!(ran.commands().iter().all(|command| !command.starts_with("::error::forged")), "{}", ran.log);
    assert!(ran.commands().iter().all(|command| !command.starts_with("##[")), "{}", ran.log);
    assert!(ran.commands().iter().all(|command| !command.starts_with("::set-output")), "{}", ran.log);
    let known = ["errors", "warnings", "notes", "highest-score", "highest-severity", "verdict", "exit-code"];
    let known: Vec<String> = known
        .iter()
        .chain(&["report-json", "report-sarif", "report-markdown"])
        .map(|name| format!("run.{name}"))
        .collect();
    let set = ran.steps.keys().filter(|name| name.starts_with("run."));
    assert!(set.clone().all(|name| known.contains(name)), "{:?}", ran.steps);
    assert!(!job.workspace().join("spliced").exists());
}

#[test]
fn log_is_closed_to_commands_while_the_program_writes() {
    let job = Job::new("closed");
    job.stub("instead", "printf '::error::forged\\n::stop-commands::x\\n::x::\\n##[error]forged'; exit 2");
    let ran = job.run();
    let only = ["::error title=aivss-lint::The threat models could not be checked. The log has the reason."];
    assert_eq!(ran.commands(), only, "{}", ran.log);
}

#[test]
fn annotations_file_can_only_contain_annotations() {
    let job = Job::new("annotations");
    job.stub(
        "instead",
        "while [[ $1 != github ]]; do shift; done\nprintf '::warning file=a::b\\n::set-env name=PATH::x\\n##[error]x\\n' >\"$3\"\nexit 2",
    );
    let ran = job.run();
    assert_eq!(ran.commands()[0], "::warning file=a::b");
    assert_eq!(ran.commands().len(), 2, "{}", ran.log);
}

#[test]
fn inputs_are_not_run_as_code() {
    let value = "$(touch spliced)\"; touch spliced; '`touch spliced`";
    for input in action()["inputs"].as_object().unwrap().keys() {
        let job = plain("inputs", GOOD).with(input, value);
        job.run();
        assert!(!job.workspace().join("spliced").exists(), "{input}");

        let job = plain("inputs", GOOD).with(input, "x\r\n::error::forged\r\n##[error]forged");
        let ran = job.run();
        assert!(ran.commands().iter().all(|command| !command.starts_with("::error::forged")), "{}", ran.log);
        assert!(ran.commands().iter().all(|command| !command.starts_with("##[")), "{}", ran.log);
    }
}

// Base and policy.

#[test]
fn merge_commit_is_deepened_by_one() {
    let (job, history) = merged("deepened");
    assert!(is_shallow(&job));
    let ran = job.run();
    assert_eq!(ran.code, 0, "{}", ran.log);
    let calls = job.calls();
    assert_eq!(option(&calls, "--base"), Some(history.base.as_str()));
    assert_eq!(option(&calls, "--policy-from"), Some(history.base.as_str()));
    assert!(is_shallow(&job), "more was fetched than needed");
    let here = git(&job.workspace(), &["rev-list", "--count", "HEAD"]);
    assert_eq!(here, "3", "the merge commit and its parents");
}

#[test]
fn head_checkout_gets_the_history_it_needs() {
    let job = Job::new("head-checkout");
    let history = history(&job);
    check_out(&job, &history.head);
    let job = job
        .on("pull_request", pull_request(&history.base, "owner/agents"))
        .variable("GITHUB_SHA", &history.merge)
        .variable("GITHUB_REF", "refs/pull/7/merge");
    let ran = job.run();
    assert_eq!(ran.code, 0, "{}", ran.log);
    assert_eq!(option(&job.calls(), "--base"), Some(history.base.as_str()));
    let common = git(&job.workspace(), &["merge-base", &history.base, "HEAD"]);
    assert_eq!(git(&job.workspace(), &["log", "--format=%s", "-1", &common]), "one");
}

/// The author of a merge commit that is not GitHub's chooses its parents, and with them the policy.
#[test]
fn merge_commit_of_the_author_does_not_set_the_policy() {
    let job = Job::new("author-merge");
    let history = history(&job);
    check_out(&job, &history.merge);
    let job = job
        .on("pull_request", pull_request(&history.base, "owner/agents"))
        .variable("GITHUB_SHA", &history.head)
        .variable("GITHUB_REF", "refs/pull/7/merge");
    let workspace = job.workspace();
    git(&workspace, &["fetch", "--quiet", "--unshallow", "origin", &history.merge]);
    // The author's own merge: its first parent is the author's commit.
    git(&workspace, &["checkout", "--quiet", "--detach", &history.head]);
    git(&workspace, &["merge", "--quiet", "--no-ff", "--message", "mine", &history.base]);
    assert_eq!(git(&workspace, &["rev-parse", "HEAD^1"]), history.head);
    job.run();
    assert_eq!(option(&job.calls(), "--policy-from"), Some(history.base.as_str()));
}

/// `pull_request_target` checks out the tip of the base branch, which may be a merge commit itself.
#[test]
fn checkout_of_the_base_alone_is_refused() {
    let job = Job::new("target");
    let history = history(&job);
    check_out(&job, &history.merge);
    for base in [&history.merge, &history.base] {
        let event = pull_request(base, "owner/agents");
        let job = job.again().on("pull_request_target", event).variable("GITHUB_SHA", &history.merge);
        assert_cannot_check(&job.run(), "does not contain the change");
        assert_eq!(job.calls().len(), 0);
    }
    // The change, checked out by name, by the policy of the base.
    git(&job.workspace(), &["fetch", "--quiet", "origin", &history.head]);
    git(&job.workspace(), &["checkout", "--quiet", "--detach", &history.head]);
    let event = pull_request(&history.base, "owner/agents");
    let job = job.on("pull_request_target", event).variable("GITHUB_SHA", &history.base);
    let ran = job.run();
    assert_eq!(ran.code, 0, "{}", ran.log);
    assert_eq!(option(&job.calls(), "--policy-from"), Some(history.base.as_str()));
}

/// As in a container, where the workspace is not one's own.
#[test]
fn workspace_of_another_user_is_checked() {
    for folder in [".", "agents"] {
        let (job, history) = merged("another-user");
        git(&job.workspace(), &["fetch", "--quiet", "--unshallow", "origin", &history.merge]);
        write(&job.workspace(), "agents/threat-model.yaml", GOOD);
        of_another_user(&job);
        let job = job.with("working-directory", folder);
        let ran = job.run();
        assert_eq!(ran.code, 0, "{}", ran.log);
        assert_eq!(option(&job.calls(), "--base"), Some(history.base.as_str()));
    }
}

/// Makes git take every checkout of the job for another user's.
pub(crate) fn of_another_user(job: &Job) {
    // The action removes variables of git, so this one must be set after that.
    let tool = "PATH=${PATH#*/bin:}\nGIT_TEST_ASSUME_DIFFERENT_OWNER=1 exec git \"$@\"";
    write_program(&job.folder.join("bin"), "git", tool);
}

fn write_program(folder: &Path, name: &str, script: &str) {
    write(folder, name, format!("#!/bin/bash\n{script}\n"));
    fs::set_permissions(folder.join(name), fs::Permissions::from_mode(0o755)).unwrap();
}

// What a change can put into the checkout.

/// git takes a folder with a few names for a bare repository, and runs what its configuration names.
#[test]
fn folder_like_a_bare_repository_is_not_one() {
    let job = Job::new("bare");
    let history = history(&job);
    let work = job.folder.join("work");
    git(&work, &["switch", "--quiet", "--detach", &history.merge]);
    let pwned = job.folder.join("pwned");
    let config = format!(
        "[core]\n\trepositoryformatversion = 0\n\tbare = true\n\tfsmonitor = touch {0}\n\tsshCommand = touch {0}\n\
         [protocol \"ext\"]\n\tallow = always\n[remote \"origin\"]\n\turl = ext::touch {0}\n",
        pwned.display()
    );
    for (name, text) in [
        ("agents/config", config.as_str()),
        ("agents/HEAD", &history.base),
        ("agents/objects/info/keep", "x"),
        ("agents/refs/keep", "x"),
        ("agents/threat-model.yaml", WRONG),
    ] {
        write(&work, name, text);
    }
    let head = commit(&work, "bare");
    git(&work, &["push", "--quiet", "../origin.git", "HEAD:refs/heads/bare"]);
    for folder in ["agents", "agents/refs/.."] {
        let _ = fs::remove_dir_all(job.workspace());
        fs::create_dir_all(job.workspace()).unwrap();
        check_out(&job, &head);
        let event = pull_request(&history.base, "stranger/agents");
        let job = job.again().on("pull_request", event).with("working-directory", folder);
        let ran = job.run();
        assert_eq!(ran.code, 1, "{}", ran.log);
        assert!(!pwned.exists(), "{}", ran.log);
    }
}

#[test]
fn working_directory_that_is_a_link_is_refused() {
    let job = plain("linked", WRONG);
    let workspace = job.workspace();
    write(&workspace, "decoy/deep/threat-model.yaml", GOOD);
    symlink("decoy", workspace.join("agents")).unwrap();
    symlink(".", workspace.join("here")).unwrap();
    symlink("/tmp", workspace.join("out")).unwrap();
    let absolute = workspace.join("agents").display().to_string();
    for folder in [
        "agents",
        "agents/",
        "agents/deep",
        "./agents",
        "decoy/../agents",
        "here",
        "here/decoy",
        "out",
        &absolute,
    ] {
        let job = job.again().with("working-directory", folder);
        assert_cannot_check(&job.run(), "leads through a link");
        assert_eq!(job.calls().len(), 0, "{folder}");
    }
    let elsewhere = job.again().with("working-directory", "/tmp");
    assert_cannot_check(&elsewhere.run(), "is relative to the workspace");
    let absolute = workspace.join("decoy/deep").display().to_string();
    for folder in ["decoy/deep", "./decoy//deep/", &absolute] {
        let ran = job.again().with("working-directory", folder).run();
        assert_eq!(ran.code, 0, "{folder}: {}", ran.log);
    }
}

#[test]
fn programs_in_the_workspace_are_not_run() {
    let (job, _) = merged("programs");
    for name in ["git", "sed", "mktemp", "od", "tr", "cat", "aivss-lint", "cargo", "curl", "gh"] {
        write_program(&job.workspace(), name, &format!("touch {}", job.folder.join("pwned").display()));
    }
    let tools = std::env::var("PATH").unwrap();
    let path = format!(".::{}:{tools}:./", job.folder.join("bin").display());
    let job = job.variable("PATH", &path).with("comment", "true");
    job.stub("comments", "");
    let ran = job.run();
    assert_eq!(ran.code, 0, "{}", ran.log);
    assert!(!job.folder.join("pwned").exists(), "{}", ran.log);
    let job = job.with("binary", "aivss-lint");
    assert_cannot_check(&job.run(), "there is no program aivss-lint");
}

#[test]
fn variables_of_git_are_ignored() {
    let (job, history) = merged("variables");
    let trace = job.folder.join("trace");
    let values = [
        ("GIT_DIR", "/nowhere"),
        ("GIT_WORK_TREE", "/nowhere"),
        ("GIT_OBJECT_DIRECTORY", "/nowhere"),
        ("GIT_EXEC_PATH", "/nowhere"),
        ("GIT_SSH_COMMAND", "/nowhere"),
        ("GIT_NAMESPACE", "nowhere"),
        ("GIT_CONFIG_COUNT", "1"),
        ("GIT_CONFIG_KEY_0", "remote.origin.url"),
        ("GIT_CONFIG_VALUE_0", "/nowhere"),
        ("GIT_TRACE", trace.to_str().unwrap()),
    ];
    let job = values.into_iter().fold(job, |job, (name, value)| job.variable(name, value));
    let ran = job.run();
    assert_eq!(ran.code, 0, "{}", ran.log);
    assert_eq!(option(&job.calls(), "--base"), Some(history.base.as_str()));
    assert!(!trace.exists());
}

/// More people may push a tag than a branch.
#[test]
fn tag_named_like_the_branch_is_not_the_base() {
    for (base, unreachable) in
        [("main", false), ("origin/main", false), ("main", true), ("origin/main", true)]
    {
        let (job, history) = merged("tag");
        for tag in ["main", "origin/main", "refs/remotes/origin/main", "refs/heads/main"] {
            git(&job.workspace(), &["tag", tag, &history.merge]);
        }
        if unreachable {
            fs::rename(job.folder.join("origin.git"), job.folder.join("gone.git")).unwrap();
        }
        let job = job.with("base", base).with("policy-from", base);
        let ran = job.run();
        if unreachable {
            assert_cannot_check(&ran, "is a branch of the origin");
            assert_eq!(job.calls().len(), 0);
        } else {
            assert_eq!(ran.code, 0, "{}", ran.log);
            assert_eq!(option(&job.calls(), "--base"), Some(history.base.as_str()));
            assert_eq!(option(&job.calls(), "--policy-from"), Some(history.base.as_str()));
        }
    }
}

#[test]
fn full_name_is_exactly_that_ref() {
    let (job, history) = merged("full-name");
    git(&job.folder.join("origin.git"), &["tag", "v1", &history.head]);
    for tag in ["refs/heads/gone", "abc1234"] {
        git(&job.workspace(), &["tag", tag, &history.merge]);
    }
    for (base, commit) in [
        ("refs/heads/main", &history.base),
        ("refs/heads/feature", &history.head),
        ("refs/tags/v1", &history.head),
        ("v1", &history.head),
        (history.base.as_str(), &history.base),
    ] {
        let job = job.again().with("base", base);
        let ran = job.run();
        assert_eq!(ran.code, 0, "{base}: {}", ran.log);
        assert_eq!(option(&job.calls(), "--base"), Some(commit.as_str()), "{base}");
    }
    assert_cannot_check(&job.again().with("base", "refs/heads/gone").run(), "cannot find the revision");
    assert_cannot_check(&job.again().with("base", "abc1234").run(), "a short commit id");
    assert_cannot_check(&job.again().with("base", ":/one").run(), "is no revision");
}

#[test]
fn unrelated_histories_are_not_compared() {
    let (job, _) = merged("unrelated");
    let work = job.folder.join("work");
    git(&work, &["switch", "--quiet", "--orphan", "elsewhere"]);
    let elsewhere = commit(&work, "another beginning");
    git(&work, &["push", "--quiet", "../origin.git", "elsewhere"]);
    let job = job.with("base", &elsewhere);
    assert_cannot_check(&job.run(), "have in common");
    assert_eq!(job.calls().len(), 0);
}

#[test]
fn clone_that_cannot_be_deepened_is_reported_with_the_remedy() {
    let (job, _) = merged("cut-off");
    fs::rename(job.folder.join("origin.git"), job.folder.join("gone.git")).unwrap();
    let ran = job.run();
    assert_cannot_check(&ran, "fetch-depth: 0");
    assert_eq!(job.calls().len(), 0, "checked without the policy of the base");
}

#[test]
fn missing_checkout_is_reported() {
    let job = plain("no-checkout", GOOD).on("pull_request", pull_request(&"a".repeat(40), "owner/agents"));
    // The folders above belong to this project's own repository.
    assert_cannot_check(&job.run(), "actions/checkout comes first");
    assert_eq!(job.calls().len(), 0);
}

#[test]
fn policy_of_the_change_applies_only_on_request() {
    let (job, history) = merged("policy-head");
    let job = job.with("policy-from", "head");
    job.run();
    let calls = job.calls();
    assert_eq!(option(&calls, "--base"), Some(history.base.as_str()));
    assert_eq!(option(&calls, "--policy-from"), None);
}

#[test]
fn named_revision_is_found_at_the_origin() {
    let (job, history) = merged("named");
    let job = job.with("base", "origin/main").with("policy-from", "feature");
    let ran = job.run();
    assert_eq!(ran.code, 0, "{}", ran.log);
    let calls = job.calls();
    assert_eq!(option(&calls, "--base"), Some(history.base.as_str()));
    assert_eq!(option(&calls, "--policy-from"), Some(history.head.as_str()));
}

#[test]
fn invalid_revision_is_refused() {
    for (base, message) in [
        ("--upload-pack=touch spliced", "is no revision"),
        ("no such branch", "is no revision"),
        ("no-such-branch", "cannot find the revision no-such-branch"),
        ("1234567890123456789012345678901234567890", "cannot find the commit 1234567890"),
    ] {
        let (job, _) = merged("no-revision");
        let job = job.with("base", base);
        assert_cannot_check(&job.run(), message);
        assert_eq!(job.calls().len(), 0);
    }
}

#[test]
fn merge_queue_has_its_base() {
    let job = Job::new("queue");
    let history = history(&job);
    check_out(&job, &history.merge);
    let job = job.on("merge_group", json!({ "merge_group": { "base_sha": history.base } }));
    let ran = job.run();
    assert_eq!(ran.code, 0, "{}", ran.log);
    let calls = job.calls();
    assert_eq!(option(&calls, "--base"), Some(history.base.as_str()));
    assert_eq!(option(&calls, "--policy-from"), Some(history.base.as_str()));
}

#[test]
fn event_without_its_base_does_not_pass() {
    let job = plain("no-base", GOOD).on("merge_group", json!({}));
    assert_cannot_check(&job.run(), "does not say what its base is");
}

#[test]
fn push_is_compared_with_the_previous_commit() {
    let job = Job::new("push");
    let history = history(&job);
    check_out(&job, &history.merge);
    let job = job.on("push", json!({ "before": history.base })).with("new-only", "true");
    let ran = job.run();
    assert_eq!(ran.code, 0, "{}", ran.log);
    let calls = job.calls();
    assert_eq!(option(&calls, "--base"), Some(history.base.as_str()));
    assert_eq!(option(&calls, "--policy-from"), None, "a push is past its review");
    assert!(calls[0].iter().any(|argument| argument == "--new-only"));
}

#[test]
fn force_push_over_a_lost_commit_has_no_base_and_reports_it() {
    let job = Job::new("force-push");
    let history = history(&job);
    check_out(&job, &history.merge);
    let gone = "1234567890".repeat(4);
    let job = job.on("push", json!({ "before": gone })).with("new-only", "true");
    let ran = job.run();
    assert_eq!(ran.code, 0, "{}", ran.log);
    assert_eq!(option(&job.calls(), "--base"), None);
    assert!(ran.log.contains(&format!("The origin no longer has {gone}")), "{}", ran.log);
    assert!(ran.log.contains("There is no base, and every problem counts"), "{}", ran.log);
}

#[test]
fn force_push_with_an_unreachable_origin_does_not_pass() {
    let job = Job::new("force-push-offline");
    let history = history(&job);
    check_out(&job, &history.merge);
    fs::remove_dir_all(job.folder.join("origin.git")).unwrap();
    let job = job.on("push", json!({ "before": "1234567890".repeat(4) }));
    assert_cannot_check(&job.run(), "cannot find the commit 1234567890");
}

#[test]
fn push_of_an_unrelated_history_is_compared_and_every_problem_counts() {
    let job = Job::new("orphan");
    let history = history(&job);
    let work = job.folder.join("work");
    git(&work, &["switch", "--quiet", "--orphan", "new"]);
    write(&work, "threat-model.yaml", WRONG);
    let new = commit(&work, "orphan");
    git(&work, &["push", "--quiet", "../origin.git", "new"]);
    check_out(&job, &new);
    let job = job.on("push", json!({ "before": history.base })).with("new-only", "true");
    let ran = job.run();
    assert_eq!(ran.code, 1, "{}", ran.log);
    assert_eq!(option(&job.calls(), "--base"), Some(history.base.as_str()));
    assert!(ran.log.contains("no commit in common"), "{}", ran.log);
}

#[test]
fn first_push_to_a_branch_has_no_base_and_every_problem_counts() {
    let job = plain("first-push", WRONG).on("push", json!({ "before": "0".repeat(40) }));
    let job = job.with("new-only", "true");
    let ran = job.run();
    assert_eq!(ran.code, 1, "{}", ran.log);
    let calls = job.calls();
    assert_eq!(option(&calls, "--base"), None);
    assert!(!calls[0].iter().any(|argument| argument == "--new-only"));
    assert!(ran.log.contains("every problem counts"));
}

// Pull requests: code scanning and comments.

#[test]
fn fork_gets_its_verdict_without_the_token() {
    for repository in [json!({ "full_name": "stranger/agents" }), Value::Null] {
        let (mut job, history) = merged("fork");
        job.event.1 = pull_request(&history.base, "");
        job.event.1["pull_request"]["head"]["repo"] = repository;
        write(&job.workspace(), "wrong.threat-model.yaml", WRONG);
        let job = job.with("upload-sarif", "true").with("comment", "true");
        let ran = job.run();
        assert_eq!(ran.code, 1, "{}", ran.log);
        assert_eq!(ran.used, []);
        assert_eq!(job.log_of("gh"), "");
        assert!(!ran.summary.is_empty());
    }
}

#[test]
fn report_is_uploaded_to_code_scanning_on_request() {
    let (job, _) = merged("upload");
    write(&job.workspace(), "wrong.threat-model.yaml", WRONG);
    let ran = job.with("upload-sarif", "true").run();
    assert_eq!(ran.code, 1, "{}", ran.log);
    let (uses, with) = &ran.used[0];
    assert!(uses.starts_with("github/codeql-action/upload-sarif@"));
    assert!(Path::new(&with["sarif_file"]).exists());
    assert_eq!(with["token"], TOKEN);
}

#[test]
fn category_is_in_the_report_the_upload_and_the_comment() {
    let (job, _) = merged("category");
    let job = job.with("upload-sarif", "true").with("comment", "true").with("category", "second agents");
    job.stub("comments", "");
    let ran = job.run();
    assert_eq!(ran.code, 0, "{}", ran.log);
    let sarif: Value = serde_json::from_slice(&fs::read(ran.output("report-sarif")).unwrap()).unwrap();
    assert_eq!(sarif["runs"][0]["automationDetails"]["id"], "second agents/");
    assert_eq!(ran.used[0].1["category"], "second agents");
    let mark = "<!-- aivss-lint: second agents -->";
    let log = job.log_of("gh");
    assert!(log.contains(&format!("startswith(\"{mark}\")")) && log.contains("--method POST"), "{log}");
    assert!(ran.summary.starts_with(&format!("{mark}\n")), "{}", ran.summary);
    // One that cannot be a category ends the job with 2.
    let ran = plain("bad-category", GOOD).with("category", "a\"--><b>").run();
    assert_cannot_check(&ran, "category");
}

#[test]
fn report_of_a_failed_check_is_not_uploaded() {
    let (job, _) = merged("no-upload");
    symlink("/etc/hostname", job.workspace().join("link.threat-model.yaml")).unwrap();
    let ran = job.with("upload-sarif", "true").run();
    assert_cannot_check(&ran, "link.threat-model.yaml");
    assert_eq!((ran.output("report-sarif"), ran.used.len()), ("", 0));
    assert!(!ran.output("report-markdown").is_empty());
}

#[test]
fn comment_is_created_once_and_then_updated() {
    let (job, _) = merged("comment");
    let job = job.with("comment", "true");
    // Neither somebody else's with the marker, nor one's own without it.
    job.stub("comments", "10\tstranger\ttrue\n11\tgithub-actions[bot]\tfalse\n");
    let first = job.run();
    assert_eq!(first.code, 0, "{}", first.log);
    assert_eq!(job.log_of("gh").matches("--method POST").count(), 1, "{}", first.log);
    write(&job.workspace(), "wrong.threat-model.yaml", WRONG);
    let second = job.run();
    assert_eq!(second.code, 1, "{}", second.log);
    let log = job.log_of("gh");
    assert_eq!((log.matches("--method POST").count(), log.matches("--method PATCH").count()), (1, 1));
    let comment = fs::read_to_string(job.folder.join("stubs/comment.12")).unwrap();
    assert_eq!(comment, fs::read_to_string(second.output("report-markdown")).unwrap());
    assert_ne!(comment, fs::read_to_string(first.output("report-markdown")).unwrap());
}

#[test]
fn failed_comment_does_not_change_the_verdict() {
    for (model, code) in [(GOOD, 0), (WRONG, 1)] {
        let (job, _) = merged("comment-fails");
        write(&job.workspace(), "another.threat-model.yaml", model);
        let job = job.with("comment", "true");
        job.stub("gh.broken", "");
        let ran = job.run();
        assert_eq!(ran.code, code, "{}", ran.log);
        assert!(ran.log.contains("cannot find the owner of the token"));
    }
}

#[test]
fn comment_without_a_pull_request_is_not_created() {
    let job = plain("no-pull-request", GOOD).with("comment", "true");
    assert_eq!(job.run().code, 0);
    assert_eq!(job.log_of("gh"), "");
}

// Releases.

const ARCHIVE: &str = "aivss-lint-x86_64-unknown-linux-musl.tar.gz";

/// A job that installs a release, and the checksum of its archive.
fn released(test: &str) -> (Job, String) {
    let mut job = plain(test, GOOD);
    job.inputs.remove("binary");
    let built = job.folder.join("built");
    fs::create_dir_all(&built).unwrap();
    fs::copy(job.folder.join("stubs/recorder"), built.join("aivss-lint")).unwrap();
    let server = release(&job, ARCHIVE).parent().unwrap().to_owned();
    fs::create_dir_all(&server).unwrap();
    let made = Command::new("bash")
        .current_dir(&server)
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join(".github/release/pack"))
        .arg(built.join("aivss-lint"))
        .arg("x86_64-unknown-linux-musl")
        .status();
    assert!(made.unwrap().success());
    let sum = checksum(&job);
    let other = "0".repeat(64);
    fs::write(release(&job, "SHA256SUMS"), format!("{other}  other.tar.gz\n{sum}  {ARCHIVE}\n")).unwrap();
    (job, sum)
}

fn release(job: &Job, name: &str) -> std::path::PathBuf {
    job.folder.join(format!("stubs/server/owner/aivss-lint/releases/download/v{VERSION}/{name}"))
}

fn checksum(job: &Job) -> String {
    let script = "if command -v sha256sum >/dev/null; then sha256sum; else shasum -a 256; fi";
    let archive = fs::File::open(release(job, ARCHIVE)).unwrap();
    let output = Command::new("bash").args(["-c", script]).stdin(archive).output().unwrap();
    String::from_utf8(output.stdout).unwrap()[..64].to_owned()
}

fn assert_not_run(job: &Job) {
    assert_eq!(job.calls().len(), 0);
    assert_eq!(job.log_of("cargo"), "");
}

#[test]
fn release_is_verified_by_its_own_checksums() {
    let (job, _) = released("release");
    let ran = job.run();
    assert_eq!(ran.code, 0, "{}", ran.log);
    assert_eq!(job.calls().len(), 1);
    assert_eq!(job.log_of("cargo"), "");
}

#[test]
fn given_checksum_takes_precedence() {
    let (job, sum) = released("checksum");
    fs::remove_file(release(&job, "SHA256SUMS")).unwrap();
    let job = job.with("checksum", &sum.to_uppercase()).with("version", &format!("v{VERSION}"));
    assert_eq!(job.run().code, 0);

    let (job, _) = released("checksum-wrong");
    let job = job.with("checksum", &"1".repeat(64));
    assert_cannot_check(&job.run(), "expected 1111");
    assert_not_run(&job);
}

#[test]
fn archive_that_differs_from_its_checksum_is_not_run() {
    let (job, _) = released("tampered");
    fs::write(release(&job, ARCHIVE), "another").unwrap();
    assert_cannot_check(&job.run(), "has the SHA-256");
    assert_not_run(&job);

    let (job, sum) = released("unnamed");
    fs::write(release(&job, "SHA256SUMS"), format!("{sum}  {ARCHIVE}\n{sum}  {ARCHIVE}\n")).unwrap();
    assert_cannot_check(&job.run(), "exactly once");
    assert_not_run(&job);

    let (job, _) = released("unverifiable");
    fs::remove_file(release(&job, "SHA256SUMS")).unwrap();
    assert_cannot_check(&job.run(), "cannot be verified");
    assert_not_run(&job);

    let (job, _) = released("unreachable");
    job.stub("server/status", "503");
    assert_cannot_check(&job.run(), "the server answers 503");
    assert_not_run(&job);
}

#[test]
fn missing_release_is_built() {
    let (job, _) = released("built");
    fs::remove_file(release(&job, ARCHIVE)).unwrap();
    let ran = job.run();
    assert_eq!(ran.code, 0, "{}", ran.log);
    let action = env!("CARGO_MANIFEST_DIR");
    let expected = format!("{action}\ninstall\n--path\n{action}\n--locked\n--root\n");
    assert!(job.log_of("cargo").starts_with(&expected), "{}", job.log_of("cargo"));
    assert_eq!(job.calls().len(), 1);
}

#[test]
fn platform_without_an_archive_and_checkout_of_the_action_are_built() {
    let (job, _) = released("platform");
    let job = job.variable("RUNNER_ARCH", "S390X");
    assert_eq!(job.run().code, 0);
    assert_eq!((job.log_of("curl").as_str(), job.log_of("cargo").is_empty()), ("", false));

    let (mut job, _) = released("local");
    job.action_repository = String::new();
    assert_eq!(job.run().code, 0);
    assert_eq!((job.log_of("curl").as_str(), job.log_of("cargo").is_empty()), ("", false));
}

#[test]
fn requested_release_is_not_replaced_by_a_build() {
    let (job, _) = released("other-version");
    let job = job.with("version", "0.0.9");
    assert_cannot_check(&job.run(), "not 0.0.9");
    assert_not_run(&job);

    let (job, sum) = released("promised");
    fs::remove_file(release(&job, ARCHIVE)).unwrap();
    let job = job.with("checksum", &sum);
    assert_cannot_check(&job.run(), "nothing that the checksum could match");
    assert_not_run(&job);

    for (input, value) in [("version", "../../evil"), ("version", "1"), ("checksum", "abc")] {
        let (job, _) = released("malformed");
        let job = job.with(input, value);
        assert_cannot_check(&job.run(), " is no ");
        assert_eq!(job.log_of("curl"), "");
        assert_not_run(&job);
    }
}

#[test]
fn program_of_another_version_is_refused() {
    let job = plain("binary-version", GOOD).with("version", "0.0.9");
    assert_cannot_check(&job.run(), "not aivss-lint 0.0.9");
    assert_not_run(&job);
}

// The file itself.

#[test]
fn every_input_is_used_and_every_action_is_pinned() {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("action.yml")).unwrap();
    for input in action()["inputs"].as_object().unwrap().keys() {
        assert!(text.contains(&format!("inputs.{input}")), "nothing uses the input {input}");
    }
    for line in text.lines().filter(|line| line.contains("uses: ")) {
        let (_, pin) = line.split_once('@').unwrap();
        let (commit, version) = pin.split_once(" # v").unwrap();
        assert!(commit.len() == 40 && commit.bytes().all(|byte| byte.is_ascii_hexdigit()), "{line}");
        assert!(version.split('.').count() == 3, "{line}");
    }
}
