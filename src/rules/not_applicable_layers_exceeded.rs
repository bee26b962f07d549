use crate::decimal::Decimal;
use crate::diagnostic::{Diagnostic, Owner};
use crate::model::{Answer, Layer};
use crate::rules::{Check, Example, Rule, Subject};

pub(crate) static RULE: Rule = Rule {
    name: "not-applicable-layers-exceeded",
    summary: "More layers are declared not applicable than the policy allows.",
    why: "A layer that does not apply is not analyzed. Most agents have a model, data, a runtime and an owner, so that few layers can be left out.",
    remedy: "Analyze more of the layers, or change the policy's limit.",
    see: "MAESTRO, the seven layers; `limits.not_applicable_layers` of the policy",
    examples: &[Example::parts(
        "
maestro:
#^^^^^^ not-applicable-layers-exceeded: 2 layers are not applicable, and the limit is 1
  data_operations: { status: not_applicable, reason: The agent stores and retrieves no data. }
  agent_ecosystem: { status: not_applicable, reason: The agent meets no other agent. }
",
        "
maestro:
  agent_ecosystem: { status: not_applicable, reason: The agent meets no other agent. }
",
    )
    .under("limits: { not_applicable_layers: 1 }")],
    check: Check::Limit { applies: |settings| settings.limits().not_applicable_layers.is_some(), check },
    ..Rule::ERROR
};

fn check(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    let (Some(limit), Some(maestro)) =
        (&subject.settings.limits().not_applicable_layers, &subject.model.maestro)
    else {
        return;
    };
    let is_left_out = |layer: &&Layer<'_>| matches!(layer.answer, Answer::NotApplicable { .. });
    let left_out: Vec<_> = maestro.layers.iter().filter(is_left_out).collect();
    if left_out.len() > limit.value {
        let count = if left_out.len() == 1 {
            "1 layer is".to_owned()
        } else {
            format!("{} layers are", left_out.len())
        };
        let message = format!("{count} not applicable, and the limit is {}", limit.value);
        let diagnostic = Diagnostic::new(&RULE, Owner::Agent, maestro.key_span, message)
            .amount(Decimal::from(left_out.len()))
            .decided_by(&limit.origin);
        found.push(
            left_out
                .iter()
                .fold(diagnostic, |diagnostic, layer| diagnostic.related(layer.span, "not applicable")),
        );
    }
}
