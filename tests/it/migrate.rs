//! Migration to another version of the standard: changed bytes, kept bytes, and open decisions.

use std::fs;
use std::path::Path;

use crate::folder::{Folder, Ran};

const STOCK: &str = include_str!("../../src/rules/stock.yaml");
const REPORT: &str = include_str!("../../examples/owasp-0.8/aivss-report.json");
const FILE: &str = "threat-model.yaml";

impl Folder {
    fn on_that_day(&self, command: &str, arguments: &[&str]) -> Ran {
        self.run(&[&[command, "--today", "2026-11-23"], arguments].concat())
    }

    fn migrate(&self, arguments: &[&str]) -> Ran {
        self.on_that_day("fix", &[&["--to", "0.8"], arguments].concat())
    }

    /// Gives the open factor of a file a value, and writes the numbers that follow.
    fn decide(&self, file: &str, value: &str) -> Ran {
        let text = self.read(file);
        let decided = text
            .replace("natural_language_interface:\n", &format!("natural_language_interface: {value}\n"))
            .replace("interface\": null", &format!("interface\": {value}"));
        assert_ne!(text, decided);
        fs::write(self.path(file), decided).unwrap();
        self.on_that_day("fix", &[])
    }
}

/// A text with replacements, each of which must apply.
fn with(text: &str, swaps: &[(&str, &str)]) -> String {
    swaps.iter().fold(text.to_owned(), |text, (from, to)| {
        assert!(text.contains(from), "{from}");
        text.replacen(from, to, 1)
    })
}

/// The stock by v0.5, with goal-driven planning at 0.7.
fn old() -> String {
    let tenth = ("natural_language_interface: 1.0", "goal_driven_planning: 0.7");
    with(STOCK, &[("version: '0.8'", "version: '0.5'"), tenth, ("score: 9.4", "score: 7.2")])
}

/// The comment above the new factor.
const QUESTION: &str = "    # To be decided: AIVSS 0.8 has natural_language_interface in place of goal_driven_planning.
    # 0.0: structured input only; 0.5: for retrieval or answers, not for execution; 1.0: prompts drive tools and planning.
    # Before:
";

#[test]
fn open_factor_is_reported_by_check_and_fix_writes_the_rest() {
    let folder = Folder::new(&[(FILE, &old())]);
    let ran = folder.migrate(&[]);
    let new = with(
        &old(),
        &[
            ("version: '0.5'", "version: '0.8'"),
            (
                "    goal_driven_planning: 0.7\n",
                &format!("{QUESTION}    #   goal_driven_planning: 0.7\n    natural_language_interface:\n"),
            ),
        ],
    );
    assert_eq!(folder.read(FILE), new);
    assert_eq!((ran.code, ran.err), (1, String::new()));
    assert!(ran.out.contains("Migrated 1 score in 1 file. Left: 1 error"), "{}", ran.out);

    let checked = folder.on_that_day("check", &["--format", "concise"]);
    let asked =
        format!("{FILE}:16:5: error[factor-missing] factor `natural_language_interface` has no value");
    assert!(checked.code == 1 && checked.out.starts_with(&asked), "{}", checked.out);

    // A second run changes nothing and still fails.
    assert_eq!((folder.migrate(&[]).code, folder.read(FILE)), (1, new));

    assert_eq!(folder.decide(FILE, "0.5").code, 0);
    assert!(folder.read(FILE).contains("\n  score: 9.2\n"));
    assert_eq!(folder.migrate(&[]).code, 0);
}

#[test]
fn line_ends_comments_and_long_rationale_are_kept() {
    let entry = "    # above\r\n    goal_driven_planning:  # why\r\n      score: 0.7\r\n      rationale: >-\r\n        Plans trips\r\n\r\n        over # weeks.\r\n    # below\r\n";
    let text = old().replace('\n', "\r\n").replace("    goal_driven_planning: 0.7\r\n", entry);
    let folder = Folder::new(&[(FILE, &text)]);
    let ran = folder.migrate(&[]);
    let lines = "    # above\n@    #   goal_driven_planning:  # why\n    #     score: 0.7\n    #     rationale: >-\n    #       Plans trips\n    #\n    #       over # weeks.\n    natural_language_interface:\n    # below\n";
    let new = text
        .replace("version: '0.5'", "version: '0.8'")
        .replace(entry, &lines.replace('@', QUESTION).replace('\n', "\r\n"));
    assert_eq!(folder.read(FILE), new);
    assert_eq!(ran.code, 1);
}

