//! SARIF 2.1.0, for code scanning: rules, results, suppressions, and inputs that cannot be checked. Scores and layers are in
//! the JSON report. Every text of a file is escaped by [`line()`].
//!
//! Code scanning ignores `suppressions` and takes the severity of an alert from its rule. Results that do not count
//! therefore have a rule without a severity: `score-mismatch/excepted` or `score-mismatch/in-base`.

mod size;
mod taxonomy;

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::io;

use serde::{Serialize, Serializer};
use serde_json::{Value, json};

use crate::diagnostic::{Diagnostic, Fix, Level, Safety};
use crate::escape::{line, uri_path, write_json};
use crate::explain;
use crate::output::left_out;
use crate::output::problem::{Fingerprints, passes_because, plain_text};
use crate::output::sarif::taxonomy::Taxonomies;
use crate::report::{FileReport, Report};
use crate::rules;
use crate::rules::Rule;
use crate::source::Span;

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";
/// The name of the folder to which paths are relative.
const ROOT: &str = "SRCROOT";
/// The number of results that code scanning accepts in a run.
const MAX_RESULTS: usize = 25_000;
/// The size that code scanning accepts of a file, in bytes compressed by gzip: 10 MB, less a margin.
const MAX_BYTES: usize = 9_900_000;
/// The number of related places that code scanning accepts of a result.
const MAX_PLACES: usize = 1_000;

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
    if all > MAX_RESULTS {
        worst_first(report, &mut listed);
        listed.truncate(MAX_RESULTS);
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
    let size = if bytes.len() > MAX_BYTES { size::compressed(bytes) } else { bytes.len() };
    (size > MAX_BYTES).then_some(size)
}

/// The number of results that probably fit if all of them have this size. It is always lower.
const fn fitting(results: usize, size: usize) -> usize {
    results.saturating_mul(MAX_BYTES) / size * 19 / 20
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

fn rule_id(report: &Report, diagnostic: &Diagnostic) -> String {
    let rule = line(&diagnostic.rule);
    aside(report, diagnostic).map_or_else(|| rule.clone().into_owned(), |aside| format!("{rule}/{aside}"))
}

/// A text without Markdown links: in SARIF, `[words](target)` is a link in plain texts, too.
fn unlinked(text: &str) -> String {
    text.replace("](", "] (")
}

fn message(text: &str) -> Value {
    json!({ "text": unlinked(&line(text)) })
}

/// An object without the keys that have no value.
fn without_nulls(mut object: Value) -> Value {
    if let Value::Object(keys) = &mut object {
        keys.retain(|_, value| !value.is_null());
    }
    object
}

/// The whole log, whose results are built when they are written.
#[derive(Serialize)]
struct SarifLog<'r> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [SarifRun<'r>; 1],
}

#[derive(Serialize)]
struct SarifRun<'r> {
    #[serde(flatten)]
    about: Value,
    results: SarifResults<'r>,
}

struct SarifResults<'r> {
    report: &'r Report,
    listed: &'r [ListedResult<'r>],
    /// The indexes of the rules by their identifiers.
    indexes: HashMap<String, usize>,
    taxonomies: Taxonomies,
}

impl Serialize for SarifResults<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { report, listed, .. } = self;
        serializer.collect_seq(listed.iter().map(|listed| result(report, listed, self)))
    }
}

