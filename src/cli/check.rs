//! `check`: the gate. Its arguments, and what becomes of its report; the run itself is [`crate::cli::gate`].

use std::collections::BTreeSet;
use std::panic::{self, AssertUnwindSafe};
use std::path::PathBuf;

use clap::{ArgMatches, Args, CommandFactory};

use crate::cli::completions::RuleName;
use crate::cli::gate::{CheckOptions, CliError, Keep, judge};
use crate::cli::lint_files::{read_stdin, refuse_stdin};
use crate::cli::progress::Progress;
use crate::cli::report_output;
use crate::cli::report_output::{FormatName, Output};
use crate::cli::{Called, CommandLine, Streams, verbose};
use crate::date::Date;
use crate::diagnostic::{Level, Origin};
use crate::did_you_mean::nearest;
use crate::input_error::{InputError, Suggestion};
use crate::output::Verbosity;
use crate::policy::Policy;
use crate::report::{Report, Verdict};
use crate::rules;
use crate::workspace::discover::{Named, Repository};
use crate::workspace::file_tree::FileTree;
use crate::workspace::git;
use crate::workspace::git::Commit;

pub(crate) const EXAMPLES: &str = "\
Examples:
  aivss-lint                          judge every threat model below this folder
  aivss-lint agents/planner           judge those below a folder
  aivss-lint --policy strict a.yaml   judge one file by a built-in policy
  aivss-lint --base main --policy-from main
                                      judge a change, by the policy of the branch it goes to
  aivss-lint --staged                 judge what the next commit has, in a git hook
  aivss-lint --format sarif --output a.sarif --format junit --output b.xml

Exit codes: 0 passed, 1 the gate failed, 2 it could not be judged.";

#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub(crate) struct Arguments {
    /// Files and folders to judge; `-` reads standard input
    #[arg(value_name = "PATH", default_value = ".")]
    paths: Vec<PathBuf>,

    /// A policy file, or a built-in policy: recommended, strict, permissive
    ///
    /// Without it: aivss-policy.yaml at the repository's root or in its .github, else recommended.
    #[arg(long, value_name = "FILE|NAME")]
    policy: Option<PathBuf>,

    /// How to write the report; may be given several times [default: human]
    ///
    /// In GitHub Actions the default is human and github.
    #[arg(long, value_name = "FORMAT")]
    pub(crate) format: Vec<FormatName>,

    /// The file for the format before it; without one a report goes to standard output
    #[arg(long, value_name = "FILE")]
    pub(crate) output: Vec<PathBuf>,

    /// The lowest level that fails the gate
    #[arg(long, value_name = "LEVEL", default_value = "error")]
    fail_on: LevelName,

    /// Compare with a git revision: with the commit at which HEAD parted from it
    #[arg(long, value_name = "REV")]
    base: Option<String>,

    /// Let only faults fail the gate that the base does not have
    #[arg(long, requires = "base")]
    new_only: bool,

    /// Judge by the policy of a git revision, so that a change cannot weaken its own judge
    #[arg(long, value_name = "REV")]
    policy_from: Option<String>,

    /// Of the files named, judge only those that the policy's patterns find; for hooks
    #[arg(long)]
    only_matching: bool,

    /// Check what is staged instead of the working tree: files and policy as the next commit has them
    #[arg(long)]
    staged: bool,

    /// What to put before `path#L12` in Markdown and HTML to link to a line; known in GitHub and GitLab CI
    #[arg(long, value_name = "URL")]
    links: Option<String>,

    /// The category of the SARIF report and of the comment in Markdown, for several runs in one workflow
    #[arg(long, value_name = "NAME", value_parser = parse_category)]
    pub(crate) category: Option<String>,

    /// The name to give to standard input; its ending tells the language
    #[arg(long, value_name = "NAME", default_value = "stdin.yaml")]
    stdin_filename: String,

    /// The day to judge by, for tests and replays
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = parse_date)]
    today: Option<Date>,

    /// Warn of exceptions that expire within so many days: 30d
    #[arg(long, value_name = "DAYS", value_parser = parse_days)]
    expiring_within: Option<i32>,

    #[command(flatten)]
    levels: Levels,

    /// How many threads to use; 0 for one a core
    #[arg(long, value_name = "COUNT", default_value_t = 0)]
    threads: usize,

    /// Print faults alone, and nothing where the gate passes; reports in files stay whole
    #[arg(short, long, conflicts_with = "verbose")]
    pub(crate) quiet: bool,

    /// Tell on standard error what was judged, by which policy, and what was passed over and why
    #[arg(short, long)]
    verbose: bool,

    #[command(flatten)]
    pub(crate) streams: Streams,
}

