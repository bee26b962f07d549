//! Markers that people see and that were not read: each is a problem.
//!
//! Some places show the word as a key and contain no threat model: the definition of a property in a schema, a description
//! of the key, and the script of a CI job that writes a file.

use std::collections::{BTreeSet, HashSet};

use crate::source::is_default;
use crate::source::{Language, Source, Span};
use crate::syntax::likeness::Likeness;
use crate::syntax::lookalike::{Form, form_of, lookalikes, slips};
use crate::syntax::markdown::Covered;
use crate::syntax::marker;
use crate::syntax::marker::PARTS;
use crate::syntax::tree::{Kind, Tree};
use crate::syntax::{Document, MODEL_MARKER, Map, Node, ProblemKind};

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
pub(crate) fn report(document: &mut Document<'_>, source: &Source, covered: Covered) {
    let (text, language) = (source.text(), source.language());
    // In a file that is named like a threat model, only a JSON Schema is exempt.
    let is_exempt = !is_default(source.name());
    let (mut known, mut unread) = keys(document, source, is_exempt);
    unread.extend(covered.unread);
    known.extend(unread.iter().copied());
    let known = Spans::of(known.into_iter().chain(covered.faulty));
    let (code, read, fences) = (Spans::of(covered.code), Spans::of(covered.read), Spans::of(covered.fences));
    let is_mention = |marker: &marker::Shown| {
        marker.is_quoted && code.contain(marker.span)
            || marker.form == Form::Variant && read.contain(marker.span)
            || known.contain(marker.span)
    };
    let shown = marker::shown(text, language, &fences).into_iter().filter(|marker| !is_mention(marker));
    let shown: Vec<Span> = shown.map(|marker| marker.span).collect();
    let written = if shown.is_empty() || !is_exempt { Vec::new() } else { written(document, text) };
    let written = Spans::of(written);
    unread.extend(shown.into_iter().filter(|marker| !written.contain(*marker)));
    let (message, help) = why(language);
    for span in unread {
        document.problem(ProblemKind::UnreadMarker, span, message);
    }
    let problems = document.problems.iter_mut().filter(|problem| problem.kind == ProblemKind::UnreadMarker);
    problems.for_each(|problem| problem.help = Some(help.to_owned()));
}

/// The marker as a key in trees: the places where it was read or is none, and those where it was not read.
fn keys(document: &Document<'_>, source: &Source, is_exempt: bool) -> (BTreeSet<Span>, BTreeSet<Span>) {
    let (text, language) = (source.text(), source.language());
    let roots = || document.roots().filter_map(Node::as_map);
    let has_others = lookalikes(text, language).iter().any(|word| word.form != Form::Exact)
        || slips(text.as_bytes()).next().is_some();
    let is_marker = |key: &str| key == MODEL_MARKER || (has_others && form_of(key).is_some());
    let read = roots().flat_map(Map::iter).filter(|entry| is_marker(entry.key));
    let mut known: BTreeSet<Span> = read.map(|entry| entry.key_span).collect();
    let tree = &document.tree;
    let mut unread = BTreeSet::new();
    let found: Vec<_> =
        tree.entries(is_marker).filter(|(_, key, _)| !known.contains(&tree.span(*key))).collect();
    let definitions = if found.is_empty() { HashSet::new() } else { definitions_of(tree) };
    let is_schema = is_exempt || roots().any(is_json_schema);
    let mut exemptions = Exemptions { tree, definitions, last: None };
    let mut likeness = Likeness::default();
    for (map, key, value) in found {
        let is_unread = match form_of(tree.key(key)) {
            Some(Form::Variant) => likeness.is_model(tree.node(map), tree.node(value)),
            _ => !(is_schema && exemptions.define(map) || is_exempt && exemptions.describe(map, value)),
        };
        if is_unread { &mut unread } else { &mut known }.insert(tree.span(key));
    }
    (known, unread)
}

/// The places in trees where the marker is a mere word: definitions and descriptions of it.
struct Exemptions<'d> {
    tree: &'d Tree<'d>,
    definitions: HashSet<u32>,
    /// The last mapping that was looked at, as it can have many such keys.
    last: Option<(u32, bool, bool)>,
}

impl Exemptions<'_> {
    fn define(&mut self, map: u32) -> bool {
        self.of(map).0
    }

    fn describe(&mut self, map: u32, value: u32) -> bool {
        let tree = self.tree;
        let sentence = tree.node(value).as_str().filter(|_| !matches!(tree.kind(value), Kind::Alias(_)));
        sentence.is_some_and(marker::is_sentence) && self.of(map).1
    }

    fn of(&mut self, map: u32) -> (bool, bool) {
        let (_, is_definition, is_description) = match self.last {
            Some(last) if last.0 == map => last,
            _ => (map, self.defines(map), is_description(self.tree, map)),
        };
        self.last = Some((map, is_definition, is_description));
        (is_definition, is_description)
    }

    /// Whether a mapping defines properties, all of them as JSON Schema does.
    fn defines(&self, map: u32) -> bool {
        let tree = self.tree;
        self.definitions.contains(&map) && tree.pairs(map).all(|(_, value)| is_definition(tree, value))
    }
}

