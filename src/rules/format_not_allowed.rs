use crate::diagnostic::{Diagnostic, Owner};
use crate::policy::settings;
use crate::rules::rule::{Check, Example, Rule, Subject};

pub(crate) static RULE: Rule = Rule {
    name: "format-not-allowed",
    summary: "A threat model is in a format that the policy does not allow.",
    why: "An OWASP report can express neither layers nor a score of the agent.",
    remedy: "Write the threat model in a format that the policy allows.",
    see: "`require.formats` of the policy",
    examples: &[Example::parts(
        "
aivss_threat_model: 1
#^^^^^^^^^^^^^^^^^ format-not-allowed: the format `native` is not allowed: the policy allows owasp-report
",
        "",
    )
    .under("require: { formats: [owasp-report] }")],
    check: Check::Limit { applies: |settings| settings.has(&settings::ALLOWED_FORMATS), check },
    ..Rule::ERROR
};

fn check(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    let Some(formats) = subject.settings.get(&settings::ALLOWED_FORMATS) else { return };
    let name = subject.model.format.name();
    if !formats.value.contains(&name) {
        let allowed = formats.value.join(", ");
        let message = format!("the format `{name}` is not allowed: the policy allows {allowed}");
        found.push(
            Diagnostic::new(&RULE, Owner::Agent, subject.model.key_span, message).decided_by(&formats.origin),
        );
    }
}
