//! Core risks that the factors raise: which of them are named, what a policy makes of the others, and the questions in drafts.

use serde_json::Value;

use crate::folder::Folder;

const STOCK: &str = include_str!("../../src/rules/stock.yaml");
const MODEL: &str = "threat-model.yaml";
const RULE: &str = "risk-unaddressed";

/// The stock model, in which the factors raise all ten core risks, with other threats and findings.
fn model(threats: &str, findings: &str) -> String {
    let (layers, _) = STOCK.split_once("  cross_layer:").unwrap();
    let layer = "  agent_ecosystem: A hotel's own agent answers in free text.\n";
    assert!(layers.contains(layer));
    format!(
        "{}{threats}{findings}",
        layers.replace(layer, "  agent_ecosystem:\n    analysis: Hotels answer.\n")
    )
}

/// The problems of the rule under a policy.
fn problems(policy: &str, model: &str) -> Vec<Value> {
    let policy = format!("aivss_policy: 1\nextends: [recommended]\n{policy}");
    let folder = Folder::new(&[("aivss-policy.yaml", &policy), (MODEL, model)]);
    let ran = folder.run(&["--format", "json"]);
    let report: Value = serde_json::from_str(&ran.out).unwrap();
    let problems = report["files"][0]["diagnostics"].as_array().unwrap().iter();
    problems.filter(|problem| problem["rule"] == RULE).cloned().collect()
}

const REQUIRED: &str = "require: { core_risks: true }\n";

#[test]
fn risk_is_addressed_by_threats_and_findings() {
    let finding = "findings: [{ id: F-1, title: Leak, category: Agent Untraceability, aivss: { version: \"0.5\", \
                   cvss_base: 5, score: 2.5, factors: { autonomy_of_action: 0, dynamic_tool_use: 0, \
                   goal_driven_planning: 0, contextual_awareness: 0, non_determinism: 0, opacity_and_reflexivity: 0, \
                   persistent_memory: 0, dynamic_identity: 0, multi_agent_interactions: 0, self_modification: 0 } } }]\n";
    let cross = "  cross_layer: { threats: [{ title: Injected goals, refs: [asi01:2026], layers: [data_operations] }] }\n";
    for (threats, findings, open) in [
        ("", "", 10),
        ("    threats: [{ id: T2, title: Tool misuse }]\n", "", 9),
        ("    threats: [{ id: A-1, title: Tool misuse, refs: [CWE-79, T11, ASI03] }]\n", "", 8),
        ("    threats: [{ title: Wrong tool, refs: [Agentic AI Tool Misuse, Untraceability] }]\n", "", 8),
        ("    threats: [{ title: Tool misuse }]\n", "", 10),
        ("    threats: [{ id: T2, title: TODO }]\n", "", 10),
        (cross, "", 9),
        (cross, finding, 8),
        ("", finding, 9),
    ] {
        let found = problems(REQUIRED, &model(threats, findings));
        assert_eq!(found.len(), open, "{threats}{findings}{found:?}");
        assert!(found.iter().all(|problem| problem["level"] == "error"));
        // One note for all of them.
        let notes = problems("", &model(threats, findings));
        assert_eq!(notes.len(), 1, "{threats}{findings}");
        let message = notes[0]["message"].as_str().unwrap();
        let names = message.strip_prefix("the factors raise the risk").unwrap().trim_start_matches('s');
        let names = names.split_once(", but no threat or finding names ").unwrap().0;
        assert_eq!((&notes[0]["level"], names.split(", ").count()), (&"note".into(), open), "{message}");
    }
}

#[test]
fn problem_has_factors_layers_and_the_text_to_write() {
    let threats = "    threats: [{ title: All but one, refs: [T2, T3, T4, T12, T9, T1, T17, ASI01, Critical Systems Interaction] }]\n";
    for policy in ["", REQUIRED] {
        let found = problems(policy, &model(threats, ""));
        let [problem] = &found[..] else { panic!("{found:?}") };
        assert_eq!(
            problem["message"],
            "the factors raise the risk Agent Untraceability, but no threat or finding names it"
        );
        assert_eq!(
            problem["note"],
            "Agent Untraceability is raised by opacity_and_reflexivity 1.0, dynamic_identity 0.5, non_determinism 1.0, usually \
             seen in foundation_models and evaluation_and_observability"
        );
        let help = "write threats with `refs: [T8]`, or findings with such a category";
        let command = " (`aivss-lint fix --unsafe` writes a question for each)";
        assert_eq!(problem["help"], format!("{help}{}", if policy.is_empty() { "" } else { command }));
        let pointer =
            if policy.is_empty() { "/aivss/factors" } else { "/aivss/factors/opacity_and_reflexivity" };
        assert_eq!(problem["pointer"], pointer);
    }
}

#[test]
fn factor_below_one_half_or_of_the_other_set_raises_nothing() {
    let threats = "    threats: [{ title: None }]\n";
    for (from, to, open) in [
        ("autonomy_of_action: 1.0", "autonomy_of_action: 0.49", 4),
        ("natural_language_interface: 1.0", "natural_language_interface: 0.0", 7),
        ("natural_language_interface: 1.0", "goal_driven_planning: 0.0", 10),
        ("    self_modification: 0.5\n", "", 8),
    ] {
        let text = model(threats, "").replace(from, to);
        assert_eq!(problems(REQUIRED, &text).len(), open, "{to}");
    }
}

