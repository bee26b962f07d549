//! `migrate`: the former name of `fix --to`, which also prints the scores by both versions. [`crate::convert::migrate`]
//! computes the new text.

use std::collections::HashSet;

use clap::Args;

use crate::aivss::{Formula, Working};
use crate::cli::common::{CliError, PathArgs, PolicyArgs, error_look, look, print_error, refuse_stdin};
use crate::cli::fix::{change, error_line, left_line, lint_text, print_changes, readable, real_path};
use crate::cli::gate::{CheckOptions, CheckRun, Keep, sound_policy};
use crate::cli::lint_files::lint_files;
use crate::cli::parallel::Progress;
use crate::cli::score::parse_factor_value;

use crate::convert::migrate::{
    Aim, Exchanged, Migrated, MigrationStep, MovedScore, StepOutcome, Tenth, migrate,
};
use crate::decimal::Decimal;
use crate::input_error::InputError;
use crate::lint::LintContext;
use crate::output::text::place;
use crate::output::{Look, begin_line, escape_line, painted};
use crate::report::{FileReport, Report, Verdict, count};
use crate::source::{Source, Span};
use crate::workspace::FileTree;
use crate::workspace::repository::Repository;

#[derive(Debug, Args)]
pub(crate) struct MigrateArgs {
    #[command(flatten)]
    pub(crate) files: PathArgs,
    #[command(flatten)]
    policy: PolicyArgs,
    /// Migrate to this version
    #[arg(long, value_name = "VERSION", default_value = "0.8")]
    to: Version,
    /// Use this value for an open natural-language interface
    #[arg(long, value_name = "VALUE", value_parser = parse_factor_value, conflicts_with = "keep_factors")]
    natural_language: Option<Decimal>,
    /// Keep goal-driven planning as the tenth factor
    #[arg(long)]
    keep_factors: bool,
    /// Print a unified diff and write nothing
    #[arg(long)]
    diff: bool,
    /// Print only open decisions and problems
    #[arg(short, long)]
    quiet: bool,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub(crate) enum Version {
    /// The current public release
    #[value(name = "0.8")]
    V0_8,
    /// The amendment proposed for v1, never below the CVSS base
    #[value(name = "0.8-floor")]
    V0_8Floor,
}

impl Version {
    pub(crate) fn formula(self) -> Result<&'static Formula, CliError> {
        let name = match self {
            Self::V0_8 => "0.8",
            Self::V0_8Floor => "0.8-floor",
        };
        Formula::named(name).ok_or_else(|| CliError::from(format!("unknown version {name}")))
    }
}

/// Passes if every score is migrated and nothing is open.
pub(crate) fn run(args: &MigrateArgs, repository: &Repository) -> Result<Verdict, CliError> {
    refuse_stdin(&args.files.paths, "migrated")?;
    let tenth = match args.natural_language {
        Some(value) => Tenth::Value(value),
        None if args.keep_factors => Tenth::Keep,
        None => Tenth::Open,
    };
    let tree = FileTree::WorkTree(repository);
    let options = CheckOptions {
        keep: Keep::Texts,
        progress: if args.quiet { Progress::Hidden } else { Progress::for_people() },
        ..CheckOptions::new(&args.files.paths, args.policy.today())
    };
    let policy = sound_policy(args.policy.policy.as_deref(), tree)?;
    let mut run = MigrateRun {
        aim: Aim { formula: args.to.formula()?, tenth },
        context: LintContext { policy: &policy, today: options.today, load: &tree, before: None },
        quiet: args.quiet,
        to_disk: (!args.diff).then_some(repository),
        look: if args.diff { error_look() } else { look() },
        counts: MigrationCounts::default(),
        lines: String::new(),
        open_lines: String::new(),
        patch: String::new(),
    };
    run.migrate_all(
        &mut lint_files(CheckRun { options: &options, head: tree, policy: &policy, rows: None }).report,
    );
    let counts = run.counts;
    let mut lines = run.lines + &run.open_lines;
    if !args.quiet {
        lines += &counts.summary(if args.diff { "would move" } else { "moved" });
        print_error(&format!("note: `migrate` is now `aivss-lint fix --to {}`\n", run.aim.formula.version));
    }
    print_changes(&lines, args.diff.then_some(&run.patch))?;
    let is_open = counts.open + counts.left + counts.unproven > 0;
    Ok(match counts.errors {
        0 if is_open || (args.diff && counts.moved > 0) => Verdict::Failed,
        0 => Verdict::Passed,
        _ => Verdict::CannotCheck,
    })
}

