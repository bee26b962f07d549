//! The ten agentic factors of OWASP AIVSS, under all the names they go by.

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

    /// The factor with this key of this project's format.
    pub fn with_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|factor| factor.key() == key)
    }

    /// The factor with this key of OWASP's report.
    pub fn with_report_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|factor| factor.report_key() == Some(key))
    }

    /// What the points of the scale mean for it; `None` for goal-driven planning, of which v0.5 gives no such words.
    pub const fn scale(self) -> Option<&'static str> {
        Some(match self {
            Self::GoalDrivenPlanning => return None,
            Self::AutonomyOfAction => {
                "0.0: a person is always in the loop; 0.5: on its own only in sandboxes or off the critical path; 1.0: commits in production or critical systems"
            }
            Self::DynamicToolUse => {
                "0.0: read-only or none; 0.5: read and write, scoped and allow-listed; 1.0: broad and high-authority (cloud, CI/CD, SQL, OT)"
            }
            Self::NaturalLanguageInterface => {
                "0.0: structured input only; 0.5: for retrieval or answers, not for execution; 1.0: prompts drive tools and planning"
            }
            Self::ContextualAwareness => "0.0: none; 0.5: narrow signals; 1.0: broad signals",
            Self::NonDeterminism => {
                "0.0: rule-based, fixed seed; 0.5: bounded by strict guardrails; 1.0: high variance, weak guards"
            }
            Self::OpacityAndReflexivity => "0.0: fully traceable; 0.5: partial logs; 1.0: cannot be traced",
            Self::PersistentMemory => "0.0: stateless; 0.5: within a session; 1.0: across sessions",
            Self::DynamicIdentity => {
                "0.0: one fixed identity; 0.5: limited, scoped swaps; 1.0: assumes roles or crosses tenants"
            }
            Self::MultiAgentInteractions => {
                "0.0: isolated; 0.5: one or two known agents; 1.0: swarms and complex orchestration"
            }
            Self::SelfModification => {
                "0.0: static; 0.5: its own prompts or configuration; 1.0: tools, control flow, generated code"
            }
        })
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

#[cfg(test)]
mod tests {
    use super::Factor;
    use crate::schema::Schema;

    #[test]
    fn the_scale_is_that_of_the_schema() {
        let schema: serde_json::Value = serde_json::from_str(Schema::ThreatModel.text()).unwrap();
        let factors = &schema["$defs"]["assessment"]["properties"]["factors"]["properties"];
        for factor in Factor::ALL {
            let description = factors[factor.key()]["description"].as_str().unwrap();
            assert!(description.contains(factor.scale().unwrap_or_default()), "{factor:?}");
        }
    }
}
