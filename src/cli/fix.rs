//! `fix`: writes derived values into files, and with `--unsafe` also suggestions. The rules make the edits, [`crate::fix`]
//! applies them to texts, and this file reads, replaces and reports. A link is followed to its file, which must be in the
//! repository.
//!
//! A file that cannot be parsed is not changed, and the run ends with 2: its values are not known to be right.

use std::collections::HashSet;
use std::fs;
use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;

use crate::aivss::{Formula, v0_8};
use crate::cli::common::{
    Choice, CliError, PathArgs, PolicyArgs, error_look, look, one_of, print, print_error, print_messages,
    progress, refuse_stdin,
};
use crate::cli::lint_files::lint_files;
use crate::cli::run::{CheckOptions, CheckRun, Keep, sound_policy};
use crate::workspace::parallel::Progress;

use crate::diagnostic::{Diagnostic, Level, Safety};
use crate::diff;
use crate::fix::{FixOutcome, FixedPart, apply_fixes, is_unreadable};
use crate::input_error::{InputError, LINK_OUT};
use crate::lint::{LintContext, lint};
use crate::output::text::place;
use crate::output::{Look, Tone, begin_line, escape_line, levels_in_words, painted};
use crate::report::{FileReport, Report, Verdict, count};
use crate::rules::version_outdated::{self, outdated_scores};
use crate::rules::{
    cvss_base_mismatch, factor_sum_mismatch, score_mismatch, severity_mismatch, uplift_mismatch,
};
use crate::source::Source;
use crate::workspace::FileTree;
use crate::workspace::candidate::NamedFiles;
use crate::workspace::files::{link_out, read, replace};
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

static VERSIONS: [Choice<&Formula>; 2] = [
    ("0.8", "The current public release", &v0_8::FORMULA),
    ("0.8-floor", "The amendment proposed for v1, never below the CVSS base", &v0_8::FLOOR),
];

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
    #[arg(long, value_name = "VERSION", value_parser = one_of(&VERSIONS))]
    to: Option<&'static Formula>,
    /// Of the named files, fix only those that the policy's patterns match (for hooks)
    #[arg(long)]
    pub(crate) only_matching: bool,
    /// Print only problems that were not fixed
    #[arg(short, long)]
    quiet: bool,
}

pub(crate) fn migrate(args: &FixArgs, repository: &Repository) -> Result<Verdict, CliError> {
    let to = args.to.unwrap_or(&v0_8::FORMULA);
    print_error(&format!("note: `migrate` is now `aivss-lint fix --to {}`\n", to.version));
    fix_to(args, Some(to), repository)
}

pub(crate) fn run(args: &FixArgs, repository: &Repository) -> Result<Verdict, CliError> {
    fix_to(args, args.to, repository)
}

/// Fixes files, and migrates older scores to a version.
fn fix_to(
    args: &FixArgs,
    to: Option<&'static Formula>,
    repository: &Repository,
) -> Result<Verdict, CliError> {
    refuse_stdin(&args.files.paths, "fixed")?;
    let tree = FileTree::WorkTree(repository);
    let options = CheckOptions {
        named: if args.only_matching { NamedFiles::Filtered } else { NamedFiles::Checked },
        progress: if args.quiet { Progress::Hidden } else { progress() },
        // A file without problems can have outdated scores.
        keep: if to.is_some() { Keep::Texts } else { Keep::ProblemTexts },
        ..CheckOptions::new(&args.files.paths, args.policy.today())
    };
    let policy = sound_policy(args.policy.policy.as_deref(), tree)?;
    let context = LintContext { policy: &policy, today: options.today, load: &tree, before: None };
    let mut report =
        lint_files(CheckRun { options: &options, head: tree, policy: &policy, rows: None }).report;
    let fixer = Fixer {
        context,
        safety: if args.suggestions { Safety::Suggested } else { Safety::Safe },
        to,
        repository: (!args.diff).then_some(repository),
        look: if args.diff { error_look() } else { look() },
    };
    let summary = fixer.fix_all(&mut report);
    let text = if args.quiet {
        &summary.left
    } else {
        let changed = if args.diff { "" } else { &*summary.changed };
        &(changed.to_owned() + &summary.left + &summary.in_words(&report, args.diff))
    };
    print_changes(text, args.diff.then_some(&summary.patch))?;
    Ok(match report.verdict() {
        // A change that was not made is a problem.
        Verdict::Passed if args.diff && summary.files > 0 => Verdict::Failed,
        verdict => verdict,
    })
}

