//! Known mistakes: the computations of which a wrong number would be the result.
//!
//! A mismatch is easier to fix when the report names the mistake. Nothing here produces a score. The only use of binary
//! floating point in the crate recognizes a number that it falsified.

use crate::aivss::{ALL, Band, FloatInputs, Formula, Inputs, THREAT_MAX, Working};
use crate::decimal::Decimal;
use crate::model::Assessment;
use crate::score::Scored;
use crate::source::Span;

/// Returns the known mistake that results in the declared score.
///
/// `findings` are the declared scores of the model's findings, for the agent's own score.
pub(crate) fn explain_score(scored: &Scored, declared: Decimal, findings: &[Decimal]) -> Option<String> {
    let working = scored.working.as_ref()?;
    if working.inputs.factor_sum == Decimal::ZERO && declared != Decimal::ZERO {
        return Some(format!("{declared} is declared for ten factors of 0.0, which generators fill in"));
    }
    wrong_input(&scored.declared, working, declared)
        .map(|input| format!("{declared} follows from {}", input.words))
        .or_else(|| explain_by_rounding(working, declared))
        .or_else(|| explain_by_formula(working, declared))
        .or_else(|| {
            is_average(declared, findings).then(|| {
                format!(
                    "{declared} is the average of the findings; scores are ordinal, and the worst one counts"
                )
            })
        })
}

fn is_score(candidate: Decimal, declared: Decimal) -> bool {
    candidate.clamp(Decimal::ZERO, Decimal::TEN) == declared
}

fn rounds_to(raw: Decimal, declared: Decimal) -> bool {
    raw.clamp(Decimal::ZERO, Decimal::TEN).round_half_up(1) == declared
}

/// Explains a score that is computed right and rounded wrong.
fn explain_by_rounding(working: &Working, declared: Decimal) -> Option<String> {
    let (formula, inputs, raw) = (working.formula, &working.inputs, working.raw);
    let total = |places| (formula.total)(inputs, working.uplift.round_half_up(places));
    let is_unrounded = declared.decimals() > 1 && agrees(declared, raw);
    let is_float =
        binary_floats(inputs, formula).into_iter().flatten().any(|float| is_score(float, declared));
    let mistakes = [
        (is_unrounded, "the score before it is rounded to a tenth"),
        (
            is_score(raw.round_half_even(1), declared),
            "what half-even rounding gives (Python's round); AIVSS rounds half up",
        ),
        (is_float, "what binary floating point gives; AIVSS is exact"),
        (is_score(raw.truncate(1), declared), "the score cut off instead of rounded"),
        (rounds_to(total(1), declared), "what rounding the uplift to one decimal first gives"),
        (rounds_to(total(2), declared), "what rounding the uplift to two decimals first gives"),
    ];
    mistakes.into_iter().find(|(is_made, _)| *is_made).map(|(_, text)| format!("{declared} is {text}"))
}

/// Explains a score of another formula, or of a formula with an input left out.
fn explain_by_formula(working: &Working, declared: Decimal) -> Option<String> {
    let (formula, inputs) = (working.formula, working.inputs);
    let other = ALL.into_iter().filter(|other| other.version != formula.version);
    if let Some(other) = other.into_iter().find(|other| is_score(other.work(inputs).score, declared)) {
        return Some(format!("{declared} is what the formula of AIVSS {} gives", other.version));
    }
    let mixed = (inputs.base + inputs.factor_sum).halved() * inputs.threat * inputs.mitigation;
    let without_threat = Inputs { threat: Decimal::ONE, ..inputs };
    let without_mitigation = Inputs { mitigation: Decimal::ONE, ..inputs };
    let mistakes = [
        (rounds_to(mixed, declared), "the formula of AIVSS 0.5 gives, times the mitigation factor"),
        (is_score(formula.work(without_threat).score, declared), "leaving the threat multiplier out gives"),
        (
            is_score(formula.work(without_mitigation).score, declared),
            "leaving the mitigation factor out gives",
        ),
    ];
    mistakes.into_iter().find(|(is_made, _)| *is_made).map(|(_, text)| format!("{declared} is what {text}"))
}

/// Whether a score is the rounded average of several others.
fn is_average(declared: Decimal, findings: &[Decimal]) -> bool {
    let findings = findings.iter().copied().filter(|score| score.within(Decimal::ZERO, Decimal::TEN));
    let Ok(count) = i64::try_from(findings.clone().count()) else { return false };
    let sum: Decimal = findings.sum();
    // Half a tenth either way, without a division.
    let distance = (declared * Decimal::new(count, 0) - sum) * Decimal::new(20, 0);
    count > 1 && distance.within(Decimal::new(-count, 0), Decimal::new(count, 0))
}

/// The place of the wrong declared number that a wrong score follows from.
pub(crate) fn cause_of_score(scored: &Scored, declared: Decimal) -> Option<Span> {
    let working = scored.working.as_ref().filter(|working| working.inputs.factor_sum != Decimal::ZERO)?;
    wrong_input(&scored.declared, working, declared).map(|input| input.span)
}

