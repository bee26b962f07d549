//! The coordinates of drawings: integers computed from exact decimals. The texts next to a drawing contain the same facts.

use crate::aivss::Factor;
use crate::aivss::Working;
use crate::decimal::Decimal;

/// The ends of the radar's ten axes, clockwise from the top, and the names of the factors on them.
const AXES: [(i64, i64, &str); Factor::SET] = [
    (0, -1000, "Autonomy"),
    (588, -809, "Tools"),
    (951, -309, "Language"),
    (951, 309, "Context"),
    (588, 809, "Non-determinism"),
    (0, 1000, "Opacity"),
    (-588, 809, "Memory"),
    (-951, 309, "Identity"),
    (-951, -309, "Multi-agent"),
    (-588, -809, "Self-modification"),
];

/// An axis of the radar with the position of its name.
pub(crate) struct Axis {
    /// The end of the axis.
    pub(crate) x: i64,
    pub(crate) y: i64,
    pub(crate) name_x: i64,
    pub(crate) name_y: i64,
    /// The side of the name that is at this position.
    pub(crate) anchor: &'static str,
    /// The name in the radar of v0.8, and in that of v0.5.
    pub(crate) name: &'static str,
    pub(crate) name_before: &'static str,
}

pub(crate) fn axes() -> Vec<Axis> {
    let axes = AXES.into_iter().map(|(x, y, name)| Axis {
        x,
        y,
        // Next to the end, and a little lower than the base line of letters.
        name_x: x * 110 / 100,
        name_y: y * 114 / 100 + 40,
        anchor: match x {
            0 => "middle",
            1.. => "start",
            _ => "end",
        },
        name,
        name_before: if name == "Language" { "Planning" } else { name },
    });
    axes.collect()
}

/// The radar's rings at 1.0 and 0.5.
pub(crate) fn rings() -> [String; 2] {
    [Decimal::ONE, Decimal::new(5, 1)].map(|value| outline(&[value; Factor::SET]))
}

/// The corners of the radar for ten values from 0 to 1, as the points of an SVG polygon.
pub(crate) fn outline(values: &[Decimal; Factor::SET]) -> String {
    let corners = values.iter().zip(AXES).map(|(value, (x, y, _))| {
        let part = thousandths(*value);
        format!("{},{}", x * part / 1000, y * part / 1000)
    });
    corners.collect::<Vec<_>>().join(" ")
}

/// A value from 0 to 1 in thousandths.
fn thousandths(value: Decimal) -> i64 {
    let value = value.clamp(Decimal::ZERO, Decimal::ONE);
    (value * Decimal::new(1000, 0)).round_half_up(0).to_string().parse().unwrap_or(0)
}

/// The position of a score on a scale from 0 to 10, in thousandths.
pub(crate) fn along(score: Decimal) -> i64 {
    thousandths(score.over_ten())
}

/// A step of the computation from the CVSS base to the score.
pub(crate) struct ScoreStep {
    pub(crate) name: &'static str,
    /// The sum that the step adds, with its sign and to two decimals; empty for the first.
    pub(crate) change: String,
    /// The score after the step, to two decimals.
    pub(crate) at: Decimal,
    /// The beginning and the length of the bar, in thousandths of the scale.
    pub(crate) start: i64,
    pub(crate) length: i64,
    /// The class for the style sheet.
    pub(crate) class: &'static str,
}

/// The steps from the CVSS base to the unrounded score.
pub(crate) fn steps(working: &Working) -> Vec<ScoreStep> {
    let mut before = Decimal::ZERO;
    let stages = working.stages().into_iter().enumerate();
    let steps = stages.map(|(place, stage)| {
        let (from, to) = (along(before.min(stage.at)), along(before.max(stage.at)));
        let (class, change) = match () {
            () if place == 0 => ("base", String::new()),
            () if stage.at == before => ("same", "0.00".to_owned()),
            () if stage.at > before => ("up", format!("+{}", (stage.at - before).round_half_up(2))),
            () => ("down", format!("−{}", (before - stage.at).round_half_up(2))),
        };
        before = stage.at;
        ScoreStep {
            name: stage.name,
            change,
            at: stage.at.round_half_up(2),
            start: from,
            length: to - from,
            class,
        }
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
    fn outline_has_a_corner_per_value() {
        let mut values = [Decimal::ZERO; 10];
        values[0] = number("0.5");
        values[3] = number("1.00");
        assert_eq!(outline(&values), "0,-500 0,0 0,0 951,309 0,0 0,0 0,0 0,0 0,0 0,0");
    }

    #[test]
    fn score_steps_begin_at_the_end_of_the_step_before() {
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
