use crate::aivss::Inputs;
use crate::decimal::Decimal;
use crate::diagnostic::Diagnostic;
use crate::policy::settings;
use crate::rules::rule::{Check, Example, Rule, Subject};
use crate::score::Scored;

pub(crate) static RULE: Rule = Rule {
    name: "mitigation-without-evidence",
    summary: "A mitigation lowers the severity band and has no evidence.",
    why: "A mitigation factor is the easiest way to a milder band. The standard grants it to controls that were shown to work.",
    remedy: "Describe in `mitigation_evidence` what shows that the mitigation works, or score without it.",
    see: "OWASP AIVSS v0.8, section 3.4",
    examples: &[Example::parts(
        "
aivss:
  mitigation_factor: 0.83
#                    ^^^^ mitigation-without-evidence: mitigation factor 0.83 has no evidence and lowers Critical (9.4) to High (7.8)
  score: 7.8
",
        "
aivss:
  mitigation_factor: 0.83
  mitigation_evidence: Sandbox escape tests, run monthly.
  score: 7.8
",
    )],
    check: Check::Score(check),
    ..Rule::WARNING
};

fn check(scored: &Scored, subject: &Subject<'_>) -> Option<Diagnostic> {
    // If the policy requires evidence of every mitigation, `evidence-missing` reports this.
    let is_required =
        subject.settings.get(&settings::MITIGATION_EVIDENCE).is_some_and(|required| required.value);
    if is_required || scored.declared.evidence.is_some() {
        return None;
    }
    let (working, given) = (scored.working.as_ref()?, scored.declared.mitigation.as_ref()?);
    let bare = working.formula.work(Inputs { mitigation: Decimal::ONE, ..working.inputs });
    if bare.band <= working.band {
        return None;
    }
    let message = format!(
        "mitigation factor {} has no evidence and lowers {} ({}) to {} ({})",
        working.inputs.mitigation,
        bare.band.name(),
        bare.score,
        working.band.name(),
        working.score
    );
    Some(Diagnostic::new(&RULE, scored.owner, given.span, message))
}
