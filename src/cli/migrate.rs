//! `migrate`: brings threat models to another version of the standard. What to write, and what is left to decide, says
//! [`crate::convert::migrate`]; here files are read, replaced and spoken of.

use std::io::{self, Write};
use std::path::PathBuf;

use clap::Args;

use crate::aivss::{Formula, Working};
use crate::cli::args::parse_date;
use crate::cli::gate::{CheckOptions, CheckRun, Keep, find_policy};
use crate::cli::lint_files::lint_files;
use crate::cli::parallel::Progress;
use crate::cli::rewrite::{Reached, error_line, left_line, lint_text, place, readable, shown_patch, write};
use crate::cli::score::parse_factor_value;
use crate::cli::streams::{CliError, emit_to_stdout, refuse_stdin};
use crate::convert::migrate::{Aim, Exchanged, Migrated, Moved, Outcome, Step, Tenth, migrate};
use crate::date::Date;
use crate::decimal::Decimal;
use crate::diagnostic::Diagnostic;
use crate::input_error::InputError;
use crate::lint::LintContext;
use crate::output::{begin_line, escape_line};
use crate::report::{FileReport, Report, Verdict, count};
use crate::source::Source;
use crate::workspace::discover::Repository;
use crate::workspace::file_tree::FileTree;

/// How many characters of a rationale are shown.
const LONGEST_RATIONALE: usize = 200;

pub(crate) const EXAMPLES: &str = "\
Examples:
  aivss-lint migrate                  bring every threat model below this folder to 0.8
  aivss-lint migrate --diff agents    show what would change, as a patch
  aivss-lint migrate --natural-language 0.5 a.yaml
                                      with the value that a person decided on

AIVSS 0.8 has natural-language interface in the place of goal-driven planning. What it is worth
only a person can say: the old factor becomes a comment with the question above it (in braces and
JSON, an x- key beside it), the new one stands without a value, and the gate fails until it has
one. Then `aivss-lint fix` writes the numbers. No score is moved back to an earlier formula.

Exit codes: 0 all is moved, 1 something is left to decide or to look at (with --diff: or something
would change), 2 a file could not be read or written.";

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Files and folders to bring to another version
    #[arg(value_name = "PATH", default_value = ".")]
    pub(crate) paths: Vec<PathBuf>,

    /// The version to bring them to
    #[arg(long, value_name = "VERSION", default_value = "0.8")]
    to: Version,

    /// What the natural-language interface is worth, for every model that comes from 0.5 or was left open
    #[arg(long, value_name = "VALUE", value_parser = parse_factor_value, conflicts_with = "keep_factors")]
    natural_language: Option<Decimal>,

    /// Keep goal-driven planning as the tenth factor
    #[arg(long)]
    keep_factors: bool,

    /// Write nothing: print what would change, as a unified diff
    #[arg(long)]
    diff: bool,

    /// A policy file, or a built-in policy: recommended, strict, permissive
    ///
    /// What it switches off or excepts of the numbers that follow is not written.
    #[arg(long, value_name = "FILE|NAME")]
    policy: Option<PathBuf>,

    /// Say only what is left for a person, and what is in the way
    #[arg(short, long)]
    quiet: bool,

    /// The day to judge by, for tests and replays
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = parse_date)]
    today: Option<Date>,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Version {
    /// The current public release
    #[value(name = "0.8")]
    V0_8,
    /// The amendment proposed for v1, never below the CVSS base
    #[value(name = "0.8-floor")]
    V0_8Floor,
}

impl Version {
    const fn name(self) -> &'static str {
        match self {
            Self::V0_8 => "0.8",
            Self::V0_8Floor => "0.8-floor",
        }
    }
}

