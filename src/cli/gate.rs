//! One run of the gate: the policy, both sides where there is a base, and the finished report. Arguments and output
//! are not its business.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use super::look::{LFS_POINTER, Looked, look};
use super::progress::Progress;
use super::side::Side;
use crate::assessed::Assessed;
use crate::change::{self, Before, Change, Fact};
use crate::date::Date;
use crate::diagnostic::Level;
use crate::discover::{Named, Repository, sibling};
use crate::git::{Commit, renames};
use crate::lint::{Judge, lint_removed};
use crate::policy::{self, Broken, BuiltIn, Files, Policy, Run, Used};
use crate::report::{FileReport, Obstacle, Report, Verdict};
use crate::source::Source;
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
    /// Paths from the repository's root that are read whatever their names are.
    pub(super) also: &'a [String],
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
            also: &[],
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
        None => look(ask, head, &policy, None),
    };
    report.report.policy = name;
    report.report.lowered = lowered;
    remark_unchecked(ask, &policy, &mut report.report);
    review(ask, head, own, &policy, &said, &mut report);
    report.report.obstacles.sort();
    report.report.obstacles.dedup();
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
    let mut looked = look(ask, head, policy, None);
    let (base, asked) = look_at_base(ask, head, policy, commit, &renamed, &looked.report);
    let is_asked = |path: &str| asked.contains(path);
    let now = paths_now(&renamed, head);
    // What contains a threat model in the base is read, whatever it is called now.
    let with_models = base.files.iter().filter(|file| !file.models.is_empty() && is_asked(&file.path));
    let also: Vec<String> = with_models.map(|file| now(&file.path)).filter(|path| head.holds(path)).collect();
    let ask = &Ask { also: &also, ..*ask };
    let read: BTreeSet<&str> = looked.report.files.iter().map(|file| &*file.path).collect();
    if !also.iter().all(|path| read.contains(path.as_str())) {
        looked = look(ask, head, policy, None);
    }
    let before = Before::new(&base, &renamed, &looked.report);
    // Who goes back to whom shows only once all are read; then there is something to compare with.
    looked = look(ask, head, policy, Some(&before));
    let mended = before.mark_known(&mut looked.report.files, is_asked);
    let stands = |path: &str| head.holds(&now(path));
    let gone: Vec<_> = before.all_left().filter(|(path, _)| is_asked(path) && !stands(path)).collect();
    let judge = Judge { policy, today: ask.today, load: &head, before: Some(&before) };
    add_removed(&gone, head, judge, &mut looked);
    looked.report.obstacles.extend(obstacles_of_base(&base));
    looked.report.change = Some(Change {
        base: commit.revision.clone(),
        verdict_before: base.verdict(),
        agents: change::agents(&before, &base, &looked.report, is_asked, stands),
        policy: Vec::new(),
        mended,
    });
    looked.report.new_only = ask.new_only;
    Ok(looked)
}

/// Returns where a path of the base is in the head: under the name it was given, if it was renamed.
fn paths_now<'r>(renamed: &'r BTreeMap<String, String>, head: Side<'r>) -> impl Fn(&str) -> String + 'r {
    let moved: BTreeMap<&str, &str> = renamed.iter().map(|(now, then)| (&**then, &**now)).collect();
    move |path| {
        let now = moved.get(path).copied().filter(|now| head.holds(now));
        now.unwrap_or(path).to_owned()
    }
}

/// What kept the base from being read. A pointer of Git LFS had nothing to compare with.
fn obstacles_of_base(base: &Report) -> impl Iterator<Item = Obstacle> {
    let obstacles = base.obstacles.iter().filter(|obstacle| obstacle.message != LFS_POINTER);
    obstacles.map(|obstacle| {
        let message = format!("in the base: {}", obstacle.message);
        Obstacle { path: obstacle.path.clone(), message }
    })
}

/// Adds the threat models of the base that are gone, by their paths; one that a sparse checkout leaves out is not.
fn add_removed(gone: &[(&str, &[&Assessed])], head: Side<'_>, judge: Judge<'_>, looked: &mut Looked) {
    let repository = head.repository();
    let shown = |path: &str| repository.shown(&repository.root().join(path));
    let paths: Vec<&str> = gone.iter().map(|(path, _)| *path).collect();
    let obstacle = |path: String, message: &str| Obstacle { path, message: message.to_owned() };
    let sparse = match head.left_out(&paths) {
        Ok(sparse) => sparse,
        Err(message) => return looked.report.obstacles.push(obstacle(shown(""), &message)),
    };
    for (path, models) in gone {
        if sparse.iter().any(|sparse| sparse == path) {
            looked.report.obstacles.push(obstacle(shown(path), SPARSE));
        } else {
            looked.add_path(&shown(path), (*path).to_owned(), lint_removed(path, models, judge));
        }
    }
}

/// Why a threat model cannot be compared that a sparse checkout leaves out.
const SPARSE: &str = "it contains a threat model in the base, and a sparse checkout leaves it out; run `git sparse-checkout disable`";

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
    now: &Report,
) -> (Report, BTreeSet<String>) {
    let repository = head.repository();
    let side = Side::Commit(repository, commit);
    let stdin = |path: &PathBuf| {
        if path.as_os_str() == "-" { PathBuf::from(ask.stdin_filename) } else { path.clone() }
    };
    let mut paths: Vec<PathBuf> = ask.paths.iter().map(stdin).collect();
    let origins = now.files.iter().filter_map(|file| renamed.get(&file.path));
    paths.extend(origins.map(|origin| repository.root().join(origin)));
    let discovery = side.discover(&paths, policy, ask.named);
    let asked: BTreeSet<String> =
        discovery.candidates.into_iter().map(|candidate| candidate.matched).collect();
    paths.push(repository.root().to_owned());
    let mut base = look(&Ask { paths: &paths, ..*ask }, side, policy, None).report;
    base.files.retain(|file| file.is_missing || asked.contains(&file.path) || !head.holds(&file.path));
    (base, asked)
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
                let mut by_own = look(ask, head, &own, None);
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
