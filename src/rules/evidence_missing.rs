use crate::decimal::Decimal;
use crate::diagnostic::Diagnostic;
use crate::rules::{Check, Example, Rule, Subject};

pub(crate) static RULE: Rule = Rule {
    name: "evidence-missing",
    summary: "A mitigation factor below 1.0 has no evidence, and the policy asks for it.",
    why: "A mitigation factor is the easiest way to a lower score. The standard grants it to controls that were shown to work.",
    remedy: "Say in `mitigation_evidence` what shows that the mitigation works.",
    see: "OWASP AIVSS v0.8, section 3.4; `require.mitigation_evidence` of the policy",
    examples: &[Example::parts(
        "
aivss:
  mitigation_factor: 0.83
#                    ^^^^ evidence-missing: nothing demonstrates the mitigation factor 0.83
  score: 7.8
",
        "
aivss:
  mitigation_factor: 0.83
  mitigation_evidence: Sandbox escape tests, run monthly.
  score: 7.8
",
    )
    .under("require: { mitigation_evidence: true }")],
    check: Check::Limit { applies: |settings| settings.require().mitigation_evidence.is_some(), check },
    ..Rule::ERROR
};

fn check(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    let required = subject.settings.require().mitigation_evidence.as_ref();
    let Some(required) = required.filter(|required| required.value) else { return };
    for scored in &subject.scores {
        let (Some(given), Some(value), None) =
            (scored.declared.mitigation, scored.mitigation, scored.declared.evidence)
        else {
            continue;
        };
        if value < Decimal::ONE {
            found.push(
                Diagnostic::new(
                    &RULE,
                    scored.owner,
                    given.span,
                    format!("nothing demonstrates the mitigation factor {value}"),
                )
                .help("say in `mitigation_evidence` what shows that it works")
                .decided_by(&required.origin),
            );
        }
    }
}
