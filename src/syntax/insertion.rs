//! What to write, and where, so that a mapping has more entries: in the style of the text around it, whether that is
//! block or flow YAML or JSON. Nothing is written here, and what the entries mean is not known.
//!
//! Where the style is not plain to see there is no addition: a suggestion that is not made is better than a broken file.

use crate::source::Span;
use crate::syntax::{Entry, Node, Value};

/// Texts to put in the place of bytes: edits, in the order of the text.
pub type Addition = Vec<(Span, String)>;

/// A value to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum New<'n> {
    /// A text.
    Text(&'n str),
    /// A mapping.
    Map(Vec<(&'n str, New<'n>)>),
}

/// How much deeper an entry stands than the one that holds it.
const STEP: &str = "  ";

impl Node<'_> {
    /// The edits that add entries to a mapping behind its last one. `None` where there is no such mapping, where an alias
    /// leads to it, where it is empty, or where its style is not plain to see.
    pub fn with(self, entries: &[(&str, New<'_>)]) -> Option<Addition> {
        let map = self.as_map().filter(|_| !self.is_shared())?;
        let text = self.whole_text();
        let last = map.iter().last()?;
        let style = Style::of(text, last.key_span);
        let end = end_of(text, last);
        let feed = line_end(text, end);
        if self.is_in_braces() {
            let below_each_other = map.iter().all(|entry| indent(text, entry.key_span).is_some());
            let indent = indent(text, last.key_span).filter(|_| below_each_other);
            let written = entries.iter().map(|entry| match indent {
                Some(indent) => {
                    format!(",{feed}{indent}{}", style.flow(entry, Some(indent), feed))
                }
                None => format!(", {}", style.flow(entry, None, feed)),
            });
            return Some(vec![(Span::new(end, end), written.collect())]);
        }
        // The keys stand below each other, but for the first one of an item in a list.
        let indent = map.iter().find_map(|entry| indent(text, entry.key_span))?;
        let end = end_of_line(text, end);
        Some(vec![(Span::new(end, end), style.block(entries, indent, feed))])
    }

    /// The edits that give a key of a mapping a value, where nothing stands there, or something empty.
    pub fn filled(self, key: &str, value: &New<'_>) -> Option<Addition> {
        let entry = self.as_map().filter(|_| !self.is_shared())?.entry(key)?;
        let text = self.whole_text();
        let old = entry.value.span();
        if let Some(comment_end) = self.comment_in_braces(entry.value) {
            return self.with_comment(entry, value, comment_end);
        }
        let is_empty = match entry.value.value() {
            Value::Null => true,
            // Quotes around nothing; what is written over lines of its own is left.
            Value::String(_) => written(text, old).starts_with(['"', '\'']),
            Value::Map(map) => map.is_empty(),
            Value::Bool(_) | Value::Number(_) | Value::List(_) | Value::Unreadable => false,
        };
        if !is_empty || entry.value.is_shared() {
            return None;
        }
        let colon = colon_after(text, entry.key_span.end as usize)?;
        let place = if old.is_empty() { Span::new(colon, colon) } else { old };
        // An anchor or a tag may stand there, and would be the new value's.
        if !text.get(colon..place.start as usize)?.trim().is_empty() || !ends_after(text, place.end as usize)
        {
            return None;
        }
        let style = Style::of(text, entry.key_span);
        let feed = line_end(text, colon);
        let indent = indent(text, entry.key_span).filter(|_| value.is_deep());
        if let (Some(indent), New::Map(entries), false) = (indent, value, self.is_in_braces()) {
            let end = end_of_line(text, place.end as usize);
            let lines = style.block(entries, &format!("{indent}{STEP}"), feed);
            let removed = (!old.is_empty()).then(|| (Span::new(colon, old.end as usize), String::new()));
            return Some(removed.into_iter().chain([(Span::new(end, end), lines)]).collect());
        }
        let space = if old.is_empty() { " " } else { "" };
        Some(vec![(place, format!("{space}{}", style.value(value, indent, feed)))])
    }

    /// Where the comments end that an empty mapping in braces contains, if it does.
    fn comment_in_braces(self, value: Node<'_>) -> Option<usize> {
        let is_empty = value.as_map()?.is_empty() && !value.is_shared();
        let inner = written(self.whole_text(), value.span()).strip_prefix('{')?.strip_suffix('}')?;
        let is_commented = is_empty && !inner.trim().is_empty();
        is_commented.then(|| value.span().start as usize + 1 + inner.trim_end().len())
    }

    /// The edits that write entries after the comments in empty braces.
    fn with_comment(self, entry: Entry<'_>, value: &New<'_>, end: usize) -> Option<Addition> {
        let New::Map(entries) = value else { return None };
        let text = self.whole_text();
        let (style, feed) = (Style::of(text, entry.key_span), line_end(text, end));
        let deeper = format!("{}{STEP}", indent(text, entry.key_span)?);
        let entries = entries.iter().map(|entry| format!("{feed}{deeper}{}", style.flow(entry, None, feed)));
        Some(vec![(Span::new(end, end), entries.collect::<Vec<_>>().join(","))])
    }

    /// Whether a mapping stands in braces: they tell its entries apart, not their lines.
    fn is_in_braces(self) -> bool {
        written(self.whole_text(), self.span()).starts_with('{')
    }
}

impl New<'_> {
    /// Whether this is a mapping of mappings, which has lines of its own for its entries.
    fn is_deep(&self) -> bool {
        let Self::Map(entries) = self else { return false };
        entries.iter().any(|(_, value)| matches!(value, Self::Map(_)))
    }
}

