//! A mapping with the key it stands under, and the ways the readers take values out of it.

use crate::decimal::Decimal;
use crate::did_you_mean::nearest;
use crate::model::{Multiplier, Spanned, TextKind, Undeclared, blank};
use crate::source::Span;
use crate::syntax::{Entry, List, Map, Node, Value};

/// How many keys of a mapping are looked at for slips of one that is missing. It is only so that nothing is said twice.
pub(crate) const MOST_SLIPS: usize = 1_000;

/// A mapping with the key it stands under, for the readers.
#[derive(Clone, Copy)]
pub(crate) struct Block<'t> {
    pub(crate) key_span: Span,
    pub(crate) node: Option<Node<'t>>,
    /// Whether an alias leads here, so that what is written in it belongs to others as well.
    pub(crate) shared: bool,
}

impl<'t> Block<'t> {
    pub(crate) fn root(node: Node<'t>) -> Self {
        let first = node.as_map().and_then(|map| map.iter().next());
        let key_span = first.map_or(node.span(), |entry| entry.key_span);
        Self { key_span, node: Some(node), shared: node.is_shared() }
    }

    pub(crate) fn of(entry: Entry<'t>) -> Self {
        Self { key_span: entry.key_span, node: Some(entry.value), shared: entry.value.is_shared() }
    }

    /// The block of an entry in this one.
    pub(crate) fn under(self, entry: Entry<'t>) -> Self {
        let block = Self::of(entry);
        Self { shared: self.shared || block.shared, ..block }
    }

    /// The block under a key; where it is missing, an empty one with this block's heading.
    pub(crate) fn block(self, key: &str) -> Self {
        self.entry(key).map_or(Self { node: None, ..self }, |entry| self.under(entry))
    }

    /// The key of an entry, which counts as verbatim only where no alias leads to this block.
    pub(crate) fn key(self, entry: Entry<'t>) -> Spanned<&'t str> {
        Spanned { value: entry.key, span: entry.key_span, verbatim: entry.key_verbatim && !self.shared }
    }

    pub(crate) fn map(self) -> Option<Map<'t>> {
        self.node?.as_map()
    }

    pub(crate) fn entry(self, key: &str) -> Option<Entry<'t>> {
        self.map()?.entry(key)
    }

    /// Text that says something: neither blank nor a placeholder.
    pub(crate) fn answered(self, key: &str, kind: TextKind) -> Option<Spanned<&'t str>> {
        self.text(key).filter(|text| blank(text.value, kind).is_none())
    }

    pub(crate) fn text(self, key: &str) -> Option<Spanned<&'t str>> {
        let entry = self.entry(key)?;
        let verbatim = entry.value.is_verbatim();
        Some(Spanned { value: entry.value.as_str()?, span: entry.span(), verbatim })
    }

    /// Text that counts as verbatim only where no alias leads to it.
    pub(crate) fn own_text(self, key: &str) -> Option<Spanned<&'t str>> {
        let text = self.text(key)?;
        Some(Spanned { verbatim: text.verbatim && self.owns(key), ..text })
    }

    /// A number that counts as verbatim only where no alias leads to it.
    pub(crate) fn number(self, key: &str) -> Option<Spanned<Decimal>> {
        let number = number(self.entry(key)?)?;
        Some(Spanned { verbatim: number.verbatim && self.owns(key), ..number })
    }

    /// Whether what stands under the key stands nowhere else.
    fn owns(self, key: &str) -> bool {
        !self.shared && self.entry(key).is_some_and(|entry| !entry.value.is_shared())
    }

    /// The place for a value that is not there.
    pub(crate) fn undeclared(self, key: &str) -> Option<Undeclared> {
        let Some(entry) = self.entry(key) else {
            // A slip of this key's spelling, or a merge key that was to bring it, has a fault of its own.
            let mut keys = self.map()?.iter().take(MOST_SLIPS).map(|entry| entry.key);
            let is_slip = keys.any(|other| other == "<<" || nearest(other, [key]).is_some());
            return (!is_slip).then_some(Undeclared { span: self.key_span, vacancy: None });
        };
        let is_blank = matches!(entry.value.value(), Value::Null);
        let vacancy = entry.value.vacancy().filter(|_| self.owns(key));
        is_blank.then(|| Undeclared { span: entry.span(), vacancy })
    }

    pub(crate) fn multiplier(self, key: &str) -> Option<Spanned<Multiplier<'t>>> {
        let entry = self.entry(key)?;
        let value = match entry.value.value() {
            Value::Number(text) => Decimal::parse(text).map_or(Multiplier::Unreadable, Multiplier::Number),
            Value::String(text) => Multiplier::Named(text),
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
    match entry.value.value() {
        Value::Number(text) => {
            let span = entry.span();
            // Quotes can stand around a number with a tag.
            let verbatim = entry.value.is_verbatim() && span.range().len() == text.len();
            Some(Spanned { value: Decimal::parse(text).ok()?, span, verbatim })
        }
        Value::Null
        | Value::Bool(_)
        | Value::String(_)
        | Value::List(_)
        | Value::Map(_)
        | Value::Unreadable => None,
    }
}
