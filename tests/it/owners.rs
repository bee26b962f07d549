//! Owners of problems: an alias and a copy of its value give the same problems to the same owners, under exceptions,
//! overrides and a comparison with a base.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::LazyLock;

use aivss_lint::compare::Baseline;
use aivss_lint::date::Date;
use aivss_lint::diagnostic::{Level, Owner};
use aivss_lint::lint::{BaseModels, LintContext, lint};
use aivss_lint::policy::NoFiles;
use aivss_lint::rego::CompiledPolicy;
use aivss_lint::report::{FileReport, Report};
use aivss_lint::rules::NAMES;
use aivss_lint::source::Source;
use proptest::prelude::*;
use proptest::sample::{Index, select, subsequence};

const FILE: &str = "agents/planner.threat-model.yaml";

/// A value of a file.
#[derive(Clone, Debug)]
enum Tree {
    Scalar(String),
    Map(Vec<(String, Tree)>),
    List(Vec<Tree>),
    /// A value of the pool, which can be in several places.
    Shared(usize),
}

/// The notation of a shared value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sharing {
    /// Once with an anchor, then as aliases.
    Alias,
    /// In full in each place.
    Copy,
}

/// Writes trees in YAML's flow style.
struct Writer<'p> {
    pool: &'p [Tree],
    sharing: Sharing,
    /// Values that have an anchor.
    anchored: BTreeSet<usize>,
    text: String,
}

impl Writer<'_> {
    fn tree(&mut self, tree: &Tree) {
        match tree {
            Tree::Scalar(text) => self.text.push_str(text),
            Tree::Map(entries) => {
                self.text.push('{');
                for (key, value) in entries {
                    self.text.push_str(&format!(" {key}: "));
                    self.tree(value);
                    self.text.push_str(" ,");
                }
                self.text.push('}');
            }
            Tree::List(items) => {
                self.text.push('[');
                for item in items {
                    self.tree(item);
                    self.text.push_str(" ,\n  ");
                }
                self.text.push(']');
            }
            Tree::Shared(at) => self.shared(*at),
        }
    }

    fn shared(&mut self, at: usize) {
        let value = &self.pool[at];
        if self.sharing == Sharing::Copy {
            return self.tree(value);
        }
        if self.anchored.contains(&at) {
            return self.text.push_str(&format!("*p{at}"));
        }
        self.text.push_str(&format!("&p{at} "));
        self.tree(value);
        self.anchored.insert(at);
    }
}

/// The text of a file with these documents.
fn written(documents: &[Tree], pool: &[Tree], sharing: Sharing) -> String {
    let write = |document: &Tree| {
        let Tree::Map(entries) = document else { return String::new() };
        let mut writer = Writer { pool, sharing, anchored: BTreeSet::new(), text: String::new() };
        for (key, value) in entries {
            writer.text.push_str(&format!("{key}: "));
            writer.tree(value);
            writer.text.push('\n');
        }
        writer.text
    };
    documents.iter().map(write).collect::<Vec<_>>().join("---\n")
}

/// The usual value, or one of some others.
fn usually(usual: &'static str, others: &'static [&'static str]) -> BoxedStrategy<Tree> {
    prop_oneof![4 => Just(Tree::Scalar(usual.to_owned())), 1 => scalar(others)].boxed()
}

fn scalar(options: &'static [&'static str]) -> impl Strategy<Value = Tree> {
    select(options).prop_map(|text| Tree::Scalar(text.to_owned()))
}

/// In place of a value: its key is left out.
const ABSENT: &str = "<absent>";

/// The value of a key that is seldom there.
fn seldom(text: &'static str) -> BoxedStrategy<Tree> {
    prop_oneof![6 => scalar(&[ABSENT]), 1 => Just(Tree::Scalar(text.to_owned()))].boxed()
}

