//! JSON to tree: a strict pass that accepts RFC 8259 and nothing else, then the tree that YAML makes of it.
//!
//! The YAML reader alone would take trailing commas, comments and bare words for granted.

use std::ops::Range;

use serde::de::IgnoredAny;

use super::{Document, ProblemKind, yaml};
use crate::source::{BOM, Span};

/// Reads the JSON document in `range` of `text` into `document`.
pub(super) fn read<'t>(document: &mut Document<'t>, text: &'t str, range: Range<usize>) {
    let bom = if text[range.clone()].starts_with(BOM) { BOM.len_utf8() } else { 0 };
    let start = range.start + bom;
    let slice = &text[start..range.end];
    if slice.trim().is_empty() {
        return;
    }
    if let Err(error) = serde_json::from_str::<IgnoredAny>(slice) {
        let at = start + offset(slice, error.line(), error.column());
        let at = if error.to_string().starts_with("control character") {
            control(text, at, range.end)
        } else {
            at
        };
        let width =
            text[at..].chars().next().filter(|next| !matches!(next, '\n' | '\r')).map_or(0, char::len_utf8);
        let message = error.to_string();
        // The place is ours to show, in the report's own units.
        let message = message.rsplit_once(" at line ").map_or(message.as_str(), |(message, _)| message);
        let kind =
            if message.contains("recursion limit") { ProblemKind::InputLimit } else { ProblemKind::Syntax };
        document.problem(kind, Span::new(at, at + width), format!("not JSON: {message}"));
        if let Some(problem) = document.problems.last_mut() {
            problem.help = Some("JSON has no comments, no trailing commas and no single quotes".to_owned());
        }
        return;
    }
    // YAML's bound on the length of a key would refuse valid JSON.
    yaml::read_with(document, text, start..range.end, longest_string(slice) + 1024);
}

/// The byte offset of a 1-based line and a column in bytes, as `serde_json` counts: the column of the last byte
/// it had read.
fn offset(text: &str, line: usize, column: usize) -> usize {
    let start = if line < 2 {
        0
    } else {
        text.match_indices('\n').nth(line - 2).map_or(text.len(), |(at, _)| at + 1)
    };
    let wanted = (start + column.saturating_sub(1)).min(text.len());
    (0..=wanted).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

/// The length in bytes of the longest string of a JSON text, which bounds that of its longest key.
fn longest_string(json: &str) -> usize {
    let (mut longest, mut start, mut escaped) = (0, None, false);
    for (at, byte) in json.bytes().enumerate() {
        match (start, byte) {
            (Some(_), _) if escaped => escaped = false,
            (Some(_), b'\\') => escaped = true,
            (Some(opened), b'"') => {
                longest = longest.max(at - opened);
                start = None;
            }
            (None, b'"') => start = Some(at),
            _ => {}
        }
    }
    longest
}

/// The first control character from `at` on: the place that is reported of one may lie before it.
fn control(text: &str, at: usize, end: usize) -> usize {
    text[at..end].find(|letter: char| letter < ' ').map_or(at, |found| at + found)
}
