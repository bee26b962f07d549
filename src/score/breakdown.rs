//! The working of a score as a sheet: what went in and where it came from, the steps, what each factor carries, what
//! would change it. Owned data, gathered from files or made of single inputs; how it looks is up to [`crate::output`].
//!
//! A sheet explains and does not judge: what is wrong with a file, and where, the rules say.

use crate::aivss::Factor;
use crate::aivss::{ALL, Formula, Working};
use crate::decimal::Decimal;
use crate::model::{Assessment, DetectedFormat, Format, Model, Multiplier, Spanned, detect};
use crate::score::sensitivity::{OneLess, Weight, better_mitigation, lower_threat, weights};
use crate::score::{Scored, agrees, score};
use crate::source::{Position, Source};
use crate::syntax;

/// The working of one score.
#[derive(Debug)]
pub struct Sheet {
    /// Where its score is declared; `None` for inputs that stand in no file.
    pub place: Option<Place>,
    /// The agent's name.
    pub agent: Option<String>,
    /// The finding's identifier; `None` for the agent's own score.
    pub finding: Option<String>,
    /// The version of the formula, as the file declares it.
    pub version: Option<String>,
    /// What the formula computes from, each input with where it comes from.
    pub inputs: Vec<Input>,
    /// The declared numbers that do not follow from the inputs: what they are called, and what they are.
    pub wrong: Vec<(&'static str, String)>,
    /// The score with its working, or what is missing for it, in sentences.
    pub outcome: Result<Computed, Vec<String>>,
}

/// A place in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The file's path as it is shown.
    pub path: String,
    /// Line and column.
    pub position: Position,
}

/// An input of the formula.
#[derive(Clone, Debug)]
pub struct Input {
    /// Its key in this project's format.
    pub key: &'static str,
    /// What people call it.
    pub name: &'static str,
    /// Its value, where it has one.
    pub value: Option<Decimal>,
    /// Where that comes from.
    pub origin: Origin,
}

/// Where an input comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Computed from this vector.
    Vector(String),
    /// Declared as a number.
    Number,
    /// Declared by this name.
    Name(String),
    /// Not declared: the formula's default.
    Default,
    /// Added up from the factors.
    Sum,
    /// Declared, perhaps, and no part of the formula.
    Ignored,
    /// From nowhere.
    Nowhere,
}

/// A score with its working and what it rests on.
#[derive(Debug)]
pub struct Computed {
    /// The computation.
    pub working: Working,
    /// The sum of the factors, term by term.
    pub sum_written: String,
    /// What each factor carries, the heaviest first.
    pub weights: Vec<Weight>,
    /// The next lower threat multiplier.
    pub lower_threat: Option<OneLess>,
    /// The next better mitigation.
    pub better_mitigation: Option<OneLess>,
    /// The same inputs by every formula, the oldest first.
    pub formulas: Vec<Working>,
}

impl Computed {
    /// The steps from the factors to the score, each in a line.
    pub fn steps(&self) -> Vec<(&'static str, String)> {
        let uplift = self.working.uplift_written().map(|uplift| ("uplift", uplift));
        let (sum, total) =
            (("factor sum", self.sum_written.clone()), ("score", self.working.total_written()));
        [Some(sum), uplift, Some(total)].into_iter().flatten().collect()
    }
}

/// The sheets of a file: for each threat model the agent's own score, then those of its findings. With a formula given,
/// by that one and not by the file's.
pub fn sheets(source: &Source, by: Option<&'static Formula>) -> Vec<Sheet> {
    let document = syntax::parse(source);
    let models = document.roots().filter_map(|root| match detect(root) {
        DetectedFormat::Model(format) if format.overfull(root).is_none() => Some(format.read(root)),
        DetectedFormat::Model(_)
        | DetectedFormat::Misspelled(..)
        | DetectedFormat::Unmarked
        | DetectedFormat::Other => None,
    });
    models.flat_map(|model| sheets_of(model, source, by)).collect()
}

