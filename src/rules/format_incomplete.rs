use crate::diagnostic::{Diagnostic, Origin, Owner};
use crate::policy::settings::{self, Settings};
use crate::rules::rule::{Check, Example, Rule, Subject};

pub(crate) static RULE: Rule = Rule {
    name: "format-incomplete",
    summary: "A policy limits a value that the format of a threat model cannot express.",
    why: "A value that a format cannot express counts as missing. Otherwise a file would pass a limit by omission.",
    remedy: "Write the threat model in this project's format, or list its format in `require.formats`.",
    see: "`limits` and `require.formats` of the policy",
    examples: &[Example::whole(
        "threat-model.yaml",
        "
metadata: { system_name: Planner, assessment_date: 2026-01-01, assessor_id: a@example.org }
#^^^^^^^ format-incomplete: `limits.score` needs a score of the agent, which an `owasp-report` cannot express
vulnerabilities:
  - id: V-1
    owasp_category: Agent Untraceability
    cvss_base: { vector_string: CVSS:4.0/AV:N/AC:H/AT:N/PR:L/UI:N/VC:N/VI:N/VA:H/SC:N/SI:H/SA:H, score: 7.1 }
    amplification_factors: { autonomy: 1.0, tools: 0.5, language: 1.0, context: 1.0, non_determinism: 1.0, opacity: 1.0, persistence: 0.5, identity: 0.5, multi_agent: 1.0, self_mod: 0.5 }
    threat_multiplier: 0.97
    scores: { factor_sum: 8.0, aars: 2.25, mitigation_factor: 1.0, aivss: 9.4 }
",
        "",
    )
    .under("limits: { score: 9.5 }")],
    check: Check::Limit { applies: |settings| limited(settings).next().is_some(), check },
    ..Rule::ERROR
};

/// The settings that need more than findings: the path, the part of a model that it needs, and the line.
fn limited(settings: &Settings) -> impl Iterator<Item = (&'static str, &'static str, &Origin)> {
    let rows = settings::TABLE.into_iter();
    rows.filter_map(|row| Some((row.path, row.beyond_findings?, settings.origin(row)?)))
}

fn check(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    let format = subject.model.format;
    // A policy that lists the format accepts its gaps.
    let listed = subject.settings.get(&settings::ALLOWED_FORMATS);
    if format.is_complete() || listed.is_some_and(|formats| formats.value.contains(&format.name())) {
        return;
    }
    for (path, needed, origin) in limited(subject.settings) {
        let message = format!("`{path}` needs {needed}, which an `{}` cannot express", format.name());
        found.push(Diagnostic::new(&RULE, Owner::Agent, subject.model.key_span, message).decided_by(origin));
    }
}
