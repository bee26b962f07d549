//! Limits are compared with the score that a threat model proves, and evidence that names a file needs the file.

use serde_json::Value;

use crate::folder::{Folder, Ran};
use crate::git::{commit, git};

const MODEL: &str = include_str!("../../src/rules/stock.yaml");
const FILE: &str = "agents/threat-model.yaml";

/// The stock model (AIVSS 9.4) with these lines in place of its multipliers, and a score that follows from them.
fn model(multipliers: &str, score: &str) -> String {
    let lines: String = multipliers.lines().map(|line| format!("  {line}\n")).collect();
    MODEL
        .replace("  threat_multiplier: 0.97\n  mitigation_factor: 1.0\n", &lines)
        .replace("score: 9.4", &format!("score: {score}"))
}

fn policy(settings: &str) -> String {
    format!("aivss_policy: 1\nextends: [recommended]\n{settings}\n")
}

fn check(model: &str, settings: &str) -> Ran {
    Folder::new(&[(FILE, model), ("aivss-policy.yaml", &policy(settings))]).run(&["--format", "concise"])
}

#[test]
fn multiplier_without_proof_passes_no_limit() {
    let evidence = "mitigation_evidence: Sandbox escape tests.";
    for (multipliers, score, message) in [
        (
            "mitigation_factor: 0.67",
            "6.3",
            "score is 6.3, 9.4 without evidence for the mitigation factor 0.67",
        ),
        (
            "mitigation_factor: strong",
            "6.3",
            "score is 6.3, 9.4 without evidence for the mitigation factor 0.67",
        ),
        (
            "mitigation_factor: 0.0001",
            "0.0",
            "score is 0.0, 9.4 without evidence for the mitigation factor 0.0001",
        ),
        (
            "mitigation_factor: 0.67\nmitigation_evidence: x",
            "6.3",
            "score is 6.3, 9.4 without evidence for the mitigation factor 0.67",
        ),
        (
            "mitigation_factor: 0.67\nmitigation_evidence: 'todo: ask'",
            "6.3",
            "score is 6.3, 9.4 without evidence for the mitigation factor 0.67",
        ),
        (
            "threat_multiplier: 0.0001",
            "7.1",
            "score is 7.1, 8.3 with the threat multiplier 0.0001 counted as 0.50",
        ),
        (
            &format!("mitigation_factor: 0.0001\nthreat_multiplier: 1e-4\n{evidence}"),
            "0.0",
            "score is 0.0, 5.5 with the threat multiplier 0.0001 counted as 0.50 and with the mitigation factor 0.0001 counted as 0.67",
        ),
    ] {
        // Lowered rules do not lower the limit.
        let settings = "limits: { score: 5.4 }\nrules: { threat-below-floor: off, mitigation-below-floor: off, mitigation-without-evidence: off, score-below-base: off }";
        let ran = check(&model(multipliers, score), settings);
        assert_eq!(ran.code, 1, "{multipliers}: {}{}", ran.out, ran.err);
        assert!(ran.out.contains(&format!("{message}; the limit is 5.4")), "{multipliers}: {}", ran.out);
        assert!(!ran.out.contains("score-mismatch"), "{multipliers}: {}", ran.out);
    }
    let ran = check(&model(&format!("mitigation_factor: 0.83\n{evidence}"), "7.8"), "limits: { score: 7.8 }");
    assert_eq!(ran.code, 0, "{}", ran.out);
}

#[test]
fn threat_multiplier_below_the_published_values_is_an_error() {
    let ran = check(&model("threat_multiplier: 0.49", "8.2"), "");
    assert_eq!(ran.code, 1, "{}", ran.out);
    assert!(ran.out.contains("threat-below-floor"), "{}", ran.out);
    assert_eq!(check(&model("threat_multiplier: 0.5", "8.3"), "").code, 0);
    // In no policy does such a multiplier count below 0.50.
    let ran = check(
        &model("threat_multiplier: 0.1", "7.3"),
        "limits: { severity: Medium }\nrules: { threat-below-floor: warning }",
    );
    let message =
        "score is 7.3, 8.3 with the threat multiplier 0.1 counted as 0.50: High; the limit is Medium";
    assert!(ran.out.contains(message), "{}", ran.out);
}

