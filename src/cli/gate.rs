//! One run of the gate: the policy, both sides where there is a base, and the finished report. Arguments and output
//! are not its business.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::cli::lint_files::{RunResult, lint_files, look_at, without_stdin};
use crate::cli::locate::{Location, Locations};
use crate::cli::memo::{Memo, Memory};
use crate::cli::progress::Progress;
use crate::compare;
use crate::compare::{AgentChange, Attribute, Baseline, Change, ScoreChange};
use crate::date::Date;
use crate::diagnostic::{Diagnostic, Level, Owner};
use crate::did_you_mean::nearest;
use crate::input_error::{InputError, PolicyRole, SPARSE};
use crate::lint::{LintContext, lint_removed};
use crate::policy;
use crate::policy::{Broken, BuiltIn, FileLoader, Policy};
use crate::policy_audit::{PolicyUsage, Run};
use crate::report::{FileReport, Report, Verdict};
use crate::rules::audit::POLICY_INEFFECTIVE;
use crate::score::assessed::Assessed;
use crate::source::{Source, Span};
use crate::syntax::POLICY_MARKER;
use crate::workspace::discover::{Discovery, Named, POLICY_NAMES, Repository, Search, sibling};
use crate::workspace::file_tree::FileTree;
use crate::workspace::git::{Commit, changed, renames};

/// What is to be judged, and how.
#[derive(Debug)]
pub(crate) struct CheckOptions<'a> {
    /// Files and folders; `-` is standard input.
    pub(crate) paths: &'a [PathBuf],
    /// What the policy's patterns do to files given by name.
    pub(crate) named: Named,
    /// What standard input held, or why it cannot be read, where it is among the paths. It can be read but once.
    pub(crate) stdin: Option<&'a Result<Vec<u8>, String>>,
    /// The name to give to standard input.
    pub(crate) stdin_filename: &'a str,
    /// A policy file or the name of a built-in policy.
    pub(crate) policy: Option<&'a Path>,
    /// The commit from which the policy is read, where that is not the side under test.
    pub(crate) policy_from: Option<&'a Commit>,
    /// The commit to compare with.
    pub(crate) base: Option<&'a Commit>,
    /// Whether only what the base does not have fails the gate.
    pub(crate) new_only: bool,
    /// The day.
    pub(crate) today: Date,
    /// The level that fails the gate.
    pub(crate) fail_on: Level,
    /// Warn of exceptions that expire within so many days.
    pub(crate) expiring_within: Option<i32>,
    /// How many threads to use; 0 for one a core.
    pub(crate) threads: usize,
    /// Whether to say how far the run has come.
    pub(crate) progress: Progress,
    /// What to keep of the files.
    pub(crate) keep: Keep,
}

impl<'a> CheckOptions<'a> {
    /// The working folder's files, by its own policy.
    pub(crate) const fn of(paths: &'a [PathBuf], today: Date) -> Self {
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
pub(crate) enum Keep {
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
pub(crate) enum CliError {
    /// The world did not answer.
    Io(io::Error),
    /// What was asked for cannot be had, or is ambiguous.
    Usage(String),
}

impl fmt::Display for CliError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => write!(f, "{error}"),
            Self::Usage(message) => write!(f, "{message}"),
        }
    }
}

impl From<io::Error> for CliError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// A policy and what to call it; or its name, and the files of it that are broken.
pub(crate) type Found = Result<(Policy, String), (String, Vec<Broken>)>;

/// The policy of one side.
pub(crate) fn find_policy(given: Option<&Path>, side: FileTree<'_>) -> Result<Found, CliError> {
    if given.is_none()
        && let Some(path) = side.policy_left_out().map_err(CliError::Usage)?
    {
        return Err(CliError::Usage(format!("policy {path}: {SPARSE}")));
    }
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
            return Err(CliError::Usage(message));
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
                return Err(CliError::Usage(message));
            }
        },
    };
    let name = side.repository().shown(&path);
    let bytes = side.bytes(&name).map_err(|message| {
        let built_in = nearest(&name, policy::BUILT_IN.map(|built_in| built_in.name));
        let built_in = built_in.map(|meant| format!("; did you mean the built-in `{meant}`?"));
        let beside = || Some(format!("; did you mean `{}`?", side.repository().shown(&sibling(&path)?)));
        let help = built_in.or_else(beside).unwrap_or_default();
        CliError::Usage(format!("policy {name}: {message}{help}"))
    })?;
    Ok(match policy::read(Source::decode(name.clone(), bytes), &side) {
        Ok(policy) => Ok((policy, name)),
        Err(broken) => Err((name, broken)),
    })
}