#[test]
fn entry_of_any_shape_becomes_comments() {
    for (entry, commented) in [
        (
            "{ score: 0.7, rationale: Plans. } # why",
            "goal_driven_planning: { score: 0.7, rationale: Plans. } # why",
        ),
        (
            "{\n      score: 0.7,\n      rationale: 'Plans\n        much' }",
            "goal_driven_planning: {\n    #     score: 0.7,\n    #     rationale: 'Plans\n    #       much' }",
        ),
        (
            "\n      rationale: |\n        Plans\n        much\n\n\n      score: 0.7",
            "goal_driven_planning:\n    #     rationale: |\n    #       Plans\n    #       much\n    #\n    #\n    #     score: 0.7",
        ),
        (
            "\n      score: 0.7\n      rationale: |+\n        Plans\n\n",
            "goal_driven_planning:\n    #     score: 0.7\n    #     rationale: |+\n    #       Plans",
        ),
        ("&plan 0.7", "goal_driven_planning: &plan 0.7"),
        ("", "goal_driven_planning:"),
    ] {
        let text = with(&old(), &[("goal_driven_planning: 0.7", &format!("goal_driven_planning: {entry}"))]);
        let folder = Folder::new(&[(FILE, &text)]);
        let ran = folder.migrate(&[]);
        let new = format!("    #   {commented}\n    natural_language_interface:\n");
        assert!(
            folder.read(FILE).contains(&new) || folder.read(FILE).contains(&new.replace(": \n", ":\n")),
            "{entry}: {}",
            folder.read(FILE)
        );
        assert!(ran.out.contains("Migrated 1 score in 1 file"), "{entry}: {}", ran.out);
        // All other lines are the same.
        let kept = |text: &str| -> Vec<String> {
            let (head, rest) = text.split_once("dynamic_tool_use: 0.5\n").unwrap();
            let rest = rest.split_once("    contextual_awareness").unwrap().1;
            vec![head.replace("'0.5'", "'0.8'"), rest.to_owned()]
        };
        assert_eq!(kept(&folder.read(FILE)), kept(&text), "{entry}");
    }
}

#[test]
fn braces_and_json_get_null_and_keep_the_old_factor_under_its_own_key() {
    let factors = |text: &str| {
        let (head, rest) = text.split_once("  factors:\n").unwrap();
        let (ten, tail) = rest.split_once("  threat_multiplier").unwrap();
        let ten: Vec<String> = ten.lines().map(|line| line.trim().to_owned()).collect();
        format!("{head}  factors: {{ {} }} # ten\n  threat_multiplier{tail}", ten.join(", "))
    };
    let text = factors(&with(
        &old(),
        &[("goal_driven_planning: 0.7", "'goal_driven_planning': {score: 0.7, rationale: Plans}")],
    ));
    let folder = Folder::new(&[(FILE, &text)]);
    folder.migrate(&[]);
    let swap =
        ("'goal_driven_planning': {", "'natural_language_interface': null, 'x-goal_driven_planning': {");
    assert_eq!(folder.read(FILE), with(&text, &[("'0.5'", "'0.8'"), swap]));

    let yaml = with(&old(), &[("version: '0.5'", "version: 0.5")]);
    let json = json_of(&yaml);
    for (to, version) in [("0.8", "0.8"), ("0.8-floor", "\"0.8-floor\"")] {
        let folder = Folder::new(&[("planner.threat-model.json", &json)]);
        let ran = folder.on_that_day("fix", &["--to", to]);
        let new = with(
            &json,
            &[
                ("\"version\": 0.5", &format!("\"version\": {version}")),
                (
                    "\"goal_driven_planning\": 0.7",
                    "\"natural_language_interface\": null,\n\"x-goal_driven_planning\": 0.7",
                ),
            ],
        );
        assert_eq!(folder.read("planner.threat-model.json"), new);
        let checked = folder.on_that_day("check", &["--format", "concise"]);
        let errors: Vec<&str> = checked.out.lines().filter(|line| line.contains(": error[")).collect();
        assert!(errors.len() == 1 && errors[0].contains("error[factor-missing]"), "{}", checked.out);
        assert_eq!(ran.code, 1);
    }
    // In one line, on Windows, and with a value that is missing.
    for (text, right) in [
        (json.replace('\n', ""), ",\"natural_language_interface\": null, \"x-goal_driven_planning\": 0.7,"),
        (
            json.replace('\n', "\r\n  "),
            ",\r\n  \"natural_language_interface\": null,\r\n  \"x-goal_driven_planning\": 0.7,\r\n",
        ),
    ] {
        let folder = Folder::new(&[("planner.threat-model.json", &text)]);
        folder.migrate(&[]);
        let new = folder.read("planner.threat-model.json");
        assert!(new.contains(right), "{new}");
        assert_eq!(folder.decide("planner.threat-model.json", "0.5").code, 0);
        assert_eq!(folder.on_that_day("check", &[]).code, 0);
    }
    let folder = Folder::new(&[(FILE, &factors(&with(&old(), &[("planning: 0.7", "planning:")])))]);
    folder.migrate(&[]);
    let right = "natural_language_interface: null, x-goal_driven_planning:, ";
    assert!(folder.read(FILE).contains(right), "{}", folder.read(FILE));
    // An existing key of that name is kept.
    let text =
        factors(&with(&old(), &[("planning: 0.7", "planning: 0.7\n    x-goal_driven_planning: Old.")]));
    let folder = Folder::new(&[(FILE, &text)]);
    assert_eq!((folder.migrate(&[]).code, folder.read(FILE)), (1, text));
    // In JSON text stays text.
    let folder = Folder::new(&[(
        "planner.threat-model.json",
        &json.replace("\"version\": 0.5", "\"version\": \"0.5\""),
    )]);
    folder.migrate(&[]);
    assert!(folder.read("planner.threat-model.json").contains("\"version\": \"0.8\""));
}

