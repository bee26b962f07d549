//! The folders in `examples/` give the verdicts that they state, in the JSON report and by its schema.

use std::path::Path;
use std::process::Output;

use crate::program::program;
use serde_json::Value;

/// Runs `check` on a folder and returns its report, validated by the report's schema.
fn report(paths: &[&str]) -> (Option<i32>, Value) {
    let output = run(&[paths, &["--format", "json", "--today", "2026-11-23"]].concat());
    let report: Value =
        serde_json::from_slice(&output.stdout).expect("stdout is the report and nothing else");
    let schema: Value = serde_json::from_str(include_str!("../../schemas/report.json")).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<String> = validator.iter_errors(&report).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?}");
    assert_eq!(report["exit_code"], output.status.code().unwrap());
    (output.status.code(), report)
}

fn run(arguments: &[&str]) -> Output {
    program().current_dir(env!("CARGO_MANIFEST_DIR")).args(arguments).output().expect("the program starts")
}

fn rules<'r>(report: &'r Value, level: &str) -> Vec<(&'r str, &'r str)> {
    let files = report["files"].as_array().unwrap();
    let problems = files.iter().flat_map(|file| {
        let path = file["path"].as_str().unwrap();
        file["diagnostics"].as_array().unwrap().iter().map(move |problem| (path, problem))
    });
    problems
        .filter(|(_, problem)| problem["level"] == level)
        .map(|(path, problem)| (path, problem["rule"].as_str().unwrap()))
        .collect()
}

#[test]
fn example_of_smolagents_passes() {
    let (code, report) = report(&["examples/smolagents"]);
    assert_eq!(code, Some(0));
    assert_eq!(report["summary"]["errors"], 0);
    assert_eq!(report["summary"]["warnings"], 0);
    let model = &report["files"][0]["models"][0];
    let answers: Vec<&str> =
        model["layers"].as_array().unwrap().iter().map(|layer| layer["answer"].as_str().unwrap()).collect();
    assert_eq!(answers, ["mapped", "uncertain", "mapped", "mapped", "uncertain", "uncertain", "uncertain"]);
    assert_eq!(model["scores"][0]["computed"]["factor_sum"].to_string(), "4.0");
}

#[test]
fn examples_of_owasp_0_8_agree() {
    let (code, report) = report(&["examples/owasp-0.8"]);
    assert_eq!(code, Some(0));
    assert_eq!(rules(&report, "error"), []);
    let scores: usize = report["files"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|file| file["models"].as_array().unwrap())
        .map(|model| model["scores"].as_array().unwrap().len())
        .sum();
    assert_eq!(scores, 10);
}

#[test]
fn examples_of_owasp_0_5_have_exactly_seven_wrong_files() {
    let (code, report) = report(&["examples/owasp-0.5"]);
    assert_eq!(code, Some(1));
    let errors = rules(&report, "error");
    let files_with = |rule: &str| -> Vec<&str> {
        errors.iter().filter(|(_, found)| *found == rule).map(|(path, _)| *path).collect()
    };
    assert_eq!(files_with("score-mismatch").len(), 7);
    assert_eq!(files_with("score-mismatch"), files_with("uplift-mismatch"));
    assert_eq!(errors.len(), 14, "they have no other errors");
    let clean: Vec<&Value> = report["files"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|file| file["diagnostics"].as_array().unwrap().iter().all(|one| one["level"] == "note"))
        .collect();
    assert_eq!(clean.len(), 3);
}

#[test]
fn examples_in_markdown_pass_and_fail_as_stated() {
    let (code, report) = report(&["examples/markdown"]);
    assert_eq!(code, Some(1));
    let page = "examples/markdown/refund-assistant.md";
    let expected = ["score-mismatch", "layer-blank", "layer-blank", "mitigation-missing"];
    assert_eq!(rules(&report, "error"), expected.map(|rule| (page, rule)));
    assert_eq!(report["summary"]["models"], 2);
}

#[test]
fn folder_without_a_threat_model_cannot_be_checked() {
    let (code, report) = report(&["src/cli"]);
    assert_eq!(code, Some(2));
    assert_eq!(report["verdict"], "cannot-judge");
}

#[test]
fn built_in_policies_pass_as_files() {
    let (code, report) =
        report(&["policies/recommended.yaml", "policies/strict.yaml", "policies/permissive.yaml"]);
    assert_eq!(code, Some(0));
    assert_eq!(report["summary"]["policies"], 3);
}

#[test]
fn report_has_the_same_bytes_for_any_number_of_threads() {
    let outputs: Vec<Vec<u8>> = ["1", "2", "7"]
        .iter()
        .map(|threads| {
            run(&["examples", "--threads", threads, "--format", "json", "--today", "2026-11-23"]).stdout
        })
        .collect();
    assert!(outputs[0].len() > 1_000);
    assert!(outputs.iter().all(|output| *output == outputs[0]));
}

