//! The ten agentic factors of OWASP AIVSS, with all their names.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::likeness::is_slip;

/// One agentic factor. Nine are common to all versions of the standard; a complete set has one of the other two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Factor {
    /// The extent of actions without a person (v0.8: Execution Autonomy).
    AutonomyOfAction,
    /// Reach and privilege of the tools (v0.8: External Tool Control Surface).
    DynamicToolUse,
    /// Planning towards a goal; in the set of v0.5 only.
    GoalDrivenPlanning,
    /// Language as a way to steer the agent; in the set of v0.8 only.
    NaturalLanguageInterface,
    /// The influence of signals from the surroundings on decisions.
    ContextualAwareness,
    /// The variation of behavior.
    NonDeterminism,
    /// The difficulty of tracing why an action was taken.
    OpacityAndReflexivity,
    /// Memory across sessions (v0.8: Persistent State Retention).
    PersistentMemory,
    /// Changes of identity at run time.
    DynamicIdentity,
    /// Cooperation with other agents.
    MultiAgentInteractions,
    /// Changes of the agent by itself.
    SelfModification,
}

struct FactorNames {
    /// The key in this project's format.
    key: &'static str,
    /// The key in OWASP's v0.8 report, which has no goal-driven planning.
    report_key: Option<&'static str>,
    /// Names in the texts of v0.5 and v0.8, and on pages that follow them.
    others: &'static [&'static str],
}

impl Factor {
    pub(crate) const SET: usize = 10;

    /// All factors, in the order of v0.8's calculation vector, the tenth of v0.5 before that of v0.8.
    pub(crate) const ALL: [Self; 11] = [
        Self::AutonomyOfAction,
        Self::DynamicToolUse,
        Self::GoalDrivenPlanning,
        Self::NaturalLanguageInterface,
        Self::ContextualAwareness,
        Self::NonDeterminism,
        Self::OpacityAndReflexivity,
        Self::PersistentMemory,
        Self::DynamicIdentity,
        Self::MultiAgentInteractions,
        Self::SelfModification,
    ];

    const fn names(self) -> FactorNames {
        let (key, report_key, others): (_, _, &[&str]) = match self {
            Self::AutonomyOfAction => ("autonomy_of_action", Some("autonomy"), &["Execution Autonomy"]),
            Self::DynamicToolUse => (
                "dynamic_tool_use",
                Some("tools"),
                &["Tool Use", "External Tool Control Surface", "Tool Control Surface"],
            ),
            Self::GoalDrivenPlanning => ("goal_driven_planning", None, &[]),
            Self::NaturalLanguageInterface => {
                ("natural_language_interface", Some("language"), &["Natural Language"])
            }
            Self::ContextualAwareness => ("contextual_awareness", Some("context"), &[]),
            Self::NonDeterminism => (
                "non_determinism",
                Some("non_determinism"),
                &["Behavioral Non-Determinism", "Behavioural Non-Determinism"],
            ),
            Self::OpacityAndReflexivity => {
                ("opacity_and_reflexivity", Some("opacity"), &["Opacity Reflexivity"])
            }
            Self::PersistentMemory => (
                "persistent_memory",
                Some("persistence"),
                &["Memory", "Memory Use", "Persistent State Retention", "State Retention"],
            ),
            Self::DynamicIdentity => ("dynamic_identity", Some("identity"), &[]),
            Self::MultiAgentInteractions => {
                ("multi_agent_interactions", Some("multi_agent"), &["Multi-Agent Interaction"])
            }
            Self::SelfModification => ("self_modification", Some("self_mod"), &[]),
        };
        FactorNames { key, report_key, others }
    }

