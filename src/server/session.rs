//! One client: its capabilities, its documents, and the feature that answers each request.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde_json::{Value as JsonValue, json};

use crate::escape::line;
use crate::server::documents::{Encoding, OpenDocument, OpenDocuments};
use crate::server::messages::to_json;
use crate::server::protocol::{
    ClientCapabilities, CodeActionKind, DidChangeTextDocumentParams, DidChangeWatchedFilesParams,
    DidChangeWorkspaceFoldersParams, DidCloseTextDocumentParams, DidOpenTextDocumentParams,
    DidSaveTextDocumentParams, DocumentDiagnosticParams, InitializeParams, LspNotificationMethod,
    LspRequestMethod, Position, Range, TextDocumentIdentifier, TextDocumentSyncKind, Uri,
    WorkspaceDiagnosticParams, WorkspaceFolders, path_of,
};
use crate::server::trusted::RegoRun;
use crate::server::workspace::{Checked, Lint, ServerOptions, Workspace};
use crate::server::{View, completion, diagnostics, fixes, hints, hover, symbols};
use crate::workspace::process::say;

/// The capabilities of the client that change answers.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a capability of the protocol")]
pub(crate) struct ClientFeatures {
    pub(crate) encoding: Encoding,
    /// Whether it asks for diagnostics, so that none are published.
    pulls: bool,
    pub(crate) creates_files: bool,
    has_hints: bool,
    watches_files: bool,
    refreshes: [bool; 3],
}

/// The requests after which clients ask again, in the order of [`ClientFeatures::refreshes`].
const REFRESHES: [&str; 3] =
    ["workspace/diagnostic/refresh", "workspace/inlayHint/refresh", "workspace/codeLens/refresh"];

impl ClientFeatures {
    fn of(client: &ClientCapabilities) -> Self {
        // A capability is a path of keys; the types of the protocol would need a line for each key.
        let client = to_json(client);
        let has = |path: &str| client.pointer(path).is_some_and(|value| *value != json!(false));
        let creates = client.pointer("/workspace/workspaceEdit/resourceOperations");
        let offered = client.pointer("/general/positionEncodings").cloned().unwrap_or_default();
        Self {
            encoding: Encoding::negotiated(&serde_json::from_value::<Vec<_>>(offered).unwrap_or_default()),
            pulls: has("/textDocument/diagnostic"),
            creates_files: creates
                .and_then(JsonValue::as_array)
                .is_some_and(|all| all.contains(&json!("create"))),
            has_hints: has("/textDocument/inlayHint"),
            watches_files: has("/workspace/didChangeWatchedFiles/dynamicRegistration"),
            refreshes: ["diagnostics", "inlayHint", "codeLens"]
                .map(|feature| has(&format!("/workspace/{feature}/refreshSupport"))),
        }
    }
}

/// The name of the action that applies all safe fixes.
pub(crate) const FIX_ALL: &str = "source.fixAll.aivss-lint";

pub(crate) fn capabilities(client: ClientFeatures) -> JsonValue {
    let mut capabilities = json!({
        "positionEncoding": client.encoding.kind(),
        "textDocumentSync": { "openClose": true, "change": TextDocumentSyncKind::Incremental, "save": true },
        "codeActionProvider": {
            "codeActionKinds": [CodeActionKind::QuickFix, CodeActionKind::RefactorRewrite, FIX_ALL],
        },
        "codeLensProvider": {},
        "hoverProvider": true,
        "completionProvider": { "triggerCharacters": ["/", ":", "\"", "-", " ", "["] },
        "documentSymbolProvider": true,
        "foldingRangeProvider": true,
        "documentLinkProvider": {},
        "workspace": { "workspaceFolders": { "supported": true, "changeNotifications": true } },
    });
    if client.pulls {
        capabilities["diagnosticProvider"] = json!({
            "identifier": "aivss-lint", "interFileDependencies": true, "workspaceDiagnostics": true,
        });
    }
    if client.has_hints {
        capabilities["inlayHintProvider"] = json!(true);
    }
    capabilities
}

/// A message to the client; a request if it has an identifier, whose response does not matter.
pub(crate) struct Outgoing {
    pub(crate) id: Option<i32>,
    pub(crate) method: String,
    pub(crate) parameters: JsonValue,
}

