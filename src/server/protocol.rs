//! The types of the language server protocol, which only this file imports, and file addresses as paths.

pub(crate) use gen_lsp_types::{
    ClientCapabilities, Code, CodeAction, CodeActionContext, CodeActionKind, CodeDescription, CodeLens,
    Command, CompletionItem, CompletionItemKind, CreateFile, Diagnostic as ShownDiagnostic,
    DiagnosticRelatedInformation, DiagnosticSeverity, DiagnosticTag, DidChangeTextDocumentParams,
    DidChangeWatchedFilesParams, DidChangeWorkspaceFoldersParams, DidCloseTextDocumentParams,
    DidOpenTextDocumentParams, DidSaveTextDocumentParams, DocumentChange, DocumentDiagnosticParams,
    DocumentLink, DocumentSymbol, FoldingRange, Hover, InitializeParams, InlayHint, InsertTextFormat,
    Location, LspNotificationMethod, LspRequestMethod, MarkupContent, MarkupKind,
    OptionalVersionedTextDocumentIdentifier, Position, PositionEncodingKind, Range, SymbolKind,
    TextDocumentContentChangeEvent, TextDocumentEdit, TextDocumentIdentifier, TextDocumentSyncKind, TextEdit,
    Uri, WorkspaceDiagnosticParams, WorkspaceEdit, WorkspaceFolders,
};

use std::path::{Path, PathBuf};

use crate::escape::{decoded_uri, uri_path};
use crate::workspace::files::slashes;

/// The path of a file's address; `None` for other addresses, such as those of unsaved documents.
pub(crate) fn path_of(uri: &Uri) -> Option<PathBuf> {
    let rest = uri.0.strip_prefix("file://")?;
    // `file:///c%3A/a` and `file://host/a`.
    let (host, path) = rest.split_at(rest.find('/')?);
    let path = decoded_uri(path)?;
    let bytes = path.as_bytes();
    let is_drive = bytes.len() > 2 && bytes[1].is_ascii_alphabetic() && bytes[2] == b':';
    Some(match (is_drive, host) {
        (true, _) => PathBuf::from(&path[1..]),
        (false, "" | "localhost") => PathBuf::from(path),
        (false, host) => PathBuf::from(format!("//{host}{path}")),
    })
}

pub(crate) fn uri_of(path: &Path) -> Uri {
    let path = slashes(path);
    let slash = if path.starts_with('/') { "" } else { "/" };
    Uri(format!("file://{slash}{}", uri_path(&path)))
}

pub(crate) fn markdown(value: String) -> MarkupContent {
    MarkupContent { kind: MarkupKind::Markdown, value }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_addresses_are_paths() {
        for (uri, path) in [
            ("file:///a/b%20c.yaml", Some("/a/b c.yaml")),
            ("file://localhost/a", Some("/a")),
            ("file:///c%3A/a.yaml", Some("c:/a.yaml")),
            ("file:///C:/a.yaml", Some("C:/a.yaml")),
            ("file:///%C3%BC/100%.md", Some("/ü/100%.md")),
            ("file:///a%E9", None),
            ("untitled:a.yaml", None),
            ("file:a", None),
        ] {
            assert_eq!(path_of(&uri.into()), path.map(PathBuf::from), "{uri}");
        }
        assert_eq!(uri_of(Path::new("/a/b ü.yaml")).0, "file:///a/b%20%C3%BC.yaml");
    }
}
