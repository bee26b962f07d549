//! `fix` on files: which bytes change, which stay, and what is reported as not fixed.

use std::fs;
use std::path::Path;

use crate::folder::{Folder, Ran};

const MODEL: &str = include_str!("../../src/rules/stock.yaml");
const REPORT: &str = include_str!("../../examples/faults/aivss-report.json");

impl Folder {
    fn fix(&self, arguments: &[&str]) -> Ran {
        self.run(&[&["fix", "--today", "2026-11-23"], arguments].concat())
    }
}

/// The stock model with a text in place of another, which it must contain.
fn model(from: &str, to: &str) -> String {
    assert!(MODEL.contains(from), "{from}");
    MODEL.replacen(from, to, 1)
}

const FILE: &str = "threat-model.yaml";

#[test]
fn fix_keeps_comments_quotes_and_order() {
    let wrong = "  score: 9.1   # by hand\n  severity: 'High' # \"for now\"\n  factor_sum:   8.50\n";
    let right = "  score: 9.4   # by hand\n  severity: 'Critical' # \"for now\"\n  factor_sum:   8.0\n";
    let folder = Folder::new(&[(FILE, &model("  score: 9.4\n", wrong))]);
    let ran = folder.fix(&[]);
    assert_eq!(folder.read(FILE), model("  score: 9.4\n", right));
    let line = MODEL.lines().position(|line| line == "  score: 9.4").unwrap() + 1;
    let expected = format!(
        "{FILE}:{line}:10: score-mismatch: 9.1 → 9.4\n\
         {FILE}:{}:14: severity-mismatch: High → Critical\n\
         {FILE}:{}:17: factor-sum-mismatch: 8.50 → 8.0\n\
         Fixed 3 values in 1 file. No problems left.\n",
        line + 1,
        line + 2
    );
    assert_eq!((ran.code, ran.out, ran.err), (0, expected, String::new()));
}

#[test]
fn uplift_above_ten_is_written_and_passes() {
    let vector = MODEL.lines().find(|line| line.starts_with("  cvss:")).unwrap();
    let model = model(&format!("{vector}\n  cvss_base: 7.1\n"), "  cvss_base: 1.0\n")
        .replace("  threat_multiplier: 0.97\n", "  threat_multiplier: 2\n  aars: 5.0\n")
        .replace("  score: 9.4\n", "  score: 10.0\n");
    let folder = Folder::new(&[(FILE, &model)]);
    let ran = folder.fix(&[]);
    assert_eq!(folder.read(FILE), model.replace("  aars: 5.0\n", "  aars: 14.4\n"), "{}", ran.out);
    assert_eq!(ran.code, 0, "{}", ran.out);
    assert_eq!(folder.run(&["check"]).code, 0);
}

#[test]
fn empty_score_is_written() {
    for (empty, written) in [
        ("  score:   # later\n", "  score: 9.4   # later\n"),
        ("  score:\n", "  score: 9.4\n"),
        ("  score :\n", "  score : 9.4\n"),
        ("  score: ~\n", "  score: 9.4\n"),
        ("  \"score\":\r\n", "  \"score\": 9.4\r\n"),
        ("  ? score\n  :\n", "  ? score\n  : 9.4\n"),
    ] {
        let folder = Folder::new(&[(FILE, &model("  score: 9.4\n", empty))]);
        let ran = folder.fix(&[]);
        assert_eq!(folder.read(FILE), model("  score: 9.4\n", written), "{}", ran.out);
        assert!(ran.out.contains(" → 9.4\nFixed 1 value in 1 file. No problems left.\n"), "{}", ran.out);
        assert_eq!(ran.code, 0);
    }
    let report = REPORT.replacen("\"aivss\": 9.9", "\"aivss\": null", 1);
    let folder = Folder::new(&[("aivss-report.json", &report)]);
    folder.fix(&[]);
    assert!(report.contains("null") && !folder.read("aivss-report.json").contains("null"));
}

#[test]
fn score_without_a_place_or_inputs_is_not_written() {
    for (bare, message) in [
        ("", "write `score: 9.4`"),
        ("  ? score\n", "write `score: 9.4`"),
        ("  score: &later\n", "write `score: 9.4`"),
        ("  score:\n  x-later:\n", "`self_modification` is missing"),
    ] {
        let text = model("  score: 9.4\n", bare);
        let text =
            if message.contains("missing") { text.replace("    self_modification: 0.5\n", "") } else { text };
        let folder = Folder::new(&[(FILE, &text)]);
        let ran = folder.fix(&[]);
        assert_eq!((ran.code, folder.read(FILE)), (1, text), "{}", ran.out);
        let ran = folder.run(&["check"]);
        assert!(ran.out.contains(message), "{}", ran.out);
    }
}

#[test]
fn second_fix_changes_nothing() {
    let folder = Folder::new(&[(FILE, &model("score: 9.4", "score: 9.1"))]);
    folder.fix(&[]);
    let ran = folder.fix(&[]);
    assert_eq!(ran.out, "Nothing to fix. No problems left.\n");
    assert_eq!((ran.code, folder.read(FILE)), (0, MODEL.to_owned()));
}

