//! One file through all the steps: text, tree, shape, meaning, levels. A pure function of its arguments.
//!
//! Disk, clock, environment and terminal belong to the command layer; how diagnostics look, to the reports.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::date::Date;
use crate::diagnostic::{
    Diagnostic, MAX_PROBLEMS, Origin, Owner, RuleInfo, limit_problems, shortened, sort_diagnostics,
    with_threat,
};
use crate::model::{DetectedFormat, Format, MOST_FINDINGS, Model, detect};
use crate::policy::{Exception, Load, PolicyUsage, Scope, Settings};
use crate::rego::input::rego_input;
use crate::rego::{Answer, CompiledPolicy, Definition, RegoAnswers};
use crate::rules;
use crate::rules::{Check, Subject};
use crate::schema::Violation;
use crate::score::{BaseScores, ScoredModel};
use crate::source::{BOM, Language, Source, Span};
use crate::syntax;
use crate::syntax::{MODEL_MARKER, Node, POLICY_MARKER, ProblemKind, missing_at, place_of, pointer};

/// What there is to say about one file.
#[derive(Debug)]
pub struct LintResult {
    /// What the file is.
    pub content: Content,
    /// Its threat models with their computed scores.
    pub models: Vec<ScoredModel>,
    /// What is wrong, in the order of the text. Only what the policy does not switch off.
    pub diagnostics: Vec<Diagnostic>,
    /// What of the policy had a part in it.
    pub used: PolicyUsage,
    /// Why rules in Rego could not judge it, where they could not.
    pub unjudged: Vec<String>,
}

/// What a file is judged by.
#[derive(Clone, Copy)]
pub struct LintContext<'j> {
    /// The policy in force.
    pub policy: &'j CompiledPolicy,
    /// The day.
    pub today: Date,
    /// How policies that extend others come by them, when a policy is among the files.
    pub load: Load<'j>,
    /// The state of the base revision, where the run has one.
    pub before: Option<&'j dyn BaseModels>,
}

/// The threat models of the base revision, by the files of the head.
pub trait BaseModels: Sync {
    /// Whether the base has a threat model in a file, or in the one from which it was renamed.
    fn held(&self, path: &str) -> bool;

    /// The base scores of a threat model of the head, by its path and its place in the file.
    fn scores(&self, path: &str, place: usize) -> Option<BaseScores<'_>>;

    /// Whether each model of a file is compared with the one at the same place of the same file of the base.
    fn is_itself(&self, path: &str, models: usize) -> bool;

    /// The models that left a file, or the one from which it was renamed.
    fn left(&self, path: &str) -> &[&ScoredModel];

    /// The models that are gone from all files.
    fn gone(&self) -> &[&ScoredModel];
}

/// What a file turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// One or more threat models, or something that was meant to be one or cannot be read.
    Model,
    /// A policy that passed.
    Policy,
    /// A policy that did not pass: nothing can be judged by it.
    BrokenPolicy,
    /// A pointer of Git LFS to a file that is not here.
    LfsPointer,
    /// Something with the keys of a threat model, and without its marker.
    Unmarked,
    /// None of these.
    Other,
}

/// Whether a file is a pointer of Git LFS: by its first line, of any version, or by its keys.
fn is_lfs_pointer(text: &str) -> bool {
    /// Names of Git LFS in the addresses of its versions.
    const NAMES: [&str; 3] = ["git-lfs", "hawser", "git-media"];
    /// A pointer has fewer than 1,024 bytes, so one with more lines of extensions is none.
    const MOST_LINES: usize = 30;
    let mut lines =
        text.trim_start_matches(BOM).split(['\n', '\r']).map(str::trim).filter(|line| !line.is_empty());
    let Some(version) = lines.next().and_then(|first| first.strip_prefix("version ")) else { return false };
    let keys: Vec<&str> = lines.take(MOST_LINES).collect();
    let has = |key: &str| keys.iter().any(|line| line.starts_with(key));
    NAMES.iter().any(|name| version.contains(name)) || has("oid ") && has("size ") && keys.len() < MOST_LINES
}

