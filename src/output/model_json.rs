//! Threat models with their scores as JSON, as `schemas/report.json` describes them.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::decimal::Decimal;
use crate::model::{Layer, ModelFormat};
use crate::score::{Scored, ScoredModel};
use crate::source::Position;

#[derive(Serialize)]
pub(crate) struct ModelJson<'r> {
    position: Position,
    format: &'static str,
    name: Option<&'r str>,
    environment: Option<&'r str>,
    tier: Option<&'r str>,
    scores: Vec<ScoreJson<'r>>,
    layers: Vec<LayerJson<'r>>,
}

#[derive(Serialize)]
struct ScoreJson<'r> {
    finding: Option<&'r str>,
    position: Option<Position>,
    declared: Option<Decimal>,
    factors: BTreeMap<&'static str, Decimal>,
    computed: Option<ComputedJson>,
}

#[derive(Serialize)]
struct ComputedJson {
    version: &'static str,
    cvss_base: Decimal,
    factor_sum: Decimal,
    threat_multiplier: Decimal,
    mitigation_factor: Option<Decimal>,
    aars: Decimal,
    raw: Decimal,
    score: Decimal,
    severity: &'static str,
    proven_score: Decimal,
    proven_severity: &'static str,
    working: String,
}

#[derive(Serialize)]
struct LayerJson<'r> {
    key: &'static str,
    answer: &'static str,
    open_threats: usize,
    threats: Vec<ThreatJson<'r>>,
}

#[derive(Serialize)]
struct ThreatJson<'r> {
    id: Option<&'r str>,
    title: Option<&'r str>,
    open: bool,
}

impl<'r> ModelJson<'r> {
    pub(crate) fn of(whole: &'r ScoredModel) -> Self {
        let (model, agent) = (&whole.model, &whole.model.agent);
        let scores = whole.scores.iter().map(|score| ScoreJson {
            finding: model.finding_id(score.owner),
            position: score.position,
            declared: score.declared.score.map(|score| score.value),
            factors: score
                .declared
                .factors
                .sorted()
                .iter()
                .map(|(factor, value)| (factor.key(), *value))
                .collect(),
            computed: computed(score),
        });
        Self {
            position: whole.position,
            format: match model.format {
                ModelFormat::Native => "threat-model",
                ModelFormat::OwaspReport => "owasp-report",
            },
            name: agent.name.as_deref(),
            environment: agent.environment.as_deref(),
            tier: agent.tier.as_deref(),
            scores: scores.collect(),
            layers: model.layers().iter().map(layer).collect(),
        }
    }
}

fn computed(scored: &Scored) -> Option<ComputedJson> {
    let (working, proven) = (scored.working.as_ref()?, scored.proven()?);
    Some(ComputedJson {
        version: working.formula.version,
        cvss_base: working.inputs.base,
        factor_sum: working.inputs.factor_sum,
        threat_multiplier: working.inputs.threat,
        mitigation_factor: working.formula.has_mitigation().then_some(working.inputs.mitigation),
        aars: working.uplift,
        raw: working.raw,
        score: working.score,
        severity: working.band.name(),
        proven_score: proven.score(),
        proven_severity: proven.band().name(),
        working: working.written(),
    })
}

fn layer(layer: &Layer) -> LayerJson<'_> {
    let threats = layer.threats.iter().map(|threat| ThreatJson {
        id: threat.short_id(),
        title: threat.short_title(),
        open: threat.open,
    });
    LayerJson {
        key: layer.kind.key(),
        answer: layer.answer.name(),
        open_threats: layer.open_threats(),
        threats: threats.collect(),
    }
}
