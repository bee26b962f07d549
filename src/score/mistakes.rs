//! Known mistakes: what a wrong number would be the right result of.
//!
//! A mismatch is easier to mend when it says where the number came from. Nothing here ever produces a score; the
//! one use of binary floating point in the crate is to recognise a number that it spoiled.

use crate::aivss::{ALL, Band, FloatInputs, Formula, Inputs, THREAT_MAX, Working};
use crate::decimal::Decimal;
use crate::model::Assessment;
use crate::score::Scored;

/// Says which known mistake gives the declared score, if one does.
///
/// `findings` are the declared scores of the model's findings, for the agent's own score.
pub fn explain_score(scored: &Scored<'_>, declared: Decimal, findings: &[Decimal]) -> Option<String> {
    let working = scored.working.as_ref()?;
    let inputs = working.inputs;
    let is = |candidate: Decimal| candidate.clamp(Decimal::ZERO, Decimal::TEN) == declared;
    let rounds_to = |raw: Decimal| is(raw.clamp(Decimal::ZERO, Decimal::TEN).round_half_up(1));
    let formula = working.formula;
    let says = |text: &str| Some(format!("{declared} {text}"));

    if inputs.factor_sum == Decimal::ZERO && declared != Decimal::ZERO {
        return says("stands beside ten factors of 0.0, the block that a generator leaves behind");
    }
    if let Some(text) = explain_by_declared(scored.declared, working, declared) {
        return Some(text);
    }
    if declared.decimals() > 1 && agrees(declared, working.raw) {
        return says("is the score before it is rounded to a tenth");
    }
    if is(working.raw.round_half_even(1)) {
        return says("is what half-even rounding gives (Python's round); AIVSS rounds half up");
    }
    if binary_floats(&inputs, formula).into_iter().flatten().any(is) {
        return says("is what binary floating point gives; AIVSS is exact");
    }
    if is(working.raw.truncate(1)) {
        return says("is the score cut off instead of rounded");
    }
    for (places, word) in [(1, "one decimal"), (2, "two decimals")] {
        if rounds_to((formula.total)(&inputs, working.uplift.round_half_up(places))) {
            return says(&format!("is what rounding the uplift to {word} first gives"));
        }
    }
    let elsewhere =
        ALL.into_iter().find(|other| other.version != formula.version && is(other.work(inputs).score));
    if let Some(other) = elsewhere {
        return says(&format!("is what the formula of AIVSS {} gives", other.version));
    }
    if rounds_to((inputs.base + inputs.factor_sum).halved() * inputs.threat * inputs.mitigation) {
        return says("is what the formula of AIVSS 0.5 gives, times the mitigation factor");
    }
    for (text, changed) in [
        ("is what leaving the threat multiplier out gives", Inputs { threat: Decimal::ONE, ..inputs }),
        ("is what leaving the mitigation factor out gives", Inputs { mitigation: Decimal::ONE, ..inputs }),
    ] {
        if is(formula.work(changed).score) {
            return says(text);
        }
    }
    let findings = findings.iter().copied().filter(|score| score.within(Decimal::ZERO, Decimal::TEN));
    let count = i64::try_from(findings.clone().count()).ok()?;
    let sum: Decimal = findings.sum();
    // declared ≈ sum ∕ count, without dividing: half a tenth either way.
    let distance = (declared * Decimal::new(count, 0) - sum) * Decimal::new(20, 0);
    let average = count > 1 && distance.within(Decimal::new(-count, 0), Decimal::new(count, 0));
    if average {
        return says("is the average of the findings; scores are ordinal, and the worst one counts");
    }
    None
}