/// Judges one file, which lies at `path` relative to the repository's root.
pub fn lint(source: &Source, path: &str, judge: LintContext<'_>) -> LintResult {
    if is_lfs_pointer(source.text()) {
        return LintResult::of(Content::LfsPointer, Vec::new());
    }
    let document = syntax::parse(source);
    let roots: Vec<(Node<'_>, DetectedFormat<'_>)> =
        document.roots().map(|root| (root, detect(root))).collect();
    let holds_model = roots.iter().any(|(_, what)| matches!(what, DetectedFormat::Model(_)));
    // A page that shows policies explains them; it is none.
    let is_page = source.language() == Language::Markdown;
    let shows_model = holds_model || judge.before.is_some_and(|before| before.held(path));
    let hides_model = document.problems.iter().any(|problem| problem.kind == ProblemKind::UnreadMarker);
    let is_policy = || roots.iter().any(|(root, _)| root.get(POLICY_MARKER).is_some());
    if !shows_model && !hides_model && !is_page && is_policy() {
        return lint_policy(source, judge);
    }
    let is_unmarked = roots.iter().any(|(_, what)| *what == DetectedFormat::Unmarked);
    let content = if is_unmarked { Content::Unmarked } else { Content::Other };
    let diagnostics = document.problems.iter().map(|problem| problem.diagnostic(Owner::File)).collect();
    let mut linted = LintResult::of(content, diagnostics);
    let streams: HashSet<usize> = (roots.iter().enumerate())
        .filter(|(_, (_, what))| matches!(what, DetectedFormat::Model(_)))
        .map(|(number, _)| document.stream_of(number))
        .collect();
    for (number, (root, what)) in roots.into_iter().enumerate() {
        // The rest is not shown, and the file fails for that: it need not be judged either.
        if linted.diagnostics.len() > MAX_PROBLEMS {
            break;
        }
        match what {
            DetectedFormat::Model(format) => match format.overfull(root) {
                Some(place) => linted.diagnostics.push(overfull(place)),
                None => lint_model(root, format, path, judge, source, &mut linted),
            },
            DetectedFormat::Misspelled(key, place, meant) => {
                linted.diagnostics.push(misspelled(key, place, meant));
            }
            // Another document next to a threat model would go unread. A page may contain other blocks.
            DetectedFormat::Unmarked | DetectedFormat::Other
                if streams.contains(&document.stream_of(number)) =>
            {
                linted.diagnostics.push(unmarked(root));
            }
            DetectedFormat::Unmarked | DetectedFormat::Other => {}
        }
    }
    compare(&mut linted, path, judge);
    if holds_model || !linted.diagnostics.is_empty() {
        linted.content = Content::Model;
    }
    limit_problems(&mut linted.diagnostics, Owner::File, Span::new(0, 0));
    sort_diagnostics(&mut linted.diagnostics, |span| pointer(&document, span));
    except(&mut linted, path, judge);
    linted
}

fn overfull(place: Span) -> Diagnostic {
    let message = format!("the threat model has more than {MOST_FINDINGS} findings, so none of it was read");
    Diagnostic::new(RuleInfo::FILE_TOO_COMPLEX, Owner::Agent, place, message)
}

impl LintResult {
    fn of(content: Content, diagnostics: Vec<Diagnostic>) -> Self {
        Self { content, models: Vec::new(), diagnostics, used: PolicyUsage::default(), unjudged: Vec::new() }
    }
}

/// What there is to say about a path at which the base has threat models and the head has nothing. `moved` is where the
/// file is now, and why it is not checked there.
pub fn lint_removed(
    path: &str,
    models: &[&ScoredModel],
    moved: Option<(&str, String)>,
    judge: LintContext<'_>,
) -> LintResult {
    let moved = moved.map(|(now, why)| format!("; its file is now {now}, which is {why}"));
    let moved = moved.unwrap_or_default();
    let found = models.iter().filter_map(|model| removed(model, path, &moved, judge));
    let diagnostics = found.collect();
    let mut linted = LintResult::of(Content::Model, diagnostics);
    except(&mut linted, path, judge);
    linted
}

