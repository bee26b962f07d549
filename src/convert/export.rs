//! A threat model of this project's format as OWASP's v0.8 report (appendix A), where its values allow it.
//!
//! The report has no place for layers, and for the agent's own score only as one vulnerability among others. Its numbers
//! are the computed ones. What the report's schema does not allow is refused, value by value; nothing is rounded to fit.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::value::RawValue;

use crate::aivss::Factor;
use crate::aivss::Working;
use crate::date::Date;
use crate::decimal::Decimal;
use crate::escape::{json_number as number, write_json};
use crate::model::{Assessment, DetectedFormat, Format, MOST_FINDINGS, Model, detect};
use crate::score::{Scored, agrees, score};
use crate::source::{Source, Span};
use crate::syntax::{Node, parse};

/// A report, and what of the threat model it has no place for.
#[derive(Debug)]
pub struct Exported {
    /// The report as JSON.
    pub text: String,
    /// What is not in it, or otherwise than declared; a line each.
    pub remarks: Vec<String>,
}

/// Why a value has no place in the report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The value, or the key above what is missing.
    pub span: Span,
    /// What is in the way, as a sentence.
    pub message: String,
}

/// The core risks of OWASP AIVSS, each with the entries of the ASI Top 10 of which it is the primary one (v0.8, appendix C).
pub const CORE_RISKS: [(&str, &[&str]); 10] = [
    ("Agentic AI Tool Misuse", &["ASI02", "ASI05"]),
    ("Agent Access Control Violation", &["ASI03", "ASI10"]),
    ("Agent Cascading Failures", &["ASI08"]),
    ("Agent Orchestration & Multi-Agent Exploitation", &["ASI07"]),
    ("Agent Identity Impersonation", &["ASI09"]),
    ("Agent Memory & Context Manipulation", &["ASI06"]),
    ("Insecure Agent Critical Systems Interaction", &[]),
    ("Agent Supply Chain & Dependency Risk", &["ASI04"]),
    ("Agent Untraceability", &[]),
    ("Agent Goal & Instruction Manipulation", &["ASI01"]),
];

/// What the agent's own score is called among a report's vulnerabilities.
const AGENT: &str = "AGENT";

/// The core risk that a category means: its own name, or that of an entry of the ASI Top 10.
pub fn core_risk(category: &str) -> Option<&'static str> {
    CORE_RISKS
        .into_iter()
        .find(|(name, entries)| *name == category || entries.contains(&category))
        .map(|(name, _)| name)
}

#[derive(Serialize)]
struct ReportFile<'t> {
    metadata: Metadata<'t>,
    vulnerabilities: Vec<Vulnerability<'t>>,
}

#[derive(Serialize)]
struct Metadata<'t> {
    system_name: &'t str,
    #[serde(skip_serializing_if = "Option::is_none")]
    system_version: Option<&'t str>,
    assessment_date: &'t str,
    assessor_id: &'t str,
    #[serde(skip_serializing_if = "Option::is_none")]
    notes: Option<&'t str>,
}

#[derive(Serialize)]
struct Vulnerability<'t> {
    id: &'t str,
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<&'t str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'t str>,
    owasp_category: &'static str,
    cvss_base: CvssBase<'t>,
    amplification_factors: BTreeMap<&'static str, Box<RawValue>>,
    threat_multiplier: Box<RawValue>,
    scores: Scores,
}

#[derive(Serialize)]
struct CvssBase<'t> {
    vector_string: &'t str,
    score: Box<RawValue>,
}

#[derive(Serialize)]
struct Scores {
    factor_sum: Box<RawValue>,
    aars: Box<RawValue>,
    mitigation_factor: Box<RawValue>,
    aivss: Box<RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    severity: Option<&'static str>,
}

