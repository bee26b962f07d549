//! Times the language server from a keystroke to the diagnostics, next to a check of the same text alone, and the memory of
//! the process over many edits. `cargo bench --bench server` prints both; the ratio is the cost of the protocol.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::float_arithmetic,
    reason = "a benchmark stops at an error and prints its figures"
)]

use std::thread;
use std::time::{Duration, Instant};

use aivss_lint::date::Date;
use aivss_lint::lint::{LintContext, lint};
use aivss_lint::policy::{NoFiles, recommended};
use aivss_lint::rego::CompiledPolicy;
use aivss_lint::rules::NAMES;
use aivss_lint::server::run;
use aivss_lint::source::Source;
use lsp_server::{Connection, Message, Notification, Request};
use serde_json::{Value, json};

const MODEL: &str = include_str!("../examples/smolagents/threat-model.yaml");
/// An address that leads to no file, so that no git runs.
const URI: &str = "untitled:threat-model.yaml";

struct Client {
    connection: Connection,
    version: i32,
}

impl Client {
    fn start() -> Self {
        let (server, connection) = Connection::memory();
        thread::Builder::new().stack_size(8 << 20).spawn(move || run(&server)).unwrap();
        let client = Self { connection, version: 0 };
        let capabilities = json!({ "textDocument": { "diagnostic": {} } });
        client.request(
            "initialize",
            json!({ "processId": null, "rootUri": null, "capabilities": capabilities }),
        );
        client.notify("initialized", json!({}));
        client
    }

    fn notify(&self, method: &str, params: Value) {
        self.connection.sender.send(Notification { method: method.to_owned(), params }.into()).unwrap();
    }

    fn request(&self, method: &str, params: Value) -> Value {
        self.connection
            .sender
            .send(Request { id: 1.into(), method: method.to_owned(), params }.into())
            .unwrap();
        loop {
            if let Message::Response(response) = self.connection.receiver.recv().unwrap() {
                return response.response_result.unwrap();
            }
        }
    }

    fn open(&self, text: &str) {
        let document = json!({ "uri": URI, "languageId": "yaml", "version": 0, "text": text });
        self.notify("textDocument/didOpen", json!({ "textDocument": document }));
    }

    /// Replaces the first letter, a comment, and waits for the diagnostics.
    fn keystroke(&mut self) -> usize {
        self.version += 1;
        let at = json!({ "line": 0, "character": 0 });
        let range = json!({ "start": at, "end": { "line": 0, "character": 1 } });
        self.notify(
            "textDocument/didChange",
            json!({
                "textDocument": { "uri": URI, "version": self.version },
                "contentChanges": [{ "range": range, "text": "#" }],
            }),
        );
        let report = self.request("textDocument/diagnostic", json!({ "textDocument": { "uri": URI } }));
        report["items"].as_array().unwrap().len()
    }
}

fn median(mut work: impl FnMut()) -> Duration {
    const ROUNDS: usize = 41;
    let mut times = Vec::new();
    for _ in 0..ROUNDS {
        let start = Instant::now();
        work();
        times.push(start.elapsed());
    }
    times.sort_unstable();
    times[ROUNDS / 2]
}

fn memory() -> usize {
    memory_stats::memory_stats().map_or(0, |stats| stats.physical_mem)
}

/// The model of the examples with findings, up to a number of bytes.
fn model(bytes: usize) -> String {
    let assessment = &MODEL[MODEL.find("  version:").unwrap()..MODEL.find("maestro:").unwrap()];
    let assessment = assessment.replace("\n  ", "\n      ").trim_end().to_owned();
    let mut text = MODEL.to_owned();
    text.push_str("findings:\n");
    for number in 0.. {
        if text.len() >= bytes {
            break;
        }
        text += &format!("  - id: F-{number}\n    title: Number {number}\n    aivss:\n    {assessment}\n");
    }
    if bytes <= MODEL.len() { MODEL.to_owned() } else { text }
}

fn main() {
    println!("{:>9}  {:>12}  {:>12}  ratio", "bytes", "keystroke", "check alone");
    for bytes in [4_096, 200 * 1024] {
        let text = model(bytes);
        let mut client = Client::start();
        client.open(&text);
        client.keystroke();
        let keystroke = median(|| _ = client.keystroke());
        let policy = CompiledPolicy::built_in(recommended(), NAMES);
        let today = Date::parse("2026-11-25").unwrap();
        let context = LintContext { policy: &policy, today, load: &NoFiles, before: None };
        let alone = median(|| {
            let source = Source::decode("threat-model.yaml", text.clone().into_bytes());
            lint(&source, "threat-model.yaml", context);
        });
        let ratio = keystroke.as_secs_f64() / alone.as_secs_f64();
        println!("{:>9}  {keystroke:>12.2?}  {alone:>12.2?}  {ratio:.2}", text.len());
    }
    let mut client = Client::start();
    client.open(MODEL);
    for _ in 0..500 {
        client.keystroke();
    }
    let before = memory();
    for _ in 0..10_000 {
        client.keystroke();
    }
    println!("memory after 500 edits {} KiB, after 10,000 more {} KiB", before / 1024, memory() / 1024);
}
