//! The JSON Schema engine over our own tree; the only file that imports the `jsonschema` crate.
//!
//! The engine reads any type that implements its traits, so it validates the tree without a copy. Its errors leave this
//! file as [`SchemaError`]s.

use std::borrow::Cow;
use std::cell::Cell;

use jsonschema::error::{TypeKind, ValidationErrorKind as Kind};
use jsonschema::json::{Array, Json, JsonNumber, Node as JsonNode, NodeIdentity, Object};
use jsonschema::paths::Location;
use jsonschema::{Draft, JsonType, ValidationError, Validator};
use serde_json::{Number, Value as JsonValue};

use crate::decimal::Decimal;
use crate::syntax::{List, Map, Node, Tree, Value, canonical, steps};

pub(crate) struct Engine(Validator<TreeJson>);

#[derive(Debug)]
pub(crate) struct SchemaError {
    /// Keys and indices from the root to the offending node.
    pub(crate) path: Vec<String>,
    /// Keys and indices from the schema's root to the keyword that failed.
    pub(crate) keyword: Vec<String>,
    pub(crate) kind: SchemaErrorKind,
}

#[derive(Debug)]
pub(crate) enum SchemaErrorKind {
    UnknownKeys(Vec<String>),
    MissingKey(String),
    /// The names of the JSON types that are allowed.
    WrongType(Vec<&'static str>),
    NotOneOf(Vec<String>),
    /// A value out of bounds or malformed, with the predicate of its sentence.
    WrongValue(String),
    /// A wrong number of entries, with the predicate of its sentence.
    WrongCount(String),
    WrongPattern,
    /// The errors of each branch of an `anyOf` or `oneOf`.
    NoBranch(Vec<Vec<SchemaError>>),
    Other(String),
}

impl Engine {
    /// Compiles a schema without fetching anything: a reference out of the schema is an error.
    ///
    /// The embedded schemas are written in draft 2020-12, with keywords that mean the same in draft 7 (a test compares them).
    /// The engine first compiles the meta-schema of the draft, and that of 2020-12 takes three times as long.
    ///
    /// # Errors
    /// The engine's description of the problem in the schema.
    pub(crate) fn compile(schema: &JsonValue) -> Result<Self, String> {
        Self::compile_as(Draft::Draft7, schema)
    }

    fn compile_as(draft: Draft, schema: &JsonValue) -> Result<Self, String> {
        let options = jsonschema::options_for::<TreeJson>().with_draft(draft).should_validate_formats(true);
        options.offline().build(schema).map(Self).map_err(|error| error.to_string())
    }

    /// The errors of a tree, with one of the whole tree if the engine did not read all of it.
    pub(crate) fn errors(&self, root: Node<'_>) -> Vec<SchemaError> {
        ERRORS.set(0);
        let mut errors: Vec<_> = self.0.iter_errors(root).map(|error| SchemaError::of(&error)).collect();
        if ERRORS.get() >= MAX_ERRORS {
            let kind = SchemaErrorKind::WrongCount("has more problems than are reported".to_owned());
            errors.push(SchemaError { path: Vec::new(), keyword: Vec::new(), kind });
        }
        errors
    }
}

/// The most errors of the engine, those within branches included, before it sees nothing more of the tree: it makes all of
/// them before it returns the first.
const MAX_ERRORS: usize = 20_000;

thread_local! {
    /// The number of errors of the tree that is validated.
    static ERRORS: Cell<usize> = const { Cell::new(0) };
}

/// Whether there is room for more errors.
fn has_room<T>(_: &T) -> bool {
    ERRORS.get() < MAX_ERRORS
}

impl SchemaError {
    fn of(error: &ValidationError<'_>) -> Self {
        let kind = match error.kind() {
            Kind::AdditionalProperties { unexpected } | Kind::UnevaluatedProperties { unexpected } => {
                SchemaErrorKind::UnknownKeys(unexpected.clone())
            }
            Kind::Required { property } => SchemaErrorKind::MissingKey(display(property)),
            Kind::Type { kind: TypeKind::Single(expected) } => {
                SchemaErrorKind::WrongType(vec![expected.as_str()])
            }
            Kind::Type { kind: TypeKind::Multiple(expected) } => {
                SchemaErrorKind::WrongType(expected.iter().map(JsonType::as_str).collect())
            }
            Kind::Enum { options } => {
                SchemaErrorKind::NotOneOf(options.as_array().into_iter().flatten().map(display).collect())
            }
            Kind::Constant { expected_value } => SchemaErrorKind::NotOneOf(vec![display(expected_value)]),
            Kind::Minimum { limit } | Kind::ExclusiveMinimum { limit } => {
                SchemaErrorKind::WrongValue(format!("must be {limit} or more"))
            }
            Kind::Maximum { limit } | Kind::ExclusiveMaximum { limit } => {
                SchemaErrorKind::WrongValue(format!("must be {limit} or less"))
            }
            Kind::MinLength { limit: 1 } | Kind::MinItems { limit: 1 } | Kind::MinProperties { limit: 1 } => {
                SchemaErrorKind::WrongValue("must not be empty".to_owned())
            }
            Kind::MinLength { limit } | Kind::MinItems { limit } | Kind::MinProperties { limit } => {
                SchemaErrorKind::WrongCount(format!("needs at least {limit} entries"))
            }
            Kind::MaxLength { limit } | Kind::MaxItems { limit } | Kind::MaxProperties { limit } => {
                SchemaErrorKind::WrongCount(format!("takes at most {limit} entries"))
            }
            Kind::Pattern { .. } => SchemaErrorKind::WrongPattern,
            Kind::Format { format } if format == "date" => {
                SchemaErrorKind::WrongValue("must be a date, YYYY-MM-DD".to_owned())
            }
            Kind::Format { format } => SchemaErrorKind::WrongValue(format!("must be a valid {format}")),
            Kind::AnyOf { context } | Kind::OneOfNotValid { context } => {
                let branches = context.iter().map(|branch| branch.iter().map(Self::of).collect());
                SchemaErrorKind::NoBranch(branches.collect())
            }
            Kind::OneOfMultipleValid { .. } => {
                SchemaErrorKind::Other("the same thing has two keys: keep one of them".to_owned())
            }
            Kind::Not { .. } => SchemaErrorKind::Other("this combination is not possible".to_owned()),
            // Our schemas do not use the other keywords. The engine's words quote no value.
            _ => SchemaErrorKind::Other(error.to_string()),
        };
        Self { path: segments(error.instance_path()), keyword: segments(error.schema_path()), kind }
    }
}

fn segments(path: &Location) -> Vec<String> {
    steps(path.as_str()).into_iter().flatten().collect()
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
        f(buffer.node(0))
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

    fn json_type(&self) -> JsonType {
        match self.value() {
            Value::Null | Value::Unreadable => JsonType::Null,
            Value::Bool(_) => JsonType::Boolean,
            Value::Number(_) => JsonType::Number,
            Value::String(_) => JsonType::String,
            Value::List(_) => JsonType::Array,
            Value::Map(_) => JsonType::Object,
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

    /// The engine calls this once for each error. No message quotes the value, which may be most of the file.
    fn to_value(&self) -> Cow<'a, JsonValue> {
        ERRORS.set(ERRORS.get() + 1);
        Cow::Owned(JsonValue::Null)
    }

    fn identity(&self) -> Option<NodeIdentity> {
        Some(NodeIdentity::tagged(std::ptr::from_ref(self.tree).addr(), self.resolved()))
    }
}

pub(crate) struct Digits<'a>(&'a str);

impl JsonNumber for Digits<'_> {
    fn as_u64(&self) -> Option<u64> {
        canonical(self.0).parse().ok()
    }

