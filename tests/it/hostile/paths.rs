//! Files in folders, and the targets of names.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::Stdio;

use super::rows::{MODEL, YAML_FILE, wrong};
use super::{command, repository, run, steers};
use crate::folder::Ran;
use crate::git::{git, write};

#[test]
fn run_that_checks_nothing_does_not_pass() {
    let folder = repository("nothing");
    assert_eq!(run(&folder, &[]).0, 2, "an empty folder");
    write(&folder, "aivss-policy.yaml", "aivss_policy: 1\n");
    assert_eq!(run(&folder, &[]).0, 2, "a policy alone");
    assert_eq!(run(&folder, &["aivss-policy.yaml"]).0, 0, "a policy by name");
    write(&folder, "threat-models/other.yaml", "a: 1\n");
    assert_eq!(run(&folder, &[]).0, 2, "a file with something else");
    write(&folder, YAML_FILE, MODEL);
    assert_eq!(run(&folder, &[]).0, 0, "a model next to it");
    assert_eq!(run(&folder, &["threat-models/other.yaml", YAML_FILE]).0, 2, "the other file by name");
    assert_eq!(run(&folder, &["nowhere.yaml", YAML_FILE]).0, 2, "a missing file");
    fs::create_dir(folder.join("empty")).unwrap();
    assert_eq!(run(&folder, &["empty", YAML_FILE]).0, 2, "a folder by name without a model");
    write(&folder, "empty/threat-model.json", "{ \"detail\": {} }");
    assert_eq!(run(&folder, &["empty", YAML_FILE]).0, 2, "a folder by name with something else");
    assert_eq!(run(&folder, &[".", "empty"]).0, 2, "the same, within another one");
    assert_eq!(run(&folder, &["."]).0, 0, "the other one alone");
    write(&folder, "aivss-policy.yml", "aivss_policy: 1\n");
    assert_eq!(run(&folder, &[YAML_FILE]).0, 2, "two policies");
}

#[test]
fn hidden_folder_is_checked() {
    let folder = repository("folders");
    write(&folder, YAML_FILE, MODEL);
    write(&folder, "threat-model.yaml.d/.hidden/threat-model.yaml", wrong());
    write(&folder, ".ignore", "threat-model.yaml\n");
    assert_eq!(run(&folder, &[]).0, 1, "hidden, and in an ignore file that is not git's");
    let folder = repository("folders-by-name");
    write(&folder, "threat-model.yaml/threat-model.yaml", wrong());
    let (code, report) = run(&folder, &["--format", "concise", "threat-model.yaml"]);
    assert_eq!(code, 1, "a folder with the name of a model: {report}");
    let folder = repository("folders-from-below");
    write(&folder, "agents/model.yaml", wrong());
    write(&folder, "below/threat-model.yaml", MODEL);
    write(&folder, "aivss-policy.yaml", "aivss_policy: 1\nfiles: { include: ['agents/**', 'below/**'] }\n");
    let below = folder.join("below");
    assert_eq!(run(&below, &["."]).0, 0);
    assert_eq!(run(&below, &[".", "../agents"]).0, 1, "patterns are relative to the root");
}

#[test]
fn tracked_file_is_checked_although_ignored() {
    let folder = repository("tracked");
    write(&folder, "agents/threat-model.yaml", wrong());
    write(&folder, YAML_FILE, MODEL);
    write(&folder, ".gitignore", "agents/\n");
    assert_eq!(run(&folder, &[]).0, 0, "ignored, and not tracked");
    git(&folder, &["add", "-f", "agents/threat-model.yaml"]);
    assert_eq!(run(&folder, &[]).0, 1, "tracked all the same");
    fs::remove_file(folder.join("agents/threat-model.yaml")).unwrap();
    assert_eq!(run(&folder, &[]).0, 0, "tracked, and deleted");
}

#[test]
fn standard_input_is_checked_as_the_file_of_its_name() {
    let folder = repository("stdin");
    let strict =
        "aivss_policy: 1\noverrides: [{ match: { path: 'agents/prod/**' }, limits: { score: 1 } }]\n";
    write(&folder, "aivss-policy.yaml", strict);
    write(&folder, "agents/prod/threat-model.yaml", MODEL);
    let absolute = folder.join("agents/prod/threat-model.yaml");
    for (from, name, code) in [
        ("", "agents/dev/threat-model.yaml", 0),
        ("", "agents/prod/threat-model.yaml", 1),
        ("", "./agents/prod/threat-model.yaml", 1),
        ("", absolute.to_str().unwrap(), 1),
        ("agents", "prod/threat-model.yaml", 1),
    ] {
        assert_eq!(piped(&folder.join(from), name, MODEL.as_bytes()).0, code, "{name} from {from:?}");
    }
    assert_eq!(piped(&folder, "a.yaml", b"").0, 1, "nothing");
    assert_eq!(piped(&folder, "a.yaml", b"a: 1\n").0, 2, "something else");
    assert_eq!(piped(&folder, "a.json", MODEL.as_bytes()).0, 1, "another language");
    let (code, report) = piped(&folder, "a\u{1B}[31m\n\u{202E}.yaml", wrong().as_bytes());
    assert_eq!(code, 1);
    assert!(!report.contains(steers), "{report:?}");
}

/// Runs `check` on bytes in standard input.
fn piped(folder: &Path, name: &str, bytes: &[u8]) -> (i32, String) {
    let mut command = command(folder);
    command.args(["--format", "concise", "-", "--stdin-filename", name]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(bytes).unwrap();
    let ran = Ran::from(child.wait_with_output().unwrap());
    (ran.code, ran.out + &ran.err)
}
