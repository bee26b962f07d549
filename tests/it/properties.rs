//! Properties of any input: reading never panics, places are in the text, an unread file does not pass, and no
//! report loses a problem.

use std::sync::Arc;

use aivss_lint::date::Date;
use aivss_lint::decimal::Decimal;
use aivss_lint::diagnostic::{Level, Safety};
use aivss_lint::fix::{apply_fixes, is_unreadable};
use aivss_lint::lint::{Content, LintContext, lint};
use aivss_lint::output::{Format, Look, write};
use aivss_lint::page;
use aivss_lint::policy::{NoFiles, recommended};
use aivss_lint::rego::CompiledPolicy;
use aivss_lint::report::{FileReport, Report, Verdict};
use aivss_lint::rules::NAMES;
use aivss_lint::source::{Language, Source};
use aivss_lint::syntax::{self, Node};
use proptest::prelude::*;
use proptest::sample::Index;

/// Files to start from: each format, with anchors, findings and problems.
const SEEDS: [(&str, &str); 10] = [
    ("a.yaml", include_str!("../../src/rules/stock.yaml")),
    ("b.yaml", include_str!("../../examples/smolagents/threat-model.yaml")),
    ("c.json", include_str!("../../examples/owasp-0.8/aivss-report.json")),
    (
        "d.md",
        "# Planner\n\nText.\n\n```yaml\naivss_threat_model: 1\nagent: &a { name: Ü, summary: x }\nx-b: *a\n```\n",
    ),
    (
        "e.yaml",
        "aivss_threat_model: 1\nagent: {name: a, summary: b}\nmaestro: TODO\n---\naivss_threat_model: 1\n",
    ),
    (
        "f.json",
        "{\r\n  \"aivss_threat_model\": 1,\r\n  \"agent\": {\"name\": \"a\", \"sumary\": \"b\"},\r\n  \"maestro\": {\r\n    \"data_operations\": null\r\n  }\r\n}\r\n",
    ),
    (
        "g.yaml",
        "{aivss_threat_model: 1, aivss: {factors: {tools: 1, &a language: 0.5, 'memory use': 1}}, maestro: {foundation_models, agent_ecosystem: \"\", }}\n",
    ),
    (
        "h.yaml",
        "aivss_threat_model: 1\nmaestro:\n  foundation_models: |+\n    text\n\n  data_operations:\n    threats:\n    - {}\n  agent_frameworks: >-\n# end\nfindings:\n- aivss: {}\n",
    ),
    (
        "i.yaml",
        "aivss_threat_model: 1\n# one\nmaestro: # two\n  data_operations: {\n    # three\n    }\n  agent_frameworks: { # four\n    status: uncertain # five\n    }\n  x-b: >+\n    text\n\n\n# six\nx-a: |+\n\n\n",
    ),
    (
        "j.yaml",
        "aivss_threat_model: 1\r\nmaestro: {\r\n  # one\r\n}\r\nx-a:\r\n- b: |+\r\n    text\r\n\r\n  \r\n\u{FEFF}---\r\naivss_threat_model: 1\r\nx-a: |2\r\n    \r\nmaestro: ",
    ),
];

/// Replacements of bytes, besides single ones.
const SCRAPS: [&str; 22] = [
    "\n",
    "\t",
    "\r\n",
    ": ",
    "- ",
    "{",
    "}",
    "[",
    "*a",
    "&a ",
    "<<: ",
    "!!str ",
    "'",
    "\"",
    "#",
    "---\n",
    "0.97",
    ".nan",
    "1e400",
    "\u{FEFF}",
    "\u{1b}[31m",
    "ü",
];

#[derive(Clone, Debug)]
enum Change {
    Byte(Index, u8),
    Insert(Index, usize),
    Delete(Index, usize),
    Repeat(Index, usize),
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        (any::<Index>(), any::<u8>()).prop_map(|(at, byte)| Change::Byte(at, byte)),
        (any::<Index>(), 0..SCRAPS.len()).prop_map(|(at, scrap)| Change::Insert(at, scrap)),
        (any::<Index>(), 1..40_usize).prop_map(|(at, length)| Change::Delete(at, length)),
        (any::<Index>(), 1..40_usize).prop_map(|(at, length)| Change::Repeat(at, length)),
    ]
}

