use crate::diagnostic::Diagnostic;
use crate::rules::{Check, Example, Rule, Subject};

pub(crate) static RULE: Rule = Rule {
    name: "cvss-base-exceeded",
    summary: "A CVSS base lies above the policy's limit.",
    why: "Agentic factors come on top of the technical weakness; some weaknesses are too grave whatever the agent does.",
    remedy: "Mend the weakness, or have the policy changed by those who own it.",
    see: "`limits.cvss_base` of the policy",
    examples: &[Example::parts(
        "
aivss:
  cvss_base: 7.1
#            ^^^ cvss-base-exceeded: the CVSS base 7.1 exceeds the limit of 6.9
",
        "
aivss:
  cvss: CVSS:4.0/AV:N/AC:L/AT:N/PR:L/UI:N/VC:N/VI:L/VA:N/SC:N/SI:N/SA:N
  cvss_base: 5.3
  score: 8.9
",
    )
    .under("limits: { cvss_base: 6.9 }")],
    check: Check::Limit { applies: |settings| settings.limits().cvss_base.is_some(), check },
    ..Rule::ERROR
};

fn check(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    let Some(limit) = &subject.settings.limits().cvss_base else { return };
    for scored in &subject.scores {
        let Some(base) = scored.base.filter(|base| *base > limit.value) else { continue };
        let declared = scored.declared;
        let span = declared.base.map(|base| base.span).or(declared.vector.map(|vector| vector.span));
        let message = format!("the CVSS base {base} exceeds the limit of {}", limit.value);
        found.push(
            Diagnostic::new(&RULE, scored.owner, span.unwrap_or(declared.key_span), message)
                .amount(base)
                .decided_by(&limit.origin),
        );
    }
}
