//! Rules in Rego as a policy's author meets them: data, tests, messages, places, and threats that keep their identity.

use crate::folder::{Folder, Ran};
use crate::git::{commit, git};

const MODEL: &str = include_str!("../../src/rules/stock.yaml");
const HEAD: &str = "aivss_policy: 1\nextends: [recommended]\nrego: [rego/]\n";

/// A folder with a model, a policy with these lines added, and files.
fn folder(added: &str, files: &[(&str, &str)]) -> Folder {
    let folder =
        Folder::new(&[("threat-model.yaml", MODEL), ("aivss-policy.yaml", &format!("{HEAD}{added}"))]);
    for (name, text) in files {
        folder.write(name, text);
    }
    folder
}

fn rules(body: &str) -> String {
    format!("package main\n\nimport rego.v1\n\n{body}\n")
}

fn check(folder: &Folder) -> Ran {
    folder.run(&["--format", "concise"])
}

#[track_caller]
fn expect(ran: &Ran, code: i32, part: &str) {
    let all = format!("{}{}", ran.out, ran.err);
    assert!(ran.code == code && all.contains(part), "expected {code} and {part}: {ran:?}");
}

#[test]
fn data_comes_from_json_and_yaml_and_is_listed() {
    let uses = rules(
        "deny contains \"banned\" if { some o in data.banned; input.agent.name == o }\ndeny contains \"region\" if not data.regions.eu.open",
    );
    let (json, yaml) = ("{\"banned\": [\"Planner\"]}\n", "regions:\n  eu: { open: true }\n");
    let files = [("rego/a.rego", &*uses), ("rego/d.json", json), ("lists/d.yml", yaml)];
    let with = folder("data: [rego/d.json, lists/d.yml]\n", &files);
    let name = MODEL.lines().find_map(|line| line.trim().strip_prefix("name: ")).unwrap();
    with.write("rego/d.json", &json.replace("Planner", name));
    let ran = check(&with);
    expect(&ran, 1, "error[rego/deny] banned");
    assert!(!ran.out.contains("region"), "{ran:?}");
    let shown = with.run(&["policy", "show", "threat-model.yaml"]);
    expect(&shown, 0, "# data: rego/d.json\n");
    expect(&shown, 0, "# data: lists/d.yml\n");
    expect(
        &check(&folder("", &files)),
        2,
        "rego/a.rego:5:1: error[policy] `data.banned` leads to no rule and no data (in rule `main.deny`)",
    );
}

#[test]
fn data_that_cannot_be_used_is_an_error() {
    let uses = rules("deny contains \"m\" if data.a == 2");
    for (data, files, problem) in [
        ("[d.json]", &[][..], "d.json: no such file"),
        ("[d.txt]", &[("d.txt", "{}")], "d.txt is not a file of data"),
        ("[rego]", &[], "rego is not a file of data"),
        ("[d.json]", &[("d.json", "[1]")], "d.json is not a single mapping"),
        ("[d.json]", &[("d.json", "{\"a\": 1,}")], "d.json:1:"),
        ("[d.json]", &[("d.json", "{\"a\": 1, \"a\": 2}")], "d.json:1:"),
        ("[d.yaml]", &[("d.yaml", "a: 1\n---\na: 2\n")], "d.yaml is not a single mapping"),
        ("[d.yaml]", &[("d.yaml", "a: 1\n  b: 2\n")], "d.yaml:2:"),
        ("[d.yaml]", &[("d.yaml", "")], "d.yaml:1:1: error[empty-file]"),
        ("[d.json, e.yaml]", &[("d.json", "{\"a\": 1}"), ("e.yaml", "a: 2\n")], "e.yaml defines `data.a`"),
        (
            "[d.json]",
            &[("d.json", "{\"a\": 2, \"main\": {\"deny\": []}}")],
            "`data.main.deny` is both a rule and data",
        ),
        ("[../d.json]", &[], "is outside of this policy's repository"),
        ("[/etc/hostname.json]", &[], "is outside of this policy's repository"),
        ("[d.json]", &[("d.json", "{\"b\": 1}")], "`data.a` leads to no rule and no data"),
        ("5", &[], "`data`"),
        ("[5]", &[], "error[schema]"),
    ] {
        let folder = folder(&format!("data: {data}\n"), files);
        folder.write("rego/a.rego", &uses);
        git(&folder.path(""), &["init", "--quiet"]);
        expect(&check(&folder), 2, problem);
    }
    let alone = Folder::new(&[
        ("threat-model.yaml", MODEL),
        ("aivss-policy.yaml", "aivss_policy: 1\nextends: [recommended]\ndata: [d.json]\n"),
        ("d.json", "{}"),
    ]);
    expect(&check(&alone), 2, "data has no effect without rules in Rego");
    // Parts of one mapping in two files.
    let parts = [
        ("rego/a.rego", &*rules("deny contains \"m\" if data.x.a + data.x.b == 3")),
        ("d.json", "{\"x\": {\"a\": 1}}"),
        ("e.json", "{\"x\": {\"b\": 2}}"),
    ];
    expect(&check(&folder("data: [d.json, e.json]\n", &parts)), 1, "rego/deny");
}

