//! The parts of the page about the whole run: the agents by band, the exceptions of the policy, and the filters.

use crate::aivss::Band;
use crate::output::html::agents::{AgentView, class};
use crate::output::html::sanitized::SanitizedText;
use crate::policy::{Exception, Policy};
use crate::report::{Report, count};

/// The number of days before its end from which an exception is marked.
const SOON: i32 = 30;

/// The number of agents with a band.
pub(crate) struct Bar {
    pub(crate) name: &'static str,
    /// The class for the style sheet.
    pub(crate) class: &'static str,
    pub(crate) count: usize,
    /// The length, in thousandths of the longest bar.
    pub(crate) length: usize,
}

/// The agents by band, the worst first. Agents without a score are last.
pub(crate) fn bands(agents: &[AgentView]) -> Vec<Bar> {
    let bar = |name, class, band: Option<Band>| {
        let of_band = agents.iter().filter(|agent| agent.grade().map(|graded| graded.band) == band);
        Bar { name, class, count: of_band.count(), length: 0 }
    };
    let mut bars: Vec<Bar> =
        Band::ALL.into_iter().rev().map(|band| bar(band.name(), class(band), Some(band))).collect();
    bars.extend(Some(bar("not computable", "unscored", None)).filter(|bar| bar.count > 0));
    let most = bars.iter().map(|bar| bar.count).max().unwrap_or(0).max(1);
    for bar in &mut bars {
        bar.length = bar.count * 1000 / most;
    }
    bars
}

/// The values by which agents can be filtered, in alphabetical order.
pub(crate) struct Filters {
    pub(crate) bands: Vec<&'static str>,
    pub(crate) environments: Vec<SanitizedText>,
    pub(crate) tiers: Vec<SanitizedText>,
    pub(crate) owners: Vec<SanitizedText>,
    pub(crate) rules: Vec<SanitizedText>,
}

pub(crate) fn filters(agents: &[AgentView], bands: &[Bar]) -> Filters {
    Filters {
        bands: bands.iter().filter(|bar| bar.count > 0).map(|bar| bar.name).collect(),
        environments: choices(agents.iter().filter_map(|agent| agent.environment.as_ref())),
        tiers: choices(agents.iter().filter_map(|agent| agent.tier.as_ref())),
        owners: choices(agents.iter().filter_map(|agent| agent.owner.as_ref())),
        rules: choices(agents.iter().flat_map(|agent| &agent.problems).map(|problem| &problem.rule)),
    }
}

fn choices<'a>(values: impl Iterator<Item = &'a SanitizedText>) -> Vec<SanitizedText> {
    let mut choices: Vec<SanitizedText> = values.filter(|value| !value.is_blank()).cloned().collect();
    choices.sort();
    choices.dedup();
    choices
}

/// An exception of the policy.
pub(crate) struct ExceptionRow {
    pub(crate) rule: SanitizedText,
    pub(crate) path: SanitizedText,
    pub(crate) reason: SanitizedText,
    pub(crate) owner: SanitizedText,
    pub(crate) until: SanitizedText,
    /// The days left, in words.
    pub(crate) left: String,
    /// The class for the style sheet.
    pub(crate) class: &'static str,
    /// The number of problems it covers, in words.
    pub(crate) covers: String,
    pub(crate) origin: SanitizedText,
}

/// Every exception of the policy in force.
pub(crate) fn exceptions(report: &Report) -> Vec<ExceptionRow> {
    let exceptions = report.in_force.iter().flat_map(Policy::exceptions);
    exceptions.map(|exception| exception_row(exception, report)).collect()
}

fn exception_row(exception: &Exception, report: &Report) -> ExceptionRow {
    let covered = report.diagnostics().filter_map(|(_, problem)| problem.excepted.as_ref());
    let (left, class) = match exception.days_left(report.today) {
        None => ("expired".to_owned(), "over"),
        Some(0) => ("ends today".to_owned(), "soon"),
        Some(1) => ("1 day".to_owned(), "soon"),
        Some(days) => (format!("{days} days"), if days <= SOON { "soon" } else { "" }),
    };
    let finding = exception.finding.as_ref().map_or_else(String::new, |id| format!(", finding {id}"));
    ExceptionRow {
        rule: SanitizedText::line(&exception.rule),
        path: SanitizedText::line(format!("{}{finding}", exception.pattern)),
        reason: SanitizedText::lines(&exception.reason),
        owner: SanitizedText::line(&exception.owner),
        until: SanitizedText::line(&exception.written),
        left,
        class,
        covers: count(covered.filter(|excepted| excepted.origin == exception.origin).count(), "problem"),
        origin: SanitizedText::line(exception.origin.to_string()),
    }
}
