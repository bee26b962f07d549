use crate::aivss::Band;
use crate::diagnostic::{Diagnostic, Owner};
use crate::policy::settings;
use crate::rules::rule::{Check, Example, Rule, Subject, counted};

pub(crate) static RULE: Rule = Rule {
    name: "findings-exceeded",
    summary: "A threat model lists more findings of a severity band than the policy allows.",
    why: "One severe finding may be accepted. A pile of them is a backlog without a decision.",
    remedy: "Fix findings, or ask the owners of the policy to change the limit.",
    see: "`limits.findings` of the policy",
    examples: &[Example::parts(
        "
findings:
#^^^^^^^ findings-exceeded: 1 finding is Critical, and the limit is 0
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

const MAX_SHOWN: usize = 5;

fn check(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    for band in Band::ALL {
        let Some(limit) = subject.settings.part(&settings::FINDINGS, band.name()) else { continue };
        let of_band: Vec<_> = subject
            .findings()
            .filter_map(|(_, scored)| Some((scored, scored.proven()?)))
            .filter(|(_, proven)| proven.band() == band)
            .collect();
        if of_band.len() <= limit.value {
            continue;
        }
        let count = counted(of_band.len(), "finding is", "findings are");
        let message = format!("{count} {}, and the limit is {}", band.name(), limit.value);
        let span = subject.model.findings_key_span.unwrap_or(subject.model.key_span);
        let mut diagnostic = Diagnostic::new(&RULE, Owner::Agent, span, message).decided_by(&limit.origin);
        for (scored, proven) in of_band.iter().take(MAX_SHOWN) {
            let label = match proven.difference() {
                Some(difference) => format!("{}: score is {difference}", band.name()),
                None => band.name().to_owned(),
            };
            diagnostic = diagnostic.related(scored.place(), label);
        }
        found.push(diagnostic);
    }
}
