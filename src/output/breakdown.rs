//! The breakdown of scores: inputs, working, contributions of the factors, the effects of one step less; for people, and as
//! JSON for programs. `schemas/score.json` describes the JSON. Its first key is the version of the shape.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::Serialize;
use serde_json::{Value, json};

use crate::aivss::{ALL, Formula, Working};
use crate::decimal::Decimal;
use crate::escape::{line, plain_line, write_json};
use crate::input_error::InputError;
use crate::output::Look;
use crate::output::json::{TOOL, Tool};
use crate::output::score_table::write_bars;
use crate::output::text::{Tone, cut_end, cut_path, file_link, line_width, painted, wrapped};
use crate::report::NOT_SCORED;
use crate::score::{
    Contribution, InputOrigin, OneLess, ScoreBreakdown, ScoreInput, Scored, better_mitigation, lower_threat,
};
use crate::source::Position;

/// The formulas by which a score is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Formulas {
    /// The declared one, or the one given instead.
    One,
    /// All of them.
    All,
}

/// Writes one breakdown, for people.
///
/// # Errors
/// Errors of the writer.
pub fn write_breakdown(
    breakdown: &ScoreBreakdown,
    formulas: Formulas,
    look: Look,
    out: &mut dyn Write,
) -> io::Result<()> {
    let computed = breakdown.computed();
    if let Some((_, Working { formula, score, band, .. })) = computed {
        let result = painted(&format!("{score} {}", band.name()), (*band).into(), look);
        let other = breakdown.version.as_deref().filter(|version| {
            Formula::named(version).is_none_or(|declared| declared.version != formula.version)
        });
        let other = other.map(|version| format!(" (declared: {})", line(version))).unwrap_or_default();
        let name = painted(&name(breakdown, look), Tone::Strong, look);
        writeln!(out, "{result}  {name}AIVSS {}{other}", formula.version)?;
        write_place(breakdown, look, out)?;
    } else if breakdown.is_unscored {
        writeln!(out, "{NOT_SCORED}  {}", painted(&name(breakdown, look), Tone::Strong, look).trim_end())?;
        write_place(breakdown, look, out)?;
    } else {
        let name = painted(&name(breakdown, look), Tone::Strong, look);
        writeln!(out, "{}  {name}", painted("not computed", Tone::Bad, look))?;
        write_place(breakdown, look, out)?;
        for missing in breakdown.missing_inputs() {
            writeln!(out, "  {}", wrapped(&line(&missing), line_width(look), (2, 4)))?;
        }
    }
    if let Some((_, working)) = computed {
        write_bars(working, look, out)?;
    }
    if let Some(scored) = &breakdown.scored {
        write_inputs(scored, look, out)?;
    }
    if let Some((scored, working)) = computed {
        write_contributions(scored, working, look, out)?;
        if formulas == Formulas::All {
            write_formulas(working, look, out)?;
        }
    }
    Ok(())
}

/// The place of the score.
fn write_place(breakdown: &ScoreBreakdown, look: Look, out: &mut dyn Write) -> io::Result<()> {
    let (Some(path), Some(position)) = (&breakdown.path, breakdown.position) else { return Ok(()) };
    let place = plain_line(line(&format!("{path}:{}:{}", position.line, position.column)).into_owned());
    let place = file_link(&cut_path(&place, line_width(look)), path, look);
    writeln!(out, "{}", painted(&place, Tone::Dim, look))
}

/// The agent and the finding, with the space after them.
fn name(breakdown: &ScoreBreakdown, look: Look) -> String {
    let agent = breakdown.agent.as_deref().unwrap_or_default();
    let name = match breakdown.finding.as_deref() {
        None => agent.to_owned(),
        Some("") => format!("{agent}, a finding without an identifier"),
        Some(id) => format!("{agent}, finding {id}"),
    };
    let name = line(name.trim_start_matches(", "));
    // The version after it has room, too.
    let name = cut_end(&name, line_width(look).saturating_sub(46));
    if name.is_empty() { String::new() } else { format!("{name}  ") }
}

fn write_inputs(scored: &Scored, look: Look, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "\n  {}", painted("inputs", Tone::Strong, look))?;
    for input in scored.inputs() {
        let value = input.value.map_or_else(|| "-".to_owned(), |value| value.plain().to_string());
        let origin = origin_text(&input.origin);
        let mut text = format!("{:17}  {value:6}  {}", input.name, line(&origin));
        if text.len() + 4 > line_width(look) {
            // A vector has no space: it is broken before its impact metrics.
            text = text.replacen("/VC:", "/ VC:", 1);
        }
        write_row(&text, 31, look, out)?;
    }
    if scored.working.is_some() {
        writeln!(out, "\n  {}", painted("working", Tone::Strong, look))?;
    }
    for (name, step) in scored.steps() {
        write_row(&format!("{name:10}  {step}"), 16, look, out)?;
    }
    let wrong: Vec<String> = scored.wrong().iter().map(|(name, value)| format!("{name} {value}")).collect();
    if !wrong.is_empty() {
        let text = format!("wrong as declared: {} (`aivss-lint` reports why)", line(&wrong.join(", ")));
        let text = wrapped(&text, line_width(look), (2, 4));
        writeln!(out, "\n  {}", painted(&text, Tone::Bad, look))?;
    }
    Ok(())
}

