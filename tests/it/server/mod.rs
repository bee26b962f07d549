//! The language server, as an editor meets it: a session over a memory connection, with an editor's own idea of the text.
//!
//! One file a feature. Transcripts are compared with `snapshots`; `UPDATE=1` writes them.

#![expect(clippy::needless_pass_by_value, reason = "calls with `json!` read better")]

mod completion;
mod diagnostics;
mod fixes;
mod hints;
mod hover;
mod positions;
mod protocol;
mod stdio;
mod symbols;

use std::fs;
use std::path::Path;
use std::thread::JoinHandle;
use std::time::Duration;

use lsp_server::{Connection, Message, Notification, Request};
use serde_json::{Value, json};

use crate::folder::Folder;
use crate::git::git;

pub(crate) const STOCK: &str = include_str!("../../../src/rules/stock.yaml");
pub(crate) const MODEL: &str = "threat-model.yaml";
/// The day of all checks.
pub(crate) const TODAY: &str = "2026-11-23";

/// An editor with one folder.
pub(crate) struct Editor {
    pub(crate) folder: Folder,
    connection: Option<Connection>,
    server: Option<JoinHandle<String>>,
    requests: i32,
    /// The result of the handshake.
    pub(crate) initialized: Value,
    /// The notifications and requests of the server, in order.
    pub(crate) received: Vec<(String, Value)>,
}

/// The capabilities of an editor that has everything.
pub(crate) fn everything() -> Value {
    json!({
        "general": { "positionEncodings": ["utf-16"] },
        "textDocument": { "diagnostic": {}, "inlayHint": {} },
        "workspace": {
            "workspaceEdit": { "documentChanges": true, "resourceOperations": ["create"] },
            "diagnostics": { "refreshSupport": true },
            "inlayHint": { "refreshSupport": true },
            "didChangeWatchedFiles": { "dynamicRegistration": true },
        },
    })
}

impl Editor {
    /// An editor with all capabilities.
    pub(crate) fn new(files: &[(&str, &str)]) -> Self {
        Self::with(files, everything(), json!({ "today": TODAY }))
    }

    pub(crate) fn with(files: &[(&str, &str)], capabilities: Value, options: Value) -> Self {
        let folder = Folder::new(files);
        git(&folder.path(""), &["init", "--quiet"]);
        let (server, client) = Connection::memory();
        let server = std::thread::spawn(move || format!("{:?}", aivss_lint::server::run(&server)));
        let mut editor = Self {
            folder,
            connection: Some(client),
            server: Some(server),
            requests: 0,
            initialized: Value::Null,
            received: Vec::new(),
        };
        let root = editor.uri("");
        let folders = json!([{ "uri": root.trim_end_matches('/'), "name": "folder" }]);
        editor.initialized = editor.request(
            "initialize",
            json!({
                "processId": null,
                "rootUri": null,
                "capabilities": capabilities,
                "initializationOptions": options,
                "workspaceFolders": folders,
            }),
        );
        editor.notify("initialized", json!({}));
        editor
    }

    pub(crate) fn uri(&self, name: &str) -> String {
        format!("file://{}", self.folder.path(name).display())
    }

    fn connection(&self) -> &Connection {
        self.connection.as_ref().unwrap()
    }

    pub(crate) fn send(&self, message: Message) {
        self.connection().sender.send(message).unwrap();
    }

    pub(crate) fn notify(&self, method: &str, params: Value) {
        self.send(Notification { method: method.to_owned(), params }.into());
    }

    /// The next message of the server.
    pub(crate) fn receive(&mut self) -> Message {
        let message = self.connection().receiver.recv_timeout(Duration::from_secs(30)).expect("an answer");
        match &message {
            Message::Notification(Notification { method, params })
            | Message::Request(Request { method, params, .. }) => {
                self.received.push((method.clone(), params.clone()));
            }
            Message::Response(_) => {}
        }
        message
    }

    /// Sends a request and returns its result, or the code and the message of its error.
    pub(crate) fn ask(&mut self, method: &str, params: Value) -> Result<Value, (i32, String)> {
        self.requests += 1;
        let id = self.requests.into();
        self.send(Request { id, method: method.to_owned(), params }.into());
        loop {
            if let Message::Response(response) = self.receive()
                && response.id == self.requests.into()
            {
                return response.response_result.map_err(|error| (error.code, error.message));
            }
        }
    }

    pub(crate) fn request(&mut self, method: &str, params: Value) -> Value {
        self.ask(method, params).unwrap()
    }

    /// Asks about a document.
    pub(crate) fn about(&mut self, name: &str, method: &str, mut params: Value) -> Value {
        params["textDocument"] = json!({ "uri": self.uri(name) });
        self.request(&format!("textDocument/{method}"), params)
    }

