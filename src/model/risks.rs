//! The core risks that a threat model leaves open, and the questions about them.
//!
//! A question is a threat with the reference of a risk, whose title is a placeholder: the risk stays open until a person
//! replaces it.

use crate::aivss::OpenRisk;
use crate::diagnostic::Fix;
use crate::model::block::Block;
use crate::model::layers::fix;
use crate::model::{Model, Threat};
use crate::syntax::{Addition, New, Node};

impl Model {
    /// The core risks that the agent's factors raise, and no threat or finding names.
    pub(crate) fn open_risks(&self) -> Vec<OpenRisk> {
        self.risks_without(|threat| threat.is_named)
    }

    /// The core risks that the agent's factors raise, and none of the threats that count, and no finding, names.
    fn risks_without(&self, counts: impl Fn(&Threat) -> bool) -> Vec<OpenRisk> {
        let Some(assessment) = &self.assessment else { return Vec::new() };
        let threats = self.threats().filter(|threat| counts(threat));
        let texts = threats.flat_map(|threat| threat.id.iter().chain(&threat.refs)).map(|text| &**text);
        let categories = self.findings.iter().filter_map(|finding| finding.category.as_deref());
        let names: Vec<&str> = texts.chain(categories).collect();
        OpenRisk::all(&assessment.factors.numbers().collect::<Vec<_>>(), &names)
    }

    /// The edits that add a question for each open risk without one, if there is a place for them.
    pub(crate) fn questions(&self, file: Node<'_>) -> Option<Fix> {
        let open = self.risks_without(|_| true);
        let title = match open.as_slice() {
            [] => return None,
            [only] => format!("Write a question about {}", only.risk.name),
            several => format!("Write questions about {} core risks", several.len()),
        };
        Some(fix(title, added(Block::root(file), &open)?))
    }
}

/// The edits that add a question for each risk to the threats that span layers.
fn added(file: Block<'_>, open: &[OpenRisk]) -> Option<Addition> {
    let (root, block) = (file.own_node()?, file.block("maestro"));
    let shared = block.entry("cross_layer");
    if root.is_page() && shared.is_none_or(|entry| root.is_prose(entry.key_span)) {
        let rows: Vec<(String, &str)> =
            open.iter().map(|one| (one.risk.question(), one.risk.reference())).collect();
        return root.with_threats(&rows);
    }
    let titles: Vec<String> = open.iter().map(|one| one.risk.question()).collect();
    let questions = titles.iter().zip(open).map(|(title, one)| {
        let layers = one.risk.layers.iter().map(|key| New::Text(key)).collect();
        New::Map(vec![
            ("title", New::Text(title)),
            ("status", New::Text("open")),
            ("layers", New::List(layers)),
            ("refs", New::List(vec![New::Text(one.risk.reference())])),
        ])
    });
    let questions: Vec<New<'_>> = questions.collect();
    let (maestro, cross) = (block.own_node()?, block.block("cross_layer"));
    match (shared, cross.map().filter(|map| !map.is_empty()), cross.entry("threats")) {
        (None, ..) => maestro.with(&[("cross_layer", New::Map(vec![("threats", New::List(questions))]))]),
        (Some(_), None, _) => {
            maestro.filled("cross_layer", &New::Map(vec![("threats", New::List(questions))]))
        }
        (Some(_), Some(_), None) => cross.own_node()?.with(&[("threats", New::List(questions))]),
        (Some(_), Some(_), Some(threats)) => {
            let listed = cross.under(threats).own_node()?.with_items(&questions);
            listed.or_else(|| cross.own_node()?.filled("threats", &New::List(questions)))
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::aivss::CORE_RISKS;
    use crate::model::{Blank, TextKind, blank};

    #[test]
    fn question_counts_as_placeholder() {
        for risk in &CORE_RISKS {
            let text = risk.question();
            assert_eq!(blank(&text, TextKind::Prose), Some(Blank::Placeholder(text.into())));
        }
    }
}
