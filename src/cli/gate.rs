//! One run of the gate: the policy, both sides where there is a base, and the finished report. Arguments and output
//! are not its business.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::look::{Looked, look, look_at, without_stdin};
use super::progress::Progress;
use super::side::Side;
use crate::change::{self, Before, Change, Fact};
use crate::date::Date;
use crate::diagnostic::{Diagnostic, Level};
use crate::discover::{Discovery, Named, POLICY_NAMES, Repository, Search, sibling};
use crate::document::POLICY_MARKER;
use crate::git::{Commit, changed, renames};
use crate::policy::{self, Broken, BuiltIn, Files, Policy, Run, Used};
use crate::report::{FileReport, Obstacle, Report, Verdict};
use crate::rules::policy_ineffective;
use crate::source::{Source, Span};
use crate::suggest::nearest;

/// What is to be judged, and how.
#[derive(Debug)]
pub(super) struct Ask<'a> {
    /// Files and folders; `-` is standard input.
    pub(super) paths: &'a [PathBuf],
    /// What the policy's patterns do to files given by name.
    pub(super) named: Named,
    /// What standard input held, or why it cannot be read, where it is among the paths. It can be read but once.
    pub(super) stdin: Option<&'a Result<Vec<u8>, String>>,
    /// The name to give to standard input.
    pub(super) stdin_filename: &'a str,
    /// A policy file or the name of a built-in policy.
    pub(super) policy: Option<&'a Path>,
    /// The commit from which the policy is read, where that is not the side under test.
    pub(super) policy_from: Option<&'a Commit>,
    /// The commit to compare with.
    pub(super) base: Option<&'a Commit>,
    /// Whether only what the base does not have fails the gate.
    pub(super) new_only: bool,
    /// The day.
    pub(super) today: Date,
    /// The level that fails the gate.
    pub(super) fail_on: Level,
    /// Warn of exceptions that expire within so many days.
    pub(super) expiring_within: Option<i32>,
    /// How many threads to use; 0 for one a core.
    pub(super) threads: usize,
    /// Whether to say how far the run has come.
    pub(super) progress: Progress,
    /// What to keep of the files.
    pub(super) keep: Keep,
}

impl<'a> Ask<'a> {
    /// The working folder's files, by its own policy.
    pub(super) const fn of(paths: &'a [PathBuf], today: Date) -> Self {
        Self {
            paths,
            named: Named::Judged,
            stdin: None,
            stdin_filename: "stdin.yaml",
            policy: None,
            policy_from: None,
            base: None,
            new_only: false,
            today,
            fail_on: Level::Error,
            expiring_within: None,
            threads: 0,
            progress: Progress::Hidden,
            keep: Keep::Models,
        }
    }
}

/// What a report keeps of the files it is about, of which there may be very many.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Keep {
    /// The faults, with the lines they stand in. Of the rest a count, and the worst score.
    Faults,
    /// All files with what was found out about them, to be listed or compared.
    Models,
    /// The same, and the text of those with faults.
    FaultyTexts,
    /// All files with their text.
    Texts,
}

/// What stops a run before there is a report.
#[derive(Debug)]
pub(super) enum Stopped {
    /// The world did not answer.
    Io(io::Error),
    /// What was asked for cannot be had, or is ambiguous.
    Asked(String),
}

impl fmt::Display for Stopped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => write!(f, "{error}"),
            Self::Asked(message) => write!(f, "{message}"),
        }
    }
}