/// The same model as JSON, a line a key.
fn json_of(yaml: &str) -> String {
    let mut json = String::from("{\n");
    let mut depth = 0;
    // Lists have no form here.
    let lines: Vec<&str> = yaml.split("  cross_layer:").next().unwrap().lines().collect();
    for (at, line) in lines.iter().enumerate() {
        let (key, value) = line.trim().split_once(':').unwrap();
        let value = value.trim().trim_matches('\'');
        let level = |line: &str| (line.len() - line.trim_start().len()) / 2;
        let next = lines.get(at + 1).map_or(0, |line| level(line));
        let is_number = value.parse::<f32>().is_ok();
        match (value, is_number) {
            ("", _) => json.push_str(&format!("\"{key}\": {{\n")),
            (_, true) => json.push_str(&format!("\"{key}\": {value}")),
            (_, false) => json.push_str(&format!("\"{key}\": \"{value}\"")),
        }
        if value.is_empty() {
            depth += 1;
            continue;
        }
        let closed = depth - next;
        json.push_str(&"\n}".repeat(closed));
        depth = next;
        json.push_str(if at + 1 == lines.len() { "" } else { ",\n" });
    }
    json.push_str("\n}\n");
    json
}

#[test]
fn page_and_stream_change_only_in_their_blocks() {
    let page = |model: &str| {
        let indented = model.lines().map(|line| format!("   {line}\n")).collect::<String>();
        format!(
            "# Planner\n\ngoal_driven_planning: 0.7\n\n```yaml\n{model}```\n\n1. In a list:\n\n   ```yaml\n{indented}   ```\n\nThe end."
        )
    };
    let folder =
        Folder::new(&[("THREAT_MODEL.md", &page(&old())), (FILE, &format!("{}---\n{}", old(), old()))]);
    let ran = folder.migrate(&[]);
    let lines = format!("{QUESTION}    #   goal_driven_planning: 0.7\n    natural_language_interface:\n");
    let new = with(&old(), &[("'0.5'", "'0.8'"), ("    goal_driven_planning: 0.7\n", &lines)]);
    assert_eq!(folder.read("THREAT_MODEL.md"), page(&new));
    assert_eq!(folder.read(FILE), format!("{new}---\n{new}"));
    assert!(ran.out.contains("Migrated 4 scores in 2 files. "), "{}", ran.out);
}

