use std::collections::BTreeSet;

use crate::aivss::Factor;
use crate::diagnostic::Diagnostic;
use crate::model::Factors;
use crate::rules::factor_unknown::MOST;
use crate::rules::{Check, Example, Rule, Subject};

pub(crate) static RULE: Rule = Rule {
    name: "factor-missing",
    summary: "An agentic factor is missing, or has no value.",
    why: "The sum is over exactly ten factors. One left out would count as 0.0, the mildest value there is.",
    remedy: "Give the factor a value from 0.00 to 1.00. If it does not apply, that is 0.0, written down.",
    see: "OWASP AIVSS v0.8, section 2.3",
    examples: &[
        Example::parts(
            "
aivss:
  factors:
# ^^^^^^^ factor-missing: the factor `persistent_memory` is missing
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
#   ^^^^^^^^^^^^^^^^^^^^^^^^^^ factor-missing: the factor `natural_language_interface` has no value yet
",
            "
aivss:
  factors:
    natural_language_interface: 1.0
",
        ),
    ],
    check: Check::Model(check),
    ..Rule::FIXED
};

const COMMON: &str = "a factor that does not apply is 0.0, and says so in its rationale";
const TENTH: &str =
    "goal-driven planning belongs to the set of v0.5, natural-language interface to that of v0.8";

fn check(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    for scored in &subject.scores {
        let factors = &scored.declared.factors;
        if !factors.readable {
            continue;
        }
        let meant = factors.unknown.iter().take(MOST).filter_map(|key| factors.meant(key.value)).collect();
        let missing: Vec<Factor> =
            Factor::ALL.into_iter().filter(|factor| is_missing(*factor, factors, &meant)).collect();
        for factor in missing {
            let (message, help) = match factor {
                Factor::GoalDrivenPlanning => continue,
                Factor::NaturalLanguageInterface => (tenth(factors), TENTH),
                Factor::AutonomyOfAction
                | Factor::DynamicToolUse
                | Factor::ContextualAwareness
                | Factor::NonDeterminism
                | Factor::OpacityAndReflexivity
                | Factor::PersistentMemory
                | Factor::DynamicIdentity
                | Factor::MultiAgentInteractions
                | Factor::SelfModification => {
                    (format!("the factor `{}` is missing", factors.spell(factor)), COMMON)
                }
            };
            found.push(Diagnostic::new(&RULE, scored.owner, factors.key_span, message).help(help));
        }
        for given in &factors.given {
            let Some(place) = given.empty() else { continue };
            let message = format!("the factor `{}` has no value yet", factors.spell(given.factor));
            found.push(Diagnostic::new(&RULE, scored.owner, place, message).help(given.factor.description()));
        }
    }
}

/// Whether a factor is not given; `meant` are the keys that unknown ones were meant to be.
fn is_missing(factor: Factor, factors: &Factors<'_>, meant: &BTreeSet<&str>) -> bool {
    let has = |factor| factors.given.iter().any(|given| given.factor == factor);
    let given = has(factor) || factor.counterpart().is_some_and(has);
    // A key that is a slip of this one's spelling, or another name of it, has its own fault; this would only echo it.
    let is_meant = |factor| meant.contains(factors.spell(factor));
    let misspelt = is_meant(factor) || factor.counterpart().is_some_and(is_meant);
    !given && !misspelt
}

fn tenth(factors: &Factors<'_>) -> String {
    let names: Vec<String> = [Factor::NaturalLanguageInterface, Factor::GoalDrivenPlanning]
        .into_iter()
        .map(|factor| factors.spell(factor))
        .filter(|key| factors.keys.contains(key))
        .map(|key| format!("`{key}`"))
        .collect();
    format!("the tenth factor is missing: {}", names.join(" or "))
}