/// OWASP's own schema accepts the example report, where that schema is available.
#[test]
fn example_report_is_valid_by_the_schema_of_owasp() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let Ok(schema) =
        std::fs::read_to_string(root.join("../shared/schemas/owasp-aivss-report-0.8.schema.json"))
    else {
        println!("skipped: the schema of OWASP is not available");
        return;
    };
    let schema: Value = serde_json::from_str(&schema).unwrap();
    let report = std::fs::read_to_string(root.join("examples/owasp-0.8/aivss-report.json")).unwrap();
    assert!(jsonschema::is_valid(&schema, &serde_json::from_str(&report).unwrap()));
}

/// Each format reports the same problems with the same exit status.
#[test]
fn every_format_contains_the_same_problems() {
    let (code, json) = report(&["examples/faults"]);
    let lists = json["files"].as_array().unwrap().iter().map(|file| file["diagnostics"].as_array().unwrap());
    let problems: usize = lists.map(Vec::len).sum();
    let input_errors = json["obstacles"].as_array().unwrap().len();
    assert!(problems > 50, "{problems}");
    let written = |format: &str| {
        let output = run(&["examples/faults", "--today", "2026-11-23", "--format", format]);
        assert_eq!(output.status.code(), code, "{format}");
        String::from_utf8(output.stdout).unwrap()
    };
    let begins = |text: &str, starts: &[&str]| {
        text.lines().filter(|line| starts.iter().any(|start| line.starts_with(start))).count()
    };
    let parsed = |format: &str| -> Value { serde_json::from_str(&written(format)).unwrap() };
    // People see each rule with its number, and problems of one kind and consequences in one block.
    let statistics = run(&["examples/faults", "--today", "2026-11-23", "--statistics", "--quiet"]).stdout;
    let statistics = String::from_utf8(statistics).unwrap();
    let numbers = statistics.lines().filter_map(|line| line.split_whitespace().next());
    assert_eq!(
        numbers.map(|number| number.parse::<usize>().unwrap()).sum::<usize>(),
        problems,
        "{statistics}"
    );
    let blocks = begins(&written("human"), &["error[", "warning[", "note["]);
    assert!(blocks < problems && blocks > problems / 2, "{blocks} blocks of {problems} problems");
    assert_eq!(written("concise").lines().count(), problems + input_errors);
    assert_eq!(parsed("sarif")["runs"][0]["results"].as_array().unwrap().len(), problems);
    assert_eq!(parsed("gitlab").as_array().unwrap().len(), problems + input_errors);
    let junit = written("junit");
    let unclean =
        json["files"].as_array().unwrap().iter().filter(|file| file["diagnostics"] != Value::Array(vec![]));
    let clean = json["files"].as_array().unwrap().len() - unclean.count();
    assert_eq!(junit.matches("<testcase ").count(), problems + input_errors + clean);
    // GitHub shows at most ten of a level: the tenth counts the rest, which are lines in the log.
    let github = written("github");
    let more = github.lines().filter(|line| line.contains("title=") && line.contains(" more::")).count();
    let commands = begins(&github, &["::error ", "::warning ", "::notice "]);
    let lines = github.lines().filter(|line| line.starts_with("examples/faults/")).count();
    assert_eq!(commands - more + lines, problems + input_errors);
    assert!(commands <= 30 && more > 0);
    let markdown = written("markdown");
    // A line about several problems names each rule, or counts the problems.
    let count = |line: &str| {
        let (head, message) = line.split_once("`** ").unwrap();
        let rules = head.split_once("**`").unwrap().1.split(' ').count();
        let more = message.split_once(" and ").and_then(|(_, more)| more.split_once(" more like it"));
        let more = more.map(|(more, _)| 1 + more.parse::<usize>().unwrap());
        let many =
            [" factors have no value", " layers are blank"].iter().find_map(|many| message.split_once(many));
        more.or(many.map(|(number, _)| number.parse().unwrap())).unwrap_or(rules)
    };
    let listed =
        markdown.lines().filter(|line| ["- ❌", "- ⚠️", "- ℹ️"].iter().any(|sign| line.starts_with(sign)));
    let listed = listed.filter(|line| !line.contains("cannot check "));
    assert_eq!(listed.map(count).sum::<usize>(), problems);
}

#[test]
fn run_prints_the_same_with_and_without_a_report_of_all_files() {
    let folder = tempfile::tempdir().unwrap();
    let json = folder.path().join("report.json");
    for paths in ["examples/owasp-0.8", "examples/owasp-0.5", "examples"] {
        let run = |more: &[&str]| {
            let output = program()
                .current_dir(env!("CARGO_MANIFEST_DIR"))
                .args(["check", paths, "--today", "2026-11-25", "--format", "human"])
                .args(more)
                .output()
                .unwrap();
            (output.status.code(), String::from_utf8(output.stdout).unwrap())
        };
        let listed = run(&["--format", "json", "--output", json.to_str().unwrap()]);
        assert_eq!(run(&[]), listed);
        assert!(listed.1.contains("; highest score "), "{}", listed.1);
    }
}
