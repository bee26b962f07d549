//! The input of rules in Rego, their answers, and the problems that prevent answers.

#![cfg_attr(not(feature = "rego"), allow(dead_code, reason = "nothing answers without the engine"))]

use serde_json::{Map, Value, json};

use crate::date::Date;
use crate::decimal::Decimal;
use crate::diagnostic::{Level, Origin};
use crate::likeness::nearest;
use crate::model::Model;
use crate::policy::TextFile;
use crate::score::Scored;
use crate::syntax::Node;

/// A problem that a rule in Rego reports.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct RegoAnswer {
    pub(crate) level: Level,
    /// The rule's name after `rego/`.
    pub(crate) rule: String,
    pub(crate) message: String,
    /// JSON pointer of the place in the threat model.
    pub(crate) path: Option<String>,
    pub(crate) details: Option<String>,
}

/// The place at which a rule is defined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Definition {
    /// The rule's name with that of its package.
    pub(crate) rule: String,
    /// The file and the line.
    pub(crate) origin: Origin,
}

impl Definition {
    /// The file, the line and the rule, as the beginning of a message.
    pub(crate) fn shown(&self) -> String {
        format!("{}:{}: rule `{}`", self.origin.file, self.origin.line, self.rule)
    }
}

/// The answers for one input. Numbers are indices of definitions.
#[derive(Clone, Debug, Default)]
pub(crate) struct Answers {
    pub(crate) given: Vec<(usize, RegoAnswer)>,
    /// Answers of a wrong form.
    pub(crate) wrong: Vec<(usize, String)>,
    /// The reasons why rules could not be evaluated, as sentences.
    pub(crate) failed: Vec<String>,
}

/// A test of rules in Rego.
#[derive(Clone, Debug)]
pub(crate) struct Test {
    pub(crate) definition: Definition,
    pub(crate) outcome: TestOutcome,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum TestOutcome {
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
    pub(crate) message: String,
}

impl RegoProblem {
    /// A problem without a place.
    pub(crate) fn general(message: impl Into<String>) -> Self {
        Self { place: None, message: message.into() }
    }

    /// A problem in a line of a module.
    pub(crate) fn at((module, line): (usize, u32), message: impl Into<String>) -> Self {
        Self { place: Some((module, line, 1)), message: message.into() }
    }

    /// A problem from a message of the engine. `module` is the default.
    pub(crate) fn of_engine(module: usize, modules: &[TextFile], message: &str) -> Self {
        let place = place_in(message).map(|(name, line, column)| {
            (modules.iter().position(|module| module.name == name).unwrap_or(module), line, column)
        });
        Self { place, message: words_in(message).unwrap_or(message.trim()).to_owned() }
    }
}

/// The file, the line and the column in a message of the engine.
pub(crate) fn place_in(message: &str) -> Option<(&str, u32, u32)> {
    let place = message.lines().find_map(|line| line.trim().strip_prefix("--> "))?;
    let (rest, column) = place.rsplit_once(':')?;
    let (file, line) = rest.rsplit_once(':')?;
    Some((file, line.parse().ok()?, column.parse().ok()?))
}

/// The problem in a message of the engine, without its place.
pub(crate) fn words_in(message: &str) -> Option<&str> {
    message.lines().find_map(|line| line.strip_prefix("error: "))
}

/// The first line of what the engine printed that is not blank.
pub(crate) fn first_line(printed: &str) -> Option<&str> {
    printed.lines().find(|line| !line.trim().is_empty())
}

/// Reads the value of a rule: a set of messages, each a text or an object with `msg` and optional other keys.
///
/// # Errors
/// The value has a wrong form.
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

fn text_at(item: &Value, key: &str, name: &str) -> Result<Option<String>, String> {
    match item.get(key) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(other) => Err(format!("`{key}` in a message of `{name}` is not a string: {other}")),
    }
}

