//! The edits that move a score: the version, and the tenth factor in the place of the other. What is not written plainly
//! is not touched.

use crate::aivss::Factor;
use crate::convert::migrate::{Aim, InTheWay, SHARED, Tenth, UNSAFE};
use crate::decimal::Decimal;
use crate::diagnostic::Edit;
use crate::source::Span;
use crate::syntax::{Entry, Node, Value};

/// The edit that writes the version, in the quotes that are there.
pub(crate) fn version_edit(text: &str, block: Node<'_>, aim: Aim) -> Result<Edit, InTheWay> {
    let name = aim.formula.version;
    let Some(entry) = block.as_map().and_then(|map| map.entry("version")) else {
        return Err((block.span(), "the version it is scored by is missing".to_owned()));
    };
    let span = unquoted(text, entry.value, entry.span())?;
    let is_bare = span == entry.value.span();
    // In JSON what is no number stands in quotes, and in YAML's own braces it may.
    let quoted = is_bare && is_flow(text, block) && Decimal::parse(name).is_err();
    Ok(Edit { span, text: if quoted { format!("\"{name}\"") } else { name.to_owned() } })
}

/// The place of a value without its quotes, if it stands there letter by letter and nowhere else.
fn unquoted(text: &str, node: Node<'_>, place: Span) -> Result<Span, InTheWay> {
    let (Value::String(value) | Value::Number(value)) = node.value() else {
        return Err((place, "it is neither text nor a number".to_owned()));
    };
    if node.is_shared() {
        return Err((place, SHARED.to_owned()));
    }
    if node.is_tagged() {
        return Err((place, "the value has a tag or an anchor".to_owned()));
    }
    within_quotes(text, node.span(), value)
        .ok_or_else(|| (place, "it is not written letter by letter".to_owned()))
}

fn within_quotes(text: &str, span: Span, value: &str) -> Option<Span> {
    let written = text.get(span.range())?;
    if written == value {
        return Some(span);
    }
    let inner = ['"', '\''].into_iter().find_map(|quote| written.strip_prefix(quote)?.strip_suffix(quote))?;
    (inner == value).then(|| Span::new(span.start as usize + 1, span.end as usize - 1))
}

/// Whether a mapping stands in braces, as in JSON.
fn is_flow(text: &str, map: Node<'_>) -> bool {
    text.get(map.span().range()).is_some_and(|written| written.starts_with('{'))
}

/// The edits that put the new version's tenth factor in the place of the old one's.
pub(crate) fn exchange(text: &str, block: Node<'_>, old: Factor, aim: Aim) -> Result<Vec<Edit>, InTheWay> {
    let map = block.get("factors").filter(|factors| factors.as_map().is_some());
    let entry = map.and_then(|factors| factors.as_map()?.entry(old.key()));
    let Some((map, entry)) = map.zip(entry) else {
        return Err((block.span(), "its factors cannot be read".to_owned()));
    };
    if map.is_shared() || entry.value.is_shared() {
        return Err((entry.key_span, SHARED.to_owned()));
    }
    let edits = if is_flow(text, map) {
        exchange_in_braces(text, entry, aim)
    } else {
        exchange_lines(text, entry, aim)
    };
    edits.map(|edit| vec![edit]).ok_or_else(|| (entry.key_span, UNSAFE.to_owned()))
}

/// The edit that gives the new tenth factor, which is there, its value.
pub(crate) fn fill(text: &str, block: Node<'_>, aim: Aim) -> Result<Edit, InTheWay> {
    let map = block.get("factors");
    let entry = map.and_then(|factors| factors.as_map()?.entry(aim.formula.tenth.key()));
    let (Some((map, entry)), Tenth::Value(value)) = (map.zip(entry), aim.tenth) else {
        return Err((block.span(), "its factors cannot be read".to_owned()));
    };
    if map.is_shared() || entry.value.is_shared() {
        return Err((entry.key_span, SHARED.to_owned()));
    }
    if entry.value.is_tagged() {
        return Err((entry.key_span, "the value has a tag or an anchor".to_owned()));
    }
    let span = entry.value.span();
    if !span.is_empty() {
        return Ok(Edit { span, text: value.to_string() });
    }
    let key = entry.key_span.range().end;
    let colon = text.get(key..).filter(|rest| rest.starts_with(':')).map(|_| key + 1);
    let colon = colon.ok_or_else(|| (entry.key_span, UNSAFE.to_owned()))?;
    Ok(Edit { span: Span::new(colon, colon), text: format!(" {value}") })
}

