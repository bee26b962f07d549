//! `policy`: the settings of a policy for one file, and the tests of policies.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use clap::{Args, Subcommand};

use crate::cli::common::{CliError, emit_to_stdout, look, print, print_messages, read_source};
use crate::cli::run::broken_report;
use crate::date::Date;
use crate::diagnostic::Level;
use crate::model::{DetectedFormat, detect};
use crate::output::text::{line_width, wrapped};
use crate::output::{self, Format, Look, Tone, escape_line, painted};
use crate::page;
use crate::policy::{self, Broken, BuiltIn, FileLoader, Scope, ShownLevels, TextFile, is_test};
use crate::policy_test::{self, PolicyTests};
use crate::rego::{CompiledPolicy, Definition, RegoTests, TestOutcome, test_modules, test_policy};
use crate::report::Verdict;
use crate::rules;
use crate::source::Source;
use crate::syntax;
use crate::workspace::FileTree;
use crate::workspace::files::files_below;
use crate::workspace::policies::find_policy;
use crate::workspace::repository::Repository;

#[derive(Debug, Subcommand)]
pub(crate) enum PolicyCommand {
    /// Show the policy, or the settings for one threat model, with origins
    #[command(
        after_help = "Examples:\n  aivss-lint policy show\n  aivss-lint policy show agents/planner/threat-model.yaml"
    )]
    Show(ShowArgs),
    /// Run the tests of policies: files with `aivss_policy_test`, and `test_` rules in `_test.rego` files
    #[command(
        after_help = "Examples:\n  aivss-lint policy test policies\n  aivss-lint policy test --require-tests"
    )]
    Test(TestArgs),
}

#[derive(Debug, Args)]
pub(crate) struct ShowArgs {
    /// Threat model, whose overrides apply [default: none; all overrides are listed]
    pub(crate) path: Option<PathBuf>,
    /// Policy file or built-in policy: recommended, strict, permissive, layers-only
    #[arg(long, value_name = "FILE|NAME")]
    policy: Option<PathBuf>,
    /// List all rules, also those with their default level
    #[arg(long)]
    all: bool,
}

#[derive(Debug, Args)]
pub(crate) struct TestArgs {
    /// Folder with policies and their tests
    #[arg(default_value = ".")]
    pub(crate) folder: PathBuf,
    /// Fail if a policy has no test
    #[arg(long)]
    require_tests: bool,
}

pub(crate) fn show(args: &ShowArgs, repository: &Repository) -> Result<Verdict, CliError> {
    let (policy, name) = match find_policy(args.policy.as_deref(), FileTree::WorkTree(repository))? {
        Ok(found) => found,
        Err((name, broken)) => return report_broken(name, broken, repository),
    };
    let levels = if args.all { ShownLevels::All } else { ShownLevels::Changed };
    let look = look();
    let Some(path) = &args.path else {
        let text = format!("# {}\n{}", escape_line(&name), policy.written(&policy.settings, None, levels));
        print(&in_color(&text, look))?;
        return Ok(Verdict::Passed);
    };
    let source = read_source(path, repository)?;
    let (file, document) = (source.name(), page::parse(&source));
    let path = repository.matched(path);
    let mut out = String::new();
    for root in document.roots() {
        let DetectedFormat::Model(format) = detect(root) else { continue };
        let agent = format.read(root).agent;
        let scope = Scope::of(&agent, &path);
        let (settings, _) = policy.settings_for(scope);
        let agent_name = agent.name.as_ref().map(|name| format!(" ({})", name.value)).unwrap_or_default();
        let environment = scope.environment.unwrap_or("no environment");
        let tier = scope.tier.unwrap_or("no tier");
        let title = format!("# settings of {name} for {file}{agent_name}: {environment}, {tier}");
        out += &(escape_line(&title) + "\n");
        out += &policy.written(&settings, Some(&path), levels);
    }
    if out.is_empty() {
        return Err(CliError::about(file, "contains no threat model"));
    }
    print(&in_color(&out, look))?;
    Ok(Verdict::Passed)
}