#[test]
fn fix_keeps_line_ends_and_a_byte_order_mark() {
    let on_windows = |text: &str| format!("\u{FEFF}{}", text.replace('\n', "\r\n"));
    let folder = Folder::new(&[(FILE, &on_windows(&model("score: 9.4", "score: 9.1")))]);
    assert_eq!(folder.fix(&[]).code, 0);
    assert_eq!(folder.read(FILE), on_windows(MODEL));
}

#[test]
fn fixed_owasp_report_keeps_its_form() {
    let file = "aivss-report.json";
    let folder = Folder::new(&[(file, REPORT)]);
    let ran = folder.fix(&[]);
    let after = folder.read(file);
    let differing = REPORT.lines().zip(after.lines()).filter(|(one, other)| one != other).count();
    assert_eq!((REPORT.lines().count(), differing), (after.lines().count(), 7), "{}", ran.out);
    assert!(after.contains("\"severity\": \"Critical\"") && after.contains("\"aars\": 0.4074"), "{after}");
    // The right value of a duplicate identifier cannot be derived.
    assert!(ran.out.ends_with("Fixed 7 values in 1 file. Left: 1 error; run `aivss-lint`.\n"), "{}", ran.out);
    assert_eq!(ran.code, 1);
}

#[test]
fn json_in_one_line_is_fixed_in_place() {
    let report: serde_json::Value = serde_json::from_str(REPORT).unwrap();
    let line = report.to_string();
    let folder = Folder::new(&[("aivss-report.json", &line)]);
    let ran = folder.fix(&[]);
    assert_eq!(ran.out.matches("aivss-report.json:1:").count(), 7, "{}", ran.out);
    // Places are those of the file before the change.
    let columns = ran.out.lines().filter_map(|line| {
        let (place, change) = line.strip_prefix("aivss-report.json:1:")?.split_once(": ")?;
        let before = change.split_once(": ")?.1.split_once(" → ")?.0;
        Some((place.parse::<usize>().unwrap(), before.to_owned()))
    });
    for (column, before) in columns {
        assert!(line[column - 1..].starts_with(&before), "{column} {before}");
    }
}

#[test]
fn all_blocks_of_a_page_and_models_of_a_stream_are_fixed() {
    let wrong = model("score: 9.4", "score: 9.1");
    let page = |text: &str| format!("# Agents\n\n```yaml\n{text}```\n\nscore: 9.1\n\n```yaml\n{text}```\n");
    let stream =
        |text: &str| format!("{text}---\n# second\n{}...\n", text.replace("name: Planner", "name: Other"));
    let folder = Folder::new(&[("THREAT_MODEL.md", &page(&wrong)), (FILE, &stream(&wrong))]);
    let ran = folder.fix(&[]);
    assert_eq!(folder.read("THREAT_MODEL.md"), page(MODEL));
    assert_eq!(folder.read(FILE), stream(MODEL));
    assert!(ran.out.contains("Fixed 4 values in 2 files."), "{}", ran.out);
}

#[test]
fn wrong_base_is_written_from_its_vector_and_the_rest_follows() {
    let with = |base: &str, declared: &str| {
        let text = model("  score: 9.4\n", declared);
        assert!(text.contains("cvss_base: 7.1"));
        text.replace("cvss_base: 7.1", base)
    };
    let wrong = with("cvss_base: 10.0", "  aars: 1.5\n  score: 9.2\n  severity: High\n");
    let folder = Folder::new(&[(FILE, &wrong)]);
    let ran = folder.fix(&[]);
    let right = with("cvss_base: 7.1", "  aars: 2.25\n  score: 9.4\n  severity: Critical\n");
    assert_eq!(folder.read(FILE), right);
    assert_eq!(ran.code, 0, "{}", ran.out);
}

#[test]
fn aliased_value_is_not_fixed() {
    for (declared, left) in [
        // The alias, and what it leads to.
        ("  factor_sum: &sum 8.5\n  score: *sum\n", 2),
        ("  score: &score 9.1\nx-old: *score\n", 1),
    ] {
        let text = model("  score: 9.4\n", declared);
        let folder = Folder::new(&[(FILE, &text)]);
        let ran = folder.fix(&[]);
        assert_eq!(folder.read(FILE), text);
        assert_eq!(ran.out.matches("not fixed: the value is an alias").count(), left, "{}", ran.out);
        assert_eq!(ran.code, 1);
    }
}

/// A tag or an anchor would apply to the new value, which may not be of that type.
#[test]
fn value_with_a_tag_or_an_anchor_is_not_fixed() {
    for (declared, is_reported) in [
        ("  score: !!int 9\n", true),
        ("  score: !!float 9.1\n", true),
        ("  score: &score 9.1\n", true),
        ("  score: &score !!float 9.1\n", true),
        ("  score: !!float # later\n    9.1\n", true),
        ("  score: 9.4\n  severity: !!str High\n", true),
        ("  score: 9.4\n  severity: ! \"High\"\n", true),
        ("  score: 9.4\n  factor_sum: !<tag:yaml.org,2002:float> 8.5\n", true),
        ("  score: !!null null\n", false),
        ("  score: &score ~\n", false),
        ("  score: !!null\n", false),
    ] {
        let text = model("  score: 9.4\n", declared);
        let folder = Folder::new(&[(FILE, &text)]);
        let ran = folder.fix(&["--unsafe"]);
        assert_eq!((ran.code, folder.read(FILE)), (1, text), "{}", ran.out);
        let message = ": not fixed: the value is an alias, has a tag or an anchor, or uses escapes\n";
        assert_eq!(ran.out.contains(message), is_reported, "{declared}: {}", ran.out);
    }
    let text = model("  summary:", "  &text sumary:");
    let folder = Folder::new(&[(FILE, &text)]);
    assert_eq!((folder.fix(&["--unsafe"]).code, folder.read(FILE)), (1, text));
}

