//! The errors of the engine as violations: implied ones are dropped, a failed choice is reported by its best branch, and each
//! gets its span and its sentence.

use std::collections::{HashMap, HashSet};

use serde_json::Value as JsonValue;

use crate::aivss::{Factor, is_other_spelling};
use crate::decimal::Decimal;
use crate::likeness::nearest;
use crate::schema::engine::{SchemaError, SchemaErrorKind};
use crate::schema::{Compiled, Violation, ViolationKind, Vocabulary};
use crate::source::Span;
use crate::syntax::{Entry, Map, Node, Value};

/// The most unknown keys of one mapping that are reported.
const MAX_UNKNOWN: usize = 100;

struct Explanation<'s, 't> {
    schema: &'s Compiled,
    root: Node<'t>,
    /// The contents of the collections on the paths so far, so that a long one is walked once. The entries of mappings are in
    /// the order of their keys.
    children: HashMap<u32, Vec<Entry<'t>>>,
    violations: Vec<Violation>,
}

struct ErrorPlace<'t> {
    node: Node<'t>,
    /// The name in a sentence, such as `` `aivss.factors` ``.
    name: String,
    /// The value, or its key if the value is unwritten.
    span: Span,
    /// The key above, at which a missing part is reported.
    key_span: Span,
    /// Whether the path has an alias, so that the contents have other owners as well.
    shared: bool,
}

/// The violations of a schema that the errors of a tree are.
pub(crate) fn violations(schema: &Compiled, root: Node<'_>, mut errors: Vec<SchemaError>) -> Vec<Violation> {
    let mut explained = Explanation { schema, root, children: HashMap::new(), violations: Vec::new() };
    explained.drop_keys_that_are_misspelled(&mut errors);
    without_implied(&errors).for_each(|error| explained.explain(error));
    let mut violations = explained.violations;
    violations.sort_by_key(|violation| violation.span);
    violations.dedup();
    violations
}

