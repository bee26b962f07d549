use crate::aivss::{self, Inputs};
use crate::decimal::Decimal;
use crate::diagnostic::Diagnostic;
use crate::rules::formula_not_allowed::is_allowed;
use crate::rules::rule::{Check, Example, Rule, Subject};

pub(crate) static RULE: Rule = Rule {
    name: "score-below-base",
    summary: "Mitigation lowers the score below its own CVSS base.",
    why: "Under v0.8 the mitigation factor lowers the base as well as the agentic uplift, so that an agent can score below the weakness that it has. The amendment proposed for v1 (0.8-floor) lowers the uplift alone.",
    remedy: "Reconsider the mitigation factor. If the policy allows it, use `version: 0.8-floor`, where mitigation lowers the uplift alone.",
    see: "OWASP AIVSS v0.8, section 3.4, and its amendment",
    examples: &[Example::parts(
        "
aivss:
  mitigation_factor: strong
  mitigation_evidence: Sandbox escape tests.
  score: 6.3
#        ^^^ score-below-base: score 6.3 is below its CVSS base 7.1: mitigation 0.67 lowers the base as well
",
        "
aivss:
  version: 0.8-floor
  mitigation_factor: strong
  mitigation_evidence: Sandbox escape tests.
  score: 8.6
",
    )],
    check: Check::Model(check),
    ..Rule::WARNING
};

fn check(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    for scored in &subject.scores {
        let Some(working) = &scored.working else { continue };
        let inputs = working.inputs;
        // The mean of v0.5 can be below the base by design: only the effect of mitigation is reported.
        let bare = working.formula.work(Inputs { mitigation: Decimal::ONE, ..inputs });
        if working.score >= inputs.base || bare.score < inputs.base {
            continue;
        }
        let message = format!(
            "score {} is below its CVSS base {}: mitigation {} lowers the base as well",
            working.score, inputs.base, inputs.mitigation
        );
        let other = aivss::ALL.into_iter().find(|formula| {
            formula.has_mitigation()
                && is_allowed(formula, subject.settings)
                && formula.work(inputs).score >= inputs.base
        });
        let help = match other.map(|formula| formula.version) {
            Some(version) => format!("reconsider the mitigation factor, or use `version: {version}`"),
            None => "reconsider the mitigation factor".to_owned(),
        };
        found.push(
            Diagnostic::new(&RULE, scored.owner, scored.place(), message)
                .working(working.written())
                .help(help),
        );
    }
}