#[test]
fn fix_keeps_comments_in_empty_braces() {
    let all = |indent: &str| {
        let forms = forms(&TOPICS).replace("\n  ", &format!(",\n{indent}"));
        format!("{indent}{}", forms.trim())
    };
    let wrong = "maestro: {\n  # Ask Bob first.\n\n  # And Ann.\n  }\n";
    let right = wrong.replace("Ann.\n", &format!("Ann.\n{}\n", all("  ")));
    assert_eq!(suggested(FILE, &with_layers(wrong)), with_layers(&right));
    for wrong in [
        "maestro: { # Ask Bob first.\n }\n",
        "maestro: {} # Ask Bob first.\n",
        "maestro: # Ask Bob first.\n",
        "maestro: ~ # Ask Bob first.\n",
        "maestro: { data_operations: x, # Ask Bob first.\n  agent_ecosystem: y # And Ann.\n  }\n",
        "maestro:\n  data_operations: {\n    # Ask Bob first.\n    }\n",
        "maestro: { data_operations: { # Ask Bob first.\n  } }\n",
        "maestro:\n  data_operations:\n    status: uncertain\n    analysis: \"\" # Ask Bob first.\n",
    ] {
        let after = suggested(FILE, &with_layers(wrong));
        assert!(after.contains("# Ask Bob first.\n"), "{after}");
        assert_eq!(after.contains("# And Ann.\n"), wrong.contains("# And Ann.\n"), "{after}");
        assert!(after.contains("TODO") || wrong.contains("{ # Ask"), "{after}");
    }
}

#[test]
fn block_scalar_that_keeps_blank_lines_ends_before_a_form() {
    for note in [
        "  x-note: |+\n    kept\n\n\n",
        "  x-note: |+\n\n\n",
        "  x-note: >+\n    kept\n\n",
        "  x-note: |\n    kept\n     \n",
        "  x-note: |2\n      \n",
        "  x-note: |-\n    kept\n\n",
        "  x-note: |\n    kept",
        "  x-note:\n    - |+\n      kept\n\n\n",
        "  x-note:\n    a: |+\n      kept\n\n# the end\n",
    ] {
        let text = |text: &str| -> serde_json::Value {
            let source = aivss_lint::source::Source::decode(FILE, text.as_bytes().to_vec());
            let document = aivss_lint::page::parse(&source);
            document.roots().next().unwrap().to_json()["maestro"]["x-note"].clone()
        };
        let before = with_layers(&format!("maestro:\n  foundation_models: Prompts leak.\n{note}"));
        let after = suggested(FILE, &before);
        assert_eq!(text(&after), text(&before), "{after}");
        assert!(after.contains("  agent_ecosystem: {"), "{after}");
    }
}

#[test]
fn diff_writes_nothing_and_prints_the_change() {
    let wrong = model("score: 9.4", "score: 9.1");
    let folder = Folder::new(&[(FILE, &wrong)]);
    let ran = folder.fix(&["--diff"]);
    assert_eq!((ran.code, folder.read(FILE)), (1, wrong));
    let start = format!("--- a/{FILE}\n+++ b/{FILE}\n@@ ");
    assert!(
        ran.out.starts_with(&start) && ran.out.contains("\n-  score: 9.1\n+  score: 9.4\n"),
        "{}",
        ran.out
    );
    assert_eq!(ran.err, "Would fix 1 value in 1 file. Run without --diff to apply. No problems left.\n");
    // The patch makes the same change as the command.
    fs::write(folder.path("fix.patch"), ran.out).unwrap();
    let git = std::process::Command::new("git")
        .args(["apply", "fix.patch"])
        .current_dir(folder.path(""))
        .status()
        .unwrap();
    assert!(git.success());
    assert_eq!(folder.read(FILE), MODEL);
    let ran = folder.fix(&["--diff"]);
    assert_eq!((ran.code, ran.out), (0, String::new()));
}

#[test]
fn excepted_problem_and_disabled_rule_are_not_fixed() {
    let wrong = model("score: 9.4\n", "score: 9.1\n  severity: High\n");
    let policy = "aivss_policy: 1\nextends: [recommended]\nrules: { severity-mismatch: off }\nexceptions:\n  - { rule: score-mismatch, path: '**', reason: It must, owner: me, expires: 2026-12-31 }\n";
    let folder = Folder::new(&[(FILE, &wrong), ("aivss-policy.yaml", policy)]);
    let ran = folder.fix(&[]);
    assert_eq!((ran.code, folder.read(FILE)), (0, wrong), "{}", ran.out);
    // A warning is fixed as well.
    let ran = folder.fix(&["--policy", "permissive"]);
    assert_eq!(
        (ran.code, folder.read(FILE)),
        (0, model("score: 9.4\n", "score: 9.4\n  severity: Critical\n"))
    );
}