#[derive(Clone, Copy, Debug, Default)]
struct MigrationCounts {
    moved: usize,
    numbers: usize,
    files: usize,
    /// Factors without a value.
    open: usize,
    /// Scores and numbers that were not written.
    left: usize,
    /// Mitigations that count now, without evidence.
    unproven: usize,
    errors: usize,
}

impl MigrationCounts {
    fn summary(self, done: &str) -> String {
        let moved = format!("{} in {}", count(self.moved, "score"), count(self.files, "file"));
        let mut parts = vec![format!("{done}: {}", if self.moved > 0 { &moved } else { "nothing" })];
        for (number, thing, rest) in [
            (self.numbers, "number", "written"),
            (self.open, "factor", "to decide, and then `aivss-lint fix` writes the numbers"),
            (self.left, "place", "not changed"),
            (self.unproven, "mitigation", "to look at"),
            (self.errors, "input", "not read or written"),
        ] {
            if number > 0 {
                parts.push(format!("{} {rest}", count(number, thing)));
            }
        }
        if self.open + self.left + self.unproven + self.errors == 0 {
            parts.push("nothing is left to decide".to_owned());
        }
        parts.join("; ") + "\n"
    }
}

struct MigrateRun<'r> {
    aim: Aim,
    context: LintContext<'r>,
    quiet: bool,
    /// The repository to write to; `None` for a patch.
    to_disk: Option<&'r Repository>,
    /// The appearance of the lines about changes.
    look: Look,
    counts: MigrationCounts,
    lines: String,
    open_lines: String,
    patch: String,
}

impl MigrateRun<'_> {
    fn migrate_all(&mut self, report: &mut Report) {
        let mut reached = HashSet::new();
        for file in report.files.iter().filter(|file| !file.is_policy) {
            let path = real_path(file);
            if path.as_ref().is_some_and(|path| reached.contains(path)) {
                continue;
            }
            match self.migrate_file(file) {
                Ok(()) => reached.extend(path),
                Err(message) => report.input_errors.push(InputError::unreadable(file.name(), message)),
            }
        }
        report.input_errors.sort();
        self.counts.errors = report.input_errors.len();
        if self.counts.open > 0 {
            let tenth = self.aim.formula.tenth;
            self.open_lines += &format!("  {}: {}\n", tenth.key(), tenth.scale().unwrap_or_default());
        }
        self.open_lines.extend(report.input_errors.iter().map(error_line));
    }

    fn migrate_file(&mut self, file: &FileReport) -> Result<(), String> {
        let source = readable(file)?;
        let migrated = migrate(&source, self.aim, |text| lint_text(file, text, self.context));
        if migrated.steps.is_empty() {
            return Err("contains no readable threat model: run `aivss-lint`".to_owned());
        }
        if migrated.text != source.text() {
            self.patch += &change(&source, &migrated.text, self.to_disk)?;
            self.counts.files += 1;
        }
        self.add(file, &source, &migrated);
        Ok(())
    }

    /// Adds a file; if it was written, places are those of its new text.
    fn add(&mut self, file: &FileReport, old: &Source, migrated: &Migrated) {
        let Migrated { text, steps, arrived, numbers } = migrated;
        let new = Source::decode(old.name(), text.as_bytes().to_vec());
        // Neither models nor findings come or go, so that both lists are of the same scores.
        let (source, placed) = if self.to_disk.is_some() { (&new, arrived) } else { (old, steps) };
        for (step, placed) in steps.iter().zip(placed) {
            if self.count(step, placed) || !self.quiet {
                let place = self.place(source, placed.place());
                self.lines += &step_lines(step, &place, old.name(), (self.aim, self.look));
            }
            if let (StepOutcome::Current { .. } | StepOutcome::Moved(_), Some(span)) =
                (&step.outcome, placed.open())
            {
                self.counts.open += 1;
                let (place, key) = (self.place(source, span), self.aim.formula.tenth.key());
                self.open_lines += &format!("{place}: {key} is to be decided\n");
            }
        }
        self.counts.numbers += numbers;
        for problem in lint_text(file, new.text(), self.context) {
            let mut moved = steps.iter().filter(|step| step.moved().is_some());
            if moved.any(|step| step.holds(problem.model, &problem.pointer))
                && let Some(line) = left_line(&problem, &self.place(&new, problem.span))
            {
                self.counts.left += 1;
                self.open_lines += &line;
            }
        }
    }

    fn place(&self, source: &Source, span: Span) -> String {
        place(source.name(), source.position(span.start), self.look)
    }

    /// Counts a step; returns whether a person must look at it.
    fn count(&mut self, step: &MigrationStep, placed: &MigrationStep) -> bool {
        match &step.outcome {
            StepOutcome::Report | StepOutcome::Current { .. } => return false,
            StepOutcome::Blocked { .. } => self.counts.left += 1,
            StepOutcome::Moved(moved) => {
                let is_unproven = moved.counts.is_some() && moved.is_unproven;
                self.counts.moved += 1;
                self.counts.unproven += usize::from(is_unproven);
                // Its numbers are those of the old version, and no line asks for the missing input.
                self.counts.left += usize::from(moved.after.is_empty() && placed.open().is_none());
                return moved.after.is_empty() || is_unproven;
            }
        }
        true
    }
}