impl<'t> Explanation<'_, 't> {
    /// A misspelled key is unknown, and its right spelling is missing: one mistake, so the second error goes.
    fn drop_keys_that_are_misspelled(&mut self, errors: &mut Vec<SchemaError>) {
        let mut meant: HashSet<(Vec<String>, String)> = HashSet::new();
        for error in &*errors {
            let SchemaErrorKind::UnknownKeys(names) = &error.kind else { continue };
            let known = self.schema.known_keys(error);
            let names = names.iter().take(MAX_UNKNOWN).filter_map(|name| meant_key(name, &known));
            meant.extend(names.map(|name| (error.path.clone(), name.to_owned())));
        }
        errors.retain(|error| {
            let is_meant = |error: &SchemaError| match &error.kind {
                SchemaErrorKind::MissingKey(name) => meant.contains(&(error.path.clone(), name.clone())),
                _ => false,
            };
            match &error.kind {
                // A merge key is a problem of its own, and would bring what is missing.
                SchemaErrorKind::MissingKey(_) => {
                    !is_meant(error) && self.place(&error.path).node.get("<<").is_none()
                }
                SchemaErrorKind::NoBranch(branches) => {
                    !branches.iter().any(|branch| branch.iter().all(is_meant))
                }
                _ => true,
            }
        });
    }

    fn explain(&mut self, error: &SchemaError) {
        let place = self.place(&error.path);
        // An unreadable value has a problem of its own.
        if matches!(place.node.value(), Value::Unreadable) {
            return;
        }
        let name = &place.name;
        let (span, message, help) = match &error.kind {
            SchemaErrorKind::UnknownKeys(names) => return self.unknown_keys(&place, error, names),
            SchemaErrorKind::NoBranch(branches) => match best_branch(branches, error.path.len()) {
                Ok(errors) if self.schema.reported_by(error).is_none() => {
                    return without_implied(errors).for_each(|inner| self.explain(inner));
                }
                Ok(_) => (place.key_span, format!("{name} is incomplete"), None),
                Err(expected) => (
                    place.span,
                    wrong_type(&place, &expected),
                    self.help_for_type(place.node, error, &expected),
                ),
            },
            SchemaErrorKind::WrongType(expected) => {
                (place.span, wrong_type(&place, expected), self.help_for_type(place.node, error, expected))
            }
            SchemaErrorKind::NotOneOf(_) if self.explain_spelling(error, &place) => return,
            SchemaErrorKind::NotOneOf(options) => {
                // A number and its text are one option. The order of the schema has a meaning.
                let mut seen = HashSet::new();
                let options = options.iter().map(String::as_str).filter(|option| seen.insert(*option));
                let options: Vec<&str> = options.collect();
                let help = help_for_option(place.node, &options);
                let help = help.or_else(|| self.schema.text_beside(error, "x-help").map(str::to_owned));
                (place.span, not_one_of(&place, &options), help)
            }
            SchemaErrorKind::MissingKey(key) => (place.key_span, format!("{name} lacks `{key}`"), None),
            SchemaErrorKind::WrongValue(predicate) => (place.span, format!("{name} {predicate}"), None),
            SchemaErrorKind::WrongCount(predicate) => (place.key_span, format!("{name} {predicate}"), None),
            SchemaErrorKind::WrongPattern => {
                let expected = self.schema.text_beside(error, "x-expected").unwrap_or("written differently");
                (place.span, format!("{name} must be {expected}"), None)
            }
            SchemaErrorKind::Other(message) => (place.span, format!("{name}: {message}"), None),
        };
        self.violations.push(Violation { help, ..self.violation(error, &place, span, message) });
    }

    fn violation(
        &self,
        error: &SchemaError,
        place: &ErrorPlace<'_>,
        span: Span,
        message: String,
    ) -> Violation {
        Violation {
            kind: ViolationKind::Shape,
            reported_by: self.schema.reported_by(error),
            path: error.path.clone(),
            value_span: place.node.value_span(),
            span,
            message,
            help: None,
            respelt: None,
        }
    }

    /// Reports a value that means one of the options, unless it is a number in quotes. Returns whether it means one.
    fn explain_spelling(&mut self, error: &SchemaError, place: &ErrorPlace<'_>) -> bool {
        let vocabulary = self.schema.text_beside(error, "x-spellings").and_then(Vocabulary::named);
        let meant = vocabulary.zip(place.node.as_str()).and_then(|(words, text)| words.meant(text));
        let (Some(meant), Some(written)) = (meant, place.node.as_str()) else { return false };
        if meant != written {
            let letters = place.node.letters().filter(|_| !place.shared);
            let message = format!("{} is `{written}`, read as `{meant}`", place.name);
            self.violations.push(Violation {
                kind: ViolationKind::Spelling,
                help: Some(format!("write `{meant}`")),
                respelt: letters.map(|letters| (letters, meant.to_owned())),
                ..self.violation(error, place, place.span, message)
            });
        }
        true
    }

    fn help_for_type(&self, node: Node<'_>, error: &SchemaError, expected: &[&str]) -> Option<String> {
        let quotes = expected.contains(&"string").then(|| "put it in quotes".to_owned());
        match node.value() {
            Value::Null => self.schema.description(error.path.iter().map(String::as_str)).map(str::to_owned),
            Value::Number(_) => self.schema.text_beside(error, "x-number").map(str::to_owned).or(quotes),
            Value::Bool(_) => quotes,
            Value::String(text) if expected.contains(&"number") => meant_number(text),
            Value::String(_) | Value::List(_) if expected == ["object"] => {
                let required =
                    self.schema.schema_object(error)?.get("required").and_then(JsonValue::as_array);
                let keys = match required {
                    Some(keys) => keys.iter().filter_map(JsonValue::as_str).collect(),
                    None => self.schema.known_keys(error),
                };
                (!keys.is_empty()).then(|| format!("write a mapping with the keys {}", keys.join(", ")))
            }
            Value::String(_) | Value::List(_) | Value::Map(_) | Value::Unreadable => None,
        }
    }

    fn unknown_keys(&mut self, place: &ErrorPlace<'_>, error: &SchemaError, names: &[String]) {
        let schema = self.schema;
        let known = schema.known_keys(error);
        // A format of others may have more keys than its schema; a misspelling of a known key is wrong there, too.
        let is_open = schema.schema_object(error).is_some_and(|object| object.get("x-open").is_some());
        let names: HashSet<&str> = names.iter().map(String::as_str).collect();
        let entries = place.node.as_map().into_iter().flat_map(Map::iter);
        let entries = entries.filter(|entry| names.contains(entry.key)).take(MAX_UNKNOWN);
        let unknown: Vec<_> = entries.map(|entry| (entry, meant_key(entry.key, &known))).collect();
        let mut counts: HashMap<&str, usize> = HashMap::new();
        for meant in unknown.iter().filter_map(|(_, meant)| *meant) {
            *counts.entry(meant).or_default() += 1;
        }
        for (entry, meant) in unknown {
            let help = match meant {
                Some(meant) => format!("did you mean `{meant}`?"),
                None if is_open => continue,
                None if entry.key.starts_with("x-") => format!("known here: {}", known.join(", ")),
                None => format!("known here: {}; keys of your own begin with `x-`", known.join(", ")),
            };
            // If the right key exists or two are misspellings of it, a replacement would repeat it.
            let right = meant.filter(|right| {
                !place.shared
                    && is_other_spelling(entry.key, right)
                    && place.node.get(right).is_none()
                    && counts.get(right) == Some(&1)
                    && names.len() <= MAX_UNKNOWN
            });
            let message = format!("{} has no key `{}`", place.name, entry.key);
            self.violations.push(Violation {
                kind: ViolationKind::UnknownKey,
                help: Some(help),
                respelt: right.and_then(|right| Some((entry.key_letters()?, right.to_owned()))),
                ..self.violation(error, place, entry.key_span, message)
            });
        }
    }

    /// Follows a path of keys and indices as far as it exists.
    fn place(&mut self, path: &[String]) -> ErrorPlace<'t> {
        let root = self.root;
        let key_span = first_key(root).unwrap_or(root.span());
        let (mut span, mut shared) = (root.span(), root.is_shared());
        let (mut node, mut key_span, mut name) = (root, key_span, String::new());
        for part in path {
            let children = self.children.entry(node.resolved()).or_insert_with(|| children(node));
            let is_list = node.as_list().is_some();
            let at = if is_list {
                part.parse().ok()
            } else {
                children.binary_search_by_key(&part.as_str(), |entry| entry.key).ok()
            };
            let Some(entry) = at.and_then(|at: usize| children.get(at)) else { break };
            name += &match (is_list, name.is_empty()) {
                (true, _) => format!("[{part}]"),
                (false, true) => part.clone(),
                (false, false) => format!(".{part}"),
            };
            (node, span, key_span) = (entry.value, entry.span(), entry.key_span);
            shared |= node.is_shared();
        }
        let name = if name.is_empty() { "the document".to_owned() } else { format!("`{name}`") };
        ErrorPlace { node, name, span, key_span, shared }
    }
}