#[test]
fn unreadable_file_is_not_changed_and_the_others_are_fixed() {
    let wrong = model("score: 9.4", "score: 9.1");
    let broken = wrong.replace("score: 9.1", "score: [9.1");
    let twice = wrong.replace("score: 9.1", "score: 9.1\n  score: 9.2");
    let folder = Folder::new(&[
        ("a/threat-model.yaml", &wrong),
        ("b/threat-model.yaml", &broken),
        ("c/threat-model.yaml", &twice),
    ]);
    fs::write(folder.path("latin.threat-model.yaml"), b"aivss_threat_model: 1\ncaf\xE9: 1").unwrap();
    let ran = folder.fix(&[".", "absent.yaml"]);
    assert_eq!(ran.code, 2);
    assert_eq!(folder.read("a/threat-model.yaml"), MODEL);
    assert_eq!(folder.read("b/threat-model.yaml"), broken);
    assert_eq!(folder.read("c/threat-model.yaml"), twice);
    for name in ["b/threat-model.yaml", "c/threat-model.yaml", "latin.threat-model.yaml"] {
        let expected = format!("{name}: cannot be parsed, so it was not changed\n");
        assert!(ran.out.contains(&expected), "{}", ran.out);
    }
    assert!(ran.out.contains("absent.yaml: no such file or folder\n"), "{}", ran.out);
}

#[test]
fn fix_of_standard_input_a_broken_policy_or_an_empty_folder_is_refused() {
    let folder = Folder::new(&[("broken.yaml", "aivss_policy: 1\nlimit: {}\n")]);
    let ran = folder.fix(&["-"]);
    assert_eq!((ran.code, ran.err.starts_with("error: standard input cannot be fixed")), (2, true));
    let ran = folder.fix(&["--policy", "broken.yaml"]);
    assert_eq!((ran.code, ran.err.contains("policy broken.yaml: it has errors")), (2, true), "{}", ran.err);
    let ran = folder.fix(&[]);
    assert_eq!((ran.code, ran.out.contains("no threat model here")), (2, true), "{}", ran.out);
}

#[test]
fn only_matching_skips_other_named_files() {
    let wrong = model("score: 9.4", "score: 9.1");
    let folder = Folder::new(&[("notes.txt", &wrong), ("notes.yaml", &wrong), (FILE, &wrong)]);
    assert_eq!(folder.fix(&["--only-matching", "notes.txt", "notes.yaml", FILE]).code, 0);
    assert_eq!((folder.read("notes.txt"), folder.read(FILE)), (wrong, MODEL.to_owned()));
    assert_eq!(folder.read("notes.yaml"), MODEL, "the marker makes it a threat model");
}

#[test]
#[cfg(unix)]
fn fix_keeps_permissions_and_does_not_write_read_only_files() {
    use std::os::unix::fs::PermissionsExt;
    let wrong = model("score: 9.4", "score: 9.1");
    let mode = |folder: &Folder, name: &str, mode: u32| {
        fs::set_permissions(folder.path(name), fs::Permissions::from_mode(mode)).unwrap();
    };
    let folder = Folder::new(&[(FILE, &wrong)]);
    mode(&folder, FILE, 0o640);
    assert_eq!(folder.fix(&[]).code, 0);
    assert_eq!(fs::metadata(folder.path(FILE)).unwrap().permissions().mode() & 0o777, 0o640);
    assert_eq!(fs::read_dir(folder.path("")).unwrap().count(), 1, "no temporary file is left");

    folder.write(FILE, &wrong);
    mode(&folder, FILE, 0o440);
    let ran = folder.fix(&[]);
    assert_eq!((ran.code, folder.read(FILE)), (2, wrong.clone()));
    assert!(ran.out.contains(&format!("{FILE}: is read-only, so it was not changed\n")), "{}", ran.out);
    assert!(ran.out.contains("Nothing to fix. Left: 1 error"), "{}", ran.out);

    mode(&folder, FILE, 0o640);
    mode(&folder, ".", 0o555);
    // The superuser may write anywhere.
    if fs::write(folder.path("probe"), "").is_err() {
        let ran = folder.fix(&[]);
        assert_eq!((ran.code, folder.read(FILE)), (2, wrong));
        assert!(ran.out.contains(&format!("{FILE}: cannot be written: ")), "{}", ran.out);
    }
    mode(&folder, ".", 0o755);
}

