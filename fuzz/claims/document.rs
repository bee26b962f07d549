//! Bytes to a tree: places are in the text, problems have a place, and valid JSON is valid for other parsers.

use aivss_lint::page::parse;
use aivss_lint::source::{Language, Source};
use aivss_lint::syntax::{Document, Node, Value, place_of, pointer};
use serde_json::Value as Json;

use crate::{File, lies_in};

/// The most nodes of a tree to visit: aliases can make it much larger than its text.
const MAX_NODES: usize = 5_000;

/// Any bytes are read into a tree or into problems, and all of it has its place.
pub fn document(data: &[u8]) {
    let Some(file) = File::of(data) else { return };
    let source = file.source();
    let document = parse(&source);
    for problem in &document.problems {
        lies_in(&source, problem.span);
        assert!(!problem.message.is_empty());
        problem.related.iter().for_each(|(span, _)| lies_in(&source, *span));
    }
    let is_page = source.language() == Language::Markdown;
    assert!(document.roots().next().is_some() || !document.is_sound() || is_page, "no tree and no problem");
    assert!(source.undecodable().is_none() || !document.is_sound(), "undecodable and no problem");
    walk(&source, &document);
    if source.language() == Language::Json && document.is_sound() {
        is_json(&source, &document);
    }
}

/// Checks the places of the nodes of a tree.
pub(crate) fn walk(source: &Source, document: &Document<'_>) {
    let mut nodes: Vec<Node<'_>> = document.roots().collect();
    let mut seen = 0;
    while let Some(node) = nodes.pop() {
        seen += 1;
        if seen > MAX_NODES {
            return;
        }
        lies_in(source, node.span());
        if let Some(vacancy) = node.vacancy() {
            lies_in(source, vacancy.span);
        }
        match node.value() {
            Value::List(list) => nodes.extend(list.iter()),
            Value::Map(map) => {
                for entry in map.iter() {
                    lies_in(source, entry.key_span);
                    if let Some(letters) = entry.key_letters() {
                        assert_eq!(source.text().get(letters.range()), Some(entry.key), "a key's letters");
                    }
                    nodes.push(entry.value);
                }
            }
            // Verbatim text equals the bytes of its span.
            Value::String(text) | Value::Number(text) if node.is_verbatim() && !node.is_alias() => {
                let written = source.text().get(node.span().range()).unwrap_or_default();
                assert!(written.contains(text), "{text:?} is not in {written:?}");
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Unreadable => {}
        }
        if seen < 50 {
            let pointer = pointer(document, node.span());
            document
                .roots()
                .filter_map(|root| place_of(root, &pointer))
                .for_each(|span| lies_in(source, span));
        }
    }
}

/// JSON without a problem is JSON to other parsers, with the same values.
fn is_json(source: &Source, document: &Document<'_>) {
    let text = source.text().trim_start_matches('\u{FEFF}');
    serde_json::from_str::<serde::de::IgnoredAny>(text).expect("others do not read it as JSON");
    // Numbers past the range of others are JSON as well.
    let Ok(theirs) = serde_json::from_str::<Json>(text) else { return };
    let root = document.roots().next().expect("it is sound");
    assert!(document.roots().nth(1).is_none(), "JSON has one document");
    same(root, &theirs);
}

fn same(ours: Node<'_>, theirs: &Json) {
    match (ours.value(), theirs) {
        (Value::Null, Json::Null) | (Value::Number(_), Json::Number(_)) => {}
        (Value::Bool(ours), Json::Bool(theirs)) => assert_eq!(ours, *theirs),
        (Value::String(ours), Json::String(theirs)) => assert_eq!(ours, theirs),
        (Value::List(ours), Json::Array(theirs)) => {
            assert_eq!(ours.iter().count(), theirs.len());
            ours.iter().zip(theirs).for_each(|(ours, theirs)| same(ours, theirs));
        }
        (Value::Map(ours), Json::Object(theirs)) => {
            assert_eq!(ours.iter().count(), theirs.len());
            for entry in ours.iter() {
                same(entry.value, theirs.get(entry.key).expect("others have the same keys"));
            }
        }
        (ours, theirs) => panic!("{ours:?} here, {theirs} elsewhere"),
    }
}
