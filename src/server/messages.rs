//! The connection: messages in order, cancellation, and the exit status. The only file that imports the transport.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::panic::{self, AssertUnwindSafe};
use std::process::ExitCode;
use std::thread;

use lsp_server::{Connection, ErrorCode, Message, Notification, Request, RequestId, Response};
use serde::Serialize;
use serde_json::{Value as JsonValue, json};

use crate::escape::line;
use crate::server::framing::next_message;
use crate::server::protocol::{InitializeParams, LspNotificationMethod, LspRequestMethod};
use crate::server::session::{Outgoing, Session, capabilities};
use crate::server::workspace::{Lint, Project};
use crate::workspace::process::say;

/// Serves the client on standard input and output. Exit status: 0 after a shutdown, 1 otherwise.
pub fn serve() -> ExitCode {
    let (connection, Connection { sender, receiver }) = Connection::memory();
    // It does not end before the input does, so nothing waits for it.
    let reader = thread::Builder::new().spawn(move || read_messages(|message| sender.send(message).is_ok()));
    let writer = thread::Builder::new()
        .spawn(move || receiver.iter().try_for_each(|message| message.write(&mut io::stdout().lock())));
    let (Ok(_), Ok(writer)) = (reader, writer) else {
        say("error: no thread is available\n");
        return ExitCode::FAILURE;
    };
    let status = run(&connection);
    // The thread that writes ends with it, after the last message.
    drop(connection);
    let _ = writer.join();
    status
}

/// Reads messages until the input ends. One that is not a message is refused, and the others are still read.
fn read_messages(mut pass: impl FnMut(Message) -> bool) {
    #[expect(clippy::disallowed_methods, reason = "the server is the command that reads it")]
    let mut input = io::stdin().lock();
    loop {
        let bytes = match next_message(&mut input) {
            Ok(Some(bytes)) => bytes,
            Ok(None) => return,
            Err(message) => return say(&format!("error: {message}\n")),
        };
        match serde_json::from_slice(&bytes) {
            Ok(message) => {
                if !pass(message) {
                    return;
                }
            }
            Err(error) => refuse_unread(&error),
        }
    }
}

/// Answers a message that is not one of the protocol, whose identifier is not known.
fn refuse_unread(error: &serde_json::Error) {
    let code = if error.is_data() { ErrorCode::InvalidRequest } else { ErrorCode::ParseError };
    let message = error.to_string();
    say(&format!("error: a message was ignored: {}\n", line(&message)));
    let error = json!({ "code": code as i32, "message": message });
    let text = json!({ "jsonrpc": "2.0", "id": null, "error": error }).to_string();
    let mut output = io::stdout().lock();
    let _ = write!(output, "Content-Length: {}\r\n\r\n{text}", text.len()).and_then(|()| output.flush());
}

/// Serves one client until it leaves.
pub fn run(connection: &Connection) -> ExitCode {
    let is_ended = conversation(connection, Project::lint).unwrap_or_else(|message| {
        say(&format!("error: {}\n", line(&message)));
        false
    });
    ExitCode::from(u8::from(!is_ended))
}

/// The whole conversation; returns whether the client ended it as the protocol demands.
fn conversation(connection: &Connection, lint: Lint) -> Result<bool, String> {
    let (id, parameters) = connection.initialize_start().map_err(|_| {
        "the input ended before a client asked to initialize; editors start this command".to_owned()
    })?;
    let mut inbox = Inbox { connection, queue: VecDeque::new() };
    let parameters: InitializeParams = serde_json::from_value(parameters).map_err(|error| {
        inbox.refuse(id.clone(), ErrorCode::InvalidParams, &error.to_string());
        format!("initialize: {error}")
    })?;
    let mut session = Session::new(&parameters, lint);
    let result = json!({
        "capabilities": capabilities(session.client),
        "serverInfo": { "name": "aivss-lint", "version": env!("CARGO_PKG_VERSION") },
    });
    inbox.reply(Response::new_ok(id, result));
    let mut is_shut_down = false;
    while let Some(message) = inbox.next() {
        match message {
            Message::Request(request) if is_shut_down => {
                inbox.refuse(request.id, ErrorCode::InvalidRequest, "the server is shutting down");
            }
            Message::Request(request)
                if LspRequestMethod::from(&*request.method) == LspRequestMethod::Shutdown =>
            {
                is_shut_down = true;
                inbox.reply(Response::new_ok(request.id, JsonValue::Null));
            }
            Message::Request(request) => inbox.answer(&mut session, request),
            Message::Notification(notification) => {
                let method = LspNotificationMethod::from(&*notification.method);
                if method == LspNotificationMethod::Exit {
                    return Ok(is_shut_down);
                }
                // A bug must not end the session, in which other files can be checked.
                let noted =
                    panic::catch_unwind(AssertUnwindSafe(|| session.note(method, notification.params)));
                if let Ok(Err(message)) = noted {
                    say(&format!("error: {}: {}\n", line(&notification.method), line(&message)));
                }
            }
            Message::Response(_) => {}
        }
        if inbox.queue.is_empty() {
            // A document whose diagnostics cannot be made is left out.
            while panic::catch_unwind(AssertUnwindSafe(|| session.publish_all())).is_err() {}
        }
        inbox.send_all(session.outgoing());
    }
    Ok(false)
}

