//! The place of an offset in the tree of a text: the keys that lead to it.

use crate::source::Span;
use crate::syntax::{Document, Node, Value};

/// The innermost entry at an offset.
pub(crate) struct Cursor<'t> {
    /// The keys and indices from the root.
    pub(crate) path: Vec<String>,
    /// The key, or the value of an item.
    pub(crate) place: Span,
    pub(crate) node: Node<'t>,
    pub(crate) is_on_key: bool,
}

impl<'t> Cursor<'t> {
    /// The entry at an offset; `None` between entries.
    pub(crate) fn at(document: &'t Document<'t>, offset: usize) -> Option<Self> {
        let place = Span::new(offset, offset);
        document.roots().find_map(|root| {
            let cursor = Self { path: Vec::new(), place: root.span(), node: root, is_on_key: false };
            Some(cursor.descended(place)).filter(|cursor| !cursor.path.is_empty())
        })
    }

    fn descended(mut self, place: Span) -> Self {
        while let Some((key, span, node)) = children(self.node)
            .into_iter()
            .find(|(_, span, node)| span.contains(place) || node.span().contains(place))
        {
            self.is_on_key = self.node.as_map().is_some() && span.contains(place);
            self.path.push(key);
            (self.place, self.node) = (span, node);
            if self.is_on_key {
                return self;
            }
        }
        let is_scalar = self.node.as_map().is_none() && self.node.as_list().is_none();
        if is_scalar && !self.node.span().is_empty() {
            self.place = self.node.span();
        }
        self
    }

    /// The keys from the root, as the functions of schemas take them.
    pub(crate) fn keys(&self) -> Vec<&str> {
        self.path.iter().map(String::as_str).collect()
    }
}

/// The entries of a mapping, or the items of a list: keys or numbers, the places of the keys or items, and values.
pub(crate) fn children(node: Node<'_>) -> Vec<(String, Span, Node<'_>)> {
    match node.value() {
        Value::Map(map) => {
            map.iter().map(|entry| (entry.key.to_owned(), entry.key_span, entry.value)).collect()
        }
        Value::List(list) => {
            let items = list.iter().enumerate();
            items.map(|(at, item)| (at.to_string(), item.span(), item)).collect()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Unreadable => Vec::new(),
    }
}

/// The word around an offset: an identifier such as `ASI02`, `CWE-79` or `AML.T0051`.
pub(crate) fn word_at(text: &str, offset: usize) -> Span {
    let start = text[..offset].trim_end_matches(is_in_word).len();
    let end = text.len() - text[offset..].trim_start_matches(is_in_word).len();
    Span::new(start, end)
}

fn is_in_word(letter: char) -> bool {
    letter.is_alphanumeric() || "-_.".contains(letter)
}
