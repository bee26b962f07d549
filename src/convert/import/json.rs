//! Import of JSON: an OWASP report v0.8 (appendix A), or AVE records. Each vulnerability or record is a finding.
//!
//! The block `aivss` of a record does not follow the standard: `aars` is the plain sum of ten factors, of which the standard
//! has eight, and the score is `((CVSS + sum) ∕ 2) · ThM · M`. Inputs are imported, results are not: `fix` computes them.

use std::collections::HashSet;

use crate::aivss::{Factor, Formula, INPUT_DECIMALS};
use crate::convert::import::{ALREADY, Draft};
use crate::convert::scaffold::{Scaffold, ScaffoldFactor, ScaffoldFinding, ScaffoldScore};
use crate::decimal::Decimal;
use crate::source::Source;
use crate::syntax::{List, MODEL_MARKER, Map, Node, Value, parse};

pub(crate) fn import(source: &Source) -> Result<Draft, String> {
    let document = parse(source);
    if let Some(problem) = document.problems.first() {
        let at = source.position(problem.span.start);
        return Err(format!("line {}, column {}: {}", at.line, at.column, problem.message));
    }
    let root = document.roots().next().ok_or("it is empty")?;
    if root.get(MODEL_MARKER).is_some() {
        return Err(ALREADY.to_owned());
    }
    if let (Some(_), Some(list)) = (root.get("metadata"), root.get("vulnerabilities")) {
        let mut items = list.as_list().into_iter().flat_map(List::iter);
        if !items.any(|item| item.as_map().is_some()) {
            return Err("it lists no vulnerabilities".to_owned());
        }
        return Ok(of_report(root));
    }
    let records: Vec<Node<'_>> = root.as_list().map_or_else(|| vec![root], |list| List::iter(list).collect());
    if !records.is_empty()
        && records.iter().all(|record| record.get("aivss").is_some_and(|block| block.get("aarf").is_some()))
    {
        return Ok(of_records(root, &records));
    }
    let known = "an OWASP report (`metadata`, `vulnerabilities`) or AVE records (`aivss.aarf`)";
    Err(format!("it is JSON, but neither {known}"))
}

fn of_report(root: Node<'_>) -> Draft {
    let mut ledger = Ledger { root, taken: HashSet::new() };
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
    scaffold.findings = items.map(|item| of_vulnerability(&mut ledger, item)).collect();
    let mut remarks = ledger.unused();
    if scaffold.summary.is_some() {
        remarks.push("metadata.notes became agent.summary: check that it describes the risk".to_owned());
    }
    Draft { scaffold, remarks }
}

fn of_vulnerability<'t>(ledger: &mut Ledger<'t>, item: Node<'t>) -> ScaffoldFinding {
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

fn of_records<'t>(root: Node<'t>, records: &[Node<'t>]) -> Draft {
    let mut ledger = Ledger { root, taken: HashSet::new() };
    let mut remarks = Vec::new();
    let findings = records.iter().map(|record| of_record(&mut ledger, *record, &mut remarks)).collect();
    remarks.extend(ledger.unused());
    let origin =
        "A record is about a vulnerability; the agent, its own score and its layers are for you to add.";
    Draft { scaffold: Scaffold { findings, ..Scaffold::new(origin, "0.8") }, remarks }
}

fn of_record<'t>(ledger: &mut Ledger<'t>, record: Node<'t>, remarks: &mut Vec<String>) -> ScaffoldFinding {
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
    let first = entries.first()?;
    ledger.take(Some(record), "owasp_mapping");
    if entries.len() > 1 {
        let several = entries.join(", ");
        remarks.push(format!("a finding has one category, and owasp_mapping names {several}: choose"));
        return None;
    }
    Some((*first).to_owned())
}