fn log_bytes(report: &Report, listed: &[ListedResult<'_>], all: usize) -> io::Result<Vec<u8>> {
    const NAME: &str = env!("CARGO_PKG_NAME");
    const VERSION: &str = env!("CARGO_PKG_VERSION");
    let rules = descriptors(report);
    let indexes = rules.iter().enumerate().map(|(index, rule)| (rule.id.clone(), index)).collect();
    let mut notifications = Vec::new();
    for error in &report.input_errors {
        let place = location(report.root_path(error.path()));
        let message = message(&error.to_string());
        notifications.push(json!({ "level": "error", "message": message, "locations": [place] }));
    }
    if let Some(words) = left_out(all - listed.len()) {
        notifications.push(json!({ "level": "warning", "message": message(&words) }));
    }
    let rules: Vec<Value> = rules.iter().map(RuleDescriptor::json).collect();
    let taxonomies = Taxonomies::of(listed.iter().map(|listed| listed.diagnostic));
    let about = without_nulls(json!({
        "taxonomies": taxonomies.json(),
        "tool": { "driver": without_nulls(json!({
            "name": NAME,
            "version": VERSION,
            "semanticVersion": VERSION,
            "informationUri": explain::ADDRESS,
            "rules": rules,
        })) },
        "automationDetails": { "id": format!("{}/", report.category.as_deref().unwrap_or(NAME)) },
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": { ROOT: { "description": message("The root of the repository.") } },
        "invocations": [{
            "executionSuccessful": report.input_errors.is_empty(),
            "exitCode": report.verdict().exit_code(),
            "toolExecutionNotifications": notifications,
        }],
    }));
    let results = SarifResults { report, listed, indexes, taxonomies };
    let log = SarifLog { schema: SCHEMA, version: "2.1.0", runs: [SarifRun { about, results }] };
    let mut bytes = Vec::new();
    write_json(&log, &mut bytes)?;
    Ok(bytes)
}

/// A rule of the log.
struct RuleDescriptor {
    id: String,
    summary: String,
    why: String,
    page: Option<String>,
    /// The help as plain text and as Markdown.
    help: [String; 2],
    level: Level,
    /// Whether its results count. Code scanning reads a severity of 0.0 as none, and uses the level.
    counts: bool,
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
    let own = own.into_iter().map(|(name, level)| RuleDescriptor::of_rego(name, level));
    let mut descriptors: Vec<_> = rules::ALL.into_iter().map(RuleDescriptor::of).chain(own).collect();
    for (id, (rule, aside)) in asides {
        let is_listed = descriptors.iter().any(|descriptor| descriptor.id == id);
        let rule = descriptors.iter().find(|descriptor| !is_listed && descriptor.id == *rule);
        descriptors.extend(rule.map(|rule| rule.aside(id, aside)));
    }
    descriptors
}

impl RuleDescriptor {
    fn of(rule: &Rule) -> Self {
        let Rule { name, summary, why, remedy, see, level, .. } = *rule;
        Self {
            id: name.to_owned(),
            summary: summary.to_owned(),
            why: why.to_owned(),
            page: explain::page_url(rule),
            help: [
                format!("{why}\n\n{remedy}\n\nSee {see}."),
                format!("{why}\n\n{}", explain::details(rule)),
            ],
            level,
            counts: true,
        }
    }

    /// A rule in Rego, of which only the name and the level are known.
    fn of_rego(id: String, level: Level) -> Self {
        let summary = "A rule in Rego of the policy.".to_owned();
        let help = [summary.clone(), summary.clone()];
        Self { id, why: summary.clone(), summary, page: None, help, level, counts: true }
    }

    /// The rule of the results that do not count.
    fn aside(&self, id: String, aside: &str) -> Self {
        let why = match aside {
            "excepted" => "An exception of the policy covers these results, so they do not fail the gate.",
            _ => "The base has these problems already, so they do not fail the gate.",
        };
        let (summary, aside) = (self.summary.trim_end_matches('.'), aside.replace('-', " the "));
        Self {
            id,
            summary: format!("{summary} ({aside})."),
            why: self.why.clone(),
            page: self.page.clone(),
            help: self.help.each_ref().map(|help| format!("{why}\n\n{help}")),
            level: Level::Note,
            counts: false,
        }
    }

    fn json(&self) -> Value {
        let [text, markdown] = &self.help;
        let (tags, severity) = match self.level {
            _ if !self.counts => (json!(["threat-model"]), "0.0"),
            Level::Error => (json!(["security", "threat-model"]), "7.5"),
            Level::Warning => (json!(["security", "threat-model"]), "5.0"),
            Level::Note => (json!(["security", "threat-model"]), "2.0"),
        };
        without_nulls(json!({
            "id": self.id,
            "name": pascal(&self.id),
            "shortDescription": message(&self.summary),
            "fullDescription": message(&self.why),
            "helpUri": self.page,
            "help": { "text": text, "markdown": markdown },
            "defaultConfiguration": { "level": self.level },
            "properties": { "tags": tags, "security-severity": severity },
        }))
    }
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

fn result(report: &Report, listed: &ListedResult<'_>, all: &SarifResults<'_>) -> Value {
    let SarifResults { indexes, taxonomies, .. } = all;
    let ListedResult { file, diagnostic, fingerprint } = listed;
    let rule_id = rule_id(report, diagnostic);
    let mut place = location_in(file, diagnostic.span);
    if !diagnostic.pointer.is_empty() {
        place["logicalLocations"] = json!([{ "fullyQualifiedName": line(&diagnostic.pointer) }]);
    }
    let mut related = Vec::new();
    for (at, one) in diagnostic.related.iter().take(MAX_PLACES).enumerate() {
        let mut place = location_in(file, one.span);
        place["id"] = json!(at + 1);
        place["message"] = message(&one.message);
        related.push(place);
    }
    let reason = diagnostic.excepted.as_ref().and(passes_because(report, diagnostic));
    let suppressions = reason
        .map(|reason| json!([{ "kind": "external", "status": "accepted", "justification": line(&reason) }]));
    without_nulls(json!({
        "taxa": taxonomies.taxa(diagnostic),
        "ruleIndex": indexes.get(&*rule_id).copied().unwrap_or_default(),
        "ruleId": rule_id,
        "kind": "fail",
        "level": if report.counts(diagnostic) { diagnostic.level } else { Level::Note },
        "message": { "text": unlinked(&plain_text(report, diagnostic)) },
        "locations": [place],
        "relatedLocations": (!related.is_empty()).then_some(related),
        "partialFingerprints": { "aivssLint/v2": fingerprint },
        "suppressions": suppressions,
        "baselineState": report.change.as_ref().map(|_| if diagnostic.known { "unchanged" } else { "new" }),
        "fixes": diagnostic.fix.as_ref().map(|fix| [fix_json(file, fix)]),
    }))
}

fn fix_json(file: &FileReport, fix: &Fix) -> Value {
    let description = match fix.safety {
        Safety::Safe => fix.title.clone(),
        Safety::Suggested | Safety::Question => format!("{} (suggested, needs review)", fix.title),
    };
    let mut replacements = Vec::new();
    for edit in &fix.edits {
        // A fix is not a text of the file and is written without escapes.
        let content = json!({ "text": edit.text });
        replacements.push(json!({ "deletedRegion": region(file, edit.span), "insertedContent": content }));
    }
    json!({
        "description": message(&description),
        "artifactChanges": [{ "artifactLocation": artifact(&file.path), "replacements": replacements }],
    })
}

fn location(path: &str) -> Value {
    json!({ "physicalLocation": { "artifactLocation": artifact(path) } })
}

fn location_in(file: &FileReport, span: Span) -> Value {
    json!({ "physicalLocation": { "artifactLocation": artifact(&file.path), "region": region(file, span) } })
}

fn region(file: &FileReport, span: Span) -> Value {
    let (start, end) = file.range(span);
    json!({
        "startLine": start.line,
        "startColumn": start.column,
        "endLine": end.line,
        "endColumn": end.column,
    })
}

/// A path as a URI, relative to the root if it is below it.
fn artifact(path: &str) -> Value {
    let is_drive =
        path.get(1..3) == Some(":/") && path.starts_with(|letter: char| letter.is_ascii_alphabetic());
    if path.starts_with('/') || is_drive {
        let (slash, drive, rest) = if is_drive { ("/", &path[..2], &path[2..]) } else { ("", "", path) };
        return json!({ "uri": format!("file://{slash}{drive}{}", uri_path(rest)) });
    }
    let is_outside = path == ".." || path.starts_with("../");
    without_nulls(json!({ "uri": uri_path(path), "uriBaseId": (!is_outside).then_some(ROOT) }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_paths_below_the_root_have_a_base() {
        let shown = |path| {
            let artifact = artifact(path);
            (artifact["uri"].as_str().unwrap().to_owned(), artifact.get("uriBaseId").is_some())
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
            unlinked("[fix](https://x.example) ![a](1) a[0] (b)"),
            "[fix] (https://x.example) ![a] (1) a[0] (b)"
        );
        assert_eq!(unlinked("a [b\\](c) [d]((e)"), "a [b\\] (c) [d] ((e)");
    }

    #[test]
    fn fitting_results_are_fewer() {
        assert!(fitting(25_000, 3 * MAX_BYTES) < 8_000);
        assert!(fitting(1_000, MAX_BYTES + 1) < 1_000);
        assert_eq!(fitting(1, MAX_BYTES + 1), 0);
    }

    #[test]
    fn pascal_joins_words() {
        assert_eq!(pascal("rego/owner-known"), "RegoOwnerKnown");
    }
}
