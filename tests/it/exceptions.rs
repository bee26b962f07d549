//! Exceptions and levels as a run shows them: which cover a problem, which are unused, and what the command line lowers.

use crate::folder::{Folder, Ran};
use crate::git::git;

const MODEL: &str = include_str!("../../src/rules/stock.yaml");

/// A policy with exceptions for rules in paths.
fn policy(exceptions: &[(&str, &str)]) -> String {
    let exception = |(rule, path): &(&str, &str)| {
        format!(
            "  - {{ rule: {rule}, path: '{path}', reason: Soon replaced., owner: me, expires: 2099-01-01 }}\n"
        )
    };
    let exceptions: String = exceptions.iter().map(exception).collect();
    format!(
        "aivss_policy: 1\nextends: [recommended]\nrules: {{ exception-unused: error }}\nexceptions:\n{exceptions}"
    )
}

/// A repository with these files, which git does not track yet.
fn checkout(files: &[(&str, &str)]) -> Folder {
    let folder = Folder::new(files);
    git(&folder.path(""), &["init", "--quiet"]);
    folder
}

/// A repository with a wrong and a right model, and exceptions.
fn repository(exceptions: &[(&str, &str)]) -> Folder {
    let wrong = MODEL.replace("score: 9.4", "score: 9.1");
    checkout(&[
        ("agents/old/threat-model.yaml", &wrong),
        ("agents/new/threat-model.yaml", MODEL),
        ("aivss-policy.yaml", &policy(exceptions)),
    ])
}

/// The number of exceptions that a run calls unused.
fn unused(ran: &Ran) -> usize {
    ran.out.matches("exception-unused").count()
}

impl Folder {
    fn concise(&self, arguments: &[&str]) -> Ran {
        self.run(&[arguments, &["--format", "concise"]].concat())
    }
}

#[test]
fn exception_is_unused_only_where_all_its_files_were_read() {
    let folder = repository(&[("score-mismatch", "agents/**"), ("severity-mismatch", "agents/**")]);
    for whole in [&[][..], &["."], &["agents"], &["agents/new", "agents"]] {
        assert_eq!(unused(&folder.concise(whole)), 1, "{whole:?}");
    }
    let (old, new) = ("agents/old/threat-model.yaml", "agents/new/threat-model.yaml");
    for part in [&[new][..], &[old], &[old, new], &["agents/new"], &["--only-matching", new, old]] {
        assert_eq!(unused(&folder.concise(part)), 0, "{part:?}");
    }
    let folder = repository(&[("severity-mismatch", new), ("layer-blank", old)]);
    assert_eq!(unused(&folder.concise(&[new])), 1, "all files of the first are read");
    assert_eq!(unused(&folder.concise(&[])), 2);
    assert_eq!(unused(&folder.concise(&["agents/new"])), 1);
}

#[test]
fn exception_for_what_was_not_read_is_not_unused() {
    let folder = repository(&[("score-mismatch", "agents/**")]);
    let wrong = folder.read("agents/old/threat-model.yaml");
    folder.write("agents/old/threat-model.yaml", &wrong.replace("maestro:", "maestro: ["));
    let ran = folder.concise(&[]);
    assert_eq!((ran.code, unused(&ran)), (1, 0), "a syntax error hides the problem: {}", ran.out);
    folder.write("agents/old/threat-model.yaml", &wrong.replace("    autonomy_of_action: 1.0\n", ""));
    let ran = folder.concise(&[]);
    assert_eq!((ran.code, unused(&ran)), (1, 0), "the score is not computed: {}", ran.out);
    std::fs::remove_file(folder.path("agents/old/threat-model.yaml")).unwrap();
    std::fs::create_dir(folder.path("agents/old/threat-model.yaml")).unwrap();
    let ran = folder.concise(&["agents", "missing.yaml"]);
    assert_eq!((ran.code, unused(&ran)), (2, 0), "something could not be read: {}", ran.out);
    assert_eq!(unused(&folder.concise(&[])), 1, "there is no such file any more");
}

