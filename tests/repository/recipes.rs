//! The recipes in `docs/ci/` work as documented: each script is taken from its block and run in a scratch
//! repository, with the variables that its CI system sets.
//!
//! The line that installs the program runs a substitute here. `.ci/run` executes it, and installs the wheel.
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::git::{commit, git, write};
use aivss_lint::page::parse;
use aivss_lint::source::Source;
use aivss_lint::syntax::Node;
use serde_json::Value;

const PAGES: [&str; 6] = [
    include_str!("../../docs/ci/github.md"),
    include_str!("../../docs/ci/gitlab.md"),
    include_str!("../../docs/ci/bitbucket.md"),
    include_str!("../../docs/ci/azure.md"),
    include_str!("../../docs/ci/jenkins.md"),
    include_str!("../../docs/ci/pre-commit.md"),
];
const GOOD: &str = include_str!("../../examples/smolagents/threat-model.yaml");
const WRONG: &str = include_str!("../../examples/owasp-0.5/01-tool-misuse.threat-model.yaml");

/// The blocks of one language below a heading.
fn blocks(heading: &str, language: &str) -> Vec<&'static str> {
    let section = PAGES.into_iter().find_map(|page| {
        let title = format!("# {heading}\n");
        page.strip_prefix(&title).or_else(|| page.split_once(&format!("\n#{title}")).map(|(_, text)| text))
    });
    let section = section.unwrap_or_else(|| panic!("no heading {heading}"));
    let section = &section[..section.find("\n## ").unwrap_or(section.len())];
    let opened = format!("```{language}\n");
    section.split(opened.as_str()).skip(1).map(|rest| rest.split("\n```").next().unwrap()).collect()
}

fn yaml(text: &str) -> Value {
    let source = Source::decode("recipe.yaml", text.as_bytes().to_vec());
    let document = parse(&source);
    assert!(document.is_sound(), "{:?}\n{text}", document.problems);
    document.roots().next().map(Node::to_json).unwrap()
}

fn lines(script: &Value) -> String {
    let lines = script.as_array().unwrap().iter().map(|line| line.as_str().unwrap());
    lines.collect::<Vec<_>>().join("\n")
}

/// A change.
#[derive(Clone, Copy, PartialEq)]
enum Change {
    Good,
    Wrong,
    /// Wrong, with a policy that would let it pass.
    Bribed,
}

/// A clone whose HEAD is a change that its origin's main branch does not have.
fn clone(test: &str, change: Change) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("recipes").join(test);
    if folder.exists() {
        fs::remove_dir_all(&folder).unwrap();
    }
    let work = folder.join("work");
    fs::create_dir_all(&work).unwrap();
    git(&work, &["init", "--quiet"]);
    write(&work, "agents/threat-model.yaml", GOOD);
    commit(&work, "base");
    git(&folder, &["clone", "--quiet", "--bare", "work", "origin.git"]);
    git(&folder, &["clone", "--quiet", "origin.git", "clone"]);
    let clone = folder.join("clone");
    git(&clone, &["switch", "--quiet", "--create", "feature"]);
    write(&clone, "agents/second.threat-model.yaml", if change == Change::Good { GOOD } else { WRONG });
    if change == Change::Bribed {
        write(&clone, "aivss-policy.yaml", "aivss_policy: 1\nextends: [permissive]\n");
    }
    commit(&clone, "head");
    clone
}

/// Runs a script with a `cargo` that installs only this program.
fn run(script: &str, clone: &Path, variables: &[(&str, &str)]) -> Output {
    assert!(script.contains("aivss-lint"), "{script}");
    let bin = clone.parent().unwrap().join("bin");
    let temporary = clone.parent().unwrap().join("temporary");
    fs::create_dir_all(&temporary).unwrap();
    // In the checkout, files of the change would choose the compiler.
    let cargo = r#"#!/bin/sh
[ "$1 $2 $3 $4" = 'install --quiet --locked --root' ] && [ "$6 $7 $8" = "--git $SOURCE --rev" ] || exit 9
[ "$9" = "$REVISION" ] && [ "$PWD" = "$5" ] || exit 9
mkdir -p "$5/bin"
cat >"$5/bin/aivss-lint" <<'END'
#!/bin/sh
case $CRASH in
  program) kill -KILL $$ ;;
  script) kill -KILL $PPID ;;