#[test]
fn level_of_the_policy_wins_over_the_requirement() {
    let threats = "    threats: [{ title: None }]\n";
    for (rules, level) in [("", Some("error")), ("off", None), ("warning", Some("warning"))] {
        let rules = if rules.is_empty() { String::new() } else { format!("rules: {{ {RULE}: {rules} }}\n") };
        let found = problems(&format!("{REQUIRED}{rules}"), &model(threats, ""));
        assert_eq!(found.first().map(|problem| problem["level"].as_str().unwrap()), level);
    }
    let policy = format!("aivss_policy: 1\n{REQUIRED}");
    let folder = Folder::new(&[("aivss-policy.yaml", &policy), (MODEL, STOCK)]);
    let shown = folder.run(&["policy", "show", MODEL]).out;
    let line = shown.lines().find(|line| line.contains(RULE)).unwrap();
    assert!(
        line.starts_with("  risk-unaddressed: error ") && line.ends_with("# aivss-policy.yaml:2:12"),
        "{line}"
    );
}

#[test]
fn import_asks_for_the_threats_of_open_risks() {
    let unmarked =
        model("    threats: [{ id: T2, title: Tool misuse }]\n", "").replace("aivss_threat_model: 1\n", "");
    let folder = Folder::new(&[("draft.yaml", &unmarked)]);
    let ran = folder.run(&["import", "draft.yaml"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(ran.out.contains("  # Which threats are these? The factors raise core risks"), "{}", ran.out);
    let asked: Vec<&str> = ran.out.lines().filter_map(|line| line.strip_prefix("  # - ")).collect();
    assert_eq!(asked.len(), 9, "{}", ran.out);
    assert!(
        asked[0].starts_with("Agent Access Control Violation (ASI03), raised by dynamic_tool_use 0.5,"),
        "{asked:?}"
    );
}

#[test]
fn fix_adds_one_question_for_each_open_risk() {
    let yaml = model("    threats: [{ id: T2, title: Tool misuse }]\n", "");
    let json = serde_json::to_string_pretty(&serde_json::json!({
        "aivss_threat_model": 1,
        "agent": { "name": "Planner", "summary": "Plans trips and books them." },
        "aivss": { "version": "0.8", "cvss_base": 7.1, "factors": { "autonomy_of_action": 1, "dynamic_tool_use": 0.5,
            "natural_language_interface": 1 } },
        "maestro": { "foundation_models": "The model follows instructions.", "cross_layer": { "threats": [] } },
    }));
    let (front, layers) = yaml.split_once("maestro:\n").unwrap();
    let layers = layers.split("  agent_ecosystem:").next().unwrap().lines();
    let sections = layers.map(|line| {
        let (key, text) = line.trim().split_once(": ").unwrap();
        format!("## {}\n\n{text}\n\n", key.replace('_', " "))
    });
    let page = format!("---\n{front}---\n# Planner\n\n{}", sections.collect::<String>());
    for (name, text, asked) in [
        (MODEL, yaml.clone(), 9),
        (MODEL, yaml.replace('\n', "\r\n"), 9),
        (
            MODEL,
            format!("{yaml}  cross_layer:\n    threats:\n    - title: All\n      refs:\n      - ASI01\n"),
            8,
        ),
        (MODEL, format!("{yaml}  cross_layer: {{ threats: [{{ title: All, refs: [T17] }}] }}\n"), 8),
        (MODEL, format!("{yaml}  cross_layer:\n    threats: [] # later\n"), 9),
        (MODEL, format!("{yaml}  cross_layer: {{ threats: [{{ title: TODO, refs: [T17] }}] }}\n"), 8),
        ("threat-model.json", json.unwrap(), 1),
        ("threat-model.md", format!("# A\n\n```yaml\n{yaml}```\n"), 9),
        ("threat-model.md", page, 10),
    ] {
        let policy = format!("aivss_policy: 1\nextends: [permissive]\n{REQUIRED}");
        let folder = Folder::new(&[("aivss-policy.yaml", &policy), (name, &text)]);
        let open = |folder: &Folder| {
            let ran = folder.run(&["--format", "json"]);
            let report: Value = serde_json::from_str(&ran.out).unwrap();
            let problems = report["files"][0]["diagnostics"].as_array().unwrap().clone();
            (ran.code, problems.iter().filter(|problem| problem["rule"] == RULE).count())
        };
        let before = open(&folder);
        folder.run(&["fix", "--unsafe", name]);
        let fixed = folder.read(name);
        assert_eq!(fixed.matches("TODO: say how ").count(), asked, "{fixed}");
        assert_eq!(open(&folder), before, "{fixed}");
        folder.run(&["fix", "--unsafe", name]);
        assert_eq!(folder.read(name), fixed);
    }
}

#[test]
fn init_asks_for_the_core_risks_of_each_layer() {
    let folder = Folder::new(&[]);
    folder.run(&["init"]);
    let text = folder.read(MODEL);
    assert_eq!(text.matches("Which of these can happen: ").count(), 7, "{text}");
    assert!(text.contains("Agent Untraceability (T8)"), "{text}");
}
