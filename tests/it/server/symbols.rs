//! The outline, the folds and the links of a document.

use serde_json::{Value, json};

use super::*;

fn outline(symbols: &Value, depth: usize, shown: &mut String) {
    for symbol in symbols.as_array().unwrap() {
        let (name, detail) =
            (symbol["name"].as_str().unwrap(), symbol["detail"].as_str().unwrap_or_default());
        *shown += &format!("{}{name}  {detail}  ({})\n", "  ".repeat(depth), place(&symbol["range"]));
        if let Some(children) = symbol.get("children") {
            outline(children, depth + 1, shown);
        }
    }
}

#[test]
fn outline_folds_and_links_follow_the_structure() {
    let smolagents = include_str!("../../../examples/smolagents/threat-model.yaml");
    let page = include_str!("../../../examples/markdown/travel-planner.md");
    let policy =
        "aivss_policy: 1\nextends: [recommended, base.yaml]\nrego:\n  - rules\n  - { path: gone.rego }\n";
    let evidence = STOCK
        .replace("mitigation_factor: 1.0", "mitigation_factor: 0.83\n  mitigation_evidence: rules/a.rego");
    let mut transcript = String::new();
    for (name, text) in [
        (MODEL, smolagents),
        ("threat-models/a.md", page),
        ("aivss-policy.yaml", policy),
        ("threat-model.json", "{ \"aivss_threat_model\": 1, \"agent\": {\n} }"),
        ("b.threat-model.yaml", &*evidence),
    ] {
        let editor =
            &mut Editor::new(&[("base.yaml", "aivss_policy: 1\n"), ("rules/a.rego", "package aivss\n")]);
        editor.open(name, text);
        transcript += &format!("# {name}\n");
        let symbols = editor.about(name, "documentSymbol", json!({}));
        outline(&symbols, 0, &mut transcript);
        let folds = editor.about(name, "foldingRange", json!({}));
        for fold in folds.as_array().unwrap() {
            let line = |key: &str| fold[key].as_u64().unwrap() + 1;
            transcript += &format!("fold {}–{}\n", line("startLine"), line("endLine"));
        }
        let root = editor.uri("");
        for link in editor.about(name, "documentLink", json!({})).as_array().unwrap() {
            let target = link["target"].as_str().unwrap().replace(&root, "");
            transcript += &format!("link {} {target}\n", place(&link["range"]));
        }
    }
    assert_snapshot("symbols", &transcript);
}
