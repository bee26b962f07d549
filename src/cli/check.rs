//! `check`: the gate. Finds files, judges them on all cores, writes the report.

use std::collections::BTreeSet;
use std::io;
use std::panic::AssertUnwindSafe;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::{fmt, panic, thread};

use clap::Args;

use super::{Streams, emit_to_stdout, look, watch};
use crate::date::Date;
use crate::diagnostic::{Level, Origin};
use crate::discover::{Candidate, Repository, discover, files_below, read, read_bounded};
use crate::lint::{Content, Judge, Linted, lint};
use crate::policy::{self, Broken, BuiltIn, Files, Policy, Run, Used};
use crate::report::{self, FileReport, Format, Obstacle, Report, Verdict};
use crate::rules;
use crate::source::Source;
use crate::suggest::nearest;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Files and folders to judge; `-` reads standard input
    #[arg(value_name = "PATH", default_value = ".")]
    paths: Vec<PathBuf>,

    /// A policy file, or a built-in policy: recommended, strict, permissive
    ///
    /// Without it: aivss-policy.yaml at the repository's root or in its .github, else recommended.
    #[arg(long, value_name = "FILE|NAME")]
    policy: Option<PathBuf>,

    /// How to write the report
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    format: FormatName,

    /// The lowest level that fails the gate
    #[arg(long, value_name = "LEVEL", default_value = "error")]
    fail_on: LevelName,

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

    #[command(flatten)]
    streams: Streams,
}

/// Levels of rules for one run, above what the policy says.
#[derive(Debug, Args)]
struct Levels {
    /// Make a rule an error for this run
    #[arg(short = 'D', long = "deny", value_name = "RULE")]
    deny: Vec<String>,

    /// Make a rule a warning for this run
    #[arg(short = 'W', long = "warn", value_name = "RULE")]
    warn: Vec<String>,

    /// Switch a rule off for this run
    #[arg(short = 'A', long = "allow", value_name = "RULE")]
    allow: Vec<String>,
}

impl Levels {
    /// Sets the levels; returns in words what was lowered by it.
    fn apply(&self, policy: &mut Policy) -> Result<Vec<String>, Stopped> {
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
                    return Err(Stopped::Policy(message));
                }
                if !seen.insert(name) {
                    return Err(Stopped::Policy(format!("the level of `{name}` is given twice")));
                }
                let Some(rule) = rules::named(name) else {
                    let meant = nearest(name, rules::ALL.iter().map(|rule| rule.name));
                    let help = meant.map_or_else(String::new, |meant| format!("; did you mean `{meant}`?"));
                    return Err(Stopped::Policy(format!("there is no rule `{name}`{help}")));
                };
                if rule.fixed && level != Some(Level::Error) {
                    let message =
                        format!("{flag} {name}: without this rule a score or a whole file would go unread");
                    return Err(Stopped::Policy(message));
                }
                if level < policy.level(rule) {
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

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum FormatName {
    /// For people
    Human,
    /// One line a fault
    Concise,
    /// For programs, see schemas/report.json
    Json,
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

fn parse_date(text: &str) -> Result<Date, String> {
    Date::parse(text).ok_or_else(|| "a date is written YYYY-MM-DD".to_owned())
}

/// What stops a run before there is a report.
#[derive(Debug)]
pub(super) enum Stopped {
    /// The world did not answer.
    Io(io::Error),
    /// The policy cannot be found, or is ambiguous.
    Policy(String),
}

impl fmt::Display for Stopped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => write!(f, "{error}"),
            Self::Policy(message) => write!(f, "{message}"),
        }
    }
}

