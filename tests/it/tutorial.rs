//! The tutorial, walked as its reader walks it: files are written as it says, commands run, and what it shows compared
//! with what they print. `UPDATE=1 cargo test --locked --test it tutorial::` writes
//! what they print.

use std::fs;

use crate::folder::Folder;
use crate::git::git;

const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/tutorial.md");

#[test]
fn the_tutorial_prints_what_it_shows() {
    let page = fs::read_to_string(PATH).unwrap();
    let folder = Folder::new(&[]);
    git(&folder.path(""), &["init", "--quiet"]);
    let walked = walk(&page, &folder);
    if std::env::var_os("UPDATE").is_some() {
        fs::write(PATH, &walked).unwrap();
    }
    let differing = page.lines().zip(walked.lines()).find(|(shown, printed)| shown != printed);
    assert!(
        page == walked,
        "UPDATE=1 cargo test --locked --test it tutorial:: writes it; shown and printed: {differing:#?}"
    );
    assert!(walked.matches("\n$ aivss-lint").count() >= 8, "the tutorial shows too little");
}

/// The page with what its commands print.
fn walk(page: &str, folder: &Folder) -> String {
    let mut walked = String::new();
    let mut before = "";
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        walked.push_str(&format!("{line}\n"));
        let block: Vec<&str> = match line {
            "```console" | "```yaml" => lines.by_ref().take_while(|line| *line != "```").collect(),
            _ => Vec::new(),
        };
        match line {
            "```console" => {
                for command in block.iter().filter_map(|line| line.strip_prefix("$ ")) {
                    walked.push_str(&format!("$ {command}\n{}", printed(command, folder)));
                }
                walked.push_str("```\n");
            }
            "```yaml" => {
                let text = block.join("\n") + "\n";
                // "… into `agents/planner/threat-model.yaml`:" says where a block goes.
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

/// The output of a command, with its exit code if that is not 0.
fn printed(command: &str, folder: &Folder) -> String {
    let (program, rest) = command.split_once(' ').unwrap_or((command, ""));
    match program {
        "aivss-lint" => {
            // Every second part stands in quotes.
            let parts = rest.split('"').enumerate();
            let arguments: Vec<&str> = parts
                .flat_map(
                    |(at, part)| {
                        if at % 2 == 1 { vec![part] } else { part.split_whitespace().collect() }
                    },
                )
                .collect();
            let ran = folder.run(&arguments);
            let code = if ran.code == 0 { String::new() } else { format!("? {}\n", ran.code) };
            code + &ran.err + &ran.out
        }
        "cat" => folder.read(rest),
        _ => panic!("no program of the tutorial: {command}"),
    }
}
