//! Markers that people see and that were not read: each is a problem.
//!
//! Some places show the word as a key and contain no threat model: the definition of a property in a schema, a description
//! of the key, and the script of a CI job that writes a file.

use std::collections::{BTreeSet, HashSet};

use crate::source::{Language, Source, Span, Spans, is_default};
use crate::syntax::MODEL_MARKER;
use crate::syntax::lookalike::{Form, Lookalike, form_of, words_in};
use crate::syntax::markdown::Covered;
use crate::syntax::marker::{PARTS, WHOLE, in_braces, is_object, is_sentence, shown};
use crate::syntax::node::{Entry, Map, Node, Value};
use crate::syntax::tree::{Document, Problem, ProblemKind};

/// Reports each marker that a person sees, or that a tree contains below its root, and that was not read.
pub(crate) fn report(document: &mut Document<'_>, source: &Source, covered: Covered) {
    let (text, language) = (source.text(), source.language());
    // In a file that is named like a threat model, only a JSON Schema is exempt.
    let is_exempt = !is_default(source.name());
    let mut words = words_in(text, 0..covered.prose, language);
    let first = words.len();
    words.extend(words_in(text, covered.prose..text.len(), language));
    let (mut known, mut unread) = keys(document, &words, is_exempt);
    unread.extend(covered.unread);
    if language == Language::Markdown {
        let inside = Spans::of(covered.inside);
        let objects = in_braces(text, &words[first..], covered.prose, is_object);
        unread.extend(objects.into_iter().filter(|marker| !inside.contain(*marker)));
    }
    known.extend(unread.iter().copied());
    let known = Spans::of(known.into_iter().chain(covered.faulty));
    let (code, read, fences) = (Spans::of(covered.code), Spans::of(covered.read), Spans::of(covered.fences));
    let mut shown = shown(text, &words, language, &fences, &known);
    shown.retain(|marker| {
        let is_mention = marker.is_quoted() && code.contain(marker.span);
        let is_read = marker.form == Form::Variant && read.contain(marker.span);
        !is_mention && !is_read
    });
    if !shown.is_empty() && is_exempt {
        let written = Spans::of(written(document, text));
        shown.retain(|marker| !written.contain(marker.span));
    }
    unread.extend(shown.into_iter().map(|marker| marker.span));
    let (message, help) = match language {
        Language::Yaml | Language::Json => (
            "this threat model was not read: its marker is not a key at the top level of a document",
            "move the threat model to the top level, or to a file of its own",
        ),
        Language::Markdown => (
            "this threat model was not read: its marker is not at the top of the front matter or of a fenced block",
            "put the threat model in the front matter or in a fenced block (```yaml), or a mere mention in a code span",
        ),
    };
    for span in unread {
        let problem = Problem::new(ProblemKind::UnreadMarker, span, message);
        document.report(Problem { help: Some(help.to_owned()), ..problem });
    }
}

/// The marker as a key in trees: the places where it was read or is exempt, and those where it was not read.
fn keys(document: &Document<'_>, words: &[Lookalike], is_exempt: bool) -> (BTreeSet<Span>, BTreeSet<Span>) {
    let has_others = words.iter().any(|word| word.form != Form::Exact);
    let roots: Vec<Map<'_>> = document.roots().filter_map(Node::as_map).collect();
    let read = roots.iter().flat_map(|root| root.iter()).filter(|entry| is_marker(entry.key, has_others));
    let mut known: BTreeSet<Span> = read.map(|entry| entry.key_span).collect();
    let mut unread = BTreeSet::new();
    let tree = &document.tree;
    let found = tree.entries(move |key| is_marker(key, has_others));
    let mut found = found.filter(|(_, entry)| !known.contains(&entry.key_span)).peekable();
    if found.peek().is_none() {
        return (known, unread);
    }
    let definitions = definitions_of(document);
    let is_schema = is_exempt || roots.iter().copied().any(is_json_schema);
    let (mut exempt, mut last) = (Vec::new(), None);
    for (map, entry) in found {
        // One mapping can have many such keys.
        let traits = match last {
            Some((of, traits)) if of == map.resolved() => traits,
            _ => Traits::of(map),
        };
        last = Some((map.resolved(), traits));
        let is_unread = match form_of(entry.key) {
            Some(Form::Variant) => traits.is_model(entry.value),
            Some(Form::Exact | Form::Disguised) | None => {
                let is_definition = traits.are_definitions && definitions.contains(&map.resolved());
                let is_text = !entry.value.is_alias() && entry.value.as_str().is_some_and(is_sentence);
                !(is_schema && is_definition || is_exempt && is_text && traits.are_descriptions)
            }
        };
        if is_unread {
            unread.insert(entry.key_span);
        } else {
            exempt.push(entry.key_span);
        }
    }
    known.extend(exempt);
    (known, unread)
}

fn is_marker(key: &str, has_others: bool) -> bool {
    key == MODEL_MARKER || has_others && form_of(key).is_some()
}

/// Whether the keys next to a variant of the marker, or those in its value, are those of a threat model.
pub(crate) fn is_model(map: Node<'_>, value: Node<'_>) -> bool {
    Traits::of(map).is_model(value)
}

