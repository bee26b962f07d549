//! The policies of a run: problems of the policy in force, of the change's own policy, and of policies in wrong places.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::cli::base::{Base, Compared};
use crate::cli::gate::{CheckOptions, CheckRun, FoundPolicy};
use crate::cli::lint_files::{RunResult, lint_files};
use crate::compare;
use crate::diagnostic::{Diagnostic, Owner};
use crate::input_error::{InputError, PolicyRole};
use crate::policy::Attribute;
use crate::policy::{Broken, BuiltIn, FileLoader, Policy, PolicyUsage};
use crate::policy_audit::AuditedRun;
use crate::rego::CompiledPolicy;
use crate::report::{FileReport, Report, Verdict};
use crate::rules::audit::POLICY_INEFFECTIVE;
use crate::source::{Source, Span};
use crate::syntax::POLICY_MARKER;
use crate::workspace::repository::Repository;

pub(crate) fn add_broken(
    report: &mut Report,
    broken: Vec<Broken>,
    repository: &Repository,
    role: PolicyRole,
) {
    for Broken { source, diagnostics } in broken {
        let path = repository.matched(Path::new(source.name()));
        report.input_errors.push(InputError::BrokenPolicy { path: source.name().to_owned(), role });
        report.files.push(FileReport::of_policy(source, path, diagnostics));
    }
}

/// Adds a warning for each policy in a place where policies are not read.
pub(crate) fn add_misplaced(run: CheckRun<'_>, result: &mut RunResult) {
    let CheckRun { options, head, policy } = run;
    let (repository, rule) = (run.repository(), &POLICY_INEFFECTIVE);
    let Some(level) = policy.level(rule).filter(|_| options.policy.is_none()) else { return };
    let in_force = policy.sources().iter().map(|source| Path::new(source.name()));
    let named = options.paths.iter().map(PathBuf::as_path);
    let read: BTreeSet<String> = in_force.chain(named).map(|path| repository.matched(path)).collect();
    for path in result.misplaced.difference(&read) {
        let name = repository.shown(&repository.root().join(path));
        let source = Arc::new(Source::decode(name.clone(), head.bytes(&name).unwrap_or_default()));
        if !source.text().contains(POLICY_MARKER) {
            continue;
        }
        let message =
            "this policy has no effect: policies are read from the repository's root or its .github";
        let line = source.first_line(Span::new(0, source.text().len()));
        let mut diagnostic = Diagnostic::new(rule, Owner::Policy, line, message);
        diagnostic.level = level;
        diagnostic.known = options.base.is_some_and(|base| base.holds(path) && !base.is_unrelated);
        let file = FileReport::of_policy(source, path.clone(), vec![diagnostic]);
        result.report.files.push(file);
    }
}

/// Adds the problems of the policy that a run shows, and the differences from the policy of the base.
///
/// If the policy of another revision is in force, the change's own policy is checked too: its problems are those that the
/// change can fix.
pub(crate) fn review(
    run: CheckRun<'_>,
    own: Option<FoundPolicy>,
    attributes: &[Attribute],
    base: Option<&Base<'_>>,
    compared: &mut Compared,
) {
    let Compared { result: RunResult { report, used, .. }, used_by_base } = compared;
    let differences = match &own {
        None => {
            // A policy of the base that cannot be read was in force all the same, so everything about it has changed.
            let before = base.and_then(|base| base.policy.as_ref()).map(|policy| policy.facts());
            compare::differences(&before.unwrap_or_default(), attributes)
        }
        Some(Err(_)) => Vec::new(),
        Some(Ok((own, _))) => compare::differences(attributes, &own.facts()),
    };
    let known = match used_by_base {
        Some(used) if differences.is_empty() => problems_in_base(run, used),
        _ => PolicyProblems::new(),
    };
    let searched = searched(run, report);
    let audit = audit_run(run.options, &searched, base.is_some());
    match own {
        None => add_problems(run, run.policy.review(used, audit, run.policy), known, report),
        Some(Err((_, broken))) => add_broken(report, broken, run.repository(), PolicyRole::OfChange),
        Some(Ok((own, _))) if differences.is_empty() && has_same_text(&own, run.policy) => {
            add_problems(run, own.review(used, audit, run.policy), known, report);
        }
        Some(Ok((own, name))) => {
            let verdict = review_own(run, &own, known, report);
            if let Some(from) = run.options.policy_from.filter(|_| !differences.is_empty()) {
                let is_built_in = BuiltIn::named(&name).is_some();
                let name = if is_built_in { name } else { run.repository().matched(Path::new(&name)) };
                report.remarks.push(format!(
                    "checked against the policy of {}: that of this change ({name}) differs; against its own it would {verdict}",
                    from.revision
                ));
            }
        }
    }
    if let Some(change) = &mut report.change {
        change.policy = differences;
    }
}

