//! Input made to mislead the gate, or to break it, and what the gate must make of it.
//!
//! A gate may fail for reasons that turn out to be none, but it must not pass what it has not read, nor point at a place
//! where nothing is. Each [`rows::Case`] of the tables is one file, the exit code that is due, and the place and rule of
//! the first diagnostic in the concise report; each [`unix::Scene`] is a folder. Every row is run in three formats, in a
//! process whose memory and time are bounded: the exit code may not depend on the format, and no character that steers a
//! terminal may come through. `README.md` lists them all, and a test holds it to them. Beside the tables, in the file of
//! their theme, stand the cases that need more than a row.

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

/// The exit code, and what the program says on stdout and stderr.
fn run(folder: &Path, arguments: &[&str]) -> (i32, String) {
    let ran = Ran::of(command(folder).args(arguments));
    (ran.code, ran.out + &ran.err)
}

/// An empty folder that is a repository's root, so that nothing above it has a say.
fn repository(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("hostile").join(name);
    // What an earlier run has left, if anything.
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    git(&folder, &["init", "--quiet", "--template="]);
    folder
}

/// `line:column rule` of the first diagnostic in a concise report that is no remark on core risks; empty where there is none.
fn first(report: &str, file: &str) -> String {
    let place = |line: &str| {
        let (place, rest) = line.strip_prefix(file)?.strip_prefix(':')?.split_once(": ")?;
        let (rule, _) = rest.split_once('[')?.1.split_once(']')?;
        (rule != "risk-unaddressed").then(|| format!("{place} {rule}"))
    };
    report.lines().find_map(place).unwrap_or_default()
}

/// Characters that a terminal obeys instead of showing.
fn steers(letter: char) -> bool {
    (letter.is_control() && letter != '\n')
        || matches!(letter, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

fn check_all(table: &str, cases: &[Case]) {
    let mut wrong = Vec::new();
    for (at, case) in cases.iter().enumerate() {
        let folder = repository(&format!("{table}-{at}"));
        write(&folder, case.file, &case.bytes);
        // A policy judges nothing beside a model that would pass.
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
            wrong.push(format!("{name}: {due} `{place}` is due, got {code} `{shown}`"));
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
fn bytes_that_are_no_text_never_pass() {
    check_all("encodings", &encoding::encodings());
}

#[test]
fn bytes_and_characters_that_are_no_text_never_pass() {
    check_all("no-text", &encoding::no_text());
}

#[test]
fn keys_say_one_thing_each() {
    check_all("keys", &yaml::keys());
}

#[test]
fn values_are_what_they_seem() {
    check_all("values", &yaml::values());
}

#[test]
fn input_built_to_exhaust_is_refused() {
    check_all("sizes", &sizes::sizes());
}

#[test]
fn nothing_beside_a_model_goes_unread() {
    check_all("documents", &yaml::documents());
}

#[test]
fn a_model_below_the_top_is_a_problem() {
    check_all("hidden", &yaml::hidden());
}

#[test]
fn json_is_read_by_the_letter() {
    check_all("strictness", &json::strictness());
}

#[test]
fn blocks_in_pages_are_read_wherever_they_stand() {
    check_all("pages", &markdown::pages());
}

#[test]
fn a_second_block_in_a_page_is_read_however_it_begins() {
    check_all("second-blocks", &markdown::second_blocks());
}

#[test]
fn a_marker_that_people_see_is_read_or_a_problem() {
    check_all("unread", &markdown::unread());
}

#[test]
fn prose() {
    check_all("prose", &markdown::prose());
}

#[test]
fn texts_are_shown_and_not_obeyed() {
    check_all("texts", &output::texts());
}

#[test]
fn a_policy_that_is_not_understood_judges_nothing() {
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
            let is_told = format != "concise" || report.contains(scene.says);
            let is_kept = !report.contains(unix::SECRET.trim_end());
            if code != scene.code
                || !is_told
                || !is_kept
                || report.contains("panicked")
                || (format != "json" && report.contains(steers))
            {
                wrong.push(format!(
                    "{}, {format}: {} `{}` is due, got {code}: {report}",
                    scene.name, scene.code, scene.says
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {} scenes:\n{}", wrong.len(), scenes.len(), wrong.join("\n"));
}

#[cfg(unix)]
#[test]
fn links_lead_nowhere_else() {
    check_scenes(&unix::links());
}

#[cfg(unix)]
#[test]
fn what_is_no_regular_file_is_an_obstacle() {
    check_scenes(&unix::no_files());
}

#[cfg(unix)]
#[test]
fn a_policy_that_cannot_be_reached_is_not_an_absent_one() {
    check_scenes(&unix::policies());
}

#[cfg(unix)]
#[test]
#[cfg_attr(not(feature = "rego"), ignore = "there is no engine")]
fn rules_in_rego_do_not_blow_up() {
    check_scenes(&unix::rules_in_rego());
}

/// The page that lists the rows is one of them all.
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
        ("Bytes that are no text, or text of another sort", encoding::encodings()),
        ("Every way in which bytes are not UTF-8", encoding::no_text()),
        ("Keys", yaml::keys()),
        ("Values", yaml::values()),
        ("Sizes", sizes::sizes()),
        ("Documents", yaml::documents()),
        ("Models below the top of a document", yaml::hidden()),
        ("JSON", json::strictness()),
        ("Pages", markdown::pages()),
        ("A second block in a page that passes", markdown::second_blocks()),
        ("A second model in a page that no block holds", markdown::unread()),
        ("Prose below front matter with the marker", markdown::prose()),
        ("Texts that would be obeyed", output::texts()),
        ("Policies, beside a model that passes", policy::policies()),
    ];
    let scenes = [
        ("Links", unix::links()),
        ("Files that are none", unix::no_files()),
        ("Policies that lead elsewhere", unix::policies()),
        ("Rules in Rego", unix::rules_in_rego()),
    ];
    let count: usize = tables.iter().map(|(_, cases)| cases.len()).sum();
    let of_scenes: usize = scenes.iter().map(|(_, scenes)| scenes.len()).sum();
    let mut page = format!(
        "# Hostile files\n\n{count} files and {of_scenes} folders made to mislead the gate or to break it, and what it makes of each: the exit code\n\
         (1 the gate fails, 2 it cannot be judged), and the first fault with its line and column. [`mod.rs`](mod.rs) runs each in a\n\
         process of bounded memory and time, and holds this page to its tables: `UPDATE=1 cargo test --test it hostile::the_page` writes it.\n\
         What needs more than a row stands beside the tables, and in [`limits.rs`](../limits.rs).\n"
    );
    let cell = |text: &str| text.replace('|', "\\|");
    for (title, cases) in tables {
        page +=
            &format!("\n## {title}\n\n| what is hostile | file | code | first fault |\n|---|---|---|---|\n");
        for case in cases {
            let first = if case.first.is_empty() { "–".to_owned() } else { format!("`{}`", case.first) };
            page += &format!("| {} | {} | {} | {first} |\n", cell(case.name), case.file, case.code);
        }
    }
    for (title, scenes) in scenes {
        page +=
            &format!("\n## {title}\n\n| what is hostile | asked for | code | said |\n|---|---|---|---|\n");
        for scene in scenes {
            let asked = if scene.arguments.is_empty() { "all" } else { scene.arguments[0] };
            let says = if scene.says.is_empty() { "–".to_owned() } else { format!("`{}`", scene.says) };
            page += &format!("| {} | {asked} | {} | {says} |\n", cell(scene.name), scene.code);
        }
    }
    page
}
