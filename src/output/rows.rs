//! Rows for query engines, as NDJSON: a flat line with the same columns for each score and each agent without one, and a
//! last line about the run. `schemas/row.json` describes them.
//!
//! Rows of a file depend on that file and the policy alone, so those of a whole are those of its parts.

use std::collections::BTreeSet;
use std::fmt::{Display, Write as _};
use std::io::{self, Write};

use crate::aivss::{Band, Factor, LayerSet};
use crate::date::Date;
use crate::decimal::Decimal;
use crate::diagnostic::{Diagnostic, Owner};
use crate::escape::push_json_text;
use crate::input_error::InputError;
use crate::model::{Model, shortened};
use crate::output::json::TOOL;
use crate::report::{Gate, Provenance, Report, Summary, Verdict};
use crate::score::{Scored, ScoredModel};

/// The version of the columns. New columns do not change it; a removed column or a changed meaning does.
const VERSION: u32 = 1;
/// The usual length of a row, in bytes.
const LENGTH: usize = 4096;

/// The severities of open threats, the last for those without one.
const SEVERITIES: [(&str, Option<Band>); 6] = [
    ("critical", Some(Band::Critical)),
    ("high", Some(Band::High)),
    ("medium", Some(Band::Medium)),
    ("low", Some(Band::Low)),
    ("none", Some(Band::None)),
    ("unrated", None),
];

/// The parts of a run that decide its rows.
#[derive(Clone, Debug)]
pub(crate) struct RowContext {
    /// The columns that all rows repeat.
    origin: String,
    today: Date,
    gate: Gate,
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

/// The subject of a row. A part that is missing has columns that are null.
#[derive(Clone, Copy, Default)]
struct RowSubject<'r> {
    file: Option<RowFile<'r>>,
    model: Option<&'r ScoredModel>,
    score: Option<&'r Scored>,
}

/// The last columns of a row.
struct Outcome {
    totals: Summary,
    next_expiry: Option<Date>,
    verdict: Verdict,
    reason: Option<String>,
}

/// Writes the rows of a whole report.
pub(crate) fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let context = RowContext::of(report);
    let unchecked: BTreeSet<&str> = report.input_errors.iter().map(InputError::path).collect();
    for file in report.files.iter().filter(|file| file.is_model()) {
        let row_file = RowFile {
            path: &file.path,
            digest: file.digest.as_deref(),
            models: &file.models,
            diagnostics: &file.diagnostics,
            is_unchecked: unchecked.contains(file.name()),
        };
        out.write_all(file_rows(row_file, &context).as_bytes())?;
    }
    out.write_all(run_row(report).as_bytes())
}

/// The last row: the verdict of the run and, if it is not certain, the reasons.
pub(crate) fn run_row(report: &Report) -> String {
    let outcome = Outcome {
        totals: report.totals(),
        next_expiry: None,
        verdict: report.verdict(),
        reason: reason(report),
    };
    let mut row = String::with_capacity(LENGTH);
    add_row(&mut row, "run", RowSubject::default(), &outcome, &RowContext::of(report));
    row
}

/// The rows of one file: those of its models or, if it contains none that can be read, one about the file.
pub(crate) fn file_rows(file: RowFile<'_>, context: &RowContext) -> String {
    let mut rows = String::with_capacity(LENGTH);
    for (at, scored) in file.models.iter().enumerate() {
        let outcome = Outcome::of(file, Some(at), context.gate);
        let subject = RowSubject { file: Some(file), model: Some(scored), score: None };
        let lacks_score = scored.scores.iter().all(|score| score.owner != Owner::Agent);
        if scored.scores.is_empty() || (lacks_score && scored.model.format.is_complete()) {
            add_row(&mut rows, "agent", subject, &outcome, context);
        }
        for score in &scored.scores {
            let kind = if scored.model.finding_id(score.owner).is_some() { "finding" } else { "agent" };
            add_row(&mut rows, kind, RowSubject { score: Some(score), ..subject }, &outcome, context);
        }
    }
    if file.models.is_empty() && !file.diagnostics.is_empty() {
        let outcome = Outcome::of(file, None, context.gate);
        let subject = RowSubject { file: Some(file), ..RowSubject::default() };
        add_row(&mut rows, "file", subject, &outcome, context);
    }
    rows
}

