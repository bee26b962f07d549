//! The parts of the tables' rows: threat models that pass, and one part of them put in another's place.

/// A threat model that passes; its score is in line 22, and it has 31 lines.
pub(crate) const MODEL: &str = "\
aivss_threat_model: 1
agent:
  name: Planner
  summary: Plans trips.
aivss:
  version: '0.8'
  cvss: CVSS:4.0/AV:N/AC:H/AT:N/PR:L/UI:N/VC:N/VI:N/VA:H/SC:N/SI:H/SA:H
  cvss_base: 7.1
  factors:
    autonomy_of_action: 1.0
    dynamic_tool_use: 0.5
    natural_language_interface: 1.0
    contextual_awareness: 1.0
    non_determinism: 1.0
    opacity_and_reflexivity: 1.0
    persistent_memory: 0.5
    dynamic_identity: 0.5
    multi_agent_interactions: 1.0
    self_modification: 0.5
  threat_multiplier: 0.97
  mitigation_factor: 1.0
  score: 9.4
  severity: Critical
maestro:
  foundation_models: Prompt injection through pages that the model reads.
  data_operations: Poisoned pages can reach the vector store.
  agent_frameworks: The planner can be steered into loops.
  deployment_and_infrastructure: The sandbox shares a kernel with the host.
  evaluation_and_observability: Logs leave out what the tools were given.
  security_and_compliance: One service account serves all tenants.
  agent_ecosystem: Any server of tools can be added by a user.
";

/// The same in JSON: the summary is in line 2, the score in line 8.
pub(crate) const JSON: &str = r#"{"aivss_threat_model": 1,
"agent": {"name": "Planner", "summary": "Plans trips."},
"aivss": {"version": "0.8", "cvss": "CVSS:4.0/AV:N/AC:H/AT:N/PR:L/UI:N/VC:N/VI:N/VA:H/SC:N/SI:H/SA:H",
"factors": {"autonomy_of_action": 1.0, "dynamic_tool_use": 0.5, "natural_language_interface": 1.0,
"contextual_awareness": 1.0, "non_determinism": 1.0, "opacity_and_reflexivity": 1.0,
"persistent_memory": 0.5, "dynamic_identity": 0.5, "multi_agent_interactions": 1.0,
"self_modification": 0.5},
"cvss_base": 7.1, "score": 9.4},
"maestro": {"foundation_models": "Injected prompts.", "data_operations": "Poisoned pages.",
"agent_frameworks": "Loops.", "deployment_and_infrastructure": "A shared kernel.",
"evaluation_and_observability": "Logs with gaps.", "security_and_compliance": "One account for all.",
"agent_ecosystem": "Tools of users."}}
"#;

/// A report in OWASP's format that passes: the factors begin in line 7, the multipliers in line 10.
pub(crate) const REPORT: &str = r#"{"metadata": {"system_name": "Planner", "assessment_date": "2026-01-01",
"assessor_id": "a"},
"vulnerabilities": [{"id": "V-1",
"owasp_category": "Agent Cascading Failures",
"cvss_base": {"vector_string": "CVSS:4.0/AV:N/AC:H/AT:N/PR:L/UI:N/VC:N/VI:N/VA:H/SC:N/SI:H/SA:H",
"score": 7.1},
"amplification_factors": {"autonomy": 1.0, "tools": 0.5, "language": 1.0, "context": 1.0,
"non_determinism": 1.0, "opacity": 1.0, "persistence": 0.5, "identity": 0.5, "multi_agent": 1.0,
"self_mod": 0.5},
"threat_multiplier": 0.97, "scores": {"factor_sum": 8.0, "aars": 2.25, "mitigation_factor": 1.0,
"aivss": 9.4, "severity": "Critical"}}]}
"#;

pub(crate) const BOM: &str = "\u{FEFF}";
pub(crate) const YAML_FILE: &str = "threat-model.yaml";
pub(crate) const JSON_FILE: &str = "threat-model.json";
pub(crate) const POLICY_FILE: &str = "aivss-policy.yaml";
pub(crate) const PAGE_FILE: &str = "threat-model.md";

/// One hostile file and the expected result.
pub(crate) struct Case {
    /// The hostile property.
    pub(crate) name: &'static str,
    /// The file's name, which determines its language.
    pub(crate) file: &'static str,
    pub(crate) bytes: Vec<u8>,
    /// The expected exit status.
    pub(crate) code: i32,
    /// `line:column rule` of the first diagnostic; empty if there is none.
    pub(crate) first: &'static str,
}

pub(crate) fn case(
    name: &'static str,
    file: &'static str,
    bytes: impl Into<Vec<u8>>,
    code: i32,
    first: &'static str,
) -> Case {
    Case { name, file, bytes: bytes.into(), code, first }
}

pub(crate) fn yaml(name: &'static str, bytes: impl Into<Vec<u8>>, code: i32, first: &'static str) -> Case {
    case(name, YAML_FILE, bytes, code, first)
}

pub(crate) fn json(name: &'static str, bytes: impl Into<Vec<u8>>, code: i32, first: &'static str) -> Case {
    case(name, JSON_FILE, bytes, code, first)
}

pub(crate) fn page(name: &'static str, bytes: impl Into<Vec<u8>>, code: i32, first: &'static str) -> Case {
    case(name, PAGE_FILE, bytes, code, first)
}

/// A policy that checks nothing, next to a model that passes.
pub(crate) fn policy(name: &'static str, bytes: impl Into<Vec<u8>>, first: &'static str) -> Case {
    case(name, POLICY_FILE, bytes, 2, first)
}

/// A text with one part in another's place.
pub(crate) fn swap_in(text: &str, part: &str, other: &str) -> String {
    assert!(text.contains(part), "the row's starting point has no {part:?}");
    text.replacen(part, other, 1)
}

/// The passing model with one part in another's place.
pub(crate) fn swap(part: &str, other: &str) -> String {
    swap_in(MODEL, part, other)
}

/// The model with the wrong score: `22:10 score-mismatch`.
pub(crate) fn wrong() -> String {
    swap("score: 9.4", "score: 9.1")
}

/// The passing model with lines after its score, so that they begin at line 23.
pub(crate) fn after_score(lines: &str) -> String {
    swap("  score: 9.4\n", &format!("  score: 9.4\n{lines}\n"))
}

/// A text with each line moved to the right.
pub(crate) fn indented(text: &str, by: usize) -> String {
    text.lines().map(|line| format!("{:by$}{line}\n", "")).collect()
}

/// A Markdown page with a model that passes, and a second block: its first line is line 37 of the page.
pub(crate) fn next_to(info: &str, block: &str) -> String {
    format!("# Planner\n\n```yaml\n{MODEL}```\n```{info}\n{block}```\n")
}
