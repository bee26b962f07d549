use crate::diagnostic::Diagnostic;
use crate::policy::settings;
use crate::rules::rule::{Check, Example, Rule, Subject};

pub(crate) static RULE: Rule = Rule {
    name: "cvss-base-exceeded",
    summary: "A CVSS base is above the policy's limit.",
    why: "Some weaknesses are too severe, whatever the agentic factors add.",
    remedy: "Fix the weakness, or ask the owners of the policy to change the limit.",
    see: "`limits.cvss_base` of the policy",
    examples: &[Example::parts(
        "
aivss:
  cvss_base: 7.1
#            ^^^ cvss-base-exceeded: CVSS base is 7.1; the limit is 6.9
",
        "
aivss:
  cvss: CVSS:4.0/AV:N/AC:L/AT:N/PR:L/UI:N/VC:N/VI:L/VA:N/SC:N/SI:N/SA:N
  cvss_base: 5.3
  score: 8.9
",
    )
    .under("limits: { cvss_base: 6.9 }")],
    check: Check::Limit { applies: |settings| settings.has(&settings::CVSS_BASE), check },
    ..Rule::ERROR
};

fn check(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    let Some(limit) = subject.settings.get(&settings::CVSS_BASE) else { return };
    for scored in &subject.scores {
        let Some(base) = scored.base.filter(|base| *base > limit.value) else { continue };
        let declared = &scored.declared;
        let span = declared.base.map(|base| base.span).or(declared.vector.as_ref().map(|vector| vector.span));
        let message = format!("CVSS base is {base}; the limit is {}", limit.value);
        found.push(
            Diagnostic::new(&RULE, scored.owner, span.unwrap_or(declared.key_span), message)
                .amount(None, base)
                .decided_by(&limit.origin),
        );
    }
}
