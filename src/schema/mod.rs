//! Validation of a tree against a JSON schema: each violation with its span and a sentence for people.
//!
//! The schemas in `schemas/` are complete, so that an editor shows as much as it can. If one of our rules reports a violation
//! better, the schema names that rule next to the keyword (`x-rules`), and the [`Violation`] names it in `reported_by`.

mod engine;
mod explain;

use std::borrow::Cow;
use std::str::SplitAsciiWhitespace;
use std::sync::OnceLock;

use serde_json::Value as JsonValue;

use crate::aivss::{LayerKind, LayerSet, letters};
use crate::diagnostic::{Diagnostic, Fix, Level, Owner, RuleInfo};
use crate::source::Span;
use crate::syntax::Node;
use engine::{Engine, SchemaError, SchemaErrorKind};

/// The schema of the JSON report.
pub const REPORT: &str = include_str!("../../schemas/report.json");
/// The schema of a row of `check --format ndjson`.
pub const ROW: &str = include_str!("../../schemas/row.json");
/// The schema of the output of `score --format json`.
pub const SCORE: &str = include_str!("../../schemas/score.json");
/// The schema of the input of rules in Rego.
pub const REGO_INPUT: &str = include_str!("../../schemas/rego-input.json");

/// The embedded schemas of files.
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

/// One violation of a schema.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    pub(crate) kind: ViolationKind,
    /// The rule that reports this instead of the schema.
    pub reported_by: Option<String>,
    /// The keys and indices from the root to the value, aliases followed.
    pub path: Vec<String>,
    /// The bytes of the value; for an alias, those of the anchored value.
    pub value_span: Span,
    /// The offending key or value; for a missing one, the nearest key above it.
    pub span: Span,
    pub(crate) message: String,
    pub(crate) help: Option<String>,
    /// The letters of a misspelled key or value with their replacement, if they can be replaced.
    pub respelt: Option<(Span, String)>,
}

/// The kinds of violation; each is a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ViolationKind {
    /// A key that is not in the schema.
    UnknownKey,
    /// Any other.
    Shape,
    /// A value that is read as a word of the schema, but spelled in another way.
    Spelling,
}

impl ViolationKind {
    pub(crate) const fn rule(self) -> RuleInfo {
        match self {
            Self::UnknownKey => RuleInfo::mandatory("unknown-key"),
            Self::Shape => RuleInfo::mandatory("schema"),
            Self::Spelling => RuleInfo { name: "value-spelling", level: Level::Note, mandatory: false },
        }
    }
}

impl Violation {
    pub(crate) fn into_diagnostic(self, owner: Owner) -> Diagnostic {
        let respelt = self.respelt.map(|(span, key)| Fix::replacing(span, key).suggested());
        let diagnostic = Diagnostic::new(self.kind.rule(), owner, self.span, self.message).fix(respelt);
        match self.help {
            Some(help) => diagnostic.help_by_suggestion(help, "writes it"),
            None => diagnostic,
        }
    }
}

impl Schema {
    pub(crate) const fn text(self) -> &'static str {
        match self {
            Self::ThreatModel => include_str!("../../schemas/threat-model.json"),
            Self::OwaspReport => include_str!("../../schemas/owasp-report.json"),
            Self::Policy => include_str!("../../schemas/policy.json"),
            Self::PolicyTest => include_str!("../../schemas/policy-test.json"),
        }
    }

    /// The text that is compiled. Without descriptions the schema of every run compiles faster.
    const fn bare(self) -> &'static str {
        match self {
            Self::ThreatModel => include_str!("threat-model.bare.json"),
            Self::OwaspReport | Self::Policy | Self::PolicyTest => self.text(),
        }
    }

    /// All violations in a tree, in the order of the text.
    pub fn violations(self, root: Node<'_>) -> Vec<Violation> {
        let mut violations = self.compiled().violations(root);
        if matches!(self, Self::Policy | Self::PolicyTest) {
            // No fix may change a policy.
            for violation in &mut violations {
                violation.respelt = None;
            }
        }
        violations
    }

    /// The schema's description of a place, by its keys from the root. Any number is an index of a list.
    pub fn description(self, path: &[&str]) -> Option<&'static str> {
        self.compiled().description(path.iter().copied())
    }

    /// The parts of the schema that describe a place, by its keys from the root: one for each alternative. Any number is an
    /// index of a list.
    #[cfg(feature = "server")]
    pub(crate) fn parts(self, path: &[&str]) -> Vec<&'static JsonValue> {
        let (whole, mut found) = (self.compiled().schema(), Vec::new());
        collect_parts(whole, whole, path, &mut found);
        found
    }

    /// Whether the schema allows a key at a path from the root, of which the first `found` steps exist. A missing step is never
    /// an item of a list.
    pub fn knows(self, path: &[String], found: usize) -> bool {
        let schema = self.compiled().schema();
        knows(schema, schema, path, found)
    }

    fn compiled(self) -> &'static Compiled {
        static COMPILED: [OnceLock<Compiled>; 4] = [const { OnceLock::new() }; 4];
        COMPILED[self as usize].get_or_init(|| Compiled::new(self.text().into(), self.bare()))
    }
}

