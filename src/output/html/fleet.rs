//! The overview of all agents: the sentence, the strip of their scores, and the seven layers. Strip and layers are also
//! pictures of their own.

use std::collections::BTreeMap;

use askama::Template;

use crate::aivss::{Band, LayerKind};
use crate::decimal::Decimal;
use crate::fleet::{FleetGroup, LayerTotals};
use crate::output::html::agents::{AgentView, Graded, words};
use crate::output::html::chart::along;
use crate::output::html::problems::SanitizedText;
use crate::policy::Settings;
use crate::policy::settings::{SCORE, SEVERITY};
use crate::report::{Report, count};

/// The number of agents from which the strip is a histogram.
const MAX_DOTS: usize = 150;
/// The limits that the strip shows.
const MAX_LIMITS: usize = 4;

/// The numbers of the agents on the page.
pub(crate) struct Totals {
    pub(crate) all: FleetGroup,
    /// The agents without a score that the policy does not accept.
    pub(crate) unscored: usize,
    /// The number of agents of each band, the worst first.
    pub(crate) bands: Vec<(Band, usize)>,
    /// The number of agents in production in the worst band.
    in_production: usize,
}

impl Totals {
    pub(crate) fn of(report: &Report, agents: &[AgentView]) -> Self {
        let (mut all, mut production) = (FleetGroup::default(), FleetGroup::default());
        if let Some(fleet) = &report.fleet {
            all = fleet.totals.clone();
            production = fleet.environments.get("production").cloned().unwrap_or_default();
        }
        for agent in agents.iter().filter(|_| report.fleet.is_none()) {
            all.add(agent.facts());
            if agent.is_in_production() {
                production.add(agent.facts());
            }
        }
        Self {
            unscored: all.unscored - all.accepted,
            bands: Band::ALL.into_iter().rev().map(|band| (band, all.of_band(band))).collect(),
            in_production: all.bands.keys().next_back().map_or(0, |worst| production.of_band(*worst)),
            all,
        }
    }
}

/// The sentence at the top of the page: parts in bold, each with the words after it.
pub(crate) fn sentence(totals: &Totals) -> Vec<(String, String)> {
    let Totals { all: FleetGroup { agents: all, failing, accepted, .. }, unscored, in_production, .. } =
        *totals;
    let mut parts = vec![match (failing, all) {
        (0, 1) => ("The agent".to_owned(), " passes.".to_owned()),
        (1, 1) => ("The agent".to_owned(), " does not pass.".to_owned()),
        (0, _) => (format!("All {all} agents"), " pass.".to_owned()),
        (1, _) => (format!("1 of {all} agents"), " does not pass.".to_owned()),
        _ => (format!("{failing} of {all} agents"), " do not pass.".to_owned()),
    }];
    let worst = totals.bands.iter().find(|(_, number)| *number > 0);
    if let Some((band, number)) = worst.filter(|_| all > 1) {
        let scores = if *number == 1 { "scores" } else { "score" };
        let place = match in_production {
            0 => ".".to_owned(),
            all if all == *number => ", in production.".to_owned(),
            some => format!(", {some} of them in production."),
        };
        parts.push((format!(" {number}"), format!(" {scores} {}{place}", band.name())));
    }
    if unscored > 0 && all == 1 {
        parts.push((
            " It has no score".to_owned(),
            " because an input is missing or cannot be read.".to_owned(),
        ));
    } else if unscored > 0 {
        let words = " because an input is missing or cannot be read.".to_owned();
        parts.push((format!(" {unscored} {} no score", have(unscored)), words));
    }
    if accepted > 0 && all == 1 {
        parts.push((" It has no score".to_owned(), ", which the policy accepts.".to_owned()));
    } else if accepted > 0 {
        parts.push((
            format!(" {accepted}"),
            format!(" {} no score, which the policy accepts.", have(accepted)),
        ));
    }
    parts
}

const fn have(number: usize) -> &'static str {
    if number == 1 { "has" } else { "have" }
}

/// The scores of all agents from 0 to 10.
#[derive(Template)]
#[template(path = "strip.svg", config = "src/output/html/askama.toml")]
pub(crate) struct Strip {
    /// The style of a picture of its own; empty on the page.
    style: String,
    title: String,
    /// The words that explain it.
    pub(crate) legend: String,
    height: usize,
    bands: Vec<StripBand>,
    dots: Vec<StripDot>,
    bars: Vec<StripBar>,
    limits: Vec<StripLimit>,
}

struct StripBand {
    name: &'static str,
    class: String,
    x: i64,
    width: i64,
    count: usize,
}

/// An agent.
struct StripDot {
    number: usize,
    x: i64,
    y: i64,
    class: String,
    title: String,
}

