//! A mapping with its key, and the ways in which the readers take values out of it.

use crate::decimal::Decimal;
use crate::likeness::nearest;
use crate::model::placeholder::{TextKind, blank, is_refusal};
use crate::model::{Multiplier, Spanned, Text, Undeclared};
use crate::source::Span;
use crate::syntax::{Entry, List, Map, Node, Value};

/// The maximum number of keys that are searched for a misspelling of a missing one.
const MAX_SLIPS: usize = 1_000;

/// A mapping with its key, for the readers.
#[derive(Clone, Copy)]
pub(crate) struct Block<'t> {
    pub(crate) key_span: Span,
    pub(crate) node: Option<Node<'t>>,
    /// Whether an alias leads here, so that an edit would change other places as well.
    pub(crate) shared: bool,
}

impl<'t> Block<'t> {
    pub(crate) fn root(node: Node<'t>) -> Self {
        let first = node.as_map().and_then(|map| map.iter().next());
        let key_span = first.map_or(node.span(), |entry| entry.key_span);
        Self { key_span, node: Some(node), shared: node.is_shared() }
    }

    pub(crate) fn under(self, entry: Entry<'t>) -> Self {
        let shared = self.shared || entry.value.is_shared();
        Self { key_span: entry.key_span, node: Some(entry.value), shared }
    }

    /// The block of a key; if the key is missing, an empty one with this block's key.
    pub(crate) fn block(self, key: &str) -> Self {
        self.entry(key).map_or(Self { node: None, ..self }, |entry| self.under(entry))
    }

    /// The node, unless an edit of it would change other places as well.
    pub(crate) fn own_node(self) -> Option<Node<'t>> {
        self.node.filter(|_| !self.shared)
    }

    /// The key of an entry, which is verbatim only if no alias leads to this block.
    pub(crate) fn key(self, entry: Entry<'_>) -> Text {
        Text { value: entry.key.into(), span: entry.key_span, verbatim: entry.key_verbatim && !self.shared }
    }

    pub(crate) fn map(self) -> Option<Map<'t>> {
        self.node?.as_map()
    }

    pub(crate) fn entries(self) -> impl Iterator<Item = Entry<'t>> {
        self.map().into_iter().flat_map(Map::iter)
    }

    pub(crate) fn entry(self, key: &str) -> Option<Entry<'t>> {
        self.map()?.entry(key)
    }

    /// Whether a key is missing that another one misspells, by a condition on the other one. The misspelled key is a problem
    /// of its own; a second problem would only repeat it.
    pub(crate) fn misspells(self, key: &str, is_other: impl Fn(&str) -> bool) -> bool {
        let mut keys = self.entries().take(MAX_SLIPS).map(|entry| entry.key);
        keys.any(|other| is_other(other) && nearest(other, [key]).is_some())
    }

    pub(crate) fn str(self, key: &str) -> Option<&'t str> {
        self.entry(key)?.value.as_str()
    }

    pub(crate) fn text(self, key: &str) -> Option<Text> {
        let entry = self.entry(key)?;
        let (value, verbatim) = (entry.value.as_str()?.into(), entry.value.is_verbatim());
        Some(Text { value, span: entry.span(), verbatim })
    }

    /// A text that is neither blank nor a placeholder.
    pub(crate) fn answered(self, key: &str, kind: TextKind) -> Option<Text> {
        self.text(key).filter(|text| blank(text, kind).is_none())
    }

    /// A name or a remark that is no placeholder and does not deny that there is one, as "nobody" does.
    pub(crate) fn named(self, key: &str) -> Option<Text> {
        self.answered(key, TextKind::Name).filter(|name| !is_refusal(name))
    }

    /// A text that is verbatim only if no alias leads to it.
    pub(crate) fn own_text(self, key: &str) -> Option<Text> {
        let text = self.text(key)?;
        Some(Text { verbatim: text.verbatim && self.owns(key), ..text })
    }

    /// A number that is verbatim only if no alias leads to it.
    pub(crate) fn number(self, key: &str) -> Option<Spanned<Decimal>> {
        let number = number(self.entry(key)?)?;
        Some(Spanned { verbatim: number.verbatim && self.owns(key), ..number })
    }

    /// Whether the key's value has no other place.
    fn owns(self, key: &str) -> bool {
        !self.shared && self.entry(key).is_some_and(|entry| !entry.value.is_shared())
    }

    pub(crate) fn undeclared(self, key: &str) -> Option<Undeclared> {
        let Some(entry) = self.entry(key) else {
            // A merge key may have been meant to bring it, and is a problem of its own.
            let is_explained = self.entry("<<").is_some() || self.misspells(key, |_| true);
            return (self.map().is_some() && !is_explained)
                .then_some(Undeclared { span: self.key_span, vacancy: None });
        };
        let vacancy = entry.value.vacancy().filter(|_| self.owns(key));
        matches!(entry.value.value(), Value::Null).then(|| Undeclared { span: entry.span(), vacancy })
    }

    pub(crate) fn multiplier(self, key: &str) -> Option<Spanned<Multiplier>> {
        let entry = self.entry(key)?;
        let value = match entry.value.value() {
            Value::Number(text) => Decimal::parse(text).map_or(Multiplier::Unreadable, Multiplier::Number),
            Value::String(text) => Multiplier::Named(text.into()),
            Value::Null | Value::Bool(_) | Value::List(_) | Value::Map(_) | Value::Unreadable => {
                Multiplier::Unreadable
            }
        };
        Some(Spanned::new(value, entry.span()))
    }

    pub(crate) fn items(self, key: &str) -> impl Iterator<Item = Node<'t>> + use<'t> {
        self.entry(key).and_then(|entry| entry.value.as_list()).into_iter().flat_map(List::iter)
    }
}

pub(crate) fn number(entry: Entry<'_>) -> Option<Spanned<Decimal>> {
    let Value::Number(text) = entry.value.value() else { return None };
    let span = entry.span();
    // A number with a tag can be in quotes.
    let verbatim = entry.value.is_verbatim() && span.range().len() == text.len();
    Some(Spanned { value: Decimal::parse(text).ok()?, span, verbatim })
}
