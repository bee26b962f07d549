//! Diagnostics: pulled and published, with the levels of the command line.

use std::fs;

use serde_json::{Value, json};

use super::*;

const WRONG: &str = "9.4";

fn wrong() -> String {
    STOCK.replace("score: 9.4", "score: 9.1")
}

/// An editor that does not ask for diagnostics.
fn publishing(files: &[(&str, &str)]) -> Editor {
    Editor::with(files, json!({}), json!({ "today": TODAY }))
}

/// The next published diagnostics, with the name of the file and the version.
fn published(editor: &mut Editor) -> (String, Value, Vec<String>) {
    loop {
        if let Message::Notification(notification) = editor.receive()
            && notification.method == "textDocument/publishDiagnostics"
        {
            let params = notification.params;
            let uri = params["uri"].as_str().unwrap();
            let lines = params["diagnostics"].as_array().unwrap().iter().map(shown).collect();
            return (uri.rsplit('/').next().unwrap().to_owned(), params["version"].clone(), lines);
        }
    }
}

#[test]
fn pulled_diagnostics_are_those_of_the_command_line() {
    let mut transcript = String::new();
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/faults");
    let mut names: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    names.retain(|path| path.is_file());
    names.sort();
    let editor = &mut Editor::new(&[]);
    for path in names {
        let name = path.file_name().unwrap().to_str().unwrap();
        let text = fs::read_to_string(&path).unwrap();
        editor.folder.write(name, &text);
        editor.open(name, &text);
        let report = editor.about(name, "diagnostic", json!({}));
        let found = report["items"].as_array().unwrap();
        transcript += &format!("# {name}\n");
        transcript.extend(found.iter().map(|problem| shown(problem) + "\n"));
        let arguments = ["--format", "json", "--today", TODAY, name];
        let ran: Value = serde_json::from_str(&editor.folder.run(&arguments).out).unwrap();
        let files = ran["files"].as_array().unwrap().iter();
        let problems = files.filter(|file| file["root_path"] == name).flat_map(|file| {
            file["diagnostics"].as_array().unwrap().iter().map(|problem| {
                let levels = json!({ "error": 1, "warning": 2, "note": 3 });
                let level = &levels[problem["level"].as_str().unwrap()];
                (problem["rule"].clone(), level.clone(), problem["start"]["line"].as_u64().unwrap())
            })
        });
        let own = found.iter().map(|problem| {
            let line = problem["range"]["start"]["line"].as_u64().unwrap() + 1;
            (problem["code"].clone(), problem["severity"].clone(), line)
        });
        assert_eq!(own.collect::<Vec<_>>(), problems.collect::<Vec<_>>(), "{name}");
    }
    assert_snapshot("diagnostics", &transcript);
}

#[test]
fn unchanged_result_is_not_sent_again() {
    let editor = &mut Editor::new(&[]);
    editor.open(MODEL, &wrong());
    let first = editor.about(MODEL, "diagnostic", json!({}));
    let known = json!({ "previousResultId": first["resultId"] });
    assert_eq!(editor.about(MODEL, "diagnostic", known.clone())["kind"], "unchanged");
    editor.edit(MODEL, 2, range(&wrong(), "9.1"), WRONG);
    let fixed = editor.about(MODEL, "diagnostic", known);
    assert_eq!((&fixed["kind"], fixed["items"].as_array().unwrap().len()), (&json!("full"), 0));
}

#[test]
fn diagnostics_are_published_and_cleared_for_clients_that_do_not_ask() {
    let editor = &mut publishing(&[]);
    assert_eq!(editor.initialized["capabilities"].get("diagnosticProvider"), None);
    editor.open(MODEL, &wrong());
    let (name, version, lines) = published(editor);
    assert_eq!((&*name, version), (MODEL, json!(1)));
    assert!(lines[0].contains("score-mismatch"), "{lines:?}");
    editor.edit(MODEL, 2, range(&wrong(), "9.1"), WRONG);
    assert_eq!(published(editor), (MODEL.to_owned(), json!(2), vec![]));
    editor.edit(MODEL, 3, range(STOCK, "9.4"), "9.1");
    assert_eq!(published(editor).2.len(), lines.len());
    editor.close(MODEL);
    assert_eq!(published(editor), (MODEL.to_owned(), Value::Null, vec![]));
}

