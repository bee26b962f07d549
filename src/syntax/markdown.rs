//! Markdown to trees: one for each fenced block in YAML or JSON, and for any other that looks like a threat model.
//!
//! A block's own bytes are read in place, so places point into the Markdown file. The rest is prose and is left alone;
//! a marker in it goes unread, and [`crate::syntax::marker`] finds it.

use std::borrow::Cow;
use std::ops::Range;

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

use crate::source::{BOM, Language, Span};
use crate::syntax::lookalike::{Form, form_of};
use crate::syntax::unread::Spans;
use crate::syntax::{Document, ProblemKind, json, marker, yaml};

/// How many marks a page may hold: those of a thousand threat models.
const MOST_MARKS: usize = 200_000;

/// Ranges of a page in which a marker was read, reported, or is a mention.
#[derive(Debug, Default)]
pub(crate) struct Covered {
    /// Blocks that have a problem of their own.
    pub(crate) faulty: Vec<Span>,
    /// Fenced blocks.
    pub(crate) fences: Vec<Span>,
    /// Those of which trees were made.
    pub(crate) read: Vec<Span>,
    /// Code spans, in which prose mentions keys.
    pub(crate) code: Vec<Span>,
    /// Markers that were not read.
    pub(crate) unread: Vec<Span>,
}

impl Covered {
    /// Adds a code span. One that fills several lines, or contains a whole threat model, is no mention of a key.
    fn span(&mut self, text: &str, range: Range<usize>) {
        /// A mention is wrapped once at most.
        const FEW: usize = 3;
        let content = text[range.clone()].trim_matches('`');
        let lines = content.lines().filter(|line| !line.trim().is_empty()).count();
        if marker::is_mentioned(content) && (lines >= FEW || marker::is_whole_model(content)) {
            self.unread.extend(marker::keys(text, range));
        } else {
            self.code.push(Span::new(range.start, range.end));
        }
    }
}

/// Reads the fenced blocks of `text` into `document`: those in YAML and JSON, and any that looks like a threat model.
/// Which of them are threat models is told from their trees, like anything else.
pub(crate) fn read<'t>(document: &mut Document<'t>, text: &'t str) -> Covered {
    let page = text.strip_prefix(BOM).unwrap_or(text);
    let offset = text.len() - page.len();
    let mut covered = Covered::default();
    if marks(page) > MOST_MARKS {
        let message = format!("a page holds at most {MOST_MARKS} lines and signs of Markdown");
        document.problem(ProblemKind::InputLimit, Span::new(0, 0), message);
        return covered;
    }
    let front = front_matter(page);
    let mut block: Option<Block> = None;
    // Blocks of code and code spans.
    let mut inside = Vec::new();
    for (event, range) in Parser::new_ext(&fed(page), Options::ENABLE_TABLES).into_offset_iter() {
        match event {
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(info))) => {
                let language = info.split([' ', ',', '{', '}', '.']).find(|word| !word.is_empty());
                let language = language.unwrap_or_default().to_ascii_lowercase();
                block = Some(Block { language, ..Block::default() });
            }
            Event::Start(Tag::CodeBlock(CodeBlockKind::Indented)) => {
                let range = offset + range.start..offset + range.end;
                covered.unread.extend(marker::in_braces(text, range.clone(), marker::is_data));
                inside.push(Span::new(range.start, range.end));
            }
            Event::Text(content) => {
                if let Some(block) = &mut block {
                    block.start.get_or_insert(offset + range.start);
                    block.end = offset + range.end;
                    block.content.push_str(&content);
                }
            }
            Event::End(TagEnd::CodeBlock) => {
                let range = offset + range.start..offset + range.end;
                let span = Span::new(range.start, range.end);
                inside.push(span);
                covered.fences.extend(block.is_some().then_some(span));
                document.blocks.push(document.roots.len());
                match block.take().map(|block| block.read(document, text)) {
                    Some(Outcome::Faulty(block)) => covered.faulty.push(block),
                    Some(Outcome::Other) => {
                        covered.unread.extend(marker::in_braces(text, range, marker::is_data));
                    }
                    Some(Outcome::Mention) => covered.faulty.push(span),
                    Some(Outcome::Read) => covered.read.push(span),
                    None => {}
                }
            }
            // Backticks in front matter are characters of YAML.
            Event::Code(_) if range.start >= front => {
                let range = offset + range.start..offset + range.end;
                inside.push(Span::new(range.start, range.end));
                covered.span(text, range);
            }
            _ => {}
        }
    }
    let inside = Spans::of(inside);
    let objects = marker::in_braces(text, 0..text.len(), marker::is_object);
    covered.unread.extend(objects.into_iter().filter(|marker| !inside.contain(*marker)));
    covered
}

