//! SARIF 2.1.0, for code scanning: rules, results, what an exception covers, what kept the gate from judging. It is no
//! place for scores and layers, which the JSON report has. Every text from a file passes [`line`] on its way.
//!
//! Code scanning ignores `suppressions`, and takes the severity of an alert from its rule. Results that do not count
//! therefore have a rule of their own, without a severity: `score-mismatch/excepted` or `score-mismatch/in-base`.

mod log;
mod size;

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::io;

use serde::{Serialize, Serializer};

use crate::diagnostic::{Diagnostic, Fix, Level, Safety};
use crate::escape;
use crate::escape::{line, uri_path};
use crate::explain;
use crate::input_error::InputError;
use crate::output::fingerprint::Fingerprints;
use crate::output::sarif::log::{
    Artifact, ArtifactChange, Configuration, Described, Descriptor, Details, Driver, Help, Invocation,
    Location, Log, Logical, Mending, Notification, Outcome, Physical, Properties, Region, Replacement, Run,
    Suppression, Text, Tool,
};
use crate::output::snippet::Excerpt;
use crate::report::{FileReport, Report};
use crate::rules;
use crate::rules::Rule;
use crate::source::Span;

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";
/// The name of the folder that relative paths start from.
const ROOT: &str = "SRCROOT";
/// The category of a report that has no other.
const CATEGORY: &str = env!("CARGO_PKG_NAME");
/// How many results code scanning accepts in a run.
const MOST_RESULTS: usize = 25_000;
/// How many bytes code scanning accepts in a file, compressed by gzip: 10 MB, less a margin.
const MOST_BYTES: usize = 9_900_000;
/// How many places beside its own code scanning accepts of a result.
const MOST_PLACES: usize = 1_000;

/// Writes the log, and returns how many results are left out: the least severe ones of too many.
pub(crate) fn write(report: &Report, out: &mut dyn io::Write) -> io::Result<usize> {
    let mut listed = listed(report);
    let all = listed.len();
    if all > MOST_RESULTS {
        worst_first(report, &mut listed);
        listed.truncate(MOST_RESULTS);
    }
    let mut bytes = written(report, &listed, all)?;
    while let Some(size) = too_large(&bytes).filter(|_| !listed.is_empty()) {
        worst_first(report, &mut listed);
        listed.truncate(fitting(listed.len(), size));
        bytes = written(report, &listed, all)?;
    }
    out.write_all(&bytes)?;
    Ok(all - listed.len())
}

/// The compressed size of a log that has more than is accepted. One that is short enough uncompressed need not be tried.
fn too_large(bytes: &[u8]) -> Option<usize> {
    let size = if bytes.len() > MOST_BYTES { size::compressed(bytes) } else { bytes.len() };
    (size > MOST_BYTES).then_some(size)
}

/// How many of the results probably fit where all of them have this size: always fewer.
const fn fitting(results: usize, size: usize) -> usize {
    results.saturating_mul(MOST_BYTES) / size * 19 / 20
}

fn written(report: &Report, listed: &[Listed<'_>], all: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let log = Log { schema: SCHEMA, version: "2.1.0", runs: [run(report, listed, all)] };
    escape::write_json(&log, &mut bytes)?;
    Ok(bytes)
}

/// A diagnostic that becomes a result.
struct Listed<'r> {
    file: &'r FileReport,
    diagnostic: &'r Diagnostic,
    fingerprint: String,
}

/// All diagnostics of a report in its order.
fn listed(report: &Report) -> Vec<Listed<'_>> {
    let mut fingerprints = Fingerprints::default();
    let diagnostics = report
        .files
        .iter()
        .flat_map(|file| file.diagnostics.iter().map(move |diagnostic| (file, diagnostic)));
    let listed = diagnostics.map(|(file, diagnostic)| {
        let fingerprint = fingerprints.of_problem(file, diagnostic);
        Listed { file, diagnostic, fingerprint }
    });
    listed.collect()
}

