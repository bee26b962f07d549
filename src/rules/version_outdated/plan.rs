//! The plan of a migration: the edits of each score, its results by the new version, and the decisions left to a person.
//!
//! The edits write the version, and exchange the tenth factor where the sets of the two versions differ. A factor that the
//! old set does not have stays open, so that the check fails until it has a value. The plan is pure and checks itself: an
//! edit that would change anything else in the file is dropped.

use std::sync::Arc;

use serde_json::Value as Json;

use crate::aivss::{Factor, Formula, Inputs, Working};
use crate::decimal::Decimal;
use crate::diagnostic::{Edit, Fix, Owner, Safety};
use crate::model::{Assessment, DetectedFormat, Factors, ModelFormat, detect};
use crate::rules::version_outdated::edits::{ScoreBlock, blocks};
use crate::score::{Scored, score};
use crate::source::{Source, Span};
use crate::syntax::{Document, Node, parse};

/// The target of a migration.
#[derive(Clone, Copy, Debug)]
pub struct Aim {
    /// The version to write.
    pub formula: &'static Formula,
    /// The treatment of the tenth factor, where the new version has another one.
    pub tenth: Tenth,
}

/// The treatment of the tenth factor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tenth {
    /// The new one replaces it, without a value.
    Open,
    /// The new one replaces it, with this value.
    Value(Decimal),
    /// It stays.
    Keep,
}

impl Tenth {
    pub(crate) const fn value(self) -> Option<Decimal> {
        match self {
            Self::Value(value) => Some(value),
            Self::Open | Self::Keep => None,
        }
    }
}

/// The plan for one score of a file, the agent's own or a finding's.
#[derive(Clone, Debug)]
pub struct MigrationStep {
    pub(crate) model: usize,
    pub(crate) owner: Owner,
    /// The JSON pointer of the score's block within its document; that of the whole for a report.
    pub(crate) pointer: String,
    pub(crate) agent: Option<String>,
    /// The finding's identifier, empty if it has none; `None` for the agent's own score.
    pub(crate) finding: Option<String>,
    pub(crate) outcome: StepOutcome,
}

#[derive(Clone, Debug)]
pub(crate) enum StepOutcome {
    /// The score is part of an OWASP report, whose version is that of the format.
    Report,
    /// The score is by this version already, or by a later one: no score is moved back.
    Current {
        by: &'static Formula,
        /// The key of the tenth factor, if that has no value.
        open: Option<Span>,
    },
    Blocked {
        span: Span,
        reason: String,
    },
    Moved(Box<MovedScore>),
}

/// A reason against a migration, with its place.
pub(crate) type Blocked = (Span, String);

/// A score that is migrated.
#[derive(Clone, Debug)]
pub struct MovedScore {
    pub(crate) from: &'static Formula,
    /// The score by the old version, if it can be computed.
    pub(crate) before: Option<Working>,
    /// The scores by the new version; several if the tenth factor is open, none if they cannot be computed.
    pub(crate) after: Vec<Prospect>,
    pub(crate) exchanged: Option<Exchanged>,
    /// The mitigation factor that the new version counts and the old one ignores.
    pub(crate) counts: Option<Decimal>,
    /// Whether there is no evidence for the mitigation.
    pub(crate) is_unproven: bool,
    pub(crate) fix: Fix,
    /// Whether the new tenth factor exists and gets its value.
    fills: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct Prospect {
    /// The value of the tenth factor that leads to it, if that is open.
    pub(crate) tenth: Option<Decimal>,
    pub(crate) working: Working,
}

#[derive(Clone, Debug)]
pub(crate) struct Exchanged {
    pub(crate) span: Span,
    pub(crate) value: Option<Decimal>,
    pub(crate) rationale: Option<String>,
    /// Whether the new one is left without a value.
    pub(crate) is_open: bool,
    /// The key under which it stays, if it does not become a comment.
    kept: Option<String>,
}

impl MigrationStep {
    /// The migration of the score, if it is migrated.
    pub fn moved(&self) -> Option<&MovedScore> {
        match &self.outcome {
            StepOutcome::Moved(moved) => Some(moved),
            StepOutcome::Report | StepOutcome::Current { .. } | StepOutcome::Blocked { .. } => None,
        }
    }

