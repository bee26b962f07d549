//! Checks of a module before the engine reads it: the depth of its expressions, its numbers, and keywords about which the
//! engine would print a warning.
//!
//! The engine parses and evaluates expressions by recursion, and a chain such as `a + a + …` nests as deep as it is
//! long. The depth is counted from tokens alone, and never below that of the engine's tree.

use std::iter;

/// The depth to which expressions may nest: operators, references and calls in a row, and brackets.
const MAX_NESTED: usize = 100;
/// The depth to which brackets may nest.
const MAX_BRACKETS: usize = 64;

/// The keywords that Rego before OPA 1.0 has only where they are imported.
const IMPORTED: [&str; 4] = ["contains", "every", "if", "in"];

/// A place in a text: line and column, both 1-based.
type Place = (u32, u32);

/// The place at which a module nests too deep, if there is one.
pub(crate) fn too_deep(text: &str) -> Option<Place> {
    let mut levels = vec![BracketLevel::default()];
    let mut before = TokenKind::Operator;
    for token in tokens(text) {
        let level = levels.last_mut()?;
        match token.kind {
            TokenKind::Operand if token.text == "in" => level.depth += 1,
            TokenKind::Operand if before == TokenKind::Operand => level.end(),
            TokenKind::Operand => {}
            TokenKind::Operator => level.depth += 1,
            TokenKind::Separator => level.end(),
            TokenKind::Open => {
                match (before, token.text) {
                    (TokenKind::Operand, "{") => level.end(),
                    (TokenKind::Operand, _) => level.depth += 1,
                    _ => {}
                }
                levels.push(BracketLevel::default());
            }
            TokenKind::Close => {
                let inner = levels.pop()?;
                let Some(outer) = levels.last_mut() else {
                    levels.push(BracketLevel::default());
                    continue;
                };
                outer.depth = outer.depth.max(inner.deepest.max(inner.depth) + 2);
            }
        }
        if levels.len() > MAX_BRACKETS || levels.last()?.depth > MAX_NESTED {
            return Some(place(text, token.start));
        }
        before = match token.kind {
            TokenKind::Close => TokenKind::Operand,
            TokenKind::Operand if token.text == "in" => TokenKind::Operator,
            kind => kind,
        };
    }
    None
}

/// The most digits that a number may have.
const MAX_DIGITS: usize = 1_000;
/// The most digits that an exponent may have.
const MAX_SHORT_DIGITS: usize = 3;

/// The first number of a module that the engine would compute at great length.
pub(crate) fn huge_number(text: &str) -> Option<Place> {
    let tokens: Vec<Token<'_>> = tokens(text).collect();
    let huge = tokens.iter().enumerate().find(|(at, token)| {
        // A sign parts an exponent from its number, and a dot the digits before it from those after it.
        let exponent = match tokens[at + 1..] {
            [sign, exponent, ..] if token.text.ends_with(['e', 'E']) && ["+", "-"].contains(&sign.text) => {
                exponent.text
            }
            _ => "",
        };
        token.text.starts_with(|first: char| first.is_ascii_digit())
            && is_huge_number(&format!("{}{exponent}", token.text))
    });
    huge.map(|(_, token)| place(text, token.start))
}

/// Whether JSON text has, outside of its strings, a number that the engine would compute at great length.
pub(crate) fn has_huge_number(text: &str) -> bool {
    let mut rest = text;
    while let Some(start) = rest.find('"') {
        if has_huge_part(&rest[..start]) {
            return true;
        }
        rest = &rest[start..];
        rest = rest.get(quoted_length(rest)..).unwrap_or_default();
    }
    has_huge_part(rest)
}

fn has_huge_part(text: &str) -> bool {
    text.split(|letter: char| !letter.is_ascii_alphanumeric() && !"+-._".contains(letter)).any(is_huge_number)
}

/// Whether the engine would compute a number at great length: its digits, or those of its exponent, are too many.
pub(crate) fn is_huge_number(text: &str) -> bool {
    let exponent = text.split_once(['e', 'E']).map_or("", |(_, exponent)| exponent);
    let [digits, of_exponent] = [text, exponent].map(|text| text.bytes().filter(u8::is_ascii_digit).count());
    digits > MAX_DIGITS || of_exponent > MAX_SHORT_DIGITS
}

/// One level of brackets.
#[derive(Default)]
struct BracketLevel {
    /// The depth of the expression at hand.
    depth: usize,
    /// The greatest depth of those before it.
    deepest: usize,
}

impl BracketLevel {
    /// Ends an expression.
    fn end(&mut self) {
        self.deepest = self.deepest.max(self.depth);
        self.depth = 0;
    }
}

/// The first keyword that a module of before OPA 1.0 uses without importing it, with its place. The engine takes it for a name,
/// and prints a warning that quotes the module.
pub(crate) fn unimported_keyword(text: &str) -> Option<(&'static str, Place)> {
    let tokens: Vec<Token<'_>> = tokens(text).collect();
    let texts: Vec<&str> = tokens.iter().map(|token| token.text).collect();
    let mut missing = IMPORTED.to_vec();
    for at in 0..texts.len() {
        match &texts[at..] {
            ["import", "future", ".", "keywords", ".", word, ..] => {
                missing.retain(|keyword| word != keyword && (*word != "every" || *keyword != "in"));
            }
            ["import", "rego", ".", "v1", ..] | ["import", "future", ".", "keywords", ..] => return None,
            _ => {}
        }
    }
    tokens.iter().enumerate().find_map(|(at, token)| {
        let keyword = missing.iter().copied().find(|keyword| *keyword == token.text)?;
        let is_call = keyword == "contains" && texts.get(at + 1) == Some(&"(");
        let is_part = at > 0 && texts[at - 1] == ".";
        (!is_call && !is_part).then(|| (keyword, place(text, token.start)))
    })
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum TokenKind {
    /// A name, a keyword, a number or a text.
    Operand,
    Operator,
    /// `,` or `;`.
    Separator,
    Open,
    Close,
}

#[derive(Clone, Copy, Debug)]
struct Token<'t> {
    kind: TokenKind,
    text: &'t str,
    /// The byte at which it begins.
    start: usize,
}