/// Puts what fails the gate first, then what counts, the more severe ones first; equals keep their order.
fn worst_first(report: &Report, listed: &mut [Listed<'_>]) {
    listed.sort_by_key(|Listed { diagnostic, .. }| {
        Reverse((report.counts(diagnostic), report.fails(diagnostic), diagnostic.level))
    });
}

/// Why a diagnostic does not count, as the last part of its rule's identifier.
fn aside(report: &Report, diagnostic: &Diagnostic) -> Option<&'static str> {
    match &diagnostic.excepted {
        Some(_) => Some("excepted"),
        None => (!report.counts(diagnostic)).then_some("in-base"),
    }
}

/// The identifier of the rule of a result.
fn rule_id(report: &Report, diagnostic: &Diagnostic) -> String {
    let rule = line(&diagnostic.rule);
    aside(report, diagnostic).map_or_else(|| rule.clone().into_owned(), |aside| format!("{rule}/{aside}"))
}

fn text(text: &str) -> Text {
    Text { text: without_links(line(text).into_owned()) }
}

/// A text in which no viewer finds a Markdown link: SARIF gives `[words](target)` a meaning in plain texts, too.
fn without_links(text: String) -> String {
    if text.contains("](") { text.replace("](", "] (") } else { text }
}

/// The results of a report, each of which is made when it is written.
struct Results<'r> {
    report: &'r Report,
    listed: &'r [Listed<'r>],
    /// Where in the list of rules each of them stands.
    places: HashMap<String, usize>,
}

impl Serialize for Results<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { report, listed, places } = self;
        serializer.collect_seq(listed.iter().map(|listed| outcome(report, listed, places)))
    }
}

fn run<'r>(report: &'r Report, listed: &'r [Listed<'r>], all: usize) -> Run<Results<'r>> {
    let rules = descriptors(report);
    let places = rules.iter().enumerate().map(|(at, rule)| (rule.id.clone(), at)).collect();
    let results = Results { report, listed, places };
    let notifications = report.obstacles.iter().map(|obstacle| notification(report, obstacle));
    let version = env!("CARGO_PKG_VERSION");
    Run {
        tool: Tool {
            driver: Driver {
                name: env!("CARGO_PKG_NAME"),
                version,
                semantic_version: version,
                information_uri: explain::ADDRESS,
                rules,
            },
        },
        automation_details: Details { id: format!("{}/", report.category.as_deref().unwrap_or(CATEGORY)) },
        column_kind: "unicodeCodePoints",
        original_uri_base_ids: BTreeMap::from([(
            ROOT,
            Described { description: text("The root of the repository.") },
        )]),
        invocations: [Invocation {
            execution_successful: report.obstacles.is_empty(),
            exit_code: report.verdict().exit_code(),
            tool_execution_notifications: notifications.chain(left_out(listed.len(), all)).collect(),
        }],
        results,
    }
}

/// All rules of this program, and those of the organisation's own that have spoken; then those of results that do not
/// count.
fn descriptors(report: &Report) -> Vec<Descriptor> {
    let mut own: BTreeMap<String, Level> = BTreeMap::new();
    for (_, diagnostic) in report.diagnostics().filter(|(_, fault)| rules::named(&fault.rule).is_none()) {
        let level = own.entry(line(&diagnostic.rule).into_owned()).or_insert(diagnostic.level);
        *level = diagnostic.level.max(*level);
    }
    let own = own.into_iter().map(|(name, level)| of_own(name, level));
    let mut descriptors: Vec<Descriptor> = rules::ALL.into_iter().map(descriptor).chain(own).collect();
    let asides = asides(report, &descriptors);
    descriptors.extend(asides);
    descriptors
}

/// The rules of results that do not count. Code scanning takes a severity of 0.0 for none, and goes by the level then.
fn asides(report: &Report, descriptors: &[Descriptor]) -> Vec<Descriptor> {
    let mut asides = BTreeMap::new();
    for (_, diagnostic) in report.diagnostics() {
        if let Some(aside) = aside(report, diagnostic) {
            asides.entry(rule_id(report, diagnostic)).or_insert((line(&diagnostic.rule), aside));
        }
    }
    let named = |id: &str| descriptors.iter().find(|descriptor| descriptor.id == *id);
    let new = asides.into_iter().filter(|(id, _)| named(id).is_none());
    new.filter_map(|(id, (rule, aside))| Some(of_aside(id, named(&rule)?, aside))).collect()
}

