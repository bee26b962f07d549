//! SARIF 2.1.0, for code scanning: rules, results, suppressions, and inputs that cannot be checked. Scores and layers are in
//! the JSON report. Every text of a file is escaped by [`line()`].
//!
//! Code scanning ignores `suppressions` and takes the severity of an alert from its rule. Results that do not count
//! therefore have a rule without a severity: `score-mismatch/excepted` or `score-mismatch/in-base`.

mod log;
mod size;

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::io;

use serde::{Serialize, Serializer};

use crate::diagnostic::{Diagnostic, Fix, Level, Safety};
use crate::escape::{line, uri_path, write_json};
use crate::explain;
use crate::output::left_out;
use crate::output::problem::{Fingerprints, passes_because, plain_text};
use crate::output::sarif::log::{
    ArtifactChange, ArtifactLocation, Driver, HelpTexts, Invocation, Notification, OneKey, PhysicalLocation,
    Replacement, RuleDescriptor, RuleProperties, SarifFix, SarifLocation, SarifLog, SarifRegion, SarifResult,
    SarifRun, SarifText, Suppression,
};
use crate::report::{FileReport, Report};
use crate::rules;
use crate::rules::Rule;
use crate::source::Span;

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";
/// The name of the folder to which paths are relative.
const ROOT: &str = "SRCROOT";
/// The default category.
const CATEGORY: &str = env!("CARGO_PKG_NAME");
/// The number of results that code scanning accepts in a run.
const MOST_RESULTS: usize = 25_000;
/// The size that code scanning accepts of a file, in bytes compressed by gzip: 10 MB, less a margin.
const MOST_BYTES: usize = 9_900_000;
/// The number of related places that code scanning accepts of a result.
const MOST_PLACES: usize = 1_000;

/// Writes the log and returns the number of omitted results. If there are too many, the least severe are omitted.
pub(crate) fn write(report: &Report, out: &mut dyn io::Write) -> io::Result<usize> {
    let mut fingerprints = Fingerprints::default();
    let mut listed: Vec<ListedResult<'_>> = report
        .diagnostics()
        .map(|(file, diagnostic)| ListedResult {
            file,
            diagnostic,
            fingerprint: fingerprints.of_problem(file, diagnostic),
        })
        .collect();
    let all = listed.len();
    if all > MOST_RESULTS {
        worst_first(report, &mut listed);
        listed.truncate(MOST_RESULTS);
    }
    let mut bytes = log_bytes(report, &listed, all)?;
    while let Some(size) = too_large(&bytes).filter(|_| !listed.is_empty()) {
        worst_first(report, &mut listed);
        listed.truncate(fitting(listed.len(), size));
        bytes = log_bytes(report, &listed, all)?;
    }
    out.write_all(&bytes)?;
    Ok(all - listed.len())
}

/// The compressed size of a log that is larger than accepted. One that fits uncompressed is not compressed.
fn too_large(bytes: &[u8]) -> Option<usize> {
    let size = if bytes.len() > MOST_BYTES { size::compressed(bytes) } else { bytes.len() };
    (size > MOST_BYTES).then_some(size)
}

/// The number of results that probably fit if all of them have this size. It is always lower.
const fn fitting(results: usize, size: usize) -> usize {
    results.saturating_mul(MOST_BYTES) / size * 19 / 20
}

fn log_bytes(report: &Report, listed: &[ListedResult<'_>], all: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let log = SarifLog { schema: SCHEMA, version: "2.1.0", runs: [run(report, listed, all)] };
    write_json(&log, &mut bytes)?;
    Ok(bytes)
}

/// A diagnostic that becomes a result.
struct ListedResult<'r> {
    file: &'r FileReport,
    diagnostic: &'r Diagnostic,
    fingerprint: String,
}

