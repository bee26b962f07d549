//! Scores: declared assessments with the results that the formulas of OWASP AIVSS compute from them, in exact decimals.
//!
//! Whether a score is acceptable is decided by the rules.

mod breakdown;
mod mistakes;
mod sensitivity;

pub use breakdown::ScoreBreakdown;
pub(crate) use breakdown::{InputOrigin, ScoreInput};
pub use mistakes::agrees;
pub(crate) use mistakes::{cause_of_score, cause_of_uplift, explain_base, explain_score, explain_severity};
pub(crate) use sensitivity::{Contribution, OneLess, better_mitigation, lower_threat};

use std::sync::Arc;

use crate::aivss::cvss::{Vector, VectorProblem};
use crate::aivss::{
    Band, Factor, Formula, Inputs, MITIGATION_LEVELS, MultiplierLevel, THREAT_LEVELS, Working, lowest,
};
use crate::decimal::Decimal;
use crate::diagnostic::Owner;
use crate::model::{Assessment, GivenFactor, Model, Multiplier, Spanned};
use crate::source::{Position, Source, Span};

/// An assessment with its results.
#[derive(Clone, Debug)]
pub struct Scored {
    pub(crate) owner: Owner,
    /// The assessment.
    pub declared: Arc<Assessment>,
    /// The position of [`Scored::place`]; `None` for a score outside of a file.
    pub(crate) position: Option<Position>,
    pub(crate) formula: Option<&'static Formula>,
    /// The vector, or its problems; `None` if there is no vector.
    pub(crate) vector: Option<Result<Vector, Vec<VectorProblem>>>,
    /// The base score: the vector's, or the declared one if there is no vector.
    pub(crate) base: Option<Decimal>,
    /// The sum of the factors, if all ten are given and in range.
    pub(crate) factor_sum: Option<Decimal>,
    /// The threat multiplier, declared or the default.
    pub(crate) threat: Option<Decimal>,
    /// The mitigation factor, declared or the default.
    pub(crate) mitigation: Option<Decimal>,
    /// The score; `None` if an input is missing or unusable.
    pub working: Option<Working>,
}

impl Scored {
    /// The declared score; the block's key if there is none.
    pub(crate) fn place(&self) -> Span {
        self.declared.score.map_or(self.declared.key_span, |score| score.span)
    }

    pub(crate) fn sum_written(&self) -> String {
        let terms: Vec<String> =
            self.declared.factors.numbers().map(|(_, value)| value.plain().to_string()).collect();
        let sum = self.factor_sum.map_or_else(String::new, |sum| format!(" = {}", sum.plain()));
        format!("{}{sum}", terms.join(" + "))
    }
}

/// Computes the results of an assessment.
pub fn score(declared: &Arc<Assessment>) -> Scored {
    let formula = declared.version.as_deref().and_then(Formula::named);
    let vector = declared.vector.as_deref().map(Vector::parse);
    let base = match &vector {
        Some(Ok(vector)) => Some(vector.base_score),
        Some(Err(_)) => None,
        // A declared base does not replace a vector that cannot be read.
        None if declared.vector_written => None,
        None => declared.base.map(|base| base.value),
    };
    let factor_sum = sum(&declared.factors.given);
    let threat = formula.and_then(|formula| {
        let default = formula.threat.first().map_or(Decimal::ONE, |level| level.value);
        value_of(declared.threat.as_ref(), THREAT_LEVELS, default)
    });
    let mitigation = value_of(declared.mitigation.as_ref(), MITIGATION_LEVELS, Decimal::ONE);
    let inputs = match (base, factor_sum, threat, mitigation) {
        (Some(base), Some(sum), Some(threat), Some(mitigation)) => Inputs::new(base, sum, threat, mitigation),
        _ => None,
    };
    let working = formula.zip(inputs).map(|(formula, inputs)| formula.work(inputs));
    let (owner, declared, position) = (declared.owner, Arc::clone(declared), None);
    Scored { owner, declared, position, formula, vector, base, factor_sum, threat, mitigation, working }
}

