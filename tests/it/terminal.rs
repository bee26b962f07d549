//! Colors, line breaks and links on a terminal, which `script` provides.
#![cfg(target_os = "linux")]

use std::process::Command;

use crate::folder::Folder;
use crate::git::{commit, git};

const MODEL: &str = include_str!("../../src/rules/stock.yaml");
const HOSTILE: &str = "wrong/系 [a]%0a #x;y/threat-model.yaml";

/// Commands of each kind, each with a line of color.
const COMMANDS: [&str; 19] = [
    "",
    "wrong",
    "nowhere",
    "--base HEAD",
    "--statistics",
    "--format concise",
    "list",
    "rules",
    "explain score-mismatch",
    "score wrong",
    "policy show --policy strict",
    "policy show agents/threat-model.yaml",
    "policy test",
    "diff HEAD",
    "fix --diff",
    "migrate --diff",
    "import a-page-that-does-not-exist-in-a-folder-with-a-long-name/threat-model-of-the-agent.md",
    "export agents/threat-model.yaml",
    "init agents/threat-model.yaml",
];

fn repository() -> Folder {
    let wrong = MODEL.replace("score: 9.4", "score: 9.1");
    let folder = Folder::new(&[("agents/threat-model.yaml", MODEL), (HOSTILE, &wrong)]);
    git(&folder.path(""), &["init", "--quiet", "--initial-branch=main"]);
    commit(&folder.path(""), "first");
    folder
}

/// The output on a terminal, or `None` without `script`.
fn on_terminal(folder: &Folder, arguments: &str, columns: usize, variable: (&str, &str)) -> Option<String> {
    let program = env!("CARGO_BIN_EXE_aivss-lint");
    let output = Command::new("script")
        .args(["-qec", &format!("stty rows 50 cols {columns}; '{program}' {arguments}"), "/dev/null"])
        .current_dir(folder.path(""))
        .envs([("TERM", "xterm"), variable])
        // Logs of CI have colors on any terminal.
        .env_remove("CI")
        .env_remove("GITHUB_ACTIONS")
        .output()
        .ok()?;
    Some(String::from_utf8(output.stdout).unwrap().replace("\r\n", "\n"))
}

/// A text without colors and links.
fn plain(text: &str) -> String {
    let mut parts = text.split('\u{1b}');
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let rest = match part.chars().next() {
            Some('[') => part.split_once('m').map(|(_, rest)| rest),
            Some(']') => Some(""),
            _ => part.strip_prefix('\\'),
        };
        plain.push_str(rest.unwrap_or_else(|| panic!("unexpected sequence: {part:?}")));
    }
    plain
}

#[test]
fn every_command_has_colors_and_keeps_to_the_width_of_the_terminal() {
    let folder = repository();
    for arguments in COMMANDS {
        for columns in [80, 100, 140] {
            let Some(text) = on_terminal(&folder, arguments, columns, ("FORCE_HYPERLINK", "0")) else {
                eprintln!("skipped: script is not installed");
                return;
            };
            assert!(text.contains("\u{1b}["), "{arguments}: {text:?}");
            assert!(!text.contains("\u{1b}]"), "{arguments}: {text:?}");
            // The lines of a patch are those of the file.
            let is_patch =
                |line: &str| arguments.contains("--diff") && line.starts_with([' ', '+', '-', '@']);
            for line in plain(&text).lines().filter(|line| !is_patch(line)) {
                // A path is not broken.
                let unbroken = !line.trim().contains(' ');
                assert!(line.chars().count() <= columns || unbroken, "{arguments} at {columns}: {line:?}");
            }
        }
        for variable in [("NO_COLOR", "1"), ("TERM", "dumb")] {
            let text = on_terminal(&folder, arguments, 80, variable).unwrap();
            assert!(!text.contains('\u{1b}'), "{arguments} {variable:?}: {text:?}");
        }
    }
}

#[test]
fn path_links_to_its_file_on_a_terminal_only() {
    let folder = repository();
    let forced = ("FORCE_HYPERLINK", "1");
    let url = "/wrong/%E7%B3%BB%20%5Ba%5D%250a%20%23x%3By/threat-model.yaml\u{1b}\\";
    for arguments in ["wrong", "--format concise wrong", "list wrong", "score wrong", "fix wrong"] {
        let Some(text) = on_terminal(&folder, arguments, 140, forced) else { return };
        assert!(text.contains("\u{1b}]8;;file:///") && text.contains(url), "{arguments}: {text:?}");
        let piped = on_terminal(&folder, &format!("{arguments} | cat"), 140, forced).unwrap();
        assert!(!piped.contains("]8;;"), "{arguments}: {piped:?}");
    }
}

#[test]
fn first_check_after_init_is_at_most_20_lines() {
    for arguments in ["--name Planner --owner a@example.org --tier high --environment testing", ""] {
        let folder = Folder::new(&[]);
        let Some(_) =
            on_terminal(&folder, &format!("init agents/planner {arguments} </dev/null"), 80, ("A", ""))
        else {
            return;
        };
        for check in ["", "| cat"] {
            let text = on_terminal(&folder, check, 80, ("A", "")).unwrap();
            let lines = text.lines().count();
            assert!(lines <= 20 && text.contains("10 factors have no value"), "{lines} lines:\n{text}");
        }
    }
}

#[test]
fn color_can_be_set_before_and_after_a_command() {
    let folder = repository();
    for arguments in [["--color", "always", "rules"], ["rules", "--color", "always"]] {
        let ran = folder.run(&arguments);
        assert!(ran.code == 0 && ran.out.contains("\u{1b}[1mFiles\u{1b}[0m\n"), "{}{}", ran.out, ran.err);
    }
    let ran = folder.run(&["--color=never", "list"]);
    assert!(ran.code == 0 && ran.out.starts_with("policy: "), "{}{}", ran.out, ran.err);
}

#[test]
fn emoji_in_a_name_is_shown_in_every_command_and_nothing_else_that_is_invisible() {
    let name = "🛡️ Care ❤️ 👩‍💻";
    let named = |name: &str| MODEL.replace("name: Planner", &format!("name: \"{name}\""));
    let folder = Folder::new(&[("threat-model.yaml", &named(name).replace("score: 9.4", "score: 9.1"))]);
    let formats = ["markdown", "html", "human"].map(|format| format!("--format {format}"));
    for arguments in
        formats.iter().map(String::as_str).chain(["list", "score", "policy show threat-model.yaml"])
    {
        let Some(text) = on_terminal(&folder, &format!("{arguments} | cat"), 80, ("A", "")) else { return };
        // A report for people without a terminal does not name the agent.
        assert!(text.contains(name) || arguments.ends_with("human"), "{arguments}: {text}");
    }
    let text = on_terminal(&folder, "", 80, ("A", "")).unwrap();
    assert_eq!(text.matches(name).count(), 2, "{text}");
    let hidden = Folder::new(&[("threat-model.yaml", &named("a\\uFE0F\\u202Eb\\u200D"))]);
    let text = on_terminal(&hidden, "score", 80, ("A", "")).unwrap();
    assert!(text.contains(r"a\u{fe0f}\u{202e}b\u{200d}"), "{text}");
}
