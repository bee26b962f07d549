//! The tree: nodes in one arena, each with the bytes it was read from.
//!
//! A collection stands before what is in it, and knows where that ends: a child is next to its parent or to the sibling
//! before it, and nothing but the nodes is kept. A [`Node`] is a cheap handle. An alias is a node of its own that leads to
//! the anchored one: its place is where the alias stands, its value the anchored value. The order of keys and the digits
//! of numbers are kept.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::ops::Range;

use crate::decimal::Decimal;
use crate::source::Span;

/// Keys of one mapping are compared one by one up to here, through a table beyond.
const FEW_KEYS: usize = 16;

/// Nodes in the order in which they begin.
#[derive(Debug, Default)]
pub struct Tree<'t> {
    /// The whole text that places lie in.
    text: &'t str,
    items: Vec<Item>,
    /// What stands nowhere in the text as it is meant, one behind the other: without its escapes, or with its lines joined.
    unescaped: String,
    /// Where each of them ends.
    ends: Vec<u32>,
    /// The nodes that aliases lead to.
    shared: HashSet<u32>,
    /// The scalars with a tag or an anchor before them.
    tagged: HashSet<u32>,
}

/// A slot of the arena. There are as many as values and keys in a file of megabytes, so it is kept small.
#[derive(Clone, Copy, Debug)]
struct Item {
    span: Span,
    kind: Kind,
}

/// What a slot holds; a collection also the number of the first node behind it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    Null,
    /// Nothing behind the colon of a key; the place is that behind the colon.
    Unwritten,
    Bool(bool),
    Number(Letters),
    String(Letters),
    List(Index),
    /// Keys and values in turn.
    Map(Index),
    /// To the node with this number.
    Alias(Index),
    /// Something a problem has been reported about. A key that is unreadable or no text has no entry.
    Unreadable,
}

/// A place in one of the lists of a tree, each of which is shorter than 2^24. In three bytes a slot takes twelve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Index([u8; 3]);

impl Index {
    pub(crate) const fn new(index: u32) -> Self {
        let [low, middle, high, _] = index.to_le_bytes();
        Self([low, middle, high])
    }

    pub(crate) const fn get(self) -> u32 {
        let [low, middle, high] = self.0;
        u32::from_le_bytes([low, middle, high, 0])
    }
}

/// Where the letters of a text or a number stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Letters(Index);

impl Letters {
    /// They are what stands at the place.
    pub(crate) const WHOLE: Self = Self(Index::new(0));
    /// They are what stands there, without the quotes around it.
    pub(crate) const QUOTED: Self = Self(Index::new(1));
    /// They are among what was unescaped, the first of which has this number.
    const UNESCAPED: u32 = 2;
}

impl<'t> Tree<'t> {
    /// An empty tree of a text.
    pub(crate) fn over(text: &'t str) -> Self {
        // A node for every ten bytes is a little more than threat models have; what is not used takes no memory.
        Self { text, items: Vec::with_capacity(text.len() / 10), ..Self::default() }
    }

