//! Export of a threat model as an OWASP report v0.8 (appendix A), if its values allow it.
//!
//! The report has no layers, and no score of the agent unless as one of its vulnerabilities. Its numbers are the computed
//! ones. Each value that the report's schema does not allow is refused; nothing is rounded.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;
use serde_json::value::RawValue;

use crate::aivss::{CoreRisk, Factor, Working};
use crate::date::Date;
use crate::decimal::Decimal;
use crate::escape::{json_number, write_json};
use crate::model::{Assessment, DetectedFormat, MAX_FINDINGS, Model, ModelFormat, Spanned, detect};
use crate::page::parse;
use crate::schema::ViolationKind;
use crate::score::{Scored, agrees, score};
use crate::source::{Source, Span};
use crate::syntax::{Document, List, Node};

/// A report.
#[derive(Debug)]
pub struct Exported {
    /// The report as JSON.
    pub text: String,
    /// The parts of the threat model that are not in it, or differ from the declared values; a line each.
    pub remarks: Vec<String>,
}

/// A value that the report does not allow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The value, or the key of the block that lacks it.
    pub span: Span,
    /// The reason.
    pub message: String,
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

/// Exports the report of a threat model; with a category, the agent's own score is one of its vulnerabilities.
///
/// # Errors
/// The refused values, in the order of the text.
pub fn export(source: &Source, agent_as: Option<&'static str>) -> Result<Exported, Vec<Refusal>> {
    let document = parse(source);
    let root = only_model(&document).map_err(|refusal| vec![refusal])?;
    if root.get("aivss").is_none() {
        return Err(vec![Refusal::new(first_key(root), NOT_SCORED)]);
    }
    let mut violations = ModelFormat::Native.schema().violations(root);
    violations.retain(|violation| violation.kind != ViolationKind::Spelling);
    if !violations.is_empty() {
        let refusals = violations.into_iter();
        return Err(refusals.map(|violation| Refusal::new(violation.span, violation.message)).collect());
    }
    let model = ModelFormat::Native.read(root);
    let mut exporter = Exporter { root, refusals: Vec::new(), remarks: Vec::new() };
    let report = exporter.report(&model, agent_as);
    exporter.refusals.sort_by_key(|refusal| refusal.span);
    match report {
        Some(report) if exporter.refusals.is_empty() => {
            let mut text = Vec::new();
            // Writing to memory does not fail.
            let _ = write_json(&report, &mut text);
            let text = String::from_utf8_lossy(&text).into_owned();
            Ok(Exported { text, remarks: exporter.remarks })
        }
        _ => Err(exporter.refusals),
    }
}

impl Refusal {
    fn new(span: Span, message: impl Into<String>) -> Self {
        Self { span, message: message.into() }
    }
}

const NOT_SCORED: &str = "the report consists of scores, and the agent is not scored: add `aivss` with the factors and the \
                          CVSS vector, then run `aivss-lint fix`";

/// The only threat model of a document, which must be in this project's format.
fn only_model<'t>(document: &'t Document<'t>) -> Result<Node<'t>, Refusal> {
    if let Some(problem) = document.problems.first() {
        return Err(Refusal::new(problem.span, &*problem.message));
    }
    let mut models = document.roots().filter(|root| matches!(detect(*root), DetectedFormat::Model(_)));
    let Some(root) = models.next() else {
        return Err(Refusal::new(Span::new(0, 0), "there is no threat model in it"));
    };
    if let Some(second) = models.next() {
        let message = "a report is about one system, and this is a second threat model";
        return Err(Refusal::new(second.span(), message));
    }
    if detect(root) == DetectedFormat::Model(ModelFormat::OwaspReport) {
        return Err(Refusal::new(first_key(root), "it is such a report already"));
    }
    if ModelFormat::Native.overfull(root).is_some() {
        return Err(Refusal::new(root.span(), format!("it has more than {MAX_FINDINGS} findings")));
    }
    Ok(root)
}

fn first_key(root: Node<'_>) -> Span {
    let first = root.as_map().and_then(|map| map.iter().next());
    first.map_or(root.span(), |entry| entry.key_span)
}

struct Exporter<'t> {
    root: Node<'t>,
    refusals: Vec<Refusal>,
    remarks: Vec<String>,
}

/// The parts of a vulnerability besides its score.
struct Identity<'t> {
    id: &'t str,
    title: Option<&'t str>,
    description: Option<&'t str>,
    category: Option<&'static str>,
    /// Its name in messages.
    name: String,
}

fn text<'t>(block: Option<Node<'t>>, key: &str) -> Option<&'t str> {
    block?.get(key)?.as_str()
}