/// Writes a row, with the indent of its later lines if it is broken.
fn write_row(text: &str, indent: usize, look: Look, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "    {}", wrapped(text, line_width(look), (4, indent)))
}

/// The origin of an input in words.
pub(crate) fn origin_text(origin: &InputOrigin<'_>) -> String {
    match origin {
        InputOrigin::Vector(text) | InputOrigin::Name(text) => (*text).to_owned(),
        InputOrigin::Number => "given as a number".to_owned(),
        InputOrigin::Sum => "of the ten factors".to_owned(),
        InputOrigin::Ignored => "not part of this formula".to_owned(),
        InputOrigin::Nowhere => "unknown".to_owned(),
        InputOrigin::Default(Some(name)) => format!("{name}, the default"),
        InputOrigin::Default(None) => "the default".to_owned(),
    }
}

/// The key and the value of each multiplier, with the effect of one step less.
pub(crate) fn multipliers(working: &Working) -> [(&'static str, Decimal, Option<OneLess>); 2] {
    [
        ("threat_multiplier", working.inputs.threat, lower_threat(working)),
        ("mitigation_factor", working.inputs.mitigation, better_mitigation(working)),
    ]
}

fn write_contributions(
    scored: &Scored,
    working: &Working,
    look: Look,
    out: &mut dyn Write,
) -> io::Result<()> {
    let contributions = Contribution::of_factors(working, scored.declared.factors.numbers());
    let lower = contributions.iter().filter_map(|one| one.one_less.as_ref());
    let has_effect = lower.clone().any(|less| less.working.score != working.score);
    let is_idle = lower.count() > 0 && !has_effect;
    let head = if is_idle { "" } else { "one step lower" };
    let heads = format!("  {:27} {:>6}  {:>7}  {head}", "factors, largest first", "value", "share");
    writeln!(out, "\n{}", painted(heads.trim_end(), Tone::Strong, look))?;
    for contribution in contributions {
        let (key, value) = (contribution.factor.key(), contribution.value.plain());
        let share = contribution.share.round_half_up(2);
        let step =
            contribution.one_less.filter(|_| !is_idle).map(|less| step(&less, look)).unwrap_or_default();
        writeln!(out, "{}", format!("    {key:27}{value:>5}  {share:>7}  {step}").trim_end())?;
    }
    for (key, value, less) in multipliers(working) {
        if let Some(less) = less {
            let (name, step) = (key.replace('_', " "), step(&less, look));
            writeln!(out, "    {name:27}{:>5}  {:>7}  {step}", value.plain(), "")?;
        }
    }
    if is_idle {
        let base = working.inputs.base.plain();
        let text = format!("No single factor changes the score: the CVSS base of {base} decides it.");
        writeln!(out, "\n  {}", wrapped(&text, line_width(look), (2, 2)))?;
    }
    Ok(())
}

/// The effect of one step less, with the band if it differs.
fn step(less: &OneLess, look: Look) -> String {
    let (to, score) = (less.written(), less.working.score);
    if !less.changes_band {
        return format!("{to} gives {score}");
    }
    painted(&format!("{to} gives {score} {}", less.working.band.name()), Tone::Good, look)
}

fn write_formulas(working: &Working, look: Look, out: &mut dyn Write) -> io::Result<()> {
    let workings = ALL.map(|formula| formula.work(working.inputs));
    let uplifts = workings.each_ref().map(|working| working.uplift.plain().to_string());
    let width = uplifts.iter().map(String::len).max().unwrap_or(0).max(6);
    let heads = format!("  {:12}  {:width$}  score", "by formula", "uplift");
    writeln!(out, "\n{}", painted(&heads, Tone::Strong, look))?;
    for (Working { formula, score, band, .. }, uplift) in workings.iter().zip(uplifts) {
        let (version, band) = (formula.version, band.name());
        let mark = if version == working.formula.version { "  (in force)" } else { "" };
        writeln!(out, "    {version:10}  {uplift:width$}  {score} {band}{mark}")?;
    }
    Ok(())
}

/// The version of the shape. New keys keep it; a key that is removed or changes its meaning makes a new version.
const VERSION: u32 = 1;

#[derive(Serialize)]
struct BreakdownFile<'s> {
    aivss_score: u32,
    tool: Tool,
    scores: Vec<BreakdownJson<'s>>,
    #[serde(rename = "obstacles")]
    input_errors: &'s [InputError],
}

