//! One file through all steps: text, tree, schema, rules, levels.
//!
//! Other files (evidence, extended policies) are read only through [`LintContext::load`], which also bounds the time of Rego.

mod rego;

use std::cell::Cell;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::date::Date;
use crate::diagnostic::{
    Diagnostic, MAX_PROBLEMS, Origin, Owner, RuleInfo, limit_problems, sort_diagnostics,
};
use crate::file_kind::is_lfs_pointer;
use crate::model::{DetectedFormat, MAX_FINDINGS, Model, ModelFormat, Threat, detect, threat_name};
use crate::page;
use crate::policy::{Exception, Load, PolicyUsage, Scope};
use crate::rego::CompiledPolicy;
use crate::rules::{self, Check, Subject, risk_unaddressed};
use crate::schema::{Violation, ViolationKind};
use crate::score::{BaseScores, ScoredModel};
use crate::source::{Language, Source, Span};
use crate::syntax::{MODEL_MARKER, Node, POLICY_MARKER, ProblemKind, pointer};

/// The result of linting one file.
#[derive(Debug)]
pub struct LintResult {
    /// The kind of the file.
    pub content: Content,
    /// Its threat models with their computed scores.
    pub models: Vec<ScoredModel>,
    /// Its problems at the levels of the policy, in the order of the text.
    pub diagnostics: Vec<Diagnostic>,
    /// The entries of the policy that had an effect.
    pub used: PolicyUsage,
    /// The reasons why rules in Rego could not check it.
    pub unchecked: Vec<String>,
    /// Whether other files could decide it: evidence, or what a policy names.
    pub(crate) asks_files: bool,
}

/// The inputs of a lint besides the file.
#[derive(Clone, Copy)]
pub struct LintContext<'c> {
    /// The policy in force.
    pub policy: &'c CompiledPolicy,
    /// The day of the run.
    pub today: Date,
    /// Loads the policies that a policy among the files extends.
    pub load: Load<'c>,
    /// The threat models of the base revision, where the run has one.
    pub before: Option<&'c dyn BaseModels>,
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

/// The kind of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// One or more threat models, or a file that was meant to be one or cannot be read.
    Model,
    /// A policy that passed.
    Policy,
    /// A policy with problems: nothing can be checked by it.
    BrokenPolicy,
    /// A pointer of Git LFS to a file that is not checked out.
    LfsPointer,
    /// A file with the keys of a threat model and without its marker.
    Unmarked,
    /// Any other file.
    Other,
    /// Nothing: the threat model of the base was removed, or a required one does not exist.
    Missing,
}