fn answer(item: &Value, name: &str, level: Level) -> Result<RegoAnswer, String> {
    const KEYS: [&str; 4] = ["msg", "path", "rule", "details"];
    if let Some(key) = item.as_object().and_then(|object| object.keys().find(|key| !KEYS.contains(&&***key)))
    {
        let meant = nearest(key, KEYS).map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
        let keys = KEYS.map(|key| format!("`{key}`")).join(", ");
        return Err(format!("unknown key `{key}` in a message of `{name}` ({keys}){meant}"));
    }
    let message = match item.as_str() {
        Some(text) => Some(text.to_owned()),
        None => text_at(item, "msg", name)?,
    };
    let message =
        message.ok_or_else(|| format!("`{name}` answers {item}, which has no text and no `msg`"))?;
    let rule = text_at(item, "rule", name)?.unwrap_or_else(|| name.to_owned());
    if rule.is_empty() || !rule.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)) {
        return Err(format!(
            "`{name}` answers with the rule name {rule:?}: letters, digits and hyphens are allowed"
        ));
    }
    let path = text_at(item, "path", name)?;
    if let Some(path) = path.as_deref().filter(|path| !path.is_empty() && !path.starts_with('/')) {
        return Err(format!(
            "path {path:?} in a message of `{name}` is not a JSON pointer, which begins with `/`"
        ));
    }
    let details = item.get("details").filter(|details| !details.is_null()).map(Value::to_string);
    Ok(RegoAnswer { level, rule: format!("rego/{rule}"), message, path, details })
}

/// The input for one threat model, as JSON.
pub(crate) fn rego_input(
    root: Node<'_>,
    model: &Model,
    scores: &[Scored],
    today: Date,
    path: &str,
) -> String {
    let mut input = match root.to_json() {
        Value::Object(object) => object,
        _ => Map::new(),
    };
    // Rules compare these words, so that another spelling must not pass by them.
    for (key, read) in [("environment", &model.agent.environment), ("tier", &model.agent.tier)] {
        let written = input.get_mut("agent").and_then(|agent| agent.get_mut(key));
        if let (Some(written), Some(read)) = (written, read) {
            *written = json!(&**read);
        }
    }
    let mut agent = Value::Null;
    let mut findings = Vec::new();
    for scored in scores {
        let mut values = computed(scored);
        match model.finding(scored.owner) {
            None => agent = values,
            Some(finding) => {
                values["id"] = json!(finding.id.as_deref());
                findings.push(values);
            }
        }
    }
    let mut layers = Map::new();
    for layer in model.layers() {
        let open = model.open_threats(layer.kind, today);
        let answer = json!({ "answer": layer.answer.name(), "open_threats": open });
        layers.insert(layer.kind.key().to_owned(), answer);
    }
    let computed = json!({
        "path": path,
        "today": today.to_string(),
        "agent": agent,
        "findings": findings,
        "layers": layers,
        "threats": model.threats().map(|threat| threat.to_json(today)).collect::<Vec<_>>(),
    });
    input.insert("computed".to_owned(), computed);
    Value::Object(input).to_string()
}

fn computed(scored: &Scored) -> Value {
    let (Some(working), Some(proven)) = (&scored.working, scored.proven()) else {
        return json!({ "score": Value::Null });
    };
    json!({
        "version": working.formula.version,
        "cvss_base": number(working.inputs.base),
        "factor_sum": number(working.inputs.factor_sum),
        "threat_multiplier": number(working.inputs.threat),
        "mitigation_factor": number(working.inputs.mitigation),
        "aars": number(working.uplift),
        "raw": number(working.raw),
        "score": number(working.score),
        "severity": working.band.name(),
        "proven_score": number(proven.score()),
        "proven_severity": proven.band().name(),
    })
}

/// A decimal as the JSON number nearest to it.
fn number(decimal: Decimal) -> Value {
    serde_json::from_str(&decimal.plain().to_string()).unwrap_or(Value::Null)
}
