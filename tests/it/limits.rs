//! Limits of a run, and its files after an interruption: each is the old one or the new one, never half
//! of it. The limits are those of the operating system, set by a shell around the program.
#![cfg(target_os = "linux")]

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::Command;

use crate::folder::{Folder, Ran};
use crate::git::git;
use crate::program::bounded;

const MODEL: &str = include_str!("../../src/rules/stock.yaml");
const FILE: &str = "threat-model.yaml";
/// A gigabyte of addresses, in KiB, and half a minute of the processor: several times what the worst file below takes in a
/// build for tests.
const BOUNDS: &str = "ulimit -v 1048576; ulimit -t 30;";
const PROGRAM: &str = env!("CARGO_BIN_EXE_aivss-lint");

impl Folder {
    /// Runs the program as `$0` of a shell's script, which sets limits first.
    fn under(&self, script: &str, arguments: &[&str]) -> Ran {
        Ran::of(bounded(script).args(arguments).current_dir(self.path("")))
    }

    fn bounded(&self, arguments: &[&str]) -> Ran {
        self.under(&format!("{BOUNDS} exec \"$0\" \"$@\""), arguments)
    }

    /// The names of the files in the folder, in order.
    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.path("")).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

/// A model whose score is wrong, and which is longer than the files that are allowed below.
fn wrong() -> String {
    let comment = "# A comment that must stay in the file.\n".repeat(400);
    MODEL.replace("score: 9.4", "score: 9.1") + &comment
}

#[test]
fn file_of_any_kind_stays_within_time_and_memory() {
    let of = |piece: &str, times: usize| piece.repeat(times);
    let files: [(&str, &str, String); 14] = [
        ("a list without end", "a.yaml", format!("aivss_threat_model: 1\nx-a: [{}]\n", of("a,", 150_000))),
        ("lines without end", "a.yaml", format!("aivss_threat_model: 1\n{}", of("x:\n", 150_000))),
        (
            "an array without end",
            "a.json",
            format!("{{\"aivss_threat_model\": 1, \"x-a\": [{}0]}}", of("0,", 150_000)),
        ),
        (
            "escapes without end",
            "a.yaml",
            format!("aivss_threat_model: 1\nx-a: \"{}\"\n", of("\\u0061", 1_000_000)),
        ),
        (
            "a long text through many aliases",
            "a.yaml",
            format!(
                "aivss_threat_model: 1\nx-a: &a {}\nfindings:\n{}",
                of("b", 100_000),
                of("- { id: *a }\n", 50_000)
            ),
        ),
        (
            "a long key through many aliases",
            "a.yaml",
            format!(
                "aivss_threat_model: 1\nx-a: &a {}\nx-b:\n{}",
                of("b", 1_000_000),
                of("  *a : 1\n", 1_000)
            ),
        ),
        (
            "problems below a long key",
            "a.json",
            format!(
                "{{\"aivss_threat_model\": 1, \"x-{}\": {{{}\"a\":1}}}}",
                of("k", 4_000_000),
                of("\"a\":1,", 1_500)
            ),
        ),
        ("models without end", "a.yaml", of("---\naivss_threat_model: 1\n", 50_000)),
        ("sound models without end", "a.yaml", of(&format!("---\n{MODEL}"), 2_500) + "---\n" + &wrong()),
        (
            "problems after endless keys",
            "a.yaml",
            format!("aivss_threat_model: 1\n{}findings: [{}]\n", of("x-a: 1\n", 40_000), of("1, ", 40_000)),
        ),
        ("blocks without end", "a.md", of("```yaml\naivss_threat_model: 1\n```\n", 20_000)),
        ("markers outside of blocks without end", "a.md", of("aivss_threat_model: 1\n```\na\n```\n", 50_000)),
        (
            "brackets without end in a page",
            "a.md",
            format!("{}\n\n```yaml\naivss_threat_model: 1\n```\n", of("[", 500_000)),
        ),
        (
            "quotations without end in a page",
            "a.md",
            format!("{}a\n\n```yaml\naivss_threat_model: 1\n```\n", of("> ", 50_000)),
        ),
    ];
    for (name, file, text) in files {
        let folder = Folder::new(&[(file, &text)]);
        for format in ["human", "json"] {
            let ran = folder.bounded(&["--format", format, file]);
            assert_eq!(ran.code, 1, "{name}, {format}: {}", ran.err.chars().take(400).collect::<String>());
            assert!(ran.out.len() < 20_000_000, "{name}, {format}: {} bytes", ran.out.len());
        }
    }
}

