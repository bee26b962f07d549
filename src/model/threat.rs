//! Threats: entries of the register, in a layer or across layers.

use std::cmp::Reverse;
use std::collections::HashSet;

use serde_json::{Value as JsonValue, json};

use crate::aivss::{Band, LayerKind, LayerSet, MAX_SHARED, Reference};
use crate::date::Date;
use crate::decimal::Decimal;
use crate::model::block::Block;
use crate::model::placeholder::TextKind;
use crate::model::{Spanned, Text};
use crate::schema::Vocabulary;
use crate::source::Span;
use crate::syntax::{Node, Value};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ThreatStatus {
    /// Also without a status, or with an unreadable one.
    Open,
    Mitigated,
    Accepted,
    Transferred,
    Closed,
}

impl ThreatStatus {
    const ALL: [Self; 5] = [Self::Open, Self::Mitigated, Self::Accepted, Self::Transferred, Self::Closed];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Mitigated => "mitigated",
            Self::Accepted => "accepted",
            Self::Transferred => "transferred",
            Self::Closed => "closed",
        }
    }

    fn meant(text: &str) -> Option<Self> {
        let word = Vocabulary::ThreatStatus.meant(text)?;
        Self::ALL.into_iter().find(|status| status.name() == word)
    }

    /// Whether the threat remains, so that someone must watch it.
    pub(crate) const fn remains(self) -> bool {
        match self {
            Self::Open | Self::Accepted | Self::Transferred => true,
            Self::Mitigated | Self::Closed => false,
        }
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Threat {
    /// Its first key, or its text if it has no keys.
    pub(crate) span: Span,
    /// All of it.
    pub(crate) whole: Span,
    pub(crate) id: Option<Text>,
    pub(crate) title: Option<Box<str>>,
    /// Whether the title is more than a placeholder.
    pub(crate) is_named: bool,
    /// The layers that it concerns, in the order of the file.
    pub(crate) layers: Vec<LayerKind>,
    pub(crate) severity: Option<Band>,
    /// From 1 to 5.
    pub(crate) likelihood: Option<u8>,
    /// From 1 to 5.
    pub(crate) impact: Option<u8>,
    pub(crate) status: ThreatStatus,
    /// Its mitigation, if that is more than a placeholder.
    pub(crate) mitigation: Option<Box<str>>,
    /// Whether it says why it is accepted or transferred.
    pub(crate) has_reason: bool,
    /// The person or team responsible for it.
    pub(crate) owner: Option<Box<str>>,
    pub(crate) due: Option<Spanned<Date>>,
    pub(crate) refs: Vec<Text>,
}

/// The maximum number of characters of a threat's texts in comparisons and reports.
const MAX_NAME_LENGTH: usize = 120;
/// The highest likelihood and impact.
const MAX: u8 = 5;

impl Threat {
    /// Reads a threat of a layer, or one that names its layers.
    pub(crate) fn read(node: Node<'_>, layer: Option<LayerKind>) -> Self {
        let block = Block::root(node);
        let mitigation = block.named("mitigation").map(|mitigation| mitigation.value);
        let due = block.text("due");
        Self {
            span: block.key_span,
            whole: node.span(),
            id: block.own_text("id"),
            title: block.str("title").map(Box::from),
            is_named: block.answered("title", TextKind::Prose).is_some(),
            layers: layer.map_or_else(|| layers(block), |layer| vec![layer]),
            severity: block.str("severity").and_then(|text| Band::named(Vocabulary::Severity.meant(text)?)),
            likelihood: rating(block, "likelihood"),
            impact: rating(block, "impact"),
            status: block.str("status").and_then(ThreatStatus::meant).unwrap_or(ThreatStatus::Open),
            has_reason: mitigation.is_some() || block.answered("reason", TextKind::Prose).is_some(),
            mitigation,
            owner: block.named("owner").map(|owner| owner.value),
            due: due.and_then(|due| Some(Spanned::new(Date::parse(due.trim())?, due.span))),
            refs: refs(block),
        }
    }

    pub(crate) fn short_id(&self) -> Option<&str> {
        self.id.as_deref().map(shortened)
    }

    pub(crate) fn short_title(&self) -> Option<&str> {
        self.title.as_deref().map(shortened)
    }

    pub(crate) fn short_owner(&self) -> Option<&str> {
        self.owner.as_deref().map(shortened)
    }

    /// The identifier, or the title in place of the number of a row, for messages.
    pub(crate) fn shown(&self) -> String {
        let id = self.short_id().filter(|id| self.title.is_none() || !is_number(id));
        match id.or(self.short_title()) {
            Some(name) => format!("threat `{name}`"),
            None => "a threat".to_owned(),
        }
    }

    /// The name that identifies a threat in its list across revisions: an identifier of its own, else its title.
    fn own_name(&self) -> Option<&str> {
        let id = self
            .id
            .as_deref()
            .filter(|id| !is_category(id.trim()) && (self.title.is_none() || !is_number(id)));
        id.or(self.title.as_deref()).map(str::trim).filter(|name| !name.is_empty())
    }

    /// The identifier, if it is neither that of a category nor the number of a row.
    pub(crate) fn own_id(&self) -> Option<&Text> {
        let id = self.id.as_ref()?;
        let name = id.trim();
        let is_own = !is_number(name) && !is_category(name) && Reference::named(name).is_none();
        is_own.then_some(id)
    }

    /// Whether it concerns a layer and few others.
    pub(crate) fn is_about(&self, layer: LayerKind) -> bool {
        self.layers.len() <= MAX_SHARED && self.layers.contains(&layer)
    }

    /// Whether it is an answer for a layer.
    pub(crate) fn answers(&self, layer: LayerKind) -> bool {
        self.is_named && self.is_about(layer)
    }

    /// The severity under a limit: without one, the worst.
    pub(crate) fn counted_severity(&self) -> Band {
        self.severity.unwrap_or(Band::Critical)
    }

    /// The risk, from 1 to 25: likelihood times impact.
    pub(crate) fn risk(&self) -> Option<u8> {
        Some(self.likelihood? * self.impact?)
    }

    /// The position in a list sorted by risk, the highest first. A missing rating counts as the highest; without both, the
    /// severity decides. A settled threat without any of them is last.
    pub(crate) fn risk_order(&self) -> Reverse<(u8, Band)> {
        let risk = match (self.likelihood, self.impact) {
            (None, None) if self.severity.is_none() && !self.status.remains() => 0,
            (None, None) => match self.counted_severity() {
                Band::None => 0,
                Band::Low => 4,
                Band::Medium => 9,
                Band::High => 16,
                Band::Critical => MAX * MAX,
            },
            (likelihood, impact) => likelihood.unwrap_or(MAX) * impact.unwrap_or(MAX),
        };
        Reverse((risk, self.counted_severity()))
    }

    /// The keys that an accepted or transferred threat lacks.
    pub(crate) fn missing_terms(&self) -> Vec<&'static str> {
        let is_settled = matches!(self.status, ThreatStatus::Accepted | ThreatStatus::Transferred);
        let terms =
            [("owner", self.owner.is_some()), ("reason", self.has_reason), ("due", self.due.is_some())];
        terms.into_iter().filter(|(_, is_given)| is_settled && !is_given).map(|(key, _)| key).collect()
    }

    /// Whether it remains after its last day.
    pub(crate) fn is_overdue(&self, today: Date) -> bool {
        self.status.remains() && self.due.is_some_and(|due| due.value < today)
    }

    /// Whether it counts as open: acceptances and transfers do past their last day, or without their terms.
    pub(crate) fn is_open(&self, today: Date) -> bool {
        match self.status {
            ThreatStatus::Open => true,
            ThreatStatus::Mitigated | ThreatStatus::Closed => false,
            ThreatStatus::Accepted | ThreatStatus::Transferred => {
                self.is_overdue(today) || !self.missing_terms().is_empty()
            }
        }
    }

    /// Its values as they are read, for the JSON report and rules in Rego. Texts are shortened.
    pub(crate) fn to_json(&self, today: Date) -> JsonValue {
        let refs = self.refs.iter().map(|text| shortened(text)).collect::<Vec<_>>();
        let references = self.references().into_iter().map(|entry| {
            json!({ "id": entry.id, "list": entry.list.info().name, "title": entry.title, "url": entry.url() })
        });
        json!({
            "id": self.short_id(),
            "title": self.short_title(),
            "layers": self.layers.iter().map(|layer| layer.key()).collect::<Vec<_>>(),
            "severity": self.severity.map(Band::name),
            "likelihood": self.likelihood,
            "impact": self.impact,
            "risk": self.risk(),
            "status": self.status.name(),
            "open": self.is_open(today),
            "overdue": self.is_overdue(today),
            "mitigation": self.mitigation.as_deref().map(shortened),
            "owner": self.short_owner(),
            "due": self.due.map(|due| due.value.to_string()),
            "refs": refs,
            "references": references.collect::<Vec<_>>(),
        })
    }

    /// The references that are not entries of public lists.
    pub(crate) fn free_refs(&self) -> impl Iterator<Item = &str> {
        self.refs.iter().map(|text| &*text.value).filter(|text| Reference::named(text).is_none())
    }

    /// The entries of public lists that it refers to, by its identifier as well, each once.
    pub(crate) fn references(&self) -> Vec<Reference> {
        let (mut found, mut seen) = (Vec::new(), HashSet::new());
        for text in self.id.iter().chain(&self.refs) {
            found.extend(Reference::named(text).filter(|entry| seen.insert(entry.clone())));
        }
        found
    }
}

