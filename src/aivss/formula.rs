//! The formulas of OWASP AIVSS as values: from inputs to a score, in exact decimals, and its severity band.

use crate::aivss::{Factor, v0_5, v0_8};
use crate::decimal::Decimal;

/// One version of the AIVSS formula.
#[derive(Debug)]
pub struct Formula {
    /// The name in threat models, such as `0.8`.
    pub(crate) version: &'static str,
    /// The tenth factor of its set; the other nine are common to all.
    pub(crate) tenth: Factor,
    /// The named threat multipliers, default first.
    pub(crate) threat: &'static [MultiplierLevel],
    /// The named mitigation factors, default first; empty for a formula without mitigation.
    pub(crate) mitigation: &'static [MultiplierLevel],
    /// The agentic uplift (AARS), unrounded.
    pub(crate) uplift: fn(&Inputs) -> Decimal,
    /// The score from inputs and uplift, unrounded and not clamped.
    pub(crate) total: fn(&Inputs, Decimal) -> Decimal,
    /// Both steps as people write them, without their results.
    pub(crate) steps: fn(&Inputs, Decimal) -> Steps,
    /// The score after each input, the CVSS base first; the last stage is the total.
    pub(crate) stages: fn(&Inputs, Decimal) -> Vec<ScoreStage>,
    /// The unrounded score in binary floating point, to recognize a mistake.
    pub(crate) in_floats: fn(FloatInputs) -> f64,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct FloatInputs {
    pub(crate) base: f64,
    pub(crate) sum: f64,
    pub(crate) threat: f64,
    pub(crate) mitigation: f64,
}

/// A named value of a multiplier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct MultiplierLevel {
    /// The name in threat models.
    pub(crate) name: &'static str,
    pub(crate) value: Decimal,
}

/// The two steps of a formula, written out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Steps {
    /// The computation of the uplift; `None` if it is the sum of the factors.
    pub(crate) uplift: Option<String>,
    pub(crate) total: String,
}

/// The score after one more input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ScoreStage {
    pub(crate) name: &'static str,
    /// The score with it, unrounded: 0 to 10, or more if the threat multiplier is above 1.
    pub(crate) at: Decimal,
}

impl ScoreStage {
    pub(crate) const fn new(name: &'static str, at: Decimal) -> Self {
        Self { name, at }
    }
}

/// The named threat multipliers (v0.8 §3.3.2), default first.
pub(crate) const THREAT_LEVELS: &[MultiplierLevel] = &[
    MultiplierLevel { name: "proof-of-concept", value: Decimal::new(97, 2) },
    MultiplierLevel { name: "attacked", value: Decimal::ONE },
    MultiplierLevel { name: "unreported", value: Decimal::new(50, 2) },
];

/// The named mitigation factors (v0.8 §3.4), default first.
pub(crate) const MITIGATION_LEVELS: &[MultiplierLevel] = &[
    MultiplierLevel { name: "none", value: Decimal::ONE },
    MultiplierLevel { name: "partial", value: Decimal::new(83, 2) },
    MultiplierLevel { name: "strong", value: Decimal::new(67, 2) },
];

/// The formulas, oldest first.
pub static ALL: [&Formula; 3] = [&v0_5::FORMULA, &v0_8::FORMULA, &v0_8::FLOOR];

/// The highest plausible threat multiplier; a higher one is a misplaced decimal point.
pub(crate) const THREAT_MAX: Decimal = Decimal::new(2, 0);
/// The maximum number of decimals of an input; more are refused, never cut off.
pub(crate) const INPUT_DECIMALS: u8 = 4;

/// Whether a multiplier is in range. Zero is not: any risk would vanish.
pub(crate) fn is_multiplier(value: Decimal, most: Decimal) -> bool {
    Decimal::ZERO < value && value <= most
}

/// The level with the lowest published value.
pub(crate) fn lowest(levels: &[MultiplierLevel]) -> Option<MultiplierLevel> {
    levels.iter().copied().min_by_key(|level| level.value)
}

/// The inputs of a formula; made only by [`Inputs::new`], so always in range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Inputs {
    /// CVSS v4.0 base score, 0 to 10.
    pub(crate) base: Decimal,
    /// Sum of the ten factors, 0 to 10.
    pub(crate) factor_sum: Decimal,
    /// Threat multiplier, above 0 and up to [`THREAT_MAX`].
    pub(crate) threat: Decimal,
    /// Mitigation factor, above 0 and up to 1.
    pub(crate) mitigation: Decimal,
}

