//! The trees of a file with the problems of its text: nodes in one arena, each with the bytes it was read from.
//!
//! A collection comes before its contents and contains the index of its end, so a child is next to its parent or to the
//! sibling before it. An alias is a node of its own: its span is that of the alias, its value the anchored value. The order of
//! keys and the digits of numbers are kept. Readers use the handles in [`crate::syntax::node`].

use std::collections::HashSet;
use std::ops::Range;

use crate::aivss::LayerKind;
use crate::decimal::Decimal;
use crate::diagnostic::{Diagnostic, Owner, RuleInfo};
use crate::source::Span;

/// Nodes in the order in which they begin.
#[derive(Debug, Default)]
pub struct Tree<'t> {
    /// The whole text that spans refer to.
    pub(crate) text: &'t str,
    items: Vec<Item>,
    /// The texts that differ from their spelling: escapes, folded lines.
    unescaped: Vec<Box<str>>,
    /// The nodes that aliases refer to.
    pub(crate) shared: HashSet<u32>,
    /// The scalars with a tag or an anchor before them.
    pub(crate) tagged: HashSet<u32>,
    /// The page that the tree was read from, if its prose is a threat model.
    pub(crate) page: Option<Box<PageFacts>>,
}

/// A page that is a threat model.
#[derive(Debug)]
pub(crate) struct PageFacts {
    /// The root with the nodes of its front matter and of its prose.
    pub(crate) root: u32,
    /// The offset at which the prose begins.
    pub(crate) prose: u32,
    pub(crate) sections: Vec<PageSection>,
    /// The different texts of analyses that are short enough for placeholders, as a reader of the page sees them, by the
    /// bytes of the analysis.
    pub(crate) shown: Vec<(Span, Vec<String>)>,
}

/// The section of a layer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PageSection {
    pub(crate) kind: LayerKind,
    pub(crate) level: u8,
    pub(crate) heading: Span,
    /// The offset of the heading that ends it, or of the end of the page.
    pub(crate) end: u32,
}

#[derive(Clone, Copy, Debug)]
struct Item {
    span: Span,
    kind: NodeKind,
}

/// The content of an arena slot. A collection contains the index of the first node after it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum NodeKind {
    Null,
    /// Nothing after the colon of a key; the span is empty and after the colon.
    Unwritten,
    Bool(bool),
    Number(Letters),
    String(Letters),
    List(u32),
    /// Keys and values in turn.
    Map(u32),
    /// An alias of the node with this index, which is not an alias.
    Alias(u32),
    /// A node with a reported problem. A key that is unreadable or not text has no entry.
    Unreadable,
}

/// The location of the letters of a text or a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Letters(u32);

impl Letters {
    /// The letters are those in the span.
    pub(crate) const WHOLE: Self = Self(0);
    /// The letters are those in the span without the quotes around them.
    pub(crate) const QUOTED: Self = Self(1);
    /// From this number on, it is an index into [`Tree::unescaped`].
    const UNESCAPED: u32 = 2;
}

impl<'t> Tree<'t> {
    pub(crate) fn over(text: &'t str) -> Self {
        // Threat models have almost a node for every ten bytes. Unused capacity takes no memory.
        Self { text, items: Vec::with_capacity(text.len() / 10), ..Self::default() }
    }

