use crate::diagnostic::{Diagnostic, Owner};
use crate::model::Answer;
use crate::rules::{Check, Example, Rule, Subject};

pub(crate) static RULE: Rule = Rule {
    name: "layer-contradiction",
    summary: "A layer counts as mapped, and its text says \"not certain\"; or it does not apply, and has open threats.",
    why: "Mapped layers are what a reader relies on, and one that does not apply is not looked at again. A limit on uncertain layers counts one that is not certain as well.",
    remedy: "Set `status: uncertain`, or pin the layer down; what has open threats applies.",
    see: "MAESTRO, the seven layers",
    examples: &[
        Example::parts(
        "
maestro:
  data_operations: Not certain from the listing. No data sources are named.
#                  ^^^^^^^^^^^ layer-contradiction: `data_operations` counts as mapped, and its text says \"not certain\"
",
        "
maestro:
  data_operations: { status: uncertain, analysis: Not certain from the listing. No data sources are named. }
",
    ),
        Example::parts(
            "
maestro:
  agent_ecosystem: { status: not_applicable, reason: It meets no other agent., threats: [{ title: A poisoned tool. }] }
#                                                                                          ^^^^^ layer-contradiction: `agent_ecosystem` does not apply, and has a threat that is open
",
            "
maestro:
  agent_ecosystem: { status: mapped, threats: [{ title: A poisoned tool. }] }
",
        ),
    ],
    check: Check::Model(check),
    ..Rule::WARNING
};

fn check(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    for layer in subject.model.maestro.iter().flat_map(|maestro| &maestro.layers) {
        let open = layer.threats.iter().find(|threat| threat.open);
        if let (Answer::NotApplicable { .. }, Some(threat)) = (layer.answer, open) {
            let message = format!("`{}` does not apply, and has a threat that is open", layer.kind.key());
            found.push(
                Diagnostic::new(&RULE, Owner::Agent, threat.span, message)
                    .help("map the layer, or say in the threat's `status` that it is closed"),
            );
        }
        let (Some(range), Some(analysis)) = (layer.hedge(), layer.analysis) else { continue };
        let message = format!("`{}` counts as mapped, and its text says \"not certain\"", layer.kind.key());
        found.push(
            Diagnostic::new(&RULE, Owner::Agent, analysis.part(range.start, range.end), message)
                .help("set `status: uncertain` and keep the text as its `analysis`"),
        );
    }
}