fn in_color(text: &str, look: Look) -> String {
    let lines = text.lines().map(|line| {
        let at = if line.starts_with('#') { Some(0) } else { line.find("  # ") };
        let (yaml, comment) = line.split_at(at.unwrap_or(line.len()));
        // A comment of its own stays one on each line.
        let comment = if yaml.is_empty() {
            Cow::Owned(wrapped(comment, line_width(look), (0, 4)).replace("\n    ", "\n#   "))
        } else {
            Cow::Borrowed(comment)
        };
        format!("{yaml}{}\n", painted(&comment, Tone::Dim, look))
    });
    lines.collect()
}

fn report_broken(name: String, broken: Vec<Broken>, repository: &Repository) -> Result<Verdict, CliError> {
    let report = broken_report(name, broken, repository, Date::today(), Level::Error);
    let format = Format::Human(look());
    emit_to_stdout(|stdout| output::write(&report, format, stdout).map(drop))?;
    Ok(report.verdict())
}

#[derive(Default)]
struct TestSummary {
    passed: usize,
    failed: usize,
    lines: Vec<String>,
    /// The names of tested policies.
    tested: Vec<String>,
}

impl TestSummary {
    /// Adds a test; it passed if there are no problems.
    fn add(&mut self, title: &str, problems: Option<Vec<String>>) {
        let Some(problems) = problems else {
            self.passed += 1;
            return self.lines.push(format!("ok     {title}"));
        };
        self.failed += 1;
        self.lines.push(format!("FAILED {title}"));
        self.lines.extend(problems.iter().map(|problem| format!("       {problem}")));
    }

    /// Adds tests in Rego, and removes their files from those that no policy has tested yet.
    fn add_rego(&mut self, policy: &str, tests: &RegoTests, untested: &mut BTreeSet<String>) {
        for file in &tests.files {
            untested.remove(file);
            if !tests.tests.iter().any(|test| *test.definition.origin.file == **file) {
                self.add(&format!("{file}: no rule `test_…` in this file"), Some(Vec::new()));
            }
        }
        if !tests.tests.is_empty() {
            self.tested.push(policy.to_owned());
        }
        for test in &tests.tests {
            let Definition { rule, origin } = &test.definition;
            let problems = match &test.outcome {
                TestOutcome::Passed => None,
                TestOutcome::Failed => Some(Vec::new()),
                TestOutcome::Stopped(message) => Some(vec![message.clone()]),
            };
            self.add(&format!("{}:{}: {rule}", origin.file, origin.line), problems);
        }
    }

    fn add_file(&mut self, tests: &PolicyTests, file: &str, disk: FileTree<'_>) -> Result<(), CliError> {
        let policy = match policy_under_test(&tests.policy, file, disk)? {
            Ok(policy) => policy,
            Err(broken) => {
                let names: Vec<&str> = broken.iter().map(|broken| broken.source.name()).collect();
                let title = format!("{file}: the policy has errors: {}", names.join(", "));
                self.add(&title, Some(Vec::new()));
                return Ok(());
            }
        };
        self.tested.push(policy::beside(file, &tests.policy));
        for case in &tests.cases {
            let model = policy::beside(file, &case.model);
            let bytes = read_named(file, &model, disk).map_err(|message| CliError::about(&model, message))?;
            let source = Source::decode(model, bytes);
            let differences = case.run(&source, &policy, tests.today, &disk);
            let title = format!("{file}: {}", case.path.as_deref().unwrap_or(&case.model));
            self.add(&title, Some(differences).filter(|differences| !differences.is_empty()));
        }
        Ok(())
    }
}

pub(crate) fn test(args: &TestArgs, repository: &Repository) -> Result<Verdict, CliError> {
    let disk = FileTree::WorkTree(repository);
    let mut summary = TestSummary::default();
    let mut policies: Vec<Arc<Source>> = Vec::new();
    for path in files_below(&args.folder, &["yaml", "yml", "json"])? {
        let source = read_source(&path, repository)?;
        if policy_test::is_tests(&source) {
            let name = source.name().to_owned();
            match policy_test::read(source) {
                Ok(tests) => summary.add_file(&tests, &name, disk)?,
                Err(broken) => return report_broken(name, vec![broken], repository),
            }
        } else if page::parse(&source).roots().any(|root| root.get(syntax::POLICY_MARKER).is_some()) {
            policies.push(Arc::new(source));
        }
    }
    if let Err(broken) = run_rego_tests(args, repository, &policies, &mut summary)? {
        let name = broken.first().map(|broken| broken.source.name().to_owned()).unwrap_or_default();
        return report_broken(name, broken, repository);
    }
    let names = policies.iter().map(|policy| policy.name().to_owned());
    let untested: Vec<String> = names.filter(|name| !summary.tested.contains(name)).collect();
    print_summary(args, repository, summary, &untested)
}