    /// A tree with a single text, its node 0, for callers that need a bare string as a node.
    pub(crate) fn of_string(text: &str) -> Tree<'static> {
        let mut tree = Tree::default();
        let kind = NodeKind::String(tree.unescape(text));
        tree.push(Span::new(0, 0), kind);
        tree
    }

    /// The index of the next node.
    pub(crate) fn next(&self) -> u32 {
        count(self.items.len())
    }

    pub(crate) fn push(&mut self, span: Span, kind: NodeKind) -> u32 {
        let id = self.next();
        if let NodeKind::Alias(target) = kind {
            self.shared.insert(target);
        }
        self.items.push(Item { span, kind });
        id
    }

    /// Opens a collection that begins at an offset; it is empty until it is closed.
    pub(crate) fn open(&mut self, start: usize, is_map: bool) -> u32 {
        let end = self.next() + 1;
        self.push(Span::new(start, start), if is_map { NodeKind::Map(end) } else { NodeKind::List(end) })
    }

    /// Closes a collection at an offset. Every node after its own is part of it.
    pub(crate) fn close(&mut self, id: u32, end: usize) {
        let after = self.next();
        let Item { span, kind } = &mut self.items[id as usize];
        *span = Span::new(span.start as usize, end);
        if let NodeKind::List(end) | NodeKind::Map(end) = kind {
            *end = after;
        }
    }

    /// Closes a collection over a span.
    pub(crate) fn close_over(&mut self, id: u32, span: Span) {
        self.close(id, span.end as usize);
        self.items[id as usize].span = span;
    }

    pub(crate) fn set_span(&mut self, id: u32, span: Span) {
        self.items[id as usize].span = span;
    }

    pub(crate) fn value_of(&self, map: u32, key: &str) -> Option<u32> {
        let NodeKind::Map(_) = self.kind(map) else { return None };
        self.pairs(map).find(|(id, _)| self.key(*id) == key).map(|(_, value)| value)
    }

    pub(crate) fn drop_key(&mut self, map: u32, key: &str) {
        let found = self.pairs(map).find(|(id, _)| self.key(*id) == key);
        if let Some((id, _)) = found {
            self.set_unreadable(id);
        }
    }

    /// Moves the nodes from `first` on to the end of a collection before them. Returns the index at which they are now, and
    /// their number.
    fn move_into(&mut self, collection: u32, first: u32) -> (u32, u32) {
        let (at, count) = (self.after(collection), self.next() - first);
        let moved = |id: u32| match id {
            id if id < at => id,
            id if id < first => id + count,
            id => id - (first - at),
        };
        for (id, item) in (0..).zip(&mut self.items) {
            match &mut item.kind {
                NodeKind::List(end) | NodeKind::Map(end) => {
                    *end = match id {
                        // The collection and those around it.
                        id if id <= collection && *end > collection => *end + count,
                        id if id < at => *end,
                        id if id < first => *end + count,
                        _ => *end - (first - at),
                    };
                }
                NodeKind::Alias(target) => *target = moved(*target),
                _ => {}
            }
        }
        self.items[at as usize..].rotate_right(count as usize);
        for set in [&mut self.shared, &mut self.tagged] {
            if set.iter().any(|id| *id >= at) {
                *set = set.iter().map(|id| moved(*id)).collect();
            }
        }
        (at, count)
    }

    /// The node must not be a collection.
    pub(crate) fn set_unreadable(&mut self, id: u32) {
        self.items[id as usize].kind = NodeKind::Unreadable;
    }

    /// The first node after a node and its contents.
    #[inline]
    pub(crate) fn after(&self, id: u32) -> u32 {
        match self.kind(id) {
            NodeKind::List(end) | NodeKind::Map(end) => end,
            _ => id + 1,
        }
    }

    #[inline]
    pub(crate) fn pairs(&self, map: u32) -> impl Iterator<Item = (u32, u32)> + use<'_, 't> {
        let (mut next, end) = (map + 1, self.after(map));
        std::iter::from_fn(move || {
            while next < end {
                let key = next;
                let value = self.after(key);
                next = self.after(value);
                if !matches!(self.kind(key), NodeKind::List(_) | NodeKind::Map(_) | NodeKind::Unreadable) {
                    return Some((key, value));
                }
            }
            None
        })
    }

    pub(crate) fn span(&self, id: u32) -> Span {
        self.items[id as usize].span
    }

    pub(crate) fn kind(&self, id: u32) -> NodeKind {
        self.items[id as usize].kind
    }

    /// The text of a key. A number or a word such as `null` keeps its spelling.
    pub(crate) fn key(&self, id: u32) -> &str {
        let Item { span, kind } = self.items[id as usize];
        match kind {
            NodeKind::String(letters) | NodeKind::Number(letters) => self.letters(span, letters),
            NodeKind::Null | NodeKind::Unwritten | NodeKind::Bool(_) => self.letters(span, Letters::WHOLE),
            NodeKind::Alias(target) => self.key(target),
            NodeKind::List(_) | NodeKind::Map(_) | NodeKind::Unreadable => "",
        }
    }

    #[inline]
    pub(crate) fn letters(&self, span: Span, letters: Letters) -> &str {
        let Range { start, end } = span.range();
        match letters {
            Letters::WHOLE => self.text.get(start..end).unwrap_or_default(),
            Letters::QUOTED => self.text.get(start + 1..end.saturating_sub(1)).unwrap_or_default(),
            Letters(number) => &self.unescaped[(number - Letters::UNESCAPED) as usize],
        }
    }

    /// The location of the letters of a text that was read from a span: in the span if they are literal.
    pub(crate) fn letters_of(&mut self, text: &str, span: Span) -> Letters {
        match self.text.as_bytes().get(span.range()).unwrap_or_default() {
            whole if whole == text.as_bytes() => Letters::WHOLE,
            [b'"', inner @ .., b'"'] | [b'\'', inner @ .., b'\''] if inner == text.as_bytes() => {
                Letters::QUOTED
            }
            _ => self.unescape(text),
        }
    }

    pub(crate) fn unescape(&mut self, text: &str) -> Letters {
        self.unescaped.push(text.into());
        Letters(Letters::UNESCAPED + count(self.unescaped.len() - 1))
    }

    /// Removes everything that was read. No alias may be among it.
    pub(crate) fn truncate(&mut self, next: u32) {
        self.items.truncate(next as usize);
    }
}

