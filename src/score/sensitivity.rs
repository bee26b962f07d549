//! What a score rests on: how much of it each factor carries, and what one step less would do.
//!
//! A step is the way to the next lower point that OWASP names: 1.0, 0.5 or 0.0 for a factor, the named levels for a
//! multiplier. Nothing here says which step is worth taking, and nothing is drawn here.

use crate::aivss::Factor;
use crate::aivss::{Inputs, NamedMultiplier, Working};
use crate::decimal::Decimal;

/// What a factor carries of a score.
#[derive(Clone, Debug)]
pub struct Weight {
    /// Which factor.
    pub factor: Factor,
    /// Its value.
    pub value: Decimal,
    /// The score before rounding, less what it is with the factor at 0; exact.
    pub weight: Decimal,
    /// One step less; `None` for a factor that is at 0.
    pub one_less: Option<OneLess>,
}

/// What an input lowered by one step leads to.
#[derive(Clone, Debug)]
pub struct OneLess {
    /// The input, lowered.
    pub value: Decimal,
    /// The name of that level, where it has one.
    pub name: Option<&'static str>,
    /// The score with it.
    pub working: Working,
}

/// The points of OWASP's scale for factors, the highest first.
const POINTS: [Decimal; 3] = [Decimal::ONE, Decimal::new(5, 1), Decimal::new(0, 1)];

/// What each factor carries of a score, the heaviest first. The factors are those whose sum the score was computed
/// from.
pub fn weights(working: &Working, factors: &[(Factor, Decimal)]) -> Vec<Weight> {
    let with_sum = |factor_sum| working.formula.work(Inputs { factor_sum, ..working.inputs });
    let sum = working.inputs.factor_sum;
    let weight = |&(factor, value): &(Factor, Decimal)| {
        let lower = POINTS.into_iter().find(|point| *point < value);
        Weight {
            factor,
            value,
            weight: working.raw - with_sum(sum - value).raw,
            one_less: lower.map(|lower| OneLess {
                value: lower,
                name: None,
                working: with_sum(sum - value + lower),
            }),
        }
    };
    let mut weights: Vec<Weight> = factors.iter().map(weight).collect();
    // Every formula knows the sum alone, so that the larger of two factors carries more.
    weights.sort_by_key(|weight| std::cmp::Reverse(weight.value));
    weights
}

/// The next lower threat multiplier that has a name.
pub fn lower_threat(working: &Working) -> Option<OneLess> {
    let level = next_lower(working.formula.threat, working.inputs.threat)?;
    Some(level.taken(working, Inputs { threat: level.value, ..working.inputs }))
}

/// The next better mitigation that has a name; `None` for a formula that has none.
pub fn better_mitigation(working: &Working) -> Option<OneLess> {
    let level = next_lower(working.formula.mitigation, working.inputs.mitigation)?;
    Some(level.taken(working, Inputs { mitigation: level.value, ..working.inputs }))
}

fn next_lower(levels: &[NamedMultiplier], value: Decimal) -> Option<NamedMultiplier> {
    levels.iter().copied().filter(|level| level.value < value).max_by_key(|level| level.value)
}

impl NamedMultiplier {
    fn taken(self, working: &Working, inputs: Inputs) -> OneLess {
        OneLess { value: self.value, name: Some(self.name), working: working.formula.work(inputs) }
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
            let weights = weights(&working, &[(Factor::SelfModification, number(value))]);
            let less = weights[0].one_less.as_ref().unwrap();
            assert_eq!(less.value.plain().to_string(), lower, "{value}");
        }
        assert!(weights(&working, &[(Factor::SelfModification, number("0.00"))])[0].one_less.is_none());
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
                let weights = weights(&working, &factors);
                prop_assert_eq!(weights.len(), factors.len());
                prop_assert!(weights.is_sorted_by(|one, other| one.weight >= other.weight));
                for weight in &weights {
                    prop_assert!(weight.weight.within(Decimal::ZERO, working.raw));
                    prop_assert!(weight.value != Decimal::ZERO || weight.weight == Decimal::ZERO);
                    prop_assert_eq!(weight.one_less.is_none(), weight.value == Decimal::ZERO);
                }
                let steps = weights.into_iter().filter_map(|weight| weight.one_less);
                for less in steps.chain(lower_threat(&working)).chain(better_mitigation(&working)) {
                    prop_assert!(less.working.raw <= working.raw);
                    prop_assert!(less.working.band <= working.band);
                }
            }
        }
    }
}