    fn as_i64(&self) -> Option<i64> {
        canonical(self.0).parse().ok()
    }

    fn as_f64(&self) -> Option<f64> {
        canonical(self.0).parse().ok()
    }

    fn as_str(&self) -> Cow<'_, str> {
        canonical(self.0)
    }

    fn to_number(&self) -> Cow<'_, Number> {
        Cow::Owned(serde_json::from_str(&canonical(self.0)).unwrap_or_else(|_| Number::from(0)))
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
    use crate::page::parse;
    use crate::rules;
    use crate::schema::Schema;
    use crate::source::Source;

    const SCHEMAS: [Schema; 4] =
        [Schema::ThreatModel, Schema::OwaspReport, Schema::Policy, Schema::PolicyTest];
    /// The keywords that mean the same in draft 2020-12 and in draft 7: the schemas are compiled as draft 7, and some editors
    /// know no other.
    const COMMON: [&str; 30] = [
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
        "oneOf",
        "not",
        "if",
    ];

    /// Asserts that a schema is written in what both drafts have.
    fn keep_common(schema: &JsonValue) {
        let Some(object) = schema.as_object() else { return assert!(schema.is_boolean(), "{schema}") };
        for (keyword, value) in object {
            let is_known = COMMON.contains(&&**keyword) || keyword == "then" || keyword.starts_with("x-");
            assert!(is_known, "`{keyword}` is not the same in both drafts");
            // Draft 7 ignores keywords next to a reference.
            let says_something = !["$ref", "title", "description", "examples"].contains(&&**keyword);
            assert!(!object.contains_key("$ref") || !says_something, "`{keyword}` next to a `$ref`");
            match &**keyword {
                "$defs" | "properties" | "patternProperties" => {
                    value.as_object().unwrap().values().for_each(keep_common);
                }
                "allOf" | "anyOf" | "oneOf" => value.as_array().unwrap().iter().for_each(keep_common),
                "items" | "not" | "if" | "then" | "additionalProperties" | "propertyNames" => {
                    keep_common(value);
                }
                _ => {}
            }
        }
    }

    #[test]
    fn schemas_give_the_same_errors_in_draft_7() {
        let mut found = 0;
        for schema in SCHEMAS {
            let text: JsonValue = serde_json::from_str(schema.text()).unwrap();
            let mut bare = text.clone();
            assert_eq!(
                bare.as_object_mut().unwrap().remove("$schema").unwrap(),
                "https://json-schema.org/draft/2020-12/schema"
            );
            keep_common(&bare);
            let written = Engine::compile_as(Draft::Draft202012, &text).unwrap();
            let older = Engine::compile(&bare).unwrap();
            let examples = rules::ALL.iter().flat_map(|rule| rule.examples);
            for text in examples.flat_map(|example| [example.bad, example.good, example.policy]) {
                let source = Source::decode("example.yaml", text.as_bytes().to_vec());
                for root in parse(&source).roots() {
                    let errors = format!("{:#?}", older.errors(root));
                    assert_eq!(errors, format!("{:#?}", written.errors(root)));
                    found += usize::from(errors.len() > 2);
                }
            }
        }
        assert!(found > 300, "{found}");
    }
}
