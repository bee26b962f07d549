use crate::diagnostic::Diagnostic;
use crate::rules::rule::{Check, Example, Rule, Subject};

pub(crate) static RULE: Rule = Rule {
    name: "factor-set",
    summary: "The factors are a mixture of two sets.",
    why: "A set has nine common factors and either goal-driven planning (v0.5) or natural-language interface (v0.8). Eleven can add up to more than 10.",
    remedy: "Keep the factor of your version: goal-driven planning for v0.5, natural-language interface for v0.8.",
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
    ..Rule::MANDATORY
};

fn check(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    for scored in &subject.scores {
        let factors = &scored.declared.factors;
        for (at, later) in factors.given.iter().enumerate() {
            let mut before = factors.given[..at].iter();
            let Some(earlier) = before.find(|earlier| later.factor.counterpart() == Some(earlier.factor))
            else {
                continue;
            };
            let (one, other) = (factors.spell(later.factor), factors.spell(earlier.factor));
            let message = format!("`{one}` and `{other}` belong to different sets of ten");
            found.push(
                Diagnostic::new(&RULE, scored.owner, later.key, message)
                    .related(earlier.key, "the other one"),
            );
        }
    }
}