#[test]
fn finding_is_migrated_from_its_own_version() {
    let block =
        old().split_once("aivss:\n").unwrap().1.split_once("maestro:").unwrap().0.replace("\n  ", "\n      ");
    let finding = |id: &str, block: &str| {
        format!("  - id: {id}\n    title: A flaw\n    aivss:\n    {}\n", block.trim_end())
    };
    let text = format!(
        "{}findings:\n{}{}{}{}",
        old(),
        finding("F-1", &block),
        finding("F-2", &block.replace("'0.5'", "'0.8'").replace("score: 7.2", "score: 9.3")),
        finding("F-3", &block.replace("'0.5'", "'0.9'")),
        finding("F-4", &block.replace("goal_driven_planning: 0.7", "natural_language_interface: 0.7")),
    );
    let folder = Folder::new(&[(FILE, &text)]);
    let ran = folder.migrate(&[]);
    // The places are those of the file as it is now.
    let line = folder.read(FILE).lines().position(|line| line.ends_with("version: '0.9'")).unwrap() + 1;
    let expected =
        format!("\n{FILE}:{line}:16: version-outdated: not migrated to AIVSS 0.8: unknown version `0.9`\n");
    assert!(ran.out.contains(&expected), "{}", ran.out);
    assert!(ran.out.contains("Migrated 3 scores and fixed 1 value in 1 file. Left: "), "{}", ran.out);
    assert_eq!(ran.code, 1);
    // Scores by the version already are not checked, and unknown ones are kept.
    let new = folder.read(FILE);
    assert_eq!((new.matches("goal_driven_planning: 0.7").count(), new.matches("#   goal").count()), (4, 2));
}

#[test]
fn aliased_value_is_reported_and_not_migrated() {
    for (swaps, place) in [
        (
            &[("version: '0.5'", "version: &version '0.5'"), ("maestro:", "x-version: *version\nmaestro:")][..],
            "6:21",
        ),
        (
            &[
                ("agent:", "x-version: &version '0.5'\nagent:"),
                ("version: '0.5'\n  cvss", "version: *version\n  cvss"),
            ],
            "7:12",
        ),
        (&[("  factors:", "  factors: &ten"), ("maestro:", "x-ten: *ten\nmaestro:")], "12:5"),
        (&[("planning: 0.7", "planning: &plan 0.7"), ("maestro:", "x-plan: *plan\nmaestro:")], "12:5"),
        (
            &[("planning: 0.7", "planning: { score: &plan 0.7 }"), ("maestro:", "x-plan: *plan\nmaestro:")],
            "6:13",
        ),
        (
            &[
                ("aivss:\n", "aivss: &own\n"),
                ("maestro:", "findings: [{ id: F, title: T, aivss: *own }]\nmaestro:"),
            ],
            "5:1",
        ),
        (&[("version: '0.5'", "version: \"0\\x2e5\"")], "6:12"),
        (&[("version: '0.5'", "version: !!str '0.5'")], "6:18"),
        (&[("version: '0.5'", "version: &version '0.5'")], "6:21"),
        (&[("goal_driven_planning: 0.7", "\"goal\\x5fdriven_planning\": 0.7")], ""),
    ] {
        let text = with(&old(), swaps);
        let folder = Folder::new(&[(FILE, &text)]);
        let ran = folder.migrate(&[]);
        if place.is_empty() {
            // A key can be spelled in many ways; a comment keeps it.
            assert!(folder.read(FILE).contains("#   \"goal\\x5f"), "{}", ran.out);
            continue;
        }
        assert_eq!((ran.code, folder.read(FILE)), (1, text), "{}", ran.out);
        let expected = format!("{FILE}:{place}: version-outdated: not migrated to AIVSS 0.8: ");
        assert!(ran.out.contains(&expected), "{place}: {}", ran.out);
        assert!(ran.out.contains("Nothing to fix. Left: "), "{}", ran.out);
    }
}

#[test]
fn factors_of_the_new_version_are_kept() {
    let text = with(&old(), &[("goal_driven_planning", "natural_language_interface")]);
    let folder = Folder::new(&[(FILE, &text)]);
    assert_eq!(folder.migrate(&[]).code, 0);
    let new = with(&text, &[("'0.5'", "'0.8'"), ("score: 7.2", "score: 9.3")]);
    assert_eq!(folder.read(FILE), new);
    // Between versions with the same set there is no open factor.
    let ran = folder.on_that_day("fix", &["--to", "0.8-floor"]);
    assert_eq!((ran.code, folder.read(FILE)), (0, with(&new, &[("'0.8'", "'0.8-floor'")])), "{}", ran.out);
}

