//! YAML 1.2 to tree, from the events of `granit-parser`; the only file that knows that crate.
//!
//! Scalars are resolved by the core schema: `no` is text, `0o17` is 15, `.inf` is refused. Hostile input is
//! bounded before anything is built from it: depth, number of nodes, and what aliases would unfold to.

use std::collections::HashMap;
use std::ops::Range;

use granit_parser::{Event, Options, Parser, ScalarStyle, ScanError, StructureStyle, Tag};

use super::tree::{Index, Kind};
use super::{Document, Problem, ProblemKind};
use crate::decimal::{Decimal, NotDecimal};
use crate::source::Span;

/// How deep collections may nest, aliases followed. Deeper input is refused, so recursion over a tree is safe.
pub(super) const MAX_DEPTH: usize = 100;
/// How many nodes a file may have.
pub(super) const MAX_NODES: usize = 500_000;
/// How many nodes aliases may add to a file's own when they are followed.
const MAX_ALIASED: u64 = 100_000;
/// How many bytes of text aliases may add to a file's own when they are followed.
const MAX_ALIASED_BYTES: u64 = 4 * 1024 * 1024;
/// How many repeated keys of one file are reported.
const MOST_REPEATED: usize = 1_000;

/// Reads the YAML documents in `range` of `text` into `document`.
pub(super) fn read<'t>(document: &mut Document<'t>, text: &'t str, range: Range<usize>) {
    read_with(document, text, range, 1024);
}

/// As [`read`], for text whose mappings may have keys of up to `longest_key` characters.
pub(super) fn read_with<'t>(
    document: &mut Document<'t>,
    text: &'t str,
    range: Range<usize>,
    longest_key: usize,
) {
    let mut options = Options::default();
    options.strict_indentation = true;
    options.flow_nesting_limit = MAX_DEPTH;
    options.block_nesting_limit = MAX_DEPTH;
    options.simple_key_max_lookahead = longest_key;
    let slice = &text[range.clone()];
    let mut builder = Builder::new(document, text, range.start);
    for event in Parser::new_from_str_with_options(slice, options) {
        let step = match event {
            Ok((event, span)) => builder.event(event, &span),
            Err(error) => {
                builder.syntax_error(&error);
                Err(Stop)
            }
        };
        if step.is_err() {
            return;
        }
    }
}

/// Reading has ended at a problem that was reported.
struct Stop;

/// A finished node, with what an alias to it would unfold to.
#[derive(Clone, Copy)]
struct Built {
    id: u32,
    /// Nodes in the subtree, aliases followed.
    weight: u64,
    /// Bytes of text in the subtree, aliases followed.
    bytes: u64,
    /// Levels of collections in the subtree, aliases followed.
    height: usize,
}

/// A collection whose end has not been met.
struct Open {
    id: u32,
    anchor: usize,
    start: usize,
    style: StructureStyle,
    is_map: bool,
    /// The last key of a mapping, while its value is due.
    due: Option<u32>,
    /// Where the last child ends.
    end: Option<u32>,
    weight: u64,
    bytes: u64,
    height: usize,
}

struct Builder<'d, 't> {
    document: &'d mut Document<'t>,
    text: &'t str,
    /// What to add to the parser's offsets.
    offset: usize,
    open: Vec<Open>,
    anchors: HashMap<usize, Built>,
    /// Nodes that following every alias would add.
    aliased: u64,
    /// Bytes of text that following every alias would add.
    aliased_bytes: u64,
}

impl<'d, 't> Builder<'d, 't> {
    fn new(document: &'d mut Document<'t>, text: &'t str, offset: usize) -> Self {
        Self {
            document,
            text,
            offset,
            open: Vec::new(),
            anchors: HashMap::new(),
            aliased: 0,
            aliased_bytes: 0,
        }
    }