#[derive(Debug, Default)]
struct FixSummary {
    changed: String,
    /// A line per problem that was not fixed, and per input error.
    left: String,
    patch: String,
    numbers: usize,
    suggestions: usize,
    /// Scores whose version was written.
    migrated: usize,
    /// The number of problems with suggestions that were not asked for.
    waiting: usize,
    files: usize,
    /// The files that were changed, under any name.
    reached: HashSet<PathBuf>,
}

impl FixSummary {
    fn in_words(&self, report: &Report, is_diff: bool) -> String {
        let mut parts = Vec::new();
        for (number, will, done, thing) in [
            (self.migrated, "migrate", "migrated", "score"),
            (self.numbers, "fix", "fixed", "value"),
            (self.suggestions, "apply", "applied", "suggestion"),
        ] {
            let verb = if is_diff { will } else { done };
            parts.extend((number > 0).then(|| format!("{verb} {}", count(number, thing))));
        }
        let parts = if is_diff { format!("would {}", parts.join(" and ")) } else { parts.join(" and ") };
        let mut line = match parts.get(..1) {
            Some(first) if self.files > 0 => {
                format!("{}{} in {}.", first.to_uppercase(), &parts[1..], count(self.files, "file"))
            }
            _ => "Nothing to fix.".to_owned(),
        };
        if is_diff && self.files > 0 {
            line += " Run without --diff to apply.";
        }
        let mut left = levels_in_words(
            report.diagnostics().filter(|(_, one)| report.counts(one)).map(|(_, one)| one.level),
        );
        if !report.input_errors.is_empty() {
            left.push(format!("{} not read or written", count(report.input_errors.len(), "input")));
        }
        line += &match left.as_slice() {
            [] => " No problems left.".to_owned(),
            left => format!(" Left: {}; run `aivss-lint`.", left.join(", ")),
        };
        if self.waiting > 0 {
            line += &format!(" `aivss-lint fix --unsafe` has suggestions for {}.", self.waiting);
        }
        line + "\n"
    }

    fn add(&mut self, source: &Source, changes: &[FixedPart], patch: &str, look: Look) {
        self.files += 1;
        self.patch += patch;
        for change in changes {
            match change.safety {
                _ if change.rule == version_outdated::RULE.name => {
                    self.migrated += usize::from(!change.after.contains(' '));
                }
                Safety::Safe => self.numbers += 1,
                Safety::Suggested | Safety::Question => {
                    self.suggestions += usize::from(!change.after.is_empty());
                }
            }
            self.changed += &changed_line(source, change, look);
        }
    }
}

struct Fixer<'f> {
    context: LintContext<'f>,
    safety: Safety,
    to: Option<&'static Formula>,
    /// The repository to write to; `None` for a patch.
    repository: Option<&'f Repository>,
    /// The appearance of the lines about changes.
    look: Look,
}

