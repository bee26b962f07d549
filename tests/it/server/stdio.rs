//! One session with the program itself, over standard input and output.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};
use std::time::Instant;

use serde_json::{Value, json};

use super::*;
use crate::program::program;

/// The program with a client, after the handshake.
struct Server {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    uri: String,
}

impl Server {
    fn start(folder: &Folder, options: Value) -> Self {
        let mut child = program()
            .args(["server", "--stdio"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .current_dir(folder.path(""))
            .spawn()
            .unwrap();
        let (input, output) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        let uri = format!("file://{}", folder.path(MODEL).display());
        let mut server = Self { child, input, output, uri };
        let params = json!({ "processId": null, "rootUri": null, "capabilities": everything(), "initializationOptions": options });
        server.ask("initialize", params);
        server.send(json!({ "method": "initialized", "params": {} }));
        server
    }

    fn raw(&mut self, bytes: &[u8]) {
        write!(self.input, "Content-Length: {}\r\n\r\n", bytes.len()).unwrap();
        self.input.write_all(bytes).unwrap();
    }

    fn send(&mut self, mut message: Value) {
        message["jsonrpc"] = json!("2.0");
        self.raw(message.to_string().as_bytes());
    }

    fn ask(&mut self, method: &str, params: Value) -> Value {
        self.send(json!({ "id": 1, "method": method, "params": params }));
        self.answer()["result"].take()
    }

    /// The next message that answers a request.
    fn answer(&mut self) -> Value {
        loop {
            let mut length = 0;
            let mut line = String::new();
            while self.output.read_line(&mut line).unwrap() > 2 {
                length = line
                    .strip_prefix("Content-Length: ")
                    .map_or(length, |number| number.trim().parse().unwrap());
                line.clear();
            }
            let mut bytes = vec![0; length];
            self.output.read_exact(&mut bytes).unwrap();
            let message: Value = serde_json::from_slice(&bytes).unwrap();
            if message.get("method").is_none() {
                return message;
            }
        }
    }

    fn open(&mut self, text: &str) {
        let document = json!({ "uri": self.uri, "languageId": "yaml", "version": 1, "text": text });
        self.send(json!({ "method": "textDocument/didOpen", "params": { "textDocument": document } }));
    }

    /// The problems of the model.
    fn problems(&mut self) -> Vec<String> {
        let params = json!({ "textDocument": { "uri": self.uri } });
        let report = self.ask("textDocument/diagnostic", params);
        report["items"].as_array().unwrap().iter().map(shown).collect()
    }

    /// The exit status and the text on standard error, after the end of the input.
    fn left(mut self) -> (Option<i32>, String) {
        drop(self.input);
        let mut errors = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut errors).unwrap();
        (self.child.wait().unwrap().code(), errors)
    }

    fn end(mut self) -> (Option<i32>, String) {
        self.ask("shutdown", Value::Null);
        self.send(json!({ "method": "exit" }));
        self.left()
    }
}

/// A session that pulls the diagnostics of the model; returns them with the exit status and standard error.
fn session(folder: &Folder, options: Value) -> (Vec<String>, Option<i32>, String) {
    let mut server = Server::start(folder, options);
    server.open(&folder.read(MODEL));
    let found = server.problems();
    let (code, errors) = server.end();
    (found, code, errors)
}

#[test]
fn program_serves_a_client_on_standard_streams() {
    let folder = Folder::new(&[(MODEL, &STOCK.replace("score: 9.4", "score: 9.1"))]);
    let (found, code, errors) = session(&folder, json!({ "today": TODAY }));
    assert_eq!(found[0].split(' ').nth(1), Some("error[score-mismatch]"));
    assert_eq!((code, &*errors), (Some(0), ""));
}

#[test]
fn end_of_input_without_a_shutdown_is_status_1() {
    let output = program().arg("server").stdin(Stdio::null()).output().unwrap();
    assert_eq!((output.status.code(), output.stdout.len()), (Some(1), 0));
}

#[test]
fn invalid_message_is_refused_and_the_session_goes_on() {
    let folder = Folder::new(&[]);
    let mut server = Server::start(&folder, json!({ "today": TODAY }));
    server.open(STOCK);
    let deep = format!("{{\"id\":1,\"method\":\"a\",\"params\":{}1}}", "[".repeat(99_999));
    for (bytes, code) in [
        (&b"{nonsense"[..], -32700),
        (b"", -32700),
        (b"{\"method\": \"\xFF\"}", -32700),
        (deep.as_bytes(), -32700),
        (b"null", -32600),
        (b"[{\"id\": 1, \"method\": \"shutdown\"}]", -32600),
        (b"{\"id\": 1}", -32600),
    ] {
        server.raw(bytes);
        let answer = server.answer();
        assert_eq!((&answer["id"], &answer["error"]["code"]), (&Value::Null, &json!(code)), "{answer}");
    }
    assert_eq!(server.problems(), [] as [&str; 0]);
    let (code, errors) = server.end();
    assert_eq!((code, errors.matches("error: a message was ignored: ").count()), (Some(0), 7), "{errors}");
}

#[test]
fn length_that_cannot_be_meant_ends_the_session_and_takes_no_memory() {
    for header in ["Content-Length: 99999999999999", "Content-Length: -1", "Hello"] {
        let mut server = Server::start(&Folder::new(&[]), json!({}));
        write!(server.input, "{header}\r\n\r\n{{}}").unwrap();
        let (code, errors) = server.left();
        assert!(code == Some(1) && errors.starts_with("error: ") && errors.contains("ength"), "{errors}");
    }
}

#[cfg(feature = "rego")]
const REGO_POLICY: &str = "aivss_policy: 1\nextends: [recommended]\nrego: [a.rego]\n";

#[cfg(feature = "rego")]
#[test]
fn rules_in_rego_of_a_trusted_folder_run_in_another_process() {
    let rego = "package main\n\nimport rego.v1\n\ndeny contains \"no planner\" if input.agent.name\n";
    let folder = Folder::new(&[("aivss-policy.yaml", REGO_POLICY), ("a.rego", rego), (MODEL, STOCK)]);
    let (found, ..) = session(&folder, json!({ "today": TODAY }));
    assert_eq!(found, [] as [&str; 0]);
    // Trust is granted later, and the client starts the server again.
    let (found, _, errors) = session(&folder, json!({ "today": TODAY, "trusted": true }));
    assert!(
        found.iter().any(|line| line.contains("[rego/") && line.ends_with("no planner")),
        "{found:?} {errors}"
    );
    // The policy of the client is in force in that process, too.
    let (found, ..) = session(&folder, json!({ "trusted": true, "policy": "recommended" }));
    assert_eq!(found, [] as [&str; 0]);
}

#[cfg(feature = "rego")]
#[test]
fn rules_in_rego_that_do_not_end_are_stopped_and_the_session_goes_on() {
    // One step of the engine compares each of 100,000 texts with each of 100,000 others.
    let rego = "package main\nimport rego.v1\nten := \"x,x,x,x,x,x,x,x,x,x,\"\nxs := split(replace(replace(replace(replace(ten, \"x,\", ten), \"x,\", ten), \"x,\", ten), \"x,\", ten), \",\")\nys := split(replace(concat(\",\", xs), \"x\", \"y\"), \",\")\ndeny contains \"slow\" if strings.any_prefix_match(array.slice(xs, 0, 100000), array.slice(ys, 0, 100000))\n";
    let folder = Folder::new(&[("aivss-policy.yaml", REGO_POLICY), ("a.rego", rego)]);
    let mut server = Server::start(&folder, json!({ "today": TODAY, "trusted": true }));
    let started = Instant::now();
    server.open(STOCK);
    let stopped =
        "1:1-1:22 error[policy] cannot check rules in Rego: it did not finish within 5 seconds".to_owned();
    assert_eq!(server.problems(), [&*stopped]);
    // Until a file is saved they do not run again.
    server.open(&STOCK.replace("score: 9.4", "score: 9.1"));
    let found = server.problems();
    assert!(found.len() == 2 && found.contains(&stopped), "{found:?}");
    assert!(started.elapsed() < Duration::from_secs(10));
    assert_eq!(server.end(), (Some(0), String::new()));
}
