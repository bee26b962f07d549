use crate::aivss::is_other_spelling;
use crate::diagnostic::{Diagnostic, Fix};
use crate::rules::rule::{Check, Example, Rule, Subject};
use crate::text_edit::Safety;

pub(crate) static RULE: Rule = Rule {
    name: "factor-unknown",
    fix: Some(Safety::Suggested),
    summary: "A key among the factors is not an agentic factor.",
    why: "The key has no effect, but its author expects one.",
    remedy: "Use the suggested key.",
    see: "OWASP AIVSS v0.8, section 2.3",
    examples: &[Example::parts(
        "
aivss:
  factors:
    autonomy_of_action: <absent>
    autonomy_of_actions: 1.0
#   ^^^^^^^^^^^^^^^^^^^ factor-unknown: unknown factor `autonomy_of_actions`
",
        "
aivss:
  factors:
    autonomy_of_action: 1.0
",
    )],
    check: Check::Model(check),
    ..Rule::MANDATORY
};

/// The number of unknown keys of one assessment that are reported.
pub(crate) const MAX_KEYS: usize = 100;

fn check(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    for scored in &subject.scores {
        let factors = &scored.declared.factors;
        let unknown: Vec<_> =
            factors.unknown.iter().take(MAX_KEYS).map(|key| (key, factors.meant(key))).collect();
        for (key, meant) in &unknown {
            // If the right key is given already, or two keys mean it, replacing this one would give a duplicate.
            let is_only = |right: &str| {
                let is_given = factors.given.iter().any(|given| factors.spell(given.factor) == right);
                let meaning = unknown.iter().filter(|(_, meant)| *meant == Some(right));
                !is_given && meaning.count() == 1 && factors.unknown.len() <= MAX_KEYS
            };
            let right = meant.filter(|right| is_other_spelling(key, right) && is_only(right));
            let help = match meant {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => format!("use one of {}", factors.keys.join(", ")),
            };
            found.push(
                Diagnostic::new(&RULE, scored.owner, key.span, format!("unknown factor `{}`", key.value))
                    .fix(right.and_then(|meant| key.rewritten(meant)).map(Fix::suggested))
                    .help_by_suggestion(help, "writes it"),
            );
        }
    }
}
