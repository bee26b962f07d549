//! `factor-unknown`: a key among the factors that is no factor.

use super::{Check, Example, Rule, Subject};
use crate::diagnostic::{Diagnostic, Fix, Level};

pub(crate) static RULE: Rule = Rule {
    name: "factor-unknown",
    level: Level::Error,
    fixed: true,
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
    check: Check::Meaning(check),
};

/// How many unknown keys of one assessment are reported.
const MOST: usize = 100;

fn check(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    for scored in &subject.scores {
        let factors = &scored.declared.factors;
        let mut taken: Vec<&str> = factors.given.iter().map(|given| given.key.value).collect();
        for key in factors.unknown.iter().take(MOST) {
            let meant = factors.meant(key.value);
            // The right key may be there already, and then this one is no other name but one too many.
            let free = meant.filter(|meant| !taken.contains(meant));
            taken.extend(free);
            let fix = free.and_then(|meant| key.rewritten(meant)).map(Fix::suggested);
            let help = match meant {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => format!("the factors are {}", factors.keys.join(", ")),
            };
            let message = format!("`{}` is no agentic factor", key.value);
            found.push(
                Diagnostic::new(&RULE, key.span, message).fix(fix).help_by_suggestion(help, "writes it"),
            );
        }
    }
}
