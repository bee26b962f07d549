//! Code actions: fixes with versions, all safe fixes, exceptions, and changes to try.

use serde_json::{Value, json};

use super::*;

/// The actions at a text of a document, of all kinds or of one.
fn actions(editor: &mut Editor, name: &str, range: Value, only: Option<&str>) -> Vec<Value> {
    let mut context = json!({ "diagnostics": [] });
    if let Some(only) = only {
        context["only"] = json!([only]);
    }
    let found = editor.about(name, "codeAction", json!({ "range": range, "context": context }));
    found.as_array().unwrap().clone()
}

/// The edits of an action of the document, which must be for a version.
fn edits(action: &Value, version: i32) -> &Value {
    let changes = &action["edit"]["documentChanges"];
    assert_eq!(changes.as_array().unwrap().len(), 1, "{action}");
    assert_eq!(changes[0]["textDocument"]["version"], version);
    &changes[0]["edits"]
}

const WRONG: [(&str, &str); 2] = [("score: 9.4", "score: 9.1"), ("factor_sum: 7.0", "factor_sum: 7.5")];

fn wrong() -> String {
    WRONG.iter().fold(STOCK.to_owned(), |text, (right, wrong)| text.replace(right, wrong))
}

#[test]
fn safe_fix_is_a_preferred_quick_fix_for_the_version() {
    let editor = &mut Editor::new(&[]);
    editor.open(MODEL, &wrong());
    let end = position(&wrong(), "9.1|");
    editor.edit(MODEL, 2, json!({ "start": end, "end": end }), " # ∑");
    let found = actions(editor, MODEL, range(&wrong(), "9.1"), Some("quickfix"));
    let fix = &found[0];
    assert_eq!((&fix["title"], &fix["isPreferred"]), (&json!("Write 9.4"), &json!(true)));
    assert_eq!(fix["diagnostics"][0]["code"], "score-mismatch");
    let text = wrong().replace("score: 9.1", "score: 9.1 # ∑");
    assert_eq!(applied(&text, edits(fix, 2)), text.replace("9.1", "9.4"));
}

#[test]
fn fix_all_applies_what_the_command_line_applies() {
    for (name, right) in
        [(MODEL, STOCK), ("THREAT_MODEL.md", &*format!("# Page 😀\n\n```yaml\n{STOCK}```\n"))]
    {
        let text = WRONG.iter().fold(right.to_owned(), |text, (right, wrong)| text.replace(right, wrong));
        let editor = &mut Editor::new(&[]);
        editor.open(name, &text);
        for only in ["source", "source.fixAll", "source.fixAll.aivss-lint"] {
            let found = actions(editor, name, whole(), Some(only));
            assert_eq!(found.len(), 1, "{only}");
            assert_eq!(found[0]["kind"], "source.fixAll.aivss-lint");
            assert_eq!(applied(&text, edits(&found[0], 1)), right);
        }
        assert_eq!(actions(editor, name, whole(), Some("source.organizeImports")), [] as [Value; 0]);
    }
}

#[test]
fn suggestion_is_a_refactoring_and_not_part_of_fix_all() {
    let editor = &mut Editor::new(&[]);
    let text = STOCK.split("  agent_ecosystem:").next().unwrap().to_owned();
    editor.open(MODEL, &text);
    let found = actions(editor, MODEL, range(&text, "maestro"), None);
    let form =
        found.iter().find(|action| action["title"].as_str().unwrap().contains("agent_ecosystem")).unwrap();
    assert_eq!((&form["kind"], form.get("isPreferred")), (&json!("refactor.rewrite"), None));
    assert!(applied(&text, edits(form, 1)).contains("TODO: say what threatens external tools"));
    assert_eq!(actions(editor, MODEL, whole(), Some("source.fixAll")), [] as [Value; 0]);
}

#[test]
fn note_about_core_risks_offers_questions() {
    let editor = &mut Editor::new(&[]);
    let text = STOCK.split("  cross_layer:").next().unwrap().to_owned();
    editor.open(MODEL, &text);
    let found = actions(editor, MODEL, range(&text, "factors"), Some("refactor.rewrite"));
    let questions =
        found.iter().find(|action| action["title"] == "Write questions about 10 core risks").unwrap();
    let asked = applied(&text, edits(questions, 1));
    assert!(
        asked.ends_with("refs: [ASI01] }\n")
            && asked.contains("\"TODO: say how Agent Untraceability can happen\"")
    );
    editor.close(MODEL);
    editor.open(MODEL, &asked);
    assert!(editor.problems(MODEL).contains("[risk-unaddressed]"));
    let left = actions(editor, MODEL, range(&asked, "factors"), Some("refactor.rewrite"));
    assert!(left.iter().all(|action| !action["title"].as_str().unwrap().contains("questions")), "{left:?}");
}

