//! Import of AVE records: each is a finding.
//!
//! The block `aivss` of a record does not follow the standard: `aars` is the plain sum of ten factors, of which the standard
//! has eight, and the score is `((CVSS + sum) ∕ 2) · ThM · M`. Inputs are imported, results are not: `fix` computes them.

use crate::aivss::{Factor, Formula, INPUT_DECIMALS};
use crate::convert::import::Draft;
use crate::convert::import::ledger::{Ledger, number_at};
use crate::convert::scaffold::{Scaffold, ScaffoldFactor, ScaffoldFinding, ScaffoldScore};
use crate::decimal::Decimal;
use crate::syntax::Node;

/// The record's factors that the standard has too.
const FACTORS: [(&str, Factor); 8] = [
    ("autonomy", Factor::AutonomyOfAction),
    ("tool_use", Factor::DynamicToolUse),
    ("natural_language_input", Factor::NaturalLanguageInterface),
    ("non_determinism", Factor::NonDeterminism),
    ("persistent_memory", Factor::PersistentMemory),
    ("dynamic_identity", Factor::DynamicIdentity),
    ("multi_agent", Factor::MultiAgentInteractions),
    ("self_modification", Factor::SelfModification),
];

pub(crate) fn is_record(node: Node<'_>) -> bool {
    node.get("aivss").is_some_and(|block| block.get("aarf").is_some())
}

pub(crate) fn import<'t>(root: Node<'t>, records: &[Node<'t>]) -> Draft {
    let mut ledger = Ledger::new(root);
    let mut remarks = Vec::new();
    let findings = records.iter().map(|record| finding(&mut ledger, *record, &mut remarks)).collect();
    remarks.extend(ledger.unused());
    let origin =
        "A record is about a vulnerability; the agent, its own score and its layers are for you to add.";
    Draft { scaffold: Scaffold { findings, ..Scaffold::new(origin, "0.8") }, remarks }
}

fn finding<'t>(ledger: &mut Ledger<'t>, record: Node<'t>, remarks: &mut Vec<String>) -> ScaffoldFinding {
    let (this, block) = (Some(record), record.get("aivss"));
    let id = ledger.text(this, "ave_id");
    let name = id.clone().unwrap_or_else(|| "a record without ave_id".to_owned());
    let mut own = results(block);
    for key in ["aars", "aivss_score", "aivss_severity"] {
        ledger.take(block, key);
    }
    ledger.take(this, "aivss_score");
    let spec = ledger.text(block, "spec_version");
    let spec = spec.or_else(|| ledger.number(block, "spec_version").map(|number| number.to_string()));
    let version = spec.clone().filter(|version| Formula::named(version).is_some());
    if version.is_none() {
        let spec = spec.map_or_else(|| "nothing".to_owned(), |spec| format!("`{spec}`"));
        own.push(format!("spec_version names no formula, but {spec}: choose one"));
    }
    let mut score = ScaffoldScore {
        version,
        vector: ledger.text(this, "cvss_base_vector"),
        base: ledger.number(block, "cvss_base"),
        threat: ledger.number(block, "thm"),
        mitigation: ledger.number(block, "mitigation_factor"),
        ..ScaffoldScore::default()
    };
    let factors = block.and_then(|block| block.get("aarf"));
    for (key, factor) in FACTORS {
        if let Some(value) = ledger.number(factors, key) {
            score.factors.insert(factor, ScaffoldFactor { value, rationale: None });
        }
    }
    let category = category(ledger, record, &mut own);
    remarks.extend(own.into_iter().map(|remark| format!("{name}: {remark}")));
    let (title, description) = (ledger.text(this, "title"), ledger.text(this, "description"));
    ScaffoldFinding { id, title, description, category, score }
}

/// The category, if the record names just one.
fn category<'t>(ledger: &mut Ledger<'t>, record: Node<'t>, remarks: &mut Vec<String>) -> Option<String> {
    let mapping = record.get("owasp_mapping")?;
    let entries: Vec<&str> = mapping.as_list()?.iter().filter_map(Node::as_str).collect();
    let only = match entries.as_slice() {
        [] => return None,
        [only] => Some((*only).to_owned()),
        several => {
            let several = several.join(", ");
            remarks.push(format!("a finding has one category, and owasp_mapping names {several}: choose"));
            None
        }
    };
    ledger.take(Some(record), "owasp_mapping");
    only
}

/// Remarks on the results of a record, which are not imported.
fn results(block: Option<Node<'_>>) -> Vec<String> {
    let factors = block.and_then(|block| block.get("aarf"));
    let keys: Vec<&str> = factors
        .and_then(Node::as_map)
        .into_iter()
        .flat_map(|map| map.iter().map(|entry| entry.key))
        .collect();
    let sum = sum(factors, &keys);
    let mut remarks = Vec::new();
    if let Some(declared) = number_at(block, "aars") {
        let right = sum.filter(|sum| *sum != declared).map(|sum| format!(" (they come to {sum})"));
        let right = right.unwrap_or_default();
        remarks.push(format!(
            "aars {declared} is the plain sum of the record's own ten factors{right}, not an uplift"
        ));
    }
    if let Some(declared) = number_at(block, "aivss_score") {
        let right = own_score(block, sum).filter(|own| *own != declared);
        let right = right.map(|own| format!(" (which gives {own})")).unwrap_or_default();
        remarks.push(format!(
            "aivss_score {declared} is by ((CVSS + sum) ∕ 2) · ThM · M{right}, the formula of no version: `aivss-lint fix` \
             computes it"
        ));
    }
    let missing: Vec<&str> = FACTORS.iter().map(|(key, _)| *key).filter(|key| !keys.contains(key)).collect();
    if !missing.is_empty() {
        remarks.push(format!("aarf lacks {}", missing.join(", ")));
    }
    remarks.push(
        "contextual_awareness and opacity_and_reflexivity are not among its factors: score them".to_owned(),
    );
    remarks
}

/// The sum of a record's factors, if all are in range.
fn sum(factors: Option<Node<'_>>, keys: &[&str]) -> Option<Decimal> {
    if keys.len() > Factor::SET {
        return None;
    }
    let mut sum = Decimal::ZERO;
    for key in keys {
        sum = sum + usable(factors, key, Decimal::ONE)?;
    }
    Some(sum)
}

/// The score by the record's own formula, if its numbers are in range.
fn own_score(block: Option<Node<'_>>, sum: Option<Decimal>) -> Option<Decimal> {
    let number = |key| usable(block, key, Decimal::TEN);
    let (base, threat, mitigation) = (number("cvss_base")?, number("thm")?, number("mitigation_factor")?);
    Some(((base + sum?).halved() * threat * mitigation).round_half_up(1))
}

fn usable(block: Option<Node<'_>>, key: &str, most: Decimal) -> Option<Decimal> {
    let is_usable =
        |value: &Decimal| value.within(Decimal::ZERO, most) && value.needed_decimals() <= INPUT_DECIMALS;
    number_at(block, key).filter(is_usable)
}
