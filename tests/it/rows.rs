//! Rows for query engines, and the lists of files that engines pass.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use proptest::prelude::*;
use serde_json::Value;
use sha2::Digest;

use crate::folder::{Folder, Ran};
use crate::git::{commit, git, write};
use crate::program::program;

const MODEL: &str = include_str!("../../src/rules/stock.yaml");
const REPORT: &str = include_str!("../../examples/faults/aivss-report.json");
const FINDINGS: &str = include_str!("../../examples/faults/findings.threat-model.yaml");
const FORMAT: [&str; 4] = ["--format", "ndjson", "--today", "2026-11-23"];

static SCHEMA: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(include_str!("../../schemas/row.json")).unwrap());

/// The rows that a run has printed, each valid and with all columns in the order of the schema.
fn rows(text: &str) -> Vec<Value> {
    let validator = jsonschema::validator_for(&SCHEMA).unwrap();
    let columns: Vec<&str> =
        SCHEMA["required"].as_array().unwrap().iter().map(|column| column.as_str().unwrap()).collect();
    let row = |line: &str| {
        assert!(!line.contains(|letter: char| letter.is_control()), "{line}");
        let row: Value = serde_json::from_str(line).expect(line);
        if let Err(error) = validator.validate(&row) {
            panic!("{error}: {line}");
        }
        let places: Vec<_> = columns.iter().map(|column| line.find(&format!("\"{column}\":"))).collect();
        assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{line}");
        row
    };
    text.lines().map(row).collect()
}

fn column<'r>(rows: &'r [Value], name: &str) -> Vec<&'r str> {
    rows.iter().map(|row| row[name].as_str().unwrap_or("null")).collect()
}

fn checked(folder: &Folder, arguments: &[&str]) -> Ran {
    folder.run(&[&FORMAT, arguments].concat())
}

#[test]
fn examples_have_a_row_per_score_and_a_last_row() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let ran = Ran::of(program().args(FORMAT).arg("examples").current_dir(root));
    assert_eq!(ran.code, 1, "{}", ran.err);
    let rows = rows(&ran.out);
    let (last, files) = rows.split_last().unwrap();
    assert_eq!((&last["kind"], &last["verdict"]), (&"run".into(), &"failed".into()));
    assert!(column(files, "path").is_sorted());
    let kinds: BTreeSet<&str> = column(files, "kind").into_iter().collect();
    assert_eq!(kinds, BTreeSet::from(["agent", "file", "finding"]));
    let json = Ran::of(program().args(["--format", "json", "examples"]).current_dir(root));
    let json: Value = serde_json::from_str(&json.out).unwrap();
    let models =
        || json["files"].as_array().unwrap().iter().flat_map(|file| file["models"].as_array().unwrap());
    let scores: usize = models().map(|model| model["scores"].as_array().unwrap().len()).sum();
    assert!(files.iter().filter(|row| !row["formula"].is_null()).count() <= scores);
    let errors = files.iter().map(|row| row["errors"].as_u64().unwrap()).max();
    assert!(errors > Some(0));
    assert_eq!(last["errors"], json["summary"]["errors"]);
    assert_eq!(last["warnings"], json["summary"]["warnings"]);
}

#[test]
fn numbers_keep_their_digits() {
    let folder = Folder::new(&[("threat-model.yaml", MODEL)]);
    let ran = checked(&folder, &[]);
    for part in ["\"score\":9.4,", "\"threat_multiplier\":0.97,", "\"factor_sum\":8.0,", "\"uplift\":2.2504,"]
    {
        assert!(ran.out.contains(part), "{part} {}", ran.out);
    }
}

#[test]
fn run_without_rows_has_its_reason_in_the_last_row() {
    let rows_of = |files: &[(&str, &str)], arguments: &[&str]| {
        let folder = Folder::new(files);
        let ran = checked(&folder, arguments);
        assert_eq!(ran.code, 2, "{arguments:?} {}", ran.err);
        let rows = rows(&ran.out);
        assert_eq!((rows.len(), &rows[0]["kind"]), (1, &"run".into()), "{arguments:?}");
        assert_eq!(rows[0]["verdict"], "cannot-judge");
        rows[0]["reason"].as_str().unwrap().to_owned()
    };
    assert!(rows_of(&[("a.txt", "")], &[]).starts_with(".: no threat model here"));
    assert_eq!(rows_of(&[("a.txt", "")], &["b.yaml"]), "b.yaml: no such file or folder");
    let broken = [("aivss-policy.yaml", "aivss_policy: 1\nnope: 1\n"), ("threat-model.yaml", MODEL)];
    assert!(rows_of(&broken, &[]).starts_with("aivss-policy.yaml: the policy is broken"));
    assert!(rows_of(&[], &["--policy", "none.yaml"]).contains("none.yaml"));
}