/// The sum of a complete set of ten factors, each from 0 to 1.
fn sum(given: &[GivenFactor]) -> Option<Decimal> {
    let mut seen: Vec<Factor> = given.iter().map(|given| given.factor).collect();
    seen.sort_unstable();
    seen.dedup();
    let clash = seen.iter().any(|factor| factor.counterpart().is_some_and(|other| seen.contains(&other)));
    if seen.len() != Factor::SET || given.len() != seen.len() || clash {
        return None;
    }
    let values = given.iter().map(|given| given.number.map(|number| number.value));
    values.map(|value| value.filter(|value| value.within(Decimal::ZERO, Decimal::ONE))).sum()
}

fn value_of(
    declared: Option<&Spanned<Multiplier>>,
    levels: &[MultiplierLevel],
    default: Decimal,
) -> Option<Decimal> {
    match declared.map(|declared| &declared.value) {
        None => Some(default),
        Some(Multiplier::Unreadable) => None,
        Some(Multiplier::Number(number)) => Some(*number),
        Some(Multiplier::Named(name)) => {
            levels.iter().find(|level| *level.name == **name).map(|level| level.value)
        }
    }
}

/// The proven score, and the reasons why it differs from the computed one.
#[derive(Clone, Debug)]
pub(crate) struct Proven {
    /// The computation with the inputs as far as they are proven.
    pub(crate) working: Working,
    computed: Decimal,
    /// A phrase for each input that is replaced.
    reasons: Vec<String>,
}

impl Scored {
    /// The proven score, to which limits and approvals apply; `None` if no score can be computed.
    pub(crate) fn proven(&self) -> Option<Proven> {
        let computed = self.working.as_ref()?;
        let mut inputs = computed.inputs;
        let mut reasons = Vec::new();
        let floor = lowest(computed.formula.threat).map(|level| level.value);
        if let Some(floor) = floor.filter(|floor| inputs.threat < *floor) {
            reasons.push(format!("with the threat multiplier {} counted as {floor}", inputs.threat));
            inputs.threat = floor;
        }
        if let Some(floor) = lowest(computed.formula.mitigation).map(|level| level.value) {
            if inputs.mitigation < Decimal::ONE && self.declared.evidence.is_none() {
                reasons.push(format!("without evidence for the mitigation factor {}", inputs.mitigation));
                inputs.mitigation = Decimal::ONE;
            } else if inputs.mitigation < floor {
                reasons.push(format!("with the mitigation factor {} counted as {floor}", inputs.mitigation));
                inputs.mitigation = floor;
            }
        }
        Some(Proven { working: computed.formula.work(inputs), computed: computed.score, reasons })
    }
}

impl Proven {
    pub(crate) const fn score(&self) -> Decimal {
        self.working.score
    }

    pub(crate) const fn band(&self) -> Band {
        self.working.band
    }

    pub(crate) fn differs(&self) -> bool {
        self.score() != self.computed
    }

    /// The computed score, the proven one and the reasons, for a message; `None` if they are equal.
    pub(crate) fn difference(&self) -> Option<String> {
        let (computed, proven) = (self.computed, self.score());
        self.differs().then(|| format!("{computed}, {proven} {}", self.reasons.join(" and ")))
    }
}

/// A threat model with its scores.
#[derive(Clone, Debug)]
pub struct ScoredModel {
    /// The model.
    pub model: Model,
    /// The position of its first key.
    pub position: Position,
    /// The agent's own score first, then those of the findings.
    pub scores: Vec<Scored>,
    pub(crate) uncomputed: usize,
    /// Whether it has no score of the agent, and the policy accepts that.
    pub(crate) is_unscored: bool,
}

impl ScoredModel {
    /// A model with its scores, and their positions in the text.
    pub fn new(model: Model, mut scores: Vec<Scored>, source: &Source) -> Self {
        let position = source.position(model.key_span.start);
        for scored in &mut scores {
            scored.position = Some(source.position(scored.place().start));
        }
        let uncomputed = scores.iter().filter(|scored| scored.working.is_none()).count();
        Self { model, position, scores, uncomputed, is_unscored: false }
    }

    /// The agent's name.
    pub fn name(&self) -> Option<&str> {
        self.model.agent.name.as_deref()
    }

