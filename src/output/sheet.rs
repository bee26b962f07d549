//! The working of scores, for people: inputs, steps, what each factor carries, what one step less would do.

use std::io;

use anstyle::{AnsiColor, Style};

use crate::aivss::{Band, Formula, Working};
use crate::decimal::Decimal;
use crate::escape::{line, plain_line};
use crate::output::Look;
use crate::output::human::{line_width, painted, wrapped};
use crate::score::breakdown::{Computed, Input, Origin, Sheet};
use crate::score::sensitivity::OneLess;

/// Whether the same inputs are to be shown by the other formulas as well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Formulas {
    /// The one in force.
    One,
    /// All of them.
    All,
}

/// Writes one sheet, for people.
///
/// # Errors
/// What the writer reports.
pub fn write_sheet(sheet: &Sheet, formulas: Formulas, look: Look, out: &mut dyn io::Write) -> io::Result<()> {
    if let Some(heading) = heading(sheet) {
        let style = if look.color { Style::new().bold() } else { Style::new() };
        writeln!(out, "{style}{}{style:#}", wrapped(&heading, line_width(look), (0, 2)))?;
    }
    let computed = match &sheet.outcome {
        Ok(computed) => {
            let Working { formula, score, band, .. } = &computed.working;
            let result = painted(&format!("{score} {}", band.name()), color(*band), look);
            let declared = sheet.version.as_deref().filter(|version| {
                Formula::named(version).is_none_or(|declared| declared.version != formula.version)
            });
            let declared = declared.map(|version| format!(" (the file says {})", line(version)));
            writeln!(out, "AIVSS {} gives {result}{}", formula.version, declared.unwrap_or_default())?;
            Some(computed)
        }
        Err(lacking) => {
            writeln!(out, "{}", painted("the score cannot be computed:", AnsiColor::Red, look))?;
            for what in lacking {
                writeln!(out, "  {}", wrapped(&line(what), line_width(look), (2, 4)))?;
            }
            None
        }
    };
    if !sheet.inputs.is_empty() {
        writeln!(out, "\n  inputs")?;
    }
    for input in &sheet.inputs {
        let value = input.value.map_or_else(|| "-".to_owned(), |value| value.plain().to_string());
        let text = format!("{:17}  {value:6}  {}", input.name, line(&origin(input, sheet)));
        row(out, look, 31, &text)?;
    }
    if let Some(computed) = computed {
        writeln!(out, "\n  working")?;
        for (name, step) in computed.steps() {
            row(out, look, 16, &format!("{name:10}  {step}"))?;
        }
    }
    if !sheet.wrong.is_empty() {
        let wrong: Vec<String> = sheet.wrong.iter().map(|(name, value)| format!("{name} {value}")).collect();
        let text = format!("wrong as declared: {} (`aivss-lint` says why)", line(&wrong.join(", ")));
        let text = wrapped(&text, line_width(look), (2, 4));
        writeln!(out, "\n  {}", painted(&text, AnsiColor::Red, look))?;
    }
    match computed {
        Some(computed) => {
            write_weights(computed, look, out)?;
            if formulas == Formulas::All { write_formulas(computed, out) } else { Ok(()) }
        }
        None => Ok(()),
    }
}

/// A line of a part of the sheet, its later lines indented by `indent` where it has to be broken.
fn row(out: &mut dyn io::Write, look: Look, indent: usize, text: &str) -> io::Result<()> {
    writeln!(out, "    {}", wrapped(text, line_width(look), (4, indent)))
}

/// Where the score stands and whose it is.
fn heading(sheet: &Sheet) -> Option<String> {
    let place = sheet.place.as_ref()?;
    let mut heading = format!("{}:{}:{}", place.path, place.position.line, place.position.column);
    if let Some(agent) = &sheet.agent {
        heading.push_str(&format!(": {agent}"));
    }
    match sheet.finding.as_deref() {
        None => {}
        Some("") => heading.push_str(", a finding without an identifier"),
        Some(id) => heading.push_str(&format!(", finding {id}")),
    }
    Some(plain_line(line(&heading).into_owned()))
}

/// Where an input comes from, in words.
pub(crate) fn origin(input: &Input, sheet: &Sheet) -> String {
    let formula = sheet.outcome.as_ref().ok().map(|computed| computed.working.formula);
    match &input.origin {
        Origin::Vector(vector) => vector.clone(),
        Origin::Number => "given as a number".to_owned(),
        Origin::Name(name) => name.clone(),
        Origin::Sum => "of the ten factors".to_owned(),
        Origin::Ignored => "no part of this formula".to_owned(),
        Origin::Nowhere => "not known".to_owned(),
        Origin::Default => {
            let levels = formula.map(|formula| match input.key {
                "threat_multiplier" => formula.threat,
                _ => formula.mitigation,
            });
            match levels.and_then(<[_]>::first) {
                Some(level) => format!("{}, the default", level.name),
                None => "the default".to_owned(),
            }
        }
    }
}

