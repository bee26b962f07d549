//! What `check --verbose` tells beside the report: by what was judged, what, and what was passed over and why. All of it
//! for people, on standard error.

use std::io::{self, Write};

use crate::cli::gate::CheckOptions;
use crate::cli::lint_files::without_stdin;
use crate::input_error::SkipReason;
use crate::output::escape_line;
use crate::policy::{Policy, Sought};
use crate::report::{Report, count};
use crate::workspace::discover::{Named, Repository, Search, discover, passed_over};

/// Tells it. Whoever closed the stream does not want to know.
pub(crate) fn tell(ask: &CheckOptions<'_>, repository: &Repository, policy: &Policy, report: &Report) {
    let mut lines = vec![format!("policy: {}{}", report.policy, others(policy, &report.policy))];
    lines.extend(
        report
            .files
            .iter()
            .filter(|file| file.is_model())
            .map(|file| format!("judged: {}: {}", file.name(), count(file.models.len(), "model"))),
    );
    let filters = ask.named == Named::Filtered;
    lines.extend(report.skipped.iter().map(|name| {
        let matched = repository.matched(name.as_ref());
        let why = match policy.excluded_by(&matched) {
            Some((pattern, origin)) => {
                SkipReason::Excluded { pattern: pattern.to_owned(), origin: origin.to_string() }
            }
            None if filters && policy.sought(&matched) != Some(Sought::ByName) => SkipReason::NotMatched,
            None => SkipReason::NoModel,
        };
        format!("passed over: {name}: {why}")
    }));
    let search = Search { paths: &without_stdin(ask.paths), policy, named: ask.named, threads: ask.threads };
    let discovery = discover(search, repository);
    lines.extend(
        passed_over(&discovery, repository, policy)
            .into_iter()
            .map(|(name, reason)| format!("passed over: {name}: {reason}")),
    );
    let text: String = lines.iter().map(|line| escape_line(line) + "\n").collect();
    let _ = io::stderr().write_all(text.as_bytes());
}

/// The policies that the one in force extends.
fn others(policy: &Policy, name: &str) -> String {
    let names: Vec<&str> =
        policy.sources().iter().map(|source| source.name()).filter(|source| *source != name).collect();
    if names.is_empty() { String::new() } else { format!(" (extends {})", names.join(", ")) }
}
