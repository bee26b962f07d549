//! The inputs that are missing or unusable for a score, in sentences.

use crate::aivss::{ALL, Factor, INPUT_DECIMALS, MITIGATION, THREAT_MAX, is_multiplier};
use crate::decimal::Decimal;
use crate::model::{Factors, Multiplier};
use crate::score::Scored;

impl Scored {
    /// The missing and unusable inputs; empty if the score can be computed.
    pub fn missing_inputs(&self) -> Vec<String> {
        let mut missing = Vec::new();
        if self.working.is_some() {
            return missing;
        }
        if self.formula.is_none() {
            let known = ALL.map(|formula| formula.version).join(", ");
            missing.push(match &self.declared.version {
                Some(version) => format!("`{}` is no formula: {known}", version.value),
                None => format!("the version of the formula is missing: {known}"),
            });
        }
        self.base(&mut missing);
        set(&self.declared.factors, &mut missing);
        values(&self.declared.factors, &mut missing);
        self.multipliers(&mut missing);
        if missing.is_empty() {
            missing.push("the inputs do not fit together".to_owned());
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
                missing.push("there is no CVSS vector or base".to_owned());
            }
            (_, None) => missing.push("the CVSS vector or base cannot be read".to_owned()),
            (_, Some(base)) => {
                if !base.within(Decimal::ZERO, Decimal::TEN) {
                    missing.push(format!("the CVSS base is {base}; it lies between 0.0 and 10.0"));
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
            ("mitigation factor", &declared.mitigation, self.mitigation, Decimal::ONE, MITIGATION),
        ] {
            match (declared.as_ref().map(|declared| &declared.value), value) {
                (Some(Multiplier::Named(word)), None) if !levels.is_empty() => {
                    let known: Vec<&str> = levels.iter().map(|level| level.name).collect();
                    missing.push(format!("`{word}` is no {name}: {}, or a number", known.join(", ")));
                }
                (Some(Multiplier::Unreadable), _) => {
                    missing.push(format!("the {name} is no name and no number"));
                }
                // Without a formula its multipliers are unknown.
                (_, None) => {}
                (_, Some(value)) => {
                    if !is_multiplier(value, most) {
                        missing.push(format!("the {name} is {value}; it lies above 0 and up to {most}"));
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
        let Some(number) = given.number() else {
            missing.push(format!("`{key}` has no number"));
            continue;
        };
        let value = number.value;
        if !value.within(Decimal::ZERO, Decimal::ONE) {
            missing.push(format!("`{key}` is {value}; a factor lies between 0.0 and 1.0"));
        }
        precision(&format!("`{key}`"), value, missing);
    }
}

fn precision(name: &str, value: Decimal, missing: &mut Vec<String>) {
    if value.needed_decimals() > INPUT_DECIMALS {
        missing.push(format!("{name} has more than {INPUT_DECIMALS} decimals"));
    }
}
