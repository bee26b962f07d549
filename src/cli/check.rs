//! `check`: the gate. Finds files, judges them on all cores, writes the report.

use std::io::{self, IsTerminal, Write};
use std::panic::AssertUnwindSafe;
use std::path::PathBuf;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{env, fmt, panic, thread};

use clap::Args;

use super::{Colour, Streams};
use crate::date::Date;
use crate::diagnostic::{Diagnostic, Level};
use crate::discover::{Candidate, Repository, discover, read, read_bounded};
use crate::lint::{Content, Linted, lint};
use crate::policy::{self, BuiltIn, Policy};
use crate::report::{self, FileReport, Format, Look, Obstacle, Report, Verdict};
use crate::source::Source;

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

    /// How many threads to use; 0 for one a core
    #[arg(long, value_name = "COUNT", default_value_t = 0)]
    threads: usize,

    #[command(flatten)]
    streams: Streams,
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

pub(super) fn run(arguments: &Arguments) -> Result<Verdict, Stopped> {
    #[expect(clippy::disallowed_methods, reason = "where the user stands")]
    let repository = Repository::around(env::current_dir()?);
    let today = arguments.today.unwrap_or_else(Date::today);
    let (policy, name) = match find_policy(arguments, &repository)? {
        Ok(found) => found,
        Err(broken) => {
            let report = broken.report(today, arguments);
            emit(&report, arguments)?;
            return Ok(report.verdict());
        }
    };
    let report = judge(arguments, &repository, &policy, name, today);
    emit(&report, arguments)?;
    Ok(report.verdict())
}

/// A policy file with what is wrong with it.
struct Broken {
    source: Source,
    diagnostics: Vec<Diagnostic>,
}

impl Broken {
    fn report(self, today: Date, arguments: &Arguments) -> Report {
        let path = self.source.name().to_owned();
        Report {
            policy: path.clone(),
            files: vec![FileReport {
                source: self.source,
                models: Vec::new(),
                diagnostics: self.diagnostics,
            }],
            policies: 0,
            skipped: Vec::new(),
            obstacles: vec![Obstacle {
                path,
                message: "the policy is broken, so nothing was judged".to_owned(),
            }],
            today,
            fail_on: arguments.fail_on.level(),
        }
    }
}

/// The policy in force, and what to call it.
fn find_policy(
    arguments: &Arguments,
    repository: &Repository,
) -> Result<Result<(Policy, String), Broken>, Stopped> {
    let path = match &arguments.policy {
        Some(path) => {
            if let Some(built_in) = path.to_str().and_then(BuiltIn::named) {
                return Ok(Ok((built_in.policy(), built_in.name.to_owned())));
            }
            path.clone()
        }
        None => match repository.policies().as_slice() {
            [] => {
                let recommended = policy::recommended();
                return Ok(Ok((recommended.policy(), recommended.name.to_owned())));
            }
            [only] => only.clone(),
            [first, second, ..] => {
                let (first, second) = (repository.shown(first), repository.shown(second));
                return Err(Stopped::Policy(format!(
                    "two policies: {first} and {second}; keep one, or use --policy"
                )));
            }
        },
    };
    let name = repository.shown(&path);
    let bytes = read(&path).map_err(|message| Stopped::Policy(format!("policy {name}: {message}")))?;
    let source = Source::decode(name.clone(), bytes);
    Ok(match policy::read(&source) {
        Ok(policy) => Ok((policy, name)),
        Err(diagnostics) => Err(Broken { source, diagnostics }),
    })
}