/// A number of bytes or nodes, which are fewer than 2^32.
fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// The deepest nesting of collections, aliases followed. It makes recursion over a tree safe.
pub(crate) const MAX_DEPTH: usize = 100;
/// The most nodes in a file.
const MAX_NODES: u32 = 1_000_000;
/// The most problems of one file that are kept.
const MAX_PROBLEMS: usize = 1_000;

/// A file's text as trees, with all problems of the text.
#[derive(Debug, Default)]
pub struct Document<'t> {
    pub(crate) tree: Tree<'t>,
    pub(crate) roots: Vec<u32>,
    /// The number of roots before each block of code of a page.
    pub(crate) blocks: Vec<usize>,
    /// The problems in the order of reading, which stops where the parser stops.
    pub problems: Vec<Problem>,
}

/// A problem of a text, whatever its meaning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The rule that reports it.
    pub kind: ProblemKind,
    /// The offending bytes.
    pub span: Span,
    /// The problem, as a sentence.
    pub message: String,
    /// The fix, if it is known.
    pub help: Option<String>,
    /// Another place with its label, such as the first of two equal keys.
    pub related: Option<(Span, String)>,
}

/// The kinds of problem of a text; each is a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProblemKind {
    /// The text is not well-formed.
    Syntax,
    /// The bytes are not UTF-8.
    Encoding,
    /// The file contains no document.
    Empty,
    /// A mapping has the same key twice.
    DuplicateKey,
    /// A merge key, which YAML 1.2 does not have.
    MergeKey,
    /// A number that is not finite.
    NonFinite,
    /// The file is too large or too deep, or has too many aliases.
    InputLimit,
    /// The marker of a threat model that was not read as one.
    UnreadMarker,
}