/// The page with line feeds in place of lone carriage returns, which the parser does not take for the end of a line.
fn fed(page: &str) -> Cow<'_, str> {
    let mut letters = page.chars().peekable();
    let mut feed = move || {
        let letter = letters.next()?;
        Some(if letter == '\r' && letters.peek() != Some(&'\n') { '\n' } else { letter })
    };
    if page.contains('\r') {
        Cow::Owned(std::iter::from_fn(&mut feed).collect())
    } else {
        Cow::Borrowed(page)
    }
}

/// Where the front matter of a page ends; 0 if there is none.
fn front_matter(page: &str) -> usize {
    let is_end = |line: &str| matches!(line.trim_end(), "---" | "...");
    let mut at = 0;
    for (number, line) in page.split_inclusive(['\n', '\r']).enumerate() {
        at += line.len();
        if number == 0 && line.trim_end() != "---" {
            return 0;
        }
        if number > 0 && is_end(line) {
            return at;
        }
    }
    0
}

/// How many bytes of a page the parser may make something of: breaks of lines, what begins items and quotations, and what
/// stands for itself in no text. It holds all that it makes at once, at most three nodes a mark.
fn marks(page: &str) -> usize {
    let bytes = page.as_bytes();
    let before = |at: usize| at.checked_sub(1).map(|at| bytes[at]);
    let is_mark = |(at, byte): &(usize, &u8)| match byte {
        b'\n' | b'\r' | b'*' | b'_' | b'&' | b'\\' | b'[' | b']' | b'<' | b'>' | b'!' | b'-' | b'+'
        | b'|' => true,
        // A run of them is one mark.
        b'`' => before(*at) != Some(b'`'),
        b'.' | b')' => before(*at).is_some_and(|before| before.is_ascii_digit()),
        _ => false,
    };
    bytes.iter().enumerate().filter(is_mark).count()
}

/// A fenced block: what Markdown says it holds, and the bytes from its first content to its last.
#[derive(Default)]
struct Block {
    start: Option<usize>,
    end: usize,
    content: String,
    language: String,
}

/// What a fenced block is.
enum Outcome {
    /// A tree, in which markers were found where there are any.
    Read,
    /// Something with a problem: its bytes.
    Faulty(Span),
    /// Text in which keys are mentioned.
    Mention,
    /// Anything else, of which no tree was made.
    Other,
}