/// Returns that it passed where all is moved and nothing is open.
pub(crate) fn run(arguments: &Arguments, repository: &Repository) -> Result<Verdict, CliError> {
    refuse_stdin(&arguments.paths, "migrated")?;
    let name = arguments.to.name();
    let formula =
        Formula::named(name).ok_or_else(|| CliError::Usage(format!("there is no formula {name}")))?;
    let tenth = match arguments.natural_language {
        Some(value) => Tenth::Value(value),
        None if arguments.keep_factors => Tenth::Keep,
        None => Tenth::CheckOptions,
    };
    let side = FileTree::WorkTree(repository);
    let ask = CheckOptions {
        policy: arguments.policy.as_deref(),
        keep: Keep::Texts,
        progress: if arguments.quiet { Progress::Hidden } else { Progress::for_people() },
        ..CheckOptions::new(&arguments.paths, arguments.today.unwrap_or_else(Date::today))
    };
    let (policy, _) = find_policy(ask.policy, side)?.map_err(|(name, _)| {
        CliError::Usage(format!(
            "policy {name}: it is broken, so nothing is migrated by it: run `aivss-lint`"
        ))
    })?;
    let judge = LintContext { policy: &policy, today: ask.today, load: &side, before: None };
    let mut report = lint_files(CheckRun { options: &ask, head: side, policy: &policy }).report;
    let to_disk = (!arguments.diff).then_some(repository);
    let told = migrate_all(&mut report, Aim { formula, tenth }, judge, (arguments.quiet, to_disk));
    let summary = |done: &str| if arguments.quiet { String::new() } else { told.summary(done) };
    if arguments.diff {
        let words = told.words.clone() + &summary("would move");
        emit_to_stdout(|stdout| stdout.write_all(told.patch.as_bytes()))?;
        // A closed stream leaves nobody to tell.
        let _ = io::stderr().write_all(words.as_bytes());
    } else {
        let words = told.words.clone() + &summary("moved");
        emit_to_stdout(|stdout| stdout.write_all(words.as_bytes()))?;
    }
    Ok(match () {
        () if !report.obstacles.is_empty() => Verdict::CannotJudge,
        () if told.open + told.left + told.unproven > 0 || (arguments.diff && told.moved > 0) => {
            Verdict::Failed
        }
        () => Verdict::Passed,
    })
}

/// What there is to say of a run.
#[derive(Debug, Default)]
struct Told {
    /// Whether only what is left for a person is told.
    quiet: bool,
    /// What becomes of each score, and what was in the way.
    words: String,
    /// A line a factor that has to be decided, or a number that was left.
    questions: String,
    /// All changes as a unified diff.
    patch: String,
    moved: usize,
    numbers: usize,
    files: usize,
    /// How many questions are open.
    open: usize,
    /// How much was left.
    left: usize,
    /// How many mitigations begin to count with nothing that demonstrates them.
    unproven: usize,
    obstacles: usize,
}

impl Told {
    fn summary(&self, done: &str) -> String {
        let mut parts = vec![match self.moved {
            0 => format!("{done}: nothing"),
            moved => format!("{done}: {} in {}", count(moved, "score"), count(self.files, "file")),
        }];
        if self.numbers > 0 {
            parts.push(format!("{} written", count(self.numbers, "number")));
        }
        if self.open > 0 {
            let factors = count(self.open, "factor");
            parts.push(format!("{factors} to decide, and then `aivss-lint fix` writes the numbers"));
        }
        if self.left > 0 {
            parts.push(format!("{} left", count(self.left, "place")));
        }
        if self.unproven > 0 {
            parts.push(format!("{} to look at", count(self.unproven, "mitigation")));
        }
        if self.obstacles > 0 {
            parts.push(format!("{} in the way", count(self.obstacles, "obstacle")));
        }
        if self.open + self.left + self.unproven + self.obstacles == 0 {
            parts.push("nothing is left to decide".to_owned());
        }
        parts.join("; ") + "\n"
    }
}

