//! `fix`: writes derived values into files, and with `--unsafe` also suggestions. The rules make the edits, [`crate::fix`]
//! applies them to texts, and this file reads, replaces and reports.
//!
//! A file that cannot be parsed is not changed, and the run ends with 2: its values are not known to be right.

use clap::Args;

use crate::aivss::Formula;
use crate::cli::args::{PathArgs, PolicyArgs};
use crate::cli::gate::{CheckOptions, CheckRun, Keep, sound_policy};
use crate::cli::lint_files::lint_files;
use crate::cli::migrate::Version;
use crate::cli::parallel::Progress;
use crate::cli::rewrite::{
    Reached, error_line, left_line, lint_text, place, readable, relint, shown_patch, write,
};
use crate::cli::streams::{CliError, print, print_error, refuse_stdin};
use crate::diagnostic::{Diagnostic, Level, Safety};
use crate::fix::{FixOutcome, FixedPart, apply_fixes};
use crate::input_error::InputError;
use crate::lint::LintContext;
use crate::output::escape_line;
use crate::report::{FileReport, Report, Verdict, count};
use crate::rules::version_outdated::{self, outdated_scores};
use crate::source::Source;
use crate::workspace::candidate::NamedFiles;
use crate::workspace::file_tree::FileTree;
use crate::workspace::repository::Repository;

pub(crate) const EXAMPLES: &str = "\
Examples:
  aivss-lint fix                      fix every threat model below this folder
  aivss-lint fix --diff agents        show the changes as a patch
  aivss-lint fix --to 0.8             migrate scores by an older version of AIVSS
  aivss-lint fix --unsafe --diff      with suggestions: misspelled keys, names of factors in other
                                      versions, forms for blank layers

Derived values are written at their keys; an empty `score:` is enough. Inputs, values under an exception,
and keys with an extra word or digit are not changed. A form for a layer does not answer it: the check fails
until somebody does. Links are followed to their files within the repository.";

#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub(crate) struct FixArgs {
    #[command(flatten)]
    pub(crate) files: PathArgs,

    #[command(flatten)]
    policy: PolicyArgs,

    /// Print the changes as a unified diff, and write nothing
    #[arg(long)]
    diff: bool,

    /// Also apply suggestions (keys, forms for blank layers), which need review
    #[arg(long = "unsafe")]
    suggestions: bool,

    /// Migrate scores by an older version of AIVSS
    #[arg(long, value_name = "VERSION")]
    to: Option<Version>,

    /// Of the named files, fix only those that the policy's patterns match (for hooks)
    #[arg(long)]
    only_matching: bool,

    /// Print only problems that were not fixed
    #[arg(short, long)]
    quiet: bool,
}

pub(crate) fn run(args: &FixArgs, repository: &Repository) -> Result<Verdict, CliError> {
    refuse_stdin(&args.files.paths, "fixed")?;
    let tree = FileTree::WorkTree(repository);
    let options = CheckOptions {
        named: if args.only_matching { NamedFiles::Filtered } else { NamedFiles::Checked },
        progress: if args.quiet { Progress::Hidden } else { Progress::for_people() },
        // A file without problems can have outdated scores.
        keep: if args.to.is_some() { Keep::Texts } else { Keep::ProblemTexts },
        ..CheckOptions::new(&args.files.paths, args.policy.today())
    };
    let policy = sound_policy(args.policy.policy.as_deref(), tree)?;
    let context = LintContext { policy: &policy, today: options.today, load: &tree, before: None };
    let mut report = lint_files(CheckRun { options: &options, head: tree, policy: &policy }).report;
    let fixer = Fixer {
        context,
        safety: if args.suggestions { Safety::Suggested } else { Safety::Safe },
        to: args.to.map(Version::formula).transpose()?,
        repository: (!args.diff).then_some(repository),
    };
    let summary = fixer.fix_all(&mut report);
    let (lines, done) = if args.diff { ("", "would change") } else { (&*summary.changed, "changed") };
    let mut text = summary.left.clone();
    if !args.quiet {
        text = lines.to_owned() + &text + &summary.in_words(&report, done);
    }
    if args.diff {
        print(&summary.patch)?;
        print_error(&text);
    } else {
        print(&text)?;
    }
    Ok(match report.verdict() {
        // A change that was not made is a problem.
        Verdict::Passed if args.diff && summary.files > 0 => Verdict::Failed,
        verdict => verdict,
    })
}

/// The changes of a run.
#[derive(Debug, Default)]
struct FixSummary {
    /// A line per change.
    changed: String,
    /// A line per problem that was not fixed, and per input error.
    left: String,
    /// All changes as a unified diff.
    patch: String,
    numbers: usize,
    suggestions: usize,
    /// Scores whose version was written.
    migrated: usize,
    /// The number of problems with suggestions that were not asked for.
    waiting: usize,
    files: usize,
}

