//! Input made to mislead the program or to break it, and the expected result.
//!
//! A check may fail without need, but it must not pass an unread file, and the place of a problem must exist. Each
//! [`rows::Case`] of the tables is one file, the expected exit status, and the place and rule of the first diagnostic in the
//! concise report; each [`unix::Scene`] is a folder. Every row is run in three formats, in a process whose memory and time
//! are bounded: the exit status is the same in each format, and reports contain no character that controls a terminal.
//! `README.md` lists them all, and a test compares it with the tables. Cases that need more than a row are in the file of
//! their topic, after its table.

#![expect(clippy::too_many_lines, reason = "tables are one expression")]

mod encoding;
mod json;
mod markdown;
mod output;
mod paths;
mod policy;
mod rows;
mod sizes;
#[cfg(unix)]
mod unix;
mod yaml;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use rows::{Case, MODEL, POLICY_FILE, YAML_FILE};

use crate::folder::Ran;
use crate::git::{git, write};
use crate::program::{bounded, program};

/// The limits of a process: a gigabyte of addresses, twenty seconds of the processor, a minute in all. Each is several
/// times what the worst row takes in a build for tests.
const BOUNDS: &str = "ulimit -v 1048576; ulimit -t 20; exec timeout 60 \"$0\" \"$@\"";

fn command(folder: &Path) -> Command {
    let mut command = if cfg!(target_os = "linux") { bounded(BOUNDS) } else { program() };
    command.current_dir(folder).args(["--today", "2026-11-23"]);
    command
}

/// The exit status, and the text on stdout and stderr.
fn run(folder: &Path, arguments: &[&str]) -> (i32, String) {
    let ran = Ran::of(command(folder).args(arguments));
    (ran.code, ran.out + &ran.err)
}

/// An empty folder that is a repository's root, so that no policy above it applies.
fn repository(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("hostile").join(name);
    // Files of an earlier run.
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    git(&folder, &["init", "--quiet", "--template="]);
    folder
}

/// `line:column rule` of the first diagnostic in a concise report that is not a note on core risks; empty if there is none.
fn first(report: &str, file: &str) -> String {
    let place = |line: &str| {
        let (place, rest) = line.strip_prefix(file)?.strip_prefix(':')?.split_once(": ")?;
        let (rule, _) = rest.split_once('[')?.1.split_once(']')?;
        (rule != "risk-unaddressed").then(|| format!("{place} {rule}"))
    };
    report.lines().find_map(place).unwrap_or_default()
}

