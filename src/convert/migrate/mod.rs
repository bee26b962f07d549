//! Threat models brought to another version of the standard: which bytes change, what the scores become, and what only
//! a person can decide.
//!
//! The version is written, and the tenth factor is exchanged where the sets of the two versions differ; the numbers that
//! follow are [`crate::fix`]'s. Nothing is decided here that the file does not say: a factor that the old set does not
//! have is left open, so that the gate fails until it has a value. Pure; disks are the command's business.

mod edits;
mod outlook;
#[cfg(test)]
mod tests;

use serde_json::Value as Json;

use std::sync::Arc;

use crate::aivss::Factor;
use crate::aivss::{Formula, Working};
use crate::decimal::Decimal;
use crate::diagnostic::{Diagnostic, Fix, Safety};
use crate::fix::{apply, apply_fixes};
use crate::model::{Assessment, DetectedFormat, Factors, Format, GivenFactor, detect};
use crate::score::score;
use crate::source::{Source, Span};
use crate::syntax;
use crate::syntax::{Document, Node};
use edits::{exchange, fill, version_edit};
use outlook::{counts, outlook};

/// What is said of something that stands in more than one place.
const SHARED: &str = "an alias leads here, so that it stands in several places";
/// What is said of something that is not understood well enough.
const UNSAFE: &str = "it is written in a way that is not changed safely";

/// Where to.
#[derive(Clone, Copy, Debug)]
pub struct Aim {
    /// The version to write.
    pub formula: &'static Formula,
    /// What becomes of the tenth factor, where the new version has another one.
    pub tenth: Tenth,
}

/// What becomes of the tenth factor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tenth {
    /// It makes room for the new one, whose value a person decides.
    CheckOptions,
    /// It makes room for the new one with this value.
    Value(Decimal),
    /// It stays.
    Keep,
}

/// What becomes of one score of a file, the agent's own or a finding's.
#[derive(Clone, Debug)]
pub struct Step {
    /// The threat model, by its place in the file.
    pub model: usize,
    /// The JSON pointer of the score's block within its document; that of the whole for a report.
    pub pointer: String,
    /// The agent's name.
    pub agent: Option<String>,
    /// The finding's identifier; `None` for the agent's own score.
    pub finding: Option<String>,
    /// What becomes of it.
    pub outcome: Outcome,
}

/// What becomes of a score.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// It stands in a report of OWASP's, whose version is that of the format.
    Report,
    /// It is at the version already, or at a later one: no score is moved back.
    Already {
        /// The version it is at.
        by: &'static Formula,
        /// Where the tenth factor still lacks its value, if it does.
        open: Option<Span>,
    },
    /// It cannot be moved by a program.
    Left {
        /// Where.
        span: Span,
        /// What is in the way.
        why: String,
    },
    /// It is moved.
    Moved(Box<Moved>),
}

/// A score that is moved.
#[derive(Clone, Debug)]
pub struct Moved {
    /// The version it comes from.
    pub from: &'static Formula,
    /// The score by that version, where it can be computed.
    pub before: Option<Working>,
    /// The scores by the new one, each with the value of the tenth factor that leads to it, where that is open.
    pub after: Vec<(Option<Decimal>, Working)>,
    /// The tenth factor that makes room.
    pub exchanged: Option<Exchanged>,
    /// The mitigation factor that the old version ignores and the new one does not.
    pub counts: Option<Decimal>,
    /// Whether it begins to count with nothing that demonstrates it.
    pub is_unproven: bool,
    /// Whether the new tenth factor was there, and gets its value.
    fills: bool,
    fix: Fix,
}

/// A tenth factor that makes room for another.
#[derive(Clone, Debug)]
pub struct Exchanged {
    /// Where its key stands.
    pub span: Span,
    /// Its value, where it has one.
    pub value: Option<Decimal>,
    /// Its rationale.
    pub rationale: Option<String>,
    /// Whether the value of the new one is left open.
    pub is_open: bool,
    /// The key under which it stays, where it does not become a comment.
    kept: Option<String>,
}

