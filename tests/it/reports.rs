//! The formats for other programs — SARIF, GitLab's code quality, JUnit — are valid for any text, and contain exactly
//! the problems of the report, at their places.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

use aivss_lint::date::Date;
use aivss_lint::diagnostic::{Diagnostic, Excepted, Level, Origin, Owner, Safety};
use aivss_lint::input_error::{InputError, Revision};
use aivss_lint::lint::{LintContext, lint};
use aivss_lint::output::{Format, write};
use aivss_lint::policy::NoFiles;
use aivss_lint::rego::CompiledPolicy;
use aivss_lint::report::Change;
use aivss_lint::report::{FileReport, Report, Verdict};
use aivss_lint::rules::NAMES;
use aivss_lint::source::{Language, Source, Span};
use proptest::prelude::*;
use serde_json::Value;

static SCHEMA: LazyLock<jsonschema::Validator> = LazyLock::new(|| {
    let schema = serde_json::from_str(include_str!("schemas/sarif-2.1.0.schema.json")).unwrap();
    jsonschema::validator_for(&schema).unwrap()
});

/// Texts that would end a tag, a section, a line or a command, or steer a terminal.
const HOSTILE: [&str; 12] = [
    "\u{1b}[31mred\u{1b}]8;;http://a\u{7}",
    "]]>",
    "</testcase></testsuite>",
    "<!-- &amp; <![CDATA[ -->",
    "\u{FFFE}\u{FFFF}\0\u{85}\u{9b}",
    "\"'`\\",
    "a\r\nb\nc",
    "%0A::error::no",
    "\u{202E}desrever\u{2066}",
    "{\"a\": [",
    "a&b<c>d",
    "ünïcode 🦀",
];

/// A problem as formats show it: path, line, rule.
type Problem = (String, u64, String);

fn policy(more: &str) -> CompiledPolicy {
    let text = format!("aivss_policy: 1\nextends: [recommended]\n{more}");
    CompiledPolicy::read(Source::decode("aivss-policy.yaml", text.into_bytes()), &NoFiles, NAMES).unwrap()
}

fn today() -> Date {
    Date::parse("2026-11-23").unwrap()
}

fn file(path: &str, bytes: Vec<u8>, policy: &CompiledPolicy) -> FileReport {
    let source = Source::decode(path, bytes);
    let linted = lint(&source, path, LintContext { policy, today: today(), load: &NoFiles, before: None });
    FileReport::new(Arc::new(source), path.to_owned(), linted.models, linted.diagnostics)
}

fn below(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { below(&path, found) } else { found.push(path) }
    }
}

/// The report on all of `examples/faults`, each text put through `change` first.
fn problems(change: impl Fn(&str, String) -> String) -> Report {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut paths = Vec::new();
    below(&root.join("examples/faults"), &mut paths);
    paths.sort();
    let policy = policy("");
    let mut report = Report::new(today(), Level::Error);
    for path in paths {
        let name = path.strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/");
        let text = String::from_utf8(std::fs::read(&path).unwrap()).unwrap();
        report.files.push(file(&name, change(&name, text).into_bytes(), &policy));
    }
    assert!(report.diagnostics().count() > 50, "the examples have problems");
    report
}

fn same(_: &str, text: String) -> String {
    text
}

fn written(report: &Report, format: Format) -> String {
    let mut bytes = Vec::new();
    write(report, format, &mut bytes).unwrap();
    let text = String::from_utf8(bytes).unwrap();
    let control = text.chars().find(|letter| letter.is_control() && *letter != '\n');
    assert_eq!(control, None, "{format:?} carries a control character");
    text
}

