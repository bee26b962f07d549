//! `check`: the arguments, and the report that they ask for. [`crate::cli::run`] contains the run itself.

use std::collections::BTreeSet;
use std::mem;
use std::path::PathBuf;

use clap::builder::ArgPredicate;
use clap::{ArgMatches, Args};

use crate::cli::common::{
    Choice, CliError, PolicyArgs, RuleName, find_rule, links, named_paths, one_of, open_base, parse_days,
    print_error_line, progress, read_stdin, refuse_stdin, without_stdin,
};
use crate::cli::files_from::FilesFromArgs;
use crate::cli::help::{ADVANCED, COMPARISON, OUTPUT, POLICY, SELECTION};
use crate::cli::outputs::{Output, ReportArgs, any_format, emit, keep, with_outputs};
use crate::cli::provenance::ProvenanceArgs;
use crate::cli::rows::RowSink;
use crate::cli::run::{CheckOptions, Keep, check_tree_with, file_tree};
use crate::cli::usage_error::emit_usage_error;
use crate::diagnostic::{Level, Origin};
use crate::file_kind::OtherFile;
use crate::input_error::{InputError, SkipReason, Suggestion};
use crate::likeness::nearest;
use crate::output::Format;
use crate::policy::{Policy, Sought};
use crate::report::{Gate, Report, Verdict, count};
use crate::rules;
use crate::workspace::candidate::{NamedFiles, skipped};
use crate::workspace::discover::discover;
use crate::workspace::git;
use crate::workspace::git::files::Commit;
use crate::workspace::parallel::Progress;
use crate::workspace::repository::Repository;

pub(crate) const EXAMPLES: &str = "\
Examples:
  aivss-lint                          check every threat model below this folder
  aivss-lint agents/planner           check those below a folder
  aivss-lint --policy strict a.yaml   check one file against a built-in policy
  aivss-lint --base main --policy-from main
                                      check a change, against the policy of its target branch
  aivss-lint --staged                 check the next commit, in a git hook
  aivss-lint --format sarif --output a.sarif --format junit --output b.xml";

#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub(crate) struct CheckArgs {
    /// Files and folders to check; `-` reads standard input
    #[arg(value_name = "PATH", default_value = ".")]
    #[arg(default_value_if("files_from", ArgPredicate::IsPresent, None))]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    files_from: FilesFromArgs,
    #[command(flatten)]
    policy: PolicyArgs,
    #[command(flatten)]
    reports: ReportArgs,
    /// Lowest level that fails the check
    #[arg(long, value_name = "LEVEL", default_value = "error", value_parser = one_of(&LEVELS), help_heading = POLICY)]
    fail_on: Level,
    /// Compare with the merge base of HEAD and this revision
    #[arg(long, value_name = "REV", help_heading = COMPARISON)]
    base: Option<String>,
    /// Fail only on problems that are not in the base
    #[arg(long, requires = "base", help_heading = COMPARISON)]
    new_only: bool,
    /// Use the policy of this revision, so that a change cannot weaken its own check
    #[arg(long, value_name = "REV", help_heading = POLICY)]
    policy_from: Option<String>,
    /// Of the named files, check only those that the policy's patterns match (for hooks)
    #[arg(long, help_heading = SELECTION)]
    only_matching: bool,
    /// Check staged files and the staged policy instead of the working tree
    #[arg(long, help_heading = SELECTION)]
    staged: bool,
    /// URL prefix of links to `path#L12` [default: from GitHub or GitLab CI]
    #[arg(long, value_name = "URL", help_heading = OUTPUT)]
    links: Option<String>,
    /// Name of standard input; its extension selects the language
    #[arg(long, value_name = "NAME", default_value = "stdin.yaml", help_heading = ADVANCED)]
    stdin_filename: String,
    /// Warn about exceptions that expire within so many days: 30d
    #[arg(long, value_name = "DAYS", value_parser = parse_days, help_heading = POLICY)]
    expiring_within: Option<i32>,
    #[command(flatten)]
    provenance: ProvenanceArgs,
    #[command(flatten)]
    levels: LevelArgs,
    /// Exit with status 0 if problems are found (2 stays)
    #[arg(long, help_heading = OUTPUT)]
    exit_zero: bool,
    /// Number of threads [default: one per core]
    #[arg(long, value_name = "COUNT", default_value_t = 0, hide_default_value = true, help_heading = ADVANCED)]
    threads: usize,
    /// List the policy, the checked files and the skipped files on standard error
    #[arg(short, long, help_heading = OUTPUT)]
    verbose: bool,
}

