//! Text to tree: one tree for YAML, JSON and Markdown, each key and value with its exact bytes.
//!
//! [`parse`] never fails and never panics: what is wrong with a text becomes a [`Problem`] with a place. What a
//! key or a value *means* is not known here; that begins in [`crate::model`].

mod insertion;
mod json;
mod likeness;
mod lookalike;
mod markdown;
mod marker;
mod pointer;
mod tree;
#[cfg(test)]
mod tests;
mod unread;
mod yaml;

pub use crate::syntax::insertion::{Addition, New};
pub(crate) use likeness::Likeness;
pub(crate) use lookalike::{Form, LONGEST as LONGEST_LOOKALIKE, form_of, is_key_in};
pub(crate) use marker::may_be_model;
pub use pointer::{missing_at, place_of, pointer};
pub use tree::{Entry, List, Map, Node, Tree, Vacancy, Value, canonical};

use std::ops::Range;

use crate::decimal::Decimal;
use crate::diagnostic::{Diagnostic, Owner, RuleInfo};
use crate::source::{Language, Source, Span};
use markdown::Covered;

/// A file's text as trees, with all that was wrong with it.
#[derive(Debug, Default)]
pub struct Document<'t> {
    tree: Tree<'t>,
    roots: Vec<u32>,
    /// How many roots come before each block of code of a page.
    blocks: Vec<usize>,
    /// What could not be read, in the order met. Reading stops where the parser does.
    pub problems: Vec<Problem>,
}

/// One thing that is wrong with a text, before anything is asked about its meaning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// What sort of thing.
    pub kind: ProblemKind,
    /// The offending bytes.
    pub span: Span,
    /// What is wrong, as a sentence.
    pub message: String,
    /// How to mend it, where that can be known.
    pub help: Option<String>,
    /// Another place that belongs to it, with its words: the first of two equal keys, say.
    pub related: Option<(Span, String)>,
}

/// The sorts of problem a text can have; each is a rule of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProblemKind {
    /// The text is not well-formed.
    Syntax,
    /// The bytes are not UTF-8.
    Encoding,
    /// There is no document in it.
    Empty,
    /// A mapping has the same key twice.
    DuplicateKey,
    /// A merge key, which YAML 1.2 does not have.
    MergeKey,
    /// A number that is not finite.
    NonFinite,
    /// Too large, too deep, or too much through aliases.
    InputLimit,
    /// The marker of a threat model that was not read as one.
    UnreadMarker,
}

impl ProblemKind {
    /// The rule that reports it.
    pub const fn rule(self) -> RuleInfo {
        RuleInfo::fixed(match self {
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
    /// The problem as a diagnostic about `owner`.
    pub fn diagnostic(&self, owner: Owner) -> Diagnostic {
        let mut diagnostic = Diagnostic::new(self.kind.rule(), owner, self.span, &*self.message);
        diagnostic.help = self.help.as_deref().map(Box::from);
        match &self.related {
            Some((span, message)) => diagnostic.related(*span, &**message),
            None => diagnostic,
        }
    }
}

impl Document<'_> {
    /// The top node of each document in the file, in order; documents without content are left out.
    pub fn roots(&self) -> impl Iterator<Item = Node<'_>> {
        self.roots.iter().map(|root| self.tree.node(*root))
    }

    /// The number of the stream that a root is in: the block of code of a page, or the whole file.
    pub fn stream_of(&self, root: usize) -> usize {
        self.blocks.partition_point(|before| *before <= root)
    }

    /// Whether nothing was wrong with the text.
    pub fn is_sound(&self) -> bool {
        self.problems.is_empty()
    }

    fn problem(&mut self, kind: ProblemKind, span: Span, message: impl Into<String>) {
        self.report(Problem { kind, span, message: message.into(), help: None, related: None });
    }

    fn report(&mut self, problem: Problem) {
        // The first ones say enough, and anything at all keeps the file from passing.
        if self.problems.len() < MOST_PROBLEMS {
            self.problems.push(problem);
        }
    }

    /// Reports the keys that a mapping has more than once and drops their entries: the first one counts.
    fn drop_repeated(&mut self, map: u32) {
        let tree = &mut self.tree;
        let repeated = tree.repeated(map);
        let free = MOST_PROBLEMS.saturating_sub(self.problems.len());
        self.problems.extend(repeated.iter().take(free).map(|&(first, key)| Problem {
            kind: ProblemKind::DuplicateKey,
            span: tree.span(key),
            message: format!("the key `{}` stands here a second time", tree.key(key)),
            help: None,
            related: Some((tree.span(first), "first here".to_owned())),
        }));
        for (_, key) in repeated {
            tree.spoil(key);
        }
    }

    /// Reports a number with more digits than can be read exactly.
    fn number_too_long(&mut self, span: Span) {
        let message = format!(
            "a number here has {} digits at the most, and this one cannot be read exactly",
            Decimal::MAX_DIGITS
        );
        self.problem(ProblemKind::InputLimit, span, message);
    }
}

/// How deep collections may nest, aliases followed. Deeper input is refused, so recursion over a tree is safe.
const MAX_DEPTH: usize = 100;
/// How many nodes a file may have.
const MAX_NODES: usize = 1_000_000;

/// How many problems of one file are kept.
const MOST_PROBLEMS: usize = 1_000;

/// How many documents a file may have.
const MAX_DOCUMENTS: usize = 2_000;

/// The key whose presence makes a mapping a threat model of this project's own format.
pub const MODEL_MARKER: &str = "aivss_threat_model";
/// The key whose presence makes a mapping a file of tests for a policy.
pub const POLICY_TEST_MARKER: &str = "aivss_policy_test";
/// The key whose presence makes a mapping a policy.
pub const POLICY_MARKER: &str = "aivss_policy";

/// Reads a source into trees. What cannot be read is among the document's problems.
pub fn parse(source: &Source) -> Document<'_> {
    let mut document = Document { tree: Tree::over(source.text()), ..Document::default() };
    if let Some(undecodable) = source.undecodable() {
        let kind = if undecodable.too_large { ProblemKind::InputLimit } else { ProblemKind::Encoding };
        document.problem(kind, undecodable.span, undecodable.message.clone());
        return document;
    }
    let text = source.text();
    let covered = match source.language() {
        Language::Yaml => document.whole(text, yaml::read),
        Language::Json => document.whole(text, json::read),
        Language::Markdown => markdown::read(&mut document, text),
    };
    if let Some(first) = document.roots.get(MAX_DOCUMENTS).copied() {
        let span = source.first_line(document.tree.node(first).span());
        document.roots.truncate(MAX_DOCUMENTS);
        let message = format!("the file has more than {MAX_DOCUMENTS} documents");
        document.problem(ProblemKind::InputLimit, span, message);
    }
    if document.roots.is_empty() && document.is_sound() && source.language() != Language::Markdown {
        document.problem(ProblemKind::Empty, Span::new(0, 0), "the file holds no document");
    }
    unread::report(&mut document, source, covered);
    document
}

impl<'t> Document<'t> {
    /// Reads a text that is one stream of data; if it has a problem, that covers the whole text.
    fn whole(&mut self, text: &'t str, read: fn(&mut Self, &'t str, Range<usize>)) -> Covered {
        read(self, text, 0..text.len());
        let all = Span::new(0, text.len());
        Covered { faulty: if self.is_sound() { Vec::new() } else { vec![all] }, ..Covered::default() }
    }
}
