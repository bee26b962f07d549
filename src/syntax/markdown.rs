//! Markdown to trees: one for each fenced block in YAML or JSON, and for any other that looks like a threat model.
//!
//! The bytes of a block are read in place, so spans refer to the Markdown file. Below front matter with the marker, the rest
//! belongs to it ([`crate::page`]); [`crate::syntax::marker`] finds other markers in it, which are not read.

use std::borrow::Cow;
use std::ops::Range;

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

use crate::source::{BOM, Language, Span};
use crate::syntax::front_matter::{FrontMatter, FrontOutcome, read_front};
use crate::syntax::lookalike::{Form, form_of, words_in};
use crate::syntax::outline::{OutlineBlock, Outliner};
use crate::syntax::tree::{Document, ProblemKind};
use crate::syntax::{json, marker, yaml};

/// The most marks in a page: those of a thousand threat models.
const MAX_MARKS: usize = 200_000;

/// Ranges of a text in which a marker was read, reported, or is a mention.
#[derive(Debug, Default)]
pub(crate) struct Covered {
    /// Blocks that have a problem of their own.
    pub(crate) faulty: Vec<Span>,
    /// Fenced blocks.
    pub(crate) fences: Vec<Span>,
    /// Fenced blocks that became trees.
    pub(crate) read: Vec<Span>,
    /// Code spans, in which prose mentions keys.
    pub(crate) code: Vec<Span>,
    /// Blocks of code and code spans.
    pub(crate) inside: Vec<Span>,
    /// Markers that were not read.
    pub(crate) unread: Vec<Span>,
    /// The offset at which the prose begins, after front matter in YAML.
    pub(crate) prose: usize,
}

/// The prose of a page whose front matter has the marker, which is not in a tree yet.
pub(crate) struct Prose {
    /// The root of the front matter.
    pub(crate) root: u32,
    pub(crate) front: FrontMatter,
    pub(crate) blocks: Vec<OutlineBlock>,
}

/// Reads the front matter and the fenced blocks of `text` into `document`: blocks in YAML and JSON, and any that looks like
/// a threat model. If the front matter has the marker, `read_prose` takes what is below it.
pub(crate) fn read<'t>(
    document: &mut Document<'t>,
    text: &'t str,
    read_prose: impl FnOnce(&mut Document<'t>, Prose),
) -> Covered {
    let front = FrontMatter::of(text);
    let outcome = read_front(document, text, &front);
    let mut covered = Covered::default();
    let mut outliner = Outliner::default();
    let root = match outcome {
        FrontOutcome::Marked(root) => Some(root),
        FrontOutcome::Faulty => {
            covered.faulty.push(Span::new(front.inner.start, front.inner.end));
            None
        }
        FrontOutcome::Other => None,
    };
    let is_yaml = matches!(outcome, FrontOutcome::Marked(_) | FrontOutcome::Faulty);
    let start = if is_yaml { front.end } else { 0 };
    covered.prose = start;
    let mut reader = PageReader { text, block: None, covered };
    let is_read = each_event(document, text, start, |document, event, span| {
        if root.is_some() {
            outliner.event(&event, span);
        }
        // Backticks in front matter are characters of YAML.
        if !matches!(event, Event::Code(_)) || span.start as usize >= front.end {
            reader.event(document, event, span);
        }
    });
    if !is_read {
        return Covered::default();
    }
    reader.covered.unread.extend(front.toml_marker(text));
    if let Some(root) = root {
        read_prose(document, Prose { root, front, blocks: outliner.blocks });
    }
    reader.covered
}

/// Parses the text from an offset on and calls `with` for each event, with its bytes. Reports a page with too many signs,
/// which is not read.
pub(crate) fn each_event<'t>(
    document: &mut Document<'t>,
    text: &'t str,
    start: usize,
    mut with: impl FnMut(&mut Document<'t>, Event<'_>, Span),
) -> bool {
    let start = start.max(if text.starts_with(BOM) { BOM.len_utf8() } else { 0 });
    let page = &text[start..];
    if marks(page) > MAX_MARKS {
        let message = format!("page has more than {MAX_MARKS} lines and signs of Markdown");
        document.problem(ProblemKind::InputLimit, Span::new(0, 0), message);
        return false;
    }
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_HEADING_ATTRIBUTES;
    for (event, range) in Parser::new_ext(&with_feeds(page), options).into_offset_iter() {
        with(document, event, Span::new(range.start, range.end).moved(start));
    }
    true
}

