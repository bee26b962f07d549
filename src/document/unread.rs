//! Markers that people see and that were not read: each is a problem.
//!
//! Some places show the word as a key and contain no threat model: the definition of a property in a schema, a description
//! of the key, and the script of a CI job that writes a file.

use std::collections::{BTreeSet, HashSet};

use super::lookalike::{Form, lookalikes, reads_as_marker};
use super::markdown::Covered;
use super::marker::{self, PARTS};
use super::tree::{Kind, Tree};
use super::{Document, MODEL_MARKER, Map, Node, ProblemKind};
use crate::source::{Language, Span};

/// Why a marker was not read, and the next step.
const fn why(language: Language) -> (&'static str, &'static str) {
    match language {
        Language::Yaml | Language::Json => (
            "this threat model was not read: its marker is not a key at the top level of a document",
            "move the threat model to the top level, or to a file of its own",
        ),
        Language::Markdown => (
            "this threat model was not read: its marker is not a top-level key of a fenced block",
            "put the threat model in a fenced block (```yaml), or a mere mention in a code span",
        ),
    }
}

/// Reports each marker that a person sees, or that a tree contains below its root, and that was not read.
pub(super) fn report(document: &mut Document<'_>, text: &str, language: Language, covered: Covered) {
    let (mut known, mut unread) = keys(document, text, language);
    unread.extend(covered.unread);
    known.extend(unread.iter().copied());
    let known = Spans::of(known.into_iter().chain(covered.faulty));
    let code = Spans::of(covered.code);
    let shown = marker::shown(text, language).into_iter().filter(|marker| !known.contain(marker.span));
    let shown = shown.filter(|marker| !marker.is_quoted || !code.contain(marker.span));
    let shown: Vec<Span> = shown.map(|marker| marker.span).collect();
    let scripts = if shown.is_empty() { Vec::new() } else { scripts(document) };
    let is_written = |marker: Span| {
        scripts.iter().any(|script| script.contains(marker) && is_written(text, *script, marker))
    };
    unread.extend(shown.into_iter().filter(|marker| !is_written(*marker)));
    let (message, help) = why(language);
    for span in unread {
        document.problem(ProblemKind::UnreadMarker, span, message);
    }
    let problems = document.problems.iter_mut().filter(|problem| problem.kind == ProblemKind::UnreadMarker);
    problems.for_each(|problem| problem.help = Some(help.to_owned()));
}

/// The marker as a key in trees: the places where it was read or is none, and those where it was not read.
fn keys(document: &Document<'_>, text: &str, language: Language) -> (BTreeSet<Span>, BTreeSet<Span>) {
    let roots = || document.roots().filter_map(Node::as_map);
    let has_lookalikes = lookalikes(text, language).iter().any(|word| word.form != Form::Exact);
    let is_marker = |key: &str| key == MODEL_MARKER || (has_lookalikes && reads_as_marker(key));
    let read = roots().flat_map(Map::iter).filter(|entry| is_marker(entry.key));
    let mut known: BTreeSet<Span> = read.map(|entry| entry.key_span).collect();
    let is_schema = roots().any(is_json_schema);
    let tree = &document.tree;
    let mut unread = BTreeSet::new();
    let mut definitions = None;
    for (map, key, value) in
        tree.entries(is_marker).filter(|(_, key, _)| !known.contains(&tree.span(*key))).collect::<Vec<_>>()
    {
        let definitions = definitions.get_or_insert_with(|| definitions_of(tree));
        let is_defined = (is_schema && matches!(tree.kind(value), Kind::Map(_)))
            || (definitions.contains(&map) && tree.pairs(map).all(|(_, value)| is_definition(tree, value)));
        let is_lookalike = tree.key(key) != MODEL_MARKER;
        if is_defined || is_described(tree, map, value) || (is_lookalike && !has_part(tree, map, |_| true)) {
            known.insert(tree.span(key));
        } else {
            unread.insert(tree.span(key));
        }
    }
    (known, unread)
}

