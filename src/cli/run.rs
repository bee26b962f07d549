//! One run of the check: the policy in force, the files, the base if there is one, and the finished report.

use std::path::{Path, PathBuf};

use crate::cli::base::{Base, compare};
use crate::cli::common::CliError;
use crate::cli::lint_files::lint_files;
use crate::cli::policy_review::{add_broken, add_misplaced, review};
use crate::cli::rows::{RowSink, RowWriter};
use crate::date::Date;
use crate::diagnostic::Level;
use crate::digest;
use crate::input_error::PolicyRole;
use crate::output::rows::RowContext;
use crate::policy::{Broken, BuiltIn, Policy};
use crate::rego::CompiledPolicy;
use crate::report::{Gate, Provenance, Report};
use crate::workspace::FileTree;
use crate::workspace::candidate::{FileSearch, NamedFiles};
use crate::workspace::git::files::Commit;
use crate::workspace::parallel::Progress;
use crate::workspace::policies::find_policy;
use crate::workspace::repository::Repository;

#[derive(Clone, Copy, Debug)]
pub(crate) struct CheckOptions<'a> {
    /// Files and folders; `-` is standard input.
    pub(crate) paths: &'a [PathBuf],
    pub(crate) named: NamedFiles,
    /// The content of standard input if it is among the paths, or the reason why it cannot be read. It can be read once.
    pub(crate) stdin: Option<&'a Result<Vec<u8>, String>>,
    pub(crate) stdin_filename: &'a str,
    /// A policy file or the name of a built-in policy.
    pub(crate) policy: Option<&'a Path>,
    /// The commit that contains the policy, if it is not that of the checked files.
    pub(crate) policy_from: Option<&'a Commit>,
    pub(crate) base: Option<&'a Commit>,
    pub(crate) today: Date,
    pub(crate) gate: Gate,
    pub(crate) expiring_within: Option<i32>,
    /// The number of threads; 0 is one per core.
    pub(crate) threads: usize,
    pub(crate) progress: Progress,
    pub(crate) keep: Keep,
    /// Whether an output shows digests of files and of the policy.
    pub(crate) has_digests: bool,
    /// The origin of the files, if an output shows it.
    pub(crate) provenance: Option<&'a Provenance>,
    /// The outputs that take rows during a run without a base.
    pub(crate) row_sinks: &'a [RowSink],
    /// Whether files whose names only hint at threat models are recognized, also if there are threat models.
    pub(crate) lists_others: bool,
}

impl<'a> CheckOptions<'a> {
    pub(crate) const fn new(paths: &'a [PathBuf], today: Date) -> Self {
        Self {
            paths,
            named: NamedFiles::Checked,
            stdin: None,
            stdin_filename: "stdin.yaml",
            policy: None,
            policy_from: None,
            base: None,
            today,
            gate: Gate::ERRORS,
            expiring_within: None,
            threads: 0,
            progress: Progress::Hidden,
            keep: Keep::Models,
            has_digests: false,
            provenance: None,
            row_sinks: &[],
            lists_others: false,
        }
    }

    pub(crate) const fn search<'s>(&self, paths: &'s [PathBuf], policy: &'s Policy) -> FileSearch<'s> {
        FileSearch { paths, policy, named: self.named, threads: self.threads }
    }
}

#[derive(Clone, Copy)]
pub(crate) struct CheckRun<'r> {
    pub(crate) options: &'r CheckOptions<'r>,
    pub(crate) head: FileTree<'r>,
    pub(crate) policy: &'r CompiledPolicy,
    pub(crate) rows: Option<&'r RowWriter<'r>>,
}

/// The data that a report keeps about files, of which there may be very many.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Keep {
    /// Counts and the highest score.
    Counts,
    /// Problems with the lines that they quote; of other files counts and the highest score.
    Problems,
    /// All files with their models, to be listed or compared.
    Models,
    /// The same, and the texts of files with problems.
    ProblemTexts,
    /// All files with their texts.
    Texts,
}

pub(crate) const fn file_tree<'w>(repository: &'w Repository, commit: Option<&'w Commit>) -> FileTree<'w> {
    match commit {
        Some(commit) => FileTree::Commit(repository, commit),
        None => FileTree::WorkTree(repository),
    }
}

