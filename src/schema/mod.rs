//! A tree against a JSON schema: what is out of shape, each with its place and a sentence for people.
//!
//! The schemas in `schemas/` are complete, so that an editor shows as much as it can. Where a rule of ours says
//! the same better, the schema names that rule beside the keyword (`x-rules`), and the [`Violation`] carries it as
//! its owner: the rule then speaks, not the schema.

mod engine;

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::sync::{LazyLock, OnceLock};

use serde_json::Value as JsonValue;

use crate::aivss::{Factor, is_other_spelling};
use crate::decimal::Decimal;
use crate::diagnostic::{Diagnostic, Fix, Owner, RuleInfo};
use crate::did_you_mean::nearest;
use crate::source::Span;
use crate::syntax::{Entry, Node, Value};
use engine::{Engine, Extent, SchemaError, What};

/// The schema of the JSON report, which nothing here is checked against: it is printed for others.
pub const REPORT: &str = include_str!("../../schemas/report.json");
/// What `score --format json` prints.
pub const SCORE: &str = include_str!("../../schemas/score.json");
/// The schema of what rules in Rego see, likewise.
pub const REGO_INPUT: &str = include_str!("../../schemas/rego-input.json");

/// The embedded schemas.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Schema {
    /// `schemas/threat-model.json`: this project's own format.
    ThreatModel,
    /// `schemas/owasp-report.json`: the report of OWASP AIVSS v0.8, appendix A.
    OwaspReport,
    /// `schemas/policy.json`: a policy.
    Policy,
    /// `schemas/policy-test.json`: tests of a policy.
    PolicyTest,
}

/// How many unknown keys of one mapping are reported.
const MOST_UNKNOWN: usize = 100;

/// One way in which a tree is out of shape.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Whether a key is unknown, or something else is wrong.
    pub kind: ViolationKind,
    /// The rule that speaks of this in the schema's stead.
    pub owner: Option<String>,
    /// The keys and indices from the root to the value, aliases followed.
    pub path: Vec<String>,
    /// The bytes of the value; for an alias, those of the anchored value.
    pub value_span: Span,
    /// The offending key or value; for something missing, the nearest key above it.
    pub span: Span,
    /// What is wrong, as a sentence.
    pub message: String,
    /// How to mend it, where that can be known.
    pub help: Option<String>,
    /// For a key that is misspelt: its letters, and those it should have, where they can be put in their place.
    pub respelt: Option<(Span, String)>,
}

/// The sorts of violation; each is a rule of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ViolationKind {
    /// A key that the schema does not know.
    UnknownKey,
    /// Any other.
    Shape,
}

impl ViolationKind {
    /// The rule that reports it.
    pub const fn rule(self) -> RuleInfo {
        match self {
            Self::UnknownKey => RuleInfo::fixed("unknown-key"),
            Self::Shape => RuleInfo::fixed("schema"),
        }
    }
}

impl Violation {
    /// The violation as a diagnostic about `owner`.
    pub fn into_diagnostic(self, owner: Owner) -> Diagnostic {
        let respelt = self.respelt.map(|(span, key)| Fix::replacing(span, key).suggested());
        let diagnostic = Diagnostic::new(self.kind.rule(), owner, self.span, self.message).fix(respelt);
        match self.help {
            Some(help) => diagnostic.help_by_suggestion(help, "writes it"),
            None => diagnostic,
        }
    }
}