/// Sorts what fails the gate first, then what counts, the more severe first.
fn worst_first(report: &Report, listed: &mut [ListedResult<'_>]) {
    listed.sort_by_key(|ListedResult { diagnostic, .. }| {
        Reverse((report.counts(diagnostic), report.fails(diagnostic), diagnostic.level))
    });
}

/// The suffix of the rule's identifier for a diagnostic that does not count.
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

fn text(text: &str) -> SarifText {
    unlinked(line(text).into_owned())
}

/// A text without Markdown links: in SARIF, `[words](target)` is a link in plain texts, too.
fn unlinked(text: String) -> SarifText {
    SarifText { text: if text.contains("](") { text.replace("](", "] (") } else { text } }
}

/// The results of a report, each of which is built when it is written.
struct SarifResults<'r> {
    report: &'r Report,
    listed: &'r [ListedResult<'r>],
    /// The indexes of the rules by their identifiers.
    indexes: HashMap<String, usize>,
}

impl Serialize for SarifResults<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { report, listed, indexes } = self;
        serializer.collect_seq(listed.iter().map(|listed| result(report, listed, indexes)))
    }
}

fn run<'r>(report: &'r Report, listed: &'r [ListedResult<'r>], all: usize) -> SarifRun<SarifResults<'r>> {
    let rules = descriptors(report);
    let indexes = rules.iter().enumerate().map(|(index, rule)| (rule.id.clone(), index)).collect();
    let mut notifications: Vec<Notification> = report
        .input_errors
        .iter()
        .map(|error| Notification {
            level: "error",
            message: text(&error.to_string()),
            locations: vec![location(report.root_path(error.path()), None)],
        })
        .collect();
    if let Some(message) = left_out(all - listed.len()) {
        let message = SarifText { text: message };
        notifications.push(Notification { level: "warning", message, locations: Vec::new() });
    }
    let version = env!("CARGO_PKG_VERSION");
    let driver = Driver {
        name: env!("CARGO_PKG_NAME"),
        version,
        semantic_version: version,
        information_uri: explain::ADDRESS,
        rules,
    };
    let root = OneKey::from([("description", text("The root of the repository."))]);
    let category = report.category.as_deref().unwrap_or(CATEGORY);
    SarifRun {
        tool: OneKey::from([("driver", driver)]),
        automation_details: OneKey::from([("id", format!("{category}/"))]),
        column_kind: "unicodeCodePoints",
        original_uri_base_ids: OneKey::from([(ROOT, root)]),
        invocations: [Invocation {
            execution_successful: report.input_errors.is_empty(),
            exit_code: report.verdict().exit_code(),
            tool_execution_notifications: notifications,
        }],
        results: SarifResults { report, listed, indexes },
    }
}

/// The descriptors of all built-in rules, of the rules in Rego that reported something, and of results that do not count.
fn descriptors(report: &Report) -> Vec<RuleDescriptor> {
    let mut own: BTreeMap<String, Level> = BTreeMap::new();
    let mut asides = BTreeMap::new();
    for (_, diagnostic) in report.diagnostics() {
        let rule = line(&diagnostic.rule);
        if rules::named(&diagnostic.rule).is_none() {
            let level = own.entry(rule.clone().into_owned()).or_insert(diagnostic.level);
            *level = diagnostic.level.max(*level);
        }
        if let Some(aside) = aside(report, diagnostic) {
            asides.entry(rule_id(report, diagnostic)).or_insert((rule, aside));
        }
    }
    let own = own.into_iter().map(|(name, level)| rego_descriptor(name, level));
    let mut descriptors: Vec<RuleDescriptor> = rules::ALL.into_iter().map(descriptor).chain(own).collect();
    let of_asides: Vec<RuleDescriptor> = asides
        .into_iter()
        .filter(|(id, _)| !descriptors.iter().any(|descriptor| descriptor.id == *id))
        .filter_map(|(id, (rule, aside))| {
            let rule = descriptors.iter().find(|descriptor| descriptor.id == *rule)?;
            Some(aside_descriptor(id, rule, aside))
        })
        .collect();
    descriptors.extend(of_asides);
    descriptors
}

