//! Code actions: fixes of problems, all safe fixes at once, exceptions, and changes to try.
//!
//! A safe fix is a preferred quick fix, a suggestion a refactoring. Every edit names the version of the text that it is
//! for, so that an editor refuses one that is stale.

use crate::diagnostic::Safety;
use crate::escape::line;
use crate::fix::apply_fixes;
use crate::server::diagnostics::shown;
use crate::server::protocol::{
    CodeAction, CodeActionContext, CodeActionKind, DocumentChange, OptionalVersionedTextDocumentIdentifier,
    TextDocumentEdit, TextDocumentIdentifier, TextEdit, WorkspaceEdit,
};
use crate::server::session::FIX_ALL;
use crate::server::workspace::{DocumentKind, relint};
use crate::server::{View, exception, what_if};
use crate::source::Span;
use crate::text_edit::Edit;

/// The actions for a part of a document.
pub(crate) fn actions(view: &View<'_>, context: &CodeActionContext, within: Span) -> Vec<CodeAction> {
    let only = context.only.as_deref();
    let mut actions = Vec::new();
    if view.checked.kind == DocumentKind::Other {
        return actions;
    }
    let problems = view.checked.diagnostics.iter().filter(|problem| problem.excepted.is_none());
    for problem in problems.filter(|problem| touches(problem.span, within)) {
        let diagnostic = || Some(vec![shown(problem, view.text(), &view.document.uri, view.project)]);
        if let Some(fix) = &problem.fix {
            let is_safe = fix.safety == Safety::Safe;
            actions.push(CodeAction {
                title: line(&fix.title).into_owned(),
                kind: Some(if is_safe { CodeActionKind::QuickFix } else { CodeActionKind::RefactorRewrite }),
                diagnostics: diagnostic(),
                is_preferred: is_safe.then_some(true),
                edit: Some(edit_of(view, &fix.edits)),
                ..CodeAction::default()
            });
        }
        if let Some(edit) = exception::edit_for(view, problem) {
            actions.push(CodeAction {
                title: format!("Except `{}` here, in the policy", problem.rule),
                kind: Some(CodeActionKind::QuickFix),
                diagnostics: diagnostic(),
                edit: Some(edit),
                ..CodeAction::default()
            });
        }
    }
    actions.extend(what_if::actions(view, within));
    actions.retain(|action| {
        action.kind.as_ref().is_some_and(|kind| is_wanted(only, &String::from(kind.clone())))
    });
    // It lints several texts, so it is made only for those who ask for it.
    if only.is_some() && is_wanted(only, FIX_ALL) {
        actions.extend(fix_all(view));
    }
    actions
}

/// Whether two places share bytes, or one is empty and at the edge of the other.
pub(crate) const fn touches(one: Span, other: Span) -> bool {
    one.start <= other.end && other.start <= one.end
}

/// Whether a client asked for a kind of action: for itself, or for one above it.
fn is_wanted(only: Option<&[CodeActionKind]>, kind: &str) -> bool {
    only.is_none_or(|only| {
        only.iter().any(|asked| {
            let asked = String::from(asked.clone());
            let rest = kind.strip_prefix(&asked);
            asked.is_empty() || rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        })
    })
}

/// All safe fixes, as `aivss-lint fix` applies them.
fn fix_all(view: &View<'_>) -> Option<CodeAction> {
    let outcome = apply_fixes(view.text().text(), Safety::Safe, |text| relint(view, text));
    let edits = outcome.changes.into_iter().map(|change| Edit { span: change.span, text: change.after });
    let edits: Vec<Edit> = edits.collect();
    (!edits.is_empty()).then(|| CodeAction {
        title: "Apply all safe fixes".to_owned(),
        kind: Some(CodeActionKind::from(FIX_ALL)),
        edit: Some(edit_of(view, &edits)),
        ..CodeAction::default()
    })
}

/// Edits of the document, for the version that they were made for.
pub(crate) fn edit_of(view: &View<'_>, edits: &[Edit]) -> WorkspaceEdit {
    let edits = edits.iter();
    let edits =
        edits.map(|edit| TextEdit { range: view.text().range(edit.span), new_text: edit.text.clone() });
    let identifier = TextDocumentIdentifier { uri: view.document.uri.clone() };
    changes(identifier, Some(view.document.version), edits.collect(), None)
}

/// Edits of a file, after the creation of it if there is one.
pub(crate) fn changes(
    identifier: TextDocumentIdentifier,
    version: Option<i32>,
    edits: Vec<TextEdit>,
    creation: Option<DocumentChange>,
) -> WorkspaceEdit {
    let text_document =
        OptionalVersionedTextDocumentIdentifier { version, text_document_identifier: identifier };
    let edits = edits.into_iter().map(Into::into).collect();
    let edit = DocumentChange::TextDocumentEdit(TextDocumentEdit { text_document, edits });
    let all = creation.into_iter().chain([edit]).collect();
    WorkspaceEdit { document_changes: Some(all), ..WorkspaceEdit::default() }
}
