use crate::aivss::{CORE_RISKS, OpenRisk};
use crate::decimal::Decimal;
use crate::diagnostic::{Diagnostic, Fix, Level, Owner, Safety};
use crate::model::Model;
use crate::rules::rule::{Check, Example, Rule, Subject};
use crate::source::Span;
use crate::syntax::Node;

pub(crate) static RULE: Rule = Rule {
    name: "risk-unaddressed",
    summary: "The factors raise a core risk of OWASP AIVSS that no threat or finding names.",
    why: "Factors and threats describe the same agent. A risk that its own factors raise was overlooked, or a factor is too high.",
    remedy: "Write a threat with the risk in its `refs`, or a finding with it as its `category`.",
    see: "OWASP AIVSS v0.8, core risks and appendix C; `require.core_risks` of the policy",
    examples: &[
        Example::parts(
            "
aivss:
  factors:
# ^^^^^^^ risk-unaddressed: the factors raise the risk Agent Access Control Violation, but no threat or finding names it
    autonomy_of_action: 0.0
    natural_language_interface: 0.0
    contextual_awareness: 0.0
    non_determinism: 0.0
    opacity_and_reflexivity: 0.0
    dynamic_tool_use: 1.0
  score: 8.1
maestro:
  cross_layer: <absent>
  agent_ecosystem:
    threats:
      - { id: T2, title: Tool misuse, status: open }
",
            "
aivss:
  factors:
    autonomy_of_action: 0.0
    natural_language_interface: 0.0
    contextual_awareness: 0.0
    non_determinism: 0.0
    opacity_and_reflexivity: 0.0
    dynamic_tool_use: 1.0
  score: 8.1
maestro:
  cross_layer: <absent>
  agent_ecosystem:
    threats:
      - { id: T2, title: Tool misuse, status: open }
      - { title: Roles of other tenants, status: open, refs: [ASI03] }
",
        ),
        Example::parts(
            "
aivss:
  factors:
    autonomy_of_action: 0.0
    natural_language_interface: 0.0
    contextual_awareness: 0.0
    non_determinism: 0.0
    opacity_and_reflexivity: 0.0
    dynamic_tool_use: 1.0
#   ^^^^^^^^^^^^^^^^ risk-unaddressed: the factors raise the risk Agent Access Control Violation, but no threat or finding names it
  score: 8.1
maestro:
  cross_layer: <absent>
  agent_ecosystem:
    analysis: A hotel's own agent answers in free text.
",
            "
aivss:
  factors:
    autonomy_of_action: 0.0
    natural_language_interface: 0.0
    contextual_awareness: 0.0
    non_determinism: 0.0
    opacity_and_reflexivity: 0.0
    dynamic_tool_use: 1.0
  score: 8.1
maestro:
  cross_layer: <absent>
  agent_ecosystem:
    threats:
      - { id: T3, title: Roles of other tenants, status: open }
",
        )
        .under("require: { core_risks: true }"),
    ],
    table: Some(table),
    check: Check::Model(check),
    fix: Some(Safety::Suggested),
    ..Rule::NOTE
};

/// The core risks with the factors that raise them, the layers, and the identifiers that name them.
fn table() -> String {
    let mut table =
        "| core risk | raised by, each from 0.5 | usually seen in | named by |\n|---|---|---|---|\n"
            .to_owned();
    for risk in &CORE_RISKS {
        let factors =
            risk.factors.iter().map(|factor| format!("`{}`", factor.key())).collect::<Vec<_>>().join(", ");
        let names: Vec<&str> = std::iter::once("its name").chain(risk.ids()).collect();
        let (layers, names) = (risk.layers.join("`, `"), names.join(", "));
        table.push_str(&format!("| {} | {factors} | `{layers}` | {names} |\n", risk.name));
    }
    table.push_str("\nA factor of the other set of ten is left out. Prose is not compared: a threat or a finding names a risk.\n");
    table
}

fn check(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    let (Some(own), model) = (subject.own(), subject.model) else { return };
    // A threat model without layers has a problem already.
    if model.maestro.as_ref().is_some_and(|maestro| !maestro.written) {
        return;
    }
    let is_required = subject.settings.core_risks().is_some();
    let factors = &own.declared.factors;
    let open = model.open_risks();
    if is_required {
        for one in &open {
            let first = one.raising.first().map(|(factor, _)| factor);
            let given = factors.given.iter().find(|given| Some(&given.factor) == first);
            let span = given.map_or(factors.key_span, |given| given.key);
            found.push(problem(std::slice::from_ref(one), span).part(one.risk.name));
        }
    } else if !open.is_empty() {
        // As a note all of them are one problem, so that they do not hide others.
        found.push(problem(&open, factors.key_span).amount(None, Decimal::from(open.len())));
    }
}

/// Adds the edits that write a question for each open risk, as one insertion, to the first problem of this rule. Nothing
/// demands an answer to a note, so that only an editor offers them there.
pub(crate) fn add_questions(found: &mut [Diagnostic], model: &Model, root: Node<'_>, in_editor: bool) {
    let Some(problem) = found.iter_mut().find(|problem| problem.rule == RULE.name) else { return };
    let safety = if problem.level > Level::Note { Safety::Suggested } else { Safety::Question };
    if safety == Safety::Question && !in_editor || !model.format.is_complete() {
        return;
    }
    problem.fix = model.questions(root).map(|fix| Box::new(Fix { safety, ..fix }));
    let help = problem.help.take();
    problem.help = help.map(|help| match &problem.fix {
        Some(fix) if fix.safety == Safety::Suggested => {
            format!("{help} (`aivss-lint fix --unsafe` writes a question for each)").into()
        }
        Some(_) | None => help,
    });
}

/// The most risks whose factors and layers are shown in one problem.
const MAX_DETAILED: usize = 3;

fn problem(open: &[OpenRisk], span: Span) -> Diagnostic {
    let is_long = open.len() > MAX_DETAILED;
    let refs: Vec<&str> = open.iter().map(|one| one.risk.reference()).collect();
    let named = if is_long { refs.clone() } else { open.iter().map(|one| one.risk.name).collect::<Vec<_>>() };
    let (risks, them) = if open.len() == 1 { ("risk", "it") } else { ("risks", "them") };
    let message =
        format!("the factors raise the {risks} {}, but no threat or finding names {them}", named.join(", "));
    let diagnostic = Diagnostic::new(&RULE, Owner::Agent, span, message);
    if is_long {
        let help = "write such `refs`; `aivss-lint explain risk-unaddressed` has factors and layers";
        return diagnostic.help(help);
    }
    let details = open.iter().map(|one| format!("{} is {}", one.risk.name, one.details()));
    let help = format!("write threats with `refs: [{}]`, or findings with such a category", refs.join(", "));
    diagnostic.note(Some(details.collect::<Vec<_>>().join("; "))).help(help)
}