/// The report on a policy by which nothing can be judged.
pub(crate) fn broken_report(
    policy: String,
    broken: Vec<Broken>,
    repository: &Repository,
    (today, fail_on): (Date, Level),
) -> Report {
    let mut report = Report::new(today, fail_on);
    report.policy = policy;
    add_broken(&mut report, broken, repository, PolicyRole::InForce);
    report.name_from_root(|path| repository.matched(path));
    report
}

fn add_broken(report: &mut Report, broken: Vec<Broken>, repository: &Repository, role: PolicyRole) {
    for Broken { source, diagnostics } in broken {
        let path = repository.matched(Path::new(source.name()));
        report.obstacles.push(InputError::BrokenPolicy { path: source.name().to_owned(), role });
        report.files.push(FileReport::of_policy(&source, path, diagnostics).with_text(source));
    }
}

/// Judges the files of a side by the policy in force, which `adjust` may change for this run.
pub(crate) fn judge(
    ask: &CheckOptions<'_>,
    head: FileTree<'_>,
    adjust: impl FnOnce(&mut Policy) -> Result<Vec<String>, CliError>,
) -> Result<Report, CliError> {
    let judging = ask.policy_from.map_or(head, |commit| FileTree::Commit(head.repository(), commit));
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
    let base = ask.base.map(|commit| Base::of(ask, head, commit));
    let mut compared = match &base {
        Some(base) => compare(ask, head, &policy, base)?,
        None => Compared { looked: lint_files(ask, head, &policy), before: None },
    };
    let report = &mut compared.looked.report;
    report.policy = name;
    report.lowered = lowered;
    remark_unchecked(ask, &policy, base.as_ref(), report);
    add_misplaced(ask, head, &policy, &mut compared.looked);
    review(ask, head, own, (&policy, &said), base.as_ref(), &mut compared);
    let mut report = compared.looked.report;
    report.obstacles.sort();
    report.obstacles.dedup();
    report.in_force = Some(policy);
    report.name_from_root(|path| head.repository().matched(path));
    Ok(report)
}

/// The base of a comparison.
struct Base<'a> {
    commit: &'a Commit,
    /// Its own policy, by which it finds its files; `None` where that cannot be read.
    policy: Option<Policy>,
}

impl<'a> Base<'a> {
    fn of(ask: &CheckOptions<'_>, head: FileTree<'_>, commit: &'a Commit) -> Self {
        let found = find_policy(ask.policy, FileTree::Commit(head.repository(), commit));
        Self { commit, policy: found.ok().and_then(Result::ok).map(|(policy, _)| policy) }
    }

    /// The paths of the files that the base's own run reads, wherever in the repository they are.
    fn own_files(
        &self,
        ask: &CheckOptions<'_>,
        head: FileTree<'_>,
        may_hold: &BTreeSet<String>,
    ) -> BTreeSet<String> {
        let Some(policy) = &self.policy else { return BTreeSet::new() };
        let mut paths = if ask.named == Named::Judged { named_paths(ask) } else { Vec::new() };
        paths.push(head.repository().root().to_owned());
        let search = Search { paths: &paths, policy, named: ask.named, threads: ask.threads };
        let discovery = FileTree::Commit(head.repository(), self.commit).discover(search, may_hold);
        discovery.candidates.into_iter().map(|candidate| candidate.matched).collect()
    }

