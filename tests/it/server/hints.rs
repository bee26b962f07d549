//! Live scores: hints after values, lines above blocks, and both while a text cannot be read.

use serde_json::{Value, json};

use super::*;

/// A text with its hints in place, and its lenses above their lines. Lines without either are left out.
fn shown_scores(editor: &mut Editor, name: &str, text: &str) -> String {
    let hints = editor.about(name, "inlayHint", json!({ "range": whole() }));
    let lenses = editor.about(name, "codeLens", json!({}));
    let mut shown = String::new();
    for (number, line) in text.lines().enumerate() {
        for lens in lenses.as_array().unwrap().iter().filter(|lens| lens["range"]["start"]["line"] == number)
        {
            shown += &format!("      ‹{}›\n", lens["command"]["title"].as_str().unwrap());
        }
        let units: Vec<u16> = line.encode_utf16().collect();
        let own = hints.as_array().unwrap().iter().filter(|hint| hint["position"]["line"] == number);
        let own: Vec<(usize, &str)> = own
            .map(|hint| {
                let column = hint["position"]["character"].as_u64().unwrap();
                (usize::try_from(column).unwrap(), hint["label"].as_str().unwrap())
            })
            .collect();
        let [(column, label)] = own.as_slice() else {
            assert_eq!(own, [], "one hint a line");
            continue;
        };
        let (before, after) = units.split_at(*column);
        let text = |units: &[u16]| String::from_utf16(units).unwrap();
        shown += &format!("{:4}  {}‹{label}›{}\n", number + 1, text(before), text(after));
    }
    shown
}

#[test]
fn scores_are_shown_after_their_values_and_above_their_blocks() {
    let policy = "aivss_policy: 1\nextends: [recommended]\nlimits: { score: 6.9 }\n";
    let page = include_str!("../../../examples/markdown/refund-assistant.md");
    let report = include_str!("../../../examples/faults/aivss-report.json");
    let findings = include_str!("../../../examples/faults/findings.threat-model.yaml");
    let blank =
        STOCK.replace("score: 9.4", "score:").split("  security_and_compliance:").next().unwrap().to_owned();
    let json_model = "{\n  \"aivss_threat_model\": 1,\n  \"agent\": { \"name\": \"∑ 😀\" },\n  \"aivss\": { \"version\": \"0.8\", \"cvss\": \"CVSS:4.0\" }\n}\n";
    let mut transcript = String::new();
    for (name, text) in [
        (MODEL, &*blank),
        ("crlf.threat-model.yaml", &*STOCK.replace('\n', "\r\n")),
        ("bom.threat-model.yaml", &*format!("\u{FEFF}{STOCK}")),
        ("findings.threat-model.yaml", findings),
        ("threat-models/refund.md", page),
        ("aivss-report.json", report),
        ("threat-model.json", json_model),
    ] {
        let editor = &mut Editor::new(&[("aivss-policy.yaml", policy)]);
        editor.open(name, text);
        transcript += &format!("# {name}\n{}", shown_scores(editor, name, text));
    }
    assert_snapshot("hints", &transcript);
}

#[test]
fn tooltip_is_the_calculation() {
    let editor = &mut Editor::new(&[]);
    editor.open(MODEL, STOCK);
    let hints = editor.about(MODEL, "inlayHint", json!({ "range": range(STOCK, "score: 9.4") }));
    assert_eq!(hints.as_array().unwrap().len(), 1);
    assert_eq!(hints[0]["label"], "= 9.4 Critical");
    let tooltip = hints[0]["tooltip"]["value"].as_str().unwrap();
    assert!(tooltip.contains("- score: (") && tooltip.ends_with("→ 9.4"), "{tooltip}");
}

#[test]
fn hints_of_the_last_sound_text_move_with_the_edits() {
    let editor = &mut Editor::new(&[]);
    editor.open(MODEL, STOCK);
    let before = shown_scores(editor, MODEL, STOCK);
    let top = json!({ "line": 0, "character": 0 });
    editor.edit(MODEL, 2, json!({ "start": top, "end": top }), "broken: [\n# 😀\n");
    let broken = format!("broken: [\n# 😀\n{STOCK}");
    let during = shown_scores(editor, MODEL, &broken);
    assert!(editor.problems(MODEL).contains("[syntax]"));
    let unnumbered = |text: &str| text.lines().map(|line| line[4..].to_owned()).collect::<Vec<_>>();
    assert_eq!(unnumbered(&before), unnumbered(&during));
    // A change of a number while the text is broken moves the hint after it.
    editor.edit(MODEL, 3, range(&broken, "9.4"), "10.25");
    let during = shown_scores(editor, MODEL, &broken.replace("score: 9.4", "score: 10.25"));
    assert!(during.contains("score: 10.25‹= 9.4 Critical›"), "{during}");
    let lines = json!({ "start": { "line": 0, "character": 0 }, "end": { "line": 2, "character": 0 } });
    editor.edit(MODEL, 4, lines, "");
    let after = shown_scores(editor, MODEL, &STOCK.replace("score: 9.4", "score: 10.25"));
    assert!(after.contains("score: 10.25‹= 9.4 Critical›"), "{after}");
}

#[test]
fn client_without_hints_gets_lines_above_blocks() {
    let editor = &mut Editor::with(&[], json!({}), json!({ "today": TODAY }));
    assert_eq!(editor.initialized["capabilities"].get("inlayHintProvider"), None);
    editor.open(MODEL, STOCK);
    let lenses: Value = editor.about(MODEL, "codeLens", json!({}));
    assert_eq!(lenses[0]["command"]["title"], "9.4 Critical");
}