#[test]
fn incomplete_score_is_migrated_without_a_guess() {
    let text = with(&old(), &[("self_modification: 0.5", "self_modification:")]);
    let folder = Folder::new(&[(FILE, &text)]);
    assert_eq!(folder.migrate(&[]).code, 1);
    assert_eq!(folder.decide(FILE, "0.5").code, 1);
    assert!(folder.read(FILE).contains("score: 7.2\n"), "what cannot be computed stays");
}

/// Version 0.5 has no mitigation factor. The policy decides on one without evidence.
#[test]
fn mitigation_begins_to_count() {
    let text = with(
        &old(),
        &[(
            "mitigation_factor: 1.0",
            "mitigation_factor: partial\n  severity: High\n  factor_sum: 7.7\n  aars: 7.7",
        )],
    );
    let folder = Folder::new(&[(FILE, &text)]);
    folder.migrate(&[]);
    folder.decide(FILE, "0.7");
    assert!(folder.read(FILE).contains("\n  aars: 2.17\n  score: 7.7\n"), "{}", folder.read(FILE));
}

#[test]
fn score_by_a_later_formula_is_not_migrated() {
    let floor = with(
        STOCK,
        &[("'0.8'", "'0.8-floor'"), ("factor: 1.0", "factor: 0.67"), ("score: 9.4", "score: 8.6")],
    );
    let open = with(&floor, &[("interface: 1.0", "interface:")]);
    for (text, code) in [(floor, 0), (open, 1)] {
        let folder = Folder::new(&[(FILE, &text)]);
        let ran = folder.migrate(&[]);
        assert_eq!((ran.code, folder.read(FILE)), (code, text), "{}", ran.out);
        assert!(ran.out.contains("Nothing to fix. "), "{}", ran.out);
    }
    let folder = Folder::new(&[(FILE, STOCK)]);
    assert_eq!(folder.on_that_day("fix", &["--to", "0.8-floor"]).code, 0);
    assert!(folder.read(FILE).contains("version: '0.8-floor'"));
}

#[test]
#[cfg(unix)]
fn linked_file_is_migrated_once_and_no_path_is_a_command() {
    use std::os::unix::fs::symlink;
    let folder = Folder::new(&[("threat-model.yaml", &old())]);
    symlink(FILE, folder.path("a.threat-model.yaml")).unwrap();
    for arguments in [&["--diff"][..], &[]] {
        let ran = folder.migrate(arguments);
        let printed = ran.out + &ran.err;
        assert!(printed.contains("igrate") && printed.contains(" 1 score in 1 file. "), "{printed}");
    }
    assert_eq!(folder.read(FILE).matches("To be decided").count(), 1);

    let name = "::stop-commands::x";
    let with_alias =
        with(&old(), &[("version: '0.5'", "version: &v '0.5'"), ("maestro:", "x-v: *v\nmaestro:")]);
    let folder = Folder::new(&[]);
    fs::create_dir(folder.path(name)).unwrap();
    for (file, text) in [("a", old()), ("b", with_alias), ("c", old() + "a: [")] {
        fs::write(folder.path(&format!("{name}/{file}.threat-model.yaml")), text).unwrap();
    }
    for arguments in [&["--diff"][..], &[], &[]] {
        let ran = folder.migrate(arguments);
        let printed = ran.out + &ran.err;
        assert!(printed.lines().all(|line| !line.trim_start().starts_with("::")), "{printed}");
        assert!(printed.matches("./::stop-commands::x/").count() >= 2, "{printed}");
    }
}

#[test]
fn quiet_prints_only_what_was_not_migrated() {
    let folder = Folder::new(&[(FILE, &old())]);
    let ran = folder.migrate(&["--quiet"]);
    assert_eq!((ran.code, ran.out, ran.err), (1, String::new(), String::new()));
    let folder = Folder::new(&[(FILE, &with(&old(), &[("version: '0.5'", "version: '0.6'")]))]);
    let ran = folder.migrate(&["-q"]);
    let expected = "version-outdated: not migrated to AIVSS 0.8: unknown version `0.6`";
    assert_eq!((ran.code, ran.out), (1, format!("{FILE}:6:12: {expected}\n")));
}

