//! `fix`: writes the numbers that follow from a file into it, and with `--unsafe` what can be suggested. What to write
//! comes from the rules, how it gets into the text from [`crate::fix`]; here files are read, replaced and spoken of.
//!
//! A file that cannot be parsed is left, and the run ends with 2: nobody can tell whether its numbers are right.

use std::io::{self, Write};
use std::path::PathBuf;

use clap::Args;

use crate::aivss::Formula;
use crate::cli::check::parse_date;
use crate::cli::emit_to_stdout;
use crate::cli::gate::{CheckOptions, CliError, Keep, find_policy};
use crate::cli::lint_files::{lint_files, refuse_stdin};
use crate::cli::migrate::Version;
use crate::cli::progress::Progress;
use crate::cli::rewrite::{
    Reached, judged, left_line, obstacle_line, place, readable, rejudge, shown_patch, write,
};
use crate::date::Date;
use crate::diagnostic::{Diagnostic, Level, Safety};
use crate::fix::{Change, Mended, mend};
use crate::input_error::InputError;
use crate::lint::LintContext;
use crate::output::escape_line;
use crate::report::{Report, Verdict, count};
use crate::rules::version_outdated::{self, outdated_scores};
use crate::source::Source;
use crate::workspace::discover::{Named, Repository};
use crate::workspace::file_tree::FileTree;

pub(crate) const EXAMPLES: &str = "\
Examples:
  aivss-lint fix                      mend every threat model below this folder
  aivss-lint fix --diff agents        show what would change, as a patch
  aivss-lint fix --to 0.8             migrate scores by an older version of AIVSS
  aivss-lint fix --unsafe --diff      with suggestions: misspelt keys, other versions' names of
                                      factors, forms for layers that are blank

Numbers that follow are written where their keys stand; a bare `score:` will do. Values of inputs
are never changed, nor what an exception covers. A key with a word or a digit too many is not
renamed. A form for a layer is no answer: the gate stays red until somebody writes one. A link is
followed to its file, within the repository.

Exit codes: 0 no error is left, 1 some are (with --diff: or something would change), 2 it could not
be judged, read or written.";

#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub(crate) struct Arguments {
    /// Files and folders to mend
    #[arg(value_name = "PATH", default_value = ".")]
    pub(crate) paths: Vec<PathBuf>,

    /// Write nothing: print what would change, as a unified diff
    #[arg(long)]
    diff: bool,

    /// Apply suggestions too: misspelt and old keys, forms for layers that are blank. Look at what they write
    #[arg(long = "unsafe")]
    suggestions: bool,

    /// Migrate scores by an older version of AIVSS to this one
    #[arg(long, value_name = "VERSION")]
    to: Option<Version>,

    /// A policy file, or a built-in policy: recommended, strict, permissive
    ///
    /// What it switches off or excepts is not mended.
    #[arg(long, value_name = "FILE|NAME")]
    policy: Option<PathBuf>,

    /// Of the files named, mend only those that the policy's patterns find; for hooks
    #[arg(long)]
    only_matching: bool,

    /// Say only what was left, and what is in the way
    #[arg(short, long)]
    quiet: bool,

    /// The day to judge by, for tests and replays
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = parse_date)]
    today: Option<Date>,
}

pub(crate) fn run(arguments: &Arguments, repository: &Repository) -> Result<Verdict, CliError> {
    refuse_stdin(&arguments.paths, "mended")?;
    let side = FileTree::WorkTree(repository);
    let ask = CheckOptions {
        named: if arguments.only_matching { Named::Filtered } else { Named::Judged },
        policy: arguments.policy.as_deref(),
        progress: if arguments.quiet { Progress::Hidden } else { Progress::for_people() },
        // A file without problems can have outdated scores.
        keep: if arguments.to.is_some() { Keep::Texts } else { Keep::FaultyTexts },
        ..CheckOptions::of(&arguments.paths, arguments.today.unwrap_or_else(Date::today))
    };
    let (policy, _) = find_policy(ask.policy, side)?.map_err(|(name, _)| {
        CliError::Usage(format!("policy {name}: it is broken, so nothing is mended by it: run `aivss-lint`"))
    })?;
    let judge = LintContext { policy: &policy, today: ask.today, load: &side, before: None };
    let mut report = lint_files(&ask, side, &policy).report;
    let to_disk = (!arguments.diff).then_some(repository);
    let safety = if arguments.suggestions { Safety::Suggested } else { Safety::Safe };
    let to = arguments.to.map(Version::formula).transpose()?;
    let told = mend_all(&mut report, judge, (safety, to), to_disk);
    let verdict = match report.verdict() {
        // A patch that would do something is something that is not done.
        Verdict::Passed if arguments.diff && told.files > 0 => Verdict::Failed,
        verdict => verdict,
    };
    let summary = |done: &str| if arguments.quiet { String::new() } else { told.summary(&report, done) };
    if arguments.diff {
        let words = told.left.clone() + &summary("would change");
        emit_to_stdout(|stdout| stdout.write_all(told.patch.as_bytes()))?;
        // A closed stream leaves nobody to tell.
        let _ = io::stderr().write_all(words.as_bytes());
    } else {
        let changed = if arguments.quiet { "" } else { &told.changed };
        let words = changed.to_owned() + &told.left + &summary("changed");
        emit_to_stdout(|stdout| stdout.write_all(words.as_bytes()))?;
    }
    Ok(verdict)
}

