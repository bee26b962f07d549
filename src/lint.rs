//! One file through all the steps: text, tree, shape, meaning, levels. A pure function of its arguments.
//!
//! Disk, clock, environment and terminal belong to the command layer; how diagnostics look, to the reports.

use crate::assessed::Assessed;
use crate::change::Before;
use crate::date::Date;
use crate::diagnostic::{Diagnostic, Origin};
use crate::document::{self, Document, MODEL_MARKER, Node, POLICY_MARKER, ProblemKind, place_of, pointer};
use crate::model::{Format, Model, Recognised, recognise};
use crate::policy::{self, Load, Policy, Scope, Terms, Used};
use crate::rego_input::rego_input;
use crate::rules::{self, Check, Subject};
use crate::schema::Violation;
use crate::score::Scored;
use crate::source::{BOM, Language, Positions, Source, Span, first_line_of};

/// What there is to say about one file.
#[derive(Debug)]
pub struct Linted {
    /// What the file is.
    pub content: Content,
    /// Its threat models with their computed scores.
    pub models: Vec<Assessed>,
    /// What is wrong, in the order of the text. Only what the policy does not switch off.
    pub diagnostics: Vec<Diagnostic>,
    /// What of the policy had a part in it.
    pub used: Used,
    /// Why rules in Rego could not judge it, where they could not.
    pub unjudged: Vec<String>,
}

/// What a file is judged by.
#[derive(Clone, Copy)]
pub struct Judge<'j> {
    /// The policy in force.
    pub policy: &'j Policy,
    /// The day.
    pub today: Date,
    /// How policies that extend others come by them, when a policy is among the files.
    pub load: Load<'j>,
    /// The state of the base revision, where the run has one.
    pub before: Option<&'j Before<'j>>,
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

/// The first line of a Git LFS pointer, as it is written now and as it was once.
const LFS_POINTERS: [&str; 2] =
    ["version https://git-lfs.github.com/spec/v1", "version https://hawser.github.com/spec/v1"];

/// How many faults of one file are reported.
const MOST_FAULTS: usize = 1_000;
/// How many bytes of a message are shown.
const LONGEST_MESSAGE: usize = 600;
/// How many characters of a finding's identifier are shown.
const LONGEST_ID: usize = 80;

/// Judges one file, which lies at `path` relative to the repository's root.
pub fn lint(source: &Source, path: &str, judge: Judge<'_>) -> Linted {
    if LFS_POINTERS.contains(&first_line_of(source.text().trim_start_matches(BOM))) {
        return Linted::of(Content::LfsPointer, Vec::new());
    }
    let document = document::parse(source);
    let roots: Vec<(Node<'_>, Recognised<'_>)> =
        document.roots().map(|root| (root, recognise(root))).collect();
    let holds_model = roots.iter().any(|(_, what)| matches!(what, Recognised::Model(_)));
    // A page that shows policies explains them; it is none.
    let is_page = source.language() == Language::Markdown;
    let shows_model = holds_model || judge.before.is_some_and(|before| before.held(path));
    let hides_model = document.problems.iter().any(|problem| problem.kind == ProblemKind::UnreadMarker);
    let is_policy = || roots.iter().any(|(root, _)| root.get(POLICY_MARKER).is_some());
    if !shows_model && !hides_model && !is_page && is_policy() {
        return lint_policy(source, judge);
    }
    let is_unmarked = roots.iter().any(|(_, what)| *what == Recognised::Unmarked);
    let content = if is_unmarked { Content::Unmarked } else { Content::Other };
    let mut linted = Linted::of(content, document.problems.iter().map(rules::of_problem).collect());
    let mut positions = source.positions();
    for (root, what) in roots {
        // The rest is not shown, and the file fails for that: it need not be judged either.
        if linted.diagnostics.len() > MOST_FAULTS {
            break;
        }
        match what {
            Recognised::Model(format) => lint_model(root, format, path, judge, &mut positions, &mut linted),
            Recognised::Misspelled(key, place, meant) => {
                linted.diagnostics.push(misspelled(key, place, meant));
            }
            // Beside a threat model, what is none of its kind would go unread; a page may hold other blocks.
            Recognised::Unmarked | Recognised::Other if !holds_model || is_page => {}
            Recognised::Unmarked | Recognised::Other => linted.diagnostics.push(unmarked(root)),
        }
    }
    compare(&mut linted, path, judge);
    if holds_model || !linted.diagnostics.is_empty() {
        linted.content = Content::Model;
    }
    limit(&mut linted.diagnostics, Span::new(0, 0));
    finish(&mut linted.diagnostics, &document);
    except(&mut linted, path, judge);
    linted
}

/// Keeps no more faults than anyone reads, and an error for those that are left out: they may be the worse ones.
fn limit(diagnostics: &mut Vec<Diagnostic>, place: Span) {
    if diagnostics.len() > MOST_FAULTS {
        diagnostics.truncate(MOST_FAULTS);
        let message = format!("there are more than {MOST_FAULTS} faults; the others are not shown");
        diagnostics.push(Diagnostic::new(&rules::input_limit::RULE, place, message));
    }
}

