//! Hover over factors, scores, vectors, layers, references, rules and keys of policies.

use serde_json::{Value, json};

use super::*;

fn hover(editor: &mut Editor, name: &str, text: &str, needle: &str) -> String {
    let mut at = position(text, needle);
    at["character"] = json!(at["character"].as_u64().unwrap() + 1);
    let found = editor.about(name, "hover", json!({ "position": at }));
    if found == Value::Null {
        return "nothing".to_owned();
    }
    format!("({}) {}", place(&found["range"]), found["contents"]["value"].as_str().unwrap())
}

fn transcript(name: &str, text: &str, needles: &[&str]) -> String {
    let editor = &mut Editor::new(&[(name, text)]);
    editor.open(name, text);
    let hovers =
        needles.iter().map(|needle| format!("## `{needle}`\n{}\n\n", hover(editor, name, text, needle)));
    format!("# {name}\n\n{}", hovers.collect::<String>())
}

#[test]
fn hover_explains_what_a_number_or_a_name_means() {
    let smolagents = include_str!("../../../examples/smolagents/threat-model.yaml");
    let policy = "aivss_policy: 1\nextends: [recommended, strict]\nlimits:\n  score: 6.9\nrules:\n  layer-blank: warning\noverrides:\n  - match: { tier: high }\n    limits: { score: 5.0 }\nexceptions:\n  - { rule: score-exceeded, path: a, reason: b, owner: c, expires: 2027-01-01 }\n";
    let page = include_str!("../../../examples/markdown/refund-assistant.md");
    let report = include_str!("../../../examples/faults/aivss-report.json");
    let all = [
        transcript(
            MODEL,
            smolagents,
            &[
                "autonomy_of_action",
                "0.60",
                "score: 6.5",
                "CVSS:4.0",
                "T11",
                "data_operations",
                "tier",
                "aivss:",
                "proof-of",
                "# our",
            ],
        ),
        transcript(
            "aivss-policy.yaml",
            policy,
            &["recommended", "score: 6.9", "6.9", "layer-blank", "score: 5.0", "score-exceeded", "expires"],
        ),
        transcript("threat-models/refund.md", page, &["aivss:", "CVSS:4.0", "score:"]),
        transcript("aivss-report.json", report, &["\"autonomy\"", "\"aivss\"", "\"vulnerabilities\""]),
    ];
    assert_snapshot("hover", &all.concat());
}
