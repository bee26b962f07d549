//! A page to look at: one file that holds all it needs, reaches for nothing, and can be read without its script.
//!
//! Everything on it is worked out here, in plain data; [`crate::output::template`] puts it into `page.html`. Threat models are
//! hostile text: what of them reaches the page is [`Shown`], and the templates escape it.

pub(crate) mod agents;
pub(crate) mod changes;
pub(crate) mod chart;
pub(crate) mod faults;
pub(crate) mod overview;
pub(crate) mod shown;

use std::collections::BTreeMap;
use std::io;

use agents::{AgentView, mark_namesakes};
use changes::Changes;
use faults::Fault;
use overview::{Bar, Excepted, Filters};
use shown::Shown;

use crate::compare::AgentChange;
use crate::diagnostic::Level;
use crate::escape::plain_page;
use crate::output::change::touched;
use crate::output::link::Links;
use crate::output::template::render_page;
use crate::report::{FileReport, Report};

/// All that stands on the page.
pub(crate) struct Page {
    /// The verdict in words, and its word for the style sheet.
    pub(crate) verdict: (&'static str, &'static str),
    pub(crate) summary: Shown,
    pub(crate) policy: Shown,
    pub(crate) today: String,
    /// What else it was judged by than by the policy, where that is unusual.
    pub(crate) run_options: Vec<String>,
    pub(crate) tiles: Vec<Tile>,
    pub(crate) obstacles: Vec<(Shown, Shown)>,
    pub(crate) remarks: Vec<Shown>,
    pub(crate) lowered: Vec<Shown>,
    pub(crate) bands: Vec<Bar>,
    pub(crate) filters: Filters,
    pub(crate) agents: Vec<AgentView>,
    pub(crate) changes: Option<Changes>,
    /// What the policy says, each with its value; `None` of one that is broken.
    pub(crate) settings: Option<Vec<(Shown, Shown)>>,
    pub(crate) exceptions: Vec<Excepted>,
    /// Faults that belong to no threat model, by their file.
    pub(crate) others: Vec<(Shown, Vec<Fault>)>,
    pub(crate) skipped: Vec<Shown>,
}

/// A number to begin with.
pub(crate) struct Tile {
    pub(crate) name: String,
    pub(crate) value: String,
    /// Its word for the style sheet.
    pub(crate) class: &'static str,
}

pub(crate) fn write(report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
    out.write_all(plain_page(&render_page(&page(report))?).as_bytes())
}

fn page(report: &Report) -> Page {
    let links = Links::new(report.links.as_deref());
    let touched = touched(report);
    let mut agents = Vec::new();
    let mut numbers = BTreeMap::new();
    let mut others = Vec::new();
    for file in &report.files {
        for (place, model) in file.models.iter().enumerate() {
            let number = agents.len() + 1;
            let change = touched.get(&(file.name(), model.position)).copied();
            agents.push(AgentView::of(number, file, place, change, report, &links));
            numbers.insert((file.name(), model.position), number);
        }
        let rest = rest(file, report, &links);
        if !rest.is_empty() {
            others.push((Shown::line(file.name()), rest));
        }
    }
    mark_namesakes(&mut agents);
    let bands = overview::bands(&agents);
    let number = |agent: &AgentChange| numbers.get(&(&*agent.path, agent.position?)).copied();
    let settings = report.in_force.as_ref().map(|policy| {
        let settings = policy.attributes();
        settings.iter().map(|fact| (Shown::line(&fact.what), Shown::line(&fact.value))).collect()
    });
    Page {
        verdict: overview::verdict(report.verdict()),
        summary: Shown::line(&report.summary()),
        policy: Shown::line(&report.policy),
        today: report.today.to_string(),
        run_options: run_options(report),
        tiles: tiles(report, &agents),
        obstacles: report
            .obstacles
            .iter()
            .map(|obstacle| (Shown::line(obstacle.path()), Shown::line(&obstacle.to_string())))
            .collect(),
        remarks: report.remarks.iter().map(|remark| Shown::line(remark)).collect(),
        lowered: report.lowered.iter().map(|rule| Shown::line(rule)).collect(),
        filters: overview::filters(&agents, &bands),
        bands,
        changes: report.change.as_ref().map(|change| Changes::of(change, number)),
        settings,
        exceptions: overview::exceptions(report),
        others,
        skipped: report.skipped.iter().map(|path| Shown::line(path)).collect(),
        agents,
    }
}

fn run_options(report: &Report) -> Vec<String> {
    let level =
        (report.fail_on != Level::Error).then(|| format!("{}s fail the gate, too", report.fail_on.name()));
    let new_only = report.new_only.then(|| "only faults count that the base does not have".to_owned());
    level.into_iter().chain(new_only).collect()
}

/// The faults of a file that none of its threat models shows.
fn rest(file: &FileReport, report: &Report, links: &Links<'_>) -> Vec<Fault> {
    let count = file.models.len();
    let is_left = |model: Option<usize>| model.map_or(count == 0, |place| place >= count);
    let left = file.diagnostics.iter().filter(|fault| is_left(fault.model));
    left.map(|fault| Fault::of(fault, file, report, links)).collect()
}

fn tiles(report: &Report, agents: &[AgentView]) -> Vec<Tile> {
    let layers = || agents.iter().flat_map(|agent| &agent.layers);
    let blank = layers().filter(|layer| matches!(layer.answer, "blank" | "unreadable")).count();
    let open: usize = layers().map(|layer| layer.open).sum();
    let number = |one: &str, more: &str, value: usize, class: &'static str| Tile {
        name: if value == 1 { one } else { more }.to_owned(),
        value: value.to_string(),
        class: if value > 0 { class } else { "" },
    };
    vec![
        number("agent", "agents", agents.len(), ""),
        worst(report, agents),
        number("error", "errors", report.count(Level::Error), "bad"),
        number("warning", "warnings", report.count(Level::Warning), "doubtful"),
        number(
            "fault passed over",
            "faults passed over",
            report.excepted() + report.passed_over(),
            "doubtful",
        ),
        number("layer without an answer", "layers without an answer", blank, "bad"),
        number("open threat", "open threats", open, "doubtful"),
    ]
}

fn worst(report: &Report, agents: &[AgentView]) -> Tile {
    // What nobody knows may be worse.
    let name = if report.is_scored() { "worst score" } else { "worst known score" };
    let worst = agents.iter().filter_map(|agent| agent.worst).max_by_key(|graded| graded.score);
    let Some(worst) = worst else {
        return Tile { name: name.to_owned(), value: "–".to_owned(), class: "" };
    };
    let name = format!("{name}, {}", worst.band.name());
    Tile { name, value: worst.score.to_string(), class: worst.class() }
}