impl Fixer<'_> {
    /// Fixes the files of a report, which then contains the problems that are left.
    fn fix_all(&self, report: &mut Report) -> FixSummary {
        let mut summary = FixSummary::default();
        for file in report.files.iter_mut().filter(|file| !file.is_policy()) {
            if self.to.is_none() && file.diagnostics.is_empty() {
                continue;
            }
            if let Err(cause) = self.fix_file(file, &mut summary) {
                report.input_errors.push(InputError::unreadable(file.name(), cause));
                continue;
            }
            if self.safety == Safety::Safe {
                let open = file.diagnostics.iter().filter(|problem| problem.excepted.is_none());
                let fixes = open.filter_map(|problem| problem.fix.as_ref());
                summary.waiting += fixes.filter(|fix| fix.safety == Safety::Suggested).count();
            }
            for problem in &file.diagnostics {
                let place = place(file.name(), file.position(problem.span.start), self.look);
                summary.left.extend(left_line(problem, &place));
            }
        }
        report.input_errors.sort();
        summary.left.extend(report.input_errors.iter().map(error_line));
        summary
    }

    fn fix_file(&self, file: &mut FileReport, summary: &mut FixSummary) -> Result<(), String> {
        let source = readable(file)?;
        let outdated = |text: &str| {
            let source = Source::decode(source.name(), text.as_bytes().to_vec());
            self.to.map_or_else(Vec::new, |to| outdated_scores(&source, to))
        };
        let FixOutcome { text, changes } = apply_fixes(source.text(), self.safety, |text| {
            let mut problems = lint_text(file, text, self.context);
            problems.extend(outdated(text));
            problems
        });
        let blocked = outdated(&text);
        if changes.is_empty() && blocked.is_empty() {
            return Ok(());
        }
        if !changes.is_empty() {
            let patch = change(&source, &text, self.repository)?;
            // A file with several names is changed once.
            if real_path(file).is_none_or(|path| summary.reached.insert(path)) {
                summary.add(&source, &changes, &patch, self.look);
            }
        }
        let source = Source::decode(file.name(), text.into_bytes());
        let mut linted = lint(&source, &file.path, self.context);
        linted.diagnostics.retain(|problem| {
            let place = (&problem.rule, problem.model, problem.owner);
            !blocked.iter().any(|blocked| (&blocked.rule, blocked.model, blocked.owner) == place)
        });
        linted.diagnostics.extend(blocked);
        *file = FileReport::new(Arc::new(source), file.path.clone(), linted.models, linted.diagnostics);
        Ok(())
    }
}

fn changed_line(source: &Source, change: &FixedPart, look: Look) -> String {
    let FixedPart { span, before, after, rule, title, safety } = change;
    let place = place(source.name(), source.position(span.start), look);
    let before = if before.is_empty() { "nothing".into() } else { escape_line(before) };
    let after = after.trim_start();
    let suggested = match safety {
        Safety::Safe => "",
        // Removed to make room for text that is written elsewhere.
        Safety::Suggested | Safety::Question if after.is_empty() => return String::new(),
        Safety::Suggested | Safety::Question => " (suggested)",
    };
    // The title summarizes more than a word.
    let change = if after.contains(' ') {
        title.clone()
    } else {
        format!("{before} → {}", painted(after, Tone::Good, look))
    };
    format!("{place}: {rule}: {change}{suggested}\n")
}

fn lint_text(file: &FileReport, text: &str, context: LintContext<'_>) -> Vec<Diagnostic> {
    let source = Source::decode(file.name(), text.as_bytes().to_vec());
    lint(&source, &file.path, context).diagnostics
}

/// The text of a file, if it was kept and could be parsed.
fn readable(file: &FileReport) -> Result<Arc<Source>, String> {
    match &file.source {
        Some(source) if source.undecodable().is_none() && !file.diagnostics.iter().any(is_unreadable) => {
            Ok(Arc::clone(source))
        }
        _ => Err("cannot be parsed, so it was not changed".to_owned()),
    }
}

/// Writes a new text to its file, or returns the patch if there is no repository to write to.
pub(crate) fn change(source: &Source, text: &str, disk: Option<&Repository>) -> Result<String, String> {
    match disk {
        Some(repository) => write(source, text, repository).map(|()| String::new()),
        None => shown_patch(source.name(), source.text(), text),
    }
}

/// Writes a new text to the file of an old one, unless the file has changed since it was read.
fn write(source: &Source, text: &str, repository: &Repository) -> Result<(), String> {
    let shown = Path::new(source.name());
    let path = target(shown, repository)?;
    let now = read(&path)?;
    if now == text.as_bytes() {
        return Ok(()); // Written under another name before.
    }
    if now != source.text().as_bytes() {
        return Err("has changed since it was read, so it was not changed".to_owned());
    }
    #[expect(clippy::disallowed_methods, reason = "the new file keeps the permissions of the old one")]
    let permissions = fs::metadata(&path).map_err(|error| error.to_string())?.permissions();
    if permissions.readonly() {
        return Err("is read-only, so it was not changed".to_owned());
    }
    replace(&path, text.as_bytes()).map_err(|error| format!("cannot be written: {error}"))
}