impl Arguments {
    /// The paths that decide which repository a run is about: standard input counts by its name.
    pub(crate) fn targets(&self) -> Vec<PathBuf> {
        let named = |path: &PathBuf| {
            if path.as_os_str() == "-" { PathBuf::from(&self.stdin_filename) } else { path.clone() }
        };
        self.paths.iter().map(named).collect()
    }

    /// What is printed beside the faults.
    pub(crate) const fn beside(&self) -> Verbosity {
        if self.quiet { Verbosity::Nothing } else { Verbosity::Everything }
    }
}

/// Levels of rules for one run, above what the policy says.
#[derive(Debug, Args)]
struct Levels {
    /// Make a rule an error for this run
    #[arg(short = 'D', long = "deny", value_name = "RULE", value_parser = RuleName, hide_possible_values = true)]
    deny: Vec<String>,

    /// Make a rule a warning for this run
    #[arg(short = 'W', long = "warn", value_name = "RULE", value_parser = RuleName, hide_possible_values = true)]
    warn: Vec<String>,

    /// Switch a rule off for this run
    #[arg(short = 'A', long = "allow", value_name = "RULE", value_parser = RuleName, hide_possible_values = true)]
    allow: Vec<String>,
}

impl Levels {
    /// Sets the levels; returns in words what was lowered by it.
    fn apply(&self, policy: &mut Policy) -> Result<Vec<String>, CliError> {
        let mut lowered = Vec::new();
        let mut seen = BTreeSet::new();
        for (names, flag, level) in [
            (&self.deny, "--deny", Some(Level::Error)),
            (&self.warn, "--warn", Some(Level::Warning)),
            (&self.allow, "--allow", None),
        ] {
            for name in names {
                if name.starts_with("rego/") {
                    let message =
                        format!("{flag} {name}: rules in Rego are errors as `deny` and warnings as `warn`");
                    return Err(CliError::Usage(message));
                }
                if !seen.insert(name) {
                    return Err(CliError::Usage(format!("the level of `{name}` is given twice")));
                }
                let Some(rule) = rules::named(name) else {
                    let meant = nearest(name, rules::ALL.iter().map(|rule| rule.name));
                    let help = meant.map_or_else(String::new, |meant| format!("; did you mean `{meant}`?"));
                    return Err(CliError::Usage(format!("there is no rule `{name}`{help}")));
                };
                if rule.fixed && level != Some(Level::Error) {
                    let message =
                        format!("{flag} {name}: without this rule a score or a whole file would go unread");
                    return Err(CliError::Usage(message));
                }
                if level < policy.highest_level(rule) {
                    lowered.push(format!("{flag} {name}"));
                }
                policy.force(rule, level, Origin::outside("the command line"));
            }
        }
        Ok(lowered)
    }
}

fn parse_days(text: &str) -> Result<i32, String> {
    let days = text.strip_suffix('d').unwrap_or(text).parse().ok().filter(|days| *days >= 0);
    days.ok_or_else(|| "a number of days is written 30d".to_owned())
}

