use crate::aivss::lowest;
use crate::diagnostic::Diagnostic;
use crate::rules::rule::{Check, Example, Rule, Subject};
use crate::score::Scored;

pub(crate) static RULE: Rule = Rule {
    name: "mitigation-below-floor",
    summary: "A mitigation factor is below the lowest published value.",
    why: "In the standard, strong mitigation lowers a score by a third at most: residual risk remains.",
    remedy: "Use 0.67 (strong) or more.",
    see: "OWASP AIVSS v0.8, section 3.4",
    examples: &[Example::parts(
        "
aivss:
  mitigation_factor: 0.5
#                    ^^^ mitigation-below-floor: mitigation factor 0.5 is below 0.67 (strong), the lowest published value
  mitigation_evidence: Sandbox escape tests.
  score: 4.7
#        ^^^ score-below-base: score 4.7 is below its CVSS base 7.1: mitigation 0.5 lowers the base as well
",
        "
aivss:
  mitigation_factor: 0.83
  mitigation_evidence: Sandbox escape tests.
  score: 7.8
",
    )],
    check: Check::Score(check),
    ..Rule::WARNING
};

fn check(scored: &Scored, _: &Subject<'_>) -> Option<Diagnostic> {
    let (given, value) = (scored.declared.mitigation.as_ref()?, scored.mitigation?);
    let floor = lowest(scored.formula?.mitigation).filter(|floor| value < floor.value)?;
    let message = format!(
        "mitigation factor {value} is below {} ({}), the lowest published value",
        floor.value, floor.name
    );
    Some(Diagnostic::new(&RULE, scored.owner, given.span, message))
}
