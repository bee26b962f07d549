//! Import of an OWASP report v0.8 (appendix A): each vulnerability is a finding.

use crate::aivss::Factor;
use crate::convert::import::Draft;
use crate::convert::import::ledger::Ledger;
use crate::convert::scaffold::{Scaffold, ScaffoldFactor, ScaffoldFinding, ScaffoldScore};
use crate::syntax::{List, Node};

pub(crate) fn import(root: Node<'_>) -> Draft {
    let mut ledger = Ledger::new(root);
    let metadata = root.get("metadata");
    let origin =
        "The report scores single vulnerabilities; the agent's own score and its layers are for you to add.";
    let mut scaffold = Scaffold {
        name: ledger.text(metadata, "system_name"),
        summary: ledger.text(metadata, "notes"),
        owner: ledger.text(metadata, "owner"),
        version: ledger.text(metadata, "system_version"),
        review_date: ledger.text(metadata, "assessment_date"),
        reviewed_by: ledger.text(metadata, "assessor_id"),
        ..Scaffold::new(origin, "0.8")
    };
    let items = root.get("vulnerabilities").and_then(Node::as_list).into_iter().flat_map(List::iter);
    let items = items.filter(|item| item.as_map().is_some());
    scaffold.findings = items.map(|item| finding(&mut ledger, item)).collect();
    let mut remarks = ledger.unused();
    if scaffold.summary.is_some() {
        remarks.push("metadata.notes became agent.summary: check that it describes the risk".to_owned());
    }
    Draft { scaffold, remarks }
}

fn finding<'t>(ledger: &mut Ledger<'t>, item: Node<'t>) -> ScaffoldFinding {
    let this = Some(item);
    let (cvss, scores) = (item.get("cvss_base"), item.get("scores"));
    let (factors, rationales) = (item.get("amplification_factors"), item.get("rationales"));
    let evidence = ledger.text(scores, "mitigation_evidence");
    let mut score = ScaffoldScore {
        version: Some("0.8".to_owned()),
        vector: ledger.text(cvss, "vector_string"),
        base: ledger.number(cvss, "score"),
        threat: ledger.number(this, "threat_multiplier"),
        mitigation: ledger.number(scores, "mitigation_factor"),
        evidence: evidence.or_else(|| ledger.text(this, "mitigation_evidence")),
        factor_sum: ledger.number(scores, "factor_sum"),
        uplift: ledger.number(scores, "aars"),
        score: ledger.number(scores, "aivss"),
        severity: ledger.text(scores, "severity"),
        ..ScaffoldScore::default()
    };
    for factor in Factor::ALL {
        let Some(key) = factor.report_key() else { continue };
        if let Some(value) = ledger.number(factors, key) {
            score.factors.insert(factor, ScaffoldFactor { value, rationale: ledger.text(rationales, key) });
        }
    }
    ScaffoldFinding {
        id: ledger.text(this, "id"),
        title: ledger.text(this, "title"),
        description: ledger.text(this, "description"),
        category: ledger.text(this, "owasp_category"),
        score,
    }
}