    fn event(&mut self, event: Event<'t>, span: &granit_parser::Span) -> Result<(), Stop> {
        let span = self.place(span);
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let kind = self.scalar(&text, style, tag.as_deref(), span);
                let is_text = matches!(kind, Kind::String(_) | Kind::Number(_));
                self.leaf(span, kind, if is_text { text.len() as u64 } else { 0 }, anchor)
            }
            Event::SequenceStart(style, anchor, tag) => {
                self.check_collection_tag(tag.as_deref(), "seq", span);
                self.start(span, style, anchor, false)
            }
            Event::MappingStart(style, anchor, tag) => {
                self.check_collection_tag(tag.as_deref(), "map", span);
                self.start(span, style, anchor, true)
            }
            Event::SequenceEnd | Event::MappingEnd => {
                self.end(span);
                Ok(())
            }
            Event::Alias(anchor) => self.alias(span, anchor),
            // Stream and document boundaries, and what the options keep from being emitted.
            _ => Ok(()),
        }
    }

    fn place(&self, span: &granit_parser::Span) -> Span {
        let range = span.byte_range().unwrap_or(0..0);
        Span::new(self.offset + range.start, self.offset + range.end)
    }

    fn syntax_error(&mut self, error: &ScanError) {
        use granit_parser::ErrorKind as Kind;
        let at = self.offset + error.marker().byte_offset().unwrap_or(0);
        let at = (0..=at.min(self.text.len())).rev().find(|at| self.text.is_char_boundary(*at)).unwrap_or(0);
        let (at, kind, message, help) = match error.kind() {
            Kind::RecursionLimitExceeded => {
                (at, ProblemKind::InputLimit, format!("collections nest more than {MAX_DEPTH} deep"), None)
            }
            Kind::TabNotAllowed
            | Kind::TabInBlockIndentation
            | Kind::TabInIndentation
            | Kind::TabInPlainScalar
            | Kind::TabAtBlockScalarStart => {
                let message = "a tab stands where YAML indents with spaces".to_owned();
                (self.tab_near(at), ProblemKind::Syntax, message, Some("indent with spaces"))
            }
            Kind::InvalidIndentation
            | Kind::UnclosedFlowCollection { .. }
            | Kind::UnexpectedEofFlowSequence
            | Kind::UnexpectedEofFlowMapping
            | Kind::ExpectedFlowSequenceSeparator
            | Kind::ExpectedFlowMappingSeparator
                if self.flow_start().is_some() =>
            {
                let start = self.flow_start().unwrap_or(at);
                let bracket = self.text[start..].chars().next().unwrap_or('[');
                let help =
                    "close it, put a comma between its parts, or put quotes around text that begins with it";
                let message =
                    format!("what `{bracket}` opens here does not end as it should: {}", error.info());
                (start, ProblemKind::Syntax, message, Some(help))
            }
            Kind::UnknownAnchor => {
                let message = "nothing is anchored under the name of this alias".to_owned();
                (at, ProblemKind::Syntax, message, Some("put quotes around text that begins with `*`"))
            }
            Kind::MappingValueNotAllowed => {
                let help = "put quotes around text that holds a colon followed by a space; a key stands right below the one before it";
                (at, ProblemKind::Syntax, error.info(), Some(help))
            }
            _ => (at, ProblemKind::Syntax, error.info(), None),
        };
        let next = self.text[at..].chars().next().filter(|next| !matches!(next, '\n' | '\r'));
        let span = Span::new(at, at + next.map_or(0, char::len_utf8));
        self.document.problem(kind, span, message);
        if let Some(problem) = self.document.problems.last_mut() {
            problem.help = help.map(str::to_owned);
        }
    }

    /// Where the innermost collection in brackets opens that has not been closed.
    fn flow_start(&self) -> Option<usize> {
        let open = self.open.iter().rev().find(|open| open.style == StructureStyle::Flow)?;
        self.text[open.start..].starts_with(['[', '{']).then_some(open.start)
    }

    /// The first tab in the white space that begins a line, from the line of `at` on: the parser reports such a
    /// tab from the end of the value before it.
    fn tab_near(&self, at: usize) -> usize {
        let line = self.text[..at].rfind('\n').map_or(0, |feed| feed + 1);
        let mut start = line;
        for line in self.text[line..].split_inclusive('\n').take(3) {
            let white = line.len() - line.trim_start_matches([' ', '\t']).len();
            if let Some(tab) = line[..white].find('\t') {
                return start + tab;
            }
            start += line.len();
        }
        at
    }

    fn start(&mut self, span: Span, style: StructureStyle, anchor: usize, is_map: bool) -> Result<(), Stop> {
        self.check_count(span)?;
        if self.open.len() >= MAX_DEPTH {
            return self.limit(span, format!("collections nest more than {MAX_DEPTH} deep"));
        }
        let start = span.start as usize;
        let id = self.document.tree.open(start, is_map);
        let open =
            Open { id, anchor, start, style, is_map, due: None, end: None, weight: 1, bytes: 0, height: 0 };
        self.open.push(open);
        Ok(())
    }

    fn end(&mut self, end: Span) {
        let Some(open) = self.open.pop() else { return };
        // A block collection "ends" where the next token begins: its last child says where it really does.
        let end = open.end.filter(|_| open.style == StructureStyle::Block).unwrap_or(end.end);
        self.document.tree.close(open.id, end as usize);
        if open.is_map {
            self.drop_repeated(open.id);
        }
        let built = Built { id: open.id, weight: open.weight, bytes: open.bytes, height: open.height + 1 };
        self.finish(built, open.anchor);
    }

    fn leaf(&mut self, span: Span, kind: Kind, bytes: u64, anchor: usize) -> Result<(), Stop> {
        self.check_count(span)?;
        let (span, kind) = self.behind_colon(span, kind);
        let id = self.document.tree.push(span, kind);
        self.finish(Built { id, weight: 1, bytes, height: 0 }, anchor);
        Ok(())
    }

    /// A value that is not written is met at the colon of its key; it belongs behind it.
    fn behind_colon(&self, span: Span, kind: Kind) -> (Span, Kind) {
        let is_value = self.open.last().is_some_and(|open| open.due.is_some());
        let at = span.start as usize;
        if is_value
            && matches!(kind, Kind::Null)
            && span.is_empty()
            && self.text.as_bytes().get(at) == Some(&b':')
        {
            return (Span::new(at + 1, at + 1), Kind::Unwritten);
        }
        (span, kind)
    }

    fn alias(&mut self, span: Span, anchor: usize) -> Result<(), Stop> {
        self.check_count(span)?;
        let Some(target) = self.anchors.get(&anchor).copied() else {
            let message = "this alias stands inside the value it is for, which would never end";
            self.document.problem(ProblemKind::Syntax, span, message);
            return Err(Stop);
        };
        self.aliased = self.aliased.saturating_add(target.weight);
        if self.aliased > MAX_ALIASED {
            return self.limit(span, format!("aliases stand for more than {MAX_ALIASED} values"));
        }
        self.aliased_bytes = self.aliased_bytes.saturating_add(target.bytes);
        if self.aliased_bytes > MAX_ALIASED_BYTES {
            return self
                .limit(span, format!("aliases stand for more than {MAX_ALIASED_BYTES} bytes of text"));
        }
        if self.open.len() + target.height > MAX_DEPTH {
            return self
                .limit(span, format!("collections nest more than {MAX_DEPTH} deep through this alias"));
        }
        let id = self.document.tree.push(span, Kind::Alias(Index::new(target.id)));
        self.finish(Built { id, ..target }, 0);
        Ok(())
    }

    /// Hands a finished node to its parent, or to the document.
    fn finish(&mut self, built: Built, anchor: usize) {
        if anchor != 0 {
            // An alias node cannot carry an anchor, so what is stored here is never an alias itself.
            self.anchors.insert(anchor, built);
        }
        let Some(parent) = self.open.last_mut() else {
            // A document without content holds nothing to judge.
            let root = self.document.tree.node(built.id);
            if !(root.span().is_empty() && matches!(root.value(), super::Value::Null)) {
                self.document.roots.push(built.id);
            }
            return;
        };
        parent.weight = parent.weight.saturating_add(built.weight);
        parent.bytes = parent.bytes.saturating_add(built.bytes);
        parent.height = parent.height.max(built.height);
        let is_key = parent.is_map && parent.due.is_none();
        parent.due = is_key.then_some(built.id);
        parent.end = parent.end.max(Some(self.document.tree.span(built.id).end));
        if is_key {
            self.check_key(built.id);
        }
    }

    /// A key is text, or what can pass for it.
    fn check_key(&mut self, id: u32) {
        let tree = &mut self.document.tree;
        let span = tree.span(id);
        let is_text = matches!(tree.kind(id), Kind::String(_));
        if is_text && self.text.as_bytes().get(span.range()) == Some(b"<<") {
            let message = "YAML 1.2 has no merge keys: write the keys out";
            self.document.problem(ProblemKind::MergeKey, span, message);
            return;
        }
        let is_alias = tree.node(id).is_alias();
        match tree.node(id).value() {
            super::Value::List(_) | super::Value::Map(_) => {
                if is_alias {
                    tree.spoil(id);
                }
                self.document.problem(ProblemKind::Syntax, span, "a key must be plain text");
            }
            // Of the anchored value a problem has been reported.
            super::Value::Unreadable if is_alias => tree.spoil(id),
            _ => {}
        }
    }

    /// Reports the keys that stand a second time, and leaves their entries out: the first one counts.
    fn drop_repeated(&mut self, map: u32) {
        let tree = &mut self.document.tree;
        let repeated = tree.repeated(map);
        if repeated.is_empty() {
            return;
        }
        let problems = repeated.iter().take(MOST_REPEATED.saturating_sub(self.document.problems.len())).map(
            |&(first, key)| Problem {
                kind: ProblemKind::DuplicateKey,
                span: tree.span(key),
                message: format!("the key `{}` stands here a second time", tree.key(key)),
                help: None,
                related: Some((tree.span(first), "first here".to_owned())),
            },
        );
        self.document.problems.extend(problems);
        for (_, key) in repeated {
            tree.spoil(key);
        }
    }

    fn scalar(&mut self, text: &str, style: ScalarStyle, tag: Option<&Tag>, span: Span) -> Kind {
        let plain = style == ScalarStyle::Plain;
        // An empty value arrives as the text `~` over no bytes.
        if span.is_empty() && plain && tag.is_none() {
            return Kind::Null;
        }
        let wanted = match tag {
            None => None,
            // `!` alone says: do not resolve.
            Some(tag) if tag.handle().is_empty() && tag.suffix() == "!" => Some("str"),
            Some(tag) => {
                let core = tag.core_suffix();
                if !matches!(core, Some("str" | "null" | "bool" | "int" | "float")) {
                    let message = format!("the tag `{}` means nothing here", tag.original());
                    self.document.problem(ProblemKind::Syntax, span, message);
                    return Kind::Unreadable;
                }
                core
            }
        };
        match wanted {
            None if !plain => self.string(text, span),
            Some("str") => self.string(text, span),
            None => self.resolve(text, span),
            Some(core) => {
                let kind = self.resolve(text, span);
                let fits = match kind {
                    Kind::Null | Kind::Unwritten => core == "null",
                    Kind::Bool(_) => core == "bool",
                    Kind::Number(_) => core == "float" || (core == "int" && !text.contains(['.', 'e', 'E'])),
                    Kind::Unreadable => true,
                    Kind::String(_) | Kind::List(_) | Kind::Map(_) | Kind::Alias(_) => false,
                };
                if !fits {
                    let message = format!("this is not what its tag `!!{core}` says");
                    self.document.problem(ProblemKind::Syntax, span, message);
                    return Kind::Unreadable;
                }
                kind
            }
        }
    }

    fn string(&mut self, text: &str, span: Span) -> Kind {
        Kind::String(self.document.tree.letters_of(text, span))
    }

    /// A plain scalar's type by the core schema (YAML 1.2.2 §10.3.2).
    fn resolve(&mut self, text: &str, span: Span) -> Kind {
        match text {
            "~" | "null" | "Null" | "NULL" | "" => return Kind::Null,
            "true" | "True" | "TRUE" => return Kind::Bool(true),
            "false" | "False" | "FALSE" => return Kind::Bool(false),
            _ => {}
        }
        if !matches!(text.as_bytes()[0], b'-' | b'+' | b'.' | b'0'..=b'9') {
            return self.string(text, span);
        }
        let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
        if matches!(unsigned, ".inf" | ".Inf" | ".INF") || matches!(text, ".nan" | ".NaN" | ".NAN") {
            self.document.problem(ProblemKind::NonFinite, span, format!("`{text}` is not a finite number"));
            return Kind::Unreadable;
        }
        match Decimal::parse(text) {
            Ok(_) => Kind::Number(self.document.tree.letters_of(text, span)),
            Err(NotDecimal::NotANumber) => self.string(text, span),
            Err(NotDecimal::TooLong) => {
                let message = format!(
                    "a number here has {} digits at the most, and this one cannot be read exactly",
                    Decimal::MAX_DIGITS
                );
                self.document.problem(ProblemKind::InputLimit, span, message);
                Kind::Unreadable
            }
        }
    }

    fn check_collection_tag(&mut self, tag: Option<&Tag>, wanted: &str, span: Span) {
        if let Some(tag) = tag
            && tag.core_suffix() != Some(wanted)
        {
            let message = format!("the tag `{}` means nothing here", tag.original());
            let at = Span::new(span.start as usize, span.start as usize);
            self.document.problem(ProblemKind::Syntax, at, message);
        }
    }

    /// Refuses another node when there are too many, finished or open.
    fn check_count(&mut self, span: Span) -> Result<(), Stop> {
        if self.document.tree.len() >= MAX_NODES {
            return self.limit(span, format!("the file has more than {MAX_NODES} values"));
        }
        Ok(())
    }

    fn limit(&mut self, span: Span, message: String) -> Result<(), Stop> {
        self.document.problem(ProblemKind::InputLimit, span, message);
        Err(Stop)
    }
}
