//! The score that a file proves: an input lowers it only down to the lowest published value, mitigation only with evidence.

use crate::aivss::{Band, Working};
use crate::decimal::Decimal;
use crate::score::Scored;

/// The proven score, and the reasons why it differs from the computed one.
#[derive(Clone, Debug)]
pub struct Proven {
    /// The computation with the inputs as far as they are proven.
    pub working: Working,
    /// The computed score.
    computed: Decimal,
    /// A phrase for each input that is replaced.
    reasons: Vec<String>,
}

impl Scored {
    /// The proven score, to which limits and approvals apply; `None` if no score can be computed.
    pub fn proven(&self) -> Option<Proven> {
        let computed = self.working.as_ref()?;
        let mut inputs = computed.inputs;
        let mut reasons = Vec::new();
        if let Some(floor) = computed.formula.threat_floor().filter(|floor| inputs.threat < *floor) {
            reasons.push(format!("with the threat multiplier {} counted as {floor}", inputs.threat));
            inputs.threat = floor;
        }
        if let Some(floor) = computed.formula.mitigation_floor() {
            if inputs.mitigation < Decimal::ONE && self.declared.evidence.is_none() {
                reasons.push(format!("without evidence for the mitigation factor {}", inputs.mitigation));
                inputs.mitigation = Decimal::ONE;
            } else if inputs.mitigation < floor {
                reasons.push(format!("with the mitigation factor {} counted as {floor}", inputs.mitigation));
                inputs.mitigation = floor;
            }
        }
        Some(Proven { working: computed.formula.work(inputs), computed: computed.score, reasons })
    }
}

impl Proven {
    /// The proven score.
    pub const fn score(&self) -> Decimal {
        self.working.score
    }

    /// The band of the proven score.
    pub const fn band(&self) -> Band {
        self.working.band
    }

    /// Whether the proven score differs from the computed one.
    pub fn differs(&self) -> bool {
        self.score() != self.computed
    }

    /// The computed score, the proven one and the reasons, for a message; `None` if they are equal.
    pub fn difference(&self) -> Option<String> {
        let (computed, proven) = (self.computed, self.score());
        self.differs().then(|| format!("{computed}, {proven} {}", self.reasons.join(" and ")))
    }
}

#[cfg(test)]
mod tests {
    use crate::model::Format;
    use crate::score::score;
    use crate::source::Source;
    use crate::syntax;

    /// The computed and the proven score of the stock model with these lines in place of its mitigation factor.
    fn scores(lines: &str, version: &str) -> (String, Option<String>) {
        let text = include_str!("../rules/stock.yaml")
            .replace("  threat_multiplier: 0.97\n  mitigation_factor: 1.0\n", lines)
            .replace("version: '0.8'", &format!("version: '{version}'"));
        let source = Source::decode("a.yaml", text.into_bytes());
        let document = syntax::parse(&source);
        let model = Format::Native.read(document.roots().next().unwrap());
        let scored = score(model.assessment.as_ref().unwrap());
        let proven = scored.proven().unwrap();
        (proven.score().to_string(), proven.difference())
    }

    #[test]
    fn proven_score_counts_only_what_is_shown() {
        let evidence = "  mitigation_evidence: Sandbox escape tests.\n";
        for (lines, version, proven, difference) in [
            ("", "0.8", "9.4", None),
            (
                "  mitigation_factor: 0.83\n",
                "0.8",
                "9.4",
                Some("7.8, 9.4 without evidence for the mitigation factor 0.83"),
            ),
            (
                "  mitigation_factor: strong\n",
                "0.8",
                "9.4",
                Some("6.3, 9.4 without evidence for the mitigation factor 0.67"),
            ),
            (&*format!("  mitigation_factor: 0.83\n{evidence}"), "0.8", "7.8", None),
            (
                &*format!("  mitigation_factor: 0.0001\n{evidence}"),
                "0.8",
                "6.3",
                Some("0.0, 6.3 with the mitigation factor 0.0001 counted as 0.67"),
            ),
            (
                "  threat_multiplier: 0.0001\n",
                "0.8",
                "8.3",
                Some("7.1, 8.3 with the threat multiplier 0.0001 counted as 0.50"),
            ),
            (
                "  threat_multiplier: 0.1\n  mitigation_factor: 0.5\n",
                "0.8",
                "8.3",
                Some(
                    "3.7, 8.3 with the threat multiplier 0.1 counted as 0.50 and without evidence for the mitigation factor 0.5",
                ),
            ),
            ("  threat_multiplier: unreported\n", "0.8", "8.3", None),
            ("  mitigation_factor: 0.5\n", "0.5", "7.3", None),
            (
                "  threat_multiplier: 1e-4\n",
                "0.5",
                "3.8",
                Some("0.0, 3.8 with the threat multiplier 0.0001 counted as 0.50"),
            ),
        ] {
            let found = scores(lines, version);
            assert_eq!((&*found.0, found.1.as_deref()), (proven, difference), "{version} {lines}");
        }
    }
}