#[test]
fn file_has_all_rows_or_the_reason() {
    let folder =
        Folder::new(&[("a/threat-model.yaml", MODEL), ("b/threat-model.yaml", "aivss_threat_model: [")]);
    let to_file = ["--output", "rows.ndjson"];
    let ran = checked(&folder, &to_file);
    assert_eq!((ran.code, &*ran.out), (1, ""));
    let written = rows(&folder.read("rows.ndjson"));
    assert_eq!(column(&written, "kind"), ["agent", "file", "run"]);
    assert_eq!(column(&written, "verdict"), ["passed", "failed", "failed"]);
    assert_eq!(folder.run(&["--format", "ndjson", "--output", "rows.ndjson", "--nope"]).code, 2);
    assert_eq!(column(&rows(&folder.read("rows.ndjson")), "kind"), ["run"]);
    // Next to other formats, on standard output and in several files.
    let both = ["--format", "human", "--format", "ndjson", "--output", "b.ndjson"];
    let ran = folder.run(&[&FORMAT[..], &to_file, &both].concat());
    assert!(ran.out.contains("syntax"), "{}", ran.out);
    assert_eq!(folder.read("rows.ndjson"), folder.read("b.ndjson"));
    assert_eq!(rows(&folder.read("b.ndjson")), written);
}

#[test]
fn rows_with_a_base_are_the_same_unless_it_decides() {
    let folder = Folder::new(&[("threat-model.yaml", &MODEL.replace("score: 9.4", "score: 9.1"))]);
    let root = folder.path("");
    git(&root, &["init", "--quiet", "."]);
    commit(&root, "base");
    folder.write("b.threat-model.yaml", MODEL);
    let plain = checked(&folder, &[]);
    assert_eq!(plain.out, checked(&folder, &["--base", "HEAD"]).out);
    let new_only = checked(&folder, &["--base", "HEAD", "--new-only"]);
    assert_eq!(column(&rows(&plain.out), "verdict"), ["passed", "failed", "failed"]);
    assert_eq!(column(&rows(&new_only.out), "verdict"), ["passed", "passed", "passed"]);
}

#[test]
fn origin_is_from_options_then_ci_then_git_without_passwords() {
    let owned = "review: { date: 2026-11-01 }\nagent:\n  owner: team@example.org\n";
    let folder = Folder::new(&[("threat-model.yaml", &MODEL.replacen("agent:\n", owned, 1))]);
    let root = folder.path("");
    let origin = |variables: &[(&str, &str)], arguments: &[&str]| {
        let variables = variables.iter().copied();
        let run = program().args(FORMAT).args(arguments).envs(variables).current_dir(&root).output().unwrap();
        let rows = rows(&String::from_utf8(run.stdout).unwrap());
        ["repository", "commit", "branch"].map(|name| rows[0][name].as_str().unwrap_or("null").to_owned())
    };
    assert_eq!(origin(&[], &[]), ["null", "null", "null"]);
    let given = ["--repository", "acme/a", "--commit", "c0ffee", "--branch", "b"];
    assert_eq!(origin(&[], &given), ["acme/a", "c0ffee", "b"]);
    let gitlab = [
        ("CI_PROJECT_URL", "https://gitlab.example/a/b"),
        ("CI_COMMIT_SHA", "12"),
        ("CI_COMMIT_REF_NAME", "x"),
    ];
    assert_eq!(origin(&gitlab, &[]), ["gitlab.example/a/b", "12", "x"]);
    assert_eq!(origin(&gitlab, &given[..2]), ["acme/a", "12", "x"]);
    git(&root, &["init", "--quiet", "--initial-branch=main", "."]);
    let head = commit(&root, "base");
    assert_eq!(origin(&[], &[]), ["null", &*head, "main"]);
    git(&root, &["remote", "add", "origin", "https://me:secret@github.com/acme/agents.git"]);
    // A job of another repository has checked out this one.
    assert_eq!(origin(&gitlab, &[]), ["github.com/acme/agents", &*head, "main"]);
    let own = [("CI_PROJECT_URL", "https://gitlab.example/a/b"), ("CI_COMMIT_SHA", &*head)];
    assert_eq!(origin(&own, &[]), ["gitlab.example/a/b", &*head, "main"]);
    let json = folder.run(&["--format", "json"]);
    let json: Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!((&json["repository"], &json["commit"]), (&"github.com/acme/agents".into(), &(*head).into()));
    let model = &json["files"][0]["models"][0];
    assert!(model["owner"].is_string() && model["review"]["date"].is_string(), "{model}");
}

