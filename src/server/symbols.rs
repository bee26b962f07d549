//! The structure of a document: an outline, ranges to fold, and links.

use std::path::Path;

use crate::aivss::{ReadReference, Reference};
use crate::escape::{cut, line};
use crate::page::parse;
use crate::policy::{BuiltIn, beside};
use crate::server::View;
use crate::server::cursor::children;
use crate::server::protocol::{DocumentLink, DocumentSymbol, FoldingRange, Range, SymbolKind, Uri, uri_of};
use crate::server::workspace::DocumentKind;
use crate::source::Span;
use crate::syntax::{Node, Value};

/// The most characters of a name or a value in the outline.
const MAX_LENGTH: usize = 80;
/// The most entries of an outline, and the most links.
const MAX: usize = 5_000;
/// The depth of the outline: layers and findings with their threats and scores.
const DEPTH: usize = 5;

pub(crate) fn symbols(view: &View<'_>) -> Vec<DocumentSymbol> {
    if view.checked.kind == DocumentKind::Other {
        return Vec::new();
    }
    let document = parse(&view.text().source);
    let mut outline = Outline { view, left: MAX };
    document.roots().flat_map(|root| outline.children(root, DEPTH)).collect()
}

/// An outline while it is made.
struct Outline<'o> {
    view: &'o View<'o>,
    /// The number of entries that it can still have.
    left: usize,
}

impl Outline<'_> {
    /// The entries of a mapping or the items of a list.
    fn children(&mut self, node: Node<'_>, depth: usize) -> Vec<DocumentSymbol> {
        if depth == 0 || node.is_alias() {
            return Vec::new();
        }
        let is_list = node.as_list().is_some();
        let entries = children(node).into_iter().enumerate();
        let symbols = entries.map_while(|(at, (key, place, value))| {
            let name = if is_list { name_of(value, at) } else { key };
            self.symbol(&name, place, value, depth)
        });
        symbols.collect()
    }

    fn symbol(&mut self, name: &str, place: Span, value: Node<'_>, depth: usize) -> Option<DocumentSymbol> {
        self.left = self.left.checked_sub(1)?;
        let children = self.children(value, depth - 1);
        let (kind, detail) = match value.value() {
            Value::Map(_) => {
                (SymbolKind::Namespace, value.get("status").and_then(Node::as_str).map(str::to_owned))
            }
            Value::List(list) => (SymbolKind::Array, Some(list.iter().count().to_string())),
            Value::Number(digits) => (SymbolKind::Number, Some(digits.to_owned())),
            Value::Bool(flag) => (SymbolKind::Boolean, Some(flag.to_string())),
            Value::String(text) => (SymbolKind::String, Some(text.to_owned())),
            Value::Null | Value::Unreadable => (SymbolKind::Null, None),
        };
        let whole = if value.span().is_empty() { place } else { union(place, value.span()) };
        let text = self.view.text();
        #[expect(deprecated, reason = "the field has no default")]
        Some(DocumentSymbol {
            name: if name.is_empty() { "\"\"".to_owned() } else { shortened(name) },
            detail: detail.as_deref().map(shortened),
            kind,
            tags: None,
            deprecated: None,
            range: text.range(whole),
            selection_range: text.range(text.source.first_line(place)),
            children: (!children.is_empty()).then_some(children),
        })
    }
}

/// The name of an item: that in it, or its number.
fn name_of(item: Node<'_>, at: usize) -> String {
    let names = ["id", "title", "name", "rule", "model", "path"];
    let name = names.into_iter().find_map(|key| item.get(key)?.as_str()).or(item.as_str());
    name.filter(|name| !name.trim().is_empty()).map_or_else(|| (at + 1).to_string(), str::to_owned)
}

/// The bytes from the first to the last of two places. A value of a page can be before its key.
fn union(one: Span, other: Span) -> Span {
    Span { start: one.start.min(other.start), end: one.end.max(other.end) }
}

/// The blocks of several lines.
pub(crate) fn folds(view: &View<'_>) -> Vec<FoldingRange> {
    let mut folds = Vec::new();
    let mut stack = symbols(view);
    while let Some(symbol) = stack.pop() {
        let Range { start, end } = symbol.range;
        // The value of a block ends before the next key.
        let end_line = if end.character == 0 { end.line.saturating_sub(1) } else { end.line };
        if end_line > start.line {
            folds.push(FoldingRange { start_line: start.line, end_line, ..FoldingRange::default() });
        }
        stack.extend(symbol.children.into_iter().flatten());
    }
    folds.sort_by_key(|fold| (fold.start_line, fold.end_line));
    folds
}

/// The files and pages that a document names: policies, rules in Rego, models under test, evidence, entries of public lists.
pub(crate) fn links(view: &View<'_>) -> Vec<DocumentLink> {
    let document = parse(&view.text().source);
    let mut links = Vec::new();
    let mut add = |span: Span, target: Option<Uri>| {
        if let Some(target) = target.filter(|_| links.len() < MAX) {
            let range = view.text().range(span);
            links.push(DocumentLink { range, target: Some(target), ..DocumentLink::default() });
        }
    };
    match view.checked.kind {
        DocumentKind::Other => {}
        DocumentKind::Model => {
            for model in &view.checked.models {
                for text in model.model.threats().flat_map(|threat| &threat.refs) {
                    if let ReadReference::Exact(entry) = Reference::read(text) {
                        add(text.span, Some(Uri(entry.url())));
                    }
                }
                let evidence = model.scores.iter().filter_map(|scored| scored.declared.evidence.as_ref());
                for text in evidence {
                    add(text.span, file(view, &view.checked.path, text));
                }
            }
        }
        DocumentKind::Policy | DocumentKind::PolicyTests => {
            for root in document.roots() {
                let keys = ["extends", "rego", "policy", "cases"];
                for node in keys.into_iter().filter_map(|key| root.get(key)) {
                    for named in paths(node) {
                        let text = named.as_str().filter(|text| BuiltIn::named(text).is_none());
                        add(named.span(), text.and_then(|text| file(view, &view.checked.path, text)));
                    }
                }
            }
        }
    }
    links
}

/// The texts of a list that name files, or a text itself.
fn paths(node: Node<'_>) -> Vec<Node<'_>> {
    let items: Vec<Node<'_>> = node.as_list().map_or_else(|| vec![node], |list| list.iter().collect());
    let named = items.into_iter().map(|item| item.get("path").or(item.get("model")).unwrap_or(item));
    named.filter(|node| node.as_str().is_some()).collect()
}

/// The address of a file in the repository, named from a file of it or from its root; `None` if it does not exist.
fn file(view: &View<'_>, from: &str, path: &str) -> Option<Uri> {
    let repository = &view.project.repository;
    let places = [beside(from, path), path.to_owned()];
    let found = places.into_iter().find(|path| !path.is_empty() && repository.exists(path))?;
    Some(uri_of(&repository.root().join(Path::new(&found))))
}

fn shortened(text: &str) -> String {
    cut(&line(text), MAX_LENGTH).into_owned()
}
