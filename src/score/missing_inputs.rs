//! What an assessment lacks for its score to be computed, in words. Where it stands, and how to mend it, the rules say.

use crate::aivss::Factor;
use crate::aivss::{ALL, INPUT_DECIMALS, THREAT_MAX, is_multiplier};
use crate::decimal::Decimal;
use crate::model::Multiplier;
use crate::score::Scored;

impl Scored<'_> {
    /// What is missing or unusable; nothing where the score could be computed.
    pub fn lacking(&self) -> Vec<String> {
        if self.working.is_some() {
            return Vec::new();
        }
        let mut lacking = Vec::new();
        self.formula_lacking(&mut lacking);
        self.base_lacking(&mut lacking);
        self.factors_lacking(&mut lacking);
        self.multipliers_lacking(&mut lacking);
        if lacking.is_empty() {
            lacking.push("the inputs do not fit together".to_owned());
        }
        lacking
    }

    fn formula_lacking(&self, lacking: &mut Vec<String>) {
        if self.formula.is_none() {
            let known = ALL.map(|formula| formula.version).join(", ");
            lacking.push(match self.declared.version {
                Some(version) => format!("`{}` is no formula: {known}", version.value),
                None => format!("the version of the formula is missing: {known}"),
            });
        }
    }

    fn base_lacking(&self, lacking: &mut Vec<String>) {
        match (&self.vector, self.base) {
            (Some(Err(faults)), _) => {
                lacking.extend(faults.iter().map(|fault| format!("the CVSS vector: {}", fault.message)));
            }
            (_, None) if self.declared.cvss_absent => {
                lacking.push("there is no CVSS vector or base".to_owned());
            }
            (_, None) => lacking.push("the CVSS vector or base cannot be read".to_owned()),
            (_, Some(base)) => {
                if !base.within(Decimal::ZERO, Decimal::TEN) {
                    lacking.push(format!("the CVSS base is {base}; it lies between 0.0 and 10.0"));
                }
                precise("the CVSS base", base, lacking);
            }
        }
    }

    fn factors_lacking(&self, lacking: &mut Vec<String>) {
        let factors = &self.declared.factors;
        let is_given = |factor: &Factor| factors.given.iter().any(|given| given.factor == *factor);
        let quoted = |factor: Factor| format!("`{}`", factors.spell(factor));
        let common = Factor::ALL.into_iter().filter(|factor| factor.counterpart().is_none());
        let missing: Vec<String> = common.filter(|factor| !is_given(factor)).map(quoted).collect();
        match missing.as_slice() {
            [] => {}
            [one] => lacking.push(format!("the factor {one} is missing")),
            several => lacking.push(format!("the factors {} are missing", several.join(", "))),
        }
        let tenths = [Factor::NaturalLanguageInterface, Factor::GoalDrivenPlanning];
        match tenths.iter().filter(|factor| is_given(factor)).count() {
            0 => {
                let known =
                    tenths.into_iter().filter(|factor| factors.keys.contains(&factors.spell(*factor)));
                let known: Vec<String> = known.map(quoted).collect();
                lacking.push(format!("the tenth factor is missing: {}", known.join(" or ")));
            }
            1 => {}
            _ => {
                let [one, other] = tenths.map(quoted);
                lacking.push(format!("{one} and {other} belong to different sets of ten: keep one"));
            }
        }
        self.values_lacking(lacking);
    }

    fn values_lacking(&self, lacking: &mut Vec<String>) {
        let factors = &self.declared.factors;
        for (at, given) in factors.given.iter().enumerate() {
            let key = factors.spell(given.factor);
            if factors.given[..at].iter().any(|earlier| earlier.factor == given.factor) {
                lacking.push(format!("`{key}` is given twice"));
            }
            match given.number().map(|at| at.value) {
                None => lacking.push(format!("`{key}` has no number")),
                Some(value) => {
                    if !value.within(Decimal::ZERO, Decimal::ONE) {
                        lacking.push(format!("`{key}` is {value}; a factor lies between 0.0 and 1.0"));
                    }
                    precise(&format!("`{key}`"), value, lacking);
                }
            }
        }
    }

    fn multipliers_lacking(&self, lacking: &mut Vec<String>) {
        let declared = self.declared;
        let levels = self.formula.map_or(&[][..], |formula| formula.threat);
        for (name, given, value, most, levels) in [
            ("threat multiplier", declared.threat, self.threat, THREAT_MAX, levels),
            (
                "mitigation factor",
                declared.mitigation,
                self.mitigation,
                Decimal::ONE,
                crate::aivss::MITIGATION,
            ),
        ] {
            match (given.map(|at| at.value), value) {
                (Some(Multiplier::Named(word)), None) if !levels.is_empty() => {
                    let known: Vec<&str> = levels.iter().map(|level| level.name).collect();
                    lacking.push(format!("`{word}` is no {name}: {}, or a number", known.join(", ")));
                }
                (Some(Multiplier::Unreadable), _) => {
                    lacking.push(format!("the {name} is no name and no number"));
                }
                // Without a formula nothing is known of its multipliers.
                (_, None) => {}
                (_, Some(value)) => {
                    if !is_multiplier(value, most) {
                        lacking.push(format!("the {name} is {value}; it lies above 0 and up to {most}"));
                    }
                    precise(&format!("the {name}"), value, lacking);
                }
            }
        }
    }
}

fn precise(what: &str, value: Decimal, lacking: &mut Vec<String>) {
    if value.needed_decimals() > INPUT_DECIMALS {
        lacking.push(format!("{what} has more than {INPUT_DECIMALS} decimals"));
    }
}