/// The messages that were received and are not answered yet.
struct Inbox<'c> {
    connection: &'c Connection,
    queue: VecDeque<Message>,
}

impl Inbox<'_> {
    /// The next message; `None` if the client is gone. All that have arrived are read first, so that a request which is
    /// canceled among them is not worked on.
    fn next(&mut self) -> Option<Message> {
        if self.queue.is_empty() {
            let message = self.connection.receiver.recv().ok()?;
            self.receive(message);
        }
        while let Ok(message) = self.connection.receiver.try_recv() {
            self.receive(message);
        }
        match self.queue.pop_front() {
            // Only a cancellation has arrived.
            None => self.next(),
            message => message,
        }
    }

    fn receive(&mut self, message: Message) {
        let Some(canceled) = canceled_by(&message) else { return self.queue.push_back(message) };
        if let Some(at) = self
            .queue
            .iter()
            .position(|queued| matches!(queued, Message::Request(request) if request.id == canceled))
        {
            self.queue.remove(at);
            self.refuse(canceled, ErrorCode::RequestCanceled, "canceled");
        }
    }

    fn answer(&self, session: &mut Session, request: Request) {
        let Request { id, method, params } = request;
        let known = LspRequestMethod::from(&*method);
        match panic::catch_unwind(AssertUnwindSafe(|| session.answer(known, params))) {
            Ok(Some(Ok(result))) => self.reply(Response::new_ok(id, result)),
            Ok(Some(Err(message))) => self.refuse(id, ErrorCode::InvalidParams, &message),
            Ok(None) => self.refuse(id, ErrorCode::MethodNotFound, &format!("{method} is not supported")),
            Err(_) => {
                self.refuse(id, ErrorCode::InternalError, "this program failed on it; please report that");
            }
        }
    }

    fn refuse(&self, id: RequestId, code: ErrorCode, message: &str) {
        self.reply(Response::new_err(id, code as i32, message.to_owned()));
    }

    fn reply(&self, response: Response) {
        // A client that is gone is noticed when the next message is read.
        let _ = self.connection.sender.send(response.into());
    }

    fn send_all(&self, outgoing: Vec<Outgoing>) {
        for Outgoing { id, method, parameters } in outgoing {
            let message = match id {
                Some(id) => Message::Request(Request { id: id.into(), method, params: parameters }),
                None => Message::Notification(Notification { method, params: parameters }),
            };
            let _ = self.connection.sender.send(message);
        }
    }
}

fn canceled_by(message: &Message) -> Option<RequestId> {
    let Message::Notification(notification) = message else { return None };
    let method = LspNotificationMethod::from(&*notification.method);
    (method == LspNotificationMethod::CancelRequest)
        .then(|| serde_json::from_value(notification.params.get("id")?.clone()).ok())?
}

