//! The breakdown of a score: the inputs with their origins, the steps, the declared values that do not match, and the inputs
//! that are missing or unusable.

use std::sync::Arc;

use crate::aivss::{
    ALL, Factor, Formula, INPUT_DECIMALS, MITIGATION_LEVELS, THREAT_MAX, Working, is_multiplier,
};
use crate::decimal::Decimal;
use crate::model::{Assessment, Factors, Multiplier, Spanned, Text};
use crate::score::{Scored, ScoredModel, agrees, score};
use crate::source::Position;

/// One score for the `score` command, with its place.
#[derive(Debug, Default)]
pub struct ScoreBreakdown {
    /// The file's path as shown; `None` for inputs outside of a file.
    pub(crate) path: Option<String>,
    pub(crate) position: Option<Position>,
    pub(crate) agent: Option<String>,
    /// The finding's identifier; `None` for the agent's own score.
    pub(crate) finding: Option<String>,
    /// The version of the formula, as the file declares it.
    pub(crate) version: Option<String>,
    /// Whether the agent has no score, and the policy accepts that.
    pub(crate) is_unscored: bool,
    /// The score; `None` for an agent without an assessment.
    pub(crate) scored: Option<Scored>,
}

impl ScoreBreakdown {
    pub(crate) fn of_inputs(scored: Scored) -> Self {
        let version = scored.declared.version.as_deref().map(str::to_owned);
        Self { version, scored: Some(scored), ..Self::default() }
    }

    /// The breakdowns of the agent's own score and of those of its findings. A given formula replaces the declared one.
    pub(crate) fn of_model(path: &str, model: &ScoredModel, by: Option<&'static Formula>) -> Vec<Self> {
        let bare = || Self {
            path: Some(path.to_owned()),
            position: Some(model.position),
            agent: model.name().map(str::to_owned),
            ..Self::default()
        };
        let mut all = Vec::new();
        if model.model.lacks_score() {
            all.push(Self { is_unscored: model.is_unscored, ..bare() });
        }
        all.extend(model.scores.iter().map(|scored| Self {
            position: scored.position,
            finding: model.model.finding_id(scored.owner).map(str::to_owned),
            version: scored.declared.version.as_deref().map(str::to_owned),
            scored: Some(by.map_or_else(|| scored.clone(), |by| rescored(scored, by))),
            ..bare()
        }));
        all
    }

    pub(crate) fn computed(&self) -> Option<(&Scored, &Working)> {
        let scored = self.scored.as_ref()?;
        Some((scored, scored.working.as_ref()?))
    }

    /// Whether the score can be computed, or may be missing.
    pub(crate) fn is_sound(&self) -> bool {
        self.is_unscored || self.computed().is_some()
    }

    /// The missing and unusable inputs, in sentences; empty if the score can be computed.
    pub(crate) fn missing_inputs(&self) -> Vec<String> {
        match &self.scored {
            Some(scored) => scored.missing_inputs(),
            None => vec!["the `aivss` block is missing".to_owned()],
        }
    }
}

/// A score by another formula. Declared results of the declared formula no longer apply.
fn rescored(scored: &Scored, by: &'static Formula) -> Scored {
    let mut assessment = Assessment::clone(&scored.declared);
    if scored.formula.is_none_or(|declared| declared.version != by.version) {
        (assessment.uplift, assessment.score, assessment.severity) = (None, None, None);
    }
    assessment.version = Some(Text::new(by.version.into(), assessment.key_span));
    score(&Arc::new(assessment))
}

