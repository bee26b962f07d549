//! The JSON Schema engine, run over our own tree; the only file that knows the `jsonschema` crate.
//!
//! The engine reads any type that implements its traits, so the tree is validated where it stands, without a copy.
//! Its errors leave this file as [`SchemaError`]es; what to say about them is decided in [`super`].

use std::borrow::Cow;
use std::cell::Cell;

use jsonschema::error::{TypeKind, ValidationErrorKind};
use jsonschema::json::{Array, Json, JsonNumber, Node as JsonNode, NodeIdentity, Object};
use jsonschema::{ValidationError, Validator};
use serde_json::{Number, Value as JsonValue};

use crate::decimal::Decimal;
use crate::syntax::{List, Map, Node, Tree, Value, canonical};

/// One schema, compiled.
pub(crate) struct Engine(Validator<TreeJson>);

/// One way in which a tree is not what the schema asks for.
#[derive(Debug)]
pub(crate) struct SchemaError {
    /// Keys and indices from the root to the node at fault.
    pub path: Vec<String>,
    /// Keys and indices from the schema's root to the keyword that failed.
    pub keyword: Vec<String>,
    pub what: What,
}

/// What a schema keyword found wrong.
#[derive(Debug)]
pub(crate) enum What {
    UnknownKeys(Vec<String>),
    MissingKey(String),
    /// The names of the JSON types that would do.
    WrongType(Vec<&'static str>),
    NotOneOf(Vec<String>),
    BelowMinimum(String),
    AboveMaximum(String),
    /// Text, list or mapping with less than this many parts.
    TooFew(u64),
    TooMany(u64),
    WrongPattern,
    WrongFormat(String),
    /// What each branch of an `anyOf` or `oneOf` had to say.
    NoBranch(Vec<Vec<SchemaError>>),
    Other(String),
}

impl Engine {
    /// Compiles a schema without fetching anything: a reference out of the schema is an error.
    ///
    /// The embedded schemas are written in draft 2020-12, with keywords that mean the same in draft 7 (a test holds
    /// them to that). They are compiled as draft 7: the engine first compiles the meta-schema of the draft, and that of
    /// 2020-12 is in eight parts and takes three times as long.
    ///
    /// # Errors
    /// The engine's description of the fault in the schema.
    pub(crate) fn compile(schema: &JsonValue) -> Result<Self, String> {
        Self::compile_as(jsonschema::Draft::Draft7, schema)
    }

    fn compile_as(draft: jsonschema::Draft, schema: &JsonValue) -> Result<Self, String> {
        jsonschema::options_for::<TreeJson>()
            .with_draft(draft)
            .should_validate_formats(true)
            .offline()
            .build(schema)
            .map(Self)
            .map_err(|error| error.to_string())
    }

    /// What is wrong with a tree, as far as anyone reads it, and whether that is all.
    pub(crate) fn breaches(&self, root: Node<'_>) -> (Vec<SchemaError>, Extent) {
        ERRORS.set(0);
        let breaches = self.0.iter_errors(root).map(|error| breach(&error)).collect();
        let extent = if ERRORS.get() < MOST_ERRORS { Extent::Whole } else { Extent::Cut };
        (breaches, extent)
    }
}

/// Whether all that is wrong with a tree was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Extent {
    Whole,
    Cut,
}

/// How many errors the engine may make, those within branches included, before it is shown no more of the tree: it makes
/// all of them before it returns the first.
const MOST_ERRORS: usize = 20_000;

thread_local! {
    /// How many errors the engine has made of the tree at hand.
    static ERRORS: Cell<usize> = const { Cell::new(0) };
}

/// Whether there is room for more errors.
fn has_room<T>(_: &T) -> bool {
    ERRORS.get() < MOST_ERRORS
}

fn breach(error: &ValidationError<'_>) -> SchemaError {
    let segments = |path: &jsonschema::paths::Location| {
        path.as_str().split('/').skip(1).map(|part| part.replace("~1", "/").replace("~0", "~")).collect()
    };
    SchemaError {
        path: segments(error.instance_path()),
        keyword: segments(error.schema_path()),
        what: what(error),
    }
}