/// The key under which an old factor stays. In braces there is no room for comments, and JSON has none.
pub(crate) fn kept(text: &str, block: Node<'_>, old: Factor) -> Option<String> {
    let is_kept = block.get("factors").is_some_and(|factors| is_flow(text, factors));
    is_kept.then(|| format!("x-{}", old.key()))
}

/// In braces the new factor stands before the old one, which becomes a key of the author's own; the report asks.
fn exchange_in_braces(text: &str, entry: Entry<'_>, aim: Aim) -> Option<Edit> {
    let place = entry.key_span;
    let letters = within_quotes(text, place, entry.key)?.range();
    let (before, after) =
        (text.get(place.range().start..letters.start)?, text.get(letters.end..place.range().end)?);
    let value = match aim.tenth {
        Tenth::Value(value) => value.to_string(),
        Tenth::CheckOptions | Tenth::Keep => "null".to_owned(),
    };
    // Where each has a line of its own, so has the new one.
    let head = text.get(..place.range().start)?;
    let line = head.rfind('\n').map_or(0, |at| at + 1);
    let indent = head
        .get(line..)
        .filter(|indent| line > 0 && indent.chars().all(|letter| matches!(letter, ' ' | '\t')));
    let space = match indent {
        Some(indent) if head[..line].ends_with("\r\n") => format!("\r\n{indent}"),
        Some(indent) => format!("\n{indent}"),
        None => " ".to_owned(),
    };
    let (new, old) = (aim.formula.tenth.key(), entry.key);
    Some(Edit { span: place, text: format!("{before}{new}{after}: {value},{space}{before}x-{old}{after}") })
}

/// The lines of the old factor become comments, with the question above them, and the new key follows.
fn exchange_lines(text: &str, entry: Entry<'_>, aim: Aim) -> Option<Edit> {
    let key = entry.key_span.range();
    let first = text.get(..key.start)?.rfind('\n').map_or(0, |at| at + 1);
    let indent = text.get(first..key.start)?;
    let end = entry.value.span().range().end.max(key.end);
    // A text over several lines may end in the line after its last one.
    let end = key.start + text.get(key.start..end)?.trim_end().len();
    let rest = text.get(end..)?;
    let end = end + rest.find('\n').map_or(rest, |at| &rest[..at]).trim_end_matches('\r').len();
    let old = text.get(first..end)?;
    // A carriage return alone ends a line in YAML, and so would end a comment.
    let has_lone_return = old.replace("\r\n", "\n").contains('\r');
    if has_lone_return || !indent.chars().all(|letter| letter == ' ') {
        return None;
    }
    let new = aim.formula.tenth;
    let mut lines: Vec<String> =
        question(entry.key, aim).into_iter().map(|line| format!("# {line}")).collect();
    lines.extend(old.lines().map(|line| {
        let line = line.strip_prefix(indent).unwrap_or(line.trim_start());
        format!("#   {line}").trim_end().to_owned()
    }));
    lines.push(match aim.tenth {
        Tenth::Value(value) => format!("{}: {value}", new.key()),
        Tenth::CheckOptions | Tenth::Keep => format!("{}:", new.key()),
    });
    let after = text.get(end..)?;
    let is_crlf = after.starts_with("\r\n") || (after.is_empty() && text.contains("\r\n"));
    let line_end = if is_crlf { "\r\n" } else { "\n" };
    let lines: Vec<String> = lines.into_iter().map(|line| format!("{indent}{line}")).collect();
    Some(Edit { span: Span::new(first, end), text: lines.join(line_end) })
}

/// What stands above the old factor.
fn question(old: &str, aim: Aim) -> Vec<String> {
    let (new, version) = (aim.formula.tenth, aim.formula.version);
    let stood = "What stood here:".to_owned();
    match aim.tenth {
        Tenth::Value(_) => vec![format!("AIVSS {version} has {} in the place of {old}.", new.key()), stood],
        Tenth::CheckOptions | Tenth::Keep => vec![
            format!("To be decided: AIVSS {version} has {} in the place of {old}.", new.key()),
            format!("{}.", new.scale().unwrap_or_default()),
            stood,
        ],
    }
}
