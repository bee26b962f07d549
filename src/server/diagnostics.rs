//! Problems in the form of the protocol: those of a document, and those of all threat models in the folders.
//!
//! Levels are those of the command line. A problem that an exception covers is a hint, so that it stays visible.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;

use serde_json::{Value as JsonValue, json};

use crate::diagnostic::{Diagnostic, Level, Origin};
use crate::escape::line;
use crate::explain::page_url;
use crate::rules;
use crate::rules::audit::EXCEPTION_UNUSED;
use crate::server::View;
use crate::server::documents::{OpenDocuments, PositionedText};
use crate::server::messages::to_json;
use crate::server::protocol::{
    Code, CodeDescription, DiagnosticRelatedInformation, DiagnosticSeverity, DiagnosticTag, Location,
    ShownDiagnostic, Uri, uri_of,
};
use crate::server::session::ClientFeatures;
use crate::server::workspace::{Project, Workspace};
use crate::source::Span;

pub(crate) fn of_document(view: &View<'_>) -> Vec<ShownDiagnostic> {
    let problems = view.checked.diagnostics.iter();
    problems.map(|problem| shown(problem, view.text(), &view.document.uri, view.project)).collect()
}

/// A problem at its place, with the other places that are part of it.
pub(crate) fn shown(
    problem: &Diagnostic,
    text: &PositionedText,
    uri: &Uri,
    project: &Project,
) -> ShownDiagnostic {
    let rule = rules::named(&problem.rule);
    let severity = match problem.level {
        _ if problem.excepted.is_some() => DiagnosticSeverity::Hint,
        Level::Error => DiagnosticSeverity::Error,
        Level::Warning => DiagnosticSeverity::Warning,
        Level::Note => DiagnosticSeverity::Information,
    };
    let is_unused = problem.rule == EXCEPTION_UNUSED.name;
    let url = rule.and_then(page_url);
    let related = related(problem, text, uri, project);
    ShownDiagnostic {
        range: text.range(problem.span),
        severity: Some(severity),
        code: Some(Code::String(problem.rule.to_string())),
        code_description: url.map(|url| CodeDescription { href: Uri(url) }),
        source: Some("aivss-lint".to_owned()),
        message: message(problem).into(),
        tags: is_unused.then(|| vec![DiagnosticTag::Unnecessary]),
        related_information: (!related.is_empty()).then_some(related),
        data: None,
    }
}

/// The message with the lines that the terminal shows below it.
fn message(problem: &Diagnostic) -> String {
    let mut message = line(&problem.message).into_owned();
    let consequence = problem.cause.as_ref().map(|cause| cause.effect.as_str());
    let help = rules::remedy(problem);
    for (title, text) in [
        ("", consequence),
        ("calculation: ", problem.working.as_deref()),
        ("note: ", problem.note.as_deref()),
        ("help: ", help.as_deref()),
    ] {
        if let Some(text) = text {
            message += &format!("\n{title}{}", line(text));
        }
    }
    if let Some(excepted) = &problem.excepted {
        let (owner, reason) = (line(&excepted.owner), line(&excepted.reason));
        message += &format!("\nexcepted until {} by {owner}: {reason}", excepted.expires);
    }
    message
}

fn related(
    problem: &Diagnostic,
    text: &PositionedText,
    uri: &Uri,
    project: &Project,
) -> Vec<DiagnosticRelatedInformation> {
    let here = |span: Span, message: &str| DiagnosticRelatedInformation {
        location: Location { uri: uri.clone(), range: text.range(span) },
        message: line(message).into_owned(),
    };
    let mut all: Vec<_> = problem.related.iter().map(|place| here(place.span, &place.message)).collect();
    all.extend(problem.cause.iter().map(|cause| here(cause.span, "follows from this value")));
    all.extend(problem.decided_by.iter().filter_map(|origin| of_policy(origin, "set", text, project)));
    let exceptions = problem.excepted.iter().map(|excepted| &excepted.origin);
    all.extend(exceptions.filter_map(|origin| of_policy(origin, "excepted", text, project)));
    all
}

/// A line of the policy; `None` for a decision that is not in a file.
fn of_policy(
    origin: &Origin,
    verb: &str,
    text: &PositionedText,
    project: &Project,
) -> Option<DiagnosticRelatedInformation> {
    let (policy, _) = project.policy.as_ref()?;
    let source = policy.sources().iter().find(|source| source.name() == &*origin.file)?;
    let policy = text.with_source((**source).clone());
    let path = project.repository.whole(Path::new(source.name()));
    let location = Location { uri: uri_of(&path), range: policy.range(origin.span) };
    Some(DiagnosticRelatedInformation { location, message: format!("{verb} here: {}", line(&origin.text)) })
}

/// The identifier of a result: equal for equal results.
fn result_id(items: &JsonValue) -> String {
    let mut hasher = DefaultHasher::new();
    items.to_string().hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

/// The report about a document, or that it is the one that the client has.
pub(crate) fn report(items: &JsonValue, previous: Option<&str>) -> JsonValue {
    let id = result_id(items);
    if previous == Some(&id) {
        return json!({ "kind": "unchanged", "resultId": id });
    }
    json!({ "kind": "full", "resultId": id, "items": items })
}

/// The problems of a file in a folder.
pub(crate) struct FolderReport {
    uri: Uri,
    /// The version, if the document is open.
    version: Option<i32>,
    items: JsonValue,
}

/// The problems of all threat models in the folders.
pub(crate) fn of_folders(
    workspace: &mut Workspace,
    open: &OpenDocuments,
    client: ClientFeatures,
) -> Vec<FolderReport> {
    let all = workspace.check_folders(open);
    let mut reports = Vec::with_capacity(all.len());
    for (path, source, checked) in all {
        let Some(project) = workspace.project(&checked) else { continue };
        let (document, text) = (open.at(&path), PositionedText::new(source, client.encoding));
        let uri = document.map_or_else(|| uri_of(&path), |document| document.uri.clone());
        let items: Vec<_> =
            checked.diagnostics.iter().map(|problem| shown(problem, &text, &uri, project)).collect();
        let version = document.map(|document| document.version);
        reports.push(FolderReport { uri, version, items: to_json(items) });
    }
    reports
}

/// The report about all files; of those that the client has, only that they are the same.
pub(crate) fn folder_report(reports: &[FolderReport], known: &HashMap<Uri, String>) -> JsonValue {
    let mut items = Vec::with_capacity(reports.len());
    for file in reports {
        let mut item = report(&file.items, known.get(&file.uri).map(String::as_str));
        item["uri"] = json!(file.uri);
        item["version"] = json!(file.version);
        items.push(item);
    }
    json!({ "items": items })
}
