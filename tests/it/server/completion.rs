//! Completion at a cursor, in the middle of texts that cannot be read yet.

use serde_json::{Value, json};

use super::*;

/// The completions at `|` in a text, and the text after the first one.
fn completions(name: &str, text: &str) -> (Vec<Value>, String) {
    let (before, _) = text.split_once('|').unwrap();
    let at = position(&format!("{before}\u{1}"), "\u{1}");
    let text = text.replacen('|', "", 1);
    let editor = &mut Editor::new(&[]);
    editor.open(name, &text);
    let found = editor.about(name, "completion", json!({ "position": at }));
    let found = found.as_array().unwrap().clone();
    let first = found.first().map(|item| json!([item["textEdit"]]));
    let after = first.map(|edits| applied(&text, &edits)).unwrap_or_default();
    (found, after)
}

fn transcript(title: &str, name: &str, text: &str) -> String {
    let (found, after) = completions(name, text);
    let mut shown = format!("# {title}\n");
    for item in &found {
        let (label, detail) = (item["label"].as_str().unwrap(), item["detail"].as_str().unwrap_or_default());
        shown += &format!("{label}  {detail}\n");
    }
    let line = text[..text.find('|').unwrap()].matches('\n').count();
    let changed = after.lines().skip(line).take(3).collect::<Vec<_>>().join("⏎");
    format!("{shown}→ {changed}\n\n")
}

const HEAD: &str = "aivss_threat_model: 1\nagent:\n  name: A\n";

#[test]
fn completion_offers_what_a_schema_cannot() {
    let factors =
        format!("{HEAD}aivss:\n  version: \"0.5\"\n  factors:\n    autonomy_of_action: 1.0\n    |\n");
    let broken = format!("{HEAD}aivss:\n  version: \"0.8\"\n  factors:\n    dyn|\nmaestro: [\n");
    let layers = format!("{HEAD}maestro:\n  foundation_models: A\n  |\n");
    let refs =
        format!("{HEAD}maestro:\n  foundation_models:\n    threats:\n      - {{ title: A, refs: [AS|] }}\n");
    let policy = "aivss_policy: 1\nrules:\n  layer-|\n";
    let in_json = "{\n  \"aivss_threat_model\": 1,\n  \"aivss\": { \"version\": \"0.8\", \"factors\": { \"auto|\" } }\n}\n";
    let all = [
        transcript("factors of the declared version", MODEL, &factors),
        transcript("a factor in a text that cannot be read", MODEL, &broken),
        transcript("missing layers", MODEL, &layers),
        transcript("references", MODEL, &refs),
        transcript("an identifier of a threat", MODEL, &refs.replace("title: A, refs: [AS|]", "id: T|")),
        transcript("the beginning of a vector", MODEL, &format!("{HEAD}aivss:\n  cvss: |\n")),
        transcript("the first metric", MODEL, &format!("{HEAD}aivss:\n  cvss: CVSS:4.0/|\n")),
        transcript("the next metric", MODEL, &format!("{HEAD}aivss:\n  cvss: \"CVSS:4.0/AV:N/AC:L/|\"\n")),
        transcript("the value of a metric", MODEL, &format!("{HEAD}aivss:\n  cvss: CVSS:4.0/AV:N/AC:|\n")),
        transcript(
            "the last metric",
            MODEL,
            &format!("{HEAD}aivss:\n  cvss: CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/|\n"),
        ),
        transcript("the value of a factor", MODEL, &factors.replace("    |", "    persistent_memory: |")),
        transcript("a word of the schema", MODEL, &format!("{HEAD}  tier: |\n")),
        transcript("a key of the schema", MODEL, &format!("{HEAD}  env|\n")),
        transcript(
            "a key of the schema above others",
            MODEL,
            "aivss_threat_model: 1\nagent:\n  |\n  name: A\nreview: { by: B }\n",
        ),
        transcript("rules", "aivss-policy.yaml", policy),
        transcript("levels", "aivss-policy.yaml", "aivss_policy: 1\nrules:\n  layer-blank: |\n"),
        transcript("built-in policies", "aivss-policy.yaml", "aivss_policy: 1\nextends: [|]\n"),
        transcript("a limit", "aivss-policy.yaml", "aivss_policy: 1\nlimits:\n  |\n"),
        transcript("factors in JSON", "threat-model.json", in_json),
        transcript(
            "a value in JSON",
            "threat-model.json",
            "{ \"aivss_threat_model\": 1, \"agent\": { \"tier\": \"|\" } }",
        ),
        transcript(
            "a key in front of others in JSON",
            "threat-model.json",
            "{ \"aivss_threat_model\": 1, \"agent\": { \"|\" \"name\": \"A\" } }",
        ),
        transcript(
            "the front matter of a page",
            "threat-models/a.md",
            &format!("---\n{HEAD}  tier: |\n---\n\n# A\n"),
        ),
        transcript(
            "a block of a page",
            "threat-models/a.md",
            &format!("# A\n\n```yaml\n{HEAD}  tier: |\n```\n"),
        ),
        transcript("a file of others", "a.yaml", "services:\n  |\n"),
        transcript("a comment", MODEL, &format!("{HEAD}# ti|\n")),
    ];
    assert_snapshot("completion", &all.concat());
}
