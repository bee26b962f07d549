use crate::decimal::Decimal;
use crate::diagnostic::Diagnostic;
use crate::rules::rule::{Check, Example, Rule, Subject};
use crate::score::Scored;

pub(crate) static RULE: Rule = Rule {
    name: "score-without-impact",
    summary: "A score has a CVSS base of 0.0.",
    why: "A base of zero means that nothing can be harmed. The formula still adds an uplift, and a large one.",
    remedy: "State the impact in the vector (VC, VI, VA, SC, SI, SA), or remove the finding.",
    see: "OWASP AIVSS v0.8, section 3.3; CVSS v4.0, section 2.2",
    examples: &[Example::parts(
        "
aivss:
  cvss: CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:N/VI:N/VA:N/SC:N/SI:N/SA:N
  cvss_base: 0.0
  score: 7.8
#        ^^^ score-without-impact: score is 7.8 with a CVSS base of 0.0: no impact, but a risk
",
        "
aivss:
  score: 9.4
",
    )],
    check: Check::Score(check),
    ..Rule::WARNING
};

fn check(scored: &Scored, _: &Subject<'_>) -> Option<Diagnostic> {
    let working = scored.working.as_ref().filter(|working| working.inputs.base == Decimal::ZERO)?;
    if working.score == Decimal::ZERO {
        return None;
    }
    let message = format!("score is {} with a CVSS base of 0.0: no impact, but a risk", working.score);
    Some(Diagnostic::new(&RULE, scored.owner, scored.place(), message))
}