/// The sheets of one threat model.
pub(crate) fn sheets_of(mut model: Model<'_>, source: &Source, by: Option<&'static Formula>) -> Vec<Sheet> {
    let as_declared = |assessment: &Assessment<'_>| {
        let span = assessment.score.map_or(assessment.key_span, |score| score.span);
        (span.start, assessment.version.map(|version| version.value.to_owned()))
    };
    let declared: Vec<(u32, Option<String>)> =
        model.assessments().map(|(_, assessment)| as_declared(assessment)).collect();
    if let Some(by) = by {
        let findings = model.findings.iter_mut().filter_map(|finding| finding.assessment.as_mut());
        model.assessment.iter_mut().chain(findings).for_each(|assessment| put_by(by, assessment));
    }
    let agent = model.agent.name.map(|name| name.value.to_owned());
    let place = |start| Some(Place { path: source.name().to_owned(), position: source.position(start) });
    let unscored = (model.assessment.is_none() && model.format == Format::Native).then(|| Sheet {
        place: place(model.key_span.start),
        agent: agent.clone(),
        finding: None,
        version: None,
        inputs: Vec::new(),
        wrong: Vec::new(),
        outcome: Err(vec!["there is no `aivss` block".to_owned()]),
    });
    let scored = model.assessments().zip(declared).map(|((finding, assessment), (start, version))| Sheet {
        place: place(start),
        agent: agent.clone(),
        finding: finding.map(|finding| finding.id.map_or_else(String::new, |id| id.value.to_owned())),
        version,
        ..Sheet::of(&score(assessment))
    });
    unscored.into_iter().chain(scored).collect()
}

/// Puts another formula in the place of the declared one. Numbers that followed from that are no longer declared.
fn put_by(by: &'static Formula, assessment: &mut Assessment<'_>) {
    let declared = assessment.version.and_then(|version| Formula::named(version.value));
    if declared.is_none_or(|declared| declared.version != by.version) {
        (assessment.uplift, assessment.score, assessment.severity) = (None, None, None);
    }
    let span = assessment.version.map_or(assessment.key_span, |version| version.span);
    assessment.version = Some(Spanned::new(by.version, span));
}

impl Sheet {
    /// The sheet of a score that stands in no file.
    pub fn of(scored: &Scored<'_>) -> Self {
        let declared = scored.declared;
        let outcome = match &scored.working {
            Some(working) => Ok(computed(scored, working)),
            None => Err(scored.lacking()),
        };
        Self {
            place: None,
            agent: None,
            finding: None,
            version: declared.version.map(|version| version.value.to_owned()),
            inputs: inputs(scored),
            wrong: wrong(scored),
            outcome,
        }
    }
}

fn computed(scored: &Scored<'_>, working: &Working) -> Computed {
    let given = scored.declared.factors.given.iter();
    let factors: Vec<(Factor, Decimal)> =
        given.filter_map(|given| Some((given.factor, given.number()?.value))).collect();
    Computed {
        working: working.clone(),
        sum_written: scored.sum_written(),
        weights: weights(working, &factors),
        lower_threat: lower_threat(working),
        better_mitigation: better_mitigation(working),
        formulas: ALL.into_iter().map(|formula| formula.work(working.inputs)).collect(),
    }
}

fn inputs(scored: &Scored<'_>) -> Vec<Input> {
    let declared = scored.declared;
    let base = match (declared.vector, scored.base) {
        (Some(vector), _) => Origin::Vector(vector.value.to_owned()),
        (None, Some(_)) => Origin::Number,
        (None, None) => Origin::Nowhere,
    };
    let (mitigation, factor) = match scored.formula {
        Some(formula) if !formula.has_mitigation() => (Origin::Ignored, None),
        _ => (multiplier(declared.mitigation), scored.mitigation),
    };
    let sum = if scored.factor_sum.is_some() { Origin::Sum } else { Origin::Nowhere };
    let input = |key, name, value, origin| Input { key, name, value, origin };
    vec![
        input("cvss_base", "CVSS base", scored.base, base),
        input("factor_sum", "factor sum", scored.factor_sum, sum),
        input("threat_multiplier", "threat multiplier", scored.threat, multiplier(declared.threat)),
        input("mitigation_factor", "mitigation factor", factor, mitigation),
    ]
}

fn multiplier(declared: Option<Spanned<Multiplier<'_>>>) -> Origin {
    match declared.map(|at| at.value) {
        None => Origin::Default,
        Some(Multiplier::Unreadable) => Origin::Nowhere,
        Some(Multiplier::Number(_)) => Origin::Number,
        Some(Multiplier::Named(name)) => Origin::Name(name.to_owned()),
    }
}

