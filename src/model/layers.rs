//! MAESTRO's seven layers, and what counts as an answer to one.

use crate::diagnostic::Fix;
use crate::model::Spanned;
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

    /// The layer with this key.
    pub fn with_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.key() == key)
    }

    /// The layer that a name means: `Foundation Models`, `Layer 4: Deployment & Infrastructure`, `6. security-and-compliance`.
    /// Letters alone are compared, in any case.
    pub fn named(name: &str) -> Option<Self> {
        const LONGEST: usize = 80;
        let letters = |name: &str| -> String {
            let small = name.to_lowercase().replace('&', "and");
            small.chars().filter(char::is_ascii_alphabetic).collect()
        };
        if name.len() > LONGEST {
            return None;
        }
        // A remark in brackets, a number or a word for it may stand around the name.
        let name = name
            .trim()
            .strip_suffix(')')
            .and_then(|name| name.rsplit_once(" ("))
            .map_or(name, |(name, _)| name);
        let asked = letters(name);
        let asked = asked.strip_prefix("layer").unwrap_or(&asked);
        let asked = asked.strip_suffix("vertical").unwrap_or(asked);
        let asked = asked.strip_suffix("layer").unwrap_or(asked);
        Self::ALL
            .into_iter()
            .find(|kind| letters(kind.key()) == asked || letters(kind.key()).replace("and", "") == asked)
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
    pub key_span: Span,
    /// Whether the block stands in the file.
    pub written: bool,
    /// Each of the seven, in MAESTRO's order.
    pub layers: Vec<Layer<'t>>,
    /// Edits that write forms to be filled in for the layers that are missing, where they can be written.
    pub stubs: Option<Fix>,
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
    pub analysis: Option<Spanned<&'t str>>,
    /// Why it does not apply, where that is said.
    pub reason: Option<&'t str>,
    /// The threats listed.
    pub threats: Vec<Threat<'t>>,
    /// Edits that write a form to be filled in where the layer is there and empty, where it can be written.
    pub stub: Option<Fix>,
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
    /// All its bytes.
    pub whole: Span,
    /// Its identifier.
    pub id: Option<&'t str>,
    /// Whether its title is more than a placeholder.
    pub named: bool,
    /// What it is called.
    pub title: Option<&'t str>,
    /// Where it stands, in the file's word.
    pub status: Option<&'t str>,
    /// What is done about it, when that is more than a placeholder.
    pub mitigation: Option<&'t str>,
    /// Whether it is declared open; a threat without a status is.
    pub open: bool,
}

impl Threat<'_> {
    /// The name by which a threat stays the same in its layer, whatever is added above it: an identifier of its own, else its
    /// title. Identifiers such as `T2` are categories, and repeat.
    fn own_name(&self) -> Option<&str> {
        let is_category = |id: &str| {
            let number = id.strip_prefix(['T', 't']);
            number
                .is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
        };
        let id = self.id.filter(|id| !id.trim().is_empty() && !is_category(id.trim()));
        id.or(self.title).map(str::trim).filter(|name| !name.is_empty())
    }
}

impl Layer<'_> {
    /// The name of the threat at an index of the list; of several with the same name, all but the first have a number.
    pub fn threat_name(&self, index: usize) -> Option<String> {
        let name = self.threats.get(index)?.own_name()?;
        let before = self.threats[..index].iter().filter(|other| other.own_name() == Some(name)).count();
        Some(if before == 0 { name.to_owned() } else { format!("{name} ({})", before + 1) })
    }

    /// The bytes of the text at which a layer that counts as mapped says that it is not certain, if it does.
    pub fn hedge(&self) -> Option<std::ops::Range<usize>> {
        const OPENING: &str = "not certain";
        let (Answer::Mapped, Some(analysis)) = (self.answer, self.analysis) else { return None };
        let start = analysis.value.find(char::is_alphanumeric)?;
        let opening = analysis.value.get(start..start + OPENING.len())?;
        opening.eq_ignore_ascii_case(OPENING).then_some(start..start + OPENING.len())
    }
}