#[test]
fn tests_of_rules_run_as_conftest_verify_runs_them() {
    let owner = rules(
        "deny contains \"no owner\" if not input.agent.owner\n\ndeny contains \"banned\" if input.agent.owner in data.banned",
    );
    let tests = "package main\n\nimport rego.v1\n\ntest_owner if count(deny) == 0 with input as {\"agent\": {\"owner\": \"me\"}}\n\ntest_banned if {\n\t\"banned\" in deny with input as {\"agent\": {\"owner\": \"you\"}}\n}\n";
    let files =
        [("rego/a.rego", &*owner), ("rego/a_test.rego", tests), ("d.json", "{\"banned\": [\"you\"]}")];
    let folder = folder("data: [d.json]\n", &files);
    folder.write("threat-model.yaml", &MODEL.replace("agent:\n", "agent:\n  owner: me\n"));
    let ran = folder.run(&["policy", "test"]);
    expect(&ran, 0, "ok     rego/a_test.rego:5: main.test_owner\n");
    expect(&ran, 0, "2 passed, 0 failed");
    // The folder of rules alone finds the policy that names them.
    expect(&folder.run(&["policy", "test", "rego"]), 0, "2 passed, 0 failed");
    expect(&folder.run(&["policy", "test", "--require-tests"]), 0, "2 passed");
    // They are not rules of the policy, whatever their names are.
    folder.write("rego/b_test.rego", "package main\n\nimport rego.v1\n\ndeny contains \"of a test\"\n\ntest_wrong if 1 == 2\n\ntest_stopped if 1 / input.zero == 1 with input as {\"zero\": 0}\n");
    assert!(!check(&folder).out.contains("of a test"));
    let ran = folder.run(&["policy", "test"]);
    expect(&ran, 1, "FAILED rego/b_test.rego:7: main.test_wrong\n");
    expect(&ran, 1, "       rego/b_test.rego:9:19: divide by zero\n");
    // A file that does not compile, or has no tests, does not pass.
    folder.write("rego/b_test.rego", "package main\n\nimport rego.v1\n\ntest_gone if nosuch(1)\n");
    expect(&folder.run(&["policy", "test"]), 2, "unknown function `nosuch` (in rule `main.test_gone`)");
    folder.write("rego/b_test.rego", "package main\n\nimport rego.v1\n\nhelper if true\n");
    expect(&folder.run(&["policy", "test"]), 1, "FAILED rego/b_test.rego: no rule `test_…` in this file");
    folder.write(
        "aivss-policy.yaml",
        &format!("{HEAD}rego: [rego/a_test.rego]\n").replacen("rego: [rego/]\n", "", 1),
    );
    expect(&check(&folder), 2, "rego/a_test.rego contains tests");
}

#[test]
fn tests_without_a_policy_and_next_to_one_file_run() {
    let rule = rules("deny contains \"m\" if input.a");
    let test = "package main_test\n\nimport rego.v1\n\nimport data.main\n\ntest_it if count(main.deny) == 1 with input as {\"a\": 1}\n";
    let alone = Folder::new(&[("rules/a.rego", &rule), ("rules/a_test.rego", test)]);
    expect(&alone.run(&["policy", "test", "rules"]), 0, "1 passed, 0 failed");
    alone.write("rules/a_test.rego", &test.replace("== 1 with", "== 2 with"));
    expect(&alone.run(&["policy", "test", "rules"]), 1, "FAILED rules/a_test.rego:7: main_test.test_it");
    let named = Folder::new(&[
        ("aivss-policy.yaml", "aivss_policy: 1\nextends: [recommended]\nrego: [a.rego]\n"),
        ("a.rego", &rule),
        ("a_test.rego", test),
        ("other/b_test.rego", &test.replace("main_test", "other_test")),
    ]);
    expect(&named.run(&["policy", "test"]), 0, "2 passed, 0 failed");
}

