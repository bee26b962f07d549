//! Verbosity: problems alone, the default, or also the files that were checked and skipped.

use std::fs;
use std::process::Command;

use aivss_lint::explain::{ADDRESS, page_url};
use aivss_lint::rules;
use tempfile::TempDir;

use crate::git::{git, write};
use crate::program::program;

const MODEL: &str = include_str!("../../src/rules/stock.yaml");

/// A repository with files of all kinds.
fn repository() -> TempDir {
    let folder = TempDir::new().unwrap();
    let wrong = MODEL.replace("score: 9.4", "score: 9.1");
    let policy = "aivss_policy: 1\nextends: [recommended, base.yaml]\nfiles:\n  exclude: ['old/**', '**/testdata/**']\n";
    for (name, text) in [
        ("agents/threat-model.yaml", MODEL),
        ("wrong/threat-model.yaml", &wrong),
        ("other/threat-model.json", "{}"),
        ("notes.txt", MODEL),
        ("a/testdata/threat-model.yaml", MODEL),
        ("build/threat-model.yaml", MODEL),
        (".gitignore", "build\n"),
        ("aivss-policy.yaml", policy),
        ("base.yaml", "aivss_policy: 1\n"),
    ] {
        write(folder.path(), name, text);
    }
    git(folder.path(), &["init", "--quiet"]);
    folder
}

/// The exit status, standard output and standard error.
fn run(folder: &TempDir, arguments: &[&str]) -> (i32, String, String) {
    run_in(folder, arguments, &[])
}