/// The page with line feeds in place of lone carriage returns, which the parser does not take for the end of a line, and with
/// spaces in place of tabs below the header of a table, which it does not take for one.
fn with_feeds(page: &str) -> Cow<'_, str> {
    let mut page = Cow::Borrowed(page);
    if page.contains('\r') {
        let parts: Vec<String> = page.split("\r\n").map(|part| part.replace('\r', "\n")).collect();
        page = Cow::Owned(parts.join("\r\n"));
    }
    if page.contains('\t') && (page.contains("|\t") || page.contains("\t|") || page.contains("-\t")) {
        let lines = page.split_inclusive('\n').map(|line| {
            let is_rule = line.contains('-') && line.bytes().all(|byte| b"|:- \t\r\n".contains(&byte));
            if is_rule { Cow::Owned(line.replace('\t', " ")) } else { Cow::Borrowed(line) }
        });
        page = Cow::Owned(lines.collect());
    }
    page
}

/// The number of bytes of a page that may have a meaning in Markdown: breaks of lines, beginnings of items and quotations,
/// and signs. The parser keeps at most three nodes for each of them, all at once.
fn marks(page: &str) -> usize {
    let mut last = b' ';
    let marks = page.bytes().filter(|byte| {
        let before = std::mem::replace(&mut last, *byte);
        match byte {
            // A run of them is one mark.
            b'`' => before != b'`',
            b'.' | b')' => before.is_ascii_digit(),
            b'\n' | b'\r' | b'*' | b'_' | b'&' | b'\\' | b'[' | b']' | b'<' | b'>' | b'!' | b'-' | b'+'
            | b'|' => true,
            _ => false,
        }
    });
    marks.count()
}

struct PageReader<'t> {
    text: &'t str,
    /// The fenced block whose end has not been read.
    block: Option<FencedBlock>,
    covered: Covered,
}

impl<'t> PageReader<'t> {
    fn event(&mut self, document: &mut Document<'t>, event: Event<'_>, span: Span) {
        match event {
            Event::Start(Tag::CodeBlock(CodeBlockKind::Indented)) => self.find_in_braces(span),
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(info))) => {
                let language = info.split([' ', ',', '{', '}', '.']).find(|word| !word.is_empty());
                let language = language.unwrap_or_default().to_ascii_lowercase();
                self.block = Some(FencedBlock { language, ..FencedBlock::default() });
            }
            Event::Text(content) => {
                if let Some(block) = &mut self.block {
                    block.start.get_or_insert(span.range().start);
                    block.end = span.range().end;
                    block.content.push_str(&content);
                }
            }
            Event::End(TagEnd::CodeBlock) => self.end(document, span),
            Event::Code(_) => self.code_span(span),
            _ => {}
        }
    }

    fn end(&mut self, document: &mut Document<'t>, span: Span) {
        self.covered.inside.push(span);
        document.blocks.push(document.roots.len());
        let Some(block) = self.block.take() else { return };
        self.covered.fences.push(span);
        match block.read(document, self.text) {
            BlockOutcome::Read => self.covered.read.push(span),
            BlockOutcome::Faulty(block) => self.covered.faulty.push(block),
            BlockOutcome::Mention => self.covered.faulty.push(span),
            BlockOutcome::Other => self.find_in_braces(span),
        }
    }

    fn find_in_braces(&mut self, span: Span) {
        let words = words_in(self.text, span.range(), Language::Markdown);
        let found = marker::in_braces(self.text, &words, span.range().start, marker::is_data);
        self.covered.unread.extend(found);
    }

    /// Adds a code span. One that fills several lines, or contains a whole threat model, is not a mention of a key.
    fn code_span(&mut self, span: Span) {
        /// A mention is wrapped once at most.
        const FEW: usize = 3;
        self.covered.inside.push(span);
        let content = self.text[span.range()].trim_matches('`');
        let lines = content.lines().filter(|line| !line.trim().is_empty()).count();
        let is_mentioned = marker::keys(content).next().is_some();
        if is_mentioned && (lines >= FEW || marker::is_whole_model(content)) {
            let keys = marker::keys(&self.text[span.range()]);
            self.covered.unread.extend(keys.map(|key| key.moved(span.range().start)));
        } else {
            self.covered.code.push(span);
        }
    }
}

/// A fenced block: its language, its text, and the bytes from its first content to its last.
#[derive(Default)]
struct FencedBlock {
    start: Option<usize>,
    end: usize,
    content: String,
    language: String,
}

enum BlockOutcome {
    /// A tree, whose markers are found.
    Read,
    /// The bytes of a block with a problem.
    Faulty(Span),
    /// Text that mentions keys.
    Mention,
    /// A block that is not read.
    Other,
}

