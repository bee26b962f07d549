//! The tables about many repositories, for the page and for Markdown.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::io;

use crate::decimal::Decimal;
use crate::fleet::{ANSWERS, Fleet, FleetGroup};
use crate::output::markup::text;
use crate::report::{Report, Verdict, count};

/// A table with its title. The first column names the row.
pub(crate) struct FleetTable {
    pub(crate) title: &'static str,
    pub(crate) head: Vec<&'static str>,
    pub(crate) rows: Vec<Vec<String>>,
    /// The number of rows that are left out.
    pub(crate) omitted: usize,
}

impl FleetTable {
    fn new(title: &'static str, head: &[&'static str], mut rows: Vec<Vec<String>>, most: usize) -> Self {
        let omitted = rows.len().saturating_sub(most);
        rows.truncate(most);
        Self { title, head: head.to_vec(), rows, omitted }
    }
}

/// The tables of a fleet, each with at most so many rows.
pub(crate) fn tables(fleet: &Fleet, most: usize) -> Vec<FleetTable> {
    let layers = fleet.layers.iter().map(|(kind, layer)| {
        let numbers = layer.answers.iter().chain([&layer.open]).map(ToString::to_string);
        [kind.key().replace('_', " ")].into_iter().chain(numbers).collect()
    });
    let dates = fleet
        .dates
        .iter()
        .map(|(date, agent, words)| vec![date.to_string(), agent.clone(), (*words).to_owned()]);
    let mut tables = vec![
        group_table("By owner", "owner", &fleet.owners, most),
        group_table("By environment", "environment", &fleet.environments, most),
        group_table("By repository", "repository", &fleet.repositories, most),
        FleetTable::new(
            "Layers",
            &[&["layer"], &ANSWERS[..], &["open threats"]].concat(),
            layers.collect(),
            most,
        ),
        FleetTable::new("Next dates", &["date", "agent", ""], dates.collect(), most),
    ];
    if fleet.trend.len() > 1 {
        tables.push(trend_table(fleet, most));
    }
    tables
}

/// The days, the last first.
fn trend_table(fleet: &Fleet, most: usize) -> FleetTable {
    let head =
        ["date", "repositories", "agents", "highest score", "median score", "open threats", "blank layers"];
    let rows = fleet.trend.iter().rev().map(|day| {
        vec![
            day.date.to_string(),
            day.repositories.to_string(),
            day.agents.to_string(),
            number_or_dash(day.highest),
            number_or_dash(day.median.map(Decimal::plain)),
            day.open.to_string(),
            day.blank.to_string(),
        ]
    });
    FleetTable::new("Over time", &head, rows.collect(), most)
}

fn number_or_dash(number: Option<Decimal>) -> String {
    number.map_or_else(|| "–".to_owned(), |number| number.to_string())
}

/// A table with a row per group, those with the most agents that fail first.
fn group_table(
    title: &'static str,
    first: &'static str,
    groups: &BTreeMap<String, FleetGroup>,
    most: usize,
) -> FleetTable {
    let mut head = vec![
        first,
        "highest score",
        "agents",
        "not passed",
        "without a score",
        "open threats",
        "blank layers",
    ];
    let has_runs = groups.values().any(|group| group.last_run.is_some());
    head.extend(has_runs.then_some("last run"));
    let mut groups: Vec<_> = groups.iter().collect();
    groups.sort_by_key(|(_, group)| Reverse((group.failing, group.agents)));
    let mut rows = Vec::new();
    for (name, group) in groups {
        let name = if name.is_empty() { "(none)" } else { name };
        let numbers = [group.agents, group.failing, group.unscored, group.open, group.blank];
        let mut row = vec![name.to_owned(), number_or_dash(group.worst)];
        row.extend(numbers.map(|number| number.to_string()));
        row.extend(group.last_run.map(|run| {
            let verdict = if run.passed { "" } else { ", not passed" };
            format!("{}{verdict}", run.date)
        }));
        rows.push(row);
    }
    FleetTable::new(title, &head, rows, most)
}

/// The number of repositories in words.
pub(crate) fn repositories(fleet: &Fleet) -> String {
    match fleet.repositories.len() {
        1 => "1 repository".to_owned(),
        number => format!("{number} repositories"),
    }
}

/// The days on which the repositories were last checked, in words.
pub(crate) fn days(fleet: &Fleet) -> Option<String> {
    let (first, last) =
        fleet.last_runs().map(|run| run.date).min().zip(fleet.last_runs().map(|run| run.date).max())?;
    let failed = fleet.last_runs().filter(|run| !run.passed).count();
    let failed = if failed > 0 { format!(", {failed} not passed") } else { String::new() };
    Some(if first == last {
        format!("last runs on {last}{failed}")
    } else {
        format!("last runs from {first} to {last}{failed}")
    })
}

/// Writes the summary in Markdown.
pub(crate) fn write_markdown(report: &Report, fleet: &Fleet, out: &mut dyn io::Write) -> io::Result<()> {
    /// The rows of a table, and the characters of a cell, which keep a comment below 65,536 characters.
    const MAX: (usize, usize) = (25, 100);
    let totals = &fleet.totals;
    let sign = match report.verdict() {
        Verdict::CannotCheck => "⚠️ cannot check everything:",
        Verdict::Passed => "✅",
        Verdict::Failed => "❌",
    };
    let repositories = repositories(fleet);
    let agents = count(totals.agents, "agent");
    let failing = if totals.failing == 0 { "none".to_owned() } else { totals.failing.to_string() };
    writeln!(out, "## aivss-lint: {sign} {failing} of {agents} in {repositories} fail\n")?;
    if let Some(days) = days(fleet) {
        writeln!(out, "Of each repository its last run: {days}.\n")?;
    }
    for error in report.input_errors.iter().take(MAX.0) {
        let (path, error) = (text(error.path(), MAX.1), text(&error.to_string(), 400));
        writeln!(out, "- ⚠️ cannot check {path}: {error}")?;
    }
    let worst = fleet.agents.iter().map(|agent| {
        let owner = agent.owner.clone().unwrap_or_default();
        vec![agent.name.clone(), number_or_dash(agent.score), agent.place.clone(), owner]
    });
    let mut tables = tables(fleet, MAX.0);
    tables.push(FleetTable::new(
        "Worst agents",
        &["agent", "score", "place", "owner"],
        worst.collect(),
        MAX.0,
    ));
    for table in tables.iter().filter(|table| !table.rows.is_empty()) {
        let rule = "|---".repeat(table.head.len());
        writeln!(out, "\n### {}\n\n| {} |\n{rule}|", table.title, table.head.join(" | "))?;
        for row in &table.rows {
            let cells: Vec<String> = row.iter().map(|cell| text(cell, MAX.1)).collect();
            writeln!(out, "| {} |", cells.join(" | "))?;
        }
        if table.omitted > 0 {
            writeln!(out, "\n*{} more*", table.omitted)?;
        }
    }
    Ok(())
}
