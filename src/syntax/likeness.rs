//! Whether the keys around a word that reads as the marker are those of a threat model.

use std::collections::HashMap;

use crate::syntax::marker::{PARTS, WHOLE};
use crate::syntax::{Map, Node, Value};

/// Keys of `agent`, `aivss` and `maestro`.
const KEYS: [&str; 19] = [
    "name",
    "summary",
    "owner",
    "environment",
    "tier",
    "version",
    "cvss",
    "factors",
    "score",
    "severity",
    "threat_multiplier",
    "mitigation_factor",
    "foundation_models",
    "data_operations",
    "agent_frameworks",
    "deployment_and_infrastructure",
    "evaluation_and_observability",
    "security_and_compliance",
    "agent_ecosystem",
];

/// What is known of the mappings of one tree, so that each is looked at once.
#[derive(Debug, Default)]
pub(crate) struct Likeness {
    /// How many keys of a threat model a mapping has, and whether one of them has a mapping with known keys.
    maps: HashMap<u32, (usize, bool)>,
    known: HashMap<u32, bool>,
}

impl Likeness {
    /// Whether a mapping with a variant of the marker is a threat model, or has one as the value of the variant. A version
    /// counts as much as another key.
    pub(crate) fn is_model(&mut self, map: Node<'_>, value: Node<'_>) -> bool {
        let is_version = match value.value() {
            Value::Number(_) => true,
            Value::String(text) => text.trim().starts_with(|letter: char| letter.is_ascii_digit()),
            _ => false,
        };
        let mut has = |node: Node<'_>, more: usize| {
            let (count, is_known) = self.parts(node);
            is_known && count + more >= WHOLE
        };
        has(map, usize::from(is_version)) || has(value, 0)
    }

    /// Whether a key is one within a threat model.
    pub(crate) fn knows(key: &str) -> bool {
        KEYS.contains(&key)
    }

    fn parts(&mut self, node: Node<'_>) -> (usize, bool) {
        let Some(map) = node.as_map() else { return (0, false) };
        if let Some(known) = self.maps.get(&node.resolved()) {
            return *known;
        }
        let (mut found, mut is_known) = ([false; PARTS.len()], false);
        for entry in map.iter() {
            if let Some(number) = PARTS.iter().position(|part| entry.key.trim().eq_ignore_ascii_case(part)) {
                found[number] = true;
                is_known = is_known || self.has_known_key(entry.value);
            }
        }
        let parts = (found.into_iter().filter(|found| *found).count(), is_known);
        self.maps.insert(node.resolved(), parts);
        parts
    }

    fn has_known_key(&mut self, node: Node<'_>) -> bool {
        let any = |map: Map<'_>| map.iter().any(|entry| Self::knows(entry.key));
        *self.known.entry(node.resolved()).or_insert_with(|| node.as_map().is_some_and(any))
    }
}
