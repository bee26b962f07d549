//! Rows for query engines, as NDJSON: a flat line with the same columns for each score and each agent without one, and a
//! last line about the run. `schemas/row.json` describes them.
//!
//! Rows of a file depend on that file and the policy alone, so those of a whole are those of its parts.

use std::io::{self, Write};

use serde::{Serialize, Serializer};

use crate::aivss::{Band, Factor, LayerSet};
use crate::date::Date;
use crate::decimal::Decimal;
use crate::diagnostic::{Diagnostic, Owner};
use crate::escape::write_json_line;
use crate::model::{Factors, Layer, Model, shortened};
use crate::output::json::TOOL;
use crate::report::{FileReport, Gate, Provenance, Report, Summary, Verdict};
use crate::score::{Scored, ScoredModel};

/// The version of the columns. New columns do not change it; a removed column or a changed meaning does.
const VERSION: u32 = 1;

/// The values of a run that all its rows repeat.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RowContext<'r> {
    pub(crate) policy: &'r str,
    pub(crate) policy_digest: Option<&'r str>,
    pub(crate) provenance: &'r Provenance,
    pub(crate) today: Date,
    pub(crate) gate: Gate,
}

/// A checked file, before a report drops what it does not list.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RowFile<'r> {
    /// The path from the repository's root.
    pub(crate) path: &'r str,
    pub(crate) digest: Option<&'r str>,
    pub(crate) models: &'r [ScoredModel],
    pub(crate) diagnostics: &'r [Diagnostic],
    /// Whether rules in Rego could not check it.
    pub(crate) is_unchecked: bool,
}

/// One row. The fields are the columns, in their order.
#[derive(Clone, Copy, Debug, Default, Serialize)]
struct Row<'r> {
    #[serde(rename = "row")]
    version: u32,
    kind: &'static str,
    tool: &'static str,
    tool_version: &'static str,
    policy: Option<&'r str>,
    policy_digest: Option<&'r str>,
    date: Option<Date>,
    repository: Option<&'r str>,
    commit: Option<&'r str>,
    branch: Option<&'r str>,
    path: Option<&'r str>,
    line: Option<u32>,
    file_digest: Option<&'r str>,
    format: Option<&'static str>,
    agent: Option<&'r str>,
    owner: Option<&'r str>,
    environment: Option<&'r str>,
    tier: Option<&'r str>,
    review_date: Option<Date>,
    approved_by: Option<&'r str>,
    finding: Option<&'r str>,
    formula: Option<&'static str>,
    declared_score: Option<Decimal>,
    score: Option<Decimal>,
    severity: Option<&'static str>,
    cvss_base: Option<Decimal>,
    factor_sum: Option<Decimal>,
    uplift: Option<Decimal>,
    threat_multiplier: Option<Decimal>,
    mitigation_factor: Option<Decimal>,
    #[serde(flatten)]
    factors: FactorColumns<'r>,
    #[serde(flatten)]
    layers: LayerColumns<'r>,
    #[serde(flatten)]
    open: OpenColumns,
    next_due: Option<Date>,
    errors: usize,
    warnings: usize,
    excepted: usize,
    next_expiry: Option<Date>,
    verdict: &'static str,
    reason: Option<&'r str>,
}

/// A column per factor of any version.
#[derive(Clone, Copy, Debug, Default)]
struct FactorColumns<'r>(Option<&'r Factors>);

impl Serialize for FactorColumns<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let value = |factor| self.0.and_then(|factors| factors.value(factor));
        serializer.collect_map(Factor::ALL.map(|factor| (format!("factor_{}", factor.key()), value(factor))))
    }
}

/// A column per layer with its answer.
#[derive(Clone, Copy, Debug, Default)]
struct LayerColumns<'r>(&'r [Layer]);