impl Schema {
    /// The schema's text.
    pub const fn text(self) -> &'static str {
        match self {
            Self::ThreatModel => include_str!("../../schemas/threat-model.json"),
            Self::OwaspReport => include_str!("../../schemas/owasp-report.json"),
            Self::Policy => include_str!("../../schemas/policy.json"),
            Self::PolicyTest => include_str!("../../schemas/policy-test.json"),
        }
    }

    /// The text without what only people read, where that makes a start of the program faster.
    const fn bare(self) -> &'static str {
        match self {
            Self::ThreatModel => include_str!("threat-model.bare.json"),
            _ => self.text(),
        }
    }

    /// Everything in which `root` is not what the schema asks for, in the order of the text.
    pub fn violations(self, root: Node<'_>) -> Vec<Violation> {
        let mut violations = self.compiled().violations(root);
        if matches!(self, Self::Policy | Self::PolicyTest) {
            // Who judges is not mended by the way.
            for violation in &mut violations {
                violation.respelt = None;
            }
        }
        violations
    }

    /// What the schema says that a place is for, by its keys from the root; in a list any number will do.
    pub fn description(self, path: &[&str]) -> Option<&'static str> {
        self.compiled().description(path.iter().copied())
    }

    /// Whether a key may stand at a path from the root of which the first `found` steps lead to values. What is missing
    /// is never an item of a list.
    pub fn knows(self, path: &[String], found: usize) -> bool {
        let schema = self.compiled().schema();
        knows(schema, schema, path, found)
    }

    fn compile(self) -> Compiled {
        Compiled::new(self.text().into(), self.bare())
    }

    fn compiled(self) -> &'static Compiled {
        static COMPILED: [LazyLock<Compiled>; 4] = [
            LazyLock::new(|| Schema::ThreatModel.compile()),
            LazyLock::new(|| Schema::OwaspReport.compile()),
            LazyLock::new(|| Schema::Policy.compile()),
            LazyLock::new(|| Schema::PolicyTest.compile()),
        ];
        match self {
            Self::ThreatModel => &COMPILED[0],
            Self::OwaspReport => &COMPILED[1],
            Self::Policy => &COMPILED[2],
            Self::PolicyTest => &COMPILED[3],
        }
    }
}

/// Whether a part of a schema, or one of its alternatives, knows a path.
fn knows(whole: &JsonValue, schema: &JsonValue, path: &[String], found: usize) -> bool {
    let Some((part, rest)) = path.split_first() else { return true };
    if part.starts_with("x-") {
        return true;
    }
    let pointer = schema.get("$ref").and_then(JsonValue::as_str).and_then(|target| target.strip_prefix('#'));
    let target = pointer.and_then(|pointer| whole.pointer(pointer));
    let alternatives = ["oneOf", "anyOf", "allOf"].into_iter().filter_map(|key| schema.get(key)?.as_array());
    let mut alternatives = alternatives.flatten().chain(target);
    let property = schema.get("properties").and_then(|properties| properties.get(part));
    let item = schema.get("items").filter(|_| found > 0 && part.bytes().all(|byte| byte.is_ascii_digit()));
    let mut below = property.into_iter().chain(item);
    below.any(|schema| knows(whole, schema, rest, found.saturating_sub(1)))
        || alternatives.any(|schema| knows(whole, schema, path, found))
}

struct Compiled {
    text: Cow<'static, str>,
    /// The whole schema, which is read when there is a problem to explain.
    whole: OnceLock<JsonValue>,
    engine: Engine,
}

/// An embedded schema for the engine, which reads it as draft 7, and would work out the whole address of every keyword.
#[expect(clippy::panic, reason = "the embedded schemas are parsed in every test run")]
fn parse(text: &str) -> JsonValue {
    let mut schema: JsonValue =
        serde_json::from_str(text).unwrap_or_else(|error| panic!("embedded schema: {error}"));
    if let Some(object) = schema.as_object_mut() {
        object.remove("$id");
        object.remove("$schema");
    }
    schema
}

impl Compiled {
    #[expect(clippy::panic, reason = "the embedded schemas are compiled in every test run")]
    fn new(text: Cow<'static, str>, bare: &str) -> Self {
        let engine = Engine::compile(&parse(bare)).unwrap_or_else(|error| panic!("embedded schema: {error}"));
        Self { text, whole: OnceLock::new(), engine }
    }

    fn schema(&self) -> &JsonValue {
        self.whole.get_or_init(|| parse(&self.text))
    }

    fn violations(&self, root: Node<'_>) -> Vec<Violation> {
        let (mut breaches, extent) = self.engine.breaches(root);
        if breaches.is_empty() {
            return Vec::new();
        }
        let mut places = Places { root, elements: HashMap::new(), entries: HashMap::new() };
        self.join_misspelt_keys(&mut places, &mut breaches);
        let mut violations = Vec::new();
        for breach in without_implied(&breaches) {
            self.explain(&mut places, breach, &mut violations);
        }
        if extent == Extent::Cut {
            violations.push(Violation {
                kind: ViolationKind::Shape,
                owner: None,
                path: Vec::new(),
                span: places.find(&[]).heading,
                value_span: root.value_span(),
                message: "the document has more problems than are reported".to_owned(),
                help: None,
                respelt: None,
            });
        }
        violations.sort_by_key(|violation| violation.span);
        violations.dedup();
        violations
    }