fn step_lines(step: &MigrationStep, place: &str, file: &str, (aim, look): (Aim, Look)) -> String {
    let agent = step.agent.as_ref().map(|agent| format!(": {agent}")).unwrap_or_default();
    let finding = match step.finding.as_deref() {
        None => String::new(),
        Some("") => ", a finding without an identifier".to_owned(),
        Some(id) => format!(", finding {id}"),
    };
    let subject = begin_line(&format!("{file}{agent}{finding}"));
    let version = aim.formula.version;
    match &step.outcome {
        StepOutcome::Report => format!("{subject}: an OWASP report is always by 0.8\n"),
        StepOutcome::Current { by, .. } => {
            let by = by.version;
            let later = if by == version {
                ""
            } else {
                &format!(", a later formula: --to {version} would weaken it")
            };
            format!("{subject}: by {by} already{later}\n")
        }
        StepOutcome::Blocked { reason, .. } => format!("{place}: not migrated: {}\n", escape_line(reason)),
        StepOutcome::Moved(moved) => {
            let mut lines = format!("{subject}: {}\n", outlook(moved, aim, look));
            if let Some(exchanged) = &moved.exchanged {
                lines += &format!("  {}\n", escape_line(&was(exchanged, moved)));
            }
            if let Some(value) = moved.counts {
                let from = moved.from.version;
                let unproven = if moved.is_unproven { "; it lacks mitigation_evidence" } else { "" };
                lines += &format!("  mitigation_factor {value} begins to count: {from} has none{unproven}\n");
            }
            lines
        }
    }
}

fn outlook(moved: &MovedScore, aim: Aim, look: Look) -> String {
    let (from, to) = (moved.from.version, aim.formula.version);
    let before = match &moved.before {
        Some(working) => format!("{} by {from}", score_and_band(working, look)),
        None => format!("no score by {from}"),
    };
    let Some(last) = moved.after.last() else { return format!("{before} → no score by {to}") };
    if last.tenth.is_none() {
        return format!("{before} → {} by {to}", score_and_band(&last.working, look));
    }
    // A band that all share is named once.
    let is_shared = moved.after.iter().all(|prospect| prospect.working.band == last.working.band);
    let (mut scores, mut values) = (Vec::new(), Vec::new());
    for (at, prospect) in moved.after.iter().enumerate() {
        let is_bare = is_shared && at + 1 < moved.after.len();
        let working = &prospect.working;
        scores.push(if is_bare { working.score.to_string() } else { score_and_band(working, look) });
        values.extend(prospect.tenth.map(|value| value.to_string()));
    }
    let key = aim.formula.tenth.key();
    format!("{before} → by {to}: {} with {key} at {}", scores.join(", "), values.join(", "))
}

fn score_and_band(working: &Working, look: Look) -> String {
    painted(&format!("{} {}", working.score, working.band.name()), working.band.into(), look)
}

fn was(exchanged: &Exchanged, moved: &MovedScore) -> String {
    /// The most characters of a rationale.
    const LONGEST: usize = 200;
    let key = moved.from.tenth.key();
    let value = exchanged.value.map_or_else(|| "without a number".to_owned(), |value| value.to_string());
    let Some(rationale) = &exchanged.rationale else { return format!("{key} was {value}") };
    let rationale = rationale.split_whitespace().collect::<Vec<_>>().join(" ");
    let short: String = rationale.chars().take(LONGEST).collect();
    format!("{key} was {value} ({short}{})", if short.len() < rationale.len() { "…" } else { "" })
}
