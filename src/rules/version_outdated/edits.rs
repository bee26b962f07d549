//! The edits that migrate a score: the version, and the tenth factor of the new set. Values with aliases, tags or escapes
//! are not changed.

use crate::aivss::Factor;
use crate::decimal::Decimal;
use crate::diagnostic::Edit;
use crate::rules::version_outdated::plan::{Aim, Blocked, Tenth};
use crate::source::Span;
use crate::syntax::{Entry, List, Node, Value};

const SHARED: &str = "an alias refers to it, so a change would show in several places";
const TAGGED: &str = "the value has a tag or an anchor";
const UNSAFE: &str = "it is written in a way that cannot be changed safely";

pub(crate) struct ScoreBlock<'t> {
    pub(crate) pointer: String,
    text: &'t str,
    node: Node<'t>,
    /// Whether an alias refers to it.
    shared: bool,
}

/// The blocks of a threat model's scores, in the order of [`crate::model::Model::assessments`].
pub(crate) fn blocks<'t>(text: &'t str, root: Node<'t>) -> Vec<ScoreBlock<'t>> {
    let own = root.get("aivss").map(|node| ("/aivss".to_owned(), node, node.is_shared()));
    let list = root.get("findings");
    let items = list.and_then(Node::as_list).into_iter().flat_map(List::iter).enumerate();
    let findings = items.filter_map(|(at, item)| {
        let node = item.get("aivss")?;
        let shared = list.is_some_and(Node::is_shared) || item.is_shared() || node.is_shared();
        Some((format!("/findings/{at}/aivss"), node, shared))
    });
    let all = own.into_iter().chain(findings);
    all.map(|(pointer, node, shared)| ScoreBlock { pointer, text, node, shared }).collect()
}

impl<'t> ScoreBlock<'t> {
    pub(crate) fn check_unshared(&self, place: Span) -> Result<(), Blocked> {
        if self.shared { Err((place, SHARED.to_owned())) } else { Ok(()) }
    }

    /// The edit that writes the version, in the quotes of the old one.
    pub(crate) fn version_edit(&self, name: &str) -> Result<Edit, Blocked> {
        let Some(entry) = self.node.as_map().and_then(|map| map.entry("version")) else {
            return Err((self.node.span(), "the version it is scored by is missing".to_owned()));
        };
        let (value, place) = (entry.value, entry.span());
        let (Value::String(written) | Value::Number(written)) = value.value() else {
            return Err((place, "it is neither text nor a number".to_owned()));
        };
        check_plain(value, place)?;
        let span = without_quotes(self.text, value.span(), written)
            .ok_or_else(|| (place, "the value uses escapes".to_owned()))?;
        // JSON quotes all that is not a number, and YAML's own braces may.
        let needs_quotes = span == value.span() && self.is_flow(self.node) && Decimal::parse(name).is_err();
        Ok(Edit { span, text: if needs_quotes { format!("\"{name}\"") } else { name.to_owned() } })
    }

    fn is_flow(&self, map: Node<'t>) -> bool {
        self.text.get(map.span().range()).is_some_and(|written| written.starts_with('{'))
    }

    /// The factors, and the entry of one of them, which can be changed.
    fn factor(&self, factor: Factor) -> Result<(Node<'t>, Entry<'t>), Blocked> {
        let map = self.node.get("factors");
        let entry = map.and_then(|factors| factors.as_map()?.entry(factor.key()));
        let Some((map, entry)) = map.zip(entry) else {
            return Err((self.node.span(), "its factors cannot be read".to_owned()));
        };
        if map.is_shared() || entry.value.is_shared() {
            return Err((entry.key_span, SHARED.to_owned()));
        }
        Ok((map, entry))
    }

    /// The edit that replaces the tenth factor of the old version by that of the new one.
    pub(crate) fn exchange(&self, old: Factor, aim: Aim) -> Result<Edit, Blocked> {
        let (map, entry) = self.factor(old)?;
        let edit = if self.is_flow(map) {
            exchange_in_braces(self.text, entry, aim)
        } else {
            exchange_lines(self.text, entry, aim)
        };
        edit.ok_or_else(|| (entry.key_span, UNSAFE.to_owned()))
    }

    pub(crate) fn fill(&self, factor: Factor, value: Decimal) -> Result<Edit, Blocked> {
        let (_, entry) = self.factor(factor)?;
        check_plain(entry.value, entry.key_span)?;
        let span = entry.value.span();
        if !span.is_empty() {
            return Ok(Edit { span, text: value.to_string() });
        }
        let key = entry.key_span.range().end;
        if !self.text.get(key..).is_some_and(|rest| rest.starts_with(':')) {
            return Err((entry.key_span, UNSAFE.to_owned()));
        }
        Ok(Edit { span: Span::new(key + 1, key + 1), text: format!(" {value}") })
    }

