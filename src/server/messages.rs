//! The connection: messages in order, cancellation, and the exit status. The only file that imports the transport.

use std::collections::VecDeque;
use std::panic::{self, AssertUnwindSafe};
use std::process::ExitCode;

use lsp_server::{Connection, ErrorCode, Message, Notification, Request, RequestId, Response};
use serde::Serialize;
use serde_json::{Value as JsonValue, json};

use crate::escape::line;
use crate::server::protocol::{InitializeParams, LspNotificationMethod, LspRequestMethod};
use crate::server::session::{Outgoing, Session, capabilities};
use crate::workspace::process::say;

/// Serves the client on standard input and output. Exit status: 0 after a shutdown, 1 otherwise.
pub fn serve() -> ExitCode {
    let (connection, threads) = Connection::stdio();
    let status = run(&connection);
    // The thread that writes ends with it.
    drop(connection);
    // The thread that reads does not end before the input does.
    if status == ExitCode::SUCCESS {
        let _ = threads.join();
    }
    status
}

/// Serves one client until it leaves.
pub fn run(connection: &Connection) -> ExitCode {
    let is_ended = conversation(connection).unwrap_or_else(|message| {
        say(&format!("error: {}\n", line(&message)));
        false
    });
    ExitCode::from(u8::from(!is_ended))
}

/// The whole conversation; returns whether the client ended it as the protocol demands.
fn conversation(connection: &Connection) -> Result<bool, String> {
    let (id, parameters) = connection.initialize_start().map_err(|error| error.to_string())?;
    let parameters: InitializeParams =
        serde_json::from_value(parameters).map_err(|error| format!("initialize: {error}"))?;
    let mut session = Session::new(&parameters);
    let result = json!({
        "capabilities": capabilities(session.client),
        "serverInfo": { "name": "aivss-lint", "version": env!("CARGO_PKG_VERSION") },
    });
    connection.initialize_finish(id, result).map_err(|error| error.to_string())?;
    let mut inbox = Inbox { connection, queue: VecDeque::new() };
    inbox.send_all(session.started());
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
            let outgoing = panic::catch_unwind(AssertUnwindSafe(|| session.idle())).unwrap_or_default();
            inbox.send_all(outgoing);
        }
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
        let is_it = |queued: &Message| matches!(queued, Message::Request(request) if request.id == canceled);
        if let Some(at) = self.queue.iter().position(is_it) {
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

/// The request that a message cancels.
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
