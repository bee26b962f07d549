//! Threat models without a score of the agent: where they pass, and the words that each output has for them.

use serde_json::Value;

use crate::folder::Folder;
use crate::git::{commit, git};

const STOCK: &str = include_str!("../../src/rules/stock.yaml");
const LAYERS_ONLY: &str = "aivss_policy: 1\nextends: [layers-only]\n";
const MODEL: &str = "threat-model.yaml";

/// The stock model with other lines in place of its score.
fn model(score: &str) -> String {
    let (head, rest) = STOCK.split_once("aivss:\n").unwrap();
    format!("{head}{score}maestro:{}", rest.split_once("maestro:").unwrap().1)
}

fn folder(policy: &str, score: &str) -> Folder {
    Folder::new(&[("aivss-policy.yaml", policy), (MODEL, &model(score))])
}

#[test]
fn model_without_score_passes_if_the_policy_accepts_it() {
    let scored = STOCK.split_once("aivss:").unwrap().1.split_once("maestro:").unwrap().0;
    let half = "aivss: { version: \"0.8\", score: 9.4 }\n";
    let with_finding = "findings: [{ id: F-1, title: Leak }]\n";
    let off = format!("{LAYERS_ONLY}rules: {{ not-scored: off }}\n");
    for (policy, score, code, words) in [
        (LAYERS_ONLY, "", 0, "note[not-scored] the agent is not scored\n"),
        (&off, "", 0, ""),
        (LAYERS_ONLY, &format!("aivss:{scored}"), 0, ""),
        (LAYERS_ONLY, "aivss:\n", 1, "error[schema] `aivss` is still empty"),
        (LAYERS_ONLY, "aivss: {}\n", 1, "error[cvss-missing]"),
        (LAYERS_ONLY, half, 1, "error[schema] `aivss` lacks `factors`"),
        (LAYERS_ONLY, "aivs: {}\n", 1, "error[unknown-key]"),
        (LAYERS_ONLY, with_finding, 1, "error[schema] `findings[0]` lacks `aivss`"),
        ("aivss_policy: 1\nextends: [recommended]\n", "", 1, "error[schema] the document lacks `aivss`"),
        ("aivss_policy: 1\nrules: { not-scored: off }\n", "", 1, "error[schema] the document lacks `aivss`"),
        ("aivss_policy: 1\nextends: [layers-only, recommended]\n", "", 1, "lacks `aivss`"),
        ("aivss_policy: 1\nextends: [recommended]\nrequire: { score: true }\n", "", 1, "lacks `aivss`"),
    ] {
        let ran = folder(policy, score).run(&["--format", "concise"]);
        assert_eq!(ran.code, code, "{policy}{score}{}", ran.out);
        assert!(ran.out.contains(words) && (code == 1 || ran.out.lines().count() <= 1), "{}", ran.out);
    }
}

#[test]
fn layers_are_required_without_a_score() {
    let folder = folder(LAYERS_ONLY, "");
    for (layer, rule) in [
        ("\n", "layer-blank"),
        (" TODO\n", "layer-blank"),
        (" { status: not_applicable }\n", "layer-reason-missing"),
    ] {
        let start = "  agent_frameworks:";
        let (head, rest) =
            model("").split_once(start).map(|(head, rest)| (head.to_owned(), rest.to_owned())).unwrap();
        folder.write(MODEL, &format!("{head}{start}{layer}{}", rest.split_once('\n').unwrap().1));
        let ran = folder.run(&["--format", "concise"]);
        assert_eq!(ran.code, 1, "{}", ran.out);
        assert!(ran.out.contains(&format!("error[{rule}]")), "{}", ran.out);
    }
}

