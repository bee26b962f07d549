//! The working of scores as JSON, for programs. The shape is versioned by its first key and described by
//! `schemas/score.json`; numbers keep their exact digits.

use std::collections::BTreeMap;
use std::io;

use serde::Serialize;
use serde_json::value::RawValue;

use crate::aivss::Working;
use crate::escape;
use crate::escape::json_number as number;
use crate::input_error::InputError;
use crate::output::json::{TOOL, Tool};
use crate::output::sheet::Formulas;
use crate::score::breakdown::{Computed, Input, Origin, Sheet};
use crate::score::sensitivity::{OneLess, Weight};

/// The version of this format. It grows by keys; a key that goes or changes its meaning makes a new version.
const VERSION: u32 = 1;

#[derive(Serialize)]
struct Whole<'s> {
    aivss_score: u32,
    tool: Tool,
    scores: Vec<Shown<'s>>,
    obstacles: Vec<InTheWay<'s>>,
}

#[derive(Serialize)]
struct InTheWay<'s> {
    path: &'s str,
    message: String,
}

#[derive(Serialize)]
struct Shown<'s> {
    path: Option<&'s str>,
    position: Option<Position>,
    agent: Option<&'s str>,
    finding: Option<&'s str>,
    version: Option<&'s str>,
    inputs: BTreeMap<&'static str, Given<'s>>,
    missing: &'s [String],
    steps: Vec<Step>,
    uplift: Option<Box<RawValue>>,
    raw: Option<Box<RawValue>>,
    score: Option<Box<RawValue>>,
    band: Option<&'static str>,
    wrong: Vec<Wrong<'s>>,
    factors: Vec<Factor>,
    multipliers: Vec<Factor>,
    #[serde(skip_serializing_if = "Option::is_none")]
    formulas: Option<Vec<ByFormula>>,
}

#[derive(Serialize)]
struct Position {
    line: u32,
    column: u32,
}

#[derive(Serialize)]
struct Given<'s> {
    value: Option<Box<RawValue>>,
    from: &'static str,
    written: Option<&'s str>,
}

#[derive(Serialize)]
struct Step {
    step: &'static str,
    working: String,
}

#[derive(Serialize)]
struct Wrong<'s> {
    what: &'static str,
    declared: &'s str,
}

#[derive(Serialize)]
struct Factor {
    key: &'static str,
    value: Box<RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    weight: Option<Box<RawValue>>,
    one_step_less: Option<Less>,
}

#[derive(Serialize)]
struct Less {
    value: Box<RawValue>,
    name: Option<&'static str>,
    score: Box<RawValue>,
    band: &'static str,
    changes_band: bool,
}

#[derive(Serialize)]
struct ByFormula {
    version: &'static str,
    uplift: Box<RawValue>,
    score: Box<RawValue>,
    band: &'static str,
}

/// Writes sheets, and what kept others from being made, as JSON.
///
/// # Errors
/// What the writer reports.
pub fn write_sheets_json(
    sheets: &[Sheet],
    obstacles: &[InputError],
    formulas: Formulas,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let obstacles = obstacles.iter().map(|error| InTheWay { path: error.path(), message: error.to_string() });
    let scores = sheets.iter().map(|sheet| shown(sheet, formulas)).collect();
    let whole = Whole { aivss_score: VERSION, tool: TOOL, scores, obstacles: obstacles.collect() };
    escape::write_json(&whole, out)
}

fn shown(sheet: &Sheet, formulas: Formulas) -> Shown<'_> {
    let computed = sheet.outcome.as_ref().ok();
    let working = computed.map(|computed| &computed.working);
    let place = sheet.place.as_ref();
    let steps = computed.map(Computed::steps).unwrap_or_default();
    let all = computed.filter(|_| formulas == Formulas::All);
    Shown {
        path: place.map(|place| &*place.path),
        position: place.map(|place| Position { line: place.position.line, column: place.position.column }),
        agent: sheet.agent.as_deref(),
        finding: sheet.finding.as_deref(),
        version: sheet.version.as_deref(),
        inputs: sheet.inputs.iter().map(|input| (input.key, given(input))).collect(),
        missing: sheet.outcome.as_ref().err().map_or(&[], Vec::as_slice),
        steps: steps.into_iter().map(|(step, working)| Step { step, working }).collect(),
        uplift: working.map(|working| number(working.uplift)),
        raw: working.map(|working| number(working.raw)),
        score: working.map(|working| number(working.score)),
        band: working.map(|working| working.band.name()),
        wrong: sheet.wrong.iter().map(|(what, declared)| Wrong { what, declared }).collect(),
        factors: computed.map(factors).unwrap_or_default(),
        multipliers: computed.map(multipliers).unwrap_or_default(),
        formulas: all.map(|computed| computed.formulas.iter().map(by_formula).collect()),
    }
}

fn given(input: &Input) -> Given<'_> {
    let (from, written) = match &input.origin {
        Origin::Vector(vector) => ("vector", Some(&**vector)),
        Origin::Number => ("number", None),
        Origin::Name(name) => ("name", Some(&**name)),
        Origin::Default => ("default", None),
        Origin::Sum => ("sum", None),
        Origin::Ignored => ("ignored", None),
        Origin::Nowhere => ("nowhere", None),
    };
    Given { value: input.value.map(number), from, written }
}

fn factors(computed: &Computed) -> Vec<Factor> {
    let factor = |weight: &Weight| Factor {
        key: weight.factor.key(),
        value: number(weight.value),
        weight: Some(number(weight.weight)),
        one_step_less: weight.one_less.as_ref().map(|step| less(step, &computed.working)),
    };
    computed.weights.iter().map(factor).collect()
}

fn multipliers(computed: &Computed) -> Vec<Factor> {
    let working = &computed.working;
    let multiplier = |key, value, step: &Option<OneLess>| Factor {
        key,
        value: number(value),
        weight: None,
        one_step_less: step.as_ref().map(|step| less(step, working)),
    };
    let threat = multiplier("threat_multiplier", working.inputs.threat, &computed.lower_threat);
    let mitigation = working
        .formula
        .has_mitigation()
        .then(|| multiplier("mitigation_factor", working.inputs.mitigation, &computed.better_mitigation));
    [Some(threat), mitigation].into_iter().flatten().collect()
}

fn less(step: &OneLess, now: &Working) -> Less {
    Less {
        value: number(step.value),
        name: step.name,
        score: number(step.working.score),
        band: step.working.band.name(),
        changes_band: step.working.band != now.band,
    }
}

fn by_formula(working: &Working) -> ByFormula {
    ByFormula {
        version: working.formula.version,
        uplift: number(working.uplift),
        score: number(working.score),
        band: working.band.name(),
    }
}