/// Whether a part of a schema, or one of its alternatives, allows a path.
fn knows(whole: &JsonValue, schema: &JsonValue, path: &[String], found: usize) -> bool {
    let Some((part, rest)) = path.split_first() else { return true };
    if part.starts_with("x-") {
        return true;
    }
    let property = schema.get("properties").and_then(|properties| properties.get(part));
    let item = schema.get("items").filter(|_| found > 0 && part.bytes().all(|byte| byte.is_ascii_digit()));
    let mut below = property.into_iter().chain(item);
    let alternatives = ["oneOf", "anyOf", "allOf"].into_iter().filter_map(|key| schema.get(key)?.as_array());
    below.any(|schema| knows(whole, schema, rest, found.saturating_sub(1)))
        || alternatives.flatten().chain(target(whole, schema)).any(|schema| knows(whole, schema, path, found))
}

#[cfg(feature = "server")]
fn collect_parts<'s>(
    whole: &'s JsonValue,
    schema: &'s JsonValue,
    path: &[&str],
    found: &mut Vec<&'s JsonValue>,
) {
    match path.split_first() {
        None => found.push(schema),
        Some((part, rest)) => {
            let property = schema.get("properties").and_then(|properties| properties.get(part));
            let item = schema.get("items").filter(|_| part.bytes().all(|byte| byte.is_ascii_digit()));
            for below in property.into_iter().chain(item) {
                collect_parts(whole, below, rest, found);
            }
        }
    }
    let alternatives = ["oneOf", "anyOf"].into_iter().filter_map(|key| schema.get(key)?.as_array());
    for other in alternatives.flatten().chain(target(whole, schema)) {
        collect_parts(whole, other, path, found);
    }
}

fn target<'s>(whole: &'s JsonValue, schema: &JsonValue) -> Option<&'s JsonValue> {
    whole.pointer(schema.get("$ref")?.as_str()?.strip_prefix('#')?)
}

/// An embedded schema for the engine, which reads it as draft 7, and would resolve the address of every keyword.
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

struct Compiled {
    text: Cow<'static, str>,
    /// The whole schema, which is read when there is a problem to explain.
    whole: OnceLock<JsonValue>,
    engine: Engine,
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
        explain::violations(self, root, self.engine.errors(root))
    }

    /// The schema object of a keyword, which contains `properties` and `x-rules`, too.
    fn schema_object(&self, error: &SchemaError) -> Option<&JsonValue> {
        let (_, parents) = error.keyword.split_last()?;
        parents.iter().try_fold(self.schema(), |value, part| match value {
            JsonValue::Array(items) => items.get(part.parse::<usize>().ok()?),
            _ => value.get(part),
        })
    }

    fn text_beside(&self, error: &SchemaError, key: &str) -> Option<&str> {
        self.schema_object(error)?.get(key)?.as_str()
    }

    fn known_keys(&self, error: &SchemaError) -> Vec<&str> {
        let properties = self.schema_object(error).and_then(|object| object.get("properties")?.as_object());
        properties.into_iter().flatten().map(|(key, _)| key.as_str()).collect()
    }

    /// The rule that reports an error: `x-rules` names it by the keyword, for a missing key also by that key.
    fn reported_by(&self, error: &SchemaError) -> Option<String> {
        let rule = self.schema_object(error)?.get("x-rules")?.get(error.keyword.last()?)?;
        let rule = match (&error.kind, rule) {
            (SchemaErrorKind::MissingKey(key), JsonValue::Object(by_key)) => by_key.get(key)?,
            _ => rule,
        };
        Some(rule.as_str()?.to_owned())
    }

    fn description<'p>(&self, path: impl IntoIterator<Item = &'p str>) -> Option<&str> {
        let mut schema = self.schema();
        let mut description = None;
        for part in path {
            while schema.get("$ref").is_some() {
                schema = target(self.schema(), schema)?;
            }
            let property = schema.get("properties").and_then(|properties| properties.get(part));
            schema = property.or_else(|| schema.get("items"))?;
            description = schema.get("description").and_then(JsonValue::as_str);
        }
        description
    }
}