fn judge(
    arguments: &Arguments,
    repository: &Repository,
    policy: &Policy,
    policy_name: String,
    today: Date,
) -> Report {
    let (stdin, paths): (Vec<_>, Vec<_>) =
        arguments.paths.iter().cloned().partition(|path| path.as_os_str() == "-");
    let discovery = discover(&paths, repository, policy);
    let mut report = Report {
        files: Vec::new(),
        policies: 0,
        skipped: Vec::new(),
        obstacles: discovery.obstacles,
        policy: policy_name,
        today,
        fail_on: arguments.fail_on.level(),
    };
    if !stdin.is_empty() {
        let name = arguments.stdin_filename.clone();
        let candidate = Candidate { name: name.clone(), path: PathBuf::new(), named: true };
        #[expect(clippy::disallowed_methods, reason = "the user asked for it with `-`")]
        match read_bounded(io::stdin().lock()) {
            Ok(bytes) => add(&mut report, &candidate, judge_bytes(name, bytes, policy, today)),
            Err(message) => report.obstacles.push(Obstacle { path: name, message }),
        }
    }
    let threads = match arguments.threads {
        0 => thread::available_parallelism().map_or(1, std::num::NonZero::get),
        count => count,
    };
    let outcomes = judge_all(&discovery.candidates, policy, today, threads);
    for (candidate, outcome) in discovery.candidates.iter().zip(outcomes) {
        match outcome {
            Ok(judged) => add(&mut report, candidate, judged),
            Err(message) => report.obstacles.push(Obstacle { path: candidate.name.clone(), message }),
        }
    }
    // Policies alone are judged only when they were asked for by name.
    let named_policy = report.policies > 0 && discovery.candidates.iter().all(|candidate| candidate.named);
    if report.files.is_empty() && !named_policy && report.obstacles.is_empty() {
        let path = arguments.paths.iter().map(|path| repository.shown(path)).collect::<Vec<_>>().join(", ");
        let path = if path.is_empty() { ".".to_owned() } else { path };
        let message = "no threat model here: a gate that checked nothing does not pass".to_owned();
        report.obstacles.push(Obstacle { path, message });
    }
    report.obstacles.sort();
    report
}

/// A file's text with what there is to say about it.
struct Judged {
    source: Source,
    linted: Linted,
}

fn judge_bytes(name: String, bytes: Vec<u8>, policy: &Policy, today: Date) -> Judged {
    let source = Source::decode(name, bytes);
    let linted = lint(&source, policy, today);
    Judged { source, linted }
}

/// Judges files on several threads; the outcomes stand in the order of the files.
fn judge_all(
    candidates: &[Candidate],
    policy: &Policy,
    today: Date,
    threads: usize,
) -> Vec<Result<Judged, String>> {
    let next = AtomicUsize::new(0);
    let outcomes: Vec<OnceLock<Result<Judged, String>>> =
        candidates.iter().map(|_| OnceLock::new()).collect();
    let work = || {
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let (Some(candidate), Some(slot)) = (candidates.get(at), outcomes.get(at)) else { break };
            let judge = || Ok(judge_bytes(candidate.name.clone(), read(&candidate.path)?, policy, today));
            // A fault of this program's own must not pass for a verdict: the file counts as not judged.
            let outcome = panic::catch_unwind(AssertUnwindSafe(judge));
            slot.get_or_init(|| {
                outcome.unwrap_or_else(|_| Err("this program failed on it; please report that".to_owned()))
            });
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

fn add(report: &mut Report, candidate: &Candidate, judged: Judged) {
    let Judged { source, linted } = judged;
    match linted.content {
        Content::Policy => report.policies += 1,
        Content::Other if candidate.named => {
            let message = "it holds no threat model (first key `aivss_threat_model`), OWASP report or policy";
            report.obstacles.push(Obstacle { path: candidate.name.clone(), message: message.to_owned() });
        }
        Content::Other => report.skipped.push(candidate.name.clone()),
        Content::BrokenPolicy | Content::Model => {
            if linted.content == Content::BrokenPolicy {
                let message = "the policy is broken".to_owned();
                report.obstacles.push(Obstacle { path: candidate.name.clone(), message });
            }
            report.files.push(FileReport { source, models: linted.models, diagnostics: linted.diagnostics });
        }
    }
}

/// Writes the report to stdout, which carries nothing else.
fn emit(report: &Report, arguments: &Arguments) -> io::Result<()> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    let written = report::write(report, arguments.format(), &mut out).and_then(|()| out.flush());
    match written {
        // Whoever closed the pipe (`| head`) has seen enough; the verdict stands.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
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

fn look(colour: Colour) -> Look {
    let terminal = io::stdout().is_terminal();
    let colour = match colour {
        Colour::Always => true,
        Colour::Never => false,
        Colour::Auto => anstream::AutoStream::choice(&io::stdout()) != anstream::ColorChoice::Never,
    };
    let width = terminal_size::terminal_size().map_or(100, |(width, _)| usize::from(width.0));
    Look { colour, unicode: terminal, width: width.clamp(40, 120) }
}
