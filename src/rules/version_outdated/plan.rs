//! The plan of a migration: the edits of each score, or the reason against them.
//!
//! The edits write the version, and exchange the tenth factor where the sets of the two versions differ. A factor that the
//! old set does not have stays open, so that the check fails until it has a value. The plan is pure and checks itself: an
//! edit that would change anything else in the file is dropped.

use serde_json::Value as Json;

use crate::aivss::{Factor, Formula};
use crate::diagnostic::{Edit, Fix, Owner, Safety};
use crate::model::{Assessment, DetectedFormat, Factors, ModelFormat, detect};
use crate::page::parse;
use crate::rules::version_outdated::edits::{ScoreBlock, UNSAFE, blocks};
use crate::source::{Source, Span};
use crate::syntax::{Document, Node};

/// The plan for one score of a file, the agent's own or a finding's.
#[derive(Clone, Debug)]
pub(crate) struct MigrationStep {
    pub(crate) model: usize,
    pub(crate) owner: Owner,
    /// The JSON pointer of the score's block within its document.
    pointer: String,
    pub(crate) outcome: StepOutcome,
}

#[derive(Clone, Debug)]
pub(crate) enum StepOutcome {
    /// The score is by this version already, or by a later one: no score is moved back.
    Current,
    Blocked(Blocked),
    Moved(Box<MovedScore>),
}

/// A reason against a migration, with its place.
pub(crate) type Blocked = (Span, String);

#[derive(Clone, Debug)]
pub(crate) struct MovedScore {
    pub(crate) from: &'static Formula,
    exchanged: Option<Exchanged>,
    pub(crate) fix: Fix,
}

/// The tenth factor of the old version that makes room for that of the new one.
#[derive(Clone, Debug)]
struct Exchanged {
    /// The key under which it stays, if it does not become a comment.
    kept: Option<String>,
}

impl MigrationStep {
    fn moved(&self) -> Option<&MovedScore> {
        match &self.outcome {
            StepOutcome::Moved(moved) => Some(moved),
            StepOutcome::Current | StepOutcome::Blocked(_) => None,
        }
    }

    fn block(&mut self) {
        if let Some(moved) = self.moved() {
            let place = moved.fix.edits.first().map_or(Span::new(0, 0), |edit| edit.span);
            self.outcome = StepOutcome::Blocked((place, UNSAFE.to_owned()));
        }
    }
}

/// Plans the migration of a file. Steps whose edits would change anything else are blocked.
pub(crate) fn plan(source: &Source, to: &'static Formula) -> Vec<MigrationStep> {
    /// The most scores that are checked one by one: each time the whole file is read again.
    const MAX_CHECKED: usize = 100;
    let mut steps = all_steps(source, to);
    if apply_all(source, &steps, to).is_some() {
        return steps;
    }
    for at in 0..steps.len() {
        if steps.len() > MAX_CHECKED || apply_all(source, &steps[at..=at], to).is_none() {
            steps[at].block();
        }
    }
    if apply_all(source, &steps, to).is_none() {
        steps.iter_mut().for_each(MigrationStep::block);
    }
    steps
}

fn all_steps(source: &Source, to: &'static Formula) -> Vec<MigrationStep> {
    let document = parse(source);
    let formats = document.roots().filter_map(|root| match detect(root) {
        DetectedFormat::Model(format) if format.overfull(root).is_none() => Some((root, format)),
        DetectedFormat::Model(_)
        | DetectedFormat::Misspelled(..)
        | DetectedFormat::Unmarked
        | DetectedFormat::Other => None,
    });
    let mut steps = Vec::new();
    for (at, (root, format)) in formats.enumerate() {
        // The version of an OWASP report is that of its format.
        if format == ModelFormat::OwaspReport {
            continue;
        }
        let model = format.read(root);
        for (block, (_, assessment)) in blocks(source.text(), root).into_iter().zip(model.assessments()) {
            let outcome = outcome(&block, assessment, to).unwrap_or_else(StepOutcome::Blocked);
            steps.push(MigrationStep { model: at, owner: assessment.owner, pointer: block.pointer, outcome });
        }
    }
    steps
}

