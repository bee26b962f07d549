//! A web page in one file: it loads nothing, and can be read without its script. The views are here and in the files of this
//! folder, the only ones that import `askama`. Templates escape all texts but the style sheet and the script, and show
//! texts of files only as [`SanitizedText`].

pub(crate) mod agents;
mod badge;
pub(crate) mod changes;
pub(crate) mod chart;
pub(crate) mod details;
pub(crate) mod fleet;
pub(crate) mod problems;
pub(crate) mod register;
pub(crate) mod rules;
mod trend;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::io;

use agents::{AgentView, mark_namesakes, sort};
use askama::Template;
use changes::Changes;
use fleet::{Layers, Strip, Totals, sentence};
use problems::{ProblemView, SanitizedText};
use register::RegisterView;
use rules::RuleView;
use trend::Trend;

use crate::aivss::Band;
use crate::diagnostic::Level;
use crate::digest;
use crate::escape::plain_page;
use crate::input_error::InputError;
use crate::output::Links;
use crate::output::change::touched;
use crate::output::fleet::{FleetTable, days, repositories, tables};
use crate::output::palette;
use crate::policy::{Exception, Policy};
use crate::report::{AgentDetail, Report, Verdict, count};

pub use badge::{Badge, BadgeSubject, write_badge, write_badge_endpoint};

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("script.js");
/// The style of the figures, on the page and alone, and what a figure alone needs besides.
const FIGURE_STYLE: &str = include_str!("figure.css");
const ALONE: &str = "svg{background:var(--page);font-family:system-ui,'Segoe UI',Roboto,'Noto Sans','DejaVu Sans',sans-serif}";
/// The number of days before its end from which an exception is marked.
const SOON: i32 = 30;
/// The rows of a table about many repositories.
const MAX_ROWS: usize = 200;
/// The number of agents up to which cards are open.
const MAX_OPEN: usize = 20;
/// The number of agents from which a page is long: it is laid out only near the window, and its register is short.
const SHORT: usize = 100;
/// The number of agents up to which all are shown in full, unless a setting decides, and all rows are laid out.
const MAX_IN_FULL: usize = 1000;
/// The rows of the table that are laid out together on a page with more agents.
const ROWS: usize = 200;

#[derive(Template)]
#[template(path = "page.html", config = "src/output/html/askama.toml")]
struct PageTemplate<'r> {
    style: String,
    report: &'r Report,
    title: SanitizedText,
    /// The short form of the title for the tab.
    tab: SanitizedText,
    /// Branch, commit, day and program, in words.
    origin: Vec<SanitizedText>,
    sentence: Vec<(String, String)>,
    next: Vec<SanitizedText>,
    totals: Totals,
    strip: Option<Strip>,
    layers: Layers,
    trend: Option<Trend>,
    rules: Vec<RuleView>,
    filters: Filters,
    agents: Vec<AgentView>,
    detail: AgentDetail,
    register: RegisterView,
    changes: Option<Changes>,
    /// The exceptions, the first to end first.
    exceptions: Vec<&'r Exception>,
    /// Problems that belong to no threat model, by their file.
    others: Vec<(SanitizedText, Vec<ProblemView>)>,
    /// The tables about many repositories.
    tables: Vec<FleetTable>,
    /// The parts that the report does not contain.
    limits: Vec<SanitizedText>,
}

/// The pictures of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Figure {
    /// The scores of all agents on a strip from 0 to 10.
    Fleet,
    /// The seven layers with their answers and open threats.
    Layers,
    /// The days of many repositories.
    Trend,
}

pub(crate) fn write(report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
    let page = page(report).render().map_err(io::Error::other)?;
    out.write_all(plain_page(&page).as_bytes())
}

/// Writes a picture of a report as SVG, which needs nothing else.
///
/// # Errors
/// The error of the writer.
pub fn write_figure(report: &Report, figure: Figure, out: &mut dyn io::Write) -> io::Result<()> {
    let mut agents = Vec::new();
    for file in &report.files {
        agents.extend((0..file.models.len()).map(|place| AgentView::of(0, file, place, None, report)));
    }
    agents.extend(of_fleet(report));
    let style = palette::resolved(&format!("{ALONE}\n{FIGURE_STYLE}"));
    let picture = match figure {
        Figure::Fleet => Strip::new(report, &Totals::of(report, &agents), &agents, style).render(),
        Figure::Layers => Layers::new(report, &agents, style).render(),
        Figure::Trend => Trend::new(report, style).map_or_else(|| Ok(String::new()), |trend| trend.render()),
    };
    out.write_all(plain_page(&picture.map_err(io::Error::other)?).as_bytes())
}

