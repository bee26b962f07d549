//! Candidates that are not threat models: files of other tools, and files that mention the marker in prose.

use crate::file_kind::OtherFile;
use crate::lint::{Content, LintContext, LintResult};
use crate::model::is_meant;
use crate::page::parse;
use crate::rules::builtin::{EMPTY_FILE, FILE_TOO_COMPLEX, MARKER_MISSING, MARKER_UNREAD, MODEL_UNREADABLE};
use crate::source::{Language, Source, is_default};
use crate::syntax::may_be_model;
use crate::workspace::candidate::{Candidate, has_marker};

/// The kind of a file that is not checked, after it was linted; `None` for a file to check.
pub(crate) fn other_file(
    candidate: &Candidate,
    source: &Source,
    result: &LintResult,
    may_be_other: bool,
) -> Option<OtherFile> {
    match result.content {
        Content::Model if candidate.by_marker => is_mention(source, result).then_some(OtherFile::MENTION),
        Content::Other | Content::Unmarked if candidate.by_marker => Some(OtherFile::MENTION),
        Content::Other | Content::Unmarked => {
            let is_unmarked = result.content == Content::Unmarked;
            Some(OtherFile::recognize(&candidate.matched, source, is_unmarked))
        }
        Content::Model if may_be_other => unreadable(candidate, source, result),
        Content::Model | Content::Policy | Content::BrokenPolicy | Content::LfsPointer | Content::Missing => {
            None
        }
    }
}

/// Whether a file that has problems may still be skipped. Its name alone, or the user, says that it is a threat model: it
/// does not contain the marker in any form, no pattern of the policy names it, and it contained no threat model in the
/// base.
pub(crate) fn may_be_other(candidate: &Candidate, bytes: &[u8], context: LintContext<'_>) -> bool {
    let path = &*candidate.matched;
    (candidate.named || is_default(path))
        && !candidate.by_marker
        && !context.policy.includes(path)
        && !context.before.is_some_and(|before| before.held(path))
        && !has_marker(bytes, Language::of(path))
}

/// The kind of a file that may be skipped, if it is not a threat model that its problems make unreadable. A file that was
/// given by name must be one of another tool's.
fn unreadable(candidate: &Candidate, source: &Source, result: &LintResult) -> Option<OtherFile> {
    let kept = [&MARKER_MISSING, &EMPTY_FILE].map(|rule| rule.name);
    if !result.models.is_empty() || result.diagnostics.iter().any(|problem| kept.contains(&&*problem.rule)) {
        return None;
    }
    let first = result.diagnostics.first()?;
    let other = OtherFile::unreadable(&candidate.matched, source, || {
        format!("line {}: {}", source.position(first.span.start).line, first.message)
    })?;
    (!candidate.named || other.is_foreign()).then_some(other)
}

/// Whether a file that was found by the marker alone mentions it in prose, and contains no threat model. A file that cannot
/// be read completely contains one if the marker can be a key in it.
fn is_mention(source: &Source, result: &LintResult) -> bool {
    if !result.models.is_empty() || source.undecodable().is_some() {
        return false;
    }
    let unread = [&MARKER_UNREAD, &MODEL_UNREADABLE, &FILE_TOO_COMPLEX].map(|rule| rule.name);
    let mut rules = result.diagnostics.iter().map(|problem| &*problem.rule);
    if rules.clone().any(|rule| unread.contains(&rule))
        || rules.any(|rule| rule == MARKER_MISSING.name) && parse(source).roots().any(is_meant)
    {
        return false;
    }
    let mut others = result.diagnostics.iter().filter(|problem| problem.rule != MARKER_MISSING.name);
    let is_broken = others.any(|problem| problem.mandatory);
    // A page has problems only in blocks that were meant to be threat models.
    let is_page = source.language() == Language::Markdown;
    !(is_broken && (is_page || may_be_model(source.text(), source.language())))
}