/// The contents of a collection: the entries of a mapping in the order of their keys, or the items of a list.
fn children(node: Node<'_>) -> Vec<Entry<'_>> {
    let Some(list) = node.as_list() else {
        let mut entries: Vec<Entry<'_>> = node.as_map().into_iter().flat_map(Map::iter).collect();
        entries.sort_unstable_by_key(|entry| entry.key);
        return entries;
    };
    let keyed = list.iter().map(|value| (first_key(value).unwrap_or(value.span()), value));
    keyed.map(|(key_span, value)| Entry { key: "", key_span, key_verbatim: false, value }).collect()
}

fn first_key(node: Node<'_>) -> Option<Span> {
    node.as_map()?.iter().next().map(|entry| entry.key_span)
}

/// The known key that an unknown one is meant to be: a misspelling of it, or another name of its factor.
fn meant_key<'k>(key: &str, known: &[&'k str]) -> Option<&'k str> {
    let named = Factor::named(key).and_then(|factor| {
        known.iter().find(|known| **known == factor.key() || Some(**known) == factor.report_key())
    });
    named.copied().or_else(|| nearest(key, known.iter().copied()))
}

fn wrong_type(place: &ErrorPlace<'_>, expected: &[&str]) -> String {
    let words = expected.iter().filter_map(|name| match *name {
        "string" => Some("text"),
        "number" => Some("a number"),
        "integer" => Some("a whole number"),
        "boolean" => Some("true or false"),
        "array" => Some("a list"),
        "object" => Some("a mapping"),
        _ => None,
    });
    let words = words.collect::<Vec<_>>().join(" or ");
    match place.node.value() {
        Value::Null => format!("{} is still empty: it takes {words}", place.name),
        _ => format!("{} must be {words}, not {}", place.name, place.node.kind_name()),
    }
}

