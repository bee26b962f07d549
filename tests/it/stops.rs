//! Runs that stop early, and texts in logs: every requested report is written with the reason in it, and the text of a
//! file is escaped.

use crate::folder::Folder;
use crate::git::{commit, git};

const MODEL: &str = include_str!("../../src/rules/stock.yaml");
const POLICY: &str = "aivss_policy: 1\nextends: [recommended]\n";
const FORMATS: [&str; 9] =
    ["human", "concise", "json", "sarif", "github", "gitlab", "junit", "markdown", "html"];

/// The arguments for a report in each format, and the names of their files.
fn all_formats() -> (Vec<String>, Vec<String>) {
    let names: Vec<String> = FORMATS.iter().map(|format| format!("report.{format}")).collect();
    let arguments = FORMATS.iter().zip(&names).flat_map(|(format, name)| {
        ["--format".to_owned(), (*format).to_owned(), "--output".to_owned(), name.clone()]
    });
    (arguments.collect(), names)
}

/// Runs the program in a folder with an old report for each format; each must then give the reason.
fn stops(folder: &Folder, arguments: &[&str], reason: &str) {
    let (outputs, names) = all_formats();
    for name in &names {
        folder.write(name, "the report of yesterday");
    }
    let all: Vec<&str> = outputs.iter().map(String::as_str).chain(arguments.iter().copied()).collect();
    let ran = folder.run(&all);
    assert_eq!(ran.code, 2, "{arguments:?}: {}{}", ran.out, ran.err);
    for name in names {
        let report = folder.read(&name).replace(['\\', '\u{2060}'], "");
        assert!(report.contains(reason), "{arguments:?}, {name}: {report}");
    }
}

#[test]
fn early_stop_writes_every_report_with_the_reason() {
    let folder = Folder::new(&[("threat-model.yaml", MODEL), ("other.yaml", "a: 1\n")]);
    stops(&folder, &["--policy", "nowhere.yaml"], "nowhere.yaml");
    stops(&folder, &["--base", "main"], "git");
    stops(&folder, &["--threads", "many"], "many");
    stops(&folder, &["-A", "no-such-rule"], "no-such-rule");
    stops(&folder, &["--policy", "other.yaml"], "broken");
    git(&folder.path(""), &["init", "--quiet", "."]);
    commit(&folder.path(""), "a step");
    stops(&folder, &["--base", "nowhere"], "nowhere");
    stops(&folder, &["--policy-from", "nowhere"], "nowhere");
    folder.write("aivss-policy.yaml", POLICY);
    folder.write(".github/aivss-policy.yaml", POLICY);
    stops(&folder, &[], "two policies");
}

#[test]
fn outputs_that_do_not_fit_together_keep_no_old_report() {
    let folder = Folder::new(&[("threat-model.yaml", MODEL), ("a.json", "old"), ("b.xml", "old")]);
    let ran = folder.run(&["--format", "json", "--output", "a.json", "--output", "b.xml"]);
    assert_eq!(ran.code, 2, "{}", ran.err);
    assert!(folder.read("a.json").contains("\"exit_code\": 2"));
    assert!(folder.read("b.xml").contains("put its --format"), "{}", folder.read("b.xml"));
    let ran = folder.run(&["report", "--base", "nowhere", "--output", "a.json"]);
    assert_eq!(ran.code, 2, "{}", ran.err);
    assert!(folder.read("a.json").contains("--base"));
    folder.write("badge.svg", "old");
    assert_eq!(folder.run(&["badge", "--policy", "nowhere.yaml", "--output", "badge.svg"]).code, 2);
    assert!(folder.read("badge.svg").starts_with("<svg"));
}

