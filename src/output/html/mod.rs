//! A web page in one file: it loads nothing, and can be read without its script. The views are here and in the files of this
//! folder, the only ones that import `askama`. Templates escape all texts but the style sheet and the script, and show
//! texts of files only as [`SanitizedText`].

pub(crate) mod agents;
mod badge;
pub(crate) mod changes;
pub(crate) mod chart;
pub(crate) mod problems;
pub(crate) mod overview;
pub(crate) mod sanitized;

use std::collections::BTreeMap;
use std::io;

use agents::{AgentView, mark_namesakes};
use askama::Template;
use changes::Changes;
use chart::Axis;
use overview::{Bar, ExceptionRow, Filters};
use problems::ProblemView;
use sanitized::SanitizedText;

use crate::diagnostic::Level;
use crate::digest;
use crate::escape::plain_page;
use crate::output::Links;
use crate::output::change::touched;
use crate::report::{FileReport, Report, Summary};

pub use badge::{Badge, BadgeSubject, write_badge, write_badge_endpoint};

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("script.js");

#[derive(Template)]
#[template(path = "page.html", config = "src/output/html/askama.toml")]
struct PageTemplate<'r> {
    report: &'r Report,
    /// The options of the run that are not the usual ones.
    run_options: Vec<String>,
    tiles: Vec<Tile>,
    bands: Vec<Bar>,
    filters: Filters,
    agents: Vec<AgentView>,
    changes: Option<Changes>,
    /// The settings of the policy with their values; `None` if it is broken.
    settings: Option<Vec<(SanitizedText, SanitizedText)>>,
    exceptions: Vec<ExceptionRow>,
    /// Problems that belong to no threat model, by their file.
    others: Vec<(SanitizedText, Vec<ProblemView>)>,
    /// The rings of the radar, and its axes.
    rings: [String; 2],
    axes: Vec<Axis>,
    style_hash: String,
    script_hash: String,
}

/// A total at the top of the page.
struct Tile {
    name: String,
    value: String,
    /// The class for the style sheet.
    class: &'static str,
}

pub(crate) fn write(report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
    let page = page(report).render().map_err(io::Error::other)?;
    out.write_all(plain_page(&page).as_bytes())
}

fn page(report: &Report) -> PageTemplate<'_> {
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
            others.push((SanitizedText::line(file.name()), rest));
        }
    }
    mark_namesakes(&mut agents);
    let bands = overview::bands(&agents);
    let settings = report.in_force.as_ref().map(|policy| {
        let settings = policy.attributes();
        settings
            .iter()
            .map(|fact| (SanitizedText::line(&fact.what), SanitizedText::line(&fact.value)))
            .collect()
    });
    PageTemplate {
        report,
        run_options: run_options(report),
        tiles: tiles(report, &agents),
        filters: overview::filters(&agents, &bands),
        bands,
        changes: report.change.as_ref().map(|change| Changes::new(change, &numbers)),
        settings,
        exceptions: overview::exceptions(report),
        others,
        agents,
        rings: chart::rings(),
        axes: chart::axes(),
        style_hash: digest::for_policy_of_content(STYLE),
        script_hash: digest::for_policy_of_content(SCRIPT),
    }
}

fn run_options(report: &Report) -> Vec<String> {
    let mut options = Vec::new();
    if report.fail_on != Level::Error {
        options.push(format!("{}s fail the gate, too", report.fail_on.name()));
    }
    if report.new_only {
        options.push("only problems that are not in the base count".to_owned());
    }
    options
}

/// The problems of a file that none of its threat models shows.
fn rest(file: &FileReport, report: &Report, links: &Links<'_>) -> Vec<ProblemView> {
    let count = file.models.len();
    let is_left = |model: Option<usize>| model.map_or(count == 0, |place| place >= count);
    let left = file.diagnostics.iter().filter(|problem| is_left(problem.model));
    left.map(|problem| ProblemView::of(problem, file, report, links)).collect()
}

fn tiles(report: &Report, agents: &[AgentView]) -> Vec<Tile> {
    let layers = || agents.iter().flat_map(|agent| &agent.layers);
    let blank = layers().filter(|layer| matches!(layer.answer, "blank" | "unreadable")).count();
    let open: usize = layers().map(|layer| layer.open).sum();
    let Summary { excepted, in_base, .. } = report.totals();
    let totals = [
        ("agent", "agents", agents.len(), ""),
        ("error", "errors", report.count(Level::Error), "bad"),
        ("warning", "warnings", report.count(Level::Warning), "doubtful"),
        ("problem that does not count", "problems that do not count", excepted + in_base, "doubtful"),
        ("layer without an answer", "layers without an answer", blank, "bad"),
        ("open threat", "open threats", open, "doubtful"),
    ];
    let mut tiles: Vec<Tile> = totals
        .into_iter()
        .map(|(one, more, value, class)| Tile {
            name: if value == 1 { one } else { more }.to_owned(),
            value: value.to_string(),
            class: if value > 0 { class } else { "" },
        })
        .collect();
    tiles.insert(1, worst(report, agents));
    tiles
}

fn worst(report: &Report, agents: &[AgentView]) -> Tile {
    // A score that is not known can be worse.
    let name = if report.is_scored() { "worst score" } else { "worst known score" };
    match agents.iter().filter_map(|agent| agent.worst).max_by_key(|graded| graded.score) {
        Some(worst) => Tile {
            name: format!("{name}, {}", worst.band.name()),
            value: worst.score.to_string(),
            class: worst.class(),
        },
        None => Tile { name: name.to_owned(), value: "–".to_owned(), class: "" },
    }
}