impl Linted {
    fn of(content: Content, diagnostics: Vec<Diagnostic>) -> Self {
        Self { content, models: Vec::new(), diagnostics, used: Used::default(), unjudged: Vec::new() }
    }
}

/// What there is to say about a path at which the base has threat models and the head has nothing.
pub fn lint_removed(path: &str, models: &[&Assessed], judge: Judge<'_>) -> Linted {
    let diagnostics = models.iter().filter_map(|model| removed(model, path, judge)).collect();
    let mut linted = Linted::of(Content::Model, diagnostics);
    except(&mut linted, path, judge);
    linted
}

/// What there is to say about a folder in which a line of the policy requires a threat model.
pub fn lint_missing(path: &str, required: &Origin, judge: Judge<'_>) -> Linted {
    let rule = &rules::model_missing::RULE;
    let (terms, _) = judge.policy.terms_for(Scope { path, environment: None, tier: None });
    let diagnostic = terms.level(rule).map(|level| {
        let message = "this folder contains no threat model";
        let diagnostic = Diagnostic::new(rule, Span::new(0, 0), message).decided_by(required);
        Diagnostic { level, ..diagnostic }
    });
    let mut linted = Linted::of(Content::Model, diagnostic.into_iter().collect());
    except(&mut linted, path, judge);
    linted
}

/// Adds what the base has in this file and the head has not.
fn compare(linted: &mut Linted, path: &str, judge: Judge<'_>) {
    let Some(before) = judge.before else { return };
    if linted.models.is_empty() {
        if before.held(path) {
            let message = "this file contains a threat model in the base, and none that can be read now";
            let rule = &rules::model_unreadable::RULE;
            linted.diagnostics.push(Diagnostic::new(rule, Span::new(0, 0), message));
        }
        return;
    }
    let is_new = |place: &usize| before.model(path, *place).is_none();
    let replaced = (0..linted.models.len()).filter(is_new).count();
    let gone = before.left(path).iter().skip(replaced);
    linted.diagnostics.extend(gone.filter_map(|model| removed(model, path, judge)));
}

/// A model of the base that is gone, at the level that its terms give.
fn removed(model: &Assessed, path: &str, judge: Judge<'_>) -> Option<Diagnostic> {
    let rule = &rules::model_removed::RULE;
    let scope = Scope { path, environment: model.environment.as_deref(), tier: model.tier.as_deref() };
    let level = judge.policy.terms_for(scope).0.level(rule)?;
    let name =
        model.name.as_deref().map_or_else(|| "an unnamed agent".to_owned(), |name| format!("`{name}`"));
    let message = format!("the threat model of {name} was removed");
    Some(Diagnostic { level, ..Diagnostic::new(rule, Span::new(0, 0), message) })
}

fn lint_policy(source: &Source, judge: Judge<'_>) -> Linted {
    let (content, diagnostics) = match policy::read(source.clone(), judge.load) {
        Ok(_) => (Content::Policy, Vec::new()),
        Err(broken) => {
            let own = broken.into_iter().filter(|broken| broken.source.name() == source.name());
            (Content::BrokenPolicy, own.flat_map(|broken| broken.diagnostics).collect())
        }
    };
    Linted::of(content, diagnostics)
}

fn lint_model(
    root: Node<'_>,
    format: Format,
    path: &str,
    judge: Judge<'_>,
    positions: &mut Positions<'_>,
    linted: &mut Linted,
) {
    let model: Model<'_> = format.read(root);
    let scope = Scope {
        path,
        environment: model.agent.environment.map(|at| at.value),
        tier: model.agent.tier.map(|at| at.value),
    };
    let (terms, overrides) = judge.policy.terms_for(scope);
    linted.used.overrides.extend(overrides);
    let place = linted.models.len();
    let before = judge.before.and_then(|before| before.model(path, place));
    let mut subject = Subject::new(&model, &terms, judge.today, before);
    if let (Some(all), None) = (judge.before, before) {
        subject.left = all.left(path);
    }
    let mut found = meaning(&subject);
    for violation in format.schema().violations(root).into_iter().take(MOST_FAULTS) {
        let echoes = linted.diagnostics.iter().any(|diagnostic| diagnostic.span == violation.span);
        if !echoes && !spoken_for(&violation, &terms, &found) {
            found.push(rules::of_violation(violation));
        }
    }
    if linted.diagnostics.is_empty() {
        found.extend(uncomputed(&subject, &found));
    }
    if judge.policy.has_rego() {
        match judge.policy.ask_rego(&rego_input(root, &subject, path)) {
            Ok(said) => found.extend(said.into_iter().take(MOST_FAULTS + 1).map(|(answer, origin)| {
                let span =
                    answer.path.as_deref().and_then(|path| place_of(root, path)).unwrap_or(model.heading);
                Diagnostic::of_rego(answer.rule, answer.level, span, answer.message).decided_by(origin)
            })),
            Err(message) => linted.unjudged.push(format!("rules in Rego: {message}")),
        }
    }
    limit(&mut found, model.heading);
    for diagnostic in &mut found {
        diagnostic.model = Some(place);
        let about = model.findings.iter().find(|finding| finding.span.contains(diagnostic.span));
        diagnostic.finding =
            about.and_then(|finding| finding.id).map(|id| id.value.chars().take(LONGEST_ID).collect());
    }
    linted.diagnostics.append(&mut found);
    let workings = subject.into_workings();
    linted.models.push(Assessed::of(model, workings, positions));
}

