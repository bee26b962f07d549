//! Tests of every rule: its examples fail and pass, its file has its name, and the schema of policies contains it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::compare::Baseline;
use crate::date::Date;
use crate::diagnostic::{Diagnostic, Level, RuleInfo, Safety};
use crate::fix::apply_fixes;
use crate::lint::{BaseModels, LintContext, lint};
use crate::policy::NoFiles;
use crate::policy_audit::AuditedRun;
use crate::rego::CompiledPolicy;
use crate::report::{FileReport, Report};
use crate::rules::{ALL, Check, Example, FORMER, NAMES, Rule, builtin, cvss_unverified, named, resolve};
use crate::source::{Mark, Position, Source, mark};

/// The model that examples are parts of.
const STOCK: &str = include_str!("stock.yaml");
/// The name of policies among the examples.
const POLICY: &str = "aivss-policy.yaml";

#[test]
fn every_example_fails_at_its_carets_and_passes_once_corrected() {
    let mut wrong = Vec::new();
    for rule in ALL {
        let is_backstop = rule.name == builtin::SCORE_UNCOMPUTED.name;
        let is_of_run = matches!(rule.check, Check::Run);
        assert!(!rule.examples.is_empty() || is_backstop || is_of_run, "{} has no example", rule.name);
        for example in rule.examples {
            let bad = Fixture::new(example, example.bad);
            assert!(
                bad.expected.iter().any(|problem| problem.contains(rule.name)),
                "{} is not in its example",
                rule.name
            );
            let found = bad.found(example);
            if found != bad.expected {
                wrong.push(format!(
                    "{}:\n expected {:#?}\n found {found:#?}\n{}",
                    rule.name, bad.expected, bad.text
                ));
            }
            // A file that can only be removed has no corrected form.
            if !example.good.is_empty() {
                let good = Fixture::new(example, example.good);
                let still: Vec<String> = good.found(example);
                if still.iter().any(|problem| {
                    !problem.contains(cvss_unverified::RULE.name) || rule.name == cvss_unverified::RULE.name
                }) {
                    wrong.push(format!("{}, corrected:\n found {still:#?}\n{}", rule.name, good.text));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn fix_removes_the_problem_of_an_example() {
    let derived = [
        "cvss-base-mismatch",
        "factor-sum-mismatch",
        "score-mismatch",
        "score-missing",
        "severity-mismatch",
        "uplift-mismatch",
    ];
    assert_eq!(fixed_rules(Safety::Safe), BTreeMap::from(derived.map(|name| (name, 0))));
    let suggested =
        ["factor-unknown", "reference-unknown", "unknown-key", "value-spelling", "version-outdated"]
            .map(|name| (name, 0));
    // A form has gaps, and the problem remains until a person fills them in.
    let asked = [("layer-blank", 11), ("risk-unaddressed", 1)];
    let all = derived.map(|name| (name, 0)).into_iter().chain(suggested).chain(asked);
    assert_eq!(fixed_rules(Safety::Suggested), all.collect());
    // The kind that lists of rules show.
    let listed = ALL.into_iter().filter_map(|rule| Some((rule.name, rule.fix?)));
    let listed: BTreeMap<&str, Safety> = listed.collect();
    assert!(fixed_rules(Safety::Suggested).keys().eq(listed.keys()), "{listed:?}");
    assert!(listed.iter().all(|(name, safety)| derived.contains(name) == (*safety == Safety::Safe)));
}

/// The rules whose examples have fixes, with the number of their problems after them.
fn fixed_rules(safety: Safety) -> BTreeMap<&'static str, usize> {
    let mut fixed_rules = BTreeMap::new();
    for rule in ALL {
        for example in rule.examples.iter().filter(|example| example.file != POLICY) {
            let rules = format!("aivss_policy: 1\nextends: [recommended]\n{}\n", example.policy);
            let policy =
                CompiledPolicy::read(Source::decode(POLICY, rules.into_bytes()), &NoFiles, NAMES).unwrap();
            let found = |text: &str| {
                let source = Source::decode(example.file, text.as_bytes().to_vec());
                let mut found = lint(&source, example.file, context(&policy)).diagnostics;
                found.retain(|diagnostic| diagnostic.rule == rule.name);
                found
            };
            let bad = Fixture::new(example, example.bad).text;
            let fixes = found(&bad).into_iter().filter_map(|diagnostic| diagnostic.fix);
            if fixes.into_iter().any(|fix| fix.safety <= safety) {
                let outcome = apply_fixes(&bad, safety, found);
                assert!(!outcome.changes.is_empty(), "{}", rule.name);
                *fixed_rules.entry(rule.name).or_default() += found(&outcome.text).len();
            }
        }
    }
    fixed_rules
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the folder of the rules is read")]
fn every_check_has_a_file_of_its_name_and_every_file_a_check() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/rules");
    let mut files: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter_map(|name| name.strip_suffix(".rs").map(|stem| stem.replace('_', "-")))
        .filter(|name| !["mod", "tests", "builtin", "audit", "rule"].contains(&&**name))
        .collect();
    files.sort();
    let checks = ALL
        .iter()
        .filter(|rule| matches!(rule.check, Check::Model(_) | Check::Score(_) | Check::Limit { .. }));
    let mut names: Vec<&str> = checks.map(|rule| rule.name).collect();
    names.sort_unstable();
    assert_eq!(files, names);
}

#[test]
fn every_rule_has_texts() {
    for Rule { name, summary, why, remedy, see, .. } in ALL {
        for text in [summary, why, remedy] {
            assert!(text.len() > 15 && text.ends_with('.'), "{name}: {text}");
        }
        assert!(!see.is_empty(), "{name}");
    }
}

#[test]
fn builtin_rules_are_mandatory() {
    for rule in ALL {
        // The values of this one are read as what they mean.
        if matches!(rule.check, Check::Builtin) && rule.name != builtin::VALUE_SPELLING.name {
            assert!(rule.mandatory, "{}", rule.name);
        }
    }
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the list is written on demand")]
fn schema_of_policies_lists_the_rules() {
    let mut rules = ALL.to_vec();
    rules.sort_unstable_by_key(|rule| rule.name);
    let level = "\"$ref\": \"#/$defs/level\"";
    let entries = rules.iter().map(|rule| {
        let summary = serde_json::to_string(rule.summary).unwrap();
        let name = rule.name;
        format!(
            "        \"{name}\": {{\n          \"description\": {summary},\n          {level}\n        }}"
        )
    });
    let former = FORMER.iter().map(|(former, current)| {
        format!(
            "        \"{former}\": {{\n          \"description\": \"Former name of `{current}`.\",\n          {level}\n        }}"
        )
    });
    let listed = entries.chain(former).collect::<Vec<_>>().join(",\n");
    // At run time: another test may have renewed a part of it.
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/schemas/policy.json");
    let schema = std::fs::read_to_string(path).unwrap();
    let (before, rest) = schema.split_once("\"The level of each rule.\",").unwrap();
    let (kept, rest) = rest.split_once("\"properties\": {\n").unwrap();
    let (old, after) = rest.split_once("\n      },").unwrap();
    if old != listed && std::env::var_os("UPDATE").is_some() {
        let whole = format!(
            "{before}\"The level of each rule.\",{kept}\"properties\": {{\n{listed}\n      }},{after}"
        );
        std::fs::write(path, whole).unwrap();
        return;
    }
    assert_eq!(old, listed, "UPDATE=1 cargo test --locked --lib schema_of_policies writes it");
}

#[test]
fn schemas_name_rules_that_exist() {
    fn owners(value: &serde_json::Value, found: &mut Vec<String>) {
        if let Some(object) = value.as_object() {
            if let Some(rules) = object.get("x-rules").and_then(|rules| rules.as_object()) {
                // Some name a rule for each key that may be missing.
                let names = rules.values().flat_map(|rule| match rule.as_object() {
                    Some(by_key) => by_key.values().collect(),
                    None => vec![rule],
                });
                found.extend(names.map(|name| name.as_str().unwrap().to_owned()));
            }
            object.values().for_each(|value| owners(value, found));
        }
        value.as_array().into_iter().flatten().for_each(|value| owners(value, found));
    }
    use crate::schema::Schema;
    let mut found = Vec::new();
    for schema in [Schema::ThreatModel, Schema::OwaspReport, Schema::Policy] {
        owners(&serde_json::from_str(schema.text()).unwrap(), &mut found);
    }
    assert!(found.len() > 10, "{found:?}");
    for name in found {
        assert!(named(&name).is_some(), "{name}");
    }
}

/// An example's text without its carets, and the problems that they mark, as `line:column-line:column rule: message`.
struct Fixture {
    text: String,
    expected: Vec<String>,
}

impl Fixture {
    fn new(example: &Example, text: &str) -> Self {
        let text = text.strip_prefix('\n').unwrap_or(text);
        let text = if example.whole { text.to_owned() } else { complete(text, STOCK) };
        let mut kept = Vec::new();
        let mut expected = Vec::new();
        for line in text.lines() {
            match caret(line, kept.len()) {
                Some(problem) => expected.push(problem),
                None => kept.push(line),
            }
        }
        let text = kept.join("\n") + "\n";
        expected.sort();
        Self { text, expected }
    }

    fn found(&self, example: &Example) -> Vec<String> {
        let mut bytes = Vec::new();
        for letter in self.text.chars() {
            match letter {
                '\u{FFFD}' => bytes.push(0xE9),
                _ => bytes.extend(letter.to_string().bytes()),
            }
        }
        let source = Source::decode(example.file, bytes);
        let mut found: Vec<String> = if example.file == POLICY {
            of_policy(&source).iter().map(|diagnostic| show(&source, diagnostic)).collect()
        } else {
            let rules = format!("aivss_policy: 1\nextends: [recommended]\n{}\n", example.policy);
            let policy = CompiledPolicy::read(Source::decode(POLICY, rules.into_bytes()), &NoFiles, NAMES)
                .unwrap_or_else(|broken| panic!("{broken:?}"));
            let base = Source::decode(example.file, complete(example.base, STOCK).into_bytes());
            let base = report_of(&base, example.file, &policy);
            let renames = BTreeMap::new();
            let before = Baseline::new(&base, &renames, &report_of(&source, example.file, &policy));
            let before = (!example.base.is_empty()).then_some(&before as &dyn BaseModels);
            let linted = lint(&source, example.file, LintContext { before, ..context(&policy) });
            // In a comparison with a base, an amount takes the place of the message.
            let mut limited = linted.diagnostics.iter().filter(|problem| problem.amount.is_some());
            let mut seen = BTreeSet::new();
            let key = |one: &Diagnostic| (one.rule.to_string(), one.model, one.owner, one.part.clone());
            assert!(limited.all(|problem| seen.insert(key(problem))), "the parts of {example:?} are equal");
            linted.diagnostics.iter().map(|diagnostic| show(&source, diagnostic)).collect()
        };
        found.sort();
        found
    }
}

/// The problems of a policy, or those that a run over the stock model shows.
fn of_policy(source: &Source) -> Vec<Diagnostic> {
    let policy = match CompiledPolicy::read(source.clone(), &NoFiles, NAMES) {
        Ok(policy) => policy,
        Err(broken) => return broken.into_iter().flat_map(|broken| broken.diagnostics).collect(),
    };
    let stock = Source::decode("agents/planner/threat-model.yaml", STOCK.as_bytes().to_vec());
    let linted = lint(&stock, stock.name(), context(&policy));
    let searched = [String::new()];
    let run = AuditedRun { today: today(), searched: &searched, compared: false, expiring_within: Some(30) };
    policy.review(&linted.used, run, &policy).into_iter().flat_map(|(_, diagnostics)| diagnostics).collect()
}

/// A report on a single file.
fn report_of(source: &Source, path: &str, policy: &CompiledPolicy) -> Report {
    let linted = lint(source, path, context(policy));
    let mut report = Report::new(today(), Level::Error);
    report.files.push(FileReport::new(
        Arc::new(source.clone()),
        path.to_owned(),
        linted.models,
        linted.diagnostics,
    ));
    report
}

fn context(policy: &CompiledPolicy) -> LintContext<'_> {
    LintContext { policy, today: today(), load: &NoFiles, before: None }
}

fn today() -> Date {
    Date::parse("2026-01-01").unwrap()
}

fn show(source: &Source, diagnostic: &Diagnostic) -> String {
    let span = source.first_line(diagnostic.span);
    let show = |Position { line, column }| format!("{line}:{column}");
    let (start, end) = (source.position(span.start), source.position(span.end));
    format!("{}-{} {}: {}", show(start), show(end), diagnostic.rule, diagnostic.message)
}

/// Reads a line of carets about line number `above`, or `# at 1:2-1:3 rule: message`.
fn caret(line: &str, above: usize) -> Option<String> {
    if let Some(problem) = line.strip_prefix("# at ") {
        return Some(problem.to_owned());
    }
    let Mark { start, end, problem } = mark(line)?;
    Some(format!("{above}:{start}-{above}:{end} {problem}"))
}

/// Completes the parts of a model from the stock: at each level, the keys of the parts first, then those of the
/// stock that are not among them.
fn complete(parts: &str, stock: &str) -> String {
    let (parts, stock) = (blocks(parts), blocks(stock));
    let mut text = String::new();
    // The marker comes first, as the format asks.
    let is_marker = |block: &&Block| block.key == crate::syntax::MODEL_MARKER;
    let has_marker = parts.iter().any(|block| is_marker(&block));
    for block in stock.iter().filter(|block| !has_marker && is_marker(block)) {
        text.push_str(&block.head);
    }
    for block in &parts {
        if block.head.trim_end().ends_with("<absent>") {
            continue;
        }
        text.push_str(&block.head);
        match stock.iter().find(|other| other.key == block.key) {
            Some(other) if !block.body.is_empty() || block.head.trim_end().ends_with(':') => {
                let is_mapping = |body: &str| {
                    body.lines().any(|line| line.trim_end().ends_with(':') || line.contains(": "))
                };
                let inner = if is_mapping(&other.body) && is_mapping(&block.body) {
                    complete(&block.body, &other.body)
                } else {
                    block.body.clone()
                };
                text.push_str(&inner);
            }
            _ => text.push_str(&block.body),
        }
    }
    for block in stock.iter().filter(|block| !is_marker(block)) {
        if !parts.iter().any(|part| part.key == block.key) {
            text.push_str(&block.head);
            text.push_str(&block.body);
        }
    }
    text
}

/// A key at the outermost level of a text, the carets below its line, and the deeper lines.
struct Block {
    key: String,
    head: String,
    body: String,
}

fn blocks(text: &str) -> Vec<Block> {
    let indent = |line: &str| line.len() - line.trim_start().len();
    let outer = text.lines().filter(|line| !line.starts_with('#')).map(indent).min().unwrap_or(0);
    let mut blocks: Vec<Block> = Vec::new();
    for line in text.lines() {
        match blocks.last_mut() {
            Some(block) if line.starts_with('#') && block.body.is_empty() => {
                block.head.push_str(&format!("{line}\n"));
            }
            Some(block) if line.starts_with('#') || indent(line) > outer => {
                block.body.push_str(&format!("{line}\n"));
            }
            _ => {
                let key = line.trim_start().split(':').next().unwrap_or_default().to_owned();
                blocks.push(Block { key, head: format!("{line}\n"), body: String::new() });
            }
        }
    }
    blocks
}

#[test]
fn rules_of_lower_modules_are_rules() {
    use crate::schema::ViolationKind;
    use crate::syntax::ProblemKind;
    let problems = [
        ProblemKind::Syntax,
        ProblemKind::Encoding,
        ProblemKind::Empty,
        ProblemKind::DuplicateKey,
        ProblemKind::MergeKey,
        ProblemKind::NonFinite,
        ProblemKind::InputLimit,
        ProblemKind::UnreadMarker,
    ];
    let violations = [ViolationKind::UnknownKey, ViolationKind::Shape];
    let infos = problems.map(ProblemKind::rule).into_iter().chain(violations.map(ViolationKind::rule));
    for info in infos.chain([RuleInfo::FILE_TOO_COMPLEX, RuleInfo::POLICY]) {
        assert_eq!(named(info.name).map(RuleInfo::from), Some(info), "{}", info.name);
    }
}

#[test]
fn former_names_resolve_to_current_rules_only_where_asked_for() {
    for (former, current) in FORMER {
        assert!(named(former).is_none() && named(current).is_some(), "{former}");
        assert_eq!(resolve(former).map(|rule| rule.name), Some(current));
        assert_eq!(NAMES.resolve(former).map(|rule| rule.name), Some(current));
    }
    assert_eq!(resolve("syntax").map(|rule| rule.name), Some("syntax"));
    assert!(resolve("layer").is_none() && NAMES.renamed("syntax").is_none());
}
