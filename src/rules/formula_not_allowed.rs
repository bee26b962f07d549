use crate::aivss::Formula;
use crate::diagnostic::Diagnostic;
use crate::policy::{Settings, settings};
use crate::rules::rule::{Check, Example, Rule, Subject};

pub(crate) static RULE: Rule = Rule {
    name: "formula-not-allowed",
    summary: "A score is computed by a formula that the policy does not allow.",
    why: "The same agent scores 9.4 under v0.8 and 7.3 under v0.5. The choice of a formula is a choice of the band.",
    remedy: "Score by an allowed formula.",
    see: "`formulas` of the policy",
    examples: &[Example::parts(
        "
aivss:
  version: '0.5'
#          ^^^^^ formula-not-allowed: the formula of AIVSS 0.5 is not among those allowed: 0.8, 0.8-floor
  score: 7.3
",
        "
aivss:
  version: '0.8'
",
    )
    .under("formulas: ['0.8', 0.8-floor]")],
    check: Check::Limit { applies: |settings| settings.has(&settings::FORMULAS), check },
    ..Rule::ERROR
};

/// Whether a policy allows a formula.
pub(crate) fn is_allowed(formula: &Formula, settings: &Settings) -> bool {
    settings.get(&settings::FORMULAS).is_none_or(|allowed| allowed.value.contains(&formula.version))
}

fn check(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    let Some(allowed) = subject.settings.get(&settings::FORMULAS) else { return };
    for scored in &subject.scores {
        let (Some(formula), Some(version)) = (scored.formula, &scored.declared.version) else { continue };
        if !allowed.value.contains(&formula.version) {
            let (version, all) = (version.span, allowed.value.join(", "));
            let message =
                format!("the formula of AIVSS {} is not among those allowed: {all}", formula.version);
            found.push(Diagnostic::new(&RULE, scored.owner, version, message).decided_by(&allowed.origin));
        }
    }
}