impl ProblemKind {
    pub(crate) const fn rule(self) -> RuleInfo {
        RuleInfo::mandatory(match self {
            Self::Syntax => "syntax",
            Self::Encoding => "encoding",
            Self::Empty => "empty-file",
            Self::DuplicateKey => "duplicate-key",
            Self::MergeKey => "merge-key",
            Self::NonFinite => "non-finite",
            Self::InputLimit => return RuleInfo::FILE_TOO_COMPLEX,
            Self::UnreadMarker => "marker-unread",
        })
    }
}

impl Problem {
    pub(crate) fn new(kind: ProblemKind, span: Span, message: impl Into<String>) -> Self {
        Self { kind, span, message: message.into(), help: None, related: None }
    }

    pub(crate) fn diagnostic(&self, owner: Owner) -> Diagnostic {
        let mut diagnostic = Diagnostic::new(self.kind.rule(), owner, self.span, &*self.message);
        diagnostic.help = self.help.as_deref().map(Box::from);
        match &self.related {
            Some((span, message)) => diagnostic.related(*span, &**message),
            None => diagnostic,
        }
    }
}

impl Document<'_> {
    /// The number of the stream of a root: the block of code of a page, or the whole file.
    pub(crate) fn stream_of(&self, root: usize) -> usize {
        self.blocks.partition_point(|before| *before <= root)
    }

    /// Whether the text has no problems.
    pub fn is_sound(&self) -> bool {
        self.problems.is_empty()
    }

    pub(crate) fn problem(&mut self, kind: ProblemKind, span: Span, message: impl Into<String>) {
        self.report(Problem::new(kind, span, message));
    }

    pub(crate) fn report(&mut self, problem: Problem) {
        // A single one keeps the file from passing.
        if self.problems.len() < MAX_PROBLEMS {
            self.problems.push(problem);
        }
    }

    /// Moves the nodes from `first` on, which no root contains, to the end of a collection.
    pub(crate) fn move_into(&mut self, collection: u32, first: u32) {
        let (at, count) = self.tree.move_into(collection, first);
        for root in self.roots.iter_mut().filter(|root| **root >= at) {
            *root += count;
        }
    }

    /// Reports the repeated keys of a mapping and drops their entries. The first one counts.
    pub(crate) fn drop_repeated(&mut self, map: u32) {
        let tree = &self.tree;
        // Lengths are compared first, which nearly always decides.
        let mut keys: Vec<(usize, &str, u32)> = tree
            .pairs(map)
            .map(|(key, _)| (tree.key(key), key))
            .map(|(text, key)| (text.len(), text, key))
            .collect();
        keys.sort_unstable();
        let mut repeated = Vec::new();
        for same in keys.chunk_by(|one, other| (one.0, one.1) == (other.0, other.1)) {
            repeated.extend(same[1..].iter().map(|(.., key)| (same[0].2, *key)));
        }
        repeated.sort_unstable_by_key(|(_, key)| *key);
        for (first, key) in repeated {
            let message = format!("duplicate key `{}`", self.tree.key(key));
            self.report(Problem {
                related: Some((self.tree.span(first), "first here".to_owned())),
                ..Problem::new(ProblemKind::DuplicateKey, self.tree.span(key), message)
            });
            self.tree.set_unreadable(key);
        }
    }

    pub(crate) fn number_too_long(&mut self, span: Span) -> NodeKind {
        let message = format!("number has more than {} digits", Decimal::MAX_DIGITS);
        self.problem(ProblemKind::InputLimit, span, message);
        NodeKind::Unreadable
    }

    pub(crate) fn too_deep(&mut self, span: Span) {
        self.problem(ProblemKind::InputLimit, span, format!("collections nest more than {MAX_DEPTH} deep"));
    }

    /// Checks that there is room for another node, and reports a file with too many.
    pub(crate) fn check_room(&mut self, span: Span) -> Option<()> {
        if self.tree.next() < MAX_NODES {
            return Some(());
        }
        self.problem(ProblemKind::InputLimit, span, format!("file has more than {MAX_NODES} values"));
        None
    }
}
