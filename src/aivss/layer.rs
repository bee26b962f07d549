//! MAESTRO's layers (Cloud Security Alliance) as data. A set has a version: a later set is another table.

use crate::aivss::letters;

/// One layer of a set.
#[derive(Debug)]
struct LayerRow {
    key: &'static str,
    /// Another key that is read as this layer.
    alias: Option<&'static str>,
    /// The contents in a few words.
    contents: &'static str,
    /// Names in documents besides the key, in lower-case letters without spaces.
    names: &'static [&'static str],
}

/// A set of layers.
#[derive(Debug)]
pub(crate) struct LayerSet {
    /// The value of `maestro.version`.
    pub(crate) version: &'static str,
    rows: &'static [LayerRow],
}

/// The seven layers of MAESTRO's first version.
static SEVEN: LayerSet = LayerSet {
    version: "1",
    rows: &[
        LayerRow {
            key: "foundation_models",
            alias: None,
            contents: "models, their interfaces and weights",
            names: &["foundationmodel", "foundationalmodels", "foundationalmodel"],
        },
        LayerRow {
            key: "data_operations",
            alias: None,
            contents: "training data, retrieval, vector stores, memory inputs",
            names: &["dataops", "dataoperation"],
        },
        LayerRow {
            key: "agent_frameworks",
            alias: None,
            contents: "agent logic, planners, tool orchestration",
            names: &["agentframework", "agenticframeworks", "agenticframework"],
        },
        LayerRow {
            key: "deployment_and_infrastructure",
            alias: Some("deployment_infrastructure"),
            contents: "cloud, runtimes, sandboxes",
            names: &["deploymentinfrastructure"],
        },
        LayerRow {
            key: "evaluation_and_observability",
            alias: None,
            contents: "monitoring, logging, evaluation, guardrails",
            names: &["evaluationobservability", "evaluationsandobservability", "evaluationsobservability"],
        },
        LayerRow {
            key: "security_and_compliance",
            alias: None,
            contents: "identity, policy, compliance",
            names: &["securitycompliance"],
        },
        LayerRow {
            key: "agent_ecosystem",
            alias: None,
            contents: "external tools, plugins, MCP servers, other agents",
            names: &["agentecosystems", "agenticecosystem", "agenticecosystems"],
        },
    ],
};

impl LayerSet {
    /// All sets, the default one first.
    const ALL: [&'static Self; 1] = [&SEVEN];

    /// The set of a threat model that names no version.
    pub(crate) const DEFAULT: &'static Self = Self::ALL[0];

    pub(crate) fn with_version(version: &str) -> Option<&'static Self> {
        Self::ALL.into_iter().find(|set| set.version == version)
    }

    /// The layers in the set's order.
    pub(crate) fn layers(&'static self) -> impl ExactSizeIterator<Item = LayerKind> {
        (0..self.rows.len()).map(move |at| LayerKind { set: self, at })
    }

    /// The layer with a key or its alias.
    pub(crate) fn with_key(&'static self, key: &str) -> Option<LayerKind> {
        self.layers().find(|kind| kind.keys().any(|own| own == key))
    }

    /// The layer that a name means: `Foundation Models`, `Layer 4: Deployment & Infrastructure`, `6. security-and-compliance`.
    /// Only letters are compared, in any case. A remark in parentheses, a number or the word `layer` is skipped.
    pub(crate) fn named(&'static self, name: &str) -> Option<LayerKind> {
        let name = name.trim();
        let remark = name.strip_suffix(')').and_then(|name| name.rsplit_once(" ("));
        let mut name = letters(remark.map_or(name, |(name, _)| name))?;
        name.retain(|letter| !letter.is_ascii_digit());
        let name = name.strip_prefix("layer").unwrap_or(&name);
        let name = name.strip_suffix("vertical").unwrap_or(name);
        let name = name.strip_suffix("layer").unwrap_or(name);
        self.layers().find(|kind| kind.key().replace('_', "") == name || kind.row().names.contains(&name))
    }
}

/// A layer of a set, such as Foundation Models. Layers are in the order of their set.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LayerKind {
    set: &'static LayerSet,
    at: usize,
}

impl LayerKind {
    fn row(self) -> &'static LayerRow {
        &self.set.rows[self.at]
    }

    /// The layer's key in a threat model.
    pub(crate) fn key(self) -> &'static str {
        self.row().key
    }

    /// The layer's key, and then its alias.
    pub(crate) fn keys(self) -> impl Iterator<Item = &'static str> {
        std::iter::once(self.key()).chain(self.row().alias)
    }

    /// The layer's contents in a few words.
    pub(crate) fn contents(self) -> &'static str {
        self.row().contents
    }
}

impl PartialEq for LayerKind {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for LayerKind {}

impl PartialOrd for LayerKind {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for LayerKind {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.set.version, self.at).cmp(&(other.set.version, other.at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layer_is_found_by_its_names() {
        for (name, key) in [
            ("Foundation Models", "foundation_models"),
            ("Layer 1: Foundational Models", "foundation_models"),
            ("2. Data Ops", "data_operations"),
            ("Agent Framework (Layer 3)", "agent_frameworks"),
            ("Layer 4: Deployment & Infrastructure", "deployment_and_infrastructure"),
            ("deployment_infrastructure", "deployment_and_infrastructure"),
            ("Evaluations and Observability", "evaluation_and_observability"),
            ("Security and Compliance (vertical)", "security_and_compliance"),
            ("Agentic Ecosystem", "agent_ecosystem"),
        ] {
            assert_eq!(LayerSet::DEFAULT.named(name).map(LayerKind::key), Some(key), "{name}");
        }
        assert!(LayerSet::DEFAULT.named("Data").is_none());
    }

    #[test]
    fn keys_of_a_set_are_those_of_the_schema() {
        let schema: serde_json::Value =
            serde_json::from_str(include_str!("../../schemas/threat-model.json")).unwrap();
        let maestro = &schema["properties"]["maestro"]["properties"];
        for kind in LayerSet::DEFAULT.layers() {
            for key in kind.keys() {
                assert!(maestro.get(key).is_some(), "{key}");
            }
        }
        let versions = maestro["version"]["enum"].as_array().unwrap();
        for set in LayerSet::ALL {
            assert!(versions.iter().any(|version| version == set.version), "{}", set.version);
            assert!(LayerSet::with_version(set.version).is_some());
        }
    }
}