#[test]
#[cfg(unix)]
fn link_stays_a_link_and_is_not_followed_out_of_the_repository() {
    use std::os::unix::fs::symlink;
    let wrong = model("score: 9.4", "score: 9.1");
    let outside = Folder::new(&[("elsewhere.yaml", &wrong)]);
    let folder = Folder::new(&[("agents/real.txt", &wrong)]);
    symlink("agents/real.txt", folder.path(FILE)).unwrap();
    assert_eq!(folder.fix(&[FILE]).code, 0);
    assert_eq!(folder.read("agents/real.txt"), MODEL);
    assert!(fs::symlink_metadata(folder.path(FILE)).unwrap().is_symlink());

    symlink(outside.path("elsewhere.yaml"), folder.path("b.threat-model.yaml")).unwrap();
    let ran = folder.fix(&[]);
    assert_eq!((ran.code, outside.read("elsewhere.yaml")), (2, wrong));
    assert!(ran.out.contains("it is a link that leads out of the repository"), "{}", ran.out);

    // A file and a link to it are fixed once.
    fs::remove_file(folder.path("b.threat-model.yaml")).unwrap();
    folder.write("agents/threat-model.yaml", &model("score: 9.4", "score: 9.1"));
    symlink("agents/threat-model.yaml", folder.path("c.threat-model.yaml")).unwrap();
    let ran = folder.fix(&[]);
    assert_eq!((ran.code, folder.read("agents/threat-model.yaml")), (0, MODEL.to_owned()), "{}", ran.out);
}

#[test]
#[cfg(unix)]
fn file_and_a_link_to_it_count_once_and_no_path_is_a_log_command() {
    use std::os::unix::fs::symlink;
    let wrong = model("score: 9.4", "score: 9.1");
    let folder = Folder::new(&[(FILE, &wrong)]);
    symlink(FILE, folder.path("a.threat-model.yaml")).unwrap();
    for arguments in [&["--diff"][..], &[]] {
        let ran = folder.fix(arguments);
        let printed = ran.out + &ran.err;
        assert!(
            printed.contains(" 1 value in 1 file. ") && printed.ends_with(" No problems left.\n"),
            "{printed}"
        );
    }

    let shared = wrong.replace("score: 9.1", "score: &v 9.1").replace("maestro:", "x-v: *v\nmaestro:");
    let broken = wrong.clone() + "a: [";
    let name = |file: &str| format!("::stop-commands::x/{file}.threat-model.yaml");
    let folder = Folder::new(&[(&name("a"), &wrong), (&name("b"), &shared), (&name("c"), &broken)]);
    for arguments in [&["--diff"][..], &[]] {
        let ran = folder.fix(arguments);
        let printed = ran.out + &ran.err;
        assert!(printed.lines().all(|line| !line.trim_start().starts_with("::")), "{printed}");
        assert!(printed.matches("./::stop-commands::x/").count() >= 2, "{printed}");
    }
}

/// The worked examples of v0.5: only their declared numbers are wrong.
#[test]
fn examples_of_v0_5_pass_once_fixed() {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/owasp-0.5");
    let folder = Folder::new(&[]);
    for entry in fs::read_dir(examples).unwrap() {
        let path = entry.unwrap().path();
        fs::copy(&path, folder.path(path.file_name().unwrap().to_str().unwrap())).unwrap();
    }
    assert_eq!(folder.run(&["--today", "2026-11-23"]).code, 1);
    let ran = folder.fix(&[]);
    assert!(
        ran.out.ends_with("Fixed 14 values in 7 files. Left: 10 notes; run `aivss-lint`.\n"),
        "{}",
        ran.out
    );
    assert_eq!(ran.code, 0);
    let checked = folder.run(&["--today", "2026-11-23", "--format", "concise"]);
    assert_eq!(checked.code, 0);
    assert!(checked.out.lines().all(|line| line.contains(": note[risk-unaddressed] ")), "{}", checked.out);
}

/// The stock model with everything from `maestro:` on replaced.
fn with_layers(layers: &str) -> String {
    let (head, _) = MODEL.split_once("maestro:").unwrap();
    format!("{head}{layers}")
}

/// The forms for layers, in block style.
fn forms(layers: &[(&str, &str)]) -> String {
    let form = |(key, topic): &(&str, &str)| {
        format!("  {key}: {{ status: uncertain, analysis: \"TODO: say what threatens {topic}\" }}\n")
    };
    layers.iter().map(form).collect()
}

const TOPICS: [(&str, &str); 7] = [
    ("foundation_models", "models, their interfaces and weights"),
    ("data_operations", "training data, retrieval, vector stores, memory inputs"),
    ("agent_frameworks", "agent logic, planners, tool orchestration"),
    ("deployment_and_infrastructure", "cloud, runtimes, sandboxes"),
    ("evaluation_and_observability", "monitoring, logging, evaluation, guardrails"),
    ("security_and_compliance", "identity, policy, compliance"),
    ("agent_ecosystem", "external tools, plugins, MCP servers, other agents"),
];

/// Fixes a file with suggestions, twice: the second run changes nothing, and forms keep the check failing.
fn suggested(name: &str, text: &str) -> String {
    let folder = Folder::new(&[(name, text)]);
    let first = folder.fix(&["--unsafe", name]);
    let after = folder.read(name);
    let second = folder.fix(&["--unsafe", name]);
    assert!(second.out.starts_with("Nothing to fix. "), "{}", second.out);
    assert_eq!(folder.read(name), after);
    assert_eq!((first.code, second.code), (1, 1), "{}{}", first.out, second.out);
    let ran = folder.run(&["--format", "concise", "--today", "2026-11-23", name]);
    assert!(ran.out.contains("error[layer-blank]"), "{}", ran.out);
    assert!(!ran.out.contains("syntax") && !ran.out.contains("unknown-key"), "{}", ran.out);
    after
}