    /// A tree of a single text, for whoever has to pass off a bare string as a node.
    pub fn of_string(text: &str) -> Tree<'static> {
        let mut tree = Tree::default();
        let letters = tree.unescape([text]);
        tree.push(Span::new(0, 0), Kind::String(letters));
        tree
    }

    /// The node of a tree that [`Tree::of_string`] made.
    pub fn root_of_string(&self) -> Node<'_> {
        self.node(0)
    }

    pub(crate) fn node(&self, id: u32) -> Node<'_> {
        Node { tree: self, id }
    }

    pub(crate) fn len(&self) -> usize {
        self.items.len()
    }

    pub(crate) fn push(&mut self, span: Span, kind: Kind) -> u32 {
        let id = count(self.items.len());
        if let Kind::Alias(target) = kind {
            self.shared.insert(target.get());
        }
        self.items.push(Item { span, kind });
        id
    }

    /// Opens a collection that begins at an offset; it is empty until it is closed.
    pub(crate) fn open(&mut self, start: usize, is_map: bool) -> u32 {
        let end = Index::new(count(self.items.len() + 1));
        self.push(Span::new(start, start), if is_map { Kind::Map(end) } else { Kind::List(end) })
    }

    /// Closes a collection, which holds all that came after it, and ends at an offset.
    pub(crate) fn close(&mut self, id: u32, end: usize) {
        let behind = Index::new(count(self.items.len()));
        let Item { span, kind } = &mut self.items[id as usize];
        *span = Span::new(span.start as usize, end);
        if let Kind::List(end) | Kind::Map(end) = kind {
            *end = behind;
        }
    }

    /// Marks a scalar as one that has a tag or an anchor.
    pub(crate) fn set_tagged(&mut self, id: u32) {
        self.tagged.insert(id);
    }

    /// Takes note that a problem has been reported about a node that is no collection.
    pub(crate) fn spoil(&mut self, id: u32) {
        self.items[id as usize].kind = Kind::Unreadable;
    }

    /// The number of the first node behind a node and all that is in it.
    #[inline]
    fn behind(&self, id: u32) -> u32 {
        match self.kind(id) {
            Kind::List(end) | Kind::Map(end) => end.get(),
            _ => id + 1,
        }
    }

    /// The entries of a mapping, by the numbers of their keys and values.
    #[inline]
    pub(crate) fn pairs(&self, map: u32) -> Pairs<'_> {
        Pairs { tree: self, next: map + 1, end: self.behind(map) }
    }

    pub(crate) fn span(&self, id: u32) -> Span {
        self.items[id as usize].span
    }

    pub(crate) fn kind(&self, id: u32) -> Kind {
        self.items[id as usize].kind
    }

    /// A key's text: what looks like a number or a word of YAML keeps its spelling.
    pub(crate) fn key(&self, id: u32) -> &str {
        let Item { span, kind } = self.items[id as usize];
        match kind {
            Kind::String(letters) | Kind::Number(letters) => self.letters(span, letters),
            Kind::Null | Kind::Unwritten | Kind::Bool(_) => self.letters(span, Letters::WHOLE),
            Kind::Alias(target) => self.key(target.get()),
            Kind::List(_) | Kind::Map(_) | Kind::Unreadable => "",
        }
    }

    /// Whether a key is this text. Nearly always it is not, which its length shows.
    #[inline]
    fn is_key(&self, id: u32, wanted: &str) -> bool {
        let Item { span, kind: Kind::String(letters) } = self.items[id as usize] else {
            return self.key(id) == wanted;
        };
        let (text, range) = self.place(span, letters);
        range.len() == wanted.len() && text.as_bytes().get(range) == Some(wanted.as_bytes())
    }

    #[inline]
    fn letters(&self, span: Span, letters: Letters) -> &str {
        let (text, range) = self.place(span, letters);
        text.get(range).unwrap_or_default()
    }

    /// Where letters stand: in which text, and where in it.
    #[inline]
    fn place(&self, span: Span, Letters(number): Letters) -> (&str, Range<usize>) {
        let Range { start, end } = span.range();
        match number.get() {
            0 => (self.text, start..end),
            1 => (self.text, start + 1..end.saturating_sub(1)),
            number => {
                let at = (number - Letters::UNESCAPED) as usize;
                let start = if at == 0 { 0 } else { self.ends[at - 1] };
                (&self.unescaped, start as usize..self.ends[at] as usize)
            }
        }
    }

    /// Where the letters of a text stand that was read at a place: there, if they can be found there as they are.
    pub(crate) fn letters_of(&mut self, text: &str, span: Span) -> Letters {
        let written = self.text.as_bytes().get(span.range()).unwrap_or_default();
        match written {
            whole if whole == text.as_bytes() => Letters::WHOLE,
            [b'"', inner @ .., b'"'] | [b'\'', inner @ .., b'\''] if inner == text.as_bytes() => {
                Letters::QUOTED
            }
            _ => self.unescape([text]),
        }
    }

    /// Keeps a text, given in parts, that does not stand in the file as it is meant.
    pub(crate) fn unescape<'p>(&mut self, parts: impl IntoIterator<Item = &'p str>) -> Letters {
        self.unescaped.extend(parts);
        let number = Letters::UNESCAPED + count(self.ends.len());
        self.ends.push(count(self.unescaped.len()));
        Letters(Index::new(number))
    }

    /// How much there is of everything, to come back to.
    pub(crate) fn size(&self) -> Size {
        Size { items: self.items.len(), unescaped: self.unescaped.len(), ends: self.ends.len() }
    }

    /// Forgets what was added since the tree had a size, none of which is an alias.
    pub(crate) fn cut(&mut self, size: Size) {
        self.items.truncate(size.items);
        self.unescaped.truncate(size.unescaped);
        self.ends.truncate(size.ends);
    }

    /// The entries of all mappings whose keys are wanted, in order: the mapping, the key and the value.
    pub(crate) fn entries(&self, is_wanted: impl Fn(&str) -> bool) -> impl Iterator<Item = (u32, u32, u32)> {
        let maps = (0..count(self.items.len())).filter(|id| matches!(self.kind(*id), Kind::Map(_)));
        let entries = maps.flat_map(|map| self.pairs(map).map(move |(key, value)| (map, key, value)));
        entries.filter(move |(_, key, _)| is_wanted(self.key(*key)))
    }

    /// The keys of a mapping that stand a second time, each behind the one that it repeats.
    pub(crate) fn repeated(&self, map: u32) -> Vec<(u32, u32)> {
        let (mut few, mut len) = ([("", 0); FEW_KEYS], 0);
        let mut many = HashMap::new();
        let mut repeated = Vec::new();
        for (key, _) in self.pairs(map) {
            let text = self.key(key);
            let first = if many.is_empty() {
                few[..len].iter().find(|(before, _)| *before == text).map(|(_, first)| *first)
            } else {
                many.get(text).copied()
            };
            match first {
                Some(first) => repeated.push((first, key)),
                None if len < FEW_KEYS => {
                    few[len] = (text, key);
                    len += 1;
                }
                None => {
                    if many.is_empty() {
                        many.extend(few);
                    }
                    many.insert(text, key);
                }
            }
        }
        repeated
    }
}

