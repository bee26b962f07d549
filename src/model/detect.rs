//! The kind of a document, by its top keys, before anything in it is read.

use crate::likeness::nearest;
use crate::model::Format;
use crate::source::Span;
use crate::syntax::{Form, List, MODEL_MARKER, Map, Node, form_of, is_model};

/// The kind of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DetectedFormat<'t> {
    /// A threat model in a format that can be read.
    Model(Format),
    /// A threat model whose identifying key is misspelled: the key, its place, and the right spelling.
    Misspelled(&'t str, Span, &'static str),
    /// A document with the keys of a threat model, but without its marker.
    Unmarked,
    /// Anything else.
    Other,
}

/// The key that makes a document an OWASP report, next to others.
const REPORT_KEY: &str = "vulnerabilities";

/// Detects the kind of a document by its top keys.
pub fn detect(root: Node<'_>) -> DetectedFormat<'_> {
    let Some(map) = root.as_map() else {
        return misplaced(root.as_list().into_iter().flat_map(List::iter));
    };
    if map.get(MODEL_MARKER).is_some() {
        return DetectedFormat::Model(Format::Native);
    }
    // A CycloneDX document has both keys as well, and a key of its own.
    let is_shaped = map.get("metadata").is_some() && map.get("bomFormat").is_none();
    if map.get(REPORT_KEY).is_some() && (is_shaped || lists_amplification(map)) {
        return DetectedFormat::Model(Format::OwaspReport);
    }
    for entry in map.iter() {
        if form_of(entry.key).is_some() || nearest(entry.key, [MODEL_MARKER]).is_some() {
            return DetectedFormat::Misspelled(entry.key, entry.key_span, MODEL_MARKER);
        }
        if is_shaped && nearest(entry.key, [REPORT_KEY]).is_some() {
            return DetectedFormat::Misspelled(entry.key, entry.key_span, REPORT_KEY);
        }
    }
    let parts = ["aivss", "maestro", "factors", "amplification_factors"];
    if map.iter().any(|entry| parts.contains(&entry.key)) {
        return DetectedFormat::Unmarked;
    }
    misplaced(map.iter().map(|entry| entry.value))
}

/// Whether a document with a misspelled marker is a threat model: the marker is disguised, or the other contents are those
/// of one. In a file with a name of its own, a similar key may be anything.
pub fn is_meant(root: Node<'_>) -> bool {
    let DetectedFormat::Misspelled(key, ..) = detect(root) else { return false };
    form_of(key) == Some(Form::Disguised) || root.get(key).is_some_and(|value| is_model(root, value))
}

/// Whether a report is one level too deep. A marker at that level is a problem of its own.
fn misplaced<'t>(mut nodes: impl Iterator<Item = Node<'t>>) -> DetectedFormat<'t> {
    let is_report =
        nodes.any(|node| node.get("metadata").is_some() && node.as_map().is_some_and(lists_amplification));
    if is_report { DetectedFormat::Unmarked } else { DetectedFormat::Other }
}

fn lists_amplification(map: Map<'_>) -> bool {
    let mut items = map.get(REPORT_KEY).and_then(Node::as_list).into_iter().flat_map(List::iter);
    items.any(|item| item.get("amplification_factors").is_some())
}