#[test]
fn misspelled_and_old_keys_are_suggestions() {
    let right = MODEL.replace("agent_frameworks:", "\"agent_frameworks\": # quoted\n    ");
    let wrong = right
        .replace("autonomy_of_action:", "execution_autonomy:")
        .replace("dynamic_tool_use:", "tools:")
        .replace("natural_language_interface:", "language:")
        .replace("non_determinism:", "'Behavioral Non-Determinism':")
        .replace("opacity_and_reflexivity:", "opacity_and_reflexivty:")
        .replace("persistent_memory:", "memory_use:")
        .replace("self_modification:", "self_mod:")
        .replace("  summary:", "  sumary:")
        .replace("\"agent_frameworks\"", "\"agent_framework\"");
    let folder = Folder::new(&[(FILE, &wrong)]);
    // Suggestions are made only on request.
    let ran = folder.fix(&[]);
    assert_eq!((ran.code, folder.read(FILE)), (1, wrong.clone()));
    assert!(ran.out.ends_with("`aivss-lint fix --unsafe` has suggestions for 9.\n"), "{}", ran.out);
    let ran = folder.fix(&["--unsafe"]);
    assert_eq!(folder.read(FILE), right.replace("non_determinism:", "'non_determinism':"), "{}", ran.out);
    assert!(ran.out.contains(": unknown-key: sumary → summary (suggested)\n"), "{}", ran.out);
    let expected = "Applied 9 suggestions in 1 file. No problems left.\n";
    assert!(ran.out.ends_with(expected), "{}", ran.out);
    assert_eq!(ran.code, 0);
    assert_eq!(folder.fix(&["--unsafe"]).out, "Nothing to fix. No problems left.\n");
}

/// A value that was commented out is not restored, which would lower the score and make the check pass.
#[test]
fn misspelled_key_is_renamed_and_a_key_of_another_name_is_not() {
    let planned = |key: &str| model("  mitigation_factor: 1.0\n", &format!("  {key}: 0.67\n"));
    let language = model("natural_language_interface: 1.0", "natural_language_interface_old: 0.0");
    let two =
        MODEL.replace("  mitigation_factor: 1.0\n", "  mitigaton_factor: 0.67\n  mitigation_facto: 1.0\n");
    let tools = model("    dynamic_tool_use: 0.5\n", "    tools: 0.5\n    Tool Use: 0.0\n");
    for wrong in [
        planned("mitigation_factor_planned"),
        planned("mitigation_factor_old"),
        planned("old_mitigation_factor"),
        planned("mitigation_factor2"),
        planned("_mitigation_factor"),
        planned("\"#mitigation_factor\""),
        planned("threat_multiplier_2025"),
        model("  data_operations:", "  data_operations_old:"),
        language,
        two,
        tools,
    ] {
        let folder = Folder::new(&[(FILE, &wrong)]);
        let ran = folder.fix(&["--unsafe"]);
        assert_eq!((ran.code, folder.read(FILE)), (1, wrong), "{}", ran.out);
        // The report still names the similar key.
        let ran = folder.run(&["check", "--today", "2026-11-23"]);
        assert!(ran.out.contains("help: did you mean `") && !ran.out.contains("--unsafe"), "{}", ran.out);
    }
    let folder = Folder::new(&[(FILE, &planned("mitigaton_factor"))]);
    folder.fix(&["--unsafe"]);
    assert!(folder.read(FILE).contains("\n  mitigation_factor: 0.67\n"));
}

#[test]
fn form_that_would_not_be_read_is_not_written() {
    // A line feed, then a carriage return: the block ends after its only line.
    let page = "- a\n\n  ```yaml\n\r aivss_threat_model: 1\n```\n";
    let folder = Folder::new(&[("THREAT_MODEL.md", page)]);
    let ran = folder.fix(&["--unsafe"]);
    assert_eq!((ran.code, folder.read("THREAT_MODEL.md").as_str()), (1, page), "{}", ran.out);
}

#[test]
fn key_is_not_renamed_to_an_existing_one_through_an_alias_or_with_escapes() {
    for wrong in [
        model("  summary:", "  sumary: Twice.\n  summary:"),
        model("    dynamic_tool_use: 0.5\n", "    dynamic_tool_use: 0.5\n    tools: 0.5\n"),
        model("  summary:", "  \"sum\\u0061ry\": x\n  \"sumar\\x79y\":"),
        model("agent:\n", "x-agent: *agent\nagent: &agent\n")
            .replace("x-agent: *agent\n", "")
            .replace("  summary:", "  sumary:")
            + "x-agent: *agent\n",
    ] {
        let folder = Folder::new(&[(FILE, &wrong)]);
        let ran = folder.fix(&["--unsafe"]);
        assert_eq!(folder.read(FILE), wrong, "{}", ran.out);
        assert_eq!(ran.code, 1, "{}", ran.out);
    }
    // A key that is similar to two is not renamed.
    let wrong = model("  summary:", "  sumary: x\n  summry:");
    let folder = Folder::new(&[(FILE, &wrong)]);
    assert_eq!((folder.fix(&["--unsafe"]).code, folder.read(FILE)), (1, wrong));
    // One tenth factor is never renamed to the other.
    let report = REPORT.replacen("\"language\"", "\"goal_driven_planning\"", 1);
    let folder = Folder::new(&[("aivss-report.json", &report)]);
    folder.fix(&["--unsafe"]);
    assert!(folder.read("aivss-report.json").contains("\"goal_driven_planning\""));
}