    /// The worst computed score; the first of equals.
    pub(crate) fn worst(&self) -> Option<&Working> {
        let workings = self.scores.iter().filter_map(|scored| scored.working.as_ref());
        workings.reduce(|worst, next| if next.score > worst.score { next } else { worst })
    }

    pub(crate) fn worst_proven(&self) -> Option<Decimal> {
        self.scores.iter().filter_map(|scored| Some(scored.proven()?.score())).max()
    }

    /// Whether it has scores, all of which are computed.
    pub(crate) const fn is_computed(&self) -> bool {
        !self.scores.is_empty() && self.uncomputed == 0 && !self.is_unscored
    }

    /// Everything but the texts that only the HTML page shows.
    pub(crate) fn without_texts(mut self) -> Self {
        self.model.agent.summary = None;
        for layer in self.model.maestro.iter_mut().flat_map(|maestro| &mut maestro.layers) {
            (layer.analysis, layer.reason, layer.stub) = (None, None, None);
        }
        self
    }

    /// The part of it that the verdict and the summary need: the agent and the highest score.
    pub(crate) fn summarized(mut self) -> Self {
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
    /// The same model, and the path of its file in the base.
    Same(&'b str, &'b ScoredModel),
    /// The worst model that is no longer where this one is, and the name of its file.
    Replaced(&'b str, &'b ScoredModel),
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ModelFormat;
    use crate::page;
    use crate::source::Source;

    /// The computed and the proven score of the stock model with these lines in place of its mitigation factor.
    fn scores(lines: &str, version: &str) -> (String, Option<String>) {
        let text = include_str!("../rules/stock.yaml")
            .replace("  threat_multiplier: 0.97\n  mitigation_factor: 1.0\n", lines)
            .replace("version: '0.8'", &format!("version: '{version}'"));
        let source = Source::decode("a.yaml", text.into_bytes());
        let document = page::parse(&source);
        let model = ModelFormat::Native.read(document.roots().next().unwrap());
        let scored = score(model.assessment.as_ref().unwrap());
        let proven = scored.proven().unwrap();
        (proven.score().to_string(), proven.difference())
    }

    #[test]
    fn proven_score_counts_only_what_is_shown() {
        let evidence = "  mitigation_evidence: Sandbox escape tests.\n";
        for (lines, version, proven, difference) in [
            ("", "0.8", "9.4", None),
            (
                "  mitigation_factor: 0.83\n",
                "0.8",
                "9.4",
                Some("7.8, 9.4 without evidence for the mitigation factor 0.83"),
            ),
            (
                "  mitigation_factor: strong\n",
                "0.8",
                "9.4",
                Some("6.3, 9.4 without evidence for the mitigation factor 0.67"),
            ),
            (&*format!("  mitigation_factor: 0.83\n{evidence}"), "0.8", "7.8", None),
            (
                &*format!("  mitigation_factor: 0.0001\n{evidence}"),
                "0.8",
                "6.3",
                Some("0.0, 6.3 with the mitigation factor 0.0001 counted as 0.67"),
            ),
            (
                "  threat_multiplier: 0.0001\n",
                "0.8",
                "8.3",
                Some("7.1, 8.3 with the threat multiplier 0.0001 counted as 0.50"),
            ),
            (
                "  threat_multiplier: 0.1\n  mitigation_factor: 0.5\n",
                "0.8",
                "8.3",
                Some(
                    "3.7, 8.3 with the threat multiplier 0.1 counted as 0.50 and without evidence for the mitigation factor 0.5",
                ),
            ),
            ("  threat_multiplier: unreported\n", "0.8", "8.3", None),
            ("  mitigation_factor: 0.5\n", "0.5", "7.3", None),
            (
                "  threat_multiplier: 1e-4\n",
                "0.5",
                "3.8",
                Some("0.0, 3.8 with the threat multiplier 0.0001 counted as 0.50"),
            ),
        ] {
            let found = scores(lines, version);
            assert_eq!((&*found.0, found.1.as_deref()), (proven, difference), "{version} {lines}");
        }
    }
}