#[test]
fn problems_name_the_file_the_line_and_the_rule() {
    let two = folder(
        "",
        &[
            ("rego/a.rego", &rules("deny contains \"one\"")),
            (
                "rego/b.rego",
                &rules(
                    "\n\ndeny contains {\"msg\": \"two\", \"details\": {\"a\": 1}}\n\nwarn contains \"three\"",
                ),
            ),
        ],
    );
    let ran = two.run(&[]);
    for part in [
        "policy: rego/a.rego:5:1: deny contains",
        "policy: rego/b.rego:7:1: deny contains",
        "policy: rego/b.rego:9:1: warn contains",
        "note: details: {\"a\":1}",
    ] {
        expect(&ran, 1, part);
    }
    for (body, problem) in [
        (
            "deny contains {\"msg\": \"m\", \"pth\": \"/agent\"}",
            "rego/a.rego:5: rule `main.deny`: unknown key `pth`",
        ),
        (
            "deny contains {\"msg\": \"m\", \"path\": \"/agnt/owner\"}",
            "rego/a.rego:5: rule `main.deny`: path \"/agnt/owner\" leads nowhere",
        ),
        ("deny contains {\"msg\": \"m\", \"path\": \"/findings/99\"}", "path \"/findings/99\" leads nowhere"),
        (
            "deny contains {\"msg\": \"m\", \"path\": \"/maestro/agent_frameworks/threats/99/status\"}",
            "leads nowhere",
        ),
        ("deny contains {\"msg\": \"m\", \"path\": \"/computed/agent/score\"}", "leads nowhere"),
        ("deny contains {\"msg\": \"m\", \"path\": \"/agent/name/first\"}", "leads nowhere"),
        ("deny contains {\"msg\": \"m\", \"path\": \"agent.owner\"}", "is not a JSON pointer"),
        ("deny contains {\"msg\": \"m\", \"path\": 3}", "`path` in a message of `deny` is not a string: 3"),
        (
            "deny contains 1 / input.computed.nothing if input.computed.nothing == 0\nwarn contains sprintf(\"%d\", [\"a\"])",
            "rule `main.warn`: `sprintf`: the verb `%d` of a format cannot write a string",
        ),
        (
            "helper := 1 / 0\n\ndeny contains \"m\" if helper == 1",
            "rego/a.rego:5:13: rule `main.helper`: divide by zero",
        ),
        (
            "deny contains \"m\" if is_production\n\nis_prod if input.a",
            "error[policy] use of undefined variable `is_production` is unsafe (in rule `main.deny`)",
        ),
        (
            "deny[\"a\"] := \"b\" if true",
            "rego/a.rego:5: rule `main.deny`: `deny` must be a set of messages, not an object: \"a\" has the value \"b\"",
        ),
        ("deny.prod contains \"m\"", "`deny` must be a set of messages, not an object"),
        ("deny := \"text\"", "rego/a.rego:5: rule `main.deny`: `deny` must be a set of messages"),
        (
            "deny contains sprintf(\"%v\", [x]) if { x := some_undefined }",
            "rego/a.rego:5:1: error[policy] a variable has no value (in rule `main.deny`)",
        ),
        (
            "deny contains \"m\" if walk(input, [_, 1])",
            "rego/a.rego:5:1: error[policy] unsupported built-in function `walk` (in rule `main.deny`)",
        ),
        (
            "deny contains \"m\" if {\n  print(input.agent)\n}",
            "rego/a.rego:6:1: error[policy] `print` is not supported (in rule `main.deny`)",
        ),
        (
            "deny contains \"no approval\" if {\n  not input[\"x-appr\"][_] == \"security\"\n}",
            "rego/a.rego:6:1: error[policy] `_` in a negated expression is unsafe, because nothing else in the body gives it a value",
        ),
        (
            "deny contains \"m\" if {\n  some i\n  not input[\"x-appr\"][i] == \"s\"\n}",
            "rego/a.rego:7:1: error[policy] `i` in a negated expression is unsafe",
        ),
        (
            "deny(x) := \"m\" if x == 1",
            "rego/a.rego:5:1: error[policy] `main.deny` is a function and is never evaluated",
        ),
        (
            "deny contains \"m\"\n\nDeny contains \"n\"",
            "rego/a.rego:7:1: error[policy] `main.Deny` is never evaluated: did you mean `deny`?",
        ),
        (
            "deny_prod contains \"m\"\n\nexception contains [\"prod\"]",
            "rego/a.rego:7:1: error[policy] rule `main.exception` has no effect",
        ),
    ] {
        expect(&check(&folder("", &[("rego/a.rego", &rules(body))])), 2, problem);
    }
    // A key that is missing has a place, where a threat model may have it.
    for path in ["/agent/owner", "/review/date", "/maestro/agent_frameworks/reason", "/agent/x-team", ""] {
        let body = format!("deny contains {{\"msg\": \"m\", \"path\": \"{path}\"}}");
        expect(&check(&folder("", &[("rego/a.rego", &rules(&body))])), 1, "error[rego/deny] m");
    }
}