/// The agents of many repositories, the worst of them.
fn of_fleet(report: &Report) -> impl Iterator<Item = AgentView> {
    let agents = report.fleet.iter().flat_map(|fleet| &fleet.agents).enumerate();
    agents.map(|(at, agent)| AgentView::of_fleet(at + 1, agent))
}

fn page(report: &Report) -> PageTemplate<'_> {
    let links = Links::new(report.links.as_deref());
    let touched = touched(report);
    let models: usize = report.files.iter().map(|file| file.models.len()).sum();
    let by_size = if models > MAX_IN_FULL { AgentDetail::Failing } else { AgentDetail::All };
    let detail = report.page.detail.unwrap_or(by_size);
    let mut agents = Vec::new();
    let (mut numbers, mut positions) = (BTreeMap::new(), BTreeMap::new());
    let mut others = Vec::new();
    for file in &report.files {
        for (place, model) in file.models.iter().enumerate() {
            let number = agents.len() + 1;
            let change = touched.get(&(file.name(), model.position)).copied();
            let agent = AgentView::of(number, file, place, change, report);
            agents.push(agent.with_details(detail, file, place, change, report, &links));
            numbers.insert((file.name(), place), number);
            positions.insert((file.name(), model.position), number);
        }
        // None of its threat models shows these.
        let left = file.diagnostics.iter().filter(|problem| problem.model.unwrap_or(0) >= file.models.len());
        let left: Vec<_> = left.map(|problem| ProblemView::of(problem, file, report, &links)).collect();
        if !left.is_empty() {
            others.push((SanitizedText::line(file.name()), left));
        }
    }
    agents.extend(of_fleet(report));
    mark_namesakes(&mut agents);
    sort(&mut agents);
    let totals = Totals::of(report, &agents);
    let rules = RuleView::all(report, &agents, &numbers);
    let mut exceptions: Vec<&Exception> =
        report.in_force.as_ref().map_or(&[][..], Policy::exceptions).iter().collect();
    exceptions.sort_by_key(|exception| exception.expires);
    let title = title(report);
    PageTemplate {
        style: palette::custom_properties() + FIGURE_STYLE + STYLE,
        report,
        tab: SanitizedText::line(tab(report, &title, &totals)),
        title: SanitizedText::cut(&title, 200),
        origin: origin(report),
        sentence: if agents.is_empty() { Vec::new() } else { sentence(&totals) },
        next: next(report, &rules, agents.is_empty()),
        strip: (agents.len() > 1).then(|| Strip::new(report, &totals, &agents, String::new())),
        layers: Layers::new(report, &agents, String::new()),
        trend: Trend::new(report, String::new()),
        tables: report.fleet.as_ref().map_or_else(Vec::new, |fleet| tables(fleet, MAX_ROWS)),
        filters: filters(&agents),
        register: RegisterView::new(report, &agents, detail, agents.len() > SHORT),
        changes: report.change.as_ref().map(|change| Changes::new(change, &positions)),
        exceptions,
        others,
        limits: limits(report, detail, agents.len()),
        totals,
        rules,
        detail,
        agents,
    }
}

fn title(report: &Report) -> String {
    if let (None, Some(fleet)) = (&report.page.title, &report.fleet) {
        return format!("AI agent risk: {}", repositories(fleet));
    }
    match (&report.page.title, repository(report)) {
        (Some(title), _) => title.clone(),
        (None, Some(repository)) => format!("AI agent risk: {repository}"),
        (None, None) => "AI agent risk".to_owned(),
    }
}

/// The owner and the name of the repository, without its host.
fn repository(report: &Report) -> Option<&str> {
    let address = report.provenance.repository.as_deref()?;
    let owner = address.rmatch_indices('/').nth(1).map_or(0, |(slash, _)| slash + 1);
    Some(&address[owner..])
}

fn tab(report: &Report, title: &str, totals: &Totals) -> String {
    let subject = if report.page.title.is_some() { title } else { repository(report).unwrap_or("AI agents") };
    let result = match (report.verdict(), totals.all.failing) {
        (Verdict::Failed, failing) if failing > 0 => format!("{failing} of {} fail", totals.all.agents),
        (verdict, _) => verdict.words().to_owned(),
    };
    format!("{subject}: {result} – AIVSS report")
}

fn origin(report: &Report) -> Vec<SanitizedText> {
    let (page, provenance) = (&report.page, &report.provenance);
    let mut words = Vec::new();
    words.extend(repository(report).filter(|_| page.title.is_some()).map(str::to_owned));
    words.extend(report.fleet.as_ref().and_then(days));
    words.extend(provenance.branch.clone());
    words.extend(
        provenance
            .commit
            .as_deref()
            .map(|commit| format!("commit {}", commit.chars().take(10).collect::<String>())),
    );
    words.extend(report.change.as_ref().map(|change| format!("compared with {}", change.base)));
    words.extend(
        (report.gate.fail_on != Level::Error).then(|| format!("{}s fail, too", report.gate.fail_on.name())),
    );
    words.extend(report.gate.new_only.then(|| "only problems that are not in the base count".to_owned()));
    words.iter().map(|words| SanitizedText::cut(words, 200)).collect()
}

