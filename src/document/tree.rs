//! The tree: nodes in one arena, each with the bytes it was read from.
//!
//! A [`Node`] is a cheap handle. An alias is a node of its own that leads to the anchored one: its place is where
//! the alias stands, its value the anchored value. The order of keys and the digits of numbers are kept.

use std::borrow::Cow;
use std::collections::HashSet;

use crate::decimal::Decimal;
use crate::source::Span;

/// Nodes in the order they were completed, and the children of collections side by side.
#[derive(Debug, Default)]
pub struct Tree<'t> {
    /// The whole text that places lie in.
    text: &'t str,
    items: Vec<Item<'t>>,
    children: Vec<u32>,
    /// The nodes that aliases lead to.
    shared: HashSet<u32>,
}

#[derive(Debug)]
struct Item<'t> {
    span: Span,
    kind: Kind<'t>,
}

/// What an arena slot holds; collections name a range of [`Tree::children`].
#[derive(Debug)]
pub(super) enum Kind<'t> {
    Null,
    /// Nothing behind the colon of a key; the place is that behind the colon.
    Unwritten,
    Bool(bool),
    Number(Cow<'t, str>),
    String(Cow<'t, str>),
    List {
        start: u32,
        end: u32,
    },
    /// Keys and values in turn.
    Map {
        start: u32,
        end: u32,
    },
    Alias(u32),
    /// Something a problem has been reported about.
    Unreadable,
}

impl<'t> Tree<'t> {
    /// An empty tree of a text.
    pub(super) fn over(text: &'t str) -> Self {
        Self { text, ..Self::default() }
    }

    /// A tree of a single text, for whoever has to pass off a bare string as a node.
    pub fn of_string(text: &str) -> Tree<'static> {
        let kind = Kind::String(Cow::Owned(text.to_owned()));
        Tree { items: vec![Item { span: Span::new(0, 0), kind }], ..Tree::default() }
    }

    /// The node of a tree that [`Tree::of_string`] made.
    pub fn root_of_string(&self) -> Node<'_> {
        self.node(0)
    }

    pub(super) fn node(&self, id: u32) -> Node<'_> {
        Node { tree: self, id }
    }

    pub(super) fn len(&self) -> usize {
        self.items.len()
    }

    pub(super) fn push(&mut self, span: Span, kind: Kind<'t>) -> u32 {
        let id = u32::try_from(self.items.len()).unwrap_or(u32::MAX);
        if let Kind::Alias(target) = kind {
            self.shared.insert(target);
        }
        self.items.push(Item { span, kind });
        id
    }

    /// Stores a collection's children; returns their range.
    pub(super) fn adopt(&mut self, children: &[u32]) -> (u32, u32) {
        let start = u32::try_from(self.children.len()).unwrap_or(u32::MAX);
        self.children.extend_from_slice(children);
        (start, u32::try_from(self.children.len()).unwrap_or(u32::MAX))
    }

    pub(super) fn span(&self, id: u32) -> Span {
        self.items[id as usize].span
    }

    pub(super) fn text(&self, id: u32) -> Option<&str> {
        match &self.items[id as usize].kind {
            Kind::String(text) => Some(text),
            _ => None,
        }
    }
}

/// A handle on one node of a [`Tree`].
#[derive(Clone, Copy)]
pub struct Node<'t> {
    tree: &'t Tree<'t>,
    id: u32,
}

/// What a node holds, aliases followed.
#[derive(Clone, Copy, Debug)]
pub enum Value<'t> {
    /// Nothing: an empty value, `~` or `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number, with the digits of the file; [`crate::decimal::Decimal::parse`] reads it without fail.
    Number(&'t str),
    /// Text, unquoted and unescaped.
    String(&'t str),
    /// A sequence.
    List(List<'t>),
    /// A mapping.
    Map(Map<'t>),
    /// Something the document has a problem about, so that nothing more is to be said of it.
    Unreadable,
}

impl<'t> Node<'t> {
    /// The node's bytes; for an alias, those of the alias. Empty for a value that is not written at all.
    pub fn span(self) -> Span {
        self.tree.span(self.id)
    }

    /// The whole text that the node's place lies in.
    pub(super) fn whole_text(self) -> &'t str {
        self.tree.text
    }

    /// What the node holds.
    pub fn value(self) -> Value<'t> {
        match &self.tree.items[self.resolved() as usize].kind {
            Kind::Null | Kind::Unwritten => Value::Null,
            Kind::Bool(value) => Value::Bool(*value),
            Kind::Number(text) => Value::Number(text),
            Kind::String(text) => Value::String(text),
            Kind::List { start, end } => Value::List(List { tree: self.tree, start: *start, end: *end }),
            Kind::Map { start, end } => Value::Map(Map { tree: self.tree, start: *start, end: *end }),
            // `resolved` leaves no alias: one that leads nowhere is unreadable.
            Kind::Alias(_) | Kind::Unreadable => Value::Unreadable,
        }
    }

    /// The arena slot behind the node, aliases followed: equal for equal nodes of one tree.
    pub fn resolved(self) -> u32 {
        match self.tree.items[self.id as usize].kind {
            // The builder lets an alias lead to a finished node only, and stores what that one resolves to.
            Kind::Alias(target) => target,
            _ => self.id,
        }
    }

    /// Whether the node is a text or a number that stands in the file letter by letter, and not an alias.
    pub fn is_verbatim(self) -> bool {
        let kind = &self.tree.items[self.id as usize].kind;
        matches!(kind, Kind::String(Cow::Borrowed(_)) | Kind::Number(Cow::Borrowed(_)))
    }

    /// Where a value can be written, if none stands here.
    pub fn vacancy(self) -> Option<Vacancy> {
        let span = self.span();
        match self.tree.items[self.id as usize].kind {
            Kind::Unwritten => Some(Vacancy { span, lead: " " }),
            Kind::Null if !span.is_empty() => Some(Vacancy { span, lead: "" }),
            _ => None,
        }
    }

    /// Whether an alias stands here.
    pub fn is_alias(self) -> bool {
        matches!(self.tree.items[self.id as usize].kind, Kind::Alias(_))
    }

    /// Whether the node stands in more than one place: it is an alias, or aliases lead to it.
    pub fn is_shared(self) -> bool {
        self.is_alias() || self.tree.shared.contains(&self.id)
    }

    /// Where the arena lives, to tell nodes of different trees apart.
    pub fn tree_address(self) -> usize {
        std::ptr::from_ref(self.tree).addr()
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

    /// The word for what kind of thing the node is, with its article.
    pub fn kind_name(self) -> &'static str {
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
}

/// The place of a value that is not written, or written as `null` or `~`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Vacancy {
    /// The bytes that a value takes the place of.
    pub span: Span,
    /// What must stand before it: a space behind a colon.
    pub lead: &'static str,
}

/// A number's digits as JSON writes them: `0x1F` is `31`, `+.5` is `0.5`.
pub fn canonical(digits: &str) -> Cow<'_, str> {
    if is_plain(digits) {
        return Cow::Borrowed(digits);
    }
    Cow::Owned(Decimal::parse(digits).unwrap_or(Decimal::ZERO).to_string())
}

