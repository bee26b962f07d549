//! Texts that could be commands to terminals, logs and readers of reports, and huge reports.

use std::process::Stdio;

use super::rows::{Case, MODEL, YAML_FILE, after_score, swap, wrong, yaml};
use super::{command, repository, run, steers};
use crate::folder::Ran;
use crate::git::write;

/// Texts that are markup or commands somewhere: as the agent's name, and as an unknown key.
pub(crate) fn texts() -> Vec<Case> {
    let texts = [
        ("a color", "\\e[31m"),
        ("a terminal cleared", "\\e[2J\\e[H"),
        ("a link of a terminal's", "\\e]8;;https://example.org\\a"),
        ("the title of a terminal", "\\e]0;a\\a"),
        ("what a terminal answers", "\\e[6n\\eP$q\\e\\\\"),
        ("a command in one byte", "\\x9b2J"),
        ("a bell and steps back", "\\a\\b\\b\\x7f"),
        ("an overwritten line", "\\rpassed"),
        ("text from right to left", "\\u202egnp.a"),
        ("text kept apart", "\\u2066a\\u2069"),
        ("invisible letters", "a\\u200b\\u00ad\\ufeff"),
        ("letters that are tags", "\\U000e0041\\U000e007f"),
        ("lines of Unicode's", "\\u2028a\\u2029b\\x85c"),
        ("NUL", "\\0"),
        ("a command of GitHub's", "\\n::error file=a::b"),
        ("the end of GitHub's commands", "\\n::stop-commands::a"),
        ("a command of GitHub's after spaces", "\\n  ::set-output name=a::b"),
        ("a group of a log", "##[group]a"),
        ("a variable of Azure's", "\\n##vso[task.setvariable variable=a]b"),
        ("the end of a text in XML", "]]>"),
        ("the end of a test", "</testcase></testsuite>"),
        ("an entity", "&#27;&lt;&a;"),
        ("a script", "<script>alert(1)</script>"),
        ("a comment of HTML", "--><!--"),
        ("a link", "[a](javascript:alert(1))"),
        ("an image", "![a](https://example.org/a.png)"),
        ("a mention", "@everyone"),
        ("a table's border", "a|b`c"),
        ("the end of a block", "\\n```\\n# a"),
        ("quotes and a brace", "\\\"},{'"),
    ];
    let row = |(name, text): (&'static str, &str)| {
        let model = after_score(&format!("  \"{text}\": 1")).replace("score: 9.4", "score: 9.1");
        yaml(name, model.replace("Planner", &format!("\"{text}\"")), 1, "22:10 score-mismatch")
    };
    texts.into_iter().map(row).collect()
}

#[test]
fn hostile_text_is_not_markup_in_any_format() {
    for case in texts() {
        let folder = repository("texts");
        write(&folder, YAML_FILE, &case.bytes);
        for format in ["human", "concise", "json", "sarif", "gitlab", "junit", "markdown", "github"] {
            let (code, report) = run(&folder, &["--format", format, YAML_FILE]);
            let about = format!("{}, {format}: {report:?}", case.name);
            assert_eq!(code, 1, "{about}");
            assert!(!report.contains(steers), "{about}");
            assert!(!report.contains("##[") && !report.contains("##vso["), "{about}");
            let is_json = || serde_json::from_str::<serde_json::Value>(&report).is_ok();
            let commands = report.lines().filter(|line| line.trim_start().starts_with("::"));
            let ours = ["::error ", "::warning ", "::notice "];
            match format {
                "json" | "sarif" | "gitlab" => assert!(is_json(), "{about}"),
                "junit" => {
                    assert!(
                        roxmltree::Document::parse(&report).is_ok() && !report.contains("]]>"),
                        "{about}"
                    );
                }
                "github" => {
                    let is_ours = |line: &str| ours.iter().any(|kind| line.starts_with(kind));
                    let count = commands.clone().count();
                    // Two problems, and a note on core risks.
                    assert!(count == 3 && commands.clone().all(is_ours), "{about}");
                }
                "human" | "concise" => assert_eq!(commands.count(), 0, "{about}"),
                _ => {
                    // Markup in code is shown.
                    let report: String = report.replace("\\`", "").split('`').step_by(2).collect();
                    let live = ["<script", "](javascript", "![a]", "--><!--", "\n# a"];
                    assert!(!live.iter().any(|text| report.contains(text)), "{about}");
                }
            }
        }
    }
}

