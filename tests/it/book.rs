//! README.md and the book, `docs/`, read as their readers read them: files are written as a page shows them, commands run, and
//! what a page shows is compared with what they print. `UPDATE=1 cargo test --locked --test it book::` writes what they
//! print.
#![cfg(unix)]

use std::fs;
use std::path::{Path, PathBuf};

use aivss_lint::policy::FileLoader;
use aivss_lint::rego::CompiledPolicy;
use aivss_lint::rules::NAMES;
use aivss_lint::source::Source;

use crate::folder::{Folder, Ran};
use crate::git::git;
use crate::program::bounded;

pub(crate) const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// README.md and the pages of the book that are written by hand, with their texts.
fn pages() -> Vec<(PathBuf, String)> {
    let mut paths = vec![Path::new(ROOT).join("README.md")];
    let mut folders = vec![Path::new(ROOT).join("docs")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && !path.ends_with("docs/rules") {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "md") {
                paths.push(path);
            }
        }
    }
    paths.sort();
    paths.into_iter().map(|path| (path.clone(), fs::read_to_string(path).unwrap())).collect()
}

/// A repository with what the page uses of this one.
fn folder_for(page: &str) -> Folder {
    let folder = Folder::new(&[]);
    git(&folder.path(""), &["init", "--quiet"]);
    for used in ["examples", "policies"] {
        if page.contains(&format!(" {used}/")) {
            copy(&Path::new(ROOT).join(used), &folder.path(used));
        }
    }
    folder
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let (path, target) = entry.map(|entry| (entry.path(), to.join(entry.file_name()))).unwrap();
        if path.is_dir() { copy(&path, &target) } else { assert!(fs::copy(path, target).is_ok()) }
    }
}

#[test]
fn every_page_shows_what_its_commands_print() {
    let mut commands = 0;
    for (path, page) in pages().into_iter().filter(|(_, page)| page.contains("```console\n")) {
        let walked = walk(&page, &folder_for(&page));
        if std::env::var_os("UPDATE").is_some() {
            fs::write(&path, &walked).unwrap();
            continue;
        }
        let differing = page.lines().zip(walked.lines()).find(|(shown, printed)| shown != printed);
        assert!(
            page == walked,
            "{}: UPDATE=1 cargo test --locked --test it book:: writes it; shown and printed: {differing:#?}",
            path.display()
        );
        commands += walked.matches("\n$ aivss-lint").count();
    }
    assert!(commands >= 12 || std::env::var_os("UPDATE").is_some(), "the pages show too little");
}

/// The page with what its commands print. A line `...` matches any lines.
fn walk(page: &str, folder: &Folder) -> String {
    let (mut walked, mut before, mut status) = (String::new(), "", 0);
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        walked.push_str(&format!("{line}\n"));
        let block: Vec<&str> = match line {
            "```console" | "```yaml" | "```rego" => {
                lines.by_ref().take_while(|line| *line != "```").collect()
            }
            _ => Vec::new(),
        };
        match line {
            "```console" => {
                for session in format!("\n{}", block.join("\n")).split("\n$ ").skip(1) {
                    let (command, shown) = session.split_once('\n').unwrap_or((session, ""));
                    let shown: String = shown.lines().map(|line| format!("{line}\n")).collect();
                    let printed = printed(command, folder, &mut status);
                    let text = if matches(&shown, &printed) { &shown } else { &printed };
                    walked.push_str(&format!("$ {command}\n{text}"));
                }
                assert_eq!(status, 0, "`$ echo $?` shows a status that is not 0: {block:#?}");
                walked.push_str("```\n");
            }
            "```yaml" | "```rego" => {
                let text = block.join("\n") + "\n";
                // "… into `agents/planner/threat-model.yaml`:" names the file of a block.
                if let Some(path) = before.strip_suffix("`:").and_then(|before| before.rsplit_once('`')) {
                    folder.write(path.1, &text);
                }
                walked.push_str(&format!("{text}```\n"));
            }
            _ => {}
        }
        if !line.is_empty() {
            before = line;
        }
    }
    walked
}