/// The parser of Markdown keeps all of a page in memory, in nodes many times the size of their text.
#[test]
fn page_of_signs_takes_memory_in_proportion_to_its_size() {
    let model = "\n\n```yaml\naivss_threat_model: 1\n```\n";
    let pieces = [
        "- a\n",
        "- a\n+ b\n",
        "*a",
        "- - - - - - - -\n",
        "[a](b)",
        "&amp;a",
        "1. a\n",
        "**a** ",
        "`a` ",
        "a\n\n",
    ];
    for piece in pieces {
        // Up to the limit, and far beyond.
        for times in [200_000 / piece.len(), 12_000_000 / piece.len()] {
            let folder = Folder::new(&[("a.md", &(piece.repeat(times) + model))]);
            // An eighth of a gigabyte of addresses; the program alone takes half of that.
            let script = "ulimit -v 131072; ulimit -t 30; exec \"$0\" \"$@\"";
            let ran = folder.under(script, &["--format", "concise", "a.md"]);
            assert_eq!(
                ran.code,
                1,
                "{times} times {piece:?}: {}",
                ran.err.chars().take(400).collect::<String>()
            );
            assert_eq!(
                ran.out.contains("file-too-complex"),
                times > 200_000,
                "{times} times {piece:?}: {}",
                ran.out
            );
        }
    }
}

#[test]
fn pattern_built_to_exhaust_ends_in_time() {
    let patterns = [
        "{a,b}".repeat(30),
        "*a".repeat(20_000),
        format!("{}a{}", "{".repeat(50), ",b}".repeat(50)),
        "**/".repeat(5_000) + "x",
        "[a-z]".repeat(20_000),
        "{*,*a,**/b}".repeat(2_000),
    ];
    for pattern in patterns {
        let policy = format!("aivss_policy: 1\nfiles: {{ exclude: [\"{pattern}\"] }}\n");
        let folder = Folder::new(&[(FILE, &wrong()), ("aivss-policy.yaml", &policy)]);
        let ran = folder.bounded(&[FILE]);
        let shown: String = pattern.chars().take(20).collect();
        assert!(ran.code == 1 || ran.code == 2, "{shown}: {} {}", ran.code, ran.err);
    }
}

#[test]
fn file_that_changes_while_it_is_read_does_not_pass() {
    let names: Vec<String> = (0..300).map(|at| format!("{at}.threat-model.yaml")).collect();
    let wrong = wrong();
    let half = &wrong[..wrong.len() / 20];
    for change in [None, Some(half), Some("")] {
        let files: Vec<(&str, &str)> = names.iter().map(|name| (&**name, &*wrong)).collect();
        let folder = Folder::new(&files);
        let run = std::thread::scope(|scope| {
            let run = scope.spawn(|| folder.bounded(&["--format", "concise"]));
            for name in names.iter().rev() {
                match change {
                    Some(text) => fs::write(folder.path(name), text).unwrap(),
                    None => fs::remove_file(folder.path(name)).unwrap(),
                }
            }
            run.join().unwrap()
        });
        assert!(run.code == 1 || run.code == 2, "{}", run.code);
        assert!(!run.err.contains("panicked"), "{}", run.err);
    }
}