fn add_row(rows: &mut String, kind: &str, subject: RowSubject<'_>, outcome: &Outcome, context: &RowContext) {
    rows.push('{');
    let mut row = Row(rows);
    row.column("row").number(Some(VERSION));
    row.column("kind").text(Some(kind));
    row.0.push_str(&context.origin);
    row.add_subject(subject);
    row.add_score(subject.score);
    row.add_threats(subject.model.map(|scored| &scored.model), context.today);
    row.column("errors").number(Some(outcome.totals.errors));
    row.column("warnings").number(Some(outcome.totals.warnings));
    row.column("excepted").number(Some(outcome.totals.excepted));
    row.column("next_expiry").date(outcome.next_expiry);
    row.column("verdict").text(Some(outcome.verdict.name()));
    row.column("reason").text(outcome.reason.as_deref());
    row.0.push_str("}\n");
}

/// The inputs that could not be checked, as one text; `None` if the verdict is certain.
fn reason(report: &Report) -> Option<String> {
    /// More are counted.
    const MAX: usize = 10;
    let errors = &report.input_errors;
    let first = errors.iter().take(MAX).map(|error| format!("{}: {error}", report.root_path(error.path())));
    let mut reasons: Vec<String> = first.collect();
    if errors.len() > MAX {
        reasons.push(format!("{} more", errors.len() - MAX));
    }
    (!reasons.is_empty()).then(|| reasons.join("; "))
}

impl RowContext {
    pub(crate) fn new(
        policy: &str,
        policy_digest: Option<&str>,
        provenance: &Provenance,
        today: Date,
        gate: Gate,
    ) -> Self {
        let mut origin = String::new();
        let mut row = Row(&mut origin);
        row.column("tool").text(Some(TOOL.name));
        row.column("tool_version").text(Some(TOOL.version));
        row.column("policy").text(Some(policy).filter(|policy| !policy.is_empty()));
        row.column("policy_digest").text(policy_digest);
        row.column("date").date(Some(today));
        row.column("repository").text(provenance.repository.as_deref());
        row.column("commit").text(provenance.commit.as_deref());
        row.column("branch").text(provenance.branch.as_deref());
        Self { origin, today, gate }
    }

    fn of(report: &Report) -> Self {
        let policy = report.root_path(&report.policy);
        let digest = report.policy_digest.as_deref();
        Self::new(policy, digest, &report.provenance, report.today, report.gate)
    }
}

impl Outcome {
    /// The problems of a model of a file; without a model, of all.
    fn of(file: RowFile<'_>, model: Option<usize>, gate: Gate) -> Self {
        let mut totals = Summary::default();
        let mut next_expiry: Option<Date> = None;
        for problem in file.diagnostics {
            if model.is_some_and(|at| problem.model.unwrap_or(0) != at) {
                continue;
            }
            totals.add_problem(problem, gate);
            let expires = problem.excepted.as_ref().map(|excepted| excepted.expires);
            next_expiry = next_expiry.into_iter().chain(expires).min();
        }
        let verdict = match totals.fails {
            _ if file.is_unchecked => Verdict::CannotCheck,
            true => Verdict::Failed,
            false => Verdict::Passed,
        };
        Self { totals, next_expiry, verdict, reason: None }
    }
}

/// A row as text, to which columns are added in their order. A serializer would take several times as long, and rows must
/// take little of a run.
struct Row<'o>(&'o mut String);

