//! AIVSS v0.8 with the amendment proposed for v1: mitigation lowers only the uplift, so a score is never below its CVSS base.

use crate::aivss::Factor;
use crate::aivss::v0_8;
use crate::aivss::{Formula, MITIGATION_LEVELS, Steps, THREAT_LEVELS};

pub(crate) static FORMULA: Formula = Formula {
    version: "0.8-floor",
    cites: "OWASP AIVSS v0.8, section 3, as amended for v1: mitigation applies to the uplift",
    tenth: Factor::NaturalLanguageInterface,
    threat: THREAT_LEVELS,
    mitigation: MITIGATION_LEVELS,
    uplift: v0_8::uplift,
    total: |inputs, uplift| inputs.base + uplift * inputs.mitigation,
    steps: |inputs, uplift| Steps {
        uplift: Some(v0_8::uplift_step(inputs)),
        total: format!("{} + {} · {}", inputs.base.plain(), uplift.plain(), inputs.mitigation.plain()),
    },
    stages: |inputs, uplift| v0_8::stages(inputs, uplift, inputs.base + uplift * inputs.mitigation),
    in_floats: |given| {
        given.base + (10.0 - given.base) * (given.sum / 10.0) * given.threat * given.mitigation
    },
};
