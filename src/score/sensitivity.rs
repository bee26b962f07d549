//! The inputs that a score depends on: the contribution of each factor, and the effect of lowering one input by a step.
//!
//! A step leads to the next lower published value: 1.0, 0.5 or 0.0 for a factor, the named levels for a multiplier.

use std::cmp::Reverse;

use crate::aivss::{Factor, Inputs, MultiplierLevel, Working};
use crate::decimal::Decimal;

/// The contribution of a factor to a score.
#[derive(Clone, Debug)]
pub(crate) struct Contribution {
    pub(crate) factor: Factor,
    pub(crate) value: Decimal,
    /// The unrounded score minus the one with the factor at 0; exact.
    pub(crate) share: Decimal,
    /// The effect of one step less; `None` for a factor at 0.
    pub(crate) one_less: Option<OneLess>,
}

/// An input lowered by one step, and the score with it.
#[derive(Clone, Debug)]
pub(crate) struct OneLess {
    pub(crate) value: Decimal,
    pub(crate) name: Option<&'static str>,
    pub(crate) working: Working,
    pub(crate) changes_band: bool,
}

/// The published values of factors, highest first.
const POINTS: [Decimal; 3] = [Decimal::ONE, Decimal::new(5, 1), Decimal::new(0, 1)];

impl Contribution {
    /// The contributions of the factors whose sum the score was computed from, largest first.
    pub(crate) fn of_factors(
        working: &Working,
        factors: impl Iterator<Item = (Factor, Decimal)>,
    ) -> Vec<Self> {
        let mut all = Vec::new();
        for (factor, value) in factors {
            let share = working.raw - less_by(working, value).raw;
            let lower = POINTS.into_iter().find(|point| *point < value);
            let one_less =
                lower.map(|lower| OneLess::new(lower, None, less_by(working, value - lower), working));
            all.push(Self { factor, value, share, one_less });
        }
        // Formulas use only the sum, so a larger factor contributes more.
        all.sort_by_key(|contribution| Reverse(contribution.value));
        all
    }
}

/// The score with a lower sum of factors.
fn less_by(working: &Working, difference: Decimal) -> Working {
    let factor_sum = working.inputs.factor_sum - difference;
    working.formula.work(Inputs { factor_sum, ..working.inputs })
}

/// The effect of the next lower threat multiplier that has a name.
pub(crate) fn lower_threat(working: &Working) -> Option<OneLess> {
    let level = next_lower(working.formula.threat, working.inputs.threat)?;
    let inputs = Inputs { threat: level.value, ..working.inputs };
    Some(OneLess::new(level.value, Some(level.name), working.formula.work(inputs), working))
}

/// The effect of the next better mitigation that has a name; `None` for a formula without mitigation.
pub(crate) fn better_mitigation(working: &Working) -> Option<OneLess> {
    let level = next_lower(working.formula.mitigation, working.inputs.mitigation)?;
    let inputs = Inputs { mitigation: level.value, ..working.inputs };
    Some(OneLess::new(level.value, Some(level.name), working.formula.work(inputs), working))
}

fn next_lower(levels: &[MultiplierLevel], value: Decimal) -> Option<MultiplierLevel> {
    levels.iter().copied().filter(|level| level.value < value).max_by_key(|level| level.value)
}

impl OneLess {
    fn new(value: Decimal, name: Option<&'static str>, working: Working, now: &Working) -> Self {
        Self { value, name, changes_band: working.band != now.band, working }
    }

    /// The lowered input, after its name if it has one.
    pub(crate) fn written(&self) -> String {
        let name = self.name.map(|name| format!("{name} ")).unwrap_or_default();
        format!("{name}{}", self.value.plain())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aivss::{ALL, Formula};
    use proptest::prelude::*;

    fn number(text: &str) -> Decimal {
        Decimal::parse(text).unwrap()
    }

    fn contributions(working: &Working, value: Decimal) -> Vec<Contribution> {
        Contribution::of_factors(working, std::iter::once((Factor::SelfModification, value)))
    }

    fn work(
        formula: &'static Formula,
        (base, threat, mitigation): (i64, i64, i64),
        units: &[i64],
    ) -> Working {
        let at = |units| Decimal::new(units, 4);
        let sum = units.iter().map(|units| at(*units)).sum();
        formula.work(Inputs::new(at(base), sum, at(threat), at(mitigation)).unwrap())
    }

    #[test]
    fn one_step_less_is_the_next_point_of_the_scale() {
        let working = work(ALL[1], (71_000, 9_700, 10_000), &[80_000]);
        for (value, lower) in [("1.0", "0.5"), ("0.7", "0.5"), ("0.5", "0.0"), ("0.2", "0.0")] {
            let all = contributions(&working, number(value));
            let less = all[0].one_less.as_ref().unwrap();
            assert_eq!(less.value.plain().to_string(), lower, "{value}");
        }
        assert!(contributions(&working, number("0.00"))[0].one_less.is_none());
    }

    #[test]
    fn multipliers_go_down_by_name_to_the_last_one() {
        let working = work(ALL[1], (71_000, 9_700, 10_000), &[80_000]);
        let threat = lower_threat(&working).unwrap();
        assert_eq!((threat.name, threat.working.score.to_string()), (Some("unreported"), "8.3".to_owned()));
        assert!(lower_threat(&threat.working).is_none());
        let partial = better_mitigation(&working).unwrap();
        let strong = better_mitigation(&partial.working).unwrap();
        assert_eq!((partial.name, strong.name), (Some("partial"), Some("strong")));
        assert!(better_mitigation(&strong.working).is_none());
        assert!(better_mitigation(&work(ALL[0], (71_000, 9_700, 10_000), &[80_000])).is_none());
    }

    proptest! {
        #[test]
        fn one_step_less_never_raises_a_score(
            inputs in (0_i64..=100_000, 1_i64..=20_000, 1_i64..=10_000),
            units in proptest::collection::vec(0_i64..=10_000, 10),
        ) {
            for formula in ALL {
                let working = work(formula, inputs, &units);
                let factors: Vec<_> =
                    Factor::ALL.into_iter().zip(units.iter().map(|units| Decimal::new(*units, 4))).collect();
                let all = Contribution::of_factors(&working, factors.iter().copied());
                prop_assert_eq!(all.len(), factors.len());
                prop_assert!(all.is_sorted_by(|one, other| one.share >= other.share));
                for one in &all {
                    prop_assert!(one.share.within(Decimal::ZERO, working.raw));
                    prop_assert!(one.value != Decimal::ZERO || one.share == Decimal::ZERO);
                    prop_assert_eq!(one.one_less.is_none(), one.value == Decimal::ZERO);
                }
                let steps = all.into_iter().filter_map(|one| one.one_less);
                for less in steps.chain(lower_threat(&working)).chain(better_mitigation(&working)) {
                    prop_assert!(less.working.raw <= working.raw);
                    prop_assert!(less.working.band <= working.band);
                }
            }
        }
    }
}