#[derive(Clone, Debug)]
pub(crate) struct ScoreInput<'s> {
    pub(crate) key: &'static str,
    pub(crate) name: &'static str,
    pub(crate) value: Option<Decimal>,
    pub(crate) origin: InputOrigin<'s>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum InputOrigin<'s> {
    Vector(&'s str),
    Number,
    Name(&'s str),
    /// The formula's default, with its name if the score can be computed.
    Default(Option<&'static str>),
    Sum,
    Ignored,
    /// Missing or unusable.
    Nowhere,
}

impl Scored {
    pub(crate) fn inputs(&self) -> [ScoreInput<'_>; 4] {
        let (declared, formula) = (&self.declared, self.working.as_ref().map(|working| working.formula));
        let base = match (&declared.vector, self.base) {
            (Some(vector), _) => InputOrigin::Vector(vector),
            (None, Some(_)) => InputOrigin::Number,
            (None, None) => InputOrigin::Nowhere,
        };
        let threats = formula.and_then(|formula| formula.threat.first());
        let threat = origin(declared.threat.as_ref(), threats.map(|level| level.name));
        let (mitigation, factor) = match self.formula {
            Some(formula) if !formula.has_mitigation() => (InputOrigin::Ignored, None),
            _ => {
                let levels = formula.and_then(|formula| formula.mitigation.first());
                (origin(declared.mitigation.as_ref(), levels.map(|level| level.name)), self.mitigation)
            }
        };
        let sum = if self.factor_sum.is_some() { InputOrigin::Sum } else { InputOrigin::Nowhere };
        [
            ("cvss_base", "CVSS base", self.base, base),
            ("factor_sum", "factor sum", self.factor_sum, sum),
            ("threat_multiplier", "threat multiplier", self.threat, threat),
            ("mitigation_factor", "mitigation factor", factor, mitigation),
        ]
        .map(|(key, name, value, origin)| ScoreInput { key, name, value, origin })
    }

    /// The steps from the factors to the score, each in a line; empty if the score cannot be computed.
    pub(crate) fn steps(&self) -> Vec<(&'static str, String)> {
        let Some(working) = &self.working else { return Vec::new() };
        let mut steps = vec![("factor sum", self.sum_written())];
        steps.extend(working.uplift_written().map(|uplift| ("uplift", uplift)));
        steps.push(("score", working.total_written()));
        steps
    }

    /// The declared values that the inputs do not give, with their names.
    pub(crate) fn wrong(&self) -> Vec<(&'static str, String)> {
        let (declared, working) = (&self.declared, self.working.as_ref());
        let uplift = working.map(|working| working.uplift);
        let mut wrong = Vec::new();
        for (name, declared, right, is_rounded) in [
            ("CVSS base", declared.base, self.base, false),
            ("factor sum", declared.factor_sum, self.factor_sum, true),
            ("uplift", declared.uplift, uplift, true),
            ("score", declared.score, working.map(|working| working.score), false),
        ] {
            let (Some(declared), Some(right)) = (declared, right) else { continue };
            let is_right = if is_rounded { agrees(declared.value, right) } else { declared.value == right };
            if !is_right {
                wrong.push((name, declared.value.to_string()));
            }
        }
        if let (Some(severity), Some(working)) = (declared.severity.as_deref(), working)
            && severity != working.band.name()
        {
            wrong.push(("severity", severity.to_owned()));
        }
        wrong
    }
}

fn origin<'s>(declared: Option<&'s Spanned<Multiplier>>, default: Option<&'static str>) -> InputOrigin<'s> {
    match declared.map(|declared| &declared.value) {
        None => InputOrigin::Default(default),
        Some(Multiplier::Unreadable) => InputOrigin::Nowhere,
        Some(Multiplier::Number(_)) => InputOrigin::Number,
        Some(Multiplier::Named(name)) => InputOrigin::Name(name),
    }
}

impl Scored {
    /// The missing and unusable inputs; empty if the score can be computed.
    pub(crate) fn missing_inputs(&self) -> Vec<String> {
        let mut missing = Vec::new();
        if self.working.is_some() {
            return missing;
        }
        if self.formula.is_none() {
            let known = ALL.map(|formula| formula.version).join(", ");
            missing.push(match &self.declared.version {
                Some(version) => format!("unknown formula `{}`: expected one of {known}", version.value),
                None => format!("the version of the formula is missing: expected one of {known}"),
            });
        }
        self.base(&mut missing);
        set(&self.declared.factors, &mut missing);
        values(&self.declared.factors, &mut missing);
        self.multipliers(&mut missing);
        if missing.is_empty() {
            missing.push("the inputs do not match".to_owned());
        }
        missing
    }

    fn base(&self, missing: &mut Vec<String>) {
        match (&self.vector, self.base) {
            (Some(Err(problems)), _) => {
                missing
                    .extend(problems.iter().map(|problem| format!("the CVSS vector: {}", problem.message)));
            }
            (_, None) if self.declared.cvss_absent => {
                missing.push("the CVSS vector or base is missing".to_owned());
            }
            (_, None) => missing.push("the CVSS vector or base cannot be read".to_owned()),
            (_, Some(base)) => {
                if !base.within(Decimal::ZERO, Decimal::TEN) {
                    missing.push(format!("the CVSS base is {base}, expected 0.0 to 10.0"));
                }
                precision("the CVSS base", base, missing);
            }
        }
    }

    fn multipliers(&self, missing: &mut Vec<String>) {
        let declared = &self.declared;
        let threats = self.formula.map_or(&[][..], |formula| formula.threat);
        for (name, declared, value, most, levels) in [
            ("threat multiplier", &declared.threat, self.threat, THREAT_MAX, threats),
            ("mitigation factor", &declared.mitigation, self.mitigation, Decimal::ONE, MITIGATION_LEVELS),
        ] {
            match (declared.as_ref().map(|declared| &declared.value), value) {
                (Some(Multiplier::Named(word)), None) if !levels.is_empty() => {
                    let known: Vec<&str> = levels.iter().map(|level| level.name).collect();
                    missing.push(format!(
                        "`{word}` is not a {name}: expected {}, or a number",
                        known.join(", ")
                    ));
                }
                (Some(Multiplier::Unreadable), _) => {
                    missing.push(format!("the {name} is neither a name nor a number"));
                }
                // Without a formula its multipliers are unknown.
                (_, None) => {}
                (_, Some(value)) => {
                    if !is_multiplier(value, most) {
                        missing
                            .push(format!("the {name} is {value}, expected more than 0 and at most {most}"));
                    }
                    precision(&format!("the {name}"), value, missing);
                }
            }
        }
    }
}

/// Checks that the factors are a complete set of ten.
fn set(factors: &Factors, missing: &mut Vec<String>) {
    let is_given = |factor: &Factor| factors.given.iter().any(|given| given.factor == *factor);
    let (mut common, mut tenths) = (Vec::new(), Vec::new());
    let mut given_tenths = 0;
    for factor in Factor::ALL {
        let key = factors.spell(factor);
        match factor.counterpart() {
            None if is_given(&factor) => {}
            None => common.push(format!("`{key}`")),
            Some(_) => {
                given_tenths += usize::from(is_given(&factor));
                tenths.extend(factors.keys.contains(&key).then(|| format!("`{key}`")));
            }
        }
    }
    tenths.reverse();
    match common.as_slice() {
        [] => {}
        [one] => missing.push(format!("the factor {one} is missing")),
        several => missing.push(format!("the factors {} are missing", several.join(", "))),
    }
    match given_tenths {
        0 => missing.push(format!("the tenth factor is missing: {}", tenths.join(" or "))),
        1 => {}
        _ => missing.push(format!("{} belong to different sets of ten: keep one", tenths.join(" and "))),
    }
}

fn values(factors: &Factors, missing: &mut Vec<String>) {
    for (at, given) in factors.given.iter().enumerate() {
        let key = factors.spell(given.factor);
        if factors.given[..at].iter().any(|earlier| earlier.factor == given.factor) {
            missing.push(format!("`{key}` is given twice"));
        }
        let Some(number) = given.number else {
            missing.push(format!("`{key}` has no number"));
            continue;
        };
        let value = number.value;
        if !value.within(Decimal::ZERO, Decimal::ONE) {
            missing.push(format!("`{key}` is {value}, expected 0.0 to 1.0"));
        }
        precision(&format!("`{key}`"), value, missing);
    }
}

fn precision(name: &str, value: Decimal, missing: &mut Vec<String>) {
    if value.needed_decimals() > INPUT_DECIMALS {
        missing.push(format!("{name} has more than {INPUT_DECIMALS} decimals"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ModelFormat;
    use crate::page;
    use crate::source::Source;

    const STOCK: &str = include_str!("../rules/stock.yaml");

    fn breakdown(text: &str, by: Option<&'static Formula>) -> ScoreBreakdown {
        let source = Source::decode("threat-model.yaml", text.as_bytes().to_vec());
        let document = page::parse(&source);
        let model = ModelFormat::Native.read(document.roots().next().unwrap());
        let scores = model.assessments().map(|(_, assessment)| score(assessment)).collect();
        let model = ScoredModel::new(model, scores, &source);
        let mut all = ScoreBreakdown::of_model(source.name(), &model, by);
        assert_eq!(all.len(), 1);
        all.remove(0)
    }

    fn missing(from: &str, to: &str) -> Vec<String> {
        assert!(STOCK.contains(from), "{from}");
        breakdown(&STOCK.replacen(from, to, 1), None).missing_inputs()
    }

    #[test]
    fn inputs_have_origins_and_wrong_values_are_listed() {
        let text = STOCK
            .replace("  threat_multiplier: 0.97\n", "")
            .replace("mitigation_factor: 1.0", "mitigation_factor: none\n  aars: 2.25\n  severity: High")
            .replace("score: 9.4", "score: 9.1");
        let breakdown = breakdown(&text, None);
        let (scored, _) = breakdown.computed().unwrap();
        assert!(matches!(
            scored.inputs().map(|input| input.origin),
            [
                InputOrigin::Vector(_),
                InputOrigin::Sum,
                InputOrigin::Default(Some("proof-of-concept")),
                InputOrigin::Name("none")
            ]
        ));
        let wrong = [("score", "9.1".to_owned()), ("severity", "High".to_owned())];
        assert_eq!(scored.wrong(), wrong);
        let steps = scored.steps();
        assert_eq!(steps.len(), 3);
        assert_eq!(steps[2].1, "(7.1 + 2.2504) · 1.0 = 9.3504 → 9.4");
    }

    #[test]
    fn given_formula_replaces_the_declared_one() {
        let breakdown = breakdown(STOCK, Formula::named("0.5"));
        let (scored, working) = breakdown.computed().unwrap();
        assert!(scored.wrong().is_empty(), "9.4 was not declared by that one");
        assert_eq!(scored.inputs()[3].origin, InputOrigin::Ignored);
        assert_eq!(working.score.to_string(), "7.3");
    }

    #[test]
    fn missing_inputs_are_named() {
        for (from, to, words) in [
            (
                "version: '0.8'",
                "version: '0.9'",
                "unknown formula `0.9`: expected one of 0.5, 0.8, 0.8-floor",
            ),
            ("    dynamic_identity: 0.5\n", "", "the factor `dynamic_identity` is missing"),
            ("dynamic_identity: 0.5", "dynamic_identity:", "`dynamic_identity` has no number"),
            ("dynamic_identity: 0.5", "dynamic_identity: 5", "`dynamic_identity` is 5, expected 0.0 to 1.0"),
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
                "the threat multiplier is neither a name nor a number",
            ),
            (
                "mitigation_factor: 1.0",
                "mitigation_factor: [1.0]",
                "the mitigation factor is neither a name nor a number",
            ),
            ("  cvss: CVSS", "  cvss: []\n  x-cvss: CVSS", "the CVSS vector or base cannot be read"),
            (
                "threat_multiplier: 0.97",
                "threat_multiplier: 97",
                "the threat multiplier is 97, expected more than 0 and at most 2",
            ),
            (
                "threat_multiplier: 0.97",
                "threat_multiplier: 0.970001",
                "the threat multiplier has more than 4 decimals",
            ),
            (
                "mitigation_factor: 1.0",
                "mitigation_factor: some",
                "`some` is not a mitigation factor: expected none, partial, strong, or a number",
            ),
        ] {
            assert_eq!(missing(from, to), [words], "{to}");
        }
        assert_eq!(missing("cvss: CVSS:4.0/AV:N", "cvss: CVSS:4.0/AV:Q").len(), 1);
        let no_base = missing(
            "  cvss: CVSS:4.0/AV:N/AC:H/AT:N/PR:L/UI:N/VC:N/VI:N/VA:H/SC:N/SI:H/SA:H\n  cvss_base: 7.1\n",
            "",
        );
        assert_eq!(no_base, ["the CVSS vector or base is missing"]);
        let no_block = STOCK.split("aivss:\n").next().unwrap();
        assert_eq!(breakdown(no_block, None).missing_inputs(), ["the `aivss` block is missing"]);
    }

    #[test]
    fn model_without_assessment_has_a_breakdown_of_its_own() {
        let text = "aivss_threat_model: 1\nfindings:\n  - { id: F, title: Leak, aivss: {} }\n";
        let source = Source::decode("a.yaml", text.as_bytes().to_vec());
        let document = page::parse(&source);
        let model = ModelFormat::Native.read(document.roots().next().unwrap());
        let scores = model.assessments().map(|(_, assessment)| score(assessment)).collect();
        let model = ScoredModel::new(model, scores, &source);
        let all = ScoreBreakdown::of_model(source.name(), &model, None);
        let findings: Vec<_> = all.iter().map(|one| one.finding.as_deref()).collect();
        assert_eq!(findings, [None, Some("F")]);
    }
}
