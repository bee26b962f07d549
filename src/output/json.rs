//! All data as JSON, for programs. The first key is the version of the shape, which `schemas/report.json` describes. Numbers
//! keep their exact digits.

use std::borrow::Cow;
use std::io;

use serde::{Serialize, Serializer};

use crate::diagnostic::{Diagnostic, Excepted, Level, Origin, Safety};
use crate::escape::write_json;
use crate::input_error::InputError;
use crate::output::model_json::ModelJson;
use crate::report::{Change, FileReport, Report, Summary, Verdict};
use crate::rules;
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
        fail_on: report.fail_on,
        lowered: &report.lowered,
        new_only: report.new_only,
        remarks: &report.remarks,
        summary: report.totals(),
        files: &report.files,
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
    fail_on: Level,
    lowered: &'r [String],
    new_only: bool,
    remarks: &'r [String],
    summary: Summary,
    #[serde(serialize_with = "files")]
    files: &'r [FileReport],
    skipped: &'r [String],
    #[serde(rename = "obstacles")]
    input_errors: &'r [InputError],
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
struct FileJson<'r> {
    path: &'r str,
    root_path: &'r str,
    kind: &'static str,
    models: Vec<ModelJson<'r>>,
    diagnostics: Vec<ProblemJson<'r>>,
}

fn file(file: &FileReport) -> FileJson<'_> {
    FileJson {
        path: file.name(),
        root_path: &file.path,
        kind: match (file.is_policy, file.is_missing) {
            (true, _) => "policy",
            (_, true) => "missing",
            _ => "threat-model",
        },
        models: file.models.iter().map(ModelJson::of).collect(),
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
    related: Vec<RelatedJson<'r>>,
    decided_by: Option<DecidedBy<'r>>,
    excepted: Option<ExceptionJson<'r>>,
    known: bool,
    fix: Option<FixJson<'r>>,
}

#[derive(Serialize)]
struct RelatedJson<'r> {
    message: &'r str,
    start: Position,
    end: Position,
}

#[derive(Serialize)]
struct DecidedBy<'r> {
    policy: &'r str,
    line: u32,
    column: u32,
}

#[derive(Serialize)]
struct ExceptionJson<'r> {
    reason: &'r str,
    owner: &'r str,
    expires: String,
    decided_by: DecidedBy<'r>,
}

#[derive(Serialize)]
struct FixJson<'r> {
    title: &'r str,
    safety: Safety,
    edits: Vec<EditJson<'r>>,
}

#[derive(Serialize)]
struct EditJson<'r> {
    start: Position,
    end: Position,
    text: &'r str,
}

fn problem<'r>(file: &FileReport, diagnostic: &'r Diagnostic) -> ProblemJson<'r> {
    let (start, end) = file.range(diagnostic.span);
    let related = diagnostic.related.iter().map(|related| {
        let (start, end) = file.range(related.span);
        RelatedJson { message: &related.message, start, end }
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
            ExceptionJson { reason, owner, expires: expires.to_string(), decided_by: decided_by(origin) }
        }),
        known: diagnostic.known,
        fix: diagnostic.fix.as_ref().map(|fix| {
            let edits = fix.edits.iter().map(|edit| {
                let (start, end) = file.range(edit.span);
                EditJson { start, end, text: &edit.text }
            });
            FixJson { title: &fix.title, safety: fix.safety, edits: edits.collect() }
        }),
    }
}

fn decided_by(origin: &Origin) -> DecidedBy<'_> {
    DecidedBy { policy: &origin.file, line: origin.line, column: origin.column }
}