/// How keys and texts are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Style {
    /// Without quotes, where that can be.
    Plain,
    /// In double quotes, as JSON has them.
    Quoted,
}

impl Style {
    fn of(text: &str, key: Span) -> Self {
        if written(text, key).starts_with('"') { Self::Quoted } else { Self::Plain }
    }

    fn text(self, text: &str) -> String {
        let is_word = text.chars().all(|letter| letter.is_ascii_lowercase() || letter == '_');
        if self == Self::Plain && is_word { text.to_owned() } else { serde_json::json!(text).to_string() }
    }

    /// A value behind its key in a mapping in braces. With the indentation of that key, a deep one is spread over lines.
    fn value(self, value: &New<'_>, indent: Option<&str>, feed: &str) -> String {
        let entries = match value {
            New::Text(text) => return self.text(text),
            New::Map(entries) => entries,
        };
        let Some(indent) = indent.filter(|_| value.is_deep()) else {
            let entries: Vec<String> = entries.iter().map(|entry| self.flow(entry, None, feed)).collect();
            return format!("{{ {} }}", entries.join(", "));
        };
        // The outermost keys in braces stand one step deep themselves.
        let deeper = format!("{indent}{}", if indent.is_empty() { STEP } else { indent });
        let entry = |entry| format!("{feed}{deeper}{}", self.flow(entry, Some(&deeper), feed));
        let entries: Vec<String> = entries.iter().map(entry).collect();
        format!("{{{}{feed}{indent}}}", entries.join(","))
    }

    /// An entry of a mapping in braces.
    fn flow(self, (key, value): &(&str, New<'_>), indent: Option<&str>, feed: &str) -> String {
        format!("{}: {}", self.text(key), self.value(value, indent, feed))
    }

    /// Entries of a block mapping, each line with its break before it.
    fn block(self, entries: &[(&str, New<'_>)], indent: &str, feed: &str) -> String {
        let lines = entries.iter().map(|(key, value)| match value {
            New::Map(inner) if value.is_deep() => {
                let inner = self.block(inner, &format!("{indent}{STEP}"), feed);
                format!("{feed}{indent}{}:{inner}", self.text(key))
            }
            value => format!("{feed}{indent}{}: {}", self.text(key), self.value(value, None, feed)),
        });
        lines.collect()
    }
}

fn written(text: &str, span: Span) -> &str {
    text.get(span.range()).unwrap_or_default()
}

/// Where an entry ends, its colon included.
fn end_of(text: &str, entry: Entry<'_>) -> usize {
    let (key, value) = (entry.key_span.end as usize, entry.value.span());
    if value.is_empty() { colon_after(text, key).unwrap_or(key) } else { key.max(value.end as usize) }
}

/// The place behind the colon that follows a key.
fn colon_after(text: &str, key_end: usize) -> Option<usize> {
    let rest = &text[key_end..];
    let white = rest.len() - rest.trim_start_matches([' ', '\t']).len();
    rest[white..].starts_with(':').then_some(key_end + white + 1)
}

/// Whether a value may end here: nothing follows but a comment, a break, or what ends an entry in braces.
fn ends_after(text: &str, end: usize) -> bool {
    let rest = &text[end..];
    let follows = rest.trim_start_matches([' ', '\t']);
    let comment = follows.starts_with('#') && follows.len() < rest.len();
    follows.is_empty() || comment || follows.starts_with(['\n', '\r', ',', '}'])
}

/// The end of the line in which what ends at `end` is written, without its break.
fn end_of_line(text: &str, end: usize) -> usize {
    text[end..].find(['\n', '\r']).map_or(text.len(), |at| end + at)
}

/// The white space before a key, if that is all that stands before it in its line.
fn indent(text: &str, key: Span) -> Option<&str> {
    let start = key.start as usize;
    let line = text[..start].rfind(['\n', '\r']).map_or(0, |at| at + 1);
    let before = text[line..start].trim_start_matches(crate::source::BOM);
    before.bytes().all(|byte| byte == b' ').then_some(before)
}

/// How the line before a place ends, and so how one that is added there should.
fn line_end(text: &str, at: usize) -> &'static str {
    match text[..at].rfind('\n') {
        Some(at) if text[..at].ends_with('\r') => "\r\n",
        _ => "\n",
    }
}
