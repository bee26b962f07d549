//! Reports of whole runs: the names of problems without a file, the listed problems, and the effects of a change.

use std::fs;
use std::path::Path;

use crate::folder::{Folder, Ran};
use crate::git::{commit, git, write};
use crate::program::program;
use serde_json::Value;
use tempfile::TempDir;

const MODEL: &str = include_str!("../../src/rules/stock.yaml");
const RECOMMENDED: &str = "aivss_policy: 1\nextends: [recommended]\n";
const FILE: &str = "threat-model.yaml";

/// A repository with these files in the branch `main`; `change` is checked out.
fn repository(files: &[(&str, &str)]) -> TempDir {
    let repository = TempDir::new().unwrap();
    git(repository.path(), &["init", "--quiet", "--initial-branch=main", "."]);
    for (name, text) in files {
        write(repository.path(), name, text);
    }
    commit(repository.path(), "one");
    git(repository.path(), &["switch", "--quiet", "--create", "change"]);
    repository
}

fn run(folder: &Path, arguments: &[&str]) -> Ran {
    Ran::of(program().args(arguments).current_dir(folder))
}

fn written(folder: &Path, format: &str, arguments: &[&str]) -> String {
    run(folder, &[&["--format", format], arguments].concat()).out
}

fn json(folder: &Path, format: &str, arguments: &[&str]) -> Value {
    serde_json::from_str(&written(folder, format, arguments)).unwrap()
}

fn wrong() -> String {
    MODEL.replace("score: 9.4", "score: 9.1")
}

/// The paths in the reports for services.
fn paths(folder: &Path) -> Vec<(String, Vec<String>)> {
    let sarif = json(folder, "sarif", &[]);
    let run = &sarif["runs"][0];
    let notifications = run["invocations"][0]["toolExecutionNotifications"].as_array().unwrap();
    let places = run["results"].as_array().unwrap().iter().chain(notifications);
    let uris = places.map(|place| {
        let location = &place["locations"][0]["physicalLocation"]["artifactLocation"];
        assert_eq!(location["uriBaseId"], "SRCROOT", "{place}");
        location["uri"].as_str().unwrap().to_owned()
    });
    let gitlab = json(folder, "gitlab", &[]);
    let issues = gitlab.as_array().unwrap().iter();
    let issues = issues.map(|issue| issue["location"]["path"].as_str().unwrap().to_owned());
    let annotations = written(folder, "github", &[]);
    let files = annotations.lines().filter_map(|line| line.split_once(" file=")?.1.split(',').next());
    let junit = written(folder, "junit", &[]);
    let classes = junit.lines().filter(|line| line.contains("<failure ") || line.contains("<error "));
    let classes = classes.filter_map(|line| line.split_once("classname=\"")?.1.split('"').next());
    let sorted = |name: &str, mut paths: Vec<String>| {
        paths.sort();
        (name.to_owned(), paths)
    };
    vec![
        sorted("sarif", uris.collect()),
        sorted("gitlab", issues.collect()),
        sorted("github", files.map(str::to_owned).collect()),
        sorted("junit", classes.map(str::to_owned).collect()),
    ]
}

#[test]
#[cfg(unix)]
fn problems_without_a_file_are_named_from_the_root_wherever_the_program_runs() {
    let repository =
        repository(&[("agents/a.threat-model.yaml", &wrong()), ("aivss-policy.yaml", RECOMMENDED)]);
    let agents = repository.path().join("agents");
    std::os::unix::fs::symlink("/etc/hostname", agents.join(FILE)).unwrap();
    let expected = ["agents/a.threat-model.yaml", "agents/threat-model.yaml"];
    let classes = ["agents/a.threat-model", "agents/threat-model"];
    for folder in [repository.path(), &agents] {
        for (format, paths) in paths(folder) {
            assert_eq!(paths, if format == "junit" { classes } else { expected }, "{format}");
        }
        let page = written(folder, "markdown", &[]).replace(['\\', '\u{2060}'], "");
        assert!(page.contains("cannot check `agents/threat-model.yaml`"), "{page}");
        assert!(page.contains("Policy `aivss-policy.yaml` "), "{page}");
        let annotations = written(folder, "github", &[]);
        assert!(annotations.contains("under policy aivss-policy.yaml: "), "{annotations}");
        assert!(
            annotations.contains("; highest score 9.4 Critical in agents/a.threat-model.yaml"),
            "{annotations}"
        );
    }
}

