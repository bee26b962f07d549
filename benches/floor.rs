//! Times the whole check and its floor, the bare events of the YAML parser, over the same files in the same process. Times
//! differ between machines, so the limit is one on their ratio.
//!
//! `cargo bench --bench floor -- FOLDER` reads every file below the folder (`benches/corpus.py` writes one).
#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::float_arithmetic,
    reason = "a benchmark reads files, prints and compares"
)]

use std::fs;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use aivss_lint::date::Date;
use aivss_lint::lint::{LintContext, lint};
use aivss_lint::policy::{NoFiles, recommended};
use aivss_lint::rego::CompiledPolicy;
use aivss_lint::rules::NAMES;
use aivss_lint::source::Source;

/// The number of timed runs; the best and the middle run count.
const ROUNDS: usize = 11;

fn main() {
    let Some(folder) = std::env::args().skip(1).find(|argument| !argument.starts_with('-')) else {
        return println!("name a folder of threat models: cargo bench --bench floor -- FOLDER");
    };
    let mut paths = Vec::new();
    collect(Path::new(&folder), &mut paths);
    let texts: Vec<Vec<u8>> = paths.iter().map(|path| fs::read(path).unwrap()).collect();
    let bytes: usize = texts.iter().map(Vec::len).sum();
    println!("{} files, {bytes} bytes, {ROUNDS} rounds in turn", texts.len());

    let policy = CompiledPolicy::built_in(recommended(), NAMES);
    let today = Date::parse("2026-11-25").unwrap();
    let context = LintContext { policy: &policy, today, load: &NoFiles, before: None };
    let (mut floor, mut gate) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        floor.push(timed(|| texts.iter().map(|text| events(text)).sum()));
        gate.push(timed(|| {
            let linted = texts.iter().map(|text| {
                let source = Source::decode("a.threat-model.yaml", text.clone());
                lint(&source, "a.threat-model.yaml", context).models.len()
            });
            linted.sum()
        }));
    }
    for (name, times) in [("events", &mut floor), ("gate", &mut gate)] {
        times.sort_unstable();
        println!("{name:8} best {:?}, middle {:?}", times[0], times[ROUNDS / 2]);
    }
    let ratio = |at: usize| gate[at].as_secs_f64() / floor[at].as_secs_f64();
    println!("gate over events: best {:.2}, middle {:.2}", ratio(0), ratio(ROUNDS / 2));
}

fn collect(folder: &Path, paths: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { collect(&path, paths) } else { paths.push(path) }
    }
    paths.sort();
}

fn timed(work: impl FnOnce() -> usize) -> Duration {
    let start = Instant::now();
    black_box(work());
    start.elapsed()
}

/// The number of parser events of a text.
fn events(text: &[u8]) -> usize {
    let text = std::str::from_utf8(text).unwrap();
    let mut count = 0;
    aivss_lint_yaml_events::each(text, aivss_lint_yaml_events::Options::default(), &mut |event| {
        count += usize::from(event.is_ok());
        true
    });
    count
}