/// The name of the threat at an index of a list. The second threat of a name gets a number, as do those after it.
pub(crate) fn threat_name(threats: &[Threat], index: usize) -> Option<String> {
    let name = threats.get(index)?.own_name()?;
    let before = threats[..index].iter().filter(|other| other.own_name() == Some(name)).count();
    Some(if before == 0 { name.to_owned() } else { format!("{name} ({})", before + 1) })
}

/// The first characters of a text.
pub(crate) fn shortened(text: &str) -> &str {
    text.char_indices().nth(MAX_NAME_LENGTH).map_or(text, |(end, _)| &text[..end])
}

fn is_number(id: &str) -> bool {
    id.trim().bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether an identifier is that of a category: `T` and a number. Such identifiers repeat.
fn is_category(id: &str) -> bool {
    let number = id.strip_prefix(['T', 't']).unwrap_or_default();
    !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
}

fn layers(block: Block<'_>) -> Vec<LayerKind> {
    let mut layers = Vec::new();
    for name in block.items("layers").filter_map(Node::as_str) {
        let set = LayerSet::DEFAULT;
        let layer = set.with_key(name).or_else(|| set.named(name));
        layers.extend(layer.filter(|layer| !layers.contains(layer)));
    }
    layers
}

/// A number from 1 to 5, or one of the words Low (1), Medium (3) and High (5).
fn rating(block: Block<'_>, key: &str) -> Option<u8> {
    match block.entry(key)?.value.value() {
        Value::Number(text) => {
            let number = Decimal::parse(text).ok()?;
            (1..=MAX).find(|rating| number == Decimal::new(i64::from(*rating), 0))
        }
        Value::String(text) => match Vocabulary::Rating.meant(text)? {
            "Low" => Some(1),
            "Medium" => Some(3),
            "High" => Some(MAX),
            number => number.parse().ok(),
        },
        Value::Null | Value::Bool(_) | Value::List(_) | Value::Map(_) | Value::Unreadable => None,
    }
}

fn refs(block: Block<'_>) -> Vec<Text> {
    let items = block.items("refs");
    items
        .filter_map(|node| {
            Some(Text { verbatim: node.is_verbatim(), ..Text::new(node.as_str()?.into(), node.span()) })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Model, ModelFormat};
    use crate::page;
    use crate::source::Source;

    fn model(text: &str) -> Model {
        let text = format!("aivss_threat_model: 1\nmaestro: {text}\n");
        let source = Source::decode("a.yaml", text.into_bytes());
        let document = page::parse(&source);
        assert!(document.is_sound(), "{:?}", document.problems);
        ModelFormat::Native.read(document.roots().next().unwrap())
    }

    fn threat(text: &str) -> Threat {
        let model =
            model(&format!("{{ data_operations: {{ threats: [{{ title: A poisoned page., {text} }}] }} }}"));
        model.threats().next().unwrap().clone()
    }

    fn today() -> Date {
        Date::parse("2026-11-22").unwrap()
    }

    #[test]
    fn risk_is_likelihood_times_impact() {
        for (text, risk) in [
            ("likelihood: 3, impact: 4", Some(12)),
            ("likelihood: Low, impact: High", Some(5)),
            ("likelihood: medium, impact: '2'", Some(6)),
            ("likelihood: 5, impact: 5.0", Some(25)),
            ("likelihood: 7, impact: 4", None),
            ("likelihood: 0, impact: 4", None),
            ("likelihood: 2.5, impact: 4", None),
            ("likelihood: 3", None),
            ("impact: [4]", None),
        ] {
            assert_eq!(threat(text).risk(), risk, "{text}");
        }
    }

    #[test]
    fn missing_rating_counts_as_the_highest() {
        let rank = |text| threat(text).risk_order().0.0;
        assert_eq!(rank("likelihood: 3, impact: 4"), 12);
        assert_eq!(rank("likelihood: 3"), 15);
        assert_eq!(rank("severity: Low"), 4);
        assert_eq!(rank("severity: Hihg"), 25);
        assert_eq!(rank("status: open"), 25);
        assert_eq!(rank("status: closed"), 0);
        assert_eq!(rank("status: closed, severity: High"), 16);
    }

    #[test]
    fn omission_leaves_a_threat_open() {
        let terms = "owner: a-team, reason: Its data is public., due: 2027-01-01";
        for (text, is_open) in [
            ("status: open", true),
            ("owner: a-team", true),
            ("status: shut", true),
            ("status: [closed]", true),
            ("status: In Progress", true),
            ("status: mitigated", false),
            ("status: Done", false),
            ("status: accepted", true),
            (&*format!("status: accepted, {terms}"), false),
            (&*format!("status: Risk accepted, {terms}"), false),
            (&*format!("status: transferred, {terms}"), false),
            ("status: accepted, owner: a-team, mitigation: Its data is public., due: 2027-01-01", false),
            ("status: accepted, owner: TBD, reason: Its data is public., due: 2027-01-01", true),
            ("status: accepted, owner: a-team, reason: TODO, due: 2027-01-01", true),
            ("status: accepted, owner: a-team, reason: Its data is public., due: soon", true),
            ("status: transferred, owner: a-team, reason: Its data is public., due: 2026-11-21", true),
            ("status: transferred, owner: a-team, reason: Its data is public., due: 2026-11-22", false),
        ] {
            assert_eq!(threat(text).is_open(today()), is_open, "{text}");
        }
    }

    #[test]
    fn missing_severity_counts_as_critical() {
        assert_eq!(threat("severity: Low").counted_severity(), Band::Low);
        assert_eq!(threat("severity: crit").counted_severity(), Band::Critical);
        for text in ["status: open", "severity: Hihg", "severity: TBD", "severity:", "severity: 3"] {
            assert_eq!(threat(text).counted_severity(), Band::Critical, "{text}");
        }
    }

    #[test]
    fn layer_of_shared_threats_alone_is_uncertain() {
        let answers = |threats: &str| -> Vec<&'static str> {
            let model = model(&format!(
                "{{ data_operations: , agent_frameworks: TODO, cross_layer: {{ threats: [{threats}] }} }}"
            ));
            model.layers().iter().map(|layer| layer.answer.name()).collect()
        };
        let all = ["blank"; 7];
        assert_eq!(
            answers(
                "{ title: A poisoned page., layers: [data_operations, agent_frameworks, Agent Ecosystem] }"
            ),
            ["blank", "uncertain", "blank", "blank", "blank", "blank", "uncertain"]
        );
        assert_eq!(
            answers(
                "{ title: A poisoned page., layers: [data_operations, data_operations, data_operations, data_operations] }"
            ),
            ["blank", "uncertain", "blank", "blank", "blank", "blank", "blank"]
        );
        for text in [
            "{ title: A poisoned page., layers: [foundation_models, data_operations, agent_ecosystem, security_and_compliance] }",
            "{ title: TODO, layers: [data_operations] }",
            "{ layers: [data_operations] }",
            "{ title: A poisoned page., layers: data_operations }",
            "{ title: A poisoned page. }",
            "A poisoned page.",
        ] {
            assert_eq!(answers(text), all, "{text}");
        }
    }

    #[test]
    fn answered_layer_keeps_its_answer() {
        let model = model(
            "{ data_operations: Pages are retrieved., agent_ecosystem: { status: not_applicable, reason: It meets no agent. }, cross_layer: { threats: [{ title: A poisoned page., layers: [data_operations, agent_ecosystem] }] } }",
        );
        let answers: Vec<_> = model.layers().iter().map(|layer| layer.answer.name()).collect();
        assert_eq!([answers[1], answers[6]], ["mapped", "not-applicable"]);
        assert_eq!(model.threats().count(), 1);
    }

    #[test]
    fn identifiers_of_lists_and_rows_are_not_own() {
        let own = |id: &str| threat(&format!("id: '{id}'")).own_id().is_some();
        assert!(own("F1") && own("SEC-12") && own("TM-1"));
        assert!(!own("T2") && !own("T47") && !own("ASI02") && !own("CWE-79") && !own("7") && !own(""));
    }

    #[test]
    fn references_are_listed_once() {
        let ids = |text| threat(text).references().into_iter().map(|entry| entry.id).collect::<Vec<_>>();
        assert_eq!(
            ids("id: T2, refs: [ASI02, T2, cwe-799, ticket 7, 3, AML.T0053]"),
            ["T2", "ASI02", "CWE-799", "AML.T0053"]
        );
    }
}
