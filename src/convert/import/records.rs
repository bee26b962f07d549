//! Import of single vulnerabilities: OWASP's v0.8 report (appendix A), and AVE records. Each becomes a finding.
//!
//! The block `aivss` of a record does not follow the standard: `aars` is the plain sum of ten factors, of which the standard
//! has eight, and the score is `((CVSS + sum) ∕ 2) · ThM · M`. Inputs are imported, results are not: `fix` computes them.

use crate::aivss::{Factor, Formula, INPUT_DECIMALS};
use crate::convert::data::{Data, Row, number, text, word};
use crate::convert::import::Draft;
use crate::convert::scaffold::Scaffold;
use crate::decimal::Decimal;

const METADATA: [Row; 6] = [
    ("metadata/system_name", "agent/name", text),
    ("metadata/notes", "agent/summary", text),
    ("metadata/owner", "agent/owner", text),
    ("metadata/system_version", "agent/version", text),
    ("metadata/assessment_date", "review/date", text),
    ("metadata/assessor_id", "review/by", text),
];

const VULNERABILITY: [Row; 14] = [
    ("id", "id", text),
    ("title", "title", text),
    ("description", "description", text),
    ("owasp_category", "category", text),
    ("cvss_base/vector_string", "aivss/cvss", text),
    ("cvss_base/score", "aivss/cvss_base", number),
    ("threat_multiplier", "aivss/threat_multiplier", number),
    ("scores/mitigation_factor", "aivss/mitigation_factor", number),
    ("scores/mitigation_evidence", "aivss/mitigation_evidence", text),
    ("mitigation_evidence", "aivss/mitigation_evidence", text),
    ("scores/factor_sum", "aivss/factor_sum", number),
    ("scores/aars", "aivss/aars", number),
    ("scores/aivss", "aivss/score", number),
    ("scores/severity", "aivss/severity", text),
];

pub(crate) fn is_report(root: &Data) -> bool {
    ["metadata", "vulnerabilities"].iter().all(|part| root.entries().iter().any(|(key, _)| key == part))
}

pub(crate) fn of_report(mut root: Data) -> Result<Draft, String> {
    let origin =
        "The report scores single vulnerabilities; the agent's own score and its layers are for you to add.";
    let mut scaffold = Scaffold::new(origin, "0.8");
    root.carry(&METADATA, &mut scaffold.model);
    let mut findings = Vec::new();
    let items = root.get_mut("vulnerabilities").map(Data::items_mut).unwrap_or_default();
    for item in items.iter_mut().filter(|item| matches!(item, Data::Map(_))) {
        let mut finding = Data::EMPTY;
        finding.put("aivss/version", "0.8");
        item.carry(&VULNERABILITY, &mut finding);
        for factor in Factor::ALL {
            let Some(key) = factor.report_key() else { continue };
            let Some(value) = item.decimal(&format!("amplification_factors/{key}")) else { continue };
            item.take(&format!("amplification_factors/{key}"));
            let path = format!("aivss/factors/{}", factor.key());
            match item.take_text(&format!("rationales/{key}")) {
                Some(rationale) => {
                    finding.put(&format!("{path}/score"), value);
                    finding.put(&format!("{path}/rationale"), &*rationale);
                }
                None => finding.put(&path, value),
            }
        }
        findings.push(finding);
    }
    if findings.is_empty() {
        return Err("it lists no vulnerabilities".to_owned());
    }
    scaffold.model.put("findings", Data::List(findings));
    let mut remarks = not_carried(&root);
    if scaffold.model.get("agent/summary").is_some() {
        remarks.push("metadata.notes became agent.summary: check that it describes the risk".to_owned());
    }
    Ok(Draft { scaffolds: vec![scaffold], remarks })
}

/// Remarks on the values that were not taken.
pub(crate) fn not_carried(root: &Data) -> Vec<String> {
    root.rest().into_iter().map(|value| format!("not carried over: {value}")).collect()
}

const RECORD: [Row; 7] = [
    ("ave_id", "id", text),
    ("title", "title", text),
    ("description", "description", text),
    ("cvss_base_vector", "aivss/cvss", text),
    ("aivss/cvss_base", "aivss/cvss_base", number),
    ("aivss/thm", "aivss/threat_multiplier", number),
    ("aivss/mitigation_factor", "aivss/mitigation_factor", number),
];

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

/// The lists of categories in a record of schema 1.1, and of older ones.
const CATEGORIES: [&str; 2] = ["owasp_asi", "owasp_mapping"];