/// One client with its folders and documents.
pub(crate) struct Session {
    pub(crate) client: ClientFeatures,
    workspace: Workspace,
    open: OpenDocuments,
    outgoing: Vec<Outgoing>,
    /// Documents whose diagnostics are to be published.
    unpublished: Vec<Uri>,
    last_request: i32,
    /// The answer to the last request for all diagnostics, while nothing has changed.
    of_folders: Option<Vec<diagnostics::FolderReport>>,
    /// The roots of repositories for which the client knows that rules in Rego do not run.
    without_rego: Vec<PathBuf>,
    /// The reasons for which rules in Rego could not be checked, by the roots of repositories, until something is saved.
    rego_failures: BTreeMap<PathBuf, Option<String>>,
}

type Answer = Option<Result<JsonValue, String>>;

impl Session {
    pub(crate) fn new(parameters: &InitializeParams, lint: Lint) -> Self {
        let mut folders = Vec::new();
        match &parameters.workspace_folders_initialize_params.workspace_folders {
            Some(WorkspaceFolders::WorkspaceFolderList(given)) => {
                folders.extend(given.iter().filter_map(|folder| path_of(&folder.uri)));
            }
            #[expect(deprecated, reason = "older clients send nothing else")]
            Some(WorkspaceFolders::Null) | None => {
                folders.extend(parameters.root_uri.as_ref().and_then(path_of));
            }
        }
        let options = parameters.initialization_options.clone().filter(|options| !options.is_null());
        let options = options.unwrap_or_else(|| json!({}));
        let options = serde_json::from_value(options).unwrap_or_else(|error| {
            // Without options nothing is trusted.
            say(&format!("error: initializationOptions: {error}\n"));
            ServerOptions::default()
        });
        Self {
            client: ClientFeatures::of(&parameters.capabilities),
            workspace: Workspace::new(folders, options, lint),
            open: OpenDocuments::default(),
            outgoing: Vec::new(),
            unpublished: Vec::new(),
            last_request: 0,
            of_folders: None,
            without_rego: Vec::new(),
            rego_failures: BTreeMap::new(),
        }
    }

    /// Asks the client to report changes of files.
    fn watch_files(&mut self) {
        if self.client.watches_files {
            let watcher = json!({ "globPattern": "**/*.{yaml,yml,json,md,markdown,rego}" });
            let options = json!({ "watchers": [watcher] });
            let method = "workspace/didChangeWatchedFiles";
            let registration = json!({ "id": "files", "method": method, "registerOptions": options });
            self.request("client/registerCapability", json!({ "registrations": [registration] }));
        }
    }

    /// Publishes diagnostics for a client that does not ask for them, after all that has arrived was answered.
    pub(crate) fn publish_all(&mut self) {
        while !self.unpublished.is_empty() {
            let uri = self.unpublished.remove(0);
            let problems = self.view(&uri).map(|view| diagnostics::of_document(&view)).unwrap_or_default();
            let version = self.open.get(&uri).map(|document| document.version);
            self.publish(&uri, version, &to_json(problems));
        }
    }

    pub(crate) fn outgoing(&mut self) -> Vec<Outgoing> {
        std::mem::take(&mut self.outgoing)
    }

    fn request(&mut self, method: &str, parameters: JsonValue) {
        self.last_request += 1;
        self.outgoing.push(Outgoing { id: Some(self.last_request), method: method.to_owned(), parameters });
    }

    fn notify(&mut self, method: &str, parameters: JsonValue) {
        self.outgoing.push(Outgoing { id: None, method: method.to_owned(), parameters });
    }

    fn show(&mut self, message: &str) {
        self.notify("window/showMessage", json!({ "type": 2, "message": message }));
    }

    fn publish(&mut self, uri: &Uri, version: Option<i32>, problems: &JsonValue) {
        let mut parameters = json!({ "uri": uri, "diagnostics": problems });
        if let Some(version) = version {
            parameters["version"] = json!(version);
        }
        self.notify("textDocument/publishDiagnostics", parameters);
    }