/// Whether the declared score follows from another declared number that is wrong itself.
fn explain_by_declared(assessment: &Assessment<'_>, working: &Working, declared: Decimal) -> Option<String> {
    let (formula, inputs) = (working.formula, working.inputs);
    let gives = |working: Working| working.score == declared;
    if let Some(sum) = assessment.factor_sum.filter(|sum| sum.value != inputs.factor_sum)
        && let Some(changed) = Inputs::new(inputs.base, sum.value, inputs.threat, inputs.mitigation)
        && gives(formula.work(changed))
    {
        return Some(format!(
            "{declared} follows from the declared factor sum {}, which is wrong itself",
            sum.value
        ));
    }
    let usable = |value: Decimal| value.within(Decimal::ZERO, Decimal::TEN * THREAT_MAX);
    if let Some(uplift) =
        assessment.uplift.filter(|uplift| usable(uplift.value) && !agrees(uplift.value, working.uplift))
        && (formula.total)(&inputs, uplift.value).clamp(Decimal::ZERO, Decimal::TEN).round_half_up(1)
            == declared
    {
        return Some(format!(
            "{declared} follows from the declared uplift {}, which is wrong itself",
            uplift.value
        ));
    }
    if let Some(base) = assessment.base.filter(|base| base.value != inputs.base)
        && let Some(changed) = Inputs::new(base.value, inputs.factor_sum, inputs.threat, inputs.mitigation)
        && gives(formula.work(changed))
    {
        return Some(format!(
            "{declared} follows from the declared base {}, which is not the vector's",
            base.value
        ));
    }
    None
}

/// Whether a declared intermediate is the exact one at the precision it was declared with.
pub fn agrees(declared: Decimal, exact: Decimal) -> bool {
    declared == exact.round_half_up(declared.decimals())
}

/// What the formula comes to in IEEE 754 doubles, with both roundings that programs use: of the tenfold value, and
/// of the printed digits.
#[expect(clippy::float_arithmetic, reason = "binary floating point is the mistake to be recognised here")]
fn binary_floats(inputs: &Inputs, formula: &Formula) -> [Option<Decimal>; 2] {
    let float = |decimal: Decimal| decimal.to_string().parse::<f64>().unwrap_or(f64::NAN);
    let raw = (formula.in_floats)(FloatInputs {
        base: float(inputs.base),
        sum: float(inputs.factor_sum),
        threat: float(inputs.threat),
        mitigation: float(inputs.mitigation),
    });
    [(raw * 10.0).round() / 10.0, raw].map(|value| Decimal::parse(&format!("{value:.1}")).ok())
}

/// Says which known mistake gives the declared base score beside a vector of another one, if one does.
pub fn explain_base(declared: Decimal, exact: Decimal) -> Option<String> {
    (declared + Decimal::new(1, 1) == exact).then(|| {
        "where the exact score is a tie, FIRST's own calculator shows a tenth less, by float noise; this may be one"
            .to_owned()
    })
}

/// Says which known mistake gives the declared band, if one does.
pub fn explain_severity(declared: Band, scored: &Scored<'_>, working: &Working) -> Option<String> {
    if let Some(score) = scored.declared.score.map(|score| score.value)
        && score != working.score
        && Band::of(score) == declared
    {
        return Some(format!(
            "{} is the band of the declared {score}, which is wrong itself",
            declared.name()
        ));
    }
    // Bands have gaps between tenths; a score that is not rounded falls into the one below.
    if working.raw != working.score && Band::of(working.raw) == declared {
        return Some(format!(
            "{} is the band of the unrounded {}; bands are taken from the rounded score",
            declared.name(),
            working.raw.plain()
        ));
    }
    (Band::of(working.inputs.base) == declared)
        .then(|| format!("{} is the band of the CVSS base {}", declared.name(), working.inputs.base.plain()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inputs(base: &str, sum: &str, threat: &str, mitigation: &str) -> Inputs {
        let number = |text| Decimal::parse(text).unwrap();
        Inputs::new(number(base), number(sum), number(threat), number(mitigation)).unwrap()
    }

    #[test]
    fn floats_err_where_exact_numbers_do_not() {
        let formula = Formula::named("0.8").unwrap();
        let inputs = inputs("1.0", "9.5", "1.00", "1.00");
        assert_eq!(formula.work(inputs).score.to_string(), "9.6");
        assert_eq!(binary_floats(&inputs, formula)[1].unwrap().to_string(), "9.5");
    }

    #[test]
    fn intermediates_are_compared_at_their_printed_precision() {
        let number = |text| Decimal::parse(text).unwrap();
        assert!(agrees(number("1.07"), number("1.0725")));
        assert!(agrees(number("1.1"), number("1.0725")));
        assert!(agrees(number("2.25525"), number("2.25525")));
        assert!(!agrees(number("1.08"), number("1.0725")));
        assert!(!agrees(number("1.070"), number("1.0725")));
    }
}
