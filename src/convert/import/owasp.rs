//! OWASP's v0.8 report (appendix A) to a draft: each vulnerability is a finding; of the agent as a whole it says little.

use crate::aivss::Factor;
use crate::convert::import::Imported;
use crate::convert::import::ledger::Ledger;
use crate::convert::scaffold::{Draft, Finding, Score};
use crate::syntax::{List, Node};

pub(crate) fn import(root: Node<'_>) -> Imported {
    let mut ledger = Ledger::new(root);
    let metadata = root.get("metadata");
    let mut draft = Draft {
        origin: "The report scores single vulnerabilities; the agent's own score and its layers are for you to add."
            .to_owned(),
        name: ledger.text(metadata, "system_name"),
        summary: ledger.text(metadata, "notes"),
        owner: ledger.text(metadata, "owner"),
        version: ledger.text(metadata, "system_version"),
        review_date: ledger.text(metadata, "assessment_date"),
        reviewed_by: ledger.text(metadata, "assessor_id"),
        score: Score { version: Some("0.8".to_owned()), ..Score::default() },
        ..Draft::default()
    };
    let items = root.get("vulnerabilities").and_then(Node::as_list).into_iter().flat_map(List::iter);
    // What is no mapping is told as left.
    let items = items.filter(|item| item.as_map().is_some());
    draft.findings = items.map(|item| finding(&mut ledger, item)).collect();
    let mut remarks: Vec<String> =
        ledger.left().into_iter().map(|left| format!("not carried over: {left}")).collect();
    if draft.summary.is_some() {
        remarks.push("metadata.notes became agent.summary: see that it says what the risk is".to_owned());
    }
    Imported { draft, remarks }
}

fn finding<'t>(ledger: &mut Ledger<'t>, item: Node<'t>) -> Finding {
    let this = Some(item);
    let (cvss, scores) = (item.get("cvss_base"), item.get("scores"));
    let (factors, rationales) = (item.get("amplification_factors"), item.get("rationales"));
    let mut score = Score {
        version: Some("0.8".to_owned()),
        vector: ledger.text(cvss, "vector_string"),
        base: ledger.number(cvss, "score"),
        threat: ledger.number(this, "threat_multiplier"),
        mitigation: ledger.number(scores, "mitigation_factor"),
        evidence: ledger
            .text(scores, "mitigation_evidence")
            .or_else(|| ledger.text(this, "mitigation_evidence")),
        factor_sum: ledger.number(scores, "factor_sum"),
        uplift: ledger.number(scores, "aars"),
        score: ledger.number(scores, "aivss"),
        severity: ledger.text(scores, "severity"),
        ..Score::default()
    };
    for factor in Factor::ALL {
        let Some(key) = factor.report_key() else { continue };
        if let Some(number) = ledger.number(factors, key) {
            score.factors.insert(factor, (number, ledger.text(rationales, key)));
        }
    }
    Finding {
        id: ledger.text(this, "id"),
        title: ledger.text(this, "title"),
        description: ledger.text(this, "description"),
        category: ledger.text(this, "owasp_category"),
        score,
    }
}