/// What there is to say about a folder in which a line of the policy requires a threat model.
pub fn lint_missing(path: &str, message: &str, required: &Origin, judge: LintContext<'_>) -> LintResult {
    let rule = &rules::builtin::MODEL_MISSING;
    let (settings, _) = judge.policy.settings_for(Scope { path, environment: None, tier: None });
    let diagnostic = settings.level(rule).map(|level| {
        let diagnostic = Diagnostic::new(rule, Owner::File, Span::new(0, 0), message).decided_by(required);
        Diagnostic { level, ..diagnostic }
    });
    let mut linted = LintResult::of(Content::Model, diagnostic.into_iter().collect());
    except(&mut linted, path, judge);
    linted
}

/// Adds what the base has in this file and the head has not.
fn compare(linted: &mut LintResult, path: &str, judge: LintContext<'_>) {
    let Some(before) = judge.before else { return };
    if linted.models.is_empty() {
        if before.held(path) {
            let message = "this file contains a threat model in the base, and none that can be read now";
            let rule = &rules::builtin::MODEL_UNREADABLE;
            linted.diagnostics.push(Diagnostic::new(rule, Owner::File, Span::new(0, 0), message));
        }
        return;
    }
    let is_new = |place: &usize| is_new(before, path, *place);
    let replaced = (0..linted.models.len()).filter(is_new).count();
    let gone = before.left(path).iter().skip(replaced);
    linted.diagnostics.extend(gone.filter_map(|model| removed(model, path, "", judge)));
}

/// A model of the base that is gone, at the level that its terms give.
fn removed(model: &ScoredModel, path: &str, moved: &str, judge: LintContext<'_>) -> Option<Diagnostic> {
    let rule = &rules::builtin::MODEL_REMOVED;
    let level = judge.policy.settings_for(scope_of(&model.model, path)).0.level(rule)?;
    let name = model.name().map_or_else(|| "an unnamed agent".to_owned(), |name| format!("`{name}`"));
    let message = format!("the threat model of {name} was removed{moved}");
    Some(Diagnostic { level, ..Diagnostic::new(rule, Owner::File, Span::new(0, 0), message) })
}

fn lint_policy(source: &Source, judge: LintContext<'_>) -> LintResult {
    let (content, diagnostics) = match CompiledPolicy::read(source.clone(), judge.load, rules::NAMES) {
        Ok(_) => (Content::Policy, Vec::new()),
        Err(broken) => {
            let own = broken.into_iter().filter(|broken| broken.source.name() == source.name());
            (Content::BrokenPolicy, own.flat_map(|broken| broken.diagnostics).collect())
        }
    };
    LintResult::of(content, diagnostics)
}

/// The scope of the settings for a threat model at a path.
fn scope_of<'m>(model: &'m Model, path: &'m str) -> Scope<'m> {
    Scope { path, environment: model.agent.environment.as_deref(), tier: model.agent.tier.as_deref() }
}

/// Whether a threat model of the head has no counterpart in the base.
fn is_new(base: &dyn BaseModels, path: &str, place: usize) -> bool {
    !matches!(base.scores(path, place), Some(BaseScores::Same(_)))
}