    pub(crate) fn open(&self, name: &str, text: &str) {
        let document = json!({ "uri": self.uri(name), "languageId": "yaml", "version": 1, "text": text });
        self.notify("textDocument/didOpen", json!({ "textDocument": document }));
    }

    /// Replaces a part of a document, by positions of the protocol.
    pub(crate) fn edit(&self, name: &str, version: i32, range: Value, text: &str) {
        let document = json!({ "uri": self.uri(name), "version": version });
        let changes = json!([{ "range": range, "text": text }]);
        self.notify("textDocument/didChange", json!({ "textDocument": document, "contentChanges": changes }));
    }

    pub(crate) fn close(&self, name: &str) {
        let document = json!({ "uri": self.uri(name) });
        self.notify("textDocument/didClose", json!({ "textDocument": document }));
    }

    /// The problems of a document, a line each.
    pub(crate) fn problems(&mut self, name: &str) -> String {
        let report = self.about(name, "diagnostic", json!({}));
        let items = report["items"].as_array().unwrap();
        items.iter().map(|problem| shown(problem) + "\n").collect()
    }

    /// Ends the session; returns the exit status.
    pub(crate) fn end(mut self) -> String {
        self.request("shutdown", Value::Null);
        self.notify("exit", Value::Null);
        self.connection = None;
        self.server.take().unwrap().join().unwrap()
    }

    /// The exit status after the connection is closed without a word.
    pub(crate) fn leave(mut self) -> String {
        self.connection = None;
        self.server.take().unwrap().join().unwrap()
    }
}

/// A problem in a line: place, level, rule and message.
pub(crate) fn shown(problem: &Value) -> String {
    let level = ["?", "error", "warning", "note", "hint"];
    let level = level[usize::try_from(problem["severity"].as_u64().unwrap()).unwrap()];
    let (code, message) = (problem["code"].as_str().unwrap(), problem["message"].as_str().unwrap());
    let message = message.lines().next().unwrap();
    format!("{} {level}[{code}] {message}", place(&problem["range"]))
}

/// A range as people count: line and column from 1.
pub(crate) fn place(range: &Value) -> String {
    let at = |key: &str| {
        let position = &range[key];
        let number = |key: &str| position[key].as_u64().unwrap() + 1;
        format!("{}:{}", number("line"), number("character"))
    };
    format!("{}-{}", at("start"), at("end"))
}

/// The position in UTF-16 of the first occurrence of a text; of its end for a text that ends with `|`.
pub(crate) fn position(text: &str, needle: &str) -> Value {
    let (needle, is_end) = needle.strip_suffix('|').map_or((needle, false), |needle| (needle, true));
    let at = text.find(needle).unwrap_or_else(|| panic!("{needle} in {text}"));
    let before = &text[..at + if is_end { needle.len() } else { 0 }];
    let line = before.rsplit('\n').next().unwrap();
    json!({ "line": before.matches('\n').count(), "character": line.encode_utf16().count() })
}

/// The range in UTF-16 of the first occurrence of a text.
pub(crate) fn range(text: &str, needle: &str) -> Value {
    json!({ "start": position(text, needle), "end": position(text, &format!("{needle}|")) })
}

/// The whole of any text.
pub(crate) fn whole() -> Value {
    json!({ "start": { "line": 0, "character": 0 }, "end": { "line": 1_000_000, "character": 0 } })
}

/// A text with the edits of an action applied to a document, as an editor does it.
pub(crate) fn applied(text: &str, edits: &Value) -> String {
    let offset = |position: &Value| {
        let (line, column) = (position["line"].as_u64().unwrap(), position["character"].as_u64().unwrap());
        let start: usize =
            text.split_inclusive('\n').take(usize::try_from(line).unwrap()).map(str::len).sum();
        let mut units = 0;
        let mut letters = text[start..].char_indices();
        letters
            .find(|(_, letter)| {
                let here = units >= column;
                units += letter.len_utf16() as u64;
                here
            })
            .map_or(text.len(), |(at, _)| start + at)
    };
    let mut all: Vec<(usize, usize, &str)> = Vec::new();
    for edit in edits.as_array().unwrap() {
        let range = &edit["range"];
        all.push((offset(&range["start"]), offset(&range["end"]), edit["newText"].as_str().unwrap()));
    }
    all.sort_unstable();
    let mut new = text.to_owned();
    for (start, end, replacement) in all.into_iter().rev() {
        new.replace_range(start..end, replacement);
    }
    new
}

/// Compares a transcript with the committed one.
pub(crate) fn assert_snapshot(name: &str, transcript: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/it/server/snapshots/{name}.txt"));
    if std::env::var_os("UPDATE").is_some() {
        fs::write(path, transcript).unwrap();
        return;
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(transcript, expected, "UPDATE=1 cargo test --locked --test it server:: writes {name}");
}