/// The descriptor of a rule's results that do not count. Code scanning reads a severity of 0.0 as none, and uses the level.
fn aside_descriptor(id: String, rule: &RuleDescriptor, aside: &str) -> RuleDescriptor {
    let why = match aside {
        "excepted" => "An exception of the policy covers these results, so they do not fail the gate.",
        _ => "The base has these problems already, so they do not fail the gate.",
    };
    let RuleDescriptor { short_description, full_description, help_uri, help, .. } = rule;
    let summary = short_description.text.trim_end_matches('.');
    RuleDescriptor {
        name: pascal(&id),
        id,
        short_description: SarifText { text: format!("{summary} ({}).", aside.replace('-', " the ")) },
        full_description: SarifText { text: full_description.text.clone() },
        help_uri: help_uri.clone(),
        help: HelpTexts {
            text: format!("{why}\n\n{}", help.text),
            markdown: format!("{why}\n\n{}", help.markdown),
        },
        default_configuration: OneKey::from([("level", Level::Note)]),
        properties: RuleProperties { tags: vec!["threat-model"], security_severity: "0.0" },
    }
}

fn descriptor(rule: &Rule) -> RuleDescriptor {
    let Rule { why, remedy, see, .. } = *rule;
    RuleDescriptor {
        id: rule.name.to_owned(),
        name: pascal(rule.name),
        short_description: text(rule.summary),
        full_description: text(why),
        help_uri: explain::page_url(rule),
        help: HelpTexts {
            text: format!("{why}\n\n{remedy}\n\nSee {see}."),
            markdown: format!("{why}\n\n{}", explain::details(rule)),
        },
        default_configuration: OneKey::from([("level", rule.level)]),
        properties: properties(rule.level),
    }
}

/// The descriptor of a rule in Rego, of which only the name and the level are known.
fn rego_descriptor(name: String, level: Level) -> RuleDescriptor {
    const SUMMARY: &str = "A rule in Rego of the policy.";
    RuleDescriptor {
        name: pascal(&name),
        id: name,
        short_description: text(SUMMARY),
        full_description: text(SUMMARY),
        help_uri: None,
        help: HelpTexts { text: SUMMARY.to_owned(), markdown: SUMMARY.to_owned() },
        default_configuration: OneKey::from([("level", level)]),
        properties: properties(level),
    }
}

fn properties(level: Level) -> RuleProperties {
    let security_severity = match level {
        Level::Error => "7.5",
        Level::Warning => "5.0",
        Level::Note => "2.0",
    };
    RuleProperties { tags: vec!["security", "threat-model"], security_severity }
}

/// `score-mismatch` as `ScoreMismatch`.
fn pascal(name: &str) -> String {
    let mut pascal = String::with_capacity(name.len());
    for word in name.split(['-', '/', '_', '.']) {
        let mut letters = word.chars();
        pascal.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        pascal.push_str(letters.as_str());
    }
    pascal
}

fn result(report: &Report, listed: &ListedResult<'_>, indexes: &HashMap<String, usize>) -> SarifResult {
    let ListedResult { file, diagnostic, fingerprint } = listed;
    let rule_id = rule_id(report, diagnostic);
    let related = diagnostic.related.iter().take(MOST_PLACES).enumerate();
    let related_locations = related.map(|(at, related)| SarifLocation {
        id: Some(at + 1),
        message: Some(text(&related.message)),
        ..location(&file.path, Some(region(file, related.span)))
    });
    let pointer = line(&diagnostic.pointer).into_owned();
    let logical = (!pointer.is_empty()).then(|| [OneKey::from([("fullyQualifiedName", pointer)])]);
    let reason = diagnostic.excepted.as_ref().and(passes_because(report, diagnostic));
    SarifResult {
        rule_index: indexes.get(&*rule_id).copied().unwrap_or_default(),
        rule_id,
        kind: "fail",
        level: if report.counts(diagnostic) { diagnostic.level } else { Level::Note },
        message: unlinked(plain_text(report, diagnostic)),
        locations: [SarifLocation { logical, ..location(&file.path, Some(region(file, diagnostic.span))) }],
        related_locations: related_locations.collect(),
        partial_fingerprints: OneKey::from([("aivssLint/v2", fingerprint.clone())]),
        suppressions: reason.map(|reason| {
            let justification = line(&reason).into_owned();
            [Suppression { kind: "external", status: "accepted", justification }]
        }),
        baseline_state: report.change.as_ref().map(|_| if diagnostic.known { "unchanged" } else { "new" }),
        fixes: diagnostic.fix.as_ref().map(|fix| [sarif_fix(file, fix)]),
    }
}

