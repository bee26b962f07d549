//! Where the lines of drawings go: whole numbers, worked out of exact decimals. What they look like, the style sheet
//! says; what they say, the text beside them says as well.

use crate::aivss::Factor;
use crate::aivss::Working;
use crate::decimal::Decimal;

/// A thousand times the directions of the radar's ten axes, clockwise from the top.
const AXES: [(i64, i64); Factor::SET] = [
    (0, -1000),
    (588, -809),
    (951, -309),
    (951, 309),
    (588, 809),
    (0, 1000),
    (-588, 809),
    (-951, 309),
    (-951, -309),
    (-588, -809),
];

/// The outermost of the radar's rings and half of it, for the points of the scale.
pub(crate) fn rings() -> [String; 2] {
    [Decimal::ONE, Decimal::new(5, 1)].map(|value| outline(&[value; Factor::SET]))
}

/// The ends of the radar's axes.
pub(crate) const fn axes() -> [(i64, i64); Factor::SET] {
    AXES
}

/// The corners of the radar for ten values from 0 to 1, as an SVG polygon takes them.
pub(crate) fn outline(values: &[Decimal; Factor::SET]) -> String {
    let corner = |(value, (x, y)): (&Decimal, (i64, i64))| {
        let part = thousandths(*value);
        format!("{},{}", x * part / 1000, y * part / 1000)
    };
    values.iter().zip(AXES).map(corner).collect::<Vec<_>>().join(" ")
}

/// A value from 0 to 1 in thousandths.
fn thousandths(value: Decimal) -> i64 {
    let value = value.clamp(Decimal::ZERO, Decimal::ONE);
    (value * Decimal::new(1000, 0)).round_half_up(0).to_string().parse().unwrap_or(0)
}

/// How far along a scale from 0 to 10 a score stands, in thousandths; what is beyond it stands at its end.
pub(crate) fn along(score: Decimal) -> i64 {
    thousandths(score.over_ten())
}

/// A step on the way from the CVSS base to the score.
pub(crate) struct Step {
    pub(crate) name: &'static str,
    /// What the step adds, with its sign and to two decimals; nothing for the first.
    pub(crate) change: String,
    /// What the score has come to, to two decimals.
    pub(crate) at: Decimal,
    /// The bar: where it begins and how long it is, in thousandths of the scale.
    pub(crate) start: i64,
    pub(crate) length: i64,
    /// What the bar shows, for the style sheet.
    pub(crate) class: &'static str,
}

/// As far as a bar shows it; the exact value stands in the working.
fn rounded(value: Decimal) -> Decimal {
    value.round_half_up(2)
}

/// The way from the CVSS base to the unrounded score.
pub(crate) fn steps(working: &Working) -> Vec<Step> {
    let mut before = Decimal::ZERO;
    let stages = working.stages().into_iter().enumerate();
    let steps = stages.map(|(place, stage)| {
        let (from, to) = (along(before.min(stage.at)), along(before.max(stage.at)));
        let (class, change) = match () {
            () if place == 0 => ("base", String::new()),
            () if stage.at == before => ("same", "0.00".to_owned()),
            () if stage.at > before => ("up", format!("+{}", rounded(stage.at - before))),
            () => ("down", format!("−{}", rounded(before - stage.at))),
        };
        before = stage.at;
        Step { name: stage.name, change, at: rounded(stage.at), start: from, length: to - from, class }
    });
    steps.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aivss::{Formula, Inputs};

    fn number(text: &str) -> Decimal {
        Decimal::parse(text).unwrap()
    }

    #[test]
    fn the_radar_has_its_corners_where_the_values_are() {
        let mut values = [Decimal::ZERO; 10];
        values[0] = number("0.5");
        values[3] = number("1.00");
        assert_eq!(outline(&values), "0,-500 0,0 0,0 951,309 0,0 0,0 0,0 0,0 0,0 0,0");
    }

    #[test]
    fn each_bar_begins_where_the_one_before_ends() {
        let inputs = Inputs::new(number("7.1"), number("8.0"), number("0.97"), number("0.83")).unwrap();
        let steps = steps(&Formula::named("0.8").unwrap().work(inputs));
        let drawn: Vec<_> = steps
            .iter()
            .map(|step| (step.name, &*step.change, step.start, step.length, step.class))
            .collect();
        assert_eq!(
            drawn,
            [
                ("CVSS base", "", 0, 710, "base"),
                ("agentic factors", "+2.32", 710, 232, "up"),
                ("threat multiplier", "−0.07", 935, 7, "down"),
                ("mitigation factor", "−1.59", 776, 159, "down"),
            ]
        );
    }
}
