//! MAESTRO's seven layers, and what counts as an answer to one.

use super::At;
use crate::source::Span;

/// One of the seven layers of MAESTRO (Cloud Security Alliance).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LayerKind {
    /// 1: models, their interfaces and weights.
    FoundationModels,
    /// 2: training data, retrieval, memory inputs.
    DataOperations,
    /// 3: agent logic, planners, orchestration.
    AgentFrameworks,
    /// 4: cloud, runtimes, sandboxes.
    DeploymentAndInfrastructure,
    /// 5: monitoring, logging, evaluation.
    EvaluationAndObservability,
    /// 6: identity, policy and compliance across the others.
    SecurityAndCompliance,
    /// 7: external tools, marketplaces, other agents.
    AgentEcosystem,
}

impl LayerKind {
    /// The layers in MAESTRO's order.
    pub const ALL: [Self; 7] = [
        Self::FoundationModels,
        Self::DataOperations,
        Self::AgentFrameworks,
        Self::DeploymentAndInfrastructure,
        Self::EvaluationAndObservability,
        Self::SecurityAndCompliance,
        Self::AgentEcosystem,
    ];

    /// The layer's key in a threat model.
    pub const fn key(self) -> &'static str {
        match self {
            Self::FoundationModels => "foundation_models",
            Self::DataOperations => "data_operations",
            Self::AgentFrameworks => "agent_frameworks",
            Self::DeploymentAndInfrastructure => "deployment_and_infrastructure",
            Self::EvaluationAndObservability => "evaluation_and_observability",
            Self::SecurityAndCompliance => "security_and_compliance",
            Self::AgentEcosystem => "agent_ecosystem",
        }
    }

    /// What belongs into the layer, to remind whoever left it blank.
    pub const fn holds(self) -> &'static str {
        match self {
            Self::FoundationModels => "models, their interfaces and weights",
            Self::DataOperations => "training data, retrieval, vector stores, memory inputs",
            Self::AgentFrameworks => "agent logic, planners, tool orchestration",
            Self::DeploymentAndInfrastructure => "cloud, runtimes, sandboxes",
            Self::EvaluationAndObservability => "monitoring, logging, evaluation, guardrails",
            Self::SecurityAndCompliance => "identity, policy, compliance",
            Self::AgentEcosystem => "external tools, plugins, MCP servers, other agents",
        }
    }
}

/// The block of all layers.
#[derive(Debug)]
pub struct Maestro<'t> {
    /// The block's key, or the model's first where there is no block.
    pub heading: Span,
    /// Whether the block stands in the file.
    pub written: bool,
    /// Each of the seven, in MAESTRO's order.
    pub layers: Vec<Layer<'t>>,
}

/// What the file says of one layer.
#[derive(Debug)]
pub struct Layer<'t> {
    /// Which layer.
    pub kind: LayerKind,
    /// The layer's value; its key where that is empty, the block's key where the layer is missing.
    pub span: Span,
    /// The answer, decided here once.
    pub answer: Answer<'t>,
    /// The layer's text, when it is more than a placeholder.
    pub analysis: Option<At<&'t str>>,
    /// The threats listed.
    pub threats: Vec<Threat<'t>>,
}

/// How a layer is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer<'t> {
    /// Pinned down from what is known.
    Mapped,
    /// Left open with a statement that it is.
    Uncertain,
    /// Does not apply, for a reason or for none.
    NotApplicable {
        /// Whether a reason is given.
        reasoned: bool,
    },
    /// Not answered.
    Blank(Blank<'t>),
    /// Out of shape; the schema's rule speaks of it.
    Unreadable,
}

/// The forms of blank.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blank<'t> {
    /// The key is not there.
    Missing,
    /// The key is there, and nothing, or only white space, behind it.
    Empty,
    /// Only a word that stands for an answer to come.
    Placeholder(&'t str),
}

/// A threat of a layer.
#[derive(Debug)]
pub struct Threat<'t> {
    /// Where it stands.
    pub span: Span,
    /// What it is called.
    pub title: Option<&'t str>,
    /// Whether it is declared open; a threat without a status is.
    pub open: bool,
}

/// The blank form of a text, if it is blank.
pub fn blank(text: &str) -> Option<Blank<'_>> {
    let trimmed = text.trim();
    if trimmed.is_empty() {
        return Some(Blank::Empty);
    }
    let word = trimmed.trim_matches(|letter: char| !letter.is_alphanumeric());
    let words =
        ["todo", "tbd", "tba", "tbc", "fixme", "n/a", "na", "xxx", "placeholder", "lorem", "lorem ipsum"];
    let only_punctuation = word.is_empty();
    let is_placeholder = words.iter().any(|placeholder| word.eq_ignore_ascii_case(placeholder));
    // "TODO: ask the platform team" is a note about an answer, not one.
    let opens_as_one = ["todo", "tbd", "fixme", "lorem ipsum"].iter().any(|opening| {
        word.get(..opening.len()).is_some_and(|start| start.eq_ignore_ascii_case(opening))
            && !word[opening.len()..].starts_with(char::is_alphanumeric)
    });
    (only_punctuation || is_placeholder || opens_as_one).then_some(Blank::Placeholder(trimmed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_blank_and_short_answers_are_not() {
        for text in
            ["TODO", "tbd.", "N/A", "-", "?", "...", "…", "lorem", "Lorem ipsum dolor", "TODO: ask", "—"]
        {
            assert_eq!(blank(text), Some(Blank::Placeholder(text)), "{text}");
        }
        assert_eq!(blank(" \n\t"), Some(Blank::Empty));
        for text in ["Todos are kept in a vector store.", "NAT only.", "None known.", "否", "Tbdb is used."]
        {
            assert_eq!(blank(text), None, "{text}");
        }
    }
}