    /// The document with its result, which is computed if it is not known.
    fn view(&mut self, uri: &Uri) -> Option<View<'_>> {
        self.check(uri)?;
        let document = self.open.get(uri)?;
        self.view_of(document, document.checked.as_deref()?)
    }

    fn check(&mut self, uri: &Uri) -> Option<()> {
        let document = self.open.get(uri)?;
        if document.checked.is_some() {
            return Some(());
        }
        let mut checked = self.workspace.check(document, &self.open);
        let (project, options) = (self.workspace.project(&checked)?, &self.workspace.options);
        let has_rego = project.has_rego() && !checked.models.is_empty();
        if has_rego && options.trusted && document.is_saved {
            let failure = self.rego_failures.entry(checked.root.clone()).or_default();
            let run = RegoRun { project, document, checked: &checked, options };
            let found = run.problems(failure);
            checked.diagnostics.extend(found);
        }
        if has_rego && !options.trusted && !self.without_rego.contains(&checked.root) {
            self.without_rego.push(checked.root.clone());
            self.show("rules in Rego were not checked: the folder is not trusted");
        }
        if checked.is_failed {
            let path = line(&checked.path);
            self.show(&format!("aivss-lint failed on {path}, which was not checked; please report it"));
        }
        let document = self.open.get(uri)?;
        let live = self.view_of(document, &checked).and_then(|view| hints::live_scores(&view));
        let document = self.open.get_mut(uri)?;
        if let Some(live) = live {
            document.live = live;
        }
        document.checked = Some(Arc::new(checked));
        Some(())
    }

    fn view_of<'v>(&'v self, document: &'v OpenDocument, checked: &'v Checked) -> Option<View<'v>> {
        let (workspace, open, client) = (&self.workspace, &self.open, self.client);
        Some(View { document, checked, project: workspace.project(checked)?, workspace, open, client })
    }

    /// Answers a request; `None` for one that is not supported.
    pub(crate) fn answer(&mut self, method: LspRequestMethod<'_>, parameters: JsonValue) -> Answer {
        let feature: Feature = match method {
            LspRequestMethod::TextDocumentDiagnostic => return Some(self.diagnostics(parameters)),
            LspRequestMethod::WorkspaceDiagnostic => return Some(self.folder_diagnostics(parameters)),
            LspRequestMethod::TextDocumentCodeAction => |view, asked| {
                let context = parsed(asked.context.clone()).ok()?;
                Some(to_json(fixes::actions(view, &context, view.text().span(asked.range?))))
            },
            LspRequestMethod::TextDocumentInlayHint => {
                |view, asked| Some(to_json(hints::hints(view, view.text().span(asked.range?))))
            }
            LspRequestMethod::TextDocumentCodeLens => |view, _| Some(to_json(hints::lenses(view))),
            LspRequestMethod::TextDocumentHover => {
                |view, asked| Some(to_json(hover::hover(view, view.text().offset(asked.position?))))
            }
            LspRequestMethod::TextDocumentCompletion => {
                |view, asked| Some(to_json(completion::complete(view, view.text().offset(asked.position?))))
            }
            LspRequestMethod::TextDocumentDocumentSymbol => |view, _| Some(to_json(symbols::symbols(view))),
            LspRequestMethod::TextDocumentFoldingRange => |view, _| Some(to_json(symbols::folds(view))),
            LspRequestMethod::TextDocumentDocumentLink => |view, _| Some(to_json(symbols::links(view))),
            _ => return None,
        };
        Some(self.feature(parameters, feature))
    }

    /// The answer of a feature for an open document; `null` for one that is not open.
    fn feature(&mut self, parameters: JsonValue, feature: Feature) -> Result<JsonValue, String> {
        let asked: Asked = parsed(parameters)?;
        let Some(view) = self.view(&asked.text_document.uri) else { return Ok(JsonValue::Null) };
        feature(&view, &asked).ok_or_else(|| "a parameter is missing or has another type".to_owned())
    }

    fn diagnostics(&mut self, parameters: JsonValue) -> Result<JsonValue, String> {
        let asked: DocumentDiagnosticParams = parsed(parameters)?;
        let items = self.view(&asked.text_document.uri).map(|view| diagnostics::of_document(&view));
        Ok(diagnostics::report(&to_json(items.unwrap_or_default()), asked.previous_result_id.as_deref()))
    }

    fn folder_diagnostics(&mut self, parameters: JsonValue) -> Result<JsonValue, String> {
        let asked: WorkspaceDiagnosticParams = parsed(parameters)?;
        if self.of_folders.is_none() {
            let reports = diagnostics::of_folders(&mut self.workspace, &self.open, self.client);
            self.of_folders = Some(reports);
        }
        let known = asked.previous_result_ids.into_iter().map(|known| (known.uri, known.value)).collect();
        Ok(diagnostics::folder_report(self.of_folders.as_deref().unwrap_or_default(), &known))
    }

    /// Takes note of an event in the editor.
    pub(crate) fn note(
        &mut self,
        method: LspNotificationMethod<'_>,
        parameters: JsonValue,
    ) -> Result<(), String> {
        match method {
            LspNotificationMethod::TextDocumentDidOpen => {
                let opened = parsed::<DidOpenTextDocumentParams>(parameters)?.text_document;
                let (uri, language) = (opened.uri.clone(), to_json(&opened.language_id));
                let language = language.as_str().unwrap_or_default();
                let (version, encoding) = (opened.version, self.client.encoding);
                self.open.open(OpenDocument::new(opened.uri, language, version, opened.text, encoding));
                self.touched(&uri);
            }
            LspNotificationMethod::TextDocumentDidChange => {
                let changed: DidChangeTextDocumentParams = parsed(parameters)?;
                let uri = changed.text_document.text_document_identifier.uri;
                if let Some(document) = self.open.get_mut(&uri) {
                    document.change(changed.text_document.version, &changed.content_changes);
                }
                self.touched(&uri);
            }
            LspNotificationMethod::TextDocumentDidSave => {
                let uri = parsed::<DidSaveTextDocumentParams>(parameters)?.text_document.uri;
                if let Some(document) = self.open.get_mut(&uri) {
                    document.is_saved = true;
                    self.rego_failures.clear();
                    document.checked = None;
                }
                self.touched(&uri);
            }
            LspNotificationMethod::TextDocumentDidClose => {
                let uri = parsed::<DidCloseTextDocumentParams>(parameters)?.text_document.uri;
                self.open.close(&uri);
                self.unpublished.retain(|other| *other != uri);
                self.touched(&uri);
                if !self.client.pulls {
                    self.unpublished.retain(|other| *other != uri);
                    self.publish(&uri, None, &json!([]));
                }
            }
            _ => return self.note_folders(method, parameters),
        }
        Ok(())
    }

    /// Takes note of changes of files and folders.
    fn note_folders(
        &mut self,
        method: LspNotificationMethod<'_>,
        parameters: JsonValue,
    ) -> Result<(), String> {
        match method {
            LspNotificationMethod::Initialized => self.watch_files(),
            LspNotificationMethod::WorkspaceDidChangeWatchedFiles => {
                let changed: DidChangeWatchedFilesParams = parsed(parameters)?;
                self.of_folders = None;
                let mut paths = changed.changes.iter().filter_map(|event| path_of(&event.uri));
                if paths.any(|path| self.workspace.is_policy(&path)) {
                    self.policies_changed();
                }
            }
            LspNotificationMethod::WorkspaceDidChangeWorkspaceFolders => {
                let changed: DidChangeWorkspaceFoldersParams = parsed(parameters)?;
                let removed: Vec<_> =
                    changed.event.removed.iter().filter_map(|folder| path_of(&folder.uri)).collect();
                let folders = &mut self.workspace.folders;
                folders.retain(|folder| !removed.contains(folder));
                folders.extend(changed.event.added.iter().filter_map(|folder| path_of(&folder.uri)));
                self.policies_changed();
            }
            _ => {}
        }
        Ok(())
    }

    /// Takes note that a document has another text than before.
    fn touched(&mut self, uri: &Uri) {
        self.of_folders = None;
        if path_of(uri).is_some_and(|path| self.workspace.is_policy(&path)) {
            self.policies_changed();
        }
        if !self.client.pulls && !self.unpublished.contains(uri) {
            self.unpublished.push(uri.clone());
        }
    }

    fn policies_changed(&mut self) {
        self.of_folders = None;
        self.rego_failures.clear();
        self.workspace.forget_policies();
        self.open.forget_results();
        if !self.client.pulls {
            self.unpublished = self.open.uris();
        }
        for (method, is_supported) in REFRESHES.into_iter().zip(self.client.refreshes) {
            if is_supported {
                self.request(method, JsonValue::Null);
            }
        }
    }
}

/// Parameters of a request about a document. Each request has some of them.
#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct Asked {
    text_document: TextDocumentIdentifier,
    position: Option<Position>,
    range: Option<Range>,
    #[serde(default)]
    context: JsonValue,
}

/// The answer to a request about a document; `None` if a parameter is missing.
type Feature = fn(&View<'_>, &Asked) -> Option<JsonValue>;

fn parsed<P: DeserializeOwned>(parameters: JsonValue) -> Result<P, String> {
    serde_json::from_value(parameters).map_err(|error| error.to_string())
}