impl From<io::Error> for Stopped {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

pub(super) fn run(arguments: &Arguments, repository: &Repository) -> Result<Verdict, Stopped> {
    let today = arguments.today.unwrap_or_else(Date::today);
    let (mut policy, name) = match find_policy(arguments.policy.as_deref(), repository)? {
        Ok(found) => found,
        Err((name, broken)) => {
            let report = broken_report(name, broken, today, arguments.fail_on.level());
            emit(&report, arguments)?;
            return Ok(report.verdict());
        }
    };
    let lowered = arguments.levels.apply(&mut policy)?;
    let mut report = judge(arguments, repository, &policy, today);
    report.policy = name;
    report.lowered = lowered;
    emit(&report, arguments)?;
    Ok(report.verdict())
}

/// The report on a policy by which nothing can be judged.
pub(super) fn broken_report(policy: String, broken: Vec<Broken>, today: Date, fail_on: Level) -> Report {
    let mut report = Report::new(today, fail_on);
    report.policy = policy;
    for Broken { source, diagnostics } in broken {
        let path = source.name().to_owned();
        report
            .obstacles
            .push(Obstacle { path, message: "it is broken, so nothing was judged by it".to_owned() });
        let path = source.name().to_owned();
        report.files.push(FileReport { source, path, models: Vec::new(), diagnostics, is_policy: true });
    }
    report
}

/// A policy and what to call it; or its name, and the files of it that are broken.
pub(super) type Found = Result<(Policy, String), (String, Vec<Broken>)>;

/// The policy in force.
pub(super) fn find_policy(given: Option<&Path>, repository: &Repository) -> Result<Found, Stopped> {
    let path = match given {
        Some(path) => {
            if let Some(built_in) = path.to_str().and_then(BuiltIn::named) {
                return Ok(Ok((built_in.policy(), built_in.name.to_owned())));
            }
            path.to_owned()
        }
        None => match repository.policies().as_slice() {
            [] => {
                let recommended = policy::recommended();
                return Ok(Ok((recommended.policy(), recommended.name.to_owned())));
            }
            [only] => only.clone(),
            [first, second, ..] => {
                let (first, second) = (repository.shown(first), repository.shown(second));
                let message = format!("two policies: {first} and {second}; keep one, or use --policy");
                return Err(Stopped::Policy(message));
            }
        },
    };
    let name = repository.shown(&path);
    let bytes = read(&path).map_err(|message| {
        let meant = nearest(&name, policy::BUILT_IN.map(|built_in| built_in.name));
        let help = meant.map_or_else(String::new, |meant| format!("; did you mean the built-in `{meant}`?"));
        Stopped::Policy(format!("policy {name}: {message}{help}"))
    })?;
    Ok(match policy::read(Source::decode(name.clone(), bytes), &Disk) {
        Ok(policy) => Ok((policy, name)),
        Err(broken) => Err((name, broken)),
    })
}

/// The disk, for the files that a policy names; a name is a path from the current folder.
pub(super) struct Disk;

impl Files for Disk {
    fn bytes(&self, name: &str) -> Result<Vec<u8>, String> {
        let path = Path::new(name);
        if path.extension().is_some_and(|ending| ending == "rego") {
            watch::start();
        }
        read(path)
    }

