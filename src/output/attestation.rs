//! The result as an in-toto Statement with a `test-result/v0.1` predicate: which files passed, under which policy. A
//! signature makes it a proof, which a registry keeps and a deployment checks.

use std::io;

use serde_json::{Map, Value, json};

use crate::diagnostic::Level;
use crate::escape::write_json;
use crate::report::{FileReport, Report, Verdict};

/// Writes the statement. A run whose verdict is not certain has failed.
pub(crate) fn write(report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
    let files = || report.files.iter().filter(|file| file.is_model());
    let fails = |file: &FileReport| {
        let is_unchecked = report.input_errors.iter().any(|error| error.path() == file.name());
        is_unchecked || file.diagnostics.iter().any(|problem| report.fails(problem))
    };
    let warns = |file: &FileReport| {
        file.diagnostics.iter().any(|problem| report.counts(problem) && problem.level >= Level::Warning)
    };
    let (mut subjects, mut passed, mut warned, mut failed) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for file in files() {
        // Without its digest, nothing identifies a file.
        if let Some(digest) = &file.digest {
            subjects.push(json!({ "name": file.path, "digest": { "sha256": digest } }));
        }
        let list = match (fails(file), warns(file)) {
            (true, _) => &mut failed,
            (false, true) => &mut warned,
            (false, false) => &mut passed,
        };
        list.push(file.path.as_str());
    }
    let unread = report.input_errors.iter().map(|error| report.root_path(error.path()));
    failed.extend(unread.filter(|path| files().all(|file| file.path != *path)));
    let result = match report.verdict() {
        Verdict::Passed if warned.is_empty() => "PASSED",
        Verdict::Passed => "WARNED",
        Verdict::Failed | Verdict::CannotCheck => "FAILED",
    };
    let mut policy = Map::new();
    policy.insert("name".to_owned(), Value::from(report.root_path(&report.policy)));
    if let Some(digest) = &report.policy_digest {
        policy.insert("digest".to_owned(), json!({ "sha256": digest }));
    }
    let statement = json!({
        "_type": "https://in-toto.io/Statement/v1",
        "subject": subjects,
        "predicateType": "https://in-toto.io/attestation/test-result/v0.1",
        "predicate": {
            "result": result,
            "configuration": [policy],
            "passedTests": passed,
            "warnedTests": warned,
            "failedTests": failed,
        },
    });
    write_json(&statement, out)
}
