//! A web page in one file: it loads nothing, and can be read without its script. The views are here and in the files of this
//! folder, the only ones that import `askama`. Templates escape all texts but the style sheet and the script, and show
//! texts of files only as [`SanitizedText`].

pub(crate) mod agents;
mod badge;
pub(crate) mod changes;
pub(crate) mod chart;
pub(crate) mod problems;
pub(crate) mod register;

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use agents::{AgentView, mark_namesakes};
use askama::Template;
use changes::Changes;
use problems::{ProblemView, SanitizedText};
use register::RegisterRow;

use crate::aivss::Band;
use crate::diagnostic::Level;
use crate::digest;
use crate::escape::plain_page;
use crate::output::Links;
use crate::output::change::touched;
use crate::output::palette;
use crate::policy::{Exception, Policy};
use crate::report::{NOT_SCORED, Report, Summary, count};

pub use badge::{Badge, BadgeSubject, write_badge, write_badge_endpoint};

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("script.js");
/// The number of days before its end from which an exception is marked.
const SOON: i32 = 30;

#[derive(Template)]
#[template(path = "page.html", config = "src/output/html/askama.toml")]
struct PageTemplate<'r> {
    style: String,
    report: &'r Report,
    tiles: Vec<Tile>,
    bands: Vec<Bar>,
    filters: Filters,
    agents: Vec<AgentView>,
    register: Vec<RegisterRow>,
    changes: Option<Changes>,
    exceptions: &'r [Exception],
    /// Problems that belong to no threat model, by their file.
    others: Vec<(SanitizedText, Vec<ProblemView>)>,
}

/// A total at the top of the page.
struct Tile {
    name: String,
    value: String,
    /// The class for the style sheet.
    class: String,
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
        // None of its threat models shows these.
        let left = file.diagnostics.iter().filter(|problem| problem.model.unwrap_or(0) >= file.models.len());
        let left: Vec<_> = left.map(|problem| ProblemView::of(problem, file, report, &links)).collect();
        if !left.is_empty() {
            others.push((SanitizedText::line(file.name()), left));
        }
    }
    mark_namesakes(&mut agents);
    let bands = bands(&agents);
    PageTemplate {
        style: palette::custom_properties() + STYLE,
        report,
        tiles: tiles(report, &agents),
        filters: filters(&agents, &bands),
        bands,
        register: RegisterRow::all(report),
        changes: report.change.as_ref().map(|change| Changes::new(change, &numbers)),
        exceptions: report.in_force.as_ref().map_or(&[], Policy::exceptions),
        others,
        agents,
    }
}

fn tiles(report: &Report, agents: &[AgentView]) -> Vec<Tile> {
    let layers: Vec<_> = agents.iter().flat_map(|agent| &agent.layers).collect();
    let blank = layers.iter().filter(|layer| matches!(layer.answer, "blank" | "unreadable")).count();
    let open: usize = agents.iter().map(|agent| agent.open).sum();
    let Summary { errors, warnings, excepted, in_base, .. } = report.totals();
    let totals = [
        ("agent", "agents", agents.len(), ""),
        ("error", "errors", errors, "bad"),
        ("warning", "warnings", warnings, "doubtful"),
        ("problem that does not count", "problems that do not count", excepted + in_base, "doubtful"),
        ("layer without an answer", "layers without an answer", blank, "bad"),
        ("open threat", "open threats", open, "doubtful"),
    ];
    let mut tiles: Vec<Tile> = totals
        .into_iter()
        .map(|(one, more, value, class)| Tile {
            name: if value == 1 { one } else { more }.to_owned(),
            value: value.to_string(),
            class: if value > 0 { class } else { "" }.to_owned(),
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
        None => Tile { name: name.to_owned(), value: "–".to_owned(), class: String::new() },
    }
}

/// The number of agents with a band.
struct Bar {
    pub(crate) name: &'static str,
    /// The class for the style sheet.
    pub(crate) class: String,
    pub(crate) count: usize,
    /// The length, in thousandths of the longest bar.
    pub(crate) length: usize,
}

/// The agents by band, the worst first. Agents without a score are last.
fn bands(agents: &[AgentView]) -> Vec<Bar> {
    let mut bars: Vec<Bar> = Band::ALL.into_iter().rev().map(|band| bar(agents, band.name())).collect();
    let ungraded =
        ["not computable", NOT_SCORED].map(|name| Bar { class: "unscored".to_owned(), ..bar(agents, name) });
    bars.extend(ungraded.into_iter().filter(|bar| bar.count > 0));
    let most = bars.iter().map(|bar| bar.count).max().unwrap_or(0).max(1);
    for bar in &mut bars {
        bar.length = bar.count * 1000 / most;
    }
    bars
}

fn bar(agents: &[AgentView], name: &'static str) -> Bar {
    let of_band = agents.iter().filter(|agent| agent.band() == name);
    Bar { name, class: name.to_lowercase(), count: of_band.count(), length: 0 }
}

/// The values by which agents can be filtered, in alphabetical order.
struct Filters {
    pub(crate) bands: Vec<&'static str>,
    pub(crate) environments: Vec<SanitizedText>,
    pub(crate) tiers: Vec<SanitizedText>,
    pub(crate) owners: Vec<SanitizedText>,
    pub(crate) rules: Vec<SanitizedText>,
}

fn filters(agents: &[AgentView], bands: &[Bar]) -> Filters {
    Filters {
        bands: bands.iter().filter(|bar| bar.count > 0).map(|bar| bar.name).collect(),
        environments: choices(agents.iter().filter_map(|agent| agent.environment.as_ref())),
        tiers: choices(agents.iter().filter_map(|agent| agent.tier.as_ref())),
        owners: choices(agents.iter().filter_map(|agent| agent.owner.as_ref())),
        rules: choices(agents.iter().flat_map(|agent| &agent.problems).map(|problem| &problem.rule)),
    }
}

fn choices<'a>(values: impl Iterator<Item = &'a SanitizedText>) -> Vec<SanitizedText> {
    let choices: BTreeSet<_> = values.filter(|value| !value.is_blank()).cloned().collect();
    choices.into_iter().collect()
}

impl PageTemplate<'_> {
    /// The days that an exception has left, in words, and the class for the style sheet.
    fn days_left(&self, exception: &Exception) -> (String, &'static str) {
        match exception.days_left(self.report.today) {
            None => ("expired".to_owned(), "over"),
            Some(0) => ("ends today".to_owned(), "soon"),
            Some(1) => ("1 day".to_owned(), "soon"),
            Some(days) => (format!("{days} days"), if days <= SOON { "soon" } else { "" }),
        }
    }

    /// The number of problems that an exception covers, in words.
    fn covered(&self, exception: &Exception) -> String {
        let covered = self.report.diagnostics().filter_map(|(_, problem)| problem.excepted.as_ref());
        count(covered.filter(|excepted| excepted.origin == exception.origin).count(), "problem")
    }
}
