//! The protocol: the handshake, the end, cancellation, and messages that make no sense.

use serde_json::{Value, json};

use super::*;

#[test]
fn exit_status_is_0_only_after_a_shutdown() {
    assert_eq!(Editor::new(&[]).end(), format!("{:?}", std::process::ExitCode::SUCCESS));
    let failure = format!("{:?}", std::process::ExitCode::from(1));
    assert_eq!(Editor::new(&[]).leave(), failure);
    let editor = Editor::new(&[]);
    editor.notify("exit", Value::Null);
    assert_eq!(editor.leave(), failure);
}

#[test]
fn capabilities_are_those_that_the_client_can_use() {
    let editor = Editor::new(&[]);
    let capabilities = serde_json::to_string_pretty(&editor.initialized).unwrap();
    let version = format!("\"version\": \"{}\"", env!("CARGO_PKG_VERSION"));
    assert_snapshot("capabilities", &(capabilities.replace(&version, "\"version\": \"…\"") + "\n"));
}

#[test]
fn canceled_request_is_not_worked_on() {
    let mut editor = Editor::new(&[]);
    editor.open(MODEL, STOCK);
    let uri = editor.uri(MODEL);
    let request = |id: i32| {
        let params = json!({ "textDocument": { "uri": uri }, "range": whole() });
        Message::from(Request { id: id.into(), method: "textDocument/inlayHint".to_owned(), params })
    };
    // The first is long enough for the others to arrive.
    for id in [100, 101, 102] {
        editor.send(request(id));
    }
    editor.notify("$/cancelRequest", json!({ "id": 102 }));
    editor.notify("$/cancelRequest", json!({ "id": 999 }));
    let mut answers = Vec::new();
    while answers.len() < 3 {
        if let Message::Response(response) = editor.receive() {
            answers.push((
                response.id.to_string(),
                response.response_result.map_err(|error| error.code).is_ok(),
            ));
        }
    }
    answers.sort();
    let ids: Vec<&str> = answers.iter().map(|(id, _)| &**id).collect();
    assert_eq!(ids, ["100", "101", "102"]);
    assert!(answers[0].1 && answers[1].1);
}

#[test]
fn nonsense_is_answered_with_an_error_and_ends_nothing() {
    let editor = &mut Editor::new(&[]);
    editor.open(MODEL, STOCK);
    let code = |answer: Result<Value, (i32, String)>| answer.unwrap_err().0;
    assert_eq!(code(editor.ask("textDocument/rename", json!({}))), -32601);
    assert_eq!(code(editor.ask("aivss/unknown", Value::Null)), -32601);
    assert_eq!(code(editor.ask("textDocument/hover", json!({}))), -32602);
    assert_eq!(
        code(editor.ask("textDocument/hover", json!({ "textDocument": { "uri": editor.uri(MODEL) } }))),
        -32602
    );
    let params = json!({ "textDocument": { "uri": "nowhere" }, "position": { "line": 0, "character": 0 } });
    assert_eq!(editor.ask("textDocument/hover", params), Ok(Value::Null));
    for (method, params) in [
        ("textDocument/didChange", json!({})),
        (
            "textDocument/didChange",
            json!({ "textDocument": { "uri": "nowhere", "version": 3 }, "contentChanges": [{ "text": "" }] }),
        ),
        ("textDocument/didClose", json!({ "textDocument": { "uri": "nowhere" } })),
        (
            "textDocument/didOpen",
            json!({ "textDocument": { "uri": "%%%", "languageId": "", "version": 1, "text": "\u{0}" } }),
        ),
        ("$/setTrace", json!({ "value": "off" })),
        ("workspace/didChangeConfiguration", json!({ "settings": null })),
    ] {
        editor.notify(method, params);
    }
    assert_eq!(editor.problems(MODEL), "");
}

#[test]
fn any_prefix_of_a_threat_model_is_answered_by_every_feature() {
    let editor = &mut Editor::new(&[]);
    editor.open(MODEL, "");
    for end in (0..STOCK.len()).step_by(61) {
        let text = &STOCK[..end];
        let version = i32::try_from(end).unwrap() + 2;
        editor.edit(MODEL, version, whole(), text);
        let at = position(&format!("{text}\u{1}"), "\u{1}");
        for (method, params) in [
            ("diagnostic", json!({})),
            ("codeAction", json!({ "range": whole(), "context": { "diagnostics": [] } })),
            ("inlayHint", json!({ "range": whole() })),
            ("codeLens", json!({})),
            ("hover", json!({ "position": at })),
            ("completion", json!({ "position": at })),
            ("documentSymbol", json!({})),
            ("foldingRange", json!({})),
            ("documentLink", json!({})),
        ] {
            editor.about(MODEL, method, params);
        }
    }
}
