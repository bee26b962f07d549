//! YAML 1.2 to tree, from the events of `granit-parser`; with `crates/yaml-events`, the only file that knows that crate.
//!
//! Scalars are resolved by the core schema: `no` is text, `0o17` is 15, `.inf` is refused. Hostile input is
//! bounded before anything is built from it: depth, number of nodes, and what aliases would unfold to.

use std::collections::HashMap;
use std::ops::Range;

use aivss_lint_yaml_events as events;
use events::{Event, Options, ScalarStyle, ScanError, StructureStyle, Tag};

use crate::decimal::{Decimal, NotDecimal};
use crate::source::{BOM, Span};
use crate::syntax::tree::{Index, Kind};
use crate::syntax::{Document, MAX_DEPTH, MAX_NODES, Problem, ProblemKind};

/// How many nodes aliases may add to a file's own when they are followed.
const MAX_ALIASED: u64 = 100_000;
/// How many bytes of text aliases may add to a file's own when they are followed.
const MAX_ALIASED_BYTES: u64 = 4 * 1024 * 1024;

/// Reads the YAML documents in `range` of `text` into `document`.
pub(crate) fn read<'t>(document: &mut Document<'t>, text: &'t str, range: Range<usize>) {
    let mut builder = Builder::new(document, text, range.clone());
    for stream in streams(text, range) {
        if builder.read(stream).is_err() {
            return;
        }
    }
}

/// Splits a text before each byte order mark that begins a later document, where the parser does not accept one. Only blank
/// lines and comments may stand between the mark and the start of the document.
fn streams(text: &str, range: Range<usize>) -> Vec<Range<usize>> {
    let mut starts = vec![range.start];
    let slice = &text[range.clone()];
    let (mut at, mut mark) = (range.start, None);
    let lines = if slice.trim_start_matches(BOM).contains(BOM) { slice } else { "" };
    for line in lines.split_inclusive(['\n', '\r']) {
        let unmarked = line.trim_start_matches(BOM);
        let first = mark.or((unmarked.len() < line.len()).then_some(at));
        mark = first.filter(|_| is_blank_line(unmarked));
        if is_document_start(unmarked) {
            starts.extend(first.filter(|first| *first > range.start));
        }
        at += line.len();
    }
    let ends = starts.iter().skip(1).copied().chain([range.end]);
    starts.iter().copied().zip(ends).map(|(start, end)| start..end).collect()
}

/// Whether a text is nothing but spaces.
fn is_blank(text: &str) -> bool {
    text.bytes().all(|byte| byte == b' ')
}

/// A text without the line break at its end.
fn without_break(text: &str) -> &str {
    let text = text.strip_suffix('\n').unwrap_or(text);
    text.strip_suffix('\r').unwrap_or(text)
}

/// Whether a line has nothing in it but white space and a comment.
fn is_blank_line(line: &str) -> bool {
    let content = line.trim();
    content.is_empty() || content.starts_with('#')
}

