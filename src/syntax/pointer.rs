//! Conversion between spans and JSON pointers (RFC 6901).

use crate::source::Span;
use crate::syntax::document::Document;
use crate::syntax::node::Node;

/// The longest pointer in bytes: each problem of a file has one, and a key may be as long as the file.
const LONGEST: usize = 4_096;

/// The JSON pointer of the innermost key or value that contains a span; empty for the whole document. The contents of an
/// overlong key have the pointer of its parent.
pub fn pointer(document: &Document<'_>, span: Span) -> String {
    let mut pointer = String::new();
    let mut next = document.roots().find(|root| root.span().contains(span));
    while let Some(node) = next {
        let step = if let Some(map) = node.as_map() {
            let mut entries = map.iter();
            let entry =
                entries.find(|entry| entry.key_span.contains(span) || entry.value.span().contains(span));
            entry.map(|entry| {
                let is_value = !entry.key_span.contains(span);
                (escaped(entry.key), is_value.then_some(entry.value))
            })
        } else {
            let mut items = node.as_list().into_iter().flat_map(|list| list.iter().enumerate());
            let item = items.find(|(_, item)| item.span().contains(span));
            item.map(|(at, item)| (Some(at.to_string()), Some(item)))
        };
        let Some((Some(part), value)) = step else { break };
        if pointer.len() + part.len() >= LONGEST {
            break;
        }
        pointer.push('/');
        pointer.push_str(&part);
        next = value;
    }
    pointer
}

/// A key as a step of a pointer, unless it is longer than a whole pointer may be.
fn escaped(key: &str) -> Option<String> {
    (key.len() < LONGEST).then(|| key.replace('~', "~0").replace('/', "~1"))
}

/// The steps of a JSON pointer.
fn steps(pointer: &str) -> Option<impl Iterator<Item = String> + '_> {
    Some(pointer.strip_prefix('/')?.split('/').map(|part| part.replace("~1", "/").replace("~0", "~")))
}

/// The span of the key or value at a JSON pointer. If it is missing, that of the key of its nearest existing parent.
pub fn place_of(root: Node<'_>, pointer: &str) -> Option<Span> {
    let (mut node, mut value, mut key) = (root, None, None);
    for part in steps(pointer)? {
        let Some((next, span, key_span)) = step(node, &part) else { return key };
        (node, value, key) = (next, Some(span), Some(key_span));
    }
    value
}

/// The steps of a JSON pointer that refers to no value, and the number of steps that exist; `None` if the value exists.
pub fn missing_at(root: Node<'_>, pointer: &str) -> Option<(Vec<String>, usize)> {
    let parts: Vec<String> = steps(pointer)?.collect();
    let mut node = root;
    for (at, part) in parts.iter().enumerate() {
        match step(node, part) {
            Some((next, ..)) => node = next,
            None => return Some((parts, at)),
        }
    }
    None
}

/// The value under a key or at an index, its span and that of its key.
fn step<'t>(node: Node<'t>, part: &str) -> Option<(Node<'t>, Span, Span)> {
    if let Some(entry) = node.as_map().and_then(|map| map.entry(part)) {
        return Some((entry.value, entry.span(), entry.key_span));
    }
    let item = node.as_list()?.iter().nth(part.parse().ok()?)?;
    Some((item, item.span(), item.span()))
}
