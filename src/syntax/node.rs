//! Handles on the nodes of a [`Tree`].

use std::borrow::Cow;
use std::fmt;

use crate::decimal::Decimal;
use crate::source::Span;
use crate::syntax::tree::{Document, Letters, NodeKind, PageFacts, Tree};

impl Document<'_> {
    /// The top node of each document in the file, in order. Documents without content are left out.
    pub fn roots(&self) -> impl Iterator<Item = Node<'_>> {
        self.roots.iter().map(|root| self.tree.node(*root))
    }
}

impl Tree<'_> {
    pub(crate) fn node(&self, id: u32) -> Node<'_> {
        Node { tree: self, id }
    }

    /// The entries of all mappings whose keys are wanted, in order, each with its mapping.
    pub(crate) fn entries(
        &self,
        is_wanted: impl Fn(&str) -> bool + Copy,
    ) -> impl Iterator<Item = (Node<'_>, Entry<'_>)> {
        let maps = (0..self.next()).filter(|id| matches!(self.kind(*id), NodeKind::Map(_)));
        maps.flat_map(move |map| {
            let wanted = self.pairs(map).filter(move |(key, _)| is_wanted(self.key(*key)));
            wanted.map(move |pair| (self.node(map), self.entry(pair)))
        })
    }

    #[inline]
    fn entry(&self, (key, value): (u32, u32)) -> Entry<'_> {
        Entry {
            key: self.key(key),
            key_span: self.span(key),
            key_verbatim: match self.kind(key) {
                NodeKind::Null | NodeKind::Unwritten | NodeKind::Bool(_) => !self.node(key).is_tagged(),
                _ => self.node(key).is_verbatim(),
            },
            value: self.node(value),
        }
    }
}

/// A handle on one node of a [`Tree`].
#[derive(Clone, Copy)]
pub struct Node<'t> {
    pub(crate) tree: &'t Tree<'t>,
    id: u32,
}