    /// The key under which an old factor stays: braces have no room for comments, and JSON has none.
    pub(crate) fn kept_key(&self, old: Factor) -> Option<String> {
        let factors = self.node.get("factors").filter(|factors| self.is_flow(*factors));
        factors.map(|_| format!("x-{}", old.key()))
    }
}

fn check_plain(value: Node<'_>, place: Span) -> Result<(), Blocked> {
    if value.is_shared() {
        return Err((place, SHARED.to_owned()));
    }
    if value.is_tagged() { Err((place, TAGGED.to_owned())) } else { Ok(()) }
}

/// The place of a literal value without its quotes.
fn without_quotes(text: &str, span: Span, value: &str) -> Option<Span> {
    let written = text.get(span.range())?;
    if written == value {
        return Some(span);
    }
    let inner = ['"', '\''].into_iter().find_map(|quote| written.strip_prefix(quote)?.strip_suffix(quote))?;
    (inner == value).then(|| Span::new(span.start as usize + 1, span.end as usize - 1))
}

/// In braces the new factor comes before the old one, which gets a key of the author's own.
fn exchange_in_braces(text: &str, entry: Entry<'_>, aim: Aim) -> Option<Edit> {
    let (place, name) = (entry.key_span, without_quotes(text, entry.key_span, entry.key)?);
    let opening = text.get(place.range().start..name.range().start)?;
    let closing = text.get(name.range().end..place.range().end)?;
    let value = aim.tenth.value().map_or_else(|| "null".to_owned(), |value| value.to_string());
    // If each entry has a line of its own, the new one gets one too.
    let head = text.get(..place.range().start)?;
    let space = match head.rsplit_once('\n') {
        Some((above, indent)) if indent.chars().all(|letter| matches!(letter, ' ' | '\t')) => {
            format!("{}{indent}", if above.ends_with('\r') { "\r\n" } else { "\n" })
        }
        _ => " ".to_owned(),
    };
    let (new, old) = (aim.formula.tenth.key(), entry.key);
    let text = format!("{opening}{new}{closing}: {value},{space}{opening}x-{old}{closing}");
    Some(Edit { span: place, text })
}

/// Makes comments of the lines of the old factor, after a question, and adds the new key.
fn exchange_lines(text: &str, entry: Entry<'_>, aim: Aim) -> Option<Edit> {
    let key = entry.key_span.range();
    let first = text.get(..key.start)?.rfind('\n').map_or(0, |at| at + 1);
    let indent = text.get(first..key.start)?;
    let end = entry.value.span().range().end.max(key.end);
    // A text over several lines may end in the line after its last one.
    let end = key.start + text.get(key.start..end)?.trim_end().len();
    let rest = text.get(end..)?.split('\n').next().unwrap_or_default();
    let end = end + rest.trim_end_matches('\r').len();
    let old = text.get(first..end)?;
    // A carriage return alone ends a line in YAML, and so would end a comment.
    let has_lone_return = old.replace("\r\n", "\n").contains('\r');
    if has_lone_return || !indent.chars().all(|letter| letter == ' ') {
        return None;
    }
    let after = text.get(end..)?;
    let is_crlf = after.starts_with("\r\n") || (after.is_empty() && text.contains("\r\n"));
    let mut lines = question(entry.key, aim);
    for line in old.lines() {
        let line = line.strip_prefix(indent).unwrap_or(line.trim_start());
        lines.push(format!("#   {line}").trim_end().to_owned());
    }
    let value = aim.tenth.value().map(|value| format!(" {value}")).unwrap_or_default();
    lines.push(format!("{}:{value}", aim.formula.tenth.key()));
    let separator = format!("{}{indent}", if is_crlf { "\r\n" } else { "\n" });
    Some(Edit { span: Span::new(first, end), text: format!("{indent}{}", lines.join(&separator)) })
}

fn question(old: &str, aim: Aim) -> Vec<String> {
    let (new, version) = (aim.formula.tenth, aim.formula.version);
    let replaces = format!("AIVSS {version} has {} in place of {old}.", new.key());
    match aim.tenth {
        Tenth::Value(_) => vec![format!("# {replaces}"), "# Before:".to_owned()],
        Tenth::Open | Tenth::Keep => vec![
            format!("# To be decided: {replaces}"),
            format!("# {}.", new.scale().unwrap_or_default()),
            "# Before:".to_owned(),
        ],
    }
}
