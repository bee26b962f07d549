//! The two formats to [`Model`]: this project's own, and OWASP's v0.8 report.

use std::sync::Arc;

use crate::aivss::{Factor, LayerKind, LayerSet};
use crate::diagnostic::Owner;
use crate::model::assessment::{Assessment, Factors, GivenFactor};
use crate::model::block::Block;
use crate::model::layers::{
    Answer, Blank, Layer, Maestro, stub_of_described, stub_of_empty, stub_of_missing,
};
use crate::model::placeholder::{TextKind, blank};
use crate::model::{Agent, Finding, Model, ModelFormat, Review, Text, Threat};
use crate::schema::Vocabulary;
use crate::source::Span;
use crate::syntax::{Entry, Node, Value};

/// Reads a model in this project's own format.
pub(crate) fn native(root: Node<'_>) -> Model {
    let file = Block::root(root);
    let agent = file.block("agent");
    let review = file.block("review");
    Model {
        format: ModelFormat::Native,
        key_span: file.key_span,
        agent: Agent {
            key_span: Some(agent.key_span),
            name: agent.text("name"),
            summary: agent.text("summary"),
            owner: agent.named("owner"),
            environment: agent.text("environment").map(|text| read_as(Vocabulary::Environment, text)),
            tier: agent.text("tier").map(|text| read_as(Vocabulary::Tier, text)),
        },
        review: Review {
            key_span: file.entry("review").map(|entry| entry.key_span),
            date: review.text("date"),
            approved_by: review.named("approved_by"),
        },
        assessment: assessment(Owner::Agent, file),
        findings_key_span: file.entry("findings").map(|entry| entry.key_span),
        findings: file.items("findings").enumerate().map(|(at, node)| finding(at, node)).collect(),
        maestro: Some(maestro(file)),
    }
}

/// A text in the spelling of a vocabulary, if it means one of its words.
fn read_as(vocabulary: Vocabulary, text: Text) -> Text {
    let meant = vocabulary.meant(&text).filter(|word| **word != *text);
    meant.map(|word| Text::new(word.into(), text.span)).unwrap_or(text)
}

fn finding(at: usize, node: Node<'_>) -> Finding {
    let (owner, block) = (Owner::Finding(at), Block::root(node));
    let assessment = assessment(owner, block);
    let category = block.str("category").map(Box::from);
    Finding { owner, id: block.text("id"), title: block.text("title"), category, assessment }
}

fn assessment(owner: Owner, parent: Block<'_>) -> Option<Arc<Assessment>> {
    let block = parent.under(parent.entry("aivss")?);
    Some(Arc::new(Assessment {
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
    }))
}

/// The version, with or without quotes: `0.8` is as clear as `"0.8"`.
fn version(entry: Entry<'_>) -> Option<Text> {
    match entry.value.value() {
        Value::String(text) | Value::Number(text) => Some(Text::new(text.into(), entry.span())),
        Value::Null | Value::Bool(_) | Value::List(_) | Value::Map(_) | Value::Unreadable => None,
    }
}

fn factors(block: Block<'_>) -> Factors {
    let mut factors = Factors::of(block, Factor::keys());
    for entry in block.entries() {
        let Some(factor) = Factor::with_key(entry.key) else {
            if !entry.key.starts_with("x-") {
                factors.unknown.push(block.key(entry));
            }
            continue;
        };
        let mut given = GivenFactor::of(factor, entry);
        if let Value::Map(_) = entry.value.value() {
            let block = block.under(entry);
            given.number = block.number("score");
            given.rationale = block.answered("rationale", TextKind::Prose).map(|text| text.value);
        }
        factors.given.push(given);
    }
    factors
}