/// Checks the files against the change's own policy, adds the problems of that policy, and returns the verdict in words.
fn review_own(
    run: CheckRun<'_>,
    own: &CompiledPolicy,
    known: PolicyProblems,
    report: &mut Report,
) -> &'static str {
    let RunResult { report: mut own_report, used, .. } = lint_files(CheckRun { policy: own, ..run });
    let searched = searched(run, &own_report);
    let audit = audit_run(run.options, &searched, false);
    add_problems(run, own.review(&used, audit, run.policy), known, report);
    add_problems(run, own.review(&used, audit, own), PolicyProblems::new(), &mut own_report);
    match own_report.verdict() {
        Verdict::Passed => "pass",
        Verdict::Failed => "fail",
        Verdict::CannotCheck => "not be checked",
    }
}

/// Whether two policies were read from the same texts, so that their entries are in the same order.
fn has_same_text(one: &Policy, other: &Policy) -> bool {
    let texts = one.sources().iter().map(|source| source.text());
    texts.eq(other.sources().iter().map(|source| source.text()))
}

/// The files and folders that a run has searched, from the repository's root; none if there were input errors.
fn searched(run: CheckRun<'_>, report: &Report) -> Vec<String> {
    let repository = run.repository();
    let mut searched = Vec::new();
    if !report.input_errors.is_empty() {
        return searched;
    }
    let skipped: BTreeSet<&str> = report.skipped.iter().map(String::as_str).collect();
    for path in run.options.paths {
        if path.as_os_str() != "-" && !skipped.contains(&*repository.shown(path)) {
            let contains_root = repository.holds(path, repository.root());
            searched.push(if contains_root { String::new() } else { repository.matched(path) });
        }
    }
    searched
}

const fn audit_run<'s>(options: &CheckOptions<'_>, searched: &'s [String], compared: bool) -> AuditedRun<'s> {
    AuditedRun { today: options.today, searched, compared, expiring_within: options.expiring_within }
}

/// The number of equal problems of a policy, by file, rule and message: whatever their lines.
type PolicyProblems = BTreeMap<(String, String, String), usize>;

fn problem_key(source: &Source, diagnostic: &Diagnostic) -> (String, String, String) {
    (source.name().to_owned(), diagnostic.rule.to_string(), diagnostic.message.to_string())
}

/// The problems of the policy that a run on the base shows.
fn problems_in_base(run: CheckRun<'_>, used: &PolicyUsage) -> PolicyProblems {
    let mut problems = PolicyProblems::new();
    let whole = [String::new()];
    let audit = audit_run(run.options, &whole, true);
    for (source, diagnostics) in run.policy.review(used, audit, run.policy) {
        for diagnostic in diagnostics {
            *problems.entry(problem_key(&source, &diagnostic)).or_default() += 1;
        }
    }
    problems
}

/// Adds the problems of a policy. Those that the base has too are known.
fn add_problems(
    run: CheckRun<'_>,
    problems: Vec<(Arc<Source>, Vec<Diagnostic>)>,
    mut known: PolicyProblems,
    report: &mut Report,
) {
    for (source, mut diagnostics) in problems {
        let path = run.repository().matched(Path::new(source.name()));
        for diagnostic in &mut diagnostics {
            if let Some(left @ 1..) = known.get_mut(&problem_key(&source, diagnostic)) {
                *left -= 1;
                diagnostic.known = true;
            }
        }
        report.files.push(FileReport::of_policy(source, path, diagnostics));
    }
}
