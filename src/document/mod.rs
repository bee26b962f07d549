//! Text to tree: one tree for YAML, JSON and Markdown, each key and value with its exact bytes.
//!
//! [`parse`] never fails and never panics: what is wrong with a text becomes a [`Problem`] with a place. What a
//! key or a value *means* is not known here; that begins in [`crate::model`].

mod addition;
mod json;
mod markdown;
mod pointer;
mod tree;
#[cfg(test)]
mod tests;
mod yaml;

pub use addition::{Addition, New};
pub use pointer::{place_of, pointer};
pub use tree::{Entry, List, Map, Node, Tree, Vacancy, Value, canonical};

use crate::source::{Language, Source, Span};

/// A file's text as trees, with all that was wrong with it.
#[derive(Debug, Default)]
pub struct Document<'t> {
    tree: Tree<'t>,
    roots: Vec<u32>,
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
}

impl Document<'_> {
    /// The top node of each document in the file, in order; documents without content are left out.
    pub fn roots(&self) -> impl Iterator<Item = Node<'_>> {
        self.roots.iter().map(|root| self.tree.node(*root))
    }

    /// Whether nothing was wrong with the text.
    pub fn is_sound(&self) -> bool {
        self.problems.is_empty()
    }

    fn problem(&mut self, kind: ProblemKind, span: Span, message: impl Into<String>) {
        // The first ones say enough, and anything at all keeps the file from passing.
        if self.problems.len() >= MOST_PROBLEMS {
            return;
        }
        self.problems.push(Problem { kind, span, message: message.into(), help: None, related: None });
    }
}

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
    match source.language() {
        Language::Yaml => yaml::read(&mut document, text, 0..text.len()),
        Language::Json => json::read(&mut document, text, 0..text.len()),
        Language::Markdown => markdown::read(&mut document, text),
    }
    if let Some(first) = document.roots.get(MAX_DOCUMENTS).copied() {
        let span = source.first_line(document.tree.node(first).span());
        document.roots.truncate(MAX_DOCUMENTS);
        let message = format!("the file has more than {MAX_DOCUMENTS} documents");
        document.problem(ProblemKind::InputLimit, span, message);
    }
    if document.roots.is_empty() && document.is_sound() && source.language() != Language::Markdown {
        document.problem(ProblemKind::Empty, Span::new(0, 0), "the file holds no document");
    }
    document
}
