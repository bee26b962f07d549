//! Text to tree: one tree for YAML, JSON and Markdown, each key and value with its exact bytes.
//!
//! Reading never fails and never panics: each problem of a text becomes a [`Problem`] with a span. The meaning of keys and
//! values begins in [`crate::model`].

pub(crate) mod front_matter;
mod json;
pub(crate) mod lookalike;
pub(crate) mod markdown;
mod marker;
mod node;
pub(crate) mod outline;
pub(crate) mod places;
pub(crate) mod tree;
#[cfg(test)]
mod tests;
mod unread;
mod yaml;
mod yaml_error;

pub(crate) use lookalike::{Form, MAX_LENGTH as MAX_LOOKALIKE_LENGTH, form_of, is_key_in};
pub(crate) use marker::may_be_model;
pub(crate) use node::canonical;
pub use node::{Entry, List, Map, Node, Vacancy, Value};
pub(crate) use places::steps;
pub use places::{Addition, New, missing_at, place_of, pointer};
pub use tree::{Document, Problem, ProblemKind, Tree};
pub(crate) use unread::is_model;

use crate::source::{Language, Source, Span};
use markdown::{Covered, Prose};

/// The most documents in a file.
const MAX_DOCUMENTS: usize = 2_000;

/// The key that makes a mapping a threat model of this project's own format.
pub const MODEL_MARKER: &str = "aivss_threat_model";
/// The key that makes a mapping a file of tests for a policy.
pub const POLICY_TEST_MARKER: &str = "aivss_policy_test";
/// The key that makes a mapping a policy.
pub const POLICY_MARKER: &str = "aivss_policy";

/// Reads a source into trees and problems; `read_prose` takes what is below front matter with the marker. See
/// [`crate::page::parse`].
pub(crate) fn parse_with<'t>(
    source: &'t Source,
    read_prose: impl FnOnce(&mut Document<'t>, Prose),
) -> Document<'t> {
    let text = source.text();
    let mut document = Document { tree: Tree::over(text), ..Document::default() };
    if let Some(undecodable) = source.undecodable() {
        let kind = if undecodable.too_large { ProblemKind::InputLimit } else { ProblemKind::Encoding };
        document.problem(kind, undecodable.span, undecodable.message.clone());
        return document;
    }
    let mut covered = Covered::default();
    match source.language() {
        Language::Yaml => yaml::read(&mut document, text, 0..text.len()),
        Language::Json => json::read(&mut document, text, 0..text.len()),
        Language::Markdown => covered = markdown::read(&mut document, text, read_prose),
    }
    if source.language() != Language::Markdown {
        if !document.is_sound() {
            covered.faulty.push(Span::new(0, text.len()));
        } else if document.roots.is_empty() {
            document.problem(ProblemKind::Empty, Span::new(0, 0), "file contains no document");
        }
    }
    if let Some(first) = document.roots.get(MAX_DOCUMENTS).copied() {
        let span = source.first_line(document.tree.span(first));
        document.roots.truncate(MAX_DOCUMENTS);
        let message = format!("file has more than {MAX_DOCUMENTS} documents");
        document.problem(ProblemKind::InputLimit, span, message);
    }
    unread::report(&mut document, source, covered);
    document
}
