//! SARIF 2.1.0, for code scanning: rules, results, what an exception covers, what kept the gate from judging. It is no
//! place for scores and layers, which the JSON report has. Every text from a file passes [`line`] on its way.

mod log;

use std::collections::{BTreeMap, HashMap};
use std::io;

use serde::{Serialize, Serializer};

use self::log::{
    Artifact, ArtifactChange, Configuration, Described, Descriptor, Details, Driver, Help, Invocation,
    Location, Log, Logical, Mending, Notification, Outcome, Physical, Properties, Region, Replacement, Run,
    Suppression, Text, Tool,
};
use super::escape::{self, line, uri_path};
use super::fingerprint::Fingerprints;
use super::{FileReport, Obstacle, Report};
use crate::diagnostic::{Diagnostic, Fix, Level, Safety};
use crate::excerpt::Excerpt;
use crate::explain;
use crate::rules::{self, Rule};
use crate::source::Span;

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";
/// The name of the folder that relative paths start from.
const ROOT: &str = "SRCROOT";

pub(super) fn write(report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
    let log = Log { schema: SCHEMA, version: "2.1.0", runs: [run(report)] };
    escape::write_json(&log, out)
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
    /// Where in the list of rules each of them stands.
    places: HashMap<String, usize>,
}

impl Serialize for Results<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fingerprints = Fingerprints::default();
        let faults = |file| {
            let FileReport { diagnostics, .. }: &FileReport = file;
            diagnostics.iter().map(move |diagnostic| (file, diagnostic))
        };
        serializer.collect_seq(self.report.files.iter().flat_map(faults).map(|(file, diagnostic)| {
            let fingerprint = fingerprints.of_fault(file, diagnostic);
            outcome(self.report, file, diagnostic, fingerprint, &self.places)
        }))
    }
}

fn run(report: &Report) -> Run<Results<'_>> {
    let rules = descriptors(report);
    let places = rules.iter().enumerate().map(|(at, rule)| (rule.id.clone(), at)).collect();
    let results = Results { report, places };
    let version = env!("CARGO_PKG_VERSION");
    Run {
        tool: Tool {
            driver: Driver { name: env!("CARGO_PKG_NAME"), version, semantic_version: version, rules },
        },
        automation_details: Details { id: "aivss-lint/" },
        column_kind: "unicodeCodePoints",
        original_uri_base_ids: BTreeMap::from([(
            ROOT,
            Described { description: text("The root of the repository.") },
        )]),
        invocations: [Invocation {
            execution_successful: report.obstacles.is_empty(),
            exit_code: report.verdict().exit_code(),
            tool_execution_notifications: report.obstacles.iter().map(notification).collect(),
        }],
        results,
    }
}

/// All rules of this program, and those of the organisation's own that have spoken.
fn descriptors(report: &Report) -> Vec<Descriptor> {
    let mut own: BTreeMap<String, Level> = BTreeMap::new();
    for (_, diagnostic) in report.diagnostics().filter(|(_, fault)| rules::named(&fault.rule).is_none()) {
        let level = own.entry(line(&diagnostic.rule).into_owned()).or_insert(diagnostic.level);
        *level = diagnostic.level.max(*level);
    }
    rules::ALL
        .into_iter()
        .map(descriptor)
        .chain(own.into_iter().map(|(name, level)| of_own(name, level)))
        .collect()
}

fn descriptor(rule: &Rule) -> Descriptor {
    let Rule { why, remedy, see, .. } = *rule;
    let details = explain::details(rule);
    Descriptor {
        id: rule.name.to_owned(),
        name: pascal(rule.name),
        short_description: text(rule.summary),
        full_description: text(why),
        help_uri: Some(explain::page_url(rule)),
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
    Properties { tags: ["security", "threat-model"], security_severity }
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

fn outcome(
    report: &Report,
    file: &FileReport,
    diagnostic: &Diagnostic,
    fingerprint: String,
    places: &HashMap<String, usize>,
) -> Outcome {
    let rule_id = line(&diagnostic.rule).into_owned();
    let related = diagnostic.related.iter().enumerate().map(|(at, related)| Location {
        id: Some(at + 1),
        message: Some(text(&related.message)),
        ..location(&file.path, Some(region(&file.excerpt, related.span)))
    });
    let pointer = line(&diagnostic.pointer).into_owned();
    let logical = (!pointer.is_empty()).then_some([Logical { fully_qualified_name: pointer }]);
    let place = location(&file.path, Some(region(&file.excerpt, diagnostic.span)));
    let excepted = diagnostic.excepted.as_ref().and(super::passes_because(report, diagnostic));
    Outcome {
        rule_index: places.get(&*rule_id).copied().unwrap_or_default(),
        rule_id,
        kind: "fail",
        level: diagnostic.level,
        message: Text { text: without_links(super::plain_text(report, diagnostic)) },
        locations: [Location { logical, ..place }],
        related_locations: related.collect(),
        partial_fingerprints: BTreeMap::from([("aivssLint/v1", fingerprint)]),
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

fn notification(obstacle: &Obstacle) -> Notification {
    let message = text(&obstacle.message);
    Notification { level: "error", message, locations: [location(&obstacle.path, None)] }
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
    fn names_are_in_pascal_case() {
        assert_eq!(pascal("rego/owner-known"), "RegoOwnerKnown");
    }
}