/// A result as JSON. Types of the protocol always have a form in JSON.
pub(crate) fn to_json(result: impl Serialize) -> JsonValue {
    serde_json::to_value(result).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;
    use crate::date::Date;
    use crate::lint::LintResult;
    use crate::server::protocol::uri_of;
    use crate::server::workspace::EditedFiles;
    use crate::source::Source;

    /// A check that fails on one file.
    fn failing(
        project: &Project,
        path: &Path,
        source: &Source,
        load: &EditedFiles<'_>,
        today: Date,
    ) -> Option<LintResult> {
        assert!(!path.ends_with("bad.threat-model.yaml"), "a bug");
        project.lint(path, source, load, today)
    }

    /// The answers of the server with that check, and what it sends besides, for a client that opens both files.
    #[expect(clippy::disallowed_methods, reason = "files of a test")]
    fn answers(capabilities: &JsonValue) -> (Vec<JsonValue>, Vec<(String, JsonValue)>) {
        let text = include_str!("../rules/stock.yaml").replace("score: 9.4", "score: 9.1");
        let folder = tempfile::tempdir().unwrap();
        let uris = ["bad.threat-model.yaml", "good.threat-model.yaml"].map(|name| {
            fs::write(folder.path().join(name), &text).unwrap();
            uri_of(&folder.path().canonicalize().unwrap().join(name))
        });
        let (server, client) = Connection::memory();
        let send = |id: Option<i32>, method: &str, params: JsonValue| {
            let message = match id {
                Some(id) => Request { id: id.into(), method: method.to_owned(), params }.into(),
                None => Message::from(Notification { method: method.to_owned(), params }),
            };
            client.sender.send(message).unwrap();
        };
        let root = uri_of(folder.path());
        send(
            Some(0),
            "initialize",
            json!({ "processId": null, "rootUri": root, "capabilities": capabilities }),
        );
        for uri in &uris {
            let document = json!({ "uri": uri, "languageId": "yaml", "version": 1, "text": text });
            send(None, "textDocument/didOpen", json!({ "textDocument": document }));
        }
        for uri in &uris {
            let document = json!({ "uri": uri });
            send(Some(1), "textDocument/diagnostic", json!({ "textDocument": document }));
            let position = json!({ "line": 6, "character": 3 });
            send(Some(2), "textDocument/hover", json!({ "textDocument": document, "position": position }));
        }
        send(Some(3), "workspace/diagnostic", json!({ "previousResultIds": [] }));
        send(None, "workspace/didChangeWorkspaceFolders", json!({ "event": { "added": [], "removed": [] } }));
        drop(client.sender);
        assert_eq!(conversation(&server, failing), Ok(false));
        drop(server);
        let (mut results, mut others) = (Vec::new(), Vec::new());
        for message in &client.receiver {
            match message {
                Message::Response(response) => results.push(response.response_result.unwrap()),
                Message::Notification(other) => others.push((other.method, other.params)),
                Message::Request(_) => {}
            }
        }
        (results, others)
    }

    /// The rules and the first lines of problems.
    fn problems(report: &JsonValue) -> Vec<String> {
        let items = report.get("items").or(report.get("diagnostics")).unwrap().as_array().unwrap();
        let shown = items.iter().map(|item| {
            let message = item["message"].as_str().unwrap().lines().next().unwrap();
            format!("{}: {message}", item["code"].as_str().unwrap())
        });
        shown.collect()
    }

    const BAD: &str = "policy: cannot check: this program failed on it";
    const GOOD: &str = "score-mismatch: score is 9.1, expected 9.4";

    #[test]
    fn panic_in_one_file_is_a_problem_of_it_and_others_are_served() {
        let (results, others) = answers(&json!({ "textDocument": { "diagnostic": {} } }));
        let [_, bad, bad_hover, good, good_hover, folder] = results.as_slice() else { panic!("{results:?}") };
        assert_eq!((problems(bad), problems(good)), (vec![BAD.to_owned()], vec![GOOD.to_owned()]));
        assert!(bad_hover.is_object() && good_hover.is_object());
        let files = folder["items"].as_array().unwrap().iter();
        assert_eq!(files.map(problems).collect::<Vec<_>>(), [[BAD], [GOOD]]);
        let messages: Vec<_> = others.iter().filter(|(method, _)| method == "window/showMessage").collect();
        let text = messages[0].1["message"].as_str().unwrap();
        assert!(text.starts_with("aivss-lint failed on bad.threat-model.yaml"), "{text}");
    }

    #[test]
    fn panic_in_one_file_does_not_stop_publishing_others() {
        let (_, others) = answers(&json!({}));
        let published = others.iter().filter(|(method, _)| method == "textDocument/publishDiagnostics");
        let mut published: Vec<_> = published.map(|(_, params)| problems(params)).collect();
        published.sort();
        published.dedup();
        assert_eq!(published, [[BAD], [GOOD]]);
    }
}