    /// A misspelt key is unknown, and its right spelling is missing: one mistake, so the second breach goes.
    fn join_misspelt_keys(&self, places: &mut Places<'_>, breaches: &mut Vec<SchemaError>) {
        let mut meant: HashMap<Vec<String>, HashSet<String>> = HashMap::new();
        for breach in &*breaches {
            let What::UnknownKeys(names) = &breach.what else { continue };
            let known = self.known_keys(breach);
            let names = names.iter().take(MOST_UNKNOWN).filter_map(|name| meant_key(name, &known));
            meant.entry(breach.path.clone()).or_default().extend(names.map(str::to_owned));
        }
        breaches.retain(|breach| match &breach.what {
            What::MissingKey(name) => {
                let misspelt = meant.get(&breach.path).is_some_and(|keys| keys.contains(name));
                // What a merge key was to bring is not there because merge keys are not; that is said already.
                let unmerged = places.find(&breach.path).node.get("<<").is_some();
                !misspelt && !unmerged
            }
            _ => true,
        });
    }

    /// The keyword's schema object: where `properties` and `x-rules` stand beside it.
    fn schema_object(&self, breach: &SchemaError) -> Option<&JsonValue> {
        let (_, parents) = breach.keyword.split_last()?;
        parents.iter().try_fold(self.schema(), |value, part| match value {
            JsonValue::Array(items) => items.get(part.parse::<usize>().ok()?),
            _ => value.get(part),
        })
    }

    fn known_keys(&self, breach: &SchemaError) -> Vec<String> {
        let properties = self.schema_object(breach).and_then(|object| object.get("properties")?.as_object());
        properties.map_or_else(Vec::new, |properties| properties.keys().cloned().collect())
    }

    /// The rule that speaks of a breach: `x-rules` names it by the keyword, for a missing key also by that key.
    fn owner(&self, breach: &SchemaError) -> Option<String> {
        let rule = self.schema_object(breach)?.get("x-rules")?.get(breach.keyword.last()?)?;
        let rule = match (&breach.what, rule) {
            (What::MissingKey(key), JsonValue::Object(by_key)) => by_key.get(key)?,
            (_, rule) => rule,
        };
        Some(rule.as_str()?.to_owned())
    }