esac
exec "$PROGRAM" "$@"
END
chmod +x "$5/bin/aivss-lint"
exit "${CARGO_STATUS:-0}"
"#;
    write_program(&bin, "cargo", cargo);
    let tools = std::env::var("PATH").unwrap();
    Command::new("bash")
        .args(["-e", "-c", script])
        .current_dir(clone)
        .env_clear()
        .env("PATH", format!("{}:{tools}", bin.display()))
        .env("HOME", &temporary)
        .env("TMPDIR", &temporary)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("PROGRAM", env!("CARGO_BIN_EXE_aivss-lint"))
        .env("REVISION", "<commit>")
        .env("RUNNER_TEMP", &temporary)
        .env("SOURCE", "https://github.com/OWNER/aivss-lint")
        .envs(variables.iter().copied())
        .output()
        .expect("bash is wherever these tests run")
}

fn write_program(folder: &Path, name: &str, text: &str) {
    write(folder, name, text);
    fs::set_permissions(folder.join(name), fs::Permissions::from_mode(0o755)).unwrap();
}

/// Runs a recipe on each kind of change, and checks its reports.
fn check_recipe(name: &str, script: &str, variables: &[(&str, &str)], reports: &[&str]) {
    for (change, code) in [(Change::Good, 0), (Change::Wrong, 1), (Change::Bribed, 1)] {
        let clone = clone(name, change);
        let output = run(script, &clone, variables);
        let printed = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{name}: {printed}");
        for report in reports {
            let text =
                fs::read_to_string(clone.join(report)).unwrap_or_else(|_| panic!("{name}: no {report}"));
            if Path::new(report).extension().is_some_and(|ending| ending == "xml") {
                let parsed = roxmltree::Document::parse(&text).unwrap();
                assert_eq!(parsed.root_element().tag_name().name(), "testsuites");
            } else if let Value::Array(problems) = serde_json::from_str(&text).unwrap() {
                assert_eq!(problems.is_empty(), code == 0, "{report}: {text}");
            }
            if code == 1 {
                assert!(text.contains("second.threat-model.yaml"), "{report}: {text}");
            }
        }
    }
}

/// Checks that a block publishes the files that its command writes.
fn assert_published(published: &[&str], script: &str) {
    for report in published {
        assert!(script.contains(&format!("--output \"$tools/{report}\"")), "nothing writes {report}");
    }
}

/// A recipe whose setup fails, or that cannot run, neither publishes nor runs files of the change.
fn publishes_no_report_of_the_change(name: &str, script: &str, variables: &[(&str, &str)], reports: &[&str]) {
    let stops = [
        ("cargo", Some(("CARGO_STATUS", "1"))),
        ("fetch", None),
        ("program", Some(("CRASH", "program"))),
        ("script", Some(("CRASH", "script"))),
        ("nothing", None),
    ];
    for (stop, variable) in stops {
        let clone = clone(&format!("{name}-forged"), Change::Good);
        for report in reports {
            write(&clone, report, "forged");
        }
        write(&clone, "venv.py", "raise SystemExit('code of the change')");
        write(&clone, "rust-toolchain.toml", "[toolchain]\npath = \".\"\n");
        for name in ["aivss-lint", "cargo", "git", "mktemp", "python3"] {
            write_program(&clone, name, "#!/bin/sh\ntouch PWNED\n");
        }
        commit(&clone, "forged reports");
        if stop == "fetch" {
            git(&clone, &["update-ref", "-d", "refs/remotes/origin/main"]);
            fs::remove_dir_all(clone.parent().unwrap().join("origin.git")).unwrap();
        }
        let variables: Vec<_> = variables.iter().copied().chain(variable).collect();
        let output = run(script, &clone, &variables);
        let printed = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.success(), stop == "nothing", "{name}, {stop}: {printed}");
        assert!(!clone.join("PWNED").exists(), "{name}, {stop}: {printed}");
        for report in reports {
            let published = fs::read_to_string(clone.join(report));
            assert!(
                published.is_err() || published.is_ok_and(|text| text != "forged"),
                "{name}, {stop}: {report}"
            );
        }
    }
}