    /// The key in this project's format.
    pub(crate) const fn key(self) -> &'static str {
        self.names().key
    }

    /// The key in OWASP's v0.8 report, which has no goal-driven planning.
    pub(crate) const fn report_key(self) -> Option<&'static str> {
        self.names().report_key
    }

    pub(crate) fn keys() -> &'static [&'static str] {
        static KEYS: LazyLock<Vec<&str>> = LazyLock::new(|| Factor::ALL.map(Factor::key).to_vec());
        &KEYS
    }

    pub(crate) fn report_keys() -> &'static [&'static str] {
        static KEYS: LazyLock<Vec<&str>> =
            LazyLock::new(|| Factor::ALL.into_iter().filter_map(Factor::report_key).collect());
        &KEYS
    }

    /// The factor with this key of this project's format.
    pub(crate) fn with_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|factor| factor.key() == key)
    }

    pub(crate) fn with_report_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|factor| factor.report_key() == Some(key))
    }

    /// The factor with a name of any version of the standard, or any key: `execution_autonomy`, `Opacity & Reflexivity`,
    /// `Tool Use`, `self-mod`. Only letters and digits are compared, in any case. A misspelling does not match, and a name of
    /// one of the two tenth factors never means the other.
    pub(crate) fn named(name: &str) -> Option<Self> {
        static NAMES: LazyLock<HashMap<String, Factor>> = LazyLock::new(|| {
            let mut names = HashMap::new();
            for factor in Factor::ALL {
                let FactorNames { key, report_key, others } = factor.names();
                let all = [key].into_iter().chain(report_key).chain(others.iter().copied());
                names.extend(all.filter_map(|name| Some((letters(name)?, factor))));
            }
            names
        });
        NAMES.get(&letters(name)?).copied()
    }

    /// The factor of the other set that replaces this one, for the two that are not common.
    pub(crate) const fn counterpart(self) -> Option<Self> {
        match self {
            Self::GoalDrivenPlanning => Some(Self::NaturalLanguageInterface),
            Self::NaturalLanguageInterface => Some(Self::GoalDrivenPlanning),
            Self::AutonomyOfAction
            | Self::DynamicToolUse
            | Self::ContextualAwareness
            | Self::NonDeterminism
            | Self::OpacityAndReflexivity
            | Self::PersistentMemory
            | Self::DynamicIdentity
            | Self::MultiAgentInteractions
            | Self::SelfModification => None,
        }
    }
}

/// Whether a key is another spelling of the right one, so that it may be renamed: a slip of the keyboard, or another name
/// of the same factor.
pub(crate) fn is_other_spelling(key: &str, right: &str) -> bool {
    is_slip(key, right) || Factor::named(key).is_some_and(|factor| Factor::named(right) == Some(factor))
}

/// The letters and digits of a name, in lower case; `None` for a text that is too long for a name.
pub(crate) fn letters(name: &str) -> Option<String> {
    const MAX_LENGTH: usize = 100;
    if name.len() > MAX_LENGTH {
        return None;
    }
    let mut letters = String::with_capacity(name.len());
    for byte in name.bytes() {
        match byte {
            b'&' => letters.push_str("and"),
            byte if byte.is_ascii_alphanumeric() => letters.push(byte.to_ascii_lowercase().into()),
            _ => {}
        }
    }
    Some(letters)
}

#[cfg(test)]
mod tests {
    use super::Factor;

    #[test]
    fn factor_is_found_by_its_names_in_every_version() {
        for (name, factor) in [
            ("Autonomy of Action", Factor::AutonomyOfAction),
            ("execution_autonomy", Factor::AutonomyOfAction),
            ("autonomy", Factor::AutonomyOfAction),
            ("Tool Use", Factor::DynamicToolUse),
            ("Dynamic Tool Use", Factor::DynamicToolUse),
            ("external_tool_control_surface", Factor::DynamicToolUse),
            ("tools", Factor::DynamicToolUse),
            ("Goal-Driven Planning", Factor::GoalDrivenPlanning),
            ("Natural Language Interface", Factor::NaturalLanguageInterface),
            ("language", Factor::NaturalLanguageInterface),
            ("context", Factor::ContextualAwareness),
            ("behavioral_non_determinism", Factor::NonDeterminism),
            ("Non\u{2011}Determinism", Factor::NonDeterminism),
            ("nonDeterminism", Factor::NonDeterminism),
            ("Opacity & Reflexivity", Factor::OpacityAndReflexivity),
            ("Opacity  and reflexivity:", Factor::OpacityAndReflexivity),
            ("Memory Use", Factor::PersistentMemory),
            ("persistent_state_retention", Factor::PersistentMemory),
            ("identity", Factor::DynamicIdentity),
            ("Multi-Agent Interactions", Factor::MultiAgentInteractions),
            ("Self-Mod", Factor::SelfModification),
            ("SELF MODIFICATION", Factor::SelfModification),
        ] {
            assert_eq!(Factor::named(name), Some(factor), "{name}");
        }
        for name in ["", "&", "planning", "autonomi", "factor", &"autonomy ".repeat(50), "autonomy autonomy"]
        {
            assert_eq!(Factor::named(name), None, "{name}");
        }
    }

    #[test]
    fn factor_names_are_unambiguous() {
        for factor in Factor::ALL {
            let names = factor.names();
            for name in [names.key].into_iter().chain(names.report_key).chain(names.others.iter().copied()) {
                assert_eq!(Factor::named(name), Some(factor), "{name}");
            }
        }
    }
}
