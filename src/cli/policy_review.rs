//! The policies of a run: problems of the policy in force, of the change's own policy, and of policies in wrong places.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use crate::cli::base::{Base, Compared};
use crate::cli::gate::{CheckOptions, FoundPolicy};
use crate::cli::lint_files::{RunResult, lint_files};
use crate::compare;
use crate::compare::Attribute;
use crate::diagnostic::{Diagnostic, Owner};
use crate::input_error::{InputError, PolicyRole};
use crate::policy::{Broken, BuiltIn, FileLoader, Policy, PolicyUsage};
use crate::policy_audit::Run;
use crate::report::{FileReport, Report, Verdict};
use crate::rules::audit::POLICY_INEFFECTIVE;
use crate::source::{Source, Span};
use crate::syntax::POLICY_MARKER;
use crate::workspace::discover::Repository;
use crate::workspace::file_tree::FileTree;

pub(crate) fn add_broken(
    report: &mut Report,
    broken: Vec<Broken>,
    repository: &Repository,
    role: PolicyRole,
) {
    for Broken { source, diagnostics } in broken {
        let path = repository.matched(Path::new(source.name()));
        report.obstacles.push(InputError::BrokenPolicy { path: source.name().to_owned(), role });
        report.files.push(FileReport::of_policy(&source, path, diagnostics).with_text(source));
    }
}

/// Adds a warning for each policy in a place where policies are not read.
pub(crate) fn add_misplaced(
    options: &CheckOptions<'_>,
    head: FileTree<'_>,
    policy: &Policy,
    result: &mut RunResult,
) {
    let (repository, rule) = (head.repository(), &POLICY_INEFFECTIVE);
    let Some(level) = policy.level(rule).filter(|_| options.policy.is_none()) else { return };
    let in_force = policy.sources().iter().map(|source| repository.matched(Path::new(source.name())));
    let named = options.paths.iter().map(|path| repository.matched(path));
    let read: BTreeSet<String> = in_force.chain(named).collect();
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
        let file = FileReport::of_policy(&source, path.clone(), vec![diagnostic]);
        result.report.files.push(file.with_text(source));
    }
}

/// Adds the problems of the policy that a run shows, and the differences from the policy of the base.
///
/// If the policy of another revision is in force, the change's own policy is checked too: its problems are those that the
/// change can fix.
pub(crate) fn review(
    options: &CheckOptions<'_>,
    head: FileTree<'_>,
    own: Option<FoundPolicy>,
    policy: &Policy,
    attributes: &[Attribute],
    base: Option<&Base<'_>>,
    compared: &mut Compared,
) {
    let repository = head.repository();
    let Compared { result: RunResult { report, used, .. }, used_by_base } = compared;
    let run = PolicyRun { used, searched: &searched(options, repository, report), has_base: base.is_some() };
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
        Some(used) if differences.is_empty() => problems_in_base(options, policy, used),
        _ => BTreeMap::new(),
    };
    match own {
        None => add_problems(options, repository, policy, policy, run, known, report),
        Some(Err((_, broken))) => add_broken(report, broken, repository, PolicyRole::OfChange),
        Some(Ok((own, _))) if differences.is_empty() && has_same_text(&own, policy) => {
            add_problems(options, repository, &own, policy, run, known, report);
        }
        Some(Ok((own, name))) => {
            let RunResult { report: mut own_report, used, .. } = lint_files(options, head, &own);
            let searched = searched(options, repository, &own_report);
            let run = PolicyRun { used: &used, searched: &searched, has_base: false };
            add_problems(options, repository, &own, policy, run, known.clone(), report);
            add_problems(options, repository, &own, &own, run, known, &mut own_report);
            if !differences.is_empty() {
                let is_built_in = BuiltIn::named(&name).is_some();
                let name = if is_built_in { name } else { repository.matched(Path::new(&name)) };
                remark_difference(options, &name, own_report.verdict(), report);
            }
        }
    }
    if let Some(change) = &mut report.change {
        change.policy = differences;
    }
}

/// Whether two policies were read from the same texts, so that their entries are in the same order.
fn has_same_text(one: &Policy, other: &Policy) -> bool {
    let texts = one.sources().iter().map(|source| source.text());
    texts.eq(other.sources().iter().map(|source| source.text()))
}

/// The files and folders that a run has searched, from the repository's root; none if there were input errors.
fn searched(options: &CheckOptions<'_>, repository: &Repository, report: &Report) -> Vec<String> {
    let mut searched = Vec::new();
    if !report.obstacles.is_empty() {
        return searched;
    }
    let skipped: BTreeSet<&str> = report.skipped.iter().map(String::as_str).collect();
    for path in options.paths {
        if path.as_os_str() == "-" || skipped.contains(&*repository.shown(path)) {
            continue;
        }
        let contains_root = repository.is_below(path);
        searched.push(if contains_root { String::new() } else { repository.matched(path) });
    }
    searched
}

fn remark_difference(options: &CheckOptions<'_>, name: &str, verdict: Verdict, report: &mut Report) {
    let Some(from) = options.policy_from else { return };
    let verdict = match verdict {
        Verdict::Passed => "pass",
        Verdict::Failed => "fail",
        Verdict::CannotJudge => "not be checked",
    };
    report.remarks.push(format!(
        "checked against the policy of {}: that of this change ({name}) differs; against its own it would {verdict}",
        from.revision
    ));
}

/// The data of a run that a review of a policy needs.
#[derive(Clone, Copy)]
struct PolicyRun<'p> {
    used: &'p PolicyUsage,
    /// The files and folders that were searched.
    searched: &'p [String],
    /// Whether the models were compared with those of a base.
    has_base: bool,
}

/// The number of equal problems of a policy, by file, rule and message: whatever their lines.
type PolicyProblems = BTreeMap<(String, String, String), usize>;

fn problem_key(source: &Source, diagnostic: &Diagnostic) -> (String, String, String) {
    (source.name().to_owned(), diagnostic.rule.to_string(), diagnostic.message.to_string())
}

/// The problems of the policy that a run on the base shows.
fn problems_in_base(options: &CheckOptions<'_>, policy: &Policy, used: &PolicyUsage) -> PolicyProblems {
    let whole = [String::new()];
    let run = Run {
        today: options.today,
        searched: &whole,
        compared: true,
        expiring_within: options.expiring_within,
    };
    let mut problems = PolicyProblems::new();
    for (source, diagnostics) in policy.review(used, run, policy) {
        for diagnostic in diagnostics {
            *problems.entry(problem_key(&source, &diagnostic)).or_default() += 1;
        }
    }
    problems
}

/// Adds the problems of a policy, at the levels of the policy in force. Those that the base has too are known.
fn add_problems(
    options: &CheckOptions<'_>,
    repository: &Repository,
    policy: &Policy,
    in_force: &Policy,
    run: PolicyRun<'_>,
    mut known: PolicyProblems,
    report: &mut Report,
) {
    let PolicyRun { used, searched, has_base } = run;
    let run =
        Run { today: options.today, searched, compared: has_base, expiring_within: options.expiring_within };
    for (source, mut diagnostics) in policy.review(used, run, in_force) {
        let path = repository.matched(Path::new(source.name()));
        for diagnostic in &mut diagnostics {
            if let Some(left @ 1..) = known.get_mut(&problem_key(&source, diagnostic)) {
                *left -= 1;
                diagnostic.known = true;
            }
        }
        report.files.push(FileReport::of_policy(&source, path, diagnostics).with_text(source));
    }
}
