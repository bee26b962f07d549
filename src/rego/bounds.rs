//! Bounds on built-in functions of the engine that expand a short text: a number with a large exponent, or a wide field.
//! The engine does not limit them and cannot be interrupted within a function.

use std::io;

use regorus::{Engine, Value};

use crate::rego::format;
use crate::rego::text::{has_huge_number, is_huge_number};

/// A function with a bound: its name, the number of its arguments, and a check of them.
type Bound = (&'static str, u8, fn(&[Value]) -> Option<&'static str>);

const BOUNDS: [Bound; 5] = [
    ("units.parse", 1, huge),
    ("units.parse_bytes", 1, huge),
    ("to_number", 1, huge),
    ("json.unmarshal", 1, huge_within),
    ("json.is_valid", 1, huge_within),
];

/// The reason why a number is refused.
pub(crate) const HUGE: &str = "a number has more than 1,000 digits, or an exponent of more than 3";

fn huge(arguments: &[Value]) -> Option<&'static str> {
    is_huge_number(text(arguments)).then_some(HUGE)
}

fn huge_within(arguments: &[Value]) -> Option<&'static str> {
    has_huge_number(text(arguments)).then_some(HUGE)
}

fn text(arguments: &[Value]) -> &str {
    arguments.first().and_then(|first| first.as_string().ok()).map_or("", |text| text)
}

/// Puts the bounded functions before those of the engine.
///
/// # Errors
/// The engine's reason.
pub(crate) fn add_to(engine: &mut Engine) -> Result<(), String> {
    for (name, count, problem) in BOUNDS {
        let mut unbounded = unbounded(name, count)?;
        let bounded = move |arguments: Vec<Value>| {
            if let Some(problem) = problem(&arguments) {
                return Err(io::Error::other(format!("`{name}`: {problem}")).into());
            }
            unbounded.set_input(Value::from(arguments));
            let result = unbounded.eval_rule(RESULT.to_owned());
            result.map_err(|error| io::Error::other(what(&error.to_string()).to_owned()).into())
        };
        let added = engine.add_extension(name.to_owned(), count, Box::new(bounded));
        added.map_err(|error| error.to_string())?;
    }
    add_sprintf(engine)
}

/// Puts a `sprintf` before that of the engine, which bounds no width and drops what it does not know.
fn add_sprintf(engine: &mut Engine) -> Result<(), String> {
    let mut of_engine = unbounded("sprintf", 2)?;
    let mut plain = move |verb: &str, value: &Value| {
        of_engine.set_input(Value::from(vec![Value::from(verb), Value::from(vec![value.clone()])]));
        let text =
            of_engine.eval_rule(RESULT.to_owned()).map_err(|error| what(&error.to_string()).to_owned())?;
        text.as_string().map(ToString::to_string).map_err(|error| error.to_string())
    };
    let sprintf = move |arguments: Vec<Value>| {
        let [Value::String(format), Value::Array(rest)] = arguments.as_slice() else {
            return Err(io::Error::other("`sprintf` needs a string and an array").into());
        };
        let text = format::sprintf(format, rest.as_slice(), &mut plain);
        text.map(Value::from).map_err(|problem| io::Error::other(format!("`sprintf`: {problem}")).into())
    };
    let added = engine.add_extension("sprintf".to_owned(), 2, Box::new(sprintf));
    added.map_err(|error| error.to_string())
}

const RESULT: &str = "data.aivss_lint.result";

/// An engine that calls a function of its own with its input.
fn unbounded(name: &str, count: u8) -> Result<Engine, String> {
    let arguments: Vec<String> = (0..count).map(|at| format!("input[{at}]")).collect();
    let module = format!("package aivss_lint\n\nresult := {name}({})\n", arguments.join(", "));
    let mut engine = Engine::new();
    let call = (engine.add_policy("bounds.rego".to_owned(), module))
        // What is the same for every input is prepared here once.
        .and_then(|_| engine.eval_rule(RESULT.to_owned()));
    call.map(|_| engine).map_err(|error| error.to_string())
}

/// The problem in a message that begins with a place.
fn what(message: &str) -> &str {
    message.lines().find_map(|line| line.strip_prefix("error: ")).unwrap_or(message)
}