fn not_one_of(place: &ErrorPlace<'_>, options: &[&str]) -> String {
    let given = match place.node.value() {
        Value::String(text) if options.contains(&text) => format!("`{text}` in quotes"),
        Value::String(text) | Value::Number(text) => format!("`{text}`"),
        Value::Null | Value::Bool(_) | Value::List(_) | Value::Map(_) | Value::Unreadable => {
            place.node.kind_name().to_owned()
        }
    };
    let expected = match options {
        [only] => (*only).to_owned(),
        several => format!("one of {}", several.join(", ")),
    };
    format!("{} must be {expected}, not {given}", place.name)
}

fn help_for_option(node: Node<'_>, options: &[&str]) -> Option<String> {
    let text = node.as_str()?;
    let mut sorted = options.to_vec();
    sorted.sort_unstable();
    if let Some(meant) = nearest(text, sorted) {
        return Some(format!("did you mean `{meant}`?"));
    }
    // Without its quotes, a number that is not an option would be as wrong.
    let is_other_number = Decimal::parse(text).is_ok() && !options.contains(&text);
    if is_other_number { None } else { meant_number(text) }
}

/// The correct form of a text that looks like a number.
fn meant_number(text: &str) -> Option<String> {
    if Decimal::parse(text).is_ok() {
        return Some("take it out of its quotes".to_owned());
    }
    let pointed = text.replace(',', ".");
    if Decimal::parse(&pointed).is_ok() {
        return Some(format!("write {pointed}, with a point"));
    }
    let percent = Decimal::parse(text.strip_suffix('%')?.trim_end()).ok()?;
    Some(format!("write {}, without the percent sign", percent.over_ten().over_ten().plain()))
}

/// The errors without those that others imply: a value of the wrong type is not an option either, and a combination needs the
/// right type.
fn without_implied(errors: &[SchemaError]) -> impl Iterator<Item = &SchemaError> {
    let (mut not_options, mut mistyped) = (HashSet::new(), HashSet::new());
    for error in errors {
        match error.kind {
            SchemaErrorKind::NotOneOf(_) => _ = not_options.insert((&error.path, schema_of(error))),
            SchemaErrorKind::WrongType(_) => _ = mistyped.insert(&error.path),
            _ => {}
        }
    }
    errors.iter().filter(move |error| match error.kind {
        SchemaErrorKind::WrongType(_) => !not_options.contains(&(&error.path, schema_of(error))),
        SchemaErrorKind::Other(_) => !mistyped.contains(&error.path),
        _ => true,
    })
}

/// The path of the schema object whose keyword failed.
fn schema_of(error: &SchemaError) -> &[String] {
    error.keyword.split_last().map_or(&[], |(_, schema)| schema)
}

/// The branch of a failed choice that the author was writing: that with the fewest errors of those that accept the value's
/// type. Where there is none, the types that the branches accept. `depth` is the length of the path of the choice.
fn best_branch(branches: &[Vec<SchemaError>], depth: usize) -> Result<&[SchemaError], Vec<&'static str>> {
    let (mut best, mut types): (Option<&[SchemaError]>, _) = (None, Vec::new());
    for branch in branches {
        let before = types.len();
        for error in branch.iter().filter(|error| error.path.len() == depth) {
            if let SchemaErrorKind::WrongType(expected) = &error.kind {
                types.extend(expected);
            }
        }
        if types.len() == before && best.is_none_or(|best| branch.len() < best.len()) {
            best = Some(branch);
        }
    }
    best.ok_or(types)
}
