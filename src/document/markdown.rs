//! Markdown to trees: one for each fenced block in YAML or JSON, and for any other that looks like a threat model.
//!
//! A block's own bytes are read in place, so places point into the Markdown file. The rest is prose and is left alone,
//! but for a marker outside of every block: what stands there would go unread.

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

use super::{Document, MODEL_MARKER, ProblemKind, json, yaml};
use crate::source::{BOM, Span};
use crate::suggest::nearest;

/// How many marks a page may hold: those of a thousand threat models.
const MOST_MARKS: usize = 200_000;

/// Reads the fenced blocks of `text` into `document`: those in YAML and JSON, and any that looks like a threat model.
/// Which of them are threat models is told from their trees, like anything else.
pub(super) fn read<'t>(document: &mut Document<'t>, text: &'t str) {
    let page = text.strip_prefix(BOM).unwrap_or(text);
    let offset = text.len() - page.len();
    if marks(page) > MOST_MARKS {
        let message = format!("a page holds at most {MOST_MARKS} lines and signs of Markdown");
        return document.problem(ProblemKind::InputLimit, Span::new(0, 0), message);
    }
    let mut block: Option<Block> = None;
    let mut fenced: Vec<std::ops::Range<usize>> = Vec::new();
    for (event, range) in Parser::new_ext(page, Options::empty()).into_offset_iter() {
        match event {
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(info))) => {
                fenced.push(offset + range.start..offset + range.end);
                let language = info.split([' ', ',', '{', '}', '.']).find(|word| !word.is_empty());
                let language = language.unwrap_or_default().to_ascii_lowercase();
                block = Some(Block { language, ..Block::default() });
            }
            Event::Text(content) => {
                if let Some(block) = &mut block {
                    block.start.get_or_insert(offset + range.start);
                    block.end = offset + range.end;
                    block.content.push_str(&content);
                }
            }
            Event::End(TagEnd::CodeBlock) => {
                if let Some(block) = block.take() {
                    block.read(document, text);
                }
            }
            _ => {}
        }
    }
    report_unfenced(document, text, &fenced);
}

/// How many bytes of a page the parser may make something of: breaks of lines, what begins items and quotations, and what
/// stands for itself in no text. It holds all that it makes at once, at most three nodes a mark.
fn marks(page: &str) -> usize {
    let bytes = page.as_bytes();
    let before = |at: usize| at.checked_sub(1).map(|at| bytes[at]);
    let is_mark = |(at, byte): &(usize, &u8)| match byte {
        b'\n' | b'\r' | b'*' | b'_' | b'&' | b'\\' | b'[' | b']' | b'<' | b'>' | b'!' | b'-' | b'+' => true,
        // A run of them is one mark.
        b'`' => before(*at) != Some(b'`'),
        b'.' | b')' => before(*at).is_some_and(|before| before.is_ascii_digit()),
        _ => false,
    };
    bytes.iter().enumerate().filter(is_mark).count()
}

/// Reports a marker that begins a line outside of every fenced block: what stands there would go unread.
fn report_unfenced(document: &mut Document<'_>, text: &str, fenced: &[std::ops::Range<usize>]) {
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let marker = start + (line.len() - line.trim_start_matches([' ', '\t', BOM]).len());
        let is_marker =
            text[marker..].strip_prefix(MODEL_MARKER).is_some_and(|rest| rest.trim_start().starts_with(':'));
        // The blocks stand in the order of the page, one behind the other.
        let before = fenced.partition_point(|range| range.end <= marker);
        if is_marker && !fenced.get(before).is_some_and(|range| range.contains(&marker)) {
            let message = "a threat model in a page stands in a fenced block, ```yaml, and this one does not";
            document.problem(ProblemKind::Syntax, Span::new(marker, marker + MODEL_MARKER.len()), message);
        }
        start += line.len();
    }
}

/// A fenced block: what Markdown says it holds, and the bytes from its first content to its last.
#[derive(Default)]
struct Block {
    start: Option<usize>,
    end: usize,
    content: String,
    language: String,
}

impl Block {
    fn read<'t>(self, document: &mut Document<'t>, text: &'t str) {
        let Some(start) = self.start else { return };
        let looks_like_model = looks_like_model(&self.content);
        if !looks_like_model && !matches!(self.language.as_str(), "" | "yaml" | "yml" | "json") {
            return;
        }
        // From the start of the line, so that an indented block keeps its shape.
        let line = text[..start].rfind('\n').map_or(0, |at| at + 1);
        let (roots, problems) = (document.roots.len(), document.problems.len());
        if !text[line..start].trim().is_empty() || !same_lines(&text[line..self.end], &self.content) {
            let message =
                "a threat model inside a quotation cannot be read in place: move the block out of it";
            document.problem(ProblemKind::Syntax, Span::new(start, start), message);
        } else if self.language == "json" {
            json::read(document, text, line..self.end);
        } else {
            yaml::read(document, text, line..self.end);
        }
        // A page may show what is no YAML; only what was meant to be a threat model must be one.
        if document.problems.len() > problems && !looks_like_model {
            document.problems.truncate(problems);
            document.roots.truncate(roots);
        }
    }
}

/// Whether a block holds a threat model, or was meant to: by its outermost keys, read without parsing, so that a
/// block which does not parse is not passed over.
fn looks_like_model(content: &str) -> bool {
    let indent = |line: &str| line.len() - line.trim_start_matches([' ', '{']).len();
    let lines =
        || content.trim_start_matches(BOM).lines().filter(|line| !line.trim_start().starts_with(['#', '%']));
    let outermost = lines().filter(|line| !line.trim().is_empty()).map(indent).min().unwrap_or(0);
    let keys: Vec<&str> = lines()
        .filter(|line| indent(line) == outermost || line.trim_start().starts_with(['{', '"']))
        .filter_map(|line| line.trim_start_matches([' ', '{']).split_once(':'))
        .map(|(key, _)| key.trim().trim_matches(['"', '\'']))
        .collect();
    let has = |wanted: &str| keys.contains(&wanted);
    let parts = ["agent", "aivss", "maestro", "findings"].into_iter().filter(|part| has(part)).count();
    keys.iter().any(|key| nearest(key, [MODEL_MARKER]).is_some()) || parts >= 2
}

/// Whether the bytes of a block are its content, but for indentation.
fn same_lines(bytes: &str, content: &str) -> bool {
    bytes.lines().map(str::trim).eq(content.lines().map(str::trim))
}