#[cfg(unix)]
#[test]
fn killed_run_leaves_a_report_with_the_reason() {
    let folder = Folder::new(&[("threat-model.yaml", MODEL), ("report.json", "old")]);
    git(&folder.path(""), &["init", "--quiet", "."]);
    // It waits for standard input, which does not end.
    let script = "mkfifo pipe; sleep 60 >pipe & writer=$!
        \"$0\" --format json --output report.json - <pipe & run=$!
        for round in $(seq 300); do grep -q ended report.json && break; sleep 0.1; done
        kill -9 $run $writer; wait 2>/dev/null; exit 0";
    let mut command = crate::program::bounded(script);
    command.current_dir(folder.path("")).output().unwrap();
    let report = folder.read("report.json");
    assert!(report.contains("\"exit_code\": 2") && report.contains("ended before"), "{report}");
}

#[test]
fn output_of_rego_does_not_reach_a_stream() {
    let hostile = "# ::error::x ##vso[task.complete] \u{1b}[2J";
    for (module, code) in [
        (format!("package main\nimport rego.v1\nimport input {hostile}\ndeny contains \"m\" if false\n"), 2),
        (format!("package main\ndeny[m] {{ some m in input.a }} {hostile}\n"), 2),
        (format!("package main\ndeny if {{ true }} {hostile}\n"), 2),
        (format!("package main\nimport rego.v1\n{hostile}\ndeny contains \"m\" if {{ x = y; y = x }}\n"), 2),
        (
            format!("package main\nimport rego.v1\ndeny contains \"m\" if {{ print(`{hostile}`); false }}\n"),
            2,
        ),
    ] {
        let policy = "aivss_policy: 1\nextends: [recommended]\nrego: [rules/]\n";
        let folder = Folder::new(&[
            ("threat-model.yaml", MODEL),
            ("aivss-policy.yaml", policy),
            ("rules/a.rego", &module),
        ]);
        let ran = folder.run(&["--today", "2026-11-23"]);
        assert_eq!(ran.err, "", "{module}");
        let printed = ran.out;
        assert_eq!(ran.code, code, "{module}: {printed}");
        assert!(!printed.contains("warning:"), "{printed}");
        assert!(
            !printed.contains('\u{1b}') && !printed.contains("##vso[") && !printed.contains("\n::"),
            "{printed}"
        );
    }
}

/// A model with a wrong score, next to lines that CI services would obey.
fn with_commands(before: &str, after: &str) -> String {
    MODEL.replace("  score: 9.4\n", &format!("  x-a: |\n{before}  score: 1.0\n  x-b: |\n{after}    end\n"))
}

#[test]
fn printed_patch_has_no_log_commands_and_can_be_applied() {
    let text = with_commands("    ##vso[task.complete]\n    ::set-output name=a::b\n", "    ::error::x\n");
    let folder = Folder::new(&[("threat-model.yaml", &text)]);
    git(&folder.path(""), &["init", "--quiet", "."]);
    let ran = folder.run(&["fix", "--diff", "threat-model.yaml"]);
    assert_eq!(ran.code, 1, "{}", ran.err);
    let is_command = |line: &str| line.trim_start().starts_with("::") || line.contains("##vso[");
    assert!(!ran.out.lines().any(is_command), "{}", ran.out);
    folder.write("a.patch", &ran.out);
    git(&folder.path(""), &["apply", "a.patch"]);
    assert_eq!(folder.read("threat-model.yaml"), text.replace("score: 1.0", "score: 9.4"));
    let text =
        with_commands("", "    ##vso[task.complete]\n").replace("  x-b: |\n", "").replace("    end\n", "");
    folder.write("threat-model.yaml", &text.replace("  score: 1.0\n    ##", "  score: 1.0 # a\n    # ##"));
    let ran = folder.run(&["fix", "--diff", "threat-model.yaml"]);
    assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{}", ran.err);
    assert!(ran.err.contains("without --diff"), "{}", ran.err);
}

#[test]
fn printed_page_has_no_log_commands_and_sarif_no_links() {
    let text = MODEL.replace(
        "  name: Planner",
        "  name: |\n    Planner\n    ::error::x\n  environment: \"[fix](https://x.example)\"",
    );
    let folder = Folder::new(&[("threat-model.yaml", &text)]);
    let page = folder.run(&["--format", "html", "threat-model.yaml"]).out;
    assert!(
        page.contains("Planner") && !page.lines().any(|line| line.trim_start().starts_with("::")),
        "{page}"
    );
    let sarif = folder.run(&["--format", "sarif", "threat-model.yaml"]).out;
    assert!(!sarif.contains("](https://x.example"), "{sarif}");
}

