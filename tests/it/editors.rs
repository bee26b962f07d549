//! The settings of the page on editors parse, and their patterns find the problems that the program prints.

use std::fs;
use std::process::Command;

use crate::program::program;
use aivss_lint::policy::{Sought, recommended};
use aivss_lint::rego::CompiledPolicy;
use aivss_lint::rules::NAMES;
use regex::Regex;
use serde_json::Value;
use tempfile::TempDir;

const PAGE: &str = include_str!("../../docs/guides/editors.md");

/// The fenced blocks of the page in a language.
fn blocks(language: &str) -> Vec<&'static str> {
    let opening = format!("```{language}\n");
    PAGE.split(&opening).skip(1).map(|rest| rest.split("\n```").next().unwrap()).collect()
}

/// The settings and the task for VS Code.
fn vs_code() -> [Value; 2] {
    let parsed: Vec<Value> =
        blocks("json").into_iter().map(|text| serde_json::from_str(text).unwrap()).collect();
    parsed.try_into().expect("two blocks of JSON")
}

/// The folder of wrong examples with a policy that lowers some problems to warnings and notes, and the concise report of it.
fn problems() -> (TempDir, String) {
    let folder = TempDir::new().unwrap();
    let examples = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/faults");
    for entry in fs::read_dir(examples).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            fs::copy(&path, folder.path().join(path.file_name().unwrap())).unwrap();
        }
    }
    let arguments =
        ["--format", "concise", "--today", "2026-11-23", "--warn", "layer-blank", "--policy", "recommended"];
    let output = program().args(arguments).current_dir(folder.path()).output().expect("the program starts");
    (folder, String::from_utf8(output.stdout).unwrap())
}

/// The lines that are about a place in a file.
fn placed(concise: &str) -> Vec<&str> {
    concise.lines().filter(|line| line.contains("] ") && !line.contains("cannot check")).collect()
}

#[test]
fn task_of_vs_code_finds_every_problem_with_its_parts() {
    let [_, tasks] = vs_code();
    let task = &tasks["tasks"][0];
    assert_eq!(
        (&task["command"], &task["args"]),
        (&"aivss-lint".into(), &serde_json::json!(["--format", "concise"]))
    );
    let pattern = &task["problemMatcher"]["pattern"];
    let regexp = Regex::new(pattern["regexp"].as_str().unwrap()).unwrap();
    let (folder, concise) = problems();
    let lines = placed(&concise);
    assert!(lines.len() > 20, "{concise}");
    let mut levels = Vec::new();
    for line in lines {
        let found = regexp.captures(line).expect(line);
        let part = |name: &str| &found[usize::try_from(pattern[name].as_u64().unwrap()).unwrap()];
        assert!(folder.path().join(part("file")).is_file(), "{line}");
        assert!(part("line").parse::<u32>().is_ok() && part("column").parse::<u32>().is_ok(), "{line}");
        assert!(aivss_lint::rules::named(part("code")).is_some(), "{line}");
        assert!(line.ends_with(part("message")) && !part("message").is_empty(), "{line}");
        levels.push(part("severity").to_owned());
    }
    for level in ["error", "warning"] {
        assert!(levels.iter().any(|other| other == level), "{level}");
    }
    // A message that looks like the place of another problem is not taken for one.
    let found = regexp.captures("a b.yaml:1:2: error[schema] `x:3:4: error[y] z` is wrong").unwrap();
    assert_eq!((&found[1], &found[5]), ("a b.yaml", "schema"));
}

#[test]
fn schemas_of_the_page_exist_and_its_patterns_are_names_of_threat_models() {
    let [settings, _] = vs_code();
    let yaml = settings["yaml.schemas"].as_object().unwrap().keys().cloned();
    let json = settings["json.schemas"].as_array().unwrap().iter();
    let json = json.map(|schema| schema["url"].as_str().unwrap().to_owned());
    for path in yaml.chain(json) {
        let written = format!("> {}\n", path.trim_start_matches("./"));
        assert!(PAGE.contains(&written), "{path}");
    }
    let policy = CompiledPolicy::built_in(recommended(), NAMES);
    for name in
        ["threat-model.json", "a.threat-model.json", "x/a.threat-model.yaml", "threat-models/a/b.yaml"]
    {
        assert_eq!(policy.sought(name), Some(Sought::ByName), "{name}");
    }
}

#[test]
fn vim_finds_every_problem_with_its_place() {
    let script = blocks("vim").concat();
    assert!(script.contains("makeprg=aivss-lint"), "{script}");
    let format = script.lines().find(|line| line.starts_with("set errorformat=")).unwrap();
    let (folder, concise) = problems();
    let lines = placed(&concise);
    let at = |name: &str| folder.path().join(name);
    fs::write(at("problems.txt"), lines.join("\n")).unwrap();
    let list = "call writefile(map(getqflist(), 'bufname(v:val.bufnr) . \":\" . v:val.lnum . \":\" . v:val.col . \":\" . v:val.type . v:val.text'), 'found.txt')";
    let ran = Command::new("vim")
        .args([
            "-u",
            "NONE",
            "-N",
            "-es",
            "-c",
            format,
            "-c",
            "cgetfile problems.txt",
            "-c",
            list,
            "-c",
            "qa!",
        ])
        .current_dir(folder.path())
        .output();
    let Ok(_) = ran else {
        eprintln!("passed over: vim is not installed");
        return;
    };
    let found = fs::read_to_string(at("found.txt")).unwrap();
    let expected = lines.iter().map(|line| {
        // `path:1:2: error[rule] message` as `path:1:2:e[rule] message`.
        let (place, rest) = line.split_once(": ").unwrap();
        format!("{place}:{}{}\n", &rest[..1], &rest[rest.find('[').unwrap()..])
    });
    assert_eq!(found, expected.collect::<String>());
}

/// The session of the page, if the machine has Neovim.
#[cfg(feature = "server")]
#[test]
fn neovim_shows_what_the_page_prints() {
    let folder = TempDir::new().unwrap();
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    for example in ["faults/arithmetic.threat-model.yaml", "smolagents/threat-model.yaml"] {
        let path = root.join("examples").join(example);
        fs::copy(&path, folder.path().join(path.file_name().unwrap())).unwrap();
    }
    let script = root.join("tests/repository/server/neovim.lua");
    if !script.exists() {
        eprintln!("passed over: the package has no script for Neovim");
        return;
    }
    let session = Command::new("nvim")
        .args(["--headless", "-u", "NONE", "-n", "-c"])
        .arg(format!("luafile {}", script.display()))
        .env("AIVSS_LINT", program().get_program())
        .env("XDG_STATE_HOME", folder.path())
        .current_dir(folder.path())
        .output();
    let Ok(output) = session else {
        eprintln!("passed over: nvim is not installed");
        return;
    };
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), blocks("text")[0]);
}

#[test]
fn manifest_for_assistants_starts_the_server_for_each_kind_of_file() {
    let manifest = blocks("jsonc").into_iter().find(|text| text.contains("extensionToLanguage")).unwrap();
    let manifest: Value = serde_json::from_str(manifest).unwrap();
    let server = &manifest["aivss-lint"];
    assert_eq!((&server["command"], &server["args"]), (&"aivss-lint".into(), &serde_json::json!(["server"])));
    let extensions = server["extensionToLanguage"].as_object().unwrap();
    for extension in ["yaml", "yml", "json", "md", "markdown"] {
        assert!(extensions.contains_key(&format!(".{extension}")), "{extension}");
    }
}