/// The place of the wrong declared sum that a wrong uplift follows from.
pub(crate) fn cause_of_uplift(scored: &Scored, declared: Decimal) -> Option<Span> {
    let Working { formula, inputs, .. } = *scored.working.as_ref()?;
    let sum = scored.declared.factor_sum.filter(|sum| !agrees(sum.value, inputs.factor_sum))?;
    let changed = Inputs::new(inputs.base, sum.value, inputs.threat, inputs.mitigation)?;
    agrees(declared, formula.work(changed).uplift).then_some(sum.span)
}

/// A declared number that is wrong.
struct WrongInput {
    span: Span,
    words: String,
}

/// The wrong declared number that a score follows from.
fn wrong_input(assessment: &Assessment, working: &Working, declared: Decimal) -> Option<WrongInput> {
    let (formula, inputs) = (working.formula, working.inputs);
    let gives = |base, sum| {
        let changed = Inputs::new(base, sum, inputs.threat, inputs.mitigation);
        changed.is_some_and(|changed| formula.work(changed).score == declared)
    };
    let sum = assessment.factor_sum.filter(|sum| sum.value != inputs.factor_sum);
    if let Some(sum) = sum.filter(|sum| gives(inputs.base, sum.value)) {
        let words = format!("the declared factor sum {}, which is wrong itself", sum.value);
        return Some(WrongInput { span: sum.span, words });
    }
    let uplift = assessment.uplift.filter(|uplift| {
        uplift.value.within(Decimal::ZERO, Decimal::TEN * THREAT_MAX)
            && !agrees(uplift.value, working.uplift)
            && rounds_to((formula.total)(&inputs, uplift.value), declared)
    });
    if let Some(uplift) = uplift {
        let words = format!("the declared uplift {}, which is wrong itself", uplift.value);
        return Some(WrongInput { span: uplift.span, words });
    }
    let base = assessment.base.filter(|base| base.value != inputs.base);
    let base = base.filter(|base| gives(base.value, inputs.factor_sum))?;
    let words = format!("the declared base {}, which is not the vector's", base.value);
    Some(WrongInput { span: base.span, words })
}

/// Whether a declared intermediate is the exact one at the precision of its declaration.
pub fn agrees(declared: Decimal, exact: Decimal) -> bool {
    declared == exact.round_half_up(declared.decimals())
}

/// The result of the formula in IEEE 754 doubles, with both roundings that programs use: of the tenfold value, and
/// of the printed digits.
#[expect(clippy::float_arithmetic, reason = "binary floating point is the mistake to be recognized here")]
fn binary_floats(inputs: &Inputs, formula: &Formula) -> [Option<Decimal>; 2] {
    let raw = (formula.in_floats)(FloatInputs {
        base: to_float(inputs.base),
        sum: to_float(inputs.factor_sum),
        threat: to_float(inputs.threat),
        mitigation: to_float(inputs.mitigation),
    });
    [(raw * 10.0).round() / 10.0, raw].map(|value| Decimal::parse(&format!("{value:.1}")).ok())
}

fn to_float(decimal: Decimal) -> f64 {
    decimal.to_string().parse().unwrap_or(f64::NAN)
}

/// Returns the known mistake that results in the declared base score next to a vector with another one.
pub(crate) fn explain_base(declared: Decimal, exact: Decimal) -> Option<String> {
    (declared + Decimal::new(1, 1) == exact).then(|| {
        "where the exact score is a tie, FIRST's own calculator shows a tenth less, by float noise; this may be one"
            .to_owned()
    })
}

/// Returns the known mistake that results in the declared band.
pub(crate) fn explain_severity(declared: Band, scored: &Scored, working: &Working) -> Option<String> {
    let name = declared.name();
    if let Some(score) = scored.declared.score.map(|score| score.value)
        && score != working.score
        && Band::of(score) == declared
    {
        return Some(format!("{name} is the band of the declared {score}, which is wrong itself"));
    }
    let (raw, base) = (working.raw, working.inputs.base);
    // Bands have gaps between tenths; a score that is not rounded falls into the band below.
    if raw != working.score && Band::of(raw) == declared {
        let raw = raw.plain();
        return Some(format!(
            "{name} is the band of the unrounded {raw}; bands are taken from the rounded score"
        ));
    }
    (Band::of(base) == declared).then(|| format!("{name} is the band of the CVSS base {}", base.plain()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inputs(base: &str, sum: &str, threat: &str, mitigation: &str) -> Inputs {
        let number = |text| Decimal::parse(text).unwrap();
        Inputs::new(number(base), number(sum), number(threat), number(mitigation)).unwrap()
    }

    #[test]
    fn float_arithmetic_rounds_a_tie_down() {
        let formula = Formula::named("0.8").unwrap();
        let inputs = inputs("1.0", "9.5", "1.00", "1.00");
        assert_eq!(formula.work(inputs).score.to_string(), "9.6");
        assert_eq!(binary_floats(&inputs, formula)[1].unwrap().to_string(), "9.5");
    }

    #[test]
    fn intermediate_is_compared_at_its_declared_precision() {
        let number = |text| Decimal::parse(text).unwrap();
        assert!(agrees(number("1.07"), number("1.0725")));
        assert!(agrees(number("1.1"), number("1.0725")));
        assert!(agrees(number("2.25525"), number("2.25525")));
        assert!(!agrees(number("1.08"), number("1.0725")));
        assert!(!agrees(number("1.070"), number("1.0725")));
    }
}