#[test]
fn exception_is_written_into_the_policy_for_a_person_to_fill_in() {
    let policy = "aivss_policy: 1\nextends: [recommended]\n";
    let editor = &mut Editor::new(&[("aivss-policy.yaml", policy), (MODEL, &wrong())]);
    editor.open(MODEL, &wrong());
    let except = |editor: &mut Editor| {
        let found = actions(editor, MODEL, range(&wrong(), "9.1"), Some("quickfix"));
        let title = json!("Except `score-mismatch` here, in the policy");
        found.into_iter().find(|action| action["title"] == title).unwrap()
    };
    let action = except(editor);
    let change = &action["edit"]["documentChanges"][0];
    assert_eq!(change["textDocument"], json!({ "uri": editor.uri("aivss-policy.yaml"), "version": null }));
    let written = applied(policy, &change["edits"]);
    assert_eq!(
        written,
        format!(
            "{policy}exceptions:\n  - rule: score-mismatch\n    path: \"threat-model.yaml\"\n    reason: TODO\n    owner: TODO\n    expires: YYYY-MM-DD\n"
        )
    );
    editor.open("aivss-policy.yaml", &written);
    assert!(editor.problems("aivss-policy.yaml").contains("`reason` is empty or a placeholder"));
    // Nothing passes until it is filled in, and then the problem is excepted.
    assert!(editor.problems(MODEL).contains("error[score-mismatch]"));
    let filled = written
        .replacen("TODO", "Ticket 7", 1)
        .replace("TODO", "a@example.org")
        .replace("YYYY-MM-DD", "2027-01-01");
    editor.close("aivss-policy.yaml");
    editor.open("aivss-policy.yaml", &filled);
    assert_eq!(editor.problems("aivss-policy.yaml"), "");
    assert!(editor.problems(MODEL).contains("hint[score-mismatch]"));
}

#[test]
fn exception_without_a_policy_creates_one() {
    let editor = &mut Editor::new(&[]);
    editor.open(MODEL, &wrong());
    let found = actions(editor, MODEL, range(&wrong(), "9.1"), Some("quickfix"));
    let changes = &found[1]["edit"]["documentChanges"];
    assert_eq!(
        (&changes[0]["kind"], &changes[0]["uri"]),
        (&json!("create"), &json!(editor.uri("aivss-policy.yaml")))
    );
    let text = changes[1]["edits"][0]["newText"].as_str().unwrap();
    assert!(
        text.starts_with("aivss_policy: 1\nextends: [recommended]\nexceptions:\n  - rule: score-mismatch\n"),
        "{text}"
    );
}

#[test]
fn fixed_rules_and_excepted_problems_offer_no_exception() {
    let editor = &mut Editor::new(&[]);
    let text = STOCK.replace("agent:", "agnt: {}\nagent:");
    editor.open(MODEL, &text);
    let found = actions(editor, MODEL, range(&text, "agnt"), None);
    assert!(found.iter().all(|action| !action["title"].as_str().unwrap().starts_with("Except")), "{found:?}");
}

#[test]
fn changes_to_try_lower_the_score_those_first_that_change_the_band() {
    let mut transcript = String::new();
    let json_text = {
        let document = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/owasp-0.8");
        let mut paths: Vec<_> = fs::read_dir(document).unwrap().map(|entry| entry.unwrap().path()).collect();
        paths.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
        paths.sort();
        fs::read_to_string(&paths[0]).unwrap()
    };
    let page = include_str!("../../../examples/markdown/refund-assistant.md");
    let smolagents = include_str!("../../../examples/smolagents/threat-model.yaml");
    for (name, text, at) in [
        (MODEL, smolagents, "aivss:"),
        ("threat-models/refund.md", page, "aivss:"),
        ("aivss-report.json", &*json_text, "\"aivss\""),
    ] {
        let editor = &mut Editor::new(&[]);
        editor.open(name, text);
        let found = actions(editor, name, range(text, at), Some("refactor"));
        let changes: Vec<&Value> =
            found.iter().filter(|action| action["title"].as_str().unwrap().starts_with("Set ")).collect();
        assert!(changes.len() <= 3);
        transcript += &format!("# {name}\n");
        for action in changes {
            let title = action["title"].as_str().unwrap();
            transcript += &format!("{title}\n");
            // The changed file has the score of the title, and no more mismatches than before.
            let new = applied(text, edits(action, 1));
            let before = editor.problems(name);
            editor.close(name);
            editor.open(name, &new);
            let allowed = editor.problems(name);
            let wrong = |problems: &str| problems.matches("-mismatch]").count();
            assert!(wrong(&allowed) <= wrong(&before), "{title}\n{before}\n{allowed}");
            editor.close(name);
            editor.open(name, text);
        }
    }
    assert_snapshot("what-if", &transcript);
}
