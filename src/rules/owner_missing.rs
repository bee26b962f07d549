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
    let is_given = subject.model.agent.owner.is_some();
    found.extend(require_field(&RULE, subject, subject.settings.get(&settings::OWNER), "owner", is_given));
}
