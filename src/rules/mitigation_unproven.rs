use crate::aivss::Inputs;
use crate::decimal::Decimal;
use crate::diagnostic::Diagnostic;
use crate::rules::{Check, Example, Rule, Subject};

pub(crate) static RULE: Rule = Rule {
    name: "mitigation-unproven",
    summary: "A mitigation lowers the severity band, and nothing demonstrates it.",
    why: "A mitigation factor is the easiest way to a milder band. The standard grants it to controls that were shown to work.",
    remedy: "Say in `mitigation_evidence` what shows it, or score without the mitigation.",
    see: "OWASP AIVSS v0.8, section 3.4",
    examples: &[Example::parts(
        "
aivss:
  mitigation_factor: 0.83
#                    ^^^^ mitigation-unproven: the mitigation factor 0.83 lowers Critical (9.4) to High (7.8), and nothing demonstrates it
  score: 7.8
",
        "
aivss:
  mitigation_factor: 0.83
  mitigation_evidence: Sandbox escape tests, run monthly.
  score: 7.8
",
    )],
    check: Check::Model(check),
    ..Rule::WARNING
};

fn check(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    // Where the policy asks for evidence of every mitigation, that rule speaks.
    if subject.settings.require().mitigation_evidence.as_ref().is_some_and(|required| required.value) {
        return;
    }
    for scored in &subject.scores {
        let (Some(working), Some(given), None) =
            (&scored.working, scored.declared.mitigation, scored.declared.evidence)
        else {
            continue;
        };
        let bare = working.formula.work(Inputs { mitigation: Decimal::ONE, ..working.inputs });
        if bare.band > working.band {
            let message = format!(
                "the mitigation factor {} lowers {} ({}) to {} ({}), and nothing demonstrates it",
                working.inputs.mitigation,
                bare.band.name(),
                bare.score,
                working.band.name(),
                working.score
            );
            found.push(
                Diagnostic::new(&RULE, scored.owner, given.span, message)
                    .help("say in `mitigation_evidence` what shows that it works"),
            );
        }
    }
}
