//! The threat register: the threats of all agents, sorted by risk.

use crate::aivss::{Band, LayerKind};
use crate::model::Threat;
use crate::output::html::agents::{AgentView, NAME, words};
use crate::output::html::problems::SanitizedText;
use crate::report::{AgentDetail, Report};

/// The threats of the page, with the columns that contain something.
#[expect(clippy::struct_excessive_bools, reason = "each is a column of the table")]
pub(crate) struct RegisterView {
    pub(crate) rows: Vec<RegisterRow>,
    pub(crate) has_risk: bool,
    pub(crate) has_severity: bool,
    pub(crate) has_due: bool,
    pub(crate) has_owner: bool,
    /// The number of threats that are not open and therefore not listed.
    pub(crate) settled: usize,
}

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

impl RegisterView {
    /// The threats of the agents, the highest risk first. Unless the page has all agents in full, it lists only the threats
    /// of those that fail; a long page lists only open ones.
    pub(crate) fn new(report: &Report, agents: &[AgentView], detail: AgentDetail, is_long: bool) -> Self {
        let models: Vec<_> = report.files.iter().flat_map(|file| file.models.iter()).collect();
        let (mut rows, mut settled) = (Vec::new(), 0);
        for agent in agents.iter().filter(|agent| detail == AgentDetail::All || agent.fails()) {
            let threats = models.get(agent.number - 1).into_iter().flat_map(|scored| scored.model.threats());
            for threat in threats {
                if is_long && !threat.is_open(report.today) {
                    settled += 1;
                } else {
                    rows.push((threat.risk_order(), RegisterRow::of(threat, agent, report)));
                }
            }
        }
        // Of threats with the same risk, open ones come first, and those of the worst agents.
        rows.sort_by_key(|(order, row)| (*order, !row.is_open));
        let rows: Vec<RegisterRow> = rows.into_iter().map(|(_, row)| row).collect();
        Self {
            has_risk: rows.iter().any(|row| row.risk.is_some() || row.ratings.is_some()),
            has_severity: rows.iter().any(|row| row.severity.is_some()),
            has_due: rows.iter().any(|row| row.due.is_some()),
            has_owner: rows.iter().any(|row| row.owner.is_some()),
            settled,
            rows,
        }
    }
}

impl RegisterRow {
    fn of(threat: &Threat, agent: &AgentView, report: &Report) -> Self {
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
            agent: agent.number,
            agent_name: agent.name.clone(),
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
