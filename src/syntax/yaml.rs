//! YAML 1.2 to tree, from the events of `granit-parser`.
//!
//! Scalars are resolved by the core schema: `no` is text, `0o17` is 15, `.inf` is refused. The depth, the number of nodes,
//! and the size of what aliases unfold to are limited before anything is built.

use std::collections::HashMap;
use std::ops::Range;

use aivss_lint_yaml_events as events;
use events::{Event, Options, ScalarStyle, ScanError, StructureStyle, Tag};

use crate::decimal::{Decimal, NotDecimal};
use crate::source::{BOM, Span};
use crate::syntax::node::Value;
use crate::syntax::tree::{Document, MAX_DEPTH, NodeKind, ProblemKind};
use crate::syntax::yaml_error::{Stream, YamlError};

/// The most nodes that aliases may add to a file's own when they are followed.
const MAX_ALIASED: u64 = 100_000;
/// The most bytes of text that aliases may add to a file's own when they are followed.
const MAX_ALIASED_BYTES: u64 = 4 * 1024 * 1024;

/// Reads the YAML documents in `range` of `text` into `document`.
pub(crate) fn read<'t>(document: &mut Document<'t>, text: &'t str, range: Range<usize>) {
    let mut builder = Builder {
        document,
        stream: Stream { text, range: range.clone() },
        read: range.start,
        has_tabs: text[range.clone()].contains('\t'),
        open: Vec::new(),
        anchors: HashMap::new(),
        aliased: 0,
        aliased_bytes: 0,
    };
    for range in streams(text, range) {
        builder.read = range.start;
        builder.stream.range = range;
        // No alias refers to an earlier stream.
        builder.anchors.clear();
        if builder.read_stream().is_none() {
            return;
        }
    }
}

/// Splits a text before each byte order mark that begins a later document, where the parser does not accept one. Only blank
/// lines and comments may be between the mark and the start of the document.
fn streams(text: &str, range: Range<usize>) -> Vec<Range<usize>> {
    let mut streams = Vec::new();
    let slice = &text[range.clone()];
    let (mut start, mut at, mut mark) = (range.start, range.start, None);
    let lines = if slice.trim_start_matches(BOM).contains(BOM) { slice } else { "" };
    for line in lines.split_inclusive(['\n', '\r']) {
        let unmarked = line.trim_start_matches(BOM);
        let first = mark.or((unmarked.len() < line.len()).then_some(at));
        let after = unmarked.strip_prefix("---");
        let is_start = after.is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t', '\n', '\r']));
        if let Some(first) = first.filter(|first| is_start && *first > range.start) {
            streams.push(start..first);
            start = first;
        }
        let content = unmarked.trim();
        mark = first.filter(|_| content.is_empty() || content.starts_with('#'));
        at += line.len();
    }
    streams.push(start..range.end);
    streams
}

/// A node with the size of its subtree, aliases followed.
#[derive(Clone, Copy)]
struct Built {
    id: u32,
    nodes: u64,
    /// Bytes of text.
    bytes: u64,
    /// Levels of collections.
    height: usize,
}

struct OpenCollection {
    built: Built,
    anchor: usize,
    start: usize,
    style: StructureStyle,
    is_map: bool,
    /// Whether the value of the last key of a mapping is due.
    is_value_due: bool,
    /// The end of the last child.
    end: Option<u32>,
}

struct Builder<'d, 't> {
    document: &'d mut Document<'t>,
    stream: Stream<'t>,
    /// The end of the last value or key that was read.
    read: usize,
    has_tabs: bool,
    open: Vec<OpenCollection>,
    anchors: HashMap<usize, Built>,
    /// The nodes and the bytes of text that following every alias adds.
    aliased: u64,
    aliased_bytes: u64,
}

