//! All data as JSON, for programs. The first key is the version of the shape, which `schemas/report.json` describes. Numbers
//! keep their exact digits.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io;

use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

use crate::aivss::Band;
use crate::diagnostic::{Diagnostic, Excepted, Level, Origin, Safety};
use crate::escape::{json_number as number, write_json};
use crate::input_error::InputError;
use crate::model;
use crate::report::{Change, FileReport, Report, Summary, Verdict};
use crate::rules;
use crate::score::assessed::{Assessed, AssessedScore, AssessedThreat};
use crate::source::{Position, Span};

/// The version of the shape. New keys do not change it; a removed key or a changed meaning does.
const VERSION: u32 = 1;

/// The program that wrote the report.
pub(crate) const TOOL: Tool = Tool { name: env!("CARGO_PKG_NAME"), version: env!("CARGO_PKG_VERSION") };

pub(crate) fn write(report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
    let verdict = report.verdict();
    let whole = JsonReport {
        aivss_report: VERSION,
        tool: TOOL,
        verdict,
        exit_code: verdict.exit_code(),
        policy: &report.policy,
        date: report.today.to_string(),
        fail_on: report.fail_on,
        lowered: &report.lowered,
        new_only: report.new_only,
        remarks: &report.remarks,
        summary: report.totals(),
        files: &report.files,
        skipped: &report.skipped,
        obstacles: &report.obstacles,
        change: report.change.as_ref(),
    };
    write_json(&whole, out)
}

#[derive(Serialize)]
struct JsonReport<'r> {
    aivss_report: u32,
    tool: Tool,
    verdict: Verdict,
    exit_code: u8,
    policy: &'r str,
    date: String,
    fail_on: Level,
    lowered: &'r [String],
    new_only: bool,
    remarks: &'r [String],
    summary: Summary,
    #[serde(serialize_with = "files")]
    files: &'r [FileReport],
    skipped: &'r [String],
    obstacles: &'r [InputError],
    change: Option<&'r Change>,
}

#[derive(Serialize)]
pub(crate) struct Tool {
    name: &'static str,
    version: &'static str,
}

/// Builds each file when it is written.
fn files<S: Serializer>(files: &[FileReport], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(files.iter().map(file))
}

#[derive(Serialize)]
struct JsonFile<'r> {
    path: &'r str,
    root_path: &'r str,
    kind: &'static str,
    models: Vec<Model<'r>>,
    diagnostics: Vec<JsonProblem<'r>>,
}

fn file(file: &FileReport) -> JsonFile<'_> {
    JsonFile {
        path: file.name(),
        root_path: &file.path,
        kind: match (file.is_policy, file.is_missing) {
            (true, _) => "policy",
            (_, true) => "missing",
            _ => "threat-model",
        },
        models: file.models.iter().map(model).collect(),
        diagnostics: file.diagnostics.iter().map(|diagnostic| problem(file, diagnostic)).collect(),
    }
}

#[derive(Serialize)]
struct Model<'r> {
    position: Place,
    format: &'static str,
    name: Option<&'r str>,
    environment: Option<&'r str>,
    tier: Option<&'r str>,
    scores: Vec<Score<'r>>,
    layers: Vec<Layer<'r>>,
}

#[derive(Serialize)]
struct Score<'r> {
    finding: Option<&'r str>,
    position: Place,
    declared: Option<Box<RawValue>>,
    factors: BTreeMap<&'static str, Box<RawValue>>,
    computed: Option<Computed>,
}

#[derive(Serialize)]
struct Computed {
    version: &'static str,
    cvss_base: Box<RawValue>,
    factor_sum: Box<RawValue>,
    threat_multiplier: Box<RawValue>,
    mitigation_factor: Option<Box<RawValue>>,
    aars: Box<RawValue>,
    raw: Box<RawValue>,
    score: Box<RawValue>,
    severity: &'static str,
    proven_score: Box<RawValue>,
    proven_severity: &'static str,
    working: String,
}

#[derive(Serialize)]
struct Layer<'r> {
    key: &'static str,
    answer: &'static str,
    open_threats: usize,
    threats: Vec<Threat<'r>>,
}

#[derive(Serialize)]
struct Threat<'r> {
    id: Option<&'r str>,
    title: Option<&'r str>,
    open: bool,
}