/// The policy of a file tree, for a command that does not report errors of policies.
pub(crate) fn sound_policy(given: Option<&Path>, tree: FileTree<'_>) -> Result<CompiledPolicy, CliError> {
    let found = find_policy(given, tree)?.map(|(policy, _)| policy);
    found.map_err(|(name, _)| format!("cannot use policy {name}: it has errors: run `aivss-lint`").into())
}

pub(crate) fn broken_report(
    policy: String,
    broken: Vec<Broken>,
    repository: &Repository,
    today: Date,
    fail_on: Level,
) -> Report {
    let mut report = Report::new(today, fail_on);
    report.policy = policy;
    add_broken(&mut report, broken, repository, PolicyRole::InForce);
    report.name_from_root(|path| repository.matched(path));
    report
}

pub(crate) fn check_tree(options: &CheckOptions<'_>, head: FileTree<'_>) -> Result<Report, CliError> {
    check_tree_with(options, head, |_| Ok(Vec::new()))
}

/// Checks the files of a tree against the policy in force, after `adjust` changed it; that returns the options that lower
/// the level of a rule.
pub(crate) fn check_tree_with(
    options: &CheckOptions<'_>,
    head: FileTree<'_>,
    adjust: impl FnOnce(&mut Policy) -> Result<Vec<String>, CliError>,
) -> Result<Report, CliError> {
    let repository = head.repository();
    let policy_tree = options.policy_from.map_or(head, |commit| FileTree::Commit(repository, commit));
    let (mut policy, name) = match find_policy(options.policy, policy_tree)? {
        Ok(found) => found,
        Err((name, broken)) => {
            return Ok(broken_report(name, broken, repository, options.today, options.gate.fail_on));
        }
    };
    let attributes = policy.facts();
    let lowered = adjust(&mut policy)?;
    let own = options.policy_from.map(|_| find_policy(options.policy, head)).transpose()?;
    let base = options.base.map(|commit| Base::new(options, repository, commit));
    let policy_digest = options.has_digests.then(|| match BuiltIn::named(&name) {
        Some(built_in) => digest::of_bytes(built_in.source().text().as_bytes()),
        None => policy.digest(),
    });
    let provenance = options.provenance.cloned().unwrap_or_default();
    let is_built_in = BuiltIn::named(&name).is_some();
    let policy_path = if is_built_in { name.clone() } else { repository.matched(Path::new(&name)) };
    let context =
        RowContext::new(&policy_path, policy_digest.as_deref(), &provenance, options.today, options.gate);
    let rows = RowWriter { context, sinks: options.row_sinks };
    // With a base, the rows are those of the finished report: its comparison decides the verdicts.
    let rows = Some(&rows).filter(|_| base.is_none() && !options.row_sinks.is_empty());
    let run = CheckRun { options, head, policy: &policy, rows };
    let (mut result, used_by_base) = match &base {
        Some(base) => compare(run, base)?,
        None => (lint_files(run), None),
    };
    result.report.policy = name;
    result.report.lowered = lowered;
    remark_unchecked(run, base.as_ref(), &mut result.report);
    add_misplaced(run, &mut result);
    review(run, own, &attributes, base.as_ref(), &mut result, used_by_base);
    let mut report = result.report;
    report.input_errors.sort();
    report.input_errors.dedup();
    (report.policy_digest, report.provenance) = (policy_digest, provenance);
    report.in_force = Some(policy.into_policy());
    report.name_from_root(|path| repository.matched(path));
    Ok(report)
}

fn remark_unchecked(run: CheckRun<'_>, base: Option<&Base<'_>>, report: &mut Report) {
    let CheckRun { options, policy, .. } = run;
    if options.gate.new_only && base.is_some_and(|base| base.policy.is_none()) {
        report
            .remarks
            .push("the base has no policy that can be read, so every problem counts as new".to_owned());
    }
    if let Some(base) = options.base.filter(|base| base.is_unrelated) {
        let revision = &base.revision;
        report.remarks.push(format!(
            "{revision} has no commit in common with the checked files, so every problem counts as new"
        ));
    }
    if let (None, Some(origin)) = (options.base, policy.compares()) {
        let text = &origin.text;
        report.remarks.push(format!("not checked: {origin} ({text}), which needs a base revision (--base)"));
    }
}