fn write_weights(computed: &Computed, look: Look, out: &mut dyn io::Write) -> io::Result<()> {
    let working = &computed.working;
    writeln!(out, "\n  {:27} {:>6}  {:>7}  one step less", "factors, heaviest first", "value", "carries")?;
    for weight in &computed.weights {
        let (key, value, carried) =
            (weight.factor.key(), weight.value.plain(), weight.weight.round_half_up(2));
        let step = weight.one_less.as_ref().map(|less| step(less, working, look)).unwrap_or_default();
        writeln!(out, "{}", format!("    {key:27}{value:>5}  {carried:>7}  {step}").trim_end())?;
    }
    let multipliers = [
        ("threat multiplier", working.inputs.threat, &computed.lower_threat),
        ("mitigation factor", working.inputs.mitigation, &computed.better_mitigation),
    ];
    for (name, value, less) in multipliers {
        if let Some(less) = less {
            let step = step(less, working, look);
            writeln!(out, "    {name:27}{:>5}  {:>7}  {step}", value.plain(), "")?;
        }
    }
    Ok(())
}

/// What one step less leads to; with both bands where it leads to another one.
fn step(less: &OneLess, now: &Working, look: Look) -> String {
    let name = less.name.map(|name| format!("{name} ")).unwrap_or_default();
    let (value, score) = (less.value.plain(), less.working.score);
    if less.working.band == now.band {
        return format!("→ {name}{value}: {} → {score}", now.score);
    }
    let (before, after) = (now.band.name(), less.working.band.name());
    let text = format!("→ {name}{value}: {} {before} → {score} {after}", now.score);
    painted(&text, AnsiColor::Green, look)
}

fn write_formulas(computed: &Computed, out: &mut dyn io::Write) -> io::Result<()> {
    let places = |uplift: Decimal| uplift.plain().to_string();
    let width =
        computed.formulas.iter().map(|working| places(working.uplift).len()).max().unwrap_or(0).max(6);
    writeln!(out, "\n  {:12}  {:width$}  score", "by formula", "uplift")?;
    for working in &computed.formulas {
        let Working { formula, score, band, .. } = working;
        let (version, uplift, band) = (formula.version, places(working.uplift), band.name());
        let mark = if version == computed.working.formula.version { "  (in force)" } else { "" };
        writeln!(out, "    {version:10}  {uplift:width$}  {score} {band}{mark}")?;
    }
    Ok(())
}

/// The colour of a band.
const fn color(band: Band) -> AnsiColor {
    match band {
        Band::None | Band::Low => AnsiColor::Green,
        Band::Medium | Band::High => AnsiColor::Yellow,
        Band::Critical => AnsiColor::Red,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::breakdown::sheets;
    use crate::source::Source;

    #[test]
    fn what_a_file_says_reaches_no_terminal_as_it_is() {
        let stock = include_str!("../rules/stock.yaml");
        let hostile = stock
            .replace("name: Planner", r#"name: "Pla\e[31m\u202E""#)
            .replace("CVSS:4.0/AV:N", r#""CVSS:4.0/AV:\e"#)
            .replace("SA:H", r#"SA:H""#)
            .replace("version: '0.8'", r#"version: "\e""#)
            .replace("multiplier: 0.97", r#"multiplier: "\e##[group]""#)
            .replace("score: 9.4", r#"severity: "\e""#);
        let source = Source::decode("::error::.yaml", hostile.into_bytes());
        for (look, formula) in
            [(Look::PLAIN, None), (Look { unicode: true, width: 40, ..Look::PLAIN }, Formula::named("0.8"))]
        {
            let mut out = Vec::new();
            for sheet in sheets(&source, formula) {
                write_sheet(&sheet, Formulas::All, look, &mut out).unwrap();
            }
            let out = String::from_utf8(out).unwrap();
            assert!(out.starts_with("./::error::.yaml"), "{out}");
            assert!(!out.contains(['\u{1b}', '\u{202e}']) && !out.contains("##["), "{out}");
        }
    }

    #[test]
    fn lines_of_a_narrow_terminal_are_broken_under_their_parts() {
        let source = Source::decode("a.yaml", include_bytes!("../rules/stock.yaml").to_vec());
        let look = Look { unicode: true, width: 60, ..Look::PLAIN };
        let mut out = Vec::new();
        write_sheet(&sheets(&source, None)[0], Formulas::One, look, &mut out).unwrap();
        let out = String::from_utf8(out).unwrap();
        assert!(
            out.contains("\n    factor sum  1.0 + 0.5 + 1.0 + 1.0 + 1.0 + 1.0 + 0.5 +\n                0.5"),
            "{out}"
        );
    }
}
