//! Everything as JSON, for programs. The shape is versioned by its first key and described by
//! `schemas/report.json`; numbers keep their exact digits.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io;

use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

use crate::compare::{AgentChange, Change, Difference, ScoreChange};
use crate::diagnostic::{Diagnostic, Fix, Level, Origin, Safety};
use crate::escape;
use crate::escape::json_number as number;
use crate::output::model_json::ModelJson;
use crate::output::snippet::Excerpt;
use crate::report::{FileReport, Report};
use crate::rules;
use crate::source::{Position, Span};

/// The version of this format. It grows by keys; a key that goes or changes its meaning makes a new version.
const VERSION: u32 = 1;

/// Who wrote it.
pub(crate) const TOOL: Tool = Tool { name: env!("CARGO_PKG_NAME"), version: env!("CARGO_PKG_VERSION") };

pub(crate) fn write(report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
    escape::write_json(&Whole::of(report), out)
}

#[derive(Serialize)]
struct Whole<'r> {
    aivss_report: u32,
    tool: Tool,
    verdict: &'static str,
    exit_code: u8,
    policy: &'r str,
    date: String,
    fail_on: Level,
    lowered: &'r [String],
    new_only: bool,
    remarks: &'r [String],
    summary: Summary<'r>,
    #[serde(serialize_with = "files")]
    files: &'r [FileReport],
    skipped: &'r [String],
    obstacles: Vec<UncheckedInput<'r>>,
    change: Option<Changed<'r>>,
}

#[derive(Serialize)]
struct Changed<'r> {
    base: Base<'r>,
    verdict_before: &'static str,
    agents: Vec<Agent<'r>>,
    policy: Vec<Differing<'r>>,
    fixed: &'r BTreeMap<String, usize>,
}

#[derive(Serialize)]
struct Base<'r> {
    asked: &'r str,
    commit: &'r str,
}

#[derive(Serialize)]
struct Agent<'r> {
    path: &'r str,
    line: Option<u32>,
    renamed_from: Option<&'r str>,
    name: Option<&'r str>,
    before: Stand,
    after: Stand,
    differences: Vec<Differing<'r>>,
}

#[derive(Serialize)]
struct Stand {
    state: &'static str,
    score: Option<Box<RawValue>>,
    severity: Option<&'static str>,
}

#[derive(Serialize)]
struct Differing<'r> {
    what: &'r str,
    before: Option<&'r str>,
    after: Option<&'r str>,
    direction: &'static str,
}

#[derive(Serialize)]
pub(crate) struct Tool {
    name: &'static str,
    version: &'static str,
}

#[derive(Serialize)]
struct Summary<'r> {
    files: usize,
    models: usize,
    policies: usize,
    skipped: usize,
    errors: usize,
    warnings: usize,
    notes: usize,
    excepted: usize,
    worst: Option<Worst<'r>>,
}

#[derive(Serialize)]
struct Worst<'r> {
    score: Box<RawValue>,
    severity: &'static str,
    path: &'r str,
}

#[derive(Serialize)]
struct UncheckedInput<'r> {
    path: &'r str,
    message: String,
}

#[derive(Serialize)]
struct File<'r> {
    path: &'r str,
    root_path: &'r str,
    kind: &'static str,
    models: Vec<ModelJson<'r>>,
    diagnostics: Vec<Fault<'r>>,
}

#[derive(Serialize)]
struct Fault<'r> {
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
    related: Vec<Related<'r>>,
    decided_by: Option<DecidedBy<'r>>,
    excepted: Option<Pass<'r>>,
    known: bool,
    fix: Option<Mending<'r>>,
}

#[derive(Serialize)]
struct Mending<'r> {
    title: &'r str,
    safety: Safety,
    edits: Vec<Replacement<'r>>,
}

#[derive(Serialize)]
struct Replacement<'r> {
    start: Place,
    end: Place,
    text: &'r str,
}

#[derive(Serialize)]
struct Pass<'r> {
    reason: &'r str,
    owner: &'r str,
    expires: String,
    decided_by: DecidedBy<'r>,
}

#[derive(Serialize)]
struct Related<'r> {
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
struct Place {
    line: u32,
    column: u32,
}

impl<'r> Whole<'r> {
    fn of(report: &'r Report) -> Self {
        let verdict = report.verdict();
        Self {
            aivss_report: VERSION,
            tool: TOOL,
            verdict: verdict.name(),
            exit_code: verdict.exit_code(),
            policy: &report.policy,
            date: report.today.to_string(),
            fail_on: report.fail_on,
            lowered: &report.lowered,
            new_only: report.new_only,
            remarks: &report.remarks,
            summary: summary(report),
            files: &report.files,
            skipped: &report.skipped,
            obstacles: report
                .obstacles
                .iter()
                .map(|error| UncheckedInput { path: error.path(), message: error.to_string() })
                .collect(),
            change: report.change.as_ref().map(changed),
        }
    }
}