/// The entries of a mapping that have a key, by the numbers of their keys and values.
#[derive(Clone)]
pub(crate) struct Pairs<'t> {
    tree: &'t Tree<'t>,
    next: u32,
    end: u32,
}

impl Iterator for Pairs<'_> {
    type Item = (u32, u32);

    #[inline]
    fn next(&mut self) -> Option<(u32, u32)> {
        while self.next < self.end {
            let key = self.next;
            let value = self.tree.behind(key);
            self.next = self.tree.behind(value);
            if !matches!(self.tree.kind(key), Kind::List(_) | Kind::Map(_) | Kind::Unreadable) {
                return Some((key, value));
            }
        }
        None
    }
}

/// A number of bytes or nodes, of which a file has fewer than that.
fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// How much there is in a [`Tree`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct Size {
    items: usize,
    unescaped: usize,
    ends: usize,
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

    /// The bytes of the value; for an alias, those of the anchored value.
    pub fn value_span(self) -> Span {
        self.tree.span(self.resolved())
    }

    /// The whole text that the node's place lies in.
    pub(crate) fn whole_text(self) -> &'t str {
        self.tree.text
    }

    /// What the node holds.
    pub fn value(self) -> Value<'t> {
        let tree = self.tree;
        let id = self.resolved();
        let Item { span, kind } = tree.items[id as usize];
        match kind {
            Kind::Null | Kind::Unwritten => Value::Null,
            Kind::Bool(value) => Value::Bool(value),
            Kind::Number(letters) => Value::Number(tree.letters(span, letters)),
            Kind::String(letters) => Value::String(tree.letters(span, letters)),
            Kind::List(_) => Value::List(List { tree, id }),
            Kind::Map(_) => Value::Map(Map { tree, id }),
            // `resolved` leaves no alias: one that leads nowhere is unreadable.
            Kind::Alias(_) | Kind::Unreadable => Value::Unreadable,
        }
    }

    /// The arena slot behind the node, aliases followed: equal for equal nodes of one tree.
    pub fn resolved(self) -> u32 {
        match self.tree.kind(self.id) {
            // The builder lets an alias lead to a finished node only, and stores what that one resolves to.
            Kind::Alias(target) => target.get(),
            _ => self.id,
        }
    }

    /// Whether the node is a text or a number that stands in the file letter by letter, without a tag or an anchor, and not
    /// an alias.
    pub fn is_verbatim(self) -> bool {
        let is_literal = matches!(
            self.tree.kind(self.id),
            Kind::String(Letters::WHOLE | Letters::QUOTED) | Kind::Number(Letters::WHOLE | Letters::QUOTED)
        );
        is_literal && !self.is_tagged()
    }

    /// Whether a scalar has a tag or an anchor, which another value in its place would inherit.
    pub fn is_tagged(self) -> bool {
        self.tree.tagged.contains(&self.id)
    }

    /// Where a value can be written, if none stands here.
    pub fn vacancy(self) -> Option<Vacancy> {
        let span = self.span();
        match self.tree.kind(self.id) {
            _ if self.is_tagged() => None,
            Kind::Unwritten => Some(Vacancy { span, lead: " " }),
            Kind::Null if !span.is_empty() => Some(Vacancy { span, lead: "" }),
            _ => None,
        }
    }

    /// Whether an alias stands here.
    pub fn is_alias(self) -> bool {
        matches!(self.tree.kind(self.id), Kind::Alias(_))
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
        let (tree, id) = (self.tree, self.resolved());
        matches!(tree.kind(id), Kind::Map(_)).then_some(Map { tree, id })
    }

    /// The sequence, if the node is one.
    pub fn as_list(self) -> Option<List<'t>> {
        let (tree, id) = (self.tree, self.resolved());
        matches!(tree.kind(id), Kind::List(_)).then_some(List { tree, id })
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
pub(crate) fn is_plain(digits: &str) -> bool {
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
    id: u32,
}

