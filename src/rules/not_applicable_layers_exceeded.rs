use crate::diagnostic::Diagnostic;
use crate::model::Answer;
use crate::policy::settings;
use crate::rules::rule::{Check, Example, Rule, Subject, limit_layers};

pub(crate) static RULE: Rule = Rule {
    name: "not-applicable-layers-exceeded",
    summary: "More layers are declared not applicable than the policy allows.",
    why: "A layer that does not apply is not analyzed. Most agents have a model, data, a runtime and an owner, so few layers can be left out.",
    remedy: "Analyze more of the layers, or change the policy's limit.",
    see: "MAESTRO, the seven layers; `limits.not_applicable_layers` of the policy",
    examples: &[Example::parts(
        "
maestro:
#^^^^^^ not-applicable-layers-exceeded: 2 layers are not applicable; the limit is 1
  data_operations: { status: not_applicable, reason: The agent stores and retrieves no data. }
  agent_ecosystem: { status: not_applicable, reason: The agent meets no other agent. }
",
        "
maestro:
  agent_ecosystem: { status: not_applicable, reason: The agent meets no other agent. }
",
    )
    .under("limits: { not_applicable_layers: 1 }")],
    check: Check::Limit { applies: |settings| settings.has(&settings::NOT_APPLICABLE_LAYERS), check },
    ..Rule::ERROR
};

fn check(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    let layers = subject.layers().filter(|layer| layer.answer == Answer::NotApplicable);
    let places = layers.map(|layer| (layer.span, "not applicable".to_owned())).collect();
    found.extend(limit_layers(&RULE, subject, &settings::NOT_APPLICABLE_LAYERS, "not applicable", places));
}
