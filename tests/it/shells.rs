//! Shells and `man` accept the scripts and pages that the program writes. A program that is not installed is skipped
//! with a message.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use crate::program::program;
use tempfile::TempDir;

fn run(arguments: &[&str]) -> Output {
    program().args(arguments).output().expect("the program starts")
}

fn printed(arguments: &[&str]) -> String {
    let output = run(arguments);
    assert!(output.status.success(), "{arguments:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// A program's output for a text on its standard input, and whether it succeeded; `None` if it is not installed.
fn checked_by(program: &str, arguments: &[&str], text: &str) -> Option<(bool, String)> {
    let child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let Ok(mut child) = child else {
        eprintln!("passed over: {program} is not installed");
        return None;
    };
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let printed = [output.stdout, output.stderr].concat();
    Some((output.status.success(), String::from_utf8_lossy(&printed).into_owned()))
}

/// Asks bash for completions as it does itself, each line of words by its last one.
const ASK: &str = r#"
asked() {
    COMP_WORDS=("$@")
    COMP_CWORD=$(($# - 1))
    COMPREPLY=()
    local function
    function=$(complete -p aivss-lint)
    function=${function#* -F }
    "${function%% *}" aivss-lint "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
    echo "${*:2}: ${COMPREPLY[*]}"
}
"#;

#[test]
fn bash_completes_commands_options_values_and_rules() {
    let script = printed(&["completions", "bash"]);
    let cases = [
        ("ch", "check"),
        ("--fail", "--fail-on"),
        ("--format s", "sarif"),
        ("check --format g", "github gitlab"),
        ("explain score-m", "score-mismatch score-missing"),
        ("-D uplift", "uplift-mismatch"),
        ("check --allow review", "review-overdue"),
        ("schema th", "threat-model"),
        ("policy te", "test"),
        ("fix --un", "--unsafe"),
        ("completions po", "powershell"),
        ("explain nothing-like-it", ""),
    ];
    let asked: String = cases.iter().map(|(words, _)| format!("asked aivss-lint {words}\n")).collect();
    let Some((fine, printed)) = checked_by("bash", &["--norc"], &format!("{script}\n{ASK}\n{asked}")) else {
        return;
    };
    let expected: String = cases.iter().map(|(words, answer)| format!("{words}: {answer}\n")).collect();
    assert_eq!((fine, printed), (true, expected));
}

#[test]
fn script_for_every_shell_is_valid() {
    for (shell, check) in [
        ("bash", &["-n"][..]),
        ("zsh", &["-n"]),
        ("fish", &["--no-execute"]),
        ("elvish", &["-compileonly", "/dev/stdin"]),
        ("powershell", &["-NoProfile", "-Command", "-"]),
    ] {
        let script = printed(&["completions", shell]);
        assert!(script.contains("policy-from") && script.contains("explain"), "{shell}");
        if let Some((fine, printed)) = checked_by(shell, check, &script) {
            assert!(fine, "{shell}: {printed}");
        }
    }
    assert_eq!(run(&["completions", "tcsh"]).status.code(), Some(2));
}

#[test]
fn page_for_every_command_exists_and_is_valid() {
    let folder = TempDir::new().unwrap();
    let pages = folder.path().join("share/man1");
    printed(&["man", "--output", pages.to_str().unwrap()]);
    let mut names: Vec<String> = fs::read_dir(&pages)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    for name in ["aivss-lint.1", "aivss-lint-check.1", "aivss-lint-fix.1", "aivss-lint-policy-test.1"] {
        assert!(names.iter().any(|page| page == name), "{names:?}");
    }
    for name in &names {
        let text = fs::read_to_string(pages.join(name)).unwrap();
        let words = name.trim_end_matches(".1").trim_start_matches("aivss-lint").replacen('-', "", 1);
        let words = words.replace('-', " ");
        // The page that is written is the one that is printed.
        let arguments: Vec<&str> =
            ["man"].into_iter().chain((!words.is_empty()).then_some(&*words)).collect();
        assert_eq!(printed(&arguments), text, "{name}");
        assert!(text.contains(concat!("\"aivss-lint ", env!("CARGO_PKG_VERSION"), "\"")), "{name}");
        if let Some((fine, printed)) = checked_by("groff", &["-man", "-ww", "-Tutf8", "-z"], &text) {
            assert_eq!((fine, &*printed), (true, ""), "{name}");
        }
        if let Some((fine, printed)) = checked_by("mandoc", &["-T", "lint", "-W", "error"], &text) {
            assert!(fine, "{name}: {printed}");
        }
    }
    read_by_man(&pages.join("aivss-lint-fix.1"));
}

/// A page as a reader sees it.
fn read_by_man(page: &Path) {
    let Ok(output) = Command::new("man").arg("-l").arg(page).env("MANWIDTH", "100").output() else {
        eprintln!("passed over: man is not installed");
        return;
    };
    let shown = String::from_utf8_lossy(&output.stdout).into_owned();
    if !output.status.success() {
        eprintln!("passed over: this man reads no single files");
        return;
    }
    // The page must contain these, with any line breaks.
    let words: Vec<&str> = shown.split_whitespace().collect();
    let text = words.join(" ");
    for part in [
        "aivss-lint fix --diff agents",
        "--unsafe Also apply suggestions",
        "Links are followed to their files",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
}

#[test]
fn unknown_page_lists_the_known_ones() {
    for (words, expected) in [
        (&["chek"][..], "error: unknown command `chek`; did you mean `check`?\n"),
        (&["policy", "tset"], "error: unknown command `tset`; did you mean `test`?\n"),
        (&["policy", "nothing"], "error: unknown command `nothing`; known: show, test\n"),
        (&["check", "fix"], "error: `check` has no subcommands\n"),
    ] {
        let output = run(&[&["man"], words].concat());
        assert_eq!(
            (output.status.code(), String::from_utf8(output.stderr).unwrap()),
            (Some(2), expected.to_owned())
        );
    }
    let output = run(&["man", "--output", "/dev/null/x"]);
    assert_eq!(output.status.code(), Some(2));
}