fn changed(seed: &str, changes: Vec<Change>) -> Vec<u8> {
    let mut bytes = seed.as_bytes().to_vec();
    for change in changes {
        if bytes.is_empty() {
            break;
        }
        match change {
            Change::Byte(at, byte) => *at.get_mut(&mut bytes) = byte,
            Change::Insert(at, scrap) => {
                let at = at.index(bytes.len());
                bytes.splice(at..at, SCRAPS[scrap].bytes());
            }
            Change::Delete(at, length) => {
                let at = at.index(bytes.len());
                bytes.drain(at..(at + length).min(bytes.len()));
            }
            Change::Repeat(at, length) => {
                let at = at.index(bytes.len());
                let again = bytes[at..(at + length).min(bytes.len())].to_vec();
                bytes.splice(at..at, again);
            }
        }
    }
    bytes
}

fn today() -> Date {
    Date::parse("2026-01-01").unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn changed_file_passes_only_if_read_completely(seed in 0..SEEDS.len(), changes in prop::collection::vec(change(), 0..6)) {
        let (name, text) = SEEDS[seed];
        let source = Source::decode(name, changed(text, changes));
        let policy = CompiledPolicy::built_in(recommended(), NAMES);
        let linted = lint(&source, name, LintContext { policy: &policy, today: today(), load: &NoFiles, before: None });
        for diagnostic in &linted.diagnostics {
            let places = diagnostic.related.iter().map(|related| related.span).chain([diagnostic.span]);
            for span in places {
                prop_assert!(source.text().get(span.range()).is_some(), "{diagnostic:?}");
            }
        }
        let has_error = linted.diagnostics.iter().any(|diagnostic| diagnostic.level == Level::Error);
        if !has_error && linted.content == Content::Model {
            prop_assert!(!linted.models.is_empty());
            for model in &linted.models {
                prop_assert!(model.scores.iter().all(|score| score.working.is_some()), "a score went uncomputed");
                let working = model.scores.iter().filter_map(|score| Some((score.declared.score?.value, score.working.as_ref()?)));
                prop_assert!(working.into_iter().all(|(declared, working)| declared == working.score));
                prop_assert!(model.model.layers().iter().all(|layer| layer.answer.is_given()));
            }
        }
        every_format_holds_every_fault(&source, linted.diagnostics)?;
    }

    #[test]
    fn suggestions_keep_a_file_readable_and_are_made_once(
        seed in 0..SEEDS.len(), changes in prop::collection::vec(change(), 0..6)
    ) {
        let (name, text) = SEEDS[seed];
        let policy = CompiledPolicy::built_in(recommended(), NAMES);
        let check = |text: &str| {
            let source = Source::decode(name, text.as_bytes().to_vec());
            lint(&source, name, LintContext { policy: &policy, today: today(), load: &NoFiles, before: None }).diagnostics
        };
        let text = String::from_utf8_lossy(&changed(text, changes)).into_owned();
        if check(&text).iter().any(is_unreadable) {
            return Ok(());
        }
        let once = apply_fixes(&text, Safety::Suggested, check);
        let still = check(&once.text);
        prop_assert!(!still.iter().any(is_unreadable), "{}", once.text);
        // A form is a question, and does not make the check pass.
        if once.changes.iter().any(|change| change.rule == "layer-blank") {
            prop_assert!(still.iter().any(|problem| problem.level == Level::Error), "{}", once.text);
        }
        prop_assert_eq!(&apply_fixes(&once.text, Safety::Suggested, check).text, &once.text);
    }

    #[test]
    fn forms_keep_all_values_and_comments(
        seed in 0..SEEDS.len(), changes in prop::collection::vec(change(), 0..6)
    ) {
        let (name, text) = SEEDS[seed];
        let policy = CompiledPolicy::built_in(recommended(), NAMES);
        let check = |text: &str| {
            let source = Source::decode(name, text.as_bytes().to_vec());
            lint(&source, name, LintContext { policy: &policy, today: today(), load: &NoFiles, before: None }).diagnostics
        };
        let text = String::from_utf8_lossy(&changed(text, changes)).into_owned();
        if check(&text).iter().any(is_unreadable) {
            return Ok(());
        }
        let forms = |text: &str| {
            let mut problems = check(text);
            problems.retain(|problem| problem.rule == "layer-blank" || is_unreadable(problem));
            problems
        };
        let after = apply_fixes(&text, Safety::Suggested, forms).text;
        let values = |text: &str| -> Vec<serde_json::Value> {
            let source = Source::decode(name, text.as_bytes().to_vec());
            page::parse(&source).roots().map(Node::to_json).collect()
        };
        let (old, new) = (values(&text), values(&after));
        prop_assert!(old.len() == new.len() && old.iter().zip(&new).all(|(old, new)| is_kept(old, new)), "{}", after);
        for comment in ["# one", "# two", "# three", "# four", "# five", "# six"] {
            prop_assert!(after.contains(comment) || !text.contains(comment), "{}", after);
        }
    }

    #[test]
    fn span_of_a_collection_is_exactly_its_text(
        seed in 0..SEEDS.len(), changes in prop::collection::vec(change(), 0..4)
    ) {
        let (name, text) = SEEDS[seed];
        let source = Source::decode(name, changed(text, changes));
        let document = page::parse(&source);
        if document.is_sound() && !source.text().contains(['&', '*', '!', '?']) {
            document.roots().try_for_each(|root| collections_are_placed(root, &source))?;
        }
    }

    #[test]
    fn order_of_factors_does_not_change_the_score(
        values in prop::collection::vec(0_i64..=10_000, 10),
        order in Just((0..10).collect::<Vec<usize>>()).prop_shuffle(),
    ) {
        let (name, text) = SEEDS[0];
        let (head, rest) = text.split_once("  factors:\n").unwrap();
        let (factors, tail) = rest.split_once("  threat_multiplier").unwrap();
        let keys: Vec<&str> = factors.lines().map(|line| line.split(':').next().unwrap()).collect();
        let policy = CompiledPolicy::built_in(recommended(), NAMES);
        let raw = |order: &[usize]| {
            let factor = |at: &usize| format!("{}: {}\n", keys[*at], Decimal::new(values[*at], 4));
            let factors: String = order.iter().map(factor).collect();
            let text = format!("{head}  factors:\n{factors}  threat_multiplier{tail}");
            let source = Source::decode(name, text.into_bytes());
            let context = LintContext { policy: &policy, today: today(), load: &NoFiles, before: None };
            lint(&source, name, context).models[0].scores[0].working.as_ref().unwrap().raw
        };
        prop_assert_eq!(raw(&order), raw(&(0..10).collect::<Vec<usize>>()));
    }

    #[test]
    fn key_of_another_name_is_not_renamed(
        before in "([a-z0-9#!.]{0,8}[_ -])?",
        after in "([_ -][a-z0-9#!.]{0,8}|[0-9#!.]{1,3})?",
        at in 0..2_usize,
    ) {
        let (key, line) = [
            ("mitigation_factor", "  mitigation_factor: 1.0\n"),
            ("threat_multiplier", "  threat_multiplier: 0.97\n"),
        ][at];
        let other = format!("{before}{key}{after}");
        if other == key || other.starts_with("x-") {
            return Ok(());
        }
        let (name, text) = SEEDS[0];
        prop_assert!(text.contains(line));
        let text = text.replace(line, &format!("  \"{other}\": 0.5\n"));
        let policy = CompiledPolicy::built_in(recommended(), NAMES);
        let check = |text: &str| {
            let source = Source::decode(name, text.as_bytes().to_vec());
            lint(&source, name, LintContext { policy: &policy, today: today(), load: &NoFiles, before: None }).diagnostics
        };
        let fixed = apply_fixes(&text, Safety::Suggested, check).text;
        let has_key = |key: &str| fixed.contains(&format!("\"{key}\": "));
        prop_assert!(has_key(&other) && !has_key(key), "{}", fixed);
        prop_assert!(check(&fixed).iter().any(|problem| problem.level == Level::Error), "{}", fixed);
    }

    #[test]
    fn any_text_as_a_policy_is_read_or_refused(text in "[ -~\n]{0,200}") {
        let source = Source::decode("aivss-policy.yaml", format!("aivss_policy: 1\n{text}").into_bytes());
        if let Err(broken) = CompiledPolicy::read(source, &NoFiles, NAMES) {
            prop_assert!(broken.iter().any(|broken| !broken.diagnostics.is_empty()));
        }
    }
}

