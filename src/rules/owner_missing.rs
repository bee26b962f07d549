use crate::diagnostic::Diagnostic;
use crate::policy::settings;
use crate::rules::rule::{Check, Example, Rule, Subject, require_field};

pub(crate) static RULE: Rule = Rule {
    name: "owner-missing",
    summary: "The policy requires an owner, and none is given.",
    why: "A threat model without an owner is not kept up to date.",
    remedy: "Set `agent.owner` to a team or an address.",
    see: "`require.owner` of the policy",
    examples: &[Example::parts(
        "
agent:
#^^^^ owner-missing: `agent.owner` is missing
  owner: TBD
",
        "
agent:
  owner: agents@example.org
",
    )
    .under("require: { owner: true }")],
    check: Check::Limit { applies: |settings| settings.has(&settings::OWNER), check },
    ..Rule::ERROR
};

fn check(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    require_field(&RULE, subject, &settings::OWNER, subject.model.agent.owner.as_ref(), found);
}
