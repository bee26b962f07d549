//! Exact decimal numbers, read from the digits of a file.
//!
//! A verdict depends on the tenth that a score rounds to, so there is no binary floating point here. The type has the range
//! that a threat model needs, a few digits on either side of the point, and the operations of the formulas.

use std::cmp::Ordering;
use std::fmt;
use std::ops::{Add, Mul, Sub};

/// The exact number `units · 10^-scale`. `0.5` equals `0.50`.
///
/// A parsed number has at most [`Decimal::MAX_DIGITS`] digits before and after the point, so a sum or a product of two
/// of them, and every formula over validated inputs, fits into `i128`.
#[derive(Clone, Copy, Debug)]
// A large model contains many, and the alignment of `i128` would nearly double their size.
#[repr(Rust, packed)]
pub struct Decimal {
    units: i128,
    scale: u8,
}

/// The reason why a text is not a [`Decimal`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotDecimal {
    /// It is not a number of YAML 1.2's core schema, which includes the numbers of JSON.
    NotANumber,
    /// It has more digits or a larger exponent than a threat model needs.
    TooLong,
}

impl Decimal {
    /// The most digits, before and after the point together, that a number may have.
    pub const MAX_DIGITS: usize = 18;

    /// The number 0.
    pub const ZERO: Self = Self { units: 0, scale: 0 };
    /// The number 1.
    pub const ONE: Self = Self { units: 1, scale: 0 };
    /// The number 10, the top of every score.
    pub const TEN: Self = Self { units: 10, scale: 0 };

    /// `units · 10^-scale`, for constants: `Decimal::new(97, 2)` is 0.97.
    pub const fn new(units: i64, scale: u8) -> Self {
        // `From` is not const; widening i64 loses nothing.
        Self { units: units as i128, scale }
    }