#[test]
fn hostile_texts_are_escaped_and_short() {
    let name = format!("\"\\e[31m\\u2028\\u202e##[group]x\\0{}\"", "🦀".repeat(500));
    let folder =
        Folder::new(&[("threat-model.yaml", &MODEL.replace("name: Planner", &format!("name: {name}")))]);
    let ran = checked(&folder, &[]);
    assert!(!ran.out.contains("##[") && !ran.out.contains(['\u{1b}', '\u{2028}', '\u{202e}']), "{}", ran.out);
    let agent = rows(&ran.out)[0]["agent"].as_str().unwrap().to_owned();
    assert!(agent.starts_with("\u{1b}[31m\u{2028}\u{202e}##[group]x\0🦀"), "{agent}");
    assert_eq!(agent.chars().count(), 120);
}

#[test]
fn attestation_is_a_statement_about_the_checked_files() {
    let schema = serde_json::json!({
        "type": "object", "additionalProperties": false,
        "required": ["_type", "subject", "predicateType", "predicate"],
        "properties": {
            "_type": { "const": "https://in-toto.io/Statement/v1" },
            "predicateType": { "const": "https://in-toto.io/attestation/test-result/v0.1" },
            "subject": { "type": "array", "items": { "$ref": "#/$defs/resource" } },
            "predicate": {
                "type": "object", "additionalProperties": false, "required": ["result", "configuration"],
                "properties": {
                    "result": { "enum": ["PASSED", "WARNED", "FAILED"] },
                    "configuration": { "type": "array", "minItems": 1, "items": { "$ref": "#/$defs/resource" } },
                    "passedTests": { "$ref": "#/$defs/tests" },
                    "warnedTests": { "$ref": "#/$defs/tests" },
                    "failedTests": { "$ref": "#/$defs/tests" },
                },
            },
        },
        "$defs": {
            "tests": { "type": "array", "items": { "type": "string" } },
            "resource": {
                "type": "object", "additionalProperties": false, "required": ["name"],
                "properties": {
                    "name": { "type": "string" },
                    "digest": {
                        "type": "object", "additionalProperties": false, "required": ["sha256"],
                        "properties": { "sha256": { "pattern": "^[0-9a-f]{64}$" } },
                    },
                },
            },
        },
    });
    let validator = jsonschema::validator_for(&schema).unwrap();
    let policy = "aivss_policy: 1\nextends: [recommended]\n";
    let folder = Folder::new(&[("aivss-policy.yaml", policy), ("a/threat-model.yaml", MODEL)]);
    let statement = |code: i32, arguments: &[&str]| {
        let ran = folder.run(&[&["--format", "attestation", "--today", "2026-11-23"], arguments].concat());
        assert_eq!(ran.code, code, "{}", ran.err);
        let statement: Value = serde_json::from_str(&ran.out).unwrap();
        assert!(validator.is_valid(&statement), "{statement}");
        statement
    };
    let passed = statement(0, &[]);
    let digest = |name: &str| -> String {
        let digest = sha2::Sha256::digest(folder.read(name).as_bytes());
        digest.iter().map(|byte| format!("{byte:02x}")).collect()
    };
    assert_eq!(passed["subject"][0]["name"], "a/threat-model.yaml");
    assert_eq!(passed["subject"][0]["digest"]["sha256"], digest("a/threat-model.yaml"));
    assert_eq!(passed["predicate"]["configuration"][0]["digest"]["sha256"], digest("aivss-policy.yaml"));
    assert_eq!(passed["predicate"]["passedTests"][0], "a/threat-model.yaml");
    folder.write("b.threat-model.yaml", &MODEL.replace("score: 9.4", "score: 9.1"));
    let failed = statement(1, &[]);
    assert_eq!(failed["predicate"]["failedTests"], serde_json::json!(["b.threat-model.yaml"]));
    let unread = statement(2, &["a", "missing.yaml"]);
    assert_eq!(unread["predicate"]["result"], "FAILED");
    assert_eq!(unread["predicate"]["failedTests"], serde_json::json!(["missing.yaml"]));
    folder.write("aivss-policy.yaml", "aivss_policy: 1\nnope: 1\n");
    assert_eq!(statement(2, &[])["predicate"]["failedTests"], serde_json::json!(["aivss-policy.yaml"]));
}

