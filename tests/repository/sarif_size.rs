//! The size of a SARIF report, against Python's gzip: code scanning accepts 25,000 results and 10 MB a file.

use std::io::Write;
use std::process::{Command, Stdio};
use std::sync::Arc;

use aivss_lint::date::Date;
use aivss_lint::diagnostic::{Diagnostic, Level, Owner};
use aivss_lint::output::{Format, write};
use aivss_lint::report::{FileReport, Report};
use aivss_lint::source::{Source, Span};
use serde_json::Value;

/// The bytes that gzip makes of a text at the level that is the default of most libraries.
fn compressed(text: &[u8]) -> usize {
    const SCRIPT: &str = "import gzip, sys; t = sys.stdin.buffer.read(); print(len(gzip.compress(t, 6)))";
    let mut python = Command::new("python3")
        .args(["-I", "-c", SCRIPT])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("Python is wherever these tests run");
    python.stdin.take().unwrap().write_all(text).unwrap();
    let output = python.wait_with_output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().parse().unwrap()
}

/// A report with many problems; every hundredth is an error, and the errors come last.
fn report(number: usize, message: impl Fn(usize) -> String) -> Report {
    let mut report = Report::new(Date::parse("2026-11-23").unwrap(), Level::Error);
    let source = Arc::new(Source::decode("a.yaml", b"a: 1\n".to_vec()));
    let problem = |at: usize| {
        let level = if at >= number - number / 100 { Level::Error } else { Level::Warning };
        Diagnostic::of_rego("rego/a".to_owned(), level, Owner::File, Span::new(0, 1), message(at))
    };
    for file in 0..number.div_ceil(1_000) {
        let problems = (file * 1_000..number.min((file + 1) * 1_000)).map(problem).collect();
        report.files.push(FileReport::new(
            source.clone(),
            format!("agents/{file}.yaml"),
            Vec::new(),
            problems,
        ));
    }
    report
}

/// Checks a report against the limits; returns how many results it has.
fn results(report: &Report) -> usize {
    let mut bytes = Vec::new();
    let left_out = write(report, Format::Sarif, &mut bytes).unwrap();
    let size = compressed(&bytes);
    assert!(size <= 10_000_000, "{size}");
    let log: Value = serde_json::from_slice(&bytes).unwrap();
    let run = &log["runs"][0];
    let results = run["results"].as_array().unwrap();
    assert!(results.len() <= 25_000);
    let all = report.diagnostics().count();
    assert_eq!(results.len() + left_out, all);
    let errors = results.iter().filter(|result| result["level"] == "error").count();
    assert_eq!(errors, report.count(Level::Error).min(results.len()), "the worst come first");
    let notifications = run["invocations"][0]["toolExecutionNotifications"].as_array().unwrap();
    let texts = notifications.iter().filter_map(|one| one["message"]["text"].as_str());
    let unlisted: Vec<&str> = texts.filter(|text| text.contains("not listed")).collect();
    assert_eq!(unlisted.is_empty(), left_out == 0);
    assert!(unlisted.iter().all(|text| text.starts_with(&format!("{left_out} result"))), "{unlisted:?}");
    results.len()
}

/// Letters and digits that cannot be compressed well.
fn noise(seed: usize, length: usize) -> String {
    let mut state = u64::try_from(seed).unwrap().wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        char::from(
            b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-"
                [usize::try_from(state % 64).unwrap()],
        )
    };
    (0..length).map(|_| next()).collect()
}

#[test]
fn report_of_too_many_problems_has_the_worst_of_them() {
    let small = |at: usize| format!("score is {at}; the limit is");
    assert_eq!(results(&report(1_000, small)), 1_000);
    assert_eq!(results(&report(25_500, small)), 25_000);
}

#[test]
fn report_of_long_texts_is_not_larger_than_accepted() {
    // Each of a kilobyte that cannot be compressed, twice as much as there is room for.
    let count = results(&report(20_000, |at| noise(at, 800)));
    assert!((5_000..15_000).contains(&count), "{count}");
    let count = results(&report(8_000, |at| format!("{} {at}", "ünïcode 🦀 und ein Wort ".repeat(40))));
    assert_eq!(count, 8_000);
    assert!(results(&report(2, |at| noise(at, 8_000_000))) < 2);
}