#[test]
fn link_out_of_the_repository_is_not_read() {
    let secret = "key: secret\n  other: [\n";
    let outside = Folder::new(&[("secret.yaml", secret)]);
    let folder =
        Folder::new(&[("b.threat-model.yaml", MODEL), (".git/secret", secret), ("elsewhere.txt", &wrong())]);
    git(&folder.path(""), &["init", "--quiet"]);
    for target in [outside.path("secret.yaml"), Path::new(".git/secret").to_owned()] {
        let link = folder.path(FILE);
        symlink(target, &link).unwrap();
        for arguments in [&[][..], &["."], &[FILE], &["fix"], &["fix", FILE]] {
            let ran = folder.bounded(arguments);
            let printed = ran.out + &ran.err;
            assert_eq!(ran.code, 2, "{arguments:?}: {printed}");
            assert!(
                printed.contains("a link that leads out of the repository") && !printed.contains("secret"),
                "{printed}"
            );
        }
        fs::remove_file(link).unwrap();
    }
    symlink("elsewhere.txt", folder.path(FILE)).unwrap();
    assert_eq!(folder.bounded(&[]).code, 1, "within the repository it is a file as any other");
    let named = folder.bounded(&[outside.path("secret.yaml").to_str().unwrap()]);
    assert!(named.out.contains("secret"), "who names a file asks for it: {}", named.out);
}

/// A changed policy could name any file, and errors in Rego or a policy quote the file.
#[test]
fn policy_error_does_not_quote_a_file_outside_of_the_repository() {
    let secret = "secret: [\n";
    let outside =
        Folder::new(&[("secret.rego", secret), ("secret.yaml", secret), ("rules/secret.rego", secret)]);
    let folder = Folder::new(&[(FILE, MODEL), (".git/secret.rego", secret)]);
    let up = "../".repeat(folder.path("").components().count());
    let away = |name: &str| format!("{up}..{}", outside.path(name).display());
    symlink(outside.path("secret.rego"), folder.path("link.rego")).unwrap();
    symlink(outside.path("rules"), folder.path("linked")).unwrap();
    fs::create_dir(folder.path("holder")).unwrap();
    symlink(outside.path("secret.rego"), folder.path("holder/link.rego")).unwrap();
    let named = [
        outside.path("secret.rego").display().to_string(),
        away("secret.rego"),
        away("rules"),
        up.clone(),
        "link.rego".to_owned(),
        "linked".to_owned(),
        "linked/secret.rego".to_owned(),
        "holder".to_owned(),
        ".git/secret.rego".to_owned(),
        ".git".to_owned(),
    ];
    for name in named {
        folder.write("aivss-policy.yaml", &format!("aivss_policy: 1\nrego: ['{name}']\n"));
        let ran = folder.bounded(&[FILE]);
        let printed = ran.out + &ran.err;
        assert_eq!(ran.code, 2, "{name}: {printed}");
        assert!(printed.contains("is outside of this policy's repository"), "{name}: {printed}");
        assert!(!printed.contains("secret:"), "{name}: {printed}");
    }
    for name in ["aivss-policy.yaml", "other.yaml"] {
        fs::remove_file(folder.path("aivss-policy.yaml")).unwrap();
        folder.write("aivss-policy.yaml", "aivss_policy: 1\nextends: [./other.yaml]\n");
        let _ = fs::remove_file(folder.path(name));
        symlink(outside.path("secret.yaml"), folder.path(name)).unwrap();
        let ran = folder.bounded(&[FILE]);
        let printed = ran.out + &ran.err;
        assert_eq!(ran.code, 2, "{name}: {printed}");
        let is_refused = printed.contains("leads out of the repository")
            || printed.contains("is outside of this policy's");
        assert!(is_refused && !printed.contains("secret:"), "{name}: {printed}");
    }
}