fn of_aside(id: String, rule: &Descriptor, aside: &str) -> Descriptor {
    let why = match aside {
        "excepted" => "An exception of the policy covers these results, so they do not fail the gate.",
        _ => "The base has these problems already, so they do not fail the gate.",
    };
    let Descriptor { short_description, full_description, help_uri, help, .. } = rule;
    let summary = short_description.text.trim_end_matches('.');
    Descriptor {
        name: pascal(&id),
        id,
        short_description: Text { text: format!("{summary} ({}).", aside.replace('-', " the ")) },
        full_description: Text { text: full_description.text.clone() },
        help_uri: help_uri.clone(),
        help: Help {
            text: format!("{why}\n\n{}", help.text),
            markdown: format!("{why}\n\n{}", help.markdown),
        },
        default_configuration: Configuration { level: Level::Note },
        properties: Properties { tags: vec!["threat-model"], security_severity: "0.0" },
    }
}

fn descriptor(rule: &Rule) -> Descriptor {
    let Rule { why, remedy, see, .. } = *rule;
    let details = explain::details(rule);
    Descriptor {
        id: rule.name.to_owned(),
        name: pascal(rule.name),
        short_description: text(rule.summary),
        full_description: text(why),
        help_uri: explain::page_url(rule),
        help: Help {
            text: format!("{why}\n\n{remedy}\n\nSee {see}."),
            markdown: format!("{why}\n\n{details}"),
        },
        default_configuration: Configuration { level: rule.level },
        properties: properties(rule.level),
    }
}

/// A rule in Rego, of which nothing is known but its name and the level it speaks at.
fn of_own(name: String, level: Level) -> Descriptor {
    const WHAT: &str = "A rule of the organisation's own, from its policy.";
    Descriptor {
        name: pascal(&name),
        id: name,
        short_description: text(WHAT),
        full_description: text(WHAT),
        help_uri: None,
        help: Help { text: WHAT.to_owned(), markdown: WHAT.to_owned() },
        default_configuration: Configuration { level },
        properties: properties(level),
    }
}

fn properties(level: Level) -> Properties {
    let security_severity = match level {
        Level::Error => "7.5",
        Level::Warning => "5.0",
        Level::Note => "2.0",
    };
    Properties { tags: vec!["security", "threat-model"], security_severity }
}

/// `score-mismatch` as `ScoreMismatch`.
fn pascal(name: &str) -> String {
    let words = name.split(['-', '/', '_', '.']).map(|word| {
        let mut letters = word.chars();
        let first = letters.next().map(|letter| letter.to_ascii_uppercase());
        first.into_iter().chain(letters).collect::<String>()
    });
    words.collect()
}

fn outcome(report: &Report, listed: &Listed<'_>, places: &HashMap<String, usize>) -> Outcome {
    let Listed { file, diagnostic, fingerprint } = listed;
    let rule_id = rule_id(report, diagnostic);
    let related = diagnostic.related.iter().take(MOST_PLACES).enumerate().map(|(at, related)| Location {
        id: Some(at + 1),
        message: Some(text(&related.message)),
        ..location(&file.path, Some(region(&file.excerpt, related.span)))
    });
    let pointer = line(&diagnostic.pointer).into_owned();
    let logical = (!pointer.is_empty()).then_some([Logical { fully_qualified_name: pointer }]);
    let place = location(&file.path, Some(region(&file.excerpt, diagnostic.span)));
    let excepted = diagnostic.excepted.as_ref().and(crate::output::passes_because(report, diagnostic));
    Outcome {
        rule_index: places.get(&*rule_id).copied().unwrap_or_default(),
        rule_id,
        kind: "fail",
        level: if report.counts(diagnostic) { diagnostic.level } else { Level::Note },
        message: Text { text: without_links(crate::output::plain_text(report, diagnostic)) },
        locations: [Location { logical, ..place }],
        related_locations: related.collect(),
        partial_fingerprints: BTreeMap::from([("aivssLint/v2", fingerprint.clone())]),
        suppressions: excepted.map(|reason| {
            let justification = line(&reason).into_owned();
            [Suppression { kind: "external", status: "accepted", justification }]
        }),
        baseline_state: report.change.as_ref().map(|_| if diagnostic.known { "unchanged" } else { "new" }),
        fixes: diagnostic.fix.as_ref().map(|fix| [mending(file, fix)]),
    }
}

