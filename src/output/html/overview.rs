//! What holds of the whole run: the verdict, the agents by band, the policy in force with its exceptions, and what the
//! agents can be filtered by.

use crate::aivss::Band;
use crate::output::html::agents::{AgentView, class};
use crate::output::html::shown::Shown;
use crate::policy::{Exception, Policy};
use crate::report::{Report, Verdict, count};

/// The days at which the end of an exception is near.
const SOON: i32 = 30;

/// How many agents have a band.
pub(crate) struct Bar {
    pub(crate) name: &'static str,
    /// The band's word for the style sheet.
    pub(crate) class: &'static str,
    pub(crate) count: usize,
    /// The length of its bar, in thousandths of the longest.
    pub(crate) length: usize,
}

/// The agents by band, the worst first; those without a score last, if there are any.
pub(crate) fn bands(agents: &[AgentView]) -> Vec<Bar> {
    let of = |band: Option<Band>| {
        agents.iter().filter(|agent| agent.grade().map(|graded| graded.band) == band).count()
    };
    let unscored = (of(None) > 0).then_some(("not computable", "unscored", of(None)));
    let bands = Band::ALL.into_iter().rev().map(|band| (band.name(), class(band), of(Some(band))));
    let bands: Vec<_> = bands.chain(unscored).collect();
    let most = bands.iter().map(|(.., count)| *count).max().unwrap_or(0).max(1);
    let bar = |(name, class, count): (&'static str, _, usize)| Bar {
        name,
        class,
        count,
        length: count * 1000 / most,
    };
    bands.into_iter().map(bar).collect()
}

/// The verdict in words, and its word for the style sheet.
pub(crate) fn verdict(verdict: Verdict) -> (&'static str, &'static str) {
    let words = match verdict {
        Verdict::Passed => "Passed",
        Verdict::Failed => "Failed",
        Verdict::CannotJudge => "Cannot judge",
    };
    (words, verdict.name())
}

/// What agents can be filtered by, each in the order of the alphabet.
#[derive(Default)]
pub(crate) struct Filters {
    pub(crate) bands: Vec<&'static str>,
    pub(crate) environments: Vec<Shown>,
    pub(crate) tiers: Vec<Shown>,
    pub(crate) owners: Vec<Shown>,
    pub(crate) rules: Vec<Shown>,
}

pub(crate) fn filters(agents: &[AgentView], bands: &[Bar]) -> Filters {
    let all = |of: fn(&AgentView) -> &Option<Shown>| {
        let mut all: Vec<Shown> = agents.iter().filter_map(|agent| of(agent).clone()).collect();
        all.retain(|one| !one.is_blank());
        all.sort();
        all.dedup();
        all
    };
    let mut rules: Vec<Shown> =
        agents.iter().flat_map(|agent| &agent.faults).map(|fault| fault.rule.clone()).collect();
    rules.sort();
    rules.dedup();
    Filters {
        bands: bands.iter().filter(|bar| bar.count > 0).map(|bar| bar.name).collect(),
        environments: all(|agent| &agent.environment),
        tiers: all(|agent| &agent.tier),
        owners: all(|agent| &agent.owner),
        rules,
    }
}

/// An exception of the policy, as it stands today.
pub(crate) struct Excepted {
    pub(crate) rule: Shown,
    pub(crate) path: Shown,
    pub(crate) reason: Shown,
    pub(crate) owner: Shown,
    pub(crate) until: Shown,
    /// The days left, in words.
    pub(crate) left: String,
    /// How urgent that is, for the style sheet.
    pub(crate) class: &'static str,
    /// How many faults it covers, in words.
    pub(crate) covers: String,
    pub(crate) origin: Shown,
}

/// Every exception of the policy in force.
pub(crate) fn exceptions(report: &Report) -> Vec<Excepted> {
    let exceptions = report.in_force.iter().flat_map(Policy::exceptions);
    exceptions.map(|exception| excepted(exception, report)).collect()
}

fn excepted(exception: &Exception, report: &Report) -> Excepted {
    let covered = report.diagnostics().filter_map(|(_, fault)| fault.excepted.as_ref());
    let (left, class) = match exception.days_left(report.today) {
        None => ("expired".to_owned(), "over"),
        Some(0) => ("ends today".to_owned(), "soon"),
        Some(1) => ("1 day".to_owned(), "soon"),
        Some(days) => (format!("{days} days"), if days <= SOON { "soon" } else { "" }),
    };
    let finding = exception.finding.as_ref().map_or_else(String::new, |id| format!(", finding {id}"));
    Excepted {
        rule: Shown::line(&exception.rule),
        path: Shown::line(&format!("{}{finding}", exception.pattern)),
        reason: Shown::lines(&exception.reason),
        owner: Shown::line(&exception.owner),
        until: Shown::line(&exception.written),
        left,
        class,
        covers: count(covered.filter(|excepted| excepted.origin == exception.origin).count(), "fault"),
        origin: Shown::line(&exception.origin.to_string()),
    }
}
