use crate::diagnostic::{Diagnostic, Owner};
use crate::model::{Answer, Blank};
use crate::rules::{Check, Example, Rule, Subject};

pub(crate) static RULE: Rule = Rule {
    name: "layer-blank",
    summary: "A MAESTRO layer is blank.",
    why: "Threats are overlooked where nobody looked. A layer is blank when it is missing, empty, or holds a word that stands for an answer to come.",
    remedy: "Say what threatens the layer; or `status: uncertain` with an `analysis` if the sources do not tell; or `status: not_applicable` with a reason.",
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

/// What the program can do: it asks, and a person has to answer.
const FORM: &str = "writes a form to fill in";

fn check(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    let Some(maestro) = &subject.model.maestro else { return };
    if !maestro.written {
        let message = "`maestro` is missing or empty: all seven layers are blank";
        found.push(
            Diagnostic::new(&RULE, Owner::Agent, maestro.key_span, message)
                .fix(maestro.stubs.clone())
                .help_by_suggestion("add the block with its seven layers", FORM),
        );
        return;
    }
    // The forms of all that are missing stand in one place, so that one fault carries them all.
    let mut stubs = maestro.stubs.clone();
    for layer in &maestro.layers {
        let Answer::Blank(blank) = layer.answer else { continue };
        let key = layer.kind.key();
        let message = match blank {
            Blank::Missing => format!("`{key}` is blank: it is missing"),
            Blank::Empty => format!("`{key}` is blank"),
            Blank::Placeholder(word) => format!("`{key}` is blank: `{word}` is a placeholder"),
        };
        let fix = if blank == Blank::Missing { stubs.take() } else { layer.stub.clone() };
        let help = format!(
            "say what threatens {}; or `status: uncertain` with an analysis; or `status: not_applicable` with a reason",
            layer.kind.holds()
        );
        let fault = Diagnostic::new(&RULE, Owner::Agent, layer.span, message).fix(fix);
        found.push(fault.help_by_suggestion(help, FORM));
    }
}
