//! A runner for composite actions, as small as `action.yml` allows: it reads the file, evaluates its expressions, runs
//! each `run` step with bash as GitHub does, and records the inputs of `uses` steps.
//!
//! An unknown expression, condition or key of a step fails the test.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use aivss_lint::page::parse;
use aivss_lint::source::Source;
use aivss_lint::syntax::Node;
use serde_json::{Value, json};

/// The job's token; it must reach no step but those that are to write.
pub(crate) const TOKEN: &str = "the-token";

/// A job that is about to run the action.
pub(crate) struct Job {
    /// The runner's folder; everything below it belongs to the test.
    pub(crate) folder: PathBuf,
    /// The inputs that the workflow sets.
    pub(crate) inputs: BTreeMap<String, String>,
    /// The event's name and its JSON.
    pub(crate) event: (String, Value),
    /// The repository that the action comes from; empty if it is in the repository itself.
    pub(crate) action_repository: String,
    /// Variables of the runner.
    pub(crate) variables: BTreeMap<String, String>,
}

/// The outcome.
#[derive(Debug)]
pub(crate) struct Ran {
    /// The exit code of the last step, or of an earlier one that failed when the last did not.
    pub(crate) code: i32,
    /// The action's outputs.
    pub(crate) outputs: BTreeMap<String, String>,
    /// All steps' outputs, by the step's id and a dot.
    pub(crate) steps: BTreeMap<String, String>,
    /// Everything printed.
    pub(crate) log: String,
    /// The job's summary.
    pub(crate) summary: String,
    /// Actions used, with what they were given.
    pub(crate) used: Vec<(String, BTreeMap<String, String>)>,
}

/// `action.yml` as JSON, by the crate's own parser.
pub(crate) fn action() -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("action.yml");
    let source = Source::decode("action.yml", fs::read(path).unwrap());
    let document = parse(&source);
    assert!(document.is_sound(), "{:?}", document.problems);
    document.roots().next().map(Node::to_json).unwrap()
}

impl Job {
    /// A job with an empty workspace, stubs for what reaches the network, and the recorder as the installed program.
    pub(crate) fn new(test: &str) -> Self {
        // Outside of this project's own checkout, whose git ignores what is built.
        let place = format!("aivss-lint-action-{}", std::process::id());
        let folder = std::env::temp_dir().join(place).join(test);
        if folder.exists() {
            fs::remove_dir_all(&folder).unwrap();
        }
        for name in ["workspace", "temp", "home", "bin", "stubs/server"] {
            fs::create_dir_all(folder.join(name)).unwrap();
        }
        let stubs = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/repository/action");
        for name in ["cargo", "curl", "gh"] {
            fs::copy(stubs.join(name), folder.join("bin").join(name)).unwrap();
        }
        fs::copy(stubs.join("recorder"), folder.join("stubs/recorder")).unwrap();
        let recorder = folder.join("stubs/recorder").display().to_string();
        let variables = [
            ("GITHUB_SERVER_URL", "https://github.example"),
            ("GITHUB_REPOSITORY", "owner/agents"),
            ("GITHUB_REF", "refs/heads/main"),
            ("GITHUB_SHA", "0000000000000000000000000000000000000000"),
            ("RUNNER_OS", "Linux"),
            ("RUNNER_ARCH", "X64"),
        ];
        Self {
            folder,
            inputs: BTreeMap::from([("binary".to_owned(), recorder)]),
            event: ("workflow_dispatch".to_owned(), json!({})),
            action_repository: "owner/aivss-lint".to_owned(),
            variables: variables.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
        }
    }

    /// The same job, as if it had run nothing yet.
    pub(crate) fn again(&self) -> Self {
        let _ = fs::remove_file(self.folder.join("stubs/recorder.log"));
        Self {
            folder: self.folder.clone(),
            inputs: self.inputs.clone(),
            event: self.event.clone(),
            action_repository: self.action_repository.clone(),
            variables: self.variables.clone(),
        }
    }

    /// Sets an input.
    pub(crate) fn with(mut self, input: &str, value: &str) -> Self {
        self.inputs.insert(input.to_owned(), value.to_owned());
        self
    }

    /// Sets a variable of the runner.
    pub(crate) fn variable(mut self, name: &str, value: &str) -> Self {
        self.variables.insert(name.to_owned(), value.to_owned());
        self
    }

    /// Sets the event.
    pub(crate) fn on(mut self, name: &str, event: Value) -> Self {
        self.event = (name.to_owned(), event);
        self
    }

    /// The folder that is checked.
    pub(crate) fn workspace(&self) -> PathBuf {
        self.folder.join("workspace")
    }