/// An unknown key does not replace the decision on the tenth factor.
#[test]
fn score_without_one_tenth_factor_is_never_migrated() {
    let tenth = "    goal_driven_planning: 0.7\n";
    for (lines, place, why) in [
        (
            "    Goal-Driven Planning: 0.5\n",
            "12:5",
            "rename `Goal-Driven Planning` to goal_driven_planning first, if that is meant",
        ),
        (
            "    goal_driven_planing: 0.5\n",
            "12:5",
            "rename `goal_driven_planing` to goal_driven_planning first, if that is meant",
        ),
        (
            "    language: 0.5\n",
            "12:5",
            "rename `language` to natural_language_interface first, if that is meant",
        ),
        ("", "9:3", "the tenth factor is missing"),
        (
            "    goal_driven_planning: 0.7\n    natural_language_interface: 0.0\n",
            "13:5",
            "both goal_driven_planning and natural_language_interface are given, and only one is the tenth factor",
        ),
    ] {
        for version in ["'0.5'", "'0.8'"] {
            let text = with(&old(), &[(tenth, lines), ("'0.5'", version)]);
            let folder = Folder::new(&[(FILE, &text)]);
            let ran = folder.migrate(&[]);
            assert_eq!((ran.code, folder.read(FILE)), (1, text), "{}", ran.out);
            let expected = format!("{FILE}:{place}: version-outdated: not migrated to AIVSS 0.8: {why}\n");
            assert!(ran.out.contains(&expected), "{}", ran.out);
        }
    }
    // With its right name, the factor is an open decision.
    let text = with(&old(), &[(tenth, "    Goal-Driven Planning: 0.5\n")]);
    let folder = Folder::new(&[(FILE, &text)]);
    folder.on_that_day("fix", &["--unsafe"]);
    assert_eq!(folder.migrate(&[]).code, 1);
    assert!(folder.read(FILE).contains("    natural_language_interface:\n"));
}

#[test]
fn diff_writes_nothing_and_equals_the_written_change() {
    let folder = Folder::new(&[(FILE, &old())]);
    let ran = folder.migrate(&["--diff"]);
    assert_eq!((ran.code, folder.read(FILE)), (1, old()));
    assert!(ran.err.contains("Would migrate 1 score in 1 file. "), "{}", ran.err);
    fs::write(folder.path("a.patch"), ran.out).unwrap();
    let git = std::process::Command::new("git")
        .args(["apply", "a.patch"])
        .current_dir(folder.path(""))
        .status()
        .unwrap();
    assert!(git.success());
    let patched = folder.read(FILE);
    fs::write(folder.path(FILE), old()).unwrap();
    folder.migrate(&[]);
    assert_eq!(folder.read(FILE), patched);
    assert_eq!(folder.migrate(&["--diff"]).out, "");
}

#[test]
fn report_is_not_changed_and_unreadable_file_exits_2() {
    let broken = old().replace("score: 7.2", "score: [7.2");
    let folder = Folder::new(&[("aivss-report.json", REPORT), ("b.threat-model.yaml", &broken)]);
    let ran = folder.migrate(&["."]);
    assert_eq!(
        (folder.read("aivss-report.json"), folder.read("b.threat-model.yaml")),
        (REPORT.to_owned(), broken)
    );
    assert!(ran.out.contains("b.threat-model.yaml: cannot be parsed, so it was not changed\n"));
    assert!(ran.out.contains("Nothing to fix. "), "{}", ran.out);
    assert_eq!(ran.code, 2);
    assert_eq!(folder.migrate(&["aivss-report.json"]).code, 0);
    for (arguments, words) in [
        (&["--to", "0.8", "-"][..], "standard input cannot be fixed"),
        (&["--to", "0.5"], "possible values: 0.8, 0.8-floor"),
    ] {
        let ran = folder.on_that_day("fix", arguments);
        assert_eq!((ran.code, ran.err.contains(words)), (2, true), "{}", ran.err);
    }
}

#[test]
fn former_command_is_fix_to_with_a_note() {
    let folder = Folder::new(&[("a.threat-model.yaml", &old()), ("b.threat-model.yaml", &old())]);
    let ran = folder.on_that_day("migrate", &["a.threat-model.yaml"]);
    assert_eq!(ran.err, "note: `migrate` is now `aivss-lint fix --to 0.8`\n");
    let fixed = folder.migrate(&["b.threat-model.yaml"]);
    assert_eq!((ran.code, ran.out.replace("a.threat", "b.threat")), (fixed.code, fixed.out));
    assert_eq!(folder.read("a.threat-model.yaml"), folder.read("b.threat-model.yaml"));
}

