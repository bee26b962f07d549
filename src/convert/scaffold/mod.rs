//! A threat model as it is written for someone to complete: what is known, and in the place of what is not a key
//! without a value and a word on what belongs there. Text comes out; what can be known is up to whoever fills it.
//!
//! An empty place fails the gate until it is filled, so that nothing which a person must decide is decided here.

mod yaml;

use std::collections::BTreeMap;

use crate::aivss::Factor;
use crate::aivss::Formula;
use crate::decimal::Decimal;
use crate::model::LayerKind;
use crate::schema::Schema;
use yaml::{comment, value};

/// A threat model in the making. What is `None` is not known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Draft {
    /// Where it comes from; a comment at its top.
    pub origin: String,
    /// The agent's name.
    pub name: Option<String>,
    /// The risk in a paragraph.
    pub summary: Option<String>,
    /// Who answers for the model.
    pub owner: Option<String>,
    /// Where the agent runs.
    pub environment: Option<String>,
    /// The agent's risk tier.
    pub tier: Option<String>,
    /// The agent's version.
    pub version: Option<String>,
    /// The day of the last review.
    pub review_date: Option<String>,
    /// Who reviewed.
    pub reviewed_by: Option<String>,
    /// The score of the agent as a whole.
    pub score: Score,
    /// What is known of the layers.
    pub layers: BTreeMap<LayerKind, Layer>,
    /// Single vulnerabilities.
    pub findings: Vec<Finding>,
}

/// An AIVSS score in the making.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Score {
    /// The formula.
    pub version: Option<String>,
    /// The CVSS vector.
    pub vector: Option<String>,
    /// The CVSS base score.
    pub base: Option<Decimal>,
    /// The factors that are known.
    pub factors: BTreeMap<Factor, (Decimal, Option<String>)>,
    /// The threat multiplier.
    pub threat: Option<Decimal>,
    /// The mitigation factor.
    pub mitigation: Option<Decimal>,
    /// What demonstrates the mitigation.
    pub evidence: Option<String>,
    /// Declared sum of the factors.
    pub factor_sum: Option<Decimal>,
    /// Declared uplift.
    pub uplift: Option<Decimal>,
    /// Declared score.
    pub score: Option<Decimal>,
    /// Declared band.
    pub severity: Option<String>,
}

/// What is known of a layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layer {
    /// Whether the source says that it is not certain.
    pub uncertain: bool,
    /// What threatens it.
    pub analysis: String,
}

/// A vulnerability in the making.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Finding {
    /// Its identifier.
    pub id: Option<String>,
    /// Its title.
    pub title: Option<String>,
    /// What can happen, and how.
    pub description: Option<String>,
    /// A core risk, or an entry of the ASI Top 10.
    pub category: Option<String>,
    /// Its score.
    pub score: Score,
}

impl Draft {
    /// The threat model as YAML.
    pub fn written(&self) -> String {
        let mut page = Page::default();
        page.note(0, &self.origin);
        page.note(
            0,
            "What is still empty fails the gate until it is filled in; lines in comments are optional.",
        );
        page.text.push_str("aivss_threat_model: 1\n\nagent:\n");
        page.needed(2, "name", self.name.as_deref(), &["agent", "name"]);
        page.needed(2, "summary", self.summary.as_deref(), &["agent", "summary"]);
        page.optional(2, "owner", self.owner.as_deref(), "who answers for this threat model");
        page.optional(2, "environment", self.environment.as_deref(), "development, testing or production");
        page.optional(2, "tier", self.tier.as_deref(), "low, moderate or high");
        page.optional(2, "version", self.version.as_deref(), "the agent's version, in quotes");
        page.review(self);
        page.text.push_str("\naivss:\n");
        page.score(2, &self.score);
        page.layers(&self.layers);
        if !self.findings.is_empty() {
            page.text.push_str("\nfindings:\n");
        }
        for finding in &self.findings {
            page.finding(finding);
        }
        page.text
    }
}

/// The text so far.
#[derive(Debug, Default)]
struct Page {
    text: String,
}

impl Page {
    fn note(&mut self, indent: usize, text: &str) {
        if !text.is_empty() {
            self.text.push_str(&comment(text, indent));
        }
    }

    fn key(&mut self, indent: usize, key: &str, rest: &str) {
        self.text.push_str(&format!("{:indent$}{key}:{rest}", ""));
    }

    /// A key with its value, or with what the schema says of it.
    fn needed(&mut self, indent: usize, key: &str, text: Option<&str>, path: &[&str]) {
        if let Some(text) = text {
            return self.key(indent, key, &value(key, text, indent));
        }
        self.note(indent, Schema::ThreatModel.description(path).unwrap_or_default());
        self.key(indent, key, "\n");
    }

    /// A key with its value, or as a comment.
    fn optional(&mut self, indent: usize, key: &str, text: Option<&str>, otherwise: &str) {
        match text {
            Some(text) => self.key(indent, key, &value(key, text, indent)),
            None => self.note(indent, &format!("{key}: {otherwise}")),
        }
    }

    fn number(&mut self, indent: usize, key: &str, number: Option<Decimal>) {
        if let Some(number) = number {
            self.key(indent, key, &format!(" {number}\n"));
        }
    }

