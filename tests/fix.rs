//! Files mended by the program: which bytes change, which stay, and what it says of those it leaves.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "tests write files and stop where they cannot go on"
)]

use std::fs;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

const MODEL: &str = include_str!("../src/rules/stock.yaml");
const REPORT: &str = include_str!("../examples/faults/aivss-report.json");

/// A folder of its own for a run.
struct Folder(TempDir);

/// What a run came to.
struct Ran {
    code: i32,
    out: String,
    err: String,
}

impl Folder {
    fn new(files: &[(&str, &str)]) -> Self {
        let folder = Self(TempDir::new().unwrap());
        for (name, text) in files {
            folder.write(name, text);
        }
        folder
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        fs::create_dir_all(self.path(name).parent().unwrap()).unwrap();
        fs::write(self.path(name), text).unwrap();
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        let output = Command::new(env!("CARGO_BIN_EXE_aivss-lint"))
            .args(arguments)
            .current_dir(self.0.path())
            .env_remove("GITHUB_ACTIONS")
            .output()
            .expect("the program starts");
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Ran { code: output.status.code().unwrap(), out: text(output.stdout), err: text(output.stderr) }
    }

    fn fix(&self, arguments: &[&str]) -> Ran {
        self.run(&[&["fix", "--today", "2026-11-23"], arguments].concat())
    }
}

/// The stock with a text in the place of another, which it must hold.
fn model(from: &str, to: &str) -> String {
    assert!(MODEL.contains(from), "{from}");
    MODEL.replacen(from, to, 1)
}

const FILE: &str = "threat-model.yaml";

#[test]
fn comments_quotes_and_order_stay() {
    let wrong = "  score: 9.1   # by hand\n  severity: 'High' # \"for now\"\n  factor_sum:   8.50\n";
    let right = "  score: 9.4   # by hand\n  severity: 'Critical' # \"for now\"\n  factor_sum:   8.0\n";
    let folder = Folder::new(&[(FILE, &model("  score: 9.4\n", wrong))]);
    let ran = folder.fix(&[]);
    assert_eq!(folder.read(FILE), model("  score: 9.4\n", right));
    let line = MODEL.lines().position(|line| line == "  score: 9.4").unwrap() + 1;
    let said = format!(
        "{FILE}:{line}:10: score-mismatch: 9.1 → 9.4\n\
         {FILE}:{}:14: severity-mismatch: High → Critical\n\
         {FILE}:{}:17: factor-sum-mismatch: 8.50 → 8.0\n\
         changed: 3 numbers in 1 file; nothing wrong is left\n",
        line + 1,
        line + 2
    );
    assert_eq!((ran.code, ran.out, ran.err), (0, said, String::new()));
}

#[test]
fn a_score_that_is_left_empty_is_written() {
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
        assert!(
            ran.out.contains(" → 9.4\nchanged: 1 number in 1 file; nothing wrong is left\n"),
            "{}",
            ran.out
        );
        assert_eq!(ran.code, 0);
    }
    let report = REPORT.replacen("\"aivss\": 9.9", "\"aivss\": null", 1);
    let folder = Folder::new(&[("aivss-report.json", &report)]);
    folder.fix(&[]);
    assert!(report.contains("null") && !folder.read("aivss-report.json").contains("null"));
}