impl Row<'_> {
    /// Begins a column of a fixed name.
    fn column(&mut self, name: &str) -> &mut Self {
        self.column_of("", name)
    }

    /// Begins a column whose name has two parts.
    fn column_of(&mut self, group: &str, name: &str) -> &mut Self {
        self.0.push_str(if self.0.ends_with('{') { "\"" } else { ",\"" });
        self.0.push_str(group);
        self.0.push_str(name);
        self.0.push_str("\":");
        self
    }

    fn number(&mut self, value: Option<impl Display>) {
        match value {
            // Memory takes every text.
            Some(value) => drop(write!(self.0, "{value}")),
            None => self.0.push_str("null"),
        }
    }

    /// Adds a decimal with all its digits.
    fn decimal(&mut self, value: Option<Decimal>) {
        self.number(value.map(Decimal::plain));
    }

    fn date(&mut self, value: Option<Date>) {
        self.number(value.map(|date| format!("\"{date}\"")));
    }

    fn text(&mut self, value: Option<&str>) {
        match value {
            Some(text) => push_json_text(text, self.0),
            None => self.0.push_str("null"),
        }
    }

    /// Adds the columns of the file and of the agent.
    fn add_subject(&mut self, RowSubject { file, model: scored, score }: RowSubject<'_>) {
        let position = scored.map(|scored| score.and_then(|score| score.position).unwrap_or(scored.position));
        self.column("path").text(file.map(|file| file.path));
        self.column("line").number(position.map(|position| position.line));
        self.column("file_digest").text(file.and_then(|file| file.digest));
        let model = scored.map(|scored| &scored.model);
        let (agent, review) = (model.map(|model| &model.agent), model.map(|model| &model.review));
        let date = review.and_then(|review| Date::parse(review.date.as_deref()?.trim()));
        let texts = [
            ("agent", agent.and_then(|agent| agent.name.as_deref())),
            ("owner", agent.and_then(|agent| agent.owner.as_deref())),
            ("environment", agent.and_then(|agent| agent.environment.as_deref())),
            ("tier", agent.and_then(|agent| agent.tier.as_deref())),
        ];
        self.column("format").text(model.map(|model| model.format.name()));
        for (name, text) in texts {
            self.column(name).text(text.map(shortened));
        }
        self.column("review_date").date(date);
        self.column("approved_by")
            .text(review.and_then(|review| review.approved_by.as_deref()).map(shortened));
        let finding = model.zip(score).and_then(|(model, score)| model.finding_id(score.owner));
        self.column("finding").text(finding.map(shortened));
    }

    /// Adds the columns of a score: declared and computed, with its inputs.
    fn add_score(&mut self, score: Option<&Scored>) {
        let working = score.and_then(|score| score.working.as_ref());
        let formula = score.and_then(|score| score.formula);
        let mitigated = formula.filter(|formula| formula.has_mitigation()).and(score);
        self.column("formula").text(formula.map(|formula| formula.version));
        self.column("declared_score").decimal(score.and_then(|score| Some(score.declared.score?.value)));
        self.column("score").decimal(working.map(|working| working.score));
        self.column("severity").text(working.map(|working| working.band.name()));
        self.column("cvss_base").decimal(score.and_then(|score| score.base));
        self.column("factor_sum").decimal(score.and_then(|score| score.factor_sum));
        self.column("uplift").decimal(working.map(|working| working.uplift));
        self.column("threat_multiplier").decimal(score.and_then(|score| score.threat));
        self.column("mitigation_factor").decimal(mitigated.and_then(|score| score.mitigation));
        for factor in Factor::ALL {
            let value = score.and_then(|score| score.declared.factors.value(factor));
            self.column_of("factor_", factor.key()).decimal(value);
        }
    }

    /// Adds the columns of the layers and of the open threats.
    fn add_threats(&mut self, model: Option<&Model>, today: Date) {
        let open: Vec<_> =
            model.iter().flat_map(|model| model.threats()).filter(|threat| threat.is_open(today)).collect();
        let model = model.filter(|model| model.maestro.is_some());
        for kind in LayerSet::DEFAULT.layers() {
            let layer = model.and_then(|model| model.layers().iter().find(|layer| layer.kind == kind));
            self.column_of("layer_", kind.key()).text(layer.map(|layer| layer.answer.name()));
        }
        for kind in LayerSet::DEFAULT.layers() {
            let number = open.iter().filter(|threat| threat.layers.contains(&kind)).count();
            self.column_of("threats_", kind.key()).number(model.map(|_| number));
        }
        for (name, severity) in SEVERITIES {
            let number = open.iter().filter(|threat| threat.severity == severity).count();
            self.column_of("open_", name).number(model.map(|_| number));
        }
        let remaining =
            model.iter().flat_map(|model| model.threats()).filter(|threat| threat.status.remains());
        self.column("next_due").date(remaining.filter_map(|threat| Some(threat.due?.value)).min());
    }
}