/// The words that a key accepts, with other spellings of them: `prod` for `production`, `high` for `High`. They are read as
/// what they mean, and a note names the word to write. A schema names the vocabulary of a key with `x-spellings`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Vocabulary {
    Environment,
    Tier,
    Severity,
    Rating,
    ThreatStatus,
    LayerStatus,
    Layer,
}

impl Vocabulary {
    /// Each with its name in schemas and its words. A word has a line with its other spellings, in letters and digits alone.
    const ALL: [(Self, &'static str, &'static str); 7] = [
        (
            Self::Environment,
            "environment",
            "development dev devel develop
            testing test tests qa
            staging stage stg preprod preproduction
            production prod prd live",
        ),
        (Self::Tier, "tier", "low\nmoderate medium med mid\nhigh"),
        (
            Self::Severity,
            "severity",
            "None info informational\nLow\nMedium med moderate\nHigh\nCritical crit",
        ),
        (Self::Rating, "rating", "1\n2\n3\n4\n5\nLow\nMedium med moderate\nHigh"),
        (
            Self::ThreatStatus,
            "threat-status",
            "open new todo pending planned proposed identified inprogress ongoing active partial partially \
                partiallymitigated mitigationinprogress underreview investigating monitoring notmitigated unmitigated \
                unresolved notimplemented reopened
            mitigated implemented
            accepted accept acceptance riskaccepted acceptedrisk wontfix
            transferred transfer transfered risktransferred
            closed done fixed resolved complete completed",
        ),
        (
            Self::LayerStatus,
            "layer-status",
            "mapped\nuncertain notcertain unclear unknown\nnot_applicable na doesnotapply",
        ),
        // The layer sets contain their own names.
        (Self::Layer, "layer", ""),
    ];