/// A layer with these threats, in place of the one of the model.
fn with_threats(threats: &str) -> String {
    let mut model = String::new();
    let mut is_layer = false;
    for line in MODEL.lines() {
        is_layer =
            if line.starts_with("  agent_frameworks:") { true } else { is_layer && line.starts_with("   ") };
        if !is_layer {
            model.push_str(&format!("{line}\n"));
        }
    }
    model.replace("maestro:\n", &format!("maestro:\n  agent_frameworks:\n    analysis: The planner may book twice.\n    threats: [{threats}]\n"))
}

#[test]
fn threats_keep_their_identity_when_another_goes_in_above() {
    let body = "deny contains {\"msg\": \"open\", \"path\": path} if {\n  some layer, v in input.maestro\n  some i, t in v.threats\n  not t.status\n  path := sprintf(\"/maestro/%s/threats/%d/title\", [layer, i])\n}";
    let new = "{ title: New tool., status: mitigated, mitigation: It is checked. }";
    for (before, after, is_known) in [
        ("{ title: Misuse. }", "{ title: Misuse. }", true),
        ("{ id: T2, title: Misuse. }", "{ id: T2, title: Misuse. }", true),
        ("{ id: T2, title: Misuse. }", "{ id: T3, title: Misuse. }", true),
        ("{ id: PLAN-1, title: Misuse. }", "{ id: PLAN-1, title: Misuse by a tool. }", true),
        (
            "{ id: T2, title: One. }, { id: T2, title: Two. }",
            "{ id: T2, title: Two. }, { id: T2, title: One. }",
            true,
        ),
        ("{ title: Same. }, { title: Same. }", "{ title: Same. }, { title: Same. }", true),
        ("{ id: T2, title: One. }", "{ id: T2, title: Another. }", false),
        ("{ id: PLAN-1, title: One. }", "{ id: PLAN-2, title: One. }", false),
        ("{ title: Same. }", "{ title: Same. }, { title: Same. }", false),
        ("{ id: T2, title: One. }", "{ id: T2, title: One. }, { id: T2, title: Two. }", false),
    ] {
        let folder =
            folder("", &[("rego/a.rego", &rules(body)), ("threat-model.yaml", &with_threats(before))]);
        let root = folder.path("");
        git(&root, &["init", "--quiet", "--initial-branch=main"]);
        commit(&root, "base");
        folder.write("threat-model.yaml", &with_threats(&format!("{new}, {after}")));
        let ran = folder.run(&["--base", "main", "--new-only", "--format", "concise"]);
        assert_eq!(ran.code, i32::from(!is_known), "{before} → {after}: {ran:?}");
    }
}

#[test]
fn fingerprints_of_threats_do_not_move_with_the_index() {
    let body = "deny contains {\"msg\": \"open\", \"path\": sprintf(\"/maestro/agent_frameworks/threats/%d/title\", [i])} if {\n  some i, t in input.maestro.agent_frameworks.threats\n  not t.status\n}";
    let print = |threats: &str| {
        let folder =
            folder("", &[("rego/a.rego", &rules(body)), ("threat-model.yaml", &with_threats(threats))]);
        let report = folder.run(&["--format", "gitlab"]).out;
        let at = report.find("\"fingerprint\"").unwrap();
        report[at..].lines().next().unwrap().to_owned()
    };
    let (new, old) =
        ("{ title: New tool., status: mitigated, mitigation: It is checked. }", "{ id: T2, title: Misuse. }");
    assert_eq!(print(old), print(&format!("{new}, {old}")));
    assert_ne!(print(old), print("{ id: T2, title: Other. }"));
}

#[test]
fn policies_of_the_package_pass_their_tests() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/policies");
    let ran = Ran::of(crate::program::program().current_dir(root).args(["policy", "test"]));
    expect(&ran, 0, "ok     rego/threats_test.rego:6: main.test_unknown_threat");
    expect(&ran, 0, "0 failed");
}
