use crate::decimal::Decimal;
use crate::diagnostic::{Diagnostic, Owner};
use crate::model::{Answer, Layer};
use crate::rules::{Check, Example, Rule, Subject};

pub(crate) static RULE: Rule = Rule {
    name: "uncertain-layers-exceeded",
    summary: "More layers are uncertain than the policy allows.",
    why: "\"Not certain\" is an honest answer; a threat model made of nothing else is none.",
    remedy: "Pin down some of the layers.",
    see: "MAESTRO, the seven layers; `limits.uncertain_layers` of the policy",
    examples: &[Example::parts(
        "
maestro:
#^^^^^^ uncertain-layers-exceeded: 2 layers are uncertain, and the limit is 1
  data_operations: { status: uncertain, analysis: No data sources are named. }
  agent_ecosystem: { status: uncertain, analysis: No other agents are named. }
",
        "
maestro:
  data_operations: { status: uncertain, analysis: No data sources are named. }
",
    )
    .under("limits: { uncertain_layers: 1 }")],
    check: Check::Limit { applies: |settings| settings.limits().uncertain_layers.is_some(), check },
    ..Rule::ERROR
};

fn check(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    let (Some(limit), Some(maestro)) = (&subject.settings.limits().uncertain_layers, &subject.model.maestro)
    else {
        return;
    };
    let is_uncertain = |layer: &&Layer<'_>| layer.answer == Answer::Uncertain || layer.hedge().is_some();
    let uncertain: Vec<_> = maestro.layers.iter().filter(is_uncertain).collect();
    if uncertain.len() > limit.value {
        let message = format!("{} layers are uncertain, and the limit is {}", uncertain.len(), limit.value);
        let diagnostic = Diagnostic::new(&RULE, Owner::Agent, maestro.key_span, message)
            .amount(Decimal::from(uncertain.len()))
            .decided_by(&limit.origin);
        found.push(
            uncertain
                .iter()
                .fold(diagnostic, |diagnostic, layer| diagnostic.related(layer.span, "uncertain")),
        );
    }
}
