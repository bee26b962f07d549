//! `policy`: what a policy comes to for one file, and its own tests.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use clap::{Args, Subcommand};

use crate::cli::gate::{CliError, broken_report, find_policy};
use crate::cli::{Color, Streams, emit_to_stdout, look};
use crate::date::Date;
use crate::diagnostic::Level;
use crate::model::{DetectedFormat, detect};
use crate::output;
use crate::output::Format;
use crate::policy;
use crate::policy::{Broken, BuiltIn, FileLoader, Policy, RegoTests, Scope, test_modules, test_rego};
use crate::policy_test;
use crate::policy_test::PolicyTests;
use crate::rego::{Definition, Outcome, is_test};
use crate::report::Verdict;
use crate::source::Source;
use crate::syntax;
use crate::workspace::discover::{Repository, files_below};
use crate::workspace::file_tree::FileTree;

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Print what holds for one threat model, with the line each value comes from
    #[command(after_help = "Example:\n  aivss-lint policy show agents/planner/threat-model.yaml")]
    Show(ShowArguments),
    /// Run the tests of policies: files with `aivss_policy_test`, and `test_` rules in `_test.rego` files
    #[command(
        after_help = "Examples:\n  aivss-lint policy test policies\n  aivss-lint policy test --require-tests"
    )]
    Test(TestArguments),
}