    /// The key of a tenth factor that has no value now or after the migration.
    pub fn open(&self) -> Option<Span> {
        match &self.outcome {
            StepOutcome::Current { open, .. } => *open,
            StepOutcome::Moved(moved) => {
                moved.exchanged.as_ref().filter(|old| old.is_open).map(|old| old.span)
            }
            StepOutcome::Report | StepOutcome::Blocked { .. } => None,
        }
    }

    /// The place of the reason, or of the first change.
    pub(crate) fn place(&self) -> Span {
        let place = match &self.outcome {
            StepOutcome::Blocked { span, .. } => Some(*span),
            StepOutcome::Moved(moved) => moved.fix.edits.first().map(|edit| edit.span),
            StepOutcome::Current { open, .. } => *open,
            StepOutcome::Report => None,
        };
        place.unwrap_or(Span::new(0, 0))
    }

    /// Whether a pointer into a threat model leads into this score.
    pub(crate) fn holds(&self, model: Option<usize>, pointer: &str) -> bool {
        let below = pointer.strip_prefix(&*self.pointer);
        model == Some(self.model) && below.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    fn block(&mut self) {
        if self.moved().is_some() {
            let reason = "it is written in a way that cannot be changed safely".to_owned();
            self.outcome = StepOutcome::Blocked { span: self.place(), reason };
        }
    }
}

/// Plans the migration of a file. Steps whose edits would change anything else are blocked.
pub(crate) fn plan(source: &Source, aim: Aim) -> Vec<MigrationStep> {
    /// The most scores that are checked one by one: each time the whole file is read again.
    const MOST_CHECKED: usize = 100;
    let mut steps = all_steps(source, aim);
    if apply_all(source, &steps, aim).is_some() {
        return steps;
    }
    for at in 0..steps.len() {
        if steps.len() > MOST_CHECKED || apply_all(source, &steps[at..=at], aim).is_none() {
            steps[at].block();
        }
    }
    if apply_all(source, &steps, aim).is_none() {
        steps.iter_mut().for_each(MigrationStep::block);
    }
    steps
}

fn all_steps(source: &Source, aim: Aim) -> Vec<MigrationStep> {
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
        let model = format.read(root);
        let agent = model.agent.name.as_deref().map(str::to_owned);
        let step = |owner, pointer, finding, outcome| MigrationStep {
            model: at,
            owner,
            pointer,
            agent: agent.clone(),
            finding,
            outcome,
        };
        if format == ModelFormat::OwaspReport {
            steps.push(step(Owner::Agent, String::new(), None, StepOutcome::Report));
            continue;
        }
        for (block, (finding, assessment)) in blocks(source.text(), root).into_iter().zip(model.assessments())
        {
            let outcome = outcome(&block, assessment, aim)
                .unwrap_or_else(|(span, reason)| StepOutcome::Blocked { span, reason });
            let finding = finding.map(|finding| finding.id.as_deref().unwrap_or_default().to_owned());
            steps.push(step(assessment.owner, block.pointer, finding, outcome));
        }
    }
    steps
}

fn outcome(block: &ScoreBlock<'_>, assessment: &Arc<Assessment>, aim: Aim) -> Result<StepOutcome, Blocked> {
    let to = aim.formula;
    let Some(version) = &assessment.version else {
        return Err((assessment.key_span, "the version it is scored by is missing".to_owned()));
    };
    let Some(from) = Formula::named(version) else {
        return Err((version.span, format!("unknown version `{}`", version.value)));
    };
    check_tenth(&assessment.factors)?;
    let given = |factor| assessment.factors.given.iter().find(move |given| given.factor == factor);
    let open = given(to.tenth).and_then(|given| given.empty);
    let filled = aim.tenth.value().filter(|_| open.is_some());
    if to.precedes(from) || (from.version == to.version && filled.is_none()) {
        return Ok(StepOutcome::Current { by: from, open });
    }
    block.check_unshared(assessment.key_span)?;
    let mut edits = Vec::new();
    if from.version != to.version {
        edits.push(block.version_edit(to.version)?);
    }
    let is_exchange = from.tenth != to.tenth && aim.tenth != Tenth::Keep && given(to.tenth).is_none();
    let mut exchanged = None;
    if let Some(old) = given(from.tenth).filter(|_| is_exchange) {
        edits.push(block.exchange(from.tenth, aim)?);
        exchanged = Some(Exchanged {
            span: old.key,
            value: old.number.map(|value| value.value),
            rationale: old.rationale.as_deref().map(str::to_owned),
            is_open: aim.tenth == Tenth::Open,
            kept: block.kept_key(from.tenth),
        });
    }
    if let Some(value) = filled {
        edits.push(block.fill(to.tenth, value)?);
    }
    edits.sort_by_key(|edit: &Edit| edit.span);
    let scored = score(assessment);
    let title = format!("Migrate to AIVSS {}", to.version);
    Ok(StepOutcome::Moved(Box::new(MovedScore {
        from,
        after: prospects(&scored, exchanged.as_ref(), aim),
        counts: newly_counted(&scored, from, to),
        is_unproven: assessment.evidence.is_none(),
        before: scored.working,
        exchanged,
        fix: Fix { title, edits, safety: Safety::Suggested },
        fills: filled.is_some(),
    })))
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

fn prospects(scored: &Scored, exchanged: Option<&Exchanged>, aim: Aim) -> Vec<Prospect> {
    let Some(sum) = scored.factor_sum.or_else(|| sum_with(scored, aim)) else { return Vec::new() };
    let without_old = match exchanged {
        None => return prospect(scored, sum, None, aim).into_iter().collect(),
        Some(Exchanged { value: None, .. }) => return Vec::new(),
        Some(Exchanged { value: Some(old), .. }) => sum - *old,
    };
    if let Some(value) = aim.tenth.value() {
        return prospect(scored, without_old + value, None, aim).into_iter().collect();
    }
    let points = [Decimal::new(0, 1), Decimal::new(5, 1), Decimal::new(10, 1)];
    points.into_iter().filter_map(|point| prospect(scored, without_old + point, Some(point), aim)).collect()
}

fn prospect(scored: &Scored, sum: Decimal, tenth: Option<Decimal>, aim: Aim) -> Option<Prospect> {
    let inputs = Inputs::new(scored.base?, sum, scored.threat?, scored.mitigation?)?;
    Some(Prospect { tenth, working: aim.formula.work(inputs) })
}

/// The sum of the factors if the new tenth one, which is open, gets its value.
fn sum_with(scored: &Scored, aim: Aim) -> Option<Decimal> {
    let given = &scored.declared.factors.given;
    let (mut sum, mut is_filled) = (Decimal::ZERO, false);
    for factor in given {
        let is_open = factor.factor == aim.formula.tenth && factor.empty.is_some();
        is_filled |= is_open;
        let value = if is_open { aim.tenth.value()? } else { factor.number?.value };
        sum = sum + Some(value).filter(|value| value.within(Decimal::ZERO, Decimal::ONE))?;
    }
    (is_filled && given.len() == Factor::SET).then_some(sum)
}

/// The mitigation that the new version counts and the old one ignores.
fn newly_counted(scored: &Scored, from: &Formula, to: &Formula) -> Option<Decimal> {
    let value = scored.declared.mitigation.as_ref().and(scored.mitigation)?;
    let begins = !from.has_mitigation() && to.has_mitigation() && value != Decimal::ONE;
    begins.then_some(value)
}

/// Returns the text with all steps applied; `None` if that would change anything else, or would not do.
pub(crate) fn apply_all(source: &Source, steps: &[MigrationStep], aim: Aim) -> Option<String> {
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
    let arrived = all_steps(&now, aim);
    let mut arrived = arrived.iter().filter(|step| matches!(step.outcome, StepOutcome::Current { .. }));
    // Both are in the order of the file.
    let has_arrived =
        |step: &MigrationStep| arrived.any(|now| (now.model, &now.pointer) == (step.model, &step.pointer));
    let is_done = new.problems.len() == old.problems.len()
        && meanings(&old, steps, Some(aim)) == meanings(&new, steps, None)
        && steps.iter().filter(|step| step.moved().is_some()).all(has_arrived);
    is_done.then(|| now.text().to_owned())
}

/// The content of the threat models of a file without the versions of moved scores; with an aim, the expected content.
fn meanings(document: &Document<'_>, steps: &[MigrationStep], aim: Option<Aim>) -> Vec<Json> {
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
        if let (Some(aim), Some(factors)) = (aim, factors)
            && (moved.exchanged.is_some() || moved.fills)
        {
            let old = factors.remove(moved.from.tenth.key());
            let kept = moved.exchanged.as_ref().and_then(|exchanged| exchanged.kept.clone());
            factors.extend(kept.zip(old));
            let value = aim.tenth.value().and_then(|value| serde_json::from_str(&value.to_string()).ok());
            factors.insert(aim.formula.tenth.key().to_owned(), value.unwrap_or(Json::Null));
        }
    }
    meanings
}