/// A mapping with some of the keys, each with one of its values.
fn map(entries: Vec<(&'static str, BoxedStrategy<Tree>)>) -> impl Strategy<Value = Tree> {
    let count = entries.len();
    let all = entries.into_iter().map(|(key, value)| value.prop_map(move |value| (key.to_owned(), value)));
    let all = all.collect::<Vec<_>>();
    // A mapping misses at most two keys.
    let some = all.prop_flat_map(move |all| subsequence(all, count.saturating_sub(2)..=count));
    some.prop_map(|mut entries| {
        entries.retain(|(_, value)| !matches!(value, Tree::Scalar(text) if text == ABSENT));
        Tree::Map(entries)
    })
}

/// The places in the pool of what can be shared, and how many there are of each.
const SCORES: (usize, usize) = (0, 3);
const FACTORS: (usize, usize) = (3, 2);
const ASSESSMENTS: (usize, usize) = (5, 3);
const THREATS: (usize, usize) = (8, 2);
const LAYERS: (usize, usize) = (10, 4);
const FINDINGS: (usize, usize) = (14, 3);

fn shared((first, count): (usize, usize)) -> BoxedStrategy<Tree> {
    (first..first + count).prop_map(Tree::Shared).boxed()
}

fn factors() -> impl Strategy<Value = Tree> {
    let values = || {
        let plain =
            scalar(&["0.5", "0.5", "0.5", "0.0", "0.0", "1.0", "1.0", "0.7", "2", "0.12345", "~", "high"]);
        let rated = scalar(&["{ score: 0.5, rationale: Seen. }", "{ score: 3 }", "{ rationale: Seen. }"]);
        prop_oneof![6 => plain, 1 => rated].boxed()
    };
    let keys = [
        "autonomy_of_action",
        "dynamic_tool_use",
        "natural_language_interface",
        "contextual_awareness",
        "non_determinism",
        "opacity_and_reflexivity",
        "persistent_memory",
        "dynamic_identity",
        "multi_agent_interactions",
        "self_modification",
    ];
    let odd = ["goal_driven_planning", "memory_usage"].map(|key| (key, seldom("0.5")));
    map(keys.into_iter().map(|key| (key, values())).chain(odd).collect())
}

fn assessment() -> impl Strategy<Value = Tree> {
    let vector = "CVSS:4.0/AV:N/AC:H/AT:N/PR:L/UI:N/VC:N/VI:N/VA:H/SC:N/SI:H/SA:H";
    let cvss = usually(
        vector,
        &[
            "CVSS:4.0/AV:N/AC:H/AT:N/PR:L/UI:N/VC:N/VI:N/VA:H/SC:N/SI:H/SA:H/E:P",
            "CVSS:4.0/AV:N/AC:H/AT:N/PR:L/UI:R/VC:N/VI:N/VA:H/SC:N/SI:H/SA:H",
            "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
            "none",
        ],
    );
    let whole = "{ autonomy_of_action: 1.0, dynamic_tool_use: 0.5, natural_language_interface: 1.0, \
                 contextual_awareness: 1.0, non_determinism: 1.0, opacity_and_reflexivity: 1.0, \
                 persistent_memory: 0.5, dynamic_identity: 0.5, multi_agent_interactions: 1.0, self_modification: 0.5 }";
    let whole = Just(Tree::Scalar(whole.to_owned()));
    map(vec![
        ("version", usually("'0.8'", &["'0.5'", "0.8-floor", "'0.9'"])),
        ("cvss", cvss),
        ("cvss_base", usually("7.1", &["9.0", "11", "7.12345"])),
        ("factors", prop_oneof![2 => whole, 1 => shared(FACTORS)].boxed()),
        ("threat_multiplier", usually("0.97", &["attacked", "0.5", "0.6", "3", "often"])),
        ("mitigation_factor", usually("1.0", &["0.83", "0.5", "strong", "2"])),
        ("score", prop_oneof![shared(SCORES), scalar(&["9.4", "~", "many", "12"])].boxed()),
        ("severity", scalar(&["Critical", "High", "Severe"]).boxed()),
        ("aars", scalar(&["2.25", "9"]).boxed()),
        ("x-note", scalar(&["a", "[b]"]).boxed()),
        ("scoer", seldom("9.4")),
    ])
}

fn layer() -> impl Strategy<Value = Tree> {
    let text = scalar(&[
        "Hidden text on a page can be taken for a wish.",
        "TODO",
        "''",
        "~",
        "7",
        "'Not certain: who knows.'",
    ]);
    let described = map(vec![
        ("status", scalar(&["uncertain", "mapped", "not_applicable", "unknown"]).boxed()),
        ("analysis", scalar(&["Nobody says what is stored.", "TBD", "~"]).boxed()),
        ("reason", scalar(&["There is none.", "''"]).boxed()),
        ("threats", shared(THREATS)),
    ]);
    prop_oneof![text.boxed(), described.boxed()]
}

fn threats() -> impl Strategy<Value = Tree> {
    let threat = map(vec![
        ("id", scalar(&["T2", "T6"]).boxed()),
        ("title", scalar(&["Tool misuse", "''"]).boxed()),
        ("status", scalar(&["open", "mitigated", "gone"]).boxed()),
        ("mitigation", scalar(&["A limit.", "''"]).boxed()),
    ]);
    prop::collection::vec(threat, 0..3).prop_map(Tree::List)
}

fn finding() -> impl Strategy<Value = Tree> {
    let id = scalar(&["F-1", "F-2", "F-3", LONG_ID]);
    let assessment = prop_oneof![3 => shared(ASSESSMENTS), 1 => assessment().boxed()];
    map(vec![
        ("id", id.boxed()),
        ("title", scalar(&["A title", "7"]).boxed()),
        ("aivss", assessment.boxed()),
        ("aivs", seldom("~")),
    ])
}

/// An identifier that is longer than what reports show.
const LONG_ID: &str = "a-finding-whose-identifier-is-longer-than-the-eighty-characters-that-reports-show-of-any-such-identifier";

/// All that can be shared, in the order of the places above.
fn pool() -> impl Strategy<Value = Vec<Tree>> {
    let scores = prop::collection::vec(scalar(&["9.4", "9.1", "8.3", "9.4"]).boxed(), SCORES.1);
    let factors = prop::collection::vec(factors().boxed(), FACTORS.1);
    let assessments = prop::collection::vec(assessment().boxed(), ASSESSMENTS.1);
    let threats = prop::collection::vec(threats().boxed(), THREATS.1);
    let layers = prop::collection::vec(layer().boxed(), LAYERS.1);
    let findings = prop::collection::vec(finding().boxed(), FINDINGS.1);
    let parts = (scores, factors, assessments, threats, layers, findings);
    parts.prop_map(|(scores, factors, assessments, threats, layers, findings)| {
        [scores, factors, assessments, threats, layers, findings].concat()
    })
}

fn document() -> impl Strategy<Value = Tree> {
    let agent = scalar(&[
        "{ name: Planner, summary: Plans trips., environment: production, tier: high }",
        "{ name: Planner, summary: Plans trips., owner: a@example.org, environment: development, tier: low }",
        "{ name: Planner }",
    ]);
    let layers = [
        "foundation_models",
        "data_operations",
        "agent_frameworks",
        "deployment_and_infrastructure",
        "evaluation_and_observability",
        "security_and_compliance",
        "agent_ecosystem",
    ];
    let maestro = map(layers.into_iter().map(|key| (key, shared(LAYERS))).collect());
    let finding = prop_oneof![2 => finding().boxed(), 1 => shared(FINDINGS)];
    let findings = prop::collection::vec(finding, 0..4).prop_map(Tree::List);
    let parts = (agent, shared(ASSESSMENTS), maestro, findings, any::<Index>());
    parts.prop_map(|(agent, own, maestro, findings, first)| {
        let mut entries = vec![
            ("agent".to_owned(), agent),
            ("aivss".to_owned(), own),
            ("maestro".to_owned(), maestro),
            ("findings".to_owned(), findings),
        ];
        entries.rotate_left(first.index(4));
        entries.insert(0, ("aivss_threat_model".to_owned(), Tree::Scalar("1".to_owned())));
        Tree::Map(entries)
    })
}

/// A file now and in the base, of values from the same pool.
fn files() -> impl Strategy<Value = (Vec<Tree>, Vec<Tree>, Vec<Tree>)> {
    (pool(), prop::collection::vec(document(), 1..3), prop::collection::vec(document(), 1..3), any::<bool>())
        // Half of the changes keep the first model as it is.
        .prop_map(|(pool, now, mut base, is_kept)| {
            if is_kept {
                base[0] = now[0].clone();
            }
            (pool, now, base)
        })
}

fn policy(text: &str) -> CompiledPolicy {
    CompiledPolicy::read(Source::decode("aivss-policy.yaml", text.as_bytes().to_vec()), &NoFiles, NAMES)
        .unwrap()
}

static POLICIES: LazyLock<Vec<CompiledPolicy>> = LazyLock::new(|| {
    let exception = |rule: &str, finding: &str| {
        format!(
            "  - {{ rule: {rule}, path: 'agents/**', {finding}reason: Soon replaced., owner: a team, expires: 2026-12-31 }}\n"
        )
    };
    let mut exceptions = String::new();
    for finding in ["finding: F-1, ", "finding: F-2, ", &format!("finding: {LONG_ID}, ")] {
        for rule in
            ["score-exceeded", "score-mismatch", "factor-exceeded", "cvss-base-mismatch", "value-off-scale"]
        {
            exceptions.push_str(&exception(rule, finding));
        }
    }
    exceptions.push_str(&exception("layer-blank", ""));
    let settings = "limits: { score: 6.9, severity: Medium, increase: 0.2, factors: { self_modification: 0.0 } }\n\
                 require: { owner: true, mitigation_evidence: true }\n";
    vec![
        policy("aivss_policy: 1\nextends: [strict]\n"),
        policy(&format!("aivss_policy: 1\nextends: [recommended]\n{settings}exceptions:\n{exceptions}")),
        policy(&format!(
            "aivss_policy: 1\nextends: [recommended]\noverrides:\n  - match: {{ environment: production }}\n    scale: three-point\n    rules: {{ layer-blank: off, factor-range: error }}\n  - match: {{ tier: low }}\n    limits: {{ score: 1.0, increase: 0.0 }}\nexceptions:\n{exceptions}"
        )),
    ]
});

fn today() -> Date {
    Date::parse("2026-01-01").unwrap()
}

fn report(text: &str, policy: &CompiledPolicy, before: Option<&dyn BaseModels>) -> Report {
    let source = Source::decode(FILE, text.as_bytes().to_vec());
    let linted = lint(&source, FILE, LintContext { policy, today: today(), load: &NoFiles, before });
    let mut report = Report::new(today(), Level::Error);
    let mut file = FileReport::new(Arc::new(source), FILE.to_owned(), linted.models, linted.diagnostics);
    // A problem that prevents reading is known only if the base has the same text, which an alias changes.
    file.source = None;
    report.files.push(file);
    report
}

/// Rule, model, owner, level, whether an exception covers it, whether the base has it: of each problem.
type Problems = Vec<(String, Option<usize>, Owner, Level, bool, bool)>;

fn problems(now: &str, base: &str, policy: &CompiledPolicy) -> Problems {
    let (base, first, renames) = (report(base, policy, None), report(now, policy, None), BTreeMap::new());
    let before = Baseline::new(&base, &renames, &first);
    let mut now = report(now, policy, Some(&before));
    before.mark_known(&mut now.files, |_| true, |_, _| true);
    let mut problems: Problems = now.files[0]
        .diagnostics
        .iter()
        .map(|one| (one.rule.to_string(), one.model, one.owner, one.level, one.excepted.is_some(), one.known))
        .collect();
    problems.sort();
    problems
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, max_shrink_iters: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn alias_and_copy_give_the_same_problems_to_the_same_owners((pool, now, base) in files()) {
        let text = |documents: &[Tree], sharing| written(documents, &pool, sharing);
        let base_copied = text(&base, Sharing::Copy);
        for policy in &*POLICIES {
            let copied = problems(&text(&now, Sharing::Copy), &base_copied, policy);
            prop_assert!(copied.iter().all(|(rule, ..)| rule != "syntax"), "{}", text(&now, Sharing::Copy));
            for sharing in [Sharing::Alias, Sharing::Copy] {
                let aliased = problems(&text(&now, Sharing::Alias), &text(&base, sharing), policy);
                let differing = |one: &Problems, other: &Problems| -> Problems {
                    one.iter().filter(|problem| !other.contains(problem)).cloned().collect()
                };
                prop_assert!(
                    aliased == copied,
                    "with aliases alone {:?}, with copies alone {:?}:\n{}",
                    differing(&aliased, &copied),
                    differing(&copied, &aliased),
                    text(&now, Sharing::Alias)
                );
            }
        }
    }
}

/// Ways in which a score of the stock model is not computed, as replacements of its text.
const UNCOMPUTED: [(&str, &str); 24] = [
    ("  version: '0.8'\n", ""),
    ("version: '0.8'", "version: '0.9'"),
    ("version: '0.8'", "version: [0.8]"),
    ("  cvss: CVSS:4.0/AV:N/AC:H/AT:N/PR:L/UI:N/VC:N/VI:N/VA:H/SC:N/SI:H/SA:H\n  cvss_base: 7.1\n", ""),
    ("cvss: CVSS:4.0", "cvss: CVSS:3.1"),
    ("/SA:H", "/SA:Q"),
    ("cvss: CVSS:4.0", "cvss: 7 # "),
    ("cvss: CVSS:4.0", "cvss: ~ # "),
    ("  factors:\n", "  factors: none\n  x-factors:\n"),
    ("  factors:\n", "  factors: []\n  x-factors:\n"),
    ("autonomy_of_action: 1.0", "autonomy_of_action: 1.1"),
    ("autonomy_of_action: 1.0", "autonomy_of_action: 0.12345"),
    ("autonomy_of_action: 1.0", "autonomy_of_action: high"),
    ("autonomy_of_action: 1.0", "autonomy_of_action:"),
    ("autonomy_of_action: 1.0", "autonomy_of_action: { rationale: Seen. }"),
    ("autonomy_of_action: 1.0", "autonomy_of_action: { score: [1] }"),
    ("autonomy_of_action: 1.0", "autonomy_of_action: [1.0]"),
    ("autonomy_of_action: 1.0", "x-autonomy_of_action: 1.0"),
    ("autonomy_of_action: 1.0", "autonomy_of_action: 1.0\n    goal_driven_planning: 1.0"),
    ("threat_multiplier: 0.97", "threat_multiplier: 0"),
    ("threat_multiplier: 0.97", "threat_multiplier: often"),
    ("threat_multiplier: 0.97", "threat_multiplier:"),
    ("mitigation_factor: 1.0", "mitigation_factor: 1.00001"),
    ("mitigation_factor: 1.0", "mitigation_factor: [1]"),
];

const STOCK: &str = include_str!("../../src/rules/stock.yaml");

/// A model with a finding that is scored like the agent of another one.
fn with_finding(text: &str, other: &str) -> String {
    let block = other.split_once("aivss:\n").unwrap().1.split_once("maestro:").unwrap().0;
    let block: String = block.lines().map(|line| format!("    {line}\n")).collect();
    format!("{text}findings:\n  - id: V-0\n  - id: V-1\n    aivss:\n{block}")
}

#[test]
fn score_that_is_not_computed_leaves_a_problem_of_its_owner() {
    // The first document has problems of all kinds: of the text, of its shape, of its scores.
    let first = STOCK.replace("name: Planner", "name: Planner\n  name: Again\n  nmae: Planner");
    let first = first.replace("autonomy_of_action: 1.0", "autonomy_of_action: .nan");
    let first = with_finding(&first, &first);
    let policy = policy("aivss_policy: 1\nextends: [permissive]\n");
    for (from, to) in UNCOMPUTED {
        let wrong = STOCK.replacen(from, to, 1);
        assert_ne!(wrong, STOCK, "{from}");
        for (second, owner) in
            [(with_finding(&wrong, STOCK), Owner::Agent), (with_finding(STOCK, &wrong), Owner::Finding(1))]
        {
            let report = report(&format!("{first}---\n{second}"), &policy, None);
            let file = &report.files[0];
            let scores = file.models.get(1).map(|model| &model.scores);
            let scores = scores.unwrap_or_else(|| panic!("{second}: {:?}", file.diagnostics));
            let computed = scores.iter().filter(|score| score.working.is_some()).count();
            assert_eq!((scores.len(), computed), (2, 1), "{second}");
            let is_reported = file.diagnostics.iter().any(|problem| {
                problem.model == Some(1) && problem.owner == owner && problem.level == Level::Error
            });
            assert!(is_reported, "nothing of {owner:?}: {second}");
        }
    }
}

#[test]
fn known_problems_do_not_depend_on_the_order_of_the_text() {
    let exceeding =
        |score: &str| STOCK.replace("threat_multiplier: 0.97", &format!("threat_multiplier: {score}"));
    let finding = |text: &str| {
        let block = text.split_once("aivss:\n").unwrap().1.split_once("maestro:").unwrap().0;
        let block: String = block.lines().map(|line| format!("    {line}\n")).collect();
        format!("  - id: V-1\n    aivss:\n{block}")
    };
    let (mild, grave) = (finding(&exceeding("0.5")), finding(&exceeding("0.97")));
    let file = |findings: [&String; 2]| format!("{STOCK}findings:\n{}{}", findings[0], findings[1]);
    let policy = policy(
        "aivss_policy: 1\nextends: [recommended]\nlimits: { score: 6.9 }\nrules: { duplicate-finding-id: off }\n",
    );
    for now in [[&mild, &grave], [&grave, &mild]] {
        for base in [[&mild, &grave], [&grave, &mild]] {
            let problems = problems(&file(now), &file(base), &policy);
            let new: Vec<_> =
                problems.iter().filter(|(rule, .., known)| rule == "score-exceeded" && !known).collect();
            assert!(new.is_empty(), "{new:?}");
        }
    }
}
