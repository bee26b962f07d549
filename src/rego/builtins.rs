//! Built-in functions in place of the engine's. Those that expand a short text, a number with a large exponent or a wide
//! field, are bounded: the engine does not limit them and cannot be interrupted within a function. `sprintf` does as Go's
//! `fmt`, where the engine's ignores flags and drops verbs without a word. What is not supported here is an error.

use std::io;
use std::iter::Peekable;
use std::str::Chars;

use regorus::{Engine, Value};

use crate::rego::answer::words_in;
use crate::rego::text::{has_huge_number, is_huge_number};

/// A function with a bound: its name, and a check of the text that is its only argument.
type Bound = (&'static str, fn(&str) -> bool);

const BOUNDS: [Bound; 5] = [
    ("units.parse", is_huge_number),
    ("units.parse_bytes", is_huge_number),
    ("to_number", is_huge_number),
    ("json.unmarshal", has_huge_number),
    ("json.is_valid", has_huge_number),
];

/// The reason why a number is refused.
pub(crate) const HUGE: &str = "a number has more than 1,000 digits, or an exponent of more than 3";

/// Puts the functions before those of the engine.
///
/// # Errors
/// The engine's reason.
pub(crate) fn add_to(engine: &mut Engine) -> Result<(), String> {
    for (name, is_huge) in BOUNDS {
        let mut unbounded = unbounded(name, 1)?;
        add(engine, name, 1, move |arguments| {
            if is_huge(arguments.first().and_then(|first| first.as_string().ok()).map_or("", |text| text)) {
                return Err(format!("`{name}`: {HUGE}"));
            }
            call(&mut unbounded, arguments)
        })?;
    }
    let mut of_engine = unbounded("sprintf", 2)?;
    add(engine, "sprintf", 2, move |arguments| {
        let [Value::String(format), Value::Array(rest)] = arguments.as_slice() else {
            return Err("`sprintf` needs a string and an array".to_owned());
        };
        let text = sprintf(format, rest.as_slice(), &mut |verb, value| {
            let text = call(&mut of_engine, vec![Value::from(verb), Value::from(vec![value.clone()])])?;
            text.as_string().map(ToString::to_string).map_err(|error| error.to_string())
        });
        text.map(Value::from).map_err(|problem| format!("`sprintf`: {problem}"))
    })
}

fn add<F>(engine: &mut Engine, name: &str, count: u8, mut function: F) -> Result<(), String>
where
    F: FnMut(Vec<Value>) -> Result<Value, String> + Clone + Send + Sync + 'static,
{
    let added = engine.add_extension(
        name.to_owned(),
        count,
        Box::new(move |arguments| function(arguments).map_err(|problem| io::Error::other(problem).into())),
    );
    added.map_err(|error| error.to_string())
}

/// Calls the function of an engine that [`unbounded`] made.
fn call(engine: &mut Engine, arguments: Vec<Value>) -> Result<Value, String> {
    engine.set_input(Value::from(arguments));
    engine.eval_rule(RESULT.to_owned()).map_err(|error| {
        let message = error.to_string();
        words_in(&message).unwrap_or(&message).to_owned()
    })
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

/// The most digits that a width or a precision may have.
const MAX_DIGITS: usize = 3;
/// The digits after the point where a format gives none.
const PRECISION: usize = 6;
/// From this power of ten on, `%g` writes an exponent.
const LARGE: f64 = 1e21;
/// Below this, too.
const SMALL: f64 = 1e-4;

/// A verb of a format: `%-8.3f`.
#[derive(Default)]
struct Verb {
    flags: String,
    width: usize,
    precision: Option<usize>,
    letter: char,
}

/// Writes arguments into a format. `plain` is the engine's text for a value that is no string, and for a quoted string.
///
/// # Errors
/// The format, or an argument for it, is not supported.
pub(crate) fn sprintf(
    format: &str,
    arguments: &[Value],
    plain: &mut dyn FnMut(&str, &Value) -> Result<String, String>,
) -> Result<String, String> {
    let mut written = String::new();
    let mut rest = arguments.iter();
    let mut letters = format.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '%' if letters.next_if_eq(&'%').is_some() => written.push('%'),
            '%' => {
                let verb = Verb::read(&mut letters)?;
                let argument = rest.next().ok_or_else(|| {
                    format!("the format has more verbs than the {} arguments", arguments.len())
                })?;
                written.push_str(&verb.write(argument, plain)?);
            }
            _ => written.push(letter),
        }
    }
    match rest.len() {
        0 => Ok(written),
        left => Err(format!("{left} of {} arguments have no verb in the format", arguments.len())),
    }
}