/// Characters that a terminal executes instead of showing.
fn steers(letter: char) -> bool {
    (letter.is_control() && letter != '\n')
        || matches!(letter, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

fn check_all(table: &str, cases: &[Case]) {
    let mut wrong = Vec::new();
    for (at, case) in cases.iter().enumerate() {
        let folder = repository(&format!("{table}-{at}"));
        write(&folder, case.file, &case.bytes);
        // An invalid policy checks nothing, although the model next to it would pass.
        let asked = if case.file == POLICY_FILE { YAML_FILE } else { case.file };
        if asked != case.file {
            write(&folder, asked, MODEL);
        }
        let (code, concise) = run(&folder, &["--format", "concise", asked]);
        let (human_code, human) = run(&folder, &["--format", "human", asked]);
        let (json_code, _) = run(&folder, &["--format", "json", asked]);
        let shown = first(&concise, case.file);
        if (code, shown.as_str()) != (case.code, case.first) {
            let (name, due, place) = (case.name, case.code, case.first);
            wrong.push(format!("{name}: expected {due} `{place}`, got {code} `{shown}`"));
        }
        if (human_code, json_code) != (code, code) {
            wrong.push(format!("{}: concise {code}, human {human_code}, JSON {json_code}", case.name));
        }
        if concise.contains("panicked") || human.contains("panicked") {
            wrong.push(format!("{}: the program has failed", case.name));
        } else if concise.contains(steers) || human.contains(steers) {
            wrong.push(format!("{}: a control character came through", case.name));
        }
        // Some of them are large.
        fs::remove_dir_all(folder).unwrap();
    }
    assert!(wrong.is_empty(), "{} of {} rows:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

#[test]
fn bytes_that_are_not_text_never_pass() {
    check_all("encodings", &encoding::encodings());
}

#[test]
fn bytes_and_characters_that_are_not_text_never_pass() {
    check_all("no-text", &encoding::no_text());
}

#[test]
fn ambiguous_keys_are_problems() {
    check_all("keys", &yaml::keys());
}

#[test]
fn values_that_look_like_others_are_problems() {
    check_all("values", &yaml::values());
}

#[test]
fn input_built_to_exhaust_is_refused() {
    check_all("sizes", &sizes::sizes());
}

#[test]
fn document_next_to_a_model_is_read_or_a_problem() {
    check_all("documents", &yaml::documents());
}

#[test]
fn model_below_the_top_is_a_problem() {
    check_all("hidden", &yaml::hidden());
}

#[test]
fn json_beyond_rfc_8259_is_refused() {
    check_all("strictness", &json::strictness());
}

#[test]
fn block_anywhere_in_a_page_is_read() {
    check_all("pages", &markdown::pages());
}

#[test]
fn second_block_in_a_page_is_read_however_it_begins() {
    check_all("second-blocks", &markdown::second_blocks());
}

#[test]
fn marker_that_people_see_is_read_or_a_problem() {
    check_all("unread", &markdown::unread());
}

#[test]
fn prose_that_no_reader_sees_is_not_an_analysis() {
    check_all("prose", &markdown::prose());
}

#[test]
fn hostile_texts_are_shown_as_text() {
    check_all("texts", &output::texts());
}

#[test]
fn invalid_policy_checks_nothing() {
    check_all("policies", &policy::policies());
}

#[cfg(unix)]
fn check_scenes(scenes: &[unix::Scene]) {
    let mut wrong = Vec::new();
    for scene in scenes {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("repository");
        fs::create_dir(&folder).unwrap();
        git(&folder, &["init", "--quiet", "--template="]);
        write(&folder, "b.threat-model.yaml", MODEL);
        (scene.make)(&folder);
        for format in ["concise", "human", "json"] {
            let (code, report) = run(&folder, &[&["--format", format], scene.arguments].concat());
            let is_reported = format != "concise" || report.contains(scene.part);
            let is_kept = !report.contains(unix::SECRET.trim_end());
            if code != scene.code
                || !is_reported
                || !is_kept
                || report.contains("panicked")
                || (format != "json" && report.contains(steers))
            {
                wrong.push(format!(
                    "{}, {format}: {} expected `{}`, got {code}: {report}",
                    scene.name, scene.code, scene.part
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {} scenes:\n{}", wrong.len(), scenes.len(), wrong.join("\n"));
}

#[cfg(unix)]
#[test]
fn link_is_not_followed_elsewhere() {
    check_scenes(&unix::links());
}

#[cfg(unix)]
#[test]
fn irregular_file_cannot_be_checked() {
    check_scenes(&unix::no_files());
}

#[cfg(unix)]
#[test]
fn unreachable_policy_is_not_a_missing_one() {
    check_scenes(&unix::policies());
}

#[cfg(unix)]
#[test]
#[cfg_attr(not(feature = "rego"), ignore = "there is no engine")]
fn rules_in_rego_built_to_exhaust_are_stopped() {
    check_scenes(&unix::rules_in_rego());
}

/// The page has every row.
#[cfg(unix)]
#[test]
#[expect(clippy::disallowed_methods, reason = "the page is written on demand")]
fn the_page_lists_every_row() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/hostile/README.md");
    let page = page();
    if std::env::var_os("UPDATE").is_some() {
        fs::write(path, page).unwrap();
    } else {
        assert_eq!(
            fs::read_to_string(path).unwrap(),
            page,
            "UPDATE=1 cargo test --test it hostile::the_page writes it"
        );
    }
}

#[cfg(unix)]
fn page() -> String {
    let tables = [
        ("Bytes that are not text, or text of another kind", encoding::encodings()),
        ("Every way in which bytes are not UTF-8", encoding::no_text()),
        ("Keys", yaml::keys()),
        ("Values", yaml::values()),
        ("Sizes", sizes::sizes()),
        ("Documents", yaml::documents()),
        ("Models below the top of a document", yaml::hidden()),
        ("JSON", json::strictness()),
        ("Pages", markdown::pages()),
        ("A second block in a page that passes", markdown::second_blocks()),
        ("A second model in a page, outside of blocks", markdown::unread()),
        ("Prose below front matter with the marker", markdown::prose()),
        ("Texts that could be commands", output::texts()),
        ("Policies, next to a model that passes", policy::policies()),
    ];
    let scenes = [
        ("Links", unix::links()),
        ("Irregular files", unix::no_files()),
        ("Policies that lead elsewhere", unix::policies()),
        ("Rules in Rego", unix::rules_in_rego()),
    ];
    let count: usize = tables.iter().map(|(_, cases)| cases.len()).sum();
    let of_scenes: usize = scenes.iter().map(|(_, scenes)| scenes.len()).sum();
    let mut page = format!(
        "# Hostile files\n\n{count} files and {of_scenes} folders made to mislead the program or to break it, and the result of each: the exit status\n\
         (1 failed, 2 could not check), and the first problem with its line and column. [`mod.rs`](mod.rs) runs each in a\n\
         process of bounded memory and time, and compares this page with its tables: `UPDATE=1 cargo test --test it hostile::the_page` writes it.\n\
         Cases that need more than a row are after the tables, and in [`limits.rs`](../limits.rs).\n"
    );
    let cell = |text: &str| text.replace('|', "\\|");
    for (title, cases) in tables {
        page += &format!(
            "\n## {title}\n\n| hostile property | file | status | first problem |\n|---|---|---|---|\n"
        );
        for case in cases {
            let first = if case.first.is_empty() { "–".to_owned() } else { format!("`{}`", case.first) };
            page += &format!("| {} | {} | {} | {first} |\n", cell(case.name), case.file, case.code);
        }
    }
    for (title, scenes) in scenes {
        page += &format!(
            "\n## {title}\n\n| hostile property | path | status | part of the report |\n|---|---|---|---|\n"
        );
        for scene in scenes {
            let asked = if scene.arguments.is_empty() { "all" } else { scene.arguments[0] };
            let part = if scene.part.is_empty() { "–".to_owned() } else { format!("`{}`", scene.part) };
            page += &format!("| {} | {asked} | {} | {part} |\n", cell(scene.name), scene.code);
        }
    }
    page
}