/// The tokens of a module, without white space and comments. Each character of an operator is a token.
fn tokens(text: &str) -> impl Iterator<Item = Token<'_>> {
    let mut start = 0;
    iter::from_fn(move || {
        loop {
            let rest = &text[start..];
            let first = rest.chars().next()?;
            let (kind, length) = match first {
                '#' => (None, rest.find('\n').unwrap_or(rest.len())),
                blank if blank.is_whitespace() => (None, blank.len_utf8()),
                '"' => (Some(TokenKind::Operand), quoted_length(rest)),
                '`' => (Some(TokenKind::Operand), rest[1..].find('`').map_or(rest.len(), |end| end + 2)),
                '(' | '[' | '{' => (Some(TokenKind::Open), 1),
                ')' | ']' | '}' => (Some(TokenKind::Close), 1),
                ',' | ';' => (Some(TokenKind::Separator), 1),
                letter if is_word(letter) => {
                    (Some(TokenKind::Operand), rest.find(|letter| !is_word(letter)).unwrap_or(rest.len()))
                }
                letter => (Some(TokenKind::Operator), letter.len_utf8()),
            };
            let token = kind.map(|kind| Token { kind, text: &rest[..length], start });
            start += length;
            if token.is_some() {
                return token;
            }
        }
    })
}

/// The line and the column of a byte.
fn place(text: &str, start: usize) -> Place {
    let before = &text[..start];
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    (u32::try_from(line).unwrap_or(u32::MAX), u32::try_from(column).unwrap_or(u32::MAX))
}

fn is_word(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

/// The length of a text in quotes, which may hold escapes.
fn quoted_length(text: &str) -> usize {
    let mut is_escaped = false;
    for (at, letter) in text.char_indices().skip(1) {
        match letter {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_chains_and_deep_brackets_are_found_and_long_modules_pass() {
        let deep = |expression: String| too_deep(&format!("package main\nx := {expression}\n")).is_some();
        for piece in ["a + ", "a.", "-", "a in ", "a == ", "f(", "[", "{\"a\": ", "[a | ", "(1 + "] {
            assert!(deep(piece.repeat(200) + "a"), "{piece}");
        }
        assert!(deep("a".to_owned() + &"[0]".repeat(200)));
        assert!(deep("f".to_owned() + &"(0)".repeat(200)));
        let rule = "deny contains msg if {\n  some x in input.a.b[_] # (((\n  x != \"(\\\"((\"\n  msg := sprintf(`((%v`, [x + 1 - 2])\n}\n\n";
        assert_eq!(too_deep(&rule.repeat(1_000)), None);
        let object: String =
            (0..500).map(|key| format!("  \"k{key}\": {{\"a\": [1, 2, -3], \"b\": x.y}},\n")).collect();
        assert_eq!(too_deep(&format!("package a\nx := {{\n{object}}}\n")), None);
        assert_eq!(too_deep(&format!("package a\nx := [{}]\n", "-1, ".repeat(1_000))), None);
        assert_eq!(too_deep("package a\n)))]}x"), None);
        assert_eq!(too_deep(&format!("x :=\n  {}", "a.".repeat(101))), Some((2, 200)));
    }

    #[test]
    fn huge_numbers_are_found_and_others_are_not() {
        let nines = "9".repeat(1_001);
        for number in ["1e9999", "1E+9999", "2.5e-9999", "1_0e9_9_9_9", &nines, &format!("0.{nines}")] {
            assert!(is_huge_number(number), "{number}");
            assert!(has_huge_number(&format!("{{\"a\": [1, {number}]}}")), "{number}");
            let module = format!("package main\nx := {number}\n").replace('_', "");
            assert_eq!(huge_number(&module).map(|(line, _)| line), Some(2), "{number}");
        }
        for text in ["1e999", "12", "", "3.14", "[1, 2]", "{\"3e12345\": \"1e99999\", \"a\\\"1e99999\": 1}"] {
            assert!(!has_huge_number(text), "{text}");
        }
        assert_eq!(huge_number("x := \"1e99999\" # 1e99999\ny1e99999 := [1e3, 2]"), None);
    }

    #[test]
    fn keywords_that_are_not_imported_are_found() {
        for (text, found) in [
            ("deny[m] { some x in input.a; m := x }", Some("in")),
            ("deny[m] { every x in input.a { x } }", Some("every")),
            ("deny if { true }", Some("if")),
            ("import future.keywords.every\ndeny[m] { every x in input.a { x } }", None),
            ("import future.keywords.in\ndeny[m] { every x in input.a { x } }", Some("every")),
            ("import future.keywords\ndeny[m] { some x in input.a; m := x }", None),
            ("import rego.v1\ndeny if { true }", None),
            ("deny[m] { contains(input.a, \"in\"); m := input.if # every\n}", None),
        ] {
            assert_eq!(unimported_keyword(text).map(|(keyword, _)| keyword), found, "{text}");
        }
    }
}
