//! The coordinates of drawings: integers computed from exact decimals. The texts next to a drawing contain the same facts.

use crate::aivss::{Factor, Working};
use crate::decimal::Decimal;

/// An axis of the radar.
pub(crate) struct Axis {
    pub(crate) x: i64,
    pub(crate) y: i64,
    /// The name of its factor in v0.8.
    pub(crate) name: &'static str,
}

/// The radar's axes, clockwise from the top.
pub(crate) const AXES: [Axis; Factor::SET] = [
    Axis { x: 0, y: -1000, name: "Autonomy" },
    Axis { x: 588, y: -809, name: "Tools" },
    Axis { x: 951, y: -309, name: "Language" },
    Axis { x: 951, y: 309, name: "Context" },
    Axis { x: 588, y: 809, name: "Non-determinism" },
    Axis { x: 0, y: 1000, name: "Opacity" },
    Axis { x: -588, y: 809, name: "Memory" },
    Axis { x: -951, y: 309, name: "Identity" },
    Axis { x: -951, y: -309, name: "Multi-agent" },
    Axis { x: -588, y: -809, name: "Self-modification" },
];

impl Axis {
    /// The position of its name: next to the end, and a little lower than the base line of letters.
    pub(crate) const fn name_at(&self) -> [i64; 2] {
        [self.x * 110 / 100, self.y * 114 / 100 + 40]
    }

    /// The side of the name that is at this position.
    pub(crate) const fn anchor(&self) -> &'static str {
        match self.x {
            0 => "middle",
            1.. => "start",
            _ => "end",
        }
    }
}

/// The radar's rings at 1.0 and 0.5.
pub(crate) fn rings() -> [String; 2] {
    [Decimal::ONE, Decimal::new(5, 1)].map(|value| outline(&[value; Factor::SET]))
}

/// The corners of the radar for ten values from 0 to 1, as the points of an SVG polygon.
pub(crate) fn outline(values: &[Decimal; Factor::SET]) -> String {
    let corners = values.iter().zip(AXES).map(|(value, Axis { x, y, .. })| {
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