#[test]
fn diagnostic_names_other_places_and_the_line_of_the_policy() {
    let policy = "aivss_policy: 1\nextends: [recommended]\nlimits: { score: 6.9 }\n";
    let editor = &mut Editor::new(&[("aivss-policy.yaml", policy)]);
    let text = STOCK.replace("factor_sum: 7.0", "factor_sum: 8.0");
    editor.open(MODEL, &text);
    let report = editor.about(MODEL, "diagnostic", json!({}));
    let items = report["items"].as_array().unwrap();
    let exceeded = items.iter().find(|problem| problem["code"] == "score-exceeded").unwrap();
    assert_eq!(exceeded["source"], "aivss-lint");
    let related = &exceeded["relatedInformation"][0];
    assert!(related["location"]["uri"].as_str().unwrap().ends_with("/aivss-policy.yaml"), "{related}");
    assert_eq!(place(&related["location"]["range"]), "3:11-3:16");
    assert_eq!(related["message"], "set here: limits: { score: 6.9 }");
}

#[test]
fn exception_makes_a_hint_and_an_unused_one_is_unnecessary() {
    let exception = |rule: &str| {
        format!(
            "  - {{ rule: {rule}, path: {MODEL}, reason: Ticket 7, owner: a@example.org, expires: 2027-01-01 }}\n"
        )
    };
    let policy = format!(
        "aivss_policy: 1\nextends: [recommended]\nexceptions:\n{}{}",
        exception("score-mismatch"),
        exception("owner-missing")
    );
    let editor = &mut Editor::new(&[("aivss-policy.yaml", &policy), (MODEL, &wrong())]);
    editor.open(MODEL, &wrong());
    let report = editor.about(MODEL, "diagnostic", json!({}));
    let problem = &report["items"][0];
    assert_eq!((&problem["code"], &problem["severity"]), (&json!("score-mismatch"), &json!(4)));
    let message = problem["message"].as_str().unwrap();
    assert!(message.ends_with("excepted until 2027-01-01 by a@example.org: Ticket 7"), "{message}");
    editor.open("aivss-policy.yaml", &policy);
    let report = editor.about("aivss-policy.yaml", "diagnostic", json!({}));
    let unused = &report["items"][0];
    assert_eq!((&unused["code"], &unused["tags"]), (&json!("exception-unused"), &json!([1])), "{report}");
    assert_eq!(report["items"].as_array().unwrap().len(), 1);
}

#[test]
fn change_of_an_open_policy_applies_to_open_threat_models() {
    let policy = "aivss_policy: 1\nextends: [recommended]\n";
    let editor = &mut Editor::new(&[("aivss-policy.yaml", policy)]);
    editor.open(MODEL, STOCK);
    assert_eq!(editor.problems(MODEL), "");
    editor.open("aivss-policy.yaml", policy);
    let end = json!({ "start": { "line": 2, "character": 0 }, "end": { "line": 2, "character": 0 } });
    editor.edit("aivss-policy.yaml", 2, end, "limits: { score: 6.9 }\n");
    assert!(editor.problems(MODEL).contains("score-exceeded"));
    // A policy with errors does not replace the last one without.
    editor.edit("aivss-policy.yaml", 3, range(&format!("{policy}limits"), "limits"), "limitz");
    assert!(editor.problems("aivss-policy.yaml").contains("unknown-key"));
    assert!(editor.problems(MODEL).contains("score-exceeded"));
    let asked = editor.received.iter().filter(|(method, _)| method.ends_with("/refresh"));
    assert!(asked.count() >= 4, "{:?}", editor.received);
}

#[test]
fn policy_changed_on_the_disk_applies_after_the_event() {
    let editor = &mut Editor::new(&[]);
    editor.open(MODEL, STOCK);
    assert_eq!(editor.problems(MODEL), "");
    let (method, params) = &editor.received[0];
    assert_eq!(method, "client/registerCapability");
    assert_eq!(params["registrations"][0]["method"], "workspace/didChangeWatchedFiles");
    editor.folder.write("aivss-policy.yaml", "aivss_policy: 1\nlimits: { severity: High }\n");
    let event = json!({ "uri": editor.uri("aivss-policy.yaml"), "type": 1 });
    editor.notify("workspace/didChangeWatchedFiles", json!({ "changes": [event] }));
    assert!(editor.problems(MODEL).contains("severity-exceeded"));
}

#[test]
fn model_under_a_policy_with_errors_does_not_look_as_if_it_passed() {
    let editor = &mut Editor::new(&[("aivss-policy.yaml", "aivss_policy: 1\nlimit: 3\n")]);
    editor.open(MODEL, STOCK);
    assert_eq!(
        editor.problems(MODEL),
        "1:1-1:22 error[policy] cannot check: policy aivss-policy.yaml has errors\n"
    );
    editor.open("a.yaml", "b: 1\n");
    assert_eq!(editor.problems("a.yaml"), "");
}