impl Inputs {
    /// The inputs, if each is in range and has at most [`INPUT_DECIMALS`] decimals.
    pub fn new(base: Decimal, factor_sum: Decimal, threat: Decimal, mitigation: Decimal) -> Option<Self> {
        let in_range = base.within(Decimal::ZERO, Decimal::TEN)
            && factor_sum.within(Decimal::ZERO, Decimal::TEN)
            && is_multiplier(threat, THREAT_MAX)
            && is_multiplier(mitigation, Decimal::ONE);
        let exact = [base, factor_sum, threat, mitigation]
            .iter()
            .all(|input| input.needed_decimals() <= INPUT_DECIMALS);
        (in_range && exact).then_some(Self { base, factor_sum, threat, mitigation })
    }
}

/// A score with its computation.
#[derive(Clone, Debug)]
pub struct Working {
    pub(crate) formula: &'static Formula,
    pub(crate) inputs: Inputs,
    /// The agentic uplift (AARS), exact.
    pub uplift: Decimal,
    /// The unrounded score, exact, clamped to 0 to 10.
    pub raw: Decimal,
    /// The score: [`Working::raw`] rounded half up to one decimal.
    pub score: Decimal,
    pub(crate) band: Band,
}

impl Formula {
    /// The formula of a version; `0.80` is `0.8`, as in the schema.
    pub fn named(version: &str) -> Option<&'static Self> {
        let number = Decimal::parse(version).ok();
        ALL.into_iter().find(|formula| {
            formula.version == version || (number.is_some() && Decimal::parse(formula.version).ok() == number)
        })
    }

    /// Whether this version came before another one.
    pub(crate) fn precedes(&self, other: &Self) -> bool {
        let mut later = ALL.into_iter().skip_while(|formula| formula.version != self.version).skip(1);
        later.any(|formula| formula.version == other.version)
    }

    /// Computes the score.
    pub fn work(&'static self, inputs: Inputs) -> Working {
        let uplift = (self.uplift)(&inputs);
        let raw = (self.total)(&inputs, uplift).clamp(Decimal::ZERO, Decimal::TEN);
        let score = raw.round_half_up(1);
        Working { formula: self, inputs, uplift, raw, score, band: Band::of(score) }
    }

    pub(crate) const fn has_mitigation(&self) -> bool {
        !self.mitigation.is_empty()
    }
}

impl Working {
    /// The whole computation in one line, from the inputs to the rounded score.
    pub(crate) fn written(&self) -> String {
        match self.uplift_written() {
            Some(uplift) => format!("{uplift}; {}", self.total_written()),
            None => self.total_written(),
        }
    }

    /// The computation of the rounded score from the uplift, in one line.
    pub(crate) fn total_written(&self) -> String {
        let steps = (self.formula.steps)(&self.inputs, self.uplift);
        let total = (self.formula.total)(&self.inputs, self.uplift);
        format!("{} = {} → {}", steps.total, total.plain(), self.score)
    }

    /// The computation of the uplift in one line; `None` if the uplift is the sum of the factors.
    pub(crate) fn uplift_written(&self) -> Option<String> {
        let steps = (self.formula.steps)(&self.inputs, self.uplift);
        steps.uplift.map(|uplift| format!("{uplift} = {}", self.uplift.plain()))
    }

    /// The score after each input, from the CVSS base to the unrounded score.
    pub(crate) fn stages(&self) -> Vec<ScoreStage> {
        (self.formula.stages)(&self.inputs, self.uplift)
    }
}

/// A severity band of AIVSS, which are those of CVSS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub enum Band {
    /// 0.0
    None,
    /// 0.1 to 3.9
    Low,
    /// 4.0 to 6.9
    Medium,
    /// 7.0 to 8.9
    High,
    /// 9.0 to 10.0
    Critical,
}

impl Band {
    /// The bands, mildest first.
    pub(crate) const ALL: [Self; 5] = [Self::None, Self::Low, Self::Medium, Self::High, Self::Critical];

    /// The band of a score; between two bands (8.95, which is not a rounded score) the lower one.
    pub(crate) fn of(score: Decimal) -> Self {
        let below = [1, 40, 70, 90].into_iter().filter(|tenths| score >= Decimal::new(*tenths, 1));
        Self::ALL[below.count()]
    }