#[test]
fn a_score_without_a_place_or_without_inputs_is_not_written() {
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
fn a_second_run_changes_nothing() {
    let folder = Folder::new(&[(FILE, &model("score: 9.4", "score: 9.1"))]);
    folder.fix(&[]);
    let ran = folder.fix(&[]);
    assert_eq!(ran.out, "changed: 0 numbers in 0 files; nothing wrong is left\n");
    assert_eq!((ran.code, folder.read(FILE)), (0, MODEL.to_owned()));
}

#[test]
fn line_ends_and_a_byte_order_mark_stay() {
    let on_windows = |text: &str| format!("\u{FEFF}{}", text.replace('\n', "\r\n"));
    let folder = Folder::new(&[(FILE, &on_windows(&model("score: 9.4", "score: 9.1")))]);
    assert_eq!(folder.fix(&[]).code, 0);
    assert_eq!(folder.read(FILE), on_windows(MODEL));
}

#[test]
fn a_report_of_owasp_keeps_its_form() {
    let file = "aivss-report.json";
    let folder = Folder::new(&[(file, REPORT)]);
    let ran = folder.fix(&[]);
    let after = folder.read(file);
    let differing = REPORT.lines().zip(after.lines()).filter(|(one, other)| one != other).count();
    assert_eq!((REPORT.lines().count(), differing), (after.lines().count(), 7), "{}", ran.out);
    assert!(after.contains("\"severity\": \"Critical\"") && after.contains("\"aars\": 0.4074"), "{after}");
    // An identifier that stands twice is nothing that can be derived.
    assert!(
        ran.out.ends_with("changed: 7 numbers in 1 file; left: 1 error; run `aivss-lint`\n"),
        "{}",
        ran.out
    );
    assert_eq!(ran.code, 1);
}

#[test]
fn json_in_one_line_is_mended_in_its_place() {
    let report: serde_json::Value = serde_json::from_str(REPORT).unwrap();
    let line = report.to_string();
    let folder = Folder::new(&[("aivss-report.json", &line)]);
    let ran = folder.fix(&[]);
    assert_eq!(ran.out.matches("aivss-report.json:1:").count(), 7, "{}", ran.out);
    // Places are those of the file as it was.
    let columns = ran.out.lines().filter_map(|said| {
        let (place, change) = said.strip_prefix("aivss-report.json:1:")?.split_once(": ")?;
        let before = change.split_once(": ")?.1.split_once(" → ")?.0;
        Some((place.parse::<usize>().unwrap(), before.to_owned()))
    });
    for (column, before) in columns {
        assert!(line[column - 1..].starts_with(&before), "{column} {before}");
    }
}

#[test]
fn blocks_in_a_page_and_models_in_a_stream_are_all_mended() {
    let wrong = model("score: 9.4", "score: 9.1");
    let page = |text: &str| format!("# Agents\n\n```yaml\n{text}```\n\nscore: 9.1\n\n```yaml\n{text}```\n");
    let stream =
        |text: &str| format!("{text}---\n# second\n{}...\n", text.replace("name: Planner", "name: Other"));
    let folder = Folder::new(&[("THREAT_MODEL.md", &page(&wrong)), (FILE, &stream(&wrong))]);
    let ran = folder.fix(&[]);
    assert_eq!(folder.read("THREAT_MODEL.md"), page(MODEL));
    assert_eq!(folder.read(FILE), stream(MODEL));
    assert!(ran.out.contains("changed: 4 numbers in 2 files"), "{}", ran.out);
}

#[test]
fn a_base_is_written_from_its_vector_and_the_rest_follows() {
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
fn what_an_alias_leads_to_is_left() {
    for (declared, left) in [
        // The alias, and what it leads to.
        ("  factor_sum: &sum 8.5\n  score: *sum\n", 2),
        ("  score: &score 9.1\nx-old: *score\n", 1),
    ] {
        let text = model("  score: 9.4\n", declared);
        let folder = Folder::new(&[(FILE, &text)]);
        let ran = folder.fix(&[]);
        assert_eq!(folder.read(FILE), text);
        assert_eq!(ran.out.matches("left: an alias leads here").count(), left, "{}", ran.out);
        assert_eq!(ran.code, 1);
    }
    // An anchor alone does no harm.
    let folder = Folder::new(&[(FILE, &model("score: 9.4", "score: &score 9.1"))]);
    folder.fix(&[]);
    assert_eq!(folder.read(FILE), model("score: 9.4", "score: &score 9.4"));
}

#[test]
fn a_diff_writes_nothing_and_says_what_would_change() {
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
    assert_eq!(ran.err, "would change: 1 number in 1 file; nothing wrong is left\n");
    // The patch does what the command does.
    fs::write(folder.path("fix.patch"), ran.out).unwrap();
    let git = Command::new("git").args(["apply", "fix.patch"]).current_dir(folder.0.path()).status().unwrap();
    assert!(git.success());
    assert_eq!(folder.read(FILE), MODEL);
    let ran = folder.fix(&["--diff"]);
    assert_eq!((ran.code, ran.out), (0, String::new()));
}

#[test]
fn what_is_excepted_or_switched_off_stays() {
    let wrong = model("score: 9.4\n", "score: 9.1\n  severity: High\n");
    let policy = "aivss_policy: 1\nextends: [recommended]\nrules: { severity-mismatch: off }\nexceptions:\n  - { rule: score-mismatch, path: '**', reason: It must, owner: me, expires: 2026-12-31 }\n";
    let folder = Folder::new(&[(FILE, &wrong), ("aivss-policy.yaml", policy)]);
    let ran = folder.fix(&[]);
    assert_eq!((ran.code, folder.read(FILE)), (0, wrong), "{}", ran.out);
    // A fault that is a warning is mended as well.
    let ran = folder.fix(&["--policy", "permissive"]);
    assert_eq!(
        (ran.code, folder.read(FILE)),
        (0, model("score: 9.4\n", "score: 9.4\n  severity: Critical\n"))
    );
}

#[test]
fn a_file_that_cannot_be_read_is_left_and_the_others_are_mended() {
    let wrong = model("score: 9.4", "score: 9.1");
    let broken = wrong.replace("score: 9.1", "score: [9.1");
    let twice = wrong.replace("score: 9.1", "score: 9.1\n  score: 9.2");
    let folder = Folder::new(&[
        ("a/threat-model.yaml", &wrong),
        ("b/threat-model.yaml", &broken),
        ("c/threat-model.yaml", &twice),
    ]);
    fs::write(folder.path("latin.threat-model.yaml"), b"caf\xE9: 1").unwrap();
    let ran = folder.fix(&[".", "absent.yaml"]);
    assert_eq!(ran.code, 2);
    assert_eq!(folder.read("a/threat-model.yaml"), MODEL);
    assert_eq!(folder.read("b/threat-model.yaml"), broken);
    assert_eq!(folder.read("c/threat-model.yaml"), twice);
    for name in ["b/threat-model.yaml", "c/threat-model.yaml", "latin.threat-model.yaml"] {
        let said = format!("{name}: it cannot be read as it should, so it is left as it is\n");
        assert!(ran.out.contains(&said), "{}", ran.out);
    }
    assert!(ran.out.contains("absent.yaml: no such file or folder\n"), "{}", ran.out);
}

#[test]
fn standard_input_a_broken_policy_and_an_empty_folder_are_refused() {
    let folder = Folder::new(&[("broken.yaml", "aivss_policy: 1\nlimit: {}\n")]);
    let ran = folder.fix(&["-"]);
    assert_eq!((ran.code, ran.err.starts_with("error: standard input cannot be mended")), (2, true));
    let ran = folder.fix(&["--policy", "broken.yaml"]);
    assert_eq!((ran.code, ran.err.contains("policy broken.yaml: it is broken")), (2, true), "{}", ran.err);
    let ran = folder.fix(&[]);
    assert_eq!((ran.code, ran.out.contains("no threat model here")), (2, true), "{}", ran.out);
}

#[test]
fn only_matching_leaves_other_files_that_are_named() {
    let wrong = model("score: 9.4", "score: 9.1");
    let folder = Folder::new(&[("notes.yaml", &wrong), (FILE, &wrong)]);
    assert_eq!(folder.fix(&["--only-matching", "notes.yaml", FILE]).code, 0);
    assert_eq!((folder.read("notes.yaml"), folder.read(FILE)), (wrong, MODEL.to_owned()));
}

#[test]
#[cfg(unix)]
fn permissions_stay_and_what_must_not_be_written_is_not() {
    use std::os::unix::fs::PermissionsExt;
    let wrong = model("score: 9.4", "score: 9.1");
    let mode = |folder: &Folder, name: &str, mode: u32| {
        fs::set_permissions(folder.path(name), fs::Permissions::from_mode(mode)).unwrap();
    };
    let folder = Folder::new(&[(FILE, &wrong)]);
    mode(&folder, FILE, 0o640);
    assert_eq!(folder.fix(&[]).code, 0);
    assert_eq!(fs::metadata(folder.path(FILE)).unwrap().permissions().mode() & 0o777, 0o640);
    assert_eq!(fs::read_dir(folder.0.path()).unwrap().count(), 1, "nothing is left beside it");

    folder.write(FILE, &wrong);
    mode(&folder, FILE, 0o440);
    let ran = folder.fix(&[]);
    assert_eq!((ran.code, folder.read(FILE)), (2, wrong.clone()));
    assert!(ran.out.contains(&format!("{FILE}: it is read-only, so it is left as it is\n")), "{}", ran.out);
    assert!(ran.out.contains("changed: 0 numbers in 0 files; left: 1 error"), "{}", ran.out);

    mode(&folder, FILE, 0o640);
    mode(&folder, ".", 0o555);
    // The superuser may write anywhere.
    if fs::write(folder.path("probe"), "").is_err() {
        let ran = folder.fix(&[]);
        assert_eq!((ran.code, folder.read(FILE)), (2, wrong));
        assert!(ran.out.contains(&format!("{FILE}: it cannot be written: ")), "{}", ran.out);
    }
    mode(&folder, ".", 0o755);
}

#[test]
#[cfg(unix)]
fn a_link_stays_one_and_does_not_lead_out_of_the_repository() {
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

    // A file and a link to it are mended once.
    fs::remove_file(folder.path("b.threat-model.yaml")).unwrap();
    folder.write("agents/threat-model.yaml", &model("score: 9.4", "score: 9.1"));
    symlink("agents/threat-model.yaml", folder.path("c.threat-model.yaml")).unwrap();
    let ran = folder.fix(&[]);
    assert_eq!((ran.code, folder.read("agents/threat-model.yaml")), (0, MODEL.to_owned()), "{}", ran.out);
}

/// The worked examples of v0.5: what they declare is wrong, and nothing else is.
#[test]
fn the_examples_of_v0_5_pass_once_mended() {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/owasp-0.5");
    let folder = Folder::new(&[]);
    for entry in fs::read_dir(examples).unwrap() {
        let path = entry.unwrap().path();
        fs::copy(&path, folder.path(path.file_name().unwrap().to_str().unwrap())).unwrap();
    }
    assert_eq!(folder.run(&["--today", "2026-11-23"]).code, 1);
    let ran = folder.fix(&[]);
    assert!(ran.out.ends_with("changed: 14 numbers in 7 files; nothing wrong is left\n"), "{}", ran.out);
    assert_eq!(ran.code, 0);
    let checked = folder.run(&["--today", "2026-11-23", "--format", "concise"]);
    assert_eq!((checked.code, checked.out), (0, String::new()));
}
