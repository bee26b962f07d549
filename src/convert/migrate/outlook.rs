//! What the scores become by the new version, also where the value of the tenth factor is still open.

use crate::aivss::Factor;
use crate::aivss::{Formula, Inputs, Working};
use crate::convert::migrate::{Aim, Exchanged, Tenth};
use crate::decimal::Decimal;
use crate::model::GivenFactor;
use crate::score::Scored;

/// The scores by the new version.
pub(crate) fn outlook(
    scored: &Scored,
    exchanged: Option<&Exchanged>,
    aim: Aim,
) -> Vec<(Option<Decimal>, Working)> {
    let work = |sum: Decimal| {
        let inputs = Inputs::new(scored.base?, sum, scored.threat?, scored.mitigation?)?;
        Some(aim.formula.work(inputs))
    };
    let Some(sum) = scored.factor_sum.or_else(|| sum_with(scored, aim)) else { return Vec::new() };
    let Some(exchanged) = exchanged else {
        return work(sum).map(|working| (None, working)).into_iter().collect();
    };
    let Some(old) = exchanged.value else { return Vec::new() };
    let with = |value: Decimal| work(sum - old + value);
    match aim.tenth {
        Tenth::Value(value) => with(value).map(|working| (None, working)).into_iter().collect(),
        Tenth::CheckOptions | Tenth::Keep => {
            let points = [Decimal::new(0, 1), Decimal::new(5, 1), Decimal::new(10, 1)];
            points.into_iter().filter_map(|point| Some((Some(point), with(point)?))).collect()
        }
    }
}

/// The sum of the factors with a value for the new tenth one, which is there and empty.
fn sum_with(scored: &Scored, aim: Aim) -> Option<Decimal> {
    let Tenth::Value(value) = aim.tenth else { return None };
    let given = &scored.declared.factors.given;
    let is_open = |given: &GivenFactor| given.factor == aim.formula.tenth && given.empty.is_some();
    let value_of = |given: &GivenFactor| {
        if is_open(given) { Some(value) } else { given.number.map(|value| value.value) }
    };
    let values: Option<Vec<Decimal>> = given.iter().map(value_of).collect();
    let values = values.filter(|values| given.iter().any(is_open) && values.len() == Factor::SET)?;
    let are_in_range = values.iter().all(|value| value.within(Decimal::ZERO, Decimal::ONE));
    are_in_range.then(|| values.into_iter().sum())
}

/// A mitigation that begins to count.
pub(crate) fn counts(scored: &Scored, from: &Formula, aim: Aim) -> Option<Decimal> {
    let value = scored.declared.mitigation.as_ref().and(scored.mitigation)?;
    let begins = !from.has_mitigation() && aim.formula.has_mitigation() && value != Decimal::ONE;
    begins.then_some(value)
}