impl<'t> List<'t> {
    /// The elements in order.
    pub fn iter(self) -> impl Iterator<Item = Node<'t>> + use<'t> {
        let Self { tree, id } = self;
        let (mut next, end) = (id + 1, tree.behind(id));
        std::iter::from_fn(move || {
            let id = next;
            (id < end).then(|| {
                next = tree.behind(id);
                tree.node(id)
            })
        })
    }
}

/// A mapping's entries.
#[derive(Clone, Copy)]
pub struct Map<'t> {
    tree: &'t Tree<'t>,
    id: u32,
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
    pub fn iter(self) -> impl Iterator<Item = Entry<'t>> + use<'t> {
        self.tree.pairs(self.id).map(move |pair| self.entry_of(pair))
    }

    /// Whether nothing at all is written in it, be it readable or not.
    pub fn is_empty(self) -> bool {
        self.tree.behind(self.id) == self.id + 1
    }

    /// The entry of a key.
    pub fn entry(self, key: &str) -> Option<Entry<'t>> {
        self.pair(key).map(|pair| self.entry_of(pair))
    }

    /// The value of a key.
    pub fn get(self, key: &str) -> Option<Node<'t>> {
        self.pair(key).map(|(_, value)| self.tree.node(value))
    }

    fn pair(self, key: &str) -> Option<(u32, u32)> {
        self.tree.pairs(self.id).find(|(id, _)| self.tree.is_key(*id, key))
    }

    #[inline]
    fn entry_of(self, (key, value): (u32, u32)) -> Entry<'t> {
        let tree = self.tree;
        Entry {
            key: tree.key(key),
            key_span: tree.span(key),
            key_verbatim: match tree.kind(key) {
                Kind::Null | Kind::Unwritten | Kind::Bool(_) => !tree.node(key).is_tagged(),
                _ => tree.node(key).is_verbatim(),
            },
            value: tree.node(value),
        }
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