/// Remarks on the results of a record, which are not imported.
fn results(block: Option<Node<'_>>) -> Vec<String> {
    let factors = block.and_then(|block| block.get("aarf"));
    let entries = factors.and_then(Node::as_map).into_iter().flat_map(Map::iter);
    let keys: Vec<&str> = entries.map(|entry| entry.key).collect();
    let sum = sum(factors, &keys);
    let mut remarks = Vec::new();
    if let Some(declared) = number_at(block, "aars") {
        let right = sum.filter(|sum| *sum != declared).map(|sum| format!(" (they come to {sum})"));
        remarks.push(format!(
            "aars {declared} is the plain sum of the record's own ten factors{}, not an uplift",
            right.unwrap_or_default()
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
    keys.iter().try_fold(Decimal::ZERO, |sum, key| Some(sum + usable(factors, key, Decimal::ONE)?))
}

/// The score by the record's own formula, if its numbers are in range.
fn own_score(block: Option<Node<'_>>, sum: Option<Decimal>) -> Option<Decimal> {
    let [base, threat, mitigation] =
        ["cvss_base", "thm", "mitigation_factor"].map(|key| usable(block, key, Decimal::TEN));
    Some(((base? + sum?).halved() * threat? * mitigation?).round_half_up(1))
}

fn usable(block: Option<Node<'_>>, key: &str, most: Decimal) -> Option<Decimal> {
    let value = number_at(block, key)?;
    let is_usable = value.within(Decimal::ZERO, most) && value.needed_decimals() <= INPUT_DECIMALS;
    is_usable.then_some(value)
}

/// A document whose values are taken one by one.
struct Ledger<'t> {
    root: Node<'t>,
    taken: HashSet<u32>,
}

/// The most unused values that are reported one by one.
const MOST: usize = 100;
/// The most characters of a value that are shown.
const LONGEST: usize = 60;

impl<'t> Ledger<'t> {
    fn text(&mut self, block: Option<Node<'t>>, key: &str) -> Option<String> {
        let text = block?.get(key)?.as_str().filter(|text| !text.trim().is_empty())?;
        self.take(block, key);
        Some(text.to_owned())
    }

    fn number(&mut self, block: Option<Node<'t>>, key: &str) -> Option<Decimal> {
        number_at(block, key).inspect(|_| self.take(block, key))
    }

    fn take(&mut self, block: Option<Node<'t>>, key: &str) {
        if let Some(node) = block.and_then(|block| block.get(key)) {
            self.taken.insert(node.resolved());
        }
    }

    /// Remarks on the values that were not used, with their paths.
    fn unused(&self) -> Vec<String> {
        let mut unused = Vec::new();
        self.walk(self.root, &mut String::new(), &mut unused);
        if unused.len() > MOST {
            let more = unused.len() - MOST;
            unused.truncate(MOST);
            unused.push(format!("and {more} more values"));
        }
        unused.into_iter().map(|value| format!("not carried over: {value}")).collect()
    }

    /// Adds the largest parts of which nothing was used; returns whether something was. The depth of the tree bounds the
    /// recursion.
    fn walk(&self, node: Node<'t>, name: &mut String, unused: &mut Vec<String>) -> bool {
        if self.taken.contains(&node.resolved()) {
            return true;
        }
        let (before, length, mut is_touched) = (unused.len(), name.len(), false);
        let dot = if length == 0 { "" } else { "." };
        let children: Vec<(String, Node<'t>)> = match node.value() {
            Value::Map(map) => map.iter().map(|entry| (format!("{dot}{}", entry.key), entry.value)).collect(),
            Value::List(list) => {
                list.iter().enumerate().map(|(at, item)| (format!("[{at}]"), item)).collect()
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Unreadable => {
                Vec::new()
            }
        };
        for (part, child) in children {
            name.push_str(&part);
            is_touched |= self.walk(child, name, unused);
            name.truncate(length);
        }
        if !is_touched {
            unused.truncate(before);
            unused.push(format!("{name}: {}", shown(node)));
        }
        is_touched
    }
}

fn number_at(block: Option<Node<'_>>, key: &str) -> Option<Decimal> {
    let Value::Number(digits) = block?.get(key)?.value() else { return None };
    Decimal::parse(digits).ok()
}

fn shown(node: Node<'_>) -> String {
    match node.value() {
        Value::String(text) if text.chars().count() <= LONGEST => text.to_owned(),
        Value::String(text) => text.chars().take(LONGEST).chain(['…']).collect(),
        Value::Number(digits) => digits.chars().take(LONGEST).collect(),
        Value::Bool(value) => value.to_string(),
        Value::Null => "null".to_owned(),
        Value::Map(_) | Value::List(_) | Value::Unreadable => node.kind_name().to_owned(),
    }
}