    /// Reads a number of YAML 1.2's core schema: decimal with sign, point and exponent, `0o` octal, `0x` hexadecimal.
    ///
    /// # Errors
    /// [`NotDecimal::NotANumber`] for other text (`.nan` and `.inf` too), [`NotDecimal::TooLong`] past
    /// [`Decimal::MAX_DIGITS`].
    pub fn parse(text: &str) -> Result<Self, NotDecimal> {
        if let Some(digits) = text.strip_prefix("0o") {
            return parse_radix(digits, 8);
        }
        if let Some(digits) = text.strip_prefix("0x") {
            return parse_radix(digits, 16);
        }
        let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
        let (mantissa, exponent) = unsigned.split_once(['e', 'E']).unwrap_or((unsigned, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits = whole.bytes().chain(fraction.bytes());
        if (whole.is_empty() && fraction.is_empty()) || !digits.clone().all(|byte| byte.is_ascii_digit()) {
            return Err(NotDecimal::NotANumber);
        }
        let exponent = parse_exponent(exponent)?;
        let significant = digits.clone().skip_while(|byte| *byte == b'0').count();
        if significant > Self::MAX_DIGITS || fraction.len() > Self::MAX_DIGITS {
            return Err(NotDecimal::TooLong);
        }
        let units = digits.fold(0_i128, |units, byte| units * 10 + i128::from(byte - b'0'));
        let units = if text.starts_with('-') { -units } else { units };
        let length = i32::try_from(fraction.len()).map_err(|_| NotDecimal::TooLong)?;
        Self::scaled(units, length - exponent)
    }

    /// `units · 10^-scale` for a scale that an exponent may have made negative or large.
    fn scaled(units: i128, scale: i32) -> Result<Self, NotDecimal> {
        if units == 0 {
            return Ok(Self { units, scale: u8::try_from(scale.clamp(0, 18)).unwrap_or(0) });
        }
        if !(-18..=18).contains(&scale) {
            return Err(NotDecimal::TooLong);
        }
        let (units, scale) = match u8::try_from(scale) {
            Ok(scale) => (units, scale),
            Err(_) => (units * 10_i128.pow(scale.unsigned_abs()), 0),
        };
        // Two such numbers at one scale are still far from the end of i128.
        if units.abs() < power(18) { Ok(Self { units, scale }) } else { Err(NotDecimal::TooLong) }
    }

    /// The number of digits after the point as written: 2 for `1.40`.
    pub const fn decimals(self) -> u8 {
        self.scale
    }

    /// The number of digits after the point that the value needs: 1 for `1.40`.
    pub fn needed_decimals(self) -> u8 {
        self.trimmed(0).scale
    }

    /// Whether the value is in `low ..= high`.
    pub fn within(self, low: Self, high: Self) -> bool {
        low <= self && self <= high
    }

    /// A tenth of the value, exactly.
    #[must_use]
    pub const fn over_ten(self) -> Self {
        Self { units: self.units, scale: self.scale + 1 }
    }

    /// Half of the value, exactly.
    #[must_use]
    pub const fn halved(self) -> Self {
        Self { units: self.units * 5, scale: self.scale + 1 }
    }

    /// The value rounded half up to `places` decimals: the rounding of AIVSS and CVSS v4.0 for scores, which are never
    /// negative.
    #[must_use]
    pub fn round_half_up(self, places: u8) -> Self {
        self.rounded(places, |quotient, twice, divisor| quotient + i128::from(twice >= divisor))
    }

    /// The value rounded half to even, as in Python's `round` and IEEE 754: wrong for a score, and needed to recognize that
    /// mistake.
    #[must_use]
    pub fn round_half_even(self, places: u8) -> Self {
        self.rounded(places, |quotient, twice, divisor| match twice.cmp(&divisor) {
            Ordering::Less => quotient,
            Ordering::Equal => quotient + quotient % 2,
            Ordering::Greater => quotient + 1,
        })
    }

    /// The value cut off after `places` decimals.
    #[must_use]
    pub fn truncate(self, places: u8) -> Self {
        self.rounded(places, |quotient, _, _| quotient)
    }

    fn rounded(self, places: u8, choose: impl Fn(i128, i128, i128) -> i128) -> Self {
        if self.scale <= places {
            return Self { units: self.units * power(places - self.scale), scale: places };
        }
        let divisor = power(self.scale - places);
        let (quotient, rest) = (self.units.div_euclid(divisor), self.units.rem_euclid(divisor));
        Self { units: choose(quotient, rest * 2, divisor), scale: places }
    }

    /// The same value with no more trailing zeros than `places` decimals need.
    fn trimmed(self, places: u8) -> Self {
        let Self { mut units, mut scale } = self;
        while scale > places && units % 10 == 0 {
            (units, scale) = (units / 10, scale - 1);
        }
        Self { units, scale }
    }

    /// The value with at least one decimal, and no trailing zeros after the first one.
    #[must_use]
    pub fn plain(self) -> Self {
        if self.scale == 0 { Self { units: self.units * 10, scale: 1 } } else { self.trimmed(1) }
    }

    /// Both numbers' units at the larger of their scales.
    fn aligned(self, other: Self) -> (i128, i128, u8) {
        let scale = self.scale.max(other.scale);
        (self.units * power(scale - self.scale), other.units * power(scale - other.scale), scale)
    }
}

/// Ten to the power of an exponent, at most 38.
fn power(exponent: u8) -> i128 {
    static POWERS: [i128; 39] = {
        let mut powers = [1; 39];
        let mut at = 1;
        while at < powers.len() {
            powers[at] = powers[at - 1] * 10;
            at += 1;
        }
        powers
    };
    POWERS[usize::from(exponent)]
}

fn parse_radix(digits: &str, radix: u32) -> Result<Decimal, NotDecimal> {
    if digits.is_empty() || !digits.chars().all(|digit| digit.is_digit(radix)) {
        return Err(NotDecimal::NotANumber);
    }
    Decimal::scaled(i128::from_str_radix(digits, radix).map_err(|_| NotDecimal::TooLong)?, 0)
}

fn parse_exponent(text: &str) -> Result<i32, NotDecimal> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(NotDecimal::NotANumber);
    }
    match text.parse::<i32>() {
        Ok(exponent) if exponent.abs() <= 1_000 => Ok(exponent),
        _ => Err(NotDecimal::TooLong),
    }
}

impl Add for Decimal {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        let (left, right, scale) = self.aligned(other);
        Self { units: left + right, scale }
    }
}

impl Sub for Decimal {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        let (left, right, scale) = self.aligned(other);
        Self { units: left - right, scale }
    }
}

impl Mul for Decimal {
    type Output = Self;
    fn mul(self, other: Self) -> Self {
        Self { units: self.units * other.units, scale: self.scale + other.scale }
    }
}

