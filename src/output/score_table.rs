//! Scores for people beyond their working: bars of one score, and a table of many.

use std::cmp::Reverse;
use std::io::{self, Write};

use crate::aivss::Working;
use crate::escape::{line, plain_line};
use crate::output::Look;
use crate::output::breakdown::multipliers;
use crate::output::html::chart::{ScoreStep, along, steps};
use crate::output::text::{Tone, cut_end, cut_path, file_link, line_width, painted, width};
use crate::score::{Contribution, ScoreBreakdown, Scored};

/// The most columns of a bar of 10, and the columns of the two numbers before it.
const BAR: usize = 40;
const NUMBERS: usize = 18;
/// The columns of an agent in the table, the fewest that it is cut to, and those of the inputs before it.
const AGENT: usize = 30;
const LEAST_AGENT: usize = 18;
const INPUTS: usize = 16;

/// Writes the steps from the CVSS base to the score as bars from 0 to 10.
pub(crate) fn write_bars(working: &Working, look: Look, out: &mut dyn Write) -> io::Result<()> {
    let [full, up, down] = if look.unicode { ["█", "▒", "░"] } else { ["#", "+", "-"] };
    let steps = steps(working);
    let names = steps.iter().map(|step| step.name.len()).max().unwrap_or(0);
    let all = line_width(look).saturating_sub(names + NUMBERS).clamp(10, BAR);
    let columns = |part: i64| usize::try_from(part).map_or(0, |part| (part * all + 500) / 1000);
    writeln!(out)?;
    for ScoreStep { name, change, at, start, length, class } in steps {
        let (sign, tone) = match class {
            "base" => (full, Tone::Dim),
            "down" => (down, Tone::Good),
            _ => (up, Tone::Caution),
        };
        // The smallest change is seen, too.
        let own = (columns(start + length) - columns(start)).max(usize::from(length > 0));
        let bar = format!("{:1$}{2}", "", columns(start), painted(&sign.repeat(own), tone, look));
        let row = format!("  {name:names$}  {change:>5}  {:>5}  {bar}", at.to_string());
        writeln!(out, "{}", row.trim_end())?;
    }
    let bar = painted(&full.repeat(columns(along(working.score))), working.band.into(), look);
    writeln!(out, "  {:names$}  {:5}  {:>5}  {bar}", "score", "", working.score.to_string())
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
    // On a narrow terminal the inputs are left out first, then agents are cut.
    let longest = levers.iter().map(|lever| width(lever)).max().unwrap_or(0);
    let room = line_width(look).saturating_sub(17 + longest);
    let inputs = |base: &str, factors: &str| {
        if room < INPUTS + LEAST_AGENT { String::new() } else { format!("{base:>5}  {factors:>7}  ") }
    };
    let heads = inputs("base", "factors");
    let columns = room.saturating_sub(heads.len()).clamp(LEAST_AGENT, AGENT);
    let heads = format!("{:13}  {heads}{:columns$}  largest single step", "score", "agent");
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
                inputs(
                    &working.inputs.base.plain().to_string(),
                    &working.inputs.factor_sum.plain().to_string(),
                ),
            ),
            None => ("not computed".to_owned(), Tone::Bad, inputs("-", "-")),
        };
        let space = " ".repeat(columns - width(&agent).min(columns));
        let rest = format!("  {numbers}{agent}{space}  {lever}");
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