impl FencedBlock {
    fn read<'t>(self, document: &mut Document<'t>, text: &'t str) -> BlockOutcome {
        let Some(start) = self.start else { return BlockOutcome::Other };
        if self.is_part_of_a_change() {
            return BlockOutcome::Mention;
        }
        let looks_like_model = looks_like_model(&self.content) || looks_like_report(&self.content);
        let is_json = self.language.starts_with("json");
        let is_data = is_json || matches!(self.language.as_str(), "yaml" | "yml");
        if !looks_like_model && !is_data && !self.language.is_empty() {
            return BlockOutcome::Other;
        }
        // From the start of the line, so that an indented block keeps its shape.
        let line = text[..start].rfind(['\n', '\r']).map_or(0, |at| at + 1);
        let (roots, problems) = (document.roots.len(), document.problems.len());
        self.read_in_place(document, text, line..start);
        if document.problems.len() == problems {
            return BlockOutcome::Read;
        }
        // A page may show malformed YAML; only a block that is meant to be a threat model must be one.
        let language = if is_json { Language::Json } else { Language::Yaml };
        let is_meant = looks_like_model
            || marker::keys(&self.content).next().is_some()
            || (marker::is_uncommented(&self.content, language)
                && (is_data || marker::count_parts(&self.content) > 0));
        let mut read = document.roots[roots..].iter().map(|root| document.tree.node(*root));
        if is_meant || read.any(|root| root.get("vulnerabilities").is_some()) {
            return BlockOutcome::Faulty(Span::new(line, self.end));
        }
        document.problems.truncate(problems);
        document.roots.truncate(roots);
        BlockOutcome::Other
    }

    /// Whether the block shows a change of a few lines, and not a whole threat model.
    fn is_part_of_a_change(&self) -> bool {
        matches!(self.language.as_str(), "diff" | "patch" | "udiff")
            && self.content.lines().all(|line| {
                line.is_empty() || line.starts_with(['+', '-', ' ', '@', '\\']) || line.contains(' ')
            })
            && !marker::is_whole_model(&self.content)
    }

    /// Reads the block from its first line on. `indent` is the range between the start of that line and the content.
    fn read_in_place<'t>(&self, document: &mut Document<'t>, text: &'t str, indent: Range<usize>) {
        let range = indent.start..self.end;
        let lines = text[range.clone()].split(['\n', '\r']).map(str::trim).filter(|line| !line.is_empty());
        let content = self.content.split(['\n', '\r']).map(str::trim).filter(|line| !line.is_empty());
        if !text[indent.clone()].trim().is_empty() || !lines.eq(content) {
            let message = "threat model inside a quotation cannot be read: move the block out of it";
            document.problem(ProblemKind::Syntax, Span::new(indent.end, indent.end), message);
        } else if self.language == "json" {
            json::read(document, text, range);
        } else {
            yaml::read(document, text, range);
        }
    }
}

/// Whether a block contains a threat model, or is meant to, by its outermost keys. They are found without parsing, so that
/// a malformed block is not skipped.
fn looks_like_model(content: &str) -> bool {
    let lines = content.trim_start_matches(BOM).split(['\n', '\r']);
    let lines: Vec<&str> = lines.filter(|line| !line.trim_start().starts_with(['#', '%'])).collect();
    let written = lines.iter().filter(|line| !line.trim().is_empty());
    let outermost = written.map(|line| indent(line)).min().unwrap_or(0);
    let mut keys = Vec::new();
    for line in lines {
        if indent(line) == outermost || line.trim_start().starts_with(['{', '"']) {
            let key = line.trim_start_matches([' ', '{']).split_once(':').map(|(key, _)| key.trim());
            keys.extend(key.map(|key| key.trim_matches(['"', '\'', '+'])));
        }
    }
    marker::PARTS.iter().filter(|part| keys.contains(part)).count() >= marker::WHOLE
        || keys.iter().any(|key| matches!(form_of(key), Some(Form::Exact | Form::Disguised)))
}

/// The number of spaces and braces at the beginning of a line.
fn indent(line: &str) -> usize {
    line.len() - line.trim_start_matches([' ', '{']).len()
}

/// Whether a block contains an OWASP report, or is meant to, by its keys at any depth, found without parsing. A `CycloneDX`
/// document has some of them as well.
fn looks_like_report(content: &str) -> bool {
    has_key(content, "vulnerabilities")
        && (has_key(content, "amplification_factors")
            || (has_key(content, "metadata") && !has_key(content, "bomFormat")))
}

fn has_key(content: &str, key: &str) -> bool {
    let mut rest = content.match_indices(key).map(|(at, _)| &content[at + key.len()..]);
    rest.any(|rest| rest.trim_start_matches(['"', '\'']).trim_start().starts_with(':'))
}