impl Serialize for LayerColumns<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(LayerSet::DEFAULT.layers().map(|kind| {
            let layer = self.0.iter().find(|layer| layer.kind == kind);
            (format!("layer_{}", kind.key()), layer.map(|layer| layer.answer.name()))
        }))
    }
}

/// A column per severity with the number of open threats, the last for those without one.
#[derive(Clone, Copy, Debug, Default)]
struct OpenColumns([Option<usize>; 6]);

const SEVERITIES: [(&str, Option<Band>); 6] = [
    ("open_critical", Some(Band::Critical)),
    ("open_high", Some(Band::High)),
    ("open_medium", Some(Band::Medium)),
    ("open_low", Some(Band::Low)),
    ("open_none", Some(Band::None)),
    ("open_unrated", None),
];

impl OpenColumns {
    fn of(model: &Model, today: Date) -> Self {
        let open: Vec<_> = model.threats().filter(|threat| threat.is_open(today)).collect();
        let number = |severity| open.iter().filter(|threat| threat.severity == severity).count();
        Self(SEVERITIES.map(|(_, severity)| model.maestro.is_some().then(|| number(severity))))
    }
}

impl Serialize for OpenColumns {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(SEVERITIES.into_iter().map(|(name, _)| name).zip(self.0))
    }
}

/// Writes the rows of a whole report.
pub(crate) fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let context = RowContext::of(report);
    for file in report.files.iter().filter(|file| file.is_model()) {
        let is_unchecked = report.input_errors.iter().any(|error| error.path() == file.name());
        write_file(&RowFile::of(file, is_unchecked), context, out)?;
    }
    write_run(report, out)
}

/// Writes the last row: the verdict of the run and, if it is not certain, the reasons.
pub(crate) fn write_run(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let totals = report.totals();
    let reason = reason(report);
    let row = Row {
        kind: "run",
        errors: totals.errors,
        warnings: totals.warnings,
        excepted: totals.excepted,
        verdict: report.verdict().name(),
        reason: reason.as_deref(),
        ..RowContext::of(report).row()
    };
    write_json_line(&row, out)
}

/// Writes the rows of one file: those of its models or, if it contains none that can be read, one about the file.
pub(crate) fn write_file(file: &RowFile<'_>, context: RowContext<'_>, out: &mut dyn Write) -> io::Result<()> {
    for (at, model) in file.models.iter().enumerate() {
        write_model(file, (at, model), context, out)?;
    }
    if !file.models.is_empty() || file.diagnostics.is_empty() {
        return Ok(());
    }
    let row = Row { kind: "file", ..context.row() };
    write_json_line(&row.of_file(file, None, context.gate), out)
}

fn write_model(
    file: &RowFile<'_>,
    (at, scored): (usize, &ScoredModel),
    context: RowContext<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let model = &scored.model;
    let row = context.row().of_file(file, Some(at), context.gate).of_model(model, context.today);
    let lacks_score = scored.scores.iter().all(|score| score.owner != Owner::Agent);
    if scored.scores.is_empty() || (lacks_score && model.format.is_complete()) {
        write_json_line(&Row { kind: "agent", line: Some(scored.position.line), ..row }, out)?;
    }
    scored.scores.iter().try_for_each(|score| {
        let finding = model.finding_id(score.owner).map(shortened);
        let kind = if finding.is_some() { "finding" } else { "agent" };
        let line = score.position.unwrap_or(scored.position).line;
        write_json_line(&Row { kind, line: Some(line), finding, ..row.of_score(score) }, out)
    })
}

/// The inputs that could not be checked, as one text; `None` if the verdict is certain.
fn reason(report: &Report) -> Option<String> {
    /// More are counted.
    const MOST: usize = 10;
    let errors = &report.input_errors;
    let first = errors.iter().take(MOST).map(|error| format!("{}: {error}", report.root_path(error.path())));
    let mut reasons: Vec<String> = first.collect();
    if errors.len() > MOST {
        reasons.push(format!("{} more", errors.len() - MOST));
    }
    (!reasons.is_empty()).then(|| reasons.join("; "))
}