/// The SARIF report's only run, valid by the schema of OASIS.
fn sarif(report: &Report) -> Value {
    let mut log: Value = serde_json::from_str(&written(report, Format::Sarif)).unwrap();
    let errors: Vec<String> =
        SCHEMA.iter_errors(&log).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{errors:#?}");
    log["runs"][0].take()
}

fn gitlab(report: &Report) -> Vec<Value> {
    let issues: Vec<Value> = serde_json::from_str(&written(report, Format::Gitlab)).unwrap();
    for issue in &issues {
        for key in ["description", "check_name", "fingerprint"] {
            assert!(issue[key].as_str().is_some_and(|text| !text.is_empty()), "{key}: {issue}");
        }
        let known = ["info", "minor", "major", "critical", "blocker"];
        assert!(known.contains(&issue["severity"].as_str().unwrap()), "{issue}");
        let lines = &issue["location"]["lines"];
        assert!(lines["begin"].as_u64() <= lines["end"].as_u64() && lines["begin"].as_u64() >= Some(1));
    }
    issues
}

fn expected(report: &Report) -> Vec<Problem> {
    let problems = report.files.iter().flat_map(|file| {
        file.diagnostics.iter().map(|problem| {
            let line = file.position(problem.span.start).line;
            (file.path.clone(), u64::from(line), problem.rule.to_string())
        })
    });
    problems.collect()
}

fn sarif_problems(run: &Value) -> Vec<Problem> {
    let problems = run["results"].as_array().unwrap().iter().map(|result| {
        let place = &result["locations"][0]["physicalLocation"];
        (
            place["artifactLocation"]["uri"].as_str().unwrap().to_owned(),
            place["region"]["startLine"].as_u64().unwrap(),
            result["ruleId"].as_str().unwrap().to_owned(),
        )
    });
    problems.collect()
}

fn gitlab_problems(issues: &[Value]) -> Vec<Problem> {
    let problems = issues.iter().map(|issue| {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let place = &issue["location"];
        (text(&place["path"]), place["lines"]["begin"].as_u64().unwrap(), text(&issue["check_name"]))
    });
    problems.collect()
}

/// The test cases that are problems; checks the counts.
fn junit_problems(text: &str) -> Vec<Problem> {
    let document = roxmltree::Document::parse(text).unwrap();
    let named = |node: &roxmltree::Node<'_, '_>, name: &str| {
        node.descendants().filter(|node| node.has_tag_name(name)).count().to_string()
    };
    for suite in document.descendants().filter(|node| node.tag_name().name().starts_with("testsuite")) {
        let counts = [("tests", "testcase"), ("failures", "failure"), ("errors", "error")];
        let skipped = suite.has_tag_name("testsuite").then_some(("skipped", "skipped"));
        for (attribute, element) in counts.into_iter().chain(skipped) {
            assert_eq!(suite.attribute(attribute).unwrap(), named(&suite, element), "{attribute}");
        }
    }
    fits_jenkins(&document);
    let cases = document.descendants().filter(|node| node.has_tag_name("testcase"));
    let problems = cases.filter_map(|case| {
        let (rule, place) = case.attribute("name")?.split_once(" (line ")?;
        let line = place.split([',', ')']).next()?.parse().ok()?;
        Some((case.parent()?.attribute("name")?.to_owned(), line, rule.to_owned()))
    });
    problems.collect()
}

/// Checks that a JUnit report contains only what the schema of Jenkins has: which elements are in which, with which
/// attributes. What is marked with `!` is required.
fn fits_jenkins(document: &roxmltree::Document<'_>) {
    const SUITES: &str = "name time tests failures errors";
    const SUITE: &str =
        "name! tests! failures! errors! group time skipped timestamp hostname id package file log url";
    const ELEMENTS: [(&str, &str, &str); 7] = [
        ("testsuites", "testsuite", SUITES),
        ("testsuite", "testsuite testcase system-out system-err", SUITE),
        ("testcase", "skipped error failure system-out system-err", "name! time classname group"),
        ("failure", "", "type message"),
        ("error", "", "type message"),
        ("skipped", "", "type message"),
        ("system-out", "", ""),
    ];
    assert!(document.root_element().has_tag_name("testsuites"));
    for node in document.descendants().filter(roxmltree::Node::is_element) {
        let name = node.tag_name().name();
        let (_, children, attributes) = ELEMENTS.iter().find(|(element, ..)| *element == name).unwrap();
        for child in node.children().filter(roxmltree::Node::is_element) {
            assert!(children.split(' ').any(|known| child.has_tag_name(known)), "{child:?} in {name}");
        }
        for attribute in node.attributes() {
            let is_known = attributes.split(' ').any(|known| known.trim_end_matches('!') == attribute.name());
            assert!(is_known, "{} of {name}", attribute.name());
        }
        for required in attributes.split(' ').filter_map(|known| known.strip_suffix('!')) {
            assert!(node.has_attribute(required), "{required} of {name}");
        }
        let has_text =
            node.children().any(|child| child.is_text() && !child.text().unwrap_or("").trim().is_empty());
        assert!(!has_text || !name.starts_with("test"), "text in {name}");
    }
    let cases = document.descendants().filter(|node| node.has_tag_name("testcase"));
    let names = cases.map(|case| (case.attribute("classname").unwrap(), case.attribute("name").unwrap()));
    let unique: BTreeSet<_> = names.clone().collect();
    assert_eq!(unique.len(), names.count(), "test cases of one class have different names");
}

fn fingerprints(report: &Report) -> Vec<String> {
    let run = sarif(report);
    let results = run["results"].as_array().unwrap().iter();
    let of_sarif: Vec<String> = results
        .map(|result| result["partialFingerprints"]["aivssLint/v2"].as_str().unwrap().to_owned())
        .collect();
    let of_gitlab: Vec<String> =
        gitlab(report).iter().map(|issue| issue["fingerprint"].as_str().unwrap().to_owned()).collect();
    assert_eq!(of_sarif, of_gitlab[..of_sarif.len()]);
    let unique: BTreeSet<&String> = of_gitlab.iter().collect();
    assert_eq!(unique.len(), of_gitlab.len(), "fingerprints are unique");
    of_gitlab
}

#[test]
fn every_format_contains_the_problems_of_the_report() {
    let report = problems(same);
    let expected = expected(&report);
    let run = sarif(&report);
    assert_eq!(sarif_problems(&run), expected);
    assert_eq!(gitlab_problems(&gitlab(&report)), expected);
    assert_eq!(junit_problems(&written(&report, Format::Junit)), expected);
    assert_eq!(run["invocations"][0]["exitCode"], 1);
    assert_eq!(run["invocations"][0]["executionSuccessful"], true);
    for ((source, problem), result) in report.diagnostics().zip(run["results"].as_array().unwrap()) {
        let rule =
            &run["tool"]["driver"]["rules"][usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap()];
        assert_eq!(rule["id"], *problem.rule);
        assert_eq!(result["level"], problem.level.name());
        let place = &result["locations"][0];
        let region = &place["physicalLocation"]["region"];
        let (start, end) = (source.position(problem.span.start), source.position(problem.span.end));
        assert_eq!(region["startColumn"], start.column);
        assert_eq!((&region["endLine"], &region["endColumn"]), (&end.line.into(), &end.column.into()));
        assert_eq!(place["physicalLocation"]["artifactLocation"]["uriBaseId"], "SRCROOT");
        let related = result["relatedLocations"].as_array().map_or(0, Vec::len);
        assert_eq!(related, problem.related.len());
        assert!(result.get("baselineState").is_none(), "there is no base");
    }
}

#[test]
fn sarif_lists_all_rules_and_those_in_rego_that_reported() {
    let mut report = problems(same);
    let rego = Diagnostic::of_rego(
        "rego/owner".to_owned(),
        Level::Warning,
        Owner::File,
        Span::new(0, 1),
        "x".to_owned(),
    );
    report.files[0].diagnostics.push(rego);
    let run = sarif(&report);
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    let ids: Vec<&str> = rules.iter().map(|rule| rule["id"].as_str().unwrap()).collect();
    let known = aivss_lint::rules::ALL.into_iter().map(|rule| rule.name);
    assert_eq!(ids, known.chain(["rego/owner"]).collect::<Vec<_>>());
    for rule in rules {
        let severity = match rule["defaultConfiguration"]["level"].as_str().unwrap() {
            "error" => "7.5",
            "warning" => "5.0",
            _ => "2.0",
        };
        assert_eq!(rule["properties"]["security-severity"], severity);
    }
    assert!(sarif_problems(&run).iter().any(|(_, _, rule)| rule == "rego/owner"));
}

#[test]
fn lines_added_above_keep_every_fingerprint() {
    let before = problems(same);
    let after = problems(|name, text| {
        let comment = if Source::decode(name, Vec::new()).language() == Language::Yaml {
            "# A comment.\n"
        } else {
            "\n"
        };
        format!("{}{text}", "\n".repeat(15) + &comment.repeat(15))
    });
    let lines = |report: &Report| expected(report).into_iter().map(|(_, line, _)| line).collect::<Vec<_>>();
    assert_ne!(lines(&before), lines(&after), "the lines did move");
    let (before, after) = (fingerprints(&before), fingerprints(&after));
    assert_eq!(before, after);
}

/// Each fix of the examples removes its problem, and is in the SARIF report.
#[test]
fn fix_removes_its_problem() {
    let report = problems(same);
    let policy = policy("");
    let mut fixed = BTreeSet::new();
    let mut suggested = BTreeSet::new();
    let problems = |file| {
        let FileReport { source, diagnostics, .. }: &FileReport = file;
        diagnostics.iter().map(move |problem| (source.as_ref().unwrap(), problem))
    };
    for (source, problem) in report.files.iter().flat_map(problems) {
        let Some(fix) = &problem.fix else { continue };
        if fix.safety == Safety::Suggested {
            suggested.insert(problem.rule.to_string());
            continue;
        }
        let [edit] = &fix.edits[..] else { panic!("one edit: {fix:?}") };
        let text = source.text();
        let old = &text[edit.span.range()];
        assert!(problem.message.contains(old.trim_start_matches('+')), "{old}: {}", problem.message);
        let corrected =
            [&text[..edit.span.start as usize], &edit.text, &text[edit.span.end as usize..]].concat();
        let still = file(source.name(), corrected.into_bytes(), &policy).diagnostics;
        let same = |other: &&Diagnostic| (&other.rule, &other.pointer) == (&problem.rule, &problem.pointer);
        assert_eq!(still.iter().find(same), None);
        fixed.insert(problem.rule.to_string());
    }
    let due = [
        "cvss-base-mismatch",
        "factor-sum-mismatch",
        "score-mismatch",
        "severity-mismatch",
        "uplift-mismatch",
    ];
    assert_eq!(fixed.into_iter().collect::<Vec<_>>(), due);
    assert_eq!(suggested.into_iter().collect::<Vec<_>>(), ["factor-unknown", "layer-blank", "unknown-key"]);
    let run = sarif(&report);
    let carried = run["results"].as_array().unwrap().iter().filter(|result| result.get("fixes").is_some());
    assert_eq!(carried.count(), report.diagnostics().filter(|(_, problem)| problem.fix.is_some()).count());
}

#[test]
fn fix_keeps_quotes_and_aliased_value_has_none() {
    let stock = include_str!("../../src/rules/stock.yaml");
    let edits = |severity: &str| {
        let score = stock.lines().position(|line| line.starts_with("  score:")).unwrap();
        let mut lines: Vec<&str> = stock.lines().filter(|line| !line.starts_with("  severity:")).collect();
        lines[score] = severity;
        let text = lines
            .join("\n")
            .replace("aivss_threat_model: 1", "aivss_threat_model: 1\nx-low: &low Low\nx-score: &n 1.1");
        let report = file("a.yaml", text.clone().into_bytes(), &policy(""));
        let mismatch = report.diagnostics.iter().filter(|problem| problem.rule.ends_with("-mismatch"));
        let edits = mismatch.map(|problem| {
            let edit = &problem.fix.as_ref()?.edits[0];
            Some((text[edit.span.range()].to_owned(), edit.text.clone()))
        });
        edits.collect::<Vec<_>>()
    };
    let to = |old: &str, new: &str| Some((old.to_owned(), new.to_owned()));
    assert_eq!(edits("  score: 9.4\n  severity: 'Low'"), [to("Low", "Critical")]);
    assert_eq!(edits("  score: 9.4\n  severity: ! Low"), [None]);
    assert_eq!(edits("  score: 9.4\n  severity: \"L\\x6Fw\""), [None]);
    assert_eq!(edits("  score: 9.4\n  severity: *low"), [None]);
    assert_eq!(edits("  score: *n"), [None]);
    assert_eq!(edits("  score: !!float '1.1'"), [None]);
    assert_eq!(edits("  score: &s 1.1"), [None]);
}

/// A report of one file with every kind of outcome.
fn mixed() -> Report {
    let text = "a: 1\nb: 2\nc: 3\nd: 4\n";
    let source = Source::decode("m.yaml", text.as_bytes().to_vec());
    let problem = |rule: &str, level, line: usize| {
        let span = Span::new(5 * (line - 1), 5 * line);
        Diagnostic::of_rego(rule.to_owned(), level, Owner::File, span, format!("message {line}"))
    };
    let excepted = Excepted {
        reason: "Replaced soon.".to_owned(),
        owner: "platform".to_owned(),
        expires: Date::parse("2027-01-31").unwrap(),
        origin: Origin::outside("p.yaml"),
    };
    let diagnostics = vec![
        Diagnostic {
            rule: "syntax".into(),
            mandatory: true,
            help: Some("fix it".into()),
            ..problem("x", Level::Error, 1)
        },
        Diagnostic { excepted: Some(Box::new(excepted)), ..problem("rego/a", Level::Error, 2) },
        Diagnostic { known: true, ..problem("rego/b", Level::Error, 3) },
        problem("rego/c", Level::Warning, 4),
        Diagnostic { help: Some("fix it".into()), ..problem("rego/d", Level::Error, 4) },
    ];
    let mut report = Report::new(today(), Level::Error);
    let (path, models) = ("m.yaml".to_owned(), Vec::new());
    report.files.push(FileReport::new(Arc::new(source), path, models, diagnostics));
    let source = Source::decode("clean.yaml", Vec::new());
    report.files.push(FileReport::new(Arc::new(source), "clean.yaml".to_owned(), Vec::new(), Vec::new()));
    report.input_errors.push(InputError::unreadable("../gone.yaml", "no such file"));
    report.gate.new_only = true;
    report
}

#[test]
fn gitlab_severity_follows_the_level_and_messages_give_the_reason() {
    let issues = gitlab(&mixed());
    let shown: Vec<(&str, &str)> = issues
        .iter()
        .map(|issue| (issue["severity"].as_str().unwrap(), issue["description"].as_str().unwrap()))
        .collect();
    assert_eq!(
        shown,
        [
            ("critical", "message 1: fix it"),
            ("info", "message 2 (excepted until 2027-01-31: Replaced soon (platform))"),
            ("info", "message 3 (in the base already)"),
            ("minor", "message 4"),
            ("major", "message 4: fix it"),
            ("blocker", "cannot check: no such file"),
        ]
    );
    assert_eq!(issues[0]["location"]["lines"], serde_json::json!({ "begin": 1, "end": 1 }));
}

#[test]
fn junit_distinguishes_failed_skipped_and_passed() {
    let text = written(&mixed(), Format::Junit);
    assert_eq!(junit_problems(&text).len(), 5);
    let document = roxmltree::Document::parse(&text).unwrap();
    let cases = document.descendants().filter(|node| node.has_tag_name("testcase"));
    let outcomes: Vec<(&str, &str)> = cases
        .map(|case| {
            let inner = case.first_element_child().map_or("", |inner| inner.tag_name().name());
            (case.attribute("name").unwrap(), inner)
        })
        .collect();
    assert_eq!(
        outcomes,
        [
            ("syntax (line 1)", "failure"),
            ("rego/a (line 2)", "skipped"),
            ("rego/b (line 3)", "skipped"),
            ("rego/c (line 4)", "system-out"),
            ("rego/d (line 4)", "failure"),
            ("no problems", ""),
            ("cannot check", "error"),
        ]
    );
    let failing = mixed();
    let failures = failing.diagnostics().filter(|(_, problem)| failing.fails(problem)).count();
    assert_eq!(document.root_element().attribute("failures").unwrap(), failures.to_string());
}

#[test]
fn sarif_marks_excepted_and_known_results_and_lists_input_errors() {
    let mut report = mixed();
    let run = sarif(&report);
    let results = run["results"].as_array().unwrap();
    let suppressed: Vec<bool> = results.iter().map(|result| result.get("suppressions").is_some()).collect();
    assert_eq!(suppressed, [false, true, false, false, false]);
    assert_eq!(results[1]["suppressions"][0]["status"], "accepted");
    let rule = |result: &Value| {
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        run["tool"]["driver"]["rules"][index].clone()
    };
    let severity =
        |result: &Value| rule(result)["properties"]["security-severity"].as_str().unwrap().to_owned();
    let shown: Vec<(&str, &str, String)> = results
        .iter()
        .map(|result| {
            assert_eq!(rule(result)["id"], result["ruleId"]);
            (result["ruleId"].as_str().unwrap(), result["level"].as_str().unwrap(), severity(result))
        })
        .collect();
    let expected = [
        ("syntax", "error", "7.5"),
        ("rego/a/excepted", "note", "0.0"),
        ("rego/b/in-base", "note", "0.0"),
        ("rego/c", "warning", "5.0"),
        ("rego/d", "error", "7.5"),
    ];
    assert_eq!(shown, expected.map(|(id, level, severity)| (id, level, severity.to_owned())));
    assert_eq!(rule(&results[1])["properties"]["tags"], serde_json::json!(["threat-model"]));
    assert_eq!(rule(&results[1])["defaultConfiguration"]["level"], "note");
    let region = &results[0]["locations"][0]["physicalLocation"]["region"];
    let over_lines = serde_json::json!({ "startLine": 1, "startColumn": 1, "endLine": 2, "endColumn": 1 });
    assert_eq!(*region, over_lines);
    let invocation = &run["invocations"][0];
    assert_eq!(invocation["exitCode"], 2);
    assert_eq!(invocation["executionSuccessful"], false);
    let place =
        &invocation["toolExecutionNotifications"][0]["locations"][0]["physicalLocation"]["artifactLocation"];
    assert_eq!(*place, serde_json::json!({ "uri": "../gone.yaml" }));
    report.change = Some(change());
    let run = sarif(&report);
    let results = run["results"].as_array().unwrap().iter();
    let states: Vec<&str> = results.map(|result| result["baselineState"].as_str().unwrap()).collect();
    assert_eq!(states, ["new", "new", "unchanged", "new", "new"]);
}

/// A change without effects.
fn change() -> Change {
    Change {
        base: Revision { asked: "main".to_owned(), commit: "0".repeat(40) },
        verdict_before: Verdict::Failed,
        agents: Vec::new(),
        policy: Vec::new(),
        fixed: BTreeMap::new(),
    }
}

/// A report with these texts.
fn of_texts(path: &str, rule: &str, message: &str, more: &str) -> Report {
    let model = format!(
        "aivss_threat_model: 1\nagent:\n  name: {}\nfindings:\n  - id: {}\n    aivss: {{ score: 99 }}\n",
        serde_json::to_string(message).unwrap(),
        serde_json::to_string(more).unwrap()
    );
    let mut checked = file(path, model.into_bytes(), &policy(""));
    let problem = Diagnostic {
        label: Some(more.into()),
        help: Some(message.into()),
        pointer: more.into(),
        finding: Some(message.into()),
        ..Diagnostic::of_rego(rule.to_owned(), Level::Error, Owner::File, Span::new(0, 3), message.to_owned())
    };
    let problem = problem.related(Span::new(2, 40), more).working(more).note(Some(message.to_owned()));
    let excepted = Excepted {
        reason: message.to_owned(),
        owner: more.to_owned(),
        expires: today(),
        origin: Origin::outside(more),
    };
    checked.diagnostics.push(problem.clone());
    checked.diagnostics.push(Diagnostic { excepted: Some(Box::new(excepted)), ..problem });
    let mut report = Report::new(today(), Level::Error);
    report.files.push(checked);
    report.input_errors.push(InputError::unreadable(path, message));
    report.input_errors.push(InputError::unreadable(path, message));
    report
}

/// Properties of every report with any texts.
fn is_sound(report: &Report) {
    let count = report.diagnostics().count();
    assert_eq!(sarif(report)["results"].as_array().unwrap().len(), count);
    assert_eq!(gitlab(report).len(), count + report.input_errors.len());
    let text = written(report, Format::Junit);
    let document = roxmltree::Document::parse(&text).unwrap();
    let cases = document.descendants().filter(|node| node.has_tag_name("testcase")).count();
    assert_eq!(cases, count + report.input_errors.len());
    let known = text.chars().all(|letter| !matches!(letter, '\u{FFFE}' | '\u{FFFF}'));
    assert!(known && !text.contains("]]>"));
    fingerprints(report);
    assert_eq!(report.verdict(), Verdict::CannotCheck);
}

#[test]
fn hostile_texts_keep_every_format_valid() {
    let all = HOSTILE.concat();
    for hostile in HOSTILE.into_iter().chain([all.as_str()]) {
        is_sound(&of_texts(hostile, hostile, hostile, hostile));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn any_text_keeps_every_format_valid(
        path in any::<String>(),
        rule in "[^\\s]{1,12}",
        message in "\\PC{1,40}|[\\x00-\\x1f\\x7f-\\x9f\u{FFFE}\u{FFFF}]{1,9}|.{1,20}",
        more in any::<String>(),
    ) {
        is_sound(&of_texts(&path, &rule, &message, &more));
    }
}