fn lint_model(
    root: Node<'_>,
    format: Format,
    path: &str,
    judge: LintContext<'_>,
    source: &Source,
    linted: &mut LintResult,
) {
    let model: Model = format.read(root);
    let (settings, overrides) = judge.policy.settings_for(scope_of(&model, path));
    linted.used.overrides.extend(overrides);
    let place = linted.models.len();
    let before = judge.before.and_then(|before| before.scores(path, place));
    let mut subject =
        Subject::new(&model, &settings, judge.today, before).with_files(path, |file| judge.load.exists(file));
    if let Some(all) = judge.before.filter(|all| is_new(*all, path, place)) {
        subject.left = [all.left(path), all.gone()];
    }
    let mut found = meaning(&subject);
    for violation in format.schema().violations(root).into_iter().take(MAX_PROBLEMS) {
        let owner = format.owner_at(violation.path.iter().map(String::as_str));
        if !is_duplicate(&violation, &linted.diagnostics)
            && !is_superseded(&violation, owner, &settings, &found)
        {
            found.push(violation.into_diagnostic(owner));
        }
    }
    let is_part = |problem: &Diagnostic| problem.owner == Owner::File && root.span().contains(problem.span);
    // A value that could not be read explains a score that could not be computed.
    if !linted.diagnostics.iter().any(is_part) {
        found.extend(uncomputed(&subject, &found));
    }
    if judge.policy.has_rego() {
        let input = rego_input(root, &model, &subject.scores, judge.today, path);
        let mut answers = Ok(RegoAnswers::default());
        let bounded = judge.load.bounded(&mut || answers = judge.policy.evaluate(&input));
        match bounded.and(answers) {
            Ok(answers) => {
                // Two entries of a policy can name the same rule.
                let mut seen = HashSet::new();
                let given = answers.given.into_iter().filter(|(answer, _)| seen.insert(answer.clone()));
                let mut places = HashSet::new();
                for (answer, definition) in given.take(MAX_PROBLEMS + 1) {
                    let misplaced = misplaced(&answer, definition, root, model.format);
                    // One path for each rule is enough to find the mistake.
                    let misplaced = misplaced.filter(|_| places.insert(definition.origin.place()));
                    linted.unjudged.extend(misplaced.map(|message| of_rego(&message)));
                    found.push(of_answer(answer, root, &model).decided_by(&definition.origin));
                }
                let failed = answers.failed.into_iter().take(MAX_PROBLEMS);
                linted.unjudged.extend(failed.map(|message| of_rego(&message)));
            }
            Err(message) => linted.unjudged.push(of_rego(&message)),
        }
    }
    limit_problems(&mut found, Owner::Agent, model.key_span);
    let mut ids = HashMap::new();
    for diagnostic in &mut found {
        diagnostic.model = Some(place);
        diagnostic.finding = id_of(diagnostic.owner, &model, &mut ids);
        diagnostic.threat = threat_at(diagnostic.span, &model);
    }
    linted.diagnostics.append(&mut found);
    let scores = subject.scores;
    linted.models.push(ScoredModel::new(model, scores, source));
}

/// The identifier of the finding that a problem is about. It can be long: all problems of a finding share one copy.
fn id_of(owner: Owner, model: &Model, ids: &mut HashMap<usize, Option<Arc<str>>>) -> Option<Arc<str>> {
    let Owner::Finding(at) = owner else { return None };
    let id = || model.finding(owner)?.id.as_deref().map(Arc::from);
    ids.entry(at).or_insert_with(id).clone()
}

/// Why rules in Rego could not check a threat model.
fn of_rego(message: &str) -> String {
    shortened(format!("rules in Rego: {message}").into()).into()
}

/// The name of the threat in whose bytes a problem lies.
fn threat_at(span: Span, model: &Model) -> Option<Box<str>> {
    let (layer, index) = model.layers().iter().find_map(|layer| {
        let index = layer.threats.iter().position(|threat| threat.whole.contains(span))?;
        Some((layer, index))
    })?;
    layer.threat_name(index).map(String::into_boxed_str)
}

/// Why the path of a rule's answer leads nowhere, if it does: to no value, and to no place where one is missing.
fn misplaced(answer: &Answer, definition: &Definition, root: Node<'_>, format: Format) -> Option<String> {
    let path = answer.path.as_deref().filter(|path| !path.is_empty())?;
    let missing = missing_at(root, path);
    let is_known = missing.is_none_or(|(steps, found)| format.schema().knows(&steps, found));
    (!is_known).then(|| {
        let place = definition.shown();
        format!("{place}: path {path:?} leads nowhere in this threat model ({})", answer.message)
    })
}