impl<'r> RowContext<'r> {
    fn of(report: &'r Report) -> Self {
        Self {
            policy: report.root_path(&report.policy),
            policy_digest: report.policy_digest.as_deref(),
            provenance: &report.provenance,
            today: report.today,
            gate: report.gate(),
        }
    }

    fn row(self) -> Row<'r> {
        Row {
            version: VERSION,
            tool: TOOL.name,
            tool_version: TOOL.version,
            policy: Some(self.policy).filter(|policy| !policy.is_empty()),
            policy_digest: self.policy_digest,
            date: Some(self.today),
            repository: self.provenance.repository.as_deref(),
            commit: self.provenance.commit.as_deref(),
            branch: self.provenance.branch.as_deref(),
            ..Row::default()
        }
    }
}

impl<'r> RowFile<'r> {
    fn of(file: &'r FileReport, is_unchecked: bool) -> Self {
        Self {
            path: &file.path,
            digest: file.digest.as_deref(),
            models: &file.models,
            diagnostics: &file.diagnostics,
            is_unchecked,
        }
    }
}

impl<'r> Row<'r> {
    /// The columns of a file, with the counts and the verdict of a model's problems; without a model, of all.
    fn of_file(self, file: &RowFile<'r>, model: Option<usize>, gate: Gate) -> Self {
        let is_own = |problem: &&Diagnostic| model.is_none_or(|at| problem.model.unwrap_or(0) == at);
        let mut totals = Summary::default();
        let mut next_expiry: Option<Date> = None;
        for problem in file.diagnostics.iter().filter(is_own) {
            totals.add_problem(problem, gate);
            let expires = problem.excepted.as_ref().map(|excepted| excepted.expires);
            next_expiry = next_expiry.into_iter().chain(expires).min();
        }
        let verdict = match totals.fails {
            _ if file.is_unchecked => Verdict::CannotCheck,
            true => Verdict::Failed,
            false => Verdict::Passed,
        };
        Self {
            path: Some(file.path),
            file_digest: file.digest,
            errors: totals.errors,
            warnings: totals.warnings,
            excepted: totals.excepted,
            next_expiry,
            verdict: verdict.name(),
            ..self
        }
    }

    /// The columns of a model: its agent, its layers and its threats.
    fn of_model(self, model: &'r Model, today: Date) -> Self {
        let (agent, review) = (&model.agent, &model.review);
        let short = |text: Option<&'r str>| text.map(shortened);
        let remaining = model.threats().filter(|threat| threat.status.remains());
        Self {
            format: Some(model.format.name()),
            agent: short(agent.name.as_deref()),
            owner: short(agent.owner.as_deref()),
            environment: short(agent.environment.as_deref()),
            tier: short(agent.tier.as_deref()),
            review_date: review.date.as_deref().and_then(|date| Date::parse(date.trim())),
            approved_by: short(review.approved_by.as_deref()),
            layers: LayerColumns(model.layers()),
            open: OpenColumns::of(model, today),
            next_due: remaining.filter_map(|threat| Some(threat.due?.value)).min(),
            ..self
        }
    }

    /// The columns of a score: declared and computed, with its inputs.
    fn of_score(self, scored: &'r Scored) -> Self {
        let working = scored.working.as_ref();
        let mitigated = scored.formula.filter(|formula| formula.has_mitigation());
        Self {
            formula: scored.formula.map(|formula| formula.version),
            declared_score: scored.declared.score.map(|score| score.value),
            score: working.map(|working| working.score),
            severity: working.map(|working| working.band.name()),
            cvss_base: scored.base,
            factor_sum: scored.factor_sum,
            uplift: working.map(|working| working.uplift),
            threat_multiplier: scored.threat,
            mitigation_factor: mitigated.and(scored.mitigation),
            factors: FactorColumns(Some(&scored.declared.factors)),
            ..self
        }
    }
}
