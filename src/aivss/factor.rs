//! The ten agentic factors of OWASP AIVSS, under all the names they go by.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::did_you_mean::is_slip;
use crate::schema::Schema;

/// One agentic factor. Nine are common to all versions of the standard; a set is complete with exactly one of the
/// two that are not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Factor {
    /// How far the agent commits actions without a person (v0.8: Execution Autonomy).
    AutonomyOfAction,
    /// Reach and privilege of the tools (v0.8: External Tool Control Surface).
    DynamicToolUse,
    /// Planning towards a goal; in the set of v0.5 only.
    GoalDrivenPlanning,
    /// Language as a way to steer the agent; in the set of v0.8 only.
    NaturalLanguageInterface,
    /// How far signals from the surroundings drive decisions.
    ContextualAwareness,
    /// How much behaviour varies.
    NonDeterminism,
    /// How hard it is to trace why an action was taken.
    OpacityAndReflexivity,
    /// What is remembered (v0.8: Persistent State Retention).
    PersistentMemory,
    /// Whether identity changes at run time.
    DynamicIdentity,
    /// How the agent works with others.
    MultiAgentInteractions,
    /// What the agent changes about itself.
    SelfModification,
}

impl Factor {
    /// How many factors make a set.
    pub const SET: usize = 10;

    /// All factors, in the order of v0.8's calculation vector, the tenth of v0.5 before that of v0.8.
    pub const ALL: [Self; 11] = [
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

    /// The key in this project's format.
    pub const fn key(self) -> &'static str {
        match self {
            Self::AutonomyOfAction => "autonomy_of_action",
            Self::DynamicToolUse => "dynamic_tool_use",
            Self::GoalDrivenPlanning => "goal_driven_planning",
            Self::NaturalLanguageInterface => "natural_language_interface",
            Self::ContextualAwareness => "contextual_awareness",
            Self::NonDeterminism => "non_determinism",
            Self::OpacityAndReflexivity => "opacity_and_reflexivity",
            Self::PersistentMemory => "persistent_memory",
            Self::DynamicIdentity => "dynamic_identity",
            Self::MultiAgentInteractions => "multi_agent_interactions",
            Self::SelfModification => "self_modification",
        }
    }

    /// The key in OWASP's v0.8 report, which has no goal-driven planning.
    pub const fn report_key(self) -> Option<&'static str> {
        match self {
            Self::AutonomyOfAction => Some("autonomy"),
            Self::DynamicToolUse => Some("tools"),
            Self::GoalDrivenPlanning => None,
            Self::NaturalLanguageInterface => Some("language"),
            Self::ContextualAwareness => Some("context"),
            Self::NonDeterminism => Some("non_determinism"),
            Self::OpacityAndReflexivity => Some("opacity"),
            Self::PersistentMemory => Some("persistence"),
            Self::DynamicIdentity => Some("identity"),
            Self::MultiAgentInteractions => Some("multi_agent"),
            Self::SelfModification => Some("self_mod"),
        }
    }

    /// The keys of this project's format.
    pub fn keys() -> &'static [&'static str] {
        static KEYS: LazyLock<Vec<&str>> =
            LazyLock::new(|| Factor::ALL.into_iter().map(Factor::key).collect());
        &KEYS
    }

    /// The keys of OWASP's report.
    pub fn report_keys() -> &'static [&'static str] {
        static KEYS: LazyLock<Vec<&str>> =
            LazyLock::new(|| Factor::ALL.into_iter().filter_map(Factor::report_key).collect());
        &KEYS
    }

    /// The factor with this key of this project's format.
    pub fn with_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|factor| factor.key() == key)
    }

    /// The factor with this key of OWASP's report.
    pub fn with_report_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|factor| factor.report_key() == Some(key))
    }

    /// The factor that a name means, in whatever version of the standard and by whatever key: `execution_autonomy`,
    /// `Opacity & Reflexivity`, `Tool Use`, `self-mod`. Letters and digits alone are compared, in any case. A slip of the
    /// spelling is no name, and no name of one of the two tenth factors means the other.
    pub fn named(name: &str) -> Option<Self> {
        static NAMES: LazyLock<HashMap<String, Factor>> = LazyLock::new(|| {
            let names =
                Factor::ALL.into_iter().flat_map(|factor| factor.names().map(move |name| (name, factor)));
            names.filter_map(|(name, factor)| Some((letters(name)?, factor))).collect()
        });
        NAMES.get(&letters(name)?).copied()
    }

    /// All that the factor goes by.
    fn names(self) -> impl Iterator<Item = &'static str> {
        let keys = [Some(self.key()), self.report_key()].into_iter().flatten();
        keys.chain(self.other_names().iter().copied())
    }

    /// What the factor is called elsewhere: in the text of v0.5, in that of v0.8, on pages that follow them.
    const fn other_names(self) -> &'static [&'static str] {
        match self {
            Self::AutonomyOfAction => &["Execution Autonomy"],
            Self::DynamicToolUse => &["Tool Use", "External Tool Control Surface", "Tool Control Surface"],
            Self::NaturalLanguageInterface => &["Natural Language"],
            Self::NonDeterminism => &["Behavioral Non-Determinism", "Behavioural Non-Determinism"],
            Self::OpacityAndReflexivity => &["Opacity Reflexivity"],
            Self::PersistentMemory => {
                &["Memory", "Memory Use", "Persistent State Retention", "State Retention"]
            }
            Self::MultiAgentInteractions => &["Multi-Agent Interaction"],
            Self::GoalDrivenPlanning
            | Self::ContextualAwareness
            | Self::DynamicIdentity
            | Self::SelfModification => &[],
        }
    }

    /// What it is about, and what 0.0, 0.5 and 1.0 mean for it: the words of the schema.
    pub fn description(self) -> &'static str {
        Schema::ThreatModel.description(&["aivss", "factors", self.key()]).unwrap_or_default()
    }

    /// What 0.0, 0.5 and 1.0 mean for it, out of its description; `None` for goal-driven planning, of which v0.5 does not say.
    pub fn scale(self) -> Option<&'static str> {
        let description = self.description();
        let scale = &description[description.find("0.0:")?..];
        Some(scale.split_once(". ").map_or(scale.trim_end_matches('.'), |(scale, _)| scale))
    }

    /// The factor that stands in this one's place in the other set, for the two that are not common.
    pub const fn counterpart(self) -> Option<Self> {
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
pub fn is_other_spelling(key: &str, right: &str) -> bool {
    is_slip(key, right) || Factor::named(key).is_some_and(|factor| Factor::named(right) == Some(factor))
}

/// The letters and digits of a name, small; nothing for what is too long to be one.
fn letters(name: &str) -> Option<String> {
    const LONGEST: usize = 100;
    let is_name = |letter: &char| letter.is_ascii_alphanumeric();
    (name.len() <= LONGEST).then(|| {
        name.replace('&', " and ").chars().filter(is_name).map(|letter| letter.to_ascii_lowercase()).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::Factor;

    #[test]
    fn factors_are_known_by_their_names_in_every_version() {
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
    fn no_name_means_two_factors() {
        for factor in Factor::ALL {
            for name in factor.names() {
                assert_eq!(Factor::named(name), Some(factor), "{name}");
            }
        }
    }

    #[test]
    fn every_factor_is_described() {
        for factor in Factor::ALL {
            assert!(factor.description().ends_with('.'), "{factor:?}");
            let is_bare = factor == Factor::GoalDrivenPlanning;
            assert_eq!(
                factor.scale().map(|scale| scale.matches("; ").count()),
                (!is_bare).then_some(2),
                "{factor:?}"
            );
        }
    }
}