    /// Whether an exception of the base's own policy covers a problem of the base.
    fn excepts(&self, diagnostic: &Diagnostic, path: &str, today: Date) -> bool {
        let exceptions = self.policy.iter().flat_map(Policy::exceptions);
        exceptions.into_iter().any(|exception| exception.covers(diagnostic, path, today).is_some())
    }
}

/// What came of one side, compared with the base where there is one.
struct Compared {
    looked: RunResult,
    /// What of the policy had a part in the base's run.
    before: Option<PolicyUsage>,
}

/// The paths that were named, standard input by the name that it has.
pub(crate) fn named_paths(ask: &CheckOptions<'_>) -> Vec<PathBuf> {
    let stdin = |path: &PathBuf| {
        if path.as_os_str() == "-" { PathBuf::from(ask.stdin_filename) } else { path.clone() }
    };
    ask.paths.iter().map(stdin).collect()
}

/// Both sides, and what lies between them.
fn compare(
    ask: &CheckOptions<'_>,
    head: FileTree<'_>,
    policy: &Policy,
    base: &Base<'_>,
) -> Result<Compared, CliError> {
    let repository = head.repository();
    if let Some(path) = ask.paths.iter().find(|path| repository.is_linked(path)) {
        let message =
            format!("{}: a link; name what it leads to, as the base knows it", repository.shown(path));
        return Err(CliError::Usage(message));
    }
    let commit = base.commit;
    let mut may_hold =
        changed(repository.root(), &commit.revision, head.revision()).map_err(CliError::Usage)?;
    let paths = without_stdin(ask.paths);
    let search = Search { paths: &paths, policy, named: ask.named, threads: ask.threads };
    let mut discovery = head.discover(search, &may_hold);
    may_hold.extend(discovery.candidates.iter().map(|candidate| candidate.matched.clone()));
    may_hold.insert(repository.matched(Path::new(ask.stdin_filename)));
    let memo = Memo::default();
    let own_files = base.own_files(ask, head, &may_hold);
    let is_reported = |path: &str, diagnostic: &Diagnostic| {
        // A folder without a threat model is known by its path.
        let is_read = own_files.contains(path) || path.ends_with('/');
        is_read && !commit.is_unrelated && !base.excepts(diagnostic, path, ask.today)
    };
    let (RunResult { report: mut base, used, .. }, found) =
        look_at_base(ask, (repository, commit), policy, &may_hold, &memo);
    if matches!(head, FileTree::WorkTree(_)) {
        let models = base.files.iter().filter(|file| !file.is_policy && !file.models.is_empty());
        discovery.hold(&models.map(|file| file.path.clone()).collect(), search, repository);
    }
    let mut looked = look_at(ask, head, policy, &discovery, (None, Memory::Use(&memo)));
    let mut locations = Locations::of(ask, head)?;
    let gone = locations.gone(&base);
    let new = locations.arrived(commit, policy, &looked.report, &may_hold);
    let renamed = renames(repository.root(), &commit.revision, head.revision(), (&gone, &new))
        .map_err(CliError::Usage)?;
    let asked = asked_of_base(ask, repository, &renamed, &found, &base);
    base.files.retain(|file| file.is_missing || asked.contains(&file.path) || !locations.has(&file.path));
    if matches!(head, FileTree::WorkTree(_)) {
        discovery.hold(&renamed.keys().cloned().collect(), search, repository);
    }
    locations.record(ask, &discovery, &renamed);
    let before = Baseline::new(&base, &renamed, &looked.report);
    // Who goes back to whom shows only once all are read; then there is something to compare with.
    looked = look_at(ask, head, policy, &discovery, (Some(&before), Memory::Use(&memo)));
    let is_asked = |path: &str| asked.contains(path);
    let fixed = before.mark_known(&mut looked.report.files, is_asked, is_reported);
    let left: Vec<_> = before.all_left().filter(|(path, _)| is_asked(path)).collect();
    locations.find(commit, &left, &may_hold);
    let judge = LintContext { policy, today: ask.today, load: &head, before: Some(&before) };
    add_left(&left, &locations, judge, &mut looked);
    let unread = unread_of_base(&base, repository, &locations, &asked);
    looked.report.obstacles.extend(obstacles_of_base(&unread));
    let is_known = |path: &str| is_asked(path) && locations.of_file(path) != Location::LeftOut;
    let stands = |path: &str| matches!(locations.of_file(path), Location::Checked | Location::Unchecked);
    let mut agents = compare::agents(&before, &base, &looked.report, is_known, stands);
    // What cannot be read in the base is not new.
    let is_unread = |agent: &AgentChange| unread.iter().any(|obstacle| obstacle.path() == agent.path);
    agents.retain(|agent| agent.before != ScoreChange::Absent || !is_unread(agent));
    looked.report.change = Some(Change {
        base: commit.revision.clone(),
        verdict_before: base.verdict(),
        agents,
        policy: Vec::new(),
        fixed,
    });
    looked.report.new_only = ask.new_only;
    // Where something of the base could not be read, nothing shows what it used.
    let before = (base.obstacles.is_empty() && !commit.is_unrelated).then_some(used);
    Ok(Compared { looked, before })
}