/// What the rules of meaning have to say, at the levels that the terms give them.
fn meaning(subject: &Subject<'_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for rule in rules::ALL {
        let check = match rule.check {
            Check::Meaning(check) => check,
            Check::Policy { applies, check } if applies(subject.terms) => check,
            Check::Policy { .. } | Check::Raised | Check::OfPolicy | Check::OfRun => continue,
        };
        let Some(level) = subject.terms.level(rule) else { continue };
        let first = found.len();
        check(subject, &mut found);
        for diagnostic in &mut found[first..] {
            diagnostic.level = level;
            if diagnostic.decided_by.is_none() {
                diagnostic.decided_by =
                    subject.terms.levels().get(rule.name).map(|set| Box::new(set.origin.clone()));
            }
        }
    }
    found
}

/// Marks what the policy's exceptions cover, and remembers which of them were of use.
fn except(linted: &mut Linted, path: &str, judge: Judge<'_>) {
    for (at, exception) in judge.policy.exceptions().iter().enumerate() {
        if exception.is_for(path) {
            linted.used.looked_for.insert(at);
        }
        for diagnostic in linted.diagnostics.iter_mut().filter(|diagnostic| diagnostic.excepted.is_none()) {
            diagnostic.excepted = exception.covers(diagnostic, path, judge.today).map(Box::new);
            if diagnostic.excepted.is_some() {
                linted.used.exceptions.insert(at);
            }
        }
    }
}

/// Whether a rule of ours has said, or by policy need not say, what this violation of the schema says.
fn spoken_for(violation: &Violation, terms: &Terms, found: &[Diagnostic]) -> bool {
    let Some(owner) = violation.owner.as_deref().and_then(rules::named) else { return false };
    let has_said = |diagnostic: &Diagnostic| {
        let (one, other) = (diagnostic.span, violation.span);
        diagnostic.rule == owner.name && (one.contains(other) || other.contains(one))
    };
    terms.level(owner).is_none() || found.iter().any(has_said)
}

/// A score that could not be computed, where no rule has said why: what is not understood does not pass.
fn uncomputed(subject: &Subject<'_>, found: &[Diagnostic]) -> Vec<Diagnostic> {
    let rule = &rules::score_uncomputed::RULE;
    let is_explained = found.iter().any(Diagnostic::is_fixed);
    let scores = subject.scores.iter().filter(|scored| !is_explained && scored.working.is_none());
    let place =
        |scored: &Scored<'_>| scored.declared.score.map_or(scored.declared.heading, |score| score.span);
    scores
        .map(|scored| Diagnostic::new(rule, place(scored), "the score cannot be computed from what is given"))
        .collect()
}

fn misspelled(key: &str, place: Span, meant: &str) -> Diagnostic {
    let message = format!("`{key}` is a misspelling of `{meant}`");
    Diagnostic::new(&rules::marker_missing::RULE, place, message).help(format!("write `{meant}`"))
}

fn unmarked(root: Node<'_>) -> Diagnostic {
    let first = root.as_map().and_then(|map| map.iter().next());
    let span = first.map_or(root.span(), |entry| entry.key_span);
    let message = format!("this document is next to a threat model and lacks `{MODEL_MARKER}: 1` at its top");
    Diagnostic::new(&rules::marker_missing::RULE, span, message)
        .help(format!("put `{MODEL_MARKER}: 1` first"))
}

/// Gives diagnostics what they all have and their order, that of the text.
pub(crate) fn finish(diagnostics: &mut Vec<Diagnostic>, document: &Document<'_>) {
    for diagnostic in &mut *diagnostics {
        diagnostic.pointer = pointer(document, diagnostic.span).into();
        shorten(&mut diagnostic.message);
    }
    diagnostics.sort_by(|one, other| {
        (one.span, &one.rule, &one.message).cmp(&(other.span, &other.rule, &other.message))
    });
    // What is reached through several aliases is wrong once.
    diagnostics.dedup_by(|later, first| {
        (later.span, &later.rule, &later.message) == (first.span, &first.rule, &first.message)
    });
}

/// Cuts a message that quotes more of a file than anyone reads.
fn shorten(message: &mut Box<str>) {
    if message.len() > LONGEST_MESSAGE {
        let end = message.floor_char_boundary(LONGEST_MESSAGE);
        *message = format!("{}…", &message[..end]).into();
    }
}