#[test]
fn files_of_others_are_left_alone() {
    let policy = "aivss_policy: 1\nfiles: { exclude: [old/**] }\n";
    let editor = &mut Editor::new(&[("aivss-policy.yaml", policy)]);
    for (name, text) in [
        ("docker-compose.yaml", "services: { a: { image: b } }\n"),
        ("README.md", "# About `aivss_threat_model: 1`\n"),
        ("package.json", "{ \"broken\": \n"),
        ("values.yaml", "a: [\n"),
        ("old/threat-model.yaml", "aivss_threat_model: 1\n"),
        ("threat-model.json", "{ \"summary\": {}, \"detail\": { \"diagrams\": [] } }"),
    ] {
        editor.open(name, text);
        assert_eq!(editor.problems(name), "", "{name}");
        let (here, none) = (json!({ "line": 0, "character": 1 }), json!([]));
        assert_eq!(editor.about(name, "hover", json!({ "position": here })), Value::Null, "{name}");
        assert_eq!(editor.about(name, "codeLens", json!({})), none, "{name}");
        assert_eq!(editor.about(name, "documentSymbol", json!({})), none, "{name}");
        assert_eq!(editor.about(name, "inlayHint", json!({ "range": whole() })), none, "{name}");
    }
}

#[test]
fn policy_tests_and_policies_are_checked() {
    let editor = &mut Editor::new(&[]);
    editor.open("policies/a.yaml", "aivss_policy: 1\nlimits: { score: eleven }\n");
    assert!(editor.problems("policies/a.yaml").contains("[schema]"));
    editor.open("policies/a.test.yaml", "aivss_policy_test: 1\npolicy: a.yaml\ncasez: []\n");
    assert!(editor.problems("policies/a.test.yaml").contains("casez"));
}

#[test]
fn workspace_diagnostics_list_every_threat_model_once() {
    let editor = &mut Editor::new(&[("a/threat-model.yaml", &wrong()), ("b/threat-model.yaml", STOCK)]);
    // An open document takes the place of its file.
    editor.open("b/threat-model.yaml", &wrong());
    let report = editor.request("workspace/diagnostic", json!({ "previousResultIds": [] }));
    let items = report["items"].as_array().unwrap();
    assert_eq!(items.len(), 2, "{report}");
    let counts: Vec<usize> = items.iter().map(|item| item["items"].as_array().unwrap().len()).collect();
    assert_eq!(counts, [1, 1]);
    assert_eq!((&items[0]["version"], &items[1]["version"]), (&Value::Null, &json!(1)));
    let known = items.iter().map(|item| json!({ "uri": item["uri"], "value": item["resultId"] }));
    let known: Vec<Value> = known.collect();
    let report = editor.request("workspace/diagnostic", json!({ "previousResultIds": known }));
    assert!(report["items"].as_array().unwrap().iter().all(|item| item["kind"] == "unchanged"));
}

#[test]
fn each_folder_has_the_policy_of_its_repository() {
    let strict = "aivss_policy: 1\nlimits: { score: 6.9 }\n";
    let editor =
        &mut Editor::new(&[("aivss-policy.yaml", "aivss_policy: 1\n"), ("other/aivss-policy.yaml", strict)]);
    fs::create_dir_all(editor.folder.path("other/.git")).unwrap();
    let added = json!([{ "uri": editor.uri("other"), "name": "other" }]);
    editor
        .notify("workspace/didChangeWorkspaceFolders", json!({ "event": { "added": added, "removed": [] } }));
    for (name, is_exceeded) in [(MODEL, false), ("other/threat-model.yaml", true)] {
        editor.open(name, STOCK);
        assert_eq!(editor.problems(name).contains("score-exceeded"), is_exceeded, "{name}");
    }
}

#[test]
fn rego_does_not_run_in_a_folder_that_is_not_trusted() {
    let policy = "aivss_policy: 1\nextends: [recommended]\nrego: [a.rego]\n";
    let rego =
        "package aivss\nimport rego.v1\ndeny contains { \"rule\": \"never\", \"message\": \"no\" } if true\n";
    for trusted in [false, true] {
        let options = json!({ "today": TODAY, "trusted": trusted });
        let files = [("aivss-policy.yaml", policy), ("a.rego", rego), (MODEL, STOCK)];
        let editor = &mut Editor::with(&files, everything(), options);
        editor.open(MODEL, STOCK);
        let problems = editor.problems(MODEL);
        assert_eq!(editor.problems(MODEL), problems);
        let logs = editor.received.iter().filter(|(method, _)| method == "window/showMessage");
        if trusted {
            // In this process the program is the test, which is no linter: the check fails closed.
            assert!(problems.contains("cannot check rules in Rego"), "{problems}");
        } else {
            assert_eq!((&*problems, logs.count()), ("", 1));
        }
    }
}
