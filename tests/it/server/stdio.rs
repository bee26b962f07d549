//! One session with the program itself, over standard input and output.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{ChildStdin, ChildStdout, Stdio};

use serde_json::{Value, json};

use super::*;
use crate::program::program;

fn send(input: &mut ChildStdin, mut message: Value) {
    message["jsonrpc"] = json!("2.0");
    let text = message.to_string();
    write!(input, "Content-Length: {}\r\n\r\n{text}", text.len()).unwrap();
}

/// The next message that answers a request.
fn answer(output: &mut BufReader<ChildStdout>) -> Value {
    loop {
        let mut length = 0;
        let mut line = String::new();
        while output.read_line(&mut line).unwrap() > 2 {
            length =
                line.strip_prefix("Content-Length: ").map_or(length, |number| number.trim().parse().unwrap());
            line.clear();
        }
        let mut bytes = vec![0; length];
        output.read_exact(&mut bytes).unwrap();
        let message: Value = serde_json::from_slice(&bytes).unwrap();
        if message.get("method").is_none() {
            return message;
        }
    }
}

/// A session that pulls the diagnostics of a file; returns them with the exit code and standard error.
fn session(folder: &Folder, options: Value) -> (Value, Option<i32>, String) {
    let mut child = program()
        .args(["server", "--stdio"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .current_dir(folder.path(""))
        .spawn()
        .unwrap();
    let (mut input, mut output) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
    let uri = format!("file://{}", folder.path(MODEL).display());
    send(
        &mut input,
        json!({ "id": 1, "method": "initialize", "params": { "processId": null, "rootUri": null, "capabilities": everything(), "initializationOptions": options } }),
    );
    answer(&mut output);
    send(&mut input, json!({ "method": "initialized", "params": {} }));
    let document = json!({ "uri": uri, "languageId": "yaml", "version": 1, "text": folder.read(MODEL) });
    send(&mut input, json!({ "method": "textDocument/didOpen", "params": { "textDocument": document } }));
    send(
        &mut input,
        json!({ "id": 2, "method": "textDocument/diagnostic", "params": { "textDocument": { "uri": uri } } }),
    );
    let found = answer(&mut output)["result"]["items"].clone();
    send(&mut input, json!({ "id": 3, "method": "shutdown" }));
    answer(&mut output);
    send(&mut input, json!({ "method": "exit" }));
    let mut errors = String::new();
    child.stderr.take().unwrap().read_to_string(&mut errors).unwrap();
    (found, child.wait().unwrap().code(), errors)
}

#[test]
fn program_serves_a_client_on_standard_streams() {
    let folder = Folder::new(&[(MODEL, &STOCK.replace("score: 9.4", "score: 9.1"))]);
    let (found, code, errors) = session(&folder, json!({ "today": TODAY }));
    assert_eq!(shown(&found[0]).split(' ').nth(1), Some("error[score-mismatch]"));
    assert_eq!((code, &*errors), (Some(0), ""));
}

#[test]
fn end_of_input_without_a_shutdown_is_status_1() {
    let output = program().arg("server").stdin(Stdio::null()).output().unwrap();
    assert_eq!((output.status.code(), output.stdout.len()), (Some(1), 0));
}

#[cfg(feature = "rego")]
#[test]
fn rules_in_rego_of_a_trusted_folder_run_in_another_process() {
    let rego = "package main\n\nimport rego.v1\n\ndeny contains \"no planner\" if input.agent.name\n";
    let policy = "aivss_policy: 1\nextends: [recommended]\nrego: [a.rego]\n";
    let folder = Folder::new(&[("aivss-policy.yaml", policy), ("a.rego", rego), (MODEL, STOCK)]);
    let (found, _, errors) = session(&folder, json!({ "today": TODAY, "trusted": true }));
    let lines: Vec<String> = found.as_array().unwrap().iter().map(shown).collect();
    assert!(
        lines.iter().any(|line| line.contains("[rego/") && line.ends_with("no planner")),
        "{lines:?} {errors}"
    );
    let (found, ..) = session(&folder, json!({ "today": TODAY }));
    assert_eq!(found, json!([]));
}