    /// What the schema says that a place is for.
    fn description<'p>(&self, path: impl IntoIterator<Item = &'p str>) -> Option<&str> {
        let mut schema = self.schema();
        let mut description = None;
        for part in path {
            while let Some(target) = schema.get("$ref").and_then(JsonValue::as_str) {
                schema = self.schema().pointer(target.strip_prefix('#')?)?;
            }
            schema = match schema.get("properties").and_then(|properties| properties.get(part)) {
                Some(property) => property,
                None => schema.get("items")?,
            };
            description = schema.get("description").and_then(JsonValue::as_str);
        }
        description
    }

    fn explain(&self, places: &mut Places<'_>, breach: &SchemaError, violations: &mut Vec<Violation>) {
        let place = places.find(&breach.path);
        // A value that could not be read has its problem already.
        if matches!(place.node.value(), Value::Unreadable) {
            return;
        }
        let owner = self.owner(breach);
        let said = match &breach.what {
            What::UnknownKeys(names) => return self.unknown_keys(&place, breach, names, violations),
            What::NoBranch(branches) => match meant_branch(branches, breach.path.len()) {
                BestBranch::Branch(breaches) if owner.is_none() => {
                    return without_implied(breaches)
                        .for_each(|inner| self.explain(places, inner, violations));
                }
                BestBranch::Branch(_) => (place.heading, format!("{} is incomplete", place.name), None),
                BestBranch::Types(expected) => self.wrong_type(&place, breach, &expected),
            },
            what => self.sentence(&place, breach, what),
        };
        let (span, message, help) = said;
        violations.push(Violation {
            kind: ViolationKind::Shape,
            owner,
            path: breach.path.clone(),
            value_span: place.node.value_span(),
            span,
            message,
            help,
            respelt: None,
        });
    }

    fn wrong_type(&self, place: &Place<'_>, breach: &SchemaError, expected: &[&str]) -> Said {
        let (span, message, help) = wrong_type(place, expected);
        let purpose = || self.description(breach.path.iter().map(String::as_str)).map(str::to_owned);
        let help = match place.node.value() {
            Value::Null => help.or_else(purpose),
            Value::Number(_) => self.place_of_number(breach).or(help),
            _ => help,
        };
        (span, message, help)
    }

    /// Where a number belongs that stands in the place of a text, if the schema says so.
    fn place_of_number(&self, breach: &SchemaError) -> Option<String> {
        Some(self.schema_object(breach)?.get("x-number")?.as_str()?.to_owned())
    }

    /// What to say of a breach that one sentence tells.
    fn sentence(&self, place: &Place<'_>, breach: &SchemaError, what: &What) -> Said {
        let name = &place.name;
        let (span, message) = match what {
            What::WrongType(expected) => return self.wrong_type(place, breach, expected),
            What::NotOneOf(options) => return not_one_of(place, options),
            What::MissingKey(key) => (place.heading, format!("{name} lacks `{key}`")),
            What::BelowMinimum(limit) => (place.span, format!("{name} must be {limit} or more")),
            What::AboveMaximum(limit) => (place.span, format!("{name} must be {limit} or less")),
            What::TooFew(1) => (place.span, format!("{name} must not be empty")),
            What::TooFew(count) => (place.heading, format!("{name} needs {count} entries or more")),
            What::TooMany(count) => (place.heading, format!("{name} takes {count} entries at the most")),
            What::WrongPattern => {
                let expected =
                    self.schema_object(breach).and_then(|object| object.get("x-expected")?.as_str());
                (place.span, format!("{name} must be {}", expected.unwrap_or("written differently")))
            }
            What::WrongFormat(format) if format == "date" => {
                (place.span, format!("{name} must be a date, YYYY-MM-DD"))
            }
            What::WrongFormat(format) => (place.span, format!("{name} must be a valid {format}")),
            What::Other(message) => (place.span, format!("{name}: {message}")),
            What::UnknownKeys(_) | What::NoBranch(_) => {
                (place.span, format!("{name} is not as it should be"))
            }
        };
        (span, message, None)
    }

    fn unknown_keys(
        &self,
        place: &Place<'_>,
        breach: &SchemaError,
        names: &[String],
        violations: &mut Vec<Violation>,
    ) {
        let known = self.known_keys(breach);
        // A format of someone else's may hold more than we know; what is a slip of a known key is wrong there too.
        let is_open = self.schema_object(breach).is_some_and(|object| object.get("x-open").is_some());
        let entries = || place.node.as_map().into_iter().flat_map(crate::syntax::Map::iter);
        let names: HashSet<&str> = names.iter().map(String::as_str).collect();
        let unknown: Vec<(Entry<'_>, Option<&str>)> = entries()
            .filter(|entry| names.contains(entry.key))
            .take(MOST_UNKNOWN)
            .map(|entry| (entry, meant_key(entry.key, &known)))
            .collect();
        // The right key may be there already, or be meant by two: then this is no slip but one too many.
        let is_only = |right: &&str| {
            let meaning = unknown.iter().filter(|(_, meant)| meant.is_some_and(|meant| meant == *right));
            place.node.get(right).is_none() && meaning.count() == 1 && names.len() <= MOST_UNKNOWN
        };
        for &(entry, meant) in &unknown {
            let help = match meant {
                Some(meant) => format!("did you mean `{meant}`?"),
                None if is_open => continue,
                None if entry.key.starts_with("x-") => format!("known here: {}", known.join(", ")),
                None => format!("known here: {}; keys of your own begin with `x-`", known.join(", ")),
            };
            let respelt = meant
                .filter(|right| !place.shared && is_other_spelling(entry.key, right))
                .filter(is_only)
                .and_then(|meant| Some((entry.key_letters()?, meant.to_owned())));
            violations.push(Violation {
                kind: ViolationKind::UnknownKey,
                owner: self.owner(breach),
                path: breach.path.clone(),
                value_span: place.node.value_span(),
                span: entry.key_span,
                message: format!("{} has no key `{}`", place.name, entry.key),
                help: Some(help),
                respelt,
            });
        }
    }
}