impl Verb {
    /// Reads what follows the percent sign.
    fn read(letters: &mut Peekable<Chars<'_>>) -> Result<Self, String> {
        let mut verb = Self::default();
        while let Some(flag) = letters.next_if(|letter| "-+ 0#".contains(*letter)) {
            if flag == '#' {
                return Err("the flag `#` of a format is not supported".to_owned());
            }
            verb.flags.push(flag);
        }
        verb.width = digits(letters)?.unwrap_or(0);
        if letters.next_if_eq(&'.').is_some() {
            verb.precision = Some(digits(letters)?.unwrap_or(0));
        }
        verb.letter = letters.next().ok_or("a format ends within a verb")?;
        Ok(verb)
    }

    fn write(
        &self,
        value: &Value,
        plain: &mut dyn FnMut(&str, &Value) -> Result<String, String>,
    ) -> Result<String, String> {
        let text = match (self.letter, value) {
            ('s' | 'v', Value::String(text)) => self.cut(text),
            ('s' | 'v', _) if self.precision.is_none() => plain("%v", value)?,
            ('t', Value::Bool(value)) => value.to_string(),
            ('q', Value::String(_)) if self.precision.is_none() => plain("%q", value)?,
            ('x', Value::String(text)) if self.precision.is_none() => {
                text.bytes().map(|byte| format!("{byte:02x}")).collect()
            }
            ('X', Value::String(text)) if self.precision.is_none() => {
                text.bytes().map(|byte| format!("{byte:02X}")).collect()
            }
            ('c', Value::Number(_)) => character(&plain("%v", value)?)?,
            ('d' | 'x' | 'X' | 'o' | 'O' | 'b', Value::Number(_)) if self.precision.is_none() => {
                self.signed(integer(self.letter, &plain("%v", value)?)?)
            }
            ('f' | 'F' | 'e' | 'E' | 'g' | 'G', Value::Number(number)) => {
                let number = number.as_f64().ok_or("a number is too large for its verb in a format")?;
                self.signed(self.float(number)?)
            }
            (letter, _) if "svtqxXcdoObfFeEgG".contains(letter) => {
                return Err(format!("the verb `%{}` of a format cannot write {}", self.shown(), kind(value)));
            }
            _ => return Err(format!("the verb `%{}` of a format is not supported", self.shown())),
        };
        Ok(self.padded(&text))
    }

    fn shown(&self) -> String {
        let precision = self.precision.map(|digits| format!(".{digits}")).unwrap_or_default();
        format!("{precision}{}", self.letter)
    }

    /// A string cut to the precision, in characters.
    fn cut(&self, text: &str) -> String {
        text.chars().take(self.precision.unwrap_or(usize::MAX)).collect()
    }

    fn float(&self, number: f64) -> Result<String, String> {
        let precision = self.precision.unwrap_or(PRECISION);
        let text = match (self.letter.to_ascii_lowercase(), self.precision) {
            ('f', _) => format!("{number:.precision$}"),
            ('e', _) => exponent(&format!("{number:.precision$e}")),
            (_, Some(_)) => return Err(format!("the verb `%{}` of a format is not supported", self.shown())),
            _ if number != 0.0 && !(SMALL..LARGE).contains(&number.abs()) => exponent(&format!("{number:e}")),
            _ => number.to_string(),
        };
        Ok(if self.letter.is_uppercase() { text.to_uppercase() } else { text })
    }

    fn signed(&self, text: String) -> String {
        if text.starts_with('-') {
            return text;
        }
        match ['+', ' '].into_iter().find(|flag| self.flags.contains(*flag)) {
            Some(sign) => format!("{sign}{text}"),
            None => text,
        }
    }

    fn padded(&self, text: &str) -> String {
        let width = self.width;
        if self.flags.contains('-') {
            return format!("{text:<width$}");
        }
        if !self.flags.contains('0') {
            return format!("{text:>width$}");
        }
        let sign = text.len() - text.trim_start_matches(['+', '-', ' ']).len();
        let sign = if "svtqc".contains(self.letter) { 0 } else { sign };
        let (sign, digits) = text.split_at(sign);
        let width = width.saturating_sub(sign.len());
        format!("{sign}{digits:0>width$}")
    }
}

fn digits(letters: &mut Peekable<Chars<'_>>) -> Result<Option<usize>, String> {
    let mut text = String::new();
    while let Some(digit) = letters.next_if(char::is_ascii_digit) {
        text.push(digit);
        if text.len() > MAX_DIGITS {
            return Err("a width or precision in a format has more than 3 digits".to_owned());
        }
    }
    Ok(text.parse().ok())
}