fn model(model: &Assessed) -> Model<'_> {
    Model {
        position: place(model.position),
        format: match model.format {
            model::Format::Native => "threat-model",
            model::Format::OwaspReport => "owasp-report",
        },
        name: model.name.as_deref(),
        environment: model.environment.as_deref(),
        tier: model.tier.as_deref(),
        scores: model.scores.iter().map(score).collect(),
        layers: model
            .layers
            .iter()
            .map(|layer| Layer {
                key: layer.kind.key(),
                answer: layer.answer,
                open_threats: layer.open_threats(),
                threats: layer.threats.iter().map(threat).collect(),
            })
            .collect(),
    }
}

fn threat(threat: &AssessedThreat) -> Threat<'_> {
    Threat { id: threat.id.as_deref(), title: threat.title.as_deref(), open: threat.open }
}

fn score(score: &AssessedScore) -> Score<'_> {
    Score {
        finding: score.finding.as_deref(),
        position: place(score.position),
        declared: score.declared.map(number),
        factors: score.factors.iter().map(|(factor, value)| (factor.key(), number(*value))).collect(),
        computed: score.working.as_ref().zip(score.proven).map(|(working, proven)| Computed {
            version: working.formula.version,
            cvss_base: number(working.inputs.base),
            factor_sum: number(working.inputs.factor_sum),
            threat_multiplier: number(working.inputs.threat),
            mitigation_factor: working.formula.has_mitigation().then(|| number(working.inputs.mitigation)),
            aars: number(working.uplift),
            raw: number(working.raw),
            score: number(working.score),
            severity: working.band.name(),
            proven_score: number(proven),
            proven_severity: Band::of(proven).name(),
            working: working.written(),
        }),
    }
}

#[derive(Serialize)]
struct JsonProblem<'r> {
    rule: &'r str,
    level: Level,
    message: &'r str,
    start: Place,
    end: Place,
    pointer: &'r str,
    finding: Option<&'r str>,
    label: Option<&'r str>,
    working: Option<&'r str>,
    note: Option<&'r str>,
    help: Option<Cow<'r, str>>,
    related: Vec<JsonRelated<'r>>,
    decided_by: Option<DecidedBy<'r>>,
    excepted: Option<JsonException<'r>>,
    known: bool,
    fix: Option<JsonFix<'r>>,
}

#[derive(Serialize)]
struct JsonRelated<'r> {
    message: &'r str,
    start: Place,
    end: Place,
}

#[derive(Serialize)]
struct DecidedBy<'r> {
    policy: &'r str,
    line: u32,
    column: u32,
}

#[derive(Serialize)]
struct JsonException<'r> {
    reason: &'r str,
    owner: &'r str,
    expires: String,
    decided_by: DecidedBy<'r>,
}

#[derive(Serialize)]
struct JsonFix<'r> {
    title: &'r str,
    safety: Safety,
    edits: Vec<JsonEdit<'r>>,
}

#[derive(Serialize)]
struct JsonEdit<'r> {
    start: Place,
    end: Place,
    text: &'r str,
}

#[derive(Serialize)]
struct Place {
    line: u32,
    column: u32,
}

fn problem<'r>(file: &FileReport, diagnostic: &'r Diagnostic) -> JsonProblem<'r> {
    let (start, end) = range(file, diagnostic.span);
    let related = diagnostic.related.iter().map(|related| {
        let (start, end) = range(file, related.span);
        JsonRelated { message: &related.message, start, end }
    });
    JsonProblem {
        rule: &diagnostic.rule,
        level: diagnostic.level,
        message: &diagnostic.message,
        start,
        end,
        pointer: &diagnostic.pointer,
        finding: diagnostic.finding_shown(),
        label: diagnostic.label.as_deref(),
        working: diagnostic.working.as_deref(),
        note: diagnostic.note.as_deref(),
        help: rules::remedy(diagnostic),
        related: related.collect(),
        decided_by: diagnostic.decided_by.as_deref().map(decided_by),
        excepted: diagnostic.excepted.as_deref().map(|Excepted { reason, owner, expires, origin }| {
            JsonException { reason, owner, expires: expires.to_string(), decided_by: decided_by(origin) }
        }),
        known: diagnostic.known,
        fix: diagnostic.fix.as_ref().map(|fix| {
            let edits = fix.edits.iter().map(|edit| {
                let (start, end) = range(file, edit.span);
                JsonEdit { start, end, text: &edit.text }
            });
            JsonFix { title: &fix.title, safety: fix.safety, edits: edits.collect() }
        }),
    }
}

fn decided_by(origin: &Origin) -> DecidedBy<'_> {
    DecidedBy { policy: &origin.file, line: origin.line, column: origin.column }
}

fn range(file: &FileReport, span: Span) -> (Place, Place) {
    let (start, end) = file.range(span);
    (place(start), place(end))
}

fn place(position: Position) -> Place {
    Place { line: position.line, column: position.column }
}