/// Whether a document is a JSON Schema, which defines the marker among its properties.
fn is_json_schema(root: Map<'_>) -> bool {
    let dialect = root.get("$schema").and_then(Node::as_str).unwrap_or_default();
    dialect.trim_start_matches("http").trim_start_matches('s').starts_with("://json-schema.org/")
}

/// The mappings of a tree whose keys are names of properties or definitions.
fn definitions_of(tree: &Tree<'_>) -> HashSet<u32> {
    let names = ["properties", "patternProperties", "definitions", "$defs"];
    tree.entries(|key| names.contains(&key)).map(|(_, _, value)| value).collect()
}

/// Whether a value defines a property as JSON Schema does.
fn is_definition(tree: &Tree<'_>, value: u32) -> bool {
    const KEYWORDS: [&str; 9] =
        ["type", "$ref", "const", "enum", "anyOf", "oneOf", "allOf", "description", "properties"];
    match tree.kind(value) {
        Kind::Bool(_) => true,
        Kind::Map(_) => tree.pairs(value).any(|(key, _)| KEYWORDS.contains(&tree.key(key))),
        _ => false,
    }
}

/// Whether a value is a sentence about the marker, and no key beside it is one of a threat model.
fn is_described(tree: &Tree<'_>, map: u32, value: u32) -> bool {
    let is_collection =
        |value: u32| matches!(tree.kind(value), Kind::Map(_) | Kind::List(_) | Kind::Alias(_));
    let sentence = tree.node(value).as_str().filter(|_| !matches!(tree.kind(value), Kind::Alias(_)));
    sentence.is_some_and(marker::is_sentence) && !has_part(tree, map, is_collection)
}

/// Whether a mapping has another key of a threat model, with a value of some kind.
fn has_part(tree: &Tree<'_>, map: u32, is_kind: impl Fn(u32) -> bool) -> bool {
    let is_part = |key: &str| PARTS.iter().any(|part| key.trim().eq_ignore_ascii_case(part));
    tree.pairs(map).any(|(key, value)| is_part(tree.key(key)) && is_kind(value))
}

/// The scripts of CI jobs in a document: of workflows and actions of GitHub, and of other services.
fn scripts(document: &Document<'_>) -> Vec<Span> {
    let tree = &document.tree;
    let is_workflow = document.roots().any(|root| root.get("jobs").is_some() || root.get("runs").is_some());
    let is_script = |key: &str| match key {
        "run" => is_workflow,
        key => ["script", "before_script", "after_script"].contains(&key),
    };
    let values = tree.entries(is_script).map(|(_, _, value)| value);
    let texts = values.flat_map(|value| {
        match tree.node(value).as_list().filter(|_| matches!(tree.kind(value), Kind::List(_))) {
            Some(list) => list.iter().filter(|item| item.as_str().is_some()).map(Node::span).collect(),
            None if tree.node(value).as_str().is_some() => vec![tree.span(value)],
            None => Vec::new(),
        }
    });
    texts.collect()
}

/// Whether a script writes a marker to a file, by a here-document that begins before it.
fn is_written(text: &str, script: Span, marker: Span) -> bool {
    text.get(script.range().start..marker.range().start).is_some_and(|before| before.contains("<<"))
}

/// Ranges of a text, none of which touches another.
pub(super) struct Spans(Vec<Span>);

impl Spans {
    pub(super) fn of(spans: impl IntoIterator<Item = Span>) -> Self {
        let mut spans: Vec<Span> = spans.into_iter().collect();
        spans.sort_unstable();
        spans.dedup_by(|next, last| {
            let overlaps = next.start <= last.end;
            if overlaps {
                last.end = last.end.max(next.end);
            }
            overlaps
        });
        Self(spans)
    }

    pub(super) fn contain(&self, span: Span) -> bool {
        let after = self.0.partition_point(|other| other.start <= span.start);
        after.checked_sub(1).is_some_and(|at| self.0[at].contains(span))
    }
}