/// A whole number in the base of a letter.
fn integer(letter: char, decimal: &str) -> Result<String, String> {
    let is_whole = decimal.trim_start_matches('-').bytes().all(|byte| byte.is_ascii_digit());
    if !is_whole {
        return Err(format!("the verb `%{letter}` of a format needs a whole number, not {decimal}"));
    }
    if letter == 'd' {
        return Ok(decimal.to_owned());
    }
    let number: i128 =
        decimal.parse().map_err(|_| format!("a number is too large for the verb `%{letter}` of a format"))?;
    let (sign, number) = (if number < 0 { "-" } else { "" }, number.unsigned_abs());
    Ok(match letter {
        'x' => format!("{sign}{number:x}"),
        'X' => format!("{sign}{number:X}"),
        'b' => format!("{sign}{number:b}"),
        'O' => format!("{sign}0o{number:o}"),
        _ => format!("{sign}{number:o}"),
    })
}

fn character(decimal: &str) -> Result<String, String> {
    let letter = decimal.parse().ok().and_then(char::from_u32);
    letter.map(String::from).ok_or_else(|| format!("the verb `%c` of a format cannot write {decimal}"))
}

/// A number in scientific notation with the sign and the two digits that Go's exponents have.
fn exponent(text: &str) -> String {
    let Some((digits, power)) = text.split_once('e') else { return text.to_owned() };
    let (sign, power) = power.strip_prefix('-').map_or(('+', power), |power| ('-', power));
    format!("{digits}e{sign}{power:0>2}")
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a Boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Set(_) => "a set",
        Value::Object(_) => "an object",
        Value::Undefined => "an undefined value",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(format: &str, arguments: &str) -> Result<String, String> {
        let arguments = Value::from_json_str(arguments).unwrap();
        let mut plain = |_: &str, value: &Value| Ok(value.to_string());
        sprintf(format, arguments.as_array().unwrap().as_slice(), &mut plain)
    }

    #[test]
    fn formats_are_written_as_go_writes_them() {
        for (format, arguments, right) in [
            ("[%t] is it", "[true]", "[true] is it"),
            ("%t", "[false]", "false"),
            ("%-10s|%o", "[\"ab\", 8]", "ab        |10"),
            ("%10s|", "[\"ab\"]", "        ab|"),
            ("%.2s|%5.1s|", "[\"abc\", \"xyz\"]", "ab|    x|"),
            ("%-5s|%5s", "[\"äö\", \"äö\"]", "äö   |   äö"),
            ("%d %5d %-5d| %05d %+d % d", "[1, 2, 3, -4, 5, 6]", "1     2 3    | -0004 +5  6"),
            ("%x %X %o %O %b %c", "[255, 255, 8, 8, 5, 228]", "ff FF 10 0o10 101 ä"),
            ("%x %08x", "[-255, 255]", "-ff 000000ff"),
            ("%x", "[\"hé\"]", "68c3a9"),
            (
                "%f %.2f %8.3f %-8.1f| %08.3f",
                "[1.5, 2.345, 3.14159, 4, -5.5]",
                "1.500000 2.35    3.142 4.0     | -005.500",
            ),
            ("%e %.1E", "[1234.5, 0.00012]", "1.234500e+03 1.2E-04"),
            ("%g %g %g %g", "[1.5, 1e21, 0.00001, 100000]", "1.5 1e+21 1e-05 100000"),
            ("100%% %v", "[1]", "100% 1"),
            ("%5t|%-6t|", "[true, true]", " true|true  |"),
            ("", "[]", ""),
        ] {
            assert_eq!(written(format, arguments).as_deref(), Ok(right), "{format}");
        }
    }

    #[test]
    fn formats_that_are_not_supported_are_errors() {
        for (format, arguments, reason) in [
            ("%d", "[1.5]", "needs a whole number, not 1.5"),
            ("%d", "[\"1\"]", "cannot write a string"),
            ("%t", "[\"true\"]", "cannot write a string"),
            ("%q", "[1]", "cannot write a number"),
            ("%f", "[true]", "cannot write a Boolean"),
            ("%#v", "[1]", "flag `#`"),
            ("%T", "[1]", "`%T` of a format is not supported"),
            ("%U", "[1]", "`%U` of a format is not supported"),
            ("%*d", "[5, 1]", "`%*` of a format is not supported"),
            ("%[1]d", "[1]", "`%[` of a format is not supported"),
            ("%.3g", "[1.5]", "`%.3g` of a format is not supported"),
            ("%.3d", "[1]", "`%.3d` of a format cannot write"),
            ("%s", "[]", "more verbs than the 0 arguments"),
            ("a", "[1]", "1 of 1 arguments have no verb"),
            ("%", "[]", "ends within a verb"),
            ("%5", "[1]", "ends within a verb"),
            ("%9999d", "[1]", "more than 3 digits"),
            ("%.9999f", "[1]", "more than 3 digits"),
        ] {
            let problem = written(format, arguments).unwrap_err();
            assert!(problem.contains(reason), "{format}: {problem}");
        }
    }
}