/// The agents of a fifth of a point, which pass or do not.
struct StripBar {
    x: i64,
    y: usize,
    height: usize,
    class: String,
    title: String,
}

struct StripLimit {
    x: i64,
    y: usize,
    class: &'static str,
    label: SanitizedText,
}

/// The position of a score: a point is 104 pixels wide.
fn place(score: Decimal) -> i64 {
    40 + along(score) * 104 / 100
}

impl Strip {
    pub(crate) fn new(report: &Report, totals: &Totals, agents: &[AgentView], style: String) -> Self {
        let graded: Vec<(&AgentView, Graded)> =
            agents.iter().filter_map(|agent| Some((agent, agent.grade()?))).collect();
        let (mut strip, top) = Self::empty(report, totals, graded.len());
        strip.style = style;
        match &report.fleet {
            Some(fleet) if fleet.totals.agents > MAX_DOTS => {
                strip.draw_bars(fleet.scores.iter().map(|(score, numbers)| (*score, *numbers)), top);
            }
            _ if graded.len() > MAX_DOTS => {
                let scores = graded.iter().map(|(agent, grade)| (grade.score, agent.fails()));
                strip.draw_bars(scores.map(|(score, fails)| (score, [fails.into(), (!fails).into()])), top);
            }
            _ => strip.draw_dots(&graded, top),
        }
        strip
    }

    /// The strip without agents, and the height of its labels.
    fn empty(report: &Report, totals: &Totals, agents: usize) -> (Self, usize) {
        let limits = limits(report);
        let top = 28 + 14 * limits.len();
        let strip = Self {
            style: String::new(),
            title: format!("AIVSS scores of {}, from 0 to 10", count(agents, "agent")),
            legend: match totals.all.unscored {
                0 => "pale agents pass".to_owned(),
                number => format!("pale agents pass; {number} without a score"),
            },
            height: top + 92,
            bands: bands(totals),
            dots: Vec::new(),
            bars: Vec::new(),
            limits,
        };
        (strip, top)
    }

    /// Draws agents of a score above each other. Those of the next score are half a step higher, so that none overlap.
    fn draw_dots(&mut self, graded: &[(&AgentView, Graded)], top: usize) {
        let mut columns: BTreeMap<Decimal, Vec<(&AgentView, Graded)>> = BTreeMap::new();
        for (agent, grade) in graded {
            columns.entry(grade.score).or_default().push((agent, *grade));
        }
        let most = columns.values().map(Vec::len).max().unwrap_or(0);
        self.height = top + (13 * most + 20).max(92);
        let bottom = i64::try_from(self.height).unwrap_or(i64::MAX) - 12;
        for (score, column) in columns {
            let shift = if along(score) / 10 % 2 == 0 { 0 } else { 7 };
            let mut y = bottom - shift;
            for (agent, grade) in column {
                self.dots.push(StripDot {
                    number: agent.number,
                    x: place(score),
                    y,
                    class: class(&grade.class(), agent.fails()),
                    title: format!("{} {score}", agent.name),
                });
                y -= 13;
            }
        }
    }

    /// Draws the numbers of agents that fail and pass by their scores.
    fn draw_bars(&mut self, scores: impl Iterator<Item = (Decimal, [usize; 2])>, top: usize) {
        // By the number of the fifth: its band, and how many fail and pass.
        let mut bins: BTreeMap<i64, (String, [usize; 2])> = BTreeMap::new();
        for (score, [failing, passing]) in scores {
            let bin = bins.entry((along(score) / 20).min(49));
            let (_, numbers) = bin.or_insert_with(|| (Band::of(score).name().to_lowercase(), [0; 2]));
            numbers[0] += failing;
            numbers[1] += passing;
        }
        let most = bins.values().map(|(_, [failing, passing])| failing + passing).max().unwrap_or(1);
        let full = self.height - top;
        for (bin, (band, numbers)) in bins {
            let mut y = self.height;
            let from = Decimal::new(bin * 2, 1);
            for (number, fails) in [(numbers[0], true), (numbers[1], false)] {
                let height = (number * full).div_ceil(most);
                y -= height;
                let verb = if fails { "fail" } else { "pass" };
                let title = format!("{from} to {}: {number} {verb}", from + Decimal::new(2, 1));
                if number > 0 {
                    self.bars.push(StripBar { x: place(from), y, height, class: class(&band, fails), title });
                }
            }
        }
    }
}

fn class(band: &str, fails: bool) -> String {
    if fails { band.to_owned() } else { format!("{band} pass") }
}