impl FixSummary {
    fn in_words(&self, report: &Report, done: &str) -> String {
        let mut left = Vec::new();
        for (level, word) in [(Level::Error, "error"), (Level::Warning, "warning"), (Level::Note, "note")] {
            let number = report.count(level);
            if number > 0 {
                left.push(count(number, word));
            }
        }
        if !report.input_errors.is_empty() {
            left.push(format!("{} not read or written", count(report.input_errors.len(), "input")));
        }
        let mut line = format!("{done}: ");
        if self.migrated > 0 {
            line += &format!("{} migrated, ", count(self.migrated, "score"));
        }
        line += &count(self.numbers, "number");
        if self.suggestions > 0 {
            line += &format!(" and {}", count(self.suggestions, "suggestion"));
        }
        line += &format!(" in {}; ", count(self.files, "file"));
        if left.is_empty() {
            line += "no problems left";
        } else {
            line += &format!("left: {}; run `aivss-lint`", left.join(", "));
        }
        if self.waiting > 0 {
            line += &format!("; `aivss-lint fix --unsafe` has suggestions for {}", self.waiting);
        }
        line + "\n"
    }

    /// Adds the changes of a file.
    fn add(&mut self, source: &Source, changes: &[FixedPart], patch: &str) {
        self.files += 1;
        self.patch += patch;
        for change in changes {
            match change.safety {
                _ if change.rule == version_outdated::RULE.name => {
                    self.migrated += usize::from(!change.after.contains(' '));
                }
                Safety::Safe => self.numbers += 1,
                Safety::Suggested => self.suggestions += usize::from(!change.after.is_empty()),
            }
            self.changed += &changed_line(source, change);
        }
    }
}

/// The way files are fixed.
struct Fixer<'f> {
    context: LintContext<'f>,
    safety: Safety,
    /// The version to migrate to.
    to: Option<&'static Formula>,
    /// The repository to write to; `None` for a patch.
    repository: Option<&'f Repository>,
}

impl Fixer<'_> {
    /// Fixes the files of a report, which then contains the problems that are left.
    fn fix_all(&self, report: &mut Report) -> FixSummary {
        let (mut summary, mut reached) = (FixSummary::default(), Reached::default());
        for file in report.files.iter_mut().filter(|file| !file.is_policy) {
            if self.to.is_none() && file.diagnostics.is_empty() {
                continue;
            }
            if let Err(cause) = self.fix_file(file, &mut reached, &mut summary) {
                report.input_errors.push(InputError::unreadable(file.name(), cause));
                continue;
            }
            if self.safety == Safety::Safe {
                summary.waiting += file.diagnostics.iter().filter(|problem| has_suggestion(problem)).count();
            }
            for problem in &file.diagnostics {
                let at = |offset| place(file.name(), file.position(offset));
                summary.left.extend(left_line(problem, at));
            }
        }
        report.input_errors.sort();
        summary.left.extend(report.input_errors.iter().map(error_line));
        summary
    }

    fn fix_file(
        &self,
        file: &mut FileReport,
        reached: &mut Reached,
        summary: &mut FixSummary,
    ) -> Result<(), String> {
        let source = readable(file).ok_or("cannot be parsed, so it was not changed")?;
        let FixOutcome { text, changes } = apply_fixes(source.text(), self.safety, |text| {
            let mut problems = lint_text(file, text, self.context);
            if let Some(to) = self.to {
                let now = Source::decode(source.name(), text.as_bytes().to_vec());
                problems.extend(outdated_scores(&now, to));
            }
            problems
        });
        if changes.is_empty() {
            return Ok(());
        }
        let patch = match self.repository {
            Some(repository) => write(&source, &text, repository).map(|()| String::new())?,
            None => shown_patch(source.name(), source.text(), &text)?,
        };
        // A file with several names is changed once.
        if !reached.has(file) {
            reached.add(file);
            summary.add(&source, &changes, &patch);
        }
        relint(file, text, self.context);
        Ok(())
    }
}

/// Whether a problem has edits that a person must review.
fn has_suggestion(problem: &Diagnostic) -> bool {
    let is_suggested = problem.fix.as_ref().is_some_and(|fix| fix.safety == Safety::Suggested);
    is_suggested && problem.excepted.is_none()
}

fn changed_line(source: &Source, change: &FixedPart) -> String {
    let FixedPart { span, before, after, rule, title, safety } = change;
    let place = place(source.name(), source.position(span.start));
    let before = if before.is_empty() { "nothing".into() } else { escape_line(before) };
    let after = after.trim_start();
    match safety {
        // A migration is more than a value.
        Safety::Safe if after.contains(' ') => format!("{place}: {rule}: {title}\n"),
        Safety::Safe => format!("{place}: {rule}: {before} → {after}\n"),
        // Removed to make room for text that is written elsewhere.
        Safety::Suggested if after.is_empty() => String::new(),
        // The title summarizes more than a word.
        Safety::Suggested if after.contains(' ') => format!("{place}: {rule}: {title} (suggested)\n"),
        Safety::Suggested => format!("{place}: {rule}: {before} → {after} (suggested)\n"),
    }
}