/// Whether a document is one record, or a list of them.
pub(crate) fn is_records(root: &Data) -> bool {
    let is_record = |record: &Data| record.text("ave_id").is_some() || record.get("aivss/aarf").is_some();
    is_record(root) || !root.items().is_empty() && root.items().iter().all(is_record)
}

pub(crate) fn of_records(mut root: Data) -> Draft {
    let origin =
        "A record is about a vulnerability; the agent, its own score and its layers are for you to add.";
    let mut scaffold = Scaffold::new(origin, "0.8");
    let mut remarks = Vec::new();
    let records =
        if let Data::List(records) = &mut root { &mut **records } else { std::slice::from_mut(&mut root) };
    let findings = records.iter_mut().map(|record| of_record(record, &mut remarks)).collect();
    scaffold.model.put("findings", Data::List(findings));
    remarks.extend(not_carried(&root));
    Draft { scaffolds: vec![scaffold], remarks }
}

fn of_record(record: &mut Data, remarks: &mut Vec<String>) -> Data {
    let name = record.text("ave_id").unwrap_or("a record without ave_id").to_owned();
    let mut own = Vec::new();
    if record.get("aivss").is_some() {
        own = results(record);
    }
    for key in ["aivss/aars", "aivss/aivss_score", "aivss/aivss_severity", "aivss_score"] {
        record.take(key);
    }
    let mut finding = Data::EMPTY;
    let spec = record.get("aivss/spec_version").and_then(word);
    if spec.is_some() {
        record.take("aivss/spec_version");
    }
    match spec.as_ref().and_then(Data::as_text) {
        Some(spec) if Formula::named(spec).is_some() => finding.put("aivss/version", spec),
        Some(spec) => own.push(format!("spec_version names no formula, but `{spec}`: choose one")),
        None if record.get("aivss").is_none() => {}
        None => own.push("spec_version names no formula, but nothing: choose one".to_owned()),
    }
    record.carry(&RECORD, &mut finding);
    for (key, factor) in FACTORS {
        let from = format!("aivss/aarf/{key}");
        if let Some(value) = record.decimal(&from) {
            record.take(&from);
            finding.put(&format!("aivss/factors/{}", factor.key()), value);
        }
    }
    for key in CATEGORIES {
        let names: Vec<&str> =
            record.get(key).map(Data::items).unwrap_or_default().iter().filter_map(Data::as_text).collect();
        match names.as_slice() {
            [] => continue,
            [only] => finding.put("category", *only),
            several => {
                let several = several.join(", ");
                own.push(format!("a finding has one category, and {key} names {several}: choose"));
                finding.put(&format!("x-{key}"), record.get(key).cloned().unwrap_or_default());
            }
        }
        record.take(key);
    }
    remarks.extend(own.into_iter().map(|remark| format!("{name}: {remark}")));
    finding
}

/// Remarks on the results of a record, which are not imported.
fn results(record: &Data) -> Vec<String> {
    let keys: Vec<&str> = record
        .get("aivss/aarf")
        .map(Data::entries)
        .unwrap_or_default()
        .iter()
        .map(|(key, _)| &**key)
        .collect();
    let sum = sum(record, &keys);
    let mut remarks = Vec::new();
    if let Some(declared) = record.decimal("aivss/aars") {
        let right = sum.filter(|sum| *sum != declared).map(|sum| format!(" (they come to {sum})"));
        remarks.push(format!(
            "aars {declared} is the plain sum of the record's own ten factors{}, not an uplift",
            right.unwrap_or_default()
        ));
    }
    if let Some(declared) = record.decimal("aivss/aivss_score") {
        let right = own_score(record, sum).filter(|own| *own != declared);
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
fn sum(record: &Data, keys: &[&str]) -> Option<Decimal> {
    if keys.is_empty() || keys.len() > Factor::SET {
        return None;
    }
    let mut values = keys.iter().map(|key| usable(record, &format!("aivss/aarf/{key}"), Decimal::ONE));
    values.try_fold(Decimal::ZERO, |sum, value| Some(sum + value?))
}

/// The score by the record's own formula, if its numbers are in range.
fn own_score(record: &Data, sum: Option<Decimal>) -> Option<Decimal> {
    let [base, threat, mitigation] = ["aivss/cvss_base", "aivss/thm", "aivss/mitigation_factor"]
        .map(|path| usable(record, path, Decimal::TEN));
    Some(((base? + sum?).halved() * threat? * mitigation?).round_half_up(1))
}

fn usable(record: &Data, path: &str, most: Decimal) -> Option<Decimal> {
    let value = record.decimal(path)?;
    let is_usable = value.within(Decimal::ZERO, most) && value.needed_decimals() <= INPUT_DECIMALS;
    is_usable.then_some(value)
}