/// Lints one file; `path` is relative to the repository's root.
pub fn lint(source: &Source, path: &str, context: LintContext<'_>) -> LintResult {
    if is_lfs_pointer(source.text()) {
        return LintResult::of(Content::LfsPointer, Vec::new());
    }
    let document = page::parse(source);
    let roots: Vec<(Node<'_>, DetectedFormat<'_>)> =
        document.roots().map(|root| (root, detect(root))).collect();
    let holds_model = roots.iter().any(|(_, what)| matches!(what, DetectedFormat::Model(_)));
    // Policies in a Markdown page are examples, not policies.
    let is_page = source.language() == Language::Markdown;
    let shows_model = holds_model || context.before.is_some_and(|before| before.held(path));
    let hides_model = document.problems.iter().any(|problem| problem.kind == ProblemKind::UnreadMarker);
    if !shows_model
        && !hides_model
        && !is_page
        && roots.iter().any(|(root, _)| root.get(POLICY_MARKER).is_some())
    {
        return lint_policy(source, context);
    }
    let is_unmarked = roots.iter().any(|(_, what)| *what == DetectedFormat::Unmarked);
    let kind = if is_unmarked { Content::Unmarked } else { Content::Other };
    let diagnostics = document.problems.iter().map(|problem| problem.diagnostic(Owner::File)).collect();
    let mut linted = LintResult::of(kind, diagnostics);
    let streams: HashSet<usize> = (roots.iter().enumerate())
        .filter(|(_, (_, what))| matches!(what, DetectedFormat::Model(_)))
        .map(|(number, _)| document.stream_of(number))
        .collect();
    for (number, (root, what)) in roots.into_iter().enumerate() {
        // `limit_problems` adds an error for the rest.
        if linted.diagnostics.len() > MAX_PROBLEMS {
            break;
        }
        match what {
            DetectedFormat::Model(format) => match format.overfull(root) {
                Some(place) => linted.diagnostics.push(overfull(place)),
                None => lint_model(root, format, path, context, source, &mut linted),
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
    rules::version_outdated::add_fixes(source, &mut linted.diagnostics);
    compare_with_base(&mut linted, path, context);
    if holds_model || !linted.diagnostics.is_empty() {
        linted.content = Content::Model;
    }
    limit_problems(&mut linted.diagnostics, Owner::File, Span::new(0, 0));
    sort_diagnostics(&mut linted.diagnostics, |span| pointer(&document, span));
    apply_exceptions(&mut linted, path, context);
    linted
}

fn overfull(place: Span) -> Diagnostic {
    let message = format!("the threat model has more than {MAX_FINDINGS} findings, so none of it was read");
    Diagnostic::new(RuleInfo::FILE_TOO_COMPLEX, Owner::Agent, place, message)
}

impl LintResult {
    fn of(content: Content, diagnostics: Vec<Diagnostic>) -> Self {
        let (models, used, unchecked) = (Vec::new(), PolicyUsage::default(), Vec::new());
        Self { content, models, diagnostics, used, unchecked, asks_files: false }
    }
}

/// The result for a path with threat models in the base and none in the head. `moved` is the new path of the file and the
/// reason why it is not checked there.
pub fn lint_removed(
    path: &str,
    models: &[&ScoredModel],
    moved: Option<(&str, String)>,
    context: LintContext<'_>,
) -> LintResult {
    let moved = match moved {
        Some((now, why)) => format!("; its file is now {now}, which is {why}"),
        None => String::new(),
    };
    let found = models.iter().filter_map(|model| removed(model, path, &moved, context));
    let mut linted = LintResult::of(Content::Missing, found.collect());
    apply_exceptions(&mut linted, path, context);
    linted
}

/// The result for a folder without the threat model that the policy requires.
pub fn lint_missing(path: &str, message: &str, required: &Origin, context: LintContext<'_>) -> LintResult {
    let rule = &rules::builtin::MODEL_MISSING;
    let (settings, _) = context.policy.settings_for(Scope { path, environment: None, tier: None });
    let mut linted = LintResult::of(Content::Missing, Vec::new());
    if let Some(level) = settings.level(rule) {
        let diagnostic = Diagnostic::new(rule, Owner::File, Span::new(0, 0), message).decided_by(required);
        linted.diagnostics.push(Diagnostic { level, ..diagnostic });
    }
    apply_exceptions(&mut linted, path, context);
    linted
}

/// Adds problems for threat models of the base that this file no longer contains.
fn compare_with_base(linted: &mut LintResult, path: &str, context: LintContext<'_>) {
    let Some(before) = context.before else { return };
    if linted.models.is_empty() {
        if before.held(path) {
            let message = "this file had a threat model in the base and has no readable one now";
            let rule = &rules::builtin::MODEL_UNREADABLE;
            linted.diagnostics.push(Diagnostic::new(rule, Owner::File, Span::new(0, 0), message));
        }
        return;
    }
    let is_new = |place: &usize| !matches!(before.scores(path, *place), Some(BaseScores::Same(..)));
    let replaced = (0..linted.models.len()).filter(is_new).count();
    let gone = before.left(path).iter().skip(replaced);
    linted.diagnostics.extend(gone.filter_map(|model| removed(model, path, "", context)));
}

/// The problem of a removed threat model, at the level that its settings give.
fn removed(model: &ScoredModel, path: &str, moved: &str, context: LintContext<'_>) -> Option<Diagnostic> {
    let rule = &rules::builtin::MODEL_REMOVED;
    let level = context.policy.settings_for(Scope::of(&model.model.agent, path)).0.level(rule)?;
    let name = model.name().map_or_else(|| "an unnamed agent".to_owned(), |name| format!("`{name}`"));
    let message = format!("the threat model of {name} was removed{moved}");
    Some(Diagnostic { level, ..Diagnostic::new(rule, Owner::File, Span::new(0, 0), message) })
}

fn lint_policy(source: &Source, context: LintContext<'_>) -> LintResult {
    let (kind, diagnostics) = match CompiledPolicy::read(source.clone(), context.load, rules::NAMES) {
        Ok(_) => (Content::Policy, Vec::new()),
        Err(broken) => {
            let own = broken.into_iter().filter(|broken| broken.source.name() == source.name());
            (Content::BrokenPolicy, own.flat_map(|broken| broken.diagnostics).collect())
        }
    };
    LintResult { asks_files: true, ..LintResult::of(kind, diagnostics) }
}

/// The help for a threat model without a score of the agent.
const BEGIN: &str = "add the score, or begin without one under the built-in policy `layers-only`";

fn lint_model(
    root: Node<'_>,
    format: ModelFormat,
    path: &str,
    context: LintContext<'_>,
    source: &Source,
    linted: &mut LintResult,
) {
    let model: Model = format.read(root);
    let scope = Scope::of(&model.agent, path);
    let (settings, overrides) = context.policy.settings_for(scope);
    linted.used.overrides.extend(overrides);
    let place = linted.models.len();
    let before = context.before.and_then(|before| before.scores(path, place));
    let asks_files = Cell::new(false);
    let mut subject = Subject::new(&model, &settings, context.today, before).with_files(path, |file| {
        asks_files.set(true);
        context.load.exists(file)
    });
    linted.asks_files |= asks_files.into_inner();
    add_base(&mut subject, scope, context);
    let mut found = check_rules(&subject);
    risk_unaddressed::add_questions(&mut found, &model, root, context.load.offers_questions());
    let mut violations = format.schema().violations(root);
    // Notes must not crowd out errors.
    violations.sort_by_key(|violation| violation.kind == ViolationKind::Spelling);
    for violation in violations.into_iter().take(MAX_PROBLEMS) {
        let owner = format.owner_at(violation.path.iter().map(String::as_str));
        let level = settings.level(violation.kind.rule());
        if let Some(level) = level
            && !is_duplicate(&violation, &linted.diagnostics)
            && !is_superseded(&violation, owner, &subject, &found)
        {
            let decided_by = settings.levels.get(violation.kind.rule().name);
            let decided_by = decided_by.map(|set| Box::new(set.origin.clone()));
            let is_score = violation.reported_by.as_deref() == Some(rules::not_scored::RULE.name);
            let diagnostic = violation.into_diagnostic(owner);
            let diagnostic = if is_score { diagnostic.help(BEGIN) } else { diagnostic };
            found.push(Diagnostic { level, decided_by, ..diagnostic });
        }
    }
    let mut of_file = linted.diagnostics.iter().filter(|problem| problem.owner == Owner::File);
    // A value that could not be read explains a score that could not be computed.
    if !of_file.any(|problem| root.span().contains(problem.span)) {
        found.extend(uncomputed(&subject, &found));
    }
    rego::check(root, &subject, path, context, &mut found, &mut linted.unchecked);
    limit_problems(&mut found, Owner::Agent, model.key_span);
    name_subjects(&mut found, &model, place);
    linted.diagnostics.append(&mut found);
    let (is_unscored, scores) = (subject.unscored().is_some(), subject.scores);
    linted.models.push(ScoredModel { is_unscored, ..ScoredModel::new(model, scores, source) });
}

/// Adds the models of the base that left, and the settings that are looser than those in the base.
fn add_base<'s>(subject: &mut Subject<'s>, scope: Scope<'_>, context: LintContext<'s>) {
    let (policy, path) = (context.policy, scope.path);
    match (subject.before, context.before) {
        (Some(BaseScores::Same(from, old)), _) => {
            subject.loosened = policy.loosened(Scope::of(&old.model.agent, from), scope);
        }
        (_, Some(all)) => {
            subject.left = [all.left(path), all.gone()];
            let mut left = all.left(path).iter().map(|old| Scope::of(&old.model.agent, path));
            subject.loosened = left.find_map(|old| policy.loosened(old, scope));
        }
        (_, None) => {}
    }
}

/// Adds the threat model, the finding and the threat that each problem is about.
fn name_subjects(found: &mut [Diagnostic], model: &Model, place: usize) {
    let mut ids = HashMap::new();
    for diagnostic in found {
        diagnostic.model = Some(place);
        diagnostic.finding = id_of(diagnostic.owner, model, &mut ids);
        if let Some((threats, index)) = threat_at(diagnostic.span, model) {
            diagnostic.threat = threat_name(threats, index).map(String::into_boxed_str);
            let references = threats[index].references().into_iter();
            diagnostic.references = references.map(|entry| entry.id).take(MAX_REFERENCES).collect();
        }
    }
}

/// The identifier of the finding that a problem is about. It can be long: all problems of a finding share one copy.
fn id_of(owner: Owner, model: &Model, ids: &mut HashMap<usize, Option<Arc<str>>>) -> Option<Arc<str>> {
    let Owner::Finding(at) = owner else { return None };
    ids.entry(at).or_insert_with(|| model.finding(owner)?.id.as_deref().map(Arc::from)).clone()
}

/// The number of references of a threat that its problems carry.
const MAX_REFERENCES: usize = 20;

/// The list of threats and the index in it of the one that contains a place.
fn threat_at(span: Span, model: &Model) -> Option<(&[Threat], usize)> {
    model.threat_lists().find_map(|threats| {
        let index = threats.iter().position(|threat| threat.whole.contains(span))?;
        Some((threats, index))
    })
}

/// The problems that the rules find in a threat model, at the levels of the settings.
fn check_rules(subject: &Subject<'_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for rule in rules::ALL {
        let Some(level) = subject.settings.level(rule) else { continue };
        let first = found.len();
        match rule.check {
            Check::Model(check) => check(subject, &mut found),
            Check::Score(check) => {
                found.extend(subject.scores.iter().filter_map(|scored| check(scored, subject)));
            }
            Check::Limit { applies, check } if applies(subject.settings) => check(subject, &mut found),
            Check::Limit { .. } | Check::Builtin | Check::PolicyAudit | Check::Run => {}
        }
        for diagnostic in &mut found[first..] {
            diagnostic.level = level;
            if diagnostic.decided_by.is_none() {
                diagnostic.decided_by = subject.settings.level_origin(rule.name).cloned().map(Box::new);
            }
        }
    }
    found
}

/// Marks the problems that exceptions cover, and the exceptions as used. Reports show the first that covers a problem.
fn apply_exceptions(linted: &mut LintResult, path: &str, context: LintContext<'_>) {
    let mut by_rule: HashMap<&str, Vec<(usize, &Exception)>> = HashMap::new();
    for (at, exception) in context.policy.exceptions().iter().enumerate() {
        if exception.is_for(path) {
            by_rule.entry(&exception.rule).or_default().push((at, exception));
        }
    }
    if by_rule.is_empty() {
        return;
    }
    // The problem of an exception can be in a part that was not read or computed.
    if !linted.unchecked.is_empty() || linted.diagnostics.iter().any(|diagnostic| diagnostic.mandatory) {
        linted.used.unclear.extend(by_rule.values().flatten().map(|(at, _)| *at));
    }
    let ambiguous = ambiguous_findings(&linted.models);
    for diagnostic in &mut linted.diagnostics {
        for &(at, exception) in by_rule.get(&*diagnostic.rule).into_iter().flatten() {
            if exception.finding.as_deref().is_some_and(|id| ambiguous.contains(id)) {
                continue;
            }
            let Some(excepted) = exception.covers(diagnostic, path, context.today) else { continue };
            linted.used.exceptions.insert(at);
            diagnostic.excepted.get_or_insert_with(|| Box::new(excepted));
        }
    }
}

/// The identifiers of findings that several threat models of a file have: exceptions for them are ambiguous.
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

fn is_duplicate(violation: &Violation, reported: &[Diagnostic]) -> bool {
    reported.iter().any(|problem| problem.owner == Owner::File && problem.span == violation.span)
}

/// Whether another rule already covers this schema violation, or is turned off.
fn is_superseded(violation: &Violation, owner: Owner, subject: &Subject<'_>, found: &[Diagnostic]) -> bool {
    let Some(rule) = violation.reported_by.as_deref().and_then(rules::named) else { return false };
    // The rule may be off, but only the setting accepts a missing score.
    if rule.name == rules::not_scored::RULE.name {
        return subject.settings.no_score().is_some();
    }
    let mut same = found.iter().filter(|found| found.owner == owner && found.rule == rule.name);
    subject.settings.level(rule).is_none()
        || same.any(|found| {
            let places = [violation.span, violation.value_span];
            places.into_iter().any(|place| found.span.contains(place) || place.contains(found.span))
        })
}

/// Problems for scores that could not be computed and have no other problem that explains it.
fn uncomputed(subject: &Subject<'_>, found: &[Diagnostic]) -> Vec<Diagnostic> {
    let rule = &rules::builtin::SCORE_UNCOMPUTED;
    let explained: HashSet<Owner> =
        found.iter().filter(|problem| problem.mandatory).map(|problem| problem.owner).collect();
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
    use crate::policy::Settings;

    #[test]
    fn uncomputed_score_is_reported_unless_a_problem_of_its_owner_explains_it() {
        let text =
            "aivss_threat_model: 1\naivss: {}\nfindings: [{ id: a, aivss: {} }, {}, { id: b, aivss: {} }]\n";
        let source = Source::decode("a.yaml", text.as_bytes().to_vec());
        let document = page::parse(&source);
        let model = ModelFormat::Native.read(document.roots().next().unwrap());
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
