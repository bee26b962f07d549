//! AIVSS v0.8, the current public release: the uplift fills part of the room that CVSS leaves up to 10.

use super::{Formula, Inputs, Level, Steps};
use crate::decimal::Decimal;

/// v0.8 §3.3.2; proof of concept is the default.
pub(super) const THREAT: &[Level] = &[
    Level { name: "proof-of-concept", value: Decimal::new(97, 2) },
    Level { name: "attacked", value: Decimal::ONE },
    Level { name: "unreported", value: Decimal::new(50, 2) },
];

/// v0.8 §3.4; none or weak is the default, strong the floor.
pub(super) const MITIGATION: &[Level] = &[
    Level { name: "none", value: Decimal::ONE },
    Level { name: "partial", value: Decimal::new(83, 2) },
    Level { name: "strong", value: Decimal::new(67, 2) },
];

pub(super) static FORMULA: Formula = Formula {
    version: "0.8",
    cites: "OWASP AIVSS v0.8, section 3",
    threat: THREAT,
    mitigation: MITIGATION,
    uplift,
    total: |inputs, uplift| (inputs.base + uplift) * inputs.mitigation,
    steps: |inputs, uplift| Steps {
        uplift: Some(uplift_step(inputs)),
        total: format!("({} + {}) · {}", inputs.base.plain(), uplift.plain(), inputs.mitigation.plain()),
    },
};

/// AARS = (10 − CVSS base) · (factor sum ∕ 10) · threat multiplier.
pub(super) fn uplift(inputs: &Inputs) -> Decimal {
    (Decimal::TEN - inputs.base) * inputs.factor_sum.over_ten() * inputs.threat
}

pub(super) fn uplift_step(inputs: &Inputs) -> String {
    let (base, sum, threat) = (inputs.base.plain(), inputs.factor_sum.plain(), inputs.threat.plain());
    format!("(10 − {base}) · ({sum} ∕ 10) · {threat}")
}