/// What a rule in Rego reports, at the place that it names and about what lies there.
fn of_answer(answer: Answer, root: Node<'_>, model: &Model) -> Diagnostic {
    let path = answer.path.as_deref().unwrap_or_default();
    let span = place_of(root, path).unwrap_or(model.key_span);
    let owner = model.format.owner_at(path.split('/').skip(1));
    // Other findings can shift the place in the list.
    let part = match owner {
        Owner::Finding(_) => path.splitn(4, '/').nth(3).unwrap_or_default(),
        Owner::File | Owner::Policy | Owner::Agent => path,
    };
    let name = |layer: &str, index| {
        model.layers().iter().find(|known| known.kind.key() == layer)?.threat_name(index)
    };
    let part = with_threat(part, name);
    let details = answer.details.map(|details| shortened(format!("details: {details}").into()).into());
    Diagnostic::of_rego(answer.rule, answer.level, owner, span, answer.message).part(part).note(details)
}

/// What the rules of meaning have to say, at the levels that the terms give them.
fn meaning(subject: &Subject<'_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for rule in rules::ALL {
        let check = match rule.check {
            Check::Model(check) => check,
            Check::Limit { applies, check } if applies(subject.settings) => check,
            Check::Limit { .. } | Check::Builtin | Check::PolicyAudit | Check::Run => continue,
        };
        let Some(level) = subject.settings.level(rule) else { continue };
        let first = found.len();
        check(subject, &mut found);
        for diagnostic in &mut found[first..] {
            diagnostic.level = level;
            if diagnostic.decided_by.is_none() {
                diagnostic.decided_by =
                    subject.settings.levels().get(rule.name).map(|set| Box::new(set.origin.clone()));
            }
        }
    }
    found
}

/// Marks what the policy's exceptions cover, and remembers which exceptions cover a problem. The first one that does is
/// the one that reports show.
fn except(linted: &mut LintResult, path: &str, judge: LintContext<'_>) {
    let mut by_rule: HashMap<&str, Vec<(usize, &Exception)>> = HashMap::new();
    for (at, exception) in judge.policy.exceptions().iter().enumerate() {
        if exception.is_for(path) {
            by_rule.entry(&exception.rule).or_default().push((at, exception));
        }
    }
    if by_rule.is_empty() {
        return;
    }
    // What an exception is for can be in the part that was not read or computed.
    if !linted.unjudged.is_empty() || linted.diagnostics.iter().any(|diagnostic| diagnostic.fixed) {
        linted.used.unclear.extend(by_rule.values().flatten().map(|(at, _)| *at));
    }
    let ambiguous = ambiguous_findings(&linted.models);
    for diagnostic in &mut linted.diagnostics {
        for &(at, exception) in by_rule.get(&*diagnostic.rule).into_iter().flatten() {
            if exception.finding.as_deref().is_some_and(|id| ambiguous.contains(id)) {
                continue;
            }
            let Some(excepted) = exception.covers(diagnostic, path, judge.today) else { continue };
            linted.used.exceptions.insert(at);
            diagnostic.excepted.get_or_insert_with(|| Box::new(excepted));
        }
    }
}

/// The identifiers of findings that several threat models of a file have: an exception cannot tell which one it is for.
fn ambiguous_findings(models: &[ScoredModel]) -> HashSet<String> {
    let mut owners: HashMap<&str, usize> = HashMap::new();
    for (place, model) in models.iter().enumerate() {
        for id in model.scores.iter().filter_map(|scored| model.model.finding_id(scored.owner)) {
            let owner = *owners.entry(id).or_insert(place);
            if owner != place {
                owners.insert(id, usize::MAX);
            }
        }
    }
    let several = owners.into_iter().filter(|(_, owner)| *owner == usize::MAX);
    several.map(|(id, _)| id.to_owned()).collect()
}

/// Whether what is wrong with the text has been reported at the place of a violation.
fn is_duplicate(violation: &Violation, reported: &[Diagnostic]) -> bool {
    reported.iter().any(|problem| problem.owner == Owner::File && problem.span == violation.span)
}

/// Whether a rule of ours has said, or by policy need not say, what this violation of the schema says.
fn is_superseded(violation: &Violation, owner: Owner, settings: &Settings, found: &[Diagnostic]) -> bool {
    let Some(rule) = violation.owner.as_deref().and_then(rules::named) else { return false };
    let has_said = |diagnostic: &Diagnostic| {
        let is_at = |place: Span| diagnostic.span.contains(place) || place.contains(diagnostic.span);
        diagnostic.owner == owner
            && diagnostic.rule == rule.name
            && (is_at(violation.span) || is_at(violation.value_span))
    };
    settings.level(rule).is_none() || found.iter().any(has_said)
}