    /// The vocabulary with a name, as schemas write it.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(_, own, _)| *own == name).map(|(vocabulary, ..)| vocabulary)
    }

    /// The words, each with its other spellings.
    fn words(self) -> impl Iterator<Item = (&'static str, SplitAsciiWhitespace<'static>)> {
        let own = Self::ALL.into_iter().filter(move |(vocabulary, ..)| *vocabulary == self);
        own.flat_map(|(.., words)| words.lines()).filter_map(|line| {
            let mut spellings = line.split_ascii_whitespace();
            Some((spellings.next()?, spellings))
        })
    }

    /// The word that a text means. Only letters and digits are compared, in any case.
    pub(crate) fn meant(self, text: &str) -> Option<&'static str> {
        if self == Self::Layer {
            return LayerSet::DEFAULT.named(text).map(LayerKind::key);
        }
        // Almost all files have the words themselves.
        let found = self.words().find(|(word, _)| *word == text).or_else(|| {
            let folded = letters(text)?;
            self.words().find(|(word, others)| {
                letters(word).as_ref() == Some(&folded) || others.clone().any(|other| other == folded)
            })
        });
        found.map(|(word, _)| word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page;
    use crate::source::Source;

    /// A schema without what only people read. Names of properties and definitions can be the same words.
    fn bare(value: &mut JsonValue, is_name: bool) {
        match value {
            JsonValue::Object(entries) => {
                entries.retain(|key, _| {
                    is_name || !["title", "description", "examples", "default"].contains(&&**key)
                });
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
    fn bare_schema_is_the_schema_without_descriptions() {
        let mut schema: JsonValue = serde_json::from_str(Schema::ThreatModel.text()).unwrap();
        bare(&mut schema, false);
        let text = format!("{schema}\n");
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write("src/schema/threat-model.bare.json", &text).unwrap();
            return;
        }
        assert_eq!(
            Schema::ThreatModel.bare(),
            text,
            "UPDATE=1 cargo test --locked --lib bare_schema writes it"
        );
    }

    fn messages(schema: &JsonValue, text: &str) -> Vec<String> {
        let source = Source::decode("a.yaml", text.as_bytes().to_vec());
        let document = page::parse(&source);
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
    fn wrong_type_among_options_is_one_violation() {
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
    fn failed_choice_reports_the_best_branch() {
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
    fn misspelled_key_is_one_violation() {
        let schema = serde_json::json!({
            "required": ["status"], "properties": { "status": true }, "additionalProperties": false,
        });
        assert_eq!(messages(&schema, "statuz: 1"), ["1:1 the document has no key `statuz`"]);
    }

    #[test]
    fn misspelled_key_of_a_choice_is_one_violation() {
        let schema = serde_json::json!({
            "properties": { "status": true, "state": true }, "additionalProperties": false,
            "anyOf": [{ "required": ["status"] }, { "required": ["state"] }],
        });
        assert_eq!(messages(&schema, "statuz: 1"), ["1:1 the document has no key `statuz`"]);
    }

    #[test]
    fn violation_after_a_reference_has_its_known_keys() {
        let schema = serde_json::json!({
            "properties": { "a": { "$ref": "#/$defs/b" } },
            "$defs": { "b": { "properties": { "known": true }, "additionalProperties": false } },
        });
        assert_eq!(messages(&schema, "a: { knwon: 1 }"), ["1:6 `a` has no key `knwon`"]);
    }

    #[test]
    fn other_spellings_have_a_meaning() {
        for (vocabulary, text, word) in [
            (Vocabulary::Environment, "prod", "production"),
            (Vocabulary::Environment, "Production", "production"),
            (Vocabulary::Environment, " DEV ", "development"),
            (Vocabulary::Environment, "test", "testing"),
            (Vocabulary::Environment, "stage", "staging"),
            (Vocabulary::Environment, "pre-prod", "staging"),
            (Vocabulary::Tier, "HIGH", "high"),
            (Vocabulary::Tier, "Medium", "moderate"),
            (Vocabulary::Severity, "critical", "Critical"),
            (Vocabulary::Severity, "**High**", "High"),
            (Vocabulary::Severity, "🔴 Med", "Medium"),
            (Vocabulary::Rating, "high", "High"),
            (Vocabulary::Rating, "3", "3"),
            (Vocabulary::ThreatStatus, "In progress", "open"),
            (Vocabulary::ThreatStatus, "DONE", "closed"),
            (Vocabulary::ThreatStatus, "Risk accepted", "accepted"),
            (Vocabulary::ThreatStatus, "partially mitigated", "open"),
            (Vocabulary::LayerStatus, "Not applicable", "not_applicable"),
            (Vocabulary::LayerStatus, "N/A", "not_applicable"),
            (Vocabulary::Layer, "Layer 2: Data Operations", "data_operations"),
        ] {
            assert_eq!(vocabulary.meant(text), Some(word), "{text}");
        }
    }

    #[test]
    fn other_words_have_no_meaning() {
        for (vocabulary, text) in [
            (Vocabulary::Environment, "moon"),
            (Vocabulary::Environment, "nonprod"),
            (Vocabulary::Environment, ""),
            (Vocabulary::Severity, "Hihg"),
            (Vocabulary::Severity, "High or Critical"),
            (Vocabulary::Severity, "TBD"),
            (Vocabulary::Rating, "7"),
            (Vocabulary::Rating, "0"),
            (Vocabulary::ThreatStatus, "not closed"),
            (Vocabulary::ThreatStatus, "?"),
            (Vocabulary::LayerStatus, ""),
            (Vocabulary::Layer, "cross_layer"),
        ] {
            assert_eq!(vocabulary.meant(text), None, "{text}");
        }
        assert_eq!(Vocabulary::Severity.meant(&"high".repeat(1_000_000)), None);
    }

    /// Each object of a schema that names a vocabulary.
    fn spelled<'s>(schema: &'s JsonValue, found: &mut Vec<&'s JsonValue>) {
        if schema.get("x-spellings").is_some_and(JsonValue::is_string) {
            found.push(schema);
        }
        match schema {
            JsonValue::Object(entries) => entries.values().for_each(|value| spelled(value, found)),
            JsonValue::Array(items) => items.iter().for_each(|value| spelled(value, found)),
            _ => {}
        }
    }

    #[test]
    fn vocabularies_are_the_options_of_the_schema() {
        let schema: JsonValue = serde_json::from_str(Schema::ThreatModel.text()).unwrap();
        let mut found = Vec::new();
        spelled(&schema, &mut found);
        let mut seen = Vec::new();
        for object in found {
            let name = object["x-spellings"].as_str().unwrap();
            let vocabulary = Vocabulary::named(name).unwrap();
            let options = object["enum"].as_array().unwrap().iter();
            let options: Vec<String> =
                options.map(|option| option.as_str().map_or(option.to_string(), str::to_owned)).collect();
            let words: Vec<&str> = vocabulary.words().map(|(word, _)| word).collect();
            assert!(vocabulary == Vocabulary::Layer || options == words, "{name}: {options:?}");
            seen.push(vocabulary);
        }
        assert!(Vocabulary::ALL.iter().all(|(vocabulary, ..)| seen.contains(vocabulary)));
    }
}
