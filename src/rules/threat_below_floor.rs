use crate::aivss::lowest;
use crate::diagnostic::Diagnostic;
use crate::rules::rule::{Check, Example, Rule, Subject};
use crate::score::Scored;

pub(crate) static RULE: Rule = Rule {
    name: "threat-below-floor",
    summary: "A threat multiplier is below the lowest published value.",
    why: "The standard publishes 0.50 for a threat that nobody has reported, and no lower value. A smaller multiplier makes any risk pass.",
    remedy: "Use 0.50 (unreported) or more. Where a policy excepts this rule, limits count the multiplier as 0.50.",
    see: "OWASP AIVSS v0.8, section 3.3.2",
    examples: &[Example::parts(
        "
aivss:
  threat_multiplier: 0.1
#                    ^^^ threat-below-floor: threat multiplier 0.1 is below 0.50 (unreported), the lowest published value
  score: 7.3
",
        "
aivss:
  threat_multiplier: 0.5
  score: 8.3
",
    )],
    check: Check::Score(check),
    ..Rule::ERROR
};

fn check(scored: &Scored, _: &Subject<'_>) -> Option<Diagnostic> {
    // Without a score, another rule checks the range of the multiplier.
    let (working, given) = (scored.working.as_ref()?, scored.declared.threat.as_ref()?);
    let value = working.inputs.threat;
    let floor = lowest(working.formula.threat).filter(|floor| value < floor.value)?;
    let message = format!(
        "threat multiplier {value} is below {} ({}), the lowest published value",
        floor.value, floor.name
    );
    Some(Diagnostic::new(&RULE, scored.owner, given.span, message))
}
