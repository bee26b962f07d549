//! Places in a tree: JSON pointers (RFC 6901) to spans and back, and edits that add entries to a mapping.
//!
//! An edit has the style of the text around it: block or flow YAML, or JSON. If the style is not clear, there is no edit: no
//! suggestion is better than a broken file.

use crate::source::{BOM, Span};
use crate::syntax::node::{Entry, List, Map, Node, Value};
use crate::syntax::tree::Document;

/// Replacements of bytes, in the order of the text.
pub type Addition = Vec<(Span, String)>;

/// A value to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum New<'n> {
    /// A text.
    Text(&'n str),
    /// A mapping.
    Map(Vec<(&'n str, New<'n>)>),
    /// A sequence.
    List(Vec<New<'n>>),
}

/// The indentation of an entry relative to its parent.
const STEP: &str = "  ";

impl Node<'_> {
    /// The edits that add entries after the last one of a mapping. `None` if the node is not a mapping, is empty, has aliases, or
    /// its style is not clear.
    pub fn with(self, entries: &[(&str, New<'_>)]) -> Option<Addition> {
        let map = self.as_map().filter(|_| !self.is_shared())?;
        let text = self.tree.text;
        if self.is_prose(self.span()) {
            return None;
        }
        let written: Vec<Entry<'_>> = map.iter().filter(|entry| !self.is_prose(entry.key_span)).collect();
        let last = written.last().copied()?;
        let style = Style::of(text, last.key_span);
        let end = end_of(text, last);
        let feed = line_end(text, end);
        if self.is_in_braces() {
            let has_lines = written.iter().all(|entry| indent(text, entry.key_span).is_some());
            let indent = indent(text, last.key_span).filter(|_| has_lines);
            let lead = indent.map_or(" ".to_owned(), |indent| format!("{feed}{indent}"));
            let added = entries.iter().map(|entry| format!(",{lead}{}", style.flow(entry, indent, feed)));
            return Some(vec![(Span::new(end, end), added.collect())]);
        }
        // The first key of an item in a list follows its dash.
        let indent = written.iter().find_map(|entry| indent(text, entry.key_span))?;
        let end = end_of_line(text, end);
        Some(vec![(Span::new(end, end), style.block(entries, indent, feed))])
    }

    /// The edits that add items after the last one of a list. `None` if the node is not a list, is empty, has aliases, or its
    /// style is not clear.
    pub(crate) fn with_items(self, items: &[New<'_>]) -> Option<Addition> {
        let items_now = self.as_list().filter(|_| !self.is_shared())?;
        let (text, last) = (self.tree.text, items_now.iter().last()?);
        let first_key = last.as_map().and_then(|map| map.iter().next());
        let style = Style::of(text, first_key.map_or(last.span(), |entry| entry.key_span));
        let end = last.span().end as usize;
        if self.is_prose(self.span()) {
            return None;
        }
        let feed = line_end(text, end);
        if written(text, self.span()).starts_with('[') {
            let indent = indent(text, last.span());
            let lead = indent.map_or(" ".to_owned(), |indent| format!("{feed}{indent}"));
            let added = items.iter().map(|item| format!(",{lead}{}", style.value(item, None, feed)));
            return Some(vec![(Span::new(end, end), added.collect())]);
        }
        // A dash precedes the item in its line.
        let line = text[..last.span().start as usize].rfind(['\n', '\r']).map_or(0, |at| at + 1);
        let before = text.get(line..last.span().start as usize)?.trim_end().strip_suffix('-')?;
        let is_indented = before.bytes().all(|byte| byte == b' ');
        let end = end_of_line(text, end);
        is_indented.then(|| vec![(Span::new(end, end), style.items(items, before, feed))])
    }

    /// The edits that give a key of a mapping a value, if it has none or an empty one.
    pub fn filled(self, key: &str, value: &New<'_>) -> Option<Addition> {
        let entry = self.as_map().filter(|_| !self.is_shared())?.entry(key)?;
        if self.is_prose(entry.key_span) {
            return None;
        }
        let text = self.tree.text;
        let old = entry.value.span();
        let is_empty = match entry.value.value() {
            Value::Null => true,
            // Quotes around nothing; a block of text is not replaced.
            Value::String(_) => written(text, old).starts_with(['"', '\'']),
            Value::Map(map) => map.is_empty(),
            Value::List(_) => {
                let inner = written(text, old).strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
                inner.is_some_and(|inner| inner.trim().is_empty())
            }
            Value::Bool(_) | Value::Number(_) | Value::Unreadable => false,
        };
        if !is_empty || entry.value.is_shared() {
            return None;
        }
        let inner = written(text, old).strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
        let comments = inner.unwrap_or_default().trim_end().len();
        if comments > 0 {
            return with_comment(text, entry, value, old.start as usize + 1 + comments);
        }
        let colon = colon_after(text, entry.key_span.end as usize)?;
        let place = if old.is_empty() { Span::new(colon, colon) } else { old };
        // An anchor or a tag before the old value would belong to the new one.
        if !text.get(colon..place.start as usize)?.trim().is_empty() || !ends_after(text, place.end as usize)
        {
            return None;
        }
        let style = Style::of(text, entry.key_span);
        let feed = line_end(text, colon);
        let indent = indent(text, entry.key_span).filter(|_| value.has_lines());
        if let (Some(indent), false) = (indent, self.is_in_braces()) {
            let end = end_of_line(text, place.end as usize);
            let lines = style.lines(value, indent, feed);
            let removed = (!old.is_empty()).then(|| (Span::new(colon, old.end as usize), String::new()));
            return Some(removed.into_iter().chain([(Span::new(end, end), lines)]).collect());
        }
        let space = if old.is_empty() { " " } else { "" };
        Some(vec![(place, format!("{space}{}", style.value(value, indent, feed)))])
    }

    /// Whether a mapping is in braces, so that its lines do not separate its entries.
    fn is_in_braces(self) -> bool {
        written(self.tree.text, self.span()).starts_with('{')
    }
}

/// The edits that write entries after the comments in empty braces.
fn with_comment(text: &str, entry: Entry<'_>, value: &New<'_>, end: usize) -> Option<Addition> {
    let New::Map(entries) = value else { return None };
    let (style, feed) = (Style::of(text, entry.key_span), line_end(text, end));
    let lead = format!("{feed}{}{STEP}", indent(text, entry.key_span)?);
    let entries = entries.iter().map(|entry| format!("{lead}{}", style.flow(entry, None, feed)));
    Some(vec![(Span::new(end, end), entries.collect::<Vec<_>>().join(","))])
}

impl New<'_> {
    /// Whether this is a mapping of mappings, whose entries have lines of their own.
    fn is_deep(&self) -> bool {
        matches!(self, Self::Map(entries) if entries.iter().any(|(_, value)| matches!(value, Self::Map(_))))
    }

    /// Whether parts of this have lines of their own: entries that are mappings, and mappings in a list.
    fn has_lines(&self) -> bool {
        match self {
            Self::Text(_) => false,
            Self::List(items) => items.iter().any(|item| matches!(item, Self::Map(_))),
            Self::Map(entries) => self.is_deep() || entries.iter().any(|(_, value)| value.has_lines()),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Style {
    /// Without quotes if possible.
    Plain,
    /// In double quotes, as in JSON.
    Quoted,
}

impl Style {
    fn of(text: &str, key: Span) -> Self {
        if written(text, key).starts_with('"') { Self::Quoted } else { Self::Plain }
    }

    fn text(self, text: &str) -> String {
        let is_word = text.starts_with(|first: char| first.is_ascii_alphabetic())
            && text.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_');
        if self == Self::Plain && is_word { text.to_owned() } else { serde_json::json!(text).to_string() }
    }

    /// A value in a mapping in braces. With the indentation of its key, a deep one is spread over lines.
    fn value(self, value: &New<'_>, indent: Option<&str>, feed: &str) -> String {
        let entries = match value {
            New::Text(text) => return self.text(text),
            New::List(items) => {
                let indent = indent.filter(|_| value.has_lines());
                let lead = indent.map_or(String::new(), |indent| format!("{feed}{indent}{STEP}"));
                let items = items.iter().map(|item| format!("{lead}{}", self.value(item, None, feed)));
                let end = indent.map_or(String::new(), |indent| format!("{feed}{indent}"));
                let between = if indent.is_some() { "," } else { ", " };
                return format!("[{}{end}]", items.collect::<Vec<_>>().join(between));
            }
            New::Map(entries) => entries,
        };
        let Some(indent) = indent.filter(|_| value.is_deep()) else {
            let entries: Vec<String> = entries.iter().map(|entry| self.flow(entry, indent, feed)).collect();
            return format!("{{ {} }}", entries.join(", "));
        };
        // The outermost keys in braces are indented by one step themselves.
        let deeper = format!("{indent}{}", if indent.is_empty() { STEP } else { indent });
        let entries = entries.iter().map(|entry| self.flow(entry, Some(&deeper), feed));
        let entries: Vec<String> = entries.map(|entry| format!("{feed}{deeper}{entry}")).collect();
        format!("{{{}{feed}{indent}}}", entries.join(","))
    }

    /// An entry of a mapping in braces.
    fn flow(self, (key, value): &(&str, New<'_>), indent: Option<&str>, feed: &str) -> String {
        format!("{}: {}", self.text(key), self.value(value, indent, feed))
    }

    /// Entries of a block mapping, each line with its break before it.
    fn block(self, entries: &[(&str, New<'_>)], indent: &str, feed: &str) -> String {
        let lines = entries.iter().map(|(key, value)| {
            if value.has_lines() {
                format!("{feed}{indent}{}:{}", self.text(key), self.lines(value, indent, feed))
            } else {
                format!("{feed}{indent}{}: {}", self.text(key), self.value(value, None, feed))
            }
        });
        lines.collect()
    }

    /// The lines of a value below its key, which has the indentation.
    fn lines(self, value: &New<'_>, indent: &str, feed: &str) -> String {
        let inner = format!("{indent}{STEP}");
        match value {
            New::Map(entries) => self.block(entries, &inner, feed),
            New::List(items) => self.items(items, &inner, feed),
            New::Text(text) => format!(" {}", self.text(text)),
        }
    }

    /// Items of a block list, each line with its break before it.
    fn items(self, items: &[New<'_>], indent: &str, feed: &str) -> String {
        let lines = items.iter().map(|item| format!("{feed}{indent}- {}", self.value(item, None, feed)));
        lines.collect()
    }
}

fn written(text: &str, span: Span) -> &str {
    text.get(span.range()).unwrap_or_default()
}

/// The end of an entry, its colon included.
fn end_of(text: &str, entry: Entry<'_>) -> usize {
    let (key, value) = (entry.key_span.end as usize, entry.value.span());
    if value.is_empty() { colon_after(text, key).unwrap_or(key) } else { key.max(value.end as usize) }
}

/// The end of the colon after a key.
fn colon_after(text: &str, key_end: usize) -> Option<usize> {
    let rest = &text[key_end..];
    let white = rest.len() - rest.trim_start_matches([' ', '\t']).len();
    rest[white..].starts_with(':').then_some(key_end + white + 1)
}

/// Whether a value may end here: a comment, a line break, or the end of an entry in braces follows.
fn ends_after(text: &str, end: usize) -> bool {
    let rest = &text[end..];
    let follows = rest.trim_start_matches([' ', '\t']);
    let comment = follows.starts_with('#') && follows.len() < rest.len();
    follows.is_empty() || comment || follows.starts_with(['\n', '\r', ',', '}'])
}

fn end_of_line(text: &str, end: usize) -> usize {
    text[end..].find(['\n', '\r']).map_or(text.len(), |at| end + at)
}

/// The indentation of a key, if it is the first in its line.
fn indent(text: &str, key: Span) -> Option<&str> {
    let start = key.start as usize;
    let line = text[..start].rfind(['\n', '\r']).map_or(0, |at| at + 1);
    let before = text[line..start].trim_start_matches(BOM);
    before.bytes().all(|byte| byte == b' ').then_some(before)
}

/// The line ending before a place, which an added line uses, too.
pub(crate) fn line_end(text: &str, at: usize) -> &'static str {
    let is_pair = text[..at].rfind('\n').is_some_and(|at| text[..at].ends_with('\r'));
    if is_pair { "\r\n" } else { "\n" }
}

/// The longest pointer in bytes: each problem of a file has one, and a key may be as long as the file.
const MAX_POINTER_LENGTH: usize = 4_096;

/// The JSON pointer of the innermost key or value that contains a span; empty for the whole document. The contents of an
/// overlong key have the pointer of its parent.
pub fn pointer(document: &Document<'_>, span: Span) -> String {
    let mut found = Innermost { length: usize::MAX, pointer: String::new() };
    // The root of a page contains its fenced blocks, which are roots, too.
    for root in document.roots().filter(|root| root.span().contains(span)) {
        found.search(root, span, "", root.is_page());
    }
    found.pointer
}

/// The smallest key or value so far that contains a span; of equals the first. In a page, values can be within the bytes of
/// others.
struct Innermost {
    length: usize,
    pointer: String,
}

impl Innermost {
    /// Searches a node and its contents. A mapping of front matter can have values in the prose, outside of its span.
    fn search(&mut self, node: Node<'_>, span: Span, pointer: &str, is_front: bool) {
        for entry in node.as_map().into_iter().flat_map(Map::iter) {
            let (is_in_key, is_split) =
                (entry.key_span.contains(span), is_front && entry.value.as_map().is_some());
            if !is_in_key && !is_split && !entry.value.span().contains(span)
                || entry.key.len() >= MAX_POINTER_LENGTH
            {
                continue;
            }
            let pointer = format!("{pointer}/{}", entry.key.replace('~', "~0").replace('/', "~1"));
            if pointer.len() <= MAX_POINTER_LENGTH {
                // In a page, a key has the bytes of its value.
                if is_in_key {
                    self.add(entry.key_span, &pointer);
                }
                self.search(entry.value, span, &pointer, false);
            }
        }
        let items = node.as_list().into_iter().flat_map(List::iter).enumerate();
        for (at, item) in items.filter(|(_, item)| item.span().contains(span)) {
            self.search(item, span, &format!("{pointer}/{at}"), false);
        }
        if node.span().contains(span) {
            self.add(node.span(), pointer);
        }
    }

    fn add(&mut self, span: Span, pointer: &str) {
        if span.range().len() < self.length {
            *self = Self { length: span.range().len(), pointer: pointer.to_owned() };
        }
    }
}

/// The steps of a JSON pointer; `None` if it is empty or is no pointer.
pub(crate) fn steps(pointer: &str) -> Option<impl Iterator<Item = String> + '_> {
    Some(pointer.strip_prefix('/')?.split('/').map(|part| part.replace("~1", "/").replace("~0", "~")))
}

/// The span of the key or value at a JSON pointer. If it is missing, that of the key of its nearest existing parent.
pub fn place_of(root: Node<'_>, pointer: &str) -> Option<Span> {
    let (mut node, mut value, mut key) = (root, None, None);
    for part in steps(pointer)? {
        let Some((next, span, key_span)) = child(node, &part) else { return key };
        (node, value, key) = (next, Some(span), Some(key_span));
    }
    value
}

/// The steps of a JSON pointer that refers to no value, and the number of steps that exist; `None` if the value exists.
pub fn missing_at(root: Node<'_>, pointer: &str) -> Option<(Vec<String>, usize)> {
    let (parts, mut node): (Vec<String>, _) = (steps(pointer)?.collect(), Some(root));
    let missing = parts.iter().position(|part| {
        node = node.and_then(|node| child(node, part)).map(|(child, ..)| child);
        node.is_none()
    })?;
    Some((parts, missing))
}

/// The value under a key or at an index, its span and that of its key.
fn child<'t>(node: Node<'t>, part: &str) -> Option<(Node<'t>, Span, Span)> {
    if let Some(entry) = node.as_map().and_then(|map| map.entry(part)) {
        return Some((entry.value, entry.span(), entry.key_span));
    }
    let item = node.as_list()?.iter().nth(part.parse().ok()?)?;
    Some((item, item.span(), item.span()))
}
