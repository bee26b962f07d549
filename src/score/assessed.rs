//! A threat model as reports keep it: what was computed, without the text it was computed from.

use crate::aivss::Factor;
use crate::aivss::Working;
use crate::decimal::Decimal;
use crate::model::{Answer, Assessment, Format, LayerKind, Model, Threat};
use crate::source::{Position, Positions};

/// How many characters of a threat's identifier and title are kept.
const LONGEST_NAME: usize = 120;

/// One threat model, computed.
#[derive(Clone, Debug)]
pub struct Assessed {
    /// Where it begins.
    pub position: Position,
    /// The format it is written in.
    pub format: Format,
    /// The agent's name.
    pub name: Option<String>,
    /// Who answers for the model.
    pub owner: Option<String>,
    /// Where the agent runs.
    pub environment: Option<String>,
    /// Its risk tier.
    pub tier: Option<String>,
    /// The agent's score first, then the findings'.
    pub scores: Vec<AssessedScore>,
    /// How many scores that cannot be computed are not listed.
    pub left_out: usize,
    /// The seven layers, in formats that have them.
    pub layers: Vec<AssessedLayer>,
}

/// One score, declared and computed.
#[derive(Clone, Debug)]
pub struct AssessedScore {
    /// The finding's identifier; `None` for the agent's own score.
    pub finding: Option<String>,
    /// Where the score is declared.
    pub position: Position,
    /// The declared score.
    pub declared: Option<Decimal>,
    /// The factors that have a value, in the order of [`Factor::ALL`].
    pub factors: Vec<(Factor, Decimal)>,
    /// The computation; `None` where an input is missing or unusable.
    pub working: Option<Working>,
    /// The proven score, which limits are held against; `None` where there is no computation.
    pub proven: Option<Decimal>,
}

/// What was computed from one declared score.
#[derive(Debug)]
pub struct Computed {
    /// The computation; `None` where an input is missing or unusable.
    pub working: Option<Working>,
    /// The proven score.
    pub proven: Option<Decimal>,
}

/// One layer's answer.
#[derive(Clone, Debug)]
pub struct AssessedLayer {
    /// Which layer.
    pub kind: LayerKind,
    /// The answer in a word: mapped, uncertain, not-applicable, blank, unreadable.
    pub answer: &'static str,
    /// Its threats, in the order of the file.
    pub threats: Vec<AssessedThreat>,
}

/// One threat of a layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AssessedThreat {
    /// Its identifier.
    pub id: Option<String>,
    /// What it is called.
    pub title: Option<String>,
    /// Whether it is declared open; a threat without a status is.
    pub open: bool,
    /// Whether a mitigation is stated.
    pub mitigated: bool,
}

impl AssessedLayer {
    /// How many of its threats are open.
    pub fn open_threats(&self) -> usize {
        self.threats.iter().filter(|threat| threat.open).count()
    }
}

impl Assessed {
    /// The worst computed score.
    pub fn worst(&self) -> Option<&Working> {
        let workings = self.scores.iter().filter_map(|score| score.working.as_ref());
        // The first of equals.
        workings.reduce(|worst, next| if next.score > worst.score { next } else { worst })
    }

    /// The worst proven score.
    pub fn worst_proven(&self) -> Option<Decimal> {
        self.scores.iter().filter_map(|score| score.proven).max()
    }

    /// Whether all of its scores could be computed, and there is one.
    pub fn is_computed(&self) -> bool {
        !self.scores.is_empty() && self.uncomputed() == 0
    }

    /// What the verdict and the summary need of it: the worst score, and how many cannot be computed.
    #[must_use]
    pub fn in_short(self) -> Self {
        let uncomputed = self.uncomputed();
        let worst = self.worst().map(|worst| worst.score);
        let mut scores = self.scores.into_iter();
        let is_worst = |score: &AssessedScore| score.working.as_ref().map(|working| working.score) == worst;
        let worst = worst.and_then(|_| scores.find(is_worst));
        let scores = worst.map(|worst| AssessedScore { factors: Vec::new(), ..worst }).into_iter().collect();
        Self { scores, layers: Vec::new(), left_out: uncomputed, ..self }
    }

    /// How many of its scores cannot be computed.
    pub fn uncomputed(&self) -> usize {
        let listed = self.scores.iter().filter(|score| score.working.is_none()).count();
        listed + self.left_out
    }

    /// What the report keeps of a model whose assessments came to these results. The model is taken apart on the way:
    /// beside what is kept of it, a large one would double what a run takes.
    pub fn of(model: Model<'_>, computed: Vec<Computed>, positions: &mut Positions<'_>) -> Self {
        // Most of what is asked for stands in the order of the file.
        let position = positions.of(model.key_span.start);
        let text = |at: Option<crate::model::Spanned<&str>>| at.map(|at| at.value.to_owned());
        let (own, findings) = (model.assessment.into_iter(), model.findings.into_iter());
        let findings = findings.filter_map(|finding| {
            let id = finding.id.map_or_else(String::new, |id| id.value.to_owned());
            Some((Some(id), finding.assessment?))
        });
        let declared = own.map(|declared| (None, declared)).chain(findings);
        let scores = declared
            .zip(computed)
            .map(|((finding, declared), computed)| assessed(finding, &declared, computed, positions));
        let layers = model.maestro.iter().flat_map(|maestro| &maestro.layers).map(|layer| AssessedLayer {
            kind: layer.kind,
            answer: word(layer.answer),
            threats: layer.threats.iter().map(threat).collect(),
        });
        Self {
            position,
            format: model.format,
            name: text(model.agent.name),
            owner: text(model.agent.owner),
            environment: text(model.agent.environment),
            tier: text(model.agent.tier),
            scores: scores.collect(),
            left_out: 0,
            layers: layers.collect(),
        }
    }
}

fn assessed(
    finding: Option<String>,
    declared: &Assessment<'_>,
    Computed { working, proven }: Computed,
    positions: &mut Positions<'_>,
) -> AssessedScore {
    let span = declared.score.map_or(declared.key_span, |score| score.span);
    let given = &declared.factors.given;
    let mut factors = Vec::with_capacity(given.len());
    factors.extend(Factor::ALL.into_iter().filter_map(|factor| {
        let value = given.iter().find(|given| given.factor == factor)?.number()?.value;
        Some((factor, value))
    }));
    AssessedScore {
        finding,
        position: positions.of(span.start),
        declared: declared.score.map(|score| score.value),
        factors,
        working,
        proven,
    }
}

fn threat(threat: &Threat<'_>) -> AssessedThreat {
    let text = |text: Option<&str>| text.map(|text| text.chars().take(LONGEST_NAME).collect());
    AssessedThreat {
        id: text(threat.id),
        title: text(threat.title),
        open: threat.open,
        mitigated: threat.mitigation.is_some(),
    }
}

/// A layer's answer in a word.
pub const fn word(answer: Answer<'_>) -> &'static str {
    match answer {
        Answer::Mapped => "mapped",
        Answer::Uncertain => "uncertain",
        Answer::NotApplicable { .. } => "not-applicable",
        Answer::Blank(_) => "blank",
        Answer::Unreadable => "unreadable",
    }
}
