use crate::diagnostic::Diagnostic;
use crate::model::Answer;
use crate::policy::settings;
use crate::rules::rule::{Check, Example, Rule, Subject, limit_layers};

pub(crate) static RULE: Rule = Rule {
    name: "uncertain-layers-exceeded",
    summary: "More layers are uncertain than the policy allows.",
    why: "A threat model of uncertain layers alone does not describe a risk.",
    remedy: "Analyze more of the layers.",
    see: "MAESTRO, the seven layers; `limits.uncertain_layers` of the policy",
    examples: &[Example::parts(
        "
maestro:
#^^^^^^ uncertain-layers-exceeded: 2 layers are uncertain; the limit is 1
  data_operations: { status: uncertain, analysis: No data sources are named. }
  agent_ecosystem: { status: uncertain, analysis: No other agents are named. }
",
        "
maestro:
  data_operations: { status: uncertain, analysis: No data sources are named. }
",
    )
    .under("limits: { uncertain_layers: 1 }")],
    check: Check::Limit { applies: |settings| settings.has(&settings::UNCERTAIN_LAYERS), check },
    ..Rule::ERROR
};

fn check(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    let layers =
        subject.layers().filter(|layer| layer.answer == Answer::Uncertain || layer.hedge().is_some());
    let places = layers.map(|layer| (layer.span, "uncertain".to_owned())).collect();
    found.extend(limit_layers(&RULE, subject, &settings::UNCERTAIN_LAYERS, "uncertain", places));
}