impl Block {
    /// Reads the block into trees.
    fn read<'t>(self, document: &mut Document<'t>, text: &'t str) -> Outcome {
        let Some(start) = self.start else { return Outcome::Other };
        if self.is_part_of_a_change() {
            return Outcome::Mention;
        }
        let looks_like_model = looks_like_model(&self.content) || looks_like_report(&self.content);
        let is_json = self.language.starts_with("json");
        let is_data = is_json || matches!(self.language.as_str(), "yaml" | "yml");
        if !looks_like_model && !is_data && !self.language.is_empty() {
            return Outcome::Other;
        }
        // From the start of the line, so that an indented block keeps its shape.
        let line = text[..start].rfind(['\n', '\r']).map_or(0, |at| at + 1);
        let (roots, problems) = (document.roots.len(), document.problems.len());
        self.read_in_place(document, text, (line, start));
        if document.problems.len() == problems {
            return Outcome::Read;
        }
        // A page may show what is no YAML; only what was meant to be a threat model must be one.
        let language = if is_json { Language::Json } else { Language::Yaml };
        let is_model = || is_data || marker::count_parts(&self.content) > 0;
        let is_meant = looks_like_model
            || marker::is_mentioned(&self.content)
            || (marker::is_uncommented(&self.content, language) && is_model());
        let is_report = |root: &u32| document.tree.node(*root).get("vulnerabilities").is_some();
        if is_meant || document.roots[roots..].iter().any(is_report) {
            return Outcome::Faulty(Span::new(line, self.end));
        }
        document.problems.truncate(problems);
        document.roots.truncate(roots);
        Outcome::Other
    }

    /// Whether the block shows a change of a few lines, and no whole threat model.
    fn is_part_of_a_change(&self) -> bool {
        let is_line = |line: &str| {
            line.is_empty() || line.starts_with(['+', '-', ' ', '@', '\\']) || line.contains(' ')
        };
        matches!(self.language.as_str(), "diff" | "patch" | "udiff")
            && self.content.lines().all(is_line)
            && !marker::is_whole_model(&self.content)
    }

    fn read_in_place<'t>(&self, document: &mut Document<'t>, text: &'t str, (line, start): (usize, usize)) {
        let range: Range<usize> = line..self.end;
        if !text[line..start].trim().is_empty() || !same_lines(&text[range.clone()], &self.content) {
            let message =
                "a threat model inside a quotation cannot be read in place: move the block out of it";
            document.problem(ProblemKind::Syntax, Span::new(start, start), message);
        } else if self.language == "json" {
            json::read(document, text, range);
        } else {
            yaml::read(document, text, range);
        }
    }
}

/// Whether a block holds a threat model, or was meant to: by its outermost keys, read without parsing, so that a
/// block which does not parse is not passed over.
fn looks_like_model(content: &str) -> bool {
    let indent = |line: &str| line.len() - line.trim_start_matches([' ', '{']).len();
    let all = || content.trim_start_matches(BOM).split(['\n', '\r']);
    let lines = || all().filter(|line| !line.trim_start().starts_with(['#', '%']));
    let outermost = lines().filter(|line| !line.trim().is_empty()).map(indent).min().unwrap_or(0);
    let keys: Vec<&str> = lines()
        .filter(|line| indent(line) == outermost || line.trim_start().starts_with(['{', '"']))
        .filter_map(|line| line.trim_start_matches([' ', '{']).split_once(':'))
        .map(|(key, _)| key.trim().trim_matches(['"', '\'', '+']))
        .collect();
    let parts = marker::PARTS.iter().filter(|part| keys.contains(part)).count();
    let is_marker = |key: &&str| matches!(form_of(key), Some(Form::Exact | Form::Disguised));
    parts >= marker::WHOLE || keys.iter().any(is_marker)
}

/// Whether a block holds an OWASP report, or was meant to: by its keys wherever they are, read without parsing. A
/// `CycloneDX` document has some of them as well.
fn looks_like_report(content: &str) -> bool {
    let has = |key: &str| {
        content.match_indices(key).any(|(at, _)| {
            content[at + key.len()..].trim_start_matches(['"', '\'']).trim_start().starts_with(':')
        })
    };
    has("vulnerabilities") && (has("amplification_factors") || (has("metadata") && !has("bomFormat")))
}

/// Whether the bytes of a block are its content, but for indentation.
fn same_lines(bytes: &str, content: &str) -> bool {
    let lines = |text| {
        let text: &str = text;
        text.split(['\n', '\r']).map(str::trim).filter(|line| !line.is_empty())
    };
    lines(bytes).eq(lines(content))
}
