//! Threat models brought to another version of the standard: which bytes change, what the scores become, and what only
//! a person can decide.
//!
//! The version is written, and the tenth factor is exchanged where the sets of the two versions differ; the numbers that
//! follow are [`crate::fix`]'s. Nothing is decided here that the file does not say: a factor that the old set does not
//! have is left open, so that the gate fails until it has a value. Pure; disks are the command's business.

use serde_json::Value as Json;

use crate::decimal::Decimal;
use crate::diagnostic::{Diagnostic, Edit, Fix};
use crate::document::{self, Document, Entry, Node, Value};
use crate::fix::{apply, mend};
use crate::model::{Assessment, Factor, Format, Recognised, recognise};
use crate::score::{Formula, Inputs, Scored, Working, score};
use crate::source::{Source, Span};

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
    Ask,
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
    /// It is at the version already.
    Already {
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

/// Brings a file to another version. `judge` says what is wrong with a text, for the numbers that follow.
pub fn migrate(source: &Source, aim: Aim, mut judge: impl FnMut(&str) -> Vec<Diagnostic>) -> Migrated {
    let mut steps = plan(source, aim);
    if rewritten(source, &steps, aim).is_none() {
        // One of them is written in a way that is not understood here: the others need not wait for it.
        for at in 0..steps.len() {
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
    let mended = mend(&rewritten, |text| {
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
            Outcome::Already { open } => *open,
            Outcome::Moved(moved) => moved.exchanged.as_ref().filter(|old| old.is_open).map(|old| old.span),
            Outcome::Report | Outcome::Left { .. } => None,
        }
    }

    /// Where something of it is left, or would change.
    pub fn place(&self) -> Span {
        match &self.outcome {
            Outcome::Left { span, .. } => *span,
            Outcome::Moved(moved) => moved.fix.edits.first().map_or(Span::new(0, 0), |edit| edit.span),
            Outcome::Already { open } => open.unwrap_or(Span::new(0, 0)),
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
    let document = document::parse(source);
    let formats = document.roots().filter_map(|root| match recognise(root) {
        Recognised::Model(format) => Some((root, format)),
        Recognised::Unmarked | Recognised::Other => None,
    });
    formats.enumerate().flat_map(|(at, (root, format))| steps(source, (at, root), format, aim)).collect()
}

fn steps(source: &Source, (at, root): (usize, Node<'_>), format: Format, aim: Aim) -> Vec<Step> {
    let model = format.read(root);
    let agent = model.agent.name.map(|name| name.value.to_owned());
    let step =
        |pointer, finding, outcome| Step { model: at, pointer, agent: agent.clone(), finding, outcome };
    if format == Format::OwaspReport {
        return vec![step(String::new(), None, Outcome::Report)];
    }
    let assessments = blocks(root).into_iter().zip(model.assessments());
    let steps = assessments.map(|(block, (finding, assessment))| {
        let finding = finding.map(|finding| finding.id.map_or_else(String::new, |id| id.value.to_owned()));
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
    let items = list.and_then(Node::as_list).into_iter().flat_map(document::List::iter).enumerate();
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
    assessment: &Assessment<'_>,
    aim: Aim,
) -> Result<Outcome, InTheWay> {
    let heading = assessment.heading;
    let Some(version) = assessment.version else {
        return Err((heading, "the version it is scored by is missing".to_owned()));
    };
    let Some(from) = Formula::named(version.value) else {
        return Err((version.span, format!("`{}` is no version of the standard", version.value)));
    };
    let given = |factor| assessment.factors.given.iter().find(move |given| given.factor == factor);
    let open = given(aim.formula.tenth).and_then(|given| given.empty);
    let fills = open.is_some() && matches!(aim.tenth, Tenth::Value(_));
    let is_there = from.version == aim.formula.version;
    if is_there && !fills {
        return Ok(Outcome::Already { open });
    }
    if block.shared {
        return Err((heading, SHARED.to_owned()));
    }
    let mut edits = if is_there { Vec::new() } else { vec![version_edit(text, block.node, aim)?] };
    let old = given(from.tenth).filter(|_| {
        from.tenth != aim.formula.tenth && aim.tenth != Tenth::Keep && given(aim.formula.tenth).is_none()
    });
    let exchanged = old.map(|old| Exchanged {
        span: old.key.span,
        value: old.value.map(|value| value.value),
        rationale: old.rationale.map(|rationale| rationale.value.to_owned()),
        is_open: aim.tenth == Tenth::Ask,
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
        before: scored.working,
        exchanged,
        fills,
        fix: Fix { title, edits },
    })))
}

/// The scores by the new version.
fn outlook(scored: &Scored<'_>, exchanged: Option<&Exchanged>, aim: Aim) -> Vec<(Option<Decimal>, Working)> {
    let work = |sum: Decimal| {
        let inputs = Inputs::new(scored.base?, sum, scored.threat?, scored.mitigation?)?;
        Some(aim.formula.work(inputs))
    };
    let Some(sum) = scored.factor_sum.or_else(|| sum_with(scored, aim.tenth)) else { return Vec::new() };
    let Some(exchanged) = exchanged else {
        return work(sum).map(|working| (None, working)).into_iter().collect();
    };
    let Some(old) = exchanged.value else { return Vec::new() };
    let with = |value: Decimal| work(sum - old + value);
    match aim.tenth {
        Tenth::Value(value) => with(value).map(|working| (None, working)).into_iter().collect(),
        Tenth::Ask | Tenth::Keep => {
            let points = [Decimal::new(0, 1), Decimal::new(5, 1), Decimal::new(10, 1)];
            points.into_iter().filter_map(|point| Some((Some(point), with(point)?))).collect()
        }
    }
}

/// The sum of the factors with a value for the one that is empty.
fn sum_with(scored: &Scored<'_>, tenth: Tenth) -> Option<Decimal> {
    let Tenth::Value(value) = tenth else { return None };
    let given = &scored.declared.factors.given;
    let values: Option<Vec<Decimal>> = given
        .iter()
        .map(|given| if given.empty.is_some() { Some(value) } else { given.value.map(|value| value.value) })
        .collect();
    let is_one_empty = given.iter().filter(|given| given.empty.is_some()).count() == 1;
    let values = values.filter(|values| is_one_empty && values.len() == Factor::SET)?;
    let are_in_range = values.iter().all(|value| value.within(Decimal::ZERO, Decimal::ONE));
    are_in_range.then(|| values.into_iter().sum())
}

/// A mitigation that begins to count.
fn counts(scored: &Scored<'_>, from: &Formula, aim: Aim) -> Option<Decimal> {
    let value = scored.declared.mitigation.and(scored.mitigation)?;
    let begins = !from.has_mitigation() && aim.formula.has_mitigation() && value != Decimal::ONE;
    begins.then_some(value)
}

fn version_edit(text: &str, block: Node<'_>, aim: Aim) -> Result<Edit, InTheWay> {
    let name = aim.formula.version;
    let Some(entry) = block.as_map().and_then(|map| map.entry("version")) else {
        return Err((block.span(), "the version it is scored by is missing".to_owned()));
    };
    let span = unquoted(text, entry.value, entry.span())?;
    let is_bare = span == entry.value.span();
    // In JSON what is no number stands in quotes, and in YAML's own braces it may.
    let quoted = is_bare && is_flow(text, block) && Decimal::parse(name).is_err();
    Ok(Edit { span, text: if quoted { format!("\"{name}\"") } else { name.to_owned() } })
}

/// The place of a value without its quotes, if it stands there letter by letter and nowhere else.
fn unquoted(text: &str, node: Node<'_>, place: Span) -> Result<Span, InTheWay> {
    let (Value::String(value) | Value::Number(value)) = node.value() else {
        return Err((place, "it is neither text nor a number".to_owned()));
    };
    if node.is_shared() {
        return Err((place, SHARED.to_owned()));
    }
    within_quotes(text, node.span(), value)
        .ok_or_else(|| (place, "it is not written letter by letter".to_owned()))
}

fn within_quotes(text: &str, span: Span, value: &str) -> Option<Span> {
    let written = text.get(span.range())?;
    if written == value {
        return Some(span);
    }
    let inner = ['"', '\''].into_iter().find_map(|quote| written.strip_prefix(quote)?.strip_suffix(quote))?;
    (inner == value).then(|| Span::new(span.start as usize + 1, span.end as usize - 1))
}

/// Whether a mapping stands in braces, as in JSON.
fn is_flow(text: &str, map: Node<'_>) -> bool {
    text.get(map.span().range()).is_some_and(|written| written.starts_with('{'))
}

/// The edits that put the new version's tenth factor in the place of the old one's.
fn exchange(text: &str, block: Node<'_>, old: Factor, aim: Aim) -> Result<Vec<Edit>, InTheWay> {
    let map = block.get("factors").filter(|factors| factors.as_map().is_some());
    let entry = map.and_then(|factors| factors.as_map()?.entry(old.key()));
    let Some((map, entry)) = map.zip(entry) else {
        return Err((block.span(), "its factors cannot be read".to_owned()));
    };
    if map.is_shared() || entry.value.is_shared() {
        return Err((entry.key_span, SHARED.to_owned()));
    }
    let edits = if is_flow(text, map) {
        exchange_in_braces(text, entry, aim)
    } else {
        exchange_lines(text, entry, aim).map(|edit| vec![edit])
    };
    edits.ok_or_else(|| (entry.key_span, UNSAFE.to_owned()))
}

/// The edit that gives the new tenth factor, which is there, its value.
fn fill(text: &str, block: Node<'_>, aim: Aim) -> Result<Edit, InTheWay> {
    let map = block.get("factors");
    let entry = map.and_then(|factors| factors.as_map()?.entry(aim.formula.tenth.key()));
    let (Some((map, entry)), Tenth::Value(value)) = (map.zip(entry), aim.tenth) else {
        return Err((block.span(), "its factors cannot be read".to_owned()));
    };
    if map.is_shared() || entry.value.is_shared() {
        return Err((entry.key_span, SHARED.to_owned()));
    }
    let span = entry.value.span();
    if !span.is_empty() {
        return Ok(Edit { span, text: value.to_string() });
    }
    let key = entry.key_span.range().end;
    let colon = text.get(key..).filter(|rest| rest.starts_with(':')).map(|_| key + 1);
    let colon = colon.ok_or_else(|| (entry.key_span, UNSAFE.to_owned()))?;
    Ok(Edit { span: Span::new(colon, colon), text: format!(" {value}") })
}

/// In braces there is no room for a question: the key and the value change, and the report asks.
fn exchange_in_braces(text: &str, entry: Entry<'_>, aim: Aim) -> Option<Vec<Edit>> {
    let key = within_quotes(text, entry.key_span, entry.key)?;
    let value = entry.value.span();
    let new = match aim.tenth {
        Tenth::Value(value) => value.to_string(),
        Tenth::Ask | Tenth::Keep => "null".to_owned(),
    };
    let key = Edit { span: key, text: aim.formula.tenth.key().to_owned() };
    (!value.is_empty()).then(|| vec![key, Edit { span: value, text: new }])
}

/// The lines of the old factor become comments, with the question above them, and the new key follows.
fn exchange_lines(text: &str, entry: Entry<'_>, aim: Aim) -> Option<Edit> {
    let key = entry.key_span.range();
    let first = text.get(..key.start)?.rfind('\n').map_or(0, |at| at + 1);
    let indent = text.get(first..key.start)?;
    let end = entry.value.span().range().end.max(key.end);
    // A text over several lines may end in the line after its last one.
    let end = key.start + text.get(key.start..end)?.trim_end().len();
    let rest = text.get(end..)?;
    let end = end + rest.find('\n').map_or(rest, |at| &rest[..at]).trim_end_matches('\r').len();
    let old = text.get(first..end)?;
    // A carriage return alone ends a line in YAML, and so would end a comment.
    let has_lone_return = old.replace("\r\n", "\n").contains('\r');
    if has_lone_return || !indent.chars().all(|letter| letter == ' ') {
        return None;
    }
    let new = aim.formula.tenth;
    let mut lines: Vec<String> =
        question(entry.key, aim).into_iter().map(|line| format!("# {line}")).collect();
    lines.extend(old.lines().map(|line| {
        let line = line.strip_prefix(indent).unwrap_or(line.trim_start());
        format!("#   {line}").trim_end().to_owned()
    }));
    lines.push(match aim.tenth {
        Tenth::Value(value) => format!("{}: {value}", new.key()),
        Tenth::Ask | Tenth::Keep => format!("{}:", new.key()),
    });
    let after = text.get(end..)?;
    let is_crlf = after.starts_with("\r\n") || (after.is_empty() && text.contains("\r\n"));
    let line_end = if is_crlf { "\r\n" } else { "\n" };
    let lines: Vec<String> = lines.into_iter().map(|line| format!("{indent}{line}")).collect();
    Some(Edit { span: Span::new(first, end), text: lines.join(line_end) })
}

/// What stands above the old factor.
fn question(old: &str, aim: Aim) -> Vec<String> {
    let (new, version) = (aim.formula.tenth, aim.formula.version);
    let stood = "What stood here:".to_owned();
    match aim.tenth {
        Tenth::Value(_) => vec![format!("AIVSS {version} has {} in the place of {old}.", new.key()), stood],
        Tenth::Ask | Tenth::Keep => vec![
            format!("To be decided: AIVSS {version} has {} in the place of {old}.", new.key()),
            format!("{}.", new.scale().unwrap_or_default()),
            stood,
        ],
    }
}

/// The text with all steps taken; `None` if it would say anything but what it is to say.
fn rewritten(source: &Source, steps: &[Step], aim: Aim) -> Option<String> {
    let fixes: Vec<&Fix> = steps.iter().filter_map(Step::moved).map(|moved| &moved.fix).collect();
    let done = apply(source.text(), &fixes);
    let now = Source::decode(source.name(), done.text.into_bytes());
    let (old, new) = (document::parse(source), document::parse(&now));
    let is_sound = done.left.is_empty() && new.problems.len() == old.problems.len();
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
    let is_model = |root: &Node<'_>| matches!(recognise(*root), Recognised::Model(_));
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
            factors.remove(moved.from.tenth.key());
            let value = match aim.tenth {
                Tenth::Value(value) => serde_json::from_str(&value.to_string()).unwrap_or(Json::Null),
                Tenth::Ask | Tenth::Keep => Json::Null,
            };
            factors.insert(aim.formula.tenth.key().to_owned(), value);
        }
    }
    meanings
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const STOCK: &str = include_str!("rules/stock.yaml");

    fn aim(tenth: Tenth) -> Aim {
        Aim { formula: Formula::named("0.8").unwrap(), tenth }
    }

    fn old() -> String {
        STOCK.replace("'0.8'", "'0.5'").replace("natural_language_interface", "goal_driven_planning")
    }

    fn migrated(name: &str, text: &str, tenth: Tenth) -> Migrated {
        migrate(&Source::decode(name, text.as_bytes().to_vec()), aim(tenth), |_| Vec::new())
    }

    #[test]
    fn a_rewriting_that_says_anything_else_is_not_taken() {
        let source = Source::decode("a.yaml", old().into_bytes());
        let mut steps = plan(&source, aim(Tenth::Ask));
        assert!(rewritten(&source, &steps, aim(Tenth::Ask)).is_some());
        let Outcome::Moved(moved) = &mut steps[0].outcome else { panic!("{steps:?}") };
        let line = old().find("score: 9.4").unwrap();
        moved.fix.edits.push(Edit { span: Span::new(line, line), text: "aars: 1.0\n  ".to_owned() });
        assert!(rewritten(&source, &steps, aim(Tenth::Ask)).is_none());
    }

    #[test]
    fn of_two_models_one_that_is_not_understood_does_not_hold_up_the_other() {
        // The anchor stands in what would become a comment.
        let odd = old()
            .replace("planning: 1.0", "planning: { score: &plan 1.0 }")
            .replace("maestro:", "x-plan: *plan\nmaestro:");
        let migrated = migrated("a.yaml", &format!("{}---\n{odd}", old()), Tenth::Ask);
        assert!(matches!(migrated.steps[0].outcome, Outcome::Moved(_)));
        assert!(matches!(migrated.steps[1].outcome, Outcome::Left { .. }));
        assert!(migrated.text.ends_with(&odd) && migrated.arrived[0].open().is_some());
    }

    fn bits() -> impl Strategy<Value = String> {
        let known = [
            "\n",
            "\r\n",
            "\r",
            " ",
            "\t",
            "#",
            ": ",
            "- ",
            "&a ",
            "*a",
            "{",
            "}",
            "[",
            "'",
            "\"",
            "|\n",
            ">-\n",
            "? ",
            "!!str ",
            "---\n",
            "...\n",
            "    ",
            "0.5",
            "ü",
            "\u{feff}",
            "goal_driven_planning: 0.5\n",
            "```\n",
        ];
        proptest::sample::select(known.to_vec()).prop_map(str::to_owned)
    }

    proptest! {
        #[test]
        fn any_text_is_moved_or_left_and_moved_once(
            inserts in proptest::collection::vec((0..1_000_usize, bits()), 0..6),
            is_page in any::<bool>(),
            ask in any::<bool>(),
        ) {
            let mut text = old();
            for (at, bit) in inserts {
                // Around the places that change, mostly.
                let at = 70 + at % 400;
                let at = (at.min(text.len())..=text.len()).find(|at| text.is_char_boundary(*at)).unwrap();
                text.insert_str(at, &bit);
            }
            let (name, text) =
                if is_page { ("a.md", format!("# A\n\n```yaml\n{text}```\n")) } else { ("a.yaml", text) };
            let tenth = if ask { Tenth::Ask } else { Tenth::Value(Decimal::new(5, 1)) };
            let once = migrated(name, &text, tenth);
            let moved = once.steps.iter().filter(|step| step.moved().is_some()).count();
            prop_assert_eq!(moved > 0, once.text != text);
            let twice = migrated(name, &once.text, tenth);
            prop_assert_eq!(&twice.text, &once.text);
            prop_assert!(twice.steps.iter().all(|step| step.moved().is_none()));
            let open = |steps: &[Step]| -> Vec<_> { steps.iter().map(Step::open).collect() };
            prop_assert_eq!(open(&twice.arrived), open(&once.arrived));
        }
    }
}