    fn review(&mut self, draft: &Draft) {
        if draft.review_date.is_none() && draft.reviewed_by.is_none() {
            return;
        }
        self.text.push_str("\nreview:\n");
        self.optional(2, "date", draft.review_date.as_deref(), "the day of the review, YYYY-MM-DD");
        self.optional(2, "by", draft.reviewed_by.as_deref(), "who reviewed");
    }

    fn score(&mut self, indent: usize, score: &Score) {
        let path = |key| ["aivss", key];
        match &score.version {
            Some(version) => self.key(indent, "version", &format!(" \"{version}\"\n")),
            None => self.needed(indent, "version", None, &path("version")),
        }
        match (&score.vector, score.base) {
            (None, Some(_)) => {}
            (vector, _) => self.needed(indent, "cvss", vector.as_deref(), &path("cvss")),
        }
        self.number(indent, "cvss_base", score.base);
        self.key(indent, "factors", "\n");
        self.factors(indent + 2, score);
        let formula = score.version.as_deref().and_then(Formula::named);
        let threat = formula
            .map_or("a number", |_| "attacked, proof-of-concept (the default), unreported, or a number");
        self.multiplier(indent, "threat_multiplier", score.threat, threat);
        if formula.is_none_or(Formula::has_mitigation) {
            let mitigation = "none (the default), partial, strong, or a number";
            self.multiplier(indent, "mitigation_factor", score.mitigation, mitigation);
            self.optional(indent, "mitigation_evidence", score.evidence.as_deref(), "what demonstrates it");
        }
        self.number(indent, "factor_sum", score.factor_sum);
        self.number(indent, "aars", score.uplift);
        match score.score {
            Some(_) => self.number(indent, "score", score.score),
            None => self.key(indent, "score", "  # `aivss-lint fix` writes it once its inputs are there\n"),
        }
        if let Some(severity) = &score.severity {
            self.key(indent, "severity", &value("severity", severity, indent));
        }
    }

    fn multiplier(&mut self, indent: usize, key: &str, number: Option<Decimal>, otherwise: &str) {
        match number {
            Some(_) => self.number(indent, key, number),
            None => self.optional(indent, key, None, otherwise),
        }
    }

    fn factors(&mut self, indent: usize, score: &Score) {
        let given = |factor| score.factors.contains_key(&factor);
        let is_blank = |factor: &Factor| !given(*factor);
        // Of the two tenth factors the one that is known, or else that of the current standard.
        let tenth = [Factor::GoalDrivenPlanning, Factor::NaturalLanguageInterface];
        let tenth =
            tenth.into_iter().find(|factor| given(*factor)).unwrap_or(Factor::NaturalLanguageInterface);
        let is_asked = |factor: &Factor| given(*factor) || factor.counterpart().is_none() || *factor == tenth;
        let factors: Vec<Factor> = Factor::ALL.into_iter().filter(is_asked).collect();
        if factors.iter().any(is_blank) {
            self.note(indent, "Each a number from 0.00 to 1.00, or { score: 0.5, rationale: Why. }");
        }
        for factor in factors {
            let key = factor.key();
            match score.factors.get(&factor) {
                Some((number, None)) => self.number(indent, key, Some(*number)),
                Some((number, Some(rationale))) => {
                    self.key(indent, key, "\n");
                    self.number(indent + 2, "score", Some(*number));
                    self.key(indent + 2, "rationale", &value("rationale", rationale, indent + 2));
                }
                None => {
                    self.note(indent, factor.description());
                    self.key(indent, key, "\n");
                }
            }
        }
    }

    fn layers(&mut self, layers: &BTreeMap<LayerKind, Layer>) {
        self.text.push_str("\n# MAESTRO's layers: what threatens each.\nmaestro:\n");
        if layers.len() < LayerKind::ALL.len() {
            let open = "What the sources do not tell is `{ status: uncertain, analysis: What is not known. }`; what does \
                        not apply is `{ status: not_applicable, reason: Why. }`.";
            self.note(2, open);
        }
        for kind in LayerKind::ALL {
            let key = kind.key();
            match layers.get(&kind) {
                Some(Layer { uncertain: false, analysis }) => self.key(2, key, &value(key, analysis, 2)),
                Some(Layer { uncertain: true, analysis }) => {
                    self.key(2, key, "\n    status: uncertain\n");
                    self.key(4, "analysis", &value("analysis", analysis, 4));
                }
                None => self.needed(2, key, None, &["maestro", key]),
            }
        }
    }

    fn finding(&mut self, finding: &Finding) {
        let path = |key| ["findings", "0", key];
        let start = self.text.len();
        self.needed(4, "id", finding.id.as_deref(), &path("id"));
        // The first key, or the comment before it, begins the item.
        self.text.replace_range(start + 2..=start + 2, "-");
        self.optional(4, "title", finding.title.as_deref(), "the finding in a few words");
        if finding.description.is_some() {
            self.optional(4, "description", finding.description.as_deref(), "");
        }
        self.optional(
            4,
            "category",
            finding.category.as_deref(),
            "a core risk of OWASP AIVSS, or ASI01 to ASI10",
        );
        self.text.push_str("    aivss:\n");
        self.score(6, &finding.score);
    }
}