/// The same, with variables of the environment.
fn run_in(folder: &TempDir, arguments: &[&str], environment: &[(&str, &str)]) -> (i32, String, String) {
    let output = program()
        .args(arguments)
        .args(["--today", "2026-11-23"])
        .current_dir(folder.path())
        .envs(environment.iter().copied())
        .output()
        .expect("the program starts");
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

#[test]
fn quiet_run_prints_problems_only_if_it_fails() {
    let folder = repository();
    assert_eq!(run(&folder, &["-q", "agents"]), (0, String::new(), String::new()));
    assert_eq!(run(&folder, &["check", "--quiet", "agents"]), (0, String::new(), String::new()));
    let loud = run(&folder, &["wrong"]);
    let (code, out, err) = run(&folder, &["-q", "wrong"]);
    assert_eq!((code, err), (1, String::new()));
    assert!(!out.contains("failed under policy") && loud.1.starts_with(&out), "{out}");
    assert!(out.starts_with("error[score-mismatch]: "), "{out}");
    // A run that passes with warnings prints nothing in either format.
    for format in ["human", "concise"] {
        let silent = ["-q", "-W", "score-mismatch", "--format", format, "wrong"];
        assert_eq!(run(&folder, &silent), (0, String::new(), String::new()));
    }
}

#[test]
fn quiet_run_prints_what_cannot_be_checked() {
    let folder = repository();
    let (code, out, _) = run(&folder, &["-q", "nowhere", "agents"]);
    assert_eq!((code, &*out), (2, "cannot check: nowhere: no such file or folder\n\n"));
    let (code, out, _) = run(&folder, &["-q", "--format", "concise", "nowhere"]);
    assert_eq!((code, &*out), (2, "nowhere: cannot check: no such file or folder\n"));
    let (code, _, err) = run(&folder, &["-q", "--policy", "nowhere", "agents"]);
    assert_eq!((code, err.starts_with("error: policy nowhere: ")), (2, true), "{err}");
}

#[test]
fn quiet_run_writes_the_same_reports() {
    let folder = repository();
    let written = |quiet: &[&str]| {
        run(
            &folder,
            &[quiet, &["--format", "human", "--output", "a.txt", "--format", "json", "agents"]].concat(),
        )
        .1 + &fs::read_to_string(folder.path().join("a.txt")).unwrap()
    };
    let loud = written(&[]);
    assert!(loud.contains("passed under policy") && loud.contains("\"aivss_report\": 1"), "{loud}");
    assert_eq!(written(&["-q"]), loud);
}

#[test]
fn verbose_run_prints_the_policy_and_checked_and_skipped_files() {
    let folder = repository();
    let (code, out, err) = run(&folder, &["--verbose", "."]);
    assert_eq!(code, 1);
    assert_eq!(
        err,
        "policy: aivss-policy.yaml (extends base.yaml)\n\
         checked: agents/threat-model.yaml: 1 model\n\
         checked: wrong/threat-model.yaml: 1 model\n\
         skipped: other/threat-model.json: it contains no threat model\n\
         skipped: a/testdata/threat-model.yaml: excluded by `**/testdata/**` (aivss-policy.yaml:4:3)\n\
         skipped: build/threat-model.yaml: git ignores it\n"
    );
    assert_eq!(run(&folder, &["."]).1, out, "the report is the same");
    let named =
        ["-v", "--only-matching", "notes.txt", "agents/threat-model.yaml", "a/testdata/threat-model.yaml"];
    assert_eq!(
        run(&folder, &named).2,
        "policy: aivss-policy.yaml (extends base.yaml)\n\
         checked: agents/threat-model.yaml: 1 model\n\
         skipped: notes.txt: neither the built-in names nor `files.include` match it (--only-matching)\n\
         skipped: a/testdata/threat-model.yaml: excluded by `**/testdata/**` (aivss-policy.yaml:4:3)\n"
    );
    let (code, _, err) = run(&folder, &["-q", "-v"]);
    assert_eq!((code, err.contains("cannot be used with")), (2, true), "{err}");
}

#[test]
fn quiet_fix_prints_what_was_not_fixed() {
    let folder = repository();
    assert_eq!(run(&folder, &["fix", "-q", "wrong"]), (0, String::new(), String::new()));
    assert_eq!(fs::read_to_string(folder.path().join("wrong/threat-model.yaml")).unwrap(), MODEL);
    let (code, out, _) = run(&folder, &["fix", "-q", "nowhere", "wrong"]);
    assert_eq!((code, &*out), (2, "nowhere: no such file or folder\n"));
}

#[test]
fn progress_without_a_terminal_is_not_printed() {
    let folder = repository();
    for number in 0..400 {
        fs::write(folder.path().join(format!("agents/{number}.threat-model.yaml")), MODEL).unwrap();
    }
    let (_, out, err) = run(&folder, &["agents", "--threads", "1"]);
    assert_eq!(err, "");
    assert!(!out.contains('\r'), "{out}");
}

#[test]
fn names_of_rules_are_links_if_forced_and_in_color() {
    let folder = repository();
    let forced = [("FORCE_HYPERLINK", "1")];
    let (_, out, _) = run_in(&folder, &["--color", "always", "wrong"], &forced);
    let rule = rules::named("score-mismatch").unwrap();
    // Without a public address there is nothing to link to.
    let name = page_url(rule).map_or_else(
        || rule.name.to_owned(),
        |page| format!("\u{1b}]8;;{page}\u{1b}\\score-mismatch\u{1b}]8;;\u{1b}\\"),
    );
    let start = format!("\u{1b}[1m\u{1b}[31merror\u{1b}[0m\u{1b}[2m[{name}]\u{1b}[0m: \u{1b}[1mscore is 9.1");
    assert!(out.starts_with(&start), "{out:?}");
    // A file is not a terminal, even if links are forced.
    let to_file = ["--color", "always", "--format", "human", "--output", "a.txt", "wrong"];
    run_in(&folder, &to_file, &forced);
    assert!(!fs::read_to_string(folder.path().join("a.txt")).unwrap().contains('\u{1b}'));
    for (arguments, environment) in [
        (&["--color", "always", "wrong"][..], &[][..]),
        (&["--color", "always", "wrong"], &[("FORCE_HYPERLINK", "0")]),
        (&["--color", "never", "wrong"], &forced),
        (&["wrong"], &[("FORCE_HYPERLINK", "1"), ("NO_COLOR", "1")]),
        (&["wrong"], &forced),
        (&["--color", "always", "--format", "concise", "wrong"], &forced),
    ] {
        let (_, out, _) = run_in(&folder, arguments, environment);
        assert!(out.contains("score-mismatch") && !out.contains("\u{1b}]8"), "{arguments:?} {out:?}");
    }
}

#[test]
fn sarif_has_the_public_address_and_pages_of_rules_if_published() {
    let folder = repository();
    let sarif: serde_json::Value =
        serde_json::from_str(&run(&folder, &["--format", "sarif", "wrong"]).1).unwrap();
    let driver = &sarif["runs"][0]["tool"]["driver"];
    assert_eq!(driver.get("informationUri").and_then(serde_json::Value::as_str), ADDRESS);
    for rule in driver["rules"].as_array().unwrap() {
        let page = rule.get("helpUri").map(|page| page.as_str().unwrap().to_owned());
        assert_eq!(page, page_url(rules::named(rule["id"].as_str().unwrap()).unwrap()));
    }
}

/// Needs a terminal, which `script` provides, and a run that is long enough.
#[test]
#[cfg(target_os = "linux")]
fn long_run_on_a_terminal_prints_its_progress_and_erases_it() {
    const COUNT: usize = 1_800;
    let folder = TempDir::new().unwrap();
    for number in 0..COUNT {
        fs::write(folder.path().join(format!("{number}.threat-model.yaml")), MODEL).unwrap();
    }
    let program = env!("CARGO_BIN_EXE_aivss-lint");
    let on_terminal = |arguments: &str, ci: &str| {
        let output = Command::new("script")
            .args(["-qec", &format!("'{program}' {arguments} --threads 1 --today 2026-11-23"), "/dev/null"])
            .current_dir(folder.path())
            .envs([("CI", ci), ("TERM", "xterm")])
            .output()
            .ok()?;
        Some(String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let started = std::time::Instant::now();
    let Some(shown) = on_terminal("", "false") else {
        eprintln!("skipped: script is not installed");
        return;
    };
    if started.elapsed() < std::time::Duration::from_secs(1) {
        eprintln!("skipped: this machine is too fast for a long run");
        return;
    }
    let line = shown.find(" of 1,800").expect(&shown);
    assert!(shown[..line].starts_with("checked "), "{shown:?}");
    // The progress ends with spaces that cover it, and the report follows.
    let (covered, report) = shown.rsplit_once(" \r").unwrap();
    assert!(covered.contains("\r          "), "{shown:?}");
    assert!(report.contains("✓ Passed") && !report.contains("checked "), "{report:?}");
    for (arguments, ci) in [("", "true"), ("--quiet", "false"), ("2>/dev/null", "false")] {
        assert!(!on_terminal(arguments, ci).unwrap().contains("checked "), "{arguments}");
    }
}