    /// The band's name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "None",
            Self::Low => "Low",
            Self::Medium => "Medium",
            Self::High => "High",
            Self::Critical => "Critical",
        }
    }

    /// The band with this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|band| band.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn number(text: &str) -> Decimal {
        Decimal::parse(text).unwrap()
    }

    fn work(version: &str, base: &str, sum: &str, threat: &str, mitigation: &str) -> Working {
        let inputs = Inputs::new(number(base), number(sum), number(threat), number(mitigation)).unwrap();
        Formula::named(version).unwrap().work(inputs)
    }

    #[test]
    fn published_example_has_its_published_score() {
        let working = work("0.8", "8.5", "6.5", "1.1", "1.0");
        assert_eq!(working.uplift.plain().to_string(), "1.0725");
        assert_eq!(working.score.to_string(), "9.6");
        assert_eq!(
            working.written(),
            "(10 − 8.5) · (6.5 ∕ 10) · 1.1 = 1.0725; (8.5 + 1.0725) · 1.0 = 9.5725 → 9.6"
        );
    }

    #[test]
    fn strong_mitigation_gives_a_score_of_its_own_by_each_formula() {
        assert_eq!(
            work("0.8", "9.0", "1.0", "0.97", "0.67").written().split("; ").last(),
            Some("(9.0 + 0.097) · 0.67 = 6.09499 → 6.1")
        );
        assert_eq!(
            work("0.8-floor", "9.0", "1.0", "0.97", "0.67").written().split("; ").last(),
            Some("9.0 + 0.097 · 0.67 = 9.06499 → 9.1")
        );
        assert_eq!(
            work("0.5", "9.4", "7.0", "0.97", "0.67").written(),
            "(9.4 + 7.0) ∕ 2 · 0.97 = 7.954 → 8.0"
        );
    }

    #[test]
    fn score_above_10_is_clamped_and_the_working_shows_it() {
        let working = work("0.8", "9.0", "10", "2", "1");
        assert_eq!(working.score.to_string(), "10.0");
        assert!(working.written().ends_with("= 11.0 → 10.0"), "{}", working.written());
    }

    #[test]
    fn band_is_that_of_the_rounded_score() {
        for (score, band) in [
            ("0", "None"),
            ("0.1", "Low"),
            ("3.9", "Low"),
            ("4.0", "Medium"),
            ("6.9", "Medium"),
            ("7.0", "High"),
            ("8.9", "High"),
            ("9.0", "Critical"),
            ("10", "Critical"),
        ] {
            assert_eq!(Band::of(number(score)).name(), band);
        }
    }

    #[test]
    fn inputs_out_of_range_or_too_fine_are_refused() {
        let ok = number("1");
        assert!(Inputs::new(number("10.1"), ok, ok, ok).is_none());
        assert!(Inputs::new(ok, number("-0.1"), ok, ok).is_none());
        assert!(Inputs::new(ok, ok, number("2.1"), ok).is_none());
        assert!(Inputs::new(ok, ok, ok, number("1.01")).is_none());
        assert!(Inputs::new(ok, ok, ok, Decimal::ZERO).is_none());
        assert!(Inputs::new(ok, ok, Decimal::ZERO, ok).is_none());
        assert!(Inputs::new(number("1.00001"), ok, ok, ok).is_none());
        assert!(Inputs::new(number("1.00000"), ok, ok, ok).is_some());
    }

    fn inputs() -> impl Strategy<Value = Inputs> {
        (0_i64..=100_000, 0_i64..=100_000, 1_i64..=20_000, 1_i64..=10_000).prop_map(
            |(base, sum, threat, mitigation)| {
                let at = |units| Decimal::new(units, 4);
                Inputs::new(at(base), at(sum), at(threat), at(mitigation)).unwrap()
            },
        )
    }

    proptest! {
        #[test]
        fn scores_are_between_zero_and_ten(inputs in inputs()) {
            for formula in ALL {
                let working = formula.work(inputs);
                prop_assert!(working.score.within(Decimal::ZERO, Decimal::TEN));
                prop_assert_eq!(working.score.decimals(), 1);
            }
        }

        #[test]
        fn stages_lead_from_the_base_to_the_score(inputs in inputs()) {
            for formula in ALL {
                let working = formula.work(inputs);
                let stages = working.stages();
                prop_assert_eq!(stages[0].at, inputs.base);
                let last = stages[stages.len() - 1].at;
                prop_assert_eq!(last.clamp(Decimal::ZERO, Decimal::TEN), working.raw);
                prop_assert!(stages.iter().all(|stage| stage.at >= Decimal::ZERO));
            }
        }

        #[test]
        fn larger_sum_of_factors_never_lowers_a_score(inputs in inputs(), more in 0_i64..=100_000) {
            let larger = Inputs { factor_sum: inputs.factor_sum.max(Decimal::new(more, 4)), ..inputs };
            for formula in ALL {
                prop_assert!(formula.work(larger).raw >= formula.work(inputs).raw);
            }
        }

        #[test]
        fn score_is_at_least_the_floor_and_both_formulas_agree_without_mitigation(inputs in inputs()) {
            let floor = Formula::named("0.8-floor").unwrap();
            prop_assert!(floor.work(inputs).raw >= inputs.base);
            let bare = Inputs { mitigation: Decimal::ONE, ..inputs };
            prop_assert_eq!(floor.work(bare).raw, Formula::named("0.8").unwrap().work(bare).raw);
        }

        #[test]
        fn larger_multipliers_never_lower_a_score(inputs in inputs(), threat in 1_i64..=20_000, mitigation in 1_i64..=10_000) {
            let threat = Inputs { threat: inputs.threat.max(Decimal::new(threat, 4)), ..inputs };
            let mitigation = Inputs { mitigation: inputs.mitigation.max(Decimal::new(mitigation, 4)), ..inputs };
            for formula in ALL {
                prop_assert!(formula.work(threat).raw >= formula.work(inputs).raw);
                prop_assert!(formula.work(mitigation).raw >= formula.work(inputs).raw);
                let is_same = formula.work(mitigation).raw == formula.work(inputs).raw;
                prop_assert!(formula.has_mitigation() || is_same);
            }
        }

        #[test]
        fn higher_base_lowers_a_score_only_if_the_uplift_overflows(inputs in inputs(), base in 0_i64..=100_000) {
            let higher = Inputs { base: inputs.base.max(Decimal::new(base, 4)), ..inputs };
            // What a higher base takes from the uplift for each point that it brings.
            let share = inputs.factor_sum.over_ten() * inputs.threat;
            for (formula, share) in ALL.into_iter().zip([Decimal::ZERO, share, share * inputs.mitigation]) {
                let rises = formula.work(higher).raw >= formula.work(inputs).raw;
                prop_assert!(rises || share > Decimal::ONE, "{}", formula.version);
            }
        }
    }

    /// A decimal in units of 10^-17, from its digits.
    fn units(decimal: Decimal) -> i128 {
        let text = decimal.to_string();
        let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
        format!("{whole}{fraction:0<17}").parse().unwrap()
    }

    /// Inputs as people write them: few decimals, so that many scores are exactly between two tenths.
    fn short_inputs() -> impl Strategy<Value = Inputs> {
        let short = |least: i64, most: i64, scale: u8| {
            (least..=most * 10_i64.pow(scale.into())).prop_map(move |units| Decimal::new(units, scale))
        };
        (short(0, 10, 1), short(0, 10, 2), short(1, 2, 1), short(1, 1, 1))
            .prop_map(|(base, sum, threat, mitigation)| Inputs::new(base, sum, threat, mitigation).unwrap())
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 20_000, ..ProptestConfig::default() })]

        #[test]
        fn integers_at_a_fixed_scale_agree(inputs in prop_oneof![inputs(), short_inputs()]) {
            // Every input in units of 10^-4, uplift and score in units of 10^-17: no formula needs
            // more digits.
            let unit = |decimal: Decimal| units(decimal) / 10_i128.pow(13);
            let (c, s, t, m) = (unit(inputs.base), unit(inputs.factor_sum), unit(inputs.threat), unit(inputs.mitigation));
            let uplift = (100_000 - c) * s * t;
            let expected = [
                ("0.5", s * 10_i128.pow(13), (c + s) * t * 500_000_000),
                ("0.8", uplift * 10_000, (c * 1_000_000_000 + uplift) * m),
                ("0.8-floor", uplift * 10_000, c * 10_i128.pow(13) + uplift * m),
            ];
            for (version, uplift, raw) in expected {
                let raw = raw.min(10_i128.pow(18));
                let tenths = (raw * 20 + 10_i128.pow(17)) / (2 * 10_i128.pow(17));
                let working = Formula::named(version).unwrap().work(inputs);
                prop_assert_eq!(units(working.uplift), uplift, "{}", version);
                prop_assert_eq!(units(working.raw), raw, "{}", version);
                prop_assert_eq!(units(working.score), tenths * 10_i128.pow(16), "{}", version);
            }
        }
    }
}
