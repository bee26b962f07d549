//! `fix`: writes derived values into files, and with `--unsafe` also suggestions. The rules make the edits, [`crate::fix`]
//! applies them to texts, and this file reads, replaces and reports.
//!
//! A file that cannot be parsed is not changed, and the run ends with 2: its values are not known to be right.

use clap::Args;

use crate::cli::args::{PathArgs, PolicyArgs};
use crate::cli::gate::{CheckOptions, CheckRun, Keep, sound_policy};
use crate::cli::lint_files::lint_files;
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
use crate::source::Source;
use crate::workspace::discover::{NamedFiles, Repository};
use crate::workspace::file_tree::FileTree;

pub(crate) const EXAMPLES: &str = "\
Examples:
  aivss-lint fix                      fix every threat model below this folder
  aivss-lint fix --diff agents        show the changes as a patch
  aivss-lint fix --unsafe --diff      with suggestions: misspelled keys, names of factors in other
                                      versions, forms for blank layers

Derived values are written at their keys; an empty `score:` is enough. Inputs, values under an exception,
and keys with an extra word or digit are not changed. A form for a layer does not answer it: the check fails
until somebody does. Links are followed to their files within the repository.";

#[derive(Debug, Args)]
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
        keep: Keep::ProblemTexts,
        ..CheckOptions::new(&args.files.paths, args.policy.today())
    };
    let policy = sound_policy(args.policy.policy.as_deref(), tree)?;
    let context = LintContext { policy: &policy, today: options.today, load: &tree, before: None };
    let mut report = lint_files(CheckRun { options: &options, head: tree, policy: &policy }).report;
    let fixer = Fixer {
        context,
        safety: if args.suggestions { Safety::Suggested } else { Safety::Safe },
        repository: (!args.diff).then_some(repository),
    };
    let changes = fixer.fix_all(&mut report);
    let (changed, done) = if args.diff { ("", "would change") } else { (&*changes.changed, "changed") };
    let mut text = changes.left.clone();
    if !args.quiet {
        text = changed.to_owned() + &text + &changes.summary(&report, done);
    }
    if args.diff {
        print(&changes.patch)?;
        print_error(&text);
    } else {
        print(&text)?;
    }
    Ok(match report.verdict() {
        // A change that was not made is a problem.
        Verdict::Passed if args.diff && changes.files > 0 => Verdict::Failed,
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
    /// The number of problems with suggestions that were not asked for.
    waiting: usize,
    files: usize,
}

impl FixSummary {
    fn summary(&self, report: &Report, done: &str) -> String {
        let mut left = Vec::new();
        for (level, word) in [(Level::Error, "error"), (Level::Warning, "warning"), (Level::Note, "note")] {
            let number = report.count(level);
            if number > 0 {
                left.push(count(number, word));
            }
        }
        if !report.obstacles.is_empty() {
            left.push(format!("{} not read or written", count(report.obstacles.len(), "input")));
        }
        let mut line = format!("{done}: {}", count(self.numbers, "number"));
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
    /// The repository to write to; `None` for a patch.
    repository: Option<&'f Repository>,
}

impl Fixer<'_> {
    /// Fixes the files of a report, which then contains the problems that are left.
    fn fix_all(&self, report: &mut Report) -> FixSummary {
        let (mut summary, mut reached) = (FixSummary::default(), Reached::default());
        for file in report.files.iter_mut().filter(|file| !file.is_policy && !file.diagnostics.is_empty()) {
            if let Err(cause) = self.fix_file(file, &mut reached, &mut summary) {
                report.obstacles.push(InputError::unreadable(file.name(), cause));
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
        report.obstacles.sort();
        summary.left.extend(report.obstacles.iter().map(error_line));
        summary
    }

    fn fix_file(
        &self,
        file: &mut FileReport,
        reached: &mut Reached,
        summary: &mut FixSummary,
    ) -> Result<(), String> {
        let source = readable(file).ok_or("cannot be parsed, so it was not changed")?;
        let FixOutcome { text, changes } =
            apply_fixes(source.text(), self.safety, |text| lint_text(file, text, self.context));
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
        Safety::Safe => format!("{place}: {rule}: {before} → {after}\n"),
        // Removed to make room for text that is written elsewhere.
        Safety::Suggested if after.is_empty() => String::new(),
        // The title summarizes more than a word.
        Safety::Suggested if after.contains(' ') => format!("{place}: {rule}: {title} (suggested)\n"),
        Safety::Suggested => format!("{place}: {rule}: {before} → {after} (suggested)\n"),
    }
}
