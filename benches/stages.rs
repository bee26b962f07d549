//! Times each stage on one threat model of the examples: text, tree, schema, model and score, the check of a whole file, and
//! the reports. `cargo bench --bench stages` prints the times.
#![expect(clippy::unwrap_used, reason = "a benchmark stops at an error")]

use std::hint::black_box;
use std::sync::Arc;

use aivss_lint::date::Date;
use aivss_lint::lint::{LintContext, lint};
use aivss_lint::model::ModelFormat;
use aivss_lint::output::{self, Look, write};
use aivss_lint::page::parse;
use aivss_lint::policy::{NoFiles, recommended};
use aivss_lint::rego::CompiledPolicy;
use aivss_lint::report::{FileReport, Report};
use aivss_lint::rules::NAMES;
use aivss_lint::schema::Schema;
use aivss_lint::score::score;
use aivss_lint::source::Source;
use divan::Bencher;

const MODEL: &str = include_str!("../examples/smolagents/threat-model.yaml");
const FAILING: &str = include_str!("../examples/faults/arithmetic.threat-model.yaml");

fn main() {
    divan::main();
}

fn source(text: &str) -> Source {
    Source::decode("a.threat-model.yaml", text.as_bytes().to_vec())
}

fn today() -> Date {
    Date::parse("2026-11-25").unwrap()
}

#[divan::bench]
fn text(bencher: Bencher<'_, '_>) {
    bencher.bench(|| source(black_box(MODEL)));
}

#[divan::bench]
fn tree(bencher: Bencher<'_, '_>) {
    let source = source(MODEL);
    bencher.bench(|| parse(black_box(&source)).roots().count());
}

#[divan::bench]
fn schema(bencher: Bencher<'_, '_>) {
    let source = source(MODEL);
    let document = parse(&source);
    let root = document.roots().next().unwrap();
    bencher.bench(|| Schema::ThreatModel.violations(black_box(root)).len());
}

#[divan::bench]
fn meaning_and_score(bencher: Bencher<'_, '_>) {
    let source = source(MODEL);
    let document = parse(&source);
    let root = document.roots().next().unwrap();
    bencher.bench(|| {
        let model = ModelFormat::Native.read(black_box(root));
        model.assessments().filter_map(|(_, declared)| score(declared).working).count()
    });
}

/// Everything there is to one file.
#[divan::bench(args = ["right", "wrong"])]
fn file(bencher: Bencher<'_, '_>, kind: &str) {
    let text = if kind == "right" { MODEL } else { FAILING };
    let policy = CompiledPolicy::built_in(recommended(), NAMES);
    let context = LintContext { policy: &policy, today: today(), load: &NoFiles, before: None };
    bencher.bench(|| lint(&source(black_box(text)), "a.threat-model.yaml", context).diagnostics.len());
}

/// A report on a file with problems.
#[divan::bench(args = ["human", "json", "sarif", "markdown"])]
fn report(bencher: Bencher<'_, '_>, format: &str) {
    let policy = CompiledPolicy::built_in(recommended(), NAMES);
    let context = LintContext { policy: &policy, today: today(), load: &NoFiles, before: None };
    let source = source(FAILING);
    let linted = lint(&source, "a.threat-model.yaml", context);
    let mut report = Report::new(today(), aivss_lint::diagnostic::Level::Error);
    report.files.push(FileReport::new(
        Arc::new(source.clone()),
        "a.threat-model.yaml".to_owned(),
        linted.models,
        linted.diagnostics,
    ));
    let format = match format {
        "human" => output::Format::Human(Look::PLAIN),
        "json" => output::Format::Json,
        "sarif" => output::Format::Sarif,
        _ => output::Format::Markdown,
    };
    bencher.bench(|| {
        let mut bytes = Vec::new();
        write(black_box(&report), format, &mut bytes).unwrap();
        bytes
    });
}