/// What kept files of the base from being read that were asked for or that are gone: those can be what came. A pointer of
/// Git LFS had nothing to compare with.
fn unread_of_base(
    base: &Report,
    repository: &Repository,
    locations: &Locations<'_>,
    asked: &BTreeSet<String>,
) -> Vec<InputError> {
    let counts = |obstacle: &&InputError| {
        let path = repository.matched(Path::new(obstacle.path()));
        let is_among = asked.contains(&path) || !locations.has(&path);
        !matches!(obstacle, InputError::LfsPointer { .. }) && is_among
    };
    base.obstacles.iter().filter(counts).cloned().collect()
}

fn obstacles_of_base(unread: &[InputError]) -> impl Iterator<Item = InputError> {
    unread.iter().map(|error| InputError::InBase(Box::new(error.clone())))
}

/// Adds the threat models of the base that no checked one goes back to, by their paths.
fn add_left(
    left: &[(&str, &[&Assessed])],
    locations: &Locations<'_>,
    judge: LintContext<'_>,
    looked: &mut RunResult,
) {
    let repository = locations.head.repository();
    for (path, models) in left {
        let name = repository.shown(&repository.root().join(path));
        let moved = match locations.of_file(path) {
            Location::Checked => continue,
            Location::Unchecked => {
                add_unchecked(name, locations.head, &mut looked.report);
                continue;
            }
            Location::LeftOut => {
                looked.report.obstacles.push(InputError::BaseModelSparse { path: name });
                continue;
            }
            Location::Moved(now) => Some((now, locations.reason(now, judge.policy).to_string())),
            Location::Gone => None,
        };
        let linted = lint_removed(path, models, moved, judge);
        looked.add_path(&name, (*path).to_owned(), linted);
    }
}

/// Adds that a file of the checkout held a threat model and is not checked, unless the report says why.
fn add_unchecked(path: String, head: FileTree<'_>, report: &mut Report) {
    let is_told = report.obstacles.iter().any(|obstacle| obstacle.path() == path);
    if matches!(head, FileTree::WorkTree(_)) && !is_told {
        report.obstacles.push(InputError::BaseModelUnchecked { path });
    }
}

/// The base's run, with the files that it read. An agent may have come from anywhere, so that all of the base is checked.
fn look_at_base(
    ask: &CheckOptions<'_>,
    (repository, commit): (&Repository, &Commit),
    policy: &Policy,
    held: &BTreeSet<String>,
    memo: &Memo,
) -> (RunResult, Discovery) {
    let side = FileTree::Commit(repository, commit);
    let mut paths = named_paths(ask);
    paths.push(repository.root().to_owned());
    let search = Search { paths: &paths, policy, named: ask.named, threads: ask.threads };
    let discovery = side.discover(search, held);
    (
        look_at(
            &CheckOptions { paths: &paths, ..*ask },
            side,
            policy,
            &discovery,
            (None, Memory::Keep(memo)),
        ),
        discovery,
    )
}

