use crate::aivss::is_other_spelling;
use crate::diagnostic::{Diagnostic, Fix};
use crate::rules::{Check, Example, Rule, Subject};

pub(crate) static RULE: Rule = Rule {
    name: "factor-unknown",
    summary: "A key among the factors is no agentic factor.",
    why: "It counts for nothing, while its author believes it does.",
    remedy: "Use the key that is suggested.",
    see: "OWASP AIVSS v0.8, section 2.3",
    examples: &[Example::parts(
        "
aivss:
  factors:
    autonomy_of_action: <absent>
    autonomy_of_actions: 1.0
#   ^^^^^^^^^^^^^^^^^^^ factor-unknown: `autonomy_of_actions` is no agentic factor
",
        "
aivss:
  factors:
    autonomy_of_action: 1.0
",
    )],
    check: Check::Model(check),
    ..Rule::FIXED
};

/// How many unknown keys of one assessment are reported.
pub(crate) const MOST: usize = 100;

fn check(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    for scored in &subject.scores {
        let factors = &scored.declared.factors;
        let unknown: Vec<_> =
            factors.unknown.iter().take(MOST).map(|key| (key, factors.meant(key.value))).collect();
        for (key, meant) in &unknown {
            // The right key may be there already, or be meant by two: then this is no other name but one too many.
            let is_only = |right: &&str| {
                let is_given = factors.given.iter().any(|given| factors.spell(given.factor) == *right);
                let meaning = unknown.iter().filter(|(_, meant)| meant.is_some_and(|meant| meant == *right));
                !is_given && meaning.count() == 1 && factors.unknown.len() <= MOST
            };
            let right = meant.filter(|right| is_other_spelling(key.value, right)).filter(is_only);
            let fix = right.and_then(|meant| key.rewritten(meant)).map(Fix::suggested);
            let help = match meant {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => format!("the factors are {}", factors.keys.join(", ")),
            };
            let message = format!("`{}` is no agentic factor", key.value);
            found.push(
                Diagnostic::new(&RULE, scored.owner, key.span, message)
                    .fix(fix)
                    .help_by_suggestion(help, "writes it"),
            );
        }
    }
}