/// The file to write to: the target of links, if it is in the repository.
fn target(path: &Path, repository: &Repository) -> Result<PathBuf, String> {
    if link_out(path, Some(repository.root())).is_some() {
        return Err(format!("{LINK_OUT}, so it was not read; name the file itself"));
    }
    // A rename would replace the link.
    path.canonicalize().map_err(|error| match path.to_str() {
        // Reports contain names as text.
        Some(name) if !name.contains(char::REPLACEMENT_CHARACTER) => error.to_string(),
        _ => "its name is not UTF-8, so it was not changed: rename the file".to_owned(),
    })
}

/// The path of a file that all its links share.
fn real_path(file: &FileReport) -> Option<PathBuf> {
    Path::new(file.name()).canonicalize().ok()
}

/// Prints the lines about changes: to standard error after the patch, if there is one.
pub(crate) fn print_changes(lines: &str, patch: Option<&String>) -> Result<(), CliError> {
    let Some(patch) = patch else { return Ok(print_messages(lines)?) };
    let look = look();
    print(&if look.color { in_color(patch, look) } else { patch.clone() })?;
    print_error(lines);
    Ok(())
}

/// A patch with its added and removed lines in color.
fn in_color(patch: &str, look: Look) -> String {
    let lines = patch.split_inclusive('\n').map(|line| {
        let (text, end) = line.split_at(line.trim_end_matches(['\r', '\n']).len());
        let tone = match text.get(..1) {
            _ if text.starts_with("--- ") || text.starts_with("+++ ") => Tone::Strong,
            Some("@") => Tone::Action,
            Some("+") => Tone::Good,
            Some("-") => Tone::Bad,
            _ => Tone::Plain,
        };
        painted(text, tone, look) + end
    });
    lines.collect()
}

fn error_line(error: &InputError) -> String {
    format!("{}: {}\n", begin_line(error.path()), escape_line(&error.to_string()))
}

/// The line about a derived value that is wrong and cannot be fixed in its place.
fn left_line(problem: &Diagnostic, place: &str) -> Option<String> {
    if problem.rule == version_outdated::RULE.name && problem.level == Level::Error {
        return Some(format!("{place}: {}: {}\n", problem.rule, escape_line(&problem.message)));
    }
    let rules = [
        &score_mismatch::RULE,
        &severity_mismatch::RULE,
        &factor_sum_mismatch::RULE,
        &uplift_mismatch::RULE,
        &cvss_base_mismatch::RULE,
    ];
    let is_derived = rules.iter().any(|rule| rule.name == problem.rule);
    let is_left = is_derived && problem.fix.is_none() && problem.excepted.is_none();
    let reason = "the value is an alias, has a tag or an anchor, or uses escapes";
    is_left.then(|| format!("{place}: {}: not fixed: {reason}\n", problem.rule))
}

/// The patch of a file, safe to print. On a terminal, control characters are escaped. Elsewhere the patch can be applied.
///
/// # Errors
/// A line of the patch would be a command to a CI service that keeps the log.
fn shown_patch(name: &str, before: &str, after: &str) -> Result<String, String> {
    let patch = diff::unified(name, before, after);
    if io::stdout().is_terminal() {
        return Ok(patch.lines().map(|line| escape_line(line).replace("\\t", "\t") + "\n").collect());
    }
    if diff::log_command(&patch).is_none() {
        return Ok(patch);
    }
    let message = "a line next to the change is a command to CI services, which would obey a printed patch: \
                   run this command without --diff";
    Err(message.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(clippy::disallowed_methods, reason = "the test reads the file afterwards")]
    fn write_to_a_file_that_has_changed_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("threat-model.yaml");
        let source = Source::decode(path.to_str().unwrap(), b"a: 1\n".to_vec());
        let repository = Repository::around(folder.path().to_owned());
        for (on_disk, written) in [("a: 1\n", true), ("a: 2\n", true), ("a: 3\n", false)] {
            fs::write(&path, on_disk).unwrap();
            assert_eq!(write(&source, "a: 2\n", &repository).is_ok(), written, "{on_disk}");
            let now = fs::read_to_string(&path).unwrap();
            assert_eq!(now, if written { "a: 2\n" } else { on_disk });
        }
        fs::remove_file(&path).unwrap();
        assert!(write(&source, "a: 2\n", &repository).is_err());
    }
}