fn matches(shown: &str, printed: &str) -> bool {
    let Some((start, rest)) = shown.split_once("...\n") else { return shown == printed };
    let Some(printed) = printed.strip_prefix(start) else { return false };
    rest.is_empty() || printed.char_indices().any(|(at, _)| matches(rest, &printed[at..]))
}

/// The output of a command. `status` is the exit status of the last one, 0 once it has been shown.
fn printed(command: &str, folder: &Folder, status: &mut i32) -> String {
    let (program, rest) = command.split_once(' ').unwrap_or((command, ""));
    match program {
        "aivss-lint" => {
            assert_eq!(*status, 0, "`$ echo $?` shows a status that is not 0, before: {command}");
            // As in a terminal, both streams are one.
            let ran = Ran::of(
                bounded("exec \"$0\" \"$@\" 2>&1").args(arguments(rest)).current_dir(folder.path("")),
            );
            *status = ran.code;
            ran.out
        }
        "cat" => folder.read(rest),
        "echo" => format!("{}\n", std::mem::take(status)),
        _ => panic!("no program of the book: {command}"),
    }
}

/// The arguments of a command line. Every second part is quoted.
fn arguments(line: &str) -> Vec<&str> {
    let parts = line.split(['"', '\'']).enumerate();
    parts
        .flat_map(|(at, part)| if at % 2 == 1 { vec![part] } else { part.split_whitespace().collect() })
        .collect()
}

/// The commands of a page that are shown without their output: in blocks, and in its prose.
fn shown_alone(page: &str) -> Vec<&str> {
    let mut found = Vec::new();
    for (at, part) in page.split("```").enumerate() {
        if at % 2 == 0 {
            found.extend(part.split('`').skip(1).step_by(2));
        } else if let Some(block) = part.strip_prefix("sh\n") {
            found.extend(block.lines().map(|line| line.trim_start_matches(['>', ' '])));
        }
    }
    found.into_iter().filter_map(|command| command.strip_prefix("aivss-lint ")).collect()
}

/// They have arguments that exist.
#[test]
fn every_command_of_the_pages_has_existing_arguments() {
    let mut commands = 0;
    for (path, page) in pages() {
        let folder = folder_for(&page);
        for line in shown_alone(&page) {
            let ends = [" >", " |", " #", " &"].iter().filter_map(|end| line.find(end));
            let line = &line[..ends.min().unwrap_or(line.len())];
            let ran = folder.run(&arguments(line));
            assert!(
                !ran.err.contains("Usage: ") && !ran.err.contains("--help"),
                "{}: aivss-lint {line}\n{}",
                path.display(),
                ran.err
            );
            commands += 1;
        }
    }
    assert!(commands > 80, "{commands}");
}

/// The program reads the examples of the documentation.
#[test]
fn policies_and_tests_in_the_documentation_are_valid() {
    let docs: String = pages().into_iter().map(|(_, page)| page).collect();
    let blocks: Vec<&str> =
        docs.split("```yaml\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    let rego = docs.split("```rego\n").find(|block| block.contains("own-address")).unwrap();
    let files = Shown(rego.split("```").next().unwrap().to_owned());
    let source = |text: &str| Source::decode("aivss-policy.yaml", text.as_bytes().to_vec());
    let (mut policies, mut tests) = (0, 0);
    for block in blocks {
        if block.contains("aivss_policy: 1") {
            let read = CompiledPolicy::read(source(block), &files, NAMES);
            assert!(read.is_ok(), "{block}\n{read:?}");
            policies += 1;
        } else if block.contains("aivss_policy_test: 1") {
            let read = aivss_lint::policy_test::read(source(block));
            assert!(read.is_ok(), "{block}\n{read:?}");
            tests += 1;
        }
    }
    assert!(policies > 10 && tests > 0, "{policies}, {tests}");
}

/// The folder of rules in the documentation, with its one file.
struct Shown(String);

impl FileLoader for Shown {
    fn bytes(&self, _: &str) -> Result<Vec<u8>, String> {
        Ok(self.0.clone().into_bytes())
    }

    fn rego_below(&self, _: &str) -> Result<Vec<String>, String> {
        Ok(vec!["policies/custom/owner.rego".to_owned()])
    }
}