#[test]
fn missing_layers_get_forms_after_the_last_one() {
    let some = "maestro:\n  agent_frameworks: |\n    A planner.\n\n# the end\nfindings: []\n";
    let others: Vec<_> = TOPICS.into_iter().filter(|(key, _)| *key != "agent_frameworks").collect();
    let right = some.replace("planner.\n", &format!("planner.\n{}", forms(&others)));
    assert_eq!(suggested(FILE, &with_layers(some)), with_layers(&right));
    // Windows, and a page with an indented block.
    let on_windows = |text: &str| with_layers(text).replace('\n', "\r\n");
    assert_eq!(suggested(FILE, &on_windows(some)), on_windows(&right));
    let page = |text: &str| {
        let lines: String =
            with_layers(text).lines().map(|line| format!("  {line}").trim_end().to_owned() + "\n").collect();
        format!("# Planner\n\n- Its threats:\n\n  ```yaml\n{lines}  ```\n\nThe end.\n")
    };
    assert_eq!(suggested("THREAT_MODEL.md", &page(some)), page(&right));
}

/// Fixes of a report, applied one by one, write each form once.
#[test]
fn first_of_several_missing_layers_has_all_forms() {
    let some = "maestro:\n  foundation_models: Prompts leak.\n  agent_ecosystem: { }\n";
    let folder = Folder::new(&[(FILE, &with_layers(some))]);
    let json: serde_json::Value = serde_json::from_str(&folder.run(&["--format", "json"]).out).unwrap();
    let mut problems = json["files"][0]["diagnostics"].as_array().unwrap().clone();
    problems.retain(|problem| problem["level"] == "error");
    let forms: Vec<&str> = problems.iter().filter_map(|problem| problem["fix"]["title"].as_str()).collect();
    assert_eq!(
        (problems.len(), forms),
        (6, vec!["Write forms for 5 layers", "Write a form for `agent_ecosystem`"])
    );
}

#[test]
fn missing_or_empty_block_of_layers_gets_seven_forms() {
    let all = forms(&TOPICS);
    for (wrong, right) in [
        ("", format!("maestro:\n{all}")),
        ("maestro:\n", format!("maestro:\n{all}")),
        ("maestro: # soon\nfindings: []\n", format!("maestro: # soon\n{all}findings: []\n")),
        ("maestro: ~ # soon\n", format!("maestro: # soon\n{all}")),
        ("maestro: {}\n---\n", format!("maestro:\n{all}---\n")),
    ] {
        assert_eq!(suggested(FILE, &with_layers(wrong)), with_layers(&right));
    }
    // At the very end of a file, where no line ends.
    let text = with_layers("maestro:");
    assert_eq!(suggested(FILE, &text), with_layers(&format!("maestro:\n{all}")).trim_end());
}

#[test]
fn value_of_an_unreadable_key_is_kept() {
    for layers in [
        "maestro: { .inf: A week of work. }\n",
        "maestro: { 12345678901234567890: A week of work. }\n",
        "maestro:\n  foundation_models: { .nan: A week of work. }\n",
        "maestro:\n  foundation_models:\n    ? [a]\n    : A week of work.\n",
    ] {
        let folder = Folder::new(&[(FILE, &with_layers(layers))]);
        assert_ne!(folder.fix(&["--unsafe"]).code, 0);
        assert!(folder.read(FILE).contains(layers), "{}", folder.read(FILE));
    }
}

#[test]
fn empty_layer_is_filled_in_at_its_place() {
    let wrong = "maestro:
  foundation_models: # who knows
  data_operations: ''
  agent_frameworks: {}
  deployment_and_infrastructure: { status: mapped }
  evaluation_and_observability:
    status: uncertain
    analysis: \"\"
  security_and_compliance:
    status: uncertain
  agent_ecosystem: null
";
    let form = |at: usize| forms(&TOPICS[at..=at]);
    let ask = |at: usize| format!("analysis: \"TODO: say what threatens {}\"", TOPICS[at].1);
    let commented = form(0).replace("}\n", "} # who knows\n");
    let right = format!(
        "maestro:\n{commented}{}{}  deployment_and_infrastructure: {{ status: mapped, {} }}\n  \
         evaluation_and_observability:\n    status: uncertain\n    {}\n  \
         security_and_compliance:\n    status: uncertain\n    {}\n{}",
        form(1),
        form(2),
        ask(3),
        ask(4),
        ask(5),
        form(6)
    );
    assert_eq!(suggested(FILE, &with_layers(wrong)), with_layers(&right));
    let flow = with_layers("maestro: { foundation_models: Prompts leak., data_operations: , }\n");
    let after = suggested(FILE, &flow);
    assert!(
        after.contains("maestro: { foundation_models: Prompts leak., data_operations: { status: uncertain, "),
        "{after}"
    );
    assert!(after.ends_with(" other agents\" } , }\n"), "{after}");
}