/// The worked examples of v0.5 are the same agents that v0.8 scores again.
#[test]
fn examples_of_v0_5_pass_once_migrated_and_decided() {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/owasp-0.5");
    let folder = Folder::new(&[]);
    for entry in fs::read_dir(examples).unwrap() {
        let path = entry.unwrap().path();
        fs::copy(&path, folder.path(path.file_name().unwrap().to_str().unwrap())).unwrap();
    }
    let ran = folder.migrate(&[]);
    assert!(ran.out.contains("Migrated 10 scores and fixed 14 values in 10 files. "), "{}", ran.out);
    assert_eq!(ran.code, 1);
    let checked = folder.on_that_day("check", &["--format", "concise"]);
    assert_eq!(
        (checked.code, checked.out.matches("error[factor-missing]").count()),
        (1, 10),
        "{}",
        checked.out
    );
    for entry in fs::read_dir(folder.path("")).unwrap() {
        let path = entry.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        fs::write(
            path,
            text.replace("    natural_language_interface:\n", "    natural_language_interface: 1.0\n"),
        )
        .unwrap();
    }
    assert_eq!(folder.on_that_day("fix", &[]).code, 0);
    assert_eq!(folder.on_that_day("check", &[]).code, 0);
}

#[test]
fn fix_to_migrates_and_writes_the_numbers() {
    let kept = with(&old(), &[("goal_driven_planning", "natural_language_interface")]);
    let folder = Folder::new(&[(FILE, &kept), ("open.threat-model.yaml", &old())]);
    let ran = folder.on_that_day("fix", &["--to", "0.8", FILE]);
    assert_eq!(folder.read(FILE), with(&kept, &[("'0.5'", "'0.8'"), ("score: 7.2", "score: 9.3")]));
    let expected = "Migrated 1 score and fixed 1 value in 1 file. No problems left.\n";
    assert!(ran.code == 0 && ran.out.ends_with(expected), "{}", ran.out);
    // The factor that only a person can decide on fails the check until it has a value.
    let ran = folder.on_that_day("fix", &["--to", "0.8", "open.threat-model.yaml"]);
    assert_eq!(ran.code, 1, "{}", ran.out);
    assert!(folder.read("open.threat-model.yaml").contains("    natural_language_interface:\n"));
    // No score is migrated to an earlier version, and another run changes nothing.
    let before = folder.read(FILE);
    folder.on_that_day("fix", &["--to", "0.8-floor", FILE]);
    assert!(folder.read(FILE).contains("version: '0.8-floor'"));
    let ran = folder.on_that_day("fix", &["--to", "0.8", "--diff", FILE]);
    assert!(ran.code == 0 && ran.out.is_empty() && before != folder.read(FILE), "{}", ran.out);
}

#[test]
fn version_outdated_is_off_unless_the_policy_sets_it() {
    let policy = "aivss_policy: 1\nextends: [recommended]\n";
    let folder = Folder::new(&[(FILE, &old()), ("aivss-policy.yaml", policy)]);
    let outdated = |folder: &Folder| folder.on_that_day("check", &["--format", "concise"]);
    let is_found = |ran: &Ran| ran.out.contains("version-outdated");
    assert!(!is_found(&outdated(&folder)));
    fs::write(folder.path("aivss-policy.yaml"), format!("{policy}rules: {{ version-outdated: error }}\n"))
        .unwrap();
    let ran = outdated(&folder);
    let expected = format!(
        "{FILE}:6:12: error[version-outdated] the score uses AIVSS 0.5, and 0.8 is the newest version"
    );
    assert!(ran.code == 1 && ran.out.contains(&expected), "{}", ran.out);
    assert!(folder.on_that_day("fix", &["--unsafe"]).out.contains("version-outdated"));
    assert!(folder.read(FILE).contains("version: '0.8'") && !is_found(&outdated(&folder)));
    // The newest version is the newest that the policy allows.
    let allowed = format!("{policy}formulas: ['0.5']\nrules: {{ version-outdated: error }}\n");
    fs::write(folder.path("aivss-policy.yaml"), allowed).unwrap();
    fs::write(folder.path(FILE), old()).unwrap();
    assert!(!is_found(&outdated(&folder)));
}
