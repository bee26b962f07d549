//! What rules in Rego answer, and what can be wrong with them: the words between the engine and the gate.

#[cfg(feature = "rego")]
use serde_json::Value;

use crate::diagnostic::Level;

/// One answer of a rule.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Answer {
    /// How much it weighs.
    pub level: Level,
    /// The rule's name, `rego/` before it.
    pub rule: String,
    /// What is wrong.
    pub message: String,
    /// JSON pointer of the place in the threat model.
    pub path: Option<String>,
}

/// Why rules cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    /// Module, line and column, where they are known; lines and columns 1-based.
    pub(super) place: Option<(usize, u32, u32)>,
    /// What is wrong.
    pub(super) message: String,
}

impl Fault {
    /// A fault of no single place.
    pub(super) fn general(message: impl Into<String>) -> Self {
        Self { place: None, message: message.into() }
    }

    /// A fault in a line of a module.
    #[cfg(feature = "rego")]
    pub(super) fn at(module: usize, line: u32, message: impl Into<String>) -> Self {
        Self { place: Some((module, line, 1)), message: message.into() }
    }

    /// A fault in the engine's words, which begin with a place and end with what is wrong; `module` is meant where
    /// they name none.
    #[cfg(feature = "rego")]
    pub(super) fn of_engine(module: usize, modules: &[(String, String)], message: &str) -> Self {
        let what = message.lines().find_map(|line| line.strip_prefix("error: ")).unwrap_or(message.trim());
        let place = message.lines().find_map(|line| line.trim().strip_prefix("--> "));
        let numbers = place.and_then(|place| {
            let (rest, column) = place.rsplit_once(':')?;
            let (name, line) = rest.rsplit_once(':')?;
            let at = modules.iter().position(|(module, _)| module == name).unwrap_or(module);
            Some((at, line.parse().ok()?, column.parse().ok()?))
        });
        Self { place: numbers, message: what.to_owned() }
    }
}

/// Reads what a rule has come to: a set of messages, each a text or an object with `msg`, and perhaps `path` and
/// `rule`.
///
/// # Errors
/// What is wrong with its form.
#[cfg(feature = "rego")]
pub(super) fn answers(json: &str, name: &str, level: Level) -> Result<Vec<Answer>, String> {
    let value: Value = serde_json::from_str(json).map_err(|error| error.to_string())?;
    // A partial rule without a value comes as an object of messages to true.
    let items: Vec<Value> = match value {
        Value::Array(items) => items,
        Value::Object(object) => object.into_iter().map(|(key, _)| Value::String(key)).collect(),
        Value::Bool(false) | Value::Null => Vec::new(),
        Value::Bool(true) | Value::Number(_) | Value::String(_) => {
            return Err(format!("`{name}` must be a set of messages"));
        }
    };
    items.iter().map(|item| answer(item, name, level)).collect()
}

#[cfg(feature = "rego")]
fn answer(item: &Value, name: &str, level: Level) -> Result<Answer, String> {
    let text = |key: &str| item.get(key).and_then(Value::as_str).map(str::to_owned);
    let message = item.as_str().map(str::to_owned).or_else(|| text("msg"));
    let message =
        message.ok_or_else(|| format!("`{name}` answers {item}, which has no text and no `msg`"))?;
    let rule = text("rule").unwrap_or_else(|| name.to_owned());
    let is_slug =
        !rule.is_empty() && rule.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    if !is_slug {
        return Err(format!(
            "`{name}` answers with the rule name {rule:?}: letters, digits and hyphens are allowed"
        ));
    }
    Ok(Answer { level, rule: format!("rego/{rule}"), message, path: text("path") })
}