impl From<usize> for Decimal {
    /// A count, limited to `i64::MAX`.
    fn from(count: usize) -> Self {
        Self::new(i64::try_from(count).unwrap_or(i64::MAX), 0)
    }
}

impl std::iter::Sum for Decimal {
    fn sum<I: Iterator<Item = Self>>(numbers: I) -> Self {
        numbers.fold(Self::ZERO, Add::add)
    }
}

impl PartialEq for Decimal {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Decimal {}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        let (left, right, _) = self.aligned(*other);
        left.cmp(&right)
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (sign, scale) = (if self.units < 0 { "-" } else { "" }, usize::from(self.scale));
        let mut text = format!("{sign}{:0width$}", self.units.unsigned_abs(), width = scale + 1);
        if scale > 0 {
            text.insert(text.len() - scale, '.');
        }
        f.pad(&text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn number(text: &str) -> Decimal {
        Decimal::parse(text).unwrap_or_else(|error| panic!("{text}: {error:?}"))
    }

    #[test]
    fn yaml_numbers_are_read_exactly() {
        for (text, shown) in [
            ("0.60", "0.60"),
            (".5", "0.5"),
            ("5.", "5"),
            ("+1", "1"),
            ("-0.25", "-0.25"),
            ("1e1", "10"),
            ("6.5E-1", "0.65"),
            ("0x1F", "31"),
            ("0o17", "15"),
            ("007", "7"),
            ("0e999", "0"),
        ] {
            assert_eq!(number(text).to_string(), shown, "{text}");
        }
    }

    #[test]
    fn malformed_and_too_long_numbers_have_different_errors() {
        for text in ["", ".", "-", "1_000", ".nan", ".inf", "0b11", "1e", "e1", "1.2.3", "0x", "one"] {
            assert_eq!(Decimal::parse(text), Err(NotDecimal::NotANumber), "{text}");
        }
        let digits = "9".repeat(10_000);
        for text in [
            "1e400",
            "1e-400",
            "999999999999999999e9",
            digits.as_str(),
            "0.1234567890123456789",
            "0xFFFFFFFFFFFFFFFF",
        ] {
            assert_eq!(Decimal::parse(text), Err(NotDecimal::TooLong), "{text}");
        }
    }

    #[test]
    fn ties_round_up_unlike_the_other_roundings() {
        for (raw, up, even, cut) in [
            ("8.65", "8.7", "8.6", "8.6"),
            ("8.64", "8.6", "8.6", "8.6"),
            ("9.25", "9.3", "9.2", "9.2"),
            ("9.9529", "10.0", "10.0", "9.9"),
            ("9.35", "9.4", "9.4", "9.3"),
        ] {
            let raw = number(raw);
            assert_eq!(raw.round_half_up(1).to_string(), up);
            assert_eq!(raw.round_half_even(1).to_string(), even);
            assert_eq!(raw.truncate(1).to_string(), cut);
        }
    }

    #[test]
    fn plain_has_one_decimal_at_least() {
        for (text, shown) in
            [("8", "8.0"), ("8.00", "8.0"), ("2.2504", "2.2504"), ("0.970", "0.97"), ("-1", "-1.0")]
        {
            assert_eq!(number(text).plain().to_string(), shown);
        }
    }

    proptest! {
        #[test]
        fn printed_number_parses_to_itself(units in -999_999_999_i64..=999_999_999, scale in 0_u8..=9) {
            let decimal = Decimal::new(units, scale);
            prop_assert_eq!(number(&decimal.to_string()), decimal);
        }

        #[test]
        fn parsed_numbers_can_be_compared_and_added(
            one in "[-+]?[0-9]{0,20}[.]?[0-9]{0,20}(e[-+]?[0-9]{1,2})?", other in "[-+0-9.eExo_a-f]{0,40}",
        ) {
            if let (Ok(one), Ok(other)) = (Decimal::parse(&one), Decimal::parse(&other)) {
                prop_assert_eq!(one + other - other, one);
                prop_assert_eq!(one.cmp(&other), other.cmp(&one).reverse());
            }
        }

        #[test]
        fn rounding_half_up_moves_by_at_most_half_a_step(units in 0_i64..=10_000_000, scale in 0_u8..=6) {
            let exact = Decimal::new(units, scale);
            let twice = (exact.round_half_up(1) - exact) * Decimal::new(2, 0);
            prop_assert!(Decimal::new(-1, 1) < twice && twice <= Decimal::new(1, 1));
        }
    }
}