fn outcome(
    block: &ScoreBlock<'_>,
    assessment: &Assessment,
    to: &'static Formula,
) -> Result<StepOutcome, Blocked> {
    let Some(version) = &assessment.version else {
        return Err((assessment.key_span, "the version it is scored by is missing".to_owned()));
    };
    let Some(from) = Formula::named(version) else {
        return Err((version.span, format!("unknown version `{}`", version.value)));
    };
    check_tenth(&assessment.factors)?;
    if !from.precedes(to) {
        return Ok(StepOutcome::Current);
    }
    block.check_unshared(assessment.key_span)?;
    let mut edits = vec![block.version_edit(to.version)?];
    let has = |factor| assessment.factors.given.iter().any(|given| given.factor == factor);
    let mut exchanged = None;
    if from.tenth != to.tenth && has(from.tenth) && !has(to.tenth) {
        edits.push(block.exchange(from.tenth, to)?);
        exchanged = Some(Exchanged { kept: block.kept_key(from.tenth) });
    }
    edits.sort_by_key(|edit: &Edit| edit.span);
    let title = format!("Migrate to AIVSS {}", to.version);
    let fix = Fix { title, edits, safety: Safety::Suggested };
    Ok(StepOutcome::Moved(Box::new(MovedScore { from, exchanged, fix })))
}

/// Requires one tenth factor under its own key: another one would be lost.
fn check_tenth(factors: &Factors) -> Result<(), Blocked> {
    if !factors.readable {
        return Err((factors.key_span, "its factors cannot be read".to_owned()));
    }
    for key in &factors.unknown {
        let meant = factors.meant(key).and_then(Factor::with_key);
        if let Some(factor) = meant.filter(|factor| factor.counterpart().is_some()) {
            return Err((
                key.span,
                format!("rename `{}` to {} first, if that is meant", key.value, factor.key()),
            ));
        }
    }
    let mut given = factors.given.iter().filter(|given| given.factor.counterpart().is_some());
    match (given.next(), given.next()) {
        (Some(_), None) => Ok(()),
        (Some(one), Some(other)) => {
            let (one, key) = (factors.spell(one.factor), factors.spell(other.factor));
            Err((other.key, format!("both {one} and {key} are given, and only one is the tenth factor")))
        }
        (None, _) => Err((factors.key_span, "the tenth factor is missing".to_owned())),
    }
}

/// Returns the text with all steps applied; `None` if that would change anything else, or would not do.
pub(crate) fn apply_all(source: &Source, steps: &[MigrationStep], to: &'static Formula) -> Option<String> {
    let mut edits: Vec<&Edit> =
        steps.iter().filter_map(MigrationStep::moved).flat_map(|moved| &moved.fix.edits).collect();
    if edits.is_empty() {
        return Some(source.text().to_owned());
    }
    edits.sort_by_key(|edit| edit.span);
    let (mut text, mut copied) = (String::with_capacity(source.text().len()), 0);
    for edit in edits {
        // Edits that overlap have no common text.
        text.push_str(source.text().get(copied..edit.span.range().start)?);
        text.push_str(&edit.text);
        copied = edit.span.range().end;
    }
    text.push_str(source.text().get(copied..)?);
    let now = Source::decode(source.name(), text.into_bytes());
    let (old, new) = (parse(source), parse(&now));
    let arrived = all_steps(&now, to);
    let mut arrived = arrived.iter().filter(|step| matches!(step.outcome, StepOutcome::Current));
    // Both are in the order of the file.
    let has_arrived =
        |step: &MigrationStep| arrived.any(|now| (now.model, &now.pointer) == (step.model, &step.pointer));
    let is_done = new.problems.len() == old.problems.len()
        && meanings(&old, steps, Some(to)) == meanings(&new, steps, None)
        && steps.iter().filter(|step| step.moved().is_some()).all(has_arrived);
    is_done.then(|| now.text().to_owned())
}

/// The content of the threat models of a file without the versions of moved scores; with a version to move to, the expected
/// content.
fn meanings(document: &Document<'_>, steps: &[MigrationStep], to: Option<&Formula>) -> Vec<Json> {
    let (models, others): (Vec<Node<'_>>, Vec<Node<'_>>) =
        document.roots().partition(|root| matches!(detect(*root), DetectedFormat::Model(_)));
    let mut meanings: Vec<Json> = models.into_iter().chain(others).map(Node::to_json).collect();
    for step in steps {
        let block = meanings.get_mut(step.model).and_then(|model| model.pointer_mut(&step.pointer));
        let (Some(moved), Some(block)) = (step.moved(), block) else { continue };
        if let Some(version) = block.get_mut("version") {
            *version = Json::Null;
        }
        let factors = block.get_mut("factors").and_then(Json::as_object_mut);
        if let (Some(to), Some(factors), Some(exchanged)) = (to, factors, &moved.exchanged) {
            let old = factors.remove(moved.from.tenth.key());
            factors.extend(exchanged.kept.clone().zip(old));
            factors.insert(to.tenth.key().to_owned(), Json::Null);
        }
    }
    meanings
}
