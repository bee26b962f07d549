//! AIVSS v0.5, section 4, the first paper: the mean of CVSS base and factor sum, times the threat multiplier. It has no
//! mitigation factor.

use crate::aivss::{Factor, Formula, ScoreStage, Steps, THREAT_LEVELS};

pub(crate) static FORMULA: Formula = Formula {
    version: "0.5",
    tenth: Factor::GoalDrivenPlanning,
    threat: THREAT_LEVELS,
    mitigation: &[],
    uplift: |inputs| inputs.factor_sum,
    total: |inputs, uplift| (inputs.base + uplift).halved() * inputs.threat,
    steps: |inputs, uplift| Steps {
        uplift: None,
        total: format!("({} + {}) ∕ 2 · {}", inputs.base.plain(), uplift.plain(), inputs.threat.plain()),
    },
    stages: |inputs, uplift| {
        let mean = (inputs.base + uplift).halved();
        vec![
            ScoreStage::new("CVSS base", inputs.base),
            ScoreStage::new("mean with the factor sum", mean),
            ScoreStage::new("threat multiplier", mean * inputs.threat),
        ]
    },
    in_floats: |given| f64::midpoint(given.base, given.sum) * given.threat,
};