#[test]
fn settings_without_effect_are_named() {
    let finding = "findings: [{ id: F-1, title: Leak, aivss: { version: \"0.5\", cvss_base: 5, score: 2.5, factors: { \
                   autonomy_of_action: 0, dynamic_tool_use: 0, goal_driven_planning: 0, contextual_awareness: 0, \
                   non_determinism: 0, opacity_and_reflexivity: 0, persistent_memory: 0, dynamic_identity: 0, \
                   multi_agent_interactions: 0, self_modification: 0 } } }]\n";
    for (settings, score, words) in [
        ("limits: { uncertain_layers: 2, open_threats: 0 }\nscale: continuous\n", "", "not scored\n"),
        ("limits: { score: 9 }\n", "", "not scored; `limits.score` has no effect\n"),
        (
            "limits: { findings: { High: 0, Low: 2 }, factors: { self_modification: 0, persistent_memory: 0.5 } }\n",
            "",
            "not scored; `limits.factors` and `limits.findings` have no effect\n",
        ),
        (
            "limits: { score: 9, findings: { High: 0 } }\nrequire: { approval_from: High }\nscale: three-point\n",
            finding,
            "not scored; `limits.score`, `require.approval_from` and `scale` have no effect on it\n",
        ),
    ] {
        let policy = format!("aivss_policy: 1\nextends: [layers-only]\n{settings}");
        let folder = folder(&policy, score);
        let ran = folder.run(&["--format", "concise"]);
        assert_eq!((ran.code, ran.out.contains(words)), (0, true), "{settings}{}", ran.out);
        assert_eq!(ran.out.matches("not-scored").count(), 1, "{}", ran.out);
    }
}

#[test]
fn every_output_contains_not_scored() {
    let folder = folder(LAYERS_ONLY, "");
    for format in ["human", "concise", "json", "sarif", "github", "gitlab", "junit", "markdown"] {
        let ran = folder.run(&["--format", format]);
        assert_eq!(ran.code, 0, "{format}: {}{}", ran.out, ran.err);
        assert!(ran.out.contains("not scored"), "{format}: {}", ran.out);
        assert!(!ran.out.contains("computable"), "{format}: {}", ran.out);
    }
    let ran = folder.run(&["--format", "json"]);
    let report: Value = serde_json::from_str(&ran.out).unwrap();
    let model = &report["files"][0]["models"][0];
    assert_eq!((&model["not_scored"], &model["scores"]), (&true.into(), &Value::Array(Vec::new())));
    assert_eq!((&report["summary"]["unscored"], &report["summary"]["worst"]), (&1.into(), &Value::Null));
    let page = folder.run(&["report"]);
    assert!(page.code == 0 && page.out.contains("not scored") && !page.out.contains("computable"));
    let score = folder.run(&["score"]);
    assert_eq!((score.code, &*score.out), (0, "not scored  Planner\nthreat-model.yaml:1:1\n"));
    folder.write("other.yaml", STOCK);
    for (message, policy, sure) in
        [("1 of 2 not scored", "layers-only", true), ("not computable", "permissive", false)]
    {
        let badge = folder.run(&["badge", "--format", "endpoint", "--policy", policy]);
        let shown: Value = serde_json::from_str(&badge.out).unwrap();
        assert_eq!((&shown["message"], &shown["isError"]), (&message.into(), &(!sure).into()));
        assert_eq!(badge.code, if sure { 0 } else { 2 });
    }
}

#[test]
fn init_asks_for_no_score_that_the_policy_does_not_require() {
    let folder = Folder::new(&[("aivss-policy.yaml", LAYERS_ONLY)]);
    let ran = folder.run(&["init", "--name", "Planner", "--owner", "a@b.c", "--environment", "testing"]);
    assert!(
        ran.code == 0 && ran.out.ends_with("missing values; the policy requires no score\n"),
        "{}",
        ran.out
    );
    let text = folder.read(MODEL);
    let keys = |word: &str| text.lines().filter(|line| line.trim_start().starts_with(word)).count();
    assert_eq!((keys("aivss:"), keys("factors:"), keys("cvss:"), keys("agent_ecosystem:")), (0, 0, 0, 1));
    assert!(!text.contains("aivss-lint fix") && text.contains("threats: [{ title:"), "{text}");
    // A summary and the seven layers are all that is missing.
    let ran = folder.run(&["--format", "concise"]);
    assert_eq!((ran.code, ran.out.matches(": error[").count()), (1, 8), "{}", ran.out);
    let example = "{ analysis: What can happen., threats: [{ title: In a few words, severity: High, status: open, owner: A team }] }";
    let filled = text.replace("  summary:\n", "  summary: Books trips for employees.\n");
    let mut number = 0;
    let filled = filled.lines().map(|line| {
        let is_layer = line.starts_with("  ") && !line.contains('#') && line.ends_with(':');
        number += usize::from(is_layer);
        let answer = example
            .replace("What can happen.", &format!("Pages of hotel number {number} steer the planner."));
        if is_layer { format!("{line} {answer}\n") } else { format!("{line}\n") }
    });
    folder.write(MODEL, &filled.collect::<String>());
    let ran = folder.run(&["--format", "concise"]);
    assert_eq!((ran.code, number), (0, 7), "{}", ran.out);
    // An override can accept it, too.
    let over = "aivss_policy: 1\nextends: [recommended]\noverrides: [{ match: { tier: low }, require: { score: false } }]\n";
    for (tier, has_form) in [("low", false), ("high", true)] {
        let folder = Folder::new(&[("aivss-policy.yaml", over)]);
        let ran = folder.run(&["init", "--tier", tier]);
        assert_eq!(folder.read(MODEL).contains("\naivss:"), has_form, "{}", ran.out);
        assert_eq!(ran.out.contains("aivss-lint fix"), has_form, "{}", ran.out);
    }
}

