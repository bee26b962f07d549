//! The answers of rules in Rego, and the problems that prevent answers.

#[cfg(feature = "rego")]
use serde_json::Value;

use crate::diagnostic::{Level, Origin};
#[cfg(feature = "rego")]
use crate::likeness::nearest;
#[cfg(feature = "rego")]
use crate::policy::TextFile;

/// A problem that a rule in Rego reports.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RegoAnswer {
    /// The level.
    pub level: Level,
    /// The rule's name after `rego/`.
    pub rule: String,
    /// The message.
    pub message: String,
    /// JSON pointer of the place in the threat model.
    pub path: Option<String>,
    /// The details, as JSON.
    pub details: Option<String>,
}

/// The place at which a rule is defined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Definition {
    /// The rule's name with that of its package.
    pub rule: String,
    /// The file and the line.
    pub origin: Origin,
}

impl Definition {
    /// The file, the line and the rule, as the beginning of a message.
    pub fn shown(&self) -> String {
        format!("{}:{}: rule `{}`", self.origin.file, self.origin.line, self.rule)
    }
}

/// The answers for one input. Numbers are indices of definitions.
#[derive(Clone, Debug, Default)]
pub(crate) struct Answers {
    /// Problems.
    pub(crate) given: Vec<(usize, RegoAnswer)>,
    /// Answers of a wrong form.
    pub(crate) wrong: Vec<(usize, String)>,
    /// The reasons why rules could not be evaluated, as sentences.
    pub(crate) failed: Vec<String>,
}

/// A test of rules in Rego.
#[derive(Clone, Debug)]
pub struct Test {
    /// Its rule.
    pub definition: Definition,
    /// Its result.
    pub outcome: TestOutcome,
}

/// The result of a test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TestOutcome {
    /// The rule is true.
    Passed,
    /// The rule is false or undefined.
    Failed,
    /// The rule cannot be evaluated.
    Stopped(String),
}

/// The reason why rules cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RegoProblem {
    /// Module, line and column, where they are known; lines and columns 1-based.
    pub(crate) place: Option<(usize, u32, u32)>,
    /// The message.
    pub(crate) message: String,
}

impl RegoProblem {
    /// A problem without a place.
    pub(crate) fn general(message: impl Into<String>) -> Self {
        Self { place: None, message: message.into() }
    }

    /// A problem in a line of a module.
    #[cfg(feature = "rego")]
    pub(crate) fn at((module, line): (usize, u32), message: impl Into<String>) -> Self {
        Self { place: Some((module, line, 1)), message: message.into() }
    }

    /// A problem from a message of the engine, which begins with a place. `module` is the default.
    #[cfg(feature = "rego")]
    pub(crate) fn of_engine(module: usize, modules: &[TextFile], message: &str) -> Self {
        let what = message.lines().find_map(|line| line.strip_prefix("error: ")).unwrap_or(message.trim());
        let place = message.lines().find_map(|line| line.trim().strip_prefix("--> "));
        let numbers = place.and_then(|place| {
            let (rest, column) = place.rsplit_once(':')?;
            let (name, line) = rest.rsplit_once(':')?;
            let at = modules.iter().position(|module| module.name == name).unwrap_or(module);
            Some((at, line.parse().ok()?, column.parse().ok()?))
        });
        Self { place: numbers, message: what.to_owned() }
    }
}

/// Reads the value of a rule: a set of messages, each a text or an object with `msg` and optional other keys.
///
/// # Errors
/// The value has a wrong form.
#[cfg(feature = "rego")]
pub(crate) fn answers(json: &str, name: &str, level: Level) -> Result<Vec<RegoAnswer>, String> {
    let value: Value = serde_json::from_str(json).map_err(|error| error.to_string())?;
    // A partial rule without a value comes as an object of messages to true.
    let items: Vec<Value> = match value {
        Value::Array(items) => items,
        Value::Object(object) => {
            if let Some((key, value)) = object.iter().find(|(_, value)| **value != Value::Bool(true)) {
                return Err(format!(
                    "`{name}` must be a set of messages, not an object: {key:?} has the value {value}"
                ));
            }
            object.into_iter().map(|(key, _)| Value::String(key)).collect()
        }
        Value::Bool(false) | Value::Null => Vec::new(),
        Value::Bool(true) | Value::Number(_) | Value::String(_) => {
            return Err(format!("`{name}` must be a set of messages"));
        }
    };
    items.iter().map(|item| answer(item, name, level)).collect()
}

/// The keys of a message.
#[cfg(feature = "rego")]
const KEYS: [&str; 4] = ["msg", "path", "rule", "details"];

#[cfg(feature = "rego")]
fn answer(item: &Value, name: &str, level: Level) -> Result<RegoAnswer, String> {
    if let Some(key) = item.as_object().and_then(|object| object.keys().find(|key| !KEYS.contains(&&***key)))
    {
        let meant = nearest(key, KEYS).map(|near| format!("; did you mean `{near}`?"));
        let keys = KEYS.map(|key| format!("`{key}`")).join(", ");
        return Err(format!(
            "unknown key `{key}` in a message of `{name}` ({keys}){}",
            meant.unwrap_or_default()
        ));
    }
    let text = |key: &str| match item.get(key) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(other) => Err(format!("`{key}` in a message of `{name}` is not a string: {other}")),
    };
    let message = item.as_str().map(str::to_owned).map_or_else(|| text("msg"), |text| Ok(Some(text)))?;
    let message =
        message.ok_or_else(|| format!("`{name}` answers {item}, which has no text and no `msg`"))?;
    let rule = text("rule")?.unwrap_or_else(|| name.to_owned());
    let is_slug =
        !rule.is_empty() && rule.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    if !is_slug {
        return Err(format!(
            "`{name}` answers with the rule name {rule:?}: letters, digits and hyphens are allowed"
        ));
    }
    let path = text("path")?;
    if let Some(path) = path.as_deref().filter(|path| !path.is_empty() && !path.starts_with('/')) {
        return Err(format!(
            "path {path:?} in a message of `{name}` is not a JSON pointer, which begins with `/`"
        ));
    }
    let details = item.get("details").filter(|details| !details.is_null()).map(Value::to_string);
    Ok(RegoAnswer { level, rule: format!("rego/{rule}"), message, path, details })
}
