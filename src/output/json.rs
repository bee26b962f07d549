//! All data as JSON, for programs. The first key is the version of the shape, which `schemas/report.json` describes. Numbers
//! keep their exact digits.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io;

use serde::{Serialize, Serializer};
use serde_json::{Value, json};

use crate::date::Date;
use crate::decimal::Decimal;
use crate::diagnostic::{Diagnostic, Excepted, Fix, Level, Origin};
use crate::escape::write_json;
use crate::input_error::InputError;
use crate::lint::Content;
use crate::model::{Layer, Model, ModelFormat};
use crate::report::{Change, FileReport, Provenance, Report, Summary, Verdict};
use crate::rules;
use crate::score::{Scored, ScoredModel};
use crate::source::Position;

/// The version of the shape. New keys do not change it; a removed key or a changed meaning does.
const VERSION: u32 = 1;

/// The program that wrote the report.
pub(crate) const TOOL: Tool = Tool { name: env!("CARGO_PKG_NAME"), version: env!("CARGO_PKG_VERSION") };

pub(crate) fn write(report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
    let verdict = report.verdict();
    let whole = ReportJson {
        aivss_report: VERSION,
        tool: TOOL,
        verdict,
        exit_code: verdict.exit_code(),
        policy: &report.policy,
        date: report.today.to_string(),
        provenance: &report.provenance,
        fail_on: report.gate.fail_on,
        lowered: &report.lowered,
        new_only: report.gate.new_only,
        remarks: &report.remarks,
        summary: report.totals(),
        files: FilesJson { files: &report.files, today: report.today },
        skipped: &report.skipped,
        input_errors: &report.input_errors,
        change: report.change.as_ref(),
    };
    write_json(&whole, out)
}

#[derive(Serialize)]
struct ReportJson<'r> {
    aivss_report: u32,
    tool: Tool,
    verdict: Verdict,
    exit_code: u8,
    policy: &'r str,
    date: String,
    #[serde(flatten)]
    provenance: &'r Provenance,
    fail_on: Level,
    lowered: &'r [String],
    new_only: bool,
    remarks: &'r [String],
    summary: Summary,
    files: FilesJson<'r>,
    skipped: &'r [String],
    #[serde(rename = "obstacles")]
    input_errors: &'r [InputError],
    change: Option<&'r Change>,
}

#[derive(Serialize)]
pub(crate) struct Tool {
    pub(crate) name: &'static str,
    pub(crate) version: &'static str,
}

/// Builds each file when it is written.
struct FilesJson<'r> {
    files: &'r [FileReport],
    today: Date,
}

impl Serialize for FilesJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.files.iter().map(|one| file(one, self.today)))
    }
}

#[derive(Serialize)]
struct FileJson<'r> {
    path: &'r str,
    root_path: &'r str,
    kind: &'static str,
    models: Vec<ModelJson<'r>>,
    diagnostics: Vec<ProblemJson<'r>>,
}

fn file(file: &FileReport, today: Date) -> FileJson<'_> {
    FileJson {
        path: file.name(),
        root_path: &file.path,
        kind: match file.content {
            Content::Policy | Content::BrokenPolicy => "policy",
            Content::Missing => "missing",
            Content::Model | Content::LfsPointer | Content::Unmarked | Content::Other => "threat-model",
        },
        models: file.models.iter().map(|model| ModelJson::of(model, today)).collect(),
        diagnostics: file.diagnostics.iter().map(|diagnostic| problem(file, diagnostic)).collect(),
    }
}

#[derive(Serialize)]
struct ProblemJson<'r> {
    rule: &'r str,
    level: Level,
    message: &'r str,
    start: Position,
    end: Position,
    pointer: &'r str,
    finding: Option<&'r str>,
    label: Option<&'r str>,
    working: Option<&'r str>,
    note: Option<&'r str>,
    help: Option<Cow<'r, str>>,
    related: Vec<Value>,
    decided_by: Option<Value>,
    excepted: Option<Value>,
    known: bool,
    fix: Option<Value>,
}

fn problem<'r>(file: &FileReport, diagnostic: &'r Diagnostic) -> ProblemJson<'r> {
    let (start, end) = file.range(diagnostic.span);
    let related = diagnostic.related.iter().map(|related| {
        let (start, end) = file.range(related.span);
        json!({ "message": related.message, "start": start, "end": end })
    });
    ProblemJson {
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
            let (expires, decided_by) = (expires.to_string(), decided_by(origin));
            json!({ "reason": reason, "owner": owner, "expires": expires, "decided_by": decided_by })
        }),
        known: diagnostic.known,
        fix: diagnostic.fix.as_ref().map(|fix| fix_json(file, fix)),
    }
}

fn fix_json(file: &FileReport, fix: &Fix) -> Value {
    let mut edits = Vec::new();
    for edit in &fix.edits {
        let (start, end) = file.range(edit.span);
        edits.push(json!({ "start": start, "end": end, "text": edit.text }));
    }
    json!({ "title": fix.title, "safety": fix.safety, "edits": edits })
}

fn decided_by(origin: &Origin) -> Value {
    json!({ "policy": &*origin.file, "line": origin.line, "column": origin.column })
}

#[derive(Serialize)]
struct ModelJson<'r> {
    position: Position,
    format: &'static str,
    name: Option<&'r str>,
    owner: Option<&'r str>,
    environment: Option<&'r str>,
    tier: Option<&'r str>,
    review: Value,
    not_scored: bool,
    scores: Vec<ScoreJson<'r>>,
    layers: Vec<LayerJson<'r>>,
    threats: Vec<Value>,
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
    fn of(whole: &'r ScoredModel, today: Date) -> Self {
        let (model, agent) = (&whole.model, &whole.model.agent);
        let scores = whole.scores.iter().map(|score| {
            let factors = score.declared.factors.sorted();
            ScoreJson {
                finding: model.finding_id(score.owner),
                position: score.position,
                declared: score.declared.score.map(|score| score.value),
                factors: factors.iter().map(|(factor, value)| (factor.key(), *value)).collect(),
                computed: computed(score),
            }
        });
        Self {
            position: whole.position,
            format: match model.format {
                ModelFormat::Native => "threat-model",
                ModelFormat::Markdown => "markdown",
                ModelFormat::OwaspReport => "owasp-report",
            },
            name: agent.name.as_deref(),
            owner: agent.owner.as_deref(),
            environment: agent.environment.as_deref(),
            tier: agent.tier.as_deref(),
            review: json!({
                "date": model.review.date.as_deref(), "approved_by": model.review.approved_by.as_deref(),
            }),
            not_scored: whole.is_unscored,
            scores: scores.collect(),
            layers: model.layers().iter().map(|one| layer(one, model, today)).collect(),
            threats: model.threats().map(|threat| threat.to_json(today)).collect(),
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

fn layer<'r>(layer: &'r Layer, model: &Model, today: Date) -> LayerJson<'r> {
    let threats = layer.threats.iter().map(|threat| ThreatJson {
        id: threat.short_id(),
        title: threat.short_title(),
        open: threat.is_open(today),
    });
    LayerJson {
        key: layer.kind.key(),
        answer: layer.answer.name(),
        open_threats: model.open_threats(layer.kind, today),
        threats: threats.collect(),
    }
}