/// Each step returns `None` where reading ends at a problem, which was reported.
impl<'t> Builder<'_, 't> {
    fn read_stream(&mut self) -> Option<()> {
        let mut options = Options::default();
        options.strict_indentation = true;
        options.flow_nesting_limit = MAX_DEPTH;
        options.block_nesting_limit = MAX_DEPTH;
        let mut outcome = Some(());
        events::each(&self.stream.text[self.stream.range.clone()], options, &mut |event| {
            outcome = match event {
                Ok((event, span)) => self.event(event, &span),
                Err(error) => self.syntax_error(&error),
            };
            outcome.is_some()
        });
        outcome
    }

    fn event(&mut self, event: Event<'t>, parsed: &events::Span) -> Option<()> {
        let range = parsed.byte_range().unwrap_or(0..0);
        let offset = self.stream.range.start;
        let span = Span::new(offset + range.start, offset + range.end);
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let span = match style {
                    ScalarStyle::Literal | ScalarStyle::Folded => {
                        self.without_blank_end(span, parsed.indent, &text)
                    }
                    _ => span,
                };
                let kind = self.scalar(&text, style, tag.as_deref(), span);
                let is_text = matches!(kind, NodeKind::String(_) | NodeKind::Number(_));
                let bytes = if is_text { text.len() as u64 } else { 0 };
                let id = self.leaf(span, kind)?;
                if anchor != 0 || tag.is_some() {
                    self.document.tree.tagged.insert(id);
                }
                self.finish(Built { id, nodes: 1, bytes, height: 0 }, anchor);
            }
            Event::SequenceStart(style, anchor, tag) => {
                self.check_collection_tag(tag.as_deref(), "seq", span);
                let span = self.with_dash(span, style);
                self.start(span, style, anchor, false)?;
            }
            Event::MappingStart(style, anchor, tag) => {
                self.check_collection_tag(tag.as_deref(), "map", span);
                self.start(span, style, anchor, true)?;
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(span),
            Event::Alias(anchor) => self.alias(span, anchor)?,
            // Stream and document boundaries, and what the options turn off.
            _ => {}
        }
        Some(())
    }

    /// The span of a block scalar up to the end of its last line. The parser ends it where the next token begins.
    fn without_blank_end(&self, span: Span, indent: Option<usize>, text: &str) -> Span {
        let mut range = span.range();
        if text.trim().is_empty() {
            // There is no first line to begin at.
            range.start = self.header(range.end);
        }
        let written = &self.stream.text[range.clone()];
        let last =
            written.rsplit(['\n', '\r']).next().filter(|last| last.len() < written.len()).unwrap_or_default();
        let is_kept = text.ends_with("\n\n") || (!text.is_empty() && text.trim().is_empty());
        let is_at_end = range.end == self.stream.range.end && !last.is_empty();
        if !is_blank(last) || is_kept && is_at_end {
            return span;
        }
        let mut written = without_break(&written[..written.len() - last.len()]);
        // Blank lines at the end belong to the text only where it keeps them; deeper ones are lines of the text.
        if let Some(indent) = indent.filter(|_| !is_kept) {
            while let Some(at) = written.rfind(['\n', '\r']) {
                let last = &written[at + 1..];
                if !is_blank(last) || last.len() > indent {
                    break;
                }
                written = without_break(&written[..=at]);
            }
        }
        Span::new(range.start, range.start + written.len())
    }

    /// The place of the `|` or `>` of a block scalar that ends at a place.
    fn header(&self, end: usize) -> usize {
        let text = self.stream.text;
        let bytes = text.as_bytes();
        let mut at = self.read;
        while at < end {
            let is_apart = at == 0 || matches!(bytes[at - 1], b' ' | b'\t' | b'\n' | b'\r');
            match bytes[at] {
                b'|' | b'>' if is_apart => return at,
                b'#' if is_apart => at = text[at..end].find(['\n', '\r']).map_or(end, |feed| at + feed),
                _ => at += 1,
            }
        }
        end
    }

    /// The span of a list from its first dash on. The parser begins one that is not indented at its first item.
    fn with_dash(&self, span: Span, style: StructureStyle) -> Span {
        let Some(map) = self.open.last().filter(|open| open.is_map && style == StructureStyle::Block) else {
            return span;
        };
        let start = span.start as usize;
        let line = self.stream.line_start(start);
        let dash = line + self.stream.text[line..start].bytes().take_while(|byte| *byte == b' ').count();
        let column = map.start - self.stream.line_start(map.start);
        let is_dash = self.stream.text[dash..].starts_with('-') && dash - line == column;
        if is_dash { Span::new(dash, span.end as usize) } else { span }
    }

    fn syntax_error(&mut self, error: &ScanError) -> Option<()> {
        let text = self.stream.text;
        let at = self.stream.range.start + error.marker().byte_offset().unwrap_or(0);
        let flow = self.open.iter().rev().find(|open| open.style == StructureStyle::Flow);
        let bracket = flow.map(|open| open.start).filter(|start| text[*start..].starts_with(['[', '{']));
        let at = text.floor_char_boundary(at);
        let error = YamlError { stream: &self.stream, error, at, read: self.read, bracket };
        self.document.report(error.problem());
        None
    }

    fn start(&mut self, span: Span, style: StructureStyle, anchor: usize, is_map: bool) -> Option<()> {
        self.document.check_room(span)?;
        if self.open.len() >= MAX_DEPTH {
            self.document.too_deep(span);
            return None;
        }
        let start = span.start as usize;
        if self.has_tabs
            && style == StructureStyle::Block
            && let Some(tab) = self.stream.tab_before(start)
        {
            self.document.report(self.stream.tab(tab));
            return None;
        }
        self.read = span.end as usize;
        let built = Built { id: self.document.tree.open(start, is_map), nodes: 1, bytes: 0, height: 0 };
        let open = OpenCollection { built, anchor, start, style, is_map, is_value_due: false, end: None };
        self.open.push(open);
        Some(())
    }

    fn end(&mut self, end: Span) {
        let Some(open) = self.open.pop() else { return };
        // The parser ends a block collection where the next token begins.
        let end = open.end.filter(|_| open.style == StructureStyle::Block).unwrap_or(end.end);
        self.document.tree.close(open.built.id, end as usize);
        if open.is_map {
            self.document.drop_repeated(open.built.id);
        }
        self.finish(Built { height: open.built.height + 1, ..open.built }, open.anchor);
    }

    fn leaf(&mut self, mut span: Span, mut kind: NodeKind) -> Option<u32> {
        self.document.check_room(span)?;
        self.read = self.read.max(span.end as usize);
        // The span of an unwritten value is at the colon of its key, and belongs after it.
        let at = span.start as usize;
        let is_empty = span.is_empty() && matches!(kind, NodeKind::Null);
        let is_value = is_empty && self.open.last().is_some_and(|open| open.is_value_due);
        if is_value && self.stream.text.as_bytes().get(at) == Some(&b':') {
            (span, kind) = (Span::new(at + 1, at + 1), NodeKind::Unwritten);
        }
        Some(self.document.tree.push(span, kind))
    }

    fn alias(&mut self, span: Span, anchor: usize) -> Option<()> {
        self.document.check_room(span)?;
        let Some(target) = self.anchors.get(&anchor).copied() else {
            self.document.problem(ProblemKind::Syntax, span, "alias refers to a value that contains it");
            return None;
        };
        self.aliased = self.aliased.saturating_add(target.nodes);
        self.aliased_bytes = self.aliased_bytes.saturating_add(target.bytes);
        let message = if self.aliased > MAX_ALIASED {
            format!("aliases add more than {MAX_ALIASED} values")
        } else if self.aliased_bytes > MAX_ALIASED_BYTES {
            format!("aliases add more than {MAX_ALIASED_BYTES} bytes of text")
        } else if self.open.len() + target.height > MAX_DEPTH {
            format!("collections nest more than {MAX_DEPTH} deep through this alias")
        } else {
            let id = self.document.tree.push(span, NodeKind::Alias(target.id));
            self.finish(Built { id, ..target }, 0);
            return Some(());
        };
        self.document.problem(ProblemKind::InputLimit, span, message);
        None
    }

    /// Adds a finished node to its parent, or to the document.
    fn finish(&mut self, built: Built, anchor: usize) {
        if anchor != 0 {
            // An alias cannot have an anchor, so no node in this table is an alias.
            self.anchors.insert(anchor, built);
        }
        let node = self.document.tree.node(built.id);
        let span = node.span();
        let Some(parent) = self.open.last_mut() else {
            // A document without content has nothing to check.
            if !span.is_empty() || !matches!(node.value(), Value::Null) {
                self.document.roots.push(built.id);
            }
            return;
        };
        parent.end = parent.end.max(Some(span.end));
        let sum = &mut parent.built;
        sum.nodes = sum.nodes.saturating_add(built.nodes);
        sum.bytes = sum.bytes.saturating_add(built.bytes);
        sum.height = sum.height.max(built.height);
        parent.is_value_due = parent.is_map && !parent.is_value_due;
        if parent.is_value_due {
            self.check_key(built.id);
        }
    }

    /// Reports a key that is neither text nor can be read as text.
    fn check_key(&mut self, id: u32) {
        let tree = &mut self.document.tree;
        let (span, node) = (tree.span(id), tree.node(id));
        let is_text = matches!(tree.kind(id), NodeKind::String(_));
        if is_text && self.stream.text.get(span.range()) == Some("<<") {
            let message = "YAML 1.2 has no merge keys: write the keys out";
            return self.document.problem(ProblemKind::MergeKey, span, message);
        }
        let is_collection = matches!(node.value(), Value::List(_) | Value::Map(_));
        if node.is_alias() && (is_collection || matches!(node.value(), Value::Unreadable)) {
            tree.set_unreadable(id);
        }
        if is_collection {
            self.document.problem(ProblemKind::Syntax, span, "key is not plain text");
        }
    }

    fn scalar(&mut self, text: &str, style: ScalarStyle, tag: Option<&Tag>, span: Span) -> NodeKind {
        let is_plain = style == ScalarStyle::Plain;
        // An empty value arrives as the text `~` over no bytes.
        if span.is_empty() && is_plain && tag.is_none() {
            return NodeKind::Null;
        }
        let wanted = match tag {
            None => None,
            // `!` alone turns resolution off.
            Some(tag) if tag.handle().is_empty() && tag.suffix() == "!" => Some("str"),
            Some(tag) => match tag.core_suffix() {
                Some(core @ ("str" | "null" | "bool" | "int" | "float")) => Some(core),
                _ => return self.unreadable(span, format!("unsupported tag `{}`", tag.original())),
            },
        };
        match wanted {
            None | Some("str") if matches!(style, ScalarStyle::Literal | ScalarStyle::Folded) => {
                NodeKind::String(self.document.tree.unescape(text))
            }
            None if is_plain => self.resolve(text, span),
            None | Some("str") => self.string(text, span),
            Some(core) => {
                let kind = self.resolve(text, span);
                let is_whole = !text.contains(['.', 'e', 'E']);
                match (kind, core) {
                    (NodeKind::Null, "null") | (NodeKind::Bool(_), "bool") | (NodeKind::Unreadable, _) => {
                        kind
                    }
                    (NodeKind::Number(_), "float") => kind,
                    (NodeKind::Number(_), "int") if is_whole => kind,
                    _ => self.unreadable(span, format!("value does not match its tag `!!{core}`")),
                }
            }
        }
    }

    fn unreadable(&mut self, span: Span, message: String) -> NodeKind {
        self.document.problem(ProblemKind::Syntax, span, message);
        NodeKind::Unreadable
    }

    fn string(&mut self, text: &str, span: Span) -> NodeKind {
        NodeKind::String(self.document.tree.letters_of(text, span))
    }

    /// The type of a plain scalar by the core schema (YAML 1.2.2 §10.3.2).
    fn resolve(&mut self, text: &str, span: Span) -> NodeKind {
        match text {
            "~" | "null" | "Null" | "NULL" | "" => return NodeKind::Null,
            "true" | "True" | "TRUE" => return NodeKind::Bool(true),
            "false" | "False" | "FALSE" => return NodeKind::Bool(false),
            _ => {}
        }
        if !matches!(text.as_bytes()[0], b'-' | b'+' | b'.' | b'0'..=b'9') {
            return self.string(text, span);
        }
        let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
        if matches!(unsigned, ".inf" | ".Inf" | ".INF") || matches!(text, ".nan" | ".NaN" | ".NAN") {
            self.document.problem(ProblemKind::NonFinite, span, format!("`{text}` is not a finite number"));
            return NodeKind::Unreadable;
        }
        match Decimal::parse(text) {
            Ok(_) => NodeKind::Number(self.document.tree.letters_of(text, span)),
            Err(NotDecimal::NotANumber) => self.string(text, span),
            Err(NotDecimal::TooLong) => self.document.number_too_long(span),
        }
    }

    fn check_collection_tag(&mut self, tag: Option<&Tag>, wanted: &str, span: Span) {
        if let Some(tag) = tag
            && tag.core_suffix() != Some(wanted)
        {
            let at = Span::new(span.start as usize, span.start as usize);
            self.unreadable(at, format!("unsupported tag `{}`", tag.original()));
        }
    }
}

fn is_blank(text: &str) -> bool {
    text.bytes().all(|byte| byte == b' ')
}

fn without_break(text: &str) -> &str {
    let text = text.strip_suffix('\n').unwrap_or(text);
    text.strip_suffix('\r').unwrap_or(text)
}
