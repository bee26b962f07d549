//! The input of rules in Rego: the document, with the computed values under `computed`, as `schemas/rego-input.json`
//! describes it.

use serde_json::{Map, Value, json};

use crate::date::Date;
use crate::decimal::Decimal;
use crate::model::Model;
use crate::score::Scored;
use crate::syntax::Node;

/// The input for one threat model, as JSON.
pub fn rego_input(root: Node<'_>, model: &Model, scores: &[Scored], today: Date, path: &str) -> String {
    let mut input = match root.to_json() {
        Value::Object(object) => object,
        _ => Map::new(),
    };
    let mut agent = Value::Null;
    let mut findings = Vec::new();
    for scored in scores {
        let mut values = computed(scored);
        match model.finding(scored.owner) {
            None => agent = values,
            Some(finding) => {
                values["id"] = json!(finding.id.as_deref());
                findings.push(values);
            }
        }
    }
    let mut layers = Map::new();
    for layer in model.layers() {
        let answer = json!({ "answer": layer.answer.name(), "open_threats": layer.open_threats() });
        layers.insert(layer.kind.key().to_owned(), answer);
    }
    let computed = json!({
        "path": path,
        "today": today.to_string(),
        "agent": agent,
        "findings": findings,
        "layers": layers,
    });
    input.insert("computed".to_owned(), computed);
    Value::Object(input).to_string()
}

fn computed(scored: &Scored) -> Value {
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
