use crate::aivss::{CORE_RISKS, CoreRisk};
use crate::decimal::Decimal;
use crate::diagnostic::{Diagnostic, Owner};
use crate::model::Model;
use crate::rules::rule::{Check, Example, Rule, Subject};
use crate::source::Span;

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
# ^^^^^^^ risk-unaddressed: no threat or finding names Agent Access Control Violation, which the factors raise
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
#   ^^^^^^^^^^^^^^^^ risk-unaddressed: no threat or finding names Agent Access Control Violation, which the factors raise
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
    table.push_str("\nA factor of the other set of ten is left out. Threats are compared if the model lists any, or if the policy requires it.\n");
    table
}

/// A core risk that the factors raise and nothing names.
struct OpenRisk {
    risk: &'static CoreRisk,
    /// The first factor that raises it.
    span: Span,
    /// The factors with their values, and the layers.
    details: String,
}

fn check(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    let open = open_risks(subject);
    let Some(own) = subject.own().filter(|_| !open.is_empty()) else { return };
    if subject.settings.core_risks().is_some() {
        found.extend(open.iter().map(|one| problem(std::slice::from_ref(one), one.span).part(one.risk.name)));
    } else {
        // As a note all of them are one problem, so that they do not hide others.
        let all = problem(&open, own.declared.factors.key_span);
        found.push(all.amount(Decimal::from(open.len())));
    }
}

fn open_risks(subject: &Subject<'_>) -> Vec<OpenRisk> {
    let mut open = Vec::new();
    let Some(own) = subject.own() else { return open };
    let model = subject.model;
    // The threats of such a model are in prose, which is not compared.
    let is_prose = model.findings.is_empty() && model.threats().next().is_none();
    if is_prose && subject.settings.core_risks().is_none() {
        return open;
    }
    let (factors, names) = (&own.declared.factors, names(model));
    let given: Vec<_> = factors.numbers().collect();
    for risk in &CORE_RISKS {
        let Some(raising) = risk.raised_by(&given) else { continue };
        if names.iter().any(|name| risk.is_named_by(name)) {
            continue;
        }
        let first = factors.given.iter().find(|given| given.factor == raising[0].0);
        let values = raising.iter().map(|(factor, value)| format!("{} {value}", factors.spell(*factor)));
        let values = values.collect::<Vec<_>>().join(", ");
        open.push(OpenRisk {
            risk,
            span: first.map_or(factors.key_span, |given| given.key),
            details: format!("raised by {values}, usually seen in {}", risk.layers.join(" and ")),
        });
    }
    open
}

fn problem(open: &[OpenRisk], span: Span) -> Diagnostic {
    let texts = |text: fn(&OpenRisk) -> String| open.iter().map(text).collect::<Vec<_>>();
    let names = texts(|one| one.risk.name.to_owned()).join(", ");
    let refs = texts(|one| one.risk.short_name().to_owned()).join(", ");
    let (message, details) = match open {
        [only] => {
            (format!("no threat or finding names {names}, which the factors raise"), only.details.clone())
        }
        several => (
            format!(
                "no threat or finding names {} core risks that the factors raise: {names}",
                several.len()
            ),
            texts(|one| format!("{} is {}", one.risk.name, one.details)).join("; "),
        ),
    };
    Diagnostic::new(&RULE, Owner::Agent, span, message)
        .note(Some(details))
        .help(format!("write threats with `refs: [{refs}]`, or findings with such a category"))
}

/// The texts that can name a core risk: identifiers and references of threats, categories of findings.
fn names(model: &Model) -> Vec<&str> {
    let threats = model.threats().filter(|threat| threat.is_named);
    let threats = threats.flat_map(|threat| threat.id.iter().chain(&threat.refs)).map(|text| &**text);
    threats.chain(model.findings.iter().filter_map(|finding| finding.category.as_deref())).collect()
}
