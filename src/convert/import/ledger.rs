//! The values of a document that an import has used, so that it can report the others.

use std::collections::HashSet;

use crate::decimal::Decimal;
use crate::syntax::{Node, Value};

/// A document whose values are taken one by one.
pub(crate) struct Ledger<'t> {
    root: Node<'t>,
    taken: HashSet<u32>,
}

/// The most unused values that are reported one by one.
const MOST: usize = 100;
/// The most characters of a value that are shown.
const LONGEST: usize = 60;

impl<'t> Ledger<'t> {
    pub(crate) fn new(root: Node<'t>) -> Self {
        Self { root, taken: HashSet::new() }
    }

    /// Takes the text of a key.
    pub(crate) fn text(&mut self, block: Option<Node<'t>>, key: &str) -> Option<String> {
        let node = block?.get(key)?;
        let text = node.as_str().filter(|text| !text.trim().is_empty())?;
        self.taken.insert(node.resolved());
        Some(text.to_owned())
    }

    /// Takes the number of a key.
    pub(crate) fn number(&mut self, block: Option<Node<'t>>, key: &str) -> Option<Decimal> {
        let number = number_at(block, key)?;
        self.take(block, key);
        Some(number)
    }

    /// Marks the value of a key as used.
    pub(crate) fn take(&mut self, block: Option<Node<'t>>, key: &str) {
        if let Some(node) = block.and_then(|block| block.get(key)) {
            self.taken.insert(node.resolved());
        }
    }

    /// Remarks on the values that were not used, with their paths.
    pub(crate) fn unused(&self) -> Vec<String> {
        let mut unused = Vec::new();
        self.walk(self.root, &mut String::new(), &mut unused);
        if unused.len() > MOST {
            let more = unused.len() - MOST;
            unused.truncate(MOST);
            unused.push(format!("and {more} more values"));
        }
        unused.into_iter().map(|value| format!("not carried over: {value}")).collect()
    }

    /// Adds the largest parts of which nothing was used; returns whether something was. The depth of the tree bounds the
    /// recursion.
    fn walk(&self, node: Node<'t>, name: &mut String, unused: &mut Vec<String>) -> bool {
        if self.taken.contains(&node.resolved()) {
            return true;
        }
        let (before, length, mut is_touched) = (unused.len(), name.len(), false);
        let mut children: Vec<(String, Node<'t>)> = Vec::new();
        match node.value() {
            Value::Map(map) => {
                let dot = if length == 0 { "" } else { "." };
                children.extend(map.iter().map(|entry| (format!("{dot}{}", entry.key), entry.value)));
            }
            Value::List(list) => {
                children.extend(list.iter().enumerate().map(|(at, item)| (format!("[{at}]"), item)));
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Unreadable => {}
        }
        for (part, child) in children {
            name.push_str(&part);
            is_touched |= self.walk(child, name, unused);
            name.truncate(length);
        }
        if !is_touched {
            unused.truncate(before);
            unused.push(format!("{name}: {}", shown(node)));
        }
        is_touched
    }
}

/// The number of a key.
pub(crate) fn number_at(block: Option<Node<'_>>, key: &str) -> Option<Decimal> {
    let Value::Number(digits) = block?.get(key)?.value() else { return None };
    Decimal::parse(digits).ok()
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