    fn rego_below(&self, folder: &str) -> Result<Vec<String>, String> {
        let paths = files_below(Path::new(folder), &["rego"])?;
        let names = paths.iter().map(|path| path.to_string_lossy().replace('\\', "/"));
        // Tests of the rules themselves, by OPA's convention.
        Ok(names.filter(|name| !name.ends_with("_test.rego")).collect())
    }
}

fn judge(arguments: &Arguments, repository: &Repository, policy: &Policy, today: Date) -> Report {
    let judge = Judge { policy, today, load: &Disk, before: None };
    let (stdin, paths): (Vec<_>, Vec<_>) =
        arguments.paths.iter().cloned().partition(|path| path.as_os_str() == "-");
    let discovery = discover(&paths, repository, policy);
    let mut report = Report::new(today, arguments.fail_on.level());
    report.obstacles = discovery.obstacles;
    let mut used = Used::default();
    if !stdin.is_empty() {
        let name = arguments.stdin_filename.clone();
        let matched = repository.matched(Path::new(&name));
        let candidate = Candidate { matched, name, path: PathBuf::new(), named: true };
        #[expect(clippy::disallowed_methods, reason = "the user asked for it with `-`")]
        match read_bounded(io::stdin().lock()) {
            Ok(bytes) => {
                add(&mut report, &mut used, &candidate, judge_bytes(&candidate, bytes, judge));
            }
            Err(message) => report.obstacles.push(Obstacle { path: candidate.name, message }),
        }
    }
    let threads = match arguments.threads {
        0 => thread::available_parallelism().map_or(1, std::num::NonZero::get),
        count => count,
    };
    let outcomes = judge_all(&discovery.candidates, judge, threads);
    let mut held = Vec::new();
    for (candidate, outcome) in discovery.candidates.iter().zip(outcomes) {
        match outcome {
            Ok(judged) => {
                if add(&mut report, &mut used, candidate, judged) {
                    held.push(candidate);
                }
            }
            Err(message) => {
                report.obstacles.push(Obstacle { path: candidate.name.clone(), message });
                held.push(candidate);
            }
        }
    }
    for folder in &discovery.folders {
        if !held.iter().any(|candidate| repository.holds(folder, &candidate.path)) {
            let message = "no threat model here: a gate that checked nothing does not pass".to_owned();
            report.obstacles.push(Obstacle { path: repository.shown(folder), message });
        }
    }
    let whole = arguments.paths.iter().any(|path| repository.is_below(path));
    let run = Run { today, whole, expiring_within: arguments.expiring_within };
    for (source, diagnostics) in policy.review(&used, run) {
        let path = repository.matched(Path::new(source.name()));
        report.files.push(FileReport { source, path, models: Vec::new(), diagnostics, is_policy: true });
    }
    report.obstacles.sort();
    report
}

/// A file's text with what there is to say about it.
struct Judged {
    source: Source,
    linted: Linted,
}

fn judge_bytes(candidate: &Candidate, bytes: Vec<u8>, judge: Judge<'_>) -> Judged {
    let source = Source::decode(candidate.name.clone(), bytes);
    let linted = lint(&source, &candidate.matched, judge);
    // Of a file without fault nothing will be quoted, and there may be many of them.
    let source = if linted.diagnostics.is_empty() { source.without_text() } else { source };
    Judged { source, linted }
}

/// Judges files on several threads; the outcomes stand in the order of the files.
fn judge_all(candidates: &[Candidate], judge: Judge<'_>, threads: usize) -> Vec<Result<Judged, String>> {
    let next = AtomicUsize::new(0);
    let outcomes: Vec<OnceLock<Result<Judged, String>>> =
        candidates.iter().map(|_| OnceLock::new()).collect();
    let work = || {
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let (Some(candidate), Some(slot)) = (candidates.get(at), outcomes.get(at)) else { break };
            let judged = || Ok(judge_bytes(candidate, read(&candidate.path)?, judge));
            // A fault of this program's own must not pass for a verdict: the file counts as not judged.
            let outcome = panic::catch_unwind(AssertUnwindSafe(judged));
            let failed = |_| Err("this program failed on it; please report that".to_owned());
            slot.get_or_init(|| outcome.unwrap_or_else(failed));
            watch::progress();
        }
    };
    thread::scope(|scope| {
        for _ in 1..threads.min(candidates.len()) {
            scope.spawn(work);
        }
        work();
    });
    let unfinished = || Err("it was not judged".to_owned());
    outcomes.into_iter().map(|slot| slot.into_inner().unwrap_or_else(unfinished)).collect()
}

/// Adds a file to the report; tells whether it held something to judge. A policy does only for those who name it.
fn add(report: &mut Report, used: &mut Used, candidate: &Candidate, judged: Judged) -> bool {
    let Judged { source, linted } = judged;
    used.extend(linted.used);
    let obstacle = |message| Obstacle { path: candidate.name.clone(), message };
    report.obstacles.extend(linted.unjudged.into_iter().map(obstacle));
    match linted.content {
        Content::Policy => report.policies += 1,
        Content::Other if candidate.named => {
            let message = "it holds no threat model (first key `aivss_threat_model`), OWASP report or policy";
            report.obstacles.push(Obstacle { path: candidate.name.clone(), message: message.to_owned() });
        }
        Content::Other => report.skipped.push(candidate.name.clone()),
        Content::BrokenPolicy | Content::Model => {
            let is_policy = linted.content == Content::BrokenPolicy;
            if is_policy {
                let message = "the policy is broken".to_owned();
                report.obstacles.push(Obstacle { path: candidate.name.clone(), message });
            }
            let (models, diagnostics) = (linted.models, linted.diagnostics);
            let path = candidate.matched.clone();
            report.files.push(FileReport { source: Arc::new(source), path, models, diagnostics, is_policy });
        }
    }
    match linted.content {
        Content::Model | Content::BrokenPolicy => true,
        Content::Policy => candidate.named,
        Content::Other => false,
    }
}

/// Writes the report to stdout, which carries nothing else.
fn emit(report: &Report, arguments: &Arguments) -> io::Result<()> {
    emit_to_stdout(|stdout| report::write(report, arguments.format(), stdout))
}

impl Arguments {
    fn format(&self) -> Format {
        match self.format {
            FormatName::Human => Format::Human(look(self.streams.color)),
            FormatName::Concise => Format::Concise,
            FormatName::Json => Format::Json,
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