#[test]
fn list_names_files_of_any_name() {
    let names =
        ["a b.yaml", "--deny.yaml", "-", "ünï.yaml", "#x.yaml", "$(x).yaml", "{a}.yaml", " lead.yaml"];
    let folder = Folder::new(&names.map(|name| (name, MODEL)));
    folder.write("lines.txt", &names.join("\n"));
    folder.write("crlf.txt", &names.join("\r\n"));
    folder.write("nul.txt", &(names.join("\0") + "\0"));
    let whole = checked(&folder, &["--files-from", "lines.txt"]);
    assert_eq!(rows(&whole.out).len(), names.len() + 1, "{}", whole.err);
    for list in ["crlf.txt", "nul.txt"] {
        assert_eq!(checked(&folder, &["--files-from", list]).out, whole.out, "{list}");
    }
    // Twice, and next to arguments: each file counts once.
    folder.write("twice.txt", &names.map(|name| format!("{name}\n{name}")).join("\n"));
    assert_eq!(checked(&folder, &["a b.yaml", "--files-from", "twice.txt"]).out, whole.out);
    for command in ["list", "badge", "report", "fix"] {
        let ran = folder.run(&[command, "--files-from", "nul.txt"]);
        assert_eq!(ran.code, 0, "{command}: {}", ran.err);
    }
}

#[cfg(unix)]
#[test]
fn list_names_files_that_only_nul_can_separate() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let folder = Folder::new(&[("a\nb.yaml", MODEL), ("c\r", MODEL)]);
    let odd = folder.path("").join(OsStr::from_bytes(b"\xff\xfe.yaml"));
    fs::write(odd, MODEL).unwrap();
    fs::write(folder.path("list"), b"a\nb.yaml\0c\r\0\xff\xfe.yaml\0").unwrap();
    let ran = checked(&folder, &["--files-from", "list"]);
    assert_eq!((ran.code, rows(&ran.out).len()), (0, 4), "{}", ran.err);
}