/// Neither what a file outside of the repository contains, nor whether it exists.
#[test]
fn policy_and_tests_do_not_name_files_outside_of_their_repository() {
    let outside = Folder::new(&[("real.yaml", "aivss_policy: 1\n")]);
    let folder = Folder::new(&[(FILE, MODEL), (".git/HEAD", "")]);
    let away = format!("{}{}", "../".repeat(30), outside.path("").strip_prefix("/").unwrap().display());
    let places = [outside.path("").display().to_string(), away];
    let test = |policy: &str, model: &str| {
        format!("aivss_policy_test: 1\npolicy: '{policy}'\ncases: [{{ model: '{model}', expect: [] }}]\n")
    };
    for place in places {
        let refusal = |name: &str| {
            let path = format!("{place}/{name}.yaml");
            let texts = [
                ("aivss-policy.yaml", format!("aivss_policy: 1\nextends: ['{path}']\n"), &["check"][..]),
                ("t.yaml", test(&path, FILE), &["policy", "test", "."]),
                ("t.yaml", test("strict", &path), &["policy", "test", "."]),
            ];
            let runs = texts.map(|(file, text, arguments)| {
                folder.write(file, &text);
                let ran = folder.bounded(arguments);
                fs::remove_file(folder.path(file)).unwrap();
                let printed = ran.out + &ran.err;
                assert_eq!(ran.code, 2, "{printed}");
                let is_refused = ["leads out of the repository", "is outside of this policy's"];
                assert!(is_refused.iter().any(|words| printed.contains(words)), "{printed}");
                printed.replace(name, "NAME")
            });
            runs.join("\n")
        };
        assert_eq!(refusal("real"), refusal("none"));
    }
}

#[test]
fn file_that_cannot_be_written_whole_is_unchanged() {
    let old = MODEL.replace("'0.8'", "'0.5'") + &"# What must stay.\n".repeat(1_000);
    let wrong = wrong();
    for (arguments, before) in [
        (&["fix", FILE][..], &wrong),
        (&["fix", "--to", "0.8", FILE], &old),
        (&["check", "--format", "json", "--output", "report.json", FILE], &wrong),
    ] {
        let folder = Folder::new(&[(FILE, before), ("report.json", "before")]);
        // At most 4 KiB a file, as on a disk that is almost full: writing fails.
        let ran = folder.under("ulimit -f 8; trap '' XFSZ; exec \"$0\" \"$@\"", arguments);
        assert_eq!(ran.code, 2, "{arguments:?}: {}{}", ran.out, ran.err);
        // The report of an earlier run is removed before the run begins.
        let is_report = arguments[0] == "check";
        let is_kept =
            || folder.read("report.json").contains(if is_report { "the run ended before" } else { "before" });
        assert!(folder.read(FILE) == *before && is_kept(), "{}", folder.read("report.json"));
        assert_eq!(folder.names(), ["report.json", FILE], "no temporary file is left");
        // The same, and the program is killed during the write.
        let ran = folder.under("ulimit -f 8; exec \"$0\" \"$@\"", arguments);
        assert!(ran.code > 128, "{arguments:?}: {} {}{}", ran.code, ran.out, ran.err);
        assert!(folder.read(FILE) == *before && is_kept(), "{}", folder.read("report.json"));
        // A leftover temporary file does not block the next run.
        let ran = folder.run(arguments);
        assert!(ran.code < 2, "{arguments:?}: {}{}", ran.out, ran.err);
        assert!(folder.read(FILE) != *before || folder.read("report.json") != "before");
    }
}

#[test]
fn report_that_cannot_be_written_is_exit_status_2() {
    let folder = Folder::new(&[(FILE, &wrong())]);
    for format in ["human", "concise", "json", "sarif"] {
        let file = ["--format", format, "--output", "/dev/full", FILE];
        assert_eq!(folder.bounded(&file).code, 2, "{format} in a file");
    }
    let ran = folder.under("exec \"$0\" \"$@\" >/dev/full", &["--format", "json", FILE]);
    assert_eq!(ran.code, 2, "{}", ran.err);
}