/// Asserts that each collection, read alone from its place and in its column, is the same as in its file.
fn collections_are_placed(node: Node<'_>, source: &Source) -> Result<(), TestCaseError> {
    let column = source.position(node.span().start).column as usize - 1;
    let alone = " ".repeat(column) + &source.text()[node.span().range()] + "\n";
    let name = if source.language() == Language::Json { "a.json" } else { "a.yaml" };
    let alone = Source::decode(name, alone.into_bytes());
    let document = page::parse(&alone);
    let values: Vec<_> = document.roots().map(Node::to_json).collect();
    let entries = node.as_map().into_iter().flat_map(syntax::Map::iter).map(|entry| entry.value);
    let items = node.as_list().into_iter().flat_map(syntax::List::iter);
    let children: Vec<Node<'_>> = entries.chain(items).collect();
    if node.as_map().is_some() || node.as_list().is_some() {
        prop_assert_eq!(
            values,
            vec![node.to_json()],
            "{:?} in {:?}: {:?}",
            alone.text(),
            source.text(),
            document.problems
        );
    }
    children.into_iter().try_for_each(|child| collections_are_placed(child, source))
}

/// Whether a value is kept in another one, which may have more entries and fill in empty ones.
fn is_kept(old: &serde_json::Value, new: &serde_json::Value) -> bool {
    use serde_json::Value as Json;
    match (old, new) {
        (Json::Null, _) => true,
        (Json::String(text), _) if text.trim().is_empty() && old != new => new.is_object() || new.is_string(),
        (Json::Object(old), Json::Object(new)) => {
            old.iter().all(|(key, old)| new.get(key).is_some_and(|new| is_kept(old, new)))
        }
        (Json::Array(old), Json::Array(new)) => {
            old.len() == new.len() && old.iter().zip(new).all(|(old, new)| is_kept(old, new))
        }
        (old, new) => old == new,
    }
}