/// Runs the tests in Rego below the folder: those of the policies there, of the repository's own, and of none.
fn run_rego_tests(
    args: &TestArgs,
    repository: &Repository,
    policies: &[Arc<Source>],
    summary: &mut TestSummary,
) -> Result<Result<(), Vec<Broken>>, CliError> {
    let disk = FileTree::WorkTree(repository);
    let paths = files_below(&args.folder, &["rego"])?;
    let files: Vec<String> = paths.iter().map(|path| repository.shown(path)).collect();
    let mut untested: BTreeSet<String> = files.iter().filter(|name| is_test(name)).cloned().collect();
    let mut all = policies.to_vec();
    for path in disk.policies() {
        let name = repository.shown(&path);
        if let (Ok(source), true) =
            (read_source(&path, repository), all.iter().all(|policy| policy.name() != name))
        {
            all.push(Arc::new(source));
        }
    }
    for (at, policy) in all.iter().enumerate() {
        let (is_below, wanted) = (at < policies.len(), untested.clone());
        if wanted.is_empty() && !is_below {
            continue;
        }
        match test_policy(policy, &disk, rules::NAMES, |name| is_below || wanted.contains(name)) {
            Ok(tests) => summary.add_rego(policy.name(), &tests, &mut untested),
            Err(broken) => return Ok(Err(broken)),
        }
    }
    if untested.is_empty() {
        return Ok(Ok(()));
    }
    let mut modules = Vec::new();
    for name in files {
        let bytes = disk.bytes(&name).map_err(|message| CliError::about(&name, message))?;
        let text = String::from_utf8(bytes).map_err(|_| CliError::about(&name, "is not UTF-8"))?;
        modules.push(TextFile { name, text: text.into() });
    }
    Ok(test_modules(modules, &disk).map(|mut tests| {
        tests.tests.retain(|test| untested.contains(&*test.definition.origin.file));
        summary.add_rego("", &tests, &mut untested);
    }))
}

/// Reads a file that a file of tests names, if it is in the same repository.
fn read_named(test: &str, path: &str, disk: FileTree<'_>) -> Result<Vec<u8>, String> {
    // Checked first, so that the message does not depend on whether the file exists.
    let is_allowed = disk.may_name(test, path);
    if is_allowed { disk.bytes(path) } else { Err(format!("leads out of the repository of {test}")) }
}

fn policy_under_test(
    name: &str,
    test: &str,
    disk: FileTree<'_>,
) -> Result<Result<CompiledPolicy, Vec<Broken>>, CliError> {
    if let Some(built_in) = BuiltIn::named(name) {
        return Ok(Ok(CompiledPolicy::built_in(built_in, rules::NAMES)));
    }
    let path = policy::beside(test, name);
    let bytes = read_named(test, &path, disk);
    let bytes = bytes.map_err(|message| CliError::about(format!("policy {path}"), message))?;
    Ok(CompiledPolicy::read(Source::decode(path, bytes), &disk, rules::NAMES))
}

fn print_summary(
    args: &TestArgs,
    repository: &Repository,
    summary: TestSummary,
    untested: &[String],
) -> Result<Verdict, CliError> {
    let TestSummary { passed, failed, mut lines, .. } = summary;
    let is_missing = args.require_tests && !untested.is_empty();
    let word = if args.require_tests { "FAILED" } else { "      " };
    lines.extend(untested.iter().map(|name| format!("{word} {name}: no test names this policy")));
    let verdict = if failed > 0 || is_missing {
        Verdict::Failed
    } else if passed > 0 {
        Verdict::Passed
    } else {
        lines.push(format!("{}: no policy tests found", repository.shown(&args.folder)));
        Verdict::CannotCheck
    };
    let text: String = lines.iter().map(|line| escape_line(line) + "\n").collect();
    let tone = if verdict == Verdict::Passed { Tone::Good } else { Tone::Bad };
    let numbers = painted(&format!("{passed} passed, {failed} failed"), tone, look());
    print_messages(&(text + &numbers + "\n"))?;
    Ok(verdict)
}
