//! What was taken out of a document, so that the rest can be told.

use std::collections::HashSet;

use crate::decimal::Decimal;
use crate::syntax::{Node, Value};

/// A document whose values are taken out one by one.
pub(crate) struct Ledger<'t> {
    root: Node<'t>,
    taken: HashSet<u32>,
}

/// How many values that were left are told one by one.
const MOST: usize = 100;
/// How many characters of a value are told.
const LONGEST: usize = 60;

impl<'t> Ledger<'t> {
    pub(crate) fn new(root: Node<'t>) -> Self {
        Self { root, taken: HashSet::new() }
    }

    /// The text under a key, if one stands there.
    pub(crate) fn text(&mut self, block: Option<Node<'t>>, key: &str) -> Option<String> {
        let node = block?.get(key)?;
        let text = node.as_str().filter(|text| !text.trim().is_empty())?;
        self.taken.insert(node.resolved());
        Some(text.to_owned())
    }

    /// The number under a key, if one stands there.
    pub(crate) fn number(&mut self, block: Option<Node<'t>>, key: &str) -> Option<Decimal> {
        let node = block?.get(key)?;
        let Value::Number(digits) = node.value() else { return None };
        let number = Decimal::parse(digits).ok()?;
        self.taken.insert(node.resolved());
        Some(number)
    }

    /// Marks what stands under a key as dealt with.
    pub(crate) fn take(&mut self, block: Option<Node<'t>>, key: &str) {
        if let Some(node) = block.and_then(|block| block.get(key)) {
            self.taken.insert(node.resolved());
        }
    }

    /// The values that were not taken, with their places.
    pub(crate) fn left(&self) -> Vec<String> {
        let mut left = Vec::new();
        self.walk(self.root, &mut String::new(), &mut left);
        if left.len() > MOST {
            let more = left.len() - MOST;
            left.truncate(MOST);
            left.push(format!("and {more} more values"));
        }
        left
    }

    /// Tells of the largest parts out of which nothing was taken; returns whether something was. Recursion is bounded by
    /// the depth of the tree.
    fn walk(&self, node: Node<'t>, name: &mut String, left: &mut Vec<String>) -> bool {
        if self.taken.contains(&node.resolved()) {
            return true;
        }
        let (before, length) = (left.len(), name.len());
        let mut is_touched = false;
        let mut step = |part: String, child: Node<'t>| {
            name.push_str(&part);
            is_touched |= self.walk(child, name, left);
            name.truncate(length);
        };
        match node.value() {
            Value::Map(map) => {
                let dot = if length == 0 { "" } else { "." };
                map.iter().for_each(|entry| step(format!("{dot}{}", entry.key), entry.value));
            }
            Value::List(list) => list.iter().enumerate().for_each(|(at, item)| step(format!("[{at}]"), item)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Unreadable => {}
        }
        if !is_touched {
            left.truncate(before);
            left.push(format!("{name}: {}", shown(node)));
        }
        is_touched
    }
}

fn shown(node: Node<'_>) -> String {
    match node.value() {
        Value::String(text) if text.chars().count() <= LONGEST => text.to_owned(),
        Value::String(text) => text.chars().take(LONGEST).chain(['…']).collect(),
        Value::Number(digits) => digits.chars().take(LONGEST).collect(),
        Value::Bool(value) => value.to_string(),
        Value::Null => "null".to_owned(),
        Value::Map(_) | Value::List(_) | Value::Unreadable => node.kind_name().to_owned(),
    }
}