impl CheckArgs {
    pub(crate) fn targets(&self) -> Vec<PathBuf> {
        named_paths(&self.paths, &self.stdin_filename)
    }

    /// Adds the paths of `--files-from`. If that cannot be read, each report says so.
    pub(crate) fn read_list(&mut self) -> Result<(), CliError> {
        let read = self.files_from.add_to(&mut self.paths, self.only_matching);
        read.inspect_err(|error| emit_usage_error(&error.0))
    }
}

#[derive(Debug, Args)]
#[command(next_help_heading = POLICY)]
struct LevelArgs {
    /// Make a rule an error
    #[arg(short = 'D', long = "deny", value_name = "RULE", value_parser = RuleName, hide_possible_values = true)]
    deny: Vec<String>,
    /// Make a rule a warning
    #[arg(short = 'W', long = "warn", value_name = "RULE", value_parser = RuleName, hide_possible_values = true)]
    warn: Vec<String>,
    /// Turn a rule off
    #[arg(short = 'A', long = "allow", value_name = "RULE", value_parser = RuleName, hide_possible_values = true)]
    allow: Vec<String>,
}

impl LevelArgs {
    /// Sets the levels; returns the options that lower one.
    fn apply(&self, policy: &mut Policy) -> Result<Vec<String>, CliError> {
        let mut lowered = Vec::new();
        let mut seen = BTreeSet::new();
        for (names, flag, level) in [
            (&self.deny, "--deny", Some(Level::Error)),
            (&self.warn, "--warn", Some(Level::Warning)),
            (&self.allow, "--allow", None),
        ] {
            for name in names {
                let option = format!("{flag} {name}");
                if name.starts_with("rego/") {
                    return Err(format!(
                        "{option}: rules in Rego are errors as `deny` and warnings as `warn`"
                    )
                    .into());
                }
                if !seen.insert(rules::NAMES.current(name)) {
                    return Err(format!("the level of `{name}` is given twice").into());
                }
                let Some(rule) = find_rule(name) else {
                    let meant = nearest(name, rules::ALL.iter().map(|rule| rule.name));
                    let help = meant.map(|meant| format!("; did you mean `{meant}`?")).unwrap_or_default();
                    return Err(format!("unknown rule `{name}`{help}").into());
                };
                if rule.mandatory && level != Some(Level::Error) {
                    let message = "without this rule, a score or a whole file would not be checked";
                    return Err(CliError::about(option, message));
                }
                if level < policy.highest_level(rule) {
                    lowered.push(option);
                }
                policy.force(rule, level, Origin::outside("the command line"));
            }
        }
        Ok(lowered)
    }
}

const LEVELS: [Choice<Level>; 3] = [
    ("note", "Any problem", Level::Note),
    ("warning", "Warnings and errors", Level::Warning),
    ("error", "Errors", Level::Error),
];

/// Runs the check. `commands` are the commands of the program, if none was given: the first path can be a misspelled one.
pub(crate) fn run(
    args: &CheckArgs,
    matches: &ArgMatches,
    repository: &Repository,
    commands: &[String],
) -> Result<Verdict, CliError> {
    let outputs = args.reports.outputs(matches).inspect_err(|error| emit_usage_error(&error.0))?;
    let inputs: Vec<PathBuf> = args.paths.iter().chain(&args.policy.policy).cloned().collect();
    let category = args.reports.category.as_deref();
    let mut report = with_outputs(&outputs, category, &inputs, || check(args, &outputs, repository))?;
    let first = args.paths.first().and_then(|path| path.to_str()).unwrap_or_default();
    let meant = nearest(first, commands.iter().map(String::as_str));
    for error in &mut report.input_errors {
        if let (InputError::NotFound { path, suggestion }, Some(meant)) = (error, meant)
            && path == first
        {
            *suggestion = Some(Suggestion::Command(meant.to_owned()));
        }
    }
    emit(&report, &outputs, args.reports.verbosity())?;
    let verdict = match report.verdict() {
        Verdict::Failed if args.exit_zero => Verdict::Passed,
        verdict => verdict,
    };
    // The end of the process frees the models of 10,000 files faster.
    mem::forget(report);
    Ok(verdict)
}

