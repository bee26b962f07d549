//! Between places and JSON pointers (RFC 6901), both ways.

use crate::source::Span;
use crate::syntax::{Document, Node};

/// How many bytes a pointer has at the most: each fault of a file has one, and a key may be as long as the file.
const LONGEST: usize = 4_096;

/// The JSON pointer of the innermost key or value that holds a place; empty for the whole document. What lies below an
/// overlong key is not told apart from what holds that key.
pub fn pointer(document: &Document<'_>, span: Span) -> String {
    let mut pointer = String::new();
    let Some(mut node) = document.roots().find(|root| root.span().contains(span)) else { return pointer };
    loop {
        let step = match (node.as_map(), node.as_list()) {
            (Some(map), _) => map
                .iter()
                .find(|entry| entry.key_span.contains(span) || entry.value.span().contains(span))
                .map(|entry| (step_of(entry.key), entry.value, entry.key_span)),
            (_, Some(list)) => list
                .iter()
                .enumerate()
                .find(|(_, item)| item.span().contains(span))
                .map(|(at, item)| (Some(at.to_string()), item, item.span())),
            _ => None,
        };
        let Some((part, value, key_span)) = step else { return pointer };
        let Some(part) = part.filter(|part| pointer.len() + part.len() < LONGEST) else { return pointer };
        pointer.push('/');
        pointer.push_str(&part);
        if node.as_map().is_some() && key_span.contains(span) {
            return pointer;
        }
        node = value;
    }
}

/// A key as a step of a pointer, unless it is longer than a whole pointer may be.
fn step_of(key: &str) -> Option<String> {
    (key.len() < LONGEST).then(|| key.replace('~', "~0").replace('/', "~1"))
}

/// The place of the key or value at a JSON pointer. If that is missing, the key of the nearest one above it that exists.
pub fn place_of(root: Node<'_>, pointer: &str) -> Option<Span> {
    let (mut node, mut value, mut key) = (root, None, None);
    for part in pointer.strip_prefix('/')?.split('/') {
        let part = part.replace("~1", "/").replace("~0", "~");
        let Some((next, span, key_span)) = step(node, &part) else { return key };
        (node, value, key) = (next, Some(span), Some(key_span));
    }
    value
}

/// The steps of a JSON pointer that leads to no value, and how many of them do; `None` if it leads to a value.
pub fn missing_at(root: Node<'_>, pointer: &str) -> Option<(Vec<String>, usize)> {
    let parts = pointer.strip_prefix('/')?.split('/');
    let parts: Vec<String> = parts.map(|part| part.replace("~1", "/").replace("~0", "~")).collect();
    let mut node = root;
    for (at, part) in parts.iter().enumerate() {
        match step(node, part) {
            Some((next, ..)) => node = next,
            None => return Some((parts, at)),
        }
    }
    None
}

/// The value under a key or at an index, its place and that of its key. An item of a list is shown by its first line.
fn step<'t>(node: Node<'t>, part: &str) -> Option<(Node<'t>, Span, Span)> {
    if let Some(entry) = node.as_map().and_then(|map| map.entry(part)) {
        return Some((entry.value, entry.span(), entry.key_span));
    }
    let item = node.as_list()?.iter().nth(part.parse().ok()?)?;
    Some((item, item.span(), item.span()))
}