/// A file brought to another version.
#[derive(Debug)]
pub struct Migrated {
    /// The text as it is now.
    pub text: String,
    /// What became of each score, with places in the text before.
    pub steps: Vec<Step>,
    /// The same scores in the text as it is now, with places in that.
    pub arrived: Vec<Step>,
    /// How many numbers that follow from the others were written.
    pub numbers: usize,
}

/// How many scores are tried one by one: each time the whole file is read again.
const MOST_TRIED: usize = 100;

/// Brings a file to another version. `judge` says what is wrong with a text, for the numbers that follow.
pub fn migrate(source: &Source, aim: Aim, mut judge: impl FnMut(&str) -> Vec<Diagnostic>) -> Migrated {
    let mut steps = plan(source, aim);
    if steps.iter().all(|step| step.moved().is_none()) {
        let (text, arrived) = (source.text().to_owned(), steps.clone());
        return Migrated { text, steps, arrived, numbers: 0 };
    }
    if rewritten(source, &steps, aim).is_none() {
        // One of them is written in a way that is not understood here: the others need not wait for it, unless there are
        // so many that trying each would take too long.
        let tried = if steps.len() <= MOST_TRIED { steps.len() } else { 0 };
        for at in 0..tried {
            if rewritten(source, &steps[at..=at], aim).is_none() {
                steps[at].leave(UNSAFE);
            }
        }
    }
    let rewritten = rewritten(source, &steps, aim).unwrap_or_else(|| {
        for step in &mut steps {
            step.leave(UNSAFE);
        }
        source.text().to_owned()
    });
    let is_moved = |fault: &Diagnostic| {
        steps.iter().any(|step| step.moved().is_some() && step.holds(fault.model, &fault.pointer))
    };
    let mended = apply_fixes(&rewritten, Safety::Safe, |text| {
        let mut faults = judge(text);
        faults.retain(is_moved);
        faults
    });
    let now = Source::decode(source.name(), mended.text.into_bytes());
    let arrived = plan(&now, aim);
    Migrated { text: now.text().to_owned(), steps, arrived, numbers: mended.changes.len() }
}

impl Step {
    /// What moves it, if it is moved.
    pub fn moved(&self) -> Option<&Moved> {
        match &self.outcome {
            Outcome::Moved(moved) => Some(moved),
            Outcome::Report | Outcome::Already { .. } | Outcome::Left { .. } => None,
        }
    }

    /// Where a score lacks the value of its tenth factor, or will lack it once it is moved.
    pub fn open(&self) -> Option<Span> {
        match &self.outcome {
            Outcome::Already { open, .. } => *open,
            Outcome::Moved(moved) => moved.exchanged.as_ref().filter(|old| old.is_open).map(|old| old.span),
            Outcome::Report | Outcome::Left { .. } => None,
        }
    }

    /// Where something of it is left, or would change.
    pub fn place(&self) -> Span {
        match &self.outcome {
            Outcome::Left { span, .. } => *span,
            Outcome::Moved(moved) => moved.fix.edits.first().map_or(Span::new(0, 0), |edit| edit.span),
            Outcome::Already { open, .. } => open.unwrap_or(Span::new(0, 0)),
            Outcome::Report => Span::new(0, 0),
        }
    }