#[test]
fn every_limit_on_scores_is_compared_with_the_proven_score() {
    let unproven = model("mitigation_factor: 0.67", "6.3");
    let finding = MODEL[MODEL.find("aivss:").unwrap()..MODEL.find("maestro:").unwrap()]
        .replace("mitigation_factor: 1.0\n  score: 9.4", "mitigation_factor: 0.67\n  score: 6.3")
        .replace('\n', "\n    ");
    let with_finding = format!("{MODEL}findings:\n  - id: V-1\n    {finding}\n");
    for (model, settings, message) in [
        (
            &unproven,
            "limits: { severity: High }",
            "9.4 without evidence for the mitigation factor 0.67: Critical; the limit is High",
        ),
        (
            &unproven,
            "require: { approval_from: Critical }",
            "9.4 without evidence for the mitigation factor 0.67: Critical; approval is required from Critical",
        ),
        (&with_finding, "limits: { findings: { Critical: 0 } }", "1 finding is Critical; the limit is 0"),
    ] {
        let ran = check(model, settings);
        assert_eq!(ran.code, 1, "{settings}: {}{}", ran.out, ran.err);
        assert!(ran.out.contains(message), "{settings}: {}", ran.out);
    }
}

#[test]
fn rise_is_counted_between_proven_scores() {
    let folder = Folder::new(&[
        (FILE, &model("threat_multiplier: 0.5", "8.3")),
        ("aivss-policy.yaml", &policy("limits: { increase: 0.5 }")),
    ]);
    git(&folder.path(""), &["init", "--quiet", "--initial-branch=main", "."]);
    commit(&folder.path(""), "base");
    git(&folder.path(""), &["switch", "--quiet", "--create", "change"]);
    // The declared score falls to 6.3, and what is proven rises to 9.4.
    folder.write(FILE, &model("threat_multiplier: 0.97\nmitigation_factor: 0.67", "6.3"));
    commit(&folder.path(""), "change");
    let ran = folder.run(&["--base", "main", "--format", "concise"]);
    assert_eq!(ran.code, 1, "{}{}", ran.out, ran.err);
    let message = "score is 6.3, 9.4 without evidence for the mitigation factor 0.67; it rises from 8.3 by 1.1; the limit is 0.5";
    assert!(ran.out.contains(message), "{}", ran.out);
    // The base's score counts as it is proven, too: an unproven base does not make a proven score a rise.
    git(&folder.path(""), &["switch", "--quiet", "--create", "proven"]);
    folder.write(FILE, MODEL);
    commit(&folder.path(""), "proven");
    let ran = folder.run(&["--base", "change", "--format", "concise"]);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
}

#[test]
fn report_contains_the_proven_score() {
    let folder = Folder::new(&[(FILE, &model("mitigation_factor: 0.67", "6.3"))]);
    let report: Value = serde_json::from_str(&folder.run(&["--format", "json"]).out).unwrap();
    let computed = &report["files"][0]["models"][0]["scores"][0]["computed"];
    assert_eq!((computed["score"].as_f64(), computed["severity"].as_str()), (Some(6.3), Some("Medium")));
    assert_eq!(
        (computed["proven_score"].as_f64(), computed["proven_severity"].as_str()),
        (Some(9.4), Some("Critical"))
    );
}

#[test]
fn evidence_in_an_owasp_report_is_an_addition() {
    let report: Value =
        serde_json::from_str(include_str!("../../examples/owasp-0.8/aivss-report.json")).unwrap();
    let check = |place: &str| {
        let mut report = report.clone();
        let vulnerability = &mut report["vulnerabilities"][0];
        vulnerability["scores"]["mitigation_factor"] = 0.67.into();
        vulnerability.pointer_mut(place).unwrap()["mitigation_evidence"] = "Sandbox escape tests.".into();
        let folder = Folder::new(&[
            ("aivss-report.json", &report.to_string()),
            ("aivss-policy.yaml", &policy("limits: { score: 0 }")),
        ]);
        folder.run(&["--format", "concise"]).out
    };
    let unproven = "without evidence for the mitigation factor 0.67";
    assert!(check("/amplification_factors").contains(unproven), "{}", check("/amplification_factors"));
    for place in ["", "/scores"] {
        let out = check(place);
        assert!(out.contains("score-exceeded") && !out.contains(unproven), "{place}: {out}");
    }
}

