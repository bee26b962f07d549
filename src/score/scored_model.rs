//! A threat model with its scores, as rules, comparisons and reports read it.

use crate::aivss::Working;
use crate::decimal::Decimal;
use crate::model::Model;
use crate::score::Scored;
use crate::source::{Position, Source};

/// A threat model with its scores.
#[derive(Clone, Debug)]
pub struct ScoredModel {
    /// The model.
    pub model: Model,
    /// The position of its first key.
    pub position: Position,
    /// The agent's own score first, then those of the findings.
    pub scores: Vec<Scored>,
    /// The number of scores that cannot be computed.
    pub uncomputed: usize,
}

impl ScoredModel {
    /// A model with its scores, and their positions in the text.
    pub fn new(model: Model, mut scores: Vec<Scored>, source: &Source) -> Self {
        let position = source.position(model.key_span.start);
        for scored in &mut scores {
            scored.position = Some(source.position(scored.place().start));
        }
        let uncomputed = scores.iter().filter(|scored| scored.working.is_none()).count();
        Self { model, position, scores, uncomputed }
    }

    /// The agent's name.
    pub fn name(&self) -> Option<&str> {
        self.model.agent.name.as_deref()
    }

    /// The worst computed score; the first of equals.
    pub fn worst(&self) -> Option<&Working> {
        let workings = self.scores.iter().filter_map(|scored| scored.working.as_ref());
        workings.reduce(|worst, next| if next.score > worst.score { next } else { worst })
    }

    /// The worst proven score.
    pub fn worst_proven(&self) -> Option<Decimal> {
        self.scores.iter().filter_map(|scored| Some(scored.proven()?.score())).max()
    }

    /// Whether it has scores, all of which are computed.
    pub const fn is_computed(&self) -> bool {
        !self.scores.is_empty() && self.uncomputed == 0
    }

    /// Everything but the texts that only the HTML page shows.
    #[must_use]
    pub fn without_texts(mut self) -> Self {
        self.model.agent.summary = None;
        for layer in self.model.maestro.iter_mut().flat_map(|maestro| &mut maestro.layers) {
            (layer.analysis, layer.reason, layer.stub) = (None, None, None);
        }
        self
    }

    /// The part of it that the verdict and the summary need: the agent and the worst score.
    #[must_use]
    pub fn summarized(mut self) -> Self {
        let worst = self.worst().map(|worst| worst.score);
        self.scores
            .retain(|scored| scored.working.as_ref().is_some_and(|working| Some(working.score) == worst));
        self.scores.truncate(1);
        self.scores.shrink_to_fit();
        let model = Model { findings: Vec::new(), maestro: None, assessment: None, ..self.model };
        Self { model, ..self }
    }
}

/// The threat model of the base revision with which the scores of one are compared.
#[derive(Clone, Copy, Debug)]
pub enum BaseScores<'b> {
    /// The same model.
    Same(&'b ScoredModel),
    /// The worst model that is no longer where this one is, and the name of its file.
    Replaced(&'b str, &'b ScoredModel),
}