/// The declared numbers that are not what the inputs give.
fn wrong(scored: &Scored<'_>) -> Vec<(&'static str, String)> {
    let declared = scored.declared;
    let working = scored.working.as_ref();
    let differs = |name, declared: Option<Spanned<Decimal>>, right: Option<Decimal>, as_declared: bool| {
        let (declared, right) = (declared?.value, right?);
        let is_right = if as_declared { agrees(declared, right) } else { declared == right };
        (!is_right).then(|| (name, declared.to_string()))
    };
    let severity = || {
        let (declared, right) = (declared.severity?.value, working?.band.name());
        (declared != right).then(|| ("severity", declared.to_owned()))
    };
    [
        differs("CVSS base", declared.base, scored.base, false),
        differs("factor sum", declared.factor_sum, scored.factor_sum, true),
        differs("uplift", declared.uplift, working.map(|working| working.uplift), true),
        differs("score", declared.score, working.map(|working| working.score), false),
        severity(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const STOCK: &str = include_str!("../rules/stock.yaml");

    fn sheet(text: &str, by: Option<&'static Formula>) -> Sheet {
        let source = Source::decode("threat-model.yaml", text.as_bytes().to_vec());
        let mut sheets = sheets(&source, by);
        assert_eq!(sheets.len(), 1);
        sheets.remove(0)
    }

    fn lacking(from: &str, to: &str) -> Vec<String> {
        assert!(STOCK.contains(from), "{from}");
        sheet(&STOCK.replacen(from, to, 1), None).outcome.unwrap_err()
    }

    #[test]
    fn a_sheet_knows_where_inputs_come_from_and_what_is_wrong() {
        let text = STOCK
            .replace("  threat_multiplier: 0.97\n", "")
            .replace("mitigation_factor: 1.0", "mitigation_factor: none\n  aars: 2.25\n  severity: High")
            .replace("score: 9.4", "score: 9.1");
        let sheet = sheet(&text, None);
        let origins: Vec<&Origin> = sheet.inputs.iter().map(|input| &input.origin).collect();
        assert!(matches!(
            origins.as_slice(),
            [Origin::Vector(_), Origin::Sum, Origin::Default, Origin::Name(name)] if name == "none"
        ));
        let wrong = [("score", "9.1".to_owned()), ("severity", "High".to_owned())];
        assert_eq!(sheet.wrong, wrong);
        let steps = sheet.outcome.unwrap().steps();
        assert_eq!(steps.len(), 3);
        assert_eq!(steps[2].1, "(7.1 + 2.2504) · 1.0 = 9.3504 → 9.4");
    }

    #[test]
    fn another_formula_takes_the_place_of_the_declared_one() {
        let sheet = sheet(STOCK, Formula::named("0.5"));
        assert!(sheet.wrong.is_empty(), "9.4 was not declared by that one");
        assert_eq!(sheet.inputs[3].origin, Origin::Ignored);
        assert_eq!(sheet.outcome.unwrap().working.score.to_string(), "7.3");
    }

    #[test]
    fn what_is_lacking_is_named() {
        for (from, to, words) in [
            ("version: '0.8'", "version: '0.9'", "`0.9` is no formula: 0.5, 0.8, 0.8-floor"),
            ("    dynamic_identity: 0.5\n", "", "the factor `dynamic_identity` is missing"),
            ("dynamic_identity: 0.5", "dynamic_identity:", "`dynamic_identity` has no number"),
            (
                "dynamic_identity: 0.5",
                "dynamic_identity: 5",
                "`dynamic_identity` is 5; a factor lies between 0.0 and 1.0",
            ),
            (
                "    natural_language_interface: 1.0\n",
                "",
                "the tenth factor is missing: `natural_language_interface` or `goal_driven_planning`",
            ),
            (
                "    dynamic_identity: 0.5",
                "    dynamic_identity: 0.5\n    goal_driven_planning: 0",
                "`natural_language_interface` and `goal_driven_planning` belong to different sets of ten: keep one",
            ),
            (
                "threat_multiplier: 0.97",
                "threat_multiplier:",
                "the threat multiplier is no name and no number",
            ),
            (
                "mitigation_factor: 1.0",
                "mitigation_factor: [1.0]",
                "the mitigation factor is no name and no number",
            ),
            ("  cvss: CVSS", "  cvss: []\n  x-cvss: CVSS", "the CVSS vector or base cannot be read"),
            (
                "threat_multiplier: 0.97",
                "threat_multiplier: 97",
                "the threat multiplier is 97; it lies above 0 and up to 2",
            ),
            (
                "threat_multiplier: 0.97",
                "threat_multiplier: 0.970001",
                "the threat multiplier has more than 4 decimals",
            ),
            (
                "mitigation_factor: 1.0",
                "mitigation_factor: some",
                "`some` is no mitigation factor: none, partial, strong, or a number",
            ),
        ] {
            assert_eq!(lacking(from, to), [words], "{to}");
        }
        assert_eq!(lacking("cvss: CVSS:4.0/AV:N", "cvss: CVSS:4.0/AV:Q").len(), 1);
        let no_base = lacking(
            "  cvss: CVSS:4.0/AV:N/AC:H/AT:N/PR:L/UI:N/VC:N/VI:N/VA:H/SC:N/SI:H/SA:H\n  cvss_base: 7.1\n",
            "",
        );
        assert_eq!(no_base, ["there is no CVSS vector or base"]);
        let no_block = STOCK.split("aivss:\n").next().unwrap();
        assert_eq!(sheet(no_block, None).outcome.unwrap_err(), ["there is no `aivss` block"]);
    }
}