/// Each of these lines has its own problem, and some hide the problems of others: the time must not be the product of both.
#[test]
fn many_unknown_keys_and_findings_are_checked_in_time() {
    let folder = repository("crowd");
    let keys = |name: &str| (0..20_000).map(|at| format!("    {name}_{at}: 0.5\n")).collect::<String>();
    let findings = "- { id: F, titel: A flaw }\n".repeat(20_000);
    let text = MODEL
        .replace("  factors:\n", &format!("  factors:\n{}", keys("tool_use")))
        .replace("maestro:\n", &format!("maestro:\n{}", keys("layer").replace("    ", "  ")));
    write(&folder, YAML_FILE, format!("{text}findings:\n{findings}"));
    let (code, report) = run(&folder, &["--format", "concise"]);
    assert_eq!(code, 1);
    assert!(
        report.contains("[file-too-complex]") && report.lines().count() <= 1_001,
        "{}",
        report.lines().count()
    );
}

#[test]
fn many_mild_problems_do_not_hide_a_severe_one() {
    let folder = repository("many");
    let finding = |at: usize| {
        format!(
            "  - {{ id: V-{at}, aivss: {{ version: '0.8', factors: *f, score: 9.4, cvss: \
             CVSS:4.0/AV:N/AC:H/AT:N/PR:L/UI:N/VC:N/VI:N/VA:H/SC:N/SI:H/SA:H/E:P }} }}\n"
        )
    };
    let findings: String = (0..1_200).map(finding).collect();
    let model = wrong().replace("  factors:\n", "  factors: &f\n");
    write(&folder, YAML_FILE, format!("{model}findings:\n{findings}"));
    let (code, report) = run(&folder, &["--format", "concise", YAML_FILE]);
    assert_eq!(code, 1, "{}", report.lines().next_back().unwrap_or_default());
    assert!(report.contains("error[file-too-complex] there are more than 1000 problems"));
}

#[test]
fn closed_pipe_does_not_change_the_verdict() {
    let folder = repository("pipes");
    let keys: String = (0..3_000).map(|at| format!("unknown_{at}: 1\n")).collect();
    write(&folder, YAML_FILE, format!("{MODEL}{keys}"));
    for format in ["human", "concise", "json"] {
        let mut command = command(&folder);
        command.args(["--format", format, YAML_FILE]).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        drop(child.stdout.take());
        let ran = Ran::from(child.wait_with_output().unwrap());
        assert_eq!((ran.code, &*ran.out), (1, ""), "{format}");
        // The verdict of `concise` goes to standard error.
        let is_verdict = ran.err.starts_with("failed under policy ") && ran.err.lines().count() == 1;
        assert!(ran.err.is_empty() || (format == "concise" && is_verdict), "{format}: {}", ran.err);
    }
}

#[test]
fn text_of_a_file_does_not_control_the_terminal() {
    let folder = repository("steering");
    let evil = "\\e]8;;https://example.org\\a\\e[2J\\r\\n::error::\\u202E";
    let files = [
        ("name", swap("Planner", &format!("\"{evil}\"")).replace("9.4", "9.1")),
        ("key", after_score(&format!("  \"{evil}\": 1"))),
        ("value", swap("severity: Critical", &format!("severity: \"{evil}\""))),
        ("vector", swap("cvss: CVSS:4.0", &format!("cvss: \"{evil}\"\n  x-a: CVSS:4.0"))),
        ("tag", swap("score: 9.4", "score: !%1B%5B2J 9.4")),
        ("comment", format!("{}# \u{202E}\u{2066}\u{85}\u{9B}2J\n", wrong())),
        ("anchor", after_score("  x-a: *\u{202E}a")),
        ("finding", format!("{MODEL}findings:\n  - id: \"{evil}\"\n    title: 1\n")),
    ];
    for (name, text) in files {
        write(&folder, YAML_FILE, text);
        for format in ["human", "concise"] {
            let (code, report) = run(&folder, &["--format", format, YAML_FILE]);
            assert_eq!(code, 1, "{name}: {report}");
            assert!(!report.contains(steers), "{name}, {format}: {report:?}");
        }
    }
}

#[test]
fn small_file_does_not_make_a_huge_report() {
    let folder = repository("reports");
    let findings = "  - { id: *id, aivss: {} }\n".repeat(1_000);
    write(&folder, YAML_FILE, format!("{MODEL}x-id: &id {}\nfindings:\n{findings}", "i".repeat(10_000)));
    for format in ["human", "concise", "json"] {
        let (code, report) = run(&folder, &["--format", format, YAML_FILE]);
        assert_eq!(code, 1, "{format}");
        assert!(report.len() < 20_000_000, "{format}: {} bytes", report.len());
    }
}