/// The facts about a mapping that distinguish a threat model from a mention of its keys.
#[derive(Clone, Copy, Default)]
struct Traits {
    /// The number of different keys of a threat model in it.
    parts: usize,
    /// Whether one of them has a mapping with keys of a threat model.
    is_deep: bool,
    /// Whether their values are texts of one line that contain no key.
    are_descriptions: bool,
    /// Whether all values define properties as JSON Schema does.
    are_definitions: bool,
}

impl Traits {
    fn of(node: Node<'_>) -> Self {
        let Some(map) = node.as_map() else { return Self::default() };
        let mut found = [false; PARTS.len()];
        let mut traits = Self { parts: 0, is_deep: false, are_descriptions: true, are_definitions: true };
        for Entry { key, value, .. } in map.iter() {
            traits.are_definitions &= is_definition(value);
            let number = PARTS.iter().position(|part| key.trim().eq_ignore_ascii_case(part));
            let Some(number) = number else { continue };
            found[number] = true;
            let mut inner = value.as_map().into_iter().flat_map(Map::iter);
            traits.is_deep |= inner.any(|entry| is_inner_key(entry.key));
            let text = value.as_str().filter(|_| !value.is_alias());
            traits.are_descriptions &= text.is_some_and(|text| !text.contains([':', '\n']));
        }
        traits.parts = found.into_iter().filter(|found| *found).count();
        traits
    }

    /// Whether a mapping with a variant of the marker is a threat model, or has one as the value of the variant. A version
    /// counts as much as another key.
    fn is_model(self, value: Node<'_>) -> bool {
        let first = value.as_str().and_then(|text| text.trim().chars().next());
        let is_version =
            matches!(value.value(), Value::Number(_)) || first.is_some_and(|one| one.is_ascii_digit());
        let inner = Self::of(value);
        self.is_deep && self.parts + usize::from(is_version) >= WHOLE || inner.is_deep && inner.parts >= WHOLE
    }
}

/// Whether a key is one of `agent`, `aivss` or `maestro`.
fn is_inner_key(key: &str) -> bool {
    const KEYS: &str = " name summary owner environment tier version cvss factors score severity threat_multiplier \
        mitigation_factor foundation_models data_operations agent_frameworks deployment_and_infrastructure \
        evaluation_and_observability security_and_compliance agent_ecosystem ";
    KEYS.split_ascii_whitespace().any(|known| known == key)
}

fn is_json_schema(root: Map<'_>) -> bool {
    let dialect = root.get("$schema").and_then(Node::as_str).unwrap_or_default();
    ["http://json-schema.org/", "https://json-schema.org/"].iter().any(|known| dialect.starts_with(known))
        && root.get("properties").is_some()
        && PARTS.iter().all(|part| root.get(part).is_none())
}

/// The mappings of trees whose keys are names of properties or definitions.
fn definitions_of(document: &Document<'_>) -> HashSet<u32> {
    const NAMES: [&str; 4] = ["properties", "patternProperties", "definitions", "$defs"];
    document.tree.entries(|key| NAMES.contains(&key)).map(|(_, entry)| entry.value.resolved()).collect()
}

/// Whether a value defines a property as JSON Schema does, with no key of a threat model.
fn is_definition(value: Node<'_>) -> bool {
    const KEYWORDS: [&str; 9] =
        ["type", "$ref", "const", "enum", "anyOf", "oneOf", "allOf", "description", "properties"];
    match value.value() {
        Value::Bool(_) => true,
        Value::Map(map) if !value.is_alias() => {
            map.iter().any(|entry| KEYWORDS.contains(&entry.key))
                && !map.iter().any(|entry| is_inner_key(entry.key))
        }
        _ => false,
    }
}

/// The here-documents in the scripts of CI jobs: of workflows and actions of GitHub, and of other services.
fn written(document: &Document<'_>, text: &str) -> Vec<Span> {
    let mut scripts = Vec::new();
    for root in document.roots() {
        let Some(map) = root.as_map() else { continue };
        let jobs = root.get("on").and(root.get("jobs")).and_then(Node::as_map);
        let jobs = jobs.into_iter().flat_map(Map::iter).map(|entry| entry.value);
        for steps in jobs.chain(root.get("runs")).filter_map(|job| job.get("steps")?.as_list()) {
            scripts.extend(steps.iter().filter_map(|step| step.get("run")));
        }
        for job in map.iter().filter(|entry| !PARTS.contains(&entry.key)) {
            let keys = ["script", "before_script", "after_script"];
            scripts.extend(keys.iter().filter_map(|key| job.value.get(key)));
        }
    }
    let mut spans = Vec::new();
    for script in scripts.into_iter().filter(|script| !script.is_alias()) {
        match script.as_list() {
            Some(lines) => spans.extend(lines.iter().map(Node::span)),
            None => spans.push(script.span()),
        }
    }
    Spans::of(spans).iter().flat_map(|script| here_documents(text, script)).collect()
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
    let word = word.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_').next()?;
    (!word.is_empty() && !command.contains('#')).then_some(word)
}
