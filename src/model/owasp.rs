//! OWASP's v0.8 report (appendix A) to [`Model`]: a list of vulnerabilities, no score of the whole, no layers.

use crate::aivss::Factor;
use crate::diagnostic::Owner;
use crate::model::block::{Block, number};
use crate::model::{
    Agent, Assessment, Factors, Finding, Format, GivenFactor, Model, Review, Spanned, TextKind,
};
use crate::syntax::Node;

pub(crate) fn read(root: Node<'_>) -> Model<'_> {
    let file = Block::root(root);
    let metadata = file.block("metadata");
    Model {
        format: Format::OwaspReport,
        key_span: file.key_span,
        agent: Agent {
            key_span: Some(metadata.key_span),
            name: metadata.text("system_name"),
            summary: None,
            // Who assesses need not own: an owner is an addition to the report.
            owner: metadata.answered("owner", TextKind::Name),
            environment: None,
            tier: None,
        },
        review: Review {
            key_span: Some(metadata.key_span),
            date: metadata.text("assessment_date"),
            approved_by: metadata.answered("approved_by", TextKind::Name),
        },
        assessment: None,
        findings_key_span: file.entry("vulnerabilities").map(|entry| entry.key_span),
        findings: file.items("vulnerabilities").enumerate().map(finding).collect(),
        maestro: None,
    }
}

fn finding((at, node): (usize, Node<'_>)) -> Finding<'_> {
    let (owner, block) = (Owner::Finding(at), Block::root(node));
    let scores = block.block("scores");
    let cvss = block.block("cvss_base");
    let assessment = Assessment {
        owner,
        key_span: block.key_span,
        // The report has no field for it: appendix A belongs to v0.8.
        version: Some(Spanned::new("0.8", scores.key_span)),
        // The report's schema asks for both.
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
    Finding { owner, id: block.text("id"), title: block.text("title"), assessment: Some(assessment) }
}

fn factors<'t>(block: Block<'t>, rationales: Block<'t>) -> Factors<'t> {
    let mut factors = Factors {
        key_span: block.key_span,
        readable: block.map().is_some(),
        given: Vec::with_capacity(Factor::SET),
        unknown: Vec::new(),
        keys: Factor::report_keys(),
    };
    for entry in block.map().into_iter().flat_map(crate::syntax::Map::iter) {
        match Factor::with_report_key(entry.key) {
            Some(factor) => {
                factors.given.push(GivenFactor {
                    factor,
                    key: entry.key_span,
                    // That a value is empty, the report's schema says.
                    value: number(entry).into(),
                    rationale: rationales.answered(entry.key, TextKind::Prose).map(|at| at.value),
                });
            }
            None => factors.unknown.push(block.key(entry)),
        }
    }
    factors
}