#[derive(Serialize)]
struct BreakdownJson<'s> {
    path: Option<&'s str>,
    position: Option<Position>,
    agent: Option<&'s str>,
    finding: Option<&'s str>,
    version: Option<&'s str>,
    inputs: BTreeMap<&'static str, InputJson<'s>>,
    not_scored: bool,
    missing: Vec<String>,
    steps: Vec<Value>,
    uplift: Option<Decimal>,
    raw: Option<Decimal>,
    score: Option<Decimal>,
    band: Option<&'static str>,
    wrong: Vec<Value>,
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
    out: &mut dyn Write,
) -> io::Result<()> {
    let scores = breakdowns.iter().map(|breakdown| score(breakdown, formulas)).collect();
    let file = BreakdownFile { aivss_score: VERSION, tool: TOOL, scores, input_errors: errors };
    write_json(&file, out)
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
        not_scored: breakdown.is_unscored,
        missing: breakdown.missing_inputs(),
        steps: steps.into_iter().map(|(step, working)| json!({ "step": step, "working": working })).collect(),
        uplift: working.map(|working| working.uplift),
        raw: working.map(|working| working.raw),
        score: working.map(|working| working.score),
        band: working.map(|working| working.band.name()),
        wrong: wrong
            .into_iter()
            .map(|(what, declared)| json!({ "what": what, "declared": declared }))
            .collect(),
        factors: computed.map(|(scored, working)| factors(scored, working)).unwrap_or_default(),
        multipliers: working.map(multipliers_json).unwrap_or_default(),
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

fn multipliers_json(working: &Working) -> Vec<FactorJson> {
    let rows = multipliers(working).into_iter().map(|(key, value, less)| {
        let one_step_less = less.map(LessJson::from);
        FactorJson { key, value, weight: None, one_step_less }
    });
    rows.filter(|row| row.key != "mitigation_factor" || working.formula.has_mitigation()).collect()
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ModelFormat;
    use crate::page;
    use crate::score::{ScoredModel, score};
    use crate::source::Source;

    fn breakdowns(source: &Source, by: Option<&'static Formula>) -> Vec<ScoreBreakdown> {
        let document = page::parse(source);
        let model = ModelFormat::Native.read(document.roots().next().unwrap());
        let scores = model.assessments().map(|(_, assessment)| score(assessment)).collect();
        let model = ScoredModel::new(model, scores, source);
        ScoreBreakdown::of_model(source.name(), &model, by)
    }

    #[test]
    fn text_of_a_file_is_escaped_for_terminals() {
        let stock = include_str!("../rules/stock.yaml");
        let hostile = stock
            .replace("name: Planner", r#"name: "Pla\e[31m\u202E""#)
            .replace("CVSS:4.0/AV:N", r#""CVSS:4.0/AV:\e"#)
            .replace("SA:H", r#"SA:H""#)
            .replace("version: '0.8'", r#"version: "\e""#)
            .replace("multiplier: 0.97", r#"multiplier: "\e##[group]""#)
            .replace("score: 9.4", r#"severity: "\e""#);
        let source = Source::decode("::error::.yaml", hostile.into_bytes());
        for (look, formula) in
            [(Look::PLAIN, None), (Look { unicode: true, width: 40, ..Look::PLAIN }, Formula::named("0.8"))]
        {
            let mut out = Vec::new();
            for breakdown in breakdowns(&source, formula) {
                write_breakdown(&breakdown, Formulas::All, look, &mut out).unwrap();
            }
            let out = String::from_utf8(out).unwrap();
            assert!(out.contains("\n./::error::.yaml:"), "{out}");
            assert!(!out.contains(['\u{1b}', '\u{202e}']) && !out.contains("##["), "{out}");
        }
    }

    #[test]
    fn row_is_broken_under_its_part_on_a_narrow_terminal() {
        let source = Source::decode("a.yaml", include_bytes!("../rules/stock.yaml").to_vec());
        let look = Look { unicode: true, width: 60, ..Look::PLAIN };
        let mut out = Vec::new();
        write_breakdown(&breakdowns(&source, None)[0], Formulas::One, look, &mut out).unwrap();
        let out = String::from_utf8(out).unwrap();
        assert!(
            out.contains("\n    factor sum  1.0 + 0.5 + 1.0 + 1.0 + 1.0 + 1.0 + 0.5 +\n                0.5"),
            "{out}"
        );
    }
}
