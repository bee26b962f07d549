use crate::diagnostic::{Diagnostic, Owner};
use crate::policy::settings;
use crate::rules::rule::{Check, Example, Rule, Subject};

pub(crate) static RULE: Rule = Rule {
    name: "not-scored",
    summary: "A threat model has no score of the agent, and the policy accepts that.",
    why: "Limits on scores have no effect on an agent without one. Its risk is not known.",
    remedy: "Add `aivss` when its inputs are known: `aivss-lint init` shows them in a new file.",
    see: "`require.score: false` of the policy",
    examples: &[Example::parts(
        "
aivss_threat_model: 1
#^^^^^^^^^^^^^^^^^ not-scored: the agent is not scored; `limits.score` and `limits.cvss_base` have no effect
aivss: <absent>
",
        "
aivss_threat_model: 1
aivss:
  score: 9.4
",
    )
    .under(
        "
limits: { score: 9.9, cvss_base: 8.9, uncertain_layers: 3 }
require: { score: false, mitigation_evidence: false }
",
    )],
    check: Check::Limit { applies: |settings| settings.no_score().is_some(), check },
    ..Rule::NOTE
};

fn check(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    let Some(accepted) = subject.unscored() else { return };
    let mut limits: Vec<String> = Vec::new();
    for entry in subject.settings.entries().filter(|entry| entry.row.needs_score && entry.is_strict()) {
        // Findings have scores of their own.
        let is_met_by_findings =
            entry.row.path == settings::FINDINGS.row.path && !subject.model.findings.is_empty();
        let name = format!("`{}`", entry.row.path);
        if !is_met_by_findings && !limits.contains(&name) {
            limits.push(name);
        }
    }
    let effect = match limits.split_last() {
        None => String::new(),
        Some((only, [])) => format!("; {only} has no effect"),
        Some((last, others)) => format!("; {} and {last} have no effect", others.join(", ")),
    };
    let on = if effect.is_empty() || subject.model.findings.is_empty() { "" } else { " on it" };
    let message = format!("the agent is not scored{effect}{on}");
    found.push(Diagnostic::new(&RULE, Owner::Agent, subject.model.key_span, message).decided_by(accepted));
}