/// A category is part of an identifier in SARIF, where its last `/` ends it, and of a comment in HTML, which `--` can end.
fn parse_category(text: &str) -> Result<String, String> {
    const LONGEST: usize = 100;
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "._:/=+@ -".contains(letter);
    let is_whole = text.trim() == text && !text.contains("--") && !text.ends_with(['/', '-']);
    let is_category = !text.is_empty() && text.len() <= LONGEST && text.chars().all(is_plain) && is_whole;
    if is_category {
        return Ok(text.to_owned());
    }
    Err("a category has up to 100 letters, digits, spaces and `._:/=+@-`, without `--`, and ends in none of `/-`"
        .to_owned())
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum LevelName {
    /// Anything at all
    Note,
    /// What is probably wrong
    Warning,
    /// What is wrong
    Error,
}

pub(crate) fn parse_date(text: &str) -> Result<Date, String> {
    Date::parse(text).ok_or_else(|| "a date is written YYYY-MM-DD".to_owned())
}

pub(crate) fn run(
    arguments: &Arguments,
    matches: &ArgMatches,
    repository: &Repository,
    called: Called,
) -> Result<Verdict, CliError> {
    let mut outputs = report_output::plan(arguments, matches).inspect_err(report_output::emit_unplanned)?;
    let inputs: Vec<PathBuf> = arguments.paths.iter().chain(&arguments.policy).cloned().collect();
    let ready =
        report_output::refuse_inputs(&mut outputs, &inputs).and_then(|()| report_output::prepare(&outputs));
    ready.inspect_err(|error| report_output::emit_stopped(error, &outputs))?;
    report_output::emit_on_stop(&outputs);
    let judged = || judged(arguments, &outputs, repository, called);
    // A panic of this program's own ends the run with a report, too.
    let judged = panic::catch_unwind(AssertUnwindSafe(judged))
        .unwrap_or_else(|_| Err(CliError::Usage("this program failed on it; please report that".to_owned())));
    match judged {
        Ok(report) => {
            report_output::emit(&report, &outputs, arguments.beside())?;
            Ok(report.verdict())
        }
        Err(error) => {
            report_output::emit_stopped(&error, &outputs);
            Err(error)
        }
    }
}

/// The report on what the arguments ask for.
fn judged(
    arguments: &Arguments,
    outputs: &[Output],
    repository: &Repository,
    called: Called,
) -> Result<Report, CliError> {
    let root = repository.root();
    let (asked, is_new) = match arguments.base.as_deref() {
        Some(asked) if git::is_null_id(asked) => (None, true),
        asked => (asked, false),
    };
    let base = asked.map(|asked| git::open_base(root, asked, "HEAD")).transpose();
    let base = base.map_err(|message| CliError::Usage(format!("--base: {message}")))?;
    // The policy is that of the revision itself: where a change parted from it, it may have been weaker.
    let from = arguments.policy_from.as_deref();
    let from = from.map(|asked| Commit::open(root, git::resolve(root, asked)?)).transpose();
    let policy_from = from.map_err(|message| CliError::Usage(format!("--policy-from: {message}")))?;
    let staged = arguments.staged.then(|| staged(arguments, repository)).transpose()?;
    let head =
        staged.as_ref().map_or(FileTree::WorkTree(repository), |staged| FileTree::Commit(repository, staged));
    let stdin = read_stdin(&arguments.paths);
    // What no format lists, and nothing compares with, is only counted.
    let is_listed = arguments.verbose || base.is_some();
    let keep = report_output::keep(outputs).max(if is_listed { Keep::Models } else { Keep::Faults });
    let ask = CheckOptions {
        paths: &arguments.paths,
        stdin: stdin.as_ref(),
        named: if arguments.only_matching { Named::Filtered } else { Named::Judged },
        stdin_filename: &arguments.stdin_filename,
        policy: arguments.policy.as_deref(),
        policy_from: policy_from.as_ref(),
        base: base.as_ref(),
        new_only: arguments.new_only,
        today: arguments.today.unwrap_or_else(Date::today),
        fail_on: arguments.fail_on.level(),
        expiring_within: arguments.expiring_within,
        threads: arguments.threads,
        progress: if arguments.quiet { Progress::Hidden } else { Progress::for_people() },
        keep,
    };
    let mut judging = None;
    let mut report = judge(&ask, head, |policy| {
        judging = arguments.verbose.then(|| policy.clone());
        arguments.levels.apply(policy)
    })?;
    if is_new {
        let remark =
            "no base: the id of zeros stands for what a new branch was before, so every problem counts";
        report.remarks.push(remark.to_owned());
    }
    if let Some(policy) = judging {
        verbose::tell(&ask, repository, &policy, &report);
    }
    let first = arguments.paths.first().filter(|_| called == Called::Unnamed);
    if let Some(first) = first.and_then(|path| path.to_str()) {
        suggest_subcommand(first, &mut report);
    }
    report.links = report_output::links(arguments.links.as_deref());
    report.category.clone_from(&arguments.category);
    Ok(report)
}

/// What is staged, in which each path that is given must be.
fn staged(arguments: &Arguments, repository: &Repository) -> Result<Commit, CliError> {
    refuse_stdin(&arguments.paths, "staged")?;
    let staged = Commit::staged(repository.root())
        .map_err(|message| CliError::Usage(format!("--staged: {message}")))?;
    let is_in = |path: &&PathBuf| {
        let matched = repository.matched(path);
        matched.is_empty() || staged.holds(&matched) || staged.holds_folder(&matched)
    };
    match arguments.paths.iter().find(|path| !is_in(path)) {
        Some(path) => Err(CliError::Usage(format!("--staged: {}: not in the index", repository.shown(path)))),
        None => Ok(staged),
    }
}

/// Says of a path that leads nowhere, the first of the arguments, which command it may have been meant to be.
fn suggest_subcommand(first: &str, report: &mut Report) {
    let commands = CommandLine::command();
    let names = commands.get_subcommands().map(|command| command.get_name().to_owned()).collect::<Vec<_>>();
    let Some(meant) = nearest(first, names.iter().map(String::as_str)) else { return };
    for error in &mut report.obstacles {
        if let InputError::NotFound { path, suggestion } = error
            && path == first
        {
            *suggestion = Some(Suggestion::Command(meant.to_owned()));
        }
    }
}

impl LevelName {
    const fn level(self) -> Level {
        match self {
            Self::Note => Level::Note,
            Self::Warning => Level::Warning,
            Self::Error => Level::Error,
        }
    }
}