/// The known key that another one was meant to be: a slip of it, or another name of its factor.
fn meant_key<'k>(key: &str, known: &'k [String]) -> Option<&'k str> {
    let named = Factor::named(key).and_then(|factor| {
        known.iter().find(|known| *known == factor.key() || Some(known.as_str()) == factor.report_key())
    });
    named.map(String::as_str).or_else(|| nearest(key, known.iter().map(String::as_str)))
}

/// Where a breach stands in the tree.
struct Place<'t> {
    node: Node<'t>,
    /// How people call it: `` `aivss.factors` ``.
    name: String,
    /// The value, or its key where nothing is written.
    span: Span,
    /// The key above: what to point at when something in it is missing.
    heading: Span,
    /// Whether an alias leads here, so that what is written in it belongs to others as well.
    shared: bool,
}

/// The places of a tree, by their paths.
struct Places<'t> {
    root: Node<'t>,
    /// The elements of each list that a path has led into: a long one is walked once, and not for every breach in it.
    elements: HashMap<u32, Vec<Node<'t>>>,
    /// The entries of each mapping likewise, in the order of their keys.
    entries: HashMap<u32, Box<[Entry<'t>]>>,
}

impl<'t> Places<'t> {
    /// Follows a path of keys and indices as far as it leads.
    fn find(&mut self, path: &[String]) -> Place<'t> {
        let root = self.root;
        let first = root.as_map().and_then(|map| map.iter().next());
        let heading = first.map_or(root.span(), |entry| entry.key_span);
        let mut place =
            Place { node: root, name: String::new(), span: root.span(), heading, shared: root.is_shared() };
        for part in path {
            let step = match place.node.value() {
                Value::Map(map) => {
                    let entries = self.entries.entry(place.node.resolved());
                    let entries = entries.or_insert_with(|| {
                        let mut entries: Box<[Entry<'t>]> = map.iter().collect();
                        entries.sort_unstable_by_key(|entry| entry.key);
                        entries
                    });
                    let found = entries.binary_search_by_key(&part.as_str(), |entry| entry.key);
                    found.ok().map(|at| entries[at])
                }
                Value::List(list) => {
                    let elements = self.elements.entry(place.node.resolved());
                    let elements = elements.or_insert_with(|| list.iter().collect());
                    part.parse().ok().and_then(|at: usize| elements.get(at)).map(|&value| {
                        let key_span = first_key(value).unwrap_or(value.span());
                        Entry { key: "", key_span, key_verbatim: false, value }
                    })
                }
                Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Unreadable => {
                    None
                }
            };
            let Some(entry) = step else { break };
            if matches!(place.node.value(), Value::List(_)) {
                place.name.push_str(&format!("[{part}]"));
            } else {
                let dot = if place.name.is_empty() { "" } else { "." };
                place.name.push_str(&format!("{dot}{part}"));
            }
            let shared = place.shared || entry.value.is_shared();
            let (span, heading) = (entry.span(), entry.key_span);
            place = Place { node: entry.value, name: place.name, span, heading, shared };
        }
        place.name =
            if place.name.is_empty() { "the document".to_owned() } else { format!("`{}`", place.name) };
        place
    }
}

fn first_key(node: Node<'_>) -> Option<Span> {
    node.as_map()?.iter().next().map(|entry| entry.key_span)
}

/// A place, what is wrong there, and how to mend it.
type Said = (Span, String, Option<String>);

fn wrong_type(place: &Place<'_>, expected: &[&str]) -> Said {
    let words: Vec<&str> = expected
        .iter()
        .map(|name| match *name {
            "string" => "text",
            "number" => "a number",
            "integer" => "a whole number",
            "boolean" => "true or false",
            "array" => "a list",
            "object" => "a mapping",
            _ => "empty",
        })
        .filter(|word| *word != "empty")
        .collect();
    let words_joined = words.join(" or ");
    let message = match place.node.value() {
        Value::Null => format!("{} is still empty: it takes {words_joined}", place.name),
        _ => format!("{} must be {words_joined}, not {}", place.name, place.node.kind_name()),
    };
    let help = match place.node.value() {
        Value::Bool(_) | Value::Number(_) if expected.contains(&"string") => {
            Some("put it in quotes".to_owned())
        }
        Value::String(text) if words.contains(&"a number") => meant_number(text),
        _ => None,
    };
    (place.span, message, help)
}