/// The report of a threat model. With a category the agent's own score is one of its vulnerabilities.
///
/// # Errors
/// What is in the way, in the order of the text.
pub fn export(source: &Source, agent_as: Option<&'static str>) -> Result<Exported, Vec<Refusal>> {
    let document = parse(source);
    let refuse = |span, message: &str| Err(vec![Refusal { span, message: message.to_owned() }]);
    if let Some(problem) = document.problems.first() {
        return refuse(problem.span, &problem.message);
    }
    let models: Vec<Node<'_>> =
        document.roots().filter(|root| matches!(detect(*root), DetectedFormat::Model(_))).collect();
    match models.as_slice() {
        [] => refuse(Span::new(0, 0), "it holds no threat model"),
        [root] if detect(*root) == DetectedFormat::Model(Format::OwaspReport) => {
            let first = root.as_map().and_then(|map| map.iter().next());
            refuse(first.map_or(root.span(), |entry| entry.key_span), "it is such a report already")
        }
        [root] if Format::Native.overfull(*root).is_some() => {
            refuse(root.span(), &format!("it has more than {MOST_FINDINGS} findings"))
        }
        [root] => {
            let violations = Format::Native.schema().violations(*root);
            if !violations.is_empty() {
                let refusal = |violation: crate::schema::Violation| Refusal {
                    span: violation.span,
                    message: violation.message,
                };
                return Err(violations.into_iter().map(refusal).collect());
            }
            Exporter { root: *root, refusals: Vec::new(), remarks: Vec::new() }.export(agent_as)
        }
        [_, second, ..] => {
            refuse(second.span(), "a report is about one system, and this is a second threat model")
        }
    }
}

struct Exporter<'t> {
    root: Node<'t>,
    refusals: Vec<Refusal>,
    remarks: Vec<String>,
}

impl<'t> Exporter<'t> {
    fn export(mut self, agent_as: Option<&'static str>) -> Result<Exported, Vec<Refusal>> {
        let model = Format::Native.read(self.root);
        let metadata = self.metadata(&model);
        let mut vulnerabilities = Vec::new();
        if let (Some(category), Some(assessment)) = (agent_as, &model.assessment) {
            let name = model.agent.name.map(|name| name.value);
            let summary = self.text("agent", "summary");
            let about = About {
                id: AGENT,
                title: name,
                description: summary,
                category: Some(category),
                name: "the agent".to_owned(),
            };
            vulnerabilities.extend(self.vulnerability(&about, assessment));
        } else if model.assessment.is_some() {
            self.leave("aivss: the agent's own score (--agent-as CATEGORY makes a vulnerability of it)");
        }
        let items =
            self.root.get("findings").and_then(Node::as_list).into_iter().flat_map(crate::syntax::List::iter);
        for (item, finding) in items.zip(&model.findings) {
            let text = |key| item.get(key).and_then(Node::as_str);
            let Some((id, assessment)) = finding.id.zip(finding.assessment.as_ref()) else { continue };
            let category = text("category").and_then(core_risk);
            if category.is_none() {
                self.refuse(id.span, format!("finding {}: the report needs a category", id.value));
            }
            if item.get("layers").is_some() {
                self.leave(&format!("finding {}: layers", id.value));
            }
            let about = About {
                id: id.value,
                title: text("title"),
                description: text("description"),
                category,
                name: format!("finding {}", id.value),
            };
            if vulnerabilities.iter().any(|other: &Vulnerability<'_>| other.id == id.value) {
                self.refuse(
                    id.span,
                    format!("{}: the report would have two vulnerabilities of this name", about.name),
                );
            }
            self.remark_own_keys(item, &about.name);
            vulnerabilities.extend(self.vulnerability(&about, assessment));
        }
        if vulnerabilities.is_empty() && self.refusals.is_empty() {
            let message = "the report lists vulnerabilities, and there are no findings (--agent-as CATEGORY exports the \
                           agent's own score as one)";
            self.refuse(model.findings_key_span.unwrap_or(model.key_span), message.to_owned());
        }
        self.remark_rest();
        self.refusals.sort_by_key(|refusal| refusal.span);
        match metadata {
            Some(metadata) if self.refusals.is_empty() => {
                let report = ReportFile { metadata, vulnerabilities };
                let mut text = Vec::new();
                // Writing to memory does not fail.
                let _ = write_json(&report, &mut text);
                let text = String::from_utf8_lossy(&text).into_owned();
                Ok(Exported { text, remarks: self.remarks })
            }
            _ => Err(self.refusals),
        }
    }

