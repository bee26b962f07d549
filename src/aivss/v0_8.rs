//! AIVSS v0.8, section 3, the current public release: the uplift adds a share of the difference between the CVSS base and 10.

use crate::aivss::{Factor, Formula, Inputs, MITIGATION_LEVELS, ScoreStage, Steps, THREAT_LEVELS};
use crate::decimal::Decimal;

pub(crate) static FORMULA: Formula = Formula {
    version: "0.8",
    tenth: Factor::NaturalLanguageInterface,
    threat: THREAT_LEVELS,
    mitigation: MITIGATION_LEVELS,
    uplift,
    total: |inputs, uplift| (inputs.base + uplift) * inputs.mitigation,
    steps: |inputs, uplift| Steps {
        uplift: Some(uplift_step(inputs)),
        total: format!("({} + {}) · {}", inputs.base.plain(), uplift.plain(), inputs.mitigation.plain()),
    },
    stages: |inputs, uplift| stages(inputs, uplift, (inputs.base + uplift) * inputs.mitigation),
    in_floats: |given| {
        (given.base + (10.0 - given.base) * (given.sum / 10.0) * given.threat) * given.mitigation
    },
};

/// The stages: base, factors, threat multiplier, and mitigation with the total.
fn stages(inputs: &Inputs, uplift: Decimal, total: Decimal) -> Vec<ScoreStage> {
    let factors = (Decimal::TEN - inputs.base) * inputs.factor_sum.over_ten();
    vec![
        ScoreStage::new("CVSS base", inputs.base),
        ScoreStage::new("agentic factors", inputs.base + factors),
        ScoreStage::new("threat multiplier", inputs.base + uplift),
        ScoreStage::new("mitigation factor", total),
    ]
}

/// AARS = (10 − CVSS base) · (factor sum ∕ 10) · threat multiplier.
fn uplift(inputs: &Inputs) -> Decimal {
    (Decimal::TEN - inputs.base) * inputs.factor_sum.over_ten() * inputs.threat
}

fn uplift_step(inputs: &Inputs) -> String {
    let (base, sum, threat) = (inputs.base.plain(), inputs.factor_sum.plain(), inputs.threat.plain());
    format!("(10 − {base}) · ({sum} ∕ 10) · {threat}")
}

/// The amendment of section 3 proposed for v1: mitigation lowers only the uplift, so a score is never below its CVSS base.
pub(crate) static FLOOR: Formula = Formula {
    version: "0.8-floor",
    tenth: Factor::NaturalLanguageInterface,
    threat: THREAT_LEVELS,
    mitigation: MITIGATION_LEVELS,
    uplift,
    total: |inputs, uplift| inputs.base + uplift * inputs.mitigation,
    steps: |inputs, uplift| Steps {
        uplift: Some(uplift_step(inputs)),
        total: format!("{} + {} · {}", inputs.base.plain(), uplift.plain(), inputs.mitigation.plain()),
    },
    stages: |inputs, uplift| stages(inputs, uplift, inputs.base + uplift * inputs.mitigation),
    in_floats: |given| {
        given.base + (10.0 - given.base) * (given.sum / 10.0) * given.threat * given.mitigation
    },
};