/// The paths in the base that were asked for or went into what was. What is still elsewhere, and was not asked for, went
/// nowhere.
fn asked_of_base(
    ask: &CheckOptions<'_>,
    repository: &Repository,
    renamed: &BTreeMap<String, String>,
    found: &Discovery,
    base: &Report,
) -> BTreeSet<String> {
    let mut paths = named_paths(ask);
    let is_asked = |path: &str| repository.is_among(path, &named_paths(ask));
    let origins = renamed.iter().filter(|(now, _)| is_asked(now));
    paths.extend(origins.map(|(_, origin)| repository.root().join(origin)));
    let all = found.candidates.iter().map(|candidate| &candidate.matched);
    let mut asked: BTreeSet<String> = all.filter(|path| repository.is_among(path, &paths)).cloned().collect();
    // A folder that the change has made a link hides what was in it from those who ask for it by that name.
    let hidden = base.files.iter().filter(|file| repository.is_hidden(&file.path, ask.paths));
    asked.extend(hidden.map(|file| file.path.clone()));
    asked
}

/// Adds a warning for each policy that nothing reads because of the place it is in.
fn add_misplaced(ask: &CheckOptions<'_>, head: FileTree<'_>, policy: &Policy, looked: &mut RunResult) {
    let (repository, rule) = (head.repository(), &POLICY_INEFFECTIVE);
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
        let mut diagnostic = Diagnostic::new(
            rule,
            Owner::Policy,
            source.first_line(Span::new(0, source.text().len())),
            message,
        );
        diagnostic.level = level;
        diagnostic.known = ask.base.is_some_and(|base| base.holds(path) && !base.is_unrelated);
        let file = FileReport::of_policy(&source, path.clone(), vec![diagnostic]);
        looked.report.files.push(file.with_text(source));
    }
}

fn remark_unchecked(ask: &CheckOptions<'_>, policy: &Policy, base: Option<&Base<'_>>, report: &mut Report) {
    if ask.new_only && base.is_some_and(|base| base.policy.is_none()) {
        let remark = "the base has no policy that can be read, so every problem counts as new";
        report.remarks.push(remark.to_owned());
    }
    if let Some(base) = ask.base.filter(|base| base.is_unrelated) {
        let remark = format!(
            "{} has no commit in common with what is checked, so it is compared as it is, and every problem counts as new",
            base.revision
        );
        report.remarks.push(remark);
    }
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
    ask: &CheckOptions<'_>,
    head: FileTree<'_>,
    own: Option<Found>,
    (policy, said): (&Policy, &[Attribute]),
    base: Option<&Base<'_>>,
    compared: &mut Compared,
) {
    let Compared { looked: RunResult { report, used, .. }, before } = compared;
    let searched = searched(ask, head.repository(), report);
    let has_base = base.is_some();
    let reviewed = |policy, before| Reviewed { policy, used, before, searched: &searched, has_base };
    let differences = match own {
        None => {
            // A policy that cannot be read there was in force all the same: everything about it has changed.
            let before_facts = base.and_then(|base| base.policy.as_ref()).map(Policy::facts);
            let differences = compare::differences(&before_facts.unwrap_or_default(), said);
            let before = before.as_ref().filter(|_| differences.is_empty()).map(|used| (policy, used));
            add_review(ask, head, reviewed(policy, before), policy, report);
            differences
        }
        Some(Err((_, broken))) => {
            add_broken(report, broken, head.repository(), PolicyRole::OfChange);
            Vec::new()
        }
        Some(Ok((own, name))) => {
            let differences = compare::differences(said, &own.facts());
            let before = before.as_ref().filter(|_| differences.is_empty()).map(|used| (policy, used));
            if differences.is_empty() && has_same_text(&own, policy) {
                add_review(ask, head, reviewed(&own, before), policy, report);
            } else {
                let verdict = review_by_own(ask, head, &own, (policy, before), report);
                if !differences.is_empty() {
                    let is_built_in = BuiltIn::named(&name).is_some();
                    let name = if is_built_in { name } else { head.repository().matched(Path::new(&name)) };
                    remark_differing(ask, &name, verdict, report);
                }
            }
            differences
        }
    };
    if let Some(change) = &mut report.change {
        change.policy = differences;
    }
}

