//! This project's own format to [`Model`].

use crate::aivss::Factor;
use crate::diagnostic::Owner;
use crate::did_you_mean::nearest;
use crate::model::block::{Block, MOST_SLIPS, number};
use crate::model::{
    Agent, Answer, Assessment, Blank, FactorValue, Factors, Finding, Format, GivenFactor, Layer, LayerKind,
    Maestro, Model, Review, Spanned, TextKind, Threat, blank, is_refusal, stub,
};
use crate::syntax::{Entry, Node, Value};

pub(crate) fn read(root: Node<'_>) -> Model<'_> {
    let file = Block::root(root);
    let agent = file.block("agent");
    let review = file.block("review");
    Model {
        format: Format::Native,
        key_span: file.key_span,
        agent: Agent {
            key_span: Some(agent.key_span),
            name: agent.text("name"),
            summary: agent.text("summary"),
            owner: agent.answered("owner", TextKind::Name),
            environment: agent.text("environment"),
            tier: agent.text("tier"),
        },
        review: Review {
            key_span: file.entry("review").map(|entry| entry.key_span),
            date: review.text("date"),
            approved_by: review
                .answered("approved_by", TextKind::Name)
                .filter(|name| !is_refusal(name.value)),
        },
        assessment: file.entry("aivss").map(|entry| assessment(Owner::Agent, Block::of(entry))),
        findings_key_span: file.entry("findings").map(|entry| entry.key_span),
        findings: file.items("findings").enumerate().map(finding).collect(),
        maestro: Some(maestro(file)),
    }
}

fn finding((at, node): (usize, Node<'_>)) -> Finding<'_> {
    let (owner, block) = (Owner::Finding(at), Block::root(node));
    Finding {
        owner,
        id: block.text("id"),
        title: block.text("title"),
        assessment: block.entry("aivss").map(|entry| assessment(owner, block.under(entry))),
    }
}

fn assessment(owner: Owner, block: Block<'_>) -> Assessment<'_> {
    Assessment {
        owner,
        key_span: block.key_span,
        version: block.entry("version").and_then(version),
        cvss_absent: block
            .map()
            .is_some_and(|map| map.get("cvss").is_none() && map.get("cvss_base").is_none()),
        vector_written: block.entry("cvss").is_some(),
        vector: block.text("cvss"),
        base: block.number("cvss_base"),
        factors: factors(block.block("factors")),
        threat: block.multiplier("threat_multiplier"),
        mitigation: block.multiplier("mitigation_factor"),
        evidence: block.answered("mitigation_evidence", TextKind::Evidence),
        factor_sum: block.number("factor_sum"),
        uplift: block.number("aars"),
        score: block.number("score"),
        undeclared: block.undeclared("score"),
        severity: block.own_text("severity"),
    }
}

/// The version, with or without quotes: `0.8` is as clear as `"0.8"`.
fn version(entry: Entry<'_>) -> Option<Spanned<&str>> {
    match entry.value.value() {
        Value::String(text) | Value::Number(text) => Some(Spanned::new(text, entry.span())),
        Value::Null | Value::Bool(_) | Value::List(_) | Value::Map(_) | Value::Unreadable => None,
    }
}

fn factors(block: Block<'_>) -> Factors<'_> {
    let mut factors = Factors {
        key_span: block.key_span,
        readable: block.map().is_some(),
        given: Vec::with_capacity(Factor::SET),
        unknown: Vec::new(),
        keys: Factor::keys(),
    };
    for entry in block.map().into_iter().flat_map(crate::syntax::Map::iter) {
        let Some(factor) = Factor::with_key(entry.key) else {
            if !entry.key.starts_with("x-") {
                factors.unknown.push(block.key(entry));
            }
            continue;
        };
        let (value, rationale) = match entry.value.value() {
            Value::Map(_) => {
                let block = Block::of(entry);
                (
                    block.number("score").into(),
                    block.answered("rationale", TextKind::Prose).map(|at| at.value),
                )
            }
            Value::Null => (FactorValue::Empty(entry.span()), None),
            _ => (number(entry).into(), None),
        };
        factors.given.push(GivenFactor { factor, key: entry.key_span, value, rationale });
    }
    factors
}

fn maestro(file: Block<'_>) -> Maestro<'_> {
    let block = file.block("maestro");
    let layers: Vec<Layer<'_>> = LayerKind::ALL.into_iter().map(|kind| layer(kind, block)).collect();
    let written = file.entry("maestro").is_some_and(|entry| match entry.value.value() {
        Value::Null => false,
        Value::Map(map) => !map.is_empty(),
        Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::List(_) | Value::Unreadable => true,
    });
    let stubs = stub::of_missing(file, written, &layers);
    Maestro { key_span: block.key_span, written, layers, stubs }
}

fn layer(kind: LayerKind, maestro: Block<'_>) -> Layer<'_> {
    let empty = |span, answer| Layer {
        kind,
        span,
        answer,
        analysis: None,
        reason: None,
        threats: Vec::new(),
        stub: None,
    };
    if maestro.node.is_some() && maestro.map().is_none() {
        return empty(maestro.key_span, Answer::Unreadable);
    }
    let Some(entry) = maestro.entry(kind.key()) else {
        // A key that is a slip of this one's spelling has its own fault; this would only echo it.
        let entries = maestro.map().into_iter().flat_map(crate::syntax::Map::iter);
        let mut keys = entries.take(MOST_SLIPS).map(|entry| entry.key);
        let is_slip = |key: &str| LayerKind::with_key(key).is_none() && nearest(key, [kind.key()]).is_some();
        let answer = if keys.any(is_slip) { Answer::Unreadable } else { Answer::Blank(Blank::Missing) };
        return empty(maestro.key_span, answer);
    };
    match entry.value.value() {
        Value::Null => {
            let stub = stub::of_empty(kind, maestro);
            Layer { stub, ..empty(entry.span(), Answer::Blank(Blank::Empty)) }
        }
        Value::String(text) => {
            let analysis = Spanned { value: text, span: entry.span(), verbatim: entry.value.is_verbatim() };
            let answer = blank(text, TextKind::Prose).map_or(Answer::Mapped, Answer::Blank);
            let analysis = (answer == Answer::Mapped).then_some(analysis);
            let is_empty = answer == Answer::Blank(Blank::Empty);
            let stub = if is_empty { stub::of_empty(kind, maestro) } else { None };
            Layer { analysis, stub, ..empty(entry.span(), answer) }
        }
        Value::Map(_) => described(kind, maestro, maestro.under(entry)),
        Value::Bool(_) | Value::Number(_) | Value::List(_) | Value::Unreadable => {
            empty(entry.span(), Answer::Unreadable)
        }
    }
}

/// A layer written as a mapping.
fn described<'t>(kind: LayerKind, maestro: Block<'t>, block: Block<'t>) -> Layer<'t> {
    let text = block.text("analysis");
    let blank = text.and_then(|text| blank(text.value, TextKind::Prose));
    let analysis = text.filter(|_| blank.is_none());
    let threats: Vec<_> = block.items("threats").map(threat).collect();
    // A placeholder takes back what stands beside it; without any text, threats are an answer, and words are due.
    let unwritten = match blank {
        Some(placeholder @ Blank::Placeholder(_)) => Some(placeholder),
        _ if analysis.is_some() || threats.iter().any(|threat| threat.named) => None,
        _ => Some(Blank::Empty),
    };
    let reason = block.answered("reason", TextKind::Prose).map(|reason| reason.value);
    let answer = match (block.text("status").map(|status| status.value), unwritten) {
        (Some("not_applicable"), _) => Answer::NotApplicable { reasoned: reason.is_some() },
        (Some("mapped" | "uncertain") | None, Some(blank)) => Answer::Blank(blank),
        (Some("uncertain"), None) => Answer::Uncertain,
        (Some("mapped") | None, None) => Answer::Mapped,
        (Some(_), _) => Answer::Unreadable,
    };
    // A blank text is shown where it stands; a layer without any, at its key.
    let span = match (answer, block.entry("analysis")) {
        (Answer::Blank(_), Some(entry)) => entry.span(),
        _ => block.key_span,
    };
    let is_empty = answer == Answer::Blank(Blank::Empty);
    let stub = if is_empty { stub::of_described(kind, maestro, block) } else { None };
    Layer { kind, span, answer, analysis, reason, threats, stub }
}

fn threat(node: Node<'_>) -> Threat<'_> {
    let block = Block::root(node);
    let status = block.text("status").map(|status| status.value);
    Threat {
        span: block.key_span,
        whole: node.span(),
        id: block.text("id").map(|id| id.value),
        named: block.answered("title", TextKind::Prose).is_some(),
        title: block.text("title").map(|title| title.value),
        status,
        mitigation: block.answered("mitigation", TextKind::Name).map(|mitigation| mitigation.value),
        open: !matches!(status, Some("mitigated" | "accepted" | "transferred")),
    }
}