fn migrate_all(
    report: &mut Report,
    aim: Aim,
    judge: LintContext<'_>,
    (quiet, to_disk): (bool, Option<&Repository>),
) -> Told {
    let mut told = Told { quiet, ..Told::default() };
    let (mut obstacles, mut reached) = (Vec::new(), Reached::default());
    for file in report.files.iter().filter(|file| !file.is_policy) {
        if reached.has(file) {
            continue;
        }
        let name = file.name().to_owned();
        let mut stop = |message: &str| obstacles.push(InputError::unreadable(&*name, message));
        let Some(source) = readable(file) else {
            stop("it cannot be read as it should, so it is left as it is");
            continue;
        };
        let migrated = migrate(&source, aim, |text| lint_text(file, text, judge));
        if migrated.steps.is_empty() {
            stop("no threat model can be read from it: run `aivss-lint`");
            continue;
        }
        let changed = migrated.text != source.text();
        let patch = match to_disk {
            _ if !changed => Ok(String::new()),
            Some(disk) => write(&source, &migrated.text, disk).map(|()| String::new()),
            None => shown_patch(source.name(), source.text(), &migrated.text),
        };
        match patch {
            Ok(patch) => told.patch.push_str(&patch),
            Err(message) => {
                stop(&message);
                continue;
            }
        }
        reached.add(file);
        told.add((file, &source), migrated, (aim, judge), to_disk.is_some());
    }
    report.obstacles.append(&mut obstacles);
    report.obstacles.sort();
    told.obstacles = report.obstacles.len();
    if told.open > 0 {
        let (key, scale) = (aim.formula.tenth.key(), aim.formula.tenth.scale().unwrap_or_default());
        told.questions.push_str(&format!("  {key}: {scale}\n"));
    }
    let questions = std::mem::take(&mut told.questions);
    told.words.push_str(&questions);
    told.words.extend(report.obstacles.iter().map(error_line));
    told
}