fn summary(report: &Report) -> Summary<'_> {
    Summary {
        files: report.files.iter().filter(|file| file.is_model()).count(),
        models: report.models(),
        policies: report.policies,
        skipped: report.skipped.len(),
        errors: report.count(Level::Error),
        warnings: report.count(Level::Warning),
        notes: report.count(Level::Note),
        excepted: report.excepted(),
        worst: report.worst().map(|(score, band, path)| Worst {
            score: number(score),
            severity: band.name(),
            path,
        }),
    }
}

fn changed(change: &Change) -> Changed<'_> {
    Changed {
        base: Base { asked: &change.base.asked, commit: &change.base.commit },
        verdict_before: change.verdict_before.name(),
        agents: change.agents.iter().map(agent).collect(),
        policy: change.policy.iter().map(differing).collect(),
        fixed: &change.fixed,
    }
}

fn agent(agent: &AgentChange) -> Agent<'_> {
    Agent {
        path: &agent.path,
        line: agent.position.map(|position| position.line),
        renamed_from: agent.renamed_from.as_deref(),
        name: agent.name.as_deref(),
        before: stand(agent.before),
        after: stand(agent.after),
        differences: agent.differences.iter().map(differing).collect(),
    }
}

fn stand(standing: ScoreChange) -> Stand {
    match standing {
        ScoreChange::Absent => Stand { state: "absent", score: None, severity: None },
        ScoreChange::Unread => Stand { state: "unread", score: None, severity: None },
        ScoreChange::Unscored => Stand { state: "unscored", score: None, severity: None },
        ScoreChange::Scored(score, band) => {
            Stand { state: "scored", score: Some(number(score)), severity: Some(band.name()) }
        }
    }
}

fn differing(difference: &Difference) -> Differing<'_> {
    Differing {
        what: &difference.what,
        before: difference.before.as_deref(),
        after: difference.after.as_deref(),
        direction: difference.direction.name(),
    }
}

/// Each file is made when it is written.
fn files<S: Serializer>(files: &[FileReport], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(files.iter().map(file))
}

const fn kind(file: &FileReport) -> &'static str {
    match (file.is_policy, file.is_missing) {
        (true, _) => "policy",
        (_, true) => "missing",
        _ => "threat-model",
    }
}

fn file(file: &FileReport) -> File<'_> {
    File {
        path: file.name(),
        root_path: &file.path,
        kind: kind(file),
        models: file.models.iter().map(ModelJson::of).collect(),
        diagnostics: file.diagnostics.iter().map(|diagnostic| fault(&file.excerpt, diagnostic)).collect(),
    }
}

fn fault<'r>(excerpt: &Excerpt, diagnostic: &'r Diagnostic) -> Fault<'r> {
    let (start, end) = range(excerpt, diagnostic.span);
    Fault {
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
        related: diagnostic
            .related
            .iter()
            .map(|related| {
                let (start, end) = range(excerpt, related.span);
                Related { message: &related.message, start, end }
            })
            .collect(),
        decided_by: diagnostic.decided_by.as_deref().map(decided_by),
        excepted: diagnostic.excepted.as_ref().map(|excepted| Pass {
            reason: &excepted.reason,
            owner: &excepted.owner,
            expires: excepted.expires.to_string(),
            decided_by: decided_by(&excepted.origin),
        }),
        known: diagnostic.known,
        fix: diagnostic.fix.as_ref().map(|fix| mending(excerpt, fix)),
    }
}

fn mending<'r>(excerpt: &Excerpt, fix: &'r Fix) -> Mending<'r> {
    let edits = fix.edits.iter().map(|edit| {
        let (start, end) = range(excerpt, edit.span);
        Replacement { start, end, text: &edit.text }
    });
    Mending { title: &fix.title, safety: fix.safety, edits: edits.collect() }
}

fn decided_by(origin: &Origin) -> DecidedBy<'_> {
    DecidedBy { policy: &origin.file, line: origin.line, column: origin.column }
}

fn range(excerpt: &Excerpt, span: Span) -> (Place, Place) {
    (place(excerpt.position(span.start)), place(excerpt.position(span.end)))
}

fn place(position: Position) -> Place {
    Place { line: position.line, column: position.column }
}