fn every_format_holds_every_fault(
    source: &Source,
    diagnostics: Vec<aivss_lint::diagnostic::Diagnostic>,
) -> Result<(), TestCaseError> {
    let count = diagnostics.len();
    let mut report = Report::new(today(), Level::Error);
    report.files =
        vec![FileReport::new(Arc::new(source.clone()), "a.yaml".to_owned(), Vec::new(), diagnostics)];
    let written = |format| {
        let mut out = Vec::new();
        write(&report, format, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    };
    let look = Look { color: false, unicode: true, width: 100, ..Look::PLAIN };
    for text in [written(Format::Human(look)), written(Format::Concise(Look::PLAIN))] {
        let steers = |letter: char| letter.is_control() && letter != '\n' && letter != '\t';
        prop_assert!(!text.replace("\r\n", "\n").contains(steers), "{text:?}");
    }
    prop_assert_eq!(written(Format::Concise(Look::PLAIN)).lines().count(), count);
    let json: serde_json::Value = serde_json::from_str(&written(Format::Json)).unwrap();
    prop_assert_eq!(json["files"][0]["diagnostics"].as_array().unwrap().len(), count);
    let expected = if report.count(Level::Error) > 0 { Verdict::Failed } else { Verdict::Passed };
    prop_assert_eq!(json["verdict"].as_str(), Some(expected.name()));
    Ok(())
}