#[test]
fn export_of_an_agent_without_score_names_what_is_missing() {
    let ran = folder(LAYERS_ONLY, "").run(&["export", MODEL]);
    let words =
        "threat-model.yaml:1:1: the report consists of scores, and the agent is not scored: add `aivss` with";
    assert!(ran.code == 2 && ran.err.starts_with(words) && ran.err.lines().count() == 1, "{}", ran.err);
}

#[test]
fn lost_score_is_reported_against_the_base() {
    let folder = Folder::new(&[("aivss-policy.yaml", LAYERS_ONLY), (MODEL, STOCK)]);
    let root = folder.path("");
    git(&root, &["init", "--quiet", "--initial-branch=main", "."]);
    commit(&root, "a scored agent");
    folder.write(MODEL, &model(""));
    let ran = folder.run(&["--base", "main"]);
    assert_eq!(ran.code, 1, "{}", ran.out);
    for words in
        ["error[model-weakened]: this threat model lost its own score", "9.4 Critical -> not scored (worse)"]
    {
        assert!(ran.out.contains(words), "{words}: {}", ran.out);
    }
    let ran = folder.run(&["diff", "main"]);
    assert!(ran.code == 0 && ran.out.contains("9.4 Critical -> not scored (worse)"), "{}", ran.out);
    commit(&root, "no score");
    folder.write(MODEL, STOCK);
    let ran = folder.run(&["--base", "main"]);
    assert!(ran.code == 0 && ran.out.contains("not scored -> 9.4 Critical\n"), "{}", ran.out);
}

#[test]
fn policy_that_no_longer_requires_a_score_is_looser() {
    let strict = "aivss_policy: 1\nextends: [recommended]\n";
    let over = "overrides: [{ match: { environment: production }, require: { score: false } }]\n";
    for (policy, words) in [
        (format!("{strict}require: {{ score: false }}\n"), "policy: require.score: true -> false (looser)"),
        (format!("{strict}{over}"), "policy: overrides for production: require.score: new, false (looser)"),
    ] {
        let folder = Folder::new(&[("aivss-policy.yaml", strict), (MODEL, STOCK)]);
        let root = folder.path("");
        git(&root, &["init", "--quiet", "--initial-branch=main", "."]);
        commit(&root, "scores are required");
        folder.write("aivss-policy.yaml", &policy);
        folder.write(MODEL, &model(""));
        let ran = folder.run(&["--base", "main", "--policy-from", "main"]);
        assert!(ran.code == 1 && ran.out.contains(words), "{}", ran.out);
        assert!(ran.out.contains("the document lacks `aivss`"), "{}", ran.out);
    }
}

#[test]
fn badge_of_an_agent_is_sure_only_if_every_file_is_read() {
    let other = STOCK.replace("name: Planner", "name: Other");
    let folder = Folder::new(&[(MODEL, STOCK), ("other.threat-model.yaml", &other)]);
    let name = STOCK.split_once("name: ").unwrap().1.lines().next().unwrap();
    let badge = folder.run(&["badge", "--agent", name]);
    assert!(badge.code == 0 && badge.out.contains(&format!("AIVSS {name}: ")), "{}{}", badge.out, badge.err);
    assert_eq!(folder.run(&["badge", "--agent", "Nobody"]).code, 2);
    // It may be the agent's.
    folder.write("broken.threat-model.yaml", &STOCK.replace("score:", "score: ["));
    let badge = folder.run(&["badge", "--agent", name]);
    assert!(badge.code == 2 && badge.out.contains("not computable"), "{}{}", badge.out, badge.err);
}
