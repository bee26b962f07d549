use crate::diagnostic::Diagnostic;
use crate::model::GivenFactor;
use crate::rules::{Check, Example, Rule, Subject};

pub(crate) static RULE: Rule = Rule {
    name: "factor-set",
    summary: "The factors are a mixture of two sets.",
    why: "A set is ten factors: the nine common ones and either goal-driven planning (v0.5) or natural-language interface (v0.8). Eleven can sum to more than 10.",
    remedy: "Keep the one of the two that your version of the standard has.",
    see: "OWASP AIVSS v0.5, section 3; v0.8, section 2.3",
    examples: &[Example::parts(
        "
aivss:
  factors:
    natural_language_interface: 1.0
    goal_driven_planning: 0.5
#   ^^^^^^^^^^^^^^^^^^^^ factor-set: `goal_driven_planning` and `natural_language_interface` belong to different sets of ten
",
        "
aivss:
  factors:
    natural_language_interface: 1.0
",
    )],
    check: Check::Model(check),
    ..Rule::FIXED
};

fn check(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    for scored in &subject.scores {
        let factors = &scored.declared.factors;
        for (at, later) in factors.given.iter().enumerate() {
            let clash = |earlier: &&GivenFactor<'_>| later.factor.counterpart() == Some(earlier.factor);
            if let Some(earlier) = factors.given[..at].iter().find(clash) {
                let (one, other) = (factors.spell(later.factor), factors.spell(earlier.factor));
                let message = format!("`{one}` and `{other}` belong to different sets of ten");
                found.push(
                    Diagnostic::new(&RULE, scored.owner, later.key, message)
                        .related(earlier.key, "the other one")
                        .help("keep one of them: goal-driven planning is of v0.5, natural-language interface of v0.8"),
                );
            }
        }
    }
}