fn not_one_of(place: &Place<'_>, options: &[String]) -> Said {
    let mut words: Vec<&str> = options.iter().map(String::as_str).collect();
    words.sort_unstable();
    words.dedup();
    // The order of the schema, which has a meaning, with doubles (a number and its text) left out.
    let mut ordered: Vec<&str> = Vec::new();
    for option in options {
        if !ordered.contains(&option.as_str()) {
            ordered.push(option);
        }
    }
    let options = match ordered.as_slice() {
        [only] => (*only).to_owned(),
        several => format!("one of {}", several.join(", ")),
    };
    let given = match place.node.value() {
        Value::String(text) if ordered.contains(&text) => format!("`{text}` in quotes"),
        Value::String(text) | Value::Number(text) => format!("`{text}`"),
        Value::Null | Value::Bool(_) | Value::List(_) | Value::Map(_) | Value::Unreadable => {
            place.node.kind_name().to_owned()
        }
    };
    let message = format!("{} must be {options}, not {given}", place.name);
    let meant = |text| nearest(text, words).map(|meant| format!("did you mean `{meant}`?"));
    let is_number = |text: &str| Decimal::parse(text).is_ok();
    // Out of its quotes a number that is not among them would be as wrong.
    let meant_number = |text| meant_number(text).filter(|_| !is_number(text) || ordered.contains(&text));
    let help = place.node.as_str().and_then(|text| meant(text).or_else(|| meant_number(text)));
    (place.span, message, help)
}

/// How a text should have been written to be the number it looks like.
fn meant_number(text: &str) -> Option<String> {
    let is_number = |text: &str| Decimal::parse(text).is_ok();
    if is_number(text) {
        return Some("take it out of its quotes".to_owned());
    }
    let pointed = text.replace(',', ".");
    if is_number(&pointed) {
        return Some(format!("write {pointed}, with a point"));
    }
    let percent = Decimal::parse(text.strip_suffix('%')?.trim_end()).ok()?;
    Some(format!("write {}, without the percent sign", percent.over_ten().over_ten().plain()))
}

