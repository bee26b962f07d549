use crate::decimal::Decimal;
use crate::diagnostic::Diagnostic;
use crate::policy::settings;
use crate::rules::rule::{Check, Example, Rule, Subject};

pub(crate) static RULE: Rule = Rule {
    name: "evidence-missing",
    summary: "A mitigation factor below 1.0 has no evidence, and the policy requires it.",
    why: "A mitigation factor is the easiest way to a lower score. The standard grants it to controls that were shown to work.",
    remedy: "Describe in `mitigation_evidence` what shows that the mitigation works.",
    see: "OWASP AIVSS v0.8, section 3.4; `require.mitigation_evidence` of the policy",
    examples: &[Example::parts(
        "
aivss:
  mitigation_factor: 0.83
#                    ^^^^ evidence-missing: mitigation factor 0.83 has no evidence
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
    check: Check::Limit { applies: |settings| settings.has(&settings::MITIGATION_EVIDENCE), check },
    ..Rule::ERROR
};

fn check(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    let required = subject.settings.get(&settings::MITIGATION_EVIDENCE);
    let Some(required) = required.filter(|required| required.value) else { return };
    for scored in subject.scores.iter().filter(|scored| scored.declared.evidence.is_none()) {
        if let (Some(given), Some(value)) = (&scored.declared.mitigation, scored.mitigation)
            && value < Decimal::ONE
        {
            let message = format!("mitigation factor {value} has no evidence");
            found
                .push(Diagnostic::new(&RULE, scored.owner, given.span, message).decided_by(&required.origin));
        }
    }
}
