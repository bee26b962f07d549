//! Live scores: hints after the numbers of a score, and a line above each block with its verdict.
//!
//! While a text cannot be read, they are those of the last one that could, moved by the edits since then.

use crate::escape::line;
use crate::page::parse;
use crate::policy::settings::SCORE;
use crate::score::{Scored, ScoredModel};
use crate::server::View;
use crate::server::protocol::{CodeLens, Command, InlayHint, markdown};
use crate::source::Span;

/// The hints and lines of a document.
#[derive(Debug, Default)]
pub(crate) struct LiveScores {
    hints: Vec<LiveHint>,
    lenses: Vec<(Span, String)>,
}

/// A text after a value.
#[derive(Debug)]
struct LiveHint {
    /// The offset of the end of the value.
    at: u32,
    label: String,
    /// The computation.
    tooltip: String,
}

impl LiveScores {
    /// Moves all places by an edit: `span` is replaced by a text of `length` bytes.
    pub(crate) fn move_by(&mut self, span: Span, length: usize) {
        for hint in &mut self.hints {
            hint.at = moved(hint.at, span, length);
        }
        for (place, _) in &mut self.lenses {
            *place = Span { start: moved(place.start, span, length), end: moved(place.end, span, length) };
        }
    }
}

fn moved(at: u32, span: Span, length: usize) -> u32 {
    if at < span.start {
        return at;
    }
    let end = Span::new(0, span.start as usize + length).end;
    if at >= span.end { (at - span.end).saturating_add(end) } else { end }
}

/// The scores of a document; `None` for a text that cannot be read.
pub(crate) fn live_scores(view: &View<'_>) -> Option<LiveScores> {
    let mut live = LiveScores::default();
    for model in &view.checked.models {
        for scored in &model.scores {
            live.hints.extend(hints_of(view.text().text(), scored));
            live.lenses.push((scored.declared.key_span, verdict(view, model, scored)));
        }
        if model.scores.is_empty() && model.model.format.is_complete() {
            live.lenses.push((
                model.model.key_span,
                ["not scored".to_owned()].into_iter().chain(blanks(model)).collect::<Vec<_>>().join(" · "),
            ));
        }
    }
    (!live.lenses.is_empty() || parse(&view.text().source).is_sound()).then_some(live)
}

/// The computation, a step per line, or what it lacks.
pub(crate) fn working(scored: &Scored) -> String {
    if scored.working.is_none() {
        let missing = scored.missing_inputs().into_iter().map(|missing| format!("- {}", line(&missing)));
        return format!("The score cannot be computed:\n\n{}", missing.collect::<Vec<_>>().join("\n"));
    }
    let steps = scored.steps().into_iter().map(|(name, step)| format!("- {name}: {step}"));
    steps.collect::<Vec<_>>().join("\n")
}

/// The end of the colon after a key; the end of the key if none follows.
fn colon_after(text: &str, key: Span) -> u32 {
    key.end + u32::from(text[key.end as usize..].starts_with(':'))
}

fn hints_of(text: &str, scored: &Scored) -> Vec<LiveHint> {
    let declared = &scored.declared;
    let mut hints = Vec::new();
    let mut hint = |at: u32, label: String| hints.push(LiveHint { at, label, tooltip: working(scored) });
    if let Some(base) = scored.base {
        let place =
            declared.vector.as_ref().map(|vector| vector.span).or(declared.base.map(|base| base.span));
        if let Some(place) = place {
            hint(place.end, format!("= {base}"));
        }
    }
    if let Some(sum) = scored.factor_sum {
        hint(colon_after(text, declared.factors.key_span), format!("Σ {}", sum.plain()));
    }
    let Some(working) = &scored.working else { return hints };
    if let Some(uplift) = declared.uplift {
        hint(uplift.span.end, format!("= {}", working.uplift.plain()));
    }
    let vacancy = declared.undeclared.and_then(|place| place.vacancy).map(|vacancy| vacancy.span);
    if let Some(place) = declared.score.map(|score| score.span).or(vacancy) {
        hint(place.end, format!("= {} {}", working.score, working.band.name()));
    }
    hints
}

/// The score, its band, the limit that it exceeds and the blank layers.
fn verdict(view: &View<'_>, model: &ScoredModel, scored: &Scored) -> String {
    let mut parts = Vec::new();
    match (&scored.working, scored.proven()) {
        (Some(working), Some(proven)) => {
            parts.push(format!("{} {}", working.score, working.band.name()));
            if let Some(settings) = view.settings(model)
                && let Some(limit) = settings.get(&SCORE)
                && proven.score() > limit.value
            {
                let differs = if proven.differs() {
                    format!(" by the proven {}", proven.score())
                } else {
                    String::new()
                };
                parts.push(format!("limit {} exceeded{differs}", limit.value));
            }
        }
        _ => parts.push("score cannot be computed".to_owned()),
    }
    if matches!(scored.owner, crate::diagnostic::Owner::Agent) {
        parts.extend(blanks(model));
    }
    parts.join(" · ")
}

fn blanks(model: &ScoredModel) -> Option<String> {
    match model.model.layers().iter().filter(|layer| !layer.answer.is_given()).count() {
        0 => None,
        1 => Some("1 layer blank".to_owned()),
        count => Some(format!("{count} layers blank")),
    }
}

pub(crate) fn hints(view: &View<'_>, within: Span) -> Vec<InlayHint> {
    let hints = view.document.live.hints.iter();
    let hints = hints.filter(|hint| within.start <= hint.at && hint.at <= within.end);
    let shown = hints.map(|hint| InlayHint {
        position: view.text().position(hint.at),
        label: hint.label.clone().into(),
        kind: None,
        text_edits: None,
        tooltip: Some(markdown(hint.tooltip.clone()).into()),
        padding_left: Some(true),
        padding_right: None,
        data: None,
    });
    shown.collect()
}

pub(crate) fn lenses(view: &View<'_>) -> Vec<CodeLens> {
    let lenses = view.document.live.lenses.iter();
    let shown = lenses.map(|(place, title)| CodeLens {
        range: view.text().range(*place),
        command: Some(Command { title: title.clone(), ..Command::default() }),
        data: None,
    });
    shown.collect()
}
