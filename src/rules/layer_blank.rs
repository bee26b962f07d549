use crate::diagnostic::{Diagnostic, Owner};
use crate::model::{Answer, Blank};
use crate::rules::rule::{Check, Example, Rule, Subject};
use crate::text_edit::Safety;

pub(crate) static RULE: Rule = Rule {
    name: "layer-blank",
    fix: Some(Safety::Suggested),
    summary: "A MAESTRO layer is blank: missing, empty or a placeholder.",
    why: "Threats are overlooked in layers that were not analyzed.",
    remedy: "Describe the threats to the layer, or set `status: uncertain` with an `analysis`, or `status: not_applicable` with a `reason`.",
    see: "MAESTRO, the seven layers",
    examples: &[
        Example::parts(
            "
maestro:
  data_operations: TODO
#                  ^^^^ layer-blank: `data_operations` is blank: `TODO` is a placeholder
  agent_ecosystem:
# ^^^^^^^^^^^^^^^ layer-blank: `agent_ecosystem` is blank
",
            "
maestro:
  data_operations: { status: uncertain, analysis: The listing names no data sources. }
  agent_ecosystem: { status: not_applicable, reason: The agent has no tools and meets no other agent. }
",
        ),
        Example::parts(
            "
maestro:
#^^^^^^ layer-blank: `security_and_compliance` is blank: it is missing
  security_and_compliance: <absent>
  foundation_models: { status: mapped, analysis: ' ' }
#                                                ^^^ layer-blank: `foundation_models` is blank
",
            "
maestro:
  foundation_models: { status: mapped, analysis: Prompt injection through retrieved pages. }
",
        ),
        Example::parts(
            "
maestro:
  deployment_and_infrastructure: <absent>
  deployment_infrastructure: TODO
#                            ^^^^ layer-blank: `deployment_and_infrastructure` is blank: `TODO` is a placeholder
",
            "
maestro:
  version: 1
  deployment_and_infrastructure: <absent>
  deployment_infrastructure: The pod shares a node with the web shop.
",
        ),
        Example::parts(
            "
aivss_threat_model: 1
#^^^^^^^^^^^^^^^^^ layer-blank: `maestro` is missing or empty: all seven layers are blank
maestro: <absent>
",
            "
aivss_threat_model: 1
",
        ),
    ],
    check: Check::Model(check),
    ..Rule::ERROR
};

/// The effect of the fix: a person has to fill in the form.
const FORM: &str = "writes a form to fill in";

fn check(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    let Some(maestro) = &subject.model.maestro else { return };
    // The forms of all missing layers are one insertion, so that one problem carries all of them.
    let mut stubs = maestro.stubs.clone();
    if !maestro.written {
        let message = "`maestro` is missing or empty: all seven layers are blank";
        let diagnostic = Diagnostic::new(&RULE, Owner::Agent, maestro.key_span, message).fix(stubs);
        found.push(diagnostic.help_by_suggestion("add the block with its seven layers", FORM));
        return;
    }
    for layer in &maestro.layers {
        let Answer::Blank(blank) = &layer.answer else { continue };
        let key = layer.kind.key();
        let (message, fix) = match blank {
            Blank::Missing => (format!("`{key}` is blank: it is missing"), stubs.take()),
            Blank::Empty => (format!("`{key}` is blank"), layer.stub.clone()),
            Blank::Placeholder(word) => {
                (format!("`{key}` is blank: `{word}` is a placeholder"), layer.stub.clone())
            }
        };
        let help = format!(
            "describe the threats to {}, or set `status: uncertain` with an analysis, or `status: not_applicable` with a reason",
            layer.kind.contents()
        );
        let diagnostic = Diagnostic::new(&RULE, Owner::Agent, layer.span, message).fix(fix);
        found.push(diagnostic.help_by_suggestion(help, FORM).many("layers are blank"));
    }
}