/// A policy with one module.
fn with_rego(module: &str) -> Folder {
    let module = format!("package main\n\nimport rego.v1\n\n{module}\n");
    let policy = "aivss_policy: 1\nrego: [a.rego]\n";
    Folder::new(&[("threat-model.yaml", MODEL), ("aivss-policy.yaml", policy), ("a.rego", &module)])
}

/// A module in which each rule doubles what the one before made.
fn doubled(start: &str, twice: &str) -> String {
    let rules = (0..40).map(|at| format!("x{} := {}\n", at + 1, twice.replace("$x", &format!("x{at}"))));
    format!("x0 := {start}\n{}deny contains \"m\" if x40 == 1\n", rules.collect::<String>())
}

#[test]
fn rules_in_rego_that_take_too_much_memory_end_in_every_report() {
    let folder = with_rego(&doubled("\"aaaaaaaaaa\"", "concat(\"\", [$x, $x])"));
    stops(&folder, &[], "they take more memory than 1 GiB");
    for command in ["report", "badge"] {
        let ran = folder.run(&[command, "--output", "page"]);
        assert_eq!(ran.code, 2, "{}", ran.err);
        assert!(!folder.read("page").is_empty());
    }
}

#[test]
fn function_that_makes_much_of_a_short_text_is_refused() {
    for (condition, reason) in [
        ("sprintf(\"%999999999d\", [1]) == \"\"", "a width or precision"),
        ("sprintf(\"%.999999999f\", [1.5]) == \"\"", "a width or precision"),
        ("sprintf(concat(\"\", [\"%9\", \"99999999s\"]), [1]) == \"\"", "a width or precision"),
        ("units.parse(\"1e999999999\") == 1", "an exponent of more than 3"),
        ("units.parse_bytes(\"1e99999999kb\") == 1", "an exponent of more than 3"),
        ("to_number(\"1e999999999\") == 1", "an exponent of more than 3"),
        ("json.unmarshal(\"[1e999999999]\") == 1", "an exponent of more than 3"),
        ("1e999999999 == 1", "an exponent of more than 3"),
        // The engine panics on this one.
        ("strings.count(\"a\", \"\") == 1", "the Rego engine failed on this rule"),
        ("sprintf(\"%½d\", [1]) == \"\"", "the verb `%½` of a format is not supported"),
    ] {
        let folder = with_rego(&format!("deny contains \"m\" if {condition}"));
        let ran = folder.run(&["--format", "concise"]);
        assert_eq!(ran.code, 2, "{condition}: {}{}", ran.out, ran.err);
        let printed = ran.out + &ran.err;
        assert!(printed.contains(reason), "{condition}: {printed}");
        assert!(!printed.contains("panicked") && !printed.contains(".cargo"), "{condition}: {printed}");
    }
}

