//! The protocol: the handshake, the end, cancellation, and messages that make no sense.

use std::process::ExitCode;

use lsp_server::RequestId;
use serde_json::{Value, json};

use super::*;

#[test]
fn exit_status_is_0_only_after_a_shutdown() {
    assert_eq!(Editor::new(&[]).end(), format!("{:?}", ExitCode::SUCCESS));
    let failure = format!("{:?}", ExitCode::from(1));
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
fn canceled_request_is_refused_and_others_are_answered() {
    let (server, client) = Connection::memory();
    let request = |id: RequestId, method: &str, params: Value| {
        client.sender.send(Request { id, method: method.to_owned(), params }.into()).unwrap();
    };
    let notify = |method: &str, params: Value| {
        client.sender.send(Notification { method: method.to_owned(), params }.into()).unwrap();
    };
    // All of them arrive before the server works on the first.
    request(
        1.into(),
        "initialize",
        json!({ "processId": null, "rootUri": null, "capabilities": everything() }),
    );
    notify("initialized", json!({}));
    let document = json!({ "uri": "untitled:a", "languageId": "yaml", "version": 1, "text": STOCK });
    notify("textDocument/didOpen", json!({ "textDocument": document }));
    let asked = json!({ "textDocument": { "uri": "untitled:a" }, "range": whole() });
    for id in [2.into(), 3.into(), "text".to_owned().into()] {
        request(id, "textDocument/inlayHint", asked.clone());
    }
    for id in [json!(2), json!("text"), json!(999), json!(1), json!({}), Value::Null] {
        notify("$/cancelRequest", json!({ "id": id }));
    }
    request(4.into(), "shutdown", Value::Null);
    notify("exit", Value::Null);
    assert_eq!(aivss_lint::server::run(&server), ExitCode::SUCCESS);
    drop(server);
    let mut answers: Vec<(String, Option<i32>)> = Vec::new();
    for message in &client.receiver {
        if let Message::Response(response) = message {
            answers.push((response.id.to_string(), response.response_result.err().map(|error| error.code)));
        }
    }
    let expected = [("1", None), ("2", Some(-32800)), ("\"text\"", Some(-32800)), ("3", None), ("4", None)];
    assert_eq!(answers, expected.map(|(id, code)| (id.to_owned(), code)));
}

#[test]
fn messages_before_initialized_are_answered() {
    let (server, client) = Connection::memory();
    let request = |id: i32, method: &str, params: Value| {
        client.sender.send(Request { id: id.into(), method: method.to_owned(), params }.into()).unwrap();
    };
    request(1, "textDocument/hover", json!({}));
    request(2, "initialize", json!({ "capabilities": 3 }));
    assert_eq!(aivss_lint::server::run(&server), ExitCode::FAILURE);
    request(3, "initialize", json!({ "processId": null, "rootUri": null, "capabilities": {} }));
    request(4, "aivss/unknown", Value::Null);
    request(5, "shutdown", Value::Null);
    let exit = Notification { method: "exit".to_owned(), params: Value::Null };
    client.sender.send(exit.into()).unwrap();
    assert_eq!(aivss_lint::server::run(&server), ExitCode::SUCCESS);
    drop(server);
    let codes: Vec<Option<i32>> = client
        .receiver
        .iter()
        .filter_map(|message| match message {
            Message::Response(response) => Some(response.response_result.err().map(|error| error.code)),
            _ => None,
        })
        .collect();
    assert_eq!(codes, [Some(-32002), Some(-32602), None, Some(-32601), None]);
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