/// Whether a number is written as a [`Decimal`] prints it: whole digits without a zero in front, perhaps a point and
/// more digits. Nearly all are, and each is asked for several times.
fn is_plain(digits: &str) -> bool {
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let are_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let is_short = digits.len() <= Decimal::MAX_DIGITS;
    is_short && are_digits(whole) && are_digits(fraction) && (whole == "0" || !whole.starts_with('0'))
}

impl Node<'_> {
    /// The node as a JSON value, aliases followed. Recursion is bounded by the depth of the tree.
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

/// A sequence's elements.
#[derive(Clone, Copy)]
pub struct List<'t> {
    tree: &'t Tree<'t>,
    start: u32,
    end: u32,
}

impl<'t> List<'t> {
    /// The elements in order.
    pub fn iter(self) -> impl ExactSizeIterator<Item = Node<'t>> + use<'t> {
        let tree = self.tree;
        tree.children[self.start as usize..self.end as usize].iter().map(|id| tree.node(*id))
    }

    /// The element at a place, without a walk to it.
    pub fn get(self, at: usize) -> Option<Node<'t>> {
        let children = &self.tree.children[self.start as usize..self.end as usize];
        children.get(at).map(|id| self.tree.node(*id))
    }
}

/// A mapping's entries.
#[derive(Clone, Copy)]
pub struct Map<'t> {
    tree: &'t Tree<'t>,
    start: u32,
    end: u32,
}

/// One key with its value.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'t> {
    /// The key's text, unquoted and unescaped.
    pub key: &'t str,
    /// The key's bytes.
    pub key_span: Span,
    /// Whether the key stands in the file letter by letter, perhaps in quotes.
    pub key_verbatim: bool,
    /// The value.
    pub value: Node<'t>,
}

impl Entry<'_> {
    /// The place of the value; of the key where the value is not written at all.
    pub fn span(self) -> Span {
        let span = self.value.span();
        if span.is_empty() { self.key_span } else { span }
    }

    /// The bytes of the key without its quotes, where it stands there letter by letter.
    pub fn key_letters(self) -> Option<Span> {
        let (start, written) = (self.key_span.start as usize, self.key_span.range().len());
        let quote = match written.checked_sub(self.key.len()) {
            Some(0) => 0,
            Some(2) => 1,
            _ => return None,
        };
        self.key_verbatim.then(|| Span::new(start + quote, start + quote + self.key.len()))
    }
}

impl<'t> Map<'t> {
    /// The entries in the order of the file, each key once.
    pub fn iter(self) -> impl ExactSizeIterator<Item = Entry<'t>> + use<'t> {
        let tree = self.tree;
        tree.children[self.start as usize..self.end as usize].chunks_exact(2).map(|pair| Entry {
            key: tree.text(pair[0]).unwrap_or_default(),
            key_span: tree.span(pair[0]),
            key_verbatim: tree.node(pair[0]).is_verbatim(),
            value: tree.node(pair[1]),
        })
    }

    /// The entry of a key.
    pub fn entry(self, key: &str) -> Option<Entry<'t>> {
        self.iter().find(|entry| entry.key == key)
    }

    /// The value of a key.
    pub fn get(self, key: &str) -> Option<Node<'t>> {
        self.entry(key).map(|entry| entry.value)
    }
}

impl std::fmt::Debug for Node<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.value().fmt(f)
    }
}

impl std::fmt::Debug for List<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl std::fmt::Debug for Map<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_map().entries(self.iter().map(|entry| (entry.key, entry.value))).finish()
    }
}
