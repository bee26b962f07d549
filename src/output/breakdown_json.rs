//! The breakdown of scores as JSON, for programs. The first key is the version of the shape, which `schemas/score.json`
//! describes. Numbers keep their exact digits.

use std::collections::BTreeMap;
use std::io;

use serde::Serialize;

use crate::aivss::{ALL, Working};
use crate::decimal::Decimal;
use crate::escape;
use crate::input_error::InputError;
use crate::output::breakdown::Formulas;
use crate::output::json::{TOOL, Tool};
use crate::score::{
    Contribution, InputOrigin, OneLess, ScoreBreakdown, ScoreInput, Scored, better_mitigation, lower_threat,
};
use crate::source::Position;

/// The version of the shape. New keys keep it; a key that is removed or changes its meaning makes a new version.
const VERSION: u32 = 1;

#[derive(Serialize)]
struct BreakdownFile<'s> {
    aivss_score: u32,
    tool: Tool,
    scores: Vec<BreakdownJson<'s>>,
    #[serde(rename = "obstacles")]
    input_errors: Vec<ErrorJson<'s>>,
}

#[derive(Serialize)]
struct ErrorJson<'s> {
    path: &'s str,
    message: String,
}

#[derive(Serialize)]
struct BreakdownJson<'s> {
    path: Option<&'s str>,
    position: Option<Position>,
    agent: Option<&'s str>,
    finding: Option<&'s str>,
    version: Option<&'s str>,
    inputs: BTreeMap<&'static str, InputJson<'s>>,
    missing: Vec<String>,
    steps: Vec<StepJson>,
    uplift: Option<Decimal>,
    raw: Option<Decimal>,
    score: Option<Decimal>,
    band: Option<&'static str>,
    wrong: Vec<WrongJson>,
    factors: Vec<FactorJson>,
    multipliers: Vec<FactorJson>,
    #[serde(skip_serializing_if = "Option::is_none")]
    formulas: Option<[FormulaJson; 3]>,
}

#[derive(Serialize)]
struct InputJson<'s> {
    value: Option<Decimal>,
    from: &'static str,
    written: Option<&'s str>,
}

#[derive(Serialize)]
struct StepJson {
    step: &'static str,
    working: String,
}

#[derive(Serialize)]
struct WrongJson {
    what: &'static str,
    declared: String,
}

#[derive(Serialize)]
struct FactorJson {
    key: &'static str,
    value: Decimal,
    #[serde(skip_serializing_if = "Option::is_none")]
    weight: Option<Decimal>,
    one_step_less: Option<LessJson>,
}

#[derive(Serialize)]
struct LessJson {
    value: Decimal,
    name: Option<&'static str>,
    score: Decimal,
    band: &'static str,
    changes_band: bool,
}

#[derive(Serialize)]
struct FormulaJson {
    version: &'static str,
    uplift: Decimal,
    score: Decimal,
    band: &'static str,
}

/// Writes breakdowns, and the errors that prevented others, as JSON.
///
/// # Errors
/// Errors of the writer.
pub fn write_breakdowns_json(
    breakdowns: &[ScoreBreakdown],
    errors: &[InputError],
    formulas: Formulas,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let errors = errors.iter().map(|error| ErrorJson { path: error.path(), message: error.to_string() });
    let scores = breakdowns.iter().map(|breakdown| score(breakdown, formulas)).collect();
    let file = BreakdownFile { aivss_score: VERSION, tool: TOOL, scores, input_errors: errors.collect() };
    escape::write_json(&file, out)
}

fn score(breakdown: &ScoreBreakdown, formulas: Formulas) -> BreakdownJson<'_> {
    let (scored, computed) = (breakdown.scored.as_ref(), breakdown.computed());
    let working = computed.map(|(_, working)| working);
    let inputs = scored.map(Scored::inputs).into_iter().flatten();
    let steps = scored.map(Scored::steps).unwrap_or_default();
    let wrong = scored.map(Scored::wrong).unwrap_or_default();
    let all = working.filter(|_| formulas == Formulas::All);
    BreakdownJson {
        path: breakdown.path.as_deref(),
        position: breakdown.position,
        agent: breakdown.agent.as_deref(),
        finding: breakdown.finding.as_deref(),
        version: breakdown.version.as_deref(),
        inputs: inputs.map(|input| (input.key, InputJson::from(input))).collect(),
        missing: breakdown.missing_inputs(),
        steps: steps.into_iter().map(|(step, working)| StepJson { step, working }).collect(),
        uplift: working.map(|working| working.uplift),
        raw: working.map(|working| working.raw),
        score: working.map(|working| working.score),
        band: working.map(|working| working.band.name()),
        wrong: wrong.into_iter().map(|(what, declared)| WrongJson { what, declared }).collect(),
        factors: computed.map(|(scored, working)| factors(scored, working)).unwrap_or_default(),
        multipliers: working.map(multipliers).unwrap_or_default(),
        formulas: all.map(|working| ALL.map(|formula| FormulaJson::from(formula.work(working.inputs)))),
    }
}

impl<'s> From<ScoreInput<'s>> for InputJson<'s> {
    fn from(input: ScoreInput<'s>) -> Self {
        let (from, written) = match input.origin {
            InputOrigin::Vector(vector) => ("vector", Some(vector)),
            InputOrigin::Number => ("number", None),
            InputOrigin::Name(name) => ("name", Some(name)),
            InputOrigin::Default(_) => ("default", None),
            InputOrigin::Sum => ("sum", None),
            InputOrigin::Ignored => ("ignored", None),
            InputOrigin::Nowhere => ("nowhere", None),
        };
        Self { value: input.value, from, written }
    }
}

fn factors(scored: &Scored, working: &Working) -> Vec<FactorJson> {
    let contributions = Contribution::of_factors(working, scored.declared.factors.numbers());
    let factors = contributions.into_iter().map(|Contribution { factor, value, share, one_less }| {
        let one_step_less = one_less.map(LessJson::from);
        FactorJson { key: factor.key(), value, weight: Some(share), one_step_less }
    });
    factors.collect()
}

fn multipliers(working: &Working) -> Vec<FactorJson> {
    let mut multipliers = Vec::new();
    for (key, value, less) in [
        ("threat_multiplier", working.inputs.threat, lower_threat(working)),
        ("mitigation_factor", working.inputs.mitigation, better_mitigation(working)),
    ] {
        if key != "mitigation_factor" || working.formula.has_mitigation() {
            let one_step_less = less.map(LessJson::from);
            multipliers.push(FactorJson { key, value, weight: None, one_step_less });
        }
    }
    multipliers
}

impl From<OneLess> for LessJson {
    fn from(OneLess { value, name, working, changes_band }: OneLess) -> Self {
        Self { value, name, score: working.score, band: working.band.name(), changes_band }
    }
}

impl From<Working> for FormulaJson {
    fn from(Working { formula, uplift, score, band, .. }: Working) -> Self {
        Self { version: formula.version, uplift, score, band: band.name() }
    }
}