fn what(error: &ValidationError<'_>) -> What {
    use ValidationErrorKind as Kind;
    // The engine's own words do for keywords that our schemas do not use; they quote no value.
    match error.kind() {
        Kind::AdditionalProperties { unexpected } | Kind::UnevaluatedProperties { unexpected } => {
            What::UnknownKeys(unexpected.clone())
        }
        Kind::Required { property } => What::MissingKey(display(property)),
        Kind::Type { kind: TypeKind::Single(expected) } => What::WrongType(vec![expected.as_str()]),
        Kind::Type { kind: TypeKind::Multiple(expected) } => {
            What::WrongType(expected.iter().map(jsonschema::JsonType::as_str).collect())
        }
        Kind::Enum { options } => What::NotOneOf(
            options.as_array().map_or_else(Vec::new, |options| options.iter().map(display).collect()),
        ),
        Kind::Constant { expected_value } => What::NotOneOf(vec![display(expected_value)]),
        Kind::Minimum { limit } | Kind::ExclusiveMinimum { limit } => What::BelowMinimum(limit.to_string()),
        Kind::Maximum { limit } | Kind::ExclusiveMaximum { limit } => What::AboveMaximum(limit.to_string()),
        Kind::MinLength { limit } | Kind::MinItems { limit } | Kind::MinProperties { limit } => {
            What::TooFew(*limit)
        }
        Kind::MaxLength { limit } | Kind::MaxItems { limit } | Kind::MaxProperties { limit } => {
            What::TooMany(*limit)
        }
        Kind::Pattern { .. } => What::WrongPattern,
        Kind::Format { format } => What::WrongFormat(format.clone()),
        Kind::AnyOf { context } | Kind::OneOfNotValid { context } => {
            What::NoBranch(context.iter().map(|branch| branch.iter().map(breach).collect()).collect())
        }
        Kind::Not { .. } => What::Other("this combination is not possible".to_owned()),
        _ => What::Other(error.to_string()),
    }
}

fn display(value: &JsonValue) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Marks our tree as a representation of JSON.
pub(crate) struct TreeJson;

impl Json for TreeJson {
    type Node<'a> = Node<'a>;
    type PreparedKey = String;
    type StringBuffer = Tree<'static>;

    fn prepare_key(key: &str) -> String {
        key.to_owned()
    }

    fn with_string_node<T>(buffer: &mut Tree<'static>, string: &str, f: impl FnOnce(Node<'_>) -> T) -> T {
        *buffer = Tree::of_string(string);
        // A tree made of a string has that string as its first node.
        f(buffer.root_of_string())
    }
}

impl<'a> JsonNode<'a, TreeJson> for Node<'a> {
    type Object = Map<'a>;
    type Array = List<'a>;
    type Number = Digits<'a>;

    fn as_object(&self) -> Option<Map<'a>> {
        self.as_map()
    }

    fn as_array(&self) -> Option<List<'a>> {
        self.as_list()
    }

    fn as_string(&self) -> Option<Cow<'a, str>> {
        self.as_str().map(Cow::Borrowed)
    }

    fn as_number(&self) -> Option<Digits<'a>> {
        if let Value::Number(text) = self.value() { Some(Digits(text)) } else { None }
    }

    fn as_boolean(&self) -> Option<bool> {
        if let Value::Bool(value) = self.value() { Some(value) } else { None }
    }

    fn is_null(&self) -> bool {
        matches!(self.value(), Value::Null | Value::Unreadable)
    }

    fn json_type(&self) -> jsonschema::JsonType {
        match self.value() {
            Value::Null | Value::Unreadable => jsonschema::JsonType::Null,
            Value::Bool(_) => jsonschema::JsonType::Boolean,
            Value::Number(_) => jsonschema::JsonType::Number,
            Value::String(_) => jsonschema::JsonType::String,
            Value::List(_) => jsonschema::JsonType::Array,
            Value::Map(_) => jsonschema::JsonType::Object,
        }
    }

    fn equals_value(&self, expected: &JsonValue) -> bool {
        match (self.value(), expected) {
            (Value::String(text), JsonValue::String(expected)) => text == expected,
            (Value::Number(text), JsonValue::Number(expected)) => {
                Decimal::parse(text).is_ok_and(|number| Decimal::parse(&expected.to_string()) == Ok(number))
            }
            (Value::String(_) | Value::Number(_), _) => false,
            _ => jsonschema::json::cmp::equal(&self.to_json(), expected),
        }
    }

    /// Asked for once an error. No message of ours is made of the value, which may be most of the file.
    fn to_value(&self) -> Cow<'a, JsonValue> {
        ERRORS.set(ERRORS.get() + 1);
        Cow::Owned(JsonValue::Null)
    }

    fn identity(&self) -> Option<NodeIdentity> {
        Some(NodeIdentity::tagged(self.tree_address(), self.resolved()))
    }
}

/// A number by its digits in the file.
pub(crate) struct Digits<'a>(&'a str);

impl Digits<'_> {
    /// The digits as JSON writes them: `0x1F` is `31`, `+.5` is `0.5`.
    fn canonical(&self) -> Cow<'_, str> {
        canonical(self.0)
    }
}

