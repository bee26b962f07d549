//! The number of threads changes no byte of any format.

use std::fs;
use std::process::{Command, Output};

use tempfile::TempDir;

const MODEL: &str = include_str!("../../src/rules/stock.yaml");

/// Files that take more and less time, with and without problems, some of which cannot be checked.
fn mixed() -> TempDir {
    let folder = TempDir::new().unwrap();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    write("aivss-policy.yaml", "aivss_policy: 1\nextends: [strict]\n");
    for at in 0..60 {
        let name = format!("{:02}.threat-model.yaml", (at * 37) % 60);
        let unknown: String = (0..(at % 7) * 20).map(|key| format!("key_{key}: 1\n")).collect();
        let text = match at % 5 {
            0 => MODEL.to_owned(),
            1 => MODEL.replace("score: 9.4", "score: 9.1"),
            2 => MODEL.to_owned() + &unknown,
            3 => "aivss_threat_model: [\n".to_owned(),
            _ => MODEL.replace("version: '0.8'", "version: '0.5'"),
        };
        write(&name, &text);
    }
    // Large ones wait until the others are done, and how large that is depends on the number of threads.
    for (name, lines) in [("00-large", 2_000), ("33-larger", 4_000), ("99-large", 2_000)] {
        let comment = "# A comment, which makes the file large and slow to read.\n".repeat(lines);
        write(&format!("{name}.threat-model.yaml"), &(comment + &MODEL.replace("score: 9.4", "score: 9.1")));
    }
    folder
}

#[test]
fn report_is_the_same_for_any_number_of_threads() {
    let folder = mixed();
    let run = |starter: &[&str], format: &str, threads: &str| -> Option<Output> {
        let program = env!("CARGO_BIN_EXE_aivss-lint");
        let line = [starter, &[program, "--today", "2026-11-23", "--format", format, "--threads", threads]];
        let line = line.concat();
        let mut command = Command::new(line[0]);
        command.args(&line[1..]).args([".", "nowhere.yaml"]).current_dir(folder.path());
        command.env_remove("GITHUB_ACTIONS").output().ok()
    };
    for format in ["human", "concise", "json", "sarif", "markdown", "junit", "gitlab", "github", "ndjson"] {
        let alone = run(&[], format, "1").expect("the program starts");
        assert_eq!(alone.status.code(), Some(2), "{format}");
        assert!(alone.stdout.len() > 2_000, "{format}: {}", String::from_utf8_lossy(&alone.stdout));
        // As many as there are cores; and the default on one core, if the system can restrict it.
        let all = run(&[], format, "0");
        let one = run(&["taskset", "-c", "0"], format, "0").filter(|output| output.status.code() == Some(2));
        let several = ["2", "8", "100"].map(|threads| run(&[], format, threads));
        for other in several.into_iter().chain([all, one]).flatten() {
            assert_eq!(other.status.code(), Some(2), "{format}");
            assert!(other.stdout == alone.stdout && other.stderr == alone.stderr, "{format}");
        }
    }
}
