//! OWASP's v0.8 report (appendix A) to [`Model`]: a list of vulnerabilities without a score of the whole, without layers.

use std::sync::Arc;

use crate::aivss::Factor;
use crate::diagnostic::Owner;
use crate::model::assessment::{Assessment, Factors, GivenFactor};
use crate::model::block::{Block, number};
use crate::model::placeholder::TextKind;
use crate::model::{Agent, Finding, Format, Model, Review, Text};
use crate::syntax::Node;

pub(crate) fn read(root: Node<'_>) -> Model {
    let file = Block::root(root);
    let metadata = file.block("metadata");
    Model {
        format: Format::OwaspReport,
        key_span: file.key_span,
        agent: Agent {
            key_span: Some(metadata.key_span),
            name: metadata.text("system_name"),
            // An extension of the report: its assessor is not necessarily the owner.
            owner: metadata.answered("owner", TextKind::Name),
            ..Agent::default()
        },
        review: Review {
            key_span: Some(metadata.key_span),
            date: metadata.text("assessment_date"),
            approved_by: metadata.answered("approved_by", TextKind::Name),
        },
        assessment: None,
        findings_key_span: file.entry("vulnerabilities").map(|entry| entry.key_span),
        findings: file.items("vulnerabilities").enumerate().map(|(at, node)| finding(at, node)).collect(),
        maestro: None,
    }
}

fn finding(at: usize, node: Node<'_>) -> Finding {
    let (owner, block) = (Owner::Finding(at), Block::root(node));
    let scores = block.block("scores");
    let cvss = block.block("cvss_base");
    let assessment = Assessment {
        owner,
        key_span: block.key_span,
        // The report has no field for the version: appendix A belongs to v0.8.
        version: Some(Text::new("0.8".into(), scores.key_span)),
        // The report's schema requires both.
        cvss_absent: false,
        vector_written: cvss.entry("vector_string").is_some(),
        vector: cvss.text("vector_string"),
        base: cvss.number("score"),
        factors: factors(block.block("amplification_factors"), block.block("rationales")),
        threat: block.multiplier("threat_multiplier"),
        mitigation: scores.multiplier("mitigation_factor"),
        evidence: scores
            .answered("mitigation_evidence", TextKind::Evidence)
            .or_else(|| block.answered("mitigation_evidence", TextKind::Evidence)),
        factor_sum: scores.number("factor_sum"),
        uplift: scores.number("aars"),
        score: scores.number("aivss"),
        undeclared: scores.undeclared("aivss"),
        severity: scores.own_text("severity"),
    };
    Finding {
        owner,
        id: block.text("id"),
        title: block.text("title"),
        assessment: Some(Arc::new(assessment)),
    }
}

fn factors(block: Block<'_>, rationales: Block<'_>) -> Factors {
    let mut factors = Factors::of(block, Factor::report_keys());
    for entry in block.entries() {
        let Some(factor) = Factor::with_report_key(entry.key) else {
            factors.unknown.push(block.key(entry));
            continue;
        };
        let rationale = rationales.answered(entry.key, TextKind::Prose).map(|text| text.value);
        // The report's schema reports empty values.
        factors.given.push(GivenFactor {
            factor,
            key: entry.key_span,
            value: number(entry).into(),
            rationale,
        });
    }
    factors
}
