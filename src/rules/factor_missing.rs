use std::collections::BTreeSet;

use crate::aivss::Factor;
use crate::diagnostic::Diagnostic;
use crate::model::Factors;
use crate::rules::factor_unknown::MAX_KEYS;
use crate::rules::rule::{Check, Example, Rule, Subject};

pub(crate) static RULE: Rule = Rule {
    name: "factor-missing",
    summary: "An agentic factor is missing or has no value.",
    why: "The sum is over exactly ten factors. A missing one would count as 0.0, the mildest value.",
    remedy: "Write a value from 0.00 to 1.00. A factor that does not apply is 0.0.",
    see: "OWASP AIVSS v0.8, section 2.3",
    examples: &[
        Example::parts(
            "
aivss:
  factors:
# ^^^^^^^ factor-missing: factor `persistent_memory` is missing
    persistent_memory: <absent>
",
            "
aivss:
  factors:
    persistent_memory: 0.5
",
        ),
        Example::parts(
            "
aivss:
  factors:
# ^^^^^^^ factor-missing: the tenth factor is missing: `natural_language_interface` or `goal_driven_planning`
    natural_language_interface: <absent>
",
            "
aivss:
  factors:
    natural_language_interface: 1.0
",
        ),
        Example::parts(
            "
aivss:
  factors:
    natural_language_interface:
#   ^^^^^^^^^^^^^^^^^^^^^^^^^^ factor-missing: factor `natural_language_interface` has no value
",
            "
aivss:
  factors:
    natural_language_interface: 1.0
",
        ),
    ],
    check: Check::Model(check),
    ..Rule::MANDATORY
};

const COMMON: &str = "write 0.0 with a rationale if the factor does not apply";
const TENTH: &str = "goal-driven planning belongs to v0.5, natural-language interface to v0.8";

fn check(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    for scored in &subject.scores {
        let factors = &scored.declared.factors;
        if !factors.readable {
            continue;
        }
        let unknown = factors.unknown.iter().take(MAX_KEYS);
        let meant: BTreeSet<&str> = unknown.filter_map(|key| factors.meant(key)).collect();
        for factor in Factor::ALL.into_iter().filter(|factor| is_missing(*factor, factors, &meant)) {
            let (message, help) = match factor.counterpart() {
                // One of the two is the tenth: the problem is reported once.
                Some(_) if factor == Factor::GoalDrivenPlanning => continue,
                Some(_) => (tenth(factors), TENTH),
                None => (format!("factor `{}` is missing", factors.spell(factor)), COMMON),
            };
            found.push(Diagnostic::new(&RULE, scored.owner, factors.key_span, message).help(help));
        }
        for given in &factors.given {
            let Some(place) = given.empty else { continue };
            let message = format!("factor `{}` has no value", factors.spell(given.factor));
            let help = given.factor.description();
            let diagnostic = Diagnostic::new(&RULE, scored.owner, place, message).help(help);
            found.push(diagnostic.many("factors have no value"));
        }
    }
}

/// Whether a factor is missing. Keys in `meant` are misspelled in the file, which another rule reports.
fn is_missing(factor: Factor, factors: &Factors, meant: &BTreeSet<&str>) -> bool {
    let is_present = |factor: Factor| {
        factors.given.iter().any(|given| given.factor == factor) || meant.contains(factors.spell(factor))
    };
    !is_present(factor) && !factor.counterpart().is_some_and(is_present)
}

fn tenth(factors: &Factors) -> String {
    let names: Vec<String> = [Factor::NaturalLanguageInterface, Factor::GoalDrivenPlanning]
        .into_iter()
        .map(|factor| factors.spell(factor))
        .filter(|key| factors.keys.contains(key))
        .map(|key| format!("`{key}`"))
        .collect();
    format!("the tenth factor is missing: {}", names.join(" or "))
}
