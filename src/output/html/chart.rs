//! The coordinates of drawings: integers computed from exact decimals. The texts next to a drawing contain the same facts.

use crate::aivss::{Factor, Working};
use crate::decimal::Decimal;

/// The directions between the petals of a rose, clockwise from the first petal, which points up.
const EDGES: [[i64; 2]; Factor::SET] = [
    [309, -951],
    [809, -588],
    [1000, 0],
    [809, 588],
    [309, 951],
    [-309, 951],
    [-809, 588],
    [-1000, 0],
    [-809, -588],
    [-309, -951],
];

/// The names of the petals' factors; the style sheet places them.
const PETALS: [&str; Factor::SET] = [
    "Autonomy",
    "Tools",
    "Language",
    "Context",
    "Non-determinism",
    "Opacity",
    "Memory",
    "Identity",
    "Multi-agent",
    "Self-modification",
];

/// Ten sectors, whose radii are the values of the factors.
pub(crate) struct Rose {
    pub(crate) petals: Vec<Petal>,
    /// The values in words.
    pub(crate) words: String,
}

/// A sector with its name beside it.
pub(crate) struct Petal {
    pub(crate) name: &'static str,
    /// The value; `None` if it is missing.
    pub(crate) value: Option<Decimal>,
    /// The radius, and that of the base if it differs; `None` if it is 0.
    pub(crate) radius: Option<Decimal>,
    pub(crate) before: Option<Decimal>,
    pub(crate) class: &'static str,
}

impl Rose {
    /// A rose of factors with their values, and with those of the base where they differ.
    pub(crate) fn new(factors: &[(Factor, Decimal, Option<Decimal>)], words: String) -> Self {
        let plans = factors.iter().any(|(factor, ..)| *factor == Factor::GoalDrivenPlanning);
        let petals = PETALS.into_iter().enumerate().map(|(at, name)| {
            let given = factors.iter().find(|(factor, ..)| petal_of(*factor) == at);
            let value = given.map(|(_, value, _)| value.plain());
            Petal {
                name: if plans && at == petal_of(Factor::GoalDrivenPlanning) { "Planning" } else { name },
                value,
                radius: value.and_then(radius),
                before: given.and_then(|(.., before)| radius((*before)?)),
                class: match value {
                    None => "missing",
                    Some(value) if value >= Decimal::ONE => "full",
                    Some(_) => "",
                },
            }
        });
        Self { petals: petals.collect(), words }
    }

    /// Whether a value differs from that of the base.
    pub(crate) fn has_changed(&self) -> bool {
        self.petals.iter().any(|petal| petal.before.is_some())
    }
}

/// The ten sectors of a rose at 1.0, as SVG paths.
pub(crate) fn whole_sectors() -> impl Iterator<Item = String> {
    (0..Factor::SET).map(|at| {
        let [[x, y], [to_x, to_y]] = [(at + 9) % 10, at].map(|edge| EDGES[edge]);
        format!("M0 0L{x} {y}A1000 1000 0 0 1 {to_x} {to_y}Z")
    })
}

/// The petal of a factor. Planning of v0.5 has that of language.
fn petal_of(factor: Factor) -> usize {
    let place = Factor::ALL.into_iter().position(|one| one == factor).unwrap_or(0);
    if place > 2 { place - 1 } else { place }
}

fn radius(value: Decimal) -> Option<Decimal> {
    (value > Decimal::ZERO).then(|| value.min(Decimal::ONE))
}

/// A value from 0 to 1 in thousandths.
pub(crate) fn part(value: Decimal) -> i64 {
    let value = value.clamp(Decimal::ZERO, Decimal::ONE);
    (value * Decimal::new(1000, 0)).round_half_up(0).to_string().parse().unwrap_or(0)
}

/// The position of a score on a scale from 0 to 10, in thousandths.
pub(crate) fn along(score: Decimal) -> i64 {
    part(score.over_ten())
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
    fn petal_has_the_radius_of_its_value() {
        let factors = [
            (Factor::AutonomyOfAction, number("0.5"), None),
            (Factor::ContextualAwareness, number("1.00"), Some(number("0.0"))),
        ];
        let rose = Rose::new(&factors, String::new());
        let [autonomy, context, tools] = [0, 3, 1].map(|at| &rose.petals[at]);
        assert_eq!(autonomy.radius, Some(number("0.5")));
        assert_eq!((context.class, context.before), ("full", None));
        assert_eq!((tools.class, tools.radius), ("missing", None));
        assert_eq!(whole_sectors().next().unwrap(), "M0 0L-309 -951A1000 1000 0 0 1 309 -951Z");
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