/// Whether a document is a JSON Schema as a whole.
fn is_json_schema(root: Map<'_>) -> bool {
    let dialect = root.get("$schema").and_then(Node::as_str).unwrap_or_default();
    let is_dialect =
        dialect.trim_start_matches("http").trim_start_matches('s').starts_with("://json-schema.org/");
    is_dialect && root.get("properties").is_some() && PARTS.iter().all(|part| root.get(part).is_none())
}

/// The mappings of a tree whose keys are names of properties or definitions.
fn definitions_of(tree: &Tree<'_>) -> HashSet<u32> {
    let names = ["properties", "patternProperties", "definitions", "$defs"];
    tree.entries(|key| names.contains(&key)).map(|(_, _, value)| value).collect()
}

/// Whether a value defines a property as JSON Schema does, with no key of a threat model.
fn is_definition(tree: &Tree<'_>, value: u32) -> bool {
    const KEYWORDS: [&str; 9] =
        ["type", "$ref", "const", "enum", "anyOf", "oneOf", "allOf", "description", "properties"];
    let mut keys = tree.pairs(value).map(|(key, _)| tree.key(key));
    match tree.kind(value) {
        Kind::Bool(_) => true,
        Kind::Map(_) => keys.clone().any(|key| KEYWORDS.contains(&key)) && !keys.any(Likeness::knows),
        _ => false,
    }
}

/// Whether the keys of a threat model in a mapping have texts of one line that contain no key.
fn is_description(tree: &Tree<'_>, map: u32) -> bool {
    let is_part = |key: u32| PARTS.iter().any(|part| tree.key(key).trim().eq_ignore_ascii_case(part));
    let is_text = |value: u32| {
        let text = tree.node(value).as_str().filter(|_| !matches!(tree.kind(value), Kind::Alias(_)));
        text.is_some_and(|text| !text.contains([':', '\n']))
    };
    tree.pairs(map).all(|(key, value)| !is_part(key) || is_text(value))
}

/// The here-documents in the scripts of CI jobs: of workflows and actions of GitHub, and of other services.
fn written(document: &Document<'_>, text: &str) -> Vec<Span> {
    let mut scripts = Vec::new();
    for root in document.roots() {
        let jobs = root.get("on").and(root.get("jobs")).and_then(Node::as_map);
        let jobs = jobs.into_iter().flat_map(|jobs| jobs.iter().map(|entry| entry.value));
        for steps in jobs.chain(root.get("runs")).filter_map(|job| job.get("steps")?.as_list()) {
            scripts.extend(steps.iter().filter_map(|step| step.get("run")));
        }
        let entries = root.as_map().into_iter().flat_map(Map::iter);
        let others = entries.filter(|entry| !PARTS.contains(&entry.key)).map(|entry| entry.value);
        for job in others {
            scripts.extend(["script", "before_script", "after_script"].iter().filter_map(|key| job.get(key)));
        }
    }
    let lines =
        scripts.iter().filter(|script| !script.is_alias()).flat_map(|script| match script.as_list() {
            Some(list) => list.iter().map(Node::span).collect(),
            None => vec![script.span()],
        });
    Spans::of(lines).0.into_iter().flat_map(|script| here_documents(text, script)).collect()
}

/// The here-documents in a script, which write a file.
fn here_documents(text: &str, script: Span) -> Vec<Span> {
    let mut found = Vec::new();
    let mut open: Option<(&str, usize)> = None;
    let mut at = script.range().start;
    for line in text.get(script.range()).unwrap_or_default().split_inclusive('\n') {
        match open {
            Some((end, start)) if line.trim() == end => {
                found.push(Span::new(start, at));
                open = None;
            }
            Some(_) => {}
            None => open = delimiter(line).map(|end| (end, at + line.len())),
        }
        at += line.len();
    }
    found
}

/// The word that ends the here-document that a line of a script begins.
fn delimiter(line: &str) -> Option<&str> {
    let (command, rest) = line.split_once("<<")?;
    let word = rest.trim_start_matches(['-', '~']).trim_start().trim_start_matches(['\'', '"', '\\']);
    let end =
        word.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_').unwrap_or(word.len());
    (end > 0 && !command.contains('#')).then(|| &word[..end])
}

/// Ranges of a text, none of which touches another.
pub(crate) struct Spans(Vec<Span>);

impl Spans {
    pub(crate) fn of(spans: impl IntoIterator<Item = Span>) -> Self {
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

    pub(crate) fn contain(&self, span: Span) -> bool {
        self.place(span).is_some()
    }

    /// The number of the range that contains a place.
    pub(crate) fn place(&self, span: Span) -> Option<usize> {
        let at = self.0.partition_point(|other| other.start <= span.start).checked_sub(1)?;
        self.0[at].contains(span).then_some(at)
    }
}
