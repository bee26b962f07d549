//! Between places and JSON pointers (RFC 6901), both ways.

use super::{Document, Node};
use crate::source::Span;

/// The JSON pointer of the innermost key or value that holds a place; empty for the whole document.
pub fn pointer(document: &Document<'_>, span: Span) -> String {
    let mut pointer = String::new();
    let Some(mut node) = document.roots().find(|root| root.span().contains(span)) else { return pointer };
    loop {
        let step = match (node.as_map(), node.as_list()) {
            (Some(map), _) => map
                .iter()
                .find(|entry| entry.key_span.contains(span) || entry.value.span().contains(span))
                .map(|entry| (entry.key.replace('~', "~0").replace('/', "~1"), entry.value, entry.key_span)),
            (_, Some(list)) => list
                .iter()
                .enumerate()
                .find(|(_, item)| item.span().contains(span))
                .map(|(at, item)| (at.to_string(), item, item.span())),
            _ => None,
        };
        let Some((part, value, key_span)) = step else { return pointer };
        pointer.push('/');
        pointer.push_str(&part);
        if node.as_map().is_some() && key_span.contains(span) {
            return pointer;
        }
        node = value;
    }
}

/// The place of the key or value at a JSON pointer; of what is nearest above it where that is missing.
pub fn place_of(root: Node<'_>, pointer: &str) -> Option<Span> {
    let mut node = root;
    let mut span = None;
    for part in pointer.strip_prefix('/')?.split('/') {
        let part = part.replace("~1", "/").replace("~0", "~");
        let (next, place) = match (node.as_map(), node.as_list()) {
            (Some(map), _) => map.entry(&part).map(|entry| (entry.value, entry.span()))?,
            (_, Some(list)) => list.get(part.parse().ok()?).map(|item| (item, item.span()))?,
            _ => break,
        };
        // What a missing part points at is the key above it; a collection is shown by its first line.
        (node, span) = (next, Some(place));
    }
    span
}
