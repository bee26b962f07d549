use crate::aivss::Inputs;
use crate::decimal::Decimal;
use crate::diagnostic::Diagnostic;
use crate::rules::{Check, Example, Rule, Subject};

pub(crate) static RULE: Rule = Rule {
    name: "score-below-base",
    summary: "Mitigation pushes the score below its own CVSS base.",
    why: "Under v0.8 the mitigation factor lowers the base as well as the agentic uplift: being an agent would then make a weakness milder. The amendment proposed for v1 (0.8-floor) lowers the uplift alone.",
    remedy: "Use `version: 0.8-floor`, or weigh again whether the mitigation is that strong.",
    see: "OWASP AIVSS v0.8, section 3.4, and its amendment",
    examples: &[Example::parts(
        "
aivss:
  mitigation_factor: strong
  mitigation_evidence: Sandbox escape tests.
  score: 6.3
#        ^^^ score-below-base: the score 6.3 lies below its own CVSS base 7.1: mitigation 0.67 lowers the base as well
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
        // A formula may lie below the base by its own design (the mean of v0.5); only mitigation is at issue.
        let bare = working.formula.work(Inputs { mitigation: Decimal::ONE, ..inputs });
        if working.score >= inputs.base || bare.score < inputs.base {
            continue;
        }
        let message = format!(
            "the score {} lies below its own CVSS base {}: mitigation {} lowers the base as well",
            working.score, inputs.base, inputs.mitigation
        );
        let span = scored.declared.score.map_or(scored.declared.key_span, |score| score.span);
        found.push(
            Diagnostic::new(&RULE, scored.owner, span, message)
                .working(working.written())
                .help("`version: 0.8-floor` lets mitigation lower the uplift alone"),
        );
    }
}