/// The areas of the bands. That of None has no width, so its agents are counted as Low.
fn bands(totals: &Totals) -> Vec<StripBand> {
    let mut bands = Vec::new();
    let mut end = 1000;
    for (band, number) in &totals.bands {
        let (start, extra) = match band {
            Band::None => continue,
            Band::Low => (0, totals.bands.last().map_or(0, |(_, none)| *none)),
            Band::Medium => (400, 0),
            Band::High => (700, 0),
            Band::Critical => (900, 0),
        };
        bands.push(StripBand {
            name: band.name(),
            class: band.name().to_lowercase(),
            x: 40 + start * 104 / 100,
            width: (end - start) * 104 / 100,
            count: number + extra,
        });
        end = start;
    }
    bands
}

/// The limits of scores in the policy: that for all agents, and those of overrides.
fn limits(report: &Report) -> Vec<StripLimit> {
    let Some(policy) = &report.in_force else { return Vec::new() };
    let mut all: Vec<(Decimal, String)> = Vec::new();
    let overrides = policy.overrides.iter().map(|over| (&over.settings, format!(" {}", over.scope())));
    for (settings, scope) in std::iter::once((&policy.settings, String::new())).chain(overrides) {
        if let Some(score) = limit(settings)
            && !all.iter().any(|(other, _)| *other == score)
        {
            all.push((
                score,
                if scope.is_empty() { format!("limit {score}") } else { format!("{score}{scope}") },
            ));
        }
    }
    all.truncate(MAX_LIMITS);
    let mut limits = Vec::new();
    for (at, (score, label)) in all.into_iter().enumerate() {
        limits.push(StripLimit {
            x: place(score),
            y: 36 + 14 * at,
            class: if label.starts_with("limit") { "limit" } else { "limit some" },
            label: SanitizedText::cut(&label, 60),
        });
    }
    limits
}

/// The highest score that settings allow.
fn limit(settings: &Settings) -> Option<Decimal> {
    let band = settings.get(&SEVERITY).and_then(|band| match band.value {
        Band::None => Some(Decimal::ZERO),
        Band::Low => Some(Decimal::new(39, 1)),
        Band::Medium => Some(Decimal::new(69, 1)),
        Band::High => Some(Decimal::new(89, 1)),
        Band::Critical => None,
    });
    settings.get(&SCORE).map(|score| score.value).into_iter().chain(band).min()
}

/// The seven layers over all agents.
#[derive(Template)]
#[template(path = "layers.svg", config = "src/output/html/askama.toml")]
pub(crate) struct Layers {
    /// The style of a picture of its own; empty on the page.
    style: String,
    pub(crate) rows: Vec<LayerBar>,
    height: usize,
}

/// A layer: its answers as a bar, and its open threats.
pub(crate) struct LayerBar {
    pub(crate) name: String,
    pub(crate) y: usize,
    pub(crate) parts: Vec<LayerBarPart>,
    /// Its open threats.
    pub(crate) number: usize,
    /// The words after it.
    pub(crate) note: String,
    /// The number of agents with open threats to it.
    pub(crate) agents: usize,
}

pub(crate) struct LayerBarPart {
    pub(crate) class: &'static str,
    pub(crate) title: String,
    pub(crate) x: usize,
    pub(crate) width: usize,
}

/// The length of a layer's bar.
const BAR: usize = 120;

impl Layers {
    pub(crate) fn new(report: &Report, agents: &[AgentView], style: String) -> Self {
        let mut totals: BTreeMap<LayerKind, LayerTotals> = BTreeMap::new();
        if let Some(fleet) = &report.fleet {
            totals.clone_from(&fleet.layers);
        } else {
            for layer in agents.iter().flat_map(|agent| &agent.layers) {
                totals.entry(layer.kind).or_default().add(layer.answer, layer.open);
            }
        }
        let mut rows = Vec::new();
        for (at, (kind, layer)) in totals.into_iter().enumerate() {
            let LayerTotals { answers: [mapped, uncertain, not_applicable, blank, unreadable], open, agents } =
                layer;
            let note = if agents > 0 { format!("open in {agents}") } else { "open".to_owned() };
            let mut row = LayerBar {
                name: words(kind.key()),
                y: 34 * at,
                number: open,
                note,
                agents,
                parts: Vec::new(),
            };
            row.draw([mapped, uncertain, not_applicable, blank + unreadable]);
            rows.push(row);
        }
        Self { style, height: rows.len() * 34 + 34, rows }
    }
}

impl LayerBar {
    /// Draws the numbers of its answers.
    fn draw(&mut self, numbers: [usize; 4]) {
        let all = numbers.iter().sum::<usize>().max(1);
        let mut x = 0;
        for (class, number) in ["mapped", "uncertain", "not-applicable", "blank"].into_iter().zip(numbers) {
            let width = number * BAR / all;
            let title = format!("{number} {}", class.replace('-', " "));
            self.parts.push(LayerBarPart { class, title, x, width });
            x += width;
        }
    }
}