#[test]
fn name_that_cannot_be_read_is_exit_status_2() {
    let folder =
        Folder::new(&[("a/threat-model.yaml", MODEL), ("notes.yaml", "a: 1\n"), ("empty.txt", "\n")]);
    let (long, far) = ("x".repeat(5_000), "../".repeat(40) + "nowhere");
    for name in ["missing.yaml", "notes.yaml", "a\u{1b}[31m.yaml", &long, &far, "a\0b/missing"] {
        folder.write("list.txt", &format!("a/threat-model.yaml\n{name}\n"));
        let ran = checked(&folder, &["--files-from", "list.txt"]);
        assert_eq!(ran.code, 2, "{name:?}: {}", ran.err);
        assert!(!ran.out.contains('\u{1b}') && !ran.err.contains('\u{1b}'), "{name:?}");
        let rows = rows(&ran.out);
        assert!(rows.last().unwrap()["reason"].is_string(), "{name:?}");
    }
    let ran = checked(&folder, &["--files-from", "no-list.txt", "--output", "rows.ndjson"]);
    assert_eq!((ran.code, &*ran.err), (2, "error: --files-from no-list.txt: no such file or folder\n"));
    assert!(folder.read("rows.ndjson").contains("no-list.txt"));
    assert_eq!(checked(&folder, &["--files-from", "."]).code, 2);
    for command in ["check", "report", "badge", "fix"] {
        let ran = folder.run(&[command, "--files-from", "empty.txt"]);
        assert_eq!(ran.code, 2, "{command}: {}", ran.out);
        assert!(ran.err.contains("--files-from empty.txt: the list is empty"), "{command}: {}", ran.err);
    }
    let ran = folder.run(&["--only-matching", "--files-from", "empty.txt"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(ran.out.contains("--files-from names no file, so nothing was checked"), "{}", ran.out);
}

#[cfg(unix)]
#[test]
fn list_leads_to_no_file_outside_the_repository() {
    use std::os::unix::fs::symlink;
    let outside = Folder::new(&[("secret.yaml", MODEL), ("list.txt", "secret-name\n")]);
    let folder = Folder::new(&[("threat-model.yaml", MODEL)]);
    let root = folder.path("");
    git(&root, &["init", "--quiet", "."]);
    symlink(outside.path("secret.yaml"), folder.path("link.yaml")).unwrap();
    symlink(outside.path("list.txt"), folder.path("list-link.txt")).unwrap();
    folder.write("list.txt", "threat-model.yaml\nlink.yaml\n");
    let ran = checked(&folder, &["--files-from", "list.txt"]);
    assert_eq!(ran.code, 2);
    assert!(ran.out.contains("link.yaml: it is a link that leads out of the repository"), "{}", ran.out);
    let ran = checked(&folder, &["--files-from", "list-link.txt"]);
    assert!(ran.code == 2 && !ran.err.contains("secret-name"), "{}", ran.err);
}

/// Two repositories with their rows.
fn fleet() -> Folder {
    let folder = Folder::new(&[]);
    for (name, text, day) in [
        ("a", MODEL.to_owned(), "2026-11-23"),
        ("b", MODEL.replace("score: 9.4", "score: 9.1"), "2026-11-24"),
    ] {
        let owned = format!("agent:\n  owner: <b>team-{name}</b>\n  environment: production\n");
        folder.write(&format!("{name}/threat-model.yaml"), &text.replacen("agent:\n", &owned, 1));
        let rows = format!("{name}.ndjson");
        let place = ["--repository", &format!("git.example/{name}"), "--commit", "c0ffee"];
        let run = ["--format", "ndjson", "--today", day, "--output", &rows, name];
        assert!(folder.run(&[&run[..], &place].concat()).code < 2);
    }
    folder
}

#[test]
fn report_from_rows_is_about_all_repositories() {
    let folder = fleet();
    let from = ["report", "--from", "a.ndjson", "b.ndjson"];
    let ran = folder.run(&[&from[..], &["--output", "fleet.html"]].concat());
    assert_eq!(ran.code, 0, "{}", ran.err);
    let page = folder.read("fleet.html").replace("<wbr>", "").replace("<wbr/>", "");
    for part in [
        "AI agent risk: 2 repositories",
        "1 of 2 agents",
        "By owner",
        "&#60;b&#62;team-a&#60;/b&#62;",
        "git.example/b: b/threat-model.yaml",
    ] {
        assert!(page.contains(part), "{part}");
    }
    assert!(!page.contains("<b>team-a"));
    let markdown = folder.run(&[&from[..], &["--format", "markdown"]].concat());
    assert_eq!(markdown.code, 0, "{}", markdown.err);
    assert!(
        markdown.out.starts_with("## aivss-lint: ❌ 1 of 2 agents in 2 repositories"),
        "{}",
        markdown.out
    );
    assert!(markdown.out.contains("| production | 9\\.4 | 2 | 1 | 0 | 0 | 0 |"), "{}", markdown.out);
    let strip = folder.run(&[&from[..], &["--figure", "fleet"]].concat());
    assert!(strip.out.contains("AIVSS scores of 2 agents"), "{}", strip.out);
    let layers = folder.run(&[&from[..], &["--figure", "layers"]].concat());
    assert_eq!(layers.out.matches(">open<").count(), 7, "{}", layers.out);
}

/// A row with another value in a column.
fn with(row: &str, column: &str, value: impl Into<Value>) -> String {
    let mut row: Value = serde_json::from_str(row).unwrap();
    row[column] = value.into();
    row.to_string() + "\n"
}

#[test]
fn rows_of_several_days_draw_the_days() {
    let folder = fleet();
    let open = "maestro:\n  cross_layer:\n    threats:\n      - { title: A, severity: High, layers: [data_operations, agent_frameworks] }\n";
    let text = MODEL.replace("maestro:\n", open);
    folder.write("a/threat-model.yaml", &text);
    let place = ["--repository", "git.example/a", "--commit", "c1", "--output", "c.ndjson", "a"];
    folder.run(&[&["--format", "ndjson", "--today", "2026-11-26"], &place[..]].concat());
    let row = folder.read("c.ndjson");
    for part in [
        "\"threats_data_operations\":1,",
        "\"threats_agent_frameworks\":1,",
        "\"threats_agent_ecosystem\":0,",
    ] {
        assert!(row.contains(part), "{part} {row}");
    }
    let report = |files: &[&str], arguments: &[&str]| {
        folder.run(&[&["report"], arguments, &["--from"], files].concat())
    };
    let all = ["a.ndjson", "b.ndjson", "c.ndjson"];
    let markdown = report(&all, &["--format", "markdown"]);
    assert_eq!(markdown.code, 0, "{}", markdown.err);
    // Each repository counts as of its last run until that day.
    for part in [
        "last runs from 2026-11-24 to 2026-11-26",
        "| 2026\\-11\\-26 | 2 | 2 | 9\\.4 | 9\\.4 | 1 | 0 |\n| 2026\\-11\\-24 | 2 | 2 | 9\\.4 | 9\\.4 | 0 | 0 |\n| 2026\\-11\\-23 | 1 | 1 ",
    ] {
        assert!(markdown.out.contains(part), "{part}\n{}", markdown.out);
    }
    let page = report(&all, &["--output", "fleet.html"]);
    assert_eq!(page.code, 0, "{}", page.err);
    let page = folder.read("fleet.html");
    for part in ["id=\"trend\"", "2026-11-26: open threats 1", "<h2>Over time</h2>", "last runs from "] {
        assert!(page.contains(part), "{part}");
    }
    let figure = report(&all, &["--figure", "trend"]);
    assert!(
        figure.code == 0 && figure.out.starts_with("<svg") && figure.out.contains("median 9.4"),
        "{}",
        figure.out
    );
    let page = report(&["a.ndjson"], &["--output", "fleet.html"]);
    assert_eq!(page.code, 0, "{}", page.err);
    let page = folder.read("fleet.html");
    assert!(!page.contains("id=\"trend\"") && page.contains("last runs on "));
    let figure = report(&["a.ndjson"], &["--figure", "trend"]);
    assert!(figure.code == 2 && figure.err.contains("not of several days"), "{}", figure.err);
    assert_eq!(folder.run(&["report", "--figure", "trend"]).code, 2);
}

#[test]
fn run_of_a_repository_counts_each_file_once_and_replaces_earlier_runs() {
    let folder = fleet();
    let row = folder.read("a.ndjson");
    let (agent, run) = row.split_once('\n').unwrap();
    let on = |day: &str, paths: &[&str]| -> String {
        let rows = paths.iter().map(|path| with(agent, "path", *path)).chain([with(run, "kind", "run")]);
        rows.map(|row| with(&row, "date", day)).collect()
    };
    let (first, later) = (on("2026-11-23", &["x", "y", "z"]), on("2026-11-24", &["x"]));
    let other =
        with(agent, "repository", "git.example/other") + &with(run, "repository", "git.example/other");
    for (rows, head) in [
        (first.clone(), "none of 3 agents in 1 repository"),
        (first.repeat(3), "none of 3 agents in 1 repository"),
        (on("2026-11-23", &["w", "x"]) + &first, "none of 4 agents in 1 repository"),
        (later.clone() + &first, "none of 1 agent in 1 repository"),
        (first + &later + &other, "none of 2 agents in 2 repositories"),
        (on("2026-11-23", &[]), "none of 0 agents in 1 repository"),
        // A run that fails by a problem of no agent.
        (with(run, "verdict", "failed"), "❌ none of 0 agents in 1 repository"),
    ] {
        folder.write("c.ndjson", &rows);
        let ran = folder.run(&["report", "--format", "markdown", "--from", "c.ndjson"]);
        assert!(ran.code == 0 && ran.out.contains(head), "{head} {} {}", ran.out, ran.err);
    }
}

#[test]
fn rows_that_cannot_be_trusted_are_reported_once() {
    let folder = fleet();
    let row = folder.read("a.ndjson");
    let (agent, run) = row.split_once('\n').unwrap();
    let other =
        with(agent, "repository", "git.example/other") + &with(run, "repository", "git.example/other");
    let unexpected = |column: &str| format!("the column `{column}` has an unexpected value");
    let mut rows = vec![
        (
            agent.replacen('{', "{\"verdict\":\"failed\",", 1) + "\n" + run,
            "duplicate column `verdict`".to_owned(),
        ),
        (format!("{agent}\n{other}"), "line 2: the last row (`run`) is missing before this row".to_owned()),
        (format!("{run}{agent}\n"), "the last row (`run`) is missing".to_owned()),
        (row.replace("\"kind\":\"agent\"", "\"kind\":\"nope\""), "`kind` has an unknown value".to_owned()),
        (row.replacen("a/threat", "a\0threat", 1), "line 1: not a row".to_owned()),
        (format!("\u{feff}{row}"), "line 1: not a row".to_owned()),
        (format!("[{row}]"), "line 1: not a row".to_owned()),
    ];
    for (column, value) in [
        ("score", Value::from(11)),
        ("score", (-1).into()),
        ("score", "9.4".into()),
        ("open_high", (-1).into()),
        ("threats_data_operations", 1e30.into()),
        ("errors", 99_999_999_999_u64.into()),
        ("layer_data_operations", "fine".into()),
        ("date", "yesterday".into()),
        ("date", Value::Null),
        ("next_due", "2026-13-01".into()),
        ("agent", serde_json::json!(["x"])),
        ("repository", 1.into()),
    ] {
        rows.push((with(agent, column, value) + run, unexpected(column)));
    }
    for (rows, reason) in rows {
        folder.write("c.ndjson", &rows);
        let ran = folder.run(&["report", "--format", "markdown", "--from", "b.ndjson", "c.ndjson"]);
        assert!(ran.code == 2 && ran.err.contains(&reason), "{reason}\n{}\n{}", ran.out, ran.err);
        assert_eq!(ran.err.matches("cannot check").count(), 1, "{}", ran.err);
        assert!(ran.out.contains("cannot check everything"), "{}", ran.out);
    }
}

#[test]
fn hostile_texts_of_rows_are_escaped_on_the_page() {
    let folder = fleet();
    let hostile =
        "<script>alert(1)</script>\u{1b}[31m\u{202e}\u{0}\u{2028}##[group]x|`](javascript:x)\n::error::y";
    let hostile_in = |row: &str, columns: &[&str]| {
        columns.iter().fold(row.to_owned(), |row, column| with(&row, column, hostile))
    };
    let row = folder.read("a.ndjson");
    let (agent, run) = row.split_once('\n').unwrap();
    let origin = ["repository", "commit", "branch", "policy", "policy_digest", "tool_version"];
    let columns =
        ["agent", "owner", "environment", "tier", "path", "format", "verdict", "approved_by", "finding"];
    let rows = hostile_in(&hostile_in(agent, &origin), &columns)
        + &hostile_in(&hostile_in(run, &origin), &["reason", "verdict"]);
    folder.write("c.ndjson", &rows);
    for arguments in [
        &["--output", "fleet.html"][..],
        &["--format", "markdown"],
        &["--figure", "fleet"],
        &["--figure", "trend"],
    ] {
        let ran = folder.run(&[&["report"], arguments, &["--from", "b.ndjson", "c.ndjson"]].concat());
        assert_eq!(ran.code, 2, "{arguments:?} {}", ran.err);
        let page = if arguments[0] == "--output" { folder.read("fleet.html") } else { String::new() };
        for text in [&page, &ran.out, &ran.err] {
            // Standard error is plain text.
            let is_safe =
                (text == &ran.err || !text.contains("<script>alert")) && !text.contains("##[group]");
            assert!(
                is_safe && !text.contains(['\u{1b}', '\u{202e}', '\u{0}', '\u{2028}']),
                "{arguments:?} {text}"
            );
            assert!(!text.lines().any(|line| line.trim_start().starts_with("::")), "{arguments:?} {text}");
        }
    }
}

#[test]
fn report_from_rows_has_the_last_run_of_each_repository() {
    let folder = fleet();
    let markdown =
        || folder.run(&["report", "--format", "markdown", "--from", "a.ndjson", "b.ndjson", "c.ndjson"]);
    // A later run takes the place of the first, a part of a run is added, and an earlier run does not count.
    let row = folder.read("a.ndjson");
    for (rows, head) in [
        (row.replace("2026-11-23", "2026-11-25").replace("passed", "failed"), "2 of 2 agents"),
        (row.replace("threat-model.yaml", "part.yaml"), "1 of 3 agents"),
        (row.replace("2026-11-23", "2026-11-22"), "1 of 2 agents"),
    ] {
        folder.write("c.ndjson", &rows);
        let ran = markdown();
        assert!(ran.code == 0 && ran.out.contains(head), "{head} {} {}", ran.out, ran.err);
    }
    // The reader of a cut, foreign or hostile file reports that.
    let run_row = row.lines().last().unwrap();
    let unsure =
        run_row.replace("\"passed\"", "\"cannot-judge\"").replace("\"reason\":null", "\"reason\":\"x|y\"");
    let long = format!("{{\"row\":1,\"x\":\"{}\"}}", "y".repeat(2_000_000));
    let deep = "[".repeat(100_000);
    for (rows, reason) in [
        ("", "the last row (`run`) is missing"),
        (row.lines().next().unwrap(), "the last row (`run`) is missing"),
        (&*row.replace("\"row\":1", "\"row\":2"), "rows of version 2 are not supported"),
        (&row[..900], "not a row"),
        ("{}\n\"run\"", "not a row"),
        (&*long, "longer than 1 MiB"),
        (&*deep, "not a row"),
        (&*unsure, "git.example/a: x|y"),
        (&*run_row.replace("\"passed\"", "null"), "git.example/a: its run was not certain"),
    ] {
        folder.write("c.ndjson", rows);
        let ran = markdown();
        assert!(ran.code == 2 && ran.err.contains(reason), "{reason} {} {}", ran.out, ran.err);
    }
    fs::remove_file(folder.path("c.ndjson")).unwrap();
    assert_eq!(markdown().code, 2);
    assert_eq!(folder.run(&["report", "--from", "a.ndjson", "--output", "a.ndjson"]).code, 2);
    assert_eq!(folder.read("a.ndjson"), row);
    assert_eq!(folder.run(&["report", "--from", "a.ndjson", "--policy", "strict"]).code, 2);
}

/// Threat models that pass, fail, have findings, no score, several documents, or cannot be read.
fn models() -> [String; 7] {
    [
        MODEL.to_owned(),
        MODEL.replace("score: 9.4", "score: 9.1"),
        FINDINGS.to_owned(),
        REPORT.to_owned(),
        format!("{MODEL}---\n{}", MODEL.replace("version: '0.8'", "version: '0.5'")),
        "aivss_threat_model: [\n".to_owned(),
        "aivss_threat_model: 1\nagent: { name: Idle }\n".to_owned(),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn rows_of_a_whole_are_those_of_its_parts(
        kinds in proptest::collection::vec((0..7_usize, 0..3_usize), 1..9),
        is_strict in any::<bool>(),
    ) {
        let folder = Folder::new(&[]);
        write(&folder.path(""), "aivss-policy.yaml", format!(
            "aivss_policy: 1\nextends: [{}]\n", if is_strict { "strict" } else { "permissive" }
        ));
        let names: Vec<(String, usize)> = kinds.iter().enumerate().map(|(at, (kind, part))| {
            (format!("{}/m{at}.{}", at % 3, if *kind == 3 { "json" } else { "yaml" }), *part)
        }).collect();
        for ((name, _), (kind, _)) in names.iter().zip(&kinds) {
            folder.write(name, &models()[*kind]);
        }
        let lines = |text: &str| -> Vec<String> {
            rows(text).into_iter().filter(|row| row["kind"] != "run").map(|row| row.to_string()).collect()
        };
        let listed = |part: Option<usize>| {
            let of_part = names.iter().filter(|(_, own)| part.is_none_or(|part| part == *own));
            folder.write("list", &of_part.map(|(name, _)| name.clone() + "\0").collect::<String>());
            lines(&checked(&folder, &["--files-from", "list"]).out)
        };
        let (mut whole, mut union) = (listed(None), Vec::new());
        (0..3).for_each(|part| union.extend(listed(Some(part))));
        whole.sort();
        union.sort();
        prop_assert_eq!(whole, union);
    }
}
