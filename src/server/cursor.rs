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
            cursor.descended(place).filter(|cursor| !cursor.path.is_empty())
        })
    }

    fn descended(mut self, place: Span) -> Option<Self> {
        loop {
            match self.node.value() {
                Value::Map(map) => {
                    let touched = |span: Span| span.start <= place.start && place.end <= span.end;
                    let mut entries = map.iter();
                    let found = entries.find(|entry| touched(entry.key_span) || touched(entry.value.span()));
                    let Some(entry) = found else { return Some(self) };
                    self.path.push(entry.key.to_owned());
                    (self.place, self.node) = (entry.key_span, entry.value);
                    self.is_on_key = touched(entry.key_span);
                    if self.is_on_key {
                        return Some(self);
                    }
                }
                Value::List(list) => {
                    let found = list.iter().enumerate().find(|(_, item)| item.span().contains(place));
                    let Some((at, item)) = found else { return Some(self) };
                    self.path.push(at.to_string());
                    (self.place, self.node) = (item.span(), item);
                }
                Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Unreadable => {
                    self.place = if self.node.span().is_empty() { self.place } else { self.node.span() };
                    return Some(self);
                }
            }
        }
    }

    /// The keys from the root, as the functions of schemas take them.
    pub(crate) fn keys(&self) -> Vec<&str> {
        self.path.iter().map(String::as_str).collect()
    }
}

/// The word around an offset: an identifier such as `ASI02`, `CWE-79` or `AML.T0051`.
pub(crate) fn word_at(text: &str, offset: usize) -> Span {
    let is_part = |letter: char| letter.is_alphanumeric() || "-_.".contains(letter);
    let start = text[..offset].rfind(|letter| !is_part(letter));
    let start = start.map_or(0, |at| at + text[at..].chars().next().map_or(0, char::len_utf8));
    let end = text[offset..].find(|letter| !is_part(letter)).map_or(text.len(), |at| offset + at);
    Span::new(start, end)
}