impl Told {
    /// Adds a file; where it was written, places are those of its new text.
    fn add(
        &mut self,
        (file, old): (&FileReport, &Source),
        migrated: Migrated,
        (aim, judge): (Aim, LintContext<'_>),
        written: bool,
    ) {
        let Migrated { text, steps, arrived, numbers } = migrated;
        let new = Source::decode(old.name(), text.into_bytes());
        self.files += usize::from(new.text() != old.text());
        // Neither models nor findings come or go, so that both lists are of the same scores.
        let (source, placed) = if written { (&new, &arrived) } else { (old, &steps) };
        let factor = aim.formula.tenth.key();
        for (step, placed) in steps.iter().zip(placed) {
            let is_for_a_person = match &step.outcome {
                Outcome::Report | Outcome::Already { .. } => false,
                Outcome::Left { .. } => true,
                Outcome::Moved(moved) => {
                    moved.after.is_empty() || moved.is_unproven && moved.counts.is_some()
                }
            };
            if is_for_a_person || !self.quiet {
                let place = place(source.name(), source.position(placed.place().start));
                self.words.push_str(&step_lines(step, &place, old.name(), aim));
            }
            match &step.outcome {
                Outcome::Report | Outcome::Already { .. } => {}
                Outcome::Left { .. } => self.left += 1,
                Outcome::Moved(moved) => {
                    self.moved += 1;
                    // Its numbers are those of the old version, and nobody has been asked for what is missing.
                    self.left += usize::from(moved.after.is_empty() && placed.open().is_none());
                    self.unproven += usize::from(moved.counts.is_some() && moved.is_unproven);
                }
            }
            if let (Outcome::Already { .. } | Outcome::Moved(_), Some(span)) = (&step.outcome, placed.open())
            {
                self.open += 1;
                let place = place(source.name(), source.position(span.start));
                self.questions.push_str(&format!("{place}: {factor} is to be decided\n"));
            }
        }
        self.numbers += numbers;
        let is_moved = |fault: &Diagnostic| {
            steps.iter().any(|step| step.moved().is_some() && step.holds(fault.model, &fault.pointer))
        };
        let faults = lint_text(file, new.text(), judge);
        let at = |offset| place(new.name(), new.position(offset));
        let left = faults.iter().filter(|fault| is_moved(fault)).filter_map(|fault| left_line(fault, at));
        for line in left {
            self.left += 1;
            self.questions.push_str(&line);
        }
    }
}

/// What becomes of a score, in lines.
fn step_lines(step: &Step, place: &str, file: &str, aim: Aim) -> String {
    let mut subject = file.to_owned();
    if let Some(agent) = &step.agent {
        subject.push_str(&format!(": {agent}"));
    }
    match step.finding.as_deref() {
        None => {}
        Some("") => subject.push_str(", a finding without an identifier"),
        Some(id) => subject.push_str(&format!(", finding {id}")),
    }
    let (subject, version) = (begin_line(&subject), aim.formula.version);
    match &step.outcome {
        Outcome::Report => format!("{subject}: a report of OWASP's is by 0.8 as it stands\n"),
        Outcome::Already { by, .. } if by.version == version => {
            format!("{subject}: by {version} already\n")
        }
        Outcome::Already { by, .. } => {
            let by = by.version;
            format!("{subject}: by {by} already, a later formula: --to {version} would weaken it\n")
        }
        Outcome::Left { why, .. } => format!("{place}: left: {}\n", escape_line(why)),
        Outcome::Moved(moved) => {
            let mut lines = format!("{subject}: {}\n", outlook(moved, aim));
            if let Some(exchanged) = &moved.exchanged {
                lines.push_str(&format!("  {}\n", escape_line(&was(exchanged, moved))));
            }
            if let Some(value) = moved.counts {
                let from = moved.from.version;
                let unproven = if moved.is_unproven { "; it lacks mitigation_evidence" } else { "" };
                lines.push_str(&format!(
                    "  mitigation_factor {value} begins to count: {from} has none{unproven}\n"
                ));
            }
            lines
        }
    }
}

/// The score before and after.
fn outlook(moved: &Moved, aim: Aim) -> String {
    let (from, to) = (moved.from.version, aim.formula.version);
    let words = |working: &Working| format!("{} {}", working.score, working.band.name());
    let before = match &moved.before {
        Some(working) => format!("{} by {from}", words(working)),
        None => format!("no score by {from}"),
    };
    match moved.after.as_slice() {
        [] => format!("{before} → no score by {to}"),
        [(None, working)] => format!("{before} → {} by {to}", words(working)),
        several => {
            // A band that all share is named once.
            let band = several.first().map(|(_, working)| working.band);
            let is_shared = several.iter().all(|(_, working)| Some(working.band) == band);
            let last = several.len() - 1;
            let score = |(at, (_, working)): (usize, &(_, Working))| {
                if is_shared && at < last { working.score.to_string() } else { words(working) }
            };
            let scores: Vec<String> = several.iter().enumerate().map(score).collect();
            let values = several.iter().filter_map(|(value, _)| Some((*value)?.to_string()));
            let values: Vec<String> = values.collect();
            let key = aim.formula.tenth.key();
            format!("{before} → by {to}: {} with {key} at {}", scores.join(", "), values.join(", "))
        }
    }
}

/// What the old tenth factor was.
fn was(exchanged: &Exchanged, moved: &Moved) -> String {
    let key = moved.from.tenth.key();
    let value = exchanged.value.map_or_else(|| "without a number".to_owned(), |value| value.to_string());
    let rationale = exchanged.rationale.as_ref().map(|rationale| {
        let rationale = rationale.split_whitespace().collect::<Vec<_>>().join(" ");
        let short: String = rationale.chars().take(LONGEST_RATIONALE).collect();
        format!(" ({short}{})", if short.len() < rationale.len() { "…" } else { "" })
    });
    format!("{key} was {value}{}", rationale.unwrap_or_default())
}
