//! `version-outdated`: a score by an older formula, with the edits that migrate it.
//!
//! The rule is off unless a policy sets its level. `aivss-lint fix --to VERSION` applies the edits without a policy.

mod edits;
mod plan;

use crate::aivss::{self, Formula};
use crate::diagnostic::{Diagnostic, Fix, Level, Owner, Safety};
use crate::policy::{Settings, settings};
use crate::rules::formula_not_allowed::is_allowed;
use crate::rules::{Check, Example, Rule, Subject};
use crate::source::{Source, Span};

use plan::{StepOutcome, plan};

pub(crate) static RULE: Rule = Rule {
    name: "version-outdated",
    fix: Some(Safety::Suggested),
    summary: "A score uses an older version of AIVSS than the newest that the policy allows, or the tenth factor of an older one.",
    why: "Scores by different versions cannot be compared, and later versions count what earlier ones ignore.",
    remedy: "Run `aivss-lint fix --to VERSION`, give open factors a value, and run `aivss-lint fix`. In place of an older tenth factor, write the current one with a value of its own.",
    see: "OWASP AIVSS v0.8",
    examples: &[
        Example::parts(
            "
aivss:
  version: '0.5'
#          ^^^^^ version-outdated: the score uses AIVSS 0.5, and 0.8 is the newest version
  score: 7.3
",
        "
aivss:
  version: '0.8'
",
    )
        .under("rules: { version-outdated: warning }"),
        Example::parts(
            "
aivss:
  factors:
    natural_language_interface: <absent>
    goal_driven_planning: 1.0
#   ^^^^^^^^^^^^^^^^^^^^ version-outdated: `goal_driven_planning` is a factor of AIVSS 0.5, and the score uses 0.8
",
            "
aivss:
  factors:
    natural_language_interface: 1.0
",
        )
        .under("rules: { version-outdated: warning }"),
    ],
    check: Check::Limit { applies: |settings| settings.levels.contains_key(RULE.name), check },
    ..Rule::WARNING
};

fn check(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    let newest = newest(subject.settings);
    for scored in &subject.scores {
        let (Some(formula), Some(version)) = (scored.formula, &scored.declared.version) else { continue };
        if formula.precedes(newest) {
            found.push(outdated(scored.owner, version.span, formula, newest));
        }
        let factors = &scored.declared.factors;
        for given in &factors.given {
            let older = aivss::ALL.into_iter().find(|older| older.tenth == given.factor);
            if let Some(older) = older.filter(|older| older.precedes(formula) && formula.tenth != older.tenth)
            {
                let message = format!(
                    "`{}` is a factor of AIVSS {}, and the score uses {}",
                    factors.spell(given.factor),
                    older.version,
                    formula.version
                );
                let help = format!("write `{}` with a value of its own", factors.spell(formula.tenth));
                found.push(Diagnostic::new(&RULE, scored.owner, given.key, message).help(help));
            }
        }
    }
}

/// The current public release.
const CURRENT: &str = "0.8";

/// The newest formula that the policy allows; without a list, the current public release.
fn newest(settings: &Settings) -> &'static Formula {
    let is_listed = settings.has(&settings::FORMULAS);
    let newest = aivss::ALL
        .into_iter()
        .rev()
        .find(|formula| is_allowed(formula, settings) && (is_listed || formula.version == CURRENT));
    newest.unwrap_or(aivss::ALL[0])
}

fn outdated(owner: Owner, span: Span, from: &Formula, newest: &Formula) -> Diagnostic {
    let newest = newest.version;
    let message = format!("the score uses AIVSS {}, and {newest} is the newest version", from.version);
    Diagnostic::new(&RULE, owner, span, message)
        .label(format!("expected {newest}"))
        .help(format!("run `aivss-lint fix --to {newest}`"))
        .part(newest)
}

/// Adds the edits to the diagnostics of this rule in a file, in one pass for each version: they follow from its text.
pub(crate) fn add_fixes(source: &Source, diagnostics: &mut [Diagnostic]) {
    for formula in aivss::ALL {
        let outdated = diagnostics.iter_mut().filter(|diagnostic| diagnostic.rule == RULE.name);
        let mut found: Vec<&mut Diagnostic> =
            outdated.filter(|diagnostic| diagnostic.part.as_deref() == Some(formula.version)).collect();
        if found.is_empty() {
            continue;
        }
        for step in plan(source, formula) {
            let place = (Some(step.model), step.owner);
            let mut found = found.iter_mut();
            if let Some(diagnostic) = found.find(|diagnostic| (diagnostic.model, diagnostic.owner) == place) {
                match step.outcome {
                    StepOutcome::Moved(moved) => diagnostic.fix = Some(Box::new(moved.fix)),
                    StepOutcome::Blocked((_, reason)) => {
                        diagnostic.note = Some(format!("not fixed: {reason}").into());
                    }
                    StepOutcome::Current => {}
                }
            }
        }
    }
}

/// The outdated scores of a file with the edits that migrate them to a version, which somebody asked for: whatever the
/// policy sets, and without another look. One without edits says why.
pub fn outdated_scores(source: &Source, to: &'static Formula) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for step in plan(source, to) {
        let mut diagnostic = match step.outcome {
            StepOutcome::Current => continue,
            StepOutcome::Blocked((place, reason)) => {
                let message = format!("not migrated to AIVSS {}: {reason}", to.version);
                Diagnostic { level: Level::Error, ..Diagnostic::new(&RULE, step.owner, place, message) }
            }
            StepOutcome::Moved(moved) => {
                let place = moved.fix.edits.first().map_or(Span::new(0, 0), |edit| edit.span);
                let fix = Box::new(Fix { safety: Safety::Safe, ..moved.fix });
                Diagnostic { fix: Some(fix), ..outdated(step.owner, place, moved.from, to) }
            }
        };
        diagnostic.model = Some(step.model);
        found.push(diagnostic);
    }
    found
}

#[cfg(test)]
mod tests;