/// The value of a node, aliases followed.
#[derive(Clone, Copy, Debug)]
pub enum Value<'t> {
    /// Nothing: an empty value, `~` or `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number with the digits of the file, which [`Decimal::parse`] accepts.
    Number(&'t str),
    /// Text, unquoted and unescaped.
    String(&'t str),
    /// A sequence.
    List(List<'t>),
    /// A mapping.
    Map(Map<'t>),
    /// A value with a reported problem, of which nothing else is to be reported.
    Unreadable,
}

impl<'t> Node<'t> {
    /// The node's bytes; for an alias, those of the alias. Empty for an unwritten value.
    pub fn span(self) -> Span {
        self.tree.span(self.id)
    }

    /// The bytes of the value; for an alias, those of the anchored value.
    pub(crate) fn value_span(self) -> Span {
        self.tree.span(self.resolved())
    }

    /// The node's value.
    pub fn value(self) -> Value<'t> {
        let tree = self.tree;
        let id = self.resolved();
        let span = tree.span(id);
        match tree.kind(id) {
            NodeKind::Null | NodeKind::Unwritten => Value::Null,
            NodeKind::Bool(value) => Value::Bool(value),
            NodeKind::Number(letters) => Value::Number(tree.letters(span, letters)),
            NodeKind::String(letters) => Value::String(tree.letters(span, letters)),
            NodeKind::List(_) => Value::List(List(tree.node(id))),
            NodeKind::Map(_) => Value::Map(Map(tree.node(id))),
            NodeKind::Alias(_) | NodeKind::Unreadable => Value::Unreadable,
        }
    }

    /// Whether the node is the root of a page that is a threat model.
    pub(crate) fn is_page(self) -> bool {
        self.page().is_some_and(|page| page.root == self.id)
    }

    /// The page of the node's tree. A node of a fenced block in it has the same one.
    pub(crate) fn page(self) -> Option<&'t PageFacts> {
        self.tree.page.as_deref()
    }

    /// The texts of a short analysis in a page, as a reader sees them: without comments, attributes and entities.
    pub(crate) fn shown(self) -> &'t [String] {
        let shown = self.page().and_then(|page| page.shown.iter().find(|(span, _)| *span == self.span()));
        shown.map_or(&[], |(_, texts)| texts)
    }

    /// Whether the node is in the prose of a page, where no edit can add entries.
    pub(crate) fn is_prose(self, span: Span) -> bool {
        self.page().is_some_and(|page| {
            let root = self.tree.span(page.root);
            let is_within = page.root <= self.id && self.id < self.tree.after(page.root);
            is_within && span.start >= page.prose && root.contains(span)
        })
    }

    /// The index of the node, or of the node that an alias refers to: equal for equal nodes of one tree.
    pub(crate) fn resolved(self) -> u32 {
        match self.tree.kind(self.id) {
            NodeKind::Alias(target) => target,
            _ => self.id,
        }
    }

    /// The bytes of a text without its quotes, if it is literal.
    pub(crate) fn letters(self) -> Option<Span> {
        let text = self.as_str().filter(|_| self.is_verbatim())?;
        without_quotes(self.span(), text)
    }

    /// Whether the node is a literal text or number in the file, without a tag or an anchor, and not an alias.
    pub fn is_verbatim(self) -> bool {
        let (NodeKind::String(letters) | NodeKind::Number(letters)) = self.tree.kind(self.id) else {
            return false;
        };
        matches!(letters, Letters::WHOLE | Letters::QUOTED) && !self.is_tagged()
    }

    /// Whether a scalar has a tag or an anchor, which another value in its place would inherit.
    pub(crate) fn is_tagged(self) -> bool {
        self.tree.tagged.contains(&self.id)
    }

    /// The place for a value, if the node has none.
    pub fn vacancy(self) -> Option<Vacancy> {
        let span = self.span();
        match self.tree.kind(self.id) {
            _ if self.is_tagged() => None,
            NodeKind::Unwritten => Some(Vacancy { span, lead: " " }),
            NodeKind::Null if !span.is_empty() => Some(Vacancy { span, lead: "" }),
            _ => None,
        }
    }

    /// Whether the node is an alias.
    pub fn is_alias(self) -> bool {
        matches!(self.tree.kind(self.id), NodeKind::Alias(_))
    }

    /// Whether the node has more than one place: it is an alias, or aliases refer to it.
    pub(crate) fn is_shared(self) -> bool {
        self.is_alias() || self.tree.shared.contains(&self.id)
    }

    /// The text, if the node is one.
    pub fn as_str(self) -> Option<&'t str> {
        if let Value::String(text) = self.value() { Some(text) } else { None }
    }

    /// The mapping, if the node is one.
    pub fn as_map(self) -> Option<Map<'t>> {
        if let Value::Map(map) = self.value() { Some(map) } else { None }
    }

    /// The sequence, if the node is one.
    pub fn as_list(self) -> Option<List<'t>> {
        if let Value::List(list) = self.value() { Some(list) } else { None }
    }

    /// The value of a key, if the node is a mapping that has it.
    pub fn get(self, key: &str) -> Option<Node<'t>> {
        self.as_map()?.get(key)
    }

    /// The word for the type of the node, with its article.
    pub(crate) fn kind_name(self) -> &'static str {
        match self.value() {
            Value::Null => "empty",
            Value::Bool(_) => "true or false",
            Value::Number(_) => "a number",
            Value::String(_) => "text",
            Value::List(_) => "a list",
            Value::Map(_) => "a mapping",
            Value::Unreadable => "unreadable",
        }
    }

    /// The node as a JSON value, aliases followed. The depth of the tree bounds the recursion.
    pub fn to_json(self) -> serde_json::Value {
        use serde_json::Value as Json;
        match self.value() {
            Value::Null | Value::Unreadable => Json::Null,
            Value::Bool(value) => Json::Bool(value),
            Value::Number(text) => serde_json::from_str(&canonical(text)).unwrap_or(Json::Null),
            Value::String(text) => Json::String(text.to_owned()),
            Value::List(list) => list.iter().map(Node::to_json).collect(),
            Value::Map(map) => {
                map.iter().map(|entry| (entry.key.to_owned(), entry.value.to_json())).collect()
            }
        }
    }
}