#[test]
fn full_disk_keeps_the_old_file() {
    let folder = Folder::new(&[("wrong.yaml", &wrong())]);
    // A separate disk for the time of the shell: 32 KiB, all of which the files take.
    let script = "mkdir disk && mount -t tmpfs -o size=32k tmpfs disk && cp wrong.yaml disk/threat-model.yaml || exit 77
        cd disk && (cat /dev/zero >rest 2>&1; true)
        \"$0\" fix threat-model.yaml; echo \"code $?\"
        cmp threat-model.yaml ../wrong.yaml && echo stays; ls -A";
    let ran = Ran::of(
        Command::new("unshare")
            .args(["--map-root-user", "--mount", "sh", "-c", script, PROGRAM])
            .current_dir(folder.path("")),
    );
    if !ran.out.contains("code ") {
        println!("skipped: no disk of its own can be had here: {}", ran.err);
        return;
    }
    assert!(ran.out.ends_with("code 2\nstays\nrest\nthreat-model.yaml\n"), "{}{}", ran.out, ran.err);
}

/// Runs the program as a user without the rights of root; `None` if that is not possible.
fn as_somebody(folder: &Folder, arguments: &[&str]) -> Option<Ran> {
    fs::write(folder.path("probe"), "").unwrap();
    fs::set_permissions(folder.path("probe"), fs::Permissions::from_mode(0o000)).unwrap();
    let is_bound = fs::read(folder.path("probe")).is_err();
    fs::remove_file(folder.path("probe")).unwrap();
    let command = |program: &str| {
        let mut command = Command::new(program);
        command.current_dir(folder.path(""));
        command
    };
    if is_bound {
        return Some(Ran::of(command(PROGRAM).args(arguments)));
    }
    let somebody = ["--bounding-set=-all", "--inh-caps=-all", PROGRAM];
    let mut command = command("setpriv");
    command.args(somebody).args(arguments);
    let runs = command.output().is_ok_and(|output| output.status.code().is_some_and(|code| code <= 2));
    runs.then(|| Ran::of(&mut command))
}

#[test]
fn file_without_permission_is_exit_status_2() {
    let folder = Folder::new(&[(FILE, MODEL), ("b/threat-model.yaml", &wrong())]);
    let mode = |name: &str, mode: u32| {
        fs::set_permissions(folder.path(name), fs::Permissions::from_mode(mode)).unwrap();
    };
    mode("b/threat-model.yaml", 0o000);
    let Some(ran) = as_somebody(&folder, &[]) else {
        println!("skipped: the superuser may read everything, and cannot run as somebody else here");
        return;
    };
    assert_eq!(ran.code, 2, "{}{}", ran.out, ran.err);
    assert!(ran.out.contains("permission denied"), "{}", ran.out);
    mode("b/threat-model.yaml", 0o644);
    mode("b", 0o555);
    let ran = as_somebody(&folder, &["fix", "b/threat-model.yaml"]).unwrap();
    assert_eq!((ran.code, folder.read("b/threat-model.yaml")), (2, wrong()), "{}{}", ran.out, ran.err);
    let output = ["--format", "json", "--output", "b/report.json", FILE];
    assert_eq!(as_somebody(&folder, &output).unwrap().code, 2);
    mode("b", 0o000);
    assert_eq!(as_somebody(&folder, &[]).unwrap().code, 2, "a folder that cannot be looked into");
    mode("b", 0o755);
}

#[test]
fn run_without_threads_works_on_one() {
    let folder = Folder::new(&[(FILE, MODEL), ("b.threat-model.yaml", &wrong())]);
    // Limits do not apply to root, so another user must run the program and must be able to read it.
    fs::set_permissions(folder.path(""), fs::Permissions::from_mode(0o755)).unwrap();
    let nobody = |program: &str| {
        let mut command = Command::new("prlimit");
        command.args(["--nproc=1:1", "setpriv", "--reuid=65534", "--clear-groups", program]);
        command.current_dir(folder.path(""));
        command
    };
    if !nobody(PROGRAM).arg("--version").output().is_ok_and(|output| output.status.success()) {
        println!("skipped: it cannot run as somebody else here");
        return;
    }
    let ran = Ran::of(nobody(PROGRAM).args(["--threads", "8", "--format", "concise"]));
    assert!(ran.code == 1 && ran.err.starts_with("failed under policy "), "{}{}", ran.err, ran.out);
    assert_eq!(ran.err.lines().count(), 1, "{}", ran.err);
}