fn is_document_start(line: &str) -> bool {
    line.strip_prefix("---").is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t', '\n', '\r']))
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

/// What the parser refuses, in words and at a place that help.
struct Refused {
    at: usize,
    kind: ProblemKind,
    message: String,
    help: Option<&'static str>,
    related: Option<(Span, &'static str)>,
}

impl Refused {
    fn new(at: usize, message: impl Into<String>) -> Self {
        Self { at, kind: ProblemKind::Syntax, message: message.into(), help: None, related: None }
    }

    /// A tab that indents.
    fn tab(at: usize) -> Self {
        let help = Some("indent with spaces");
        Self { help, ..Self::new(at, "a tab stands where YAML indents with spaces") }
    }
}

struct Builder<'d, 't> {
    document: &'d mut Document<'t>,
    text: &'t str,
    /// What to add to the parser's offsets.
    offset: usize,
    /// Where the text ends that is read.
    end: usize,
    /// Where the value or key ends that was read last.
    read: usize,
    has_tabs: bool,
    open: Vec<Open>,
    anchors: HashMap<usize, Built>,
    /// Nodes that following every alias would add.
    aliased: u64,
    /// Bytes of text that following every alias would add.
    aliased_bytes: u64,
}

impl<'d, 't> Builder<'d, 't> {
    fn new(document: &'d mut Document<'t>, text: &'t str, range: Range<usize>) -> Self {
        Self {
            document,
            text,
            offset: range.start,
            end: range.end,
            read: range.start,
            has_tabs: text[range].contains('\t'),
            open: Vec::new(),
            anchors: HashMap::new(),
            aliased: 0,
            aliased_bytes: 0,
        }
    }

    /// Reads one stream of documents. No alias leads to an earlier one.
    fn read(&mut self, stream: Range<usize>) -> Result<(), Stop> {
        let mut options = Options::default();
        options.strict_indentation = true;
        options.flow_nesting_limit = MAX_DEPTH;
        options.block_nesting_limit = MAX_DEPTH;
        self.anchors.clear();
        (self.offset, self.end, self.read) = (stream.start, stream.end, stream.start);
        let mut outcome = Ok(());
        events::each(&self.text[stream], options, &mut |event| {
            outcome = match event {
                Ok((event, span)) => self.event(event, &span),
                Err(error) => {
                    self.syntax_error(&error);
                    Err(Stop)
                }
            };
            outcome.is_ok()
        });
        outcome
    }

    fn event(&mut self, event: Event<'t>, span: &events::Span) -> Result<(), Stop> {
        let indent = span.indent;
        let span = self.place(span);
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let span = if matches!(style, ScalarStyle::Literal | ScalarStyle::Folded) {
                    self.without_blank_end(span, indent, &text)
                } else {
                    span
                };
                let kind = self.scalar(&text, style, tag.as_deref(), span);
                let is_text = matches!(kind, Kind::String(_) | Kind::Number(_));
                let bytes = if is_text { text.len() as u64 } else { 0 };
                self.leaf(span, kind, bytes, (anchor, tag.is_some()))
            }
            Event::SequenceStart(style, anchor, tag) => {
                self.check_collection_tag(tag.as_deref(), "seq", span);
                let span = self.with_dash(span, style);
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

    /// The place of a block scalar up to the end of its last line. The parser ends it where the next token begins.
    fn without_blank_end(&self, span: Span, indent: Option<usize>, text: &str) -> Span {
        let mut range = span.range();
        if text.trim().is_empty() {
            // There is no first line to begin at.
            range.start = self.header(range.end);
        }
        let written = &self.text[range.clone()];
        let last = &written[written.rfind(['\n', '\r']).map_or(written.len(), |at| at + 1)..];
        let is_kept = text.ends_with("\n\n") || (!text.is_empty() && text.trim().is_empty());
        if !is_blank(last) || (is_kept && range.end == self.end && !last.is_empty()) {
            return span;
        }
        let mut written = without_break(&written[..written.len() - last.len()]);
        // Blank lines at the end belong to the text only where it keeps them; deeper ones are lines of the text.
        let Some(indent) = indent.filter(|_| !is_kept) else {
            return Span::new(range.start, range.start + written.len());
        };
        while let Some(at) = written.rfind(['\n', '\r']) {
            let last = &written[at + 1..];
            if !is_blank(last) || last.len() > indent {
                break;
            }
            written = without_break(&written[..=at]);
        }
        Span::new(range.start, range.start + written.len())
    }

    /// Where the `|` or `>` of a block scalar stands that ends at a place.
    fn header(&self, end: usize) -> usize {
        let bytes = self.text.as_bytes();
        let mut at = self.read;
        while at < end {
            let is_apart = at == 0 || matches!(bytes[at - 1], b' ' | b'\t' | b'\n' | b'\r');
            match bytes[at] {
                b'|' | b'>' if is_apart => return at,
                b'#' if is_apart => at = self.text[at..end].find(['\n', '\r']).map_or(end, |feed| at + feed),
                _ => at += 1,
            }
        }
        end
    }

    /// The place of a list from its first dash on. The parser begins one that is not indented at its first item.
    fn with_dash(&self, span: Span, style: StructureStyle) -> Span {
        let start = span.start as usize;
        let map = self.open.last().filter(|open| open.is_map && style == StructureStyle::Block);
        let Some(map) = map else { return span };
        let line = self.line_start(start);
        let dash = line + self.text[line..start].find(|letter| letter != ' ').unwrap_or(start - line);
        let is_dash = self.text[dash..].starts_with('-') && dash - line == self.column(map.start);
        if is_dash { Span::new(dash, span.end as usize) } else { span }
    }

    /// Where the line of a place begins, after a byte order mark.
    fn line_start(&self, at: usize) -> usize {
        let before = &self.text[self.offset..at];
        let line = before.rfind(['\n', '\r']).map_or(0, |feed| feed + 1);
        let mark = before[line..].len() - before[line..].trim_start_matches(BOM).len();
        self.offset + line + mark
    }

    /// How many bytes stand before a place in its line.
    fn column(&self, at: usize) -> usize {
        at - self.line_start(at)
    }

    fn place(&self, span: &events::Span) -> Span {
        let range = span.byte_range().unwrap_or(0..0);
        Span::new(self.offset + range.start, self.offset + range.end)
    }

    fn syntax_error(&mut self, error: &ScanError) {
        let at = self.offset + error.marker().byte_offset().unwrap_or(0);
        let at = (0..=at.min(self.text.len())).rev().find(|at| self.text.is_char_boundary(*at)).unwrap_or(0);
        self.report(self.refused(error, at));
    }

    fn report(&mut self, refused: Refused) {
        let problem = Problem {
            kind: refused.kind,
            span: self.letter(refused.at),
            message: refused.message,
            help: refused.help.map(str::to_owned),
            related: refused.related.map(|(span, message)| (span, message.to_owned())),
        };
        self.document.report(problem);
    }

    /// What is wrong, and where, in words of its own where those of the parser mislead.
    fn refused(&self, error: &ScanError, at: usize) -> Refused {
        use events::ErrorKind as Kind;
        match error.kind() {
            Kind::RecursionLimitExceeded => Refused {
                kind: ProblemKind::InputLimit,
                ..Refused::new(at, format!("collections nest more than {MAX_DEPTH} deep"))
            },
            Kind::TabNotAllowed
            | Kind::TabInBlockIndentation
            | Kind::TabInIndentation
            | Kind::TabInPlainScalar
            | Kind::InvalidBlockEntryWhitespace
            | Kind::TabAtBlockScalarStart => Refused::tab(self.tab_near(at)),
            Kind::UnclosedQuotedScalar
            | Kind::DocumentIndicatorInQuotedScalar
            | Kind::InvalidQuotedScalarIndent => self.open_quote(at),
            Kind::InvalidTrailingSingleQuotedScalar | Kind::InvalidTrailingDoubleQuotedScalar => {
                self.after_quote(at)
            }
            Kind::InvalidIndentation
            | Kind::UnclosedFlowCollection { .. }
            | Kind::UnexpectedEofFlowSequence
            | Kind::UnexpectedEofFlowMapping
            | Kind::UnexpectedEofImplicitFlowMapping
            | Kind::ExpectedNodeContent
            | Kind::ExpectedFlowSequenceSeparator
            | Kind::ExpectedFlowMappingSeparator
                if self.flow_start().is_some() =>
            {
                self.in_brackets(error, at, self.flow_start().unwrap_or(at))
            }
            Kind::UnexpectedCharacter { character } => self.character(*character, at),
            Kind::UnknownAnchor => Refused {
                help: Some("put quotes around text that begins with `*`"),
                ..Refused::new(at, "nothing is anchored under the name of this alias")
            },
            _ if self.leading_tab(at).is_some() => Refused::tab(self.leading_tab(at).unwrap_or(at)),
            Kind::ExpectedBlockMappingKey => self.not_a_key(at),
            Kind::SimpleKeyExpected => Refused {
                help: Some("write `key: value`, or indent the line further if it continues the text above"),
                ..Refused::new(at, "this line has no colon and space after its key")
            },
            Kind::MappingValueNotAllowed => Refused {
                help: Some(
                    "put quotes around text that holds a colon followed by a space; a key stands right below the one before it",
                ),
                ..Refused::new(at, error.info())
            },
            _ => Refused::new(at, error.info()),
        }
    }

    /// A text in quotes that is not closed where it has to end, at the latest.
    fn open_quote(&self, at: usize) -> Refused {
        let quote = self.last_quote(at).map_or(at, |quote| quote.start);
        let help = Some("close the quotes, or indent all lines of the text further than its key");
        if at <= quote || at >= self.end {
            return Refused { help, ..Refused::new(quote, "the quotes that open here are not closed") };
        }
        let message = "the quotes that open here are not closed before a line that is not part of the text";
        let related = Some((self.letter(at), "this line is not indented further than the key of the text"));
        Refused { help, related, ..Refused::new(quote, message) }
    }

    /// Something behind a text in quotes, which may have been opened or closed elsewhere than was meant.
    fn after_quote(&self, at: usize) -> Refused {
        let quote = self.last_quote(at).map_or(at, |quote| quote.start);
        let help = if self.text[quote..].starts_with('"') {
            "write a quote within the text as `\\\"`, or close the quotes that were meant to end before"
        } else {
            "write an apostrophe within the text as `''`, or close the quotes that were meant to end before"
        };
        Refused {
            help: Some(help),
            related: Some((self.letter(quote), "the quotes open here")),
            ..Refused::new(at, "something follows the closing quote of a text")
        }
    }

    /// A line among the keys of a mapping that is none of them. The parser reports an item of a list behind its dash.
    fn not_a_key(&self, at: usize) -> Refused {
        let line = self.line_start(at);
        let content = self.text[line..at].trim_start_matches(' ');
        if content.starts_with('-') {
            let help = Some("put the items of a list below the key of the list");
            return Refused {
                help,
                ..Refused::new(at - content.len(), "a list item is among the keys of a mapping")
            };
        }
        let help = Some("indent it like the key before it, or put quotes around a text of several lines");
        Refused { help, ..Refused::new(at, "this line is not indented like the keys of its mapping") }
    }

    /// Something in brackets that does not belong there, or brackets that are not closed.
    fn in_brackets(&self, error: &ScanError, at: usize, start: usize) -> Refused {
        if self.last_quote(at).is_some_and(|quote| quote.end > at) {
            return self.open_quote(at);
        }
        if let Some(tab) = self.leading_tab(at) {
            return Refused::tab(tab);
        }
        let bracket = self.text[start..].chars().next().unwrap_or('[');
        let before = self.text[start..at].trim_end();
        match self.text[at..].chars().next() {
            Some(',') if before.len() == 1 || before.ends_with(',') => Refused {
                help: Some("remove the comma, or write a value before it"),
                ..Refused::new(at, "a value is missing before this comma")
            },
            Some(close @ (']' | '}')) if matches!(error.kind(), events::ErrorKind::InvalidIndentation) => {
                let help = "indent it further than the key that it belongs to, or put it at the end of the line before";
                let message = format!("`{close}` is not indented further than the key that it belongs to");
                Refused { help: Some(help), ..Refused::new(at, message) }
            }
            _ => Refused {
                help: Some(
                    "close it, put a comma between its parts, or put quotes around text that begins with it",
                ),
                ..Refused::new(
                    start,
                    format!("what `{bracket}` opens here does not end as it should: {}", error.info()),
                )
            },
        }
    }

    /// A character that may not stand where it does. The parser reports some at the beginning of their text.
    fn character(&self, character: char, at: usize) -> Refused {
        let at = self.text[at..self.end].find(character).map_or(at, |found| at + found);
        if character.is_ascii_graphic() {
            let help = Some("put quotes around text that begins with it");
            return Refused { help, ..Refused::new(at, format!("no value begins with `{character}`")) };
        }
        let help = Some("write it as an escape in double quotes");
        let message = format!("the character U+{:04X} cannot be written as it is", u32::from(character));
        Refused { help, ..Refused::new(at, message) }
    }

    /// The place of a character that does not end a line.
    fn letter(&self, at: usize) -> Span {
        let next = self.text[at..].chars().next().filter(|next| !matches!(next, '\n' | '\r'));
        Span::new(at, at + next.map_or(0, char::len_utf8))
    }

    /// The last text in quotes that opens before a place, among what has not been read.
    fn last_quote(&self, at: usize) -> Option<Range<usize>> {
        let (mut here, mut last) = (self.read, None);
        while let Some(found) = self.text.get(here..at).and_then(|rest| rest.find(['"', '\'', '#'])) {
            let mark = here + found;
            let before = self.text[..mark].chars().next_back();
            let is_apart = before.is_none_or(|before| before.is_whitespace() || "[{,:".contains(before));
            here = match self.text.as_bytes()[mark] {
                b'#' if is_apart => self.text[mark..at].find(['\n', '\r']).map_or(at, |end| mark + end),
                quote @ (b'"' | b'\'') if is_apart => {
                    let end = self.closing(quote, mark + 1);
                    last = Some(mark..end);
                    end
                }
                _ => mark + 1,
            };
        }
        last
    }

    /// The place behind the quote that closes a text.
    fn closing(&self, quote: u8, start: usize) -> usize {
        let bytes = &self.text.as_bytes()[..self.end];
        let mut at = start;
        while let Some(byte) = bytes.get(at) {
            let is_escape = match quote {
                b'"' => *byte == b'\\',
                _ => *byte == quote && bytes.get(at + 1) == Some(&quote),
            };
            if *byte == quote && !is_escape {
                return at + 1;
            }
            at += if is_escape { 2 } else { 1 };
        }
        self.end
    }

    /// Where the innermost collection in brackets opens that has not been closed.
    fn flow_start(&self) -> Option<usize> {
        let open = self.open.iter().rev().find(|open| open.style == StructureStyle::Flow)?;
        self.text[open.start..].starts_with(['[', '{']).then_some(open.start)
    }

    /// The first tab in the white space that begins the line of a place, also after the dash of an item and its like.
    fn leading_tab(&self, at: usize) -> Option<usize> {
        let line = self.line_start(at);
        let mut rest = &self.text[line..self.end];
        loop {
            let content = rest.trim_start_matches([' ', '\t']);
            if let Some(tab) = rest[..rest.len() - content.len()].find('\t') {
                return Some(self.end - rest.len() + tab);
            }
            rest = content.strip_prefix(['-', '?', ':']).filter(|rest| rest.starts_with([' ', '\t']))?;
        }
    }

    /// The first tab in the white space that begins a line, from the line of `at` on, or else before `at` in its line: the
    /// parser reports such a tab from the end of the value before it.
    fn tab_near(&self, at: usize) -> usize {
        let line = self.line_start(at);
        let mut start = line;
        for line in self.text[line..self.end].split_inclusive('\n').take(3) {
            if let Some(tab) = self.leading_tab(start) {
                return tab;
            }
            start += line.len();
        }
        self.text[line..at].rfind('\t').map_or(at, |tab| line + tab)
    }

    /// Refuses a tab in the white space before a block collection, which indents it.
    fn check_indentation(&mut self, start: usize) -> Result<(), Stop> {
        let Some(tab) = self.tab_before(start) else { return Ok(()) };
        self.report(Refused::tab(tab));
        Err(Stop)
    }

    /// The first tab in the white space before a place, and before the tags and anchors that stand there.
    fn tab_before(&self, at: usize) -> Option<usize> {
        let mut before = &self.text[self.offset..at];
        loop {
            let rest = before.trim_end_matches([' ', '\t']);
            if let Some(tab) = before[rest.len()..].find('\t') {
                return Some(self.offset + rest.len() + tab);
            }
            let word = rest.rfind([' ', '\t', '\n', '\r']).map_or(0, |white| white + 1);
            if !rest[word..].starts_with(['&', '!']) {
                return None;
            }
            before = &rest[..word];
        }
    }

    fn start(&mut self, span: Span, style: StructureStyle, anchor: usize, is_map: bool) -> Result<(), Stop> {
        self.check_count(span)?;
        if self.open.len() >= MAX_DEPTH {
            return self.limit(span, format!("collections nest more than {MAX_DEPTH} deep"));
        }
        let start = span.start as usize;
        if self.has_tabs && style == StructureStyle::Block {
            self.check_indentation(start)?;
        }
        self.read = span.end as usize;
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
            self.document.drop_repeated(open.id);
        }
        let built = Built { id: open.id, weight: open.weight, bytes: open.bytes, height: open.height + 1 };
        self.sort_and_dedup(built, open.anchor);
    }

    fn leaf(
        &mut self,
        span: Span,
        kind: Kind,
        bytes: u64,
        (anchor, has_tag): (usize, bool),
    ) -> Result<(), Stop> {
        self.check_count(span)?;
        self.read = self.read.max(span.end as usize);
        let (span, kind) = self.behind_colon(span, kind);
        let id = self.document.tree.push(span, kind);
        if anchor != 0 || has_tag {
            self.document.tree.set_tagged(id);
        }
        self.sort_and_dedup(Built { id, weight: 1, bytes, height: 0 }, anchor);
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
        self.sort_and_dedup(Built { id, ..target }, 0);
        Ok(())
    }

    /// Hands a finished node to its parent, or to the document.
    fn sort_and_dedup(&mut self, built: Built, anchor: usize) {
        if anchor != 0 {
            // An alias node cannot carry an anchor, so what is stored here is never an alias itself.
            self.anchors.insert(anchor, built);
        }
        let Some(parent) = self.open.last_mut() else {
            // A document without content holds nothing to judge.
            let root = self.document.tree.node(built.id);
            if !(root.span().is_empty() && matches!(root.value(), crate::syntax::Value::Null)) {
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
            crate::syntax::Value::List(_) | crate::syntax::Value::Map(_) => {
                if is_alias {
                    tree.spoil(id);
                }
                self.document.problem(ProblemKind::Syntax, span, "a key must be plain text");
            }
            // Of the anchored value a problem has been reported.
            crate::syntax::Value::Unreadable if is_alias => tree.spoil(id),
            _ => {}
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
            _ if matches!(style, ScalarStyle::Literal | ScalarStyle::Folded)
                && wanted.is_none_or(|tag| tag == "str") =>
            {
                Kind::String(self.document.tree.unescape([text]))
            }
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
                self.document.number_too_long(span);
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