#[test]
fn broken_and_deciding_policies_are_named_from_the_root() {
    let repository = repository(&[
        ("agents/threat-model.yaml", MODEL),
        ("aivss-policy.yaml", "aivss_policy: 1\nlimit: 3\n"),
    ]);
    let agents = repository.path().join("agents");
    for folder in [repository.path(), &agents] {
        for (format, paths) in paths(folder) {
            let name = if format == "junit" { "aivss-policy" } else { "aivss-policy.yaml" };
            assert_eq!(paths, [name, name], "{format}");
        }
    }
    write(repository.path(), "aivss-policy.yaml", format!("{RECOMMENDED}limits: {{ score: 5.0 }}\n"));
    for format in ["sarif", "github", "junit", "markdown"] {
        let text = written(&agents, format, &[]).replace(['\\', '\u{2060}'], "");
        assert!(text.contains("policy: aivss-policy.yaml:3:"), "{format}: {text}");
    }
}

#[test]
fn missing_folders_and_files_are_named_from_the_root() {
    let policy = format!("{RECOMMENDED}require: {{ models_in: ['agents/*/'] }}\n");
    let repository = repository(&[
        ("agents/a/threat-model.yaml", MODEL),
        ("agents/b/main.py", "pass\n"),
        ("aivss-policy.yaml", &policy),
    ]);
    let agents = repository.path().join("agents");
    let (_, missing) = &paths(&agents)[0];
    assert_eq!((missing, &paths(repository.path())[0].1), (&vec!["agents/b/".to_owned()], missing));
    let nowhere = json(&agents, "gitlab", &["a", "none.yaml"]);
    assert_eq!(nowhere[0]["location"]["path"], "agents/none.yaml");
    let same = json(repository.path(), "gitlab", &["agents/a", "agents/none.yaml"]);
    assert_eq!(nowhere[0]["fingerprint"], same[0]["fingerprint"]);
    let nothing = json(&agents.join("b"), "sarif", &[]);
    let notifications = &nothing["runs"][0]["invocations"][0]["toolExecutionNotifications"];
    let place = &notifications[0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"];
    assert_eq!(place, "agents/b");
}

#[test]
fn excepted_problem_is_a_note_in_sarif_and_not_an_annotation() {
    let exception =
        "exceptions:\n  - { rule: score-mismatch, path: '**', reason: r, owner: o, expires: 2099-01-01 }\n";
    let repository =
        repository(&[(FILE, &wrong()), ("aivss-policy.yaml", &format!("{RECOMMENDED}{exception}"))]);
    let sarif = json(repository.path(), "sarif", &[]);
    let run = &sarif["runs"][0];
    let result = &run["results"][0];
    assert_eq!((&result["ruleId"], &result["level"]), (&"score-mismatch/excepted".into(), &"note".into()));
    assert_eq!(result["suppressions"][0]["status"], "accepted");
    let rule =
        &run["tool"]["driver"]["rules"][usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap()];
    assert_eq!(rule["properties"]["security-severity"], "0.0");
    assert!(rule["help"]["markdown"].as_str().unwrap().starts_with("An exception of the policy covers"));
    let annotations = written(repository.path(), "github", &[]);
    assert!(!annotations.lines().any(|line| line.starts_with("::")), "{annotations}");
    assert!(annotations.contains("1 problem not listed: 1 excepted\n"), "{annotations}");
    // The report for people lists it if all problems count.
    assert!(written(repository.path(), "human", &[]).contains("excepted until 2099-01-01"));
}

#[test]
fn new_only_lists_new_problems_for_people_and_counts_the_rest() {
    let repository = repository(&[(FILE, &wrong())]);
    write(repository.path(), "new.threat-model.yaml", wrong().replace("name: Planner", "name: Other"));
    let arguments = ["--base", "main", "--new-only"];
    for format in ["human", "concise", "github"] {
        let ran = run(repository.path(), &[&["--format", format], &arguments[..]].concat());
        assert_eq!(ran.code, 1);
        let listed = ran.out.lines().filter(|line| line.contains("score is 9.1")).count();
        assert_eq!(listed, 1, "{format}: {}", ran.out);
        assert!(ran.out.contains("1 problem not listed: 1 in the base\n"), "{format}: {}", ran.out);
    }
    let sarif = json(repository.path(), "sarif", &arguments);
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    let shown: Vec<_> = results.iter().map(|result| (&result["ruleId"], &result["level"])).collect();
    let (known, new) = ("score-mismatch/in-base".into(), "score-mismatch".into());
    assert_eq!(shown, [(&new, &"error".into()), (&known, &"note".into())]);
    // Without the option all of them fail the check, and all are listed.
    let all = written(repository.path(), "concise", &["--base", "main"]);
    assert_eq!(all.lines().count(), 2, "{all}");
    let sarif = json(repository.path(), "sarif", &["--base", "main"]);
    assert!(!sarif.to_string().contains("score-mismatch/in-base"));
    let quiet = run(repository.path(), &["--base", "main", "--new-only", "--quiet", FILE]);
    assert_eq!((quiet.code, quiet.out.as_str()), (0, ""));
}

#[test]
fn title_of_an_annotation_is_the_problem() {
    let text = MODEL.replace("score: 9.4", "score: 9.1\n  severity: Low").replace("  name: Planner\n", "");
    let folder = Folder::new(&[(FILE, &text)]);
    let annotations = folder.run(&["--format", "github"]).out;
    for title in [
        ",title=score is 9.1%2C expected 9.4::score-mismatch: score is 9.1, expected 9.4",
        ",title=severity is Low%2C expected Critical::severity-mismatch: ",
    ] {
        assert!(annotations.contains(title), "{annotations}");
    }
    let titles = annotations.lines().filter_map(|line| line.split_once(",title=")?.1.split("::").next());
    for title in titles {
        assert!(title.contains(' ') && title.chars().count() < 160, "{title}");
    }
}

#[test]
fn category_separates_reports_of_one_commit() {
    let folder = Folder::new(&[(FILE, MODEL)]);
    let id = |arguments: &[&str]| {
        let text = folder.run(&[&["--format", "sarif"], arguments].concat()).out;
        let log: Value = serde_json::from_str(&text).unwrap();
        log["runs"][0]["automationDetails"]["id"].as_str().unwrap().to_owned()
    };
    let mark = |arguments: &[&str]| {
        let text = folder.run(&[&["--format", "markdown"], arguments].concat()).out;
        text.lines().next().unwrap().to_owned()
    };
    assert_eq!((id(&[]), mark(&[])), ("aivss-lint/".to_owned(), "<!-- aivss-lint -->".to_owned()));
    let agents = ["--category", "agents"];
    assert_eq!(
        (id(&agents), mark(&agents)),
        ("agents/".to_owned(), "<!-- aivss-lint: agents -->".to_owned())
    );
    let same = ["--category", "aivss-lint"];
    assert_eq!((id(&same), mark(&same)), (id(&[]), mark(&[])));
    // A run that stops early has it as well.
    let stopped = ["--category=agents", "--policy", "none.yaml"];
    assert_eq!((id(&stopped), mark(&stopped)), (id(&agents), mark(&agents)));
    for bad in ["", "a--b", "a>b", "<!-- x", "a\nb", "a/", "-", " a", "\u{e9}", "a\"b", &"a".repeat(101)] {
        let ran = folder.run(&["--format", "markdown", &format!("--category={bad}")]);
        assert_eq!((ran.code, ran.out.contains("<!--")), (2, false), "{bad:?} {ran:?}");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn name_that_is_not_text_is_listed_in_every_format() {
    use std::os::unix::ffi::OsStrExt;
    let repository = repository(&[(FILE, MODEL), (".gitignore", "build/\n")]);
    fs::create_dir(repository.path().join("build")).unwrap();
    for name in [&b"build/caf\xe9.threat-model.yaml"[..], b"build/caf\xe8.threat-model.yaml"] {
        fs::write(repository.path().join(std::ffi::OsStr::from_bytes(name)), wrong()).unwrap();
    }
    git(repository.path(), &["add", "--force", "--all", "."]);
    for format in ["human", "concise", "json", "sarif", "github", "gitlab", "junit", "markdown", "html"] {
        let ran = run(repository.path(), &["--format", format]);
        assert_eq!(ran.code, 1, "{format}");
        let shown = ran.out.matches("caf\u{FFFD}").count() + ran.out.matches("caf%EF%BF%BD").count();
        assert!(shown >= 2, "{format}: {}", ran.out);
    }
}

#[test]
fn files_of_one_stem_are_separate_test_cases() {
    let folder = Folder::new(&[
        ("a.threat-model.yaml", MODEL),
        ("a.threat-model.yml", &MODEL.replace("Planner", "Other")),
    ]);
    let junit = folder.run(&["--format", "junit"]).out;
    for case in ["name=\"no problems\"", "name=\"no problems (number 2)\""] {
        assert_eq!(junit.matches(&format!("classname=\"a.threat-model\" {case}")).count(), 1, "{junit}");
    }
}

/// A base with a limit and a mitigated threat, and a change that drops both and makes an agent better.
fn loosened() -> TempDir {
    let mitigated = MODEL
        .replace(
            "mitigation_factor: 1.0",
            "mitigation_factor: 0.83\n  mitigation_evidence: https://example.org/t",
        )
        .replace("score: 9.4", "score: 7.8");
    let better = MODEL
        .replace("name: Planner", "name: Better")
        .replace("persistent_memory: 0.5", "persistent_memory: 1.0");
    let policy =
        format!("{RECOMMENDED}limits: {{ score: 9.5, increase: 3.0 }}\nrules: {{ score-mismatch: error }}\n");
    let repository = repository(&[
        ("a/threat-model.yaml", &better),
        ("b/threat-model.yaml", &mitigated),
        ("aivss-policy.yaml", &policy),
    ]);
    write(repository.path(), "a/threat-model.yaml", MODEL.replace("name: Planner", "name: Better"));
    write(repository.path(), "b/threat-model.yaml", MODEL);
    let policy = policy
        .replace("score: 9.5", "score: 9.9")
        .replace("score-mismatch: error", "score-mismatch: warning");
    let exception =
        "exceptions:\n  - { rule: owner-missing, path: 'a/**', reason: r, owner: o, expires: 2099-01-01 }\n";
    write(repository.path(), "aivss-policy.yaml", format!("{policy}{exception}"));
    repository
}

#[test]
fn diff_lists_a_loosened_policy_and_dropped_mitigations_first() {
    let repository = loosened();
    let printed = run(repository.path(), &["diff", "main"]).out;
    let lines: Vec<&str> = printed.lines().map(str::trim).collect();
    assert_eq!(lines[1], "policy: limits.score: 9.5 -> 9.9 (looser)", "{printed}");
    assert_eq!(lines[2], "policy: rules.score-mismatch: error -> warning (looser)", "{printed}");
    let exception = "policy: exception for owner-missing in a/**: new, until 2099-01-01: r (o) (looser)";
    assert_eq!(lines[3], exception, "{printed}");
    // The problems that it adds come before the agents.
    assert!(lines[4].starts_with("new problems: "), "{printed}");
    assert!(
        lines[5].starts_with("b/threat-model.yaml (Planner): ") && lines[5].ends_with("(worse)"),
        "{printed}"
    );
    assert_eq!(lines[6], "mitigation factor: 0.83 -> 1.0 (worse)", "{printed}");
    assert!(lines.iter().any(|line| line.starts_with("a/threat-model.yaml (Better): ")), "{printed}");
    let page = run(repository.path(), &["diff", "main", "--format", "markdown"])
        .out
        .replace('\\', "")
        .replace('\u{a0}', " ");
    let place = |text: &str| page.find(text).unwrap_or_else(|| panic!("{text} in {page}"));
    assert!(
        place("loosens the policy**\n\n- `limits.score`: 9.5 → 9.9")
            < place("🔺 mitigation factor: 0.83 → 1.0")
    );
    assert!(place("mitigation factor") < place("| Agent | Score |"), "{page}");
    // The other way round it is stricter and better.
    commit(repository.path(), "two");
    git(repository.path(), &["switch", "--quiet", "--detach", "main"]);
    let printed = run(repository.path(), &["diff", "change", "--path", "."]).out;
    assert!(!printed.contains("(looser)"), "{printed}");
}

#[test]
fn diff_marks_every_way_to_loosen_a_policy_as_looser() {
    let loosened = |before: &str, after: &str| {
        let repository =
            repository(&[(FILE, MODEL), ("aivss-policy.yaml", &format!("{RECOMMENDED}{before}"))]);
        write(repository.path(), "aivss-policy.yaml", format!("{RECOMMENDED}{after}"));
        let printed = run(repository.path(), &["diff", "main"]).out;
        (printed.contains("(looser)"), printed.contains("(stricter)"), printed)
    };
    for (strict, loose) in [
        ("limits: { score: 9.5 }", ""),
        ("limits: { severity: High }", "limits: { severity: Critical }"),
        (
            "limits: { factors: { autonomy_of_action: 0.5 } }",
            "limits: { factors: { autonomy_of_action: 1.0 } }",
        ),
        ("limits: { findings: { Critical: 0 } }", "limits: { findings: { Critical: 2 } }"),
        ("limits: { open_threats: 1 }", "limits: { open_threats: 10 }"),
        ("limits: { open_threats: 1 }", "limits: { open_threats: { total: 2 } }"),
        ("limits: { open_threats: { Critical: 0, total: 3 } }", "limits: { open_threats: 3 }"),
        ("limits: { open_threats: { High: 1 } }", "limits: { open_threats: { High: 2 } }"),
        ("require: { threat_owner_from: Medium }", "require: { threat_owner_from: High }"),
        ("require: { threat_due_from: High }", ""),
        ("require: { owner: true }", "require: { owner: false }"),
        ("require: { tier: true }", ""),
        ("require: { rationale_from: 0.5 }", "require: { rationale_from: 1.0 }"),
        ("require: { approval_from: Medium }", "require: { approval_from: Critical }"),
        ("require: { review_within: 90d }", "require: { review_within: 365d }"),
        ("require: { formats: [native] }", "require: { formats: [native, markdown] }"),
        ("require: { models_in: ['agents/*/', 'tools/*/'] }", "require: { models_in: ['agents/*/'] }"),
        ("formulas: ['0.8']", "formulas: ['0.8', '0.5']"),
        ("scale: three-point", "scale: continuous"),
        ("rules: { score-mismatch: error }", "rules: { score-mismatch: warning }"),
        ("", "rules: { score-mismatch: off }"),
        ("files: { include: ['*.txt'] }", ""),
        ("files: { exclude: ['old/**'] }", "files: { exclude: ['**'] }"),
        ("", "overrides: [{ match: { path: 'a/**' }, rules: { score-mismatch: off } }]"),
        (
            "limits: { score: 9.0 }",
            "limits: { score: 9.0 }\noverrides: [{ match: { path: 'a/**' }, limits: { score: 9.9 } }]",
        ),
        (
            "exceptions: [{ rule: score-mismatch, path: a, reason: r, owner: o, expires: 2098-01-01 }]",
            "exceptions: [{ rule: score-mismatch, path: a, reason: r, owner: o, expires: 2099-01-01 }]",
        ),
    ] {
        let (is_looser, _, printed) = loosened(strict, loose);
        assert!(is_looser, "{strict} → {loose}: {printed}");
        let (is_looser, is_stricter, printed) = loosened(loose, strict);
        assert!(is_stricter || loose.contains("'**'"), "{loose} → {strict}: {printed}");
        assert!(!is_looser || loose.contains("'**'"), "{loose} → {strict}: {printed}");
    }
}

#[test]
fn declared_score_is_a_separate_change_and_lost_evidence_is_worse() {
    let change = |before: &str, after: &str| {
        let repository = repository(&[(FILE, before)]);
        write(repository.path(), FILE, after);
        run(repository.path(), &["diff", "main"]).out
    };
    let printed =
        change(&MODEL.replace("score: 9.4", "score: 7.0"), &MODEL.replace("score: 9.4", "score: 8.0"));
    assert!(
        printed.contains("declared score: 7.0 -> 8.0\n") && !printed.contains("no threat model changes"),
        "{printed}"
    );
    // A declared score that follows the computed one is not listed twice.
    let raised =
        MODEL.replace("dynamic_tool_use: 0.5", "dynamic_tool_use: 1.0").replace("score: 9.4", "score: 9.5");
    let printed = change(MODEL, &raised);
    assert!(
        printed.contains("9.4 Critical -> 9.5 Critical (worse)") && !printed.contains("declared"),
        "{printed}"
    );
    let mitigated = MODEL
        .replace(
            "mitigation_factor: 1.0",
            "mitigation_factor: 0.83\n  mitigation_evidence: https://example.org/t",
        )
        .replace("score: 9.4", "score: 7.8");
    let printed =
        change(&mitigated, &mitigated.replace("  mitigation_evidence: https://example.org/t\n", ""));
    assert!(printed.contains("proven score: new, 9.4 Critical (worse)"), "{printed}");
}

#[test]
fn threat_that_loses_its_mitigation_is_worse() {
    let text = "foundation_models: The model follows instructions in retrieved pages.";
    assert!(MODEL.contains(text));
    let threat = |rest: &str| {
        let threats = format!("threats: [{{ id: T1, title: Poisoned input, status: mitigated{rest} }}]");
        MODEL.replace(text, &format!("{}\n    {threats}", text.replace(": The", ":\n    analysis: The")))
    };
    let (before, after) = (threat(", mitigation: Inputs are filtered twice"), threat(""));
    let repository = repository(&[(FILE, &before)]);
    write(repository.path(), FILE, &after);
    let printed = run(repository.path(), &["diff", "main"]).out;
    assert!(printed.contains("T1 Poisoned input: closed -> closed, no mitigation (worse)"), "{printed}");
}

#[test]
fn fixed_lists_rules_of_errors_only() {
    let base =
        wrong().replace("score: 9.1", "score: 9.1\n  severity: Low").replace("  owner: ", "  x-owner: ");
    let policy = format!("{RECOMMENDED}rules: {{ severity-mismatch: warning }}\n");
    let repository = repository(&[
        (FILE, &base),
        ("b/threat-model.yaml", &base.replace("name: Planner", "name: B")),
        ("aivss-policy.yaml", &policy),
    ]);
    assert!(written(repository.path(), "concise", &[]).contains("warning[severity-mismatch]"));
    write(repository.path(), FILE, MODEL);
    write(repository.path(), "b/threat-model.yaml", MODEL.replace("name: Planner", "name: B"));
    let printed = run(repository.path(), &["diff", "main"]).out;
    let fixed = printed.lines().find(|line| line.contains("fixed: ")).unwrap();
    assert_eq!(fixed.trim(), "fixed: score-mismatch (2)", "{printed}");
    let report = json(repository.path(), "json", &["--base", "main"]);
    assert_eq!(report["change"]["fixed"], serde_json::json!({ "score-mismatch": 2 }));
}

#[test]
fn errors_of_a_removed_model_are_not_fixed() {
    let repository =
        repository(&[(FILE, &wrong()), ("b/threat-model.yaml", &wrong().replace("Planner", "B"))]);
    fs::remove_file(repository.path().join("b/threat-model.yaml")).unwrap();
    let printed = run(repository.path(), &["diff", "main"]).out;
    assert!(printed.contains("removed, was") && !printed.contains("fixed"), "{printed}");
    git(repository.path(), &["mv", FILE, "c.threat-model.yaml"]);
    write(repository.path(), "c.threat-model.yaml", MODEL);
    let printed = run(repository.path(), &["diff", "main"]).out;
    assert!(printed.contains("  fixed: score-mismatch\n"), "{printed}");
}

#[test]
fn extension_selects_the_format_of_a_report_without_one() {
    let folder = Folder::new(&[(FILE, &wrong())]);
    for (file, begins) in [
        ("a.json", "{\n  \"aivss_report\""),
        ("a.sarif", "{\n  \"$schema\""),
        ("B.SARIF.JSON", "{\n  \"$schema\""),
        ("a.xml", "<?xml"),
        ("a.md", "<!-- aivss-lint -->"),
        ("a.markdown", "<!-- aivss-lint -->"),
        ("a.html", "<!DOCTYPE html>"),
        ("a.htm", "<!DOCTYPE html>"),
        ("a.ndjson", "{\"row\""),
        ("a.jsonl", "{\"row\""),
    ] {
        let ran = folder.run(&["-o", file, FILE]);
        assert_eq!((ran.code, &*ran.out), (1, ""), "{file}: {}", ran.err);
        assert!(folder.read(file).starts_with(begins), "{file}: {}", folder.read(file));
    }
    // Each has its own, next to one with a `--format`.
    let ran = folder.run(&["-o", "b.json", "-o", "b.xml", "-f", "concise", "-o", "b.txt", FILE]);
    assert_eq!((ran.code, &*ran.out), (1, ""), "{}", ran.err);
    assert_eq!(folder.read("b.json"), folder.read("a.json"));
    assert_eq!(folder.read("b.xml"), folder.read("a.xml"));
    assert!(folder.read("b.txt").contains("error[score-mismatch]"), "{}", folder.read("b.txt"));
    // A `--format` decides whatever the name is.
    folder.run(&["-f", "junit", "-o", "c.json", FILE]);
    assert_eq!(folder.read("c.json"), folder.read("a.xml"));
    for file in ["a", "a.txt", "a.svg", "json", "a.yaml", "a.json.gz"] {
        let ran = folder.run(&["-o", file]);
        assert_eq!(ran.code, 2, "{file}");
        assert!(ran.err.contains("selects no format; put its --format before it"), "{file}: {}", ran.err);
    }
    assert_eq!(folder.run(&["report", "--output", "d.md"]).code, 0);
    assert!(folder.read("d.md").starts_with("<!-- aivss-lint -->"));
    assert_eq!(folder.run(&["badge", "--output", "d.json"]).code, 0);
    assert!(folder.read("d.json").contains("\"schemaVersion\""));
}
