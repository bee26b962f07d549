use crate::diagnostic::{Diagnostic, Owner};
use crate::model::Answer;
use crate::rules::rule::{Check, Example, Rule, Subject};

pub(crate) static RULE: Rule = Rule {
    name: "layer-reason-missing",
    summary: "A MAESTRO layer is declared not applicable without a reason.",
    why: "Reviewers can check \"not applicable\" only by its reason.",
    remedy: "Write the reason in `reason`.",
    see: "MAESTRO, the seven layers",
    examples: &[Example::parts(
        "
maestro:
  agent_ecosystem: { status: not_applicable }
# ^^^^^^^^^^^^^^^ layer-reason-missing: `agent_ecosystem` is not applicable without a reason
",
        "
maestro:
  agent_ecosystem: { status: not_applicable, reason: The agent has no tools and meets no other agent. }
",
    )],
    check: Check::Model(check),
    ..Rule::ERROR
};

fn check(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    for layer in subject.layers() {
        if layer.answer == (Answer::NotApplicable { reasoned: false }) {
            let message = format!("`{}` is not applicable without a reason", layer.kind.key());
            found.push(Diagnostic::new(&RULE, Owner::Agent, layer.span, message));
        }
    }
}
