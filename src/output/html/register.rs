//! The threat register: the threats of all agents, sorted by risk.

use std::collections::BTreeSet;

use crate::aivss::{Band, LayerKind};
use crate::model::Threat;
use crate::output::html::agents::{AgentView, NAME, words};
use crate::output::html::problems::SanitizedText;
use crate::report::{Detail, Report};

/// A threat in the register.
pub(crate) struct RegisterRow {
    /// The number of its agent.
    pub(crate) agent: usize,
    pub(crate) agent_name: SanitizedText,
    pub(crate) name: SanitizedText,
    pub(crate) layers: String,
    pub(crate) severity: Option<Band>,
    pub(crate) risk: Option<u8>,
    /// Likelihood and impact, if one of them is given.
    pub(crate) ratings: Option<String>,
    pub(crate) status: &'static str,
    pub(crate) is_open: bool,
    pub(crate) is_overdue: bool,
    pub(crate) owner: Option<SanitizedText>,
    pub(crate) due: Option<String>,
    pub(crate) refs: Vec<RefView>,
    pub(crate) mitigation: Option<SanitizedText>,
}

/// A reference: an entry of a public list with its page, or any other text.
pub(crate) struct RefView {
    pub(crate) text: SanitizedText,
    pub(crate) url: Option<String>,
}

impl RegisterRow {
    /// The threats of the agents, which are numbered in the order of the report, the highest risk first.
    /// Unless the page has all agents in full, it lists only the threats of those that fail.
    pub(crate) fn all(report: &Report, agents: &[AgentView], detail: Detail) -> Vec<Self> {
        let is_listed = |agent: &&AgentView| detail == Detail::All || agent.fails;
        let listed: BTreeSet<usize> = agents.iter().filter(is_listed).map(|agent| agent.number).collect();
        let models = report.files.iter().flat_map(|file| file.models.iter());
        let mut rows = Vec::new();
        for (at, scored) in models.enumerate().filter(|(at, _)| listed.contains(&(at + 1))) {
            let name = SanitizedText::cut(scored.name().unwrap_or("(no name)"), NAME);
            for threat in scored.model.threats() {
                rows.push((threat.risk_order(), Self::of(threat, at + 1, &name, report)));
            }
        }
        // Of threats with the same risk, open ones come first.
        rows.sort_by_key(|(order, row)| (*order, !row.is_open));
        rows.into_iter().map(|(_, row)| row).collect()
    }

    fn of(threat: &Threat, agent: usize, agent_name: &SanitizedText, report: &Report) -> Self {
        let name: Vec<&str> = threat.short_id().into_iter().chain(threat.short_title()).collect();
        let layers: Vec<String> = threat.layers.iter().copied().map(LayerKind::key).map(words).collect();
        let rating = |rating: Option<u8>| rating.map_or_else(|| "?".to_owned(), |rating| rating.to_string());
        let is_rated = threat.likelihood.or(threat.impact).is_some();
        let free = threat.free_refs().map(|text| RefView { text: SanitizedText::cut(text, NAME), url: None });
        // An entry with a title explains itself; the others have a page.
        let listed = threat.references().into_iter().map(|entry| RefView {
            text: SanitizedText::line(entry.shown()),
            url: entry.title.is_none().then(|| entry.url()),
        });
        Self {
            agent,
            agent_name: agent_name.clone(),
            name: SanitizedText::cut(&name.join(" "), 2 * NAME),
            layers: layers.join(", "),
            severity: threat.severity,
            risk: threat.risk(),
            ratings: is_rated.then(|| format!("{} × {}", rating(threat.likelihood), rating(threat.impact))),
            status: threat.status.name(),
            is_open: threat.is_open(report.today),
            is_overdue: threat.is_overdue(report.today),
            owner: threat.owner.as_deref().map(|owner| SanitizedText::cut(owner, NAME)),
            due: threat.due.map(|due| due.value.to_string()),
            refs: listed.chain(free).collect(),
            mitigation: threat.mitigation.as_deref().map(|text| SanitizedText::cut(text, 2 * NAME)),
        }
    }
}