/// What there is to say of a run.
#[derive(Debug, Default)]
struct Told {
    /// A line a change.
    changed: String,
    /// A line a fault that was left, and what was in the way.
    left: String,
    /// All changes as a unified diff.
    patch: String,
    numbers: usize,
    suggestions: usize,
    /// Scores whose version was written.
    migrated: usize,
    /// Faults about which something could be suggested, and nobody has asked for it.
    waiting: usize,
    files: usize,
}

impl Told {
    fn summary(&self, report: &Report, done: &str) -> String {
        let levels = [(Level::Error, "error"), (Level::Warning, "warning"), (Level::Note, "note")];
        let levels = levels.map(|(level, word)| (report.count(level), word));
        let mut still: Vec<String> = levels
            .iter()
            .filter(|(number, _)| *number > 0)
            .map(|(number, word)| count(*number, word))
            .collect();
        if !report.obstacles.is_empty() {
            still.push(format!("{} in the way", count(report.obstacles.len(), "obstacle")));
        }
        let still = match still.as_slice() {
            [] => "nothing wrong is left".to_owned(),
            still => format!("left: {}; run `aivss-lint`", still.join(", ")),
        };
        let (numbers, files) = (count(self.numbers, "number"), count(self.files, "file"));
        let suggestions = match self.suggestions {
            0 => String::new(),
            some => format!(" and {}", count(some, "suggestion")),
        };
        let migrated = match self.migrated {
            0 => String::new(),
            some => format!("{} migrated, ", count(some, "score")),
        };
        let more = match self.waiting {
            0 => String::new(),
            some => format!("; `aivss-lint fix --unsafe` can do something about {some}"),
        };
        format!("{done}: {migrated}{numbers}{suggestions} in {files}; {still}{more}\n")
    }
}

impl Told {
    /// Adds what was changed in a file.
    fn add(&mut self, source: &Source, changes: &[Change]) {
        self.files += 1;
        for change in changes {
            match change.safety {
                _ if change.rule == version_outdated::RULE.name => {
                    self.migrated += usize::from(!change.after.contains(' '));
                }
                Safety::Safe => self.numbers += 1,
                Safety::Suggested => self.suggestions += usize::from(!change.after.is_empty()),
            }
        }
        self.changed.extend(changes.iter().map(|change| changed_line(source, change)));
    }
}

/// Mends the files of a report, in which then stands what is still wrong with them. Without a repository to write to,
/// the disk stays as it is.
fn mend_all(
    report: &mut Report,
    judge: LintContext<'_>,
    (safety, to): (Safety, Option<&'static Formula>),
    to_disk: Option<&Repository>,
) -> Told {
    let (mut told, mut reached) = (Told::default(), Reached::default());
    let mut obstacles = Vec::new();
    for file in report
        .files
        .iter_mut()
        .filter(|file| !file.is_policy && (to.is_some() || !file.diagnostics.is_empty()))
    {
        let name = file.name().to_owned();
        let obstacle = |message: &str| InputError::unreadable(&*name, message);
        let Some(source) = readable(file) else {
            obstacles.push(obstacle("it cannot be read as it should, so it is left as it is"));
            continue;
        };
        let Mended { text, changes } = mend(source.text(), safety, |text| {
            let mut problems = judged(file, text, judge);
            if let Some(to) = to {
                let now = Source::decode(source.name(), text.as_bytes().to_vec());
                problems.extend(outdated_scores(&now, to));
            }
            problems
        });
        if !changes.is_empty() {
            let patch = match to_disk {
                Some(repository) => write(&source, &text, repository).map(|()| String::new()),
                None => shown_patch(source.name(), source.text(), &text),
            };
            let patch = match patch {
                Ok(patch) => patch,
                Err(message) => {
                    obstacles.push(obstacle(&message));
                    continue;
                }
            };
            // By whatever name, a file is changed once.
            if !reached.has(file) {
                reached.add(file);
                told.add(&source, &changes);
                told.patch.push_str(&patch);
            }
            rejudge(file, text, judge);
        }
        if safety == Safety::Safe {
            told.waiting += file.diagnostics.iter().filter(|fault| is_suggesting(fault)).count();
        }
        let at = |offset| place(file.name(), file.excerpt.position(offset));
        told.left.extend(file.diagnostics.iter().filter_map(|fault| left_line(fault, at)));
    }
    report.obstacles.append(&mut obstacles);
    report.obstacles.sort();
    told.left.extend(report.obstacles.iter().map(obstacle_line));
    told
}

/// Whether a fault has edits that a person must look at.
fn is_suggesting(fault: &Diagnostic) -> bool {
    let is_suggested = fault.fix.as_ref().is_some_and(|fix| fix.safety == Safety::Suggested);
    is_suggested && fault.excepted.is_none()
}

fn changed_line(source: &Source, change: &Change) -> String {
    let Change { span, before, after, rule, title, safety } = change;
    let place = place(source.name(), source.position(span.start));
    let before = if before.is_empty() { "nothing".into() } else { escape_line(before) };
    let after = after.trim_start();
    match safety {
        // A migration is more than a value.
        Safety::Safe if after.contains(' ') => format!("{place}: {rule}: {title}\n"),
        Safety::Safe => format!("{place}: {rule}: {before} → {after}\n"),
        // What makes room for what is written elsewhere.
        Safety::Suggested if after.is_empty() => String::new(),
        // More than a word is told by its title.
        Safety::Suggested if after.contains(' ') => format!("{place}: {rule}: {title} (suggested)\n"),
        Safety::Suggested => format!("{place}: {rule}: {before} → {after} (suggested)\n"),
    }
}
