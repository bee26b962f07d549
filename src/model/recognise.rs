//! What a document is, told by its top keys before anything in it is read.

use super::Format;
use crate::document::{List, MODEL_MARKER, Map, Node};
use crate::suggest::nearest;

/// What a document's top node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recognised {
    /// A threat model in a format that can be read.
    Model(Format),
    /// Something with the keys of a threat model, and without what makes it one.
    Unmarked,
    /// Anything else.
    Other,
}

/// Tells what a document is by its top keys.
pub fn recognise(root: Node<'_>) -> Recognised {
    let Some(map) = root.as_map() else {
        let items = root.as_list().into_iter().flat_map(List::iter);
        return misplaced(items);
    };
    if map.get(MODEL_MARKER).is_some() {
        return Recognised::Model(Format::Native);
    }
    // A CycloneDX document has both keys as well, and says what it is.
    let shaped = map.get("metadata").is_some() && map.get("bomFormat").is_none();
    if map.get("vulnerabilities").is_some() && (shaped || lists_amplification(map)) {
        return Recognised::Model(Format::OwaspReport);
    }
    let looks_like_one = map.iter().any(|entry| {
        matches!(entry.key, "aivss" | "maestro" | "factors" | "amplification_factors")
            || nearest(entry.key, [MODEL_MARKER]).is_some()
            || (shaped && nearest(entry.key, ["vulnerabilities"]).is_some())
    });
    if looks_like_one { Recognised::Unmarked } else { misplaced(map.iter().map(|entry| entry.value)) }
}

/// Whether a threat model stands one level too deep.
fn misplaced<'t>(mut nodes: impl Iterator<Item = Node<'t>>) -> Recognised {
    let is_model = |node: Node<'t>| {
        let report = node.get("metadata").is_some() && node.as_map().is_some_and(lists_amplification);
        node.get(MODEL_MARKER).is_some() || report
    };
    if nodes.any(is_model) { Recognised::Unmarked } else { Recognised::Other }
}

fn lists_amplification(map: Map<'_>) -> bool {
    let items = map.get("vulnerabilities").and_then(Node::as_list);
    items.is_some_and(|items| items.iter().any(|item| item.get("amplification_factors").is_some()))
}