impl From<io::Error> for Stopped {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// A policy and what to call it; or its name, and the files of it that are broken.
pub(super) type Found = Result<(Policy, String), (String, Vec<Broken>)>;

/// The policy of one side.
pub(super) fn find_policy(given: Option<&Path>, side: Side<'_>) -> Result<Found, Stopped> {
    let path = match given {
        Some(path) => {
            if let Some(built_in) = path.to_str().and_then(BuiltIn::named) {
                return Ok(Ok((built_in.policy(), built_in.name.to_owned())));
            }
            path.to_owned()
        }
        None if !side.near_policies().is_empty() => {
            let near: Vec<String> =
                side.near_policies().iter().map(|path| side.repository().shown(path)).collect();
            let message = format!(
                "{}: almost the name of a policy, and not read: name the policy {}, or use --policy",
                near.join(", "),
                POLICY_NAMES[0]
            );
            return Err(Stopped::Asked(message));
        }
        None => match side.policies().as_slice() {
            [] => {
                let recommended = policy::recommended();
                return Ok(Ok((recommended.policy(), recommended.name.to_owned())));
            }
            [only] => only.clone(),
            [first, second, ..] => {
                let shown = |path| side.repository().shown(path);
                let (first, second) = (shown(first), shown(second));
                let message = format!("two policies: {first} and {second}; keep one, or use --policy");
                return Err(Stopped::Asked(message));
            }
        },
    };
    let name = side.repository().shown(&path);
    let bytes = side.bytes(&name).map_err(|message| {
        let built_in = nearest(&name, policy::BUILT_IN.map(|built_in| built_in.name));
        let built_in = built_in.map(|meant| format!("; did you mean the built-in `{meant}`?"));
        let beside = || Some(format!("; did you mean `{}`?", side.repository().shown(&sibling(&path)?)));
        let help = built_in.or_else(beside).unwrap_or_default();
        Stopped::Asked(format!("policy {name}: {message}{help}"))
    })?;
    Ok(match policy::read(Source::decode(name.clone(), bytes), &side) {
        Ok(policy) => Ok((policy, name)),
        Err(broken) => Err((name, broken)),
    })
}

/// The report on a policy by which nothing can be judged.
pub(super) fn broken_report(
    policy: String,
    broken: Vec<Broken>,
    repository: &Repository,
    (today, fail_on): (Date, Level),
) -> Report {
    let mut report = Report::new(today, fail_on);
    report.policy = policy;
    add_broken(&mut report, broken, repository, "it is broken, so nothing was judged by it");
    report
}

fn add_broken(report: &mut Report, broken: Vec<Broken>, repository: &Repository, message: &str) {
    for Broken { source, diagnostics } in broken {
        let path = repository.matched(Path::new(source.name()));
        report.obstacles.push(Obstacle { path: source.name().to_owned(), message: message.to_owned() });
        report.files.push(FileReport::of_policy(&source, path, diagnostics).with_text(source));
    }
}

/// Judges the files of a side by the policy in force, which `adjust` may change for this run.
pub(super) fn judge(
    ask: &Ask<'_>,
    head: Side<'_>,
    adjust: impl FnOnce(&mut Policy) -> Result<Vec<String>, Stopped>,
) -> Result<Report, Stopped> {
    let judging = ask.policy_from.map_or(head, |commit| Side::Commit(head.repository(), commit));
    let (mut policy, name) = match find_policy(ask.policy, judging)? {
        Ok(found) => found,
        Err((name, broken)) => {
            return Ok(broken_report(name, broken, head.repository(), (ask.today, ask.fail_on)));
        }
    };
    let said = policy.facts();
    let lowered = adjust(&mut policy)?;
    let own = match ask.policy_from {
        Some(_) => Some(find_policy(ask.policy, head)?),
        None => None,
    };
    let mut report = match ask.base {
        Some(base) => compare(ask, head, &policy, base)?,
        None => look(ask, head, &policy),
    };
    report.report.policy = name;
    report.report.lowered = lowered;
    remark_unchecked(ask, &policy, &mut report.report);
    add_misplaced(ask, head, &policy, &mut report);
    review(ask, head, own, &policy, &said, &mut report);
    report.report.obstacles.sort();
    report.report.in_force = Some(policy);
    Ok(report.report)
}

/// Both sides, and what lies between them.
fn compare(ask: &Ask<'_>, head: Side<'_>, policy: &Policy, commit: &Commit) -> Result<Looked, Stopped> {
    let repository = head.repository();
    if let Some(path) = ask.paths.iter().find(|path| repository.is_linked(path)) {
        let message =
            format!("{}: a link; name what it leads to, as the base knows it", repository.shown(path));
        return Err(Stopped::Asked(message));
    }
    let head_revision = match head {
        Side::Folder(_) => None,
        Side::Commit(_, commit) => Some(&commit.revision),
    };
    let renamed = renames(repository.root(), &commit.revision, head_revision).map_err(Stopped::Asked)?;
    let mut may_hold = changed(repository.root(), &commit.revision, head_revision).map_err(Stopped::Asked)?;
    let paths = without_stdin(ask.paths);
    let search = Search { paths: &paths, policy, named: ask.named, threads: ask.threads };
    let mut discovery = head.discover(search, &may_hold);
    may_hold.extend(discovery.candidates.iter().map(|candidate| candidate.matched.clone()));
    may_hold.insert(repository.matched(Path::new(ask.stdin_filename)));
    let (base, asked) = look_at_base(ask, head, policy, commit, &renamed, &may_hold, &discovery);
    if matches!(head, Side::Folder(_)) {
        let models = base.files.iter().filter(|file| !file.is_policy && !file.models.is_empty());
        discovery.hold(&models.map(|file| file.path.clone()).collect(), search, repository);
    }
    let mut looked = look_at(ask, head, policy, &discovery, None);
    let is_asked = |path: &str| asked.contains(path);
    let before = Before::new(&base, &renamed, &looked.report);
    if policy.compares().is_some() {
        // Who goes back to whom shows only once all are read; then there is something to hold against the limit.
        let again = look_at(ask, head, policy, &discovery, Some(&before));
        looked = again;
    }
    let mended = before.mark_known(&mut looked.report.files, is_asked);
    looked.report.obstacles.extend(base.obstacles.iter().map(|obstacle| {
        let message = format!("in the base: {}", obstacle.message);
        Obstacle { path: obstacle.path.clone(), message }
    }));
    looked.report.change = Some(Change {
        base: commit.revision.clone(),
        verdict_before: base.verdict(),
        agents: change::agents(&before, &base, &looked.report, is_asked),
        policy: Vec::new(),
        mended,
    });
    looked.report.new_only = ask.new_only;
    Ok(looked)
}

/// The base's report, and the paths in it that were asked for or went into what was.
///
/// An agent may have come from anywhere, so that all of the base is looked at; but what still stands elsewhere, and was
/// not asked for, went nowhere.
fn look_at_base(
    ask: &Ask<'_>,
    head: Side<'_>,
    policy: &Policy,
    commit: &Commit,
    renamed: &BTreeMap<String, String>,
    may_hold: &BTreeSet<String>,
    now: &Discovery,
) -> (Report, BTreeSet<String>) {
    let repository = head.repository();
    let side = Side::Commit(repository, commit);
    let stdin = |path: &PathBuf| {
        if path.as_os_str() == "-" { PathBuf::from(ask.stdin_filename) } else { path.clone() }
    };
    let mut paths: Vec<PathBuf> = ask.paths.iter().map(stdin).collect();
    let origins = now.candidates.iter().filter_map(|candidate| renamed.get(&candidate.matched));
    paths.extend(origins.map(|origin| repository.root().join(origin)));
    let few = paths.len();
    paths.push(repository.root().to_owned());
    let search = Search { paths: &paths, policy, named: ask.named, threads: ask.threads };
    let discovery = side.discover(search, may_hold);
    let all = discovery.candidates.iter().map(|candidate| &candidate.matched);
    let mut asked: BTreeSet<String> =
        all.filter(|path| repository.is_among(path, &paths[..few])).cloned().collect();
    let mut base = look_at(&Ask { paths: &paths, ..*ask }, side, policy, &discovery, None).report;
    // A folder that the change has made a link hides what was in it from those who ask for it by that name.
    let hidden = base.files.iter().filter(|file| repository.is_hidden(&file.path, ask.paths));
    asked.extend(hidden.map(|file| file.path.clone()));
    base.files.retain(|file| asked.contains(&file.path) || !head.holds(&file.path));
    (base, asked)
}

/// Adds a warning for each policy that nothing reads because of the place it is in.
fn add_misplaced(ask: &Ask<'_>, head: Side<'_>, policy: &Policy, looked: &mut Looked) {
    let (repository, rule) = (head.repository(), &policy_ineffective::RULE);
    let Some(level) = policy.level(rule).filter(|_| ask.policy.is_none()) else { return };
    let whole = |path: &Path| repository.matched(path);
    let read = policy.sources().iter().map(|source| whole(Path::new(source.name())));
    let read: BTreeSet<String> = read.chain(ask.paths.iter().map(|path| whole(path))).collect();
    for path in looked.misplaced.difference(&read) {
        let name = repository.shown(&repository.root().join(path));
        let source = Arc::new(Source::decode(name.clone(), head.bytes(&name).unwrap_or_default()));
        if !source.text().contains(POLICY_MARKER) {
            continue;
        }
        let message =
            "this policy has no effect: policies are read from the repository's root or its .github";
        let mut diagnostic =
            Diagnostic::new(rule, source.first_line(Span::new(0, source.text().len())), message);
        diagnostic.level = level;
        diagnostic.known = ask.base.is_some_and(|base| base.holds(path));
        let file = FileReport::of_policy(&source, path.clone(), vec![diagnostic]);
        looked.report.files.push(file.with_text(source));
    }
}

fn remark_unchecked(ask: &Ask<'_>, policy: &Policy, report: &mut Report) {
    if let (None, Some(origin)) = (ask.base, policy.compares()) {
        let remark = format!("not checked: {origin} ({}), which needs a base revision (--base)", origin.text);
        report.remarks.push(remark);
    }
}

/// What a run shows of the policy, and how the policy differs from that of the base.
///
/// A change is judged by the base's policy where that is asked for, and its own policy is one of the things under
/// judgement: what is wrong with that one is what the change can mend.
fn review(
    ask: &Ask<'_>,
    head: Side<'_>,
    own: Option<Found>,
    policy: &Policy,
    said: &[Fact],
    looked: &mut Looked,
) {
    let report = &mut looked.report;
    let differences = match own {
        None => {
            // A policy that cannot be read there was in force all the same: everything about it has changed.
            let before = ask.base.map(|base| find_policy(ask.policy, Side::Commit(head.repository(), base)));
            let before = before.and_then(Result::ok).and_then(Result::ok).map(|(policy, _)| policy.facts());
            let differences = change::differences(&before.unwrap_or_default(), said);
            add_review(ask, head, policy, policy, &looked.used, differences.is_empty(), report);
            differences
        }
        Some(Err((_, broken))) => {
            add_broken(report, broken, head.repository(), "the policy of this change is broken");
            Vec::new()
        }
        Some(Ok((own, name))) => {
            let differences = change::differences(said, &own.facts());
            if differences.is_empty() {
                add_review(ask, head, &own, policy, &looked.used, true, report);
            } else {
                let mut by_own = look(ask, head, &own);
                add_review(ask, head, &own, policy, &by_own.used, false, report);
                add_review(ask, head, &own, &own, &by_own.used, false, &mut by_own.report);
                remark_differing(ask, &name, by_own.report.verdict(), report);
            }
            differences
        }
    };
    if let Some(change) = &mut report.change {
        change.policy = differences;
    }
}

fn remark_differing(ask: &Ask<'_>, name: &str, verdict: Verdict, report: &mut Report) {
    let Some(from) = ask.policy_from else { return };
    let verdict = match verdict {
        Verdict::Passed => "pass",
        Verdict::Failed => "fail",
        Verdict::CannotJudge => "be impossible to judge",
    };
    report.remarks.push(format!(
        "judged by the policy of {}: that of this change ({name}) differs; by its own it would {verdict}",
        from.revision
    ));
}

/// Adds what a run has shown of a policy, at the levels that the judging one gives. Of a policy that is the base's
/// all of it is known.
fn add_review(
    ask: &Ask<'_>,
    head: Side<'_>,
    policy: &Policy,
    judging: &Policy,
    used: &Used,
    is_old: bool,
    report: &mut Report,
) {
    let repository = head.repository();
    let whole = ask.paths.iter().any(|path| repository.is_below(path));
    let run = Run { today: ask.today, whole, expiring_within: ask.expiring_within };
    for (source, mut diagnostics) in policy.review(used, run, judging) {
        let path = repository.matched(Path::new(source.name()));
        for diagnostic in &mut diagnostics {
            diagnostic.known = is_old && ask.base.is_some();
        }
        report.files.push(FileReport::of_policy(&source, path, diagnostics).with_text(source));
    }
}