impl<'t> Exporter<'t> {
    fn report(&mut self, model: &'t Model, agent_as: Option<&'static str>) -> Option<ReportFile<'t>> {
        let metadata = self.metadata(model);
        let mut vulnerabilities: Vec<Vulnerability<'t>> = Vec::new();
        if let (Some(category), Some(assessment)) = (agent_as, &model.assessment) {
            let agent = Identity {
                id: "AGENT",
                title: model.agent.name.as_deref(),
                description: text(self.root.get("agent"), "summary"),
                category: Some(category),
                name: "the agent".to_owned(),
            };
            vulnerabilities.extend(self.vulnerability(&agent, assessment));
        } else if model.assessment.is_some() {
            self.leave_out("aivss: the agent's own score (--agent-as CATEGORY makes a vulnerability of it)");
        }
        let items = self.root.get("findings").and_then(Node::as_list).into_iter().flat_map(List::iter);
        for (item, finding) in items.zip(&model.findings) {
            let Some((id, assessment)) = finding.id.as_ref().zip(finding.assessment.as_ref()) else {
                continue;
            };
            let finding = self.finding(item, id);
            if vulnerabilities.iter().any(|other| *other.id == *id.value) {
                let message =
                    format!("{}: the report would have two vulnerabilities of this name", finding.name);
                self.refuse(id.span, message);
            }
            vulnerabilities.extend(self.vulnerability(&finding, assessment));
        }
        if vulnerabilities.is_empty() && self.refusals.is_empty() {
            let message = "the report lists vulnerabilities, and there are no findings (--agent-as CATEGORY exports the \
                           agent's own score as one)";
            self.refuse(model.findings_key_span.unwrap_or(model.key_span), message);
        }
        self.remark_rest();
        Some(ReportFile { metadata: metadata?, vulnerabilities })
    }

    fn refuse(&mut self, span: Span, message: impl Into<String>) {
        self.refusals.push(Refusal::new(span, message));
    }

    fn remark(&mut self, name: &str, remark: &str) {
        self.remarks.push(format!("{name}: {remark}"));
    }

    /// Notes a part of the threat model that is not in the report.
    fn leave_out(&mut self, part: &str) {
        self.remark("not in the report", part);
    }

    fn metadata(&mut self, model: &'t Model) -> Option<Metadata<'t>> {
        let key_span = model.review.key_span.unwrap_or(model.key_span);
        let date = model.review.date.as_deref().filter(|date| Date::parse(date).is_some());
        let by = text(self.root.get("review"), "by");
        for (key, value) in [("date", date), ("by", by)] {
            if value.is_none() {
                self.refuse(key_span, format!("the report needs `review.{key}`"));
            }
        }
        Some(Metadata {
            system_name: model.agent.name.as_deref()?,
            system_version: text(self.root.get("agent"), "version"),
            assessment_date: date?,
            assessor_id: by?,
            notes: text(self.root.get("agent"), "summary"),
        })
    }

    fn finding(&mut self, item: Node<'t>, id: &'t Spanned<Box<str>>) -> Identity<'t> {
        let name = format!("finding {}", id.value);
        let category = text(Some(item), "category").and_then(CoreRisk::of_category).map(|risk| risk.name);
        if category.is_none() {
            self.refuse(id.span, format!("{name}: the report needs a category"));
        }
        if item.get("layers").is_some() {
            self.leave_out(&format!("{name}: layers"));
        }
        self.remark_own_keys(item, &name);
        let (title, description) = (text(Some(item), "title"), text(Some(item), "description"));
        Identity { id, title, description, category, name }
    }

    fn vulnerability(
        &mut self,
        identity: &Identity<'t>,
        assessment: &'t Arc<Assessment>,
    ) -> Option<Vulnerability<'t>> {
        let (scored, refused) = (score(assessment), self.refusals.len());
        self.check_inputs(&identity.name, &scored);
        self.check_multipliers(&identity.name, &scored);
        if self.refusals.len() > refused {
            return None;
        }
        let Some(working) = &scored.working else {
            for missing in scored.missing_inputs() {
                self.refuse(assessment.key_span, format!("{}: {missing}", identity.name));
            }
            return None;
        };
        self.remark_differences(&identity.name, &scored, working);
        let mut factors = BTreeMap::new();
        for given in &assessment.factors.given {
            if let (Some(key), Some(number)) = (given.factor.report_key(), given.number) {
                factors.insert(key, json_number(number.value));
            }
        }
        let (inputs, band) = (&working.inputs, working.band.name());
        Some(Vulnerability {
            id: identity.id,
            title: identity.title,
            description: identity.description,
            owasp_category: identity.category?,
            cvss_base: CvssBase {
                vector_string: assessment.vector.as_deref()?,
                score: json_number(inputs.base),
            },
            amplification_factors: factors,
            threat_multiplier: json_number(inputs.threat),
            scores: Scores {
                factor_sum: json_number(inputs.factor_sum),
                aars: json_number(working.uplift),
                mitigation_factor: json_number(inputs.mitigation),
                aivss: json_number(working.score),
                severity: (band != "None").then_some(band),
            },
        })
    }

    /// Refuses a version, a vector and factors that the report's schema does not allow.
    fn check_inputs(&mut self, name: &str, scored: &Scored) {
        const POINTS: [Decimal; 3] = [Decimal::ZERO, Decimal::new(5, 1), Decimal::ONE];
        let declared = &scored.declared;
        if scored.formula.is_none_or(|formula| formula.version != "0.8") {
            let span = declared.version.as_ref().map_or(declared.key_span, |version| version.span);
            self.refuse(span, format!("{name}: the report uses version 0.8 (`aivss-lint fix --to 0.8`)"));
        }
        match (&scored.vector, &declared.vector) {
            (Some(Ok(_)), _) => {}
            (_, Some(vector)) => self.refuse(vector.span, format!("{name}: the vector is not CVSS v4.0")),
            _ => self.refuse(declared.key_span, format!("{name}: the report needs a CVSS vector")),
        }
        for given in &declared.factors.given {
            let key = declared.factors.spell(given.factor);
            if given.factor == Factor::GoalDrivenPlanning {
                let rest = "is not among the report's factors, which have natural_language_interface";
                self.refuse(given.key, format!("{name}: `{key}` {rest}"));
            } else if let Some(value) = given.number.filter(|value| !POINTS.contains(&value.value)) {
                let rest = "and the report takes 0.0, 0.5 and 1.0";
                self.refuse(value.span, format!("{name}: `{key}` is {}, {rest}", value.value));
            }
        }
    }

    /// Refuses multipliers that the report's schema does not allow.
    fn check_multipliers(&mut self, name: &str, scored: &Scored) {
        const MITIGATION_FLOOR: Decimal = Decimal::new(67, 2);
        let threats = scored.formula.map_or(&[][..], |formula| formula.threat);
        if let (Some(threat), Some(at)) = (scored.threat, &scored.declared.threat)
            && !threats.iter().any(|level| level.value == threat)
        {
            let rest = "and the report takes 0.5, 0.97 and 1.0";
            self.refuse(at.span, format!("{name}: the threat multiplier is {threat}, {rest}"));
        }
        if let (Some(mitigation), Some(at)) = (scored.mitigation, &scored.declared.mitigation)
            && mitigation < MITIGATION_FLOOR
        {
            let rest = "and the report takes 0.67 to 1.0";
            self.refuse(at.span, format!("{name}: the mitigation factor is {mitigation}, {rest}"));
        }
    }

    /// Notes declared values that differ from the exported ones, and parts of a score that the report lacks.
    fn remark_differences(&mut self, name: &str, scored: &Scored, working: &Working) {
        let declared = &scored.declared;
        // Intermediates are compared at the precision they are declared with, results in full.
        let numbers = [
            ("cvss_base", declared.base, working.inputs.base, true),
            ("factor_sum", declared.factor_sum, working.inputs.factor_sum, false),
            ("aars", declared.uplift, working.uplift, false),
            ("score", declared.score, working.score, true),
        ];
        for (key, declared, right, is_result) in numbers {
            if let Some(declared) = declared.map(|declared| declared.value)
                && declared != right
                && (is_result || !agrees(declared, right))
            {
                let right = right.plain();
                self.remark(name, &format!("{key} is declared {declared}, and {right} in the report"));
            }
        }
        let band = working.band.name();
        if let Some(severity) = declared.severity.as_ref().filter(|severity| &*severity.value != band) {
            self.remark(name, &format!("severity is declared {}, and {band} in the report", severity.value));
        }
        if let Some(Ok(vector)) = &scored.vector
            && !vector.beyond_base.is_empty()
        {
            self.remark(name, "the vector's threat and environmental metrics are not in its base score");
        }
        if declared.evidence.is_some() {
            self.leave_out(&format!("{name}: mitigation_evidence"));
        }
        if declared.factors.given.iter().any(|given| given.rationale.is_some()) {
            self.leave_out(&format!("{name}: rationales"));
        }
    }

    /// Notes the author's own keys in a block and in its score.
    fn remark_own_keys(&mut self, block: Node<'_>, name: &str) {
        let score = block.get("aivss");
        let blocks = [Some(block), score, score.and_then(|score| score.get("factors"))];
        for map in blocks.into_iter().flatten().filter_map(Node::as_map) {
            for entry in map.iter().filter(|entry| entry.key.starts_with("x-")) {
                self.leave_out(&format!("{name}: {}", entry.key));
            }
        }
    }

    /// Notes the other keys that are not in the report.
    fn remark_rest(&mut self) {
        for (block, key) in [
            ("agent", "owner"),
            ("agent", "environment"),
            ("agent", "tier"),
            ("agent", "links"),
            ("review", "approved_by"),
        ] {
            if self.root.get(block).is_some_and(|block| block.get(key).is_some()) {
                self.leave_out(&format!("{block}.{key}"));
            }
        }
        self.remark_own_keys(self.root, "the threat model");
        if let Some(agent) = self.root.get("agent") {
            self.remark_own_keys(agent, "agent");
        }
        if self.root.get("maestro").is_some() {
            self.leave_out("maestro: the seven layers");
        }
    }
}