#[test]
fn forms_in_a_json_file_are_json() {
    let head = r#"{
    "aivss_threat_model": 1,
    "agent": { "name": "P", "summary": "Plans trips and books them." },
    "aivss": { "version": "0.8", "cvss_base": 7.1, "score": 9.4 }"#;
    let form = |(key, topic): (&str, &str)| {
        format!(
            "        \"{key}\": {{ \"status\": \"uncertain\", \"analysis\": \"TODO: say what threatens {topic}\" }}"
        )
    };
    let all = TOPICS.map(form).join(",\n");
    let right = format!("{head},\n    \"maestro\": {{\n{all}\n    }}\n}}\n");
    for layers in ["", ",\n    \"maestro\": null", ",\n    \"maestro\": {}"] {
        assert_eq!(suggested("threat-model.json", &format!("{head}{layers}\n}}\n")), right);
    }
    let one = format!(
        "{head},\n    \"maestro\": {{\n{}\n    }}\n}}\n",
        form(TOPICS[0]).replace("TODO: say", "They say")
    );
    let rest = TOPICS[1..].iter().map(|layer| format!(",\n{}", form(*layer)));
    let right = one.replace(" }\n    }\n}", &format!(" }}{}\n    }}\n}}", rest.collect::<String>()));
    assert_eq!(suggested("threat-model.json", &one), right);
    // Also in one line.
    let line: serde_json::Value = serde_json::from_str(&format!("{head}}}")).unwrap();
    let after = suggested("threat-model.json", &line.to_string());
    assert_eq!(after.lines().count(), 1);
    assert!(serde_json::from_str::<serde_json::Value>(&after).is_ok(), "{after}");
}

#[test]
fn aliased_or_escaped_layers_get_no_forms() {
    for layers in [
        "maestro: &layers\n  foundation_models: Prompts leak.\nx-other: *layers\n",
        "maestro:\n  ? foundation_models\n  : Prompts leak.\n",
        "maestro: &layers\n",
        "maestro:\n  foundation_models: TODO\n  data_operations: N/A\n  agent_frameworks: '?'\n  deployment_and_infrastructure: TBD\n  evaluation_and_observability: '-'\n  security_and_compliance: |\n    ...\n  agent_ecosystem: |\n\n",
    ] {
        assert_eq!(suggested(FILE, &with_layers(layers)), with_layers(layers));
    }
}

#[test]
fn suggestions_and_numbers_are_one_run_and_one_patch() {
    let wrong = MODEL
        .replace("  score: 9.4", "  scoer: 9.1")
        .replace("  agent_ecosystem: A hotel's own agent answers in free text.\n", "");
    let folder = Folder::new(&[(FILE, &wrong)]);
    let ran = folder.fix(&["--unsafe", "--diff"]);
    assert_eq!((ran.code, folder.read(FILE)), (1, wrong.clone()));
    assert_eq!(
        ran.err,
        "Would fix 1 value and apply 2 suggestions in 1 file. Run without --diff to apply. Left: 1 error; run `aivss-lint`.\n"
    );
    assert!(ran.out.contains("\n-  scoer: 9.1\n+  score: 9.4\n"), "{}", ran.out);
    folder.fix(&["--unsafe"]);
    // A form goes to the end of the layers.
    let whole = MODEL.replace("  agent_ecosystem: A hotel's own agent answers in free text.\n", "");
    assert_eq!(folder.read(FILE), whole + &forms(&TOPICS[6..]));
}

#[test]
fn reports_mark_fixes_that_are_suggestions() {
    let wrong = model("score: 9.4", "score: 9.1").replace("  summary:", "  sumary:");
    let folder = Folder::new(&[(FILE, &wrong)]);
    let json: serde_json::Value = serde_json::from_str(&folder.run(&["--format", "json"]).out).unwrap();
    let problems = json["files"][0]["diagnostics"].as_array().unwrap();
    let fix = |rule: &str| &problems.iter().find(|problem| problem["rule"] == rule).unwrap()["fix"];
    assert_eq!(
        (&fix("score-mismatch")["safety"], &fix("unknown-key")["safety"]),
        (&"safe".into(), &"suggested".into())
    );
    assert_eq!(fix("unknown-key")["edits"][0]["text"], "summary");
    let sarif: serde_json::Value = serde_json::from_str(&folder.run(&["--format", "sarif"]).out).unwrap();
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    let title = |rule: &str| {
        let result = results.iter().find(|result| result["ruleId"] == rule).unwrap();
        result["fixes"][0]["description"]["text"].as_str().unwrap().to_owned()
    };
    assert_eq!(title("score-mismatch"), "Write 9.4");
    assert_eq!(title("unknown-key"), "Write summary (suggested, needs review)");
}