    fn refuse(&mut self, span: Span, message: String) {
        self.refusals.push(Refusal { span, message });
    }

    fn text(&self, block: &str, key: &str) -> Option<&'t str> {
        self.root.get(block)?.get(key)?.as_str()
    }

    fn metadata(&mut self, model: &Model<'t>) -> Option<Metadata<'t>> {
        let name = model.agent.name?;
        let key_span = model.review.key_span.unwrap_or(model.key_span);
        let date = model.review.date.map(|date| date.value).filter(|date| Date::parse(date).is_some());
        let by = self.text("review", "by");
        for (key, value) in [("date", date), ("by", by)] {
            if value.is_none() {
                self.refuse(key_span, format!("the report needs `review.{key}`"));
            }
        }
        Some(Metadata {
            system_name: name.value,
            system_version: self.text("agent", "version"),
            assessment_date: date?,
            assessor_id: by?,
            notes: self.text("agent", "summary"),
        })
    }

    /// Names what the report has no place for.
    fn remark_rest(&mut self) {
        for (block, keys) in
            [("agent", &["owner", "environment", "tier", "links"][..]), ("review", &["approved_by"][..])]
        {
            let given =
                keys.iter().filter(|key| self.root.get(block).is_some_and(|block| block.get(key).is_some()));
            let remarks: Vec<String> = given.map(|key| format!("{block}.{key}")).collect();
            for what in remarks {
                self.leave(&what);
            }
        }
        for (block, name) in [(Some(self.root), "the threat model"), (self.root.get("agent"), "agent")] {
            if let Some(block) = block {
                self.remark_own_keys(block, name);
            }
        }
        if self.root.get("maestro").is_some() {
            self.leave("maestro: the seven layers");
        }
    }

    fn vulnerability(&mut self, about: &About<'t>, assessment: &Assessment<'t>) -> Option<Vulnerability<'t>> {
        let scored = score(assessment);
        let refused = self.refusals.len();
        self.check(about, &scored);
        let working = scored.working.as_ref();
        if self.refusals.len() > refused {
            return None;
        }
        let Some(working) = working else {
            for lacking in scored.lacking() {
                self.refuse(assessment.key_span, format!("{}: {lacking}", about.name));
            }
            return None;
        };
        self.remark_differences(&about.name, &scored, working);
        let factors = assessment.factors.given.iter();
        let factors =
            factors.filter_map(|given| Some((given.factor.report_key()?, number(given.number()?.value))));
        let band = working.band.name();
        Some(Vulnerability {
            id: about.id,
            title: about.title,
            description: about.description,
            owasp_category: about.category?,
            cvss_base: CvssBase {
                vector_string: assessment.vector?.value,
                score: number(working.inputs.base),
            },
            amplification_factors: factors.collect(),
            threat_multiplier: number(working.inputs.threat),
            scores: Scores {
                factor_sum: number(working.inputs.factor_sum),
                aars: number(working.uplift),
                mitigation_factor: number(working.inputs.mitigation),
                aivss: number(working.score),
                severity: (band != "None").then_some(band),
            },
        })
    }

    /// Tells of what is declared otherwise than it is exported, and of what a score has beyond the report's.
    fn remark_differences(&mut self, name: &str, scored: &Scored<'_>, working: &Working) {
        let declared = scored.declared;
        let numbers = [
            ("cvss_base", declared.base, working.inputs.base),
            ("factor_sum", declared.factor_sum, working.inputs.factor_sum),
            ("aars", declared.uplift, working.uplift),
            ("score", declared.score, working.score),
        ];
        for (key, declared, right) in numbers {
            // Intermediates are compared at the precision they are declared with, results in full.
            let is_result = matches!(key, "cvss_base" | "score");
            let is_right = |value| value == right || (!is_result && agrees(value, right));
            if let Some(wrong) = declared.filter(|declared| !is_right(declared.value)) {
                let right = right.plain();
                self.remarks
                    .push(format!("{name}: {key} is declared {}, and {right} in the report", wrong.value));
            }
        }
        let band = working.band.name();
        if let Some(wrong) = declared.severity.filter(|severity| severity.value != band) {
            self.remarks
                .push(format!("{name}: severity is declared {}, and {band} in the report", wrong.value));
        }
        if let Some(Ok(vector)) = &scored.vector
            && !vector.beyond_base.is_empty()
        {
            self.remarks.push(format!(
                "{name}: the vector's threat and environmental metrics are not in its base score"
            ));
        }
        if declared.evidence.is_some() {
            self.leave(&format!("{name}: mitigation_evidence"));
        }
        if declared.factors.given.iter().any(|given| given.rationale.is_some()) {
            self.leave(&format!("{name}: rationales"));
        }
    }

    /// Names the keys of the user's own in a block and in its score.
    fn remark_own_keys(&mut self, block: Node<'_>, name: &str) {
        let score = block.get("aivss");
        let blocks = [Some(block), score, score.and_then(|score| score.get("factors"))];
        let maps = blocks.into_iter().flatten().filter_map(Node::as_map);
        let keys = maps.flat_map(|map| map.iter().map(|entry| entry.key)).filter(|key| key.starts_with("x-"));
        let keys: Vec<String> = keys.map(|key| format!("{name}: {key}")).collect();
        for key in keys {
            self.leave(&key);
        }
    }

    /// Tells of what the report has no place for.
    fn leave(&mut self, what: &str) {
        self.remarks.push(format!("not in the report: {what}"));
    }

    /// Refuses what the report's schema does not allow in a score.
    fn check(&mut self, about: &About<'_>, scored: &Scored<'_>) {
        const POINTS: [Decimal; 3] = [Decimal::ZERO, Decimal::new(5, 1), Decimal::ONE];
        let declared = scored.declared;
        let name = &about.name;
        let version = declared.version.map_or(declared.key_span, |version| version.span);
        if scored.formula.is_none_or(|formula| formula.version != "0.8") {
            self.refuse(
                version,
                format!("{name}: the report is that of version 0.8 (`aivss-lint fix --to 0.8`)"),
            );
        }
        match (&scored.vector, declared.vector) {
            (Some(Ok(_)), _) => {}
            (_, Some(vector)) => self.refuse(vector.span, format!("{name}: the vector is none of CVSS v4.0")),
            _ => self.refuse(declared.key_span, format!("{name}: the report needs a CVSS vector")),
        }
        for given in &declared.factors.given {
            let key = declared.factors.spell(given.factor);
            if given.factor == Factor::GoalDrivenPlanning {
                let message = format!(
                    "{name}: `{key}` is not among the report's factors, which have natural_language_interface"
                );
                self.refuse(given.key, message);
            } else if let Some(value) = given.number().filter(|value| !POINTS.contains(&value.value)) {
                let message =
                    format!("{name}: `{key}` is {}, and the report takes 0.0, 0.5 and 1.0", value.value);
                self.refuse(value.span, message);
            }
        }
        let threats = scored.formula.map_or(&[][..], |formula| formula.threat);
        if let (Some(threat), Some(at)) = (scored.threat, declared.threat)
            && !threats.iter().any(|level| level.value == threat)
        {
            self.refuse(
                at.span,
                format!("{name}: the threat multiplier is {threat}, and the report takes 0.5, 0.97 and 1.0"),
            );
        }
        let floor = Decimal::new(67, 2);
        if let (Some(mitigation), Some(at)) = (scored.mitigation, declared.mitigation)
            && mitigation < floor
        {
            self.refuse(
                at.span,
                format!("{name}: the mitigation factor is {mitigation}, and the report takes 0.67 to 1.0"),
            );
        }
    }
}

/// What a vulnerability is, beside its score.
struct About<'t> {
    id: &'t str,
    title: Option<&'t str>,
    description: Option<&'t str>,
    category: Option<&'static str>,
    /// What it is called in remarks.
    name: String,
}
