//! Changes to try: inputs of a score lowered by one published step, with the score that follows.

use std::cmp::Reverse;

use crate::score::{Contribution, OneLess, Scored, better_mitigation, lower_threat};
use crate::server::View;
use crate::server::fixes::{edit_of, touches};
use crate::server::protocol::{CodeAction, CodeActionKind};
use crate::source::Span;
use crate::text_edit::Edit;

/// The most changes that are offered.
const MAX: usize = 3;

/// The score whose block contains a place.
pub(crate) fn score_at<'v>(view: &View<'v>, within: Span) -> Option<&'v Scored> {
    let mut scores = view.checked.models.iter().flat_map(|model| &model.scores);
    scores.find(|scored| touches(block(scored), within))
}

/// The changes of the score at a place: first those that change its band, then those that lower it most.
pub(crate) fn actions(view: &View<'_>, within: Span) -> Vec<CodeAction> {
    let Some(scored) = score_at(view, within) else { return Vec::new() };
    let Some(working) = &scored.working else { return Vec::new() };
    let mut changes = changes(scored);
    changes.retain(|(_, _, less)| less.working.raw < working.raw);
    changes.sort_by_key(|(_, _, less)| (Reverse(less.changes_band), less.working.raw));
    let shown = changes.into_iter().take(MAX).map(|(name, place, less)| {
        let (score, band) = (less.working.score, less.working.band.name());
        CodeAction {
            title: format!("Set {name} to {}: {} → {score} {band}", less.written(), working.score),
            kind: Some(CodeActionKind::RefactorRewrite),
            edit: Some(edit_of(view, &edits(view, scored, place, &less))),
            ..CodeAction::default()
        }
    });
    shown.collect()
}

/// The bytes from the key of a score's block to the last of its values.
fn block(scored: &Scored) -> Span {
    let declared = &scored.declared;
    let numbers = declared.factors.given.iter().filter_map(|given| given.number.map(|number| number.span));
    let numbers = numbers.chain(declared.factors.given.iter().map(|given| given.key));
    let results = [declared.score, declared.uplift, declared.base, declared.factor_sum];
    let results = results.into_iter().flatten().map(|number| number.span);
    let others = [&declared.threat, &declared.mitigation].into_iter().flatten().map(|number| number.span);
    let texts = [&declared.vector, &declared.severity].into_iter().flatten().map(|text| text.span);
    let end = numbers.chain(results).chain(others).chain(texts).map(|span| span.end).max();
    let key = declared.key_span;
    Span { start: key.start, end: end.unwrap_or_default().max(key.end) }
}

/// Each input that can be lowered, with the place of its value.
fn changes(scored: &Scored) -> Vec<(String, Span, OneLess)> {
    let (declared, mut changes) = (&scored.declared, Vec::new());
    let Some(working) = &scored.working else { return changes };
    for contribution in Contribution::of_factors(working, declared.factors.numbers()) {
        let factor = contribution.factor;
        let mut given = declared.factors.given.iter().filter(|given| given.factor == factor);
        let number = given.find_map(|given| given.number).filter(|number| number.verbatim);
        if let (Some(number), Some(less)) = (number, contribution.one_less) {
            changes.push((declared.factors.spell(factor).to_owned(), number.span, less));
        }
    }
    for (name, declared, less) in [
        ("threat_multiplier", &declared.threat, lower_threat(working)),
        ("mitigation_factor", &declared.mitigation, better_mitigation(working)),
    ] {
        if let (Some(declared), Some(less)) = (declared.as_ref().filter(|declared| declared.verbatim), less) {
            changes.push((name.to_owned(), declared.span, less));
        }
    }
    changes
}

/// The edits of an input and of the declared results that follow from it.
fn edits(view: &View<'_>, scored: &Scored, place: Span, less: &OneLess) -> Vec<Edit> {
    let (declared, working) = (&scored.declared, &less.working);
    let number = less.value.plain().to_string();
    let written = view.text().text().get(place.range()).unwrap_or_default();
    let value = match (less.name, written.chars().next()) {
        (Some(name), Some(quote @ ('"' | '\''))) => format!("{quote}{name}{quote}"),
        (Some(name), Some(first)) if first.is_ascii_alphabetic() => name.to_owned(),
        _ => number,
    };
    let mut edits = vec![Edit { span: place, text: value }];
    for (number, right) in [
        (declared.factor_sum, working.inputs.factor_sum.round_half_up(2)),
        (declared.uplift, working.uplift.round_half_up(2)),
        (declared.score, working.score),
    ] {
        edits.extend(number.and_then(|number| number.rewritten(right)).into_iter().flat_map(|fix| fix.edits));
    }
    let severity = declared.severity.as_ref().and_then(|severity| severity.rewritten(working.band.name()));
    edits.extend(severity.into_iter().flat_map(|fix| fix.edits));
    edits.sort_by_key(|edit| edit.span);
    edits
}