fn maestro(file: Block<'_>) -> Maestro {
    let block = file.block("maestro");
    let named = block.entry("version").and_then(version);
    let set = named.and_then(|version| LayerSet::with_version(&version)).unwrap_or(LayerSet::DEFAULT);
    let mut layers: Vec<Layer> = set.layers().map(|kind| layer(kind, set, block)).collect();
    let shared: Vec<Threat> =
        block.block("cross_layer").items("threats").map(|node| Threat::read(node, None)).collect();
    for layer in &mut layers {
        layer.answer_by(&shared);
    }
    let written = file.entry("maestro").is_some_and(|entry| match entry.value.value() {
        Value::Null => false,
        Value::Map(map) => !map.is_empty(),
        Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::List(_) | Value::Unreadable => true,
    });
    let stubs = stub_of_missing(file, written, &layers);
    Maestro { key_span: block.key_span, written, layers, shared, stubs }
}

impl Layer {
    /// A layer with nothing but an answer.
    fn bare(kind: LayerKind, span: Span, answer: Answer) -> Self {
        Self { kind, span, answer, analysis: None, reason: None, threats: Vec::new(), stub: None }
    }

    /// Makes an empty layer uncertain if a threat that spans layers is an answer for it.
    fn answer_by(&mut self, shared: &[Threat]) {
        if !matches!(self.answer, Answer::Blank(Blank::Missing | Blank::Empty)) {
            return;
        }
        if let Some(threat) = shared.iter().find(|threat| threat.answers(self.kind)) {
            (self.answer, self.span, self.stub) = (Answer::Uncertain, threat.span, None);
        }
    }
}

fn layer(kind: LayerKind, set: &'static LayerSet, maestro: Block<'_>) -> Layer {
    if maestro.node.is_some() && maestro.map().is_none() {
        return Layer::bare(kind, maestro.key_span, Answer::Unreadable);
    }
    let Some(entry) = kind.keys().find_map(|key| maestro.entry(key)) else {
        let is_misspelled = maestro.misspells(kind.key(), |other| set.with_key(other).is_none());
        let answer = if is_misspelled { Answer::Unreadable } else { Answer::Blank(Blank::Missing) };
        return Layer::bare(kind, maestro.key_span, answer);
    };
    match entry.value.value() {
        Value::Null => {
            let stub = stub_of_empty(kind, maestro);
            Layer { stub, ..Layer::bare(kind, entry.span(), Answer::Blank(Blank::Empty)) }
        }
        Value::String(text) => {
            let answer = blank(text, TextKind::Prose).map_or(Answer::Mapped, Answer::Blank);
            let analysis = maestro.text(entry.key).filter(|_| answer == Answer::Mapped);
            let is_empty = answer == Answer::Blank(Blank::Empty);
            let stub = if is_empty { stub_of_empty(kind, maestro) } else { None };
            Layer { analysis, stub, ..Layer::bare(kind, entry.span(), answer) }
        }
        Value::Map(_) => described(kind, maestro, maestro.under(entry)),
        Value::Bool(_) | Value::Number(_) | Value::List(_) | Value::Unreadable => {
            Layer::bare(kind, entry.span(), Answer::Unreadable)
        }
    }
}

fn described(kind: LayerKind, maestro: Block<'_>, block: Block<'_>) -> Layer {
    let text = block.text("analysis");
    let blank = text.as_deref().and_then(|text| blank(text, TextKind::Prose));
    let blank = blank.or_else(|| blank_as_shown(block.entry("analysis")?.value));
    let analysis = text.filter(|_| blank.is_none());
    let threats: Vec<Threat> =
        block.items("threats").map(|threat| Threat::read(threat, Some(kind))).collect();
    // A placeholder makes the layer blank whatever else it has. Without a text, a threat with a title is an answer.
    let unwritten = match blank {
        Some(Blank::Placeholder(_)) => blank,
        _ if analysis.is_some() || threats.iter().any(|threat| threat.is_named) => None,
        _ => Some(Blank::Empty),
    };
    let reason = block.answered("reason", TextKind::Prose).map(|reason| reason.value);
    let status = block.str("status").map(|text| Vocabulary::LayerStatus.meant(text).unwrap_or(text));
    let answer = match (status, unwritten) {
        (Some("not_applicable"), _) => Answer::NotApplicable,
        (Some("mapped" | "uncertain") | None, Some(blank)) => Answer::Blank(blank),
        (Some("uncertain"), None) => Answer::Uncertain,
        (Some("mapped") | None, None) => Answer::Mapped,
        (Some(_), _) => Answer::Unreadable,
    };
    let span = match (&answer, block.entry("analysis")) {
        (Answer::Blank(_), Some(entry)) => entry.span(),
        _ => block.key_span,
    };
    let is_empty = answer == Answer::Blank(Blank::Empty);
    let stub = if is_empty { stub_of_described(kind, maestro, block) } else { None };
    Layer { analysis, reason, threats, stub, ..Layer::bare(kind, span, answer) }
}

