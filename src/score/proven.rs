//! The score that a file proves: inputs that lower a score count only as far as the standard or the evidence carries them.

use crate::aivss::{Band, Formula, NamedMultiplier, Working};
use crate::decimal::Decimal;
use crate::score::Scored;

/// The proven score, and why it differs from the computed one.
#[derive(Clone, Debug)]
pub struct Proven {
    /// The computation with the inputs as far as they are proven.
    pub working: Working,
    /// The computed score.
    computed: Decimal,
    /// One phrase for each input that counts otherwise; empty where the two scores are computed from the same inputs.
    reasons: Vec<String>,
}

impl Proven {
    /// The proven score of a computed one.
    fn of(scored: &Scored<'_>, computed: &Working) -> Self {
        let mut inputs = computed.inputs;
        let mut reasons = Vec::new();
        if let Some(floor) = computed.formula.threat_floor().filter(|floor| inputs.threat < *floor) {
            reasons.push(format!("with the threat multiplier {} counted as {floor}", inputs.threat));
            inputs.threat = floor;
        }
        if let Some(floor) = computed.formula.mitigation_floor() {
            if inputs.mitigation < Decimal::ONE && scored.declared.evidence.is_none() {
                reasons.push(format!("without evidence for the mitigation factor {}", inputs.mitigation));
                inputs.mitigation = Decimal::ONE;
            } else if inputs.mitigation < floor {
                reasons.push(format!("with the mitigation factor {} counted as {floor}", inputs.mitigation));
                inputs.mitigation = floor;
            }
        }
        Self { working: computed.formula.work(inputs), computed: computed.score, reasons }
    }

    /// The proven score.
    pub const fn score(&self) -> Decimal {
        self.working.score
    }

    /// The band of the proven score.
    pub const fn band(&self) -> Band {
        self.working.band
    }

    /// Whether the proven score is another than the computed one.
    pub fn differs(&self) -> bool {
        self.score() != self.computed
    }

    /// The computed score, the proven one and the reasons, for a message; `None` where both are the same.
    pub fn difference(&self) -> Option<String> {
        self.differs().then(|| {
            let (computed, proven) = (self.computed, self.score());
            format!("{computed}, {proven} {}", self.reasons.join(" and "))
        })
    }
}

impl Scored<'_> {
    /// The proven score, which limits and approvals are held against; `None` where no score can be computed.
    pub fn proven(&self) -> Option<Proven> {
        self.working.as_ref().map(|computed| Proven::of(self, computed))
    }
}

impl Formula {
    /// The lowest threat multiplier that is published.
    pub fn threat_floor(&self) -> Option<Decimal> {
        lowest(self.threat)
    }

    /// The lowest mitigation factor that is published; `None` for a formula without mitigation.
    pub fn mitigation_floor(&self) -> Option<Decimal> {
        lowest(self.mitigation)
    }
}

fn lowest(levels: &[NamedMultiplier]) -> Option<Decimal> {
    levels.iter().map(|level| level.value).min()
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
