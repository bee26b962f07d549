//! What rules in Rego see: the document as it stands, with what was computed from it under `computed`.
//!
//! `schemas/rego-input.json` describes it.

use serde_json::{Map, Value, json};

use crate::decimal::Decimal;
use crate::rules::Subject;
use crate::score::Scored;
use crate::score::assessed::word;
use crate::syntax::Node;

/// The input for one threat model, as JSON.
pub fn rego_input(root: Node<'_>, subject: &Subject<'_>, path: &str) -> String {
    let mut input = match root.to_json() {
        Value::Object(object) => object,
        _ => Map::new(),
    };
    let findings: Vec<Value> = subject
        .findings()
        .map(|(finding, scored)| {
            let mut computed = computed(scored);
            computed["id"] = finding.id.map_or(Value::Null, |id| json!(id.value));
            computed
        })
        .collect();
    let layers: Map<String, Value> = subject
        .model
        .maestro
        .iter()
        .flat_map(|maestro| &maestro.layers)
        .map(|layer| {
            let open = layer.threats.iter().filter(|threat| threat.open).count();
            (layer.kind.key().to_owned(), json!({ "answer": word(layer.answer), "open_threats": open }))
        })
        .collect();
    let added = json!({
        "path": path,
        "today": subject.today.to_string(),
        "agent": subject.own().map(computed),
        "findings": findings,
        "layers": layers,
    });
    input.insert("computed".to_owned(), added);
    Value::Object(input).to_string()
}

fn computed(scored: &Scored<'_>) -> Value {
    let (Some(working), Some(proven)) = (&scored.working, scored.proven()) else {
        return json!({ "score": Value::Null });
    };
    json!({
        "version": working.formula.version,
        "cvss_base": number(working.inputs.base),
        "factor_sum": number(working.inputs.factor_sum),
        "threat_multiplier": number(working.inputs.threat),
        "mitigation_factor": number(working.inputs.mitigation),
        "aars": number(working.uplift),
        "raw": number(working.raw),
        "score": number(working.score),
        "severity": working.band.name(),
        "proven_score": number(proven.score()),
        "proven_severity": proven.band().name(),
    })
}

/// A decimal as the JSON number nearest to it.
fn number(decimal: Decimal) -> Value {
    serde_json::from_str(&decimal.plain().to_string()).unwrap_or(Value::Null)
}