/// The first placeholder of an analysis in a page, if a reader sees nothing but placeholders.
pub(crate) fn blank_as_shown(analysis: Node<'_>) -> Option<Blank> {
    let mut blanks = analysis.shown().iter().map(|text| blank(text, TextKind::Prose));
    let first = blanks.next()??;
    blanks.all(|blank| blank.is_some()).then_some(first)
}

/// Reads OWASP's v0.8 report (appendix A): a list of vulnerabilities without a score of the whole, without layers.
pub(crate) fn report(root: Node<'_>) -> Model {
    let file = Block::root(root);
    let metadata = file.block("metadata");
    Model {
        format: ModelFormat::OwaspReport,
        key_span: file.key_span,
        agent: Agent {
            key_span: Some(metadata.key_span),
            name: metadata.text("system_name"),
            // An extension of the report: its assessor is not necessarily the owner.
            owner: metadata.named("owner"),
            ..Agent::default()
        },
        review: Review {
            key_span: Some(metadata.key_span),
            date: metadata.text("assessment_date"),
            approved_by: metadata.named("approved_by"),
        },
        assessment: None,
        findings_key_span: file.entry("vulnerabilities").map(|entry| entry.key_span),
        findings: file
            .items("vulnerabilities")
            .enumerate()
            .map(|(at, node)| vulnerability(at, node))
            .collect(),
        maestro: None,
    }
}

fn vulnerability(at: usize, node: Node<'_>) -> Finding {
    let (owner, block) = (Owner::Finding(at), Block::root(node));
    let scores = block.block("scores");
    let cvss = block.block("cvss_base");
    let assessment = Assessment {
        owner,
        key_span: block.key_span,
        // The report has no field for the version: appendix A belongs to v0.8.
        version: Some(Text::new("0.8".into(), scores.key_span)),
        // The report's schema requires both.
        cvss_absent: false,
        vector_written: cvss.entry("vector_string").is_some(),
        vector: cvss.text("vector_string"),
        base: cvss.number("score"),
        factors: report_factors(block.block("amplification_factors"), block.block("rationales")),
        threat: block.multiplier("threat_multiplier"),
        mitigation: scores.multiplier("mitigation_factor"),
        evidence: scores
            .answered("mitigation_evidence", TextKind::Evidence)
            .or_else(|| block.answered("mitigation_evidence", TextKind::Evidence)),
        factor_sum: scores.number("factor_sum"),
        uplift: scores.number("aars"),
        score: scores.number("aivss"),
        undeclared: scores.undeclared("aivss"),
        severity: scores.own_text("severity"),
    };
    Finding {
        owner,
        id: block.text("id"),
        title: block.text("title"),
        category: block.str("owasp_category").map(Box::from),
        assessment: Some(Arc::new(assessment)),
    }
}

fn report_factors(block: Block<'_>, rationales: Block<'_>) -> Factors {
    let mut factors = Factors::of(block, Factor::report_keys());
    for entry in block.entries() {
        let Some(factor) = Factor::with_report_key(entry.key) else {
            factors.unknown.push(block.key(entry));
            continue;
        };
        let rationale = rationales.answered(entry.key, TextKind::Prose).map(|text| text.value);
        // The report's schema reports empty values.
        factors.given.push(GivenFactor { rationale, empty: None, ..GivenFactor::of(factor, entry) });
    }
    factors
}