/// A score that could not be computed, where nothing explains it: what is not understood does not pass.
fn uncomputed(subject: &Subject<'_>, found: &[Diagnostic]) -> Vec<Diagnostic> {
    let rule = &rules::builtin::SCORE_UNCOMPUTED;
    let explained: HashSet<Owner> =
        found.iter().filter(|problem| problem.fixed).map(|problem| problem.owner).collect();
    let scores = subject.scores.iter();
    let scores = scores.filter(|scored| scored.working.is_none() && !explained.contains(&scored.owner));
    let message = "the score cannot be computed from what is given";
    scores.map(|scored| Diagnostic::new(rule, scored.owner, scored.place(), message)).collect()
}

fn misspelled(key: &str, place: Span, meant: &str) -> Diagnostic {
    let message = format!("`{key}` is a misspelling of `{meant}`");
    Diagnostic::new(&rules::builtin::MARKER_MISSING, Owner::File, place, message)
        .help(format!("write `{meant}`"))
}

fn unmarked(root: Node<'_>) -> Diagnostic {
    let first = root.as_map().and_then(|map| map.iter().next());
    let span = first.map_or(root.span(), |entry| entry.key_span);
    let message = format!("this document is next to a threat model and lacks `{MODEL_MARKER}: 1` at its top");
    Diagnostic::new(&rules::builtin::MARKER_MISSING, Owner::File, span, message)
        .help(format!("put `{MODEL_MARKER}: 1` first"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lfs_pointer_is_known_in_every_version() {
        let keys = "oid sha256:0123456789abcdef\nsize 12\n";
        for text in [
            format!("version https://git-lfs.github.com/spec/v1\n{keys}"),
            format!("version https://git-lfs.github.com/spec/v2\n{keys}"),
            format!("version https://hawser.github.com/spec/v1\n{keys}"),
            format!("version http://git-media.io/v/2\n{keys}"),
            format!("version https://example.org/spec/v1\n{keys}"),
            format!("version https://git-lfs.github.com/spec/v1\next-0-case sha256:01\n{keys}"),
            format!("version https://git-lfs.github.com/spec/v1\r\n{}", keys.replace('\n', "\r\n")),
            format!("\u{FEFF}\nversion https://git-lfs.github.com/spec/v1 \n{keys}"),
        ] {
            assert!(is_lfs_pointer(&text), "{text}");
        }
        for text in ["", "version: 1\n", "version 2\nsize 1\n", "aivss_threat_model: 1\noid a\nsize 1\n"] {
            assert!(!is_lfs_pointer(text), "{text}");
        }
    }

    #[test]
    fn uncomputed_score_is_reported_unless_a_problem_of_its_owner_explains_it() {
        let text =
            "aivss_threat_model: 1\naivss: {}\nfindings: [{ id: a, aivss: {} }, {}, { id: b, aivss: {} }]\n";
        let source = Source::decode("a.yaml", text.as_bytes().to_vec());
        let document = syntax::parse(&source);
        let model = Format::Native.read(document.roots().next().unwrap());
        let settings = Settings::default();
        let subject = Subject::new(&model, &settings, Date::parse("2026-01-01").unwrap(), None);
        let owners = |explained: &[Owner]| -> Vec<Owner> {
            let problem = |owner| Diagnostic::new(&rules::factor_missing::RULE, owner, Span::new(0, 1), "");
            let found: Vec<Diagnostic> = explained.iter().copied().map(problem).collect();
            uncomputed(&subject, &found).iter().map(|problem| problem.owner).collect()
        };
        assert_eq!(owners(&[]), [Owner::Agent, Owner::Finding(0), Owner::Finding(2)]);
        assert_eq!(owners(&[Owner::File, Owner::Finding(0)]), [Owner::Agent, Owner::Finding(2)]);
        assert_eq!(owners(&[Owner::Agent, Owner::Finding(1)]), [Owner::Finding(0), Owner::Finding(2)]);
    }
}