/// The place of a value that is unwritten, or written as `null` or `~`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Vacancy {
    /// The bytes that a value replaces.
    pub span: Span,
    /// The text before the value: a space after a colon.
    pub lead: &'static str,
}

/// A number's digits as JSON writes them: `0x1F` is `31`, `+.5` is `0.5`.
pub(crate) fn canonical(digits: &str) -> Cow<'_, str> {
    if is_plain(digits) {
        return Cow::Borrowed(digits);
    }
    Cow::Owned(Decimal::parse(digits).unwrap_or(Decimal::ZERO).to_string())
}

/// Whether a number is written as a [`Decimal`] prints it, as nearly all are: whole digits without a leading zero, perhaps
/// a point and more digits.
pub(crate) fn is_plain(digits: &str) -> bool {
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    digits.len() <= Decimal::MAX_DIGITS
        && (whole == "0" || !whole.starts_with('0'))
        && [whole, fraction]
            .iter()
            .all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()))
}

/// A sequence's elements.
#[derive(Clone, Copy)]
pub struct List<'t>(Node<'t>);

impl<'t> List<'t> {
    /// The elements in order.
    pub fn iter(self) -> impl Iterator<Item = Node<'t>> + use<'t> {
        let Node { tree, id } = self.0;
        let (mut next, end) = (id + 1, tree.after(id));
        std::iter::from_fn(move || {
            let id = next;
            (id < end).then(|| {
                next = tree.after(id);
                tree.node(id)
            })
        })
    }
}

/// A mapping's entries.
#[derive(Clone, Copy)]
pub struct Map<'t>(Node<'t>);

/// One key with its value.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'t> {
    /// The key's text, unquoted and unescaped.
    pub key: &'t str,
    /// The key's bytes.
    pub key_span: Span,
    /// Whether the key is literal in the file, perhaps in quotes.
    pub key_verbatim: bool,
    /// The value.
    pub value: Node<'t>,
}

impl Entry<'_> {
    /// The span of the value; of the key if the value is unwritten.
    pub(crate) fn span(self) -> Span {
        let span = self.value.span();
        if span.is_empty() { self.key_span } else { span }
    }

    /// The bytes of the key without its quotes, if it is literal.
    pub fn key_letters(self) -> Option<Span> {
        self.key_verbatim.then(|| without_quotes(self.key_span, self.key)).flatten()
    }
}

/// The bytes of a literal text without its quotes.
fn without_quotes(span: Span, text: &str) -> Option<Span> {
    let (start, written) = (span.start as usize, span.range().len());
    let quote = match written.checked_sub(text.len()) {
        Some(0) => 0,
        Some(2) => 1,
        _ => return None,
    };
    Some(Span::new(start + quote, start + quote + text.len()))
}

impl<'t> Map<'t> {
    /// The entries in the order of the file, each key once.
    pub fn iter(self) -> impl Iterator<Item = Entry<'t>> + use<'t> {
        self.0.tree.pairs(self.0.id).map(move |pair| self.0.tree.entry(pair))
    }

    /// Whether the mapping contains no entry at all, readable or not.
    pub(crate) fn is_empty(self) -> bool {
        self.0.tree.after(self.0.id) == self.0.id + 1
    }

    /// The entry of a key.
    pub fn entry(self, key: &str) -> Option<Entry<'t>> {
        self.pair(key).map(|pair| self.0.tree.entry(pair))
    }

    /// The value of a key.
    pub fn get(self, key: &str) -> Option<Node<'t>> {
        self.pair(key).map(|(_, value)| self.0.tree.node(value))
    }

    fn pair(self, key: &str) -> Option<(u32, u32)> {
        self.0.tree.pairs(self.0.id).find(|(id, _)| self.0.tree.key(*id) == key)
    }
}

impl fmt::Debug for Node<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.value().fmt(f)
    }
}

impl fmt::Debug for List<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl fmt::Debug for Map<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter().map(|entry| (entry.key, entry.value))).finish()
    }
}