#[test]
fn exception_for_a_rule_that_is_not_checked_is_not_unused() {
    let folder = repository(&[("score-mismatch", "agents/**"), ("score-increased", "agents/**")]);
    let ran = folder.concise(&["-A", "score-mismatch"]);
    assert_eq!((ran.code, unused(&ran)), (0, 0), "{}", ran.out);
    let ran = folder.concise(&["-W", "score-mismatch"]);
    assert_eq!((ran.code, unused(&ran)), (0, 0), "{}", ran.out);
}

#[test]
fn every_exception_that_covers_a_problem_is_used() {
    let folder = repository(&[
        ("score-mismatch", "agents/old/**"),
        ("score-mismatch", "agents/**"),
        ("score-mismatch", "**/old/*.yaml"),
        ("score-mismatch", "agents/new/**"),
    ]);
    let ran = folder.concise(&[]);
    assert_eq!((ran.code, unused(&ran)), (1, 1), "{}", ran.out);
    assert!(ran.out.contains("in agents/new/** covers no problem"), "{}", ran.out);
}

#[test]
fn exception_reached_on_two_ways_counts_once() {
    let folder = repository(&[]);
    folder.write(
        "policies/base.yaml",
        &policy(&[("score-mismatch", "agents/**"), ("layer-blank", "agents/**")]),
    );
    for side in ["a", "b"] {
        folder.write(&format!("policies/{side}.yaml"), "aivss_policy: 1\nextends: [./base.yaml]\n");
    }
    folder.write("aivss-policy.yaml", "aivss_policy: 1\nextends: [policies/a.yaml, policies/b.yaml]\n");
    let ran = folder.concise(&[]);
    assert_eq!((ran.code, unused(&ran)), (1, 1), "{}", ran.out);
    assert!(ran.out.contains("the exception for `layer-blank`"), "{}", ran.out);
    let shown = folder.run(&["policy", "show", "agents/old/threat-model.yaml"]).out;
    assert_eq!(shown.matches("# exception for score-mismatch").count(), 1, "{shown}");
}

#[test]
fn exception_is_for_a_finding_with_an_identifier_of_any_length() {
    let long = "V".repeat(5_000);
    let finding = |id: &str| {
        let block = MODEL.split_once("aivss:\n").unwrap().1.split_once("maestro:").unwrap().0;
        let block: String = block.lines().map(|line| format!("    {line}\n")).collect();
        format!("  - id: {id}\n    aivss:\n{}", block.replace("score: 9.4", "score: 9.3"))
    };
    let model = format!("{MODEL}findings:\n{}{}", finding(&long), finding(&format!("{long}x")));
    let folder = repository(&[]);
    folder.write("agents/old/threat-model.yaml", &model);
    let exceptions = policy(&[("score-mismatch", "agents/**")]);
    folder.write("aivss-policy.yaml", &exceptions.replace("reason", &format!("finding: {long}, reason")));
    let ran = folder.concise(&[]);
    assert_eq!((ran.code, unused(&ran)), (1, 0), "{}", ran.out);
    assert_eq!(ran.out.matches("(excepted").count(), 1, "{}", ran.out);
    assert!(
        ran.out.lines().all(|line| line.len() < 300),
        "an identifier is cut where it is shown: {}",
        ran.out
    );
}

#[test]
fn level_below_that_of_an_override_is_reported_as_lowered() {
    let folder = repository(&[]);
    folder.write(
        "aivss-policy.yaml",
        "aivss_policy: 1\nextends: [recommended]\nrules: { layer-duplicated: off, score-mismatch: warning }\noverrides:\n  - match: { path: 'agents/**' }\n    rules: { layer-duplicated: error, score-mismatch: error }\n",
    );
    for (arguments, lowered) in [
        (["-A", "layer-duplicated"], "--allow layer-duplicated"),
        (["-W", "layer-duplicated"], "--warn layer-duplicated"),
        (["-W", "score-mismatch"], "--warn score-mismatch"),
    ] {
        let ran = folder.concise(&arguments);
        assert!(ran.out.contains(&format!("lowered on the command line: {lowered}")), "{}", ran.out);
    }
    let ran = folder.concise(&["-D", "score-mismatch", "-W", "layer-contradiction"]);
    assert!(!ran.out.contains("lowered"), "{}", ran.out);
}

