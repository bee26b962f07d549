//! The tables about many repositories, for the page and for Markdown.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::io;

use crate::fleet::{ANSWERS, Fleet, FleetGroup};
use crate::output::markdown::text;
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
    let shown = |text: &str| if text.is_empty() { "(none)".to_owned() } else { text.to_owned() };
    let groups = |groups: &BTreeMap<String, FleetGroup>| {
        let mut groups: Vec<_> = groups.iter().collect();
        groups.sort_by_key(|(_, group)| Reverse((group.failing, group.agents)));
        let row = |(name, group): (&String, &FleetGroup)| {
            let worst = group.worst.map_or_else(|| "–".to_owned(), |worst| worst.to_string());
            let numbers = [group.agents, group.failing, group.unscored, group.open, group.blank];
            let numbers = numbers.map(|number| number.to_string());
            [vec![shown(name), worst], numbers.to_vec()].concat()
        };
        groups.into_iter().map(row).collect::<Vec<_>>()
    };
    let mut layers = Vec::new();
    let mut kinds: Vec<_> = fleet.answers.keys().map(|(kind, _)| *kind).collect();
    kinds.dedup();
    for kind in kinds {
        let number = |answer| fleet.answers.get(&(kind, answer)).copied().unwrap_or(0).to_string();
        layers.push([vec![kind.key().replace('_', " ")], ANSWERS.map(number).to_vec()].concat());
    }
    let dates =
        fleet.dates.iter().map(|(date, agent, words)| [date, agent, *words].map(str::to_owned).to_vec());
    let numbers = ["worst score", "agents", "not passed", "without a score", "open threats", "blank layers"];
    let head = |first| [&[first], &numbers[..]].concat();
    vec![
        FleetTable::new("By owner", &head("owner"), groups(&fleet.owners), most),
        FleetTable::new("By environment", &head("environment"), groups(&fleet.environments), most),
        FleetTable::new("Layers", &[&["layer"], &ANSWERS[..]].concat(), layers, most),
        FleetTable::new("Next dates", &["date", "agent", ""], dates.collect(), most),
    ]
}

/// The number of repositories in words.
pub(crate) fn repositories(fleet: &Fleet) -> String {
    match fleet.repositories {
        1 => "1 repository".to_owned(),
        number => format!("{number} repositories"),
    }
}

/// Writes the summary in Markdown.
pub(crate) fn write_markdown(report: &Report, fleet: &Fleet, out: &mut dyn io::Write) -> io::Result<()> {
    /// The rows of a table, and the characters of a cell, which keep a comment below 65,536 characters.
    const MOST: (usize, usize) = (25, 100);
    let totals = &fleet.totals;
    let sign = if report.verdict() == Verdict::Passed { "✅" } else { "❌" };
    let repositories = repositories(fleet);
    let agents = count(totals.agents, "agent");
    let failing = if totals.failing == 0 { "none".to_owned() } else { totals.failing.to_string() };
    writeln!(out, "## aivss-lint: {sign} {failing} of {agents} in {repositories} fail\n")?;
    for error in report.input_errors.iter().take(MOST.0) {
        let (path, error) = (text(error.path(), MOST.1), text(&error.to_string(), 400));
        writeln!(out, "- ⚠️ cannot check {path}: {error}")?;
    }
    let worst = fleet.agents.iter().map(|agent| {
        let score = agent.score.map_or_else(|| "–".to_owned(), |score| score.to_string());
        let owner = agent.owner.clone().unwrap_or_default();
        vec![agent.name.clone(), score, agent.place.clone(), owner]
    });
    let mut tables = tables(fleet, MOST.0);
    tables.push(FleetTable::new(
        "Worst agents",
        &["agent", "score", "place", "owner"],
        worst.collect(),
        MOST.0,
    ));
    for table in tables.iter().filter(|table| !table.rows.is_empty()) {
        let rule = "|---".repeat(table.head.len());
        writeln!(out, "\n### {}\n\n| {} |\n{rule}|", table.title, table.head.join(" | "))?;
        for row in &table.rows {
            let cells: Vec<String> = row.iter().map(|cell| text(cell, MOST.1)).collect();
            writeln!(out, "| {} |", cells.join(" | "))?;
        }
        if table.omitted > 0 {
            writeln!(out, "\n*{} more*", table.omitted)?;
        }
    }
    Ok(())
}
