//! The ten core risks of OWASP AIVSS (v0.8), with the factors that raise them and the layers where they are usually seen.

use std::sync::LazyLock;

use crate::aivss::Factor::{
    self, AutonomyOfAction, ContextualAwareness, DynamicIdentity, DynamicToolUse, MultiAgentInteractions,
    NaturalLanguageInterface, NonDeterminism, OpacityAndReflexivity, PersistentMemory, SelfModification,
};
use crate::aivss::letters;
use crate::decimal::Decimal;

#[derive(Debug)]
pub(crate) struct CoreRisk {
    /// The name, which is a category of findings.
    pub(crate) name: &'static str,
    /// The entries of the ASI Top 10 of which it is the primary risk (v0.8, appendix C).
    entries: &'static [&'static str],
    /// The entries of OWASP's agentic threats that are of this risk.
    threats: &'static [&'static str],
    /// The factors that weigh most.
    pub(crate) factors: &'static [Factor],
    /// The keys of the layers of MAESTRO where it is usually seen (v0.8, appendix C).
    pub(crate) layers: &'static [&'static str],
}

/// The value from which a factor raises a risk: 0.5, the middle of OWASP's scale.
const RAISING: Decimal = Decimal::new(5, 1);

/// All core risks, in the order of the standard.
pub(crate) static CORE_RISKS: [CoreRisk; 10] = [
    CoreRisk {
        name: "Agentic AI Tool Misuse",
        entries: &["ASI02", "ASI05"],
        threats: &["T2", "T11"],
        factors: &[AutonomyOfAction, DynamicToolUse, NaturalLanguageInterface],
        layers: &["agent_ecosystem"],
    },
    CoreRisk {
        name: "Agent Access Control Violation",
        entries: &["ASI03", "ASI10"],
        threats: &["T3"],
        factors: &[DynamicToolUse, DynamicIdentity, PersistentMemory],
        layers: &["deployment_and_infrastructure", "security_and_compliance"],
    },
    CoreRisk {
        name: "Agent Cascading Failures",
        entries: &["ASI08"],
        threats: &["T4", "T5"],
        factors: &[AutonomyOfAction, MultiAgentInteractions, NonDeterminism, OpacityAndReflexivity],
        layers: &["agent_frameworks", "evaluation_and_observability"],
    },
    CoreRisk {
        name: "Agent Orchestration & Multi-Agent Exploitation",
        entries: &["ASI07"],
        threats: &["T12", "T13", "T16"],
        factors: &[AutonomyOfAction, DynamicIdentity, MultiAgentInteractions, ContextualAwareness],
        layers: &["agent_frameworks"],
    },
    CoreRisk {
        name: "Agent Identity Impersonation",
        entries: &["ASI09"],
        threats: &["T9", "T14", "T15"],
        factors: &[DynamicIdentity, OpacityAndReflexivity, NaturalLanguageInterface],
        layers: &["security_and_compliance"],
    },
    CoreRisk {
        name: "Agent Memory & Context Manipulation",
        entries: &["ASI06"],
        threats: &["T1"],
        factors: &[PersistentMemory, ContextualAwareness, OpacityAndReflexivity],
        layers: &["data_operations"],
    },
    CoreRisk {
        name: "Insecure Agent Critical Systems Interaction",
        entries: &[],
        threats: &[],
        factors: &[AutonomyOfAction, DynamicToolUse, ContextualAwareness, SelfModification],
        layers: &["deployment_and_infrastructure"],
    },
    CoreRisk {
        name: "Agent Supply Chain & Dependency Risk",
        entries: &["ASI04"],
        threats: &["T17"],
        factors: &[AutonomyOfAction, DynamicToolUse, SelfModification],
        layers: &["data_operations", "agent_ecosystem"],
    },
    CoreRisk {
        name: "Agent Untraceability",
        entries: &[],
        threats: &["T8", "T10"],
        factors: &[OpacityAndReflexivity, DynamicIdentity, NonDeterminism],
        layers: &["foundation_models", "evaluation_and_observability"],
    },
    CoreRisk {
        name: "Agent Goal & Instruction Manipulation",
        entries: &["ASI01"],
        threats: &["T6", "T7"],
        factors: &[NaturalLanguageInterface, AutonomyOfAction, NonDeterminism, ContextualAwareness],
        layers: &["foundation_models"],
    },
];

impl CoreRisk {
    /// The core risk of a category, which is its name or an entry of the ASI Top 10.
    pub(crate) fn of_category(category: &str) -> Option<&'static Self> {
        CORE_RISKS.iter().find(|risk| risk.name == category || risk.entries.contains(&category))
    }

    /// The identifiers that name it: entries of the ASI Top 10, then those of OWASP's agentic threats.
    pub(crate) fn ids(&self) -> impl Iterator<Item = &'static str> {
        self.entries.iter().chain(self.threats).copied()
    }

    /// A text by which a threat names it: its first identifier, or else its name.
    pub(crate) fn reference(&self) -> &'static str {
        self.ids().next().unwrap_or(self.name)
    }

    /// Its name, with its first identifier after it if there is one.
    pub(crate) fn name_and_id(&self) -> String {
        self.ids().next().map_or(self.name.to_owned(), |id| format!("{} ({id})", self.name))
    }

    /// A request for a threat of this risk, in words that count as a placeholder.
    pub(crate) fn question(&self) -> String {
        format!("TODO: say how {} can happen", self.name)
    }

    /// The core risk that a text names: by its name in any spelling, or by an identifier with or without more after it.
    pub(crate) fn named(text: &str) -> Option<&'static Self> {
        static NAMES: LazyLock<Vec<Option<String>>> =
            LazyLock::new(|| CORE_RISKS.iter().map(|risk| letters_of(risk.name)).collect());
        let first = text.split(|letter: char| !letter.is_ascii_alphanumeric()).next().unwrap_or_default();
        let identified = CORE_RISKS.iter().find(|risk| risk.ids().any(|id| id.eq_ignore_ascii_case(first)));
        identified.or_else(|| {
            let letters = letters_of(text);
            CORE_RISKS.get(NAMES.iter().position(|name| *name == letters)?)
        })
    }

    /// The factors of a declared set that raise it, with their values, if each of them is at least 0.5. `given` are the
    /// factors with their values; a factor that belongs to the other set of ten is left out.
    pub(crate) fn raised_by(&self, given: &[(Factor, Decimal)]) -> Option<Vec<(Factor, Decimal)>> {
        let mut raising = Vec::new();
        for factor in self.factors {
            match given.iter().find(|(other, _)| other == factor) {
                Some((factor, value)) if *value >= RAISING => raising.push((*factor, *value)),
                Some(_) => return None,
                None => {
                    let counterpart = factor.counterpart()?;
                    given.iter().find(|(other, _)| *other == counterpart)?;
                }
            }
        }
        (!raising.is_empty()).then_some(raising)
    }
}

