use crate::aivss::Band;
use crate::diagnostic::Diagnostic;
use crate::policy::settings;
use crate::rules::rule::{Check, Example, Rule, Subject, limit_places};

pub(crate) static RULE: Rule = Rule {
    name: "findings-exceeded",
    summary: "A threat model lists more findings of a severity band than the policy allows.",
    why: "One severe finding may be accepted. A pile of them is a backlog without a decision.",
    remedy: "Fix findings, or ask the owners of the policy to change the limit.",
    see: "`limits.findings` of the policy",
    examples: &[Example::parts(
        "
findings:
#^^^^^^^ findings-exceeded: 1 finding is Critical; the limit is 0
  - id: V-1
    aivss:
      version: '0.8'
      cvss: CVSS:4.0/AV:N/AC:H/AT:N/PR:L/UI:N/VC:N/VI:N/VA:H/SC:N/SI:H/SA:H
      factors: { autonomy_of_action: 1, dynamic_tool_use: 0.5, natural_language_interface: 1, contextual_awareness: 1, non_determinism: 1, opacity_and_reflexivity: 1, persistent_memory: 0.5, dynamic_identity: 0.5, multi_agent_interactions: 1, self_modification: 0.5 }
      score: 9.4
",
        "
findings: []
",
    )
    .under("limits: { findings: { Critical: 0 } }")],
    check: Check::Limit { applies: |settings| settings.has(&settings::FINDINGS), check },
    ..Rule::ERROR
};

fn check(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    let model = subject.model;
    let span = model.findings_key_span.unwrap_or(model.key_span);
    for band in Band::ALL {
        let name = band.name();
        let Some(limit) = subject.settings.part(&settings::FINDINGS, name) else { continue };
        let proven = subject.findings().filter_map(|(_, scored)| Some((scored, scored.proven()?)));
        let of_band = proven.filter(|(_, proven)| proven.band() == band);
        let places = of_band.map(|(scored, proven)| {
            let label = proven.difference().map(|difference| format!("{name}: score is {difference}"));
            (scored.place(), label.unwrap_or_else(|| name.to_owned()))
        });
        let words = ["finding", name];
        found.extend(limit_places(&RULE, Some(name), &limit, span, words, places.collect()));
    }
}
