//! The edits that migrate a score: the version, and the tenth factor of the new set. Values with aliases, tags or escapes
//! are not changed.

use crate::aivss::{Factor, Formula};
use crate::decimal::Decimal;
use crate::diagnostic::Edit;
use crate::rules::version_outdated::plan::Blocked;
use crate::source::Span;
use crate::syntax::{Entry, List, Node, Value};

const SHARED: &str = "an alias refers to it, so a change would show in several places";
const TAGGED: &str = "the value has a tag or an anchor";
pub(crate) const UNSAFE: &str = "it is written in a way that cannot be changed safely";

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
        check_plain(value, place)?;
        let span = match value.value() {
            Value::Number(_) => Some(value.span()),
            Value::String(_) => value.letters(),
            _ => return Err((place, "it is neither text nor a number".to_owned())),
        };
        let span = span.ok_or_else(|| (place, "the value uses escapes".to_owned()))?;
        // JSON quotes all that is not a number, and YAML's own braces may.
        let needs_quotes = span == value.span() && self.is_flow(self.node) && Decimal::parse(name).is_err();
        Ok(Edit { span, text: if needs_quotes { format!("\"{name}\"") } else { name.to_owned() } })
    }

    fn is_flow(&self, map: Node<'t>) -> bool {
        self.text.get(map.span().range()).is_some_and(|written| written.starts_with('{'))
    }

    /// The edit that replaces the tenth factor of the old version by that of the new one.
    pub(crate) fn exchange(&self, old: Factor, to: &Formula) -> Result<Edit, Blocked> {
        let map = self.node.get("factors");
        let entry = map.and_then(|factors| factors.as_map()?.entry(old.key()));
        let Some((map, entry)) = map.zip(entry) else {
            return Err((self.node.span(), "its factors cannot be read".to_owned()));
        };
        if map.is_shared() || entry.value.is_shared() {
            return Err((entry.key_span, SHARED.to_owned()));
        }
        let edit = if self.is_flow(map) {
            exchange_in_braces(self.text, entry, to.tenth)
        } else {
            exchange_lines(self.text, entry, to)
        };
        edit.ok_or_else(|| (entry.key_span, UNSAFE.to_owned()))
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

/// In braces the new factor comes before the old one, which gets a key of the author's own.
fn exchange_in_braces(text: &str, entry: Entry<'_>, new: Factor) -> Option<Edit> {
    let (place, name) = (entry.key_span, entry.key_letters()?);
    let opening = text.get(place.range().start..name.range().start)?;
    let closing = text.get(name.range().end..place.range().end)?;
    // If each entry has a line of its own, the new one gets one too.
    let head = text.get(..place.range().start)?;
    let space = match head.rsplit_once('\n') {
        Some((above, indent)) if indent.chars().all(|letter| matches!(letter, ' ' | '\t')) => {
            format!("{}{indent}", if above.ends_with('\r') { "\r\n" } else { "\n" })
        }
        _ => " ".to_owned(),
    };
    let (new, old) = (new.key(), entry.key);
    let text = format!("{opening}{new}{closing}: null,{space}{opening}x-{old}{closing}");
    Some(Edit { span: place, text })
}

/// Makes comments of the lines of the old factor, after a question, and adds the new key.
fn exchange_lines(text: &str, entry: Entry<'_>, to: &Formula) -> Option<Edit> {
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
    let (new, version) = (to.tenth, to.version);
    let mut lines = vec![
        format!("# To be decided: AIVSS {version} has {} in place of {}.", new.key(), entry.key),
        format!("# {}.", new.scale().unwrap_or_default()),
        "# Before:".to_owned(),
    ];
    for line in old.lines() {
        let line = line.strip_prefix(indent).unwrap_or(line.trim_start());
        lines.push(format!("#   {line}").trim_end().to_owned());
    }
    lines.push(format!("{}:", new.key()));
    let separator = format!("{}{indent}", if is_crlf { "\r\n" } else { "\n" });
    Some(Edit { span: Span::new(first, end), text: format!("{indent}{}", lines.join(&separator)) })
}