/// The next steps, in sentences.
fn next(report: &Report, rules: &[RuleView], is_empty: bool) -> Vec<SanitizedText> {
    let mut words = Vec::new();
    if let Some(rule) = rules.iter().find(|rule| rule.failing > rule.fixable) {
        words.push(format!("Start with `{}`: {}.", rule.name, count(rule.failing, "problem")));
    }
    let fixable: usize = rules.iter().map(|rule| rule.fixable).sum();
    words.extend((fixable > 0).then(|| format!("`aivss-lint fix` corrects {}.", count(fixable, "problem"))));
    let excepted: Vec<_> =
        report.diagnostics().filter_map(|(_, problem)| problem.excepted.as_ref()).collect();
    if let Some(first) = excepted.iter().map(|excepted| &excepted.expires).min() {
        words.push(format!("{} excepted, the first until {first}.", are(excepted.len())));
    }
    let is_folder = report.input_errors.iter().any(|error| matches!(error, InputError::EmptyFolder { .. }));
    words
        .extend((is_empty && is_folder).then(|| "Next: `aivss-lint init` writes a threat model.".to_owned()));
    words.into_iter().map(SanitizedText::line).collect()
}

fn are(number: usize) -> String {
    format!("{} {}", count(number, "problem"), if number == 1 { "is" } else { "are" })
}

/// The parts that the page does not contain, and that were not checked, in sentences.
fn limits(report: &Report, detail: AgentDetail, agents: usize) -> Vec<SanitizedText> {
    let mut words = report.remarks.clone();
    words.extend(report.lowered.iter().map(|rule| format!("Lowered on the command line: `{rule}`")));
    words.extend(match detail {
        AgentDetail::All => None,
        AgentDetail::Failing if agents == 0 => None,
        AgentDetail::Failing => Some("Only agents that fail are shown in full, and only their threats are listed: `--detail all` shows all".to_owned()),
        AgentDetail::None => Some("No agent is shown in full, and only threats of agents that fail are listed: `--detail all` shows all".to_owned()),
    });
    words.into_iter().map(SanitizedText::line).collect()
}

/// The values by which agents can be filtered.
struct Filters {
    bands: Vec<&'static str>,
    environments: Vec<SanitizedText>,
    tiers: Vec<SanitizedText>,
    owners: Vec<SanitizedText>,
    rules: Vec<SanitizedText>,
}

fn filters(agents: &[AgentView]) -> Filters {
    let mut bands: Vec<&str> = Vec::new();
    for band in
        Band::ALL.into_iter().rev().map(Band::name).chain([agents::NOT_COMPUTABLE, crate::report::NOT_SCORED])
    {
        bands.extend(agents.iter().any(|agent| agent.band() == band).then_some(band));
    }
    Filters {
        bands,
        environments: choices(agents.iter().filter_map(|agent| agent.environment.as_ref())),
        tiers: choices(agents.iter().filter_map(|agent| agent.tier.as_ref())),
        owners: choices(agents.iter().filter_map(|agent| agent.owner.as_ref())),
        rules: choices(agents.iter().flat_map(|agent| &agent.rules).map(|rule| &rule.name)),
    }
}

/// The words of threat models that have an order, the highest first; the script sorts by the same.
const RANKS: [&str; 7] = ["production", "staging", "testing", "development", "high", "moderate", "low"];

/// The values that occur: those with an order first, the others alphabetically.
fn choices<'a>(values: impl Iterator<Item = &'a SanitizedText>) -> Vec<SanitizedText> {
    let choices: BTreeSet<_> = values.filter(|value| !value.is_blank()).cloned().collect();
    let mut choices: Vec<_> = choices.into_iter().collect();
    choices.sort_by_key(|choice| Reverse(RANKS.iter().rev().position(|rank| choice.is(rank))));
    choices
}

impl PageTemplate<'_> {
    /// Whether the cards are open from the start.
    fn are_open(&self) -> bool {
        self.agents.len() <= MAX_OPEN
    }

    const fn is_long(&self) -> bool {
        self.agents.len() > SHORT
    }

    const fn is_huge(&self) -> bool {
        self.agents.len() > MAX_IN_FULL
    }

    /// Whether cards are printed although they are closed.
    fn prints_all(&self) -> bool {
        self.report.page.detail == Some(AgentDetail::All)
    }

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