fn check(args: &CheckArgs, outputs: &[Output], repository: &Repository) -> Result<Report, CliError> {
    let root = repository.root();
    let is_first_push = args.base.as_deref().is_some_and(git::is_null_id);
    let base = open_base(args.base.as_deref().filter(|_| !is_first_push), root)?;
    // The policy is that of the revision itself: at the merge base it may have been weaker.
    let policy_from = args.policy_from.as_deref();
    let policy_from = policy_from.map(|from| Commit::open(root, git::resolve(root, from)?)).transpose();
    let policy_from = policy_from.map_err(|message| CliError::about("--policy-from", message))?;
    let staged = if args.staged { Some(staged(args, repository)?) } else { None };
    let stdin = read_stdin(&args.paths);
    let is_listed = args.verbose || base.is_some();
    let provenance =
        any_format(outputs, Format::has_provenance).then(|| args.provenance.provenance(repository));
    let row_sinks: Vec<RowSink> = outputs.iter().filter_map(|output| output.rows.clone()).collect();
    let options = CheckOptions {
        stdin: stdin.as_ref(),
        named: if args.only_matching { NamedFiles::Filtered } else { NamedFiles::Checked },
        stdin_filename: &args.stdin_filename,
        policy: args.policy.policy.as_deref(),
        policy_from: policy_from.as_ref(),
        base: base.as_ref(),
        gate: Gate { fail_on: args.fail_on, new_only: args.new_only },
        expiring_within: args.expiring_within,
        threads: args.threads,
        progress: if args.reports.quiet { Progress::Hidden } else { progress() },
        keep: keep(outputs).max(if is_listed { Keep::Models } else { Keep::Counts }),
        has_digests: any_format(outputs, Format::has_digests),
        provenance: provenance.as_ref(),
        row_sinks: &row_sinks,
        ..CheckOptions::new(&args.paths, args.policy.today())
    };
    let head = file_tree(repository, staged.as_ref());
    let mut report = check_tree_with(&options, head, |policy| args.levels.apply(policy))?;
    if is_first_push {
        report
            .remarks
            .push("no base: the id of a new branch is all zeros, so every problem counts as new".to_owned());
    }
    if args.paths.is_empty() {
        report.remarks.push("--files-from names no file, so nothing was checked".to_owned());
    }
    if let Some(policy) = report.in_force.as_ref().filter(|_| args.verbose) {
        print_verbose(&options, repository, policy, &report);
    }
    report.links = links(args.links.as_deref());
    report.category.clone_from(&args.reports.category);
    Ok(report)
}

fn staged(args: &CheckArgs, repository: &Repository) -> Result<Commit, CliError> {
    refuse_stdin(&args.paths, "staged")?;
    let staged = Commit::staged(repository.root()).map_err(|message| CliError::about("--staged", message))?;
    for path in &args.paths {
        let matched = repository.matched(path);
        if !matched.is_empty() && !staged.holds(&matched) && !staged.holds_folder(&matched) {
            return Err(format!("--staged: {}: not in the index", repository.shown(path)).into());
        }
    }
    Ok(staged)
}

fn print_verbose(options: &CheckOptions<'_>, repository: &Repository, policy: &Policy, report: &Report) {
    let mut extended: Vec<&str> = policy.sources().iter().map(|source| source.name()).collect();
    extended.retain(|name| *name != report.policy);
    let mut lines = vec![format!("policy: {}", report.policy)];
    if !extended.is_empty() {
        lines[0] += &format!(" (extends {})", extended.join(", "));
    }
    for file in report.files.iter().filter(|file| file.is_model()) {
        lines.push(format!("checked: {}: {}", file.name(), count(file.models.len(), "model")));
    }
    for name in &report.skipped {
        let matched = repository.matched(name.as_ref());
        let is_filtered = options.named == NamedFiles::Filtered;
        let reason = match policy.exclusion(&matched) {
            Some(excluded) => excluded,
            None if is_filtered && policy.sought(&matched) != Some(Sought::ByName) => SkipReason::NotMatched,
            None => SkipReason::NoModel {
                path: name.clone(),
                file: report.others.get(name).cloned().unwrap_or(OtherFile::UNKNOWN),
            },
        };
        lines.push(format!("skipped: {name}: {reason}"));
    }
    let paths = without_stdin(options.paths);
    let discovery = discover(options.search(&paths, policy), repository);
    for (name, reason) in skipped(&discovery, repository, policy) {
        lines.push(format!("skipped: {name}: {reason}"));
    }
    for line in lines {
        print_error_line(&line);
    }
}