impl JsonNumber for Digits<'_> {
    fn as_u64(&self) -> Option<u64> {
        self.canonical().parse().ok()
    }

    fn as_i64(&self) -> Option<i64> {
        self.canonical().parse().ok()
    }

    fn as_f64(&self) -> Option<f64> {
        self.canonical().parse().ok()
    }

    fn as_str(&self) -> Cow<'_, str> {
        self.canonical()
    }

    fn to_number(&self) -> Cow<'_, Number> {
        Cow::Owned(serde_json::from_str(&self.canonical()).unwrap_or_else(|_| Number::from(0)))
    }
}

impl<'a> Object<'a, TreeJson> for Map<'a> {
    type Node = Node<'a>;
    type MemberName = &'a str;
    type MembersIter = Box<dyn Iterator<Item = (&'a str, Node<'a>)> + 'a>;

    fn len(&self) -> usize {
        self.iter().count()
    }

    fn get(&self, key: &String) -> Option<Node<'a>> {
        Map::get(*self, key)
    }

    fn members(&self) -> Self::MembersIter {
        Box::new(self.iter().map(|entry| (entry.key, entry.value)).take_while(has_room))
    }
}

impl<'a> Array<'a, TreeJson> for List<'a> {
    type Node = Node<'a>;
    type ElementsIter = Box<dyn Iterator<Item = Node<'a>> + 'a>;

    fn len(&self) -> usize {
        self.iter().count()
    }

    fn elements(&self) -> Self::ElementsIter {
        Box::new(self.iter().take_while(has_room))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules;
    use crate::schema::Schema;
    use crate::source::Source;
    use crate::syntax::parse;

    const SCHEMAS: [Schema; 4] =
        [Schema::ThreatModel, Schema::OwaspReport, Schema::Policy, Schema::PolicyTest];
    /// The keywords that mean the same in draft 2020-12 and in draft 7: the schemas are compiled as draft 7, and some editors
    /// know no other.
    const COMMON: [&str; 29] = [
        "$id",
        "$defs",
        "$ref",
        "title",
        "description",
        "examples",
        "default",
        "type",
        "enum",
        "const",
        "minimum",
        "maximum",
        "minLength",
        "pattern",
        "format",
        "minItems",
        "maxItems",
        "uniqueItems",
        "minProperties",
        "required",
        "properties",
        "patternProperties",
        "propertyNames",
        "additionalProperties",
        "items",
        "allOf",
        "anyOf",
        "not",
        "if",
    ];

    /// Asserts that a schema is written in what both drafts have.
    fn keep_common(schema: &JsonValue) {
        let Some(object) = schema.as_object() else { return assert!(schema.is_boolean(), "{schema}") };
        for (keyword, value) in object {
            let is_known = COMMON.contains(&&**keyword) || keyword == "then" || keyword.starts_with("x-");
            assert!(is_known, "`{keyword}` is not the same in both drafts");
            // Draft 7 passes over what stands beside a reference.
            let says_something = !["$ref", "title", "description", "examples"].contains(&&**keyword);
            assert!(!object.contains_key("$ref") || !says_something, "`{keyword}` beside a `$ref`");
            match &**keyword {
                "$defs" | "properties" | "patternProperties" => {
                    value.as_object().unwrap().values().for_each(keep_common);
                }
                "allOf" | "anyOf" => value.as_array().unwrap().iter().for_each(keep_common),
                "items" | "not" | "if" | "then" | "additionalProperties" | "propertyNames" => {
                    keep_common(value);
                }
                _ => {}
            }
        }
    }

    #[test]
    fn schemas_mean_the_same_in_draft_7() {
        let mut found = 0;
        for schema in SCHEMAS {
            let text: JsonValue = serde_json::from_str(schema.text()).unwrap();
            let mut bare = text.clone();
            assert_eq!(
                bare.as_object_mut().unwrap().remove("$schema").unwrap(),
                "https://json-schema.org/draft/2020-12/schema"
            );
            keep_common(&bare);
            let written = Engine::compile_as(jsonschema::Draft::Draft202012, &text).unwrap();
            let older = Engine::compile(&bare).unwrap();
            let examples = rules::ALL.iter().flat_map(|rule| rule.examples);
            for text in examples.flat_map(|example| [example.bad, example.good, example.policy]) {
                let source = Source::decode("example.yaml", text.as_bytes().to_vec());
                for root in parse(&source).roots() {
                    let breaches = format!("{:#?}", older.breaches(root).0);
                    assert_eq!(breaches, format!("{:#?}", written.breaches(root).0));
                    found += usize::from(breaches.len() > 2);
                }
            }
        }
        assert!(found > 300, "{found}");
    }
}