#[test]
fn evidence_that_names_a_file_needs_the_file() {
    let with =
        |evidence: &str| model(&format!("mitigation_factor: 0.83\nmitigation_evidence: {evidence}"), "7.8");
    for (evidence, is_missing) in [
        ("tests/sandbox.md", false),
        ("docs/report.md", false),
        ("./tests/sandbox.md", false),
        ("../docs/report.md#results", false),
        ("./tests", false),
        ("tests/none.md", true),
        ("./none", true),
        ("../../outside.md", true),
        ("link/passwd.md", true),
        ("/nonexistent/x.md", true),
        ("file:///nonexistent/x.md", true),
        ("'C:\\x.md'", true),
        ("docs\\none.md", true),
        ("docs\\report.md", false),
        ("tests/missing", true),
        ("missing.md", true),
        ("'[report](docs/none.md)'", true),
        ("docs/report.md, docs/none.md", true),
        ("docs/report.md and tests/sandbox.md:12", false),
        ("https://example.org/none.md", false),
        ("example.org/none.md", false),
        ("Sandbox escape tests in tests/none.md.", false),
    ] {
        let outside = Folder::new(&[("passwd.md", "secret")]);
        let folder = Folder::new(&[
            (FILE, &with(evidence)),
            ("agents/tests/sandbox.md", "Passed."),
            ("docs/report.md", "Passed."),
        ]);
        #[cfg(unix)]
        std::os::unix::fs::symlink(outside.path(""), folder.path("agents/link")).unwrap();
        git(&folder.path(""), &["init", "--quiet", "--initial-branch=main", "."]);
        let ran = folder.run(&["--format", "concise"]);
        assert_eq!(ran.out.contains("evidence-not-found"), is_missing, "{evidence}: {}{}", ran.out, ran.err);
        assert_eq!(ran.code, i32::from(is_missing), "{evidence}: {}{}", ran.out, ran.err);
    }
}

#[test]
fn evidence_of_the_base_is_looked_up_in_the_base() {
    let text = model("mitigation_factor: 0.83\nmitigation_evidence: docs/report.md", "7.8");
    let folder = Folder::new(&[(FILE, &text), ("docs/report.md", "Passed.")]);
    git(&folder.path(""), &["init", "--quiet", "--initial-branch=main", "."]);
    commit(&folder.path(""), "base");
    git(&folder.path(""), &["switch", "--quiet", "--create", "change"]);
    std::fs::remove_file(folder.path("docs/report.md")).unwrap();
    commit(&folder.path(""), "change");
    // The base has the file, so that its absence is new.
    let ran = folder.run(&["--base", "main", "--new-only", "--format", "concise"]);
    assert_eq!(ran.code, 1, "{}{}", ran.out, ran.err);
    assert!(ran.out.contains("evidence-not-found"), "{}", ran.out);
}

#[test]
fn score_and_severity_limits_may_end_in_different_bands() {
    for (settings, code) in [
        ("limits: { score: 6.9, severity: High }", 1),
        ("limits: { score: 9.4, severity: High }", 1),
        ("limits: { score: 8.9, severity: Critical }", 1),
        ("limits: { score: 9.4, severity: Critical }", 0),
    ] {
        let ran = check(MODEL, settings);
        assert_eq!(ran.code, code, "{settings}: {}{}", ran.out, ran.err);
    }
}

#[test]
fn placeholder_in_each_field_is_reported() {
    let at = |from: &str, to: &str| MODEL.replace(from, to);
    let layer = "The planner may call a booking tool twice for one trip.";
    for (model, settings, rule) in [
        (at(layer, "'todo: ask'"), "", "layer-blank"),
        (at(layer, "'ＴＯＤＯ'"), "", "layer-blank"),
        (at(layer, "see Confluence"), "", "layer-blank"),
        (at("Plans trips and books them.", "to be completed"), "", "agent-placeholder"),
        (at("name: Planner", "name: '{{ agent }}'"), "", "agent-placeholder"),
        (at(layer, "{ status: not_applicable, reason: same as above }"), "", "layer-reason-missing"),
        (
            at("autonomy_of_action: 1.0", "autonomy_of_action: { score: 1.0, rationale: ditto }"),
            "require: { rationale_from: 1.0 }",
            "rationale-missing",
        ),
        (
            at("name: Planner", "name: Planner\n  owner: 'TBD - after review'"),
            "require: { owner: true }",
            "owner-missing",
        ),
        (
            at("maestro:", "review: { approved_by: pending review }\nmaestro:"),
            "require: { approval_from: High }",
            "approval-missing",
        ),
        (
            at(
                layer,
                "{ analysis: The planner may book twice., threats: [{ title: Misuse, status: mitigated, mitigation: tbd }] }",
            ),
            "",
            "mitigation-missing",
        ),
    ] {
        let ran = check(&model, settings);
        assert!(ran.code == 1 && ran.out.contains(rule), "{rule}: {}{}{model}", ran.out, ran.err);
    }
    let owner = at("name: Planner", "name: Planner\n  owner: x");
    assert_eq!(check(&owner, "require: { owner: true }").code, 0);
}
