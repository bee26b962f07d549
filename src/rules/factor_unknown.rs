//! `factor-unknown`: a key among the factors that is no factor.

use super::{Check, Example, Rule, Subject};
use crate::diagnostic::{Diagnostic, Level};
use crate::suggest::nearest;

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
        for key in factors.unknown.iter().take(MOST) {
            let meant = nearest(key.value, factors.keys.iter().copied());
            let help = match meant {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => format!("the factors are {}", factors.keys.join(", ")),
            };
            let message = format!("`{}` is no agentic factor", key.value);
            found.push(Diagnostic::new(&RULE, key.span, message).help(help));
        }
    }
}