/// A core risk that factors raise and nothing names.
#[derive(Debug)]
pub(crate) struct OpenRisk {
    pub(crate) risk: &'static CoreRisk,
    /// The factors that raise it, with their values.
    pub(crate) raising: Vec<(Factor, Decimal)>,
}

impl OpenRisk {
    /// The core risks that factors raise, without those that one of the texts names.
    pub(crate) fn all(given: &[(Factor, Decimal)], names: &[&str]) -> Vec<Self> {
        let addressed: Vec<&str> =
            names.iter().filter_map(|name| Some(CoreRisk::named(name)?.name)).collect();
        let open = CORE_RISKS.iter().filter(|risk| !addressed.contains(&risk.name));
        open.filter_map(|risk| Some(Self { risk, raising: risk.raised_by(given)? })).collect()
    }

    /// The factors with their values, and the layers, in words.
    pub(crate) fn details(&self) -> String {
        let values = self.raising.iter().map(|(factor, value)| format!("{} {value}", factor.key()));
        let values = values.collect::<Vec<_>>().join(", ");
        format!("raised by {values}, usually seen in {}", self.risk.layers.join(" and "))
    }
}

/// The letters of a name, without the words that begin the names of core risks.
fn letters_of(name: &str) -> Option<String> {
    let letters = letters(name)?;
    let mut rest = letters.as_str();
    for word in ["insecure", "agentic", "agent", "ai"] {
        rest = rest.strip_prefix(word).unwrap_or(rest);
    }
    Some(rest.to_owned())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::aivss::LayerSet;

    #[test]
    fn table_is_consistent() {
        let ids: Vec<&str> = CORE_RISKS.iter().flat_map(CoreRisk::ids).collect();
        assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len());
        assert_eq!(ids.len(), 10 + 17, "each entry of both lists is in one row");
        let schema: serde_json::Value =
            serde_json::from_str(include_str!("../../schemas/threat-model.json")).unwrap();
        let categories = schema["$defs"]["finding"]["properties"]["category"]["enum"].as_array().unwrap();
        for risk in &CORE_RISKS {
            assert!(categories.iter().any(|category| category == risk.name), "{}", risk.name);
            assert!(risk.layers.iter().all(|key| LayerSet::DEFAULT.with_key(key).is_some()), "{}", risk.name);
        }
    }

    #[test]
    fn risk_is_named_by_its_name_and_its_identifiers() {
        let named = |text: &str| CoreRisk::named(text).map(|risk| risk.name);
        for (text, name) in [
            ("Agentic AI Tool Misuse", "Agentic AI Tool Misuse"),
            ("tool misuse", "Agentic AI Tool Misuse"),
            ("ASI02", "Agentic AI Tool Misuse"),
            ("ASI05:2026 Unexpected Code Execution", "Agentic AI Tool Misuse"),
            ("t2", "Agentic AI Tool Misuse"),
            ("T11 — Unexpected RCE", "Agentic AI Tool Misuse"),
            ("T1", "Agent Memory & Context Manipulation"),
            ("Agent Memory and Context Manipulation", "Agent Memory & Context Manipulation"),
            ("Critical Systems Interaction", "Insecure Agent Critical Systems Interaction"),
        ] {
            assert_eq!(named(text), Some(name), "{text}");
        }
        for text in ["", " ", "ASI11", "T18", "T", "T2b", "CWE-2", "Misuse", "agent", "エージェント", "2"]
        {
            assert_eq!(named(text), None, "{text}");
        }
    }

    #[test]
    fn factor_of_the_other_set_is_left_out() {
        let misuse = &CORE_RISKS[0];
        let given = |tenth: Factor, value: i64| {
            [AutonomyOfAction, DynamicToolUse]
                .map(|factor| (factor, Decimal::ONE))
                .into_iter()
                .chain([(tenth, Decimal::new(value, 1))])
                .collect::<Vec<_>>()
        };
        let raised = |given: &[(Factor, Decimal)]| misuse.raised_by(given).map(|raising| raising.len());
        assert_eq!(raised(&given(NaturalLanguageInterface, 5)), Some(3));
        assert_eq!(raised(&given(NaturalLanguageInterface, 4)), None);
        assert_eq!(raised(&given(Factor::GoalDrivenPlanning, 0)), Some(2));
        assert_eq!(raised(&given(SelfModification, 9)), None, "a factor is missing");
        assert_eq!(raised(&[]), None);
    }
}
