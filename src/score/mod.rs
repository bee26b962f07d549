//! Scores: declared assessments with the results that the formulas of OWASP AIVSS compute from them, in exact decimals.
//!
//! Whether a score is acceptable is decided by the rules.

mod breakdown;
mod missing_inputs;
mod mistakes;
mod proven;
mod scored_model;
mod sensitivity;

pub use breakdown::{InputOrigin, ScoreBreakdown, ScoreInput};
pub use mistakes::{agrees, explain_base, explain_score, explain_severity};
pub use proven::Proven;
pub use scored_model::{BaseScores, ScoredModel};
pub use sensitivity::{Contribution, OneLess, better_mitigation, lower_threat};

use std::sync::Arc;

use crate::aivss::cvss::{Vector, VectorProblem};
use crate::aivss::{Factor, Formula, Inputs, MITIGATION, NamedMultiplier, THREAT, Working};
use crate::decimal::Decimal;
use crate::diagnostic::Owner;
use crate::model::{Assessment, GivenFactor, Multiplier, Spanned};
use crate::source::{Position, Span};

/// An assessment with its results.
#[derive(Clone, Debug)]
pub struct Scored {
    /// The agent or finding that has the score.
    pub owner: Owner,
    /// The assessment.
    pub declared: Arc<Assessment>,
    /// The position of [`Scored::place`]; `None` for a score outside of a file.
    pub position: Option<Position>,
    /// The formula that the assessment names.
    pub formula: Option<&'static Formula>,
    /// The vector, or its problems; `None` if there is no vector.
    pub vector: Option<Result<Vector, Vec<VectorProblem>>>,
    /// The base score: the vector's, or the declared one if there is no vector.
    pub base: Option<Decimal>,
    /// The sum of the factors, if all ten are given and in range.
    pub factor_sum: Option<Decimal>,
    /// The threat multiplier, declared or the default.
    pub threat: Option<Decimal>,
    /// The mitigation factor, declared or the default.
    pub mitigation: Option<Decimal>,
    /// The score; `None` if an input is missing or unusable.
    pub working: Option<Working>,
}

impl Scored {
    /// The declared score; the block's key if there is none.
    pub fn place(&self) -> Span {
        self.declared.score_span()
    }

    /// The sum of the factors, term by term.
    pub fn sum_written(&self) -> String {
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
    let threat =
        formula.and_then(|formula| value_of(declared.threat.as_ref(), THREAT, formula.default_threat()));
    let mitigation = value_of(declared.mitigation.as_ref(), MITIGATION, Decimal::ONE);
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
    let values = given.iter().map(|given| given.number().map(|number| number.value));
    values.map(|value| value.filter(|value| value.within(Decimal::ZERO, Decimal::ONE))).sum()
}

fn value_of(
    declared: Option<&Spanned<Multiplier>>,
    levels: &[NamedMultiplier],
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