fn sarif_fix(file: &FileReport, fix: &Fix) -> SarifFix {
    let replacements = fix.edits.iter().map(|edit| Replacement {
        deleted_region: region(file, edit.span),
        // A fix is not a text of the file and is written without escapes.
        inserted_content: SarifText { text: edit.text.clone() },
    });
    SarifFix {
        description: text(&match fix.safety {
            Safety::Safe => fix.title.clone(),
            Safety::Suggested => format!("{} (suggested, needs review)", fix.title),
        }),
        artifact_changes: [ArtifactChange {
            artifact_location: artifact(&file.path),
            replacements: replacements.collect(),
        }],
    }
}

fn location(path: &str, region: Option<SarifRegion>) -> SarifLocation {
    let physical = PhysicalLocation { artifact_location: artifact(path), region };
    SarifLocation { id: None, physical, logical: None, message: None }
}

fn region(file: &FileReport, span: Span) -> SarifRegion {
    let (start, end) = file.range(span);
    SarifRegion {
        start_line: start.line,
        start_column: start.column,
        end_line: end.line,
        end_column: end.column,
    }
}

/// A path as a URI, relative to the root if it is below it.
fn artifact(path: &str) -> ArtifactLocation {
    let is_drive =
        path.get(1..3) == Some(":/") && path.starts_with(|letter: char| letter.is_ascii_alphabetic());
    if path.starts_with('/') || is_drive {
        let (slash, drive, rest) = if is_drive { ("/", &path[..2], &path[2..]) } else { ("", "", path) };
        return ArtifactLocation {
            uri: format!("file://{slash}{drive}{}", uri_path(rest)),
            uri_base_id: None,
        };
    }
    let is_outside = path == ".." || path.starts_with("../");
    ArtifactLocation { uri: uri_path(path), uri_base_id: (!is_outside).then_some(ROOT) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_paths_below_the_root_have_a_base() {
        let shown = |path| {
            let ArtifactLocation { uri, uri_base_id } = artifact(path);
            (uri, uri_base_id.is_some())
        };
        assert_eq!(shown("a b/ü%#?:.yaml"), ("a%20b/%C3%BC%25%23%3F%3A.yaml".to_owned(), true));
        assert_eq!(shown("../a.yaml"), ("../a.yaml".to_owned(), false));
        assert_eq!(shown("/tmp/a.yaml"), ("file:///tmp/a.yaml".to_owned(), false));
        assert_eq!(shown("C:/a b.yaml"), ("file:///C:/a%20b.yaml".to_owned(), false));
        assert_eq!(shown("..a/b"), ("..a/b".to_owned(), true));
    }

    #[test]
    fn text_has_no_links() {
        assert_eq!(
            text("[fix](https://x.example) ![a](1) a[0] (b)").text,
            "[fix] (https://x.example) ![a] (1) a[0] (b)"
        );
        assert_eq!(unlinked("a [b\\](c) [d]((e)".to_owned()).text, "a [b\\] (c) [d] ((e)");
    }

    #[test]
    fn fitting_results_are_fewer() {
        assert!(fitting(25_000, 3 * MOST_BYTES) < 8_000);
        assert!(fitting(1_000, MOST_BYTES + 1) < 1_000);
        assert_eq!(fitting(1, MOST_BYTES + 1), 0);
    }

    #[test]
    fn pascal_joins_words() {
        assert_eq!(pascal("rego/owner-known"), "RegoOwnerKnown");
    }
}