    /// Whether a place in the file belongs to this score.
    pub fn holds(&self, model: Option<usize>, pointer: &str) -> bool {
        let below = pointer.strip_prefix(&*self.pointer);
        model == Some(self.model) && below.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    fn leave(&mut self, why: &str) {
        if self.moved().is_some() {
            self.outcome = Outcome::Left { span: self.place(), why: why.to_owned() };
        }
    }
}

/// What is to become of each score of a file.
fn plan(source: &Source, aim: Aim) -> Vec<Step> {
    let document = syntax::parse(source);
    let formats = document.roots().filter_map(|root| match detect(root) {
        DetectedFormat::Model(format) if format.overfull(root).is_none() => Some((root, format)),
        DetectedFormat::Model(_)
        | DetectedFormat::Misspelled(..)
        | DetectedFormat::Unmarked
        | DetectedFormat::Other => None,
    });
    formats.enumerate().flat_map(|(at, (root, format))| steps(source, (at, root), format, aim)).collect()
}

fn steps(source: &Source, (at, root): (usize, Node<'_>), format: Format, aim: Aim) -> Vec<Step> {
    let model = format.read(root);
    let agent = model.agent.name.as_deref().map(str::to_owned);
    let step =
        |pointer, finding, outcome| Step { model: at, pointer, agent: agent.clone(), finding, outcome };
    if format == Format::OwaspReport {
        return vec![step(String::new(), None, Outcome::Report)];
    }
    let assessments = blocks(root).into_iter().zip(model.assessments());
    let steps = assessments.map(|(block, (finding, assessment))| {
        let finding = finding.map(|finding| finding.id.as_deref().unwrap_or_default().to_owned());
        let outcome = outcome(source.text(), &block, assessment, aim);
        step(block.pointer, finding, outcome.unwrap_or_else(|(span, why)| Outcome::Left { span, why }))
    });
    steps.collect()
}

/// The block of a score in the tree.
struct Block<'t> {
    pointer: String,
    node: Node<'t>,
    /// Whether it stands in more than one place.
    shared: bool,
}

/// The blocks of a threat model's scores, in the order of [`crate::model::Model::assessments`].
fn blocks(root: Node<'_>) -> Vec<Block<'_>> {
    let own =
        root.get("aivss").map(|node| Block { pointer: "/aivss".to_owned(), node, shared: node.is_shared() });
    let list = root.get("findings");
    let items = list.and_then(Node::as_list).into_iter().flat_map(syntax::List::iter).enumerate();
    let findings = items.filter_map(|(at, item)| {
        let node = item.get("aivss")?;
        let shared = list.is_some_and(Node::is_shared) || item.is_shared() || node.is_shared();
        Some(Block { pointer: format!("/findings/{at}/aivss"), node, shared })
    });
    own.into_iter().chain(findings).collect()
}

/// A place, and what is in the way there.
type InTheWay = (Span, String);

fn outcome(
    text: &str,
    block: &Block<'_>,
    assessment: &Arc<Assessment>,
    aim: Aim,
) -> Result<Outcome, InTheWay> {
    let key_span = assessment.key_span;
    let Some(version) = &assessment.version else {
        return Err((key_span, "the version it is scored by is missing".to_owned()));
    };
    let Some(from) = Formula::named(version) else {
        return Err((version.span, format!("`{}` is no version of the standard", version.value)));
    };
    only_tenth(&assessment.factors)?;
    let given = |factor| assessment.factors.given.iter().find(move |given| given.factor == factor);
    let open = given(aim.formula.tenth).and_then(GivenFactor::empty);
    let fills = open.is_some() && matches!(aim.tenth, Tenth::Value(_));
    let is_there = from.version == aim.formula.version;
    if (is_there && !fills) || aim.formula.precedes(from) {
        return Ok(Outcome::Already { by: from, open });
    }
    if block.shared {
        return Err((key_span, SHARED.to_owned()));
    }
    let mut edits = if is_there { Vec::new() } else { vec![version_edit(text, block.node, aim)?] };
    let old = given(from.tenth).filter(|_| {
        from.tenth != aim.formula.tenth && aim.tenth != Tenth::Keep && given(aim.formula.tenth).is_none()
    });
    let exchanged = old.map(|old| Exchanged {
        span: old.key,
        value: old.number().map(|value| value.value),
        rationale: old.rationale.as_deref().map(str::to_owned),
        is_open: aim.tenth == Tenth::CheckOptions,
        kept: edits::kept(text, block.node, from.tenth),
    });
    if exchanged.is_some() {
        edits.extend(exchange(text, block.node, from.tenth, aim)?);
    }
    if fills {
        edits.push(fill(text, block.node, aim)?);
    }
    edits.sort_by_key(|edit| edit.span);
    let scored = score(assessment);
    let title = format!("Move to AIVSS {}", aim.formula.version);
    Ok(Outcome::Moved(Box::new(Moved {
        from,
        after: outlook(&scored, exchanged.as_ref(), aim),
        counts: counts(&scored, from, aim),
        is_unproven: assessment.evidence.is_none(),
        before: scored.working,
        exchanged,
        fills,
        fix: Fix { title, edits, safety: Safety::Safe },
    })))
}

/// Makes sure that a score has one tenth factor, under its own key: what is not understood would be lost on the way.
fn only_tenth(factors: &Factors) -> Result<(), InTheWay> {
    if !factors.readable {
        return Err((factors.key_span, "its factors cannot be read".to_owned()));
    }
    let tenth = |factor: Factor| factor.counterpart().is_some();
    let mut given = factors.given.iter().filter(|given| tenth(given.factor));
    let meant = |key: &str| factors.meant(key).and_then(Factor::with_key).filter(|factor| tenth(*factor));
    if let Some((key, factor)) = factors.unknown.iter().find_map(|key| Some((key, meant(key)?))) {
        let why = format!("`{}` must be called {} first, if that is meant", key.value, factor.key());
        return Err((key.span, why));
    }
    match (given.next(), given.next()) {
        (Some(_), None) => Ok(()),
        (Some(one), Some(other)) => {
            let (one, key) = (factors.spell(one.factor), factors.spell(other.factor));
            Err((other.key, format!("both {one} and {key} are given, and only one is the tenth factor")))
        }
        (None, _) => Err((factors.key_span, "the tenth factor is missing".to_owned())),
    }
}

/// The text with all steps taken; `None` if it would say anything but what it is to say.
fn rewritten(source: &Source, steps: &[Step], aim: Aim) -> Option<String> {
    let fixes: Vec<&Fix> = steps.iter().filter_map(Step::moved).map(|moved| &moved.fix).collect();
    let done = apply(source.text(), &fixes);
    let now = Source::decode(source.name(), done.text.into_bytes());
    let (old, new) = (syntax::parse(source), syntax::parse(&now));
    let is_sound = done.skipped.is_empty() && new.problems.len() == old.problems.len();
    let moved: Vec<&Step> = steps.iter().filter(|step| step.moved().is_some()).collect();
    let arrived = plan(&now, aim);
    let mut arrived = arrived.iter().filter(|step| matches!(step.outcome, Outcome::Already { .. }));
    // Both stand in the order of the file.
    let all =
        moved.iter().all(|step| arrived.any(|now| now.model == step.model && now.pointer == step.pointer));
    let says = is_sound && meanings(&old, steps, Some(aim)) == meanings(&new, steps, None);
    (says && all).then(|| now.text().to_owned())
}

/// What the threat models of a file say, the versions of moved scores left out; with an aim, what they are to say.
fn meanings(document: &Document<'_>, steps: &[Step], aim: Option<Aim>) -> Vec<Json> {
    let is_model = |root: &Node<'_>| matches!(detect(*root), DetectedFormat::Model(_));
    let (models, others): (Vec<Node<'_>>, Vec<Node<'_>>) = document.roots().partition(is_model);
    let mut meanings: Vec<Json> = models.into_iter().chain(others).map(Node::to_json).collect();
    for step in steps {
        let block = meanings.get_mut(step.model).and_then(|model| model.pointer_mut(&step.pointer));
        let (Some(moved), Some(block)) = (step.moved(), block) else { continue };
        if let Some(version) = block.get_mut("version") {
            *version = Json::Null;
        }
        let factors = block.get_mut("factors").and_then(Json::as_object_mut);
        let is_exchanged = moved.exchanged.is_some() || moved.fills;
        if let (Some(aim), true, Some(factors)) = (aim, is_exchanged, factors) {
            let old = factors.remove(moved.from.tenth.key());
            let kept = moved.exchanged.as_ref().and_then(|exchanged| exchanged.kept.clone());
            factors.extend(kept.zip(old));
            let value = match aim.tenth {
                Tenth::Value(value) => serde_json::from_str(&value.to_string()).unwrap_or(Json::Null),
                Tenth::CheckOptions | Tenth::Keep => Json::Null,
            };
            factors.insert(aim.formula.tenth.key().to_owned(), value);
        }
    }
    meanings
}