enum BestBranch<'b> {
    Branch(&'b [SchemaError]),
    Types(Vec<&'static str>),
}

/// The breaches without those that others imply: a value of the wrong type is none of the options either, and nothing that
/// is asked of the right type holds.
fn without_implied(breaches: &[SchemaError]) -> impl Iterator<Item = &SchemaError> {
    let not_options: HashSet<_> = breaches
        .iter()
        .filter(|breach| matches!(breach.what, What::NotOneOf(_)))
        .map(place_and_schema)
        .collect();
    let mistyped: HashSet<&[String]> = breaches
        .iter()
        .filter(|breach| matches!(breach.what, What::WrongType(_)))
        .map(|breach| &*breach.path)
        .collect();
    breaches.iter().filter(move |breach| match breach.what {
        What::WrongType(_) => !not_options.contains(&place_and_schema(breach)),
        What::Other(_) => !mistyped.contains(&*breach.path),
        _ => true,
    })
}

/// The path of a breach, and that of the schema object whose keyword failed.
fn place_and_schema(breach: &SchemaError) -> (&[String], &[String]) {
    let schema = breach.keyword.split_last().map_or(&[][..], |(_, schema)| schema);
    (&breach.path, schema)
}

/// Of the branches of an `anyOf`, the one the author was writing: of those that accept the value's type, the one
/// with the least against it.
fn meant_branch(branches: &[Vec<SchemaError>], depth: usize) -> BestBranch<'_> {
    let types_only: Vec<&'static str> = branches
        .iter()
        .flatten()
        .filter(|breach| breach.path.len() == depth)
        .filter_map(|breach| if let What::WrongType(expected) = &breach.what { Some(expected) } else { None })
        .flatten()
        .copied()
        .collect();
    let fitting = branches.iter().filter(|branch| {
        !branch.iter().any(|breach| breach.path.len() == depth && matches!(breach.what, What::WrongType(_)))
    });
    match fitting.min_by_key(|branch| branch.len()) {
        Some(branch) => BestBranch::Branch(branch),
        None => BestBranch::Types(types_only),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Source;
    use crate::syntax;

    /// A schema without what only people read. Names of properties and definitions can be the same words.
    fn bare(value: &mut JsonValue, is_name: bool) {
        match value {
            JsonValue::Object(entries) => {
                entries.retain(|key, _| is_name || !["title", "description", "examples"].contains(&&**key));
                for (key, value) in entries {
                    bare(value, !is_name && ["properties", "definitions"].contains(&&**key));
                }
            }
            JsonValue::Array(items) => items.iter_mut().for_each(|item| bare(item, false)),
            _ => {}
        }
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "a developer asks for the file to be written")]
    fn bare_schema_is_that_of_the_text() {
        let mut schema: JsonValue = serde_json::from_str(Schema::ThreatModel.text()).unwrap();
        bare(&mut schema, false);
        let text = format!("{schema}\n");
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write("src/schema/threat-model.bare.json", &text).unwrap();
            return;
        }
        assert_eq!(Schema::ThreatModel.bare(), text, "UPDATE=1 cargo test bare_schema writes it");
    }

    fn messages(schema: &JsonValue, text: &str) -> Vec<String> {
        let source = Source::decode("a.yaml", text.as_bytes().to_vec());
        let document = syntax::parse(&source);
        assert!(document.is_sound(), "{:?}", document.problems);
        let root = document.roots().next().unwrap();
        let text = schema.to_string();
        Compiled::new(text.clone().into(), &text)
            .violations(root)
            .into_iter()
            .map(|violation| {
                let place = source.position(violation.span.start);
                format!("{}:{} {}", place.line, place.column, violation.message)
            })
            .collect()
    }

    #[test]
    fn a_value_of_the_wrong_type_among_options_is_one_problem() {
        let schema = serde_json::json!({
            "properties": { "a": { "type": "string", "enum": ["x", "y"] }, "b": { "anyOf": [
                { "type": "array" },
                { "type": "object", "properties": { "c": { "type": "string", "enum": ["x"] } } },
            ] }, "d": { "type": "object", "not": { "required": ["x"] } } },
        });
        assert_eq!(messages(&schema, "d: 3"), ["1:4 `d` must be a mapping, not a number"]);
        assert_eq!(messages(&schema, "a: 3"), ["1:4 `a` must be one of x, y, not `3`"]);
        assert_eq!(messages(&schema, "a:"), ["1:1 `a` must be one of x, y, not empty"]);
        assert_eq!(messages(&schema, "a: [x]"), ["1:4 `a` must be one of x, y, not a list"]);
        assert_eq!(messages(&schema, "b: { c: 1 }"), ["1:9 `b.c` must be x, not `1`"]);
    }

    #[test]
    fn a_failed_choice_speaks_of_the_branch_that_was_meant() {
        let schema = serde_json::json!({
            "properties": { "a": { "anyOf": [
                { "type": "number" },
                { "type": "object", "required": ["score"], "properties": { "score": { "type": "number" } } },
            ] } },
        });
        assert_eq!(messages(&schema, "a: { score: x }"), ["1:13 `a.score` must be a number, not text"]);
        assert_eq!(messages(&schema, "a: x"), ["1:4 `a` must be a number or a mapping, not text"]);
        assert_eq!(messages(&schema, "a: {}"), ["1:1 `a` lacks `score`"]);
    }

    #[test]
    fn a_misspelt_key_is_one_mistake() {
        let schema = serde_json::json!({
            "required": ["status"], "properties": { "status": true }, "additionalProperties": false,
        });
        assert_eq!(messages(&schema, "statuz: 1"), ["1:1 the document has no key `statuz`"]);
    }

    #[test]
    fn references_keep_the_place_of_their_keyword() {
        let schema = serde_json::json!({
            "properties": { "a": { "$ref": "#/$defs/b" } },
            "$defs": { "b": { "properties": { "known": true }, "additionalProperties": false } },
        });
        assert_eq!(messages(&schema, "a: { knwon: 1 }"), ["1:6 `a` has no key `knwon`"]);
    }
}
