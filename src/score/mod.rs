//! Numbers to score: the formulas of OWASP AIVSS beside each other, in exact decimals.
//!
//! A version of the standard is a [`Formula`], a value in a file of its own; [`ALL`] lists them and
//! [`Formula::named`] is the only look-up. No other module asks which version a threat model uses. Whether a score
//! is acceptable is not decided here.

pub mod assessed;
pub mod breakdown;
mod missing_inputs;
mod mistakes;
pub mod profile;
mod proven;
pub mod sensitivity;

pub use crate::score::mistakes::{agrees, explain_base, explain_score, explain_severity};
pub use proven::Proven;

use crate::aivss::Factor;
use crate::aivss::cvss::{Vector, VectorFault};
use crate::aivss::{Formula, Inputs, MITIGATION, NamedMultiplier, THREAT, Working};
use crate::decimal::Decimal;
use crate::diagnostic::Owner;
use crate::model::{Assessment, GivenFactor, Multiplier};
use crate::source::Span;

/// An assessment with what was computed from it.
#[derive(Debug)]
pub struct Scored<'m> {
    /// The agent or finding it is the score of.
    pub owner: Owner,
    /// What the file declares.
    pub declared: &'m Assessment<'m>,
    /// The formula that the file names.
    pub formula: Option<&'static Formula>,
    /// The vector, or what is wrong with it; `None` without one.
    pub vector: Option<Result<Vector, Vec<VectorFault>>>,
    /// The base score: the vector's, or the declared one where there is no vector.
    pub base: Option<Decimal>,
    /// The sum of the factors, where all ten are given and in range.
    pub factor_sum: Option<Decimal>,
    /// The threat multiplier in force.
    pub threat: Option<Decimal>,
    /// The mitigation factor in force.
    pub mitigation: Option<Decimal>,
    /// The score; `None` where an input is missing or unusable.
    pub working: Option<Working>,
}

impl Scored<'_> {
    /// The declared score; the block's key where there is none.
    pub fn place(&self) -> Span {
        self.declared.score.map_or(self.declared.key_span, |score| score.span)
    }

    /// The sum of the factors, term by term.
    pub fn sum_written(&self) -> String {
        let factors = self.declared.factors.given.iter().filter_map(GivenFactor::number);
        let settings: Vec<String> = factors.map(|value| value.value.plain().to_string()).collect();
        let sum = self.factor_sum.map_or_else(String::new, |sum| format!(" = {}", sum.plain()));
        format!("{}{sum}", settings.join(" + "))
    }
}

/// Computes what can be computed from a declared assessment.
pub fn score<'m>(declared: &'m Assessment<'m>) -> Scored<'m> {
    let formula = declared.version.and_then(|version| Formula::named(version.value));
    let vector = declared.vector.map(|vector| Vector::parse(vector.value));
    let base = match &vector {
        Some(Ok(vector)) => Some(vector.base_score),
        Some(Err(_)) => None,
        // What stands in a vector's place speaks for no other base.
        None if declared.vector_written => None,
        None => declared.base.map(|base| base.value),
    };
    let factor_sum = sum(declared);
    let threat = formula.and_then(|formula| {
        value_of(declared.threat.map(|threat| threat.value), THREAT, formula.default_threat())
    });
    let mitigation = value_of(declared.mitigation.map(|factor| factor.value), MITIGATION, Decimal::ONE);
    let inputs = match (base, factor_sum, threat, mitigation) {
        (Some(base), Some(sum), Some(threat), Some(mitigation)) => Inputs::new(base, sum, threat, mitigation),
        _ => None,
    };
    let working = formula.zip(inputs).map(|(formula, inputs)| formula.work(inputs));
    Scored { owner: declared.owner, declared, formula, vector, base, factor_sum, threat, mitigation, working }
}

/// The sum of a complete set of ten factors, each from 0 to 1.
fn sum(declared: &Assessment<'_>) -> Option<Decimal> {
    let factors = &declared.factors;
    let values: Option<Vec<Decimal>> = factors
        .given
        .iter()
        .map(|given| {
            given.number().map(|at| at.value).filter(|value| value.within(Decimal::ZERO, Decimal::ONE))
        })
        .collect();
    let mut seen: Vec<_> = factors.given.iter().map(|given| given.factor).collect();
    seen.sort_unstable();
    seen.dedup();
    let clash = seen.iter().any(|factor| factor.counterpart().is_some_and(|other| seen.contains(&other)));
    let complete = seen.len() == Factor::SET && factors.given.len() == seen.len() && !clash;
    complete.then(|| values.map(|values| values.into_iter().sum()))?
}

fn value_of(given: Option<Multiplier<'_>>, levels: &[NamedMultiplier], default: Decimal) -> Option<Decimal> {
    match given {
        None => Some(default),
        Some(Multiplier::Unreadable) => None,
        Some(Multiplier::Number(number)) => Some(number),
        Some(Multiplier::Named(name)) => {
            levels.iter().find(|level| level.name == name).map(|level| level.value)
        }
    }
}
