use crate::diagnostic::{Diagnostic, Owner};
use crate::model::Answer;
use crate::rules::rule::{Check, Example, Rule, Subject};

pub(crate) static RULE: Rule = Rule {
    name: "layer-contradiction",
    summary: "A mapped layer contains \"not certain\" in its text, or a layer that does not apply has open threats.",
    why: "Readers rely on mapped layers and skip those that do not apply. A limit on uncertain layers counts one that is not certain as well.",
    remedy: "Set `status: uncertain` or complete the analysis; map a layer that has open threats.",
    see: "MAESTRO, the seven layers",
    examples: &[
        Example::parts(
            "
maestro:
  data_operations: Not certain from the listing. No data sources are named.
#                  ^^^^^^^^^^^ layer-contradiction: `data_operations` counts as mapped, but its text contains \"not certain\"
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
#                                                                                          ^^^^^ layer-contradiction: `agent_ecosystem` does not apply, but has an open threat
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
    for layer in subject.layers() {
        let mut threats = subject.model.threats_of(layer.kind);
        let open = threats.find(|threat| threat.is_open(subject.today) && threat.is_about(layer.kind));
        if let (Answer::NotApplicable, Some(threat)) = (&layer.answer, open) {
            let message = format!("`{}` does not apply, but has an open threat", layer.kind.key());
            found.push(
                Diagnostic::new(&RULE, Owner::Agent, threat.span, message)
                    .help("map the layer, or close the threat by its `status`"),
            );
        }
        if let (Some(range), Some(analysis)) = (layer.hedge(), &layer.analysis) {
            let message =
                format!("`{}` counts as mapped, but its text contains \"not certain\"", layer.kind.key());
            found.push(
                Diagnostic::new(&RULE, Owner::Agent, analysis.part(range.start, range.end), message)
                    .help("set `status: uncertain` and keep the text as its `analysis`"),
            );
        }
    }
}
