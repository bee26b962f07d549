//! AVE records to a draft: each is a finding.
//!
//! A record has a block `aivss` of its own make: `aars` is the plain sum of ten factors, two of which the standard does
//! not know while two of the standard's are not among them, and the score is `((CVSS + sum) ∕ 2) · ThM · M`, which is the
//! formula of no version. Inputs are carried over, results are not: `fix` computes them.

use crate::aivss::Factor;
use crate::aivss::{Formula, INPUT_DECIMALS};
use crate::convert::import::Imported;
use crate::convert::import::ledger::Ledger;
use crate::convert::scaffold::{Draft, Finding, Score};
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

/// Whether a node is a record.
pub(crate) fn is_record(node: Node<'_>) -> bool {
    node.get("aivss").is_some_and(|block| block.get("aarf").is_some())
}

pub(crate) fn import<'t>(root: Node<'t>, records: &[Node<'t>]) -> Imported {
    let mut ledger = Ledger::new(root);
    let mut remarks = Vec::new();
    let findings = records.iter().map(|record| finding(&mut ledger, *record, &mut remarks)).collect();
    remarks.extend(ledger.left().into_iter().map(|left| format!("not carried over: {left}")));
    let draft = Draft {
        origin:
            "A record is about a vulnerability; the agent, its own score and its layers are for you to add."
                .to_owned(),
        score: Score { version: Some("0.8".to_owned()), ..Score::default() },
        findings,
        ..Draft::default()
    };
    Imported { draft, remarks }
}

fn finding<'t>(ledger: &mut Ledger<'t>, record: Node<'t>, remarks: &mut Vec<String>) -> Finding {
    let this = Some(record);
    let block = record.get("aivss");
    let id = ledger.text(this, "ave_id");
    let name = id.clone().unwrap_or_else(|| "a record without ave_id".to_owned());
    remarks.extend(results(block).into_iter().map(|remark| format!("{name}: {remark}")));
    for key in ["aars", "aivss_score", "aivss_severity"] {
        ledger.take(block, key);
    }
    ledger.take(this, "aivss_score");
    let number =
        |ledger: &mut Ledger<'t>| ledger.number(block, "spec_version").map(|number| number.to_string());
    let spec = ledger.text(block, "spec_version").or_else(|| number(ledger));
    let version = spec.clone().filter(|version| Formula::named(version).is_some());
    if version.is_none() {
        let spec = spec.map_or_else(|| "nothing".to_owned(), |spec| format!("`{spec}`"));
        remarks.push(format!("{name}: spec_version names no formula, but {spec}: choose one"));
    }
    let mut score = Score {
        version,
        vector: ledger.text(this, "cvss_base_vector"),
        base: ledger.number(block, "cvss_base"),
        threat: ledger.number(block, "thm"),
        mitigation: ledger.number(block, "mitigation_factor"),
        ..Score::default()
    };
    let factors = block.and_then(|block| block.get("aarf"));
    for (key, factor) in FACTORS {
        if let Some(number) = ledger.number(factors, key) {
            score.factors.insert(factor, (number, None));
        }
    }
    Finding {
        id,
        title: ledger.text(this, "title"),
        description: ledger.text(this, "description"),
        category: category(ledger, record, &name, remarks),
        score,
    }
}

/// The category, where the record names just one.
fn category<'t>(
    ledger: &mut Ledger<'t>,
    record: Node<'t>,
    name: &str,
    remarks: &mut Vec<String>,
) -> Option<String> {
    let mapping = record.get("owasp_mapping")?;
    let entries: Vec<&str> = mapping.as_list()?.iter().filter_map(Node::as_str).collect();
    match entries.as_slice() {
        [] => None,
        [only] => {
            ledger.take(Some(record), "owasp_mapping");
            Some((*only).to_owned())
        }
        several => {
            ledger.take(Some(record), "owasp_mapping");
            let several = several.join(", ");
            remarks.push(format!(
                "{name}: a finding has one category, and owasp_mapping names {several}: choose"
            ));
            None
        }
    }
}

/// What the record computed, which is not carried over, and whether its own formula gives it.
fn results(block: Option<Node<'_>>) -> Vec<String> {
    let number = |block: Option<Node<'_>>, key: &str| Ledger::new(block?).number(block, key);
    let factors = block.and_then(|block| block.get("aarf"));
    let keys: Vec<&str> = factors
        .and_then(Node::as_map)
        .map_or_else(Vec::new, |map| map.iter().map(|entry| entry.key).collect());
    let factor = |key: &&str| number(factors, key).filter(|value| is_usable(*value, Decimal::ONE));
    // Where a factor is out of range, nothing is said of their sum.
    let sum =
        (keys.len() <= Factor::SET).then(|| keys.iter().map(factor).collect::<Option<Vec<_>>>()).flatten();
    let sum: Option<Decimal> = sum.map(|factors| factors.into_iter().sum());
    let mut remarks = Vec::new();
    if let Some(declared) = number(block, "aars") {
        let wrong = sum
            .filter(|sum| *sum != declared)
            .map_or_else(String::new, |sum| format!(" (they come to {sum})"));
        remarks.push(format!(
            "aars {declared} is the plain sum of the record's own ten factors{wrong}, not an uplift"
        ));
    }
    if let Some(declared) = number(block, "aivss_score") {
        let wrong = own_score(block, sum).filter(|own| *own != declared);
        let wrong = wrong.map_or_else(String::new, |own| format!(" (which gives {own})"));
        remarks.push(format!(
            "aivss_score {declared} is by ((CVSS + sum) ∕ 2) · ThM · M{wrong}, the formula of no version: it is left to \
             `aivss-lint fix`"
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

/// The record's own formula, where its numbers are in range.
fn own_score(block: Option<Node<'_>>, sum: Option<Decimal>) -> Option<Decimal> {
    let number =
        |key: &str| Ledger::new(block?).number(block, key).filter(|value| is_usable(*value, Decimal::TEN));
    let (base, threat, mitigation) = (number("cvss_base")?, number("thm")?, number("mitigation_factor")?);
    Some(((base + sum?).halved() * threat * mitigation).round_half_up(1))
}

fn is_usable(value: Decimal, most: Decimal) -> bool {
    value.within(Decimal::ZERO, most) && value.needed_decimals() <= INPUT_DECIMALS
}