#[test]
fn recipe_for_gitlab_reports_every_change() {
    let recipe = yaml(blocks("GitLab", "yaml")[0]);
    let script = lines(&recipe["aivss-lint"]["script"]);
    let variables = [
        ("CI_PROJECT_URL", "https://gitlab.example/a/b"),
        ("CI_MERGE_REQUEST_PROJECT_URL", "https://gitlab.example/a/b"),
        ("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "main"),
    ];
    let reports = ["reports/gl-code-quality-report.json", "reports/aivss-lint.xml"];
    check_recipe("gitlab", &script, &variables, &reports);
    publishes_no_report_of_the_change("gitlab", &script, &variables, &reports);
    assert_published(&reports, &script);
    for job in ["aivss-lint", "aivss-lint-default-branch"] {
        assert_eq!(recipe[job]["artifacts"]["when"], "always");
        // Commands of a default could fail before the script begins.
        assert_eq!(recipe[job]["before_script"], Value::Array(vec![]));
        let script = lines(&recipe[job]["script"]);
        for (_, report) in recipe[job]["artifacts"]["reports"].as_object().unwrap() {
            assert_published(&[report.as_str().unwrap()], &script);
        }
    }
}

/// The main branch of a fork belongs to the author.
#[test]
fn gitlab_takes_policy_and_base_of_a_fork_from_the_project() {
    let recipe = yaml(blocks("GitLab", "yaml")[0]);
    let script = lines(&recipe["aivss-lint"]["script"]);
    let clone = clone("gitlab-fork", Change::Wrong);
    let origin = clone.parent().unwrap().join("origin.git");
    let project = clone.parent().unwrap().join("project.git");
    git(&clone, &["clone", "--quiet", "--bare", origin.to_str().unwrap(), project.to_str().unwrap()]);
    let work = clone.parent().unwrap().join("work");
    write(&work, "agents/second.threat-model.yaml", WRONG);
    write(&work, "aivss-policy.yaml", "aivss_policy: 1\nextends: [permissive]\n");
    commit(&work, "the fork's own main");
    git(&work, &["push", "--quiet", origin.to_str().unwrap(), "main"]);
    let project = format!("file://{}", project.display());
    let variables = [
        ("CI_PROJECT_URL", "https://gitlab.example/fork/b"),
        ("CI_MERGE_REQUEST_PROJECT_URL", &project),
        ("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "main"),
    ];
    let output = run(&script, &clone, &variables);
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
}

/// `init` writes the recipe, with the source that it is given.
#[test]
fn init_writes_recipes_that_run() {
    let commit = "0123456789".repeat(4);
    let source = "https://git.example.org/a/b.git";
    let clone = clone("init", Change::Wrong);
    let written = Command::new(env!("CARGO_BIN_EXE_aivss-lint"))
        .args(["init", "--ci", "gitlab", "--ci", "github", "--source", &format!("{source}@{commit}")])
        .current_dir(&clone)
        .output()
        .unwrap();
    assert!(written.status.success(), "{}", String::from_utf8_lossy(&written.stderr));
    let recipe = |name: &str| yaml(&fs::read_to_string(clone.join(name)).unwrap());
    let variables = [
        ("CI_PROJECT_URL", "https://gitlab.example/a/b"),
        ("CI_MERGE_REQUEST_PROJECT_URL", "https://gitlab.example/a/b"),
        ("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "main"),
        ("SOURCE", source),
        ("REVISION", &commit),
    ];
    let output = run(&lines(&recipe(".gitlab-ci.yml")["aivss-lint"]["script"]), &clone, &variables);
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
    let steps = recipe(".github/workflows/aivss-lint.yml")["jobs"]["aivss-lint"]["steps"].clone();
    assert_eq!(steps[1]["uses"], format!("a/b@{commit}"));
}

#[test]
fn recipe_for_gitlab_checks_the_default_branch() {
    let recipe = yaml(blocks("GitLab", "yaml")[0]);
    let script = lines(&recipe["aivss-lint-default-branch"]["script"]);
    for (change, code) in [(Change::Good, 0), (Change::Wrong, 1)] {
        let clone = clone("gitlab-default", change);
        let output = run(&script, &clone, &[("CI_COMMIT_BRANCH", "main")]);
        assert_eq!(output.status.code(), Some(code));
        let report = fs::read(clone.join("reports/gl-code-quality-report.json")).unwrap();
        let report: Value = serde_json::from_slice(&report).unwrap();
        assert_eq!(report.as_array().unwrap().is_empty(), code == 0);
    }
}

#[test]
fn page_and_badge_are_written_for_every_verdict() {
    let recipe = yaml(blocks("Report and badge of the default branch", "yaml")[0]);
    let steps = recipe["jobs"]["report"]["steps"].as_array().unwrap();
    let published = steps[2]["with"]["path"].as_str().unwrap().strip_prefix("${{ runner.temp }}/").unwrap();
    for change in [Change::Good, Change::Wrong] {
        let clone = clone("page", change);
        let output = run(steps[1]["run"].as_str().unwrap(), &clone, &[]);
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        let temporary = clone.parent().unwrap().join("temporary");
        let written = |name: &str| fs::read_to_string(temporary.join(published).join(name)).unwrap();
        assert!(written("index.html").contains(if change == Change::Good { "Passed" } else { "Failed" }));
        assert!(written("aivss.svg").starts_with("<svg"));
    }
}

#[test]
fn recipe_for_bitbucket_reports_every_change() {
    let recipe = yaml(blocks("Bitbucket Pipelines", "yaml")[0]);
    assert_eq!(recipe["clone"]["depth"], "full");
    let script = lines(&recipe["pipelines"]["pull-requests"]["**"][0]["step"]["script"]);
    let variables = [("BITBUCKET_PR_DESTINATION_BRANCH", "main")];
    check_recipe("bitbucket", &script, &variables, &["test-results/aivss-lint.xml"]);
    // What Bitbucket collects.
    let reports = [
        "test-results/aivss-lint.xml",
        "test-results/deep/forged.xml",
        "agents/test-reports/forged.xml",
        "a/b/surefire-reports/forged.xml",
        "a/failsafe-reports/forged.xml",
        "TestResults/forged.xml",
    ];
    publishes_no_report_of_the_change("bitbucket", &script, &variables, &reports);
}

#[test]
fn recipe_for_azure_reports_every_change() {
    let recipe = yaml(blocks("Azure Pipelines", "yaml")[0]);
    let steps = recipe["steps"].as_array().unwrap();
    assert_eq!(steps[0]["fetchDepth"], "0");
    let script = steps[1]["bash"].as_str().unwrap();
    let reports = ["reports/aivss-lint.xml", "reports/aivss-lint.sarif"];
    // From GitHub the branch comes as it is, from Azure Repos with its prefix.
    for target in ["main", "refs/heads/main"] {
        let variables = [("SYSTEM_PULLREQUEST_TARGETBRANCH", target)];
        check_recipe("azure", script, &variables, &reports);
        publishes_no_report_of_the_change("azure", script, &variables, &reports);
    }
    assert_published(&reports, script);
    for step in &steps[2..] {
        assert_eq!(step["condition"], "succeededOrFailed()");
    }
    assert_eq!(steps[2]["inputs"]["testResultsFiles"], reports[0]);
    assert_eq!(steps[3]["inputs"]["PathtoPublish"], "reports");
}

#[test]
fn recipe_for_jenkins_reports_every_change() {
    let recipe = blocks("Jenkins", "groovy")[0];
    let script = recipe.split("'''").nth(1).unwrap();
    let variables = [("CHANGE_TARGET", "main")];
    let reports = ["reports/aivss-lint.xml", "reports/report.json"];
    check_recipe("jenkins", script, &variables, &reports);
    publishes_no_report_of_the_change("jenkins", script, &variables, &reports);
    assert_published(&reports, script);
    let post = &recipe[recipe.find("post {").unwrap()..];
    assert!(post.contains("always {"));
    // Without a report, the build fails.
    assert!(post.contains("junit testResults: 'reports/aivss-lint.xml', allowEmptyResults: false"));
}

#[test]
fn git_hook_checks_what_is_staged() {
    let script = blocks("A git hook", "sh")[0];
    for (change, code) in [(Change::Good, 0), (Change::Wrong, 1)] {
        let clone = clone("hook", change);
        let program = Path::new(env!("CARGO_BIN_EXE_aivss-lint")).parent().unwrap();
        let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap());
        assert_eq!(run(script, &clone, &[("PATH", &path)]).status.code(), Some(code));
    }
}

#[test]
fn shown_hooks_and_inputs_exist() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let hooks = fs::read_to_string(root.join(".pre-commit-hooks.yaml")).unwrap();
    let hooks = yaml(&hooks);
    let known: Vec<&str> =
        hooks.as_array().unwrap().iter().map(|hook| hook["id"].as_str().unwrap()).collect();
    let shown = blocks("pre-commit", "yaml");
    let used = yaml(shown[1]);
    assert!(known.contains(&used["repos"][0]["hooks"][0]["id"].as_str().unwrap()));
    let listed: Vec<&str> = PAGES
        .iter()
        .flat_map(|page| page.lines())
        .filter_map(|line| line.strip_prefix("| `aivss-lint")?.split('`').next())
        .collect();
    assert_eq!(listed, known.iter().map(|id| &id["aivss-lint".len()..]).collect::<Vec<_>>());
    // A hook of one's own is the published one, but for where the program comes from.
    for (block, id) in [(shown[0], "aivss-lint-system"), (shown[2], "aivss-lint")] {
        let own = yaml(block);
        let published = hooks.as_array().unwrap().iter().find(|hook| hook["id"] == id).unwrap();
        for key in ["language", "entry", "types_or", "require_serial"] {
            assert_eq!(own["repos"][0]["hooks"][0][key], published[key], "{key}");
        }
    }

    let action = yaml(&fs::read_to_string(root.join("action.yml")).unwrap());
    let mut steps = 0;
    for block in PAGES[0].split("```yaml\n").skip(1) {
        let block = yaml(block.split("\n```").next().unwrap());
        let jobs = block["jobs"].as_object().unwrap().values();
        for step in jobs.flat_map(|job| job["steps"].as_array().unwrap()) {
            if step["uses"].as_str().is_some_and(|uses| uses.starts_with("OWNER/aivss-lint@<commit>")) {
                steps += 1;
                for (input, _) in step.get("with").and_then(Value::as_object).into_iter().flatten() {
                    assert!(action["inputs"].get(input).is_some(), "no input {input}");
                }
            }
        }
    }
    assert_eq!(steps, 4);
}

/// Every command of the page is in a block that a test above runs.
#[test]
fn every_shown_command_is_tested() {
    let commands = PAGES
        .iter()
        .flat_map(|page| page.lines())
        .filter(|line| *line == "aivss-lint --staged" || line.contains("bin/aivss-lint\""))
        .count();
    assert_eq!(commands, 8);
}
