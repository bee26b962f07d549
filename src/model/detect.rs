//! What a document is, told by its top keys before anything in it is read.

use crate::did_you_mean::nearest;
use crate::model::Format;
use crate::source::Span;
use crate::syntax::{Form, List, MODEL_MARKER, Map, Node, form_of, is_model};

/// What a document's top node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DetectedFormat<'t> {
    /// A threat model in a format that can be read.
    Model(Format),
    /// A threat model whose identifying key is misspelled: the key, its place, and the right spelling.
    Misspelled(&'t str, Span, &'static str),
    /// Something with the keys of a threat model, and without what makes it one.
    Unmarked,
    /// Anything else.
    Other,
}

/// Tells what a document is by its top keys.
pub fn detect(root: Node<'_>) -> DetectedFormat<'_> {
    let Some(map) = root.as_map() else {
        return misplaced(root.as_list().into_iter().flat_map(List::iter));
    };
    if map.get(MODEL_MARKER).is_some() {
        return DetectedFormat::Model(Format::Native);
    }
    // A CycloneDX document has both keys as well, and says what it is.
    let shaped = map.get("metadata").is_some() && map.get("bomFormat").is_none();
    if map.get(REPORT_KEY).is_some() && (shaped || lists_amplification(map)) {
        return DetectedFormat::Model(Format::OwaspReport);
    }
    let meant = |key: &str| {
        let wanted = if shaped { [MODEL_MARKER, REPORT_KEY] } else { [MODEL_MARKER; 2] };
        let is_marker = |wanted: &str| wanted == MODEL_MARKER && form_of(key).is_some();
        wanted.into_iter().find(|wanted| nearest(key, [*wanted]).is_some() || is_marker(wanted))
    };
    let slip = map.iter().find_map(|entry| Some((entry, meant(entry.key)?)));
    if let Some((entry, meant)) = slip {
        return DetectedFormat::Misspelled(entry.key, entry.key_span, meant);
    }
    let is_part = |key: &str| matches!(key, "aivss" | "maestro" | "factors" | "amplification_factors");
    if map.iter().any(|entry| is_part(entry.key)) {
        return DetectedFormat::Unmarked;
    }
    misplaced(map.iter().map(|entry| entry.value))
}

/// Whether a document whose marker is misspelled is a threat model: its marker is disguised, or its other contents are those
/// of one. In a file with a name of its own, a key of almost the same name may be anything.
pub fn is_meant(root: Node<'_>) -> bool {
    let DetectedFormat::Misspelled(key, ..) = detect(root) else { return false };
    let is_disguised = form_of(key) == Some(Form::Disguised);
    is_disguised || root.get(key).is_some_and(|value| is_model(root, value))
}

/// The key that makes a document an OWASP report, next to others.
const REPORT_KEY: &str = "vulnerabilities";

/// Whether a report is one level too deep. A marker there has a problem of its own.
fn misplaced<'t>(mut nodes: impl Iterator<Item = Node<'t>>) -> DetectedFormat<'t> {
    let is_report =
        |node: Node<'t>| node.get("metadata").is_some() && node.as_map().is_some_and(lists_amplification);
    if nodes.any(is_report) { DetectedFormat::Unmarked } else { DetectedFormat::Other }
}

fn lists_amplification(map: Map<'_>) -> bool {
    let items = map.get(REPORT_KEY).and_then(Node::as_list);
    items.is_some_and(|items| items.iter().any(|item| item.get("amplification_factors").is_some()))
}