fn mending(file: &FileReport, fix: &Fix) -> Mending {
    let replacements = fix.edits.iter().map(|edit| Replacement {
        deleted_region: region(&file.excerpt, edit.span),
        // What is to be written is none of the file's texts, and goes out as it is.
        inserted_content: Text { text: edit.text.clone() },
    });
    Mending {
        description: text(&match fix.safety {
            Safety::Safe => fix.title.clone(),
            Safety::Suggested => format!("{} (suggested: to be looked at)", fix.title),
        }),
        artifact_changes: [ArtifactChange {
            artifact_location: artifact(&file.path),
            replacements: replacements.collect(),
        }],
    }
}

fn notification(report: &Report, obstacle: &InputError) -> Notification {
    let message = text(&obstacle.to_string());
    Notification {
        level: "error",
        message,
        locations: vec![location(report.root_path(obstacle.path()), None)],
    }
}

/// What is said where not all results are listed.
fn left_out(listed: usize, all: usize) -> Option<Notification> {
    let message = crate::output::left_out(all - listed)?;
    Some(Notification { level: "warning", message: Text { text: message }, locations: Vec::new() })
}

fn location(path: &str, region: Option<Region>) -> Location {
    let physical = Physical { artifact_location: artifact(path), region };
    Location { id: None, physical, logical: None, message: None }
}

fn region(excerpt: &Excerpt, span: Span) -> Region {
    let (start, end) = (excerpt.position(span.start), excerpt.position(span.end));
    Region { start_line: start.line, start_column: start.column, end_line: end.line, end_column: end.column }
}

/// A path as a URI: from the root where it lies below it.
fn artifact(path: &str) -> Artifact {
    let is_drive =
        path.get(1..3) == Some(":/") && path.starts_with(|letter: char| letter.is_ascii_alphabetic());
    if path.starts_with('/') || is_drive {
        let (slash, drive, rest) = if is_drive { ("/", &path[..2], &path[2..]) } else { ("", "", path) };
        return Artifact { uri: format!("file://{slash}{drive}{}", uri_path(rest)), uri_base_id: None };
    }
    let is_outside = path == ".." || path.starts_with("../");
    Artifact { uri: uri_path(path), uri_base_id: (!is_outside).then_some(ROOT) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_become_uris_and_only_those_below_the_root_have_it_as_base() {
        let shown = |path| {
            let Artifact { uri, uri_base_id } = artifact(path);
            (uri, uri_base_id.is_some())
        };
        assert_eq!(shown("a b/ü%#?:.yaml"), ("a%20b/%C3%BC%25%23%3F%3A.yaml".to_owned(), true));
        assert_eq!(shown("../a.yaml"), ("../a.yaml".to_owned(), false));
        assert_eq!(shown("/tmp/a.yaml"), ("file:///tmp/a.yaml".to_owned(), false));
        assert_eq!(shown("C:/a b.yaml"), ("file:///C:/a%20b.yaml".to_owned(), false));
        assert_eq!(shown("..a/b"), ("..a/b".to_owned(), true));
    }

    #[test]
    fn links_in_texts_of_a_file_are_broken_up() {
        assert_eq!(
            text("[fix](https://x.example) ![a](1) a[0] (b)").text,
            "[fix] (https://x.example) ![a] (1) a[0] (b)"
        );
        assert_eq!(without_links("a [b\\](c) [d]((e)".to_owned()), "a [b\\] (c) [d] ((e)");
    }

    #[test]
    fn a_log_that_is_too_large_becomes_smaller() {
        assert!(fitting(25_000, 3 * MOST_BYTES) < 8_000);
        assert!(fitting(1_000, MOST_BYTES + 1) < 1_000);
        assert_eq!(fitting(1, MOST_BYTES + 1), 0);
    }

    #[test]
    fn names_are_in_pascal_case() {
        assert_eq!(pascal("rego/owner-known"), "RegoOwnerKnown");
    }
}
