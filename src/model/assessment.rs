//! An AIVSS score as a file declares it: inputs and results.

use std::fmt::Display;

use crate::aivss::Factor;
use crate::decimal::Decimal;
use crate::diagnostic::{Edit, Fix, Owner, Safety};
use crate::likeness::nearest;
use crate::model::block::{Block, number};
use crate::model::{Spanned, Text};
use crate::schema::Schema;
use crate::source::Span;
use crate::syntax::{Entry, Vacancy, Value};

/// An AIVSS score as declared: inputs and results.
#[derive(Clone, Debug, Default)]
pub struct Assessment {
    pub(crate) owner: Owner,
    pub(crate) key_span: Span,
    pub(crate) version: Option<Text>,
    /// Whether there is neither a vector nor a base, readable or not.
    pub(crate) cvss_absent: bool,
    pub(crate) vector_written: bool,
    pub(crate) vector: Option<Text>,
    pub(crate) base: Option<Spanned<Decimal>>,
    pub(crate) factors: Factors,
    pub(crate) threat: Option<Spanned<Multiplier>>,
    pub(crate) mitigation: Option<Spanned<Multiplier>>,
    pub(crate) evidence: Option<Text>,
    pub(crate) factor_sum: Option<Spanned<Decimal>>,
    /// The declared agentic uplift (AARS).
    pub(crate) uplift: Option<Spanned<Decimal>>,
    /// The declared score.
    pub score: Option<Spanned<Decimal>>,
    /// The place for the score, while it is not declared.
    pub(crate) undeclared: Option<Undeclared>,
    pub(crate) severity: Option<Text>,
}

/// A value that is not declared: its key is missing or has no value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Undeclared {
    /// The key; the block's key where it is missing.
    pub(crate) span: Span,
    /// The place where the value can be written.
    pub(crate) vacancy: Option<Vacancy>,
}

impl Undeclared {
    /// The edit that declares a value, if there is a place for it.
    pub(crate) fn declared(self, value: impl Display) -> Option<Fix> {
        let Vacancy { span, lead } = self.vacancy?;
        Some(Fix {
            title: format!("Write {value}"),
            safety: Safety::Safe,
            edits: vec![Edit { span, text: format!("{lead}{value}") }],
        })
    }
}

/// A threat multiplier or mitigation factor, as a number or by a name that the formula defines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Multiplier {
    Number(Decimal),
    Named(Box<str>),
    /// Neither, so that no default may take its place.
    Unreadable,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Factors {
    pub(crate) key_span: Span,
    pub(crate) readable: bool,
    /// The known factors, in the order of the file.
    pub(crate) given: Vec<GivenFactor>,
    /// Keys that name no factor.
    pub(crate) unknown: Vec<Text>,
    pub(crate) keys: &'static [&'static str],
}

impl Factors {
    pub(crate) fn of(block: Block<'_>, keys: &'static [&'static str]) -> Self {
        let (key_span, readable) = (block.key_span, block.map().is_some());
        Self { key_span, readable, given: Vec::with_capacity(Factor::SET), keys, ..Self::default() }
    }

    /// The key that an unknown one was meant to be: that of the factor it names, or a similar one.
    pub(crate) fn meant(&self, unknown: &str) -> Option<&'static str> {
        let named =
            Factor::named(unknown).map(|factor| self.spell(factor)).filter(|key| self.keys.contains(key));
        named.or_else(|| nearest(unknown, self.keys.iter().copied()))
    }

    pub(crate) fn spell(&self, factor: Factor) -> &'static str {
        let report =
            factor.report_key().filter(|key| self.keys.contains(key) && !self.keys.contains(&factor.key()));
        report.unwrap_or(factor.key())
    }

    /// The value of a factor, if it is a number. Of a factor that is given twice, the first counts.
    pub(crate) fn value(&self, factor: Factor) -> Option<Decimal> {
        let given = self.given.iter().find(|given| given.factor == factor);
        given.and_then(|given| given.number).map(|number| number.value)
    }

    /// The factors whose value is a number, in the order of [`Factor::ALL`].
    pub(crate) fn sorted(&self) -> Vec<(Factor, Decimal)> {
        Factor::ALL.into_iter().filter_map(|factor| Some((factor, self.value(factor)?))).collect()
    }

    /// The factors whose value is a number, in the order of the file.
    pub(crate) fn numbers(&self) -> impl Iterator<Item = (Factor, Decimal)> + Clone {
        self.given.iter().filter_map(|given| Some((given.factor, given.number?.value)))
    }
}

#[derive(Clone, Debug)]
pub(crate) struct GivenFactor {
    pub(crate) factor: Factor,
    pub(crate) key: Span,
    /// The value, perhaps out of range, if it is a number.
    pub(crate) number: Option<Spanned<Decimal>>,
    /// The place of the value, if it is empty or `null`.
    pub(crate) empty: Option<Span>,
    pub(crate) rationale: Option<Box<str>>,
}

impl GivenFactor {
    pub(crate) fn of(factor: Factor, entry: Entry<'_>) -> Self {
        let is_empty = matches!(entry.value.value(), Value::Null);
        let empty = is_empty.then(|| entry.span());
        Self { factor, key: entry.key_span, number: number(entry), empty, rationale: None }
    }
}

impl Factor {
    /// The definition of the factor and of its values 0.0, 0.5 and 1.0, in the words of the schema.
    pub(crate) fn description(self) -> &'static str {
        Schema::ThreatModel.description(&["aivss", "factors", self.key()]).unwrap_or_default()
    }

    /// The meanings of 0.0, 0.5 and 1.0; `None` for goal-driven planning, for which v0.5 defines none.
    pub(crate) fn scale(self) -> Option<&'static str> {
        let description = self.description();
        let scale = &description[description.find("0.0:")?..];
        Some(scale.split_once(". ").map_or(scale.trim_end_matches('.'), |(scale, _)| scale))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_factor_has_a_description_and_a_scale() {
        for factor in Factor::ALL {
            assert!(factor.description().ends_with('.'), "{factor:?}");
            let steps = factor.scale().map(|scale| scale.matches("; ").count());
            assert_eq!(steps, (factor != Factor::GoalDrivenPlanning).then_some(2), "{factor:?}");
        }
    }
}
