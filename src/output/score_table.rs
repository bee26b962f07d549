//! Scores for people beyond their working: bars of one score, and a table of many.

use std::cmp::Reverse;
use std::io::{self, Write};

use crate::aivss::Working;
use crate::decimal::Decimal;
use crate::escape::{line, plain_line};
use crate::output::Look;
use crate::output::breakdown::multipliers;
use crate::output::text::{Tone, cut_end, cut_path, file_link, line_width, painted, width};
use crate::score::{Contribution, ScoreBreakdown, Scored};

/// The columns of a bar of 10.
const BAR: usize = 40;
/// The columns of 1.
const BAR_UNIT: Decimal = Decimal::new(4, 0);
/// The columns of an agent in the table, and the fewest that it is cut to.
const AGENT: usize = 30;
const LEAST_AGENT: usize = 12;

/// The columns of a value in a bar.
fn columns(value: Decimal) -> usize {
    let columns = value.clamp(Decimal::ZERO, Decimal::TEN) * BAR_UNIT;
    columns
        .round_half_up(0)
        .plain()
        .to_string()
        .split('.')
        .next()
        .and_then(|text| text.parse().ok())
        .unwrap_or(0)
}

/// Writes the base, what the factors add, and the score as bars from 0 to 10.
pub(crate) fn write_bars(working: &Working, look: Look, out: &mut dyn Write) -> io::Result<()> {
    let (full, light) = if look.unicode { ("█", "▒") } else { ("#", "+") };
    let (base, is_sum) = (working.inputs.base, working.uplift == working.inputs.factor_sum);
    let uplift = if is_sum {
        ("factor sum", 0, working.uplift.plain())
    } else {
        ("uplift", columns(base), working.uplift.round_half_up(2).plain())
    };
    let rows = [
        ("CVSS base", 0, base.plain(), full, Tone::Dim),
        (uplift.0, uplift.1, uplift.2, light, Tone::Plain),
        ("score", 0, working.score, full, working.band.into()),
    ];
    writeln!(out)?;
    for (name, from, value, sign, tone) in rows {
        let length = columns(value).min(BAR.saturating_sub(from));
        let (bar, value) = (painted(&sign.repeat(length), tone, look), value.to_string());
        writeln!(out, "  {name:10}  {value:>5}  {}", format!("{:from$}{bar}", "").trim_end())?;
    }
    Ok(())
}

/// The single step that lowers a score most, in words. The threat multiplier is not the author's to lower.
fn lever(scored: &Scored, working: &Working) -> Option<String> {
    let factors = Contribution::of_factors(working, scored.declared.factors.numbers());
    let factors = factors.into_iter().filter_map(|one| Some((one.factor.key(), one.one_less?)));
    let multipliers = multipliers(working).into_iter().filter(|(key, ..)| *key == "mitigation_factor");
    let multipliers = multipliers.filter_map(|(key, _, less)| Some((key, less?)));
    let steps = factors.chain(multipliers).filter(|(_, less)| less.working.score < working.score);
    let (name, less) = steps.min_by_key(|(_, less)| less.working.score)?;
    let step = match less.name {
        // `mitigation partial`
        Some(level) => format!("{} {level}", name.split('_').next().unwrap_or(name)),
        None => format!("{name} {}", less.written()),
    };
    Some(format!("{step} gives {}", less.working.score))
}

fn lever_in_words(breakdown: &ScoreBreakdown) -> String {
    let Some((scored, working)) = breakdown.computed() else { return String::new() };
    lever(scored, working).unwrap_or_else(|| "no single step lowers it".to_owned())
}

/// Writes one row for each score, the highest first, and those that cannot be computed before them.
///
/// # Errors
/// Errors of the writer.
pub fn write_score_table(breakdowns: &[ScoreBreakdown], look: Look, out: &mut dyn Write) -> io::Result<()> {
    let mut sorted: Vec<&ScoreBreakdown> = breakdowns.iter().collect();
    sorted.sort_by_key(|one| one.computed().map(|(_, working)| Reverse(working.score)));
    let levers: Vec<String> = sorted.iter().map(|one| lever_in_words(one)).collect();
    // On a narrow terminal agents are cut first.
    let longest = levers.iter().map(|lever| width(lever)).max().unwrap_or(0);
    let columns = line_width(look).saturating_sub(33 + longest).clamp(LEAST_AGENT, AGENT);
    let heads =
        format!("{:13}  {:>5}  {:>7}  {:columns$}  largest single step", "score", "base", "factors", "agent");
    writeln!(out, "{}", painted(&cut_end(&heads, line_width(look)), Tone::Strong, look))?;
    for (breakdown, lever) in sorted.into_iter().zip(levers) {
        let finding = breakdown.finding.as_deref().map(|id| format!(", {id}")).unwrap_or_default();
        let agent = format!("{}{finding}", breakdown.agent.as_deref().unwrap_or("(no name)"));
        let agent = line(&agent);
        let agent = cut_end(&agent, columns);
        let (score, tone, numbers) = match breakdown.computed() {
            Some((_, working)) => (
                format!("{} {}", working.score, working.band.name()),
                working.band.into(),
                format!(
                    "{:>5}  {:>7}",
                    working.inputs.base.plain().to_string(),
                    working.inputs.factor_sum.plain().to_string()
                ),
            ),
            None => ("not computed".to_owned(), Tone::Bad, format!("{:>5}  {:>7}", "-", "-")),
        };
        let space = " ".repeat(columns - width(&agent).min(columns));
        let rest = format!("  {numbers}  {agent}{space}  {lever}");
        let rest = cut_end(&rest, line_width(look).saturating_sub(13));
        let path = breakdown.path.as_deref().unwrap_or_default();
        let room = line_width(look).saturating_sub(13 + width(&rest) + 2);
        let shown = line(path);
        let shown = file_link(&cut_path(&shown, room), path, look);
        let path = if room < 20 { String::new() } else { format!("  {shown}") };
        let row = format!(
            "{}{rest}{}",
            painted(&format!("{score:13}"), tone, look),
            painted(&path, Tone::Dim, look)
        );
        writeln!(out, "{}", plain_line(row.trim_end().to_owned()))?;
    }
    Ok(())
}