/// Whether two policies were read from the same texts, so that their entries are in the same order.
fn has_same_text(one: &Policy, other: &Policy) -> bool {
    let texts = |policy: &Policy| -> Vec<_> {
        policy.sources().iter().map(|source| source.text().to_owned()).collect()
    };
    texts(one) == texts(other)
}

/// Adds what a run by the change's own policy shows of it, and returns the verdict of that run.
fn review_by_own(
    ask: &CheckOptions<'_>,
    head: FileTree<'_>,
    own: &Policy,
    (policy, before): (&Policy, Option<(&Policy, &PolicyUsage)>),
    report: &mut Report,
) -> Verdict {
    let RunResult { report: mut by_own, used, .. } = lint_files(ask, head, own);
    let searched = searched(ask, head.repository(), &by_own);
    let reviewed = Reviewed { policy: own, used: &used, before, searched: &searched, has_base: false };
    add_review(ask, head, reviewed, policy, report);
    add_review(ask, head, reviewed, own, &mut by_own);
    by_own.verdict()
}

/// The files and folders that a run has searched, from the repository's root; none where something could not be read.
fn searched(ask: &CheckOptions<'_>, repository: &Repository, report: &Report) -> Vec<String> {
    if !report.obstacles.is_empty() {
        return Vec::new();
    }
    let skipped: BTreeSet<&str> = report.skipped.iter().map(String::as_str).collect();
    let is_read = |path: &&PathBuf| path.as_os_str() != "-" && !skipped.contains(&*repository.shown(path));
    let paths = ask.paths.iter().filter(is_read);
    let below = |path: &PathBuf| {
        if repository.is_below(path) { String::new() } else { repository.matched(path) }
    };
    paths.map(below).collect()
}

fn remark_differing(ask: &CheckOptions<'_>, name: &str, verdict: Verdict, report: &mut Report) {
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

/// What makes a problem of a policy the same one in two runs, whatever its line.
fn key(source: &Source, diagnostic: &Diagnostic) -> (String, String, String) {
    (source.name().to_owned(), diagnostic.rule.to_string(), diagnostic.message.to_string())
}

/// A policy with what a run has shown of it.
#[derive(Clone, Copy)]
struct Reviewed<'p> {
    policy: &'p Policy,
    used: &'p PolicyUsage,
    /// What the base's run used, and of which policy, where that says the same.
    before: Option<(&'p Policy, &'p PolicyUsage)>,
    /// The files and folders that were searched.
    searched: &'p [String],
    /// Whether the models were compared with those of a base.
    has_base: bool,
}

/// Adds what a run has shown of a policy, at the levels that the judging one gives. What a run on the base shows as well is
/// known.
fn add_review(
    ask: &CheckOptions<'_>,
    head: FileTree<'_>,
    reviewed: Reviewed<'_>,
    judging: &Policy,
    report: &mut Report,
) {
    let Reviewed { policy, used, before, searched, has_base } = reviewed;
    let run = Run { today: ask.today, searched, compared: has_base, expiring_within: ask.expiring_within };
    let whole = [String::new()];
    let of_base = Run { searched: &whole, compared: true, ..run };
    let found = before.map(|(policy, used)| policy.review(used, of_base, judging)).unwrap_or_default();
    let mut known: BTreeMap<_, usize> = BTreeMap::new();
    for (source, diagnostic) in
        found.iter().flat_map(|(source, found)| found.iter().map(move |one| (source, one)))
    {
        *known.entry(key(source, diagnostic)).or_default() += 1;
    }
    for (source, mut diagnostics) in policy.review(used, run, judging) {
        let path = head.repository().matched(Path::new(source.name()));
        for diagnostic in &mut diagnostics {
            if let Some(left @ 1..) = known.get_mut(&key(&source, diagnostic)) {
                *left -= 1;
                diagnostic.known = true;
            }
        }
        report.files.push(FileReport::of_policy(&source, path, diagnostics).with_text(source));
    }
}