    /// Writes a file of the stubs.
    pub(crate) fn stub(&self, name: &str, text: &str) {
        let path = self.folder.join("stubs").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// The calls that a stub recorded; empty if it was never called.
    pub(crate) fn log_of(&self, stub: &str) -> String {
        let bytes = fs::read(self.folder.join("stubs").join(format!("{stub}.log"))).unwrap_or_default();
        String::from_utf8(bytes).unwrap()
    }

    /// The arguments of each call of the program but those for its version.
    pub(crate) fn calls(&self) -> Vec<Vec<String>> {
        let log = self.log_of("recorder");
        log.split_terminator("\n\0")
            .map(|call| call.split_terminator('\0').map(str::to_owned).collect())
            .collect()
    }

    /// Runs the action.
    pub(crate) fn run(&self) -> Ran {
        let action = action();
        let event = self.folder.join("event.json");
        fs::write(&event, self.event.1.to_string()).unwrap();
        let summary = self.folder.join("summary");
        fs::write(&summary, "").unwrap();
        let log = self.folder.join("log");
        fs::write(&log, "").unwrap();
        let mut ran = Ran {
            code: 0,
            outputs: BTreeMap::new(),
            steps: BTreeMap::new(),
            log: String::new(),
            summary: String::new(),
            used: Vec::new(),
        };
        let mut earlier = Vec::new();
        let mut failed = false;
        for step in action["runs"]["steps"].as_array().unwrap() {
            if self.applies(step, &action, &earlier, &ran, failed) {
                let code = self.step(step, &action, &earlier, &mut ran);
                if code != 0 && step["continue-on-error"] != true {
                    failed = true;
                    ran.code = code;
                }
            }
            earlier.extend(step["id"].as_str().map(str::to_owned));
        }
        for (name, output) in action["outputs"].as_object().unwrap() {
            let value = self.filled(output["value"].as_str().unwrap(), &action, &earlier, &ran);
            ran.outputs.insert(name.clone(), value);
        }
        ran.log = fs::read_to_string(log).unwrap();
        ran.summary = fs::read_to_string(summary).unwrap();
        ran
    }

    fn applies(&self, step: &Value, action: &Value, earlier: &[String], ran: &Ran, failed: bool) -> bool {
        let Some(condition) = step.get("if").map(|condition| condition.as_str().unwrap()) else {
            return !failed;
        };
        let settings: Vec<&str> = condition.split(" && ").collect();
        (!failed || settings.contains(&"always()"))
            && settings.iter().filter(|term| **term != "always()").all(|term| {
                let (equal, (left, right)) = match term.split_once(" == ") {
                    Some(sides) => (true, sides),
                    None => (false, term.split_once(" != ").unwrap_or_else(|| panic!("condition {term}"))),
                };
                let right = right.strip_prefix('\'').and_then(|right| right.strip_suffix('\'')).unwrap();
                (self.value(left, action, earlier, ran) == right) == equal
            })
    }

    fn step(&self, step: &Value, action: &Value, earlier: &[String], ran: &mut Ran) -> i32 {
        const KNOWN: [&str; 9] =
            ["name", "id", "if", "uses", "with", "run", "shell", "env", "continue-on-error"];
        let keys = step.as_object().unwrap().keys();
        assert!(keys.clone().all(|key| KNOWN.contains(&key.as_str())), "{step}");
        let name = step["name"].as_str().unwrap().to_owned();
        let filled = |key: &str| -> BTreeMap<String, String> {
            let values = step.get(key).and_then(Value::as_object).into_iter().flatten();
            values
                .map(|(name, value)| {
                    (name.clone(), self.filled(value.as_str().unwrap(), action, earlier, ran))
                })
                .collect()
        };
        if let Some(uses) = step.get("uses") {
            let with = filled("with");
            ran.used.push((uses.as_str().unwrap().to_owned(), with));
            return 0;
        }
        let variables = filled("env");
        let trusted = name == "Comment on the pull request";
        assert!(trusted || variables.values().all(|value| value != TOKEN), "{name} is given the token");
        let (code, outputs) = self.bash(step["run"].as_str().unwrap(), &variables);
        if let Some(id) = step["id"].as_str() {
            ran.steps.extend(outputs.into_iter().map(|(name, value)| (format!("{id}.{name}"), value)));
        }
        code
    }

    /// Runs a script as `shell: bash` does.
    pub(crate) fn bash(
        &self,
        script: &str,
        variables: &BTreeMap<String, String>,
    ) -> (i32, BTreeMap<String, String>) {
        assert!(!script.contains("${{"), "an expression within a script: {script}");
        let file = self.folder.join("step.sh");
        fs::write(&file, script).unwrap();
        let outputs = self.folder.join("outputs");
        fs::write(&outputs, "").unwrap();
        let log = fs::OpenOptions::new().append(true).open(self.folder.join("log")).unwrap();
        let tools = std::env::var("PATH").unwrap();
        let status = Command::new("bash")
            .args(["--noprofile", "--norc", "-e", "-o", "pipefail"])
            .arg(&file)
            .current_dir(self.workspace())
            .env_clear()
            .env("PATH", format!("{}:{tools}", self.folder.join("bin").display()))
            .env("HOME", self.folder.join("home"))
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("STUBS", self.folder.join("stubs"))
            .env("AIVSS_LINT", env!("CARGO_BIN_EXE_aivss-lint"))
            .env("GITHUB_ACTIONS", "true")
            .env("GITHUB_ACTION_PATH", env!("CARGO_MANIFEST_DIR"))
            .env("GITHUB_WORKSPACE", self.workspace())
            .env("GITHUB_EVENT_NAME", &self.event.0)
            .env("GITHUB_EVENT_PATH", self.folder.join("event.json"))
            .env("GITHUB_OUTPUT", &outputs)
            .env("GITHUB_STEP_SUMMARY", self.folder.join("summary"))
            .env("RUNNER_TEMP", self.folder.join("temp"))
            .envs(&self.variables)
            .envs(variables)
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .status()
            .expect("bash is on every runner, and wherever these tests run");
        let lines = fs::read_to_string(outputs).unwrap();
        let outputs = lines.lines().map(|line| {
            let (name, value) = line.split_once('=').unwrap_or_else(|| panic!("an output {line:?}"));
            (name.to_owned(), value.to_owned())
        });
        (status.code().unwrap(), outputs.collect())
    }

    /// The text with its expressions replaced by their values.
    fn filled(&self, text: &str, action: &Value, earlier: &[String], ran: &Ran) -> String {
        let mut filled = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${{ ") {
            let (expression, after) = after.split_once(" }}").unwrap();
            filled += before;
            filled += &self.value(expression, action, earlier, ran);
            rest = after;
        }
        filled + rest
    }

    /// The value of an expression.
    fn value(&self, expression: &str, action: &Value, earlier: &[String], ran: &Ran) -> String {
        if let Some((first, others)) = expression.split_once(" || ") {
            let value = self.value(first, action, earlier, ran);
            return if value.is_empty() { self.value(others, action, earlier, ran) } else { value };
        }
        if let Some((condition, value)) = expression.split_once(" && ") {
            let is_empty = self.value(condition, action, earlier, ran).is_empty();
            return if is_empty { String::new() } else { self.value(value, action, earlier, ran) };
        }
        if let Some(input) = expression.strip_prefix("inputs.") {
            let declared = action["inputs"].get(input).unwrap_or_else(|| panic!("no input {input}"));
            let default = declared["default"].as_str().unwrap_or_default();
            let given = self.inputs.get(input).map_or(default, String::as_str);
            return self.filled(given, action, earlier, ran);
        }
        if let Some(output) = expression.strip_prefix("steps.") {
            let (id, output) = output.split_once(".outputs.").unwrap();
            assert!(earlier.iter().any(|known| known == id), "no step {id} before {expression}");
            return ran.steps.get(&format!("{id}.{output}")).cloned().unwrap_or_default();
        }
        match expression {
            "github.token" => TOKEN.to_owned(),
            "github.action_repository" => self.action_repository.clone(),
            "github.event.before"
            | "github.event.check_run.head_sha"
            | "github.event.check_suite.head_sha"
            | "github.event.issue.number"
            | "github.event.issue.pull_request"
            | "github.event.merge_group.head_sha"
            | "github.event.pull_request.head.sha"
            | "github.event.workflow_run.head_sha"
            | "github.event.merge_group.base_sha"
            | "github.event.pull_request.base.sha"
            | "github.event.pull_request.head.repo.full_name"
            | "github.event.pull_request.number" => {
                let pointer = expression["github.event".len()..].replace('.', "/");
                match self.event.1.pointer(&pointer) {
                    None | Some(Value::Null) => String::new(),
                    Some(Value::String(text)) => text.clone(),
                    Some(other) => other.to_string(),
                }
            }
            _ => panic!("no such expression: {expression}"),
        }
    }
}

impl Ran {
    /// An output of the action.
    pub(crate) fn output(&self, name: &str) -> &str {
        self.outputs.get(name).unwrap_or_else(|| panic!("no output {name}"))
    }

    /// The workflow commands in the log that GitHub would act on.
    pub(crate) fn commands(&self) -> Vec<&str> {
        let mut commands = Vec::new();
        let mut closed_by: Option<&str> = None;
        for line in self.log.lines().map(str::trim_start) {
            let command = line.strip_prefix("::").filter(|rest| rest.contains("::"));
            let old = line.contains("##[");
            match (closed_by, command) {
                (Some(token), Some(rest)) if rest == format!("{token}::") => closed_by = None,
                (None, Some(rest)) if rest.starts_with("stop-commands::") => {
                    closed_by = rest.strip_prefix("stop-commands::");
                }
                (None, Some(_)) => commands.push(line),
                (None, None) if old => commands.push(line),
                _ => {}
            }
        }
        assert_eq!(closed_by, None, "the log stays closed to commands");
        commands
    }
}