#[test]
fn bounded_functions_give_the_same_results() {
    let folder = with_rego(
        "deny contains msg if {
            units.parse(\"10Ki\") == 10240
            units.parse_bytes(\"1kb\") == 1000
            to_number(\"12\") == 12
            json.is_valid(\"[1]\")
            json.unmarshal(\"{\\\"a\\\": [1]}\").a[0] == 1
            sprintf(\"%s\", [\"a\"], out)
            out == \"a\"
            msg := sprintf(\"%5d|%.2f|%v|100%%2026\", [7, 1.234, {\"b\": [true]}])
        }",
    );
    let ran = folder.run(&["--format", "concise"]);
    assert_eq!(ran.code, 1, "{}{}", ran.out, ran.err);
    assert!(ran.out.contains("    7|1.23|{\"b\": [true]}|100%2026"), "{}", ran.out);
}

#[test]
fn outputs_that_lead_to_one_file_are_refused() {
    let folder = Folder::new(&[("threat-model.yaml", MODEL), ("sub/keep", "")]);
    let path = folder.path("a.json").display().to_string();
    for other in ["a.json", "./a.json", "sub/../a.json", "A.json", &path] {
        let ran =
            folder.run(&["--format", "json", "--output", "a.json", "--format", "sarif", "--output", other]);
        assert_eq!(ran.code, 2, "{other}: {}{}", ran.out, ran.err);
        assert!(ran.err.contains("two reports cannot share a file"), "{other}: {}", ran.err);
    }
    #[cfg(unix)]
    for link in ["soft.json", "hard.json"] {
        folder.write("a.json", "old");
        match link {
            "soft.json" => std::os::unix::fs::symlink("a.json", folder.path(link)).unwrap(),
            _ => std::fs::hard_link(folder.path("a.json"), folder.path(link)).unwrap(),
        }
        let ran =
            folder.run(&["--format", "json", "--output", "a.json", "--format", "sarif", "--output", link]);
        assert_eq!(ran.code, 2, "{link}: {}{}", ran.out, ran.err);
    }
    let ran =
        folder.run(&["--format", "json", "--output", "b.json", "--format", "sarif", "--output", "c.json"]);
    assert_ne!(ran.code, 2, "{}{}", ran.out, ran.err);
}

#[test]
fn outputs_that_would_replace_what_a_run_reads_are_refused() {
    let broken = "{\"aivss_threat_model\": 1,, \"agent\": 2}";
    let policy = "aivss_policy: 1\nrego: [rules.rego]\n";
    let module = "package main\nimport rego.v1\ndeny contains \"m\" if false\n";
    let page = "```yaml\naivss_threat_model: 1\nagent: [\n```\n";
    let files = [
        ("threat-model.yaml", MODEL),
        ("named.txt", "a: 1\n"),
        ("policy.conf", policy),
        ("rules.rego", module),
        ("threat-model.json", broken),
        ("other.json", broken),
        ("page.md", page),
    ];
    let folder = Folder::new(&files);
    let link = folder.path("sub/../named.txt").display().to_string();
    std::fs::create_dir(folder.path("sub")).unwrap();
    let names = files.iter().map(|(name, _)| *name).chain(["./policy.conf", "sub/../rules.rego", &link]);
    for output in names {
        let policy = ["--policy", "policy.conf"];
        let outputs = ["--format", "json", "--output", output, "--format", "junit", "--output", "good.xml"];
        let paths = [".", "named.txt"];
        let arguments: Vec<&str> = policy.into_iter().chain(outputs).chain(paths).collect();
        let ran = folder.run(&arguments);
        assert_eq!(ran.code, 2, "{output}: {}{}", ran.out, ran.err);
        for (name, text) in files {
            assert_eq!(folder.read(name), text, "{output}");
        }
        assert!(folder.read("good.xml").contains("--output"), "{output}: {}", folder.read("good.xml"));
        std::fs::remove_file(folder.path("good.xml")).unwrap();
        let ran = folder.run(&["report", "--policy", "policy.conf", "--output", output, "named.txt"]);
        assert_eq!(ran.code, 2, "{output}: {}{}", ran.out, ran.err);
        for (name, text) in files {
            assert_eq!(folder.read(name), text, "{output}");
        }
    }
}

#[test]
#[cfg(target_os = "linux")]
fn fix_skips_a_file_whose_name_is_not_text_with_the_reason() {
    use std::os::unix::ffi::OsStrExt;
    let wrong = MODEL.replace("score: 9.4", "score: 1.0");
    let folder = Folder::new(&[]);
    let name = std::ffi::OsStr::from_bytes(b"\xFF.threat-model.yaml");
    std::fs::write(folder.path("").join(name), &wrong).unwrap();
    let ran = folder.run(&["fix"]);
    assert_eq!(ran.code, 2, "{}{}", ran.out, ran.err);
    assert!(ran.out.contains("its name is not UTF-8"), "{}{}", ran.out, ran.err);
}