#[test]
fn sample_policy_of_the_documentation_passes_in_a_repository() {
    let page = include_str!("../../docs/reference/policy.md");
    let sample = page.split("```yaml\n").find(|block| block.starts_with("aivss_policy: 1")).unwrap();
    let sample = sample.split("```").next().unwrap();
    let model = MODEL
        .replace("agent:\n", "agent:\n  owner: agents@example.org\n")
        .replace("threat_multiplier: 0.97", "threat_multiplier: 0.5")
        .replace("score: 9.4", "score: 8.3");
    let folder = checkout(&[("agents/planner/threat-model.yaml", &model), ("aivss-policy.yaml", sample)]);
    let ran = folder.concise(&["--today", "2026-12-01"]);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    assert!(ran.out.contains("warning[exception-unused]"), "{}", ran.out);
}

#[test]
fn former_rule_name_works_everywhere_with_a_note() {
    let folder = repository(&[("score-undeclared", "agents/**")]);
    let undeclared = MODEL.replace("score: 9.4", "score:");
    folder.write("agents/old/threat-model.yaml", &undeclared);
    let ran = folder.concise(&[]);
    assert_eq!((ran.code, unused(&ran)), (0, 0), "{}{}", ran.out, ran.err);
    let note = "note[rule-renamed] `score-undeclared` is now `score-missing`";
    assert!(ran.out.contains("aivss-policy.yaml:5:13: ") && ran.out.contains(note), "{}", ran.out);
    folder.write(
        "aivss-policy.yaml",
        "aivss_policy: 1\nrules: { score-undeclared: off, off-scale: warning }\n",
    );
    let ran = folder.concise(&[]);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    assert_eq!(ran.out.matches("note[rule-renamed]").count(), 2, "{}", ran.out);
    for rules in
        ["score-undeclared: error, score-missing: off", "score-missing: error, score-undeclared: off"]
    {
        folder.write("aivss-policy.yaml", &format!("aivss_policy: 1\nrules: {{ {rules} }}\n"));
        let ran = folder.concise(&[]);
        let message = "error[policy] level of `score-missing` is set twice: by its name and its former name";
        assert!(ran.code == 2 && ran.out.contains(message), "{}{}", ran.out, ran.err);
    }
    folder.write("aivss-policy.yaml", "aivss_policy: 1\n");
    let ran = folder.concise(&["--allow", "score-undeclared"]);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    assert!(
        ran.err.starts_with("note: `score-undeclared` is now `score-missing`\npassed under "),
        "{}",
        ran.err
    );
    let twice = folder.concise(&["--allow", "score-undeclared", "--deny", "score-missing"]);
    assert_eq!(twice.code, 2, "{}", twice.err);
    let page = folder.run(&["explain", "score-undeclared"]);
    assert!(page.out.starts_with("# score-missing\n"), "{}", page.out);
    assert_eq!(page.err, "note: `score-undeclared` is now `score-missing`\n");
}

#[test]
fn policy_of_a_newer_version_ends_with_the_reason() {
    let folder = Folder::new(&[("a.threat-model.yaml", MODEL)]);
    let run = |policy: &str, base: &str| {
        folder.write("aivss-policy.yaml", &format!("aivss_policy: 1\n{policy}\n"));
        folder.write("base.yaml", &format!("aivss_policy: 1\n{base}\n"));
        let ran = folder.run(&["--format", "concise"]);
        (ran.code, ran.out + &ran.err)
    };
    for (policy, base) in [
        ("required_version: '99.0'\nnew_key: 1", ""),
        ("extends: [./base.yaml]\nrequired_version: '0.1'", "required_version: '99.0.1'"),
    ] {
        let (code, printed) = run(policy, base);
        assert_eq!(code, 2, "{printed}");
        assert!(printed.contains("this policy requires aivss-lint 99.0."), "{printed}");
        assert!(!printed.contains("new_key"), "{printed}");
    }
    let (code, printed) = run("extends: [./base.yaml]\nrequired_version: '0.0.1'", "required_version: '0.1'");
    assert_eq!(code, 0, "{printed}");
    let shown = folder.run(&["policy", "show", "a.threat-model.yaml"]).out;
    assert!(shown.contains("required_version: \"0.1.0\"") && shown.contains("base.yaml:2:19"), "{shown}");
    let (code, printed) = run("required_version: 0.2", "");
    assert_eq!(code, 2, "{printed}");
    assert!(printed.contains("required_version"), "{printed}");
}