#[derive(Debug, Args)]
pub(crate) struct ShowArguments {
    /// The threat model
    pub(crate) path: PathBuf,
    /// A policy file, or a built-in policy: recommended, strict, permissive
    #[arg(long, value_name = "FILE|NAME")]
    policy: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct TestArguments {
    /// The folder with policies and their tests
    #[arg(default_value = ".")]
    pub(crate) folder: PathBuf,
    /// Fail where a policy has no test
    #[arg(long)]
    require_tests: bool,
}

pub(crate) fn run(command: &Command, repository: &Repository) -> Result<Verdict, CliError> {
    match command {
        Command::Show(arguments) => show(arguments, repository),
        Command::Test(arguments) => test(arguments, repository),
    }
}

fn show(arguments: &ShowArguments, repository: &Repository) -> Result<Verdict, CliError> {
    let (policy, name) = match find_policy(arguments.policy.as_deref(), FileTree::WorkTree(repository))? {
        Ok(found) => found,
        Err((name, broken)) => return report_broken(name, broken, repository),
    };
    let shown = repository.shown(&arguments.path);
    let bytes =
        repository.read(&arguments.path).map_err(|message| CliError::Usage(format!("{shown}: {message}")))?;
    let source = Source::decode(shown.clone(), bytes);
    let document = syntax::parse(&source);
    let path = repository.matched(&arguments.path);
    let mut out = String::new();
    for root in document.roots() {
        let DetectedFormat::Model(format) = detect(root) else { continue };
        let agent = format.read(root).agent;
        let (environment, tier) = (agent.environment.map(|at| at.value), agent.tier.map(|at| at.value));
        let (settings, _) = policy.settings_for(Scope { path: &path, environment, tier });
        let title =
            agent.name.map_or_else(String::new, |name| format!(" ({})", output::escape_line(name.value)));
        let place = format!("{}, {}", environment.unwrap_or("no environment"), tier.unwrap_or("no tier"));
        let place = output::escape_line(&place);
        let (shown, name) = (output::escape_line(&shown), output::escape_line(&name));
        out.push_str(&format!("# what {name} comes to for {shown}{title}: {place}\n"));
        out.push_str(&settings.written());
        out.push_str(&policy.beside_terms(&path));
    }
    if out.is_empty() {
        return Err(CliError::Usage(format!("{shown}: it holds no threat model")));
    }
    emit_to_stdout(|stdout| stdout.write_all(out.as_bytes()))?;
    Ok(Verdict::Passed)
}

fn report_broken(name: String, broken: Vec<Broken>, repository: &Repository) -> Result<Verdict, CliError> {
    let report = broken_report(name, broken, repository, (Date::today(), Level::Error));
    emit_to_stdout(|stdout| {
        output::write(&report, Format::Human(look(Streams { color: Color::Auto })), stdout).map(drop)
    })?;
    Ok(report.verdict())
}

/// What the tests came to, for the summary.
#[derive(Default)]
struct Tally {
    passed: usize,
    failed: usize,
    lines: Vec<String>,
    tested: Vec<String>,
}

fn test(arguments: &TestArguments, repository: &Repository) -> Result<Verdict, CliError> {
    let mut tally = Tally::default();
    let mut policies: Vec<Arc<Source>> = Vec::new();
    for path in files_below(&arguments.folder, &["yaml", "yml", "json"]).map_err(CliError::Usage)? {
        let name = repository.shown(&path);
        let bytes =
            repository.read(&path).map_err(|message| CliError::Usage(format!("{name}: {message}")))?;
        let source = Source::decode(name.clone(), bytes);
        if policy_test::is_trials(&source) {
            match policy_test::read(source) {
                Ok(trials) => run_trials(&trials, &name, FileTree::WorkTree(repository), &mut tally)?,
                Err(broken) => return report_broken(name, vec![broken], repository),
            }
        } else if is_policy(&source) {
            policies.push(Arc::new(source));
        }
    }
    if let Err(broken) = run_rego_tests(arguments, repository, &policies, &mut tally)? {
        let name = broken.first().map(|broken| broken.source.name().to_owned()).unwrap_or_default();
        return report_broken(name, broken, repository);
    }
    let names = policies.iter().map(|policy| policy.name().to_owned());
    let untested: Vec<String> = names.filter(|name| !tally.tested.contains(name)).collect();
    summarise(arguments, repository, &tally, &untested)
}

/// Runs the tests in Rego below the folder: those of the policies there, of the repository's own, and of none.
fn run_rego_tests(
    arguments: &TestArguments,
    repository: &Repository,
    policies: &[Arc<Source>],
    tally: &mut Tally,
) -> Result<Result<(), Vec<Broken>>, CliError> {
    let disk = FileTree::WorkTree(repository);
    let paths = files_below(&arguments.folder, &["rego"]).map_err(CliError::Usage)?;
    let names: Vec<String> = paths.iter().map(|path| repository.shown(path)).collect();
    let mut open: BTreeSet<String> = names.iter().filter(|name| is_test(name)).cloned().collect();
    let own = FileTree::WorkTree(repository).policies().into_iter().filter_map(|path| {
        let bytes = repository.read(&path).ok()?;
        Some(Arc::new(Source::decode(repository.shown(&path), bytes)))
    });
    let own: Vec<Arc<Source>> = own.collect();
    for policy in
        policies.iter().chain(own.iter().filter(|own| policies.iter().all(|p| p.name() != own.name())))
    {
        let is_below = policies.iter().any(|below| below.name() == policy.name());
        let wanted = open.clone();
        if wanted.is_empty() && !is_below {
            continue;
        }
        match test_rego(policy, &disk, &|name| is_below || wanted.contains(name)) {
            Ok(tests) => count_rego(policy.name(), &tests, &mut open, tally),
            Err(broken) => return Ok(Err(broken)),
        }
    }
    if open.is_empty() {
        return Ok(Ok(()));
    }
    let modules = names.iter().map(|name| {
        let bytes = disk.bytes(name).map_err(|message| CliError::Usage(format!("{name}: {message}")))?;
        let text = String::from_utf8(bytes);
        let text = text.map_err(|_| CliError::Usage(format!("{name} is not UTF-8")))?;
        Ok((name.clone(), text))
    });
    let tests = test_modules(modules.collect::<Result<_, CliError>>()?, &disk);
    Ok(tests.map(|mut tests| {
        tests.tests.retain(|test| open.contains(&*test.definition.origin.file));
        count_rego("", &tests, &mut open, tally);
    }))
}

fn count_rego(policy: &str, tests: &RegoTests, open: &mut BTreeSet<String>, tally: &mut Tally) {
    for file in &tests.files {
        open.remove(file);
        if !tests.tests.iter().any(|test| *test.definition.origin.file == **file) {
            tally.failed += 1;
            tally.lines.push(format!("FAILED {file}: no rule `test_…` in this file"));
        }
    }
    if !tests.tests.is_empty() {
        tally.tested.push(policy.to_owned());
    }
    for test in &tests.tests {
        let Definition { rule, origin } = &test.definition;
        let title = format!("{}:{}: {rule}", origin.file, origin.line);
        match &test.outcome {
            Outcome::Passed => {
                tally.passed += 1;
                tally.lines.push(format!("ok     {title}"));
                continue;
            }
            Outcome::Failed => tally.lines.push(format!("FAILED {title}")),
            Outcome::Stopped(message) => {
                tally.lines.push(format!("FAILED {title}"));
                tally.lines.push(format!("       {message}"));
            }
        }
        tally.failed += 1;
    }
}

fn is_policy(source: &Source) -> bool {
    syntax::parse(source).roots().any(|root| root.get(syntax::POLICY_MARKER).is_some())
}

fn run_trials(
    trials: &PolicyTests,
    name: &str,
    disk: FileTree<'_>,
    tally: &mut Tally,
) -> Result<(), CliError> {
    let beside = |relative: &str| policy::beside(name, relative);
    let policy = match policy_under_test(&trials.policy, name, disk)? {
        Ok(policy) => policy,
        Err(broken) => {
            tally.failed += 1;
            let names: Vec<&str> = broken.iter().map(|broken| broken.source.name()).collect();
            tally.lines.push(format!("FAILED {name}: the policy is broken: {}", names.join(", ")));
            return Ok(());
        }
    };
    tally.tested.push(beside(&trials.policy));
    for case in &trials.cases {
        let model = beside(&case.model);
        let bytes =
            named_by(name, &model, disk).map_err(|message| CliError::Usage(format!("{model}: {message}")))?;
        let source = Source::decode(model.clone(), bytes);
        let differences = case.run(&source, &policy, trials.today, &disk);
        let title = format!("{name}: {}", case.path.as_deref().unwrap_or(&case.model));
        if differences.is_empty() {
            tally.passed += 1;
            tally.lines.push(format!("ok     {title}"));
        } else {
            tally.failed += 1;
            tally.lines.push(format!("FAILED {title}"));
            tally.lines.extend(differences.iter().map(|line| format!("       {line}")));
        }
    }
    Ok(())
}

/// Reads a file that a file of tests names, if it is in the repository of that one.
fn named_by(test: &str, path: &str, disk: FileTree<'_>) -> Result<Vec<u8>, String> {
    // Before it is read, so that the message is the same whether the file exists or not.
    if disk.may_name(test, path) {
        disk.bytes(path)
    } else {
        Err(format!("leads out of the repository of {test}"))
    }
}

fn policy_under_test(
    name: &str,
    test: &str,
    disk: FileTree<'_>,
) -> Result<Result<Policy, Vec<Broken>>, CliError> {
    if let Some(built_in) = BuiltIn::named(name) {
        return Ok(Ok(built_in.policy()));
    }
    let path = policy::beside(test, name);
    let bytes = named_by(test, &path, disk);
    let bytes = bytes.map_err(|message| CliError::Usage(format!("policy {path}: {message}")))?;
    Ok(policy::read(Source::decode(path, bytes), &disk))
}

fn summarise(
    arguments: &TestArguments,
    repository: &Repository,
    tally: &Tally,
    untested: &[String],
) -> Result<Verdict, CliError> {
    let mut lines: Vec<String> = tally.lines.clone();
    let word = if arguments.require_tests { "FAILED" } else { "      " };
    lines.extend(untested.iter().map(|name| format!("{word} {name}: no test names this policy")));
    let is_missing = arguments.require_tests && !untested.is_empty();
    let verdict = if tally.passed + tally.failed == 0 && !is_missing {
        lines.push(format!("{}: no policy tests here", repository.shown(&arguments.folder)));
        Verdict::CannotJudge
    } else if tally.failed > 0 || is_missing {
        Verdict::Failed
    } else {
        Verdict::Passed
    };
    lines.push(format!("{} passed, {} failed", tally.passed, tally.failed));
    emit_to_stdout(|stdout| {
        lines.iter().try_for_each(|line| writeln!(stdout, "{}", output::escape_line(line)))
    })?;
    Ok(verdict)
}
